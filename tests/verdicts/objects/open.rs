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
