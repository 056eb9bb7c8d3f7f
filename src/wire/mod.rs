//! HTTP as plain values that we own.
//!
//! A conformance tester has to say things no client library would say, and to notice things no client library would
//! show. The types here therefore keep a message as it is on the wire: the target is not normalised, headers keep their
//! order and spelling, the body is bytes. Nothing in this module knows the API under test.

pub(crate) mod body;
pub mod http1;
pub mod json;
pub mod percent;

use std::fmt;

use bytes::Bytes;
use memchr::memchr;

pub use json::Json;

/// The value of an `authorization` field that stands for a signature. Only whoever sends the request can make one, and it
/// is never kept.
pub const SIGNATURE: &str = "${sigv4}";

/// Header fields in the order and spelling in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of the first field of that name, compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All fields as (name, value).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Appends a field; an existing one of the same name stays.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Whether a field asks for a signature of the request.
    pub fn ask_for_signature(&self) -> bool {
        self.iter()
            .any(|(name, value)| value == SIGNATURE && name.eq_ignore_ascii_case("authorization"))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// A request that is well-formed HTTP, whatever its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method token, in the case in which it is sent.
    pub method: String,
    /// Path and query exactly as sent, still percent-encoded.
    pub target: String,
    /// Header fields the sender chose; `host` and the framing of the body are added by the transport where missing.
    pub headers: Headers,
    /// `None` sends no body and no content length; `Some` of nothing sends `content-length: 0`.
    pub body: Option<Bytes>,
}

impl Request {
    /// The path: the target up to the first `?`.
    pub fn path(&self) -> &str {
        self.question_mark()
            .map_or(&self.target, |at| &self.target[..at])
    }

    /// The query: what follows the first `?`, empty where there is none.
    pub fn query(&self) -> &str {
        self.question_mark().map_or("", |at| &self.target[at + 1..])
    }

    fn question_mark(&self) -> Option<usize> {
        memchr(b'?', self.target.as_bytes())
    }
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All header fields; bytes that are not UTF-8 are replaced.
    pub headers: Headers,
    /// The body after transfer decoding.
    pub body: Bytes,
}

/// What goes out: a request, or bytes that need not be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Well-formed HTTP.
    Request(Request),
    /// All that is written to a fresh connection, as it is.
    Raw(Bytes),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A complete response.
    Response(Response),
    /// No complete response: nothing is known about the effect of the request.
    None(NoAnswer),
}

impl Answer {
    /// Whether it says nothing about the message: there is none, or the target was too busy (429) or not available (503).
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Response(response) => matches!(response.status, 429 | 503),
            Self::None(_) => true,
        }
    }

    /// No complete response, and why.
    pub fn none(kind: NoAnswerKind, detail: impl Into<String>) -> Self {
        Self::None(NoAnswer {
            kind,
            detail: detail.into(),
        })
    }
}

/// Why there is no complete response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// The kind, which decides what may be concluded.
    pub kind: NoAnswerKind,
    /// What the transport said, for people.
    pub detail: String,
}

/// The ways in which a request stays without a complete response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswerKind {
    /// The connection was refused: the request was never sent.
    Refused,
    /// The name of the host could not be resolved, or TLS could not be set up: the request was never sent.
    Unreachable,
    /// The deadline passed.
    Timeout,
    /// The peer reset or closed the connection before the response was complete.
    Closed,
    /// Something arrived that is not an HTTP response, or one beyond the limits of the reader.
    Malformed,
}

impl NoAnswerKind {
    /// All kinds with their names in files.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Refused, "refused"),
        (Self::Unreachable, "unreachable"),
        (Self::Timeout, "timeout"),
        (Self::Closed, "closed"),
        (Self::Malformed, "malformed"),
    ];

    /// The name used in transcripts and reports.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("malformed", |(_, name)| name)
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => f.write_str(self.kind.name()),
            detail => write!(f, "{}: {detail}", self.kind.name()),
        }
    }
}

/// One message and what came back for it, with the clock of whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub message: Message,
    /// What came back.
    pub answer: Answer,
    /// When sending began, in milliseconds since the epoch.
    pub at_ms: i64,
    /// How long the complete answer took, in microseconds.
    pub took_us: u64,
}

/// Whatever answers requests.
///
/// The answer carries status, body and the header fields that belong to the API. Its length, its date and its request id
/// are added by the server. The status is one of three digits; HTTP has no words for an answer without one, and the
/// connection is closed instead.
pub trait Respond: Send + 'static {
    /// Answers one request that arrived at `now_ms`, in milliseconds since the epoch.
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response;
}

impl<F: FnMut(&Request, i64) -> Response + Send + 'static> Respond for F {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        self(request, now_ms)
    }
}

impl Respond for Box<dyn Respond> {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        self.as_mut().respond(request, now_ms)
    }
}
