//! Reports: what all conversations of a run showed together.
//!
//! A [`Report`] collects verdicts. It keeps the first finding of every distinct [`Cause`] in full and counts the others,
//! because one defect shows in many cases, and it compares what the cases say about the same [choice](ChoiceId). The
//! renderers take nothing but a `&Report`: [`human`] for terminals, [`json`] for programs, [`junit`] for build servers.

mod absence;
mod cause;
mod coverage;
pub mod human;
pub mod json;
pub mod junit;

use std::fmt;
use std::time::Duration;

use crate::contract::operation::OPERATIONS;
use crate::contract::{ChoiceId, Choices, Options, RuleId};
use crate::judge::known::{Deviation, Deviations};
use crate::judge::{Absent, Exercised, Finding, Outcome, Severity, Tally, Unclear, Verdict};

pub use absence::{Absence, Requirement, Unmet};
pub(crate) use cause::akin;
pub use cause::{Cause, alike, still_shows};
pub use coverage::{Coverage, covered};

/// What a run was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What was tested, for people: a URL, or the built-in reference.
    pub target: String,
    /// What told the names of this run from those of others.
    pub id: String,
    /// How long an answer could take before it was worth a warning.
    pub limit: Duration,
}

/// The verdict on one case of a run.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Name of the case.
    pub name: String,
    /// The command that runs it again.
    pub again: String,
    /// What it showed.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// Where the violation was looked for again: how often it was seen in how many replays.
    pub seen: Option<Seen>,
    /// The rules it was written for.
    pub aims: Vec<RuleId>,
    /// Whether it was generated.
    pub generated: bool,
}

/// How often a violation was seen in how many replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Replays that showed it.
    pub times: u32,
    /// Replays altogether. What one of the first smaller cases shows, too, needs no other replay to be seen again.
    pub replays: u32,
    /// What it took to make the case smaller, where that was tried.
    pub shrunk: Option<Shrunk>,
}

/// What it took to make a case smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// How many requests were sent, including those that showed the finding again.
    pub requests: usize,
    /// Whether nothing smaller was left to try.
    pub minimal: bool,
}

/// What all conversations of a run showed together.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was run.
    pub run: Run,
    /// The cases, in the order of their names once [finished](Self::finish).
    pub cases: Vec<Line>,
    /// Distinct causes of findings: violations first, then in the order of their first cases.
    pub causes: Vec<Cause>,
    /// Decisions the target took one way in one case and another way in another.
    pub contradictions: Vec<Contradiction>,
    /// The rules brought up, recordings included.
    pub exercised: Exercised,
    /// What the target may still have decided, as far as all cases tell.
    pub choices: Choices,
    /// Recordings of the corpus judged beside the cases; they say nothing about the target.
    pub recordings: usize,
    /// How many messages were sent.
    pub requests: usize,
    /// Of these, how many were sent again because they were throttled or got no answer.
    pub retries: usize,
    /// What was asked for, and what became of it.
    pub yields: Yields,
    /// The operations the target does not have, in the order of the API.
    pub absent: Vec<Absence>,
    /// Whether the target served no request at all: then nothing is known of it, whatever it refused.
    pub serves_nothing: bool,
    /// What was required to be judged and could not be.
    pub unmet: Vec<Unmet>,
    /// The deviations that were known beforehand.
    pub known: Vec<Known>,
    /// The greatest distance in time that a throttling target made the run keep between two requests.
    pub spacing: Duration,
    /// What became of the target, if it was not there any more before the run was over.
    pub gone: Option<Gone>,
    /// How many of the cases an earlier run had judged that this one goes on with.
    pub resumed: usize,
    /// How many answers took longer than the limit.
    pub slow: usize,
    /// The longest time between a write and the read that showed it; zero if every effect showed at once.
    pub lag: Duration,
    /// How long the run took.
    pub elapsed: Duration,
    /// Why the run ended before all selected cases were judged.
    pub interrupted: Option<String>,
    /// Names of cases that were not run, because they name what may be somebody's.
    pub left_out: Vec<String>,
    /// What holding the target to snapshots showed, if it was.
    pub snapshots: Option<Snapshots>,
    /// For every lasting choice, the distinct sets of options cases left, each with the first such case.
    seen: Vec<(ChoiceId, Options, String)>,
}

/// What holding a target to snapshots showed: what another endpoint answered, or this one at another time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshots {
    /// The folder they lie in.
    pub folder: String,
    /// How many cases were answered as recorded.
    pub same: usize,
    /// The cases that were answered otherwise, twice.
    pub differences: Vec<Difference>,
    /// Cases without a snapshot.
    pub missing: Vec<String>,
    /// Cases that have changed since they were recorded.
    pub outdated: Vec<String>,
    /// Cases that were not answered to their end, each with why.
    pub broken: Vec<(String, String)>,
    /// Cases that were answered otherwise once and not the second time.
    pub unsteady: Vec<String>,
}

/// An answer that differs from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The case.
    pub case: String,
    /// The step, from 0.
    pub step: usize,
    /// What was said in that step.
    pub said: String,
    /// The two answers, as a unified diff of their canonical forms.
    pub diff: String,
    /// The command that holds the case to its snapshot again.
    pub again: String,
}

/// What was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Yields {
    /// By the cases of the corpus.
    pub written: Tally,
    /// By generated cases.
    pub generated: Tally,
}

/// A target that was not there any more before the run was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// What was last heard of it.
    pub why: String,
    /// How many cases were left; `None` where that is a matter of time.
    pub left: Option<u64>,
}

/// A deviation that was known beforehand, and what this run saw of it.
#[derive(Debug, Clone)]
pub struct Known {
    /// The deviation.
    pub deviation: Deviation,
    /// The cases that showed it.
    pub cases: Vec<String>,
    /// How many cases could have shown it and conform.
    pub agree: usize,
}

impl Known {
    /// Whether the target keeps the rule now, as far as was seen.
    pub fn is_stale(&self) -> bool {
        self.cases.is_empty() && self.agree > 0
    }
}

/// One case in a report.
#[derive(Debug, Clone)]
pub struct Line {
    /// Name of the case.
    pub name: String,
    /// The command that runs it again.
    pub again: String,
    /// The verdict in one word.
    pub outcome: Outcome,
    /// The findings, the violation last.
    pub findings: Vec<Finding>,
    /// The rules of findings that were known beforehand.
    pub known: Vec<RuleId>,
    /// The operations it needed that the target does not have.
    pub absent: Vec<&'static str>,
    /// Why it could not be judged to its end.
    pub unclear: Option<Unclear>,
    /// Why steps were left unsent although every answer was allowed.
    pub unsent: Option<String>,
    /// How many messages were sent.
    pub requests: usize,
    /// How long it took.
    pub took: Duration,
}

/// A decision a target took one way in one case and another way in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What was to be decided.
    pub choice: ChoiceId,
    /// The options a case left, and its name.
    pub first: (Options, String),
    /// The options another case left, and its name.
    pub second: (Options, String),
}

/// How many cases had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Every answer was allowed.
    pub conforms: usize,
    /// Allowed, with warnings.
    pub warns: usize,
    /// Allowed, as far as the target has what was asked for.
    pub in_part: usize,
    /// Nobody can say.
    pub unclear: usize,
    /// An answer was not allowed.
    pub violates: usize,
}

impl Report {
    /// A report of a run about to begin.
    pub fn new(run: Run) -> Self {
        Self {
            run,
            cases: Vec::new(),
            causes: Vec::new(),
            contradictions: Vec::new(),
            exercised: Exercised::default(),
            choices: Choices::open(),
            recordings: 0,
            requests: 0,
            retries: 0,
            yields: Yields::default(),
            absent: Vec::new(),
            serves_nothing: false,
            unmet: Vec::new(),
            known: Vec::new(),
            spacing: Duration::ZERO,
            gone: None,
            resumed: 0,
            slow: 0,
            lag: Duration::ZERO,
            elapsed: Duration::ZERO,
            interrupted: None,
            left_out: Vec::new(),
            snapshots: None,
            seen: Vec::new(),
        }
    }

    /// The same with deviations that are known beforehand.
    #[must_use]
    pub fn with_known(mut self, deviations: &Deviations) -> Self {
        let known = |deviation: &Deviation| Known {
            deviation: deviation.clone(),
            cases: Vec::new(),
            agree: 0,
        };
        self.known = deviations.iter().map(known).collect();
        self
    }

    /// Whether a finding by that rule in that case was known beforehand, and so is none.
    pub fn expects(&self, rule: RuleId, case: &str) -> bool {
        self.known_at(rule, case).is_some()
    }

    fn known_at(&self, rule: RuleId, case: &str) -> Option<usize> {
        self.known
            .iter()
            .position(|known| known.deviation.is_about(rule) && known.deviation.may_show_in(case))
    }

    /// Whether a violation like this one has been reported already.
    pub fn knows(&self, finding: &Finding) -> bool {
        self.causes
            .iter()
            .any(|cause| akin(&cause.finding, finding))
    }

    /// Adds the verdict on a case.
    pub fn add(&mut self, judged: Judged) {
        let Judged {
            name,
            again,
            mut verdict,
            took,
            seen,
            aims,
            generated,
        } = judged;
        let violates = verdict.violation().is_some();
        let known = self.set_known_aside(&name, &mut verdict, &aims);
        let outcome = verdict.outcome();
        self.exercised.merge(&verdict.exercised);
        self.requests += verdict.requests;
        self.retries += verdict.retries;
        self.slow += verdict.slow;
        match generated {
            true => self.yields.generated.merge(&verdict.tally),
            false => self.yields.written.merge(&verdict.tally),
        }
        for absent in &verdict.absent {
            Absence::note(&mut self.absent, absent, &aims);
        }
        if !violates {
            // What a target decided in a conversation it got wrong is anybody's guess.
            self.compare_choices(&name, &verdict.choices);
        }
        for finding in &verdict.findings {
            match self
                .causes
                .iter_mut()
                .find(|cause| akin(&cause.finding, finding))
            {
                Some(cause) => {
                    if !cause.cases.contains(&name) {
                        cause.cases.push(name.clone());
                    }
                    if !cause.rules.contains(&finding.rule) {
                        cause.rules.push(finding.rule);
                    }
                }
                None => {
                    let seen = seen.filter(|_| finding.severity == Severity::Violates);
                    self.causes.push(Cause::new(
                        finding.clone(),
                        name.clone(),
                        again.clone(),
                        took,
                        seen,
                    ));
                }
            }
        }
        let Verdict {
            findings,
            unclear,
            absent,
            unsent,
            requests,
            ..
        } = verdict;
        self.cases.push(Line {
            name,
            again,
            outcome,
            findings,
            known,
            absent: absent.iter().map(|absent| absent.operation.name).collect(),
            unclear,
            unsent,
            requests,
            took,
        });
    }

    /// Takes findings that were known beforehand out of a verdict, and returns their rules.
    fn set_known_aside(
        &mut self,
        name: &str,
        verdict: &mut Verdict,
        aims: &[RuleId],
    ) -> Vec<RuleId> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let mut rules = Vec::new();
        for finding in std::mem::take(&mut verdict.findings) {
            match self.known_at(finding.rule, name) {
                Some(at) => {
                    let cases = &mut self.known[at].cases;
                    if cases.last().is_none_or(|last| last != name) {
                        cases.push(name.to_owned());
                    }
                    rules.push(finding.rule);
                }
                None => verdict.findings.push(finding),
            }
        }
        if rules.is_empty() && verdict.outcome() == Outcome::Conforms {
            for known in &mut self.known {
                let deviation = &known.deviation;
                let shows = |rule: &RuleId| deviation.is_about(*rule);
                let brought_up = aims.iter().any(shows)
                    || verdict.exercised.iter().any(|(rule, _)| shows(&rule));
                if deviation.may_show_in(name) && brought_up {
                    known.agree += 1;
                }
            }
        }
        rules
    }

    /// Adds an operation that the target does not have, though no case got to it.
    pub fn lacks(&mut self, absent: &Absent) {
        let known = |absence: &Absence| absence.operation == absent.operation;
        if !self.absent.iter().any(known) {
            Absence::note(&mut self.absent, absent, &[]);
            if let Some(absence) = self.absent.last_mut() {
                absence.cases = 0;
            }
        }
    }

    /// Holds what was judged against what was required.
    pub fn require(&mut self, requirements: &[Requirement]) {
        let mut asked = self.yields.written.clone();
        asked.merge(&self.yields.generated);
        let unmet =
            |requirement: &Requirement| requirement.unmet(&self.absent, &asked, &self.exercised);
        self.unmet = requirements.iter().filter_map(unmet).collect();
    }

    /// Adds what a recording of the corpus exercised.
    pub fn add_recording(&mut self, verdict: &Verdict) {
        self.recordings += 1;
        self.exercised.merge(&verdict.exercised);
    }

    /// Puts everything in an order that does not depend on which case was done first.
    pub fn finish(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
        self.cases.sort_by(|a, b| a.name.cmp(&b.name));
        for cause in &mut self.causes {
            cause.cases.sort();
            cause.rules[1..].sort();
        }
        self.causes.sort_by(|a, b| {
            (a.finding.severity, a.finding.rule, &a.case).cmp(&(
                b.finding.severity,
                b.finding.rule,
                &b.case,
            ))
        });
        for known in &mut self.known {
            known.cases.sort();
        }
        let place = |absence: &Absence| {
            OPERATIONS
                .iter()
                .position(|operation| operation == absence.operation)
        };
        self.absent.sort_by_key(place);
        self.contradictions
            .sort_by_key(|contradiction| contradiction.choice);
    }

    /// How many cases had which outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for case in &self.cases {
            *match case.outcome {
                Outcome::Conforms => &mut counts.conforms,
                Outcome::Warns => &mut counts.warns,
                Outcome::InPart => &mut counts.in_part,
                Outcome::Unclear => &mut counts.unclear,
                Outcome::Violates => &mut counts.violates,
            } += 1;
        }
        counts
    }

    /// The run in one word: that of its worst case.
    ///
    /// An operation that the target does not have is no worse than one that keeps the contract: half an implementation is a
    /// legitimate thing to check. One that was required to be there is missing all the same.
    pub fn outcome(&self) -> Outcome {
        if !self.contradictions.is_empty() || !self.unmet.is_empty() {
            return Outcome::Violates;
        }
        let worst = |case: &Line| match case.outcome {
            Outcome::InPart if case.findings.is_empty() => Outcome::Conforms,
            Outcome::InPart => Outcome::Warns,
            other => other,
        };
        let worst = self.cases.iter().map(worst).max();
        let worst = worst.unwrap_or(Outcome::Conforms);
        if self.serves_nothing || self.gone.is_some() {
            worst.max(Outcome::Unclear)
        } else {
            worst
        }
    }

    /// Whether every case could be judged, as far as the target has what it asks for, and none violates the contract; there
    /// may be warnings.
    pub fn conforms(&self) -> bool {
        self.interrupted.is_none() && self.outcome() <= Outcome::Warns
    }

    /// Whether anything deserves a warning.
    pub fn warns(&self) -> bool {
        self.causes
            .iter()
            .any(|cause| cause.finding.severity == Severity::Warns)
    }

    /// How far the rules of the catalogue were exercised.
    pub fn coverage(&self) -> Coverage {
        Coverage::of(&self.exercised)
    }

    /// The capabilities: what was decided, and what could have been.
    pub fn capabilities(&self) -> impl Iterator<Item = (ChoiceId, Options)> {
        ChoiceId::all()
            .filter(|id| id.choice().id.starts_with("cap."))
            .map(|id| (id, self.choices.get(id)))
    }

    fn compare_choices(&mut self, name: &str, choices: &Choices) {
        for id in ChoiceId::all().filter(|id| id.choice().lasting) {
            let left = choices.get(id);
            if left == id.options() || left.is_empty() {
                continue;
            }
            let mut known = self.seen.iter().filter(|(choice, _, _)| *choice == id);
            if known.clone().any(|(_, options, _)| *options == left) {
                continue;
            }
            let opposite = known.find(|(_, options, _)| options.and(left).is_empty());
            match opposite {
                Some(_)
                    if RuleId::find(id.choice().rule)
                        .is_some_and(|rule| self.expects(rule, name)) => {}
                Some((_, options, case)) => {
                    if !self.contradictions.iter().any(|known| known.choice == id) {
                        let (first, second) = ((*options, case.clone()), (left, name.to_owned()));
                        self.contradictions.push(Contradiction {
                            choice: id,
                            first,
                            second,
                        });
                    }
                }
                None => {
                    self.choices.narrow(id, left);
                }
            }
            self.seen.push((id, left, name.to_owned()));
        }
    }
}

impl fmt::Display for Report {
    /// As on a terminal without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&human::render(self, human::Manner::default()))
    }
}

/// The options by name.
fn option_names(choice: ChoiceId, options: Options) -> Vec<&'static str> {
    let all = choice.choice().options;
    options
        .iter()
        .filter_map(|at| all.get(usize::from(at)))
        .copied()
        .collect()
}

/// The options for people: `reject`, or `reject or accept`.
fn options_text(choice: ChoiceId, options: Options) -> String {
    option_names(choice, options).join(" or ")
}

#[cfg(test)]
mod tests;
