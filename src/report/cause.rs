//! Causes: findings that very likely have one defect behind them.
//!
//! Two findings have the same shape if rule, operation, place and status agree. Places are compared with the names and
//! numbers of a particular case left out: `/Fields/email/Source` and `/Fields/phone/Source` are the same place. Of rules
//! about the form of answers, rule and member suffice.
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
pub(super) fn akin(one: &Finding, other: &Finding) -> bool {
    let wrong_in_place = |finding: &Finding| {
        finding.place.starts_with('/') && !finding.rule.id().starts_with("proto.")
    };
    alike(one, other)
        || one.severity == other.severity
            && wrong_in_place(one)
            && wrong_in_place(other)
            && (one.operation, one.status) == (other.operation, other.status)
            && general(&one.place, one.operation) == general(&other.place, other.operation)
}

/// Whether two findings have the same shape.
pub fn alike(one: &Finding, other: &Finding) -> bool {
    if (one.rule, one.severity) != (other.rule, other.severity) {
        return false;
    }
    if FORM.contains(&one.rule) {
        let member = |finding: &Finding| finding.place.rsplit('/').next().map(str::to_owned);
        return member(one) == member(other);
    }
    (one.operation, one.status) == (other.operation, other.status)
        && general(&one.place, one.operation) == general(&other.place, other.operation)
}

/// Rules about the form of answers, which an implementation decides in one place for all operations.
const FORM: [RuleId; 7] = [
    rule!("proto.success-content-type"),
    rule!("proto.output-null"),
    rule!("proto.error-type-present"),
    rule!("proto.error-type-header"),
    rule!("proto.error-type-agree"),
    rule!("proto.timestamp"),
    rule!("time.request-limit"),
];

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
