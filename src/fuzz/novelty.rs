//! What is new about an answer, for targets whose code nobody can watch.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::case::transcript::Transcript;
use crate::contract::operation::addressed;
use crate::contract::{Operation, Side};
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
    let sides = verdict.exercised.iter();
    features.extend(sides.map(|(rule, side)| figure(&(rule.index(), side == Side::Inside))));
    features
}

fn answer(operation: Option<&Operation>, exchange: &Exchange) -> u32 {
    let operation = operation.map(|operation| operation.name);
    let (status, error, shape) = match &exchange.answer {
        Answer::None(silence) => (0, silence.kind.name(), Vec::new()),
        Answer::Response(response) => {
            let error = response.headers.get("x-amzn-errortype").unwrap_or_default();
            let shape = Json::parse(&response.body).map_or_else(|_| vec![0], |body| shape(&body));
            (response.status, error, shape)
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
