//! Snapshots: what a target answered to a case, so that another one, or the same one later, can be held to it.
//!
//! The contract leaves much to the implementation, and what a recording of the real service shows is often the only
//! source there is. A snapshot keeps that: of every step the answer in a *canonical* form, from which everything is gone
//! that two runs of one server may disagree about.
//!
//! ```text
//! Transcript ─canonical▶ Snapshot ─print▶ text, one file a case
//!                           │ ├ merged: two runs of one target; what differs between them varies
//!                           │ └ parse ◀ text
//!                           ▼
//!                 compare(stored, seen) ─▶ Same | Differs | Outdated
//! ```
//!
//! * [`canonical()`] is a pure function of a transcript. Ids get numbers by their first appearance, so that identity is
//!   compared and spelling is not; lists without an order are sorted by their content, pages of a listing are joined.
//!   `docs/snapshots.md` says what is kept and what is not.
//! * [`merged`] draws from two runs what may be relied upon, [`compare`] holds one run to what is stored.
//! * Nothing here reads or writes a file, and nothing judges: whether an answer is allowed is for the
//!   judge to say, whether it is the one of the snapshot is said here.

mod canonical;
mod compare;
mod number;
mod scrub;
mod text;
mod tree;

use crate::wire::NoAnswerKind;

pub use self::canonical::{Canonical, canonical};
pub use self::compare::{Comparison, Difference, compare, covers, merged};
pub use self::text::{HEADER, parse, print};
pub use self::tree::Tree;

/// What a target answered to a case, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The name of the case.
    pub name: String,
    /// Its steps in order.
    pub steps: Vec<Step>,
}

/// A step and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The lines of the step as the case has them, without comments and claims, each with its line feed: tells whether
    /// the case is still the one that was recorded.
    pub said: String,
    /// What came back.
    pub heard: Heard,
}

/// What came back for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// An answer; that of a paged step is all its pages joined.
    Answer(Answer),
    /// No complete answer: of bytes that are no request, that is a way to answer.
    Silence(NoAnswerKind),
    /// Something that is not the same each time.
    Varies,
    /// The step was not sent: a value it needs was in no answer.
    Unsent,
}

/// A canonical answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The error type, without namespace and trailing address, wherever the answer carried it.
    pub error: Option<String>,
    /// The media type of the body, without parameters.
    pub content_type: Option<String>,
    /// The body.
    pub body: Body,
}

/// A canonical body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Nothing,
    /// JSON with sorted members and placeholders.
    Json(Tree),
    /// Something else, of which nothing is kept.
    Opaque,
}

/// Placeholders of canonical answers. What begins with one of these words in angle brackets is never a value of the target.
pub(crate) mod placeholder {
    /// Stands for an id; a number follows.
    pub(crate) const ID: &str = "id";
    /// Stands for a time of the target's clock.
    pub(crate) const TIME: &str = "<time>";
    /// Stands for a text for people.
    pub(crate) const TEXT: &str = "<text>";
    /// Stands for a count the contract never compares.
    pub(crate) const COUNT: &str = "<count>";
    /// Stands for the items of a page that is not a whole listing: which ones it holds is the target's affair.
    pub(crate) const PAGE: &str = "<page>";
    /// Stands for what is not the same each time.
    pub(crate) const VARIES: &str = "<varies>";
    /// Stands for what looks like a credential.
    pub(crate) const SECRET: &str = "<secret>";
    /// The name of the only member of what stands for JSON within a text.
    pub(crate) const JSON: &str = "<json>";
}
