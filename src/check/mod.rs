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
mod plan;
mod session;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(crate) use self::arn::ArnForm;
pub use self::arn::{Arns, COMMON_ACCOUNTS};
use self::plan::Plan;
pub(crate) use self::plan::{LAG_PROBE, Task, is_probe};
pub use self::session::Kept;
pub use self::session::SHRINKING;
pub(crate) use self::session::Session;
use self::session::{Listener, Progress};
use crate::case::Problem;
use crate::case::corpus::{self, Entry};
use crate::case::transcript::Transcript;
use crate::generate;
use crate::judge::judge;
use crate::replay::{Settings, Target};
use crate::report::human::plural;
use crate::report::{Report, Run};

/// How many cases are generated unless the user says otherwise: with the corpus a matter of seconds on a loopback address.
pub const USUAL_NUMBER: u64 = 2000;

/// How long they may take then: on a slow target fewer are better than a long wait.
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
    /// How the ARNs of the target begin.
    pub arns: Arns,
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
            arns: Arns::default(),
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
    progress: Progress,
    listener: Option<Listener>,
    stopping: Arc<AtomicBool>,
}

/// What a check showed.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The verdicts.
    pub report: Report,
    /// What shows each distinct cause.
    pub kept: Vec<Kept>,
    /// What went wrong outside the cases, for people: domains that could not be deleted.
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
        let plan = Plan::of(entries, &options.only, &again).map_err(CheckError::NothingSelected)?;
        Ok(Self {
            name: target.describe(),
            target,
            options,
            plan,
            progress: Arc::new(|| {}),
            listener: None,
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

    /// What ends the check early.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stopping))
    }

    /// How many cases will be run, as far as that is not a matter of time.
    pub fn planned(&self) -> u64 {
        let plan = &self.plan;
        let written = plan.probes.len() + plan.together.len() + plan.alone.len();
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
            plan,
            progress,
            listener,
            stopping,
        } = self;
        let settings = Settings {
            deadline: options.deadline,
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
        let session = Session::new(target, settings, &arn, Report::new(run), options.settle)
            .watched(progress, stopping)
            .heard_by(listener);
        let session = Arc::new(session);

        if let Some(case) = plan.probes.iter().find(|task| task.name == LAG_PROBE) {
            session.measure_lag(case).await;
        }
        session.probe(plan.probes, options.jobs).await;
        session.run_all(plan.together, options.jobs).await;
        session.run_all(plan.alone, 1).await;
        let end = time.map(|time| Instant::now() + time);
        let jobs = options.jobs;
        let generated = move |at: usize| {
            let at = at as u64;
            let goes_on =
                most.is_none_or(|most| at < most) && end.is_none_or(|end| Instant::now() < end);
            goes_on.then(|| {
                let name = generate::name(options.seed, at);
                Task {
                    case: generate::nth(options.seed, at).case,
                    again: (options.again)(&name),
                    name,
                    reported: true,
                    generated: true,
                }
            })
        };
        session.run_each(Arc::new(generated), jobs).await;

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
        if session.is_stopping() {
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
        report.finish(began.elapsed());
        let mut collected = session.collected();
        Ok(Checked {
            report,
            kept: std::mem::take(&mut collected.kept),
            notes: std::mem::take(&mut collected.notes),
        })
    }
}
