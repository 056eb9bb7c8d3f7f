//! Findings: what was wrong with an answer, and how it reads.
//!
//! A [`Finding`] says everything about one forbidden (or doubtful) answer without the model at hand: the rule, the
//! request, what was allowed and what came. Which case it belongs to, and how to see it again, is known to whoever ran
//! the case.

use std::fmt::Write as _;

use crate::contract::{Level, Operation, Route, RuleId, operation};
use crate::model::{Allowed, Difference, Expectation};
use crate::rule;
use crate::wire::{Answer, Exchange, Json, Message, Response, http1};

/// An answer that breaks a rule, or deserves a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule: the most specific one that explains the difference, preferring those the case was written for.
    pub rule: RuleId,
    /// How serious it is.
    pub severity: Severity,
    /// The step, from 0.
    pub step: usize,
    /// How many steps the case has.
    pub steps: usize,
    /// The operation that was asked for; `None` where no operation was.
    pub operation: Option<&'static Operation>,
    /// Method and target, shortened; the beginning of what was sent where that is no request.
    pub request: String,
    /// Status, error type and body, shortened; or why there is none.
    pub answer: String,
    /// The status of the answer; `None` without one.
    pub status: Option<u16>,
    /// Every answer that would have been allowed, one each.
    pub allowed: Vec<String>,
    /// Where the answer differs: `status`, `header …`, or a JSON pointer into its body.
    pub place: String,
    /// What would have been fine at that place.
    pub expected: String,
    /// What was found there.
    pub actual: String,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The target violates the contract: a MUST, or a decision it took otherwise before.
    Violates,
    /// A likely bug, or a divergence somebody documented: a SHOULD.
    Warns,
}

impl Finding {
    pub(super) fn new(
        severity: Severity,
        (step, steps): (usize, usize),
        exchange: &Exchange,
        difference: &Difference,
        expectation: &Expectation,
        aims: &[RuleId],
    ) -> Self {
        Self {
            rule: named(&difference.rules, severity, aims),
            severity,
            step,
            steps,
            operation: addressed(&exchange.message),
            request: request_line(&exchange.message),
            answer: answer_line(&exchange.answer),
            status: match &exchange.answer {
                Answer::Response(response) => Some(response.status),
                Answer::None(_) => None,
            },
            allowed: expectation.allowed.iter().map(Allowed::describe).collect(),
            place: difference.place.clone(),
            expected: difference.expected.clone(),
            actual: difference.actual.clone(),
        }
    }
}

/// The rule a difference is reported under: one the case aims at, else one of the same family, else the most specific.
///
/// A violation is never reported under a SHOULD where a rule that can be violated is among the candidates, however the
/// case is aimed. Where a rule of the protocol is the most specific, something is wrong with the form of the answer, and
/// what the case is about explains less.
fn named(candidates: &[RuleId], severity: Severity, aims: &[RuleId]) -> RuleId {
    let fits = |rule: &RuleId| {
        matches!(rule.level(), Level::Must | Level::Probe) == (severity == Severity::Violates)
    };
    let fitting = || candidates.iter().copied().filter(fits);
    let first = fitting().next().or(candidates.first().copied());
    // The model gives every difference a rule; should it fail to, the union of all rules is what was broken.
    let first = first.unwrap_or(rule!("proto.precedence"));
    if let Some(aimed) = fitting().find(|rule| aims.contains(rule)) {
        return aimed;
    }
    if first.id().starts_with("proto.") {
        return first;
    }
    let closeness = |rule: RuleId| {
        aims.iter()
            .map(|aim| kinship(rule, *aim))
            .max()
            .unwrap_or(0)
    };
    let closer = |best: RuleId, rule| {
        if closeness(rule) > closeness(best) {
            rule
        } else {
            best
        }
    };
    fitting().fold(first, closer)
}

/// How much two rules have to do with each other: how many leading parts their ids share.
///
/// The protocol says something about every request, so being of that family means nothing.
fn kinship(one: RuleId, other: RuleId) -> usize {
    let parts = one.id().split('.').zip(other.id().split('.'));
    parts.take_while(|(a, b)| a == b && *a != "proto").count()
}

/// The operation a message asks for, if it is enough of a request to ask for one.
pub fn addressed(message: &Message) -> Option<&'static Operation> {
    // Nearly all do so in the ordinary way, which is found without its labels.
    operation::addressed(message).or_else(|| {
        let route = match message {
            Message::Request(request) => operation::route(&request.method, request.path()),
            Message::Raw(bytes) => {
                let request = http1::parse_request(bytes).ok()?;
                operation::route(&request.method, request.path())
            }
        };
        match route {
            Route::To { operation, .. } | Route::Slashes { operation, .. } => Some(operation),
            Route::EmptyLabel | Route::WrongMethod | Route::Unknown => None,
        }
    })
}

/// Method and target in at most [`MOST_REQUEST`] characters, or the first line of raw bytes.
pub fn request_line(message: &Message) -> String {
    match message {
        Message::Request(request) => printable(
            &format!("{} {}", request.method, request.target),
            MOST_REQUEST,
        ),
        Message::Raw(bytes) => {
            let line = bytes
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            format!(
                "raw bytes `{}`",
                printable(&String::from_utf8_lossy(line), MOST_REQUEST)
            )
        }
    }
}

/// Status, type of the error and body in at most [`MOST_ANSWER`] characters.
pub fn answer_line(answer: &Answer) -> String {
    match answer {
        Answer::None(silence) => printable(&format!("no answer ({silence})"), MOST_ANSWER),
        Answer::Response(response) => {
            let mut line = response.status.to_string();
            if let Some(error) = response.headers.get("x-amzn-errortype") {
                let _ = write!(line, " {error}");
            }
            if !response.body.is_empty() {
                let _ = write!(line, " {}", body_text(response));
            }
            printable(&line, MOST_ANSWER)
        }
    }
}

/// The text with control characters spelled out, cut to a number of characters.
///
/// What a target says may hold escape sequences, and ends up on terminals.
pub fn printable(text: &str, most: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(most * 4));
    for (at, character) in text.chars().enumerate() {
        if at == most {
            let _ = write!(safe, "… ({} characters)", text.chars().count());
            break;
        }
        if character.is_control() {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The body as compact JSON with long strings and lists shortened, or as text.
fn body_text(response: &Response) -> String {
    let body = &response.body;
    match Json::parse(&body[..body.len().min(MOST_READ)]) {
        Ok(whole) if body.len() <= MOST_READ => shortened(&whole).to_string(),
        _ if body.len() <= MOST_ANSWER => String::from_utf8_lossy(body).into_owned(),
        _ => format!(
            "{}… ({} bytes)",
            String::from_utf8_lossy(&body[..MOST_ANSWER / 2]),
            body.len()
        ),
    }
}

fn shortened(value: &Json) -> Json {
    match value {
        Json::String(text) if text.chars().count() > MOST_STRING => {
            let beginning: String = text.chars().take(8).collect();
            Json::String(format!(
                "{beginning}… ({} characters)",
                text.chars().count()
            ))
        }
        Json::Array(items) if items.len() > MOST_ITEMS => {
            let first = items.iter().take(MOST_ITEMS - 1).map(shortened);
            Json::Array(
                first
                    .chain([Json::String(format!("… ({} items)", items.len()))])
                    .collect(),
            )
        }
        Json::Array(items) => Json::Array(items.iter().map(shortened).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), shortened(value)))
                .collect(),
        ),
        short => short.clone(),
    }
}

/// The longest request line shown.
const MOST_REQUEST: usize = 120;
/// The longest answer shown.
const MOST_ANSWER: usize = 300;
/// The longest body read as JSON only to be shown, in bytes.
const MOST_READ: usize = 256 * 1024;
/// The longest string shown whole inside an answer.
const MOST_STRING: usize = 48;
/// The longest list shown whole inside an answer.
const MOST_ITEMS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Headers, NoAnswer, NoAnswerKind, Request};

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer::Response(Response {
            status,
            headers: headers.iter().copied().collect(),
            body: body.to_owned().into(),
        })
    }

    #[test]
    fn names_the_rule_the_case_aims_at_else_the_most_specific() {
        let candidates = [
            rule!("put-type.description.length"),
            rule!("put-type.response.echo"),
        ];
        let violates = Severity::Violates;
        assert_eq!(named(&candidates, violates, &[]), candidates[0]);
        assert_eq!(
            named(&candidates, violates, &[candidates[1]]),
            candidates[1]
        );
        assert_eq!(
            named(&candidates, violates, &[rule!("time.clock")]),
            candidates[0]
        );
    }

    #[test]
    fn without_the_rule_it_aims_at_the_family_decides() {
        let candidates = [
            rule!("domain.name.charset"),
            rule!("put-type.tags.max"),
            rule!("put-type.replace.fields-keys"),
        ];
        let named = |aim| named(&candidates, Severity::Violates, &[aim]);
        assert_eq!(named(rule!("put-type.replace.tags-absent")), candidates[2]);
        assert_eq!(named(rule!("put-type.upsert")), candidates[1]);
        assert_eq!(named(rule!("tag.list.empty")), candidates[0]);
        assert_eq!(named(rule!("proto.no-5xx")), candidates[0]);

        let form = [rule!("proto.error-status"), rule!("domain.get.unknown")];
        let aim = [rule!("domain.create.echo")];
        assert_eq!(super::named(&form, Severity::Violates, &aim), form[0]);
        assert_eq!(super::named(&form, Severity::Violates, &form[1..]), form[1]);
    }

    #[test]
    fn a_violation_is_not_reported_under_a_should() {
        let (should, must) = (rule!("proto.content-type-params"), rule!("domain.get.echo"));
        assert_eq!(named(&[should, must], Severity::Violates, &[should]), must);
        assert_eq!(named(&[must, should], Severity::Warns, &[must]), should);
    }

    #[test]
    fn answers_are_short_and_safe_to_print() {
        let long = format!(r#"{{"Description":"{}","Tags":{{}}}}"#, "a".repeat(1001));
        assert_eq!(
            answer_line(&response(200, &[], &long)),
            r#"200 {"Description":"aaaaaaaa… (1001 characters)","Tags":{}}"#
        );
        let items = response(200, &[], r#"{"Items":[1,2,3,4,5]}"#);
        assert_eq!(
            answer_line(&items),
            r#"200 {"Items":[1,2,3,"… (5 items)"]}"#
        );
        let error = response(
            400,
            &[("X-Amzn-ErrorType", "BadRequestException")],
            r#"{"Message":"no"}"#,
        );
        assert_eq!(
            answer_line(&error),
            r#"400 BadRequestException {"Message":"no"}"#
        );
        let hostile = response(500, &[], "\u{1b}[2J<html>\u{9b}31m\r\n");
        assert_eq!(answer_line(&hostile), r"500 \u{1b}[2J<html>\u{9b}31m\r\n");
        let silence = Answer::None(NoAnswer {
            kind: NoAnswerKind::Timeout,
            detail: "nothing within 10 s".into(),
        });
        assert_eq!(
            answer_line(&silence),
            "no answer (timeout: nothing within 10 s)"
        );
        let huge = response(200, &[], &"<".repeat(100_000_000));
        assert_eq!(
            answer_line(&huge),
            format!("200 {}… (100000000 bytes)", "<".repeat(150))
        );
    }

    #[test]
    fn requests_are_named_by_their_first_line() {
        let request = Message::Request(Request {
            method: "PUT".into(),
            target: format!("/domains/{}", "d".repeat(1000)),
            headers: Headers::default(),
            body: None,
        });
        assert_eq!(
            request_line(&request),
            format!("PUT /domains/{}… (1013 characters)", "d".repeat(107))
        );
        let raw = Message::Raw("GET /domains HTTP/9.9\r\nhost: x\r\n\r\n".into());
        assert_eq!(request_line(&raw), "raw bytes `GET /domains HTTP/9.9`");
    }
}
