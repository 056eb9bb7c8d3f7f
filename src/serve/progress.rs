//! What a connection is waiting for, and since when.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::limits::Limits;

/// Told by the three places that know, the socket, the handler and the connection; asked by the connection alone.
///
/// All of them run in one task, so the atomics order nothing and are never contended. They are there because the parts
/// of a task that may change threads have to be `Sync`.
#[derive(Debug)]
pub(super) struct Progress {
    began: Instant,
    /// Milliseconds from `began` to the start of the phase, and the phase itself in the two lowest bits.
    state: AtomicU64,
    unread: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between two requests.
    Idle = 0,
    /// A head has begun, or the connection is new.
    Head = 1,
    /// A request is being read to its end and answered; the handler keeps the time itself.
    Handling = 2,
    /// An answer is on its way out.
    Answering = 3,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            state: AtomicU64::new(Phase::Head as u64),
            unread: AtomicBool::new(false),
        }
    }

    /// Bytes arrived.
    pub(super) fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// A head is complete.
    pub(super) fn handling(&self) {
        self.enter(Phase::Handling);
    }

    /// The answer is known.
    pub(super) fn answering(&self) {
        self.enter(Phase::Answering);
    }

    /// All that was written has left this process.
    pub(super) fn flushed(&self) {
        if self.phase() == Phase::Answering {
            self.enter(Phase::Idle);
        }
    }

    /// The answer came before the end of the request, whose rest nobody will read.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// Whether [`Progress::leave_unread`] was called.
    pub(super) fn left_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    pub(super) fn phase(&self) -> Phase {
        match self.state.load(Ordering::Relaxed) & 3 {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Handling,
            _ => Phase::Answering,
        }
    }

    /// When the present phase has lasted too long, if it may not last for ever.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let allowed = match self.phase() {
            Phase::Idle => limits.idle_time,
            Phase::Head => limits.head_time,
            Phase::Handling => return None,
            Phase::Answering => limits.answer_time,
        };
        Some(self.began + Duration::from_millis(self.state.load(Ordering::Relaxed) >> 2) + allowed)
    }

    fn enter(&self, phase: Phase) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX >> 2);
        self.state
            .store(since << 2 | phase as u64, Ordering::Relaxed);
    }
}
