//! `check`: hold a target against the contract.

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use crate::check::{self, Amount, Checked, Options, Stopper};
use crate::model::Model;
use crate::report::human::{self, Detail};
use crate::serve::{Limits, Server};

use super::output::{self, ReportFile};
use super::snapshots::Snapshots;
use super::target::{Destination, TargetOptions, duration, quoted};
use super::{Exit, Trouble};

/// Check an implementation against the contract
///
/// Finds out which of the behaviours the contract leaves open the target has, replays the corpus and generated cases
/// against it, and judges every answer. Of whatever breaks a rule, the smallest case that shows it is looked for.
/// Without --endpoint, the built-in reference is served on a free port of this machine and checked.
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

    /// How many cases to generate after the corpus [default: 2000, fewer if they take longer than
    /// 20 s, none with --only or --corpus].
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

    /// Hold the target to the snapshots in this folder: what another endpoint answered to the cases of the corpus, or this
    /// one at another time.
    ///
    /// A difference is no violation of the contract, but lets the command end with 1.
    #[arg(long, value_name = "DIR", help_heading = "Snapshots")]
    snapshots: Option<PathBuf>,

    /// Keep what the target answers as the snapshots, instead of holding it to them.
    #[arg(long, help_heading = "Snapshots", requires = "snapshots")]
    update: bool,

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
        let snapshots = match &self.snapshots {
            Some(folder) => Some(Arc::new(Snapshots::open(folder, self.update)?)),
            None => None,
        };
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let Checked {
            report,
            kept,
            notes,
        } = runtime.block_on(self.hold(snapshots.as_ref()))?;
        for note in &notes {
            output::remark(&format!("note: {note}"));
        }

        for file in &self.report {
            file.write(&report)?;
        }
        if let Some(folder) = &self.findings {
            output::write_findings(folder, &kept)?;
        }
        let mut exit = Exit::of(&report, self.strict);
        if !self.quiet || exit != Exit::Conforms || report.counts().warns > 0 {
            let detail = if self.verbose {
                Detail::Names
            } else {
                Detail::Run
            };
            output::print(&human::render(&report, output::manner(detail)))?;
        }
        if let Some(snapshots) = &snapshots {
            let interrupted = report.interrupted.is_some();
            let held = snapshots.finish(&self.only, interrupted, &self.again(), self.verbose)?;
            if !self.quiet || held.differs {
                output::print(&held.told)?;
            }
            if held.differs && exit != Exit::Trouble {
                exit = Exit::Violates;
            }
        }
        Ok(exit)
    }

    /// The command that holds one case, whose name goes behind it, to its snapshot again.
    fn again(&self) -> String {
        let path = |option: &str, path: &Option<PathBuf>| {
            let path = path.as_ref().map(|path| quoted(&path.to_string_lossy()));
            path.map(|path| format!(" --{option} {path}"))
                .unwrap_or_default()
        };
        format!(
            "profile-contract check{}{}{} --only",
            self.target.again(),
            path("corpus", &self.corpus),
            path("snapshots", &self.snapshots)
        )
    }

    /// Runs all cases.
    async fn hold(&self, snapshots: Option<&Arc<Snapshots>>) -> Result<Checked, Trouble> {
        let (target, name) = self.destination().await?;
        target.reach(self.target.timeout).await?;
        let again = self.target.again();
        let mut options = Options {
            deadline: self.target.timeout,
            settle: self.target.settle,
            only: self.only.clone(),
            corpus: self.corpus.clone(),
            seed: self.seed,
            amount: match (self.cases, self.duration) {
                (Some(number), _) => Amount::Number(number),
                (None, Some(time)) => Amount::Lasting(time),
                (None, None) => Amount::Usual,
            },
            arns: self.target.arns(),
            again: Box::new(move |case| format!("profile-contract replay {}{again}", quoted(case))),
            ..Options::default()
        };
        if let Some(jobs) = self.jobs {
            options.jobs = usize::from(jobs);
        }
        let mut check = check::Check::new(target, options)?.named(&name);
        if let Some(snapshots) = snapshots {
            snapshots.expect(check.written());
            let snapshots = Arc::clone(snapshots);
            check = check.heard_by(move |transcript| snapshots.hear(transcript));
        }
        stop_on_interrupt(check.stopper());
        let bar = self.bar(check.planned());
        let told = bar.clone();
        let checked = check.watched(move || told.inc(1)).run().await;
        bar.finish_and_clear();
        Ok(checked?)
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

    /// The progress bar; nothing unless somebody watches.
    fn bar(&self, cases: u64) -> ProgressBar {
        if self.quiet || !stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(cases);
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {pos} of {len} cases, {eta} left")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// On the first interrupt no further case is started, on the second everything ends.
fn stop_on_interrupt(stopper: Stopper) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.stop();
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
  profile-contract check --endpoint http://127.0.0.1:4000 --snapshots snapshots --update
      keeps what this server answers to the cases of the corpus; without --update, another is held to it

An interrupt (Ctrl-C) starts no further case, reports what was judged and exits with 2.
Requests that ask for a signature get one from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.";
