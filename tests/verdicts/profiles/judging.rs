//! How a judge weighs, waits for and words what it hears.

use profile_contract::case::transcript::{Overheard, Transcript};
use profile_contract::contract::Side;
use profile_contract::judge::judge;

use super::*;

/// What is made of a domain, two requests at the same time, and one after them.
fn beside(pair: [&str; 2], after: &str) -> (Heard, Verdict) {
    let case = "> POST /\n\n> GET /\n\n> GET /\n~ beside\n\n> GET /\n";
    let case = text::parse(case, "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open()).with_served(Served::default());
    assert_eq!(judge.see(0, &exchange(CREATE)), Heard::Next);
    assert_eq!(judge.see(1, &exchange(pair[0])), Heard::Next);
    let heard = judge.see(2, &exchange(pair[1]));
    judge.see(3, &exchange(after));
    (heard, judge.finish())
}

/// What is made of a recorded conversation.
fn recorded(told: &[&str], overheard: Option<Overheard>) -> Outcome {
    let case = text::parse(&"> GET /\n\n".repeat(told.len()), "test.case").expect("a case");
    judge(&Transcript {
        name: "test".to_owned(),
        case,
        overheard,
        given: vec![(choice!("cap.auth"), Options::only(0))],
        with: Default::default(),
        answers: told.iter().map(|line| vec![exchange(line)]).collect(),
    })
    .outcome()
}

#[test]
fn a_report_shows_a_long_answer_by_its_beginning() {
    let reported = |body: &str| {
        let case = text::parse(STEPS, "test.case").expect("a case");
        let mut judge = Judge::new(&case, &open());
        assert_eq!(judge.see(0, &answer(500, body)), Heard::End);
        let told = judge.finish().findings[0].answer.clone();
        told.strip_prefix("500 ").expect("its status").to_owned()
    };
    let x = |count: usize| "x".repeat(count);
    let member = |length: usize| format!(r#"{{"a":"{}"}}"#, x(length));
    let most = 256 * 1024;
    for (body, shown) in [
        (x(296), x(296)),
        (x(297), format!("{}… (301 characters)", x(296))),
        (x(300), format!("{}… (304 characters)", x(296))),
        (x(301), format!("{}… (301 bytes)", x(150))),
        (member(48), member(48)),
        (
            member(49),
            r#"{"a":"xxxxxxxx… (49 characters)"}"#.to_owned(),
        ),
        (
            r#"{"a":[1,2,3,[1,2,3,4]]}"#.to_owned(),
            r#"{"a":[1,2,3,[1,2,3,4]]}"#.to_owned(),
        ),
        (
            r#"[[1,2,3,4,5],2,3,4,5]"#.to_owned(),
            r#"[[1,2,3,"… (5 items)"],2,3,"… (5 items)"]"#.to_owned(),
        ),
        (
            member(most - 8),
            format!(r#"{{"a":"xxxxxxxx… ({} characters)"}}"#, most - 8),
        ),
        (
            member(most - 7),
            format!(r#"{{"a":"{}… ({} bytes)"#, x(144), most + 1),
        ),
        (
            format!("{{}}{}", " ".repeat(most)),
            format!("{{}}{}… ({} bytes)", " ".repeat(148), most + 2),
        ),
    ] {
        assert_eq!(reported(&body), shown, "{} bytes", body.len());
    }
}

#[test]
fn what_was_right_more_than_eight_writes_ago_is_not_late() {
    for (writes, heard) in [(7, Heard::Again), (8, Heard::End)] {
        let steps = "> GET /\n\n".repeat(writes + 2);
        let case = text::parse(&steps, "test.case").expect("a case");
        let second = Duration::from_secs(1);
        let judge = Judge::new(&case, &open()).with_patience(second);
        let mut judge = judge.with_brief_patience(second);
        judge.see(0, &exchange(CREATE));
        for step in 1..=writes {
            assert_eq!(judge.see(step, &exchange(PUT)), Heard::Next);
        }
        assert_eq!(judge.see(writes + 1, &later(MISSING, 10)), heard);
    }
}

#[test]
fn of_two_answers_to_requests_at_the_same_time_the_first_wrong_one_is_the_finding() {
    let violation = (Severity::Violates, "domain.get.echo");
    for (pair, step) in [
        ([WRONG, SHOWN], 1),
        ([SHOWN, WRONG], 2),
        ([WRONG, WRONG], 1),
    ] {
        let (heard, verdict) = beside(pair, WRONG);
        assert_eq!(heard, Heard::End);
        assert_eq!(told(&verdict), [violation]);
        assert_eq!(verdict.findings[0].step, step);
        assert_eq!(verdict.unsent, None);
    }
    let (heard, verdict) = beside([SHOWN, SHOWN], WRONG);
    assert_eq!((heard, told(&verdict)), (Heard::Next, vec![violation]));
    assert_eq!(verdict.findings[0].step, 3);
}

#[test]
fn where_one_of_two_requests_at_the_same_time_was_not_served_nobody_knows_about_the_other() {
    const ABSENT: &str = "GET /domains/d/object-types => 404 UnknownOperationException";
    for (pair, heard, findings) in [
        ([ABSENT, SHOWN], Heard::End, 0),
        ([SHOWN, ABSENT], Heard::End, 0),
        ([ABSENT, ABSENT], Heard::Next, 1),
    ] {
        let (then, verdict) = beside(pair, WRONG);
        assert_eq!((then, verdict.findings.len()), (heard, findings));
        assert_eq!(verdict.absent.len(), 1);
        assert_eq!(verdict.unclear, None);
    }
}

#[test]
fn two_objects_at_the_same_time_overwrite_one_another_in_either_order() {
    let case = "> POST /\n\n> PUT /\n\n> PUT /\n\n> PUT /\n~ beside\n\n> POST /\n\n> POST /\n";
    let case = text::parse(case, "test.case").expect("a case");
    let judged = |shown: [&str; 2]| {
        let mut judge = Judge::new(&case, &open());
        let put = |first: &str| ingest("1", "x", first, "k1");
        let lines = [
            CREATE.to_owned(),
            CARD.to_owned(),
            put("Ann"),
            put("Bea"),
            search("mKey", "x", &[(P, shown[0])]),
            search("mKey", "x", &[(P, shown[1])]),
        ];
        for (step, line) in lines.iter().enumerate() {
            judge.see(step, &exchange(line));
        }
        let verdict = judge.finish();
        assert_eq!(verdict.unclear, None);
        let overwrites = rule_of("time.concurrent-overwrite");
        assert!(verdict.exercised.contains(overwrites, Side::Inside));
        verdict.outcome()
    };
    for (shown, outcome) in [
        (["Ann", "Ann"], Outcome::Conforms),
        (["Bea", "Bea"], Outcome::Conforms),
        (["Ann", "Bea"], Outcome::Warns),
        (["Bea", "Ann"], Outcome::Warns),
        (["Cleo", "Cleo"], Outcome::Warns),
    ] {
        assert_eq!(judged(shown), outcome, "{shown:?}");
    }
}

#[test]
fn a_wait_begins_anew_with_each_step() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let second = Duration::from_secs(1);
    let judge = Judge::new(&case, &open()).with_patience(second);
    let mut judge = judge.with_brief_patience(second / 2);
    judge.see(0, &exchange(CREATE));
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::Again);
    assert_eq!(judge.see(1, &later(SHOWN, 400)), Heard::Next);
    assert_eq!(judge.see(2, &later(MISSING, 600)), Heard::Again);
    assert_eq!(judge.see(2, &later(MISSING, 1_099)), Heard::Again);
    assert_eq!(judge.see(2, &later(MISSING, 1_100)), Heard::End);

    let judge = Judge::new(&case, &open()).with_patience(second);
    let mut judge = judge.of_late_effects(true);
    judge.see(0, &exchange(CREATE));
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::Again);
    assert_eq!(judge.see(1, &later(MISSING, 1_009)), Heard::Again);
    assert!(!judge.waited_in_vain());
    assert_eq!(judge.see(1, &later(MISSING, 1_010)), Heard::End);
    assert!(judge.waited_in_vain() && !judge.briefly_waited_in_vain());
}

#[test]
fn what_a_conversation_shows_of_choices_counts_unless_it_violates() {
    const FOUND: &str = r#"GET /domains/d/object-types/t => 200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let case = text::parse(STEPS, "test.case").expect("a case");
    let case_of_names = choice!("cap.type-name-case");
    let given = open();
    for (last, outcome) in [
        (SHOWN, Outcome::Conforms),
        (&SHOWN.replace("30,", "30,\"Tags\":null,"), Outcome::Warns),
        (WRONG, Outcome::Violates),
    ] {
        let mut judge = Judge::new(&case, &given);
        for (step, line) in [CREATE, PUT, FOUND, last].into_iter().enumerate() {
            judge.see(step, &exchange(line));
        }
        let verdict = judge.finish();
        assert_eq!(
            (verdict.outcome(), verdict.unsent.is_none()),
            (outcome, true)
        );
        let learnt = verdict.choices.get(case_of_names) != given.get(case_of_names);
        assert_eq!(learnt, outcome != Outcome::Violates, "{last}");
        assert_eq!(verdict.tally.total(), 4);
        assert_eq!(verdict.requests, 4);
    }
}

#[test]
fn a_step_that_was_passed_over_was_sent() {
    let case = text::parse("> GET /\n\n> GET /\n", "test.case").expect("a case");
    let judged = |last: &str| {
        let mut judge = Judge::new(&case, &open()).with_served(Served::default());
        judge.see(0, &exchange(CREATE));
        judge.see(1, &exchange(last));
        let verdict = judge.finish();
        (verdict.outcome(), verdict.unsent)
    };
    // Of what the contract has no rules for nothing is missing, nor of what is no operation.
    for conforms in [
        "GET /domains/d/integrations/x => 404 UnknownOperationException",
        "POST /domains/d/integrations {} => 501",
    ] {
        assert_eq!(judged(conforms), (Outcome::Conforms, None), "{conforms}");
    }
    for (answer, outcome) in [
        ("404", Outcome::Conforms),
        ("500", Outcome::Violates),
        ("502", Outcome::Violates),
    ] {
        let (judged, _) = judged(&format!("GET /nowhere => {answer}"));
        assert_eq!(judged, outcome, "{answer}");
    }
    assert_ne!(judged("GET /nowhere => 501").0, Outcome::Violates);
}

#[test]
fn a_read_that_was_recorded_soon_after_a_write_decides_nothing() {
    const GET: &str = r#"200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let found = format!("GET /domains/d/object-types/t => {GET}");
    let missed = "GET /domains/d/object-types/t => 404 ResourceNotFoundException";
    let told = [CREATE, PUT, missed, &found];
    assert_eq!(recorded(&told, None), Outcome::Conforms);
    // Whoever does not wait takes the first answer for the last.
    let case = text::parse(STEPS, "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open());
    assert!(!judge.is_lost());
    for (step, line) in told.iter().enumerate() {
        judge.see(step, &exchange(line));
    }
    assert_eq!(judge.finish().outcome(), Outcome::Violates);
}

#[test]
fn an_effect_has_two_seconds_from_its_answer() {
    let case = text::parse("> GET /\n\n> GET /\n\n> GET /\n", "test.case").expect("a case");
    let created = create(P, r#""FirstName":"Ann""#);
    let nobody = found(P, "");
    let judged = |took_ms: u64, at: i64| {
        let effect = Exchange {
            took_us: took_ms * 1000,
            ..later(&created, 10)
        };
        let answers = [exchange(CREATE), effect, later(&nobody, 10 + at)];
        judge(&Transcript {
            name: "test".to_owned(),
            case: case.clone(),
            overheard: Some(Overheard::Whole),
            given: vec![(choice!("cap.auth"), Options::only(0))],
            with: Default::default(),
            answers: answers.map(|one| vec![one]).to_vec(),
        })
        .outcome()
    };
    for (took, at, outcome) in [
        (0, 1_999, Outcome::Unclear),
        (0, 2_000, Outcome::Violates),
        (500, 2_499, Outcome::Unclear),
        (500, 2_500, Outcome::Violates),
    ] {
        assert_eq!(judged(took, at), outcome, "{took} {at}");
    }
}

#[test]
fn where_too_many_states_are_possible_nothing_more_is_judged() {
    let case = text::parse(&"> GET /\n\n".repeat(12), "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open());
    judge.see(0, &exchange(CREATE));
    judge.see(1, &exchange(OWNED));
    for id in 1..=7 {
        assert!(!judge.is_lost(), "{id}");
        assert_eq!(judge.see(id + 1, &exchange(&own(id))), Heard::Next);
    }
    assert!(judge.is_lost());
    assert_eq!(judge.see(9, &exchange(WRONG)), Heard::End);
    let mut verdict = judge.finish();
    assert_eq!(verdict.outcome(), Outcome::Unclear);
    verdict.end_at_bound(12);
    assert_eq!(verdict.outcome(), Outcome::Conforms);
    let why = verdict.unsent.expect("a reason");
    assert!(
        why.starts_with("step 10 of 12 was not judged: more than 64"),
        "{why}"
    );
}

#[test]
fn what_a_recorded_search_shows_of_a_choice_stays() {
    let told = |shown: [&str; 2]| {
        let [first, second] = shown.map(|name| search("mKey", "x", &[(P, name)]));
        let told = [
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", "Ann", "k1"),
            search("mKey", "x", &[(P, "Ann")]),
            ingest("2", "x", "Bea", "k2"),
            first,
            second,
        ];
        recorded(&told.each_ref().map(String::as_str), None)
    };
    assert_eq!(told(["Ann", "Ann"]), Outcome::Conforms);
    assert_eq!(told(["Bea", "Bea"]), Outcome::Conforms);
    assert_ne!(told(["Ann", "Bea"]), Outcome::Conforms);
    assert_ne!(told(["Bea", "Ann"]), Outcome::Conforms);
}

#[test]
fn how_a_recorded_search_compares_addresses_it_does_from_then_on() {
    let told = |first: &str, second: &str| {
        let ann = create(P, r#""EmailAddress":"Foo@X""#);
        let [first, second] = [first, second].map(|items| {
            format!(
                r#"POST /domains/d/profiles/search {{"KeyName":"_email","Values":["foo@x"]}} => 200 {{"Items":[{items}]}}"#
            )
        });
        recorded(&[CREATE, &ann, &first, &second], None)
    };
    let ann = format!(r#"{{"ProfileId":"{P}","EmailAddress":"Foo@X"}}"#);
    assert_eq!(told("", ""), Outcome::Conforms);
    assert_eq!(told(&ann, &ann), Outcome::Conforms);
    assert_ne!(told("", &ann), Outcome::Conforms);
    assert_ne!(told(&ann, ""), Outcome::Conforms);
}

#[test]
fn three_answers_to_requests_at_the_same_time_come_back_in_their_order() {
    let types = r#"GET /domains/d/object-types => 200 {"Items":[]}"#;
    let all = [SHOWN, types, CREATE].map(exchange);
    let all: Vec<&Exchange> = all.iter().collect();
    // They fit if the last was the first to have its effect.
    let observed = Model::observer(&open()).observe_together(&all);
    let brought_up: Vec<Vec<&str>> = observed
        .iter()
        .map(|observed| observed.cites.iter().map(|(rule, _)| rule.id()).collect())
        .collect();
    for (at, rule) in [(1, "list-types.complete"), (2, "time.clock")] {
        for (place, rules) in brought_up.iter().enumerate() {
            let here = rules.contains(&rule);
            assert_eq!(here, at == place, "{rule} at {place}: {rules:?}");
        }
    }
}

#[test]
fn what_fits_best_explains_a_wrong_answer() {
    let put = |members: &str, answer: &str| {
        let line = PUT.replace(r#""Description":"one""#, members);
        match answer {
            "" => line,
            answer => format!("{} => {answer}", line.split_once(" => ").expect("two").0),
        }
    };
    let (one, two) = (
        r#""Description":"one""#,
        r#""Description":"two","ExpirationDays":9"#,
    );
    let get = r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{}}"#;
    for (last, shown) in [
        (put(two, "503"), get.to_owned()),
        (put(two, "503"), get.replace(one, two)),
    ] {
        let mut model = Model::observer(&open());
        for line in [CREATE, &put(one, ""), &last] {
            model.observe(&exchange(line));
        }
        let Fit::Forbidden(differences) = model.observe(&exchange(&shown)).fit else {
            panic!("{shown}");
        };
        let places: Vec<&str> = differences.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(places, ["/Keys/k"], "{shown}");
    }
}

#[test]
fn where_any_answer_will_do_perhaps_a_warning_stands() {
    let told = [
        CREATE.to_owned(),
        create(P, r#""FirstName":"Ann""#),
        found(P, &format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#))
            .replace(r#"}]}"#, r#"}],"NextToken":null}"#),
    ];
    let mut model = Model::observer(&open());
    model.observe(&exchange(&told[0]));
    model.observe(&exchange(&told[1]));
    model.observe(&exchange(
        r#"PUT /domains/d/integrations {"Uri":"x"} => 503"#,
    ));
    let Fit::Allowed { warnings } = model.observe(&exchange(&told[2])).fit else {
        panic!("not allowed");
    };
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].rules[0].id(), "proto.output-null");
    assert_eq!(warnings[0].place, "/NextToken");
}

#[test]
fn what_forbids_an_answer_is_told_before_what_deserves_a_warning() {
    let both = WRONG.replace("31,", r#"31,"Tags":null,"#);
    assert_eq!(
        weighed_last(&[CREATE, &both]),
        (false, vec!["domain.get.echo", "proto.output-null"])
    );
}

#[test]
fn who_served_something_has_not_served_nothing() {
    assert!(!Served::all().is_empty() && Served::default().is_empty());
    let mut served = Served::default();
    let create = operation("CreateDomain").expect("an operation");
    let Answer::Response(response) = exchange(CREATE).answer else {
        panic!("no answer");
    };
    served.note(create, &response);
    assert!(!served.is_empty());
}

#[test]
fn what_the_answer_of_a_put_shows_decides_unless_it_may_be_an_echo() {
    let tagged = |tags: &str| {
        format!(
            r#"{{"ObjectTypeName":"T","Description":"one","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}},"Tags":{{{tags}}}}}"#
        )
    };
    let (a, b) = (r#""a":"1""#, r#""b":"2""#);
    let put = |tags: &str, answer: &str| {
        let body = tagged(tags).replace(r#""ObjectTypeName":"T","#, "");
        format!("PUT /domains/d/object-types/T {body} => 200 {answer}")
    };
    let short = r#"{"ObjectTypeName":"T","Description":"one"}"#;
    let case = text::parse(STEPS, "test.case").expect("a case");
    let tags_on_reput = choice!("cap.tags-on-reput");
    for (answer, shown, decided) in [
        (tagged(a).as_str(), a, Some(0)),
        // The answers of the put are an echo or next to nothing, and what is shown may be from before it.
        (tagged(b).as_str(), a, None),
        (short, a, None),
        (tagged(b).as_str(), b, Some(1)),
        (short, b, Some(1)),
    ] {
        let judge = Judge::new(&case, &open()).with_patience(Duration::from_secs(1));
        let mut judge = judge.with_brief_patience(Duration::from_secs(1));
        let get = format!("GET /domains/d/object-types/T => 200 {}", tagged(shown));
        let told = [CREATE, &put(a, short), &put(b, answer), &get];
        for (step, line) in told.into_iter().enumerate() {
            assert_eq!(judge.see(step, &exchange(line)), Heard::Next, "{line}");
        }
        let choices = judge.finish().choices;
        assert_eq!(
            choices.get(tags_on_reput).decided(),
            decided,
            "{answer} {shown}"
        );
    }
}
