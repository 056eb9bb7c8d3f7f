//! The answers the model allows, case by case, for people to review.
//!
//! Every case of the corpus is held with the reference model, in process, and everything that would have been allowed at
//! each step goes into `snapshots/corpus/`, one file a case: the contract as it is understood, readable as a diff. On the
//! way two independent sources have to agree: what a case claims (`expect …`, written by hand from the documentation)
//! and what the model does. Behind the steps of a case stands what its answers told about the target's choices.
//!
//! Two more files a folder say what the judge makes of it. `snapshots/exercised/` lists the rules that the answers showed, with
//! their sides. For `snapshots/bent/` the last answer of each operation in a case is bent in one place after the other, and
//! held against the model: by which rules is a wrong member told, a missing item, another status?
//!
//! `snapshots/census/` counts the same of generated cases, and of servers that are right or wrong in other ways (see `census`).
//!
//! One test a folder of the corpus. `INSTA_UPDATE=always cargo test --test snapshots` accepts what is new; read the diff.

mod bend;
mod census;
mod conversation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bend::bent;
use conversation::converse;
use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::corpus::{Entry, load};
use profile_contract::case::{Claim, Step};
use profile_contract::choice;
use profile_contract::contract::{Choices, Options, Side};
use profile_contract::judge::{Exercised, addressed};
use profile_contract::model::{Fit, Model};
use profile_contract::wire::{Answer, Exchange, Response};

#[expect(
    clippy::print_stderr,
    reason = "as a failing test it would be filtered out with all others"
)]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match load(&root().join("corpus")) {
        Ok(entries) => trials(entries),
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One test a folder, and one for snapshots that belong to nothing.
fn trials(entries: Vec<Entry>) -> Vec<Trial> {
    let names: BTreeSet<PathBuf> = entries.iter().map(snapshot_path).collect();
    let all = Arc::new(entries.clone());
    let mut folders: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        let folder = entry.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.to_owned()).or_default().push(entry);
    }
    let mut trials = vec![Trial::test("no-orphans", move || find_orphans(&names))];
    for (folder, entries) in folders {
        let name = folder.replace('/', "-");
        trials.push(Trial::test(folder, move || hold(&name, &entries)));
    }
    for (name, census) in CENSUSES {
        let entries = Arc::clone(&all);
        let run = move || {
            let mut failures = String::new();
            let path = root().join(format!("snapshots/census/{name}.snap"));
            compare(&path, &census(&entries), &mut failures);
            if failures.is_empty() {
                Ok(())
            } else {
                Err(failures.into())
            }
        };
        trials.push(Trial::test(format!("census/{name}"), run));
    }
    trials
}

type Census = fn(&[Entry]) -> String;
const CENSUSES: [(&str, Census); 4] = [
    ("reference", |_| census::of_the_reference()),
    ("bent", |_| census::of_bent_answers()),
    ("variations", census::of_variations),
    ("defects", census::of_defects),
];

/// Compares every case of a folder with its snapshot, and what they came to with those of the folder.
fn hold(folder: &str, entries: &[Entry]) -> Result<(), Failed> {
    let mut failures = String::new();
    let mut shown = Shown::default();
    for entry in entries {
        match allowed_answers(entry, &mut shown) {
            Err(failure) => failures += &failure,
            Ok(answers) => compare(&snapshot_path(entry), &answers, &mut failures),
        }
    }
    let bent: Vec<&str> = shown.bent.iter().map(String::as_str).collect();
    for (kind, text) in [
        ("exercised", sides(&shown.exercised)),
        ("bent", bent.join("\n")),
    ] {
        let path = root().join(format!("snapshots/{kind}/{folder}.snap"));
        compare(&path, &text, &mut failures);
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.into())
    }
}

/// What the cases of a folder show.
#[derive(Default)]
struct Shown {
    exercised: Exercised,
    /// What is made of answers that are bent in one place, a line each.
    bent: BTreeSet<String>,
}

/// Compares a text with a snapshot.
fn compare(path: &Path, text: &str, failures: &mut String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap_or(Path::new("")));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let compared = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(name.into_owned(), text))
    }));
    if compared.is_err() {
        let _ = writeln!(failures, "{}: differs from what is so now", path.display());
    }
}

/// A line for each rule: its id, and the sides it was seen from.
fn sides(exercised: &Exercised) -> String {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (rule, side) in exercised.iter() {
        lines.entry(rule.id()).or_default().push(match side {
            Side::Inside => "inside",
            Side::Outside => "outside",
        });
    }
    let lines = lines.iter();
    lines
        .map(|(rule, sides)| format!("{rule}: {}\n", sides.join(", ")))
        .collect()
}

/// Holds a case with the reference, and lists what would have been allowed at each step.
fn allowed_answers(entry: &Entry, shown: &mut Shown) -> Result<String, String> {
    let case = entry.content.case();
    let place = |at: usize| {
        let said = &case.steps[at].say;
        format!("corpus/{}.case, step {} ({said})", entry.name, at + 1)
    };
    let told = converse(case, &mut Model::reference());
    if let Some((at, why)) = told.broken {
        return Err(format!("{}: {why}\n", place(at)));
    }
    let choices = signed();
    let mut observer = Model::observer(&choices);
    let mut out = String::new();
    let mut last: BTreeMap<&str, (Model, Exchange)> = BTreeMap::new();
    let mut before = None;
    let mut answered = 0;
    for (at, exchange) in told.exchanges {
        answered = if before == Some(at) { answered + 1 } else { 0 };
        before = Some(at);
        let step = &case.steps[at];
        let _ = writeln!(
            out,
            "{}> {}",
            if out.is_empty() { "" } else { "\n" },
            headline(step, answered)
        );
        let expectation = observer.expect(&exchange.message);
        for allowed in &expectation.allowed {
            let rules: Vec<_> = allowed.rules.iter().map(|rule| rule.id()).collect();
            let _ = writeln!(out, "< {}", allowed.describe());
            let _ = writeln!(out, "  {}", rules.join(", "));
        }
        if let (0, Some(claim), Answer::Response(response)) =
            (answered, &step.claim, &exchange.answer)
            && let Some(found) = disagreement(claim, response)
        {
            let claimed = describe(claim.status, claim.error.as_deref());
            return Err(format!(
                "{}: the case claims {claimed}, the reference answers {found}; the model allows\n{expectation}\n",
                place(at)
            ));
        }
        if let Some(operation) = addressed(&exchange.message) {
            last.insert(operation.name, (observer.clone(), exchange.clone()));
        }
        let observed = observer.observe(&exchange);
        for (rule, side) in &observed.cites {
            shown.exercised.insert(*rule, *side);
        }
        match observed.fit {
            Fit::Allowed { warnings } if warnings.is_empty() => {}
            fit => {
                let answer = &exchange.answer;
                return Err(format!(
                    "{}: the model objects to the reference: {fit:?}\n{answer:?}\n",
                    place(at)
                ));
            }
        }
    }
    for (operation, (observer, exchange)) in &last {
        shown.bent.extend(bent(operation, observer, exchange));
    }
    let told = census::decided(&choices, &observer.choices());
    if !told.is_empty() {
        let _ = write!(out, "\n{}\n", told.join("\n"));
    }
    Ok(out)
}

/// Everything open but signatures: otherwise every first answer could as well be a refusal of the missing one.
fn signed() -> Choices {
    let mut choices = Choices::open();
    choices.narrow(choice!("cap.auth"), Options::only(0));
    choices
}

fn headline(step: &Step, answered: usize) -> String {
    match answered {
        0 => step.say.to_string(),
        _ => format!("{}  (page {})", step.say, answered + 1),
    }
}

/// The answer, if it is not what the case claims.
fn disagreement(claim: &Claim, response: &Response) -> Option<String> {
    let error = response.headers.get("x-amzn-errortype");
    let agrees = claim.status == response.status
        && (claim.error.is_none() || claim.error.as_deref() == error);
    (!agrees).then(|| describe(response.status, error))
}

fn describe(status: u16, error: Option<&str>) -> String {
    match error {
        Some(error) => format!("{status} {error}"),
        None => status.to_string(),
    }
}

/// Snapshots of cases that are gone, and files that are none.
fn find_orphans(known: &BTreeSet<PathBuf>) -> Result<(), Failed> {
    let mut orphans = String::new();
    let mut folders = vec![root().join("snapshots/corpus")];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !known.contains(&path)
                && path.extension().is_none_or(|extension| extension != "new")
            {
                let _ = writeln!(
                    orphans,
                    "{}: no case of that name; remove the file",
                    path.display()
                );
            }
        }
    }
    if orphans.is_empty() {
        Ok(())
    } else {
        Err(orphans.into())
    }
}

fn snapshot_path(entry: &Entry) -> PathBuf {
    root()
        .join("snapshots/corpus")
        .join(format!("{}.snap", entry.name))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
