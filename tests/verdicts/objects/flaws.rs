//! Requests with several flaws, any of which may end the matter (proto.precedence), and those that only some can read.

use super::*;

/// An id that nobody has.
const Z: &str = "ffffffffffffffffffffffffffffffff";

/// A listing that shows nothing.
fn listed(profile: &str, type_name: &str, filter: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/objects {{"ProfileId":"{profile}","ObjectTypeName":"{type_name}"{filter}}} => 200 {{"Items":[]}}"#
    )
}

/// A search that finds nobody.
fn searched(key: &str, values: &str) -> String {
    finds(key, "", &[]).replace(r#"[""]"#, &format!("[{values}]"))
}

/// A domain with a type and a profile, after these answers.
fn after<const COUNT: usize>(lines: [String; COUNT]) -> Vec<String> {
    and(
        &conversation([CARD.to_owned(), made(r#""LastName":"Lee""#)]),
        &lines,
    )
}

#[test]
fn member_names_in_another_case_may_be_read_and_nobody_knows_what_comes_of_it() {
    let told = after([]);
    let object = r#""Object":"{\"id\":\"1\",\"m\":\"x\"}""#;
    let lower = object.replace("Object", "object");
    let id = |member: &str| format!(r#""{member}":"{P}""#);
    let objects = "POST /domains/d/profiles/objects";
    let spoilt = "KeyName\":\"zKey\",\"values\":[\"1\"]";
    let reads = [
        searched("_email", "\"x\"").replace("KeyName", "keyName"),
        format!(
            r#"{objects} {{{},"ObjectTypeName":"C"}} => 200 {{"Items":[]}}"#,
            id("profileId")
        ),
        format!(
            r#"{objects} {{{},"objectTypeName":"C"}} => 200 {{"Items":[]}}"#,
            id("ProfileId")
        ),
    ];
    let writes = [
        format!(
            r#"PUT /domains/d/profiles/objects {{"objectTypeName":"C",{object}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#
        ),
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C",{lower}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#
        ),
        deleted("C", P, "k1").replace("ObjectTypeName", "objectTypeName"),
        profile_deleted(P).replace("ProfileId", "profileId"),
        format!(
            r#"PUT /domains/d/profiles {{{},"LastName":"Roe"}} => 200 {{"ProfileId":"{P}"}}"#,
            id("profileId")
        ),
        format!(
            r#"POST /domains/d/profiles/keys {{{},"{spoilt}}} => 200 {{}}"#,
            id("ProfileId")
        ),
        format!(
            r#"POST /domains/d/profiles/keys/delete {{{},"{spoilt}}} => 200 {{"Message":"m"}}"#,
            id("ProfileId")
        ),
        merged(P, Q).replace("MainProfileId", "mainProfileId"),
    ];
    let shown = found_by("_profileId", P, P).replace(r#"1"}]"#, r#"1","LastName":"Lee"}]"#);
    let lost = searched("_profileId", &format!("\"{P}\""));
    for (line, writes) in reads
        .iter()
        .map(|line| (line, false))
        .chain(writes.iter().map(|line| (line, true)))
    {
        all_said(
            &told,
            &[
                (line.clone(), "warning proto.member-case"),
                (answered(line, BAD), ""),
                (answered(line, MISSED), ""),
                (
                    answered(line, "403 AccessDeniedException"),
                    "violation proto.member-case",
                ),
            ],
        );
        let read = and(&told, std::slice::from_ref(line));
        all_said(&read, &[(shown.clone(), "")]);
        assert_eq!(
            said(&and(&read, std::slice::from_ref(&lost))).is_empty(),
            writes,
            "{line}"
        );
        let refused = and(&told, &[answered(line, BAD)]);
        assert_ne!(
            said(&and(&refused, std::slice::from_ref(&lost))),
            "",
            "{line}"
        );
    }
}

#[test]
fn a_mapping_in_another_case_may_be_read_by_some_readers_only() {
    let told = conversation([]);
    let fields = [("id", ""), ("f", "_profile.FirstName")];
    let put = typed("C", &fields, &[("cId", "PROFILE UNIQUE", "id")]);
    for name in [
        "Fields",
        "Keys",
        "StandardIdentifiers",
        "FieldNames",
        "Source",
        "Target",
    ] {
        let (first, rest) = name.split_at(1);
        let other = format!(r#""{}{rest}":"#, first.to_lowercase());
        let line = put.replace(&format!(r#""{name}":"#), &other);
        assert_ne!(line, put, "{name}");
        all_said(
            &told,
            &[
                (line.clone(), ""),
                (answered(&line, BAD), ""),
                (
                    answered(&line, "500 InternalServerException"),
                    "violation proto.no-5xx",
                ),
            ],
        );
        let read = and(
            &told,
            &[
                line.clone(),
                super::put("C", r#"{"id":"1","f":"Ann"}"#, "k1"),
            ],
        );
        for profiles in [&[P][..], &[]] {
            assert_eq!(
                said(&and(&read, &[finds("cId", "1", profiles)])),
                "",
                "{name}"
            );
        }
    }
    // Wrong in any reading.
    let nowhere = put.replace(r#""FieldNames":["id"]"#, r#""FieldNames":["no"]"#);
    assert_eq!(
        said(&and(&told, &[nowhere])),
        "violation put-type.keys.fieldnames-defined"
    );
}

#[test]
fn tags_by_a_name_in_another_case_may_be_added() {
    let tags = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd";
    let added = format!(r#"POST {tags} {{"Tags":{{"a":"b"}}}} => 200"#);
    let shown = |tags_shown: &str| format!(r#"GET {tags} => 200 {{"tags":{{{tags_shown}}}}}"#);
    let told = conversation([]);
    all_said(&told, &[(added.clone(), "warning proto.member-case")]);
    let read = and(&told, std::slice::from_ref(&added));
    let refused = and(&told, &[answered(&added, BAD)]);
    for tags in ["", r#""a":"b""#] {
        all_said(&read, &[(shown(tags), "")]);
        let stranger = match tags {
            "" => "",
            _ => "violation tag.list.empty",
        };
        all_said(&refused, &[(shown(tags), stranger)]);
    }
}

#[test]
fn what_should_be_taken_may_be_refused_with_the_status_for_it() {
    const MEDIA: &str = "415 UnsupportedMediaTypeException";
    const LARGE: &str = "413 RequestEntityTooLargeException";
    let empty = "warning proto.body-empty-optional";
    let object = |length: usize| {
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C","Object":"{{}}{}"}} => 200 {{}}"#,
            " ".repeat(length - 2)
        )
    };
    let read = |key: &str| answered(&searched(key, "\"1\""), MEDIA);
    all_said(
        &after([]),
        &[
            (format!("PUT /domains/d => {MEDIA}"), empty),
            (format!("POST /domains/d/profiles => {MEDIA}"), empty),
            (
                format!("PUT /domains/d => {LARGE}"),
                "violation domain.update.partial",
            ),
            (
                answered(&object(256_000), LARGE),
                "warning proto.large-body",
            ),
            (
                answered(&object(256_000), MEDIA),
                "violation ingest.object.any-structure",
            ),
            (
                answered(&object(1000), LARGE),
                "violation ingest.object.any-structure",
            ),
            (read("mKey"), "violation search.by-key"),
        ],
    );
}

#[test]
fn several_values_may_be_more_than_a_filter_takes() {
    let two = r#"Z1","Z2"#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        made(r#""LastName":"Lee""#),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
        found_by("mKey", "x", Q),
        assets(Q, "", r#""SerialNumber":"Z","AssetName":"N""#),
    ]);
    let line = |values: &str| assets(P, &filter("_serialNumber", values), "");
    all_said(
        &told,
        &[
            (answered(&line(two), BAD), ""),
            (answered(&line("Z1"), BAD), "violation filter.absent"),
            (answered(&line(two), MISSED), "violation filter.absent"),
        ],
    );
    let custom = |values: &str| listed(P, "C", &filter("mKey", values));
    let refused = after([answered(&custom(r#"x","y"#), BAD)]);
    all_said(
        &refused,
        &[(custom("x"), ""), (answered(&custom("x"), BAD), "")],
    );
    let refused = after([answered(&custom("x"), BAD)]);
    all_said(&refused, &[(custom("y"), "violation filter.scope")]);
}

#[test]
fn a_filter_may_be_refused_before_a_profile_is_missed() {
    let keyed = filter("mKey", "x");
    let told = after([answered(&listed(Z, "C", ""), MISSED)]);
    let unknown = "violation list-objects.profile-unknown";
    all_said(
        &told,
        &[
            (answered(&listed(Z, "C", &keyed), BAD), ""),
            (answered(&listed(Z, "C", &keyed), MISSED), ""),
            (listed(Z, "C", &keyed), unknown),
            (answered(&listed(Z, "C", ""), BAD), unknown),
            (listed(Z, "C", ""), unknown),
            // A key that nobody knows may find nothing.
            (listed(Z, "C", &filter("nobody", "x")), ""),
        ],
    );
    // Nothing is wrong with a key that assets have.
    let serial = listed(Z, "_asset", &filter("_serialNumber", "x"));
    let told = and(
        &told,
        &[device(&[("aKey", "ASSET", "sn")]), assets(P, "", "")],
    );
    all_said(
        &told,
        &[
            (answered(&serial, BAD), unknown),
            (answered(&serial, MISSED), ""),
            (
                answered(&serial.replace("_serialNumber", "_caseId"), BAD),
                "",
            ),
            (
                answered(&serial.replace(r#"["x"]"#, r#"["x","y"]"#), BAD),
                "",
            ),
        ],
    );
}

#[test]
fn of_a_type_that_is_not_there_nothing_says_how_filters_are_taken() {
    let keyed = filter("mKey", "x");
    let (nothing, refused) = (
        listed(P, "Nope", &keyed),
        answered(&listed(P, "C", &keyed), BAD),
    );
    all_said(&after([nothing.clone()]), &[(refused.clone(), "")]);
    all_said(
        &after([refused]),
        &[
            (nothing, ""),
            (listed(P, "C", &keyed), "violation filter.scope"),
        ],
    );
}

#[test]
fn whichever_is_missed_first_may_be_listed_as_empty() {
    let line = |profile: &str, type_name: &str| listed(profile, type_name, "");
    let missed = |profile: &str, type_name: &str| answered(&line(profile, type_name), MISSED);
    let neither = line(Z, "Nope");
    let type_unknown = "violation list-objects.type-unknown";
    let profile_unknown = "violation list-objects.profile-unknown";
    all_said(
        &after([missed(P, "Nope")]),
        &[(neither.clone(), ""), (line(P, "Nope"), type_unknown)],
    );
    all_said(
        &after([missed(Z, "C")]),
        &[(neither.clone(), ""), (line(Z, "C"), profile_unknown)],
    );
    all_said(
        &after([line(P, "Nope"), missed(Z, "C")]),
        &[
            (neither.clone(), ""),
            (answered(&neither, MISSED), ""),
            (answered(&neither, BAD), profile_unknown),
        ],
    );
    // One of the two was listed as empty, and not the other.
    let told = after([neither.clone()]);
    all_said(
        &and(&told, &[missed(P, "Nope")]),
        &[
            (line(Z, "C"), ""),
            (missed(Z, "C"), "violation list-objects.profile-unknown"),
        ],
    );
    all_said(
        &and(&told, &[missed(Z, "C")]),
        &[
            (line(P, "Nope"), ""),
            (missed(P, "Nope"), "violation list-objects.type-unknown"),
        ],
    );
    all_said(
        &after([missed(P, "Nope"), missed(Z, "C")]),
        &[
            (neither.clone(), profile_unknown),
            (answered(&neither, MISSED), ""),
        ],
    );
}

#[test]
fn no_values_say_nothing_of_a_key_that_nobody_knows() {
    let (none, one) = (searched("never", ""), searched("never", "\"x\""));
    let known = searched("mKey", "");
    all_said(
        &after([none.clone()]),
        &[(answered(&one, BAD), ""), (answered(&one, MISSED), "")],
    );
    all_said(
        &after([answered(&known, BAD), one.clone()]),
        &[
            (none.clone(), ""),
            (answered(&none, BAD), ""),
            (known.clone(), "violation search.values-empty"),
            (answered(&one, BAD), "violation search.unknown-key"),
        ],
    );
    all_said(
        &after([answered(&known, BAD), answered(&one, BAD)]),
        &[(none, "violation search.values-empty")],
    );
    // Nor do several, which may mean nobody.
    let two = r#""x","y""#;
    for (key, rule) in [
        ("never", "violation search.unknown-key"),
        ("_profileId", "violation search.profile-id-malformed"),
    ] {
        let (both, one) = (searched(key, two), searched(key, "\"x\""));
        let refused = answered(&one, BAD);
        all_said(&after([both.clone()]), &[(refused.clone(), "")]);
        all_said(
            &after([refused]),
            &[(both.clone(), ""), (answered(&both, BAD), ""), (one, rule)],
        );
        // Whoever takes them for alternatives finds those who have one of them.
        let found = and(
            &after([key_added(P, "mKey", "x")]),
            &[
                made(r#""FirstName":"Ann""#).replace(P, Q),
                key_added(Q, "mKey", "y"),
            ],
        );
        let union = searched("mKey", two).replace(
            "[]}",
            &format!(r#"[{{"ProfileId":"{P}","LastName":"Lee"}},{{"ProfileId":"{Q}","FirstName":"Ann"}}]}}"#),
        );
        let told = and(&found, &[union, answered(&searched(key, "\"x\""), BAD)]);
        all_said(&told, &[(both, rule)]);
    }
    // The same of a filter.
    let empty = |type_name: &str, key: &str| {
        listed(P, type_name, &filter(key, "")).replace(r#"[""]"#, "[]")
    };
    let told = after([device(&[("aKey", "ASSET", "sn")])]);
    all_said(
        &told,
        &[
            (answered(&empty("_asset", "mKey"), MISSED), ""),
            (answered(&empty("_asset", "mKey"), BAD), ""),
            (
                answered(&empty("_asset", "_serialNumber"), MISSED),
                "violation list-objects.complete",
            ),
            (answered(&empty("Nope", "mKey"), MISSED), ""),
        ],
    );
}

#[test]
fn a_token_that_leads_nowhere_may_be_missed_beside_another_flaw() {
    let at = |line: &str, query: &str| {
        ["search", "objects"]
            .iter()
            .fold(line.to_owned(), |line, path| {
                line.replace(
                    &format!("profiles/{path} "),
                    &format!("profiles/{path}?{query} "),
                )
            })
    };
    let told = after([answered(&listed(Z, "C", ""), MISSED)]);
    for line in [searched("mKey", "\"x\""), listed(P, "C", "")] {
        let bad = answered(&line, MISSED);
        all_said(
            &told,
            &[
                (at(&bad, "max-results=0&next-token=zz"), ""),
                (
                    at(&bad, "max-results=0").replace("mKey", "_email"),
                    if line.contains("search") {
                        ""
                    } else {
                        "violation page.max.bounds"
                    },
                ),
                (
                    at(&line, "max-results=0&next-token=zz"),
                    "violation page.max.bounds",
                ),
            ],
        );
    }
    let nobody = answered(&listed(Z, "C", ""), BAD);
    all_said(
        &told,
        &[
            (at(&nobody, "next-token=zz"), ""),
            (nobody, "violation list-objects.profile-unknown"),
        ],
    );
}
