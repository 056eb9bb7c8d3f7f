//! What the reference answers, and how a manner changes it.

use profile_contract::variation::Varied;
use profile_contract::wire::Respond;

use super::*;

#[test]
fn where_a_rule_lets_keys_go_or_stay_a_manner_decides() {
    let manner = |id: &str, taken: u8| Manner::default().taking(rule_of(id), taken);
    for (taken, left) in [(0, 0), (1, 1)] {
        let mut model = reference(&manner("std.keys.follow-update", taken));
        let id = told_by(
            &mut model,
            &create(P, r#""EmailAddress":"a@x""#),
            "ProfileId",
        );
        let update =
            format!(r#"PUT /domains/d/profiles {{"ProfileId":"{id}","EmailAddress":"b@x"}}"#);
        ask(&mut model, &update);
        let counts = ["a@x", "b@x"].map(|mail| count(&mut model, "_email", mail));
        assert_eq!(counts, [left, 1], "update, {taken}");

        let mut model = reference(&manner("merge.effect", taken));
        let [one, two] = ["a@x", "b@x"].map(|mail| {
            let made = create(P, &format!(r#""EmailAddress":"{mail}""#));
            told_by(&mut model, &made, "ProfileId")
        });
        let sources = format!(r#","FieldSourceProfileIds":{{"EmailAddress":"{two}"}}"#);
        ask(&mut model, &merge(&one, &two, &sources));
        let counts = ["a@x", "b@x"].map(|mail| count(&mut model, "_email", mail));
        assert_eq!(counts, [left, 1], "merge, {taken}");

        let mut model = reference(&manner("persist.deleted-object", taken));
        ask(&mut model, CARD);
        let put = ingest("1", "m", "Ann", "");
        let key = told_by(&mut model, &put, "ProfileObjectUniqueKey");
        let id = only(&mut model, "mKey", "m");
        let delete = format!(
            r#"POST /domains/d/profiles/objects/delete {{"ProfileId":"{id}","ObjectTypeName":"C","ProfileObjectUniqueKey":"{key}"}}"#
        );
        assert_eq!(ask(&mut model, &delete).0, 200);
        assert_eq!(count(&mut model, "mKey", "m"), left, "object, {taken}");

        let mut model = reference(&manner("delete-type.keys", taken));
        ask(&mut model, CARD);
        ask(&mut model, &put);
        assert_eq!(ask(&mut model, "DELETE /domains/d/object-types/C").0, 200);
        let line = search("mKey", "m", &[]);
        let (_, body) = ask(&mut model, &line);
        let items = body
            .get("Items")
            .and_then(Json::items)
            .map_or(0, <[Json]>::len);
        assert_eq!(items, left, "type, {taken}");
    }
}

#[test]
fn a_domain_that_is_made_again_has_profiles_of_its_own() {
    let mut model = reference(&Manner::default());
    let ann = create(P, r#""FirstName":"Ann""#);
    let one = told_by(&mut model, &ann, "ProfileId");
    assert_eq!(ask(&mut model, "DELETE /domains/d").0, 200);
    assert_eq!(ask(&mut model, CREATE).0, 200);
    assert_eq!(count(&mut model, "_profileId", &one), 0);
    let two = told_by(&mut model, &ann, "ProfileId");
    let three = told_by(&mut model, &ann, "ProfileId");
    assert!(one != two && two != three && one != three);
}

#[test]
fn a_key_that_was_added_finds_its_profile_until_it_is_deleted() {
    let mut model = reference(&Manner::default());
    status(&mut model, CARD);
    let [one, two] = ["Ann", "Bea"].map(|name| {
        let made = create(P, &format!(r#""FirstName":"{name}""#));
        told_by(&mut model, &made, "ProfileId")
    });
    let mut say = |asked: &str, id: &str, name: &str, value: &str| {
        let line = key(asked, name, &format!(r#""{value}""#)).replace(P, id);
        assert_eq!(status(&mut model, &line), 200, "{line}");
        [("mKey", "x"), ("mKey", "y"), ("_email", "x")]
            .map(|(key, value)| count(&mut model, key, value))
    };
    assert_eq!(say("keys", &one, "mKey", "x"), [1, 0, 0]);
    assert_eq!(say("keys", &one, "mKey", "x"), [1, 0, 0]);
    assert_eq!(say("keys", &one, "mKey", "y"), [1, 1, 0]);
    assert_eq!(say("keys", &one, "_email", "x"), [1, 1, 1]);
    assert_eq!(say("keys", &two, "mKey", "x"), [2, 1, 1]);
    assert_eq!(say("keys/delete", &one, "mKey", "x"), [1, 1, 1]);
    assert_eq!(say("keys/delete", &one, "_email", "x"), [1, 1, 0]);
    assert_eq!(say("keys/delete", &two, "mKey", "x"), [0, 1, 0]);
    assert_eq!(say("keys/delete", &one, "mKey", "y"), [0, 0, 0]);
}

#[test]
fn which_keys_may_not_be_added_or_deleted_a_manner_decides() {
    let refused = |taken: &str, line: &str| {
        let mut model = reference(&Manner::default().taking(rule_of(taken), 1));
        status(&mut model, CARD);
        status(&mut model, &ingest("1", "m", "Ann", ""));
        let id = only(&mut model, "mKey", "m");
        let add = key("keys", "mKey", r#""added""#).replace(P, &id);
        assert_eq!(status(&mut model, &add), 200);
        status(&mut model, &line.replace(P, &id)) != 200
    };
    for (value, absent, standard) in [
        ("added", false, false),
        ("m", false, true),
        ("other", true, false),
    ] {
        let line = key("keys/delete", "mKey", &format!(r#""{value}""#));
        let told = ["profile.key.delete.absent", "profile.key.delete.standard"]
            .map(|rule| refused(rule, &line));
        assert_eq!(told, [absent, standard], "{value}");
    }
    for (name, system, undefined) in [
        ("_profileId", true, false),
        ("_assetId", true, false),
        ("_caseId", true, false),
        ("_email", false, false),
        ("mKey", false, false),
        ("cId", false, false),
        ("nobodys", false, true),
    ] {
        let line = key("keys", name, r#""x""#);
        let told = [
            "profile.key.add.system-id",
            "profile.key.add.undefined-name",
        ]
        .map(|rule| refused(rule, &line));
        assert_eq!(told, [system, undefined], "{name}");
    }
}

#[test]
fn an_update_of_the_reference_keeps_the_rest() {
    let mut model = reference(&Manner::default());
    let made = create(P, r#""FirstName":"A","LastName":"B","MiddleName":"M""#);
    let id = told_by(&mut model, &made, "ProfileId");
    let update = format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{id}","LastName":"C","MiddleName":"","BirthDate":"x"}}"#
    );
    assert_eq!(status(&mut model, &update), 200);
    let (_, body) = ask(&mut model, &found(&id, ""));
    let profile = body
        .get("Items")
        .and_then(Json::items)
        .map(|items| items[0].clone())
        .expect("a profile");
    for (name, value) in [
        ("FirstName", Some("A")),
        ("LastName", Some("C")),
        ("MiddleName", None),
        ("BirthDate", Some("x")),
    ] {
        let shown = profile
            .get(name)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty());
        assert_eq!(shown, value, "{name}");
    }
}

#[test]
fn what_is_on_a_profile_goes_with_it_into_another() {
    for taken in [0, 1] {
        let mut model =
            reference(&Manner::default().taking(rule_of("std.keys.follow-update"), taken));
        status(&mut model, CARD);
        let [one, two] = ["x", "y"].map(|value| {
            status(&mut model, &ingest(value, value, "Ann", ""));
            only(&mut model, "mKey", value)
        });
        let added = key("keys", "mKey", r#""z""#).replace(P, &two);
        assert_eq!(status(&mut model, &added), 200);
        // One profile twice is one.
        let twice = merge(&one, &two, "")
            .replace(&format!(r#"["{two}"]"#), &format!(r#"["{two}","{two}"]"#));
        assert_eq!(status(&mut model, &twice), 200);
        assert_eq!(count(&mut model, "_profileId", &two), 0);
        for value in ["x", "y", "z"] {
            assert_eq!(count(&mut model, "mKey", value), 1, "{value}");
        }
        let (_, body) = ask(&mut model, &list(&one, &[]));
        let objects = body
            .get("Items")
            .and_then(Json::items)
            .map_or(0, <[Json]>::len);
        assert_eq!(objects, 2);
        let gone = key("keys/delete", "mKey", r#""z""#).replace(P, &one);
        assert_eq!(status(&mut model, &gone), 200);
        assert_eq!(count(&mut model, "mKey", "z"), 0);
    }
}

#[test]
fn ids_of_profiles_that_objects_make_are_not_given_to_others() {
    let mut model = reference(&Manner::default());
    status(&mut model, CARD);
    let mut ids = Vec::new();
    for at in 0..4 {
        let value = at.to_string();
        status(&mut model, &ingest(&value, &value, "Ann", ""));
        ids.push(only(&mut model, "mKey", &value));
        ids.push(told_by(
            &mut model,
            &create(P, r#""FirstName":"Bea""#),
            "ProfileId",
        ));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

#[test]
fn what_a_profile_of_nothing_gets_is_a_choice_about_no_member_at_all() {
    let rule = rule_of("profile.create.empty");
    let manner = Manner::default().choosing(choice!("profile.create.empty"), 1);
    let mut model = reference(&manner.taking(rule, 1));
    for (members, answer) in [
        ("", 400),
        (r#""Address":{}"#, 200),
        (r#""FirstName":null"#, 200),
        (r#""FirstName":"A""#, 200),
    ] {
        assert_eq!(status(&mut model, &create(P, members)), answer, "{members}");
    }
}

#[test]
fn who_changes_its_mind_does_so_after_so_many_requests() {
    let choice = choice!("profile.create.empty");
    let mut server = Varied::new(&[], 0).turning(choice, 1, 2);
    for (line, answer) in [
        (CREATE, 200),
        ("POST /domains/d/profiles {}", 200),
        ("POST /domains/d/profiles {}", 400),
    ] {
        let (asked, _) = line.split_once(" => ").unwrap_or((line, ""));
        let Message::Request(request) = exchange(&format!("{asked} => 200")).message else {
            panic!("no request");
        };
        assert_eq!(
            server.respond(&request, NOW * 1000).status,
            answer,
            "{line}"
        );
    }
}

#[test]
fn what_several_objects_say_of_an_asset_adds_up() {
    const TYPE: &str = r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"who":{"Source":"_source.who"},"sn":{"Source":"_source.sn","Target":"_asset.SerialNumber"},"an":{"Source":"_source.an","Target":"_asset.AssetName"}},"Keys":{"dId":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}],"dKey":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["who"]}],"aKey":[{"StandardIdentifiers":["ASSET"],"FieldNames":["sn"]}]}}"#;
    let mut model = reference(&Manner::default());
    assert_eq!(status(&mut model, TYPE), 200);
    for members in [
        r#"\"id\":\"1\",\"sn\":\"Z\",\"an\":\"car\""#,
        r#"\"id\":\"2\",\"sn\":\"Z\""#,
    ] {
        let put = format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"D","Object":"{{\"who\":\"x\",{members}}}"}}"#
        );
        assert_eq!(status(&mut model, &put), 200);
    }
    let id = only(&mut model, "dKey", "x");
    let line = format!(
        r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"_asset","ProfileId":"{id}"}}"#
    );
    let (_, body) = ask(&mut model, &line);
    let items = body.get("Items").and_then(Json::items).unwrap_or_default();
    assert_eq!(items.len(), 1, "{body}");
    let object = items[0]
        .get("Object")
        .and_then(Json::as_str)
        .expect("a text");
    assert!(
        object.contains(r#""SerialNumber":"Z""#) && object.contains(r#""AssetName":"car""#),
        "{object}"
    );
}

#[test]
fn nobody_is_merged_into_himself() {
    let rule = rule_of("merge.self");
    for taken in [0, 1] {
        let mut model = reference(&Manner::default().taking(rule, taken));
        let [one, two] = ["Ann", "Bea"].map(|name| {
            let made = create(P, &format!(r#""FirstName":"{name}""#));
            told_by(&mut model, &made, "ProfileId")
        });
        let both = merge(&one, &one, "")
            .replace(&format!(r#"["{one}"]"#), &format!(r#"["{one}","{two}"]"#));
        let answer = status(&mut model, &both);
        assert_eq!(count(&mut model, "_profileId", &one), 1);
        let left = usize::from(answer != 200);
        assert_eq!(count(&mut model, "_profileId", &two), left, "{answer}");
    }
}

#[test]
fn an_added_value_finds_its_profile_as_a_value_of_its_key_would() {
    const MAIL: &str = r#"PUT /domains/d/object-types/M {"Description":"m","Fields":{"m":{"Source":"_source.m","ContentType":"EMAIL_ADDRESS"}},"Keys":{"mail":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["m"]}]}}"#;
    for (name, added, asked, finds) in [
        ("_email", "Foo@X", "foo@x", 1),
        ("_phone", "+1 206 555 0100", "+12065550100", 1),
        ("_fullName", "Ann Lee", "ann lee", 1),
        ("mail", "Foo@X", "foo@x", 1),
        ("mKey", "Foo@X", "foo@x", 0),
        ("mKey", "+1 206 555 0100", "+12065550100", 0),
    ] {
        let mut model = reference(&Manner::default());
        status(&mut model, CARD);
        status(&mut model, MAIL);
        let id = told_by(&mut model, &create(P, r#""FirstName":"Ann""#), "ProfileId");
        let add = key("keys", name, &format!(r#""{added}""#)).replace(P, &id);
        assert_eq!(status(&mut model, &add), 200);
        assert_eq!(count(&mut model, name, asked), finds, "{name} {added}");
    }
}

#[test]
fn types_of_the_reference_follow_its_templates() {
    let mut model = reference(&Manner::default());
    let put = |name: &str, template: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one","TemplateId":"{template}"}}"#
        )
    };
    let unknown = rule_of("put-type.template.unknown");
    for manner in [Manner::default(), Manner::default().taking(unknown, 1)] {
        let mut model = reference(&manner);
        assert_eq!(status(&mut model, &put("A", "none")), 400);
    }
    assert_eq!(status(&mut model, &put("B", "Zendesk-users")), 200);
    let (_, template) = ask(&mut model, "GET /templates/Zendesk-users");
    let (_, shown) = ask(&mut model, "GET /domains/d/object-types/B");
    for member in ["Fields", "Keys"] {
        let of = |body: &Json| body.get(member).map(Json::to_text);
        assert!(of(&shown).is_some(), "{member}");
        assert_eq!(of(&shown), of(&template), "{member}");
    }
    let object = r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"Zendesk-users","Object":"{\"id\":\"1\",\"email\":\"a@x\"}"}"#;
    assert_eq!(status(&mut model, object), 200);
    assert_eq!(count(&mut model, "_zendeskUserId", "1"), 1);
    // What has no tags shows none.
    let (_, domain) = ask(&mut model, "GET /domains/d");
    assert!(domain.get("Tags").is_none(), "{domain}");
}

#[test]
fn whether_an_object_without_a_key_makes_an_asset_a_manner_decides() {
    let rule = rule_of("asset.create.target-only");
    for (taken, assets) in [(0, 1), (1, 0), (2, 0)] {
        let mut model = reference(&Manner::default().taking(rule, taken));
        status(&mut model, OWNED);
        assert_eq!(status(&mut model, &own(1)), 200);
        let id = only(&mut model, "dKey", "1");
        let line = format!(
            r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"_asset","ProfileId":"{id}"}}"#
        );
        let (_, body) = ask(&mut model, &line);
        let items = body.get("Items").and_then(Json::items).unwrap_or_default();
        assert_eq!(items.len(), assets, "{taken}");
    }
}

#[test]
fn a_reference_may_go_on_finding_a_profile_by_what_lost_in_a_merge() {
    for taken in [0, 1] {
        let manner = Manner::default().taking(rule_of("merge.effect"), taken);
        let mut model = reference(&manner);
        let [one, two] = ["a@b", "c@d"].map(|email| {
            let line = create(P, &format!(r#""EmailAddress":"{email}""#));
            told_by(&mut model, &line, "ProfileId")
        });
        assert_eq!(status(&mut model, &merge(&one, &two, "")), 200);
        assert_eq!(count(&mut model, "_email", "c@d"), usize::from(taken));
        assert_eq!(only(&mut model, "_email", "a@b"), one);
    }
}

#[test]
fn a_reference_may_delete_keys_however_they_are_written_and_check_the_sources_of_merges() {
    const OTHER: &str = "00000000000000000000000000000009";
    for taken in [0, 1] {
        let manner = Manner::default()
            .taking(rule_of("profile.key.delete"), taken)
            .taking(rule_of("merge.fields-source"), taken);
        let mut model = reference(&manner);
        let [one, two] = ["Ann", "Bea"].map(|name| {
            let line = create(P, &format!(r#""FirstName":"{name}""#));
            told_by(&mut model, &line, "ProfileId")
        });
        for (asked, value) in [("keys", "+15551234567"), ("keys/delete", "(555)-123-4567")] {
            let line = key(asked, "_phone", &format!(r#""{value}""#)).replace(P, &one);
            assert_eq!(status(&mut model, &line), 200);
        }
        let left = count(&mut model, "_phone", "+15551234567");
        assert_eq!(left, 1 - usize::from(taken));
        let sources = format!(r#","FieldSourceProfileIds":{{"FirstName":"{OTHER}"}}"#);
        let answer = status(&mut model, &merge(&one, &two, &sources));
        assert_eq!(answer, if taken == 0 { 200 } else { 400 });
    }
}
