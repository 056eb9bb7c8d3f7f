//! What stays certain beside an object of which something is open.

use super::*;

/// A type whose objects find profiles by `m`, and of which `n` is part of one more key.
fn counted(identifiers: &str, source: &str) -> String {
    let fields = [
        ("id", ""),
        ("m", ""),
        ("f", "_profile.FirstName"),
        ("n", ""),
    ];
    let keys = [
        ("cId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("nKey", identifiers, "n"),
    ];
    typed("C", &fields, &keys)
        .replace(r#""StandardIdentifiers":[""],"#, "")
        .replace("_source.n\"", &format!("{source}\""))
}

fn with(id: &str, m: &str, n: &str) -> String {
    put(
        "C",
        &format!(r#"{{"id":"{id}","m":"{m}","f":"Ann","n":{n}}}"#),
        &format!("k{id}"),
    )
}

/// The profile `Q`, made by a request.
fn other() -> String {
    answered(
        &made(r#""FirstName":"Ann""#),
        &format!(r#"200 {{"ProfileId":"{Q}"}}"#),
    )
}

/// Another first name of `Q` than it has.
fn wrong() -> String {
    search("_profileId", Q, &[(Q, "Zed")])
}

#[test]
fn a_key_for_searching_of_any_value_may_find_its_profile_and_no_other() {
    for (source, n) in [
        ("_source.n", "9.99"),
        ("_source.n", "10.0"),
        ("_source.n", "[1]"),
        ("_source.n[0].sku", r#"[{"sku":"7"}]"#),
        ("{{#if _source.n}}7{{/if}}", "true"),
    ] {
        let told = conversation([counted("", source), other()]);
        let taken = with("1", "x", n);
        let kept = and(&told, std::slice::from_ref(&taken));
        all_said(
            &kept,
            &[
                (finds("mKey", "x", &[P]), ""),
                (finds("mKey", "x", &[]), "violation assign.none.create"),
                (
                    search("mKey", "x", &[(P, "Zed")]),
                    "violation std.profile.targets",
                ),
                (finds("nKey", "7", &[P]), ""),
                (finds("nKey", "7", &[]), ""),
                (answered(&finds("nKey", "7", &[]), MISSED), ""),
                (finds("nKey", "7", &[Q]), "violation search.by-key"),
                (wrong(), "violation profile.create.fields"),
                (key_added(Q, "nKey", "7"), ""),
                (
                    answered(&key_added(Q, "nKey", "7"), BAD),
                    "warning profile.key.shared",
                ),
            ],
        );
        // The profile may have it under another name by now.
        let merged = and(&kept, &[finds("mKey", "x", &[P]), merged(Q, P)]);
        all_said(
            &merged,
            &[
                (finds("nKey", "7", &[Q]), ""),
                (finds("nKey", "7", &[]), ""),
            ],
        );
        let refused = and(&told, &[answered(&taken, BAD)]);
        all_said(
            &refused,
            &[
                (finds("mKey", "x", &[]), ""),
                (finds("mKey", "x", &[P]), "violation search.by-key"),
                (finds("nKey", "7", &[P]), "violation search.by-key"),
                (wrong(), "violation profile.create.fields"),
            ],
        );
    }
}

#[test]
fn who_is_found_by_a_value_of_any_kind_may_be_whom_another_type_means() {
    let guest = typed(
        "G",
        &[("id", ""), ("n", "")],
        &[("gId", "UNIQUE", "id"), ("nKey", "PROFILE", "n")],
    );
    let told = conversation([
        counted("", "_source.n"),
        guest,
        with("1", "x", "9.99"),
        finds("mKey", "x", &[P]),
        put("G", r#"{"id":"1","n":"9.990"}"#, "g1"),
    ]);
    let empty = format!(r#"200 {{"Items":[{{"ProfileId":"{Q}"}}]}}"#);
    all_said(
        &told,
        &[
            (finds("gId", "1", &[P]), ""),
            (answered(&finds("gId", "1", &[]), &empty), ""),
            (finds("gId", "1", &[]), "warning persist.unique"),
        ],
    );
}

#[test]
fn an_asset_of_any_key_may_be_there_or_not_and_be_that_of_the_next_object() {
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        other(),
        put("D", r#"{"id":"1","m":"x","sn":9.99,"an":"Pump"}"#, "k1"),
        found_by("mKey", "x", P),
    ]);
    let pump = |number: &str| format!(r#""SerialNumber":"{number}","AssetName":"Pump""#);
    all_said(
        &told,
        &[
            (assets(P, "", &pump("9.99")), ""),
            (assets(P, "", &pump("9.990")), ""),
            (assets(P, "", ""), ""),
            (assets(Q, "", ""), ""),
            (assets(Q, "", &pump("9.99")), "violation asset.create"),
            (found_by("mKey", "y", P), "violation search.by-key"),
            (wrong(), "violation profile.create.fields"),
        ],
    );
    let again = and(
        &told,
        &[
            put("D", r#"{"id":"2","m":"x","sn":"9.99","st":"new"}"#, "k2"),
            found_by("mKey", "x", P),
        ],
    );
    all_said(
        &again,
        &[
            (
                assets(P, "", &format!(r#"{},"Status":"new""#, pump("9.99"))),
                "",
            ),
            (assets(P, "", r#""SerialNumber":"9.99","Status":"new""#), ""),
            (wrong(), "violation profile.create.fields"),
        ],
    );
}

/// A type whose objects say by an id which profile they belong to.
fn noted(creates: bool) -> String {
    typed(
        "N",
        &[("pid", ""), ("id", "")],
        &[
            ("_profileId", "PROFILE LOOKUP_ONLY", "pid"),
            ("nId", "UNIQUE", "id"),
        ],
    )
    .replace(
        r#""AllowProfileCreation":true,"#,
        if creates {
            r#""AllowProfileCreation":true,"#
        } else {
            ""
        },
    )
}

fn note(profile: &str) -> String {
    put("N", &format!(r#"{{"pid":"{profile}","id":"1"}}"#), "n1")
}

/// The notes of a profile: none, or the one that says it belongs to another.
fn notes(profile: &str, of: &str) -> String {
    let item = match of {
        "" => String::new(),
        of => {
            let object = quoted(&format!(r#"{{"pid":"{of}","id":"1"}}"#));
            format!(r#"{{"ObjectTypeName":"N","ProfileObjectUniqueKey":"n1","Object":"{object}"}}"#)
        }
    };
    format!(
        r#"POST /domains/d/profiles/objects {{"ProfileId":"{profile}","ObjectTypeName":"N"}} => 200 {{"Items":[{item}]}}"#
    )
}

const R: &str = "abcdefabcdefabcdefabcdefabcdefab";

#[test]
fn an_object_belongs_to_the_profile_whose_id_it_names() {
    for creates in [false, true] {
        let told = conversation([noted(creates), made(r#""FirstName":"Ann""#), other()]);
        let there = and(&told, &[note(P)]);
        all_said(
            &there,
            &[
                (notes(P, P), ""),
                (notes(P, ""), "violation assign.primary.one"),
                (notes(Q, P), "violation assign.primary.one"),
                (finds("nId", "1", &[P]), ""),
                (finds("nId", "1", &[Q]), "violation search.by-key"),
                (finds("_profileId", P, &[P]), ""),
                (wrong(), "violation profile.create.fields"),
                (
                    answered(&note(P), BAD),
                    "violation ingest.object.any-structure",
                ),
            ],
        );
        // It moves or stays.
        let moved = and(&there, &[note(Q)]);
        all_said(
            &moved,
            &[
                (notes(P, ""), ""),
                (notes(P, Q), ""),
                (notes(Q, ""), ""),
                (notes(Q, Q), ""),
                (notes(P, P), "violation object.overwrite"),
            ],
        );
        // Whoever has gone, or was never there, has none.
        for told in [
            and(&there, &[profile_deleted(P), note(P)]),
            and(&told, &[note(R)]),
        ] {
            right(
                &told,
                &[
                    (notes(Q, ""), true),
                    (notes(Q, P), false),
                    (notes(Q, R), false),
                    (wrong(), false),
                ],
            );
        }
        let gone = and(&there, &[merged(Q, P), note(P)]);
        right(&gone, &[(notes(Q, P), true)]);
    }
}

#[test]
fn an_id_in_another_case_may_be_that_of_the_profile() {
    let made = answered(
        &made(r#""FirstName":"Ann""#),
        &format!(r#"200 {{"ProfileId":"{R}"}}"#),
    );
    let upper = R.to_uppercase();
    let told = conversation([noted(false), made, note(&upper)]);
    all_said(&told, &[(notes(R, &upper), ""), (notes(R, ""), "")]);
}

#[test]
fn an_id_that_was_added_as_a_key_may_lead_there_or_nowhere() {
    let told = conversation([
        noted(false),
        made(r#""FirstName":"Ann""#),
        other(),
        key_added(Q, "_profileId", P),
        note(P),
    ]);
    all_said(
        &told,
        &[
            (notes(P, P), ""),
            (notes(P, ""), ""),
            (notes(Q, P), "violation assign.allow-false.match"),
            (wrong(), "violation profile.create.fields"),
        ],
    );
    let told = conversation([
        noted(false),
        other(),
        key_added(Q, "_profileId", R),
        note(R),
    ]);
    all_said(&told, &[(notes(Q, R), ""), (notes(Q, ""), "")]);
}

#[test]
fn an_object_put_again_without_whose_it_is_stays_or_moves_or_is_not_taken() {
    let bare = put("C", r#"{"id":"1","f":"Bea"}"#, "k1");
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        other(),
    ]);
    let old = r#"{"id":"1","m":"x","f":"Ann"}"#;
    let new = r#"{"id":"1","f":"Bea"}"#;
    let taken = and(&told, std::slice::from_ref(&bare));
    all_said(
        &taken,
        &[
            (list(P, &[("k1", old)]), ""),
            (list(P, &[("k1", new)]), ""),
            (list(P, &[]), ""),
            (list(Q, &[]), ""),
            (list(Q, &[("k1", new)]), "violation assign.none.create"),
            (search("cId", "1", &[(P, "Ann")]), ""),
            (search("cId", "1", &[(P, "Bea")]), ""),
            (
                search("cId", "1", &[(P, "Zed")]),
                "violation std.profile.targets",
            ),
            (wrong(), "violation profile.create.fields"),
        ],
    );
    // It is in one place.
    let moved = and(&taken, &[search("cId", "1", &[(R, "Bea")])]);
    right(
        &moved,
        &[(list(P, &[]), true), (list(P, &[("k1", new)]), false)],
    );
    let refused = and(&told, &[answered(&bare, BAD)]);
    all_said(
        &refused,
        &[
            (list(P, &[("k1", old)]), ""),
            (
                list(P, &[("k1", new)]),
                "violation list-objects.item.object",
            ),
            (list(P, &[]), "violation assign.none.create"),
        ],
    );
}

#[test]
fn blank_identities_may_be_one_object_or_two() {
    for id in [r#""""#, r#"" ""#, "null"] {
        let blank =
            |m: &str, key: &str| put("C", &format!(r#"{{"id":{id},"m":"{m}","f":"Ann"}}"#), key);
        let told = conversation([CARD.to_owned(), blank("x", "k1"), finds("mKey", "x", &[P])]);
        for key in ["k1", "k2"] {
            let told = and(&told, &[blank("x", key)]);
            all_said(
                &told,
                &[
                    (finds("mKey", "x", &[P]), ""),
                    (finds("mKey", "x", &[P, Q]), "violation search.by-key"),
                    (
                        search("mKey", "x", &[(P, "Zed")]),
                        "violation std.profile.targets",
                    ),
                ],
            );
        }
    }
}

#[test]
fn an_object_of_a_type_that_cannot_tell_objects_apart_is_nowhere() {
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    for keys in [
        vec![("mKey", "PROFILE", "m")],
        vec![("mKey", "PROFILE UNIQUE", "m"), ("cId", "UNIQUE", "id")],
    ] {
        let told = conversation([typed("C", &fields, &keys), other()]);
        let taken = put("C", r#"{"id":"1","m":"x","f":"Ann"}"#, "k1");
        for answer in [BAD, "200 {}", r#"200 {"ProfileObjectUniqueKey":"k1"}"#] {
            all_said(
                &and(&told, &[answered(&taken, answer)]),
                &[
                    (finds("mKey", "x", &[]), ""),
                    (finds("mKey", "x", &[P]), "violation search.by-key"),
                    (wrong(), "violation profile.create.fields"),
                ],
            );
        }
        right(&told, &[(answered(&taken, MISSED), false)]);
    }
    // Two under one name may tell them apart in any way.
    let twice = typed(
        "C",
        &fields,
        &[("mKey", "PROFILE", "m"), ("cId", "UNIQUE", "id")],
    )
    .replace(
        r#""cId":["#,
        r#""cId":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["m"]},"#,
    );
    let told = conversation([twice, put("C", r#"{"id":"1","m":"x","f":"Ann"}"#, "k1")]);
    right(
        &told,
        &[
            (finds("mKey", "x", &[]), true),
            (finds("mKey", "x", &[P]), true),
        ],
    );
}

#[test]
fn a_refused_object_of_which_nobody_knows_anything_changes_nothing() {
    let taken = put("C", r#"{"id":["1"],"m":"x","f":"Ann"}"#, "k1");
    let told = conversation([CARD.to_owned(), other()]);
    all_said(
        &and(&told, &[answered(&taken, BAD)]),
        &[
            (finds("mKey", "x", &[]), ""),
            (finds("mKey", "x", &[P]), "violation search.by-key"),
            (wrong(), "violation profile.create.fields"),
        ],
    );
    right(&told, &[(answered(&taken, MISSED), false)]);
    let kept = and(&told, &[taken]);
    right(
        &kept,
        &[
            (finds("mKey", "x", &[P]), true),
            (finds("mKey", "x", &[]), true),
        ],
    );
}
