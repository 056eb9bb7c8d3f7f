//! What a domain holds: profiles, their objects, standard assets and cases, and the keys that lead to them.
//!
//! For an observer a field may have several possible values, and what the target has decided shows later; the reference
//! always has one. Profiles that ingestion creates have no id until an answer shows it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::contract::RuleId;
use crate::rule;

use super::index::{Entry, Index, No, Origin, Part, Parts, Standing};
use super::pattern::{Rules, Rules4, rules};
use super::value::ContentType;

/// The data of a domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Store {
    /// Boxed, as everything of which there are many: the nodes of the tree are half empty.
    pub(super) profiles: BTreeMap<No, Box<Profile>>,
    pub(super) objects: BTreeMap<No, Box<Object>>,
    pub(super) standards: BTreeMap<No, Standard>,
    pub(super) keys: Index,
    pub(super) assets: Index,
    pub(super) cases: Index,
    /// Profiles by id.
    by_id: HashMap<Arc<str>, No>,
    /// Objects by the digest of type and UNIQUE value; the reference looks them up here.
    by_digest: HashMap<u128, No>,
    /// Objects by profile and type.
    placed: BTreeSet<(No, Arc<str>, No)>,
    /// Standard objects by profile and kind.
    standing: BTreeSet<(No, Kind, No)>,
    /// Ids of profiles that are gone, and the rule broken if they show; the reference keeps none.
    pub(super) gone: Vec<(Arc<str>, RuleId)>,
    /// Keys of objects that are gone, with their types.
    pub(super) gone_objects: Vec<(Arc<str>, Arc<str>, RuleId)>,
    /// The size of all objects.
    bytes: usize,
    next: No,
}

/// The standard objects that targets point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Profile,
    Asset,
    Case,
}

/// The name of a field of a standard object: `FirstName`, `Address.City`, `Attributes.tier`.
pub(super) type Path = Cow<'static, str>;

/// Fields with the values they may have.
pub(super) type Fields = Vec<(Path, Held)>;

/// A standard profile.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Profile {
    pub(super) id: Option<Arc<str>>,
    pub(super) fields: Fields,
    /// Whether anything about its fields is possible.
    pub(super) vague: bool,
    /// Kinds of standard objects of which it may have any.
    pub(super) vague_kinds: SmallVec<[Kind; 2]>,
    /// Whether it may be gone, by this rule.
    pub(super) doubt: Option<RuleId>,
    /// Values of AddProfileKey.
    pub(super) added: Vec<(Arc<str>, Parts)>,
    /// Rules that speak of what was done to it: candidates for any difference.
    pub(super) history: Rules4,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The values it may have, `None` for none; the reference's first.
    pub(super) options: SmallVec<[Option<Arc<str>>; 1]>,
    /// Rules broken by another value.
    pub(super) rules: Rules,
    pub(super) source: Source,
    pub(super) filled: Filled,
    /// Whether other values are possible too.
    pub(super) free: bool,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (&self.options, self.source, self.filled, self.free)
            == (&other.options, other.source, other.filled, other.free)
    }
}

/// Who set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// CreateProfile or UpdateProfile.
    Request,
    /// An object.
    Object(No),
    /// More than one of them, or nobody knows.
    Several,
}

/// Whether a field was filled by content type alone, and then whether a key leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    No,
    Indexed,
    Unindexed,
}

impl Held {
    /// This value.
    pub(super) fn value(text: impl Into<Arc<str>>, source: Source, rules: Rules) -> Self {
        Self {
            options: smallvec![Some(text.into())],
            rules,
            source,
            filled: Filled::No,
            free: false,
        }
    }

    /// No value.
    pub(super) fn nothing(source: Source, rules: Rules) -> Self {
        Self {
            options: smallvec![None],
            rules,
            source,
            filled: Filled::No,
            free: false,
        }
    }

    /// Also this value.
    pub(super) fn admit(&mut self, option: Option<Arc<str>>) {
        if !self.options.contains(&option) {
            self.options.push(option);
        }
    }

    /// The value, if only one is possible.
    pub(super) fn decided(&self) -> Option<&Arc<str>> {
        match self.options.as_slice() {
            [Some(value)] if !self.free => Some(value),
            _ => None,
        }
    }

    /// Whether it has no value for certain.
    pub(super) fn is_unset(&self) -> bool {
        !self.free && self.options.iter().all(Option::is_none)
    }
}

/// An ingested object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    pub(super) type_name: Arc<str>,
    /// Type and UNIQUE value in one figure.
    pub(super) digest: u128,
    /// The UNIQUE key and the value under it; of the value the reference has the digest only.
    pub(super) unique_name: Arc<str>,
    pub(super) unique: Parts,
    /// ProfileObjectUniqueKey, where it is known.
    pub(super) key: Option<Arc<str>>,
    pub(super) text: Arc<str>,
    pub(super) profile: No,
    /// The entries it wrote.
    pub(super) wrote: Vec<(Arc<str>, Parts)>,
    /// The standard assets and cases it writes to.
    pub(super) feeds: SmallVec<[No; 1]>,
    /// Rules broken if it is not where it is expected, the first deciding how bad that is.
    pub(super) why: Rules4,
}

/// A standard asset or case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standard {
    pub(super) kind: Kind,
    pub(super) id: Option<Arc<str>>,
    pub(super) profile: No,
    pub(super) fields: Fields,
    /// Values that fields had before.
    pub(super) former: Vec<(Path, Arc<str>)>,
    /// The objects that write to it.
    pub(super) sources: SmallVec<[No; 1]>,
    /// The keys that lead to it, with the rule under which they may not.
    pub(super) keys: Vec<(Arc<str>, Parts)>,
    /// Whether it may be missing, by this rule.
    pub(super) doubt: Option<RuleId>,
    /// Rules broken if it is missing.
    pub(super) why: Rules4,
}

impl Store {
    /// A number nothing has had yet.
    pub(super) fn fresh(&mut self) -> No {
        self.next += 1;
        self.next
    }

    /// How many numbers were given out.
    pub(super) fn given_out(&self) -> No {
        self.next
    }

    /// The profile of that id.
    pub(super) fn profile_no(&self, id: &str) -> Option<No> {
        self.by_id.get(id).copied()
    }

    /// Whether a profile exists whose id is not known.
    pub(super) fn has_nameless(&self) -> bool {
        self.by_id.len() < self.profiles.len()
    }

    /// Adds a profile.
    pub(super) fn add_profile(&mut self, profile: Profile) -> No {
        let no = self.fresh();
        if let Some(id) = &profile.id {
            self.by_id.insert(Arc::clone(id), no);
        }
        self.profiles.insert(no, Box::new(profile));
        self.index_fields(no);
        no
    }

    /// Learns the id of a profile.
    pub(super) fn name_profile(&mut self, no: No, id: &str) {
        if let Some(profile) = self.profiles.get_mut(&no)
            && profile.id.is_none()
        {
            let id: Arc<str> = id.into();
            profile.id = Some(Arc::clone(&id));
            self.by_id.insert(id, no);
        }
    }

    /// Changes the fields of a profile, and the keys that follow them.
    ///
    /// `lingering` is the rule under which old values may still be found.
    pub(super) fn change_profile(
        &mut self,
        no: No,
        lingering: Option<RuleId>,
        change: impl FnOnce(&mut Profile),
    ) {
        self.unindex_fields(no, lingering);
        if let Some(profile) = self.profiles.get_mut(&no) {
            change(profile);
            // A server holds many, and few of them grow.
            profile.fields.shrink_to_fit();
        }
        self.index_fields(no);
    }

    /// Removes a profile with all that belongs to it; `never` says which rule keeps its keys from being found again.
    pub(super) fn remove_profile(&mut self, no: No, never: Option<RuleId>) {
        let Some(profile) = self.profiles.remove(&no) else {
            return;
        };
        if let Some(id) = &profile.id {
            self.by_id.remove(id);
        }
        let objects: Vec<No> = self.objects_on(no).map(|(object, _)| object).collect();
        for object in objects {
            self.remove_object(object, never);
        }
        let standards: Vec<No> = self.standards_on(no, None).map(|(no, _)| no).collect();
        for standard in standards {
            self.remove_standard(standard);
        }
        let drop = |entry: &mut Entry| match never {
            _ if entry.subject != no => true,
            Some(rule) => {
                entry.standing = Standing::Never(rule);
                true
            }
            None => false,
        };
        if never.is_some() {
            self.keys.revise(|_, entry| drop(entry));
        } else {
            self.unindex_profile(no, &profile);
        }
    }

    /// Removes what leads to a profile that is gone, without looking at the entries of others.
    fn unindex_profile(&mut self, no: No, profile: &Profile) {
        let followed = field_keys(&profile.fields);
        let followed = followed.iter().map(|(name, parts, _)| (name, parts));
        let added = profile.added.iter().map(|(name, parts)| (name, parts));
        for (name, parts) in followed.chain(added) {
            self.keys
                .revise_at(name, parts, |entry| entry.subject != no);
        }
    }

    /// Adds an object.
    pub(super) fn add_object(&mut self, no: No, object: Object) {
        self.bytes += object.text.len();
        self.by_digest.insert(object.digest, no);
        self.placed
            .insert((object.profile, Arc::clone(&object.type_name), no));
        self.objects.insert(no, Box::new(object));
    }

    /// Replaces the text of an object.
    pub(super) fn rewrite(&mut self, no: No, text: &Arc<str>) {
        if let Some(object) = self.objects.get_mut(&no) {
            self.bytes = self.bytes - object.text.len() + text.len();
            object.text = Arc::clone(text);
        }
    }

    /// The size of all objects, in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }

    /// The object of that digest.
    pub(super) fn object_of(&self, digest: u128) -> Option<No> {
        self.by_digest.get(&digest).copied()
    }

    /// Moves an object to another profile.
    pub(super) fn place(&mut self, no: No, profile: No) {
        if let Some(object) = self.objects.get_mut(&no) {
            self.placed
                .remove(&(object.profile, Arc::clone(&object.type_name), no));
            object.profile = profile;
            self.placed
                .insert((profile, Arc::clone(&object.type_name), no));
        }
    }

    /// Removes an object; its entries stay under `lingering`, or go.
    pub(super) fn remove_object(&mut self, no: No, lingering: Option<RuleId>) -> Option<Object> {
        let object = self.objects.remove(&no)?;
        self.bytes -= object.text.len();
        if self.by_digest.get(&object.digest) == Some(&no) {
            self.by_digest.remove(&object.digest);
        }
        self.placed
            .remove(&(object.profile, Arc::clone(&object.type_name), no));
        self.release(no, &object.wrote, lingering);
        Some(*object)
    }

    /// Lets go of entries an object wrote.
    pub(super) fn release(
        &mut self,
        no: No,
        wrote: &[(Arc<str>, Parts)],
        lingering: Option<RuleId>,
    ) {
        for (name, parts) in wrote {
            self.keys.revise_at(name, parts, |entry| {
                if entry.origin != Origin::Object(no)
                    || entry.parts != *parts
                    || matches!(entry.standing, Standing::Never(_))
                {
                    return true;
                }
                match lingering {
                    Some(rule) => {
                        entry.standing = Standing::Open(rule);
                        true
                    }
                    None => false,
                }
            });
        }
    }

    /// The objects of a profile, with their types.
    pub(super) fn objects_on(&self, profile: No) -> impl Iterator<Item = (No, &Arc<str>)> {
        self.placed
            .range((profile, Arc::from(""), 0)..)
            .take_while(move |(on, _, _)| *on == profile)
            .map(|(_, type_name, no)| (*no, type_name))
    }

    /// The objects of one type on a profile.
    pub(super) fn objects_of<'s>(
        &'s self,
        profile: No,
        type_name: &str,
    ) -> impl Iterator<Item = (No, &'s Object)> + use<'s> {
        let name: Arc<str> = type_name.into();
        self.placed
            .range((profile, Arc::clone(&name), 0)..=(profile, name, No::MAX))
            .filter_map(|(_, _, no)| Some((*no, &**self.objects.get(no)?)))
    }

    /// Adds a standard object.
    pub(super) fn add_standard(&mut self, standard: Standard) -> No {
        let no = self.fresh();
        self.standing.insert((standard.profile, standard.kind, no));
        self.standards.insert(no, standard);
        no
    }

    /// Moves a standard object to another profile.
    pub(super) fn place_standard(&mut self, no: No, profile: No) {
        if let Some(standard) = self.standards.get_mut(&no) {
            self.standing.remove(&(standard.profile, standard.kind, no));
            standard.profile = profile;
            self.standing.insert((profile, standard.kind, no));
        }
    }

    /// Removes a standard object and the keys that lead to it.
    pub(super) fn remove_standard(&mut self, no: No) {
        let Some(standard) = self.standards.remove(&no) else {
            return;
        };
        self.standing.remove(&(standard.profile, standard.kind, no));
        let index = match standard.kind {
            Kind::Case => &mut self.cases,
            _ => &mut self.assets,
        };
        for (name, parts) in &standard.keys {
            index.revise_at(name, parts, |entry| entry.subject != no);
        }
    }

    /// The standard objects of a profile, of one kind or of both.
    pub(super) fn standards_on(
        &self,
        profile: No,
        kind: Option<Kind>,
    ) -> impl Iterator<Item = (No, &Standard)> {
        self.standing
            .range((profile, Kind::Profile, 0)..=(profile, Kind::Case, No::MAX))
            .filter(move |(_, known, _)| kind.is_none_or(|kind| kind == *known))
            .filter_map(|(_, _, no)| Some((*no, self.standards.get(no)?)))
    }

    /// The index of a kind of standard object.
    pub(super) fn index_of(&mut self, kind: Kind) -> &mut Index {
        match kind {
            Kind::Profile => &mut self.keys,
            Kind::Asset => &mut self.assets,
            Kind::Case => &mut self.cases,
        }
    }

    fn index_fields(&mut self, no: No) {
        let Some(profile) = self.profiles.get(&no) else {
            return;
        };
        for (name, parts, standing) in field_keys(&profile.fields) {
            let entry = Entry {
                subject: no,
                origin: Origin::Field,
                standing,
                parts,
            };
            self.keys.add(&name, entry);
        }
    }

    fn unindex_fields(&mut self, no: No, lingering: Option<RuleId>) {
        let Some(profile) = self.profiles.get(&no) else {
            return;
        };
        for (name, parts, _) in field_keys(&profile.fields) {
            self.keys.revise_at(&name, &parts, |entry| {
                if entry.subject != no || entry.origin != Origin::Field || entry.parts != parts {
                    return true;
                }
                match lingering {
                    Some(rule) => {
                        entry.standing = Standing::Open(rule);
                        true
                    }
                    None => false,
                }
            });
        }
    }
}

/// The members of a profile that predefined keys lead to, and the rules that promise it.
const KEYED: [(&str, &str, ContentType, Option<RuleId>); 8] = [
    ("AccountNumber", "_account", ContentType::String, None),
    ("PhoneNumber", "_phone", ContentType::Phone, None),
    (
        "MobilePhoneNumber",
        "_phone",
        ContentType::Phone,
        Some(rule!("std.keys.phone-others")),
    ),
    (
        "HomePhoneNumber",
        "_phone",
        ContentType::Phone,
        Some(rule!("std.keys.phone-others")),
    ),
    (
        "BusinessPhoneNumber",
        "_phone",
        ContentType::Phone,
        Some(rule!("std.keys.phone-others")),
    ),
    ("EmailAddress", "_email", ContentType::Email, None),
    (
        "PersonalEmailAddress",
        "_email",
        ContentType::Email,
        Some(rule!("std.keys.email-others")),
    ),
    (
        "BusinessEmailAddress",
        "_email",
        ContentType::Email,
        Some(rule!("std.keys.email-others")),
    ),
];

/// The entries of predefined keys that follow from the fields of a profile (contract 3.16).
fn field_keys(fields: &Fields) -> Vec<(Arc<str>, Parts, Standing)> {
    let held = |path: &str| {
        fields
            .iter()
            .find(|(known, _)| known == path)
            .map(|(_, held)| held)
    };
    let mut keys = Vec::new();
    for (path, key, content, should) in KEYED {
        let Some(held) = held(path) else { continue };
        let promised = should.map_or(Standing::Sure, Standing::Likely);
        let several = held.options.len() > 1 || held.free;
        let standing = match held.filled {
            Filled::Unindexed => Standing::Never(rule!("std.inferred.indexed")),
            _ if several => Standing::Open(rule!("std.keys.follow-update")),
            _ => promised,
        };
        for value in held.options.iter().flatten() {
            let part = Part {
                text: Arc::clone(value),
                content,
            };
            keys.push((Arc::from(key), Arc::from([part]), standing));
        }
    }
    let names = ["FirstName", "MiddleName", "LastName"].map(held);
    let mut texts: Vec<String> = vec![String::new()];
    for held in names.into_iter().flatten() {
        let mut next: Vec<String> = Vec::new();
        for (text, option) in texts
            .iter()
            .flat_map(|text| held.options.iter().map(move |option| (text, option)))
        {
            let text = match option.as_deref() {
                Some(name) if text.is_empty() => name.to_owned(),
                Some(name) => format!("{text} {name}"),
                None => text.clone(),
            };
            if !next.contains(&text) {
                next.push(text);
            }
        }
        texts = next;
    }
    let standing = match texts.len() {
        1 => Standing::Likely(rule!("std.keys.full-name")),
        _ => Standing::Open(rule!("std.keys.full-name")),
    };
    let full = texts.iter().filter(|text| !text.is_empty());
    keys.extend(full.map(|text| {
        (
            Arc::from("_fullName"),
            one(text, ContentType::Name),
            standing,
        )
    }));
    keys
}

/// A value of one part.
pub(super) fn one(text: &str, content: ContentType) -> Parts {
    Arc::from([Part {
        text: text.into(),
        content,
    }])
}

/// The rule lists that fields of profiles set by requests are held to.
pub(super) const CREATED: Rules = rules!["profile.create.fields", "search.profile-content"];
