//! Objects that may be deleted or not, requests with several flaws, and more than a quota allows.

use super::*;

#[test]
fn an_asset_may_be_deleted_by_the_key_it_is_listed_under() {
    let serial = r#""SerialNumber":"Z""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", serial),
    ]);
    let line = deleted("_asset", P, ASSET);
    let (lost, still) = (assets(P, "", ""), assets(P, "", serial));
    all_said(
        &told,
        &[
            (line.clone(), ""),
            (answered(&line, BAD), ""),
            (answered(&line, MISSED), ""),
        ],
    );
    for (before, expected) in [
        (line.clone(), ""),
        (answered(&line, MISSED), "violation asset.create"),
        (deleted("_case", P, ASSET), "violation asset.create"),
        (deleted("_asset", Q, ASSET), "violation asset.create"),
    ] {
        let told = and(&told, &[before]);
        all_said(&told, &[(lost.clone(), expected), (still.clone(), "")]);
    }
}

#[test]
fn while_a_merge_goes_on_an_object_may_be_on_either_profile() {
    let first =
        |line: String, name: &str| line.replace(r#""}]"#, &format!(r#"","FirstName":"{name}"}}]"#));
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        first(found_by("mKey", "x", P), "Ann"),
        ingest("2", "y", "Bea", "k2"),
        first(found_by("mKey", "y", Q), "Bea"),
    ]);
    let two = r#"{"id":"2","m":"y","f":"Bea"}"#;
    let (all, rest) = (
        list(P, &[("k1", ONE), ("k2", two)]),
        list(P, &[("k1", ONE)]),
    );
    let (main, old) = (deleted("C", P, "k2"), deleted("C", Q, "k2"));
    let told = and(&told, &[merged(P, Q)]);
    for (line, gone, stays) in [
        (main.clone(), true, false),
        (answered(&main, MISSED), false, true),
        (old.clone(), true, true),
        (answered(&old, MISSED), false, true),
    ] {
        all_said(&told, &[(line.clone(), "")]);
        let told = and(&told, &[line]);
        assert_eq!(
            said(&and(&told, std::slice::from_ref(&rest))).is_empty(),
            gone
        );
        assert_eq!(
            said(&and(&told, std::slice::from_ref(&all))).is_empty(),
            stays
        );
    }
    let other = answered(&deleted("C", P, "k1"), MISSED);
    all_said(&told, &[(other, "violation object.delete.ok")]);
    // Where it was seen, it is.
    let told = and(&told, &[all]);
    all_said(
        &told,
        &[
            (answered(&main, MISSED), "violation object.delete.ok"),
            (main, ""),
            (old.clone(), ""),
        ],
    );
    let told = and(&told, &[old]);
    all_said(&told, &[(rest, "violation assign.none.create")]);
}

#[test]
fn whichever_of_several_flaws_is_noticed_first_decides_the_refusal() {
    let told = conversation([CARD.to_owned(), made(r#""LastName":"Lee""#)]);
    let objects = |query: &str, members: &str| {
        format!(
            "POST /domains/d/profiles/objects{query} {{{members}}} => 404 ResourceNotFoundException"
        )
    };
    let (known, unknown) = (
        format!(r#""ProfileId":"{P}""#),
        format!(r#""ProfileId":"{Q}""#),
    );
    let (card, none) = (r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"N""#);
    let empty = r#""ObjectFilter":{}"#;
    let put = |members: &str, answer: &str| {
        format!("PUT /domains/d/profiles/objects {{{members}}} => {answer}")
    };
    let delete = |members: &str| {
        format!(
            "POST /domains/d/profiles/objects/delete {{{members}}} => 404 ResourceNotFoundException"
        )
    };
    let bounds = "violation page.max.bounds";
    all_said(
        &told,
        &[
            (objects("?max-results=0", &format!("{unknown},{card}")), ""),
            (objects("?max-results=0", &format!("{known},{none}")), ""),
            (
                objects("?max-results=0", &format!("{known},{card}")),
                bounds,
            ),
            (objects("", &format!("{unknown},{card},{empty}")), ""),
            (
                objects("", &format!("{known},{card},{empty}")),
                "violation filter.required-members",
            ),
            (objects("", none), ""),
            (objects("", card), "violation list-objects.required"),
            (put(none, MISSED), ""),
            (
                put(
                    r#""ObjectTypeName":"_profile""#,
                    "403 AccessDeniedException",
                ),
                "",
            ),
            (put(card, MISSED), "violation ingest.type.required"),
            (delete(&format!("{unknown},{card}")), ""),
            (delete(&format!("{known},{none}")), ""),
            (
                delete(&format!("{known},{card}")),
                "violation object.delete.required",
            ),
        ],
    );
}

#[test]
fn beyond_its_quota_a_profile_may_have_no_more_objects() {
    let object = |number: usize| format!(r#"{{"id":"{number}","m":"x","f":"Ann"}}"#);
    let put = |number: usize| put("C", &object(number), &format!("k{number}"));
    let mut told = conversation([CARD.to_owned(), put(1), finds("mKey", "x", &[P])]);
    told.extend((2..100).map(put));
    all_said(
        &told,
        &[(
            answered(&put(100), BAD),
            "violation ingest.object.any-structure",
        )],
    );
    told.push(put(100));
    all_said(&told, &[(answered(&put(101), BAD), ""), (put(101), "")]);
    // Another profile has room.
    let other = put(101).replace(r#"\"x\""#, r#"\"y\""#);
    all_said(
        &told,
        &[
            (
                answered(&other, BAD),
                "violation ingest.object.any-structure",
            ),
            (other, ""),
        ],
    );
    let large = |number: usize| {
        let text = "a".repeat(199_000);
        put(number)
            .replace("Ann", "Ann\\\",\\\"l\\\":\\\"")
            .replace("l\\\":\\\"", &format!("l\\\":\\\"{text}"))
    };
    let mut told = conversation([CARD.to_owned(), put(1), finds("mKey", "x", &[P])]);
    told.extend((2..26).map(large));
    all_said(
        &told,
        &[(
            answered(&put(26), BAD),
            "violation ingest.object.any-structure",
        )],
    );
    told.extend((26..27).map(large));
    all_said(&told, &[(answered(&large(27), BAD), ""), (large(27), "")]);
}

#[test]
fn beyond_its_quota_an_account_may_have_no_more_domains() {
    let create = |number: usize| {
        let name = format!("d{number}");
        CREATE
            .replace("domains/d ", &format!("domains/{name} "))
            .replace(r#""DomainName":"d""#, &format!(r#""DomainName":"{name}""#))
    };
    let mut told: Vec<String> = (1..100).map(create).collect();
    all_said(
        &told,
        &[(answered(&create(100), BAD), "violation domain.create.echo")],
    );
    told.push(create(100));
    all_said(
        &told,
        &[(answered(&create(101), BAD), ""), (create(101), "")],
    );
}
