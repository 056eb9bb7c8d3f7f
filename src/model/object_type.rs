//! Object types: put, get, list and delete (contract 3.3 to 3.7).

use std::collections::HashSet;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::validate::Input;
use crate::contract::{Options, Refusals, template};
use crate::wire::Json;
use crate::{choice, rule};

use super::assign::note;
use super::domain::{name_pattern, pairs, scope};
use super::gate::{Branch, Gate, Ground, Served, refused_by, served_by};
use super::heard::Heard;
use super::index::No;
use super::mapping::{self, Request};
use super::object::{carry_out, detach, obscure, plan_of, undefine, unknowable};
use super::page::{Item, Listing, Naming, Need, Strangers};
use super::pattern::{
    Object, Pattern, Presence, RuleList, Rules, Slot, Times, absent, optional, required, rules,
};
use super::profile::bury;
use super::reread;
use super::store::{Held, Source, Store};
use super::tag::TAGS_PER_RESOURCE;
use super::ways::Ways;
use super::world::{Domain, Effect, Mapping, ObjectType, Scalar, Tags, World};

/// Object types that exist in every domain without being put.
const STANDARD: [&str; 3] = ["_profile", "_asset", "_case"];

/// The expiration, in days, that certainly works (quota.expiration).
const EXPIRATION_QUOTA: u16 = 1096;

/// The object types of a domain that certainly work (quota.types-per-domain).
const TYPES_PER_DOMAIN: usize = 100;

/// The standard type of later revisions: not promised, and not wrong to be there.
const LATER: &str = "_order";

/// Whether a name is that of a standard type, at this revision or later.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name) || name == LATER
}

/// Whether a name is that of a standard type, and not of one that was put: that is possible of those of later revisions.
pub(super) fn is_standard_in(domain: &Domain, name: &str) -> bool {
    is_standard(name) && !domain.types.contains_key(name)
}

/// Whether a name that nobody put may be there all the same: standard types and implicit ones.
fn may_be_implicit(name: &str) -> bool {
    name.starts_with('_') || template::find(name).is_some() || template::is_later(name)
}

/// The type a request names.
pub(super) enum Found<'w> {
    Here(&'w ObjectType),
    /// A type whose name differs by case exists.
    OtherCase(&'w ObjectType),
    Nowhere,
}

pub(super) fn find<'w>(world: &'w World, domain: &'w Domain, name: &str) -> Found<'w> {
    if let Some(found) = domain.types.get(name) {
        return Found::Here(found);
    }
    if !world.choices.get(choice!("cap.type-name-case")).has(1) {
        return Found::Nowhere;
    }
    match domain
        .types
        .values()
        .find(|found| found.name.eq_ignore_ascii_case(name))
    {
        Some(found) => Found::OtherCase(found),
        None => Found::Nowhere,
    }
}

pub(super) fn folded(world: &World) -> bool {
    world.choices.get(choice!("cap.type-name-case")).has(1)
}

const SENSITIVE: Options = Options::only(0);
const INSENSITIVE: Options = Options::only(1);

/// The ground for refusing a request that names a type in another case than its own.
fn in_another_case() -> Ground {
    Ground::choice(
        rule!("put-type.name.case"),
        choice!("cap.type-name-case"),
        INSENSITIVE,
        SENSITIVE,
        Refusals::NOT_FOUND,
        "a type of that name in another case",
    )
}

/// Rules broken if a type that is not there is shown all the same, the most telling first.
fn absence(world: &World, domain: &Domain, name: &str) -> Rules {
    if let Some(rules) = domain.absent.get(name) {
        return rules;
    }
    let elsewhere = world
        .domains
        .values()
        .any(|other| other.name != domain.name && other.types.contains_key(name));
    if elsewhere {
        rules!["domain.isolation", "get-type.unknown"]
    } else {
        rules!["get-type.unknown"]
    }
}

/// Remembers that a put was refused.
pub(super) fn refused(world: &mut World, domain: &str, name: &str) {
    let Some(domain) = world.domain_mut(domain) else {
        return;
    };
    match domain.types.get_mut(name) {
        Some(found) => {
            let found = Arc::make_mut(found);
            found.after_refusal = true;
        }
        None => {
            domain.absent.insert(
                name.to_owned(),
                rules!["put-type.rejected-no-effect", "get-type.unknown"],
            );
        }
    }
}

pub(super) fn put(world: &World, heard: &Heard, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(
        world,
        input,
        &mut gate,
        rules!["put-type.domain-unknown", "domain.scope-unknown"],
    );
    let Some(name) = input.label("ObjectTypeName").map(str::to_owned) else {
        return gate.finish(Vec::new());
    };
    reserved(world, &name, &mut gate);
    if world.reference && !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    gate.doubt(false);
    let Some(request) = heard.put() else {
        return gate.finish(Vec::new());
    };
    let (existing, other_case) = match domain.map(|domain| find(world, domain, &name)) {
        None | Some(Found::Nowhere) => (None, false),
        Some(Found::Here(found)) => (Some(found), false),
        Some(Found::OtherCase(found)) => (Some(found), true),
    };
    let is_open = world.choices.get(choice!("cap.type-name-case")).has(0);
    // A body that only others can read may hold any mapping.
    if !input.unread {
        let mapping = ["Fields", "Keys", "TemplateId", "AllowProfileCreation"];
        let is_repeated = input.repeated.iter().any(|name| mapping.contains(name));
        // Some read what others take for no member at all.
        let is_respelled = gate.is_respelled();
        gate.doubt(is_repeated || is_respelled);
        mapping::weigh(world, domain, &name, request, existing, &mut gate);
        gate.doubt(false);
    }
    let key = input.member("EncryptionKey").and_then(Json::as_str);
    if key.is_some_and(|key| !key.is_empty() || !world.reference) {
        let refusals = Refusals::BAD.or(Refusals::DENIED).or(Refusals::NOT_FOUND);
        let why = "EncryptionKey may not exist";
        gate.ground(Ground::may(
            rule!("put-type.encryption-key.content"),
            refusals,
            why,
        ));
    }
    if let Some(days) = input
        .member("ExpirationDays")
        .and_then(Json::as_number)
        .map(|days| days.as_f64())
        && days > f64::from(EXPIRATION_QUOTA)
    {
        gate.touch(rule!("quota.expiration"));
    }
    if existing.is_none() && domain.is_some_and(|domain| domain.types.len() >= TYPES_PER_DOMAIN) {
        gate.touch(rule!("quota.over"));
        gate.ground(Ground::may(
            rule!("quota.types-per-domain"),
            Refusals::BAD,
            "more than 100 object types in a domain",
        ));
    }
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    // At this revision that of a later one is a type like any other.
    let mut standard = None;
    if is_standard_in(domain, &name) {
        let mut slots = vec![required(
            "ObjectTypeName",
            name_pattern(&name, folded(world)),
            rules!["put-type.response.echo"],
        )];
        if world.reference {
            let description = Pattern::Exactly(Json::from(request.description.as_str()));
            let rules = rules!["put-type.response.echo"];
            slots.push(required("Description", description, rules));
        }
        let body = Pattern::Object(Object::of(slots));
        standard = Some(Served::new(
            body,
            redefine(domain, &name, &request.description),
            rules!["put-type.name.standard"],
        ));
    }
    if let Some(standard) = standard.take_if(|_| world.reference || name != LATER) {
        return gate.finish(vec![standard]);
    }
    let put = Put {
        world,
        domain,
        name: &name,
        input,
        request,
        obscured: gate.obscures(),
    };
    let mut served = Vec::from_iter(standard);
    let mut apart = Vec::new();
    match (existing, other_case) {
        (Some(other), true) if is_open => {
            // Another type, or the same one: only a later answer tells.
            let same = (choice!("cap.type-name-case"), INSENSITIVE);
            let mut again = gate.clone();
            let mut ways = Vec::new();
            put.ways(Some(other), &mut again, &mut ways);
            let refusable = again.grounds() > gate.grounds();
            let branches = again.finish(ways);
            if refusable {
                apart.extend(refused_by(same, &branches));
            }
            apart.extend(served_by(same, branches));
            let start = served.len();
            put.ways(None, &mut gate, &mut served);
            for way in &mut served[start..] {
                way.learns.push((choice!("cap.type-name-case"), SENSITIVE));
            }
        }
        (existing, _) => put.ways(existing, &mut gate, &mut served),
    }
    let mut found = gate.finish(served);
    if apart.iter().any(Branch::refuses) {
        // Whatever the reason of who takes the other side is, it is none of who does not.
        for branch in &mut found {
            branch.allowed.far_fetched = false;
        }
    }
    found.extend(apart);
    found
}

/// Remembers the description that a put gave a standard type, which has one of its own.
fn redefine(domain: &Domain, name: &str, description: &str) -> Effect {
    let standard = STANDARD.into_iter().find(|known| *known == name);
    let Some(standard) = standard.filter(|_| !description.trim().is_empty()) else {
        return Effect::none();
    };
    let (domain, description) = (domain.name.clone(), Arc::<str>::from(description));
    Effect::new(move |world, _| {
        if world.reference {
            return;
        }
        if let Some(domain) = world.domain_mut(&domain) {
            let seen = domain.standards.entry(standard).or_default();
            if !seen.shown.contains(&description) && !seen.put.contains(&description) {
                seen.put.push(description);
            }
        }
    })
}

/// The description of a standard type: none that somebody put.
fn own_description(domain: &Domain, name: &str) -> Option<Slot> {
    let put = &domain.standards.get(name)?.put;
    let own = || Pattern::Other(put.clone());
    let known = !put.is_empty() && !domain.undefined;
    known.then(|| optional("Description", own(), rules!["put-type.name.standard"]))
}

/// Remembers with which description a standard type is shown.
fn show_standard(domain: &Domain, name: &str) -> Effect {
    let Some(standard) = STANDARD.into_iter().find(|known| *known == name) else {
        return Effect::none();
    };
    let domain = domain.name.clone();
    Effect::new(move |world, body| {
        let description = body.and_then(|body| body.get("Description")?.as_str());
        if let (Some(domain), Some(description)) = (world.domain_mut(&domain), description) {
            let shown = &mut domain.standards.entry(standard).or_default().shown;
            if shown.iter().all(|known| **known != *description) {
                shown.push(description.into());
            }
        }
    })
}

fn reserved(world: &World, name: &str, gate: &mut Gate<'_>) {
    if is_standard(name) {
        let refusals = Refusals::BAD.or(Refusals::NOT_FOUND).or(Refusals::DENIED);
        gate.ground(Ground::may(
            rule!("put-type.name.standard"),
            refusals,
            "a standard object type",
        ));
    } else {
        refuse_reserved(world, name, Refusals::NOT_FOUND.or(Refusals::DENIED), gate);
    }
}

/// The ground for refusing a name that only standard types ought to have. A refusal of another kind is not what ought to come, but a
/// refusal.
fn refuse_reserved(world: &World, name: &str, others: Refusals, gate: &mut Gate<'_>) {
    if !name.starts_with('_') {
        return;
    }
    let rule = rule!("put-type.name.reserved");
    let why = "names that begin with _ are reserved";
    gate.ground(Ground::may(rule, Refusals::BAD, why));
    if !world.reference {
        gate.grudge(rule, others);
    }
}

/// Who holds every name against the rules for new ones may refuse a reserved one wherever it comes up, if there is no such type.
fn reserved_elsewhere(world: &World, name: &str, gate: &mut Gate<'_>) {
    if !world.reference {
        refuse_reserved(world, name, Refusals::DENIED, gate);
    }
}

/// A put that may be served.
struct Put<'a> {
    world: &'a World,
    domain: &'a Domain,
    name: &'a str,
    input: &'a Input,
    request: &'a Request,
    obscured: bool,
}

impl Put<'_> {
    /// The ways in which it is served: a type is created or replaced, and the target decides what its mapping is.
    fn ways(&self, existing: Option<&ObjectType>, gate: &mut Gate<'_>, served: &mut Vec<Served>) {
        for (mapping, learns) in self.mappings(existing) {
            for (tags, tag_learns) in self.tags(existing, gate) {
                let mut object_type = self.object_type(existing, mapping.clone(), tags);
                // The reference has no use for its history.
                object_type.again = !self.world.reference
                    && existing.is_some_and(|existing| {
                        existing.description == object_type.description
                            && existing.mapping == object_type.mapping
                    });
                let mut push = |object_type, more| {
                    let mut way = self.served(object_type, existing);
                    way.effect = Effect::both(way.effect, more);
                    way.learns.extend(learns);
                    way.learns.extend(tag_learns);
                    served.push(way);
                };
                let Some(rereads) = self.reread(&object_type) else {
                    push(object_type, Effect::none());
                    continue;
                };
                if !self.domain.rereads {
                    push(object_type.clone(), Effect::none());
                }
                push(object_type, rereads);
            }
        }
    }

    /// Reads the objects that are there by the new mapping; `None` where that makes no difference, or nobody knows which.
    fn reread(&self, object_type: &ObjectType) -> Option<Effect> {
        if self.world.reference || self.obscured || self.domain.obscured {
            return None;
        }
        let plan = plan_of(self.world, object_type)?;
        if !reread::matters(self.domain, &object_type.name, &plan) {
            return None;
        }
        let (domain, name) = (self.domain.name.clone(), object_type.name.clone());
        let reads = Effect::new(move |world, _| {
            let choices = world.choices.clone();
            if let Some(domain) = world.domain_mut(&domain) {
                domain.rereads = true;
                let store = Arc::make_mut(&mut domain.store);
                reread::reread(store, &name, &plan, &choices);
            }
        });
        if self.domain.rereads {
            return Some(reads);
        }
        let owing = Effect::owing(rules!["put-type.replace.existing-data"].into());
        Some(Effect::both(reads, owing))
    }

    /// The mappings the type may have afterwards.
    fn mappings(
        &self,
        existing: Option<&ObjectType>,
    ) -> Vec<(Mapping, Option<(crate::contract::ChoiceId, Options)>)> {
        let own = || Mapping::Own(self.request.own_mapping(self.input));
        match &self.request.template {
            Some(template) if self.request.has_mapping() => {
                let choice = choice!("cap.template-overrides");
                let left = self.world.choices.get(choice);
                let mut ways = Vec::new();
                if left.has(1) {
                    ways.push((
                        Mapping::Template(template.clone()),
                        Some((choice, Options::only(1))),
                    ));
                }
                if left.has(2) {
                    ways.push((own(), Some((choice, Options::only(2)))));
                }
                ways
            }
            Some(template) => vec![(Mapping::Template(template.clone()), None)],
            None if !self.request.has_mapping() => {
                // The mapping of the template of that name, or none at all.
                if self.world.may_offer(self.name) {
                    return vec![(Mapping::Unknown, None)];
                }
                // Who retains a template has its mapping as well.
                let retained = existing.into_iter().flat_map(|it| it.template.values());
                let mut ways = vec![(own(), None)];
                ways.extend(
                    retained
                        .filter(|_| !self.world.reference)
                        .filter_map(|id| id?.as_str())
                        .map(|id| (Mapping::Template(id.to_owned()), None)),
                );
                ways
            }
            None => vec![(own(), None)],
        }
    }

    /// The tags the type may have afterwards.
    fn tags(
        &self,
        existing: Option<&ObjectType>,
        gate: &mut Gate<'_>,
    ) -> Vec<(Tags, Option<(crate::contract::ChoiceId, Options)>)> {
        const STORED: Rules = rules!["put-type.tags.stored", "tag.consistency"];
        let given = self.input.member("Tags").map(pairs);
        let Some(existing) = existing else {
            let rules = match self.domain.absent.get(self.name) {
                Some(reason) if reason.contains(&rule!("delete-type.gone")) => {
                    rules![
                        "delete-type.reput",
                        "put-type.tags.stored",
                        "tag.list.empty"
                    ]
                }
                _ => rules!["put-type.tags.stored", "tag.list.empty"],
            };
            return match given {
                Some(given) => vec![(Tags::of(given, STORED, STORED), None)],
                None => vec![(Tags::of(Vec::new(), rules, rules), None)],
            };
        };
        const KEPT: Rules = rules!["put-type.replace.tags-absent", "put-type.tags.stored"];
        let choice = choice!("cap.tags-on-reput");
        const CHOSEN: Rules = rules!["put-type.replace.tags-present"];
        let left = self.world.choices.get(choice);
        let cleared = given.as_ref().is_some_and(Vec::is_empty);
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            let kept = Tags {
                rules: KEPT,
                elsewhere: KEPT,
                ..existing.tags.clone()
            };
            let mut ways = vec![(kept, None)];
            if cleared && left.has(1) && !self.world.reference {
                // Who replaces tags may do so by none.
                let none = Tags::of(Vec::new(), CHOSEN, CHOSEN);
                ways.push((none, Some((choice, Options::only(1)))));
            }
            return ways;
        };
        gate.ground(Ground::choice(
            rule!("put-type.replace.tags-present"),
            choice,
            Options(0b0111),
            Options::only(3),
            Refusals::BAD,
            "tags for a type that exists",
        ));
        if existing.tags.known.is_none() {
            return vec![(Tags::unknown(), None)];
        }
        let merged = |old: Vec<(String, String)>| -> Vec<(String, String)> {
            old.into_iter().chain(given.iter().cloned()).collect()
        };
        let union = existing.tags.changed(merged, CHOSEN, CHOSEN);
        if left.has(2) && !self.world.reference && union.is_over(TAGS_PER_RESOURCE) {
            let why = "more than 50 tags, if they are merged";
            gate.ground(Ground::may(
                rule!("tag.add.limit-total"),
                Refusals::BAD,
                why,
            ));
        }
        let mut ways: Vec<(Tags, Option<(crate::contract::ChoiceId, Options)>)> = Vec::new();
        for option in (0..3).filter(|option| left.has(*option)) {
            let tags = match option {
                0 => existing.tags.changed(|old| old, CHOSEN, CHOSEN),
                1 => existing.tags.changed(|_| given.clone(), CHOSEN, CHOSEN),
                _ => union.clone(),
            };
            match ways.iter_mut().find(|(known, _)| *known == tags) {
                Some((_, Some((_, options)))) => *options = options.or(Options::only(option)),
                _ => ways.push((tags, Some((choice, Options::only(option))))),
            }
        }
        ways
    }

    fn object_type(
        &self,
        existing: Option<&ObjectType>,
        mapping: Mapping,
        tags: Tags,
    ) -> ObjectType {
        const ECHO: Rules = rules!["put-type.echo.scalars"];
        const RETAINED: crate::contract::RuleId = rule!("put-type.replace.optional-scalars");
        let by_template = self.request.template.is_some();
        let kept = |old: fn(&ObjectType) -> &Scalar, reset: Scalar| match existing {
            // Omitted in a later put: reset to the default, or retained.
            Some(existing) if self.world.outcomes.of(RETAINED) == 1 => old(existing).clone(),
            Some(existing) => reset.or(old(existing), rules!["put-type.replace.optional-scalars"]),
            None => reset,
        };
        let description = self.request.description.clone();
        let defaults =
            |scalar: &Scalar| -> Vec<_> { scalar.values().map(Option::<&Json>::cloned).collect() };
        let default_days = defaults(&self.domain.expiration);
        let expiration = match self.input.member("ExpirationDays") {
            // What becomes of it beside a template nobody says.
            Some(days) if by_template && !self.world.reference => {
                let own = [Some(days.clone()), None];
                Scalar::one_of(own.into_iter().chain(default_days), ECHO).inherited()
            }
            Some(days) => Scalar::is(days.clone(), ECHO),
            None => {
                let rules = rules!["put-type.expiration.default"];
                let reset = Scalar::one_of([None].into_iter().chain(default_days), rules);
                kept(|old| &old.expiration, reset.inherited())
            }
        };
        // The key of the domain may be shown, as with the expiration.
        let domain_key = defaults(&self.domain.encryption_key).into_iter();
        let domain_key = domain_key.chain([Some(Json::from(""))]);
        let encryption_key = match self.input.member("EncryptionKey") {
            Some(key) if key.as_str() == Some("") || by_template && !self.world.reference => {
                let own = [Some(key.clone()), None];
                Scalar::one_of(own.into_iter().chain(domain_key), ECHO).inherited()
            }
            Some(key) => Scalar::is(key.clone(), ECHO),
            None => {
                let reset = Scalar::one_of([None].into_iter().chain(domain_key), ECHO);
                kept(|old| &old.encryption_key, reset.inherited())
            }
        };
        let allow_creation = match (self.input.member("AllowProfileCreation"), by_template) {
            (Some(allow), false) if allow.as_bool() == Some(false) => {
                Scalar::one_of([Some(Json::Bool(false)), None], ECHO)
            }
            (Some(allow), false) => Scalar::is(allow.clone(), ECHO),
            (_, true) => Scalar::one_of(
                [Some(Json::Bool(true)), Some(Json::Bool(false)), None],
                rules!["put-type.template.with-allow-creation"],
            ),
            // With the mapping of the template may come the rest of it.
            (None, false) if !self.request.has_mapping() && self.world.may_offer(self.name) => {
                let either = Scalar::one_of(
                    [Some(Json::Bool(false)), None, Some(Json::Bool(true))],
                    rules!["put-type.mapping.none-implicit"],
                );
                kept(|old| &old.allow_creation, either)
            }
            (None, false) => {
                let default = rules!["put-type.allow-creation.default"];
                kept(
                    |old| &old.allow_creation,
                    Scalar::one_of([Some(Json::Bool(false)), None], default),
                )
            }
        };
        let template = match (self.request.template.as_deref(), &mapping) {
            (Some(template), _) => {
                Scalar::is(Json::from(template), rules!["put-type.template.echo"])
            }
            // It is retained, and its mapping with it.
            (None, Mapping::Template(id)) => Scalar::is(
                Json::from(id.as_str()),
                rules!["put-type.replace.optional-scalars"],
            ),
            (None, _) => match existing {
                // With Fields and Keys of its own the type should forget its template.
                Some(_) if self.request.has_mapping() => kept(
                    |old| &old.template,
                    Scalar::nothing(rules!["put-type.replace.template-to-custom"]),
                )
                .because(rules!["put-type.replace.template-to-custom"]),
                _ if !self.request.has_mapping() && self.world.may_offer(self.name) => {
                    let either = Scalar::one_of(
                        [None, Some(Json::from(self.name))],
                        rules!["put-type.mapping.none-implicit"],
                    );
                    match self.world.reference {
                        true => either,
                        false => kept(|old| &old.template, either),
                    }
                }
                _ => kept(
                    |old| &old.template,
                    Scalar::nothing(rules!["put-type.template.echo"]),
                ),
            },
        };
        ObjectType {
            name: existing.map_or_else(|| self.name.to_owned(), |existing| existing.name.clone()),
            description,
            template,
            expiration,
            encryption_key,
            allow_creation,
            mapping,
            tags,
            times: existing.map(|existing| existing.times).unwrap_or_default(),
            replaced: existing.is_some(),
            again: false,
            anew: existing.is_none()
                && self
                    .domain
                    .absent
                    .get(self.name)
                    .is_some_and(|rules| rules.contains(&rule!("delete-type.gone"))),
            after_refusal: false,
        }
    }

    fn served(&self, object_type: ObjectType, existing: Option<&ObjectType>) -> Served {
        let echo = rules!["put-type.response.echo"];
        const EQUALS_GET: Rules = rules!["put-type.response.equals-get"];
        let mut shown = shown(self.world, &object_type, Looked::Put);
        let before = existing.map(|existing| existing.times).unwrap_or_default();
        shown.times = Some(Box::new(Times {
            created: before.created(rules!["put-type.timestamps"]),
            updated: before.updated(
                u64::MAX,
                rules!["put-type.timestamps"],
                rules!["put-type.timestamps"],
            ),
            order: rules!["put-type.timestamps"],
            renewed: true,
        }));
        // A template that was not given is no more than what a Get will show.
        let retained =
            self.request.template.is_none() && matches!(object_type.mapping, Mapping::Template(_));
        let required: &[&str] = match retained {
            true => &["ObjectTypeName", "Description"],
            false => &["ObjectTypeName", "Description", "TemplateId"],
        };
        let mut shown = shown.requiring(required);
        for slot in &mut shown.slots {
            match slot.name {
                "Description" if !object_type.description.is_ascii() => {
                    slot.rules = rules!["proto.unicode-roundtrip", "put-type.response.echo"];
                }
                "ObjectTypeName" | "Description" => slot.rules = echo,
                "TemplateId" if !retained => {}
                // Only the members of an immediate Get are promised, and only with a SHOULD.
                _ => slot.because(EQUALS_GET),
            }
        }
        let body = if self.obscured {
            Pattern::Any
        } else {
            Pattern::Object(shown)
        };
        let (domain, obscured) = (self.domain.name.clone(), self.obscured);
        let effect = Effect::new(move |world, body| {
            let mut object_type = object_type;
            if let Some(body) = body {
                object_type.times.adopt(body, world.writes, false);
            }
            if let Some(domain) = world.domain_mut(&domain) {
                domain.obscured |= obscured;
                domain.undefined |= obscured;
                let before = domain.types.get(&object_type.name);
                domain.retyped |= before.is_some_and(|it| it.mapping != object_type.mapping);
                domain.absent.remove(&object_type.name);
                domain
                    .types
                    .insert(object_type.name.clone(), Arc::new(object_type));
            }
        });
        let blame = if existing.is_some() {
            rules!["put-type.upsert"]
        } else {
            rules!["put-type.response.echo"]
        };
        Served::new(body, effect, blame)
    }
}

/// Who looks at a type.
#[derive(Clone, Copy, PartialEq)]
enum Looked {
    /// The put that made it.
    Put,
    /// A get.
    Get,
}

/// The body of PutProfileObjectType and GetProfileObjectType.
fn shown(world: &World, object_type: &ObjectType, looked: Looked) -> Object {
    let echo = rules!["put-type.response.echo"];
    let mut slots = vec![
        required(
            "ObjectTypeName",
            name_pattern(&object_type.name, folded(world)),
            echo,
        ),
        required(
            "Description",
            Pattern::Exactly(Json::from(object_type.description.as_str())),
            description_rules(object_type),
        ),
        object_type.template.slot("TemplateId"),
        object_type.expiration.slot("ExpirationDays"),
        object_type.encryption_key.slot("EncryptionKey"),
        object_type.allow_creation.slot("AllowProfileCreation"),
    ];
    slots.extend(mapping_slots(world, object_type));
    slots.push(object_type.tags.slot("Tags", false));
    let times = Times {
        created: object_type.times.created(rules!["put-type.timestamps"]),
        updated: object_type.times.updated(
            world.writes,
            rules!["get-type.pure", "put-type.timestamps"],
            rules!["put-type.response.equals-get"],
        ),
        order: rules!["put-type.timestamps"],
        renewed: false,
    };
    if looked == Looked::Get && object_type.after_refusal {
        for slot in &mut slots {
            slot.refused();
        }
    }
    Object {
        slots,
        times: Some(Box::new(times)),
        check: None,
    }
}

fn description_rules(object_type: &ObjectType) -> Rules {
    match (object_type.replaced, object_type.description.is_ascii()) {
        (false, true) => rules!["put-type.response.echo", "put-type.description.content"],
        (false, false) => rules![
            "proto.unicode-roundtrip",
            "put-type.response.echo",
            "put-type.description.content"
        ],
        (true, true) => rules![
            "put-type.upsert",
            "put-type.response.echo",
            "put-type.description.content"
        ],
        (true, false) => rules![
            "proto.unicode-roundtrip",
            "put-type.upsert",
            "put-type.response.echo"
        ],
    }
}

/// `Fields` and `Keys`.
fn mapping_slots(world: &World, object_type: &ObjectType) -> Vec<Slot> {
    let fields_rules = if object_type.replaced {
        rules!["put-type.echo.fields", "put-type.replace.fields-keys"]
    } else {
        rules!["put-type.echo.fields"]
    };
    let keys_rules = if object_type.replaced {
        rules!["put-type.echo.keys", "put-type.replace.fields-keys"]
    } else {
        rules!["put-type.echo.keys"]
    };
    match &object_type.mapping {
        Mapping::Unknown => Vec::new(),
        Mapping::Own(own) => {
            // A type that has kept its template may still be shown without a mapping (put-type.template.mapping).
            let has_template = object_type.may_have_template();
            let slot = |name, value: &Arc<Pattern>, count: usize, rules, stale| Slot {
                name,
                presence: match count {
                    0 => Presence::Absent,
                    _ if has_template && !world.reference => Presence::Optional,
                    _ => Presence::Required,
                },
                value: Pattern::Shared(Arc::clone(value)),
                rules: if count == 0 && object_type.replaced {
                    stale
                } else {
                    rules
                },
            };
            let stale = rules!["put-type.replace.fields-keys"];
            let mut keys = slot("Keys", &own.keys, own.key_count, keys_rules, stale);
            if own.bare_keys && own.key_count == 0 && !world.reference {
                keys.presence = Presence::Optional;
            }
            let fields = slot("Fields", &own.fields, own.field_count, fields_rules, stale);
            vec![fields, keys]
        }
        Mapping::Template(id) => template_slots(world, id, rules!["put-type.template.mapping"]),
    }
}

/// `Fields` and `Keys` of a template that the target has shown.
fn template_slots(world: &World, id: &str, rules: Rules) -> Vec<Slot> {
    let shown = world.template_shown(id);
    let slot = |name| {
        let value = mapping::as_shown(name, shown.as_ref()?.get(name)?, rules);
        Some(optional(name, value, rules))
    };
    ["Fields", "Keys"].into_iter().filter_map(slot).collect()
}

impl Slot {
    /// Names other rules for a difference here.
    fn because(&mut self, rules: Rules) {
        self.rules = rules;
        match &mut self.value {
            Pattern::Map(map) => {
                map.rules = rules;
                map.extra = rules;
            }
            Pattern::Shared(shared) | Pattern::SharedFor(_, shared) => {
                self.value = Pattern::SharedFor(rules, Arc::clone(shared));
            }
            _ => {}
        }
    }

    /// After a refused put, a changed value is an effect the put must not have had.
    fn refused(&mut self) {
        match self.name {
            "Description" | "Fields" | "Keys" => {
                self.because(rules![
                    "put-type.rejected-no-effect",
                    "put-type.echo.scalars"
                ]);
            }
            "Tags" => self.because(rules![
                "put-type.rejected-no-effect",
                "put-type.tags.stored"
            ]),
            _ => {}
        }
    }
}

pub(super) fn get(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    let name = input.label("ObjectTypeName").unwrap_or_default();
    let found = match find(world, domain, name) {
        Found::Here(found) => found,
        Found::OtherCase(found) => {
            gate.ground(in_another_case());
            found
        }
        Found::Nowhere => return missing(world, domain, name, gate),
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    history(world, domain, found, &mut gate);
    const BLAME: Rules = rules!["get-type.after-put", "time.control-plane"];
    if world.reference {
        let body = Pattern::Object(shown(world, found, Looked::Get));
        return gate.finish(vec![Served::new(body, Effect::none(), BLAME)]);
    }
    let tags = found.tags.looks();
    let looks = found.by_template().into_iter().flat_map(|seen| {
        let with = move |(tags, warns): &(Tags, _)| {
            (
                ObjectType {
                    tags: tags.clone(),
                    ..seen.clone()
                },
                *warns,
            )
        };
        tags.iter().map(with).collect::<Vec<_>>()
    });
    let looks = looks.map(|(seen, warns)| {
        let body = if domain.undefined {
            Pattern::Any
        } else {
            Pattern::Object(shown(world, &seen, Looked::Get))
        };
        let (domain, name) = (domain.name.clone(), found.name.clone());
        let effect = Effect::new(move |world, body| {
            let writes = world.writes;
            if let (Some(found), Some(body)) = (world.type_mut(&domain, &name), body) {
                found.adopt(body, writes);
            }
        });
        Served {
            warns,
            ..Served::new(body, effect, BLAME)
        }
    });
    gate.finish(looks.collect())
}

/// What happened before an answer about a type, and which rules a difference may break because of it.
fn history(world: &World, domain: &Domain, found: &ObjectType, gate: &mut Gate<'_>) {
    if domain.updated {
        gate.also(rule!("domain.update.partial"));
    }
    if domain.again {
        gate.also(rule!("domain.create.duplicate"));
    }
    if found.again {
        gate.also(rule!("put-type.idempotent"));
    }
    if template::find(&found.name).is_some() {
        gate.also(rule!("implicit.replaced"));
    }
    let deleted = |rules: &Rules| rules.contains(&rule!("delete-type.gone"));
    if domain.absent.values().any(deleted) {
        gate.also(rule!("delete-type.others-untouched"));
    }
    if found.anew {
        gate.also(rule!("delete-type.reput"));
    }
    if found.tags.elsewhere.first() == Some(&rule!("tag.consistency")) {
        gate.also(rule!("tag.opaque"));
    }
    if found.after_refusal {
        gate.also(rule!("put-type.rejected-no-effect"));
    }
    if world.domains.len() + world.gone.len() > 1 {
        gate.also(rule!("domain.isolation"));
    }
}

impl ObjectType {
    /// The type without its template and with it, if it may have kept that: only who shows a template may hide a mapping.
    fn by_template(&self) -> SmallVec<[Self; 2]> {
        let is_open = self.may_have_template() && self.template.admits(None);
        if !is_open || !matches!(self.mapping, Mapping::Own(_)) {
            return SmallVec::from_iter([self.clone()]);
        }
        let with = |present, rules| Self {
            template: self.template.where_present(present, rules),
            ..self.clone()
        };
        let kept = rules!["put-type.template.echo", "put-type.echo.fields"];
        SmallVec::from_iter([with(false, self.template.rules()), with(true, kept)])
    }

    /// Takes over from an answer what was open.
    fn adopt(&mut self, body: &Json, writes: u64) {
        self.template.adopt(body.get("TemplateId"));
        self.expiration.adopt(body.get("ExpirationDays"));
        self.encryption_key.adopt(body.get("EncryptionKey"));
        self.allow_creation.adopt(body.get("AllowProfileCreation"));
        self.tags.adopt_shown(body.get("Tags"));
        self.times.adopt(body, writes, true);
    }
}

/// A Get of a type nobody put: not found, unless it is implicit or standard.
fn missing(world: &World, domain: &Domain, name: &str, mut gate: Gate<'_>) -> Vec<Branch> {
    let mut slots = vec![required(
        "ObjectTypeName",
        name_pattern(name, folded(world)),
        rules!["get-type.unknown"],
    )];
    if let Some(shown) = world.template_shown(name).filter(|_| world.reference) {
        let rules: Rules = rules!["implicit.visible"];
        let text = Pattern::Text("A type that nobody put");
        slots.push(required("Description", text, rules));
        for member in ["AllowProfileCreation", "Fields", "Keys"] {
            let value = shown.get(member).cloned().map(Pattern::Exactly);
            slots.extend(value.map(|value| required(member, value, rules)));
        }
    }
    slots.extend(own_description(domain, name));
    let reasons = domain.absent.get(name);
    let deleted = reasons.is_some_and(|rules| rules.contains(&rule!("delete-type.gone")));
    if !world.reference && !domain.undefined {
        let rules = match deleted {
            true => rules!["delete-type.gone", "implicit.returns-after-delete"],
            false => rules!["implicit.visible"],
        };
        slots.extend(template_slots(world, name, rules));
    }
    let body = Pattern::Object(Object::of(slots));
    let why = format!("no object type {name:?}");
    if is_standard(name) {
        let refusals = Refusals::NOT_FOUND.or(Refusals::BAD);
        // The reference has nothing to show for them yet.
        let ground = Ground::may(rule!("get-type.standard"), refusals, why);
        gate.ground(if world.reference {
            Ground {
                strength: crate::contract::Strength::Must,
                ..ground
            }
        } else {
            ground
        });
        return gate.finish(vec![Served::new(
            body,
            show_standard(domain, name),
            rules!["get-type.standard"],
        )]);
    }
    if world.may_offer(name) {
        let rule = if deleted {
            rule!("implicit.returns-after-delete")
        } else {
            rule!("implicit.visible")
        };
        let (choice, visible) = (choice!("cap.implicit-visible"), Options::only(1));
        let mut served = Served::new(body, Effect::none(), rules!["implicit.visible"]);
        gate.ground(if world.offers(name) {
            let hidden = Options::only(0);
            Ground::choice(rule, choice, visible, hidden, Refusals::NOT_FOUND, why)
        } else {
            // Nobody knows whether there is such a template.
            served.learns.push((choice, visible));
            Ground::may(rule, Refusals::NOT_FOUND, why)
        });
        return gate.finish(vec![served]);
    }
    if domain.undefined {
        gate.ground(Ground::may(
            rule!("get-type.unknown"),
            Refusals::NOT_FOUND,
            why,
        ));
        return gate.finish(vec![Served::new(
            Pattern::Any,
            Effect::none(),
            rules!["get-type.unknown"],
        )]);
    }
    reserved_elsewhere(world, name, &mut gate);
    let mut ground = Ground::must(absence(world, domain, name), Refusals::NOT_FOUND, why);
    let alike = |other: &String| other.eq_ignore_ascii_case(name);
    if domain.types.keys().any(alike) {
        ground.rules.push(rule!("put-type.name.case"));
    }
    gate.ground(ground);
    gate.finish(Vec::new())
}

pub(super) fn list(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let Some(domain) = domain else {
        return gate.finish(Vec::new());
    };
    const SAME_AS_GET: Rules = rules!["list-types.item"];
    // Of templates that the target has shown there may be types nobody put.
    let implicit = world
        .templates
        .iter()
        .filter(|(id, seen)| !world.reference && seen.exists() && !domain.types.contains_key(*id));
    let implicit = implicit.map(|(id, _)| Item {
        need: Need::May,
        ..Item::named(id.clone(), Pattern::Any)
    });
    let standards = STANDARD.into_iter().filter_map(|name| {
        let description = own_description(domain, name)?;
        let pattern = Pattern::Object(Object::of(vec![description]));
        Some(Item {
            need: Need::May,
            ..Item::named(name.to_owned(), pattern)
        })
    });
    let items = domain
        .types
        .values()
        .map(|found| {
            let description = Pattern::Exactly(Json::from(found.description.as_str()));
            let mut tags = found.tags.slot("Tags", false);
            tags.because(rules!["list-types.item", "tag.consistency"]);
            if found
                .tags
                .elsewhere
                .first()
                .is_some_and(|rule| *rule == rule!("tag.consistency"))
            {
                tags.because(rules!["tag.consistency", "list-types.item"]);
            }
            if tags.presence == Presence::Required {
                tags.presence = Presence::Optional;
            }
            let slots = vec![
                required(
                    "ObjectTypeName",
                    name_pattern(&found.name, folded(world)),
                    SAME_AS_GET,
                ),
                required("Description", description, SAME_AS_GET),
                tags,
                absent("Fields", rules!["list-types.no-mapping"]),
                absent("Keys", rules!["list-types.no-mapping"]),
            ];
            let times = Times {
                created: found.times.created(
                    // Only what a Get showed and nothing has changed since is promised to be the same here.
                    if found.times.read_at(world.writes) {
                        SAME_AS_GET
                    } else {
                        rules!["put-type.timestamps"]
                    },
                ),
                updated: found.times.updated(
                    world.writes,
                    SAME_AS_GET,
                    rules!["put-type.timestamps"],
                ),
                order: rules!["put-type.timestamps"],
                renewed: false,
            };
            Item::named(
                found.name.clone(),
                Pattern::Object(Object {
                    slots,
                    times: Some(Box::new(times)),
                    check: None,
                }),
            )
        })
        .chain(implicit)
        .chain(standards)
        .collect();
    let mut known: Vec<(String, RuleList)> = Vec::new();
    if !domain.undefined {
        for (name, rules) in &domain.absent {
            if may_be_implicit(name) || world.offers(name) {
                continue;
            }
            let rules: Rules = if rules.contains(&rule!("delete-type.gone")) {
                rules!["list-types.after-delete"]
            } else {
                rules
            };
            known.push((name.clone(), rules.into()));
        }
        for other in world
            .domains
            .values()
            .filter(|other| other.name != domain.name)
        {
            let foreign = other
                .types
                .keys()
                .filter(|name| !domain.types.contains_key(*name) && !may_be_implicit(name));
            known.extend(foreign.map(|name| {
                (
                    name.clone(),
                    RuleList::from_slice(rules!["domain.isolation"]),
                )
            }));
        }
    }
    let legal: fn(&str) -> bool = if domain.undefined {
        |_| true
    } else {
        may_be_implicit
    };
    let strangers = Strangers {
        foreign: false,
        folded: folded(world),
        legal,
        known,
        rules: rules!["list-types.complete"],
    };
    Listing {
        key: Naming::Member("ObjectTypeName"),
        scope: format!("object-types {}", domain.name),
        items,
        strangers,
        missing: rules!["list-types.complete", "page.complete"],
        blame: rules!["list-types.complete"],
        adopt: None,
    }
    .branches(world, input, gate)
}

pub(super) fn delete(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    let name = input.label("ObjectTypeName").unwrap_or_default();
    let message = Pattern::Object(Object::of(vec![required(
        "Message",
        Pattern::Text("Deleted"),
        rules!["delete-type.ok"],
    )]));
    let mut apart = Vec::new();
    let found = match find(world, domain, name) {
        Found::Here(found) => found,
        Found::OtherCase(found) => {
            // Who keeps names apart by case may answer so for the deletion of what is not there.
            let sensitive = (choice!("cap.type-name-case"), SENSITIVE);
            if !world.choices.get(sensitive.0).and(SENSITIVE).is_empty() {
                let missing = delete_missing(world, domain, name, message.clone(), gate.clone());
                apart.extend(served_by(sensitive, missing));
            }
            gate.ground(in_another_case());
            found
        }
        Found::Nowhere => return delete_missing(world, domain, name, message, gate),
    };
    let name = found.name.clone();
    let blame: Rules = rules!["delete-type.ok"];
    let type_name = name.clone();
    let served = carry_out(world, domain, &message, blame, move |store, ways| {
        forget(store, &type_name, ways);
    });
    let blind = || vec![Served::new(message, obscure(&domain.name), blame)];
    let mut served = served.unwrap_or_else(blind);
    for way in &mut served {
        let (domain, name) = (domain.name.clone(), name.clone());
        let effect = Effect::new(move |world, _| {
            let reference = world.reference;
            if let Some(domain) = world.domain_mut(&domain) {
                domain.types.remove(&name);
                if !reference {
                    domain
                        .absent
                        .insert(name.clone(), rules!["delete-type.gone", "get-type.unknown"]);
                }
            }
        });
        way.effect = Effect::both(std::mem::replace(&mut way.effect, Effect::none()), effect);
    }
    let mut found = gate.finish(served);
    found.extend(apart);
    found
}

/// Whether a profile has no objects, and no value that a request gave it for certain.
fn is_bereft(store: &Store, no: No) -> bool {
    let given =
        |(_, held): &(_, Held)| held.source == Source::Request && !held.options.contains(&None);
    let added = store
        .profiles
        .get(&no)
        .is_some_and(|profile| !profile.rest.added.is_empty());
    !added && store.objects_on(no).next().is_none() && !store.fields_of(no).iter().any(given)
}

/// Removes the objects of a type, and what came only from them (contract 3.7).
fn forget(store: &mut Store, type_name: &str, ways: &mut Ways) {
    let observes = !ways.is_reference();
    let objects: Vec<No> = store
        .objects
        .iter()
        .filter(|(_, object)| object.type_name().as_ref() == type_name)
        .map(|(no, _)| no)
        .collect();
    let former = store.former_owners(type_name);
    let mut owners: Vec<No> = Vec::new();
    let mut met: HashSet<No> = HashSet::new();
    let taken: HashSet<No> = objects.iter().copied().collect();
    for no in &objects {
        let Some(object) = store.objects.get(no) else {
            continue;
        };
        if met.insert(object.profile) {
            owners.push(object.profile);
        }
        if let (Some(key), true) = (object.key(), observes) {
            let rule = rule!("delete-type.objects");
            store.gone_objects.push((type_name.into(), key, rule));
        }
        let fate = ways.fate(rule!("delete-type.keys"));
        if let Some(object) = store.remove_object(*no, fate) {
            detach(store, *no, &object, ways);
        }
    }
    for no in &owners {
        let gone: Vec<No> = store
            .fields_of(*no)
            .iter()
            .filter_map(|(_, held)| match held.source {
                Source::Object(by) if !store.objects.contains_key(&by) => Some(by),
                _ => None,
            })
            .collect();
        let fate = ways.fate(rule!("delete-type.keys"));
        store.change_profile(*no, fate, |profile, fields| {
            if observes {
                let rule = rule!("delete-type.profile-remains");
                note(&mut profile.rest.history, rule);
            }
            for (_, held) in fields.iter_mut() {
                match held.source {
                    Source::Object(by) if taken.contains(&by) => {
                        held.options = SmallVec::from_iter([None]);
                        held.free = false;
                        held.rules = rules!["delete-type.scrub", "search.profile-content"];
                    }
                    Source::Object(by) if gone.contains(&by) => held.admit(None),
                    // What another source had written before may be back.
                    Source::Several => held.free |= observes,
                    // What others wrote ought to stay, and no more.
                    Source::Request if observes && held.decided().is_some() => {
                        held.rules = rules![
                            "profile.create.fields",
                            "search.profile-content",
                            "delete-type.scrub"
                        ];
                    }
                    Source::Object(_) if observes && held.decided().is_some() => {
                        held.rules = rules![
                            "std.profile.targets",
                            "search.profile-content",
                            "delete-type.scrub"
                        ];
                    }
                    _ => {}
                }
            }
            if !observes {
                fields.retain(|(_, held)| !held.is_unset());
            }
        });
    }
    // What objects left behind that were deleted before, or moved, may be taken for theirs or not.
    let left: Vec<No> = former.into_iter().filter(|no| !met.contains(no)).collect();
    for no in &left {
        let fate = ways.fate(rule!("delete-type.keys"));
        let there: HashSet<No> = store.objects_on(*no).map(|(object, _)| object).collect();
        store.change_profile(*no, fate, |_, fields| {
            for (_, held) in fields {
                match held.source {
                    Source::Object(by) if !there.contains(&by) => held.admit(None),
                    Source::Several => held.free = true,
                    _ => {}
                }
            }
        });
    }
    // A profile that had nothing else may go with them, but then all of them do.
    let bare: Vec<No> = owners
        .iter()
        .copied()
        .filter(|no| {
            let profile = store.profiles.get(no);
            let requested = profile.is_some_and(|profile| {
                let fields = store.fields_of(*no);
                let requested = |(_, held): &(_, Held)| held.source != Source::Request;
                !fields.iter().all(requested) || !profile.rest.added.is_empty()
            });
            !requested && store.objects_on(*no).next().is_none()
        })
        .collect();
    if observes {
        // A profile of which a request filled something once, or that had its objects before, may go or not.
        let others = owners.iter().filter(|no| !bare.contains(no));
        for no in left.iter().chain(others) {
            let bereft = is_bereft(store, *no);
            if let Some(profile) = store.profiles.get_mut(no).filter(|_| bereft) {
                profile.doubt = Some(rule!("delete-type.inferred-profile"));
            }
        }
    }
    for no in &bare {
        if let Some(profile) = store.profiles.get_mut(no).filter(|_| observes) {
            let remains = rule!("delete-type.profile-remains");
            profile.rest.history.retain(|rule| *rule != remains);
            let rule = rule!("delete-type.inferred-profile");
            note(&mut profile.rest.history, rule);
        }
    }
    if !bare.is_empty() && ways.outcome(rule!("delete-type.inferred-profile"), 2) == 1 {
        for no in bare {
            let rule = rule!("delete-type.inferred-profile");
            if observes {
                bury(store, no, rule);
            }
            store.remove_profile(no, observes.then_some(rule));
        }
    }
}

/// Whether a type of that name was deleted, and may still be going.
fn is_settling(world: &World, domain: &Domain, name: &str) -> bool {
    let alike = |other: &str| other == name || folded(world) && other.eq_ignore_ascii_case(name);
    let mut absent = domain.absent.iter();
    !world.reference
        && absent.any(|(other, rules)| alike(other) && rules.contains(&rule!("delete-type.gone")))
}

fn delete_missing(
    world: &World,
    domain: &Domain,
    name: &str,
    message: Pattern,
    mut gate: Gate<'_>,
) -> Vec<Branch> {
    let why = format!("no object type {name:?}");
    let not_found = Refusals::NOT_FOUND;
    let implicit = world.may_offer(name);
    let mut objects = domain.store.objects.values();
    let ingested = objects.any(|object| object.type_name().as_ref() == name);
    if implicit && ingested && !domain.obscured {
        let type_name = name.to_owned();
        let blame: Rules = rules!["implicit.deletable"];
        let served = carry_out(world, domain, &message, blame, move |store, ways| {
            forget(store, &type_name, ways);
        });
        return match served {
            Some(served) => gate.finish(served),
            None => vec![unknowable(&domain.name)],
        };
    }
    let mut effect = Effect::none();
    if is_standard_in(domain, name) {
        let refusals = Refusals::BAD.or(not_found).or(Refusals::DENIED);
        gate.ground(Ground::should(rule!("delete-type.standard"), refusals, why));
        // What is deleted with it if it is, nobody says.
        effect = undefine(&domain.name);
    } else if implicit {
        gate.ground(Ground::may(rule!("implicit.deletable"), not_found, why));
    } else {
        reserved_elsewhere(world, name, &mut gate);
        let (missing, ok) = (Options::only(0), Options::only(1));
        gate.ground(Ground::choice(
            rule!("delete-type.unknown"),
            choice!("cap.delete-missing/type"),
            // While a deletion settles, another one may be served by anybody.
            if is_settling(world, domain, name) {
                missing.or(ok)
            } else {
                ok
            },
            missing,
            not_found,
            why,
        ));
    }
    gate.finish(vec![Served::new(
        message,
        effect,
        rules!["delete-type.unknown"],
    )])
}
