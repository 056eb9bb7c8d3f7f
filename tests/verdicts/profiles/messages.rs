//! What a message is taken for, and what its answer says whatever it asks.

use super::*;

/// The answer to what was sent as bytes.
fn sent(bytes: &str, answer: &str) -> Exchange {
    Exchange {
        message: Message::Raw(bytes.to_owned().into()),
        ..exchange(&format!("GET / => {answer}"))
    }
}

/// How the answer to the first message of a conversation fits.
fn first(exchange: &Exchange) -> Fit {
    Model::observer(&open()).observe(exchange).fit
}

fn is_allowed(exchange: &Exchange) -> bool {
    matches!(first(exchange), Fit::Allowed { .. })
}

#[test]
fn who_is_sent_chunks_as_bytes_may_ask_for_a_length_or_hang_up() {
    let chunked = "POST /domains/d HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let counted = chunked
        .replace("transfer-encoding: chunked", "content-length: 2")
        .replace("2\r\n{}\r\n0\r\n\r\n", "{}");
    for (answer, to_chunks, to_length) in [
        ("400 BadRequestException", true, true),
        ("400", true, false),
        ("411", true, false),
        ("399", false, false),
        ("200 {}", false, false),
        ("501", false, false),
    ] {
        assert_eq!(is_allowed(&sent(chunked, answer)), to_chunks, "{answer}");
        assert_eq!(is_allowed(&sent(&counted, answer)), to_length, "{answer}");
    }
    let closed = |bytes: &str| Exchange {
        answer: silent(MISSING).answer,
        ..sent(bytes, "200")
    };
    assert!(is_allowed(&closed(chunked)));
    assert!(matches!(first(&closed(&counted)), Fit::Unclear(_)));
    // A request that a client has sent is in order.
    let mut plain = exchange("GET /domains/none => 411");
    if let Message::Request(request) = &mut plain.message {
        request.headers.push("transfer-encoding", "chunked");
    }
    assert!(!is_allowed(&plain));
    plain.answer = silent(MISSING).answer;
    assert!(matches!(first(&plain), Fit::Unclear(_)));
}

#[test]
fn who_knows_no_such_method_may_say_so() {
    for (method, status, right) in [
        ("GET", 501, false),
        ("POST", 501, false),
        ("PUT", 505, false),
        ("DELETE", 505, false),
        ("BREW", 500, false),
        ("BREW", 501, true),
        ("BREW", 502, false),
        ("BREW", 504, false),
        ("BREW", 505, true),
        ("OPTIONS", 501, true),
        ("HEAD", 501, true),
    ] {
        let asked = exchange(&format!("{method} /domains/none => {status}"));
        assert_eq!(is_allowed(&asked), right, "{method} {status}");
    }
    let whole = "GET /domains/none HTTP/1.1\r\nhost: x\r\n\r\n";
    for (bytes, status, right) in [
        ("nonsense\r\n\r\n", "501", true),
        ("nonsense\r\n\r\n", "505", true),
        ("nonsense\r\n\r\n", "500", false),
        (whole, "501", false),
        (whole, "505", false),
    ] {
        assert_eq!(is_allowed(&sent(bytes, status)), right, "{bytes} {status}");
    }
}

#[test]
fn only_an_ordinary_request_may_meet_an_operation_that_is_not_there() {
    let whole = "GET /domains/none HTTP/1.1\r\nhost: x\r\n\r\n";
    let plain = exchange("GET /domains/none => 405");
    assert!(matches!(first(&plain), Fit::Unclear(_)));
    assert!(matches!(first(&sent(whole, "405")), Fit::Forbidden(_)));
}

#[test]
fn slashes_in_what_is_no_arn_say_nothing_about_arns() {
    const ARN: &str = "GET /tags/arn:aws:profile:us-east-1:1:domains/d => ";
    let read = format!(r#"{ARN}200 {{"tags":{{}}}}"#);
    for unknown in ["404 UnknownOperationException", "405", "415"] {
        for other in ["/tags/x/y", "/tags/x/arn", "/arn/d", "/tags/"] {
            allowed(&[CREATE, &format!("GET {other} => {unknown}"), &read]);
        }
        assert!(broken(&[CREATE, &format!("{ARN}{unknown}"), &read]).is_some());
    }
    allowed(&[CREATE, &read]);
}

#[test]
fn slashes_in_what_is_no_arn_lead_nowhere() {
    let cites = |target: &str| {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let missing = format!("GET {target} => 404 ResourceNotFoundException");
        let cites = model.observe(&exchange(&missing)).cites;
        cites
            .iter()
            .any(|(rule, _)| rule.id() == "tag.arn.raw-slash")
    };
    assert!(cites("/tags/arn:aws:profile:us-east-1:1:domains/d"));
    assert!(!cites("/tags/x/y"));
    let mut model = reference(&Manner::default());
    let (_, body) = ask(&mut model, "GET /tags/x/y");
    let error = body.get("__type").and_then(Json::as_str);
    assert_eq!(error, Some("UnknownOperationException"));
}

#[test]
fn what_is_no_operation_says_nothing_about_its_answer() {
    let bytes = "GET /tags/arn:aws:profile:us-east-1:1:domains/d HTTP/1.1\r\nhost: x\r\n\r\n";
    let told = r#"200 {"tags":7}"#;
    let plain = exchange(&format!(
        "GET /tags/arn:aws:profile:us-east-1:1:domains/d => {told}"
    ));
    for (asked, right) in [(sent(bytes, told), true), (plain, false)] {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let fit = model.observe(&asked).fit;
        assert_eq!(matches!(fit, Fit::Allowed { .. }), right, "{fit:?}");
    }
}

#[test]
fn what_status_an_answer_has_says_which_rules_it_shows() {
    let shows = |status: u16, rule: &str| {
        let observed = Model::observer(&open()).observe(&answer(status, "{}"));
        observed.cites.iter().any(|(cited, _)| cited.id() == rule)
    };
    for (status, succeeds, fails) in [
        (200, true, false),
        (299, true, false),
        (300, false, false),
        (399, false, false),
        (400, false, true),
        (404, false, true),
    ] {
        assert_eq!(shows(status, "proto.success-status"), succeeds, "{status}");
        assert_eq!(shows(status, "proto.error-status"), fails, "{status}");
    }
}

#[test]
fn a_message_that_nobody_took_had_no_effect() {
    for (kind, shown, missing) in [
        (NoAnswerKind::Refused, false, true),
        (NoAnswerKind::Unreachable, false, true),
        (NoAnswerKind::Closed, true, true),
        (NoAnswerKind::Timeout, true, true),
    ] {
        for (read, right) in [(SHOWN, shown), (MISSING, missing)] {
            let mut model = Model::observer(&open());
            let silence = NoAnswer {
                kind,
                detail: String::new(),
            };
            model.observe(&Exchange {
                answer: Answer::None(silence),
                ..exchange(CREATE)
            });
            let fit = model.observe(&exchange(read)).fit;
            assert_eq!(matches!(fit, Fit::Allowed { .. }), right, "{kind:?} {read}");
        }
    }
}

#[test]
fn a_read_without_an_answer_changes_nothing() {
    let get = |updated: u32| {
        format!(
            r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T","Description":"one","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}},"CreatedAt":1700000000,"LastUpdatedAt":{updated}}}"#
        )
    };
    let mut model = Model::observer(&open());
    for line in [CREATE, PUT, &get(1_700_000_000)] {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    model.observe(&silent(SHOWN));
    let refused = r#"POST /domains/d {"DefaultExpirationDays":"x"} => 503"#;
    model.observe(&exchange(refused));
    let fit = model.observe(&exchange(&get(1_700_000_005))).fit;
    assert!(matches!(fit, Fit::Forbidden(_)), "{fit:?}");
}

#[test]
fn only_who_signs_for_a_target_that_trusts_it_may_have_the_wrong_credentials() {
    for (trusts, signs) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut model = Model::observer(&open());
        if trusts {
            model = model.trusting_signatures();
        }
        let mut asked = exchange(&CREATE.replace("200 {", "403 AccessDeniedException {"));
        if let Message::Request(request) = &mut asked.message
            && signs
        {
            request.headers.push("authorization", "${sigv4}");
        }
        let fit = model.observe(&asked).fit;
        let unclear = matches!(fit, Fit::Unclear(_));
        assert_eq!(unclear, trusts && signs, "{trusts} {signs}: {fit:?}");
    }
    // Of a target of which nothing is known, only the trusted signature is one.
    for (trusts, signs) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut model = Model::observer(&Choices::open());
        if trusts {
            model = model.trusting_signatures();
        }
        let mut asked = exchange("GET /domains/none => 403 AccessDeniedException");
        if let Message::Request(request) = &mut asked.message
            && signs
        {
            request.headers.push("authorization", "${sigv4}");
        }
        let fit = model.observe(&asked).fit;
        let allowed = matches!(fit, Fit::Allowed { .. });
        assert_eq!(allowed, !(trusts && signs), "{trusts} {signs}: {fit:?}");
    }
}

#[test]
fn whether_a_request_without_a_signature_is_served_is_a_choice() {
    let denied = "GET /domains/none => 403 AccessDeniedException";
    for (choices, told, right) in [
        (Choices::open(), &[denied, denied][..], true),
        (Choices::open(), &[CREATE, SHOWN], true),
        (Choices::open(), &[CREATE, denied], false),
        (open(), &[denied], false),
        (open(), &[CREATE], true),
    ] {
        let mut model = Model::observer(&choices);
        let (last, before) = told.split_last().expect("a line");
        for line in before {
            model.observe(&exchange(line));
        }
        let fit = model.observe(&exchange(last)).fit;
        assert_eq!(matches!(fit, Fit::Allowed { .. }), right, "{told:?}");
    }
}

#[test]
fn to_options_any_answer_will_do() {
    for (status, right) in [
        (200, true),
        (204, true),
        (404, true),
        (418, true),
        (500, false),
    ] {
        let asked = exchange(&format!("OPTIONS /domains/none => {status}"));
        assert_eq!(is_allowed(&asked), right, "{status}");
    }
}

#[test]
fn head_may_be_answered_like_get_without_a_body() {
    for (target, status, right) in [
        ("/domains/d", 200, true),
        ("/domains/none", 200, false),
        ("/domains/d", 405, true),
        ("/domains/none", 404, true),
        ("/domains/d", 409, false),
        ("/domains/d", 500, false),
    ] {
        let line = format!("HEAD {target} => {status}");
        assert_eq!(weighed_last(&[CREATE, &line]).0, right, "{line}");
    }
}

#[test]
fn a_fragment_in_a_target_may_be_cut_off_or_refused() {
    let closed = Exchange {
        answer: silent(SHOWN).answer,
        ..exchange("GET /domains/none#x => 200")
    };
    assert!(is_allowed(&closed));
    for answer in [
        "200 {}",
        "400 BadRequestException",
        "404 ResourceNotFoundException",
        "418",
    ] {
        assert!(is_allowed(&exchange(&format!(
            "GET /domains/none#x => {answer}"
        ))));
    }
    assert!(!is_allowed(&exchange("GET /domains/none#x => 500")));
    assert!(!is_allowed(&exchange("GET /domains/none?x => 418")));
}

#[test]
fn what_a_target_says_is_quoted_with_its_status_and_type() {
    let actual = |answer: &str| {
        let asked = exchange(&format!("GET /domains/none => {answer}"));
        match first(&asked) {
            Fit::Forbidden(differences) => differences[0].actual.clone(),
            fit => panic!("{fit:?}"),
        }
    };
    assert_eq!(
        actual(r#"400 BadRequestException {"Message":"m"}"#),
        r#"400 BadRequestException {"Message":"m"}"#
    );
    assert_eq!(actual("302"), "302");
    assert!(actual(&format!("302 [{}]", "1,".repeat(1000))).len() < 300);
}

#[test]
fn what_a_lone_surrogate_stands_for_nobody_can_read() {
    let get = SHOWN.replace("\"d\"", r#""\ud800""#);
    assert_eq!(
        weighed_last(&[CREATE, &get]),
        (false, vec!["proto.success-body"])
    );
}

const MISSING_TYPE: &str = "GET /domains/d/object-types/T => 404 ResourceNotFoundException";

#[test]
fn what_an_odd_request_did_may_explain_what_shows_later() {
    let rules = |told: &[&str]| {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        for line in told {
            let fit = model.observe(&exchange(line)).fit;
            assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
        }
        let Fit::Forbidden(differences) = model.observe(&exchange(WRONG)).fit else {
            panic!("allowed");
        };
        let rules = differences[0].rules.iter();
        rules.map(|rule| rule.id()).collect::<Vec<_>>()
    };
    let nowhere = "POST /domains/d/nowhere => 404";
    let plain = rules(&[]);
    assert!(!plain.contains(&"proto.route-unknown"));
    assert_eq!(rules(&[SHOWN, MISSING_TYPE]), plain);
    for told in [&[nowhere][..], &[nowhere, nowhere]] {
        let rules = rules(told);
        let odd = rules.iter().filter(|rule| **rule == "proto.route-unknown");
        assert_eq!(odd.count(), 1, "{rules:?}");
    }
}

#[test]
fn each_operation_is_held_against_its_own_rules() {
    let told = |line: &str| weighed(&exchange(line)).0;
    for (line, right) in [
        (
            r#"PUT /domains/d {"DefaultExpirationDays":30} => 404 ResourceNotFoundException"#,
            true,
        ),
        (
            r#"PUT /domains/d {"DefaultExpirationDays":30} => 400 BadRequestException"#,
            false,
        ),
        (r#"GET /domains => 200 {"Items":[]}"#, true),
        ("GET /domains => 404 ResourceNotFoundException", false),
        (r#"GET /templates => 200 {"Items":[]}"#, true),
        ("GET /templates => 404 ResourceNotFoundException", false),
        ("DELETE /domains/d => 400 BadRequestException", false),
    ] {
        assert_eq!(told(line), right, "{line}");
    }
    let shows = |line: &str| {
        let mut model = Model::observer(&open());
        if !line.starts_with("POST /domains/d ") {
            model.observe(&exchange(CREATE));
        }
        let cites = model.observe(&exchange(line)).cites;
        let mut names = cites.iter().map(|(rule, _)| rule.id());
        names.any(|rule| rule.starts_with("domain.name."))
    };
    assert!(shows(CREATE));
    assert!(!shows(SHOWN) && !shows(PUT));
}

#[test]
fn what_need_not_be_understood_does_what_it_asks_for_where_it_is_served() {
    const BODY: &str = r#"{"LastName":"Lee"}"#;
    let made = format!(r#"200 {{"ProfileId":"{P}"}}"#);
    let raw = |target: &str, fields: &str| {
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json");
        format!("{head}\r\n{fields}\r\n\r\n{BODY}")
    };
    let profiles = "/domains/d/profiles";
    let long = format!("{profiles}?x={}", "a".repeat(5000));
    let field = format!("content-length: 18\r\nx-long: {}", "a".repeat(9000));
    let plain = |target: &str| exchange(&format!("POST {target} {BODY} => {made}"));
    let odd = [
        sent(
            &raw(profiles, "a field without a colon\r\ncontent-length: 18"),
            &made,
        ),
        sent(&raw(profiles, "content-length: 18x"), &made),
        sent(
            &raw(profiles, "content-length: 18\r\ncontent-length: 19"),
            &made,
        ),
        sent(&raw(profiles, "x-y: 1\ncontent-length: 18"), &made),
        sent(&raw(&long, "content-length: 18"), &made),
        sent(&raw(profiles, &field), &made),
        plain(&long),
        plain(&format!("{profiles}#part")),
    ];
    for taken in odd {
        let mut served = Model::observer(&open());
        assert!(matches!(
            served.observe(&exchange(CREATE)).fit,
            Fit::Allowed { .. }
        ));
        let mut refused = served.clone();
        let told = served.observe(&taken).fit;
        assert!(
            matches!(told, Fit::Allowed { ref warnings } if warnings.is_empty()),
            "{told:?}"
        );
        let answer = exchange("GET / => 400 BadRequestException").answer;
        let told = refused.observe(&Exchange { answer, ..taken }).fit;
        assert!(matches!(told, Fit::Allowed { .. }), "{told:?}");
        for (items, if_served, if_refused) in [
            (
                format!(r#"{{"ProfileId":"{P}","LastName":"Lee"}}"#),
                true,
                false,
            ),
            (
                format!(r#"{{"ProfileId":"{P}","LastName":"Roe"}}"#),
                false,
                false,
            ),
            (String::new(), true, true),
        ] {
            let found = exchange(&format!(
                r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{P}"]}} => 200 {{"Items":[{items}]}}"#
            ));
            for (model, right) in [(&served, if_served), (&refused, if_refused)] {
                let fit = model.clone().observe(&found).fit;
                assert_eq!(matches!(fit, Fit::Allowed { .. }), right, "{items} {fit:?}");
            }
        }
    }
}
