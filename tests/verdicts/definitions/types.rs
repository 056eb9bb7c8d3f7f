//! Object types: what their puts say, what becomes of them, and what goes with them.

use super::*;

#[test]
fn with_a_type_goes_what_came_only_from_it() {
    let gone = r#"DELETE /domains/d/object-types/C => 200 {"Message":"ok"}"#.to_owned();
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
    ];
    let nameless = ingest("2", "x", "", "k2").replace(r#",\"f\":\"\""#, "");
    let same = ingest("2", "x", "Ann", "k2");
    let lee = format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"Lee"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let without_first = format!(
        r#"POST /domains/d/profiles/objects/delete {{"ProfileId":"{P}","ObjectTypeName":"C","ProfileObjectUniqueKey":"k1"}} => 200 {{"Message":"ok"}}"#
    );
    let still = search("mKey", "x", &[(P, "Ann")]);
    let (ann, bea, last) = (
        r#","FirstName":"Ann""#,
        r#","FirstName":"Bea""#,
        r#","LastName":"Lee""#,
    );
    let both = format!("{ann}{last}");
    let scrub = "delete-type.scrub";
    for (before, shown, fits, rules) in [
        (&[][..], None, true, &[][..]),
        (&[], Some(""), true, &[]),
        (&[], Some(ann), true, &[scrub]),
        (&[&lee], Some(last), true, &[]),
        (&[&lee], Some(both.as_str()), true, &[scrub]),
        (&[&lee], None, true, &["delete-type.profile-remains"]),
        // Of two objects with one name nobody knows which had set it, or what was there before.
        (&[&same], Some(""), true, &[]),
        (&[&same], Some(ann), true, &[]),
        (&[&same], Some(bea), true, &[]),
        // What an object had left behind that was deleted before may go now.
        (&[&nameless, &without_first, &still], Some(""), true, &[]),
        (&[&nameless, &without_first, &still], Some(ann), true, &[]),
        (
            &[&nameless, &without_first, &still],
            Some(bea),
            false,
            &["object.delete.fields"],
        ),
    ] {
        let mut told = start.to_vec();
        told.extend(before.iter().map(|line| (*line).clone()));
        told.extend([gone.clone(), by_id(P, shown)]);
        assert_eq!(judged(&told), (fits, rules.to_vec()), "{told:#?}");
    }
}

#[test]
fn profiles_that_had_nothing_but_objects_of_a_type_all_go_with_it_or_none() {
    let told = |first: Option<&str>, second: Option<&str>| {
        let told = [
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", "Ann", "k1"),
            ingest("2", "y", "Bea", "k2"),
            search("mKey", "x", &[(P, "Ann")]),
            search("mKey", "y", &[(Q, "Bea")]),
            r#"DELETE /domains/d/object-types/C => 200 {"Message":"ok"}"#.to_owned(),
            by_id(P, first),
            by_id(Q, second),
        ];
        judged(&told)
    };
    assert_eq!(told(None, None), (true, vec![]));
    assert_eq!(told(Some(""), Some("")), (true, vec![]));
    assert!(!told(None, Some("")).0);
    assert!(!told(Some(""), None).0);
}

/// Members of types without the usual mapping.
const MAPPINGS: &str = r#"
"Fields":{"a":{"Source":"_source.a"}} => may put-type.mapping.fields-only, may put-type.keys.at-least-one
"Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => must put-type.keys.fieldnames-defined
"Fields":{},"Keys":{} => may put-type.mapping.none
"AllowProfileCreation":false => shows put-type.allow-creation.type, may put-type.mapping.none
"TemplateId":"t" => shows put-type.template.pattern, may put-type.template.unknown
"TemplateId":"t","AllowProfileCreation":true => shows put-type.template.pattern, shows put-type.allow-creation.type, may put-type.template.unknown, may put-type.template.with-allow-creation
"TemplateId":"t","Fields":{} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"TemplateId":"t","Fields":{"a":{"Source":"_source.a"}} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"TemplateId":"t","Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys, may put-type.keys.fieldnames-defined
"TemplateId":"t","Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"#;

/// Members beside the usual mapping.
const SETTINGS: &str = r#"
"ExpirationDays":1096 => shows put-type.expiration.type, shows put-type.expiration.range
"ExpirationDays":1097 => shows put-type.expiration.type, shows quota.expiration, may put-type.expiration.quota
"EncryptionKey":"k" => may put-type.encryption-key.content
"EncryptionKey":"" => may put-type.encryption-key.content
"Tags":{"a":"b"} => shows put-type.tags.min, shows put-type.tags.key-length
"AllowProfileCreation":true => shows put-type.allow-creation.type
"#;

#[test]
fn what_a_type_says_of_itself_may_speak_against_it() {
    for ([members], rules) in table(MAPPINGS) {
        assert_eq!(told_of_put(&put_with(members)), rules, "{members}");
    }
    let mapped = format!(r#""Fields":{{{A}}},"Keys":{{{A_IS_UNIQUE}}}"#);
    for ([members], rules) in table(SETTINGS) {
        let put = put_with(&format!("{mapped},{members}"));
        assert_eq!(told_of_put(&put), rules, "{members}");
    }
}

const KEPT_DOMAIN: &str = r#"PUT /domains/d {} => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;

#[test]
fn what_happened_before_explains_what_is_wrong_with_a_type() {
    let elsewhere = create_named("e");
    let gone = r#"DELETE /domains/e => 200 {"Message":"m"}"#;
    let other = PUT.replace("types/T", "types/U").replace("\"T\"", "\"U\"");
    let without_other = r#"DELETE /domains/d/object-types/U => 200 {"Message":"m"}"#;
    let without = r#"DELETE /domains/d/object-types/T => 200 {"Message":"m"}"#;
    let refused = refused_put("T");
    let described = PUT.replace("one", "two");
    let remapped = PUT.replace("\"k\"", "\"l\"");
    let tagged = r#"POST /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fd%2Fobject-types%2FT {"tags":{"a":"1"}} => 200 {}"#;
    let usual = weighing(&[CREATE, PUT], "GET /domains/d/object-types/T");
    for (before, rules) in [
        (&[PUT, PUT][..], &["put-type.idempotent"][..]),
        (&[PUT, &described], &[]),
        (&[PUT, &remapped], &[]),
        (&[PUT, &other], &[]),
        (&[&elsewhere, PUT], &["domain.isolation"]),
        (&[&elsewhere, gone, PUT], &["domain.isolation"]),
        (
            &[PUT, &other, without_other],
            &["delete-type.others-untouched"],
        ),
        (&[PUT, without, PUT], &["delete-type.reput"]),
        (&[PUT, &refused], &["put-type.rejected-no-effect"]),
        (&[PUT, tagged], &["tag.opaque"]),
        (&[PUT, KEPT_DOMAIN], &["domain.update.partial"]),
        (&[PUT, CREATE], &["domain.create.duplicate"]),
    ] {
        let mut told = vec![CREATE];
        told.extend(before);
        let mut found = weighing(&told, "GET /domains/d/object-types/T");
        found.retain(|line| !usual.contains(line));
        let rules: Vec<String> = rules.iter().map(|rule| format!("shows {rule}")).collect();
        assert_eq!(found, rules, "{before:#?}");
    }
    let [put, _] = typed("Zendesk-users", &mapped());
    let found = weighing(&[CREATE, &put], "GET /domains/d/object-types/Zendesk-users");
    assert!(
        found.contains(&"shows implicit.replaced".to_owned()),
        "{found:?}"
    );
}

#[test]
fn settings_that_a_second_put_leaves_out_are_reset_or_kept() {
    let with = format!(
        r#"{},"ExpirationDays":5,"EncryptionKey":"k","AllowProfileCreation":true"#,
        mapped()
    );
    let [first, _] = typed("N", &with);
    let [second, get] = typed("N", &mapped());
    let show = |more: &str| get.replace("\"one\"", &format!("\"one\"{more}"));
    for (more, fits) in [
        ("", true),
        (r#","ExpirationDays":5"#, true),
        (r#","ExpirationDays":30"#, true),
        (r#","ExpirationDays":6"#, false),
        (r#","EncryptionKey":"k""#, true),
        (r#","EncryptionKey":"""#, true),
        (r#","EncryptionKey":"l""#, false),
        (r#","AllowProfileCreation":true"#, true),
        (r#","AllowProfileCreation":false"#, true),
    ] {
        let told = [CREATE.to_owned(), first.clone(), second.clone(), show(more)];
        assert_eq!(judged(&told).0, fits, "{more}");
    }
    // What a first put leaves out has its default, and what it says is kept as it is.
    for (given, more, fits) in [
        ("", r#","ExpirationDays":5"#, false),
        ("", r#","ExpirationDays":30"#, true),
        ("", r#","EncryptionKey":"""#, true),
        ("", r#","EncryptionKey":"k""#, false),
        ("", r#","AllowProfileCreation":true"#, false),
        ("", r#","AllowProfileCreation":false"#, true),
        (r#","EncryptionKey":"""#, "", true),
        (r#","EncryptionKey":"""#, r#","EncryptionKey":"""#, true),
        (r#","EncryptionKey":"k""#, "", false),
        (r#","EncryptionKey":"k""#, r#","EncryptionKey":"k""#, true),
        (r#","AllowProfileCreation":false"#, "", true),
        (r#","AllowProfileCreation":true"#, "", false),
        (r#","ExpirationDays":5"#, "", false),
    ] {
        let put = second.replacen("\"one\"", &format!("\"one\"{given}"), 1);
        let told = [CREATE.to_owned(), put, show(more)];
        assert_eq!(judged(&told).0, fits, "{given} {more}");
    }
    // An empty key is that of the domain, or none.
    let [keyed, shown] = typed("N", &format!(r#"{},"EncryptionKey":"""#, mapped()));
    let domain = CREATE.replacen("30", r#"30,"DefaultEncryptionKey":"d""#, 1);
    for (key, fits) in [("", true), ("d", true), ("k", false)] {
        let key_shown = format!(r#""EncryptionKey":"{key}""#);
        let get = shown.replace(r#""EncryptionKey":"""#, &key_shown);
        let keyed = format!(
            r#"{} => 200 {{"ObjectTypeName":"N","Description":"one"}}"#,
            asked(&keyed)
        );
        assert_eq!(judged(&[domain.clone(), keyed, get]).0, fits, "{key}");
    }
    for (manner, days) in [
        (Manner::default(), None),
        (other_way("put-type.replace.optional-scalars"), Some(5)),
    ] {
        // Without a key, which the reference does not have.
        let first = first.replacen(r#","EncryptionKey":"k""#, "", 1);
        let found = answered(&manner, &[CREATE, &first, &second, &get]);
        let shown = found.get("ExpirationDays").and_then(Json::as_number);
        assert_eq!(shown.and_then(|number| number.as_i64()), days);
    }
}

#[test]
fn what_a_put_answers_is_what_was_put() {
    let mapped = mapped();
    let given = |description: &str| {
        format!(
            r#"PUT /domains/d/object-types/N {{"Description":"{description}","TemplateId":"t"}}"#
        )
    };
    let plain = format!(r#"PUT /domains/d/object-types/N {{"Description":"one"{mapped}}}"#);
    let shown = |name: &str, description: &str, more: &str| {
        format!(r#"{{"ObjectTypeName":"{name}","Description":"{description}"{more}}}"#)
    };
    let t = r#","TemplateId":"t""#;
    for (asked, answer, fits, rules) in [
        (given("one"), shown("N", "one", t), true, &[][..]),
        (
            given("one"),
            shown("N", "two", t),
            false,
            &["put-type.response.echo"],
        ),
        (
            given("\u{e9}"),
            shown("N", "e", t),
            false,
            &["proto.unicode-roundtrip"],
        ),
        (
            given("one"),
            shown("M", "one", t),
            false,
            &["put-type.response.echo"],
        ),
        (
            given("one"),
            shown("N", "one", r#","TemplateId":"u""#),
            false,
            &["put-type.template.echo"],
        ),
        (plain.clone(), shown("N", "one", ""), true, &[]),
        (plain.clone(), shown("N", "one", &mapped), true, &[]),
        (
            plain.clone(),
            shown("N", "one", &mapped.replace("_source.a", "_source.b")),
            true,
            &["put-type.response.equals-get"],
        ),
        (
            plain.clone(),
            shown("N", "one", r#","ExpirationDays":7"#),
            true,
            &["put-type.response.equals-get"],
        ),
        (
            plain,
            shown("N", "one", r#","Tags":{"a":"b"}"#),
            true,
            &["put-type.response.equals-get"],
        ),
    ] {
        let told = [CREATE.to_owned(), format!("{asked} => 200 {answer}")];
        assert_eq!(judged(&told), (fits, rules.to_vec()), "{asked} {answer}");
    }
}

#[test]
fn what_a_refused_put_has_changed_it_must_not_have() {
    let refused = refused_put("N");
    let [put, get] = typed("N", &format!(r#"{},"Tags":{{"a":"b"}}"#, mapped()));
    let changed = "put-type.rejected-no-effect";
    for (from, to, rule) in [
        ("one", "two", changed),
        ("_source.a", "_source.b", changed),
        ("\"k\"", "\"l\"", changed),
        ("\"UNIQUE\",", "", changed),
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, changed),
        (r#"{"a":"b"}"#, "{}", changed),
        ("\"N\"", "\"M\"", "put-type.response.echo"),
    ] {
        let told = [
            CREATE.to_owned(),
            put.clone(),
            refused.clone(),
            get.replace(from, to),
        ];
        let (fits, rules) = judged(&told);
        assert!(!fits);
        assert_eq!(rules[0], rule, "{from}");
        // Without it, that is no reason.
        let told = [CREATE.to_owned(), put.clone(), get.replace(from, to)];
        assert!(!judged(&told).1.contains(&changed), "{from}");
    }
}

#[test]
fn types_that_nobody_put_are_not_there_but_for_those_of_templates() {
    let elsewhere = create_named("e");
    let put = |name: &str, domain: &str| {
        PUT.replace("types/T", &format!("types/{name}"))
            .replace("\"T\"", &format!("\"{name}\""))
            .replace("/d/", &format!("/{domain}/"))
    };
    let get = |name: &str| {
        format!(
            r#"GET /domains/d/object-types/{name} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#
        )
    };
    let list = |name: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"{name}","Description":"one"}}]}}"#
        )
    };
    let template = r#"GET /templates/x => 200 {"TemplateId":"x"}"#.to_owned();
    let gone = r#"DELETE /domains/d/object-types/U => 200 {"Message":"m"}"#.to_owned();
    let refused = refused_put("U");
    let odd = described_twice(&put("N", "d"));
    for (before, name, got, listed) in [
        (
            vec![],
            "U",
            Some("get-type.unknown"),
            Some("list-types.complete"),
        ),
        (
            vec![elsewhere.clone()],
            "U",
            Some("get-type.unknown"),
            Some("list-types.complete"),
        ),
        (
            vec![elsewhere.clone(), put("U", "e")],
            "U",
            Some("domain.isolation"),
            Some("domain.isolation"),
        ),
        (
            vec![elsewhere, put("Zendesk-users", "e")],
            "Zendesk-users",
            None,
            None,
        ),
        (
            vec![put("U", "d"), gone],
            "U",
            Some("delete-type.gone"),
            Some("list-types.after-delete"),
        ),
        (
            vec![refused],
            "U",
            Some("put-type.rejected-no-effect"),
            Some("put-type.rejected-no-effect"),
        ),
        (vec![template], "x", None, None),
        (
            vec![],
            "x",
            Some("get-type.unknown"),
            Some("list-types.complete"),
        ),
        (vec![], "Zendesk-users", None, None),
        (vec![], "_order", None, None),
        (vec![odd], "U", None, None),
    ] {
        for (last, rule) in [(get(name), got), (list(name), listed)] {
            let mut told = vec![CREATE.to_owned()];
            told.extend(before.iter().cloned());
            if before.iter().any(|line| line.contains("types/N")) && last.contains("Items") {
                told.push(last.replace("[{", r#"[{"ObjectTypeName":"N","Description":"one"},{"#));
            } else {
                told.push(last);
            }
            let (fits, rules) = judged(&told);
            assert_eq!(
                (fits, rules.first().copied()),
                (rule.is_none(), rule),
                "{told:#?}"
            );
        }
    }
    // Nobody needs to have them either, whatever else there is.
    let object = [CARD.to_owned(), ingest("1", "x", "Ann", "k1")];
    let delete = |answer: &str| format!("DELETE /domains/d/object-types/Zendesk-users => {answer}");
    for answer in [NOT_FOUND, r#"200 {"Message":"m"}"#] {
        let told = [CREATE.to_owned(), delete(answer)];
        assert!(judged(&told).0);
        let told = [
            CREATE.to_owned(),
            object[0].clone(),
            object[1].clone(),
            delete(answer),
        ];
        assert!(judged(&told).0);
    }
}

#[test]
fn a_list_of_types_shows_their_tags_or_leaves_them_out() {
    let tags = r#","Tags":{"a":"b"}"#;
    let [put, _] = typed("N", &format!("{}{tags}", mapped()));
    let [bare, _] = typed("N", &mapped());
    let tag = r#"POST /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fd%2Fobject-types%2FN {"tags":{"a":"b"}} => 200 {}"#.to_owned();
    let list = |more: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"N","Description":"one"{more}}}]}}"#
        )
    };
    let other = r#","Tags":{"a":"c"}"#;
    let item = "list-types.item";
    for (before, shown, rule) in [
        (vec![put.clone()], "", None),
        (vec![put.clone()], tags, None),
        (vec![put], other, Some(item)),
        (vec![bare.clone()], tags, Some(item)),
        (vec![bare.clone(), tag.clone()], "", None),
        (vec![bare.clone(), tag.clone()], tags, None),
        (vec![bare.clone(), tag], other, Some("tag.consistency")),
        (
            vec![bare.clone()],
            r#","Fields":{"a":{"Source":"_source.a"}}"#,
            Some("list-types.no-mapping"),
        ),
        (vec![bare], r#","Keys":{}"#, None),
    ] {
        let mut told = vec![CREATE.to_owned()];
        told.extend(before.iter().cloned());
        told.push(list(shown));
        assert_eq!(judged(&told).1.first().copied(), rule, "{told:#?}");
    }
}

#[test]
fn a_name_in_another_case_is_of_the_same_type_or_of_another() {
    let two = PUT.replacen("types/T", "types/t", 1).replace("one", "two");
    let two = two.replace("\"ObjectTypeName\":\"T\"", "\"ObjectTypeName\":\"t\"");
    let fields = r#""Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let get = |asked: &str, shown: &str, description: &str| {
        format!(
            r#"GET /domains/d/object-types/{asked} => 200 {{"ObjectTypeName":"{shown}","Description":"{description}",{fields}}}"#
        )
    };
    let (create, put) = (CREATE.to_owned(), PUT.to_owned());
    for (fits, before, then) in [
        (
            true,
            vec![],
            vec![get("T", "T", "one"), get("t", "t", "two")],
        ),
        (
            true,
            vec![],
            vec![get("T", "T", "two"), get("t", "T", "two")],
        ),
        (
            false,
            vec![],
            vec![get("T", "T", "one"), get("t", "t", "one")],
        ),
        (
            false,
            vec![],
            vec![get("T", "T", "two"), get("t", "t", "one")],
        ),
        // Who has shown it by either name has only one.
        (true, vec![get("t", "T", "one")], vec![get("T", "T", "two")]),
        (
            false,
            vec![get("t", "T", "one")],
            vec![get("T", "T", "one")],
        ),
        (
            true,
            vec![format!("GET /domains/d/object-types/t => {NOT_FOUND}")],
            vec![get("T", "T", "one")],
        ),
        (
            false,
            vec![format!("GET /domains/d/object-types/t => {NOT_FOUND}")],
            vec![get("T", "T", "two")],
        ),
    ] {
        let told = [
            vec![create.clone(), put.clone()],
            before,
            vec![two.clone()],
            then,
        ]
        .concat();
        assert_eq!(judged_anywhere(&told), fits, "{told:#?}");
    }
}

#[test]
fn tags_beside_a_name_in_another_case_are_of_that_type_or_of_a_new_one() {
    let put = |name: &str, answer: &str| {
        let [put, _] = typed(name, &format!(r#"{},"Tags":{{"a":"1"}}"#, mapped()));
        format!("{} => {answer}", asked(&put))
    };
    let taken = |name: &str| {
        put(
            name,
            &format!(r#"200 {{"ObjectTypeName":"{name}","Description":"one"}}"#),
        )
    };
    let [bare, get] = typed("T", &mapped());
    let [_, tagged] = typed("t", &format!(r#"{},"Tags":{{"a":"1"}}"#, mapped()));
    let missing = format!("GET /domains/d/object-types/t => {NOT_FOUND}");
    let one_type = get.replacen("types/T", "types/t", 1);
    let [other, _] = typed("U", &mapped());
    let keyless = format!(
        r#"PUT /domains/d/object-types/t {{"Description":"one","Fields":{{"id":{{}}}},"Tags":{{"a":"1"}}}} => {BAD}"#
    );
    for (told, fits) in [
        // A new type has its tags, and tells nothing of those of a type that exists.
        (vec![taken("t"), get.clone(), tagged.clone()], true),
        (
            vec![taken("t"), get.clone(), tagged.clone(), put("t", BAD)],
            true,
        ),
        (vec![taken("t"), get, tagged.clone(), taken("t")], true),
        (vec![other.clone(), put("U", BAD), taken("t")], true),
        (
            vec![other.clone(), put("U", BAD), taken("t"), one_type.clone()],
            false,
        ),
        (vec![other.clone(), put("U", BAD), taken("t"), tagged], true),
        (vec![other.clone(), taken("U"), put("U", BAD)], false),
        // Only who has one type may refuse them.
        (vec![put("t", BAD), one_type.clone()], true),
        (vec![put("t", BAD), missing.clone()], false),
        // Unless there is another reason.
        (vec![keyless.clone(), missing.clone()], true),
        (vec![keyless.clone(), one_type.clone()], true),
        (vec![keyless, missing.clone(), taken("t")], true),
        (vec![missing, put("t", BAD)], false),
        (vec![one_type.clone(), put("t", BAD)], true),
        (vec![one_type.clone(), put("t", BAD), taken("T")], false),
        (vec![one_type, taken("t"), put("T", BAD)], false),
        (vec![put("t", BAD), other.clone(), taken("U")], false),
        (vec![other.clone(), taken("U"), put("t", BAD)], false),
        (vec![put("t", BAD), other, put("U", BAD)], true),
    ] {
        let told = [vec![CREATE.to_owned(), bare.clone()], told].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn with_one_type_goes_nothing_of_another() {
    let other = CARD
        .replace("object-types/C", "object-types/G")
        .replace(
            r#""AllowProfileCreation":true"#,
            r#""AllowProfileCreation":false"#,
        )
        .replace("cId", "gId")
        .replace(r#","Target":"_profile.FirstName""#, "")
        .replace(r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"G""#);
    let start = one_made();
    let added = ingest("2", "x", "Bea", "k2").replace(r#""C""#, r#""G""#);
    let gone = r#"DELETE /domains/d/object-types/G => 200 {"Message":"m"}"#.to_owned();
    for (shown, fits) in [
        (Some(r#","FirstName":"Ann""#), true),
        (Some(""), false),
        (None, false),
    ] {
        let mut told = start.to_vec();
        told.extend([other.clone(), added.clone(), gone.clone(), by_id(P, shown)]);
        assert_eq!(judged(&told) == (true, vec![]), fits, "{shown:?}");
    }
}

#[test]
fn the_reference_takes_away_what_came_from_a_type_and_no_more() {
    let mut model = Model::reference();
    let mut ask = |line: &str| {
        let response = ask(&mut model, line);
        assert_eq!(response.status, 200, "{line}");
        Json::parse(&response.body).expect("JSON")
    };
    for line in one_made() {
        ask(&line);
    }
    let found = ask(&search("mKey", "x", &[]));
    let id = found.pointer("/Items/0/ProfileId").and_then(Json::as_str);
    let id = id.expect("an id").to_owned();
    ask(&format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{id}","LastName":"Lee"}} => 200 {{}}"#
    ));
    ask("DELETE /domains/d/object-types/C => 200 {}");
    let found = ask(&by_id(&id, None));
    let member = |name: &str| {
        found
            .pointer(&format!("/Items/0/{name}"))
            .and_then(Json::as_str)
    };
    assert_eq!(member("LastName"), Some("Lee"));
    assert_eq!(member("FirstName"), None);
}

#[test]
fn what_a_type_has_shown_it_shows_again() {
    let [put, get] = typed("N", &mapped());
    let with = |more: &str| get.replacen("\"one\"", &format!("\"one\"{more}"), 1);
    let (days, allow) = (
        r#","ExpirationDays":30"#,
        r#","AllowProfileCreation":false"#,
    );
    let key = r#","EncryptionKey":"""#;
    for more in [days, allow, key] {
        for (first, second, fits) in [
            (more, more, true),
            ("", "", true),
            (more, "", false),
            ("", more, false),
        ] {
            let told = [CREATE.to_owned(), put.clone(), with(first), with(second)];
            assert_eq!(judged(&told) == (true, vec![]), fits, "{first} {second}");
        }
    }
    // Keys with one identifier each are as good as one with both.
    let apart = r#","Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["a"]}],"l":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["a"]}],"m":[{"FieldNames":["a"]}]}"#;
    let [put, get] = typed("M", apart);
    assert_eq!(judged(&[CREATE.to_owned(), put, get]), (true, vec![]));
}

#[test]
fn of_two_long_mappings_that_differ_at_their_ends_either_may_be_the_last() {
    let source = |end: &str| format!("{}{end}", "{{_source.a}} ".repeat(30));
    let put = |source: &str| naming(source).replace("xKey", "k");
    let show = |source: &str| {
        let shown = put(source);
        let (_, body) = shown.split_once(" {").expect("a body");
        let (body, _) = body.split_once(" => ").expect("an answer");
        format!(r#"GET /domains/d/object-types/X => 200 {{"ObjectTypeName":"X",{body}"#)
    };
    for last in ["x", "y"] {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let puts = ["x", "y"].map(|end| exchange(&put(&source(end))));
        model.observe_together(&[&puts[0], &puts[1]]);
        let fit = model.observe(&exchange(&show(&source(last)))).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{last}: {fit:?}");
    }
}

#[test]
fn a_put_may_be_refused_for_anything_that_is_wrong_with_it() {
    let key = r#""k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["zz"]}]"#;
    let fields = format!(r#""Fields":{{{A}}}"#);
    let good = format!(r#"{fields},"Keys":{{{A_IS_UNIQUE}}}"#);
    let aimed = good.replacen("_source.a\"", "_source.a\",\"Target\":\"_profile.Nope\"", 1);
    let put = |domain: &str, description: &str, members: &str| {
        format!(
            r#"PUT /domains/{domain}/object-types/T {{"Description":"{description}"{members}}}"#
        )
    };
    let denied = "403 AccessDeniedException";
    for (members, other) in [
        (format!(r#",{fields},"Keys":{{{key}}}"#), BAD),
        (String::new(), BAD),
        (format!(",{fields}"), BAD),
        (format!(",{aimed}"), BAD),
        (r#","TemplateId":"Nope""#.to_owned(), BAD),
        (format!(r#",{good},"EncryptionKey":"k""#), denied),
        (format!(r#",{good},"EncryptionKey":"""#), BAD),
    ] {
        let asked = put("none", "x", &members);
        for answer in [NOT_FOUND, other] {
            let told = [format!("{asked} => {answer}")];
            assert_eq!(judged(&told), (true, vec![]), "{told:?}");
        }
        let told = [format!(
            r#"{asked} => 200 {{"ObjectTypeName":"T","Description":"x"}}"#
        )];
        assert!(!judged(&told).0, "{told:?}");
    }
    for (domain, description, members, answer, fits) in [
        ("none", "x", format!(",{good}"), BAD, false),
        ("none", "x", format!(",{good}"), denied, false),
        (
            "d",
            "",
            r#","TemplateId":"Nope""#.to_owned(),
            NOT_FOUND,
            true,
        ),
        (
            "d",
            "",
            format!(r#",{good},"EncryptionKey":"k""#),
            denied,
            true,
        ),
        ("d", "", format!(",{good}"), denied, false),
        ("d", "", format!(",{good}"), NOT_FOUND, false),
    ] {
        let asked = put(domain, description, &members);
        let told = [CREATE.to_owned(), format!("{asked} => {answer}")];
        assert_eq!(judged(&told).0, fits, "{told:?}");
    }
}

#[test]
fn an_echo_of_a_put_tells_nothing_of_what_was_stored() {
    let tagged = |tags: &str| format!(r#"{},"Tags":{{{tags}}}"#, mapped());
    let (a, b, both) = (r#""a":"1""#, r#""b":"2""#, r#""a":"1","b":"2""#);
    let [first, _] = typed("N", &tagged(a));
    let [echo, _] = typed("N", &tagged(b));
    let [plain, _] = typed("N", &mapped());
    for then in [vec![], vec![&plain]] {
        for (shown, fits) in [(a, true), (b, true), (both, true), (r#""c":"3""#, false)] {
            let [_, get] = typed("N", &tagged(shown));
            let list = format!(
                r#"GET {} => 200 {{"tags":{{{shown}}}}}"#,
                tags_of("domains/d/object-types/N")
            );
            for look in [get, list] {
                let mut told = vec![CREATE.to_owned(), first.clone(), echo.clone()];
                told.extend(then.iter().map(|line| (*line).clone()));
                told.push(look);
                assert_eq!(judged(&told).0, fits, "{told:#?}");
            }
        }
    }
    // What a Get has shown is decided.
    let told = |second: &str| {
        let [_, shown] = typed("N", &tagged(a));
        let again =
            [&first, &echo].map(|line| line.replace("/N ", "/O ").replace("\"N\"", "\"O\""));
        let [_, get] = typed("O", &tagged(second));
        let told = [CREATE.to_owned(), first.clone(), echo.clone(), shown];
        judged(&[&told[..], &again, &[get]].concat()).0
    };
    assert!(told(a) && !told(b) && !told(both));
    // What no way of serving it explains is still worth a word.
    let [odd, _] = typed("N", &tagged(r#""c":"3""#));
    let told = [
        CREATE.to_owned(),
        format!(
            "{} => {}",
            asked(&first),
            odd.split(" => ").nth(1).expect("an answer")
        ),
    ];
    assert_eq!(
        judged(&told),
        (true, vec!["put-type.response.equals-get"; 2])
    );
}

#[test]
fn beside_a_template_settings_may_be_shown_as_given_or_not() {
    let template = r#","TemplateId":"t""#;
    let given = r#","ExpirationDays":100,"EncryptionKey":"k""#;
    let [put, _] = typed("N", &format!("{template}{given}"));
    for (more, fits) in [
        (given, true),
        ("", true),
        (r#","ExpirationDays":30"#, true),
        (r#","ExpirationDays":31"#, false),
        (r#","EncryptionKey":"l""#, false),
    ] {
        let [_, get] = typed("N", &format!("{template}{more}"));
        let told = [CREATE.to_owned(), put.clone(), get];
        assert_eq!(judged(&told).0, fits, "{more}");
        // Without a template they are as given.
        let [own, _] = typed("N", &format!("{}{given}", mapped()));
        let [_, get] = typed("N", &format!("{}{more}", mapped()));
        let told = [CREATE.to_owned(), own, get];
        assert_eq!(judged(&told).0, more == given, "{more}");
    }
}

#[test]
fn a_key_without_definitions_may_be_shown_alone() {
    let members = |keys: &str| format!(r#","Fields":{{{A}}}{keys}"#);
    let [put, kept] = typed("N", &members(r#","Keys":{"k":[]}"#));
    for (get, fits) in [
        (kept, true),
        (typed("N", &members(""))[1].clone(), true),
        (
            typed("N", &members(r#","Keys":{"l":[]}"#))[1].clone(),
            false,
        ),
        (
            typed(
                "N",
                &members(&format!(
                    r#","Keys":{{{}}}"#,
                    A_IS_UNIQUE.replace("\"k\"", "\"l\"")
                )),
            )[1]
            .clone(),
            false,
        ),
    ] {
        let told = [CREATE.to_owned(), put.clone(), get];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn a_reserved_name_is_refused_for_itself_and_should_be_by_a_bad_request() {
    let denied = "403 AccessDeniedException";
    for (name, answer, fits, rules) in [
        ("_foo", BAD, true, vec![]),
        ("_foo", denied, true, vec!["put-type.name.reserved"]),
        ("_foo", NOT_FOUND, true, vec!["put-type.name.reserved"]),
        ("foo", denied, false, vec!["put-type.response.echo"]),
        ("_asset", denied, true, vec![]),
    ] {
        let [put, _] = typed(name, &mapped());
        let told = [CREATE.to_owned(), format!("{} => {answer}", asked(&put))];
        let (found, broken) = judged(&told);
        assert_eq!((found, broken.first()), (fits, rules.first()), "{told:#?}");
    }
}

#[test]
fn the_standard_type_of_a_later_revision_may_be_a_type_like_any_other() {
    let [put, get] = typed(
        "_order",
        &format!(r#"{},"AllowProfileCreation":true"#, mapped()),
    );
    let object = r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"_order","Object":"{\"a\":\"1\"}"} => 200 {"ProfileObjectUniqueKey":"k1"}"#.to_owned();
    let delete = r#"DELETE /domains/d/object-types/_order => 200 {"Message":"m"}"#.to_owned();
    let id = format!(r#"{{"ProfileId":"{P}"}}"#);
    let found = searched("k", "1", &id);
    let missing = format!("GET /domains/d/object-types/_order => {NOT_FOUND}");
    let refused = format!("{} => {BAD}", asked(&object));
    for (told, fits, rules) in [
        (
            vec![
                put.clone(),
                get.clone(),
                object.clone(),
                found.clone(),
                delete.clone(),
            ],
            true,
            vec![],
        ),
        (vec![put.clone(), object.clone(), found], true, vec![]),
        (vec![put.clone(), missing], true, vec![]),
        (vec![put, refused], true, vec![]),
        (vec![object], true, vec!["ingest.type.standard"]),
        (vec![delete], true, vec!["delete-type.standard"]),
        (
            vec![get.replace("200 ", "403 ")],
            false,
            vec!["get-type.standard"],
        ),
    ] {
        let told = [vec![CREATE.to_owned()], told].concat();
        let (found, broken) = judged(&told);
        assert_eq!((found, broken.first()), (fits, rules.first()), "{told:#?}");
    }
}

#[test]
fn tabs_and_ends_of_lines_may_be_refused_where_nobody_promises_them() {
    let resource = tags_of("domains/d/object-types/T");
    let source = |text: &str| {
        put_with(&format!(
            r#""Fields":{{"a":{{"Source":"{text}"}}}},"Keys":{{{A_IS_UNIQUE}}}"#
        ))
    };
    for text in ["x\\ty", "x\\ny", "x\\ry"] {
        for (asked, rules) in [
            (
                format!(r#"POST /domains/d/profiles {{"FirstName":"{text}"}}"#),
                Some(vec![]),
            ),
            (source(&format!("_source.a{text}")), Some(vec![])),
            (
                format!(
                    r#"POST /domains/e {{"DefaultExpirationDays":30,"Tags":{{"a":"{text}"}}}}"#
                ),
                Some(vec![]),
            ),
            (
                format!(r#"POST {resource} {{"tags":{{"a":"{text}"}}}}"#),
                None,
            ),
            (
                put_with(&format!(r#""Tags":{{"a":"{text}"}}{}"#, mapped())),
                None,
            ),
        ] {
            let told = [
                CREATE.to_owned(),
                PUT.to_owned(),
                format!("{asked} => {BAD}"),
            ];
            let (fits, broken) = judged(&told);
            assert_eq!(fits.then_some(broken), rules, "{asked}");
        }
    }
    // It is no reason to say nothing of what is stored.
    let told = [
        CREATE.to_owned(),
        r#"POST /domains/d/profiles {"FirstName":"x\ty"} => 200 {"ProfileId":"00000000000000000000000000000001"}"#.to_owned(),
        by_id(P, Some(r#","FirstName":"xy""#)),
    ];
    assert!(!judged(&told).0);
    let told = [
        CREATE.to_owned(),
        format!("POST /domains/d/profiles {{\"FirstName\":\"xy\"}} => {BAD}"),
    ];
    assert!(!judged(&told).0);
}

#[test]
fn of_several_members_of_one_name_any_may_be_taken() {
    let domain = |members: &str| format!(r#"POST /domains/e {{{members}}}"#);
    let put = |members: &str| format!(r#"PUT /domains/d/object-types/N {{{members}}}"#);
    let days = r#""DefaultExpirationDays":30"#;
    let many = |first: usize| -> String {
        let all = (first..51).map(|n| format!(r#""k{n}":"v""#));
        all.collect::<Vec<_>>().join(",")
    };
    let fields = format!(r#""Fields":{{{A}}}"#);
    let keys = format!(r#""Keys":{{{A_IS_UNIQUE}}}"#);
    let dangling =
        r#""Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["zz"]}]}"#;
    for (asked, fits) in [
        (
            domain(r#""DefaultExpirationDays":30,"DefaultExpirationDays":0"#),
            true,
        ),
        (
            domain(r#""DefaultExpirationDays":0,"DefaultExpirationDays":30"#),
            true,
        ),
        (domain(r#""DefaultExpirationDays":0"#), false),
        (
            domain(r#""DefaultExpirationDays":0,"Matching":{"Enabled":true,"Enabled":false}"#),
            false,
        ),
        (domain(&format!(r#"{days},"Tags":{{"a":5,"a":"1"}}"#)), true),
        (domain(&format!(r#"{days},"Tags":{{"a":"1","a":5}}"#)), true),
        (
            domain(&format!(r#"{days},"Tags":{{"a":"1","a":"2","b":5}}"#)),
            false,
        ),
        (
            put(&format!(
                r#""Description":"x",{fields},{keys},"Tags":{{"k1":"v",{}}}"#,
                many(1)
            )),
            true,
        ),
        (
            put(&format!(
                r#""Description":"x",{fields},{keys},"Tags":{{{}}}"#,
                many(0)
            )),
            false,
        ),
        (
            domain(&format!(
                r#"{days},"Matching":{{}},"Matching":{{"Enabled":true}}"#
            )),
            true,
        ),
        (
            put(&format!(
                r#""Description":"x","Description":"",{fields},{keys}"#
            )),
            true,
        ),
        (
            put(&format!(r#""Description":"x",{fields},{keys},{dangling}"#)),
            true,
        ),
        (
            put(&format!(r#""Description":"x",{fields},{dangling}"#)),
            false,
        ),
        (
            put(&format!(
                r#""Description":"x","Description":"y",{fields},{dangling}"#
            )),
            false,
        ),
    ] {
        let refused = [CREATE.to_owned(), format!("{asked} => {BAD}")];
        assert_eq!(judged(&refused), (true, vec![]), "{asked}");
        let shown = match asked.starts_with("PUT") {
            true => r#"{"ObjectTypeName":"N","Description":"x"}"#,
            false => {
                r#"{"DomainName":"e","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#
            }
        };
        let served = [CREATE.to_owned(), format!("{asked} => 200 {shown}")];
        assert_eq!(judged(&served).0, fits, "{asked}");
    }
}

#[test]
fn of_the_classes_of_one_question_each_may_have_its_own_answer() {
    let typed = |name: &str, field: &str, target: &str, key: &str| {
        let target = match target {
            "" => String::new(),
            target => format!(r#","Target":"{target}""#),
        };
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"n","Fields":{{{A},"{field}":{{"Source":"_source.b"{target}}}}},"Keys":{{{A_IS_UNIQUE},"{key}":[{{"StandardIdentifiers":["PROFILE"],"FieldNames":["a"]}}]}}}}"#
        )
    };
    for (first, second, same) in [
        (["9a", "", "l"], ["-a", "", "l"], ["8b", "", "l"]),
        (["9a", "", "l"], ["_a", "", "l"], ["8b", "", "l"]),
        (["Tags", "", "l"], ["tags", "", "l"], ["Tags", "", "m"]),
        (["b", "", "Tags"], ["b", "", "tags"], ["c", "", "Tags"]),
        (
            ["b", "", "_profileId"],
            ["b", "", "_assetId"],
            ["c", "", "_profileId"],
        ),
        (
            ["b", "_foo.A", "l"],
            ["b", "profile", "l"],
            ["b", "_bar.A", "l"],
        ),
        (
            ["b", "_foo.A", "l"],
            ["b", "_source.A", "l"],
            ["b", "_bar.A", "l"],
        ),
        (
            ["b", "_profile.No", "l"],
            ["b", "_profile.Address", "l"],
            ["b", "_profile.None", "l"],
        ),
        (
            ["b", "_profile.No", "l"],
            ["b", "_asset.No", "l"],
            ["b", "_profile.None", "l"],
        ),
    ] {
        let put = |name: &str, [field, target, key]: [&str; 3], answer: &str| {
            format!("{} => {answer}", typed(name, field, target, key))
        };
        let ok = |name: &str| format!(r#"200 {{"ObjectTypeName":"{name}","Description":"n"}}"#);
        for (before, after) in [(BAD.to_owned(), ok("U")), (ok("T"), BAD.to_owned())] {
            for (then, fits) in [(second, true), (same, false)] {
                let told = [
                    CREATE.to_owned(),
                    put("T", first, &before),
                    put("U", then, &after),
                ];
                assert_eq!(judged(&told).0, fits, "{told:#?}");
            }
        }
    }
    // So do empty maps and none.
    let bare = |name: &str, members: &str, answer: &str| {
        format!(r#"PUT /domains/d/object-types/{name} {{"Description":"n"{members}}} => {answer}"#)
    };
    let (empty, ok) = (
        r#","Fields":{},"Keys":{}"#,
        r#"200 {"ObjectTypeName":"U","Description":"n"}"#,
    );
    for (members, fits) in [(empty, true), ("", false)] {
        let told = [
            CREATE.to_owned(),
            bare("T", "", BAD),
            bare("U", members, ok),
        ];
        assert_eq!(judged(&told).0, fits, "{members}");
        let ok = ok.replace('U', "T");
        let told = [
            CREATE.to_owned(),
            bare("T", "", &ok),
            bare("U", members, BAD),
        ];
        assert_eq!(judged(&told).0, fits, "{members}");
    }
    // So do both values of AllowProfileCreation beside a template.
    let put = |name: &str, allow: bool, answer: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"n","TemplateId":"t","AllowProfileCreation":{allow}}} => {answer}"#
        )
    };
    let template = r#"GET /templates/t => 200 {"TemplateId":"t"}"#;
    let ok = r#"200 {"ObjectTypeName":"T","Description":"n","TemplateId":"t"}"#;
    for (first, second, fits) in [(false, true, true), (true, true, false)] {
        let told = [
            CREATE.to_owned(),
            template.to_owned(),
            put("T", first, ok),
            put("U", second, BAD),
        ];
        assert_eq!(judged(&told).0, fits, "{first} {second}");
    }
}

#[test]
fn a_standard_type_keeps_its_own_description() {
    let put = r#"PUT /domains/d/object-types/_asset {"Description":"mine","Fields":{"id":{}},"Keys":{"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}]}} => 200 {"ObjectTypeName":"_asset","Description":"mine"}"#;
    let get = |description: &str| {
        format!(
            r#"GET /domains/d/object-types/_asset => 200 {{"ObjectTypeName":"_asset","Description":"{description}"}}"#
        )
    };
    let list = |description: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"_asset","Description":"{description}"}}]}}"#
        )
    };
    let missing = format!("GET /domains/d/object-types/_asset => {NOT_FOUND}");
    let unlisted = r#"GET /domains/d/object-types => 200 {"Items":[]}"#;
    for (before, after, rule) in [
        (None, get("mine"), Some("put-type.name.standard")),
        (None, list("mine"), Some("put-type.name.standard")),
        (
            Some(get("an asset")),
            get("mine"),
            Some("put-type.name.standard"),
        ),
        (Some(get("mine")), get("mine"), None),
        (None, get("an asset"), None),
        (None, list("an asset"), None),
        (None, missing, None),
        (None, unlisted.to_owned(), None),
    ] {
        let told = [Some(CREATE), before.as_deref(), Some(put), Some(&*after)];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        assert_eq!(broken(&told).as_deref(), rule, "{told:#?}");
    }
}

#[test]
fn a_reserved_name_may_be_refused_wherever_it_comes_up() {
    for method in ["GET", "DELETE"] {
        let ask = |name: &str| format!("{method} /domains/d/object-types/{name} => {BAD}");
        let denied = ask("_x").replace(BAD, "403 AccessDeniedException");
        allowed(&[CREATE, &ask("_x")]);
        let doubted = judged(&[CREATE.to_owned(), denied]);
        assert_eq!(doubted, (true, vec!["put-type.name.reserved"]), "{method}");
        assert!(broken(&[CREATE, &ask("x")]).is_some(), "{method}");
        // Where there is such a type it is no wrong name.
        let put = r#"PUT /domains/d/object-types/_x {"Description":"x"} => 200 {"ObjectTypeName":"_x","Description":"x"}"#;
        assert!(broken(&[CREATE, put, &ask("_x")]).is_some(), "{method}");
    }
}
