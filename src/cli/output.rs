//! Where results go: stdout, stderr, report files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use crate::case::transcript;
use crate::check::{Kept, News};
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

/// A folder with one transcript for each distinct finding, named for its rule and its case.
#[derive(Debug)]
pub(super) struct Findings {
    folder: PathBuf,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    taken: BTreeSet<String>,
    /// By case, the files of transcripts for which smaller ones will come.
    first: BTreeMap<String, String>,
    trouble: Option<Trouble>,
}

impl Findings {
    /// The folder, which is made if need be.
    pub(super) fn new(folder: &Path) -> Result<Self, Trouble> {
        fs::create_dir_all(folder).map_err(|error| Trouble::Write {
            file: folder.to_owned(),
            error,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            written: Mutex::default(),
        })
    }

    /// Writes a transcript, in the place of what was written first for its case.
    pub(super) fn write(&self, kept: &Kept, news: News) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let told = &kept.transcript;
        let earlier = written.first.remove(&told.name);
        if let Some(earlier) = &earlier {
            written.taken.remove(earlier);
        }
        if news == News::Withdrawn {
            if let Some(earlier) = earlier {
                // That it stays is no loss.
                let _ = fs::remove_file(self.folder.join(earlier));
            }
            return;
        }
        let rule = kept.rule;
        let name = format!(
            "{rule}--{}",
            told.name
                .replace(['/', '\\'], "-")
                .trim_start_matches(['.', '-'])
        );
        let mut file = format!("{name}.case");
        let mut number = 1;
        while !written.taken.insert(file.clone()) {
            number += 1;
            file = format!("{name}-{number}.case");
        }
        let done = write(&self.folder.join(&file), &transcript::print(told));
        if let Some(earlier) = earlier.filter(|earlier| *earlier != file && done.is_ok()) {
            // That it stays is no loss.
            let _ = fs::remove_file(self.folder.join(earlier));
        }
        if news == News::First {
            written.first.insert(told.name.clone(), file);
        }
        if let Err(trouble) = done {
            written.trouble.get_or_insert(trouble);
        }
    }

    /// What went wrong.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.trouble.take()
    }
}

/// Writes a file.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(file, text).map_err(|error| Trouble::Write {
        file: file.to_owned(),
        error,
    })
}
