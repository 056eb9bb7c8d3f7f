//! Deleting the domains a case has created.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Settings;
use super::patience::persist;
use super::target::Target;
use crate::case::bind::Values;
use crate::model::absence::says_absent;
use crate::wire::http1::{RequestFlaw, parse_request};
use crate::wire::{Answer, Exchange, Headers, Message, NoAnswerKind, Request, percent};

/// A domain that could not be deleted, or nobody knows whether it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its name.
    pub domain: String,
    /// What came of deleting it.
    pub why: String,
    /// Whether that is what a server says that cannot delete domains at all.
    pub absent: bool,
}

/// The domains that exist, or may exist, because of a case: their names, and how the case wrote them in its paths.
#[derive(Debug, Default)]
pub(super) struct Created(BTreeMap<String, String>);

impl Created {
    /// Draws from an exchange what it created or deleted. `with` holds the fresh names.
    ///
    /// Where nobody knows whether the target did what it was asked to, only names that this run made up are taken for
    /// created: others may belong to somebody.
    pub(super) fn note(&mut self, exchange: &Exchange, with: &Values) {
        let (served, unknown) = match &exchange.answer {
            Answer::Response(response) => (
                (200..300).contains(&response.status),
                response.status >= 500,
            ),
            Answer::None(why) => (
                false,
                !matches!(why.kind, NoAnswerKind::Refused | NoAnswerKind::Unreachable),
            ),
        };
        if !served && !unknown {
            return;
        }
        let request = match &exchange.message {
            Message::Request(request) => Cow::Borrowed(request),
            Message::Raw(bytes) => match parse_request(bytes) {
                Ok(request) => Cow::Owned(request),
                Err(RequestFlaw::Trailing(behind)) => {
                    match parse_request(&bytes[..bytes.len() - behind]) {
                        Ok(request) => Cow::Owned(request),
                        Err(_) => return,
                    }
                }
                Err(_) => return self.note_damaged(bytes, with),
            },
        };
        let mut segments = request
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty());
        let (Some(domains), Some(segment), None) =
            (segments.next(), segments.next(), segments.next())
        else {
            return;
        };
        if !domains.eq_ignore_ascii_case("domains") {
            return;
        }
        let name = percent::decode(segment).unwrap_or_else(|| segment.to_owned());
        if request.method.eq_ignore_ascii_case("POST") && (served || is_fresh(&name, with)) {
            self.0.insert(name, segment.to_owned());
        } else if request.method.eq_ignore_ascii_case("DELETE") && served {
            self.0.remove(&name);
        }
    }

    /// What a lenient server makes of damaged bytes is anybody's guess.
    fn note_damaged(&mut self, bytes: &[u8], with: &Values) {
        for (_, name) in fresh(with) {
            let path = format!("/domains/{name}");
            if bytes
                .windows(path.len())
                .any(|window| window == path.as_bytes())
            {
                self.0.insert(name.to_owned(), name.to_owned());
            }
        }
    }

    /// Deletes them all; returns those that could not be deleted.
    pub(super) async fn delete(self, target: &impl Target, settings: &Settings) -> Vec<Leftover> {
        let mut leftovers = Vec::new();
        for (domain, segment) in self.0 {
            let request = Request {
                method: "DELETE".to_owned(),
                target: format!("/domains/{segment}"),
                headers: Headers::default(),
                body: None,
            };
            let exchange = persist(target, Message::Request(request), settings).await;
            let (why, absent) = match exchange.answer {
                Answer::Response(response) if (200..300).contains(&response.status) => continue,
                Answer::Response(response) if says_absent(&response) => {
                    (format!("status {}", response.status), true)
                }
                Answer::Response(response) if response.status == 404 => continue,
                Answer::Response(response) => (format!("status {}", response.status), false),
                Answer::None(why) => (why.to_string(), false),
            };
            leftovers.push(Leftover {
                domain,
                why,
                absent,
            });
        }
        leftovers
    }
}

fn fresh(with: &Values) -> impl Iterator<Item = (&str, &str)> {
    with.iter()
        .filter(|(name, _)| name.starts_with("domain") || *name == "short")
}

fn is_fresh(name: &str, with: &Values) -> bool {
    fresh(with).any(|(_, fresh)| fresh == name)
}
