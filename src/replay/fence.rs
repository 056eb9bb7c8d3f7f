//! A fence around the domains of a run, for targets that hold somebody's data.
//!
//! Whatever could change a domain that is not of this run is not sent, whoever wrote the case. Servers may be lenient, so
//! every reading of a message counts: letters of either case, slashes doubled or turned, escapes decoded twice, `..` followed or
//! not.

use percent_encoding::percent_decode_str;

use super::fresh::Run;
use crate::wire::http1::parse_request;
use crate::wire::{Message, Request};

/// How often escapes are decoded: a proxy in front of a server may do it once more.
const DECODINGS: usize = 3;

/// Fields that some servers take the method from.
const OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// The first name in a message that may stand for a domain of somebody else, if the message could change anything.
pub(super) fn foreign(message: &Message, run: &Run) -> Option<String> {
    let text = match message {
        Message::Request(request) if only_reads(request) => return None,
        Message::Request(request) => request.target.clone(),
        Message::Raw(bytes) => match parse_request(bytes) {
            Ok(request) if only_reads(&request) => return None,
            Ok(request) => request.target,
            Err(_) => String::from_utf8_lossy(whatever_may_change(bytes)).into_owned(),
        },
    };
    let mut reading = text;
    for _ in 0..DECODINGS {
        // An escape that is none stays, as lenient servers leave it.
        let decoded = percent_decode_str(&reading).decode_utf8_lossy();
        if decoded == reading {
            break;
        }
        // A name cannot hold escapes: what they stand for is looked at in the next reading.
        if let Some(name) = foreign_in(&reading, run).filter(|name| !name.contains('%')) {
            return Some(name);
        }
        reading = decoded.into_owned();
    }
    foreign_in(&reading, run)
}

/// The part of bytes that are no request which a server may take for one that changes something: all but a first line that
/// asks for something to be read. Nobody knows what a server makes of the rest; it may find a second request there.
fn whatever_may_change(bytes: &[u8]) -> &[u8] {
    let reads = bytes.starts_with(b"GET ") || bytes.starts_with(b"HEAD ");
    let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    match (reads, end) {
        (true, Some(end)) => &bytes[end..],
        (true, None) => &[],
        (false, _) => bytes,
    }
}

/// Whether every server takes a request for one that reads.
fn only_reads(request: &Request) -> bool {
    let overrides = |(name, _): (&str, &str)| {
        OVERRIDES
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS")
        && !request.headers.iter().any(overrides)
}

fn foreign_in(text: &str, run: &Run) -> Option<String> {
    let kept: Vec<&str> = text
        .split(['/', '\\'])
        .filter(|segment| !matches!(*segment, "" | "."))
        .collect();
    let mut followed = Vec::with_capacity(kept.len());
    for segment in &kept {
        if segment.starts_with("..") {
            followed.pop();
        } else {
            followed.push(*segment);
        }
    }
    foreign_among(&kept, run).or_else(|| foreign_among(&followed, run))
}

/// What follows `domains`, alone or at the end of an ARN.
fn foreign_among(segments: &[&str], run: &Run) -> Option<String> {
    let pairs = segments.windows(2);
    let mut names = pairs.filter_map(|pair| {
        let collection = pair[0].to_ascii_lowercase();
        let name = pair[1];
        let end = name
            .find(|c: char| matches!(c, '?' | '#') || c.is_whitespace() || c.is_control())
            .unwrap_or(name.len());
        (collection.ends_with("domains") && end > 0).then_some(&name[..end])
    });
    names.find(|name| !run.owns(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::check::{Amount, Check, Options};
    use crate::judge::request_line;
    use crate::model::Model;
    use crate::replay::{Local, Target};
    use crate::wire::Answer;

    fn stopped(method: &str, target: &str, fields: &[(&str, &str)]) -> bool {
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: fields.iter().copied().collect(),
            body: None,
        };
        foreign(&Message::Request(request), &Run::named("r1")).is_some()
    }

    #[test]
    fn what_is_of_this_run_or_only_reads_may_pass() {
        for (method, target) in [
            ("GET", "/domains/theirs"),
            ("POST", "/domains/pc-r1-2"),
            ("POST", "/domains/PC-R1-2-B?x=/domains/"),
            ("DELETE", "/domains/%70c-r1-2/object-types/T"),
            ("DELETE", "/domains"),
            ("DELETE", "/domains/"),
            (
                "POST",
                "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fpc-r1-2",
            ),
            (
                "POST",
                "/tags/arn:aws:profile:us-east-1:1:domains/pc-r1-2/object-types/T",
            ),
            ("POST", "/elsewhere"),
        ] {
            assert!(!stopped(method, target, &[]), "{method} {target}");
        }
    }

    #[test]
    fn whatever_may_be_understood_as_somebody_elses_may_not() {
        for target in [
            "/domains/theirs",
            "/domains/pc-r2-1",
            "/domains/pc-r1",
            "/domains/xpc-r1-2",
            "/Domains//theirs",
            "//domains/./theirs?a=b",
            "/domains/pc-r1-2/../theirs",
            "/domains/pc-r1-2/..%2ftheirs",
            "/domains%2Ftheirs",
            "/domains%252Ftheirs",
            "/domains\\theirs",
            "http://host/domains/theirs",
            "/v1/domains/theirs",
            "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Ftheirs",
            "/tags/arn:aws:profile:us-east-1:1:DOMAINS/theirs",
            "/tags/x?domains/theirs",
            "/domains/%74heirs%zz",
        ] {
            assert!(stopped("DELETE", target, &[]), "{target}");
        }
        assert!(stopped("FOO", "/domains/theirs", &[]));
        assert!(stopped("get", "/domains/theirs", &[]));
        assert!(stopped(
            "GET",
            "/domains/theirs",
            &[("X-HTTP-Method-Override", "DELETE")]
        ));
    }

    #[test]
    fn bytes_that_are_no_request_are_searched_to_their_end() {
        let stops = |bytes: &str| {
            let message = Message::Raw(Bytes::copy_from_slice(bytes.as_bytes()));
            foreign(&message, &Run::named("r1")).is_some()
        };
        assert!(stops("DELETE /domains/theirs"));
        assert!(stops(
            "POST /domains/pc-r1-2 HTTP/1.1\r\n\r\nDELETE /domains/theirs HTTP/1.1\r\n\r\n"
        ));
        assert!(stops(
            "GET /domains/pc-r1-2 HTTP/1.1\r\nx\r\n\r\nDELETE /domains/%74heirs HTTP/1.1\r\n"
        ));
        assert!(!stops("POST /domains/pc-r1-2 HTTP/1.1\r\nx\r\n\r\n"));
        assert!(!stops("GET /domains/theirs HTTP/1.1\r\nhost: h\r\n\r\n"));
        assert!(!stops("GET /domains/the irs HTTP/1.1\r\nhost: h\r\n\r\n"));
        assert!(!stops("HEAD /domains/theirs"));
        assert!(stops("GET /x\nDELETE /domains/theirs"));
    }

    /// The reference, and all that was sent to it and may change something of somebody else than the run it came from.
    struct Watched(Local, Arc<Mutex<Vec<Message>>>, Arc<AtomicUsize>);

    impl Target for Watched {
        async fn ready(&self) {
            self.2.fetch_add(1, Ordering::Relaxed);
        }

        async fn send(&self, message: &Message, deadline: Duration) -> Answer {
            // Whatever is sent had its turn.
            let turns = self.2.fetch_sub(1, Ordering::Relaxed);
            assert!((1..=1024).contains(&turns), "sent out of turn: {message:?}");
            // Of no run yet: everything that names a domain at all and could change it.
            if foreign(message, &Run::named("nobody")).is_some() {
                self.1.lock().unwrap().push(message.clone());
            }
            self.0.send(message, deadline).await
        }

        fn describe(&self) -> String {
            self.0.describe()
        }
    }

    /// No case of the corpus, no generated case and nothing a check does besides needs the fence, but for the case that takes a
    /// name of one character: what the fence costs on the real service is that case alone.
    #[tokio::test]
    async fn nothing_a_check_sends_can_change_what_is_not_of_its_run() {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let turns = Arc::new(AtomicUsize::new(0));
        let target = Watched(
            Local::new(Model::reference()),
            Arc::clone(&sent),
            Arc::clone(&turns),
        );
        let options = Options {
            amount: Amount::Number(1500),
            ..Options::default()
        };
        let checked = Check::new(target, options).unwrap().run().await.unwrap();
        let run = Run::named(&checked.report.run.id);
        assert_eq!(turns.load(Ordering::Relaxed), 0, "turns that nobody used");
        let sent = sent.lock().unwrap();
        assert!(sent.len() > 10_000, "{}", sent.len());
        let mut names: Vec<_> = sent
            .iter()
            .filter_map(|message| Some((foreign(message, &run)?, message)))
            .collect();
        let is_short =
            |name: &str| name.len() == 1 && name.bytes().all(|b| b.is_ascii_alphanumeric());
        names.retain(|(name, message)| !(is_short(name) && matches!(message, Message::Request(_))));
        let lines = names
            .iter()
            .map(|(name, message)| (name, request_line(message)));
        assert_eq!(lines.collect::<Vec<_>>(), []);
    }
}
