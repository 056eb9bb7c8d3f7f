//! The answers the model allows, case by case, for people to review.
//!
//! Every case of the corpus is held with the reference model, in process, and everything that would have been allowed at
//! each step goes into `snapshots/corpus/`, one file a case: the contract as it is understood, readable as a diff. On the
//! way two independent sources have to agree: what a case claims (`expect …`, written by hand from the documentation)
//! and what the model does.
//!
//! One test a folder of the corpus. `INSTA_UPDATE=always cargo test --test snapshots` accepts what is new; read the diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::bind::{DEFAULT_ARN, Values, follow_up, fresh_names, learn, message};
use profile_contract::case::corpus::{Entry, load};
use profile_contract::case::{Claim, Step};
use profile_contract::choice;
use profile_contract::contract::{Choices, Options};
use profile_contract::model::{Fit, Model};
use profile_contract::wire::{
    Answer, Exchange, Message, NoAnswer, NoAnswerKind, Request, Response, http1,
};

/// When every case begins, in milliseconds since the epoch.
const START_MS: i64 = 1_700_000_000_000;

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
    let mut folders: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        let folder = entry.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.to_owned()).or_default().push(entry);
    }
    let mut trials = vec![Trial::test("no-orphans", move || find_orphans(&names))];
    for (folder, entries) in folders {
        trials.push(Trial::test(folder, move || hold(&entries)));
    }
    trials
}

/// Compares every case of a folder with its snapshot, and says which differ.
fn hold(entries: &[Entry]) -> Result<(), Failed> {
    let mut failures = String::new();
    for entry in entries {
        match allowed_answers(entry) {
            Err(failure) => failures += &failure,
            Ok(answers) => {
                let path = snapshot_path(entry);
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(path.parent().unwrap_or(Path::new("")));
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                let name = path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let compared = catch_unwind(AssertUnwindSafe(|| {
                    settings.bind(|| insta::assert_snapshot!(name, answers))
                }));
                if compared.is_err() {
                    let _ = writeln!(
                        failures,
                        "{}: differs from the case as it runs now",
                        path.display()
                    );
                }
            }
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.into())
    }
}

/// Holds a case with the reference, and lists what would have been allowed at each step.
fn allowed_answers(entry: &Entry) -> Result<String, String> {
    let case = entry.content.case();
    let mut values: Values = fresh_names(case)
        .into_iter()
        .map(|name| (value_of(&name), name))
        .map(swap)
        .collect();
    let mut reference = Model::reference();
    let mut choices = Choices::open();
    // Otherwise every first answer could as well be a refusal of the missing signature.
    choices.narrow(choice!("cap.auth"), Options::only(0));
    let mut observer = Model::observer(&choices);
    let mut now_ms = START_MS;
    let mut out = String::new();
    for (at, step) in case.steps.iter().enumerate() {
        let place = || format!("corpus/{}.case, step {} ({})", entry.name, at + 1, step.say);
        now_ms += 1 + i64::from(step.manner.pause_ms);
        let mut next =
            Some(message(step, &values).map_err(|unbound| format!("{}: {unbound}\n", place()))?);
        let mut answered = 0;
        while let Some(message) = next.take() {
            let _ = writeln!(
                out,
                "{}> {}",
                if out.is_empty() { "" } else { "\n" },
                headline(step, answered)
            );
            let expectation = observer.expect(&message);
            for allowed in &expectation.allowed {
                let rules: Vec<_> = allowed.rules.iter().map(|rule| rule.id()).collect();
                let _ = writeln!(out, "< {}", allowed.describe());
                let _ = writeln!(out, "  {}", rules.join(", "));
            }
            let answer = answer(&mut reference, &message, now_ms);
            let exchange = Exchange {
                message,
                answer,
                at_ms: now_ms,
                took_us: 0,
            };
            if let (0, Some(claim), Answer::Response(response)) =
                (answered, &step.claim, &exchange.answer)
                && let Some(found) = disagreement(claim, response)
            {
                let claimed = describe(claim.status, claim.error.as_deref());
                return Err(format!(
                    "{}: the case claims {claimed}, the reference answers {found}; the model allows\n{expectation}\n",
                    place()
                ));
            }
            match observer.observe(&exchange).fit {
                Fit::Allowed { warnings } if warnings.is_empty() => {}
                fit => {
                    let answer = &exchange.answer;
                    return Err(format!(
                        "{}: the model objects to the reference: {fit:?}\n{answer:?}\n",
                        place()
                    ));
                }
            }
            answered += 1;
            // The reference would say nothing the next time either.
            next = match &exchange.answer {
                Answer::Response(_) => follow_up(step, answered, &exchange),
                Answer::None(_) => None,
            };
            if let (1, Answer::Response(response)) = (answered, &exchange.answer) {
                learn(step, response, &mut values)
                    .map_err(|missing| format!("{}: {missing}\n", place()))?;
            }
        }
    }
    Ok(out)
}

/// The same names in every run, and legible ones: a domain is called what its placeholder is called.
fn value_of(name: &str) -> String {
    match name {
        "arn" => DEFAULT_ARN.to_owned(),
        "short" => "s".to_owned(),
        other => other.to_owned(),
    }
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

fn headline(step: &Step, answered: usize) -> String {
    match answered {
        0 => step.say.to_string(),
        _ => format!("{}  (page {})", step.say, answered + 1),
    }
}

/// What the reference answers; to bytes that are no request, which never reach a model, with a closed connection.
fn answer(reference: &mut Model, message: &Message, now_ms: i64) -> Answer {
    let parsed: Option<Request> = match message {
        Message::Request(request) => Some(request.clone()),
        Message::Raw(bytes) => http1::parse_request(bytes).ok(),
    };
    match parsed {
        Some(request) => Answer::Response(reference.respond(&request, now_ms)),
        None => Answer::None(NoAnswer {
            kind: NoAnswerKind::Closed,
            detail: String::new(),
        }),
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
