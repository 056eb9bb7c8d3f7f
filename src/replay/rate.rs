//! How fast requests may follow each other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lets at most so many requests a second begin, however many cases want to send one.
///
/// Turns are handed out in the order of asking, evenly spaced: there are no bursts, and a pause saves nothing up. Clones
/// share their turns.
#[derive(Debug, Clone)]
pub struct Rate(Arc<Turns>);

#[derive(Debug)]
struct Turns {
    every: Duration,
    /// When the next request may begin.
    next: Mutex<Option<Instant>>,
}

impl Rate {
    /// At most that many requests a second; `None` if it is no number above 0.
    pub fn per_second(rate: f64) -> Option<Self> {
        let every = Duration::try_from_secs_f64(1.0 / rate)
            .ok()
            .filter(|_| rate > 0.0)?;
        Some(Self(Arc::new(Turns {
            every,
            next: Mutex::default(),
        })))
    }

    /// How far apart requests begin.
    pub fn every(&self) -> Duration {
        self.0.every
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) {
        sleep_until(self.0.reserve(Instant::now())).await;
    }
}

impl Turns {
    /// The turn of whoever asks at that moment.
    fn reserve(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        // A rate so low that no clock reaches the next turn: nobody's turn comes before that.
        *next = Some(turn.checked_add(self.every).unwrap_or(turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_evenly_spaced_and_pauses_save_nothing_up() {
        let limit = Rate::per_second(4.0).unwrap();
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let asked = [0, 0, 10, 300, 300, 5000, 5000, 5400, 5600];
        let turns = asked.map(|ms| limit.0.reserve(at(ms)).duration_since(begin).as_millis());
        assert_eq!(turns, [0, 250, 500, 750, 1000, 5000, 5250, 5500, 5750]);
    }

    #[test]
    fn no_second_has_more_turns_than_the_rate_however_many_ask() {
        for rate in [0.5, 1.0, 3.0, 7.0, 100.0, 2500.0] {
            let limit = Rate::per_second(rate).unwrap();
            let begin = Instant::now();
            let turns: Vec<_> = (0..10_000)
                .map(|at| limit.0.reserve(begin + Duration::from_micros(at * 100)))
                .collect();
            // Spacings are whole nanoseconds: over a second they may fall short of it by one each.
            let second = Duration::from_secs(1) - Duration::from_nanos(rate as u64 + 1);
            let most = rate.ceil() as usize;
            for (at, turn) in turns.iter().enumerate().skip(most) {
                assert!(*turn - turns[at - most] >= second, "{rate}");
            }
        }
    }

    #[test]
    fn a_rate_is_a_number_above_zero() {
        for rate in [0.0, -1.0, f64::NAN, -f64::INFINITY, 1e-300] {
            assert!(Rate::per_second(rate).is_none(), "{rate}");
        }
        assert_eq!(
            Rate::per_second(0.5).unwrap().every(),
            Duration::from_secs(2)
        );
    }
}
