//! Expectations: the answers a message may get, as values that print themselves.

use std::fmt;

use crate::contract::Refusals;

use super::gate::{Allowed, Outcome};

/// The answers a message may get, the one the reference gives first.
///
/// A set, because the contract often leaves a choice: which of two flaws is reported, what an identifier looks like, in
/// which order a list comes. Each member cites the rules behind it.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// The answers, without repetition.
    pub allowed: Vec<Allowed>,
}

impl Expectation {
    /// Adds an answer unless an equal one is there.
    pub(super) fn admit(&mut self, allowed: Allowed) {
        let text = allowed.describe();
        if !self.allowed.iter().any(|known| known.describe() == text) {
            self.allowed.push(allowed);
        }
    }
}

impl fmt::Display for Expectation {
    /// One allowed answer a line, with its rules behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, allowed) in self.allowed.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", allowed.describe())?;
            for (at, rule) in allowed.rules.iter().enumerate() {
                write!(f, "{}{rule}", if at == 0 { "  -- " } else { ", " })?;
            }
        }
        Ok(())
    }
}

impl Allowed {
    /// The answer in one line.
    pub fn describe(&self) -> String {
        let mut text = match self.outcome {
            Outcome::Served => format!("200 {}", self.body),
            Outcome::Refused(refusals) => refusals_text(refusals),
            Outcome::Bodiless(statuses) => {
                let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
                format!("{} without a body", statuses.join(", "))
            }
            Outcome::Free => "any status below 500".to_owned(),
            Outcome::RefusedOrClosed => "any refusal, or a closed connection".to_owned(),
            Outcome::FreeOrClosed => "any status below 500, or a closed connection".to_owned(),
        };
        if self.warns.is_some() {
            text.push_str(" (tolerated with a warning)");
        }
        text
    }
}

fn refusals_text(refusals: Refusals) -> String {
    let all = [
        (Refusals::BAD, "400 BadRequestException"),
        (Refusals::NOT_FOUND, "404 ResourceNotFoundException"),
        (Refusals::DENIED, "403 AccessDeniedException"),
        (Refusals::ROUTE, "400, 403, 404, 405 or 415 with any error"),
        (Refusals::TOO_LARGE, "413 with any error"),
        (Refusals::MEDIA_TYPE, "415 with any error"),
    ];
    let named: Vec<_> = all
        .iter()
        .filter(|(kind, _)| refusals.has(*kind))
        .map(|(_, text)| *text)
        .collect();
    named.join(" or ")
}
