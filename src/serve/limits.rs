//! What one client may cost.

use std::time::Duration;

/// Bounds on size, number and time; beyond them a client is refused or cut off, and everybody else is served on.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request body after transfer decoding. The largest body the contract asks for, an `Object` of 256,000
    /// characters, can take 1.5 MB once every character is escaped.
    pub body: usize,
    /// Bytes of a request line with its header fields; at least 8,192. The number of fields is limited to 100.
    pub head: usize,
    /// Open connections; further ones wait unaccepted.
    pub connections: usize,
    /// From the first byte of a head, or from a fresh connection, to the end of that head.
    pub head_time: Duration,
    /// From the end of the head to the end of the body.
    pub body_time: Duration,
    /// Between the end of an answer and the first byte of the next request.
    pub idle_time: Duration,
    /// Until the client has taken an answer off our hands.
    pub answer_time: Duration,
    /// Until requests in flight are finished when the server is told to stop.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 4 << 20,
            head: 64 << 10,
            connections: 1024,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            answer_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// The shortest wait that a connection can be in, and so the longest time for which nobody need look at it.
    pub(super) fn shortest_wait(&self) -> Duration {
        self.head_time.min(self.idle_time).min(self.answer_time)
    }
}
