//! How a reference decides what the contract leaves open.
//!
//! The built-in server takes the first outcome everywhere. A [`Manner`] makes another server of it that is just as right:
//! other options of choices, other outcomes of rules that list several, another of several refusals that would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::{ChoiceId, Choices, Options, Refusals, RuleId};

/// How a reference decides what the contract leaves open; by default as the built-in server does.
#[derive(Debug, Clone)]
pub struct Manner {
    pub(super) choices: Choices,
    pub(super) outcomes: Outcomes,
    pub(super) refusing: Refusing,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            choices: Choices::reference(),
            outcomes: Outcomes::default(),
            refusing: Refusing::default(),
        }
    }
}

impl Manner {
    /// The same, but with another option of a choice.
    #[must_use]
    pub fn choosing(mut self, choice: ChoiceId, option: u8) -> Self {
        self.choices.settle(choice, Options::only(option));
        self
    }

    /// The same, but with another outcome of a rule: 0 is the one the built-in server takes, 1 the next. Where a rule
    /// leaves open whether a request is refused, 1 is the opposite of what the built-in server does.
    #[must_use]
    pub fn taking(mut self, rule: RuleId, outcome: u8) -> Self {
        Arc::make_mut(&mut self.outcomes.0).insert(rule, outcome);
        self
    }

    /// The same, but refusing in another way where several will do.
    #[must_use]
    pub fn refusing(mut self, refusing: Refusing) -> Self {
        self.refusing = refusing;
        self
    }
}

/// Which refusal is sent where several will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refusing {
    /// The one that the rule lists first.
    #[default]
    Listed,
    /// 404 where that will do.
    NotFound,
    /// 403 where that will do.
    Denied,
    /// 400 where that will do.
    Bad,
    /// This status, where the request was not understood to be for an operation.
    Routed(u16),
}

impl Refusing {
    /// The refusal to send, of those that will do, and its status where that is not the usual one of its kind.
    pub(super) fn pick(self, refusals: Refusals, not_found_first: bool) -> (Refusals, Option<u16>) {
        let wanted = match self {
            Self::NotFound => Refusals::NOT_FOUND,
            Self::Denied => Refusals::DENIED,
            Self::Bad => Refusals::BAD,
            Self::Listed | Self::Routed(_) if not_found_first => Refusals::NOT_FOUND,
            Self::Listed | Self::Routed(_) => Refusals::NONE,
        };
        if let Self::Routed(status) = self
            && refusals.has(Refusals::ROUTE)
        {
            return (Refusals::ROUTE, Some(status));
        }
        match wanted != Refusals::NONE && refusals.has(wanted) {
            true => (wanted, None),
            false => (refusals, None),
        }
    }
}

/// The outcomes that are not the first of their rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcomes(Arc<BTreeMap<RuleId, u8>>);

impl Outcomes {
    /// The outcome of a rule.
    pub(super) fn of(&self, rule: RuleId) -> usize {
        self.0.get(&rule).map_or(0, |outcome| usize::from(*outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    #[test]
    fn of_several_refusals_the_wanted_one_is_sent() {
        let (bad, denied, missing) = (Refusals::BAD, Refusals::DENIED, Refusals::NOT_FOUND);
        let all = bad.or(denied).or(missing);
        for (refusing, first, of, sent) in [
            (Refusing::Listed, false, all, all),
            (Refusing::Listed, true, all, missing),
            (Refusing::Listed, true, bad, bad),
            (Refusing::NotFound, false, all, missing),
            (Refusing::Denied, false, all, denied),
            (Refusing::Bad, true, all, bad),
            (Refusing::Denied, false, bad, bad),
            (Refusing::Routed(405), false, all, all),
            (Refusing::Routed(405), true, all, missing),
        ] {
            assert_eq!(
                refusing.pick(of, first),
                (sent, None),
                "{refusing:?} {first}"
            );
        }
        let routed = Refusals::ROUTE.or(bad);
        let sent = Refusing::Routed(405).pick(routed, false);
        assert_eq!(sent, (Refusals::ROUTE, Some(405)));
        assert_eq!(Refusing::Bad.pick(routed, false), (bad, None));
    }

    #[test]
    fn a_manner_is_the_usual_one_but_for_what_was_said() {
        let (choice, rule) = (
            crate::choice!("cap.email-fold"),
            rule!("profile.create.empty"),
        );
        let manner = Manner::default();
        let manner = manner
            .choosing(choice, 1)
            .taking(rule, 2)
            .refusing(Refusing::Bad);
        assert_eq!(manner.choices.get(choice), Options::only(1));
        assert_eq!(manner.outcomes.of(rule), 2);
        assert_eq!(manner.outcomes.of(rule!("proto.no-5xx")), 0);
        assert_eq!(manner.refusing, Refusing::Bad);
    }
}
