//! What is new about an answer, for targets whose code nobody can watch.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use crate::check::Watched;
use crate::contract::operation::addressed;
use crate::wire::{Answer, Exchange, Json, Message, Request, Response};

/// Beyond so many, how many there are is all the same.
const MOST: usize = 24;

/// Features of a conversation: numbers that are the same where the target did the same.
///
/// They are few, and each stands for one thing: a fuzzer that keeps an input for every combination of things keeps what is
/// odd, and what is deep drowns in it. For the answers there are the operation with its status and error, the same beside the
/// operation and status before it, and each member of a body. For what is deep there are counts: how often one thing was
/// written to, how many items were listed, and how much the target held in the end. What the model made of it all
/// are the sides of rules that were brought up. No ids, times or sizes: with them every answer would be new.
pub(super) fn features(watched: &Watched) -> Vec<u32> {
    let mut noted = Noted::default();
    for exchanges in &watched.transcript.answers {
        noted.step(exchanges);
    }
    let mut features = noted.features;
    let held = watched.extent.counts().into_iter().enumerate();
    features.extend(held.map(|(what, count)| figure(&("held", what, count.min(MOST)))));
    for (at, word) in watched.verdict.exercised.words().iter().enumerate() {
        let bits = (0..u64::BITS).filter(|bit| word >> bit & 1 == 1);
        features.extend(bits.map(|bit| figure(&("rule", at, bit))));
    }
    features
}

/// What was noted of the answers so far.
#[derive(Default)]
struct Noted {
    features: Vec<u32>,
    /// Operation and status of the answer before.
    before: (&'static str, u16),
    /// How often each thing was written to.
    writes: HashMap<u32, usize>,
}

impl Noted {
    fn note(&mut self, feature: impl Hash) {
        self.features.push(figure(&feature));
    }

    /// The answers of one step: several where it has pages.
    fn step(&mut self, exchanges: &[Exchange]) {
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
            if let Ok(body) = Json::parse(&response.body) {
                self.members(&body, 0, figure(&name));
                let listed = body.get("Items").and_then(Json::items);
                items += listed.map_or(0, <[Json]>::len);
            }
            if let Message::Request(request) = &exchange.message
                && operation.is_some_and(|operation| !operation.reads())
            {
                self.write(name, request);
            }
        }
        self.note(("items", name, items.min(MOST), exchanges.len().min(MOST)));
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
                    self.features.push(member);
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

    fn write(&mut self, name: &'static str, request: &Request) {
        let body = request.body.as_deref().map(Json::parse);
        let body = body.and_then(Result::ok);
        let member = |name| body.as_ref().and_then(|body| body.get(name)?.as_str());
        let subject = ["ProfileId", "MainProfileId", "ObjectTypeName", "KeyName"].map(member);
        let times = self.writes.entry(figure(&(name, request.path(), subject)));
        let times = times.or_default();
        *times = MOST.min(*times + 1);
        let times = *times;
        self.note(("times", name, times));
    }
}

fn figure(value: &impl Hash) -> u32 {
    let mut figure = Figure::default();
    value.hash(&mut figure);
    figure.number()
}

/// Makes a number of what is written to it. Nobody means to make two alike, so it need not be hard to do so.
#[derive(Default)]
struct Figure(u64);

impl Figure {
    fn number(&self) -> u32 {
        // The best mixed bits are the upper ones.
        (self.0 >> 32) as u32
    }
}

impl Hasher for Figure {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..piece.len()].copy_from_slice(piece);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
