//! Rules: what the API promises, one sentence at a time.
//!
//! The catalogue is data (see the `rules` folder). Generators aim at rules, the model cites them for every answer it
//! allows, the judge names them in findings, the report counts them. Code refers to a rule with [`rule!`], which fails to
//! compile for an id that does not exist.

use std::fmt;

use super::rules::SECTIONS;

/// One promise of the API.
#[derive(Debug)]
pub struct Rule {
    /// Stable name, for example `put-type.name.length`.
    pub id: &'static str,
    /// What an answer outside the expected set means.
    pub level: Level,
    /// The promise, in our words.
    pub sentence: &'static str,
    /// The outcomes that keep it, in the vocabulary of `docs/rules.md`.
    pub expected: &'static str,
    /// Where it is written: codes of `docs/sources.md`.
    pub source: &'static str,
    /// How sure we are that it holds for this revision.
    pub confidence: Confidence,
    /// Which sides of it a request can be on.
    pub sides: Sides,
    /// How we read it where the sources contradict each other or say nothing; empty where there is nothing to add.
    pub note: &'static str,
}

/// What an answer outside the expected set means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The target violates the contract.
    Must,
    /// A warning: a likely bug, or a divergence somebody documented.
    Should,
    /// Any listed outcome is fine, as long as the target stays with the one it chose.
    Probe,
    /// Never judged, only recorded.
    Info,
}

/// How sure we are that a rule holds for this revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// Stated by documentation of the time.
    Documented,
    /// Stated by later documentation only.
    DocumentedLater,
    /// Follows from a constraint of the service model.
    Model,
    /// Follows from the protocol.
    Protocol,
    /// Follows by reasoning from documented facts.
    Derived,
    /// Nobody documents it; every plausible outcome is accepted.
    Assumed,
}

/// Which sides of a rule a request can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The rule describes behaviour: a request either brings it up or does not.
    One,
    /// The rule draws a line: requests just inside are served, requests just outside are refused.
    Both,
}

/// The side of a rule a request is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The request obeys the rule, or brings up the behaviour it describes.
    Inside,
    /// The request breaks the rule.
    Outside,
}

/// A section of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its number in the contract, for example `3.10`.
    pub number: &'static str,
    /// Its title.
    pub title: &'static str,
}

/// A rule of the catalogue, small enough to pass around and compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(u16);

impl RuleId {
    /// The rule of that id. Meant for constants: see [`rule!`].
    ///
    /// # Panics
    /// If the catalogue has no such rule, which in a constant is a compile error.
    pub const fn named(id: &str) -> Self {
        match Self::position(id) {
            Some(found) => found,
            None => panic!("no rule of that id"),
        }
    }

    /// The rule of that id, if there is one.
    pub fn find(id: &str) -> Option<Self> {
        Self::position(id)
    }

    /// Every rule, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..RULES.len() as u16).map(Self)
    }

    /// What the rule says.
    pub fn rule(self) -> &'static Rule {
        RULES[usize::from(self.0)]
    }

    /// Its stable name.
    pub fn id(self) -> &'static str {
        self.rule().id
    }

    /// What an answer outside the expected set means.
    pub fn level(self) -> Level {
        self.rule().level
    }

    /// The section of the catalogue it stands in.
    pub fn section(self) -> Section {
        let mut before = 0;
        let section = SECTIONS.iter().find(|(_, _, rules)| {
            before += rules.len();
            self.index() < before
        });
        let (number, title, _) = section.expect("every rule was taken from a section");
        Section { number, title }
    }

    /// Whether the effect it speaks of may take a while to show.
    pub fn waits(self) -> bool {
        self.rule().expected.contains("wait")
    }

    /// Its place in the catalogue, from 0; stable within one build only.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    const fn position(id: &str) -> Option<Self> {
        let mut at = 0;
        while at < RULES.len() {
            if same(RULES[at].id.as_bytes(), id.as_bytes()) {
                return Some(Self(at as u16));
            }
            at += 1;
        }
        None
    }
}

/// All rules in one row.
const RULES: [&Rule; COUNT] = {
    let mut all = [&SECTIONS[0].2[0]; COUNT];
    let (mut section, mut at) = (0, 0);
    while section < SECTIONS.len() {
        let mut row = 0;
        while row < SECTIONS[section].2.len() {
            all[at] = &SECTIONS[section].2[row];
            at += 1;
            row += 1;
        }
        section += 1;
    }
    all
};

const COUNT: usize = {
    let (mut count, mut section) = (0, 0);
    while section < SECTIONS.len() {
        count += SECTIONS[section].2.len();
        section += 1;
    }
    count
};

pub(super) const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // From the end: ids share their beginnings.
    let mut at = a.len();
    while at > 0 {
        at -= 1;
        if a[at] != b[at] {
            return false;
        }
    }
    true
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The [`RuleId`] of a literal id, checked by the compiler.
#[macro_export]
macro_rules! rule {
    ($id:literal) => {
        const { $crate::contract::RuleId::named($id) }
    };
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::ChoiceId;
    use super::*;

    /// Words of a text that look like ids: two parts or more, joined by dots.
    fn ids(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "-._*".contains(c)))
            .map(|word| word.trim_matches('.'))
            .filter(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_lowercase()))
    }

    #[test]
    fn the_catalogue_is_whole() {
        let ids: BTreeSet<_> = RuleId::all().map(RuleId::id).collect();
        assert_eq!(ids.len(), COUNT, "an id is given twice");
        assert_eq!(COUNT, 539, "a rule was lost or added");
        let mut levels = BTreeMap::new();
        for rule in RuleId::all() {
            assert_eq!(RuleId::find(rule.id()), Some(rule));
            *levels.entry(rule.level()).or_insert(0) += 1;
            let said = rule.rule();
            for text in [said.sentence, said.expected, said.source] {
                assert!(!text.is_empty() && text.trim() == text, "{rule}: {text:?}");
            }
            assert!(
                !said.note.ends_with(' ') && !said.note.starts_with(' '),
                "{rule}"
            );
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(
                rule.id().contains('.') && rule.id().chars().all(legal),
                "{rule}"
            );
        }
        let levels: Vec<_> = levels.into_iter().collect();
        assert_eq!(levels.iter().map(|(_, count)| count).sum::<usize>(), COUNT);
        assert_eq!(levels.len(), 4, "{levels:?}");
    }

    #[test]
    fn every_rule_and_capability_that_is_mentioned_exists() {
        let families: BTreeSet<_> = RuleId::all()
            .filter_map(|rule| rule.id().split('.').next())
            .collect();
        for rule in RuleId::all() {
            let said = rule.rule();
            for id in [said.sentence, said.expected, said.note]
                .into_iter()
                .flat_map(ids)
            {
                let family = id.split('.').next().unwrap_or_default();
                if family == "cap" {
                    let known = ChoiceId::all()
                        .any(|choice| choice.choice().id.split('/').next() == Some(id));
                    assert!(known || id == "cap.settle-ms", "{rule} mentions {id}");
                } else if families.contains(family) {
                    let start = id.strip_suffix('*');
                    let known = start.map_or_else(
                        || RuleId::find(id).is_some(),
                        |start| RuleId::all().any(|other| other.id().starts_with(start)),
                    );
                    assert!(known, "{rule} mentions {id}");
                }
            }
        }
    }

    #[test]
    fn levels_and_expected_outcomes_agree() {
        for rule in RuleId::all() {
            let said = rule.rule();
            match said.level {
                // An open question has at least two answers, or says whose answers it takes over.
                Level::Probe => {
                    let taken_over = ["as ", "only ", "all ", "any "]
                        .iter()
                        .any(|start| said.expected.starts_with(start));
                    let open = [" / ", ": ", "..", " either "]
                        .iter()
                        .any(|sign| said.expected.contains(sign));
                    assert!(open || taken_over, "{rule}: {:?}", said.expected);
                }
                // What is merely assumed for a MUST is one answer, not the lack of one.
                Level::Must => assert_ne!(said.expected, "record", "{rule}"),
                Level::Should | Level::Info => {}
            }
            let one_sided =
                said.sides == Sides::One || matches!(said.level, Level::Must | Level::Should);
            assert!(
                one_sided,
                "{rule}: nothing is refused for a {:?}",
                said.level
            );
        }
    }

    #[test]
    fn every_source_is_listed() {
        let listed = include_str!("../../docs/sources.md");
        let codes: Vec<_> = listed
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
            .flat_map(|cell| cell.split(", "))
            .collect();
        for rule in RuleId::all() {
            // What stands in brackets or quotes explains a source.
            let plain: String = rule
                .rule()
                .source
                .split('(')
                .flat_map(|part| part.rsplit(')').next())
                .collect();
            for part in plain.split([';', ',']).flat_map(|part| part.split(" vs ")) {
                let part = part.trim();
                let known = codes.iter().any(|code| {
                    let rest = part.strip_prefix(code);
                    rest.is_some_and(|rest| {
                        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '+')
                    })
                });
                assert!(known, "{rule}: {part:?}");
            }
        }
    }

    #[test]
    fn sentences_of_the_first_ten_sections_stand_alone() {
        for rule in RuleId::all() {
            let section = rule.section().number;
            if section
                .trim_start_matches("3.")
                .parse::<u32>()
                .is_ok_and(|at| at > 10)
            {
                continue;
            }
            let sentence = rule.rule().sentence;
            assert!(!sentence.starts_with("Same"), "{rule}: the same as what?");
            assert!(
                sentence.split_whitespace().count() > 2,
                "{rule}: {sentence:?} is no sentence"
            );
            let numbered = sentence.contains("next rule")
                || sentence.contains("(1.")
                || sentence.contains(" 4.");
            assert!(
                !numbered,
                "{rule} points into a document that the reader does not have"
            );
        }
    }
}
