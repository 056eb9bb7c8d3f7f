//! What an observer cannot know: ids nobody has seen, effects that may not have been, and more states than it keeps apart.

use profile_contract::case::transcript::{Overheard, Transcript};
use profile_contract::judge::judge;

use super::*;

fn lines(told: &[String]) -> Vec<&str> {
    told.iter().map(String::as_str).collect()
}

fn create(id: &str, members: &str) -> String {
    format!(r#"POST /domains/d/profiles {{{members}}} => 200 {{"ProfileId":"{id}"}}"#)
}

fn found(id: &str, items: &str) -> String {
    format!(
        r#"POST /domains/d/profiles/search {{"KeyName":"_profileId","Values":["{id}"]}} => 200 {{"Items":[{items}]}}"#
    )
}

#[test]
fn an_id_nobody_has_seen_may_be_of_the_profile_an_object_made() {
    let update = format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{P}","LastName":"Lee"}} => 200 {{"ProfileId":"{P}"}}"#
    );
    let made = [
        CREATE.to_owned(),
        CARD.to_owned(),
        ingest("1", "x", "Ann", "k1"),
    ];
    for guess in [update.clone(), list(P, &[("k1", ONE)])] {
        let told: Vec<String> = made.iter().cloned().chain([guess.clone()]).collect();
        allowed(&lines(&told));
        // Where no object has made one, it is nobody's.
        assert!(broken(&[CREATE, CARD, &guess]).is_some(), "{guess}");
    }
    // Nor is it once the profile was seen under another id.
    let mut told = made.to_vec();
    told.extend([search("mKey", "x", &[(Q, "Ann")]), update]);
    forbidden("profile.update.unknown", &lines(&told));
}

#[test]
fn a_type_that_makes_no_profiles_adds_to_those_there_are() {
    let guest = CARD
        .replace("object-types/C", "object-types/G")
        .replace(
            r#""AllowProfileCreation":true"#,
            r#""AllowProfileCreation":false"#,
        )
        .replace("cId", "gId")
        .replace(r#""ObjectTypeName":"C""#, r#""ObjectTypeName":"G""#);
    let as_guest = |line: String| line.replace(r#""C""#, r#""G""#);
    let made = [
        CREATE.to_owned(),
        CARD.to_owned(),
        guest,
        ingest("1", "x", "Ann", "k1"),
        search("mKey", "x", &[(P, "Ann")]),
        as_guest(ingest("2", "x", "Ann", "k2")),
    ];
    let then = |last: String| -> Vec<String> { made.iter().cloned().chain([last]).collect() };
    let there = TWO.replace("Bea", "Ann");
    allowed(&lines(&then(as_guest(list(P, &[("k2", &there)])))));
    let lost = then(as_guest(list(P, &[])));
    assert!(broken(&lines(&lost)).is_some());
    // One that finds nobody is nowhere.
    let mut told = made.to_vec();
    told.push(as_guest(ingest("3", "y", "Cleo", "k3")));
    told.push(search("mKey", "y", &[(Q, "Cleo")]));
    assert!(broken(&lines(&told)).is_some());
}

#[test]
fn whose_address_a_merged_profile_has_is_said_by_its_name() {
    let first = r#""FirstName":"a","Address":{"City":"A"}"#;
    let second = r#""FirstName":"b","Address":{"City":"B"}"#;
    let merged = |sources: &str, shown: &str| -> Vec<String> {
        vec![
            CREATE.to_owned(),
            create(P, first),
            create(Q, second),
            format!(
                r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{P}","ProfileIdsToBeMerged":["{Q}"],"FieldSourceProfileIds":{{{sources}}}}} => 200 {{"Message":"m"}}"#
            ),
            found(P, &format!(r#"{{"ProfileId":"{P}",{shown}}}"#)),
        ]
    };
    let (address, name) = (
        format!(r#""Address":"{Q}""#),
        format!(r#""FirstName":"{Q}""#),
    );
    for (sources, shown, right) in [
        (&address, r#""FirstName":"a","Address":{"City":"B"}"#, true),
        (&address, r#""FirstName":"b","Address":{"City":"A"}"#, false),
        (&name, r#""FirstName":"b","Address":{"City":"A"}"#, true),
        (&name, r#""FirstName":"a","Address":{"City":"B"}"#, false),
    ] {
        let told = merged(sources, shown);
        assert_eq!(fits_without_a_word(&told), right, "{sources} {shown}");
    }
}

/// Nothing is said of a source that is neither the main profile nor among the merged ones, nor of one that nobody has.
#[test]
fn a_source_that_takes_no_part_in_a_merge_may_be_refused_or_mean_anything() {
    const R: &str = "00000000000000000000000000000003";
    let made = [
        CREATE.to_owned(),
        create(P, r#""FirstName":"a""#),
        create(Q, r#""FirstName":"b""#),
        create(R, r#""FirstName":"c""#),
    ];
    let merge = |source: &str, answer: &str| {
        format!(
            r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{P}","ProfileIdsToBeMerged":["{Q}"],"FieldSourceProfileIds":{{"FirstName":"{source}"}}}} => {answer}"#
        )
    };
    let told = |last: &[String]| -> Vec<String> { made.iter().chain(last).cloned().collect() };
    let nobody = "9".repeat(32);
    for (source, takes_part) in [(Q, true), (R, false), (nobody.as_str(), false)] {
        let refused = told(&[merge(source, "400 BadRequestException")]);
        assert_eq!(broken(&lines(&refused)).is_none(), !takes_part, "{source}");
        for name in ["a", "b", "c"] {
            let shown = format!(r#"{{"ProfileId":"{P}","FirstName":"{name}"}}"#);
            let served = told(&[merge(source, r#"200 {"Message":"m"}"#), found(P, &shown)]);
            let right = !takes_part || name == "b";
            assert_eq!(fits_without_a_word(&served), right, "{source} {name}");
        }
    }
}

/// Whether the last answer of a conversation deserves not even a warning.
fn fits_without_a_word(told: &[String]) -> bool {
    let mut model = Model::observer(&open());
    let (last, before) = told.split_last().expect("a conversation");
    for line in before {
        let fit = model.observe(&exchange(line)).fit;
        assert!(matches!(fit, Fit::Allowed { .. }), "{line}: {fit:?}");
    }
    match model.observe(&exchange(last)).fit {
        Fit::Allowed { warnings } => warnings.is_empty(),
        Fit::Forbidden(_) => false,
        Fit::Unclear(why) => panic!("unclear: {why}"),
    }
}

#[test]
fn sixty_four_states_are_told_apart_and_no_more() {
    let mut model = Model::observer(&open());
    model.observe(&exchange(CREATE));
    for n in 1..=7 {
        // Taken or not, nobody knows: with each, twice as many states are possible.
        let put = PUT.replace("object-types/T", &format!("object-types/T{n}"));
        let (asked, _) = put.split_once(" => ").expect("a request");
        model.observe(&exchange(&format!(
            "{asked} => 503 ServiceUnavailableException"
        )));
        assert_eq!(model.is_lost(), n > 6, "after {n}");
    }
}

#[test]
fn a_text_too_long_for_an_asset_may_be_left_out_of_it() {
    const TYPE: &str = r#"PUT /domains/d/object-types/D {"Description":"d","AllowProfileCreation":true,"Fields":{"id":{"Source":"_source.id"},"sn":{"Source":"_source.sn","Target":"_asset.SerialNumber"},"an":{"Source":"_source.an","Target":"_asset.AssetName"}},"Keys":{"dKey":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}],"aKey":[{"StandardIdentifiers":["ASSET"],"FieldNames":["sn"]}]}} => 200 {"ObjectTypeName":"D","Description":"d"}"#;
    let asset = "a".repeat(32);
    let shown = |length: usize, name: bool| -> Vec<String> {
        let text = "x".repeat(length);
        let name = match name {
            true => format!(r#",\"AssetName\":\"{text}\""#),
            false => String::new(),
        };
        vec![
            CREATE.to_owned(),
            TYPE.to_owned(),
            format!(
                r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"D","Object":"{{\"id\":\"1\",\"sn\":\"Z\",\"an\":\"{text}\"}}"}} => 200 {{"ProfileObjectUniqueKey":"k"}}"#
            ),
            format!(
                r#"POST /domains/d/profiles/search {{"KeyName":"dKey","Values":["1"]}} => 200 {{"Items":[{{"ProfileId":"{P}"}}]}}"#
            ),
            format!(
                r#"POST /domains/d/profiles/objects {{"ObjectTypeName":"_asset","ProfileId":"{P}"}} => 200 {{"Items":[{{"ObjectTypeName":"_asset","ProfileObjectUniqueKey":"{asset}","Object":"{{\"AssetId\":\"{asset}\",\"SerialNumber\":\"Z\"{name}}}"}}]}}"#
            ),
        ]
    };
    for (length, name, right) in [
        (255, true, true),
        (255, false, false),
        (256, true, true),
        (256, false, true),
    ] {
        let told = shown(length, name);
        assert_eq!(fits_without_a_word(&told), right, "{length} {name}");
    }
}

#[test]
fn the_account_key_of_a_template_finds_profiles_or_says_that_it_does_not() {
    for (template, identifiers, right) in [
        ("Salesforce-Contact", r#""PROFILE""#, true),
        ("Salesforce-Contact", r#""SECONDARY""#, false),
        (
            "Salesforce-Multi-Contact-Account-Link",
            r#""PROFILE""#,
            false,
        ),
        (
            "Salesforce-Multi-Contact-Account-Link",
            r#""SECONDARY""#,
            true,
        ),
        ("Zendesk-users", r#""PROFILE""#, true),
    ] {
        let line = format!(
            r#"GET /templates/{template} => 200 {{"TemplateId":"{template}","Keys":{{"_salesforceAccountId":[{{"StandardIdentifiers":[{identifiers}],"FieldNames":["a"]}}]}}}}"#
        );
        let (_, rules) = weighed(&exchange(&line));
        let told = rules.contains(&"template.multi-link");
        assert_eq!(told, !right, "{template} {identifiers}: {rules:?}");
    }
}

#[test]
fn control_characters_within_an_object_may_be_refused() {
    let put = |text: &str| {
        let served = ingest("1", "x", text, "k1");
        let (asked, _) = served.split_once(" => ").expect("a request");
        format!("{asked} => 400 BadRequestException")
    };
    for control in [r"\\u0000", r"\\u001f", r"\\u0085", "\u{7f}", "\u{9f}"] {
        allowed(&[CREATE, CARD, &put(control)]);
    }
    // What no control character is: white space, and what only begins like one.
    for plain in ["Ann", r"\\n", r"\\u00e9", "\u{a0}"] {
        let rule = "ingest.object.any-structure";
        forbidden(rule, &[CREATE, CARD, &put(plain)]);
    }
}

/// What is made of a conversation that was overheard: an effect, and a read so many milliseconds after it.
fn overheard(read: &str, ms: i64) -> Outcome {
    let case = text::parse("> GET /\n\n> GET /\n\n> GET /\n", "test.case").expect("a case");
    let created = create(P, r#""FirstName":"Ann""#);
    let transcript = Transcript {
        name: "test".to_owned(),
        case,
        overheard: Some(Overheard::Whole),
        given: Vec::new(),
        with: Default::default(),
        answers: vec![
            vec![exchange(CREATE)],
            vec![later(&created, 10)],
            vec![later(read, 10 + ms)],
        ],
    };
    judge(&transcript).outcome()
}

#[test]
fn who_was_overheard_may_have_asked_too_early() {
    let nobody = found(P, "");
    let ann = found(P, &format!(r#"{{"ProfileId":"{P}","FirstName":"Ann"}}"#));
    let no_answer = nobody.replace("200 {\"Items\":[]}", "200 {\"Items\":7}");
    for (read, ms, outcome) in [
        (&ann, 100, Outcome::Conforms),
        (&nobody, 100, Outcome::Unclear),
        (&nobody, 1_999, Outcome::Unclear),
        (&nobody, 2_001, Outcome::Violates),
        // No state is behind the form of an answer.
        (&no_answer, 100, Outcome::Violates),
    ] {
        assert_eq!(overheard(read, ms), outcome, "{read} after {ms} ms");
    }
}

#[test]
fn a_domain_whose_request_only_others_can_read_may_hold_any_tags() {
    const TAGS: &str =
        "GET /tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd => 200";
    let some = format!(r#"{TAGS} {{"tags":{{"a":"b"}}}}"#);
    let odd = CREATE.replacen("30}", r#"30,"Tags":{"a":"\ud800"}}"#, 1);
    allowed(&[&odd, &some]);
    // What we can read, everybody can.
    assert!(broken(&[CREATE, &some]).is_some());
}

/// What is made of these reads of the type `T` after its put, where reads may be late.
fn read_after_put(reads: &[&str]) -> Outcome {
    let mut told = vec![CREATE, PUT];
    told.extend(reads);
    let case = text::parse(&"> GET /\n\n".repeat(told.len()), "test.case").expect("a case");
    let choices = open();
    let mut judge = Judge::new(&case, &choices).with_patience(Duration::from_secs(2));
    for (step, line) in told.iter().enumerate() {
        assert_ne!(judge.see(step, &exchange(line)), Heard::Again, "{line}");
    }
    judge.finish().outcome()
}

#[test]
fn an_answer_from_before_a_write_decides_nothing() {
    const SHOWN: &str = r#"200 {"ObjectTypeName":"T","Description":"one","AllowProfileCreation":false,"Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    let get = |name: &str, answer: &str| format!("GET /domains/d/object-types/{name} => {answer}");
    let shown = get("T", SHOWN);
    let found = get("t", SHOWN);
    let missed = get("t", "404 ResourceNotFoundException");
    // It may not have been there yet by any name.
    assert_eq!(read_after_put(&[&missed, &found]), Outcome::Conforms);
    // It was there, and not by that name.
    let told = [&shown, &missed, &found].map(String::as_str);
    assert_eq!(read_after_put(&told), Outcome::Violates);
}

#[test]
fn what_is_deleted_by_a_name_in_another_case_may_not_have_been_there() {
    const GONE: &str = r#"DELETE /domains/d/object-types/t => 200 {"Message":"ok"}"#;
    const T: &str = r#"GET /domains/d/object-types/T => 200 {"ObjectTypeName":"T","Description":"one","AllowProfileCreation":false,"Fields":{"id":{"Source":"_source.id"}},"Keys":{"k":[{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}]}}"#;
    const NO_T: &str = "GET /domains/d/object-types/T => 404 ResourceNotFoundException";
    const OTHER: &str = "DELETE /domains/d/object-types/other => 404 ResourceNotFoundException";
    allowed(&[CREATE, PUT, GONE, T]);
    allowed(&[CREATE, PUT, GONE, NO_T, OTHER]);
    // Whoever has nothing to object to one deletion of nothing has nothing to object to the next.
    forbidden("delete-type.unknown", &[CREATE, PUT, GONE, T, OTHER]);
    const DOMAIN: &str = r#"DELETE /domains/D => 200 {"Message":"ok"}"#;
    const STILL: &str = r#"GET /domains/d => 200 {"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000}"#;
    allowed(&[CREATE, DOMAIN, STILL]);
    allowed(&[
        CREATE,
        DOMAIN,
        "GET /domains/d => 404 ResourceNotFoundException",
    ]);
}

#[test]
fn a_structure_of_members_nobody_knows_is_as_good_as_none() {
    let get = |matching: &str| {
        format!(
            r#"GET /domains/d => 200 {{"DomainName":"d","DefaultExpirationDays":30,"CreatedAt":1700000000,"LastUpdatedAt":1700000000,"Matching":{matching}}}"#
        )
    };
    for nothing in ["{}", r#"{"Newer":true}"#, r#"{"Enabled":false}"#] {
        allowed(&[CREATE, &get(nothing)]);
    }
    for something in [
        r#"{"Enabled":true}"#,
        r#"{"Newer":true,"Enabled":true}"#,
        "true",
    ] {
        assert!(broken(&[CREATE, &get(something)]).is_some(), "{something}");
    }
}

/// Found by fuzzing the reference: where nobody can say what there is, a refusal that depends on it is allowed as well.
#[test]
fn what_nobody_knows_may_be_the_reason_for_a_refusal() {
    let (bad, unknown) = (
        " => 400 BadRequestException",
        " => 404 ResourceNotFoundException",
    );
    // What an integration does, nobody says.
    let odd = r#"PUT /domains/d/integrations {"Uri":"x"} => 200 {}"#;
    let tags = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd";
    let tag = format!(r#"POST {tags} {{"tags":{{"a":"b"}}}}"#);
    let untag = format!("DELETE {tags}?tagKeys=a");
    allowed(&[CREATE, odd, &format!("{tag}{bad}")]);
    allowed(&[CREATE, odd, &format!("{untag}{unknown}")]);
    assert!(broken(&[CREATE, &format!("{tag}{bad}")]).is_some());
    assert!(broken(&[CREATE, odd, &format!("{tag}{unknown}")]).is_some());

    // The object has made a profile whose id nobody knows, and so this may be its.
    let made = ingest("1", "x", "Ann", "k1");
    let filtered = format!(
        r#"POST /domains/d/profiles/objects {{"ProfileId":"{P}","ObjectTypeName":"C","ObjectFilter":{{"KeyName":"zKey","Values":["2"]}}}}"#
    );
    allowed(&[CREATE, CARD, &made, &format!("{filtered}{bad}")]);
    let plain = list(P, &[]).replace(r#" => 200 {"Items":[]}"#, bad);
    assert!(broken(&[CREATE, CARD, &made, &plain]).is_some());

    // Nor does anybody know whether a token leads on in what it has.
    let (path, body) = plain
        .split_once(' ')
        .and_then(|(_, rest)| rest.split_once(' '))
        .expect("a request");
    let paged = format!("POST {path}?next-token=x {body}");
    allowed(&[CREATE, CARD, &made, &paged]);
}

/// What nobody knows of profiles and objects, as where a type has the mapping of a template, is nothing to settings, types and tags.
#[test]
fn a_doubt_about_data_is_none_about_definitions() {
    const TEMPLATED: &str = r#"PUT /domains/d/object-types/N {"Description":"n","TemplateId":"CTR-NoInferred"} => 200 {"ObjectTypeName":"N","Description":"n","TemplateId":"CTR-NoInferred"}"#;
    const GONE: &str = r#"DELETE /domains/d/object-types/T => 200 {"Message":"m"}"#;
    let tags = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd";
    let object = |name: &str| {
        format!(
            r#"PUT /domains/d/profiles/objects {{"ObjectTypeName":"{name}","Object":"{{\"id\":\"1\"}}"}} => 200 {{"ProfileObjectUniqueKey":"u1"}}"#
        )
    };
    let merge = format!(
        r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{P}","ProfileIdsToBeMerged":["{Q}"]}} => 200 {{"Message":"m"}}"#
    );
    let domain = |days: u16| {
        format!(
            r#"200 {{"DomainName":"d","DefaultExpirationDays":{days},"CreatedAt":1700000000,"LastUpdatedAt":1700000000}}"#
        )
    };
    let get = |days: u16| format!("GET /domains/d => {}", domain(days));
    let update = format!(
        r#"PUT /domains/d {{"DefaultExpirationDays":40}} => {}"#,
        domain(40)
    );
    let shown = |name: &str, description: &str| {
        format!(
            r#"GET /domains/d/object-types/{name} => 200 {{"ObjectTypeName":"{name}","Description":"{description}","Fields":{{"id":{{"Source":"_source.id"}}}},"Keys":{{"k":[{{"StandardIdentifiers":["PROFILE","UNIQUE"],"FieldNames":["id"]}}]}}}}"#
        )
    };
    let missing =
        |name: &str| format!("GET /domains/d/object-types/{name} => 404 ResourceNotFoundException");
    let types = |more: &str| {
        format!(
            r#"GET /domains/d/object-types => 200 {{"Items":[{{"ObjectTypeName":"T","Description":"one"}},{{"ObjectTypeName":"N","Description":"n"}}{more}]}}"#
        )
    };
    let listed = |name: &str| {
        types(&format!(
            r#",{{"ObjectTypeName":"{name}","Description":"x"}}"#
        ))
    };
    let told = format!("GET {tags} => 200 ");
    for doubt in [object("N"), object("CTR"), merge] {
        for (rule, then) in [
            (None, vec![get(30)]),
            (Some("domain.get.echo"), vec![get(77)]),
            (None, vec![update.clone(), get(40)]),
            (Some("domain.get.echo"), vec![update.clone(), get(30)]),
            (None, vec![missing("Nope")]),
            (Some("get-type.unknown"), vec![shown("Nope", "x")]),
            (None, vec![shown("T", "one")]),
            (Some("put-type.response.echo"), vec![shown("T", "other")]),
            (None, vec![missing("CTR")]),
            (None, vec![shown("CTR", "x")]),
            (None, vec![types("")]),
            (None, vec![listed("CTR")]),
            (Some("list-types.complete"), vec![listed("Nope")]),
            (None, vec![format!(r#"{told}{{"tags":{{}}}}"#)]),
            (
                Some("tag.list.empty"),
                vec![format!(r#"{told}{{"tags":{{"a":"b"}}}}"#)],
            ),
            (None, vec![GONE.to_owned(), missing("T")]),
            (
                Some("delete-type.gone"),
                vec![GONE.to_owned(), shown("T", "one")],
            ),
            (
                None,
                vec![r#"DELETE /domains/d/object-types/CTR => 200 {"Message":"m"}"#.to_owned()],
            ),
            (
                None,
                vec![
                    "DELETE /domains/d/object-types/CTR => 404 ResourceNotFoundException"
                        .to_owned(),
                ],
            ),
        ] {
            let start = [CREATE, PUT, TEMPLATED, &doubt];
            let all: Vec<&str> = start
                .into_iter()
                .chain(then.iter().map(String::as_str))
                .collect();
            assert_eq!(broken(&all).as_deref(), rule, "{all:#?}");
        }
    }
}
