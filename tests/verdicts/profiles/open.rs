//! What the contract leaves open about profiles: answers that are right, or deserve no more than a warning, beside wrong ones.

use super::*;

const BAD: &str = "400 BadRequestException";
const MISSED: &str = "404 ResourceNotFoundException";

/// What the last of some lines deserves, after a domain was made: nothing, a warning, or to be held against the target.
fn deserved(lines: &[String]) -> &'static str {
    let told: Vec<String> = [CREATE.to_owned()].iter().chain(lines).cloned().collect();
    match weighed_last(&told) {
        (true, warnings) if warnings.is_empty() => "nothing",
        (true, _) => "a warning",
        (false, _) => "a finding",
    }
}

/// The same request with another answer.
fn answered(line: &str, answer: &str) -> String {
    let (asked, _) = line.split_once(" => ").expect("an answer");
    format!("{asked} => {answer}")
}

/// What each of some last lines deserves after the same conversation.
fn each_deserves(told: &[String], last: &[(String, &str)]) {
    for (line, expected) in last {
        let lines: Vec<String> = told.iter().chain([line]).cloned().collect();
        assert_eq!(deserved(&lines), *expected, "{lines:#?}");
    }
}

fn update(members: &str) -> String {
    format!(
        r#"PUT /domains/d/profiles {{"ProfileId":"{P}"{members}}} => 200 {{"ProfileId":"{P}"}}"#
    )
}

fn delete(id: &str, answer: &str) -> String {
    format!(r#"POST /domains/d/profiles/delete {{"ProfileId":"{id}"}} => {answer}"#)
}

/// `merge.effect`: keys of a value that lost may go on leading to the main profile; others must not lead there.
#[test]
fn a_value_that_lost_in_a_merge_may_still_find_the_main_profile() {
    let told = [
        create(P, r#""EmailAddress":"a@b""#),
        create(Q, r#""EmailAddress":"c@d""#),
        merge(P, Q, ""),
    ];
    let shown = |id: &str| format!(r#"{{"ProfileId":"{id}","EmailAddress":"a@b"}}"#);
    let finds = |value: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_email","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    each_deserves(
        &told,
        &[
            (finds("c@d", &shown(P)), "nothing"),
            (finds("c@d", ""), "nothing"),
            (finds("e@f", &shown(P)), "a finding"),
            (finds("a@b", &shown(P)), "nothing"),
            (found(Q, &shown(P)), "nothing"),
            (found(Q, ""), "nothing"),
            (found(&Q.replace('2', "3"), &shown(P)), "a finding"),
        ],
    );
}

#[test]
fn a_profile_is_not_merged_twice_without_leave_to_refuse_it() {
    let told = [
        create(P, r#""FirstName":"a""#),
        create(Q, r#""FirstName":"b""#),
    ];
    let once = merge(P, Q, "");
    let twice = once.replace(&format!(r#"["{Q}"]"#), &format!(r#"["{Q}","{Q}"]"#));
    each_deserves(
        &told,
        &[
            (answered(&twice, BAD), "nothing"),
            (twice, "nothing"),
            (answered(&once, BAD), "a finding"),
        ],
    );
}

/// `merge.effect`: the merge may not be over when the merged profile is deleted, so serving that says nothing of profiles that are not there.
#[test]
fn deleting_a_profile_that_was_merged_says_nothing_of_unknown_ones() {
    const NOBODY: &str = "00000000000000000000000000000009";
    let deleted = r#"200 {"Message":"m"}"#;
    for (first, second) in [(deleted, MISSED), (MISSED, deleted)] {
        let told = [
            create(P, r#""FirstName":"a""#),
            create(Q, r#""FirstName":"b""#),
            merge(P, Q, ""),
            delete(Q, first),
        ];
        each_deserves(&told, &[(delete(NOBODY, second), "nothing")]);
        let unknown = [delete(NOBODY, first)];
        each_deserves(
            &unknown,
            &[(delete(&NOBODY.replace('9', "8"), second), "a finding")],
        );
    }
}

/// Values that a content type may hold equal are one to whoever keeps them normalised (contract 3.13).
#[test]
fn a_key_deleted_as_it_is_written_otherwise_may_be_gone() {
    for (name, added, deleted, alike) in [
        ("_phone", "+15551234567", "(555)-123-4567", true),
        ("_email", "A@b", "a@b", true),
        ("_email", "a@b ", "a@b", true),
        ("_email", "a@b", "a@c", false),
        ("_phone", "+15551234567", "+15551234568", false),
    ] {
        let told = [
            create(P, r#""FirstName":"a""#),
            key("keys", name, &format!(r#""{added}""#)),
            key("keys/delete", name, &format!(r#""{deleted}""#)),
        ];
        let gone = search(name, added, &[]);
        let expected = if alike { "nothing" } else { "a finding" };
        let there = search(name, added, &[(P, "a")]);
        each_deserves(&told, &[(gone, expected), (there, "nothing")]);
    }
    let exact = [
        create(P, r#""FirstName":"a""#),
        key("keys", "_email", r#""a@b""#),
        key("keys/delete", "_email", r#""a@b""#),
    ];
    each_deserves(
        &exact,
        &[(search("_email", "a@b", &[(P, "a")]), "a finding")],
    );
}

/// `profile.key.delete.standard`: with or without effect, also after a change of something else.
#[test]
fn a_value_of_a_field_that_was_let_go_stays_so_until_it_changes() {
    let made = create(P, r#""FirstName":"a","EmailAddress":"a@b""#);
    let let_go = key("keys/delete", "_email", r#""a@b""#);
    let email = |value: &str, items: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_email","Values":["{value}"]}} => 200 {{"Items":[{items}]}}"#
        )
    };
    let renamed = [made.clone(), let_go.clone(), update(r#","FirstName":"z""#)];
    let shown = format!(r#"{{"ProfileId":"{P}","FirstName":"z","EmailAddress":"a@b"}}"#);
    each_deserves(
        &renamed,
        &[
            (email("a@b", ""), "nothing"),
            (email("a@b", &shown), "nothing"),
        ],
    );
    let moved = [made, let_go, update(r#","EmailAddress":"c@d""#)];
    each_deserves(&moved, &[(email("c@d", ""), "a finding")]);
}

/// A search that only a SHOULD promises to find somebody may find nobody, told either way, at the price of a warning.
#[test]
fn whoever_finds_nobody_by_what_should_lead_there_is_warned() {
    for (members, name, value, promised) in [
        (r#""EmailAddress":"x@y""#, "_email", "x@y", "a finding"),
        (
            r#""PersonalEmailAddress":"x@y""#,
            "_email",
            "x@y",
            "a warning",
        ),
        (
            r#""HomePhoneNumber":"+15551234567""#,
            "_phone",
            "+15551234567",
            "a warning",
        ),
        (
            r#""FirstName":"A","LastName":"B""#,
            "_fullName",
            "A B",
            "a warning",
        ),
    ] {
        let nobody = search(name, value, &[]);
        let told = [create(P, members)];
        let missed = answered(&nobody, MISSED);
        each_deserves(&told, &[(nobody, promised), (missed, promised)]);
    }
}

/// `profile.create.account-not-unique`, `profile.key.shared` and `profile.key.add.idempotent` are no more than SHOULD.
#[test]
fn who_refuses_what_should_be_taken_twice_is_warned() {
    let number = r#""AccountNumber":"1""#;
    let told = [create(P, number)];
    let [same, other] = ["1", "2"].map(|one| create(Q, &number.replace('1', one)));
    each_deserves(
        &told,
        &[
            (answered(&same, BAD), "a warning"),
            (same, "nothing"),
            (answered(&other, BAD), "a finding"),
        ],
    );
    let added = key("keys", "_email", r#""v""#);
    let told = [
        create(P, r#""FirstName":"a""#),
        create(Q, r#""FirstName":"b""#),
        added.clone(),
    ];
    let shared = added.replace(P, Q);
    each_deserves(
        &told,
        &[
            (answered(&added, BAD), "a warning"),
            (answered(&shared, BAD), "a warning"),
            (
                answered(&shared.replace("\"v\"", "\"w\""), BAD),
                "a finding",
            ),
        ],
    );
}

/// `search.unknown-key`, `profile.key.delete.absent`: what no type defines any more may have no values.
#[test]
fn a_key_that_no_type_defines_any_more_may_lead_nowhere() {
    let added = key("keys", "k", r#""1""#);
    let deleted = key("keys/delete", "k", r#""1""#);
    let nobody = search("k", "1", &[]);
    let defined = [PUT.to_owned(), create(P, r#""FirstName":"a""#), added];
    let dropped = [
        &defined[..],
        &[r#"DELETE /domains/d/object-types/T => 200 {"Message":"m"}"#.to_owned()],
    ]
    .concat();
    for (told, expected) in [(&defined[..], "a finding"), (&dropped[..], "nothing")] {
        each_deserves(
            told,
            &[
                (nobody.clone(), expected),
                (answered(&deleted, BAD), expected),
                (answered(&deleted, MISSED), expected),
            ],
        );
    }
}

/// `cap.multi-values`: what else several values mean may be that they are refused, or that nobody has them all.
#[test]
fn several_values_may_be_refused_until_they_were_alternatives() {
    let both = |items: &str, answer: &str| {
        format!(
            r#"POST /domains/d/profiles/search {{"KeyName":"_account","Values":["1","2"]}} => {answer}{items}"#
        )
    };
    let made = [
        create(P, r#""AccountNumber":"1""#),
        create(Q, r#""AccountNumber":"2""#),
    ];
    let all = format!(
        r#"200 {{"Items":[{{"ProfileId":"{P}","AccountNumber":"1"}},{{"ProfileId":"{Q}","AccountNumber":"2"}}]}}"#
    );
    let refused = both("", BAD);
    let missed = both("", MISSED);
    each_deserves(
        &made,
        &[(refused.clone(), "nothing"), (missed.clone(), "nothing")],
    );
    let known = [&made[..], &[both("", &all)]].concat();
    each_deserves(&known, &[(refused, "a finding"), (missed, "a finding")]);
}

#[test]
fn an_update_of_nothing_may_be_refused_and_one_of_something_may_not() {
    let told = [create(P, r#""FirstName":"a""#)];
    for (members, expected) in [
        ("", "nothing"),
        (r#","FirstName":null"#, "nothing"),
        (r#","Attributes":{}"#, "nothing"),
        (r#","FirstName":"b""#, "a finding"),
    ] {
        each_deserves(&told, &[(answered(&update(members), BAD), expected)]);
    }
}

/// `profile.create.id`: fresh, also beside the ids of those that are gone.
#[test]
fn the_id_of_a_profile_that_is_gone_is_not_given_again() {
    let gone = delete(P, r#"200 {"Message":"m"}"#);
    let told = [create(P, r#""FirstName":"a""#), gone];
    each_deserves(
        &told,
        &[
            (create(P, r#""FirstName":"b""#), "a finding"),
            (create(Q, r#""FirstName":"b""#), "nothing"),
        ],
    );
}

/// `proto.precedence`: whichever of several flaws is looked at first decides, and a profile or key that is not there is one.
#[test]
fn of_a_flawed_request_about_nobody_either_flaw_may_be_told() {
    let nobody = |path: &str, members: &str| {
        format!(
            r#"POST /domains/d/profiles/{path} {{"ProfileId":"{Q}","KeyName":"_email"{members}}} => {MISSED}"#
        )
    };
    let told = [create(P, r#""FirstName":"a""#)];
    for path in ["keys", "keys/delete"] {
        for members in [r#","Values":[""]"#, r#","Values":5"#, ""] {
            let line = nobody(path, members);
            let known = line.replace(Q, P);
            each_deserves(&told, &[(line, "nothing"), (known, "a finding")]);
        }
    }
    let merged = |id: &str| {
        format!(
            r#"POST /domains/d/profiles/objects/merge {{"MainProfileId":"{id}","ProfileIdsToBeMerged":[]}} => {MISSED}"#
        )
    };
    let search = format!(r#"POST /domains/d/profiles/search {{"KeyName":"zz"}} => {MISSED}"#);
    each_deserves(
        &told,
        &[
            (merged(Q), "nothing"),
            (merged(P), "a finding"),
            (search, "nothing"),
        ],
    );
}

/// `search.multi-values`: whatever several values mean, profiles are shown as they are, each once, and no more than asked for.
#[test]
fn what_several_values_find_is_shown_as_everything_else() {
    const OTHER: &str = "00000000000000000000000000000007";
    let made = [
        create(P, r#""AccountNumber":"1""#),
        create(Q, r#""AccountNumber":"2""#),
    ];
    let item =
        |id: &str, number: &str| format!(r#"{{"ProfileId":"{id}","AccountNumber":"{number}"}}"#);
    let both = |query: &str, items: &str, token: &str| {
        format!(
            r#"POST /domains/d/profiles/search{query} {{"KeyName":"_account","Values":["1","2"]}} => 200 {{"Items":[{items}]{token}}}"#
        )
    };
    let (one, two) = (item(P, "1"), item(Q, "2"));
    let all = format!("{one},{two}");
    let last = [
        ("", all.clone(), "nothing"),
        ("", one.clone(), "nothing"),
        ("", String::new(), "nothing"),
        ("", item(P, "3"), "a finding"),
        ("", item(OTHER, "1"), "a finding"),
        ("", format!("{one},{one}"), "a finding"),
        ("?max-results=1", all, "a finding"),
    ];
    let last = last.map(|(query, items, expected)| (both(query, &items, ""), expected));
    each_deserves(&made, &last);
    // A page that another follows decides nothing.
    for first in ["", &one] {
        let mut told = made.to_vec();
        told.push(both("?max-results=1", first, r#","NextToken":"t""#));
        let next = both("?max-results=1&next-token=t", "", "");
        each_deserves(&told, &[(next, "nothing")]);
    }
}

/// A refusal changes nothing: what is known of the domain is known afterwards, although there is a profile whose id nobody has seen.
#[test]
fn who_refuses_an_unknown_id_is_judged_on() {
    const NOBODY: &str = "00000000000000000000000000000009";
    let object = r#"PUT /domains/d/profiles/objects {"ObjectTypeName":"T","Object":"{\"id\":\"1\"}"} => 200 {"ProfileObjectUniqueKey":"k1"}"#;
    let creating = PUT.replace(r#""Fields""#, r#""AllowProfileCreation":true,"Fields""#);
    for asked in [
        update(r#","FirstName":"x""#),
        key("keys", "k", r#""2""#),
        key("keys/delete", "k", r#""2""#),
        delete(P, ""),
    ] {
        let refused = answered(&asked.replace(P, NOBODY), MISSED);
        let told = [
            creating.clone(),
            object.to_owned(),
            refused,
            create(Q, r#""FirstName":"b""#),
        ];
        let shown =
            |name: &str| found(Q, &format!(r#"{{"ProfileId":"{Q}","FirstName":"{name}"}}"#));
        each_deserves(&told, &[(shown("b"), "nothing"), (shown("c"), "a finding")]);
    }
}

/// `merge.effect`: a merge whose result was shown is over, and what is written after it is promised as ever.
#[test]
fn a_merge_that_was_shown_excuses_nothing_any_more() {
    let merged = format!(r#"{{"ProfileId":"{P}","FirstName":"a","LastName":"q"}}"#);
    let told = [
        create(P, r#""FirstName":"a""#),
        create(Q, r#""LastName":"q""#),
        merge(P, Q, ""),
    ];
    let other = merged.replace(r#""a""#, r#""z""#);
    each_deserves(
        &told,
        &[(found(P, &other), "a warning"), (found(P, ""), "a warning")],
    );
    let shown = [&told[..], &[found(P, &merged)]].concat();
    each_deserves(
        &shown,
        &[(found(P, &other), "a finding"), (found(P, ""), "a finding")],
    );
    // Its id is a key that may have moved all the same.
    each_deserves(
        &shown,
        &[(found(Q, &merged), "nothing"), (found(Q, ""), "nothing")],
    );
    let updated = [&shown[..], &[update(r#","FirstName":"z""#)]].concat();
    each_deserves(
        &updated,
        &[
            (found(P, &merged), "a finding"),
            (found(P, &other), "nothing"),
        ],
    );
    let added = [&shown[..], &[key("keys", "_email", r#""e@f""#)]].concat();
    each_deserves(&added, &[(search("_email", "e@f", &[]), "a finding")]);
}
