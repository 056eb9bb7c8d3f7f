//! Reading one response from a peer that may send anything.

use bytes::Bytes;

use super::chunked::Chunked;
use crate::wire::{Headers, NoAnswer, NoAnswerKind, Response};

/// What a reader puts up with; beyond it an answer is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all heads together, interim responses included.
    pub head: usize,
    /// Header fields.
    pub fields: usize,
    /// Bytes of the body after transfer decoding.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            fields: 256,
            body: 16 * 1024 * 1024,
        }
    }
}

/// Takes bytes as they arrive until a response is complete.
///
/// Interim responses (1xx) are read over. Whatever follows the response is left unread: the reader is for connections
/// that carry one message.
#[derive(Debug)]
pub struct ResponseReader {
    limits: Limits,
    to_head: bool,
    /// Bytes of heads already read over.
    interim: usize,
    /// The head so far; empty from then on.
    head: Vec<u8>,
    part: Part,
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

#[derive(Debug)]
enum Part {
    Head,
    /// This many bytes of body are left.
    Length(usize),
    Chunked(Chunked),
    UntilClose,
}

impl ResponseReader {
    /// A reader of the response to a request with that method: one to `HEAD` has no body, whatever its head says.
    pub fn new(method: &str, limits: Limits) -> Self {
        Self {
            limits,
            to_head: method == "HEAD",
            interim: 0,
            head: Vec::new(),
            part: Part::Head,
            status: 0,
            headers: Headers::default(),
            body: Vec::new(),
        }
    }

    /// Takes the next bytes; returns the response once it is complete.
    ///
    /// # Errors
    ///
    /// [`NoAnswerKind::Malformed`] if this is no response, or one beyond the limits. The reader is of no use afterwards.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<Response>, NoAnswer> {
        let mut bytes = bytes;
        let rest;
        if matches!(self.part, Part::Head) {
            match self.feed_head(bytes)? {
                None => return Ok(None),
                Some(behind) => {
                    rest = behind;
                    bytes = &rest;
                }
            }
        }
        let complete = match &mut self.part {
            Part::Head => return Ok(None),
            Part::Length(left) => {
                let taken = bytes.len().min(*left);
                self.body.extend_from_slice(&bytes[..taken]);
                *left -= taken;
                *left == 0
            }
            Part::Chunked(chunked) => chunked
                .feed(bytes, &mut self.body)
                .map_err(malformed)?
                .is_some(),
            Part::UntilClose => {
                if bytes.len() > self.limits.body - self.body.len() {
                    return Err(malformed(format!(
                        "a body of more than {} bytes",
                        self.limits.body
                    )));
                }
                self.body.extend_from_slice(bytes);
                false
            }
        };
        Ok(complete.then(|| self.response()))
    }

    /// The peer has closed its side: the response, if that is how its body ends.
    ///
    /// # Errors
    ///
    /// [`NoAnswerKind::Closed`] with the place where the response was cut.
    pub fn end(mut self) -> Result<Response, NoAnswer> {
        let place = match self.part {
            Part::UntilClose => return Ok(self.response()),
            Part::Head if self.head.is_empty() => "closed without an answer".to_owned(),
            Part::Head => "closed within the head of the answer".to_owned(),
            Part::Length(left) => {
                format!(
                    "closed after {} of {} bytes of the body",
                    self.body.len(),
                    self.body.len() + left
                )
            }
            Part::Chunked(_) => format!("closed after {} bytes of a chunked body", self.body.len()),
        };
        Err(NoAnswer {
            kind: NoAnswerKind::Closed,
            detail: place,
        })
    }

    /// Collects a head; once it is complete, the bytes behind it.
    fn feed_head(&mut self, bytes: &[u8]) -> Result<Option<Vec<u8>>, NoAnswer> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let mut searched = before.saturating_sub(2);
        loop {
            // Refused as soon as it cannot become a response any more; an SSH server, say, waits for us after its banner.
            let begins = self
                .head
                .iter()
                .zip(b"HTTP/1.")
                .all(|(found, wanted)| found == wanted);
            if !begins {
                return Err(malformed("not an HTTP/1 response"));
            }
            let end = end_of_head(&self.head[searched..]).map(|end| searched + end);
            if self.interim + end.unwrap_or(self.head.len()) > self.limits.head {
                return Err(malformed(format!(
                    "a head of more than {} bytes",
                    self.limits.head
                )));
            }
            let Some(end) = end else { return Ok(None) };
            let behind = self.head.split_off(end);
            self.parse_head()?;
            self.interim += end;
            // 101 leaves HTTP, so it is the last response there will be.
            if self.status >= 200 || self.status == 101 {
                self.head = Vec::new();
                self.part = self.framing()?;
                return Ok(Some(behind));
            }
            self.head = behind;
            searched = 0;
        }
    }

    fn parse_head(&mut self) -> Result<(), NoAnswer> {
        let mut fields = vec![httparse::EMPTY_HEADER; self.limits.fields];
        let mut response = httparse::Response::new(&mut fields);
        match response.parse(&self.head) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => {
                return Err(malformed("an empty line within the head"));
            }
            Err(httparse::Error::TooManyHeaders) => {
                return Err(malformed(format!(
                    "more than {} header fields",
                    self.limits.fields
                )));
            }
            Err(error) => return Err(malformed(format!("not an HTTP response: {error}"))),
        }
        self.status = response.code.unwrap_or_default();
        if !(100..1000).contains(&self.status) {
            return Err(malformed(format!("status {}", self.status)));
        }
        self.headers = response
            .headers
            .iter()
            .map(|field| {
                (
                    field.name,
                    String::from_utf8_lossy(field.value).into_owned(),
                )
            })
            .collect();
        Ok(())
    }

    /// Where the body ends, by RFC 9112, section 6.3.
    fn framing(&self) -> Result<Part, NoAnswer> {
        if self.to_head || matches!(self.status, 101 | 204 | 304) {
            return Ok(Part::Length(0));
        }
        if let Some(codings) = self.headers.get("transfer-encoding") {
            let last = codings.rsplit(',').next().unwrap_or("").trim();
            let chunked = last.eq_ignore_ascii_case("chunked");
            return Ok(if chunked {
                Part::Chunked(Chunked::new(self.limits.body))
            } else {
                Part::UntilClose
            });
        }
        let named = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let mut lengths = named.flat_map(|(_, value)| value.split(',')).map(str::trim);
        let Some(length) = lengths.next() else {
            return Ok(Part::UntilClose);
        };
        if lengths.any(|other| other != length) {
            return Err(malformed("content lengths that differ"));
        }
        match length.parse::<usize>() {
            Ok(bytes) if bytes <= self.limits.body && !length.starts_with('+') => {
                Ok(Part::Length(bytes))
            }
            Ok(bytes) if !length.starts_with('+') => Err(malformed(format!(
                "a body of {bytes} bytes, more than {}",
                self.limits.body
            ))),
            _ => Err(malformed(format!("content-length `{length}`"))),
        }
    }

    fn response(&mut self) -> Response {
        Response {
            status: self.status,
            headers: std::mem::take(&mut self.headers),
            body: Bytes::from(std::mem::take(&mut self.body)),
        }
    }
}

fn malformed(detail: impl Into<String>) -> NoAnswer {
    NoAnswer {
        kind: NoAnswerKind::Malformed,
        detail: detail.into(),
    }
}

/// Where the empty line ends that ends a head; bare line feeds are put up with, as RFC 9112 allows.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'\n')
        .find_map(|(at, _)| match &bytes[at + 1..] {
            [b'\n', ..] => Some(at + 2),
            [b'\r', b'\n', ..] => Some(at + 3),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: Limits = Limits {
        head: 200,
        fields: 4,
        body: 20,
    };

    /// Feeds the pieces, then closes.
    fn read(method: &str, pieces: &[&[u8]]) -> Result<Response, NoAnswer> {
        let mut reader = ResponseReader::new(method, SMALL);
        for piece in pieces {
            if let Some(response) = reader.feed(piece)? {
                return Ok(response);
            }
        }
        reader.end()
    }

    fn kind(text: &str) -> Result<String, NoAnswerKind> {
        let response = read("GET", &[text.as_bytes()]).map_err(|answer| answer.kind)?;
        Ok(String::from_utf8(response.body.to_vec()).unwrap())
    }

    #[test]
    fn bodies_end_where_their_heads_say() {
        let body = |head: &str, rest: &str| kind(&format!("HTTP/1.1 200 OK\r\n{head}\r\n{rest}"));
        assert_eq!(
            body("content-length: 3\r\n", "abcdef"),
            Ok("abc".to_owned())
        );
        assert_eq!(
            body("content-length: 3, 3\r\nContent-Length: 3\r\n", "abc"),
            Ok("abc".to_owned())
        );
        assert_eq!(body("content-length: 0\r\n", ""), Ok(String::new()));
        assert_eq!(body("", "abc"), Ok("abc".to_owned()));
        assert_eq!(
            body("transfer-encoding: gzip\r\n", "abc"),
            Ok("abc".to_owned())
        );
        let chunks = "3\r\nabc\r\n2 ;x\r\nde\r\n0\r\na: b\r\n\r\nleft";
        assert_eq!(
            body(
                "Transfer-Encoding: Chunked\r\ncontent-length: 1\r\n",
                chunks
            ),
            Ok("abcde".to_owned())
        );
    }

    #[test]
    fn some_responses_have_no_body() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        assert_eq!(
            read("HEAD", &[head]).map(|response| response.body.len()),
            Ok(0)
        );
        assert_eq!(
            kind("HTTP/1.1 204 x\r\ncontent-length: 3\r\n\r\n"),
            Ok(String::new())
        );
        assert_eq!(
            kind("HTTP/1.1 304\r\ntransfer-encoding: chunked\r\n\r\n"),
            Ok(String::new())
        );
    }

    #[test]
    fn interim_responses_are_read_over() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na";
        let response = read("GET", &[text.as_bytes()]).unwrap();
        assert_eq!((response.status, response.headers.len()), (200, 1));
        assert_eq!(
            kind(&"HTTP/1.1 100 Continue\r\n\r\n".repeat(10)),
            Err(NoAnswerKind::Malformed)
        );
    }

    #[test]
    fn what_is_cut_is_closed() {
        for text in [
            "",
            "HTT",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            assert_eq!(kind(text), Err(NoAnswerKind::Closed), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_response_is_malformed() {
        for text in [
            "SSH-2.0-x",
            "HTTP/2",
            "\0",
            "HTTP/1.1 20x OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
        ] {
            assert_eq!(kind(text), Err(NoAnswerKind::Malformed), "{text:?}");
        }
    }

    #[test]
    fn limits_hold_for_heads_fields_and_bodies() {
        let malformed = Err(NoAnswerKind::Malformed);
        let fields = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(count));
        assert_eq!(kind(&fields(4)), Ok(String::new()));
        assert_eq!(kind(&fields(5)), malformed);
        assert_eq!(
            kind(&format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(200))),
            malformed
        );
        let until_close = |count| format!("HTTP/1.1 200 OK\r\n\r\n{}", "b".repeat(count));
        assert_eq!(kind(&until_close(20)).map(|body| body.len()), Ok(20));
        assert_eq!(kind(&until_close(21)), malformed);
        assert_eq!(
            kind("HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n"),
            malformed
        );
        let chunked = |size| {
            format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n{size}\r\n"
            )
        };
        assert_eq!(kind(&chunked("a")), Err(NoAnswerKind::Closed));
        assert_eq!(kind(&chunked("b")), malformed);
        assert_eq!(kind(&chunked("ffffffffffffffff")), malformed);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced_in_fields_and_kept_in_bodies() {
        let response = read("GET", &[b"HTTP/1.1 200 OK\r\na: \xff\r\n\r\n\xff"]).unwrap();
        assert_eq!(
            (response.headers.get("a"), &response.body[..]),
            (Some("\u{fffd}"), &b"\xff"[..])
        );
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_arrive(
            text in prop::sample::select(vec![
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\ncontent-length: 5\r\n\r\nabcde",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\na: b\r\n\r\n",
                "HTTP/1.1 200 OK\n\nabcde",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n",
            ]),
            mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut places: Vec<usize> = cuts.drain(..).map(|cut| cut.index(text.len())).chain([0, text.len()]).collect();
            places.sort_unstable();
            let pieces: Vec<&[u8]> = places.windows(2).map(|ends| &text.as_bytes()[ends[0]..ends[1]]).collect();
            prop_assert_eq!(read("GET", &pieces), read("GET", &[text.as_bytes()]));
        }
    }
}
