//! Which rules are named where an object, an asset or a member is missing, wrong, or not where it belongs.

use super::*;

/// A type of which the fields find profiles by `m` and `n`.
fn paired(second: &str) -> String {
    let fields = [("id", ""), ("m", ""), ("n", "")];
    typed(
        "C",
        &fields,
        &[
            ("cId", "UNIQUE", "id"),
            ("mKey", "PROFILE", "m"),
            ("nKey", second, "n"),
        ],
    )
}

fn pair(id: &str, m: &str, n: &str) -> String {
    put(
        "C",
        &format!(r#"{{"id":"{id}","m":"{m}","n":"{n}"}}"#),
        &format!("k{id}"),
    )
}

#[test]
fn what_a_new_profile_takes_from_a_content_type_is_named_by_its_rule() {
    for (content, value, rule) in [
        ("EMAIL_ADDRESS", "a@x", "std.inferred.email"),
        ("PHONE_NUMBER", "+12065550100", "std.inferred.phone"),
    ] {
        let target = format!(":{content}");
        let told = conversation([
            typed(
                "D",
                &[("id", ""), ("e", &target)],
                &[("dId", "UNIQUE PROFILE", "id")],
            ),
            put("D", &format!(r#"{{"id":"1","e":"{value}"}}"#), "k1"),
        ]);
        first_rules(&told, &[(found_by("dId", "1", P), rule)]);
    }
    // A number in another form should be the same.
    let told = conversation([
        typed(
            "D",
            &[
                ("id", ""),
                ("m", ":PHONE_NUMBER"),
                ("e", "_profile.PhoneNumber:PHONE_NUMBER"),
            ],
            &[("dId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")],
        ),
        put("D", r#"{"id":"1","m":"2065550100","e":"1"}"#, "k1"),
        found_by("dId", "1", P).replace(r#""}]"#, r#"","PhoneNumber":"1"}]"#),
        put("D", r#"{"id":"2","m":"206.555.0100"}"#, "k2"),
    ]);
    let missing = list(P, &[("k1", r#"{"id":"1","m":"2065550100","e":"1"}"#)]);
    first_rules(
        &told,
        &[(missing.replace(r#""C""#, r#""D""#), "key.phone.formats")],
    );
}

#[test]
fn what_is_listed_twice_is_named_by_what_differs() {
    let once = r#""SerialNumber":"Z""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", once),
    ]);
    let one = assets(P, "", once);
    let item = one
        .split_once(r#""Items":["#)
        .map_or("", |(_, item)| item.trim_end_matches("]}"));
    let twice = |other: &str| one.replace(item, &format!("{item},{other}"));
    let other = item.replace("SerialNumber", "ModelName");
    let names = |line: String| rules_broken(&[], &and(&told, &[line]));
    assert_eq!(names(twice(item)).first(), Some(&"page.no-duplicates"));
    assert!(names(twice(&other)).contains(&"asset.id"));
    // Without an id it is no second one by the same.
    let nameless = item.replace("AssetId", "Model");
    let rules = names(twice(&nameless));
    assert!(
        !rules.is_empty() && rules[0] != "page.no-duplicates",
        "{rules:?}"
    );
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        list(P, &[("k1", ONE), ("k1", ONE)]),
    ]);
    assert_eq!(
        rules_broken(&[], &told).first(),
        Some(&"page.no-duplicates")
    );
}

#[test]
fn an_object_with_nobody_to_go_to_shows_what_becomes_of_assets() {
    let shows = |extra: &str| {
        let fields = match extra {
            "" => vec![("id", ""), ("m", "")],
            extra => vec![("id", ""), ("m", ""), ("t", extra)],
        };
        let mut keys = vec![("dId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
        match extra {
            "" => {}
            extra if extra.starts_with("_asset") => keys.push(("aKey", "ASSET", "t")),
            _ => keys.push(("aKey", "CASE", "t")),
        }
        let guest = typed("D", &fields, &keys).replace(
            r#""AllowProfileCreation":true"#,
            r#""AllowProfileCreation":false"#,
        );
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        model.observe(&exchange(&guest));
        let line = put("D", r#"{"id":"1","m":"x","t":"Z"}"#, "k1");
        let cites = model.observe(&exchange(&line)).cites;
        cites
            .iter()
            .any(|(rule, _)| rule.id() == "asset.no-profile")
    };
    assert!(!shows(""));
    assert!(shows("_asset.SerialNumber"));
    assert!(shows("_case.Title"));
}

#[test]
fn where_an_object_is_missing_the_rules_say_that_put_it_there() {
    // Every object that is missing in a listing may break these.
    const ALWAYS: [&str; 5] = [
        "list-objects.complete",
        "page.complete",
        "list-objects.read-only",
        "time.settle",
        "time.stable",
    ];
    let bare = found_by("mKey", "x", P);
    let ann = finds("mKey", "x", &[P]);
    let guest = CARD
        .replace("types/C", "types/G")
        .replace("cId", "gId")
        .replace(r#"Creation":true"#, r#"Creation":false"#)
        .replace(r#""C""#, r#""G""#);
    let as_guest = |line: String| line.replace(r#""C""#, r#""G""#);
    let one = ingest("1", "x", "Ann", "k1");
    let linked = |target: &str, identifier: &str| {
        let fields = [("id", ""), ("m", ""), ("t", target)];
        typed(
            "C",
            &fields,
            &[
                ("cId", "UNIQUE", "id"),
                ("mKey", "PROFILE", "m"),
                ("aKey", identifier, "t"),
            ],
        )
    };
    for (lines, last, expected) in [
        (
            vec![CARD.to_owned(), one.clone(), ann.clone()],
            list(P, &[]),
            &["assign.none.create", "assign.search-only.ignored"][..],
        ),
        (
            vec![CARD.to_owned(), one.clone(), ann.clone(), one.clone()],
            list(P, &[]),
            &[
                "object.overwrite",
                "assign.primary.one",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
                "object.overwrite.same-profile",
            ],
        ),
        (
            vec![
                CARD.to_owned(),
                one.clone(),
                ann.clone(),
                ingest("2", "x", "Ann", "k2"),
            ],
            list(P, &[("k1", ONE)]),
            &[
                "assign.primary.one",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
            ],
        ),
        (
            vec![
                CARD.to_owned(),
                guest,
                one,
                ann,
                as_guest(ingest("2", "x", "Ann", "k2")),
            ],
            as_guest(list(P, &[])),
            &[
                "assign.primary.one",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
                "assign.allow-false.match",
                "object.overwrite.per-type",
            ],
        ),
        (
            vec![
                paired("PROFILE"),
                pair("1", "x", "1"),
                bare.clone(),
                pair("2", "x", "1"),
            ],
            list(P, &[("k1", r#"{"id":"1","m":"x","n":"1"}"#)]),
            &[
                "assign.primary.one",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
            ],
        ),
        (
            vec![
                paired("PROFILE"),
                pair("1", "x", "1"),
                bare.clone(),
                pair("2", "y", "2"),
                found_by("mKey", "y", Q),
                pair("3", "x", "2"),
                list(P, &[("k1", r#"{"id":"1","m":"x","n":"1"}"#)]),
            ],
            list(Q, &[("k2", r#"{"id":"2","m":"y","n":"2"}"#)]),
            &[
                "assign.primary.one",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.conflict",
            ],
        ),
        (
            vec![
                paired("PROFILE SECONDARY"),
                pair("1", "x", "1"),
                bare.clone(),
                pair("2", "y", "1"),
            ],
            list(P, &[("k1", r#"{"id":"1","m":"x","n":"1"}"#)]),
            &[
                "assign.secondary.fallback",
                "assign.self-consistent",
                "assign.cross-type",
                "assign.search-only.is-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
            ],
        ),
        (
            vec![
                paired("PROFILE SECONDARY"),
                made(r#""LastName":"Lee""#),
                of(Q, &made(r#""LastName":"Kay""#)),
                key_added(P, "mKey", "x"),
                key_added(Q, "mKey", "x"),
                key_added(P, "nKey", "1"),
                pair("1", "x", "1"),
            ],
            list(P, &[]),
            &[
                "assign.primary.several",
                "assign.secondary.after-ambiguous",
                "assign.addkey-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
            ],
        ),
        (
            vec![
                paired("PROFILE"),
                made(r#""LastName":"Lee""#),
                of(Q, &made(r#""LastName":"Kay""#)),
                key_added(P, "mKey", "x"),
                key_added(Q, "mKey", "x"),
                key_added(P, "nKey", "1"),
                pair("1", "x", "1"),
            ],
            list(P, &[]),
            &[
                "assign.primary.discard-continue",
                "assign.primary.several",
                "assign.primary.one",
                "assign.addkey-target",
                "assign.primary.agree",
                "assign.secondary.not-override",
            ],
        ),
        (
            vec![
                paired("PROFILE"),
                made(r#""LastName":"Lee""#),
                of(Q, &made(r#""LastName":"Kay""#)),
                key_added(P, "mKey", "x"),
                key_added(Q, "mKey", "x"),
                pair("1", "x", "1"),
                found_by("nKey", "1", "00000000000000000000000000000003"),
            ],
            list("00000000000000000000000000000003", &[]),
            &["assign.primary.several", "assign.none.create"],
        ),
        (
            vec![
                linked("_asset.Status", "ASSET"),
                put("C", r#"{"id":"1","m":"x","t":"1"}"#, "k1"),
                bare.clone(),
            ],
            list(P, &[]),
            &[
                "assign.none.create",
                "assign.search-only.ignored",
                "asset.source-object-kept",
            ],
        ),
        (
            vec![
                linked("_case.Status", "CASE"),
                put("C", r#"{"id":"1","m":"x","t":"1"}"#, "k1"),
                bare,
            ],
            list(P, &[]),
            &[
                "assign.none.create",
                "assign.search-only.ignored",
                "asset.source-object-kept",
            ],
        ),
        (
            vec![
                typed(
                    "C",
                    &[("id", ""), ("m", "")],
                    &[("cId", "UNIQUE", "id"), ("mKey", "PROFILE", "m id")],
                ),
                put("C", r#"{"id":"1","m":"x"}"#, "k1"),
                found_by("cId", "1", P),
            ],
            list(P, &[]),
            &[
                "assign.none.create",
                "assign.search-only.ignored",
                "key.compound-equal",
                "key.compound-differs",
                "key.compound-partial",
            ],
        ),
    ] {
        let told = [vec![CREATE.to_owned()], lines, vec![last]].concat();
        let rules = rules_broken(&[], &told);
        let (named, always) = rules.split_at(rules.len().saturating_sub(ALWAYS.len()));
        assert_eq!((named, always), (expected, &ALWAYS[..]), "{told:#?}");
    }
}

#[test]
fn what_does_not_belong_into_a_listing_is_named_by_where_it_belongs() {
    let other = CARD
        .replace("types/C", "types/G")
        .replace("cId", "gId")
        .replace(r#""C""#, r#""G""#);
    let as_other = |line: String| line.replace(r#""C""#, r#""G""#);
    let far = |line: String| {
        line.replace("/domains/d", "/domains/e")
            .replace(r#"Name":"d""#, r#"Name":"e""#)
    };
    let told = conversation([
        CARD.to_owned(),
        other,
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        ingest("2", "y", "Ann", "k2"),
        finds("mKey", "y", &[Q]),
        as_other(ingest("1", "x", "Ann", "k3")),
        far(CREATE.to_owned()),
        far(CARD.to_owned()),
        far(ingest("1", "x", "Ann", "k4")),
        ingest("5", "x", "Ann", "k5"),
        deleted("C", P, "k5"),
    ]);
    let both = |key: &str, id: &str| {
        let object = format!(r#"{{"id":"{id}","m":"x","f":"Ann"}}"#);
        list(P, &[("k1", ONE), (key, &object)])
    };
    let named = |told: &[String], line: String| rules_broken(&[], &and(told, &[line]));
    for (line, rules) in [
        (
            both("k2", "2"),
            &[
                "assign.none.create",
                "assign.search-only.ignored",
                "assign.one-profile-per-object",
                "list-objects.scope",
            ][..],
        ),
        (both("k3", "1"), &["list-objects.scope"]),
        (both("k4", "1"), &["domain.isolation", "list-objects.scope"]),
        (both("k5", "5"), &["object.delete.ok"]),
        (
            both("k6", "6"),
            &["list-objects.scope", "ingest.response.key-matches-list"],
        ),
    ] {
        assert_eq!(named(&told, line.clone()), rules, "{line}");
    }
    let refused = answered(&list(P, &[]), BAD);
    let first = |told: &[String]| named(told, refused.clone()).first().copied();
    assert_eq!(first(&told), Some("object.delete.profile-stays"));
    assert_eq!(first(&told[..5]), Some("list-objects.complete"));
    for (gone, key, first, last) in [
        (
            profile_deleted(P),
            "k1",
            "profile.delete.effect",
            "profile.delete.effect",
        ),
        (
            profile_deleted(P),
            "k9",
            "profile.delete.effect",
            "list-objects.scope",
        ),
        (merged(Q, P), "k1", "merge.effect", "list-objects.scope"),
        (merged(Q, P), "k9", "merge.effect", "list-objects.scope"),
    ] {
        let rules = named(&and(&told, &[gone]), list(P, &[(key, ONE)]));
        assert_eq!(
            (rules.first(), rules.last()),
            (Some(&first), Some(&last)),
            "{key}"
        );
    }
}

#[test]
fn an_asset_that_does_not_belong_is_named_by_where_it_belongs() {
    let shown = r#""SerialNumber":"Z""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        made(r#""FirstName":"Ann""#).replace(P, Q),
        put("D", r#"{"id":"2","m":"z"}"#, "k2"),
        assets(P, "", shown),
    ]);
    let tied = and(&told, &[put("D", r#"{"id":"3","m":"x","sn":"Z"}"#, "k3")]);
    let stranger = |line: String| line.replace(ASSET, &ASSET.replace('a', "b"));
    let by = |value: &str| filter("_serialNumber", value);
    for (told, filtered, unfiltered) in [
        (&told, "filter.no-match", "asset.create"),
        (&tied, "asset.match-one", "asset.create"),
    ] {
        first_rules(
            told,
            &[
                (assets(Q, "", shown), "list-objects.scope"),
                (assets(Q, &by("Z"), shown), "filter.other-profile"),
                (assets(P, &by("Y"), shown), "filter.serial-number"),
                (stranger(assets(P, "", shown)), unfiltered),
                (stranger(assets(P, &by("Y"), shown)), filtered),
            ],
        );
    }
}

#[test]
fn a_wrong_name_may_be_due_to_what_else_the_object_holds() {
    let of = |source: &str, object: &str| {
        let card = CARD.replace(
            r#""m":{"Source""#,
            &format!(r#""l":{{"Source":"{source}","Target":"_profile.LastName"}},"m":{{"Source""#),
        );
        let told = conversation([
            card,
            put("C", object, "k1"),
            search("mKey", "x", &[(P, "Bea")]),
        ]);
        rules_broken(&[], &told)
    };
    let template = "{{_source.l}} {{_source.k}}";
    for (source, members, named) in [
        ("_source.l", r#","l":"Lee""#, &[][..]),
        ("_source.l", r#","l":7"#, &["extract.integer"]),
        ("_source.l", r#","l":true"#, &[]),
        ("_source.l", "", &["extract.missing"]),
        ("_source.l.k", r#","l":{"k":"Lee"}"#, &["extract.accessor"]),
        (
            template,
            r#","l":"Lee""#,
            &[
                "extract.handlebars.missing-part",
                "extract.handlebars.concat",
                "extract.handlebars.escape",
            ],
        ),
        (
            template,
            r#","l":"Lee","k":"Kay""#,
            &["extract.handlebars.concat", "extract.handlebars.escape"],
        ),
        (template, "", &["extract.handlebars.all-missing"]),
    ] {
        let rules = of(
            source,
            &format!(r#"{{"id":"1","m":"x","f":"Ann"{members}}}"#),
        );
        let always = ["std.profile.targets", "search.profile-content"];
        let expected = [&always[..], named, &["std.inferred.multiple-fields"]].concat();
        assert_eq!(rules, expected, "{source} {members}");
    }
}

#[test]
fn a_single_key_agrees_with_no_other() {
    let told = conversation([
        typed("C", &[("id", "")], &[("cId", "PROFILE UNIQUE", "id")]),
        made(r#""FirstName":"Ann""#),
        key_added(P, "cId", "1"),
        put("C", r#"{"id":"1"}"#, "k1"),
        list(P, &[]),
    ]);
    let rules = rules_broken(&[], &told);
    assert!(rules.contains(&"assign.addkey-target"), "{rules:?}");
    assert!(!rules.contains(&"assign.primary.agree"), "{rules:?}");
}

#[test]
fn what_must_not_be_found_is_named_by_its_rule() {
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    let keys = [
        ("dId", "PROFILE UNIQUE", "id"),
        ("mKey", "PROFILE LOOKUP_ONLY", "m"),
    ];
    let told = conversation([
        typed("D", &fields, &keys),
        put("D", r#"{"id":"1","m":"x","f":"Ann"}"#, "k1"),
        finds("dId", "1", &[P]),
    ]);
    first_rules(&told, &[(finds("mKey", "x", &[P]), "persist.lookup-only")]);
    let told = conversation([
        made(r#""FirstName":"Ann""#),
        key_added(P, "zKey", "1"),
        profile_deleted(P),
    ]);
    first_rules(
        &told,
        &[(finds("zKey", "1", &[P]), "profile.delete.effect")],
    );
    // Whoever finds a new profile under a key of one that is gone has let go of it.
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        profile_deleted(P),
        ingest("1", "x", "Ann", "k1"),
        finds("cId", "1", &[Q]),
    ]);
    first_rules(&told, &[(list(Q, &[]), "profile.delete.keys-released")]);
}

#[test]
fn a_second_asset_beside_one_that_a_key_found_is_one_too_many() {
    let shown = r#""SerialNumber":"Z""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", shown),
    ]);
    let one = assets(P, "", shown);
    let item = one
        .split_once(r#""Items":["#)
        .map_or("", |(_, item)| item.trim_end_matches("]}"));
    let both = one.replace(
        item,
        &format!("{item},{}", item.replace(ASSET, &ASSET.replace('a', "b"))),
    );
    first_rules(&told, &[(both.clone(), "asset.create")]);
    let tied = and(&told, &[put("D", r#"{"id":"2","m":"x","sn":"Z"}"#, "k2")]);
    first_rules(&tied, &[(both, "asset.match-one")]);
}

#[test]
fn what_should_not_show_may_be_due_to_what_else_the_object_holds() {
    for (source, members, last, rule) in [
        ("_source.l", r#","l":null"#, "", "extract.null"),
        (
            "_source.l",
            r#","l":true"#,
            r#","LastName":"true""#,
            "extract.boolean",
        ),
        (
            "Dr Lee",
            "",
            r#","LastName":"Dr Lee""#,
            "extract.handlebars.constant",
        ),
        ("_source.l", r#","l":"Lee""#, r#","LastName":"Lee""#, ""),
    ] {
        let last_name =
            format!(r#""l":{{"Source":"{source}","Target":"_profile.LastName"}},"m":{{"Source""#);
        let card = CARD.replace(r#""m":{"Source""#, &last_name);
        let object = format!(r#"{{"id":"1","m":"x","F":"Ann"{members}}}"#);
        let shown = finds("mKey", "x", &[P]).replace(r#""}]"#, &format!(r#""{last}}}]"#));
        let told = conversation([card, put("C", &object, "k1"), shown]);
        let rules = rules_broken(&[], &told);
        let always = [
            "extract.missing",
            "std.inferred.multiple-fields",
            "assign.no-merge",
        ];
        let named = if rule.is_empty() { &[][..] } else { &[rule] };
        let expected = [&["extract.case", "std.profile.untargeted"], named, &always].concat();
        assert_eq!(rules, expected, "{source} {members}");
    }
}
