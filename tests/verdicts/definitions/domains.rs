//! Domains and tags.

use super::*;

/// The resource of the tags, after a domain `d` was created, and perhaps a type `T` put, and deleted.
const RESOURCES: &str = r#"
new | domains/d => must tag.arn.unknown
domain | domains/d => shows tag.list.empty
type | domains/d => shows tag.per-resource, shows tag.list.empty
domain | domains/D => shows tag.list.empty, may tag.arn.unknown
type | domains/d/object-types/T => shows tag.per-resource, shows tag.list.empty
type | domains/d/object-types/t => shows tag.per-resource, shows tag.list.empty, may tag.arn.unknown
type | domains/D/object-types/T => shows tag.per-resource, shows tag.list.empty, may tag.arn.unknown
type | domains/d/object-types/U => must tag.arn.unknown
deleted type | domains/d/object-types/T => must delete-type.gone, must tag.arn.unknown
domain | domains/d/object-types/Zendesk-users => may tag.arn.unknown
domain | domains/d/object-types/_order => may tag.arn.unknown
domain | domains/d/x/T => must tag.arn.unknown
type | domains/d/object-types/T/x => must tag.arn.unknown
domain | x/d => must tag.arn.unknown
domain | domains => must tag.arn.unknown
domain | domains/d/object-types => must tag.arn.unknown
deleted domain | domains/d => must domain.delete.effect, must tag.arn.unknown
deleted domain | domains/d/object-types/T => must domain.delete.effect, must tag.arn.unknown
deleted domain | domains/e => must tag.arn.unknown
odd type | domains/d => shows tag.per-resource
odd type | domains/d/object-types/U => shows tag.per-resource, may tag.arn.unknown
"#;

#[test]
fn tags_are_of_what_there_is_or_may_be() {
    let odd = described_twice(PUT);
    for ([before, resource], rules) in table(RESOURCES) {
        let told = match before {
            "new" => vec![],
            "domain" => vec![CREATE],
            "type" => vec![CREATE, PUT],
            "odd type" => vec![CREATE, &odd],
            "deleted type" => vec![
                CREATE,
                PUT,
                r#"DELETE /domains/d/object-types/T => 200 {"Message":"m"}"#,
            ],
            _ => vec![CREATE, PUT, r#"DELETE /domains/d => 200 {"Message":"m"}"#],
        };
        let mut found = weighing(&told, &format!("GET {}", tags_of(resource)));
        found.retain(|line| !line.starts_with("shows tag.arn"));
        assert_eq!(found, rules, "{before} {resource}");
    }
}

#[test]
fn fifty_tags_work_and_a_key_that_is_not_there_may_be_refused() {
    let pairs = |from: usize, count: usize| -> String {
        let all = (from..from + count).map(|n| format!(r#""k{n}":"v""#));
        all.collect::<Vec<_>>().join(",")
    };
    let tag = |from: usize, count: usize| {
        format!(
            r#"POST {} {{"tags":{{{}}}}}"#,
            tags_of("domains/d"),
            pairs(from, count)
        )
    };
    let limit = ["should tag.add.limit-total", "should quota.tags"];
    for (before, from, count, rules) in [
        (1, 0, 50, &[][..]),
        (1, 1, 49, &[]),
        (1, 1, 50, &limit),
        (49, 49, 1, &[]),
        (50, 0, 50, &[]),
        (50, 50, 1, &limit),
        (49, 48, 3, &limit),
    ] {
        let first = format!("{} => 200 {{}}", tag(0, before));
        let mut told = weighing(&[CREATE, &first], &tag(from, count));
        told.retain(|line| !line.starts_with("shows"));
        assert_eq!(told, rules, "{before} {from} {count}");
    }
    let grudge = ["grudge tag.remove.absent-key"];
    for (count, keys, rules) in [
        (1, "k0", &[][..]),
        (1, "k1", &grudge),
        (2, "k1", &[]),
        (2, "k0&tagKeys=k1", &[]),
        (1, "k0&tagKeys=k1", &grudge),
    ] {
        let first = format!("{} => 200 {{}}", tag(0, count));
        let untag = format!("DELETE {}?tagKeys={keys}", tags_of("domains/d"));
        let mut told = weighing(&[CREATE, &first], &untag);
        told.retain(|line| !line.starts_with("shows"));
        assert_eq!(told, rules, "{count} {keys}");
    }
}

/// Requests about domains, and what their answers rest on.
const DOMAINS: &str = r#"
new | POST /domains/d {"DefaultExpirationDays":30} => shows domain.create.echo, shows domain.name.min-max
new | POST /domains/d {"DefaultExpirationDays":30,"DefaultEncryptionKey":"","DeadLetterQueueUrl":""} => shows domain.create.echo, shows domain.name.min-max
new | POST /domains/d {"DefaultExpirationDays":30,"DefaultEncryptionKey":"k"} => shows domain.create.echo, shows domain.name.min-max, may domain.create.key-url-content
new | POST /domains/d {"DefaultExpirationDays":30,"DeadLetterQueueUrl":"k"} => shows domain.create.echo, shows domain.name.min-max, may domain.create.key-url-content
domain | GET /domains/d => shows domain.get.echo
type | GET /domains/d => shows domain.get.echo, shows tag.per-resource
twice | GET /domains/d => shows domain.get.echo, shows domain.create.duplicate
two | GET /domains/d => shows domain.get.echo, shows domain.isolation
one gone | GET /domains/d => shows domain.get.echo, shows domain.isolation
domain | GET /domains/D => shows domain.get.echo, may domain.name.case
domain | DELETE /domains/D => shows domain.delete.effect, shows domain.delete.message, may domain.name.case
domain | POST /domains/D {"DefaultExpirationDays":30} => shows domain.create.echo, shows domain.name.min-max, may domain.name.case, shows domain.create.duplicate
one gone | GET /domains/e => must domain.delete.effect, must domain.get.unknown, must domain.scope-unknown
one gone | POST /domains/e {"DefaultExpirationDays":30} => shows domain.create.echo, shows domain.name.min-max, may domain.recreate-clean
domain | PUT /domains/d {"DefaultEncryptionKey":"k"} => shows domain.update.partial, may domain.create.key-url-content
domain | PUT /domains/d {"DefaultEncryptionKey":""} => shows domain.update.partial
domain | PUT /domains/d {"Tags":{"a":"b"}} => shows domain.update.partial, may domain.update.tags
"#;

#[test]
fn what_happened_before_explains_what_is_wrong_with_a_domain() {
    let other = create_named("e");
    let gone = r#"DELETE /domains/e => 200 {"Message":"m"}"#;
    for ([before, request], rules) in table(DOMAINS) {
        let told = match before {
            "new" => vec![],
            "domain" => vec![CREATE],
            "type" => vec![CREATE, PUT],
            "twice" => vec![CREATE, CREATE],
            "two" => vec![CREATE, &other],
            _ => vec![CREATE, &other, gone],
        };
        assert_eq!(weighing(&told, request), rules, "{before} {request}");
    }
}

#[test]
fn what_an_answer_to_a_write_leaves_out_is_still_open() {
    let empty = r#","DefaultEncryptionKey":"""#;
    let create = format!(
        r#"POST /domains/d {{"DefaultExpirationDays":30{empty}}} => 200 {}"#,
        domain_with(30, "")
    );
    let get = |days: u16, more: &str| format!("GET /domains/d => 200 {}", domain_with(days, more));
    let update = |given: &str, days: u16, more: &str| {
        format!(
            "PUT /domains/d {{{given}}} => 200 {}",
            domain_with(days, more)
        )
    };
    let off = r#","Matching":{"Enabled":false}"#;
    let tags = r#","Tags":{"a":"b"}"#;
    let created = |given: &str| {
        format!(
            r#"POST /domains/d {{"DefaultExpirationDays":30{given}}} => 200 {}"#,
            domain_with(30, "")
        )
    };
    for (fits, told) in [
        (true, vec![create.clone(), get(30, empty), get(30, empty)]),
        (true, vec![create.clone(), get(30, ""), get(30, "")]),
        (false, vec![create.clone(), get(30, ""), get(30, empty)]),
        (false, vec![create.clone(), get(30, empty), get(30, "")]),
        (
            false,
            vec![create, get(30, r#","DefaultEncryptionKey":"k""#)],
        ),
        (
            true,
            vec![
                CREATE.to_owned(),
                update(r#""DefaultEncryptionKey":"""#, 30, ""),
                get(30, empty),
            ],
        ),
        (
            true,
            vec![CREATE.to_owned(), update("", 30, ""), get(30, off)],
        ),
        (true, vec![CREATE.to_owned(), get(30, off), get(30, off)]),
        (true, vec![created(off), get(30, off)]),
        (true, vec![created(off), get(30, "")]),
        (
            false,
            vec![created(r#","DefaultEncryptionKey":"k""#), get(30, "")],
        ),
        (
            false,
            vec![created(&off.replace("false", "true")), get(30, "")],
        ),
        (
            false,
            vec![created(off), get(30, &off.replace("false", "true"))],
        ),
        (false, vec![CREATE.to_owned(), get(30, tags)]),
        (
            true,
            vec![CREATE.to_owned(), update(&tags[1..], 30, ""), get(30, tags)],
        ),
        (
            true,
            vec![CREATE.to_owned(), update(&tags[1..], 30, ""), get(30, "")],
        ),
        (
            false,
            vec![
                CREATE.to_owned(),
                update(&tags[1..], 30, ""),
                get(30, ""),
                get(30, tags),
            ],
        ),
        (
            true,
            vec![
                CREATE.to_owned(),
                update(r#""DefaultExpirationDays":40"#, 40, ""),
                get(40, ""),
            ],
        ),
        (
            false,
            vec![
                CREATE.to_owned(),
                update(r#""DefaultExpirationDays":40"#, 40, ""),
                get(30, ""),
            ],
        ),
        (
            true,
            vec![
                CREATE.to_owned(),
                update(
                    r#""DefaultExpirationDays":40,"DefaultExpirationDays":50"#,
                    60,
                    "",
                ),
                get(70, off),
            ],
        ),
    ] {
        assert_eq!(judged(&told) == (true, vec![]), fits, "{told:#?}");
    }
    let keyed = r#","DefaultEncryptionKey":"k""#;
    let cleared = r#""DefaultEncryptionKey":"""#;
    let on = r#","Matching":{"Enabled":true}"#;
    for (fits, told) in [
        (true, [created(keyed), get(30, keyed), get(30, keyed)]),
        (false, [created(keyed), get(30, keyed), get(30, "")]),
        (false, [created(keyed), update("", 30, keyed), get(30, "")]),
        (true, [created(keyed), update(cleared, 30, ""), get(30, "")]),
        (
            true,
            [created(keyed), update(cleared, 30, ""), get(30, empty)],
        ),
        (
            false,
            [created(keyed), update(cleared, 30, ""), get(30, keyed)],
        ),
        (
            true,
            [created(keyed), update(cleared, 30, empty), get(30, "")],
        ),
        (
            true,
            [created(keyed), update(cleared, 30, empty), get(30, empty)],
        ),
        (
            false,
            [created(keyed), update(cleared, 30, empty), get(30, keyed)],
        ),
        (true, [created(on), update(&off[1..], 30, off), get(30, "")]),
        (
            true,
            [created(on), update(&off[1..], 30, off), get(30, off)],
        ),
        (
            false,
            [created(on), update(&off[1..], 30, off), get(30, on)],
        ),
        (false, [created(""), update(&on[1..], 30, on), get(30, "")]),
        (
            true,
            [created(""), update(&keyed[1..], 30, ""), get(30, keyed)],
        ),
        (
            false,
            [created(""), update(&keyed[1..], 30, ""), get(30, "")],
        ),
        (false, [created(""), update("", 30, ""), get(30, tags)]),
        (true, [created(""), update("", 30, ""), get(30, "")]),
    ] {
        assert_eq!(judged(&told) == (true, vec![]), fits, "{told:#?}");
    }
    let wrong = CREATE.replacen(
        "\"DefaultExpirationDays\":30,\"Cr",
        "\"DefaultExpirationDays\":31,\"Cr",
        1,
    );
    assert_eq!(judged(&[wrong]), (false, vec!["domain.create.echo"]));
}

#[test]
fn types_without_an_expiration_have_that_of_the_domain_then_or_now() {
    let put = typed("N", &mapped())[0].clone();
    let own = put.replacen("\"one\"", "\"one\",\"ExpirationDays\":30", 1);
    let update = format!(
        r#"PUT /domains/d {{"DefaultExpirationDays":40}} => 200 {}"#,
        domain_with(40, "")
    );
    let same = update.replace("40", "30");
    let get = |more: &str| typed("N", &format!("{}{more}", mapped()))[1].clone();
    let days = |days: u16| format!(r#","ExpirationDays":{days}"#);
    for (put, update, shown, fits) in [
        (&put, &update, days(30), true),
        (&put, &update, days(40), true),
        (&put, &update, days(50), false),
        (&put, &update, String::new(), true),
        (&put, &same, days(30), true),
        (&put, &same, days(40), false),
        (&own, &update, days(30), true),
        (&own, &update, days(40), false),
    ] {
        let told = [CREATE.to_owned(), put.clone(), update.clone(), get(&shown)];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    // A type that has shown which expiration it has keeps to it, or follows its domain.
    for (shown, fits) in [(days(30), true), (days(40), true), (days(50), false)] {
        let told = [
            CREATE.to_owned(),
            put.clone(),
            get(&days(30)),
            update.clone(),
            get(&shown),
        ];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn types_without_a_key_have_that_of_the_domain_then_or_now() {
    let key = |key: &str| format!(r#","DefaultEncryptionKey":"{key}""#);
    let create = CREATE.replace(
        r#""DefaultExpirationDays":30"#,
        &format!(r#""DefaultExpirationDays":30{}"#, key("k1")),
    );
    let update = |to: &str| {
        format!(
            r#"PUT /domains/d {{"DefaultEncryptionKey":"{to}"}} => 200 {}"#,
            domain_with(30, "")
        )
    };
    let put = typed("N", &mapped())[0].clone();
    let own = put.replacen("\"one\"", "\"one\",\"EncryptionKey\":\"k1\"", 1);
    let get = |key: Option<&str>| {
        let key = key.map_or(String::new(), |key| format!(r#","EncryptionKey":"{key}""#));
        typed("N", &format!("{}{key}", mapped()))[1].clone()
    };
    for (put, to, shown, fits) in [
        (&put, "k2", Some("k1"), true),
        (&put, "k2", Some("k2"), true),
        (&put, "k2", Some("k3"), false),
        (&put, "", None, true),
        (&put, "", Some("k2"), false),
        (&own, "k2", Some("k1"), true),
        (&own, "k2", Some("k2"), false),
        (&own, "", None, false),
    ] {
        let told = [
            create.clone(),
            put.clone(),
            get(Some("k1")),
            update(to),
            get(shown),
        ];
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    // What became of a domain that was created again may be open: its default is what it may have.
    let days = |days: u16| {
        let shown = format!(r#"{},"ExpirationDays":{days}"#, mapped());
        typed("N", &shown)[1].clone()
    };
    let again = [
        create.replace("k1", "k2"),
        create.replace(
            r#"30,"DefaultEncryptionKey":"k1"}"#,
            r#"60,"DefaultEncryptionKey":"k1"}"#,
        ),
    ];
    for (again, shown, fits) in [
        (&again[0], get(Some("k1")), true),
        (&again[0], get(Some("k2")), true),
        (&again[0], get(Some("k3")), false),
        (&again[1], days(30), true),
        (&again[1], days(60), true),
        (&again[1], days(61), false),
    ] {
        for told in [
            [&create, again, &put, &shown],
            [&create, &put, again, &shown],
        ] {
            let told = told.map(String::clone);
            assert_eq!(judged(&told).0, fits, "{told:#?}");
        }
    }
}

#[test]
fn only_what_writes_to_integrations_leaves_a_domain_in_doubt() {
    let wrong = GET_DOMAIN.replace("30", "99");
    for (asked, answer, fits) in [
        (
            "GET /domains/d/integrations",
            "404 UnknownOperationException",
            false,
        ),
        ("GET /domains/d/integrations", r#"200 {"Items":[]}"#, false),
        ("GET /domains/d/matches", r#"200 {"Matches":[]}"#, false),
        (
            r#"POST /domains/d/integrations {"Uri":"x"}"#,
            NOT_FOUND,
            false,
        ),
        (
            r#"PUT /domains/d/integrations {"Uri":"x"}"#,
            "404 UnknownOperationException",
            false,
        ),
        (r#"PUT /domains/d/integrations {"Uri":"x"}"#, BAD, false),
        (r#"PUT /domains/d/integrations {"Uri":"x"}"#, "200 {}", true),
        (
            r#"POST /domains/d/integrations/delete {"Uri":"x"}"#,
            r#"200 {"Message":"m"}"#,
            true,
        ),
    ] {
        for (shown, fits) in [(GET_DOMAIN, true), (&wrong, fits)] {
            let told = [
                CREATE.to_owned(),
                format!("{asked} => {answer}"),
                shown.to_owned(),
            ];
            assert_eq!(judged(&told).0, fits, "{told:#?}");
        }
    }
}

#[test]
fn of_tags_in_a_partition_with_a_dash_nothing_is_said() {
    let [put, get] = typed("N", &format!(r#"{},"Tags":{{"a":"1"}}"#, mapped()));
    let resource = "domains/d/object-types/N";
    let usual = tags_of(resource);
    let dashed = usual.replace("aws", "aws-cn");
    let nowhere = tags_of("domains/d/object-types/U").replace("aws", "aws-cn");
    let (one, none) = (r#"200 {"tags":{"a":"1"}}"#, r#"200 {"tags":{}}"#);
    let odd = r#"200 {"tags":{"z":"9"}}"#;
    let add = format!(r#"POST {dashed} {{"tags":{{"b":"2"}}}} => "#);
    let drop = format!("DELETE {dashed}?tagKeys=a => ");
    let list = |arn: &str, shown: &str| format!("GET {arn} => {shown}");
    for (told, fits) in [
        (vec![list(&dashed, one)], true),
        (vec![list(&dashed, none)], true),
        (vec![list(&dashed, odd)], true),
        (vec![list(&dashed, "403 AccessDeniedException")], true),
        (vec![list(&nowhere, none)], true),
        (vec![list(&dashed, odd), list(&usual, one)], true),
        (vec![list(&dashed, odd), list(&usual, odd)], false),
        (vec![format!("{add}200 {{}}"), list(&usual, one)], true),
        (vec![format!("{add}{BAD}"), list(&usual, none)], false),
        (vec![format!("{drop}200 {{}}"), list(&usual, one)], true),
        (vec![format!("{drop}200 {{}}"), list(&usual, none)], true),
        (
            vec![
                format!("{drop}200 {{}}"),
                list(&dashed, odd),
                list(&usual, one),
            ],
            true,
        ),
        // What was in doubt shows, and stays as it is.
        (
            vec![
                format!("{drop}200 {{}}"),
                list(&usual, none),
                list(&usual, one),
            ],
            false,
        ),
        (vec![list(&usual, none), get], false),
    ] {
        let told = [vec![CREATE.to_owned(), put.clone()], told].concat();
        assert_eq!(judged_anywhere(&told), fits, "{told:#?}");
    }
}

#[test]
fn an_arn_with_a_name_in_another_case_is_of_the_same_resource_or_of_none() {
    let tags = |resource: &str, shown: &str| format!("GET {} => {shown}", tags_of(resource));
    let add = |resource: &str, answer: &str| {
        format!(
            r#"POST {} {{"tags":{{"b":"2"}}}} => {answer}"#,
            tags_of(resource)
        )
    };
    let drop = |resource: &str| format!("DELETE {}?tagKeys=a => 200 {{}}", tags_of(resource));
    let (upper, domain) = ("domains/D", "domains/d");
    let (lower, kind) = ("domains/d/object-types/n", "domains/d/object-types/N");
    let both = "domains/D/object-types/n";
    let [put, get] = typed("N", &format!(r#"{},"Tags":{{"a":"1"}}"#, mapped()));
    let other = get.replacen("types/N", "types/n", 1);
    let missed = format!("GET /domains/D => {NOT_FOUND}");
    let missed_type = format!("GET /domains/d/object-types/n => {NOT_FOUND}");
    let (one, two) = (
        r#"200 {"tags":{"a":"1"}}"#,
        r#"200 {"tags":{"a":"1","b":"2"}}"#,
    );
    let (none, odd) = (r#"200 {"tags":{}}"#, r#"200 {"tags":{"z":"9"}}"#);
    let new = r#"200 {"tags":{"b":"2"}}"#;
    for (told, fits) in [
        (vec![add(upper, "200 {}"), tags(domain, new)], true),
        (vec![add(upper, "200 {}"), tags(domain, none)], false),
        (vec![add(upper, "200 {}"), missed.clone()], false),
        (vec![missed, add(upper, "200 {}")], false),
        (vec![add(upper, NOT_FOUND), tags(domain, none)], true),
        (vec![add(upper, NOT_FOUND), tags(domain, new)], false),
        (vec![tags(lower, one)], true),
        (vec![tags(lower, NOT_FOUND)], true),
        (vec![tags(lower, odd)], false),
        (vec![tags(both, one)], true),
        (vec![tags(both, odd)], false),
        (vec![other.clone(), tags(lower, one)], true),
        (vec![other.clone(), tags(lower, NOT_FOUND)], true),
        (vec![other, tags(lower, none)], false),
        (vec![tags(lower, one), missed_type.clone()], false),
        (vec![missed_type, tags(lower, one)], false),
        (vec![drop(lower), tags(kind, none)], true),
        (vec![drop(lower), tags(kind, one)], false),
        (vec![add(lower, "200 {}"), tags(kind, two)], true),
        (vec![add(lower, "200 {}"), tags(kind, one)], false),
    ] {
        let told = [vec![CREATE.to_owned(), put.clone()], told].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn the_ids_of_the_reference_are_of_one_domain_and_one_life() {
    let profile =
        |name: &str| format!(r#"POST /domains/{name}/profiles {{"FirstName":"A"}} => 200 {{}}"#);
    let id = |lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let made = answered(&Manner::default(), &lines);
        made.get("ProfileId")
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let mut ids = Vec::new();
    for name in 'a'..='z' {
        let name = name.to_string();
        ids.push(id(&[create_named(&name), profile(&name)]));
    }
    let again = [
        create_named("a"),
        r#"DELETE /domains/a => 200 {}"#.to_owned(),
        create_named("a"),
        profile("a"),
    ];
    ids.push(id(&again));
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(ids.iter().all(Option::is_some));
}

#[test]
fn the_reference_lists_tags_where_there_are_some() {
    let tagged = CREATE.replacen("30}", r#"30,"Tags":{"a":"b"}}"#, 1);
    for (create, shown) in [(CREATE, false), (&tagged, true)] {
        let list = answered(&Manner::default(), &[create, "GET /domains => 200"]);
        assert_eq!(list.pointer("/Items/0/Tags").is_some(), shown);
    }
    // And the times of a domain that it takes again.
    let choice = choice!("cap.duplicate-domain");
    let again = answered(&Manner::default().choosing(choice, 1), &[CREATE, CREATE]);
    assert!(again.get("CreatedAt").is_some());
    let later = CREATE.replace("1700000000}", "1700000001}");
    allowed(&[CREATE, &later]);
}

#[test]
fn tags_of_a_type_that_is_put_again_are_the_old_the_new_or_both() {
    let put = |name: &str, tags: &str| {
        let tags = match tags {
            "none" => String::new(),
            tags => format!(r#","Tags":{tags}"#),
        };
        let [put, _] = typed(name, &format!("{}{tags}", mapped()));
        let asked = asked(&put);
        format!(r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#)
    };
    let list = |name: &str, tags: &str| {
        let resource = tags_of(&format!("domains/d/object-types/{name}"));
        format!(r#"GET {resource} => 200 {{"tags":{tags}}}"#)
    };
    let (one, two, other) = (r#"{"a":"1"}"#, r#"{"a":"2"}"#, r#"{"b":"2"}"#);
    let both = r#"{"a":"1","b":"2"}"#;
    for (first, second, shown, fits) in [
        (one, two, one, true),
        (one, two, two, true),
        (one, two, "{}", false),
        (one, other, one, true),
        (one, other, other, true),
        (one, other, both, true),
        (one, other, "{}", false),
        (one, "none", one, true),
        (one, "none", "{}", false),
        (one, "none", two, false),
        ("none", one, one, true),
        ("none", one, "{}", true),
        ("none", one, two, false),
        ("none", "none", "{}", true),
        ("none", "none", one, false),
    ] {
        let told = [
            CREATE.to_owned(),
            put("N", first),
            put("N", second),
            list("N", shown),
        ];
        assert_eq!(judged(&told).0, fits, "{first} {second} {shown}");
    }
    // Whoever has kept, replaced or merged them once does so again.
    for (first, second) in [(one, one), (other, other), (both, both)] {
        for shown in [one, other, both] {
            let told = [
                CREATE.to_owned(),
                put("N", one),
                put("N", other),
                list("N", first),
                put("M", one),
                put("M", other),
                list("M", shown),
            ];
            assert_eq!(judged_anywhere(&told), shown == second, "{first} {shown}");
        }
    }
    // What was empty before shows only whether the new ones count.
    let told = |shown: &str| {
        judged_anywhere(&[
            CREATE.to_owned(),
            put("N", "none"),
            put("N", one),
            list("N", one),
            put("M", one),
            put("M", other),
            list("M", shown),
        ])
    };
    assert!(told(other) && told(both) && !told(one));
    let gone = r#"DELETE /domains/d/object-types/N => 200 {"Message":"m"}"#.to_owned();
    let fresh = [CREATE.to_owned(), put("N", "none"), list("N", one)];
    assert_eq!(candidates(&fresh)[0], "put-type.tags.stored");
    let refused = refused_put("N");
    let after = [CREATE.to_owned(), refused, put("N", "none"), list("N", one)];
    assert_eq!(candidates(&after)[0], "put-type.tags.stored");
    let again = [
        CREATE.to_owned(),
        put("N", one),
        gone,
        put("N", "none"),
        list("N", one),
    ];
    assert_eq!(candidates(&again)[0], "delete-type.reput");
}

#[test]
fn what_a_domain_was_given_that_no_number_is_nobody_can_say() {
    let create = CREATE.replacen("30}", "30.5}", 1);
    let get = format!("GET /domains/d => 200 {}", domain_with(99, ""));
    let told = [create.clone()];
    assert_eq!(judged(&told), (true, vec!["proto.body-int-fraction"]));
    assert_eq!(judged(&[create, get.clone()]), (true, vec![]));
    assert!(!judged(&[CREATE.to_owned(), get]).0);
}

#[test]
fn matching_without_a_word_of_whether_it_is_on_is_off() {
    let create = |matching: &str| {
        let body = domain_with(30, "");
        format!(r#"POST /domains/d {{"DefaultExpirationDays":30{matching}}} => 200 {body}"#)
    };
    let (on, off) = (
        r#","Matching":{"Enabled":true}"#,
        r#","Matching":{"Enabled":false}"#,
    );
    let newer = r#","Matching":{"Newer":true}"#;
    let get = |matching: &str| format!("GET /domains/d => 200 {}", domain_with(30, matching));
    for (given, shown, fits) in [
        (&["", on][..], newer, true),
        (&[off, on], newer, true),
        (&[off], newer, true),
        (&[on], newer, false),
        (&["", on], on, true),
        (&["", on], off, true),
        (&[off, on], "", true),
    ] {
        let mut told: Vec<String> = given.iter().map(|matching| create(matching)).collect();
        told.push(get(shown));
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn what_an_update_makes_of_tags_only_a_list_tells() {
    let create = CREATE.replacen("30}", r#"30,"Tags":{"a":"1"}}"#, 1);
    let answer = |tags: &str| {
        format!(
            r#"200 {{"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000{tags}}}"#
        )
    };
    let echo = answer(r#","Tags":{"b":"2"}"#);
    let update = format!(r#"PUT /domains/d {{"Tags":{{"b":"2"}}}} => {echo}"#);
    let again =
        format!(r#"POST /domains/d {{"DefaultExpirationDays":30,"Tags":{{"b":"2"}}}} => {echo}"#);
    let url = tags_of("domains/d");
    let list = |tags: &str| format!(r#"GET {url} => 200 {{"tags":{{{tags}}}}}"#);
    let tag = format!(r#"POST {url} {{"tags":{{"c":"3"}}}} => 200 {{}}"#);
    let untag = format!("DELETE {url}?tagKeys=b => 200 {{}}");
    let (old, new) = (r#""a":"1""#, r#""b":"2""#);
    let (merged, more) = (r#""a":"1","b":"2""#, r#""a":"1","c":"3""#);
    let get = |tags: &str| format!("GET /domains/d => {}", answer(tags));
    for write in [&update, &again] {
        for then in [
            vec![list("")],
            vec![list(old)],
            vec![list(new)],
            vec![list(merged)],
            vec![get(""), list(old)],
            vec![list(old), get("")],
            vec![get(r#","Tags":{"b":"2"}"#), list(old)],
            vec![tag.clone(), list(more)],
            vec![untag.clone(), list(old)],
            vec![get(""), list(old), tag.clone(), get(""), list(more)],
        ] {
            let told = [vec![create.clone(), (*write).clone()], then].concat();
            assert_eq!(judged(&told), (true, vec![]), "{told:#?}");
        }
        // What a list has shown stays.
        for then in [
            vec![list(old), list("")],
            vec![list(old), tag.clone(), list(old)],
            vec![list(merged), untag.clone(), list(merged)],
        ] {
            let told = [vec![create.clone(), (*write).clone()], then].concat();
            assert!(!judged(&told).0, "{told:#?}");
        }
    }
}

#[test]
fn who_keeps_tags_in_two_places_is_told_so_and_no_more() {
    let tagged = |tags: &str| format!(r#"{},"Tags":{{{tags}}}"#, mapped());
    let (a, both) = (r#""a":"1""#, r#""a":"1","b":"2""#);
    let [first, _] = typed("N", &tagged(a));
    let [again, _] = typed("N", &mapped());
    let url = tags_of("domains/d/object-types/N");
    let tag = format!(r#"POST {url} {{"tags":{{"b":"2"}}}} => 200 {{}}"#);
    let list = |tags: &str| format!(r#"GET {url} => 200 {{"tags":{{{tags}}}}}"#);
    let get = |tags: &str| typed("N", &tagged(tags))[1].clone();
    let consistency = "tag.consistency";
    for (then, fits, rules) in [
        (vec![get(both)], true, vec![]),
        (vec![get(a)], true, vec![consistency]),
        (vec![get(a), get(a)], true, vec![]),
        (vec![get(a), get(both)], true, vec![]),
        (vec![get(a), again.clone(), get(a)], true, vec![]),
        (vec![get(a), again.clone(), list(both)], true, vec![]),
        (vec![again.clone(), get(a)], true, vec![consistency]),
        (vec![again.clone(), get(both)], true, vec![]),
        (vec![again.clone(), list(both)], true, vec![]),
        (
            vec![again.clone(), get("")],
            false,
            vec!["put-type.replace.tags-absent", consistency],
        ),
        (
            vec![again, list(a)],
            false,
            vec!["put-type.replace.tags-absent"],
        ),
        (vec![get(a), list(a)], false, vec!["tag.add.merge"]),
    ] {
        let start = vec![CREATE.to_owned(), first.clone(), tag.clone()];
        let told = [start, then].concat();
        assert_eq!(judged(&told), (fits, rules), "{told:#?}");
    }
}

#[test]
fn keys_and_queues_that_do_not_exist_may_be_refused_in_any_way() {
    for (before, asked) in [
        (vec![], "POST /domains/d {\"DefaultExpirationDays\":30,"),
        (vec![CREATE.to_owned()], "PUT /domains/d {"),
    ] {
        for member in ["DefaultEncryptionKey", "DeadLetterQueueUrl"] {
            for (value, answer, fits) in [
                ("k", BAD, true),
                ("k", NOT_FOUND, true),
                ("k", "403 AccessDeniedException", true),
                ("", "403 AccessDeniedException", false),
                ("", NOT_FOUND, false),
            ] {
                let line = format!(r#"{asked}"{member}":"{value}"}} => {answer}"#);
                let told = [before.clone(), vec![line]].concat();
                assert_eq!(judged(&told).0, fits, "{told:#?}");
            }
        }
    }
}

#[test]
fn an_arn_may_be_malformed_or_of_something_else() {
    let integration = "domains/d/integrations/arn%3Aaws%3As3%3A%3A%3Ab";
    let made = r#"PUT /domains/d/integrations {"Uri":"arn:aws:s3:::b","ObjectTypeName":"T"} => 200 {"DomainName":"d","Uri":"arn:aws:s3:::b","CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
    let (tagged, denied) = ("200 {}", "403 AccessDeniedException");
    for (before, resource, refusals, served) in [
        (
            vec![CREATE],
            integration,
            &[BAD, NOT_FOUND, denied][..],
            false,
        ),
        (
            vec![CREATE, made],
            integration,
            &[BAD, NOT_FOUND, denied],
            true,
        ),
        (vec![CREATE], "domains/", &[BAD, NOT_FOUND], false),
        (vec![CREATE], "domains/a%20b", &[BAD, NOT_FOUND], false),
        (
            vec![CREATE],
            "domains/d/object-types/9x",
            &[BAD, NOT_FOUND],
            false,
        ),
        (vec![CREATE], "domains/e", &[NOT_FOUND, denied], false),
        (vec![CREATE], "domains/d", &[], true),
    ] {
        for answer in [BAD, NOT_FOUND, denied, tagged] {
            let line = format!(r#"GET {} => {answer}"#, tags_of(resource));
            let told: Vec<String> = before
                .iter()
                .map(|it| (*it).to_owned())
                .chain([line])
                .collect();
            let fits = refusals.contains(&answer)
                || served && answer == tagged
                || answer == denied && refusals.contains(&NOT_FOUND);
            assert_eq!(judged(&told).0, fits, "{told:#?}");
        }
    }
    // The part before the resource is of another service, or malformed.
    let usual = tags_of("domains/d");
    for (part, odd) in [
        ("profile", "profilefoo"),
        ("us-east-1", ""),
        ("%3A1%3A", "%3Ax%3A"),
    ] {
        for answer in [BAD, NOT_FOUND, tagged] {
            let line = format!("GET {} => {answer}", usual.replacen(part, odd, 1));
            let told = [CREATE.to_owned(), line];
            assert_eq!(judged(&told), (true, vec![]), "{told:#?}");
        }
    }
}

#[test]
fn a_domain_that_is_created_again_is_as_it_was_whatever_the_answer_says() {
    let days = |line: &str| line.replace("30", "60");
    for (told, fits) in [
        (
            vec![CREATE.to_owned(), days(CREATE), GET_DOMAIN.to_owned()],
            true,
        ),
        (
            vec![CREATE.to_owned(), days(CREATE), days(GET_DOMAIN)],
            true,
        ),
        (
            vec![
                CREATE.to_owned(),
                days(CREATE),
                GET_DOMAIN.replace("30", "61"),
            ],
            false,
        ),
        (
            vec![CREATE.to_owned(), CREATE.to_owned(), days(GET_DOMAIN)],
            false,
        ),
    ] {
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    // Only of the very same request it is known that it is identical.
    let refused = |line: &str| format!("{} => {BAD}", asked(line));
    let with = |members: &str| create_named("e").replacen("30}", &format!("30,{members}}}"), 1);
    let (plain, tagged) = (create_named("e"), with(r#""Tags":{"a":"1"}"#));
    let off = with(r#""Matching":{"Enabled":false}"#);
    let taken = [CREATE.to_owned(), CREATE.to_owned()];
    let tag = format!(
        r#"POST {} {{"tags":{{"a":"1"}}}} => 200 {{}}"#,
        tags_of("domains/e")
    );
    let update = format!(
        r#"PUT /domains/e {{"DefaultExpirationDays":30}} => {}"#,
        plain.split(" => ").nth(1).expect("an answer")
    );
    for (then, fits) in [
        (vec![plain.clone(), refused(&plain)], false),
        (vec![tagged.clone(), refused(&plain)], true),
        (vec![plain.clone(), refused(&tagged)], true),
        (vec![off, refused(&plain)], true),
        (vec![plain.clone(), tag, refused(&plain)], true),
        (vec![plain.clone(), update, refused(&plain)], true),
    ] {
        let told = [&taken[..], &then].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

/// The domain `d`, as it was created.
const GET_DOMAIN: &str = r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;

#[test]
fn a_second_deletion_while_the_first_settles_tells_nothing() {
    let delete = |name: &str, answer: &str| format!("DELETE /domains/{name} => {answer}");
    let ok = r#"200 {"Message":"m"}"#;
    let get = |name: &str, answer: &str| format!("GET /domains/{name} => {answer}");
    let create = |answer: &str| format!("{} => {answer}", asked(&create_named("D")));
    // Where names that differ by case are the same, so are their deletions.
    let [same, apart] = [
        get("D", &domain_with(30, "").replacen('{', "200 {", 1)),
        get("D", NOT_FOUND),
    ]
    .map(|seen| vec![CREATE.to_owned(), seen, delete("d", ok)]);
    for (told, then, fits) in [
        (&same, vec![delete("D", ok), delete("d", NOT_FOUND)], true),
        (&same, vec![create(BAD)], true),
        (&apart, vec![delete("D", ok), delete("d", NOT_FOUND)], false),
        (&apart, vec![create(BAD)], false),
    ] {
        let told = [&told[..], &then].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    let delete_type =
        |name: &str, answer: &str| format!("DELETE /domains/d/object-types/{name} => {answer}");
    for (then, fits) in [
        (
            vec![delete_type("T", ok), delete_type("T", NOT_FOUND)],
            true,
        ),
        (
            vec![delete_type("T", ok), delete_type("U", NOT_FOUND)],
            true,
        ),
        (
            vec![delete_type("T", NOT_FOUND), delete_type("U", ok)],
            false,
        ),
        (
            vec![delete_type("U", ok), delete_type("T", NOT_FOUND)],
            false,
        ),
        (
            vec![delete_type("U", ok), delete_type("V", NOT_FOUND)],
            false,
        ),
    ] {
        let gone = [CREATE.to_owned(), PUT.to_owned(), delete_type("T", ok)];
        let told = [&gone[..], &then].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    let gone = [CREATE.to_owned(), delete("d", ok)];
    for (then, fits) in [
        (vec![delete("d", ok), delete("d", NOT_FOUND)], true),
        (vec![delete("d", ok), delete("e", NOT_FOUND)], true),
        (vec![delete("e", NOT_FOUND), delete("d", ok)], true),
        (vec![delete("d", NOT_FOUND), delete("e", ok)], false),
        (vec![delete("e", ok), delete("d", NOT_FOUND)], false),
        (vec![delete("e", ok), delete("f", NOT_FOUND)], false),
    ] {
        let told = [&gone[..], &then].concat();
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn a_name_in_another_case_may_be_a_duplicate_that_is_taken() {
    let create = create_named("Abc");
    let again = create.replace("/Abc ", "/abc ");
    let list = |names: &[&str]| {
        let items = names.iter().map(|name| {
            format!(
                r#"{{"DomainName":"{name}","CreatedAt":1700000000,"LastUpdatedAt":1700000000}}"#
            )
        });
        let items = items.collect::<Vec<_>>().join(",");
        format!(r#"GET /domains => 200 {{"Items":[{items}]}}"#)
    };
    let (own, other) = (again.replace("\"Abc\"", "\"abc\""), again);
    for (told, fits) in [
        (vec![create.clone(), other.clone(), list(&["Abc"])], true),
        (
            vec![create.clone(), own.clone(), list(&["Abc", "abc"])],
            true,
        ),
        (vec![create.clone(), own.clone(), list(&["Abc"])], true),
        (vec![create.clone(), own, list(&[])], false),
        (
            vec![
                create,
                other,
                list(&["Abc"]),
                create_named("D"),
                create_named("D").replace("/D ", "/d "),
                list(&["Abc", "D", "d"]),
            ],
            false,
        ),
    ] {
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
}

#[test]
fn tags_of_a_second_put_may_be_too_many_or_none() {
    let pairs = |from: usize, to: usize| -> String {
        let all = (from..to).map(|n| format!(r#""k{n}":"v""#));
        all.collect::<Vec<_>>().join(",")
    };
    let tagged =
        |name: &str, tags: &str| typed(name, &format!(r#"{},"Tags":{{{tags}}}"#, mapped()));
    let bare = |name: &str, tags: &str| {
        let [put, _] = tagged(name, tags);
        format!(
            r#"{} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#,
            asked(&put)
        )
    };
    let put = |name: &str, tags: &str, answer: &str| {
        let [put, _] = tagged(name, tags);
        format!("{} => {answer}", asked(&put))
    };
    let (a, b, both) = (r#""a":"1""#, r#""b":"2""#, r#""a":"1","b":"2""#);
    let learnt = |shown: &str| {
        let [_, get] = tagged("S", shown);
        vec![CREATE.to_owned(), bare("S", a), bare("S", b), get]
    };
    for (shown, count, fits) in [
        (both, 50, true),
        (both, 49, false),
        (b, 50, false),
        (a, 50, false),
    ] {
        let mut told = learnt(shown);
        told.extend([bare("T", &pairs(0, count)), put("T", b, BAD)]);
        assert_eq!(judged(&told).0, fits, "{shown} {count}");
    }
    // No tags at all are taken for none given, or replace all others.
    for (shown, then, fits) in [
        (None, "", true),
        (None, a, true),
        (None, b, false),
        (Some(b), "", true),
        (Some(b), a, true),
        (Some(a), a, true),
        (Some(a), "", false),
        (Some(both), "", false),
    ] {
        let mut told = shown.map_or_else(|| vec![CREATE.to_owned()], learnt);
        let [_, get] = tagged("T", then);
        told.extend([bare("T", a), bare("T", ""), get]);
        assert_eq!(judged(&told).0, fits, "{shown:?} {then}");
    }
}
