//! Runs test binaries with a mutant switched on, up to the first test that fails.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// A binary that takes longer than this, or than five times the usual if that is more, has noticed something.
const TIMEOUT: Duration = Duration::from_secs(30);
/// More memory than this, in KiB, is a mutant that runs away.
const MEMORY: &str = "8388608";

/// A test binary.
pub struct Binary {
    name: String,
    tree: PathBuf,
    path: PathBuf,
    /// The mutants it reaches, and how long it takes without one.
    pub reached: BTreeSet<u32>,
    usual: Duration,
}

/// What became of a mutant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Caught,
    Survived,
    Unreached,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caught => "caught",
            Self::Survived => "survived",
            Self::Unreached => "unreached",
        })
    }
}

/// Shows a mutant to the binaries that reach it, and says which test was the first to fail.
pub fn catch(binaries: &[Binary], number: u32) -> Result<(Outcome, String), Failure> {
    let mut outcome = Outcome::Unreached;
    for binary in binaries
        .iter()
        .filter(|binary| binary.reached.contains(&number))
    {
        let time = TIMEOUT.max(binary.usual * 5);
        if let Some(failed) = binary.fails(("MUTANT", number.to_string()), time)? {
            return Ok((Outcome::Caught, format!("{}: {failed}", binary.name)));
        }
        outcome = Outcome::Survived;
    }
    Ok((outcome, String::new()))
}

impl Binary {
    pub fn new(name: &str, tree: &Path, path: PathBuf) -> Self {
        Self {
            name: name.to_owned(),
            tree: tree.to_owned(),
            path,
            reached: BTreeSet::new(),
            usual: Duration::ZERO,
        }
    }

    /// Runs it without a mutant: which ones it reaches, and how long it takes.
    pub fn record(&mut self, reached: &Path) -> Result<(), Failure> {
        let _ = fs::remove_file(reached);
        let began = Instant::now();
        let variable = ("MUTANTS_REACHED", reached.to_string_lossy().into_owned());
        if let Some(failed) = self.fails(variable, Duration::from_secs(3600))? {
            return Err(format!("{} fails without a mutant: {failed}", self.name).into());
        }
        self.usual = began.elapsed();
        let numbers = fs::read_to_string(reached)?;
        self.reached = numbers
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect();
        let (name, seconds) = (&self.name, self.usual.as_secs_f64());
        println!("{name}: {seconds:.1} s, reaches {}", self.reached.len());
        Ok(())
    }

    /// The first test that fails; the others are not waited for.
    fn fails(&self, variable: (&str, String), time: Duration) -> Result<Option<String>, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v $0 && exec nice -n 3 \"$@\"", MEMORY]);
        command.arg(&self.path).arg("--test-threads=2");
        if self.name == "lib" {
            command.args(["model::", "judge::"]);
        }
        command
            .env(variable.0, variable.1)
            .env("RUST_BACKTRACE", "0");
        command
            .env("INSTA_UPDATE", "no")
            .env("INSTA_WORKSPACE_ROOT", &self.tree);
        command
            .env_remove("PROFILE_CONTRACT_ENDPOINT")
            .current_dir(&self.tree);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (say, hear) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| say.send(line))
        });
        let deadline = Instant::now() + time;
        let failed = loop {
            match hear.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let test = line.strip_prefix("test ");
                    if let Some(test) = test.and_then(|line| line.strip_suffix("FAILED")) {
                        break Some(test.trim_end_matches([' ', '.']).to_owned());
                    }
                }
                Err(RecvTimeoutError::Timeout) => break Some("(time)".to_owned()),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        if failed.is_some() {
            let _ = child.kill();
        }
        let status = child.wait()?;
        Ok(failed.or_else(|| (!status.success()).then(|| format!("({status})"))))
    }
}
