//! Templates, and types that take their mapping from one.

use super::*;

/// The rules of what an answer about a template deserves a warning for.
fn told_of_template(id: &str, members: &str) -> (bool, Vec<&'static str>) {
    weighed(&exchange(&format!(
        r#"GET /templates/{id} => 200 {{"TemplateId":"{id}",{members}}}"#
    )))
}

#[test]
fn a_template_is_named_and_keyed_as_types_are() {
    let longest = "n".repeat(64);
    let too_long = "n".repeat(65);
    for (name, right) in [
        ("Zendesk", true),
        ("a", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("", false),
        ("free text", false),
    ] {
        for member in ["SourceName", "SourceObject"] {
            let (fits, rules) = told_of_template("t", &format!(r#""{member}":"{name}""#));
            let wanted = if right {
                &[][..]
            } else {
                &["template.get.source-names"]
            };
            assert!(fits);
            assert_eq!(rules, wanted, "{member} {name}");
        }
    }
    let fields = r#""Fields":{"a":{"Source":"_source.a"},"b":{"Source":"_source.b"}}"#;
    let both = r#""StandardIdentifiers":["UNIQUE","PROFILE"]"#;
    let unique = r#""StandardIdentifiers":["UNIQUE"]"#;
    let profile = r#""StandardIdentifiers":["PROFILE"]"#;
    for (keys, count) in [
        (String::new(), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a"]}}]"#), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a","b"]}}]"#), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a","c"]}}]"#), 1),
        (format!(r#""k":[{{{both},"FieldNames":["d","c"]}}]"#), 2),
        (format!(r#""k":[{{{unique},"FieldNames":["a"]}}]"#), 1),
        (format!(r#""k":[{{{profile},"FieldNames":["a"]}}]"#), 1),
        (
            format!(
                r#""k":[{{{unique},"FieldNames":["a"]}}],"l":[{{{profile},"FieldNames":["b"]}}]"#
            ),
            0,
        ),
        (
            format!(r#""k":[{{{unique},"FieldNames":["a"]}},{{{both},"FieldNames":["b"]}}]"#),
            1,
        ),
    ] {
        let (fits, rules) = told_of_template("t", &format!(r#"{fields},"Keys":{{{keys}}}"#));
        assert!(fits);
        assert_eq!(rules, vec!["template.get.well-formed"; count], "{keys}");
    }
}

#[test]
fn a_template_stays_as_it_was_shown() {
    let get = |id: &str, members: &str| {
        format!(r#"GET /templates/{id} => 200 {{"TemplateId":"t"{members}}}"#)
    };
    let missing = |id: &str, answer: &str| format!("GET /templates/{id} => {answer}");
    let list = |items: &str| format!(r#"GET /templates => 200 {{"Items":[{items}]}}"#);
    let item = r#"{"TemplateId":"t","SourceName":"n"}"#;
    let full = r#","SourceName":"n","AllowProfileCreation":true,"Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["a"]}]}"#;
    let turned = full.replace(r#""PROFILE","UNIQUE""#, r#""UNIQUE","PROFILE""#);
    let spelled = full.replace(r#"_source.a"}"#, r#"_source.a","ContentType":"STRING"}"#);
    for fine in [
        &[get("t", full), get("t", full), get("t", &turned)][..],
        &[get("t", full), get("t", &spelled)],
        &[list(item), get("t", full)],
        &[list(item), get("t", "")],
        &[list(""), get("t", full)],
        &[missing("t", NOT_FOUND), missing("t", BAD)],
        &[get("t", full), get("T", full), get("T", full)],
        &[get("t", full), missing("T", NOT_FOUND), missing("T", BAD)],
        &[missing("T", NOT_FOUND), get("t", full)],
    ] {
        allowed(&fine.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let stable = "template.get.stable";
    for (rule, told) in [
        (stable, &[get("t", full), get("t", "")][..]),
        (stable, &[get("t", ""), get("t", full)]),
        (
            stable,
            &[get("t", full), get("t", &full.replace("true", "false"))],
        ),
        (
            stable,
            &[get("t", full), get("t", &full.replace("\"a\"", "\"b\""))],
        ),
        (stable, &[get("t", full), missing("t", NOT_FOUND)]),
        (stable, &[missing("t", NOT_FOUND), get("t", full)]),
        (
            stable,
            &[get("t", full), get("T", full), missing("T", NOT_FOUND)],
        ),
        (
            "template.list.complete",
            &[list(item), get("t", &full.replace("\"n\"", "\"m\""))],
        ),
        (stable, &[list(item), missing("t", NOT_FOUND)]),
        (
            "template.list.complete",
            &[missing("t", NOT_FOUND), list(item)],
        ),
    ] {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(broken(&told).as_deref(), Some(rule), "{told:#?}");
    }
}

#[test]
fn a_list_of_templates_shows_all_that_it_has_shown() {
    let page = |query: &str, ids: &str, token: &str| {
        let items: Vec<String> = ids
            .chars()
            .map(|id| match id {
                '-' => r#"{"SourceName":"s"}"#.to_owned(),
                id => format!(r#"{{"TemplateId":"{id}"}}"#),
            })
            .collect();
        let token = match token {
            "" => String::new(),
            token => format!(r#","NextToken":"{token}""#),
        };
        format!(
            r#"GET /templates{query} => 200 {{"Items":[{}]{token}}}"#,
            items.join(",")
        )
    };
    let all = |ids: &str| page("", ids, "");
    let two = |ids: &str, token: &str| page("?max-results=2", ids, token);
    let next = |ids: &str| page("?max-results=2&next-token=t", ids, "");
    let named = |source: &str| {
        format!(r#"GET /templates => 200 {{"Items":[{{"TemplateId":"A"{source}}}]}}"#)
    };
    let get = |id: &str, more: &str| {
        format!(r#"GET /templates/{id} => 200 {{"TemplateId":"{id}"{more}}}"#)
    };
    let (s, x) = (r#","SourceName":"s""#, r#","SourceName":"x""#);
    let paged = Some("template.list.pagination");
    let complete = Some("template.list.complete");
    for (rule, told) in [
        (None, vec![all("ABC"), all("CBA")]),
        (None, vec![all("ABC"), two("AB", "t"), next("C")]),
        (
            None,
            vec![all("ABC"), two("AB", "t"), next("C"), all("ABC")],
        ),
        (None, vec![two("CA", "t"), all("ABC"), next("B")]),
        (paged, vec![all("ABC"), two("AB", "")]),
        (paged, vec![all("ABC"), all("AB")]),
        (paged, vec![all("ABC"), all("")]),
        (paged, vec![all("ABC"), all("ABCD")]),
        (paged, vec![all("ABC"), two("AB", "t"), next("D")]),
        (paged, vec![all("ABC"), two("AB", "t"), next("")]),
        (paged, vec![two("AB", "t"), next("C"), all("AC")]),
        (paged, vec![two("AB", "t"), next("C"), all("ABCD")]),
        // What one page shows is not all there is.
        (None, vec![two("AB", "t"), all("ABC")]),
        (None, vec![two("AB", "t"), all("CD")]),
        // Nor need one be listed that was got.
        (None, vec![get("A", ""), all("BC"), all("BC")]),
        (None, vec![get("A", ""), all("BC"), all("ABC")]),
        (None, vec![all("BC"), get("A", ""), all("BC")]),
        (None, vec![all("-A-"), all("A--")]),
        (None, vec![all("--"), all("--")]),
        (paged, vec![all("--"), all("A")]),
        // Any spelling may be shown by those who take any.
        (None, vec![all("AB"), get("a", ""), all("aB")]),
        (None, vec![all("Aa"), all("aA"), get("a", ""), all("aA")]),
        (None, vec![get("A", s), named(s)]),
        (None, vec![get("A", s), named("")]),
        (None, vec![get("A", ""), named(s)]),
        (None, vec![named(s), get("A", ""), named(s)]),
        (complete, vec![get("A", x), named(s)]),
        (complete, vec![named(s), get("A", x)]),
        (complete, vec![named(s), named(x)]),
        (complete, vec![named(s), get("A", s), named(x)]),
    ] {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(broken(&told).as_deref(), rule, "{told:#?}");
    }
}

#[test]
fn a_type_may_have_the_mapping_of_the_template_of_its_name() {
    let mapped = mapped();
    let other = mapped.replace("_source.a", "_source.b");
    let allow = r#","AllowProfileCreation":true"#;
    let echo = "put-type.echo.fields";
    let named = |id: &str| format!(r#","TemplateId":"{id}""#);
    for (name, given, shown, rule) in [
        ("Zendesk-users", "", "", None),
        ("Zendesk-users", "", other.as_str(), None),
        ("Zendesk-users", "", allow, None),
        ("Zendesk-users", "", &named("Zendesk-users"), None),
        (
            "Zendesk-users",
            "",
            &named("other"),
            Some("put-type.mapping.none-implicit"),
        ),
        ("Zendesk-users", &mapped, &mapped, None),
        ("Zendesk-users", &mapped, &other, Some(echo)),
        (
            "Zendesk-users",
            &mapped,
            allow,
            Some("put-type.allow-creation.default"),
        ),
        (
            "Zendesk-users",
            &mapped,
            &named("Zendesk-users"),
            Some("put-type.template.echo"),
        ),
        ("N", "", "", None),
        ("N", "", &other, Some(echo)),
        ("N", "", allow, Some("put-type.allow-creation.default")),
        ("N", "", &named("N"), Some("put-type.template.echo")),
        ("N", &mapped, &mapped, None),
        ("N", &mapped, &other, Some(echo)),
    ] {
        let ([put, _], [_, get]) = (typed(name, given), typed(name, shown));
        let asked = asked(&put);
        let put = format!(r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#);
        let get = match shown {
            shown if !shown.contains("Fields") && !given.is_empty() => {
                get.replace("\"one\"", &format!("\"one\"{mapped}"))
            }
            _ => get,
        };
        let (fits, rules) = judged(&[CREATE.to_owned(), put, get]);
        assert_eq!(
            (fits, rules.first().copied()),
            (rule.is_none(), rule),
            "{name} {given} {shown}"
        );
    }
}

#[test]
fn of_a_template_and_a_mapping_of_its_own_a_type_has_one_for_good() {
    let fields = |name: &str| format!(r#","Fields":{{"{name}":{{"Source":"_source.{name}"}}}}"#);
    let template = format!(
        r#"GET /templates/t => 200 {{"TemplateId":"t"{},"Keys":{{"k":[{{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}}]}}}}"#,
        fields("a")
    );
    let keys = r#","Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["b"]}]}"#;
    let id = r#","TemplateId":"t""#;
    let tell = |given: &str, shown: [&str; 2]| {
        let mut told = vec![CREATE.to_owned(), template.clone()];
        for (name, shown) in ["N", "M"].into_iter().zip(shown) {
            let ([put, _], [_, get]) = (typed(name, given), typed(name, &format!("{id}{shown}")));
            let asked = asked(&put);
            told.push(format!(
                r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one","TemplateId":"t"}}"#
            ));
            told.push(get);
        }
        judged(&told) == (true, Vec::new())
    };
    let (a, b, c) = (fields("a"), fields("b"), fields("c"));
    let both = format!("{id}{b}{keys}");
    for (given, first, fits) in [
        (&both, &a, true),
        (&both, &b, true),
        (&both, &String::new(), true),
        (&id.to_owned(), &a, true),
        (&id.to_owned(), &String::new(), true),
        (&format!("{id}{b}"), &b, true),
        (&format!("{id}{b}"), &a, true),
    ] {
        assert_eq!(tell(given, [first, ""]), fits, "{given} {first}");
        assert_eq!(tell(given, [first, first]), fits, "{given} {first}");
    }
    // A template alone says nothing of what wins.
    let mut told = vec![CREATE.to_owned(), template.clone()];
    for (name, given, shown) in [("N", id, &a), ("M", &both, &b)] {
        let ([put, _], [_, get]) = (typed(name, given), typed(name, &format!("{id}{shown}")));
        let asked = asked(&put);
        told.push(format!(
            r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one","TemplateId":"t"}}"#
        ));
        told.push(get);
    }
    assert_eq!(judged(&told), (true, vec![]));
    // Once it has shown which one wins, the other does not.
    assert!(!tell(&both, [&a, &b]) && !tell(&both, [&b, &a]));
    assert!(!tell(&both, ["", &c]) && !tell(id, ["", &b]));
}

#[test]
fn a_type_that_has_a_mapping_of_its_own_now_should_forget_its_template() {
    let template = r#","TemplateId":"t""#;
    let [by_template, _] = typed("N", template);
    let [put, get] = typed("N", &mapped());
    let [bare, bare_get] = typed("N", "");
    let with = |get: &str| get.replace("\"one\"", &format!("\"one\"{template}"));
    let without = get.replace(&mapped(), "");
    let replaced = "put-type.replace.template-to-custom";
    let stale = "put-type.replace.fields-keys";
    let echo = "put-type.template.echo";
    for (told, fits, rule) in [
        (vec![&by_template, &put, &get], true, None),
        (vec![&by_template, &put, &with(&get)], true, None),
        // Only who has kept the template may show no mapping.
        (vec![&by_template, &put, &with(&without)], true, None),
        (vec![&by_template, &put, &without], false, Some(echo)),
        (
            vec![&by_template, &put, &get, &without],
            false,
            Some("put-type.echo.fields"),
        ),
        (
            vec![&bare, &bare, &with(&bare_get)],
            false,
            Some("put-type.replace.optional-scalars"),
        ),
        (vec![&put, &put, &with(&get)], true, Some(replaced)),
        (vec![&put, &get], true, None),
        (vec![&put, &without], false, Some("put-type.echo.fields")),
        (
            vec![&put, &put, &without],
            false,
            Some("put-type.echo.fields"),
        ),
        (vec![&put, &bare, &get], false, Some(stale)),
        (vec![&bare, &get], false, Some("put-type.echo.fields")),
    ] {
        let told: Vec<String> = [CREATE.to_owned()]
            .into_iter()
            .chain(told.into_iter().cloned())
            .collect();
        let (found, rules) = judged(&told);
        assert_eq!((found, rules.first().copied()), (fits, rule), "{told:#?}");
    }
}

#[test]
fn of_equal_names_in_a_template_the_last_counts() {
    for more in [0, 14, 15, 16, 20] {
        let others: String = (0..more)
            .map(|n| format!(r#""f{n}":{{"Source":"_source.f"}},"#))
            .collect();
        let field = |source: &str| format!(r#""a":{{"Source":"_source.{source}"}}"#);
        let get = |fields: &str| {
            format!(r#"GET /templates/t => 200 {{"TemplateId":"t","Fields":{{{others}{fields}}}}}"#)
        };
        let twice = get(&format!("{},{}", field("x"), field("y")));
        for (then, fits) in [
            (&twice, true),
            (&get(&field("y")), true),
            (&get(&field("x")), false),
        ] {
            let told = [twice.clone(), then.clone()];
            assert_eq!(judged_anywhere(&told), fits, "{more} {then}");
        }
    }
}

#[test]
fn an_echo_of_a_put_tells_nothing_of_what_wins_over_a_template() {
    let fields = |source: &str| format!(r#","Fields":{{"a":{{"Source":"_source.{source}"}}}}"#);
    let template = format!(
        r#"GET /templates/t => 200 {{"TemplateId":"t"{}}}"#,
        fields("a")
    );
    let keys = r#","Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]}"#;
    let members = |source| format!(r#","TemplateId":"t"{}{keys}"#, fields(source));
    let [put, own] = typed("N", &members("b"));
    let [_, of_template] = typed("N", &format!(r#","TemplateId":"t"{}"#, fields("a")));
    let [_, other] = typed("N", &members("c"));
    for (get, rules) in [
        (&own, vec![]),
        (&of_template, vec![]),
        (&other, vec!["put-type.template.mapping"]),
    ] {
        let told = [
            CREATE.to_owned(),
            template.clone(),
            put.clone(),
            get.clone(),
        ];
        assert_eq!(judged(&told), (true, rules), "{get}");
    }
}

#[test]
fn a_template_of_the_target_or_of_a_later_revision_is_one_as_well() {
    let listed = r#"GET /templates => 200 {"Items":[{"TemplateId":"CTR"},{"TemplateId":"Acme"}]}"#;
    let type_of = |name: &str| format!("/domains/d/object-types/{name}");
    let shown = |name: &str| format!(r#"200 {{"ObjectTypeName":"{name}","Description":"one"}}"#);
    let deleted = r#"200 {"Message":"m"}"#;
    for (before, name, fits) in [
        (vec![listed], "Acme", true),
        (vec![], "Segment-Identify", true),
        (vec![], "Acme", false),
        (vec![listed], "Acme2", false),
    ] {
        let get = format!("GET {} => {}", type_of(name), shown(name));
        let list = format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"{name}","Description":"one"}}]}}"#
        );
        let tag = format!(
            r#"POST {} {{"tags":{{"a":"1"}}}} => 200 {{}}"#,
            tags_of(&format!("domains/d/object-types/{name}"))
        );
        let put = format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"{name}","Object":"{{}}"}} => 200 {{"ProfileObjectUniqueKey":"k"}}"#
        );
        for last in [get, list, tag, put] {
            let told: Vec<String> = [CREATE]
                .iter()
                .chain(&before)
                .map(|it| (*it).to_owned())
                .chain([last])
                .collect();
            assert_eq!(judged(&told).0, fits, "{told:#?}");
        }
        // Deleting it, or putting it without a mapping, tells nothing of other names.
        let delete = |name: &str, answer: &str| format!("DELETE {} => {answer}", type_of(name));
        let bare = |name: &str, answer: &str| {
            format!(
                r#"PUT {} {{"Description":"one"}} => {answer}"#,
                type_of(name)
            )
        };
        for told in [
            [delete(name, deleted), delete("nope", NOT_FOUND)],
            [bare(name, &shown(name)), bare("nope", BAD)],
        ] {
            let told: Vec<String> = [CREATE]
                .iter()
                .chain(&before)
                .map(|it| (*it).to_owned())
                .chain(told)
                .collect();
            assert_eq!(judged(&told).0, fits, "{told:#?}");
        }
    }
    // Whether a template of a later revision is there is one question, whether it shows another.
    let get = |name: &str, answer: &str| format!("GET {} => {answer}", type_of(name));
    for (first, second, fits) in [
        (
            get("Segment-Identify", NOT_FOUND),
            get("CTR", &shown("CTR")),
            true,
        ),
        (
            get("CTR", NOT_FOUND),
            get("Segment-Identify", &shown("Segment-Identify")),
            false,
        ),
        (
            get("CTR", &shown("CTR")),
            get("Segment-Identify", NOT_FOUND),
            true,
        ),
    ] {
        let told = [CREATE.to_owned(), first, second];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn of_a_type_that_was_put_and_deleted_nothing_is_left_but_the_one_of_its_template() {
    let at = "/domains/d/object-types/CTR";
    let tags = tags_of("domains/d/object-types/CTR");
    let get = |members: &str| {
        format!(r#"GET {at} => 200 {{"ObjectTypeName":"CTR","Description":"x"{members}}}"#)
    };
    let missing = format!("GET {at} => {NOT_FOUND}");
    let listed = |answer: &str| format!("GET {tags} => {answer}");
    let tagged = r#"200 {"tags":{"a":"1"}}"#;
    let template = format!(
        r#"GET /templates/CTR => 200 {{"TemplateId":"CTR"{}}}"#,
        mapped()
    );
    let own = mapped().replace("\"a\"", "\"b\"");
    let [put, _] = typed("CTR", &format!(r#"{own},"Tags":{{"a":"1"}}"#));
    let deleted = [put, format!(r#"DELETE {at} => 200 {{"Message":"m"}}"#)];
    let gone = Some("delete-type.gone");
    for (shown, hidden, last, rule) in [
        (true, false, missing.clone(), None),
        (true, false, get(""), None),
        (true, false, get(&mapped()), None),
        (true, false, get(&own), gone),
        // Nobody knows what a template holds that was not shown.
        (false, false, get(&own), None),
        (false, false, listed(NOT_FOUND), None),
        (false, false, listed(tagged), None),
        (false, true, listed(NOT_FOUND), None),
        (false, true, listed("403 AccessDeniedException"), None),
        (false, true, listed(tagged), gone),
    ] {
        let told: Vec<String> = [CREATE.to_owned()]
            .into_iter()
            .chain(shown.then(|| template.clone()))
            .chain(hidden.then(|| missing.clone()))
            .chain(deleted.iter().cloned())
            .chain([last])
            .collect();
        let (fits, rules) = judged(&told);
        assert_eq!(
            (fits, rules.first().copied()),
            (rule.is_none(), rule),
            "{told:#?}"
        );
    }
    // One that nobody put is like its template as well, and may have tags where it is not shown.
    for (last, rule) in [
        (get(&mapped()), None),
        (get(&own), Some("implicit.visible")),
    ] {
        let told = [CREATE.to_owned(), template.clone(), last];
        assert_eq!(judged(&told).1.first().copied(), rule, "{told:#?}");
    }
    let told = [CREATE.to_owned(), missing.clone(), listed(tagged)];
    assert!(judged(&told).0);
    let object = r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"CTR","Object":"{\"a\":\"1\"}"} => 200 {"ProfileObjectUniqueKey":"k"}"#;
    let before = [
        CREATE.to_owned(),
        missing,
        deleted[0].clone(),
        deleted[1].clone(),
        object.to_owned(),
    ];
    for template in [None, Some(template)] {
        let told: Vec<String> = template
            .into_iter()
            .chain(before.iter().cloned())
            .chain([listed(tagged)])
            .collect();
        assert!(judged(&told).0, "{told:#?}");
    }
}

#[test]
fn who_retains_a_template_retains_its_mapping() {
    let fields = |source: &str| format!(r#","Fields":{{"a":{{"Source":"_source.{source}"}}}}"#);
    let template = format!(
        r#"GET /templates/t => 200 {{"TemplateId":"t"{}}}"#,
        fields("a")
    );
    let [by_template, _] = typed("N", r#","TemplateId":"t""#);
    let bare = r#"PUT /domains/d/object-types/N {"Description":"one"} => 200 {"ObjectTypeName":"N","Description":"one"}"#;
    let other = |answer: &str| {
        format!(r#"PUT /domains/d/object-types/U {{"Description":"one"}} => {answer}"#)
    };
    let start = [CREATE.to_owned(), template, by_template, bare.to_owned()];
    for (members, fits, rules) in [
        (String::new(), true, vec![]),
        (r#","TemplateId":"t""#.to_owned(), true, vec![]),
        (format!(r#","TemplateId":"t"{}"#, fields("a")), true, vec![]),
        (
            format!(r#","TemplateId":"t"{}"#, fields("b")),
            true,
            vec!["put-type.template.mapping"],
        ),
        (fields("a"), false, vec!["put-type.replace.fields-keys"]),
    ] {
        let [_, get] = typed("N", &members);
        let told = [&start[..], std::slice::from_ref(&get)].concat();
        let (found, broken) = judged(&told);
        assert_eq!((found, broken.first()), (fits, rules.first()), "{told:#?}");
        // It is no type without a mapping, so it tells nothing of those.
        if fits {
            let told = [&start[..], &[get, other(BAD)]].concat();
            assert!(judged(&told).0, "{told:#?}");
        }
    }
    // So it is where the name is that of a template as well.
    let [by_template, _] = typed("CTR", r#","TemplateId":"CTR-NoInferred""#);
    let bare = bare.replace("/N ", "/CTR ").replace("\"N\"", "\"CTR\"");
    for (id, fits) in [
        (None, true),
        (Some("CTR"), true),
        (Some("CTR-NoInferred"), true),
        (Some("CTI"), false),
    ] {
        let id = id.map_or(String::new(), |id| format!(r#","TemplateId":"{id}""#));
        let [_, get] = typed("CTR", &id);
        let told = [CREATE.to_owned(), by_template.clone(), bare.clone(), get];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    // The same of a type that never had a template does tell.
    let bare = bare.replace("CTR", "N");
    let [own, _] = typed("N", &mapped());
    let told = [CREATE.to_owned(), own, bare, other(BAD)];
    assert!(!judged(&told).0);
}
