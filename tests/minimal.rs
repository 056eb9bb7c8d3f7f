//! What is reported is the smallest case that shows it, within the requests that may be spent.
//!
//! One test a defect. The check of a defective server hands out what it made of each finding; this file takes every single
//! thing out of that, one at a time and by its own rules, not by those of the shrinker, and replays the rest: it must not
//! show the finding any more. With `MINIMAL_TABLE` set to a file, all defects take part, and a line for each finding goes there:
//! requests, whether the shrinker came to its end, what could still go, defect and rule. Then the figures as a whole are
//! held to what was reached before.

use std::collections::BTreeSet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use profile_contract::case::bind::Values;
use profile_contract::case::corpus;
use profile_contract::case::{Body, Case, Say, text};
use profile_contract::check::{Amount, Check, Options, SHRINKING};
use profile_contract::contract::operation::route;
use profile_contract::contract::{Route, RuleId};
use profile_contract::defect::{self, Defect, Flawed};
use profile_contract::judge::{Finding, Severity, judge};
use profile_contract::replay::{Local, Next, Run, Settings, replay};
use profile_contract::report::still_shows;
use serde_json::Value;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The rules that some case of the corpus is written for.
static AIMED: LazyLock<BTreeSet<RuleId>> = LazyLock::new(|| {
    let entries = corpus::built_in().unwrap_or_default();
    let aims = entries.iter().map(|entry| &entry.content.case().aims);
    aims.flatten().copied().collect()
});

const USUAL: [&str; 4] = [
    "search-leaks",
    "deleted-domain-listed",
    "page-size-101",
    "page-size-0",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // All of them take long; without a table those whose smallest case is known to be found within the requests.
    let all = env::var_os("MINIMAL_TABLE").is_some();
    let trials = defect::all()
        .filter(|defect| all || USUAL.contains(&defect.id))
        .map(|defect| Trial::test(defect.id, move || check(defect)))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if all && arguments.filter.is_none() {
        hold_the_whole();
    }
    conclusion.exit_code()
}

/// What became of the findings: requests, whether the shrinker came to its end, how much could still go.
static SHRUNK: Mutex<Vec<(usize, bool, usize)>> = Mutex::new(Vec::new());

/// Holds all findings together to what was reached before.
fn hold_the_whole() {
    let mut shrunk = SHRUNK
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    shrunk.sort_unstable();
    let median = shrunk.get(shrunk.len() / 2).map_or(0, |middle| middle.0);
    let unfinished = shrunk.iter().filter(|(_, minimal, _)| !minimal).count();
    let larger = shrunk.iter().filter(|(.., left)| *left > 0).count();
    assert!(shrunk.len() >= 146, "{} findings", shrunk.len());
    assert!(median <= 30, "a median of {median} requests");
    assert!(
        unfinished <= MOST_UNFINISHED,
        "{unfinished} did not come to their end"
    );
    assert!(larger <= MOST_LARGER, "{larger} are not minimal");
}

/// Of all findings, so many may end at the bound, and so many may be larger than need be.
const MOST_UNFINISHED: usize = 8;
const MOST_LARGER: usize = 8;

fn check(defect: &'static Defect) -> Result<(), Failed> {
    let aimed = defect.rules.iter().filter(|rule| AIMED.contains(rule));
    let options = Options {
        settle: Duration::from_millis(100),
        jobs: 1,
        amount: Amount::Number(0),
        only: aimed.map(|rule| rule.id().to_owned()).collect(),
        ..Options::default()
    };
    let check = Check::new(Local::new(Flawed::new(defect)), options)?;
    let checked = RUNTIME.block_on(check.run())?;
    for kept in &checked.kept {
        let causes = &checked.report.causes;
        let cause = causes.iter().find(|cause| cause.finding.rule == kept.rule);
        let Some(cause) = cause.filter(|cause| cause.finding.severity == Severity::Violates) else {
            continue;
        };
        let Some(shrunk) = cause.seen.and_then(|seen| seen.shrunk) else {
            continue;
        };
        let case = &kept.transcript.case;
        let Some(finding) = violation(defect, case) else {
            // It shows now and then, or after others: a fresh server does not show it.
            continue;
        };
        let mut superfluous = Vec::new();
        for (what, smaller) in smaller(case) {
            if violation(defect, &smaller).is_some_and(|found| still_shows(&found, &finding)) {
                superfluous.push(what);
            }
        }
        if let Some(file) = env::var_os("MINIMAL_TABLE") {
            let mut file = OpenOptions::new().append(true).create(true).open(file)?;
            writeln!(
                file,
                "{} {} {} {} {}\n{}",
                shrunk.requests,
                shrunk.minimal,
                superfluous.len(),
                defect.id,
                kept.rule,
                text::print(case)
            )?;
            for what in &superfluous {
                writeln!(file, "  {what}")?;
            }
        }
        SHRUNK.lock().unwrap_or_else(PoisonError::into_inner).push((
            shrunk.requests,
            shrunk.minimal,
            superfluous.len(),
        ));
        assert!(shrunk.requests <= SHRINKING, "{}", shrunk.requests);
        if shrunk.minimal && !superfluous.is_empty() {
            let shown = text::print(case);
            return Err(format!("{} can go from\n{shown}", superfluous.join(", ")).into());
        }
    }
    Ok(())
}

/// What a server with nothing behind it shows.
fn violation(defect: &'static Defect, case: &Case) -> Option<Finding> {
    let settings = Settings {
        run: Run::named("minimal"),
        ..Settings::default()
    };
    let target = Local::new(Flawed::new(defect));
    let mut watch = |_, _: &_| Next::Go;
    let replayed = RUNTIME.block_on(replay(
        "case",
        case,
        &target,
        Values::new(),
        &settings,
        &mut watch,
    ));
    judge(&replayed.transcript).violation().cloned()
}

/// Every case with one thing less, and what that is.
fn smaller(case: &Case) -> Vec<(String, Case)> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Case)| {
        let mut smaller = case.clone();
        change(&mut smaller);
        if smaller != *case {
            all.push((what, smaller));
        }
    };
    for (at, step) in case.steps.iter().enumerate() {
        let nth = at + 1;
        add(format!("step {nth}"), &|case| {
            case.steps.remove(at);
        });
        match &step.say {
            Say::Request {
                method,
                target,
                headers,
                body,
            } => {
                for header in 0..headers.len() {
                    add(format!("header {header} of step {nth}"), &|case| {
                        if let Say::Request { headers, .. } = &mut case.steps[at].say {
                            headers.remove(header);
                        }
                    });
                }
                let asked = |target: &str| match route(method, target.split('?').next()?) {
                    Route::To { operation, .. } => Some(operation.name),
                    _ => None,
                };
                let shorter = without_a_character(target);
                // A request for another operation is another request, not a smaller one.
                let same =
                    |shorter: &String| shorter.starts_with('/') && asked(shorter) == asked(target);
                for shorter in shorter.into_iter().filter(same) {
                    add(format!("target of step {nth}: {shorter}"), &|case| {
                        if let Say::Request { target, .. } = &mut case.steps[at].say {
                            target.clone_from(&shorter);
                        }
                    });
                }
                let mut bodies = Vec::new();
                if let Body::Text(body) = body {
                    match serde_json::from_str::<Value>(body) {
                        Ok(value) => bodies.extend(without_a_part(&value)),
                        Err(_) => bodies.extend(without_a_character(body)),
                    }
                }
                for shorter in bodies {
                    add(format!("body of step {nth}: {shorter}"), &|case| {
                        if let Say::Request { body, .. } = &mut case.steps[at].say {
                            *body = Body::Text(shorter.clone());
                        }
                    });
                }
            }
            Say::Raw(parts) => {
                for part in 0..parts.len() {
                    add(format!("piece {part} of step {nth}"), &|case| {
                        if let Say::Raw(parts) = &mut case.steps[at].say {
                            parts.remove(part);
                        }
                    });
                }
            }
        }
    }
    all
}

/// The text with any one character less, placeholders and escapes left whole.
fn without_a_character(text: &str) -> Vec<String> {
    let mut all = BTreeSet::new();
    let mut held = 0;
    for (at, character) in text.char_indices() {
        if text[at..].starts_with("${") {
            held = text[at..].find('}').map_or(0, |end| at + end + 1);
        } else if character == '%' {
            held = held.max(at + 3);
        }
        if at >= held {
            all.insert(format!(
                "{}{}",
                &text[..at],
                &text[at + character.len_utf8()..]
            ));
        }
    }
    all.into_iter().collect()
}

/// The JSON with one member, entry or character less.
fn without_a_part(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    parts(value, &|value| value.to_string(), &mut all);
    all
}

fn parts(value: &Value, whole: &dyn Fn(Value) -> String, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let mut fewer = members.clone();
                fewer.shift_remove(name);
                all.push(whole(Value::Object(fewer)));
                parts(
                    member,
                    &|other| {
                        let mut changed = members.clone();
                        changed.insert(name.clone(), other);
                        whole(Value::Object(changed))
                    },
                    all,
                );
            }
        }
        Value::Array(items) => {
            for at in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(at);
                all.push(whole(Value::Array(fewer)));
                parts(
                    &items[at],
                    &|other| {
                        let mut changed = items.clone();
                        changed[at] = other;
                        whole(Value::Array(changed))
                    },
                    all,
                );
            }
        }
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inside @ (Value::Object(_) | Value::Array(_))) => {
                parts(
                    &inside,
                    &|other| whole(Value::String(other.to_string())),
                    all,
                );
            }
            _ => all.extend(
                without_a_character(text)
                    .into_iter()
                    .map(|shorter| whole(Value::String(shorter))),
            ),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
