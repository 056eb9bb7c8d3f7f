//! `shrink`: the smallest case that still shows what a case showed.

use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Runtime;

use crate::case::text;
use crate::check::{SHRINKING, Smaller, Task, left_behind};
use crate::report::human::{self, plural};

use super::output;
use super::replay::{find, prepared};
use super::target::{TargetOptions, quoted};
use super::{Exit, Trouble};

/// Find the smallest case that still breaks the same rule
///
/// Drops steps, members and entries and simplifies values as long as the target still violates the contract in the same way.
/// Writes the case to stdout, and what it shows to stderr. Without --endpoint, the built-in reference is asked.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Shrink {
    /// A case or a recording, or the name of a case of the built-in corpus or of a generated one.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    target: TargetOptions,

    /// Write the case to this file instead.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How many requests to spend at most.
    #[arg(long, value_name = "N", default_value_t = SHRINKING)]
    requests: usize,
}

impl Shrink {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        let entry = find(&self.file)?;
        let mut task = Task {
            case: entry.content.case().clone(),
            name: entry.name,
            again: String::new(),
            reported: true,
            generated: false,
        };
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let (watched, minimal) = runtime.block_on(async {
            let (session, known, _) = prepared(&self.target).await?;
            let mut watched = session.replay(&task, &known).await;
            let Some(violation) = watched.verdict.violation().cloned() else {
                watched.leftovers = session.clear_up(watched.leftovers).await;
                return Ok((watched, true));
            };
            // Whatever comes after the violation is not part of it.
            task.case.steps.truncate(violation.step + 1);
            let mut smaller = Smaller::than(&task, &violation, &watched, self.requests);
            session.shrink(&mut smaller, &known, &mut watched).await;
            watched.leftovers = session.clear_up(watched.leftovers).await;
            Ok::<_, Trouble>((watched, smaller.shrunk().minimal))
        })?;
        for note in left_behind(&watched.leftovers) {
            output::remark(&format!("note: {note}"));
        }
        let Some(finding) = watched.verdict.violation() else {
            if let Some(unclear) = &watched.verdict.unclear {
                output::remark(&format!(
                    "{} cannot be judged there: {}",
                    task.name, unclear.why
                ));
                return Ok(Exit::Unclear);
            }
            output::remark(&format!(
                "{} violates nothing there: there is nothing to shrink",
                task.name
            ));
            return Ok(Exit::Conforms);
        };
        let mut case = watched.transcript.case.clone();
        case.steps.truncate(finding.step + 1);
        let printed = text::print(&case);
        match &self.output {
            Some(file) => output::write(file, &printed)?,
            None => output::print(&printed)?,
        }
        let again = match &self.output {
            Some(file) => format!(
                "profile-contract replay {}{}",
                quoted(&file.to_string_lossy()),
                self.target.again()
            ),
            None => "replay what was written to stdout".to_owned(),
        };
        let manner = human::Manner::default();
        let told = human::finding(
            finding,
            &task.name,
            &again,
            std::time::Duration::ZERO,
            manner,
        );
        output::remark(told.trim_end());
        let spent = plural(watched.verdict.requests, "request");
        let steps = plural(case.steps.len(), "step");
        output::remark(&match minimal {
            true => format!("{steps} after {spent}; nothing more can go"),
            false => format!("{steps} after {spent}; --requests allows for more"),
        });
        Ok(Exit::Violates)
    }
}

const EXAMPLES: &str = "\
Examples:
  profile-contract shrink findings/tag.add.merge--tag-merge.case --endpoint http://127.0.0.1:4000 -o smallest.case
      makes a finding of `check --findings` as small as it gets
  profile-contract shrink generated/7-123 --endpoint http://127.0.0.1:4000
      does so with a generated case";
