//! The report for people at a terminal.
//!
//! One block for each distinct cause, the worst first, then what could not be judged, then a summary. Whether to colour
//! is the caller's decision; everything a target said is made safe to print before it gets here.

use std::fmt::Write as _;
use std::time::Duration;

use crate::contract::{Operation, Options, Rule, RuleId, Side, Sides};
use crate::judge::{Fate, Finding, Outcome, Severity, Tally};

use super::{Cause, Contradiction, Gone, Line, Report, Unmet, options_text};

/// How a report is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Whether to colour.
    pub colour: bool,
    /// How much to say.
    pub detail: Detail,
}

/// How much to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// The cases only, not what they say about the target as a whole.
    Cases,
    /// Everything, with counts where names would be many.
    #[default]
    Run,
    /// Everything by name.
    Names,
}

/// The whole report.
pub fn render(report: &Report, manner: Manner) -> String {
    let mut text = Text {
        out: String::new(),
        manner,
    };
    let (violations, warnings): (Vec<_>, Vec<_>) = report
        .causes
        .iter()
        .partition(|cause| cause.finding.severity == Severity::Violates);
    for cause in violations {
        text.cause(cause);
    }
    for contradiction in &report.contradictions {
        text.contradiction(contradiction);
    }
    for cause in warnings {
        text.cause(cause);
    }
    text.unclear(report);
    text.gone(report);
    text.absent(report);
    for unmet in &report.unmet {
        text.unmet(unmet);
    }
    text.stale(report);
    text.summary(report);
    text.out
}

/// What of a requirement could not be judged, in a sentence.
pub fn unmet(unmet: &Unmet) -> String {
    let names = |names: Vec<&str>| {
        let rest = names.len().saturating_sub(MOST_OTHERS);
        let mut text = names[..names.len() - rest].join(", ");
        if rest > 0 {
            let _ = write!(text, " and {rest} more");
        }
        text
    };
    let operations: Vec<_> = unmet.operations.iter().map(|one| one.name).collect();
    let rules: Vec<_> = unmet.rules.iter().map(|rule| rule.id()).collect();
    let mut parts = Vec::new();
    if !operations.is_empty() {
        parts.push(format!(
            "not implemented, or never asked for: {}",
            names(operations)
        ));
    }
    if !rules.is_empty() {
        parts.push(format!("not exercised: {}", names(rules)));
    }
    parts.join("; ")
}

/// What became of the target, in a sentence.
pub fn gone(gone: &Gone) -> String {
    let left = match gone.left {
        Some(left) => format!("; {} not judged", plural(left, "case")),
        None => String::new(),
    };
    format!("the target does not answer any more ({}){left}", gone.why)
}

/// One finding, as a block of its own.
pub fn finding(
    finding: &Finding,
    case: &str,
    again: &str,
    took: Duration,
    manner: Manner,
) -> String {
    let mut text = Text {
        out: String::new(),
        manner,
    };
    text.finding(finding, case, took);
    text.line("again", again);
    text.out
}

struct Text {
    out: String,
    manner: Manner,
}

impl Text {
    fn cause(&mut self, cause: &Cause) {
        self.finding(&cause.finding, &cause.case, cause.took);
        if let Some(seen) = cause.seen.filter(|seen| seen.times < seen.replays) {
            let times = if seen.times == 1 {
                "once".to_owned()
            } else {
                format!("{} times", seen.times)
            };
            self.line(
                "seen",
                &format!(
                    "{times} in {}; it may depend on time or on other cases",
                    plural(seen.replays, "replay")
                ),
            );
        }
        let others: Vec<_> = cause.rules[1..].iter().map(|rule| rule.id()).collect();
        if !others.is_empty() {
            self.line(
                "breaks",
                &format!(
                    "as well, perhaps for the same reason: {}",
                    others.join(", ")
                ),
            );
        }
        self.others(&cause.cases, &cause.case);
        self.line("again", &cause.again);
    }

    fn finding(&mut self, finding: &Finding, case: &str, took: Duration) {
        let (word, colour) = match finding.severity {
            Severity::Violates => ("VIOLATES", Colour::Red),
            Severity::Warns => ("WARNS", Colour::Yellow),
        };
        let step = match finding.steps {
            1 => "its only step".to_owned(),
            steps => format!("step {} of {steps}", finding.step + 1),
        };
        self.head(
            word,
            colour,
            Some(took),
            &format!("{case}, {step}: {}", finding.request),
        );
        self.rule(finding.rule.rule());
        let mut allowed = finding.allowed.iter().filter(|_| finding.place == "status");
        match allowed.next() {
            Some(first) => {
                self.line("expected", &cut(first));
                for other in allowed {
                    self.line("or", &cut(other));
                }
                self.line("actual", &finding.answer);
            }
            None => {
                self.line("place", &finding.place);
                self.line("expected", &cut(&finding.expected));
                self.line("actual", &cut(&finding.actual));
                self.line("answer", &finding.answer);
            }
        }
    }

    fn contradiction(&mut self, contradiction: &Contradiction) {
        let Contradiction {
            choice,
            first,
            second,
        } = contradiction;
        let what = choice.choice().id;
        self.head(
            "VIOLATES",
            Colour::Red,
            None,
            &format!("{} and {} contradict each other", first.1, second.1),
        );
        if let Some(rule) = crate::contract::RuleId::find(choice.choice().rule) {
            self.rule(rule.rule());
        }
        self.line(
            "expected",
            &format!(
                "one decision about {what}, kept: {}",
                options_text(*choice, choice.options())
            ),
        );
        let decided = |(options, case): &(Options, String)| {
            format!("{} in {case}", options_text(*choice, *options))
        };
        self.line(
            "actual",
            &format!("{}, {}", decided(first), decided(second)),
        );
    }

    /// What could not be judged, once for each reason.
    fn unclear(&mut self, report: &Report) {
        let mut reasons: Vec<(&Line, Vec<String>)> = Vec::new();
        for case in &report.cases {
            let Some(unclear) = &case.unclear else {
                continue;
            };
            if report.gone.is_some() && unclear.lost {
                // Told once for all of them.
                continue;
            }
            let same = |(first, _): &&mut (&Line, Vec<String>)| {
                let known = first.unclear.as_ref();
                known.is_some_and(|known| reason(&known.why) == reason(&unclear.why))
            };
            match reasons.iter_mut().find(same) {
                Some((_, cases)) => cases.push(case.name.clone()),
                None => reasons.push((case, vec![case.name.clone()])),
            }
        }
        for (case, cases) in reasons {
            let Some(unclear) = &case.unclear else {
                continue;
            };
            let place = format!(
                "{}, step {}: {}",
                case.name,
                unclear.step + 1,
                unclear.request
            );
            self.head("UNCLEAR", Colour::Cyan, Some(case.took), &place);
            self.line("what", &unclear.why);
            self.others(&cases, &case.name);
            self.line("again", &case.again);
        }
    }

    /// A target that was not there any more, once for all cases that noticed.
    fn gone(&mut self, report: &Report) {
        let Some(gone) = &report.gone else {
            return;
        };
        self.head("UNCLEAR", Colour::Cyan, None, &self::gone(gone));
        let silent: Vec<_> = report
            .cases
            .iter()
            .filter(|case| case.unclear.as_ref().is_some_and(|unclear| unclear.lost))
            .map(|case| case.name.clone())
            .collect();
        if !silent.is_empty() {
            let what = format!("{} under way then", plural(silent.len(), "case"));
            self.line("what", &what);
            self.others(&silent, "");
        }
    }

    /// The operations the target does not have, in a line each.
    fn absent(&mut self, report: &Report) {
        if report.absent.is_empty() {
            return;
        }
        let cases = report
            .cases
            .iter()
            .filter(|case| !case.absent.is_empty())
            .count();
        let (count, verb) = (
            report.absent.len(),
            if report.absent.len() == 1 {
                "is"
            } else {
                "are"
            },
        );
        self.head(
            "ABSENT",
            Colour::Dim,
            None,
            &format!(
                "{} {verb} not implemented; {} judged without",
                plural(count, "operation"),
                match cases {
                    1 => "1 case was".to_owned(),
                    many => format!("{} were", plural(many, "case")),
                },
            ),
        );
        let width = report
            .absent
            .iter()
            .map(|one| one.operation.name.len())
            .max()
            .unwrap_or(0);
        for one in &report.absent {
            let name = one.operation.name;
            let cases = match one.cases {
                0 => "no case got to it".to_owned(),
                cases => plural(cases, "case"),
            };
            let answer = crate::judge::printable(&one.answer, 60);
            self.line("", &format!("{name:<width$}  {cases}, answered {answer}"));
        }
        let missing = report.coverage().missing;
        let mut rules: Vec<RuleId> = missing.iter().map(|(rule, _)| *rule).collect();
        rules.dedup();
        rules.retain(|rule| report.absent.iter().any(|one| one.aims.contains(rule)));
        if !rules.is_empty() {
            let what = format!(
                "{} could not be exercised for want of them",
                plural(rules.len(), "rule")
            );
            self.line("rules", &what);
            if self.manner.detail == Detail::Names {
                let names: Vec<_> = rules.iter().map(|rule| rule.to_string()).collect();
                self.words("", &names);
            }
        }
    }

    fn unmet(&mut self, unmet: &Unmet) {
        let what = format!("--require {}: {}", unmet.pattern, self::unmet(unmet));
        self.head("MISSING", Colour::Red, None, &what);
    }

    /// Known deviations that the target does not show any more.
    fn stale(&mut self, report: &Report) {
        for known in report.known.iter().filter(|known| known.is_stale()) {
            let (place, deviation) = (&known.deviation.place, &known.deviation);
            let agree = match known.agree {
                1 => "1 case agrees".to_owned(),
                many => format!("{} agree", plural(many, "case")),
            };
            let what = format!(
                "{place}: {deviation} no longer deviates on this target ({agree}); remove the entry"
            );
            self.head("STALE", Colour::Yellow, None, &what);
        }
    }

    fn summary(&mut self, report: &Report) {
        if !self.out.is_empty() {
            self.out.push_str("─────────────\n");
        }
        let counts = report.counts();
        let mut parts = Vec::new();
        for (count, one, many) in [
            (counts.conforms, "conforms", "conform"),
            (counts.warns, "warns", "warn"),
            (counts.in_part, "conforms in part", "conform in part"),
            (counts.violates, "violates", "violate"),
            (counts.unclear, "unclear", "unclear"),
        ] {
            if count > 0 {
                parts.push(format!(
                    "{} {}",
                    thousands(count),
                    if count == 1 { one } else { many }
                ));
            }
        }
        let known: usize = report.known.iter().map(|known| known.cases.len()).sum();
        if known > 0 {
            parts.push(plural(known, "known deviation"));
        }
        let colour = match report.outcome() {
            Outcome::InPart | Outcome::Conforms => Colour::Green,
            Outcome::Warns => Colour::Yellow,
            Outcome::Unclear => Colour::Cyan,
            Outcome::Violates => Colour::Red,
        };
        let summary = format!(
            "{}: {}",
            plural(report.cases.len(), "case"),
            parts.join(", ")
        );
        self.head("Summary", colour, Some(report.elapsed), &summary);
        let run = &report.run;
        self.line(
            "target",
            &format!(
                "{}, {}, run {}",
                run.target,
                plural(report.requests, "request"),
                run.id
            ),
        );
        if self.manner.detail != Detail::Cases {
            self.capabilities(report);
            self.rules(report);
            self.yields(report);
        }
        if report.retries > 0 {
            let (throttled, silent) = [&report.yields.written, &report.yields.generated]
                .iter()
                .fold((0, 0), |(throttled, silent), tally| {
                    let of = |fate| tally.count(fate) as usize;
                    (
                        throttled + of(Fate::Throttled),
                        silent + of(Fate::Unanswered),
                    )
                });
            let what = format!(
                "{} sent again; {} throttled, {} unanswered",
                plural(report.retries, "request"),
                thousands(throttled),
                thousands(silent),
            );
            self.line("retries", &what);
        }
        if report.slow > 0 {
            self.line(
                "slow",
                &format!(
                    "{} took longer than {:?}",
                    plural(report.slow, "answer"),
                    run.limit
                ),
            );
        }
        if !report.spacing.is_zero() {
            let what = format!(
                "the target throttled much; up to {:?} between two requests",
                report.spacing
            );
            self.line("pace", &what);
        }
        if report.serves_nothing {
            self.line(
                "nothing",
                "was served: compare the address and its path, and whether it wants credentials",
            );
        }
        if !report.left_out.is_empty() {
            self.line("left out", &left_out(&report.left_out));
        }
        self.unfinished(report);
        if report.resumed > 0 {
            let what = format!(
                "{} judged by the run that this one goes on with",
                plural(report.resumed, "case")
            );
            self.line("resumed", &what);
        }
        if let Some(why) = &report.interrupted {
            self.line("stopped", why);
        }
    }

    fn capabilities(&mut self, report: &Report) {
        let (mut seen, mut unknown) = (Vec::new(), Vec::new());
        for (choice, options) in report.capabilities() {
            let name = choice.choice().id.trim_start_matches("cap.");
            if options == choice.options() {
                unknown.push(name.to_owned());
            } else {
                seen.push(format!("{name} {}", options_text(choice, options)));
            }
        }
        if !report.lag.is_zero() {
            seen.push(format!("settle-ms {}", report.lag.as_millis()));
        }
        self.words("seen", &seen);
        self.words("unknown", &unknown);
    }

    /// Words in as many lines as they need.
    fn words(&mut self, mut label: &str, words: &[String]) {
        let mut line = String::new();
        for word in words {
            if !line.is_empty() && line.chars().count() + word.chars().count() > WIDTH {
                self.line(label, &line);
                (label, line) = ("", String::new());
            }
            let _ = write!(line, "{}{word}", if line.is_empty() { "" } else { " · " });
        }
        if !line.is_empty() {
            self.line(label, &line);
        }
    }

    fn rules(&mut self, report: &Report) {
        let coverage = report.coverage();
        let (exercised, of) = (coverage.exercised(), coverage.of);
        let mut line = format!("{exercised} of {} exercised", plural(of, "rule"));
        if exercised < of {
            let _ = match of - exercised {
                1 => write!(
                    line,
                    "; `profile-contract rules --unexercised` names the other one"
                ),
                left => write!(
                    line,
                    "; `profile-contract rules --unexercised` lists the other {left}"
                ),
            };
        }
        self.line("rules", &line);
        if self.manner.detail == Detail::Names {
            let missing: Vec<_> = coverage
                .missing
                .iter()
                .map(|(rule, side)| match (rule.rule().sides, side) {
                    (Sides::One, _) => rule.to_string(),
                    (Sides::Both, Side::Inside) => format!("{rule} (inside)"),
                    (Sides::Both, Side::Outside) => format!("{rule} (outside)"),
                })
                .collect();
            self.words("", &missing);
        }
    }

    /// What was asked for, and what became of it.
    fn yields(&mut self, report: &Report) {
        for (what, tally) in [
            ("corpus", &report.yields.written),
            ("generated", &report.yields.generated),
        ] {
            if tally.total() == 0 {
                continue;
            }
            let counted: Vec<_> = Fate::ALL
                .into_iter()
                .filter(|(fate, _)| tally.count(*fate) > 0)
                .map(|(fate, name)| format!("{} {name}", thousands(tally.count(fate) as usize)))
                .collect();
            self.line("yield", &format!("{what}: {}", counted.join(", ")));
            if self.manner.detail == Detail::Names {
                self.yield_by_operation(tally);
            }
        }
    }

    fn yield_by_operation(&mut self, tally: &Tally) {
        let name = |operation: Option<&'static Operation>| operation.map_or("none", |one| one.name);
        let width = tally
            .rows()
            .map(|(operation, _)| name(operation).len())
            .max()
            .unwrap_or(0);
        for (operation, counts) in tally.rows() {
            let counts: Vec<_> = Fate::ALL
                .iter()
                .zip(counts)
                .filter(|(_, count)| *count > 0)
                .map(|((_, fate), count)| format!("{} {fate}", thousands(count as usize)))
                .collect();
            self.line(
                "",
                &format!("{:<width$}  {}", name(operation), counts.join(", ")),
            );
        }
    }

    fn unfinished(&mut self, report: &Report) {
        let unfinished: Vec<_> = report
            .cases
            .iter()
            .filter_map(|case| Some((case.name.as_str(), case.unsent.as_deref()?)))
            .collect();
        if unfinished.is_empty() {
            return;
        }
        let count = plural(unfinished.len(), "case");
        self.line(
            "ended",
            &format!("{count} early, for want of a value that an allowed answer left out"),
        );
        if self.manner.detail == Detail::Names {
            for (case, why) in unfinished {
                self.line("", &format!("{case}: {why}"));
            }
        }
    }

    fn head(&mut self, word: &str, colour: Colour, took: Option<Duration>, rest: &str) {
        let word = self.paint(&format!("{word:>8}"), colour);
        let _ = match took {
            Some(took) => writeln!(self.out, "{word} [{:.3}s] {rest}", took.as_secs_f64()),
            None => writeln!(self.out, "{word} {rest}"),
        };
    }

    fn rule(&mut self, rule: &Rule) {
        self.line("rule", &format!("{}: {}", rule.id, rule.sentence));
        self.line("source", rule.source);
    }

    fn others(&mut self, cases: &[String], first: &str) {
        let others: Vec<_> = cases
            .iter()
            .filter(|case| *case != first)
            .map(String::as_str)
            .collect();
        if others.is_empty() {
            return;
        }
        let shown = if self.manner.detail == Detail::Names {
            others.len()
        } else {
            others.len().min(MOST_OTHERS)
        };
        let rest = if shown < others.len() { ", …" } else { "" };
        self.line(
            "also in",
            &format!(
                "{}: {}{rest}",
                plural(others.len(), "case"),
                others[..shown].join(", ")
            ),
        );
    }

    fn line(&mut self, label: &str, text: &str) {
        let label = self.paint(&format!("{label:<8}"), Colour::Dim);
        let _ = writeln!(self.out, "         {label}  {text}");
    }

    fn paint(&self, text: &str, colour: Colour) -> String {
        if !self.manner.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Red => "1;31",
            Colour::Yellow => "1;33",
            Colour::Green => "1;32",
            Colour::Cyan => "1;36",
            Colour::Dim => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[derive(Debug, Clone, Copy)]
enum Colour {
    Red,
    Yellow,
    Green,
    Cyan,
    Dim,
}

/// A count with its noun: `1 case`, `1,234 cases`.
pub fn plural(count: impl TryInto<usize>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(usize::MAX);
    format!(
        "{} {noun}{}",
        thousands(count),
        if count == 1 { "" } else { "s" }
    )
}

/// How many of the cases that were left out are named.
const SHOWN: usize = 4;

/// Which cases were left out, and why.
pub(crate) fn left_out(names: &[String]) -> String {
    let take = if names.len() == 1 { "takes" } else { "take" };
    let mut told = format!(
        "{} that {take} a domain name of one character, a key or a queue, which may be somebody's: {}",
        plural(names.len(), "case"),
        names[..names.len().min(SHOWN)].join(", ")
    );
    if names.len() > SHOWN {
        told.push_str(", …");
    }
    told
}

/// A count with commas: `1,234`.
pub(crate) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Why a case is unclear, without what a transport has to say about the particular connection.
fn reason(why: &str) -> &str {
    match why.match_indices(": ").nth(1) {
        Some((at, _)) if why.starts_with("no answer") => &why[..at],
        _ => why,
    }
}

/// An allowed answer may be a whole object type with all its fields.
fn cut(text: &str) -> String {
    crate::judge::printable(text, 240)
}

/// How long a line of capabilities may get.
const WIDTH: usize = 96;
/// How many further cases are named with a cause.
const MOST_OTHERS: usize = 4;
