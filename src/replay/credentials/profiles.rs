//! The files with profiles, `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::NoCredentials;

/// Which of the two files: they name profiles differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Profiles are `[default]` and `[profile NAME]`.
    Config,
    /// Profiles are `[NAME]`.
    Credentials,
}

/// The settings of a profile, by their names in lower case.
#[derive(Default)]
pub(super) struct Profile(BTreeMap<String, String>);

impl Profile {
    /// A setting that says something.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// Values are secrets.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What both files say; of two settings, that of the file read later.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    /// The files that were asked for, and whether they were there.
    files: Vec<(PathBuf, bool)>,
    all: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads a file, if it is there.
    pub(super) fn read(&mut self, file: PathBuf, kind: Kind) -> Result<(), NoCredentials> {
        let there = match fs::read(&file) {
            Ok(bytes) => {
                self.add(&String::from_utf8_lossy(&bytes), kind);
                true
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                false
            }
            Err(error) => {
                let problem = error.to_string();
                return Err(NoCredentials::Unreadable { file, problem });
            }
        };
        self.files.push((file, there));
        Ok(())
    }

    /// The profile of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.all.get(name)
    }

    /// The files, for people.
    pub(super) fn files(&self) -> String {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|(file, there)| match there {
                true => file.display().to_string(),
                false => format!("{} (not there)", file.display()),
            })
            .collect();
        files.join(" and ")
    }

    /// The names of all profiles, as the end of a sentence.
    pub(super) fn known(&self) -> String {
        if self.all.is_empty() {
            return String::new();
        }
        let names: Vec<_> = self.all.keys().map(String::as_str).collect();
        format!("; there are {}", names.join(", "))
    }

    /// What was looked for in vain in each file.
    pub(super) fn told(&self, name: &str) -> impl Iterator<Item = String> {
        let has = match self.all.contains_key(name) {
            true => "neither keys nor a `credential_process` for it",
            false => "no such profile",
        };
        self.files.iter().map(move |(file, there)| {
            let found = if *there { has } else { "no such file" };
            format!("profile `{name}` in {}: {found}", file.display())
        })
    }

    /// Reads the text of a file.
    ///
    /// What is no setting is passed over, as AWS's tools do: those files hold more than concerns us, such as settings
    /// within settings, which are indented.
    fn add(&mut self, text: &str, kind: Kind) {
        let mut section: Option<String> = None;
        // `[profile default]` outdoes `[default]`, wherever they stand.
        let mut by_prefix = false;
        for line in text.lines() {
            let is_indented = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let header = rest.split(']').next().unwrap_or_default().trim();
                let (name, prefixed) = match (kind, header.split_once([' ', '\t'])) {
                    (Kind::Credentials, _) => (Some(header), false),
                    (Kind::Config, Some(("profile", name))) => (Some(name.trim()), true),
                    (Kind::Config, _) => ((header == "default").then_some(header), false),
                };
                section = name.map(|name| unquoted(name).to_owned());
                if section.as_deref() == Some("default") && kind == Kind::Config {
                    match (prefixed, by_prefix) {
                        (false, true) => section = None,
                        (true, false) => {
                            self.all.remove("default");
                            by_prefix = true;
                        }
                        _ => {}
                    }
                }
                if let Some(name) = &section {
                    self.all.entry(name.clone()).or_default();
                }
                continue;
            }
            let (Some(name), false, Some((key, value))) =
                (&section, is_indented, line.split_once('='))
            else {
                continue;
            };
            let key = key.trim().to_ascii_lowercase();
            let value = match key.as_str() {
                "credential_process" => value.trim(),
                _ => without_comment(value).trim(),
            };
            let profile = self.all.entry(name.clone()).or_default();
            profile.0.insert(key, value.to_owned());
        }
    }
}

/// The value before a comment, which begins with a blank and `#` or `;`.
fn without_comment(value: &str) -> &str {
    let begins = |pair: &[u8]| matches!(pair, [b' ' | b'\t', b'#' | b';']);
    match value.as_bytes().windows(2).position(begins) {
        Some(at) => &value[..at],
        None => value,
    }
}

fn unquoted(name: &str) -> &str {
    let within = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(name)
}
