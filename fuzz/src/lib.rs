//! What the targets share: the allocator, and counters of our own for libFuzzer. What is new about answers guides it where
//! it cannot see the code that answers.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

// A sanitizer looks at memory through an allocator of its own.
#[cfg(not(sanitized))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many features are told apart.
const COUNTERS: usize = 1 << 16;

/// How many inputs are kept by chance where nothing guides.
const BY_CHANCE: u64 = 2048;

// libFuzzer finds the section by its name, looks at it after each run and clears it before the next.
#[used]
#[unsafe(link_section = "__libfuzzer_extra_counters")]
static mut EXTRA: [u8; COUNTERS] = [0; COUNTERS];

/// What decides which inputs are kept, to see what guidance is good for (`guidance.py`).
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
    Answers,
    /// Answers, but no change begins with what led deepest.
    Counters,
    Chance,
    Nothing,
}

/// What notes the features of a run with this input.
///
/// With `PROFILE_CONTRACT_BLIND` there are none, and no input is kept beside the seeds. If that is `chance`, each input has a
/// single feature, which follows from its bytes: as many inputs are kept and changed further, whatever was answered.
pub fn guide(input: &[u8]) -> impl FnMut(u32) {
    if *GUIDE == Guide::Chance {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        count((hasher.finish() % BY_CHANCE) as usize);
    }
    |feature| {
        if matches!(*GUIDE, Guide::Answers | Guide::Counters) {
            count(feature as usize % COUNTERS);
        }
    }
}

/// Whether changes begin with what led deepest, half the time.
pub fn goes_deep() -> bool {
    *GUIDE == Guide::Answers
}

/// Counts a feature up.
fn count(at: usize) {
    // SAFETY: `at` is within the array, and libFuzzer runs one input at a time on the thread that looks at it.
    unsafe {
        let counter = (&raw mut EXTRA).cast::<u8>().add(at);
        *counter = (*counter).saturating_add(1);
    }
}
