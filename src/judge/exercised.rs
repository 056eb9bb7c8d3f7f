//! Which rules a conversation brought up, and from which side.

use crate::contract::{Level, RuleId, Side, Sides};

/// A set of (rule, side), one bit each: judging adds to it a dozen times for every answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exercised(Vec<u64>);

impl Exercised {
    /// Adds a rule as seen from a side.
    pub fn insert(&mut self, rule: RuleId, side: Side) {
        let (word, bit) = place(rule, side);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    /// Whether the rule was brought up from that side.
    pub fn contains(&self, rule: RuleId, side: Side) -> bool {
        let (word, bit) = place(rule, side);
        self.0.get(word).is_some_and(|found| found & bit != 0)
    }

    /// The sides of a rule that were not brought up.
    ///
    /// A MUST or SHOULD that draws a line has to be seen from both sides. Any other rule is brought up from whichever side
    /// the request, or the target, happens to be on.
    pub fn missing(&self, rule: RuleId) -> impl Iterator<Item = Side> {
        let [inside, outside] = [Side::Inside, Side::Outside].map(|side| self.contains(rule, side));
        let both =
            rule.rule().sides == Sides::Both && matches!(rule.level(), Level::Must | Level::Should);
        let missing = [
            (
                Side::Inside,
                if both { !inside } else { !inside && !outside },
            ),
            (Side::Outside, both && !outside),
        ];
        missing
            .into_iter()
            .filter_map(|(side, missing)| missing.then_some(side))
    }

    /// Adds all that another conversation brought up.
    pub fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// As numbers, to be stored; they mean the same within one version of the catalogue only.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// From such numbers.
    pub fn from_words(words: Vec<u64>) -> Self {
        Self(words)
    }

    /// All members, in the order of the catalogue, the inside of a rule before its outside.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, Side)> {
        RuleId::all()
            .flat_map(|rule| [(rule, Side::Inside), (rule, Side::Outside)])
            .filter(|(rule, side)| self.contains(*rule, *side))
    }
}

impl FromIterator<(RuleId, Side)> for Exercised {
    fn from_iter<I: IntoIterator<Item = (RuleId, Side)>>(members: I) -> Self {
        let mut set = Self::default();
        for (rule, side) in members {
            set.insert(rule, side);
        }
        set
    }
}

fn place(rule: RuleId, side: Side) -> (usize, u64) {
    let at = rule.index() * 2 + usize::from(side == Side::Outside);
    (at / 64, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    #[test]
    fn holds_both_sides_of_every_rule_apart() {
        let all: Vec<_> = RuleId::all()
            .flat_map(|rule| [(rule, Side::Inside), (rule, Side::Outside)])
            .collect();
        for (at, member) in all.iter().enumerate() {
            let alone = Exercised::from_iter([*member]);
            assert_eq!(alone.iter().collect::<Vec<_>>(), [all[at]]);
        }
        assert_eq!(
            Exercised::from_iter(all.iter().copied())
                .iter()
                .collect::<Vec<_>>(),
            all
        );
    }

    #[test]
    fn merging_adds_in_either_direction() {
        let (early, late) = (
            (rule!("proto.no-5xx"), Side::Inside),
            (rule!("time.clock"), Side::Outside),
        );
        let (a, b) = (Exercised::from_iter([early]), Exercised::from_iter([late]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!(ab, ba);
        assert_eq!(ab.iter().collect::<Vec<_>>(), [early, late]);
    }

    #[test]
    fn a_line_has_to_be_seen_from_both_sides_and_anything_else_from_one() {
        let (inside, outside) = (Side::Inside, Side::Outside);
        let missing = |rule: RuleId, seen: &[Side]| {
            let seen = Exercised::from_iter(seen.iter().map(|side| (rule, *side)));
            seen.missing(rule).collect::<Vec<_>>()
        };
        // A line, a behaviour, and a line that the target draws where it likes.
        let line = rule!("put-type.description.length");
        assert_eq!(missing(line, &[]), [inside, outside]);
        assert_eq!(missing(line, &[inside]), [outside]);
        assert_eq!(missing(line, &[outside]), [inside]);
        assert_eq!(missing(line, &[inside, outside]), []);
        let free = RuleId::all().find(|rule| {
            rule.rule().sides == Sides::Both && !matches!(rule.level(), Level::Must | Level::Should)
        });
        for rule in [rule!("proto.no-5xx")].into_iter().chain(free) {
            assert_eq!(missing(rule, &[]), [inside]);
            assert_eq!(missing(rule, &[inside]), []);
            assert_eq!(missing(rule, &[outside]), []);
        }
    }

    #[test]
    fn what_is_stored_as_numbers_is_read_back() {
        let all = Exercised::from_iter(RuleId::all().map(|rule| (rule, Side::Outside)));
        assert!(all.words().len() > 1);
        assert_eq!(Exercised::from_words(all.words().to_vec()), all);
        let early = Exercised::from_iter([(rule!("proto.no-5xx"), Side::Inside)]);
        assert!(!early.contains(rule!("time.clock"), Side::Inside));
    }
}
