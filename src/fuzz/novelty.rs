//! What is new about an answer, for targets whose code nobody can watch.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use crate::check::Watched;
use crate::contract::operation::{Operation, addressed};
use crate::wire::{Answer, Exchange, Json, Message, Request, Response, body};

/// Beyond so many, how many there are is all the same.
const MOST: usize = 64;

/// As many features as most conversations have.
const ENOUGH: usize = 256;

/// What may be new about a conversation.
#[derive(Default)]
pub(super) struct Novelty {
    /// Numbers that are the same where the target did the same.
    ///
    /// They are few, and each stands for one thing: a fuzzer that keeps an input for every combination of things keeps what is
    /// odd, and what is deep drowns in it. For the answers there are the operation with its status and error, the same beside the
    /// operation and status before it, and each member of a body. There is one for each depth. What the model made of it all
    /// are the sides of rules that were brought up. No ids, times or sizes: with them every answer would be new.
    pub(super) features: Vec<u32>,
    /// How deep the conversation led: how often one thing was written to, how many items were listed and on how many pages, and how
    /// much the target held in the end, each by the number that stands for what is counted.
    pub(super) depths: Vec<(u32, usize)>,
}

impl Novelty {
    /// Of a conversation; features only if somebody wants them, because they take longer.
    pub(super) fn of(watched: &Watched, wants_features: bool) -> Self {
        let mut reader = Reader {
            wants_features,
            ..Reader::default()
        };
        if wants_features {
            reader.novelty.features.reserve(ENOUGH);
        }
        for exchanges in &watched.transcript.answers {
            reader.step(exchanges);
        }
        reader.count_writes();
        for (what, count) in watched.extent.counts().into_iter().enumerate() {
            reader.count(("held", what), count);
        }
        if wants_features {
            for (at, word) in watched.verdict.exercised.words().iter().enumerate() {
                let mut left = *word;
                while left != 0 {
                    reader.note(("rule", at, left.trailing_zeros()));
                    left &= left - 1;
                }
            }
        }
        reader.novelty
    }
}

/// Reads a conversation, answer by answer.
#[derive(Default)]
struct Reader<'t> {
    novelty: Novelty,
    wants_features: bool,
    /// Operation and status of the answer before.
    before: (&'static str, u16),
    /// What was written: operation, address and request.
    writes: Vec<(&'static str, &'t str, &'t Request)>,
}

impl<'t> Reader<'t> {
    fn note(&mut self, feature: impl Hash) {
        if self.wants_features {
            self.novelty.features.push(figure(&feature));
        }
    }

    fn count(&mut self, what: impl Hash, count: usize) {
        let (what, count) = (figure(&what), count.min(MOST));
        self.note((what, count));
        let depths = &mut self.novelty.depths;
        match depths.iter_mut().find(|(known, _)| *known == what) {
            Some((_, depth)) => *depth = count.max(*depth),
            None => depths.push((what, count)),
        }
    }

    /// The answers of one step: several where it has pages.
    fn step(&mut self, exchanges: &'t [Exchange]) {
        let mut items = 0;
        let mut name = "";
        for exchange in exchanges {
            let operation = addressed(&exchange.message);
            name = operation.map_or("", |operation| operation.name);
            let response = match &exchange.answer {
                Answer::Response(response) => response,
                Answer::None(silence) => {
                    self.note(("silence", name, silence.kind.name()));
                    continue;
                }
            };
            self.answer(name, response);
            if response.status >= 300 {
                continue;
            }
            let reads = operation.is_some_and(Operation::reads);
            if (reads || self.wants_features)
                && let Ok(body) = body::read(&response.body)
            {
                if self.wants_features {
                    self.members(&body, 0, figure(&name));
                }
                let listed = body.get("Items").and_then(Json::items);
                items += listed.map_or(0, <[Json]>::len);
            }
            if let Message::Request(request) = &exchange.message
                && !reads
            {
                self.writes.push((name, request.path(), request));
            }
        }
        self.count(("items", name), items);
        self.count(("more pages", name), exchanges.len().saturating_sub(1));
    }

    fn answer(&mut self, name: &'static str, response: &Response) {
        let error = response.headers.get("x-amzn-errortype");
        self.note(("said", name, response.status, error));
        self.note(("after", self.before, name, response.status));
        self.before = (name, response.status);
    }

    /// Each member there is, down to the second level.
    fn members(&mut self, value: &Json, depth: usize, within: u32) {
        match value {
            Json::Object(members) if depth < 2 => {
                for (name, value) in members {
                    let member = figure(&(within, name));
                    self.novelty.features.push(member);
                    self.members(value, depth + 1, member);
                }
            }
            Json::Array(items) => {
                if let Some(first) = items.first() {
                    self.members(first, depth, within);
                }
            }
            _ => {}
        }
    }

    /// Counts how often each thing was written to.
    fn count_writes(&mut self) {
        let mut writes = std::mem::take(&mut self.writes);
        writes.sort_unstable_by_key(|(name, path, _)| (*name, *path));
        for alike in writes.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let most = match alike {
                // Whatever it speaks of.
                [_] => 1,
                several => {
                    let mut times: HashMap<u32, usize> = HashMap::new();
                    for (.., request) in several {
                        *times.entry(subject(request)).or_default() += 1;
                    }
                    times.into_values().max().unwrap_or(0)
                }
            };
            let name = alike[0].0;
            for times in 1..=most.min(MOST) {
                self.count(("times", name), times);
            }
        }
    }
}

/// What a request speaks of, beside its address.
fn subject(request: &Request) -> u32 {
    let body = request.body.as_deref().map(Json::parse);
    let body = body.and_then(Result::ok);
    let member = |name| body.as_ref().and_then(|body| body.get(name)?.as_str());
    figure(&["ProfileId", "MainProfileId", "ObjectTypeName", "KeyName"].map(member))
}

/// A number that stands for something, today and tomorrow.
fn figure(value: &impl Hash) -> u32 {
    FixedState::default().hash_one(value) as u32
}
