//! HTTP/1.1 as bytes: writing a request, reading a request or a response.
//!
//! Client and server libraries repair and refuse; here nothing is repaired. [`request_bytes`] writes what it is given,
//! [`parse_request`] tells whether bytes are exactly one request that every server must understand, and
//! [`ResponseReader`] takes an answer apart, whatever the peer does to it. None of them does I/O.

mod chunked;
mod response;

use bytes::Bytes;

use self::chunked::Chunked;
pub use self::response::{Limits, ResponseReader};
use super::{Headers, Request};

/// The bytes of a request on a connection to `host` (with its port, where it is not the default one).
///
/// What the request leaves open is added: `host` in front of the other fields, and a `content-length` behind them if there
/// is a body. A request that names its own framing keeps it, right or wrong; if that is `chunked`, the body is sent as
/// one chunk.
pub fn request_bytes(request: &Request, host: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + request.body.as_ref().map_or(0, Bytes::len));
    let mut push = |parts: &[&str]| {
        parts
            .iter()
            .for_each(|part| bytes.extend_from_slice(part.as_bytes()))
    };
    push(&[&request.method, " ", &request.target, " HTTP/1.1\r\n"]);
    if request.headers.get("host").is_none() {
        push(&["host: ", host, "\r\n"]);
    }
    for (name, value) in request.headers.iter() {
        push(&[name, ": ", value, "\r\n"]);
    }
    let framing = framing(&request.headers);
    if let (Framing::Open, Some(body)) = (framing, &request.body) {
        push(&["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    push(&["\r\n"]);
    match (framing, request.body.as_deref()) {
        (Framing::Chunked, body) => {
            let body = body.unwrap_or_default();
            if !body.is_empty() {
                bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
                bytes.extend_from_slice(body);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        (_, body) => bytes.extend_from_slice(body.unwrap_or_default()),
    }
    bytes
}

/// Who says where the body ends.
#[derive(Clone, Copy)]
enum Framing {
    /// Nobody yet.
    Open,
    /// A `transfer-encoding` field that ends in `chunked`.
    Chunked,
    /// Another field that was chosen by whoever made the request.
    Named,
}

fn framing(headers: &Headers) -> Framing {
    let last_coding = |value: &str| {
        value
            .rsplit(',')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
    };
    match headers.get("transfer-encoding") {
        Some(value) if last_coding(value) == "chunked" => Framing::Chunked,
        Some(_) => Framing::Named,
        None if headers.get("content-length").is_some() => Framing::Named,
        None => Framing::Open,
    }
}

/// Why bytes are not exactly one well-formed request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFlaw {
    /// Well-formed so far: a server waits for more.
    #[error("the request ends {0}")]
    Incomplete(&'static str),
    /// A complete request, and this many bytes behind it.
    #[error("{0} bytes behind the end of the request")]
    Trailing(usize),
    /// Not what RFC 9110 and RFC 9112 call a request.
    #[error("{0}")]
    Malformed(String),
}

fn malformed(what: impl Into<String>) -> RequestFlaw {
    RequestFlaw::Malformed(what.into())
}

/// Reads bytes that are exactly one complete, well-formed HTTP/1.1 request with a path as its target.
///
/// Strict on purpose: whatever RFC 9112 merely allows a server to put up with (bare line feeds, a missing or doubled
/// `host`, two content lengths that agree) is a flaw, because servers rightly differ on it. Escapes in the target are
/// left alone; whether they mean something is for whoever decodes it.
///
/// # Errors
///
/// The first flaw, from front to back.
pub fn parse_request(bytes: &[u8]) -> Result<Request, RequestFlaw> {
    let (head, rest) = split_head(bytes)?;
    let mut lines = head.split("\r\n");
    let (method, target) = request_line(lines.next().unwrap_or(""))?;
    let headers = lines.map(field).collect::<Result<Headers, _>>()?;
    if headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .count()
        != 1
    {
        return Err(malformed("not exactly one `host` field"));
    }
    let body = body(&headers, rest)?;
    Ok(Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
    })
}

/// What a server that puts up with much may take bytes for that are no well-formed request; `None` if not even their first line
/// says what they ask for.
///
/// Lines that are no header fields are left out, of several content lengths the first number counts, and a body that is
/// shorter is taken as it is.
pub fn guess_request(bytes: &[u8]) -> Option<Request> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, rest) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 4..]),
        None => (bytes, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let mut words = lines.next()?.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let headers: Headers = lines.filter_map(|line| field(line).ok()).collect();
    let body = body(&headers, rest).unwrap_or_else(|_| {
        let lengths = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let digits = |value: &str| {
            let end = value.find(|c: char| !c.is_ascii_digit());
            value[..end.unwrap_or(value.len())].parse::<usize>().ok()
        };
        let length = lengths.filter_map(|(_, value)| digits(value)).next();
        Some(Bytes::copy_from_slice(
            &rest[..length.unwrap_or(rest.len()).min(rest.len())],
        ))
    });
    (is_token(method) && target.starts_with('/')).then(|| Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
    })
}

/// The head without its empty line, as text in which every line ends as it should, and the bytes behind it.
fn split_head(bytes: &[u8]) -> Result<(&str, &[u8]), RequestFlaw> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let head = &bytes[..end.unwrap_or(bytes.len())];
    let head = std::str::from_utf8(head).map_err(|error| match (end, error.error_len()) {
        (None, None) => RequestFlaw::Incomplete("within its head"),
        _ => malformed("bytes in the head that are not UTF-8"),
    })?;
    let bare = |line: &str| line.contains(['\r', '\n']);
    // The last line of a head that is cut off may end in the first half of its line end.
    let whole = if end.is_some() {
        head
    } else {
        head.strip_suffix('\r').unwrap_or(head)
    };
    if whole.split("\r\n").any(bare) {
        return Err(malformed(
            "a carriage return or line feed by itself in the head",
        ));
    }
    match end {
        Some(end) => Ok((head, &bytes[end + 4..])),
        None => Err(RequestFlaw::Incomplete("within its head")),
    }
}

fn request_line(line: &str) -> Result<(&str, &str), RequestFlaw> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed(format!(
            "`{line}` is not `METHOD TARGET HTTP/1.1`"
        )));
    };
    if !is_token(method) {
        return Err(malformed(format!("`{method}` is not a method")));
    }
    let in_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/?".contains(&byte);
    if !target.starts_with('/') || !target.bytes().all(in_uri) {
        return Err(malformed(format!("`{target}` is not a path with a query")));
    }
    if version != "HTTP/1.1" {
        return Err(malformed(format!("`{version}` is not `HTTP/1.1`")));
    }
    Ok((method, target))
}

fn field(line: &str) -> Result<(&str, &str), RequestFlaw> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| malformed(format!("`{line}` is not `name: value`")))?;
    if !is_token(name) {
        return Err(malformed(format!("`{name}` is not the name of a field")));
    }
    if value
        .bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
    {
        return Err(malformed(format!(
            "a control character in the value of `{name}`"
        )));
    }
    Ok((name, value.trim_matches([' ', '\t'])))
}

/// Whether this is a `token` of RFC 9110, section 5.6.2: what methods and field names are made of.
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn body(headers: &Headers, rest: &[u8]) -> Result<Option<Bytes>, RequestFlaw> {
    let all = |wanted: &str| -> Vec<&str> {
        headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
            .collect()
    };
    let (body, used) = match (&all("transfer-encoding")[..], &all("content-length")[..]) {
        ([], []) => (None, 0),
        ([], [length]) => {
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.then(|| length.parse::<usize>().ok()).flatten();
            let length =
                length.ok_or_else(|| malformed("a content length that is not a decimal number"))?;
            let body = rest
                .get(..length)
                .ok_or(RequestFlaw::Incomplete("before its content length"))?;
            (Some(Bytes::copy_from_slice(body)), length)
        }
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => {
            let mut body = Vec::new();
            let mut chunked = Chunked::new(usize::MAX);
            let used = chunked.feed(rest, &mut body).map_err(malformed)?;
            (
                Some(Bytes::from(body)),
                used.ok_or(RequestFlaw::Incomplete("before its last chunk"))?,
            )
        }
        _ => {
            return Err(malformed(
                "more than one statement, or none we know, of where the body ends",
            ));
        }
    };
    match rest.len() - used {
        0 => Ok(body),
        more => Err(RequestFlaw::Trailing(more)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Request {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.iter().copied().collect(),
            body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
        }
    }

    fn written(request: &Request) -> String {
        String::from_utf8(request_bytes(request, "localhost:80")).unwrap()
    }

    #[test]
    fn what_is_no_request_is_guessed_by_its_first_line() {
        let head = "PUT /a?b HTTP/1.1\r\nhost: x\r\n";
        for (rest, body) in [
            ("no field\r\ncontent-length: 2\r\n\r\n{}", "{}"),
            ("content-length: 2x\r\n\r\n{}", "{}"),
            ("content-length: 2\r\ncontent-length: 3\r\n\r\n{}", "{}"),
            ("content-length: 9\r\n\r\n{}", "{}"),
            ("content-length: 1\r\n\r\n{}", "{"),
            ("y: 1\ncontent-length: 2\r\n\r\n{}", "{}"),
            ("content-length: -\r\n\r\n{}", "{}"),
            ("content-length: 2", ""),
        ] {
            let bytes = [head, rest].concat();
            assert!(parse_request(bytes.as_bytes()).is_err(), "{rest}");
            let guess = guess_request(bytes.as_bytes()).expect("a method and a target");
            assert_eq!((&*guess.method, &*guess.target), ("PUT", "/a?b"));
            assert_eq!(guess.headers.get("host"), Some("x"), "{rest}");
            assert_eq!(guess.body.as_deref(), Some(body.as_bytes()), "{rest}");
        }
        for nothing in [
            "",
            "\r\n\r\n",
            "nonsense",
            "GET",
            "GET nowhere",
            "{} / HTTP/1.1",
        ] {
            assert_eq!(guess_request(nothing.as_bytes()), None, "{nothing}");
        }
    }

    #[test]
    fn writes_what_is_missing_and_nothing_else() {
        assert_eq!(
            written(&request(
                "GET",
                "/domains?a=%zz",
                &[("X-b", "1"), ("x-B", "2")],
                None
            )),
            "GET /domains?a=%zz HTTP/1.1\r\nhost: localhost:80\r\nX-b: 1\r\nx-B: 2\r\n\r\n"
        );
        assert_eq!(
            written(&request("PUT", "/", &[("Host", "other")], Some(""))),
            "PUT / HTTP/1.1\r\nHost: other\r\ncontent-length: 0\r\n\r\n"
        );
        assert_eq!(
            written(&request(
                "PUT",
                "/",
                &[("host", ""), ("Content-Length", "9")],
                Some("abc")
            )),
            "PUT / HTTP/1.1\r\nhost: \r\nContent-Length: 9\r\n\r\nabc"
        );
        assert_eq!(
            written(&request(
                "PUT",
                "/",
                &[("host", "h"), ("transfer-encoding", "Chunked")],
                Some("0123456789")
            )),
            "PUT / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: Chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"
        );
    }

    #[test]
    fn reads_a_chunked_request() {
        let text = "PUT /a HTTP/1.1\r\nhost:h\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0001\r\nd\r\n0\r\nt: 1\r\n\r\n";
        let parsed = parse_request(text.as_bytes()).unwrap();
        assert_eq!(parsed.body.as_deref(), Some(&b"abcd"[..]));
        for end in 0..text.len() {
            let flaw = parse_request(&text.as_bytes()[..end]).unwrap_err();
            assert!(matches!(flaw, RequestFlaw::Incomplete(_)), "{end}: {flaw}");
        }
        assert_eq!(
            parse_request(format!("{text}GET").as_bytes()),
            Err(RequestFlaw::Trailing(3))
        );
    }

    #[test]
    fn refuses_all_that_servers_may_differ_on() {
        for head in [
            "GET / HTTP/1.1\nhost: h\n\n",
            "GET / HTTP/1.1\r\nhost: h\n\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET / HTTP/1.0\r\nhost: h\r\n\r\n",
            "GET / http/1.1\r\nhost: h\r\n\r\n",
            "GET  / HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET /a b HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET /{a} HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET /a#b HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET /ä HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET http://h/ HTTP/1.1\r\nhost: h\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET /\r\n\r\n",
            "G(T / HTTP/1.1\r\nhost: h\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.1\r\nhost : h\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\na: \0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 0, 0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: +0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: -1\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length:\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\ng\r\n",
            "GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\nx\n0\n\n",
            "GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxy0\r\n\r\n",
        ] {
            let flaw = parse_request(head.as_bytes());
            assert!(
                matches!(flaw, Err(RequestFlaw::Malformed(_))),
                "{head:?}: {flaw:?}"
            );
        }
        assert!(matches!(
            parse_request(b"GET / HTTP/1.1\r\nhost: \xff\r\n\r\n"),
            Err(RequestFlaw::Malformed(_))
        ));
    }

    #[test]
    fn tells_a_short_body_from_a_long_one() {
        let with_length =
            |length| format!("PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: {length}\r\n\r\nabc");
        assert_eq!(
            parse_request(with_length(3).as_bytes())
                .unwrap()
                .body
                .as_deref(),
            Some(&b"abc"[..])
        );
        assert!(matches!(
            parse_request(with_length(4).as_bytes()),
            Err(RequestFlaw::Incomplete(_))
        ));
        assert_eq!(
            parse_request(with_length(1).as_bytes()),
            Err(RequestFlaw::Trailing(2))
        );
        // Without any framing there is no body, so bytes behind the head are another request.
        assert_eq!(
            parse_request(b"GET / HTTP/1.1\r\nhost: h\r\n\r\nabc"),
            Err(RequestFlaw::Trailing(3))
        );
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(
            method in "[A-Z]{1,7}",
            target in "/[a-z0-9%/]{0,20}(\\?[a-z=&%+]{0,10})?",
            headers in prop::collection::vec(("x-[a-zA-Z-]{1,8}", "([!-~]([ -~\t]{0,10}[!-~])?)?"), 0..5),
            body in prop::option::of(prop::collection::vec(any::<u8>(), 0..50)),
        ) {
            let sent = Request { method, target, headers: headers.into_iter().collect(), body: body.map(Bytes::from) };
            let mut read = parse_request(&request_bytes(&sent, "h")).unwrap();
            let added = |(name, _): &(&str, &str)| !matches!(*name, "host" | "content-length");
            read.headers = read.headers.iter().filter(added).collect();
            prop_assert_eq!(read, sent);
        }

        #[test]
        fn never_panics(pieces in prop::collection::vec(prop::sample::select(vec![
            "GET ", "/", " HTTP/1.1", "\r\n", "\r\n\r\n", "host: h\r\n", "content-length: 3\r\n", "3", "\n", "abc", "\u{e9}",
            "transfer-encoding: chunked\r\n", "0\r\n", "ffffffffffffffff\r\n",
        ]), 0..12)) {
            let _ = parse_request(pieces.concat().as_bytes());
        }
    }
}
