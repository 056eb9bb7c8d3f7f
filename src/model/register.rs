//! The key index of the reference: values it has for certain, by their digest.
//!
//! The reference holds two values for the same if their normal forms are equal ([`value::canonical`]), so a digest of the
//! normal form says all that a search needs, and the value itself stays where it came from: in the text of an object, or
//! in a field. With 64 bits a million values under one name are mistaken for one another once in forty million servers.
//! An entry is twelve bytes; who wrote it is not kept, only how often it was written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::contract::Choices;

use super::index::{No, Part};
use super::value::{self, ContentType};

/// Entries by key name and value.
#[derive(Debug, Clone)]
pub(super) struct Register {
    tables: BTreeMap<Arc<str>, Table>,
    /// What the server holds equal.
    choices: Choices,
}

/// The entries under one key name.
#[derive(Debug, Clone, Default)]
struct Table {
    /// The content types of the parts that values have here: few, and each is looked under.
    shapes: SmallVec<[Shape; 1]>,
    entries: HashTable<Entry>,
    /// The subjects of values that lead to [`SEVERAL`].
    several: HashMap<Figure, BTreeSet<No>>,
    /// How often entries were written that were written more than once.
    again: HashMap<Entry, u32>,
}

type Shape = SmallVec<[ContentType; 4]>;

/// The digest of a value, in words of 32 bits so that no space is lost beside a number.
type Figure = [u32; 2];

/// A value that leads to a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    digest: Figure,
    subject: No,
}

/// The subject of a value that leads to more than one.
const SEVERAL: No = No::MAX;

/// Two registers are never compared where it matters: the reference is in one state.
impl PartialEq for Register {
    fn eq(&self, other: &Self) -> bool {
        let size = |table: &Table| (table.entries.len(), table.several.len(), table.again.len());
        self.tables.len() == other.tables.len()
            && self.tables.iter().all(|(name, table)| {
                let other = other.tables.get(name);
                other.is_some_and(|other| size(other) == size(table))
            })
    }
}

impl Eq for Register {}

fn place(digest: Figure) -> u64 {
    u64::from(digest[0]) << 32 | u64::from(digest[1])
}

/// The digest of a value whose parts are compared as `shape` says. What may or may not be found lies apart.
fn digest<'a>(
    texts: impl Iterator<Item = &'a str>,
    shape: &[ContentType],
    sure: bool,
    choices: &Choices,
) -> Figure {
    let mut hasher = DefaultHasher::new();
    sure.hash(&mut hasher);
    for (text, content) in texts.zip(shape) {
        (*content as u8).hash(&mut hasher);
        value::canonical(text, *content, choices).hash(&mut hasher);
    }
    let digest = hasher.finish();
    [(digest >> 32) as u32, digest as u32]
}

fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().map(|part| part.text.as_ref())
}

fn written(parts: &[Part], subject: No, sure: bool, choices: &Choices) -> Entry {
    let shape: Shape = parts.iter().map(|part| part.content).collect();
    let digest = digest(texts(parts), &shape, sure, choices);
    Entry { digest, subject }
}

impl Table {
    fn add(&mut self, entry: Entry) {
        let digest = entry.digest;
        let same = |known: &Entry| known.digest == digest;
        let hash = |known: &Entry| place(known.digest);
        let is_known = match self.entries.entry(place(digest), same, hash) {
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert(entry);
                false
            }
            hashbrown::hash_table::Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if known.subject == entry.subject {
                    true
                } else {
                    let subjects = self.several.entry(digest).or_default();
                    if known.subject != SEVERAL {
                        subjects.insert(known.subject);
                        known.subject = SEVERAL;
                    }
                    !subjects.insert(entry.subject)
                }
            }
        };
        if is_known {
            *self.again.entry(entry).or_insert(1) += 1;
        }
    }

    /// Takes away an entry that was written once, or counts one less.
    fn remove(&mut self, entry: Entry) {
        match self.again.get_mut(&entry) {
            Some(count) if *count > 2 => *count -= 1,
            Some(_) => {
                self.again.remove(&entry);
            }
            None => {
                self.remove_all(entry);
            }
        }
    }

    /// Takes away an entry however often it was written, and says how often that was.
    fn remove_all(&mut self, entry: Entry) -> u32 {
        let same = |known: &Entry| known.digest == entry.digest;
        let Ok(mut known) = self.entries.find_entry(place(entry.digest), same) else {
            return 0;
        };
        let is_known = if known.get().subject == SEVERAL {
            let Some(subjects) = self.several.get_mut(&entry.digest) else {
                return 0;
            };
            let is_known = subjects.remove(&entry.subject);
            if let (1, Some(last)) = (subjects.len(), subjects.first()) {
                known.get_mut().subject = *last;
                self.several.remove(&entry.digest);
            }
            is_known
        } else {
            let is_known = known.get().subject == entry.subject;
            if is_known {
                known.remove();
            }
            is_known
        };
        match is_known {
            true => self.again.remove(&entry).unwrap_or(1),
            false => 0,
        }
    }

    /// The subjects of a value.
    fn subjects(&self, digest: Figure) -> impl Iterator<Item = No> {
        let same = |known: &Entry| known.digest == digest;
        let found = self.entries.find(place(digest), same);
        let several = found.and_then(|_| self.several.get(&digest));
        let one = found
            .map(|entry| entry.subject)
            .filter(|one| *one != SEVERAL);
        one.into_iter()
            .chain(several.into_iter().flatten().copied())
    }
}

impl Register {
    /// An empty one, of a server that has made these choices.
    pub(super) fn new(choices: &Choices) -> Self {
        Self {
            tables: BTreeMap::new(),
            choices: choices.clone(),
        }
    }

    /// Adds an entry, or counts it once more; `sure` says that it is found for certain.
    pub(super) fn add(&mut self, name: &str, parts: &[Part], subject: No, sure: bool) {
        if !self.tables.contains_key(name) {
            self.tables.insert(name.into(), Table::default());
        }
        let Some(table) = self.tables.get_mut(name) else {
            return;
        };
        let same = |shape: &Shape| shape.iter().eq(parts.iter().map(|part| &part.content));
        if !table.shapes.iter().any(same) {
            let shape = parts.iter().map(|part| part.content).collect();
            table.shapes.push(shape);
        }
        table.add(written(parts, subject, sure, &self.choices));
    }

    /// Takes away what was added once.
    pub(super) fn remove(&mut self, name: &str, parts: &[Part], subject: No, sure: bool) {
        self.change(name, |table, choices| {
            table.remove(written(parts, subject, sure, choices));
        });
    }

    /// Takes away what leads from a value to a subject.
    pub(super) fn forget(&mut self, name: &str, parts: &[Part], subject: No) {
        self.change(name, |table, choices| {
            for sure in [true, false] {
                table.remove_all(written(parts, subject, sure, choices));
            }
        });
    }

    /// Leads a value from one subject to another.
    pub(super) fn redirect(&mut self, name: &str, parts: &[Part], from: No, to: No) {
        self.change(name, |table, choices| {
            for sure in [true, false] {
                for _ in 0..table.remove_all(written(parts, from, sure, choices)) {
                    table.add(written(parts, to, sure, choices));
                }
            }
        });
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Table, &Choices)) {
        let Some(table) = self.tables.get_mut(name) else {
            return;
        };
        change(table, &self.choices);
        if table.entries.is_empty() {
            self.tables.remove(name);
        }
    }

    /// Whether any entry stands under that name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// What a value of so many parts leads to: how the parts are compared there, whether it does so for certain, and the
    /// subjects, each once. What is certain comes first.
    pub(super) fn find<'s, 't: 's>(
        &'s self,
        name: &str,
        count: usize,
        texts: impl Iterator<Item = &'t str> + Clone + 's,
    ) -> impl Iterator<Item = (&'s [ContentType], bool, impl Iterator<Item = No>)> {
        let table = self.tables.get(name);
        [true, false].into_iter().flat_map(move |sure| {
            let texts = texts.clone();
            let shapes = table.into_iter().flat_map(|table| {
                let shapes = table.shapes.iter();
                shapes.map(move |shape| (table, shape.as_slice()))
            });
            shapes
                .filter(move |(_, shape)| shape.len() == count)
                .map(move |(table, shape)| {
                    let digest = digest(texts.clone(), shape, sure, &self.choices);
                    (shape, sure, table.subjects(digest))
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, content: ContentType) -> [Part; 1] {
        [Part {
            text: text.into(),
            content,
        }]
    }

    fn found(register: &Register, name: &str, text: &str) -> Vec<No> {
        let groups = register.find(name, 1, std::iter::once(text));
        let mut found: Vec<No> = groups.flat_map(|(_, _, subjects)| subjects).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn a_value_leads_to_every_subject_it_was_written_for() {
        let (mut register, name) = (Register::new(&Choices::reference()), Arc::from("mail"));
        let value = one("Ann@x.org", ContentType::Email);
        for subject in [3, 5, 5] {
            register.add(&name, &value, subject, true);
        }
        assert_eq!(found(&register, "mail", " ann@X.org"), [3, 5]);
        assert!(found(&register, "mail", "ann@y.org").is_empty());
        assert!(found(&register, "other", "ann@x.org").is_empty());
        register.remove("mail", &value, 5, true);
        assert_eq!(
            found(&register, "mail", "ann@x.org"),
            [3, 5],
            "written twice"
        );
        register.remove("mail", &value, 5, true);
        register.remove("mail", &value, 7, true);
        assert_eq!(found(&register, "mail", "ann@x.org"), [3]);
        register.redirect("mail", &value, 3, 9);
        assert_eq!(found(&register, "mail", "ann@x.org"), [9]);
        register.forget("mail", &value, 9);
        assert!(!register.knows("mail"));
    }

    #[test]
    fn a_value_is_compared_as_it_was_written() {
        let (mut register, name) = (Register::new(&Choices::reference()), Arc::from("key"));
        register.add(&name, &one("Ann", ContentType::String), 1, true);
        register.add(&name, &one("Ann", ContentType::Name), 2, true);
        assert_eq!(found(&register, "key", "ann"), [2]);
        assert_eq!(found(&register, "key", "Ann"), [1, 2]);
    }

    #[test]
    fn parts_do_not_run_into_one_another() {
        let parts = |texts: [&str; 2]| {
            texts.map(|text| Part {
                text: text.into(),
                content: ContentType::String,
            })
        };
        let (mut register, name) = (Register::new(&Choices::reference()), Arc::from("key"));
        register.add(&name, &parts(["ab", "c"]), 1, true);
        let leads = |texts: &[&str]| {
            let groups = register.find("key", texts.len(), texts.iter().copied());
            groups.flat_map(|(_, _, subjects)| subjects).count()
        };
        assert_eq!(leads(&["ab", "c"]), 1);
        assert_eq!(leads(&["a", "bc"]) + leads(&["abc"]), 0);
    }

    #[test]
    fn what_was_written_often_is_taken_away_as_often() {
        let (mut register, name) = (Register::new(&Choices::reference()), Arc::from("key"));
        let value = one("v", ContentType::String);
        let other = one("w", ContentType::String);
        for _ in 0..4 {
            register.add(&name, &value, 1, true);
        }
        for _ in 0..3 {
            register.remove("key", &value, 1, true);
            assert_eq!(found(&register, "key", "v"), [1]);
        }
        register.remove("key", &value, 1, true);
        assert!(found(&register, "key", "v").is_empty());
        // A value that leads to several is led away, as often as it was written.
        for subject in [1, 2, 2] {
            register.add(&name, &value, subject, true);
        }
        register.redirect("key", &value, 2, 3);
        register.remove("key", &value, 3, true);
        assert_eq!(found(&register, "key", "v"), [1, 3]);
        register.remove("key", &value, 3, true);
        register.remove("key", &value, 9, true);
        assert_eq!(found(&register, "key", "v"), [1]);
        register.add(&name, &other, 1, true);
        register.forget("key", &value, 1);
        assert!(found(&register, "key", "v").is_empty());
        assert_eq!(found(&register, "key", "w"), [1]);
    }

    #[test]
    fn registers_differ_by_how_much_they_hold() {
        let with = |writes: &[(&str, &str, No)]| {
            let mut register = Register::new(&Choices::reference());
            for (name, text, subject) in writes {
                let value = one(text, ContentType::String);
                register.add(&Arc::from(*name), &value, *subject, true);
            }
            register
        };
        let all = [
            with(&[]),
            with(&[("k", "v", 1)]),
            with(&[("l", "v", 1)]),
            with(&[("k", "v", 1), ("k", "v", 1)]),
            with(&[("k", "v", 1), ("k", "v", 2)]),
            with(&[("k", "v", 1), ("k", "w", 1)]),
            with(&[("k", "v", 1), ("l", "v", 1)]),
        ];
        for (at, one) in all.iter().enumerate() {
            for (other, another) in all.iter().enumerate() {
                assert_eq!(one == another, at == other, "{at} and {other}");
            }
        }
    }

    #[test]
    fn what_is_certain_and_what_is_not_lie_apart() {
        let (mut register, name) = (Register::new(&Choices::reference()), Arc::from("key"));
        let value = one("v", ContentType::String);
        register.add(&name, &value, 2, false);
        register.add(&name, &value, 1, true);
        let groups = register.find("key", 1, std::iter::once("v"));
        let found: Vec<_> = groups
            .map(|(_, sure, subjects)| (sure, subjects.collect::<Vec<_>>()))
            .collect();
        assert_eq!(found, [(true, vec![1]), (false, vec![2])]);
        register.redirect("key", &value, 2, 3);
        register.forget("key", &value, 1);
        let groups = register.find("key", 1, std::iter::once("v"));
        let found: Vec<_> = groups.flat_map(|(_, _, subjects)| subjects).collect();
        assert_eq!(found, [3]);
    }
}
