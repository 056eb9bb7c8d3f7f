//! Transcripts of whatever content: judged without a panic, and the same when read back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use profile_contract::fuzz;

fuzz_target!(|data: &[u8]| {
    fuzz::judge(data);
});
