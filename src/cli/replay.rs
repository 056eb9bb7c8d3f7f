//! `replay`: hold cases against a target, step by step.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::runtime::Runtime;

use crate::case::corpus::{self, Content, Entry};
use crate::case::select::nearest;
use crate::case::transcript::Transcript;
use crate::check::{Session, Task, is_probe, left_behind};
use crate::contract::Choices;
use crate::generate;
use crate::judge::{Severity, Verdict, answer_line, judge_settling, request_line};
use crate::replay::{Settings, Target};
use crate::report::human::{self, Detail, plural};
use crate::report::{Judged, Report, Run};

use super::interrupt::stop_on_interrupt;
use super::output;
use super::target::{Destination, TargetOptions, quoted};
use super::{Exit, Trouble};

/// Replay cases against a target and judge them
///
/// Shows every step with its answer. Capabilities are probed beforehand, as `check` does. Without --endpoint, cases are
/// replayed against the built-in reference in this process.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Replay {
    /// Files to replay, or names of cases: of the built-in corpus, or of generated ones. Of a recording, the case is
    /// replayed anew.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    target: TargetOptions,

    /// Judge the answers in the files instead of asking a target.
    #[arg(long, conflicts_with_all = ["endpoint", "aws", "sign", "profile", "fenced", "rate", "timeout", "region", "account", "partition", "cacert", "insecure"])]
    recorded: bool,

    /// Let warnings count as violations in the exit status.
    #[arg(long)]
    strict: bool,
}

impl Replay {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        let entries = self
            .files
            .iter()
            .map(|file| find(file))
            .collect::<Result<Vec<_>, _>>()?;
        let manner = output::manner(Detail::Cases);
        let report = if self.recorded {
            judge_recorded(entries, self.target.settle)?
        } else {
            Runtime::new()
                .map_err(Trouble::Start)?
                .block_on(self.hold(entries))?
        };
        output::print(&human::render(&report, manner))?;
        Ok(Exit::of(&report, self.strict))
    }

    /// Replays the cases one after the other.
    async fn hold(&self, entries: Vec<Entry>) -> Result<Report, Trouble> {
        let began = Instant::now();
        let (session, known, run) = prepared(&self.target).await?;
        let mut report = Report::new(run);
        let options = self.target.again();
        let mut leftovers = Vec::new();
        for (file, entry) in self.files.iter().zip(entries) {
            if session.is_stopping() {
                let done = plural(report.cases.len(), "case");
                report.interrupted =
                    Some(format!("interrupted after {done} of {}", self.files.len()));
                break;
            }
            let again = format!(
                "profile-contract replay {}{options}",
                quoted(&file.to_string_lossy())
            );
            let case = entry.content.case().clone();
            let task = Task {
                name: entry.name,
                case,
                again,
                reported: true,
                generated: false,
            };
            let began = Instant::now();
            let watched = session.replay(&task, &known).await;
            leftovers.extend(watched.leftovers);
            output::print(&told(&watched.transcript, &watched.verdict))?;
            let Task {
                name, again, case, ..
            } = task;
            report.add(Judged {
                name,
                again,
                verdict: watched.verdict,
                took: began.elapsed(),
                seen: None,
                aims: case.aims,
                generated: false,
            });
        }
        for note in left_behind(&session.clear_up(leftovers).await) {
            output::remark(&format!("note: {note}"));
        }
        report.finish(began.elapsed());
        Ok(report)
    }
}

/// What a few cases are replayed with: a session with the target, what its probes showed, and what the run is called.
pub(super) async fn prepared(
    options: &TargetOptions,
) -> Result<(Arc<Session<Destination>>, Choices, Run), Trouble> {
    let route = options.route()?;
    let (target, arns) = match route.address() {
        Some(address) => route.connect(&address).await?,
        None => (Destination::local(), route.local_arns()),
    };
    target.reach(options.timeout).await?;
    let settings = Settings {
        deadline: options.timeout,
        fenced: options.fenced(),
        ..Settings::default()
    };
    let arn = arns.find(&target, &settings.run, settings.deadline).await;
    let run = Run {
        target: target.describe(),
        id: settings.run.id().to_owned(),
        limit: options.timeout,
    };
    let session = Arc::new(Session::new(
        target,
        settings,
        &arn,
        Report::new(run.clone()),
        options.settle,
    ));
    stop_on_interrupt(session.stopper())?;
    session.probe(probes()?, 1).await;
    let known = session.collected().known().clone();
    Ok((session, known, run))
}

/// Judges recordings as they are.
fn judge_recorded(entries: Vec<Entry>, settle: Duration) -> Result<Report, Trouble> {
    let run = Run {
        target: "recordings".to_owned(),
        id: "none".to_owned(),
        limit: crate::judge::REQUEST_LIMIT,
    };
    let mut report = Report::new(run);
    for entry in entries {
        let Content::Transcript(recording) = entry.content else {
            let file = entry.path.display();
            return Err(Trouble::Usage(format!(
                "{file} holds no answers to judge; leave --recorded out to replay its case"
            )));
        };
        let verdict = judge_settling(&recording, settle);
        output::print(&told(&recording, &verdict))?;
        let again = format!(
            "profile-contract replay --recorded {}",
            quoted(&entry.path.to_string_lossy())
        );
        report.add(Judged {
            name: entry.name,
            again,
            verdict,
            took: took(&recording),
            seen: None,
            aims: recording.case.aims.clone(),
            generated: false,
        });
    }
    report.finish(report.cases.iter().map(|case| case.took).sum());
    Ok(report)
}

/// How long the answers of a recording took.
fn took(recording: &Transcript) -> Duration {
    recording
        .answers
        .iter()
        .flatten()
        .map(|exchange| Duration::from_micros(exchange.took_us))
        .sum()
}

/// The case of that file, or the one of the built-in corpus with that name.
pub(super) fn find(file: &Path) -> Result<Entry, Trouble> {
    if file.exists() {
        return Ok(corpus::read(file)?);
    }
    let wanted = file.to_string_lossy();
    if let Some(made) = generate::named(&wanted) {
        return Ok(Entry {
            name: wanted.into_owned(),
            path: file.to_owned(),
            content: Content::Case(made.case),
        });
    }
    let entries = corpus::built_in()?;
    if let Some(entry) = entries.iter().find(|entry| entry.name == wanted) {
        return Ok(entry.clone());
    }
    let slip = nearest(&wanted, entries.iter().map(|entry| entry.name.as_str()));
    let slip = slip
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default();
    Err(Trouble::Usage(format!(
        "no file and no case of the built-in corpus is called `{wanted}`{slip}"
    )))
}

/// The built-in cases that find out about capabilities.
fn probes() -> Result<Vec<Task>, Trouble> {
    let probes = corpus::built_in()?
        .into_iter()
        .filter(|entry| is_probe(&entry.name));
    Ok(probes
        .map(|entry| Task {
            case: entry.content.case().clone(),
            name: entry.name,
            again: String::new(),
            reported: false,
            generated: false,
        })
        .collect())
}

/// Every exchange of a conversation in a line, with what was made of it.
fn told(transcript: &Transcript, verdict: &Verdict) -> String {
    let mut text = format!("{}\n", transcript.name);
    for (step, exchanges) in transcript.answers.iter().enumerate() {
        let mark = match verdict
            .findings
            .iter()
            .filter(|finding| finding.step == step)
            .map(|finding| finding.severity)
            .min()
        {
            Some(Severity::Violates) => "violates",
            Some(Severity::Warns) => "warns",
            None if verdict
                .unclear
                .as_ref()
                .is_some_and(|unclear| unclear.step == step) =>
            {
                "unclear"
            }
            None => "allowed",
        };
        for exchange in exchanges {
            let (said, answered) = (
                request_line(&exchange.message),
                answer_line(&exchange.answer),
            );
            let _ = writeln!(
                text,
                "{:>4} {mark:<8}  {said}\n               {answered}",
                step + 1
            );
        }
    }
    if let Some(unsent) = &verdict.unsent {
        let _ = writeln!(text, "     {unsent}");
    }
    text
}

const EXAMPLES: &str = "\
Examples:
  profile-contract replay put-type/description-length
      replays a case of the built-in corpus against the built-in reference
  profile-contract replay findings/*.case --endpoint http://127.0.0.1:4000
      replays what an earlier check found, to see whether it is still there
  profile-contract replay --recorded findings/*.case
      judges what was answered then, without asking anybody";
