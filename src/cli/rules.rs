//! `rules`: what the contract says, listed and explained.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::case::select::{Glob, nearest};
use crate::check::{Amount, Check, Options};
use crate::contract::rule::Confidence;
use crate::contract::{ChoiceId, Level, Rule, RuleId, Side, Sides};
use crate::judge::Exercised;
use crate::model::Model;
use crate::replay::Local;

use super::{Exit, Trouble, output};

/// How wide explanations are.
const WIDTH: usize = 100;

/// How many cases run at a time to see what they exercise; the model in process never waits.
const JOBS: usize = 64;

/// List and explain the rules of the contract
///
/// Without arguments, every rule in a line. With the id of a single rule, all there is to say about it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Rules {
    /// Ids of rules, or patterns: `*` stands for anything within a part of an id, `**` for anything at all.
    #[arg(value_name = "RULE")]
    rules: Vec<String>,

    /// Only rules of this level; may be repeated.
    #[arg(long, value_enum)]
    level: Vec<LevelName>,

    /// Only rules of this section of the contract, for example 3.4.
    #[arg(long, value_name = "NUMBER")]
    section: Option<String>,

    /// Only rules that the built-in corpus does not exercise on the built-in reference, with the side that is missing.
    #[arg(long)]
    unexercised: bool,

    /// How to print them.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LevelName {
    Must,
    Should,
    Probe,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl LevelName {
    fn level(self) -> Level {
        match self {
            Self::Must => Level::Must,
            Self::Should => Level::Should,
            Self::Probe => Level::Probe,
            Self::Info => Level::Info,
        }
    }
}

impl Rules {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        let mut rules = self.selected()?;
        let mut missing = BTreeMap::new();
        let mut title = String::new();
        if self.unexercised {
            let exercised = Runtime::new()
                .map_err(Trouble::Start)?
                .block_on(exercised())?;
            let asked = rules.len();
            for rule in &rules {
                let sides: Vec<Side> = exercised.missing(*rule).collect();
                if !sides.is_empty() {
                    missing.insert(*rule, sides);
                }
            }
            rules.retain(|rule| missing.contains_key(rule));
            title = summary(&rules, asked);
        }
        let text = match (self.format, rules.as_slice(), self.rules.as_slice()) {
            (Format::Json, rules, _) => json(rules, &missing),
            (Format::Text, [rule], [id]) if id == rule.id() => explain(*rule),
            (Format::Text, rules, _) => list(rules, &missing) + &title,
        };
        output::print(&text)?;
        Ok(Exit::Conforms)
    }

    /// The rules the arguments select.
    fn selected(&self) -> Result<Vec<RuleId>, Trouble> {
        for wanted in &self.rules {
            let glob = Glob::new(wanted);
            if !RuleId::all().any(|rule| glob.matches(rule.id())) {
                let slip = nearest(wanted, RuleId::all().map(RuleId::id));
                let slip = slip
                    .map(|id| format!("; did you mean `{id}`?"))
                    .unwrap_or_default();
                return Err(Trouble::Usage(format!("no rule matches `{wanted}`{slip}")));
            }
        }
        if let Some(section) = &self.section
            && !RuleId::all().any(|rule| rule.section().number == section)
        {
            return Err(Trouble::Usage(format!(
                "the contract has no section {section} with rules; they stand in 3.1 to 3.23"
            )));
        }
        let globs: Vec<_> = self
            .rules
            .iter()
            .map(|pattern| Glob::new(pattern))
            .collect();
        let selected = |rule: &RuleId| {
            (globs.is_empty() || globs.iter().any(|glob| glob.matches(rule.id())))
                && (self.level.is_empty()
                    || self.level.iter().any(|name| name.level() == rule.level()))
                && self
                    .section
                    .as_ref()
                    .is_none_or(|section| rule.section().number == section)
        };
        Ok(RuleId::all().filter(selected).collect())
    }
}

/// What the built-in corpus exercises on the built-in reference.
async fn exercised() -> Result<Exercised, Trouble> {
    let options = Options {
        jobs: JOBS,
        amount: Amount::Number(0),
        ..Options::default()
    };
    let checked = Check::new(Local::new(Model::reference()), options)?
        .run()
        .await?;
    Ok(checked.report.exercised)
}

fn summary(rules: &[RuleId], asked: usize) -> String {
    let count = |level| rules.iter().filter(|rule| rule.level() == level).count();
    format!(
        "{} of {asked} rules not exercised: {} MUST, {} SHOULD, {} PROBE, {} INFO\n",
        rules.len(),
        count(Level::Must),
        count(Level::Should),
        count(Level::Probe),
        count(Level::Info),
    )
}

/// A rule a line, in aligned columns.
fn list(rules: &[RuleId], missing: &BTreeMap<RuleId, Vec<Side>>) -> String {
    let width = rules.iter().map(|rule| rule.id().len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules {
        let said = match missing.get(rule).map(Vec::as_slice) {
            None => rule.rule().sentence.to_owned(),
            Some([Side::Outside]) => format!("(never broken) {}", rule.rule().sentence),
            Some([Side::Inside]) if rule.rule().sides == Sides::Both => {
                format!("(never kept) {}", rule.rule().sentence)
            }
            Some(_) => rule.rule().sentence.to_owned(),
        };
        let _ = writeln!(
            text,
            "{:<6} {:<width$}  {said}",
            level_name(rule.level()),
            rule.id()
        );
    }
    text
}

/// All there is to say about a rule.
fn explain(id: RuleId) -> String {
    let Rule {
        level,
        sentence,
        expected,
        source,
        confidence,
        sides,
        note,
        ..
    } = id.rule();
    let section = id.section();
    let sides = match sides {
        Sides::One => "describes behaviour",
        Sides::Both => {
            "draws a line: requests just inside are served, requests just outside refused"
        }
    };
    let choices: Vec<_> = ChoiceId::all()
        .filter(|choice| {
            choice.choice().rule == id.id()
                || expected.contains(&format!("`{}`", choice.choice().id))
        })
        .map(|choice| {
            format!(
                "{}: {}",
                choice.choice().id,
                choice.choice().options.join(" or ")
            )
        })
        .collect();
    let mut text = format!("{}\n", id.id());
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<10}  {}", wrapped(value, 14));
        }
    };
    line("level", level_name(*level));
    line("section", &format!("{} {}", section.number, section.title));
    line("rule", sentence);
    line("expected", expected);
    line("source", source);
    line("confidence", confidence_name(*confidence));
    line("sides", sides);
    line("note", note);
    line("choices", &choices.join("; "));
    text
}

/// Text broken at blanks, later lines indented.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut length) = (String::new(), indent);
    for word in text.split_whitespace() {
        if length > indent && length + 1 + word.chars().count() > WIDTH {
            let _ = write!(lines, "\n{:indent$}", "");
            length = indent;
        } else if length > indent {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.chars().count();
    }
    lines
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Probe => "PROBE",
        Level::Info => "INFO",
    }
}

fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Documented => "documented",
        Confidence::DocumentedLater => "documented later",
        Confidence::Model => "follows from the service model",
        Confidence::Protocol => "follows from the protocol",
        Confidence::Derived => "derived from documented facts",
        Confidence::Assumed => "assumed",
    }
}

/// A rule for programs.
#[derive(Serialize)]
struct Entry {
    id: &'static str,
    level: &'static str,
    section: &'static str,
    sentence: &'static str,
    expected: &'static str,
    source: &'static str,
    confidence: &'static str,
    note: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unexercised: Vec<&'static str>,
}

fn json(rules: &[RuleId], missing: &BTreeMap<RuleId, Vec<Side>>) -> String {
    let side = |side: &Side| match side {
        Side::Inside => "inside",
        Side::Outside => "outside",
    };
    let entries: Vec<Entry> = rules
        .iter()
        .map(|id| {
            let rule = id.rule();
            Entry {
                id: rule.id,
                level: level_name(rule.level),
                section: id.section().number,
                sentence: rule.sentence,
                expected: rule.expected,
                source: rule.source,
                confidence: confidence_name(rule.confidence),
                note: rule.note,
                unexercised: missing.get(id).into_iter().flatten().map(side).collect(),
            }
        })
        .collect();
    // Plain data with text for keys: nothing in it can fail to be written.
    serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n"
}

const EXAMPLES: &str = "\
Examples:
  profile-contract rules put-type.name.length
      explains a rule
  profile-contract rules 'put-type.keys.*' --level must
      lists the rules about keys that no server may break
  profile-contract rules --unexercised --level must --level should
      lists what the built-in corpus does not exercise";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    #[test]
    fn an_explanation_names_everything_and_stays_within_the_width() {
        let text = explain(rule!("put-type.fields.name-dot"));
        for part in [
            "PROBE",
            "3.4",
            "cap.field-name-dots: accept or reject",
            "assumed",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for rule in RuleId::all() {
            let text = explain(rule);
            let long = text
                .lines()
                .find(|line| line.chars().count() > WIDTH && line.trim().contains(' '));
            assert!(long.is_none(), "{long:?}");
        }
    }

    #[test]
    fn a_slip_gets_advice() {
        let rules = Rules {
            rules: vec!["put-type.name.lenght".to_owned()],
            level: Vec::new(),
            section: None,
            unexercised: false,
            format: Format::Text,
        };
        let trouble = rules.selected().expect_err("no such rule").to_string();
        assert!(
            trouble.contains("did you mean `put-type.name.length`?"),
            "{trouble}"
        );
    }
}
