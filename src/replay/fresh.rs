//! Names that nobody uses yet, for the domains of a case.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Settings;
use super::patience::persist;
use super::target::Target;
use crate::model::absence::says_absent;
use crate::wire::{Answer, Headers, Message, Request, percent};

/// Names of one character that are letters or digits (contract 2.1, `name`).
const SHORT: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

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
        Self::named(&format!(
            "{}{}",
            base36(now),
            base36(36 * 36 * 36 + chance % (35 * 36 * 36 * 36))
        ))
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

    /// A fresh domain name for a placeholder that begins with `domain`; what follows is kept as far as it can be.
    pub fn domain(&self, placeholder: &str) -> String {
        let number = self.given.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("pc-{}-{}", self.id, base36(number));
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
            let request = Request {
                method: "GET".to_owned(),
                target: format!("/domains/{name}"),
                headers: Headers::default(),
                body: None,
            };
            let exchange = persist(target, Message::Request(request), settings).await;
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
