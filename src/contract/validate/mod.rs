//! Holding a request against the shapes of its operation.
//!
//! [`input`] reads the labels, the query and the body of a request and lists every [`Flaw`], each with the rule it
//! breaks, and every rule that the request touches from the inside. It knows nothing of state: whether a domain exists
//! or a key refers to a field is the business of the model.
//!
//! `address` reads labels and query, `body` walks the JSON along the shapes, `rules` says which rule speaks of a fault at
//! a place. A fault of which the contract says nothing is never held against anybody: such a request may be served or
//! refused.

mod address;
mod body;
mod rules;
#[cfg(test)]
mod tests;

pub(crate) use body::has_control;

use super::shape::Place;
use super::{ChoiceId, Operation, Options, RuleId};
use crate::wire::{Json, Request};

/// Ways to refuse a request; a set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusals(u8);

impl Refusals {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// 400 with `BadRequestException` or a framework code of that status.
    pub const BAD: Self = Self(1);
    /// 404 with `ResourceNotFoundException`.
    pub const NOT_FOUND: Self = Self(2);
    /// 403 with `AccessDeniedException` or an authentication code.
    pub const DENIED: Self = Self(4);
    /// Rejected before the operation is known: 400, 403, 404, 405 or 415 with any code.
    pub const ROUTE: Self = Self(8);
    /// 413 with any code.
    pub const TOO_LARGE: Self = Self(16);
    /// 415 with any code.
    pub const MEDIA_TYPE: Self = Self(32);

    /// Ways of both sets together.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one refusal may be of both sets; what is rejected before the operation is known may look like any.
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0 || (self.0 | other.0) & Self::ROUTE.0 != 0
    }

    /// Whether all ways of `other` are among these.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How strongly a flaw asks for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Both are fine: serving the request, and refusing it.
    May,
    /// Serving the request is worth a warning.
    Should,
    /// Serving the request violates the rule.
    Must,
}

/// Something about a request for which it is, or may be, refused.
#[derive(Debug, Clone)]
pub struct Flaw {
    /// The rule that speaks of it.
    pub rule: RuleId,
    /// Where in the request: `DomainName`, `max-results`, `Fields.a b`, `Keys.k[0].FieldNames[1]`, `body`.
    pub place: String,
    /// What is wrong there, as a fragment: "65 characters, at most 64".
    pub problem: String,
    /// How strongly it asks for a refusal.
    pub strength: Strength,
    /// The refusals that fit.
    pub refusals: Refusals,
    /// Where serving or refusing tells something about the implementation: what it tells.
    pub tells: Option<Tells>,
    /// Whether, if the request is served, nobody can say what was stored.
    pub obscures: bool,
}

/// What serving or refusing a flawed request tells about the implementation.
#[derive(Debug, Clone, Copy)]
pub struct Tells {
    /// The choice it tells about.
    pub choice: ChoiceId,
    /// Options under which the request is served.
    pub served: Options,
    /// Options under which it is refused.
    pub refused: Options,
}

/// A request read along the shapes of its operation.
#[derive(Debug)]
pub struct Input {
    /// The labels, decoded, by member name.
    pub labels: Vec<(&'static str, String)>,
    /// `max-results`, where it is an integer.
    pub max_results: Option<i64>,
    /// `next-token`.
    pub next_token: Option<String>,
    /// `tagKeys`, in order.
    pub tag_keys: Vec<String>,
    /// The body: an object, empty where there is none or where it cannot be read.
    pub body: Json,
    /// Whether the body holds what our reader cannot read and others may: nothing is known of what it asks for.
    pub unread: bool,
    /// Members of the body that are given more than once, or hold members that are.
    pub repeated: Vec<&'static str>,
    /// What is wrong with the request.
    pub flaws: Vec<Flaw>,
    /// Rules that it shows from the inside.
    pub touches: Vec<RuleId>,
    /// Rules that promise it is served, with no more than a SHOULD.
    pub promises: Vec<RuleId>,
}

impl Default for Input {
    /// What is read from nothing.
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            max_results: None,
            next_token: None,
            tag_keys: Vec::new(),
            body: Json::Object(Vec::new()),
            unread: false,
            repeated: Vec::new(),
            flaws: Vec::new(),
            touches: Vec::new(),
            promises: Vec::new(),
        }
    }
}

impl Input {
    /// A label, decoded.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A member of the body; `null` is the same as nothing (proto.body-null-optional).
    pub fn member(&self, name: &str) -> Option<&Json> {
        self.body
            .get(name)
            .filter(|value| !matches!(value, Json::Null))
    }
}

/// Holds a request against the shapes of its operation. `labels` are as [`Route::To`](super::Route::To) gives them.
pub fn input(operation: &'static Operation, labels: &[String], request: &Request) -> Input {
    let mut reading = Reading {
        operation,
        input: Input::default(),
    };
    let members = operation
        .input
        .iter()
        .filter(|member| member.place == Place::Label);
    for (member, raw) in members.zip(labels) {
        reading.label(member, raw);
    }
    reading.query(request.query());
    reading.body(request);
    reading.input
}

const BAD: Refusals = Refusals::BAD;
/// Refusals of a value in the path: it may be rejected before the operation is known.
const ROUTED: Refusals = Refusals::BAD.or(Refusals::ROUTE);
/// Refusals of a value in the path that names something which cannot exist.
const MISSED: Refusals = ROUTED.or(Refusals::NOT_FOUND);

/// A request being read: what is known of it so far.
struct Reading {
    operation: &'static Operation,
    input: Input,
}

impl Reading {
    fn is(&self, operation: &str) -> bool {
        self.operation.name == operation
    }

    fn touch(&mut self, rule: RuleId) {
        if !self.input.touches.contains(&rule) {
            self.input.touches.push(rule);
        }
    }

    fn promise(&mut self, rule: RuleId) {
        if !self.input.promises.contains(&rule) {
            self.input.promises.push(rule);
        }
    }

    /// Adds a flaw, to be qualified further by the caller.
    fn flaw(
        &mut self,
        rule: RuleId,
        strength: Strength,
        refusals: Refusals,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) -> &mut Flaw {
        self.input.flaws.push(Flaw {
            rule,
            place: place.into(),
            problem: problem.into(),
            strength,
            refusals,
            tells: None,
            obscures: false,
        });
        let last = self.input.flaws.len() - 1;
        &mut self.input.flaws[last]
    }

    fn must(
        &mut self,
        rule: RuleId,
        refusals: Refusals,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) {
        self.flaw(rule, Strength::Must, refusals, place, problem);
    }

    fn may(
        &mut self,
        rule: RuleId,
        refusals: Refusals,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) -> &mut Flaw {
        self.flaw(rule, Strength::May, refusals, place, problem)
    }
}

impl Flaw {
    fn tells(&mut self, choice: ChoiceId, served: Options, refused: Options) {
        self.tells = Some(Tells {
            choice,
            served,
            refused,
        });
    }

    fn obscures(&mut self) {
        self.obscures = true;
    }
}
