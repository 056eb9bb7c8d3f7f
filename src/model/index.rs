//! The key index of a domain: which profiles, assets or cases a key value leads to (contract 3.13 to 3.15).
//!
//! An entry that the contract promises is told apart from one that may be there, and, for the observer, from one that must
//! not be there: the last kind is kept only to say which rule is broken when it shows.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::RuleId;
use crate::rule;

use super::pattern::RuleList;
use super::register::Register;
use super::value::{self, ContentType, Likeness};
use super::ways::Ways;

/// The number a model knows a profile, an object or a standard object by.
pub(super) type No = u32;

/// One part of a key value: the text of a field and how it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: Arc<str>,
    pub(super) content: ContentType,
}

impl Part {
    /// A text as it is.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            text: text.into(),
            content: ContentType::String,
        }
    }
}

/// A key value: the parts in the order of FieldNames.
///
/// Shared between an entry and the object that wrote it: a server holds many.
pub(super) type Parts = Arc<[Part]>;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A key of an object's type.
    Object(No),
    /// A field of the standard object itself.
    Field,
    /// AddProfileKey.
    Added,
}

/// Whether an entry is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is.
    Sure,
    /// It ought to be; its absence breaks this SHOULD.
    Likely(RuleId),
    /// It may be, by this rule.
    Open(RuleId),
    /// It must not be, by this rule.
    Never(RuleId),
}

impl Standing {
    /// Whether the reference finds such an entry for certain; `None` if it does not have it.
    pub(super) fn found(self) -> Option<bool> {
        match self {
            Self::Sure | Self::Likely(_) => Some(true),
            Self::Open(_) => Some(false),
            Self::Never(_) => None,
        }
    }

    /// The surer of two.
    pub(super) fn or(self, other: Self) -> Self {
        let doubt = |standing| match standing {
            Self::Sure => 0,
            Self::Likely(_) => 1,
            Self::Open(_) => 2,
            Self::Never(_) => 3,
        };
        match doubt(other) < doubt(self) {
            true => other,
            false => self,
        }
    }
}

/// An entry: the subject it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) subject: No,
    pub(super) origin: Origin,
    pub(super) standing: Standing,
    pub(super) parts: Parts,
}

/// Entries by a figure that is equal for all values which may be the same.
pub(super) type Buckets = BTreeMap<u64, SmallVec<[Entry; 1]>>;

/// Entries by key name and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Index {
    /// What an observer knows: doubts, and who wrote what. Copies share what is under a name as long as neither changes it.
    Observed(BTreeMap<Arc<str>, Arc<Buckets>>),
    /// What the reference has.
    Exact(Register),
}

impl Default for Index {
    fn default() -> Self {
        Self::Observed(BTreeMap::new())
    }
}

/// How sure a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    /// The value leads there.
    Sure,
    /// It ought to; not doing so breaks this SHOULD.
    Likely(RuleId),
    /// It may.
    Open(RuleId),
    /// It ought not to; doing so breaks this SHOULD.
    Unlikely(RuleId),
}

/// A subject that a value leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) subject: No,
    pub(super) grade: Grade,
    pub(super) origin: Origin,
    /// How the value is compared, where it has one part.
    pub(super) content: Option<ContentType>,
}

/// What a value leads to.
#[derive(Debug, Clone, Default)]
pub(super) struct Hits {
    /// One for each subject, the surest.
    pub(super) hits: SmallVec<[Hit; 4]>,
    /// Subjects it must not lead to, and the rule broken if it does.
    pub(super) never: SmallVec<[(No, RuleId); 4]>,
}

/// A value looked for: a text, as in SearchProfiles, with the content types its key name has in the domain, or a whole
/// key value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Text(&'a str, &'a [ContentType]),
    Value(&'a [Part]),
}

impl Index {
    /// Adds an entry. For an observer one that says the same is there only once; the reference counts.
    pub(super) fn add(&mut self, name: &str, entry: Entry) {
        let names = match self {
            Self::Observed(names) => names,
            Self::Exact(register) => {
                if let Some(sure) = entry.standing.found() {
                    register.add(name, &entry.parts, entry.subject, sure);
                }
                return;
            }
        };
        if !names.contains_key(name) {
            names.insert(name.into(), Arc::default());
        }
        let Some(buckets) = names.get_mut(name) else {
            return;
        };
        let entries = Arc::make_mut(buckets)
            .entry(bucket(&entry.parts))
            .or_default();
        let same = entries.iter_mut().find(|known| {
            known.subject == entry.subject
                && known.origin == entry.origin
                && known.parts == entry.parts
        });
        match same {
            Some(known) => known.standing = entry.standing,
            None => entries.push(entry),
        }
    }

    /// Whether any entry stands under that name.
    pub(super) fn knows(&self, name: &str) -> bool {
        match self {
            Self::Observed(names) => names.get(name).is_some_and(|buckets| !buckets.is_empty()),
            Self::Exact(register) => register.knows(name),
        }
    }

    /// Whether a text leads to a subject, however it is compared.
    pub(super) fn leads(&self, name: &str, text: &str, subject: No) -> bool {
        match self {
            Self::Observed(_) => self
                .at(name, &[Part::plain(text)])
                .iter()
                .any(|entry| entry.subject == subject),
            Self::Exact(register) => register
                .find(name, 1, std::iter::once(text))
                .any(|(_, _, mut subjects)| subjects.any(|known| known == subject)),
        }
    }

    /// Every entry an observer knows under one value.
    pub(super) fn at<'a>(&'a self, name: &str, parts: &[Part]) -> &'a [Entry] {
        match self {
            Self::Observed(names) => names
                .get(name)
                .and_then(|buckets| buckets.get(&bucket(parts)))
                .map_or(&[], SmallVec::as_slice),
            Self::Exact(_) => &[],
        }
    }

    /// Takes away one entry the reference wrote.
    pub(super) fn take_back(&mut self, name: &str, parts: &[Part], subject: No) {
        if let Self::Exact(register) = self {
            register.remove(name, parts, subject, true);
        }
    }

    /// Takes away every entry that leads from a value to a subject.
    pub(super) fn forget(&mut self, name: &str, parts: &[Part], subject: No) {
        match self {
            Self::Observed(_) => self.revise_at(name, parts, |entry| entry.subject != subject),
            Self::Exact(register) => register.forget(name, parts, subject),
        }
    }

    /// Leads a value to another subject.
    pub(super) fn redirect(&mut self, name: &str, parts: &[Part], from: No, to: No) {
        match self {
            Self::Observed(_) => self.revise_at(name, parts, |entry| {
                if entry.subject == from {
                    entry.subject = to;
                }
                true
            }),
            Self::Exact(register) => register.redirect(name, parts, from, to),
        }
    }

    /// Changes the entries an observer knows under one value; `change` says whether an entry stays.
    pub(super) fn revise_at(
        &mut self,
        name: &str,
        parts: &[Part],
        change: impl FnMut(&mut Entry) -> bool,
    ) {
        let Self::Observed(names) = self else {
            return;
        };
        let Some(buckets) = names.get_mut(name) else {
            return;
        };
        let key = bucket(parts);
        if !buckets.contains_key(&key) {
            return;
        }
        let buckets = Arc::make_mut(buckets);
        if let Some(entries) = buckets.get_mut(&key) {
            entries.retain(change);
            if entries.is_empty() {
                buckets.remove(&key);
            }
        }
        if buckets.is_empty() {
            names.remove(name);
        }
    }

    /// Changes every entry an observer knows; `change` sees its key name and says whether it stays.
    pub(super) fn revise(&mut self, mut change: impl FnMut(&str, &mut Entry) -> bool) {
        let Self::Observed(names) = self else {
            return;
        };
        names.retain(|name, buckets| {
            let buckets = Arc::make_mut(buckets);
            buckets.retain(|_, entries| {
                entries.retain(|entry| change(name, entry));
                !entries.is_empty()
            });
            !buckets.is_empty()
        });
    }

    /// What a value leads to.
    pub(super) fn find(&self, name: &str, wanted: Wanted<'_>, ways: &mut Ways) -> Hits {
        let mut found = Hits::default();
        let names = match self {
            Self::Observed(names) => names,
            Self::Exact(register) => {
                match wanted {
                    Wanted::Text(text, _) => found.take_exact(register, name, &[text]),
                    Wanted::Value(parts) => {
                        let texts: SmallVec<[&str; 4]> =
                            parts.iter().map(|part| part.text.as_ref()).collect();
                        found.take_exact(register, name, &texts);
                    }
                }
                return found;
            }
        };
        let Some(buckets) = names.get(name) else {
            return found;
        };
        if ways.is_reference() {
            // Everything that may be alike lies in one bucket.
            let key = match wanted {
                Wanted::Text(text, _) => figure([coarse(text)]),
                Wanted::Value(parts) => bucket(parts),
            };
            for entry in buckets.get(&key).into_iter().flatten() {
                found.take(entry, wanted, ways);
            }
        } else {
            let mut entries: Vec<&Entry> = buckets.values().flatten().collect();
            // The order of questions must not depend on that of figures.
            entries.sort_by(|a, b| {
                let text = |entry: &Entry| entry.parts.first().map(|part| part.text.clone());
                (a.subject, text(a)).cmp(&(b.subject, text(b)))
            });
            for entry in entries {
                found.take(entry, wanted, ways);
            }
        }
        found
    }
}

impl Hits {
    /// What a value leads to in the reference, which never asks where an entry comes from.
    fn take_exact(&mut self, register: &Register, name: &str, texts: &[&str]) {
        for (shape, sure, subjects) in register.find(name, texts.len(), texts.iter().copied()) {
            // The surer come first, and within a group no subject comes twice.
            let known = self.hits.len();
            for subject in subjects {
                if self.hits[..known].iter().any(|hit| hit.subject == subject) {
                    continue;
                }
                self.hits.push(Hit {
                    subject,
                    grade: match sure {
                        true => Grade::Sure,
                        false => Grade::Open(rule!("search.by-key")),
                    },
                    origin: Origin::Field,
                    content: match shape {
                        [content] => Some(*content),
                        _ => None,
                    },
                });
            }
        }
    }

    /// Adds what an entry leads to, if it stands under the value.
    pub(super) fn take(&mut self, entry: &Entry, wanted: Wanted<'_>, ways: &mut Ways) {
        let alike = match wanted {
            Wanted::Text(text, contents) => match &entry.parts[..] {
                [part] => {
                    let mut others = contents.iter().filter(|other| **other != part.content);
                    match others.clone().next() {
                        // Any of several content types may be that of the index.
                        Some(_) if !ways.is_reference() => others.find_map(|other| {
                            likeness(&part.text, part.content, text, *other, ways)
                        }),
                        _ => likeness(&part.text, part.content, text, part.content, ways),
                    }
                }
                _ if ways.is_reference() => None,
                _ => Some(Grade::Open(rule!("key.compound-search"))),
            },
            Wanted::Value(parts) => alike(&entry.parts, parts, ways),
        };
        let Some(alike) = alike else { return };
        let grade = match entry.standing {
            Standing::Sure => alike,
            Standing::Likely(rule) => weaker(alike, Grade::Likely(rule)),
            Standing::Open(rule) => weaker(alike, Grade::Open(rule)),
            Standing::Never(rule) => {
                if matches!(alike, Grade::Sure | Grade::Likely(_)) {
                    self.never.push((entry.subject, rule));
                }
                return;
            }
        };
        self.admit(Hit {
            subject: entry.subject,
            grade,
            origin: entry.origin,
            content: match &entry.parts[..] {
                [part] => Some(part.content),
                _ => None,
            },
        });
    }

    /// Adds a hit; of several for one subject the surest counts.
    pub(super) fn admit(&mut self, hit: Hit) {
        match self
            .hits
            .iter_mut()
            .find(|known| known.subject == hit.subject)
        {
            Some(known) if weaker(known.grade, hit.grade) == known.grade => *known = hit,
            Some(_) => {}
            None => self.hits.push(hit),
        }
    }

    /// What either leads to.
    pub(super) fn or(&mut self, other: Self) {
        if self.hits.is_empty() {
            self.hits = other.hits;
            self.never.extend(other.never);
            return;
        }
        for hit in other.hits {
            self.admit(hit);
        }
        self.never.extend(other.never);
    }

    /// Subjects the value leads to for certain.
    pub(super) fn sure(&self) -> impl Iterator<Item = &Hit> {
        let sure = |hit: &&Hit| matches!(hit.grade, Grade::Sure | Grade::Likely(_));
        self.hits.iter().filter(sure)
    }

    /// Subjects it may lead to.
    pub(super) fn open(&self) -> impl Iterator<Item = &Hit> {
        self.hits
            .iter()
            .filter(|hit| matches!(hit.grade, Grade::Open(_)))
    }

    /// The SHOULD rules this answer rests on.
    pub(super) fn rests_on(&self) -> RuleList {
        self.hits
            .iter()
            .filter_map(|hit| match hit.grade {
                Grade::Likely(rule) | Grade::Unlikely(rule) => Some(rule),
                _ => None,
            })
            .collect()
    }
}

/// The less certain of two.
fn weaker(a: Grade, b: Grade) -> Grade {
    let rank = |grade| match grade {
        Grade::Sure => 0,
        Grade::Likely(_) => 1,
        Grade::Open(_) => 2,
        Grade::Unlikely(_) => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// How sure it is that two key values are the same; `None` if they are not.
pub(super) fn alike(known: &[Part], value: &[Part], ways: &mut Ways) -> Option<Grade> {
    if known.len() != value.len() {
        return None;
    }
    let mut grade = Grade::Sure;
    for (known, part) in known.iter().zip(value) {
        let part = likeness(&known.text, known.content, &part.text, part.content, ways)?;
        grade = weaker(grade, part);
    }
    Some(grade)
}

/// How sure it is that two texts are the same value; `None` if they are not.
fn likeness(
    known: &str,
    content: ContentType,
    text: &str,
    other: ContentType,
    ways: &mut Ways,
) -> Option<Grade> {
    if known == text {
        return Some(Grade::Sure);
    }
    if ways.is_reference() {
        let same = |content| {
            let choices = ways.choices();
            value::canonical(known, content, choices) == value::canonical(text, content, choices)
        };
        return same(content).then_some(Grade::Sure);
    }
    if content != other {
        let apart = |content, ways: &mut Ways| {
            matches!(
                value::likeness(known, text, content, ways.choices()),
                Likeness::Different | Likeness::ShouldNot(_)
            )
        };
        return (!apart(content, ways) || !apart(other, ways))
            .then_some(Grade::Open(rule!("key.content-mixed.other")));
    }
    match value::likeness(known, text, content, ways.choices()) {
        Likeness::Same => Some(Grade::Sure),
        Likeness::Should(rule) => Some(Grade::Likely(rule)),
        Likeness::Open(None) => Some(Grade::Open(rule!("extract.trim"))),
        Likeness::Open(Some((choice, matched, _))) => {
            let option = ways.choose(choice);
            matched.has(option).then_some(Grade::Sure)
        }
        Likeness::ShouldNot(rule) => Some(Grade::Unlikely(rule)),
        Likeness::Different => None,
    }
}

/// The bucket of a key value.
fn bucket(parts: &[Part]) -> u64 {
    figure(parts.iter().map(|part| coarse(&part.text)))
}

fn figure(parts: impl IntoIterator<Item = String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        part.hash(&mut hasher);
    }
    hasher.finish()
}

/// A form that is equal for all texts which any content type holds equal in the reference.
fn coarse(text: &str) -> String {
    let numeric = |byte: u8| byte.is_ascii_digit() || b"+-. ()".contains(&byte);
    if text.bytes().all(numeric) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        return match digits.strip_prefix('1') {
            Some(rest) if rest.len() == 10 => rest.to_owned(),
            _ => match text.trim().parse::<f64>() {
                Ok(number) => number.to_string(),
                Err(_) => digits,
            },
        };
    }
    if let Ok(number) = text.trim().parse::<f64>() {
        return number.to_string();
    }
    let mut bare = String::with_capacity(text.len());
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    match text.is_ascii() {
        true => bare.extend(kept.map(|c| c.to_ascii_lowercase())),
        false => bare.extend(kept.flat_map(char::to_lowercase)),
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_be_there_is_not_found() {
        let rule = rule!("search.by-key");
        assert_eq!(Standing::Sure.found(), Some(true));
        assert_eq!(Standing::Likely(rule).found(), Some(true));
        assert_eq!(Standing::Open(rule).found(), Some(false));
        assert_eq!(Standing::Never(rule).found(), None);
        let all = [
            Standing::Sure,
            Standing::Likely(rule),
            Standing::Open(rule),
            Standing::Never(rule),
        ];
        for (at, one) in all.into_iter().enumerate() {
            for other in &all[at..] {
                assert_eq!(one.or(*other), one);
                assert_eq!(other.or(one), one);
            }
        }
    }

    #[test]
    fn texts_that_may_be_the_same_value_lie_together() {
        for same in [
            ["+1 (206) 345-7890", "2063457890"],
            ["7", "007.0"],
            ["1e2", "100"],
            ["Ann  Lee", "ann-lee"],
        ] {
            assert_eq!(coarse(same[0]), coarse(same[1]), "{same:?}");
        }
        for other in [["206", "207"], ["a", "b"], ["12063457890", "2063457891"]] {
            assert_ne!(coarse(other[0]), coarse(other[1]), "{other:?}");
        }
    }
}
