//! Profile objects: PutProfileObject, DeleteProfileObject and ListProfileObjects (contract 3.11, 3.18, 3.20).

use std::sync::Arc;

use memchr::memchr_iter;
use smallvec::SmallVec;

use crate::contract::validate::{Input, has_control};
use crate::contract::{Options, Refusals, RuleId, Strength, Tells, template};
use crate::wire::Json;
use crate::wire::json::JsonErrorKind;
use crate::{choice, rule};

use super::assign::note;
use super::domain::{name_pattern, scope};
use super::filter::{self, Filter};
use super::gate::{Branch, Gate, Ground, Outcome, Served, refused_somehow};
use super::index::No;
use super::ingest::{self, Arrival, Arrived, Stored};
use super::object_type;
use super::page::{self, Adopt, Item, Listing, Naming, Need, Strangers};
use super::pattern::{
    Object as Members, Pattern, Presence, RuleList, Rules, Slot, optional, required, rules,
};
use super::plan::Plan;
use super::portrait::Portrait;
use super::profile;
use super::store::{Digest, Fate, Held, Kind, Object, Source, Store};
use super::ways::{Ways, explore};
use super::world::{Domain, Effect, Mapping, ObjectType, Scalar, World};

const BAD: Refusals = Refusals::BAD;
const NOT_FOUND: Refusals = Refusals::NOT_FOUND;

/// Objects of more characters than this may exceed a quota that counts more than them (ingest.object.max).
const NEAR_QUOTA: usize = 200_000;

/// The most bytes of an object that certainly fit (quota.object-size).
const QUOTA_BYTES: usize = 256_000;

/// The most objects that certainly fit on a profile (quota.objects-per-profile).
const PROFILE_OBJECTS: usize = 100;

/// The most bytes of objects that certainly fit on a profile (quota.profile-total-size).
const PROFILE_BYTES: usize = 5_000_000;

/// An answer of which nothing is known, after which nothing about the data is.
pub(super) fn unknowable(domain: &str) -> Branch {
    let mut branch = super::free(Outcome::Free, rule!("proto.no-5xx"));
    branch.effect = obscure(domain);
    branch
}

/// Nothing about the data is certain any more, but to the reference, which knows what it did.
pub(super) fn obscure(domain: &str) -> Effect {
    let domain = domain.to_owned();
    Effect::new(move |world, _| {
        let observes = !world.reference;
        if let Some(domain) = world.domain_mut(&domain) {
            domain.obscured |= observes;
        }
    })
}

/// Nothing about the domain is certain any more, but to the reference.
pub(super) fn undefine(domain: &str) -> Effect {
    let domain = domain.to_owned();
    Effect::new(move |world, _| {
        let observes = !world.reference;
        if let Some(domain) = world.domain_mut(&domain) {
            domain.obscured |= observes;
            domain.undefined |= observes;
        }
    })
}

/// Replaces the data of a domain by what a way came to.
pub(super) fn becomes(domain: &str, store: Store) -> Effect {
    let (domain, store) = (domain.to_owned(), Arc::new(store));
    Effect::new(move |world, _| {
        if let Some(domain) = world.domain_mut(&domain) {
            domain.store = Arc::clone(&store);
        }
    })
}

/// Changes the data of a domain of the reference in place.
pub(super) fn changes(domain: &str, change: impl Fn(&mut Store) + Send + Sync + 'static) -> Effect {
    let domain = domain.to_owned();
    Effect::new(move |world, _| {
        if let Some(domain) = world.domain_mut(&domain) {
            change(Arc::make_mut(&mut domain.store));
        }
    })
}

/// Carries out a change of the data on every way it may go: the ways in which the request is served.
///
/// `None` if there are too many, or one leads where nobody can say.
pub(super) fn carry_out(
    world: &World,
    domain: &Domain,
    body: &Pattern,
    blame: Rules,
    change: impl Fn(&mut Store, &mut Ways) + Send + Sync + 'static,
) -> Option<Vec<Served>> {
    let name = &domain.name;
    if world.reference {
        let (choices, outcomes) = (world.choices.clone(), world.outcomes.clone());
        let effect = changes(name, move |store| {
            change(store, &mut Ways::reference(&choices, &outcomes));
        });
        return Some(vec![Served::new(body.clone(), effect, blame)]);
    }
    let ways = explore(&world.choices, None, |ways| {
        let mut store = Store::clone(&domain.store);
        change(&mut store, ways);
        store
    })?;
    if ways.iter().any(|(_, ways)| ways.is_lost()) {
        return None;
    }
    let served = ways.into_iter().map(|(store, ways)| Served {
        learns: ways.learns().clone(),
        ..Served::new(body.clone(), becomes(name, store), blame)
    });
    Some(served.collect())
}

/// The fields and keys that objects of a type are read by, where they are known.
pub(super) fn plan_of(world: &World, found: &ObjectType) -> Option<Arc<Plan>> {
    let plan = match &found.mapping {
        Mapping::Own(own) => Arc::clone(&own.plan),
        Mapping::Template(id) => template_plan(world, id)?,
        Mapping::Unknown => return None,
    };
    // Where there is no mapping, or a template, nobody says what else tells objects apart.
    let open = plan.keys.is_empty() || found.may_have_template();
    (!open || plan.uniques().count() == 1).then_some(plan)
}

fn template_plan(world: &World, id: &str) -> Option<Arc<Plan>> {
    let shown = world.template_shown(id)?;
    let plan = Plan::read(shown.get("Fields"), shown.get("Keys"));
    Some(Arc::new(plan))
}

/// The values that AllowProfileCreation may have; absent is false.
fn allowances(allow: &Scalar) -> Vec<bool> {
    let mut values: Vec<bool> = Vec::with_capacity(2);
    for option in allow.values() {
        let value = option.and_then(Json::as_bool).unwrap_or(false);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

pub(super) fn put(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let missing = rules!["ingest.domain-unknown", "domain.scope-unknown"];
    let domain = scope(world, input, &mut gate, missing);
    let text = |name| input.member(name).and_then(Json::as_str);
    let (Some(type_name), Some(object_text)) = (text("ObjectTypeName"), text("Object")) else {
        if let (Some(domain), Some(name), false) = (domain, text("ObjectTypeName"), world.reference)
        {
            find_type(world, domain, name, &mut gate);
        }
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    let object = weigh_object(object_text, &mut gate);
    let Some(domain) = domain else {
        return gate.finish(Vec::new());
    };
    let found = find_type(world, domain, type_name, &mut gate);
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured {
        return vec![unknowable(&domain.name)];
    }
    let (Some((type_name, plan, allow)), Some(object)) = (found, object) else {
        // Nobody knows whether it has the values that its type needs.
        return taken_blindly(&domain.name, gate);
    };
    if gate.obscures() {
        let blame = rules!["ingest.object.any-structure"];
        return gate.finish(vec![Served::new(
            Pattern::Any,
            obscure(&domain.name),
            blame,
        )]);
    }
    gate.touch(rule!("ingest.object.any-structure"));
    gate.touch(rule!("ingest.async"));
    let arrival = Arriving {
        type_name,
        plan,
        object,
        text: object_text.into(),
        allow,
        seed: domain.seed,
    };
    if world.reference {
        return take_in(world, domain, arrival, gate);
    }
    let Some(ways) = explore(&world.choices, None, |ways| {
        let mut store = Store::clone(&domain.store);
        let arrived = ingest::ingest(&mut store, &arrival.borrow(), ways);
        (arrived, store)
    }) else {
        return taken_blindly(&domain.name, gate);
    };
    if ways.iter().all(|(_, ways)| ways.is_lost()) {
        return taken_blindly(&domain.name, gate);
    }
    for rule in ingest::misfits(&arrival.plan, &arrival.object, &world.choices) {
        ground_rejection(rule, &SmallVec::new(), &mut gate);
    }
    let mut served = Vec::with_capacity(ways.len());
    for ((arrived, store), ways) in ways {
        let learns = ways.learns().clone();
        let (body, effect) = match arrived {
            _ if ways.is_lost() => {
                ground_rejection(
                    rule!("ingest.object.any-structure"),
                    &SmallVec::new(),
                    &mut gate,
                );
                (Pattern::Any, obscure(&domain.name))
            }
            Arrived::Rejected(rule) => {
                match ways.owes().first() {
                    Some(should) => gate.grudge(*should, BAD),
                    None => ground_rejection(rule, &learns, &mut gate),
                }
                let touches = |kind| arrival.plan.touches(kind);
                if rule == rule!("assign.none.no-create")
                    && (touches(Kind::Asset) || touches(Kind::Case))
                {
                    gate.touch(rule!("asset.no-profile"));
                }
                gate.touch(rule!("ingest.rejected-no-effect"));
                (Pattern::Any, Effect::none())
            }
            Arrived::Dropped => (Pattern::Any, Effect::none()),
            Arrived::Stored(stored) => {
                ground_quota(&store, stored.no, &mut gate);
                let body = answered(&store, &stored);
                let adopt = learn_key(&domain.name, stored.no);
                (body, Effect::both(becomes(&domain.name, store), adopt))
            }
        };
        let effect = Effect::both(effect, Effect::owing(ways.owes().clone()));
        served.push(Served {
            learns,
            ..Served::new(body, effect, rules!["ingest.object.any-structure"])
        });
    }
    gate.finish(served)
}

/// An object of which nobody can say what becomes of it: refused, it changes nothing.
fn taken_blindly(domain: &str, mut gate: Gate<'_>) -> Vec<Branch> {
    const ANY: Rules = rules!["ingest.object.any-structure"];
    ground_rejection(ANY[0], &SmallVec::new(), &mut gate);
    gate.finish(vec![Served::new(Pattern::Any, obscure(domain), ANY)])
}

/// An object on its way in, with all it needs.
struct Arriving {
    type_name: Arc<str>,
    plan: Arc<Plan>,
    object: Json,
    text: Arc<str>,
    allow: Vec<bool>,
    seed: Option<u64>,
}

impl Arriving {
    fn borrow(&self) -> Arrival<'_> {
        Arrival {
            type_name: Arc::clone(&self.type_name),
            plan: &self.plan,
            object: &self.object,
            text: Arc::clone(&self.text),
            allow: &self.allow,
            seed: self.seed,
        }
    }
}

/// How the reference takes an object in: it looks first, and changes its data only when it has answered.
fn take_in(world: &World, domain: &Domain, arriving: Arriving, mut gate: Gate<'_>) -> Vec<Branch> {
    let mut ways = Ways::reference(&world.choices, &world.outcomes);
    let (body, effect) = match ingest::prepare(&domain.store, &arriving.borrow(), &mut ways) {
        Ok(prepared) => {
            // A server that matches before it answers can say so at once.
            let told = rule!("assign.none.no-create");
            if prepared.is_homeless(&arriving.allow) && world.outcomes.of(told) == 1 {
                gate.ground(Ground::must(
                    rules!["assign.none.no-create"],
                    BAD,
                    "no profile",
                ));
            }
            let body = Members::of(vec![required(
                "ProfileObjectUniqueKey",
                Pattern::Exactly(Json::from(prepared.key())),
                rules!["ingest.response.key"],
            )]);
            let name = domain.name.clone();
            let effect = Effect::new(move |world, _| {
                if let Some(domain) = world.domain_mut(&name) {
                    let store = Arc::make_mut(&mut domain.store);
                    ingest::settle(store, &arriving.borrow(), prepared, &mut ways);
                }
            });
            (body, effect)
        }
        Err(Arrived::Rejected(rule)) => {
            ground_rejection(rule, &SmallVec::new(), &mut gate);
            (Members::default(), Effect::none())
        }
        Err(_) => (Members::default(), Effect::none()),
    };
    let blame = rules!["ingest.object.any-structure"];
    gate.finish(vec![Served::new(Pattern::Object(body), effect, blame)])
}

/// An object that may be refused at once, or taken and dropped.
fn ground_rejection(rule: RuleId, learns: &super::gate::Learns, gate: &mut Gate<'_>) {
    let mut ground = Ground::may(rule, BAD, "the object cannot be stored");
    if let [(choice, options)] = learns.as_slice() {
        ground.tells = Some(Tells {
            choice: *choice,
            served: choice.options(),
            refused: *options,
        });
    }
    gate.ground(ground);
}

/// A profile that has more than it may have, with an object that is stored, may be a ground for refusing that.
fn ground_quota(store: &Store, no: No, gate: &mut Gate<'_>) {
    if store.objects.len() <= PROFILE_OBJECTS && store.size() <= PROFILE_BYTES {
        return;
    }
    let Some(profile) = store.objects.get(&no).map(|object| object.profile) else {
        return;
    };
    let (mut count, mut bytes) = (0_usize, 0_usize);
    for (_, object) in store.objects_on(profile) {
        count += 1;
        bytes += object.text.len();
    }
    if count > PROFILE_OBJECTS {
        let (rule, why) = (rule!("quota.objects-per-profile"), "too many objects");
        gate.ground(Ground::may(rule, BAD, why));
    }
    if bytes > PROFILE_BYTES {
        let (rule, why) = (
            rule!("quota.profile-total-size"),
            "objects that are too large",
        );
        gate.ground(Ground::may(rule, BAD, why));
    }
}

/// What PutProfileObject answers for an object that is stored.
fn answered(store: &Store, stored: &Stored) -> Pattern {
    const DETERMINISTIC: Rules = rules!["ingest.response.key-deterministic"];
    let Some(object) = store.objects.get(&stored.no) else {
        return Pattern::Any;
    };
    let key = match (object.key(), stored.replaced) {
        (Some(key), true) => Pattern::Exactly(Json::from(key.as_ref())),
        _ => {
            let others = store
                .objects
                .iter()
                .filter(|(no, other)| *no != stored.no && other.type_name() == object.type_name());
            Pattern::Other(others.filter_map(|(_, other)| other.key()).collect())
        }
    };
    Pattern::Object(Members::of(vec![required(
        "ProfileObjectUniqueKey",
        Pattern::SharedFor(DETERMINISTIC, Arc::new(key)),
        rules!["ingest.response.key"],
    )]))
}

fn learn_key(domain: &str, no: No) -> Effect {
    let domain = domain.to_owned();
    Effect::new(move |world, body| {
        let key = body.and_then(|body| body.get("ProfileObjectUniqueKey"));
        if let (Some(key), Some(domain)) = (key.and_then(Json::as_str), world.domain_mut(&domain))
            && let Some(object) = Arc::make_mut(&mut domain.store).objects.get_mut(&no)
        {
            object.seen.key = Some(key.into());
        }
    })
}

/// Reads the text of an object; what speaks against it goes to the gate.
fn weigh_object(text: &str, gate: &mut Gate<'_>) -> Option<Json> {
    let object = match Json::parse(text.as_bytes()) {
        Ok(object) => object,
        Err(error) => {
            let why = format!("Object: {error}");
            gate.ground(match error.kind {
                JsonErrorKind::TooDeep | JsonErrorKind::LoneSurrogate => Ground {
                    obscures: true,
                    ..Ground::may(rule!("ingest.object.depth"), BAD, why)
                },
                _ => Ground::must(rules!["ingest.object.not-json"], BAD, why),
            });
            return None;
        }
    };
    if object.members().is_none() {
        let why = format!("Object: {}, not an object", object.kind_name());
        gate.ground(Ground {
            obscures: true,
            ..Ground::should(rule!("ingest.object.not-object"), BAD, why)
        });
        return None;
    }
    if object.has_duplicate_members() || has_huge_numbers(&object) {
        let why = "Object: duplicate members or huge numbers";
        gate.ground(Ground {
            obscures: object.has_duplicate_members(),
            strength: Strength::May,
            ..Ground::may(rule!("ingest.object.depth"), BAD, why)
        });
    }
    // An object without a control character has no byte of one, and no escape for one.
    if (has_control(text) || escapes_control(text)) && has_controls(&object) {
        let why = "Object: control characters";
        gate.ground(Ground::may(rule!("proto.control-chars"), BAD, why));
    }
    gate.touch(rule!("quota.object-size"));
    if text.len() > QUOTA_BYTES {
        gate.ground(Ground::may(
            rule!("ingest.object.bytes"),
            BAD,
            format!("Object: {} bytes", text.len()),
        ));
    } else if text.len() > NEAR_QUOTA {
        gate.grudge(rule!("ingest.object.max"), BAD);
    }
    Some(object)
}

/// Whether any number is beyond what a double holds.
fn has_huge_numbers(value: &Json) -> bool {
    match value {
        Json::Number(number) => !number.as_f64().is_finite(),
        Json::Array(items) => items.iter().any(has_huge_numbers),
        Json::Object(members) => members.iter().any(|(_, value)| has_huge_numbers(value)),
        _ => false,
    }
}

/// Whether a text of JSON may hold the escape of a control character.
fn escapes_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr_iter(b'\\', bytes).any(|at| bytes[at + 1..].starts_with(b"u00"))
}

/// Whether any text or name has control characters other than white space.
fn has_controls(value: &Json) -> bool {
    match value {
        Json::String(text) => has_control(text),
        Json::Array(items) => items.iter().any(has_controls),
        Json::Object(members) => {
            let mut members = members.iter();
            members.any(|(name, value)| has_control(name) || has_controls(value))
        }
        _ => false,
    }
}

/// The type an object is put under: its name, its mapping and whether it may create profiles.
fn find_type(
    world: &World,
    domain: &Domain,
    name: &str,
    gate: &mut Gate<'_>,
) -> Option<(Arc<str>, Arc<Plan>, Vec<bool>)> {
    let unknown = BAD.or(NOT_FOUND);
    if object_type::is_standard_in(domain, name) {
        let refusals = unknown.or(Refusals::DENIED);
        let why = format!("{name} is filled by other objects");
        gate.ground(Ground {
            obscures: true,
            ..Ground::should(rule!("ingest.type.standard"), refusals, why)
        });
        return None;
    }
    match object_type::find(world, domain, name) {
        object_type::Found::Here(found) => {
            let plan = plan_of(world, found)?;
            let name = found.name.as_str().into();
            Some((name, plan, allowances(&found.allow_creation)))
        }
        object_type::Found::OtherCase(found) => {
            gate.ground(Ground::choice(
                rule!("put-type.name.case"),
                choice!("cap.type-name-case"),
                Options::only(1),
                Options::only(0),
                unknown,
                "a type of that name in another case",
            ));
            let plan = plan_of(world, found)?;
            let name = found.name.as_str().into();
            Some((name, plan, allowances(&found.allow_creation)))
        }
        object_type::Found::Nowhere if template::find(name).is_some() => {
            // Whether the target offers the template is not known, nor is its mapping unless it was shown.
            gate.grudge(rule!("implicit.ingest"), unknown);
            let plan = template_plan(world, name).filter(|_| world.reference)?;
            let shown = world.template_shown(name)?;
            let allow = shown.get("AllowProfileCreation").and_then(Json::as_bool);
            Some((name.into(), plan, vec![allow.unwrap_or(false)]))
        }
        object_type::Found::Nowhere => {
            let why = format!("no object type {name:?}");
            if world.may_offer(name) {
                gate.ground(Ground::may(rule!("ingest.type.unknown"), unknown, why));
            } else {
                let mut ground = Ground::must(rules!["ingest.type.unknown"], unknown, why);
                if domain.absent.contains_key(name) {
                    ground.rules.push(rule!("delete-type.gone"));
                }
                gate.ground(ground);
            }
            None
        }
    }
}

pub(super) fn delete(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let text = |name| input.member(name).and_then(Json::as_str);
    if let (Some(domain), false, false) = (domain, gate.may_be_served(), world.reference) {
        ground_place(world, domain, input, &mut gate);
    }
    let (Some(domain), Some(profile_id), Some(key), Some(type_name)) = (
        domain,
        text("ProfileId"),
        text("ProfileObjectUniqueKey"),
        text("ObjectTypeName"),
    ) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured || gate.obscures() {
        return vec![unknowable(&domain.name)];
    }
    let store = &domain.store;
    let profile = store.profile_no(profile_id);
    let of_type = || {
        let objects = store.objects.iter();
        objects.filter(|(_, object)| object.type_name().as_ref() == type_name)
    };
    let found = if world.reference {
        let own = Digest::read(key).and_then(|digest| store.object_of(digest));
        own.and_then(|no| Some((no, store.objects.get(&no)?)))
            .filter(|(_, object)| Some(object.profile) == profile)
            .filter(|(_, object)| object.type_name().as_ref() == type_name)
    } else {
        of_type().find(|(_, object)| object.seen.key.as_deref() == Some(key))
    };
    let found = found.map(|(no, object)| (no, object.profile));
    let nameless = profile.is_none() && store.has_nameless();
    if !world.reference
        && found.is_none()
        && (nameless || of_type().any(|(_, object)| object.seen.key.is_none()))
    {
        return vec![unknowable(&domain.name)];
    }
    let message = Pattern::Object(Members::of(vec![optional(
        "Message",
        Pattern::Text("Deleted"),
        rules!["object.delete.ok"],
    )]));
    match found {
        Some((no, on)) if Some(on) == profile => {
            gate.touch(rule!("object.delete.ok"));
            if is_merged(store, no) {
                // The job that moves it there may not have come to it.
                let (rule, why) = (rule!("merge.effect"), "the object may not be there yet");
                gate.ground(Ground::may(rule, BAD.or(NOT_FOUND), why));
            }
            let blame = rules!["object.delete.ok"];
            let served = carry_out(world, domain, &message, blame, move |store, ways| {
                remove(store, no, ways);
            });
            match served {
                Some(served) => gate.finish(served),
                None => vec![unknowable(&domain.name)],
            }
        }
        found => {
            let rule = match found {
                Some(_) => rule!("object.delete.wrong-profile"),
                None => rule!("object.delete.unknown-key"),
            };
            let why = format!("no object {key:?} of {type_name} on that profile");
            gate.ground(Ground::may(rule, BAD.or(NOT_FOUND), why));
            let blame = rules!["object.delete.unknown-key"];
            let mut served = vec![Served::new(message.clone(), Effect::none(), blame)];
            let merged = |id: &str| {
                let gone = store.gone.iter().find(|(gone, _)| gone.as_ref() == id);
                gone.is_some_and(|(_, rule)| *rule == rule!("merge.effect"))
            };
            let kind = match type_name {
                "_asset" => Some(Kind::Asset),
                "_case" => Some(Kind::Case),
                _ => None,
            };
            if let Some((no, _)) = found
                .filter(|(no, _)| !world.reference && is_merged(store, *no) && merged(profile_id))
            {
                // The job that takes it away from there may not have come to it.
                let removed = carry_out(world, domain, &message, blame, move |store, ways| {
                    remove(store, no, ways);
                });
                match removed {
                    Some(removed) => served.extend(removed),
                    None => return vec![unknowable(&domain.name)],
                }
            } else if let (Some(kind), Some(profile), false) = (kind, profile, world.reference) {
                let (name, key) = (domain.name.clone(), key.to_owned());
                let effect = Effect::new(move |world, _| {
                    if let Some(domain) = world.domain_mut(&name) {
                        may_be_deleted(Arc::make_mut(&mut domain.store), profile, kind, &key);
                    }
                });
                served = vec![Served::new(message, effect, blame)];
            }
            gate.finish(served)
        }
    }
}

/// Whether an object came to its profile with another one that was merged into it.
fn is_merged(store: &Store, no: No) -> bool {
    let object = store.objects.get(&no);
    object.is_some_and(|object| object.seen.why.contains(&rule!("merge.effect")))
}

/// Standard objects are listed with a key as well, by which they may be deleted: the one with that id, or any of those that
/// nobody knows the keys of.
fn may_be_deleted(store: &mut Store, profile: No, kind: Kind, key: &str) {
    let all: Vec<(No, bool)> = store
        .standards_on(profile, Some(kind))
        .map(|(no, standard)| (no, standard.id.as_deref() == Some(key)))
        .collect();
    let known = all.iter().any(|(_, is)| *is);
    for (no, _) in all.iter().filter(|(_, is)| *is || !known) {
        if let Some(standard) = store.standards.get_mut(no) {
            standard.rest.missing = Some(rule!("object.delete.ok"));
        }
    }
}

/// What else speaks against a request that has to be refused: whichever is noticed first decides how (proto.precedence).
fn ground_place(world: &World, domain: &Domain, input: &Input, gate: &mut Gate<'_>) {
    let text = |name| input.member(name).and_then(Json::as_str);
    let store = &domain.store;
    if let Some(id) = text("ProfileId").filter(|id| store.profile_no(id).is_none()) {
        unknown_profile(store, id, gate);
    }
    if let Some(name) = text("ObjectTypeName") {
        listed(world, domain, name, gate);
    }
    if let Some(key) = text("ProfileObjectUniqueKey") {
        let is = |object: &Object| object.seen.key.as_deref() == Some(key);
        if !store.objects.values().any(is) {
            let (rule, why) = (rule!("object.delete.unknown-key"), "no object of that key");
            gate.ground(Ground::may(rule, BAD.or(NOT_FOUND), why));
        }
    }
    page::doubt_token(world, input, gate);
    let filter = input.member("ObjectFilter").map(Filter::read);
    if filter.is_some_and(|filter| !filter.is_standard()) {
        let (refusals, why) = (BAD.or(NOT_FOUND), "the filter may not apply there");
        gate.ground(Ground::may(rule!("filter.unknown-key"), refusals, why));
    }
    if domain.obscured {
        let (rule, why) = (rule!("proto.precedence"), "nobody knows what is there");
        gate.ground(Ground::may(rule, BAD.or(NOT_FOUND), why));
    }
}

/// Removes an object, and what the contract lets go with it.
fn remove(store: &mut Store, no: No, ways: &Ways) {
    let observes = !ways.is_reference();
    let Some(object) = store.objects.get(&no) else {
        return;
    };
    let (profile, type_name) = (object.profile, Arc::clone(object.type_name()));
    if let (Some(key), true) = (object.key(), observes) {
        store
            .gone_objects
            .push((type_name, key, rule!("object.delete.ok")));
    }
    let gone = store.remove_object(no, ways.fate(rule!("persist.deleted-object")));
    if observes {
        let fate = Fate::Open(rule!("persist.deleted-object"));
        store.change_profile(profile, fate, |profile, fields| {
            note(
                &mut profile.rest.history,
                rule!("object.delete.profile-stays"),
            );
            for (path, held) in fields {
                if held.source == Source::Object(no) || held.source == Source::Several {
                    held.uncover(path, &profile.rest.former);
                    held.rules = rules!["object.delete.fields", "search.profile-content"];
                }
            }
        });
    }
    if ways.takes(rule!("object.delete.fields")) == 1 {
        store.change_profile(profile, Fate::Goes, |_, fields| {
            let own = |held: &Held| held.source == Source::Object(no);
            fields.retain(|(_, held)| !own(held));
        });
    }
    if let Some(gone) = gone {
        detach(store, no, &gone, ways);
    }
}

/// Takes an object that is gone away from the standard objects it wrote to.
pub(super) fn detach(store: &mut Store, no: No, gone: &Object, ways: &Ways) {
    let observes = !ways.is_reference();
    let stays = ways.takes(rule!("asset.deleted-source")) == 1;
    for at in gone.feeds() {
        let Some(standard) = store.standards.get_mut(&at) else {
            continue;
        };
        if observes {
            standard.lose(no);
            continue;
        }
        standard.sources.retain(|source| *source != no);
        if standard.sources.is_empty() && !stays {
            store.remove_standard(at);
        }
    }
}

/// A profile whose id nobody has seen yet is known by an object of it that is listed under an id (assign.one-profile-per-object).
fn name_by_objects(domain: &str, type_name: &str, profile_id: &str) -> Effect {
    let [domain, type_name, id] = [domain, type_name, profile_id].map(str::to_owned);
    Effect::new(move |world, body| {
        let items = body
            .and_then(|body| body.get("Items"))
            .and_then(Json::items);
        let Some(domain) = world.domain_mut(&domain) else {
            return;
        };
        let store = Arc::make_mut(&mut domain.store);
        let keys = items.unwrap_or_default().iter().filter_map(|item| {
            let key = item.get("ProfileObjectUniqueKey")?;
            key.as_str()
        });
        let found = keys.filter_map(|key| {
            let is = |object: &&Object| {
                **object.type_name() == *type_name && object.seen.key.as_deref() == Some(key)
            };
            store.objects.values().find(is).map(|object| object.profile)
        });
        if let Some(no) = found.min() {
            store.name_profile(no, &id);
        }
    })
}

pub(super) fn list(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let text = |name| input.member(name).and_then(Json::as_str);
    if let (Some(domain), false, false) = (domain, gate.may_be_served(), world.reference) {
        ground_place(world, domain, input, &mut gate);
    }
    let (Some(domain), Some(profile_id), Some(type_name)) =
        (domain, text("ProfileId"), text("ObjectTypeName"))
    else {
        return gate.misread(domain.map(|_| Effect::none()));
    };
    let filter = input.member("ObjectFilter").map(Filter::read);
    let filter = filter.as_ref();
    let is_empty = filter.is_some_and(|filter| filter.values.is_empty());
    let sound = gate.clone();
    // The request with each of its flaws that may end the matter, and with that one only.
    let mut flawed: Vec<Gate<'_>> = Vec::new();
    if is_empty {
        gate.ground(Ground::may(
            rule!("filter.values-empty"),
            BAD,
            "no values to filter by",
        ));
        flawed.push(gate.clone());
    }
    if filter.is_some_and(|filter| !filter.is_single()) {
        // What else they may mean may be nothing at all.
        gate.ground(Ground::choice(
            rule!("filter.multi-values"),
            choice!("cap.multi-values"),
            choice!("cap.multi-values").options(),
            Options::only(1),
            BAD,
            "several values",
        ));
    }
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured {
        return vec![super::free(Outcome::Free, rule!("proto.no-5xx"))];
    }
    let store = &domain.store;
    let profile = store.profile_no(profile_id);
    let unsure =
        !world.reference && ((profile.is_none() && store.has_nameless()) || gate.obscures());
    if profile.is_none() {
        let mut nobody = sound.clone();
        for gate in [&mut gate, &mut nobody] {
            unknown_profile(store, profile_id, gate);
        }
        flawed.push(nobody);
    }
    let kind = listed(world, domain, type_name, &mut gate);
    let mut nothing = sound.clone();
    listed(world, domain, type_name, &mut nothing);
    if nothing.flaws() > sound.flaws() {
        flawed.push(nothing);
    }
    let refusals = filter.and_then(|filter| match unsure {
        true => Some(BAD.or(NOT_FOUND)),
        false => filter.refusals(kind.unwrap_or(Kind::Profile)),
    });
    let may_not_apply = |gate: &mut Gate<'_>| {
        if let Some(refusals) = refusals.filter(|_| !world.reference) {
            let (rule, why) = (
                rule!("filter.unknown-key"),
                "the filter may not apply there",
            );
            gate.ground(Ground::may(rule, refusals, why));
        }
    };
    if unsure || is_empty || !gate.may_be_served() {
        may_not_apply(&mut gate);
    }
    if refusals.is_some() && filter.is_some_and(|filter| !profile::is_defined(domain, filter.key)) {
        let mut unknown = sound;
        may_not_apply(&mut unknown);
        flawed.push(unknown);
    }
    let scope = format!(
        "objects {} {type_name} {profile_id} {}",
        domain.name,
        input
            .member("ObjectFilter")
            .map_or(String::new(), Json::to_string)
    );
    let asked = Asked {
        world,
        domain,
        profile,
        type_name,
        profile_id,
        filter,
        window: Window::read(input, &scope),
    };
    let anything = |mut gate: Gate<'_>, effect| {
        page::doubt_token(world, input, &mut gate);
        let blame = rules!["list-objects.complete"];
        gate.finish(vec![Served::new(Pattern::Any, effect, blame)])
    };
    gate.any_of(flawed, |mut gate| {
        let blind = unsure || (is_empty && !world.reference);
        let Some(kind) = kind.filter(|_| !blind) else {
            let effect = match unsure && profile.is_none() {
                true => name_by_objects(&domain.name, type_name, profile_id),
                false => Effect::none(),
            };
            return anything(gate, effect);
        };
        if !gate.may_be_served() {
            page::doubt_token(world, input, &mut gate);
            return gate.finish(Vec::new());
        }
        let Some(ways) = explore(&world.choices, world.decides(), |ways| {
            asked.items(kind, ways)
        }) else {
            may_not_apply(&mut gate);
            return anything(gate, Effect::none());
        };
        asked.branches(kind, &scope, ways, input, gate)
    })
}

/// A profile that is not there may be listed as empty, or not be found.
fn unknown_profile(store: &Store, id: &str, gate: &mut Gate<'_>) {
    let why = format!("no profile {id:?}");
    match store.gone.iter().find(|(gone, _)| gone.as_ref() == id) {
        Some((_, rule)) => gate.ground(Ground::may(*rule, NOT_FOUND, why)),
        None => gate.ground(Ground::choice(
            rule!("list-objects.profile-unknown"),
            choice!("cap.list-unknown-profile"),
            Options::only(0),
            Options::only(1),
            NOT_FOUND,
            why,
        )),
    }
}

/// What a listing is of; `None` if nobody can say.
fn listed(world: &World, domain: &Domain, name: &str, gate: &mut Gate<'_>) -> Option<Kind> {
    let unknown = BAD.or(NOT_FOUND);
    let why = || format!("no object type {name:?}");
    match name {
        "_profile" => {
            gate.ground(Ground::may(
                rule!("list-objects.standard-profile"),
                unknown,
                why(),
            ));
            return None;
        }
        "_asset" | "_case" => {
            if world.choices.get(choice!("cap.standard-targets")) != Options::only(0) {
                gate.ground(Ground::may(
                    rule!("list-objects.standard-asset"),
                    unknown,
                    why(),
                ));
            }
            return Some(if name == "_asset" {
                Kind::Asset
            } else {
                Kind::Case
            });
        }
        _ if object_type::is_standard_in(domain, name) => {
            gate.ground(Ground::may(
                rule!("list-objects.type-unknown"),
                unknown,
                why(),
            ));
            return None;
        }
        _ => {}
    }
    match object_type::find(world, domain, name) {
        object_type::Found::Here(_) => {}
        object_type::Found::OtherCase(_) => {
            gate.ground(Ground::may(rule!("put-type.name.case"), unknown, why()));
            return None;
        }
        object_type::Found::Nowhere if domain.absent.contains_key(name) => {
            gate.ground(Ground::may(rule!("delete-type.objects"), unknown, why()));
        }
        object_type::Found::Nowhere if template::find(name).is_some() => {
            gate.ground(Ground::may(
                rule!("list-objects.type-unknown"),
                unknown,
                why(),
            ));
        }
        object_type::Found::Nowhere => {
            let rule = rule!("list-objects.type-unknown");
            let choice = choice!("cap.list-unknown-type");
            for ground in refused_somehow(rule, choice, [NOT_FOUND, BAD], &why()) {
                gate.ground(ground);
            }
        }
    }
    Some(Kind::Profile)
}

/// A listing that was asked for.
struct Asked<'a> {
    world: &'a World,
    domain: &'a Domain,
    profile: Option<No>,
    type_name: &'a str,
    profile_id: &'a str,
    filter: Option<&'a Filter<'a>>,
    window: Window,
}

/// The part of a listing that the reference looks at.
struct Window {
    after: Option<Digest>,
    most: usize,
}

impl Window {
    fn read(input: &Input, scope: &str) -> Self {
        let token = input.next_token.as_deref();
        let after = token.and_then(|token| page::resumes(scope, token));
        let most = input
            .max_results
            .and_then(|most| usize::try_from(most).ok());
        Self {
            after: after.and_then(|(last, _)| Digest::read(&last)),
            // One more shows that there is another page.
            most: most.unwrap_or(page::LARGEST_PAGE).saturating_add(1),
        }
    }
}

impl Asked<'_> {
    /// The answers that list what the ways came to, or refuse to.
    fn branches(
        &self,
        kind: Kind,
        scope: &str,
        ways: Vec<(filter::Verdict, Ways)>,
        input: &Input,
        mut gate: Gate<'_>,
    ) -> Vec<Branch> {
        let mut listings = Vec::with_capacity(ways.len());
        for (came_to, ways) in ways {
            match came_to {
                filter::Verdict::Refuse(rule, refusals) => {
                    let mut ground = Ground::may(rule, refusals, "the filter does not apply there");
                    if let [(choice, refused)] = ways.learns().as_slice() {
                        let served = Options(choice.options().0 & !refused.0);
                        ground.tells = Some(Tells {
                            choice: *choice,
                            served,
                            refused: *refused,
                        });
                    }
                    gate.ground(ground);
                }
                filter::Verdict::List(items, tolerates) => {
                    if let Some((rule, refusals)) = tolerates {
                        gate.ground(Ground::may(
                            rule,
                            refusals,
                            "the filter may not apply there",
                        ));
                    }
                    listings.push((self.listing(kind, items, scope.to_owned()), ways));
                }
            }
        }
        let mut cursor = None;
        if let Some((first, _)) = listings.first() {
            cursor = first.cursor(self.world, input, &mut gate);
        }
        let served = listings
            .into_iter()
            .flat_map(|(listing, ways)| {
                let learns = ways.learns().clone();
                let mut served = listing.served(self.world, input, cursor.as_ref());
                served
                    .iter_mut()
                    .for_each(|served| served.learns.extend(learns.iter().copied()));
                served
            })
            .collect();
        gate.finish(served)
    }

    /// The items of the listing; `kind` is that of the standard objects listed, or `Profile` for ingested ones.
    fn items(&self, kind: Kind, ways: &mut Ways) -> filter::Verdict {
        let Some(profile) = self.profile else {
            return match self.filter {
                None => filter::Verdict::List(Vec::new(), None),
                // An unknown key or an unsupported type may be what is noticed first.
                Some(filter) => filter.on_nothing(self.domain, kind, ways),
            };
        };
        let store = &self.domain.store;
        let mut items = match kind {
            Kind::Profile => self.objects(profile),
            _ => standards(store, profile, kind),
        };
        let doubt = store.profiles.get(&profile).and_then(|it| it.doubt);
        if let Some(rule) = doubt {
            items.iter_mut().for_each(|(item, _)| item.need = Need::May);
            // The filter may be looked at before the profile is.
            let refusals = self.filter.and_then(|filter| filter.refusals(kind));
            return filter::Verdict::List(
                items.into_iter().map(|(item, _)| item).collect(),
                Some((rule, refusals.unwrap_or(NOT_FOUND))),
            );
        }
        let found = || object_type::find(self.world, self.domain, self.type_name);
        match self.filter {
            None => {
                let items = items.into_iter().map(|(item, _)| item).collect();
                filter::Verdict::List(items, None)
            }
            Some(filter)
                if kind == Kind::Profile
                    && items.is_empty()
                    && matches!(found(), object_type::Found::Nowhere) =>
            {
                filter.on_nothing(self.domain, kind, ways)
            }
            Some(filter) => filter.sieve(self.domain, kind, items, ways),
        }
    }

    fn objects(&self, profile: No) -> Vec<(Item, No)> {
        let folded = object_type::folded(self.world);
        let store = &self.domain.store;
        let item = |(no, object)| (object_item(no, object, folded), no);
        if self.world.reference && self.filter.is_none() {
            let Window { after, most } = self.window;
            let page = store.page_of(profile, self.type_name, after, most);
            return page.into_iter().map(item).collect();
        }
        let objects = store.objects_of(profile, self.type_name);
        let mut items: Vec<(Item, No)> = objects.map(item).collect();
        if self.domain.retyped {
            for (item, _) in &mut items {
                note(&mut item.missing, rule!("put-type.replace.existing-data"));
            }
        }
        // The reference pages by name.
        items.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        items
    }

    fn listing(&self, kind: Kind, items: Vec<Item>, scope: String) -> Listing {
        let store = &self.domain.store;
        let profile = self.profile.and_then(|no| store.profiles.get(&no));
        let vague = profile.is_some_and(|profile| profile.rest.vague_kinds.contains(&kind));
        let survived = profile.is_some_and(|profile| {
            let rule = rule!("object.delete.profile-stays");
            profile.rest.history.contains(&rule)
        });
        // A standard object that a key of another object found should not have a second one beside it, and no more.
        let tied = self.profile.is_some_and(|no| {
            store
                .standards_on(no, Some(kind))
                .any(|(_, standard)| standard.rest.why.contains(&rule!("asset.match-one")))
        });
        let gone = store
            .gone
            .iter()
            .find(|(id, _)| id.as_ref() == self.profile_id)
            .map(|(_, rule)| *rule);
        let known = match kind {
            Kind::Profile => self.other_objects(gone),
            _ => self.other_standards(kind),
        };
        let stranger: Rules = match (kind, self.filter.is_some(), gone) {
            (_, _, Some(rule)) if rule == rule!("merge.effect") => {
                rules!["merge.effect", "list-objects.scope"]
            }
            (_, _, Some(_)) => rules!["profile.delete.effect", "list-objects.scope"],
            (Kind::Profile, false, None) => {
                rules!["list-objects.scope", "ingest.response.key-matches-list"]
            }
            (Kind::Profile, true, None) => rules!["filter.subset", "list-objects.scope"],
            (_, false, None) if tied => rules![
                "asset.match-one",
                "asset.create",
                "asset.reput-same-object",
                "list-objects.scope"
            ],
            (_, true, None) if tied => rules![
                "asset.match-one",
                "filter.no-match",
                "filter.subset",
                "asset.reput-same-object"
            ],
            (_, true, None) => rules![
                "filter.no-match",
                "filter.subset",
                "asset.reput-same-object"
            ],
            (Kind::Case, false, None) => rules![
                "case.as-asset",
                "asset.reput-same-object",
                "asset.create",
                "list-objects.scope"
            ],
            (_, false, None) => rules![
                "asset.create",
                "asset.reput-same-object",
                "list-objects.scope"
            ],
        };
        Listing {
            key: match kind {
                Kind::Profile => Naming::Member("ProfileObjectUniqueKey"),
                Kind::Asset => Naming::Within("AssetId"),
                Kind::Case => Naming::Within("CaseId"),
            },
            scope,
            items,
            strangers: Strangers {
                foreign: false,
                folded: false,
                legal: if vague { |_| true } else { |_| false },
                known: if vague { Vec::new() } else { known },
                rules: stranger,
            },
            missing: match (kind, self.filter.is_some()) {
                (Kind::Profile, false) => rules![
                    "list-objects.complete",
                    "page.complete",
                    "list-objects.read-only",
                    "time.settle",
                    "time.stable"
                ],
                (Kind::Profile, true) => {
                    rules!["filter.scope", "filter.subset", "filter.pagination"]
                }
                (Kind::Case, false) => rules!["list-objects.standard-asset", "case.as-asset"],
                (_, false) => rules!["list-objects.standard-asset", "asset.create"],
                (_, true) => rules!["filter.asset-name", "filter.subset", "filter.pagination"],
            },
            blame: match self.filter {
                Some(_) => rules!["filter.absent", "list-objects.complete"],
                None if survived => {
                    rules!["object.delete.profile-stays", "list-objects.complete"]
                }
                None => rules!["list-objects.complete", "filter.absent"],
            },
            adopt: (!self.world.reference).then(|| adopt(&self.domain.name, kind)),
        }
    }

    /// Objects that must not be among those of the listing.
    fn other_objects(&self, gone: Option<RuleId>) -> Vec<(String, RuleList)> {
        let store = &self.domain.store;
        if self.world.reference {
            return Vec::new();
        }
        let here = |object: &Object| {
            Some(object.profile) == self.profile && object.type_name().as_ref() == self.type_name
        };
        let own: Vec<&str> = store
            .objects
            .values()
            .filter(|object| here(object))
            .filter_map(|object| object.seen.key.as_deref())
            .collect();
        let mut known: Vec<(String, RuleList)> = Vec::new();
        for object in store.objects.values().filter(|object| !here(object)) {
            let Some(key) = object.seen.key.as_deref() else {
                continue;
            };
            let mut rules = RuleList::new();
            rules.extend(gone);
            if object.type_name().as_ref() == self.type_name {
                rules.extend(object.seen.why.iter().copied());
                note(&mut rules, rule!("assign.one-profile-per-object"));
            }
            note(&mut rules, rule!("list-objects.scope"));
            known.push((key.to_owned(), rules));
        }
        for (_, key, rule) in &store.gone_objects {
            known.push((key.to_string(), [*rule].into_iter().collect()));
        }
        let others = self.world.domains.values();
        for other in others.filter(|other| other.name != self.domain.name) {
            let keys = other
                .store
                .objects
                .values()
                .filter_map(|it| it.seen.key.as_deref());
            known.extend(keys.map(|key| {
                let rules = rules!["domain.isolation", "list-objects.scope"];
                (key.to_owned(), RuleList::from_slice(rules))
            }));
        }
        known.retain(|(key, _)| !own.contains(&key.as_str()));
        known
    }

    /// Standard objects of other profiles and domains.
    fn other_standards(&self, kind: Kind) -> Vec<(String, RuleList)> {
        let mut known: Vec<(String, RuleList)> = Vec::new();
        if self.world.reference {
            return known;
        }
        for standard in self.domain.store.standards.values() {
            let Some(id) = standard.id.as_deref().filter(|_| standard.kind == kind) else {
                continue;
            };
            let rules = match (Some(standard.profile) == self.profile, self.filter) {
                (true, Some(filter)) => filter.rules(kind),
                (true, None) => continue,
                (false, Some(_)) => rules!["filter.other-profile", "list-objects.scope"],
                (false, None) => rules!["list-objects.scope"],
            };
            known.push((id.to_owned(), RuleList::from_slice(rules)));
        }
        known
    }
}

/// How an object is listed.
fn object_item(no: No, object: &Object, folded: bool) -> Item {
    const MEMBERS: Rules = rules!["list-objects.item.members"];
    let shown = |name, rules, pattern| Slot {
        name,
        presence: Presence::Required,
        value: Pattern::SharedFor(rules, Arc::new(pattern)),
        rules: MEMBERS,
    };
    let type_name = name_pattern(object.type_name(), folded);
    let name = object.key();
    let key = match &name {
        Some(key) => Pattern::Exactly(Json::from(key.as_ref())),
        None => Pattern::Any,
    };
    const KEY: Rules = rules![
        "ingest.response.key-matches-list",
        "list-objects.item.key-unique"
    ];
    let slots = vec![
        shown(
            "ObjectTypeName",
            rules!["list-objects.item.type"],
            type_name,
        ),
        shown("ProfileObjectUniqueKey", KEY, key),
        Slot {
            name: "Object",
            presence: Presence::Required,
            value: Pattern::Document(Arc::clone(&object.text), object.seen.why.clone()),
            rules: MEMBERS,
        },
    ];
    Item {
        name: name.as_deref().map(str::to_owned),
        pattern: Pattern::Object(Members::of(slots)),
        need: Need::Must,
        missing: object.seen.why.clone(),
        handle: no,
    }
}

/// The standard objects of a profile, with how they are listed.
fn standards(store: &Store, profile: No, kind: Kind) -> Vec<(Item, No)> {
    let mut items: Vec<(Item, No)> = store
        .standards_on(profile, Some(kind))
        .map(|(no, standard)| {
            let portrait = Portrait {
                kind,
                id: standard.id.clone(),
                fields: standard.fields.read().into_owned(),
                vague: standard.is_vague(),
                history: RuleList::new(),
                extra: rules!["asset.populated"],
                rests_on: None,
            };
            let type_name = if kind == Kind::Asset {
                "_asset"
            } else {
                "_case"
            };
            let slots = vec![
                Slot {
                    name: "ObjectTypeName",
                    presence: Presence::Optional,
                    value: Pattern::Exactly(Json::from(type_name)),
                    rules: rules!["list-objects.item.type"],
                },
                Slot {
                    name: "Object",
                    presence: Presence::Required,
                    value: Pattern::Quoted(Box::new(Pattern::Portrait(Box::new(portrait)))),
                    rules: rules!["asset.populated"],
                },
            ];
            let item = Item {
                name: standard.id.as_deref().map(str::to_owned),
                pattern: Pattern::Object(Members::of(slots)),
                need: if standard.rest.missing.is_some() {
                    Need::May
                } else {
                    Need::Must
                },
                missing: standard
                    .rest
                    .why
                    .iter()
                    .copied()
                    .chain(standard.rest.missing)
                    .collect(),
                handle: no,
            };
            (item, no)
        })
        .collect();
    items.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    items
}

/// Takes over what the items of a listing show.
fn adopt(domain: &str, kind: Kind) -> Adopt {
    let domain = domain.to_owned();
    Arc::new(move |world: &mut World, handle, name, item| {
        let Some(domain) = world.domain_mut(&domain).filter(|_| handle != 0) else {
            return;
        };
        let store = Arc::make_mut(&mut domain.store);
        if kind == Kind::Profile {
            if let (Some(object), Some(name)) = (store.objects.get_mut(&handle), name) {
                object.seen.key = Some(name.into());
                // Where it was seen after a merge, it has come to stay.
                let merged = rule!("merge.effect");
                object.seen.why.retain(|rule| *rule != merged);
            }
            return;
        }
        let text = item
            .get("Object")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let shown = Json::parse(text.as_bytes()).unwrap_or(Json::Null);
        if let Some(standard) = store.standards.get_mut(&handle) {
            standard.id = name.map(Arc::from).or(standard.id.take());
            // Whose last known source is gone may have another, and go with that.
            if !standard.sources.is_empty() {
                standard.rest.missing = None;
            }
            let flat = super::portrait::flatten(kind, &shown);
            standard.change(false, |fields| {
                for (path, held) in fields {
                    let value = flat.iter().find(|(known, _)| known == path);
                    held.adopt(value.map(|(_, value)| *value));
                }
            });
        }
    })
}
