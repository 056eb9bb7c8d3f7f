//! Changes of transcripts: answers that nobody gave, for the judge to make something of.

use std::sync::LazyLock;

use bytes::Bytes;
use tokio::runtime::Runtime;

use super::{INPUT, decisions};
use crate::case::Case;
use crate::case::bind::Values;
use crate::case::transcript::{self, Transcript};
use crate::generate;
use crate::model::Model;
use crate::replay::{Local, Next, Run, Settings, replay};
use crate::wire::{Answer, Exchange, NoAnswerKind, Response};

/// Statuses that somebody may answer with.
const STATUSES: &[u16] = &[
    100, 200, 201, 204, 301, 304, 400, 401, 403, 404, 405, 409, 413, 429, 500, 501, 503,
];

/// Names of errors, right and wrong ones.
const ERRORS: &[&str] = &[
    "BadRequestException",
    "ResourceNotFoundException",
    "AccessDeniedException",
    "ThrottlingException",
    "InternalServerException",
    "ValidationException",
    "BadRequestException:http://internal/",
    "",
];

/// What the reference answers to cases that have no answers yet.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Changes the transcript in the first `size` bytes of `data`, and returns how many bytes it has then: `max_size` at most.
///
/// A case becomes the transcript of its conversation with the reference, and what is neither becomes one of a generated
/// case. The same seed makes the same change.
pub fn mutate_transcript(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let bytes = decisions(seed);
    let read = std::str::from_utf8(&data[..size])
        .ok()
        .and_then(|text| transcript::parse(text, INPUT).ok());
    let mut told = match read {
        Some(told) if !told.answers.is_empty() => told,
        Some(told) if !told.case.steps.is_empty() => answered(&told.case),
        _ => answered(&generate::case(&bytes).case),
    };
    let (how, rest) = bytes.split_at(16);
    for how in how.chunks_exact(8).take(1 + usize::from(bytes[16] % 2)) {
        change(&mut told, how, rest);
    }
    let max_size = max_size.min(data.len());
    while !told.case.steps.is_empty() {
        let printed = transcript::print(&told);
        if let Some(room) = data[..max_size].get_mut(..printed.len()) {
            room.copy_from_slice(printed.as_bytes());
            return printed.len();
        }
        told.case.steps.pop();
        told.answers.truncate(told.case.steps.len());
    }
    size
}

/// The conversation of the reference about a case, without pauses.
fn answered(case: &Case) -> Transcript {
    let mut case = case.clone();
    for step in &mut case.steps {
        step.manner.pause_ms = 0;
    }
    let settings = Settings {
        run: Run::named("fuzz"),
        ..Settings::default()
    };
    let target = Local::new(Model::reference());
    let mut watch = |_: usize, _: &Exchange| Next::Go;
    let told = replay(
        "input",
        &case,
        &target,
        Values::new(),
        &settings,
        &mut watch,
    );
    RUNTIME.block_on(told).transcript
}

/// One change of an answer, decided by the first bytes; the rest decides about values.
fn change(told: &mut Transcript, how: &[u8], rest: &[u8]) {
    let place = |among: usize, by: u8| usize::from(by) % among.max(1);
    let mut exchanges: Vec<&mut Exchange> = told.answers.iter_mut().flatten().collect();
    let among = exchanges.len();
    let other = exchanges
        .get(place(among, how[1]))
        .map(|exchange| exchange.answer.clone());
    let Some(exchange) = exchanges.get_mut(place(among, how[0])) else {
        return;
    };
    let Answer::Response(response) = &mut exchange.answer else {
        exchange.answer = other.unwrap_or_else(|| plain(200));
        return;
    };
    match how[2] % 12 {
        0..=5 => {
            let body = std::str::from_utf8(&response.body).ok();
            let edited = body.and_then(|body| generate::edited_json(body, rest));
            response.body = edited.map_or_else(Bytes::new, Bytes::from);
        }
        6 => response.status = STATUSES[place(STATUSES.len(), how[3])],
        7 => {
            let error = ERRORS[place(ERRORS.len(), how[3])];
            response.headers.push("x-amzn-errortype", error);
            response.status = STATUSES[place(STATUSES.len(), how[4])];
        }
        8 => {
            // Cut within the text, which is no JSON any more and perhaps no UTF-8.
            let end = place(response.body.len() + 1, how[3]);
            response.body.truncate(end);
        }
        9 => exchange.answer = Answer::none(NoAnswerKind::Timeout, "no answer in time"),
        10 => exchange.answer = other.unwrap_or_else(|| plain(200)),
        _ => {
            let left = place(told.answers.len() + 1, how[3]);
            told.answers.truncate(left);
        }
    }
}

fn plain(status: u16) -> Answer {
    Answer::Response(Response {
        status,
        headers: Default::default(),
        body: Bytes::from_static(b"{}"),
    })
}
