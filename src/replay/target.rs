//! What a case can be replayed against.

use std::time::Duration;

use crate::wire::{Answer, Message};

/// Something that answers messages.
///
/// An HTTP error status is an answer. [`Answer::None`] means that no complete answer arrived; then nothing is known about
/// the effect of the message, unless its kind says that it was never sent.
pub trait Target: Send + Sync {
    /// Sends one message and waits for the complete answer, at most as long as the deadline says.
    fn send(&self, message: &Message, deadline: Duration) -> impl Future<Output = Answer> + Send;

    /// The target in a few words, for people: its address, or what it is.
    fn describe(&self) -> String;
}
