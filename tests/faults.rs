//! Servers that lack operations, throttle, lose answers, die, or were known to deviate; and runs that are killed.

mod fault_servers;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

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

    /// The journals kept.
    fn journals(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("state/runs")).into_iter().flatten();
        let mut names: Vec<_> = files
            .map(|file| file.expect("a file").path().display().to_string())
            .collect();
        names.sort();
        names
    }
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
        let output = bench
            .check(&url, &["--cases", "150"])
            .output()
            .expect("the binary starts");
        let (out, err) = exits(&output, 0);
        let report = bench.report();
        assert_eq!(
            report["findings"].as_array().map(Vec::len),
            Some(0),
            "{style:?}: {out}"
        );
        assert_eq!(report["counts"]["unclear"], 0, "{style:?}: {out}");
        let absent = names(&report["not_implemented"], "operation");
        assert_eq!(absent.len(), 24 - CORE.len(), "{style:?}: {absent:?}");
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
    for style in [Absent::Html, Absent::Gateway403, Absent::Status501] {
        let url = server_that(style.beside(&[], Model::reference()));
        let bench = Bench::new();
        let output = bench
            .check(&url, &["--cases", "20"])
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
        if hash % every == 0 {
            return Response {
                status: if hash % 2 == 0 { 429 } else { 503 },
                headers: Headers::default(),
                body: "<h1>slow down</h1>".into(),
            };
        }
        inner.respond(request, now_ms)
    }
}

#[test]
fn throttling_spoils_no_case_and_shows_in_the_report() {
    for (every, burst) in [(33, 1), (33, 6)] {
        let bench = Bench::new();
        let url = server_that(throttling(every, burst, Model::reference()));
        let output = bench
            .check(&url, &["--cases", "150"])
            .output()
            .expect("the binary starts");
        let (out, _) = exits(&output, 0);
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

#[test]
fn defects_are_found_under_throttling() {
    let every_tenth = defect::all().step_by(12);
    for flaw in every_tenth {
        let bench = Bench::new();
        let url = server_that(throttling(33, 2, Flawed::new(flaw)));
        let output = bench
            .check(&url, &["--cases", "0"])
            .output()
            .expect("the binary starts");
        let code = output.status.code();
        let plain = server_that(Flawed::new(flaw));
        let bench = Bench::new();
        let without = bench
            .check(&plain, &["--cases", "0"])
            .output()
            .expect("the binary starts");
        assert_eq!(
            code,
            without.status.code(),
            "{}: {}",
            flaw.id,
            String::from_utf8_lossy(&output.stdout)
        );
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
        if hash % 40 == 0 {
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
