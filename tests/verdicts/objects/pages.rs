//! Pages: tokens that servers make in different ways, sizes that change, and items whose names nobody knows.

use super::*;

/// Types `A`, `B` and so on.
fn types(names: &str) -> Vec<String> {
    let types = names.chars().map(|name| {
        PUT.replace("types/T ", &format!("types/{name} ")).replace(
            r#""ObjectTypeName":"T""#,
            &format!(r#""ObjectTypeName":"{name}""#),
        )
    });
    [CREATE.to_owned()].into_iter().chain(types).collect()
}

/// A page of types.
fn page(query: &str, names: &str, token: &str) -> String {
    let items: Vec<String> = names
        .chars()
        .map(|name| format!(r#"{{"ObjectTypeName":"{name}","Description":"one"}}"#))
        .collect();
    let token = match token {
        "" => String::new(),
        token => format!(r#","NextToken":"{token}""#),
    };
    let items = items.join(",");
    format!(r#"GET /domains/d/object-types?{query} => 200 {{"Items":[{items}]{token}}}"#)
}

#[test]
fn pages_of_another_size_may_be_other_pages() {
    let first = page("max-results=2", "AB", "2");
    let told = and(&types("ABCD"), &[first]);
    let duplicate = "violation page.no-duplicates";
    all_said(
        &told,
        &[
            (page("max-results=1&next-token=2", "B", "3"), ""),
            (page("max-results=3&next-token=2", "D", ""), ""),
            (page("next-token=2", "", ""), ""),
            (
                answered(&page("max-results=1&next-token=2", "", ""), BAD),
                "",
            ),
            (
                answered(&page("max-results=1&next-token=2", "", ""), MISSED),
                "",
            ),
            // Whatever they are, they are pages of this listing.
            (page("max-results=3&next-token=2", "CC", ""), duplicate),
            (
                page("max-results=1&next-token=2", "CD", ""),
                "violation page.max.respected",
            ),
            (
                page("max-results=3&next-token=2", "Z", ""),
                "violation list-types.complete",
            ),
            (page("max-results=2&next-token=2", "CD", ""), ""),
            (page("max-results=2&next-token=2", "BC", "3"), duplicate),
            (
                page("max-results=2&next-token=2", "C", ""),
                "violation list-types.complete",
            ),
            (
                answered(&page("max-results=2&next-token=2", "", ""), BAD),
                "violation list-types.complete",
            ),
            (
                answered(&page("max-results=2&next-token=2", "", ""), MISSED),
                "violation list-types.complete",
            ),
        ],
    );
}

#[test]
fn a_token_may_be_that_of_several_listings() {
    let told = and(
        &types("ABCD"),
        &[
            page("max-results=1", "A", "2"),
            page("max-results=2", "AB", "2"),
        ],
    );
    all_said(
        &told,
        &[
            (page("max-results=1&next-token=2", "B", "3"), ""),
            (
                page("max-results=1&next-token=2", "A", "3"),
                "violation page.no-duplicates",
            ),
            (page("max-results=2&next-token=2", "CD", ""), ""),
            (
                page("max-results=2&next-token=2", "AD", ""),
                "violation page.no-duplicates",
            ),
        ],
    );
    // Each of them goes on by itself.
    let both = and(&told, &[page("max-results=1&next-token=2", "B", "3")]);
    all_said(
        &both,
        &[
            (page("max-results=2&next-token=2", "CD", ""), ""),
            (
                page("max-results=2&next-token=2", "C", ""),
                "violation list-types.complete",
            ),
        ],
    );
}

#[test]
fn a_change_may_end_a_token() {
    let told = and(&types("AB"), &[page("max-results=1", "A", "t")]);
    let next = page("max-results=1&next-token=t", "B", "");
    let refused = answered(&next, BAD);
    all_said(&told, &[(refused.clone(), "violation list-types.complete")]);
    let without =
        |name: char| format!(r#"DELETE /domains/d/object-types/{name} => 200 {{"Message":"m"}}"#);
    let more = types("C").swap_remove(1);
    let anew = [
        r#"DELETE /domains/d => 200 {"Message":"m"}"#.to_owned(),
        CREATE.to_owned(),
    ];
    for change in [&[without('A')][..], &[more], &anew] {
        all_said(&and(&told, change), &[(refused.clone(), "")]);
    }
    // Not what is gone.
    all_said(
        &and(&told, &[without('B')]),
        &[(next, "violation list-types.after-delete")],
    );
}

#[test]
fn a_listing_ends_when_all_of_it_was_shown_however_much_that_is() {
    let mut told = Vec::new();
    for number in 1..=45 {
        // After 23 templates that nobody knew of come pages with nothing.
        let item = match number {
            1..=23 => format!(r#"{{"TemplateId":"T{number}"}}"#),
            _ => String::new(),
        };
        let token = match number {
            1 => String::new(),
            _ => format!("&next-token=t{number}"),
        };
        let next = number + 1;
        told.push(format!(
            r#"GET /templates?max-results=1{token} => 200 {{"Items":[{item}],"NextToken":"t{next}"}}"#
        ));
        let expected = match number {
            44.. => "violation page.end",
            _ => "",
        };
        if number == 22 || number >= 43 {
            assert_eq!(said(&told), expected, "{number}");
        }
        if !expected.is_empty() {
            break;
        }
    }
}

/// An id of 32 characters that ends so.
fn id(number: usize) -> String {
    format!("{number:032}")
}

#[test]
fn profiles_whose_ids_nobody_knows_are_counted() {
    let card = typed(
        "G",
        &[("id", ""), ("g", "")],
        &[
            ("gId", "PROFILE UNIQUE", "id"),
            ("group", "LOOKUP_ONLY", "g"),
        ],
    )
    .replace(r#"["LOOKUP_ONLY"]"#, "[]");
    let mut told = conversation([card]);
    for number in 1..=23 {
        let object = format!(r#"{{"id":"{number}","g":"x"}}"#);
        told.push(put("G", &object, &format!("k{number}")));
    }
    let found = |query: &str, ids: std::ops::Range<usize>, token: &str| {
        let items: Vec<String> = ids
            .map(|number| format!(r#"{{"ProfileId":"{}"}}"#, id(number)))
            .collect();
        let items = items.join(",");
        format!(
            r#"POST /domains/d/profiles/search?{query} {{"KeyName":"group","Values":["x"]}} => 200 {{"Items":[{items}]{token}}}"#
        )
    };
    let missing = "violation assign.none.create";
    all_said(
        &told,
        &[
            (found("", 1..24, ""), ""),
            (found("", 1..23, ""), missing),
            (found("", 1..1, ""), missing),
            (found("", 1..25, ""), "violation search.by-key"),
        ],
    );
    let seen = and(&told, &[found("", 1..24, "")]);
    all_said(&seen, &[(found("", 3..4, ""), missing)]);
    // One by one, they take as many pages as there are of them.
    let mut query = "max-results=1".to_owned();
    for number in 1..=22 {
        let token = format!(r#","NextToken":"t{number}""#);
        told.push(found(&query, number..number + 1, &token));
        query = format!("max-results=1&next-token=t{number}");
    }
    all_said(
        &told,
        &[
            (found(&query, 23..24, ""), ""),
            (found(&query, 1..1, ""), missing),
            (found(&query, 1..2, ""), "violation page.no-duplicates"),
        ],
    );
}

#[test]
fn objects_whose_keys_nobody_knows_may_have_those_of_others() {
    let other = CARD
        .replace("types/C ", "types/B ")
        .replace(r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"B""#);
    let mut told = conversation([
        CARD.to_owned(),
        other,
        put("B", r#"{"id":"1","m":"x"}"#, "1"),
        found_by("mKey", "x", P),
        ingest("1", "x", "Ann", "1"),
        list(P, &[("1", ONE)]),
        deleted("C", P, "1"),
    ]);
    let object = |number: usize| format!(r#"{{"id":"{number}","m":"x"}}"#);
    for number in 1..=5 {
        let line = put("C", &object(number), "");
        told.push(line.replace(r#"{"ProfileObjectUniqueKey":""}"#, "{}"));
    }
    let listed = |keys: &[&str]| {
        let objects: Vec<String> = (1..=keys.len()).map(object).collect();
        let items: Vec<(&str, &str)> = keys
            .iter()
            .zip(&objects)
            .map(|(key, object)| (*key, object.as_str()))
            .collect();
        list(P, &items)
    };
    all_said(
        &told,
        &[
            (listed(&["1", "2", "3", "4", "5"]), ""),
            (
                listed(&["1", "2", "3", "4"]),
                "violation assign.primary.one",
            ),
            (
                listed(&["1", "2", "3", "4", "1"]),
                "violation page.no-duplicates",
            ),
        ],
    );
}

#[test]
fn no_two_assets_have_one_key() {
    let told = conversation([
        device(&[("aKey", "ASSET", "sn")]),
        put("D", r#"{"id":"1","m":"x","sn":"E"}"#, "k1"),
        put("D", r#"{"id":"2","m":"x","sn":"F"}"#, "k2"),
        found_by("mKey", "x", P),
    ]);
    let listed = |keys: [&str; 2]| {
        let items = ["E", "F"].iter().zip(keys).map(|(serial, key)| {
            let object = quoted(&format!(
                r#"{{"AssetId":"{}","SerialNumber":"{serial}"}}"#,
                serial.repeat(32)
            ));
            format!(
                r#"{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{key}","Object":"{object}"}}"#
            )
        });
        let items: Vec<String> = items.collect();
        assets(P, "", "").replace("[]", &format!("[{}]", items.join(",")))
    };
    all_said(
        &told,
        &[
            (listed(["a", "b"]), ""),
            (listed(["a", "a"]), "violation list-objects.item.key-unique"),
        ],
    );
}
