//! The mapping of an object type, ready to be applied to objects.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::template;
use crate::wire::Json;

use super::extract::Source;
use super::store::{Kind, Path};
use super::value::ContentType;

/// Fields and keys of a type.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) fields: Vec<Field>,
    pub(super) keys: Vec<Arc<Definition>>,
}

/// A field: where it is read, where it goes, how it is compared.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    name: Box<str>,
    /// `None` if the type does not say; what that means is not specified.
    pub(super) source: Option<Source>,
    pub(super) target: Option<(Kind, Path)>,
    /// Whether it has a target that means nothing.
    pub(super) aims_nowhere: bool,
    pub(super) content: ContentType,
}

/// One definition of a key.
#[derive(Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: Arc<str>,
    identifiers: Identifiers,
    /// The fields, by their place in the plan.
    pub(super) fields: SmallVec<[usize; 2]>,
}

/// A set of standard identifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Identifiers(u8);

/// A standard identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identifier {
    Profile,
    Asset,
    Case,
    Unique,
    Secondary,
    LookupOnly,
    NewOnly,
}

impl Identifier {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "PROFILE" => Self::Profile,
            "ASSET" => Self::Asset,
            "CASE" => Self::Case,
            "UNIQUE" => Self::Unique,
            "SECONDARY" => Self::Secondary,
            "LOOKUP_ONLY" => Self::LookupOnly,
            "NEW_ONLY" => Self::NewOnly,
            _ => return None,
        })
    }
}

impl Definition {
    /// Whether it has the identifier.
    pub(super) fn is(&self, identifier: Identifier) -> bool {
        self.identifiers.0 & (1 << identifier as u8) != 0
    }

    /// Whether it identifies standard objects of a kind.
    pub(super) fn identifies(&self, kind: Kind) -> bool {
        self.is(match kind {
            Kind::Profile => Identifier::Profile,
            Kind::Asset => Identifier::Asset,
            Kind::Case => Identifier::Case,
        })
    }
}

impl Plan {
    /// Reads the `Fields` and `Keys` of a type or a template whose shapes are right.
    pub(super) fn read(fields: Option<&Json>, keys: Option<&Json>) -> Self {
        let mut plan = Self::default();
        for (name, field) in fields.and_then(Json::members).unwrap_or_default() {
            let text = |member| field.get(member).and_then(Json::as_str);
            let read = Field {
                name: name.as_str().into(),
                source: text("Source").map(Source::parse),
                target: text("Target").and_then(destination),
                aims_nowhere: text("Target").is_some_and(|target| destination(target).is_none()),
                content: text("ContentType").map_or(ContentType::String, ContentType::parse),
            };
            match plan.fields.iter_mut().find(|known| known.name == read.name) {
                Some(known) => *known = read,
                None => plan.fields.push(read),
            }
        }
        let keys = keys.and_then(Json::members).unwrap_or_default();
        for (at, (name, list)) in keys.iter().enumerate() {
            if keys[at + 1..].iter().any(|(later, _)| later == name) {
                continue;
            }
            let shared: Arc<str> = name.as_str().into();
            for definition in list.items().unwrap_or_default() {
                let texts = |member| {
                    let items = definition.get(member).and_then(Json::items);
                    items.unwrap_or_default().iter().filter_map(Json::as_str)
                };
                let mut identifiers = Identifiers::default();
                for identifier in texts("StandardIdentifiers").filter_map(Identifier::read) {
                    identifiers.0 |= 1 << identifier as u8;
                }
                let place = |name: &str| {
                    let mut fields = plan.fields.iter();
                    fields.position(|field| field.name.as_ref() == name)
                };
                plan.keys.push(Arc::new(Definition {
                    name: Arc::clone(&shared),
                    identifiers,
                    fields: texts("FieldNames").filter_map(place).collect(),
                }));
            }
        }
        plan
    }

    /// The definitions that tell objects apart; there ought to be one.
    pub(super) fn uniques(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.keys.iter().filter(|key| key.is(Identifier::Unique))
    }

    /// Whether a field is part of a key.
    pub(super) fn keyed(&self, field: usize) -> bool {
        self.keys.iter().any(|key| key.fields.contains(&field))
    }

    /// Whether a field says which object it is or whose.
    pub(super) fn decides(&self, field: usize) -> bool {
        let decides = |key: &Definition| key.is(Identifier::Unique) || key.is(Identifier::Profile);
        let mut keys = self.keys.iter();
        keys.any(|key| key.fields.contains(&field) && decides(key))
    }

    /// Whether any key identifies standard objects of that kind, or any field is written to one.
    pub(super) fn touches(&self, kind: Kind) -> bool {
        self.keys.iter().any(|key| key.identifies(kind)) || self.targets(kind)
    }

    /// Whether any field is written to a standard object of that kind.
    pub(super) fn targets(&self, kind: Kind) -> bool {
        let targets = |field: &Field| field.target.as_ref().is_some_and(|(to, _)| *to == kind);
        self.fields.iter().any(targets)
    }

    /// Whether a key of that name is defined.
    pub(super) fn defines(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name.as_ref() == name)
    }
}

/// The path of a field, without a copy of its own if it is one that every profile may have.
fn known(path: &str) -> Path {
    let mut members = template::profile_members().iter();
    match members.find(|member| **member == path) {
        Some(path) => Cow::Borrowed(path),
        None => Cow::Owned(path.to_owned()),
    }
}

/// Where a `Target` points, if it is a field of a standard object.
fn destination(target: &str) -> Option<(Kind, Path)> {
    let (root, path) = target.split_once('.')?;
    let kind = match root {
        "_profile" => Kind::Profile,
        "_asset" => Kind::Asset,
        "_case" => Kind::Case,
        _ => return None,
    };
    match template::target(target) {
        template::Target::Profile
        | template::Target::ProfileAttribute
        | template::Target::Standard => Some((kind, known(path))),
        _ => None,
    }
}
