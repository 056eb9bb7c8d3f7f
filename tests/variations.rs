//! No server that is right in its own way is accused; one that contradicts itself is.
//!
//! One test a variation: it is held to the cases written for the rules that leave it open and to those about capabilities.
//! Random mixtures of five are held to everything. `VARIATIONS_TABLE=FILE` holds each variation to everything instead, and
//! appends a line to the file: name, cases, requests, violations, warnings, contradictions, unclear cases, and the rules
//! named. `VARIATIONS_MIXTURES=N` makes N mixtures instead of a few, `VARIATIONS_CASES=N` adds N generated cases to each, and
//! `VARIATIONS_SEED=N` makes others.

use std::collections::BTreeSet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::corpus;
use profile_contract::check::{Amount, Check, Options};
use profile_contract::contract::{ChoiceId, Options as Open, RuleId};
use profile_contract::judge::Severity;
use profile_contract::replay::{Endpoint, EndpointSettings, Local, Target};
use profile_contract::report::{Cause, Report};
use profile_contract::serve::{Limits, Server};
use profile_contract::variation::{self, Variation, Varied};
use profile_contract::wire::{Request, Respond};
use tokio::runtime::Runtime;

/// How many mixtures there are by default.
const MIXTURES: u64 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = variation::all()
        .map(|variation| Trial::test(variation.id.as_ref(), move || alone(variation)))
        .collect();
    let seed = number("VARIATIONS_SEED").unwrap_or(0);
    let mixtures = number("VARIATIONS_MIXTURES").unwrap_or(MIXTURES);
    trials.extend((0..mixtures).map(|at| {
        let seed = seed * 1_000_000 + at;
        Trial::test(format!("mixture-{seed}"), move || mixed(seed))
    }));
    trials.extend(TURNS.iter().map(|(id, option)| {
        Trial::test(format!("turns/{id}={option}"), move || turning(id, *option))
    }));
    trials.push(Trial::test("there-are-enough", || {
        let ids: BTreeSet<_> = variation::all().map(|variation| &variation.id).collect();
        assert_eq!(ids.len(), variation::all().count(), "two have one name");
        assert!(ids.len() >= 150, "{}", ids.len());
        for variation in variation::all() {
            assert!(
                !variation.rules.is_empty(),
                "{}: which rules?",
                variation.id
            );
        }
        Ok(())
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Decisions that a server goes back on half-way, with the option it takes then.
const TURNS: &[(&str, u8)] = &[
    ("cap.search-unknown-key", 1),
    ("cap.list-unknown-profile", 1),
    ("cap.field-name-dots", 1),
    ("cap.list-unknown-type", 1),
    ("cap.delete-missing/type", 1),
    ("cap.tags-on-reput", 2),
    ("cap.unknown-target", 1),
    ("cap.handlebars-validation", 1),
    ("cap.duplicate-domain", 1),
];

static RUNTIME: LazyLock<Result<Runtime, String>> =
    LazyLock::new(|| Runtime::new().map_err(|error| error.to_string()));

/// The rules that some case of the corpus is written for.
static AIMED: LazyLock<BTreeSet<RuleId>> = LazyLock::new(|| {
    let entries = corpus::built_in().unwrap_or_default();
    let aims = entries.iter().map(|entry| &entry.content.case().aims);
    aims.flatten().copied().collect()
});

/// A number in the environment.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// Holds a target to some cases, or to everything.
fn check(target: impl Target + 'static, only: Vec<String>, cases: u64) -> Result<Report, Failed> {
    let options = Options {
        jobs: 2,
        amount: Amount::Number(cases),
        seed: number("VARIATIONS_SEED").unwrap_or(1),
        only,
        ..Options::default()
    };
    let checked = RUNTIME
        .as_ref()?
        .block_on(Check::new(target, options)?.run())?;
    Ok(checked.report)
}

/// Holds a server to some cases: over a socket if that is where it differs.
fn check_varied(server: Varied, only: Vec<String>, cases: u64) -> Result<Report, Failed> {
    if server.manners() == Default::default() {
        return check(Local::new(server), only, cases);
    }
    let runtime = RUNTIME.as_ref()?;
    let manners = server.manners();
    let loopback = ([127, 0, 0, 1], 0).into();
    let server = runtime.block_on(Server::bind(loopback, Limits::default(), server))?;
    let server = server.with_manners(manners);
    let address = format!("http://{}", server.address());
    let serving = runtime.spawn(server.run(std::future::pending()));
    let report = check(
        Endpoint::new(&address, EndpointSettings::default())?,
        only,
        cases,
    );
    serving.abort();
    report
}

fn alone(variation: &'static Variation) -> Result<(), Failed> {
    let server = Varied::new(&[variation], number("VARIATIONS_SEED").unwrap_or(0));
    let everything = env::var_os("VARIATIONS_TABLE").is_some();
    let mut only = Vec::new();
    if !everything {
        let aimed = variation.rules.iter().filter(|rule| AIMED.contains(rule));
        only.extend(aimed.map(|rule| rule.id().to_owned()));
        only.push("capabilities/*".to_owned());
    }
    let cases = number("VARIATIONS_CASES").unwrap_or(if everything { 500 } else { 0 });
    let report = check_varied(server, only, cases)?;
    tell(&variation.id, &report)?;
    if let Some((choice, option)) = variation.chooses() {
        // Otherwise nothing was shown. Some choices show in cases of other rules only.
        let left = report.choices.get(choice);
        if left != Open::only(option) && (left != choice.options() || probed(choice, option)) {
            return Err(format!("{choice:?} is taken for {left:?}, not {option}").into());
        }
    }
    // A late control plane has to be told. What others may be warned about need not show in these few cases.
    let late = RuleId::find("time.control-plane").ok_or("no such rule")?;
    let told = |cause: &Cause| {
        cause
            .rules
            .iter()
            .any(|rule| variation.departs.contains(rule))
    };
    if variation.departs.contains(&late) && !report.causes.iter().any(told) {
        return Err("a late control plane was not told".into());
    }
    acquitted(&report, &[variation])
}

/// Whether a probe tells that a target has taken an option.
fn probed(choice: ChoiceId, option: u8) -> bool {
    let id = choice.choice().id;
    // Whoever finds nobody may always answer 404 (search.none).
    let hidden = id == "cap.pattern-find" || (id == "cap.search-unknown-key" && option == 2);
    id.starts_with("cap.") && !hidden
}

fn mixed(seed: u64) -> Result<(), Failed> {
    let mixture = variation::mixture(seed);
    let names: Vec<&str> = mixture.iter().map(|one| one.id.as_ref()).collect();
    let report = check_varied(
        Varied::new(&mixture, seed),
        Vec::new(),
        number("VARIATIONS_CASES").unwrap_or(100),
    )?;
    tell(&format!("{seed}:{}", names.join(",")), &report)?;
    acquitted(&report, &mixture)
        .map_err(|why| format!("{}: {}", names.join(","), why.message().unwrap_or_default()).into())
}

/// No violation, no contradiction, and no warning but those that are deserved.
fn acquitted(report: &Report, variations: &[&Variation]) -> Result<(), Failed> {
    let departs = |rule: RuleId| variations.iter().any(|one| one.departs.contains(&rule));
    let accused = report.causes.iter().any(|cause| {
        let finding = &cause.finding;
        finding.severity == Severity::Violates || !cause.rules.iter().any(|rule| departs(*rule))
    });
    match accused || !report.contradictions.is_empty() {
        false => Ok(()),
        true => Err(report.to_string().into()),
    }
}

/// Adds a line about a report to the table, if one is asked for.
fn tell(name: &str, report: &Report) -> Result<(), Failed> {
    let Some(file) = env::var_os("VARIATIONS_TABLE") else {
        return Ok(());
    };
    let counts = report.counts();
    let rules: Vec<String> = report
        .causes
        .iter()
        .map(|cause| {
            format!(
                "{}@{}",
                cause.finding.rule.id(),
                cause.cases.first().map_or("", |name| name)
            )
        })
        .collect();
    let line = format!(
        "{name} cases={} requests={} violates={} warns={} contradictions={} unclear={} {:.1}s {}\n",
        report.cases.len(),
        report.requests,
        counts.violates,
        counts.warns,
        report.contradictions.len(),
        counts.unclear,
        report.elapsed.as_secs_f64(),
        rules.join(" "),
    );
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(line.as_bytes())?;
    Ok(())
}

/// A server that takes another option of a choice once the probes are over is told that it contradicts itself.
fn turning(id: &str, option: u8) -> Result<(), Failed> {
    let choice = ChoiceId::find(id).ok_or("no such choice")?;
    // Cleaning up counts too.
    let count = Arc::new(AtomicU64::new(0));
    let (mut server, counted) = (Varied::new(&[], 0), Arc::clone(&count));
    let counting = move |request: &Request, now_ms| {
        counted.fetch_add(1, Ordering::Relaxed);
        server.respond(request, now_ms)
    };
    let probes = vec!["capabilities/*".to_owned()];
    check(Local::new(counting), probes, 0)?;
    let after = count.load(Ordering::Relaxed);
    let server = Varied::new(&[], 0).turning(choice, option, after);
    let shown = vec![choice.choice().rule.to_owned(), "capabilities/*".to_owned()];
    let report = check(Local::new(server), shown, 0)?;
    let named = report.contradictions.iter().any(|it| it.choice == choice)
        || report.causes.iter().any(|cause| {
            cause.finding.severity == Severity::Violates
                && cause
                    .rules
                    .iter()
                    .any(|rule| rule.id() == choice.choice().rule)
        });
    match named {
        true => Ok(()),
        false => Err(format!("not noticed\n{report}").into()),
    }
}
