//! `generate`: cases nobody wrote, as files.

use std::path::PathBuf;

use clap::Args;

use crate::case::select::{Glob, nearest};
use crate::case::{Case, corpus, text};
use crate::contract::RuleId;
use crate::generate;
use crate::report::human::plural;

use super::{Exit, Trouble, output};

/// How many cases are looked through for each that is wanted, before a rule counts as out of reach.
const TRIES: u64 = 5000;

/// Write generated cases
///
/// The cases that `check` would make up, as files to read, edit, replay or feed to a fuzzer. The same seed and number give
/// the same case on every machine.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Generate {
    /// How many cases to write.
    #[arg(long, value_name = "N", default_value_t = 1)]
    cases: u64,

    /// What the cases follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Only cases with a request that breaks a rule that matches, and no other, or is just on the right side of it; may be
    /// repeated.
    #[arg(long, value_name = "GLOB")]
    rule: Vec<String>,

    /// Write them to this folder instead of stdout.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Generate {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        let globs: Vec<_> = self.rule.iter().map(|pattern| Glob::new(pattern)).collect();
        for (glob, pattern) in globs.iter().zip(&self.rule) {
            if !RuleId::all().any(|rule| glob.matches(rule.id())) {
                let near = nearest(pattern, RuleId::all().map(RuleId::id));
                let slip = near.map(|id| format!("; did you mean `{id}`?"));
                let slip = slip.unwrap_or_default();
                return Err(Trouble::Usage(format!("no rule matches `{pattern}`{slip}")));
            }
        }
        let wanted = |case: &Case| {
            globs.is_empty()
                || globs
                    .iter()
                    .any(|glob| case.aims.iter().any(|rule| glob.matches(rule.id())))
        };
        let mut written = 0;
        let mut number = 0;
        while written < self.cases && number < self.cases.saturating_mul(TRIES) {
            let case = generate::nth(self.seed, number).case;
            if wanted(&case) {
                match &self.output {
                    Some(folder) => {
                        corpus::write(folder, &format!("{}-{number}", self.seed), &case)?;
                    }
                    None => output::print(&format!("{}\n", text::print(&case)))?,
                }
                written += 1;
            }
            number += 1;
        }
        if written < self.cases {
            return Err(Trouble::Usage(format!(
                "{} of {} written: among {} of seed {} no more aim at {}\n  the corpus has cases for every rule: `profile-contract check --only RULE`",
                written,
                self.cases,
                plural(usize::try_from(number).unwrap_or(usize::MAX), "case"),
                self.seed,
                self.rule.join(" or "),
            )));
        }
        Ok(Exit::Conforms)
    }
}

const EXAMPLES: &str = "\
Examples:
  profile-contract generate --cases 100 --seed 7 --output seeds
      writes seeds/7-0.case to seeds/7-99.case
  profile-contract generate --rule 'put-type.keys.*' --cases 3
      shows three cases that are about the rules of keys";
