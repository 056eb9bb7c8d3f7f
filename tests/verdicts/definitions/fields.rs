//! Fields, and what their sources read from an object.

use super::*;

/// A search for the profile of object 1, with this first name.
fn named(first: Option<&str>) -> String {
    let first = first.map_or(String::new(), |first| {
        format!(r#","FirstName":{}"#, quoted(first))
    });
    searched("xKey", "1", &format!(r#"{{"ProfileId":"{P}"{first}}}"#))
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
        // A constant should be what it says.
        ("some text", any, true),
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
        // Of three braces the contract says nothing.
        ("{{{_source.a}}}", Some("{Ann}"), true),
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
            let shown = format!(r#"{{"ProfileId":"{profile}","FirstName":"{first}"}}"#);
            told.push(searched("xKey", &id.to_string(), &shown));
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
    let part = other_way("extract.handlebars.missing-part");
    for (source, value) in [
        ("{{_source.a}} {{_source.missing}}", "Ann"),
        ("{{_source.a}} ", "Ann "),
        ("{{_source.s}}-", " x -"),
    ] {
        let found = reads(&part, source, members);
        assert_eq!(found.as_deref(), Some(value), "{source}");
    }
    let all = other_way("extract.handlebars.all-missing");
    let found = reads(&all, "- {{_source.missing}}", members);
    assert_eq!(found.as_deref(), Some("- "));
    let trim = other_way("extract.trim");
    for (source, value) in [("_source.s", "x"), ("_source.a", "Ann")] {
        let found = reads(&trim, source, members);
        assert_eq!(found.as_deref(), Some(value), "{source}");
    }
}

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

#[test]
fn large_numbers_within_an_object_may_lose_digits() {
    let told = |number: &str, shown: &str| {
        let object = |number: &str| format!(r#"{{"id":"1","m":"x","l":[1,{number}]}}"#);
        let put = format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C","Object":{}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#,
            quoted(&object(number))
        );
        let found = searched("mKey", "x", &format!(r#"{{"ProfileId":"{P}"}}"#));
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
