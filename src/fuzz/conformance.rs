//! A case against a target, judged.

use std::fmt;
use std::io;
use std::panic;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::deepest::Deepest;
use super::night::{Night, say};
use super::novelty::Novelty;
use super::{decisions, mutate, read, write};
use crate::case::transcript;
use crate::case::{Case, corpus, text};
use crate::check::{ArnForm, Arns, FIRST_ROUNDS, LAG_PROBE, MORE_ROUNDS, Session, Task, Watched};
use crate::contract::Choices;
use crate::generate;
use crate::judge::Finding;
use crate::replay::{BadEndpoint, Endpoint, EndpointSettings, Run, Settings, Target, in_process};
use crate::report::human::{self, plural};
use crate::report::{self, Report, akin, still_shows};
use crate::shrink::Shrinker;

/// The environment variable with the address of the endpoint under test.
pub const ENDPOINT: &str = "PROFILE_CONTRACT_ENDPOINT";

/// The environment variable with the folder that findings are written to. Without it the first finding is a crash.
pub const FINDINGS: &str = "PROFILE_CONTRACT_FINDINGS";

/// How long an effect of an endpoint may take to show.
const SETTLE: Duration = Duration::from_secs(2);

/// How many requests are spent on making one finding smaller: a night has plenty, and a cause is made smaller once.
const SHRINKING: usize = 2000;

/// How often a finding is looked for again before it counts as one that shows now and then.
const AGAIN: usize = 4;

/// Holds cases against a target, as many as a fuzzer can think of.
///
/// A finding ends the process, as fuzzers want it, with the report and the smallest case that shows it as its last words.
/// With a folder for findings (the environment variable [`FINDINGS`]) each distinct cause is written there instead, one
/// transcript a file, and the night goes on; what the folder holds already is known.
pub struct Conformance<T> {
    sessions: Sessions<T>,
    arn: ArnForm,
    runtime: Runtime,
    night: Mutex<Night>,
    deepest: Mutex<Deepest>,
}

/// Where a case is held.
enum Sessions<T> {
    /// Against a target of its own.
    Fresh(Box<dyn Fn() -> T + Send + Sync>),
    /// Against the one there is.
    One(Arc<Session<T>>),
}

impl<T: Target + 'static> Conformance<T> {
    /// Cases against targets in this process, a new one for each, so that a case shows the same whatever ran before it.
    ///
    /// # Panics
    ///
    /// If the folder for findings cannot be used.
    pub fn in_process(target: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self::new(|runtime| {
            let deadline = Settings::default().deadline;
            let (arns, scratch, run) = (Arns::default(), target(), Run::named("fuzz"));
            let arn = runtime.block_on(arns.find(&scratch, &run, deadline));
            (Sessions::Fresh(Box::new(target)), arn)
        })
    }

    /// Cases against one target, in domains of their own: for what is slow to set up, or keeps its state elsewhere.
    ///
    /// An effect that is not there at once is waited for, two seconds at most. A target that is started anew meanwhile, and has
    /// forgotten what it was told, is not accused of that: one domain stays, to tell by. Whoever ends a night deletes it with
    /// `profile-contract clean`, as those of the case that was under way.
    ///
    /// # Panics
    ///
    /// As [`Self::in_process`].
    pub fn with_one(target: T) -> Self {
        Self::new(|runtime| {
            let settings = Settings::default();
            let arns = Arns::default();
            let arn = runtime.block_on(arns.find(&target, &settings.run, settings.deadline));
            let session = Arc::new(session(target, settings, &arn, SETTLE));
            let entries = corpus::built_in().into_iter().flatten();
            if let Some(entry) = entries.into_iter().find(|entry| entry.name == LAG_PROBE) {
                let probe = Task {
                    reported: false,
                    generated: false,
                    ..task(entry.content.case().clone())
                };
                runtime.block_on(session.measure_lag(&probe, FIRST_ROUNDS + MORE_ROUNDS));
            }
            runtime.block_on(session.post_sentinel());
            (Sessions::One(session), arn)
        })
    }

    fn new(sessions: impl FnOnce(&Runtime) -> (Sessions<T>, ArnForm)) -> Self {
        spare_answers();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (sessions, arn) = sessions(&runtime);
        let folder = std::env::var_os(FINDINGS).map(PathBuf::from);
        let night = Night::new(folder.clone()).unwrap_or_else(|error| {
            let shown = folder.unwrap_or_default();
            panic!("{FINDINGS}={}: {error}", shown.display())
        });
        let new = Self {
            sessions,
            arn,
            runtime,
            night: Mutex::new(night),
            deepest: Mutex::default(),
        };
        new.night().refresh(&|case| new.first_violation(case));
        new
    }

    /// Writes findings to that folder, whatever the environment says.
    ///
    /// # Errors
    ///
    /// If the folder cannot be used.
    pub fn into_folder(mut self, folder: impl Into<PathBuf>) -> io::Result<Self> {
        self.night = Mutex::new(Night::new(Some(folder.into()))?);
        self.night().refresh(&|case| self.first_violation(case));
        Ok(self)
    }

    /// What was held and found so far, in the line that goes to stderr every minute.
    pub fn summary(&self) -> String {
        self.night().summary()
    }

    /// Holds the case in these bytes, and returns whether it is worth keeping: whether it is a case at all.
    ///
    /// # Panics
    ///
    /// If the target violates the contract, unless there is a folder for findings.
    pub fn run(&self, data: &[u8]) -> bool {
        self.run_with(data, None)
    }

    /// The same, telling `note` of all that may be new about the answers: for targets whose coverage nobody sees.
    ///
    /// # Panics
    ///
    /// As [`Self::run`].
    pub fn run_noting(&self, data: &[u8], note: &mut dyn FnMut(u32)) -> bool {
        self.run_with(data, Some(note))
    }

    fn run_with(&self, data: &[u8], note: Option<&mut dyn FnMut(u32)>) -> bool {
        let Some(case) = read(data) else {
            return false;
        };
        let task = task(case);
        let watched = self.replay(&task);
        let novelty = Novelty::of(&watched, note.is_some());
        if let Some(note) = note {
            novelty.features.iter().for_each(|feature| note(*feature));
        }
        // What goes on from a case that shows a finding shows it again, and nothing behind it.
        if watched.verdict.violation().is_none() {
            self.deepest().offer(data, &novelty.depths);
        }
        self.examine(&task, watched);
        true
    }

    /// Changes a case as [`fuzz::mutate`](super::mutate) does, half the time one of those that led deepest in the place of the one given.
    ///
    /// For each thing that is counted (how often a profile was updated, how many objects it has, on how many pages something is listed, and
    /// so on) the shortest of the cases with the highest count so far is such a one.
    pub fn mutate(&self, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
        let [deep, number, ..] = decisions(!seed);
        let begins_deep = deep.is_multiple_of(2);
        let deepest = || self.deepest().pick(number.into()).and_then(read);
        if let Some(case) = begins_deep.then(deepest).flatten() {
            let changed = generate::edited(case, &decisions(seed));
            let max_size = max_size.min(data.len());
            return write(changed, &mut data[..max_size]).unwrap_or(size);
        }
        mutate(data, size, max_size, seed)
    }

    /// Holds a case.
    ///
    /// # Panics
    ///
    /// As [`Self::run`].
    pub(super) fn hold(&self, case: Case) {
        let task = task(case);
        self.examine(&task, self.replay(&task));
    }

    /// Counts what was seen, and looks closer at a finding.
    fn examine(&self, task: &Task, mut watched: Watched) {
        let mut night = self.night();
        night.count(&watched.transcript, &watched.verdict.exercised);
        let Some(found) = watched.verdict.violation().cloned() else {
            return;
        };
        if night.knows(&found) {
            return;
        }
        // Another process may have been here.
        night.refresh(&|case| self.first_violation(case));
        if night.knows(&found) {
            return;
        }
        drop(night);
        let shows_again = || {
            let again = self.replay(task);
            let again = again.verdict.violation();
            again.is_some_and(|again| akin(again, &found))
        };
        let tried = (1..=AGAIN).find(|_| shows_again());
        if tried == Some(1) {
            self.shrink(task, &found, &mut watched);
        }
        self.tell(&found, watched, tried);
    }

    fn session(&self) -> Arc<Session<T>> {
        let target = match &self.sessions {
            Sessions::One(session) => return Arc::clone(session),
            Sessions::Fresh(target) => target(),
        };
        // The same names each time: a case says the same whenever it is held. Nobody uses the target after it.
        let settings = Settings {
            tidy: false,
            ..Settings::of(Run::named("fuzz"))
        };
        Arc::new(session(target, settings, &self.arn, Duration::ZERO))
    }

    fn first_violation(&self, case: Case) -> Option<Finding> {
        self.replay(&task(case)).verdict.violation().cloned()
    }

    /// Holds a case against the target as it is for each case.
    fn replay(&self, task: &Task) -> Watched {
        let session = self.session();
        self.runtime
            .block_on(session.replay_undisturbed(task, &Choices::open()))
    }

    /// Looks for the smallest case that shows a violation, and puts what it showed in the place of what was watched.
    fn shrink(&self, task: &Task, found: &Finding, watched: &mut Watched) {
        let mut shrinker = Shrinker::new(task.case.clone(), found.step).thoroughly();
        shrinker.hear(&watched.transcript);
        let mut spent = 0;
        while spent < SHRINKING
            && let Some(case) = shrinker.next()
        {
            let smaller = Task {
                case,
                ..task.clone()
            };
            let again = self.replay(&smaller);
            spent += again.verdict.requests;
            match again.verdict.violation() {
                Some(still) if still_shows(still, found) => {
                    if shrinker.keep(still.step) {
                        *watched = again;
                        shrinker.hear(&watched.transcript);
                    }
                }
                _ => shrinker.reject(again.transcript.answers.len()),
            }
        }
    }

    /// Writes a finding down, or ends the process with it.
    ///
    /// `found` is what it looked like at first, `tried` how many replays it took to see it again.
    fn tell(&self, found: &Finding, watched: Watched, tried: Option<usize>) {
        let Watched {
            transcript: mut told,
            verdict,
            ..
        } = watched;
        let Some(smallest) = verdict.violation() else {
            return;
        };
        told.case.steps.truncate(smallest.step + 1);
        told.answers.truncate(smallest.step + 1);
        let sentence = smallest.rule.rule().sentence;
        told.case.about = vec![format!("{}: {sentence}", smallest.rule)];
        told.case.from = Some("a fuzzer".to_owned());
        let seen = match tried {
            Some(1) => String::new(),
            Some(times) => format!("seen      twice in {}\n", plural(times + 1, "replay")),
            None => format!("seen      once in {}\n", plural(AGAIN + 1, "replay")),
        };
        let describe = |again: &str| {
            let manner = human::Manner::default();
            let block = human::finding(smallest, "input", again, Duration::ZERO, manner);
            format!("{block}{seen}")
        };
        let mut night = self.night();
        if !night.goes_on() {
            drop(night);
            let shown = match tried {
                Some(1) => text::print(&told.case),
                // Nobody can be sure to see it again: the answers are all there is.
                _ => transcript::print(&told),
            };
            panic!(
                "the target violates the contract\n{}\n{shown}",
                describe("")
            );
        }
        let written = night.write(smallest, &told, &|case| self.first_violation(case));
        // Told now or by another process: what it looks like before it is made smaller is of no interest any more either.
        night.learn(found.clone());
        match written {
            Ok(Some(path)) => {
                let shown = path.display();
                say(&describe(&format!("profile-contract replay {shown}")));
            }
            Ok(None) => {}
            Err(error) => panic!(
                "{FINDINGS}: {error}\n{}\n{}",
                describe(""),
                transcript::print(&told)
            ),
        }
    }

    fn night(&self) -> MutexGuard<'_, Night> {
        self.night.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deepest(&self) -> MutexGuard<'_, Deepest> {
        self.deepest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conformance<Endpoint> {
    /// Cases against the endpoint at an address.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub fn of_endpoint(address: &str) -> Result<Self, BadEndpoint> {
        Endpoint::new(address, EndpointSettings::default()).map(Self::with_one)
    }
}

impl<T> fmt::Debug for Conformance<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("night", &self.night)
            .finish_non_exhaustive()
    }
}

/// Lets a service panic. Fuzzers end the process at every panic, but what a service does is an answer, to be judged and made
/// smaller as any other.
fn spare_answers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !in_process::is_answer() {
                before(info);
            }
        }));
    });
}

/// An input as `check` knows cases, without its pauses: a fuzzer has better things to do.
fn task(mut case: Case) -> Task {
    for step in &mut case.steps {
        step.manner.pause_ms = 0;
    }
    Task {
        name: "input".to_owned(),
        case,
        again: String::new(),
        reported: true,
        generated: true,
    }
}

fn session<T: Target + 'static>(
    target: T,
    settings: Settings,
    arn: &ArnForm,
    settle: Duration,
) -> Session<T> {
    // Sessions collect reports of what they run as a whole; here every case is looked at by itself.
    let run = report::Run {
        target: target.describe(),
        id: settings.run.id().to_owned(),
        limit: settings.deadline,
    };
    Session::new(target, settings, arn, Report::new(run), settle)
}
