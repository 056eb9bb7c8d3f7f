//! What is new about an answer, for targets whose code nobody can watch.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::case::transcript::Transcript;
use crate::contract::Side;
use crate::contract::operation::addressed;
use crate::judge::Verdict;
use crate::wire::{Answer, Exchange, Json};

/// Features of a conversation: numbers that are the same where the target did the same.
///
/// One for each answer, in the order they came, one for each pair of neighbours, and one for each side of a rule that was
/// brought up, which is what the model knows of the state. No ids, times or sizes: with them every answer would be new.
pub(super) fn features(told: &Transcript, verdict: &Verdict) -> Vec<u32> {
    let mut features = Vec::new();
    let mut before = 0;
    for exchange in told.answers.iter().flatten() {
        let this = answer(exchange);
        features.push(this);
        features.push(figure(&(before, this)));
        before = this;
    }
    let sides = verdict.exercised.iter();
    features.extend(sides.map(|(rule, side)| figure(&(rule.index(), side == Side::Inside))));
    features
}

fn answer(exchange: &Exchange) -> u32 {
    let operation = addressed(&exchange.message).map(|operation| operation.name);
    let (status, error, shape) = match &exchange.answer {
        Answer::None(silence) => (0, silence.kind.name().to_owned(), Vec::new()),
        Answer::Response(response) => {
            let error = response.headers.get("x-amzn-errortype").unwrap_or_default();
            let shape = Json::parse(&response.body).map_or_else(|_| vec![0], |body| shape(&body));
            (response.status, error.to_owned(), shape)
        }
    };
    figure(&(operation, status, error, shape))
}

/// Which members there are, down to the second level, and about how many items.
fn shape(body: &Json) -> Vec<u32> {
    fn collect(value: &Json, depth: usize, shape: &mut Vec<u32>) {
        match value {
            Json::Object(members) if depth < 2 => {
                for (name, value) in members.iter() {
                    shape.push(figure(&(depth, name)));
                    collect(value, depth + 1, shape);
                }
            }
            Json::Array(items) => {
                shape.push(items.len().min(3) as u32);
                if let Some(first) = items.first() {
                    collect(first, depth, shape);
                }
            }
            _ => {}
        }
    }
    let mut shape = Vec::new();
    collect(body, 0, &mut shape);
    shape
}

fn figure(value: &impl Hash) -> u32 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish() as u32
}
