//! Which profile an object belongs to (contract 3.14).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::RuleId;
use crate::rule;

use super::index::{Grade, Hits, No, Origin, Parts, Wanted};
use super::pattern::RuleList;
use super::plan::{Definition, Identifier};
use super::store::Store;
use super::ways::Ways;

/// A definition with the value it has for an object.
pub(super) type Valued = (Arc<Definition>, Parts);

/// What the keys of an object lead to.
pub(super) struct Assigned {
    /// The profile found.
    pub(super) profile: Option<No>,
    /// The rules that say so; the first decides how bad another outcome is.
    pub(super) why: RuleList,
    /// Whether a key that found several was set aside.
    pub(super) ambiguous: bool,
}

/// Follows the keys of an object: those of the first pass, and if they find nobody, the secondary ones.
pub(super) fn assign(store: &Store, valued: &[Valued], ways: &mut Ways) -> Assigned {
    let mut why = RuleList::new();
    let mut rests_on = RuleList::new();
    let mut ambiguous = false;
    for secondary in [false, true] {
        let pass = valued.iter().filter(|(key, _)| {
            key.is(Identifier::Profile) && key.is(Identifier::Secondary) == secondary
        });
        let mut certain: SmallVec<[No; 2]> = SmallVec::new();
        let mut possible: SmallVec<[No; 4]> = SmallVec::new();
        for (key, parts) in pass {
            let hits = store.keys.find(&key.name, Wanted::Value(parts), ways);
            let hits = living(store, hits, &mut rests_on);
            for rule in hits.rests_on() {
                note(&mut rests_on, rule);
            }
            let sure: SmallVec<[No; 2]> = hits.sure().map(|hit| hit.subject).collect();
            let open: SmallVec<[No; 2]> = hits.open().map(|hit| hit.subject).collect();
            match (sure.as_slice(), open.is_empty()) {
                ([one], true) => {
                    if !certain.contains(one) {
                        certain.push(*one);
                    }
                    let origin = hits.sure().next().map(|hit| hit.origin);
                    explain(store, key, *one, origin, secondary, ambiguous, &mut why);
                }
                ([one], false) => admit(&mut possible, *one),
                ([], _) => open.iter().for_each(|one| admit(&mut possible, *one)),
                _ => {
                    ambiguous = true;
                    note(&mut why, rule!("assign.primary.several"));
                }
            }
        }
        let mut outcomes: SmallVec<[Option<No>; 4]> = certain.iter().copied().map(Some).collect();
        outcomes.extend(
            possible
                .iter()
                .filter(|one| !certain.contains(one))
                .copied()
                .map(Some),
        );
        if certain.is_empty() {
            outcomes.push(None);
        }
        if certain.len() > 1 {
            note(&mut why, rule!("assign.primary.conflict"));
        } else if certain.len() == 1 && valued.len() > 1 && possible.is_empty() {
            if ambiguous && !secondary {
                why.insert(0, rule!("assign.primary.discard-continue"));
            }
            note(&mut why, rule!("assign.primary.agree"));
            note(&mut why, rule!("assign.secondary.not-override"));
        }
        let taken = ways.outcome(rule!("assign.primary.conflict"), outcomes.len());
        if let Some(Some(profile)) = outcomes.get(taken) {
            return Assigned {
                profile: Some(*profile),
                why: rests_on.into_iter().chain(why).collect(),
                ambiguous,
            };
        }
    }
    Assigned {
        profile: None,
        why: rests_on.into_iter().chain(why).collect(),
        ambiguous,
    }
}

/// Leaves out what leads to profiles that are gone, remembering the rules that say they are.
fn living(store: &Store, mut hits: Hits, rests_on: &mut RuleList) -> Hits {
    hits.hits
        .retain(|hit| store.profiles.contains_key(&hit.subject));
    for (_, rule) in &hits.never {
        if *rule == rule!("profile.delete.keys-released") {
            note(rests_on, *rule);
        }
    }
    // A profile that may be gone may not be found.
    for hit in &mut hits.hits {
        if let Some(doubt) = store.profiles.get(&hit.subject).and_then(|it| it.doubt) {
            hit.grade = Grade::Open(doubt);
        }
    }
    hits
}

/// Says which rules attach an object by this key.
fn explain(
    store: &Store,
    key: &Definition,
    found: No,
    origin: Option<Origin>,
    secondary: bool,
    ambiguous: bool,
    why: &mut RuleList,
) {
    note(
        why,
        match (secondary, ambiguous) {
            (true, true) => rule!("assign.secondary.after-ambiguous"),
            (true, false) => rule!("assign.secondary.fallback"),
            (false, _) => rule!("assign.primary.one"),
        },
    );
    if key.is(Identifier::LookupOnly) {
        note(why, rule!("assign.lookup-only.matches"));
    }
    if key.is(Identifier::NewOnly) {
        note(why, rule!("assign.new-only.matches"));
    }
    match origin {
        Some(Origin::Field) => note(why, rule!("assign.createprofile-target")),
        Some(Origin::Added) => note(why, rule!("assign.addkey-target")),
        Some(Origin::Object(object)) => {
            note(why, rule!("assign.self-consistent"));
            note(why, rule!("assign.cross-type"));
            if store.objects.contains_key(&object) {
                note(why, rule!("assign.search-only.is-target"));
            }
        }
        None => {}
    }
    let merged = store
        .profiles
        .get(&found)
        .is_some_and(|profile| profile.rest.history.contains(&rule!("merge.effect")));
    if merged {
        why.insert(0, rule!("merge.effect"));
    }
}

fn admit(to: &mut SmallVec<[No; 4]>, one: No) {
    if !to.contains(&one) {
        to.push(one);
    }
}

/// Adds a rule to a list that names each once.
pub(super) fn note(rules: &mut RuleList, rule: RuleId) {
    if !rules.contains(&rule) {
        rules.push(rule);
    }
}
