//! The reference with objects: what the built-in server makes of them, and what servers do that decide otherwise where the
//! contract leaves it open.

use profile_contract::contract::RuleId;
use profile_contract::model::Manner;
use profile_contract::rule;
use profile_contract::wire::Json;

use super::*;

/// A reference that has the domain `d`.
struct Server(Model);

impl Server {
    fn new(manner: &Manner) -> Self {
        let mut server = Self(Model::reference_with(manner));
        server.ask(CREATE);
        server
    }

    /// What it answers to the request of a line.
    fn ask(&mut self, line: &str) -> (u16, Json) {
        let asked = line.split(" => ").next().expect("a request");
        let exchange = exchange(&format!("{asked} => 200 {{}}"));
        let Message::Request(request) = &exchange.message else {
            panic!("{line} is no request");
        };
        let response = self.0.respond(request, NOW * 1000);
        let body = Json::parse(&response.body).expect("an answer of JSON");
        (response.status, body)
    }

    /// The texts at this place of the items that it answers with.
    fn items(&mut self, line: &str, member: &str) -> Vec<String> {
        let (status, body) = self.ask(line);
        assert_eq!(status, 200, "{line}: {}", body.to_text());
        let items = body.get("Items").and_then(Json::items);
        let texts = items.expect("items").iter().map(|item| {
            let text = item.get(member).and_then(Json::as_str);
            text.expect(member).to_owned()
        });
        texts.collect()
    }

    /// The keys of all objects of a listing, page after page.
    fn pages(&mut self, line: &str, most: usize) -> Vec<String> {
        let (mut keys, mut token) = (Vec::new(), String::new());
        for _ in 0..100 {
            let window = format!("/objects?max-results={most}{token} ");
            let line = line.replace("/objects ", &window);
            keys.extend(self.items(&line, "ProfileObjectUniqueKey"));
            match self.ask(&line).1.get("NextToken").and_then(Json::as_str) {
                Some(next) => token = format!("&next-token={next}"),
                None => return keys,
            }
        }
        panic!("{line} has no last page");
    }

    /// The profiles found.
    fn search(&mut self, key: &str, value: &str) -> Vec<String> {
        self.items(&search(key, value, &[]), "ProfileId")
    }

    /// The key it gives to an object.
    fn store(&mut self, line: &str) -> String {
        let (status, body) = self.ask(line);
        assert_eq!(status, 200, "{line}: {}", body.to_text());
        let key = body.get("ProfileObjectUniqueKey").and_then(Json::as_str);
        key.expect("a key").to_owned()
    }

    /// The first names of the profiles that a key finds.
    fn names(&mut self, key: &str, value: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .items(&search(key, value, &[]), "FirstName")
            .into_iter()
            .collect();
        names.sort();
        names
    }

    /// How many objects of the type `C` are on the profile of this name.
    fn objects(&mut self, name: &str) -> usize {
        let id = self.search("_fullName", name).pop().expect("a profile");
        self.items(&list(&id, &[]), "Object").len()
    }
}

/// A reference that was told all this.
fn after(manner: &Manner, lines: &[String]) -> Server {
    let mut server = Server::new(manner);
    for line in lines {
        let (status, body) = server.ask(line);
        assert_eq!(status, 200, "{line}: {}", body.to_text());
    }
    server
}

/// The usual server, but for the outcome of a rule.
fn taking(rule: RuleId, outcome: u8) -> Manner {
    Manner::default().taking(rule, outcome)
}

/// How many profiles a key finds on a server that was told all this.
fn found_after(manner: &Manner, told: &[String], key: &str, value: &str) -> usize {
    after(manner, told).search(key, value).len()
}

#[test]
fn an_asset_and_a_case_go_with_their_only_object_or_stay() {
    for (outcome, left) in [(0, 0), (1, 1)] {
        let manner = Manner::default().taking(rule!("asset.deleted-source"), outcome);
        let mut server = Server::new(&manner);
        server.ask(&linked());
        let key = server.store(&put("L", r#"{"id":"1","sn":"Z","no":"7"}"#, ""));
        let profile = server.search("lId", "1").pop().expect("a profile");
        let asset = assets(&profile, "", "");
        let case = asset.replace("_asset", "_case");
        for line in [&asset, &case] {
            assert_eq!(server.items(line, "Object").len(), 1, "{line}");
        }
        assert_eq!(server.ask(&deleted("L", &profile, &key)).0, 200);
        for line in [&asset, &case] {
            assert_eq!(server.items(line, "Object").len(), left, "{line}");
        }
    }
}

#[test]
fn an_object_lets_go_of_the_keys_of_its_own_time() {
    let mut server = Server::new(&Manner::default());
    let fields = [("id", ""), ("m", "")];
    let (one, two) = (("aId", "PROFILE UNIQUE", "id"), ("mKey", "PROFILE", "m"));
    server.ask(&typed("D", &fields, &[one]));
    server.store(&put("D", r#"{"id":"1","m":"x"}"#, ""));
    server.ask(&typed("D", &fields, &[one, two]));
    let key = server.store(&put("D", r#"{"id":"2","m":"y"}"#, ""));
    // What the first object was read by does not change.
    assert!(server.search("mKey", "x").is_empty());
    let profile = server.search("mKey", "y").pop().expect("a profile");
    assert_eq!(server.ask(&deleted("D", &profile, &key)).0, 200);
    assert!(server.search("mKey", "y").is_empty());
}

#[test]
fn an_object_that_finds_no_profile_may_be_refused_at_once() {
    let manner = Manner::default().taking(rule!("assign.none.no-create"), 1);
    let mut server = Server::new(&manner);
    let guest = CARD
        .replace("types/C", "types/G")
        .replace("cId", "gId")
        .replace(r#"Creation":true"#, r#"Creation":false"#);
    server.ask(CARD);
    server.ask(&guest);
    let as_guest = |line: String| line.replace(r#""C""#, r#""G""#);
    server.store(&ingest("1", "x", "Ann", ""));
    for (id, m, status) in [
        ("1", "y", 400),
        ("1", "x", 200),
        ("2", "x", 200),
        ("3", "y", 400),
    ] {
        let (answered, _) = server.ask(&as_guest(ingest(id, m, "Bea", "")));
        assert_eq!(answered, status, "{id} {m}");
    }
    // What is there already has a profile, whatever its new version finds.
    assert_eq!(server.ask(&as_guest(ingest("2", "z", "Bea", ""))).0, 200);
}

#[test]
fn of_many_profiles_and_objects_those_that_are_deleted_are_gone_and_no_others() {
    const MANY: usize = 400;
    let mut server = Server::new(&Manner::default());
    server.ask(CARD);
    let mut ids = Vec::new();
    for n in 0..MANY {
        let (_, body) = server.ask(&format!(
            r#"POST /domains/d/profiles {{"FirstName":"{n}"}}"#
        ));
        let id = body.get("ProfileId").and_then(Json::as_str);
        ids.push(id.expect("an id").to_owned());
    }
    let even = |n: usize| n.is_multiple_of(2);
    for id in ids
        .iter()
        .enumerate()
        .filter(|(n, _)| even(*n))
        .map(|(_, id)| id)
    {
        let line = format!(r#"POST /domains/d/profiles/delete {{"ProfileId":"{id}"}}"#);
        assert_eq!(server.ask(&line).0, 200);
    }
    for (n, id) in ids.iter().enumerate() {
        let found = server.search("_profileId", id).len();
        assert_eq!(found, usize::from(!even(n)), "profile {n}");
    }

    let object = |n: usize| ingest(&n.to_string(), "x", "Ann", "");
    let keys: Vec<String> = (0..MANY).map(|n| server.store(&object(n))).collect();
    let home = server.search("mKey", "x").pop().expect("a profile");
    for key in keys
        .iter()
        .enumerate()
        .filter(|(n, _)| even(*n))
        .map(|(_, key)| key)
    {
        assert_eq!(server.ask(&deleted("C", &home, key)).0, 200);
    }
    // Those that are left are found by what they are, and so replaced.
    for n in (0..MANY).filter(|n| !even(*n)) {
        server.store(&object(n));
    }
    let mut left = server.pages(&list(&home, &[]), 100);
    let mut expected: Vec<&String> = keys.iter().skip(1).step_by(2).collect();
    expected.sort();
    left.sort();
    assert_eq!(left.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn objects_whose_keys_begin_alike_are_listed_once_each() {
    let mut server = Server::new(&Manner::default());
    server.ask(CARD);
    // The first 32 bits of their keys are the same.
    let keys = ["1435222", "5140561", "666221"].map(|id| server.store(&ingest(id, "x", "Ann", "")));
    assert!(keys.iter().all(|key| key[..8] == keys[0][..8]), "{keys:?}");
    let home = server.search("mKey", "x").pop().expect("a profile");
    for most in 1..=4 {
        let mut listed = server.pages(&list(&home, &[]), most);
        listed.sort();
        let mut expected = keys.to_vec();
        expected.sort();
        assert_eq!(listed, expected, "{most} a page");
    }
}

#[test]
fn an_object_that_finds_another_profile_moves_or_stays() {
    let (moves, keys) = (
        rule!("object.overwrite.moves"),
        rule!("object.overwrite.moves-keys"),
    );
    let told = [
        CARD.to_owned(),
        ingest("1", "x", "Ann", ""),
        ingest("2", "y", "Bea", ""),
        ingest("1", "y", "Bea", ""),
    ];
    for (manner, by_x, by_y, objects) in [
        (Manner::default(), &[][..], &["Bea"][..], [0, 2]),
        (taking(keys, 1), &["Ann"], &["Bea"], [0, 2]),
    ] {
        let mut server = after(&manner, &told);
        assert_eq!(server.names("mKey", "x"), by_x, "{manner:?}");
        assert_eq!(server.names("mKey", "y"), by_y, "{manner:?}");
        let found = ["Ann", "Bea"].map(|name| server.objects(name));
        assert_eq!(found, objects, "{manner:?}");
    }
    // Where it stays it takes its new keys and its new name there.
    let mut server = after(&taking(moves, 1), &told);
    assert!(server.search("mKey", "x").is_empty());
    let both = server.search("mKey", "y");
    assert_eq!(both.len(), 2);
    for id in both {
        assert_eq!(server.items(&list(&id, &[]), "Object").len(), 1);
    }
}

#[test]
fn an_object_that_finds_nobody_any_more_stays_or_makes_a_profile() {
    let rule = rule!("object.overwrite.now-ambiguous");
    for (outcome, profiles) in [(0, &["Cleo"][..]), (1, &["Ann", "Cleo"])] {
        let told = [
            CARD.to_owned(),
            ingest("1", "x", "Ann", ""),
            ingest("1", "z", "Cleo", ""),
        ];
        let mut server = after(&taking(rule, outcome), &told);
        assert_eq!(server.names("mKey", "z"), ["Cleo"]);
        assert!(server.search("mKey", "x").is_empty());
        for name in profiles {
            assert_eq!(server.names("_fullName", name), [*name], "{outcome}");
        }
        assert_eq!(server.objects("Cleo"), 1, "{outcome}");
    }
}

#[test]
fn of_two_keys_that_find_two_profiles_either_may_win() {
    let rule = rule!("assign.primary.conflict");
    let fields = [("id", ""), ("m", ""), ("n", "")];
    let keys = [
        ("dId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("nKey", "PROFILE", "n"),
    ];
    let object = |id: &str, m: &str, n: &str| {
        put("D", &format!(r#"{{"id":"{id}","m":"{m}","n":"{n}"}}"#), "")
    };
    for (outcome, home) in [(0, "x"), (1, "y")] {
        let told = [
            typed("D", &fields, &keys),
            object("1", "x", "1"),
            object("2", "y", "2"),
            object("3", "x", "2"),
        ];
        let mut server = after(&taking(rule, outcome), &told);
        let by_id = server.search("dId", "3");
        let own = if home == "x" { "1" } else { "2" };
        assert_eq!(by_id, server.search("dId", own), "{outcome}");
        assert_eq!(by_id.len(), 1, "{outcome}");
        let other = if home == "x" { "2" } else { "1" };
        assert_eq!(server.search("dId", other).len(), 1, "{outcome}");
        // Its keys lead to where it is.
        assert_eq!(
            server.search("mKey", "x").len(),
            1 + usize::from(home == "y")
        );
        assert_eq!(
            server.search("nKey", "2").len(),
            1 + usize::from(home == "x")
        );
    }
}

#[test]
fn what_a_deleted_object_wrote_goes_or_stays() {
    let (fields, keys) = (
        rule!("object.delete.fields"),
        rule!("persist.deleted-object"),
    );
    for (manner, named, found) in [
        (Manner::default(), 1, 0),
        (taking(fields, 1), 0, 0),
        (taking(keys, 1), 1, 1),
    ] {
        let mut server = after(&manner, &[CARD.to_owned()]);
        let key = server.store(&ingest("1", "x", "Ann", ""));
        let id = server.search("mKey", "x").pop().expect("a profile");
        let named_too =
            format!(r#"PUT /domains/d/profiles {{"ProfileId":"{id}","LastName":"Lee"}}"#);
        assert_eq!(server.ask(&named_too).0, 200);
        assert_eq!(server.ask(&deleted("C", &id, &key)).0, 200);
        let (full, last) = (
            server.search("_fullName", "Ann Lee"),
            server.search("_fullName", "Lee"),
        );
        assert_eq!((full.len(), last.len()), (named, 1 - named), "{manner:?}");
        assert_eq!(server.search("mKey", "x").len(), found, "{manner:?}");
        assert_eq!(server.search("cId", "1").len(), found, "{manner:?}");
        assert_eq!(server.search("_profileId", &id).len(), 1, "{manner:?}");
        // Under another profile there is no such object.
        let key = server.store(&ingest("2", "y", "Bea", ""));
        assert_eq!(server.ask(&deleted("C", &id, &key)).0, 404);
        assert_eq!(server.objects("Bea"), 1, "{manner:?}");
    }
}

#[test]
fn an_overwritten_version_lets_go_of_its_keys_or_not() {
    let (version, absent, field) = (
        rule!("persist.overwritten-object"),
        rule!("std.profile.absent-does-not-clear"),
        rule!("std.keys.follow-update"),
    );
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    let keys = [("dId", "PROFILE UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let told = [
        typed("D", &fields, &keys),
        put("D", r#"{"id":"1","m":"x","f":"Ann"}"#, ""),
        put("D", r#"{"id":"1","m":"y"}"#, ""),
    ];
    for (manner, by_x, by_name) in [
        (Manner::default(), 0, 1),
        (taking(version, 1), 1, 1),
        (taking(absent, 1), 0, 0),
        (taking(absent, 1).taking(field, 1), 0, 1),
    ] {
        let mut server = after(&manner, &told);
        assert_eq!(server.search("mKey", "x").len(), by_x, "{manner:?}");
        assert_eq!(server.search("mKey", "y").len(), 1, "{manner:?}");
        assert_eq!(
            server.search("_fullName", "Ann").len(),
            by_name,
            "{manner:?}"
        );
    }
}

#[test]
fn whether_half_an_asset_is_one_is_open() {
    let (key_only, target_only, no_values) = (
        rule!("asset.create.key-only"),
        rule!("asset.create.target-only"),
        rule!("asset.create.no-values"),
    );
    let owner = ("lId", "PROFILE UNIQUE", "id");
    let target = [("id", ""), ("sn", "_asset.SerialNumber"), ("k", "")];
    let none = [("id", ""), ("sn", ""), ("k", "")];
    let (by_number, by_other) = (
        [owner, ("aKey", "ASSET", "sn")],
        [owner, ("aKey", "ASSET", "k")],
    );
    let whole = r#"{"id":"1","sn":"Z"}"#;
    let other = r#"{"id":"1","k":"Z"}"#;
    for (rule, fields, keys, object) in [
        (None, target, &by_number[..], whole),
        (Some(key_only), none, &by_number, whole),
        (Some(target_only), target, &by_number[..1], whole),
        (Some(target_only), target, &by_other, whole),
        (Some(no_values), target, &by_other, other),
    ] {
        for (outcome, count) in [(0, 1), (1, 0)] {
            let manner = match rule {
                Some(rule) => taking(rule, outcome),
                None => Manner::default().choosing(choice!("asset.create"), outcome),
            };
            for (kind, target_of) in [("_asset", "SerialNumber"), ("_case", "Title")] {
                let fields = fields.map(|(name, target)| {
                    let target =
                        target.replace("_asset.SerialNumber", &format!("{kind}.{target_of}"));
                    (name, target)
                });
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, target)| (*name, target.as_str()))
                    .collect();
                let keys: Vec<_> = keys
                    .iter()
                    .map(|(name, identifiers, field)| match (*identifiers, kind) {
                        ("ASSET", "_case") => (*name, "CASE", *field),
                        (identifiers, _) => (*name, identifiers, *field),
                    })
                    .collect();
                let manner = match rule {
                    Some(_) => manner.clone(),
                    None => manner
                        .clone()
                        .choosing(choice!("case.as-asset/create"), outcome),
                };
                let unmarked = choice!("put-type.keys.target-needs-identifier");
                let manner = manner.choosing(unmarked, 1);
                let told = [typed("L", &fields, &keys), put("L", object, "")];
                let mut server = after(&manner, &told);
                let id = server.search("lId", "1").pop().expect("a profile");
                let line = assets(&id, "", "").replace("_asset", kind);
                let found = server.items(&line, "Object").len();
                assert_eq!(found, count, "{kind} {rule:?} {outcome} {object}");
            }
        }
    }
}

#[test]
fn an_object_may_be_listed_by_its_own_keys() {
    let told = [
        CARD.to_owned(),
        ingest("1", "x", "Ann", ""),
        ingest("2", "x", "Ann", ""),
    ];
    let usual = Manner::default();
    let choosing = |option| usual.clone().choosing(choice!("cap.filter-scope"), option);
    let filtered = |server: &mut Server, key: &str, values: &str| {
        let id = server.search("mKey", "x").pop().expect("a profile");
        let filter = format!(r#","ObjectFilter":{{"KeyName":"{key}","Values":[{values}]}}"#);
        let line = list(&id, &[]).replace(r#""C"}"#, &format!(r#""C"{filter}}}"#));
        let (status, body) = server.ask(&line);
        let items = body.get("Items").and_then(Json::items);
        (status, items.map_or(0, <[Json]>::len))
    };
    let mut server = after(&choosing(0), &told);
    assert_eq!(filtered(&mut server, "cId", r#""1""#), (400, 0));
    let mut server = after(&choosing(1), &told);
    assert_eq!(filtered(&mut server, "cId", r#""1""#), (200, 2));
    let mut server = after(&choosing(2), &told);
    for (key, values, count) in [
        ("cId", r#""1""#, 1),
        ("cId", r#""3""#, 0),
        ("mKey", r#""x""#, 2),
        ("mKey", r#""y""#, 0),
    ] {
        assert_eq!(
            filtered(&mut server, key, values),
            (200, count),
            "{key} {values}"
        );
    }
}

#[test]
fn an_object_is_found_by_each_of_its_keys_until_it_is_gone() {
    let manner = Manner::default()
        .choosing(choice!("put-type.keys.quota/keys"), 1)
        .choosing(choice!("put-type.keys.quota/definitions"), 1);
    for count in [1, 31, 32, 33, 40] {
        let fields: Vec<String> = (0..count).map(|n| format!("f{n}")).collect();
        let names: Vec<String> = (0..count).map(|n| format!("key{n}")).collect();
        let all: Vec<_> = fields.iter().map(|field| (field.as_str(), "")).collect();
        let keys: Vec<_> = (0..count)
            .map(|n| {
                let identifiers = if n == 0 { "PROFILE UNIQUE" } else { "PROFILE" };
                (names[n].as_str(), identifiers, fields[n].as_str())
            })
            .collect();
        let members: Vec<String> = fields
            .iter()
            .map(|field| format!(r#""{field}":"{field}""#))
            .collect();
        let mut server = after(&manner, &[typed("D", &all, &keys)]);
        let key = server.store(&put("D", &format!("{{{}}}", members.join(",")), ""));
        let home = server.search("key0", "f0").pop().expect("a profile");
        for (name, value) in names.iter().zip(&fields) {
            assert_eq!(
                server.search(name, value),
                [home.as_str()],
                "{name} of {count}"
            );
        }
        assert_eq!(server.ask(&deleted("D", &home, &key)).0, 200);
        for (name, value) in names.iter().zip(&fields) {
            assert!(server.search(name, value).is_empty(), "{name} of {count}");
        }
    }
}

#[test]
fn values_that_are_nearly_the_same_to_the_index_are_two() {
    // Half of the figure that stands for the value is the same, the first or the second.
    for (one, other) in [("86054", "92976"), ("104145", "248432")] {
        let told = [CARD.to_owned(), ingest("1", one, "Ann", "")];
        let mut server = after(&Manner::default(), &told);
        assert_eq!(server.search("mKey", one).len(), 1);
        assert!(server.search("mKey", other).is_empty(), "{one} {other}");
        server.store(&ingest("2", other, "Bea", ""));
        assert_eq!(server.names("mKey", one), ["Ann"]);
        assert_eq!(server.names("mKey", other), ["Bea"]);
    }
}

#[test]
fn an_object_without_all_of_its_keys_is_refused_dropped_or_kept() {
    let keys = [("dId", "UNIQUE", "id n"), ("mKey", "PROFILE", "m")];
    let mail = typed("D", &[("id", ""), ("n", ""), ("m", "")], &keys);
    let told = [mail, put("D", r#"{"id":"1","m":"x"}"#, "")];
    for (option, found) in [(0, 0), (1, 1)] {
        let manner = Manner::default().choosing(choice!("cap.partial-unique"), option);
        let mut server = Server::new(&manner);
        server.ask(&told[0]);
        server.ask(&told[1]);
        assert_eq!(server.search("mKey", "x").len(), found, "{option}");
    }
    let rule = rule!("ingest.profile-keys.all-empty");
    for (outcome, status, found) in [(0, 400, 0), (1, 200, 0), (2, 200, 1)] {
        let mut server = Server::new(&taking(rule, outcome));
        server.ask(CARD);
        let (answered, _) = server.ask(&put("C", r#"{"id":"1","f":"Ann"}"#, ""));
        assert_eq!(answered, status, "{outcome}");
        assert_eq!(server.search("cId", "1").len(), found, "{outcome}");
    }
    // Of the parts of a key that is not UNIQUE some may be enough.
    let rule = rule!("key.compound-partial");
    for (outcome, found) in [(0, 0), (1, 1)] {
        let fields = [("id", ""), ("m", ""), ("n", "")];
        let keys = [("dId", "PROFILE UNIQUE", "id"), ("mKey", "PROFILE", "m n")];
        let told = [
            typed("D", &fields, &keys),
            put("D", r#"{"id":"1","m":"x"}"#, ""),
            put("D", r#"{"id":"2","m":"x"}"#, ""),
        ];
        let mut server = after(&taking(rule, outcome), &told);
        let same = server.search("dId", "1") == server.search("dId", "2");
        assert_eq!(same, found == 1, "{outcome}");
    }
}

#[test]
fn keys_have_the_use_that_their_identifiers_give_them() {
    let fields = [("id", ""), ("m", ""), ("n", "")];
    let of = |identifiers: &str| {
        let keys = [
            ("dId", "UNIQUE", "id"),
            ("nKey", identifiers, "n"),
            ("mKey", "PROFILE", "m"),
        ];
        let object = |id: &str, m: &str, n: &str| {
            put("D", &format!(r#"{{"id":"{id}","m":"{m}","n":"{n}"}}"#), "")
        };
        let told = [
            typed("D", &fields, &keys),
            object("1", "x", "1"),
            object("2", "y", "2"),
            // By the one key it belongs to the first profile, by the other to the second.
            object("3", "x", "2"),
            object("4", "x", "5"),
            object("6", "z", "5"),
        ];
        let mut server = after(&Manner::default(), &told);
        let home = |server: &mut Server, id: &str| {
            let found = server.search("dId", id);
            let homes = ["1", "2", "4"].map(|other| server.search("dId", other));
            homes.iter().position(|home| *home == found)
        };
        let third = home(&mut server, "3");
        let sixth = home(&mut server, "6");
        let counts = ["1", "2", "5"].map(|n| server.search("nKey", n).len());
        (third, sixth, counts)
    };
    assert_eq!(of("PROFILE"), (Some(1), Some(2), [1, 1, 1]));
    assert_eq!(of("PROFILE SECONDARY"), (Some(0), Some(0), [1, 2, 1]));
    assert_eq!(of("PROFILE LOOKUP_ONLY"), (Some(0), None, [0, 0, 0]));
    assert_eq!(of("PROFILE NEW_ONLY"), (Some(1), Some(2), [1, 1, 1]));
}

#[test]
fn a_new_profile_is_filled_by_content_type() {
    let keys = [("dId", "PROFILE UNIQUE", "id")];
    let plain = [("id", ""), ("e", ":EMAIL_ADDRESS"), ("g", ":EMAIL_ADDRESS")];
    let named = [plain[0], plain[1], plain[2], ("f", "_profile.FirstName")];
    let mailed = [
        plain[0],
        plain[1],
        ("g", "_profile.EmailAddress:EMAIL_ADDRESS"),
    ];
    let asset = [plain[0], plain[1], plain[2], ("sn", "_asset.SerialNumber")];
    let usual = Manner::default();
    let (fill, index) = (
        choice!("cap.inferred-autofill"),
        choice!("cap.autofill-indexes"),
    );
    let (several, targets) = (
        rule!("std.inferred.multiple-fields"),
        rule!("std.inferred.with-targets"),
    );
    let object = put(
        "D",
        r#"{"id":"1","e":"e@x","g":"g@x","f":"Ann","sn":"Z"}"#,
        "",
    );
    for (fields, manner, found) in [
        (&plain[..], usual.clone(), [1, 0, 0]),
        (&plain, taking(several, 1), [0, 1, 0]),
        (&plain, usual.clone().choosing(index, 1), [0, 0, 0]),
        (&plain, usual.clone().choosing(fill, 1), [1, 0, 0]),
        (&named, usual.clone(), [1, 0, 1]),
        (&named, usual.clone().choosing(fill, 1), [0, 0, 1]),
        (&mailed, usual.clone(), [0, 1, 0]),
        (&asset, usual.clone(), [1, 0, 0]),
        (&asset, taking(targets, 1), [0, 0, 0]),
        (&asset, usual.choosing(fill, 1), [1, 0, 0]),
    ] {
        let manner = manner.choosing(choice!("put-type.keys.target-needs-identifier"), 1);
        let told = [typed("D", fields, &keys), object.clone()];
        let mut server = after(&manner, &told);
        let counts = [("_email", "e@x"), ("_email", "g@x"), ("_fullName", "Ann")]
            .map(|(key, value)| server.search(key, value).len());
        assert_eq!(counts, found, "{fields:?} {manner:?}");
    }
}

#[test]
fn what_a_request_has_set_may_be_protected() {
    let protected = choice!("cap.manual-protected");
    for (option, name) in [(0, "Bea"), (1, "Ann")] {
        let mut server = after(
            &Manner::default().choosing(protected, option),
            &[CARD.to_owned()],
        );
        let (_, body) = server.ask(&made(r#""FirstName":"Ann""#));
        let id = body.get("ProfileId").and_then(Json::as_str).expect("an id");
        server.ask(&key_added(id, "mKey", "x"));
        server.store(&ingest("1", "x", "Bea", ""));
        assert_eq!(server.names("mKey", "x"), [name], "{option}");
        // What an object has set is not.
        server.store(&ingest("2", "y", "Cleo", ""));
        server.store(&ingest("3", "y", "Dora", ""));
        assert_eq!(server.names("mKey", "y"), ["Dora"], "{option}");
    }
}

#[test]
fn ids_are_given_once() {
    let mut server = after(&Manner::default(), &[CARD.to_owned()]);
    let mut ids: Vec<String> = Vec::new();
    for n in 0..10 {
        let (_, body) = server.ask(&made(r#""FirstName":"Ann""#));
        ids.push(
            body.get("ProfileId")
                .and_then(Json::as_str)
                .expect("an id")
                .to_owned(),
        );
        server.store(&ingest(&n.to_string(), &n.to_string(), "Bea", ""));
        ids.extend(server.search("cId", &n.to_string()));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[test]
fn the_main_profile_takes_over_assets_and_cases() {
    let told = [
        linked(),
        put("L", r#"{"id":"1","sn":"Z","no":"7"}"#, ""),
        put("L", r#"{"id":"2","sn":"Y","no":"8"}"#, ""),
    ];
    let mut server = after(&Manner::default(), &told);
    let [main, other] = ["1", "2"].map(|id| server.search("lId", id).pop().expect("a profile"));
    assert_eq!(server.ask(&merged(&main, &other)).0, 200);
    let asset = assets(&main, "", "");
    for line in [&asset, &asset.replace("_asset", "_case")] {
        assert_eq!(server.items(line, "Object").len(), 2, "{line}");
    }
    assert_eq!(server.search("lId", "2"), [main]);
}

#[test]
fn a_full_name_has_no_blank_before_it() {
    let manner = Manner::default().choosing(choice!("cap.name-fold"), 1);
    let mut server = Server::new(&manner);
    for members in [
        r#""LastName":"Lee""#,
        r#""MiddleName":"M","LastName":"Kay""#,
        r#""FirstName":"Ann","LastName":"May""#,
    ] {
        server.ask(&made(members));
    }
    for (name, found) in [
        ("Lee", 1),
        ("M Kay", 1),
        ("Ann May", 1),
        ("Ann", 0),
        (" Lee", 0),
    ] {
        assert_eq!(server.search("_fullName", name).len(), found, "{name}");
    }
}

#[test]
fn the_server_filters_by_keys_of_assets_and_tells_others_apart() {
    let told = [
        device(&[
            ("aKey", "ASSET", "sn"),
            ("nKey", "ASSET NEW_ONLY", "an"),
            ("sKey", "ASSET", "st"),
        ]),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N","st":"S"}"#, ""),
        put("D", r#"{"id":"2","m":"x","sn":"Z","an":"M","st":"T"}"#, ""),
    ];
    let manner = Manner::default().choosing(choice!("cap.filter-unknown-key"), 1);
    let mut server = after(&manner, &told);
    let id = server.search("mKey", "x").pop().expect("a profile");
    server.ask(&key_added(&id, "zKey", "1"));
    for (key, value, found) in [
        ("aKey", "Z", 1),
        ("aKey", "Y", 0),
        ("nKey", "N", 1),
        ("nKey", "M", 0),
        ("sKey", "S", 1),
        ("sKey", "T", 1),
        ("zKey", "1", 0),
    ] {
        let line = assets(&id, &filter(key, value), "");
        assert_eq!(server.items(&line, "Object").len(), found, "{key} {value}");
    }
    let (status, _) = server.ask(&assets(&id, &filter("none", "1"), ""));
    assert_eq!(status, 400);
}

#[test]
fn an_asset_or_case_that_is_gone_comes_back_with_its_object() {
    let mut server = after(&Manner::default(), &[linked()]);
    let object = put("L", r#"{"id":"1","sn":"Z","no":"7"}"#, "");
    let key = server.store(&object);
    let id = server.search("lId", "1").pop().expect("a profile");
    server.ask(&key_added(&id, "lId", "1"));
    assert_eq!(server.ask(&deleted("L", &id, &key)).0, 200);
    // The key that was added stays, whatever the object had written.
    assert_eq!(server.search("lId", "1"), [id.as_str()]);
    server.store(&object);
    let asset = assets(&id, "", "");
    for line in [&asset, &asset.replace("_asset", "_case")] {
        assert_eq!(server.items(line, "Object").len(), 1, "{line}");
    }
}

#[test]
fn a_key_that_an_object_did_not_write_does_not_go_with_it() {
    let fields = [("id", ""), ("m", "")];
    let keys = [
        ("dId", "PROFILE UNIQUE", "id"),
        ("mKey", "PROFILE LOOKUP_ONLY", "m"),
    ];
    let mut server = after(&Manner::default(), &[typed("D", &fields, &keys)]);
    let key = server.store(&put("D", r#"{"id":"1","m":"x"}"#, ""));
    let id = server.search("dId", "1").pop().expect("a profile");
    server.ask(&key_added(&id, "mKey", "x"));
    assert_eq!(server.ask(&deleted("D", &id, &key)).0, 200);
    assert_eq!(server.search("mKey", "x"), [id]);
}

#[test]
fn a_value_of_many_profiles_goes_from_one_at_a_time() {
    let mut server = Server::new(&Manner::default());
    let mut ids = Vec::new();
    for _ in 0..4 {
        let (_, body) = server.ask(&made(r#""FirstName":"Ann""#));
        ids.push(
            body.get("ProfileId")
                .and_then(Json::as_str)
                .expect("an id")
                .to_owned(),
        );
        server.ask(&key_added(&ids[ids.len() - 1], "zKey", "1"));
        assert_eq!(server.search("zKey", "1").len(), ids.len());
    }
    while let Some(id) = ids.pop() {
        assert_eq!(server.ask(&key_deleted(&id, "zKey", "1")).0, 200);
        let mut found = server.search("zKey", "1");
        found.sort();
        let mut left = ids.clone();
        left.sort();
        assert_eq!(found, left);
    }
}

#[test]
fn objects_come_in_any_order_and_on_any_page() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        ingest("2", "x", "Ann", "k2"),
        ingest("3", "x", "Ann", "k3"),
    ]);
    let object = |id: &str| format!(r#"{{"id":"{id}","m":"x","f":"Ann"}}"#);
    for id in ["1", "2", "3"] {
        let key = format!("k{id}");
        let page = list(P, &[(&key, &object(id))])
            .replace("/objects ", "/objects?max-results=1 ")
            .replace("]}", r#"],"NextToken":"x"}"#);
        assert!(fits(&and(&told, std::slice::from_ref(&page))), "{id}");
        // Its token belongs to no other listing.
        let other = format!("GET /domains/d/object-types?next-token=x => {BAD}");
        assert!(fits(&and(&told, &[page, other])), "{id}");
    }
    let mut server = Server::new(&Manner::default());
    let mut names = Vec::new();
    for name in ["A", "B", "C"] {
        let fields = [("id", "")];
        let key = format!("{name}Id");
        server.ask(&typed(name, &fields, &[(&key, "PROFILE UNIQUE", "id")]));
    }
    let mut token = String::new();
    for _ in 0..3 {
        let line = format!("GET /domains/d/object-types?max-results=1{token}");
        names.extend(server.items(&line, "ObjectTypeName"));
        if let Some(next) = server.ask(&line).1.get("NextToken").and_then(Json::as_str) {
            token = format!("&next-token={next}");
        }
    }
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn a_key_that_comes_from_an_object_may_be_refused_to_go() {
    let rule = rule!("profile.key.delete.standard");
    let told = [CARD.to_owned(), ingest("1", "x", "Ann", "")];
    for (outcome, status) in [(0, 200), (1, 400)] {
        let mut server = after(&taking(rule, outcome), &told);
        let id = server.search("mKey", "x").pop().expect("a profile");
        server.ask(&key_added(&id, "mKey", "y"));
        for (value, status) in [("x", status), ("y", 200), ("z", 200)] {
            let (answered, _) = server.ask(&key_deleted(&id, "mKey", value));
            assert_eq!(answered, status, "{outcome} {value}");
        }
        assert_eq!(server.search("mKey", "x"), [id.as_str()], "{outcome}");
    }
}

#[test]
fn a_profile_is_found_once_however_its_values_are_compared() {
    let of = |name: &str, key: &str, content: &str| {
        let target = format!(":{content}");
        typed(
            name,
            &[("id", ""), ("m", &target)],
            &[(key, "UNIQUE", "id"), ("mKey", "PROFILE", "m")],
        )
    };
    let object = |name: &str, m: &str| put(name, &format!(r#"{{"id":"{m}","m":"{m}"}}"#), "");
    let told = [
        of("A", "aId", "STRING"),
        of("B", "bId", "EMAIL_ADDRESS"),
        object("A", "a@x"),
        object("B", "a@x"),
        object("A", "B@x"),
        object("B", "b@x"),
    ];
    let mut server = after(&Manner::default(), &told);
    assert_eq!(server.search("mKey", "a@x").len(), 1);
    assert_eq!(server.search("mKey", "B@x").len(), 2);
    assert_eq!(server.search("mKey", "b@x").len(), 1);
    // To an observer either way of comparing is right.
    let told = conversation([
        of("A", "aId", "STRING"),
        of("B", "bId", "EMAIL_ADDRESS"),
        put("A", r#"{"id":"1","m":"Foo@X"}"#, "k1"),
        found_by("aId", "1", P),
    ]);
    right(
        &told,
        &[
            (found_by("mKey", "foo@x", P), true),
            (finds("mKey", "foo@x", &[]), true),
            (found_by("mKey", "Foo@X", P), true),
            (finds("mKey", "Foo@X", &[]), false),
        ],
    );
    for (content, rule) in [
        ("STRING", "key.string.exact"),
        ("NUMBER", "key.number.identity"),
    ] {
        let told = conversation([
            of("A", "aId", content),
            put("A", r#"{"id":"1","m":"7"}"#, "k1"),
            found_by("aId", "1", P),
            finds("mKey", "7", &[]),
        ]);
        let rules = rules_broken(&[], &told);
        assert!(rules.contains(&rule), "{rules:?}");
    }
}

#[test]
fn a_server_may_do_without_profile_keys() {
    let manner = Manner::default().choosing(choice!("cap.profile-key-required"), 1);
    let told = [
        typed("D", &[("id", "")], &[("dId", "UNIQUE", "id")]),
        put("D", r#"{"id":"1"}"#, ""),
    ];
    assert_eq!(found_after(&manner, &told, "dId", "1"), 1);
}

#[test]
fn the_size_of_a_domain_is_that_of_its_objects() {
    let mut server = after(&Manner::default(), &[CARD.to_owned()]);
    let size = |server: &mut Server| {
        let (_, body) = server.ask("GET /domains/d");
        let size = body.get("Stats").and_then(|stats| stats.get("TotalSize"));
        let size = size.and_then(Json::as_number).expect("a size");
        usize::try_from(size.as_i64().expect("a whole one")).expect("a size")
    };
    assert_eq!(size(&mut server), 0);
    let object = |id: &str, name: &str| format!(r#"{{"id":"{id}","m":"x","f":"{name}"}}"#);
    let key = server.store(&put("C", &object("1", "Ann"), ""));
    assert_eq!(size(&mut server), object("1", "Ann").len());
    server.store(&put("C", &object("2", "Bea"), ""));
    server.store(&put("C", &object("1", "Annabella"), ""));
    assert_eq!(
        size(&mut server),
        object("1", "Annabella").len() + object("2", "Bea").len()
    );
    let id = server.search("mKey", "x").pop().expect("a profile");
    server.ask(&deleted("C", &id, &key));
    assert_eq!(size(&mut server), object("2", "Bea").len());
}

#[test]
fn a_new_version_leaves_the_other_members_of_its_profile_alone() {
    let mut server = after(&Manner::default(), &[CARD.to_owned()]);
    let one = ingest("1", "x", "Ann", "");
    server.store(&one);
    let id = server.search("mKey", "x").pop().expect("a profile");
    let (status, _) = server.ask(&format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{id}","LastName":"Lee"}}"#
    ));
    assert_eq!(status, 200);
    server.store(&one);
    assert_eq!(server.items(&search("mKey", "x", &[]), "LastName"), ["Lee"]);
    assert_eq!(server.names("_fullName", "Ann Lee"), ["Ann"]);
    // What two have set is protected no more.
    let manner = Manner::default().choosing(choice!("cap.manual-protected"), 1);
    let mut server = after(&manner, &[CARD.to_owned()]);
    let (_, body) = server.ask(&made(r#""FirstName":"Ann""#));
    let id = body.get("ProfileId").and_then(Json::as_str).expect("an id");
    server.ask(&key_added(id, "mKey", "x"));
    server.store(&one);
    server.store(&ingest("1", "x", "Bea", ""));
    assert_eq!(server.names("mKey", "x"), ["Bea"]);
}

#[test]
fn objects_are_read_by_the_mapping_of_a_template() {
    let mut server = Server::new(&Manner::default());
    let typed =
        r#"PUT /domains/d/object-types/T {"Description":"one","TemplateId":"Zendesk-users"}"#;
    let (status, body) = server.ask(typed);
    assert_eq!(status, 200, "{}", body.to_text());
    for (name, id) in [("T", "1"), ("Zendesk-users", "2")] {
        let object = format!(r#"{{"id":"{id}","email":"{id}@x"}}"#);
        assert_eq!(server.ask(&put(name, &object, "")).0, 200, "{name}");
        let found = server.search("_zendeskUserId", id);
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(server.search("_email", &format!("{id}@x")), found, "{name}");
    }
}

#[test]
fn the_key_of_a_template_is_one_that_no_asset_has() {
    let told = [
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, ""),
    ];
    let mut server = after(&taking(rule!("filter.template-key"), 1), &told);
    let id = server.search("mKey", "x").pop().expect("a profile");
    let line = assets(&id, &filter("_salesforceAssetId", "Z"), "");
    assert!(server.items(&line, "Object").is_empty());
}
