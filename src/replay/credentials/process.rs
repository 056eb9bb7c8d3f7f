//! `credential_process`: a command that prints credentials.

use std::io::Read as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;

use super::{Handed, NoCredentials};

/// How long a command may take; some ask a person something.
const LONGEST: Duration = Duration::from_secs(60);

/// How much it may print.
const MOST: u64 = 1 << 20;

/// What the command of that profile prints. Its stderr is that of this process.
pub(super) async fn credentials(
    command: &str,
    profile: &str,
) -> Result<Credentials, NoCredentials> {
    let refused = |problem| NoCredentials::Refused {
        who: format!("`credential_process` of profile `{profile}`"),
        problem,
    };
    let command = command.to_owned();
    let printed = tokio::task::spawn_blocking(move || run(&command))
        .await
        .map_err(|error| refused(error.to_string()))?
        .map_err(refused)?;
    let handed =
        Handed::read(&printed).map_err(|problem| refused(format!("it printed {problem}")))?;
    if handed.version != Some(1) {
        return Err(refused("it printed no `\"Version\": 1`".to_owned()));
    }
    handed.credentials().map_err(refused)
}

/// Runs a command in a shell and returns what it prints.
fn run(command: &str) -> Result<Vec<u8>, String> {
    let mut shell = if cfg!(windows) {
        let mut shell = Command::new("cmd.exe");
        shell.args(["/C", command]);
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell
    };
    let mut child = shell
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let stdout = child.stdout.take();
    let printed = thread::spawn(move || {
        let mut printed = Vec::new();
        // What cannot be read is missing, and reading the rest as credentials says so.
        if let Some(stdout) = stdout {
            let _ = stdout.take(MOST).read_to_end(&mut printed);
        }
        printed
    });
    let end = Instant::now() + LONGEST;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(Some(status)) => return Err(ended(status)),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {LONGEST:?}"));
            }
            Err(error) => return Err(format!("it cannot be waited for: {error}")),
        }
    }
    printed
        .join()
        .map_err(|_| "what it printed cannot be read".to_owned())
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("it ended with status {code}"),
        None => "it was killed".to_owned(),
    }
}
