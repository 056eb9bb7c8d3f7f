//! Servers that lack operations, throttle, lose answers, die, or were known to deviate; and runs that are killed.

mod fault_servers;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

use fault_servers::{Absent, server_that};
use profile_contract::defect::{self, Flawed};
use profile_contract::model::Model;
use profile_contract::serve::Respond;
use profile_contract::wire::{Headers, Request, Response};
use serde_json::Value;
use tempfile::TempDir;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_profile-contract"));
    command.args(arguments).env_remove("NO_COLOR");
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
    assert!(!err.contains("panicked"), "{err}");
    (out, err)
}

/// A folder for the state and the reports of a run.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// `check` of an endpoint, with its state and a report in this folder.
    fn check(&self, endpoint: &str, more: &[&str]) -> Command {
        let mut command = command(&["check", "--endpoint", endpoint]);
        command
            .args(["--state", &self.path("state")])
            .args(["--report", &format!("json={}", self.path("report.json"))])
            .args(more);
        command
    }

    fn report(&self) -> Value {
        let text = fs::read_to_string(self.path("report.json")).expect("a report");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The journal of the run, if there is one.
    fn journal(&self) -> String {
        let files = fs::read_dir(self.path("state/runs")).into_iter().flatten();
        let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()));
        texts.filter_map(Result::ok).collect()
    }
}

/// The rules that are violated, by whatever case; a slow machine may add warnings.
fn violated(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .filter(|finding| finding["severity"] == "violates")
        .map(|finding| finding["rule"].as_str().expect("a rule").to_owned())
        .collect()
}

fn names(list: &Value, member: &str) -> BTreeSet<String> {
    let items = list.as_array().expect("a list").iter();
    items
        .map(|item| item[member].as_str().expect("a text").to_owned())
        .collect()
}

/// The four operations that are the core of the API, and the one they cannot do without.
const CORE: [&str; 5] = [
    "CreateDomain",
    "PutProfileObjectType",
    "GetProfileObjectType",
    "GetProfileObjectTypeTemplate",
    "ListProfileObjects",
];

#[test]
fn a_server_with_the_core_alone_is_judged_by_it_however_it_says_what_it_lacks() {
    for style in Absent::ALL {
        let bench = Bench::new();
        let url = server_that(style.beside(&CORE, Model::reference()));
        let everything = style == Absent::Unknown404;
        let options: &[&str] = match everything {
            true => &["--cases", "150"],
            false => &["--only", "capabilities/*", "--only", "merge/*"],
        };
        let output = bench.check(&url, options).output();
        let (out, err) = exits(&output.expect("the binary starts"), 0);
        let report = bench.report();
        assert_eq!(violated(&report).len(), 0, "{style:?}: {out}");
        assert_eq!(report["counts"]["unclear"], 0, "{style:?}: {out}");
        let absent = names(&report["not_implemented"], "operation");
        assert!(
            absent.contains("DeleteDomain") && absent.contains("SearchProfiles"),
            "{style:?}: {absent:?}"
        );
        assert!(
            CORE.iter().all(|name| !absent.contains(*name)),
            "{style:?}: {absent:?}"
        );
        // Said once for each, and once that domains stay.
        assert_eq!(out.matches("ABSENT").count(), 1, "{out}");
        assert_eq!(out.matches(" MergeProfiles ").count(), 1, "{out}");
        assert_eq!(
            err.matches("may be left behind").count(),
            1,
            "{style:?}: {err}"
        );
        assert!(
            err.contains("does not have DeleteDomain"),
            "{style:?}: {err}"
        );
        if !everything {
            continue;
        }
        assert_eq!(absent.len(), 24 - CORE.len(), "{absent:?}");
        // What it has was judged all the same.
        let served = &report["yield"]["corpus"]["PutProfileObjectType"]["served"];
        assert!(
            served.as_u64().is_some_and(|served| served > 300),
            "{style:?}: {served}"
        );
        let exercised = report["rules"]["exercised"].as_u64().expect("a count");
        assert!(exercised > 120, "{style:?}: {exercised} rules");
    }
}

#[test]
fn a_defect_of_what_is_there_is_found_beside_what_is_not() {
    let flaw = defect::named("description-1001").expect("a defect");
    let bench = Bench::new();
    let url = server_that(Absent::Html.beside(&CORE, Flawed::new(flaw)));
    let output = bench
        .check(&url, &["--cases", "0"])
        .output()
        .expect("the binary starts");
    let (out, _) = exits(&output, 1);
    assert_eq!(out.matches("VIOLATES").count(), 1, "{out}");
}

#[test]
fn what_is_required_and_not_there_is_a_failure() {
    let url = server_that(Absent::Html.beside(&CORE, Model::reference()));
    let bench = Bench::new();
    let only = ["--only", "put-type", "--only", "merge"];
    let output = bench.check(
        &url,
        &[
            &only[..],
            &["--require", "MergeProfiles", "--require", "merge.count"],
        ]
        .concat(),
    );
    let (out, _) = exits(&{ output }.output().expect("the binary starts"), 1);
    assert!(
        out.contains("MISSING --require MergeProfiles: not implemented"),
        "{out}"
    );
    assert!(
        out.contains("MISSING --require merge.count: not exercised: merge.count"),
        "{out}"
    );
    assert_eq!(
        bench.report()["required"][0]["operations"][0],
        "MergeProfiles"
    );

    let output = bench.check(
        &url,
        &[&only[..], &["--require", "PutProfileObjectType"]].concat(),
    );
    exits(&{ output }.output().expect("the binary starts"), 0);
    let output = bench.check(&url, &["--require", "MergeProfile"]);
    let (_, err) = exits(&{ output }.output().expect("the binary starts"), 2);
    assert!(err.contains("did you mean `MergeProfiles`?"), "{err}");
}

#[test]
fn a_server_that_has_nothing_is_no_server_that_conforms() {
    let some: &[&str] = &["--only", "capabilities/*"];
    for (style, options) in [
        (Absent::Html, &["--cases", "20"][..]),
        (Absent::Gateway403, some),
        (Absent::Status501, some),
    ] {
        let url = server_that(style.beside(&[], Model::reference()));
        let bench = Bench::new();
        let output = bench
            .check(&url, options)
            .output()
            .expect("the binary starts");
        let (out, _) = exits(&output, 3);
        assert!(out.contains("nothing   was served"), "{style:?}: {out}");
        assert_eq!(bench.report()["serves_nothing"], true);
    }
}

/// A service that throttles every so many requests, in bursts.
fn throttling(every: u64, burst: u64, mut inner: impl Respond) -> impl Respond {
    let mut count = 0u64;
    move |request: &Request, now_ms: i64| {
        count += 1;
        // A fixed mixture, so that neighbours are hit as well as single requests.
        let hash = (count / burst).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        if hash.is_multiple_of(every) {
            return Response {
                status: if hash.is_multiple_of(2) { 429 } else { 503 },
                headers: Headers::default(),
                body: "<h1>slow down</h1>".into(),
            };
        }
        inner.respond(request, now_ms)
    }
}

#[test]
fn throttling_spoils_no_case_and_shows_in_the_report() {
    let some: &[&str] = &[
        "--only", "paging/*", "--only", "merge/*", "--only", "assign/*",
    ];
    for (burst, options) in [(1, &["--cases", "150"][..]), (6, some)] {
        let bench = Bench::new();
        let url = server_that(throttling(33, burst, Model::reference()));
        let output = bench.check(&url, options).output();
        let (out, _) = exits(&output.expect("the binary starts"), 0);
        let report = bench.report();
        assert_eq!(report["counts"]["unclear"], 0, "{out}");
        let (requests, retries) = (report["requests"].as_u64(), report["retries"].as_u64());
        assert!(
            retries > requests.map(|requests| requests / 60),
            "{retries:?} of {requests:?}"
        );
        assert!(out.contains("retries"), "{out}");
    }
}

/// Whoever finds out whether an operation is there may be throttled, and have lent its turn to those who wait for what it finds.
#[test]
fn a_server_with_the_core_alone_may_throttle_as_well() {
    for round in 0..4 {
        let bench = Bench::new();
        let core = Absent::Unknown404.beside(&CORE, Model::reference());
        let url = server_that(throttling(16, 1 + round % 2, core));
        let options = [
            "--jobs", "2", "--only", "merge/*", "--only", "tag/*", "--only", "search/*",
        ];
        let output = bench.check(&url, &options).output();
        exits(&output.expect("the binary starts"), 0);
        let absent = names(&bench.report()["not_implemented"], "operation");
        assert!(absent.contains("TagResource"), "{absent:?}");
    }
}

/// Every profile whose creation was throttled may be there twice. Where those are more doubts than states can be told apart, the
/// case is looked at once more.
#[test]
fn a_case_is_judged_although_many_of_its_calls_were_throttled_once() {
    let (mut inner, mut left, mut again) = (Model::reference(), 12, false);
    let url = server_that(move |request: &Request, now_ms: i64| {
        let body = request.body.as_deref().unwrap_or_default();
        let creates = request.method == "POST"
            && request.target.ends_with("/profiles")
            && String::from_utf8_lossy(body).contains(r#""FirstName": "P"#);
        again = creates && !again && left > 0;
        if again {
            left -= 1;
            return Response {
                status: 429,
                headers: Headers::default(),
                body: "".into(),
            };
        }
        inner.respond(request, now_ms)
    });
    let bench = Bench::new();
    let options = ["--only", "paging/profiles-default", "--jobs", "1"];
    let output = bench.check(&url, &options).output();
    exits(&output.expect("the binary starts"), 0);
    assert_eq!(bench.report()["counts"]["unclear"], 0);
    assert_eq!(bench.report()["retries"], 12);
}

#[test]
fn defects_are_found_under_throttling() {
    for flaw in defect::all().step_by(48) {
        let bench = Bench::new();
        let url = server_that(throttling(33, 2, Flawed::new(flaw)));
        let mut check = bench.check(&url, &["--no-shrink", "--only", "capabilities/*"]);
        for rule in flaw.rules {
            check.args(["--only", rule.id()]);
        }
        let output = check.output();
        // By which rule is another matter (`defects`): what is lost now and then shows elsewhere each time.
        exits(&output.expect("the binary starts"), 1);
    }
}

#[test]
fn a_server_that_loses_answers_is_not_accused() {
    let mut count = 0u64;
    let mut inner = Model::reference();
    // Status 0 closes the connection, after the request had its effect.
    let respond = move |request: &Request, now_ms: i64| {
        count += 1;
        let response = inner.respond(request, now_ms);
        let hash = count.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        if hash.is_multiple_of(40) {
            return Response {
                status: 0,
                ..response
            };
        }
        response
    };
    let bench = Bench::new();
    let output = bench
        .check(&server_that(respond), &["--cases", "300"])
        .output()
        .expect("the binary starts");
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 3)),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let report = bench.report();
    let counts = &report["counts"];
    assert_eq!(counts["violates"], 0);
    // What may be repeated is repeated: only the creation of profiles, and damaged bytes, cannot be.
    let (unclear, cases) = (counts["unclear"].as_u64(), counts["cases"].as_u64());
    assert!(
        unclear < cases.map(|cases| cases / 6),
        "{unclear:?} of {cases:?}"
    );
}

/// How many servers were started.
static STARTED: AtomicU16 = AtomicU16::new(0);

/// The binary's own server as a process, which can be killed, on a port that it can have again.
struct Process {
    port: u16,
    defect: Option<&'static str>,
    child: Child,
}

impl Process {
    fn start(defect: Option<&'static str>) -> Self {
        // None that the system gives to connections: whoever connects to one of those while nobody listens may find itself
        // at the other end, and then the port is taken.
        let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let first = 20_000 + (std::process::id() % 10_000) as u16;
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let port = (first + 7 * number..30_000).find(free).expect("a port");
        Self {
            port,
            defect,
            child: Self::serve(port, defect),
        }
    }

    fn serve(port: u16, defect: Option<&str>) -> Child {
        let mut serve = command(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
        if let Some(defect) = defect {
            serve.args(["--defect", defect]);
        }
        let mut child = serve
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its stdout");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        assert!(line.contains("listening on"), "{line}");
        child
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash does.
    fn kill(&mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("its end");
    }

    fn restart(&mut self) {
        self.child = Self::serve(self.port, self.defect);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How often things are killed: a few times, or as often as `PROFILE_CONTRACT_KILLS` says.
fn kills() -> u64 {
    let asked = std::env::var("PROFILE_CONTRACT_KILLS").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(2)
}

/// A moment between 0 and `most`, another one for each number.
fn moment(number: u64, most: u64) -> Duration {
    let hash = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    Duration::from_millis(hash % most)
}

#[test]
fn a_server_that_dies_leaves_what_was_judged_and_one_that_comes_back_is_gone_on_with() {
    let bench = Bench::new();
    let mut server = Process::start(Some("description-1001"));
    let url = server.url();
    let mut check = bench.check(&url, &["--cases", "3000", "--jobs", "4"]);
    let check = check
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // As soon as something was found.
    while !bench.journal().contains("\"case\":{\"name\":\"put-type") {
        thread::sleep(Duration::from_millis(5));
    }
    server.kill();
    let output = check.wait_with_output().expect("its end");
    let code = output.status.code();
    let (out, err) = exits(&output, code.expect("an exit status"));
    let found = bench.journal().contains("\"violates\":true");
    assert_eq!(code, Some(if found { 1 } else { 3 }), "{out}");
    assert_eq!(out.matches("UNCLEAR").count(), 1, "{out}");
    assert!(
        out.contains("the target does not answer any more (refused"),
        "{out}"
    );
    assert!(err.contains("--resume` goes on"), "{err}");
    let report = bench.report();
    assert!(
        report["gone"]["left"]
            .as_u64()
            .is_some_and(|left| left > 2000),
        "{out}"
    );
    let judged = report["counts"]["cases"].as_u64().expect("a count");

    let mismatch = bench
        .check(&url, &["--resume", "--seed", "7"])
        .output()
        .expect("the binary starts");
    let (_, err) = exits(&mismatch, 2);
    assert!(err.contains("--seed is `7` and was `1`"), "{err}");

    server.restart();
    // It may as well die again.
    let mut check = bench.check(&url, &["--resume", "--jobs", "4"]);
    let check = check
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    thread::sleep(Duration::from_millis(1500));
    server.kill();
    let output = check.wait_with_output().expect("its end");
    let code = output.status.code();
    assert!(matches!(code, Some(1..=3)), "{code:?}");
    if code != Some(2) {
        let report = bench.report();
        assert!(
            report["resumed"]
                .as_u64()
                .is_some_and(|resumed| resumed > 0 && resumed <= judged)
        );
    }
}

#[test]
fn a_server_that_is_killed_and_starts_anew_is_not_accused() {
    for round in 0..kills() {
        let bench = Bench::new();
        let mut server = Process::start(None);
        let mut check = bench.check(
            &server.url(),
            &[
                "--cases",
                "200",
                "--only",
                "put-type-keys",
                "--only",
                "domain*",
                "--only",
                "search",
            ],
        );
        let check = check
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        thread::sleep(moment(round, 3000));
        server.kill();
        thread::sleep(moment(round + 1000, 800));
        server.restart();
        let output = check.wait_with_output().expect("its end");
        let code = output.status.code();
        // 2 if it was killed before the check had reached it.
        let (out, _) = exits(&output, code.expect("an exit status"));
        assert!(matches!(code, Some(0 | 2 | 3)), "round {round}: {out}");
    }
}

/// Behind a gateway nobody sees that a server was killed: connections stay, and the next request meets one that knows nothing.
#[test]
fn a_server_that_begins_anew_unseen_is_not_accused_but_for_what_is_wrong() {
    let forgetful = |every: u64, flaw: Option<&'static defect::Defect>| {
        let begin = move || -> Box<dyn Respond + Send> {
            match flaw {
                Some(flaw) => Box::new(Flawed::new(flaw)),
                None => Box::new(Model::reference()),
            }
        };
        let (mut inner, mut count) = (begin(), 0u64);
        server_that(move |request: &Request, now_ms: i64| {
            count += 1;
            if count.is_multiple_of(every) {
                inner = begin();
            }
            inner.respond(request, now_ms)
        })
    };
    let flaw = defect::named("description-1001").expect("a defect");
    for flaw in [None, Some(flaw)] {
        let bench = Bench::new();
        // Twice and more often in the cases that pause.
        let url = forgetful(311, flaw);
        let options = [
            "--cases",
            "50",
            "--only",
            "put-type",
            "--only",
            "put-type-replace/*",
            "--jobs",
            "2",
        ];
        let output = bench
            .check(&url, &options)
            .output()
            .expect("the binary starts");
        let code = output.status.code();
        let (out, _) = exits(&output, code.expect("an exit status"));
        let expected = flaw.map(|flaw| flaw.rules[0].id().to_owned());
        assert_eq!(
            violated(&bench.report()),
            expected.into_iter().collect(),
            "{out}"
        );
    }
}

#[test]
fn a_check_that_is_killed_loses_no_finding() {
    let server = Process::start(Some("description-1001"));
    let options = ["--only", "put-type*", "--cases", "150"];
    let whole = Bench::new();
    let output = whole
        .check(&server.url(), &options)
        .output()
        .expect("the binary starts");
    exits(&output, 1);
    let expected = violated(&whole.report());
    for round in 0..kills() {
        let bench = Bench::new();
        let findings = bench.path("findings");
        let with = ["--findings", findings.as_str()];
        let mut begun = false;
        for attempt in 0..3 {
            let more = if begun {
                &["--resume"][..]
            } else {
                &options[..]
            };
            let mut check = bench.check(&server.url(), &[more, &with].concat());
            let mut check = check
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary starts");
            thread::sleep(moment(3 * round + attempt, 1500));
            check.kill().expect("a process");
            check.wait().expect("its end");
            begun = !bench.journal().is_empty();
        }
        let more = if begun {
            &["--resume"][..]
        } else {
            &options[..]
        };
        let output = bench
            .check(&server.url(), &[more, &with].concat())
            .output()
            .expect("the binary starts");
        let (out, _) = exits(&output, 1);
        let report = bench.report();
        assert_eq!(violated(&report), expected, "round {round}: {out}");
        assert_eq!(
            report["counts"]["cases"],
            whole.report()["counts"]["cases"],
            "round {round}: {out}"
        );
        let files = fs::read_dir(&findings).expect("a folder").count();
        assert!(files >= expected.len(), "round {round}: {files} files");
    }
}

#[test]
fn known_deviations_are_counted_and_told_when_they_are_no_more() {
    let bench = Bench::new();
    let flaw = defect::named("description-1001").expect("a defect");
    let url = server_that(Flawed::new(flaw));
    let file = bench.path("known.toml");
    let known = |text: &str| fs::write(&file, text).expect("a file");
    let check = |url: &str| {
        let options = ["--only", "put-type*", "--cases", "0", "--known", &file];
        bench
            .check(url, &options)
            .output()
            .expect("the binary starts")
    };
    known(
        "[[deviation]]\nrule = 'put-type.description.length'\nreason = 'ticket 4711'\n\n\
           [[deviation]]\nrule = 'put-type.tags.max'\nreason = 'was never true'\n",
    );
    let (out, _) = exits(&check(&url), 0);
    assert!(!out.contains("VIOLATES"), "{out}");
    assert!(out.contains(" known deviation"), "{out}");
    assert!(
        out.contains("known.toml:5: `put-type.tags.max` no longer deviates on this target ("),
        "{out}"
    );
    let report = bench.report();
    let first = &report["known"][0];
    assert!(
        first["cases"]
            .as_array()
            .is_some_and(|cases| !cases.is_empty())
            && first["stale"] == false
    );
    assert_eq!(report["known"][1]["stale"], true);

    known(
        "[[deviation]]\nrule = 'put-type.description.length'\ncase = 'nowhere/*'\nreason = 'elsewhere'\n",
    );
    let (out, _) = exits(&check(&url), 1);
    assert!(
        out.contains("VIOLATES") && !out.contains("no longer deviates"),
        "{out}"
    );

    known("[[deviation]]\nrule = 'put-type.description.lenth'\nreason = 'x'\n");
    let (_, err) = exits(&check(&url), 2);
    assert!(
        err.contains("known.toml:1: no rule matches") && err.contains("did you mean"),
        "{err}"
    );
}
