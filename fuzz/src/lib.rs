//! What the targets share: the allocator, and counters of our own for libFuzzer. What is new about answers guides it where
//! it cannot see the code that answers.

#[cfg(not(sanitized))]
mod allocator;
mod server;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use profile_contract::fuzz::{self, Conformance};
use profile_contract::replay::Target;

pub use server::servers;

// A sanitizer looks at memory through an allocator of its own.
#[cfg(not(sanitized))]
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

/// How many features are told apart.
const COUNTERS: usize = 1 << 15;

/// How many inputs are kept by chance where nothing guides.
const BY_CHANCE: u64 = 2048;

// libFuzzer finds the section by its name, looks at it after each run and clears it before the next.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static mut EXTRA: [u8; COUNTERS] = [0; COUNTERS];

/// What guides, by `PROFILE_CONTRACT_BLIND`: all there is, or less, to see what guidance is good for (`guidance.py`).
static GUIDE: LazyLock<Guide> =
    LazyLock::new(
        || match std::env::var("PROFILE_CONTRACT_BLIND").as_deref() {
            Err(_) => Guide::Answers,
            Ok("chance") => Guide::Chance,
            Ok("counters") => Guide::Counters,
            Ok(_) => Guide::Nothing,
        },
    );

#[derive(PartialEq, Eq)]
enum Guide {
    /// What is new about answers is kept, and half of the changes begin with what led deepest.
    Answers,
    /// What is new about answers is kept.
    Counters,
    /// Each input has a single feature, which follows from its bytes: as many are kept and changed further, whatever was answered.
    Chance,
    /// There are no features, so no input is kept, not even a seed.
    Nothing,
}

/// What notes the features of a run with this input.
pub fn guide(input: &[u8]) -> impl FnMut(u32) {
    if *GUIDE == Guide::Chance {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        count((hasher.finish() % BY_CHANCE) as usize);
    }
    let counts = matches!(*GUIDE, Guide::Answers | Guide::Counters);
    move |feature| {
        if counts {
            count(feature as usize % COUNTERS);
        }
    }
}

/// Changes a case, as the guide would have it.
pub fn mutate<T: Target + 'static>(
    conformance: &Conformance<T>,
    data: &mut [u8],
    size: usize,
    most: usize,
    seed: u32,
) -> usize {
    match *GUIDE {
        Guide::Answers => conformance.mutate(data, size, most, seed),
        _ => fuzz::mutate(data, size, most, seed),
    }
}

/// Counts a feature up.
fn count(at: usize) {
    // SAFETY: `at` is within the array, and libFuzzer runs one input at a time on the thread that looks at it.
    unsafe {
        let counter = (&raw mut EXTRA).cast::<u8>().add(at);
        *counter = (*counter).saturating_add(1);
    }
}
