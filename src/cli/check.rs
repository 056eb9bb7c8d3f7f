//! `check`: hold a target against the contract.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use crate::check::journal::{Journal, Past};
use crate::check::{self, Amount, Arns, Checked, Forecast, Options, forecast};
use crate::judge::known::Deviations;
use crate::model::Model;
use crate::report::human::{self, Detail, plural, thousands};
use crate::serve::{Limits, Server};

use super::interrupt::stop_on_interrupt;
use super::output::{self, Findings, ReportFile};
use super::snapshots::Snapshots;
use super::state;
use super::target::{Destination, Route, TargetOptions, duration, quoted};
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

    /// What generated cases follow from: the same seed and number give the same cases [default: 1].
    #[arg(long, value_name = "N", help_heading = "Cases")]
    seed: Option<u64>,

    /// How many cases to run at a time [default: twice the number of processors].
    #[arg(long, value_name = "N", help_heading = "Cases", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,

    /// Print what would be created and about how many calls would be made, and send nothing.
    #[arg(long, help_heading = "Results", conflicts_with_all = ["report", "findings", "resume"])]
    plan: bool,

    /// Go on with the last run against this endpoint that did not come to its end: what it judged is not judged again.
    ///
    /// Options that say which cases to run are those of that run. Needs --endpoint or --aws.
    #[arg(long, help_heading = "Cases")]
    resume: bool,

    /// Where journals of runs are kept, for --resume [default: profile-contract in the user's folder for state].
    #[arg(long, value_name = "DIR", help_heading = "Cases")]
    state: Option<PathBuf>,

    /// Fail if these operations or rules could not be judged; may be repeated.
    ///
    /// A part of the API is a legitimate thing to implement: operations that the target does not have are listed, and the
    /// rest is judged as if they did not exist. This says what has to be there nevertheless: `MergeProfiles`, `filter.*`.
    #[arg(long, value_name = "GLOB", help_heading = "Results")]
    require: Vec<String>,

    /// A file of known deviations, which are counted and not failed.
    ///
    /// TOML with `[[deviation]]` entries: `rule` or `case` (a name or a glob) or both, and `reason`. Entries that the target
    /// does not show any more are named, so that the file stays short.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    known: Option<PathBuf>,

    /// Also write the report as json=FILE or junit=FILE; may be repeated.
    #[arg(long, value_name = "KIND=FILE", help_heading = "Results")]
    report: Vec<ReportFile>,

    /// Write one recording for each distinct finding to this folder, as soon as it is found.
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    findings: Option<PathBuf>,

    /// Report cases as they are, instead of looking for the smallest ones: fewer requests where each is slow or dear.
    #[arg(long, help_heading = "Results")]
    no_shrink: bool,

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
        if self.plan {
            return self.forecast();
        }
        for file in &self.report {
            file.prepare()?;
        }
        let snapshots = match &self.snapshots {
            Some(folder) => Some(Arc::new(Snapshots::open(folder, self.update)?)),
            None => None,
        };
        let findings = match &self.findings {
            Some(folder) => Some(Arc::new(Findings::new(folder)?)),
            None => None,
        };
        let known = match &self.known {
            Some(file) => read_known(file)?,
            None => Deviations::default(),
        };
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let Checked {
            mut report, notes, ..
        } = runtime.block_on(self.hold(known, findings.clone(), snapshots.as_ref()))?;
        for note in &notes {
            output::remark(&format!("note: {note}"));
        }

        let interrupted = report.interrupted.is_some();
        // What cannot be done with snapshots takes nothing from what was found.
        let mut held = snapshots
            .map(|all| all.finish(&self.only, interrupted, &self.again(), self.verbose))
            .transpose();
        if let Ok(Some(held)) = &mut held {
            report.snapshots = held.held.take();
        }
        for file in &self.report {
            file.write(&report)?;
        }
        if let Some(trouble) = findings.and_then(|findings| findings.trouble()) {
            return Err(trouble);
        }
        if report.interrupted.is_some() || report.gone.is_some() {
            self.tell_how_to_go_on();
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
        let held_to = report.snapshots.as_ref();
        let differs = held_to.is_some_and(|held| !held.differences.is_empty());
        if let Some(held) = held?.filter(|_| !self.quiet || differs) {
            output::print(&held.told)?;
        }
        if differs && exit != Exit::Trouble {
            exit = Exit::Violates;
        }
        Ok(exit)
    }

    /// Tells how to go on with a run that ended early, if a journal of it is kept.
    fn tell_how_to_go_on(&self) {
        if self.target.endpoint.is_none() && !self.target.aws {
            return;
        }
        let state = self.state.as_ref().and_then(|folder| folder.to_str());
        let state = state.map(|folder| format!(" --state {}", quoted(folder)));
        output::remark(&format!(
            "what was judged is kept: `profile-contract check{}{} --resume` goes on",
            self.target.again(),
            state.unwrap_or_default(),
        ));
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
    async fn hold(
        &self,
        known: Deviations,
        findings: Option<Arc<Findings>>,
        snapshots: Option<&Arc<Snapshots>>,
    ) -> Result<Checked, Trouble> {
        let route = self.target.route()?;
        let address = route.address();
        let past = self.past(address.as_deref())?;
        let chosen = self.chosen(past.as_ref())?;
        let (target, name, arns) = self.destination(&route).await?;
        target.reach(self.target.timeout).await?;
        let options = self.options(&chosen, known, arns);
        let mut check = check::Check::new(target, options)?.named(&name);
        if let Some(snapshots) = snapshots {
            snapshots.expect(check.written());
            let snapshots = Arc::clone(snapshots);
            check = check.heard_by(move |transcript| snapshots.hear(transcript));
        }
        if let Some(findings) = findings {
            check = check.telling(move |kept, news| findings.write(kept, news));
        }
        if let Some(journal) = self.journal(&check, address.as_deref(), &chosen, past.as_ref())? {
            check = check.journaled(journal);
        }
        if let Some(past) = past {
            output::remark(&format!("going on after {} cases", past.cases()));
            check = check.resuming(past);
        }
        stop_on_interrupt(check.stopper())?;
        let bar = self.bar(check.planned());
        let told = bar.clone();
        let checked = check.watched(move || told.inc(1)).run().await;
        bar.finish_and_clear();
        Ok(checked?)
    }

    /// The run against that address to go on with, if any.
    fn past(&self, address: Option<&str>) -> Result<Option<Past>, Trouble> {
        if !self.resume {
            return Ok(None);
        }
        let Some(address) = address else {
            return Err(Trouble::Usage(
                "--resume goes on with a run against an endpoint, and the built-in reference is another one each time: \
                 add --endpoint or --aws"
                    .to_owned(),
            ));
        };
        let folder = state::journals(self.state.as_ref()).ok_or_else(|| {
            Trouble::Usage("no folder for journals: neither XDG_STATE_HOME nor HOME is set; --state DIR names one".to_owned())
        })?;
        let mut under_way = false;
        for past in Past::all(&folder) {
            if past.endpoint != address || past.done {
                continue;
            }
            if past.is_under_way() {
                under_way = true;
                continue;
            }
            return Ok(Some(past));
        }
        let why = match under_way {
            true => "the only one is still under way",
            false => "none is kept",
        };
        Err(Trouble::Usage(format!(
            "no run against {address} to go on with in {}: {why}\n  without --resume a new one is begun",
            folder.display()
        )))
    }

    /// Which cases to run: as the options say, or as they said in the run to go on with.
    fn chosen(&self, past: Option<&Past>) -> Result<Chosen, Trouble> {
        let mut given = Chosen {
            only: self.only.clone(),
            corpus: self.corpus.clone(),
            seed: self.seed.unwrap_or(1),
            amount: match (self.cases, self.duration) {
                (Some(number), _) => Amount::Number(number),
                (None, Some(time)) => Amount::Lasting(time),
                (None, None) => Amount::Usual,
            },
        };
        let Some(past) = past else {
            return Ok(given);
        };
        let said = |name: &str| past.options.get(name).map(String::as_str);
        let now = given.written();
        let asked = [
            ("only", !self.only.is_empty()),
            ("corpus", self.corpus.is_some()),
            ("seed", self.seed.is_some()),
            ("cases", self.cases.is_some()),
            ("duration", self.duration.is_some()),
        ];
        for (name, asked) in asked {
            let now = now.get(name).map(String::as_str);
            if asked && now != said(name) {
                return Err(Trouble::Usage(format!(
                    "--{name} is `{}` and was {} in the run to go on with\n  leave it out, or leave --resume out to begin a new run",
                    now.unwrap_or_default().replace('\n', " "),
                    match said(name) {
                        Some(was) => format!("`{}`", was.replace('\n', " ")),
                        None => "not given".to_owned(),
                    },
                )));
            }
        }
        let number = |name| said(name).and_then(|text| text.parse::<u64>().ok());
        given.only = said("only")
            .map(|text| text.lines().map(str::to_owned).collect())
            .unwrap_or_default();
        given.corpus = said("corpus").map(PathBuf::from);
        given.seed = number("seed").unwrap_or(1);
        given.amount = match (number("cases"), number("duration")) {
            (Some(number), _) => Amount::Number(number),
            (None, Some(ms)) => Amount::Lasting(Duration::from_millis(ms)),
            (None, None) => Amount::Usual,
        };
        Ok(given)
    }

    /// The journal of this run: none for the built-in reference, whose address is another one each time.
    fn journal(
        &self,
        check: &check::Check<Destination>,
        address: Option<&str>,
        chosen: &Chosen,
        past: Option<&Past>,
    ) -> Result<Option<Journal>, Trouble> {
        let Some(address) = address else {
            return Ok(None);
        };
        if let Some(past) = past {
            return Ok(Some(Journal::go_on(past, check.id())?));
        }
        let Some(folder) = state::journals(self.state.as_ref()) else {
            return Ok(None);
        };
        match Journal::begin(&folder, check.id(), address, &chosen.written()) {
            Ok(journal) => Ok(Some(journal)),
            Err(trouble) if self.state.is_some() => Err(trouble.into()),
            Err(trouble) => {
                output::remark(&format!("note: this run cannot be gone on with: {trouble}"));
                Ok(None)
            }
        }
    }

    /// How the target is checked.
    fn options(&self, chosen: &Chosen, known: Deviations, arns: Arns) -> Options {
        let again = self.target.again();
        let mut options = Options {
            deadline: self.target.timeout,
            settle: self.target.settle,
            only: chosen.only.clone(),
            corpus: chosen.corpus.clone(),
            seed: chosen.seed,
            amount: chosen.amount,
            known,
            require: self.require.clone(),
            arns,
            fenced: self.target.fenced(),
            again: Box::new(move |case| format!("profile-contract replay {}{again}", quoted(case))),
            ..Options::default()
        };
        if let Some(jobs) = self.jobs {
            options.jobs = usize::from(jobs);
        }
        if self.no_shrink {
            options.shrinking = 0;
        }
        options
    }

    /// What the checks would send, without sending it.
    fn forecast(&self) -> Result<Exit, Trouble> {
        let route = self.target.route()?;
        let chosen = self.chosen(None)?;
        let options = self.options(&chosen, Deviations::default(), route.local_arns());
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let forecast = runtime.block_on(forecast(options))?;
        let target = route
            .address()
            .unwrap_or_else(|| "the built-in reference, on this machine".to_owned());
        output::print(&told(&forecast, &target, self.target.rate()))?;
        Ok(Exit::Conforms)
    }

    /// The target, what to call it in the report, and how its ARNs begin.
    async fn destination(&self, route: &Route<'_>) -> Result<(Destination, String, Arns), Trouble> {
        if let Some(address) = route.address() {
            let (target, arns) = route.connect(&address).await?;
            return Ok((target, address, arns));
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
        let (target, arns) = route.connect(&address).await?;
        Ok((target, name, arns))
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

/// Which cases to run.
#[derive(Debug)]
struct Chosen {
    only: Vec<String>,
    corpus: Option<PathBuf>,
    seed: u64,
    amount: Amount,
}

impl Chosen {
    /// By the names of the options, as a journal keeps it.
    fn written(&self) -> BTreeMap<String, String> {
        let mut written = BTreeMap::from([("seed", self.seed.to_string())]);
        if !self.only.is_empty() {
            written.insert("only", self.only.join("\n"));
        }
        if let Some(corpus) = &self.corpus {
            // Whoever goes on may stand somewhere else.
            let corpus = fs::canonicalize(corpus).unwrap_or_else(|_| corpus.clone());
            written.insert("corpus", corpus.display().to_string());
        }
        match self.amount {
            Amount::Usual => None,
            Amount::Number(number) => written.insert("cases", number.to_string()),
            Amount::Lasting(time) => written.insert("duration", time.as_millis().to_string()),
        };
        written
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

fn read_known(file: &Path) -> Result<Deviations, Trouble> {
    let text = fs::read_to_string(file).map_err(|error| Trouble::Read {
        file: file.to_owned(),
        error,
    })?;
    Ok(Deviations::parse(&text, &file.display().to_string())?)
}

/// What a run would do, in the manner of a report.
fn told(forecast: &Forecast, target: &str, rate: Option<f64>) -> String {
    let Forecast {
        corpus,
        generated,
        sample,
        calls,
        other_calls,
        domains,
        domains_at_once,
        object_types,
        profiles,
        objects,
        left_out,
    } = forecast;
    let all: u64 = calls.values().sum::<u64>() + other_calls;
    let count = |number: u64| thousands(usize::try_from(number).unwrap_or(usize::MAX));
    let mut text = format!(
        "    Plan {}, nothing was sent\n",
        match generated {
            Some(0) => plural(*corpus, "case"),
            Some(generated) => format!(
                "{}: {} of the corpus, {} generated",
                plural(corpus + generated, "case"),
                thousands(*corpus),
                thousands(*generated)
            ),
            None => format!(
                "{} of the corpus, then generated ones for as long as --duration says, of which {} are counted here",
                plural(*corpus, "case"),
                thousands(*sample)
            ),
        }
    );
    let mut line = |label: &str, value: &str| {
        text.push_str(&format!("         {label:<9} {value}\n"));
    };
    line("target", target);
    line("calls", &format!("about {}", count(all)));
    let mut by_count: Vec<_> = calls
        .iter()
        .map(|(name, number)| (*name, *number))
        .collect();
    by_count.push(("damaged, or no operation", *other_calls));
    by_count.sort_by_key(|(name, number)| (std::cmp::Reverse(*number), *name));
    for (name, number) in by_count.into_iter().filter(|(_, number)| *number > 0) {
        line("", &format!("{:>9}  {name}", count(number)));
    }
    line(
        "creates",
        &format!(
            "{} domains, at most {} at a time, in them {} object types, {} profiles (or more, from objects), {} objects",
            count(*domains),
            count(*domains_at_once),
            count(*object_types),
            count(*profiles),
            count(*objects)
        ),
    );
    line(
        "deletes",
        "every one of these domains, and with it all that is in it",
    );
    if !left_out.is_empty() {
        line("left out", &human::left_out(left_out));
    }
    let seconds = |rate: f64| all as f64 / rate;
    let time = match rate {
        Some(rate) => format!(
            "at least {} at {rate} requests a second",
            human_time(seconds(rate))
        ),
        None => format!(
            "as the target answers; --rate 10 would make it {}",
            human_time(seconds(10.0))
        ),
    };
    line("time", &time);
    text
}

/// A length of time in the two units that matter.
fn human_time(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
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
  profile-contract check --endpoint http://127.0.0.1:4000 --require PutProfileObjectType --require 'put-type.*'
      checks a server that has only some operations, and fails if it lacks one of these
  profile-contract check --aws --region us-east-1 --plan
      says what a check of the real service would do there; without --plan it does it

Nothing leaves the machine unless --endpoint or --aws says so.
An interrupt (Ctrl-C) starts no further case, reports what was judged and exits with 2.";
