//! Causes: findings that very likely have one defect behind them.
//!
//! Two findings have the same shape if rule, operation, place and status agree. Places are compared with the names and
//! numbers of a particular case left out: `/Fields/email/Source` and `/Fields/phone/Source` are the same place. Of rules
//! of the protocol and of pages, rule and member suffice.
//!
//! A cause is wider than a shape, because one defect breaks many rules in many operations, and each case tells it by the
//! rule it was written for: it is told once, and the other rules are named. Findings are one cause
//!
//! * where an answer is served and wrong in the same place, whatever the rule;
//! * where the same rule is broken, whatever the operation and the place (a failure, which can be anything, aside);
//! * where both are about tags shown, which every operation that shows them takes from one place;
//! * where the rules say one thing of several operations: what an unknown domain is, what a tag may be;
//! * where two requests to one operation are refused in the same words, though they are sound;
//! * where pages of different listings lack items.

use std::time::Duration;

use crate::contract::shape::{Member, Shape};
use crate::contract::{Level, Operation, RuleId};
use crate::judge::Finding;
use crate::rule;

use super::Seen;

/// A distinct cause of findings.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The first finding, in full.
    pub finding: Finding,
    /// The case that showed it.
    pub case: String,
    /// The command that runs that case again.
    pub again: String,
    /// How long that case took.
    pub took: Duration,
    /// How often it was seen, where it was looked for again.
    pub seen: Option<Seen>,
    /// All cases that showed it, the first included.
    pub cases: Vec<String>,
    /// The rules those cases tell it by, that of the finding first.
    pub rules: Vec<RuleId>,
}

impl Cause {
    pub(super) fn new(
        finding: Finding,
        case: String,
        again: String,
        took: Duration,
        seen: Option<Seen>,
    ) -> Self {
        Self {
            rules: vec![finding.rule],
            finding,
            cases: vec![case.clone()],
            case,
            again,
            took,
            seen,
        }
    }
}

/// Whether two findings very likely have one defect behind them, though perhaps told by different rules.
pub(crate) fn akin(one: &Finding, other: &Finding) -> bool {
    if alike(one, other) {
        return true;
    }
    if one.severity != other.severity {
        return false;
    }
    let here = (one.operation, one.status) == (other.operation, other.status);
    let same_rule =
        one.rule == other.rule && one.rule != rule!("proto.no-5xx") && !is_general(one.rule);
    let same_place = in_place(one)
        && in_place(other)
        && here
        && entry(&one.place, one.operation) == entry(&other.place, other.operation);
    let same_words = here && refused(one) && refused(other) && words(one) == words(other);
    same_rule
        || same_place
        || same_words
        || shows_tags(one) && shows_tags(other)
        || same_decision(one, other)
        || lacks_on_a_page(one) && lacks_on_a_page(other)
}

/// Whether an answer is served and wrong within its body, by a rule about what it means.
fn in_place(finding: &Finding) -> bool {
    let about_data = finding.rule == rule!("proto.unicode-roundtrip") || !is_general(finding.rule);
    finding.place.starts_with('/') && about_data
}

/// Whether a sound request was refused.
fn refused(finding: &Finding) -> bool {
    finding.place == "status"
        && finding
            .status
            .is_some_and(|status| (400..500).contains(&status))
        && !finding.allowed.is_empty()
        && finding
            .allowed
            .iter()
            .all(|allowed| allowed.starts_with("200 "))
}

/// The words of an answer without what is data: names, numbers, and what stands between quotes of its own.
fn words(finding: &Finding) -> Vec<&str> {
    finding
        .actual
        .split([' ', '"', '\'', '`'])
        .filter(|word| word.chars().all(|letter| letter.is_ascii_alphabetic()))
        .collect()
}

/// Whether the difference lies in the tags of an answer.
fn shows_tags(finding: &Finding) -> bool {
    in_place(finding)
        && finding
            .place
            .split('/')
            .any(|part| part.eq_ignore_ascii_case("tags"))
}

/// Rules that say the same of several operations: an implementation decides it in one place.
const DECISIONS: [&[RuleId]; 2] = [
    &[
        rule!("domain.get.unknown"),
        rule!("domain.update.unknown"),
        rule!("domain.delete.effect"),
        rule!("domain.scope-unknown"),
        rule!("put-type.domain-unknown"),
        rule!("ingest.domain-unknown"),
    ],
    &[
        rule!("put-type.tags.max"),
        rule!("put-type.tags.key-length"),
        rule!("put-type.tags.key-charset"),
        rule!("put-type.tags.key-aws"),
        rule!("put-type.tags.value"),
        rule!("tag.add.constraints"),
    ],
];

/// Whether two operations went the same wrong way about one decision.
fn same_decision(one: &Finding, other: &Finding) -> bool {
    let decided = |finding: &Finding| {
        let of = |rules: &&&[RuleId]| rules.contains(&finding.rule);
        (finding.place == "status").then(|| DECISIONS.iter().position(|rules| of(&rules)))?
    };
    // Of tags, one operation has a rule for every constraint.
    let apart = one.operation != other.operation || decided(one) == Some(0);
    apart && one.status == other.status && decided(one).is_some() && decided(one) == decided(other)
}

/// Whether a listing asked for page by page comes to its end without an item.
fn lacks_on_a_page(finding: &Finding) -> bool {
    finding.place == "/Items"
        && finding.actual == "nothing"
        && (finding.request.contains("max-results=") || finding.request.contains("next-token="))
}

/// The entry of an answer that a place lies in: `/Items/*`, `/Fields/*`, `/Description`.
fn entry(place: &str, operation: Option<&'static Operation>) -> String {
    let general = general(place, operation);
    let end = general
        .match_indices('/')
        .nth(2)
        .map_or(general.len(), |(at, _)| at);
    general[..end].to_owned()
}

/// Whether a smaller case still shows what a larger one did.
///
/// What is wrongly refused may be told by any rule the request brings up; the smaller it is, the better the rule fits.
pub fn still_shows(found: &Finding, wanted: &Finding) -> bool {
    // The rule of a MUST is not given up for one of less weight.
    let firm = |finding: &Finding| finding.rule.rule().level == Level::Must;
    alike(found, wanted)
        || refused(found)
            && refused(wanted)
            && (firm(found) || !firm(wanted))
            && (found.severity, found.operation, found.status)
                == (wanted.severity, wanted.operation, wanted.status)
}

/// Whether two findings have the same shape.
pub fn alike(one: &Finding, other: &Finding) -> bool {
    if (one.rule, one.severity) != (other.rule, other.severity) {
        return false;
    }
    if is_general(one.rule) {
        let member = |finding: &Finding| finding.place.rsplit('/').next().map(str::to_owned);
        return member(one) == member(other);
    }
    (one.operation, one.status) == (other.operation, other.status)
        && general(&one.place, one.operation) == general(&other.place, other.operation)
}

/// Whether an implementation most likely keeps a rule, or breaks it, in one place for all operations: the rules of the
/// protocol and of pages. What makes a server fail is another thing each time.
fn is_general(rule: RuleId) -> bool {
    let id = rule.id();
    rule == rule!("time.request-limit")
        || id.starts_with("page.")
        || id.starts_with("proto.") && rule != rule!("proto.no-5xx")
}

/// A place without names and numbers that are data: `/Fields/*/Source`, `/Items/*/CreatedAt`.
fn general(place: &str, operation: Option<&'static Operation>) -> String {
    let Some(pointer) = place.strip_prefix('/') else {
        return place.to_owned();
    };
    let mut at = operation.map(|operation| At::Members(operation.output));
    let mut general = String::with_capacity(place.len());
    for part in pointer.split('/') {
        general.push('/');
        general.push_str(if matches!(at, Some(At::Entries(_))) {
            "*"
        } else {
            part
        });
        at = at.and_then(|at| at.into(part));
    }
    general
}

/// Where in an answer a pointer has got to.
enum At {
    /// At a structure, whose members have names of their own.
    Members(&'static [Member]),
    /// At a list or a map, whose entries are data.
    Entries(&'static Shape),
}

impl At {
    fn into(self, part: &str) -> Option<Self> {
        let shape = match self {
            Self::Members(members) => members.iter().find(|member| member.wire == part)?.shape,
            Self::Entries(shape) => shape,
        };
        match shape {
            Shape::Structure { members, .. } => Some(Self::Members(members)),
            Shape::List { item: entry, .. } | Shape::Map { value: entry, .. } => {
                Some(Self::Entries(entry))
            }
            _ => None,
        }
    }
}
