//! What is left of types that are gone, and of profiles their objects had made.

use super::*;

/// The deletion of a type.
fn type_deleted(name: &str) -> String {
    format!(r#"DELETE /domains/d/object-types/{name} => 200 {{"Message":"m"}}"#)
}

/// The profile of an id with these members, or none.
fn shown(id: &str, members: Option<&str>) -> String {
    let line = found_by("_profileId", id, id);
    match members {
        Some(members) => line.replace(r#""}]}"#, &format!(r#""{members}}}]}}"#)),
        None => line.replace(&format!(r#"{{"ProfileId":"{id}"}}]"#), "]"),
    }
}

#[test]
fn what_a_deleted_object_left_may_go_with_its_type() {
    let (ann, bea) = (Some(r#","FirstName":"Ann""#), Some(r#","FirstName":"Bea""#));
    let put = [
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        shown(P, ann)
            .replace("_profileId", "mKey")
            .replace(&format!(r#"["{P}"]"#), r#"["x"]"#),
    ];
    let deleted = [deleted("C", P, "k1"), shown(P, ann), type_deleted("C")];
    let told = and(&conversation(put.clone()), &deleted);
    all_said(
        &told,
        &[
            (shown(P, ann), ""),
            (shown(P, Some("")), ""),
            (shown(P, None), ""),
            (shown(P, bea), "violation object.delete.fields"),
        ],
    );
    // The type that goes may be another one.
    let mut other = told;
    let line = other.last_mut().expect("a line");
    *line = CARD
        .replace("types/C ", "types/B ")
        .replace(r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"B""#);
    other.push(type_deleted("B"));
    all_said(
        &other,
        &[
            (shown(P, ann), ""),
            (shown(P, Some("")), "violation object.delete.fields"),
            (shown(P, None), "violation std.keys.profile-id"),
        ],
    );
    // So may what an object left that moved.
    let told = and(
        &conversation(put),
        &[
            ingest("1", "y", "Bea", "k1"),
            list(P, &[]),
            shown(Q, bea)
                .replace("_profileId", "mKey")
                .replace(&format!(r#"["{Q}"]"#), r#"["y"]"#),
            type_deleted("C"),
        ],
    );
    all_said(
        &told,
        &[
            (shown(P, ann), ""),
            (shown(P, Some("")), ""),
            (shown(P, None), ""),
            (shown(Q, Some("")), ""),
            (shown(Q, None), ""),
            (shown(Q, bea), "warning delete-type.scrub"),
        ],
    );
}

#[test]
fn what_others_gave_a_profile_ought_to_survive_a_type() {
    let all = r#","LastName":"Lee","EmailAddress":"e@x""#;
    let told = conversation([
        CARD.to_owned(),
        made(r#""LastName":"Lee","EmailAddress":"e@x""#),
        key_added(P, "mKey", "x"),
        ingest("1", "x", "Ann", "k1"),
        shown(P, Some(&format!(r#"{all},"FirstName":"Ann""#))),
        type_deleted("C"),
    ]);
    let scrub = "warning delete-type.scrub";
    all_said(
        &told,
        &[
            (shown(P, Some(all)), ""),
            (shown(P, Some(r#","LastName":"Lee""#)), scrub),
            (shown(P, Some("")), scrub),
            (shown(P, None), "warning delete-type.profile-remains"),
            (
                shown(P, Some(&all.replace("Lee", "Low"))),
                "violation profile.create.fields",
            ),
        ],
    );
    // Once it was seen, nothing excuses that it is gone.
    all_said(
        &and(&told, &[shown(P, Some(all))]),
        &[(shown(P, None), "violation std.keys.profile-id")],
    );
}

#[test]
fn a_profile_that_a_request_gave_nothing_for_good_may_go_with_a_type() {
    let update = |name: &str| {
        format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"{name}"}} => 200 {{"ProfileId":"{P}"}}"#
        )
    };
    let mut told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        found_by("mKey", "x", P).replace(r#""}]"#, r#"","FirstName":"Ann"}]"#),
        update("Lee"),
    ]);
    let lee = and(&told, &[type_deleted("C")]);
    all_said(
        &lee,
        &[(shown(P, None), "warning delete-type.profile-remains")],
    );
    told.extend([update(""), type_deleted("C")]);
    all_said(&told, &[(shown(P, None), ""), (shown(P, Some("")), "")]);
}

#[test]
fn whoever_deletes_a_standard_type_may_delete_anything_with_it() {
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", r#""SerialNumber":"Z""#),
    ]);
    let line = type_deleted("_asset");
    all_said(
        &told,
        &[
            (line.clone(), "warning delete-type.standard"),
            (answered(&line, BAD), ""),
        ],
    );
    let lost = assets(P, "", "");
    all_said(
        &and(&told, std::slice::from_ref(&line)),
        &[(lost.clone(), "")],
    );
    all_said(
        &and(&told, &[answered(&line, BAD)]),
        &[(lost, "violation asset.create")],
    );
}
