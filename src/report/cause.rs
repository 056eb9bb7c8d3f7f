//! Causes: findings that very likely have one defect behind them.
//!
//! Two findings have the same shape if rule, operation, place and status agree. Places are compared with the names and
//! numbers of a particular case left out: `/Fields/email/Source` and `/Fields/phone/Source` are the same place. Of rules
//! of the protocol and of pages, rule and member suffice.
//!
//! A cause is wider than a shape. Where an answer is served and wrong in the same place, one defect breaks many rules, and
//! each case tells it by the rule it was written for: they are told once, and the other rules are named.

use std::time::Duration;

use crate::contract::shape::{Member, Shape};
use crate::contract::{Operation, RuleId};
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
    let wrong_in_place = |finding: &Finding| {
        finding.place.starts_with('/') && !finding.rule.id().starts_with("proto.")
    };
    alike(one, other)
        || one.severity == other.severity
            && wrong_in_place(one)
            && wrong_in_place(other)
            && (one.operation, one.status) == (other.operation, other.status)
            && entry(&one.place, one.operation) == entry(&other.place, other.operation)
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
    let refused = |finding: &Finding| {
        finding.place == "status"
            && finding
                .status
                .is_some_and(|status| (400..500).contains(&status))
            && !finding.allowed.is_empty()
            && finding
                .allowed
                .iter()
                .all(|allowed| allowed.starts_with("200 "))
    };
    alike(found, wanted)
        || refused(found)
            && refused(wanted)
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
