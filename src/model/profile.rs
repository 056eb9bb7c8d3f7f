//! Profiles and their keys: CreateProfile, UpdateProfile, DeleteProfile, AddProfileKey, DeleteProfileKey (contract 3.19).

use std::borrow::Cow;
use std::sync::Arc;

use crate::contract::operation::operation;
use crate::contract::validate::Input;
use crate::contract::{Options, Refusals, RuleId, template};
use crate::wire::Json;
use crate::{choice, rule};

use super::assign::note;
use super::domain::scope;
use super::fields::Kept;
use super::gate::{Branch, Gate, Ground, Served};
use super::index::{Entry, Index, No, Origin, Part, Parts, Standing};
use super::ingest::{set, system_id};
use super::object::{carry_out, changes, obscure, unknowable};
use super::pattern::{Object, Pattern, Rules, optional, required, rules};
use super::portrait::{self, Portrait};
use super::standard;
use super::store::{CREATED, Fate, Fields, Filled, Held, Id, Kind, Path, Profile, Source, Store};
use super::value::{self, ContentType, Likeness};
use super::ways::Ways;
use super::world::{Domain, Effect, Mapping, World};

const BAD: Refusals = Refusals::BAD;
const NOT_FOUND: Refusals = Refusals::NOT_FOUND;

impl Profile {
    /// How answers show it.
    pub(super) fn portrait(&self, fields: Fields) -> Portrait {
        let inferred = !fields
            .iter()
            .any(|(_, held)| held.source == Source::Request);
        Portrait {
            kind: Kind::Profile,
            id: self.id.as_ref().map(Id::text),
            fields,
            vague: self.vague,
            history: self.rest.history.clone(),
            extra: if inferred {
                rules![
                    "std.profile.untargeted",
                    "search.profile-content",
                    "std.inferred.only-these",
                    "std.inferred.not-on-match"
                ]
            } else {
                rules![
                    "search.profile-content",
                    "std.profile.untargeted",
                    "std.inferred.not-on-match"
                ]
            },
            rests_on: self
                .rest
                .history
                .contains(&rule!("merge.effect"))
                .then_some(rule!("merge.effect")),
        }
    }
}

/// The members of a profile in a request, by path. An empty text is kept: it removes a value.
fn members(body: &Json) -> Vec<(Path, String)> {
    let mut members: Vec<(Path, String)> = Vec::new();
    let mut take = |path: String, text: &str| {
        members.retain(|(known, _)| *known != path);
        members.push((Path::Owned(path), text.to_owned()));
    };
    for (name, value) in body.members().unwrap_or_default() {
        match value {
            Json::String(text) if is_text_member(name) => take(name.clone(), text),
            Json::Object(inner) if name == "Attributes" || template::is_address(name) => {
                for (key, value) in inner {
                    let known = name == "Attributes" || template::is_address_member(key);
                    if let Some(text) = value.as_str().filter(|_| known) {
                        take(format!("{name}.{key}"), text);
                    }
                }
            }
            _ => {}
        }
    }
    members
}

fn is_text_member(name: &str) -> bool {
    template::target_within("_profile", name) == template::Target::Profile
}

/// Whether the body of a CreateProfile holds a known member that is neither null nor an empty object.
fn names_anything(input: &Input) -> bool {
    let taken = operation("CreateProfile").map_or(&[][..], |operation| operation.input);
    let members = input.body.members().unwrap_or_default();
    members.iter().any(|(name, value)| {
        let empty = match value {
            Json::Null => true,
            Json::Object(members) => members.is_empty(),
            _ => false,
        };
        !empty && taken.iter().any(|member| member.wire == name)
    })
}

pub(super) fn create(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let given = members(&input.body);
    if input.body.members().unwrap_or_default().is_empty() {
        gate.ground(Ground::choice(
            rule!("profile.create.empty"),
            choice!("profile.create.empty"),
            Options::only(0),
            Options::only(1),
            BAD,
            "no field at all",
        ));
    } else if !world.reference && given.is_empty() && !names_anything(input) {
        let rule = rule!("profile.create.empty");
        gate.ground(Ground::may(rule, BAD, "no field with a value"));
    }
    let Some(domain) = domain.filter(|_| gate.may_be_served()) else {
        return gate.finish(Vec::new());
    };
    let store = &domain.store;
    for rule in [
        rule!("profile.create.no-dedup"),
        rule!("time.concurrent-create"),
    ] {
        gate.touch(rule);
    }
    let mut numbers = given.iter().filter(|_| !world.reference);
    if let Some((_, number)) = numbers.find(|(path, _)| path == "AccountNumber") {
        let rule = rule!("profile.create.account-not-unique");
        match owners(store, "_account", number).is_empty() {
            true => gate.touch(rule),
            false => gate.grudge(rule, BAD),
        }
    }
    let fields: Fields = given
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(path, text)| (path, Held::value(text, Source::Request, CREATED)))
        .collect();
    let id = match domain.seed {
        Some(seed) => Pattern::Exactly(Json::from(
            system_id(seed, store.given_out() + 1, 0).to_string(),
        )),
        None => Pattern::FreshId(
            world
                .domains
                .values()
                .flat_map(|domain| domain.store.profiles.values())
                .filter_map(|profile| profile.id.as_ref().map(Id::text))
                .chain(store.gone.iter().map(|(id, _)| Arc::clone(id)))
                .collect(),
        ),
    };
    let body = Pattern::Object(Object::of(vec![required(
        "ProfileId",
        id,
        rules!["profile.create.id", "profile.create.no-dedup"],
    )]));
    let vague = domain.obscured || gate.obscures();
    let name = domain.name.clone();
    let effect = Effect::new(move |world, body| {
        let id = body
            .and_then(|body| body.get("ProfileId"))
            .and_then(Json::as_str);
        if let Some(domain) = world.domain_mut(&name) {
            let store = Arc::make_mut(&mut domain.store);
            store.add_profile(Profile {
                id: id.map(|id| store.id(id)),
                fields: Kept::Open(fields),
                vague,
                ..Profile::default()
            });
        }
    });
    gate.finish(vec![Served::new(body, effect, rules!["profile.create.id"])])
}

/// The profile a request is about; without one, the ground for refusing it. `Err` if nobody can say.
fn find(
    domain: &Domain,
    id: &str,
    reference: bool,
    rule: RuleId,
    gate: &mut Gate<'_>,
) -> Result<Option<No>, ()> {
    let store = &domain.store;
    match store.profile_no(id) {
        Some(no) => match store.profiles.get(&no).and_then(|profile| profile.doubt) {
            Some(_) => Err(()),
            None => Ok(Some(no)),
        },
        None if !reference && store.has_nameless() => {
            // It may be one of those whose ids nobody has seen yet: only if it is served, nobody knows what was changed.
            let why = format!("perhaps no profile {id:?}");
            gate.ground(Ground::may(rule, NOT_FOUND.or(BAD), why));
            Ok(None)
        }
        None => {
            let why = format!("no profile {id:?}");
            let refusals = NOT_FOUND.or(BAD);
            let gone = store.gone.iter().find(|(gone, _)| gone.as_ref() == id);
            gate.ground(match gone {
                Some((_, gone)) if *gone == rule!("merge.effect") => {
                    Ground::should(*gone, refusals, why)
                }
                Some(_) => Ground {
                    rules: [rule, rule!("profile.delete.effect")].into_iter().collect(),
                    ..Ground::must(&[], refusals, why)
                },
                None => Ground {
                    rules: [rule].into_iter().collect(),
                    ..Ground::must(&[], refusals, why)
                },
            });
            Ok(None)
        }
    }
}

/// A request that is refused for what it says may be refused for the profile it speaks of as well (proto.precedence).
fn miss(world: &World, domain: Option<&Domain>, input: &Input, rule: RuleId, gate: &mut Gate<'_>) {
    let id = input.member("ProfileId").and_then(Json::as_str);
    let (Some(domain), Some(id), false) = (domain, id, world.reference) else {
        return;
    };
    let whole = input.member("Values").and_then(Json::items).is_some();
    if (!whole || !gate.may_be_served()) && domain.store.profile_no(id).is_none() {
        let why = format!("no profile {id:?}");
        gate.ground(Ground::may(rule, NOT_FOUND.or(BAD), why));
    }
}

pub(super) fn update(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let id = input.member("ProfileId").and_then(Json::as_str);
    let (Some(domain), Some(id)) = (domain, id) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured {
        return vec![unknowable(&domain.name)];
    }
    let rule = rule!("profile.update.unknown");
    let Ok(found) = find(domain, id, world.reference, rule, &mut gate) else {
        return vec![unknowable(&domain.name)];
    };
    let body = Pattern::Object(Object::of(vec![required(
        "ProfileId",
        Pattern::Exactly(Json::from(id)),
        rules!["std.id.assigned", "profile.update.partial"],
    )]));
    let blame: Rules = rules!["profile.update.partial"];
    let given = members(&input.body);
    if !world.reference && given.is_empty() {
        let rule = rule!("profile.update.partial");
        gate.ground(Ground::may(rule, BAD, "nothing to update"));
    }
    let Some(no) = found else {
        let blind = Served::new(Pattern::Any, obscure(&domain.name), blame);
        return gate.finish(vec![blind]);
    };
    if gate.obscures() {
        let effect = changes(&domain.name, move |store| {
            store.change_profile(
                no,
                Fate::Open(rule!("std.keys.follow-update")),
                |profile, _| {
                    profile.vague = true;
                },
            );
        });
        return gate.finish(vec![Served::new(Pattern::Any, effect, blame)]);
    }
    let maps: Vec<&'static str> = ["Attributes"]
        .into_iter()
        .chain(ADDRESSES)
        .filter(|name| input.member(name).is_some())
        .collect();
    let served = carry_out(world, domain, &body, blame, move |store, ways| {
        rewrite(store, no, &given, &maps, ways);
    });
    match served {
        Some(served) => gate.finish(served),
        None => vec![unknowable(&domain.name)],
    }
}

const ADDRESSES: [&str; 4] = [
    "Address",
    "ShippingAddress",
    "MailingAddress",
    "BillingAddress",
];

/// Writes the members of an update; those it leaves out are kept.
fn rewrite(
    store: &mut Store,
    no: No,
    given: &[(Path, String)],
    maps: &[&'static str],
    ways: &mut Ways,
) {
    let fields = store.fields_of(no);
    // Members of a map that is given without them: kept, or gone with the old map.
    let replaced: Vec<Path> = fields
        .iter()
        .filter(|(path, held)| {
            let outer = path.split_once('.').map_or("", |(outer, _)| outer);
            maps.contains(&outer)
                && !held.is_unset()
                && !given.iter().any(|(known, _)| known == path)
        })
        .map(|(path, _)| path.clone())
        .collect();
    let mut gone: Vec<Path> = Vec::new();
    for (attributes, choice) in [
        (true, choice!("profile.update.attributes")),
        (false, choice!("profile.update.address")),
    ] {
        let of_kind = |path: &&Path| path.starts_with("Attributes.") == attributes;
        if replaced.iter().any(|path| of_kind(&path)) && ways.choose(choice) == 1 {
            gone.extend(replaced.iter().filter(of_kind).cloned());
        }
    }
    drop(fields);
    let fate = ways.fate(rule!("std.keys.follow-update"));
    let remembers = !ways.is_reference();
    store.change_profile(no, fate, |_, fields| {
        for (path, held) in fields.iter_mut() {
            held.rules = rules!["profile.update.partial", "search.profile-content"];
            // Whoever writes a profile anew may write its number in another form.
            held.reformed = remembers && held.filled != Filled::No && path == "PhoneNumber";
            if remembers && held.filled == Filled::Unindexed {
                // Whoever writes the keys of a profile anew may write this one, too.
                held.filled = Filled::Perhaps;
            }
        }
        for path in replaced {
            let rules: Rules = if path.starts_with("Attributes.") {
                rules!["profile.update.attributes", "search.profile-content"]
            } else {
                rules!["profile.update.address", "search.profile-content"]
            };
            let known = fields.iter_mut().find(|(known, _)| *known == path);
            if let Some((_, held)) = known {
                held.rules = rules;
            }
            if gone.contains(&path) {
                let held = Held::nothing(Source::Request, rules);
                set(fields, path, held);
            }
        }
        for (path, text) in given {
            let held = match (text.as_str(), path.starts_with("Attributes.")) {
                ("", true) => Held::nothing(
                    Source::Request,
                    rules!["profile.update.attribute-clear", "search.profile-content"],
                ),
                ("", false) => Held::nothing(
                    Source::Request,
                    rules!["profile.update.clear", "search.profile-content"],
                ),
                (text, _) => Held::value(
                    text,
                    Source::Request,
                    rules!["search.profile-content", "profile.update.partial"],
                ),
            };
            set(fields, path.clone(), held);
        }
        // What is gone is not remembered where nobody is watched.
        if !remembers {
            fields.retain(|(_, held)| !held.is_unset());
        }
    });
}

pub(super) fn delete(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let id = input.member("ProfileId").and_then(Json::as_str);
    let (Some(domain), Some(id)) = (domain, id) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    let message = Pattern::Object(Object::of(vec![optional(
        "Message",
        Pattern::Text("Deleted"),
        rules!["profile.delete.effect"],
    )]));
    let blame: Rules = rules!["profile.delete.effect"];
    let store = &domain.store;
    let found = store.profile_no(id);
    let nameless = !world.reference && found.is_none() && store.has_nameless();
    if domain.obscured || gate.obscures() {
        return vec![unknowable(&domain.name)];
    }
    if nameless {
        let (rule, why) = (
            rule!("profile.delete.unknown"),
            "perhaps there is no such profile",
        );
        gate.ground(Ground::may(rule, NOT_FOUND, why));
        let blind = Served::new(Pattern::Any, obscure(&domain.name), blame);
        return gate.finish(vec![blind]);
    }
    let Some(no) = found else {
        let merged = rule!("merge.effect");
        if store.gone.contains(&(id.into(), merged)) {
            // It may have been there still, so that serving this says nothing of those that are not.
            gate.ground(Ground::may(merged, NOT_FOUND, "the profile may be gone"));
            return gate.finish(vec![Served::new(message, Effect::none(), blame)]);
        }
        gate.ground(Ground::choice(
            rule!("profile.delete.unknown"),
            choice!("cap.delete-missing/profile"),
            Options::only(1),
            Options::only(0),
            NOT_FOUND,
            format!("no profile {id:?}"),
        ));
        return gate.finish(vec![Served::new(message, Effect::none(), blame)]);
    };
    if let Some(doubt) = store.profiles.get(&no).and_then(|profile| profile.doubt) {
        gate.ground(Ground::may(doubt, NOT_FOUND, "the profile may be gone"));
    }
    let served = carry_out(world, domain, &message, blame, move |store, ways| {
        let observes = !ways.is_reference();
        if observes {
            bury(store, no, rule!("profile.delete.effect"));
        }
        store.remove_profile(
            no,
            observes.then_some(rule!("profile.delete.keys-released")),
        );
    });
    match served {
        Some(served) => gate.finish(served),
        None => vec![unknowable(&domain.name)],
    }
}

/// Remembers what a profile leaves behind, so that it is recognised if it shows again.
pub(super) fn bury(store: &mut Store, no: No, rule: RuleId) {
    if let Some(id) = store
        .profiles
        .get(&no)
        .and_then(|profile| profile.id.clone())
    {
        store.gone.push((id.text(), rule));
    }
    let objects: Vec<(Arc<str>, Arc<str>)> = store
        .objects_on(no)
        .filter_map(|(_, object)| Some((Arc::clone(object.type_name()), object.key()?)))
        .collect();
    for (type_name, key) in objects {
        store.gone_objects.push((type_name, key, rule));
    }
}

/// The content types of the fields under a key name, over the types of the domain; a name that a type defines with several
/// fields has none.
pub(super) fn contents(domain: &Domain, name: &str) -> (Vec<ContentType>, usize) {
    let mut contents: Vec<ContentType> = Vec::new();
    let mut longest = 1;
    for found in domain.types.values() {
        let Mapping::Own(own) = &found.mapping else {
            continue;
        };
        for key in own.plan.keys.iter().filter(|key| key.name.as_ref() == name) {
            longest = longest.max(key.fields.len());
            if let [field] = key.fields.as_slice() {
                let content = own.plan.fields[*field].content;
                if !contents.contains(&content) {
                    contents.push(content);
                }
            }
        }
    }
    let own = match name {
        "_phone" => Some(ContentType::Phone),
        "_email" => Some(ContentType::Email),
        "_fullName" => Some(ContentType::Name),
        _ => None,
    };
    contents.extend(own.filter(|own| !contents.contains(own)));
    (contents, longest)
}

/// Whether a key name means anything in a domain.
pub(super) fn is_defined(domain: &Domain, name: &str) -> bool {
    template::is_search_key(name)
        || domain.types.values().any(|found| match &found.mapping {
            Mapping::Own(own) => own.plan.defines(name),
            _ => false,
        })
}

/// Whether types whose keys nobody knows may define a key name.
pub(super) fn may_be_defined(domain: &Domain, name: &str) -> bool {
    template::is_predefined_key(name)
        || domain
            .types
            .values()
            .any(|found| !matches!(found.mapping, Mapping::Own(_)))
        || domain.store.keys.knows(name)
}

/// Whether a key name may have been defined by a type that is gone or was put again without it (search.unknown-key).
pub(super) fn may_be_dropped(domain: &Domain, name: &str) -> bool {
    !is_defined(domain, name) && (!domain.absent.is_empty() || domain.retyped)
}

/// The profiles that an observer knows may have that value of a key, or one that may be the same.
fn owners(store: &Store, name: &str, value: &str) -> Vec<No> {
    let parts = super::store::one(value, ContentType::String);
    let entries = store.keys.at(name, &parts).iter();
    let any = |(no, profile): (No, &Profile)| {
        let mut any = profile.rest.any.iter();
        any.any(|known| **known == *name).then_some(no)
    };
    entries
        .filter(|entry| !matches!(entry.standing, Standing::Never(_)))
        .map(|entry| entry.subject)
        .chain(store.profiles.iter().filter_map(any))
        .collect()
}

/// What AddProfileKey and DeleteProfileKey are about.
struct Keyed<'a> {
    id: &'a str,
    name: &'a str,
    values: Vec<&'a str>,
}

impl<'a> Keyed<'a> {
    fn read(input: &'a Input, gate: &mut Gate<'_>) -> Option<Self> {
        let text = |name| input.member(name).and_then(Json::as_str);
        let values = input.member("Values").and_then(Json::items)?;
        if values.is_empty() {
            gate.ground(Ground::choice(
                rule!("profile.key.values-empty"),
                choice!("profile.key.values-empty"),
                Options::only(1),
                Options::only(0),
                BAD,
                "no values",
            ));
        }
        Some(Self {
            id: text("ProfileId")?,
            name: text("KeyName")?,
            values: values.iter().filter_map(Json::as_str).collect(),
        })
    }
}

/// Names under which the system keeps ids of its own.
fn holds_system_ids(name: &str) -> bool {
    ["_profileId", "_assetId", "_caseId"].contains(&name)
}

pub(super) fn add_key(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let rule = rule!("profile.key.add.unknown-profile");
    miss(world, domain, input, rule, &mut gate);
    let (Some(domain), Some(keyed)) = (domain, Keyed::read(input, &mut gate)) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured || gate.obscures() {
        return vec![unknowable(&domain.name)];
    }
    let store = &domain.store;
    let Ok(found) = find(domain, keyed.id, world.reference, rule, &mut gate) else {
        return vec![unknowable(&domain.name)];
    };
    let system = holds_system_ids(keyed.name);
    if system {
        let why = format!("{} holds ids of the system", keyed.name);
        gate.ground(Ground::may(
            rule!("profile.key.add.system-id"),
            BAD.or(NOT_FOUND),
            why,
        ));
    } else if !is_defined(domain, keyed.name) {
        let why = format!("no type defines a key {:?}", keyed.name);
        let ground = Ground::may(
            rule!("profile.key.add.undefined-name"),
            BAD.or(NOT_FOUND),
            why,
        );
        gate.ground(ground);
    }
    for rule in [rule!("profile.key.add.search"), rule!("profile.key.shared")] {
        gate.touch(rule);
    }
    if !world.reference {
        let of = |value: &&str| owners(store, keyed.name, value);
        let known: Vec<No> = keyed.values.iter().flat_map(of).collect();
        if known.iter().any(|no| Some(*no) != found) {
            gate.grudge(rule!("profile.key.shared"), BAD);
        }
        if known.iter().any(|no| Some(*no) == found) {
            gate.grudge(rule!("profile.key.add.idempotent"), BAD);
        }
    }
    const ECHO: Rules = rules!["profile.key.add.echo"];
    let body = Pattern::Object(Object::of(vec![
        optional("KeyName", Pattern::Exactly(Json::from(keyed.name)), ECHO),
        optional(
            "Values",
            Pattern::Set(
                keyed
                    .values
                    .iter()
                    .map(|value| (*value).to_owned())
                    .collect(),
            ),
            ECHO,
        ),
    ]));
    let blame: Rules = rules!["profile.key.add.search", "profile.key.add.idempotent"];
    let Some(no) = found else {
        return gate.finish(vec![Served::new(body, obscure(&domain.name), blame)]);
    };
    let (contents, longest) = contents(domain, keyed.name);
    let content = contents.first().copied().unwrap_or(ContentType::String);
    let part = move |text: &str| Part {
        text: text.into(),
        content,
    };
    let standing = if system {
        Standing::Open(rule!("profile.key.add.system-id"))
    } else if longest > 1 {
        Standing::Open(rule!("key.compound-search"))
    } else {
        Standing::Sure
    };
    let mut values: Vec<Parts> = keyed
        .values
        .iter()
        .map(|text| Parts::from([part(text)]))
        .collect();
    if longest > 1 && values.len() == longest && !world.reference {
        // The values may be the parts of one compound value.
        values.push(keyed.values.iter().map(|text| part(text)).collect());
    }
    let name: Arc<str> = keyed.name.into();
    let served = carry_out(world, domain, &body, blame, move |store, ways| {
        for parts in &values {
            let entry = Entry {
                subject: no,
                origin: Origin::Added,
                standing: match standing {
                    Standing::Open(_) if ways.is_reference() => Standing::Sure,
                    other => other,
                },
                parts: parts.clone(),
            };
            let added = (Arc::clone(&name), parts.clone());
            let known = store.profiles.get(&no);
            let again = known.is_some_and(|profile| profile.rest.added.contains(&added));
            if again && ways.is_reference() {
                continue;
            }
            store.keys.add(&name, entry);
            if let Some(profile) = store.profiles.get_mut(&no).filter(|_| !again) {
                profile.rest.added.push(added);
            }
        }
    });
    match served {
        Some(served) => gate.finish(served),
        None => vec![unknowable(&domain.name)],
    }
}

pub(super) fn delete_key(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let rule = rule!("profile.key.delete.absent");
    miss(world, domain, input, rule, &mut gate);
    let (Some(domain), Some(keyed)) = (domain, Keyed::read(input, &mut gate)) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if domain.obscured || gate.obscures() {
        return vec![unknowable(&domain.name)];
    }
    let message = Pattern::Object(Object::of(vec![optional(
        "Message",
        Pattern::Text("Deleted"),
        rules!["profile.key.delete"],
    )]));
    let blame: Rules = rules!["profile.key.delete"];
    let refusals = BAD.or(NOT_FOUND);
    let store = &domain.store;
    let found = store.profile_no(keyed.id);
    let in_doubt = |no: &No| store.profiles.get(no).is_some_and(|it| it.doubt.is_some());
    if !world.reference && found.as_ref().is_some_and(in_doubt) {
        return vec![unknowable(&domain.name)];
    }
    let Some(no) = found else {
        let why = format!("no profile {:?}", keyed.id);
        gate.ground(Ground::may(
            rule!("profile.key.delete.absent"),
            refusals,
            why,
        ));
        // It may be one of those whose ids nobody has seen yet.
        let effect = match !world.reference && store.has_nameless() {
            true => obscure(&domain.name),
            false => Effect::none(),
        };
        return gate.finish(vec![Served::new(message, effect, blame)]);
    };
    let own = |text: &str, origin: fn(Origin) -> bool| {
        let parts = super::store::one(text, ContentType::String);
        let entries = store.keys.at(keyed.name, &parts).iter();
        entries.into_iter().any(|entry| {
            let same = matches!(&entry.parts[..], [part] if part.text.as_ref() == text);
            let there = !matches!(entry.standing, Standing::Never(_));
            same && there && entry.subject == no && origin(entry.origin)
        })
    };
    let added = |text: &str| {
        let same = |(name, parts): &(Arc<str>, Parts)| {
            name.as_ref() == keyed.name
                && matches!(&parts[..], [part] if part.text.as_ref() == text)
        };
        let profile = store.profiles.get(&no);
        profile.is_some_and(|profile| profile.rest.added.iter().any(same))
    };
    let is_added = |text: &str| match world.reference {
        true => added(text),
        false => own(text, |origin| origin == Origin::Added),
    };
    let is_derived = |text: &str| match world.reference {
        true => !added(text) && store.keys.leads(keyed.name, text, no),
        false => own(text, |origin| origin != Origin::Added),
    };
    if !world.reference && may_be_dropped(domain, keyed.name) {
        let why = "a key that no type defines any more";
        gate.ground(Ground::may(
            rule!("profile.key.delete.absent"),
            refusals,
            why,
        ));
    }
    if keyed.values.iter().any(|text| is_derived(text)) {
        // To an implementation that keeps such values elsewhere they are not there (profile.key.delete.absent).
        gate.ground(Ground::may(
            rule!("profile.key.delete.standard"),
            refusals,
            "a value that comes from a field or an object",
        ));
    }
    if keyed
        .values
        .iter()
        .any(|text| !is_added(text) && !is_derived(text))
    {
        gate.ground(Ground::may(
            rule!("profile.key.delete.absent"),
            refusals,
            "a value the profile does not have",
        ));
    }
    let values: Vec<String> = keyed.values.iter().map(|text| (*text).to_owned()).collect();
    let name = keyed.name.to_owned();
    let (contents, _) = contents(domain, &name);
    let served = carry_out(world, domain, &message, blame, move |store, ways| {
        for value in &values {
            let_go(store, no, &name, (value, &contents), ways);
        }
    });
    match served {
        Some(served) => gate.finish(served),
        None => vec![unknowable(&domain.name)],
    }
}

/// Removes a value of a key from a profile. One that comes from a field or an object may stay, and in the reference does; so
/// may one that is written otherwise, where the content types of the key may make them one.
fn let_go(
    store: &mut Store,
    no: No,
    name: &str,
    (text, contents): (&str, &[ContentType]),
    ways: &Ways,
) {
    let loosely = ways.takes(rule!("profile.key.delete")) == 1;
    let is_value = |part: &Part| {
        let normal = |text| value::canonical(text, part.content, ways.choices());
        part.text.as_ref() == text || (loosely && normal(&part.text) == normal(text))
    };
    let may_be_value = |part: &Part| {
        let contents = contents.iter().chain([&part.content]);
        let mut likenesses =
            contents.map(|content| value::likeness(&part.text, text, *content, ways.choices()));
        likenesses.any(|it| !matches!(it, Likeness::Different | Likeness::ShouldNot(_)))
    };
    // An observer keeps no entries for what assets hold.
    let mut derived = standard::leads_to_owner(name) && !ways.is_reference();
    let mut change = |entry: &mut Entry| {
        if entry.subject != no || !entry.parts.iter().any(may_be_value) {
            return;
        }
        let exact = entry.parts.iter().any(is_value);
        entry.standing = match (entry.origin, entry.standing) {
            (_, Standing::Never(rule)) => Standing::Never(rule),
            (Origin::Added, _) if entry.parts.len() > 1 => {
                Standing::Open(rule!("key.compound-search"))
            }
            (Origin::Added, _) if exact => Standing::Never(rule!("profile.key.delete")),
            (Origin::Added, _) => Standing::Open(rule!("profile.key.delete")),
            _ => {
                derived = true;
                Standing::Open(rule!("profile.key.delete.standard"))
            }
        };
    };
    let keys: &mut Index = &mut store.keys;
    if !ways.is_reference() {
        keys.revise(|known, entry| {
            if known == name {
                change(entry);
            }
            true
        });
    }
    let Some(profile) = store.profiles.get_mut(&no) else {
        return;
    };
    let stays =
        |(known, parts): &(Arc<str>, Parts)| known.as_ref() != name || !parts.iter().any(is_value);
    if !profile.rest.added.iter().all(stays) {
        profile.rest.added.retain(|added| {
            let stays = stays(added);
            if !stays {
                // The reference has counted what fields and objects wrote beside it.
                keys.take_back(name, &added.1, no);
            }
            stays
        });
    }
    if derived {
        let rule = rule!("profile.key.delete.standard");
        note(&mut profile.rest.history, rule);
    }
}

/// The rules by which a profile may be otherwise while a merge is under way.
pub(super) const MERGED: [RuleId; 4] = [
    rule!("merge.effect"),
    rule!("merge.fields-union"),
    rule!("merge.fields-conflict"),
    rule!("merge.fields-source"),
];

/// A profile that is shown has been kept, whatever type was deleted; and one that is shown as a merge makes it is no longer on the
/// way there.
fn settle(store: &mut Store, no: No, shown: &[(Cow<'_, str>, &str)]) {
    let remains = rule!("delete-type.profile-remains");
    let history = store.profiles.get(&no).map(|it| &it.rest.history);
    let waits = |rule: &RuleId| *rule == remains || MERGED.contains(rule);
    if !history.is_some_and(|history| history.iter().any(waits)) {
        return;
    }
    let fields = store.fields_of(no);
    let is_merged = fields.iter().all(|(path, held)| {
        let value = shown.iter().find(|(known, _)| known == path);
        !held.free && held.allows(value.map(|(_, value)| *value))
    });
    drop(fields);
    if let Some(profile) = store.profiles.get_mut(&no) {
        let stays = |rule: &mut RuleId| *rule != remains && !(is_merged && MERGED.contains(rule));
        profile.rest.history.retain(stays);
    }
    if is_merged {
        store.change_profile(no, Fate::Goes, |_, fields| {
            let of_merge = |held: &Held| held.rules.first().is_some_and(|it| MERGED.contains(it));
            for (_, held) in fields.iter_mut().filter(|(_, held)| of_merge(held)) {
                held.rules = rules!["search.profile-content", "merge.effect"];
            }
        });
    }
}

/// Takes over what an answer shows of a profile.
pub(super) fn adopt(store: &mut Store, no: No, id: Option<&str>, shown: &Json) {
    if let Some(id) = id {
        store.name_profile(no, id);
    }
    let flat = portrait::flatten(Kind::Profile, shown);
    settle(store, no, &flat);
    let open = store.profiles.get(&no).is_some_and(|profile| {
        let fields = store.fields_of(no);
        let decides = |(path, held): &(Path, Held)| {
            let value = flat.iter().find(|(known, _)| known == path);
            let settled = held.options.len() == 1 && !held.reformed;
            !settled || !held.allows(value.map(|(_, value)| *value))
        };
        profile.doubt.is_some() || fields.iter().any(decides)
    });
    if open {
        store.change_profile(no, Fate::Goes, |profile, fields| {
            profile.doubt = None;
            for (path, held) in fields {
                let value = flat.iter().find(|(known, _)| known == path);
                held.adopt(value.map(|(_, value)| *value));
            }
        });
    }
}
