//! What an object does to a domain: extraction, assignment, persistence, and the standard objects it writes to
//! (contract 3.12 to 3.18).
//!
//! One piece of code for the reference and the observer: where the contract leaves a decision open it asks its
//! [`Ways`], and so runs once for every outcome.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use crate::contract::{Choices, RuleId};
use crate::wire::Json;
use crate::{choice, rule};

use super::assign::{self, Assigned, Valued, note};
use super::extract::{self, Source as Origins};
use super::index::{self, Entry, Grade, No, Origin, Part, Parts, Standing};
use super::pattern::{RuleList, Rules, rules};
use super::plan::{Definition, Field, Identifier, Plan};
use super::recall::MOST_KEYS;
use super::store::{
    Digest, Fate, Fields, Filled, Held, Id, Kind, Object, Path, Profile, Source, Store, Wrote,
    is_none,
};
use super::value::{self, ContentType};
use super::ways::Ways;

/// The longest value a search can ask for.
pub(super) const LONGEST_SEARCH: usize = 255;

/// An object on its way in.
pub(super) struct Arrival<'a> {
    pub(super) type_name: Arc<str>,
    pub(super) plan: &'a Arc<Plan>,
    pub(super) object: &'a Json,
    pub(super) text: Arc<str>,
    /// Whether objects of the type may create profiles: the values this may have.
    pub(super) allow: &'a [bool],
    /// What the ids of the reference are made from; `None` for an observer, who learns ids from answers.
    pub(super) seed: Option<u64>,
}

/// What became of an object.
pub(super) enum Arrived {
    /// It was refused, or taken and dropped.
    Rejected(RuleId),
    /// It was taken, and became nothing that can be seen.
    Dropped,
    /// It is stored.
    Stored(Stored),
}

/// An object that was stored.
pub(super) struct Stored {
    pub(super) no: No,
    /// Whether an earlier version was there.
    pub(super) replaced: bool,
}

/// The value of a field.
pub(super) enum Value {
    /// One of these.
    OneOf(SmallVec<[Option<Arc<str>>; 1]>),
    /// Anything.
    Free,
}

impl Value {
    fn none() -> Self {
        Self::OneOf(SmallVec::from_iter([None]))
    }

    fn first(&self) -> Option<&Arc<str>> {
        match self {
            Self::OneOf(options) => options.first()?.as_ref(),
            Self::Free => None,
        }
    }
}

/// An object of which is known what it is and where it belongs.
pub(super) struct Prepared {
    values: Vec<Value>,
    /// The version that is replaced.
    earlier: Option<No>,
    unique_name: Arc<str>,
    identity: Parts,
    digest: Digest,
    valued: Vec<Valued>,
    assigned: Assigned,
}

impl Prepared {
    /// Whether no profile is found, and none may be created.
    pub(super) fn is_homeless(&self, allow: &[bool]) -> bool {
        self.assigned.profile.is_none() && self.earlier.is_none() && allow == [false]
    }

    /// The ProfileObjectUniqueKey of the reference.
    pub(super) fn key(&self) -> String {
        self.digest.to_string()
    }
}

/// Takes an object in.
pub(super) fn ingest(store: &mut Store, arrival: &Arrival<'_>, ways: &mut Ways) -> Arrived {
    match prepare(store, arrival, ways) {
        Err(arrived) => arrived,
        Ok(prepared) => settle(store, arrival, prepared, ways),
    }
}

/// Takes an object in that is known to belong there.
pub(super) fn settle(
    store: &mut Store,
    arrival: &Arrival<'_>,
    prepared: Prepared,
    ways: &mut Ways,
) -> Arrived {
    let Prepared {
        values,
        earlier,
        unique_name,
        identity,
        digest,
        valued,
        assigned,
    } = prepared;
    let mut visit = Visit {
        store,
        arrival,
        values: &values,
        earlier,
        unique_name,
        identity,
        digest,
    };
    visit.settle(assigned, &valued, ways)
}

/// Reads an object and looks for the profile it belongs to, or says what becomes of it instead.
pub(super) fn prepare(
    store: &Store,
    arrival: &Arrival<'_>,
    ways: &mut Ways,
) -> Result<Prepared, Arrived> {
    let plan = arrival.plan;
    let mut uniques = plan.uniques();
    let Some(unique) = uniques.next() else {
        return Err(Arrived::Rejected(rule!("put-type.keys.exactly-one-unique")));
    };
    let others: Vec<_> = uniques.collect();
    if others.iter().any(|other| other.name != unique.name) {
        return Err(Arrived::Rejected(rule!("put-type.keys.no-second-unique")));
    }
    let values = read(plan, arrival.object, ways);
    if !others.is_empty() || ways.is_lost() {
        // What tells objects of such a type apart is not specified.
        ways.lose();
        return Err(Arrived::Dropped);
    }
    let missing = unique
        .fields
        .iter()
        .filter(|at| values[**at].first().is_none());
    let blank = |at: &usize| {
        let source = plan.fields[*at].source.as_ref();
        source.is_some_and(|source| is_blank(source, arrival.object))
    };
    match missing.count() {
        count if count == unique.fields.len() => {
            if !unique.fields.iter().any(blank) {
                return Err(Arrived::Rejected(rule!("ingest.unique.all-missing")));
            }
            let rule = rule!("ingest.unique.empty-value");
            if ways.is_reference() || ways.outcome(rule, 2) == 0 {
                return Err(Arrived::Rejected(rule));
            }
        }
        0 => {}
        _ => {
            // A part that is there but holds nothing is none that is missing, or is.
            let (rule, refuses) = match !ways.is_reference() && unique.fields.iter().any(blank) {
                true => {
                    let rule = rule!("ingest.unique.empty-value");
                    (rule, ways.outcome(rule, 2) == 0)
                }
                false => (
                    rule!("ingest.unique.part-missing"),
                    ways.choose(choice!("cap.partial-unique")) == 0,
                ),
            };
            if refuses {
                return Err(Arrived::Rejected(rule));
            }
        }
    }
    let identity = texts(plan, unique, &values);
    // An observer compares values instead, and learns keys from answers.
    let digest = match ways.is_reference() {
        true => digest(&arrival.type_name, &identity, ways.choices()),
        false => Digest::default(),
    };
    let earlier = earlier(store, arrival, unique, &identity, digest, ways);
    let valued = valued(plan, &values, ways);
    if !valued.iter().any(|(key, _)| key.is(Identifier::Profile)) {
        match ways.outcome(rule!("ingest.profile-keys.all-empty"), 3) {
            // Objects of a type without such keys are not wrong for that (put-type.keys.profile-required).
            0 if ways.is_reference()
                && !plan.keys.iter().any(|key| key.is(Identifier::Profile)) => {}
            0 => return Err(Arrived::Rejected(rule!("ingest.profile-keys.all-empty"))),
            1 => return Err(Arrived::Dropped),
            _ => {}
        }
    }
    let strays = |(key, parts): &Valued| {
        let looks_up = key.is(Identifier::LookupOnly) && parts.len() == 1;
        key.name.as_ref() == "_profileId" && !looks_up
    };
    if valued.iter().any(strays) {
        // What is stored beside ids that the system assigns is not specified.
        ways.lose();
        return Err(Arrived::Dropped);
    }
    let assigned = assign::assign(store, &valued, ways);
    Ok(Prepared {
        values,
        earlier,
        unique_name: Arc::clone(&unique.name),
        identity,
        digest,
        valued,
        assigned,
    })
}

/// An object that is being stored.
pub(super) struct Visit<'v, 'a> {
    pub(super) store: &'v mut Store,
    pub(super) arrival: &'v Arrival<'a>,
    pub(super) values: &'v [Value],
    /// The version that is replaced.
    earlier: Option<No>,
    unique_name: Arc<str>,
    identity: Parts,
    digest: Digest,
}

impl Visit<'_, '_> {
    fn settle(&mut self, assigned: Assigned, valued: &[Valued], ways: &mut Ways) -> Arrived {
        let Assigned {
            profile,
            mut why,
            ambiguous,
        } = assigned;
        let at_home = self
            .earlier
            .and_then(|no| Some(self.store.objects.get(&no)?.profile));
        let home = match (at_home, profile) {
            (Some(home), Some(found)) if home != found => {
                note(&mut why, rule!("object.overwrite.moves"));
                Some([found, home][ways.outcome(rule!("object.overwrite.moves"), 2)])
            }
            (Some(home), None) => {
                note(&mut why, rule!("object.overwrite.now-ambiguous"));
                // The reference leaves an object where it is.
                (ways.outcome(rule!("object.overwrite.now-ambiguous"), 2) == 0).then_some(home)
            }
            (_, found) => found,
        };
        if at_home.is_some() && home == at_home {
            note(&mut why, rule!("object.overwrite.same-profile"));
        }
        let created = home.is_none();
        let profile = match home {
            Some(profile) => profile,
            None => {
                let allowed = self.arrival.allow[ways.pick(self.arrival.allow.len())];
                if !allowed {
                    // An earlier version stays as it was.
                    return Arrived::Rejected(rule!("assign.none.no-create"));
                }
                note(&mut why, rule!("assign.none.create"));
                if profile.is_none() && !ambiguous {
                    note(&mut why, rule!("assign.search-only.ignored"));
                }
                let id = self.new_id(0);
                let history = self.history(true);
                let mut profile = Profile {
                    id,
                    ..Profile::default()
                };
                if !history.is_empty() {
                    profile.rest.history = history;
                }
                self.store.add_profile(profile)
            }
        };
        if !created && self.arrival.allow == [false] {
            note(&mut why, rule!("assign.allow-false.match"));
        }
        let no = self.earlier.unwrap_or_else(|| self.store.fresh());
        let filled = self.write_profile(no, profile, created, ways);
        if let Some(left) = at_home.filter(|at_home| *at_home != profile && !ways.is_reference()) {
            self.leave(no, left);
        }
        let before = self.release(no, profile, ways);
        let home = Home {
            profile,
            created,
            moved: at_home.is_some_and(|at_home| at_home != profile),
            filled: filled.filter(|_| !ambiguous),
        };
        let wrote = self.persist(no, &home, valued, &before, &why, ways);
        if ways.is_reference() {
            why.clear();
        } else {
            self.surroundings(&mut why, valued);
        }
        self.place(no, profile, wrote, why, ways);
        if ways.is_reference() && (created || at_home == Some(profile)) {
            self.store.condense(profile, no);
        }
        for kind in [Kind::Asset, Kind::Case] {
            if self.arrival.plan.touches(kind) {
                self.write_standard(kind, no, profile, valued, ways);
            } else if !ways.is_reference() {
                self.forsake(kind, no);
            }
        }
        Arrived::Stored(Stored {
            no,
            replaced: self.earlier.is_some(),
        })
    }

    /// An id of the reference's own.
    pub(super) fn new_id(&self, salt: u32) -> Option<Id> {
        let seed = self.arrival.seed?;
        Some(Id::Own(system_id(seed, self.store.given_out() + 1, salt)))
    }

    /// The rules that what the object writes to a standard object may break.
    fn history(&self, created: bool) -> RuleList {
        let mut history = RuleList::new();
        if self.arrival.seed.is_some() {
            // The reference is never asked why.
            return history;
        }
        let mut add = |rules: Rules| rules.iter().for_each(|rule| note(&mut history, *rule));
        for (field, value) in self.arrival.plan.fields.iter().zip(self.values) {
            let is_missing = value.first().is_none();
            match &field.source {
                Some(Origins::Template(_)) if is_missing => {
                    add(rules!["extract.handlebars.all-missing"]);
                }
                Some(Origins::Template(pieces)) => {
                    let missing = |piece: &extract::Piece| match piece {
                        extract::Piece::Member(path) => {
                            extract::look_up(path, self.arrival.object).is_none()
                        }
                        extract::Piece::Text(_) => false,
                    };
                    if pieces.iter().any(missing) {
                        add(rules!["extract.handlebars.missing-part"]);
                    }
                    add(rules![
                        "extract.handlebars.concat",
                        "extract.handlebars.constant",
                        "extract.handlebars.escape"
                    ]);
                }
                Some(Origins::Constant(_)) => add(rules!["extract.handlebars.constant"]),
                Some(Origins::Blocks(_)) => add(rules!["extract.handlebars.blocks"]),
                Some(source @ Origins::Accessor(path)) => {
                    match look_up(source, self.arrival.object) {
                        None => add(rules!["extract.missing", "extract.case"]),
                        Some(Json::Null) => add(rules!["extract.null"]),
                        Some(Json::Number(number)) if number.is_integer_literal() => {
                            add(rules!["extract.integer"]);
                        }
                        Some(Json::Bool(_)) => add(rules!["extract.boolean"]),
                        _ if path.len() > 1 => add(rules!["extract.accessor"]),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        if created {
            add(rules!["std.inferred.multiple-fields"]);
        } else {
            add(rules![
                "std.inferred.first-object",
                "std.inferred.not-on-match",
                "assign.no-merge"
            ]);
        }
        history
    }

    /// The rules that speak of the object's place beside other objects.
    fn surroundings(&self, why: &mut RuleList, valued: &[Valued]) {
        let store = &self.store;
        let type_name = &self.arrival.type_name;
        if self.earlier.is_some() {
            note(why, rule!("object.overwrite.order"));
        } else if store
            .objects
            .values()
            .any(|object| object.type_name() != type_name)
        {
            note(why, rule!("object.overwrite.per-type"));
        }
        if store
            .gone_objects
            .iter()
            .any(|(gone, _, _)| gone == type_name)
        {
            note(why, rule!("object.delete.reput"));
        }
        if valued.iter().any(|(key, _)| key.fields.len() > 1) {
            note(why, rule!("key.compound-equal"));
            note(why, rule!("key.compound-differs"));
            note(why, rule!("key.compound-partial"));
        }
        let plan = self.arrival.plan;
        if plan.touches(Kind::Asset) || plan.touches(Kind::Case) {
            note(why, rule!("asset.source-object-kept"));
            note(why, rule!("asset.match-several"));
        }
        note(why, rule!("persist.accumulate"));
        note(why, rule!("assign.no-merge"));
    }

    /// Stores the object itself.
    fn place(&mut self, no: No, profile: No, wrote: Wrote, why: RuleList, ways: &Ways) {
        let choices = ways.is_reference().then(|| ways.choices());
        let reader = self.store.reader(
            &self.arrival.type_name,
            self.arrival.plan,
            choices,
            ways.decides(),
        );
        let text = Arc::clone(&self.arrival.text);
        if self.earlier.is_some() {
            self.store.place(no, profile);
            self.store.rewrite(no, text);
            if let Some(object) = self.store.objects.get_mut(&no) {
                object.reader = reader;
                object.set_wrote(wrote);
                if !ways.is_reference() {
                    object.seen.why = std::iter::once(rule!("object.overwrite"))
                        .chain(why)
                        .collect();
                }
            }
            return;
        }
        let mut object = Object::new(reader, self.digest, text, profile);
        object.set_wrote(wrote);
        if self.arrival.seed.is_none() {
            object.seen.unique_name = Some(Arc::clone(&self.unique_name));
            object.seen.unique = self.identity.clone();
            object.seen.why = why;
        } else if !why.is_empty() {
            object.seen.why = why;
        }
        self.store.add_object(no, object);
    }

    /// Lets go of what the version that is replaced had written, and returns it.
    fn release(&mut self, no: No, profile: No, ways: &Ways) -> Vec<(Arc<str>, Parts)> {
        let Some(object) = self.store.objects.get_mut(&no) else {
            return Vec::new();
        };
        let before = object.take_wrote();
        let rule = if object.profile == profile {
            rule!("persist.overwritten-object")
        } else {
            rule!("object.overwrite.moves-keys")
        };
        let home = object.profile;
        self.store.release(no, home, &before, ways.fate(rule));
        before
    }

    /// What the object had written to the profile that it leaves may stay there or go with it.
    fn leave(&mut self, no: No, profile: No) {
        let fate = Fate::Open(rule!("object.overwrite.moves-keys"));
        self.store.change_profile(profile, fate, |profile, fields| {
            for (path, held) in fields {
                if held.source == Source::Object(no) || held.source == Source::Several {
                    held.uncover(path, &profile.rest.former);
                    held.rules = rules!["object.overwrite.moves", "search.profile-content"];
                }
            }
        });
    }

    /// Writes the keys of the object (contract 3.15), and returns those that were written.
    fn persist(
        &mut self,
        no: No,
        home: &Home,
        valued: &[Valued],
        before: &[(Arc<str>, Parts)],
        why: &RuleList,
        ways: &Ways,
    ) -> Wrote {
        let keys = &self.arrival.plan.keys;
        let mut wrote = match ways.is_reference() && keys.len() <= MOST_KEYS {
            true => Wrote::Mask(0),
            false => Wrote::Keys(Vec::with_capacity(valued.len())),
        };
        let lingers = |store: &Store, key: &Definition, parts: &Parts| {
            let mut entries = store.keys.at(&key.name, parts).iter();
            entries.any(|entry| {
                let is = entry.origin == Origin::Object(no) && entry.parts == *parts;
                is && entry.subject == home.profile && !matches!(entry.standing, Standing::Never(_))
            })
        };
        for key in keys.iter().filter(|key| is_open(key, self.values)) {
            let standing = home.standing(key, &Parts::default(), false, why);
            let stored = !matches!(standing, Standing::Never(_));
            if (stored || key.identifies(Kind::Asset) || key.identifies(Kind::Case))
                && let Some(profile) = self.store.profiles.get_mut(&home.profile)
                && !profile.rest.any.contains(&key.name)
            {
                profile.rest.any.push(Arc::clone(&key.name));
            }
        }
        for (key, parts) in valued {
            let again = before
                .iter()
                .any(|(name, known)| *name == key.name && known == parts);
            let mut standing = home.standing(key, parts, again, why);
            if !ways.is_reference() {
                // Where several definitions of a key say the same, one that stores it is enough.
                let others = valued.iter().filter(|(other, same)| {
                    !Arc::ptr_eq(other, key) && Arc::ptr_eq(&other.name, &key.name) && same == parts
                });
                for (other, parts) in others {
                    standing = standing.or(home.standing(other, parts, again, why));
                }
            }
            let standing = match (standing, ways.is_reference()) {
                (Standing::Never(_), true) => continue,
                // The reference stores whatever may be stored.
                (_, true) => Standing::Sure,
                // What an earlier version stored may still be there.
                (Standing::Never(_), false) if again || lingers(self.store, key, parts) => continue,
                (standing, false) => standing,
            };
            let entry = Entry {
                subject: home.profile,
                origin: Origin::Object(no),
                standing,
                parts: parts.clone(),
            };
            self.store.keys.add(&key.name, entry);
            match &mut wrote {
                Wrote::Mask(mask) => {
                    let at = keys.iter().position(|known| Arc::ptr_eq(known, key));
                    *mask |= at.map_or(0, |at| 1 << at);
                }
                Wrote::Keys(keys) => keys.push((Arc::clone(&key.name), parts.clone())),
            }
        }
        wrote
    }

    /// Writes to the standard profile (contract 3.16), and returns the field that filled a searchable member by its
    /// content type.
    fn write_profile(
        &mut self,
        no: No,
        profile: No,
        created: bool,
        ways: &mut Ways,
    ) -> Option<usize> {
        let known = self.store.fields_of(profile);
        let putting = Putting {
            no,
            created,
            again: self.earlier.is_some(),
            object: (!ways.is_reference()).then_some(self.arrival.object),
            former: self
                .store
                .profiles
                .get(&profile)
                .map_or(&[], |it| &it.rest.former),
        };
        let (writes, filled) = writes(self.arrival.plan, self.values, &putting, &known, ways);
        let untargeted = match self.earlier.is_some() && !ways.is_reference() {
            true => self.untargeted(no, &known),
            false => Vec::new(),
        };
        if !ways.is_reference()
            && let Some(profile) = self.store.profiles.get_mut(&profile)
        {
            note(&mut profile.rest.history, rule!("assign.no-merge"));
        }
        let absent = match ways.is_reference() {
            true => Vec::new(),
            false => self.should_be_absent(created),
        };
        if !(writes.is_empty() && absent.is_empty() && untargeted.is_empty()) {
            let history = self.history(created);
            let fate = ways.fate(rule!("std.keys.follow-update"));
            let observes = !ways.is_reference();
            self.store.change_profile(profile, fate, |profile, fields| {
                for (path, held) in writes {
                    // Under which name it shows that is too long for an attribute, nobody knows.
                    profile.vague |= !is_short_enough(&path);
                    let known = fields.iter().find(|(known, _)| *known == path);
                    let known = known.filter(|_| observes && held.source == Source::Several);
                    for text in known
                        .into_iter()
                        .flat_map(|(_, held)| held.options.iter().flatten())
                    {
                        let former = (path.clone(), Arc::clone(text));
                        if !profile.rest.former.contains(&former) {
                            profile.rest.former.push(former);
                        }
                    }
                    set(fields, path, held);
                }
                let dropped = fields
                    .iter_mut()
                    .filter(|(path, _)| untargeted.contains(path));
                for (path, held) in dropped {
                    held.uncover(path, &profile.rest.former);
                }
                for (path, rules) in absent {
                    if !fields.iter().any(|(known, _)| *known == path) {
                        set(fields, path, Held::nothing(Source::Object(no), rules));
                    }
                }
                for rule in history {
                    note(&mut profile.rest.history, rule);
                }
            });
        }
        filled
    }

    /// The members that the object wrote before and its type has no target for any more: they may go with the old version.
    fn untargeted(&self, no: No, known: &[(Path, Held)]) -> Vec<Path> {
        let is_target = |path: &Path| {
            let mut targets = self
                .arrival
                .plan
                .fields
                .iter()
                .filter_map(|field| field.target.as_ref());
            targets.any(|(kind, target)| *kind == Kind::Profile && target == path)
        };
        let own = known.iter().filter(|(path, held)| {
            let own = matches!(held.source, Source::Object(by) if by == no);
            (own || held.source == Source::Several) && held.filled == Filled::No && !is_target(path)
        });
        own.map(|(path, _)| path.clone()).collect()
    }

    /// The members of the standard profile that get no value from the object because of a SHOULD, each with it.
    fn should_be_absent(&self, created: bool) -> Vec<(Path, Rules)> {
        let fields = self.arrival.plan.fields.iter().zip(self.values);
        let absent = fields.filter_map(|(field, value)| {
            let path = match (&field.target, field.content) {
                (Some((Kind::Profile, path)), _) => path.clone(),
                (None, ContentType::Email) if created => Path::Borrowed("EmailAddress"),
                (None, ContentType::Phone) if created => Path::Borrowed("PhoneNumber"),
                _ => return None,
            };
            let rule = extract::rests_on(field.source.as_ref()?, self.arrival.object)?;
            value.first().is_none().then(|| (path, resting(rule)))
        });
        absent.collect()
    }
}

/// The profile an object goes to.
struct Home {
    profile: No,
    /// Whether the object made it.
    created: bool,
    /// Whether an earlier version was on another one.
    moved: bool,
    /// The field that filled a searchable member of it by content type.
    filled: Option<usize>,
}

impl Home {
    /// Whether a key value is stored there; `again` says that an earlier version of the object had the same.
    fn standing(&self, key: &Definition, parts: &Parts, again: bool, why: &RuleList) -> Standing {
        let long = |part: &Part| part.text.chars().count() > LONGEST_SEARCH;
        if key.is(Identifier::LookupOnly) {
            Standing::Never(rule!("persist.lookup-only"))
        } else if self.moved && again {
            Standing::Open(rule!("object.overwrite.moves-keys"))
        } else if key.is(Identifier::NewOnly) && !self.created {
            match again {
                true => Standing::Open(rule!("persist.overwritten-object")),
                // With a new asset it is stored, and may lead to its owner.
                false
                    if [Kind::Asset, Kind::Case]
                        .iter()
                        .any(|kind| key.identifies(*kind)) =>
                {
                    Standing::Open(rule!("asset.search-by-key"))
                }
                false => Standing::Never(rule!("persist.new-only.existing")),
            }
        } else if parts.iter().any(long) {
            Standing::Open(rule!("key.long-value"))
        } else if key.is(Identifier::NewOnly)
            && self
                .filled
                .is_some_and(|field| key.fields.as_slice() == [field])
        {
            // Worked example 5.2, case B: the guide's text promises only the standard key.
            Standing::Open(rule!("persist.new-only.created"))
        } else {
            promised(key, why)
        }
    }
}

/// An object as it is written to a profile.
pub(super) struct Putting<'a> {
    pub(super) no: No,
    /// Whether it made the profile.
    pub(super) created: bool,
    /// Whether an earlier version was there.
    pub(super) again: bool,
    /// What it holds, for an observer.
    pub(super) object: Option<&'a Json>,
    /// What the fields of the profile held before another source wrote to them, for an observer.
    pub(super) former: &'a [(Path, Arc<str>)],
}

impl Putting<'_> {
    /// The rules broken by another value of a field, where a SHOULD says which it is.
    fn resting(&self, field: &Field) -> Option<Rules> {
        let rule = extract::rests_on(field.source.as_ref()?, self.object?)?;
        Some(resting(rule))
    }
}

/// What an object writes to the standard profile (contract 3.16), and the field that fills a searchable member by its content
/// type.
pub(super) fn writes(
    plan: &Plan,
    values: &[Value],
    putting: &Putting<'_>,
    known: &[(Path, Held)],
    ways: &mut Ways,
) -> (Fields, Option<usize>) {
    let mut writes = Fields::new();
    for (at, field) in plan.fields.iter().enumerate() {
        let Some((Kind::Profile, path)) = &field.target else {
            continue;
        };
        let known = known.iter().find(|(known, _)| known == path);
        let known = known.map(|(_, held)| held);
        let resting = putting.resting(field);
        let held = profile_value(known, putting, path, &values[at], resting, ways);
        let Some(held) = held else {
            continue;
        };
        let same = writes.iter_mut().find(|(written, _)| written == path);
        match same.filter(|_| !ways.is_reference()) {
            Some((_, other)) => other.or(&held),
            None => writes.push((path.clone(), held)),
        }
    }
    let mut filled = None;
    if putting.created {
        for (content, path) in [
            (ContentType::Email, "EmailAddress"),
            (ContentType::Phone, "PhoneNumber"),
        ] {
            if writes
                .iter()
                .any(|(known, held)| known == path && !held.is_unset())
            {
                continue;
            }
            if let Some((mut held, field)) = fill(plan, values, putting, content, ways) {
                if held.filled != Filled::Unindexed {
                    filled = filled.or(Some(field));
                }
                if writes.iter().any(|(known, _)| known == path) {
                    // An empty text may count as the value of the target.
                    held.admit(None);
                }
                set(&mut writes, Path::Borrowed(path), held);
            }
        }
    }
    (writes, filled)
}

/// What a targeted field of the profile holds after the object; `None` if it stays as it is.
fn profile_value(
    known: Option<&Held>,
    putting: &Putting<'_>,
    path: &Path,
    value: &Value,
    resting: Option<Rules>,
    ways: &mut Ways,
) -> Option<Held> {
    let no = putting.no;
    let source = Source::Object(no);
    // For whoever stores an empty text there is something.
    let known = known.filter(|held| held.free || held.options.iter().any(Option::is_some));
    let options = match value {
        Value::OneOf(options) if options.iter().flatten().all(|text| fits(path, text)) => options,
        _ if ways.is_reference() => return None,
        _ => {
            let mut held = Held::nothing(source, TARGETED);
            if let Some(known) = known {
                held.or(known);
            }
            held.free = true;
            return Some(held);
        }
    };
    let rules: Rules = match path.split_once('.') {
        Some(("Attributes", _)) => rules!["std.profile.attributes", "search.profile-content"],
        Some(_) => rules!["std.profile.nested", "search.profile-content"],
        None => TARGETED,
    };
    let written = |rules| Held {
        options: options.clone(),
        ..Held::nothing(source, resting.unwrap_or(rules))
    };
    let Some(known) = known else {
        if options.iter().all(Option::is_none) {
            return None;
        }
        let rules = if putting.created {
            rules
        } else {
            rules!["std.profile.match-fills", "search.profile-content"]
        };
        return Some(written(rules));
    };
    if options.iter().all(is_none) {
        let mut held = known.clone();
        // A value that is no longer there clears nothing, or what the object itself had written.
        let clears = ways.takes(rule!("std.profile.absent-does-not-clear")) == 1;
        let shared = putting.again && known.source == Source::Several && !ways.is_reference();
        let empty = options.iter().any(Option::is_some);
        let kept = known.source != source || (ways.is_reference() && !clears);
        if kept && !shared && !empty {
            // Whoever does not keep the SHOULD by which there is no value has one.
            held.rules = resting?;
            return Some(held);
        }
        if clears {
            held.options.clear();
        }
        if shared {
            held.uncover(path, putting.former);
        }
        for option in options {
            held.admit(option.clone());
        }
        held.rules = resting.unwrap_or(rules![
            "std.profile.absent-does-not-clear",
            "search.profile-content"
        ]);
        if kept && !shared {
            // An empty text may clear what others have written.
            held.source = Source::Several;
            held.rules = rules!["std.profile.match-overwrites", "search.profile-content"];
        }
        return Some(held);
    }
    let written = |rules| {
        let mut held = written(rules);
        if options.iter().any(is_none) {
            // Whoever reads nothing there leaves what was there before.
            held.admit_all(known);
        }
        held
    };
    if known.options == *options && known.filled == Filled::No && !known.free {
        // Whoever set it first, it now has two reasons to stay.
        let mut held = known.clone();
        if held.source != source {
            held.source = Source::Several;
        }
        return Some(held);
    }
    match known.source {
        Source::Object(writer) if writer == no && known.filled == Filled::No => {
            let mut held = written(rules![
                "std.profile.same-object-update",
                "search.profile-content"
            ]);
            if !ways.is_reference() {
                let mut before = known.clone();
                if let Some(older) = before.before.take() {
                    before.admit_all(&older);
                }
                held.before = Some(Box::new(before));
            }
            Some(held)
        }
        Source::Request if ways.choose(choice!("cap.manual-protected")) == 1 => {
            let mut held = known.clone();
            held.rules = rules!["std.profile.match-overwrites", "search.profile-content"];
            Some(held)
        }
        Source::Request => {
            let mut held = written(rules![
                "std.profile.match-overwrites",
                "search.profile-content"
            ]);
            held.source = Source::Several;
            Some(held)
        }
        _ => {
            let rules = rules!["std.profile.match-overwrites", "search.profile-content"];
            let mut held = written(rules);
            let filled = matches!(known.filled, Filled::Unindexed | Filled::Perhaps);
            if filled && !ways.is_reference() && known.options != *options {
                // Kept as it was filled in, it need not be found by its key; overwritten, it is.
                if ways.outcome(rule!("std.profile.match-overwrites"), 2) == 1 {
                    held = known.clone();
                    held.rules = rules;
                }
            } else if !ways.is_reference() {
                held.admit_all(known);
                if filled {
                    // Whoever keeps the value as it is need not index it now.
                    held.filled = Filled::Perhaps;
                }
            }
            held.source = Source::Several;
            Some(held)
        }
    }
}

/// The member that a new profile gets from a field of that content type, and the field.
fn fill(
    plan: &Plan,
    values: &[Value],
    putting: &Putting<'_>,
    content: ContentType,
    ways: &mut Ways,
) -> Option<(Held, usize)> {
    let of_type = |(at, field): &(usize, &Field)| {
        field.content == content
            && match &values[*at] {
                Value::OneOf(options) => options.iter().any(Option::is_some),
                Value::Free => true,
            }
    };
    let mut candidates: Vec<usize> = plan
        .fields
        .iter()
        .enumerate()
        .filter(of_type)
        .map(|(at, _)| at)
        .collect();
    if ways.takes(rule!("std.inferred.multiple-fields")) == 1 {
        candidates.reverse();
    }
    let has_text = |at: &&usize| match &values[**at] {
        Value::OneOf(options) => !options.iter().all(is_none),
        Value::Free => true,
    };
    let first = *candidates.iter().find(has_text)?;
    let has_targets = plan.fields.iter().any(|field| field.target.is_some());
    if has_targets {
        let fills = match plan.targets(Kind::Profile) {
            true => ways.choose(choice!("cap.inferred-autofill")) == 0,
            // Whether targets of other standard objects count is not said.
            false => ways.outcome(rule!("std.inferred.with-targets"), 2) == 0,
        };
        if !fills {
            return None;
        }
    } else if plan.fields.iter().any(|field| field.aims_nowhere)
        && !ways.is_reference()
        && ways.outcome(rule!("std.inferred.with-targets"), 2) == 1
    {
        // A target that is ignored may count as one or not.
        return None;
    }
    let filled = match content {
        // Only of an e-mail address the contract says that this is a choice.
        ContentType::Phone if !ways.is_reference() => Filled::Perhaps,
        _ if ways.choose(choice!("cap.autofill-indexes")) == 0 => Filled::Indexed,
        _ => Filled::Unindexed,
    };
    let rules = match content {
        ContentType::Email => rules![
            "std.inferred.email",
            "search.profile-content",
            "std.inferred.with-targets",
            "std.inferred.indexed"
        ],
        _ => rules![
            "std.inferred.phone",
            "search.profile-content",
            "std.inferred.with-targets",
            "std.inferred.indexed"
        ],
    };
    let resting = |at: &usize| putting.resting(plan.fields.get(*at)?);
    let rules = candidates.iter().find_map(resting).unwrap_or(rules);
    let mut held = Held::nothing(Source::Object(putting.no), rules);
    held.options.clear();
    for at in &candidates {
        match &values[*at] {
            Value::OneOf(options) => {
                for option in options {
                    held.admit(option.clone());
                }
            }
            Value::Free => held.free = true,
        }
        if ways.is_reference() {
            break;
        }
    }
    if held
        .options
        .iter()
        .flatten()
        .any(|text| !fits("EmailAddress", text))
    {
        held.free = true;
    }
    held.filled = filled;
    held.reformed = content == ContentType::Phone && !ways.is_reference();
    Some((held, first))
}

/// The rules broken by another value where a SHOULD says which it is.
fn resting(rule: RuleId) -> Rules {
    match rule.id() {
        "extract.boolean" => rules![
            "extract.boolean",
            "std.profile.targets",
            "search.profile-content"
        ],
        "extract.null" => rules!["extract.null", "std.profile.untargeted"],
        "extract.case" => rules!["extract.case", "std.profile.untargeted"],
        _ => rules![
            "extract.handlebars.constant",
            "std.profile.targets",
            "search.profile-content"
        ],
    }
}

const TARGETED: Rules = rules!["std.profile.targets", "search.profile-content"];

/// How surely a key that is stored is found again.
fn promised(key: &Definition, why: &RuleList) -> Standing {
    let should = why
        .first()
        .copied()
        .filter(|rule| rule.level() == crate::contract::Level::Should);
    if let Some(rule) = should {
        Standing::Likely(rule)
    } else if key.is(Identifier::Profile) {
        Standing::Sure
    } else if key.identifies(Kind::Asset) || key.identifies(Kind::Case) {
        Standing::Likely(rule!("asset.search-by-key"))
    } else if key.is(Identifier::Unique) {
        Standing::Likely(rule!("persist.unique"))
    } else {
        Standing::Sure
    }
}

/// Sets a field.
pub(super) fn set(fields: &mut Vec<(Path, Held)>, path: Path, held: Held) {
    match fields.iter_mut().find(|(known, _)| *known == path) {
        Some((_, known)) => *known = held,
        None => fields.push((path, held)),
    }
}

/// Whether a member of the standard profile can have that name.
pub(super) fn is_short_enough(path: &str) -> bool {
    let name = path.strip_prefix("Attributes.").unwrap_or_default();
    name.chars().count() <= LONGEST_SEARCH
}

/// Whether a member of the standard profile can hold a text, or be without; what happens to others is not specified.
pub(super) fn fits(path: &str, text: &str) -> bool {
    let most = match path {
        "AdditionalInformation" => 1000,
        _ => LONGEST_SEARCH,
    };
    let enumerated: &[&str] = match path {
        "PartyType" => &["INDIVIDUAL", "BUSINESS", "OTHER"],
        "Gender" => &["MALE", "FEMALE", "UNSPECIFIED"],
        _ => &[],
    };
    text.chars().count() <= most
        && is_short_enough(path)
        && (text.is_empty() || enumerated.is_empty() || enumerated.contains(&text))
}

/// Reads the fields of an object.
pub(super) fn read(plan: &Plan, object: &Json, ways: &mut Ways) -> Vec<Value> {
    let mut values = Vec::with_capacity(plan.fields.len());
    for (at, field) in plan.fields.iter().enumerate() {
        let keyed = plan.keyed(at);
        let fills = matches!(field.content, ContentType::Email | ContentType::Phone);
        if !keyed && field.target.is_none() && !fills {
            values.push(Value::none());
            continue;
        }
        let Some(source) = &field.source else {
            // What a field without a source reads is not specified.
            values.push(match ways.is_reference() {
                true => Value::none(),
                false => free(plan, at, ways),
            });
            continue;
        };
        let reference = ways.is_reference();
        let extracted = extract::extract(source, object, ways.choices(), ways.decides());
        if extracted.open && !reference {
            values.push(free(plan, at, ways));
            continue;
        }
        let possible: SmallVec<[_; 2]> = extracted
            .options
            .into_iter()
            .filter(|option| {
                option.tells.is_none_or(|(choice, options)| {
                    !ways.choices().get(choice).and(options).is_empty()
                })
            })
            .collect();
        let tells = possible.iter().any(|option| option.tells.is_some());
        if keyed || tells || reference {
            let mut otherwise = SmallVec::new();
            if keyed && !reference {
                otherwise = extract::otherwise(source, object);
            }
            let taken = ways.pick(possible.len() + otherwise.len());
            if let Some((value, rule)) = otherwise.get(taken.wrapping_sub(possible.len())) {
                ways.owe(*rule);
                values.push(Value::OneOf(SmallVec::from_iter([value
                    .as_deref()
                    .map(Arc::from)])));
                continue;
            }
            let Some(option) = possible.into_iter().nth(taken) else {
                values.push(Value::none());
                continue;
            };
            if let Some((choice, options)) = option.tells {
                ways.tell(choice, options);
            }
            values.push(Value::OneOf(SmallVec::from_iter([option
                .value
                .map(Arc::from)])));
        } else {
            values.push(Value::OneOf(
                possible
                    .into_iter()
                    .map(|option| option.value.map(Arc::from))
                    .collect(),
            ));
        }
    }
    values
}

/// The value of a field that may be anything: nobody knows where an object belongs that it decides on.
fn free(plan: &Plan, at: usize, ways: &mut Ways) -> Value {
    if plan.decides(at) {
        ways.lose();
    }
    Value::Free
}

/// The rules that leave open what becomes of an object with such values: it may be refused for them.
pub(super) fn misfits(plan: &Plan, object: &Json, choices: &Choices) -> RuleList {
    let mut misfits = RuleList::new();
    for (at, field) in plan.fields.iter().enumerate() {
        let Some(source) = &field.source else {
            if plan.keyed(at) {
                note(&mut misfits, rule!("ingest.object.any-structure"));
            }
            continue;
        };
        let extracted = extract::extract(source, object, choices, None);
        if plan.keyed(at) && extracted.open {
            note(&mut misfits, rule!("ingest.object.any-structure"));
        }
        let texts = || {
            let options = extracted.options.iter();
            options.filter_map(|option| option.value.as_deref())
        };
        let long = |text: &str| text.chars().count() > LONGEST_SEARCH;
        if plan.keyed(at) && texts().any(long) {
            note(&mut misfits, rule!("key.long-value"));
        }
        let Some((kind, path)) = &field.target else {
            continue;
        };
        if meets_composite(source, object) {
            note(&mut misfits, rule!("extract.composite"));
        }
        if texts().any(|text| !fits(path, text)) {
            note(
                &mut misfits,
                match (kind, path.as_ref()) {
                    (Kind::Profile, "PartyType" | "Gender") => rule!("std.profile.enum-target"),
                    _ => rule!("std.profile.too-long"),
                },
            );
        }
    }
    misfits
}

/// Whether a source reads an array or an object, or a path of it meets one where it ends.
fn meets_composite(source: &Origins, object: &Json) -> bool {
    let composite = |path: &[String]| match extract::look_up(path, object) {
        Some(found) => found.items().is_some() || found.members().is_some(),
        None => extract::strays(path, object),
    };
    match source {
        Origins::Accessor(path) => composite(path),
        Origins::Template(pieces) => pieces.iter().any(|piece| match piece {
            extract::Piece::Member(path) => composite(path),
            extract::Piece::Text(_) => false,
        }),
        _ => false,
    }
}

/// What a source points at, before it becomes a text.
fn look_up<'j>(source: &Origins, object: &'j Json) -> Option<&'j Json> {
    match source {
        Origins::Accessor(path) => extract::look_up(path, object),
        _ => None,
    }
}

/// Whether a source points at something that is there but holds nothing.
fn is_blank(source: &Origins, object: &Json) -> bool {
    match look_up(source, object) {
        Some(Json::Null) => true,
        Some(Json::String(text)) => text.trim().is_empty(),
        _ => false,
    }
}

/// The value of a definition: `None` if every part is missing.
pub(super) fn parts(plan: &Plan, key: &Definition, values: &[Value]) -> Option<Parts> {
    let present = key.fields.iter().any(|at| values[*at].first().is_some());
    present.then(|| texts(plan, key, values))
}

/// The parts of a definition's value; a missing one is an empty text.
fn texts(plan: &Plan, key: &Definition, values: &[Value]) -> Parts {
    let part = |at: &usize| Part {
        text: values[*at]
            .first()
            .map_or_else(|| Arc::from(""), Arc::clone),
        content: plan.fields[*at].content,
    };
    key.fields.iter().map(part).collect()
}

/// Whether nobody knows what value a definition has.
pub(super) fn is_open(key: &Definition, values: &[Value]) -> bool {
    let mut fields = key.fields.iter();
    fields.any(|at| matches!(values[*at], Value::Free))
}

/// The definitions that have a value that is known.
fn valued(plan: &Plan, values: &[Value], ways: &mut Ways) -> Vec<Valued> {
    let mut valued = Vec::with_capacity(plan.keys.len());
    for key in &plan.keys {
        if is_open(key, values) {
            continue;
        }
        let Some(value) = parts(plan, key, values) else {
            continue;
        };
        // An empty text is no value of a key (persist.absent).
        if value.iter().all(|part| part.text.is_empty()) {
            continue;
        }
        let partial = value.iter().any(|part| part.text.is_empty());
        // Part of a compound key: no value, or one of the parts present (key.compound-partial).
        if partial
            && !key.is(Identifier::Unique)
            && ways.outcome(rule!("key.compound-partial"), 2) == 0
        {
            continue;
        }
        valued.push((Arc::clone(key), value));
    }
    valued
}

/// The object that has the same UNIQUE value.
fn earlier(
    store: &Store,
    arrival: &Arrival<'_>,
    unique: &Definition,
    identity: &Parts,
    digest: Digest,
    ways: &mut Ways,
) -> Option<No> {
    if ways.is_reference() {
        return store.object_of(digest);
    }
    let is_blank = identity.iter().all(|part| part.text.trim().is_empty());
    let of_type = store
        .objects
        .iter()
        .filter(|(_, object)| *object.type_name() == arrival.type_name);
    for (no, object) in of_type {
        match index::alike(&object.seen.unique, identity, ways) {
            Some(Grade::Sure)
                if object.seen.unique_name.as_ref() == Some(&unique.name) && !is_blank =>
            {
                return Some(no);
            }
            // Under another key, or without a text, the same value need not mean the same object.
            Some(Grade::Sure) if ways.pick(2) == 0 => return Some(no),
            Some(Grade::Open(_)) if ways.pick(2) == 0 => return Some(no),
            Some(Grade::Likely(rule)) => match ways.pick(2) {
                0 => return Some(no),
                _ => ways.owe(rule),
            },
            Some(Grade::Unlikely(rule)) if ways.pick(2) == 1 => {
                ways.owe(rule);
                return Some(no);
            }
            _ => {}
        }
    }
    None
}

/// Type and UNIQUE value in one figure.
fn digest(type_name: &str, identity: &Parts, choices: &Choices) -> Digest {
    let mut hash = Sha256::new();
    let mut take = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    take(type_name);
    for part in identity.iter() {
        take(&value::canonical(&part.text, part.content, choices));
    }
    Digest::first_half(&hash.finalize())
}

/// An id of the reference: unlike any other, and the same for the same history.
pub(super) fn system_id(seed: u64, no: No, salt: u32) -> Digest {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(no.to_be_bytes());
    hash.update(salt.to_be_bytes());
    Digest::first_half(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_holds_texts_up_to_its_length_and_words_of_its_enum() {
        let long = |count| "\u{e4}".repeat(count);
        for (path, text, holds) in [
            ("FirstName", long(255), true),
            ("FirstName", long(256), false),
            ("FirstName", String::new(), true),
            ("Gender", String::new(), true),
            ("AdditionalInformation", long(1000), true),
            ("AdditionalInformation", long(1001), false),
            ("Gender", "MALE".to_owned(), true),
            ("Gender", "INDIVIDUAL".to_owned(), false),
            ("PartyType", "OTHER".to_owned(), true),
            ("PartyType", "MALE".to_owned(), false),
            ("Attributes.k", long(255), true),
        ] {
            assert_eq!(fits(path, &text), holds, "{path} {}", text.len());
        }
        assert!(fits(&format!("Attributes.{}", long(255)), "v"));
        assert!(!fits(&format!("Attributes.{}", long(256)), "v"));
    }

    #[test]
    fn a_field_is_set_once() {
        let held = |text| Held::value(text, Source::Request, rules![]);
        let mut fields = vec![(Path::Borrowed("FirstName"), held("a"))];
        set(&mut fields, Path::Borrowed("LastName"), held("b"));
        set(&mut fields, Path::Borrowed("FirstName"), held("c"));
        let shown: Vec<_> = fields
            .iter()
            .map(|(path, held)| (&**path, held.decided().map(|it| &**it)))
            .collect();
        assert_eq!(shown, [("FirstName", Some("c")), ("LastName", Some("b"))]);
    }
}
