//! Operations that are not there.
//!
//! A server may lack operations. What answers for them then is not the service but whatever stands in front of it: a
//! framework, a gateway, a dispatcher. None of these promises anything, so such an answer accuses nobody. But a service may
//! answer in the same words for what it does implement, and then a rule is broken. The difference is whether the operation
//! was ever [served](Served).

use std::fmt;

use crate::contract::Operation;
use crate::contract::operation::OPERATIONS;
use crate::wire::{Response, body};

use super::answer::ErrorType;

/// Operations that the rules of the contract say nothing about: any answer will do.
const WITHOUT_RULES: [&str; 6] = [
    "DeleteIntegration",
    "GetIntegration",
    "GetMatches",
    "ListAccountIntegrations",
    "ListIntegrations",
    "PutIntegration",
];

/// Beginnings of error types by which dispatchers of the AWS protocols and local stand-ins say that they do not know an
/// operation.
const UNKNOWN_OPERATION: [&str; 6] = [
    "UnknownOperation",
    "InvalidAction",
    "NotImplemented",
    "NotYetImplemented",
    "UnsupportedOperation",
    "OperationNotSupported",
];

/// Whether the rules of the contract say anything about an operation.
pub fn has_rules(operation: &Operation) -> bool {
    !WITHOUT_RULES.contains(&operation.name)
}

/// Whether an answer may come from something that does not know the operation.
///
/// 405 and 501 are HTTP's own words for it, `UnknownOperationException` is the protocol's. A 404 says it where it has no type
/// that the service would give it. An API gateway says it by 403 `MissingAuthenticationTokenException`, whether or not a token is missing.
pub fn says_absent(response: &Response) -> bool {
    if response.status < 400 {
        return false;
    }
    if matches!(response.status, 405 | 501) {
        return true;
    }
    let body = body::read(&response.body).ok();
    let error = ErrorType::read(response, body.as_deref());
    let name = error.name();
    if name.is_some_and(|name| {
        UNKNOWN_OPERATION
            .iter()
            .any(|known| name.starts_with(known))
    }) {
        return true;
    }
    match response.status {
        404 => name.is_none_or(|name| !ErrorType::is_known(name)),
        403 => match name {
            Some(name) => name.starts_with("MissingAuthenticationToken"),
            None => ["message", "Message"].iter().any(|member| {
                let text = body.as_ref().and_then(|body| body.get(member)?.as_str());
                text == Some("Missing Authentication Token")
            }),
        },
        _ => false,
    }
}

/// The operations that a target was seen to serve.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Served(u32);

impl Served {
    /// All of them: whatever answers is taken for the service itself.
    pub fn all() -> Self {
        Self(u32::MAX)
    }

    /// Whether that operation was served.
    pub fn contains(self, operation: &Operation) -> bool {
        self.0 & bit(operation) != 0
    }

    /// Whether nothing was.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Notes an answer.
    pub fn note(&mut self, operation: &Operation, response: &Response) {
        if (200..300).contains(&response.status) {
            self.0 |= bit(operation);
        }
    }

    /// Those of either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As a number, to be stored and shared.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// From such a number.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = OPERATIONS
            .iter()
            .filter(|operation| self.contains(operation));
        f.debug_set()
            .entries(names.map(|operation| operation.name))
            .finish()
    }
}

/// The API has 30 operations: a bit each.
fn bit(operation: &Operation) -> u32 {
    1 << operation.index()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::operation::operation;

    fn response(status: u16, error: Option<&str>, body: &str) -> Response {
        Response {
            status,
            headers: error
                .map(|error| ("x-amzn-errortype", error))
                .into_iter()
                .collect(),
            body: body.to_owned().into(),
        }
    }

    #[test]
    fn what_frameworks_say_of_routes_they_do_not_know() {
        for (status, error, body) in [
            (404, None, "<html><h1>Not Found</h1></html>"),
            (404, None, ""),
            (404, None, r#"{"message":"Not Found"}"#),
            (
                404,
                None,
                r#"{"message":"Route GET:/domains not found","error":"Not Found","statusCode":404}"#,
            ),
            (404, None, r#"{"code":"NOT_FOUND"}"#),
            (404, Some("UnknownOperationException"), "{}"),
            (400, Some("UnknownOperationException"), "{}"),
            (
                400,
                None,
                r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#,
            ),
            (405, None, ""),
            (
                501,
                Some("InternalFailure"),
                r#"{"message":"API action 'GetDomain' not yet implemented"}"#,
            ),
            (500, Some("NotImplementedException"), ""),
            (
                403,
                Some("MissingAuthenticationTokenException"),
                r#"{"message":"Missing Authentication Token"}"#,
            ),
            (403, None, r#"{"message":"Missing Authentication Token"}"#),
        ] {
            assert!(
                says_absent(&response(status, error, body)),
                "{status} {error:?} {body}"
            );
        }
    }

    #[test]
    fn what_the_service_says_is_not_taken_for_that() {
        for (status, error, body) in [
            (200, None, "{}"),
            (404, Some("ResourceNotFoundException"), "{}"),
            (
                404,
                None,
                r#"{"__type":"a.b#ResourceNotFoundException:http://x"}"#,
            ),
            (404, Some("BadRequestException"), "{}"),
            (403, Some("AccessDeniedException"), "{}"),
            (403, None, r#"{"message":"no"}"#),
            (400, None, ""),
            (400, Some("BadRequestException"), ""),
            (500, None, ""),
            (503, None, ""),
            (429, None, ""),
        ] {
            assert!(
                !says_absent(&response(status, error, body)),
                "{status} {error:?} {body}"
            );
        }
    }

    #[test]
    fn served_is_what_was_answered_with_success() {
        let [get, merge] =
            ["GetDomain", "MergeProfiles"].map(|name| operation(name).expect("an operation"));
        let mut served = Served::default();
        served.note(merge, &response(400, None, ""));
        assert!(served.is_empty());
        served.note(get, &response(200, None, "{}"));
        assert!(served.contains(get) && !served.contains(merge));
        assert_eq!(Served::from_bits(served.bits()), served);
        for operation in OPERATIONS {
            assert!(Served::all().contains(operation));
        }
    }

    #[test]
    fn operations_without_rules_are_operations() {
        for name in WITHOUT_RULES {
            assert!(operation(name).is_some(), "{name}");
        }
        assert_eq!(
            OPERATIONS
                .iter()
                .filter(|operation| has_rules(operation))
                .count(),
            24
        );
    }

    #[test]
    fn what_two_saw_served_is_served() {
        let [get, merge] =
            ["GetDomain", "MergeProfiles"].map(|name| operation(name).expect("an operation"));
        let of = |operation| {
            let mut served = Served::default();
            served.note(operation, &response(200, None, "{}"));
            served
        };
        let both = of(get).or(of(merge));
        assert!(both.contains(get) && both.contains(merge));
        assert_eq!(of(get).or(of(get)), of(get));
        assert_eq!(format!("{:?}", of(get)), r#"{"GetDomain"}"#);
    }
}
