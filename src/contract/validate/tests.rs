//! What validation says of requests, one line each.

use bytes::Bytes;

use super::super::operation::route;
use super::super::{Level, Route};
use super::*;
use crate::rule;

/// Reads a request given as `METHOD /target`, with a body if there is one to be sent.
fn read(line: &str, body: Option<&[u8]>) -> Input {
    let (method, target) = line.split_once(' ').expect("METHOD /target");
    let content_type = body.map(|_| ("content-type", "application/json"));
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: content_type.into_iter().collect(),
        body: body.map(Bytes::copy_from_slice),
    };
    match route(&request.method, request.path()) {
        Route::To { operation, labels } => input(operation, &labels, &request),
        other => panic!("{line}: {other:?}"),
    }
}

/// The flaws as `strength rule`, `?` behind those that obscure and `=` behind those that tell.
fn said(input: &Input) -> Vec<String> {
    let line = |flaw: &Flaw| {
        let tells = if flaw.tells.is_some() { "=" } else { "" };
        let obscures = if flaw.obscures { "?" } else { "" };
        format!("{:?} {}{tells}{obscures}", flaw.strength, flaw.rule).to_lowercase()
    };
    input.flaws.iter().map(line).collect()
}

#[track_caller]
fn holds(line: &str, body: &str, expected: &[&str]) {
    let input = read(line, Some(body.as_bytes()));
    assert_eq!(said(&input), expected, "{line} {body}: {:#?}", input.flaws);
}

#[track_caller]
fn holds_bare(line: &str, expected: &[&str]) {
    let input = read(line, None);
    assert_eq!(said(&input), expected, "{line}: {:#?}", input.flaws);
}

const PUT: &str = "PUT /domains/d/object-types/t";

/// A put whose body has these members beside its description.
#[track_caller]
fn put(members: &str, expected: &[&str]) {
    holds(
        PUT,
        &format!("{{\"Description\":\"x\",{members}}}"),
        expected,
    );
}

fn touches(line: &str, body: Option<&str>) -> Vec<&'static str> {
    let input = read(line, body.map(str::as_bytes));
    assert!(input.flaws.is_empty(), "{line}: {:?}", input.flaws);
    input.touches.iter().map(|rule| rule.id()).collect()
}

#[test]
fn labels() {
    let name = |length| "a".repeat(length);
    holds_bare(&format!("GET /domains/{}", name(64)), &[]);
    holds_bare(
        &format!("GET /domains/{}", name(65)),
        &["must domain.name.too-long"],
    );
    holds_bare("GET /domains/a%20b", &["must domain.name.charset"]);
    holds_bare("GET /domains/a.b", &["must domain.name.charset"]);
    holds_bare("GET /domains/a%0A", &["may proto.pattern-newline?"]);
    holds_bare("GET /domains/%61", &[]);
    holds_bare(
        "GET /domains/%2561",
        &["must proto.label-decode-once", "must domain.name.charset"],
    );
    holds_bare(
        "GET /domains/a%2Fb",
        &["must proto.label-slash", "must domain.name.charset"],
    );
    holds_bare("GET /domains/%2e%2E", &["must proto.label-dots"]);
    holds_bare("GET /domains/.", &["must proto.label-dots"]);
    holds_bare("GET /domains/%ff", &["must domain.name.charset"]);
    holds_bare("GET /domains/%zz", &["must domain.name.charset"]);
    holds_bare(
        &format!("GET /domains/d/object-types/{}", name(256)),
        &["must get-type.bad-name"],
    );
    holds_bare("GET /domains/d/object-types/9", &["must get-type.bad-name"]);
    holds_bare(
        "DELETE /domains/d/object-types/9",
        &["may get-type.bad-name"],
    );
    holds_bare("GET /templates/a%20b", &["must template.get.pattern"]);
    let body = r#"{"Description":"x"}"#;
    for (name, expected) in [
        (name(255), vec![]),
        (name(256), vec!["must put-type.name.length"]),
        ("_a".to_owned(), vec![]),
        ("9a".to_owned(), vec!["must put-type.name.first-char"]),
        ("-a".to_owned(), vec!["must put-type.name.first-char"]),
        ("a.b".to_owned(), vec!["must put-type.name.charset"]),
        (
            "9.b".to_owned(),
            vec![
                "must put-type.name.first-char",
                "must put-type.name.charset",
            ],
        ),
    ] {
        holds(
            &format!("PUT /domains/d/object-types/{name}"),
            body,
            &expected,
        );
    }
    let refusals = |line: &str| read(line, None).flaws[0].refusals;
    assert!(refusals("GET /domains/a%20b").has(Refusals::NOT_FOUND));
    assert!(
        !read("POST /domains/a%20b", Some(b"{}")).flaws[0]
            .refusals
            .has(Refusals::NOT_FOUND)
    );
}

#[test]
fn labels_are_decoded_once() {
    let input = read("GET /domains/%61%2562/object-types/t", None);
    assert_eq!(input.label("DomainName"), Some("a%62"));
    assert_eq!(input.label("ObjectTypeName"), Some("t"));
}

#[test]
fn resource_names() {
    let arn = |rest: &str| format!("GET /tags/{}", crate::wire::percent::encode(rest));
    holds_bare(&arn("arn:aws:profile:eu-west-1:1:domains/d"), &[]);
    holds_bare(
        &arn("arn:aws-cn:profile:cn-north-1:1:domains/d"),
        &["may tag.arn.partition-dash?"],
    );
    holds_bare(
        &arn("arn:AWS:profile:eu:1:domains/d"),
        &["must tag.arn.pattern"],
    );
    holds_bare(
        &arn("arn:abcdefghijk:profile:eu:1:domains/d"),
        &["must tag.arn.pattern"],
    );
    holds_bare(&arn("arn:aws:s3:eu:1:domains/d"), &["must tag.arn.pattern"]);
    let long = |length: usize| format!("{:a<length$}", "arn:aws:profile:eu:1:domains/");
    holds_bare(&arn(&long(257)), &["must tag.arn.length"]);
    assert!(touches(&arn(&long(256)), None).contains(&"tag.arn.length"));
}

#[test]
fn pages() {
    let list = |query: &str| format!("GET /domains?{query}");
    for bad in ["abc", "1.5", "0x10", "true", "-", "1e2", "1,5"] {
        holds_bare(
            &list(&format!("max-results={bad}")),
            &["must proto.query-int-format"],
        );
    }
    // Readers of integers differ in these.
    for doubtful in ["", "+5", "%205", "1_0", "05", "%D9%A3"] {
        holds_bare(
            &list(&format!("max-results={doubtful}")),
            &["may proto.query-int-format"],
        );
    }
    for bad in ["0", "-1", "101", "2147483647"] {
        holds_bare(
            &list(&format!("max-results={bad}")),
            &["must page.max.bounds"],
        );
    }
    for bad in ["2147483648", "99999999999999999999999", "-2147483649"] {
        holds_bare(
            &list(&format!("max-results={bad}")),
            &["must proto.query-int-overflow"],
        );
    }
    for good in ["1", "100"] {
        assert!(touches(&list(&format!("max-results={good}")), None).contains(&"page.max.bounds"));
    }
    holds_bare(
        &list("max-results=1&max-results=2"),
        &["may proto.query-repeat"],
    );
    holds_bare(&list("next-token="), &["may page.token-empty="]);
    holds_bare(&list(&format!("next-token={}", "t".repeat(1024))), &[]);
    holds_bare(
        &list(&format!("next-token={}", "t".repeat(1025))),
        &["should page.token-input-length"],
    );
    holds_bare(&list("MaxResults=5"), &["may proto.query-names"]);
    holds_bare(&list("x=1"), &["may proto.query-unknown"]);
    holds_bare("GET /domains/d?max-results=x", &["may proto.query-unknown"]);
    let input = read("GET /domains?max-results=007&next-token=a%2Bb+c", None);
    assert_eq!(
        (input.max_results, input.next_token.as_deref()),
        (Some(7), Some("a+b+c"))
    );
}

#[test]
fn a_token_given_twice_is_none_of_the_two() {
    let input = read("GET /domains?next-token=a&next-token=b", None);
    assert_eq!(said(&input), ["may proto.query-repeat"]);
    assert_eq!(input.next_token.as_deref(), Some("a&b"));
}

#[test]
fn a_bare_plus_in_a_query_may_be_a_blank() {
    let input = read("GET /domains?next-token=a+b", None);
    assert_eq!(said(&input), ["may page.token-garbage"]);
    assert_eq!(said(&read("GET /domains?next-token=a%2Bb", None)), [""; 0]);
    assert_eq!(
        said(&read("GET /domains?max-results=7+", None)),
        ["may proto.query-int-format"]
    );
    assert_eq!(
        said(&read("GET /domains?max-results=7%2B", None)),
        ["must proto.query-int-format"]
    );
}

#[test]
fn tag_keys() {
    let untag = |query: &str| format!("DELETE /tags/arn%3Aaws%3Aprofile{query}");
    let keys = |count: usize| {
        (0..count)
            .map(|at| format!("tagKeys=k{at}&"))
            .collect::<String>()
    };
    holds_bare(&untag(""), &["must tag.remove.count"]);
    holds_bare(&untag(&format!("?{}", keys(50))), &[]);
    holds_bare(
        &untag(&format!("?{}", keys(51))),
        &["must tag.remove.count"],
    );
    holds_bare(
        &untag(&format!("?{}tagKeys=k0", keys(50))),
        &["may tag.remove.count"],
    );
    holds_bare(&untag("?tagKeys=a%20b"), &["may tag.remove.absent-key"]);
    assert_eq!(
        read(&untag("?tagKeys=a%2Cb&tagKeys=c"), None).tag_keys,
        ["a,b", "c"]
    );
    // A bare `+` may be a blank.
    holds_bare(&untag("?tagKeys=a+b"), &["may tag.remove.absent-key?"]);
    holds_bare(&untag("?tagKeys=a%2Bb"), &[]);
    holds_bare(&untag("?tagKeys=a%2Bb&x=+"), &["may proto.query-unknown"]);
}

#[test]
fn bodies_that_are_none() {
    holds(PUT, "", &["must proto.body-missing"]);
    holds(PUT, " \n", &["must proto.body-missing"]);
    for broken in [
        "{",
        "{}}",
        "{'Description':'x'}",
        "{\"Description\":\"x\",}",
        "/**/{}",
        "{\"a\":01}",
        "nul",
    ] {
        holds(PUT, broken, &["must proto.body-invalid-json"]);
    }
    for other in ["[]", "1", "\"x\"", "null", "true"] {
        holds(PUT, other, &["must proto.body-not-object"]);
    }
    // Not JSON, but somebody's reader takes it.
    for doubtful in [
        "\u{feff}{\"Description\":\"x\"}",
        "{\"Description\":NaN}",
        "{\"x\":-Infinity}",
    ] {
        holds(PUT, doubtful, &["may proto.body-invalid-json?"]);
    }
    holds(
        PUT,
        "{\"Description\":\"a\nb\"}",
        &["may proto.control-chars?"],
    );
    holds(
        PUT,
        r#"{"Description":"\ud800"}"#,
        &["may proto.control-chars?"],
    );
    holds(
        PUT,
        r#"{"Description":"\u0001"}"#,
        &["may proto.control-chars?"],
    );
    for control in ['\u{7f}', '\u{80}', '\u{9f}'] {
        let put = format!("{{\"Description\":\"a{control}\"}}");
        holds(PUT, &put, &["may proto.control-chars?"]);
    }
    holds(
        PUT,
        "{\"Description\":\"\u{a0}\\t\\n\u{c2}\"}",
        &["may proto.control-chars?"; 0],
    );
    let input = read(PUT, Some(b"{\"Description\":\"\xff\"}"));
    assert_eq!(said(&input), ["should proto.invalid-utf8?"]);
    let input = read(PUT, Some(b"{\"Description\":\"\xff\""));
    assert_eq!(
        said(&input),
        ["should proto.invalid-utf8?", "must proto.body-invalid-json"]
    );
    holds("GET /domains/d", "{}", &["may proto.body-on-get"]);
    for empty in ["", "{}"] {
        let input = read("PUT /domains/d", Some(empty.as_bytes()));
        assert_eq!(said(&input), [""; 0]);
        assert_eq!(input.promises, [rule!("proto.body-empty-optional")]);
    }
}

#[test]
fn content_types() {
    let with = |headers: &[(&str, &str)]| {
        let request = Request {
            method: "PUT".to_owned(),
            target: "/domains/d".to_owned(),
            headers: headers.iter().copied().collect(),
            body: Some(Bytes::from_static(b"{\"DefaultExpirationDays\":5}")),
        };
        let operation = super::super::operation::operation("UpdateDomain").expect("known");
        input(operation, &["d".to_owned()], &request)
    };
    assert_eq!(
        said(&with(&[("Content-Type", "Application/JSON")])),
        [""; 0]
    );
    let params = with(&[("content-type", "application/json; charset=UTF-8")]);
    assert_eq!(
        (said(&params).len(), params.promises),
        (0, vec![rule!("proto.content-type-params")])
    );
    assert_eq!(
        said(&with(&[("content-type", "text/plain")])),
        ["may proto.content-type="]
    );
    assert_eq!(
        said(&with(&[("content-type", "application/x-amz-json-1.1")])),
        ["may proto.content-type"]
    );
    assert_eq!(
        said(&with(&[("content-type", "application/json; v=1")])),
        ["may proto.content-type-params"]
    );
    let choice = |headers: &[(&str, &str)]| with(headers).flaws[0].tells.map(|tells| tells.choice);
    assert_eq!(choice(&[]), Some(crate::choice!("proto.content-type/none")));
    assert_eq!(
        choice(&[("content-type", "text/plain")]),
        Some(crate::choice!("cap.content-type-check"))
    );
}

#[test]
fn required_members_and_nulls() {
    holds(PUT, "{}", &["must put-type.description.required"]);
    holds(
        PUT,
        r#"{"Description":null}"#,
        &[
            "must put-type.description.required",
            "must proto.body-null-required",
        ],
    );
    holds(
        PUT,
        r#"{"description":"x"}"#,
        &["should proto.member-case?", "may proto.member-case?"],
    );
    assert!(
        touches(PUT, Some(r#"{"Description":"x","Fields":null}"#))
            .contains(&"proto.body-null-optional")
    );
    put(r#""Fields":{"a":null}"#, &["may proto.body-null-element?"]);
    put(r#""Keys":{"a":[null]}"#, &["may proto.body-null-element?"]);
    put(r#""Fields":{"a":{"Source":null}}"#, &[]);
    holds(
        "POST /domains/d",
        "{}",
        &["must domain.create.expiration-required"],
    );
    let matching = r#"{"DefaultExpirationDays":1,"Matching":{}}"#;
    holds(
        "POST /domains/d",
        matching,
        &["must domain.matching-enabled-required"],
    );
    holds(
        "PUT /domains/d",
        matching,
        &["must domain.update.matching-enabled-required"],
    );
    holds(
        "POST /tags/arn%3Aaws%3Aprofile",
        "{}",
        &["must tag.add.constraints"],
    );
}

#[test]
fn unknown_and_repeated_members() {
    put(r#""Extra":1"#, &["may proto.body-unknown-member"]);
    put(r#""tags":{}"#, &["may proto.member-case?"]);
    put(
        r#""Fields":{"a":{"Extra":[]}}"#,
        &["may put-type.fields.extra-member"],
    );
    put(
        r#""Keys":{"a":[{"Extra":1}]}"#,
        &["may proto.body-unknown-member"],
    );
    put(
        r#""Description":"y""#,
        &["may proto.body-duplicate-member?"],
    );
    holds(
        "POST /domains/d/profiles/search",
        r#"{"KeyName":"k","Values":["v"],"MaxResults":1}"#,
        &["may proto.query-names"],
    );
}

#[test]
fn types() {
    put(
        r#""ExpirationDays":"30""#,
        &[
            "must put-type.expiration.type",
            "must proto.body-wrong-type",
        ],
    );
    put(r#""ExpirationDays":5.0"#, &["may proto.body-int-fraction"]);
    put(
        r#""ExpirationDays":1.5"#,
        &[
            "should proto.body-int-fraction?",
            "must put-type.expiration.type",
        ],
    );
    put(
        r#""AllowProfileCreation":"yes""#,
        &[
            "must put-type.allow-creation.type",
            "must proto.body-wrong-type",
        ],
    );
    put(
        r#""AllowProfileCreation":"FALSE""#,
        &["may proto.body-bool-string?"],
    );
    put(
        r#""AllowProfileCreation":1"#,
        &["may proto.body-bool-string?"],
    );
    put(
        r#""AllowProfileCreation":2"#,
        &[
            "must put-type.allow-creation.type",
            "must proto.body-wrong-type",
        ],
    );
    put(r#""Fields":[]"#, &["must proto.body-wrong-type"]);
    put(r#""Keys":{"a":{}}"#, &["must proto.body-wrong-type"]);
    put(r#""Tags":{"a":1}"#, &["must proto.body-wrong-type"]);
    holds(
        "PUT /domains/d",
        r#"{"DefaultExpirationDays":1.5}"#,
        &["should proto.body-int-fraction?"],
    );
}

#[test]
fn scalar_limits_of_object_types() {
    let text = |length: usize| "x".repeat(length);
    let description = |text: &str| format!("{{\"Description\":\"{text}\"}}");
    holds(PUT, &description(&text(1000)), &[]);
    holds(
        PUT,
        &description(&text(1001)),
        &["must put-type.description.length"],
    );
    holds(PUT, &description(""), &["must put-type.description.length"]);
    // 600 characters beyond the basic plane: 600 scalar values, 1200 UTF-16 units, 2400 bytes.
    holds(
        PUT,
        &description(&"😀".repeat(600)),
        &["may proto.length-unit="],
    );
    holds(
        PUT,
        &description(&"😀".repeat(1001)),
        &["must put-type.description.length"],
    );
    let input = read(PUT, Some(description(&"😀".repeat(600)).as_bytes()));
    let tells = input.flaws[0].tells.expect("a unit");
    assert_eq!(
        (tells.served.decided(), tells.refused),
        (Some(0), Options::only(1).or(Options::only(2)))
    );
    for days in ["0", "-1", "1099", "99999999999999999999", "1e9"] {
        let input = read(
            PUT,
            Some(format!("{{\"Description\":\"x\",\"ExpirationDays\":{days}}}").as_bytes()),
        );
        assert!(
            said(&input).contains(&"must put-type.expiration.range".to_owned()),
            "{days}"
        );
    }
    put(
        r#""ExpirationDays":1098"#,
        &["may put-type.expiration.quota="],
    );
    put(&format!("\"EncryptionKey\":\"{}\"", text(255)), &[]);
    put(
        &format!("\"EncryptionKey\":\"{}\"", text(256)),
        &["must put-type.encryption-key.length"],
    );
    put(r#""TemplateId":"a.b""#, &["must put-type.template.pattern"]);
    put(r#""TemplateId":"""#, &["must put-type.template.pattern"]);
    for (days, rule) in [
        ("1", "put-type.expiration.range"),
        ("1096", "put-type.expiration.range"),
    ] {
        let body = format!("{{\"Description\":\"x\",\"ExpirationDays\":{days}}}");
        assert!(touches(PUT, Some(&body)).contains(&rule), "{days}");
    }
    let promised = read(PUT, Some(description(" ").as_bytes())).promises;
    assert_eq!(promised, [rule!("put-type.description.content")]);
}

#[test]
fn fields() {
    let field = |name: &str, members: &str| format!("\"Fields\":{{\"{name}\":{{{members}}}}}");
    let name = |length: usize| "f".repeat(length);
    put(&field(&name(64), ""), &[]);
    put(&field(&name(65), ""), &["must put-type.fields.name-length"]);
    put(&field("", ""), &["must put-type.fields.name-length"]);
    put(&field("a b", ""), &["must put-type.fields.name-charset"]);
    put(&field("a.b", ""), &["may put-type.fields.name-dot="]);
    put(&field("a.b c", ""), &["must put-type.fields.name-charset"]);
    put(
        &field("a", r#""Source":"""#),
        &["must put-type.fields.source-length"],
    );
    put(
        &field("a", &format!("\"Source\":\"{}\"", "x".repeat(1001))),
        &["must put-type.fields.source-length"],
    );
    put(
        &field("a", r#""Target":"""#),
        &["must put-type.fields.target-length"],
    );
    put(
        &field("a", r#""ContentType":"Name""#),
        &["must put-type.fields.content-type.enum"],
    );
    put(&field("a", r#""ContentType":"NAME""#), &[]);
    // What a description may hold is no promise about sources.
    assert!(
        read(
            PUT,
            Some(br#"{"Description":"x","Fields":{"a":{"Source":" "}}}"#)
        )
        .promises
        .is_empty()
    );
}

#[test]
fn keys() {
    let key = |name: &str, members: &str| format!("\"Keys\":{{\"{name}\":[{{{members}}}]}}");
    put(
        &key(&"k".repeat(65), ""),
        &["must put-type.keys.name-length"],
    );
    put(&key("a.b", ""), &["must put-type.keys.name-charset"]);
    put(
        &key("a", r#""FieldNames":["x.y"]"#),
        &["must put-type.keys.fieldnames-shape"],
    );
    put(
        &key("a", r#""FieldNames":[""]"#),
        &["must put-type.keys.fieldnames-shape"],
    );
    put(
        &key("a", r#""StandardIdentifiers":["unique"]"#),
        &["must put-type.keys.identifier-enum"],
    );
    put(
        &key("a", r#""StandardIdentifiers":["ORDER"]"#),
        &["may put-type.keys.identifier-later"],
    );
    put(&key("a", r#""StandardIdentifiers":["ASSET","CASE"]"#), &[]);
    let body = r#"{"Description":"x","Keys":{"k":[{"FieldNames":["a b"]}]}}"#;
    assert_eq!(
        read(PUT, Some(body.as_bytes())).flaws[0].place,
        "Keys.k[0].FieldNames[0]"
    );
}

#[test]
fn tags() {
    let tag = |key: &str, value: &str| format!("\"Tags\":{{\"{key}\":\"{value}\"}}");
    let many = |count: usize| {
        (0..count)
            .map(|at| format!("\"k{at}\":\"\""))
            .collect::<Vec<_>>()
            .join(",")
    };
    put(r#""Tags":{}"#, &["may put-type.tags.min"]);
    put(&format!("\"Tags\":{{{}}}", many(50)), &[]);
    put(
        &format!("\"Tags\":{{{}}}", many(51)),
        &["must put-type.tags.max"],
    );
    put(&tag(&"k".repeat(128), &"v".repeat(256)), &[]);
    put(
        &tag(&"k".repeat(129), ""),
        &["must put-type.tags.key-length"],
    );
    put(&tag("", ""), &["must put-type.tags.key-length"]);
    put(&tag("k", &"v".repeat(257)), &["must put-type.tags.value"]);
    put(&tag("a b", ""), &["must put-type.tags.key-charset"]);
    put(&tag("+,;<=_9", ""), &[]);
    put(&tag("aws:x", ""), &["must put-type.tags.key-aws"]);
    put(&tag("AWS:x", ""), &["may put-type.tags.key-aws-case="]);
    put(&tag("Aws:x y", ""), &["must put-type.tags.key-charset"]);
    let resource = "POST /tags/arn%3Aaws%3Aprofile";
    holds(resource, r#"{"tags":{}}"#, &["must tag.add.constraints"]);
    holds(
        resource,
        r#"{"tags":{"aws:x":""}}"#,
        &["must tag.add.constraints"],
    );
    holds(
        resource,
        r#"{"tags":{"a":null}}"#,
        &["may proto.body-null-element?"],
    );
    // No rule speaks of the tags of a new domain.
    let domain = r#"{"DefaultExpirationDays":1,"Tags":{"a b":""}}"#;
    holds(
        "POST /domains/d",
        domain,
        &["may put-type.tags.key-charset?"],
    );
}

#[test]
fn domains() {
    let days = |days: &str| format!("{{\"DefaultExpirationDays\":{days}}}");
    holds(
        "POST /domains/d",
        &days("0"),
        &["must domain.create.expiration-range"],
    );
    holds(
        "PUT /domains/d",
        &days("1099"),
        &["must domain.update.expiration-range"],
    );
    holds(
        "PUT /domains/d",
        &days("1097"),
        &["may domain.create.expiration-quota="],
    );
    let key = |length: usize| format!("{{\"DefaultEncryptionKey\":\"{}\"}}", "k".repeat(length));
    holds("PUT /domains/d", &key(255), &[]);
    holds("PUT /domains/d", &key(0), &[]);
    holds(
        "PUT /domains/d",
        &key(256),
        &["must domain.update.key-url-length"],
    );
}

#[test]
fn profiles_and_objects() {
    let id = "0123456789abcdef0123456789abcdef";
    let list = |id: &str| format!("{{\"ObjectTypeName\":\"t\",\"ProfileId\":\"{id}\"}}");
    let objects = "POST /domains/d/profiles/objects";
    holds(objects, &list(id), &[]);
    holds(
        objects,
        &list(&id[1..]),
        &["must list-objects.profile-id-format"],
    );
    holds(
        objects,
        &list(&id.to_uppercase()),
        &["must list-objects.profile-id-format"],
    );
    holds(
        objects,
        &list(&format!("{id}0")),
        &["may proto.pattern-find="],
    );
    holds(
        objects,
        "{}",
        &["must list-objects.required", "must list-objects.required"],
    );
    let raw = r#"{"ObjectTypeName":"t","Object":{}}"#;
    holds(
        "PUT /domains/d/profiles/objects",
        raw,
        &["must ingest.object.raw", "must proto.body-wrong-type"],
    );
    holds(
        "POST /domains/d/profiles",
        r#"{"FirstName":""}"#,
        &["must profile.create.length"],
    );
    holds(
        "POST /domains/d/profiles",
        r#"{"Address":{"City":""}}"#,
        &["must profile.create.address-length"],
    );
    holds(
        "POST /domains/d/profiles",
        r#"{"Gender":"male"}"#,
        &["must profile.create.enums"],
    );
    let update = format!("{{\"ProfileId\":\"{id}\",\"Gender\":\"\",\"FirstName\":\"\"}}");
    holds(
        "PUT /domains/d/profiles",
        &update,
        &["must profile.update.clear-enum"],
    );
}

/// The strength of a flaw never exceeds the level of its rule, and no rule leaves an outcome open that a flaw forbids.
#[test]
fn no_rule_of_the_tables_is_stronger_than_the_catalogue_says() {
    use rules::Fault::*;
    let faults = [
        Missing, Null, Type, Short, Long, Pattern, Enum, Few, Many, Low, High,
    ];
    for operation in super::super::operation::OPERATIONS {
        let members = operation
            .input
            .iter()
            .filter(|member| member.place == Place::Body);
        for path in members.flat_map(|member| paths(member.wire, member.shape)) {
            for fault in faults {
                let says = rules::about(operation.name, &path, fault);
                let level = says.rule.level();
                assert!(
                    says.strength != Strength::Must || level == Level::Must,
                    "{path:?} {fault:?}: {}",
                    says.rule
                );
            }
        }
    }
}

/// Every path within a shape, as the rules know it.
fn paths(name: &'static str, shape: &'static super::super::shape::Shape) -> Vec<Vec<&'static str>> {
    use super::super::shape::Shape;
    let mut all = vec![vec![name]];
    let below = match shape {
        Shape::List { item, .. } => paths("[]", item),
        Shape::Map { value, .. } => [vec![vec!["name"]], paths("*", value)].concat(),
        Shape::Structure { members, .. } => members
            .iter()
            .flat_map(|member| paths(member.wire, member.shape))
            .collect(),
        _ => Vec::new(),
    };
    all.extend(below.into_iter().map(|rest| [vec![name], rest].concat()));
    all
}
