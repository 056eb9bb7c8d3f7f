//! How answers travel, where HTTP leaves that to the server.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// How answers travel; by default at once, in one piece, on a connection that stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manners {
    /// Bodies come in chunks instead of with a length.
    pub chunked: bool,
    /// A connection ends with its first answer.
    pub closes: bool,
    /// Header names are written `Like-This`.
    pub title_case: bool,
    /// How long an answer that is ready is held back.
    pub first_byte: Duration,
}

/// The body of an answer: whole, or in chunks.
#[derive(Debug)]
pub(super) struct Pieces {
    rest: Bytes,
    chunked: bool,
}

/// The largest chunk, in bytes; small enough that most answers come in several.
const CHUNK: usize = 61;

impl Pieces {
    pub(super) fn of(body: Bytes, chunked: bool) -> Self {
        Self {
            rest: body,
            chunked,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = match self.chunked {
            true => self.rest.len().min(CHUNK),
            false => self.rest.len(),
        };
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.chunked
    }

    fn size_hint(&self) -> SizeHint {
        match self.chunked {
            true => SizeHint::default(),
            false => SizeHint::with_exact(self.rest.len() as u64),
        }
    }
}
