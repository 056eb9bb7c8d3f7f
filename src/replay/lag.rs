//! How late a target shows its effects.
//!
//! An effect may become visible after the answer that promised it (time.settle). While every read has shown what was
//! expected at once, the target counts as synchronous and nobody waits. Once a read had to be repeated, the longest such
//! delay is the measure: after a write a case goes on when several times that has passed, so that the effects of one
//! write are there before the next, and what has not appeared by then is taken not to appear (time.negative).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The least time to wait on a target that is late at all.
const LEAST: Duration = Duration::from_millis(500);

/// How many times the longest delay seen is waited for.
const FACTOR: u32 = 3;

/// The longest delay seen between a write and the read that showed it; shared by all cases of a run.
#[derive(Debug, Clone, Default)]
pub struct Lag(Arc<Seen>);

/// What of a target shows late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Nothing.
    None,
    /// Profiles, objects and keys.
    OfData,
    /// Also domains, types and tags, which should show at once.
    OfSetup,
}

#[derive(Debug, Default)]
struct Seen {
    longest_ms: AtomicU64,
    /// Whether domains, types or tags were late.
    of_setup: AtomicBool,
}

impl Lag {
    /// The longest delay seen; zero while the target counts as synchronous.
    pub fn longest(&self) -> Duration {
        Duration::from_millis(self.0.longest_ms.load(Ordering::Relaxed))
    }

    /// How the target is late, as far as is known.
    pub fn lateness(&self) -> Lateness {
        let of_setup = self.0.of_setup.load(Ordering::Relaxed);
        match (self.is_none(), of_setup) {
            (true, _) => Lateness::None,
            (false, false) => Lateness::OfData,
            (false, true) => Lateness::OfSetup,
        }
    }

    /// Whether the target shows effects at once, as far as is known.
    pub fn is_none(&self) -> bool {
        self.longest().is_zero()
    }

    /// Notes a delay.
    pub fn note(&self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.0.longest_ms.fetch_max(ms.max(1), Ordering::Relaxed);
    }

    /// Notes that a domain, a type or a tag showed late.
    pub fn note_setup(&self) {
        self.0.of_setup.store(true, Ordering::Relaxed);
    }

    /// How long after a write its effects can be counted on.
    pub fn settled_after(&self) -> Duration {
        match self.is_none() {
            true => Duration::ZERO,
            false => (self.longest() * FACTOR).max(LEAST),
        }
    }

    /// Waits until the effects of a write answered at that moment can be counted on.
    pub(super) async fn wait(&self, written: Instant) {
        if self.is_none() {
            return;
        }
        let left = self.settled_after().saturating_sub(written.elapsed());
        if !left.is_zero() {
            tokio::time::sleep(left).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_until_something_was_late() {
        let lag = Lag::default();
        assert!(lag.is_none());
        assert_eq!(lag.settled_after(), Duration::ZERO);
        assert_eq!(lag.lateness(), Lateness::None);
        lag.note(Duration::from_millis(40));
        assert_eq!(lag.settled_after(), LEAST);
        lag.note(Duration::from_millis(400));
        lag.note(Duration::from_millis(90));
        assert_eq!(lag.longest(), Duration::from_millis(400));
        assert_eq!(lag.settled_after(), Duration::from_millis(1200));
    }

    #[test]
    fn a_delay_too_short_to_measure_is_one_all_the_same() {
        let lag = Lag::default();
        lag.note(Duration::ZERO);
        assert!(!lag.is_none());
        assert_eq!(lag.lateness(), Lateness::OfData);
        lag.note_setup();
        assert_eq!(lag.lateness(), Lateness::OfSetup);
    }
}
