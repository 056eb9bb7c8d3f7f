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

/// How many steps a recording may have: the next one goes on in the middle. Adding a name to a step writes the file anew.
const LONGEST: usize = 5000;

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
                done: Vec::new(),
                current: None,
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
            let group = group.lock().await;
            all.extend(group.done.iter().cloned());
            all.extend(group.current.as_ref().and_then(Kept::recording));
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
    /// Recordings of it that nothing is added to any more.
    done: Vec<Recording>,
    /// The recording that goes on.
    current: Option<Kept>,
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
        let made = self.is_made_here(exchange);
        let mut rewrite = false;
        match &mut self.current {
            None if made || self.domain.is_none() => self.begin(Overheard::Whole),
            None => self.begin(Overheard::Midway),
            // Whoever asks whether the domain is there before making it has been heard from the beginning.
            Some(kept) if made && kept.is_midway() && kept.heard_of_nothing() => {
                kept.conversation.is_whole_after_all();
                rewrite = true;
            }
            Some(kept) if made && kept.is_midway() => self.begin(Overheard::Whole),
            Some(kept) if kept.steps() >= LONGEST => {
                self.exists = self.domain.is_some();
                let overheard = if self.exists {
                    Overheard::Midway
                } else {
                    Overheard::Whole
                };
                self.begin(overheard);
            }
            Some(_) => {}
        }
        let Some(kept) = &mut self.current else {
            return Ok(());
        };
        rewrite |= kept.conversation.hear(exchange) == Change::Earlier;
        kept.write(&self.folder, self.domain.as_deref(), rewrite)
    }

    /// Begins another recording.
    fn begin(&mut self, overheard: Overheard) {
        let name = self.domain.as_deref().unwrap_or(NO_DOMAIN);
        let conversation = Conversation::new(name, self.domain.as_deref(), overheard, &self.from);
        let before = self.current.replace(Kept {
            conversation,
            file: None,
            torn: false,
        });
        self.done.extend(before.as_ref().and_then(Kept::recording));
    }

    /// Whether the exchange made the domain, which was not there before: from here on everything about it is known.
    fn is_made_here(&mut self, exchange: &Exchange) -> bool {
        let (Message::Request(request), Answer::Response(response)) =
            (&exchange.message, &exchange.answer)
        else {
            return false;
        };
        let served = (200..300).contains(&response.status);
        match addressed(&exchange.message).map(|operation| operation.name) {
            Some("CreateDomain")
                if served && !self.exists && is_fresh(response, exchange.at_ms) =>
            {
                return true;
            }
            Some("DeleteDomain") if served => self.exists = false,
            _ => self.exists |= served && domain_of(request) == self.domain,
        }
        false
    }
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
    fn steps(&self) -> usize {
        self.conversation.transcript().case.steps.len()
    }

    fn is_midway(&self) -> bool {
        self.conversation.transcript().overheard == Some(Overheard::Midway)
    }

    /// Whether nothing was found that was asked for.
    fn heard_of_nothing(&self) -> bool {
        let mut answers = self.conversation.transcript().answers.iter().flatten();
        answers.all(|exchange| matches!(&exchange.answer, Answer::Response(response) if response.status == 404))
    }

    /// What there is to tell about it, once it has a file.
    fn recording(&self) -> Option<Recording> {
        Some(Recording {
            file: self.file.clone()?,
            steps: self.steps(),
            midway: self.is_midway(),
        })
    }

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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Headers;

    fn said(method: &str, status: u16, answer: &str) -> Exchange {
        let request = Request {
            method: method.to_owned(),
            target: "/domains/d".to_owned(),
            headers: Headers::default(),
            body: None,
        };
        let response = Response {
            status,
            headers: Headers::default(),
            body: Bytes::copy_from_slice(answer.as_bytes()),
        };
        Exchange {
            message: Message::Request(request),
            answer: Answer::Response(response),
            at_ms: 1_700_000_000_000,
            took_us: 1000,
        }
    }

    /// The recordings that exchanges about one domain make: steps, and whether they begin in the middle.
    async fn recorded(exchanges: impl Iterator<Item = Exchange>) -> Vec<(usize, bool)> {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::new(folder.path(), "a test").expect("a recorder");
        for exchange in exchanges {
            let Message::Request(request) = &exchange.message else {
                continue;
            };
            let group = recorder.group(request);
            group.lock().await.hear(&exchange).expect("a file");
        }
        let recordings = recorder.recordings().await;
        for recording in &recordings {
            let text = fs::read_to_string(&recording.file).expect("a file");
            let read = transcript::parse(&text, "d.case").expect("a recording");
            assert_eq!(read.answers.len(), recording.steps);
        }
        let told = recordings.iter();
        told.map(|recording| (recording.steps, recording.midway))
            .collect()
    }

    const NOW: &str = r#"{"CreatedAt": 1700000001.5}"#;
    const LONG_AGO: &str = r#"{"CreatedAt": 1690000000}"#;

    #[tokio::test]
    async fn a_recording_is_whole_from_where_the_domain_was_made() {
        for (exchanges, recordings) in [
            (
                vec![said("POST", 200, NOW), said("GET", 200, "{}")],
                vec![(2, false)],
            ),
            (
                vec![said("GET", 404, "{}"), said("POST", 200, NOW)],
                vec![(2, false)],
            ),
            // It was there: a service that takes the same domain twice says when it was made.
            (
                vec![said("POST", 200, LONG_AGO), said("GET", 200, "{}")],
                vec![(2, true)],
            ),
            (
                vec![said("GET", 200, "{}"), said("POST", 200, NOW)],
                vec![(2, true)],
            ),
            (
                vec![said("POST", 400, "{}"), said("POST", 200, NOW)],
                vec![(1, true), (1, false)],
            ),
            (
                vec![
                    said("GET", 200, "{}"),
                    said("DELETE", 200, "{}"),
                    said("GET", 404, "{}"),
                    said("POST", 200, NOW),
                ],
                vec![(3, true), (1, false)],
            ),
            // Once known, known for good.
            (
                vec![
                    said("POST", 200, NOW),
                    said("DELETE", 200, "{}"),
                    said("POST", 200, LONG_AGO),
                ],
                vec![(3, false)],
            ),
        ] {
            let shown = format!("{exchanges:?}");
            assert_eq!(recorded(exchanges.into_iter()).await, recordings, "{shown}");
        }
    }

    #[tokio::test]
    async fn what_is_too_long_goes_on_in_the_middle() {
        let asked = std::iter::repeat_n(said("GET", 200, "{}"), LONGEST + 2);
        let told = recorded([said("POST", 200, NOW)].into_iter().chain(asked)).await;
        assert_eq!(told, [(LONGEST, false), (3, true)]);
    }
}
