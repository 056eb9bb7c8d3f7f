//! What a case can be replayed against.

use std::time::Duration;

use crate::wire::{Answer, Headers, Message, Request, SIGNATURE};

/// Something that answers messages.
///
/// An HTTP error status is an answer. [`Answer::None`] means that no complete answer arrived; then nothing is known about
/// the effect of the message, unless its kind says that it was never sent.
pub trait Target: Send + Sync {
    /// Sends one message and waits for the complete answer, at most as long as the deadline says.
    fn send(&self, message: &Message, deadline: Duration) -> impl Future<Output = Answer> + Send;

    /// Waits until a message may be sent. The time this takes is not the target's: it passes before any deadline begins.
    fn ready(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Whether every request is to be signed, unless a case is about its signature. Whoever sends a request says so with
    /// the placeholder in its `authorization` field; the target makes the signature.
    fn signs(&self) -> bool {
        false
    }

    /// The target in a few words, for people: its address, or what it is.
    fn describe(&self) -> String;
}

/// A request of our own, which belongs to no case: signed if the target wants that.
pub(crate) fn own_request(
    target: &impl Target,
    method: &str,
    path: impl Into<String>,
    body: Option<&'static [u8]>,
) -> Message {
    let mut headers = Headers::default();
    if body.is_some() {
        headers.push("content-type", "application/json");
    }
    if target.signs() {
        headers.push("authorization", SIGNATURE);
    }
    Message::Request(Request {
        method: method.to_owned(),
        target: path.into(),
        headers,
        body: body.map(bytes::Bytes::from_static),
    })
}

/// Sends one message as soon as it may be sent.
pub(crate) async fn ask(target: &impl Target, message: &Message, deadline: Duration) -> Answer {
    target.ready().await;
    target.send(message, deadline).await
}
