//! The report for people at a terminal.
//!
//! One block for each distinct cause, the worst first, then what could not be judged, then a summary. Whether to colour
//! is the caller's decision; everything a target said is made safe to print before it gets here.

use std::fmt::Write as _;
use std::time::Duration;

use crate::contract::{Options, Rule, Side, Sides};
use crate::judge::{Finding, Outcome, Severity};

use super::{Cause, Contradiction, Line, Report, options_text};

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
    text.summary(report);
    text.out
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
            let same = |(first, _): &&mut (&Line, Vec<String>)| {
                first
                    .unclear
                    .as_ref()
                    .is_some_and(|known| known.why == unclear.why)
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

    fn summary(&mut self, report: &Report) {
        if !self.out.is_empty() {
            self.out.push_str("─────────────\n");
        }
        let counts = report.counts();
        let mut parts = Vec::new();
        for (count, one, many) in [
            (counts.conforms, "conforms", "conform"),
            (counts.warns, "warns", "warn"),
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
        let colour = match report.outcome() {
            Outcome::Conforms => Colour::Green,
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
        self.unfinished(report);
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

fn thousands(count: usize) -> String {
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

/// An allowed answer may be a whole object type with all its fields.
fn cut(text: &str) -> String {
    crate::judge::printable(text, 240)
}

/// How long a line of capabilities may get.
const WIDTH: usize = 96;
/// How many further cases are named with a cause.
const MOST_OTHERS: usize = 4;
