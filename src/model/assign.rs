//! Which profile an object belongs to (contract 3.14).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::RuleId;
use crate::rule;

use super::index::{Grade, Hit, Hits, No, Origin, Parts, Wanted};
use super::pattern::RuleList;
use super::plan::{Definition, Identifier};
use super::search;
use super::standard;
use super::store::Store;
use super::value::ContentType;
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
        // Whom only those find who do not keep a SHOULD.
        let mut grudged: SmallVec<[(No, RuleId); 2]> = SmallVec::new();
        let mut nobody = Nobody::Possible;
        for (key, parts) in pass {
            let mut hits = store.keys.find(&key.name, Wanted::Value(parts), ways);
            if key.name.as_ref() == "_profileId" {
                identify(store, parts, &mut hits, ways);
            }
            let hits = living(store, hits, &mut rests_on);
            let hits = match ways.is_reference() {
                true => hits,
                false => straying(store, &key.name, Wanted::Value(parts), hits, ways),
            };
            for rule in hits.rests_on() {
                note(&mut rests_on, rule);
            }
            let preferred: SmallVec<[No; 2]> = hits.sure().map(|hit| hit.subject).collect();
            let is_open = hits.open().next().is_some();
            let finds = Finds::of(&hits);
            nobody = nobody.and(finds.nobody());
            match preferred.as_slice() {
                [one] if !is_open => {
                    if !certain.contains(one) {
                        certain.push(*one);
                    }
                    let origin = hits.sure().next().map(|hit| hit.origin);
                    explain(store, key, *one, origin, secondary, ambiguous, &mut why);
                }
                [_] | [] => {}
                _ => {
                    ambiguous = true;
                    note(&mut why, rule!("assign.primary.several"));
                }
            }
            for (one, grudge) in finds.alone() {
                match grudge {
                    None => admit(&mut possible, one),
                    Some(rule) => grudged.push((one, rule)),
                }
            }
        }
        possible.retain(|one| !certain.contains(one));
        grudged.retain(|(one, _)| !certain.contains(one) && !possible.contains(one));
        let free = certain
            .iter()
            .chain(&possible)
            .map(|one| (Some(*one), None));
        let mut outcomes: SmallVec<[(Option<No>, Option<RuleId>); 4]> = free.collect();
        if nobody == Nobody::Possible {
            outcomes.push((None, None));
        }
        outcomes.extend(grudged.iter().map(|(one, rule)| (Some(*one), Some(*rule))));
        if let Nobody::Grudged(rule) = nobody {
            outcomes.push((None, Some(rule)));
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
        let (found, grudge) = outcomes.get(taken).copied().unwrap_or_default();
        if let Some(rule) = grudge {
            ways.owe(rule);
        }
        if found.is_some() {
            return Assigned {
                profile: found,
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

/// Adds the profile whose id the value of `_profileId` is: whether it may be written in another way is not said.
fn identify(store: &Store, parts: &Parts, hits: &mut Hits, ways: &Ways) {
    let [part] = parts.as_ref() else {
        return;
    };
    let bare = part.text.chars().filter(char::is_ascii_alphanumeric);
    let bare = bare.collect::<String>().to_ascii_lowercase();
    let is_plain = *part.text == *bare && part.content == ContentType::String;
    if is_plain || !ways.is_reference() {
        search::by_id(store, &bare, hits);
    }
    if !is_plain && !ways.is_reference() {
        for hit in &mut hits.hits {
            hit.grade = Grade::Open(rule!("std.keys.profile-id"));
        }
    }
}

/// Whether keys may find nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nobody {
    /// They may.
    Possible,
    /// Only where this SHOULD is not kept.
    Grudged(RuleId),
    /// They find somebody.
    Impossible,
}

impl Nobody {
    /// Whether both find nobody.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Impossible, _) | (_, Self::Impossible) => Self::Impossible,
            (Self::Possible, other) => other,
            (grudged, _) => grudged,
        }
    }
}

/// What one key leads to, by how sure that is.
#[derive(Default)]
struct Finds {
    sure: SmallVec<[No; 2]>,
    likely: SmallVec<[(No, RuleId); 2]>,
    open: SmallVec<[No; 2]>,
    unlikely: SmallVec<[(No, RuleId); 2]>,
}

impl Finds {
    fn of(hits: &Hits) -> Self {
        let mut finds = Self::default();
        for hit in &hits.hits {
            match hit.grade {
                Grade::Sure => finds.sure.push(hit.subject),
                Grade::Likely(rule) => finds.likely.push((hit.subject, rule)),
                Grade::Open(_) => finds.open.push(hit.subject),
                Grade::Unlikely(rule) => finds.unlikely.push((hit.subject, rule)),
            }
        }
        finds
    }

    /// The profiles it may find and no other with them, each with the SHOULD that is not kept then.
    fn alone(&self) -> SmallVec<[(No, Option<RuleId>); 4]> {
        let missing = |one: No| {
            let mut others = self.likely.iter().filter(|(likely, _)| *likely != one);
            others.next().map(|(_, rule)| *rule)
        };
        match self.sure.as_slice() {
            [] => {
                let likely = self.likely.iter().map(|(one, _)| (*one, missing(*one)));
                let open = self.open.iter().map(|one| (*one, missing(*one)));
                // Whoever held such values equal would have found several that were kept apart before.
                let unlikely = self.unlikely.iter().filter(|_| self.unlikely.len() == 1);
                let unlikely = unlikely.map(|(one, rule)| (*one, Some(*rule)));
                likely.chain(open).chain(unlikely).collect()
            }
            [one] => SmallVec::from_iter([(*one, missing(*one))]),
            _ => SmallVec::new(),
        }
    }

    /// Whether it may find nobody, or several, which is as good as nobody.
    fn nobody(&self) -> Nobody {
        let grudged = |by: &[(No, RuleId)]| by.first().map(|(_, rule)| Nobody::Grudged(*rule));
        match (self.sure.len(), self.likely.len(), self.open.is_empty()) {
            (1, 0, true) => grudged(&self.unlikely).unwrap_or(Nobody::Impossible),
            (0, 1, true) => grudged(&self.likely).unwrap_or(Nobody::Possible),
            _ => Nobody::Possible,
        }
    }
}

/// Adds the profiles that a predefined key may lead to by something of which nobody knows what it is.
fn straying(store: &Store, key: &str, wanted: Wanted<'_>, mut hits: Hits, ways: &mut Ways) -> Hits {
    let mut leads = Hits::default();
    standard::lead(store, key, wanted, &mut leads, ways);
    for hit in leads.hits {
        // That they find the owner of an asset is promised to searches alone (asset.search-by-key).
        hits.admit(Hit {
            grade: Grade::Open(rule!("asset.search-by-key")),
            ..hit
        });
    }
    for (no, _) in store
        .profiles
        .iter()
        .filter(|(no, _)| store.strays(*no, key))
    {
        hits.admit(Hit {
            subject: no,
            grade: Grade::Open(rule!("std.keys.follow-update")),
            origin: Origin::Field,
            content: None,
        });
    }
    hits
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
    if key.name.as_ref() == "_profileId" {
        note(why, rule!("std.keys.profile-id"));
        return;
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
