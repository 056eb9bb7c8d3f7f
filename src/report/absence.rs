//! What a target does not have, and what could therefore not be judged.

use std::collections::BTreeSet;

use crate::case::select::{Glob, nearest};
use crate::contract::operation::OPERATIONS;
use crate::contract::{Level, Operation, RuleId};
use crate::judge::{Absent, Exercised, Tally};
use crate::model::absence::has_rules;

/// An operation that the target does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The operation.
    pub operation: &'static Operation,
    /// A request for it, and what was answered, both shortened.
    pub request: String,
    /// The answer.
    pub answer: String,
    /// How many cases asked for it, or would have.
    pub cases: usize,
    /// The rules those cases were written for.
    pub aims: BTreeSet<RuleId>,
}

impl Absence {
    /// Notes that a case needs it, which was written for these rules.
    pub(super) fn note(all: &mut Vec<Self>, absent: &Absent, aims: &[RuleId]) {
        let known = all
            .iter_mut()
            .find(|known| known.operation == absent.operation);
        match known {
            Some(known) => {
                known.cases += 1;
                known.aims.extend(aims);
            }
            None => all.push(Self {
                operation: absent.operation,
                request: absent.request.clone(),
                answer: absent.answer.clone(),
                cases: 1,
                aims: aims.iter().copied().collect(),
            }),
        }
    }
}

/// Operations and rules that somebody wants to be judged whatever else is missing.
#[derive(Debug, Clone)]
pub struct Requirement {
    pattern: String,
    operations: Vec<&'static Operation>,
    rules: Vec<RuleId>,
}

/// A requirement that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was required.
    pub pattern: String,
    /// The operations of it that could not be judged.
    pub operations: Vec<&'static Operation>,
    /// The rules of it that were not exercised.
    pub rules: Vec<RuleId>,
}

impl Requirement {
    /// What a pattern stands for: the operations and the rules whose names it matches.
    ///
    /// # Errors
    ///
    /// If there are none; the text says so, with what may have been meant.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let glob = Glob::new(pattern);
        let operations: Vec<_> = OPERATIONS
            .iter()
            .filter(|operation| has_rules(operation) && glob.matches(operation.name))
            .collect();
        let rules: Vec<_> = RuleId::all()
            .filter(|rule| rule.level() != Level::Info && glob.matches(rule.id()))
            .collect();
        if operations.is_empty() && rules.is_empty() {
            let known = OPERATIONS
                .iter()
                .map(|operation| operation.name)
                .chain(RuleId::all().map(RuleId::id));
            let slip = nearest(pattern, known)
                .filter(|near| *near != pattern)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            return Err(format!(
                "no operation and no rule that can be judged matches `{pattern}`{slip}\n  \
                 expected something like `MergeProfiles`, `put-type.keys.max` or `filter.*`; `profile-contract rules` lists the rules"
            ));
        }
        Ok(Self {
            pattern: pattern.to_owned(),
            operations,
            rules,
        })
    }

    /// What of it could not be judged.
    pub(super) fn unmet(
        &self,
        absent: &[Absence],
        asked: &Tally,
        exercised: &Exercised,
    ) -> Option<Unmet> {
        let judged = |operation: &Operation| {
            !absent.iter().any(|absence| absence.operation == operation)
                && asked.rows().any(|(asked, _)| asked == Some(operation))
        };
        let operations: Vec<_> = self
            .operations
            .iter()
            .copied()
            .filter(|operation| !judged(operation))
            .collect();
        let rules: Vec<_> = self
            .rules
            .iter()
            .copied()
            .filter(|rule| exercised.missing(*rule).next().is_some())
            .collect();
        (!operations.is_empty() || !rules.is_empty()).then(|| Unmet {
            pattern: self.pattern.clone(),
            operations,
            rules,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Side;
    use crate::contract::operation::operation;
    use crate::judge::Fate;

    #[test]
    fn a_requirement_is_met_by_what_was_asked_for_and_exercised() {
        let merge = operation("MergeProfiles").expect("an operation");
        let requirement = Requirement::new("MergeProfiles").expect("a requirement");
        let (mut tally, nothing) = (Tally::default(), Exercised::default());
        let unmet = requirement
            .unmet(&[], &tally, &nothing)
            .expect("never asked for");
        assert_eq!(unmet.operations, [merge]);
        tally.add(Some(merge), Fate::Served, 1);
        assert_eq!(requirement.unmet(&[], &tally, &nothing), None);
        let mut absent = Vec::new();
        let one = Absent {
            operation: merge,
            request: String::new(),
            answer: String::new(),
        };
        Absence::note(&mut absent, &one, &[]);
        assert!(requirement.unmet(&absent, &tally, &nothing).is_some());

        let rules = Requirement::new("merge.*").expect("a requirement");
        let some = rules
            .unmet(&[], &tally, &nothing)
            .expect("nothing was exercised");
        assert!(some.rules.len() > 3 && some.operations.is_empty());
        let all = RuleId::all().flat_map(|rule| [(rule, Side::Inside), (rule, Side::Outside)]);
        assert_eq!(rules.unmet(&[], &tally, &all.collect()), None);
    }

    #[test]
    fn a_requirement_of_nothing_is_a_slip() {
        let why = Requirement::new("MergeProfile").expect_err("a slip");
        assert!(why.contains("did you mean `MergeProfiles`?"), "{why}");
        assert!(
            Requirement::new("GetIntegration").is_err(),
            "nothing is judged there"
        );
        assert!(Requirement::new("**").is_ok());
    }
}
