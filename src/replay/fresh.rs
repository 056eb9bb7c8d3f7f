//! Names that nobody uses yet, for the domains of a case.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Settings;
use super::patience::persist;
use super::target::{Target, own_request};
use crate::model::absence::says_absent;
use crate::wire::{Answer, Message, percent};

/// Names of one character that are letters or digits (contract 2.1, `name`).
const SHORT: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// How every name given out begins.
const PREFIX: &str = "pc-";

/// What a case may put in front of a name, to show that a name may begin so.
const LEADING: [char; 3] = ['0', '-', '_'];

/// How many digits of a run's id tell when it began, in milliseconds since the epoch: enough until 2059.
const TIME_DIGITS: usize = 8;

/// How many digits an id has that a run gave itself.
const ID_DIGITS: usize = 12;

/// A moment before the first run ever, 2020-01-01, in milliseconds since the epoch.
const FIRST_RUN: u64 = 1_577_836_800_000;

/// How far ahead the clock of the machine of a run may have been.
const AHEAD: Duration = Duration::from_secs(24 * 3600);

/// The longest name given out, in characters. A domain name may have 64; cases append to it.
const LONGEST: usize = 40;

/// Told of the name of a domain.
type Told = Box<dyn Fn(&str) + Send + Sync>;

/// Gives out names of domains, each once, also when several cases run beside each other.
pub struct Run {
    id: String,
    given: AtomicU64,
    /// Names of one character that a case is using.
    short: Mutex<BTreeSet<char>>,
    unmarked: Option<Told>,
}

impl Run {
    /// A run with an id of its own: from the clock, with some chance added for machines that share a target.
    pub fn new() -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or_default();
        let chance = random() ^ u64::from(std::process::id());
        let chance = base36(36 * 36 * 36 + chance % (35 * 36 * 36 * 36));
        Self::named(&format!("{}{chance}", base36(now)))
    }

    /// A run with that id, of which the letters a-z, digits and `-` are used, at most 16.
    pub fn named(id: &str) -> Self {
        Self {
            id: label(id, 16),
            given: AtomicU64::new(0),
            short: Mutex::default(),
            unmarked: None,
        }
    }

    /// Tells `told` of every domain that is about to be created by a name that does not look like one of ours.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.unmarked = Some(Box::new(told));
        self
    }

    /// Tells of the domain a message creates, if its name does not look like one of ours.
    pub(super) fn announce(&self, message: &Message) {
        let (Some(told), Message::Request(request)) = (&self.unmarked, message) else {
            return;
        };
        let name = request.path().strip_prefix("/domains/");
        if let Some(name) = name.filter(|name| {
            request.method == "POST" && !name.contains('/') && !name.starts_with("pc-")
        }) {
            told(&percent::decode(name).unwrap_or_else(|| name.to_owned()));
        }
    }

    /// What tells the names of this run from those of others.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a domain name is of this run: one it gave out, or what a case made of one by
    /// adding to it.
    pub fn owns(&self, name: &str) -> bool {
        origin(name, Some(&self.id), SystemTime::UNIX_EPOCH).is_some()
    }

    /// A fresh domain name for a placeholder that begins with `domain`; what follows is kept as far as it can be.
    pub fn domain(&self, placeholder: &str) -> String {
        let number = self.given.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("{PREFIX}{}-{}", self.id, base36(number));
        let suffix = placeholder
            .strip_prefix("domain")
            .unwrap_or(placeholder)
            .trim_start_matches('-');
        match label(suffix, LONGEST.saturating_sub(name.len() + 1)).trim_end_matches('-') {
            "" => name,
            suffix => format!("{name}-{suffix}"),
        }
    }

    /// A name of one character for which the target knows no domain, reserved until the value is dropped.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) async fn short(
        &self,
        target: &impl Target,
        settings: &Settings,
    ) -> Result<Short<'_>, String> {
        // Runs beside this one begin elsewhere.
        let start = self.id.bytes().map(usize::from).sum::<usize>() % SHORT.len();
        let mut last = "none was tried".to_owned();
        for at in start..start + SHORT.len() {
            let name = char::from(SHORT[at % SHORT.len()]);
            let Some(short) = self.reserve(name) else {
                continue;
            };
            let request = own_request(target, "GET", format!("/domains/{name}"), None);
            let exchange = persist(target, request, settings).await;
            match exchange.answer {
                // What stands in front of the target knows of no domains.
                Answer::Response(response) if says_absent(&response) => {
                    return Err(format!(
                        "no free domain name of one character is known: `{name}` answered {}, of no error type that says so",
                        response.status
                    ));
                }
                Answer::Response(response) if response.status == 404 => return Ok(short),
                Answer::Response(response) => {
                    last = format!("`{name}` answered {}", response.status)
                }
                Answer::None(why) => {
                    return Err(format!(
                        "no free domain name of one character: `{name}` {why}"
                    ));
                }
            }
        }
        Err(format!(
            "no free domain name of one character: {last}, and no other answered 404"
        ))
    }

    fn reserve(&self, name: char) -> Option<Short<'_>> {
        let mut taken = self.short.lock().unwrap_or_else(PoisonError::into_inner);
        // Not `then_some`: a value that is made and not wanted would be dropped, and so release the name.
        taken.insert(name).then(|| Short { run: self, name })
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

/// What the name of a domain tells of the run that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// When the run began, if it gave itself its id.
    pub(super) began: Option<SystemTime>,
}

/// The run that made a domain of that name, in letters of either case, with what a case may have put in front of it (one
/// character that cannot begin every name) or behind: the given one, or any whose id is of the form that [`Run::new`] gives and that
/// began before `now`. `None` if no run did.
pub(super) fn origin(name: &str, run: Option<&str>, now: SystemTime) -> Option<Origin> {
    let name = name.to_ascii_lowercase();
    let rest = name
        .strip_prefix(LEADING)
        .unwrap_or(&name)
        .strip_prefix(PREFIX)?;
    let (id, of_run) = match run {
        Some(id) => (id, rest.strip_prefix(id)?.strip_prefix('-')?),
        None => rest.split_once('-')?,
    };
    if !of_run.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let began = began(id, now);
    (run.is_some() || began.is_some()).then_some(Origin { began })
}

/// When a run with that id began, if it gave itself the id and that is possible.
fn began(id: &str, now: SystemTime) -> Option<SystemTime> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    if id.len() != ID_DIGITS || !id.bytes().all(is_digit) {
        return None;
    }
    let ms = u64::from_str_radix(&id[..TIME_DIGITS], 36).ok()?;
    let began = UNIX_EPOCH + Duration::from_millis(ms);
    (ms >= FIRST_RUN && began <= now + AHEAD).then_some(began)
}

/// A name of one character that no other case of this run uses.
#[derive(Debug)]
pub(super) struct Short<'a> {
    run: &'a Run,
    pub(super) name: char,
}

impl Drop for Short<'_> {
    fn drop(&mut self) {
        self.run
            .short
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.name);
    }
}

/// A number nobody can predict; good enough to spread load and to tell runs apart.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// What is left of a text in lower case letters, digits and `-`.
fn label(text: &str, longest: usize) -> String {
    let fits = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
    text.to_ascii_lowercase()
        .replace('_', "-")
        .chars()
        .filter(fits)
        .take(longest)
        .collect()
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize]);
        number /= 36;
        if number == 0 {
            return digits
                .iter()
                .rev()
                .map(|&digit| char::from(digit))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_run_that_made_them() {
        let (run, now) = (Run::new(), SystemTime::now());
        let name = run.domain("domain-x");
        let added = [
            format!("{name}_more"),
            format!("0{name}"),
            format!("-{name}"),
        ];
        for ours in [name.clone(), name.to_uppercase()].into_iter().chain(added) {
            assert!(run.owns(&ours) && !Run::new().owns(&ours), "{ours}");
            let began = origin(&ours, None, now)
                .and_then(|origin| origin.began)
                .unwrap();
            assert!(
                now.duration_since(began).unwrap_or_default() < AHEAD,
                "{ours}"
            );
        }
        let yesterday_next_year = now + AHEAD * 364;
        assert!(origin(&name, None, yesterday_next_year).is_some());
        assert_eq!(origin(&name, None, now - AHEAD * 2), None, "not begun yet");
        for theirs in [
            "",
            "pc-",
            "pc-shop-1",
            "a",
            &name[1..],
            &format!("x{name}"),
            &format!("00{name}"),
            &format!("pc-{}", run.id()),
            &format!("pc-{}-", run.id()),
            &format!("pc-{}--1", run.id()),
            "pc-000000000000-1",
            "pc-mwut6h52rw4ä-1",
            "pc-mwut6h52rw4\u{212a}-1",
        ] {
            assert_eq!(origin(theirs, None, now), None, "{theirs}");
            assert!(!run.owns(theirs), "{theirs}");
        }
        assert!(Run::named("test").owns("pc-test-1") && origin("pc-test-1", None, now).is_none());
    }

    #[test]
    fn domains_are_short_clean_and_never_the_same() {
        let run = Run::new();
        let placeholders = [
            "domain",
            "domain2",
            "domain-Other_Name",
            "domain--",
            &format!("domain{}", "x".repeat(100)),
        ];
        let mut names = BTreeSet::new();
        for placeholder in placeholders.iter().cycle().take(100_000) {
            let name = run.domain(placeholder);
            assert!(
                name.len() <= LONGEST && name.starts_with("pc-") && !name.ends_with('-'),
                "{name}"
            );
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
            assert!(names.insert(name));
        }
        assert_eq!(
            Run::named("R 1").domain("domain-Other_Name"),
            "pc-r1-1-other-name"
        );
        assert_ne!(Run::new().domain("domain"), Run::new().domain("domain"));
        assert!(Run::named(&"z".repeat(99)).domain("domain-a").len() <= LONGEST);
    }
}
