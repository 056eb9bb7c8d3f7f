//! Every case of the corpus as a test of its own name.
//!
//! They are held against `PROFILE_CONTRACT_ENDPOINT`, or where it is not set against the reference model, served on a free
//! port of loopback by this process. `cargo test --test corpus -- put-type/` runs a folder, and nextest
//! knows every case too.

use std::env;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::Case;
use profile_contract::case::bind::{Values, fresh_names};
use profile_contract::case::corpus::{Content, Entry, load};
use profile_contract::choice;
use profile_contract::contract::{Choices, Options};
use profile_contract::judge::{Finding, Heard, Judge, Outcome, Verdict, judge};
use profile_contract::model::Model;
use profile_contract::model::absence::Served;
use profile_contract::replay::{Endpoint, EndpointSettings, Next, Settings, Target, replay};
use profile_contract::report::human;
use profile_contract::serve::{Limits, Server};
use profile_contract::wire::{Answer, Headers, Message, Request};
use tokio::runtime::Runtime;

#[expect(
    clippy::print_stderr,
    reason = "as a failing test it would be filtered out with all others"
)]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")) {
        Ok(entries) => entries.into_iter().map(trial).collect(),
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(entry: Entry) -> Trial {
    let name = entry.name.clone();
    Trial::test(entry.name, move || match &entry.content {
        Content::Case(case) => hold(&name, case),
        Content::Transcript(recording) => match judge(recording) {
            // Some recordings show just that: an answer that tells nothing.
            verdict if verdict.outcome() == Outcome::Unclear => Ok(()),
            verdict => pass(&name, &verdict, Instant::now(), false),
        },
    })
}

/// What all cases of this process are held against; nothing is started before the first of them runs.
static BENCH: LazyLock<Result<Bench, String>> = LazyLock::new(Bench::start);

struct Bench {
    runtime: Runtime,
    endpoint: Endpoint,
    settings: Settings,
    /// What is known of the target before the first case.
    known: Choices,
    /// The operations that the target was seen to serve, in the bits of [`Served`]. The reference has them all; of an endpoint
    /// that lacks some, the steps that ask for those are passed over.
    served: AtomicU32,
}

/// How long the effect of a deletion or a tag may take to show.
const SETTLE: Duration = Duration::from_secs(2);

impl Bench {
    fn start() -> Result<Self, String> {
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let (address, served) = match endpoint() {
            Some(address) => (address, Served::default()),
            None => {
                let loopback = ([127, 0, 0, 1], 0).into();
                let mut model = Model::reference();
                let respond = move |request: &Request, now_ms| model.respond(request, now_ms);
                let server = runtime
                    .block_on(Server::bind(loopback, Limits::default(), respond))
                    .map_err(|error| error.to_string())?;
                let address = format!("http://{}", server.address());
                runtime.spawn(server.run(std::future::pending()));
                (address, Served::all())
            }
        };
        let endpoint = Endpoint::new(&address, EndpointSettings::default())
            .map_err(|error| error.to_string())?;
        let settings = Settings::default();
        let known = runtime.block_on(first_look(&endpoint, &settings));
        Ok(Self {
            runtime,
            endpoint,
            settings,
            known,
            served: AtomicU32::new(served.bits()),
        })
    }
}

/// Finds out whether the target serves requests that are not signed; a refusal may mean that it does not.
async fn first_look(endpoint: &Endpoint, settings: &Settings) -> Choices {
    let list = Request {
        method: "GET".to_owned(),
        target: "/domains?max-results=1".to_owned(),
        headers: Headers::default(),
        body: None,
    };
    let answer = endpoint
        .send(&Message::Request(list), settings.deadline)
        .await;
    let mut known = Choices::open();
    if matches!(answer, Answer::Response(response) if response.status == 200) {
        known.narrow(choice!("cap.auth"), Options::only(0));
    }
    known
}

/// The endpoint somebody asked for.
fn endpoint() -> Option<String> {
    env::var("PROFILE_CONTRACT_ENDPOINT")
        .ok()
        .filter(|address| !address.is_empty())
}

fn hold(name: &str, case: &Case) -> Result<(), Failed> {
    let bench = BENCH.as_ref()?;
    let _turn = take_turn(case)?;
    let began = Instant::now();
    let served = Served::from_bits(bench.served.load(Ordering::Relaxed));
    let judge = Judge::new(case, &bench.known).with_patience(SETTLE);
    let mut judge = judge.with_served(served);
    let mut watch = |step: usize, exchange: &_| match judge.see(step, exchange) {
        Heard::Next => Next::Go,
        Heard::Again => Next::Again(Duration::from_millis(50)),
        Heard::Lost => Next::Retry,
        Heard::End => Next::Stop,
    };
    bench.runtime.block_on(replay(
        name,
        case,
        &bench.endpoint,
        Values::new(),
        &bench.settings,
        &mut watch,
    ));
    bench
        .served
        .fetch_or(judge.served().bits(), Ordering::Relaxed);
    let verdict = judge.finish();
    if verdict.outcome() == Outcome::InPart
        && Served::from_bits(bench.served.load(Ordering::Relaxed)).is_empty()
    {
        return Err("the endpoint has served nothing so far: is it the right one?".into());
    }
    pass(name, &verdict, began, endpoint().is_none())
}

/// Waits until the case may run: one that must be alone waits for all others to end, and they for it.
///
/// The lock is a file, because nextest runs every case in a process of its own.
fn take_turn(case: &Case) -> Result<File, Failed> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus.lock");
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    // Names of one character are few: two processes would pick the same one.
    if case.alone || fresh_names(case).iter().any(|name| name == "short") {
        file.lock()?;
    } else {
        file.lock_shared()?;
    }
    Ok(file)
}

/// Turns a verdict into the result of a test. Of the reference we expect more than of others: no warning, and that every
/// step can be sent.
fn pass(name: &str, verdict: &Verdict, began: Instant, strict: bool) -> Result<(), Failed> {
    let again = match endpoint() {
        Some(address) => format!("cargo run -- replay corpus/{name}.case --endpoint {address}"),
        None => format!("cargo run -- replay corpus/{name}.case"),
    };
    let show = |finding: &Finding| {
        human::finding(
            finding,
            name,
            &again,
            began.elapsed(),
            human::Manner::default(),
        )
    };
    match verdict.outcome() {
        Outcome::Violates => Err(verdict.findings.iter().map(show).collect::<String>().into()),
        Outcome::Warns if strict => {
            Err(verdict.findings.iter().map(show).collect::<String>().into())
        }
        Outcome::Unclear => {
            let why = verdict
                .unclear
                .as_ref()
                .map_or("nobody can say why".to_owned(), |unclear| {
                    format!(
                        "step {} ({}): {}",
                        unclear.step + 1,
                        unclear.request,
                        unclear.why
                    )
                });
            Err(format!("unclear: {name}, {why}\n  again     {again}").into())
        }
        Outcome::InPart | Outcome::Warns | Outcome::Conforms => match &verdict.unsent {
            Some(unsent) if strict => Err(format!("{name}: {unsent}\n  again     {again}").into()),
            _ => Ok(()),
        },
    }
}
