//! Domains, types, tags and templates: what stays as it was shown, and what lost puts may have done.

use super::*;

#[test]
fn a_write_that_is_lost_again_leads_to_no_further_states() {
    let listed = r#"GET /templates => 200 {"Items":[{"TemplateId":"A","SourceName":"s","SourceObject":"o"}]}"#;
    let shown = r#"GET /templates/B => 200 {"TemplateId":"B","SourceName":"s","SourceObject":"o"}"#;
    let missing = "GET /templates/none => 404 ResourceNotFoundException";
    let (put, _) = PUT.split_once(" => ").expect("a request");
    for seen in [listed, shown, missing] {
        let mut model = Model::observer(&open());
        for line in [CREATE, seen] {
            let fit = model.observe(&exchange(line)).fit;
            assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
        }
        for _ in 0..8 {
            model.observe(&exchange(&format!("{put} => 503")));
        }
        assert!(!model.is_lost(), "{seen}");
    }
}

#[test]
fn a_put_that_is_lost_now_and_then_leads_to_no_further_states() {
    let template =
        r#"PUT /domains/d/object-types/T {"Description":"one","TemplateId":"Servicenow-task"}"#;
    let odd = r#"PUT /domains/d/object-types/T {"Description":"\ud800","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let (own, _) = PUT.split_once(" => ").expect("a request");
    let implicit = r#"PUT /domains/d/object-types/Zendesk-users {"Description":"one"}"#;
    for put in [own, template, odd, implicit] {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        for _ in 0..20 {
            model.observe(&exchange(&format!("{put} => 503")));
            model.observe(&exchange(
                "GET /domains/none => 404 ResourceNotFoundException",
            ));
        }
        assert!(!model.is_lost(), "{put}");
    }
}

#[test]
fn when_a_type_was_made_is_listed_as_it_was_shown() {
    let at = |line: &str, created: u32| {
        line.replace(
            r#""Description":"one""#,
            &format!(r#""Description":"one","CreatedAt":{created},"LastUpdatedAt":1700000009"#),
        )
    };
    let get = r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let list = r#"GET /domains/d/object-types => 200 {"Items":[{"ObjectTypeName":"T","Description":"one"}]}"#;
    let (get, same, other) = (
        at(get, 1_700_000_000),
        at(list, 1_700_000_000),
        at(list, 1_700_000_005),
    );
    assert!(fits(&[CREATE, PUT, &get, &same]));
    let (_, rules) = weighed_last(&[CREATE, PUT, &get, &other]);
    assert_eq!(rules, ["list-types.item"]);
    // What was written since may have changed it.
    let more = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
    let (_, rules) = weighed_last(&[CREATE, PUT, &get, &more, &other]);
    assert_eq!(rules, ["put-type.timestamps"]);
}

#[test]
fn of_two_lost_puts_of_one_type_either_may_have_been_the_last() {
    const A: &str = r#""Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let put = |members: &str| format!("PUT /domains/d/object-types/T {{{members}}} => 503");
    let get = |members: &str| {
        format!(r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T",{members}}}"#)
    };
    for (from, to) in [
        ("one", "two"),
        (
            r#""Description""#,
            r#""AllowProfileCreation":true,"Description""#,
        ),
        (r#""Description""#, r#""ExpirationDays":7,"Description""#),
        ("_source.id", "_source.no"),
        ("\"UNIQUE\"", "\"UNIQUE\",\"NEW_ONLY\""),
        (r#"}},"Keys""#, r#"},"no":{"Source":"_source.no"}},"Keys""#),
        (r#""k":"#, r#""l":[{"FieldNames":["id"]}],"k":"#),
        (r#""Description""#, r#""Tags":{"a":"b"},"Description""#),
    ] {
        let b = A.replace(from, to);
        for (first, second) in [(A, &*b), (&*b, A)] {
            let mut model = Model::observer(&open());
            for line in [CREATE.to_owned(), put(first), put(second)] {
                model.observe(&exchange(&line));
            }
            for shown in [first, second] {
                let fit = model.clone().observe(&exchange(&get(shown))).fit;
                assert!(matches!(fit, Fit::Allowed { .. }), "{shown}: {fit:?}");
            }
        }
    }
}

#[test]
fn of_two_puts_of_one_type_at_the_same_time_either_may_be_the_last() {
    const A: &str = r#""Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let shown = |members: &str| format!(r#"200 {{"ObjectTypeName":"T",{members}}}"#);
    let put = |members: &str| {
        format!(
            "PUT /domains/d/object-types/T {{{members}}} => {}",
            shown(members)
        )
    };
    for (from, to) in [
        ("one", "two"),
        (
            r#""Description""#,
            r#""AllowProfileCreation":true,"Description""#,
        ),
        (r#""Description""#, r#""ExpirationDays":7,"Description""#),
        ("_source.id", "_source.no"),
        ("\"UNIQUE\"", "\"UNIQUE\",\"NEW_ONLY\""),
        (r#"}},"Keys""#, r#"},"no":{"Source":"_source.no"}},"Keys""#),
        (r#""k":"#, r#""l":[{"FieldNames":["id"]}],"k":"#),
        (r#""k":"#, r#""l":"#),
    ] {
        let b = A.replace(from, to);
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let both = [put(A), put(&b)].map(|line| exchange(&line));
        model.observe_together(&both.iter().collect::<Vec<_>>());
        for members in [A, &b] {
            let get = format!("GET /domains/d/object-types/T => {}", shown(members));
            let fit = model.clone().observe(&exchange(&get)).fit;
            assert!(matches!(fit, Fit::Allowed { .. }), "{members}: {fit:?}");
        }
    }
}

#[test]
fn when_a_domain_was_updated_moves_with_writes_and_only_forward() {
    let get = |updated: u32| {
        format!(
            r#"GET /domains/d => 200 {{"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":{updated}}}"#
        )
    };
    let (now, later, earlier) = (get(1_700_000_000), get(1_700_000_005), get(1_699_999_999));
    let options = |status: u16| format!("OPTIONS /domains/d => {status}");
    for (told, right) in [
        (vec![CREATE, &later], true),
        (vec![CREATE, PUT, &later], true),
        (vec![CREATE, &now, &later], true),
        (vec![CREATE, &earlier], false),
        (vec![CREATE, &later, &now], false),
        (vec![CREATE, &now, PUT, &later], true),
        (vec![CREATE, &now, PUT, &earlier], false),
        (vec![CREATE, PUT, &earlier], false),
        (vec![CREATE, &now, PUT, &later, &now], false),
        (vec![CREATE, &now, &options(200), &later], true),
        (vec![CREATE, &now, &options(300), &later], true),
        (vec![CREATE, &now, &options(404), &earlier], false),
    ] {
        assert_eq!(weighed_last(&told).0, right, "{told:#?}");
    }
    // A write without an answer may have moved it as well.
    let mut model = Model::observer(&open());
    let update = r#"PUT /domains/d {"DefaultExpirationDays":31} => 503"#;
    for line in [CREATE, &now, update] {
        model.observe(&exchange(line));
    }
    let moved = later.replace("30,", "31,");
    let fit = model.observe(&exchange(&moved)).fit;
    assert!(matches!(fit, Fit::Allowed { .. }), "{fit:?}");
}

#[test]
fn a_default_that_was_shown_stays_until_it_may_be_handed_down() {
    let get = |days: &str| {
        let days = match days {
            "" => String::new(),
            days => format!(r#","ExpirationDays":{days}"#),
        };
        format!(
            r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T","Description":"one","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}}{days}}}"#
        )
    };
    let own = |days: &str| {
        PUT.replace(
            r#""Description":"one","Fields"#,
            &format!(r#""Description":"one","ExpirationDays":{days},"Fields"#),
        )
        .replace(
            r#""Description":"one"}"#,
            &format!(r#""Description":"one","ExpirationDays":{days}}}"#),
        )
    };
    let update = r#"PUT /domains/d {"DefaultExpirationDays":60} => 200 {"DomainName":"d","DefaultExpirationDays":60,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
    for (told, right) in [
        (vec![PUT, &get("")], true),
        (vec![PUT, &get("30")], true),
        (vec![PUT, &get("45")], false),
        (vec![PUT, &get("30"), &get("30")], true),
        (vec![PUT, &get(""), &get("")], true),
        (vec![PUT, &get("30"), &get("")], false),
        (vec![PUT, &get(""), &get("30")], false),
        (vec![PUT, update, &get("")], true),
        (vec![PUT, update, &get("30")], true),
        (vec![PUT, update, &get("60")], true),
        (vec![PUT, update, &get("45")], false),
        (vec![PUT, &get("30"), update, &get("30")], true),
        (vec![PUT, &get("30"), update, &get("60")], true),
        (vec![&own("7"), &get("7")], true),
        (vec![&own("7"), &get("")], false),
        (vec![&own("7"), update, &get("7")], true),
        (vec![&own("7"), update, &get("60")], false),
        (vec![&own("30"), update, &get("30")], true),
        (vec![&own("30"), update, &get("60")], false),
    ] {
        let told: Vec<&str> = [CREATE].into_iter().chain(told).collect();
        assert_eq!(weighed_last(&told).0, right, "{told:#?}");
    }
    let told = [CREATE, PUT, update, &get("45")];
    assert_eq!(
        broken(&told).as_deref(),
        Some("put-type.expiration.default")
    );
    let foreign = get("").replace(r#""Description""#, r#""TemplateId":"CTR","Description""#);
    assert!(broken(&[CREATE, PUT, &foreign]).is_some());
}

#[test]
fn what_was_open_about_matching_and_tags_stays_as_it_was_shown() {
    let with = |line: &str, members: &str| line.replace("30,", &format!("30,{members}"));
    let create = CREATE.replacen("30}", r#"30,"Matching":{"Enabled":false}}"#, 1);
    let none = SHOWN.to_owned();
    let plain = with(SHOWN, r#""Matching":{"Enabled":false},"#);
    let newer = with(SHOWN, r#""Matching":{"Enabled":false,"Newer":1},"#);
    for told in [[&plain, &none], [&newer, &none], [&none, &plain]] {
        let [first, second] = told;
        assert!(fits(&[&create, first, first]), "{first}");
        assert!(!fits(&[&create, first, second]), "{first} {second}");
    }
    // What an update makes of tags is open.
    const TAGS: &str =
        "GET /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd => 200";
    let odd = CREATE
        .replacen("30}", r#"30,"Tags":{"a":"b"}}"#, 1)
        .replacen("POST", "PUT", 1);
    let some = format!(r#"{TAGS} {{"tags":{{"a":"b"}}}}"#);
    let nothing = format!(r#"{TAGS} {{"tags":{{}}}}"#);
    let shown = with(SHOWN, r#""Tags":{"a":"b"},"#);
    for (get, list, right) in [
        (&shown, &some, true),
        (&shown, &nothing, true),
        (&none, &nothing, true),
        (&none, &some, true),
        (&some, &nothing, false),
        (&nothing, &some, false),
    ] {
        assert_eq!(
            weighed_last(&[CREATE, &odd, get, list]).0,
            right,
            "{get} {list}"
        );
    }
}

#[test]
fn a_template_that_was_missed_is_not_listed_and_one_that_was_refused_may_be() {
    let list = r#"GET /templates => 200 {"Items":[{"TemplateId":"Mine","SourceName":"s","SourceObject":"o"}]}"#;
    let get = |answer: &str| format!("GET /templates/Mine => {answer}");
    let shown = get(r#"200 {"TemplateId":"Mine","SourceName":"s","SourceObject":"o"}"#);
    let missed = get("404 ResourceNotFoundException");
    let refused = get("400 BadRequestException");
    assert!(fits(&[list]));
    assert!(fits(&[&refused, list]));
    assert!(!fits(&[&missed, list]));
    // Objects may be of a type that has the name of a template.
    let object = r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"Mine","Object":"{\"id\":\"1\"}"} => 200 {"ProfileObjectUniqueKey":"k"}"#;
    for (template, right) in [(&missed, false), (&shown, true)] {
        assert_eq!(
            weighed_last(&[CREATE, template, object]).0,
            right,
            "{template}"
        );
    }
    let mut model = reference(&Manner::default());
    assert_eq!(ask(&mut model, "GET /templates/none").0, 404);
    assert_eq!(ask(&mut model, "GET /templates/CTR").0, 200);
}
