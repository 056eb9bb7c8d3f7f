//! What the model makes of answers: conversations a faithful target may hold, and conversations none may.
//!
//! A conversation is a list of lines `METHOD target body => status [type] body`. It is allowed as a whole, or its last
//! line breaks the named rule.

mod definitions;
mod doubts;
mod objects;
mod profiles;

use std::time::Duration;

use profile_contract::case::text;
use profile_contract::choice;
use profile_contract::contract::operation::operation;
use profile_contract::contract::{Choices, Options};
use profile_contract::judge::{Heard, Judge, Outcome, Severity, Verdict};
use profile_contract::model::absence::Served;
use profile_contract::model::{Difference, Fit, Model};
use profile_contract::wire::{
    Answer, Exchange, Headers, Message, NoAnswer, NoAnswerKind, Request, Response,
};

/// The clock of the conversations, in seconds.
const NOW: i64 = 1_700_000_000;

const CREATE: &str = r#"POST /domains/d {"DefaultExpirationDays":30} => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
const PUT: &str = r#"PUT /domains/d/object-types/T {"Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}} => 200 {"ObjectTypeName":"T","Description":"one"}"#;

/// A target of which only that it asks for no signature is known.
fn open() -> Choices {
    let mut choices = Choices::open();
    choices.narrow(choice!("cap.auth"), Options::only(0));
    choices
}

fn exchange(line: &str) -> Exchange {
    let (asked, answered) = line
        .split_once(" => ")
        .expect("a request, ` => `, and an answer");
    let mut words = asked.splitn(3, ' ');
    let mut headers = Headers::default();
    let (method, target) = (
        words.next().expect("a method"),
        words.next().expect("a target"),
    );
    let body = words.next().map(|body| body.to_owned().into());
    if body.is_some() {
        headers.push("content-type", "application/json");
    }
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
    };
    let (status, rest) = answered.split_once(' ').unwrap_or((answered, ""));
    let mut headers = Headers::from_iter([("content-type", "application/json")]);
    let body = match rest.split_once(' ') {
        _ if rest.starts_with('{') || rest.starts_with('[') || rest.is_empty() => rest,
        Some((error, body)) => {
            headers.push("X-Amzn-Errortype", error);
            body
        }
        None => {
            headers.push("X-Amzn-Errortype", rest);
            "{}"
        }
    };
    let status = status.parse().expect("a status");
    let response = Response {
        status,
        headers,
        body: body.to_owned().into(),
    };
    Exchange {
        message: Message::Request(request),
        answer: Answer::Response(response),
        at_ms: NOW * 1000,
        took_us: 100,
    }
}

/// The rule the last line breaks, if any; earlier lines must be allowed.
fn broken(lines: &[&str]) -> Option<String> {
    let mut model = Model::observer(&open());
    for (at, line) in lines.iter().enumerate() {
        let observed = model.observe(&exchange(line));
        match observed.fit {
            Fit::Allowed { .. } => {}
            Fit::Forbidden(differences) if at + 1 == lines.len() => {
                return Some(
                    differences
                        .first()
                        .and_then(|difference| difference.rules.first())
                        .map_or("?", |rule| rule.id())
                        .to_owned(),
                );
            }
            Fit::Forbidden(differences) => panic!("line {at} of {lines:#?}: {differences:#?}"),
            Fit::Unclear(why) => panic!("line {at} of {lines:#?} is unclear: {why}"),
        }
    }
    None
}

fn allowed(lines: &[&str]) {
    assert_eq!(broken(lines), None, "{lines:#?}");
}

fn forbidden(rule: &str, lines: &[&str]) {
    assert_eq!(broken(lines).as_deref(), Some(rule), "{lines:#?}");
}

#[test]
fn errors_may_name_their_type_in_any_carrier() {
    allowed(&["GET /domains/none => 404 ResourceNotFoundException"]);
    allowed(&["GET /domains/none => 404 ns#ResourceNotFoundException:http://x {}"]);
    allowed(&[
        r#"GET /domains/none => 404 {"__type":"com.x#ResourceNotFoundException","message":"m"}"#,
    ]);
    allowed(&[r#"GET /domains/none => 404 {"code":"ResourceNotFoundException"}"#]);
    forbidden("proto.error-type-present", &["GET /domains/none => 404 {}"]);
    forbidden(
        "proto.error-known",
        &["GET /domains/none => 404 NoSuchDomainException"],
    );
    forbidden(
        "proto.error-status",
        &["GET /domains/none => 404 BadRequestException"],
    );
    forbidden(
        "proto.error-status",
        &["GET /domains/none => 400 ResourceNotFoundException"],
    );
    forbidden(
        "domain.get.unknown",
        &["GET /domains/none => 400 BadRequestException"],
    );
    forbidden(
        "domain.get.unknown",
        &[
            r#"GET /domains/none => 200 {"DomainName":"none","CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#,
        ],
    );
    forbidden(
        "proto.no-5xx",
        &["GET /domains/none => 500 InternalServerException"],
    );
}

#[test]
fn framework_errors_stand_for_bad_requests() {
    for error in [
        "BadRequestException",
        "ValidationException",
        "SerializationException",
        "MissingParameterValue",
    ] {
        allowed(&[&format!("POST /domains/d {{}} => 400 {error}")]);
    }
    forbidden(
        "domain.create.expiration-required",
        &["POST /domains/d {} => 409 ConflictException"],
    );
    forbidden(
        "domain.create.expiration-required",
        &[
            r#"POST /domains/d {} => 200 {"DomainName":"d","DefaultExpirationDays":1,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#,
        ],
    );
}

#[test]
fn who_reads_all_of_a_request_first_may_refuse_it_before_the_domain_is_missed() {
    const ID: &str = "0123456789abcdef0123456789abcdef";
    let doubtful = [
        r#"POST /domains/none/profiles/search {"KeyName":"k","Values":[]}"#.to_owned(),
        r#"POST /domains/none/profiles/search {"KeyName":"_profileId","Values":["x"]}"#.to_owned(),
        format!(
            r#"POST /domains/none/profiles/keys {{"ProfileId":"{ID}","KeyName":"k","Values":[]}}"#
        ),
        format!(
            r#"POST /domains/none/profiles/keys {{"ProfileId":"{ID}","KeyName":"_caseId","Values":["x"]}}"#
        ),
        "POST /domains/none/profiles {}".to_owned(),
        format!(
            r#"POST /domains/none/profiles/objects {{"ProfileId":"{ID}","ObjectTypeName":"T","ObjectFilter":{{"KeyName":"k","Values":["x"]}}}}"#
        ),
        format!(
            r#"POST /domains/none/profiles/objects/merge {{"MainProfileId":"{ID}","ProfileIdsToBeMerged":["{ID}"]}}"#
        ),
        r#"PUT /domains/none/profiles/objects {"ObjectTypeName":"_asset","Object":"{}"}"#
            .to_owned(),
        "DELETE /domains/none/object-types/_profile".to_owned(),
        "GET /domains/none/object-types?next-token=abc".to_owned(),
    ];
    for request in &doubtful {
        allowed(&[&format!("{request} => 400 BadRequestException")]);
        allowed(&[&format!("{request} => 404 ResourceNotFoundException")]);
    }
    for request in [
        r#"POST /domains/none/profiles/search {"KeyName":"k","Values":["x"]}"#,
        r#"POST /domains/none/profiles {"FirstName":"A"}"#,
        "GET /domains/none/object-types",
        "DELETE /domains/none/object-types/T",
    ] {
        forbidden(
            "domain.scope-unknown",
            &[&format!("{request} => 400 BadRequestException")],
        );
    }
    forbidden(
        "domain.scope-unknown",
        &[r#"POST /domains/none/profiles/search {"KeyName":"k","Values":[]} => 200 {"Items":[]}"#],
    );
}

#[test]
fn timestamps_are_seconds_and_stay() {
    let get = |created: &str| {
        format!(
            r#"GET /domains/d => 200 {{"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":{created},"LastUpdatedAt":1700000000}}"#
        )
    };
    allowed(&[CREATE, &get("1700000000")]);
    allowed(&[CREATE, &get("1700000000.000")]);
    forbidden("domain.update.timestamps", &[CREATE, &get("1699999990")]);
    forbidden("proto.timestamp", &[CREATE, &get("1700000000000")]);
    forbidden(
        "proto.timestamp",
        &[CREATE, &get("\"2023-11-14T22:13:20Z\"")],
    );
    forbidden("proto.output-required", &[CREATE, &get("null")]);
}

#[test]
fn a_type_comes_back_as_it_was_put() {
    let get = |fields: &str, keys: &str| {
        format!(
            r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T","Description":"one","Fields":{fields},"Keys":{keys}}}"#
        )
    };
    let keys = r#"{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["id"]}]}"#;
    let fields = r#"{"id":{"Source":"_source.id","ContentType":"STRING"}}"#;
    allowed(&[CREATE, PUT, &get(fields, keys)]);
    allowed(&[
        CREATE,
        PUT,
        &get(r#"{"id":{"Source":"_source.id","Later":1}}"#, keys),
    ]);
    forbidden(
        "put-type.echo.fields",
        &[
            CREATE,
            PUT,
            &get(r#"{"id":{"Source":"_source.other"}}"#, keys),
        ],
    );
    forbidden(
        "put-type.echo.fields",
        &[
            CREATE,
            PUT,
            &get(
                r#"{"id":{"Source":"_source.id","Target":"_profile.LastName"}}"#,
                keys,
            ),
        ],
    );
    forbidden(
        "put-type.fields.content-type.default",
        &[
            CREATE,
            PUT,
            &get(
                r#"{"id":{"Source":"_source.id","ContentType":"NAME"}}"#,
                keys,
            ),
        ],
    );
    forbidden(
        "put-type.echo.keys",
        &[
            CREATE,
            PUT,
            &get(
                fields,
                r#"{"k":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}]}"#,
            ),
        ],
    );
    forbidden("put-type.echo.keys", &[CREATE, PUT, &get(fields, "{}")]);
    forbidden(
        "proto.output-types",
        &[CREATE, PUT, &get(fields, r#"{"k":{"FieldNames":["id"]}}"#)],
    );
    forbidden(
        "get-type.after-put",
        &[
            CREATE,
            PUT,
            "GET /domains/d/object-types/T => 404 ResourceNotFoundException",
        ],
    );
}

#[test]
fn a_second_put_replaces_the_first() {
    let second = PUT
        .replace("\"id\"", "\"no\"")
        .replace("_source.id", "_source.no");
    let get = |fields: &str| {
        format!(
            r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T","Description":"one","Fields":{fields},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["no"]}}]}}}}"#
        )
    };
    allowed(&[
        CREATE,
        PUT,
        &second,
        &get(r#"{"no":{"Source":"_source.no"}}"#),
    ]);
    let merged = r#"{"id":{"Source":"_source.id"},"no":{"Source":"_source.no"}}"#;
    forbidden(
        "put-type.replace.fields-keys",
        &[CREATE, PUT, &second, &get(merged)],
    );
}

#[test]
fn choices_are_free_once() {
    let (lower, upper) = (
        "GET /domains/d/object-types/t",
        "GET /domains/d/object-types/T",
    );
    let missing = format!("{lower} => 404 ResourceNotFoundException");
    let shown = r#"200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let found = format!("{lower} => {shown}");
    allowed(&[
        CREATE,
        PUT,
        &missing,
        &missing,
        &format!("{upper} => {shown}"),
    ]);
    allowed(&[CREATE, PUT, &found, &found]);
    forbidden("put-type.name.case", &[CREATE, PUT, &found, &missing]);
    forbidden("get-type.unknown", &[CREATE, PUT, &missing, &found]);
}

#[test]
fn refused_puts_have_no_effect() {
    let refused = r#"PUT /domains/d/object-types/T {"Description":""} => 400 BadRequestException"#;
    forbidden(
        "put-type.rejected-no-effect",
        &[
            CREATE,
            refused,
            r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"x"}"#,
        ],
    );
    forbidden(
        "put-type.rejected-no-effect",
        &[
            CREATE,
            PUT,
            refused,
            r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":""}"#,
        ],
    );
}

#[test]
fn tags_merge_and_stay_apart() {
    const DOMAIN: &str = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A1%3Adomains%2Fd";
    let tag = format!(r#"POST {DOMAIN} {{"tags":{{"a":"1"}}}} => 200 {{}}"#);
    let more = format!(r#"POST {DOMAIN} {{"tags":{{"b":"2"}}}} => 204"#);
    let list = |tags: &str| format!(r#"GET {DOMAIN} => 200 {{"tags":{tags}}}"#);
    allowed(&[
        CREATE,
        &list("{}"),
        &tag,
        &more,
        &list(r#"{"b":"2","a":"1"}"#),
    ]);
    forbidden(
        "tag.add.merge",
        &[CREATE, &tag, &more, &list(r#"{"b":"2"}"#)],
    );
    let untag = format!("DELETE {DOMAIN}?tagKeys=a => 200");
    allowed(&[CREATE, &tag, &more, &untag, &list(r#"{"b":"2"}"#)]);
    forbidden("tag.remove", &[CREATE, &tag, &more, &untag, &list("{}")]);
    forbidden(
        "tag.add.constraints",
        &[
            CREATE,
            &format!(r#"POST {DOMAIN} {{"tags":{{"a b":""}}}} => 200 {{}}"#),
        ],
    );
    forbidden(
        "tag.remove.count",
        &[CREATE, &format!("DELETE {DOMAIN} => 200 {{}}")],
    );
}

#[test]
fn pages_together_show_everything_once() {
    let second = PUT
        .replace("types/T ", "types/U ")
        .replace("\"ObjectTypeName\":\"T\"", "\"ObjectTypeName\":\"U\"");
    let list = |query: &str, names: &[&str], token: &str| {
        let items: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"ObjectTypeName":"{name}","Description":"one"}}"#))
            .collect();
        format!(
            r#"GET /domains/d/object-types{query} => 200 {{"Items":[{}]{token}}}"#,
            items.join(",")
        )
    };
    let first = list("?max-results=1", &["T"], r#","NextToken":"x""#);
    allowed(&[CREATE, PUT, &second, &list("", &["U", "T"], "")]);
    allowed(&[
        CREATE,
        PUT,
        &second,
        &first,
        &list("?max-results=1&next-token=x", &["U"], ""),
    ]);
    allowed(&[
        CREATE,
        PUT,
        &second,
        &first,
        &list("?max-results=1&next-token=x", &[], r#","NextToken":"y""#),
        &list("?next-token=y", &["U"], r#","NextToken":"""#),
    ]);
    forbidden(
        "list-types.complete",
        &[CREATE, PUT, &second, &list("", &["U"], "")],
    );
    forbidden(
        "list-types.complete",
        &[
            CREATE,
            PUT,
            &second,
            &first,
            &list("?max-results=1&next-token=x", &[], ""),
        ],
    );
    forbidden(
        "page.no-duplicates",
        &[
            CREATE,
            PUT,
            &second,
            &first,
            &list("?max-results=1&next-token=x", &["T"], ""),
        ],
    );
    forbidden(
        "page.max.respected",
        &[
            CREATE,
            PUT,
            &second,
            &list("?max-results=1", &["T", "U"], ""),
        ],
    );
    forbidden(
        "page.max.bounds",
        &[CREATE, &list("?max-results=0", &[], "")],
    );
    forbidden(
        "list-types.complete",
        &[CREATE, PUT, &list("", &["T", "Stranger"], "")],
    );
}

#[test]
fn a_page_may_spell_a_name_as_the_target_does() {
    let shown = |name: &str, token: &str| {
        format!(r#"{{"Items":[{{"ObjectTypeName":"{name}","Description":"one"}}]{token}}}"#)
    };
    let second = PUT
        .replace("types/T ", "types/U ")
        .replace("\"ObjectTypeName\":\"T\"", "\"ObjectTypeName\":\"U\"");
    let (first, token) = (
        shown("t", r#","NextToken":"x""#),
        "?max-results=1&next-token=x",
    );
    allowed(&[
        CREATE,
        PUT,
        &second,
        &format!("GET /domains/d/object-types?max-results=1 => 200 {first}"),
        &format!(
            "GET /domains/d/object-types{token} => 200 {}",
            shown("u", "")
        ),
    ]);
}

#[test]
fn a_token_that_is_used_in_another_way_may_be_refused_as_one_that_is_not_there() {
    let [second, third] = ["U", "V"].map(|name| {
        PUT.replace("types/T ", &format!("types/{name} ")).replace(
            "\"ObjectTypeName\":\"T\"",
            &format!("\"ObjectTypeName\":\"{name}\""),
        )
    });
    let list = |query: &str, name: &str, token: &str| {
        format!(
            r#"GET /domains/d/object-types?{query} => 200 {{"Items":[{{"ObjectTypeName":"{name}","Description":"one"}}]{token}}}"#
        )
    };
    let refused =
        |query: &str, answer: &str| format!("GET /domains/d/object-types?{query} => {answer}");
    let first = list("max-results=1", "T", r#","NextToken":"t""#);
    let next = list("max-results=1&next-token=t", "U", r#","NextToken":"u""#);
    let start = [CREATE, PUT, &second, &third, &first];
    for answer in ["404 ResourceNotFoundException", "400 BadRequestException"] {
        let again = refused("max-results=1&next-token=t", answer);
        let larger = refused("max-results=2&next-token=t", answer);
        let gone = r#"DELETE /domains/d => 200 {"Message":"m"}"#;
        for then in [
            &[next.as_str(), &again][..],
            &[&larger],
            &[PUT, &again],
            &[gone, CREATE, &again],
        ] {
            allowed(&[&start[..], then].concat());
        }
        // One that was not used yet leads on.
        forbidden("list-types.complete", &[&start[..], &[&again]].concat());
    }
    let denied = refused("max-results=2&next-token=t", "403 AccessDeniedException");
    assert!(broken(&[&start[..], &[&denied]].concat()).is_some());
}

#[test]
fn domains_are_worlds_of_their_own() {
    let other = CREATE.replace("/d ", "/e ").replace("\"d\"", "\"e\"");
    forbidden(
        "domain.isolation",
        &[
            CREATE,
            &other,
            PUT,
            r#"GET /domains/e/object-types/T => 200 {"ObjectTypeName":"T","Description":"one"}"#,
        ],
    );
    let delete = r#"DELETE /domains/d => 200 {"Message":"m"}"#;
    forbidden(
        "domain.delete.effect",
        &[
            CREATE,
            delete,
            r#"GET /domains/d => 200 {"DomainName":"d","CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#,
        ],
    );
    forbidden(
        "domain.recreate-clean",
        &[
            CREATE,
            PUT,
            delete,
            CREATE,
            r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"one"}"#,
        ],
    );
    forbidden(
        "proto.output-required",
        &[CREATE, "DELETE /domains/d => 200 {}"],
    );
}

#[test]
fn silence_is_never_an_accusation() {
    let mut model = Model::observer(&open());
    let lost = Exchange {
        answer: Answer::None(NoAnswer {
            kind: NoAnswerKind::Timeout,
            detail: String::new(),
        }),
        ..exchange(CREATE)
    };
    assert!(matches!(model.observe(&lost).fit, Fit::Unclear(_)));
    // Whether the domain exists is open now: either answer is fine, and settles it.
    for get in [
        "GET /domains/d => 404 ResourceNotFoundException",
        r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#,
    ] {
        let mut model = model.clone();
        assert!(
            matches!(model.observe(&exchange(get)).fit, Fit::Allowed { .. }),
            "{get}"
        );
    }
    assert!(matches!(
        model
            .observe(&exchange("GET /domains/d => 404 ResourceNotFoundException"))
            .fit,
        Fit::Allowed { .. }
    ));
    let found = r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
    assert!(matches!(
        model.observe(&exchange(found)).fit,
        Fit::Forbidden(_)
    ));
}

#[test]
fn throttling_and_what_is_not_there_are_unclear() {
    for answer in [
        "429 ThrottlingException",
        "503 ServiceUnavailableException",
        "404 UnknownOperationException",
        "405",
    ] {
        let mut model = Model::observer(&open());
        let line = CREATE
            .split_once(" => ")
            .map(|(asked, _)| format!("{asked} => {answer}"))
            .expect("a request");
        assert!(
            matches!(model.observe(&exchange(&line)).fit, Fit::Unclear(_)),
            "{answer}"
        );
    }
}

/// A type whose objects create profiles: `id` tells them apart, `m` finds profiles, `f` becomes the first name.
const CARD: &str = r#"PUT /domains/d/object-types/C {"Description":"c","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"m":{"Source":"_source.m"},"f":{"Source":"_source.f","Target":"_profile.FirstName"}},"Keys":{"cId":[{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}],"mKey":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["m"]}]}} => 200 {"ObjectTypeName":"C","Description":"c"}"#;
const P: &str = "00000000000000000000000000000001";
const Q: &str = "00000000000000000000000000000002";

fn ingest(id: &str, m: &str, f: &str, key: &str) -> String {
    let object = format!(r#"{{\"id\":\"{id}\",\"m\":\"{m}\",\"f\":\"{f}\"}}"#);
    format!(
        r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C","Object":"{object}"}} => 200 {{"ProfileObjectUniqueKey":"{key}"}}"#
    )
}

fn search(key: &str, value: &str, items: &[(&str, &str)]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|(id, first)| format!(r#"{{"ProfileId":"{id}","FirstName":"{first}"}}"#))
        .collect();
    let items = items.join(",");
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"{key}","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

fn list(profile: &str, items: &[(&str, &str)]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|(key, object)| {
            let object = object.replace('"', "\\\"");
            format!(
                r#"{{"ObjectTypeName":"C","ProfileObjectUniqueKey":"{key}","Object":"{object}"}}"#
            )
        })
        .collect();
    let items = items.join(",");
    format!(
        r#"POST /domains/d/profiles/objects {{"ProfileId":"{profile}","ObjectTypeName":"C"}} => 200 {{"Items":[{items}]}}"#
    )
}

const ONE: &str = r#"{"id":"1","m":"x","f":"Ann"}"#;
const TWO: &str = r#"{"id":"2","m":"x","f":"Bea"}"#;

#[test]
fn an_object_is_on_the_profile_its_key_finds() {
    let first = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
        ingest("2", "x", "Bea", "k2"),
    ];
    let and = |lines: &[String]| -> Vec<String> { first.iter().chain(lines).cloned().collect() };
    let both = list(P, &[("k2", TWO), ("k1", ONE)]);
    let told = and(&[both]);
    allowed(&told.iter().map(String::as_str).collect::<Vec<_>>());
    let told = and(&[list(P, &[("k1", ONE)])]);
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    forbidden("assign.primary.one", &told);
    let told = and(&[search("mKey", "x", &[(P, "Ann"), (Q, "Bea")])]);
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert!(broken(&told).is_some(), "a second profile");
}

#[test]
fn the_id_of_a_profile_that_an_object_made_has_its_form() {
    let made = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
    ];
    for (id, rule) in [
        (P, None),
        ("1", Some("std.id.assigned")),
        (
            "0000000a-0000-0000-0000-000000000000",
            Some("std.id.assigned"),
        ),
        ("0000000000000000000000000000000A", Some("std.id.assigned")),
    ] {
        let shown = search("mKey", "x", &[(id, "Ann")]);
        let told: Vec<&str> = made.iter().chain([&shown]).map(String::as_str).collect();
        assert_eq!(broken(&told).as_deref(), rule, "{id}");
    }
}

#[test]
fn whether_a_new_object_overwrites_is_open_until_it_shows() {
    let told = |shown: &[&str]| -> Vec<String> {
        let mut lines = vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            ingest("1", "x", "Ann", "k1"),
            search("mKey", "x", &[(P, "Ann")]),
            ingest("2", "x", "Bea", "k2"),
        ];
        lines.extend(shown.iter().map(|first| search("mKey", "x", &[(P, first)])));
        lines
    };
    for fine in [&["Ann", "Ann"], &["Bea", "Bea"]] {
        let lines = told(fine);
        allowed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for wrong in [&["Ann", "Bea"][..], &["Bea", "Ann"], &["Cleo"]] {
        let lines = told(wrong);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        forbidden("std.profile.match-overwrites", &lines);
    }
}

#[test]
fn profiles_that_look_alike_are_told_apart_by_what_is_on_them() {
    // Two nameless profiles with the same first name: which id is whose shows only later.
    let lines = |on_p: (&str, &str), on_q: (&str, &str)| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            CARD.to_owned(),
            r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"g":{"Source":"_source.g"}},"Keys":{"dId":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["id"]}],"group":[{"FieldNames":["g"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#.to_owned(),
            r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"D","Object":"{\"id\":\"1\",\"g\":\"a\"}"} => 200 {"ProfileObjectUniqueKey":"d1"}"#.to_owned(),
            r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"D","Object":"{\"id\":\"2\",\"g\":\"a\"}"} => 200 {"ProfileObjectUniqueKey":"d2"}"#.to_owned(),
            format!(r#"POST /domains/d/profiles/search {{"KeyName":"group","Values":["a"]}} => 200 {{"Items":[{{"ProfileId":"{Q}"}},{{"ProfileId":"{P}"}}]}}"#),
            list(P, &[on_p]).replace(r#""C""#, r#""D""#),
            list(Q, &[on_q]).replace(r#""C""#, r#""D""#),
        ]
    };
    let (one, two) = (
        ("d1", r#"{"id":"1","g":"a"}"#),
        ("d2", r#"{"id":"2","g":"a"}"#),
    );
    for (on_p, on_q) in [(one, two), (two, one)] {
        let lines = lines(on_p, on_q);
        allowed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let twice = lines(one, one);
    assert!(broken(&twice.iter().map(String::as_str).collect::<Vec<_>>()).is_some());
}

/// What the judge makes of two puts of one type sent at the same time and of what a read shows then.
fn shown_after_two_puts(shown: &str) -> Vec<(Severity, &'static str)> {
    let other = PUT.replace("one", "other").replace("\"k\"", "\"l\"");
    let show = |keys: &str| {
        format!(
            r#"GET /domains/d/object-types/T => 200 {{"ObjectTypeName":"T","Description":"{shown}","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"{keys}":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}}}}"#
        )
    };
    let case = "> POST /\n\n> PUT /\n\n> PUT /\n~ beside\n\n> GET /\n";
    let case = text::parse(case, "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open());
    for (step, line) in [CREATE, PUT, &other, &show("k")].into_iter().enumerate() {
        judge.see(step, &exchange(line));
    }
    let verdict = judge.finish();
    assert_eq!(verdict.unclear, None);
    let findings = verdict.findings.iter();
    findings
        .map(|finding| (finding.severity, finding.rule.id()))
        .collect()
}

#[test]
fn of_two_puts_at_the_same_time_either_may_be_the_last_but_not_both() {
    assert_eq!(shown_after_two_puts("one"), []);
    let mixture = [(Severity::Warns, "time.concurrent-put-type")];
    assert_eq!(shown_after_two_puts("other"), mixture);
}

#[test]
fn an_object_of_a_type_whose_mapping_nobody_saw_may_be_refused() {
    let put = r#"PUT /domains/d/object-types/T {"Description":"one","TemplateId":"Servicenow-task"} => 200 {"ObjectTypeName":"T","Description":"one","TemplateId":"Servicenow-task"}"#;
    let object =
        r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"T","Object":"{\"id\":\"1\"}"} => "#;
    let refused = format!("{object}400 BadRequestException");
    let served = format!(r#"{object}200 {{"ProfileObjectUniqueKey":"x"}}"#);
    assert_eq!(broken(&[CREATE, put, &refused]), None);
    assert_eq!(broken(&[CREATE, put, &served]), None);
}

#[test]
fn a_body_that_only_others_can_read_may_hold_any_mapping() {
    // Half of a surrogate pair, and more levels than our reader takes.
    for odd in [
        r#"{"Description":"\ud800","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#.to_owned(),
        format!(
            r#"{{"x":{}{},"Description":"d","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}}}}"#,
            "[".repeat(1000),
            "]".repeat(1000)
        ),
    ] {
        let put = format!(r#"PUT /domains/d/object-types/T {}"#, odd.replace(' ', ""));
        let served = format!(r#"{put} => 200 {{"ObjectTypeName":"T","Description":"\ud800"}}"#);
        // A target that asks for a mapping takes it all the same.
        let bare = r#"PUT /domains/d/object-types/U {"Description":"d"} => 400 BadRequestException"#;
        allowed(&[CREATE, bare, &served]);
        allowed(&[CREATE, bare, &format!("{put} => 400 BadRequestException")]);
    }
}

#[test]
fn an_object_that_moves_may_take_its_asset_along() {
    const TYPE: &str = r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"mail":{"Source":"_source.m","ContentType":"EMAIL_ADDRESS"},"sn":{"Source":"_source.sn","Target":"_asset.SerialNumber"}},"Keys":{"_email":[{"StandardIdentifiers":["PROFILE"],"FieldNames":["mail"]}],"stdKey":[{"StandardIdentifiers":["ASSET","UNIQUE"],"FieldNames":["sn"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;
    let (p, q, asset) = ("1".repeat(32), "2".repeat(32), "a".repeat(32));
    let create = |mail: &str, id: &str| {
        format!(
            r#"POST /domains/d/profiles {{"EmailAddress":"{mail}"}} => 200 {{"ProfileId":"{id}"}}"#
        )
    };
    let put = |mail: &str| {
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"D","Object":"{{\"m\":\"{mail}\",\"sn\":\"Z\"}}"}} => 200 {{"ProfileObjectUniqueKey":"k"}}"#
        )
    };
    let item = format!(
        r#"{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{asset}","Object":"{{\"AssetId\":\"{asset}\",\"SerialNumber\":\"Z\"}}"}}"#
    );
    let assets = |id: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"_asset","ProfileId":"{id}"}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let start = [
        CREATE.to_owned(),
        TYPE.to_owned(),
        create("m@x", &p),
        create("q@x", &q),
        put("m@x"),
    ];
    for (there, here) in [("", item.as_str()), (item.as_str(), "")] {
        let mut lines = start.to_vec();
        lines.extend([
            assets(&p, &item),
            put("q@x"),
            assets(&p, there),
            assets(&q, here),
        ]);
        allowed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn who_takes_an_identical_domain_again_may_refuse_another() {
    let other = r#"POST /domains/d {"DefaultExpirationDays":1} => 400 BadRequestException"#;
    let same = "POST /domains/d {\"DefaultExpirationDays\":30} => 400 BadRequestException";
    allowed(&[CREATE, CREATE, other, CREATE]);
    allowed(&[CREATE, other, CREATE]);
    forbidden("domain.create.duplicate", &[CREATE, CREATE, same]);
    forbidden("domain.create.duplicate", &[CREATE, same, CREATE]);
}

#[test]
fn where_the_request_wins_over_its_template_half_a_mapping_may_be_refused() {
    let put = |name: &str, mapping: &str, answer: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one","TemplateId":"Zendesk-users",{mapping}}} => {answer}"#
        )
    };
    let both = r#""Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}"#;
    let fields = r#""Fields":{"id":{"Source":"_source.id"}}"#;
    let template = r#"GET /templates/Zendesk-users => 200 {"TemplateId":"Zendesk-users"}"#;
    let served = format!(
        r#"200 {{"ObjectTypeName":"A","Description":"one","TemplateId":"Zendesk-users",{both}}}"#
    );
    let (whole, half) = (
        put("A", both, &served),
        put("B", fields, "400 BadRequestException"),
    );
    allowed(&[CREATE, template, &whole, &half]);
    allowed(&[CREATE, template, &half, &whole]);
    forbidden(
        "put-type.template.with-fields-keys",
        &[
            CREATE,
            template,
            &whole,
            &put("B", both, "400 BadRequestException"),
        ],
    );
}

#[test]
fn with_the_mapping_of_a_template_may_come_its_leave_to_create() {
    for allow in ["true", "false"] {
        let body = format!(
            r#"{{"ObjectTypeName":"Zendesk-users","Description":"one","AllowProfileCreation":{allow}}}"#
        );
        allowed(&[
            CREATE,
            &format!(
                r#"PUT /domains/d/object-types/Zendesk-users {{"Description":"one"}} => 200 {body}"#
            ),
            &format!("GET /domains/d/object-types/Zendesk-users => 200 {body}"),
        ]);
    }
}

#[test]
fn a_key_of_two_content_types_may_be_searched_by_either() {
    let put = |name: &str, unique: &str, content: &str| {
        format!(
            r#"PUT /domains/d/object-types/{name} {{"Description":"one","AllowProfileCreation":true,"Fields":{{"id":{{"Source":"_source.id"}},"m":{{"Source":"_source.m","ContentType":"{content}"}}}},"Keys":{{"{unique}":[{{"StandardIdentifiers":["UNIQUE"],"FieldNames":["id"]}}],"mKey":[{{"StandardIdentifiers":["PROFILE"],"FieldNames":["m"]}}]}}}} => 200 {{"ObjectTypeName":"{name}","Description":"one"}}"#
        )
    };
    let (a, b) = (put("A", "aId", "STRING"), put("B", "bId", "EMAIL_ADDRESS"));
    let id = "1".repeat(32);
    // Of an e-mail address the new profile is inferred.
    let plain = format!(r#"{{"ProfileId":"{id}"}}"#);
    let inferred = format!(r#"{{"ProfileId":"{id}","EmailAddress":"Foo@X"}}"#);
    let search = |text: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"mKey","Values":["{text}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    for (stored, profile) in [("A", plain), ("B", inferred)] {
        let object = format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"{stored}","Object":"{{\"id\":\"1\",\"m\":\"Foo@X\"}}"}} => 200 {{"ProfileObjectUniqueKey":"k"}}"#
        );
        for shown in ["", profile.as_str()] {
            allowed(&[CREATE, &a, &b, &object, &search("foo@x", shown)]);
        }
        allowed(&[CREATE, &a, &b, &object, &search("Foo@X", &profile)]);
    }
}

/// An answer to a line's request with other header fields than usual.
fn answered_with(line: &str, headers: &[(&str, &str)]) -> Exchange {
    let mut exchange = exchange(line);
    if let Answer::Response(response) = &mut exchange.answer {
        response.headers = headers.iter().copied().collect();
    }
    exchange
}

/// What an answer deserves as the first of a conversation: the rules of all differences, and whether they forbid it.
fn weighed(exchange: &Exchange) -> (bool, Vec<&'static str>) {
    let names = |differences: Vec<Difference>| {
        let rules = differences
            .iter()
            .map(|difference| difference.rules[0].id());
        rules.collect()
    };
    match Model::observer(&open()).observe(exchange).fit {
        Fit::Allowed { warnings } => (true, names(warnings)),
        Fit::Forbidden(differences) => (false, names(differences)),
        Fit::Unclear(why) => panic!("unclear: {why}"),
    }
}

#[test]
fn where_an_error_names_its_type_deserves_a_look() {
    const GET: &str = r#"GET /domains/none => 404 {"__type":"ResourceNotFoundException"}"#;
    let known = "ResourceNotFoundException";
    for (headers, body, rules) in [
        (&[("x-amzn-errortype", known)][..], "{}", &[][..]),
        (
            &[("x-amzn-errortype", "a#ResourceNotFoundException:http://b")],
            r#"{"__type":"c.d#ResourceNotFoundException"}"#,
            &[],
        ),
        (
            &[],
            r#"{"code":"ResourceNotFoundException"}"#,
            &["proto.error-type-header"],
        ),
        (
            &[("x-amzn-errortype", known)],
            r#"{"__type":"BadRequestException"}"#,
            &["proto.error-type-agree"],
        ),
        (
            &[("x-amzn-errortype", known)],
            r#"{"code":"BadRequestException"}"#,
            &["proto.error-type-agree"],
        ),
    ] {
        let line = GET.replace(r#"{"__type":"ResourceNotFoundException"}"#, body);
        assert_eq!(
            weighed(&answered_with(&line, headers)),
            (true, rules.to_vec()),
            "{headers:?} {body}"
        );
    }
}

#[test]
fn an_error_belongs_to_a_status() {
    let get = |answer: &str| weighed(&exchange(&format!("GET /domains/none => {answer}")));
    for (answer, fits, rules) in [
        ("404 ResourceNotFoundException", true, &[][..]),
        (
            "404 UnrecognizedClientException",
            false,
            &["proto.error-status"],
        ),
        ("404 NobodyKnowsException", false, &["proto.error-known"]),
        ("404 {}", false, &["proto.error-type-present"]),
        ("400 BadRequestException", false, &["domain.get.unknown"]),
        ("404 AccessDeniedException", false, &["proto.error-status"]),
        (
            "409 ResourceNotFoundException",
            false,
            &["proto.error-status"],
        ),
        ("409 AccessDeniedException", false, &["domain.get.unknown"]),
        ("409 ConflictException", false, &["domain.get.unknown"]),
        ("301 {}", false, &["domain.get.unknown"]),
        ("500 InternalServerException", false, &["proto.no-5xx"]),
        ("501 {}", false, &["proto.no-5xx"]),
        ("505 {}", false, &["proto.no-5xx"]),
    ] {
        assert_eq!(get(answer), (fits, rules.to_vec()), "{answer}");
    }
}

#[test]
fn a_success_is_200_with_one_json_object() {
    let list = |answer: &str| {
        weighed(&exchange(&format!(
            "GET /domains/d/object-types => {answer}"
        )))
    };
    let lists = [CREATE, "GET /domains/d/object-types => "];
    let after = |answer: &str| broken(&[lists[0], &format!("{}{answer}", lists[1])]);
    assert_eq!(list("404 ResourceNotFoundException"), (true, Vec::new()));
    for (answer, rule) in [
        (r#"200 {"Items":[]}"#, None),
        (r#"201 {"Items":[]}"#, Some("proto.success-status")),
        (r#"204 {"Items":[]}"#, Some("proto.success-status")),
        (r#"302 {"Items":[]}"#, Some("proto.success-status")),
        ("200", Some("proto.success-body")),
        ("200 [1]", Some("proto.success-body")),
        ("200 {", Some("proto.success-body")),
        (r#"200 {"Items":{}}"#, Some("proto.output-types")),
        (r#"200 {"Items":[1]}"#, Some("proto.output-types")),
        (
            r#"200 {"Items":[],"NextToken":1}"#,
            Some("proto.output-types"),
        ),
        (r#"400 {"Items":[]}"#, Some("list-types.complete")),
    ] {
        assert_eq!(after(answer).as_deref(), rule, "{answer}");
    }
    let domain = r#"{"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
    let created = |members: &str, instead: &str| {
        let body = domain.replace(members, instead);
        weighed(&exchange(&format!(
            r#"POST /domains/d {{"DefaultExpirationDays":30}} => 200 {body}"#
        )))
    };
    for (members, instead, fits, rules) in [
        ("30", "30.0", true, &[][..]),
        ("30", "30.5", false, &["proto.output-types"]),
        ("30", "\"30\"", false, &["proto.output-types"]),
        ("\"d\"", "1", false, &["proto.output-types"]),
        (
            "30,",
            "30,\"Matching\":{\"Enabled\":1},",
            false,
            &["proto.output-types"],
        ),
        ("30,", "30,\"Matching\":[],", false, &["proto.output-types"]),
        ("30,", "30,\"Tags\":[],", false, &["proto.output-types"]),
        (
            "30,",
            "30,\"Tags\":{\"a\":1},",
            false,
            &["proto.output-types"],
        ),
        ("30,", "30,\"Tags\":null,", true, &["proto.output-null"]),
        ("1700000000", "1700000075", true, &[]),
        (
            "1700000000",
            "1700000076",
            true,
            &["time.clock", "time.clock"],
        ),
        ("1700000000", "1699999925", true, &[]),
        (
            "1700000000",
            "1699999924",
            true,
            &["time.clock", "time.clock"],
        ),
        (
            "1700000000",
            "1700086400",
            true,
            &["time.clock", "time.clock"],
        ),
        (
            "1700000000",
            "1700086401",
            false,
            &["proto.timestamp", "proto.timestamp"],
        ),
        (
            "1700000000",
            "1699913599",
            false,
            &["proto.timestamp", "proto.timestamp"],
        ),
    ] {
        assert_eq!(
            created(members, instead),
            (fits, rules.to_vec()),
            "{instead}"
        );
    }
    // What was shown once stays, even if it is not the time of the request.
    let earlier = |line: &str| line.replace("1700000000", "1699999950");
    allowed(&[
        &earlier(CREATE),
        &format!("GET /domains/d => 200 {}", earlier(domain)),
    ]);
}

#[test]
fn a_success_says_that_it_is_json() {
    for (header, fine) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("text/json", false),
        ("application/x-amz-json-1.1", false),
        ("", false),
    ] {
        let headers = match header {
            "" => Vec::new(),
            header => vec![("content-type", header)],
        };
        let rules = match fine {
            true => Vec::new(),
            false => vec!["proto.success-content-type"],
        };
        let (_, found) = weighed(&answered_with(CREATE, &headers));
        assert_eq!(found, rules, "{header}");
    }
}

#[test]
fn an_answer_shows_rules_of_the_protocol() {
    let shows = |exchange: &Exchange, rule: &str| {
        let mut model = Model::observer(&open());
        let cites = model.observe(exchange).cites;
        cites.iter().any(|(cited, _)| cited.id() == rule)
    };
    let get = |answer: &str| exchange(&format!("GET /domains/none => {answer}"));
    let missing = get("404 ResourceNotFoundException");
    let twice = get(
        r#"404 ResourceNotFoundException {"__type":"a#ResourceNotFoundException","Message":"m"}"#,
    );
    let created = exchange(CREATE);
    let with_id = answered_with(CREATE, &[("x-amzn-requestid", "1")]);
    let empty = exchange(&CREATE.replace("\"CreatedAt", "\"Tags\":{},\"CreatedAt"));
    let blank =
        exchange(r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":""}"#);
    let more = exchange(&CREATE.replace("\"CreatedAt", "\"Later\":1,\"CreatedAt"));
    let put = exchange(
        r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"d","Keys":{}}"#,
    );
    let throttled = get("429 ThrottlingException");
    let moved = get("302 {}");
    for (rule, shown, others) in [
        ("proto.error-status", &missing, &[&created, &moved][..]),
        ("proto.error-type-agree", &twice, &[&missing]),
        ("proto.error-type-sanitise", &twice, &[&missing]),
        ("proto.throttle", &throttled, &[&missing]),
        ("proto.success-status", &created, &[&missing, &moved]),
        ("proto.output-required", &created, &[&missing]),
        ("proto.timestamp", &created, &[&put]),
        ("time.clock", &created, &[&put]),
        ("proto.output-enums", &put, &[&created]),
        ("proto.output-unknown", &more, &[&created]),
        ("proto.output-lenient-min", &empty, &[&created, &put]),
        ("proto.output-lenient-min", &blank, &[]),
        ("proto.request-id", &with_id, &[&created]),
    ] {
        assert!(shows(shown, rule), "{rule}");
        for other in others {
            assert!(!shows(other, rule), "{rule} {other:?}");
        }
    }
}

#[test]
fn credentials_and_missing_operations_are_no_violation() {
    let fit = |model: &Model, exchange: &Exchange| model.clone().observe(exchange).fit;
    let known = Model::observer(&open());
    for answer in ["404 UnknownOperationException", "405"] {
        let line = CREATE.replace("200 {", &format!("{answer} {{"));
        assert!(
            matches!(fit(&known, &exchange(&line)), Fit::Unclear(_)),
            "{answer}"
        );
    }
    let line = CREATE.replace("200 {", "404 ResourceNotFoundException {");
    assert!(matches!(fit(&known, &exchange(&line)), Fit::Forbidden(_)));
    // A run that signs and is turned away has the wrong credentials.
    let trusting = Model::observer(&Choices::open()).trusting_signatures();
    for (answer, unclear) in [
        ("403 AccessDeniedException", true),
        ("401", true),
        ("400 UnrecognizedClientException", true),
        ("400 InvalidSignature", true),
        ("400 BadRequestException", false),
        ("409 UnrecognizedClientException", false),
    ] {
        let line = CREATE.replace("200 {\"Dom", &format!("{answer} {{\"Dom"));
        let mut signed = exchange(&line);
        if let Message::Request(request) = &mut signed.message {
            request.headers.push("authorization", "${sigv4}");
        }
        let fit = fit(&trusting, &signed);
        assert_eq!(matches!(fit, Fit::Unclear(_)), unclear, "{answer}: {fit:?}");
    }
}

/// Steps enough for any conversation of these tests.
const STEPS: &str = "> GET /\n\n> GET /\n\n> GET /\n\n> GET /\n";

/// The exchange of a line, some milliseconds after the first.
fn later(line: &str, ms: i64) -> Exchange {
    let mut exchange = exchange(line);
    exchange.at_ms += ms;
    exchange
}

fn silent(line: &str) -> Exchange {
    let silence = NoAnswer {
        kind: NoAnswerKind::Closed,
        detail: String::new(),
    };
    Exchange {
        answer: Answer::None(silence),
        ..exchange(line)
    }
}

fn told(verdict: &Verdict) -> Vec<(Severity, &'static str)> {
    let findings = verdict.findings.iter();
    findings
        .map(|finding| (finding.severity, finding.rule.id()))
        .collect()
}

const SHOWN: &str = r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
const MISSING: &str = "GET /domains/d => 404 ResourceNotFoundException";

#[test]
fn a_step_that_is_sent_again_is_judged_by_the_answer_it_gets_then() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open());
    assert_eq!(judge.see(0, &exchange(CREATE)), Heard::Next);
    for _ in 0..2 {
        assert_eq!(judge.see(1, &silent(SHOWN)), Heard::Lost);
    }
    assert_eq!(judge.see(1, &exchange(SHOWN)), Heard::Next);
    let again = judge.finish();
    assert_eq!((again.requests, again.retries), (4, 2));
    assert_eq!((again.unclear, again.findings.len()), (None, 0));

    let mut judge = Judge::new(&case, &open());
    assert_eq!(judge.see(0, &silent(CREATE)), Heard::Lost);
    assert_eq!(judge.see(1, &exchange(SHOWN)), Heard::End);
    let verdict = judge.finish();
    assert_eq!(verdict.retries, 0);
    assert_eq!(
        verdict.unclear.map(|unclear| (unclear.step, unclear.lost)),
        Some((0, true))
    );
}

#[test]
fn what_should_show_at_once_is_waited_for_a_moment() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let second = Duration::from_secs(1);
    let patient = || {
        let judge = Judge::new(&case, &open()).with_patience(second);
        let mut judge = judge.with_brief_patience(second / 2);
        assert_eq!(judge.see(0, &exchange(CREATE)), Heard::Next);
        judge
    };
    let mut judge = patient();
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::Again);
    assert_eq!(judge.see(1, &later(MISSING, 509)), Heard::Again);
    assert_eq!(judge.see(1, &later(SHOWN, 600)), Heard::Next);
    assert!(!judge.briefly_waited_in_vain() && !judge.waited_in_vain());
    assert_eq!(
        told(&judge.finish()),
        [(Severity::Warns, "time.control-plane")]
    );

    let mut judge = patient();
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::Again);
    assert_eq!(judge.see(1, &later(MISSING, 510)), Heard::End);
    assert!(judge.briefly_waited_in_vain() && !judge.waited_in_vain());
    assert_eq!(told(&judge.finish()).len(), 1);

    // What never was so is no late effect.
    let mut judge = patient();
    let wrong = SHOWN.replace("30", "31");
    assert_eq!(judge.see(1, &later(&wrong, 10)), Heard::End);
    let found = [(Severity::Violates, "domain.get.echo")];
    assert_eq!(told(&judge.finish()), found);

    // A type has a rule of its own.
    let get = r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"one","Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let mut judge = patient();
    assert_eq!(judge.see(1, &exchange(PUT)), Heard::Next);
    let missing = "GET /domains/d/object-types/T => 404 ResourceNotFoundException";
    assert_eq!(judge.see(2, &later(missing, 10)), Heard::Again);
    assert_eq!(judge.see(2, &later(get, 20)), Heard::Next);
    assert_eq!(
        told(&judge.finish()),
        [(Severity::Warns, "get-type.after-put")]
    );

    // Without patience the first answer counts, and of a target that is late anyway nothing is said.
    let mut judge = Judge::new(&case, &open()).with_patience(second);
    judge.see(0, &exchange(CREATE));
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::End);
    let judge = Judge::new(&case, &open()).with_patience(second);
    let mut judge = judge.of_late_effects(true);
    judge.see(0, &exchange(CREATE));
    assert_eq!(judge.see(1, &later(MISSING, 10)), Heard::Again);
    assert_eq!(judge.see(1, &later(MISSING, 900)), Heard::Again);
    assert_eq!(judge.see(1, &later(SHOWN, 1000)), Heard::Next);
    assert_eq!(told(&judge.finish()), []);
    // A write is not asked again, however late its target is.
    let judge = Judge::new(&case, &open()).with_patience(second);
    let mut judge = judge.of_late_effects(true);
    let wrong = CREATE.replace("\"DefaultExpirationDays\":30,", "");
    assert_eq!(judge.see(0, &exchange(&wrong)), Heard::End);
    assert!(!judge.waited_in_vain());
}

#[test]
fn what_was_never_right_is_no_late_effect_although_it_comes_right() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let created =
        format!(r#"POST /domains/d/profiles {{"FirstName":"Ann"}} => 200 {{"ProfileId":"{P}"}}"#);
    let found = |items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{P}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let ann = format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#);
    let somebody = format!(r#"{ann},{{"ProfileId":"{Q}","FirstName":"Bob"}}"#);
    for (at_first, is_effect) in [("", true), (somebody.as_str(), false)] {
        let judge = Judge::new(&case, &open());
        let mut judge = judge.with_patience(Duration::from_secs(1));
        judge.see(0, &exchange(CREATE));
        assert_eq!(judge.see(1, &exchange(&created)), Heard::Next);
        assert_eq!(judge.see(2, &later(&found(at_first), 10)), Heard::Again);
        assert_eq!(judge.see(2, &later(&found(&ann), 20)), Heard::Next);
        assert_eq!(judge.waited_for_effect(), is_effect, "{at_first}");
        assert_eq!(told(&judge.finish()), []);
    }
}

#[test]
fn after_an_empty_page_the_next_is_the_first_that_may_be_too_early() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let one = "next-token=one";
    let list = |query: &str, types: &str, token: &str| {
        let items: Vec<String> = types
            .chars()
            .map(|name| format!(r#"{{"ObjectTypeName":"{name}","Description":"one"}}"#))
            .collect();
        let items = items.join(",");
        let more = match token {
            "" => String::new(),
            token => format!(
                r#","NextToken":"{}""#,
                token.trim_start_matches("next-token=")
            ),
        };
        format!(r#"GET /domains/d/object-types?{query} => 200 {{"Items":[{items}]{more}}}"#)
    };
    let put = |name: &str| {
        PUT.replace("types/T", &format!("types/{name}"))
            .replace("\"T\"", &format!("\"{name}\""))
    };
    for (first, next, is_effect) in [("", "A", true), ("A", "A", false)] {
        let judge = Judge::new(&case, &open());
        let mut judge = judge
            .with_patience(Duration::from_secs(1))
            .of_late_effects(true);
        judge.see(0, &exchange(CREATE));
        judge.see(1, &exchange(&put("A")));
        judge.see(2, &exchange(&put("B")));
        assert_eq!(judge.see(3, &exchange(&list("", first, one))), Heard::Next);
        assert_eq!(
            judge.see(3, &exchange(&list(one, next, ""))),
            Heard::Again,
            "{first}"
        );
        assert_eq!(judge.waited_for_effect(), is_effect, "{first}");
    }
}

#[test]
fn an_operation_that_the_target_does_not_have_is_passed_over() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let mut judge = Judge::new(&case, &open()).with_served(Served::default());
    let absent = "404 UnknownOperationException";
    for step in 0..2 {
        let line = format!("GET /domains/none => {absent}");
        assert_eq!(judge.see(step, &exchange(&line)), Heard::Next);
    }
    assert_eq!(judge.see(2, &exchange(CREATE)), Heard::Next);
    let get = judge.see(3, &exchange("PATCH /nowhere => 501"));
    assert_eq!(get, Heard::Next);
    let create = operation("CreateDomain").expect("an operation");
    let get = operation("GetDomain").expect("an operation");
    assert!(judge.served().contains(create) && !judge.served().contains(get));
    let verdict = judge.finish();
    assert_eq!(verdict.outcome(), Outcome::InPart);
    let absent: Vec<_> = verdict
        .absent
        .iter()
        .map(|absent| absent.operation)
        .collect();
    assert_eq!(absent, [get]);

    // Whoever has served it has it.
    let mut judge = Judge::new(&case, &open()).with_served(Served::default());
    judge.see(0, &exchange(CREATE));
    judge.see(1, &exchange(SHOWN));
    let gone = SHOWN.split_once(" => ").map_or("", |(asked, _)| asked);
    let gone = format!("{gone} => 404 UnknownOperationException");
    assert_eq!(judge.see(2, &exchange(&gone)), Heard::End);
    assert_eq!(judge.finish().absent.len(), 0);
}

#[test]
fn a_verdict_may_be_taken_back_or_end_early() {
    let case = text::parse(STEPS, "test.case").expect("a case");
    let judged = |lines: &[Exchange]| {
        let mut judge = Judge::new(&case, &open());
        for (step, exchange) in lines.iter().enumerate() {
            judge.see(step, exchange);
        }
        judge.finish()
    };
    let mut verdict = judged(&[exchange(CREATE), exchange(MISSING)]);
    assert_eq!(verdict.outcome(), Outcome::Violates);
    verdict.forgive("the target was away");
    assert_eq!(verdict.outcome(), Outcome::Unclear);
    assert_eq!(
        verdict.unclear.as_ref().map(|unclear| unclear.step),
        Some(1)
    );
    // Only what is not for want of an answer is a bound.
    verdict.end_at_bound(4);
    assert_eq!(verdict.outcome(), Outcome::Unclear);

    let mut verdict = judged(&[exchange(CREATE), exchange(SHOWN)]);
    assert!(
        verdict
            .unsent
            .as_ref()
            .is_some_and(|why| why.starts_with("step 3 of 4 was not sent"))
    );
    verdict.forgive("nothing to forgive");
    assert_eq!(verdict.outcome(), Outcome::Conforms);
    verdict.leave_unsent(0, 4, "x");
    assert_eq!(verdict.outcome(), Outcome::Unclear);
    verdict.end_at_bound(4);
    assert_eq!(verdict.outcome(), Outcome::Conforms);
    assert!(
        verdict
            .unsent
            .is_some_and(|why| why.starts_with("step 1 of 4 was not judged"))
    );
    for (outcome, name) in Outcome::ALL {
        assert_eq!(outcome.name(), name);
    }
}

#[test]
fn what_is_expected_prints_with_its_rules() {
    let exchange = exchange(MISSING);
    let expected = Model::observer(&open())
        .expect(&exchange.message)
        .to_string();
    let missing = "404 ResourceNotFoundException  -- domain.get.unknown, domain.scope-unknown";
    assert_eq!(expected, missing);
    let put = text_of(
        "PUT /domains/d/profiles/objects {\"ObjectTypeName\":\"_asset\",\"Object\":\"{}\"}",
    );
    assert!(put.lines().count() > 1 && !put.ends_with('\n'), "{put}");
    assert!(put.lines().all(|line| line.contains("  -- ")), "{put}");
}

/// What is expected of a request to a domain that exists.
fn text_of(request: &str) -> String {
    let mut model = Model::observer(&open());
    model.observe(&exchange(CREATE));
    let asked = exchange(&format!("{request} => 200 {{}}"));
    model.expect(&asked.message).to_string()
}

#[test]
fn a_throttled_call_was_not_made_and_a_lost_one_may_have_been() {
    let after = |status: &str, shown: &str| {
        let mut model = Model::observer(&open());
        let line = CREATE.replace("200 {", &format!("{status} {{"));
        let unclear = model.observe(&exchange(&line)).fit;
        assert!(matches!(unclear, Fit::Unclear(_)), "{unclear:?}");
        matches!(model.observe(&exchange(shown)).fit, Fit::Allowed { .. })
    };
    assert!(after("429 ThrottlingException", MISSING));
    assert!(!after("429 ThrottlingException", SHOWN));
    assert!(after("503 ServiceUnavailableException", MISSING));
    assert!(after("503 ServiceUnavailableException", SHOWN));
}

#[test]
fn a_long_request_may_be_more_than_a_server_takes() {
    let free = |target: String, header: usize| {
        let mut asked = exchange(&format!("GET {target} => 200 {{}}"));
        if let Message::Request(request) = &mut asked.message {
            request.headers.push("x", "x".repeat(header));
        }
        let expected = Model::observer(&open()).expect(&asked.message);
        expected.to_string().contains("a closed connection")
    };
    let target = |length: usize| format!("/domains/{}", "d".repeat(length - "/domains/".len()));
    assert!(!free(target(4096), 0));
    assert!(free(target(4097), 0));
    assert!(!free(target(10), 8191));
    assert!(free(target(10), 8192));
}
