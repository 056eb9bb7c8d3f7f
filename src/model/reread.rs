//! Objects that are there when their type is put again, read by the new mapping.
//!
//! A new mapping should apply to objects ingested afterwards only (put-type.replace.existing-data). A target that keeps objects as
//! they came, and reads them whenever somebody asks, shows something else: what the mapping of now makes of them, or some of it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::{Choices, RuleId};
use crate::rule;
use crate::wire::Json;

use super::extract;
use super::index::{Entry, No, Origin, Part, Parts, Standing};
use super::ingest::{self, Value};
use super::pattern::{Rules, rules};
use super::plan::{Definition, Field, Identifier, Plan};
use super::store::{Fate, Filled, Held, Kind, Path, Source, Store};
use super::value::ContentType;
use super::world::Domain;

const RULE: RuleId = rule!("put-type.replace.existing-data");
/// What the profile shows that neither mapping makes of its objects is wrong in any case.
const SHOWN: Rules = rules!["std.profile.targets", "search.profile-content"];

/// The most values of a key that are told apart for one object.
const MOST_VALUES: usize = 16;

/// Whether a domain holds objects of a type that another mapping may read otherwise than they are read.
pub(super) fn matters(domain: &Domain, type_name: &str, plan: &Plan) -> bool {
    let mut objects = domain.store.objects.values();
    objects.any(|object| {
        let is_other = || domain.rereads || *object.reader.plan != *plan;
        object.type_name().as_ref() == type_name && is_other()
    })
}

/// Reads the objects of a type by another mapping: whatever either mapping makes of them may show from now on.
///
/// They stay the objects they were, on the profiles where they are: both was decided, and told, when they came.
pub(super) fn reread(store: &mut Store, type_name: &str, plan: &Plan, choices: &Choices) {
    let objects = store.objects.iter();
    let of_type = objects.filter(|(_, object)| object.type_name().as_ref() == type_name);
    let of_type: Vec<_> = of_type
        .map(|(no, object)| (no, object.profile, Arc::clone(&object.text)))
        .collect();
    for (no, profile, text) in of_type {
        let Ok(object) = Json::parse(text.as_bytes()) else {
            continue;
        };
        let values = plan.fields.iter();
        let values: Vec<Value> = values
            .map(|field| possible(field, &object, choices))
            .collect();
        let reading = Reading {
            no,
            profile,
            plan,
            values: &values,
        };
        reading.write_keys(store);
        reading.write_profile(store);
        reading.write_standards(store);
    }
}

/// The values that a field may have.
fn possible(field: &Field, object: &Json, choices: &Choices) -> Value {
    let Some(source) = &field.source else {
        return Value::Free;
    };
    let extracted = extract::extract(source, object, choices, None);
    if extracted.open {
        return Value::Free;
    }
    let options = extracted.options.into_iter();
    Value::OneOf(options.map(|it| it.value.map(Arc::from)).collect())
}

/// A stored object as another mapping reads it.
struct Reading<'a> {
    no: No,
    profile: No,
    plan: &'a Plan,
    values: &'a [Value],
}

impl Reading<'_> {
    /// What led to the profile may do so or not, and so may what leads there now.
    fn write_keys(&self, store: &mut Store) {
        let Some(object) = store.objects.get_mut(&self.no) else {
            return;
        };
        for (name, parts) in object.take_wrote() {
            store.keys.revise_at(&name, &parts, |entry| {
                if entry.origin == Origin::Object(self.no) && entry.parts == parts {
                    entry.standing = Standing::Open(RULE);
                }
                true
            });
        }
        let stored = |key: &&Arc<Definition>| !key.is(Identifier::LookupOnly);
        for key in self.plan.keys.iter().filter(stored) {
            let Some(values) = self.values_of(key) else {
                if let Some(profile) = store.profiles.get_mut(&self.profile)
                    && !profile.rest.any.contains(&key.name)
                {
                    profile.rest.any.push(Arc::clone(&key.name));
                }
                continue;
            };
            for parts in values {
                let entry = Entry {
                    subject: self.profile,
                    origin: Origin::Object(self.no),
                    standing: Standing::Open(RULE),
                    parts: Arc::clone(&parts),
                };
                store.keys.add(&key.name, entry);
                let led = (Arc::clone(&key.name), parts);
                if let Some(object) = store.objects.get_mut(&self.no)
                    && !object.seen.former.contains(&led)
                {
                    object.seen.former.push(led);
                }
            }
        }
    }

    /// The values that a key may have; `None` where nobody knows, or there are too many.
    fn values_of(&self, key: &Definition) -> Option<Vec<Parts>> {
        let mut values: Vec<SmallVec<[Part; 2]>> = vec![SmallVec::new()];
        for at in &key.fields {
            let Value::OneOf(options) = &self.values[*at] else {
                return None;
            };
            let content = self.plan.fields[*at].content;
            let part = |option: &Option<Arc<str>>| Part {
                text: option.clone().unwrap_or_else(|| Arc::from("")),
                content,
            };
            let longer = values.iter().flat_map(|begun| {
                options.iter().map(move |option| {
                    let parts = begun.iter().cloned();
                    parts.chain(std::iter::once(part(option))).collect()
                })
            });
            values = longer.collect();
            if values.len() > MOST_VALUES {
                return None;
            }
        }
        let is_some = |parts: &SmallVec<[Part; 2]>| parts.iter().any(|part| !part.text.is_empty());
        let values = values.into_iter().filter(is_some);
        Some(values.map(|parts| Arc::from(parts.as_slice())).collect())
    }

    /// What the object wrote to the profile may be gone, and what it writes there now may show.
    fn write_profile(&self, store: &mut Store) {
        let targets = self.plan.fields.iter().zip(self.values);
        let targets: Vec<(Path, &Value)> = targets
            .filter_map(|(field, value)| Some((target(field)?, value)))
            .collect();
        let own = Source::Object(self.no);
        store.change_profile(self.profile, Fate::Open(RULE), |profile, fields| {
            for (path, held) in fields.iter_mut() {
                if held.source == own || held.source == Source::Several {
                    held.uncover(path, &profile.rest.former);
                    held.rules = SHOWN;
                }
            }
            for (path, value) in targets {
                profile.vague |= !ingest::is_short_enough(&path);
                let known = fields.iter().find(|(known, _)| *known == path);
                let mut held = match known {
                    Some((_, known)) => known.clone(),
                    None => Held::nothing(own, SHOWN),
                };
                match value {
                    Value::OneOf(options)
                        if options.iter().flatten().all(|it| ingest::fits(&path, it)) =>
                    {
                        options.iter().for_each(|option| held.admit(option.clone()));
                    }
                    _ => held.free = true,
                }
                if held.source != own {
                    held.source = Source::Several;
                }
                if held.filled != Filled::No {
                    held.filled = Filled::Perhaps;
                }
                held.rules = SHOWN;
                ingest::set(fields, path, held);
            }
        });
    }

    /// Assets and cases may be there, or gone, or others.
    fn write_standards(&self, store: &mut Store) {
        let feeds: SmallVec<[Kind; 2]> =
            store
                .objects
                .get(&self.no)
                .map_or_else(SmallVec::new, |object| {
                    let standards = object.feeds().filter_map(|no| store.standards.get(&no));
                    standards.map(|standard| standard.kind).collect()
                });
        let Some(profile) = store.profiles.get_mut(&self.profile) else {
            return;
        };
        for kind in [Kind::Asset, Kind::Case] {
            let is_written = self.plan.touches(kind) || feeds.contains(&kind);
            if is_written && !profile.rest.vague_kinds.contains(&kind) {
                profile.rest.vague_kinds.push(kind);
            }
        }
    }
}

/// The member of the profile that a field is written to, by its target or for its content type.
fn target(field: &Field) -> Option<Path> {
    match (&field.target, field.content) {
        (Some((Kind::Profile, path)), _) => Some(path.clone()),
        (None, ContentType::Email) => Some(Path::Borrowed("EmailAddress")),
        (None, ContentType::Phone) => Some(Path::Borrowed("PhoneNumber")),
        _ => None,
    }
}
