//! A case beside the reference: what it would come to, at no cost to the target.
//!
//! Two models take part: the one answers, the other looks on as a judge does, because only a judge remembers what must not
//! show any more and why.

use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

use crate::case::bind::{DEFAULT_ARN, Values, fresh_names, learn, message};
use crate::case::{Case, Step};
use crate::contract::operation::addressed;
use crate::contract::{Choices, RuleId};
use crate::model::{Allowed, Fit, Model, Outcome};
use crate::wire::{Answer, Exchange, Json, Message, Response};

/// The clock of the reference during a rehearsal.
const NOW_MS: i64 = 1_700_000_000_000;

/// Stands for values that only the target answers: it has the form of an id.
const UNKNOWN: &str = "00000000000000000000000000000000";

/// What cases are held against: how the reference takes the first of them.
#[derive(Debug)]
pub(super) struct Stage {
    /// For the names that the run provides.
    names: Values,
    first: Option<Rehearsal>,
    /// The rule that tells what the case shows, if the reference brings it up there.
    rule: Option<RuleId>,
}

/// How the reference takes a case.
#[derive(Debug, Clone)]
pub(super) struct Rehearsal {
    /// What it had come to before each step.
    before: Vec<Moment>,
    steps: Vec<Step>,
    /// How each step but the last was answered.
    statuses: Vec<u16>,
    /// Whether a step has a name for a value that was not answered.
    misses: bool,
    last: Last,
}

#[derive(Debug, Clone)]
struct Moment {
    reference: Model,
    judge: Model,
    values: Values,
}

/// What the reference makes of the last step.
#[derive(Debug, Clone)]
struct Last {
    operation: Option<&'static str>,
    outcome: Discriminant<Outcome>,
    refused: bool,
    /// Every rule that a wrong answer could be told by.
    rules: BTreeSet<RuleId>,
    /// Those for which it is refused, or served.
    reasons: BTreeSet<RuleId>,
    /// How many items its answer lists.
    items: usize,
}

impl Stage {
    pub(super) fn of(case: &Case) -> Self {
        let names = fresh_names(case)
            .into_iter()
            .map(|name| match name.as_str() {
                "arn" => (name, DEFAULT_ARN.to_owned()),
                other => (other.to_owned(), format!("pc-{other}")),
            })
            .collect();
        let mut stage = Self {
            names,
            first: None,
            rule: None,
        };
        stage.first = stage.rehearse(case, None);
        stage
    }

    /// Begins again with another case, one that ends earlier.
    pub(super) fn again(&self, case: &Case) -> Self {
        let mut stage = Self::of(case);
        if let Some(rule) = self.rule {
            stage.expect(rule);
        }
        stage
    }

    /// What the case shows is told by this rule.
    pub(super) fn expect(&mut self, rule: RuleId) {
        let known = self.first.as_ref();
        let named = known.is_some_and(|first| first.last.rules.contains(&rule));
        self.rule = named.then_some(rule);
    }

    /// Plays a case, beginning where it differs from one that was played before; nothing if it could not be sent.
    pub(super) fn rehearse(&self, case: &Case, known: Option<&Rehearsal>) -> Option<Rehearsal> {
        let shared = known.map_or(0, |known| {
            let same = known.steps.iter().zip(&case.steps);
            same.take_while(|(one, other)| one == other).count()
        });
        let last = case.steps.len().checked_sub(1)?;
        let shared = shared.min(last);
        let (mut before, mut statuses) = known.map_or_else(Default::default, |known| {
            (
                known.before[..=shared].to_vec(),
                known.statuses[..shared.min(known.statuses.len())].to_vec(),
            )
        });
        if before.is_empty() {
            before.push(Moment {
                reference: Model::reference(),
                judge: Model::observer(&Choices::reference()),
                values: self.names.clone(),
            });
        }
        for at in before.len() - 1..last {
            let mut moment = before[at].clone();
            let step = &case.steps[at];
            let response = moment.play(message(step, &moment.values).ok()?);
            statuses.push(response.as_ref().map_or(0, |response| response.status));
            if let Some(response) = response {
                let _ = learn(step, &response, &mut moment.values);
            }
            // What the reference does not answer, the target may.
            for binding in &step.bindings {
                if moment.values.get(&binding.name).is_none() {
                    moment.values.set(binding.name.as_str(), UNKNOWN);
                }
            }
            before.push(moment);
        }
        let misses = case.steps.iter().zip(&before[1..]).any(|(step, moment)| {
            let mut bindings = step.bindings.iter();
            bindings.any(|binding| moment.values.get(&binding.name) == Some(UNKNOWN))
        });
        let said = message(&case.steps[last], &before[last].values).ok()?;
        Some(Rehearsal {
            last: Last::of(&before[last], &said)?,
            before,
            steps: case.steps.clone(),
            statuses,
            misses,
        })
    }

    /// Whether a case may show what the first one does: the reference takes its last request in the same way.
    pub(super) fn is_alike(&self, rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        if rehearsal.misses && !first.misses {
            return false;
        }
        let (first, last) = (&first.last, &rehearsal.last);
        (first.operation, first.outcome) == (last.operation, last.outcome)
            && self.rule.is_none_or(|rule| last.rules.contains(&rule))
            // For a reason more it would be refused by a target that does not know the first one, too.
            && (!first.refused || last.reasons.is_subset(&first.reasons))
    }

    /// Whether it most likely does: every step is answered as it was. `ids` are the places the steps had.
    pub(super) fn is_close(&self, ids: &[usize], rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        let as_before = |(id, status): (&usize, &u16)| first.statuses.get(*id) == Some(status);
        ids.iter().zip(&rehearsal.statuses).all(as_before)
            && first.last.items == rehearsal.last.items
            && rehearsal.last.rules.is_subset(&first.last.rules)
    }
}

impl Last {
    fn of(moment: &Moment, said: &Message) -> Option<Self> {
        let expectation = moment.judge.expect(said);
        let Allowed { outcome, rules, .. } = expectation.allowed.first()?;
        let mut all: BTreeSet<RuleId> = BTreeSet::new();
        for allowed in &expectation.allowed {
            all.extend(
                allowed
                    .rules
                    .iter()
                    .chain(&allowed.also)
                    .chain(&allowed.warns),
            );
            all.extend(allowed.cites.iter().map(|(rule, _)| *rule));
        }
        let mut items = 0;
        let mut after = moment.clone();
        if let Message::Request(request) = said {
            let response = after.reference.respond(request, NOW_MS);
            if let Ok(Json::Object(members)) = Json::parse(&response.body) {
                let listed = members.iter().find(|(name, _)| name == "Items");
                items = listed
                    .and_then(|(_, items)| items.items())
                    .map_or(0, <[Json]>::len);
            }
            let observed = after.judge.observe(&exchange(said, response));
            if matches!(observed.fit, Fit::Allowed { .. }) {
                all.extend(observed.cites.iter().map(|(rule, _)| *rule));
            }
        }
        Some(Self {
            operation: addressed(said).map(|operation| operation.name),
            outcome: discriminant(outcome),
            refused: matches!(outcome, Outcome::Refused(_)),
            reasons: rules.iter().copied().collect(),
            rules: all,
            items,
        })
    }
}

impl Moment {
    /// What the reference answers, before the eyes of the judge; nothing to bytes that are no request.
    fn play(&mut self, said: Message) -> Option<Response> {
        let Message::Request(request) = &said else {
            return None;
        };
        let response = self.reference.respond(request, NOW_MS);
        self.judge.observe(&exchange(&said, response.clone()));
        Some(response)
    }
}

fn exchange(said: &Message, response: Response) -> Exchange {
    Exchange {
        message: said.clone(),
        answer: Answer::Response(response),
        at_ms: NOW_MS,
        took_us: 0,
    }
}
