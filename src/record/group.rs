//! Exchanges sorted by the domain they are about, and written down.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::conversation::{Change, Conversation};
use super::request::domain_of;
use crate::case::transcript::{self, Overheard};
use crate::contract::operation::addressed;
use crate::wire::{Answer, Exchange, Json, Message, Request, Response, percent};

/// How far from the clock of this machine a domain may say that it was created, and still count as created just now, in
/// seconds. Whoever is further off is taken for one that was there before.
const JUST_NOW: f64 = 5.0;

/// What the recording is called that is about no domain.
const NO_DOMAIN: &str = "no-domain";

/// Writes down what is said about each domain.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    from: String,
    groups: Mutex<BTreeMap<Option<String>, Arc<tokio::sync::Mutex<Group>>>>,
}

/// A recording that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The file.
    pub file: PathBuf,
    /// How many steps it has.
    pub steps: usize,
    /// Whether it begins in the middle.
    pub midway: bool,
}

impl Recorder {
    /// A recorder that writes to a folder, which is made if need be; `from` says where the traffic was heard.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made.
    pub fn new(folder: &Path, from: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            from: from.to_owned(),
            groups: Mutex::default(),
        })
    }

    /// The group of a request, to be held while the request is under way.
    pub(super) fn group(&self, request: &Request) -> Arc<tokio::sync::Mutex<Group>> {
        let domain = domain_of(request);
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let group = groups.entry(domain.clone()).or_insert_with(|| {
            let group = Group {
                folder: self.folder.clone(),
                from: self.from.clone(),
                domain,
                exists: false,
                kept: Vec::new(),
            };
            Arc::new(tokio::sync::Mutex::new(group))
        });
        Arc::clone(group)
    }

    /// All recordings so far.
    pub async fn recordings(&self) -> Vec<Recording> {
        let groups: Vec<_> = {
            let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.values().cloned().collect()
        };
        let mut all = Vec::new();
        for group in groups {
            for kept in &group.lock().await.kept {
                let transcript = kept.conversation.transcript();
                all.extend(kept.file.as_ref().map(|file| Recording {
                    file: file.clone(),
                    steps: transcript.case.steps.len(),
                    midway: transcript.overheard == Some(Overheard::Midway),
                }));
            }
        }
        all
    }
}

/// What was said about one domain.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
    from: String,
    domain: Option<String>,
    /// Whether the domain was there before our eyes saw it made.
    exists: bool,
    /// The recordings of it; the last one goes on.
    kept: Vec<Kept>,
}

/// A recording and its file.
#[derive(Debug)]
struct Kept {
    conversation: Conversation,
    /// The file once there is one. It is opened anew for each step: there may be more domains than a process may have files.
    file: Option<PathBuf>,
    /// Whether the file may not end where the last step did.
    torn: bool,
}

impl Group {
    /// Adds an exchange to the recording, and writes it.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; the next exchange tries again.
    pub(super) fn hear(&mut self, exchange: &Exchange) -> io::Result<()> {
        let made = self.note_beginning(exchange);
        let is_new = self.kept.is_empty();
        if is_new {
            let overheard = if self.domain.is_none() || made == Made::Here {
                Overheard::Whole
            } else {
                Overheard::Midway
            };
            self.begin(overheard);
        }
        let mut rewrite = false;
        if made == Made::Here && !is_new && self.is_midway() {
            let all_not_found = self.kept.last().is_some_and(|kept| {
                let answers = kept.conversation.transcript().answers.iter().flatten();
                answers.into_iter().all(|exchange| matches!(&exchange.answer, Answer::Response(response) if response.status == 404))
            });
            match self.kept.last_mut() {
                // Whoever asks whether the domain is there before making it has been heard from the beginning.
                Some(kept) if all_not_found => {
                    kept.conversation.is_whole_after_all();
                    rewrite = true;
                }
                _ => self.begin(Overheard::Whole),
            }
        }
        let (folder, domain) = (self.folder.clone(), self.domain.clone());
        let Some(kept) = self.kept.last_mut() else {
            return Ok(());
        };
        rewrite |= kept.conversation.hear(exchange) == Change::Earlier;
        let written = kept.write(&folder, domain.as_deref(), rewrite);
        if made == Made::Gone && self.is_midway() {
            // What follows is about a domain of which everything is known: that it is not there.
            self.begin(Overheard::Whole);
        }
        written
    }

    fn is_midway(&self) -> bool {
        self.kept
            .last()
            .is_some_and(|kept| kept.conversation.transcript().overheard == Some(Overheard::Midway))
    }

    fn begin(&mut self, overheard: Overheard) {
        let name = self.domain.as_deref().unwrap_or(NO_DOMAIN);
        let conversation = Conversation::new(name, self.domain.as_deref(), overheard, &self.from);
        self.kept.push(Kept {
            conversation,
            file: None,
            torn: false,
        });
    }

    /// Whether the exchange is where everything about the domain becomes known.
    fn note_beginning(&mut self, exchange: &Exchange) -> Made {
        let (Message::Request(request), Answer::Response(response)) =
            (&exchange.message, &exchange.answer)
        else {
            return Made::Elsewhere;
        };
        let served = (200..300).contains(&response.status);
        match addressed(&exchange.message).map(|operation| operation.name) {
            Some("CreateDomain")
                if served && !self.exists && is_fresh(response, exchange.at_ms) =>
            {
                Made::Here
            }
            Some("DeleteDomain") if served => {
                self.exists = false;
                Made::Gone
            }
            _ => {
                self.exists |= served && domain_of(request) == self.domain;
                Made::Elsewhere
            }
        }
    }
}

/// What an exchange says of the existence of its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// It was created.
    Here,
    /// It was deleted.
    Gone,
    /// Nothing.
    Elsewhere,
}

/// Whether a domain was created by the request that says so, and not there before.
fn is_fresh(response: &Response, at_ms: i64) -> bool {
    let body = Json::parse(&response.body).ok();
    let created = body
        .as_ref()
        .and_then(|body| body.get("CreatedAt"))
        .and_then(Json::as_number);
    // A time that is missing is for the judge to find.
    created.is_none_or(|created| (created.as_f64() - at_ms as f64 / 1000.0).abs() < JUST_NOW)
}

impl Kept {
    /// Writes the last step behind the others, or all of them anew.
    fn write(&mut self, folder: &Path, domain: Option<&str>, rewrite: bool) -> io::Result<()> {
        let transcript = self.conversation.transcript();
        let steps = transcript.case.steps.len();
        let whole = rewrite || self.torn;
        // Until all went well: whatever got into the file, the next step writes all of it anew.
        self.torn = true;
        match &self.file {
            Some(path) if whole => {
                let fresh = path.with_extension("case.new");
                // Whoever is killed meanwhile leaves the earlier file as it was.
                fs::write(&fresh, transcript::print(transcript))
                    .and_then(|()| fs::rename(&fresh, path))?;
            }
            Some(path) => {
                let mut text = String::new();
                transcript::print_steps(transcript, steps.saturating_sub(1), &mut text);
                let mut file = OpenOptions::new().append(true).open(path)?;
                file.write_all(text.as_bytes())?;
            }
            None => {
                let (path, mut file) = create(folder, domain)?;
                self.file = Some(path);
                file.write_all(transcript::print(transcript).as_bytes())?;
            }
        }
        self.torn = false;
        Ok(())
    }
}

/// A new file for a domain; one that is there stays.
fn create(folder: &Path, domain: Option<&str>) -> io::Result<(PathBuf, File)> {
    let name: String = percent::encode(domain.unwrap_or(NO_DOMAIN))
        .chars()
        .take(120)
        .collect();
    // A name of dots alone is none for a file.
    let name = match name.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => name,
    };
    for number in 1u32.. {
        let file = if number == 1 {
            format!("{name}.case")
        } else {
            format!("{name}-{number}.case")
        };
        let path = folder.join(file);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("every number is taken"))
}
