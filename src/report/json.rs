//! The report for programs. `docs/report-json.md` documents it; a change of meaning raises [`SCHEMA`].

use serde::Serialize;

use std::collections::BTreeMap;

use crate::contract::{Level, RuleId, Side};
use crate::judge::{Fate, Outcome, Severity, Tally};

use super::{Cause, Line, Report, option_names};

/// The number of the schema.
pub const SCHEMA: u32 = 1;

/// The whole report as JSON text, with a line feed at the end.
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(&Document::of(report)).unwrap_or_else(|error| {
        // Nothing but strings and numbers is written to memory; serde_json knows no way for that to fail.
        format!("{{\"schema\":{SCHEMA},\"error\":{:?}}}", error.to_string())
    });
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    version: &'static str,
    target: &'a str,
    run: &'a str,
    outcome: &'static str,
    elapsed_seconds: f64,
    requests: usize,
    retries: usize,
    /// In milliseconds.
    spacing_ms: u64,
    recordings: usize,
    resumed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Gone<'a>>,
    serves_nothing: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left_out: &'a [String],
    counts: Counts,
    findings: Vec<Finding<'a>>,
    not_implemented: Vec<Absence<'a>>,
    required: Vec<Unmet<'a>>,
    known: Vec<Known<'a>>,
    contradictions: Vec<Contradiction<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshots: Option<Snapshots<'a>>,
    slow: Slow,
    capabilities: Vec<Capability>,
    /// The longest time, in milliseconds, between a write and the read that showed it (cap.settle-ms).
    settle_ms: u64,
    rules: Rules,
    #[serde(rename = "yield")]
    yields: Yields,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Counts {
    cases: usize,
    conforms: usize,
    warns: usize,
    in_part: usize,
    unclear: usize,
    violates: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    severity: &'static str,
    rule: &'static str,
    level: &'static str,
    sentence: &'static str,
    source: &'static str,
    operation: Option<&'static str>,
    case: &'a str,
    step: usize,
    steps: usize,
    request: &'a str,
    answer: &'a str,
    status: Option<u16>,
    allowed: &'a [String],
    place: &'a str,
    expected: &'a str,
    actual: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    also: Vec<&'static str>,
    cases: &'a [String],
    again: &'a str,
}

#[derive(Serialize)]
struct Gone<'a> {
    why: &'a str,
    left: Option<u64>,
}

#[derive(Serialize)]
struct Absence<'a> {
    operation: &'static str,
    request: &'a str,
    answer: &'a str,
    cases: usize,
    /// Rules that cases which need it were written for, and that nothing exercised.
    rules: Vec<&'static str>,
}

#[derive(Serialize)]
struct Unmet<'a> {
    pattern: &'a str,
    operations: Vec<&'static str>,
    rules: Vec<&'static str>,
}

#[derive(Serialize)]
struct Known<'a> {
    place: &'a str,
    rule: Option<&'a str>,
    case: Option<&'a str>,
    reason: &'a str,
    cases: &'a [String],
    agree: usize,
    stale: bool,
}

#[derive(Serialize)]
struct Yields {
    corpus: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    generated: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

#[derive(Serialize)]
struct Seen {
    times: u32,
    replays: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    shrunk: Option<Shrunk>,
}

#[derive(Serialize)]
struct Shrunk {
    requests: usize,
    minimal: bool,
}

#[derive(Serialize)]
struct Contradiction<'a> {
    choice: &'static str,
    rule: &'static str,
    first: Decided<'a>,
    second: Decided<'a>,
}

#[derive(Serialize)]
struct Decided<'a> {
    case: &'a str,
    options: Vec<&'static str>,
}

#[derive(Serialize)]
struct Snapshots<'a> {
    folder: &'a str,
    same: usize,
    differences: Vec<Difference<'a>>,
    missing: &'a [String],
    outdated: &'a [String],
    broken: Vec<Broken<'a>>,
    unsteady: &'a [String],
}

#[derive(Serialize)]
struct Difference<'a> {
    case: &'a str,
    step: usize,
    request: &'a str,
    diff: &'a str,
    again: &'a str,
}

#[derive(Serialize)]
struct Broken<'a> {
    case: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Slow {
    limit_seconds: f64,
    answers: usize,
}

#[derive(Serialize)]
struct Capability {
    name: &'static str,
    rule: &'static str,
    options: Vec<&'static str>,
    of: &'static [&'static str],
}

#[derive(Serialize)]
struct Rules {
    exercised: usize,
    of: usize,
    missing: Vec<Missing>,
}

#[derive(Serialize)]
struct Missing {
    rule: &'static str,
    side: &'static str,
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    outcome: &'static str,
    requests: usize,
    seconds: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    known: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_implemented: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    unclear: Option<Unclear<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unsent: Option<&'a str>,
    again: &'a str,
}

#[derive(Serialize)]
struct Unclear<'a> {
    step: usize,
    request: &'a str,
    why: &'a str,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let counts = report.counts();
        let coverage = report.coverage();
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            target: &report.run.target,
            run: &report.run.id,
            outcome: report.outcome().name(),
            elapsed_seconds: report.elapsed.as_secs_f64(),
            requests: report.requests,
            retries: report.retries,
            spacing_ms: u64::try_from(report.spacing.as_millis()).unwrap_or(u64::MAX),
            recordings: report.recordings,
            resumed: report.resumed,
            interrupted: report.interrupted.as_deref(),
            gone: report.gone.as_ref().map(|gone| Gone {
                why: &gone.why,
                left: gone.left,
            }),
            serves_nothing: report.serves_nothing,
            left_out: &report.left_out,
            counts: Counts {
                cases: report.cases.len(),
                conforms: counts.conforms,
                warns: counts.warns,
                in_part: counts.in_part,
                unclear: counts.unclear,
                violates: counts.violates,
            },
            findings: report.causes.iter().map(Finding::of).collect(),
            not_implemented: report
                .absent
                .iter()
                .map(|absence| Absence::of(absence, &coverage.missing))
                .collect(),
            required: report.unmet.iter().map(Unmet::of).collect(),
            known: report.known.iter().map(Known::of).collect(),
            contradictions: report
                .contradictions
                .iter()
                .map(Contradiction::of)
                .collect(),
            snapshots: report.snapshots.as_ref().map(Snapshots::of),
            slow: Slow {
                limit_seconds: report.run.limit.as_secs_f64(),
                answers: report.slow,
            },
            capabilities: report
                .capabilities()
                .map(|(choice, options)| Capability {
                    name: choice.choice().id,
                    rule: choice.choice().rule,
                    options: option_names(choice, options),
                    of: choice.choice().options,
                })
                .collect(),
            settle_ms: u64::try_from(report.lag.as_millis()).unwrap_or(u64::MAX),
            rules: Rules {
                exercised: coverage.exercised(),
                of: coverage.of,
                missing: coverage
                    .missing
                    .iter()
                    .map(|(rule, side)| Missing::of(*rule, *side))
                    .collect(),
            },
            yields: Yields {
                corpus: by_operation(&report.yields.written),
                generated: by_operation(&report.yields.generated),
            },
            cases: report.cases.iter().map(Case::of).collect(),
        }
    }
}

impl<'a> Finding<'a> {
    fn of(cause: &'a Cause) -> Self {
        let finding = &cause.finding;
        let rule = finding.rule.rule();
        Self {
            severity: match finding.severity {
                Severity::Violates => Outcome::Violates.name(),
                Severity::Warns => Outcome::Warns.name(),
            },
            rule: rule.id,
            level: match rule.level {
                Level::Must => "MUST",
                Level::Should => "SHOULD",
                Level::Probe => "PROBE",
                Level::Info => "INFO",
            },
            sentence: rule.sentence,
            source: rule.source,
            operation: finding.operation.map(|operation| operation.name),
            case: &cause.case,
            step: finding.step + 1,
            steps: finding.steps,
            request: &finding.request,
            answer: &finding.answer,
            status: finding.status,
            allowed: &finding.allowed,
            place: &finding.place,
            expected: &finding.expected,
            actual: &finding.actual,
            seen: cause.seen.map(|seen| Seen {
                times: seen.times,
                replays: seen.replays,
                shrunk: seen.shrunk.map(|shrunk| Shrunk {
                    requests: shrunk.requests,
                    minimal: shrunk.minimal,
                }),
            }),
            also: cause.rules[1..].iter().map(|rule| rule.id()).collect(),
            cases: &cause.cases,
            again: &cause.again,
        }
    }
}

impl<'a> Contradiction<'a> {
    fn of(contradiction: &'a super::Contradiction) -> Self {
        let choice = contradiction.choice;
        let side = |(options, case): &'a (_, String)| Decided {
            case,
            options: option_names(choice, *options),
        };
        Self {
            choice: choice.choice().id,
            rule: choice.choice().rule,
            first: side(&contradiction.first),
            second: side(&contradiction.second),
        }
    }
}

impl<'a> Snapshots<'a> {
    fn of(held: &'a super::Snapshots) -> Self {
        let differences = held.differences.iter().map(|difference| Difference {
            case: &difference.case,
            step: difference.step + 1,
            request: &difference.said,
            diff: &difference.diff,
            again: &difference.again,
        });
        let broken = held.broken.iter().map(|(case, why)| Broken { case, why });
        Self {
            folder: &held.folder,
            same: held.same,
            differences: differences.collect(),
            missing: &held.missing,
            outdated: &held.outdated,
            broken: broken.collect(),
            unsteady: &held.unsteady,
        }
    }
}

impl<'a> Absence<'a> {
    fn of(absence: &'a super::Absence, missing: &[(RuleId, Side)]) -> Self {
        let exercised = |rule: &RuleId| missing.iter().all(|(other, _)| other != rule);
        Self {
            operation: absence.operation.name,
            request: &absence.request,
            answer: &absence.answer,
            cases: absence.cases,
            rules: absence
                .aims
                .iter()
                .filter(|rule| !exercised(rule))
                .map(|rule| rule.id())
                .collect(),
        }
    }
}

impl<'a> Unmet<'a> {
    fn of(unmet: &'a super::Unmet) -> Self {
        Self {
            pattern: &unmet.pattern,
            operations: unmet.operations.iter().map(|one| one.name).collect(),
            rules: unmet.rules.iter().map(|rule| rule.id()).collect(),
        }
    }
}

impl<'a> Known<'a> {
    fn of(known: &'a super::Known) -> Self {
        let deviation = &known.deviation;
        Self {
            place: &deviation.place,
            rule: deviation.rule.as_deref(),
            case: deviation.case.as_deref(),
            reason: &deviation.reason,
            cases: &known.cases,
            agree: known.agree,
            stale: known.is_stale(),
        }
    }
}

/// By operation and fate; `none` is what asks for no operation.
fn by_operation(tally: &Tally) -> BTreeMap<&'static str, BTreeMap<&'static str, u64>> {
    let row = |counts: [u64; Fate::ALL.len()]| {
        let named = Fate::ALL.iter().map(|(_, name)| *name).zip(counts);
        named.filter(|(_, count)| *count > 0).collect()
    };
    tally
        .rows()
        .map(|(operation, counts)| (operation.map_or("none", |one| one.name), row(counts)))
        .collect()
}

impl Missing {
    fn of(rule: RuleId, side: Side) -> Self {
        let side = match side {
            Side::Inside => "inside",
            Side::Outside => "outside",
        };
        Self {
            rule: rule.id(),
            side,
        }
    }
}

impl<'a> Case<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            name: &line.name,
            outcome: line.outcome.name(),
            requests: line.requests,
            seconds: line.took.as_secs_f64(),
            rules: line
                .findings
                .iter()
                .map(|finding| finding.rule.id())
                .collect(),
            known: line.known.iter().map(|rule| rule.id()).collect(),
            not_implemented: &line.absent,
            unclear: line.unclear.as_ref().map(|unclear| Unclear {
                step: unclear.step + 1,
                request: &unclear.request,
                why: &unclear.why,
            }),
            unsent: line.unsent.as_deref(),
            again: &line.again,
        }
    }
}
