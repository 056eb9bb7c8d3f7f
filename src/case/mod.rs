//! The one format: a conversation with a target, as a value and as text.
//!
//! A [`Case`] is what to say. A [`Transcript`](transcript::Transcript) is the same case with what was answered. Both
//! print to text and parse back to the same value, so that a corpus file, a fuzz input, a regression test, a recording
//! and the reproduction in a report are one thing. `docs/case-format.md` describes the text by example.

pub mod bind;
pub mod corpus;
mod line;
pub mod select;
pub mod text;
pub mod transcript;

use std::fmt;

use bytes::Bytes;

use crate::contract::RuleId;

pub use line::Problem;

/// A conversation to hold with a target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    /// Comment lines at the top, without `#`: what the case shows, and why.
    pub about: Vec<String>,
    /// The rules the case was written for; a finding prefers these where several rules are broken at once.
    pub aims: Vec<RuleId>,
    /// Where the case comes from, if not from a person.
    pub from: Option<String>,
    /// Whether no other case may run beside it, because it looks at what all domains share.
    pub alone: bool,
    /// What is said, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// Whether a step (from 0) is sent at the same time as the one before it.
    ///
    /// Steps go in pairs: of three in a row that ask for it, the third goes after the first two.
    pub fn sent_together(&self, step: usize) -> bool {
        let asks = |step: usize| self.steps.get(step).is_some_and(|step| step.manner.beside);
        let asking = (1..=step).rev().take_while(|step| asks(*step)).count();
        asking % 2 == 1
    }
}

/// One message of a case, and what to do with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Comment lines before the step, without `#`.
    pub about: Vec<String>,
    /// What is sent.
    pub say: Say,
    /// How it is sent.
    pub manner: Manner,
    /// What the answer must be according to the documentation; checked against the model, not against the target.
    pub claim: Option<Claim>,
    /// Values of the answer to remember for later steps.
    pub bindings: Vec<Binding>,
}

/// What a step sends. Text may hold placeholders (see [`crate::case::bind`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// A request that is well-formed HTTP.
    Request {
        /// The method token.
        method: String,
        /// Path and query, percent-encoded by the writer.
        target: String,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// The body.
        body: Body,
    },
    /// Bytes for a fresh connection, in pieces of text and hex.
    Raw(Vec<Piece>),
}

/// The request line, as the step has it; what identifies a step to people.
impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, target, .. } => write!(f, "{method} {target}"),
            Self::Raw(_) => f.write_str("raw bytes"),
        }
    }
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// No body and no content length.
    None,
    /// Text lines, joined by line feeds; may hold placeholders. Sent as `application/json` unless the step names another
    /// content type (an empty `content-type:` header line sends none).
    Text(String),
    /// Bytes, no placeholders; content type as for text.
    Bytes(Bytes),
}

/// A piece of a raw message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A line of text, sent with CR LF behind it; may hold placeholders.
    Line(String),
    /// Bytes, sent as they are.
    Bytes(Bytes),
}

/// How a step is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// Follow `NextToken` through `next-token` until the answers end, at most this many pages.
    pub pages: Option<u32>,
    /// Wait this many milliseconds before sending, so that whole-second clocks move on.
    pub pause_ms: u32,
    /// Send at the same time as the step before; its bindings are not known yet. See [`Case::sent_together`].
    pub beside: bool,
}

/// A claim about the answer, from the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The status.
    pub status: u16,
    /// The error type, for refusals.
    pub error: Option<String>,
}

/// A value of an answer, remembered under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Letters, digits, `-` and `_`, beginning with a letter.
    pub name: String,
    /// A JSON pointer (RFC 6901) into the body of the answer.
    pub pointer: String,
}
