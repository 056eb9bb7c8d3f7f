//! Placeholders: names for values that only the target or the run knows.
//!
//! [`message`] turns a step into what is sent, [`learn`] remembers what the answer brought. Both are used wherever a case
//! becomes a conversation: by replay, and when a transcript is read, which is why the requests need not be stored there.

use std::fmt;

use bytes::Bytes;
use memchr::{memchr, memchr_iter};

use super::{Body, Case, Piece, Say, Step};
use crate::wire::http1::parse_request;
use crate::wire::{
    Answer, Exchange, Headers, Json, Message, Request, Response, SIGNATURE, body, percent,
};

/// How much text placeholders may add to one message, in bytes.
pub const LIMIT: usize = 4 << 20;

/// What `${arn}` stands for unless the run says otherwise: the beginning of every ARN of the target.
pub const DEFAULT_ARN: &str = "arn:aws:profile:us-east-1:123456789012";

/// The name under which the values of a case say that every request is signed, unless its step has an `authorization`
/// field of its own.
const SIGNED: &str = "sigv4";

/// The values known for the placeholders of a case, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(
    /// In the order of the names, so that equal values are equal whatever the order in which they were learned.
    Vec<(String, String)>,
);

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).ok().map(|at| self.0[at].1.as_str())
    }

    /// Gives a name a value, in place of an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.find(&name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// Forgets the value of that name.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.find(name) {
            self.0.remove(at);
        }
    }

    /// All names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Says that every request is signed, unless its step has an `authorization` field of its own.
    pub fn sign_every_request(&mut self) {
        self.set(SIGNED, "every");
    }

    /// Whether every request is signed, unless its step has an `authorization` field of its own.
    pub fn signs_every_request(&self) -> bool {
        self.get(SIGNED) == Some("every")
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        let mut all = Self::new();
        for (name, value) in values {
            all.set(name, value);
        }
        all
    }
}

/// A placeholder that stands for nothing: the step cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unbound {
    /// The step, as [`Say`] shows itself; empty where a text was resolved on its own.
    pub step: String,
    /// What stands between the braces.
    pub placeholder: String,
    /// What is wrong with it.
    pub why: Why,
}

/// Why a placeholder stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Nothing has been remembered under the name, or not yet.
    #[error("has no value; an `@` line of an earlier step whose answer held one would give it one")]
    NoValue,
    /// It does not begin with a name.
    #[error("has no name; names hold letters, digits, `-` and `_`, and begin with a letter")]
    NoName,
    /// There is no such filter.
    #[error("has an unknown filter `{0}`; there are `uri`, `percent`, `json`, `upper` and `pad N`")]
    NoFilter(String),
    /// The count of `repeat` is missing or no number.
    #[error("has no count; `${{repeat 3 a}}` is `aaa`")]
    NoCount,
    /// The closing brace is missing.
    #[error("has no closing brace; `$${{` is how `${{` itself is written")]
    NoEnd,
    /// What it stands for is too long.
    #[error("makes the message longer than {LIMIT} bytes")]
    TooLong,
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "placeholder `${{{}}}` ", self.placeholder)?;
        if !self.step.is_empty() {
            write!(f, "in step `{}` ", self.step)?;
        }
        write!(f, "{}", self.why)
    }
}

/// A value that an answer should have brought and did not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no value for `{name}`: {why}")]
pub struct Unlearned {
    /// The name that has no value now.
    pub name: String,
    /// What the answer held instead.
    pub why: String,
}

/// The text with every placeholder replaced by its value. `${sigv4}` stays: only the sender can sign.
pub fn resolve(template: &str, values: &Values) -> Result<String, Unbound> {
    expand(template, values, &mut LIMIT.clone())
}

/// What a step sends, given what is known by then.
///
/// A body is sent as `application/json` unless the step names a content type; an empty one is not sent at all. Likewise a
/// request is signed, where [every request is](Values::sign_every_request), unless the step has an `authorization` field;
/// an empty one is not sent at all.
pub fn message(step: &Step, values: &Values) -> Result<Message, Unbound> {
    let sent = match &step.say {
        Say::Request {
            method,
            target,
            headers,
            body,
        } => request(method, target, headers, body, values),
        Say::Raw(pieces) => raw(pieces, values),
    };
    sent.map_err(|unbound| Unbound {
        step: step.say.to_string(),
        ..unbound
    })
}

/// Remembers the values that the answer to a step brings.
///
/// Of a paged step the first answer counts. A string is remembered as it is, a number or a boolean as it was written.
/// Where there is no such value, an earlier one of the same name is forgotten, and the first such name is the error; the
/// other names are learned all the same.
pub fn learn(step: &Step, answer: &Response, values: &mut Values) -> Result<(), Unlearned> {
    if step.bindings.is_empty() {
        return Ok(());
    }
    let body = body::read(&answer.body);
    let mut missed = Ok(());
    for binding in &step.bindings {
        let found = match &body {
            Ok(body) => scalar(body, &binding.pointer),
            Err(error) => Err(format!("the body is not JSON ({error})")),
        };
        match found {
            Ok(value) => values.set(binding.name.as_str(), value),
            Err(why) => {
                values.remove(&binding.name);
                missed = missed.and(Err(Unlearned {
                    name: binding.name.clone(),
                    why,
                }));
            }
        }
    }
    missed
}

/// The answer to a step that its bindings are taken from: the first that says anything, of the pages of a paged step.
pub fn told(exchanges: &[Exchange]) -> Option<&Response> {
    let said = exchanges.iter().find(|exchange| !exchange.answer.is_lost());
    match &said.or(exchanges.first())?.answer {
        Answer::Response(response) => Some(response),
        Answer::None(_) => None,
    }
}

/// How many of the answers to a step say anything: as many pages were read.
pub fn answered(exchanges: &[Exchange]) -> usize {
    exchanges
        .iter()
        .filter(|exchange| !exchange.answer.is_lost())
        .count()
}

/// What a step sends after so many answers that say something, with the last exchange given, if it sends any more: the
/// same message where that got no answer or one that says nothing, else the request for the next page, if the step follows
/// pages, the answer names one and the step's limit allows it.
pub fn follow_up(step: &Step, answered: usize, last: &Exchange) -> Option<Message> {
    if last.answer.is_lost() {
        return Some(last.message.clone());
    }
    let pages = usize::try_from(step.manner.pages?).unwrap_or(usize::MAX);
    match (&last.message, &last.answer) {
        (Message::Request(_), Answer::Response(response)) if answered < pages => {
            Some(next_page(&last.message, &token_of(response)?))
        }
        _ => None,
    }
}

/// The token that an answer continues with: `NextToken` of a 200, unless it is empty.
pub fn token_of(answer: &Response) -> Option<String> {
    if answer.status != 200 {
        return None;
    }
    let body = body::read(&answer.body).ok()?;
    body.get("NextToken")?
        .as_str()
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
}

/// Whether a page is asked for that follows another.
pub fn asks_for_next_page(message: &Message) -> bool {
    match message {
        Message::Request(request) => request.query().split('&').any(is_token),
        Message::Raw(_) => false,
    }
}

/// Whether a pair of a query is a token for the next page.
fn is_token(pair: &str) -> bool {
    pair == "next-token" || pair.starts_with("next-token=")
}

/// The request for the next page: the same one with `next-token` in the query, in place of an earlier one.
///
/// Raw bytes have no next page and stay as they are.
pub fn next_page(message: &Message, token: &str) -> Message {
    let Message::Request(request) = message else {
        return message.clone();
    };
    let mut target = request.path().to_owned();
    let mut separator = '?';
    for pair in request
        .query()
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_token(pair))
    {
        target.push(separator);
        target.push_str(pair);
        separator = '&';
    }
    target.push(separator);
    target.push_str("next-token=");
    target.push_str(&percent::encode(token));
    Message::Request(Request {
        target,
        ..request.clone()
    })
}

/// The placeholders of a case whose values the run provides, in the order of their names: `domain` and those that begin
/// so, `short`, `arn`.
pub fn fresh_names(case: &Case) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for step in &case.steps {
        each_fresh_name(step, &mut |name| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
    }
    names.sort_unstable();
    names.into_iter().map(str::to_owned).collect()
}

/// Whether a case uses `short`, a name of one character that nobody else uses.
pub(crate) fn needs_short_name(case: &Case) -> bool {
    let mut needs = false;
    let mut texts = case.steps.iter().flat_map(texts);
    // Hardly any case does.
    if texts.any(|text| placeholders(text).any(|at| text[at..].starts_with("${short"))) {
        for step in &case.steps {
            each_fresh_name(step, &mut |name| needs |= name == "short");
        }
    }
    needs
}

/// Shows every placeholder of a step whose value the run provides, as often as it is there.
pub(crate) fn each_fresh_name<'a>(step: &'a Step, show: &mut dyn FnMut(&'a str)) {
    each_name(step, &mut |name| {
        if is_provided(name) && name != "sigv4" {
            show(name);
        }
    });
}

/// Shows the name in every placeholder of a step, as often as it is there.
pub(crate) fn each_name<'a>(step: &'a Step, show: &mut dyn FnMut(&'a str)) {
    for template in texts(step) {
        // The walk stops at what is malformed; sending will say so.
        let _ = walk(template, |part| {
            if let Part::Placeholder(inner) = part {
                show(inner.split('|').next().unwrap_or_default());
            }
            Ok(())
        });
    }
}

/// The texts of a step that may hold placeholders.
fn texts(step: &Step) -> impl Iterator<Item = &str> {
    let (request, headers, pieces) = match &step.say {
        Say::Request {
            target,
            headers,
            body,
            ..
        } => {
            let body = match body {
                Body::Text(text) => Some(text),
                Body::None | Body::Bytes(_) => None,
            };
            ([Some(target), body], headers.as_slice(), [].as_slice())
        }
        Say::Raw(pieces) => ([None, None], [].as_slice(), pieces.as_slice()),
    };
    let values = headers.iter().map(|(_, value)| value);
    let lines = pieces.iter().filter_map(|piece| match piece {
        Piece::Line(line) => Some(line),
        Piece::Bytes(_) => None,
    });
    let texts = request.into_iter().flatten().chain(values).chain(lines);
    texts.map(String::as_str)
}

/// Whether a text can be the name of a placeholder.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether the run gives the name its value, so that no answer can.
pub(super) fn is_provided(name: &str) -> bool {
    name.starts_with("domain") || matches!(name, "short" | "arn" | "sigv4")
}

fn request(
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &Body,
    values: &Values,
) -> Result<Message, Unbound> {
    let mut budget = LIMIT;
    let target = expand(target, values, &mut budget)?;
    let mut fields = Headers::default();
    let (mut is_typed, mut is_authorized) = (false, false);
    for (name, value) in headers {
        let is_type = name.eq_ignore_ascii_case("content-type");
        let authorizes = name.eq_ignore_ascii_case("authorization");
        is_typed |= is_type;
        is_authorized |= authorizes;
        if (is_type || authorizes) && value.is_empty() {
            continue;
        }
        fields.push(name.as_str(), expand(value, values, &mut budget)?);
    }
    let body = match body {
        Body::None => None,
        Body::Text(text) => Some(Bytes::from(expand(text, values, &mut budget)?)),
        Body::Bytes(bytes) => Some(bytes.clone()),
    };
    if body.is_some() && !is_typed {
        fields.push("content-type", "application/json");
    }
    if !is_authorized && values.signs_every_request() {
        fields.push("authorization", SIGNATURE);
    }
    Ok(Message::Request(Request {
        method: method.to_owned(),
        target,
        headers: fields,
        body,
    }))
}

fn raw(pieces: &[Piece], values: &Values) -> Result<Message, Unbound> {
    let mut budget = LIMIT;
    let mut sent = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Line(line) => {
                sent.extend_from_slice(expand(line, values, &mut budget)?.as_bytes());
                sent.extend_from_slice(b"\r\n");
            }
            Piece::Bytes(bytes) => sent.extend_from_slice(bytes),
        }
    }
    if values.signs_every_request() {
        sign_raw(&mut sent);
    }
    Ok(Message::Raw(sent.into()))
}

/// Asks for a signature in bytes that are exactly one request, unless they hold an `authorization` field.
///
/// What is no request cannot be signed: nobody knows what a server would take for its parts.
fn sign_raw(bytes: &mut Vec<u8>) {
    let Ok(request) = parse_request(bytes) else {
        return;
    };
    if request.headers.get("authorization").is_some() {
        return;
    }
    // Behind the request line, which ends there because the bytes are a request.
    if let Some(at) = bytes.windows(2).position(|window| window == b"\r\n") {
        let field = format!("authorization: {SIGNATURE}\r\n");
        bytes.splice(at + 2..at + 2, field.into_bytes());
    }
}

/// A piece of a text with placeholders.
enum Part<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

/// Shows every part of a text in turn.
fn walk<'a>(
    template: &'a str,
    mut show: impl FnMut(Part<'a>) -> Result<(), (&'a str, Why)>,
) -> Result<(), (&'a str, Why)> {
    let mut rest = template;
    while let Some(at) = placeholders(rest).next() {
        let (before, behind) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            show(Part::Literal(before))?;
            show(Part::Literal("${"))?;
            rest = behind;
            continue;
        }
        show(Part::Literal(before))?;
        let Some(end) = memchr(b'}', behind.as_bytes()) else {
            return Err((behind, Why::NoEnd));
        };
        show(Part::Placeholder(&behind[..end]))?;
        rest = &behind[end + 1..];
    }
    show(Part::Literal(rest))
}

/// Where placeholders, or what would be some, begin.
fn placeholders(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    memchr_iter(b'$', bytes).filter(|at| bytes.get(at + 1) == Some(&b'{'))
}

/// Replaces placeholders; what they add is taken from `budget`.
fn expand(template: &str, values: &Values, budget: &mut usize) -> Result<String, Unbound> {
    if placeholders(template).next().is_none() {
        return Ok(template.to_owned());
    }
    let mut out = String::with_capacity(template.len() + 64);
    walk(template, |part| match part {
        Part::Literal(text) => {
            out.push_str(text);
            Ok(())
        }
        Part::Placeholder(inner) => {
            substitute(inner, values, &mut out, budget).map_err(|why| (inner, why))
        }
    })
    .map_err(|(inner, why)| Unbound {
        step: String::new(),
        placeholder: inner.chars().take(80).collect(),
        why,
    })?;
    Ok(out)
}

/// Appends what one placeholder stands for.
fn substitute(
    inner: &str,
    values: &Values,
    out: &mut String,
    budget: &mut usize,
) -> Result<(), Why> {
    if inner == "sigv4" {
        out.push_str(SIGNATURE);
        return Ok(());
    }
    if let Some(repeat) = inner.strip_prefix("repeat ") {
        let (count, text) = repeat.split_once(' ').ok_or(Why::NoCount)?;
        let count = number(count).ok_or(Why::NoCount)?;
        spend(budget, text.len().saturating_mul(count))?;
        out.extend(std::iter::repeat_n(text, count));
        return Ok(());
    }
    let mut words = inner.split('|');
    let name = words.next().unwrap_or_default();
    if !is_name(name) {
        return Err(Why::NoName);
    }
    let value = values.get(name).ok_or(Why::NoValue)?;
    spend(budget, value.len())?;
    let Some(first) = words.next() else {
        out.push_str(value);
        return Ok(());
    };
    let mut value = filtered(value, first, budget)?;
    for filter in words {
        value = filtered(&value, filter, budget)?;
    }
    out.push_str(&value);
    Ok(())
}

fn filtered(value: &str, filter: &str, budget: &mut usize) -> Result<String, Why> {
    let filtered = match filter {
        "uri" => percent::encode(value),
        "percent" => value.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        "json" => {
            let quoted = Json::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        "upper" => value.to_ascii_uppercase(),
        _ => {
            let width = filter
                .strip_prefix("pad ")
                .and_then(number)
                .ok_or_else(|| Why::NoFilter(filter.to_owned()))?;
            let missing = width.saturating_sub(value.chars().count());
            spend(budget, missing)?;
            return Ok(value
                .chars()
                .chain(std::iter::repeat_n('x', missing))
                .collect());
        }
    };
    spend(budget, filtered.len().saturating_sub(value.len()))?;
    Ok(filtered)
}

/// Takes bytes from the budget, or says that there are not enough.
fn spend(budget: &mut usize, bytes: usize) -> Result<(), Why> {
    *budget = budget.checked_sub(bytes).ok_or(Why::TooLong)?;
    Ok(())
}

fn number(text: &str) -> Option<usize> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// The value at a place inside a text that is itself JSON, as the objects in a listing are.
fn within_text(body: &Json, pointer: &str) -> Option<Json> {
    pointer.match_indices('/').find_map(|(at, _)| {
        let text = body.pointer(&pointer[..at])?.as_str()?;
        let inner = Json::parse(text.as_bytes()).ok()?;
        inner.pointer(&pointer[at..]).cloned()
    })
}

/// The string, number or boolean at a place of an answer, as text.
fn scalar(body: &Json, pointer: &str) -> Result<String, String> {
    let within;
    let found = match body.pointer(pointer) {
        Some(value) => Some(value),
        None => {
            within = within_text(body, pointer);
            within.as_ref()
        }
    };
    match found {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(Json::Number(number)) => Ok(number.text().to_owned()),
        Some(Json::Bool(value)) => Ok(value.to_string()),
        Some(other) => Err(format!(
            "`{pointer}` is {}, not a string, a number or a boolean",
            other.kind_name()
        )),
        None => Err(format!("the answer has nothing at `{pointer}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::text::parse;

    fn values() -> Values {
        [
            ("domain", "d-1"),
            ("arn", DEFAULT_ARN),
            ("token", "a+/=\"é"),
            ("n", "${domain}"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn placeholders_are_replaced() {
        let long = format!("[{}]", "ab".repeat(1000));
        for (template, expected) in [
            (
                "no placeholder, $ and { and $x",
                "no placeholder, $ and { and $x",
            ),
            ("/domains/${domain}", "/domains/d-1"),
            ("${domain}${domain}", "d-1d-1"),
            ("$${domain} $$${domain}", "${domain} $${domain}"),
            ("${token|uri}", "a%2B%2F%3D%22%C3%A9"),
            ("${token|percent}", "%61%2B%2F%3D%22%C3%A9"),
            ("\"${token|json}\"", r#""a+/=\"é""#),
            ("${domain|upper}", "D-1"),
            ("${domain|pad 6}|${domain|pad 2}", "d-1xxx|d-1"),
            ("${domain|pad 5|upper}", "D-1XX"),
            ("[${repeat 1000 ab}]", long.as_str()),
            (
                "[${repeat 0 ab}${repeat 3  }${repeat 2 a|b}]",
                "[   a|ba|b]",
            ),
            ("${sigv4}", "${sigv4}"),
            // What a value holds is not looked at again.
            ("${n}", "${domain}"),
        ] {
            assert_eq!(
                resolve(template, &values()).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        for (template, placeholder, why) in [
            ("a ${nobody} b", "nobody", Why::NoValue),
            ("${domain2|uri}", "domain2|uri", Why::NoValue),
            ("${}", "", Why::NoName),
            ("${a b}", "a b", Why::NoName),
            (
                "${domain|shout}",
                "domain|shout",
                Why::NoFilter("shout".into()),
            ),
            (
                "${domain|pad x}",
                "domain|pad x",
                Why::NoFilter("pad x".into()),
            ),
            ("${domain|}", "domain|", Why::NoFilter(String::new())),
            ("${repeat 3}", "repeat 3", Why::NoCount),
            ("${repeat -3 a}", "repeat -3 a", Why::NoCount),
            (
                "${repeat 99999999999999999999 a}",
                "repeat 99999999999999999999 a",
                Why::NoCount,
            ),
            ("a ${domain", "domain", Why::NoEnd),
            ("${repeat 4194305 a}", "repeat 4194305 a", Why::TooLong),
            (
                "${repeat 18446744073709551615 aa}",
                "repeat 18446744073709551615 aa",
                Why::TooLong,
            ),
            ("${domain|pad 9999999}", "domain|pad 9999999", Why::TooLong),
        ] {
            let unbound = resolve(template, &values()).expect_err(template);
            assert_eq!(
                (unbound.placeholder.as_str(), unbound.why),
                (placeholder, why),
                "{template}"
            );
        }
    }

    #[test]
    fn the_limit_is_one_for_the_whole_message() {
        let fits = format!("> POST /a\n| ${{repeat {LIMIT} a}}\n");
        let case = parse(&fits, "a").expect("a case");
        assert!(message(&case.steps[0], &values()).is_ok());
        let case = parse(&fits.replace("/a", "/${domain}"), "a").expect("a case");
        let unbound = message(&case.steps[0], &values()).expect_err("too long");
        assert_eq!(unbound.why, Why::TooLong);
        assert_eq!(unbound.step, "POST /${domain}");
    }

    #[test]
    fn the_step_is_named_by_its_request_line() {
        let case = parse("> GET /domains/${id|uri}\n", "a").expect("a case");
        assert_eq!(
            message(&case.steps[0], &values())
                .expect_err("unbound")
                .to_string(),
            "placeholder `${id|uri}` in step `GET /domains/${id|uri}` has no value; an `@` line of an earlier step \
             whose answer held one would give it one"
        );
    }

    fn sent(step: &str) -> Message {
        let case = parse(step, "a").expect("a case");
        message(&case.steps[0], &values()).expect("all bound")
    }

    #[test]
    fn bodies_are_json_unless_the_step_says_otherwise() {
        let types = |step: &str| match sent(step) {
            Message::Request(request) => request
                .headers
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join(","),
            Message::Raw(_) => panic!("raw"),
        };
        assert_eq!(types("> GET /a\n"), "");
        assert_eq!(types("> PUT /a\n|\n"), "content-type=application/json");
        assert_eq!(types("> PUT /a\nx ff\n"), "content-type=application/json");
        assert_eq!(
            types("> PUT /a\n> Content-Type: text/plain\n| {}\n"),
            "Content-Type=text/plain"
        );
        assert_eq!(
            types("> PUT /a\n> content-type:\n> a: ${domain}\n| {}\n"),
            "a=d-1"
        );
    }

    #[test]
    fn raw_lines_end_in_cr_lf_and_bytes_do_not() {
        let Message::Raw(bytes) = sent(">!\n| GET /${domain} HTTP/1.1\n|\nx ff 00\n") else {
            panic!("a request")
        };
        assert_eq!(&bytes[..], b"GET /d-1 HTTP/1.1\r\n\r\n\xff\x00");
    }

    fn answer(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: Headers::default(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn values_are_learned_from_answers() {
        let case = parse(
            "> GET /a\n@ id = /A/0/Id\n@ days = /Days\n@ gone = /Gone\n@ all = /A\n",
            "a",
        )
        .expect("a case");
        let mut values = values();
        values.set("gone", "stale");
        let missed = learn(
            &case.steps[0],
            &answer(200, r#"{"A":[{"Id":"x\ny"}],"Days":1e2}"#),
            &mut values,
        );
        assert_eq!(
            missed.expect_err("two are missing").to_string(),
            "no value for `gone`: the answer has nothing at `/Gone`"
        );
        assert_eq!(
            (values.get("id"), values.get("days")),
            (Some("x\ny"), Some("1e2"))
        );
        assert_eq!((values.get("gone"), values.get("all")), (None, None));
        let missed =
            learn(&case.steps[0], &answer(200, "oops"), &mut values).expect_err("not JSON");
        assert_eq!(missed.name, "id");
        assert_eq!(values.get("id"), None);
    }

    #[test]
    fn pages_follow_the_token() {
        assert_eq!(
            token_of(&answer(200, r#"{"NextToken":"a b"}"#)).as_deref(),
            Some("a b")
        );
        for end in [r#"{"NextToken":""}"#, r#"{"NextToken":null}"#, "{}", "oops"] {
            assert_eq!(token_of(&answer(200, end)), None, "{end}");
        }
        assert_eq!(token_of(&answer(400, r#"{"NextToken":"a"}"#)), None);
        let next = |target: &str| match next_page(&sent(&format!("> GET {target}\n")), "a+/=") {
            Message::Request(request) => request.target,
            Message::Raw(_) => panic!("raw"),
        };
        assert_eq!(next("/domains"), "/domains?next-token=a%2B%2F%3D");
        assert_eq!(
            next("/domains?max-results=2"),
            "/domains?max-results=2&next-token=a%2B%2F%3D"
        );
        assert_eq!(
            next("/d?next-token=x&max-results=2&a"),
            "/d?max-results=2&a&next-token=a%2B%2F%3D"
        );
    }

    #[test]
    fn the_run_is_asked_for_what_the_case_uses() {
        let text = "> POST /domains/${domain-b}\n> a: ${short|upper}\n| ${repeat 3 a} ${arn} $${domain9}\n\n>!\n| ${domain-b} ${id}\n\n> GET /\n> authorization: ${sigv4}\n";
        assert_eq!(
            fresh_names(&parse(text, "a").expect("a case")),
            ["arn", "domain-b", "short"]
        );
    }
}
