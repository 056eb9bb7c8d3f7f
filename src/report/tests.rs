use std::time::Duration;

use super::*;
use crate::contract::{RuleId, Side};
use crate::wire::{Headers, Message, Request};
use crate::{choice, rule};

/// A finding as the judge makes them.
fn finding(rule: RuleId, severity: Severity, target: &str) -> Finding {
    let request = Request {
        method: "PUT".into(),
        target: target.into(),
        headers: Headers::default(),
        body: None,
    };
    let message = Message::Request(request);
    Finding {
        rule,
        severity,
        step: 1,
        steps: 3,
        operation: crate::judge::addressed(&message),
        request: crate::judge::request_line(&message),
        answer: r#"200 {"Description":"aaaaaaaa… (1001 characters)"}"#.into(),
        status: Some(200),
        allowed: vec!["400 BadRequestException".into()],
        place: "status".into(),
        expected: "400 BadRequestException".into(),
        actual: "200".into(),
    }
}

fn verdict(findings: Vec<Finding>) -> Verdict {
    Verdict {
        findings,
        unclear: None,
        absent: Vec::new(),
        unsent: None,
        exercised: Exercised::default(),
        choices: Choices::open(),
        requests: 3,
        retries: 0,
        slow: 0,
        tally: Tally::default(),
    }
}

fn judged(name: &str, verdict: Verdict) -> Judged {
    Judged {
        name: name.into(),
        again: format!("profile-contract replay {name} --endpoint http://127.0.0.1:4000"),
        verdict,
        took: Duration::from_millis(12),
        seen: None,
        aims: Vec::new(),
        generated: false,
    }
}

/// Every covered rule from both sides, with an exception.
fn all_rules_but(exception: Option<RuleId>) -> Exercised {
    covered()
        .filter(|rule| Some(*rule) != exception)
        .flat_map(|rule| [(rule, Side::Inside), (rule, Side::Outside)])
        .collect()
}

fn empty() -> Report {
    Report::new(Run {
        target: "http://127.0.0.1:4000".into(),
        id: "k3x9q2ab".into(),
        limit: Duration::from_secs(10),
    })
}

fn with_choice(choice: ChoiceId, option: u8) -> Verdict {
    let mut verdict = verdict(Vec::new());
    verdict.choices.narrow(choice, Options::only(option));
    verdict
}

fn unclear(why: &str) -> Verdict {
    let request = "GET /domains/pc-k3x9q2ab-7".into();
    Verdict {
        unclear: Some(Unclear {
            step: 1,
            request,
            why: why.into(),
            lost: false,
        }),
        ..verdict(Vec::new())
    }
}

/// A report with one of every kind of line.
fn everything() -> Report {
    let types = "/domains/pc-k3x9q2ab-1/object-types/T";
    let length = || {
        finding(
            rule!("put-type.description.length"),
            Severity::Violates,
            types,
        )
    };
    let echo = Finding {
        place: "/Description".into(),
        expected: r#""abc""#.into(),
        actual: "nothing".into(),
        answer: r#"200 {"ObjectTypeName":"T"}"#.into(),
        steps: 1,
        step: 0,
        ..finding(rule!("put-type.response.echo"), Severity::Violates, types)
    };
    let header = Finding {
        place: "header x-amzn-errortype".into(),
        expected: "the type of the error".into(),
        actual: "no such header".into(),
        answer: r#"404 {"__type":"ResourceNotFoundException"}"#.into(),
        status: Some(404),
        ..finding(rule!("proto.error-type-header"), Severity::Warns, types)
    };
    let either = Finding {
        allowed: vec![
            "404 ResourceNotFoundException".into(),
            "400 BadRequestException".into(),
        ],
        ..finding(
            rule!("domain.scope-unknown-invalid"),
            Severity::Violates,
            "/domains/nobody/object-types/T",
        )
    };

    let mut report = empty();
    report.add(judged(
        "put-type/description-too-long",
        verdict(vec![length()]),
    ));
    for at in 1..=6 {
        report.add(judged(
            &format!("put-type/other-{at}"),
            verdict(vec![length()]),
        ));
    }
    report.add(judged("put-type/echo", verdict(vec![header.clone(), echo])));
    report.add(Judged {
        seen: Some(Seen {
            times: 1,
            replays: 2,
            shrunk: None,
        }),
        ..judged("domain/unknown-and-invalid", verdict(vec![either]))
    });
    report.add(judged("get-type/unknown", verdict(vec![header])));
    report.add(judged(
        "domain/get",
        unclear("no answer: timeout: nothing within 10 s"),
    ));
    report.add(judged(
        "domain/list",
        unclear("no answer: timeout: nothing within 10 s"),
    ));
    report.add(judged("tag/list", unclear("throttled (429)")));
    report.add(judged(
        "delete/twice",
        with_choice(choice!("cap.delete-missing/domain"), 0),
    ));
    report.add(judged(
        "delete/thrice",
        with_choice(choice!("cap.delete-missing/domain"), 1),
    ));
    report.add(judged(
        "capabilities/dots",
        with_choice(choice!("cap.field-name-dots"), 1),
    ));
    report.add(judged(
        "page/token",
        Verdict {
            unsent: Some("step 2 of 3 was not sent: no value for `token`".into()),
            slow: 2,
            requests: 1200,
            exercised: all_rules_but(Some(rule!("page.end"))),
            ..verdict(Vec::new())
        },
    ));
    report.interrupted = Some("interrupted after 13 of 200 cases".into());
    report.finish(Duration::from_millis(3456));
    report
}

#[track_caller]
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/report"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // The catalogue grows without these files.
    let of = Coverage::of(&Exercised::default()).of;
    let text = text
        .replace(&format!("{} of {of} rules", of - 1), "all but one rule")
        .replace(
            &format!("\"exercised\": {}", of - 1),
            "\"exercised\": [all but one]",
        )
        .replace(&format!("\"of\": {of}"), "\"of\": [all]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_kind_of_line_for_people() {
    snapshot(
        "human",
        &human::render(&everything(), human::Manner::default()),
    );
}

#[test]
fn every_kind_of_line_for_people_who_want_all() {
    snapshot(
        "human-verbose",
        &human::render(
            &everything(),
            human::Manner {
                colour: false,
                detail: human::Detail::Names,
            },
        ),
    );
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let report = everything();
    let plain = human::render(&report, human::Manner::default());
    let coloured = human::render(
        &report,
        human::Manner {
            colour: true,
            detail: human::Detail::Run,
        },
    );
    let mut stripped = String::new();
    let mut parts = coloured.split("\x1b[");
    stripped.extend(parts.next());
    for part in parts {
        stripped.push_str(
            part.split_once('m')
                .expect("an escape sequence has an end")
                .1,
        );
    }
    assert_eq!(stripped, plain);
    assert!(!plain.contains('\x1b') && coloured.contains('\x1b'));
}

#[test]
fn every_kind_of_line_for_programs() {
    let text = json::render(&everything());
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(parsed["schema"], 1);
    assert_eq!(parsed["counts"]["violates"], 9);
    snapshot("json", &text);
}

#[test]
fn every_kind_of_line_for_build_servers() {
    snapshot("junit", &junit::render(&everything()).expect("XML"));
}

#[test]
fn a_clean_run_is_a_summary() {
    let mut report = empty();
    let all = Verdict {
        exercised: all_rules_but(None),
        ..verdict(Vec::new())
    };
    report.add(judged("domain/get", all));
    report.finish(Duration::from_millis(40));
    let text = human::render(&report, human::Manner::default());
    assert!(
        text.starts_with(" Summary [0.040s] 1 case: 1 conforms\n"),
        "{text}"
    );
    assert_eq!(report.outcome(), Outcome::Conforms);
}

/// A report that has heard of one finding.
fn told(finding: Finding) -> Report {
    let mut report = empty();
    report.add(judged("a", verdict(vec![finding])));
    report
}

#[test]
fn what_is_wrong_in_one_place_is_one_cause_whatever_the_rule() {
    let at = |place: &str, rule, severity| Finding {
        place: place.into(),
        ..finding(rule, severity, "/domains/d/object-types/T")
    };
    let violates = Severity::Violates;
    let (echo, replaced) = (
        rule!("put-type.response.echo"),
        rule!("put-type.replace.fields-keys"),
    );
    let report = told(at("/Fields/email/Source", echo, violates));
    assert!(report.knows(&at("/Fields/phone/Source", replaced, violates)));
    assert!(
        report.knows(&at("/Fields/email/Target", replaced, violates)),
        "the same field"
    );
    assert!(!report.knows(&at("/Keys/email/0", replaced, violates)));
    assert!(!report.knows(&at("/Fields/email/Source", replaced, Severity::Warns)));
    assert!(!report.knows(&Finding {
        status: Some(500),
        ..at("/Fields/email/Source", replaced, violates)
    }));
    let elsewhere = finding(replaced, violates, "/domains/d");
    assert!(!report.knows(&Finding {
        place: "/Fields/email/Source".into(),
        ..elsewhere
    }));
}

#[test]
fn one_rule_broken_is_one_cause_unless_the_target_failed() {
    let violates = Severity::Violates;
    let effect = |target| finding(rule!("put-type.rejected-no-effect"), violates, target);
    let report = told(effect("/domains/d/object-types/T"));
    assert!(report.knows(&effect("/domains/d")));
    let failure = |target| Finding {
        status: Some(500),
        ..finding(rule!("proto.no-5xx"), violates, target)
    };
    let report = told(failure("/domains/d/object-types/T"));
    assert!(report.knows(&failure("/domains/d/object-types/T")));
    assert!(!report.knows(&failure("/domains/d")));
}

#[test]
fn what_several_operations_share_is_one_cause() {
    let violates = Severity::Violates;
    // How an unknown domain is answered.
    let unknown = |rule, target| Finding {
        status: Some(400),
        ..finding(rule, violates, target)
    };
    let report = told(unknown(rule!("domain.update.unknown"), "/domains/d"));
    let put = "/domains/d/object-types/T";
    assert!(report.knows(&unknown(rule!("put-type.domain-unknown"), put)));
    assert!(!report.knows(&unknown(rule!("put-type.description.length"), put)));
    // The tags that are shown.
    let tags = |rule, place: &str, target| Finding {
        place: place.into(),
        ..finding(rule, violates, target)
    };
    let report = told(tags(rule!("tag.remove"), "/tags/a", "/domains/d"));
    let shown = rule!("put-type.replace.tags-absent");
    assert!(report.knows(&tags(shown, "/Tags/b", put)));
    assert!(!report.knows(&tags(shown, "/Fields/b", put)));
    // What a tag may be; one operation has a rule for every constraint.
    let report = told(finding(rule!("put-type.tags.value"), violates, put));
    assert!(report.knows(&finding(
        rule!("tag.add.constraints"),
        violates,
        "/domains/d"
    )));
    assert!(!report.knows(&finding(rule!("put-type.tags.max"), violates, put)));
}

#[test]
fn sound_requests_refused_in_the_same_words_are_one_cause() {
    let refused = |rule, actual: &str, target| Finding {
        status: Some(400),
        allowed: vec![r#"200 {"ObjectTypeName": "T"}"#.into()],
        actual: actual.into(),
        ..finding(rule, Severity::Violates, target)
    };
    let put = "/domains/d/object-types/T";
    let report = told(refused(
        rule!("put-type.keys.identifier-empty"),
        r#"400 BadRequestException {"Message":"key 'k1' needs an identifier"}"#,
        put,
    ));
    let other = |words: &str, target| {
        let actual = format!(r#"400 BadRequestException {{"Message":"{words}"}}"#);
        refused(rule!("put-type.keys.multi-entry"), &actual, target)
    };
    assert!(report.knows(&other("key 's2' needs an identifier", put)));
    assert!(!report.knows(&other("a field has no target", put)));
    assert!(!report.knows(&other("key 's2' needs an identifier", "/domains/d")));
}

#[test]
fn a_finding_about_the_form_of_answers_is_one_for_all_operations() {
    let header = |target| finding(rule!("proto.error-type-header"), Severity::Warns, target);
    let mut report = empty();
    report.add(judged(
        "a",
        verdict(vec![header("/domains/d/object-types/T")]),
    ));
    report.add(judged(
        "b",
        verdict(vec![header("/domains/d"), header("/domains/e")]),
    ));
    assert_eq!(report.causes.len(), 1);
    assert_eq!(report.causes[0].cases, ["a", "b"]);

    let time = |place: &str, target| Finding {
        place: place.into(),
        ..finding(rule!("proto.timestamp"), Severity::Violates, target)
    };
    report.add(judged("c", verdict(vec![time("/CreatedAt", "/domains/d")])));
    assert!(report.knows(&time("/Items/0/CreatedAt", "/domains/d/object-types/T")));
    assert!(!report.knows(&time("/LastUpdatedAt", "/domains/d")));
}

#[test]
fn the_report_does_not_depend_on_the_order_of_the_cases() {
    let cases = || {
        vec![
            judged(
                "b",
                verdict(vec![finding(
                    rule!("put-type.response.echo"),
                    Severity::Violates,
                    "/domains/d",
                )]),
            ),
            judged(
                "a",
                verdict(vec![finding(
                    rule!("proto.output-null"),
                    Severity::Warns,
                    "/domains/d",
                )]),
            ),
            judged("c", with_choice(choice!("cap.delete-missing/domain"), 1)),
        ]
    };
    let report = |cases: Vec<Judged>| {
        let mut report = empty();
        for case in cases {
            report.add(case);
        }
        report.finish(Duration::ZERO);
        json::render(&report)
    };
    let mut backwards = cases();
    backwards.reverse();
    assert_eq!(report(cases()), report(backwards));
}

#[test]
fn cases_that_contradict_each_other_violate_the_rule_of_the_choice() {
    let choice = choice!("cap.delete-missing/domain");
    let mut report = empty();
    report.add(judged("a", with_choice(choice, 0)));
    report.add(judged("b", with_choice(choice, 0)));
    assert_eq!(report.outcome(), Outcome::Conforms);
    report.add(judged("c", with_choice(choice, 1)));
    report.add(judged("d", with_choice(choice, 1)));
    assert_eq!(report.outcome(), Outcome::Violates);
    let both = [
        (Options::only(0), "a".to_owned()),
        (Options::only(1), "c".to_owned()),
    ];
    let told: Vec<_> = report
        .contradictions
        .iter()
        .map(|found| [found.first.clone(), found.second.clone()])
        .collect();
    assert_eq!(told, [both]);
}

#[test]
fn what_a_violating_case_decided_contradicts_nobody() {
    let choice = choice!("cap.delete-missing/domain");
    let mut report = empty();
    report.add(judged("a", with_choice(choice, 0)));
    let wrong = finding(rule!("proto.no-5xx"), Severity::Violates, "/domains/d");
    report.add(judged(
        "b",
        Verdict {
            findings: vec![wrong],
            ..with_choice(choice, 1)
        },
    ));
    assert_eq!(report.contradictions, []);
    assert_eq!(report.choices.get(choice), Options::only(0));
}

#[test]
fn recordings_exercise_rules_but_are_no_cases() {
    let mut report = empty();
    let recorded = Verdict {
        exercised: [(rule!("proto.output-unknown"), Side::Inside)]
            .into_iter()
            .collect(),
        ..verdict(vec![finding(
            rule!("proto.no-5xx"),
            Severity::Violates,
            "/domains/d",
        )])
    };
    report.add_recording(&recorded);
    assert!(
        report
            .exercised
            .contains(rule!("proto.output-unknown"), Side::Inside)
    );
    assert_eq!(
        (report.cases.len(), report.outcome(), report.requests),
        (0, Outcome::Conforms, 0)
    );
}
