//! What stays certain beside an object of which something is open.

use super::*;

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
