//! Reading answers: what the protocol promises whatever the operation means.
//!
//! A [`Reply`] is a response taken apart once: its class, the error type with the carriers it came in, the body as JSON.
//! Against an allowed answer it yields differences; those that only deserve a warning do not stop it from fitting.

use std::fmt;
use std::rc::Rc;

use smallvec::SmallVec;

use crate::contract::free::error_name;
use crate::contract::shape::{Member, Shape};
use crate::contract::{Operation, Refusals, RuleId, Side};
use crate::rule;
use crate::wire::json::{JsonError, JsonErrorKind};
use crate::wire::{Json, Response, body};

use super::gate::{Allowed, Outcome};
use super::pattern::{Difference, Pattern, RuleList, excerpt, rules, shorten};

/// A day, in seconds: how far a timestamp may be from the clock of the harness.
const DAY: f64 = 86_400.0;

/// A response taken apart.
pub(super) struct Reply<'a> {
    response: &'a Response,
    /// The operation that was asked for, if the request got that far.
    operation: Option<&'static Operation>,
    /// Whether HTTP lets a server answer the message with 501 or 505.
    beyond_http: bool,
    /// When the request was sent, in seconds since the epoch.
    at: f64,
    /// The body where it is JSON.
    pub(super) body: Option<Rc<Json>>,
    /// What is wrong with the body, if it is not JSON that we can read.
    unreadable: Option<JsonError>,
    /// The type of the error and the carriers it came in.
    error: ErrorType,
}

/// The type of an error, as sent.
#[derive(Default)]
pub(super) struct ErrorType {
    header: Option<String>,
    body: Option<String>,
    code: Option<String>,
}

impl ErrorType {
    pub(super) fn read(response: &Response, body: Option<&Json>) -> Self {
        let member = |name| {
            body.and_then(|body| body.get(name))
                .and_then(Json::as_str)
                .map(str::to_owned)
        };
        Self {
            header: response.headers.get("x-amzn-errortype").map(str::to_owned),
            body: member("__type"),
            code: member("code"),
        }
    }

    /// Whether the model of the API or a framework knows an error type.
    pub(super) fn is_known(name: &str) -> bool {
        status_of(name).is_some()
    }

    /// The type that counts, sanitised.
    pub(super) fn name(&self) -> Option<&str> {
        [&self.header, &self.body, &self.code]
            .into_iter()
            .flatten()
            .next()
            .map(|text| error_name(text))
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        [&self.header, &self.body, &self.code]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// The modelled errors: every operation may answer them, also those that forget to declare one.
const MODELLED: [(&str, u16); 5] = [
    ("BadRequestException", 400),
    ("AccessDeniedException", 403),
    ("ResourceNotFoundException", 404),
    ("ThrottlingException", 429),
    ("InternalServerException", 500),
];

/// Errors of the frameworks such services are built with (contract 1.8).
const FRAMEWORK: [(&str, u16); 13] = [
    ("ValidationException", 400),
    ("SerializationException", 400),
    ("MalformedHttpRequestException", 400),
    ("InvalidRequestException", 400),
    ("UnrecognizedClientException", 403),
    ("InvalidSignatureException", 403),
    ("IncompleteSignatureException", 403),
    ("MissingAuthenticationTokenException", 403),
    ("ExpiredTokenException", 403),
    ("UnknownOperationException", 404),
    ("UnsupportedMediaTypeException", 415),
    ("ThrottlingException", 429),
    ("ServiceUnavailableException", 503),
];

/// Errors about who asks, without `Exception` at their end: services spell them both ways, and some answer them with 400.
const CREDENTIALS: [&str; 11] = [
    "UnrecognizedClient",
    "InvalidSignature",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "ExpiredToken",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "AccessDenied",
    "OptInRequired",
];

/// The status an error type belongs to, if the type is known.
fn status_of(error: &str) -> Option<u16> {
    let known = MODELLED
        .iter()
        .chain(&FRAMEWORK)
        .find(|(name, _)| *name == error)
        .map(|(_, status)| *status);
    known.or_else(|| error.starts_with("MissingParameter").then_some(400))
}

/// How far, in seconds, the clock of the target may be from ours, with the time a request may take (time.clock).
const CLOCK_SKEW: f64 = 75.0;

impl<'a> Reply<'a> {
    /// Whether it answers the one request whose timestamps are those of the request itself.
    fn creates_domain(&self) -> bool {
        self.operation
            .is_some_and(|operation| operation.name == "CreateDomain")
    }

    /// Takes a response apart.
    pub(super) fn read(
        response: &'a Response,
        operation: Option<&'static Operation>,
        at_ms: i64,
        beyond_http: bool,
    ) -> Self {
        let (body, unreadable) = if response.body.is_empty() {
            (None, None)
        } else {
            match body::read(&response.body) {
                Ok(body) => (Some(body), None),
                Err(problem) => (None, Some(problem)),
            }
        };
        let error = if response.status >= 400 {
            ErrorType::read(response, body.as_deref())
        } else {
            ErrorType::default()
        };
        Self {
            response,
            operation,
            beyond_http,
            at: at_ms as f64 / 1000.0,
            body,
            unreadable,
            error,
        }
    }

    /// The status.
    pub(super) fn status(&self) -> u16 {
        self.response.status
    }

    /// Status, error type and the beginning of the body, for people.
    pub(super) fn describe(&self) -> String {
        let body = String::from_utf8_lossy(&self.response.body);
        let body = shorten(body.trim_end(), 240);
        match self.error.name() {
            Some(name) => format!("{} {name} {body}", self.status()),
            None => format!("{} {body}", self.status()),
        }
        .trim_end()
        .to_owned()
    }

    /// Whether the target says it does not know the operation at all.
    pub(super) fn not_implemented(&self) -> bool {
        match self.status() {
            404 => self.error.name() == Some("UnknownOperationException"),
            405 => true,
            _ => false,
        }
    }

    /// Whether the target turns away who asks, whatever is asked: not signed in, or not permitted.
    pub(super) fn refuses_credentials(&self) -> bool {
        let by_name = self.error.name().is_some_and(|name| {
            CREDENTIALS.contains(&name.strip_suffix("Exception").unwrap_or(name))
        });
        matches!(self.status(), 401 | 403) || (self.status() == 400 && by_name)
    }

    /// Why the answer says nothing about the request: throttling, or a service that is not available.
    pub(super) fn inconclusive(&self) -> Option<String> {
        match self.status() {
            429 => Some("throttled (429)".to_owned()),
            503 => Some("service unavailable (503)".to_owned()),
            _ => None,
        }
    }

    /// Where the answer is not what is allowed. If it is of another kind altogether, the rules that this may break: see
    /// [`status_difference`](Self::status_difference).
    pub(super) fn compare(
        &self,
        allowed: &Allowed,
        found: &mut Vec<Difference>,
    ) -> Result<(), RuleList> {
        let status = self.status();
        if self.beyond_http && matches!(status, 501 | 505) {
            // RFC 9110 asks for these where the server knows no such method or version.
            return Ok(());
        }
        if status >= 500 {
            return Err(rules!["proto.no-5xx"].into());
        }
        match allowed.outcome {
            Outcome::Free | Outcome::FreeOrClosed => Ok(()),
            Outcome::RefusedOrClosed if status >= 400 => Ok(()),
            Outcome::RefusedOrClosed => Err(allowed.rules.clone()),
            Outcome::Bodiless(statuses) if statuses.contains(&status) => Ok(()),
            Outcome::Bodiless(_) => Err(allowed.rules.clone()),
            Outcome::Served => self.compare_success(allowed, found),
            Outcome::Refused(refusals) => self.compare_refusal(refusals, allowed, found),
        }
    }

    /// Protocol rules that the answer shows.
    pub(super) fn cites(&self, cites: &mut SmallVec<[(RuleId, Side); 16]>) {
        let mut cite =
            |rules: &[RuleId]| cites.extend(rules.iter().map(|rule| (*rule, Side::Inside)));
        cite(rules!["proto.no-5xx"]);
        if self.status() < 300 {
            cite(rules![
                "proto.success-status",
                "proto.success-content-type",
                "proto.success-body",
                "proto.output-null"
            ]);
            let (Some(operation), Some(body)) = (self.operation, &self.body) else {
                return;
            };
            if !operation.output.is_empty() {
                cite(rules!["proto.output-types", "proto.output-required"]);
            }
            if body.get("CreatedAt").is_some() {
                cite(rules!["proto.timestamp"]);
            }
            if self.creates_domain() {
                cite(rules!["time.clock"]);
            }
            if body.get("Keys").is_some() {
                cite(rules!["proto.output-enums"]);
            }
            let members = body.members().unwrap_or_default();
            if members
                .iter()
                .any(|(name, _)| !operation.output.iter().any(|member| member.wire == name))
            {
                cite(rules!["proto.output-unknown"]);
            }
            if operation
                .output
                .iter()
                .any(|member| below_minimum(member, body))
            {
                cite(rules!["proto.output-lenient-min"]);
            }
        } else if self.status() >= 400 {
            cite(rules![
                "proto.error-status",
                "proto.error-type-present",
                "proto.error-type-header",
                "proto.error-known",
                "proto.error-message"
            ]);
            if self.error.all().count() > 1 {
                cite(rules!["proto.error-type-agree"]);
            }
            if self.error.all().any(|text| error_name(text) != text) {
                cite(rules!["proto.error-type-sanitise"]);
            }
            if self.status() == 429 {
                cite(rules!["proto.throttle"]);
            }
        }
        if self.response.headers.get("x-amzn-requestid").is_some() {
            cite(rules!["proto.request-id"]);
        }
    }

    /// An answer of another kind than is allowed.
    pub(super) fn status_difference(&self, rules: RuleList, allowed: &Allowed) -> Difference {
        Difference {
            rules,
            place: "status".to_owned(),
            expected: allowed.describe(),
            actual: self.describe(),
        }
    }

    fn compare_success(
        &self,
        allowed: &Allowed,
        found: &mut Vec<Difference>,
    ) -> Result<(), RuleList> {
        let status = self.status();
        let Some(operation) = self.operation else {
            return Ok(());
        };
        if !(200..300).contains(&status) {
            let mut rules = allowed.rules.clone();
            if status < 400 {
                rules.insert(0, rule!("proto.success-status"));
            }
            return Err(rules);
        }
        if status != 200
            && !(status == 204 && matches!(operation.name, "TagResource" | "UntagResource"))
        {
            found.push(Difference::new(
                rules!["proto.success-status"],
                "status",
                "200",
                status.to_string(),
            ));
        }
        let Some(body) = &self.body else {
            // What only others can read (proto.control-chars, ingest.object.depth) may come back as it was sent.
            let echoed = self.unreadable.as_ref().is_some_and(|problem| {
                matches!(
                    problem.kind,
                    JsonErrorKind::LoneSurrogate | JsonErrorKind::TooDeep
                ) && matches!(allowed.body, Pattern::Any)
            });
            if !(echoed || self.response.body.is_empty() && operation.output.is_empty()) {
                let actual = self
                    .unreadable
                    .as_ref()
                    .map_or_else(|| "an empty body".to_owned(), ToString::to_string);
                found.push(Difference::new(
                    rules!["proto.success-body"],
                    "body",
                    "one JSON object",
                    actual,
                ));
            }
            return Ok(());
        };
        if body.members().is_none() {
            found.push(Difference::new(
                rules!["proto.success-body"],
                "body",
                "one JSON object",
                excerpt(body),
            ));
            return Ok(());
        }
        let content_type = self.response.headers.get("content-type").unwrap_or("");
        let essence = content_type.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let actual = if content_type.is_empty() {
                "none"
            } else {
                content_type
            };
            found.push(Difference::new(
                rules!["proto.success-content-type"],
                "header content-type",
                "application/json",
                actual,
            ));
        }
        let before = found.len();
        self.compare_members(operation.output, body, None, found);
        // A member of the wrong type would differ once more from its expected value.
        if !found[before..].iter().any(Difference::violates) {
            let mut place = String::with_capacity(64);
            allowed
                .body
                .compare(body, rules!["proto.output-types"], &mut place, found);
        }
        Ok(())
    }

    fn compare_members(
        &self,
        members: &[Member],
        body: &Json,
        up: Option<&At<'_>>,
        found: &mut Vec<Difference>,
    ) {
        for member in members {
            let actual = body.get(member.wire);
            if actual.is_none() && !member.required {
                continue;
            }
            let step = Step::Member(member.wire);
            let at = At { up, step };
            match actual {
                None => {
                    found.push(Difference::new(
                        rules!["proto.output-required"],
                        at.to_string(),
                        "a value",
                        "nothing",
                    ));
                }
                Some(Json::Null) if member.required => {
                    found.push(Difference::new(
                        rules!["proto.output-required"],
                        at.to_string(),
                        "a value",
                        "null",
                    ));
                }
                Some(Json::Null) => {
                    found.push(Difference::new(
                        rules!["proto.output-null"],
                        at.to_string(),
                        "no such member",
                        "null",
                    ));
                }
                Some(value) => self.compare_shape(member.shape, value, &at, found),
            }
        }
    }

    fn compare_shape(&self, shape: &Shape, value: &Json, at: &At<'_>, found: &mut Vec<Difference>) {
        let mut wrong = |expected: &str| {
            found.push(Difference::new(
                rules!["proto.output-types"],
                at.to_string(),
                expected,
                excerpt(value),
            ));
        };
        match (shape, value) {
            (Shape::String(string), Json::String(text)) => {
                if !string.values.is_empty() && !string.values.contains(&text.as_str()) {
                    let expected = string.values.join(", ");
                    found.push(Difference::new(
                        rules!["proto.output-enums"],
                        at.to_string(),
                        expected,
                        excerpt(value),
                    ));
                }
            }
            (Shape::String(_), _) => wrong("a string"),
            (Shape::Integer { .. } | Shape::Long, Json::Number(number)) => {
                if number.as_f64().fract() != 0.0 {
                    wrong("an integer");
                }
            }
            (Shape::Integer { .. } | Shape::Long, _) => wrong("an integer"),
            (Shape::Boolean, Json::Bool(_)) => {}
            (Shape::Boolean, _) => wrong("true or false"),
            (Shape::Timestamp, Json::Number(number)) => {
                let seconds = number.as_f64();
                if (seconds - self.at).abs() > DAY {
                    let expected = format!("seconds since the epoch, within a day of {}", self.at);
                    found.push(Difference::new(
                        rules!["proto.timestamp"],
                        at.to_string(),
                        expected,
                        excerpt(value),
                    ));
                } else if self.creates_domain() && (seconds - self.at).abs() > CLOCK_SKEW {
                    let expected = format!("the time of the request, {}", self.at);
                    found.push(Difference::new(
                        rules!["time.clock"],
                        at.to_string(),
                        expected,
                        excerpt(value),
                    ));
                }
            }
            (Shape::Timestamp, _) => {
                found.push(Difference::new(
                    rules!["proto.timestamp", "proto.output-types"],
                    at.to_string(),
                    "a number of seconds since the epoch",
                    excerpt(value),
                ));
            }
            (Shape::List { item, .. }, Json::Array(items)) => {
                for (index, value) in items.iter().enumerate() {
                    self.compare_shape(item, value, &at.to(Step::Item(index)), found);
                }
            }
            (Shape::List { .. }, _) => wrong("an array"),
            (Shape::Map { value: shape, .. }, Json::Object(members)) => {
                for (name, value) in members {
                    self.compare_shape(shape, value, &at.to(Step::Member(name)), found);
                }
            }
            (Shape::Map { .. }, _) => wrong("an object"),
            (Shape::Structure { members, .. }, Json::Object(_)) => {
                self.compare_members(members, value, Some(at), found)
            }
            (Shape::Structure { .. }, _) => wrong("an object"),
        }
    }

    fn compare_refusal(
        &self,
        refusals: Refusals,
        allowed: &Allowed,
        found: &mut Vec<Difference>,
    ) -> Result<(), RuleList> {
        let status = self.status();
        let error = self.error.name();
        let of_any_code = match status {
            400 | 403 | 404 | 405 => refusals.has(Refusals::ROUTE),
            413 => refusals.has(Refusals::TOO_LARGE),
            415 => refusals.overlaps(Refusals::MEDIA_TYPE),
            _ => false,
        };
        if of_any_code {
            return Ok(());
        }
        let kinds = [
            (Refusals::BAD, 400),
            (Refusals::DENIED, 403),
            (Refusals::NOT_FOUND, 404),
        ];
        if !kinds
            .iter()
            .any(|(kind, expected)| refusals.has(*kind) && status == *expected)
        {
            let mut rules = allowed.rules.clone();
            // The right error under a wrong status is a fault of its own.
            let right = error.and_then(status_of).is_some_and(|right| {
                right != status
                    && kinds
                        .iter()
                        .any(|(kind, expected)| refusals.has(*kind) && right == *expected)
            });
            if right {
                rules.insert(0, rule!("proto.error-status"));
            }
            return Err(rules);
        }
        let Some(error) = error else {
            found.push(Difference::new(
                rules!["proto.error-type-present"],
                "header x-amzn-errortype, /__type or /code",
                "the type of the error",
                self.describe(),
            ));
            return Ok(());
        };
        match status_of(error) {
            Some(right) if right != status => found.push(Difference::new(
                rules!["proto.error-status"],
                "status",
                format!("{right}, the status of {error}"),
                self.describe(),
            )),
            Some(_) => {}
            None => found.push(Difference::new(
                rules!["proto.error-known"],
                "header x-amzn-errortype, /__type or /code",
                "an error of the model or of a known framework",
                error,
            )),
        }
        if self.error.header.is_none() {
            found.push(Difference::new(
                rules!["proto.error-type-header"],
                "header x-amzn-errortype",
                "the type of the error",
                "no such header",
            ));
        }
        if self.error.all().any(|text| error_name(text) != error) {
            let all = self.error.all().collect::<Vec<_>>().join(", ");
            found.push(Difference::new(
                rules!["proto.error-type-agree"],
                "type of the error",
                "one type",
                all,
            ));
        }
        Ok(())
    }
}

/// A place in a body: a step, and the place it was taken from. It is put into words only where something is wrong.
struct At<'a> {
    up: Option<&'a Self>,
    step: Step<'a>,
}

enum Step<'a> {
    /// To a member of an object.
    Member(&'a str),
    /// To an item of an array.
    Item(usize),
}

impl<'a> At<'a> {
    fn to(&'a self, step: Step<'a>) -> Self {
        Self {
            up: Some(self),
            step,
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            up.fmt(f)?;
        }
        match self.step {
            Step::Member(name) => write!(f, "/{name}"),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}

/// Whether a member of an answer is below the minimum its shape has for requests.
fn below_minimum(member: &Member, body: &Json) -> bool {
    let least = match member.shape {
        Shape::String(string) => string.length.min,
        Shape::Map { entries, .. } => entries.min,
        _ => None,
    };
    least.is_some_and(|least| least > 0)
        && match (member.shape, body.get(member.wire)) {
            (Shape::String(_), Some(Json::String(text))) => text.is_empty(),
            (Shape::Map { .. }, Some(Json::Object(members))) => members.is_empty(),
            _ => false,
        }
}
