//! Requests as a recording has them: without secrets, about a domain, as a step.

use crate::case::{Body, Manner, Say, Step};
use crate::wire::{Headers, Request, percent};

/// What the query of a presigned request holds, in lower case.
const PRESIGNED: &str = "x-amz-";

/// The request as far as a recording keeps it: without header fields but the content type, and without a signature in the
/// query.
pub(super) fn without_secrets(request: &Request) -> Request {
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
pub(super) fn step(request: &Request, target: String, body: Body) -> Step {
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
pub(super) fn literal(request: &Request) -> Step {
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
pub(super) fn same(one: &Request, other: &Request) -> bool {
    one.method == other.method
        && one.target == other.target
        && one.body == other.body
        && one.headers.get("content-type") == other.headers.get("content-type")
}

/// The beginning of an ARN in the path of a request about tags, and what it names behind `:domains/`.
pub(super) fn tagged(path: &str) -> Option<(String, String)> {
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
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(is_word)
}

/// Whether a character may stand in a name, an id or a token that needs no escape anywhere.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Whether a text stands in JSON as it is.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| !c.is_control() && c != '"' && c != '\\')
}

/// A text in which no placeholder stands by chance.
pub(super) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// How long the string is that a text begins with, its quotes included; all of it where it does not end.
pub(super) fn literal_length(text: &str) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_their_domain() {
        for (target, domain) in [
            ("/domains", None),
            ("/domains/", None),
            ("/domains/a", Some("a")),
            ("/domains/a%20b/profiles?x=1", Some("a b")),
            ("/domains/%ff/x", Some("%ff")),
            ("/templates/a", None),
            (
                "/tags/arn%3Aaws%3Aprofile%3Ar%3A1%3Adomains%2Fa%2Fobject-types%2Ft",
                Some("a"),
            ),
            ("/tags/nonsense", None),
            ("*", None),
        ] {
            let request = Request {
                method: "GET".into(),
                target: target.into(),
                headers: Headers::default(),
                body: None,
            };
            assert_eq!(domain_of(&request).as_deref(), domain, "{target}");
        }
    }
}
