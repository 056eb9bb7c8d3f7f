//! Requests with several flaws, any of which may end the matter (proto.precedence), and those that only some can read.

use super::*;

/// A search that finds nobody.
fn searched(key: &str, values: &str) -> String {
    finds(key, "", &[]).replace(r#"[""]"#, &format!("[{values}]"))
}

/// A domain with a type and a profile, after these answers.
fn after<const COUNT: usize>(lines: [String; COUNT]) -> Vec<String> {
    and(
        &conversation([CARD.to_owned(), made(r#""LastName":"Lee""#)]),
        &lines,
    )
}

#[test]
fn what_should_be_taken_may_be_refused_with_the_status_for_it() {
    const MEDIA: &str = "415 UnsupportedMediaTypeException";
    const LARGE: &str = "413 RequestEntityTooLargeException";
    let empty = "warning proto.body-empty-optional";
    let object = |length: usize| {
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C","Object":"{{}}{}"}} => 200 {{}}"#,
            " ".repeat(length - 2)
        )
    };
    let read = |key: &str| answered(&searched(key, "\"1\""), MEDIA);
    all_said(
        &after([]),
        &[
            (format!("PUT /domains/d => {MEDIA}"), empty),
            (format!("POST /domains/d/profiles => {MEDIA}"), empty),
            (
                format!("PUT /domains/d => {LARGE}"),
                "violation domain.update.partial",
            ),
            (
                answered(&object(256_000), LARGE),
                "warning proto.large-body",
            ),
            (
                answered(&object(256_000), MEDIA),
                "violation ingest.object.any-structure",
            ),
            (
                answered(&object(1000), LARGE),
                "violation ingest.object.any-structure",
            ),
            (read("mKey"), "violation search.by-key"),
        ],
    );
}
