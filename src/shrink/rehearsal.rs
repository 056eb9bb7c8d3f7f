//! A case beside the reference: what it would come to, at no cost to the target.
//!
//! Two models take part: the one answers, the other looks on as a judge does, because only a judge remembers what must not
//! show any more and why.

use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

use super::edit::Draft;
use crate::case::bind::{DEFAULT_ARN, Values, fresh_names, learn, message};
use crate::case::transcript::Transcript;
use crate::case::{Case, Step};
use crate::contract::operation::addressed;
use crate::contract::{Choices, Operation, RuleId, Side};
use crate::model::{Allowed, Fit, Model, Outcome};
use crate::rule;
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
    /// The names of its steps.
    ids: Vec<usize>,
    /// The rule that tells what the case shows, if the reference brings it up there.
    rule: Option<RuleId>,
    /// Whether what it shows is a failure.
    fails: bool,
    /// What the target answers instead.
    wrong: Option<Wrong>,
}

/// A wrong answer.
#[derive(Debug)]
struct Wrong {
    response: Response,
    /// The values that its target gave.
    values: Values,
    /// How many items it lists, where that is wrong.
    listed: Option<usize>,
    /// Whether it is one to tell wrong cases from others by: here, too, it would be none in the case that shows it.
    is_told: bool,
}

/// How the reference takes a case.
#[derive(Debug, Clone)]
pub(super) struct Rehearsal {
    /// What it had come to before each step.
    before: Vec<Moment>,
    steps: Vec<Step>,
    /// How each step but the last was taken.
    taken: Vec<Taken>,
    /// Whether a step has a name for a value that was not answered.
    misses: bool,
    last: Last,
}

/// How the reference takes a step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    status: u16,
    /// Whether no server may take it in another way than to refuse it.
    has_to_be_refused: bool,
    /// What the judge cites.
    rules: BTreeSet<RuleId>,
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
    /// Those of the reference, which also refuses what others may serve.
    own_reasons: BTreeSet<RuleId>,
    /// Whether the contract promises that it changes nothing.
    harmless: bool,
    /// How many items its answer lists.
    items: usize,
    /// Whether a judge would allow the answer that was wrong.
    suits_wrong: bool,
}

impl Stage {
    pub(super) fn of(draft: &Draft) -> Self {
        let names = fresh_names(&draft.case)
            .into_iter()
            .map(|name| match name.as_str() {
                "arn" => (name, DEFAULT_ARN.to_owned()),
                other => (other.to_owned(), format!("pc-{other}")),
            })
            .collect();
        let mut stage = Self {
            names,
            first: None,
            ids: draft.ids.clone(),
            rule: None,
            fails: false,
            wrong: None,
        };
        stage.first = stage.rehearse(&draft.case, None);
        stage
    }

    /// Begins again with another case, one that ends earlier or is taken in another way.
    pub(super) fn again(&self, draft: &Draft) -> Self {
        let mut stage = Self::of(draft);
        if let Some(rule) = self.rule {
            stage.expect(rule);
        }
        stage.fails = self.fails;
        stage
    }

    /// Hears what the target answered to a case that shows it.
    pub(super) fn hear(&mut self, told: &Transcript) {
        self.wrong = None;
        let mut values = told.with.clone();
        let mut answers = told.case.steps.iter().zip(&told.answers);
        let last = answers.next_back();
        for (step, exchanges) in answers {
            if let Some(Answer::Response(response)) = exchanges.last().map(|one| &one.answer) {
                let _ = learn(step, response, &mut values);
            }
        }
        let Some(Answer::Response(response)) = last
            .and_then(|(_, exchanges)| exchanges.last())
            .map(|one| &one.answer)
        else {
            return;
        };
        self.wrong = Some(Wrong {
            listed: listed(&response.body),
            response: response.clone(),
            values,
            is_told: true,
        });
        // Smaller cases do without the names that nothing needs, too.
        let mut draft = Draft::of(told.case.clone());
        draft.truncate(told.answers.len());
        let Some(known) = self.rehearse(&draft.case, None) else {
            self.wrong = None;
            return;
        };
        if let Some(wrong) = &mut self.wrong {
            wrong.is_told = !known.last.suits_wrong;
            wrong.listed = wrong.listed.filter(|listed| known.last.items != *listed);
        }
    }

    /// What the case shows is told by this rule.
    pub(super) fn expect(&mut self, rule: RuleId) {
        let known = self.first.as_ref();
        let named = known.is_some_and(|first| first.last.rules.contains(&rule));
        self.fails = rule == rule!("proto.no-5xx");
        self.rule = (named && !self.fails).then_some(rule);
    }

    /// Plays a case, beginning where it differs from one that was played before; nothing if it could not be sent.
    pub(super) fn rehearse(&self, case: &Case, known: Option<&Rehearsal>) -> Option<Rehearsal> {
        let shared = known.map_or(0, |known| {
            let same = known.steps.iter().zip(&case.steps);
            same.take_while(|(one, other)| one == other).count()
        });
        let last = case.steps.len().checked_sub(1)?;
        let shared = shared.min(last);
        let (mut before, mut taken) = known.map_or_else(Default::default, |known| {
            (
                known.before[..=shared].to_vec(),
                known.taken[..shared.min(known.taken.len())].to_vec(),
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
            let (response, how) = moment.play(message(step, &moment.values).ok()?);
            taken.push(how);
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
            last: Last::of(&before[last], &said, self.wrong.as_ref())?,
            before,
            steps: case.steps.clone(),
            taken,
            misses,
        })
    }

    /// Whether a case can show what the first one does at all: its last request is one to the same operation, and the rule
    /// has to do with it.
    pub(super) fn may_show(&self, rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        (!rehearsal.misses || first.misses)
            && first.last.operation == rehearsal.last.operation
            && match self.rule {
                Some(rule) => rehearsal.last.rules.contains(&rule),
                None => self.fails || first.last.outcome == rehearsal.last.outcome,
            }
    }

    /// Whether the wrong answer would be right here, or at least list as many items.
    pub(super) fn is_excused(&self, rehearsal: &Rehearsal) -> bool {
        self.wrong.as_ref().is_some_and(|wrong| {
            wrong.is_told && rehearsal.last.suits_wrong
                || wrong.listed == Some(rehearsal.last.items)
        })
    }

    /// Whether what the case shows is a failure, which anything may lead to.
    pub(super) fn is_of_failure(&self) -> bool {
        self.fails
    }

    /// Whether a case may well show what the first one does: the reference takes its last request in the same way.
    pub(super) fn is_alike(&self, rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        let (first, last) = (&first.last, &rehearsal.last);
        self.may_show(rehearsal)
            && first.outcome == last.outcome
            // For a reason more it would be refused by a target that does not know the first one, too.
            && (!first.refused || last.reasons.is_subset(&first.reasons))
    }

    /// Whether it most likely does: every step is answered as it was. `ids` are the places the steps had.
    pub(super) fn is_close(&self, ids: &[usize], rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        let as_before = |(id, now): (&usize, &Taken)| {
            self.taken(first, *id).map(|then| then.status) == Some(now.status)
        };
        ids.iter().zip(&rehearsal.taken).all(as_before)
            && first.last.items == rehearsal.last.items
            && rehearsal.last.rules.is_subset(&first.last.rules)
            && (!first.last.refused
                || rehearsal
                    .last
                    .own_reasons
                    .is_subset(&first.last.own_reasons))
    }

    /// How the first case took the step of that name.
    fn taken<'a>(&self, first: &'a Rehearsal, id: usize) -> Option<&'a Taken> {
        let at = self.ids.iter().position(|known| *known == id)?;
        first.taken.get(at)
    }

    /// Whether nothing that is left is taken for other reasons than at first.
    pub(super) fn is_same(&self, ids: &[usize], rehearsal: &Rehearsal) -> bool {
        let Some(first) = &self.first else {
            return true;
        };
        let as_before = |(id, now): (&usize, &Taken)| self.taken(first, *id) == Some(now);
        ids.iter().zip(&rehearsal.taken).all(as_before)
            && rehearsal.last.rules == first.last.rules
            && rehearsal.last.own_reasons == first.last.own_reasons
    }
}

impl Rehearsal {
    /// Whether that step, which was served before, has to be refused now, and so is as good as gone.
    pub(super) fn is_out_of_action(&self, step: usize, before: &Self) -> bool {
        let (Some(now), Some(then)) = (self.taken.get(step), before.taken.get(step)) else {
            return false;
        };
        now.has_to_be_refused && then.status < 400
    }

    /// Whether the last answer has no items, and so none that may be wrong.
    pub(super) fn lists_nothing(&self) -> bool {
        self.last.items == 0
    }

    /// Whether the contract promises that the last step changes nothing, and it goes alone.
    pub(super) fn is_harmless(&self) -> bool {
        self.last.harmless && self.steps.last().is_some_and(|step| !step.manner.beside)
    }
}

impl Last {
    fn of(moment: &Moment, said: &Message, wrong: Option<&Wrong>) -> Option<Self> {
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
        let operation = addressed(said);
        let harmless =
            operation.is_some_and(Operation::reads) || expectation.allowed.iter().all(refuses);
        // What ought to be refused is among what it cites, beside what must be.
        let own = moment.reference.expect(said);
        let own_reasons = own.allowed.first().map_or_else(BTreeSet::new, |own| {
            let outside = own.cites.iter().filter(|(_, side)| *side == Side::Outside);
            outside.map(|(rule, _)| *rule).collect()
        });
        let suits_wrong = wrong.is_some_and(|wrong| {
            let response = wrong.in_the_place_of(&moment.values);
            let observed = moment.judge.clone().observe(&exchange(said, response));
            matches!(observed.fit, Fit::Allowed { .. })
        });
        let mut items = 0;
        let mut after = moment.clone();
        if let Message::Request(request) = said {
            let response = after.reference.respond(request, NOW_MS);
            items = listed(&response.body).unwrap_or_default();
            let observed = after.judge.observe(&exchange(said, response));
            if matches!(observed.fit, Fit::Allowed { .. }) {
                all.extend(observed.cites.iter().map(|(rule, _)| *rule));
            }
        }
        Some(Self {
            operation: operation.map(|operation| operation.name),
            outcome: discriminant(outcome),
            refused: matches!(outcome, Outcome::Refused(_)),
            reasons: rules.iter().copied().collect(),
            rules: all,
            own_reasons,
            harmless,
            items,
            suits_wrong,
        })
    }
}

impl Wrong {
    /// The answer with other values in the place of those that its target gave.
    fn in_the_place_of(&self, values: &Values) -> Response {
        let mut response = self.response.clone();
        let Ok(mut body) = String::from_utf8(response.body.to_vec()) else {
            return response;
        };
        for (name, value) in self.values.iter().filter(|(_, value)| !value.is_empty()) {
            if let Some(new) = values.get(name) {
                body = body.replace(value, new);
            }
        }
        response.body = body.into();
        response
    }
}

impl Moment {
    /// What the reference answers, before the eyes of the judge; nothing to bytes that are no request.
    fn play(&mut self, said: Message) -> (Option<Response>, Taken) {
        let Message::Request(request) = &said else {
            return (
                None,
                Taken {
                    status: 0,
                    has_to_be_refused: false,
                    rules: BTreeSet::new(),
                },
            );
        };
        let response = self.reference.respond(request, NOW_MS);
        let observed = self.judge.observe(&exchange(&said, response.clone()));
        let taken = Taken {
            status: response.status,
            has_to_be_refused: observed.expectation.allowed.iter().all(refuses),
            rules: observed.cites.iter().map(|(rule, _)| *rule).collect(),
        };
        (Some(response), taken)
    }
}

/// How many items an answer lists.
fn listed(body: &[u8]) -> Option<usize> {
    let Ok(Json::Object(members)) = Json::parse(body) else {
        return None;
    };
    let items = members.iter().find(|(name, _)| name == "Items");
    items
        .and_then(|(_, items)| items.items())
        .map(<[Json]>::len)
}

fn refuses(allowed: &Allowed) -> bool {
    matches!(allowed.outcome, Outcome::Refused(_))
}

fn exchange(said: &Message, response: Response) -> Exchange {
    Exchange {
        message: said.clone(),
        answer: Answer::Response(response),
        at_ms: NOW_MS,
        took_us: 0,
    }
}
