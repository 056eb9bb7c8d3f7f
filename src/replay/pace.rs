//! How fast a target is asked, and how patiently.
//!
//! Whoever is throttled waits and asks again. While that is rare, nothing else changes: another case takes the turn of the
//! one that waits. Once more than a tenth of the answers are refusals of that kind, all requests of the run keep a
//! distance in time, which grows until the target takes nearly all of them, and shrinks again as long as it does.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{self, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};

/// How often a message is sent that is answered with 429 or 503.
const TRIES: u32 = 9;

/// How often, once several messages in a row were throttled to the last.
const TRIES_IN_VAIN: u32 = 2;

/// So many messages in a row that were throttled to the last are enough.
const IN_VAIN: u32 = 4;

/// The share of throttled answers, in thousandths, above which requests are spaced out, and below which they close up.
const MANY: u32 = 100;
const FEW: u32 = 50;

/// After how many answers the distance may change again.
const REACTION: u32 = 20;

/// The least distance between two requests that is kept, and the greatest.
const LEAST: Duration = Duration::from_millis(1);
const GREATEST: Duration = Duration::from_secs(1);

/// How fast the target of a run is asked; shared by all its cases.
#[derive(Debug, Default)]
pub struct Pace {
    /// Whether any answer was a 429 or 503: before that nothing needs to be counted.
    throttles: AtomicBool,
    /// The distance between two requests, in microseconds.
    distance_us: AtomicU64,
    /// The greatest distance there was.
    greatest_us: AtomicU64,
    in_vain: AtomicU32,
    flow: sync::Mutex<Flow>,
}

#[derive(Debug, Default)]
struct Flow {
    /// The moving share of throttled answers, in millionths.
    share: u32,
    /// Answers since the distance was last changed.
    since: u32,
    /// When the next request may go out.
    next: Option<Instant>,
}

impl Pace {
    /// Waits until the next request may go out.
    pub(super) async fn turn(&self) {
        let distance = Duration::from_micros(self.distance_us.load(Ordering::Relaxed));
        if !distance.is_zero() {
            let slot = self.slot(Instant::now(), distance);
            tokio::time::sleep_until(slot.into()).await;
        }
    }

    /// When the next request may go out, so far behind the one before it.
    fn slot(&self, now: Instant, distance: Duration) -> Instant {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = flow.next.map_or(now, |next| next.max(now));
        flow.next = Some(slot + distance);
        slot
    }

    /// Notes whether an answer was a 429 or 503.
    pub(super) fn note(&self, throttled: bool) {
        if !throttled && !self.throttles.load(Ordering::Relaxed) {
            return;
        }
        self.throttles.store(true, Ordering::Relaxed);
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        flow.share = flow.share - flow.share / 32 + if throttled { 1_000_000 / 32 } else { 0 };
        flow.since += 1;
        if flow.since < REACTION {
            return;
        }
        let distance = Duration::from_micros(self.distance_us.load(Ordering::Relaxed));
        let next = match flow.share / 1000 {
            share if share > MANY => (distance * 3 / 2).clamp(LEAST, GREATEST),
            share if share < FEW && distance <= LEAST => Duration::ZERO,
            share if share < FEW => distance * 4 / 5,
            _ => return,
        };
        flow.since = 0;
        let us = u64::try_from(next.as_micros()).unwrap_or(u64::MAX);
        self.distance_us.store(us, Ordering::Relaxed);
        self.greatest_us.fetch_max(us, Ordering::Relaxed);
    }

    /// How often a throttled message is sent.
    pub(super) fn tries(&self) -> u32 {
        match self.in_vain.load(Ordering::Relaxed) {
            0..IN_VAIN => TRIES,
            _ => TRIES_IN_VAIN,
        }
    }

    /// Notes whether a message that was throttled got through in the end.
    pub(super) fn ended(&self, through: bool) {
        if through {
            self.in_vain.store(0, Ordering::Relaxed);
        } else {
            self.in_vain.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The greatest distance in time that had to be kept between two requests; zero unless the target throttled much.
    pub fn greatest_distance(&self) -> Duration {
        Duration::from_micros(self.greatest_us.load(Ordering::Relaxed))
    }
}

/// The turns of cases that run side by side.
#[derive(Debug)]
pub struct Turns(Semaphore);

/// A turn; it ends when the value is dropped.
#[derive(Debug)]
pub struct Turn<'a>(#[expect(dead_code, reason = "held, not read")] SemaphorePermit<'a>);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Turns {
    /// Allows so many more cases at a time.
    pub fn allow(&self, more: usize) {
        self.0.add_permits(more);
    }

    /// Takes all turns back; none must be held.
    pub fn close(&self) {
        self.0.forget_permits(usize::MAX);
    }

    /// Waits for a turn; there always is one in the end.
    pub async fn take(&self) -> Option<Turn<'_>> {
        // The semaphore is never closed.
        self.0.acquire().await.ok().map(Turn)
    }

    /// Takes a lock that other cases take, too.
    ///
    /// Whoever has a turn must not wait for another case in any other way: that one may hold the lock and wait for a turn.
    pub async fn lock<'a, T>(&self, lock: &'a Mutex<T>) -> MutexGuard<'a, T> {
        match lock.try_lock() {
            Ok(held) => held,
            Err(_) => self.lend(lock.lock()).await,
        }
    }

    /// Waits for something, and lets another case have the turn meanwhile.
    pub async fn lend<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        self.0.add_permits(1);
        let came = meanwhile.await;
        if let Ok(turn) = self.0.acquire().await {
            turn.forget();
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(pace: &Pace) -> Duration {
        Duration::from_micros(pace.distance_us.load(Ordering::Relaxed))
    }

    #[test]
    fn a_few_throttled_answers_slow_nothing_down() {
        let pace = Pace::default();
        for at in 0..10_000 {
            pace.note(at % 33 == 0);
            assert_eq!(distance(&pace), Duration::ZERO, "after {at} answers");
        }
        assert_eq!(pace.greatest_distance(), Duration::ZERO);
    }

    #[test]
    fn requests_are_spaced_out_until_nearly_all_get_through_and_close_up_afterwards() {
        let pace = Pace::default();
        // A target that takes a request every 10 ms, asked as fast as the pace allows.
        let mut throttled = 0;
        for at in 0..5_000 {
            let refused = distance(&pace) < Duration::from_millis(10);
            pace.note(refused);
            throttled += u32::from(refused && at >= 1_000);
        }
        assert!(throttled < 1_000, "{throttled} of the last 4,000 throttled");
        assert!(pace.greatest_distance() >= Duration::from_millis(10));
        assert!(pace.greatest_distance() < Duration::from_millis(50));
        for _ in 0..5_000 {
            pace.note(false);
        }
        assert_eq!(distance(&pace), Duration::ZERO);
    }

    #[test]
    fn whoever_never_gets_through_does_not_go_on_trying_for_long() {
        let pace = Pace::default();
        for _ in 0..IN_VAIN {
            assert_eq!(pace.tries(), TRIES);
            pace.ended(false);
        }
        assert_eq!(pace.tries(), TRIES_IN_VAIN);
        pace.ended(true);
        assert_eq!(pace.tries(), TRIES);
    }

    #[test]
    fn requests_keep_the_distance() {
        let (pace, began) = (Pace::default(), Instant::now());
        let distance = Duration::from_millis(10);
        let slots =
            [0, 0, 0, 100, 101].map(|ms| pace.slot(began + Duration::from_millis(ms), distance));
        assert_eq!(
            slots.map(|slot| (slot - began).as_millis()),
            [0, 10, 20, 100, 110]
        );
    }

    #[tokio::test]
    async fn another_case_has_the_turn_of_the_one_that_waits() {
        let turns = Turns::default();
        turns.allow(1);
        let mine = turns.take().await;
        let other = async {
            let _turn = turns.take().await;
        };
        let pause = tokio::time::sleep(Duration::from_millis(10));
        tokio::join!(turns.lend(pause), other);
        assert_eq!(turns.0.available_permits(), 0, "it is mine again");
        drop(mine);
        turns.close();
        assert_eq!(turns.0.available_permits(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_a_case_that_lent_its_turn_does_not_keep_it_from_going_on() {
        let (turns, following) = (Turns::default(), Mutex::new(()));
        turns.allow(1);
        let first = async {
            let _turn = turns.take().await;
            let _followed = turns.lock(&following).await;
            turns
                .lend(tokio::time::sleep(Duration::from_millis(10)))
                .await;
        };
        let second = async {
            let _turn = turns.take().await;
            let _followed = turns.lock(&following).await;
        };
        let both = async { tokio::join!(first, second) };
        let came = tokio::time::timeout(Duration::from_secs(10), both).await;
        assert!(came.is_ok(), "each waits for the other");
    }
}
