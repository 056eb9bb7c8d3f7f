//! The text of cases: parsed, printed and parsed again.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use profile_contract::fuzz;

// What is no case is kept too: the way to one leads through it.
fuzz_target!(|data: &[u8]| {
    fuzz::case_text(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    match seed % 4 {
        0 => fuzz::mutate(data, size, most, seed / 4),
        _ => fuzzer_mutate(data, size, most),
    }
});
