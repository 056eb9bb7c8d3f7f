//! The text of cases: parsed, printed and parsed again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use profile_contract::fuzz;

// What is no case is kept too: the way to one leads through it.
fuzz_target!(|data: &[u8]| {
    fuzz::case_text(data);
});
