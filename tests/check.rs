//! The command line from outside: the binary against servers that are faithful, wrong, silent, or not there.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use profile_contract::defect::{self, Flawed};
use profile_contract::model::Model;
use profile_contract::serve::{Limits, Respond, Server};
use profile_contract::wire::{Headers, Request, Response};
use tempfile::TempDir;

/// A server that answers as the closure says, given the request and what the reference would answer.
///
/// It serves until the process ends.
fn server(answer: impl FnMut(&Request, Response) -> Response + Send + 'static) -> String {
    server_of(Box::new(Request::clone), answer)
}

/// What a server makes of a request before it answers.
type Hears = Box<dyn FnMut(&Request) -> Request + Send>;

/// The same, with the request changed before the reference sees it.
fn server_of(
    mut hears: Hears,
    mut answer: impl FnMut(&Request, Response) -> Response + Send + 'static,
) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut model = Model::reference();
            let respond = move |request: &Request, now_ms: i64| {
                let heard = hears(request);
                let faithful = model.respond(&heard, now_ms);
                answer(request, faithful)
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

fn faithful() -> String {
    server(|_, response| response)
}

fn response(status: u16, error: &str) -> Response {
    let headers = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", error),
    ];
    Response {
        status,
        headers: headers.into_iter().collect(),
        body: r#"{"Message":"no"}"#.into(),
    }
}

/// A folder with one case: a domain is created, and what `steps` says comes after it.
fn corpus(name: &str, steps: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    add_case(folder.path(), name, steps);
    folder
}

fn add_case(folder: &Path, name: &str, steps: &str) {
    let file = folder.join(format!("{name}.case"));
    fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    let text =
        format!("> POST /domains/${{domain}}\n| {{\"DefaultExpirationDays\": 30}}\n\n{steps}");
    fs::write(file, text).expect("a file");
}

const GET_DOMAIN: &str = "> GET /domains/${domain}\n";

const LONG_DESCRIPTION: &str = r#"> PUT /domains/${domain}/object-types/T
| {"Description": "${repeat 1001 a}", "Fields": {"id": {"Source": "_source.id"}},
|  "Keys": {"k": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["id"]}]}}
"#;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_profile-contract"));
    command.args(arguments).env_remove("NO_COLOR");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary starts")
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

/// A check of an endpoint by the cases of a folder, one after the other.
fn one_by_one(url: &str, folder: &TempDir, more: &[&str]) -> Output {
    let check = ["check", "--endpoint", url, "--corpus", path(folder)];
    run(&[&check[..], &["--jobs", "1"], more].concat())
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().expect("UTF-8")
}

/// A server that serves descriptions of any length.
fn any_description() -> String {
    let shorten = |request: &Request| {
        let body = request
            .body
            .as_deref()
            .map(|body| String::from_utf8_lossy(body).replace(&"a".repeat(1001), "a"));
        Request {
            body: body.map(|body| body.into()),
            ..request.clone()
        }
    };
    server_of(Box::new(shorten), |_, response| response)
}

#[test]
fn the_reference_conforms_and_the_reports_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let (json, junit) = (folder.path().join("r.json"), folder.path().join("r.xml"));
    let (json, junit) = (
        json.to_str().expect("UTF-8"),
        junit.to_str().expect("UTF-8"),
    );
    let output = run(&[
        "check",
        "--strict",
        "--cases",
        "300",
        "--report",
        &format!("json={json}"),
        "--report",
        &format!("junit={junit}"),
    ]);
    let (out, err) = exits(&output, 0);
    assert!(
        err.contains("no --endpoint: checking the built-in reference at http://127.0.0.1:"),
        "{err}"
    );
    assert!(out.starts_with(" Summary ["), "{out}");
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).expect("a report")).expect("JSON");
    assert_eq!(
        (&report["schema"], &report["outcome"]),
        (&1.into(), &"conforms".into())
    );
    let cases = report["counts"]["cases"].as_u64().expect("a count");
    assert!(cases > 100, "{cases} cases");
    assert_eq!(report["counts"]["conforms"].as_u64(), Some(cases), "{out}");
    let xml = fs::read_to_string(junit).expect("a report");
    assert!(
        xml.contains(&format!("tests=\"{cases}\"")) && xml.contains("failures=\"0\""),
        "{xml}"
    );
}

#[test]
fn a_wrong_answer_is_found_named_confirmed_and_reproduced() {
    let (url, folder) = (any_description(), corpus("put-type/long", LONG_DESCRIPTION));
    let found = tempfile::tempdir().expect("a folder");
    let output = run(&[
        "check",
        "--endpoint",
        &url,
        "--corpus",
        path(&folder),
        "--findings",
        path(&found),
    ]);
    let (out, _) = exits(&output, 1);
    let lines: Vec<_> = out.lines().map(str::trim).collect();
    assert!(
        lines[0].starts_with("VIOLATES [")
            && lines[0].contains("put-type/long, step 2 of 2: PUT /domains/pc-"),
        "{out}"
    );
    assert!(
        lines[1].starts_with("rule      put-type.description.length: "),
        "{out}"
    );
    assert!(out.contains("expected  400 BadRequestException\n"), "{out}");
    assert!(out.contains("actual    200 {"), "{out}");
    assert!(!out.contains("seen      once"), "{out}");
    assert!(out.contains("1 case: 1 violates\n"), "{out}");

    let again = lines
        .iter()
        .find_map(|line| line.strip_prefix("again     profile-contract "))
        .expect("a command");
    let again: Vec<_> = again.split(' ').collect();
    let (out, _) = exits(&run(&again), 1);
    assert!(
        out.contains("   1 allowed   POST /domains/pc-")
            && out.contains("   2 violates  PUT /domains/pc-"),
        "{out}"
    );

    let name = "put-type.description.length--put-type-long.case";
    let recording = found.path().join(name);
    let recording = recording.to_str().expect("UTF-8");
    let (out, _) = exits(&run(&["replay", "--recorded", recording]), 1);
    assert!(out.contains("put-type.description.length"), "{out}");
    exits(&run(&["replay", recording, "--endpoint", &url]), 1);
    exits(&run(&["replay", recording, "--endpoint", &faithful()]), 0);
    exits(&run(&["replay", recording]), 0);
}

#[test]
fn one_defect_in_many_cases_is_one_finding() {
    let (url, folder) = (
        any_description(),
        corpus("put-type/long-1", LONG_DESCRIPTION),
    );
    for at in 2..=5 {
        add_case(
            folder.path(),
            &format!("put-type/long-{at}"),
            LONG_DESCRIPTION,
        );
    }
    let (out, _) = exits(&one_by_one(&url, &folder, &[]), 1);
    assert_eq!(out.matches("VIOLATES").count(), 1, "{out}");
    assert!(
        out.contains("also in   4 cases: put-type/long-2, put-type/long-3"),
        "{out}"
    );
}

#[test]
fn of_the_cases_that_show_one_cause_the_smallest_is_told() {
    let longer = format!("{GET_DOMAIN}\n{LONG_DESCRIPTION}");
    let (url, folder) = (any_description(), corpus("put-type/a-longer", &longer));
    add_case(folder.path(), "put-type/b-short", LONG_DESCRIPTION);
    let findings = tempfile::tempdir().expect("a folder");
    let output = one_by_one(&url, &folder, &["--findings", path(&findings)]);
    let (out, _) = exits(&output, 1);
    assert_eq!(out.matches("VIOLATES").count(), 1, "{out}");
    assert!(out.contains("] put-type/b-short, "), "{out}");
    assert!(out.contains("also in   1 case: put-type/a-longer"), "{out}");
    // The longer one was told first, and its recording went.
    let files: Vec<_> = fs::read_dir(findings.path())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name())
        .collect();
    assert_eq!(
        files,
        ["put-type.description.length--put-type-b-short.case"]
    );
}

#[test]
fn warnings_count_only_when_asked_to() {
    let url = server(|_, response| {
        let Some(error) = response.headers.get("x-amzn-errortype") else {
            return response;
        };
        let body = format!(r#"{{"__type":"{error}","Message":"no"}}"#).into();
        let headers: Headers = [("content-type", "application/json")].into_iter().collect();
        Response {
            headers,
            body,
            ..response
        }
    });
    let folder = corpus("domain/unknown", "> GET /domains/${domain2}\n");
    let arguments = ["check", "--endpoint", &url, "--corpus", path(&folder)];
    let (out, _) = exits(&run(&arguments), 0);
    assert!(
        out.contains("   WARNS [") && out.contains("rule      proto.error-type-header: "),
        "{out}"
    );
    exits(&run(&[&arguments[..], &["--strict"]].concat()), 1);
}

#[test]
fn what_cannot_be_judged_accuses_nobody() {
    let url = server(|request, faithful| match request.method.as_str() {
        "GET" if request.target.starts_with("/domains/pc-") => response(429, "ThrottlingException"),
        _ => faithful,
    });
    let folder = corpus("domain/get", GET_DOMAIN);
    let (out, _) = exits(
        &run(&["check", "--endpoint", &url, "--corpus", path(&folder)]),
        3,
    );
    assert!(
        out.contains(" UNCLEAR [") && out.contains("domain/get, step 2: GET /domains/pc-"),
        "{out}"
    );
    assert!(!out.contains("VIOLATES"), "{out}");
}

#[test]
fn silence_is_unclear_and_slow() {
    // What may be repeated is asked once more.
    let url = server(|request, faithful| {
        if request.method == "GET" && request.target.starts_with("/domains/pc-") {
            thread::sleep(Duration::from_millis(700));
        }
        faithful
    });
    let folder = corpus("domain/get", GET_DOMAIN);
    let output = run(&[
        "check",
        "--endpoint",
        &url,
        "--corpus",
        path(&folder),
        "--timeout",
        "300ms",
    ]);
    let (out, _) = exits(&output, 3);
    assert!(out.contains("rule      time.request-limit: "), "{out}");
    assert!(
        out.contains("slow      2 answers took longer than 300ms"),
        "{out}"
    );
}

#[test]
fn a_violation_that_does_not_show_again_says_so() {
    let mut wrong = 0;
    let url = server(move |request, faithful| {
        let of_a_case = !request.target.ends_with("-sentinel");
        if of_a_case && request.method == "GET" && request.target.starts_with("/domains/pc-") {
            wrong += 1;
            if wrong == 1 {
                return response(500, "InternalServerException");
            }
        }
        faithful
    });
    let folder = corpus("domain/get", GET_DOMAIN);
    let (out, _) = exits(
        &run(&["check", "--endpoint", &url, "--corpus", path(&folder)]),
        1,
    );
    assert!(out.contains("rule      proto.no-5xx: "), "{out}");
    assert!(out.contains("seen      once in 2 replays"), "{out}");
}

#[test]
fn a_target_that_contradicts_itself_between_cases_violates() {
    let mut deleted = 0;
    let url = server(move |request, faithful| {
        if request.method == "DELETE" && faithful.status == 404 {
            deleted += 1;
            if deleted > 1 {
                let headers: Headers = [("content-type", "application/json")].into_iter().collect();
                return Response {
                    status: 200,
                    headers,
                    body: r#"{"Message":"gone"}"#.into(),
                };
            }
        }
        faithful
    });
    let folder = corpus("domain/delete-1", "> DELETE /domains/${domain2}\n");
    add_case(
        folder.path(),
        "domain/delete-2",
        "> DELETE /domains/${domain2}\n",
    );
    let output = one_by_one(&url, &folder, &[]);
    let (out, _) = exits(&output, 1);
    assert!(
        out.contains("VIOLATES domain/delete-1 and domain/delete-2 contradict each other"),
        "{out}"
    );
    assert!(out.contains("rule      domain.delete.unknown: "), "{out}");
}

#[test]
fn tags_under_an_account_nobody_told_us_accuse_nobody() {
    let url = server(|request, faithful| {
        if request.target.starts_with("/tags/") && !request.target.contains("999999999999") {
            return response(404, "ResourceNotFoundException");
        }
        faithful
    });
    let folder = corpus("tag/list", "> GET /tags/${arn|uri}%3Adomains%2F${domain}\n");
    let arguments = ["check", "--endpoint", &url, "--corpus", path(&folder)];
    let (out, _) = exits(&run(&arguments), 3);
    assert!(out.contains("pass --account"), "{out}");
    exits(
        &run(&[&arguments[..], &["--account", "999999999999"]].concat()),
        0,
    );
    let (out, _) = exits(
        &run(&[&arguments[..], &["--account", "111111111111"]].concat()),
        1,
    );
    assert!(out.contains("--account 111111111111"), "{out}");
}

#[test]
fn a_target_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let (out, err) = exits(&run(&["check", "--endpoint", &format!("http://{free}")]), 2);
    assert_eq!(out, "");
    assert!(
        err.contains(&format!("no answer from http://{free}"))
            && err.contains("start the server first"),
        "{err}"
    );
}

#[test]
fn wrong_usage_says_what_would_have_worked() {
    let folder = corpus("domain/get", GET_DOMAIN);
    for (arguments, told) in [
        (
            &["check", "--only", "put-typ/*"][..],
            "no case has a name or a rule that matches `put-typ/*`",
        ),
        (&["check", "--only", "put-typ"], "did you mean `put-type`?"),
        (&["check", "--corpus", "/nonexistent"], "/nonexistent"),
        (
            &["check", "--endpoint", "127.0.0.1:4000"],
            "expected something like `http://127.0.0.1:4000`",
        ),
        (
            &["check", "--report", "html=x"],
            "expected json=FILE or junit=FILE",
        ),
        (
            &["check", "--timeout", "soon"],
            "expected something like 500ms, 10s, 2m or 1h",
        ),
        (
            &["check", "--report", "json=/nonexistent/r.json"],
            "cannot write /nonexistent/r.json",
        ),
        (&["replay"], "FILE"),
        (
            &["replay", "put-type/description-lenght"],
            "did you mean `put-type/description-length`?",
        ),
        (
            &["replay", "--recorded", "put-type/description-length"],
            "holds no answers to judge",
        ),
        (
            &["replay", "--recorded", "--endpoint", "http://x", "f"],
            "cannot be used with",
        ),
    ] {
        let (out, err) = exits(&run(arguments), 2);
        assert_eq!(out, "", "{arguments:?}");
        assert!(err.contains(told), "{arguments:?}: {err}");
    }
    let (_, err) = exits(
        &run(&["check", "--corpus", path(&folder), "--only", "tag"]),
        2,
    );
    assert!(err.contains("there are 1 case in domain"), "{err}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = corpus("domain/get", GET_DOMAIN);
    let mut child = command(&["check", "--corpus", path(&folder)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    exits(&output, 0);
}

#[test]
fn quiet_means_quiet() {
    let folder = corpus("domain/get", GET_DOMAIN);
    let (out, err) = exits(&run(&["check", "--quiet", "--corpus", path(&folder)]), 0);
    assert_eq!((out.as_str(), err.as_str()), ("", ""));
}

#[cfg(unix)]
#[test]
fn an_interrupt_reports_what_was_judged_and_cleans_up() {
    let (sender, deletions) = mpsc::channel();
    let url = server(move |request, faithful| {
        if request.method == "DELETE" {
            let _ = sender.send(());
        }
        thread::sleep(Duration::from_millis(20));
        faithful
    });
    let folder = corpus("domain/get-0", GET_DOMAIN);
    for at in 1..200 {
        add_case(folder.path(), &format!("domain/get-{at}"), GET_DOMAIN);
    }
    let child = command(&[
        "check",
        "--endpoint",
        &url,
        "--corpus",
        path(&folder),
        "--jobs",
        "2",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the binary starts");
    for _ in 0..4 {
        deletions
            .recv_timeout(Duration::from_secs(30))
            .expect("a case is done");
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(interrupted.success());
    let (out, err) = exits(&child.wait_with_output().expect("an end"), 2);
    assert!(
        out.contains("stopped   interrupted after ") && out.contains(" cases of 200"),
        "{out}"
    );
    assert!(err.contains("finishing the cases under way"), "{err}");
}

#[test]
fn a_finding_shrinks_to_a_case_that_still_shows_it_and_nothing_more() {
    let mut flawed = Flawed::new(defect::named("untag-by-prefix").expect("a defect"));
    let address = server(move |request, _| {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("a time after 1970");
        flawed.respond(
            request,
            i64::try_from(now.as_millis()).expect("a near time"),
        )
    });
    let folder = tempfile::tempdir().expect("a folder");
    let smallest = folder.path().join("smallest.case");
    let smallest = smallest.to_str().expect("a path in UTF-8");
    let shrunk = run(&[
        "shrink",
        "tag/remove-prefix",
        "--endpoint",
        &address,
        "--output",
        smallest,
    ]);
    let (_, said) = exits(&shrunk, 1);
    assert!(said.contains("nothing more can go"), "{said}");
    let (told, _) = exits(&run(&["replay", smallest, "--endpoint", &address]), 1);
    assert!(told.contains("rule      tag.remove:"), "{told}");

    // Without any one of its steps nothing is wrong any more.
    let text = fs::read_to_string(smallest).expect("the case");
    let case = profile_contract::case::text::parse(&text, "smallest.case").expect("a case");
    assert!(case.steps.len() <= 4, "{text}");
    for step in 0..case.steps.len() {
        let mut fewer = case.clone();
        fewer.steps.remove(step);
        let file = folder.path().join(format!("without-{step}.case"));
        fs::write(&file, profile_contract::case::text::print(&fewer)).expect("a file");
        let file = file.to_str().expect("a path in UTF-8");
        let output = run(&["replay", file, "--endpoint", &address]);
        assert_ne!(
            output.status.code(),
            Some(1),
            "without step {step}:\n{text}"
        );
    }

    let (_, said) = exits(&run(&["shrink", "tag/merge"]), 0);
    assert!(said.contains("nothing to shrink"), "{said}");
}

#[test]
fn generated_cases_aim_at_the_rule_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["generate", "--seed", "3", "--cases", "3", "--rule"];
    let rule = "put-type.description.length";
    exits(
        &run(&[&arguments[..], &[rule, "--output", path(&folder)]].concat()),
        0,
    );
    let files = fs::read_dir(folder.path()).expect("a folder");
    let texts: Vec<_> = files
        .map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text"))
        .collect();
    assert_eq!(texts.len(), 3);
    assert!(texts.iter().all(|text| text.contains(rule)), "{texts:?}");

    let (_, said) = exits(
        &run(&["generate", "--rule", "put-type.description.lenght"]),
        2,
    );
    assert!(said.contains("did you mean"), "{said}");
}
