//! What definitions mean: domains, object types, their fields and keys, templates and tags.

mod answers;
mod domains;
mod fields;
mod keys;
mod templates;
mod types;

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

/// The request of a line.
fn asked(line: &str) -> &str {
    let (request, _) = line.split_once(" => ").expect("a request");
    request
}

/// A domain of that name, made as `d` is.
fn create_named(name: &str) -> String {
    CREATE
        .replace("/d ", &format!("/{name} "))
        .replace("\"d\"", &format!("\"{name}\""))
}

/// A put with two descriptions, of which nobody knows what it means.
fn described_twice(put: &str) -> String {
    put.replacen(
        "\"Description\"",
        "\"Description\":\"x\",\"Description\"",
        1,
    )
}

/// A put without a description, which is refused.
fn refused_put(name: &str) -> String {
    format!(r#"PUT /domains/d/object-types/{name} {{"Description":""}} => {BAD}"#)
}

/// The manner that takes the other way that a rule leaves open.
fn other_way(rule: &str) -> Manner {
    let rule = RuleId::find(rule).expect("a rule");
    Manner::default().taking(rule, 1)
}

/// A search for one value, and what it shows.
fn searched(key: &str, value: &str, items: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

/// A search for the value `1`, and its answer.
fn search_of_one(key: &str, answer: &str) -> String {
    format!(r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["1"]}} => {answer}"#)
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

/// An observer of a conversation of which all answers are allowed.
fn observer_of<T: AsRef<str>>(told: &[T]) -> Model {
    let mut model = Model::observer(&open());
    for line in told.iter().map(AsRef::as_ref) {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    model
}

/// What the last answer of a conversation deserves: the rules that it breaks or that warn of it, and whether it is allowed.
fn judged(told: &[String]) -> (bool, Vec<&'static str>) {
    let (last, before) = told.split_last().expect("a conversation");
    let mut model = observer_of(before);
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
    searched("_profileId", id, &items)
}

/// What an answer to a request rests on, after a conversation: `must`, `should`, `may` and `grudge` with the rules for
/// which it is refused, and `shows` with those of its success.
fn weighing(told: &[&str], request: &str) -> Vec<String> {
    let model = observer_of(told);
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

/// All rules of what is wrong with the last answer.
fn candidates(told: &[String]) -> Vec<&'static str> {
    let (last, before) = told.split_last().expect("a conversation");
    let mut model = observer_of(before);
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

/// The address of the tags of a resource.
fn tags_of(resource: &str) -> String {
    let resource = resource.replace('/', "%2F");
    format!("/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3A{resource}")
}

/// How a domain is shown with some settings.
fn domain_with(days: u16, more: &str) -> String {
    format!(
        r#"{{"DomainName":"d","DefaultExpirationDays":{days},"CreatedAt":1700000000,"LastUpdatedAt":1700000000{more}}}"#
    )
}

/// Whether all answers of a conversation are allowed.
fn judged_anywhere(told: &[String]) -> bool {
    let mut model = Model::observer(&open());
    told.iter()
        .all(|line| matches!(model.observe(&exchange(line)).fit, Fit::Allowed { .. }))
}

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
