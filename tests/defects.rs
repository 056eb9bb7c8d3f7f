//! Every defect is found, and told by a rule it breaks; the server without one is not accused.
//!
//! One test a defect: `cargo test --test defects -- tags` runs those with that in their names. Each is held to the cases
//! written for its rules, and to everything if that is not enough. Of those that are not deep, most are told within a hundred
//! requests of a check of everything. With `DEFECTS_TABLE` set to a file, each is held to the whole corpus and to generated
//! cases, and a line goes to the file: degree, name, how many reports and contradictions there were, and the rules they name.

use std::collections::BTreeSet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::corpus;
use profile_contract::check::{Amount, Check, Options, SHRINKING};
use profile_contract::contract::{Level, RuleId};
use profile_contract::defect::{self, Defect, Flawed};
use profile_contract::judge::Severity;
use profile_contract::model::Model;
use profile_contract::replay::{Local, Target};
use profile_contract::report::Report;
use profile_contract::wire::{Answer, Message};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = defect::all()
        .map(|defect| Trial::test(defect.id, move || find(defect)))
        .collect();
    trials.push(Trial::test("none", || {
        let report = check(Local::new(Model::reference()), Vec::new())?;
        match report.conforms() {
            true => Ok(()),
            false => Err(report.to_string().into()),
        }
    }));
    trials.push(Trial::test("there-are-enough", || {
        let ids: BTreeSet<_> = defect::all().map(|defect| defect.id).collect();
        let count = |degree| {
            defect::all()
                .filter(|defect| defect.degree == degree)
                .count()
        };
        assert_eq!(ids.len(), defect::all().count(), "two have one name");
        assert!(ids.len() >= 100, "{}", ids.len());
        assert!(
            (1..=5).all(|degree| count(degree) >= 5),
            "a degree is missing"
        );
        Ok(())
    }));
    trials.push(Trial::test("first-reports-come-early", || {
        let (mut all, mut late) = (0, Vec::new());
        for defect in defect::all().filter(|defect| defect.degree < DEEP) {
            all += 1;
            if !is_found_early(defect)? {
                late.push(defect.id);
            }
        }
        match late.len() * 2 <= all {
            true => Ok(()),
            false => Err(format!("{} of {all} are found late: {late:?}", late.len()).into()),
        }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

static RUNTIME: LazyLock<Result<Runtime, String>> =
    LazyLock::new(|| Runtime::new().map_err(|error| error.to_string()));

/// The rules that some case of the corpus is written for.
static AIMED: LazyLock<BTreeSet<RuleId>> = LazyLock::new(|| {
    let entries = corpus::built_in().unwrap_or_default();
    let aims = entries.iter().map(|entry| &entry.content.case().aims);
    aims.flatten().copied().collect()
});

/// Holds a target to the cases written for some rules, or to everything. One case at a time, so that a defect that shows
/// now and then shows in the same case each time.
fn check(target: impl Target + 'static, only: Vec<String>) -> Result<Report, Failed> {
    let options = Options {
        settle: Duration::from_millis(100),
        jobs: 1,
        amount: Amount::Number(if only.is_empty() { 100 } else { 0 }),
        // Of what the written cases show, the rules are named well enough: nothing need become smaller for that.
        shrinking: if only.is_empty() { SHRINKING } else { 0 },
        only,
        ..Options::default()
    };
    let checked = RUNTIME
        .as_ref()?
        .block_on(Check::new(target, options)?.run())?;
    Ok(checked.report)
}

fn find(defect: &'static Defect) -> Result<(), Failed> {
    let table = env::var_os("DEFECTS_TABLE");
    if table.is_none() {
        let aimed = defect.rules.iter().filter(|rule| AIMED.contains(rule));
        let only: Vec<_> = aimed.map(|rule| rule.id().to_owned()).collect();
        let report = check(Local::new(Flawed::new(defect)), only)?;
        if named(&report)
            .iter()
            .any(|rule| defect.rules.contains(rule))
        {
            return Ok(());
        }
    }
    let report = check(Local::new(Flawed::new(defect)), Vec::new())?;
    let named = named(&report);
    if let Some(file) = table {
        let mut file = OpenOptions::new().append(true).create(true).open(file)?;
        let names: Vec<_> = named.iter().map(|rule| rule.id()).collect();
        let line = format!(
            "{} {} {} {} {}\n",
            defect.degree,
            defect.id,
            named.len(),
            report.contradictions.len(),
            names.join(",")
        );
        file.write_all(line.as_bytes())?;
    }
    if named.is_empty() {
        return Err(format!("not found: the server {}", defect.about).into());
    }
    match named.iter().any(|rule| defect.rules.contains(rule)) {
        true => Ok(()),
        false => Err(format!("told by other rules only:\n{report}").into()),
    }
}

/// How many requests at most come before the first report of most defects.
const EARLY: usize = 100;

/// The degree of defects that so few requests need not meet.
const DEEP: u8 = 5;

/// Whether a check of everything tells of a first finding within that.
fn is_found_early(defect: &'static Defect) -> Result<bool, Failed> {
    let sent = Arc::new(AtomicUsize::new(0));
    let target = Counted(Local::new(Flawed::new(defect)), Arc::clone(&sent));
    let options = Options {
        settle: Duration::from_millis(100),
        jobs: 1,
        amount: Amount::Number(0),
        shrinking: 0,
        ..Options::default()
    };
    let check = Check::new(target, options)?;
    let found = Arc::new(AtomicBool::new(false));
    let (stopper, early) = (check.stopper(), Arc::clone(&found));
    let is_early = move || sent.load(Ordering::Relaxed) <= EARLY;
    let goes_on = is_early.clone();
    let check = check
        .telling(move |kept, _| {
            let violates = matches!(kept.rule.level(), Level::Must | Level::Probe);
            early.fetch_or(violates && is_early(), Ordering::Relaxed);
        })
        .watched(move || {
            if !goes_on() {
                stopper.stop();
            }
        });
    RUNTIME.as_ref()?.block_on(check.run())?;
    Ok(found.load(Ordering::Relaxed))
}

/// A target, and how many requests were sent to it.
struct Counted(Local<Flawed>, Arc<AtomicUsize>);

impl Target for Counted {
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.send(message, deadline).await
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

/// The rules of the violations in a report.
fn named(report: &Report) -> Vec<RuleId> {
    let violations = report
        .causes
        .iter()
        .filter(|cause| cause.finding.severity == Severity::Violates);
    violations.map(|cause| cause.finding.rule).collect()
}
