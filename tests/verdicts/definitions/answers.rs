//! What answers show, what they are refused for, and how a difference is told.

use super::*;

#[test]
fn what_a_put_rests_on_may_depend_on_what_is_there() {
    let lookup = put_keyed(
        r#""l":[{"StandardIdentifiers":["PROFILE","LOOKUP_ONLY"],"FieldNames":["a"]}],"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#,
    );
    let plain = typed("N", &mapped())[0].clone();
    let creating = typed("N", &(mapped() + r#","AllowProfileCreation":true"#))[0].clone();
    let not = creating.replace("true", "false");
    let by_template = lookup.replacen("\"Fields\"", "\"TemplateId\":\"t\",\"Fields\"", 1);
    for (before, put, rule) in [
        (&[][..], &lookup, "may put-type.keys.durable-waived"),
        (&[&plain], &lookup, "may put-type.keys.durable-waived"),
        (&[&not], &lookup, "may put-type.keys.durable-waived"),
        (
            &[&creating],
            &lookup,
            "may put-type.keys.lookup-needs-durable",
        ),
        (&[], &by_template, "may put-type.keys.lookup-needs-durable"),
    ] {
        let mut told = vec![CREATE];
        told.extend(before.iter().map(|line| line.as_str()));
        let mut found = weighing(&told, put);
        found.retain(|line| line.contains("durable"));
        assert_eq!(found, [rule], "{told:#?}");
    }
    let implicit = r#"PUT /domains/d/object-types/Zendesk-users {"Description":"n"}"#;
    let found = weighing(&[CREATE], implicit);
    assert!(found.contains(&"may put-type.mapping.none-implicit".to_owned()));
    let apart = put_keyed(
        r#""k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["a"]}],"_account":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["b"]}]"#,
    );
    let found = weighing(&[CREATE], &apart);
    for rule in [
        "put-type.keys.profile-unique",
        "put-type.keys.guide-example",
    ] {
        assert!(!found.contains(&format!("shows {rule}")), "{rule}");
    }
    // A hundred types work.
    let types: Vec<String> = (0..100)
        .map(|n| typed(&format!("N{n}"), &mapped())[0].clone())
        .collect();
    let quota = |count: usize, name: &str| {
        let mut told = vec![CREATE];
        told.extend(types[..count].iter().map(String::as_str));
        let [put, _] = typed(name, &mapped());
        weighing(&told, asked(&put)).contains(&"may quota.types-per-domain".to_owned())
    };
    assert!(!quota(99, "M") && quota(100, "M") && !quota(100, "N1"));
}

/// Rules that leave a request open, what the reference answers to it, and what it answers where it takes the other way.
const LEFT_OPEN: &str = r#"
put-type.encryption-key.content | "EncryptionKey":"k" => 200 400
put-type.tags.min | "Tags":{} => 400 200
put-type.keys.fieldnames-required | ["a"] | [] => 400 200
put-type.fields.target-system-id | _source.a" | _source.a","Target":"_profile.ProfileId" => 400 200
extract.handlebars.blocks | _source.a | {{a}} => 200 400
put-type.fields.name-case | "Fields":{ | "Fields":{"A":{"Source":"_source.b"}, => 200 400
put-type.name.reserved | /N | /_n => 400 200
put-type.name.standard | /N | /_profile => 400 200
proto.body-duplicate-member | "Description":"n" | "Description":"m","Description":"n" => 400 200
"#;

#[test]
fn the_reference_refuses_what_its_rule_says_first() {
    let both = |rule: &str, request: &str| {
        [Manner::default(), other_way(rule)]
            .map(|manner| last_status(&manner, &[CREATE, &format!("{request} => 200")]))
    };
    let usual = put_with(&mapped()[1..]);
    for line in LEFT_OPEN.lines().skip(1) {
        let (cells, statuses) = line.split_once(" => ").expect("an arrow");
        let request = match cells.split(" | ").collect::<Vec<_>>()[1..] {
            [member] => put_with(&format!("{member}{}", mapped())),
            [from, to] => usual.replacen(from, to, 1),
            _ => panic!("{line}"),
        };
        let rule = cells.split(" | ").next().expect("a rule");
        let found = both(rule, &request).map(|status| status.to_string());
        assert_eq!(found.join(" "), statuses, "{line}");
    }
    for (rule, request, statuses) in [
        (
            "delete-type.standard",
            "DELETE /domains/d/object-types/_profile",
            [400, 200],
        ),
        (
            "get-type.standard",
            "GET /domains/d/object-types/_profile",
            [400, 400],
        ),
        (
            "implicit.deletable",
            "DELETE /domains/d/object-types/Zendesk-users",
            [200, 404],
        ),
        ("template.get.unknown", "GET /templates/nothing", [404, 404]),
        (
            "domain.update.tags",
            r#"PUT /domains/d {"Tags":{"a":"b"}}"#,
            [200, 400],
        ),
        (
            "domain.create.key-url-content",
            r#"POST /domains/e {"DefaultExpirationDays":30,"DeadLetterQueueUrl":"k"}"#,
            [200, 400],
        ),
    ] {
        assert_eq!(both(rule, request), statuses, "{rule}");
    }
    let untag = format!("DELETE {}?tagKeys=a", tags_of("domains/d"));
    assert_eq!(both("tag.remove.absent-key", &untag), [200, 400]);
    let many: Vec<String> = (0..51).map(|n| format!(r#""k{n}":"v""#)).collect();
    let tag = |from: usize, to: usize| {
        format!(
            r#"POST {} {{"tags":{{{}}}}}"#,
            tags_of("domains/d"),
            many[from..to].join(",")
        )
    };
    for (manner, status) in [
        (Manner::default(), 400),
        (other_way("tag.add.limit-total"), 200),
    ] {
        let [first, second] = [tag(0, 50), tag(50, 51)].map(|tag| format!("{tag} => 200"));
        assert_eq!(last_status(&manner, &[CREATE, &first, &second]), status);
    }
}

#[test]
fn a_bare_plus_in_a_query_may_be_read_as_a_blank() {
    let tags = tags_of("domains/d");
    let tag = format!(r#"POST {tags} {{"tags":{{"a+b":"1","c":"2"}}}} => 200 {{}}"#);
    let list = |shown: &str| format!(r#"GET {tags} => 200 {{"tags":{{{shown}}}}}"#);
    let untag = |key: &str, answer: &str| format!("DELETE {tags}?tagKeys={key} => {answer}");
    let bare = untag("a+b", "200 {}");
    for shown in [r#""c":"2""#, r#""a+b":"1","c":"2""#] {
        allowed(&[CREATE, &tag, &bare, &list(shown)]);
    }
    allowed(&[
        CREATE,
        &tag,
        &untag("a+b", BAD),
        &list(r#""a+b":"1","c":"2""#),
    ]);
    let escaped = untag("a%2Bb", "200 {}");
    allowed(&[CREATE, &tag, &escaped, &list(r#""c":"2""#)]);
    let kept = list(r#""a+b":"1","c":"2""#);
    forbidden("tag.remove", &[CREATE, &tag, &escaped, &kept]);
}

#[test]
fn of_two_reasons_for_a_refusal_the_status_may_tell_which_it_was() {
    // A domain in another case, and a key that may be refused: 404 is for the one, 400 for the other.
    let put = |domain: &str, name: &str, answer: &str| {
        let put = put_keyed(&format!(
            r#"{A_IS_UNIQUE},"l":[{{"StandardIdentifiers":["SECONDARY"],"FieldNames":["b"]}}]"#
        ));
        let put = put.replace("/domains/d/", &format!("/domains/{domain}/"));
        let answer = match answer {
            "200" => format!(r#"200 {{"ObjectTypeName":"{name}","Description":"n"}}"#),
            refused => refused.to_owned(),
        };
        format!("{} => {answer}", put.replace("/N ", &format!("/{name} ")))
    };
    let get = |answer: &str| format!("GET /domains/D => {answer}");
    let shown = format!("200 {}", domain_with(30, ""));
    for (first, then, fits) in [
        (BAD, put("d", "M", "200"), false),
        (BAD, put("d", "M", BAD), true),
        (BAD, get(&shown), true),
        (BAD, get(NOT_FOUND), true),
        (NOT_FOUND, put("d", "M", "200"), true),
        (NOT_FOUND, put("d", "M", BAD), true),
        (NOT_FOUND, get(&shown), false),
        (NOT_FOUND, get(NOT_FOUND), true),
        ("200", put("d", "M", BAD), false),
        ("200", get(NOT_FOUND), false),
    ] {
        let told = [CREATE.to_owned(), put("D", "N", first), then.clone()];
        assert_eq!(judged(&told).0, fits, "{first} {then}");
    }
}

#[test]
fn two_flaws_at_once_show_that_either_may_be_told() {
    let shows = |request: &str, answer: &str| {
        let mut model = Model::observer(&open());
        let observed = model.observe(&exchange(&format!("{request} => {answer}")));
        assert!(matches!(observed.fit, Fit::Allowed { .. }), "{request}");
        let mut cites = observed.cites.iter();
        cites.any(|(rule, _)| rule.id() == "proto.precedence")
    };
    assert!(!shows("GET /domains/none", NOT_FOUND));
    assert!(!shows("POST /domains/d {}", BAD));
    let flawed = r#"PUT /domains/none/object-types/N {"Description":""}"#;
    assert!(shows(flawed, NOT_FOUND) && shows(flawed, BAD));
    let invalid = "must domain.scope-unknown-invalid".to_owned();
    assert!(weighing(&[], flawed).contains(&invalid));
    assert!(!weighing(&[], "GET /domains/none/object-types/N").contains(&invalid));
}

#[test]
fn who_does_not_tell_upper_from_lower_case_may_show_either() {
    let fields = r#""Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let domain = |asked: &str, shown: &str| {
        let body = domain_with(30, "").replace("\"d\"", &format!("{shown:?}"));
        format!("GET /domains/{asked} => 200 {body}")
    };
    let object_type = |asked: &str, shown: &str| {
        format!(
            r#"GET /domains/d/object-types/{asked} => 200 {{"ObjectTypeName":"{shown}","Description":"one",{fields}}}"#
        )
    };
    let template = |asked: &str, shown: &str| {
        format!(r#"GET /templates/{asked} => 200 {{"TemplateId":"{shown}"}}"#)
    };
    let start = [CREATE.to_owned(), PUT.to_owned(), template("p", "p")];
    for (odd, missing, rule) in [
        (domain("d", "D"), "GET /domains/D", "domain.get.echo"),
        (
            object_type("T", "t"),
            "GET /domains/d/object-types/t",
            "put-type.response.echo",
        ),
        (
            template("p", "P"),
            "GET /templates/P",
            "template.get.id-echo",
        ),
    ] {
        let missing = format!("{missing} => {NOT_FOUND}");
        let mut told = start.to_vec();
        told.push(odd.clone());
        assert_eq!(judged(&told), (true, vec![]), "{odd}");
        let mut told = start.to_vec();
        told.extend([missing, odd]);
        assert_eq!(judged(&told), (false, vec![rule]));
    }
}

#[test]
fn an_answer_that_fits_shows_the_rules_of_what_it_holds() {
    let shown = |told: &[&str]| -> Vec<&'static str> {
        let mut model = Model::observer(&open());
        let mut rules = Vec::new();
        for line in told {
            let observed = model.observe(&exchange(line));
            assert!(
                matches!(observed.fit, Fit::Allowed { .. }),
                "{line}: {:?}",
                observed.fit
            );
            rules = observed.cites.iter().map(|(rule, _)| rule.id()).collect();
        }
        rules
    };
    let [put, get] = typed("N", &mapped());
    let type_rules = shown(&[CREATE, &put, &get]);
    for rule in [
        "put-type.echo.fields",
        "put-type.echo.keys",
        "put-type.timestamps",
    ] {
        assert!(type_rules.contains(&rule), "{rule} in {type_rules:?}");
    }
    let template = |id: &str| {
        shown(&[&format!(
            r#"GET /templates/{id} => 200 {{"TemplateId":"{id}"}}"#
        )])
    };
    assert!(template("t").contains(&"template.get.well-formed"));
    assert!(!template("t").contains(&"template.multi-link"));
    assert!(template("Salesforce-Contact").contains(&"template.multi-link"));
    let made = one_made();
    let made = made.each_ref().map(String::as_str);
    assert!(shown(&made).contains(&"search.profile-shape"));
    let listed = list(P, &[("k1", ONE)]);
    assert!(shown(&[&made[..], &[&listed]].concat()).contains(&"list-objects.item.object"));
}

#[test]
fn a_difference_is_told_with_its_place_and_with_what_may_have_spoilt_it() {
    let found = |told: &[&str]| -> Difference {
        let mut model = Model::observer(&open());
        for line in told {
            if let Fit::Forbidden(differences) = model.observe(&exchange(line)).fit {
                return differences.into_iter().next().expect("a difference");
            }
        }
        panic!("all fit: {told:#?}");
    };
    let [put, get] = typed("N", &mapped());
    let other = get.replace("\"one\"", "\"two\"");
    let idempotent = found(&[CREATE, &put, &put, &other]);
    let rules: Vec<_> = idempotent.rules.iter().map(|rule| rule.id()).collect();
    assert!(rules.contains(&"put-type.idempotent"), "{rules:?}");
    assert_eq!(idempotent.place, "/Description");
    let tag = format!(
        r#"POST {} {{"tags":{{"a/b":"1"}}}} => 200 {{}}"#,
        tags_of("domains/d")
    );
    let list = format!(
        r#"GET {} => 200 {{"tags":{{"a/b":"2"}}}}"#,
        tags_of("domains/d")
    );
    assert_eq!(found(&[CREATE, &tag, &list]).place, "/tags/a~1b");
    // Ids the system assigns have one form, and times one order.
    let create = r#"POST /domains/d/profiles {"FirstName":"A"} => 200 {"ProfileId":"x"}"#;
    assert_eq!(
        found(&[CREATE, create]).expected,
        "<new id of 32 hex digits>"
    );
    let updated = |time: &str| {
        CREATE.replace(
            r#""LastUpdatedAt":1700000000"#,
            &format!(r#""LastUpdatedAt":{time}"#),
        )
    };
    assert_eq!(found(&[&updated("1699999998")]).place, "/CreatedAt");
    allowed(&[&updated("1699999999.95")]);
    let made = one_made();
    let made = made.each_ref().map(String::as_str);
    let wrong = super::list(P, &[("k1", TWO)]);
    let rules = found(&[&made[..], &[&wrong]].concat()).rules;
    assert_eq!(rules[0].id(), "list-objects.item.object");
    let bea = search("mKey", "x", &[(P, "Bea")]);
    assert_eq!(found(&[&made[..], &[&bea]].concat()).expected, "\"Ann\"");
}

#[test]
fn where_any_answer_will_do_another_reading_may_still_deserve_a_warning() {
    // Whether the odd put was taken nobody knows; if so, nothing about the domain is known either.
    let odd = described_twice(PUT);
    let asked = asked(&odd);
    let mut model = Model::observer(&open());
    let mut told = one_made().to_vec();
    told.extend(valued("STRING", "a"));
    told.push(format!("{asked} => 503 ServiceUnavailableException"));
    for line in &told {
        model.observe(&exchange(line));
    }
    let last = search("vKey", "A", &[(P, "Ann")]);
    match model.observe(&exchange(&last)).fit {
        Fit::Allowed { warnings } => assert_eq!(warnings[0].rules[0].id(), "key.string.differs"),
        other => panic!("{other:?}"),
    }
}
