//! Objects that were there before their type was put again.

use super::*;

const WARNING: &str = "warning put-type.replace.existing-data";

/// A type whose objects find profiles by `m`, and are put on them as their first name.
fn before() -> String {
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    typed(
        "C",
        &fields,
        &[("cId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")],
    )
}

/// The same type with another key and another target.
fn after() -> String {
    let fields = [("id", ""), ("n", ""), ("f", "_profile.LastName")];
    typed(
        "C",
        &fields,
        &[("cId", "UNIQUE", "id"), ("nKey", "PROFILE", "n")],
    )
}

fn object(id: &str, m: &str, n: &str) -> String {
    let object = format!(r#"{{"id":"{id}","m":"{m}","n":"{n}","f":"Ann"}}"#);
    put("C", &object, &format!("k{id}"))
}

/// An object of the type as it was, on the profile `P`, after the type was put again.
fn told() -> Vec<String> {
    let found = finds("mKey", "x", &[P]);
    conversation([before(), object("1", "x", "7"), found, after()])
}

/// What a search by a key shows, with these members of the profile.
fn shows(key: &str, value: &str, profile: &str, members: &str) -> String {
    found_by(key, value, profile).replace(r#""}]"#, &format!(r#""{members}}}]"#))
}

#[test]
fn they_may_be_read_by_the_new_mapping_against_a_should() {
    all_said(
        &told(),
        &[
            // As they were.
            (finds("nKey", "7", &[]), ""),
            (finds("mKey", "x", &[P]), ""),
            (shows("_profileId", P, P, r#","FirstName":"Ann""#), ""),
            // By the key there is now, and what is on the profile now.
            (finds("nKey", "7", &[P]), WARNING),
            (shows("_profileId", P, P, r#","LastName":"Ann""#), WARNING),
            (shows("nKey", "7", P, r#","LastName":"Ann""#), WARNING),
            (shows("_profileId", P, P, ""), WARNING),
            // Neither now nor before.
            (finds("nKey", "8", &[P]), "violation search.by-key"),
            (finds("nKey", "x", &[P]), "violation search.by-key"),
            (
                shows("_profileId", P, P, r#","LastName":"Zed""#),
                "violation std.profile.targets",
            ),
        ],
    );
}

#[test]
fn who_reads_them_anew_was_told_so_once_and_is_judged_by_that() {
    let found = shows("nKey", "7", P, r#","LastName":"Ann""#);
    let told = and(&told(), &[found]);
    all_said(
        &told,
        &[
            (shows("nKey", "7", P, r#","LastName":"Ann""#), ""),
            (finds("nKey", "7", &[P]), "violation std.profile.targets"),
            (finds("nKey", "8", &[P]), "violation search.by-key"),
            (finds("_profileId", P, &[]), "violation std.keys.profile-id"),
        ],
    );
    // Nothing of this is known, or open, of whatever else there is.
    let other = answered(
        &made(r#""FirstName":"Zed""#),
        &format!(r#"200 {{"ProfileId":"{Q}"}}"#),
    );
    let told = and(&told, &[other]);
    all_said(
        &told,
        &[
            (search("_profileId", Q, &[(Q, "Zed")]), ""),
            (
                search("_profileId", Q, &[(Q, "Ann")]),
                "violation profile.create.fields",
            ),
            (finds("nKey", "7", &[Q]), "violation search.by-key"),
        ],
    );
    // The type put back again.
    let told = and(&told, &[before(), finds("mKey", "x", &[P])]);
    all_said(
        &told,
        &[
            (finds("nKey", "7", &[P]), ""),
            (finds("mKey", "y", &[P]), "violation search.by-key"),
        ],
    );
}

#[test]
fn what_comes_may_find_their_profiles_by_the_new_mapping() {
    let second = r#"{"id":"2","m":"y","n":"7","f":"Ann"}"#;
    let first = r#"{"id":"1","m":"x","n":"7","f":"Ann"}"#;
    let told = and(&told(), &[put("C", second, "k2")]);
    all_said(
        &told,
        &[
            (shows("nKey", "7", Q, r#","LastName":"Ann""#), ""),
            (shows("nKey", "7", P, r#","LastName":"Ann""#), WARNING),
            (list(P, &[("k1", first)]), ""),
            (list(P, &[("k1", first), ("k2", second)]), WARNING),
            (list(P, &[("k2", second)]), "violation assign.none.create"),
        ],
    );
}

#[test]
fn the_same_mapping_reads_the_same() {
    let found = finds("mKey", "x", &[P]);
    let told = conversation([before(), object("1", "x", "7"), found, before()]);
    all_said(
        &told,
        &[
            (finds("mKey", "x", &[P]), ""),
            (finds("mKey", "x", &[]), "violation assign.none.create"),
            (
                shows("_profileId", P, P, ""),
                "violation std.profile.targets",
            ),
        ],
    );
}

#[test]
fn what_is_told_after_a_wait_in_vain_came_not_late() {
    let told = told();
    let case = text::parse(&"> GET /\n\n".repeat(told.len() + 1), "test.case").expect("a case");
    for (late, heard) in [(true, Heard::Again), (false, Heard::Next)] {
        let patience = Duration::from_millis(u64::from(late) * 1000);
        let mut judge = Judge::new(&case, &open()).with_patience(patience);
        for (step, line) in told.iter().enumerate() {
            assert_eq!(judge.see(step, &exchange(line)), Heard::Next, "{line}");
        }
        let anew = finds("nKey", "7", &[P]);
        assert_eq!(judge.see(told.len(), &later(&anew, 10)), heard);
        if late {
            assert_eq!(judge.see(told.len(), &later(&anew, 1020)), Heard::Next);
        }
        assert!(!judge.waited_with_success() && !judge.waited_for_effect());
        let findings = judge.finish().findings;
        let rules: Vec<&str> = findings.iter().map(|it| it.rule.id()).collect();
        assert_eq!(rules, ["put-type.replace.existing-data"]);
    }
}
