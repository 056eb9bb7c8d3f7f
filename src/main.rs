//! The command `profile-contract`; see `profile-contract --help`.

use std::process::ExitCode;

use clap::Parser;
use profile_contract::cli;

/// Judging allocates small things all the time, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse())
}
