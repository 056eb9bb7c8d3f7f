//! What is new about an answer, for targets whose code nobody can watch.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::case::transcript::Transcript;
use crate::contract::Operation;
use crate::contract::operation::addressed;
use crate::judge::Verdict;
use crate::wire::{Answer, Exchange, Json};

/// Beyond so many, how often a write was served is all the same.
const MOST: u32 = 8;

/// Features of a conversation: numbers that are the same where the target did the same.
///
/// One for each answer, in the order they came; one for each pair of neighbours; one for each answer beside how often
/// each write had been served before, because what is wrong in a long conversation is wrong after so many of something;
/// and one for each side of a rule that was brought up, which is what the model made of it all. No ids, times or sizes:
/// with them every answer would be new.
pub(super) fn features(told: &Transcript, verdict: &Verdict) -> Vec<u32> {
    let mut features = Vec::new();
    let mut before = 0;
    let mut served = BTreeMap::new();
    for exchange in told.answers.iter().flatten() {
        let operation = addressed(&exchange.message);
        let this = answer(operation, exchange);
        features.push(this);
        features.push(figure(&(before, this)));
        before = this;
        let Answer::Response(response) = &exchange.answer else {
            continue;
        };
        let name = operation.map(|operation| operation.name);
        for counted in &served {
            features.push(figure(&(counted, name, response.status)));
        }
        if let Some(write) = operation.filter(|operation| !operation.reads())
            && response.status < 300
        {
            let times: &mut u32 = served.entry(write.name).or_default();
            *times = MOST.min(*times + 1);
        }
    }
    for (at, word) in verdict.exercised.words().iter().enumerate() {
        let bits = (0..u64::BITS).filter(|bit| word >> bit & 1 == 1);
        features.extend(bits.map(|bit| figure(&(at, bit))));
    }
    features
}

fn answer(operation: Option<&Operation>, exchange: &Exchange) -> u32 {
    let mut figure = Figure::default();
    operation.map(|operation| operation.name).hash(&mut figure);
    match &exchange.answer {
        Answer::None(silence) => silence.kind.name().hash(&mut figure),
        Answer::Response(response) => {
            let error = response.headers.get("x-amzn-errortype");
            (response.status, error).hash(&mut figure);
            match Json::parse(&response.body) {
                Ok(body) => shape(&body, 0, &mut figure),
                Err(_) => figure.write_u8(0),
            }
        }
    }
    figure.number()
}

/// Which members there are, down to the second level, and about how many items.
fn shape(value: &Json, depth: usize, figure: &mut Figure) {
    match value {
        Json::Object(members) if depth < 2 => {
            for (name, value) in members {
                (depth, name).hash(figure);
                shape(value, depth + 1, figure);
            }
        }
        Json::Array(items) => {
            figure.write_usize(items.len().min(3));
            if let Some(first) = items.first() {
                shape(first, depth, figure);
            }
        }
        _ => {}
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
