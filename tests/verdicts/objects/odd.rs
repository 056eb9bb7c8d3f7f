//! Values that no member can hold, or not as they are: they leave open that member, and nothing else.

use super::*;

/// A type of which one field writes the first name, and another one somewhere else.
fn odd(target: &str) -> String {
    let fields = [("id", ""), ("f", "_profile.FirstName"), ("x", target)];
    typed("O", &fields, &[("oId", "PROFILE UNIQUE", "id")])
}

fn holding(value: &str) -> String {
    put("O", &format!(r#"{{"id":"1","f":"Ann","x":{value}}}"#), "k1")
}

/// The profile as the key of the type finds it, with these members.
fn shown(members: &str) -> String {
    found_by("oId", "1", P).replace(r#""}]"#, &format!(r#"",{members}}}]"#))
}

/// Whether the value is one of which nobody knows what it becomes: all but an empty text.
const VALUES: [(&str, &str, bool); 8] = [
    ("MiddleName", r#""""#, false),
    ("Attributes.x", r#""""#, false),
    ("Gender", r#""""#, false),
    ("Gender", r#""F""#, true),
    ("PartyType", r#""Firm""#, true),
    ("Attributes.x", r#"["a"]"#, true),
    ("Attributes.x", r#"{"a":1}"#, true),
    ("Address.City", "12.5", true),
];

/// A member of a profile with a value.
fn member(path: &str, value: &str) -> String {
    match path.split_once('.') {
        None => format!(r#""{path}":"{value}""#),
        Some((outer, inner)) => format!(r#""{outer}":{{"{inner}":"{value}"}}"#),
    }
}

/// Two values a member can hold.
fn plain(path: &str) -> [&'static str; 2] {
    match path {
        "Gender" => ["MALE", "FEMALE"],
        "PartyType" => ["OTHER", "BUSINESS"],
        _ => ["y", "z"],
    }
}

fn target(path: &str) -> String {
    format!("_profile.{path}")
}

#[test]
fn what_a_new_profile_gets_beside_an_odd_value_is_known() {
    let long = format!(r#""{}""#, "y".repeat(256));
    let values = VALUES.into_iter().chain([("MiddleName", &*long, true)]);
    for (path, value, open) in values {
        let told = conversation([odd(&target(path)), holding(value)]);
        let other = shown(&format!(
            r#""FirstName":"Ann",{}"#,
            member(path, plain(path)[0])
        ));
        let told_of = if open { "" } else { "violation " };
        let other_rule = match (open, path) {
            (true, _) => "",
            (false, "Attributes.x") => "std.profile.attributes",
            (false, _) => "std.profile.targets",
        };
        all_said(
            &told,
            &[
                (finds("oId", "1", &[P]), ""),
                (other, &format!("{told_of}{other_rule}")),
                (
                    shown(r#""FirstName":"WRONG""#),
                    "violation std.profile.targets",
                ),
                (found_by("oId", "1", P), "violation std.profile.targets"),
                (
                    shown(r#""FirstName":"Ann","LastName":"Lee""#),
                    "violation std.profile.untargeted",
                ),
                (finds("oId", "2", &[P]), "violation search.by-key"),
                (finds("_email", "a@x", &[P]), "violation search.by-key"),
                (finds("oId", "1", &[]), "violation assign.none.create"),
            ],
        );
    }
}

#[test]
fn what_a_profile_has_beside_an_odd_value_stays() {
    for (path, value, open) in VALUES {
        let [before, other] = plain(path);
        let made = made(&format!(r#""LastName":"Lee",{}"#, member(path, before)));
        let told = conversation([
            odd(&target(path)),
            made,
            key_added(P, "oId", "1"),
            holding(value),
        ]);
        let with =
            |members: &str| shown(&format!(r#""FirstName":"Ann","LastName":"Lee"{members}"#));
        let [same, other] = [before, other].map(|it| format!(",{}", member(path, it)));
        right(
            &told,
            &[
                (with(&same), true),
                (with(""), true),
                (with(&other), open),
                (with(&same).replace("Lee", "WRONG"), false),
                (with(&same).replace("Ann", "WRONG"), false),
                (with(&format!(r#"{same},"BirthDate":"y""#)), false),
            ],
        );
        // What is written later is known again.
        let updated = format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{P}",{}}} => 200 {{"ProfileId":"{P}"}}"#,
            member(path, before)
        );
        let told = and(&told, &[with(""), updated]);
        right(&told, &[(with(&same), true), (with(&other), false)]);
    }
}

#[test]
fn an_object_that_empties_what_it_wrote_may_leave_it() {
    let told = conversation([
        odd("_profile.MiddleName"),
        holding(r#""M""#),
        holding(r#""""#),
    ]);
    right(
        &told,
        &[
            (shown(r#""FirstName":"Ann","MiddleName":"M""#), true),
            (finds("oId", "1", &[P]), true),
            (shown(r#""FirstName":"Ann","MiddleName":"N""#), false),
        ],
    );
    // Whoever keeps the empty text need not let another object fill the member.
    let other = put("O", r#"{"id":"2","f":"Ann","x":"N"}"#, "k2");
    let told = and(
        &told,
        &[finds("oId", "1", &[P]), key_added(P, "oId", "2"), other],
    );
    right(
        &told,
        &[
            (shown(r#""FirstName":"Ann","MiddleName":"N""#), true),
            (finds("oId", "1", &[P]), true),
            (shown(r#""FirstName":"Ann","MiddleName":"M""#), false),
        ],
    );
    // Of two fields for one member either may count.
    let told = conversation([odd("_profile.FirstName"), holding(r#""""#)]);
    right(
        &told,
        &[
            (finds("oId", "1", &[P]), true),
            (found_by("oId", "1", P), true),
            (shown(r#""FirstName":"WRONG""#), false),
        ],
    );
}

#[test]
fn who_does_not_update_a_value_shows_the_one_before() {
    let named = |name: &str| put("O", &format!(r#"{{"id":"1","f":"{name}"}}"#), "k1");
    let name = |name: &str| shown(&member("FirstName", name));
    let update = "warning std.profile.same-object-update";
    let wrong = "violation search.profile-content";
    let told = conversation([odd("_profile.Gender"), named("Ann"), named("Cy")]);
    let once = [
        (name("Cy"), ""),
        (name("Ann"), update),
        (name("Zed"), wrong),
        (found_by("oId", "1", P), wrong),
    ];
    all_said(&told, &once);
    all_said(&and(&told, &[name("Cy"), named("Cy")]), &once);
    all_said(
        &and(&told, &[named("Di")]),
        &[
            (name("Di"), ""),
            (name("Cy"), update),
            (name("Ann"), update),
            (name("Zed"), wrong),
        ],
    );
    // Where nobody knows what was there before, it may be anything.
    let told = conversation([odd("_profile.Gender"), named(&"y".repeat(256)), named("Cy")]);
    all_said(&told, &[(name("Cy"), ""), (name("Zed"), update)]);
}

#[test]
fn an_empty_address_fills_nothing() {
    let told = |target: &str, other: &str| {
        let fields = [("id", ""), ("x", target), ("e", ":EMAIL_ADDRESS")];
        let object = format!(r#"{{"id":"1","x":""{other}}}"#);
        conversation([
            typed("O", &fields, &[("oId", "PROFILE UNIQUE", "id")]),
            put("O", &object, "k1"),
        ])
    };
    let mail = |mail: &str| shown(&member("EmailAddress", mail));
    for target in [":EMAIL_ADDRESS", "_profile.EmailAddress"] {
        right(
            &told(target, ""),
            &[(found_by("oId", "1", P), true), (mail("b@x"), false)],
        );
        right(
            &told(target, r#","e":"b@x""#),
            &[
                (found_by("oId", "1", P), true),
                (mail("b@x"), true),
                (mail("c@x"), false),
            ],
        );
    }
}

#[test]
fn a_number_that_fills_a_profile_may_be_shown_in_one_other_form() {
    let fields = [("id", ""), ("m", ""), ("x", ":PHONE_NUMBER")];
    let keys = [("oId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let holding = |number: &str| {
        put(
            "O",
            &format!(r#"{{"id":"1","m":"1","x":"{number}"}}"#),
            "k1",
        )
    };
    let told = conversation([typed("O", &fields, &keys), holding("+12065550101")]);
    let number = |number: &str| shown(&member("PhoneNumber", number));
    let wrong = "violation std.inferred.phone";
    let [whole, grouped] = ["+12065550101", "(206) 555-0101"];
    all_said(
        &told,
        &[
            (number(whole), ""),
            (number(grouped), ""),
            (number("12065550101"), ""),
            (number("5550101"), wrong),
            (number("+12065550102"), wrong),
            (number("anonymous"), wrong),
            (number("0"), wrong),
            (found_by("oId", "1", P), wrong),
        ],
    );
    for [one, other] in [[whole, grouped], [grouped, whole]] {
        let told = and(&told, &[number(one)]);
        let again = put("O", &format!(r#"{{"id":"2","m":"1","x":"{other}"}}"#), "k2");
        for told in [
            told.clone(),
            and(&told, &[holding(whole)]),
            and(&told, &[again]),
        ] {
            all_said(&told, &[(number(one), ""), (number(other), wrong)]);
        }
        // Who writes the profile anew may write it in another form.
        let updated = format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"Lee"}} => 200 {{"ProfileId":"{P}"}}"#
        );
        let named =
            |line: String| line.replace(r#"","PhoneNumber"#, r#"","LastName":"Lee","PhoneNumber"#);
        let told = and(&told, &[updated]);
        right(
            &told,
            &[
                (named(number(one)), true),
                (named(number(other)), true),
                (named(number("0")), false),
            ],
        );
    }
    // The number of nobody has no digits, and one of abroad may lose its prefix.
    for (given, form, right) in [
        ("anonymous", "anonymous", true),
        ("anonymous", "unknown", false),
        ("020 7946 0018", "+442079460018", true),
        ("+442079460018", "0", false),
    ] {
        let told = conversation([typed("O", &fields, &keys), holding(given)]);
        assert_eq!(fits(&and(&told, &[number(form)])), right, "{given} {form}");
    }
}

#[test]
fn a_template_without_its_parts_leaves_a_case_as_it_is_or_not() {
    let fields = [("id", ""), ("by", "_case.CreatedBy"), ("x", "_case.Title")];
    let keys = [("oId", "PROFILE UNIQUE", "id"), ("cKey", "CASE", "id")];
    let cases = typed("O", &fields, &keys).replace(
        r#""_source.by""#,
        r#""{{_source.agent.first}} {{_source.agent.last}}""#,
    );
    let told = conversation([
        cases,
        put(
            "O",
            r#"{"id":"1","agent":{"first":"Al","last":"Bo"},"x":"T"}"#,
            "k1",
        ),
        found_by("oId", "1", P),
    ]);
    let listed = |members: &str| {
        let line = assets(P, "", members).replace("AssetId", "CaseId");
        line.replace("_asset", "_case")
    };
    let both = |by: &str, title: &str| listed(&format!(r#""CreatedBy":"{by}","Title":"{title}""#));
    let without = and(
        &told,
        &[both("Al Bo", "T"), put("O", r#"{"id":"1","x":""}"#, "k1")],
    );
    right(
        &without,
        &[
            (both("Al Bo", "T"), true),
            (both("Al Bo", ""), true),
            (both(" ", "T"), true),
            (listed(r#""Title":"T""#), true),
            (listed(""), true),
            (both("Al", "T"), false),
            (both("Al Bo", "U"), false),
        ],
    );
    let other = r#"{"id":"1","agent":{"last":"Cy"},"x":"U"}"#;
    right(
        &and(&told, &[both("Al Bo", "T"), put("O", other, "k1")]),
        &[
            (both(" Cy", "U"), true),
            (both("Cy", "U"), true),
            (listed(""), false),
            (both("Al Bo", "U"), false),
            (both("Cy", "T"), false),
        ],
    );
}

#[test]
fn an_id_of_an_asset_should_look_like_one() {
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
    ]);
    let listed = |id: &str| assets(P, "", r#""SerialNumber":"Z""#).replace(ASSET, id);
    let odd = "warning asset.populated";
    all_said(
        &told,
        &[
            (listed(ASSET), ""),
            (listed(&ASSET.to_uppercase()), ""),
            (listed("x-1"), odd),
            (listed(&ASSET[1..]), odd),
            (listed(""), "violation asset.id"),
        ],
    );
    // It is no less that of the asset, nor does it hide what else is wrong.
    let told = and(&told, &[listed("x-1")]);
    let filtered =
        |id: &str, members: &str| assets(P, &filter("_assetId", "x-1"), members).replace(ASSET, id);
    all_said(
        &told,
        &[
            (filtered("x-1", r#""SerialNumber":"Z""#), odd),
            (listed(ASSET), "violation asset.create"),
            (listed("x-1").replace("Z", "Y"), odd),
        ],
    );
}
