//! The built-in server against clients that no library would be: raw sockets, slow, greedy, broken or gone.
//!
//! The model is out of the picture. A closure that says what it was asked stands in for it, so an answer shows both what
//! reached the model and what was refused before.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use profile_contract::serve::{Limits, Server};
use profile_contract::wire::{Headers, Request, Response};
use proptest::prelude::*;
use tokio::sync::oneshot;

#[test]
fn an_answer_is_complete() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /domains?max-results=2 HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = client.answer().expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, "GET /domains?max-results=2 no body");
    assert_eq!(
        answer.field("content-type"),
        Some("application/json"),
        "the model's own fields arrive"
    );
    assert!(
        answer
            .field("date")
            .is_some_and(|date| date.ends_with("GMT")),
        "{answer:?}"
    );
    assert_eq!(
        answer.field("connection"),
        None,
        "the connection stays open"
    );
}

#[test]
fn request_ids_are_uuids_and_never_repeat() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..2_000 {
        client.send("GET / HTTP/1.1\r\n\r\n");
        let answer = client.answer().expect("an answer");
        let id = answer.field("x-amzn-requestid").expect("an id").to_owned();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert!(
            id.chars()
                .all(|digit| digit == '-' || digit.is_ascii_hexdigit()),
            "{id}"
        );
        assert!(seen.insert(id), "an id came twice");
    }
    let mut client = server.connect();
    client.send("\x01\r\n\r\n");
    let refused = client.answer().expect("a refusal");
    assert!(
        refused
            .field("x-amzn-requestid")
            .is_some_and(|id| id.len() == 36),
        "refusals have ids too: {refused:?}"
    );
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    let mut all = String::new();
    for number in 0..100 {
        all += &format!("PUT /{number} HTTP/1.1\r\nContent-Length: 3\r\n\r\n{number:03}");
    }
    client.send(&all);
    for number in 0..100 {
        assert_eq!(
            client.answer().expect("an answer").body,
            format!("PUT /{number} body {number:03}")
        );
    }
}

#[test]
fn what_follows_an_answer_in_the_same_segment_is_refused_after_it() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /first HTTP/1.1\r\n\r\nG\x00T /second HTTP/1.1\r\n\r\n");
    assert_eq!(
        client.answer().expect("an answer").body,
        "GET /first no body"
    );
    assert_refused(
        &client.answer().expect("a refusal"),
        400,
        "MalformedHttpRequestException",
    );
    assert!(client.answer().is_none(), "closed, with one refusal only");
}

#[test]
fn a_head_may_come_byte_by_byte() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    for byte in "POST /slow HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".bytes() {
        client.send([byte]);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(
        client.answer().expect("an answer").body,
        "POST /slow body {}"
    );
}

#[test]
fn targets_arrive_as_they_were_sent() {
    let server = Running::start(Limits::default());
    for target in [
        "/domains/a%2Fb",
        "/domains/%zz",
        "/domains/%61%2561",
        "/a//b/./../c/",
        "//a",
        "/?",
        "/a?b?c=d&&e=%20+",
        "/tags/arn:aws:profile:us-east-1:123456789012:domains%2Fd",
        "/;a=b,c!$&'()*@:~",
        "/a\"b{c}|d\\e^[f]",
        "/\u{fc}\u{1f600}",
        "*",
    ] {
        let mut client = server.connect();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let answer = client.answer().expect(target);
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("GET {target} no body"))
        );
    }
    for (sent, seen) in [
        ("http://other:1/domains/%61?b", "/domains/%61?b"),
        ("domains", "domains"),
    ] {
        let mut client = server.connect();
        client.send(format!("GET {sent} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(
            client.answer().expect(sent).body,
            format!("GET {seen} no body")
        );
    }
}

#[test]
fn every_method_reaches_the_model() {
    let server = Running::start(Limits::default());
    for method in [
        "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "BREW",
    ] {
        let mut client = server.connect();
        client.send(format!("{method} /a HTTP/1.1\r\n\r\n"));
        assert_eq!(
            client.answer().expect(method).body,
            format!("{method} /a no body")
        );
    }
    for target in ["refuse:1", "/refuse", "*", "a b"] {
        let answers = server.say(format!("CONNECT {target} HTTP/1.1\r\n\r\n").as_bytes());
        assert_no_5xx(&answers, target);
    }
    let mut client = server.connect();
    client.send("CONNECT refuse:1 HTTP/1.1\r\n\r\n");
    assert_eq!(
        client.answer().expect("an answer").status,
        403,
        "the model's own answer"
    );
}

#[test]
fn the_answer_to_head_has_a_length_and_no_body() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    client.send("HEAD /refuse HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
    let head = client.head().expect("an answer");
    assert_eq!(
        (head.status, head.field("content-length")),
        (403, Some("19"))
    );
    assert_eq!(
        client.answer().expect("an answer").body,
        "GET /next no body",
        "right behind the head"
    );
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /old HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().expect("an answer").body, "GET /old no body");
    assert!(client.answer().is_none(), "closed");
    let mut client = server.connect();
    client.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(
        client.answer().expect("an answer").field("connection"),
        Some("keep-alive")
    );
    client.send("GET /again HTTP/1.0\r\n\r\n");
    assert_eq!(
        client.answer().expect("an answer").body,
        "GET /again no body"
    );
}

#[test]
fn bodies_come_chunked_counted_empty_or_not_at_all() {
    let server = Running::start(Limits::default());
    let mut client = server.connect();
    for (framing, seen) in [
        (
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n5;x=y\r\na\":1}\r\n0\r\nTrailer: x\r\n\r\n",
            "body {\"a\":1}",
        ),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "body "),
        ("Content-Length: 7\r\n\r\n{\"a\":1}", "body {\"a\":1}"),
        ("Content-Length: 0\r\n\r\n", "body "),
        ("\r\n", "no body"),
    ] {
        client.send(format!("POST /a HTTP/1.1\r\n{framing}"));
        assert_eq!(
            client.answer().expect(framing).body,
            format!("POST /a {seen}")
        );
    }
}

#[test]
fn a_body_is_invited_when_the_client_waits_for_it() {
    let server = Running::start(Limits {
        body: 10,
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send("PUT /a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head().expect("an interim answer").status, 100);
    client.send("{}");
    assert_eq!(client.answer().expect("an answer").body, "PUT /a body {}");
    client.send("PUT /a HTTP/1.1\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    assert_refused(
        &client.answer().expect("a refusal"),
        413,
        "RequestEntityTooLargeException",
    );
}

#[test]
fn too_large_a_body_is_refused_without_being_read() {
    let server = Running::start(Limits {
        body: 1_000,
        ..Limits::default()
    });
    for (length, status) in [(1_000, 200), (1_001, 413)] {
        let body = "a".repeat(length);
        for framed in [
            format!("PUT /a HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}"),
            format!(
                "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
            ),
        ] {
            let mut client = server.connect();
            client.send(framed);
            assert_eq!(
                client.answer().expect("an answer").status,
                status,
                "{length} bytes"
            );
        }
    }
    // A client that writes on regardless still reads the answer, although a good part of the body is never taken.
    let mut client = server.connect();
    client.send(format!(
        "PUT /a HTTP/1.1\r\nContent-Length: {}\r\n\r\n",
        u64::MAX >> 1
    ));
    for _ in 0..200 {
        if client.stream.get_mut().write_all(&[b'a'; 10_000]).is_err() {
            break;
        }
    }
    assert_refused(
        &client.answer().expect("a refusal"),
        413,
        "RequestEntityTooLargeException",
    );
    assert!(client.answer().is_none(), "closed");
}

#[test]
fn too_large_a_head_is_refused() {
    let server = Running::start(Limits {
        head: 16_000,
        ..Limits::default()
    });
    let long = "a".repeat(20_000);
    let fields = "a: b\r\n".repeat(101);
    for head in [
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nlong: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{fields}\r\n"),
    ] {
        let mut client = server.connect();
        client.send(head);
        assert_refused(
            &client.answer().expect("a refusal"),
            431,
            "RequestHeaderFieldsTooLargeException",
        );
        assert!(client.answer().is_none(), "closed");
    }
    let server = Running::start(Limits {
        head: 200_000,
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send(format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)));
    assert_refused(
        &client.answer().expect("a refusal"),
        414,
        "RequestUriTooLongException",
    );
}

#[test]
fn slow_clients_are_cut_off() {
    let quick = Duration::from_millis(200);
    let server = Running::start(Limits {
        head_time: quick,
        body_time: quick,
        idle_time: quick,
        ..Limits::default()
    });

    let mut client = server.connect();
    let began = Instant::now();
    for byte in "GET /one-byte-at-a-time HTTP/1.1\r\n".repeat(20).bytes() {
        if began.elapsed() > 3 * quick || client.stream.get_mut().write_all(&[byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_refused(
        &client.answer().expect("a refusal"),
        408,
        "RequestTimeoutException",
    );

    let mut client = server.connect();
    client.send("PUT /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
    assert_refused(
        &client.answer().expect("a refusal"),
        408,
        "RequestTimeoutException",
    );
    assert!(client.answer().is_none(), "closed");

    let mut client = server.connect();
    client.send("GET /a HTTP/1.1\r\n\r\n");
    assert_eq!(client.answer().expect("an answer").status, 200);
    let began = Instant::now();
    assert!(
        client.answer().is_none(),
        "closed without a word, as nothing was asked"
    );
    assert!(began.elapsed() >= quick / 2, "but not at once");
}

#[test]
fn a_slow_body_has_its_own_time() {
    let server = Running::start(Limits {
        head_time: Duration::from_millis(100),
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send("PUT /a HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head().expect("an interim answer").status, 100);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(70));
        client.send("a");
    }
    assert_eq!(client.answer().expect("an answer").body, "PUT /a body aaaa");
}

#[test]
fn who_does_not_read_the_answer_loses_the_connection() {
    let server = Running::start(Limits {
        answer_time: Duration::from_millis(200),
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send("GET /huge HTTP/1.1\r\n\r\n");
    std::thread::sleep(Duration::from_millis(800));
    let mut arrived = Vec::new();
    let _ = client.stream.read_to_end(&mut arrived);
    assert!(arrived.len() < HUGE, "all {} bytes arrived", arrived.len());
    server.assert_alive("after a client that did not read");
}

#[test]
fn no_bytes_cause_a_5xx() {
    let server = Running::start(Limits::default());
    let long = "a".repeat(100_000);
    let hostile: Vec<Vec<u8>> = vec![
        b"\r\n\r\n".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET /\r\n\r\n".to_vec(),
        b"GET / \r\n\r\n".to_vec(),
        b"GET  / HTTP/1.1\r\n\r\n".to_vec(),
        b" GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1 \r\n\r\n".to_vec(),
        b"GET / HTTP/1.2\r\n\r\n".to_vec(),
        b"GET / HTTP/2.0\r\n\r\n".to_vec(),
        b"GET / HTTP/0.9\r\n\r\n".to_vec(),
        b"GET / HTTP/11\r\n\r\n".to_vec(),
        b"GET / http/1.1\r\n\r\n".to_vec(),
        b"GET / FTP/1.1\r\n\r\n".to_vec(),
        b"G\xc3\x84T / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /a b HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /<>` HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /a#b HTTP/1.1\r\n\r\n".to_vec(),
        b"GET http:// HTTP/1.1\r\n\r\n".to_vec(),
        b"GET http://a:b:c@[::/ HTTP/1.1\r\n\r\n".to_vec(),
        b"CONNECT a HTTP/1.1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\nHost: x\n\n".to_vec(),
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nname : blank\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n folded: first\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\na: \0\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\na: \xff\xfe\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\xc3\x84: b\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}".to_vec(),
        b"PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}trailing".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n{}".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"
            .to_vec(),
        b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}".to_vec(),
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n".to_vec(),
        b"PUT / HTTP/1.1\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
        b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nConnection: \r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a TLS hello".to_vec(),
        b"GET / HTTP/1.1\r\nHalf: a he".to_vec(),
        format!("{long} / HTTP/1.1\r\n\r\n").into_bytes(),
        format!("GET /{long} HTTP/1.1\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\n{long}: a\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)).into_bytes(),
    ];
    for bytes in hostile {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let answers = server.say(&bytes);
        if bytes != b"\r\n\r\n" {
            assert!(!answers.is_empty(), "no answer to {shown:?}");
        }
        assert_no_5xx(&answers, &shown);
        server.assert_alive(&shown);
    }
}

#[test]
fn an_aborted_body_is_refused_or_dropped() {
    let server = Running::start(Limits::default());
    let answers = server.say(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert_refused(&answers[0], 400, "MalformedHttpRequestException");
    let answers = server.say(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}");
    assert_refused(&answers[0], 400, "MalformedHttpRequestException");
    assert_eq!(answers.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_cause_no_5xx(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        let server = shared();
        assert_no_5xx(&server.say(&bytes), &String::from_utf8_lossy(&bytes));
        server.assert_alive("random bytes");
    }

    #[test]
    fn damaged_requests_cause_no_5xx(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
        chunked: bool,
    ) {
        let framing = if chunked {
            "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a\": 12}\r\n0\r\n\r\n"
        } else {
            "Content-Length: 9\r\n\r\n{\"a\": 12}"
        };
        let mut bytes = format!("PUT /domains/d/object-types/t HTTP/1.1\r\nHost: x\r\n{framing}").into_bytes();
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes[at] ^= 1 << (byte % 8),
            }
        }
        let server = shared();
        assert_no_5xx(&server.say(&bytes), &String::from_utf8_lossy(&bytes));
        server.assert_alive("a damaged request");
    }
}

#[test]
fn a_model_that_panics_costs_one_connection() {
    let server = Running::start(Limits::default());
    assert!(
        server.say(b"GET /panic HTTP/1.1\r\n\r\n").is_empty(),
        "closed without an answer, above all without a 5xx"
    );
    server.assert_alive("after a panic");
}

#[test]
fn answers_that_cannot_be_written_close_the_connection() {
    let server = Running::start(Limits::default());
    assert!(server.say(b"GET /no-status HTTP/1.1\r\n\r\n").is_empty());
    server.assert_alive("after an answer without a status");
}

#[test]
fn stopping_lets_requests_in_flight_finish() {
    let server = Running::start(Limits::default());
    let mut idle = server.connect();
    idle.send("GET /a HTTP/1.1\r\n\r\n");
    assert_eq!(idle.answer().expect("an answer").status, 200);
    let mut busy = server.connect();
    busy.send("PUT /a HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(busy.head().expect("an interim answer").status, 100);
    let address = server.address;

    let began = Instant::now();
    let stopping = std::thread::spawn(move || server.stop());
    assert!(idle.answer().is_none(), "an idle connection is closed");
    assert!(began.elapsed() < Duration::from_secs(2), "at once");
    assert!(TcpStream::connect(address).is_err(), "nobody new is let in");
    assert!(!stopping.is_finished());
    busy.send("last");
    let answer = busy.answer().expect("an answer");
    assert_eq!(answer.body, "PUT /a body last");
    assert!(busy.answer().is_none(), "closed after its answer");
    stopping.join().expect("the server ends");
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let server = Running::start(Limits {
        stop_time: Duration::from_millis(200),
        ..Limits::default()
    });
    let mut busy = server.connect();
    busy.send("PUT /a HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(busy.head().expect("an interim answer").status, 100);
    let began = Instant::now();
    server.stop();
    assert!(
        (200..3_000).contains(&began.elapsed().as_millis()),
        "{:?}",
        began.elapsed()
    );
    assert!(busy.answer().is_none());
}

#[test]
fn more_clients_than_connections_wait_their_turn() {
    let server = Running::start(Limits {
        connections: 8,
        ..Limits::default()
    });
    let address = server.address;
    let served = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..100)
        .map(|number| {
            let served = Arc::clone(&served);
            std::thread::spawn(move || {
                let mut client = Client::to(address);
                for last in [false, false, true] {
                    let close = if last { "Connection: close\r\n" } else { "" };
                    client.send(format!("GET /{number} HTTP/1.1\r\n{close}\r\n"));
                    assert_eq!(
                        client.answer().expect("an answer").body,
                        format!("GET /{number} no body")
                    );
                }
                served.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    for client in clients {
        client.join().expect("every client is served");
    }
    assert_eq!(served.load(Ordering::Relaxed), 100);

    let held: Vec<_> = (0..8).map(|_| server.connect()).collect();
    let mut ninth = server.connect();
    ninth.send("GET /ninth HTTP/1.1\r\n\r\n");
    ninth
        .stream
        .get_ref()
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("a timeout");
    assert!(ninth.stream.fill_buf().is_err(), "eight are open already");
    drop(held);
    ninth
        .stream
        .get_ref()
        .set_read_timeout(Some(PATIENCE))
        .expect("a timeout");
    assert_eq!(
        ninth.answer().expect("an answer").body,
        "GET /ninth no body"
    );
}

#[test]
fn a_taken_port_is_named() {
    let server = Running::start(Limits::default());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let taken = runtime.block_on(Server::bind(server.address, Limits::default(), echo));
    let message = taken.err().expect("an error").to_string();
    assert!(
        message.starts_with(&format!("cannot listen at {}: ", server.address)),
        "{message}"
    );
}

const PATIENCE: Duration = Duration::from_secs(10);
const HUGE: usize = 64 << 20;

/// Says what it was asked, but for a few targets that stand for models nobody should write.
fn echo(request: &Request, now_ms: i64) -> Response {
    assert!(now_ms > 1_700_000_000_000, "the time is in milliseconds");
    let (status, body) = match request.path() {
        "/panic" => panic!("as asked"),
        "/no-status" => (7, String::new()),
        "/huge" => (200, "a".repeat(HUGE)),
        // To allow CONNECT is to promise a tunnel.
        path if path == "/refuse" || request.method == "CONNECT" => {
            (403, format!("{} is not allowed", request.method))
        }
        _ => {
            let body = match &request.body {
                Some(body) => format!("body {}", String::from_utf8_lossy(body)),
                None => "no body".to_owned(),
            };
            (200, format!("{} {} {body}", request.method, request.target))
        }
    };
    let mut headers = Headers::default();
    headers.push("content-type", "application/json");
    if status == 403 {
        headers.push("x-amzn-errortype", "AccessDeniedException");
    }
    Response {
        status,
        headers,
        body: body.into(),
    }
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Running {
    fn start(limits: Limits) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async move {
                let server = Server::bind(([127, 0, 0, 1], 0).into(), limits, echo)
                    .await
                    .expect("a free port");
                tell.send(server.address()).expect("a test that waits");
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Self {
            address: told.recv().expect("a server"),
            stop,
            thread,
        }
    }

    fn stop(self) {
        let _ = self.stop.send(());
        self.thread.join().expect("the server ends well");
    }

    fn connect(&self) -> Client {
        Client::to(self.address)
    }

    /// Sends bytes, closes the way out and returns everything that comes back, which has to be whole answers.
    fn say(&self, bytes: &[u8]) -> Vec<Seen> {
        let mut client = self.connect();
        // The server may have heard enough before the end.
        let _ = client.stream.get_mut().write_all(bytes);
        let _ = client.stream.get_ref().shutdown(Shutdown::Write);
        std::iter::from_fn(|| client.answer()).collect()
    }

    fn assert_alive(&self, after: &str) {
        let mut client = self.connect();
        client.send("GET /alive HTTP/1.1\r\n\r\n");
        assert_eq!(
            client.answer().map(|answer| answer.status),
            Some(200),
            "after {after:?}"
        );
    }
}

/// The server that the property tests have in common; it ends with the process.
fn shared() -> &'static Running {
    static SHARED: std::sync::OnceLock<Running> = std::sync::OnceLock::new();
    SHARED.get_or_init(|| Running::start(Limits::default()))
}

struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
struct Seen {
    status: u16,
    fields: Vec<(String, String)>,
    body: String,
}

impl Seen {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Client {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a listening server");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Self {
            stream: BufReader::new(stream),
        }
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .get_mut()
            .write_all(bytes.as_ref())
            .expect("an open connection");
    }

    /// The next answer without its body, if the connection is still open.
    fn head(&mut self) -> Option<Seen> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("neither an answer nor an end: {error}"),
        }
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut fields = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a whole head");
            if line == "\r\n" {
                return Some(Seen {
                    status,
                    fields,
                    body: String::new(),
                });
            }
            let (name, value) = line.trim_end().split_once(": ").expect("a field");
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The next answer, if the connection is still open.
    fn answer(&mut self) -> Option<Seen> {
        let mut seen = self.head()?;
        if seen.status == 100 {
            return Some(seen);
        }
        let length = seen
            .field("content-length")
            .and_then(|length| length.parse().ok())
            .expect("a length");
        let mut body = vec![0; length];
        self.stream
            .read_exact(&mut body)
            .expect("a body as long as it says");
        seen.body = String::from_utf8(body).expect("text");
        Some(seen)
    }
}

fn assert_refused(answer: &Seen, status: u16, kind: &str) {
    assert_eq!(
        (answer.status, answer.field("x-amzn-errortype")),
        (status, Some(kind)),
        "{answer:?}"
    );
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert_eq!(answer.field("connection"), Some("close"));
    assert!(
        answer.field("x-amzn-requestid").is_some() && answer.field("date").is_some(),
        "{answer:?}"
    );
    assert!(
        answer.body.starts_with("{\"Message\":\"") && answer.body.ends_with("\"}"),
        "{answer:?}"
    );
}

fn assert_no_5xx(answers: &[Seen], sent: &str) {
    for answer in answers {
        assert!(answer.status < 500, "{answer:?} to {sent:?}");
        if answer.status >= 400 {
            assert!(
                answer.field("x-amzn-errortype").is_some(),
                "a bare {answer:?} to {sent:?}"
            );
        }
    }
}
