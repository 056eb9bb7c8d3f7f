//! What a step costs, from bytes to verdict, without a socket. `cargo bench --bench steps`; items are steps.

use std::sync::atomic::{AtomicUsize, Ordering};

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use profile_contract::case::bind::Values;
use profile_contract::case::{Case, text, transcript::Transcript};
use profile_contract::contract::operation::operation;
use profile_contract::contract::validate;
use profile_contract::fuzz::{self, Conformance};
use profile_contract::judge::{Outcome, judge};
use profile_contract::model::Model;
use profile_contract::replay::{Local, Next, Settings, replay};
use profile_contract::wire::{Json, Message, Request};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

#[divan::bench]
fn parse_json(bencher: Bencher<'_, '_>) {
    let body = body();
    bencher
        .counter(BytesCount::of_slice(body.as_bytes()))
        .bench(|| Json::parse(black_box(body.as_bytes())).is_ok());
}

#[divan::bench]
fn print_json(bencher: Bencher<'_, '_>) {
    let json = Json::parse(body().as_bytes()).expect("JSON");
    bencher
        .counter(BytesCount::of_str(&json.to_string()))
        .bench(|| black_box(&json).to_string());
}

#[divan::bench]
fn validate_put(bencher: Bencher<'_, '_>) {
    let request = put();
    let put = operation("PutProfileObjectType").expect("an operation");
    let labels = ["d".to_owned(), "Orders".to_owned()];
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        validate::input(put, &labels, black_box(&request))
            .flaws
            .len()
    });
}

#[divan::bench]
fn respond_to_get(bencher: Bencher<'_, '_>) {
    respond(
        bencher,
        request("GET", "/domains/d/object-types/Orders", None),
    );
}

#[divan::bench]
fn respond_to_put(bencher: Bencher<'_, '_>) {
    respond(bencher, put());
}

#[divan::bench]
fn expect_put(bencher: Bencher<'_, '_>) {
    let (model, message) = (populated(), Message::Request(put()));
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| model.expect(black_box(&message)));
}

#[divan::bench]
fn judge_conversation(bencher: Bencher<'_, '_>) {
    let transcript = replayed(&runtime(), &conversation());
    assert_eq!(judge(&transcript).outcome(), Outcome::Conforms);
    assert!(transcript.answers.iter().all(|answers| answers.len() == 1));
    bencher
        .counter(ItemsCount::new(transcript.case.steps.len()))
        .bench(|| judge(black_box(&transcript)));
}

#[divan::bench]
fn replay_and_judge_conversation(bencher: Bencher<'_, '_>) {
    let (runtime, case) = (runtime(), conversation());
    bencher
        .counter(ItemsCount::new(case.steps.len()))
        .bench(|| judge(&replayed(&runtime, black_box(&case))));
}

#[divan::bench]
fn parse_and_print_case(bencher: Bencher<'_, '_>) {
    let printed = text::print(&conversation());
    bencher
        .counter(BytesCount::of_str(&printed))
        .bench(|| text::print(&text::parse(black_box(&printed), "bench.case").expect("a case")));
}

/// An execution of the fuzz target `conformance`: reads a case, replays it against a fresh reference and judges it. Items are
/// cases.
#[divan::bench(threads = [1, 2])]
fn hold_generated_case(bencher: Bencher<'_, '_>) {
    hold(bencher, &generated());
}

/// The same with the plainest story, of five steps.
#[divan::bench(threads = [1, 2])]
fn hold_plain_case(bencher: Bencher<'_, '_>) {
    hold(bencher, &[text::print(&plain_story()).into_bytes()]);
}

/// What the fuzz target does before each execution: changes a case. Items are cases.
#[divan::bench]
fn mutate_generated_case(bencher: Bencher<'_, '_>) {
    let cases = generated();
    let mut room = vec![0; 1 << 16];
    let mut seed = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        let case = &cases[seed as usize % cases.len()];
        room[..case.len()].copy_from_slice(case);
        seed += 1;
        fuzz::mutate(&mut room, case.len(), 1 << 16, black_box(seed))
    });
}

fn hold(bencher: Bencher<'_, '_>, cases: &[Vec<u8>]) {
    let reference = Model::reference();
    let conformance = Conformance::in_process(move || Local::new(reference.clone()));
    let next = AtomicUsize::new(0);
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let next = next.fetch_add(1, Ordering::Relaxed);
        let case = black_box(&cases[next % cases.len()]);
        // As the fuzz target does.
        assert!(conformance.run_noting(case, &mut |feature| _ = black_box(feature)));
    });
}

/// Cases of four to six steps, as the mutator of the fuzzer makes them from nothing.
fn generated() -> Vec<Vec<u8>> {
    let mut room = vec![0; 1 << 16];
    let nothing = b"no case";
    let cases = (0..).map(|seed| {
        room[..nothing.len()].copy_from_slice(nothing);
        let size = fuzz::mutate(&mut room, nothing.len(), 1 << 16, seed);
        room[..size].to_vec()
    });
    let steps = |case: &Vec<u8>| {
        let lines = case.split(|byte| *byte == b'\n');
        lines.filter(|line| line.starts_with(b">")).count()
    };
    let about_five = |case: &Vec<u8>| (4..=6).contains(&steps(case));
    cases.filter(about_five).take(200).collect()
}

fn respond(bencher: Bencher<'_, '_>, request: Request) {
    let mut model = populated();
    let mut now_ms = NOW_MS;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        now_ms += 1;
        let answer = model.respond(black_box(&request), now_ms);
        assert_eq!(answer.status, 200);
        answer
    });
}

/// The reference with a domain, and a type in it.
fn populated() -> Model {
    let mut model = Model::reference();
    let domain = request(
        "POST",
        "/domains/d",
        Some(r#"{"DefaultExpirationDays": 30}"#),
    );
    for request in [domain, put()] {
        assert_eq!(model.respond(&request, NOW_MS).status, 200);
    }
    model
}

fn put() -> Request {
    request("PUT", "/domains/d/object-types/Orders", Some(&body()))
}

fn request(method: &str, target: &str, body: Option<&str>) -> Request {
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: [("content-type", "application/json")].into_iter().collect(),
        body: body.map(|body| body.to_owned().into()),
    }
}

/// A mapping of eight fields and two keys, as people write them.
fn body() -> String {
    let fields: Vec<String> = (0..8)
        .map(|n| {
            format!(r#""field{n}": {{"Source": "_source.part.field{n}", "Target": "_profile.Attributes.a{n}", "ContentType": "STRING"}}"#)
        })
        .collect();
    format!(
        r#"{{"Description": "orders of the web shop", "AllowProfileCreation": true, "ExpirationDays": 30,
        "Fields": {{{}}}, "Keys": {{
        "orderId": [{{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["field0", "field1"]}}],
        "other": [{{"StandardIdentifiers": ["LOOKUP_ONLY", "PROFILE"], "FieldNames": ["field2"]}}]}}}}"#,
        fields.join(", ")
    )
}

fn conversation() -> Case {
    let body = body().replace('\n', "\n| ");
    let case = format!(
        "> POST /domains/${{domain}}\n| {{\"DefaultExpirationDays\": 30}}\n
> PUT /domains/${{domain}}/object-types/Orders\n| {body}\n
> GET /domains/${{domain}}/object-types/Orders\n
> PUT /domains/${{domain}}/object-types/Orders\n| {{\"Description\": \"\"}}\n
> POST /tags/${{arn|uri}}%3Adomains%2F${{domain}}\n| {{\"tags\": {{\"a\": \"b\"}}}}\n
> GET /domains/${{domain}}\n
> GET /domains/${{domain}}/object-types\n
> DELETE /domains/${{domain}}/object-types/Orders\n
> GET /domains/${{domain}}/object-types/Orders\n"
    );
    text::parse(&case, "bench.case").expect("a case")
}

fn plain_story() -> Case {
    let case = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n
> PUT /domains/${domain}/object-types/Visit\n| {\"Description\": \"a visit\", \"AllowProfileCreation\": true, \
\"Fields\": {\"id\": {\"Source\": \"_source.id\", \"Target\": \"_profile.AccountNumber\"}}, \
\"Keys\": {\"idKey\": [{\"StandardIdentifiers\": [\"PROFILE\", \"UNIQUE\"], \"FieldNames\": [\"id\"]}]}}\n
> PUT /domains/${domain}/profiles/objects\n| {\"ObjectTypeName\": \"Visit\", \"Object\": \"{\\\"id\\\": \\\"7\\\"}\"}\n
> POST /domains/${domain}/profiles/search\n| {\"KeyName\": \"idKey\", \"Values\": [\"7\"]}\n
> DELETE /domains/${domain}\n";
    text::parse(case, "bench.case").expect("a case")
}

fn replayed(runtime: &Runtime, case: &Case) -> Transcript {
    let target = Local::new(Model::reference());
    let mut watch = |_, _: &_| Next::Go;
    let settings = Settings::default();
    let replayed = replay("bench", case, &target, Values::new(), &settings, &mut watch);
    runtime.block_on(replayed).transcript
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

const NOW_MS: i64 = 1_700_000_000_000;
