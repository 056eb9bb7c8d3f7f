//! Standard profiles, assets and cases as answers show them.
//!
//! Members are texts, some of them within addresses and attributes; an answer may leave out what has no value, or show it
//! as `null` or as an empty text. A [`Portrait`] lists what is known of each, and a free member is not compared.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::contract::RuleId;
use crate::contract::template;
use crate::rule;
use crate::wire::Json;

use super::pattern::{Difference, Rules, Rules4, excerpt, rules};
use super::store::{Fields, Filled, Held, Kind};
use super::value::{self, ContentType, Likeness};

/// A standard object as it is expected in an answer.
#[derive(Debug, Clone)]
pub struct Portrait {
    pub(super) kind: Kind,
    pub(super) id: Option<Arc<str>>,
    pub(super) fields: Fields,
    /// Whether any member may hold anything.
    pub(super) vague: bool,
    /// Rules that any difference may break as well.
    pub(super) history: Rules4,
    /// Rules broken by a value where none is expected.
    pub(super) extra: Rules,
    /// The rule, with no more than a SHOULD, on which all of it rests.
    pub(super) rests_on: Option<RuleId>,
}

impl Portrait {
    /// The member that holds the id.
    pub(super) fn id_member(kind: Kind) -> &'static str {
        match kind {
            Kind::Profile => "ProfileId",
            Kind::Asset => "AssetId",
            Kind::Case => "CaseId",
        }
    }

    pub(super) fn compare(&self, actual: &Json, place: &str, found: &mut Vec<Difference>) {
        let before = found.len();
        self.compare_members(actual, place, found);
        for difference in &mut found[before..] {
            if let Some(rule) = self.rests_on {
                difference.rules.insert(0, rule);
            }
            for rule in &self.history {
                if !difference.rules.contains(rule) {
                    difference.rules.push(*rule);
                }
            }
        }
    }

    fn compare_members(&self, actual: &Json, place: &str, found: &mut Vec<Difference>) {
        if actual.members().is_none() {
            let expected = "an object";
            found.push(Difference::new(
                self.extra,
                place,
                expected,
                excerpt(actual),
            ));
            return;
        }
        let shown = flatten(self.kind, actual);
        if let (Some(id), Some(shown)) = (&self.id, actual.get(Self::id_member(self.kind)))
            && shown.as_str() != Some(id)
        {
            let rules: Rules = match self.kind {
                Kind::Profile => rules!["std.id.assigned", "search.profile-content"],
                _ => rules!["asset.id", "asset.match-one", "case.as-asset"],
            };
            let place = format!("{place}/{}", Self::id_member(self.kind));
            found.push(Difference::new(
                rules,
                place,
                format!("{id:?}"),
                excerpt(shown),
            ));
        }
        let named = actual
            .get(Self::id_member(self.kind))
            .and_then(Json::as_str)
            .is_some_and(|id| !id.is_empty());
        if !named {
            let rules: Rules = match self.kind {
                Kind::Profile => rules!["search.profile-shape"],
                _ => rules!["asset.id"],
            };
            let place = format!("{place}/{}", Self::id_member(self.kind));
            found.push(Difference::new(rules, place, "an id", "nothing"));
        }
        if self.vague {
            return;
        }
        for (path, held) in &self.fields {
            let value = shown
                .iter()
                .find(|(known, _)| known == path)
                .map(|(_, value)| *value);
            if !held.allows(path, value) {
                let actual = value.map_or("nothing".to_owned(), |value| format!("{value:?}"));
                let place = format!("{place}/{}", path.replace('.', "/"));
                let mut lost = Difference::new(held.rules, place, held.to_string(), actual);
                if value.is_none() && path.starts_with("Attributes.") {
                    lost.rules.push(rule!("std.profile.attributes"));
                }
                found.push(lost);
            }
        }
        for (path, value) in &shown {
            // Where DataSource comes from is not specified (asset.data-source).
            if path != "DataSource" && !self.fields.iter().any(|(known, _)| known == path) {
                let place = format!("{place}/{}", path.replace('.', "/"));
                let actual = format!("{value:?}");
                found.push(Difference::new(self.extra, place, "nothing", actual));
            }
        }
    }

    /// How the reference shows it.
    pub(super) fn render(&self) -> Json {
        let mut members: Vec<(String, Json)> = Vec::with_capacity(self.fields.len() + 1);
        if let Some(id) = &self.id {
            let member = Self::id_member(self.kind).to_owned();
            members.push((member, Json::from(id.as_ref())));
        }
        for (path, held) in &self.fields {
            let Some(Some(value)) = held.options.first() else {
                continue;
            };
            let value = Json::from(value.as_ref());
            match path.split_once('.') {
                None => members.push((path.to_string(), value)),
                Some((outer, inner)) => {
                    let inner = (inner.to_owned(), value);
                    let known = members.iter_mut().find(|(name, _)| name == outer);
                    match known {
                        Some((_, Json::Object(nested))) => nested.push(inner),
                        _ => members.push((outer.to_owned(), Json::Object(vec![inner]))),
                    }
                }
            }
        }
        Json::Object(members)
    }

    /// Calls `cite` for every rule that an answer shows by fitting.
    pub(super) fn cites(&self, cite: &mut impl FnMut(RuleId)) {
        cite(match self.kind {
            Kind::Profile => rule!("search.profile-shape"),
            _ => rule!("asset.id"),
        });
        for (_, held) in &self.fields {
            held.rules.iter().for_each(|rule| cite(*rule));
        }
        self.extra.iter().for_each(|rule| cite(*rule));
        self.history.iter().for_each(|rule| cite(*rule));
        self.rests_on.iter().for_each(|rule| cite(*rule));
    }
}

impl Held {
    /// Whether it may have that value.
    pub(super) fn allows(&self, path: &str, value: Option<&str>) -> bool {
        if self.free || self.options.iter().any(|known| known.as_deref() == value) {
            return true;
        }
        // A number filled in by content type may be normalised.
        let Some(value) = value.filter(|_| self.filled != Filled::No && path == "PhoneNumber")
        else {
            return false;
        };
        self.options.iter().flatten().any(|known| {
            !matches!(
                value::likeness(
                    known,
                    value,
                    ContentType::Phone,
                    &crate::contract::Choices::open()
                ),
                Likeness::Different
            )
        })
    }

    /// Keeps the values an answer agrees with.
    pub(super) fn adopt(&mut self, path: &str, value: Option<&str>) {
        if self.options.len() > 1 && self.allows(path, value) {
            let fits = |known: &Option<Arc<str>>| known.as_deref() == value;
            if self.options.iter().any(fits) {
                self.options.retain(|known| fits(known));
            }
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.free {
            return f.write_str("<any>");
        }
        for (at, option) in self.options.iter().enumerate() {
            let or = if at == 0 { "" } else { " or " };
            match option {
                Some(value) => write!(f, "{or}{value:?}")?,
                None => write!(f, "{or}nothing")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = Self::id_member(self.kind);
        match &self.id {
            Some(id) => write!(f, "{{\"{member}\": \"{id}\"")?,
            None => write!(f, "{{\"{member}\": <new id>")?,
        }
        if self.vague {
            return f.write_str(", <any>}");
        }
        for (path, held) in &self.fields {
            if !held.is_unset() {
                write!(f, ", \"{path}\": {held}")?;
            }
        }
        f.write_str("}")
    }
}

/// The members of a standard object that have a value, by path. Members nobody modelled are left out.
pub(super) fn flatten(kind: Kind, actual: &Json) -> Vec<(Cow<'_, str>, &str)> {
    let root = match kind {
        Kind::Profile => "_profile",
        Kind::Asset => "_asset",
        Kind::Case => "_case",
    };
    let mut flat: Vec<(Cow<'_, str>, &str)> = Vec::new();
    for (name, value) in actual.members().unwrap_or_default() {
        match value {
            Json::String(text) if !text.is_empty() => {
                let known = matches!(
                    template::target_within(root, name),
                    template::Target::Profile | template::Target::Standard
                );
                if known {
                    flat.push((Cow::Borrowed(name), text));
                }
            }
            Json::Object(members) => {
                let addresses = kind == Kind::Profile && template::is_address(name);
                if name == "Attributes" || addresses {
                    let texts = members
                        .iter()
                        .filter_map(|(inner, value)| Some((inner, value.as_str()?)))
                        .filter(|(inner, text)| {
                            !text.is_empty() && (!addresses || template::is_address_member(inner))
                        });
                    flat.extend(
                        texts.map(|(inner, text)| (Cow::Owned(format!("{name}.{inner}")), text)),
                    );
                }
            }
            _ => {}
        }
    }
    flat
}
