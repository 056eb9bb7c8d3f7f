//! ObjectFilter: which items of a listing a key and its values keep (contract 3.20).

use std::sync::Arc;

use crate::contract::{Choices, Refusals, RuleId, template};
use crate::wire::Json;
use crate::{choice, rule};

use super::index::{No, Part};
use super::page::{Item, Need};
use super::pattern::{Rules, rules};
use super::plan::Definition;
use super::profile;
use super::store::{Kind, Object, Standard};
use super::value::{self, ContentType, Likeness};
use super::ways::Ways;
use super::world::{Domain, Mapping};

const BAD: Refusals = Refusals::BAD;
const NOT_FOUND: Refusals = Refusals::NOT_FOUND;

/// A filter as requested.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    pub(super) key: &'a str,
    pub(super) values: Vec<&'a str>,
}

/// What a filter makes of a listing.
pub(super) enum Verdict {
    /// The request is refused.
    Refuse(RuleId, Refusals),
    /// These items are left; refusing the request may be allowed too.
    List(Vec<Item>, Option<(RuleId, Refusals)>),
}

/// What a key name means for a kind of standard object.
enum Meaning {
    /// The id.
    Id,
    /// This field.
    Field(&'static str),
    /// A key that identifies objects of the kind.
    Key,
    /// A key of a template.
    Template,
    /// A key of another kind.
    Foreign,
    /// Nothing.
    Unknown,
}

impl<'a> Filter<'a> {
    /// Reads a filter whose shape is right.
    pub(super) fn read(filter: &'a Json) -> Self {
        let values = filter.get("Values").and_then(Json::items);
        Self {
            key: filter
                .get("KeyName")
                .and_then(Json::as_str)
                .unwrap_or_default(),
            values: values
                .unwrap_or_default()
                .iter()
                .filter_map(Json::as_str)
                .collect(),
        }
    }

    /// Whether it is by a key that standard objects have whatever types there are.
    pub(super) fn is_standard(&self) -> bool {
        ["", "_assetId", "_assetName", "_serialNumber", "_caseId"].contains(&self.key)
    }

    /// How it may be refused by those who look at it before they look for what it is to be applied to: not at all by a key
    /// that standard objects of the kind have whatever types there are.
    pub(super) fn refusals(&self, kind: Kind) -> Option<Refusals> {
        let own = match kind {
            Kind::Asset => ["_assetId", "_assetName", "_serialNumber"].contains(&self.key),
            Kind::Case => self.key == "_caseId",
            Kind::Profile => false,
        };
        (!own).then_some(BAD.or(NOT_FOUND))
    }

    /// Whether it has one value, perhaps several times.
    pub(super) fn is_single(&self) -> bool {
        self.values.iter().all(|value| *value == self.values[0])
    }

    /// The rules broken if an item that the filter keeps is missing: that one value twice means the same as once is no more than a
    /// SHOULD.
    fn promise(&self, kind: Kind) -> Rules {
        match self.values.len() {
            2.. if self.is_single() => rules!["filter.duplicate-values", "filter.multi-values"],
            _ => self.rules(kind),
        }
    }

    /// The rules broken by an item that the filter should have left out, or left in.
    pub(super) fn rules(&self, kind: Kind) -> Rules {
        match (self.key, self.values.len()) {
            (_, 2..) => rules!["filter.multi-values", "filter.duplicate-values"],
            ("_assetId", _) => rules!["filter.asset-id", "filter.no-match", "filter.case-folding"],
            ("_caseId", _) => rules!["filter.case-id", "filter.no-match", "filter.case-folding"],
            ("_assetName", _) => rules![
                "filter.asset-name",
                "filter.no-match",
                "filter.case-folding"
            ],
            ("_serialNumber", _) => rules![
                "filter.serial-number",
                "filter.no-match",
                "filter.case-folding"
            ],
            _ if kind == Kind::Profile => rules!["filter.scope"],
            _ => rules!["filter.custom-key", "filter.no-match"],
        }
    }

    /// What the filter makes of a profile or a type that is not there.
    pub(super) fn on_nothing(&self, domain: &Domain, kind: Kind, ways: &mut Ways) -> Verdict {
        if ways.is_reference() {
            return self.sieve(domain, kind, Vec::new(), ways);
        }
        let refusals = self.refusals(kind);
        Verdict::List(
            Vec::new(),
            refusals.map(|refusals| (rule!("filter.unknown-key"), refusals)),
        )
    }

    /// The items that are left.
    pub(super) fn sieve(
        &self,
        domain: &Domain,
        kind: Kind,
        items: Vec<(Item, No)>,
        ways: &mut Ways,
    ) -> Verdict {
        if kind == Kind::Profile {
            return match ways.choose(choice!("cap.filter-scope")) {
                0 => Verdict::Refuse(rule!("filter.scope"), BAD),
                1 => Verdict::List(items.into_iter().map(|(item, _)| item).collect(), None),
                _ => self.any_type(domain, items, ways),
            };
        }
        match self.meaning(domain, kind) {
            Meaning::Unknown => match ways.choose(choice!("cap.filter-unknown-key")) {
                0 => Verdict::List(Vec::new(), None),
                1 => Verdict::Refuse(rule!("filter.unknown-key"), BAD),
                _ => Verdict::Refuse(rule!("filter.unknown-key"), NOT_FOUND),
            },
            Meaning::Foreign => Verdict::List(
                maybe(items),
                Some((rule!("filter.custom-key"), BAD.or(NOT_FOUND))),
            ),
            Meaning::Template if !ways.is_reference() => Verdict::List(
                maybe(items),
                Some((rule!("filter.template-key"), BAD.or(NOT_FOUND))),
            ),
            Meaning::Key | Meaning::Template if ways.is_reference() => {
                let kept = items.into_iter().filter(|(_, no)| {
                    let standard = domain.store.standards.get(no);
                    standard.is_some_and(|standard| self.keyed(standard, ways.choices()))
                });
                Verdict::List(kept.map(|(item, _)| item).collect(), None)
            }
            Meaning::Key => {
                let kept = items.into_iter().filter_map(|(item, no)| {
                    let standard = domain.store.standards.get(&no)?;
                    let open = item.need == Need::May || self.may_be_keyed(standard);
                    open.then_some((item, no))
                });
                Verdict::List(
                    maybe(kept.collect()),
                    Some((rule!("filter.custom-key"), BAD)),
                )
            }
            meaning => {
                let union = self.is_union(ways);
                let kept = items.into_iter().filter_map(|(mut item, no)| {
                    let standard = domain.store.standards.get(&no)?;
                    let keeps = self.keeps(&meaning, standard, ways)?;
                    item.missing = self.promise(kind).into();
                    if !keeps || !union {
                        item.need = Need::May;
                    }
                    Some(item)
                });
                Verdict::List(kept.collect(), None)
            }
        }
    }

    fn meaning(&self, domain: &Domain, kind: Kind) -> Meaning {
        match (self.key, kind) {
            ("_assetId", Kind::Asset) | ("_caseId", Kind::Case) => return Meaning::Id,
            ("_assetName", Kind::Asset) => return Meaning::Field("AssetName"),
            ("_serialNumber", Kind::Asset) => return Meaning::Field("SerialNumber"),
            _ => {}
        }
        let mut foreign = false;
        for found in domain.types.values() {
            let Mapping::Own(own) = &found.mapping else {
                // A template may define any key.
                foreign = true;
                continue;
            };
            let named = |key: &&Arc<Definition>| key.name.as_ref() == self.key;
            for key in own.plan.keys.iter().filter(named) {
                if key.identifies(kind) {
                    return Meaning::Key;
                }
                foreign = true;
            }
        }
        let of_kind: &[&str] = match kind {
            Kind::Asset => &["_salesforceAssetId", "_salesforceAccountId"],
            _ => &[
                "_zendeskUserId",
                "_zendeskTicketId",
                "_serviceNowTaskId",
                "_serviceNowSystemId",
                "_serviceNowIncidentId",
            ],
        };
        if of_kind.contains(&self.key) {
            Meaning::Template
        } else if foreign
            || (template::is_predefined_key(self.key)
                && !["_assetId", "_caseId"].contains(&self.key))
            || domain.store.keys.knows(self.key)
        {
            Meaning::Foreign
        } else {
            Meaning::Unknown
        }
    }

    /// Whether what one of the values finds has to be there: several values may mean something else than any of them.
    fn is_union(&self, ways: &mut Ways) -> bool {
        self.is_single() || ways.choose(choice!("cap.multi-values")) == 0
    }

    /// Whether an item is kept for certain (`true`), perhaps (`false`), or not.
    fn keeps(&self, meaning: &Meaning, standard: &Standard, ways: &mut Ways) -> Option<bool> {
        let field = match meaning {
            Meaning::Id => {
                return match &standard.id {
                    Some(id) => {
                        let alike = |value: &&str| liken(id, value, ContentType::Name, ways);
                        self.values.iter().filter_map(alike).max()
                    }
                    None => Some(false),
                };
            }
            Meaning::Field(field) => *field,
            _ => return Some(false),
        };
        let fields = standard.fields.read();
        let held = fields.iter().find(|(path, _)| path == field);
        let mut best: Option<bool> = None;
        if let Some((_, held)) = held {
            let certain = held.decided().is_some();
            for option in held.options.iter().flatten() {
                for value in &self.values {
                    if let Some(sure) = liken(option, value, ContentType::Name, ways) {
                        best = Some(best.unwrap_or(false) | (sure && certain));
                    }
                }
            }
            if held.free {
                best = Some(best.unwrap_or(false));
            }
        }
        let former = standard
            .rest
            .former
            .iter()
            .any(|(path, value)| path == field && self.values.contains(&value.as_ref()));
        best.or(former.then_some(false))
    }

    /// Whether a key of a type leads to a standard object, in the reference.
    fn keyed(&self, standard: &Standard, choices: &Choices) -> bool {
        self.has(standard, |part, value| {
            value::canonical(&part.text, part.content, choices)
                == value::canonical(value, part.content, choices)
        })
    }

    /// Whether a standard object may be found by a key of a type.
    fn may_be_keyed(&self, standard: &Standard) -> bool {
        let open = Choices::open();
        self.has(standard, |part, value| {
            let likeness = value::likeness(&part.text, value, part.content, &open);
            !matches!(likeness, Likeness::Different)
        })
    }

    fn has(&self, standard: &Standard, alike: impl Fn(&Part, &str) -> bool) -> bool {
        standard
            .keys
            .iter()
            .filter(|(name, _)| name.as_ref() == self.key)
            .any(|(_, parts)| match &parts[..] {
                [part] => self.values.iter().any(|value| alike(part, value)),
                _ => true,
            })
    }

    /// Whether an earlier version of an object had one of the values (persist.overwritten-object).
    fn had(&self, object: &Object, ways: &Ways) -> bool {
        let former = object.seen.former.iter();
        let mut parts = former
            .filter(|(name, _)| name.as_ref() == self.key)
            .flat_map(|(_, parts)| parts.iter());
        let alike =
            |part: &Part, value: &&str| liken(&part.text, value, part.content, ways).is_some();
        parts.any(|part| self.values.iter().any(|value| alike(part, value)))
    }

    /// A filter on ingested objects, where the target takes one: by the keys their type defines.
    fn any_type(&self, domain: &Domain, items: Vec<(Item, No)>, ways: &mut Ways) -> Verdict {
        let union = self.is_union(ways);
        let kept = items.into_iter().filter_map(|(mut item, no)| {
            let object = domain.store.objects.get(&no)?;
            let wrote = object.wrote();
            let mut named = wrote
                .iter()
                .filter(|(name, _)| name.as_ref() == self.key)
                .peekable();
            // Values that were not stored may be filtered by, too.
            let certain = named.peek().is_some() && self.values.len() == 1;
            let mut best = (!certain).then_some(false);
            for (_, parts) in named {
                match &parts[..] {
                    [part] => {
                        for value in &self.values {
                            if let Some(sure) = liken(&part.text, value, part.content, ways) {
                                best = Some(best.unwrap_or(false) | sure);
                            }
                        }
                    }
                    _ => best = best.or(Some(false)),
                }
            }
            if best.is_none() && !ways.is_reference() && self.had(object, ways) {
                best = Some(false);
            }
            if best? && union {
                item.missing = rules!["filter.scope"].into();
            } else {
                item.need = Need::May;
            }
            Some(item)
        });
        let known = profile::is_defined(domain, self.key);
        let refusals = (rule!("filter.unknown-key"), BAD.or(NOT_FOUND));
        Verdict::List(kept.collect(), (!known).then_some(refusals))
    }
}

/// The same items, none of which has to be there.
fn maybe(items: Vec<(Item, No)>) -> Vec<Item> {
    let mut items: Vec<Item> = items.into_iter().map(|(item, _)| item).collect();
    items.iter_mut().for_each(|item| item.need = Need::May);
    items
}

/// Whether a value of that content type is the text filtered by: for certain, perhaps, or not. Case is nobody's promise
/// (filter.case-folding).
fn liken(text: &str, value: &str, content: ContentType, ways: &Ways) -> Option<bool> {
    if text == value {
        return Some(true);
    }
    if ways.is_reference() {
        return None;
    }
    let open = Choices::open();
    let alike = [content, ContentType::Name].into_iter().any(|content| {
        let likeness = value::likeness(text, value, content, &open);
        !matches!(likeness, Likeness::Different)
    });
    alike.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Options;

    #[test]
    fn a_filter_is_read_as_given() {
        let json = Json::parse(br#"{"KeyName": "_assetId", "Values": ["a", "b"]}"#).expect("JSON");
        let filter = Filter::read(&json);
        assert_eq!((filter.key, filter.values), ("_assetId", vec!["a", "b"]));
        assert_eq!(
            choice!("cap.filter-scope").options(),
            Options(0b111),
            "sieve knows three options"
        );
    }
}
