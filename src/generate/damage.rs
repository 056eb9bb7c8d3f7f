//! Requests that no client would send: broken JSON, odd encodings, lengths that lie, paths that are none.

use bytes::Bytes;

use super::draw::Draw;
use crate::case::{Body, Manner, Piece, Say, Step};
use crate::wire::Message;

/// A damaged version of a request; `proper` is what it would send undamaged.
pub(super) fn step(draw: &mut Draw<'_>, plain: &Step, proper: &Message) -> Option<Step> {
    let Message::Request(request) = proper else {
        return None;
    };
    let mut step = Step {
        manner: Manner::default(),
        bindings: Vec::new(),
        ..plain.clone()
    };
    let Say::Request {
        method,
        target,
        headers,
        body,
    } = &mut step.say
    else {
        return None;
    };
    let sent = request.body.clone().unwrap_or_default();
    match draw.below(12) {
        0 => {
            let end = draw.below(sent.len());
            // Half a placeholder would be none.
            *body = Body::Bytes(sent.slice(..end));
        }
        1 => {
            let mut bytes = sent.to_vec();
            let at = draw.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = [0xff, 0x00, b'{', b'"', b',', 0xc3, b'\\'][draw.below(7)];
            }
            *body = Body::Bytes(bytes.into());
        }
        2 => {
            let mut bytes = sent.to_vec();
            bytes.extend_from_slice(
                [&b"}"[..], b"{}", b"\x00", b",", b"\xef\xbb\xbf"][draw.below(5)],
            );
            *body = Body::Bytes(bytes.into());
        }
        3 => {
            let depth = [64, 1_000, 10_000][draw.below(3)];
            let open = ["[", "{\"a\":"][draw.below(2)];
            let deep = format!("{{\"Description\":{}", open.repeat(depth));
            *body = Body::Bytes(deep.into());
        }
        4 => {
            let number = ["1e999999", "-0", "00", "1.", ".5", "+1", "NaN", "0x10"][draw.below(8)];
            let text = format!("{{\"DefaultExpirationDays\":{number}}}");
            *body = Body::Bytes(text.into());
        }
        5 => {
            let types = [
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/json; charset=utf-16",
                "",
                "*/*",
            ];
            headers.push(("content-type".into(), types[draw.below(5)].into()));
        }
        6 => {
            let odd = [
                ("x-http-method-override", "DELETE"),
                ("accept", "text/html"),
                ("expect", "100-continue"),
                ("x-amz-target", "Nothing.There"),
                ("accept-encoding", "gzip"),
            ];
            let (name, value) = odd[draw.below(odd.len())];
            headers.push((name.into(), value.into()));
        }
        7 => {
            let methods = ["PATCH", "get", "HEAD", "OPTIONS", "DELETE", "PUT"];
            *method = methods[draw.below(methods.len())].into();
        }
        8 => {
            let wrong = ["//", "/./", "/../", "/%2e%2e/", "/;a=b/"][draw.below(5)];
            *target = target.replacen('/', wrong, 1);
        }
        9 => target.push_str(["/", "//", "?", "%", "%zz", "/%00"][draw.below(6)]),
        10 => {
            *body = Body::Bytes(Bytes::from_static(
                [&b""[..], b"[]", b"null", b"\"a\"", b"{]"][draw.below(5)],
            ))
        }
        _ => return raw(draw, plain, &sent),
    }
    Some(step)
}

/// The request as bytes on a connection of its own, framed in a way that is wrong or seldom seen.
fn raw(draw: &mut Draw<'_>, plain: &Step, sent: &Bytes) -> Option<Step> {
    let Say::Request { method, target, .. } = &plain.say else {
        return None;
    };
    let (length, version) = (sent.len(), "HTTP/1.1");
    let mut pieces = vec![Piece::Line(format!("{method} {target} {version}"))];
    let line = |text: String| Piece::Line(text);
    pieces.push(line("host: localhost".into()));
    pieces.push(line("connection: close".into()));
    pieces.push(line("content-type: application/json".into()));
    match draw.below(4) {
        0 => {
            pieces.push(line("transfer-encoding: chunked".into()));
            pieces.push(line(String::new()));
            if length > 0 {
                pieces.push(line(format!("{length:x}")));
                pieces.push(Piece::Bytes(sent.clone()));
                pieces.push(line(String::new()));
            }
            pieces.push(line("0".into()));
            pieces.push(line(String::new()));
        }
        1 => {
            pieces.push(line(format!("content-length: {length}x")));
            pieces.push(line(String::new()));
            pieces.push(Piece::Bytes(sent.clone()));
        }
        2 => {
            pieces.push(line(format!("content-length: {length}")));
            pieces.push(line(format!("content-length: {}", length + 1)));
            pieces.push(line(String::new()));
            pieces.push(Piece::Bytes(sent.clone()));
        }
        _ => {
            pieces.push(line("a header without a colon".into()));
            pieces.push(line(format!("content-length: {length}")));
            pieces.push(line(String::new()));
            pieces.push(Piece::Bytes(sent.clone()));
        }
    }
    Some(Step {
        about: Vec::new(),
        say: Say::Raw(pieces),
        manner: Manner::default(),
        claim: None,
        bindings: Vec::new(),
    })
}
