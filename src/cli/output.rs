//! Where results go: stdout, stderr, report files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::case::transcript;
use crate::check::Kept;
use crate::report::human::{Detail, Manner};
use crate::report::{Report, json, junit};

use super::Trouble;

/// Writes results to stdout. That nobody reads them any more, as in `… | head`, is no error.
pub(super) fn print(text: &str) -> Result<(), Trouble> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Trouble::Write {
            file: PathBuf::from("stdout"),
            error,
        }),
        _ => Ok(()),
    }
}

/// Writes a remark about the work to stderr.
pub(super) fn remark(text: &str) {
    // There is nowhere left to say that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes an error to stderr.
pub(super) fn complain(trouble: &Trouble) {
    remark(&format!("error: {trouble}"));
}

/// How to show results on stdout.
pub(super) fn manner(detail: Detail) -> Manner {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Manner {
        colour: io::stdout().is_terminal() && !unwanted,
        detail,
    }
}

/// A report file: `json=FILE` or `junit=FILE`.
#[derive(Debug, Clone)]
pub(super) struct ReportFile {
    kind: ReportKind,
    file: PathBuf,
}

#[derive(Debug, Clone, Copy)]
enum ReportKind {
    Json,
    Junit,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, file) = text.split_once('=').unwrap_or((text, ""));
        let kind = match kind {
            "json" => ReportKind::Json,
            "junit" => ReportKind::Junit,
            other => {
                return Err(format!(
                    "no report of kind `{other}`; expected json=FILE or junit=FILE"
                ));
            }
        };
        if file.is_empty() {
            return Err("no file; expected json=FILE or junit=FILE".to_owned());
        }
        Ok(Self {
            kind,
            file: PathBuf::from(file),
        })
    }
}

impl ReportFile {
    /// Writes the report.
    pub(super) fn write(&self, report: &Report) -> Result<(), Trouble> {
        let text = match self.kind {
            ReportKind::Json => json::render(report),
            ReportKind::Junit => junit::render(report).map_err(|error| Trouble::Write {
                file: self.file.clone(),
                error: io::Error::other(error),
            })?,
        };
        write(&self.file, &text)
    }

    /// Whether the file can be written, found out before the work instead of after it.
    pub(super) fn prepare(&self) -> Result<(), Trouble> {
        write(&self.file, "")
    }
}

/// Writes one transcript for each distinct finding, named for its rule and its case.
pub(super) fn write_findings(folder: &Path, kept: &[Kept]) -> Result<(), Trouble> {
    let mut taken = BTreeSet::new();
    for Kept {
        rule,
        transcript: told,
    } in kept
    {
        let name = format!(
            "{rule}--{}",
            told.name
                .replace(['/', '\\'], "-")
                .trim_start_matches(['.', '-'])
        );
        let mut file = format!("{name}.case");
        let mut number = 1;
        while !taken.insert(file.clone()) {
            number += 1;
            file = format!("{name}-{number}.case");
        }
        write(&folder.join(file), &transcript::print(told))?;
    }
    Ok(())
}

/// Makes sure that the folder for findings is there.
pub(super) fn prepare_folder(folder: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(folder).map_err(|error| Trouble::Write {
        file: folder.to_owned(),
        error,
    })
}

/// Writes a file.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(file, text).map_err(|error| Trouble::Write {
        file: file.to_owned(),
        error,
    })
}
