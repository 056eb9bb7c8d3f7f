//! Templates (contract 3.8): read-only, and the target's own.
//!
//! Nobody publishes what the real templates hold, so their content is adopted from the first answer and must not change
//! afterwards. What any template has to satisfy deserves a warning where it does not hold.

use std::sync::Arc;

use crate::contract::shape::Shape;
use crate::contract::validate::Input;
use crate::contract::{Options, Refusals, operation};
use crate::wire::Json;
use crate::{choice, rule};

use super::domain::name_pattern;
use super::gate::{Branch, Gate, Ground, Served};
use super::mapping;
use super::page::{Adopt, Item, Listing, Naming, Need, Strangers};
use super::pattern::{
    Check, Difference, Object, Pattern, Presence, RuleList, Rules, Slot, excerpt, is_empty,
    optional, required, rules,
};
use super::world::{Effect, Template, World};

/// Where an item of the list says which template it is.
pub(super) const NAMING: Naming = Naming::Member("TemplateId");

/// The members of a template.
const MEMBERS: [&str; 6] = [
    "TemplateId",
    "SourceName",
    "SourceObject",
    "AllowProfileCreation",
    "Fields",
    "Keys",
];

pub(super) fn get(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    gate.touch(rule!("template.no-domain"));
    let Some(id) = input.label("TemplateId").filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    let unknown = Refusals::NOT_FOUND.or(Refusals::BAD);
    let why = format!("no template {id:?}");
    let other_case = || {
        let mut known = world.templates.iter().filter(|(_, seen)| seen.exists());
        known
            .find(|(known, _)| known.eq_ignore_ascii_case(id))
            .map(|(_, seen)| seen)
    };
    let seen = match world.template(id) {
        found @ Some(Template::Shown(_) | Template::Listed(_)) => found,
        missing => match other_case() {
            Some(seen) => {
                gate.ground(case_choice(why));
                Some(seen)
            }
            None => {
                if missing.is_some() {
                    let refusals = if world.reference {
                        Refusals::NOT_FOUND
                    } else {
                        unknown
                    };
                    gate.ground(Ground::must(
                        rules!["template.get.unknown", "template.get.stable"],
                        refusals,
                        why,
                    ));
                } else {
                    gate.ground(Ground::may(rule!("template.get.unknown"), unknown, why));
                }
                None
            }
        },
    };
    let body = Pattern::Object(Object {
        check: Some(Check {
            run: well_formed,
            rules: well_formed_rules(id),
        }),
        ..shown(id, seen, folded(world))
    });
    let id = id.to_owned();
    let effect = Effect::new(move |world, body| {
        if let Some(body) = body {
            let members = MEMBERS
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), body.get(name)?.clone())));
            world.saw_template(
                &id,
                Template::Shown(Arc::new(Json::Object(members.collect()))),
            );
        }
    });
    let effect = if world.reference {
        Effect::none()
    } else {
        effect
    };
    gate.finish(vec![Served::new(
        body,
        effect,
        rules!["template.get.stable", "template.list.complete"],
    )])
}

fn folded(world: &World) -> bool {
    world.choices.get(choice!("template.case")).has(1)
}

/// A template asked for in another case than it is known by.
fn case_choice(why: String) -> Ground {
    let (not_found, served) = (Options::only(0), Options::only(1));
    let refusals = Refusals::NOT_FOUND.or(Refusals::BAD);
    Ground::choice(
        rule!("template.case"),
        choice!("template.case"),
        served,
        not_found,
        refusals,
        why,
    )
}

impl Template {
    /// SourceName and SourceObject, which are the same in the list and by themselves.
    fn sources(&self) -> impl Iterator<Item = Slot> {
        const SAME: Rules = rules!["template.list.complete"];
        let members = ["SourceName", "SourceObject"].into_iter();
        members.filter_map(|name| {
            let (Self::Listed(seen) | Self::Shown(seen)) = self else {
                return None;
            };
            let value = seen.get(name).filter(|value| !is_empty(value))?;
            Some(optional(name, Pattern::Exactly(value.clone()), SAME))
        })
    }
}

/// A template as far as it is known.
fn shown(id: &str, seen: Option<&Template>, folded: bool) -> Object {
    let id_slot = optional(
        "TemplateId",
        name_pattern(id, folded),
        rules!["template.get.id-echo"],
    );
    let mut slots = vec![id_slot];
    match seen {
        Some(Template::Shown(shown)) => {
            const STABLE: Rules = rules!["template.get.stable"];
            for name in &MEMBERS[1..] {
                slots.push(match shown.get(name).filter(|value| !is_empty(value)) {
                    Some(value) if matches!(*name, "Fields" | "Keys") => {
                        required(name, mapping::as_shown(name, value, STABLE), STABLE)
                    }
                    Some(value) => required(name, Pattern::Exactly(value.clone()), STABLE),
                    None => Slot {
                        name,
                        presence: Presence::Absent,
                        value: Pattern::Any,
                        rules: STABLE,
                    },
                });
            }
        }
        Some(seen) => slots.extend(seen.sources()),
        None => {}
    }
    Object::of(slots)
}

/// What every template should satisfy: keys refer to fields, one definition is UNIQUE, one at least is PROFILE.
fn well_formed(body: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    let fields = body
        .get("Fields")
        .and_then(Json::members)
        .unwrap_or_default();
    let keys = body.get("Keys").and_then(Json::members).unwrap_or_default();
    let (mut unique, mut profile) = (0, 0);
    for (name, list) in keys {
        for (at, key) in list.items().unwrap_or_default().iter().enumerate() {
            let texts = |member| {
                key.get(member)
                    .and_then(Json::items)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(Json::as_str)
            };
            unique += texts("StandardIdentifiers")
                .filter(|text| *text == "UNIQUE")
                .count();
            profile += texts("StandardIdentifiers")
                .filter(|text| *text == "PROFILE")
                .count();
            for wanted in texts("FieldNames")
                .filter(|wanted| !fields.iter().any(|(field, _)| field == wanted))
            {
                found.push(Difference::new(
                    rules!["template.get.well-formed"],
                    format!("/Keys/{name}/{at}/FieldNames"),
                    "names of fields of the template",
                    format!("{wanted:?}"),
                ));
            }
        }
    }
    if !keys.is_empty() && (unique != 1 || profile == 0) {
        let actual = format!("{unique} UNIQUE and {profile} PROFILE");
        let expected = "one UNIQUE definition and at least one PROFILE definition";
        found.push(Difference::new(
            rules!["template.get.well-formed"],
            "/Keys",
            expected,
            actual,
        ));
    }
    for member in ["SourceName", "SourceObject"] {
        if let Some(text) = body.get(member).and_then(Json::as_str)
            && !is_name(text)
        {
            let place = format!("/{member}");
            found.push(Difference::new(
                rules!["template.get.source-names"],
                place,
                "a name",
                format!("{text:?}"),
            ));
        }
    }
    found.extend(account_link(body, keys));
    found
}

/// Whether a text has the shape `name`.
fn is_name(text: &str) -> bool {
    let members = operation::operation("GetProfileObjectTypeTemplate")
        .map_or(&[][..], |operation| operation.input);
    members.iter().all(|member| match member.shape {
        Shape::String(shape) => {
            let length = text.chars().count() as u32;
            shape.length.min.is_none_or(|min| length >= min)
                && shape.length.max.is_none_or(|max| length <= max)
                && shape.pattern.is_none_or(|pattern| (pattern.matches)(text))
        }
        _ => true,
    })
}

/// The rules that are about a template.
fn well_formed_rules(id: &str) -> Rules {
    if links_account(id).is_some() {
        rules![
            "template.get.well-formed",
            "template.get.source-names",
            "template.multi-link"
        ]
    } else {
        rules!["template.get.well-formed", "template.get.source-names"]
    }
}

/// Whether the account key of a template is a PROFILE key, for the templates that link accounts.
fn links_account(id: &str) -> Option<bool> {
    match id {
        "Salesforce-Multi-Contact-Account-Link"
        | "Salesforce-Multi-Asset-Account-Link"
        | "Marketo-Multi-Lead-Account-Link" => Some(false),
        "Salesforce-Contact" | "Salesforce-Asset" | "Marketo-leads" => Some(true),
        _ => None,
    }
}

/// The account key of the templates that link accounts: PROFILE in the single ones, not in the `Multi` ones.
fn account_link(body: &Json, keys: &[(String, Json)]) -> Option<Difference> {
    let expected = links_account(body.get("TemplateId").and_then(Json::as_str)?)?;
    let (_, list) = keys
        .iter()
        .find(|(name, _)| name == "_salesforceAccountId")?;
    let profile = list.items().unwrap_or_default().iter().any(|key| {
        let identifiers = key
            .get("StandardIdentifiers")
            .and_then(Json::items)
            .unwrap_or_default();
        identifiers
            .iter()
            .any(|identifier| identifier.as_str() == Some("PROFILE"))
    });
    (profile != expected).then(|| {
        let wanted = if expected {
            "a PROFILE key"
        } else {
            "no PROFILE key"
        };
        Difference::new(
            rules!["template.multi-link"],
            "/Keys/_salesforceAccountId",
            wanted,
            excerpt(list),
        )
    })
}

/// Rules broken where one listing shows other templates than another.
const PAGED: Rules = rules!["template.list.pagination", "page.complete"];

pub(super) fn list(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    gate.touch(rule!("template.no-domain"));
    gate.touch(rule!("template.list.pagination"));
    gate.touch(rule!("template.list.minimum"));
    // The list of those who go by any spelling may show any of them.
    let spelled = !world.choices.get(choice!("template.case")).has(0);
    let listed = world.templates_listed.as_ref().filter(|_| !spelled);
    let is_listed = |id| world.reference || listed.is_some_and(|listed| listed.contains(id));
    let items = world.templates.iter().filter_map(|(id, seen)| {
        let need = match seen {
            Template::Missing => return None,
            _ if is_listed(id) => Need::Must,
            // It need not be listed, and it may.
            Template::Shown(_) => Need::May,
            Template::Listed(_) => return None,
        };
        let item = Item::named(id.clone(), item(id, seen));
        Some(Item { need, ..item })
    });
    let adopt: Adopt = Arc::new(|world: &mut World, _, id, item| {
        if let Some(id) = id
            && !matches!(world.template(id), Some(Template::Shown(_)))
        {
            world.saw_template(id, Template::Listed(Arc::new(item.clone())));
        }
    });
    // A target may offer templates that nobody has seen listed yet, but not list one it said it does not have.
    let missing = world.templates.iter().filter(|(_, seen)| !seen.exists());
    let known = missing
        .map(|(id, _)| {
            (
                id.clone(),
                RuleList::from_slice(rules!["template.list.complete"]),
            )
        })
        .collect();
    Listing {
        key: NAMING,
        scope: "templates".to_owned(),
        items: items.collect(),
        strangers: Strangers {
            foreign: false,
            folded: false,
            legal: match listed {
                Some(_) => str::is_empty,
                None => |_| true,
            },
            known,
            rules: PAGED,
        },
        missing: PAGED,
        blame: rules!["template.list.pagination"],
        adopt: Some(adopt),
    }
    .branches(world, input, gate)
}

/// A template in the list.
fn item(id: &str, seen: &Template) -> Pattern {
    let id = Pattern::Exactly(Json::from(id));
    let id = required("TemplateId", id, rules!["template.list.complete"]);
    let slots = std::iter::once(id).chain(seen.sources());
    Pattern::Object(Object::of(slots.collect()))
}

/// Remembers that a template was not found.
pub(super) fn missed(world: &mut World, id: &str) {
    if world.template(id).is_none() {
        world.saw_template(id, Template::Missing);
    }
}
