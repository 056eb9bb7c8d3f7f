//! The command line: the only place that prints.
//!
//! One file a subcommand. What they share is here, namely the arguments, the exit status and every error in words, and in
//! `target` (what to test) and `output` (where results go).

mod check;
mod clean;
mod generate;
mod interrupt;
mod output;
mod record;
mod replay;
mod rules;
mod serve;
mod shrink;
mod snapshots;
mod state;
mod target;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::case::Problem;
use crate::check::CheckError;
use crate::check::journal::JournalError;
use crate::judge::Outcome;
use crate::judge::known::BadDeviations;
use crate::replay::sweep::CannotList;
use crate::replay::{BadEndpoint, NoCredentials};
use crate::report::Report;
use crate::serve::BindError;

/// Contract tests for implementations of the Amazon Connect Customer Profiles API
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Serve(serve::Serve),
    Replay(replay::Replay),
    Shrink(shrink::Shrink),
    Generate(generate::Generate),
    Record(record::Record),
    Clean(clean::Clean),
    Rules(rules::Rules),
}

/// Does what the arguments say.
pub fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Check(check) => check.run(),
        Command::Serve(serve) => serve.run(),
        Command::Replay(replay) => replay.run(),
        Command::Shrink(shrink) => shrink.run(),
        Command::Generate(generate) => generate.run(),
        Command::Record(record) => record.run(),
        Command::Clean(clean) => clean.run(),
        Command::Rules(rules) => rules.run(),
    };
    let exit = done.unwrap_or_else(|trouble| {
        output::complain(&trouble);
        Exit::Trouble
    });
    ExitCode::from(exit as u8)
}

/// The exit status; part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Everything conforms; there may be warnings.
    Conforms = 0,
    /// The target violates the contract.
    Violates = 1,
    /// Wrong usage, or the harness could not do its work.
    Trouble = 2,
    /// Nothing violates the contract, and not everything could be judged.
    Unclear = 3,
}

impl Exit {
    /// The status of a run.
    fn of(report: &Report, strict: bool) -> Self {
        if report.interrupted.is_some() {
            return Self::Trouble;
        }
        match report.outcome() {
            Outcome::Violates => Self::Violates,
            // A warning may hide behind what is unclear.
            _ if strict && report.warns() => Self::Violates,
            Outcome::Unclear => Self::Unclear,
            Outcome::InPart | Outcome::Warns | Outcome::Conforms => Self::Conforms,
        }
    }
}

/// Why a command could not do its work. All of them end in [`Exit::Trouble`].
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Endpoint(#[from] BadEndpoint),
    #[error("no answer from {endpoint}: {why}\n  {advice}")]
    Unreachable {
        endpoint: String,
        why: String,
        advice: &'static str,
    },
    #[error(
        "{endpoint} does not accept the credentials it was asked with: {answer}\n  they need leave for the actions \
         `profile:*`, and a clock that is not minutes off"
    )]
    NotWelcome { endpoint: String, answer: String },
    #[error(transparent)]
    Credentials(#[from] NoCredentials),
    #[error(transparent)]
    CannotList(#[from] CannotList),
    #[error(transparent)]
    Case(#[from] Problem),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Deviations(#[from] BadDeviations),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("cannot read {}: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("cannot write {}: {error}", file.display())]
    Write { file: PathBuf, error: io::Error },
    #[error("cannot start: {0}")]
    Start(io::Error),
    #[error("{0}")]
    Usage(String),
}

const EXIT_HELP: &str = "\
Exit status:
  0  the target conforms (warnings included, unless --strict)
  1  the target violates the contract, or differs from the snapshots it is held to
  2  wrong usage, or the harness could not do its work
  3  nothing violates the contract, but not everything could be judged

An operation that the target does not have makes neither 1 nor 3 of it, unless --require names it.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
