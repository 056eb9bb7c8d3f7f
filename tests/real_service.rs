//! What holds on a service with credentials, somebody's data and a bill: signatures, secrets, leftovers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use profile_contract::check::journal::Journal;
use profile_contract::model::Model;
use profile_contract::serve::{Limits, Server};
use profile_contract::wire::{Request, Response};
use tempfile::TempDir;

const KEY: &str = "AKIDTESTTESTTEST";
const SECRET: &str = "s3cr3t/Key+of=Test";
const TOKEN: &str = "t0ken/of+Test/of+Test==";

/// A server that answers as the closure says, given the request and the reference. It serves until the process ends.
fn server(
    mut answer: impl FnMut(&Request, &mut dyn FnMut() -> Response) -> Response + Send + 'static,
) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut model = Model::reference();
            let respond = move |request: &Request, now_ms: i64| {
                answer(request, &mut || model.respond(request, now_ms))
            };
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

fn refusal(status: u16, error: &str, message: &str) -> Response {
    let headers = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", error),
    ];
    Response {
        status,
        headers: headers.into_iter().collect(),
        body: format!(r#"{{"Message":"{message}"}}"#).into(),
    }
}

/// Whether a request is signed by the credentials of these tests, for the right service. `tests/clients` holds the
/// signatures themselves against those of botocore.
fn is_signed(request: &Request) -> bool {
    let authorization = request.headers.get("authorization").unwrap_or_default();
    let scope = format!("AWS4-HMAC-SHA256 Credential={KEY}/");
    authorization.starts_with(&scope)
        && authorization.contains("/eu-west-1/profile/aws4_request, SignedHeaders=")
        && request.headers.get("x-amz-security-token") == Some(TOKEN)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_profile-contract"));
    command
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", TOKEN)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_ACCOUNT_ID");
    command
}

#[track_caller]
fn exits(output: &Output, status: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(status),
        "\n--- stdout\n{out}\n--- stderr\n{err}"
    );
    (out, err)
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary starts")
}

#[test]
fn a_run_against_the_real_service_is_gone_on_with() {
    let state = TempDir::new().expect("a folder");
    let folder = state.path().to_str().expect("UTF-8");
    let resume = |more: &[&str]| {
        let arguments = [
            "check",
            "--account",
            "123456789012",
            "--state",
            folder,
            "--resume",
        ];
        // Told before anything is sent.
        exits(&run(&[&arguments[..], more].concat()), 2).1
    };
    let address = "https://profile.eu-west-1.amazonaws.com";
    let err = resume(&["--aws"]);
    assert!(
        err.contains(&format!("no run against {address} to go on with")),
        "{err}"
    );
    let options = BTreeMap::from([("seed".to_owned(), "1".to_owned())]);
    drop(Journal::begin(&state.path().join("runs"), "abc", address, &options).expect("a journal"));
    let err = resume(&["--aws", "--seed", "7"]);
    assert!(
        err.contains("--seed is `7` and was `1` in the run to go on with"),
        "{err}"
    );
    let err = resume(&["--aws", "--region", "eu-central-1"]);
    assert!(
        err.contains("no run against https://profile.eu-central-1.amazonaws.com"),
        "{err}"
    );
    let err = resume(&[]);
    assert!(err.contains("add --endpoint or --aws"), "{err}");
}

#[test]
fn a_target_that_wants_signatures_is_checked_with_them() {
    let unsigned = Arc::new(Mutex::new(Vec::new()));
    let counted = Arc::clone(&unsigned);
    let address = server(move |request, faithful| match is_signed(request) {
        true => faithful(),
        false => {
            let line = format!("{} {}", request.method, request.target);
            counted.lock().expect("a list").push(line);
            refusal(403, "MissingAuthenticationTokenException", "no")
        }
    });
    let only = ["domain", "tag", "protocol", "put-type-tags"];
    let mut arguments = vec!["check", "--endpoint", &address, "--sign", "--cases", "150"];
    arguments.extend(only.iter().flat_map(|only| ["--only", only]));
    let (out, _) = exits(&run(&arguments), 0);
    assert!(out.contains("auth enforced"), "{out}");
    assert!(!out.contains("unclear"), "{out}");
    // Those of the cases about signatures, and no others.
    let unsigned = unsigned.lock().expect("a list").clone();
    let reads = |line: &&String| {
        !["POST ", "PUT ", "DELETE "]
            .iter()
            .any(|method| line.starts_with(method))
    };
    assert!(
        unsigned.iter().all(|line| reads(&line)) && (4..=12).contains(&unsigned.len()),
        "{unsigned:#?}"
    );

    // Without signatures there is nothing to see, and nobody is accused.
    let output = run(&["check", "--endpoint", &address, "--only", "tag"]);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        matches!(output.status.code(), Some(0 | 3)) && !out.contains("VIOLATES"),
        "{out}"
    );
    assert!(err.contains("--sign signs them"), "{err}");
}

#[test]
fn credentials_that_expire_accuse_nobody() {
    let mut asked = 0;
    let address = server(move |_, faithful| {
        asked += 1;
        match asked {
            ..400 => faithful(),
            _ => refusal(
                403,
                "ExpiredTokenException",
                "The security token is expired",
            ),
        }
    });
    let (out, _) = exits(
        &run(&[
            "check",
            "--endpoint",
            &address,
            "--sign",
            "--only",
            "put-type*",
        ]),
        3,
    );
    assert!(
        out.contains("the credentials of the run may not do this: 403 ExpiredTokenException"),
        "{out}"
    );
    assert!(!out.contains("VIOLATES"), "{out}");
}

#[test]
fn credentials_that_are_not_welcome_are_told() {
    let address = server(|_, _| {
        refusal(
            403,
            "UnrecognizedClientException",
            "The security token is invalid",
        )
    });
    for command in ["check", "clean"] {
        let (_, err) = exits(&run(&[command, "--endpoint", &address, "--sign"]), 2);
        assert!(
            err.contains("does not accept the credentials")
                && err.contains("UnrecognizedClientException"),
            "{err}"
        );
    }
}

#[test]
fn secrets_show_nowhere() {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let told = Arc::clone(&seen);
    let address = server(move |request, faithful| {
        let token = request
            .headers
            .get("x-amz-security-token")
            .unwrap_or_default();
        told.lock().expect("a set").insert(token.to_owned());
        if request.method == "GET" && !request.target.starts_with("/tags") {
            return faithful();
        }
        // As services do that explain which text should have been signed.
        let text = format!("canonical x-amz-security-token:{token} and {SECRET}");
        refusal(400, "BadRequestException", &text)
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (json, junit) = (
        format!("json={}", file("r.json")),
        format!("junit={}", file("r.xml")),
    );
    let findings = file("findings");
    let output = run(&[
        "check",
        "--endpoint",
        &address,
        "--sign",
        "--only",
        "tag",
        "--verbose",
        "--report",
        &json,
        "--report",
        &junit,
        "--findings",
        &findings,
    ]);
    let (out, err) = exits(&output, 1);
    assert!(
        seen.lock().expect("a set").contains(TOKEN),
        "a token was sent"
    );
    let mut texts = vec![out, err];
    for path in [folder.path(), Path::new(&findings)] {
        let entries = fs::read_dir(path)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path());
        texts.extend(
            entries
                .filter(|path| path.is_file())
                .map(|path| fs::read_to_string(path).expect("text")),
        );
    }
    assert!(texts.len() >= 5, "two reports and a finding");
    assert!(
        texts
            .iter()
            .any(|text| text.contains("x-amz-security-token:[redacted] and [redacted]"))
    );
    for text in texts {
        for secret in [SECRET, TOKEN, &TOKEN.replace('/', r"\/"), "Signature="] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn nothing_is_sent_for_a_plan() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (out, _) = exits(
        &run(&[
            "check",
            "--endpoint",
            &address,
            "--sign",
            "--fenced",
            "--plan",
            "--only",
            "domain",
            "--rate",
            "4",
        ]),
        0,
    );
    for part in [
        "nothing was sent",
        &address,
        "CreateDomain",
        "domains, at most",
        "at 4 requests a second",
        "a domain name of one character, a key or a queue, which may be somebody's: domain/",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(listener.accept().is_err(), "somebody connected");
    let (_, err) = exits(&run(&["check", "--aws", "--region", "eu-west-1"]), 2);
    assert!(
        err.contains("no account") && err.contains("get-caller-identity"),
        "{err}"
    );
    let (out, _) = exits(&run(&["check", "--aws", "--plan", "--only", "tag"]), 0);
    assert!(
        out.contains("https://profile.eu-west-1.amazonaws.com"),
        "{out}"
    );
    assert!(out.contains("at 10 requests a second"), "{out}");
}

/// A server with a domain of somebody; and the names of all its domains.
fn with_names() -> (String, Arc<Mutex<BTreeSet<String>>>) {
    let names = Arc::new(Mutex::new(BTreeSet::from(["shop".to_owned()])));
    let kept = Arc::clone(&names);
    let address = server(move |request, faithful| {
        let answer = faithful();
        if answer.status == 200
            && let Some(name) = request
                .target
                .strip_prefix("/domains/")
                .filter(|rest| !rest.contains(['/', '?']))
        {
            let mut names = kept.lock().expect("names");
            match request.method.as_str() {
                "POST" => drop(names.insert(name.to_owned())),
                "DELETE" => drop(names.remove(name)),
                _ => {}
            }
        }
        answer
    });
    (address, names)
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}

#[test]
fn what_a_killed_run_left_behind_is_cleaned_and_nothing_else() {
    let (address, names) = with_names();
    for _ in 0..3 {
        let mut check = command(&["check", "--endpoint", &address, "--rate", "300"])
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        wait_until("a domain", || names.lock().expect("names").len() > 2);
        check.kill().expect("a process");
        check.wait().expect("a process");
    }
    let left = names.lock().expect("names").len();
    assert!(left > 1, "the run left nothing behind");
    let (out, err) = exits(
        &run(&[
            "clean",
            "--endpoint",
            &address,
            "--older-than",
            "2h",
            "--settle",
            "1ms",
        ]),
        0,
    );
    assert!(out.is_empty() && err.contains("too young"), "{out}{err}");
    let (out, _) = exits(
        &run(&["clean", "--endpoint", &address, "--settle", "100ms"]),
        0,
    );
    assert!(
        out.lines().count() > 0 && out.lines().all(|name| name.starts_with("pc-")),
        "{out}"
    );
    assert_eq!(
        *names.lock().expect("names"),
        BTreeSet::from(["shop".to_owned()])
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_is_asked_to_end_deletes_what_it_created() {
    let (address, names) = with_names();
    for signal in ["-INT", "-TERM"] {
        let check = command(&["check", "--endpoint", &address, "--rate", "300"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        wait_until("a domain", || names.lock().expect("names").len() > 1);
        let killed = Command::new("kill")
            .args([signal, &check.id().to_string()])
            .status();
        assert!(killed.expect("kill").success());
        let (out, err) = exits(&check.wait_with_output().expect("a process"), 2);
        assert!(
            out.contains("stopped   interrupted after") && err.contains("deleting their domains"),
            "{out}{err}"
        );
        assert_eq!(
            *names.lock().expect("names"),
            BTreeSet::from(["shop".to_owned()]),
            "{signal}"
        );
    }
}

#[test]
fn a_domain_that_could_not_be_deleted_at_once_is_deleted_at_the_end() {
    let left = Arc::new(Mutex::new((0, BTreeSet::new())));
    let kept = Arc::clone(&left);
    let address = server(move |request, faithful| {
        let mut kept = kept.lock().expect("names");
        if request.method == "DELETE" && request.target.matches('/').count() == 2 {
            kept.0 += 1;
            if kept.0 % 2 == 1 {
                kept.1.insert(request.target.clone());
                return refusal(429, "ThrottlingException", "slow down");
            }
            kept.1.remove(&request.target);
        }
        faithful()
    });
    // Every second deletion is served: those that are throttled to the end of their tries remain for the last sweep.
    let (_, _) = exits(
        &run(&[
            "check",
            "--endpoint",
            &address,
            "--only",
            "profiles/update*",
            "--settle",
            "200ms",
        ]),
        0,
    );
    assert_eq!(left.lock().expect("names").1, BTreeSet::new());
}

#[test]
fn a_case_that_would_change_what_is_somebodys_is_not_sent() {
    let (address, names) = with_names();
    let folder: TempDir = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("theirs.case");
    fs::write(&file, "> DELETE /domains/shop\n").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let (out, _) = exits(
        &run(&["replay", file, "--endpoint", &address, "--fenced"]),
        3,
    );
    assert!(
        out.contains("it may change the domain `shop`, which is not of this run"),
        "{out}"
    );
    assert!(names.lock().expect("names").contains("shop"));
}
