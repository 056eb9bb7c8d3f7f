//! Known deviations: differences that somebody has looked at and accepted.
//!
//! They are kept in a file, each with the reason, so that a check fails only for what is new:
//!
//! ```toml
//! [[deviation]]
//! rule = "put-type.tags.max"   # a rule, or a glob for several
//! case = "put-type-tags/*"     # optional: only in these cases
//! reason = "we allow 100 tags; ticket 4711"
//! ```

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::case::select::{Glob, nearest};
use crate::contract::RuleId;

/// Differences that somebody has looked at and accepted.
#[derive(Debug, Clone, Default)]
pub struct Deviations(Vec<Deviation>);

/// An accepted difference.
#[derive(Debug, Clone)]
pub struct Deviation {
    /// The rules it is about, as written; any rule if there is none.
    pub rule: Option<String>,
    /// The cases it shows in, as written; any case if there are none.
    pub case: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Where it stands: `deviations.toml:14`.
    pub place: String,
    rules: Glob,
    cases: Glob,
}

/// What is wrong with a file of deviations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {found}\n{excerpt}    | expected {expected}")]
pub struct BadDeviations {
    file: String,
    line: usize,
    found: String,
    expected: String,
    excerpt: String,
}

impl Deviation {
    /// Whether it is about that rule.
    pub fn is_about(&self, rule: RuleId) -> bool {
        self.rules.matches(rule.id())
    }

    /// Whether it may show in that case.
    pub fn may_show_in(&self, case: &str) -> bool {
        self.cases.matches(case)
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.rule, &self.case) {
            (Some(rule), Some(case)) => write!(f, "`{rule}` in `{case}`"),
            (Some(one), None) | (None, Some(one)) => write!(f, "`{one}`"),
            (None, None) => f.write_str("everything"),
        }
    }
}

impl Deviations {
    /// Reads a file; `file` is what problems call it.
    ///
    /// # Errors
    ///
    /// If it is no TOML, or an entry means nothing.
    pub fn parse(text: &str, file: &str) -> Result<Self, BadDeviations> {
        let source = Source { text, file };
        let table = DeTable::parse(text).map_err(|error| {
            let found = format!("this is no TOML: {}", error.message());
            source.problem(error.span().unwrap_or(0..0), found, EXPECTED)
        })?;
        let mut all = Vec::new();
        for (name, value) in table.get_ref() {
            let DeValue::Array(entries) = value.get_ref() else {
                let found = format!("`{}` is not a list of deviations", name.get_ref());
                return Err(source.problem(name.span(), found, EXPECTED));
            };
            if name.get_ref() != "deviation" {
                let found = format!("an unknown entry `{}`", name.get_ref());
                return Err(source.problem(name.span(), found, EXPECTED));
            }
            for entry in entries {
                let DeValue::Table(members) = entry.get_ref() else {
                    return Err(source.problem(entry.span(), "no deviation".to_owned(), EXPECTED));
                };
                all.push(source.deviation(members, entry.span())?);
            }
        }
        Ok(Self(all))
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Deviation> {
        self.0.iter()
    }

    /// The first that accepts a finding by that rule in that case.
    pub fn find(&self, rule: RuleId, case: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|known| known.is_about(rule) && known.may_show_in(case))
    }
}

/// A file being read.
struct Source<'a> {
    text: &'a str,
    file: &'a str,
}

impl Source<'_> {
    fn deviation(
        &self,
        members: &DeTable<'_>,
        span: Range<usize>,
    ) -> Result<Deviation, BadDeviations> {
        let [mut rule, mut case, mut reason] = [None, None, None];
        for (name, value) in members {
            let place = match &**name.get_ref() {
                "rule" => &mut rule,
                "case" => &mut case,
                "reason" => &mut reason,
                other => {
                    let slip = nearest(other, ["rule", "case", "reason"])
                        .map(|near| format!("; did you mean `{near}`?"))
                        .unwrap_or_default();
                    let found = format!("an unknown member `{other}`{slip}");
                    return Err(self.problem(name.span(), found, EXPECTED));
                }
            };
            match value.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => *place = Some(text.to_string()),
                _ => {
                    let found = format!("`{}` is no text, or an empty one", name.get_ref());
                    return Err(self.problem(value.span(), found, EXPECTED));
                }
            }
        }
        let Some(reason) = reason else {
            let found = "a deviation without a reason".to_owned();
            let expected =
                "`reason = \"…\"`: why the deviation is accepted, for whoever reads this in a year";
            return Err(self.problem(span, found, expected));
        };
        if rule.is_none() && case.is_none() {
            let found = "a deviation that names neither a rule nor a case".to_owned();
            return Err(self.problem(span, found, "`rule = \"…\"`, `case = \"…\"`, or both"));
        }
        let rules = Glob::new(rule.as_deref().unwrap_or("**"));
        if let Some(pattern) = &rule
            && !RuleId::all().any(|rule| rules.matches(rule.id()))
        {
            let near = nearest(pattern, RuleId::all().map(RuleId::id));
            let slip = near.map(|near| format!("; did you mean `{near}`?"));
            let found = format!("no rule matches `{pattern}`{}", slip.unwrap_or_default());
            let expected =
                "a rule as `profile-contract rules` lists them, or a glob like `put-type.*`";
            return Err(self.problem(span, found, expected));
        }
        Ok(Deviation {
            cases: Glob::new(case.as_deref().unwrap_or("**")),
            rule,
            case,
            reason,
            place: format!("{}:{}", self.file, self.line(span.start)),
            rules,
        })
    }

    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn problem(&self, span: Range<usize>, found: String, expected: &str) -> BadDeviations {
        let line = self.line(span.start);
        let text = self
            .text
            .lines()
            .nth(line - 1)
            .unwrap_or_default()
            .trim_end();
        BadDeviations {
            file: self.file.to_owned(),
            line,
            found,
            expected: expected.to_owned(),
            excerpt: format!("{line:>3} | {}\n", crate::judge::printable(text, 120)),
        }
    }
}

const EXPECTED: &str =
    "`[[deviation]]` with `rule = \"…\"` or `case = \"…\"` or both, and `reason = \"…\"`";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    const GOOD: &str = r#"# What we know.
[[deviation]]
rule = "put-type.tags.max"
reason = "we allow 100 tags"

[[deviation]]
rule = "page.*"
case = "domains/**"
reason = "our lists have no end"
"#;

    #[test]
    fn entries_match_by_rule_and_case() {
        let known = Deviations::parse(GOOD, "known.toml").expect("a good file");
        let found = |rule, case| known.find(rule, case);
        assert_eq!(found(rule!("put-type.tags.max"), "any/case"), Some(0));
        assert_eq!(found(rule!("page.end"), "domains/a/b"), Some(1));
        assert_eq!(found(rule!("page.end"), "elsewhere"), None);
        assert_eq!(found(rule!("time.clock"), "domains/a"), None);
        let places: Vec<_> = known.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(places, ["known.toml:2", "known.toml:6"]);
        assert_eq!(
            known.iter().nth(1).expect("two").to_string(),
            "`page.*` in `domains/**`"
        );
        assert!(
            Deviations::parse("", "empty.toml")
                .expect("fine")
                .iter()
                .next()
                .is_none()
        );
    }

    #[track_caller]
    fn problem(text: &str, line: usize, parts: &[&str]) {
        let told = Deviations::parse(text, "k.toml")
            .expect_err("a bad file")
            .to_string();
        assert!(told.starts_with(&format!("k.toml:{line}: ")), "{told}");
        for part in parts {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn bad_files_are_told_by_line() {
        let entry = |members: &str| format!("\n[[deviation]]\n{members}\n");
        problem("[[deviation]\n", 1, &["no TOML", "1 | [[deviation]"]);
        problem(
            "a = 1\n",
            1,
            &["`a` is not a list", "expected `[[deviation]]`"],
        );
        problem(
            "[[deviations]]\nrule = 'x'\n",
            1,
            &["unknown entry `deviations`"],
        );
        problem("deviation = ['x']\n", 1, &["no deviation"]);
        problem(
            &entry("rule = 'page.end'"),
            2,
            &["without a reason", "reason = "],
        );
        problem(&entry("reason = 'x'"), 2, &["neither a rule nor a case"]);
        problem(
            &entry("rule = 'page.end'\nreason = ' '"),
            4,
            &["`reason` is no text"],
        );
        problem(&entry("rule = 1\nreason = 'x'"), 3, &["`rule` is no text"]);
        problem(
            &entry("rul = 'x'\nreason = 'x'"),
            3,
            &["did you mean `rule`?"],
        );
        problem(
            &entry("rule = 'put-type.tags.mx'\nreason = 'x'"),
            2,
            &["no rule matches", "did you mean `put-type.tags.max`?"],
        );
    }
}
