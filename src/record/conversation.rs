//! Exchanges become steps.

use std::collections::{HashMap, HashSet};

use super::request::{
    escaped, is_name, is_plain, is_word, literal, literal_length, same, step, tagged,
    without_secrets,
};
use crate::case::bind::{Values, message};
use crate::case::transcript::{Overheard, Transcript};
use crate::case::{Binding, Body, Case, Step};
use crate::contract::free::{Free, free, member_shape};
use crate::contract::operation::addressed;
use crate::wire::{Answer, Exchange, Json, Message, Request, Response, percent};

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
            let Ok(Json::String(value)) = Json::parse(quoted.as_bytes()) else {
                out.push_str(&escaped(quoted));
                continue;
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::case::transcript;
    use crate::wire::{Headers, NoAnswer, NoAnswerKind};

    fn said(method: &str, target: &str, body: Option<&str>, answer: &str) -> Exchange {
        let mut headers = Headers::from_iter([
            ("host", "h"),
            ("authorization", "HIDDEN"),
            ("x-api-key", "HIDDEN"),
        ]);
        if body.is_some() {
            headers.push("content-type", "application/json");
        }
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers,
            body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
        };
        let answer = Answer::Response(Response {
            status: 200,
            headers: Headers::from_iter([
                ("set-cookie", "HIDDEN"),
                ("content-type", "application/json"),
            ]),
            body: Bytes::copy_from_slice(answer.as_bytes()),
        });
        Exchange {
            message: Message::Request(request),
            answer,
            at_ms: 0,
            took_us: 0,
        }
    }

    /// The text of a conversation about the domain `shop`, which reads back as what was said.
    #[track_caller]
    fn told(exchanges: &[Exchange]) -> String {
        let mut conversation = Conversation::new("shop", Some("shop"), Overheard::Whole, "a test");
        for exchange in exchanges {
            conversation.hear(exchange);
        }
        let text = transcript::print(conversation.transcript());
        let read = transcript::parse(&text, "shop.case")
            .unwrap_or_else(|problem| panic!("{problem}\n{text}"));
        assert_eq!(&read, conversation.transcript(), "{text}");
        for (heard, read) in exchanges.iter().zip(read.answers.iter().flatten()) {
            let (Message::Request(heard), Message::Request(read)) = (&heard.message, &read.message)
            else {
                panic!("requests")
            };
            assert_eq!(
                (&heard.target, &heard.body),
                (&read.target, &read.body),
                "{text}"
            );
        }
        assert!(!text.contains("HIDDEN"), "{text}");
        text
    }

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn values_of_answers_get_names_wherever_they_are_used() {
        let token = "a+/=b c";
        let text = told(&[
            said(
                "POST",
                "/domains/shop/profiles",
                Some("{}"),
                &format!(r#"{{"ProfileId": "{ID}"}}"#),
            ),
            said(
                "GET",
                "/domains/shop/object-types",
                None,
                &format!(r#"{{"Items": [], "NextToken": "{token}"}}"#),
            ),
            said(
                "GET",
                "/domains/shop/object-types?next-token=a%2B%2F%3Db%20c",
                None,
                "{}",
            ),
            said(
                "PUT",
                "/domains/shop/profiles/objects",
                Some(&format!(
                    r#"{{"Object": "{{\"p\": \"{ID}\"}}", "ProfileId":"{ID}"}}"#
                )),
                "{}",
            ),
            said("GET", &format!("/domains/shop/profiles/{ID}"), None, "{}"),
        ]);
        for line in [
            "> POST /domains/${domain}/profiles\n| {}\n@ profile-id = /ProfileId\n",
            "@ next-token = /NextToken\n",
            "> GET /domains/${domain}/object-types?next-token=${next-token|uri}\n",
            "| {\"Object\": \"{\\\"p\\\": \\\"${profile-id}\\\"}\", \"ProfileId\":\"${profile-id}\"}\n",
            "> GET /domains/${domain}/profiles/${profile-id}\n",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn ids_within_texts_of_answers_are_found_and_each_value_has_its_own_name() {
        let asset = r#"{"Items": [{"Object": "{\"AssetId\": \"a-1\"}"}, {"Object": "{\"AssetId\": \"a-2\"}"}]}"#;
        let text = told(&[
            said("POST", "/domains/shop/profiles/objects", Some("{}"), asset),
            said(
                "POST",
                "/domains/shop/profiles/objects",
                Some(r#"{"Values": ["a-2", "a-1", "a-22"]}"#),
                "{}",
            ),
        ]);
        assert!(
            text.contains(
                "@ asset-id = /Items/1/Object/AssetId\n@ asset-id-2 = /Items/0/Object/AssetId\n"
            ),
            "{text}"
        );
        assert!(
            text.contains(r#"["${asset-id}", "${asset-id-2}", "a-22"]"#),
            "{text}"
        );
    }

    #[test]
    fn what_the_client_said_first_is_its_own() {
        let text = told(&[
            said(
                "POST",
                "/domains/shop/profiles/objects",
                Some(&format!(r#"{{"Object": "{{\"id\": \"{ID}\"}}"}}"#)),
                &format!(r#"{{"ProfileObjectUniqueKey": "{ID}"}}"#),
            ),
            said(
                "POST",
                "/domains/shop/profiles/search",
                Some(&format!(r#"{{"Values": ["{ID}"]}}"#)),
                r#"{"Items": [{"FirstName": "Anna", "Type": "T"}]}"#,
            ),
            said("GET", "/domains/shop/object-types/T", None, "{}"),
        ]);
        assert!(!text.contains("\n@ "), "{text}");
    }

    #[test]
    fn what_looks_like_a_placeholder_is_none() {
        let text = told(&[
            said("GET", "/domains/shop/${domain}?a=${x}&$${y}", None, "{}"),
            said(
                "PUT",
                "/domains/shop/x",
                Some("{\"a\": \"${domain} $${b} \\\"${c}\", ${d}, \"open ${e}"),
                "{}",
            ),
            said(
                "PUT",
                "/domains/shop/x",
                Some("\u{0} ${domain}\r\n\n"),
                "{}",
            ),
        ]);
        assert!(
            text.contains("> GET /domains/${domain}/$${domain}?a=$${x}&$$${y}\n"),
            "{text}"
        );
    }

    #[test]
    fn tags_are_addressed_by_arns_of_any_target() {
        let arn = "arn:aws:profile:eu-west-1:999988887777:domains/shop/object-types/T";
        let text = told(&[
            said("GET", "/domains/shop", None, "{}"),
            said(
                "GET",
                &format!("/tags/{}?a", percent::encode(arn)),
                None,
                "{}",
            ),
            said("GET", &format!("/tags/{arn}"), None, "{}"),
            // Lower case digits are not how we encode: the step is written out.
            said(
                "GET",
                "/tags/arn%3aaws%3aprofile%3aeu-west-1%3a999988887777%3adomains%2fshop",
                None,
                "{}",
            ),
        ]);
        for line in [
            "with arn = arn:aws:profile:eu-west-1:999988887777\nwith domain = shop\n",
            "> GET /tags/${arn|uri}%3Adomains%2F${domain|uri}%2Fobject-types%2FT?a\n",
            "> GET /tags/${arn}:domains/${domain}/object-types/T\n",
            "> GET /tags/arn%3aaws",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
    }

    #[test]
    fn names_of_domains_keep_what_they_may_be_about() {
        for (name, written) in [
            ("a".repeat(64), Some("${domain|pad 64}")),
            ("shop_1".to_owned(), Some("${domain}")),
            ("a".repeat(65), None),
            ("bad!name".to_owned(), None),
        ] {
            let mut conversation = Conversation::new("x", Some(&name), Overheard::Whole, "a test");
            conversation.hear(&said("GET", &format!("/domains/{name}"), None, "{}"));
            let step = conversation.transcript().case.steps[0].say.to_string();
            assert_eq!(step, format!("GET /domains/{}", written.unwrap_or(&name)));
        }
    }

    #[test]
    fn signatures_bytes_and_silence() {
        let mut exchange = said(
            "PUT",
            "/domains/shop/x?X-Amz-Signature=HIDDEN&a=1&x-amz-security-token=HIDDEN",
            None,
            "{}",
        );
        exchange.answer = Answer::None(NoAnswer {
            kind: NoAnswerKind::Closed,
            detail: "reset".into(),
        });
        if let Message::Request(request) = &mut exchange.message {
            request.body = Some(Bytes::from_static(b"\xff"));
        }
        let mut conversation = Conversation::new("shop", Some("shop"), Overheard::Midway, "a test");
        assert_eq!(conversation.hear(&exchange), Change::Added);
        let text = transcript::print(conversation.transcript());
        assert!(text.contains("overheard midway\n"), "{text}");
        assert!(
            text.contains(
                "> PUT /domains/${domain}/x?a=1\n> content-type:\nx ff\n! closed: reset at 0.000"
            ),
            "{text}"
        );
    }
}
