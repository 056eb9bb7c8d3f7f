//! Exchanges become steps.

use std::collections::{HashMap, HashSet};

use crate::case::bind::{Values, message};
use crate::case::transcript::{Overheard, Transcript};
use crate::case::{Binding, Body, Case, Manner, Say, Step};
use crate::contract::free::{Free, free, member_shape};
use crate::contract::operation::addressed;
use crate::wire::{Answer, Exchange, Headers, Json, Message, Request, Response, percent};

/// From this length on a text that holds a digit and no blank is taken for one that the target made up.
const UNMISTAKABLE: usize = 16;

/// From this length on a domain name may be there to test its length, and keeps it.
const LONG_NAME: usize = 40;

/// The fields of an answer that a recording keeps: what the contract speaks of, and what helps to find it in a log.
const KEPT: [&str; 5] = [
    "content-type",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "retry-after",
    "allow",
];

/// What the query of a presigned request holds, in lower case.
const PRESIGNED: &str = "x-amz-";

/// What one more exchange changed of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A step was added, nothing else.
    Added,
    /// Something that stands before it is another now: a value got a name.
    Earlier,
}

/// A conversation about one domain, or about none, as far as it was heard.
#[derive(Debug)]
pub struct Conversation {
    domain: Option<String>,
    transcript: Transcript,
    /// What the placeholders stand for.
    known: Values,
    /// Names of values that have one.
    names: HashMap<String, String>,
    /// Values that an answer brought first: the step and the place.
    origins: HashMap<String, (usize, String)>,
    /// Values that the client had before an answer brought them.
    said: HashSet<String>,
}

impl Conversation {
    /// A conversation about to begin; `from` says where it was heard.
    pub fn new(name: &str, domain: Option<&str>, overheard: Overheard, from: &str) -> Self {
        let mut with = Values::new();
        if let Some(domain) = domain.filter(|domain| is_name(domain)) {
            with.set("domain", domain);
        }
        let case = Case {
            from: Some(from.to_owned()),
            ..Case::default()
        };
        Self {
            domain: domain.map(str::to_owned),
            known: with.clone(),
            transcript: Transcript {
                name: name.to_owned(),
                case,
                overheard: Some(overheard),
                given: Vec::new(),
                with,
                answers: Vec::new(),
            },
            names: HashMap::new(),
            origins: HashMap::new(),
            said: HashSet::new(),
        }
    }

    /// What was heard so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Says that it was heard from the beginning after all.
    pub(super) fn is_whole_after_all(&mut self) {
        self.transcript.overheard = Some(Overheard::Whole);
    }

    /// Adds what was said and answered.
    pub fn hear(&mut self, exchange: &Exchange) -> Change {
        let Message::Request(request) = &exchange.message else {
            return Change::Added;
        };
        let request = without_secrets(request);
        let mut change = self.note_arn(&request);
        let named = self.named(&request, &mut change);
        let step = match message(&named, &self.known) {
            // The case has to say what the client said, byte for byte.
            Ok(Message::Request(sent)) if same(&sent, &request) => named,
            _ => literal(&request),
        };
        self.note_said(&request);
        let at = self.transcript.case.steps.len();
        let mut kept = exchange.clone();
        kept.message = message(&step, &self.known).unwrap_or(Message::Request(request));
        if let Answer::Response(response) = &mut kept.answer {
            response.headers = response
                .headers
                .iter()
                .filter(|(name, _)| KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name)))
                .collect();
        }
        if let Answer::Response(response) = &kept.answer {
            self.note_origins(at, &kept.message, response);
        }
        self.transcript.case.steps.push(step);
        self.transcript.answers.push(vec![kept]);
        change
    }

    /// Learns how the ARNs of the target begin from a request that holds one.
    fn note_arn(&mut self, request: &Request) -> Change {
        let Some((arn, _)) = tagged(request.path()) else {
            return Change::Added;
        };
        if self.known.get("arn").is_some() {
            return Change::Added;
        }
        self.transcript.with.set("arn", arn.as_str());
        self.known.set("arn", arn);
        if self.transcript.case.steps.is_empty() {
            Change::Added
        } else {
            Change::Earlier
        }
    }

    /// The step that says the request, with names wherever there are some.
    fn named(&mut self, request: &Request, change: &mut Change) -> Step {
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.target.as_str(), None),
        };
        let mut target = self.named_path(path, change);
        if let Some(query) = query {
            let pairs: Vec<_> = query
                .split('&')
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) => {
                        format!("{}={}", escaped(name), self.named_part(value, change))
                    }
                    None => escaped(pair),
                })
                .collect();
            target.push('?');
            target.push_str(&pairs.join("&"));
        }
        let body = match &request.body {
            None => Body::None,
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Body::Text(self.named_body(text, change)),
                Err(_) => Body::Bytes(bytes.clone()),
            },
        };
        step(request, target, body)
    }

    fn named_path(&mut self, path: &str, change: &mut Change) -> String {
        if let Some((_, resource)) = tagged(path) {
            let raw = path.strip_prefix("/tags/").unwrap_or_default();
            let is_encoded = raw.contains('%');
            let write = |text: &str| {
                if is_encoded {
                    percent::encode(text)
                } else {
                    text.to_owned()
                }
            };
            let filter = if is_encoded { "|uri" } else { "" };
            let rest = self
                .domain
                .as_ref()
                .and_then(|domain| resource.strip_prefix(domain));
            if let (Some(rest), Some(domain)) = (rest, self.domain_placeholder(filter)) {
                return format!(
                    "/tags/${{arn{filter}}}{}{domain}{}",
                    write(":domains/"),
                    escaped(&write(rest))
                );
            }
        }
        let mut segments: Vec<String> = Vec::new();
        for (at, segment) in path.split('/').enumerate() {
            let is_domain = at == 2 && segments.get(1).is_some_and(|first| first == "domains");
            let domain = self
                .domain_placeholder("")
                .filter(|_| is_domain && Some(segment) == self.domain.as_deref());
            segments.push(match domain {
                Some(domain) => domain,
                None => self.named_part(segment, change),
            });
        }
        segments.join("/")
    }

    /// What stands for the domain, if its name is one that others can take the place of.
    fn domain_placeholder(&self, filter: &str) -> Option<String> {
        let domain = self.domain.as_ref().filter(|domain| is_name(domain))?;
        let pad = if domain.len() > LONG_NAME {
            format!("|pad {}", domain.len())
        } else {
            String::new()
        };
        Some(format!("${{domain{pad}{filter}}}"))
    }

    /// A label or a value of the query.
    fn named_part(&mut self, raw: &str, change: &mut Change) -> String {
        let name = percent::decode(raw)
            .and_then(|value| self.name_of(&value, change).map(|name| (value, name)));
        match name {
            Some((value, name)) if value == raw => format!("${{{name}}}"),
            Some((_, name)) => format!("${{{name}|uri}}"),
            None => escaped(raw),
        }
    }

    /// A body: names in place of strings of JSON, and of what stands in them where it cannot be there by chance.
    fn named_body(&mut self, text: &str, change: &mut Change) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('"') {
            out.push_str(&escaped(&rest[..at]));
            let length = literal_length(&rest[at..]);
            let quoted = &rest[at..at + length];
            rest = &rest[at + length..];
            let value = match Json::parse(quoted.as_bytes()) {
                Ok(Json::String(value)) => value,
                _ => {
                    out.push_str(&escaped(quoted));
                    continue;
                }
            };
            match self.name_of(&value, change) {
                Some(name) if is_plain(&value) => out.push_str(&format!("\"${{{name}}}\"")),
                Some(name) => out.push_str(&format!("\"${{{name}|json}}\"")),
                None => self.named_within(quoted, &mut out, change),
            }
        }
        out.push_str(&escaped(rest));
        out
    }

    /// A text within which a value may stand, as within an object that is sent as a text.
    fn named_within(&mut self, text: &str, out: &mut String, change: &mut Change) {
        let mut rest = text;
        while let Some(at) = rest.find(is_word) {
            let (before, word) = rest.split_at(at);
            let length = word.find(|c| !is_word(c)).unwrap_or(word.len());
            out.push_str(&escaped(before));
            let name = (length >= UNMISTAKABLE)
                .then(|| self.name_of(&word[..length], change))
                .flatten();
            match name {
                Some(name) => out.push_str(&format!("${{{name}}}")),
                None => out.push_str(&word[..length]),
            }
            rest = &word[length..];
        }
        out.push_str(&escaped(rest));
    }

    /// The name of a value that an answer brought; it gets one when it is used for the first time.
    fn name_of(&mut self, value: &str, change: &mut Change) -> Option<String> {
        if let Some(name) = self.names.get(value) {
            return Some(name.clone());
        }
        let (step, pointer) = self.origins.get(value)?.clone();
        let base = base_name(&pointer);
        let name = (1..)
            .map(|number: usize| {
                if number == 1 {
                    base.clone()
                } else {
                    format!("{base}-{number}")
                }
            })
            .find(|name| self.known.get(name).is_none())?;
        let bindings = &mut self.transcript.case.steps.get_mut(step)?.bindings;
        bindings.push(Binding {
            name: name.clone(),
            pointer,
        });
        self.known.set(name.as_str(), value);
        self.names.insert(value.to_owned(), name.clone());
        *change = Change::Earlier;
        Some(name)
    }

    /// Remembers what the client said by itself.
    fn note_said(&mut self, request: &Request) {
        for segment in request.path().split('/') {
            self.said.extend(percent::decode(segment));
        }
        for (_, value) in percent::query_pairs(request.query()) {
            self.said.extend(value);
        }
        if let Some(Ok(body)) = request.body.as_ref().map(|body| Json::parse(body)) {
            each_string(&body, "", &mut |_, _, text| {
                self.said.insert(text.to_owned());
            });
        }
    }

    /// Remembers what an answer brought.
    fn note_origins(&mut self, step: usize, message: &Message, response: &Response) {
        if !(200..300).contains(&response.status) {
            return;
        }
        let Ok(body) = Json::parse(&response.body) else {
            return;
        };
        let members = addressed(message).map_or(&[][..], |operation| operation.output);
        let (said, origins) = (&self.said, &mut self.origins);
        each_string(&body, "", &mut |pointer, member, text| {
            let shape = (pointer.matches('/').count() == 1)
                .then(|| member_shape(members, member))
                .flatten();
            let is_free = matches!(free(member, shape), Some(Free::Id | Free::Token));
            let fits = !text.is_empty() && (is_free || looks_made_up(text));
            if fits && !said.contains(text) && !origins.contains_key(text) {
                origins.insert(text.to_owned(), (step, pointer.to_owned()));
            }
        });
    }
}

/// Shows every string of a value with its pointer and the name of its member, those in texts that are JSON too.
fn each_string(json: &Json, pointer: &str, show: &mut dyn FnMut(&str, &str, &str)) {
    match json {
        Json::String(text) => {
            let member = pointer
                .rsplit('/')
                .find(|token| !is_number(token))
                .unwrap_or_default();
            show(pointer, member, text);
            if text.starts_with(['{', '['])
                && let Ok(inner @ (Json::Object(_) | Json::Array(_))) = Json::parse(text.as_bytes())
            {
                each_string(&inner, pointer, show);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                each_string(item, &format!("{pointer}/{at}"), show);
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                let token = name.replace('~', "~0").replace('/', "~1");
                each_string(value, &format!("{pointer}/{token}"), show);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The request as far as a recording keeps it: without header fields but the content type, and without a signature in the
/// query.
fn without_secrets(request: &Request) -> Request {
    let is_signature = |pair: &&str| pair.to_ascii_lowercase().starts_with(PRESIGNED);
    let target = match request.target.split_once('?') {
        Some((path, query)) if query.split('&').any(|pair| is_signature(&pair)) => {
            let kept: Vec<_> = query
                .split('&')
                .filter(|pair| !is_signature(pair))
                .collect();
            if kept.is_empty() {
                path.to_owned()
            } else {
                format!("{path}?{}", kept.join("&"))
            }
        }
        _ => request.target.clone(),
    };
    let headers: Headers = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .collect();
    Request {
        target,
        headers,
        ..request.clone()
    }
}

/// The step of a request, given its target and body.
fn step(request: &Request, target: String, body: Body) -> Step {
    let content_type = request.headers.get("content-type");
    let headers = match (content_type, &request.body) {
        (Some("application/json"), Some(_)) | (None, None) => Vec::new(),
        (Some(other), _) => vec![("content-type".to_owned(), escaped(other))],
        (None, Some(_)) => vec![("content-type".to_owned(), String::new())],
    };
    Step {
        about: Vec::new(),
        say: Say::Request {
            method: request.method.clone(),
            target,
            headers,
            body,
        },
        manner: Manner::default(),
        claim: None,
        bindings: Vec::new(),
    }
}

/// The step of a request as it is, without any name.
fn literal(request: &Request) -> Step {
    let body = match &request.body {
        None => Body::None,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Body::Text(escaped(text)),
            Err(_) => Body::Bytes(bytes.clone()),
        },
    };
    step(request, escaped(&request.target), body)
}

/// Whether two requests are the same on the wire, the spelling of header names aside.
fn same(one: &Request, other: &Request) -> bool {
    one.method == other.method
        && one.target == other.target
        && one.body == other.body
        && one.headers.get("content-type") == other.headers.get("content-type")
}

/// The beginning of an ARN in the path of a request about tags, and what it names behind `:domains/`.
fn tagged(path: &str) -> Option<(String, String)> {
    let arn = percent::decode(path.strip_prefix("/tags/")?)?;
    let (begin, resource) = arn.split_once(":domains/")?;
    begin
        .starts_with("arn:")
        .then(|| (begin.to_owned(), resource.to_owned()))
}

/// The domain a request is about, if it is about one.
pub(super) fn domain_of(request: &Request) -> Option<String> {
    if let Some((_, resource)) = tagged(request.path()) {
        let domain = resource.split('/').next().unwrap_or_default();
        return (!domain.is_empty()).then(|| domain.to_owned());
    }
    let mut segments = request.path().strip_prefix('/')?.split('/');
    let (first, second) = (segments.next()?, segments.next()?);
    if first != "domains" || second.is_empty() {
        return None;
    }
    Some(percent::decode(second).unwrap_or_else(|| second.to_owned()))
}

/// Whether a domain may have that name, so that another name does as well.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(is_word)
}

/// Whether a character may stand in a name, an id or a token that needs no escape anywhere.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Whether a text stands in JSON as it is.
fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| !c.is_control() && c != '"' && c != '\\')
}

/// Whether nobody writes such a text by hand.
fn looks_made_up(text: &str) -> bool {
    text.len() >= UNMISTAKABLE
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.contains(char::is_whitespace)
        && !text.starts_with(['{', '['])
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text in which no placeholder stands by chance.
fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// How long the string is that a text begins with, its quotes included; all of it where it does not end.
fn literal_length(text: &str) -> usize {
    let mut escapes = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escapes => escapes = false,
            b'\\' => escapes = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What to call a value found there: `profile-id` for `/Items/0/ProfileId`.
fn base_name(pointer: &str) -> String {
    let member = pointer
        .rsplit('/')
        .find(|token| !is_number(token))
        .unwrap_or_default();
    let mut name = String::new();
    for c in member.chars().filter(|c| is_word(*c)).take(40) {
        if c.is_ascii_uppercase() && !name.is_empty() && !name.ends_with(['-', '_']) {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    let name = name.trim_matches(['-', '_']).to_owned();
    let is_ours = name.starts_with("domain") || matches!(name.as_str(), "arn" | "short" | "repeat");
    if is_ours || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return format!("the-{name}").trim_end_matches('-').to_owned();
    }
    name
}
