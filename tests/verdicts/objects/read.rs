//! What is read of an object, and what that leads to where the contract leaves it open.

use super::*;

#[test]
fn an_object_may_be_refused_for_a_value_that_does_not_fit() {
    let long = "x".repeat(256);
    let fields = [
        ("id", ""),
        ("m", ""),
        ("f", "_profile.FirstName"),
        ("g", "_profile.Gender"),
        ("s", "_profile.Attributes.s"),
        ("an", "_asset.AssetName"),
    ];
    let keys = [
        ("cId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("aKey", "ASSET", "id"),
    ];
    let told = conversation([typed("C", &fields, &keys)]);
    for (member, refused) in [
        (format!(r#""f":"{long}""#), true),
        (format!(r#""s":"{long}""#), true),
        (format!(r#""an":"{long}""#), true),
        (format!(r#""id":"{long}""#), true),
        (format!(r#""u":"{long}""#), false),
        (r#""g":"robot""#.to_owned(), true),
        (r#""g":"MALE""#.to_owned(), false),
        (r#""f":["x"]"#.to_owned(), true),
        (r#""f":{"x":"y"}"#.to_owned(), true),
        (r#""u":["x"]"#.to_owned(), false),
        (r#""f":12.5"#.to_owned(), false),
        (r#""f":"""#.to_owned(), false),
    ] {
        let object = match member.starts_with(r#""id""#) {
            true => format!(r#"{{"m":"x",{member}}}"#),
            false => format!(r#"{{"id":"1","m":"x",{member}}}"#),
        };
        let taken = put("C", &object, "k1");
        let answers = [(answered(&taken, BAD), refused), (taken, true)];
        right(&told, &answers);
    }
}

#[test]
fn two_forms_of_a_number_match_for_certain_and_others_should() {
    for (known, sought, rule) in [
        ("+15551234567", "(555)-123-4567", "std.keys.phone"),
        ("+15551234567", "+15551234567", "std.keys.phone"),
        ("(555)-123-4567", "+15551234567", "std.keys.phone"),
        ("+15551234567", "15551234567", "key.phone.formats"),
        ("+15551234567", "+1-555-123-4567", "key.phone.formats"),
        ("+15551234567", "(555)123-4567", "key.phone.formats"),
        ("0612345678", "(061)-234-5678", "key.phone.formats"),
    ] {
        let told = conversation([made(&format!(r#""PhoneNumber":"{known}""#))]);
        first_rules(&told, &[(search("_phone", sought, &[]), rule)]);
    }
    let told = conversation([made(r#""PhoneNumber":"+445551234567""#)]);
    right(&told, &[(search("_phone", "(555)-123-4567", &[]), true)]);
}

#[test]
fn an_array_on_the_way_and_a_dot_in_a_name_may_be_passed() {
    let card = |source: &str| CARD.replace("_source.f", source);
    for (source, object, shown) in [
        ("_source.l.0", r#""l":["x"]"#, Some("x")),
        ("_source.l.n", r#""l":[{"n":"x"}]"#, Some("x")),
        ("Mr {{_source.l.0}}", r#""l":["x"]"#, Some("Mr x")),
        ("_source.a.b", r#""a.b":"x""#, Some("x")),
        ("_source.a.b", r#""a.bc":"x""#, None),
        ("_source.a.b", r#""a":{"c":"x"}"#, None),
    ] {
        let told = conversation([
            card(source),
            put("C", &format!(r#"{{"id":"1","m":"x",{object}}}"#), "k1"),
        ]);
        let nothing = (found_by("mKey", "x", P), true);
        let value = shown.unwrap_or("x");
        let something = (search("mKey", "x", &[(P, value)]), shown.is_some());
        right(&told, &[nothing, something]);
    }
    // Where that tells objects apart, nobody knows what becomes of it.
    let told = conversation([CARD.replace("_source.id", "_source.ids.0")]);
    let taken = put("C", r#"{"ids":["1"],"m":"x"}"#, "k1");
    right(&told, &[(answered(&taken, BAD), true)]);
    let told = and(&told, &[taken]);
    right(&told, &[(found_by("mKey", "x", P), true)]);
}
