//! The TCP stream below hyper, watched.
//!
//! Two things are only visible here: when bytes come and go, which the deadlines need, and hyper's own answers to what
//! it cannot parse. Those are bare status lines; restJson1 wants an error type, so they are held back and
//! [`super::connection`] answers in their place.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::exchange::REQUEST_ID;
use super::progress::Progress;

pub(super) struct Socket {
    stream: TcpStream,
    progress: Arc<Progress>,
    held_back: Option<u16>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        Self {
            stream,
            progress,
            held_back: None,
        }
    }

    /// The stream, and the status of the answer that was held back.
    pub(super) fn into_parts(self) -> (TcpStream, Option<u16>) {
        (self.stream, self.held_back)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.progress.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match bare_refusal(bytes) {
            Some((0, status)) => {
                self.held_back = Some(status);
                Poll::Ready(Ok(bytes.len()))
            }
            Some((at, _)) => Pin::new(&mut self.stream).poll_write(cx, &bytes[..at]),
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.progress.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Where an answer begins that hyper made up itself, and its status.
///
/// hyper makes one up for a head that it cannot parse, and then stops, so such an answer is the last thing in what it
/// writes. It has no body, and lacks the request id that every answer of ours carries.
fn bare_refusal(bytes: &[u8]) -> Option<(usize, u16)> {
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let at = bytes
        .windows(START.len())
        .rposition(|window| window == START)?;
    let head = std::str::from_utf8(&bytes[at..]).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    (status >= 400 && !head.to_ascii_lowercase().contains(REQUEST_ID)).then_some((at, status))
}

const START: &[u8] = b"HTTP/1.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_without_a_request_id_are_held_back() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
        let ours = b"HTTP/1.1 404 Not Found\r\nx-amzn-requestid: 1\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(bare_refusal(bare), Some((0, 431)));
        assert_eq!(bare_refusal(ours), None, "the answer to a HEAD");
        assert_eq!(bare_refusal(b"HTTP/1.1 100 Continue\r\n\r\n"), None);
        assert_eq!(
            bare_refusal(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"),
            None
        );
        let titled = b"HTTP/1.1 404 Not Found\r\nX-Amzn-Requestid: 1\r\nContent-Length: 9\r\n\r\n";
        assert_eq!(bare_refusal(titled), None, "the same in title case");
        let both = [ours.as_slice(), b"{\"a\":\"b\"}", bare].concat();
        assert_eq!(
            bare_refusal(&both),
            Some((ours.len() + 9, 431)),
            "pipelined behind an answer that is not out yet"
        );
    }
}
