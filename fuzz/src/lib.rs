//! Counters of our own for libFuzzer: what is new about answers guides it where it cannot see the code that answers.

use std::sync::LazyLock;

/// How many features are told apart.
const COUNTERS: usize = 1 << 16;

// libFuzzer finds the section by its name, looks at it after each run and clears it before the next.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static mut EXTRA: [u8; COUNTERS] = [0; COUNTERS];

/// Whether the counters stay as they are, to see what they are good for (`guidance.sh`).
static BLIND: LazyLock<bool> =
    LazyLock::new(|| std::env::var_os("PROFILE_CONTRACT_BLIND").is_some());

/// Notes that a run had a feature.
pub fn note(feature: u32) {
    if *BLIND {
        return;
    }
    let at = feature as usize % COUNTERS;
    // SAFETY: `at` is within the array, and libFuzzer runs one input at a time on the thread that looks at it.
    unsafe {
        let counter = (&raw mut EXTRA).cast::<u8>().add(at);
        *counter = (*counter).saturating_add(1);
    }
}
