//! The ways a request may be carried out.
//!
//! Where the contract leaves open what a write does, the code that carries it out asks: which option of a choice, or which
//! of several outcomes. [`explore`] runs that code once for every sequence of replies, so that it reads as if there were one.

use smallvec::SmallVec;

use crate::contract::{ChoiceId, Choices, Options, RuleId};

use super::gate::Learns;
use super::manner::Outcomes;
use super::pattern::RuleList;
use super::store::Fate;

/// The most ways that are told apart; a request with more is not judged.
const MOST_WAYS: usize = 48;

/// The replies taken so far: one way through a request.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    choices: Choices,
    /// How a reference decides; `None` for an observer.
    reference: Option<Outcomes>,
    script: SmallVec<[Turn; 8]>,
    at: usize,
    learns: Learns,
    owes: RuleList,
    lost: bool,
}

/// One question and the reply taken.
#[derive(Debug, Clone, Copy)]
struct Turn {
    taken: u8,
    of: u8,
}

impl Ways {
    /// The one way a reference goes: to every question the first reply, or the one it is made for.
    pub(super) fn reference(choices: &Choices, outcomes: &Outcomes) -> Self {
        Self::new(choices, Some(outcomes))
    }

    fn new(choices: &Choices, reference: Option<&Outcomes>) -> Self {
        Self {
            choices: choices.clone(),
            reference: reference.cloned(),
            script: SmallVec::new(),
            at: 0,
            learns: Learns::new(),
            owes: RuleList::new(),
            lost: false,
        }
    }

    /// Whether this is the way of the reference.
    pub(super) fn is_reference(&self) -> bool {
        self.reference.is_some()
    }

    /// How a reference decides; `None` for an observer.
    pub(super) fn decides(&self) -> Option<&Outcomes> {
        self.reference.as_ref()
    }

    /// Which outcome of a rule a reference takes; for an observer, who knows of none, the first.
    pub(super) fn takes(&self, rule: RuleId) -> usize {
        self.decides().map_or(0, |outcomes| outcomes.of(rule))
    }

    /// Which of the `count` outcomes of a rule.
    pub(super) fn outcome(&mut self, rule: RuleId, count: usize) -> usize {
        match self.reference {
            Some(_) => self.takes(rule).min(count.saturating_sub(1)),
            None => self.pick(count),
        }
    }

    /// What becomes of entries that a rule lets go or stay.
    pub(super) fn fate(&self, rule: RuleId) -> Fate {
        match &self.reference {
            None => Fate::Open(rule),
            Some(outcomes) if outcomes.of(rule) == 0 => Fate::Goes,
            Some(_) => Fate::Stays,
        }
    }

    /// What is known of the implementation, as far as this way goes.
    pub(super) fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Which of `count` outcomes, the reference's first.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        if self.is_reference() || count < 2 {
            return 0;
        }
        let turn = match self.script.get(self.at) {
            Some(turn) => *turn,
            None => {
                let turn = Turn {
                    taken: 0,
                    of: u8::try_from(count).unwrap_or(u8::MAX),
                };
                self.script.push(turn);
                turn
            }
        };
        self.at += 1;
        usize::from(turn.taken)
    }

    /// Which option of a choice, and remembers that this way says so.
    pub(super) fn choose(&mut self, choice: ChoiceId) -> u8 {
        let left: SmallVec<[u8; 4]> = self.choices.get(choice).iter().collect();
        let at = self.pick(left.len());
        let option = left.get(at).copied().unwrap_or(0);
        if left.len() > 1 && !self.is_reference() {
            self.choices.narrow(choice, Options::only(option));
            self.learns.push((choice, Options::only(option)));
        }
        option
    }

    /// Remembers what this way says about a choice.
    pub(super) fn tell(&mut self, choice: ChoiceId, options: Options) {
        self.choices.narrow(choice, options);
        self.learns.push((choice, options));
    }

    /// Remembers that only whoever does not keep this SHOULD goes this way.
    pub(super) fn owe(&mut self, rule: RuleId) {
        if !self.owes.contains(&rule) {
            self.owes.push(rule);
        }
    }

    /// The SHOULDs that whoever goes this way does not keep.
    pub(super) fn owes(&self) -> &RuleList {
        &self.owes
    }

    /// Nobody can say what this way leads to.
    pub(super) fn lose(&mut self) {
        self.lost = !self.is_reference();
    }

    /// Whether nobody can say what this way leads to.
    pub(super) fn is_lost(&self) -> bool {
        self.lost
    }

    /// What taking this way says about the implementation.
    pub(super) fn learns(&self) -> &Learns {
        &self.learns
    }
}

/// Runs `go` on every way, and returns what each came to; `None` if there are too many.
pub(super) fn explore<T>(
    choices: &Choices,
    reference: Option<&Outcomes>,
    mut go: impl FnMut(&mut Ways) -> T,
) -> Option<Vec<(T, Ways)>> {
    let mut ways = Ways::new(choices, reference);
    let mut found = Vec::new();
    loop {
        let came_to = go(&mut ways);
        let next = following(&ways.script[..ways.at.min(ways.script.len())]);
        found.push((came_to, ways));
        let Some(script) = next else {
            return Some(found);
        };
        if found.len() >= MOST_WAYS {
            return None;
        }
        ways = Ways {
            script,
            ..Ways::new(choices, reference)
        };
    }
}

/// The next sequence of replies: the last reply that has an alternative takes it, and what followed is asked anew.
fn following(script: &[Turn]) -> Option<SmallVec<[Turn; 8]>> {
    let last = script.iter().rposition(|turn| turn.taken + 1 < turn.of)?;
    let mut next: SmallVec<[Turn; 8]> = script[..=last].iter().copied().collect();
    next[last].taken += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice;

    #[test]
    fn every_way_is_gone_once_and_the_preferred_one_first() {
        let ways = explore(&Choices::open(), None, |ways| {
            let first = ways.pick(2);
            let second = if first == 0 { ways.pick(3) } else { 9 };
            (first, second)
        })
        .expect("few ways");
        let gone: Vec<_> = ways.into_iter().map(|(way, _)| way).collect();
        assert_eq!(gone, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }

    #[test]
    fn a_choice_is_made_once_on_each_way_and_learnt() {
        let fold = choice!("cap.email-fold");
        let ways = explore(&Choices::open(), None, |ways| {
            (ways.choose(fold), ways.choose(fold))
        })
        .expect("few ways");
        let gone: Vec<_> = ways
            .iter()
            .map(|(way, ways)| (*way, ways.learns().len()))
            .collect();
        assert_eq!(gone, [((0, 0), 1), ((1, 1), 1)]);
    }

    #[test]
    fn the_reference_goes_one_way_and_too_many_ways_are_none() {
        let outcomes = Outcomes::default();
        let one = explore(&Choices::reference(), Some(&outcomes), |ways| ways.pick(7));
        assert_eq!(one.map(|ways| ways.len()), Some(1));
        assert!(
            explore(&Choices::open(), None, |ways| {
                (0..6).map(|_| ways.pick(2)).count()
            })
            .is_none()
        );
    }
}
