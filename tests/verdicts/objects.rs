//! Objects and what they write to: profiles, assets and cases, the keys that lead there, and the listings that show it.

mod filters;
mod flaws;
mod gone;
mod limits;
mod named;
mod odd;
mod open;
mod pages;
mod read;
mod retyped;
mod server;

use profile_contract::contract::ChoiceId;

use super::*;

/// The profile `P`, made by a request.
fn made(members: &str) -> String {
    format!(r#"POST /domains/d/profiles {{{members}}} => 200 {{"ProfileId":"{P}"}}"#)
}

/// A type whose objects create profiles. Fields have a name, which is that of the member they are read from, and a
/// target and after a colon a content type, if any; keys have a name, an identifier or several, and a field or several.
fn typed(name: &str, fields: &[(&str, &str)], keys: &[(&str, &str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(field, to)| {
            let (target, content) = to.split_once(':').unwrap_or((to, "STRING"));
            let target = match target {
                "" => String::new(),
                target => format!(r#","Target":"{target}""#),
            };
            format!(r#""{field}":{{"Source":"_source.{field}","ContentType":"{content}"{target}}}"#)
        })
        .collect();
    let keys: Vec<String> = keys
        .iter()
        .map(|(key, identifiers, field)| {
            let [identifiers, field] = [identifiers, field].map(|it| it.replace(' ', "\",\""));
            format!(
                r#""{key}":[{{"StandardIdentifiers":["{identifiers}"],"FieldNames":["{field}"]}}]"#
            )
        })
        .collect();
    let (fields, keys) = (fields.join(","), keys.join(","));
    format!(
        r#"PUT /domains/d/object-types/{name} {{"Description":"d","AllowProfileCreation":true,"Fields":{{{fields}}},"Keys":{{{keys}}}}} => 200 {{"ObjectTypeName":"{name}","Description":"d"}}"#
    )
}

/// A text of JSON within a text of JSON.
fn quoted(text: &str) -> String {
    text.replace('"', "\\\"")
}

fn put(type_name: &str, object: &str, key: &str) -> String {
    let object = quoted(object);
    format!(
        r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"{type_name}","Object":"{object}"}} => 200 {{"ProfileObjectUniqueKey":"{key}"}}"#
    )
}

fn deleted(type_name: &str, profile: &str, key: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/objects/delete {{"ObjectTypeName":"{type_name}","ProfileId":"{profile}","ProfileObjectUniqueKey":"{key}"}} => 200 {{"Message":"m"}}"#
    )
}

/// The id of an asset.
const ASSET: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The assets of a profile: none, or one with these members.
fn assets(profile: &str, filter: &str, members: &str) -> String {
    let item = match members {
        "" => String::new(),
        members => {
            let object = quoted(&format!(r#"{{"AssetId":"{ASSET}",{members}}}"#));
            format!(
                r#"{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{ASSET}","Object":"{object}"}}"#
            )
        }
    };
    format!(
        r#"POST /domains/d/profiles/objects {{"ProfileId":"{profile}","ObjectTypeName":"_asset"{filter}}} => 200 {{"Items":[{item}]}}"#
    )
}

fn filter(key: &str, value: &str) -> String {
    format!(r#","ObjectFilter":{{"KeyName":"{key}","Values":["{value}"]}}"#)
}

fn found_by(key: &str, value: &str, profile: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{{"ProfileId":"{profile}"}}]}}"#
    )
}

/// A type whose objects find profiles by `m` and assets by `sn`, and write to those assets.
fn device(keys: &[(&str, &str, &str)]) -> String {
    let fields = [
        ("id", ""),
        ("m", ""),
        ("sn", "_asset.SerialNumber"),
        ("an", "_asset.AssetName"),
        ("st", "_asset.Status"),
    ];
    let mut all = vec![("dId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    all.extend(keys);
    typed("D", &fields, &all)
}

/// A type whose objects write to an asset and to a case.
fn linked() -> String {
    let fields = [
        ("id", ""),
        ("sn", "_asset.SerialNumber"),
        ("no", "_case.Attributes.no"),
    ];
    let keys = [
        ("lId", "PROFILE UNIQUE", "id"),
        ("aKey", "ASSET", "sn"),
        ("cKey", "CASE", "no"),
    ];
    typed("L", &fields, &keys)
}

/// The rules that the first thing that is wrong with the last answer of a conversation breaks, or would deserve a
/// warning by; none if nothing is. The target is known to have chosen so.
fn rules_broken(chosen: &[(ChoiceId, u8)], told: &[String]) -> Vec<&'static str> {
    let mut choices = open();
    choices.narrow(choice!("cap.standard-targets"), Options::only(0));
    for (choice, option) in chosen {
        choices.narrow(*choice, Options::only(*option));
    }
    let mut model = Model::observer(&choices);
    let (last, before) = told.split_last().expect("a conversation");
    for line in before {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    let differences = match model.observe(&exchange(last)).fit {
        Fit::Allowed { warnings } => warnings,
        Fit::Forbidden(differences) => differences,
        Fit::Unclear(why) => panic!("unclear: {why}"),
    };
    let first = differences.first();
    first.map_or_else(Vec::new, |first| {
        first.rules.iter().map(|rule| rule.id()).collect()
    })
}

/// An observer of a conversation in which nothing is wrong, or not by more than a warning.
fn observer(told: &[String]) -> Model {
    let mut model = Model::observer(&open());
    for line in told {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    model
}

/// What an observer says of an answer: nothing, or how bad it is and the first rule it breaks.
fn said_by(mut model: Model, line: &str) -> String {
    let (word, differences) = match model.observe(&exchange(line)).fit {
        Fit::Allowed { warnings } => ("warning", warnings),
        Fit::Forbidden(differences) => ("violation", differences),
        Fit::Unclear(why) => panic!("unclear: {why}"),
    };
    let first = differences.first();
    first.map_or_else(String::new, |first| format!("{word} {}", first.rules[0]))
}

/// What is said of the last answer of a conversation.
fn said(told: &[String]) -> String {
    let (last, before) = told.split_last().expect("a conversation");
    said_by(observer(before), last)
}

/// What is said of each of these last answers of a conversation.
fn all_said(told: &[String], last: &[(String, &str)]) {
    let model = observer(told);
    for (line, expected) in last {
        assert_eq!(said_by(model.clone(), line), *expected, "{line}");
    }
}

/// Whether the last answer of a conversation deserves not even a warning.
fn fits(told: &[String]) -> bool {
    rules_broken(&[], told).is_empty()
}

/// A conversation about a domain.
fn conversation<const COUNT: usize>(lines: [String; COUNT]) -> Vec<String> {
    [CREATE.to_owned()].into_iter().chain(lines).collect()
}

fn and(told: &[String], more: &[String]) -> Vec<String> {
    told.iter().chain(more).cloned().collect()
}

/// The same request with another answer.
fn answered(line: &str, answer: &str) -> String {
    let asked = line.split(" => ").next().expect("a request");
    format!("{asked} => {answer}")
}

const BAD: &str = "400 BadRequestException";

const MISSED: &str = "404 ResourceNotFoundException";

/// A search that finds these profiles, all of the first name Ann.
fn finds(key: &str, value: &str, profiles: &[&str]) -> String {
    let items: Vec<String> = profiles
        .iter()
        .map(|id| format!(r#"{{"ProfileId":"{id}","FirstName":"Ann"}}"#))
        .collect();
    let items = items.join(",");
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

fn of(profile: &str, line: &str) -> String {
    line.replace(P, profile)
}

fn key_added(profile: &str, key: &str, value: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/keys {{"ProfileId":"{profile}","KeyName":"{key}","Values":["{value}"]}} => 200 {{"KeyName":"{key}","Values":["{value}"]}}"#
    )
}

fn key_deleted(profile: &str, key: &str, value: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/keys/delete {{"ProfileId":"{profile}","KeyName":"{key}","Values":["{value}"]}} => 200 {{"Message":"m"}}"#
    )
}

fn profile_deleted(profile: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/delete {{"ProfileId":"{profile}"}} => 200 {{"Message":"m"}}"#
    )
}

fn merged(main: &str, other: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{main}","ProfileIdsToBeMerged":["{other}"]}} => 200 {{"Message":"m"}}"#
    )
}

/// Whether each of these last answers of a conversation is right.
fn right(told: &[String], last: &[(String, bool)]) {
    for (line, right) in last {
        let rules = rules_broken(&[], &and(told, std::slice::from_ref(line)));
        assert_eq!(rules.is_empty(), *right, "{line} {rules:?}");
    }
}

/// The first rule that each of these last answers of a conversation breaks.
fn first_rules(told: &[String], last: &[(String, &str)]) {
    for (line, rule) in last {
        let rules = rules_broken(&[], &and(told, std::slice::from_ref(line)));
        assert_eq!(rules.first(), Some(rule), "{line} {rules:?}");
    }
}

#[test]
fn a_filter_by_what_is_a_key_of_something_else_may_be_refused_in_any_way() {
    let added = format!(
        r#"POST /domains/d/profiles/keys {{"ProfileId":"{P}","KeyName":"zKey","Values":["1"]}} => 200 {{"KeyName":"zKey","Values":["1"]}}"#
    );
    let (bad, missing) = ("400 BadRequestException", "404 ResourceNotFoundException");
    let asked = |key: &str, answer: &str| {
        let line = assets(P, &filter(key, "1"), "");
        let asked = line.split(" => ").next().expect("a request").to_owned();
        format!("{asked} => {answer}")
    };
    let started = |more: &str| {
        let mut told = vec![CREATE.to_owned(), made(r#""FirstName":"Ann""#)];
        told.extend((!more.is_empty()).then(|| more.to_owned()));
        told
    };
    for (before, key, free) in [
        (CARD, "mKey", true),
        ("", "_phone", true),
        (added.as_str(), "zKey", true),
        // Of what nothing is a key, every such filter has the same fate.
        ("", "none", false),
        (CARD, "none", false),
    ] {
        let mut told = started(before);
        for answer in [bad, missing] {
            told.push(asked(key, answer));
        }
        assert_eq!(fits(&told), free, "{key}");
        told.pop();
        told.push(asked(key, bad));
        assert!(fits(&told), "{key}");
    }
}

#[test]
fn a_value_of_another_unique_key_may_be_another_object() {
    let other = CARD.replace("cId", "dId");
    let told = |card: &str, items: &[(&str, &str)]| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", "Ann", "k1"),
            search("mKey", "x", &[(P, "Ann")]),
            card.to_owned(),
            ingest("1", "x", "Ann", "k2"),
            list(P, items),
        ]
    };
    let lines = told(&other, &[("k1", ONE), ("k2", ONE)]);
    allowed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let mut lines = told(&other, &[("k1", ONE)]);
    lines[5] = ingest("1", "x", "Ann", "k1");
    allowed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let lines = told(CARD, &[("k1", ONE), ("k2", ONE)]);
    assert!(broken(&lines.iter().map(String::as_str).collect::<Vec<_>>()).is_some());
}

#[test]
fn control_characters_anywhere_in_an_object_may_be_refused() {
    for odd in [
        r#"["\\u0000"]"#,
        r#"[1,["\\u0001"]]"#,
        r#"{"a":["\\u0000"]}"#,
        r#"{"\\u0000":1}"#,
    ] {
        let line = put("C", &format!(r#"{{"id":"1","m":"x","l":{odd}}}"#), "k");
        let refused = line.replace(
            r#"200 {"ProfileObjectUniqueKey":"k"}"#,
            "400 BadRequestException",
        );
        allowed(&[CREATE, CARD, &refused]);
    }
    for plain in [r#"["\\n"]"#, r#"{"a":["u0000"]}"#] {
        let line = put("C", &format!(r#"{{"id":"1","m":"x","l":{plain}}}"#), "k");
        let refused = line.replace(
            r#"200 {"ProfileObjectUniqueKey":"k"}"#,
            "400 BadRequestException",
        );
        forbidden("ingest.object.any-structure", &[CREATE, CARD, &refused]);
    }
}

#[test]
fn of_an_asset_only_what_a_deleted_object_wrote_may_be_gone() {
    let told = |shown: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            device(&[("aKey", "ASSET", "sn")]),
            put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
            found_by("mKey", "x", P),
            put("D", r#"{"id":"2","m":"x","sn":"Z","st":"S"}"#, "k2"),
            deleted("D", P, "k1"),
            assets(P, "", shown),
        ]
    };
    for (shown, right) in [
        (r#""SerialNumber":"Z","AssetName":"N","Status":"S""#, true),
        (r#""SerialNumber":"Z","Status":"S""#, true),
        (r#""SerialNumber":"Z","AssetName":"N""#, false),
        (r#""SerialNumber":"Z","AssetName":"N","Status":"T""#, false),
    ] {
        assert_eq!(fits(&told(shown)), right, "{shown}");
    }
}

/// Of two fields with one target the value of either may be what is held (put-type.fields.target-shared); where only one has a value, it
/// is that one, or what was there before if the other one's was.
#[test]
fn two_fields_may_write_to_one_place() {
    let fields = [
        ("id", ""),
        ("f", "_profile.Address.City"),
        ("h", "_profile.Address.City"),
        ("sn", "_asset.SerialNumber"),
        ("s2", "_asset.SerialNumber"),
    ];
    let keys = [("cKey", "PROFILE UNIQUE", "id"), ("aKey", "ASSET", "id")];
    let told = |first: &str, second: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            typed("C", &fields, &keys),
            put("C", &format!(r#"{{"id":"x",{first}}}"#), "k1"),
            put("C", &format!(r#"{{"id":"x",{second}}}"#), "k1"),
        ]
    };
    let and = |mut told: Vec<String>, last: String| {
        told.push(last);
        fits(&told)
    };
    let city = |value: &str| {
        let found = found_by("cKey", "x", P);
        let shown = format!(r#""ProfileId":"{P}","Address":{{"City":"{value}"}}"#);
        found.replace(&format!(r#""ProfileId":"{P}""#), &shown)
    };
    for (first, second, shown, right) in [
        (r#""f":"1""#, r#""f":"2""#, "2", true),
        (r#""f":"1""#, r#""f":"2""#, "3", false),
        (r#""f":"1","h":"2""#, r#""f":"1","h":"2""#, "1", true),
        (r#""f":"1","h":"2""#, r#""f":"1","h":"2""#, "2", true),
        (r#""f":"1","h":"2""#, r#""f":"1","h":"2""#, "3", false),
    ] {
        assert_eq!(
            and(told(first, second), city(shown)),
            right,
            "{second} {shown}"
        );
    }
    let both = r#""sn":"1","s2":"2""#;
    for (serial, right) in [("1", true), ("2", true), ("3", false)] {
        let mut told = told(both, both);
        told.push(found_by("cKey", "x", P));
        let shown = assets(P, "", &format!(r#""SerialNumber":"{serial}""#));
        assert_eq!(and(told, shown), right, "{serial}");
    }
}

/// The second time as well, and where it was seen in between.
#[test]
fn an_asset_may_go_with_its_object_whenever_that_is_deleted() {
    let first = r#"{"id":"1","m":"x","sn":"Z"}"#;
    let shown = r#""SerialNumber":"Z""#;
    let told = |between: &str, last: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            device(&[("aKey", "ASSET", "sn")]),
            put("D", first, "k1"),
            found_by("mKey", "x", P),
            assets(P, "", shown),
            deleted("D", P, "k1"),
            put("D", first, "k2"),
            assets(P, "", between),
            deleted("D", P, "k2"),
            assets(P, "", last),
        ]
    };
    for last in ["", shown] {
        assert!(fits(&told(shown, last)), "{last}");
    }
}

/// Two values that may be one once they are trimmed: whichever of two assets is listed first need not be the one that was first.
#[test]
fn of_two_assets_that_look_alike_nobody_knows_which_is_whose() {
    let other = ASSET.replace('a', "b");
    let first = assets(P, "", r#""SerialNumber":"Z ""#);
    let item = |line: &str| {
        let (_, items) = line.split_once(r#""Items":["#).expect("items");
        items.trim_end_matches("]}").to_owned()
    };
    let (trimmed, padded) = (
        item(&first.replace("Z ", "Z")).replace(ASSET, &other),
        item(&first),
    );
    for items in [format!("{trimmed},{padded}"), format!("{padded},{trimmed}")] {
        let told = conversation([
            device(&[("aKey", "ASSET", "sn")]),
            put("D", r#"{"id":"1","m":"x","sn":"Z "}"#, "k1"),
            put("D", r#"{"id":"2","m":"x","sn":"Z"}"#, "k2"),
            found_by("mKey", "x", P),
            first.replace(&padded, &items),
        ]);
        assert_eq!(rules_broken(&[], &told), [""; 0], "{items}");
        let gone = and(&told, &[deleted("D", P, "k2"), first.clone()]);
        assert_eq!(rules_broken(&[], &gone), [""; 0], "{items}");
    }
}

/// The asset is written to, or another takes its place (asset.reput-same-object: still one). Put as it was it has the asset it had.
#[test]
fn what_asset_an_object_has_that_is_put_with_another_serial_number_is_open() {
    let other = ASSET.replace('a', "b");
    let told = |serial: &str, shown: String| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            device(&[("aKey", "ASSET", "sn")]),
            put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
            found_by("mKey", "x", P),
            assets(P, "", r#""SerialNumber":"Z""#),
            put(
                "D",
                &format!(r#"{{"id":"1","m":"x","sn":"{serial}"}}"#),
                "k1",
            ),
            shown,
        ]
    };
    let same = |serial: &str| assets(P, "", &format!(r#""SerialNumber":"{serial}""#));
    let another = |serial: &str| same(serial).replace(ASSET, &other);
    assert!(fits(&told("Z", same("Z"))));
    assert!(!fits(&told("Z", another("Z"))));
    assert!(!fits(&told("Z", assets(P, "", ""))));
    assert!(fits(&told("Y", same("Y"))));
    assert!(fits(&told("Y", another("Y"))));
}

#[test]
fn two_keys_of_one_value_find_one_asset() {
    let keys = [("aKey", "ASSET", "sn"), ("bKey", "ASSET", "sn")];
    let started = [
        CREATE.to_owned(),
        device(&keys),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
        found_by("mKey", "x", P),
    ];
    let and = |more: &[String]| -> Vec<String> { started.iter().chain(more).cloned().collect() };
    // Either key may be filtered by.
    let first = r#""SerialNumber":"Z","AssetName":"N""#;
    for (key, value, right) in [
        ("aKey", "Z", true),
        ("bKey", "Z", true),
        ("aKey", "Y", false),
        ("bKey", "Y", false),
    ] {
        let line = assets(P, &filter(key, value), first);
        assert_eq!(fits(&and(&[line])), right, "{key} {value}");
    }
    // An object that both keys lead there writes to it.
    let seen = assets(P, "", first);
    let second = put("D", r#"{"id":"2","m":"x","sn":"Z","st":"S"}"#, "k2");
    for (shown, right) in [
        (r#""SerialNumber":"Z","AssetName":"N","Status":"S""#, true),
        (r#""SerialNumber":"Z","AssetName":"N""#, false),
        ("", false),
    ] {
        let told = and(&[seen.clone(), second.clone(), assets(P, "", shown)]);
        assert_eq!(fits(&told), right, "{shown}");
    }
}

#[test]
fn an_asset_of_somebody_else_may_or_may_not_be_the_one_that_a_key_means() {
    let told = |shown: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            device(&[("aKey", "ASSET", "sn")]),
            put("D", r#"{"id":"1","m":"x","sn":"Z"}"#, "k1"),
            found_by("mKey", "x", P),
            put("D", r#"{"id":"2","m":"y","sn":"Z"}"#, "k2"),
            found_by("mKey", "y", Q),
            assets(Q, "", shown),
        ]
    };
    for shown in ["", r#""SerialNumber":"Z""#] {
        assert!(fits(&told(shown)), "{shown}");
    }
}

#[test]
fn of_a_profile_only_what_a_deleted_object_wrote_may_be_gone() {
    let shown = |members: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{P}"]}} => 200 {{"Items":[{{"ProfileId":"{P}"{members}}}]}}"#
        )
    };
    let told = |members: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            made(r#""FirstName":"Ann","LastName":"Lee""#),
            format!(
                r#"POST /domains/d/profiles/keys {{"ProfileId":"{P}","KeyName":"mKey","Values":["x"]}} => 200 {{"KeyName":"mKey","Values":["x"]}}"#
            ),
            ingest("1", "x", "Bea", "k1"),
            shown(r#","FirstName":"Bea","LastName":"Lee""#),
            deleted("C", P, "k1"),
            shown(members),
        ]
    };
    for (members, right) in [
        (r#","FirstName":"Bea","LastName":"Lee""#, true),
        (r#","LastName":"Lee""#, true),
        (r#","FirstName":"Bea""#, false),
    ] {
        assert_eq!(fits(&told(members)), right, "{members}");
    }
}

#[test]
fn a_filter_keeps_the_assets_that_have_one_of_its_values() {
    const NAMED: &str = r#""SerialNumber":"Z","AssetName":"N""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", NAMED),
    ]);
    for (key, value, keeps, leaves) in [
        ("_assetId", ASSET, true, false),
        ("_assetName", "N", true, false),
        ("_serialNumber", "Z", true, false),
        ("aKey", "Z", true, true),
        ("_assetId", "a", false, true),
        ("_assetName", "M", false, true),
        ("_serialNumber", "Y", false, true),
        ("aKey", "Y", false, true),
    ] {
        for (shown, right) in [(NAMED, keeps), ("", leaves)] {
            let line = assets(P, &filter(key, value), shown);
            assert_eq!(fits(&and(&told, &[line])), right, "{key} {value} {shown}");
        }
    }
    for (key, value, rule) in [
        ("_assetId", "a", "filter.asset-id"),
        ("_assetName", "M", "filter.asset-name"),
        ("_serialNumber", "Y", "filter.serial-number"),
        ("aKey", "Y", "filter.custom-key"),
    ] {
        let line = assets(P, &filter(key, value), NAMED);
        let rules = rules_broken(&[], &and(&told, &[line]));
        assert_eq!(rules.first(), Some(&rule), "{key}: {rules:?}");
    }
    // Of two values either will do, where the target takes them so.
    let two = filter("_assetName", r#"M","N"#);
    let of_several = choice!("cap.multi-values");
    for (option, leaves) in [(0, false), (1, true)] {
        for (shown, right) in [(NAMED, true), ("", leaves)] {
            let told = and(&told, &[assets(P, &two, shown)]);
            let rules = rules_broken(&[(of_several, option)], &told);
            assert_eq!(rules.is_empty(), right, "{option} {shown}");
        }
    }
    // A name that it had before may still be that of the asset to an index.
    let renamed = r#""SerialNumber":"Z","AssetName":"M""#;
    let told = and(
        &told,
        &[
            put("D", r#"{"id":"1","m":"x","sn":"Z","an":"M"}"#, "k1"),
            assets(P, "", renamed),
        ],
    );
    for shown in [renamed, ""] {
        let line = assets(P, &filter("_assetName", "N"), shown);
        assert!(fits(&and(&told, &[line])), "{shown}");
    }
    // A key that means nothing keeps nothing, or is refused every time.
    let nothing = assets(P, &filter("none", "1"), "");
    assert!(fits(&and(&told, std::slice::from_ref(&nothing))));
    let refused = answered(&nothing, BAD);
    assert!(!fits(&and(&told, &[nothing, refused])));
}

#[test]
fn where_objects_are_filtered_it_is_by_their_own_keys() {
    let scope = (choice!("cap.filter-scope"), 2);
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
    ]);
    let listed = |key: &str, values: &str, items: &[(&str, &str)]| {
        let filter = filter(key, values);
        list(P, items).replacen(r#""C"}"#, &format!(r#""C"{filter}}}"#), 1)
    };
    let one: &[(&str, &str)] = &[("k1", ONE)];
    for (key, values, items, right) in [
        ("cId", "1", one, true),
        ("cId", "1", &[], false),
        ("cId", "2", one, false),
        ("cId", "2", &[], true),
        ("mKey", "x", &[], false),
        ("mKey", r#"y","z"#, &[], true),
        ("mKey", r#"y","z"#, one, true),
        ("mKey", r#"x","y"#, one, true),
        // Several values may mean something else than any of them.
        ("mKey", r#"x","y"#, &[], true),
    ] {
        let told = and(&told, &[listed(key, values, items)]);
        let rules = rules_broken(&[scope], &told);
        assert_eq!(rules.is_empty(), right, "{key} {values} {items:?}");
    }
    for (key, right) in [("mKey", false), ("none", true)] {
        let told = and(&told, &[answered(&listed(key, "x", &[]), BAD)]);
        let rules = rules_broken(&[scope], &told);
        assert_eq!(rules.is_empty(), right, "{key}");
    }
}

#[test]
fn an_item_that_says_not_which_it_is_is_no_less_a_stranger() {
    let told = conversation([CARD.to_owned(), made(r#""FirstName":"Ann""#)]);
    let stranger = r#"{"ObjectTypeName":"C","Object":"{\"id\":\"2\"}"}"#;
    let line = list(P, &[]).replacen(r#""Items":[]"#, &format!(r#""Items":[{stranger}]"#), 1);
    assert!(line.contains("id"), "{line}");
    assert!(!fits(&and(&told, &[line])));
}

#[test]
fn a_key_that_may_have_gone_with_its_object_may_still_lead_there() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        deleted("C", P, "k1"),
    ]);
    for found in [&[P][..], &[]] {
        assert!(fits(&and(&told, &[finds("mKey", "x", found)])), "{found:?}");
    }
    let second = ingest("2", "x", "Ann", "k2");
    for items in [&[("k2", r#"{"id":"2","m":"x","f":"Ann"}"#)][..], &[]] {
        let told = and(&told, &[second.clone(), list(P, items)]);
        assert!(fits(&told), "{items:?}");
    }
    // It is there for certain once it was added, or while another object has it.
    for more in [key_added(P, "mKey", "x"), String::new()] {
        let mut told = told.clone();
        match more.is_empty() {
            true => told.insert(4, second.clone()),
            false => told.push(more),
        }
        assert!(fits(&and(&told, &[finds("mKey", "x", &[P])])));
        assert!(!fits(&and(&told, &[finds("mKey", "x", &[])])));
    }
}

#[test]
fn keys_of_a_profile_go_one_by_one() {
    let name = r#""FirstName":"Ann""#;
    let told = conversation([
        CARD.to_owned(),
        made(name),
        key_added(P, "mKey", "1"),
        key_added(P, "mKey", "2"),
        ingest("1", "2", "Ann", "k1"),
    ]);
    // What was added can be deleted; what was not, or comes from an object, need not.
    for (value, refusal) in [("1", false), ("3", true)] {
        let line = key_deleted(P, "mKey", value);
        assert_eq!(
            fits(&and(&told, &[answered(&line, BAD)])),
            refusal,
            "{value}"
        );
        assert!(fits(&and(&told, &[line])), "{value}");
    }
    let told = and(&told, &[key_deleted(P, "mKey", "1")]);
    for (value, found, right) in [
        ("1", &[P][..], false),
        ("1", &[], true),
        ("2", &[P], true),
        ("2", &[], false),
    ] {
        let told = and(&told, &[finds("mKey", value, found)]);
        assert_eq!(fits(&told), right, "{value} {found:?}");
    }
}

#[test]
fn what_led_to_a_merged_profile_leads_to_the_main_one() {
    const R: &str = "00000000000000000000000000000003";
    let name = made(r#""FirstName":"Ann""#);
    let told = conversation([
        name.clone(),
        of(Q, &name),
        of(R, &name),
        key_added(Q, "zKey", "1"),
        key_added(R, "zKey", "1"),
        key_added(Q, "zKey", "2"),
        merged(P, Q),
    ]);
    for (value, found, right) in [
        ("1", &[P, R][..], true),
        ("1", &[P], false),
        ("1", &[R], false),
        ("2", &[P], true),
        ("2", &[Q], false),
    ] {
        let told = and(&told, &[finds("zKey", value, found)]);
        assert_eq!(fits(&told), right, "{value} {found:?}");
    }
}

#[test]
fn with_a_profile_go_its_keys_and_no_others() {
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        of(Q, &made(r#""FirstName":"Bea""#)),
        key_added(P, "zKey", "1"),
        key_added(Q, "zKey", "2"),
        profile_deleted(P),
    ]);
    let bea = [(Q, "Bea")];
    for (value, found, right) in [
        ("1", &[][..], true),
        ("1", &[(P, "Ann")], false),
        ("2", &bea, true),
        ("2", &[], false),
    ] {
        let told = and(&told, &[search("zKey", value, found)]);
        assert_eq!(fits(&told), right, "{value} {found:?}");
    }
    // Its objects may be missed in another way than those of a profile that never was.
    let (gone, other) = (list(P, &[]), list("00000000000000000000000000000003", &[]));
    assert!(fits(&and(&told, &[answered(&gone, MISSED), other.clone()])));
    assert!(!fits(&and(
        &told,
        &[
            answered(&other, MISSED),
            list("00000000000000000000000000000004", &[])
        ]
    )));
}

#[test]
fn a_type_that_was_deleted_may_be_missed_in_another_way_than_one_that_never_was() {
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        r#"DELETE /domains/d/object-types/C => 200 {"Message":"m"}"#.to_owned(),
    ]);
    let of_type = |name: &str| list(P, &[]).replace(r#""C""#, &format!(r#""{name}""#));
    for (name, right) in [
        ("C", true),
        ("_order", true),
        ("Zendesk-users", true),
        ("Other", false),
    ] {
        let told = and(
            &told,
            &[answered(&of_type(name), MISSED), of_type("Nobody")],
        );
        assert_eq!(fits(&told), right, "{name}");
    }
}

#[test]
fn a_key_of_several_parts_may_be_found_by_one_or_not() {
    let compound = CARD.replace(
        r#""mKey":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["m"]}]"#,
        r#""mKey":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["m","id"]}]"#,
    );
    let told = conversation([
        compound,
        ingest("1", "x", "Ann", "k1"),
        finds("cId", "1", &[P]),
    ]);
    for found in [&[P][..], &[]] {
        assert!(fits(&and(&told, &[finds("mKey", "x", found)])), "{found:?}");
    }
}

#[test]
fn a_value_too_long_to_be_searched_for_may_not_be_kept() {
    for (length, lost) in [(254, false), (255, false), (256, true)] {
        let long = "x".repeat(length);
        let told = conversation([CARD.to_owned(), ingest("1", &long, "Ann", "k1")]);
        let told = and(
            &told,
            &[
                finds("cId", "1", &[P]),
                ingest("2", &long, "Ann", "k2"),
                finds("cId", "2", &[Q]),
            ],
        );
        assert_eq!(fits(&told), lost, "{length}");
    }
}

#[test]
fn a_key_is_kept_although_its_value_fills_the_profile() {
    let fields = [("id", ""), ("e", ":EMAIL_ADDRESS"), ("n", "")];
    for (identifiers, field, lost) in [
        ("PROFILE", "e", false),
        ("PROFILE NEW_ONLY", "n", false),
        ("PROFILE NEW_ONLY", "e", true),
    ] {
        let keys = [
            ("dId", "UNIQUE PROFILE", "id"),
            ("eKey", identifiers, field),
        ];
        let told = conversation([
            typed("D", &fields, &keys),
            put("D", r#"{"id":"1","e":"a@x","n":"a@x"}"#, "k1"),
            finds("eKey", "a@x", &[]),
        ]);
        assert_eq!(fits(&told), lost, "{identifiers} {field}");
    }
}

#[test]
fn a_key_that_became_one_for_looking_up_may_still_be_there() {
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    let of = |identifiers: &str| {
        let keys = [("dId", "PROFILE UNIQUE", "id"), ("mKey", identifiers, "m")];
        typed("D", &fields, &keys)
    };
    let object = put("D", r#"{"id":"1","m":"x","f":"Ann"}"#, "k1");
    let told = conversation([
        of("PROFILE"),
        object.clone(),
        finds("dId", "1", &[P]),
        of("PROFILE LOOKUP_ONLY"),
        object.clone(),
    ]);
    for found in [&[P][..], &[]] {
        assert!(fits(&and(&told, &[finds("mKey", "x", found)])), "{found:?}");
    }
    let told = conversation([
        of("PROFILE LOOKUP_ONLY"),
        object.clone(),
        finds("dId", "1", &[P]),
        object,
    ]);
    for (found, right) in [(&[P][..], false), (&[], true)] {
        assert_eq!(
            fits(&and(&told, &[finds("mKey", "x", found)])),
            right,
            "{found:?}"
        );
    }
}

#[test]
fn an_empty_identity_may_be_one() {
    let bare = |id: &str| put("C", &format!(r#"{{{id}"m":"x","f":"Ann"}}"#), "k1");
    for (id, kept) in [
        (r#""id":"","#, true),
        (r#""id":" ","#, true),
        (r#""id":null,"#, true),
        ("", false),
    ] {
        let told = conversation([CARD.to_owned(), bare(id), finds("mKey", "x", &[P])]);
        assert_eq!(fits(&told), kept, "{id}");
        // Kept or not, it is no other object, and nothing else becomes doubtful.
        let told = conversation([CARD.to_owned(), bare(id)]);
        let named = |first: &str| search("_profileId", Q, &[(Q, first)]);
        let other = answered(
            &made(r#""FirstName":"Zed""#),
            &format!(r#"200 {{"ProfileId":"{Q}"}}"#),
        );
        right(&told, &[(search("mKey", "x", &[(P, "Zed")]), false)]);
        let told = and(&told, &[other]);
        right(&told, &[(named("Zed"), true), (named("Ann"), false)]);
        let told = conversation([CARD.to_owned(), answered(&bare(id), BAD)]);
        assert!(fits(&told), "{id}");
    }
}

#[test]
fn identities_that_look_alike_may_be_one() {
    let (composed, decomposed) = ("\u{e9}", "e\u{301}");
    let told = conversation([
        CARD.to_owned(),
        ingest(composed, "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
    ]);
    let shown = |id: &str| format!(r#"{{"id":"{id}","m":"x","f":"Ann"}}"#);
    let (one, two) = (shown(composed), shown(decomposed));
    for (key, items) in [
        ("k2", &[("k1", one.as_str()), ("k2", two.as_str())][..]),
        ("k1", &[("k1", two.as_str())]),
    ] {
        let second = ingest(decomposed, "x", "Ann", key);
        assert!(fits(&and(&told, &[second, list(P, items)])), "{key}");
    }
}

#[test]
fn two_objects_have_two_keys() {
    let told =
        |second: String| conversation([CARD.to_owned(), ingest("1", "x", "Ann", "k1"), second]);
    assert!(fits(&told(ingest("2", "x", "Ann", "k2"))));
    assert!(!fits(&told(ingest("2", "x", "Ann", "k1"))));
    assert!(fits(&told(ingest("1", "x", "Ann", "k1"))));
    assert!(!fits(&told(ingest("1", "x", "Ann", "k2"))));
    // In another type they may be the same.
    let other = CARD
        .replace("types/C", "types/G")
        .replace("cId", "gId")
        .replace(r#""C""#, r#""G""#);
    let mut lines = told(ingest("2", "x", "Ann", "k1").replace(r#""C""#, r#""G""#));
    lines.insert(2, other);
    assert!(fits(&lines));
}

#[test]
fn who_deletes_an_object_that_nobody_knows_may_meet_one_that_is_there() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
    ]);
    let one: &[(&str, &str)] = &[("k1", ONE)];
    // Where every profile and every key is known, nothing goes that was not named.
    for gone in [deleted("C", P, "k9"), deleted("C", Q, "k1")] {
        let told = and(&told, std::slice::from_ref(&gone));
        assert!(fits(&told), "{gone}");
        assert!(fits(&and(&told, &[list(P, one)])), "{gone}");
        assert!(!fits(&and(&told, &[list(P, &[])])), "{gone}");
    }
    // Another has made a profile that nobody has seen: that may be the one that is named.
    let told = and(&told, &[ingest("2", "y", "Ann", "k2")]);
    let gone = and(&told, &[deleted("C", P, "k1")]);
    assert!(fits(&and(&gone, &[list(P, &[])])));
    assert!(!fits(&and(&gone, &[list(P, one)])));
    let unknown = and(&told, &[deleted("C", Q, "k9"), finds("mKey", "y", &[])]);
    assert!(fits(&unknown));
}

#[test]
fn numbers_that_no_double_holds_may_be_refused() {
    for (odd, refusal) in [
        ("1e999", true),
        ("[1e999]", true),
        (r#"{"a":1e999}"#, true),
        (r#"{"a":[{"b":-1e999}]}"#, true),
        (r#"{"a":1,"a":2}"#, true),
        (r#"[1e300,{"a":-5}]"#, false),
    ] {
        let line = put("C", &format!(r#"{{"id":"1","m":"x","l":{odd}}}"#), "k1");
        let told = conversation([CARD.to_owned(), answered(&line, BAD)]);
        assert_eq!(fits(&told), refusal, "{odd}");
        assert!(fits(&conversation([CARD.to_owned(), line])), "{odd}");
    }
}

#[test]
fn an_object_may_be_too_long() {
    let line = |length: usize| {
        let rest = r#"{"id":"1","m":"x","l":""}"#.len();
        let long = "x".repeat(length - rest);
        put("C", &format!(r#"{{"id":"1","m":"x","l":"{long}"}}"#), "k1")
    };
    for (length, rule) in [
        (200_000, Some("ingest.object.any-structure")),
        (200_001, Some("ingest.object.max")),
        (256_000, Some("proto.large-body")),
        (256_001, None),
    ] {
        let told = conversation([CARD.to_owned(), answered(&line(length), BAD)]);
        let rules = rules_broken(&[], &told);
        assert_eq!(rules.first().copied(), rule, "{length}");
    }
}

#[test]
fn a_token_may_be_used_again_and_a_change_may_come_between() {
    let second = PUT
        .replace("types/T ", "types/U ")
        .replace(r#""ObjectTypeName":"T""#, r#""ObjectTypeName":"U""#);
    let page = |query: &str, name: &str, token: &str| {
        let item = match name {
            "" => String::new(),
            name => format!(r#"{{"ObjectTypeName":"{name}","Description":"one"}}"#),
        };
        format!(
            r#"GET /domains/d/object-types?max-results=1{query} => 200 {{"Items":[{item}]{token}}}"#
        )
    };
    let told = conversation([
        PUT.to_owned(),
        second.clone(),
        page("", "T", r#","NextToken":"x""#),
    ]);
    let (last, empty) = (
        page("&next-token=x", "U", ""),
        page("&next-token=x", "", ""),
    );
    assert!(fits(&and(&told, std::slice::from_ref(&last))));
    assert!(!fits(&and(&told, std::slice::from_ref(&empty))));
    assert!(fits(&and(&told, &[last.clone(), empty.clone()])));
    assert!(fits(&and(&told, &[last.clone(), answered(&last, BAD)])));
    assert!(!fits(&and(&told, &[answered(&last, BAD)])));
    // A listing from before a change need not show what there was then.
    assert!(fits(&and(&told, &[second, empty])));
    // It ends within twenty pages more than there are items.
    let mut told = conversation([PUT.to_owned()]);
    let mut query = String::new();
    for number in 1..=22 {
        let item = if number == 1 { "T" } else { "" };
        let line = page(&query, item, &format!(r#","NextToken":"t{number}""#));
        query = format!("&next-token=t{number}");
        told.push(line);
        assert_eq!(fits(&told), number < 22, "{number}");
    }
}

#[test]
fn a_filter_may_have_several_values_or_none() {
    const NAMED: &str = r#""SerialNumber":"Z","AssetName":"N""#;
    const RENAMED: &str = r#""SerialNumber":"Z","AssetName":"M""#;
    let started = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", NAMED),
    ]);
    let line = |values: &str, shown: &str| assets(P, &filter("_assetName", values), shown);
    let none = line("", "").replace(r#"[""]"#, "[]");
    right(
        &started,
        &[
            (line(r#"N","N"#, ""), false),
            (line(r#"N","N"#, NAMED), true),
            (line(r#"L","M","N"#, ""), true),
            (line("n", ""), true),
            (line("n", NAMED), true),
            (none.clone(), true),
            (
                assets(P, &filter("_assetName", ""), NAMED).replace(r#"[""]"#, "[]"),
                true,
            ),
            (answered(&none, BAD), true),
            (assets(P, &filter("_salesforceAssetId", "Z"), NAMED), true),
            (assets(P, &filter("_salesforceAssetId", "Z"), ""), true),
            (
                answered(&assets(P, &filter("_salesforceAssetId", "Z"), ""), BAD),
                true,
            ),
            (
                answered(&assets(P, &filter("_salesforceAssetId", "Z"), ""), MISSED),
                true,
            ),
        ],
    );
    first_rules(
        &started,
        &[(line(r#"K","L"#, NAMED), "filter.multi-values")],
    );
    let renamed = and(
        &started,
        &[
            put("D", r#"{"id":"1","m":"x","sn":"Z","an":"M"}"#, "k1"),
            assets(P, "", RENAMED),
        ],
    );
    right(
        &renamed,
        &[
            (line("N", RENAMED), true),
            (line("K", RENAMED), false),
            (assets(P, &filter("_serialNumber", "N"), RENAMED), false),
            (assets(P, "", RENAMED), true),
            (assets(P, "", NAMED), false),
            (assets(P, "", ""), false),
        ],
    );
    let scope = (choice!("cap.filter-scope"), 2);
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        list(P, &[]).replacen(
            r#""C"}"#,
            &format!(r#""C"{}}}"#, filter("mKey", r#"x","x"#)),
            1,
        ),
    ]);
    assert!(!rules_broken(&[scope], &told).is_empty());
}

#[test]
fn values_that_differ_by_case_are_two_values_of_a_key() {
    let told = conversation([
        made(r#""FirstName":"Ann""#),
        key_added(P, "zKey", "Ann"),
        key_added(P, "zKey", "ann"),
    ]);
    for value in ["Ann", "ann"] {
        right(
            &told,
            &[
                (finds("zKey", value, &[P]), true),
                (finds("zKey", value, &[]), false),
            ],
        );
    }
}

#[test]
fn an_object_keeps_what_it_has_and_changes_what_it_had() {
    let fields = [("id", ""), ("m", ""), ("f", "_profile.FirstName")];
    let keys = [("dId", "PROFILE UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let object = |m: &str, f: &str| put("D", &format!(r#"{{"id":"1","m":"{m}","f":"{f}"}}"#), "k1");
    let started = conversation([
        typed("D", &fields, &keys),
        object("x", "Ann"),
        finds("dId", "1", &[P]),
    ]);
    let bea = |found: &[(&str, &str)]| search("dId", "1", found);
    right(
        &and(&started, &[object("x", "Ann")]),
        &[
            (finds("mKey", "x", &[P]), true),
            (finds("mKey", "x", &[]), false),
            (finds("dId", "1", &[]), false),
        ],
    );
    right(
        &and(&started, &[object("y", "Bea")]),
        &[
            (bea(&[(P, "Bea")]), true),
            (bea(&[(P, "Ann")]), false),
            (search("mKey", "x", &[(P, "Bea")]), true),
            (search("mKey", "x", &[]), true),
            (search("mKey", "y", &[(P, "Bea")]), true),
            (search("mKey", "y", &[]), false),
        ],
    );
    // Of another object with the same keys nothing goes.
    let both = and(
        &started,
        &[
            put("D", r#"{"id":"2","m":"x"}"#, "k2"),
            deleted("D", P, "k1"),
        ],
    );
    right(
        &both,
        &[
            (finds("mKey", "x", &[]), false),
            (finds("dId", "1", &[]), true),
            (finds("dId", "2", &[]), false),
        ],
    );
    // What is null clears nothing.
    let null = and(
        &started,
        &[put("D", r#"{"id":"2","m":"x","f":null}"#, "k2")],
    );
    right(
        &null,
        &[
            (finds("dId", "2", &[P]), true),
            (found_by("dId", "2", P), false),
        ],
    );
}

#[test]
fn what_should_be_left_out_deserves_a_warning_if_it_shows() {
    let told = |object: &str| conversation([CARD.to_owned(), put("C", object, "k1")]);
    let shown = |name: &str| search("mKey", "x", &[(P, name)]);
    for (object, name, rule) in [
        (r#"{"id":"1","m":"x","f":null}"#, "null", "extract.null"),
        (r#"{"id":"1","m":"x","F":"Ann"}"#, "Ann", "extract.case"),
    ] {
        let told = told(object);
        first_rules(&told, &[(shown(name), rule)]);
        right(&told, &[(found_by("mKey", "x", P), true)]);
    }
    let rules = rules_broken(&[], &and(&told(r#"{"id":"1","m":"x"}"#), &[shown("Ann")]));
    assert!(!rules.is_empty() && rules[0] != "extract.case", "{rules:?}");
    // Of a name too long for a member nobody knows what becomes.
    let long = "x".repeat(256);
    let told = told(&format!(r#"{{"id":"1","m":"x","f":"{long}"}}"#));
    right(
        &told,
        &[
            (found_by("mKey", "x", P), true),
            (shown("xxx"), true),
            (
                shown("xxx").replace(r#"{"ProfileId""#, r#"{"LastName":"Lee","ProfileId""#),
                false,
            ),
        ],
    );
}

#[test]
fn a_request_gives_way_to_an_object_where_it_is_not_protected() {
    let told = conversation([
        CARD.to_owned(),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        ingest("1", "x", "Bea", "k1"),
    ]);
    let protected = choice!("cap.manual-protected");
    for (option, name) in [(0, "Bea"), (1, "Ann")] {
        for shown in ["Ann", "Bea"] {
            let told = and(&told, &[search("mKey", "x", &[(P, shown)])]);
            let rules = rules_broken(&[(protected, option)], &told);
            assert_eq!(
                rules.is_empty(),
                shown == name,
                "{option} {shown} {rules:?}"
            );
        }
    }
    let fields = [("id", ""), ("e", ":EMAIL_ADDRESS")];
    let keys = [
        ("dId", "UNIQUE PROFILE", "id"),
        ("eKey", "PROFILE NEW_ONLY", "e"),
    ];
    for (option, lost) in [(0, true), (1, false)] {
        let told = conversation([
            typed("D", &fields, &keys),
            put("D", r#"{"id":"1","e":"a@x"}"#, "k1"),
            finds("eKey", "a@x", &[]),
        ]);
        let rules = rules_broken(&[(choice!("cap.autofill-indexes"), option)], &told);
        assert_eq!(rules.is_empty(), lost, "{option} {rules:?}");
    }
}

#[test]
fn keys_that_follow_from_members_change_with_them() {
    let mail = |id: &str, mail: &str| format!(r#"{{"ProfileId":"{id}","EmailAddress":"{mail}"}}"#);
    let found = |value: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_email","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let updated = conversation([
        made(r#""EmailAddress":"a@x""#),
        of(Q, &made(r#""EmailAddress":"a@x""#)),
        key_added(P, "_email", "a@x"),
        of(Q, &key_added(P, "_email", "c@x")),
        format!(
            r#"PUT /domains/d/profiles {{"ProfileId":"{Q}","EmailAddress":"b@x"}} => 200 {{"ProfileId":"{Q}"}}"#
        ),
    ]);
    let (p, q) = (mail(P, "a@x"), mail(Q, "b@x"));
    right(
        &updated,
        &[
            (found("b@x", &q), true),
            (found("b@x", ""), false),
            (found("c@x", &q), true),
            (found("c@x", ""), false),
            (found("a@x", &p), true),
            (found("a@x", &q), false),
            (found("a@x", ""), false),
        ],
    );
    // Of two objects either may have the last word.
    let fields = [
        ("id", ""),
        ("m", ""),
        ("e", "_profile.EmailAddress:EMAIL_ADDRESS"),
    ];
    let keys = [("dId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let both = conversation([
        typed("D", &fields, &keys),
        put("D", r#"{"id":"1","m":"x","e":"a@x"}"#, "k1"),
        search("mKey", "x", &[(P, "")]).replace(r#""FirstName":"""#, r#""EmailAddress":"a@x""#),
        put("D", r#"{"id":"2","m":"x","e":"b@x"}"#, "k2"),
    ]);
    right(
        &both,
        &[
            (found("a@x", ""), true),
            (found("a@x", &mail(P, "a@x")), true),
            (found("b@x", ""), true),
            (found("b@x", &mail(P, "b@x")), true),
            (found("c@x", &mail(P, "b@x")), false),
        ],
    );
}

#[test]
fn keys_of_assets_and_cases_should_find_their_profile() {
    let fields = [
        ("id", ""),
        ("sn", "_asset.SerialNumber"),
        ("an", "_asset.AssetName"),
        ("no", "_case.Status"),
    ];
    let keys = [
        ("lId", "PROFILE UNIQUE", "id"),
        ("aKey", "ASSET", "sn"),
        ("cKey", "CASE", "no"),
    ];
    let told = conversation([
        typed("L", &fields, &keys),
        put("L", r#"{"id":"1","sn":"Z","an":"N","no":"7"}"#, "k1"),
        found_by("lId", "1", P),
        assets(P, "", r#""SerialNumber":"Z","AssetName":"N""#),
    ]);
    for (key, value) in [
        ("aKey", "Z"),
        ("cKey", "7"),
        ("_serialNumber", "Z"),
        ("_assetName", "N"),
    ] {
        right(&told, &[(found_by(key, value, P), true)]);
        first_rules(&told, &[(finds(key, value, &[]), "asset.search-by-key")]);
    }
    // Neither has the members of the other.
    right(
        &told,
        &[
            (
                assets(P, "", r#""SerialNumber":"Z","AssetName":"N","Status":"7""#),
                false,
            ),
            (assets(P, "", r#""SerialNumber":"Z""#), false),
        ],
    );
    // With its only object an asset may go.
    let gone = and(&told, &[deleted("L", P, "k1")]);
    right(
        &gone,
        &[
            (assets(P, "", r#""SerialNumber":"Z","AssetName":"N""#), true),
            (assets(P, "", ""), true),
        ],
    );
}

#[test]
fn serial_numbers_that_look_alike_may_be_of_one_asset() {
    let object = |id: &str, sn: &str| {
        put(
            "D",
            &format!(r#"{{"id":"{id}","m":"x","sn":"{sn}"}}"#),
            &format!("k{id}"),
        )
    };
    let composed = r#""SerialNumber":"\u{e9}""#.replace("\\u{e9}", "\u{e9}");
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        object("1", "\u{e9}"),
        found_by("mKey", "x", P),
        assets(P, "", &composed),
        object("2", "e\u{301}"),
    ]);
    right(&told, &[(assets(P, "", &composed), true)]);
}

#[test]
fn a_value_that_is_somebodys_for_certain_may_lead_to_another_as_well() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[Q]),
        deleted("C", Q, "k1"),
        made(r#""FirstName":"Ann""#),
        key_added(P, "mKey", "x"),
        ingest("2", "x", "Ann", "k2"),
    ]);
    // Two are found, and so none, or the one that is there for certain.
    let there: &[(&str, &str)] = &[("k2", r#"{"id":"2","m":"x","f":"Ann"}"#)];
    right(
        &told,
        &[
            (list(P, there), true),
            (list(P, &[]), true),
            (list(Q, there), false),
            (list(Q, &[]), true),
        ],
    );
}

#[test]
fn a_case_is_filtered_by_its_id() {
    let case = |line: String| line.replace("_asset", "_case").replace("AssetId", "CaseId");
    let shown = r#""Attributes":{"no":"7"}"#;
    let told = conversation([
        linked(),
        put("L", r#"{"id":"1","sn":"Z","no":"7"}"#, "k1"),
        found_by("lId", "1", P),
        case(assets(P, "", shown)),
    ]);
    right(
        &told,
        &[
            (case(assets(P, &filter("_assetId", ASSET), shown)), true),
            (case(assets(P, &filter("_assetId", ASSET), "")), false),
            (case(assets(P, &filter("_assetId", "c"), "")), true),
        ],
    );
    first_rules(
        &told,
        &[(
            case(assets(P, &filter("_assetId", "c"), shown)),
            "filter.case-id",
        )],
    );
}

#[test]
fn an_object_that_only_others_can_read_may_be_stored() {
    let odd = put("C", r#"{"id":"1","m":"\\ud800"}"#, "k1");
    right(
        &conversation([CARD.to_owned()]),
        &[(odd.clone(), true), (answered(&odd, BAD), true)],
    );
    let broken = put("C", r#"{"id":"1","m":}"#, "k1");
    right(
        &conversation([CARD.to_owned()]),
        &[(broken.clone(), false), (answered(&broken, BAD), true)],
    );
}

#[test]
fn a_type_that_nobody_put_may_be_there_if_it_has_a_template() {
    let object = |name: &str| put(name, r#"{"id":"1"}"#, "k1");
    right(
        &conversation([]),
        &[
            (object("Zendesk-users"), true),
            (object("Nobody"), false),
            (answered(&object("Nobody"), MISSED), true),
        ],
    );
    first_rules(
        &conversation([]),
        &[(object("Nobody"), "ingest.type.unknown")],
    );
    let cited = |name: &str| {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        model.observe(&exchange(&made(r#""FirstName":"Ann""#)));
        let line = list(P, &[]).replace(r#""C""#, &format!(r#""{name}""#));
        let cites = model.observe(&exchange(&answered(&line, MISSED))).cites;
        cites
            .iter()
            .any(|(rule, _)| rule.id() == "list-objects.standard-profile")
    };
    assert!(cited("_profile") && !cited("_order"));
}

#[test]
fn where_nothing_is_certain_any_more_a_deletion_may_fail() {
    let one: &[(&str, &str)] = &[("k1", ONE)];
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
        ingest("2", "y", "Ann", "k2"),
    ]);
    // Profile and key are known, or one of them, and so nothing else has gone.
    for gone in [deleted("C", P, "k9"), deleted("C", Q, "k1")] {
        let told = and(&told, std::slice::from_ref(&gone));
        right(&told, &[(list(P, one), true), (list(P, &[]), false)]);
    }
    let first = deleted("C", P, "k1");
    right(&told, &[(answered(&first, BAD), false)]);
    let lost = and(&told, &[deleted("C", Q, "k9")]);
    right(
        &lost,
        &[(first.clone(), true), (answered(&first, BAD), true)],
    );
}

#[test]
fn a_member_that_nobody_can_read_leaves_the_object_where_it_is() {
    let card = CARD.replace("_source.f", "_source.l");
    let told = conversation([
        card,
        put("C", r#"{"id":"1","m":"x","l":7.5}"#, "k1"),
        found_by("mKey", "x", P),
    ]);
    right(
        &told,
        &[
            (list(P, &[]), false),
            (list(P, &[("k1", r#"{"id":"1","m":"x","l":7.5}"#)]), true),
            (finds("mKey", "x", &[]), false),
        ],
    );
}

#[test]
fn the_same_doubt_again_is_no_further_doubt() {
    let mut model = Model::observer(&open());
    for line in [CREATE, CARD] {
        model.observe(&exchange(line));
    }
    let lost = answered(
        &ingest("1", "x", "Ann", "k1"),
        "503 ServiceUnavailableException",
    );
    for _ in 0..10 {
        model.observe(&exchange(&lost));
    }
    assert!(!model.is_lost());
}

#[test]
fn a_template_may_leave_blanks_and_markup_as_they_are_or_not() {
    let of = |source: &str| {
        CARD.replace("_source.m", source)
            .replace("_source.f", "{{_source.n}} x")
    };
    let told = conversation([
        of("{{_source.a}}  {{_source.b}} {{_source.c}}"),
        put("C", r#"{"id":"1","a":"A","b":"B","n":"N&M"}"#, "k1"),
    ]);
    for (name, fits) in [("N&M x", true), ("N&amp;M x", true), ("Zed", false)] {
        right(&told, &[(search("cId", "1", &[(P, name)]), fits)]);
    }
    for value in ["A B", "A  B"] {
        right(
            &told,
            &[
                (search("mKey", value, &[(P, "N&M x")]), true),
                (search("mKey", value, &[]), true),
            ],
        );
    }
    right(&told, &[(search("mKey", "AB", &[(P, "N&M x")]), false)]);
}

#[test]
fn an_address_too_long_for_its_member_leaves_it_open() {
    let long = format!("{}@x", "a".repeat(300));
    let keys = [("dId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let other = [("gId", "UNIQUE", "id"), ("mKey", "PROFILE", "m")];
    let shown = |mail: &str| {
        search("mKey", "x", &[(P, "")])
            .replace(r#""FirstName":"""#, &format!(r#""EmailAddress":"{mail}""#))
    };
    let told = conversation([
        typed(
            "D",
            &[("id", ""), ("m", ""), ("e", ":EMAIL_ADDRESS")],
            &keys,
        ),
        typed(
            "G",
            &[("id", ""), ("m", ""), ("e", "_profile.EmailAddress")],
            &other,
        ),
        put("D", &format!(r#"{{"id":"1","m":"x","e":"{long}"}}"#), "k1"),
        put("G", r#"{"id":"1","m":"x","e":"b@x"}"#, "k2"),
    ]);
    right(&told, &[(shown("b@x"), true), (shown("aaa@x"), true)]);
}

#[test]
fn an_item_without_a_key_is_none_of_the_listing() {
    let told = conversation([
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        finds("mKey", "x", &[P]),
    ]);
    let line = list(P, &[("k1", ONE)]);
    let more = line.replace(
        "]}",
        r#",{"ObjectTypeName":"C","Object":"{\"id\":\"2\"}"}]}"#,
    );
    right(&told, &[(line, true), (more, false)]);
}

#[test]
fn blanks_around_a_name_stay_or_go_for_good() {
    let shown = |name: &str| {
        assets(
            P,
            "",
            &format!(r#""SerialNumber":"Z","AssetName":"{name}""#),
        )
    };
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":" N"}"#, "k1"),
        found_by("mKey", "x", P),
    ]);
    for (first, other) in [("N", " N"), (" N", "N")] {
        let told = and(&told, &[shown(first)]);
        right(&told, &[(shown(first), true), (shown(other), false)]);
    }
}

/// `object.delete.fields`: kept or removed, and what a request had written before may be back then.
#[test]
fn a_deleted_object_may_uncover_what_was_there_before_it() {
    let told = conversation([
        typed(
            "T",
            &[
                ("id", ""),
                ("m", ":EMAIL_ADDRESS"),
                ("n", "_profile.FirstName"),
            ],
            &[("tId", "UNIQUE", "id"), ("_email", "PROFILE", "m")],
        ),
        made(r#""FirstName":"before","EmailAddress":"a@b""#),
        put("T", r#"{"id":"1","m":"a@b","n":"after"}"#, "k1"),
        found_by("_email", "a@b", P)
            .replace(r#""}]"#, r#"","FirstName":"after","EmailAddress":"a@b"}]"#),
        deleted("T", P, "k1"),
    ]);
    let shown = |name: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{P}"]}} => 200 {{"Items":[{{"ProfileId":"{P}",{name}"EmailAddress":"a@b"}}]}}"#
        )
    };
    for name in ["before", "after"] {
        let line = shown(&format!(r#""FirstName":"{name}","#));
        assert!(fits(&and(&told, &[line])), "{name}");
    }
    assert!(fits(&and(&told, &[shown("")])));
}

#[test]
fn a_filter_finds_an_asset_that_moved_beside_one_that_did_not() {
    let put = r#"PUT /domains/d/object-types/T {"Description":"t","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"s":{"Source":"_source.s","Target":"_asset.Status"},"m":{"Source":"_source.m"},"n":{"Source":"_source.n"}},"Keys":{"idKey":[{"StandardIdentifiers":["ASSET","UNIQUE"],"FieldNames":["id"]}],"mKey":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["m"]}],"nKey":[{"StandardIdentifiers":["PROFILE","SECONDARY","NEW_ONLY"],"FieldNames":["n"]}]}} => 200 {"ObjectTypeName":"T","Description":"t"}"#;
    let object = |id: &str, s: &str, m: &str, n: &str| {
        let text = format!(r#"{{"id":"{id}","s":"{s}","m":"{m}","n":"{n}"}}"#);
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"T","Object":{text:?}}} => 200 {{"ProfileObjectUniqueKey":"u{id}"}}"#
        )
    };
    let find = |p: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"idKey","Values":["1"]}} => 200 {{"Items":[{{"ProfileId":"{p}"}}]}}"#
        )
    };
    let item = |id: &str, s: &str| {
        let id = id.repeat(32);
        let text = format!(r#"{{"Status":"{s}","AssetId":"{id}"}}"#);
        format!(
            r#"{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{id}","Object":{text:?}}}"#
        )
    };
    let list = |p: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/objects {{"ProfileId":"{p}","ObjectTypeName":"_asset"}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let one = |p: &str, id: &str, items: &str| {
        let id = id.repeat(32);
        format!(
            r#"POST /domains/d/profiles/objects {{"ProfileId":"{p}","ObjectTypeName":"_asset","ObjectFilter":{{"KeyName":"_assetId","Values":["{id}"]}}}} => 200 {{"Items":[{items}]}}"#
        )
    };
    // Objects 1 and 2 went to another profile, and their assets with them or not; object 3 was there from the beginning.
    let all = [item("a", "2"), item("b", "1"), item("c", "a")];
    for (id, item) in ["a", "b", "c"].iter().zip(&all) {
        let told = [
            CREATE.to_owned(),
            put.to_owned(),
            object("2", "2", "ann", "4"),
            object("1", "1", "ann", "0"),
            find(P),
            object("2", "2", "bob", "1"),
            object("3", "1", "bob", "1"),
            object("1", "a", "bob", "4"),
            find(Q),
            list(Q, &all.join(",")),
            one(Q, id, item),
        ];
        let mut model = Model::observer(&open());
        for line in &told {
            let fit = model.observe(&exchange(line)).fit;
            assert!(
                matches!(&fit, Fit::Allowed { warnings } if warnings.is_empty()),
                "{line}: {fit:?}"
            );
        }
    }
}

#[test]
fn what_an_earlier_version_made_need_not_be_there() {
    let shown = r#""SerialNumber":"Z""#;
    let case = |line: String| {
        line.replace("_asset", "_case")
            .replace("AssetId", "CaseId")
            .replace("ASSET", "CASE")
            .replace("SerialNumber", "Title")
    };
    let none = device(&[]).replace("_asset.SerialNumber", "_profile.LastName");
    let keyless = device(&[]);
    let untargeted =
        device(&[("aKey", "ASSET", "sn")]).replace("_asset.SerialNumber", "_profile.LastName");
    let same = r#"{"id":"1","m":"x","sn":"Z"}"#;
    let empty = r#"{"id":"1","m":"x"}"#;
    let told = |between: &[String], last: String| -> Vec<String> {
        let mut told = vec![
            CREATE.to_owned(),
            device(&[("aKey", "ASSET", "sn")]),
            put("D", same, "k1"),
            found_by("mKey", "x", P),
            assets(P, "", shown),
        ];
        told.extend_from_slice(between);
        told.push(last);
        told
    };
    let as_case = |told: Vec<String>| -> Vec<String> { told.into_iter().map(case).collect() };
    for between in [
        vec![none, put("D", same, "k1")],
        vec![keyless, put("D", same, "k1")],
        vec![untargeted, put("D", same, "k1")],
        vec![put("D", empty, "k1")],
    ] {
        for last in ["", shown] {
            let told = told(&between, assets(P, "", last));
            assert!(fits(&told), "{told:#?}");
            assert!(fits(&as_case(told)), "{between:?} {last}");
        }
    }
    // Who found it by a key that stores nothing finds it again, and makes no second one.
    let finder = typed(
        "F",
        &[("id", ""), ("m", ""), ("sn", ""), ("st", "_asset.Status")],
        &[
            ("fId", "UNIQUE", "id"),
            ("mKey", "PROFILE", "m"),
            ("aKey", "ASSET LOOKUP_ONLY", "sn"),
        ],
    );
    let tied = put("F", r#"{"id":"1","m":"x","sn":"Z","st":"s"}"#, "k2");
    let one = assets(P, "", r#""SerialNumber":"Z","Status":"s""#);
    let (head, item) = one.split_once(r#""Items":["#).expect("items");
    let second = item.replace(ASSET, &ASSET.replace('a', "b"));
    let two = format!(r#"{head}"Items":[{},{second}"#, item.trim_end_matches("]}"));
    let between = [finder, tied.clone(), tied];
    assert!(fits(&told(&between, one)));
    assert_eq!(said(&told(&between, two)), "warning asset.match-one");
    // An object put as it was has what it had.
    for between in [vec![], vec![put("D", same, "k1")]] {
        let told = told(&between, assets(P, "", ""));
        assert!(!fits(&told), "{between:?}");
        assert!(!fits(&as_case(told)), "{between:?}");
    }
}
