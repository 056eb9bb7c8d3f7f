//! Deleting the domains a case has created.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::patience::persist;
use super::target::{Target, own_request};
use super::{Run, Settings};
use crate::case::bind::Values;
use crate::model::absence::says_absent;
use crate::wire::http1::{RequestFlaw, parse_request};
use crate::wire::{Answer, Exchange, Message, NoAnswerKind, percent};

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
pub(super) struct Created(BTreeMap<String, Domain>);

#[derive(Debug)]
struct Domain {
    /// How the case wrote the name in its paths.
    segment: String,
    /// Whether the target said that it created it.
    sure: bool,
}

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
        let method = |name: &str| request.method.eq_ignore_ascii_case(name);
        let (creates, deletes) = (method("POST"), method("DELETE"));
        if !creates && !deletes {
            return;
        }
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
        if creates && (served || is_fresh(&name, with)) {
            let segment = segment.to_owned();
            let sure = served || self.0.get(&name).is_some_and(|known| known.sure);
            self.0.insert(name, Domain { segment, sure });
        } else if deletes && served {
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
                let segment = name.to_owned();
                let sure = false;
                self.0.insert(name.to_owned(), Domain { segment, sure });
            }
        }
    }

    /// Forgets those whose names a run gave out: they stay.
    pub(super) fn keep_own(&mut self, run: &Run) {
        self.0.retain(|name, _| !run.owns(name));
    }

    /// Deletes them all; returns those that could not be deleted, and whether one may come to be only now.
    pub(super) async fn delete(
        self,
        target: &impl Target,
        settings: &Settings,
    ) -> (Vec<Leftover>, bool) {
        let mut leftovers = Vec::new();
        let mut doubtful = false;
        for (domain, Domain { segment, sure }) in self.0 {
            let request = own_request(target, "DELETE", format!("/domains/{segment}"), None);
            let exchange = persist(target, request, settings).await;
            let (why, absent) = match exchange.answer {
                Answer::Response(response) if (200..300).contains(&response.status) => continue,
                Answer::Response(response) if says_absent(&response) => {
                    (format!("status {}", response.status), true)
                }
                Answer::Response(response) if response.status == 404 => {
                    doubtful |= !sure;
                    continue;
                }
                Answer::Response(response) => (format!("status {}", response.status), false),
                Answer::None(why) => (why.to_string(), false),
            };
            leftovers.push(Leftover {
                domain,
                why,
                absent,
            });
        }
        (leftovers, doubtful)
    }
}

fn fresh(with: &Values) -> impl Iterator<Item = (&str, &str)> {
    with.iter()
        .filter(|(name, _)| name.starts_with("domain") || *name == "short")
}

fn is_fresh(name: &str, with: &Values) -> bool {
    fresh(with).any(|(_, fresh)| fresh == name)
}
