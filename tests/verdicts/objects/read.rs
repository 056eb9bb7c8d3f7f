//! What is read of an object, and what that leads to where the contract leaves it open.

use super::*;

#[test]
fn an_object_may_be_refused_for_a_value_that_does_not_fit() {
    let long = "x".repeat(256);
    let fields = [
        ("id", ""),
        ("m", ""),
        ("f", "_profile.FirstName"),
        ("g", "_profile.Gender"),
        ("s", "_profile.Attributes.s"),
        ("an", "_asset.AssetName"),
    ];
    let keys = [
        ("cId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("aKey", "ASSET", "id"),
    ];
    let told = conversation([typed("C", &fields, &keys)]);
    for (member, refused) in [
        (format!(r#""f":"{long}""#), true),
        (format!(r#""s":"{long}""#), true),
        (format!(r#""an":"{long}""#), true),
        (format!(r#""id":"{long}""#), true),
        (format!(r#""u":"{long}""#), false),
        (r#""g":"robot""#.to_owned(), true),
        (r#""g":"MALE""#.to_owned(), false),
        (r#""f":["x"]"#.to_owned(), true),
        (r#""f":{"x":"y"}"#.to_owned(), true),
        (r#""u":["x"]"#.to_owned(), false),
        (r#""f":12.5"#.to_owned(), false),
        (r#""f":"""#.to_owned(), false),
    ] {
        let object = match member.starts_with(r#""id""#) {
            true => format!(r#"{{"m":"x",{member}}}"#),
            false => format!(r#"{{"id":"1","m":"x",{member}}}"#),
        };
        let taken = put("C", &object, "k1");
        let answers = [(answered(&taken, BAD), refused), (taken, true)];
        right(&told, &answers);
    }
}

#[test]
fn two_forms_of_a_number_match_for_certain_and_others_should() {
    for (known, sought, rule) in [
        ("+15551234567", "(555)-123-4567", "std.keys.phone"),
        ("+15551234567", "+15551234567", "std.keys.phone"),
        ("(555)-123-4567", "+15551234567", "std.keys.phone"),
        ("+15551234567", "15551234567", "key.phone.formats"),
        ("+15551234567", "+1-555-123-4567", "key.phone.formats"),
        ("+15551234567", "(555)123-4567", "key.phone.formats"),
        ("0612345678", "(061)-234-5678", "key.phone.formats"),
    ] {
        let told = conversation([made(&format!(r#""PhoneNumber":"{known}""#))]);
        first_rules(&told, &[(search("_phone", sought, &[]), rule)]);
    }
    let told = conversation([made(r#""PhoneNumber":"+445551234567""#)]);
    right(&told, &[(search("_phone", "(555)-123-4567", &[]), true)]);
}

#[test]
fn an_array_on_the_way_and_a_dot_in_a_name_may_be_passed() {
    let card = |source: &str| CARD.replace("_source.f", source);
    for (source, object, shown) in [
        ("_source.l.0", r#""l":["x"]"#, Some("x")),
        ("_source.l.n", r#""l":[{"n":"x"}]"#, Some("x")),
        ("Mr {{_source.l.0}}", r#""l":["x"]"#, Some("Mr x")),
        ("_source.a.b", r#""a.b":"x""#, Some("x")),
        ("_source.a.b", r#""a.bc":"x""#, None),
        ("_source.a.b", r#""a":{"c":"x"}"#, None),
    ] {
        let told = conversation([
            card(source),
            put("C", &format!(r#"{{"id":"1","m":"x",{object}}}"#), "k1"),
        ]);
        let nothing = (found_by("mKey", "x", P), true);
        let value = shown.unwrap_or("x");
        let something = (search("mKey", "x", &[(P, value)]), shown.is_some());
        right(&told, &[nothing, something]);
    }
    // Where that tells objects apart, nobody knows what becomes of it.
    let told = conversation([CARD.replace("_source.id", "_source.ids.0")]);
    let taken = put("C", r#"{"ids":["1"],"m":"x"}"#, "k1");
    right(&told, &[(answered(&taken, BAD), true)]);
    let told = and(&told, &[taken]);
    right(&told, &[(found_by("mKey", "x", P), true)]);
}

#[test]
fn a_value_that_rests_on_a_should_deserves_a_warning_if_it_is_another() {
    let card = |source: &str| CARD.replace("_source.f", source);
    let two = "{{_source.a}} {{_source.b}}";
    for (source, object, right_one, rule) in [
        ("_source.f", r#""f":true"#, Some("true"), "extract.boolean"),
        ("_source.f", r#""f":null"#, None, "extract.null"),
        ("_source.f", r#""F":"Ann""#, None, "extract.case"),
        (
            "some text",
            "",
            Some("some text"),
            "extract.handlebars.constant",
        ),
        (two, r#""a":"A","b":null"#, Some("A "), "extract.null"),
        (
            two,
            r#""a":"A","b":false"#,
            Some("A false"),
            "extract.boolean",
        ),
        (two, r#""a":"A","B":"B""#, Some("A"), "extract.case"),
        ("{{_source.b}}", r#""b":null"#, None, "extract.null"),
    ] {
        let object = match object {
            "" => r#"{"id":"1","m":"x"}"#.to_owned(),
            object => format!(r#"{{"id":"1","m":"x",{object}}}"#),
        };
        let told = conversation([card(source), put("C", &object, "k1")]);
        let shown = |name: &str| search("mKey", "x", &[(P, name)]);
        let good = right_one.map_or(found_by("mKey", "x", P), shown);
        right(&told, &[(good, true)]);
        first_rules(&told, &[(shown("Zed"), rule)]);
        let lines: Vec<&str> = told.iter().map(String::as_str).collect();
        allowed(&[&lines[..], &[&shown("Zed")]].concat());
    }
    // Over what a request had set, null writes nothing.
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        put("C", r#"{"id":"1","m":"x","f":null}"#, "k1"),
    ]);
    right(&told, &[(finds("mKey", "x", &[P]), true)]);
    first_rules(
        &told,
        &[(search("mKey", "x", &[(P, "null")]), "extract.null")],
    );
    // A content type fills a profile by the same value.
    let mail = typed(
        "C",
        &[("id", ""), ("e", ":EMAIL_ADDRESS")],
        &[("cId", "UNIQUE PROFILE", "id")],
    );
    for (value, shown, rule) in [
        ("true", "True", "extract.boolean"),
        ("null", "null", "extract.null"),
    ] {
        let told = conversation([
            mail.clone(),
            put("C", &format!(r#"{{"id":"1","e":{value}}}"#), "k1"),
        ]);
        let found = found_by("cId", "1", P);
        let wrong = found.replace("\"}]", &format!(r#"","EmailAddress":"{shown}"}}]"#));
        first_rules(&told, &[(wrong, rule)]);
    }
}

#[test]
fn a_key_value_that_rests_on_a_should_may_be_another() {
    let of = |object: &str| {
        let unique = typed("C", &[("id", "")], &[("cId", "UNIQUE PROFILE", "id")]);
        conversation([unique, put("C", object, "k1")])
    };
    for (object, value, rule) in [
        (r#"{"id":true}"#, "True", "key.string.differs"),
        (r#"{"ID":"1"}"#, "1", "extract.case"),
    ] {
        let told = of(object);
        first_rules(&told, &[(found_by("cId", value, P), rule)]);
    }
    let told = of(r#"{"id":true}"#);
    right(&told, &[(found_by("cId", "true", P), true)]);
    let (last, before) = told.split_last().expect("a conversation");
    first_rules(before, &[(answered(last, BAD), "extract.boolean")]);
    // What is no value is none.
    let told = of(r#"{"ID":"1"}"#);
    let (last, before) = told.split_last().expect("a conversation");
    right(before, &[(answered(last, BAD), true)]);
    let told = of(r#"{"id":"1"}"#);
    right(&told, &[(found_by("cId", "True", P), false)]);
}

#[test]
fn whom_an_object_goes_to_by_a_should_it_may_miss_for_a_warning() {
    let by = |key: &str, content: &str| {
        let fields = [("id", ""), ("w", content)];
        typed(
            "C",
            &fields,
            &[(key, "PROFILE", "w"), ("cId", "UNIQUE PROFILE", "id")],
        )
    };
    for (members, key, content, value, rule) in [
        (
            r#""MobilePhoneNumber":"+12065550100""#,
            "_phone",
            ":PHONE_NUMBER",
            "+12065550100",
            "std.keys.phone-others",
        ),
        (
            r#""PhoneNumber":"+12065550100""#,
            "_phone",
            ":PHONE_NUMBER",
            "2065550100",
            "key.phone.formats",
        ),
        (
            r#""PersonalEmailAddress":"a@x""#,
            "_email",
            ":EMAIL_ADDRESS",
            "a@x",
            "std.keys.email-others",
        ),
        (
            r#""FirstName":"Ann","LastName":"Ng""#,
            "_fullName",
            ":NAME",
            "Ann Ng",
            "std.keys.full-name",
        ),
    ] {
        let object = format!(r#"{{"id":"1","w":"{value}"}}"#);
        let told = conversation([by(key, content), made(members), put("C", &object, "k1")]);
        right(&told, &[(list(P, &[("k1", &object)]), true)]);
        first_rules(&told, &[(list(P, &[]), rule)]);
        let filled = match content {
            ":PHONE_NUMBER" => format!(r#","PhoneNumber":"{value}""#),
            ":EMAIL_ADDRESS" => format!(r#","EmailAddress":"{value}""#),
            _ => String::new(),
        };
        let new = found_by("cId", "1", Q).replace("\"}]", &format!("\"{filled}}}]"));
        first_rules(&told, &[(new.clone(), rule)]);
        // The warning is given once, and then the object is where it is.
        let later = and(&told, &[new]);
        right(
            &later,
            &[
                (of(Q, &list(P, &[("k1", &object)])), true),
                (list(P, &[("k1", &object)]), false),
            ],
        );
        // An answer that came too early decides nothing.
        let early = and(&told, &[list(P, &[])]);
        right(&early, &[(list(P, &[("k1", &object)]), true)]);
    }
    // Who must be found is found.
    let told = conversation([
        by("_phone", ":PHONE_NUMBER"),
        made(r#""PhoneNumber":"+12065550100""#),
        put("C", r#"{"id":"1","w":"(206)-555-0100"}"#, "k1"),
    ]);
    let lines: Vec<&str> = told.iter().map(String::as_str).collect();
    let missing = list(P, &[]);
    assert!(broken(&[&lines[..], &[&missing]].concat()).is_some());
}

#[test]
fn texts_that_should_differ_may_be_one_for_a_warning() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "abc", "Ann", "k1"),
        finds("mKey", "abc", &[P]),
        ingest("2", "ABC", "Ann", "k2"),
    ]);
    let one = r#"{"id":"1","m":"abc","f":"Ann"}"#;
    let two = r#"{"id":"2","m":"ABC","f":"Ann"}"#;
    right(&told, &[(list(P, &[("k1", one)]), true)]);
    let both = list(P, &[("k1", one), ("k2", two)]);
    first_rules(&told, &[(both.clone(), "key.string.differs")]);
    let lines: Vec<&str> = told.iter().map(String::as_str).collect();
    allowed(&[&lines[..], &[&both, &finds("mKey", "ABC", &[P])]].concat());
    // Nor need two objects be two.
    let told = conversation([
        CARD.to_owned(),
        ingest("ab", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
    ]);
    let again = |key: &str| ingest("AB", "x", "Ann", key);
    right(&told, &[(again("k2"), true)]);
    first_rules(&told, &[(again("k1"), "key.string.differs")]);
    let told = and(&told, &[again("k1")]);
    let object = r#"{"id":"AB","m":"x","f":"Ann"}"#;
    right(
        &told,
        &[
            (list(P, &[("k1", object)]), true),
            (list(P, &[("k1", object), ("k1", object)]), false),
        ],
    );
}

#[test]
fn a_profile_of_which_nobody_knows_a_field_may_be_found_by_it() {
    let blocks = "{{#if _source.m}}{{_source.m}}{{/if}}";
    for (member, key, source, value, shown) in [
        (
            "PhoneNumber",
            "_phone",
            blocks,
            r#""+12065550100""#,
            "+12065550100",
        ),
        ("AccountNumber", "_account", "_source.m", "12.5", "12.5"),
        ("EmailAddress", "_email", "_source.m", r#"["a@x"]"#, "a@x"),
        ("FirstName", "_fullName", blocks, r#""Ann""#, "Ann"),
    ] {
        let target = format!("_profile.{member}");
        let maker = typed(
            "M",
            &[("id", ""), ("m", &target)],
            &[("mId", "UNIQUE PROFILE", "id")],
        )
        .replace("_source.m", source);
        let keys = [
            (key, "PROFILE", "w"),
            ("oKey", "PROFILE", "o"),
            ("cId", "UNIQUE", "id"),
        ];
        let finder = typed("C", &[("id", ""), ("w", ""), ("o", "")], &keys);
        let object = format!(r#"{{"id":"1","w":"{shown}","o":"p"}}"#);
        let told = conversation([
            maker,
            finder,
            put("M", &format!(r#"{{"id":"1","m":{value}}}"#), "m1"),
            found_by("mId", "1", P).replace("\"}]", &format!(r#"","{member}":"{shown}"}}]"#)),
            put("C", &object, "k1"),
        ]);
        right(
            &told,
            &[
                (list(P, &[("k1", &object)]), true),
                (list(P, &[]), true),
                (found_by("oKey", "p", Q), true),
            ],
        );
    }
}

#[test]
fn what_an_asset_holds_leads_to_its_owner_as_long_as_it_holds_it() {
    let put_asset = |an: &str| {
        put(
            "D",
            &format!(r#"{{"id":"1","m":"x","sn":"Z","an":{an}}}"#),
            "k1",
        )
    };
    let told = |an: &str| {
        conversation([
            device(&[("aKey", "ASSET", "sn")]),
            put_asset(an),
            found_by("mKey", "x", P),
        ])
    };
    let by = |value: &str| found_by("_assetName", value, P);
    let none = |value: &str| finds("_assetName", value, &[]);
    let sure = and(
        &told(r#""Pump""#),
        &[assets(P, "", r#""SerialNumber":"Z","AssetName":"Pump""#)],
    );
    right(&sure, &[(by("Pump"), true), (by("Fan"), false)]);
    first_rules(&sure, &[(none("Pump"), "asset.search-by-key")]);
    let changed = and(&sure, &[put_asset(r#""Fan""#)]);
    right(
        &changed,
        &[(by("Fan"), true), (by("Pump"), true), (none("Pump"), true)],
    );
    first_rules(&changed, &[(none("Fan"), "asset.search-by-key")]);
    let gone = and(&sure, &[deleted("D", P, "k1")]);
    right(&gone, &[(by("Pump"), true), (none("Pump"), true)]);
    for (an, value) in [
        (r#""Pump ""#, "Pump "),
        (r#""Pump ""#, "Pump"),
        ("12.5", "12.5"),
    ] {
        right(&told(an), &[(by(value), true), (none(value), true)]);
    }
    let let_go = and(&sure, &[key_deleted(P, "_assetName", "Pump")]);
    right(&let_go, &[(by("Pump"), true), (none("Pump"), true)]);
    // Objects are not led there for certain.
    let finder = typed(
        "C",
        &[("id", ""), ("w", "")],
        &[
            ("_assetName", "PROFILE", "w"),
            ("cId", "UNIQUE PROFILE", "id"),
        ],
    );
    let object = r#"{"id":"1","w":"Pump"}"#;
    let told = and(&sure, &[finder, put("C", object, "c1")]);
    right(
        &told,
        &[
            (list(P, &[("c1", object)]), true),
            (list(P, &[]), true),
            (found_by("cId", "1", Q), true),
        ],
    );
}

#[test]
fn a_predefined_key_may_find_an_asset_by_what_it_holds() {
    let id = ASSET;
    for (key, value, finds_it) in [
        ("_serialNumber", "Z", true),
        ("_assetName", "N", true),
        ("_assetId", id, true),
        ("_serialNumber", "Y", false),
        ("aKey", "N", false),
    ] {
        let finder = typed(
            "F",
            &[("id", ""), ("m", ""), ("w", ""), ("st", "_asset.Status")],
            &[
                ("fId", "UNIQUE", "id"),
                ("mKey", "PROFILE", "m"),
                (key, "ASSET LOOKUP_ONLY", "w"),
            ],
        );
        let held = r#""SerialNumber":"Z","AssetName":"N""#;
        let told = conversation([
            device(&[("aKey", "ASSET", "sn")]),
            finder,
            put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
            found_by("mKey", "x", P),
            assets(P, "", held),
            put(
                "F",
                &format!(r#"{{"id":"7","m":"x","w":"{value}","st":"used"}}"#),
                "f1",
            ),
        ]);
        let used = format!(r#"{held},"Status":"used""#);
        right(&told, &[(assets(P, "", &used), finds_it)]);
        let second = assets(P, "", held).replace(
            "]}",
            &format!(
                r#",{{"ObjectTypeName":"_asset","Object":"{}"}}]}}"#,
                quoted(&format!(
                    r#"{{"AssetId":"{}","Status":"used"}}"#,
                    id.replace('a', "b")
                ))
            ),
        );
        right(&told, &[(second, true)]);
    }
}

#[test]
fn an_asset_need_not_be_made_of_what_may_be_no_value() {
    let long = format!("\"{}\"", "x".repeat(256));
    let fields = [
        ("id", ""),
        ("m", ""),
        ("sn", ""),
        ("an", "_asset.AssetName"),
    ];
    let keys = [
        ("dId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("aKey", "ASSET", "sn"),
    ];
    for (an, none) in [
        (r#"" ""#, true),
        (r#"["x"]"#, true),
        (long.as_str(), true),
        (r#""N""#, false),
        (r#"" N""#, false),
    ] {
        let told = conversation([
            typed("D", &fields, &keys),
            put(
                "D",
                &format!(r#"{{"id":"1","m":"x","sn":"Z","an":{an}}}"#),
                "k1",
            ),
            found_by("mKey", "x", P),
        ]);
        let told = and(&told, &[assets(P, "", "")]);
        let rules = rules_broken(&[(choice!("asset.create"), 0)], &told);
        assert_eq!(rules.is_empty(), none, "{an} {rules:?}");
    }
}

#[test]
fn a_template_may_be_escaped_and_trimmed_at_once() {
    let told = conversation([
        CARD.replace("_source.f", "{{_source.a}} {{_source.b}}"),
        put("C", r#"{"id":"1","m":"x","a":"A&B"}"#, "k1"),
    ]);
    for (name, fits) in [
        ("A&B", true),
        ("A&amp;B", true),
        ("A&amp;B ", true),
        ("A&amp;amp;B", false),
        ("A", false),
    ] {
        right(&told, &[(search("mKey", "x", &[(P, name)]), fits)]);
    }
}

#[test]
fn a_field_that_several_wrote_may_be_cleared_by_one_of_them() {
    let bare = r#"{"id":"1","m":"x"}"#;
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        ingest("1", "x", "Bea", "k1"),
        search("mKey", "x", &[(P, "Bea")]),
    ]);
    let shown = |name: &str| search("mKey", "x", &[(P, name)]);
    let again = and(&told, &[put("C", bare, "k1")]);
    right(
        &again,
        &[
            (found_by("mKey", "x", P), true),
            (shown("Bea"), true),
            (shown("Zed"), false),
        ],
    );
    // Another object clears nothing.
    let other = and(&told, &[put("C", &bare.replace('1', "2"), "k2")]);
    right(
        &other,
        &[(found_by("mKey", "x", P), false), (shown("Bea"), true)],
    );
}

#[test]
fn what_an_object_wrote_may_leave_a_profile_with_it() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        ingest("1", "y", "Bea", "k1"),
        list(P, &[]),
    ]);
    let by_id = |items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{P}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    right(
        &told,
        &[
            (by_id(&format!(r#"{{"ProfileId":"{P}"}}"#)), true),
            (
                by_id(&format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#)),
                true,
            ),
            (
                by_id(&format!(r#"{{"ProfileId":"{P}","FirstName":"Bea"}}"#)),
                false,
            ),
            (by_id(""), false),
        ],
    );
}

#[test]
fn what_a_new_profile_has_by_itself_is_open_where_nothing_is_said() {
    let fields = |target: &'static str| {
        [
            ("id", ""),
            ("e", ":EMAIL_ADDRESS"),
            ("p", ":PHONE_NUMBER"),
            ("t", target),
        ]
    };
    let keys = [("cId", "UNIQUE PROFILE", "id")];
    let object = r#"{"id":"1","e":"a@x","p":"+12065550100","t":"q"}"#;
    let filled = r#","EmailAddress":"a@x","PhoneNumber":"+12065550100""#;
    let shows = |key: &str, value: &str, members: &str| {
        found_by(key, value, P).replace("\"}]", &format!("\"{members}}}]"))
    };
    // A target that is ignored may count or not.
    for (target, none) in [
        ("", false),
        ("_profile.NoSuchField", true),
        ("_foo.x", true),
    ] {
        let told = conversation([typed("C", &fields(target), &keys), put("C", object, "k1")]);
        right(
            &told,
            &[
                (shows("cId", "1", filled), true),
                (shows("cId", "1", ""), none),
            ],
        );
    }
    let told = conversation([
        typed("C", &fields(""), &keys),
        put("C", object, "k1"),
        shows("cId", "1", filled),
    ]);
    // Whether the address is found says nothing of the number.
    let email = |found: bool| match found {
        true => shows("_email", "a@x", filled),
        false => finds("_email", "a@x", &[]),
    };
    for found in [true, false] {
        let told = and(&told, &[email(found)]);
        right(
            &told,
            &[
                (shows("_phone", "+12065550100", filled), true),
                (finds("_phone", "+12065550100", &[]), true),
                (email(!found), false),
            ],
        );
    }
    // After another write it may be found.
    let named = format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"Ng"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let told = and(&told, &[email(false), named]);
    right(
        &told,
        &[
            (
                shows("_email", "a@x", &format!(r#"{filled},"LastName":"Ng""#)),
                true,
            ),
            (email(false), true),
        ],
    );
    // What is no more than a default deserves a warning.
    let told = conversation([typed("C", &fields(""), &keys), put("C", object, "k1")]);
    let with = |members: &str| shows("cId", "1", &format!("{filled},{members}"));
    first_rules(
        &told,
        &[(
            with(r#""PartyType":"INDIVIDUAL""#),
            "std.inferred.only-these",
        )],
    );
    let lines: Vec<&str> = told.iter().map(String::as_str).collect();
    allowed(&[&lines[..], &[&with(r#""PartyType":"INDIVIDUAL""#)]].concat());
    let other = with(r#""PartyType":"BUSINESS""#);
    assert!(broken(&[&lines[..], &[&other]].concat()).is_some());
}

#[test]
fn a_part_of_an_identity_that_is_blank_is_not_one_that_is_missing() {
    let fields = [("a", ""), ("b", ""), ("m", "")];
    let keys = [("cId", "UNIQUE", "a b"), ("mKey", "PROFILE", "m")];
    let partial = put("C", r#"{"a":"1","m":"x"}"#, "k1");
    for (first, refuses) in [(partial.clone(), false), (answered(&partial, BAD), true)] {
        let mut told = conversation([typed("C", &fields, &keys), first]);
        if !refuses {
            told.push(found_by("mKey", "x", P));
        }
        for part in [r#""""#, "null"] {
            let blank = put("C", &format!(r#"{{"a":"2","b":{part},"m":"y"}}"#), "k2");
            let refused = answered(&blank, BAD);
            right(&told, &[(refused, true)]);
            let stored = and(&told, &[blank]);
            right(&stored, &[(found_by("mKey", "y", Q), true)]);
        }
        // What was seen of a missing part holds.
        let missing = put("C", r#"{"a":"3","m":"z"}"#, "k3");
        right(&told, &[(answered(&missing, BAD), refuses)]);
    }
}

#[test]
fn an_empty_text_leads_nowhere() {
    let fields = [("id", ""), ("m", ":EMAIL_ADDRESS")];
    let keys = [("_email", "PROFILE", "m"), ("cId", "UNIQUE PROFILE", "id")];
    let told = conversation([
        typed("C", &fields, &keys),
        put("C", r#"{"id":"1","m":""}"#, "k1"),
        found_by("cId", "1", P),
        put("C", r#"{"id":"2","m":""}"#, "k2"),
    ]);
    right(
        &told,
        &[
            (found_by("cId", "2", Q), true),
            (found_by("cId", "2", P), false),
        ],
    );
}

#[test]
fn where_too_many_states_are_possible_a_target_is_taken_to_keep_what_it_should() {
    let mut model = Model::observer(&open());
    let fields = [("id", ""), ("a", ""), ("b", ""), ("c", "")];
    let keys = [
        ("cId", "UNIQUE PROFILE", "id"),
        ("aKey", "PROFILE", "a"),
        ("bKey", "PROFILE", "b"),
        ("cKey", "PROFILE", "c"),
    ];
    let told = conversation([typed("C", &fields, &keys)]);
    for line in &told {
        model.observe(&exchange(line));
    }
    for n in 1..=3 {
        let member = |name: &str| format!(r#""{name}":{}"#, n % 2 == 0);
        let members = ["a", "b", "c"].map(member).join(",");
        let line = put(
            "C",
            &format!(r#"{{"id":"{n}",{members}}}"#),
            &format!("k{n}"),
        );
        let fit = model.observe(&exchange(&line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{fit:?}");
    }
    assert!(model.forgets() && !model.is_lost());
    // Enough is known of one that keeps it.
    let fit = model.observe(&exchange(&found_by("cId", "1", P))).fit;
    assert!(matches!(fit, Fit::Allowed { .. }), "{fit:?}");
}

#[test]
fn who_seems_not_to_keep_a_should_is_asked_again_as_long_as_it_may_be_late() {
    let case = profile_contract::case::text::parse(STEPS, "test.case").expect("a case");
    let told_before = conversation([
        typed("C", &[("id", "")], &[("cId", "UNIQUE PROFILE", "id")]),
        put("C", r#"{"id":true}"#, "k1"),
    ]);
    let shown = found_by("cId", "true", P);
    let none = finds("cId", "true", &[]);
    for (last, findings) in [
        (&shown, vec![]),
        (&none, vec![(Severity::Warns, "extract.boolean")]),
    ] {
        let judge = Judge::new(&case, &open());
        let mut judge = judge.with_patience(Duration::from_secs(1));
        for (step, line) in told_before.iter().enumerate() {
            assert_eq!(judge.see(step, &exchange(line)), Heard::Next);
        }
        assert_eq!(judge.see(3, &later(&none, 10)), Heard::Again);
        assert_eq!(judge.see(3, &later(&none, 500)), Heard::Again);
        judge.see(3, &later(last, 1100));
        assert_eq!(told(&judge.finish()), findings);
    }
}

/// `asset.search-by-key`: predefined keys and those of the type may lead from an asset to its owner, new assets by NEW_ONLY too.
#[test]
fn an_asset_may_lead_to_its_owner_by_its_id_and_by_a_key_for_new_ones() {
    let told = conversation([
        device(&[("aKey", "ASSET NEW_ONLY", "sn")]),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        assets(P, "", r#""SerialNumber":"Z""#),
    ]);
    let finds = |key: &str, value: &str| search(key, value, &[(P, "Ann")]);
    let nobody = |key: &str, value: &str| search(key, value, &[]);
    let other = ASSET.replace('a', "b");
    right(
        &told,
        &[
            (finds("_assetId", ASSET), true),
            (nobody("_assetId", ASSET), true),
            (finds("_assetId", &other), false),
            (finds("_caseId", ASSET), false),
            (finds("aKey", "Z"), true),
            (nobody("aKey", "Z"), true),
            (finds("aKey", "Y"), false),
        ],
    );
}

#[test]
fn what_no_field_writes_any_more_may_go_when_its_object_is_put_again() {
    let fields = |target: &'static str| [("id", ""), ("n", target)];
    let keys = [("tKey", "PROFILE UNIQUE", "id")];
    let object = r#"{"id":"1","n":"Ann"}"#;
    let told = conversation([
        typed("T", &fields("_profile.FirstName"), &keys),
        put("T", object, "k1"),
        search("tKey", "1", &[(P, "Ann")]),
        typed("T", &fields(""), &keys),
    ]);
    let (there, gone) = (search("tKey", "1", &[(P, "Ann")]), found_by("tKey", "1", P));
    right(&told, &[(there.clone(), true), (gone.clone(), false)]);
    let again = and(&told, &[put("T", object, "k1")]);
    let other = search("tKey", "1", &[(P, "Bea")]);
    right(&again, &[(there, true), (gone, true), (other, false)]);
}

/// `persist.overwritten-object`: what the version before the last one stored may still be there when its value comes back.
#[test]
fn a_key_value_may_linger_over_several_versions() {
    let told = conversation([
        typed(
            "V",
            &[("id", ""), ("m", "")],
            &[
                ("vKey", "PROFILE UNIQUE", "id"),
                ("mKey", "PROFILE NEW_ONLY", "m"),
            ],
        ),
        put("V", r#"{"id":"1","m":"3"}"#, "k1"),
        found_by("mKey", "3", P),
        put("V", r#"{"id":"1","m":"1"}"#, "k1"),
        found_by("mKey", "3", P),
        put("V", r#"{"id":"1","m":"3"}"#, "k1"),
    ]);
    let nobody = |value: &str| search("mKey", value, &[]);
    right(
        &told,
        &[
            (found_by("mKey", "3", P), true),
            (nobody("3"), true),
            (found_by("mKey", "1", P), false),
            (found_by("mKey", "2", P), false),
        ],
    );
}

/// `std.profile.absent-does-not-clear`, `object.overwrite.moves`, `object.delete.fields`: where a value goes with its source, the one
/// that another had written shows again, and no third one.
#[test]
fn what_one_source_takes_away_uncovers_what_another_wrote() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        ingest("2", "x", "Bea", "k2"),
        search("mKey", "x", &[(P, "Bea")]),
    ]);
    let shown = |name: &str| search("mKey", "x", &[(P, name)]);
    for change in [
        put("C", r#"{"id":"2","m":"x"}"#, "k2"),
        ingest("2", "y", "Cleo", "k2"),
        deleted("C", P, "k2"),
    ] {
        let changed = and(&told, &[change]);
        right(
            &changed,
            &[
                (shown("Ann"), true),
                (shown("Bea"), true),
                (shown("Zed"), false),
            ],
        );
    }
}

/// `asset.reput-same-object`: the asset an object wrote to is found by the value it has now.
#[test]
fn an_asset_that_was_renamed_may_be_found_by_its_new_name() {
    let renamed = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", r#""SerialNumber":"Z""#),
        put("D", r#"{"id":"1","m":"x","sn":"Y"}"#, "k1"),
        assets(P, "", r#""SerialNumber":"Y""#),
        put("D", r#"{"id":"2","m":"x","sn":"Y"}"#, "k2"),
    ]);
    right(&renamed, &[(assets(P, "", r#""SerialNumber":"Y""#), true)]);
}

/// `assign.one-profile-per-object`: an object that is listed under an id says whose id that is.
#[test]
fn a_profile_is_known_by_an_object_that_is_listed_under_its_id() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        list(P, &[("k1", r#"{"id":"1","m":"x","f":"Ann"}"#)]),
    ]);
    right(
        &told,
        &[
            (finds("mKey", "x", &[P]), true),
            (finds("mKey", "x", &[Q]), false),
            (list(Q, &[("k1", r#"{"id":"1","m":"x","f":"Ann"}"#)]), false),
        ],
    );
    let gone = and(&told, &[deleted("C", P, "k1"), search("mKey", "x", &[])]);
    assert!(fits(&gone));
}
