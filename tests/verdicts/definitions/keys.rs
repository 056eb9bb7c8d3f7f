//! Keys, and what is found by them.

use super::*;

/// Identifiers and fields of the only key.
const KEYS: &str = r#"
"UNIQUE" | "a" => may put-type.keys.profile-required
"PROFILE" | "a" => may put-type.keys.exactly-one-unique
"UNIQUE","PROFILE","LOOKUP_ONLY" | "a" => must put-type.keys.unique-lookup-only
"UNIQUE","PROFILE","NEW_ONLY" | "a" => may put-type.keys.unique-new-only, may put-type.keys.durable-waived
"UNIQUE","PROFILE","SECONDARY" | "a" =>
"UNIQUE","SECONDARY" | "a" => may put-type.keys.profile-required, may put-type.keys.secondary-alone
"UNIQUE","PROFILE","UNIQUE" | "a" => may put-type.keys.identifier-duplicate
"UNIQUE","PROFILE","ASSET" | "a" => shows put-type.keys.asset-case, shows put-type.keys.asset-without-target, grudge put-type.keys.asset-without-target
"UNIQUE","PROFILE","CASE" | "a" => shows put-type.keys.asset-case, shows put-type.keys.asset-without-target, grudge put-type.keys.asset-without-target
"UNIQUE","PROFILE" | "a","a" => may put-type.keys.fieldnames-duplicate
"UNIQUE","PROFILE" | "a","b" =>
"UNIQUE","PROFILE" | "a","c" => must put-type.keys.fieldnames-defined
"UNIQUE","PROFILE" |  => may put-type.keys.fieldnames-required
"#;

/// Name and identifiers of a second key.
const SECOND_KEYS: &str = r#"
l | "UNIQUE" => may put-type.keys.no-second-unique
l | "LOOKUP_ONLY","NEW_ONLY" => may put-type.keys.lookup-new
l | "LOOKUP_ONLY" =>
l | "NEW_ONLY" =>
l | "PROFILE","LOOKUP_ONLY" => shows put-type.keys.lookup-with-durable
l | "PROFILE","NEW_ONLY" => shows put-type.keys.lookup-with-durable
l | "SECONDARY" => may put-type.keys.secondary-alone
l |  => shows put-type.keys.identifier-empty
K |  => shows put-type.keys.identifier-empty, shows put-type.keys.name-case, grudge put-type.keys.name-case
Tags |  => shows put-type.keys.identifier-empty, may put-type.keys.name-tags
_x |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, may put-type.keys.name-underscore
_email |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined
_profileId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
_profileId | "LOOKUP_ONLY" => shows put-type.keys.name-charset, shows put-type.keys.name-predefined
_assetId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
_caseId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
"#;

#[test]
fn what_a_key_is_may_speak_against_its_type() {
    for ([identifiers, names], rules) in table(KEYS) {
        let put = put_keyed(&format!(
            r#""k":[{{"StandardIdentifiers":[{identifiers}],"FieldNames":[{names}]}}]"#
        ));
        assert_eq!(told_of_put(&put), rules, "{identifiers} {names}");
    }
    for ([name, identifiers], rules) in table(SECOND_KEYS) {
        let put = put_keyed(&format!(
            r#"{A_IS_UNIQUE},"{name}":[{{"StandardIdentifiers":[{identifiers}],"FieldNames":["b"]}}]"#
        ));
        assert_eq!(told_of_put(&put), rules, "{name} {identifiers}");
    }
}

#[test]
fn a_type_needs_a_key_that_stays() {
    let unique = r#""k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#;
    let key = |name: &str, identifiers: &str| {
        format!(
            r#""{name}":[{{"StandardIdentifiers":["PROFILE",{identifiers}],"FieldNames":["a"]}}]"#
        )
    };
    let (lookup, new) = (r#""LOOKUP_ONLY""#, r#""NEW_ONLY""#);
    let waived = "may put-type.keys.durable-waived";
    let by_id = "put-type.keys.profileid-lookup";
    for (keys, waits, creates) in [
        (
            key("l", lookup),
            waived,
            "may put-type.keys.lookup-needs-durable",
        ),
        (
            key("l", new),
            waived,
            "may put-type.keys.new-only-needs-durable",
        ),
        (
            format!("{},{}", key("_profileId", lookup), key("l", new)),
            waived,
            "may put-type.keys.new-only-needs-durable",
        ),
        (
            format!("{},{}", key("m", lookup), key("l", new)),
            waived,
            "may put-type.keys.lookup-needs-durable",
        ),
        (key("_profileId", lookup), by_id, by_id),
    ] {
        let put = put_keyed(&format!("{keys},{unique}"));
        let creating = put.replace("\"Fields\"", "\"AllowProfileCreation\":true,\"Fields\"");
        let not = creating.replace("true", "false");
        for (put, rule) in [(put, waits), (not, waits), (creating, creates)] {
            let mut told = told_of_put(&put);
            told.retain(|line| line.contains("durable") || line.contains("profileid"));
            let wanted = match rule == by_id {
                true => vec![format!("shows {by_id}"), format!("grudge {by_id}")],
                false => vec![rule.to_owned()],
            };
            assert_eq!(told, wanted, "{put}");
        }
    }
}

#[test]
fn keys_are_counted_by_name_and_by_definition() {
    let keys = |count: usize| -> String {
        let one = |n| format!(r#","k{n}":[{{"FieldNames":["b"]}}]"#);
        (1..count).map(one).collect()
    };
    let definitions = |count: usize| -> String {
        let all = vec![r#"{"FieldNames":["b"]}"#; count - 1];
        format!(r#","l":[{}]"#, all.join(","))
    };
    let one_twice = A_IS_UNIQUE.replace(
        "}]",
        r#"},{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#,
    );
    let quota = [
        "shows quota.over",
        "may put-type.keys.quota",
        "may quota.keys-per-type",
    ];
    let several = "shows put-type.keys.multi-entry";
    for (keys, rules) in [
        (format!("{A_IS_UNIQUE}{}", keys(10)), vec![]),
        (format!("{A_IS_UNIQUE}{}", keys(11)), quota.to_vec()),
        (format!("{A_IS_UNIQUE}{}", definitions(10)), vec![several]),
        (
            format!("{A_IS_UNIQUE}{}", definitions(11)),
            vec![quota[0], several, quota[1], quota[2]],
        ),
        (
            format!(r#"{A_IS_UNIQUE},"l":[]"#),
            vec!["may put-type.keys.empty-list"],
        ),
        (
            one_twice,
            vec![several, "may put-type.keys.unique-twice-same-name"],
        ),
        (
            A_IS_UNIQUE.replace("\"k\"", "\"_account\"") + r#","_fullName":[{"FieldNames":["b"]}]"#,
            vec![
                "shows put-type.keys.name-predefined",
                "shows put-type.keys.guide-example",
            ],
        ),
    ] {
        let mut told = told_of_put(&put_keyed(&keys));
        told.retain(|line| !line.contains("name-charset") && !line.contains("identifier-empty"));
        assert_eq!(told, rules, "{keys}");
    }
}

#[test]
fn one_name_of_a_key_may_have_one_content_type_in_a_domain() {
    let keyed = |name: &str, key: &str, content: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one","Fields":{{"i":{{"Source":"_source.i"}},"c":{{"Source":"_source.c","ContentType":"{content}"}}}},"Keys":{{"u{name}":[{{"StandardIdentifiers":["UNIQUE"],"FieldNames":["i"]}}],"{key}":[{{"StandardIdentifiers":["PROFILE"],"FieldNames":["c"]}}]}}}}"#
        )
    };
    let own = format!(
        r#"{} => 200 {{"ObjectTypeName":"A","Description":"one"}}"#,
        keyed("A", "m", "STRING")
    );
    let template = r#"PUT /domains/d/object-types/A {"Description":"one","TemplateId":"t"} => 200 {"ObjectTypeName":"A","Description":"one","TemplateId":"t"}"#;
    for (before, name, key, content, differs) in [
        (own.as_str(), "B", "m", "STRING", false),
        (&own, "B", "m", "NAME", true),
        (&own, "B", "n", "NAME", false),
        (&own, "A", "m", "NAME", false),
        (&own, "B", "_email", "NAME", false),
        (template, "B", "m", "NAME", false),
        (template, "B", "_email", "NAME", true),
    ] {
        let told = weighing(&[CREATE, before], &keyed(name, key, content));
        let rule = "may put-type.keys.content-type-consistency".to_owned();
        assert_eq!(told.contains(&rule), differs, "{name} {key} {content}");
    }
}

#[test]
fn a_type_that_is_put_again_as_it_was_leaves_its_keys_alone() {
    let none = r#"200 {"Items":[]}"#;
    let block = "{{#if _source.a}}yes{{/if}}";
    for (second, fits) in [
        (block, false),
        ("{{#if _source.b}}yes{{/if}}", true),
        ("_source.a", true),
    ] {
        let told = [
            CREATE.to_owned(),
            naming(block),
            naming(second),
            search_of_one("one", BAD),
            search_of_one("two", none),
        ];
        assert_eq!(judged(&told).0, fits, "{second}");
    }
}

/// Key and values of a search where one object has been put, and what the answer may rest on.
const SEARCHES: &str = r#"
mKey | "x" =>
mKey | "y" => may search.none
mKey | "x","x" =>
mKey | "x","y" => shows search.multi-values, may search.multi-values, may search.none
mKey |  => may search.values-empty, may search.none
zz | "x" => may search.unknown-key, may search.none
_email | "x" => may search.none
_profileId | "x" => may search.profile-id-malformed, may search.none
_profileId | "00000000000000000000000000000001" =>
_profileId | "00000000000000000000000000000002" => may search.none
_profileId | "0000000000000000000000000000000A" => may search.profile-id-malformed, may search.none
_profileId | "0000000000000000000000000000000g" => may search.profile-id-malformed, may search.none
_profileId | "000000000000000000000000000000001" => may search.profile-id-malformed, may search.none
_profileId | "00000000000000000000000000000001","x" => shows search.multi-values, may search.profile-id-malformed, may search.multi-values, may search.none
_profileId | "x","00000000000000000000000000000002" => shows search.multi-values, may search.profile-id-malformed, may search.multi-values, may search.none
"#;

#[test]
fn a_search_may_find_nothing_where_there_is_nothing() {
    let made = one_made();
    for ([key, values], rules) in table(SEARCHES) {
        let request =
            format!(r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":[{values}]}}"#);
        let mut told = weighing(&made.each_ref().map(String::as_str), &request);
        told.retain(|line| {
            !["by-key", "value-length", "keyname-pattern"]
                .iter()
                .any(|rule| line.ends_with(rule))
        });
        assert_eq!(told, rules, "{key} {values}");
    }
}

#[test]
fn a_profile_that_is_not_found_or_should_not_be_breaks_the_rules_of_its_key() {
    let made = one_made();
    let after = |more: &[String]| candidates(&[&made[..], more].concat());
    let missed = |key: &str, value: &str| after(&[searched(key, value, "")]);
    let plain = missed("mKey", "x");
    for rule in [
        "assign.none.create",
        "persist.plain",
        "search.normalised",
        "key.string.exact",
    ] {
        assert!(plain.contains(&rule), "{rule} in {plain:?}");
    }
    assert!(missed("cId", "1").contains(&"persist.unique"));
    assert_eq!(missed("_profileId", P)[0], "std.keys.profile-id");
    for (key, value, member) in [
        ("_phone", "+12065550100", "PhoneNumber"),
        ("_email", "a@b", "EmailAddress"),
        ("_account", "n", "AccountNumber"),
        ("_fullName", "n", "LastName"),
    ] {
        let told = [
            CREATE.to_owned(),
            format!(
                r#"POST /domains/d/profiles {{"{member}":"{value}"}} => 200 {{"ProfileId":"{P}"}}"#
            ),
            searched(key, value, ""),
        ];
        let rule = match key {
            "_fullName" => "std.keys.full-name".to_owned(),
            key => key.replace('_', "std.keys."),
        };
        assert_eq!(candidates(&told)[0], rule);
    }
    let profile = |domain: &str, id: &str| {
        format!(
            r#"POST /domains/{domain}/profiles {{"FirstName":"Ann"}} => 200 {{"ProfileId":"{id}"}}"#
        )
    };
    let told = [
        CREATE.to_owned(),
        profile("d", P),
        format!(
            r#"POST /domains/d/profiles/keys {{"ProfileId":"{P}","KeyName":"aKey","Values":["v"]}} => 200 {{"KeyName":"aKey","Values":["v"]}}"#
        ),
        searched("aKey", "v", ""),
    ];
    assert_eq!(candidates(&told)[0], "profile.key.add.search");
    // What has another value, is nowhere, elsewhere or no longer there.
    let shown = |id: &str| {
        searched(
            "mKey",
            "y",
            &format!(r#"{{"ProfileId":"{id}","FirstName":"Ann"}}"#),
        )
    };
    let other = after(&[shown(P)]);
    assert_eq!(other[0], "search.by-key");
    assert!(other.contains(&"assign.none.create") && other.contains(&"key.compound-differs"));
    let nobody = after(&[shown(Q)]);
    assert_eq!(nobody[..2], ["search.by-key", "search.none"]);
    let elsewhere = create_named("e");
    let found = after(&[elsewhere, profile("e", Q), shown(Q)]);
    assert_eq!(
        found,
        ["search.scope", "domain.isolation", "domain.delete.effect"]
    );
    let gone = format!(
        r#"POST /domains/d/profiles/delete {{"ProfileId":"{P}"}} => 200 {{"Message":"m"}}"#
    );
    assert_eq!(after(&[gone.clone(), shown(P)]), ["profile.delete.effect"]);
    assert_eq!(
        after(&[gone, by_id(P, Some(""))]),
        ["profile.delete.effect"]
    );
}

#[test]
fn a_profile_of_which_nobody_knows_the_members_may_be_found_by_any_key() {
    let create = format!(
        r#"POST /domains/d/profiles {{"FirstName":"Ann","FirstName":"Bea"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let shown = format!(r#"{{"ProfileId":"{P}","LastName":"Lee"}}"#);
    for (key, value, shown, fits) in [
        ("_email", "a@b", shown.as_str(), true),
        ("_email", "a@b", "", true),
        ("_profileId", P, shown.as_str(), true),
        ("_profileId", Q, shown.as_str(), false),
        ("_profileId", P, "", false),
    ] {
        let told = [
            CREATE.to_owned(),
            create.clone(),
            searched(key, value, shown),
        ];
        assert_eq!(judged(&told).0, fits, "{key} {value} {shown}");
    }
}

#[test]
fn who_refuses_keys_that_nobody_defines_refuses_all_of_them() {
    let none = r#"200 {"Items":[]}"#;
    let put = CARD.to_owned();
    let gone = r#"DELETE /domains/d/object-types/C => 200 {"Message":"m"}"#.to_owned();
    for (before, first, then, fits) in [
        (vec![], BAD, none, false),
        (vec![], NOT_FOUND, none, true),
        (vec![], none, none, true),
        (vec![], none, BAD, false),
        (vec![put.clone()], BAD, none, false),
        (vec![put.clone(), gone], BAD, none, true),
    ] {
        let mut told = vec![CREATE.to_owned()];
        told.extend(before.iter().cloned());
        told.extend([search_of_one("one", first), search_of_one("two", then)]);
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    for (key, answer, fits) in [
        ("mKey", none, true),
        ("mKey", BAD, false),
        // A predefined key that no type defines may be one of another revision.
        ("_caseId", BAD, true),
    ] {
        let told = [
            CREATE.to_owned(),
            put.clone(),
            search_of_one("one", none),
            search_of_one(key, answer),
        ];
        assert_eq!(judged(&told).0, fits, "{key} {answer}");
    }
}

#[test]
fn who_finds_nothing_may_say_so_before_all_of_a_search_is_checked() {
    for (query, value, fits) in [
        ("", "x", false),
        ("", "y", true),
        ("?max-results=0", "x", false),
        ("?max-results=0", "y", true),
    ] {
        let request = format!(
            r#"POST /domains/d/profiles/search{query} {{"KeyName":"mKey","Values":["{value}"]}}"#
        );
        let mut told = one_made().to_vec();
        told.push(format!("{request} => {NOT_FOUND}"));
        assert_eq!(judged(&told).0, fits, "{query} {value}");
    }
}

#[test]
fn values_that_were_alternatives_once_are_alternatives() {
    let two = [
        ingest("2", "y", "Bea", "k2"),
        search("mKey", "y", &[(Q, "Bea")]),
    ];
    let ann = format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#);
    let bea = format!(r#"{{"ProfileId":"{Q}","FirstName":"Bea"}}"#);
    let both = format!("{ann},{bea}");
    let search = |values: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"mKey","Values":[{values}]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let (xy, xz) = (r#""x","y""#, r#""x","z""#);
    for (first, second, fits) in [
        (search(xy, &both), search(xy, &both), true),
        (search(xy, &both), search(xy, &ann), false),
        (search(xy, &ann), search(xy, &ann), true),
        (search(xy, &ann), search(xy, ""), true),
        // Those of one value alone would have been found by whoever takes the first.
        (search(xz, &ann), search(xy, &ann), true),
        (search(xz, &ann), search(xy, ""), true),
    ] {
        let told = [&one_made()[..], &two, &[first, second]].concat();
        assert_eq!(judged_anywhere(&told), fits, "{told:#?}");
    }
    // Where each value finds all, that they do says nothing.
    let same = [
        ingest("3", "x", "Ann", "k3"),
        search(r#""1","3""#, &ann).replace("mKey", "cId"),
        search(xy, &ann),
    ];
    assert!(judged_anywhere(&[&one_made()[..], &two, &same].concat()));
    // Who is found by another value breaks the rules that tell values apart.
    let told = [&one_made()[..], &two, &[search(r#""y""#, &both)]].concat();
    assert!(candidates(&told).contains(&"key.compound-differs"));
    let stranger = search(r#""y""#, &both)
        .replace("mKey", "_profileId")
        .replace("\"y\"", &format!("{P:?}"));
    let stranger = stranger.replace(&both, &both.replace(Q, &"3".repeat(32)));
    let told = [&one_made()[..], &two, &[stranger]].concat();
    assert_eq!(candidates(&told)[0], "std.keys.profile-id");
}

/// Content type, the value of a key, and a text that is searched for: whether it finds that value.
const VALUES: &str = r#"
STRING | a | a => is found
STRING | a | A => should not be found
STRING | a-b | ab => should not be found
STRING | a | b => is not found
STRING | a | a  => may be found
STRING | ａ | a => may be found
STRING | é | è => is not found
NUMBER | 1 | 1 => is found
NUMBER | 1 | 1.0 => may be found
NUMBER | 1 | 1e0 => may be found
NUMBER | 1 | 2 => is not found
NUMBER | one | two => is not found
NUMBER | 12 | 1 2 => should not be found
PHONE_NUMBER | 2065550100 | 2065550100 => is found
PHONE_NUMBER | +12065550100 | (206)-555-0100 => is found
PHONE_NUMBER | +12065550100 | (206)555-0100 => should be found
PHONE_NUMBER | +12065550100 | 12065550100 => should be found
PHONE_NUMBER | +12065550100 | 206 555 0100 => should be found
PHONE_NUMBER | +12065550100 | 206.555.0100 => should be found
PHONE_NUMBER | 2065550100 | 3065550100 => is not found
PHONE_NUMBER | 2065550100 | 2065550101 => is not found
PHONE_NUMBER | +2065550100 | 2065550100 => may be found
PHONE_NUMBER | 5550100 | 555-0100 => may be found
PHONE_NUMBER | +1206555010 | 1206555010 => may be found
PHONE_NUMBER | 206-555-0100x | 2065550100 => may be found
PHONE_NUMBER | 206+5550100 | 2065550100 => may be found
PHONE_NUMBER | +442079460018 | 44207 => may be found
PHONE_NUMBER | 44207 | +442079460018 => may be found
PHONE_NUMBER | +442079460018 | +332079460018 => may be found
PHONE_NUMBER | +442079460018 | +442079460019 => is not found
PHONE_NUMBER | +442079460018 | none => may be found
EMAIL_ADDRESS | a@b | a@b => is found
EMAIL_ADDRESS | a@b | A@B => may be found
EMAIL_ADDRESS | a@b | a @b => should not be found
EMAIL_ADDRESS | a@b | c@b => is not found
EMAIL_ADDRESS | ａ@b | a@b => may be found
NAME | Ann Lee | Ann Lee => is found
NAME | Ann Lee | ann  LEE => may be found
NAME | Ann Lee | AnnLee => should not be found
NAME | Ann Lee | Bea Lee => is not found
NAME | ﬁn | FIN => may be found
"#;

#[test]
fn when_two_texts_are_one_value_depends_on_the_content_type() {
    for line in VALUES.lines().skip(1) {
        let (cells, likeness) = line.split_once(" => ").expect("an arrow");
        let cells: Vec<&str> = cells.split(" | ").collect();
        let [content, value, wanted] = cells[..] else {
            panic!("{line}");
        };
        let told = |items: &[(&str, &str)]| {
            let mut told = one_made().to_vec();
            told.extend(valued(content, value));
            told.push(search("vKey", wanted, items));
            judged(&told)
        };
        let (found, missed) = (told(&[(P, "Ann")]), told(&[]));
        let fine = |(fits, rules): &(bool, Vec<&str>)| *fits && rules.is_empty();
        let is = match (fine(&found), fine(&missed)) {
            (true, true) => "may be found",
            (true, false) if missed.0 => "should be found",
            (true, false) => "is found",
            (false, true) if found.0 => "should not be found",
            (false, true) => "is not found",
            (false, false) => "neither",
        };
        assert_eq!(is, likeness, "{line}: {found:?} {missed:?}");
    }
}

#[test]
fn the_reference_finds_a_value_by_what_it_is() {
    let finds = |manner: &Manner, content: &str, value: &str, wanted: &str| {
        let mut lines = one_made().to_vec();
        lines.extend(valued(content, value));
        lines.push(search("vKey", wanted, &[]));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        answered(manner, &lines).pointer("/Items/0").is_some()
    };
    let usual = Manner::default();
    for (content, value, wanted, found) in [
        ("STRING", "a", "a", true),
        ("STRING", "a", "A", false),
        ("NUMBER", "1", "1.0", true),
        ("NUMBER", "1", "2", false),
        ("NUMBER", "9007199254740991", "9007199254740991.0", true),
        ("NUMBER", "9007199254740993", "9007199254740992", false),
        ("NUMBER", "9007199254740992", "9007199254740992.0", false),
        ("NUMBER", "one", "one", true),
        ("NUMBER", "one", "two", false),
        ("PHONE_NUMBER", "+12065550100", "(206) 555-0100", true),
        ("PHONE_NUMBER", "+12065550100", "2065550101", false),
        ("PHONE_NUMBER", "+442079460018", "+442079460018", true),
        ("PHONE_NUMBER", "+442079460018", "442079460018", false),
        ("EMAIL_ADDRESS", "a@b", "A@b", true),
        ("NAME", "Ann  Lee", "ann lee", true),
        ("NAME", "Ann Lee", "Bea Lee", false),
    ] {
        assert_eq!(
            finds(&usual, content, value, wanted),
            found,
            "{content} {value} {wanted}"
        );
    }
    let exact = usual
        .choosing(choice!("cap.email-fold"), 1)
        .choosing(choice!("cap.name-fold"), 1);
    for (content, value, wanted, found) in [
        ("EMAIL_ADDRESS", "a@b", "A@b", false),
        ("EMAIL_ADDRESS", "a@b", "a@b", true),
        ("NAME", "Ann", "ann", false),
        ("NAME", "Ann", "Ann", true),
    ] {
        assert_eq!(
            finds(&exact, content, value, wanted),
            found,
            "{content} {value} {wanted}"
        );
    }
}

#[test]
fn a_key_that_was_removed_finds_nobody() {
    let key = format!(r#"{{"ProfileId":"{P}","KeyName":"aKey","Values":["v"]}}"#);
    let told = [
        CREATE.to_owned(),
        format!(r#"POST /domains/d/profiles {{"FirstName":"Ann"}} => 200 {{"ProfileId":"{P}"}}"#),
        format!(
            r#"POST /domains/d/profiles/keys {key} => 200 {{"KeyName":"aKey","Values":["v"]}}"#
        ),
        format!(r#"POST /domains/d/profiles/keys/delete {key} => 200 {{"Message":"m"}}"#),
        search("aKey", "v", &[(P, "Ann")]),
    ];
    assert_eq!(candidates(&told)[0], "profile.key.delete");
}
