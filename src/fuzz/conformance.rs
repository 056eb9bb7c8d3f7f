//! A case against a target, judged.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::novelty::features;
use super::read;
use crate::case::transcript::{self, Transcript};
use crate::case::{Case, corpus, text};
use crate::check::{ArnForm, Arns, LAG_PROBE, SHRINKING, Session, Task};
use crate::contract::Choices;
use crate::judge::{Exercised, Finding};
use crate::replay::{BadEndpoint, Endpoint, EndpointSettings, Run, Settings, Target};
use crate::report::human::{self, plural};
use crate::report::{self, Coverage, Report, akin};
use crate::wire::Answer;

/// The environment variable with the address of the endpoint under test.
pub const ENDPOINT: &str = "PROFILE_CONTRACT_ENDPOINT";

/// The environment variable with the folder that findings are written to. Without it the first finding is a crash.
pub const FINDINGS: &str = "PROFILE_CONTRACT_FINDINGS";

/// How often a night is summed up on stderr.
const SUMMARY: Duration = Duration::from_secs(60);

/// How long an effect of an endpoint may take to show.
const SETTLE: Duration = Duration::from_secs(2);

/// Holds cases against a target, as many as a fuzzer can think of.
///
/// A finding ends the process, as fuzzers want it, with the report and the smallest case that shows it as its last words.
/// With a folder for findings (the environment variable [`FINDINGS`]) each distinct cause is written there instead, one
/// transcript a file, and the night goes on; what the folder holds already is known.
pub struct Conformance<T> {
    sessions: Sessions<T>,
    arn: ArnForm,
    runtime: Runtime,
    findings: Option<PathBuf>,
    night: Mutex<Night>,
}

/// Where a case is held.
enum Sessions<T> {
    /// Against a target of its own.
    Fresh(Box<dyn Fn() -> T + Send + Sync>),
    /// Against the one there is.
    One(Arc<Session<T>>),
}

/// What a night has shown so far.
struct Night {
    began: Instant,
    summed_up: Instant,
    cases: u64,
    requests: u64,
    served: u64,
    exercised: Exercised,
    known: Vec<Finding>,
    /// Rules of the findings that this process wrote down.
    written: usize,
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

    fn new(sessions: impl FnOnce(&Runtime) -> (Sessions<T>, ArnForm)) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (sessions, arn) = sessions(&runtime);
        let now = Instant::now();
        let new = Self {
            sessions,
            arn,
            runtime,
            findings: std::env::var_os(FINDINGS).map(PathBuf::from),
            night: Mutex::new(Night {
                began: now,
                summed_up: now,
                cases: 0,
                requests: 0,
                served: 0,
                exercised: Exercised::default(),
                known: Vec::new(),
                written: 0,
            }),
        };
        if let Some(folder) = &new.findings {
            new.recall(folder)
                .unwrap_or_else(|problem| panic!("{FINDINGS}={}: {problem}", folder.display()));
        }
        new
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
        self.hold(case, note);
        true
    }

    /// Holds a case.
    ///
    /// # Panics
    ///
    /// As [`Self::run`].
    pub(super) fn hold(&self, mut case: Case, note: Option<&mut dyn FnMut(u32)>) {
        for step in &mut case.steps {
            step.manner.pause_ms = 0;
        }
        let task = Task {
            name: "input".to_owned(),
            case,
            again: String::new(),
            reported: true,
            generated: true,
        };
        let session = self.session();
        let known = Choices::open();
        let mut watched = self.runtime.block_on(session.replay(&task, &known));
        if let Some(note) = note {
            features(&watched.transcript, &watched.verdict)
                .into_iter()
                .for_each(note);
        }
        self.count(&watched.transcript, &watched.verdict.exercised);
        let Some(found) = watched.verdict.violation().cloned() else {
            return;
        };
        if self.night().known.iter().any(|known| akin(known, &found)) {
            return;
        }
        // What does not show again depends on time; there is nothing to keep then that anybody could replay.
        let again = self.runtime.block_on(session.replay(&task, &known));
        if !again
            .verdict
            .violation()
            .is_some_and(|again| akin(again, &found))
        {
            return;
        }
        self.runtime
            .block_on(session.shrink(&task, &found, &known, &mut watched, SHRINKING));
        if let Some(smallest) = watched.verdict.violation() {
            self.tell(smallest, &watched.transcript);
        }
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

    /// Learns what the folder for findings holds, by holding it again.
    fn recall(&self, folder: &Path) -> Result<(), String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let entries = corpus::load(folder).map_err(|problem| problem.to_string())?;
        for entry in entries {
            let task = Task {
                name: entry.name.clone(),
                case: entry.content.case().clone(),
                again: String::new(),
                reported: true,
                generated: true,
            };
            let held = self.session();
            let watched = self.runtime.block_on(held.replay(&task, &Choices::open()));
            self.night()
                .known
                .extend(watched.verdict.violation().cloned());
        }
        Ok(())
    }

    /// Writes a finding down, or ends the process with it.
    fn tell(&self, found: &Finding, told: &Transcript) {
        let block = human::finding(found, "input", "", Duration::ZERO, human::Manner::default());
        let Some(folder) = &self.findings else {
            panic!(
                "the target violates the contract\n{block}\n{}",
                text::print(&told.case)
            );
        };
        let name = format!(
            "{}--{:08x}.case",
            found.rule,
            figure(&text::print(&told.case))
        );
        let path = folder.join(name);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(transcript::print(told).as_bytes()));
        match written {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                panic!(
                    "{}: {error}\n{block}\n{}",
                    path.display(),
                    text::print(&told.case)
                );
            }
            _ => say(&format!("{}\n{block}", path.display())),
        }
        let mut night = self.night();
        night.known.push(found.clone());
        night.written += 1;
    }

    fn count(&self, told: &Transcript, exercised: &Exercised) {
        let mut night = self.night();
        night.cases += 1;
        night.exercised.merge(exercised);
        for exchange in told.answers.iter().flatten() {
            night.requests += 1;
            night.served += u64::from(matches!(
                &exchange.answer,
                Answer::Response(response) if response.status < 300
            ));
        }
        if night.summed_up.elapsed() >= SUMMARY {
            night.summed_up = Instant::now();
            say(&night.summary());
        }
    }

    fn night(&self) -> MutexGuard<'_, Night> {
        self.night.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conformance<Endpoint> {
    /// Cases against the endpoint at an address.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub fn of_endpoint(address: &str) -> Result<Self, BadEndpoint> {
        let endpoint = Endpoint::new(address, EndpointSettings::default())?;
        Ok(Self::new(|runtime| {
            let settings = Settings::default();
            let arns = Arns::default();
            let arn = runtime.block_on(arns.find(&endpoint, &settings.run, settings.deadline));
            let session = Arc::new(session(endpoint, settings, &arn, SETTLE));
            let probe = corpus::built_in()
                .into_iter()
                .flatten()
                .find(|entry| entry.name == LAG_PROBE);
            if let Some(entry) = probe {
                let task = Task {
                    name: entry.name.clone(),
                    case: entry.content.case().clone(),
                    again: String::new(),
                    reported: false,
                    generated: false,
                };
                runtime.block_on(session.measure_lag(&task));
            }
            (Sessions::One(session), arn)
        }))
    }
}

impl<T> fmt::Debug for Conformance<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Night {
    /// The night so far in a line.
    fn summary(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let coverage = Coverage::of(&self.exercised);
        format!(
            "profile-contract: {}, {:.0}/s; {}, {}% served; {} of {} exercised; {}",
            plural(self.cases, "case"),
            self.cases as f64 / seconds,
            plural(self.requests, "request"),
            100 * self.served / self.requests.max(1),
            coverage.exercised(),
            plural(coverage.of, "rule"),
            plural(self.written, "new finding"),
        )
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

/// Tells whoever watches the fuzzer.
fn say(text: &str) {
    // There is nowhere left to say that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn figure(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as u32
}
