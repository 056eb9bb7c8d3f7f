//! Profiles, their keys and their merges: what is promised of them and what is left open.

mod judging;
mod messages;
mod open;
mod reference;
mod settings;

use profile_contract::contract::RuleId;
use profile_contract::model::Manner;
use profile_contract::wire::Json;

use super::*;

fn create(id: &str, members: &str) -> String {
    format!(r#"POST /domains/d/profiles {{{members}}} => 200 {{"ProfileId":"{id}"}}"#)
}

fn found(id: &str, items: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{id}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

fn merge(main: &str, merged: &str, more: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{main}","ProfileIdsToBeMerged":["{merged}"]{more}}} => 200 {{"Message":"m"}}"#
    )
}

fn key(asked: &str, name: &str, values: &str) -> String {
    let shown = match asked {
        "keys" => format!(r#"{{"KeyName":"{name}","Values":[{values}]}}"#),
        _ => r#"{"Message":"m"}"#.to_owned(),
    };
    format!(
        r#"POST /domains/d/profiles/{asked} {{"ProfileId":"{P}","KeyName":"{name}","Values":[{values}]}} => 200 {shown}"#
    )
}

/// A read of the domain that nothing explains.
const WRONG: &str = r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":31,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;

/// What the last line of a conversation deserves: whether it is allowed, and the first rule of each difference.
fn weighed_last<T: AsRef<str>>(told: &[T]) -> (bool, Vec<&'static str>) {
    let mut model = Model::observer(&open());
    let (last, before) = told.split_last().expect("a conversation");
    for line in before.iter().map(AsRef::as_ref) {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    let names = |differences: Vec<Difference>| {
        let rules = differences.iter().map(|difference| difference.rules[0]);
        rules.map(RuleId::id).collect()
    };
    match model.observe(&exchange(last.as_ref())).fit {
        Fit::Allowed { warnings } => (true, names(warnings)),
        Fit::Forbidden(differences) => (false, names(differences)),
        Fit::Unclear(why) => panic!("unclear: {why}"),
    }
}

/// Whether the last line of a conversation deserves not even a warning.
fn fits<T: AsRef<str>>(told: &[T]) -> bool {
    weighed_last(told) == (true, Vec::new())
}

/// An answer of that status and body to `GET /domains/none`.
fn answer(status: u16, body: &str) -> Exchange {
    let mut exchange = exchange(&format!("GET /domains/none => {status}"));
    if let Answer::Response(response) = &mut exchange.answer {
        response.body = body.to_owned().into();
    }
    exchange
}

/// The rule of that id.
fn rule_of(id: &str) -> RuleId {
    RuleId::find(id).expect("a rule")
}

/// A reference in a domain `d`.
fn reference(manner: &Manner) -> Model {
    let mut model = Model::reference_with(manner);
    ask(&mut model, CREATE);
    model
}

/// The body of what a model answers to the request of a line.
fn ask(model: &mut Model, line: &str) -> (u16, Json) {
    let (asked, _) = line.split_once(" => ").unwrap_or((line, ""));
    let Message::Request(request) = exchange(&format!("{asked} => 200")).message else {
        panic!("{line} is no request");
    };
    let response = model.respond(&request, NOW * 1000);
    let body = Json::parse(&response.body).expect("JSON");
    (response.status, body)
}

/// The status of what a model answers to a line.
fn status(model: &mut Model, line: &str) -> u16 {
    ask(model, line).0
}

/// A text member of a body.
fn told_in(body: &Json, member: &str) -> String {
    let text = body.get(member).and_then(Json::as_str);
    text.expect("a text").to_owned()
}

/// A text member of an answer that must be a success.
fn told_by(model: &mut Model, line: &str, member: &str) -> String {
    let (status, body) = ask(model, line);
    assert_eq!(status, 200, "{line}: {body}");
    told_in(&body, member)
}

/// How many profiles a model finds.
fn count(model: &mut Model, key: &str, value: &str) -> usize {
    let line = search(key, value, &[]);
    let (status, body) = ask(model, &line);
    assert_eq!(status, 200, "{line}: {body}");
    body.get("Items")
        .and_then(Json::items)
        .map_or(0, <[Json]>::len)
}

/// The id of the only profile that a model finds.
fn only(model: &mut Model, key: &str, value: &str) -> String {
    let (_, body) = ask(model, &search(key, value, &[]));
    let items = body.get("Items").and_then(Json::items).unwrap_or_default();
    let [profile] = items else {
        panic!("{key} {value}: {body}");
    };
    let id = profile.get("ProfileId").and_then(Json::as_str);
    id.expect("an id").to_owned()
}

/// A type whose objects may make assets without a key of theirs.
const OWNED: &str = r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"sn":{"Source":"_source.sn","Target":"_asset.SerialNumber"},"an":{"Source":"_source.an","Target":"_asset.AssetName"}},"Keys":{"dKey":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}],"aKey":[{"StandardIdentifiers":["ASSET"],"FieldNames":["sn"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;

fn own(id: usize) -> String {
    format!(
        r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"D","Object":"{{\"id\":\"{id}\",\"an\":\"x\"}}"}} => 200 {{"ProfileObjectUniqueKey":"k{id}"}}"#
    )
}

#[test]
fn a_profile_of_nothing_may_be_refused_and_one_of_something_may_not() {
    for (members, nothing) in [
        ("", true),
        (r#""Address":{}"#, true),
        (r#""Attributes":{}"#, true),
        (r#""FirstName":null"#, true),
        (r#""Later":"x""#, true),
        (r#""Address":{"City":null}"#, false),
        (r#""Address":{"City":"x"}"#, false),
        (r#""Attributes":{"a":"b"}"#, false),
        (r#""FirstName":"A""#, false),
    ] {
        let served = create(P, members);
        let (asked, _) = served.split_once(" => ").expect("a request");
        let refused = format!("{asked} => 400 BadRequestException");
        assert!(fits(&[CREATE, &served]), "{members}");
        assert_eq!(fits(&[CREATE, &refused]), nothing, "{members}");
        if !members.is_empty() {
            let mut model = reference(&Manner::default());
            assert_eq!(ask(&mut model, asked).0, 200, "{members}");
        }
    }
}

#[test]
fn only_members_that_merges_know_say_whose_value_wins() {
    let shown = |color: &str| {
        found(
            P,
            &format!(r#"{{"ProfileId":"{P}","Attributes":{{"color":"{color}"}}}}"#),
        )
    };
    let merged = |name: &str| {
        merge(
            P,
            Q,
            &format!(r#","FieldSourceProfileIds":{{"{name}":{{"color":"{Q}"}}}}"#),
        )
    };
    for (name, right) in [("Attributes", "blue"), ("Later", "red")] {
        for color in ["red", "blue"] {
            let told = [
                CREATE.to_owned(),
                create(P, r#""Attributes":{"color":"red"}"#),
                create(Q, r#""Attributes":{"color":"blue"}"#),
                merged(name),
                shown(color),
            ];
            assert_eq!(fits(&told), color == right, "{name} {color}");
        }
    }
}

#[test]
fn a_profile_that_was_merged_into_another_should_be_gone() {
    let told = |last: &str| {
        weighed_last(&[
            CREATE.to_owned(),
            create(P, r#""FirstName":"A""#),
            create(Q, r#""FirstName":"B""#),
            merge(P, Q, ""),
            last.to_owned(),
        ])
    };
    let update = format!(r#"PUT /domains/d/profiles {{"ProfileId":"{Q}","LastName":"L"}} => "#);
    let add = format!(
        r#"POST /domains/d/profiles/keys {{"ProfileId":"{Q}","KeyName":"_email","Values":["x"]}} => "#
    );
    for (asked, body) in [
        (&update, format!(r#"{{"ProfileId":"{Q}"}}"#)),
        (&add, "{}".to_owned()),
    ] {
        let missing = told(&format!("{asked}404 ResourceNotFoundException"));
        assert_eq!(missing, (true, Vec::new()), "{asked}");
        let served = told(&format!("{asked}200 {body}"));
        assert_eq!(served, (true, vec!["merge.effect"]), "{asked}");
    }
    // Whoever was deleted is gone.
    let delete = format!(
        r#"POST /domains/d/profiles/delete {{"ProfileId":"{Q}"}} => 200 {{"Message":"m"}}"#
    );
    let told = [
        CREATE.to_owned(),
        create(Q, r#""FirstName":"B""#),
        delete,
        format!(r#"{update}200 {{"ProfileId":"{Q}"}}"#),
    ];
    assert_eq!(weighed_last(&told), (false, vec!["profile.update.unknown"]));
}

#[test]
fn of_a_profile_whose_request_only_others_can_read_anything_may_come_by_a_merge() {
    let told = |members: &str| {
        [
            CREATE.to_owned(),
            create(P, r#""FirstName":"A""#),
            create(Q, members),
            merge(P, Q, ""),
            found(
                P,
                &format!(r#"{{"ProfileId":"{P}","FirstName":"A","LastName":"B"}}"#),
            ),
        ]
    };
    assert!(fits(&told(r#""LastName":"B""#)));
    assert!(fits(&told(r#""FirstName":"\ud800""#)));
    assert!(!fits(&told(r#""LastName":"C""#)));
}

#[test]
fn with_a_profile_whose_assets_are_open_the_doubt_about_them_merges() {
    const TYPE: &str = r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"sn":{"Source":"_source.sn","Target":"_asset.SerialNumber"}},"Keys":{"dKey":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}],"aKey":[{"StandardIdentifiers":["ASSET"],"FieldNames":["sn"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;
    let main = "3".repeat(32);
    // One asset more than any object has made.
    let items = ["a", "b", "c"].map(|digit| {
        let asset = digit.repeat(32);
        format!(
            r#"{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{asset}","Object":"{{\"AssetId\":\"{asset}\",\"SerialNumber\":\"Z\"}}"}}"#
        )
    });
    let put = |id: &str, serial: &str| {
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"D","Object":"{{\"id\":\"{id}\",\"sn\":\"{serial}\"}}"}} => 200 {{"ProfileObjectUniqueKey":"k{id}"}}"#
        )
    };
    let by_key = |value: &str, id: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"dKey","Values":["{value}"]}} => 200 {{"Items":[{{"ProfileId":"{id}"}}]}}"#
        )
    };
    // Whose the asset is that an object on another profile writes to is open.
    for (serial, open) in [("Z", true), ("Y", false)] {
        let told = [
            CREATE.to_owned(),
            TYPE.to_owned(),
            put("1", "Z"),
            put("2", serial),
            by_key("1", P),
            by_key("2", Q),
            create(&main, r#""FirstName":"A""#),
            merge(&main, Q, ""),
            format!(
                r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"_asset","ProfileId":"{main}"}} => 200 {{"Items":[{}]}}"#,
                items.join(",")
            ),
        ];
        assert_eq!(fits(&told), open, "{serial}");
    }
}

#[test]
fn as_many_values_as_a_key_has_fields_may_be_one_value() {
    const PAIR: &str = r#"PUT /domains/d/object-types/D {"Description":"d","Fields":{"a":{"Source":"_source.a"},"b":{"Source":"_source.b"}},"Keys":{"pair":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["a","b"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;
    let ann = (P, "Ann");
    for (name, values, deleted, other) in [
        ("pair", r#""x","y""#, "", true),
        ("pair", r#""x","y""#, r#""x""#, true),
        ("pair", r#""x","y""#, r#""x","y""#, true),
        ("pair", r#""x""#, "", false),
        ("pair", r#""x","y","z""#, "", false),
        ("mKey", r#""x","y""#, "", false),
        ("mKey", r#""x""#, r#""x""#, false),
    ] {
        let mut told = vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            PAIR.to_owned(),
            create(P, r#""FirstName":"Ann""#),
            key("keys", name, values),
        ];
        if !deleted.is_empty() {
            told.push(key("keys/delete", name, deleted));
        }
        // However it is written as one text.
        told.push(search(name, "other", &[ann]));
        assert_eq!(fits(&told), other, "{name} {values} {deleted}");
        told.pop();
        told.push(search(name, "other", &[]));
        assert!(fits(&told), "{name} {values} {deleted}");
    }
}

#[test]
fn names_that_nobody_defines_may_be_refused_as_keys() {
    const FOREIGN: &str = r#"PUT /domains/d/object-types/F {"Description":"f","TemplateId":"Servicenow-task"} => 200 {"ObjectTypeName":"F","Description":"f","TemplateId":"Servicenow-task"}"#;
    let bad = |line: &str| {
        let (asked, _) = line.split_once(" => ").expect("a request");
        format!("{asked} => 400 BadRequestException")
    };
    for (name, may) in [
        ("_profileId", true),
        ("_assetId", true),
        ("_caseId", true),
        ("nobodys", true),
        ("mKey", false),
        ("_email", false),
    ] {
        let refused = bad(&key("keys", name, r#""x""#));
        let ann = create(P, r#""FirstName":"Ann""#);
        let told = [CREATE.to_owned(), CARD.to_owned(), ann, refused];
        assert_eq!(fits(&told), may, "{name}");
    }
    // Whoever refuses one name that is not defined refuses all of them, but for those that may be defined after all.
    let other = search("others", "x", &[]);
    for (name, before, decides) in [
        ("nobodys", None, true),
        ("_zendeskTicketId", None, false),
        ("nobodys", Some(FOREIGN), false),
    ] {
        let mut told = vec![CREATE.to_owned(), bad(&search(name, "x", &[]))];
        told.splice(1..1, before.map(str::to_owned));
        told.push(other.clone());
        let (fits, _) = weighed_last(&told);
        assert_eq!(!fits, decides, "{name} {before:?}");
    }
}

#[test]
fn a_value_that_was_deleted_from_one_profile_is_still_that_of_another() {
    let of_q = |line: String| line.replace(P, Q);
    let (ann, bea) = ((P, "Ann"), (Q, "Bea"));
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        create(P, r#""FirstName":"Ann""#),
        create(Q, r#""FirstName":"Bea""#),
        key("keys", "mKey", r#""x","y""#),
        key("keys", "mKey", r#""x""#),
        of_q(key("keys", "mKey", r#""x""#)),
        key("keys", "_email", r#""x""#),
        key("keys/delete", "mKey", r#""x""#),
    ];
    for (name, value, items, right) in [
        ("mKey", "x", &[bea][..], true),
        ("mKey", "x", &[ann, bea], false),
        ("mKey", "x", &[], false),
        ("mKey", "y", &[ann], true),
        ("mKey", "y", &[], false),
        ("_email", "x", &[ann], true),
        ("_email", "x", &[], false),
    ] {
        let mut told = start.to_vec();
        told.push(search(name, value, items));
        assert_eq!(fits(&told), right, "{name} {value} {items:?}");
    }
}

#[test]
fn a_value_that_comes_from_an_object_may_stay_when_it_is_deleted() {
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
    ];
    let delete = key("keys/delete", "mKey", r#""x""#);
    let (asked, _) = delete.split_once(" => ").expect("a request");
    for answer in [
        r#"200 {"Message":"m"}"#,
        "400 BadRequestException",
        "404 ResourceNotFoundException",
    ] {
        let mut told = start.to_vec();
        told.push(format!("{asked} => {answer}"));
        assert!(fits(&told), "{answer}");
        for (items, right) in [(&[(P, "Ann")][..], true), (&[], answer.starts_with("200"))] {
            told.push(search("mKey", "x", items));
            assert_eq!(fits(&told), right, "{answer} {items:?}");
            told.pop();
        }
    }
}

#[test]
fn whose_id_nobody_knows_may_be_the_one_a_request_is_about() {
    let delete = format!(
        r#"POST /domains/d/profiles/delete {{"ProfileId":"{P}"}} => 200 {{"Message":"m"}}"#
    );
    let key = key("keys/delete", "mKey", r#""x""#);
    for write in [&delete, &key] {
        let start = |made: &[String]| {
            let mut told = vec![CREATE.to_owned(), CARD.to_owned()];
            told.extend(made.iter().cloned());
            told
        };
        // The object has made a profile, and this may be its id.
        let made = start(&[ingest("1", "x", "Ann", "k1"), write.clone()]);
        for items in [&[(P, "Ann")][..], &[(Q, "Ann")], &[]] {
            let mut told = made.clone();
            told.push(search("mKey", "x", items));
            assert!(fits(&told), "{write} {items:?}");
        }
        // It is that of another.
        let made = start(&[
            create(P, r#""FirstName":"Bea""#),
            ingest("1", "x", "Ann", "k1"),
            write.clone(),
        ]);
        for (items, right) in [(&[(Q, "Ann")][..], true), (&[], false)] {
            let mut told = made.clone();
            told.push(search("mKey", "x", items));
            assert_eq!(fits(&told), right, "{write} {items:?}");
        }
    }
}

#[test]
fn in_a_domain_of_which_nothing_is_certain_any_answer_will_do() {
    let obscure = r#"PUT /domains/d/integrations {"Uri":"x"} => 200 {}"#;
    let delete = format!(r#"POST /domains/d/profiles/delete {{"ProfileId":"{P}"}} => "#);
    let update = format!(r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"L"}} => "#);
    let asked = |line: String| format!("{} => ", line.split_once(" => ").expect("a request").0);
    for asked in [
        delete,
        update,
        asked(merge(P, Q, "")),
        asked(key("keys", "mKey", r#""x""#)),
        asked(key("keys/delete", "mKey", r#""x""#)),
        asked(found(P, "")),
        asked(list(P, &[])),
    ] {
        for before in [None, Some(obscure)] {
            let mut told = vec![
                CREATE.to_owned(),
                CARD.to_owned(),
                create(P, r#""FirstName":"Ann""#),
                create(Q, r#""FirstName":"Bea""#),
            ];
            told.extend(before.map(str::to_owned));
            told.push(format!("{asked}409 ConflictException"));
            assert_eq!(weighed_last(&told).0, before.is_some(), "{asked}");
        }
    }
}

#[test]
fn an_update_keeps_what_it_leaves_out_and_clears_what_it_empties() {
    let update = |members: &str| {
        format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{P}",{members}}} => 200 {{"ProfileId":"{P}"}}"#
        )
    };
    let shown = |members: &str| found(P, &format!(r#"{{"ProfileId":"{P}",{members}}}"#));
    let told = |made: &str, updates: &[&str], seen: &[&str]| {
        let mut told = vec![CREATE.to_owned(), create(P, made)];
        told.extend(updates.iter().map(|members| update(members)));
        told.extend(seen.iter().map(|members| shown(members)));
        weighed_last(&told)
    };
    let name = r#""FirstName":"A","LastName":"B""#;
    for (made, updates, seen, right) in [
        (
            name,
            r#""LastName":"C""#,
            r#""FirstName":"A","LastName":"C""#,
            None,
        ),
        (
            name,
            r#""LastName":"C""#,
            r#""LastName":"C""#,
            Some("profile.update.partial"),
        ),
        (
            name,
            r#""LastName":"C""#,
            name,
            Some("search.profile-content"),
        ),
        (name, r#""LastName":"""#, r#""FirstName":"A""#, None),
        (name, r#""LastName":"""#, name, Some("profile.update.clear")),
        (
            r#""Attributes":{"a":"1","b":"2"}"#,
            r#""Attributes":{"a":""}"#,
            r#""Attributes":{"a":"1","b":"2"}"#,
            Some("profile.update.attribute-clear"),
        ),
        // What no member of a profile is, is not kept.
        (
            r#""FirstName":"A","Later":"x","More":{"City":"x"}"#,
            r#""LastName":"B","Later":"x""#,
            name,
            None,
        ),
    ] {
        let found = told(made, &[updates], &[seen]);
        assert_eq!(
            found.1.first().copied(),
            right,
            "{made} {updates} {seen}: {found:?}"
        );
    }
    // Whether other members of a map go is a choice, one for attributes and one for addresses.
    let both = [
        r#""Attributes":{"a":"1","b":"2"}"#,
        r#""Address":{"City":"A","State":"B"}"#,
    ];
    let new = [r#""Attributes":{"a":"3"}"#, r#""Address":{"City":"C"}"#];
    let kept = [
        r#""Attributes":{"a":"3","b":"2"}"#,
        r#""Address":{"City":"C","State":"B"}"#,
    ];
    let all = |one: &str, other: &str| format!(r#"{one},{other}"#);
    for at in 0..2 {
        let gone = new;
        for first in [gone[at], kept[at]] {
            for second in [gone[at], kept[at]] {
                let told = told(both[at], &[new[at]], &[first, second]);
                assert_eq!(told.0, first == second, "{first} {second}");
            }
        }
        // Whoever keeps the one may lose the other.
        for other in [gone[1 - at], kept[1 - at]] {
            let made = all(both[0], both[1]);
            let shown = all(kept[at], other);
            let told = told(&made, &[&all(new[0], new[1])], &[&shown]);
            assert_eq!(told, (true, Vec::new()), "{shown}");
        }
    }
}

#[test]
fn only_who_gives_an_account_number_shows_that_it_need_not_be_unique() {
    let shows = |members: &str| {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let cites = model.observe(&exchange(&create(P, members))).cites;
        cites
            .iter()
            .any(|(rule, _)| rule.id() == "profile.create.account-not-unique")
    };
    assert!(shows(r#""AccountNumber":"1","FirstName":"A""#));
    assert!(!shows(r#""FirstName":"A""#));
}

#[test]
fn an_added_value_is_compared_as_the_content_of_its_key() {
    const MAIL: &str = r#"PUT /domains/d/object-types/M {"Description":"m","Fields":{"m":{"Source":"_source.m","ContentType":"EMAIL_ADDRESS"}},"Keys":{"mail":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["m"]}]}} => 200 {"ObjectTypeName":"M","Description":"m"}"#;
    for (name, added, asked, right) in [
        ("_email", "Foo@X", "foo@x", true),
        ("_phone", "+1 206 555 0100", "+12065550100", true),
        ("_fullName", "Ann Lee", "ann lee", true),
        ("mail", "Foo@X", "foo@x", true),
        ("_account", "Foo@X", "foo@y", false),
        ("mKey", "Foo@X", "foo@y", false),
    ] {
        let told = [
            CREATE.to_owned(),
            CARD.to_owned(),
            MAIL.to_owned(),
            create(P, r#""FirstName":"Ann""#),
            key("keys", name, &format!(r#""{added}""#)),
            search(name, asked, &[(P, "Ann")]),
        ];
        assert_eq!(weighed_last(&told).0, right, "{name}");
    }
    const PAIR: &str = r#"PUT /domains/d/object-types/D {"Description":"d","Fields":{"a":{"Source":"_source.a"},"b":{"Source":"_source.b"}},"Keys":{"pair":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["a","b"]}]}}"#;
    let mut model = reference(&Manner::default());
    assert_eq!(status(&mut model, PAIR), 200);
    let id = told_by(&mut model, &create(P, r#""FirstName":"Ann""#), "ProfileId");
    for (name, value) in [("pair", "x"), ("_assetId", "y")] {
        let add = key("keys", name, &format!(r#""{value}""#)).replace(P, &id);
        assert_eq!(status(&mut model, &add), 200);
        assert_eq!(count(&mut model, name, value), 1, "{name}");
    }
}

#[test]
fn only_a_value_that_was_added_to_the_profile_must_be_deleted() {
    for (name, value, must) in [
        ("mKey", "x", true),
        ("mKey", "z", false),
        ("mKey", "q", false),
        ("mKey", "other", false),
        ("cId", "x", false),
    ] {
        let delete = key("keys/delete", name, &format!(r#""{value}""#));
        let (asked, _) = delete.split_once(" => ").expect("a request");
        let mut told = vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            create(P, r#""FirstName":"Ann""#),
            create(Q, r#""FirstName":"Bea""#),
            key("keys", "mKey", r#""x","z""#),
            key("keys", "mKey", r#""q""#).replace(P, Q),
            key("keys/delete", "mKey", r#""z""#),
            format!("{asked} => 400 BadRequestException"),
        ];
        assert_eq!(fits(&told), !must, "{name} {value}");
        told.pop();
        told.push(delete.clone());
        assert!(fits(&told), "{name} {value}");
        // What was deleted does not come back by that.
        told.push(search("mKey", "z", &[(P, "Ann")]));
        assert!(!fits(&told), "{name} {value}");
    }
}

#[test]
fn what_is_shown_of_a_deleted_profile_was_not_deleted() {
    let told = [
        CREATE.to_owned(),
        create(P, r#""FirstName":"Ann""#),
        format!(
            r#"POST /domains/d/profiles/delete {{"ProfileId":"{P}"}} => 200 {{"Message":"m"}}"#
        ),
        found(P, &format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#)),
    ];
    assert_eq!(weighed_last(&told), (false, vec!["profile.delete.effect"]));
}

#[test]
fn a_merge_with_somebody_unknown_is_refused_or_may_do_anything() {
    let start = [CREATE.to_owned(), create(P, r#""FirstName":"Ann""#)];
    let merged = merge(P, Q, "");
    let (asked, _) = merged.split_once(" => ").expect("a request");
    for (answer, right) in [
        ("400 BadRequestException", true),
        ("404 ResourceNotFoundException", true),
        (r#"200 {"Message":"m"}"#, true),
        ("403 AccessDeniedException", false),
        ("409 ConflictException", false),
    ] {
        let mut told = start.to_vec();
        told.push(format!("{asked} => {answer}"));
        assert_eq!(weighed_last(&told).0, right, "{answer}");
    }
    let mut told = start.to_vec();
    told.extend([merged, found(P, "")]);
    assert!(fits(&told));
}

#[test]
fn only_a_profile_that_nobody_asked_for_shows_what_is_inferred() {
    let shows = |made: &[String]| {
        let mut model = Model::observer(&open());
        for line in made {
            let fit = model.observe(&exchange(line)).fit;
            assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
        }
        let last = search("mKey", "x", &[(P, "Ann")]);
        let cites = model.observe(&exchange(&last)).cites;
        cites
            .iter()
            .any(|(rule, _)| rule.id() == "std.inferred.only-these")
    };
    let start = [CREATE.to_owned(), CARD.to_owned()];
    let made = [&start[..], &[ingest("1", "x", "Ann", "k1")]].concat();
    assert!(shows(&made));
    let ann = create(P, r#""FirstName":"Ann""#);
    let asked = [&start[..], &[ann, key("keys", "mKey", r#""x""#)]].concat();
    assert!(!shows(&asked));
}

#[test]
fn a_key_that_is_only_looked_up_does_not_find_what_was_deleted_from_it() {
    const TYPE: &str = r#"PUT /domains/d/object-types/L {"Description":"l","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"m":{"Source":"_source.m"}},"Keys":{"lId":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}],"lKey":[{"StandardIdentifiers":["PROFILE","LOOKUP_ONLY"],"FieldNames":["m"]}]}} => 200 {"ObjectTypeName":"L","Description":"l"}"#;
    let plain = |line: String| line.replace(r#","FirstName":"""#, "");
    for delete in [false, true] {
        let mut told = vec![
            CREATE.to_owned(),
            TYPE.to_owned(),
            r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"L","Object":"{\"id\":\"1\",\"m\":\"x\"}"} => 200 {"ProfileObjectUniqueKey":"k"}"#.to_owned(),
            plain(search("lId", "1", &[(P, "")])),
        ];
        told.extend(delete.then(|| key("keys/delete", "lKey", r#""x""#)));
        for (items, right) in [(&[][..], true), (&[(P, "")], false)] {
            told.push(plain(search("lKey", "x", items)));
            assert_eq!(fits(&told), right, "{told:#?}");
            told.pop();
        }
    }
}

#[test]
fn what_an_object_of_open_keys_does_nobody_can_say() {
    const TYPE: &str = r#"PUT /domains/d/object-types/B {"Description":"b","AllowProfileCreation":true,"Fields":{"id":{"Source":"{{#if _source.id}}{{_source.id}}{{/if}}"}},"Keys":{"bId":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}} => 200 {"ObjectTypeName":"B","Description":"b"}"#;
    let object =
        r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"B","Object":"{\"id\":\"1\"}"} => "#;
    for answer in [
        "400 BadRequestException",
        r#"200 {"ProfileObjectUniqueKey":"k"}"#,
    ] {
        let line = format!("{object}{answer}");
        assert!(fits(&[CREATE, TYPE, &line]), "{answer}");
    }
    let served = format!(r#"{object}200 {{"ProfileObjectUniqueKey":"k"}}"#);
    for items in [vec![], vec![(P, "Ann")]] {
        assert!(
            fits(&[CREATE, TYPE, &served, &search("bId", "1", &items)]),
            "{items:?}"
        );
    }
}

#[test]
fn white_space_around_a_value_may_be_trimmed() {
    for (shown, right) in [("Ann", true), (" Ann ", true), ("Bea", false)] {
        let told = [
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", " Ann ", "k1"),
            search("mKey", "x", &[(P, shown)]),
        ];
        assert_eq!(fits(&told), right, "{shown:?}");
    }
}

#[test]
fn a_deleted_object_does_not_come_back_by_a_merge() {
    let delete = format!(
        r#"POST /domains/d/profiles/objects/delete {{"ProfileId":"{P}","ObjectTypeName":"C","ProfileObjectUniqueKey":"k1"}} => 200 {{"Message":"m"}}"#
    );
    let three = r#"{"id":"3","m":"x","f":"Ann"}"#;
    let two = r#"{"id":"2","m":"y","f":"Ann"}"#;
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        ingest("3", "x", "Ann", "k3"),
        search("mKey", "x", &[(P, "Ann")]),
        delete,
        ingest("2", "y", "Ann", "k2"),
        search("mKey", "y", &[(Q, "Ann")]),
        merge(P, Q, ""),
    ];
    for (items, told) in [
        (&[("k3", three), ("k2", two)][..], (true, Vec::new())),
        (
            &[("k3", three), ("k2", two), ("k1", ONE)],
            (false, vec!["object.delete.ok"]),
        ),
    ] {
        let mut lines = start.to_vec();
        lines.push(list(P, items));
        assert_eq!(weighed_last(&lines), told, "{items:?}");
    }
}

#[test]
fn a_merge_moves_the_keys_of_whom_it_merges_and_of_nobody_else() {
    let (third, cleo) = ("3".repeat(32), "Cleo");
    let of = |line: String, id: &str| line.replace(P, id);
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        create(P, r#""FirstName":"Ann""#),
        create(Q, r#""FirstName":"Ann""#),
        create(&third, r#""FirstName":"Cleo""#),
        key("keys", "mKey", r#""p""#),
        of(key("keys", "mKey", r#""q""#), Q),
        of(key("keys", "mKey", r#""r""#), &third),
        merge(P, Q, ""),
    ];
    for (value, items, right) in [
        ("p", (P, "Ann"), true),
        ("q", (P, "Ann"), true),
        ("q", (Q, "Ann"), false),
        ("r", (&*third, cleo), true),
        ("r", (P, "Ann"), false),
    ] {
        let mut told = start.to_vec();
        told.push(search("mKey", value, &[items]));
        assert_eq!(fits(&told), right, "{value} {items:?}");
    }
}

#[test]
fn addresses_of_merged_profiles_may_be_united() {
    for (shown, right) in [
        (r#"{"City":"A"}"#, true),
        (r#"{"City":"A","State":"B"}"#, true),
        (r#"{"State":"B"}"#, true),
        (r#"{"City":"A","Country":"C"}"#, false),
    ] {
        let told = [
            CREATE.to_owned(),
            create(P, r#""FirstName":"Ann","Address":{"City":"A"}"#),
            create(Q, r#""FirstName":"Ann","Address":{"State":"B"}"#),
            merge(P, Q, ""),
            found(
                P,
                &format!(r#"{{"ProfileId":"{P}","FirstName":"Ann","Address":{shown}}}"#),
            ),
        ];
        assert_eq!(fits(&told), right, "{shown}");
    }
}

#[test]
fn what_an_update_makes_of_attributes_says_nothing_about_addresses() {
    let update = |members: &str| {
        format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{P}",{members}}} => 200 {{"ProfileId":"{P}"}}"#
        )
    };
    let shown = |members: &str| found(P, &format!(r#"{{"ProfileId":"{P}",{members}}}"#));
    let (attributes, address) = (
        choice!("profile.update.attributes"),
        choice!("profile.update.address"),
    );
    for (made, given, kept, other, rule) in [
        (
            r#""Attributes":{"a":"1","b":"2"}"#,
            r#""Attributes":{"a":"3"}"#,
            r#""Attributes":{"a":"3","b":"2"}"#,
            r#""Attributes":{"a":"3","b":"9"}"#,
            "profile.update.attributes",
        ),
        (
            r#""Address":{"City":"A","State":"B"}"#,
            r#""Address":{"City":"C"}"#,
            r#""Address":{"City":"C","State":"B"}"#,
            r#""Address":{"City":"C","State":"Z"}"#,
            "profile.update.address",
        ),
    ] {
        let start = [CREATE.to_owned(), create(P, made), update(given)];
        let mut model = Model::observer(&open());
        for line in start.iter().chain([&shown(kept)]) {
            model.observe(&exchange(line));
        }
        let learnt = [attributes, address].map(|choice| model.choices().get(choice).decided());
        let of = |known: &str| (known == rule).then_some(0);
        let right = ["profile.update.attributes", "profile.update.address"].map(of);
        assert_eq!(learnt, right, "{rule}");
        let told = [&start[..], &[shown(other)]].concat();
        assert_eq!(weighed_last(&told).1.first(), Some(&rule));
    }
}

#[test]
fn one_of_the_values_of_a_key_of_several_fields_may_find_a_profile() {
    const PAIR: &str = r#"PUT /domains/d/object-types/D {"Description":"d","Fields":{"a":{"Source":"_source.a"},"b":{"Source":"_source.b"}},"Keys":{"pair":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["a","b"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;
    for (name, must) in [("pair", false), ("mKey", true)] {
        for items in [&[(P, "Ann")][..], &[]] {
            let told = [
                CREATE.to_owned(),
                CARD.to_owned(),
                PAIR.to_owned(),
                create(P, r#""FirstName":"Ann""#),
                key("keys", name, r#""x""#),
                search(name, "x", items),
            ];
            assert_eq!(fits(&told), !must || !items.is_empty(), "{name} {items:?}");
        }
    }
}
