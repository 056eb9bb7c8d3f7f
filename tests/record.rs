//! `record`: clients and servers with the recording proxy between them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use profile_contract::case::corpus::{self, Content};
use profile_contract::case::transcript::{self, Overheard, Transcript};
use profile_contract::defect::{self, Flawed};
use profile_contract::judge::{Outcome, judge, judge_settling};
use profile_contract::model::Model;
use profile_contract::serve::{Limits, Respond, Server};
use profile_contract::wire::{Answer, Json, Message};
use tempfile::TempDir;

/// Serves until the process ends.
fn serve(respond: impl Respond) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let server = Server::bind(([127, 0, 0, 1], 0).into(), Limits::default(), respond)
                .await
                .expect("a port");
            sender
                .send(format!("http://{}", server.address()))
                .expect("a test that waits");
            server.run(std::future::pending()).await;
        });
    });
    receiver.recv().expect("an address")
}

/// A proxy that runs as a process of its own.
struct Recorder {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
    folder: TempDir,
}

impl Recorder {
    fn start(endpoint: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_profile-contract"))
            .args(["record", "--endpoint", endpoint, "--output"])
            .arg(folder.path())
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a first line");
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .expect("an address")
            .to_owned();
        Self {
            child,
            stdout,
            address,
            folder,
        }
    }

    fn client(&self) -> Client {
        Client {
            stream: TcpStream::connect(&self.address).expect("a connection"),
        }
    }

    /// Ends it as Ctrl-C does; returns what it said last.
    fn stop(mut self) -> (String, TempDir) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("kill");
        assert!(killed.success());
        let mut told = String::new();
        self.stdout.read_to_string(&mut told).expect("UTF-8");
        assert_eq!(self.child.wait().expect("an end").code(), Some(0), "{told}");
        (told, self.folder)
    }
}

/// A client with one connection that stays open.
struct Client {
    stream: TcpStream,
}

impl Client {
    /// Sends a request the way boto3 does, signature and all; the status and the body of the answer.
    fn say(&mut self, method: &str, target: &str, body: Option<&str>) -> (u16, String) {
        let mut request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\nUser-Agent: Boto3/1.43.11\r\n\
             X-Amz-Date: 20261123T152843Z\r\nX-Amz-Security-Token: HIDDENTOKEN\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=HIDDENKEY/20261123/us-east-1/profile/aws4_request, SignedHeaders=host, Signature=HIDDEN\r\n\
             amz-sdk-request: attempt=1\r\n"
        );
        if let Some(body) = body {
            request.push_str(&format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        request.push_str("\r\n");
        request.push_str(body.unwrap_or_default());
        self.stream
            .write_all(request.as_bytes())
            .expect("a request");
        self.answer()
    }

    fn answer(&mut self) -> (u16, String) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).expect("a head");
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("UTF-8").to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status");
        (status, String::from_utf8(body).expect("UTF-8"))
    }

    #[track_caller]
    fn served(&mut self, method: &str, target: &str, body: Option<&str>) -> Json {
        let (status, text) = self.say(method, target, body);
        assert_eq!(status, 200, "{method} {target}: {text}");
        Json::parse(text.as_bytes()).expect("JSON")
    }
}

fn text_at(json: &Json, pointer: &str) -> String {
    json.pointer(pointer)
        .and_then(Json::as_str)
        .unwrap_or_else(|| panic!("{pointer} in {json}"))
        .to_owned()
}

const TYPE: &str = r#"{"Description": "orders", "AllowProfileCreation": true, "Fields": {"id": {"Source": "_source.id"}},
 "Keys": {"orderId": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["id"]}]}}"#;

/// What a client may do with a domain: ids, pages, tags, text that looks like a placeholder, a refusal.
fn shop(client: &mut Client, domain: &str) {
    assert_eq!(
        client.say("GET", &format!("/domains/{domain}"), None).0,
        404
    );
    client.served(
        "POST",
        &format!("/domains/{domain}"),
        Some(r#"{"DefaultExpirationDays": 30, "Tags": {"a": "${domain}"}}"#),
    );
    client.served(
        "PUT",
        &format!("/domains/{domain}/object-types/Order"),
        Some(TYPE),
    );
    let mut keys = Vec::new();
    for number in 1..=3 {
        let object = format!(
            r#"{{"ObjectTypeName": "Order", "Object": "{{\"id\": \"{number}\", \"note\": \"${{x}}\"}}"}}"#
        );
        let put = client.served(
            "PUT",
            &format!("/domains/{domain}/profiles/objects"),
            Some(&object),
        );
        keys.push(text_at(&put, "/ProfileObjectUniqueKey"));
    }
    let found = client.served(
        "POST",
        &format!("/domains/{domain}/profiles/search"),
        Some(r#"{"KeyName": "orderId", "Values": ["1"]}"#),
    );
    let profile = text_at(&found, "/Items/0/ProfileId");
    let listed = client.served(
        "POST",
        &format!("/domains/{domain}/profiles/objects?max-results=1"),
        Some(&format!(
            r#"{{"ProfileId": "{profile}", "ObjectTypeName": "Order"}}"#
        )),
    );
    assert_eq!(
        listed.get("Items").and_then(Json::items).map(<[_]>::len),
        Some(1)
    );
    let page = client.served(
        "GET",
        &format!("/domains/{domain}/object-types?max-results=1"),
        None,
    );
    if let Some(token) = page.get("NextToken").and_then(Json::as_str) {
        let token = profile_contract::wire::percent::encode(token);
        client.served(
            "GET",
            &format!("/domains/{domain}/object-types?max-results=1&next-token={token}"),
            None,
        );
    }
    client.served(
        "POST",
        &format!("/domains/{domain}/profiles/objects/delete"),
        Some(&format!(r#"{{"ProfileId": "{profile}", "ProfileObjectUniqueKey": "{}", "ObjectTypeName": "Order"}}"#, keys[0])),
    );
    let arn = format!("/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2F{domain}");
    client.served("POST", &arn, Some(r#"{"tags": {"Team": "3", "Te": "1"}}"#));
    client.served("DELETE", &format!("{arn}?tagKeys=Te"), None);
    client.served("GET", &arn, None);
    assert_eq!(
        client
            .say(
                "GET",
                &format!("/domains/{domain}/object-types/Unknown"),
                None
            )
            .0,
        404
    );
}

fn recording(file: &Path) -> Transcript {
    match corpus::read(file)
        .unwrap_or_else(|problem| panic!("{problem}"))
        .content
    {
        Content::Transcript(transcript) => transcript,
        Content::Case(_) => panic!("{} holds no answers", file.display()),
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_profile-contract"))
        .args(arguments)
        .output()
        .expect("the binary starts")
}

#[track_caller]
fn exits(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(status),
        "\n--- stdout\n{out}\n--- stderr\n{err}"
    );
    out
}

#[test]
fn traffic_becomes_a_case_that_replays_and_shrinks() {
    let recorder = Recorder::start(&serve(Model::reference()), &[]);
    shop(&mut recorder.client(), "shop-1");
    recorder
        .client()
        .served("GET", "/domains?max-results=1", None);
    let (told, folder) = recorder.stop();
    let file = folder.path().join("shop-1.case");
    let shown = file.display().to_string();
    assert!(
        told.contains(&shown) && told.contains("no-domain.case"),
        "{told}"
    );

    let text = fs::read_to_string(&file).expect("a recording");
    assert!(
        !text.contains("HIDDEN") && !text.contains("20261123") && !text.contains("Boto3"),
        "{text}"
    );
    for line in [
        "overheard\n",
        "with domain = shop-1\n",
        "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30, \"Tags\": {\"a\": \"$${domain}\"}}\n",
        "@ profile-id = /Items/0/ProfileId\n",
        "| {\"ProfileId\": \"${profile-id}\", \"ProfileObjectUniqueKey\": \"${profile-object-unique-key}\", \"ObjectTypeName\": \"Order\"}\n",
        "> DELETE /tags/${arn|uri}%3Adomains%2F${domain|uri}?tagKeys=Te\n",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    let heard = recording(&file);
    assert_eq!(heard.overheard, Some(Overheard::Whole));
    assert_eq!(judge(&heard).outcome(), Outcome::Conforms);
    exits(&run(&["replay", "--recorded", &shown]), 0);
    exits(&run(&["replay", &shown]), 0);
    exits(
        &run(&[
            "replay",
            &folder.path().join("no-domain.case").display().to_string(),
        ]),
        0,
    );

    let wrong = serve(Flawed::new(
        defect::named("untag-by-prefix").expect("a defect"),
    ));
    let told = exits(&run(&["replay", &shown, "--endpoint", &wrong]), 1);
    assert!(told.contains("tag.remove"), "{told}");
    let smallest = exits(&run(&["shrink", &shown, "--endpoint", &wrong]), 1);
    let steps = smallest.matches("\n> ").count() + usize::from(smallest.starts_with("> "));
    assert!(steps <= 4 && heard.case.steps.len() > 10, "{smallest}");
    // A folder of recordings is a corpus too.
    let told = exits(
        &run(&[
            "check",
            "--endpoint",
            &wrong,
            "--corpus",
            &folder.path().display().to_string(),
        ]),
        1,
    );
    assert!(
        told.contains("VIOLATES") && told.contains("2 cases: 1 conform"),
        "{told}"
    );
}

#[test]
fn a_violation_that_was_heard_is_found_in_the_recording() {
    let wrong = serve(Flawed::new(
        defect::named("untag-by-prefix").expect("a defect"),
    ));
    let recorder = Recorder::start(&wrong, &[]);
    shop(&mut recorder.client(), "shop-2");
    let (_, folder) = recorder.stop();
    let shown = folder.path().join("shop-2.case").display().to_string();
    // Objects were deleted a moment before: somebody who knows that the server is not late has to say so.
    let told = exits(
        &run(&["replay", "--recorded", &shown, "--settle", "1ms"]),
        1,
    );
    assert!(told.contains("tag.remove"), "{told}");
}

/// An upstream that keeps what it is sent and answers each request with the same bytes.
fn listening(answer: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let sender = sender.clone();
            thread::spawn(move || {
                let _ = sender.send("connected".to_owned());
                let mut heard = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    heard.extend_from_slice(&buffer[..count]);
                    let text = String::from_utf8_lossy(&heard).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let length = head.lines().find_map(|line| {
                        line.to_ascii_lowercase()
                            .strip_prefix("content-length: ")
                            .map(str::to_owned)
                    });
                    if body.len() < length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                        continue;
                    }
                    let _ = sender.send(text);
                    heard.clear();
                    if stream.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, receiver)
}

#[test]
fn what_passes_is_not_changed() {
    let (endpoint, heard) = listening(
        "HTTP/1.1 200 OK\r\nX-Odd-Name: Kept\r\nSet-Cookie: a=HIDDEN\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
    );
    let recorder = Recorder::start(&format!("{endpoint}/prefix"), &[]);
    let mut client = recorder.client();
    let sent = "POST /domains/A%2fb/..//x?b=%7E&a=1;2&X-Amz-Signature=HIDDEN HTTP/1.1\r\nHost: example.org\r\nX-ODD-name:  two  words \r\nAuthorization: Bearer HIDDEN\r\n\
                Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nTE: trailers\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n\"${x}";
    client.stream.write_all(sent.as_bytes()).expect("a request");
    let mut head = String::new();
    let mut reader = BufReader::new(client.stream.try_clone().expect("a handle"));
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).expect("a line");
    }
    assert_eq!(
        head,
        "HTTP/1.1 200 OK\r\nX-Odd-Name: Kept\r\nSet-Cookie: a=HIDDEN\r\nContent-Length: 2\r\n\r\n"
    );
    reader.read_exact(&mut [0; 2]).expect("a body");

    assert_eq!(heard.recv().expect("a connection"), "connected");
    assert_eq!(
        heard.recv().expect("a request"),
        "POST /prefix/domains/A%2fb/..//x?b=%7E&a=1;2&X-Amz-Signature=HIDDEN HTTP/1.1\r\nHost: example.org\r\nX-ODD-name: two  words\r\n\
         Authorization: Bearer HIDDEN\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n\"${x}"
    );
    // Neither side has to connect again.
    for _ in 0..3 {
        assert_eq!(client.say("GET", "/domains/x", None).0, 200);
        assert!(
            heard
                .recv()
                .expect("a request")
                .starts_with("GET /prefix/domains/x HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        );
    }
    let (_, folder) = recorder.stop();
    for file in fs::read_dir(folder.path()).expect("a folder") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        assert!(
            !text.contains("HIDDEN") && !text.contains("example.org"),
            "{text}"
        );
    }
    let odd = recording(&folder.path().join("A%2Fb.case"));
    let Message::Request(request) = &odd.answers[0][0].message else {
        panic!("a request")
    };
    assert_eq!(
        (request.target.as_str(), request.body.as_deref()),
        (
            "/domains/A%2fb/..//x?b=%7E&a=1;2",
            Some(b"\"${x}".as_slice())
        )
    );
}

#[test]
fn an_endpoint_that_fails_is_told_and_recorded() {
    // Nobody listens on a port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let recorder = Recorder::start(&format!("http://{free}"), &[]);
    let (status, body) = recorder.client().say("GET", "/domains/d", None);
    assert_eq!(status, 502);
    assert!(
        body.contains(&format!(
            "no answer from http://{free}: refused: connecting"
        )),
        "{body}"
    );
    let (_, folder) = recorder.stop();
    let text = fs::read_to_string(folder.path().join("d.case")).expect("a recording");
    assert!(
        text.contains("> GET /domains/${domain}\n! refused: connecting"),
        "{text}"
    );

    let (endpoint, _heard) = listening("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{}");
    let recorder = Recorder::start(&endpoint, &["--timeout", "300ms"]);
    let (status, body) = recorder.client().say("GET", "/domains/d", None);
    assert!(
        status == 502 && body.contains("timeout: no complete answer within 300ms"),
        "{body}"
    );
    recorder.stop();
}

#[test]
fn what_was_there_before_accuses_nobody() {
    let endpoint = serve(Model::reference());
    let mut direct = Client {
        stream: TcpStream::connect(endpoint.trim_start_matches("http://")).expect("a connection"),
    };
    direct.served(
        "POST",
        "/domains/old",
        Some(r#"{"DefaultExpirationDays": 30}"#),
    );
    direct.served("PUT", "/domains/old/object-types/Order", Some(TYPE));
    let recorder = Recorder::start(&endpoint, &[]);
    let mut client = recorder.client();
    client.served("GET", "/domains/old", None);
    assert_eq!(
        client
            .say(
                "POST",
                "/domains/old",
                Some(r#"{"DefaultExpirationDays": 30}"#)
            )
            .0,
        400
    );
    client.served("GET", "/domains/old/object-types/Order", None);
    client.served("DELETE", "/domains/old", None);
    assert_eq!(client.say("GET", "/domains/old", None).0, 404);
    client.served(
        "POST",
        "/domains/old",
        Some(r#"{"DefaultExpirationDays": 30}"#),
    );
    client.served("GET", "/domains/old", None);
    let (told, folder) = recorder.stop();
    assert!(
        told.contains("old.case  5 steps, begins in the middle")
            && told.contains("old-2.case  2 steps\n"),
        "{told}"
    );
    let (before, after) = (
        folder.path().join("old.case"),
        folder.path().join("old-2.case"),
    );
    assert_eq!(judge(&recording(&before)).outcome(), Outcome::Unclear);
    let told = exits(
        &run(&["replay", "--recorded", &before.display().to_string()]),
        3,
    );
    assert!(told.contains("begins in the middle"), "{told}");
    assert_eq!(recording(&after).overheard, Some(Overheard::Whole));
    exits(
        &run(&["replay", "--recorded", &after.display().to_string()]),
        0,
    );
    // As a case it is one like any other.
    exits(&run(&["replay", &before.display().to_string()]), 0);
}

#[test]
fn whoever_is_killed_has_written_all_that_was_answered() {
    let mut recorder = Recorder::start(&serve(Model::reference()), &[]);
    shop(&mut recorder.client(), "killed");
    recorder.child.kill().expect("a process");
    recorder.child.wait().expect("an end");
    let heard = recording(&recorder.folder.path().join("killed.case"));
    assert_eq!(heard.answers.len(), heard.case.steps.len());
    assert!(
        heard
            .case
            .steps
            .last()
            .is_some_and(|step| step.say.to_string().ends_with("/object-types/Unknown"))
    );
    assert_eq!(judge(&heard).outcome(), Outcome::Conforms);
}

#[test]
fn many_clients_at_once_give_recordings_that_conform() {
    let recorder = Recorder::start(&serve(Model::reference()), &[]);
    thread::scope(|scope| {
        for number in 0..6 {
            let mut client = recorder.client();
            scope.spawn(move || shop(&mut client, &format!("own-{number}")));
        }
        let mut first = recorder.client();
        first.served(
            "POST",
            "/domains/shared",
            Some(r#"{"DefaultExpirationDays": 30}"#),
        );
        for number in 0..6 {
            let mut client = recorder.client();
            scope.spawn(move || {
                for round in 0..5 {
                    let name = format!(r#"{{"FirstName": "{number}-{round}"}}"#);
                    let created = client.served("POST", "/domains/shared/profiles", Some(&name));
                    let id = text_at(&created, "/ProfileId");
                    client.served(
                        "POST",
                        "/domains/shared/profiles/search",
                        Some(&format!(
                            r#"{{"KeyName": "_profileId", "Values": ["{id}"]}}"#
                        )),
                    );
                }
            });
        }
    });
    let (_, folder) = recorder.stop();
    let files: Vec<PathBuf> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    assert_eq!(files.len(), 7);
    for file in files {
        let heard = recording(&file);
        assert_eq!(
            judge(&heard).outcome(),
            Outcome::Conforms,
            "{}",
            file.display()
        );
        assert!(
            heard
                .answers
                .iter()
                .flatten()
                .all(|exchange| matches!(exchange.answer, Answer::Response(_)))
        );
    }
}

#[test]
fn a_client_that_leaves_early_is_recorded_too() {
    let recorder = Recorder::start(&serve(Model::reference()), &[]);
    let body = r#"{"DefaultExpirationDays": 30}"#;
    let mut client = recorder.client();
    let request = format!(
        "POST /domains/left HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    client
        .stream
        .write_all(request.as_bytes())
        .expect("a request");
    drop(client);
    let mut other = recorder.client();
    while other.say("GET", "/domains/left", None).0 != 200 {}
    let (_, folder) = recorder.stop();
    let heard = recording(&folder.path().join("left.case"));
    assert!(
        heard
            .case
            .steps
            .iter()
            .any(|step| step.say.to_string() == "POST /domains/${domain}")
    );
    assert_eq!(heard.overheard, Some(Overheard::Whole));
}

#[test]
fn it_ends_by_itself_when_nothing_comes_and_refuses_what_it_cannot_do() {
    let recorder = Recorder::start("http://127.0.0.1:9", &["--idle", "200ms"]);
    let Recorder {
        mut child,
        mut stdout,
        ..
    } = recorder;
    let mut told = String::new();
    stdout.read_to_string(&mut told).expect("UTF-8");
    assert_eq!(
        (child.wait().expect("an end").code(), told.as_str()),
        (Some(0), "nothing was said\n")
    );
    for arguments in [
        &["record", "--endpoint", "127.0.0.1:1", "--output", "x"][..],
        &[
            "record",
            "--endpoint",
            "http://127.0.0.1:1",
            "--output",
            "x",
            "--listen",
            "0.0.0.0:0",
        ],
        &[
            "record",
            "--endpoint",
            "http://127.0.0.1:1",
            "--output",
            "/dev/null/x",
        ],
    ] {
        exits(&run(arguments), 2);
    }
}

/// What a client heard that asked for a profile so many seconds after it had deleted it, and still got it.
fn still_there(overheard: &str, seconds: u32, item: &str) -> Transcript {
    let at = 1_700_000_000 + seconds;
    let text = format!(
        "from a test\n{overheard}with domain = d\n\n\
         > POST /domains/${{domain}}\n| {{\"DefaultExpirationDays\": 30}}\n< 200 at 1700000000.000 took 0.001000\n< content-type: application/json\n\
         | {{\"DomainName\": \"d\", \"DefaultExpirationDays\": 30, \"CreatedAt\": 1700000000, \"LastUpdatedAt\": 1700000000}}\n\n\
         > POST /domains/${{domain}}/profiles\n| {{\"FirstName\": \"A\"}}\n@ p = /ProfileId\n< 200 at 1700000000.000 took 0.001000\n< content-type: application/json\n\
         | {{\"ProfileId\": \"0123456789abcdef0123456789abcdef\"}}\n\n\
         > POST /domains/${{domain}}/profiles/delete\n| {{\"ProfileId\": \"${{p}}\"}}\n< 200 at 1700000000.000 took 0.001000\n< content-type: application/json\n\
         | {{\"Message\": \"deleted\"}}\n\n\
         > POST /domains/${{domain}}/profiles/search\n| {{\"KeyName\": \"_profileId\", \"Values\": [\"${{p}}\"]}}\n< 200 at {at}.500 took 0.001000\n< content-type: application/json\n\
         | {{\"Items\": [{item}]}}\n"
    );
    transcript::parse(&text, "d.case").unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn an_answer_that_may_have_come_too_early_accuses_nobody() {
    let item = r#"{"ProfileId": "0123456789abcdef0123456789abcdef", "FirstName": "A"}"#;
    for (overheard, seconds, settle, outcome) in [
        // Who held the conversation for us has waited.
        ("", 0, 2000, Outcome::Violates),
        ("overheard\n", 0, 2000, Outcome::Unclear),
        ("overheard\n", 1, 2000, Outcome::Unclear),
        ("overheard\n", 2, 2000, Outcome::Violates),
        ("overheard\n", 0, 1, Outcome::Violates),
        ("overheard\n", 5, 60_000, Outcome::Unclear),
        ("overheard midway\n", 60, 2000, Outcome::Unclear),
    ] {
        let heard = still_there(overheard, seconds, item);
        let verdict = judge_settling(&heard, Duration::from_millis(settle));
        assert_eq!(
            verdict.outcome(),
            outcome,
            "{overheard} {seconds} {settle}: {verdict:?}"
        );
    }
    // No late effect excuses an answer that has not its form.
    let heard = still_there("overheard\n", 0, r#"{"ProfileId": 5}"#);
    assert_eq!(judge(&heard).outcome(), Outcome::Violates);
}

#[test]
fn a_proxy_that_cannot_write_passes_traffic_on_and_says_so() {
    let mut recorder = Recorder::start(&serve(Model::reference()), &["--idle", "400ms"]);
    fs::remove_dir_all(recorder.folder.path()).expect("a folder");
    recorder
        .client()
        .served("GET", "/domains?max-results=1", None);
    let mut told = String::new();
    recorder.stdout.read_to_string(&mut told).expect("UTF-8");
    assert_eq!(
        recorder.child.wait().expect("an end").code(),
        Some(2),
        "{told}"
    );
}
