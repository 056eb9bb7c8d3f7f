//! Every body a fuzzer runs, on the corpus and on what a fixed seed makes of it.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use profile_contract::case::bind::Values;
use profile_contract::case::corpus::Content;
use profile_contract::case::{corpus, text, transcript};
use profile_contract::defect::{self, Defect, Flawed};
use profile_contract::fuzz::{self, Conformance, Wire};
use profile_contract::generate;
use profile_contract::judge::judge;
use profile_contract::model::Model;
use profile_contract::replay::{InProcess, Local, Next, Settings, Target, replay};
use profile_contract::variation::{self, Varied};
use profile_contract::wire::http1::request_bytes;
use profile_contract::wire::{Message, Request};
use tempfile::TempDir;

/// The texts of the corpus, and as many again that became of them.
fn inputs() -> Vec<Vec<u8>> {
    let entries = corpus::built_in().expect("a corpus");
    let mut inputs: Vec<Vec<u8>> = entries
        .iter()
        .map(|entry| text::print(entry.content.case()).into_bytes())
        .collect();
    for at in 0..inputs.len() {
        let (seed, size) = (at as u32, inputs[at].len());
        let mut room = inputs[at].clone();
        room.resize(8192.max(size), 0);
        let mut size = fuzz::mutate(&mut room, size, 8192, seed);
        if at % 3 == 0 {
            let mut out = vec![0; 8192];
            size = fuzz::cross_over(&room[..size], &inputs[at / 2], &mut out, seed);
            room = out;
        }
        inputs.push(room[..size].to_vec());
    }
    inputs
}

#[test]
fn cases_read_as_they_are_printed() {
    let inputs = inputs();
    let cases = inputs.iter().filter(|input| fuzz::case_text(input)).count();
    assert_eq!(cases, inputs.len(), "what the mutator makes is a case");
    // Damage by bytes, as a fuzzer without a mutator does it.
    for (at, input) in inputs.iter().enumerate() {
        let mut damaged = input.clone();
        let place = at * 31 % damaged.len().max(1);
        damaged.splice(
            place..place,
            [b"\n", b"|", b"$", b">", b"\"", b"\xff"][at % 6]
                .iter()
                .copied(),
        );
        fuzz::case_text(&damaged);
        fuzz::judge(&damaged);
    }
}

#[test]
fn the_reference_conforms() {
    let conformance = Conformance::in_process(|| Local::new(Model::reference()));
    for input in inputs() {
        assert!(conformance.run(&input));
    }
    assert!(!conformance.run(b"no case"));
}

/// Each of some mixtures of what the contract leaves open is held to some of the inputs.
#[test]
fn servers_that_are_right_in_other_ways_conform() {
    const MIXTURES: usize = 24;
    let inputs = inputs();
    for number in 0..MIXTURES {
        let mut mixture = variation::mixture(number as u64);
        mixture.retain(|one| one.shows_at_once());
        let server = Varied::new(&mixture, 0);
        let conformance = Conformance::in_process(move || Local::new(server.clone()));
        for input in inputs.iter().skip(number).step_by(MIXTURES) {
            assert!(conformance.run(input));
        }
    }
}

/// What looks as if it was not there is asked for, and the case replayed once more: with a name of its own in its way.
#[test]
fn a_case_that_is_held_twice_meets_nothing_of_its_own() {
    let conformance = Conformance::in_process(|| Local::new(Model::reference()));
    let case = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 1}\n\n\
                > POST //domains/${domain}/profiles/search\n| {\"KeyName\": \"k\", \"Values\": [\"1\"]}\n\n\
                > POST /domains/s\n| {\"DefaultExpirationDays\": 31}\n";
    assert!(conformance.run(case.as_bytes()));
}

/// A profile that is given these first names, one after the other.
fn updates(names: &[&str]) -> Vec<u8> {
    let mut case = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 1}\n\n\
                    > POST /domains/${domain}/profiles\n| {\"FirstName\": \"Ann\"}\n@ p = /ProfileId\n\n"
        .to_owned();
    for name in names {
        case += &format!(
            "> PUT /domains/${{domain}}/profiles\n| {{\"ProfileId\": \"${{p}}\", \"FirstName\": \"{name}\"}}\n\n"
        );
    }
    case.into_bytes()
}

/// A guide that took other names and values for news would keep everything.
#[test]
fn what_lies_deeper_is_new_and_other_values_are_not() {
    let conformance = Conformance::in_process(|| Local::new(Model::reference()));
    let features = |names: &[&str]| {
        let mut features = BTreeSet::new();
        let held = conformance.run_noting(&updates(names), &mut |feature| {
            features.insert(feature);
        });
        assert!(held, "{names:?}");
        features
    };
    let twice = features(&["Bob", "Cy"]);
    assert_eq!(twice, features(&["Dan", "Eve"]));
    let thrice = features(&["Bob", "Cy", "Dan"]);
    assert!(twice.is_subset(&thrice));
    assert_eq!(thrice.difference(&twice).count(), 1, "the third update");
}

/// How many of 200 changes of a case that has no updates have most of these names nevertheless.
fn changes_with<T: Target + 'static>(conformance: &Conformance<T>, names: &[&str]) -> usize {
    let plain = b"> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 1}\n";
    let has_most = |seed: &u32| {
        let mut room = [0; 8192];
        room[..plain.len()].copy_from_slice(plain);
        let size = conformance.mutate(&mut room, plain.len(), 8192, *seed);
        let changed = String::from_utf8_lossy(&room[..size]);
        let found = names.iter().filter(|name| changed.contains(**name));
        found.count() * 2 > names.len()
    };
    (0..200).filter(has_most).count()
}

#[test]
fn changes_begin_with_what_led_deepest_half_the_time() {
    let conformance = Conformance::in_process(|| Local::new(Model::reference()));
    let (few, more) = (["Abel", "Babs", "Cleo"], ["Dora", "Edda", "Fritz", "Greta"]);
    assert_eq!(changes_with(&conformance, &few), 0);
    assert!(conformance.run(&updates(&few)));
    assert!((80..=120).contains(&changes_with(&conformance, &few)));
    assert!(conformance.run(&updates(&more)));
    let (of_few, of_more) = (
        changes_with(&conformance, &few),
        changes_with(&conformance, &more),
    );
    assert!(
        (80..=120).contains(&(of_few + of_more)),
        "{of_few} {of_more}"
    );
    assert!(
        of_few > 0,
        "what is shorter is better where there is one of something"
    );
    assert!(of_more > 0, "what led deeper");
    let shorter = ["Hans", "Ivo", "Jan", "Knut"];
    assert!(conformance.run(&updates(&shorter)));
    assert_eq!(
        changes_with(&conformance, &more),
        0,
        "what led as deep, and is longer"
    );
    assert!(conformance.run(&updates(&more)));
    assert_eq!(changes_with(&conformance, &more), 0, "it again");
    assert!(changes_with(&conformance, &shorter) > 0);
    // Changes are no longer than there is room for.
    let mut room = [0; 100];
    for seed in 0..50 {
        assert!(conformance.mutate(&mut room, 0, 100, seed) <= 100);
        assert!(conformance.mutate(&mut room, 0, 60, seed) <= 60);
    }
}

/// Or a night would go on with the first finding till the morning.
#[test]
fn no_change_begins_with_what_showed_a_finding() {
    let findings = TempDir::new().expect("a folder");
    let flawed = defect::named("sixth-update-fails").expect("a defect");
    let conformance = Conformance::in_process(move || Local::new(Flawed::new(flawed)))
        .into_folder(findings.path())
        .expect("a folder");
    let (five, six) = (
        ["Abel", "Babs", "Cleo", "Dora", "Edda"],
        ["Fritz", "Greta", "Hans", "Ivo", "Jan", "Knut"],
    );
    assert!(conformance.run(&updates(&six)));
    assert_eq!(changes_with(&conformance, &six), 0);
    assert!(conformance.run(&updates(&five)));
    assert!(changes_with(&conformance, &five) > 0);
}

#[test]
fn transcripts_are_judged_the_same_twice() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let settings = Settings::default();
    for number in 0..100 {
        let (case, target) = (
            generate::nth(9, number).case,
            Local::new(Model::reference()),
        );
        let mut watch = |_: usize, _: &_| Next::Go;
        let told = runtime.block_on(replay(
            "fuzz",
            &case,
            &target,
            Values::new(),
            &settings,
            &mut watch,
        ));
        let printed = transcript::print(&told.transcript);
        assert!(fuzz::judge(printed.as_bytes()), "{printed}");
        // An answer that is another: whatever it is judged to be, it is so twice.
        for (was, is) in [
            ("200", "404"),
            ("\"Items\":[", "\"Items\":[{},"),
            ("{\"", "{\"x\":1,\""),
        ] {
            fuzz::judge(printed.replacen(was, is, 3).as_bytes());
        }
    }
}

#[test]
fn extraction_agrees_with_itself() {
    let conformance = Conformance::in_process(|| Local::new(Model::reference()));
    let sources = [
        "_source.a",
        "_source.a.b",
        "_source.a[0]",
        "_source.a[0].b",
        "{{a}}",
        "{{a.b}}-{{c}}",
        "{{#if a}}x{{else}}y{{/if}}",
        "{{#each a}}{{this}}{{/each}}",
        "{{{a}}}",
        "{{a",
        "}}",
        "",
        "${domain}",
        "{{lookup a b}}",
        "{{../a}}",
        "{{@root}}",
        "_source.",
    ];
    let objects = [
        r#"{"a":"a"}"#,
        r#"{"a":{"b":"a"}}"#,
        r#"{"a":["a"]}"#,
        r#"{"a":[{"b":"a"}]}"#,
        r#"{"a":1.50}"#,
        r#"{"a":null}"#,
        "{}",
        "[]",
        r#"{"a":"${domain}","b":true,"c":{"a":[]}}"#,
        "nonsense",
        "",
    ];
    for source in sources {
        for object in objects {
            assert!(fuzz::extract(
                &conformance,
                format!("{source}\n{object}").as_bytes()
            ));
        }
    }
    for folder in ["extract"] {
        for seed in seeds(folder) {
            assert!(fuzz::extract(&conformance, &seed));
        }
    }
}

#[test]
fn the_server_takes_any_bytes() {
    let wire = Wire::new();
    let values = Values::from_iter([
        ("domain", "d"),
        ("domain2", "e"),
        ("arn", "arn:aws:profile:us-east-1:1"),
    ]);
    let mut sent: Vec<Vec<u8>> = seeds("wire");
    for entry in corpus::built_in().expect("a corpus") {
        for step in &entry.content.case().steps {
            match profile_contract::case::bind::message(step, &values) {
                Ok(Message::Raw(bytes)) => sent.push(bytes.to_vec()),
                Ok(Message::Request(request)) if sent.len() < 600 => {
                    sent.push(request_bytes(&request, "h"))
                }
                _ => {}
            }
        }
    }
    assert!(sent.len() >= 600);
    for (at, bytes) in sent.iter().enumerate() {
        wire.run(bytes);
        wire.run(&bytes[..at * 7 % bytes.len().max(1)]);
    }
}

#[test]
fn a_defect_ends_the_process_with_its_smallest_case() {
    let defect = defect::named("one-key-for-all-items")
        .or_else(|| defect::all().find(|defect| defect.degree == 3));
    let defect = defect.expect("a defect");
    let conformance = Conformance::in_process(move || Local::new(Flawed::new(defect)));
    let said = inputs().into_iter().find_map(|input| {
        let run = catch_unwind(AssertUnwindSafe(|| conformance.run(&input)));
        run.err()?.downcast_ref::<String>().cloned()
    });
    let said = said.expect("a finding");
    assert!(
        defect.rules.iter().any(|rule| said.contains(rule.id())),
        "{}: {said}",
        defect.id
    );
    let smallest = said.split("\n\n").skip(1).collect::<Vec<_>>().join("\n\n");
    assert!(text::parse(&smallest, "said.case").is_ok(), "{said}");
}

/// A conformance body for a server with a defect, and a folder for what it finds.
fn finding_into(folder: &Path, defect: &'static Defect) -> Conformance<Local<Flawed>> {
    let conformance = Conformance::in_process(move || Local::new(Flawed::new(defect)));
    conformance.into_folder(folder).expect("a folder")
}

/// The findings in a folder, by name.
fn findings(folder: &Path) -> Vec<(String, Content)> {
    let entries = corpus::load(folder).expect("findings");
    entries
        .into_iter()
        .map(|entry| (entry.name, entry.content))
        .collect()
}

#[test]
fn processes_that_share_a_folder_tell_each_cause_once() {
    let folder = tempfile::tempdir().expect("a folder");
    // Left behind by processes that were killed, or by people.
    fs::write(folder.path().join(".half.case.17"), "> PU").expect("a file");
    fs::write(folder.path().join("broken.case"), "> PU").expect("a file");
    let defect = defect::named("description-999").expect("a defect");
    let inputs: Vec<Vec<u8>> = corpus::built_in()
        .expect("a corpus")
        .iter()
        .map(|entry| entry.content.case())
        .filter(|case| case.aims.iter().any(|aim| defect.rules.contains(aim)))
        .map(|case| text::print(case).into_bytes())
        .collect();
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let one = finding_into(folder.path(), defect);
                assert!(inputs.iter().all(|input| one.run(input)));
            });
        }
    });
    fs::remove_file(folder.path().join("broken.case")).expect("it is still there");

    let found = findings(folder.path());
    assert_eq!(found.len(), 1, "{found:?}");
    let (name, Content::Transcript(told)) = &found[0] else {
        panic!("a case without answers: {found:?}");
    };
    let verdict = judge(told);
    let violation = verdict.violation().expect("a violation");
    assert!(name.starts_with(violation.rule.id()), "{name}");
    assert_eq!(told.case.steps.len(), violation.step + 1, "{told:?}");

    // Whoever comes later knows what there is, and goes on with the sums.
    let later = finding_into(folder.path(), defect);
    assert!(later.run(&inputs[0]));
    assert!(
        later.summary().contains("0 new findings"),
        "{}",
        later.summary()
    );
    for input in &inputs {
        later.run(input);
    }
    drop(later);
    assert_eq!(findings(folder.path()), found);
    let night = fs::read_to_string(folder.path().join("night.txt")).expect("sums");
    let cases = 3 * inputs.len() + 1;
    assert!(night.starts_with(&format!("{cases} cases in ")), "{night}");
    assert!(night.contains(name.as_str()), "{night}");
}

#[test]
fn what_shows_once_is_kept_with_its_answers() {
    // Fails once and never again.
    let fails = Arc::new(AtomicBool::new(false));
    let fail = Arc::clone(&fails);
    let service = Router::new().fallback(move || {
        let (status, error) = match fail.swap(false, Ordering::Relaxed) {
            true => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException"),
            false => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        };
        let fields = [
            ("content-type", "application/json"),
            ("x-amzn-errortype", error),
        ];
        async move { (status, fields, r#"{"Message":""}"#) }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let conformance = Conformance::in_process(move || InProcess::new(service.clone()))
        .into_folder(folder.path())
        .expect("a folder");
    let input = b"> DELETE /domains/${domain}\n";
    assert!(conformance.run(input));
    fails.store(true, Ordering::Relaxed);
    assert!(conformance.run(input) && conformance.run(input));
    let found = findings(folder.path());
    assert_eq!(found.len(), 1, "{found:?}");
    let Content::Transcript(told) = &found[0].1 else {
        panic!("a case without answers: {found:?}");
    };
    let verdict = judge(told);
    assert_eq!(
        verdict.violation().map(|found| found.rule.id()),
        Some("proto.no-5xx")
    );
}

/// Nobody stops a fuzzer to start a server anew.
#[test]
fn a_target_that_began_anew_meanwhile_is_not_accused_of_what_it_forgot() {
    let (mut inner, mut count) = (Model::reference(), 0_u32);
    let forgetful = Local::new(move |request: &Request, now_ms: i64| {
        count += 1;
        if count.is_multiple_of(211) {
            inner = Model::reference();
        }
        inner.respond(request, now_ms)
    });
    let conformance = Conformance::with_one(forgetful);
    for input in inputs().iter().step_by(7) {
        assert!(conformance.run(input));
    }
}

#[test]
fn transcripts_change_into_transcripts() {
    let mut room = vec![0; 16384];
    let mut size = 0;
    let mut different = BTreeSet::new();
    for seed in 0..300 {
        size = fuzz::mutate_transcript(&mut room, size, 16384, seed);
        fuzz::judge(&room[..size]);
        different.insert(room[..size].to_vec());
        if seed % 20 == 0 {
            size = 0;
        }
    }
    assert!(different.len() > 200, "{}", different.len());
    assert!(fuzz::judge(&room[..size]));
}

/// What is at hand for targets whose input is no case.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| fs::read(file.expect("a file").path()).expect("a seed"))
        .collect()
}
