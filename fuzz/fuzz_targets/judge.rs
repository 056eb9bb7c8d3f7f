//! Transcripts of whatever content: judged without a panic, and the same when read back.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use profile_contract::fuzz;

fuzz_target!(|data: &[u8]| {
    fuzz::judge(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    match seed % 4 {
        0 => fuzzer_mutate(data, size, most),
        _ => fuzz::mutate_transcript(data, size, most, seed / 4),
    }
});
