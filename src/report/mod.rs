//! Reports: what all conversations of a run showed together.
//!
//! A [`Report`] collects verdicts. It keeps the first finding of every distinct [`Cause`] in full and counts the others,
//! because one defect shows in many cases, and it compares what the cases say about the same [choice](ChoiceId). The
//! renderers take nothing but a `&Report`: [`human`] for terminals, [`json`] for programs, [`junit`] for build servers.

mod cause;
mod coverage;
pub mod human;
pub mod json;
pub mod junit;

use std::fmt;
use std::time::Duration;

use crate::contract::{ChoiceId, Choices, Options};
use crate::judge::{Exercised, Finding, Outcome, Severity, Unclear, Verdict};

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
}

/// How often a violation was seen in how many replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Replays that showed it.
    pub times: u32,
    /// Replays altogether.
    pub replays: u32,
    /// What it took to make the case smaller, where that was tried.
    pub shrunk: Option<Shrunk>,
}

/// What it took to make a case smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// How many requests were sent.
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
    /// How many answers took longer than the limit.
    pub slow: usize,
    /// The longest time between a write and the read that showed it; zero if every effect showed at once.
    pub lag: Duration,
    /// How long the run took.
    pub elapsed: Duration,
    /// Why the run ended before all selected cases were judged.
    pub interrupted: Option<String>,
    /// For every lasting choice, the distinct sets of options cases left, each with the first such case.
    seen: Vec<(ChoiceId, Options, String)>,
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
            slow: 0,
            lag: Duration::ZERO,
            elapsed: Duration::ZERO,
            interrupted: None,
            seen: Vec::new(),
        }
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
            verdict,
            took,
            seen,
        } = judged;
        let outcome = verdict.outcome();
        self.exercised.merge(&verdict.exercised);
        self.requests += verdict.requests;
        self.slow += verdict.slow;
        if outcome != Outcome::Violates {
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
            unsent,
            requests,
            ..
        } = verdict;
        self.cases.push(Line {
            name,
            again,
            outcome,
            findings,
            unclear,
            unsent,
            requests,
            took,
        });
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
                Outcome::Unclear => &mut counts.unclear,
                Outcome::Violates => &mut counts.violates,
            } += 1;
        }
        counts
    }

    /// The run in one word: that of its worst case.
    pub fn outcome(&self) -> Outcome {
        let worst = self
            .cases
            .iter()
            .map(|case| case.outcome)
            .max()
            .unwrap_or(Outcome::Conforms);
        if self.contradictions.is_empty() {
            worst
        } else {
            Outcome::Violates
        }
    }

    /// Whether every case could be judged and none violates the contract; there may be warnings.
    pub fn conforms(&self) -> bool {
        self.interrupted.is_none() && self.outcome() <= Outcome::Warns
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
