//! The main job: hold a target against the contract.
//!
//! A [`Check`] finds out which of the behaviours the contract leaves open a [target](Target) has, replays the corpus and
//! generated cases against it, many at a time, judges every answer, and looks for the smallest case that shows each
//! violation. `profile-contract check` is this with options and a progress bar; in a test of one's own it is a few lines:
//!
//! ```
//! use profile_contract::check::{Amount, Check, Options};
//! use profile_contract::model::Model;
//! use profile_contract::replay::Local;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let target = Local::new(Model::reference());
//! let options = Options { only: vec!["tag".to_owned()], amount: Amount::Number(10), ..Options::default() };
//! let checked = Check::new(target, options)?.run().await?;
//! assert!(checked.report.conforms(), "{}", checked.report);
//! # Ok::<(), profile_contract::check::CheckError>(())
//! # }).unwrap();
//! ```

mod arn;
mod forecast;
pub mod journal;
mod narrow;
mod plan;
mod record;
mod session;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use self::arn::ArnForm;
pub use self::arn::{Arns, COMMON_ACCOUNTS};
pub use self::forecast::{Forecast, forecast};
use self::journal::{Journal, JournalError, Past};
pub(crate) use self::plan::{LAG_PROBE, Task, is_probe};
use self::plan::{Plan, names_somebodys};
pub use self::session::SHRINKING;
pub(crate) use self::session::{FIRST_ROUNDS, MORE_ROUNDS, Session, Smaller, Watched};
use self::session::{Found, Listener, Progress};
pub use self::session::{Kept, News};
use crate::case::Problem;
use crate::case::corpus::{self, Entry};
use crate::case::transcript::Transcript;
use crate::generate;
use crate::judge::known::Deviations;
use crate::judge::{Fate, judge};
use crate::replay::{self, Leftover, Settings, Target};
use crate::report::human::plural;
use crate::report::{Gone, Report, Requirement, Run};

/// How many cases are generated unless the user says otherwise: with the corpus a matter of seconds on a loopback address.
pub const USUAL_NUMBER: u64 = 2000;

/// How long they may take then: on a slow target fewer are better than a long wait. Half of it, where effects show late.
pub const USUAL_TIME: Duration = Duration::from_secs(20);

/// How a target is checked.
pub struct Options {
    /// How long to wait for each complete answer.
    pub deadline: Duration,
    /// How long an effect may take to show before its absence counts.
    pub settle: Duration,
    /// How many cases run at a time.
    pub jobs: usize,
    /// Patterns of the names or rules of the cases to run; none for all.
    pub only: Vec<String>,
    /// A folder with the cases to run instead of the built-in ones.
    pub corpus: Option<PathBuf>,
    /// What generated cases follow from.
    pub seed: u64,
    /// How many cases are generated.
    pub amount: Amount,
    /// How many requests may be spent on making one finding smaller; with none, cases are reported as they are.
    pub shrinking: usize,
    /// How the ARNs of the target begin.
    pub arns: Arns,
    /// Differences that are known, and no findings any more.
    pub known: Deviations,
    /// Patterns of operations and rules that have to be judged, whatever else the target does not have.
    pub require: Vec<String>,
    /// Whether nothing is sent that may change a domain of somebody else; cases that name what may be somebody's are left out.
    pub fenced: bool,
    /// The command that runs the case of that name or file again.
    pub again: Box<dyn Fn(&str) -> String + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            deadline: Duration::from_secs(10),
            settle: Duration::from_secs(2),
            jobs: 2 * processors,
            only: Vec::new(),
            corpus: None,
            seed: 1,
            amount: Amount::Usual,
            shrinking: SHRINKING,
            arns: Arns::default(),
            known: Deviations::default(),
            require: Vec::new(),
            fenced: false,
            again: Box::new(|case| format!("profile-contract replay {case}")),
        }
    }
}

/// How many cases are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// [`USUAL_NUMBER`] of them, or as many as [`USUAL_TIME`] is enough for; none where only some cases are wanted.
    Usual,
    /// So many.
    Number(u64),
    /// As many as this time is enough for.
    Lasting(Duration),
}

/// A target about to be checked.
pub struct Check<T> {
    target: T,
    name: String,
    options: Options,
    plan: Plan,
    requirements: Vec<Requirement>,
    run: replay::Run,
    progress: Progress,
    listener: Option<Listener>,
    found: Found,
    journal: Option<Arc<Journal>>,
    past: Past,
    stopping: Arc<AtomicBool>,
}

/// What a check showed.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The verdicts.
    pub report: Report,
    /// What shows each distinct cause.
    pub kept: Vec<Kept>,
    /// What went wrong outside the cases, for people: domains that could not be deleted, a journal that is not complete.
    pub notes: Vec<String>,
}

/// Why a target could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A case cannot be read.
    #[error(transparent)]
    Case(#[from] Problem),
    /// A pattern selects no case.
    #[error("{0}")]
    NothingSelected(String),
    /// A requirement means nothing.
    #[error("{0}")]
    NothingRequired(String),
    /// The journal of a run cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The answers in a recording are none that the contract allows.
    #[error("the recording {name} does not conform to the contract any more: {why}")]
    Recording {
        /// The name of the recording.
        name: String,
        /// The rule and the step.
        why: String,
    },
}

/// Ends a check early: no further case is started.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// Starts no further case.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<T: Target + 'static> Check<T> {
    /// A check of that target.
    ///
    /// # Errors
    ///
    /// If the cases cannot be read, or a pattern selects none of them.
    pub fn new(target: T, options: Options) -> Result<Self, CheckError> {
        let entries = match &options.corpus {
            Some(folder) => corpus::load(folder)?,
            None => corpus::built_in()?,
        };
        // A case of the built-in corpus is found by its name wherever one is.
        let again = |entry: &Entry| match options.corpus {
            Some(_) => (options.again)(&entry.path.display().to_string()),
            None => (options.again)(&entry.name),
        };
        let plan = Plan::of(entries, &options.only, options.fenced, &again)
            .map_err(CheckError::NothingSelected)?;
        let requirements = options
            .require
            .iter()
            .map(|pattern| Requirement::new(pattern))
            .collect::<Result<_, _>>()
            .map_err(CheckError::NothingRequired)?;
        Ok(Self {
            name: target.describe(),
            target,
            options,
            plan,
            requirements,
            run: replay::Run::new(),
            progress: Arc::new(|| {}),
            listener: None,
            found: Arc::new(|_, _| {}),
            journal: None,
            past: Past::default(),
            stopping: Arc::default(),
        })
    }

    /// Calls the target so in the report.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Tells `progress` whenever a case is done.
    #[must_use]
    pub fn watched(mut self, progress: impl Fn() + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// Lets `listener` hear what every case of the corpus was answered, for as long as it wants to hear the case once more.
    ///
    /// Cases are then heard to their end: an answer that violates the contract does not end them, but silence and
    /// throttling do. Generated cases are not heard.
    #[must_use]
    pub fn heard_by(
        mut self,
        listener: impl Fn(&Transcript) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// The names of all cases of the corpus, whether they are to run or not.
    pub fn written(&self) -> &[String] {
        &self.plan.all
    }

    /// Tells `found` of whatever shows a distinct cause as soon as it does, and whether that is the last word.
    #[must_use]
    pub fn telling(mut self, found: impl Fn(&Kept, News) + Send + Sync + 'static) -> Self {
        self.found = Arc::new(found);
        self
    }

    /// What tells the names of this run from those of others.
    pub fn id(&self) -> &str {
        self.run.id()
    }

    /// Writes down in a journal what is judged as soon as it is.
    #[must_use]
    pub fn journaled(mut self, journal: Journal) -> Self {
        self.journal = Some(Arc::new(journal));
        self
    }

    /// Goes on with what an earlier run judged.
    #[must_use]
    pub fn resuming(mut self, past: Past) -> Self {
        self.past = past;
        self
    }

    /// What ends the check early.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stopping))
    }

    /// How many cases will be run, as far as that is not a matter of time.
    pub fn planned(&self) -> u64 {
        let plan = &self.plan;
        let together = plan.scouts.len() + plan.together.len();
        let written = plan.probes.len() + together + plan.alone.len();
        written as u64 + self.limits().0.unwrap_or(0)
    }

    /// How many cases are generated at most, and how long that may take.
    fn limits(&self) -> (Option<u64>, Option<Duration>) {
        let narrowed = !self.options.only.is_empty() || self.options.corpus.is_some();
        match self.options.amount {
            Amount::Usual if narrowed => (Some(0), None),
            Amount::Usual => (Some(USUAL_NUMBER), Some(USUAL_TIME)),
            Amount::Number(number) => (Some(number), None),
            Amount::Lasting(time) => (None, Some(time)),
        }
    }

    /// Runs all cases.
    ///
    /// Ends early if the target is gone.
    ///
    /// # Errors
    ///
    /// If a recording of the corpus does not conform any more.
    pub async fn run(self) -> Result<Checked, CheckError> {
        let began = Instant::now();
        let (most, time) = self.limits();
        let Self {
            target,
            name,
            options,
            mut plan,
            requirements,
            run,
            progress,
            listener,
            found,
            journal,
            past,
            stopping,
        } = self;
        let announce = journal.clone();
        let settings = Settings {
            deadline: options.deadline,
            run: run.telling(move |domain| {
                if let Some(journal) = &announce {
                    journal.domain(domain);
                }
            }),
            fenced: options.fenced,
            ..Settings::default()
        };
        let arn = options
            .arns
            .find(&target, &settings.run, settings.deadline)
            .await;
        let run = Run {
            target: name,
            id: settings.run.id().to_owned(),
            limit: options.deadline,
        };
        let report = Report::new(run).with_known(&options.known);
        let session = Session::new(target, settings, &arn, report, options.settle)
            .watched(progress, stopping)
            .heard_by(listener)
            .shrinking(options.shrinking)
            .telling(found, journal);
        let done: BTreeSet<String> = past
            .judged
            .iter()
            .map(|record| record.judged.name.clone())
            .collect();
        plan.leave_out(&done);
        session.resume(past);
        let session = Arc::new(session);
        session.post_sentinel().await;

        let lag_probe = plan.probes.iter().find(|task| task.name == LAG_PROBE);
        if let Some(case) = lag_probe {
            session.measure_lag(case, FIRST_ROUNDS).await;
        }
        let mut together = session.scout(plan.scouts, options.jobs).await;
        if let Some(case) = lag_probe {
            session.measure_lag(case, MORE_ROUNDS).await;
        }
        session.probe(plan.probes, options.jobs).await;
        together.append(&mut plan.together);
        session.run_all(together, options.jobs).await;
        session.run_all(plan.alone, 1).await;
        session.conclude_held().await;
        let spent = session.begin_generating();
        // What is late is waited for in every case that is under way at the end as well.
        let waits = options.amount == Amount::Usual && !session.lag().is_none();
        let time = time.map(|time| if waits { time / 2 } else { time });
        let end = time.map(|time| Instant::now() + time.saturating_sub(spent));
        let jobs = options.jobs;
        let left_out = Arc::new(Mutex::new(plan.left_out));
        let leave_out = Arc::clone(&left_out);
        let next = AtomicU64::new(0);
        // Those that are left out take no turn, and so there are other numbers than turns.
        let generated = move |_turn: usize| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let goes_on =
                    most.is_none_or(|most| at < most) && end.is_none_or(|end| Instant::now() < end);
                if !goes_on {
                    return None;
                }
                let name = generate::name(options.seed, at);
                if done.contains(&name) {
                    continue;
                }
                let case = generate::nth(options.seed, at).case;
                if options.fenced && names_somebodys(&case) {
                    let mut names = leave_out.lock().unwrap_or_else(PoisonError::into_inner);
                    names.push(name);
                    continue;
                }
                return Some(Task {
                    case,
                    again: (options.again)(&name),
                    name,
                    reported: true,
                    generated: true,
                });
            }
        };
        session.run_each(Arc::new(generated), jobs).await;

        session.survey_rest().await;
        session.relieve_sentinel().await;

        let mut report = session.collected().report.clone();
        for recording in &plan.recordings {
            let verdict = judge(recording);
            if let Some(finding) = verdict.violation() {
                return Err(CheckError::Recording {
                    name: recording.name.clone(),
                    why: format!("{}, step {}", finding.rule, finding.step + 1),
                });
            }
            report.add_recording(&verdict);
        }
        let outage = &session.settings().outage;
        if outage.is_gone() && !session.is_stopped() {
            let planned = most.map(|most| plan.reported as u64 + most);
            report.gone = Some(Gone {
                why: outage.last_words().unwrap_or_default(),
                left: planned.map(|planned| planned.saturating_sub(report.cases.len() as u64)),
            });
        }
        if session.is_stopped() {
            let done = plural(report.cases.len(), "case");
            report.interrupted = Some(match most {
                None => format!("interrupted after {done}"),
                Some(most) => {
                    let planned = plan.reported as u64 + most;
                    format!("interrupted after {done} of {planned}")
                }
            });
        }
        report.lag = session.lag().longest();
        report.spacing = session.settings().pace.greatest_distance();
        report.serves_nothing = report.requests > 0 && report.gone.is_none() && {
            let yields = &report.yields;
            yields.written.count(Fate::Served) + yields.generated.count(Fate::Served) == 0
        };
        report.left_out =
            std::mem::take(&mut left_out.lock().unwrap_or_else(PoisonError::into_inner));
        let leftovers = std::mem::take(&mut session.collected().leftovers);
        let leftovers = session.clear_up(leftovers).await;
        session.collected().leftovers = leftovers;
        report.require(&requirements);
        report.finish(began.elapsed());
        let over = report.interrupted.is_none() && report.gone.is_none();
        let trouble = session.end_journal(over);
        let mut collected = session.collected();
        let mut notes = left_behind(&collected.leftovers);
        notes.extend(trouble);
        Ok(Checked {
            report,
            kept: std::mem::take(&mut collected.kept),
            notes,
        })
    }
}

/// What domains stayed behind, once for each reason.
pub(crate) fn left_behind(leftovers: &[Leftover]) -> Vec<String> {
    let mut reasons: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for leftover in leftovers {
        let reason = (leftover.absent, leftover.why.as_str());
        reasons.entry(reason).or_default().push(&leftover.domain);
    }
    let told = |((absent, why), mut domains): ((bool, &str), Vec<&str>)| {
        domains.sort_unstable();
        domains.dedup();
        let count = domains.len();
        let shown = domains.iter().take(NAMED).map(|name| format!("`{name}`"));
        let mut names = shown.collect::<Vec<_>>().join(", ");
        if count > NAMED {
            names.push_str(", …");
        }
        let why = match absent {
            true => format!("the target does not have DeleteDomain ({why})"),
            false => format!("deleting gave {why}"),
        };
        let what_helps = match absent {
            true => "",
            false => "; `profile-contract clean` deletes what runs left behind",
        };
        format!(
            "{} may be left behind, because {why}: {names}{what_helps}",
            plural(count, "domain")
        )
    };
    reasons.into_iter().map(told).collect()
}

/// How many of the domains left behind are named.
const NAMED: usize = 5;
