//! What definitions mean: domains, object types, their fields and keys, templates and tags.

use profile_contract::contract::RuleId;
use profile_contract::model::{Allowed, Manner, Outcome as Answered};
use profile_contract::wire::Json;

use super::*;

const BAD: &str = "400 BadRequestException";
const NOT_FOUND: &str = "404 ResourceNotFoundException";

/// A text as JSON.
fn quoted(text: &str) -> String {
    Json::from(text).to_text()
}

/// A type `X` whose objects make profiles, with a field that is the first name.
fn naming(source: &str) -> String {
    format!(
        r#"PUT /domains/d/object-types/X {{"Description":"x","AllowProfileCreation":true,"Fields":{{"id":{{"Source":"_source.id"}},"t":{{"Source":{},"Target":"_profile.FirstName"}}}},"Keys":{{"xKey":[{{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["id"]}}]}}}} => 200 {{"ObjectTypeName":"X","Description":"x"}}"#,
        quoted(source)
    )
}

fn object(text: &str) -> String {
    format!(
        r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"X","Object":{}}} => 200 {{"ProfileObjectUniqueKey":"k"}}"#,
        quoted(text)
    )
}

/// A search for the profile of object 1, with this first name.
fn named(first: Option<&str>) -> String {
    let first = first.map_or(String::new(), |first| {
        format!(r#","FirstName":{}"#, quoted(first))
    });
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"xKey","Values":["1"]}} => 200 {{"Items":[{{"ProfileId":"{P}"{first}}}]}}"#
    )
}

/// Whether a profile may have this first name where the source finds it in the object.
fn may_be(source: &str, members: &str, first: Option<&str>) -> bool {
    let told = [
        CREATE.to_owned(),
        naming(source),
        object(&format!(r#"{{"id":"1",{members}}}"#)),
        named(first),
    ];
    broken(&told.each_ref().map(String::as_str)).is_none()
}

/// What a reference answers to the request of a line.
fn ask(model: &mut Model, line: &str) -> Response {
    match exchange(line).message {
        Message::Request(request) => model.respond(&request, NOW * 1000),
        other => panic!("{other:?}"),
    }
}

/// The last answer of a reference to these requests, which are all served.
fn answered(manner: &Manner, lines: &[&str]) -> Json {
    let mut model = Model::reference_with(manner);
    let mut last = Json::Null;
    for line in lines {
        let response = ask(&mut model, line);
        assert_eq!(response.status, 200, "{line}: {response:?}");
        last = Json::parse(&response.body).expect("JSON");
    }
    last
}

/// The status of the last answer of a reference to these requests.
fn last_status(manner: &Manner, lines: &[&str]) -> u16 {
    let mut model = Model::reference_with(manner);
    let statuses = lines.iter().map(|line| ask(&mut model, line).status);
    statuses.last().expect("a request")
}

/// The first name that a reference finds in an object.
fn reads(manner: &Manner, source: &str, members: &str) -> Option<String> {
    let (put, object) = (
        naming(source),
        object(&format!(r#"{{"id":"1",{members}}}"#)),
    );
    let found = answered(manner, &[CREATE, &put, &object, &named(None)]);
    let first = found.pointer("/Items/0/FirstName")?;
    first.as_str().map(str::to_owned)
}

#[test]
fn a_source_is_a_member_a_constant_or_anything() {
    let any = "whatever";
    for (source, first, right) in [
        ("_source.a", "Ann", true),
        ("_source.a", any, false),
        ("some text", "some text", true),
        ("some text", any, false),
        // Neither a member nor certainly a constant.
        ("word", "word", true),
        ("word", any, true),
        ("_source and more", any, true),
        ("_source.a b", any, true),
        ("_source.", any, true),
        ("_source.a[0]", any, true),
    ] {
        assert_eq!(
            may_be(source, r#""a":"Ann""#, Some(first)),
            right,
            "{source} {first}"
        );
    }
}

#[test]
fn what_a_template_joins_may_be_trimmed_before_or_after() {
    let members =
        r#""a":"Ann","b":"Bea","s":" s ","e":"","n":9007199254740993,"l":[1],"q":"O'N","m":"<b>""#;
    let a_c = "{{_source.a}} {{_source.missing}} {{_source.b}}";
    let s_a = "{{_source.s}}-{{_source.a}}";
    let alone = "{{_source.missing}} x ";
    let mark = "{{_source.a}}{{_source.m}}";
    let quote = "{{_source.a}}{{_source.q}}";
    for (source, first, right) in [
        (a_c, Some("Ann  Bea"), true),
        (a_c, Some("Ann Bea"), true),
        (a_c, Some("AnnBea"), false),
        (a_c, None, false),
        ("{{_source.a}}  {{_source.b}}", Some("Ann  Bea"), true),
        ("{{_source.a}}  {{_source.b}}", Some("Ann Bea"), false),
        (" {{_source.a}}  {{_source.b}}", Some("Ann Bea"), true),
        (" {{_source.a}}  {{_source.b}}", Some("Ann  Bea"), true),
        (s_a, Some(" s -Ann"), true),
        (s_a, Some("s-Ann"), true),
        ("{{_source.e}}-{{_source.a}}", Some("-Ann"), true),
        ("{{_source.e}}-{{_source.a}}", Some("Ann"), true),
        ("{{_source.a}}-{{_source.b}}", Some("Ann-Bea"), true),
        ("{{_source.a}}-{{_source.b}}", Some("Ann - Bea"), false),
        (
            "{{_source.a}}{{_source.n}}",
            Some("Ann9007199254740992"),
            true,
        ),
        ("{{_source.a}}{{_source.l}}", Some("Ann1"), true),
        (alone, None, true),
        (alone, Some(" x "), true),
        (alone, Some("x"), true),
        (alone, Some("Ann"), false),
        ("{{{_source.a}}}", Some("Ann"), true),
        ("{{& _source.a }}", Some("Ann"), true),
        ("{{{_source.a}}}", Some("Bea"), false),
        (mark, Some("Ann<b>"), true),
        (mark, Some("Ann&lt;b&gt;"), true),
        (mark, Some("Ann&#60;b>"), false),
        (quote, Some("AnnO'N"), true),
        (quote, Some("AnnO&#39;N"), true),
        ("\\{{_source.a}}", Some("{{_source.a}}"), true),
        ("{{#if _source.a}}yes{{/if}}", Some("whatever"), true),
    ] {
        assert_eq!(may_be(source, members, first), right, "{source} {first:?}");
    }
}

#[test]
fn whether_markup_is_escaped_shows_once() {
    let told = |shown: [&str; 2]| {
        let mut told = vec![CREATE.to_owned(), naming("{{_source.m}}")];
        for (id, (first, profile)) in shown.into_iter().zip([P, Q]).enumerate() {
            told.push(object(&format!(r#"{{"id":"{id}","m":"{id}&"}}"#)));
            told.push(format!(
                r#"POST /domains/d/profiles/search {{"KeyName":"xKey","Values":["{id}"]}} => 200 {{"Items":[{{"ProfileId":"{profile}","FirstName":"{first}"}}]}}"#
            ));
        }
        told[4] = told[4].replace("\"k\"", "\"l\"");
        broken(&told.iter().map(String::as_str).collect::<Vec<_>>()).is_none()
    };
    assert!(told(["0&", "1&"]) && told(["0&amp;", "1&amp;"]));
    assert!(!told(["0&", "1&amp;"]) && !told(["0&amp;", "1&"]));
}

#[test]
fn the_reference_reads_a_source_in_one_way() {
    let usual = Manner::default();
    let members = r#""a":"Ann","l":[1,2],"s":" x ","o":{"b-c":"d"}"#;
    let first = |source: &str| reads(&usual, source, members);
    for (source, value) in [
        ("_source.a", Some("Ann")),
        ("_source.s", Some(" x ")),
        ("_source.o.b-c", Some("d")),
        ("{{_source.a}} {{_source.missing}}", Some("Ann ")),
        ("{{_source.missing}} {{_source.a}}", Some(" Ann")),
        ("{{_source.missing}}", None),
        ("{{#if _source.a}}yes{{/if}}", Some("yes")),
        ("{{#unless _source.a}}yes{{/unless}}", None),
        (
            "{{#each _source.l}}{{@index}}{{this}}{{/each}}",
            Some("0112"),
        ),
        ("{{#with _source}}{{a}}{{/with}}", Some("Ann")),
        // What could run for long, or calls anything.
        (
            "{{#each _source.l}}x{{/each}}{{#each _source.l}}y{{/each}}",
            None,
        ),
        ("{{#if (lookup _source \"a\")}}yes{{/if}}", None),
        ("{{#if _source.a}}yes{{/if}}{{b-c}}", None),
    ] {
        assert_eq!(first(source).as_deref(), value, "{source}");
    }
    let other = |rule: &str| {
        let rule = RuleId::find(rule).expect("a rule");
        Manner::default().taking(rule, 1)
    };
    let part = other("extract.handlebars.missing-part");
    for (source, value) in [
        ("{{_source.a}} {{_source.missing}}", "Ann"),
        ("{{_source.a}} ", "Ann "),
        ("{{_source.s}}-", " x -"),
    ] {
        let found = reads(&part, source, members);
        assert_eq!(found.as_deref(), Some(value), "{source}");
    }
    let all = other("extract.handlebars.all-missing");
    let found = reads(&all, "- {{_source.missing}}", members);
    assert_eq!(found.as_deref(), Some("- "));
    let trim = other("extract.trim");
    for (source, value) in [("_source.s", "x"), ("_source.a", "Ann")] {
        let found = reads(&trim, source, members);
        assert_eq!(found.as_deref(), Some(value), "{source}");
    }
}

/// The rules of what an answer about a template deserves a warning for.
fn told_of_template(id: &str, members: &str) -> (bool, Vec<&'static str>) {
    weighed(&exchange(&format!(
        r#"GET /templates/{id} => 200 {{"TemplateId":"{id}",{members}}}"#
    )))
}

#[test]
fn a_template_is_named_and_keyed_as_types_are() {
    let longest = "n".repeat(64);
    let too_long = "n".repeat(65);
    for (name, right) in [
        ("Zendesk", true),
        ("a", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("", false),
        ("free text", false),
    ] {
        for member in ["SourceName", "SourceObject"] {
            let (fits, rules) = told_of_template("t", &format!(r#""{member}":"{name}""#));
            let wanted = if right {
                &[][..]
            } else {
                &["template.get.source-names"]
            };
            assert!(fits);
            assert_eq!(rules, wanted, "{member} {name}");
        }
    }
    let fields = r#""Fields":{"a":{"Source":"_source.a"},"b":{"Source":"_source.b"}}"#;
    let both = r#""StandardIdentifiers":["UNIQUE","PROFILE"]"#;
    let unique = r#""StandardIdentifiers":["UNIQUE"]"#;
    let profile = r#""StandardIdentifiers":["PROFILE"]"#;
    for (keys, count) in [
        (String::new(), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a"]}}]"#), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a","b"]}}]"#), 0),
        (format!(r#""k":[{{{both},"FieldNames":["a","c"]}}]"#), 1),
        (format!(r#""k":[{{{both},"FieldNames":["d","c"]}}]"#), 2),
        (format!(r#""k":[{{{unique},"FieldNames":["a"]}}]"#), 1),
        (format!(r#""k":[{{{profile},"FieldNames":["a"]}}]"#), 1),
        (
            format!(
                r#""k":[{{{unique},"FieldNames":["a"]}}],"l":[{{{profile},"FieldNames":["b"]}}]"#
            ),
            0,
        ),
        (
            format!(r#""k":[{{{unique},"FieldNames":["a"]}},{{{both},"FieldNames":["b"]}}]"#),
            1,
        ),
    ] {
        let (fits, rules) = told_of_template("t", &format!(r#"{fields},"Keys":{{{keys}}}"#));
        assert!(fits);
        assert_eq!(rules, vec!["template.get.well-formed"; count], "{keys}");
    }
}

#[test]
fn a_template_stays_as_it_was_shown() {
    let get = |id: &str, members: &str| {
        format!(r#"GET /templates/{id} => 200 {{"TemplateId":"t"{members}}}"#)
    };
    let missing = |id: &str, answer: &str| format!("GET /templates/{id} => {answer}");
    let list = |items: &str| format!(r#"GET /templates => 200 {{"Items":[{items}]}}"#);
    let item = r#"{"TemplateId":"t","SourceName":"n"}"#;
    let full = r#","SourceName":"n","AllowProfileCreation":true,"Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["a"]}]}"#;
    let turned = full.replace(r#""PROFILE","UNIQUE""#, r#""UNIQUE","PROFILE""#);
    let spelled = full.replace(r#"_source.a"}"#, r#"_source.a","ContentType":"STRING"}"#);
    for fine in [
        &[get("t", full), get("t", full), get("t", &turned)][..],
        &[get("t", full), get("t", &spelled)],
        &[list(item), get("t", full)],
        &[list(item), get("t", "")],
        &[list(""), get("t", full)],
        &[missing("t", NOT_FOUND), missing("t", BAD)],
        &[get("t", full), get("T", full), get("T", full)],
        &[get("t", full), missing("T", NOT_FOUND), missing("T", BAD)],
        &[missing("T", NOT_FOUND), get("t", full)],
    ] {
        allowed(&fine.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let stable = "template.get.stable";
    for (rule, told) in [
        (stable, &[get("t", full), get("t", "")][..]),
        (stable, &[get("t", ""), get("t", full)]),
        (
            stable,
            &[get("t", full), get("t", &full.replace("true", "false"))],
        ),
        (
            stable,
            &[get("t", full), get("t", &full.replace("\"a\"", "\"b\""))],
        ),
        (stable, &[get("t", full), missing("t", NOT_FOUND)]),
        (stable, &[missing("t", NOT_FOUND), get("t", full)]),
        (
            stable,
            &[get("t", full), get("T", full), missing("T", NOT_FOUND)],
        ),
        (
            "template.list.complete",
            &[list(item), get("t", &full.replace("\"n\"", "\"m\""))],
        ),
        (stable, &[list(item), missing("t", NOT_FOUND)]),
        (
            "template.list.complete",
            &[missing("t", NOT_FOUND), list(item)],
        ),
    ] {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(broken(&told).as_deref(), Some(rule), "{told:#?}");
    }
}

/// What the last answer of a conversation deserves: the rules that it breaks or that warn of it, and whether it is allowed.
fn judged(told: &[String]) -> (bool, Vec<&'static str>) {
    let mut model = Model::observer(&open());
    let (last, before) = told.split_last().expect("a conversation");
    for line in before {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    let (fits, differences) = match model.observe(&exchange(last)).fit {
        Fit::Allowed { warnings } => (true, warnings),
        Fit::Forbidden(differences) => (false, differences),
        Fit::Unclear(why) => panic!("unclear: {why}"),
    };
    let rules = differences.iter().map(|one| one.rules[0].id());
    (fits, rules.collect())
}

/// The profile of that id, or none.
fn by_id(id: &str, members: Option<&str>) -> String {
    let items = members.map_or(String::new(), |members| {
        format!(r#"{{"ProfileId":"{id}"{members}}}"#)
    });
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{id}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

#[test]
fn with_a_type_goes_what_came_only_from_it() {
    let gone = r#"DELETE /domains/d/object-types/C => 200 {"Message":"ok"}"#.to_owned();
    let start = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
    ];
    let nameless = ingest("2", "x", "", "k2").replace(r#",\"f\":\"\""#, "");
    let same = ingest("2", "x", "Ann", "k2");
    let lee = format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"Lee"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let without_first = format!(
        r#"POST /domains/d/profiles/objects/delete {{"ProfileId":"{P}","ObjectTypeName":"C","ProfileObjectUniqueKey":"k1"}} => 200 {{"Message":"ok"}}"#
    );
    let still = search("mKey", "x", &[(P, "Ann")]);
    let (ann, bea, last) = (
        r#","FirstName":"Ann""#,
        r#","FirstName":"Bea""#,
        r#","LastName":"Lee""#,
    );
    let both = format!("{ann}{last}");
    let scrub = "delete-type.scrub";
    for (before, shown, fits, rules) in [
        (&[][..], None, true, &[][..]),
        (&[], Some(""), true, &[]),
        (&[], Some(ann), true, &[scrub]),
        (&[&lee], Some(last), true, &[]),
        (&[&lee], Some(both.as_str()), true, &[scrub]),
        (&[&lee], None, false, &["std.keys.profile-id"]),
        // Of two objects with one name nobody knows which had set it, or what was there before.
        (&[&same], Some(""), true, &[]),
        (&[&same], Some(ann), true, &[]),
        (&[&same], Some(bea), true, &[]),
        // What an object had left behind that was deleted before may go now.
        (&[&nameless, &without_first, &still], Some(""), true, &[]),
        (&[&nameless, &without_first, &still], Some(ann), true, &[]),
        (
            &[&nameless, &without_first, &still],
            Some(bea),
            false,
            &["object.delete.fields"],
        ),
    ] {
        let mut told = start.to_vec();
        told.extend(before.iter().map(|line| (*line).clone()));
        told.extend([gone.clone(), by_id(P, shown)]);
        assert_eq!(judged(&told), (fits, rules.to_vec()), "{told:#?}");
    }
}

#[test]
fn profiles_that_had_nothing_but_objects_of_a_type_all_go_with_it_or_none() {
    let told = |first: Option<&str>, second: Option<&str>| {
        let told = [
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", "Ann", "k1"),
            ingest("2", "y", "Bea", "k2"),
            search("mKey", "x", &[(P, "Ann")]),
            search("mKey", "y", &[(Q, "Bea")]),
            r#"DELETE /domains/d/object-types/C => 200 {"Message":"ok"}"#.to_owned(),
            by_id(P, first),
            by_id(Q, second),
        ];
        judged(&told)
    };
    assert_eq!(told(None, None), (true, vec![]));
    assert_eq!(told(Some(""), Some("")), (true, vec![]));
    assert!(!told(None, Some("")).0);
    assert!(!told(Some(""), None).0);
}

#[test]
fn a_profile_of_which_nobody_knows_the_members_may_be_found_by_any_key() {
    let create = format!(
        r#"POST /domains/d/profiles {{"FirstName":"Ann","FirstName":"Bea"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let search = |key: &str, value: &str, shown: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{shown}]}}"#
        )
    };
    let shown = format!(r#"{{"ProfileId":"{P}","LastName":"Lee"}}"#);
    for (key, value, shown, fits) in [
        ("_email", "a@b", shown.as_str(), true),
        ("_email", "a@b", "", true),
        ("_profileId", P, shown.as_str(), true),
        ("_profileId", Q, shown.as_str(), false),
        ("_profileId", P, "", false),
    ] {
        let told = [CREATE.to_owned(), create.clone(), search(key, value, shown)];
        assert_eq!(judged(&told).0, fits, "{key} {value} {shown}");
    }
}

#[test]
fn a_type_that_is_put_again_as_it_was_leaves_its_keys_alone() {
    let search = |key: &str, answer: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["1"]}} => {answer}"#
        )
    };
    let none = r#"200 {"Items":[]}"#;
    let block = "{{#if _source.a}}yes{{/if}}";
    for (second, fits) in [
        (block, false),
        ("{{#if _source.b}}yes{{/if}}", true),
        ("_source.a", true),
    ] {
        let told = [
            CREATE.to_owned(),
            naming(block),
            naming(second),
            search("one", BAD),
            search("two", none),
        ];
        assert_eq!(judged(&told).0, fits, "{second}");
    }
}

/// What an answer to a request rests on, after a conversation: `must`, `should`, `may` and `grudge` with the rules for
/// which it is refused, and `shows` with those of its success.
fn weighing(told: &[&str], request: &str) -> Vec<String> {
    let mut model = Model::observer(&open());
    for line in told {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    let expected = model.expect(&exchange(&format!("{request} => 200")).message);
    let is_served = |one: &&Allowed| one.outcome == Answered::Served;
    let served = expected.allowed.iter().find(is_served);
    let mut found = Vec::new();
    for allowed in &expected.allowed {
        let kind = match allowed.outcome {
            Answered::Served => "shows",
            _ if allowed.warns.is_some() => "grudge",
            _ => match served {
                None => "must",
                Some(served) if served.warns.is_some() => "should",
                Some(_) => "may",
            },
        };
        for rule in &allowed.rules {
            let line = format!("{kind} {rule}");
            if !found.contains(&line) {
                found.push(line);
            }
        }
    }
    found
}

/// What a request rests on beyond what the usual one does.
fn beyond(told: &[&str], usual: &str, request: &str) -> Vec<String> {
    let usual = weighing(told, usual);
    let mut found = weighing(told, request);
    found.retain(|line| !usual.contains(line));
    found
}

const A: &str = r#""a":{"Source":"_source.a"}"#;
const A_IS_UNIQUE: &str =
    r#""k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]"#;

/// A put of a type with these members.
fn put_with(members: &str) -> String {
    format!(r#"PUT /domains/d/object-types/N {{"Description":"n",{members}}}"#)
}

/// A put of a type with the fields `a` and `b` and these keys.
fn put_keyed(keys: &str) -> String {
    put_with(&format!(
        r#""Fields":{{{A},"b":{{"Source":"_source.b"}}}},"Keys":{{{keys}}}"#
    ))
}

/// What a put rests on beyond what any does.
fn told_of_put(put: &str) -> Vec<String> {
    let usual = put_with(&format!(r#""Fields":{{{A}}},"Keys":{{{A_IS_UNIQUE}}}"#));
    beyond(&[CREATE], &usual, put)
}

/// The lines of a table: cells, `=>`, and rules.
fn table<const N: usize>(text: &str) -> impl Iterator<Item = ([&str; N], Vec<&str>)> {
    text.lines().skip(1).map(|line| {
        let (cells, rules) = line.split_once(" =>").expect("an arrow");
        let cells: Vec<&str> = cells.split(" | ").collect();
        let rules = rules.split(',').map(str::trim);
        let rules = rules.filter(|rule| !rule.is_empty());
        (cells.try_into().expect("all cells"), rules.collect())
    })
}

/// Identifiers and fields of the only key.
const KEYS: &str = r#"
"UNIQUE" | "a" => may put-type.keys.profile-required
"PROFILE" | "a" => may put-type.keys.exactly-one-unique
"UNIQUE","PROFILE","LOOKUP_ONLY" | "a" => must put-type.keys.unique-lookup-only
"UNIQUE","PROFILE","NEW_ONLY" | "a" => may put-type.keys.unique-new-only, may put-type.keys.durable-waived
"UNIQUE","PROFILE","SECONDARY" | "a" =>
"UNIQUE","SECONDARY" | "a" => may put-type.keys.profile-required, may put-type.keys.secondary-alone
"UNIQUE","PROFILE","UNIQUE" | "a" => may put-type.keys.identifier-duplicate
"UNIQUE","PROFILE","ASSET" | "a" => shows put-type.keys.asset-case, shows put-type.keys.asset-without-target, grudge put-type.keys.asset-without-target
"UNIQUE","PROFILE","CASE" | "a" => shows put-type.keys.asset-case, shows put-type.keys.asset-without-target, grudge put-type.keys.asset-without-target
"UNIQUE","PROFILE" | "a","a" => may put-type.keys.fieldnames-duplicate
"UNIQUE","PROFILE" | "a","b" =>
"UNIQUE","PROFILE" | "a","c" => must put-type.keys.fieldnames-defined
"UNIQUE","PROFILE" |  => may put-type.keys.fieldnames-required
"#;

/// Name and identifiers of a second key.
const SECOND_KEYS: &str = r#"
l | "UNIQUE" => may put-type.keys.no-second-unique
l | "LOOKUP_ONLY","NEW_ONLY" => may put-type.keys.lookup-new
l | "LOOKUP_ONLY" =>
l | "NEW_ONLY" =>
l | "PROFILE","LOOKUP_ONLY" => shows put-type.keys.lookup-with-durable
l | "PROFILE","NEW_ONLY" => shows put-type.keys.lookup-with-durable
l | "SECONDARY" => may put-type.keys.secondary-alone
l |  => shows put-type.keys.identifier-empty
K |  => shows put-type.keys.identifier-empty, shows put-type.keys.name-case, grudge put-type.keys.name-case
Tags |  => shows put-type.keys.identifier-empty, may put-type.keys.name-tags
_x |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, may put-type.keys.name-underscore
_email |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined
_profileId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
_profileId | "LOOKUP_ONLY" => shows put-type.keys.name-charset, shows put-type.keys.name-predefined
_assetId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
_caseId |  => shows put-type.keys.name-charset, shows put-type.keys.identifier-empty, shows put-type.keys.name-predefined, may put-type.keys.reserved-lookup-only
"#;

/// Name and members of a second field.
const FIELDS: &str = r#"
b | "Source":"_source.b" =>
A | "Source":"_source.b" => shows put-type.fields.name-case, grudge put-type.fields.name-case
1 | "Source":"_source.b" => shows put-type.fields.name-charset, may put-type.fields.name-first
_b | "Source":"_source.b" => shows put-type.fields.name-charset, may put-type.fields.name-first
Tags | "Source":"_source.b" => may put-type.fields.name-tags
tags | "Source":"_source.b" => may put-type.fields.name-tags
b | "Target":"_profile.FirstName" => shows put-type.fields.target-root-profile, may put-type.fields.source-missing
b | "Source":"b" => shows put-type.fields.source-length, may put-type.fields.source-root
b | "Source":"b c" =>
b | "Source":"_source" => may put-type.fields.source-root
b | "Source":"_source.b c" => may put-type.fields.source-root
b | "Source":" _source b" => may put-type.fields.source-root
b | "Source":"_source.b[0]" => may put-type.fields.source-root
b | "Source":"_source." => may put-type.fields.source-root
b | "Source":"_source.b-c_d$e" =>
b | "Source":"_source.b..c" => may put-type.fields.source-root
b | "Source":"{{_source.b}}" =>
b | "Source":"{{_source.b}} {{ _source.c }}" =>
b | "Source":"{{{_source.b}}}" => may extract.handlebars.blocks
b | "Source":"{{#if _source.b}}x{{/if}}" => may extract.handlebars.blocks
b | "Source":"{{_source.b}" => may put-type.fields.source-handlebars-invalid
b | "Source":"{{ }}" => may put-type.fields.source-handlebars-invalid
b | "Source":"}}" => may put-type.fields.source-handlebars-invalid
b | "Source":"{{_source.b}}}}" => may put-type.fields.source-handlebars-invalid
b | "Source":"}}{{_source.b}}" => may put-type.fields.source-handlebars-invalid
b | "Source":"{{a {{b}}" => may put-type.fields.source-handlebars-invalid
b | "Source":"{{b}}" => may extract.handlebars.blocks
b | "Source":"_source.b","ContentType":"STRING" => shows put-type.fields.content-type.enum
b | "Source":"_source.b","ContentType":"NAME" => shows put-type.fields.content-type.enum
b | "Source":"_source.b","Target":"_profile.FirstName" => shows put-type.fields.target-root-profile
b | "Source":"_source.b","Target":"_profile.Attributes.x" => shows put-type.fields.target-attributes
b | "Source":"_source.b","Target":"_profile.Attributes." => may put-type.fields.target-unknown-field
b | "Source":"_source.b","Target":"_profile.Address.City" => shows put-type.fields.target-root-profile
b | "Source":"_source.b","Target":"_profile.Nothing" => may put-type.fields.target-unknown-field
b | "Source":"_source.b","Target":"_profile.ProfileId" => may put-type.fields.target-system-id
b | "Source":"_source.b","Target":"_asset.AssetName" => may put-type.fields.target-root-standard, may put-type.keys.target-needs-identifier
b | "Source":"_source.b","Target":"_asset.AssetId" => may put-type.fields.target-system-id, may put-type.fields.target-root-standard, may put-type.keys.target-needs-identifier
b | "Source":"_source.b","Target":"_asset.Nothing" => may put-type.fields.target-unknown-field, may put-type.fields.target-root-standard, may put-type.keys.target-needs-identifier
b | "Source":"_source.b","Target":"_case.Title" => may put-type.fields.target-root-standard, may put-type.keys.target-needs-identifier
b | "Source":"_source.b","Target":"_order.X" => may put-type.fields.target-root-other
b | "Source":"_source.b","Target":"FirstName" => may put-type.fields.target-root-other
"#;

/// Members of types without the usual mapping.
const MAPPINGS: &str = r#"
"Fields":{"a":{"Source":"_source.a"}} => may put-type.mapping.fields-only, may put-type.keys.at-least-one
"Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => must put-type.keys.fieldnames-defined
"Fields":{},"Keys":{} => may put-type.mapping.none
"AllowProfileCreation":false => shows put-type.allow-creation.type, may put-type.mapping.none
"TemplateId":"t" => shows put-type.template.pattern, may put-type.template.unknown
"TemplateId":"t","AllowProfileCreation":true => shows put-type.template.pattern, shows put-type.allow-creation.type, may put-type.template.unknown, may put-type.template.with-allow-creation
"TemplateId":"t","Fields":{} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"TemplateId":"t","Fields":{"a":{"Source":"_source.a"}} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"TemplateId":"t","Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys, may put-type.keys.fieldnames-defined
"TemplateId":"t","Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}]} => shows put-type.template.pattern, may put-type.template.unknown, may put-type.template.with-fields-keys
"#;

/// Members beside the usual mapping.
const SETTINGS: &str = r#"
"ExpirationDays":1096 => shows put-type.expiration.type, shows put-type.expiration.range
"ExpirationDays":1097 => shows put-type.expiration.type, shows quota.expiration, may put-type.expiration.quota
"EncryptionKey":"k" => may put-type.encryption-key.content
"EncryptionKey":"" =>
"Tags":{"a":"b"} => shows put-type.tags.min, shows put-type.tags.key-length
"AllowProfileCreation":true => shows put-type.allow-creation.type
"#;

#[test]
fn what_a_key_is_may_speak_against_its_type() {
    for ([identifiers, names], rules) in table(KEYS) {
        let put = put_keyed(&format!(
            r#""k":[{{"StandardIdentifiers":[{identifiers}],"FieldNames":[{names}]}}]"#
        ));
        assert_eq!(told_of_put(&put), rules, "{identifiers} {names}");
    }
    for ([name, identifiers], rules) in table(SECOND_KEYS) {
        let put = put_keyed(&format!(
            r#"{A_IS_UNIQUE},"{name}":[{{"StandardIdentifiers":[{identifiers}],"FieldNames":["b"]}}]"#
        ));
        assert_eq!(told_of_put(&put), rules, "{name} {identifiers}");
    }
}

#[test]
fn a_type_needs_a_key_that_stays() {
    let unique = r#""k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#;
    let key = |name: &str, identifiers: &str| {
        format!(
            r#""{name}":[{{"StandardIdentifiers":["PROFILE",{identifiers}],"FieldNames":["a"]}}]"#
        )
    };
    let (lookup, new) = (r#""LOOKUP_ONLY""#, r#""NEW_ONLY""#);
    let waived = "may put-type.keys.durable-waived";
    let by_id = "put-type.keys.profileid-lookup";
    for (keys, waits, creates) in [
        (
            key("l", lookup),
            waived,
            "may put-type.keys.lookup-needs-durable",
        ),
        (
            key("l", new),
            waived,
            "may put-type.keys.new-only-needs-durable",
        ),
        (
            format!("{},{}", key("_profileId", lookup), key("l", new)),
            waived,
            "may put-type.keys.new-only-needs-durable",
        ),
        (
            format!("{},{}", key("m", lookup), key("l", new)),
            waived,
            "may put-type.keys.lookup-needs-durable",
        ),
        (key("_profileId", lookup), by_id, by_id),
    ] {
        let put = put_keyed(&format!("{keys},{unique}"));
        let creating = put.replace("\"Fields\"", "\"AllowProfileCreation\":true,\"Fields\"");
        let not = creating.replace("true", "false");
        for (put, rule) in [(put, waits), (not, waits), (creating, creates)] {
            let mut told = told_of_put(&put);
            told.retain(|line| line.contains("durable") || line.contains("profileid"));
            let wanted = match rule == by_id {
                true => vec![format!("shows {by_id}"), format!("grudge {by_id}")],
                false => vec![rule.to_owned()],
            };
            assert_eq!(told, wanted, "{put}");
        }
    }
}

#[test]
fn keys_are_counted_by_name_and_by_definition() {
    let keys = |count: usize| -> String {
        let one = |n| format!(r#","k{n}":[{{"FieldNames":["b"]}}]"#);
        (1..count).map(one).collect()
    };
    let definitions = |count: usize| -> String {
        let all = vec![r#"{"FieldNames":["b"]}"#; count - 1];
        format!(r#","l":[{}]"#, all.join(","))
    };
    let one_twice = A_IS_UNIQUE.replace(
        "}]",
        r#"},{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#,
    );
    let quota = [
        "shows quota.over",
        "may put-type.keys.quota",
        "may quota.keys-per-type",
    ];
    let several = "shows put-type.keys.multi-entry";
    for (keys, rules) in [
        (format!("{A_IS_UNIQUE}{}", keys(10)), vec![]),
        (format!("{A_IS_UNIQUE}{}", keys(11)), quota.to_vec()),
        (format!("{A_IS_UNIQUE}{}", definitions(10)), vec![several]),
        (
            format!("{A_IS_UNIQUE}{}", definitions(11)),
            vec![quota[0], several, quota[1], quota[2]],
        ),
        (
            format!(r#"{A_IS_UNIQUE},"l":[]"#),
            vec!["may put-type.keys.empty-list"],
        ),
        (
            one_twice,
            vec![several, "may put-type.keys.unique-twice-same-name"],
        ),
        (
            A_IS_UNIQUE.replace("\"k\"", "\"_account\"") + r#","_fullName":[{"FieldNames":["b"]}]"#,
            vec![
                "shows put-type.keys.name-predefined",
                "shows put-type.keys.guide-example",
            ],
        ),
    ] {
        let mut told = told_of_put(&put_keyed(&keys));
        told.retain(|line| !line.contains("name-charset") && !line.contains("identifier-empty"));
        assert_eq!(told, rules, "{keys}");
    }
}

#[test]
fn what_a_field_is_may_speak_against_its_type() {
    let put = |more: &str| {
        told_of_put(&put_with(&format!(
            r#""Fields":{{{A},{more}}},"Keys":{{{A_IS_UNIQUE}}}"#
        )))
    };
    for ([name, members], rules) in table(FIELDS) {
        let told = put(&format!(r#""{name}":{{{members}}}"#));
        assert_eq!(told, rules, "{name} {members}");
    }
    let attribute = |length: usize| {
        let target = format!("_profile.Attributes.{}", "x".repeat(length - 20));
        put(&format!(
            r#""b":{{"Source":"_source.b","Target":"{target}"}}"#
        ))
    };
    assert_eq!(attribute(200), ["shows put-type.fields.target-attributes"]);
    assert_eq!(attribute(201), ["may put-type.fields.target-max"]);
    let two = |second: &str| {
        put(&format!(
            r#""b":{{"Source":"_source.b","Target":"_profile.FirstName"}},"c":{{"Source":"_source.c","Target":"_profile.{second}"}}"#
        ))
    };
    let targeted = "shows put-type.fields.target-root-profile";
    assert_eq!(two("LastName"), [targeted]);
    assert_eq!(
        two("FirstName"),
        [targeted, "may put-type.fields.target-shared"]
    );
    let many = |count: usize| {
        let one = |n| format!(r#""f{n}":{{"Source":"_source.f"}}"#);
        put(&(1..count).map(one).collect::<Vec<_>>().join(","))
    };
    let digits = "shows put-type.fields.name-charset";
    assert_eq!(many(250), [digits]);
    assert_eq!(many(251), [digits, "may put-type.fields.count"]);
}

#[test]
fn what_a_type_says_of_itself_may_speak_against_it() {
    for ([members], rules) in table(MAPPINGS) {
        assert_eq!(told_of_put(&put_with(members)), rules, "{members}");
    }
    let mapped = format!(r#""Fields":{{{A}}},"Keys":{{{A_IS_UNIQUE}}}"#);
    for ([members], rules) in table(SETTINGS) {
        let put = put_with(&format!("{mapped},{members}"));
        assert_eq!(told_of_put(&put), rules, "{members}");
    }
}

const KEPT_DOMAIN: &str = r#"PUT /domains/d {} => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;

/// A type, named and mapped as said, and how it is shown.
fn typed(name: &str, members: &str) -> [String; 2] {
    let shown = format!(r#"{{"ObjectTypeName":"{name}","Description":"one"{members}}}"#);
    [
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one"{members}}} => 200 {shown}"#
        ),
        format!("GET /domains/d/object-types/{name} => 200 {shown}"),
    ]
}

fn mapped() -> String {
    format!(r#","Fields":{{{A}}},"Keys":{{{A_IS_UNIQUE}}}"#)
}

#[test]
fn what_happened_before_explains_what_is_wrong_with_a_type() {
    let elsewhere = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
    let gone = r#"DELETE /domains/e => 200 {"Message":"m"}"#;
    let other = PUT.replace("types/T", "types/U").replace("\"T\"", "\"U\"");
    let without_other = r#"DELETE /domains/d/object-types/U => 200 {"Message":"m"}"#;
    let without = r#"DELETE /domains/d/object-types/T => 200 {"Message":"m"}"#;
    let refused = format!("PUT /domains/d/object-types/T {{\"Description\":\"\"}} => {BAD}");
    let described = PUT.replace("one", "two");
    let remapped = PUT.replace("\"k\"", "\"l\"");
    let tagged = r#"POST /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fd%2Fobject-types%2FT {"tags":{"a":"1"}} => 200 {}"#;
    let usual = weighing(&[CREATE, PUT], "GET /domains/d/object-types/T");
    for (before, rules) in [
        (&[PUT, PUT][..], &["put-type.idempotent"][..]),
        (&[PUT, &described], &[]),
        (&[PUT, &remapped], &[]),
        (&[PUT, &other], &[]),
        (&[&elsewhere, PUT], &["domain.isolation"]),
        (&[&elsewhere, gone, PUT], &["domain.isolation"]),
        (
            &[PUT, &other, without_other],
            &["delete-type.others-untouched"],
        ),
        (&[PUT, without, PUT], &["delete-type.reput"]),
        (&[PUT, &refused], &["put-type.rejected-no-effect"]),
        (&[PUT, tagged], &["tag.opaque"]),
        (&[PUT, KEPT_DOMAIN], &["domain.update.partial"]),
        (&[PUT, CREATE], &["domain.create.duplicate"]),
    ] {
        let mut told = vec![CREATE];
        told.extend(before);
        let mut found = weighing(&told, "GET /domains/d/object-types/T");
        found.retain(|line| !usual.contains(line));
        let rules: Vec<String> = rules.iter().map(|rule| format!("shows {rule}")).collect();
        assert_eq!(found, rules, "{before:#?}");
    }
    let [put, _] = typed("Zendesk-users", &mapped());
    let found = weighing(&[CREATE, &put], "GET /domains/d/object-types/Zendesk-users");
    assert!(
        found.contains(&"shows implicit.replaced".to_owned()),
        "{found:?}"
    );
}

#[test]
fn settings_that_a_second_put_leaves_out_are_reset_or_kept() {
    let with = format!(
        r#"{},"ExpirationDays":5,"EncryptionKey":"k","AllowProfileCreation":true"#,
        mapped()
    );
    let [first, _] = typed("N", &with);
    let [second, get] = typed("N", &mapped());
    let show = |more: &str| get.replace("\"one\"", &format!("\"one\"{more}"));
    for (more, fits) in [
        ("", true),
        (r#","ExpirationDays":5"#, true),
        (r#","ExpirationDays":30"#, true),
        (r#","ExpirationDays":6"#, false),
        (r#","EncryptionKey":"k""#, true),
        (r#","EncryptionKey":"""#, true),
        (r#","EncryptionKey":"l""#, false),
        (r#","AllowProfileCreation":true"#, true),
        (r#","AllowProfileCreation":false"#, true),
    ] {
        let told = [CREATE.to_owned(), first.clone(), second.clone(), show(more)];
        assert_eq!(judged(&told).0, fits, "{more}");
    }
    // What a first put leaves out has its default, and what it says is kept as it is.
    for (given, more, fits) in [
        ("", r#","ExpirationDays":5"#, false),
        ("", r#","ExpirationDays":30"#, true),
        ("", r#","EncryptionKey":"""#, true),
        ("", r#","EncryptionKey":"k""#, false),
        ("", r#","AllowProfileCreation":true"#, false),
        ("", r#","AllowProfileCreation":false"#, true),
        (r#","EncryptionKey":"""#, "", true),
        (r#","EncryptionKey":"""#, r#","EncryptionKey":"""#, true),
        (r#","EncryptionKey":"k""#, "", false),
        (r#","EncryptionKey":"k""#, r#","EncryptionKey":"k""#, true),
        (r#","AllowProfileCreation":false"#, "", true),
        (r#","AllowProfileCreation":true"#, "", false),
        (r#","ExpirationDays":5"#, "", false),
    ] {
        let put = second.replacen("\"one\"", &format!("\"one\"{given}"), 1);
        let told = [CREATE.to_owned(), put, show(more)];
        assert_eq!(judged(&told).0, fits, "{given} {more}");
    }
    let rule = RuleId::find("put-type.replace.optional-scalars").expect("a rule");
    for (manner, days) in [
        (Manner::default(), None),
        (Manner::default().taking(rule, 1), Some(5)),
    ] {
        // Without a key, which the reference does not have.
        let first = first.replacen(r#","EncryptionKey":"k""#, "", 1);
        let found = answered(&manner, &[CREATE, &first, &second, &get]);
        let shown = found.get("ExpirationDays").and_then(Json::as_number);
        assert_eq!(shown.and_then(|number| number.as_i64()), days);
    }
}

#[test]
fn a_type_may_have_the_mapping_of_the_template_of_its_name() {
    let mapped = mapped();
    let other = mapped.replace("_source.a", "_source.b");
    let allow = r#","AllowProfileCreation":true"#;
    let echo = "put-type.echo.fields";
    let named = |id: &str| format!(r#","TemplateId":"{id}""#);
    for (name, given, shown, rule) in [
        ("Zendesk-users", "", "", None),
        ("Zendesk-users", "", other.as_str(), None),
        ("Zendesk-users", "", allow, None),
        ("Zendesk-users", "", &named("Zendesk-users"), None),
        (
            "Zendesk-users",
            "",
            &named("other"),
            Some("put-type.mapping.none-implicit"),
        ),
        ("Zendesk-users", &mapped, &mapped, None),
        ("Zendesk-users", &mapped, &other, Some(echo)),
        (
            "Zendesk-users",
            &mapped,
            allow,
            Some("put-type.allow-creation.default"),
        ),
        (
            "Zendesk-users",
            &mapped,
            &named("Zendesk-users"),
            Some("put-type.template.echo"),
        ),
        ("N", "", "", None),
        ("N", "", &other, Some(echo)),
        ("N", "", allow, Some("put-type.allow-creation.default")),
        ("N", "", &named("N"), Some("put-type.template.echo")),
        ("N", &mapped, &mapped, None),
        ("N", &mapped, &other, Some(echo)),
    ] {
        let ([put, _], [_, get]) = (typed(name, given), typed(name, shown));
        let (asked, _) = put.split_once(" => ").expect("a request");
        let put = format!(r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#);
        let get = match shown {
            shown if !shown.contains("Fields") && !given.is_empty() => {
                get.replace("\"one\"", &format!("\"one\"{mapped}"))
            }
            _ => get,
        };
        let (fits, rules) = judged(&[CREATE.to_owned(), put, get]);
        assert_eq!(
            (fits, rules.first().copied()),
            (rule.is_none(), rule),
            "{name} {given} {shown}"
        );
    }
}

#[test]
fn of_a_template_and_a_mapping_of_its_own_a_type_has_one_for_good() {
    let fields = |name: &str| format!(r#","Fields":{{"{name}":{{"Source":"_source.{name}"}}}}"#);
    let template = format!(
        r#"GET /templates/t => 200 {{"TemplateId":"t"{},"Keys":{{"k":[{{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["a"]}}]}}}}"#,
        fields("a")
    );
    let keys = r#","Keys":{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["b"]}]}"#;
    let id = r#","TemplateId":"t""#;
    let tell = |given: &str, shown: [&str; 2]| {
        let mut told = vec![CREATE.to_owned(), template.clone()];
        for (name, shown) in ["N", "M"].into_iter().zip(shown) {
            let ([put, _], [_, get]) = (typed(name, given), typed(name, &format!("{id}{shown}")));
            let (asked, _) = put.split_once(" => ").expect("a request");
            told.push(format!(
                r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one","TemplateId":"t"}}"#
            ));
            told.push(get);
        }
        judged(&told) == (true, Vec::new())
    };
    let (a, b, c) = (fields("a"), fields("b"), fields("c"));
    let both = format!("{id}{b}{keys}");
    for (given, first, fits) in [
        (&both, &a, true),
        (&both, &b, true),
        (&both, &String::new(), true),
        (&id.to_owned(), &a, true),
        (&id.to_owned(), &String::new(), true),
        (&format!("{id}{b}"), &b, true),
        (&format!("{id}{b}"), &a, true),
    ] {
        assert_eq!(tell(given, [first, ""]), fits, "{given} {first}");
        assert_eq!(tell(given, [first, first]), fits, "{given} {first}");
    }
    // A template alone says nothing of what wins.
    let mut told = vec![CREATE.to_owned(), template.clone()];
    for (name, given, shown) in [("N", id, &a), ("M", &both, &b)] {
        let ([put, _], [_, get]) = (typed(name, given), typed(name, &format!("{id}{shown}")));
        let (asked, _) = put.split_once(" => ").expect("a request");
        told.push(format!(
            r#"{asked} => 200 {{"ObjectTypeName":"{name}","Description":"one","TemplateId":"t"}}"#
        ));
        told.push(get);
    }
    assert_eq!(judged(&told), (true, vec![]));
    // Once it has shown which one wins, the other does not.
    assert!(!tell(&both, [&a, &b]) && !tell(&both, [&b, &a]));
    assert!(!tell(&both, ["", &c]) && !tell(id, ["", &b]));
}

#[test]
fn what_a_put_answers_is_what_was_put() {
    let mapped = mapped();
    let given = |description: &str| {
        format!(
            r#"PUT /domains/d/object-types/N {{"Description":"{description}","TemplateId":"t"}}"#
        )
    };
    let plain = format!(r#"PUT /domains/d/object-types/N {{"Description":"one"{mapped}}}"#);
    let shown = |name: &str, description: &str, more: &str| {
        format!(r#"{{"ObjectTypeName":"{name}","Description":"{description}"{more}}}"#)
    };
    let t = r#","TemplateId":"t""#;
    for (asked, answer, fits, rules) in [
        (given("one"), shown("N", "one", t), true, &[][..]),
        (
            given("one"),
            shown("N", "two", t),
            false,
            &["put-type.response.echo"],
        ),
        (
            given("\u{e9}"),
            shown("N", "e", t),
            false,
            &["proto.unicode-roundtrip"],
        ),
        (
            given("one"),
            shown("M", "one", t),
            false,
            &["put-type.response.echo"],
        ),
        (
            given("one"),
            shown("N", "one", r#","TemplateId":"u""#),
            false,
            &["put-type.template.echo"],
        ),
        (plain.clone(), shown("N", "one", ""), true, &[]),
        (plain.clone(), shown("N", "one", &mapped), true, &[]),
        (
            plain.clone(),
            shown("N", "one", &mapped.replace("_source.a", "_source.b")),
            true,
            &["put-type.response.equals-get"],
        ),
        (
            plain.clone(),
            shown("N", "one", r#","ExpirationDays":7"#),
            true,
            &["put-type.response.equals-get"],
        ),
        (
            plain,
            shown("N", "one", r#","Tags":{"a":"b"}"#),
            true,
            &["put-type.response.equals-get"],
        ),
    ] {
        let told = [CREATE.to_owned(), format!("{asked} => 200 {answer}")];
        assert_eq!(judged(&told), (fits, rules.to_vec()), "{asked} {answer}");
    }
}

#[test]
fn what_a_refused_put_has_changed_it_must_not_have() {
    let refused = format!("PUT /domains/d/object-types/N {{\"Description\":\"\"}} => {BAD}");
    let [put, get] = typed("N", &format!(r#"{},"Tags":{{"a":"b"}}"#, mapped()));
    let changed = "put-type.rejected-no-effect";
    for (from, to, rule) in [
        ("one", "two", changed),
        ("_source.a", "_source.b", changed),
        ("\"k\"", "\"l\"", changed),
        ("\"UNIQUE\",", "", changed),
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, changed),
        (r#"{"a":"b"}"#, "{}", changed),
        ("\"N\"", "\"M\"", "put-type.response.echo"),
    ] {
        let told = [
            CREATE.to_owned(),
            put.clone(),
            refused.clone(),
            get.replace(from, to),
        ];
        let (fits, rules) = judged(&told);
        assert!(!fits);
        assert_eq!(rules[0], rule, "{from}");
        // Without it, that is no reason.
        let told = [CREATE.to_owned(), put.clone(), get.replace(from, to)];
        assert!(!judged(&told).1.contains(&changed), "{from}");
    }
}

#[test]
fn types_that_nobody_put_are_not_there_but_for_those_of_templates() {
    let elsewhere = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
    let put = |name: &str, domain: &str| {
        PUT.replace("types/T", &format!("types/{name}"))
            .replace("\"T\"", &format!("\"{name}\""))
            .replace("/d/", &format!("/{domain}/"))
    };
    let get = |name: &str| {
        format!(
            r#"GET /domains/d/object-types/{name} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#
        )
    };
    let list = |name: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"{name}","Description":"one"}}]}}"#
        )
    };
    let template = r#"GET /templates/x => 200 {"TemplateId":"x"}"#.to_owned();
    let gone = r#"DELETE /domains/d/object-types/U => 200 {"Message":"m"}"#.to_owned();
    let refused = format!("PUT /domains/d/object-types/U {{\"Description\":\"\"}} => {BAD}");
    let odd = put("N", "d").replacen(
        "\"Description\"",
        "\"Description\":\"x\",\"Description\"",
        1,
    );
    for (before, name, got, listed) in [
        (
            vec![],
            "U",
            Some("get-type.unknown"),
            Some("list-types.complete"),
        ),
        (
            vec![elsewhere.clone()],
            "U",
            Some("get-type.unknown"),
            Some("list-types.complete"),
        ),
        (
            vec![elsewhere.clone(), put("U", "e")],
            "U",
            Some("domain.isolation"),
            Some("domain.isolation"),
        ),
        (
            vec![elsewhere, put("Zendesk-users", "e")],
            "Zendesk-users",
            None,
            None,
        ),
        (
            vec![put("U", "d"), gone],
            "U",
            Some("delete-type.gone"),
            Some("list-types.after-delete"),
        ),
        (
            vec![refused],
            "U",
            Some("put-type.rejected-no-effect"),
            Some("put-type.rejected-no-effect"),
        ),
        (vec![template], "x", None, Some("list-types.complete")),
        (vec![], "Zendesk-users", None, None),
        (vec![], "_order", None, None),
        (vec![odd], "U", None, None),
    ] {
        for (last, rule) in [(get(name), got), (list(name), listed)] {
            let mut told = vec![CREATE.to_owned()];
            told.extend(before.iter().cloned());
            if before.iter().any(|line| line.contains("types/N")) && last.contains("Items") {
                told.push(last.replace("[{", r#"[{"ObjectTypeName":"N","Description":"one"},{"#));
            } else {
                told.push(last);
            }
            let (fits, rules) = judged(&told);
            assert_eq!(
                (fits, rules.first().copied()),
                (rule.is_none(), rule),
                "{told:#?}"
            );
        }
    }
    // Nobody needs to have them either, whatever else there is.
    let object = [CARD.to_owned(), ingest("1", "x", "Ann", "k1")];
    let delete = |answer: &str| format!("DELETE /domains/d/object-types/Zendesk-users => {answer}");
    for answer in [NOT_FOUND, r#"200 {"Message":"m"}"#] {
        let told = [CREATE.to_owned(), delete(answer)];
        assert!(judged(&told).0);
        let told = [
            CREATE.to_owned(),
            object[0].clone(),
            object[1].clone(),
            delete(answer),
        ];
        assert!(judged(&told).0);
    }
}

#[test]
fn a_list_of_types_shows_their_tags_or_leaves_them_out() {
    let tags = r#","Tags":{"a":"b"}"#;
    let [put, _] = typed("N", &format!("{}{tags}", mapped()));
    let [bare, _] = typed("N", &mapped());
    let tag = r#"POST /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fd%2Fobject-types%2FN {"tags":{"a":"b"}} => 200 {}"#.to_owned();
    let list = |more: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"N","Description":"one"{more}}}]}}"#
        )
    };
    let other = r#","Tags":{"a":"c"}"#;
    let item = "list-types.item";
    for (before, shown, rule) in [
        (vec![put.clone()], "", None),
        (vec![put.clone()], tags, None),
        (vec![put], other, Some(item)),
        (vec![bare.clone()], tags, Some(item)),
        (vec![bare.clone(), tag.clone()], "", None),
        (vec![bare.clone(), tag.clone()], tags, None),
        (vec![bare.clone(), tag], other, Some("tag.consistency")),
        (
            vec![bare.clone()],
            r#","Fields":{"a":{"Source":"_source.a"}}"#,
            Some("list-types.no-mapping"),
        ),
        (vec![bare], r#","Keys":{}"#, None),
    ] {
        let mut told = vec![CREATE.to_owned()];
        told.extend(before.iter().cloned());
        told.push(list(shown));
        assert_eq!(judged(&told).1.first().copied(), rule, "{told:#?}");
    }
}

/// All rules of what is wrong with the last answer.
fn candidates(told: &[String]) -> Vec<&'static str> {
    let mut model = Model::observer(&open());
    let (last, before) = told.split_last().expect("a conversation");
    for line in before {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    match model.observe(&exchange(last)).fit {
        Fit::Allowed {
            warnings: differences,
        }
        | Fit::Forbidden(differences) => {
            let rules = differences.iter().flat_map(|one| &one.rules);
            rules.map(|rule| rule.id()).collect()
        }
        Fit::Unclear(why) => panic!("unclear: {why}"),
    }
}

/// One object, and the profile it made.
fn one_made() -> [String; 4] {
    [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
    ]
}

/// Key and values of a search where one object has been put, and what the answer may rest on.
const SEARCHES: &str = r#"
mKey | "x" =>
mKey | "y" => may search.none
mKey | "x","x" =>
mKey | "x","y" => shows search.multi-values
mKey |  => may search.values-empty, may search.none
zz | "x" => may search.unknown-key, may search.none
_email | "x" => may search.none
_profileId | "x" => may search.profile-id-malformed, may search.none
_profileId | "00000000000000000000000000000001" =>
_profileId | "00000000000000000000000000000002" => may search.none
_profileId | "0000000000000000000000000000000A" => may search.profile-id-malformed, may search.none
_profileId | "0000000000000000000000000000000g" => may search.profile-id-malformed, may search.none
_profileId | "000000000000000000000000000000001" => may search.profile-id-malformed, may search.none
_profileId | "00000000000000000000000000000001","x" => shows search.multi-values, may search.profile-id-malformed
_profileId | "x","00000000000000000000000000000002" => shows search.multi-values, may search.profile-id-malformed, may search.none
"#;

#[test]
fn a_search_may_find_nothing_where_there_is_nothing() {
    let made = one_made();
    for ([key, values], rules) in table(SEARCHES) {
        let request =
            format!(r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":[{values}]}}"#);
        let mut told = weighing(&made.each_ref().map(String::as_str), &request);
        told.retain(|line| {
            !["by-key", "value-length", "keyname-pattern"]
                .iter()
                .any(|rule| line.ends_with(rule))
        });
        assert_eq!(told, rules, "{key} {values}");
    }
}

#[test]
fn a_profile_that_is_not_found_or_should_not_be_breaks_the_rules_of_its_key() {
    let search = |key: &str, value: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let made = one_made();
    let after = |more: &[String]| candidates(&[&made[..], more].concat());
    let missed = |key: &str, value: &str| after(&[search(key, value, "")]);
    let plain = missed("mKey", "x");
    for rule in [
        "assign.none.create",
        "persist.plain",
        "search.normalised",
        "key.string.exact",
    ] {
        assert!(plain.contains(&rule), "{rule} in {plain:?}");
    }
    assert!(missed("cId", "1").contains(&"persist.unique"));
    assert_eq!(missed("_profileId", P)[0], "std.keys.profile-id");
    for (key, value, member) in [
        ("_phone", "+12065550100", "PhoneNumber"),
        ("_email", "a@b", "EmailAddress"),
        ("_account", "n", "AccountNumber"),
        ("_fullName", "n", "LastName"),
    ] {
        let told = [
            CREATE.to_owned(),
            format!(
                r#"POST /domains/d/profiles {{"{member}":"{value}"}} => 200 {{"ProfileId":"{P}"}}"#
            ),
            search(key, value, ""),
        ];
        let rule = match key {
            "_fullName" => "std.keys.full-name".to_owned(),
            key => key.replace('_', "std.keys."),
        };
        assert_eq!(candidates(&told)[0], rule);
    }
    let profile = |domain: &str, id: &str| {
        format!(
            r#"POST /domains/{domain}/profiles {{"FirstName":"Ann"}} => 200 {{"ProfileId":"{id}"}}"#
        )
    };
    let told = [
        CREATE.to_owned(),
        profile("d", P),
        format!(
            r#"POST /domains/d/profiles/keys {{"ProfileId":"{P}","KeyName":"aKey","Values":["v"]}} => 200 {{"KeyName":"aKey","Values":["v"]}}"#
        ),
        search("aKey", "v", ""),
    ];
    assert_eq!(candidates(&told)[0], "profile.key.add.search");
    // What has another value, is nowhere, elsewhere or no longer there.
    let shown = |id: &str| {
        search(
            "mKey",
            "y",
            &format!(r#"{{"ProfileId":"{id}","FirstName":"Ann"}}"#),
        )
    };
    let other = after(&[shown(P)]);
    assert_eq!(other[0], "search.by-key");
    assert!(other.contains(&"assign.none.create") && other.contains(&"key.compound-differs"));
    let nobody = after(&[shown(Q)]);
    assert_eq!(nobody[..2], ["search.by-key", "search.none"]);
    let elsewhere = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
    let found = after(&[elsewhere, profile("e", Q), shown(Q)]);
    assert_eq!(
        found,
        ["search.scope", "domain.isolation", "domain.delete.effect"]
    );
    let gone = format!(
        r#"POST /domains/d/profiles/delete {{"ProfileId":"{P}"}} => 200 {{"Message":"m"}}"#
    );
    assert_eq!(after(&[gone.clone(), shown(P)]), ["profile.delete.effect"]);
    assert_eq!(
        after(&[gone, by_id(P, Some(""))]),
        ["profile.delete.effect"]
    );
}

#[test]
fn who_refuses_keys_that_nobody_defines_refuses_all_of_them() {
    let search = |key: &str, answer: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["1"]}} => {answer}"#
        )
    };
    let none = r#"200 {"Items":[]}"#;
    let put = CARD.to_owned();
    let gone = r#"DELETE /domains/d/object-types/C => 200 {"Message":"m"}"#.to_owned();
    for (before, first, then, fits) in [
        (vec![], BAD, none, false),
        (vec![], NOT_FOUND, none, true),
        (vec![], none, none, true),
        (vec![], none, BAD, false),
        (vec![put.clone()], BAD, none, false),
        (vec![put.clone(), gone], BAD, none, true),
    ] {
        let mut told = vec![CREATE.to_owned()];
        told.extend(before.iter().cloned());
        told.extend([search("one", first), search("two", then)]);
        assert_eq!(judged(&told).0, fits, "{told:#?}");
    }
    for (key, answer, fits) in [
        ("mKey", none, true),
        ("mKey", BAD, false),
        // A predefined key that no type defines may be one of another revision.
        ("_caseId", BAD, true),
    ] {
        let told = [
            CREATE.to_owned(),
            put.clone(),
            search("one", none),
            search(key, answer),
        ];
        assert_eq!(judged(&told).0, fits, "{key} {answer}");
    }
}

/// The resource of the tags, after a domain `d` was created, and perhaps a type `T` put, and deleted.
const RESOURCES: &str = r#"
new | domains/d => must tag.arn.unknown
domain | domains/d => shows tag.list.empty
type | domains/d => shows tag.per-resource, shows tag.list.empty
domain | domains/D => may tag.arn.unknown
type | domains/d/object-types/T => shows tag.per-resource, shows tag.list.empty
type | domains/d/object-types/t => shows tag.per-resource, may tag.arn.unknown
type | domains/D/object-types/T => may tag.arn.unknown
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

/// The address of the tags of a resource.
fn tags_of(resource: &str) -> String {
    let resource = resource.replace('/', "%2F");
    format!("/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3A{resource}")
}

#[test]
fn tags_are_of_what_there_is_or_may_be() {
    let odd = PUT.replacen(
        "\"Description\"",
        "\"Description\":\"x\",\"Description\"",
        1,
    );
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
domain | POST /domains/D {"DefaultExpirationDays":30} => shows domain.create.echo, shows domain.name.min-max, may domain.name.case
one gone | GET /domains/e => must domain.delete.effect, must domain.get.unknown, must domain.scope-unknown
one gone | POST /domains/e {"DefaultExpirationDays":30} => shows domain.create.echo, shows domain.name.min-max, may domain.recreate-clean
domain | PUT /domains/d {"DefaultEncryptionKey":"k"} => shows domain.update.partial, may domain.create.key-url-content
domain | PUT /domains/d {"DefaultEncryptionKey":""} => shows domain.update.partial
domain | PUT /domains/d {"Tags":{"a":"b"}} => shows domain.update.partial, may domain.update.tags
"#;

#[test]
fn what_happened_before_explains_what_is_wrong_with_a_domain() {
    let other = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
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

/// How a domain is shown with some settings.
fn domain_with(days: u16, more: &str) -> String {
    format!(
        r#"{{"DomainName":"d","DefaultExpirationDays":{days},"CreatedAt":1700000000,"LastUpdatedAt":1700000000{more}}}"#
    )
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
            false,
            [created(keyed), update(cleared, 30, empty), get(30, "")],
        ),
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
fn the_ids_of_the_reference_are_of_one_domain_and_one_life() {
    let create = |name: &str| {
        CREATE
            .replace("/d ", &format!("/{name} "))
            .replace("\"d\"", &format!("\"{name}\""))
    };
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
        ids.push(id(&[create(&name), profile(&name)]));
    }
    let again = [
        create("a"),
        r#"DELETE /domains/a => 200 {}"#.to_owned(),
        create("a"),
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
fn one_name_of_a_key_may_have_one_content_type_in_a_domain() {
    let keyed = |name: &str, key: &str, content: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one","Fields":{{"i":{{"Source":"_source.i"}},"c":{{"Source":"_source.c","ContentType":"{content}"}}}},"Keys":{{"u{name}":[{{"StandardIdentifiers":["UNIQUE"],"FieldNames":["i"]}}],"{key}":[{{"StandardIdentifiers":["PROFILE"],"FieldNames":["c"]}}]}}}}"#
        )
    };
    let own = format!(
        r#"{} => 200 {{"ObjectTypeName":"A","Description":"one"}}"#,
        keyed("A", "m", "STRING")
    );
    let template = r#"PUT /domains/d/object-types/A {"Description":"one","TemplateId":"t"} => 200 {"ObjectTypeName":"A","Description":"one","TemplateId":"t"}"#;
    for (before, name, key, content, differs) in [
        (own.as_str(), "B", "m", "STRING", false),
        (&own, "B", "m", "NAME", true),
        (&own, "B", "n", "NAME", false),
        (&own, "A", "m", "NAME", false),
        (&own, "B", "_email", "NAME", false),
        (template, "B", "m", "NAME", false),
        (template, "B", "_email", "NAME", true),
    ] {
        let told = weighing(&[CREATE, before], &keyed(name, key, content));
        let rule = "may put-type.keys.content-type-consistency".to_owned();
        assert_eq!(told.contains(&rule), differs, "{name} {key} {content}");
    }
}

#[test]
fn what_a_put_rests_on_may_depend_on_what_is_there() {
    let lookup = put_keyed(
        r#""l":[{"StandardIdentifiers":["PROFILE","LOOKUP_ONLY"],"FieldNames":["a"]}],"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["b"]}]"#,
    );
    let plain = typed("N", &mapped())[0].clone();
    let creating = typed("N", &(mapped() + r#","AllowProfileCreation":true"#))[0].clone();
    let not = creating.replace("true", "false");
    let by_template = lookup.replacen("\"Fields\"", "\"TemplateId\":\"t\",\"Fields\"", 1);
    for (before, put, rule) in [
        (&[][..], &lookup, "may put-type.keys.durable-waived"),
        (&[&plain], &lookup, "may put-type.keys.durable-waived"),
        (&[&not], &lookup, "may put-type.keys.durable-waived"),
        (
            &[&creating],
            &lookup,
            "may put-type.keys.lookup-needs-durable",
        ),
        (&[], &by_template, "may put-type.keys.lookup-needs-durable"),
    ] {
        let mut told = vec![CREATE];
        told.extend(before.iter().map(|line| line.as_str()));
        let mut found = weighing(&told, put);
        found.retain(|line| line.contains("durable"));
        assert_eq!(found, [rule], "{told:#?}");
    }
    let implicit = r#"PUT /domains/d/object-types/Zendesk-users {"Description":"n"}"#;
    let found = weighing(&[CREATE], implicit);
    assert!(found.contains(&"may put-type.mapping.none-implicit".to_owned()));
    let apart = put_keyed(
        r#""k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["a"]}],"_account":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["b"]}]"#,
    );
    let found = weighing(&[CREATE], &apart);
    for rule in [
        "put-type.keys.profile-unique",
        "put-type.keys.guide-example",
    ] {
        assert!(!found.contains(&format!("shows {rule}")), "{rule}");
    }
    // A hundred types work.
    let types: Vec<String> = (0..100)
        .map(|n| typed(&format!("N{n}"), &mapped())[0].clone())
        .collect();
    let quota = |count: usize, name: &str| {
        let mut told = vec![CREATE];
        told.extend(types[..count].iter().map(String::as_str));
        let [put, _] = typed(name, &mapped());
        let (put, _) = put.split_once(" => ").expect("a request");
        weighing(&told, put).contains(&"may quota.types-per-domain".to_owned())
    };
    assert!(!quota(99, "M") && quota(100, "M") && !quota(100, "N1"));
}

/// Rules that leave a request open, what the reference answers to it, and what it answers where it takes the other way.
const LEFT_OPEN: &str = r#"
put-type.encryption-key.content | "EncryptionKey":"k" => 200 400
put-type.tags.min | "Tags":{} => 400 200
put-type.keys.fieldnames-required | ["a"] | [] => 400 200
put-type.fields.target-system-id | _source.a" | _source.a","Target":"_profile.ProfileId" => 400 200
extract.handlebars.blocks | _source.a | {{a}} => 200 400
put-type.fields.name-case | "Fields":{ | "Fields":{"A":{"Source":"_source.b"}, => 200 400
put-type.name.reserved | /N | /_n => 400 200
put-type.name.standard | /N | /_profile => 400 200
proto.body-duplicate-member | "Description":"n" | "Description":"m","Description":"n" => 400 200
"#;

#[test]
fn the_reference_refuses_what_its_rule_says_first() {
    let both = |rule: &str, request: &str| {
        let rule = RuleId::find(rule).expect("a rule");
        [Manner::default(), Manner::default().taking(rule, 1)]
            .map(|manner| last_status(&manner, &[CREATE, &format!("{request} => 200")]))
    };
    let usual = put_with(&mapped()[1..]);
    for line in LEFT_OPEN.lines().skip(1) {
        let (cells, statuses) = line.split_once(" => ").expect("an arrow");
        let request = match cells.split(" | ").collect::<Vec<_>>()[1..] {
            [member] => put_with(&format!("{member}{}", mapped())),
            [from, to] => usual.replacen(from, to, 1),
            _ => panic!("{line}"),
        };
        let rule = cells.split(" | ").next().expect("a rule");
        let found = both(rule, &request).map(|status| status.to_string());
        assert_eq!(found.join(" "), statuses, "{line}");
    }
    for (rule, request, statuses) in [
        (
            "delete-type.standard",
            "DELETE /domains/d/object-types/_profile",
            [400, 200],
        ),
        (
            "get-type.standard",
            "GET /domains/d/object-types/_profile",
            [400, 400],
        ),
        (
            "implicit.deletable",
            "DELETE /domains/d/object-types/Zendesk-users",
            [200, 404],
        ),
        ("template.get.unknown", "GET /templates/nothing", [404, 404]),
        (
            "domain.update.tags",
            r#"PUT /domains/d {"Tags":{"a":"b"}}"#,
            [200, 400],
        ),
        (
            "domain.create.key-url-content",
            r#"POST /domains/e {"DefaultExpirationDays":30,"DeadLetterQueueUrl":"k"}"#,
            [200, 400],
        ),
    ] {
        assert_eq!(both(rule, request), statuses, "{rule}");
    }
    let untag = format!("DELETE {}?tagKeys=a", tags_of("domains/d"));
    assert_eq!(both("tag.remove.absent-key", &untag), [200, 400]);
    let many: Vec<String> = (0..51).map(|n| format!(r#""k{n}":"v""#)).collect();
    let tag = |from: usize, to: usize| {
        format!(
            r#"POST {} {{"tags":{{{}}}}}"#,
            tags_of("domains/d"),
            many[from..to].join(",")
        )
    };
    let rule = RuleId::find("tag.add.limit-total").expect("a rule");
    for (manner, status) in [
        (Manner::default(), 400),
        (Manner::default().taking(rule, 1), 200),
    ] {
        let [first, second] = [tag(0, 50), tag(50, 51)].map(|tag| format!("{tag} => 200"));
        assert_eq!(last_status(&manner, &[CREATE, &first, &second]), status);
    }
}

#[test]
fn of_two_reasons_for_a_refusal_the_status_may_tell_which_it_was() {
    // A domain in another case, and a key that may be refused: 404 is for the one, 400 for the other.
    let put = |domain: &str, name: &str, answer: &str| {
        let put = put_keyed(&format!(
            r#"{A_IS_UNIQUE},"l":[{{"StandardIdentifiers":["SECONDARY"],"FieldNames":["b"]}}]"#
        ));
        let put = put.replace("/domains/d/", &format!("/domains/{domain}/"));
        let answer = match answer {
            "200" => format!(r#"200 {{"ObjectTypeName":"{name}","Description":"n"}}"#),
            refused => refused.to_owned(),
        };
        format!("{} => {answer}", put.replace("/N ", &format!("/{name} ")))
    };
    let get = |answer: &str| format!("GET /domains/D => {answer}");
    let shown = format!("200 {}", domain_with(30, ""));
    for (first, then, fits) in [
        (BAD, put("d", "M", "200"), false),
        (BAD, put("d", "M", BAD), true),
        (BAD, get(&shown), true),
        (BAD, get(NOT_FOUND), true),
        (NOT_FOUND, put("d", "M", "200"), true),
        (NOT_FOUND, put("d", "M", BAD), true),
        (NOT_FOUND, get(&shown), false),
        (NOT_FOUND, get(NOT_FOUND), true),
        ("200", put("d", "M", BAD), false),
        ("200", get(NOT_FOUND), false),
    ] {
        let told = [CREATE.to_owned(), put("D", "N", first), then.clone()];
        assert_eq!(judged(&told).0, fits, "{first} {then}");
    }
}

#[test]
fn two_flaws_at_once_show_that_either_may_be_told() {
    let shows = |request: &str, answer: &str| {
        let mut model = Model::observer(&open());
        let observed = model.observe(&exchange(&format!("{request} => {answer}")));
        assert!(matches!(observed.fit, Fit::Allowed { .. }), "{request}");
        let mut cites = observed.cites.iter();
        cites.any(|(rule, _)| rule.id() == "proto.precedence")
    };
    assert!(!shows("GET /domains/none", NOT_FOUND));
    assert!(!shows("POST /domains/d {}", BAD));
    let flawed = r#"PUT /domains/none/object-types/N {"Description":""}"#;
    assert!(shows(flawed, NOT_FOUND) && shows(flawed, BAD));
    let invalid = "must domain.scope-unknown-invalid".to_owned();
    assert!(weighing(&[], flawed).contains(&invalid));
    assert!(!weighing(&[], "GET /domains/none/object-types/N").contains(&invalid));
}

#[test]
fn a_name_in_another_case_is_of_the_same_type_or_of_another() {
    let two = PUT.replacen("types/T", "types/t", 1).replace("one", "two");
    let two = two.replace("\"ObjectTypeName\":\"T\"", "\"ObjectTypeName\":\"t\"");
    let fields = r#""Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let get = |asked: &str, shown: &str, description: &str| {
        format!(
            r#"GET /domains/d/object-types/{asked} => 200 {{"ObjectTypeName":"{shown}","Description":"{description}",{fields}}}"#
        )
    };
    let (create, put) = (CREATE.to_owned(), PUT.to_owned());
    for (fits, before, then) in [
        (
            true,
            vec![],
            vec![get("T", "T", "one"), get("t", "t", "two")],
        ),
        (
            true,
            vec![],
            vec![get("T", "T", "two"), get("t", "T", "two")],
        ),
        (
            false,
            vec![],
            vec![get("T", "T", "one"), get("t", "t", "one")],
        ),
        (
            false,
            vec![],
            vec![get("T", "T", "two"), get("t", "t", "one")],
        ),
        // Who has shown it by either name has only one.
        (true, vec![get("t", "T", "one")], vec![get("T", "T", "two")]),
        (
            false,
            vec![get("t", "T", "one")],
            vec![get("T", "T", "one")],
        ),
        (
            true,
            vec![format!("GET /domains/d/object-types/t => {NOT_FOUND}")],
            vec![get("T", "T", "one")],
        ),
        (
            false,
            vec![format!("GET /domains/d/object-types/t => {NOT_FOUND}")],
            vec![get("T", "T", "two")],
        ),
    ] {
        let told = [
            vec![create.clone(), put.clone()],
            before,
            vec![two.clone()],
            then,
        ]
        .concat();
        assert_eq!(judged_anywhere(&told), fits, "{told:#?}");
    }
}

/// Whether all answers of a conversation are allowed.
fn judged_anywhere(told: &[String]) -> bool {
    let mut model = Model::observer(&open());
    told.iter()
        .all(|line| matches!(model.observe(&exchange(line)).fit, Fit::Allowed { .. }))
}

#[test]
fn tags_of_a_type_that_is_put_again_are_the_old_the_new_or_both() {
    let put = |name: &str, tags: &str| {
        let tags = match tags {
            "none" => String::new(),
            tags => format!(r#","Tags":{tags}"#),
        };
        let [put, _] = typed(name, &format!("{}{tags}", mapped()));
        let (asked, _) = put.split_once(" => ").expect("a request");
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
    let refused = format!("PUT /domains/d/object-types/N {{\"Description\":\"\"}} => {BAD}");
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
fn a_type_that_has_a_mapping_of_its_own_now_should_forget_its_template() {
    let template = r#","TemplateId":"t""#;
    let [by_template, _] = typed("N", template);
    let [put, get] = typed("N", &mapped());
    let [bare, bare_get] = typed("N", "");
    let with = |get: &str| get.replace("\"one\"", &format!("\"one\"{template}"));
    let without = get.replace(&mapped(), "");
    let replaced = "put-type.replace.template-to-custom";
    let stale = "put-type.replace.fields-keys";
    for (told, fits, rule) in [
        (vec![&by_template, &put, &get], true, None),
        (vec![&by_template, &put, &with(&get)], true, None),
        (
            vec![&bare, &bare, &with(&bare_get)],
            false,
            Some("put-type.replace.optional-scalars"),
        ),
        (vec![&put, &put, &with(&get)], true, Some(replaced)),
        (vec![&put, &get], true, None),
        (vec![&put, &without], false, Some("put-type.echo.fields")),
        (
            vec![&put, &put, &without],
            false,
            Some("put-type.echo.fields"),
        ),
        (vec![&put, &bare, &get], false, Some(stale)),
        (vec![&bare, &get], false, Some("put-type.echo.fields")),
    ] {
        let told: Vec<String> = [CREATE.to_owned()]
            .into_iter()
            .chain(told.into_iter().cloned())
            .collect();
        let (found, rules) = judged(&told);
        assert_eq!((found, rules.first().copied()), (fits, rule), "{told:#?}");
    }
}

#[test]
fn with_one_type_goes_nothing_of_another() {
    let other = CARD
        .replace("object-types/C", "object-types/G")
        .replace(
            r#""AllowProfileCreation":true"#,
            r#""AllowProfileCreation":false"#,
        )
        .replace("cId", "gId")
        .replace(r#","Target":"_profile.FirstName""#, "")
        .replace(r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"G""#);
    let start = one_made();
    let added = ingest("2", "x", "Bea", "k2").replace(r#""C""#, r#""G""#);
    let gone = r#"DELETE /domains/d/object-types/G => 200 {"Message":"m"}"#.to_owned();
    for (shown, fits) in [
        (Some(r#","FirstName":"Ann""#), true),
        (Some(""), false),
        (None, false),
    ] {
        let mut told = start.to_vec();
        told.extend([other.clone(), added.clone(), gone.clone(), by_id(P, shown)]);
        assert_eq!(judged(&told) == (true, vec![]), fits, "{shown:?}");
    }
}

#[test]
fn the_reference_takes_away_what_came_from_a_type_and_no_more() {
    let mut model = Model::reference();
    let mut ask = |line: &str| {
        let response = ask(&mut model, line);
        assert_eq!(response.status, 200, "{line}");
        Json::parse(&response.body).expect("JSON")
    };
    for line in one_made() {
        ask(&line);
    }
    let found = ask(&search("mKey", "x", &[]));
    let id = found.pointer("/Items/0/ProfileId").and_then(Json::as_str);
    let id = id.expect("an id").to_owned();
    ask(&format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{id}","LastName":"Lee"}} => 200 {{}}"#
    ));
    ask("DELETE /domains/d/object-types/C => 200 {}");
    let found = ask(&by_id(&id, None));
    let member = |name: &str| {
        found
            .pointer(&format!("/Items/0/{name}"))
            .and_then(Json::as_str)
    };
    assert_eq!(member("LastName"), Some("Lee"));
    assert_eq!(member("FirstName"), None);
}

#[test]
fn of_equal_names_in_a_template_the_last_counts() {
    for more in [0, 14, 15, 16, 20] {
        let others: String = (0..more)
            .map(|n| format!(r#""f{n}":{{"Source":"_source.f"}},"#))
            .collect();
        let field = |source: &str| format!(r#""a":{{"Source":"_source.{source}"}}"#);
        let get = |fields: &str| {
            format!(r#"GET /templates/t => 200 {{"TemplateId":"t","Fields":{{{others}{fields}}}}}"#)
        };
        let twice = get(&format!("{},{}", field("x"), field("y")));
        for (then, fits) in [
            (&twice, true),
            (&get(&field("y")), true),
            (&get(&field("x")), false),
        ] {
            let told = [twice.clone(), then.clone()];
            assert_eq!(judged_anywhere(&told), fits, "{more} {then}");
        }
    }
}

#[test]
fn who_finds_nothing_may_say_so_before_all_of_a_search_is_checked() {
    for (query, value, fits) in [
        ("", "x", false),
        ("", "y", true),
        ("?max-results=0", "x", false),
        ("?max-results=0", "y", true),
    ] {
        let request = format!(
            r#"POST /domains/d/profiles/search{query} {{"KeyName":"mKey","Values":["{value}"]}}"#
        );
        let mut told = one_made().to_vec();
        told.push(format!("{request} => {NOT_FOUND}"));
        assert_eq!(judged(&told).0, fits, "{query} {value}");
    }
}

#[test]
fn values_that_were_alternatives_once_are_alternatives() {
    let two = [
        ingest("2", "y", "Bea", "k2"),
        search("mKey", "y", &[(Q, "Bea")]),
    ];
    let ann = format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#);
    let bea = format!(r#"{{"ProfileId":"{Q}","FirstName":"Bea"}}"#);
    let both = format!("{ann},{bea}");
    let search = |values: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"mKey","Values":[{values}]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let (xy, xz) = (r#""x","y""#, r#""x","z""#);
    for (first, second, fits) in [
        (search(xy, &both), search(xy, &both), true),
        (search(xy, &both), search(xy, &ann), false),
        (search(xy, &ann), search(xy, &ann), true),
        (search(xy, &ann), search(xy, ""), true),
        // Those of one value alone would have been found by whoever takes the first.
        (search(xz, &ann), search(xy, &ann), true),
        (search(xz, &ann), search(xy, ""), true),
    ] {
        let told = [&one_made()[..], &two, &[first, second]].concat();
        assert_eq!(judged_anywhere(&told), fits, "{told:#?}");
    }
    // Where each value finds all, that they do says nothing.
    let same = [
        ingest("3", "x", "Ann", "k3"),
        search(r#""1","3""#, &ann).replace("mKey", "cId"),
        search(xy, &ann),
    ];
    assert!(judged_anywhere(&[&one_made()[..], &two, &same].concat()));
    // Who is found by another value breaks the rules that tell values apart.
    let told = [&one_made()[..], &two, &[search(r#""y""#, &both)]].concat();
    assert!(candidates(&told).contains(&"key.compound-differs"));
    let stranger = search(r#""y""#, &both)
        .replace("mKey", "_profileId")
        .replace("\"y\"", &format!("{P:?}"));
    let stranger = stranger.replace(&both, &both.replace(Q, &"3".repeat(32)));
    let told = [&one_made()[..], &two, &[stranger]].concat();
    assert_eq!(candidates(&told)[0], "std.keys.profile-id");
}

#[test]
fn a_member_in_another_case_should_not_be_read() {
    let told = |members: &str| {
        judged(&[
            CREATE.to_owned(),
            naming("_source.a.b"),
            object(&format!(r#"{{"id":"1",{members}}}"#)),
            named(Some("Ann")),
        ])
    };
    assert_eq!(told(r#""a":{"b":"Ann"}"#), (true, vec![]));
    assert_eq!(told(r#""A":{"B":"Ann"}"#), (true, vec!["extract.case"]));
    for other in [r#""x":{"b":"Ann"}"#, r#""A":{"x":"Ann"}"#, r#""A":"Ann""#] {
        assert!(!told(other).0, "{other}");
    }
}

#[test]
fn numbers_that_every_reader_holds_are_read_as_they_are() {
    for (number, shown, right) in [
        ("9007199254740992", "9007199254740992", true),
        ("9007199254740992", "9007199254740993", false),
        ("9007199254740993", "9007199254740992", true),
        ("-9007199254740992", "-9007199254740991", false),
        ("1.50", "1.5", true),
        ("15", "15.0", false),
        ("-0", "0", true),
    ] {
        let members = format!(r#""n":{number}"#);
        assert_eq!(
            may_be("_source.n", &members, Some(shown)),
            right,
            "{number} {shown}"
        );
    }
}

#[test]
fn the_reference_escapes_markup_where_its_manner_says_so() {
    let choice = choice!("cap.handlebars-escape");
    for (option, shown) in [
        (0, "a&<b>\"'`=/"),
        (1, "a&amp;&lt;b&gt;&quot;&#x27;&#x60;&#x3D;/"),
    ] {
        let manner = Manner::default().choosing(choice, option);
        let members = r#""m":"a&<b>\"'`=/""#;
        let found = reads(&manner, "{{_source.m}}", members);
        assert_eq!(found.as_deref(), Some(shown));
    }
    let usual = reads(&Manner::default(), "{{_source.m}}", r#""m":"a&b""#);
    assert!(usual.is_some());
    // How a slash is escaped differs between dialects.
    let slash = |shown: &str| may_be("{{_source.m}}", r#""m":"a/b""#, Some(shown));
    assert!(slash("a/b") && slash("a&#x2F;b"));
}

#[test]
fn what_the_reference_renders_is_no_longer_than_an_object() {
    let list = ["0"; 128].join(",");
    let members = format!(r#""l":[{list}],"s":"{}""#, "s".repeat(2000));
    let each = "{{#each _source.l}}{{@root._source.s}}{{/each}}";
    // Without the value of its key an object is refused.
    let status = |source: &str| {
        let put = format!(
            r#"PUT /domains/d/object-types/X {{"Description":"x","AllowProfileCreation":true,"Fields":{{"t":{{"Source":"{source}"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["t"]}}]}}}} => 200"#
        );
        let object = object(&format!("{{{members}}}"));
        last_status(&Manner::default(), &[CREATE, &put, &object])
    };
    assert_eq!(status(each), 200);
    assert_eq!(status(&format!("x{each}")), 400);
}

/// Content type, the value of a key, and a text that is searched for: whether it finds that value.
const VALUES: &str = r#"
STRING | a | a => is found
STRING | a | A => should not be found
STRING | a-b | ab => should not be found
STRING | a | b => is not found
STRING | a | a  => may be found
STRING | ａ | a => may be found
STRING | é | è => is not found
NUMBER | 1 | 1 => is found
NUMBER | 1 | 1.0 => may be found
NUMBER | 1 | 1e0 => may be found
NUMBER | 1 | 2 => is not found
NUMBER | one | two => is not found
PHONE_NUMBER | 2065550100 | 2065550100 => is found
PHONE_NUMBER | +12065550100 | (206)555-0100 => is found
PHONE_NUMBER | +12065550100 | 12065550100 => is found
PHONE_NUMBER | +12065550100 | 206 555 0100 => should be found
PHONE_NUMBER | +12065550100 | 206.555.0100 => should be found
PHONE_NUMBER | 2065550100 | 3065550100 => is not found
PHONE_NUMBER | 2065550100 | 2065550101 => is not found
PHONE_NUMBER | +2065550100 | 2065550100 => may be found
PHONE_NUMBER | 5550100 | 555-0100 => may be found
PHONE_NUMBER | +1206555010 | 1206555010 => may be found
PHONE_NUMBER | 206-555-0100x | 2065550100 => may be found
PHONE_NUMBER | 206+5550100 | 2065550100 => may be found
PHONE_NUMBER | +442079460018 | 44207 => may be found
PHONE_NUMBER | 44207 | +442079460018 => may be found
PHONE_NUMBER | +442079460018 | +332079460018 => may be found
PHONE_NUMBER | +442079460018 | +442079460019 => is not found
PHONE_NUMBER | +442079460018 | none => may be found
EMAIL_ADDRESS | a@b | a@b => is found
EMAIL_ADDRESS | a@b | A@B => may be found
EMAIL_ADDRESS | a@b | a @b => may be found
EMAIL_ADDRESS | a@b | c@b => is not found
EMAIL_ADDRESS | ａ@b | a@b => may be found
NAME | Ann Lee | Ann Lee => is found
NAME | Ann Lee | ann  LEE => may be found
NAME | Ann Lee | AnnLee => may be found
NAME | Ann Lee | Bea Lee => is not found
NAME | ﬁn | FIN => may be found
"#;

/// A type `V` of which a key compares values of a content type, and an object of it.
fn valued(content: &str, value: &str) -> [String; 2] {
    let put = format!(
        r#"PUT /domains/d/object-types/V {{"Description":"v","Fields":{{"id":{{"Source":"_source.id"}},"m":{{"Source":"_source.m"}},"v":{{"Source":"_source.v","ContentType":"{content}"}}}},"Keys":{{"vId":[{{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}}],"mKey":[{{"StandardIdentifiers":["PROFILE"],"FieldNames":["m"]}}],"vKey":[{{"FieldNames":["v"]}}]}}}} => 200 {{"ObjectTypeName":"V","Description":"v"}}"#
    );
    let text = format!(r#"{{"id":"9","m":"x","v":{}}}"#, quoted(value));
    let object = format!(
        r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"V","Object":{}}} => 200 {{"ProfileObjectUniqueKey":"v9"}}"#,
        quoted(&text)
    );
    [put, object]
}

#[test]
fn when_two_texts_are_one_value_depends_on_the_content_type() {
    for line in VALUES.lines().skip(1) {
        let (cells, likeness) = line.split_once(" => ").expect("an arrow");
        let cells: Vec<&str> = cells.split(" | ").collect();
        let [content, value, wanted] = cells[..] else {
            panic!("{line}");
        };
        let told = |items: &[(&str, &str)]| {
            let mut told = one_made().to_vec();
            told.extend(valued(content, value));
            told.push(search("vKey", wanted, items));
            judged(&told)
        };
        let (found, missed) = (told(&[(P, "Ann")]), told(&[]));
        let fine = |(fits, rules): &(bool, Vec<&str>)| *fits && rules.is_empty();
        let is = match (fine(&found), fine(&missed)) {
            (true, true) => "may be found",
            (true, false) if missed.0 => "should be found",
            (true, false) => "is found",
            (false, true) if found.0 => "should not be found",
            (false, true) => "is not found",
            (false, false) => "neither",
        };
        assert_eq!(is, likeness, "{line}: {found:?} {missed:?}");
    }
}

#[test]
fn the_reference_finds_a_value_by_what_it_is() {
    let finds = |manner: &Manner, content: &str, value: &str, wanted: &str| {
        let mut lines = one_made().to_vec();
        lines.extend(valued(content, value));
        lines.push(search("vKey", wanted, &[]));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        answered(manner, &lines).pointer("/Items/0").is_some()
    };
    let usual = Manner::default();
    for (content, value, wanted, found) in [
        ("STRING", "a", "a", true),
        ("STRING", "a", "A", false),
        ("NUMBER", "1", "1.0", true),
        ("NUMBER", "1", "2", false),
        ("NUMBER", "9007199254740991", "9007199254740991.0", true),
        ("NUMBER", "9007199254740993", "9007199254740992", false),
        ("NUMBER", "9007199254740992", "9007199254740992.0", false),
        ("NUMBER", "one", "one", true),
        ("NUMBER", "one", "two", false),
        ("PHONE_NUMBER", "+12065550100", "(206) 555-0100", true),
        ("PHONE_NUMBER", "+12065550100", "2065550101", false),
        ("PHONE_NUMBER", "+442079460018", "+442079460018", true),
        ("PHONE_NUMBER", "+442079460018", "442079460018", false),
        ("EMAIL_ADDRESS", "a@b", "A@b", true),
        ("NAME", "Ann  Lee", "ann lee", true),
        ("NAME", "Ann Lee", "Bea Lee", false),
    ] {
        assert_eq!(
            finds(&usual, content, value, wanted),
            found,
            "{content} {value} {wanted}"
        );
    }
    let exact = usual
        .choosing(choice!("cap.email-fold"), 1)
        .choosing(choice!("cap.name-fold"), 1);
    for (content, value, wanted, found) in [
        ("EMAIL_ADDRESS", "a@b", "A@b", false),
        ("EMAIL_ADDRESS", "a@b", "a@b", true),
        ("NAME", "Ann", "ann", false),
        ("NAME", "Ann", "Ann", true),
    ] {
        assert_eq!(
            finds(&exact, content, value, wanted),
            found,
            "{content} {value} {wanted}"
        );
    }
}

#[test]
fn who_does_not_tell_upper_from_lower_case_may_show_either() {
    let fields = r#""Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let domain = |asked: &str, shown: &str| {
        let body = domain_with(30, "").replace("\"d\"", &format!("{shown:?}"));
        format!("GET /domains/{asked} => 200 {body}")
    };
    let object_type = |asked: &str, shown: &str| {
        format!(
            r#"GET /domains/d/object-types/{asked} => 200 {{"ObjectTypeName":"{shown}","Description":"one",{fields}}}"#
        )
    };
    let template = |asked: &str, shown: &str| {
        format!(r#"GET /templates/{asked} => 200 {{"TemplateId":"{shown}"}}"#)
    };
    let start = [CREATE.to_owned(), PUT.to_owned(), template("p", "p")];
    for (odd, missing, rule) in [
        (domain("d", "D"), "GET /domains/D", "domain.get.echo"),
        (
            object_type("T", "t"),
            "GET /domains/d/object-types/t",
            "put-type.response.echo",
        ),
        (
            template("p", "P"),
            "GET /templates/P",
            "template.get.id-echo",
        ),
    ] {
        let missing = format!("{missing} => {NOT_FOUND}");
        let mut told = start.to_vec();
        told.push(odd.clone());
        assert_eq!(judged(&told), (true, vec![]), "{odd}");
        let mut told = start.to_vec();
        told.extend([missing, odd]);
        assert_eq!(judged(&told), (false, vec![rule]));
    }
}

#[test]
fn what_a_type_has_shown_it_shows_again() {
    let [put, get] = typed("N", &mapped());
    let with = |more: &str| get.replacen("\"one\"", &format!("\"one\"{more}"), 1);
    let (days, allow) = (
        r#","ExpirationDays":30"#,
        r#","AllowProfileCreation":false"#,
    );
    let key = r#","EncryptionKey":"""#;
    for more in [days, allow, key] {
        for (first, second, fits) in [
            (more, more, true),
            ("", "", true),
            (more, "", false),
            ("", more, false),
        ] {
            let told = [CREATE.to_owned(), put.clone(), with(first), with(second)];
            assert_eq!(judged(&told) == (true, vec![]), fits, "{first} {second}");
        }
    }
    // Keys with one identifier each are as good as one with both.
    let apart = r#","Fields":{"a":{"Source":"_source.a"}},"Keys":{"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["a"]}],"l":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["a"]}],"m":[{"FieldNames":["a"]}]}"#;
    let [put, get] = typed("M", apart);
    assert_eq!(judged(&[CREATE.to_owned(), put, get]), (true, vec![]));
}

#[test]
fn an_answer_that_fits_shows_the_rules_of_what_it_holds() {
    let shown = |told: &[&str]| -> Vec<&'static str> {
        let mut model = Model::observer(&open());
        let mut rules = Vec::new();
        for line in told {
            let observed = model.observe(&exchange(line));
            assert!(
                matches!(observed.fit, Fit::Allowed { .. }),
                "{line}: {:?}",
                observed.fit
            );
            rules = observed.cites.iter().map(|(rule, _)| rule.id()).collect();
        }
        rules
    };
    let [put, get] = typed("N", &mapped());
    let type_rules = shown(&[CREATE, &put, &get]);
    for rule in [
        "put-type.echo.fields",
        "put-type.echo.keys",
        "put-type.timestamps",
    ] {
        assert!(type_rules.contains(&rule), "{rule} in {type_rules:?}");
    }
    let template = |id: &str| {
        shown(&[&format!(
            r#"GET /templates/{id} => 200 {{"TemplateId":"{id}"}}"#
        )])
    };
    assert!(template("t").contains(&"template.get.well-formed"));
    assert!(!template("t").contains(&"template.multi-link"));
    assert!(template("Salesforce-Contact").contains(&"template.multi-link"));
    let made = one_made();
    let made = made.each_ref().map(String::as_str);
    assert!(shown(&made).contains(&"search.profile-shape"));
    let listed = list(P, &[("k1", ONE)]);
    assert!(shown(&[&made[..], &[&listed]].concat()).contains(&"list-objects.item.object"));
}

#[test]
fn a_difference_is_told_with_its_place_and_with_what_may_have_spoilt_it() {
    let found = |told: &[&str]| -> Difference {
        let mut model = Model::observer(&open());
        for line in told {
            if let Fit::Forbidden(differences) = model.observe(&exchange(line)).fit {
                return differences.into_iter().next().expect("a difference");
            }
        }
        panic!("all fit: {told:#?}");
    };
    let [put, get] = typed("N", &mapped());
    let other = get.replace("\"one\"", "\"two\"");
    let idempotent = found(&[CREATE, &put, &put, &other]);
    let rules: Vec<_> = idempotent.rules.iter().map(|rule| rule.id()).collect();
    assert!(rules.contains(&"put-type.idempotent"), "{rules:?}");
    assert_eq!(idempotent.place, "/Description");
    let tag = format!(
        r#"POST {} {{"tags":{{"a/b":"1"}}}} => 200 {{}}"#,
        tags_of("domains/d")
    );
    let list = format!(
        r#"GET {} => 200 {{"tags":{{"a/b":"2"}}}}"#,
        tags_of("domains/d")
    );
    assert_eq!(found(&[CREATE, &tag, &list]).place, "/tags/a~1b");
    // Ids the system assigns have one form, and times one order.
    let create = r#"POST /domains/d/profiles {"FirstName":"A"} => 200 {"ProfileId":"x"}"#;
    assert_eq!(
        found(&[CREATE, create]).expected,
        "<new id of 32 hex digits>"
    );
    let updated = |time: &str| {
        CREATE.replace(
            r#""LastUpdatedAt":1700000000"#,
            &format!(r#""LastUpdatedAt":{time}"#),
        )
    };
    assert_eq!(found(&[&updated("1699999998")]).place, "/CreatedAt");
    allowed(&[&updated("1699999999.95")]);
    let made = one_made();
    let made = made.each_ref().map(String::as_str);
    let wrong = super::list(P, &[("k1", TWO)]);
    let rules = found(&[&made[..], &[&wrong]].concat()).rules;
    assert_eq!(rules[0].id(), "list-objects.item.object");
    let bea = search("mKey", "x", &[(P, "Bea")]);
    assert_eq!(found(&[&made[..], &[&bea]].concat()).expected, "\"Ann\"");
}

#[test]
fn large_numbers_within_an_object_may_lose_digits() {
    let told = |number: &str, shown: &str| {
        let object = |number: &str| format!(r#"{{"id":"1","m":"x","l":[1,{number}]}}"#);
        let put = format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C","Object":{}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#,
            quoted(&object(number))
        );
        let found = format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"mKey","Values":["x"]}} => 200 {{"Items":[{{"ProfileId":"{P}"}}]}}"#
        );
        judged(&[
            CREATE.to_owned(),
            CARD.to_owned(),
            put,
            found,
            list(P, &[("k1", &object(shown))]),
        ])
    };
    let (large, near, far) = ("9007199254740993", "9007199254740992", "9007199254741992");
    assert_eq!(told(large, large), (true, vec![]));
    assert_eq!(told(large, near), (true, vec![]));
    assert_eq!(told("5", "5.0"), (true, vec![]));
    let imprecise = "list-objects.item.number-precision";
    assert_eq!(told(far, large).1.first(), Some(&imprecise));
    assert_eq!(told("5", "6"), (false, vec!["list-objects.item.object"]));
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
fn a_key_that_was_removed_finds_nobody() {
    let key = format!(r#"{{"ProfileId":"{P}","KeyName":"aKey","Values":["v"]}}"#);
    let told = [
        CREATE.to_owned(),
        format!(r#"POST /domains/d/profiles {{"FirstName":"Ann"}} => 200 {{"ProfileId":"{P}"}}"#),
        format!(
            r#"POST /domains/d/profiles/keys {key} => 200 {{"KeyName":"aKey","Values":["v"]}}"#
        ),
        format!(r#"POST /domains/d/profiles/keys/delete {key} => 200 {{"Message":"m"}}"#),
        search("aKey", "v", &[(P, "Ann")]),
    ];
    assert_eq!(candidates(&told)[0], "profile.key.delete");
}

#[test]
fn where_any_answer_will_do_another_reading_may_still_deserve_a_warning() {
    // Whether the odd put was taken nobody knows; if so, nothing about the domain is known either.
    let odd = PUT.replacen(
        "\"Description\"",
        "\"Description\":\"x\",\"Description\"",
        1,
    );
    let (asked, _) = odd.split_once(" => ").expect("a request");
    let mut model = Model::observer(&open());
    let mut told = one_made().to_vec();
    told.extend(valued("STRING", "a"));
    told.push(format!("{asked} => 503 ServiceUnavailableException"));
    for line in &told {
        model.observe(&exchange(line));
    }
    let last = search("vKey", "A", &[(P, "Ann")]);
    match model.observe(&exchange(&last)).fit {
        Fit::Allowed { warnings } => assert_eq!(warnings[0].rules[0].id(), "key.string.differs"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_two_long_mappings_that_differ_at_their_ends_either_may_be_the_last() {
    let source = |end: &str| format!("{}{end}", "{{_source.a}} ".repeat(30));
    let put = |source: &str| naming(source).replace("xKey", "k");
    let show = |source: &str| {
        let shown = put(source);
        let (_, body) = shown.split_once(" {").expect("a body");
        let (body, _) = body.split_once(" => ").expect("an answer");
        format!(r#"GET /domains/d/object-types/X => 200 {{"ObjectTypeName":"X",{body}"#)
    };
    for last in ["x", "y"] {
        let mut model = Model::observer(&open());
        model.observe(&exchange(CREATE));
        let puts = ["x", "y"].map(|end| exchange(&put(&source(end))));
        model.observe_together(&[&puts[0], &puts[1]]);
        let fit = model.observe(&exchange(&show(&source(last)))).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{last}: {fit:?}");
    }
}
