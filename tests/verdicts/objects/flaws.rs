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
fn member_names_in_another_case_may_be_read_and_nobody_knows_what_comes_of_it() {
    let told = after([]);
    let object = r#""Object":"{\"id\":\"1\",\"m\":\"x\"}""#;
    let lower = object.replace("Object", "object");
    let id = |member: &str| format!(r#""{member}":"{P}""#);
    let objects = "POST /domains/d/profiles/objects";
    let spoilt = "KeyName\":\"zKey\",\"values\":[\"1\"]";
    let reads = [
        searched("_email", "\"x\"").replace("KeyName", "keyName"),
        format!(
            r#"{objects} {{{},"ObjectTypeName":"C"}} => 200 {{"Items":[]}}"#,
            id("profileId")
        ),
        format!(
            r#"{objects} {{{},"objectTypeName":"C"}} => 200 {{"Items":[]}}"#,
            id("ProfileId")
        ),
    ];
    let writes = [
        format!(
            r#"PUT /domains/d/profiles/objects {{"objectTypeName":"C",{object}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#
        ),
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"C",{lower}}} => 200 {{"ProfileObjectUniqueKey":"k1"}}"#
        ),
        deleted("C", P, "k1").replace("ObjectTypeName", "objectTypeName"),
        profile_deleted(P).replace("ProfileId", "profileId"),
        format!(
            r#"PUT /domains/d/profiles {{{},"LastName":"Roe"}} => 200 {{"ProfileId":"{P}"}}"#,
            id("profileId")
        ),
        format!(
            r#"POST /domains/d/profiles/keys {{{},"{spoilt}}} => 200 {{}}"#,
            id("ProfileId")
        ),
        format!(
            r#"POST /domains/d/profiles/keys/delete {{{},"{spoilt}}} => 200 {{"Message":"m"}}"#,
            id("ProfileId")
        ),
        merged(P, Q).replace("MainProfileId", "mainProfileId"),
    ];
    let shown = found_by("_profileId", P, P).replace(r#"1"}]"#, r#"1","LastName":"Lee"}]"#);
    let lost = searched("_profileId", &format!("\"{P}\""));
    for (line, writes) in reads
        .iter()
        .map(|line| (line, false))
        .chain(writes.iter().map(|line| (line, true)))
    {
        all_said(
            &told,
            &[
                (line.clone(), "warning proto.member-case"),
                (answered(line, BAD), ""),
                (answered(line, MISSED), ""),
                (
                    answered(line, "403 AccessDeniedException"),
                    "violation proto.member-case",
                ),
            ],
        );
        let read = and(&told, std::slice::from_ref(line));
        all_said(&read, &[(shown.clone(), "")]);
        assert_eq!(
            said(&and(&read, std::slice::from_ref(&lost))).is_empty(),
            writes,
            "{line}"
        );
        let refused = and(&told, &[answered(line, BAD)]);
        assert_ne!(
            said(&and(&refused, std::slice::from_ref(&lost))),
            "",
            "{line}"
        );
    }
}

#[test]
fn tags_by_a_name_in_another_case_may_be_added() {
    let tags = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd";
    let added = format!(r#"POST {tags} {{"Tags":{{"a":"b"}}}} => 200"#);
    let shown = |tags_shown: &str| format!(r#"GET {tags} => 200 {{"tags":{{{tags_shown}}}}}"#);
    let told = conversation([]);
    all_said(&told, &[(added.clone(), "warning proto.member-case")]);
    let read = and(&told, std::slice::from_ref(&added));
    let refused = and(&told, &[answered(&added, BAD)]);
    for tags in ["", r#""a":"b""#] {
        all_said(&read, &[(shown(tags), "")]);
        let stranger = match tags {
            "" => "",
            _ => "violation tag.list.empty",
        };
        all_said(&refused, &[(shown(tags), stranger)]);
    }
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
