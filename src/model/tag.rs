//! Tags of domains and object types (contract 3.9).

use smallvec::SmallVec;

use crate::contract::validate::Input;
use crate::contract::{ChoiceId, Options, Refusals, Strength};
use crate::{choice, rule};

use super::domain::{self, pairs};
use super::gate::{Branch, Gate, Ground, Served};
use super::object_type;
use super::pattern::{Object, Pattern, Rules, rules};
use super::world::{Effect, Tags, World};

/// Tags per resource that must work (quota.tags).
pub(super) const TAGS_PER_RESOURCE: usize = 50;

/// What an ARN stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Resource {
    Domain(String),
    ObjectType {
        domain: String,
        name: String,
    },
    /// Nothing is known of those but the domain.
    Integration {
        domain: String,
    },
}

impl Resource {
    fn domain(&self) -> &str {
        let (Self::Domain(domain) | Self::ObjectType { domain, .. } | Self::Integration { domain }) =
            self;
        domain
    }

    /// Whether the names in it are such as requests may give.
    fn is_well_named(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_name =
            |name: &str, most| !name.is_empty() && name.len() <= most && name.chars().all(plain);
        let starts_well = |name: &str| !name.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let type_name = match self {
            Self::ObjectType { name, .. } => is_name(name, 255) && starts_well(name),
            Self::Domain(_) | Self::Integration { .. } => true,
        };
        type_name && is_name(self.domain(), 64)
    }
}

/// Whether what comes before the resource in an ARN is as in those of this API.
fn is_usual(arn: &str) -> bool {
    let mut parts = arn.split(':').skip(2);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    parts.next() == Some("profile")
        && parts.next().is_some_and(|region| !region.is_empty())
        && parts.next().is_some_and(is_number)
}

/// Whether an ARN is of a partition with a dash, for which no rule about tags says anything (tag.arn.partition-dash).
fn is_dashed(arn: &str) -> bool {
    arn.split(':').nth(1).is_some_and(|it| it.contains('-'))
}

/// Reads `arn:{partition}:profile:{region}:{account}:domains/{domain}[/object-types/{name}]`.
///
/// Partition, region and account are the target's business: a run is configured with those it answers to.
fn resource(arn: &str) -> Option<Resource> {
    let path = arn.splitn(6, ':').nth(5)?;
    let mut parts = path.split('/');
    match (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) {
        (Some("domains"), Some(domain), None, None, None) => {
            Some(Resource::Domain(domain.to_owned()))
        }
        (Some("domains"), Some(domain), Some("object-types"), Some(name), None) => {
            Some(Resource::ObjectType {
                domain: domain.to_owned(),
                name: name.to_owned(),
            })
        }
        (Some("domains"), Some(domain), Some("integrations"), Some(_), _) => {
            Some(Resource::Integration {
                domain: domain.to_owned(),
            })
        }
        _ => None,
    }
}

fn find<'w>(world: &'w World, resource: &Resource) -> Option<&'w Tags> {
    match resource {
        Resource::Domain(domain) => Some(&world.domain(domain)?.tags),
        Resource::ObjectType { domain, name } => Some(&world.domain(domain)?.types.get(name)?.tags),
        Resource::Integration { .. } => None,
    }
}

fn find_mut<'w>(world: &'w mut World, resource: &Resource) -> Option<&'w mut Tags> {
    match resource {
        Resource::Domain(domain) => Some(&mut world.domain_mut(domain)?.tags),
        Resource::ObjectType { domain, name } => Some(&mut world.type_mut(domain, name)?.tags),
        Resource::Integration { .. } => None,
    }
}

/// Finds the resource; without it, adds the ground for refusing the request.
fn scope(world: &World, input: &Input, gate: &mut Gate<'_>) -> Option<(Resource, Tags)> {
    gate.touch(rule!("tag.arn.encoded"));
    let arn = input.label("resourceArn").unwrap_or_default();
    let mut refusals = Refusals::NOT_FOUND.or(Refusals::DENIED);
    let named = resource(arn)
        .filter(|named| !world.reference || !matches!(named, Resource::Integration { .. }));
    let Some(resource) = named else {
        // Integrations are taggable as well; what else an ARN may name is not ours to say.
        let ground = Ground::may(
            rule!("tag.arn.unknown"),
            refusals.or(Refusals::BAD),
            "no resource we know of",
        );
        gate.ground(Ground {
            strength: Strength::Must,
            ..ground
        });
        return None;
    };
    let resource = match respelled(world, &resource) {
        Some((stored, folds)) => {
            for choice in folds {
                // Whoever holds names apart has no such resource. Others may still take an ARN as it is written.
                gate.ground(Ground::choice(
                    rule!("tag.arn.unknown"),
                    choice,
                    Options::only(1),
                    Options(0b11),
                    refusals,
                    format!("no resource {arn:?}, but in another case"),
                ));
            }
            stored
        }
        None => resource,
    };
    let found = find(world, &resource).cloned();
    let domain = world.domain(resource.domain());
    let dashed = !world.reference && is_dashed(arn);
    let undefined = dashed || domain.is_some_and(|domain| domain.undefined);
    if !world.reference {
        let integration = matches!(resource, Resource::Integration { .. });
        if integration || !resource.is_well_named() {
            refusals = refusals.or(Refusals::BAD);
        }
        if !is_usual(arn) {
            refusals = refusals.or(Refusals::BAD);
            let why = "an ARN that may be of another service";
            gate.ground(Ground::may(rule!("tag.arn.unknown"), refusals, why));
        }
    }
    match found {
        Some(_) if undefined => Some((resource, Tags::unknown())),
        Some(tags) => Some((resource, tags)),
        None if undefined => {
            gate.ground(Ground::may(
                rule!("tag.arn.unknown"),
                refusals,
                format!("no resource {arn:?}"),
            ));
            Some((resource, Tags::unknown()))
        }
        None => {
            let near = near_miss(world, &resource);
            let mut ground = Ground::must(
                rules!["tag.arn.unknown"],
                refusals,
                format!("no resource {arn:?}"),
            );
            match near {
                Some(Near::OtherCase) => ground.strength = Strength::May,
                Some(Near::Implicit) => ground.strength = Strength::May,
                Some(Near::Gone(rule)) => ground.rules.insert(0, rule),
                None => {}
            }
            gate.ground(ground);
            gate.may_be_served().then(|| (resource, Tags::unknown()))
        }
    }
}

/// A resource that is there by names that differ from these by case, and the choices by which they are the same.
fn respelled(world: &World, resource: &Resource) -> Option<(Resource, SmallVec<[ChoiceId; 2]>)> {
    if world.reference {
        return None;
    }
    let mut folds = SmallVec::new();
    let domain = match domain::find(world, resource.domain()) {
        domain::Found::Here(domain) => domain,
        domain::Found::OtherCase(domain) => {
            folds.push(choice!("domain.name.case"));
            domain
        }
        domain::Found::Nowhere => return None,
    };
    let stored = match resource {
        Resource::Domain(_) => Resource::Domain(domain.name.clone()),
        Resource::ObjectType { name, .. } => {
            let found = match object_type::find(world, domain, name) {
                object_type::Found::Here(found) => found,
                object_type::Found::OtherCase(found) => {
                    folds.push(choice!("cap.type-name-case"));
                    found
                }
                object_type::Found::Nowhere => return None,
            };
            Resource::ObjectType {
                domain: domain.name.clone(),
                name: found.name.clone(),
            }
        }
        Resource::Integration { .. } => return None,
    };
    (!folds.is_empty()).then_some((stored, folds))
}

/// Why a resource that is not there may be answered for all the same.
enum Near {
    /// Names that differ by case may be the same.
    OtherCase,
    /// Types named like a template may exist without being put.
    Implicit,
    /// It was deleted.
    Gone(crate::contract::RuleId),
}

fn near_miss(world: &World, resource: &Resource) -> Option<Near> {
    let folded = |choice| world.choices.get(choice).has(1);
    match resource {
        Resource::Domain(name) => {
            let other_case = world
                .domains
                .keys()
                .any(|known| known.eq_ignore_ascii_case(name));
            if other_case && folded(choice!("domain.name.case")) {
                return Some(Near::OtherCase);
            }
            world
                .gone
                .contains_key(name)
                .then_some(Near::Gone(rule!("domain.delete.effect")))
        }
        Resource::ObjectType { domain, name } => {
            let Some(domain) = world.domain(domain) else {
                return near_miss(world, &Resource::Domain(domain.clone()));
            };
            let other_case = domain
                .types
                .keys()
                .any(|known| known.eq_ignore_ascii_case(name));
            if other_case && folded(choice!("cap.type-name-case")) {
                return Some(Near::OtherCase);
            }
            let rules = domain.absent.get(name);
            let is_gone = rules.is_some_and(|rules| rules.contains(&rule!("delete-type.gone")));
            // What is deleted may be there as before it was put, but for those who show no such types, and while it has no objects.
            let shown = world.choices.get(choice!("cap.implicit-visible")).has(1);
            let mut objects = domain.store.objects.values();
            let used = domain.obscured || objects.any(|object| object.type_name().as_ref() == name);
            let hidden = is_gone && !shown && !used && world.offers(name);
            if !hidden && (name.starts_with('_') || world.may_offer(name)) {
                return Some(Near::Implicit);
            }
            is_gone.then_some(Near::Gone(rule!("delete-type.gone")))
        }
        Resource::Integration { domain } => match world.domain(domain) {
            Some(_) => None,
            None => near_miss(world, &Resource::Domain(domain.clone())),
        },
    }
}

/// Tags that a tag operation changed; `None` if nobody can say.
fn written(
    world: &World,
    tags: &Tags,
    rules: Rules,
    change: impl Fn(Vec<(String, String)>) -> Vec<(String, String)>,
) -> Option<Tags> {
    tags.known.as_ref()?;
    let changed = tags.changed(change, rules, rules!["tag.consistency"]);
    if tags.shown != tags.known {
        // Who keeps them apart does not write to both.
        return Some(Tags {
            shown: tags.shown.clone(),
            ..changed
        });
    }
    let before = tags.before.as_ref().or(tags.shown.as_ref());
    Some(Tags {
        before: before.filter(|_| !world.reference).cloned(),
        ..changed
    })
}

/// An answer without members.
fn nothing() -> Pattern {
    Pattern::Object(Object::of(Vec::new()))
}

pub(super) fn add(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let Some((resource, tags)) = scope(world, input, &mut gate) else {
        return gate.finish(Vec::new());
    };
    let added = input.member("tags").map(pairs).unwrap_or_default();
    let union = written(world, &tags, rules!["tag.add.merge"], |mut known| {
        known.extend(added.iter().cloned());
        known
    });
    let union = union.unwrap_or_else(|| {
        if !world.reference {
            let why = "nobody can say how many tags there are";
            gate.ground(Ground::may(
                rule!("tag.add.limit-total"),
                Refusals::BAD,
                why,
            ));
        }
        Tags::unknown()
    });
    if union
        .known
        .as_ref()
        .is_some_and(|tags| tags.len() > TAGS_PER_RESOURCE)
    {
        let mut ground = Ground::should(
            rule!("tag.add.limit-total"),
            Refusals::BAD,
            "more than 50 tags in total",
        );
        ground.rules.push(rule!("quota.tags"));
        gate.ground(ground);
    }
    let union = match gate.obscures() {
        true => Tags::unknown(),
        false => union,
    };
    let effect = Effect::new(move |world, _| {
        if let Some(tags) = find_mut(world, &resource) {
            *tags = union.clone();
        }
    });
    gate.finish(vec![Served::new(
        nothing(),
        effect,
        rules!["tag.add.merge"],
    )])
}

pub(super) fn remove(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let Some((resource, tags)) = scope(world, input, &mut gate) else {
        return gate.finish(Vec::new());
    };
    let keys = &input.tag_keys;
    if let Some(known) = &tags.known
        && keys
            .iter()
            .any(|key| !known.iter().any(|(known, _)| known == key))
    {
        gate.grudge(
            rule!("tag.remove.absent-key"),
            Refusals::BAD.or(Refusals::NOT_FOUND),
        );
    }
    let left = written(world, &tags, rules!["tag.remove"], |mut known| {
        known.retain(|(known, _)| !keys.contains(known));
        known
    });
    let left = left.unwrap_or_else(|| {
        if !world.reference {
            let refusals = Refusals::BAD.or(Refusals::NOT_FOUND);
            let why = "nobody can say which tags there are";
            gate.ground(Ground::may(rule!("tag.remove.absent-key"), refusals, why));
        }
        Tags::unknown()
    });
    let left = match gate.obscures() {
        true => Tags::unknown(),
        false => left,
    };
    let effect = Effect::new(move |world, _| {
        if let Some(tags) = find_mut(world, &resource) {
            *tags = left.clone();
        }
    });
    gate.finish(vec![Served::new(nothing(), effect, rules!["tag.remove"])])
}

pub(super) fn list(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let Some((resource, tags)) = scope(world, input, &mut gate) else {
        return gate.finish(Vec::new());
    };
    if tags.known.as_ref().is_some_and(Vec::is_empty) {
        gate.touch(rule!("tag.list.empty"));
    }
    if world
        .domain(resource.domain())
        .is_some_and(|domain| !domain.types.is_empty())
    {
        gate.also(rule!("tag.per-resource"));
    }
    let body = Pattern::Object(Object::of(vec![tags.slot("tags", true)]));
    let effect = Effect::new(move |world, body| {
        if let (Some(tags), Some(body)) = (find_mut(world, &resource), body) {
            tags.adopt_listed(body.get("tags"));
        }
    });
    // What an ARN of another partition shows may be of something else.
    let dashed = input.label("resourceArn").is_some_and(is_dashed);
    let effect = if world.reference || dashed {
        Effect::none()
    } else {
        effect
    };
    gate.finish(vec![Served::new(body, effect, rules!["tag.arn.encoded"])])
}
