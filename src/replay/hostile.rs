//! What a peer may do to us, tried on both clients of an [`Endpoint`](super::Endpoint).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::endpoint::{BadEndpoint, Endpoint, EndpointSettings};
use super::{Target, Trust};
use crate::wire::http1::{Limits, RequestFlaw, parse_request};
use crate::wire::{Answer, Headers, Message, NoAnswerKind, Request, Response};

const DEADLINE: Duration = Duration::from_secs(5);

/// What a peer does once it has written its answer.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    KeepOpen,
    Close,
    Reset,
    Hang,
    /// Writes the last byte again and again, up to this many.
    Repeat(usize),
}

/// What arrived, one entry a request: the number of the connection and the bytes.
type Arrived = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

/// Reads requests and answers each with the same bytes.
async fn speak(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    number: usize,
    answer: &[u8],
    then: Then,
    arrived: &Arrived,
) {
    loop {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) if request.is_empty() => return,
                Ok(0) | Err(_) => break,
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
            if !matches!(parse_request(&request), Err(RequestFlaw::Incomplete(_))) {
                break;
            }
        }
        arrived.lock().unwrap().push((number, request));
        if stream.write_all(answer).await.is_err() {
            return;
        }
        let _ = stream.flush().await;
        match then {
            Then::KeepOpen => {}
            Then::Close => {
                let _ = stream.shutdown().await;
                return;
            }
            Then::Reset => return,
            Then::Hang => return std::future::pending().await,
            Then::Repeat(count) => {
                let block = vec![*answer.last().unwrap(); 64 * 1024];
                for _ in 0..count / block.len() {
                    if stream.write_all(&block).await.is_err() {
                        return;
                    }
                }
                return std::future::pending().await;
            }
        }
    }
}

async fn peer(answer: impl Into<Vec<u8>>, then: Then) -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arrived::default();
    let (answer, seen) = (Arc::new(answer.into()), arrived.clone());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (answer, seen) = (answer.clone(), seen.clone());
            tokio::spawn(async move {
                speak(&mut stream, number, &answer, then, &seen).await;
                if then == Then::Reset {
                    stream.set_zero_linger().unwrap();
                }
            });
        }
    });
    (address, arrived)
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::new(&format!("http://{address}"), EndpointSettings::default()).unwrap()
}

fn request(method: &str, target: &str, fields: &[(&str, &str)], body: Option<&str>) -> Message {
    Message::Request(Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Headers::from_iter(fields.iter().copied()),
        body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
    })
}

/// One request for each client: reqwest will not write a field name in capitals.
fn both() -> [Message; 2] {
    [
        request("GET", "/domains", &[], None),
        request("GET", "/domains", &[("X-Case", "1")], None),
    ]
}

fn kind(answer: &Answer) -> Option<NoAnswerKind> {
    match answer {
        Answer::Response(_) => None,
        Answer::None(why) => Some(why.kind),
    }
}

fn response(answer: Answer) -> Response {
    match answer {
        Answer::Response(response) => response,
        Answer::None(why) => panic!("{why}"),
    }
}

#[track_caller]
fn assert_kind(answer: &Answer, kinds: &[NoAnswerKind], about: &str) {
    assert!(
        kind(answer).is_some_and(|kind| kinds.contains(&kind)),
        "{about}: {answer:?}"
    );
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-A: b\r\n\r\n{}";

#[tokio::test]
async fn connections_are_kept_for_requests_and_fresh_for_bytes() {
    let (address, arrived) = peer(OK, Then::KeepOpen).await;
    let endpoint = endpoint(address);
    let [polite, exact] = both();
    for message in [&polite, &polite, &polite, &exact, &exact, &polite] {
        let answer = response(endpoint.send(message, DEADLINE).await);
        assert_eq!(
            (answer.status, &answer.body[..], answer.headers.get("x-a")),
            (200, &b"{}"[..], Some("b"))
        );
    }
    let connections: Vec<usize> = arrived
        .lock()
        .unwrap()
        .iter()
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(connections, [0, 0, 0, 1, 2, 0]);
}

#[tokio::test]
async fn whatever_is_sent_arrives_as_it_is() {
    let (address, arrived) = peer(OK, Then::KeepOpen).await;
    let endpoint = endpoint(address);
    let json = ("content-type", "application/json");
    // What the URL standard would repair, what it would not, and what reqwest cannot send at all.
    for target in [
        "/",
        "/domains/a%2Fb%zz",
        "/domains/a/../b",
        "/a/./b",
        "/a/%2e%2E/b",
        "//a",
        "/a//b/",
        "/a\\b",
        "/ä",
        "/a b",
        "/a?b#c",
        "/a?b='\"<>`",
        "/a;{}|^",
        "/?",
        "/a??b",
        "*",
        "http://elsewhere/",
        "",
        "?a=b",
        "/a%00",
        "/~a|b",
    ] {
        endpoint
            .send(&request("GET", target, &[], None), DEADLINE)
            .await;
        let (_, bytes) = arrived.lock().unwrap().pop().unwrap_or_default();
        let line = format!("GET {target} HTTP/1.1\r\n");
        assert!(
            bytes.starts_with(line.as_bytes()),
            "{target}: {}",
            String::from_utf8_lossy(&bytes)
        );
    }
    for (method, fields, body, expected) in [
        ("POST", &[][..], None, None),
        ("GET", &[], None, None),
        ("PUT", &[json], Some(""), Some("content-length: 0")),
        ("PUT", &[json], Some("{}"), Some("content-length: 2")),
        ("DELETE", &[], Some("{}"), Some("content-length: 2")),
        ("GET", &[], Some("{}"), Some("content-length: 2")),
        ("get", &[], None, None),
        ("CONNECT", &[], None, None),
        (
            "PATCH",
            &[("Content-Length", "1")],
            Some("{"),
            Some("Content-Length: 1"),
        ),
        ("PATCH", &[("a", "ä"), ("a", " x "), ("b", "")], None, None),
        (
            "PUT",
            &[("content-length", "3")],
            Some("{}"),
            Some("content-length: 3"),
        ),
        ("PUT", &[("transfer-encoding", "chunked")], Some("{}"), None),
    ] {
        endpoint
            .send(&request(method, "/x", fields, body), DEADLINE)
            .await;
        let (_, bytes) = arrived.lock().unwrap().pop().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with(&format!("{method} /x HTTP/1.1\r\n")),
            "{text}"
        );
        let lengths: Vec<&str> = head
            .lines()
            .filter(|line| line.to_lowercase().starts_with("content-length"))
            .collect();
        assert_eq!(lengths, Vec::from_iter(expected), "{text}");
        for (name, value) in fields {
            assert!(head.contains(&format!("{name}: {value}")), "{text}");
        }
        let chunked = fields.iter().any(|(name, _)| *name == "transfer-encoding");
        assert_eq!(
            rest,
            if chunked {
                "2\r\n{}\r\n0\r\n\r\n"
            } else {
                body.unwrap_or("")
            },
            "{text}"
        );
    }
    let raw = b"\0\xff GET\n/ HTTP/9.9\r\n\r\n\r\n";
    endpoint
        .send(&Message::Raw(Bytes::from_static(raw)), DEADLINE)
        .await;
    assert_eq!(arrived.lock().unwrap().pop().unwrap().1, raw);
}

#[tokio::test]
async fn an_address_may_have_a_path() {
    let (address, arrived) = peer(OK, Then::KeepOpen).await;
    let endpoint = Endpoint::new(
        &format!("http://{address}/stage/one/"),
        EndpointSettings::default(),
    )
    .unwrap();
    assert_eq!(endpoint.describe(), format!("http://{address}/stage/one"));
    for message in both() {
        endpoint.send(&message, DEADLINE).await;
        let (_, bytes) = arrived.lock().unwrap().pop().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.starts_with("GET /stage/one/domains HTTP/1.1\r\n"),
            "{text}"
        );
        assert!(text.contains(&format!("host: {address}\r\n")), "{text}");
    }
}

#[test]
fn addresses_that_cannot_be_endpoints_are_refused() {
    for address in [
        "",
        "127.0.0.1:4000",
        "ftp://h/",
        "http://",
        "http://u:p@h/",
        "http://u@h/",
        "http://h/?a",
        "http://h/#a",
    ] {
        let problem = Endpoint::new(address, EndpointSettings::default()).unwrap_err();
        assert!(matches!(&problem, BadEndpoint::Address { .. }), "{problem}");
    }
    let trust = Trust::Authority("/no/such/file.pem".into());
    let problem = Endpoint::new(
        "https://h",
        EndpointSettings {
            trust,
            ..Default::default()
        },
    )
    .unwrap_err();
    assert!(
        matches!(&problem, BadEndpoint::Authority { .. }),
        "{problem}"
    );
    assert!(Endpoint::new("http://[::1]:4000", EndpointSettings::default()).is_ok());
}

#[tokio::test]
async fn a_deadline_covers_head_and_body() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let (address, _) = peer(answer, Then::Hang).await;
        let endpoint = endpoint(address);
        for message in both() {
            let began = Instant::now();
            let no_answer = endpoint.send(&message, Duration::from_millis(150)).await;
            assert_kind(&no_answer, &[NoAnswerKind::Timeout], answer);
            assert!(began.elapsed() < Duration::from_secs(2));
        }
    }
}

#[tokio::test]
async fn refused_and_unreachable_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = endpoint(listener.local_addr().unwrap());
    drop(listener);
    let (plain, _) = peer(OK, Then::KeepOpen).await;
    let trust = Trust::Anyone;
    let no_tls = Endpoint::new(
        &format!("https://{plain}"),
        EndpointSettings {
            trust,
            ..Default::default()
        },
    )
    .unwrap();
    for message in both() {
        assert_kind(
            &nobody.send(&message, DEADLINE).await,
            &[NoAnswerKind::Refused],
            "nobody listens",
        );
        assert_kind(
            &no_tls.send(&message, DEADLINE).await,
            &[NoAnswerKind::Unreachable],
            "no TLS there",
        );
    }
}

#[tokio::test]
async fn answers_that_are_cut_or_damaged_are_told_apart() {
    use NoAnswerKind::{Closed, Malformed};
    for (answer, then, expected) in [
        ("", Then::Close, Closed),
        ("", Then::Reset, Closed),
        ("HTTP/1.1 200 OK\r\na: b", Then::Close, Closed),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
            Then::Close,
            Closed,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
            Then::Reset,
            Closed,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            Then::Close,
            Closed,
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n",
            Then::KeepOpen,
            Malformed,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\nabc",
            Then::KeepOpen,
            Malformed,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nabc",
            Then::KeepOpen,
            Malformed,
        ),
        (
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            Then::KeepOpen,
            Malformed,
        ),
        ("HTTP/1.1 99999 OK\r\n\r\n", Then::KeepOpen, Malformed),
        ("220 mail.example ESMTP\r\n", Then::Hang, Malformed),
        ("\0\0\0", Then::Hang, Malformed),
    ] {
        let (address, _) = peer(answer, then).await;
        let endpoint = endpoint(address);
        for message in both() {
            let no_answer = endpoint.send(&message, DEADLINE).await;
            assert_kind(
                &no_answer,
                &[expected],
                &format!("{answer:?} to {message:?}"),
            );
        }
    }
}

#[tokio::test]
async fn bodies_may_be_chunked_or_end_with_the_connection() {
    for (answer, then, body) in [
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\n\r\n",
            Then::KeepOpen,
            "abcd",
        ),
        ("HTTP/1.1 200 OK\r\n\r\nabcd", Then::Close, "abcd"),
        ("HTTP/1.0 200 OK\r\n\r\nabcd", Then::Close, "abcd"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na",
            Then::KeepOpen,
            "a",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdefgh",
            Then::Close,
            "abc",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
            Then::KeepOpen,
            "abc",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 1\r\n\r\na",
            Then::KeepOpen,
            "a",
        ),
    ] {
        let (address, _) = peer(answer, then).await;
        let endpoint = endpoint(address);
        for message in both() {
            let answer = response(endpoint.send(&message, DEADLINE).await);
            assert_eq!(answer.body, body.as_bytes(), "{answer:?} to {message:?}");
        }
    }
    let (address, _) = peer(
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        Then::KeepOpen,
    )
    .await;
    let endpoint = endpoint(address);
    for fields in [&[][..], &[("X", "1")]] {
        let answer = response(
            endpoint
                .send(&request("HEAD", "/", fields, None), DEADLINE)
                .await,
        );
        assert_eq!(answer.body.len(), 0);
    }
}

#[tokio::test]
async fn endless_answers_are_stopped_at_the_limit() {
    let hundred_mb = 100 << 20;
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\na",
        "HTTP/1.1 200 OK\r\n\r\na",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6400000\r\na",
        "HTTP/1.1 200 OK\r\na: b",
        "HTTP/1.1 200 OK",
    ] {
        let (address, _) = peer(answer, Then::Repeat(hundred_mb)).await;
        let limits = Limits {
            body: 1 << 20,
            ..Limits::default()
        };
        let settings = EndpointSettings {
            limits,
            ..Default::default()
        };
        let endpoint = Endpoint::new(&format!("http://{address}"), settings).unwrap();
        for message in both() {
            let no_answer = endpoint.send(&message, DEADLINE).await;
            assert_kind(
                &no_answer,
                &[NoAnswerKind::Malformed],
                &format!("{answer} to {message:?}"),
            );
        }
    }
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100_000));
    let (address, _) = peer(many, Then::KeepOpen).await;
    for message in both() {
        assert_kind(
            &endpoint(address).send(&message, DEADLINE).await,
            &[NoAnswerKind::Malformed],
            "many fields",
        );
    }
}

#[tokio::test]
async fn fields_that_are_not_utf8_are_shown_with_replacements() {
    let (address, _) = peer(
        &b"HTTP/1.1 200 OK\r\nx-a: \xff\xfeb\r\ncontent-length: 1\r\n\r\n\xff"[..],
        Then::KeepOpen,
    )
    .await;
    for message in both() {
        let answer = response(endpoint(address).send(&message, DEADLINE).await);
        assert_eq!(
            (answer.headers.get("x-a"), &answer.body[..]),
            (Some("\u{fffd}\u{fffd}b"), &b"\xff"[..])
        );
    }
}

#[tokio::test]
async fn a_truncated_message_is_brought_to_an_end() {
    let (address, arrived) =
        peer("HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", Then::Close).await;
    let began = Instant::now();
    let cut = Message::Raw(Bytes::from_static(
        b"PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nabc",
    ));
    assert_eq!(
        response(endpoint(address).send(&cut, DEADLINE).await).status,
        400
    );
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(
        Message::Raw(Bytes::from(arrived.lock().unwrap().remove(0).1)),
        cut
    );
}

#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_the_request_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _): (TcpStream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                let _ = stream.read(&mut buffer).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 413 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .await;
                // Reads on for a moment, as a careful server does, so that the answer is not lost to a reset.
                tokio::time::sleep(Duration::from_millis(300)).await;
            });
        }
    });
    let body = "a".repeat(8 << 20);
    for fields in [&[][..], &[("X", "1")]] {
        let answer = endpoint(address)
            .send(&request("PUT", "/", fields, Some(&body)), DEADLINE)
            .await;
        assert_eq!(response(answer).status, 413);
    }
}

#[tokio::test]
async fn tls_works_with_an_authority_of_ones_own_and_not_without() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arrived::default();
    let seen = arrived.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    speak(stream, number, OK.as_bytes(), Then::KeepOpen, &seen).await;
                }
            });
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, cert.pem()).unwrap();
    let raw = Message::Raw(Bytes::from_static(b"BREW / HTTP/1.1\nhost: h\n\n"));
    for (trust, trusted) in [
        (Trust::Authority(file), true),
        (Trust::Anyone, true),
        (Trust::Platform, false),
    ] {
        let settings = EndpointSettings {
            trust: trust.clone(),
            ..Default::default()
        };
        let Ok(endpoint) = Endpoint::new(&format!("https://{address}"), settings) else {
            assert!(!trusted, "{trust:?}");
            continue;
        };
        for message in both().iter().chain([&raw]) {
            let answer = endpoint.send(message, DEADLINE).await;
            if trusted {
                assert_eq!(response(answer).body, "{}");
            } else {
                assert_kind(
                    &answer,
                    &[NoAnswerKind::Unreachable],
                    "a certificate nobody vouches for",
                );
            }
        }
    }
    assert_eq!(
        arrived
            .lock()
            .unwrap()
            .last()
            .map(|(_, bytes)| Message::Raw(Bytes::from(bytes.clone()))),
        Some(raw)
    );
}
