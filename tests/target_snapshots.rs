//! `check --snapshots`: recording what a server answers, and holding servers to it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;

use profile_contract::defect::{self, Flawed};
use profile_contract::model::Model;
use profile_contract::serve::{Limits, Respond, Server};
use profile_contract::wire::{Headers, Json, Request, Response};
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

/// A server that answers as the closure says, given the request and what the reference would answer.
fn server(mut answer: impl FnMut(&Request, Response) -> Response + Send + 'static) -> String {
    let mut model = Model::reference();
    serve(move |request: &Request, now_ms: i64| {
        let faithful = model.respond(request, now_ms);
        answer(request, faithful)
    })
}

fn faithful() -> String {
    server(|_, response| response)
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_profile-contract"))
        .arg("check")
        .args(arguments)
        .output()
        .expect("the binary starts")
}

/// What was printed to stdout, if the command ended with that status.
#[track_caller]
fn exits(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(status),
        "\n--- stdout\n{out}\n--- stderr\n{err}"
    );
    if status == 2 { err } else { out }
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().expect("UTF-8")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A folder with cases: a domain is created, and what each says comes after it.
fn corpus(cases: &[(&str, &str)]) -> TempDir {
    let folder = folder();
    for (name, steps) in cases {
        add(folder.path(), name, steps);
    }
    folder
}

fn add(folder: &Path, name: &str, steps: &str) {
    let file = folder.join(format!("{name}.case"));
    fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    let text =
        format!("> POST /domains/${{domain}}\n| {{\"DefaultExpirationDays\": 30}}\n\n{steps}");
    fs::write(file, text).expect("a file");
}

const GET: &str = "> GET /domains/${domain}\n";

/// Cases of the built-in corpus that use ids, lists, pages, tags, refusals and objects within answers.
const SOME: [&str; 14] = [
    "--cases",
    "0",
    "--only",
    "tag",
    "--only",
    "list-objects",
    "--only",
    "paging",
    "--only",
    "merge",
    "--only",
    "domain",
    "--only",
    "standard-objects",
];

#[test]
fn a_server_is_held_to_its_own_snapshots_and_differs_in_nothing() {
    let (kept, endpoint) = (folder(), faithful());
    let hold = |more: &[&str]| {
        run(&[
            &SOME[..],
            &["--endpoint", &endpoint, "--snapshots", path(&kept)],
            more,
        ]
        .concat())
    };
    let told = exits(&hold(&["--update"]), 0);
    assert!(
        told.contains(" added, 0 changed, 0 removed, 0 as before\n"),
        "{told}"
    );
    for jobs in ["1", "8", "3"] {
        let told = exits(&hold(&["--jobs", jobs]), 0);
        assert!(told.contains("cases as recorded, 0 different\n"), "{told}");
    }
    let told = exits(&hold(&["--update", "--jobs", "8"]), 0);
    assert!(told.contains(": 0 added, 0 changed, 0 removed, "), "{told}");
}

/// The value as another server would say it: members, items and ids the other way round, texts for people in other words,
/// texts of JSON spelt otherwise.
fn varied(json: &Json) -> Json {
    match json {
        Json::Object(members) => Json::Object(
            members
                .iter()
                .rev()
                .map(|(name, value)| {
                    let value = match (name.as_str(), value) {
                        ("Items", Json::Array(items)) => {
                            Json::Array(items.iter().rev().map(varied).collect())
                        }
                        ("Message", _) => {
                            Json::from("in other words, and with AKIAIOSFODNN7EXAMPLE in it")
                        }
                        ("Object", Json::String(text)) => match Json::parse(text.as_bytes()) {
                            Ok(object) => Json::from(format!(" {} ", varied(&object))),
                            Err(_) => value.clone(),
                        },
                        _ => varied(value),
                    };
                    (name.clone(), value)
                })
                .collect(),
        ),
        other => turned(other),
    }
}

/// The value with every id in it the other way round.
fn turned(json: &Json) -> Json {
    match json {
        Json::String(text) if is_id(text) => Json::from(text.chars().rev().collect::<String>()),
        Json::Array(items) => Json::Array(items.iter().map(turned).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), turned(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// What the reference hears behind such a server.
fn heard(request: &Request) -> Request {
    match request.body.as_ref().map(|body| Json::parse(body)) {
        Some(Ok(body)) => Request {
            body: Some(turned(&body).to_string().into()),
            ..request.clone()
        },
        _ => request.clone(),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn what_the_contract_leaves_free_makes_no_difference() {
    let kept = folder();
    let folders = [
        "tag",
        "list-objects",
        "domain",
        "standard-objects",
        "merge",
        "search",
        "objects",
        "profile-keys",
        "filter",
        "paging",
    ];
    let mut only = vec!["--cases", "0", "--snapshots", path(&kept)];
    only.extend(folders.iter().flat_map(|folder| ["--only", folder]));
    exits(
        &run(&[&only[..], &["--endpoint", &faithful(), "--update"]].concat()),
        0,
    );
    let mut model = Model::reference();
    let other = serve(move |request: &Request, now_ms: i64| {
        let faithful = model.respond(&heard(request), now_ms);
        let mut headers = Headers::default();
        for (name, value) in faithful.headers.iter() {
            match name {
                "content-type" => headers.push(name, format!("{value}; charset=utf-8")),
                "x-amzn-errortype" => headers.push(name, format!("{value}:http://internal/")),
                _ => headers.push(name, value),
            }
        }
        headers.push("set-cookie", "session=SECRET");
        let body = match Json::parse(&faithful.body) {
            Ok(json) => varied(&json).to_string().into(),
            Err(_) => faithful.body,
        };
        Response {
            status: faithful.status,
            headers,
            body,
        }
    });
    let told = exits(&run(&[&only[..], &["--endpoint", &other]].concat()), 0);
    assert!(told.contains("0 different"), "{told}");
    // Nor is anything of it written down.
    exits(
        &run(&[&only[..], &["--endpoint", &other, "--update"]].concat()),
        0,
    );
    let mut folders = vec![kept.path().to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).expect("UTF-8");
            assert!(
                !text.contains("AKIA")
                    && !text.contains("SECRET")
                    && !text.contains("in other words"),
                "{text}"
            );
            read += 1;
        }
    }
    assert!(read > 50, "{read} files");
}

#[test]
fn what_the_contract_leaves_to_choice_is_compared() {
    let kept = folder();
    let cases = corpus(&[
        (
            "twice",
            "> DELETE /domains/${domain}\n\n> DELETE /domains/${domain}\n",
        ),
        ("once", GET),
    ]);
    let all = ["--corpus", path(&cases), "--snapshots", path(&kept)];
    exits(
        &run(&[&all[..], &["--endpoint", &faithful(), "--update"]].concat()),
        0,
    );
    // Deleting a domain that is not there may be refused or served.
    let lenient = server(|request, response| {
        if request.method == "DELETE" && response.status == 404 {
            let headers = Headers::from_iter([("content-type", "application/json")]);
            return Response {
                status: 200,
                headers,
                body: r#"{"Message": "gone"}"#.into(),
            };
        }
        response
    });
    let told = exits(&run(&[&all[..], &["--endpoint", &lenient]].concat()), 1);
    for part in [
        " DIFFERS twice, step 3: DELETE /domains/${domain}\n",
        "-< 404 ResourceNotFoundException\n",
        "+< 200\n",
        &format!(
            "again     profile-contract check --endpoint {lenient} --corpus {} --snapshots {} --only twice\n",
            path(&cases),
            path(&kept)
        ),
        "2 conform",
        "1 case as recorded, 1 different\n",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    // Programs are told as well.
    let (json, junit) = (kept.path().join("r.json"), kept.path().join("r.xml"));
    let reports = [("json", &json), ("junit", &junit)]
        .map(|(kind, file)| format!("{kind}={}", file.display()));
    let options = [
        "--endpoint",
        &lenient,
        "--report",
        &reports[0],
        "--report",
        &reports[1],
    ];
    exits(&run(&[&all[..], &options].concat()), 1);
    let report = fs::read_to_string(json).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let held = &report["snapshots"];
    assert_eq!(
        (&report["outcome"], &held["same"]),
        (&"conforms".into(), &1.into())
    );
    let difference = &held["differences"][0];
    assert_eq!(
        (&difference["case"], &difference["step"]),
        (&"twice".into(), &3.into())
    );
    let diff = difference["diff"].as_str().expect("a text");
    assert!(diff.contains("-< 404") && diff.contains("+< 200"), "{diff}");
    let xml = fs::read_to_string(junit).expect("a report");
    assert!(
        xml.contains("failures=\"1\"") && xml.contains("classname=\"snapshots\""),
        "{xml}"
    );
    // Whoever asks for nothing but bad news hears that.
    let told = exits(
        &run(&[&all[..], &["--endpoint", &lenient, "--quiet"]].concat()),
        1,
    );
    assert!(told.contains(" DIFFERS twice"), "{told}");
}

#[test]
fn a_server_that_is_wrong_differs_where_it_is_wrong() {
    let kept = folder();
    let all = ["--cases", "0", "--only", "tag", "--snapshots", path(&kept)];
    exits(
        &run(&[&all[..], &["--endpoint", &faithful(), "--update"]].concat()),
        0,
    );
    let wrong = serve(Flawed::new(
        defect::named("untag-by-prefix").expect("a defect"),
    ));
    let told = exits(&run(&[&all[..], &["--endpoint", &wrong]].concat()), 1);
    assert!(
        told.contains("VIOLATES")
            && told.contains(" DIFFERS tag/remove-prefix, step 4: GET /tags/"),
        "{told}"
    );
    assert!(told.contains(", 1 different\n"), "{told}");
}

#[test]
fn snapshots_come_and_go_with_their_cases_and_nothing_else_is_touched() {
    let (kept, endpoint) = (folder(), faithful());
    let cases = corpus(&[("a", GET), ("b/c", GET), ("b/d", GET)]);
    let hold = |more: &[&str]| {
        run(&[
            &[
                "--endpoint",
                &endpoint,
                "--corpus",
                path(&cases),
                "--snapshots",
                path(&kept),
            ],
            more,
        ]
        .concat())
    };
    fs::write(kept.path().join("notes.snap"), "mine").expect("a file");
    fs::create_dir(kept.path().join("b")).expect("a folder");
    exits(&hold(&["--update"]), 0);
    let is_there = |name: &str| kept.path().join(name).exists();
    assert!(is_there("a.snap") && is_there("b/c.snap") && is_there("b/d.snap"));

    fs::remove_dir_all(cases.path().join("b")).expect("a folder");
    exits(&hold(&["--update", "--only", "a"]), 0);
    assert!(is_there("b/c.snap"), "nobody asked about it");
    let told = exits(&hold(&["--update"]), 0);
    assert!(
        told.contains(
            "0 added, 0 changed, 2 removed, 1 as before\n      removed b/c\n      removed b/d\n"
        ),
        "{told}"
    );
    assert!(!is_there("b") && is_there("a.snap"));
    assert_eq!(
        fs::read_to_string(kept.path().join("notes.snap")).expect("a file"),
        "mine"
    );

    // A case of that name cannot have its snapshot there.
    add(cases.path(), "notes", GET);
    let report = cases.path().join("report.json");
    let option = format!("json={}", report.display());
    let told = exits(&hold(&["--update", "--report", &option]), 2);
    assert!(report.exists(), "what was judged is not lost for that");
    assert!(
        told.contains("notes.snap: the file there is no snapshot; move it away"),
        "{told}"
    );
    assert_eq!(
        fs::read_to_string(kept.path().join("notes.snap")).expect("a file"),
        "mine"
    );
}

#[test]
fn what_cannot_be_compared_is_told_and_does_not_fail() {
    let (kept, endpoint) = (folder(), faithful());
    let cases = corpus(&[("a", GET), ("b", GET)]);
    let hold = |more: &[&str]| {
        run(&[
            &[
                "--endpoint",
                &endpoint,
                "--corpus",
                path(&cases),
                "--snapshots",
                path(&kept),
            ],
            more,
        ]
        .concat())
    };
    exits(&hold(&["--update"]), 0);
    add(cases.path(), "new", GET);
    add(cases.path(), "b", "> GET /domains/${domain}?x=1\n");
    let told = exits(&hold(&[]), 0);
    for part in [
        "no snapshot new\n",
        "outdated b\n",
        ": 1 case as recorded, 0 different, 1 without a snapshot, 1 of a case that has changed since\n",
        "--update",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    let told = exits(&hold(&["--update"]), 0);
    assert!(
        told.contains("1 added, 1 changed, 0 removed, 1 as before\n"),
        "{told}"
    );
}

#[test]
fn a_folder_without_snapshots_is_a_mistake() {
    let (kept, endpoint) = (folder(), faithful());
    let missing = kept.path().join("missing");
    for (folder, why) in [
        (kept.path(), "holds no snapshot"),
        (&missing, "is not there"),
    ] {
        let told = exits(
            &run(&[
                "--endpoint",
                &endpoint,
                "--only",
                "tag/merge",
                "--snapshots",
                &folder.display().to_string(),
            ]),
            2,
        );
        assert!(
            told.contains(why) && told.contains("--update records"),
            "{told}"
        );
    }
    let told = exits(&run(&["--endpoint", &endpoint, "--update"]), 2);
    assert!(told.contains("--snapshots"), "{told}");
    fs::write(kept.path().join("a.snap"), "# Snapshot of a, kept by `profile-contract check --snapshots`.\n\n> GET /a\n< two hundred\n").expect("a file");
    let told = exits(
        &run(&[
            "--endpoint",
            &endpoint,
            "--only",
            "tag/merge",
            "--snapshots",
            path(&kept),
        ]),
        2,
    );
    assert!(
        told.contains("a.snap:4: no answer") && told.contains("| < two hundred"),
        "{told}"
    );
}

#[test]
fn what_is_not_the_same_each_time_is_not_held_against_anybody() {
    let kept = folder();
    let cases = corpus(&[("a", GET)]);
    let mut count = 0;
    let restless = server(move |request, response| {
        count += 1;
        if request.method != "GET" || response.status != 200 {
            return response;
        }
        let Ok(Json::Object(mut members)) = Json::parse(&response.body) else {
            return response;
        };
        members.push(("served".to_owned(), Json::from(i64::from(count))));
        Response {
            body: Json::Object(members).to_string().into(),
            ..response
        }
    });
    let all = [
        "--endpoint",
        &restless,
        "--corpus",
        path(&cases),
        "--snapshots",
        path(&kept),
    ];
    exits(&run(&[&all[..], &["--update"]].concat()), 0);
    let text = fs::read_to_string(kept.path().join("a.snap")).expect("a file");
    assert!(
        text.contains(r#"|   "served": "<varies>""#)
            && text.contains(r#""DefaultExpirationDays": 30"#),
        "{text}"
    );
    for _ in 0..3 {
        assert!(exits(&run(&all), 0).contains("1 case as recorded, 0 different"));
    }
}

#[test]
fn a_target_that_is_not_answering_is_not_recorded() {
    let kept = folder();
    let cases = corpus(&[("a", GET), ("b", "> GET /domains/${domain}/object-types\n")]);
    let busy = server(|request, response| {
        if request.target.ends_with("/object-types") {
            let headers = Headers::from_iter([("retry-after", "0")]);
            return Response {
                status: 429,
                headers,
                body: "{}".into(),
            };
        }
        response
    });
    let all = ["--corpus", path(&cases), "--snapshots", path(&kept)];
    let told = exits(
        &run(&[&all[..], &["--endpoint", &busy, "--update"]].concat()),
        3,
    );
    assert!(
        told.contains("1 added, 0 changed, 0 removed, 0 as before, 1 not recorded\n"),
        "{told}"
    );
    assert!(
        told.contains("not recorded b, step 2: status 429\n"),
        "{told}"
    );
    exits(
        &run(&[&all[..], &["--endpoint", &faithful(), "--update"]].concat()),
        0,
    );
    let told = exits(&run(&[&all[..], &["--endpoint", &busy]].concat()), 3);
    assert!(
        told.contains("1 case as recorded, 0 different, 1 not compared to the end\n"),
        "{told}"
    );
}

#[test]
fn secrets_of_a_case_are_not_kept() {
    let (kept, endpoint) = (folder(), faithful());
    let steps = "> GET /domains/${domain}\n> authorization: AWS4-HMAC-SHA256 Credential=HIDDEN/20260101/x, Signature=HIDDEN\n> x-amz-security-token: HIDDEN\n> x-amz-date: 20260101T000000Z\n\n> GET /domains/${domain}\n> authorization: ${sigv4}\n";
    let cases = corpus(&[("a", steps)]);
    let all = [
        "--endpoint",
        &endpoint,
        "--corpus",
        path(&cases),
        "--snapshots",
        path(&kept),
    ];
    exits(&run(&[&all[..], &["--update"]].concat()), 0);
    let text = fs::read_to_string(kept.path().join("a.snap")).expect("a file");
    assert!(
        !text.contains("HIDDEN") && !text.contains("20260101"),
        "{text}"
    );
    assert!(text.contains("> authorization: ${sigv4}\n"), "{text}");
    assert!(exits(&run(&all), 0).contains("1 case as recorded"));
}

#[test]
fn a_case_is_recorded_to_its_end_also_where_the_server_is_wrong() {
    let kept = folder();
    let cases = corpus(&[(
        "a",
        "> GET /domains/${domain}\n\n> GET /domains/${domain}/object-types\n",
    )]);
    let wrong = server(|request, response| match request.method.as_str() {
        "GET" if !request.target.contains("object-types") => Response {
            body: r#"{"DomainName": "other"}"#.into(),
            ..response
        },
        _ => response,
    });
    let all = [
        "--endpoint",
        &wrong,
        "--corpus",
        path(&cases),
        "--snapshots",
        path(&kept),
    ];
    exits(&run(&[&all[..], &["--update"]].concat()), 1);
    let text = fs::read_to_string(kept.path().join("a.snap")).expect("a file");
    assert!(
        text.contains("> GET /domains/${domain}/object-types\n< 200\n"),
        "{text}"
    );
    // It violates the contract, as it did, and is what was recorded.
    let told = exits(&run(&all), 1);
    assert!(
        told.contains("1 violates") && told.contains("1 case as recorded, 0 different"),
        "{told}"
    );
}
