//! Conversations without a network, the same in every run.

use profile_contract::case::Case;
use profile_contract::case::bind::{DEFAULT_ARN, Values, follow_up, fresh_names, learn, message};
use profile_contract::wire::{
    Answer, Exchange, Message, NoAnswer, NoAnswerKind, Request, Respond, http1,
};

/// When every case begins, in milliseconds since the epoch.
const START_MS: i64 = 1_700_000_000_000;

/// What was said and answered.
#[derive(Default)]
pub(crate) struct Conversation {
    /// Each with its step.
    pub(crate) exchanges: Vec<(usize, Exchange)>,
    /// At which step it ended early, and why.
    pub(crate) broken: Option<(usize, String)>,
}

/// Holds a case with a target.
pub(crate) fn converse(case: &Case, target: &mut dyn Respond) -> Conversation {
    let mut values: Values = fresh_names(case)
        .into_iter()
        .map(|name| (value_of(&name), name))
        .map(swap)
        .collect();
    let mut now_ms = START_MS;
    let mut told = Conversation::default();
    for (at, step) in case.steps.iter().enumerate() {
        now_ms += 1 + i64::from(step.manner.pause_ms);
        let mut next = match message(step, &values) {
            Ok(message) => Some(message),
            Err(unbound) => {
                told.broken = Some((at, unbound.to_string()));
                return told;
            }
        };
        let mut answered = 0;
        while let Some(message) = next.take() {
            let exchange = Exchange {
                answer: answer(target, &message, now_ms),
                message,
                at_ms: now_ms,
                took_us: 0,
            };
            answered += 1;
            let mut missing = None;
            if let Answer::Response(response) = &exchange.answer {
                next = follow_up(step, answered, &exchange);
                if answered == 1 {
                    missing = learn(step, response, &mut values).err();
                }
            }
            told.exchanges.push((at, exchange));
            if let Some(missing) = missing {
                told.broken = Some((at, missing.to_string()));
                return told;
            }
        }
    }
    told
}

/// The same names in every run, and legible ones: a domain is called what its placeholder is called.
fn value_of(name: &str) -> String {
    match name {
        "arn" => DEFAULT_ARN.to_owned(),
        "short" => "s".to_owned(),
        other => other.to_owned(),
    }
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// What a target answers; to bytes that are no request, which never reach it, with a closed connection.
fn answer(target: &mut dyn Respond, message: &Message, now_ms: i64) -> Answer {
    let parsed: Option<Request> = match message {
        Message::Request(request) => Some(request.clone()),
        Message::Raw(bytes) => http1::parse_request(bytes).ok(),
    };
    match parsed {
        Some(request) => Answer::Response(target.respond(&request, now_ms)),
        None => Answer::None(NoAnswer {
            kind: NoAnswerKind::Closed,
            detail: String::new(),
        }),
    }
}
