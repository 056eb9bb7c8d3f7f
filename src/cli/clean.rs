//! `clean`: delete what runs left behind.

use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::replay::sweep::{Swept, Which, sweep};
use crate::report::human::plural;

use super::output;
use super::target::{TargetOptions, duration};
use super::{Exit, Trouble};

/// Delete domains that runs left behind
///
/// A run deletes what it creates, unless it is killed or its target fails. Its domains are known by their names
/// (`pc-RUN-…`): all others are left alone. Prints the names of the domains it deletes; do not use it while a run is
/// under way, unless --run or --older-than spares that one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Clean {
    #[command(flatten)]
    target: TargetOptions,

    /// Only domains of this run; its id is in the report, and in the names of its domains.
    #[arg(long, value_name = "ID", value_parser = run_id)]
    run: Option<String>,

    /// Only domains that have existed for this long, for example 1h.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    older_than: Option<Duration>,

    /// Delete nothing, only print the names.
    #[arg(long)]
    dry_run: bool,
}

impl Clean {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        let route = self.target.route()?;
        let Some(address) = route.address() else {
            return Err(Trouble::Usage(
                "nothing to clean: give --endpoint URL, or --aws for the real service".to_owned(),
            ));
        };
        let which = Which {
            run: self.run.clone(),
            older_than: self.older_than.unwrap_or_default(),
        };
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let swept = runtime.block_on(async {
            let target = route.connect_without_arns(&address).await?;
            target.reach(self.target.timeout).await?;
            let (timeout, settle) = (self.target.timeout, self.target.settle);
            Ok::<_, Trouble>(sweep(&target, &which, timeout, settle, self.dry_run).await?)
        })?;
        self.tell(&swept)?;
        Ok(match swept.left.is_empty() {
            true => Exit::Conforms,
            false => Exit::Trouble,
        })
    }

    fn tell(&self, swept: &Swept) -> Result<(), Trouble> {
        let names: String = swept
            .deleted
            .iter()
            .map(|name| format!("{name}\n"))
            .collect();
        output::print(&names)?;
        for (name, why) in &swept.left {
            output::remark(&format!("still there: domain `{name}`: {why}"));
        }
        let verb = if self.dry_run {
            "would delete"
        } else {
            "deleted"
        };
        let mut told = format!("{verb} {}", plural(swept.deleted.len(), "domain"));
        for (count, what) in [
            (swept.left.len(), "could not be deleted"),
            (swept.spared, "of other runs or too young"),
            (swept.foreign, "not made by a run"),
        ] {
            if count > 0 {
                told.push_str(&format!(", {count} {what}"));
            }
        }
        output::remark(&told);
        Ok(())
    }
}

/// Reads the id of a run. One with other letters cannot be in a name, and an empty one would be in all of them.
fn run_id(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (1..=16).contains(&text.len()) && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected the id of a run, such as mwut6h52rw44".to_owned()),
    }
}

const EXAMPLES: &str = "\
Examples:
  profile-contract clean --endpoint http://127.0.0.1:4000
      deletes everything that runs left behind there
  profile-contract clean --aws --older-than 1h --dry-run
      prints what it would delete in your account

Exit status: 0 if nothing of that kind is left, 2 if something is or nobody can say.";
