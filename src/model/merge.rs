//! MergeProfiles (contract 3.19). Its effects are promised with no more than a SHOULD.

use std::sync::Arc;

use crate::contract::Refusals;
use crate::contract::validate::Input;
use crate::rule;
use crate::wire::Json;

use super::assign::note;
use super::domain::scope;
use super::gate::{Branch, Gate, Ground, Served};
use super::index::{No, Standing};
use super::ingest::set;
use super::object::{carry_out, obscure, unknowable};
use super::pattern::{Object, Pattern, Rules, optional, rules};
use super::profile::{MERGED, bury};
use super::store::{Fate, Fields, Held, Path, Source, Store, field_keys, is_none};
use super::ways::Ways;
use super::world::World;

pub(super) fn merge(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let main = input.member("MainProfileId").and_then(Json::as_str);
    let merged = input.member("ProfileIdsToBeMerged").and_then(Json::items);
    let ids = merged.unwrap_or_default().iter().filter_map(Json::as_str);
    let ids: Vec<&str> = ids.collect();
    let refusals = Refusals::BAD.or(Refusals::NOT_FOUND);
    let flawed = main.is_none() || merged.is_none() || !gate.may_be_served();
    if let Some(domain) = domain.filter(|_| flawed && !world.reference)
        && ids
            .iter()
            .copied()
            .chain(main)
            .any(|id| domain.store.profile_no(id).is_none())
    {
        // That may be the reason as well (proto.precedence).
        let why = "no such profile";
        gate.ground(Ground::may(rule!("merge.unknown"), refusals, why));
    }
    let (Some(domain), Some(main), false) = (domain, main, flawed) else {
        return gate.misread(domain.map(|domain| obscure(&domain.name)));
    };
    let store = &domain.store;
    let unknown = |id: &&str| store.profile_no(id).is_none();
    let doubtful = |id: &&str| {
        let no = store.profile_no(id);
        no.and_then(|no| store.profiles.get(&no))
            .is_some_and(|profile| profile.doubt.is_some() || profile.vague)
    };
    let mut all = ids.iter().copied().chain([main]);
    let lost = all.clone().any(|id| unknown(&id));
    if lost {
        gate.ground(Ground {
            obscures: true,
            ..Ground::may(rule!("merge.unknown"), refusals, "no such profile")
        });
    }
    let repeats = |(at, id): (usize, &&str)| ids[..at].contains(id);
    if !world.reference && ids.iter().enumerate().any(repeats) {
        let why = "a profile is to be merged twice";
        gate.ground(Ground::may(rule!("merge.count"), Refusals::BAD, why));
    }
    if ids.contains(&main) {
        let why = "the main profile is among those to be merged";
        gate.ground(Ground::may(rule!("merge.self"), Refusals::BAD, why));
    }
    if !gate.may_be_served() {
        return gate.finish(Vec::new());
    }
    if lost && !domain.obscured {
        let blind = Served::new(Pattern::Any, obscure(&domain.name), rules!["merge.unknown"]);
        return gate.finish(vec![blind]);
    }
    if domain.obscured || gate.obscures() || all.any(|id| doubtful(&id)) {
        return vec![unknowable(&domain.name)];
    }
    for rule in [rule!("merge.count"), rule!("merge.effect")] {
        gate.touch(rule);
    }
    let message = Pattern::Object(Object::of(vec![optional(
        "Message",
        Pattern::Text("Merged"),
        rules!["proto.output-required"],
    )]));
    let number = |id: &str| store.profile_no(id);
    let Some(main) = number(main) else {
        return gate.finish(Vec::new());
    };
    let mut merged: Vec<No> = Vec::new();
    for no in ids.iter().filter_map(|id| number(id)) {
        if no != main && !merged.contains(&no) {
            merged.push(no);
        }
    }
    let sources = sources(store, input.member("FieldSourceProfileIds"));
    let takes_part = |no: No| no == main || merged.contains(&no);
    let bystands = |(_, from): &(String, Option<No>)| !from.is_some_and(takes_part);
    if sources.iter().any(bystands) {
        let why = "a value is to come from a profile that takes no part";
        gate.ground(Ground::may(rule!("merge.fields-source"), refusals, why));
    }
    let served = carry_out(
        world,
        domain,
        &message,
        rules!["merge.count"],
        move |store, ways| {
            unite(store, main, &merged, &sources, ways);
        },
    );
    match served {
        Some(served) => gate.finish(served),
        None => vec![unknowable(&domain.name)],
    }
}

/// The profiles whose values win, by member or by attribute.
fn sources(store: &Store, given: Option<&Json>) -> Vec<(String, Option<No>)> {
    let mut sources = Vec::new();
    for (name, value) in given.and_then(Json::members).unwrap_or_default() {
        match value {
            Json::String(id) => sources.push((name.clone(), store.profile_no(id))),
            Json::Object(attributes) if name == "Attributes" => {
                for (attribute, id) in attributes {
                    let from = id.as_str().and_then(|id| store.profile_no(id));
                    sources.push((format!("Attributes.{attribute}"), from));
                }
            }
            _ => {}
        }
    }
    sources
}

/// Makes one profile of several.
fn unite(
    store: &mut Store,
    main: No,
    merged: &[No],
    sources: &[(String, Option<No>)],
    ways: &Ways,
) {
    let observes = !ways.is_reference();
    let fields = united(store, main, merged, sources, observes);
    for no in merged {
        let objects: Vec<No> = store.objects_on(*no).map(|(object, _)| object).collect();
        let mut wrote: Vec<(Arc<str>, super::index::Parts)> = Vec::new();
        if !observes {
            let written = store.objects_on(*no);
            wrote.extend(written.flat_map(|(_, object)| object.wrote().into_owned()));
        }
        if observes {
            bury(store, *no, rule!("merge.effect"));
            store.bequeath(*no, main);
        }
        for object in objects {
            store.place(object, main);
            if let Some(object) = store.objects.get_mut(&object).filter(|_| observes) {
                object.seen.why.insert(0, rule!("merge.effect"));
                // It is not gone, it has moved.
                let key = object.key();
                let moved = |gone: &Arc<str>| Some(gone) == key.as_ref();
                store.gone_objects.retain(|(_, gone, _)| !moved(gone));
            }
        }
        let standards: Vec<No> = store.standards_on(*no, None).map(|(no, _)| no).collect();
        for standard in standards {
            store.place_standard(standard, main);
            if let Some(standard) = store.standards.get_mut(&standard).filter(|_| observes) {
                standard.rest.missing = Some(rule!("merge.effect"));
            }
        }
        let Some(rest) = store.profiles.get(no).map(|profile| profile.rest.clone()) else {
            continue;
        };
        // What follows from fields is written anew for the main profile; what does not any more may go on leading there.
        let fate = ways.fate(rule!("merge.effect"));
        if !observes && fate == Fate::Stays {
            let fields = store.fields_of(*no).into_owned();
            for (name, parts, _) in field_keys(&fields) {
                store.keys.redirect(name, &parts, *no, main);
            }
        }
        store.change_profile(*no, fate, |_, fields| fields.clear());
        wrote.extend(rest.added.iter().cloned());
        if observes {
            store.keys.revise(|_, entry| {
                if entry.subject == *no {
                    entry.subject = main;
                    if let Standing::Sure = entry.standing {
                        entry.standing = Standing::Likely(rule!("merge.effect"));
                    }
                }
                true
            });
        } else {
            for (name, parts) in &wrote {
                store.keys.redirect(name, parts, *no, main);
            }
        }
        store.remove_profile(*no, None);
        if let Some(profile) = store.profiles.get_mut(&main)
            && !(rest.vague_kinds.is_empty() && rest.added.is_empty() && rest.any.is_empty())
        {
            profile
                .rest
                .vague_kinds
                .extend_from_slice(&rest.vague_kinds);
            profile.rest.added.extend_from_slice(&rest.added);
            profile.rest.any.extend(rest.any.iter().cloned());
        }
    }
    store.change_profile(main, ways.fate(rule!("merge.effect")), |profile, held| {
        *held = fields;
        for rule in MERGED {
            note(&mut profile.rest.history, rule);
        }
    });
}

/// The fields of the main profile afterwards.
fn united(
    store: &Store,
    main: No,
    merged: &[No],
    sources: &[(String, Option<No>)],
    observes: bool,
) -> Fields {
    let held = |no: No, path: &Path| {
        let fields = store.fields_of(no);
        let (_, held) = fields.iter().find(|(known, _)| known == path)?;
        (!held.is_unset()).then(|| held.clone())
    };
    let mut paths: Vec<Path> = Vec::new();
    for no in std::iter::once(&main).chain(merged) {
        for (path, _) in store.fields_of(*no).iter() {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
    }
    let mut fields = Fields::new();
    for path in paths {
        let outer = path
            .split_once('.')
            .map_or(path.as_ref(), |(outer, _)| outer);
        let chosen = sources
            .iter()
            .find(|(name, _)| *name == path || *name == outer);
        let own = held(main, &path);
        let mut others: Vec<Held> = merged.iter().filter_map(|no| held(*no, &path)).collect();
        let (mut value, rules): (Held, Rules) = match (chosen, own) {
            (Some((_, from)), own) => {
                let rules: Rules = rules!["merge.fields-source", "merge.effect"];
                match from {
                    Some(no) if *no == main || merged.contains(no) => {
                        let value = held(*no, &path);
                        (
                            value.unwrap_or_else(|| Held::nothing(Source::Several, rules)),
                            rules,
                        )
                    }
                    // An id of nobody, or of a profile that takes no part: anything may come of it.
                    _ => {
                        let mut value =
                            own.unwrap_or_else(|| Held::nothing(Source::Several, rules));
                        value.free = observes;
                        (value, rules)
                    }
                }
            }
            (None, Some(mut own)) => {
                // Where it may have none, there may be no conflict.
                if observes && (own.free || own.options.iter().any(is_none)) {
                    others.iter().for_each(|other| own.admit_all(other));
                }
                (own, rules!["merge.fields-conflict", "merge.effect"])
            }
            (None, None) => {
                let Some(mut first) = (!others.is_empty()).then(|| others.remove(0)) else {
                    continue;
                };
                if observes {
                    others.iter().for_each(|other| first.admit_all(other));
                }
                (first, rules!["merge.fields-union", "merge.effect"])
            }
        };
        // Parts of an address may be united, or one address may win as a whole.
        if observes && path.contains('.') && !path.starts_with("Attributes.") {
            value.free |= !merged.is_empty();
        }
        value.rules = rules;
        value.source = Source::Several;
        if observes || !value.is_unset() {
            set(&mut fields, path, value);
        }
    }
    fields
}
