//! Standard assets and cases: which one an object writes to, and what (contract 3.17).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::RuleId;
use crate::{choice, rule};

use super::assign::{Valued, note};
use super::fields::Kept;
use super::index::{Entry, Grade, Hit, Hits, No, Origin, Parts, Standing, Wanted};
use super::ingest::{LONGEST_SEARCH, Value, Visit, is_open, set};
use super::pattern::{RuleList, Rules, rules};
use super::plan::{Definition, Identifier};
use super::store::{Held, Kind, Path, Rare, Source, Standard, Store, is_none};
use super::value::{self, ContentType, Likeness};
use super::ways::Ways;

/// Members of an asset, and the key by which each should find the profile that owns it (asset.search-by-key).
const LEADS: [(&str, &str); 2] = [
    ("AssetName", "_assetName"),
    ("SerialNumber", "_serialNumber"),
];

/// Whether a key should find the owners of assets.
pub(super) fn leads_to_owner(key: &str) -> bool {
    LEADS.iter().any(|(_, lead)| *lead == key)
}

/// Adds the owners of the assets that a key leads to by what the assets hold (asset.search-by-key).
pub(super) fn lead(store: &Store, key: &str, wanted: Wanted<'_>, hits: &mut Hits, ways: &mut Ways) {
    const SHOULD: RuleId = rule!("asset.search-by-key");
    lead_by_id(store, key, wanted, hits);
    let Some((member, _)) = LEADS.iter().find(|(_, lead)| *lead == key) else {
        return;
    };
    for standard in store.standards.values() {
        if standard.kind != Kind::Asset {
            continue;
        }
        let fields = standard.fields.read();
        let held = fields.iter().find(|(path, _)| path == member);
        let held = held.map(|(_, held)| held);
        let decided = held.and_then(Held::decided);
        let owner = store.profiles.get(&standard.profile);
        let let_go = owner.is_some_and(|owner| {
            let rule = rule!("profile.key.delete.standard");
            owner.rest.history.contains(&rule)
        });
        let open = decided.is_none() || standard.rest.missing.is_some() || let_go;
        let now = held
            .into_iter()
            .flat_map(|held| held.options.iter().flatten());
        let now = now.map(|text| match open {
            true => (text, Standing::Open(SHOULD)),
            false => (text, Standing::Likely(SHOULD)),
        });
        let former = standard
            .rest
            .former
            .iter()
            .filter(|(path, _)| path == member);
        let former = former.map(|(_, text)| (text, Standing::Open(SHOULD)));
        for (text, standing) in now.chain(former) {
            let entry = Entry {
                subject: standard.profile,
                origin: Origin::Field,
                standing,
                parts: super::store::one(text, ContentType::String),
            };
            hits.take(&entry, wanted, ways);
        }
        if held.is_some_and(|held| held.free) {
            hits.admit(Hit {
                subject: standard.profile,
                grade: Grade::Open(SHOULD),
                origin: Origin::Field,
                content: None,
            });
        }
    }
}

/// Adds the owners of the asset or case of that id, which its predefined key may lead to.
fn lead_by_id(store: &Store, key: &str, wanted: Wanted<'_>, hits: &mut Hits) {
    let kind = match key {
        "_assetId" => Kind::Asset,
        "_caseId" => Kind::Case,
        _ => return,
    };
    let is_wanted = |id: &str| match wanted {
        Wanted::Text(text, _) => text == id,
        Wanted::Value([part]) => *part.text == *id,
        Wanted::Value(_) => false,
    };
    for standard in store.standards.values().filter(|it| it.kind == kind) {
        if standard.id.as_deref().is_none_or(is_wanted) {
            hits.admit(Hit {
                subject: standard.profile,
                grade: Grade::Open(rule!("asset.search-by-key")),
                origin: Origin::Field,
                content: None,
            });
        }
    }
}

impl Visit<'_, '_> {
    /// Writes to a standard asset or case (contract 3.17).
    pub(super) fn write_standard(
        &mut self,
        kind: Kind,
        no: No,
        profile: No,
        valued: &[Valued],
        ways: &mut Ways,
    ) {
        let plan = self.arrival.plan;
        let keyed: Vec<&Valued> = valued
            .iter()
            .filter(|(key, _)| key.identifies(kind))
            .collect();
        let mut known: SmallVec<[No; 2]> = SmallVec::new();
        let mut foreign = false;
        let mut concerned: SmallVec<[No; 4]> = SmallVec::new();
        // By a key of which nobody knows the value any of them may be meant, and one more may be there.
        let mut certain = ways.is_reference() || !self.may_mean_any(kind);
        if !certain {
            let of_kind = self.store.standards.iter();
            concerned.extend(of_kind.filter(|(_, it)| it.kind == kind).map(|(no, _)| no));
        }
        let own = self.store.objects.get(&no).and_then(|object| {
            let of_kind = |at: &No| {
                let standard = self.store.standards.get(at);
                standard.is_some_and(|standard| standard.kind == kind)
            };
            object.feeds().find(of_kind)
        });
        for (key, parts) in &keyed {
            let hits = self
                .store
                .index_of(kind)
                .find(&key.name, Wanted::Value(parts), ways);
            certain &= hits.open().next().is_none() && hits.rests_on().is_empty();
            let sure: SmallVec<[No; 2]> = hits.sure().map(|hit| hit.subject).collect();
            let elsewhere = |no: &No| {
                let standard = self.store.standards.get(no);
                standard.is_some_and(|standard| standard.profile != profile)
            };
            foreign |= hits.hits.iter().any(|hit| elsewhere(&hit.subject));
            concerned.extend(hits.hits.iter().map(|hit| hit.subject));
            if !ways.is_reference() {
                // A predefined key follows the fields of the assets, whoever wrote it.
                for no in self.follow(kind, key, parts, ways) {
                    let found = hits.hits.iter().any(|hit| hit.subject == no);
                    certain &= found || own == Some(no);
                    foreign |= elsewhere(&no);
                    concerned.push(no);
                }
            }
            match sure.as_slice() {
                [one] if !known.contains(one) => known.push(*one),
                [] | [_] => {}
                // The whole object may be rejected, or the key alone (asset.match-several).
                _ => certain = false,
            }
        }
        let own_elsewhere = own.is_some_and(|own| {
            let standard = self.store.standards.get(&own);
            standard.is_some_and(|standard| standard.profile != profile)
        });
        let doubtful = |no: &No| {
            let standard = self.store.standards.get(no);
            standard.is_some_and(|standard| standard.rest.missing.is_some())
        };
        // What an object wrote to under another value of its key, or one that has none now, is written to again, or makes place
        // for another.
        let renamed = own.is_some_and(|own| {
            let standard = self.store.standards.get(&own);
            let is_written = |(key, parts): &&Valued| {
                standard.is_some_and(|standard| standard.has_key(&key.name, parts))
            };
            let mut stored = keyed
                .iter()
                .filter(|(key, _)| !key.is(Identifier::LookupOnly))
                .peekable();
            let lost =
                keyed.is_empty() && standard.is_some_and(|standard| !standard.keys.is_empty());
            lost || stored.peek().is_some() && !stored.any(is_written)
        });
        let targeted: Vec<(Path, usize)> = plan
            .fields
            .iter()
            .enumerate()
            .filter_map(|(at, field)| match &field.target {
                Some((to, path)) if *to == kind => Some((path.clone(), at)),
                _ => None,
            })
            .collect();
        let unclear = !certain
            || foreign
            || own_elsewhere
            || renamed
            || known.len() > 1
            || known.iter().any(doubtful)
            || matches!((known.first(), own), (Some(one), Some(own)) if *one != own);
        if unclear && !ways.is_reference() {
            let left = own.filter(|own| !known.contains(own));
            if let Some(standard) = left.and_then(|own| self.store.standards.get_mut(&own)) {
                standard.rest.missing = Some(rule!("asset.deleted-source"));
            }
            // Which of them it is, and what happens to the others, is not specified: one that the object was tied to
            // may go with it to another profile.
            concerned.extend(own);
            let written = self.fields_written(no, &targeted, rules!["asset.populated"], ways);
            self.perhaps_write(&concerned, &written);
            self.perhaps_index(kind, no, &concerned, &keyed);
            self.blur(kind, profile, &concerned);
            return;
        }
        let found = known.first().copied().or(own);
        let has_values = targeted.iter().any(|(_, at)| match &self.values[*at] {
            Value::OneOf(options) => options.iter().any(Option::is_some),
            Value::Free => true,
        });
        // Blanks, and what does not fit, may be no value.
        let has_certainly = targeted.iter().any(|(_, at)| match &self.values[*at] {
            Value::OneOf(options) => options.iter().all(|option| {
                let fits = |text: &Arc<str>| text.chars().count() <= LONGEST_SEARCH;
                option.as_ref().is_some_and(fits)
            }),
            Value::Free => false,
        });
        let has_values = has_values && (has_certainly || ways.is_reference());
        // Where it wrote to and has nothing to write any more, there may be nothing any more.
        let emptied = own.is_some_and(|own| {
            let standard = self.store.standards.get(&own);
            !has_values && standard.is_some_and(|standard| standard.is_only_from(no))
        });
        let mut why = RuleList::from_slice(match own {
            Some(_) => rules!["asset.reput-same-object"],
            None => rules!["asset.match-one"],
        });
        let target = match found {
            Some(found) => found,
            None => {
                let (creates, rules): (bool, Rules) =
                    match (keyed.is_empty(), targeted.is_empty(), has_values, kind) {
                        (true, true, ..) => return,
                        (false, false, true, Kind::Case) => (
                            ways.choose(choice!("case.as-asset/create")) == 0,
                            rules!["case.as-asset", "asset.match-none"],
                        ),
                        (false, false, true, _) => (
                            ways.choose(choice!("asset.create")) == 0,
                            rules!["asset.create", "asset.match-none"],
                        ),
                        // A key without targets, targets without a key or without values: either.
                        (false, true, ..) => (
                            ways.outcome(rule!("asset.create.key-only"), 2) == 0,
                            rules!["asset.create.key-only"],
                        ),
                        (true, false, true, _) => (
                            ways.outcome(rule!("asset.create.target-only"), 2) == 0,
                            rules!["asset.create.target-only"],
                        ),
                        (_, false, false, _) => (
                            ways.outcome(rule!("asset.create.no-values"), 2) == 0,
                            rules!["asset.create.no-values"],
                        ),
                    };
                if !creates {
                    return;
                }
                why = rules.into();
                let id = self.new_id(1).map(|id| id.text());
                self.store.add_standard(Standard {
                    kind,
                    id,
                    profile,
                    fields: Kept::default(),
                    sources: SmallVec::new(),
                    keys: Vec::new(),
                    rest: Rare::default(),
                })
            }
        };
        let is_new = found.is_none();
        let rules: Rules = match (is_new, kind) {
            (true, Kind::Case) => rules!["asset.populated", "case.as-asset"],
            (true, _) => rules!["asset.populated"],
            (false, _) => rules!["asset.match-one", "asset.accumulate", "asset.populated"],
        };
        let written = self.fields_written(no, &targeted, rules, ways);
        if let Some(object) = self.store.objects.get_mut(&no) {
            object.write_to(target);
        }
        let entries: Vec<(Arc<str>, Parts, Standing)> = keyed
            .iter()
            .filter(|(key, _)| !key.is(Identifier::LookupOnly))
            .filter(|(key, _)| is_new || !key.is(Identifier::NewOnly))
            .map(|(key, parts)| (Arc::clone(&key.name), parts.clone(), Standing::Sure))
            .collect();
        if let Some(standard) = self.store.standards.get_mut(&target) {
            let mut former: Vec<(Path, Arc<str>)> = Vec::new();
            standard.change(ways.is_reference(), |fields| {
                for (path, mut held) in written {
                    if let Some((_, before)) = fields.iter().find(|(known, _)| *known == path) {
                        if held.options.iter().any(is_none) {
                            // Whoever reads nothing there leaves what was there before.
                            held.admit_all(before);
                        }
                        let values = before.options.iter().flatten().cloned();
                        former.extend(values.map(|value| (path.clone(), value)));
                    }
                    set(fields, path, held);
                }
            });
            if !ways.is_reference() {
                standard.rest.former.extend(former);
            }
            if !ways.is_reference() {
                why.into_iter()
                    .for_each(|rule| note(&mut standard.rest.why, rule));
                if emptied {
                    standard.rest.missing = Some(rule!("asset.create.no-values"));
                }
            }
            if !standard.sources.contains(&no) {
                standard.sources.push(no);
            }
            for (name, parts, _) in &entries {
                if !standard.has_key(name, parts) {
                    standard.keys.push((Arc::clone(name), parts.clone()));
                }
            }
        }
        for (name, parts, standing) in entries {
            let entry = Entry {
                subject: target,
                origin: Origin::Object(no),
                standing,
                parts,
            };
            self.store.index_of(kind).add(&name, entry);
        }
        if ways.is_reference() {
            self.lead_to_owner(kind, target, profile);
        }
    }

    /// What an earlier version of an object wrote to standard objects of a kind stays there or goes, now that its type has nothing to
    /// do with them any more (object.overwrite: all of it is replaced).
    pub(super) fn forsake(&mut self, kind: Kind, no: No) {
        let fed: SmallVec<[No; 2]> = match self.store.objects.get(&no) {
            Some(object) => object.feeds().collect(),
            None => return,
        };
        for at in fed {
            if let Some(standard) = self.store.standards.get_mut(&at)
                && standard.kind == kind
            {
                standard.lose(no);
            }
        }
    }

    /// Whether the object, or one before it, has a key for standard objects of a kind of which nobody knows the value.
    fn may_mean_any(&self, kind: Kind) -> bool {
        let keys = &self.arrival.plan.keys;
        let mut profiles = self.store.profiles.values();
        keys.iter()
            .any(|key| key.identifies(kind) && is_open(key, self.values))
            || profiles.any(|it| !it.rest.any.is_empty() && it.rest.vague_kinds.contains(&kind))
    }

    /// The standard objects of a kind that a predefined key may lead to by what they hold.
    fn follow(&self, kind: Kind, key: &Definition, parts: &Parts, ways: &Ways) -> Vec<No> {
        let [part] = parts.as_ref() else {
            return Vec::new();
        };
        let by_id = matches!(
            (kind, key.name.as_ref()),
            (Kind::Asset, "_assetId") | (Kind::Case, "_caseId")
        );
        let member = LEADS
            .iter()
            .find(|(_, lead)| kind == Kind::Asset && *lead == key.name.as_ref());
        let like = |text: &str| {
            let likeness = value::likeness(text, &part.text, ContentType::String, ways.choices());
            likeness != Likeness::Different
        };
        let leads = |standard: &Standard| {
            if by_id {
                return standard.id.as_deref().is_none_or(like);
            }
            let Some((member, _)) = member else {
                return false;
            };
            let fields = standard.fields.read();
            let mut held = fields.iter().filter(|(path, _)| path == member);
            let mut former = standard.rest.former.iter();
            held.any(|(_, held)| held.free || held.options.iter().flatten().any(|it| like(it)))
                || former.any(|(path, text)| path == member && like(text))
        };
        let standards = self.store.standards.iter();
        standards
            .filter(|(_, standard)| standard.kind == kind && leads(standard))
            .map(|(no, _)| no)
            .collect()
    }

    /// `_assetName` and `_serialNumber` should find the profile that owns the asset (asset.search-by-key): the reference
    /// notes it down, an observer looks at the assets.
    fn lead_to_owner(&mut self, kind: Kind, standard: No, profile: No) {
        if kind != Kind::Asset {
            return;
        }
        let Some(standard) = self.store.standards.get(&standard) else {
            return;
        };
        let fields = standard.fields.read();
        let mut leads: Vec<(&str, Parts)> = Vec::new();
        for (path, key) in LEADS {
            let held = fields.iter().find(|(known, _)| known == path);
            if let Some(value) = held.and_then(|(_, held)| held.decided()) {
                leads.push((key, super::store::one(value, ContentType::String)));
            }
        }
        for (key, parts) in leads {
            let entry = Entry {
                subject: profile,
                origin: Origin::Field,
                standing: Standing::Likely(rule!("asset.search-by-key")),
                parts,
            };
            self.store.keys.add(key, entry);
        }
    }

    /// What the object writes to a standard object.
    fn fields_written(
        &self,
        no: No,
        targeted: &[(Path, usize)],
        rules: Rules,
        ways: &Ways,
    ) -> Vec<(Path, Held)> {
        let mut written: Vec<(Path, Held)> = Vec::new();
        for (path, at) in targeted {
            let (options, free) = match &self.values[*at] {
                Value::OneOf(options) if options.iter().all(Option::is_none) => continue,
                Value::OneOf(options) => (options.clone(), false),
                Value::Free => (SmallVec::from_iter([None]), true),
            };
            let too_long = options
                .iter()
                .flatten()
                .any(|text| text.chars().count() > LONGEST_SEARCH);
            let held = Held {
                options,
                free: free || too_long,
                ..Held::nothing(Source::Object(no), rules)
            };
            let same = written.iter_mut().find(|(known, _)| known == path);
            match same.filter(|_| !ways.is_reference()) {
                Some((_, other)) => other.or(&held),
                None => written.push((path.clone(), held)),
            }
        }
        written
    }

    /// The object may have written to each of these standard objects.
    fn perhaps_write(&mut self, standards: &[No], written: &[(Path, Held)]) {
        for no in standards {
            let Some(standard) = self.store.standards.get_mut(no) else {
                continue;
            };
            standard.change(false, |fields| {
                for (path, held) in written {
                    match fields.iter_mut().find(|(known, _)| known == path) {
                        Some((_, known)) => known.or(held),
                        None => {
                            let mut held = held.clone();
                            held.admit(None);
                            fields.push((path.clone(), held));
                        }
                    }
                }
            });
        }
    }

    /// Which of the standard objects concerned an object is tied to, nobody knows: its key values may lead to any of them.
    fn perhaps_index(&mut self, kind: Kind, no: No, concerned: &[No], keyed: &[&Valued]) {
        let stored = keyed
            .iter()
            .filter(|(key, _)| !key.is(Identifier::LookupOnly));
        for (key, parts) in stored {
            for subject in concerned {
                let index = self.store.index_of(kind);
                let known = |entry: &Entry| {
                    entry.subject == *subject
                        && entry.origin == Origin::Object(no)
                        && entry.parts == *parts
                };
                if !index.at(&key.name, parts).iter().any(known) {
                    let entry = Entry {
                        subject: *subject,
                        origin: Origin::Object(no),
                        standing: Standing::Open(rule!("asset.reput-same-object")),
                        parts: parts.clone(),
                    };
                    index.add(&key.name, entry);
                }
            }
        }
    }

    /// Gives up what is known of the standard objects of a kind on the profiles concerned. Those of another profile
    /// than the object's may no longer be where they were.
    fn blur(&mut self, kind: Kind, profile: No, others: &[No]) {
        for no in others {
            if let Some(standard) = self.store.standards.get_mut(no)
                && standard.profile != profile
            {
                standard.rest.missing = Some(rule!("asset.scope"));
            }
        }
        let mut profiles: SmallVec<[No; 4]> = SmallVec::from_iter([profile]);
        profiles.extend(
            others
                .iter()
                .filter_map(|no| Some(self.store.standards.get(no)?.profile)),
        );
        for no in profiles {
            if let Some(profile) = self.store.profiles.get_mut(&no)
                && !profile.rest.vague_kinds.contains(&kind)
            {
                profile.rest.vague_kinds.push(kind);
            }
        }
    }
}
