//! What a fuzzer runs: bodies for targets of a few lines each, and the mutator they share.
//!
//! The input of a fuzzer is the text of a case, so that the corpus is the seed, and what it finds is a file that `replay`
//! and `shrink` take. A target that fuzzes a service of one's own, with its coverage as the guide:
//!
//! ```no_run
//! # use axum::Router;
//! # mod my_service { pub(crate) fn router() -> axum::Router { axum::Router::new() } }
//! use std::sync::LazyLock;
//! use profile_contract::fuzz::Conformance;
//! use profile_contract::replay::InProcess;
//!
//! static CONFORMANCE: LazyLock<Conformance<InProcess<Router>>> =
//!     LazyLock::new(|| Conformance::in_process(|| InProcess::new(my_service::router())));
//!
//! # macro_rules! fuzz_target { ($($any:tt)*) => {} }
//! # macro_rules! fuzz_mutator { ($($any:tt)*) => {} }
//! fuzz_target!(|data: &[u8]| -> Corpus { if CONFORMANCE.run(data) { Corpus::Keep } else { Corpus::Reject } });
//! fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| CONFORMANCE.mutate(data, size, most, seed));
//! # fn main() {}
//! ```
//!
//! The bodies panic where something is wrong, which is what a fuzzer listens for. `docs/fuzzing.md` tells of nights,
//! findings and other machines.

mod conformance;
mod deepest;
mod night;
mod novelty;
mod transcripts;
mod wire;

pub use self::conformance::{Conformance, ENDPOINT, FINDINGS};
pub use self::transcripts::mutate_transcript;
pub use self::wire::Wire;

use serde_json::json;

use crate::case::{Body, Case, Manner, Say, Step, text, transcript};
use crate::generate;
use crate::judge;
use crate::replay::Target;

/// What problems call the input; its name is part of a transcript.
const INPUT: &str = "input.case";

/// How many bytes a change draws its decisions from.
const DECISIONS: usize = 512;

/// Reads a case, prints it and reads it again: both are the same, and printing once more changes nothing.
///
/// Returns whether the text is a case at all.
///
/// # Panics
///
/// If they differ.
pub fn case_text(data: &[u8]) -> bool {
    let Some(case) = read(data) else {
        return false;
    };
    let printed = text::print(&case);
    let again = text::parse(&printed, INPUT);
    assert!(
        again.as_ref() == Ok(&case),
        "read back otherwise:\n{printed}\n{again:?}"
    );
    true
}

/// Judges a transcript as it is, and printed and read again: the verdicts are the same.
///
/// Returns whether the text is a transcript at all.
///
/// # Panics
///
/// If they differ.
pub fn judge(data: &[u8]) -> bool {
    let Some(told) = std::str::from_utf8(data)
        .ok()
        .and_then(|text| transcript::parse(text, INPUT).ok())
    else {
        return false;
    };
    let verdict = judge::judge(&told);
    let printed = transcript::print(&told);
    match transcript::parse(&printed, INPUT) {
        Ok(again) => {
            assert!(again == told, "read back otherwise:\n{printed}");
            let again = judge::judge(&again);
            assert!(
                again.findings == verdict.findings,
                "judged otherwise:\n{printed}"
            );
        }
        Err(problem) => panic!("{problem}\nin what was printed:\n{printed}"),
    }
    true
}

/// Holds a conversation about one field against a target, usually the reference, which must then agree with itself.
///
/// Returns whether the input has two lines at least.
///
/// # Panics
///
/// As [`Conformance::run`].
pub fn extract<T: Target + 'static>(conformance: &Conformance<T>, data: &[u8]) -> bool {
    let Some(case) = extraction(data) else {
        return false;
    };
    conformance.hold(case);
    true
}

/// A conversation about one field: its source is the first line, the object it reads from the rest, both as they come.
///
/// The field is the key of its type and has a target, so that what is extracted shows.
fn extraction(data: &[u8]) -> Option<Case> {
    let (source, object) = std::str::from_utf8(data).ok()?.split_once('\n')?;
    let escaped = |text: &str| text.replace("${", "$${");
    let kind = json!({
        "Description": "what a source reads",
        "Fields": {"f": {"Source": escaped(source), "Target": "_profile.Attributes.f"}},
        "Keys": {"k": [{"FieldNames": ["f"], "StandardIdentifiers": ["UNIQUE", "PROFILE"]}]},
    });
    let steps = [
        ("POST", "", json!({"DefaultExpirationDays": 30})),
        ("PUT", "/object-types/T", kind),
        (
            "PUT",
            "/profiles/objects",
            json!({"ObjectTypeName": "T", "Object": escaped(object)}),
        ),
        (
            "POST",
            "/profiles/search",
            json!({"KeyName": "k", "Values": ["a"]}),
        ),
    ];
    Some(Case {
        steps: steps
            .map(|(method, path, body)| Step {
                about: Vec::new(),
                say: Say::Request {
                    method: method.to_owned(),
                    target: format!("/domains/${{domain}}{path}"),
                    headers: Vec::new(),
                    body: Body::Text(body.to_string()),
                },
                manner: Manner::default(),
                claim: None,
                bindings: Vec::new(),
            })
            .into(),
        ..Case::default()
    })
}

/// Changes the case in the first `size` bytes of `data`, and returns how many bytes it has then: `max_size` at most.
///
/// What is no case becomes one. The same seed makes the same change.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let bytes = decisions(seed);
    let changed = match read(&data[..size]) {
        // Now and then something else altogether.
        Some(case) if !case.steps.is_empty() && !seed.is_multiple_of(4) => {
            generate::edited(case, &bytes)
        }
        _ => generate::case(&bytes).case,
    };
    let max_size = max_size.min(data.len());
    write(changed, &mut data[..max_size]).unwrap_or(size)
}

/// Writes the beginning of one case and the end of another to `out`, and returns how many bytes that takes.
///
/// Nothing, if neither is a case or `out` is too short for a single step.
pub fn cross_over(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let crossed = match (read(one), read(other)) {
        (Some(one), Some(other)) => generate::crossed(&one, &other, &decisions(seed)),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return 0,
    };
    write(crossed, out).unwrap_or(0)
}

/// The case that a fuzzer's input is.
fn read(data: &[u8]) -> Option<Case> {
    text::parse(std::str::from_utf8(data).ok()?, INPUT).ok()
}

/// Writes as much of a case as there is room for, step by step.
fn write(mut case: Case, room: &mut [u8]) -> Option<usize> {
    loop {
        let printed = text::print(&case);
        if let Some(room) = room.get_mut(..printed.len()) {
            room.copy_from_slice(printed.as_bytes());
            return Some(printed.len());
        }
        case.steps.pop()?;
    }
}

/// Bytes that follow from a seed (the generator SplitMix64).
fn decisions(seed: u32) -> [u8; DECISIONS] {
    let mut state = u64::from(seed);
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    };
    let mut bytes = [0; DECISIONS];
    bytes.as_chunks_mut().0.fill_with(next);
    bytes
}
