//! Coverage: which rules a run brought up, of those it could have.

use crate::contract::{Level, RuleId, Side};
use crate::judge::Exercised;

/// How far the rules of the catalogue were exercised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// How many rules there are to exercise.
    pub of: usize,
    /// The sides of them that nothing brought up, in the order of the catalogue.
    pub missing: Vec<(RuleId, Side)>,
}

impl Coverage {
    /// Holds what was exercised against what there is.
    pub fn of(exercised: &Exercised) -> Self {
        let missing = covered()
            .flat_map(|rule| exercised.missing(rule).map(move |side| (rule, side)))
            .collect();
        Self {
            of: covered().count(),
            missing,
        }
    }

    /// How many rules were brought up from every side they have.
    pub fn exercised(&self) -> usize {
        let mut missing: Vec<_> = self.missing.iter().map(|(rule, _)| rule).collect();
        missing.dedup();
        self.of - missing.len()
    }
}

/// The rules a run sets out to exercise: every MUST and SHOULD.
pub fn covered() -> impl Iterator<Item = RuleId> {
    RuleId::all().filter(|rule| matches!(rule.level(), Level::Must | Level::Should))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Sides;
    use crate::rule;

    /// Every covered rule, from every side.
    fn everything() -> impl Iterator<Item = (RuleId, Side)> {
        covered().flat_map(|rule| [(rule, Side::Inside), (rule, Side::Outside)])
    }

    #[test]
    fn a_rule_counts_once_all_its_sides_were_seen() {
        let nothing = Coverage::of(&Exercised::default());
        assert_eq!(nothing.exercised(), 0);
        assert!(nothing.missing.len() >= covered().count());
        let all = Coverage::of(&everything().collect());
        assert_eq!((all.exercised(), all.missing.len()), (all.of, 0));
        assert!(all.of > 100, "{} rules", all.of);

        let with = |sides| covered().find(|rule| rule.rule().sides == sides);
        if let Some(both) = with(Sides::Both) {
            let half = Coverage::of(
                &everything()
                    .filter(|member| *member != (both, Side::Outside))
                    .collect(),
            );
            assert_eq!(
                (half.exercised(), half.missing),
                (all.of - 1, vec![(both, Side::Outside)])
            );
        }
        let one = with(Sides::One).expect("a rule that describes behaviour");
        let half = Coverage::of(
            &everything()
                .filter(|member| *member != (one, Side::Outside))
                .collect(),
        );
        assert_eq!(half.exercised(), all.of);
    }

    #[test]
    fn only_what_must_or_should_be_is_asked_for() {
        let asked: Vec<RuleId> = covered().collect();
        assert!(asked.contains(&rule!("page.end")));
        for other in [
            rule!("domain.name.case"),
            rule!("proto.request-id"),
            rule!("time.expiry"),
        ] {
            assert!(!asked.contains(&other), "{other}");
        }
    }
}
