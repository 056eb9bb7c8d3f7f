//! What the answers mean.
//!
//! A [`Judge`] walks a conversation beside a [`Model`] and reports the first answer outside what the contract allows, with
//! every doubtful one before it. It performs no I/O and asks no clock: fed live during a replay or from a recording made
//! last year ([`judge`]), it says the same.
//!
//! Its rules keep it from accusing wrongly. After a forbidden answer nothing more of the case is judged, because nobody
//! knows what the target made of the request. Silence, throttling and an unavailable service are no violation but
//! [unclear](Verdict::unclear), and end the case unless the same message is heard to be answered after all: meanwhile both
//! is possible, that it had its effect and that it had not. A step that asks for an operation the target does not have is
//! passed over: it can have had no effect.

mod exercised;
mod finding;
pub mod known;
mod tally;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::case::Case;
use crate::case::bind::{self, Values, asks_for_next_page};
use crate::case::transcript::{Overheard, Transcript};
use crate::contract::{ChoiceId, Choices, Operation, RuleId, Side, operation};
use crate::model::absence::{Served, has_rules, says_absent};
use crate::model::{Difference, Extent, Fit, Model, Observed};
use crate::rule;
use crate::wire::{Answer, Exchange, Json, Message, NoAnswerKind, http1};

pub use exercised::Exercised;
pub use finding::{Finding, Severity, addressed, answer_line, printable, request_line};
pub use tally::{Fate, Tally};

/// How long an answer may take before it is worth a warning, unless the user says otherwise.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// How long an effect may take to show on a target of which only a recording is known.
pub const SETTLE: Duration = Duration::from_secs(2);

/// What a conversation showed.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What was wrong, in the order of the conversation; at most one violates, and then it is the last.
    pub findings: Vec<Finding>,
    /// Why the conversation could not be judged to its end.
    pub unclear: Option<Unclear>,
    /// The operations it asked for that the target does not have, each once: their steps were passed over.
    pub absent: Vec<Absent>,
    /// Why steps were left unsent although every answer was allowed: a value they need is one the contract leaves open.
    pub unsent: Option<String>,
    /// The rules the judged answers brought up.
    pub exercised: Exercised,
    /// What the target may still have decided, as far as this conversation tells.
    pub choices: Choices,
    /// How many messages were sent, those after the end of the judgement included.
    pub requests: usize,
    /// Of these, how many were sent again because they were throttled or got no answer.
    pub retries: usize,
    /// How many answers took longer than the limit.
    pub slow: usize,
    /// What was asked for, and what became of it.
    pub tally: Tally,
}

/// An operation that the target does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The operation.
    pub operation: &'static Operation,
    /// Method and target of the first step that asked for it, shortened.
    pub request: String,
    /// What was answered, shortened.
    pub answer: String,
}

/// A conversation that could not be judged to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// The step at which it became unclear, from 0.
    pub step: usize,
    /// Method and target of that step, shortened.
    pub request: String,
    /// What happened.
    pub why: String,
    /// Whether it is for want of an answer that says anything, so that another try may tell.
    pub lost: bool,
}

/// A verdict in one word, the better before the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Every answer was allowed.
    Conforms,
    /// Every answer was allowed, some deserve a warning.
    Warns,
    /// Every answer was allowed, but for steps that ask for operations the target does not have.
    InPart,
    /// Nobody can say.
    Unclear,
    /// An answer was not allowed.
    Violates,
}

impl Verdict {
    /// The verdict in one word.
    pub fn outcome(&self) -> Outcome {
        if self.violation().is_some() {
            Outcome::Violates
        } else if self.unclear.is_some() {
            Outcome::Unclear
        } else if !self.absent.is_empty() {
            Outcome::InPart
        } else if !self.findings.is_empty() {
            Outcome::Warns
        } else {
            Outcome::Conforms
        }
    }

    /// Notes that the conversation ended before a step (from 0) although every answer was allowed, and why.
    ///
    /// That accuses nobody: the step needs a value the contract leaves open. Where nothing was sent at all, nothing is
    /// clear either.
    pub fn leave_unsent(&mut self, step: usize, steps: usize, why: &str) {
        if !self.absent.is_empty() {
            // What a step needs may well be what the target does not have.
            return;
        }
        let why = format!(
            "step {} of {steps} was not sent: {}",
            step + 1,
            printable(why, 300)
        );
        if step == 0 {
            self.unclear = Some(Unclear {
                step,
                request: String::new(),
                why,
                lost: false,
            });
        } else {
            self.unsent = Some(why);
        }
    }

    /// Takes a conversation that led to more states than can be told apart for one that ended there.
    ///
    /// For generated conversations, of which any is as good as another: the next one is judged instead.
    pub fn end_at_bound(&mut self, steps: usize) {
        if let Some(Unclear { step, why, .. }) = self.unclear.take_if(|unclear| !unclear.lost) {
            self.unsent = Some(format!(
                "step {} of {steps} was not judged: {why}",
                step + 1
            ));
        }
    }

    /// Takes a violation back, because of something that happened meanwhile: nobody can say what the target knew by then.
    pub fn forgive(&mut self, why: &str) {
        let Some(violation) = self.violation() else {
            return;
        };
        self.unclear = Some(Unclear {
            step: violation.step,
            request: violation.request.clone(),
            why: why.to_owned(),
            lost: true,
        });
        self.findings
            .retain(|finding| finding.severity != Severity::Violates);
    }

    /// The answer that was not allowed.
    pub fn violation(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.severity == Severity::Violates)
    }
}

impl Outcome {
    /// All outcomes with the word reports use for them.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Conforms, "conforms"),
        (Self::Warns, "warns"),
        (Self::InPart, "in-part"),
        (Self::Unclear, "unclear"),
        (Self::Violates, "violates"),
    ];

    /// The word reports use for it.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Judges a transcript.
///
/// The choices are those the transcript was recorded under, the limit of time for an answer is [`REQUEST_LIMIT`], and whoever
/// was overheard is taken to show effects within [`SETTLE`].
pub fn judge(transcript: &Transcript) -> Verdict {
    judge_settling(transcript, SETTLE)
}

/// Judges a transcript of a target that shows its effects within this time.
///
/// That matters only where somebody else held the conversation, and did not wait.
pub fn judge_settling(transcript: &Transcript, settle: Duration) -> Verdict {
    let mut choices = Choices::open();
    for (choice, options) in &transcript.given {
        choices.narrow(*choice, *options);
    }
    let mut judge = Judge::new(&transcript.case, &choices)
        .of_signed_requests(transcript.with.signs_every_request());
    judge.hasty = transcript.overheard.map(|_| settle);
    judge.recorded = true;
    if transcript.overheard == Some(Overheard::Midway) {
        judge.end(
            0,
            "the recording begins in the middle: what the target held then, nobody knows",
        );
    }
    let exchanges = transcript
        .answers
        .iter()
        .enumerate()
        .flat_map(|(step, all)| all.iter().map(move |one| (step, one)));
    for (step, exchange) in exchanges {
        let _ = judge.see(step, exchange);
    }
    judge.finish()
}

/// What is to be done after an answer was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The conversation goes on.
    Next,
    /// The effect of an earlier request may still be on its way: ask the same again in a moment.
    Again,
    /// No answer came, or one that says nothing: nothing more is judged, unless the same message is answered after all.
    Lost,
    /// Nothing more is judged.
    End,
}

/// How many of the last writes may not show yet where everything should show at once.
const MOST_PENDING: usize = 8;

/// A step that is asked again, because its answer may have come too early.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    step: usize,
    /// When it was first sent, in milliseconds since the epoch.
    since: i64,
    /// Whether its first answer would have been right before one of the last writes.
    stale: bool,
}

/// Follows one conversation.
#[derive(Debug)]
pub struct Judge<'a> {
    case: &'a Case,
    limit: Duration,
    /// How long an effect may take to show, where the contract says to wait for it.
    patience: Duration,
    /// How long a setting may take to show, although it should show at once.
    brief_patience: Duration,
    /// Whether a wait for a setting ended without it.
    briefly_in_vain: bool,
    /// What was known before each of the last writes, the last first: an answer that is late is one that was right then.
    before: VecDeque<Model>,
    /// Of how many of these writes no answer has shown yet that they had their effect.
    unshown: usize,
    /// Whether this is kept although nobody waits.
    recorded: bool,
    /// The step that is asked again.
    waiting: Option<Waiting>,
    /// The body of the last answer that was not asked again.
    last_body: Bytes,
    /// Whether any read may be too early, whatever it is about.
    late: bool,
    /// How long effects may take, where whoever asked did not wait for them.
    hasty: Option<Duration>,
    /// When the last request was answered whose effect may take a while, in milliseconds since the epoch.
    effect_ms: Option<i64>,
    /// Whether a wait ended without the effect.
    in_vain: bool,
    model: Model,
    /// What was answered to the first of two steps sent at the same time, until the second is known.
    together: Vec<(usize, Exchange)>,
    /// What two requests sent at the same time rest on: no order of them is promised, only that there is one.
    concurrent: Option<RuleId>,
    /// The operations known to be there.
    served: Served,
    verdict: Verdict,
    /// What will be unclear unless the step is heard once more.
    doubt: Option<Unclear>,
    /// Whether nothing more is judged.
    settled: bool,
    /// How many steps had at least one answer that was judged.
    heard: usize,
    /// Why the last step with bindings did not yield its values.
    unbound: Option<String>,
}

impl<'a> Judge<'a> {
    /// A judge of a conversation about to begin, with a target of which this much is known.
    pub fn new(case: &'a Case, choices: &Choices) -> Self {
        Self {
            case,
            limit: REQUEST_LIMIT,
            patience: Duration::ZERO,
            brief_patience: Duration::ZERO,
            briefly_in_vain: false,
            before: VecDeque::new(),
            unshown: 0,
            recorded: false,
            waiting: None,
            last_body: Bytes::new(),
            late: false,
            hasty: None,
            effect_ms: None,
            in_vain: false,
            model: Model::observer(choices),
            together: Vec::new(),
            concurrent: None,
            verdict: Verdict {
                findings: Vec::new(),
                unclear: None,
                absent: Vec::new(),
                unsent: None,
                exercised: Exercised::default(),
                choices: choices.clone(),
                requests: 0,
                retries: 0,
                slow: 0,
                tally: Tally::default(),
            },
            served: Served::all(),
            doubt: None,
            settled: false,
            heard: 0,
            unbound: None,
        }
    }

    /// The same with another limit of time for an answer.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The same, asking again for this long where the contract says to wait for an effect.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same, asking again for this long for what should show at once: domains, types and tags (time.control-plane).
    #[must_use]
    pub fn with_brief_patience(self, brief_patience: Duration) -> Self {
        Self {
            brief_patience,
            ..self
        }
    }

    /// The same for a target known to show its effects late: any read may be too early.
    #[must_use]
    pub fn of_late_effects(self, late: bool) -> Self {
        Self { late, ..self }
    }

    /// The same for a target that was seen to serve these operations, and may lack others.
    #[must_use]
    pub fn with_served(self, served: Served) -> Self {
        Self { served, ..self }
    }

    /// The operations known to be there.
    pub fn served(&self) -> Served {
        self.served
    }

    /// The same for a run whose requests are signed, with credentials the target accepts.
    #[must_use]
    pub fn of_signed_requests(mut self, signed: bool) -> Self {
        if signed {
            self.model = self.model.trusting_signatures();
        }
        self
    }

    /// Whether more states became possible than are told apart.
    pub fn is_lost(&self) -> bool {
        self.model.is_lost()
    }

    /// How much the target holds.
    pub fn extent(&self) -> Extent {
        self.model.extent()
    }

    /// Whether an effect was waited for that never showed.
    pub fn waited_in_vain(&self) -> bool {
        self.in_vain
    }

    /// Whether the answer last waited for was at first one that was right before one of the last writes, so that the wait
    /// was for an effect: anything else may come right by chance.
    pub fn waited_for_effect(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.stale)
    }

    /// Whether what was last waited for came, where the conversation goes on.
    pub fn waited_with_success(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether a domain, a type or a tag that should show at once was waited for and never showed.
    pub fn briefly_waited_in_vain(&self) -> bool {
        self.briefly_in_vain
    }

    /// Hears one answer of a step (from 0), and says how to go on.
    pub fn see(&mut self, step: usize, exchange: &Exchange) -> Heard {
        self.verdict.requests += 1;
        let operation = addressed(&exchange.message);
        let tally = &mut self.verdict.tally;
        tally.add(operation, Fate::of(&exchange.answer), 1);
        match self.doubt.take() {
            Some(doubt) if doubt.step == step => self.verdict.retries += 1,
            Some(doubt) => {
                self.verdict.unclear = Some(doubt);
                self.settled = true;
            }
            None => {}
        }
        if self.case.sent_together(step + 1) {
            self.together.push((step, exchange.clone()));
            return Heard::Next;
        }
        if !self.together.is_empty() {
            self.see_together(step, exchange);
        } else if !self.settled && !self.passes_over(step, exchange, operation) {
            self.remember(exchange);
            let known = self.model.owes().then(|| self.model.clone());
            let observed = self.observe(exchange);
            if self.waits(step, exchange, &observed) {
                // An answer that was too early decides nothing.
                if let Some(known) = known {
                    self.model = known;
                }
                return Heard::Again;
            }
            if self.is_hasty(exchange, &observed) {
                self.end(step, "an effect of an earlier request may still have been on its way, and nobody waited for it");
                return Heard::End;
            }
            self.weigh_lateness(step, exchange, &observed);
            if observed.conceded {
                // It never came right: it is taken for what it is, and told.
                self.waiting = None;
            }
            if let Answer::Response(response) = &exchange.answer {
                self.last_body = response.body.clone();
            }
            self.weigh(step, exchange, &observed);
            self.bind(step, exchange);
        }
        match (self.settled, &self.doubt) {
            (true, _) => Heard::End,
            (false, Some(_)) => Heard::Lost,
            (false, None) => Heard::Next,
        }
    }

    /// Whether an answer comes from a target that does not have the operation; notes that it does, if it does.
    fn passes_over(
        &mut self,
        step: usize,
        exchange: &Exchange,
        operation: Option<&'static Operation>,
    ) -> bool {
        let Answer::Response(response) = &exchange.answer else {
            return false;
        };
        if self.served == Served::all() {
            return false;
        }
        let Some(operation) = operation else {
            // A server that does not know a path may say so by 501, which is no failure then.
            return response.status == 501;
        };
        self.served.note(operation, response);
        if self.served.contains(operation) || !says_absent(response) {
            return false;
        }
        self.heard = self.heard.max(step + 1);
        // Whatever is answered for an operation without rules is fine.
        let known = self
            .verdict
            .absent
            .iter()
            .any(|absent| absent.operation == operation);
        if has_rules(operation) && !known {
            self.verdict.absent.push(Absent {
                operation,
                request: request_line(&exchange.message),
                answer: answer_line(&exchange.answer),
            });
        }
        true
    }

    /// Hears the answer to the second of two steps sent at the same time, and so both.
    fn see_together(&mut self, step: usize, exchange: &Exchange) {
        let first = std::mem::take(&mut self.together);
        if self.settled {
            return;
        }
        let passed_over = first
            .iter()
            .map(|(step, exchange)| (*step, exchange))
            .chain([(step, exchange)])
            .filter(|(step, exchange)| {
                self.passes_over(*step, exchange, addressed(&exchange.message))
            })
            .count();
        if passed_over > 0 {
            // Where only one of them was, nobody knows what to make of the other.
            self.settled = passed_over == 1;
            return;
        }
        if let [(_, one)] = first.as_slice() {
            self.concurrent = self.concurrent.or(concurrent(one, exchange));
        }
        let all: Vec<_> = first
            .iter()
            .map(|(step, exchange)| (*step, exchange))
            .chain([(step, exchange)])
            .collect();
        let exchanges: Vec<_> = all.iter().map(|(_, exchange)| *exchange).collect();
        let observed = self.model.observe_together(&exchanges);
        for ((step, exchange), observed) in all.into_iter().zip(&observed) {
            if !self.settled {
                self.weigh(step, exchange, observed);
                self.bind(step, exchange);
            }
        }
        if let Some(doubt) = self.doubt.take() {
            // Sent once more it would not be at the same time any longer.
            self.verdict.unclear = Some(doubt);
            self.settled = true;
        }
    }

    /// Keeps what is known before a write, if an answer may be held against it.
    fn remember(&mut self, exchange: &Exchange) {
        if self.patience.is_zero() && !self.recorded {
            // Nobody waits, so nobody asks.
            return;
        }
        if operation::addressed(&exchange.message).is_some_and(|asked| !asked.reads()) {
            self.before.truncate(MOST_PENDING - 1);
            self.before.push_front(self.model.clone());
            self.unshown = self.before.len().min(self.unshown + 1);
        }
    }

    /// Holds an answer against what is known, and learns from it.
    ///
    /// Domains, types and tags should show at once, but where they do not, what a read shows is no choice of the target: an
    /// answer that one of the last writes may simply not have reached decides nothing that it would not have decided before
    /// that write.
    fn observe(&mut self, exchange: &Exchange) -> Observed {
        if self.unshown == 0 || !shows_settings(exchange) {
            return self.model.observe(exchange);
        }
        let known = self.model.clone();
        let observed = self.model.observe(exchange);
        if !matches!(observed.fit, Fit::Allowed { .. }) {
            return observed;
        }
        let (then, now) = (known.choices(), self.model.choices());
        let decided: Vec<_> = ChoiceId::all()
            .filter(|id| now.get(*id) != then.get(*id))
            .collect();
        for at in 0..self.unshown {
            let mut before = self.before[at].clone();
            if !matches!(before.observe(exchange).fit, Fit::Allowed { .. }) {
                // What came before a write that shows has shown as well.
                self.unshown = at;
                break;
            }
            let open = before.choices();
            let is_open = |id: &ChoiceId| open.get(*id).and(now.get(*id)) != open.get(*id);
            if decided.iter().any(is_open) {
                self.model = known;
                break;
            }
        }
        observed
    }

    /// Whether an answer would have been right before one of the last writes.
    fn is_stale(&self, exchange: &Exchange) -> bool {
        let fits = |before: &Model| {
            let observed = before.clone().observe(exchange);
            matches!(observed.fit, Fit::Allowed { .. })
        };
        self.before.iter().any(fits)
    }

    /// Whether an answer may only be too early, and there is time left.
    fn waits(&mut self, step: usize, exchange: &Exchange, observed: &Observed) -> bool {
        let late = match &observed.fit {
            Fit::Forbidden(differences) => differences
                .first()
                .is_some_and(|difference| difference.rules.iter().any(|rule| rule.waits())),
            Fit::Allowed { .. } if observed.conceded => true,
            _ => return false,
        };
        let reads = operation::addressed(&exchange.message).is_some_and(Operation::reads);
        let settings = !(late || self.late);
        let patience = match settings {
            true if !shows_settings(exchange) || !self.is_stale(exchange) => return false,
            true => self.brief_patience.min(self.patience),
            false => self.patience,
        };
        if !reads || patience.is_zero() {
            return false;
        }
        let waiting = match self.waiting {
            Some(waiting) if waiting.step == step => waiting,
            _ => Waiting {
                step,
                since: exchange.at_ms,
                // A further page cannot be held against what was known then, which includes no token for it. After an empty page
                // it is the first to show anything; after another, what is wrong may well be where the pages were cut.
                stale: match asks_for_next_page(&exchange.message) {
                    true => is_empty_page(&self.last_body),
                    false => settings || self.is_stale(exchange),
                },
            },
        };
        self.waiting = Some(waiting);
        let waited = u64::try_from(exchange.at_ms - waiting.since).unwrap_or(0);
        let in_vain = match settings {
            true => &mut self.briefly_in_vain,
            false => &mut self.in_vain,
        };
        *in_vain |= Duration::from_millis(waited) >= patience;
        !*in_vain
    }

    /// What should have shown at once but had to be waited for deserves a warning.
    fn weigh_lateness(&mut self, step: usize, exchange: &Exchange, observed: &Observed) {
        let waited = self.waiting.is_some_and(|waiting| waiting.step == step);
        let fits = matches!(observed.fit, Fit::Allowed { .. });
        if waited && fits && shows_settings(exchange) && !self.late {
            let rule = match operation::addressed(&exchange.message) {
                Some(operation) if operation.name == "GetProfileObjectType" => {
                    rule!("get-type.after-put")
                }
                _ => rule!("time.control-plane"),
            };
            let difference = Difference {
                rules: [rule].into_iter().collect(),
                place: "time".to_owned(),
                expected: "the same answer at once".to_owned(),
                actual: "only after a while".to_owned(),
            };
            self.find(Severity::Warns, step, exchange, &difference, observed);
        }
    }

    /// Whether an answer is forbidden only if the effects before it had shown by then.
    fn is_hasty(&mut self, exchange: &Exchange, observed: &Observed) -> bool {
        let Some(settle) = self.hasty else {
            return false;
        };
        let since = self.effect_ms.map(|effect| exchange.at_ms - effect);
        let operation = operation::addressed(&exchange.message);
        if operation.is_some_and(Operation::settles) {
            let took = i64::try_from(exchange.took_us / 1000).unwrap_or(i64::MAX);
            self.effect_ms = Some(exchange.at_ms.saturating_add(took));
        }
        let differences = match &observed.fit {
            Fit::Forbidden(differences) => differences.as_slice(),
            Fit::Allowed { .. } if observed.conceded => &[],
            _ => return false,
        };
        // No state is behind the form of an answer.
        let of_form = differences
            .first()
            .and_then(|difference| difference.rules.first())
            .is_some_and(|rule| rule.id().starts_with("proto."));
        let early = since.is_some_and(|since| {
            u128::try_from(since).is_ok_and(|since| since < settle.as_millis())
        });
        early && !of_form
    }

    /// Ends the judgement at a step (from 0): from there on nobody can say.
    fn end(&mut self, step: usize, why: &str) {
        let request = self
            .case
            .steps
            .get(step)
            .map(|step| printable(&step.say.to_string(), 120));
        self.verdict.unclear = Some(Unclear {
            step,
            request: request.unwrap_or_default(),
            why: why.to_owned(),
            lost: false,
        });
        self.settled = true;
    }

    /// Says what the conversation showed.
    pub fn finish(mut self) -> Verdict {
        if let Some(doubt) = self.doubt.take() {
            self.verdict.unclear = Some(doubt);
            self.settled = true;
        }
        if !self.settled && self.heard < self.case.steps.len() {
            let why = self
                .unbound
                .take()
                .unwrap_or_else(|| "the conversation ended before it".to_owned());
            self.verdict
                .leave_unsent(self.heard, self.case.steps.len(), &why);
        }
        if !self
            .verdict
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Violates)
        {
            self.verdict.choices = self.model.choices();
        }
        self.verdict
    }

    fn weigh(&mut self, step: usize, exchange: &Exchange, observed: &Observed) {
        self.heard = self.heard.max(step + 1);
        for (rule, side) in &observed.cites {
            self.verdict.exercised.insert(*rule, *side);
        }
        // How long a run waits before it believes that nothing comes is the replay's part.
        self.verdict
            .exercised
            .insert(rule!("time.negative"), Side::Inside);
        if let Some(rule) = self.concurrent {
            self.verdict.exercised.insert(rule, Side::Inside);
        }
        self.weigh_time(step, exchange, observed);
        match &observed.fit {
            Fit::Allowed { warnings } => {
                for warning in warnings {
                    self.find(Severity::Warns, step, exchange, warning, observed);
                }
            }
            Fit::Forbidden(_) if self.model.forgets() => {
                self.end(
                    step,
                    "more states of the target were possible than are told apart",
                );
            }
            Fit::Forbidden(differences) => {
                let mut differences = differences.clone();
                if let Some(rule) = self.concurrent {
                    for difference in &mut differences {
                        let substance = difference.rules.first();
                        if !substance.is_some_and(|rule| rule.id().starts_with("proto.")) {
                            difference.rules = [rule].into_iter().collect();
                        }
                    }
                }
                if let Some(difference) = self.aimed_at(&differences) {
                    // An answer outside anything a SHOULD tolerates still breaks no more than a SHOULD.
                    let severity = if difference.violates() {
                        Severity::Violates
                    } else {
                        Severity::Warns
                    };
                    self.find(severity, step, exchange, difference, observed);
                }
                self.settled = true;
            }
            Fit::Unclear(why) => {
                let (request, why) = (request_line(&exchange.message), printable(why, 300));
                let lost = exchange.answer.is_lost();
                let unclear = Unclear {
                    step,
                    request,
                    why,
                    lost,
                };
                if lost {
                    self.doubt = Some(unclear);
                } else {
                    self.verdict.unclear = Some(unclear);
                    self.settled = true;
                }
            }
        }
    }

    /// An answer beyond the limit of time deserves a warning, whatever it says. What is no complete request has no right
    /// to one.
    fn weigh_time(&mut self, step: usize, exchange: &Exchange, observed: &Observed) {
        let took = Duration::from_micros(exchange.took_us);
        let gave_up = matches!(&exchange.answer, Answer::None(silence) if silence.kind == NoAnswerKind::Timeout);
        self.verdict
            .exercised
            .insert(rule!("time.request-limit"), Side::Inside);
        if (took > self.limit || gave_up) && is_request(&exchange.message) {
            self.verdict.slow += 1;
            let difference = Difference {
                rules: [rule!("time.request-limit")].into_iter().collect(),
                place: "time".to_owned(),
                expected: format!("a complete answer within {:?}", self.limit),
                actual: if gave_up {
                    "none".to_owned()
                } else {
                    format!("after {:.1} s", took.as_secs_f64())
                },
            };
            self.find(Severity::Warns, step, exchange, &difference, observed);
        }
    }

    fn find(
        &mut self,
        severity: Severity,
        step: usize,
        exchange: &Exchange,
        difference: &Difference,
        observed: &Observed,
    ) {
        let steps = self.case.steps.len();
        let finding = Finding::new(
            severity,
            (step, steps),
            exchange,
            difference,
            &observed.expectation,
            &self.case.aims,
        );
        // The same doubt about a later answer says nothing new.
        let known = |known: &Finding| {
            (known.rule, known.operation, &known.place)
                == (finding.rule, finding.operation, &finding.place)
        };
        if severity == Severity::Violates || !self.verdict.findings.iter().any(known) {
            self.verdict.findings.push(finding);
        }
    }

    /// The difference to report: one the case was written to find, else the first, which explains the answer best.
    fn aimed_at<'d>(&self, differences: &'d [Difference]) -> Option<&'d Difference> {
        let aimed = |difference: &&Difference| {
            difference
                .rules
                .iter()
                .any(|rule| self.case.aims.contains(rule))
        };
        differences
            .iter()
            .filter(|difference| difference.violates())
            .find(aimed)
            .or(differences.first())
    }

    /// Notes why a value that later steps need was not in the answer.
    fn bind(&mut self, step: usize, exchange: &Exchange) {
        let (Some(step), Answer::Response(response)) =
            (self.case.steps.get(step), &exchange.answer)
        else {
            return;
        };
        if !step.bindings.is_empty() {
            self.unbound = bind::learn(step, response, &mut Values::new())
                .err()
                .map(|missing| missing.to_string());
        }
    }
}

/// The rule about two requests sent at the same time that may get in each other's way.
fn concurrent(one: &Exchange, other: &Exchange) -> Option<RuleId> {
    let name = |exchange: &Exchange| {
        operation::addressed(&exchange.message).map(|operation| operation.name)
    };
    match (name(one)?, name(other)?) {
        ("PutProfileObjectType", "PutProfileObjectType") => Some(rule!("time.concurrent-put-type")),
        ("PutProfileObject", "PutProfileObject") => Some(rule!("time.concurrent-overwrite")),
        _ => None,
    }
}

/// Whether a request reads what writes to domains, types and tags have set, which should show at once.
fn shows_settings(exchange: &Exchange) -> bool {
    operation::addressed(&exchange.message).is_some_and(Operation::shows_setup)
}

/// Whether a body is a page without items.
fn is_empty_page(body: &[u8]) -> bool {
    Json::parse(body).is_ok_and(|body| {
        let items = body.get("Items").and_then(Json::items);
        items.is_some_and(<[Json]>::is_empty)
    })
}

/// Whether a message is a complete, well-formed request.
fn is_request(message: &Message) -> bool {
    match message {
        Message::Request(_) => true,
        Message::Raw(bytes) => http1::parse_request(bytes).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;

    use super::*;
    use crate::case::{Binding, Body, Manner, Say, Step};
    use crate::model::Expectation;
    use crate::wire::{Headers, NoAnswer, Request, Response};

    fn case(steps: usize) -> Case {
        let step = Step {
            about: Vec::new(),
            say: Say::Request {
                method: "GET".into(),
                target: "/domains/d".into(),
                headers: Vec::new(),
                body: Body::None,
            },
            manner: Manner::default(),
            claim: None,
            bindings: Vec::new(),
        };
        Case {
            steps: vec![step; steps],
            ..Case::default()
        }
    }

    fn exchange(answer: Answer, took: Duration) -> Exchange {
        let request = Request {
            method: "GET".into(),
            target: "/domains/d".into(),
            headers: Headers::default(),
            body: None,
        };
        Exchange {
            message: Message::Request(request),
            answer,
            at_ms: 0,
            took_us: took.as_micros() as u64,
        }
    }

    fn answered(status: u16) -> Exchange {
        let response = Response {
            status,
            headers: Headers::default(),
            body: "{}".into(),
        };
        exchange(Answer::Response(response), Duration::from_millis(3))
    }

    fn difference(rules: &[RuleId], place: &str) -> Difference {
        Difference {
            rules: rules.iter().copied().collect(),
            place: place.into(),
            expected: "this".into(),
            actual: "that".into(),
        }
    }

    fn observed(fit: Fit, cites: &[(RuleId, Side)]) -> Observed {
        Observed {
            fit,
            cites: cites.iter().copied().collect::<SmallVec<_>>(),
            expectation: Expectation::default(),
            conceded: false,
        }
    }

    fn allowed(warnings: Vec<Difference>) -> Observed {
        observed(Fit::Allowed { warnings }, &[])
    }

    fn judge_of(case: &Case) -> Judge<'_> {
        Judge::new(case, &Choices::open())
    }

    #[test]
    fn the_first_forbidden_answer_is_the_finding_and_ends_the_judgement() {
        let case = case(3);
        let mut judge = judge_of(&case);
        judge.weigh(
            0,
            &answered(200),
            &allowed(vec![difference(&[rule!("proto.output-null")], "/Tags")]),
        );
        assert!(!judge.settled);
        let forbidden = Fit::Forbidden(vec![
            difference(&[rule!("domain.get.echo")], "/DomainName"),
            difference(&[rule!("proto.output-types")], "/Stats"),
        ]);
        judge.weigh(
            1,
            &answered(200),
            &observed(forbidden, &[(rule!("domain.get.echo"), Side::Inside)]),
        );
        assert!(judge.settled);
        assert_eq!(judge.see(2, &answered(500)), Heard::End);

        let verdict = judge.finish();
        assert_eq!(verdict.outcome(), Outcome::Violates);
        let told: Vec<_> = verdict
            .findings
            .iter()
            .map(|finding| (finding.rule.id(), finding.severity, finding.step))
            .collect();
        assert_eq!(
            told,
            [
                ("proto.output-null", Severity::Warns, 0),
                ("domain.get.echo", Severity::Violates, 1)
            ]
        );
        assert!(
            verdict
                .exercised
                .contains(rule!("domain.get.echo"), Side::Inside)
        );
        assert_eq!(verdict.requests, 1, "only what went through `see` was sent");
    }

    #[test]
    fn of_several_differences_the_one_the_case_was_written_for_is_reported() {
        let mut case = case(1);
        case.aims = vec![rule!("proto.output-types")];
        let mut judge = judge_of(&case);
        let differences = vec![
            difference(&[rule!("domain.get.echo")], "/DomainName"),
            difference(
                &[rule!("proto.output-required"), rule!("proto.output-types")],
                "/Stats",
            ),
        ];
        judge.weigh(
            0,
            &answered(200),
            &observed(Fit::Forbidden(differences), &[]),
        );
        let verdict = judge.finish();
        let finding = verdict.violation().expect("a violation");
        assert_eq!(
            (finding.rule, finding.place.as_str()),
            (rule!("proto.output-types"), "/Stats")
        );
    }

    #[test]
    fn silence_is_unclear_and_never_a_violation() {
        let case = case(2);
        let mut judge = judge_of(&case);
        judge.weigh(
            0,
            &answered(429),
            &observed(Fit::Unclear("throttled (429)".into()), &[]),
        );
        let verdict = judge.finish();
        assert_eq!(verdict.outcome(), Outcome::Unclear);
        assert_eq!(verdict.findings, []);
        let unclear = verdict.unclear.expect("a reason");
        assert_eq!(
            (unclear.step, unclear.request.as_str(), unclear.why.as_str()),
            (0, "GET /domains/d", "throttled (429)")
        );
    }

    #[test]
    fn an_answer_beyond_the_limit_deserves_a_warning_of_its_own() {
        let case = case(1);
        let late = Exchange {
            took_us: 2_000_001,
            ..answered(200)
        };
        for (took, findings) in [
            (&late, 1),
            (
                &Exchange {
                    took_us: 2_000_000,
                    ..late.clone()
                },
                0,
            ),
        ] {
            let mut judge = judge_of(&case).with_limit(Duration::from_secs(2));
            judge.weigh(0, took, &allowed(Vec::new()));
            let verdict = judge.finish();
            assert_eq!((verdict.findings.len(), verdict.slow), (findings, findings));
        }
        let silence = NoAnswer {
            kind: NoAnswerKind::Timeout,
            detail: "nothing within 2 s".into(),
        };
        let gave_up = exchange(Answer::None(silence), Duration::from_secs(2));
        let mut judge = judge_of(&case).with_limit(Duration::from_secs(2));
        judge.weigh(
            0,
            &gave_up,
            &observed(Fit::Unclear("no answer: timeout".into()), &[]),
        );
        let verdict = judge.finish();
        assert_eq!(verdict.outcome(), Outcome::Unclear);
        assert_eq!(verdict.findings[0].rule, rule!("time.request-limit"));
        assert_eq!(verdict.findings[0].expected, "a complete answer within 2s");

        // Who waits for the rest of a request owes no answer yet.
        let cut = Exchange {
            message: Message::Raw("GET /domains HTTP/1.1\r\n".into()),
            ..gave_up
        };
        let mut judge = judge_of(&case).with_limit(Duration::from_secs(2));
        judge.weigh(
            0,
            &cut,
            &observed(Fit::Unclear("no answer: timeout".into()), &[]),
        );
        assert_eq!(judge.finish().findings, []);
    }

    #[test]
    fn the_same_doubt_twice_is_one_warning() {
        let case = case(3);
        let mut judge = judge_of(&case);
        let warning = difference(&[rule!("proto.output-null")], "/Tags");
        for step in 0..3 {
            judge.weigh(step, &answered(200), &allowed(vec![warning.clone()]));
        }
        let elsewhere = difference(&[rule!("proto.output-null")], "/Matching");
        judge.weigh(2, &answered(200), &allowed(vec![elsewhere]));
        let verdict = judge.finish();
        let places: Vec<_> = verdict
            .findings
            .iter()
            .map(|finding| (finding.step, finding.place.as_str()))
            .collect();
        assert_eq!(places, [(0, "/Tags"), (2, "/Matching")]);
        assert_eq!(verdict.outcome(), Outcome::Warns);
    }

    #[test]
    fn steps_left_unsent_are_explained_but_accuse_nobody() {
        let mut case = case(3);
        case.steps[0].bindings = vec![Binding {
            name: "token".into(),
            pointer: "/NextToken".into(),
        }];
        let mut judge = judge_of(&case);
        judge.weigh(0, &answered(200), &allowed(Vec::new()));
        judge.bind(0, &answered(200));
        let verdict = judge.finish();
        assert_eq!(verdict.outcome(), Outcome::Conforms);
        let why = verdict.unsent.expect("a reason");
        assert!(
            why.starts_with("step 2 of 3 was not sent: ") && why.contains("token"),
            "{why}"
        );
    }
}
