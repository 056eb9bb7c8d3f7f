//! Whether a target is still there.
//!
//! A target that refuses connections may be starting anew, so whoever needs it waits for a while. After that it counts as
//! gone, and nothing more is asked of it. Whatever comes back may have forgotten what it was told, so whoever talked to it
//! meanwhile must know that it was away.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::wire::{Answer, NoAnswerKind};

/// How long a target may refuse connections before it counts as gone.
pub const GRACE: Duration = Duration::from_secs(5);

/// Refusals in a row that are needed as well: a machine that slept proves nothing.
const LEAST_REFUSALS: u32 = 8;

/// Whether the target of a run is still there; shared by all its cases.
#[derive(Debug, Default)]
pub struct Outage {
    /// Whether connections were refused of late; before that nothing needs to be counted.
    away: AtomicBool,
    gone: AtomicBool,
    /// How often the target was found away, to have closed a connection instead of answering, or to have begun anew.
    lapses: AtomicU64,
    refused: Mutex<Option<Refused>>,
}

/// Refusals in a row.
#[derive(Debug)]
struct Refused {
    since: Instant,
    count: u32,
    last: String,
}

impl Outage {
    /// Notes what came of a message, and when.
    pub(super) fn note(&self, answer: &Answer, now: Instant) {
        let why = match answer {
            Answer::None(why) => why,
            Answer::Response(_) => return self.note_there(),
        };
        match why.kind {
            NoAnswerKind::Refused | NoAnswerKind::Unreachable => {
                self.lapses.fetch_add(1, Ordering::Relaxed);
                self.away.store(true, Ordering::Relaxed);
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                let refused = refused.get_or_insert_with(|| Refused {
                    since: now,
                    count: 0,
                    last: String::new(),
                });
                refused.count += 1;
                refused.last = why.to_string();
                if refused.count >= LEAST_REFUSALS
                    && now.saturating_duration_since(refused.since) >= GRACE
                {
                    self.gone.store(true, Ordering::Relaxed);
                }
            }
            // Somebody accepted the connection, or at least did not refuse it.
            NoAnswerKind::Timeout => {}
            NoAnswerKind::Closed | NoAnswerKind::Malformed => self.note_there(),
        }
    }

    /// Notes that a connection was closed where an answer was due, or that the target has forgotten what it was told.
    pub(super) fn note_lapse(&self) {
        self.lapses.fetch_add(1, Ordering::Relaxed);
    }

    fn note_there(&self) {
        if self.away.swap(false, Ordering::Relaxed) {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// How often the target was found away, failed to answer or was found to have begun anew. Between two equal numbers it can have forgotten nothing
    /// that anybody noticed.
    pub fn lapses(&self) -> u64 {
        self.lapses.load(Ordering::Relaxed)
    }

    /// Whether the target is gone for good.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// What the target said last before it was taken for gone.
    pub fn last_words(&self) -> Option<String> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref().map(|refused| refused.last.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Answer {
        Answer::none(NoAnswerKind::Refused, "connecting")
    }

    #[test]
    fn gone_is_what_refuses_often_and_for_long() {
        let (outage, now) = (Outage::default(), Instant::now());
        for _ in 0..100 {
            outage.note(&refused(), now);
        }
        assert!(!outage.is_gone(), "often alone is not enough");
        outage.note(&refused(), now + GRACE);
        assert!(outage.is_gone());
        assert_eq!(outage.last_words().as_deref(), Some("refused: connecting"));

        let outage = Outage::default();
        outage.note(&refused(), now);
        outage.note(&refused(), now + GRACE);
        assert!(!outage.is_gone(), "long alone is not enough");
    }

    #[test]
    fn what_comes_back_was_away_and_is_not_gone() {
        let (outage, now) = (Outage::default(), Instant::now());
        for _ in 0..LEAST_REFUSALS {
            outage.note(&refused(), now);
        }
        let lapses = outage.lapses();
        assert!(lapses > 0);
        outage.note(&Answer::none(NoAnswerKind::Closed, ""), now);
        outage.note(&refused(), now + GRACE);
        assert!(!outage.is_gone());
        assert_eq!(outage.lapses(), lapses + 1);
    }
}
