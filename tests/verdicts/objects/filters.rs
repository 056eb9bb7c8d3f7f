//! Filters whose values are not written as those they are held against.

use super::*;

#[test]
fn a_filter_on_a_custom_type_may_compare_as_its_keys_do() {
    let fields = [
        ("id", ""),
        ("m", ""),
        ("p", ":PHONE_NUMBER"),
        ("n", ":NUMBER"),
        ("s", ""),
    ];
    let keys = [
        ("tId", "UNIQUE", "id"),
        ("mKey", "PROFILE", "m"),
        ("phone", "SECONDARY", "p"),
        ("number", "SECONDARY", "n"),
        ("text", "SECONDARY", "s"),
    ];
    let object = r#"{"id":"1","m":"x","p":"+15551234567","n":7,"s":"v"}"#;
    let told = conversation([
        typed("T", &fields, &keys),
        made(r#""LastName":"Lee""#),
        key_added(P, "mKey", "x"),
        put("T", object, "k1"),
    ]);
    let line = |key: &str, value: &str, object: &str| {
        let item = match object {
            "" => String::new(),
            object => format!(
                r#"{{"ObjectTypeName":"T","ProfileObjectUniqueKey":"k1","Object":"{}"}}"#,
                quoted(object)
            ),
        };
        let filter = filter(key, value);
        format!(
            r#"POST /domains/d/profiles/objects {{"ProfileId":"{P}","ObjectTypeName":"T"{filter}}} => 200 {{"Items":[{item}]}}"#
        )
    };
    // This target filters by the keys of types.
    let told = and(&told, &[line("text", "w", "")]);
    for (key, value, alike) in [
        ("phone", "(555)-123-4567", true),
        ("phone", "+15551234568", false),
        ("number", "7.0", true),
        ("number", "007", true),
        ("number", "8", false),
        ("text", "V ", true),
        ("text", "u", false),
    ] {
        let expected = match alike {
            true => "",
            false => "violation filter.subset",
        };
        all_said(
            &told,
            &[
                (line(key, value, object), expected),
                (line(key, value, ""), ""),
            ],
        );
    }
    all_said(&told, &[(line("text", "v", ""), "violation filter.scope")]);
    // What it had before may lead to it.
    let newer = object.replace(r#""v""#, r#""w""#);
    let told = and(&told, &[put("T", &newer, "k1")]);
    all_said(
        &told,
        &[
            (line("text", "v", &newer), ""),
            (line("text", "v", ""), ""),
            (line("text", "u", &newer), "violation filter.subset"),
            (line("text", "w", ""), "violation filter.scope"),
        ],
    );
}

#[test]
fn an_id_may_be_filtered_by_in_another_case_and_a_value_be_given_twice() {
    const NAMED: &str = r#""SerialNumber":"Z","AssetName":"N""#;
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"Z","an":"N"}"#, "k1"),
        found_by("mKey", "x", P),
        assets(P, "", NAMED),
    ]);
    let line = |key: &str, values: &str, shown: &str| assets(P, &filter(key, values), shown);
    let (upper, blank) = (ASSET.to_uppercase(), format!("{ASSET} "));
    let twice = "warning filter.duplicate-values";
    all_said(
        &told,
        &[
            (line("_assetId", &upper, NAMED), ""),
            (line("_assetId", &upper, ""), ""),
            (line("_assetId", &blank, NAMED), ""),
            (line("_assetId", ASSET, ""), "violation filter.asset-id"),
            (
                line("_assetId", &"b".repeat(32), NAMED),
                "violation filter.asset-id",
            ),
            (line("_assetName", r#"N","N"#, NAMED), ""),
            (line("_assetName", r#"N","N"#, ""), twice),
            (
                line("_assetName", r#"M","M"#, NAMED),
                "violation filter.multi-values",
            ),
        ],
    );
    let other = line("_assetName", r#"N","M"#, "");
    all_said(
        &and(&told, &[other]),
        &[(line("_assetName", r#"N","N"#, ""), twice)],
    );
}

/// A profile that may have gone with its type, and a filter that need not apply to its objects: either may be told.
#[test]
fn the_filter_may_be_looked_at_before_a_profile_that_may_be_gone() {
    let told = conversation([
        typed(
            "V",
            &[("id", ""), ("m", "")],
            &[("vKey", "PROFILE UNIQUE", "id")],
        ),
        typed(
            "T",
            &[("id", ""), ("m", "")],
            &[("tKey", "PROFILE UNIQUE", "id")],
        ),
        put("V", r#"{"id":"1"}"#, "k1"),
        found_by("vKey", "1", P),
        deleted("V", P, "k1"),
        r#"DELETE /domains/d/object-types/V => 200 {"Message":"m"}"#.to_owned(),
    ]);
    let asked = |filter: &str| {
        format!(
            r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"T","ProfileId":"{P}"{filter}}} => 200 {{"Items":[]}}"#
        )
    };
    let filtered = asked(&filter("tKey", "2"));
    right(
        &told,
        &[
            (answered(&filtered, BAD), true),
            (answered(&filtered, MISSED), true),
            (filtered, true),
            (answered(&asked(""), MISSED), true),
            (answered(&asked(""), BAD), false),
        ],
    );
}
