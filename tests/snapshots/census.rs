//! What the model and the judge make of thousands of conversations, counted.
//!
//! Nobody wrote down what is right in each of these: `generated`, `variations` and `defects` hold them to what must be so whatever
//! they are about. Here all that is decided in them is counted, so that nothing of it changes unnoticed. Behind the counts of an
//! operation stands a digest of every answer of the reference and of all that would have been allowed instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use profile_contract::case::Case;
use profile_contract::case::corpus::Entry;
use profile_contract::contract::{ChoiceId, Choices, RuleId, Side};
use profile_contract::defect::{self, Flawed};
use profile_contract::generate::nth;
use profile_contract::judge::{Judge, Severity, addressed};
use profile_contract::model::Model;
use profile_contract::variation::{self, Varied};
use profile_contract::wire::{Answer, Respond};
use sha2::{Digest as _, Sha256};

use crate::bend::bent;
use crate::conversation::converse;
use crate::signed;

/// How many generated cases the reference is held to.
const GENERATED: u64 = 600;

/// How many of them are bent.
const BENT: u64 = 150;

/// How many cases of the corpus, and how many generated ones, each other server is held to.
const OF_THE_CORPUS: usize = 12;
const OF_THE_GENERATED: u64 = 8;

/// How many servers are right in five other ways at once.
const MIXTURES: usize = 60;

type Counts = BTreeMap<String, usize>;

fn count(counts: &mut Counts, what: impl Into<String>) {
    *counts.entry(what.into()).or_default() += 1;
}

/// What became of the steps of an operation.
#[derive(Default)]
struct Steps {
    asked: usize,
    refused: usize,
    digest: Sha256,
}

/// The reference in generated cases: what it was asked and answered, and the rules that showed.
pub(crate) fn of_the_reference() -> String {
    let mut operations: BTreeMap<&str, Steps> = BTreeMap::new();
    let mut sides: BTreeMap<RuleId, [usize; 2]> = BTreeMap::new();
    let mut choices = Counts::new();
    for number in 0..GENERATED {
        let case = nth(6, number).case;
        let told = converse(&case, &mut Model::reference());
        let mut observer = Model::observer(&signed());
        for (_, exchange) in told.exchanges {
            let name = addressed(&exchange.message).map_or("none", |operation| operation.name);
            let steps = operations.entry(name).or_default();
            let observed = observer.observe(&exchange);
            steps.asked += 1;
            steps.digest.update(observed.expectation.to_string());
            steps.digest.update(format!("{:?}", observed.fit));
            if let Answer::Response(response) = &exchange.answer {
                steps.refused += usize::from(response.status != 200);
                steps.digest.update(response.status.to_string());
                steps.digest.update(&response.body);
            }
            for (rule, side) in &observed.cites {
                sides.entry(*rule).or_default()[usize::from(*side == Side::Outside)] += 1;
            }
        }
        for choice in decided(&signed(), &observer.choices()) {
            count(&mut choices, choice);
        }
    }
    let mut out = String::new();
    for (operation, steps) in operations {
        let digest = steps.digest.finalize();
        let digest: String = digest[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let Steps { asked, refused, .. } = steps;
        let _ = writeln!(
            out,
            "{operation}: {asked} asked, {refused} refused, {digest}"
        );
    }
    out.push('\n');
    for (rule, [inside, outside]) in sides {
        let _ = writeln!(out, "{}: {inside} inside, {outside} outside", rule.id());
    }
    out + "\n" + &list(&choices)
}

/// The same, where the last answer of each operation is bent in one place after the other: what that is taken for.
pub(crate) fn of_bent_answers() -> String {
    let mut counts = Counts::new();
    for number in 0..BENT {
        let case = nth(7, number).case;
        let told = converse(&case, &mut Model::reference());
        let mut observer = Model::observer(&signed());
        let mut last = BTreeMap::new();
        for (_, exchange) in told.exchanges {
            if let Some(operation) = addressed(&exchange.message) {
                last.insert(operation.name, (observer.clone(), exchange.clone()));
            }
            observer.observe(&exchange);
        }
        for (operation, (observer, exchange)) in &last {
            for line in bent(operation, observer, exchange) {
                count(&mut counts, line);
            }
        }
    }
    list(&counts)
}

/// Servers that are right in other ways: what they decided, as far as that was told, and what is worth a warning.
pub(crate) fn of_variations(entries: &[Entry]) -> String {
    let all: Vec<_> = variation::all().filter(|one| one.shows_at_once()).collect();
    let mut out = String::new();
    for (at, variation) in all.iter().enumerate() {
        let rules: BTreeSet<_> = variation.rules.iter().copied().collect();
        let counts = judged(entries, &rules, at, &|| Varied::new(&[variation], 1));
        accuses_nobody(&variation.id, &counts);
        let _ = writeln!(out, "{}\n{}", variation.id, indented(&counts));
    }
    for at in 0..MIXTURES {
        let mut mixture: Vec<&variation::Variation> = Vec::new();
        for step in 0..5 {
            let one = all[(at * 7 + step * (at + 11)) % all.len()];
            if !mixture
                .iter()
                .any(|known| known.id == one.id || known.excludes(one))
            {
                mixture.push(one);
            }
        }
        let names: Vec<&str> = mixture.iter().map(|one| one.id.as_ref()).collect();
        let rules = mixture.iter().flat_map(|one| one.rules.iter().copied());
        let new = || Varied::new(&mixture, 1);
        let counts = judged(entries, &rules.collect(), at, &new);
        accuses_nobody(&names.join(" + "), &counts);
        let _ = writeln!(out, "{}\n{}", names.join(" + "), indented(&counts));
    }
    out
}

/// A server that is right is accused of nothing, whatever a snapshot says.
fn accuses_nobody(name: &str, counts: &Counts) {
    let accused = counts.keys().find(|what| what.starts_with("violates"));
    assert!(accused.is_none(), "{name}: {accused:?}");
}

/// Servers with one defect: which rules it is told by, where.
pub(crate) fn of_defects(entries: &[Entry]) -> String {
    let mut out = String::new();
    for (at, defect) in defect::all().enumerate() {
        let rules = defect.rules.iter().copied().collect();
        let counts = judged(entries, &rules, at, &|| Flawed::new(defect));
        let _ = writeln!(out, "{}\n{}", defect.id, indented(&counts));
    }
    out
}

/// What is made of a server in cases written for these rules, and in generated ones.
fn judged<T: Respond>(
    entries: &[Entry],
    rules: &BTreeSet<RuleId>,
    seed: usize,
    target: &dyn Fn() -> T,
) -> Counts {
    let mut counts = Counts::new();
    let aimed = entries.iter().map(|entry| entry.content.case());
    let aimed = aimed.filter(|case| case.aims.iter().any(|rule| rules.contains(rule)));
    for case in aimed.take(OF_THE_CORPUS) {
        judge(case, &mut target(), &mut counts);
    }
    for number in 0..OF_THE_GENERATED {
        judge(
            &nth(100 + seed as u64, number).case,
            &mut target(),
            &mut counts,
        );
    }
    counts
}

fn judge(case: &Case, target: &mut dyn Respond, counts: &mut Counts) {
    let choices = Choices::open();
    let mut judge = Judge::new(case, &choices);
    for (step, exchange) in &converse(case, target).exchanges {
        judge.see(*step, exchange);
    }
    let verdict = judge.finish();
    for finding in &verdict.findings {
        let severity = match finding.severity {
            Severity::Violates => "violates",
            Severity::Warns => "warns",
        };
        let (rule, place) = (finding.rule.id(), &finding.place);
        count(counts, format!("{severity} {rule} at {place}"));
    }
    if let Some(unclear) = &verdict.unclear {
        count(counts, format!("unclear: {}", unclear.why));
    }
    for choice in decided(&choices, &verdict.choices) {
        count(counts, choice);
    }
    let sides = verdict.exercised.iter().count();
    *counts.entry("sides of rules".to_owned()).or_default() += sides;
}

/// The choices of which fewer options are left than there were, with what is left.
pub(crate) fn decided(before: &Choices, after: &Choices) -> Vec<String> {
    let told = ChoiceId::all().filter(|choice| before.get(*choice) != after.get(*choice));
    let line = |choice: ChoiceId| {
        let left = after.get(choice).iter();
        let left = left.map(|at| choice.choice().options[usize::from(at)]);
        format!(
            "{}: {}",
            choice.choice().id,
            left.collect::<Vec<_>>().join(" or ")
        )
    };
    told.map(line).collect()
}

fn list(counts: &Counts) -> String {
    let lines = counts.iter();
    lines
        .map(|(what, count)| format!("{count} {what}\n"))
        .collect()
}

fn indented(counts: &Counts) -> String {
    let lines = counts.iter();
    lines
        .map(|(what, count)| format!("  {count} {what}\n"))
        .collect()
}
