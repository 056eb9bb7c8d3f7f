//! `check`: hold a target against the contract.

use std::collections::BTreeSet;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use crate::case::corpus::{self, Content, Entry};
use crate::case::select::{Glob, nearest};
use crate::case::transcript::Transcript;
use crate::contract::RuleId;
use crate::generate;
use crate::judge::judge;
use crate::model::Model;
use crate::replay::Settings;
use crate::report::human::{self, Detail, plural};
use crate::report::{Report, Run};
use crate::serve::{Limits, Server};

use super::output::{self, ReportFile};
use super::session::{Session, Task};
use super::target::{Destination, TargetOptions, duration, quoted};
use super::{Exit, Trouble};

/// How many cases are generated unless the user says otherwise: with the corpus a matter of seconds on a loopback address.
const CASES: u64 = 500;

/// Check an implementation against the contract
///
/// Finds out which of the behaviours the contract leaves open the target has, replays the corpus and generated cases against
/// it, and judges every answer. Of whatever breaks a rule, the smallest case that shows it is looked for. Without --endpoint, the built-in reference is served on a free port of this machine and checked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    #[command(flatten)]
    target: TargetOptions,

    /// Run only cases whose name, or one of whose rules, matches; may be repeated.
    ///
    /// `*` stands for anything within a part of a name, `**` for anything at all; a folder stands for all its cases.
    #[arg(long, value_name = "GLOB", help_heading = "Cases")]
    only: Vec<String>,

    /// Take the cases of this folder instead of the built-in corpus.
    #[arg(long, value_name = "DIR", help_heading = "Cases")]
    corpus: Option<PathBuf>,

    /// How many cases to generate after the corpus; 0 with --only, --corpus or --duration unless given [default: 500].
    #[arg(long, value_name = "N", help_heading = "Cases")]
    cases: Option<u64>,

    /// Generate cases for this long instead of a number of them, for example 60s.
    #[arg(long, value_name = "TIME", help_heading = "Cases", value_parser = duration, conflicts_with = "cases")]
    duration: Option<Duration>,

    /// What generated cases follow from: the same seed and number give the same cases.
    #[arg(long, value_name = "N", help_heading = "Cases", default_value_t = 1)]
    seed: u64,

    /// How many cases to run at a time [default: twice the number of processors].
    #[arg(long, value_name = "N", help_heading = "Cases", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,

    /// Also write the report as json=FILE or junit=FILE; may be repeated.
    #[arg(long, value_name = "KIND=FILE", help_heading = "Results")]
    report: Vec<ReportFile>,

    /// Write one recording for each distinct finding to this folder.
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    findings: Option<PathBuf>,

    /// Let warnings count as violations in the exit status.
    #[arg(long, help_heading = "Results")]
    strict: bool,

    /// Print nothing unless there is something to say: no progress, no summary of a run that conforms.
    #[arg(short, long, help_heading = "Results", conflicts_with = "verbose")]
    quiet: bool,

    /// Name what is only counted otherwise: all cases with a finding, rules not exercised, cases that ended early.
    #[arg(short, long, help_heading = "Results")]
    verbose: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        for file in &self.report {
            file.prepare()?;
        }
        if let Some(folder) = &self.findings {
            output::prepare_folder(folder)?;
        }
        let entries = match &self.corpus {
            Some(folder) => corpus::load(folder)?,
            None => corpus::built_in()?,
        };
        let plan = Plan::of(entries, &self)?;
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let (report, kept) = runtime.block_on(self.hold(plan))?;

        for file in &self.report {
            file.write(&report)?;
        }
        if let Some(folder) = &self.findings {
            output::write_findings(folder, &kept)?;
        }
        let exit = Exit::of(&report, self.strict);
        if !self.quiet || exit != Exit::Conforms || report.counts().warns > 0 {
            let detail = if self.verbose {
                Detail::Names
            } else {
                Detail::Run
            };
            output::print(&human::render(&report, output::manner(detail)))?;
        }
        Ok(exit)
    }

    /// Runs all cases of a plan.
    async fn hold(&self, plan: Plan) -> Result<(Report, Vec<super::session::Kept>), Trouble> {
        let began = Instant::now();
        let (target, name) = self.destination().await?;
        target.reach(self.target.timeout).await?;
        let settings = Settings {
            deadline: self.target.timeout,
            ..Settings::default()
        };
        let arn = target.find_arn(&self.target, &settings.run).await;
        let run = Run {
            target: name,
            id: settings.run.id().to_owned(),
            limit: self.target.timeout,
        };
        let planned = plan.probes.len() + plan.together.len() + plan.alone.len();
        let total = match self.duration {
            Some(_) => planned,
            None => planned + usize::try_from(self.number()).unwrap_or(usize::MAX),
        };
        let session = Arc::new(Session::new(
            target,
            settings,
            &arn,
            Report::new(run),
            self.bar(total),
            self.target.settle,
        ));
        stop_on_interrupt(&session);

        if let Some(case) = plan.probes.iter().find(|task| task.name == LAG_PROBE) {
            session.measure_lag(case).await;
        }
        session.probe(plan.probes, self.jobs()).await;
        session.run_all(plan.together, self.jobs()).await;
        session.run_all(plan.alone, 1).await;
        session.run_each(self.generated(), self.jobs()).await;
        session.finish_bar();

        let mut collected = session.collected();
        let mut report = collected.report.clone();
        for recording in &plan.recordings {
            let verdict = judge(recording);
            if let Some(finding) = verdict.violation() {
                let (name, why) = (
                    recording.name.clone(),
                    format!("{}, step {}", finding.rule, finding.step + 1),
                );
                return Err(Trouble::Recording { name, why });
            }
            report.add_recording(&verdict);
        }
        if session.is_stopping() {
            let done = plural(report.cases.len(), "case");
            let planned = plan.reported as u64 + self.number();
            report.interrupted = Some(match self.duration {
                Some(_) => format!("interrupted after {done}"),
                None => format!("interrupted after {done} of {planned}"),
            });
        }
        report.lag = session.lag().longest();
        report.finish(began.elapsed());
        for note in &collected.notes {
            output::remark(&format!("note: {note}"));
        }
        Ok((report, std::mem::take(&mut collected.kept)))
    }

    /// The target, and what to call it in the report.
    async fn destination(&self) -> Result<(Destination, String), Trouble> {
        if let Some(address) = &self.target.endpoint {
            return Ok((
                Destination::Endpoint(Box::new(self.target.endpoint(address)?)),
                address.clone(),
            ));
        }
        let loopback = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(loopback, Limits::default(), Model::reference()).await?;
        let address = format!("http://{}", server.address());
        // Ends with the process.
        tokio::spawn(server.run(std::future::pending()));
        let name = format!("the built-in reference at {address}");
        if !self.quiet {
            output::remark(&format!("no --endpoint: checking {name}"));
        }
        Ok((
            Destination::Endpoint(Box::new(self.target.endpoint(&address)?)),
            name,
        ))
    }

    /// How many cases are generated, unless it is for a time.
    fn number(&self) -> u64 {
        let narrowed = !self.only.is_empty() || self.corpus.is_some();
        self.cases.unwrap_or(if narrowed { 0 } else { CASES })
    }

    /// Cases as they are generated.
    fn generated(&self) -> Arc<dyn Fn(usize) -> Option<Task> + Send + Sync> {
        let (seed, number, again) = (self.seed, self.number(), self.target.again());
        let end = self.duration.map(|duration| Instant::now() + duration);
        Arc::new(move |at| {
            let at = at as u64;
            let goes_on = match end {
                Some(end) => Instant::now() < end,
                None => at < number,
            };
            goes_on.then(|| {
                let name = generate::name(seed, at);
                Task {
                    case: generate::nth(seed, at).case,
                    again: format!("profile-contract replay {name}{again}"),
                    name,
                    reported: true,
                }
            })
        })
    }

    fn jobs(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(2, usize::from);
        self.jobs.map_or_else(|| 2 * processors(), usize::from)
    }

    /// The progress bar; nothing unless somebody watches.
    fn bar(&self, cases: usize) -> ProgressBar {
        if self.quiet || !stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(cases as u64);
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {pos} of {len} cases, {eta} left")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// The case that shows how late a target shows its effects (cap.settle-ms).
const LAG_PROBE: &str = "capabilities/settle-ms";

/// What to run, and in which order.
#[derive(Debug, Default)]
struct Plan {
    /// Cases that find out about capabilities; all of them, because the others build on them.
    probes: Vec<Task>,
    /// Cases that do not mind each other.
    together: Vec<Task>,
    /// Cases that look at what all domains share.
    alone: Vec<Task>,
    /// Recordings.
    recordings: Vec<Transcript>,
    /// How many cases were selected.
    reported: usize,
}

impl Plan {
    fn of(entries: Vec<Entry>, check: &Check) -> Result<Self, Trouble> {
        let globs: Vec<_> = check
            .only
            .iter()
            .map(|pattern| (Glob::new(pattern), pattern))
            .collect();
        for (glob, pattern) in &globs {
            if !entries.iter().any(|entry| is_selected(entry, glob)) {
                return Err(Trouble::NothingSelected(nothing_selected(
                    pattern, &entries,
                )));
            }
        }
        let mut plan = Self::default();
        let again = check.target.again();
        for entry in entries {
            let selected =
                globs.is_empty() || globs.iter().any(|(glob, _)| is_selected(&entry, glob));
            let is_probe = is_probe(&entry.name);
            let case = match entry.content {
                Content::Case(case) => case,
                Content::Transcript(recording) => {
                    plan.recordings.extend(selected.then_some(recording));
                    continue;
                }
            };
            if !selected && !is_probe {
                continue;
            }
            plan.reported += usize::from(selected);
            // A case of the built-in corpus is found by its name wherever one is.
            let file = if check.corpus.is_some() {
                entry.path.display().to_string()
            } else {
                entry.name.clone()
            };
            let again = format!("profile-contract replay {}{again}", quoted(&file));
            let alone = case.alone;
            let task = Task {
                name: entry.name,
                case,
                again,
                reported: selected,
            };
            match (is_probe, alone) {
                (true, _) => plan.probes.push(task),
                (false, false) => plan.together.push(task),
                (false, true) => plan.alone.push(task),
            }
        }
        Ok(plan)
    }
}

/// Whether a case finds out about a capability.
pub(super) fn is_probe(name: &str) -> bool {
    name.starts_with("capabilities/")
}

/// Whether a pattern selects a case: by its name, by a folder it lies in, or by a rule it was written for.
fn is_selected(entry: &Entry, glob: &Glob) -> bool {
    let folders = entry
        .name
        .match_indices('/')
        .map(|(at, _)| &entry.name[..at]);
    glob.matches(&entry.name)
        || folders.into_iter().any(|folder| glob.matches(folder))
        || entry
            .content
            .case()
            .aims
            .iter()
            .any(|rule| glob.matches(rule.id()))
}

fn nothing_selected(pattern: &str, entries: &[Entry]) -> String {
    let folders: BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| Some(entry.name.split_once('/')?.0))
        .collect();
    let mut known: Vec<&str> = entries
        .iter()
        .map(|entry| entry.name.as_str())
        .chain(folders.iter().copied())
        .collect();
    for rule in RuleId::all() {
        known.push(rule.id());
    }
    let slip = match nearest(pattern, known) {
        Some(same) if same == pattern => "; no case was written for that rule".to_owned(),
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    let folders: Vec<_> = folders.into_iter().collect();
    format!(
        "no case has a name or a rule that matches `{pattern}`{slip}\n  there are {} in {}",
        plural(entries.len(), "case"),
        folders.join(", "),
    )
}

/// On the first interrupt no further case is started, on the second everything ends.
fn stop_on_interrupt(session: &Arc<Session>) {
    let session = Arc::clone(session);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            session.stop();
            output::remark("interrupted: finishing the cases under way; once more ends at once");
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            process::exit(Exit::Trouble as i32);
        }
    });
}

const EXAMPLES: &str = "\
Examples:
  profile-contract check
      checks the built-in reference
  profile-contract check --endpoint http://127.0.0.1:4000
      checks a server on this machine
  profile-contract check --endpoint http://127.0.0.1:4000 --only put-type-keys --only 'put-type.tags.*'
      the same with the cases of one folder, and those written for some rules
  profile-contract check --endpoint http://127.0.0.1:4000 --report junit=report.xml --findings findings
      for a build server, with recordings of what was found
  profile-contract check --endpoint http://127.0.0.1:4000 --duration 10m --seed 7
      goes on with generated cases for ten minutes

An interrupt (Ctrl-C) starts no further case, reports what was judged and exits with 2.
Requests that ask for a signature get one from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.";
