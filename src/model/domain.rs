//! Domains (contract 3.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::validate::Input;
use crate::contract::{Options, Refusals};
use crate::wire::Json;
use crate::{choice, rule};

use super::gate::{Branch, Gate, Ground, Served, served_by};
use super::object_type;
use super::page::{Item, Listing, Naming, Strangers};
use super::pattern::{
    Object, Pattern, Presence, RuleList, Rules, Slot, Times, is_empty, required, rules,
};
use super::store::Store;
use super::world::{Domain, Effect, Scalar, Stamps, Tags, World};

/// The domain a request names, looked up.
pub(super) enum Found<'w> {
    /// It exists under exactly this name.
    Here(&'w Domain),
    /// A domain whose name differs by case exists; whether it is the same is the target's choice.
    OtherCase(&'w Domain),
    /// There is none.
    Nowhere,
}

/// Looks a domain up.
pub(super) fn find<'w>(world: &'w World, name: &str) -> Found<'w> {
    if let Some(domain) = world.domain(name) {
        return Found::Here(domain);
    }
    if !world.choices.get(choice!("domain.name.case")).has(1) {
        return Found::Nowhere;
    }
    match world
        .domains
        .values()
        .find(|domain| domain.name.eq_ignore_ascii_case(name))
    {
        Some(domain) => Found::OtherCase(domain),
        None => Found::Nowhere,
    }
}

/// The ground for refusing a request that names a domain in another case than its own.
fn in_another_case() -> Ground {
    Ground::choice(
        rule!("domain.name.case"),
        choice!("domain.name.case"),
        Options::only(1),
        Options::only(0),
        Refusals::NOT_FOUND,
        "a domain of that name in another case",
    )
}

/// Finds the domain of a domain-scoped request; without one, adds the ground for refusing it.
///
/// `None` with a gate that lets requests pass means that the domain is there but nothing about it is certain.
pub(super) fn scope<'w>(
    world: &'w World,
    input: &Input,
    gate: &mut Gate<'_>,
    missing: Rules,
) -> Option<&'w Domain> {
    let name = input.label("DomainName").unwrap_or_default();
    let domain = match find(world, name) {
        Found::Here(domain) => Some(domain),
        Found::OtherCase(domain) => {
            gate.ground(in_another_case());
            Some(domain)
        }
        Found::Nowhere => None,
    };
    match domain {
        Some(domain) => Some(domain),
        None => {
            let mut ground =
                Ground::must(missing, Refusals::NOT_FOUND, format!("no domain {name:?}"));
            if !gate.may_be_served() {
                ground.rules.push(rule!("domain.scope-unknown-invalid"));
            }
            if world.gone.contains_key(name) {
                ground.rules.insert(0, rule!("domain.delete.effect"));
            }
            gate.ground(ground);
            if !world.reference {
                beside(input, gate);
            }
            None
        }
    }
}

/// What a request may be refused for by those who read all of it before they look for its domain (proto.precedence).
fn beside(input: &Input, gate: &mut Gate<'_>) {
    let mut may = |rule, refusals, why: &str| gate.ground(Ground::may(rule, refusals, why));
    let text = |name| input.member(name).and_then(Json::as_str);
    let is_empty = |values: Option<&Json>| {
        values
            .and_then(Json::items)
            .is_some_and(|values| values.is_empty())
    };
    if input.next_token.is_some() {
        let why = "a token that nobody handed out for this";
        may(rule!("page.token-garbage"), Refusals::BAD, why);
    }
    let type_name = input.label("ObjectTypeName").or(text("ObjectTypeName"));
    if type_name.is_some_and(object_type::is_standard) {
        let (rule, refusals) = if text("Object").is_some() {
            (rule!("ingest.type.standard"), Refusals::DENIED)
        } else if input.label("ObjectTypeName").is_some() {
            (rule!("delete-type.standard"), Refusals::DENIED)
        } else {
            (rule!("list-objects.standard-profile"), Refusals::NONE)
        };
        may(rule, Refusals::BAD.or(refusals), "a standard type");
    }
    if let Some(filter) = input.member("ObjectFilter") {
        let rule = if is_empty(filter.get("Values")) {
            rule!("filter.values-empty")
        } else {
            rule!("filter.unknown-key")
        };
        may(rule, Refusals::BAD, "a filter that may not apply");
    }
    let values = input.member("Values");
    match text("KeyName") {
        Some(_) if text("ProfileId").is_none() && is_empty(values) => {
            may(rule!("search.values-empty"), Refusals::BAD, "no values");
        }
        Some("_profileId" | "_assetId" | "_caseId") => {
            let rule = if text("ProfileId").is_some() {
                rule!("profile.key.add.system-id")
            } else {
                rule!("search.profile-id-malformed")
            };
            may(rule, Refusals::BAD, "a key of system ids");
        }
        _ => {}
    }
    let main = text("MainProfileId");
    let merged = input.member("ProfileIdsToBeMerged").and_then(Json::items);
    if main.is_some_and(|main| {
        merged.is_some_and(|merged| merged.iter().any(|id| id.as_str() == Some(main)))
    }) {
        let why = "the main profile is among those to be merged";
        may(rule!("merge.self"), Refusals::BAD, why);
    }
}

/// A pattern for a name: any spelling where names that differ by case may be the same.
pub(super) fn name_pattern(name: &str, folded: bool) -> Pattern {
    if folded {
        Pattern::Spelled(name.to_owned())
    } else {
        Pattern::Exactly(Json::from(name))
    }
}

fn folded(world: &World) -> bool {
    world.choices.get(choice!("domain.name.case")).has(1)
}

/// The body of CreateDomain, GetDomain and UpdateDomain.
fn shown(world: &World, domain: &Domain, echo: Rules, updated: Rules) -> Object {
    let unchanged = if domain.undefined {
        rules!["proto.timestamp"]
    } else {
        updated
    };
    Object {
        slots: vec![
            required(
                "DomainName",
                name_pattern(&domain.name, folded(world)),
                echo,
            ),
            domain.expiration.slot("DefaultExpirationDays"),
            domain.encryption_key.slot("DefaultEncryptionKey"),
            domain.queue.slot("DeadLetterQueueUrl"),
            domain.matching.slot("Matching"),
            domain.tags.slot("Tags", false),
        ],
        times: Some(Box::new(Times {
            created: domain.times.created(rules!["domain.update.timestamps"]),
            // It may move forward whenever it likes; only going back is forbidden.
            updated: domain
                .times
                .updated(u64::MAX, unchanged, rules!["domain.update.timestamps"]),
            order: rules!["domain.create.echo"],
            renewed: false,
        })),
        check: None,
    }
}

/// The most domains that an account certainly may have (quota.domains).
const ACCOUNT_DOMAINS: usize = 100;

pub(super) fn create(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let Some(name) = input.label("DomainName").map(str::to_owned) else {
        return gate.finish(Vec::new());
    };
    unknown_resources(world, input, &mut gate);
    if is_settling(world, &name) {
        gate.ground(Ground::may(
            rule!("domain.recreate-clean"),
            Refusals::BAD.or(Refusals::NOT_FOUND),
            "a domain of that name was just deleted",
        ));
    }
    let mut other_case = None;
    match find(world, &name) {
        Found::Here(existing) => return create_again(world, existing, input, gate),
        Found::OtherCase(existing) => other_case = Some(existing),
        Found::Nowhere => {}
    }
    if world.domains.len() >= ACCOUNT_DOMAINS && !world.reference {
        let (rule, why) = (
            rule!("quota.domains"),
            "more domains than an account may have",
        );
        gate.ground(Ground::may(rule, Refusals::BAD, why));
    }
    let mut apart = Vec::new();
    if let Some(existing) = other_case {
        if !world.reference {
            // Who holds both names for the same may take it as a duplicate.
            let same = (choice!("domain.name.case"), Options::only(1));
            let again = create_again(world, existing, input, gate.clone());
            apart.extend(served_by(same, again));
        }
        // Refused as a duplicate only by a target that holds both names for the same.
        gate.ground(Ground::choice(
            rule!("domain.name.case"),
            choice!("domain.name.case"),
            Options::only(0).or(Options::only(1)),
            Options::only(1),
            Refusals::BAD,
            "a domain of that name in another case",
        ));
    }
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    let (domain, obscured) = (created(input, &name, world), gate.obscures());
    let shown = shown(
        world,
        &domain,
        rules!["domain.create.echo"],
        rules!["domain.create.echo"],
    );
    let mut body = Object {
        times: Some(Box::new(Times {
            created: Stamps::default().created(rules!["domain.create.echo"]),
            updated: Stamps::default().updated(
                0,
                rules!["domain.create.echo"],
                rules!["domain.create.echo"],
            ),
            order: rules!["domain.create.echo"],
            renewed: true,
        })),
        ..shown.requiring(&["DomainName", "DefaultExpirationDays"])
    };
    for slot in &mut body.slots {
        if slot.name == "DefaultExpirationDays" {
            slot.rules = rules!["domain.create.echo", "domain.get.echo"];
        }
    }
    let effect = Effect::new(move |world, body| {
        let mut domain = Domain {
            obscured,
            undefined: obscured,
            ..domain
        };
        if let Some(body) = body {
            domain.times.adopt(body, world.writes, false);
        }
        world.gone.remove(&domain.name);
        world.domains.insert(domain.name.clone(), Arc::new(domain));
    });
    let mut served = Served::new(
        if obscured {
            Pattern::Any
        } else {
            Pattern::Object(body)
        },
        effect,
        rules!["domain.create.echo"],
    );
    if other_case.is_some() && !world.reference {
        let others = (choice!("domain.name.case"), Options::only(0));
        served.learns.push(others);
    }
    let mut found = gate.finish(vec![served]);
    found.extend(apart);
    found
}

/// A new domain, as the request describes it.
fn created(input: &Input, name: &str, world: &World) -> Domain {
    const ECHO: Rules = rules!["domain.get.echo"];
    let scalar = |member| match input.member(member) {
        Some(value) => Scalar::is(value.clone(), ECHO),
        None => Scalar::nothing(ECHO),
    };
    // The types of a deleted namesake must not come back.
    let absent = world.gone.get(name).map_or_else(BTreeMap::new, |former| {
        former
            .types
            .keys()
            .map(|name| (name.clone(), rules!["domain.recreate-clean"]))
            .collect()
    });
    let namesake = world.gone.contains_key(name);
    Domain {
        name: name.to_owned(),
        expiration: scalar("DefaultExpirationDays"),
        encryption_key: text_scalar(input.member("DefaultEncryptionKey"), ECHO),
        queue: text_scalar(input.member("DeadLetterQueueUrl"), ECHO),
        matching: matching(input.member("Matching"), ECHO),
        tags: match (input.member("Tags"), namesake) {
            (Some(tags), _) => Tags::of(
                pairs(tags),
                rules!["tag.consistency"],
                rules!["domain.get.echo"],
            ),
            (None, true) => Tags::of(
                Vec::new(),
                rules!["domain.recreate-clean"],
                rules!["domain.recreate-clean"],
            ),
            (None, false) => Tags::of(
                Vec::new(),
                rules!["tag.list.empty"],
                rules!["domain.get.echo"],
            ),
        },
        times: Stamps::default(),
        types: BTreeMap::new(),
        updated: false,
        plain: [
            "DefaultEncryptionKey",
            "DeadLetterQueueUrl",
            "Matching",
            "Tags",
        ]
        .iter()
        .all(|member| input.member(member).is_none()),
        again: false,
        absent,
        obscured: false,
        undefined: false,
        store: Arc::new(Store::new(world.reference.then_some(&world.choices))),
        retyped: false,
        rereads: false,
        standards: BTreeMap::new(),
        seed: world.reference.then(|| seed(name, world.writes)),
    }
}

/// Where the ids of a domain of the reference start: a domain that is created again has others than before.
fn seed(name: &str, writes: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ writes.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    name.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A text member that may be shown as absent when it is empty.
fn text_scalar(value: Option<&Json>, rules: Rules) -> Scalar {
    match value {
        None => Scalar::one_of([None, Some(Json::from(""))], rules),
        Some(value) if value.as_str() == Some("") => {
            Scalar::one_of([None, Some(value.clone())], rules)
        }
        Some(value) => Scalar::is(value.clone(), rules),
    }
}

/// `Matching`: off is the same as absent.
fn matching(value: Option<&Json>, rules: Rules) -> Scalar {
    let enabled = |on: bool| Json::Object(vec![("Enabled".to_owned(), Json::Bool(on))]);
    match value
        .and_then(|value| value.get("Enabled"))
        .and_then(Json::as_bool)
    {
        Some(true) => Scalar::is(enabled(true), rules),
        Some(false) => Scalar::one_of([Some(enabled(false)), None], rules),
        None => Scalar::one_of([None, Some(enabled(false))], rules),
    }
}

/// The entries of a map of strings.
pub(super) fn pairs(map: &Json) -> Vec<(String, String)> {
    let members = map.members().unwrap_or_default();
    members
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Keys and queues that need not exist may be refused (domain.create.key-url-content).
fn unknown_resources(world: &World, input: &Input, gate: &mut Gate<'_>) {
    let listed = Refusals::BAD.or(Refusals::DENIED);
    let refusals = match world.reference {
        true => listed,
        false => listed.or(Refusals::NOT_FOUND),
    };
    for member in ["DefaultEncryptionKey", "DeadLetterQueueUrl"] {
        if input
            .member(member)
            .and_then(Json::as_str)
            .is_some_and(|text| !text.is_empty())
        {
            gate.ground(Ground::may(
                rule!("domain.create.key-url-content"),
                refusals,
                format!("{member} may not exist"),
            ));
        }
    }
}

/// CreateDomain of a domain that exists: refused, or served without wiping anything.
fn create_again(
    world: &World,
    existing: &Domain,
    input: &Input,
    mut gate: Gate<'_>,
) -> Vec<Branch> {
    const KEPT: Rules = rules!["domain.create.duplicate"];
    let requested = created(input, &existing.name, world);
    // Who takes an identical request may still refuse any other.
    let untouched = world.reference || existing.plain && !existing.updated && requested.plain;
    let untagged = input.member("Tags").is_none()
        && (world.reference || existing.tags.known.as_ref().is_some_and(Vec::is_empty));
    let identical = existing.alike(&requested) && untouched && untagged;
    let refused = Options::only(0);
    gate.ground(Ground::choice(
        rule!("domain.create.duplicate"),
        choice!("cap.duplicate-domain"),
        Options::only(1),
        if identical { refused } else { Options(0b11) },
        Refusals::BAD,
        "the domain exists",
    ));
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    let mut domain = existing.clone();
    domain.again = true;
    domain.expiration = existing.expiration.clone().or(&requested.expiration, KEPT);
    domain.encryption_key = existing
        .encryption_key
        .clone()
        .or(&requested.encryption_key, KEPT);
    domain.queue = existing.queue.clone().or(&requested.queue, KEPT);
    domain.matching = existing.matching.clone().or(&requested.matching, KEPT);
    if input.member("Tags").is_some() {
        domain.tags = Tags::unknown();
    }
    if !world.reference {
        domain.hand_down(existing);
    }
    let mut shown = shown(world, &domain, KEPT, KEPT).requiring(&["DomainName"]);
    if !world.reference {
        // Whether it counts as an update is not said.
        shown.times = None;
    }
    let body = Pattern::Object(shown);
    let effect = Effect::new(move |world, body| {
        let mut domain = domain;
        // To everyone else it may be an echo of the request.
        if world.reference {
            adopt(&mut domain, body, false);
        }
        world.domains.insert(domain.name.clone(), Arc::new(domain));
    });
    gate.finish(vec![Served::new(body, effect, KEPT)])
}

impl Domain {
    /// Types without an expiration or key of their own may show the defaults they were put with, or those of now.
    fn hand_down(&mut self, before: &Self) {
        for object_type in self.types.values_mut() {
            let object_type = Arc::make_mut(object_type);
            for (own, old, new) in [
                (
                    &mut object_type.expiration,
                    &before.expiration,
                    &self.expiration,
                ),
                (
                    &mut object_type.encryption_key,
                    &before.encryption_key,
                    &self.encryption_key,
                ),
            ] {
                if old != new && own.is_default_of(old) {
                    *own = own.clone().or(new, own.rules());
                }
            }
        }
    }

    /// Whether every setting is known, and that of the other domain.
    fn alike(&self, other: &Self) -> bool {
        let same = |ours: &Scalar, theirs: &Scalar| ours.values().all(|value| theirs.admits(value));
        same(&self.expiration, &other.expiration)
            && same(&self.encryption_key, &other.encryption_key)
            && same(&self.queue, &other.queue)
            && same(&self.matching, &other.matching)
    }
}

/// Takes over from an answer what was open. The answer of a write may leave out whatever is optional, and repeat that a setting is
/// empty or off which no Get shows.
fn adopt(domain: &mut Domain, body: Option<&Json>, read: bool) {
    let Some(body) = body else { return };
    let is_off = |value: &Json| {
        value.as_str() == Some("") || value.get("Enabled").and_then(Json::as_bool) == Some(false)
    };
    let is_set = |value: &Json| !is_empty(value) && !is_off(value);
    let scalars = [
        (&mut domain.expiration, "DefaultExpirationDays"),
        (&mut domain.encryption_key, "DefaultEncryptionKey"),
        (&mut domain.queue, "DeadLetterQueueUrl"),
        (&mut domain.matching, "Matching"),
    ];
    for (scalar, name) in scalars {
        if read || body.get(name).is_some_and(is_set) {
            scalar.adopt(body.get(name));
        }
    }
    // What a write shows of the tags may be no more than an echo (domain.update.tags).
    if read {
        domain.tags.adopt_shown(body.get("Tags"));
    }
}

pub(super) fn get(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(
        world,
        input,
        &mut gate,
        rules!["domain.get.unknown", "domain.scope-unknown"],
    );
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    if !domain.types.is_empty() {
        gate.also(rule!("tag.per-resource"));
    }
    if domain.again {
        gate.also(rule!("domain.create.duplicate"));
    }
    if world.domains.len() + world.gone.len() > 1 {
        gate.also(rule!("domain.isolation"));
    }
    let looks = domain.tags.looks().into_iter().map(|(tags, warns)| Served {
        warns,
        ..got(world, domain, &tags)
    });
    gate.finish(looks.collect())
}

/// GetDomain of a domain, where it shows these tags.
fn got(world: &World, domain: &Domain, tags: &Tags) -> Served {
    let mut object = shown(
        world,
        domain,
        rules!["domain.get.echo"],
        rules!["domain.update.timestamps"],
    );
    for slot in object.slots.iter_mut().filter(|slot| slot.name == "Tags") {
        *slot = tags.slot("Tags", false);
    }
    object.slots.push(Slot {
        name: "Stats",
        presence: Presence::Optional,
        value: if world.reference {
            Pattern::Exactly(stats(&domain.store))
        } else {
            Pattern::Any
        },
        rules: rules!["domain.get.stats"],
    });
    let name = domain.name.clone();
    let effect = Effect::new(move |world, body| {
        let writes = world.writes;
        if let (Some(domain), Some(body)) = (world.domain_mut(&name), body) {
            adopt(domain, Some(body), true);
            domain.times.adopt(body, writes, true);
        }
    });
    let effect = if world.reference {
        Effect::none()
    } else {
        effect
    };
    let body = if domain.undefined {
        Pattern::Any
    } else {
        Pattern::Object(object)
    };
    Served::new(body, effect, rules!["domain.get.echo"])
}

/// The statistics of the reference.
fn stats(store: &Store) -> Json {
    let count = |count: usize| Json::from(i64::try_from(count).unwrap_or(i64::MAX));
    Json::Object(vec![
        ("ProfileCount".to_owned(), count(store.profiles.len())),
        (
            "MeteringProfileCount".to_owned(),
            count(store.profiles.len()),
        ),
        ("ObjectCount".to_owned(), count(store.objects.len())),
        ("TotalSize".to_owned(), count(store.size())),
    ])
}

pub(super) fn update(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(
        world,
        input,
        &mut gate,
        rules!["domain.update.unknown", "domain.scope-unknown"],
    );
    unknown_resources(world, input, &mut gate);
    if input.member("Tags").is_some() {
        gate.ground(Ground::may(
            rule!("domain.update.tags"),
            Refusals::BAD,
            "tags in an update",
        ));
    }
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    const KEPT: Rules = rules!["domain.update.partial", "domain.get.echo"];
    const SET: Rules = rules!["domain.get.echo", "domain.update.partial"];
    const CLEARED: Rules = rules!["domain.update.clear"];
    let cleared = |value: &Json| {
        if value.as_str() == Some("") {
            Scalar::one_of([None, Some(value.clone())], CLEARED)
        } else {
            Scalar::is(value.clone(), SET)
        }
    };
    let mut next = domain.clone();
    next.expiration = match input.member("DefaultExpirationDays") {
        Some(value) => Scalar::is(value.clone(), SET),
        None => domain.expiration.because(KEPT),
    };
    next.encryption_key = input
        .member("DefaultEncryptionKey")
        .map_or_else(|| domain.encryption_key.because(KEPT), cleared);
    next.queue = input
        .member("DeadLetterQueueUrl")
        .map_or_else(|| domain.queue.because(KEPT), cleared);
    next.matching = match input.member("Matching") {
        Some(value) => matching(Some(value), SET),
        None => domain.matching.because(KEPT),
    };
    if input.member("Tags").is_some() && !world.reference {
        next.tags = Tags::unknown();
    }
    if !world.reference {
        next.hand_down(domain);
    }
    next.obscured |= gate.obscures();
    next.undefined |= gate.obscures();
    next.updated = true;
    let mut object = shown(
        world,
        &next,
        rules!["domain.get.echo"],
        rules!["domain.update.timestamps"],
    )
    .requiring(&["DomainName"]);
    if let Some(times) = &mut object.times {
        times.updated = domain.times.updated(
            u64::MAX,
            rules!["domain.update.timestamps"],
            rules!["domain.update.timestamps"],
        );
        times.renewed = true;
    }
    let body = if next.undefined {
        Pattern::Any
    } else {
        Pattern::Object(object)
    };
    let effect = Effect::new(move |world, body| {
        let mut domain = next;
        adopt(&mut domain, body, false);
        if let Some(body) = body {
            domain.times.adopt(body, world.writes, false);
        }
        // What the domain holds may have changed in this world since the branch was made.
        world.domains.insert(domain.name.clone(), Arc::new(domain));
    });
    gate.finish(vec![Served::new(
        body,
        effect,
        rules!["domain.update.partial"],
    )])
}

pub(super) fn delete(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let name = input.label("DomainName").unwrap_or_default().to_owned();
    let message = Object::of(vec![required(
        "Message",
        Pattern::Text("Deleted"),
        rules!["domain.delete.message"],
    )]);
    let body = Pattern::Object(message);
    let mut apart = Vec::new();
    let domain = match find(world, &name) {
        Found::Here(domain) => domain,
        Found::OtherCase(domain) => {
            // Who keeps names apart by case may answer so for the deletion of what is not there.
            let sensitive = (choice!("domain.name.case"), Options::only(0));
            if !world.choices.get(sensitive.0).and(sensitive.1).is_empty() {
                let missing = delete_missing(world, &name, body.clone(), gate.clone());
                apart.extend(served_by(sensitive, missing));
            }
            gate.ground(in_another_case());
            domain
        }
        Found::Nowhere => return delete_missing(world, &name, body, gate),
    };
    let name = domain.name.clone();
    let effect = Effect::new(move |world, _| {
        if let Some(domain) = world.domains.remove(&name)
            && !world.reference
        {
            world.gone.insert(name.clone(), domain);
        }
    });
    let rules = rules!["domain.delete.effect", "domain.delete.message"];
    let mut found = gate.finish(vec![Served::new(body, effect, rules)]);
    found.extend(apart);
    found
}

/// Whether a domain of that name was deleted, and may still be going.
fn is_settling(world: &World, name: &str) -> bool {
    let alike = |other: &String| folded(world) && other.eq_ignore_ascii_case(name);
    world.gone.contains_key(name) || world.gone.keys().any(alike)
}

fn delete_missing(world: &World, name: &str, body: Pattern, mut gate: Gate<'_>) -> Vec<Branch> {
    let (not_found, ok) = (Options::only(0), Options::only(1));
    gate.ground(Ground::choice(
        rule!("domain.delete.unknown"),
        choice!("cap.delete-missing/domain"),
        // While a deletion settles, another one may be served by anybody.
        if is_settling(world, name) {
            not_found.or(ok)
        } else {
            ok
        },
        not_found,
        Refusals::NOT_FOUND,
        format!("no domain {name:?}"),
    ));
    gate.finish(vec![Served::new(
        body,
        Effect::none(),
        rules!["domain.delete.unknown"],
    )])
}

pub(super) fn list(world: &World, input: &Input, gate: Gate<'_>) -> Vec<Branch> {
    let items = world
        .domains
        .values()
        .map(|domain| {
            let mut slots = vec![required(
                "DomainName",
                name_pattern(&domain.name, folded(world)),
                rules!["domain.list.contains"],
            )];
            let mut tags = domain.tags.slot("Tags", false);
            // Tags in the list are optional, and no rule compares them.
            tags.presence = if world.reference {
                Presence::Optional
            } else {
                Presence::Omitted
            };
            if !world.reference || tags.value_is_empty() {
                tags.value = Pattern::Any;
            }
            slots.push(tags);
            let times = Times {
                created: domain.times.created(rules!["domain.update.timestamps"]),
                updated: domain.times.updated(
                    u64::MAX,
                    rules!["domain.update.timestamps"],
                    rules!["domain.update.timestamps"],
                ),
                order: rules!["domain.create.echo"],
                renewed: false,
            };
            Item::named(
                domain.name.clone(),
                Pattern::Object(Object {
                    slots,
                    times: Some(Box::new(times)),
                    check: None,
                }),
            )
        })
        .collect();
    let known = world
        .gone
        .keys()
        .map(|name| {
            (
                name.clone(),
                RuleList::from_slice(rules!["domain.delete.effect"]),
            )
        })
        .collect::<Vec<_>>();
    let strangers = Strangers {
        foreign: true,
        folded: folded(world),
        legal: |_| true,
        known,
        rules: rules!["domain.list.contains"],
    };
    Listing {
        key: Naming::Member("DomainName"),
        scope: "domains".to_owned(),
        items,
        strangers,
        missing: rules!["domain.list.contains", "page.complete"],
        blame: rules!["domain.list.contains"],
        adopt: None,
    }
    .branches(world, input, gate)
}

impl Slot {
    /// Whether the reference would send an empty collection.
    fn value_is_empty(&self) -> bool {
        matches!(&self.value, Pattern::Map(map) if map.entries.is_empty())
    }
}
