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
use profile_contract::contract::{ChoiceId, Choices, Options, Side};
use profile_contract::judge::{Exercised, addressed};
use profile_contract::model::{Fit, Model};
use profile_contract::wire::{
    Answer, Exchange, Headers, Json, Message, NoAnswer, NoAnswerKind, Request, Response, http1,
};

/// Members whose own members users name.
const NAMED_BY_USERS: [&str; 5] = ["Fields", "Keys", "Tags", "tags", "Attributes"];

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
        let name = folder.replace('/', "-");
        trials.push(Trial::test(folder, move || hold(&name, &entries)));
    }
    trials
}

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

/// A line for each choice of which fewer options are left than there were.
fn told(before: &Choices, after: &Choices) -> String {
    let told = ChoiceId::all().filter(|choice| before.get(*choice) != after.get(*choice));
    let options = |choice: ChoiceId| {
        let names = after.get(choice).iter();
        let names = names.map(|at| choice.choice().options[usize::from(at)]);
        names.collect::<Vec<_>>().join(" or ")
    };
    told.map(|choice| format!("{}: {}\n", choice.choice().id, options(choice)))
        .collect()
}

/// Holds a case with the reference, and lists what would have been allowed at each step.
fn allowed_answers(entry: &Entry, shown: &mut Shown) -> Result<String, String> {
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
    let mut last: BTreeMap<&str, (Model, Exchange)> = BTreeMap::new();
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
    for (operation, (observer, exchange)) in &last {
        shown.bent.extend(bent(operation, observer, exchange));
    }
    let told = told(&choices, &observer.choices());
    if !told.is_empty() {
        let _ = write!(out, "\n{told}");
    }
    Ok(out)
}

/// What a model makes of an answer that is bent in one place, a line for each of them.
fn bent(operation: &str, model: &Model, exchange: &Exchange) -> Vec<String> {
    let Answer::Response(right) = &exchange.answer else {
        return Vec::new();
    };
    let served = right.status == 200;
    let refused = |status, error: &str| Response {
        status,
        headers: Headers::from_iter([("x-amzn-errortype", error)]),
        body: "{}".into(),
    };
    let mut wrong = vec![
        ("400".to_owned(), refused(400, "BadRequestException")),
        ("404".to_owned(), refused(404, "ResourceNotFoundException")),
    ];
    let body = Json::parse(&right.body).unwrap_or(Json::Null);
    if served {
        for (place, body) in bends(&body, false) {
            let body = body.to_text().into();
            wrong.push((
                place,
                Response {
                    body,
                    ..right.clone()
                },
            ));
        }
    } else {
        let headers = Headers::from_iter([("content-type", "application/json")]);
        let (status, body) = (200, "{}".into());
        let response = Response {
            status,
            headers,
            body,
        };
        wrong.push(("200".to_owned(), response));
    }
    let refused = if served { "" } else { ", refused" };
    let weigh = |(place, response): (String, Response)| {
        let answer = Answer::Response(response);
        let exchange = Exchange {
            answer,
            ..exchange.clone()
        };
        let (fit, differences) = match model.clone().observe(&exchange).fit {
            Fit::Allowed { warnings } if warnings.is_empty() => return None,
            Fit::Unclear(_) => return None,
            Fit::Allowed { warnings } => ("warns", warnings),
            Fit::Forbidden(differences) => ("broken", differences),
        };
        let rules = differences.first().map(|first| &first.rules);
        let rules = rules.into_iter().flatten().take(4);
        let rules: Vec<_> = rules.map(|rule| rule.id()).collect();
        Some(format!(
            "{operation}{refused} {place}: {fit} {}",
            rules.join(", ")
        ))
    };
    wrong.into_iter().filter_map(weigh).collect()
}

/// A body with one change, for every change, and what that is: `-` for a member or an item that is gone, `+` for one too
/// many, `2` for an item that is there twice, `!` for another value. Of a list the first items are enough; `data` says that
/// the names of members are data.
fn bends(value: &Json, data: bool) -> Vec<(String, Json)> {
    let within = |place: &str, inner: &Json| {
        let bent = bends(inner, NAMED_BY_USERS.contains(&place)).into_iter();
        let place = place.to_owned();
        bent.map(move |(rest, inner)| (format!("/{place}{rest}"), inner))
            .collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    match value {
        Json::Null => {}
        Json::Bool(value) => all.push(("!".to_owned(), Json::from(!value))),
        Json::Number(number) => {
            let other = number.as_i64().unwrap_or_default().wrapping_add(1_000);
            all.push(("!".to_owned(), Json::from(other)));
        }
        Json::String(text) => {
            all.push(("!".to_owned(), Json::from(format!("{text}x"))));
            if let Ok(inner @ Json::Object(_)) = Json::parse(text.as_bytes()) {
                for (place, inner) in within("\"\"", &inner) {
                    all.push((place, Json::from(inner.to_text())));
                }
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate().take(3) {
                let with = |instead: Vec<Json>| {
                    let rest = items[at + 1..].iter().cloned();
                    let first = items[..at].iter().cloned();
                    Json::Array(first.chain(instead).chain(rest).collect())
                };
                all.push(("/*-".to_owned(), with(Vec::new())));
                all.push(("/*2".to_owned(), with(vec![item.clone(), item.clone()])));
                for (place, item) in within("*", item) {
                    all.push((place, with(vec![item])));
                }
            }
        }
        Json::Object(members) => {
            let mut more = members.clone();
            more.push(("Zz".to_owned(), Json::from("z")));
            all.push(("+".to_owned(), Json::Object(more)));
            for (at, (name, value)) in members.iter().enumerate() {
                let mut fewer = members.clone();
                fewer.remove(at);
                let place = if data { "*" } else { name };
                all.push((format!("/{place}-"), Json::Object(fewer)));
                for (place, value) in within(place, value) {
                    let mut other = members.clone();
                    other[at].1 = value;
                    all.push((place, Json::Object(other)));
                }
            }
        }
    }
    all
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
