//! What a domain holds: profiles, their objects, standard assets and cases, and the keys that lead to them.
//!
//! For an observer a field may have several possible values, and what the target has decided shows later; the reference
//! always has one. Profiles that ingestion creates have no id until an answer shows it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

use hashbrown::HashTable;
use smallvec::{SmallVec, smallvec};

use crate::contract::{Choices, RuleId};
use crate::rule;

use super::fields::Kept;
use super::index::{Entry, Index, No, Origin, Part, Parts, Standing};
use super::manner::Outcomes;
use super::pattern::{RuleList, Rules, rules};
use super::plan::Plan;
use super::recall::{self, Reader};
use super::register::Register;
use super::slots::Slots;
use super::value::ContentType;

/// The data of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Store {
    next: No,
    /// The size of all objects.
    bytes: usize,
    pub(super) profiles: Slots<Profile>,
    pub(super) objects: Slots<Object>,
    pub(super) standards: Slots<Standard>,
    pub(super) keys: Index,
    pub(super) assets: Index,
    pub(super) cases: Index,
    /// Profiles by an id that somebody else gave.
    by_id: HashMap<Arc<str>, No>,
    /// Profiles by an id the reference gave.
    own: Lookup,
    /// Objects by the digest of type and UNIQUE value; the reference looks them up here.
    by_digest: Lookup,
    /// How objects of a type are read now, where they are read again.
    readers: HashMap<Arc<str>, Arc<Reader>>,
    /// Objects by profile; those of the reference in the order in which it lists them, as far as [`Digest::rank`] tells.
    placed: BTreeSet<(No, u32, No)>,
    /// Standard objects by profile and kind.
    standing: BTreeSet<(No, Kind, No)>,
    /// Ids of profiles that are gone, and the rule broken if they show; the reference keeps none.
    pub(super) gone: Vec<(Arc<str>, RuleId)>,
    /// Ids of profiles that were merged, with the profile they went into; the reference keeps none.
    pub(super) heirs: Vec<(Arc<str>, No)>,
    /// Keys of objects that are gone, with their types.
    pub(super) gone_objects: Vec<(Arc<str>, Arc<str>, RuleId)>,
    /// Profiles that objects have left or were taken from, with their types; the reference keeps none.
    former: Vec<(Arc<str>, No)>,
}

/// Numbers of things by what those things are known by, which lies there and not here.
#[derive(Debug, Clone, Default)]
struct Lookup(HashTable<No>);

/// What it finds follows from what there is.
impl PartialEq for Lookup {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lookup {}

impl Lookup {
    fn find(&self, digest: Digest, of: impl Fn(No) -> Option<Digest>) -> Option<No> {
        let is = |no: &No| of(*no) == Some(digest);
        self.0.find(digest.hash(), is).copied()
    }

    /// Adds a number; what it is the number of must be there already.
    fn add(&mut self, digest: Digest, no: No, of: impl Fn(No) -> Option<Digest>) {
        let hash = |no: &No| of(*no).map_or(0, Digest::hash);
        self.0.insert_unique(digest.hash(), no, hash);
    }

    fn remove(&mut self, digest: Digest, no: No) {
        if let Ok(found) = self.0.find_entry(digest.hash(), |known| *known == no) {
            found.remove();
        }
    }
}

/// 128 bits that tell one thing from all others: an id of the reference, or what an object is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest([u64; 2]);

impl Digest {
    /// The first half of a hash of 256 bits.
    pub(super) fn first_half(hash: &[u8]) -> Self {
        let word = |bytes: &[u8]| {
            let bytes = bytes.iter().take(8);
            bytes.fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
        };
        Self([word(hash), word(hash.get(8..).unwrap_or_default())])
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(plain) {
            return None;
        }
        let word = |text| u64::from_str_radix(text, 16).ok();
        Some(Self([word(&text[..16])?, word(&text[16..])?]))
    }

    fn hash(self) -> u64 {
        self.0[0]
    }

    /// Its first 32 bits: they sort digests as their texts are sorted.
    fn rank(self) -> u32 {
        (self.0[0] >> 32) as u32
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 32];
        let bytes = self.0.iter().flat_map(|half| half.to_be_bytes());
        for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(bytes) {
            let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// The id of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id {
    /// As somebody else gave it.
    Seen(Arc<str>),
    /// As the reference made it.
    Own(Digest),
}

impl Id {
    /// Its text.
    pub(super) fn text(&self) -> Arc<str> {
        match self {
            Self::Seen(text) => Arc::clone(text),
            Self::Own(digest) => digest.to_string().into(),
        }
    }
}

/// What few of many things have: nothing, until it is changed. Copies share it as long as neither changes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Rare<T>(Option<Arc<T>>);

/// What is there where nothing is.
pub(super) trait Nothing: Default + 'static {
    fn nothing() -> &'static Self;
}

impl<T: Nothing> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::nothing())
    }
}

impl<T: Nothing + Clone> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl<T: Nothing + Eq> PartialEq for Rare<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // What is shared is not looked at.
            (Some(one), Some(other)) => one == other,
            _ => **self == **other,
        }
    }
}

impl<T: Nothing + Eq> Eq for Rare<T> {}

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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Profile {
    pub(super) id: Option<Id>,
    /// Its fields: [`Store::fields_of`] reads them, [`Store::change_profile`] changes them.
    pub(super) fields: Kept,
    /// Whether anything about its fields is possible.
    pub(super) vague: bool,
    /// Whether it may be gone, by this rule.
    pub(super) doubt: Option<RuleId>,
    pub(super) rest: Rare<Rest>,
}

/// What is known of few profiles of the reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rest {
    /// Kinds of standard objects of which it may have any.
    pub(super) vague_kinds: SmallVec<[Kind; 2]>,
    /// Keys under which it may have any value, for an observer.
    pub(super) any: SmallVec<[Arc<str>; 1]>,
    /// Values of AddProfileKey.
    pub(super) added: Vec<(Arc<str>, Parts)>,
    /// Values that its fields had before another source wrote to them, for an observer.
    pub(super) former: Vec<(Path, Arc<str>)>,
    /// Rules that speak of what was done to it: candidates for any difference.
    pub(super) history: RuleList,
}

impl Nothing for Rest {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Rest> = LazyLock::new(Rest::default);
        &NOTHING
    }
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
    /// Whether it may be shown as another form of the same phone number.
    pub(super) reformed: bool,
    /// What it held before, where only a SHOULD says that it does not hold that any more.
    pub(super) before: Option<Box<Self>>,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (&self.options, self.source, self.filled) == (&other.options, other.source, other.filled)
            && (self.free, self.reformed, &self.before)
                == (other.free, other.reformed, &other.before)
    }
}

impl Eq for Held {}

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
    /// A key may lead to it.
    Perhaps,
}

impl Held {
    /// This value.
    pub(super) fn value(text: impl Into<Arc<str>>, source: Source, rules: Rules) -> Self {
        Self {
            options: smallvec![Some(text.into())],
            ..Self::nothing(source, rules)
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
            reformed: false,
            before: None,
        }
    }

    /// Either what is known here or what is known there: two fields may write to one place (put-type.fields.target-shared).
    pub(super) fn or(&mut self, other: &Self) {
        self.admit_all(other);
        if self.source != other.source {
            self.source = Source::Several;
        }
    }

    /// Also whatever is possible there; who writes it stays as it is.
    pub(super) fn admit_all(&mut self, other: &Self) {
        let options = other.options.iter().cloned();
        options.for_each(|option| self.admit(option));
        self.free |= other.free;
        self.reformed |= other.reformed;
    }

    /// One of its sources lets go of it: it may have no value then, or one that another had written before.
    pub(super) fn uncover(&mut self, path: &str, former: &[(Path, Arc<str>)]) {
        self.admit(None);
        if self.source != Source::Several {
            return;
        }
        let mut of_it = former.iter().filter(|(known, _)| known == path).peekable();
        // Who the others are, nobody knows after a merge.
        self.free |= of_it.peek().is_none();
        of_it.for_each(|(_, text)| self.admit(Some(Arc::clone(text))));
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
        !self.free && self.options.iter().all(is_none)
    }
}

/// Whether a value shows as none: an empty text does.
pub(super) fn is_none(value: &Option<Arc<str>>) -> bool {
    value.as_deref().is_none_or(str::is_empty)
}

/// An ingested object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) reader: Arc<Reader>,
    /// Type and UNIQUE value in one figure.
    digest: Digest,
    pub(super) text: Arc<str>,
    pub(super) profile: No,
    /// The key definitions whose values it wrote, where they can be read again.
    pub(super) mask: u32,
    /// A standard asset or case that it writes to, 0 for none; there is hardly ever a second one.
    feed: No,
    pub(super) seen: Rare<Seen>,
}

/// What an observer knows of an object, and few objects of the reference have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen {
    /// The UNIQUE key and the value under it.
    pub(super) unique_name: Option<Arc<str>>,
    pub(super) unique: Parts,
    /// ProfileObjectUniqueKey, where it is known.
    pub(super) key: Option<Arc<str>>,
    /// The entries it wrote.
    wrote: Vec<(Arc<str>, Parts)>,
    /// The entries that earlier versions of it wrote.
    pub(super) former: Vec<(Arc<str>, Parts)>,
    /// The other standard assets and cases it writes to.
    feeds: Vec<No>,
    /// Rules broken if it is not where it is expected, the first deciding how bad that is.
    pub(super) why: RuleList,
}

impl Nothing for Seen {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Seen> = LazyLock::new(Seen::default);
        &NOTHING
    }
}

/// The entries an object wrote.
pub(super) enum Wrote {
    /// The values of some definitions of its type, one bit each.
    Mask(u32),
    Keys(Vec<(Arc<str>, Parts)>),
}

impl Object {
    /// An object that has written nothing yet.
    pub(super) fn new(reader: Arc<Reader>, digest: Digest, text: Arc<str>, profile: No) -> Self {
        Self {
            reader,
            digest,
            text,
            profile,
            mask: 0,
            feed: 0,
            seen: Rare::default(),
        }
    }

    /// The name of its type.
    pub(super) fn type_name(&self) -> &Arc<str> {
        &self.reader.type_name
    }

    /// The standard assets and cases it writes to.
    pub(super) fn feeds(&self) -> impl Iterator<Item = No> + '_ {
        let first = Some(self.feed).filter(|no| *no != 0);
        first.into_iter().chain(self.seen.feeds.iter().copied())
    }

    /// It writes to this standard asset or case, too.
    pub(super) fn write_to(&mut self, standard: No) {
        if self.feed == 0 {
            self.feed = standard;
        } else if !self.feeds().any(|known| known == standard) {
            self.seen.feeds.push(standard);
        }
    }

    /// ProfileObjectUniqueKey, where it is known. The reference shows what it tells objects apart by.
    pub(super) fn key(&self) -> Option<Arc<str>> {
        match self.reader.choices {
            Some(_) => Some(self.digest.to_string().into()),
            None => self.seen.key.clone(),
        }
    }

    /// The entries it wrote.
    pub(super) fn wrote(&self) -> Cow<'_, [(Arc<str>, Parts)]> {
        match self.mask {
            0 => Cow::Borrowed(&self.seen.wrote),
            _ => Cow::Owned(recall::keys(self)),
        }
    }

    /// The entries it wrote; from now on it has written none.
    pub(super) fn take_wrote(&mut self) -> Vec<(Arc<str>, Parts)> {
        let wrote = self.wrote().into_owned();
        self.set_wrote(Wrote::Mask(0));
        if self.reader.choices.is_none() {
            for entry in &wrote {
                if !self.seen.former.contains(entry) {
                    self.seen.former.push(entry.clone());
                }
            }
        }
        wrote
    }

    /// Remembers which entries it wrote.
    pub(super) fn set_wrote(&mut self, wrote: Wrote) {
        let (mask, keys) = match wrote {
            Wrote::Mask(mask) => (mask, Vec::new()),
            Wrote::Keys(keys) => (0, keys),
        };
        self.mask = mask;
        if !keys.is_empty() || !self.seen.wrote.is_empty() {
            self.seen.wrote = keys;
        }
    }
}

/// A standard asset or case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standard {
    pub(super) kind: Kind,
    pub(super) id: Option<Arc<str>>,
    pub(super) profile: No,
    /// Its fields; [`Standard::change`] changes them.
    pub(super) fields: Kept,
    /// The objects that write to it.
    pub(super) sources: SmallVec<[No; 1]>,
    /// The keys that lead to it, with the rule under which they may not.
    pub(super) keys: Vec<(Arc<str>, Parts)>,
    pub(super) rest: Rare<Doubts>,
}

/// What an observer knows of a standard asset or case besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Doubts {
    /// Values that fields had before.
    pub(super) former: Vec<(Path, Arc<str>)>,
    /// Whether it may be missing, by this rule.
    pub(super) missing: Option<RuleId>,
    /// Rules broken if it is missing.
    pub(super) why: RuleList,
}

impl Nothing for Doubts {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Doubts> = LazyLock::new(Doubts::default);
        &NOTHING
    }
}

impl Standard {
    /// Whether this value of a key leads to it.
    pub(super) fn has_key(&self, name: &Arc<str>, parts: &Parts) -> bool {
        self.keys
            .iter()
            .any(|(known, same)| known == name && same == parts)
    }

    /// Whether nobody knows what it shows: it may be gone, and another there in its place. One of which nothing is left but its key is
    /// gone or as it was written.
    pub(super) fn is_vague(&self) -> bool {
        let missing = self.rest.missing;
        missing.is_some_and(|rule| rule != rule!("asset.create.no-values"))
    }

    /// Whether it shows what an object wrote, and nothing else wrote to it.
    pub(super) fn is_only_from(&self, object: No) -> bool {
        let fields = self.fields.read();
        let has_value = |(_, held): &(Path, Held)| held.options.iter().any(Option::is_some);
        self.sources.iter().all(|source| *source == object) && fields.iter().any(has_value)
    }

    /// What an object wrote may be gone, and all of it if nothing else wrote to it.
    pub(super) fn lose(&mut self, object: No) {
        self.sources.retain(|source| *source != object);
        self.change(false, |fields| {
            for (_, held) in fields {
                held.free |= held.source == Source::Object(object);
            }
        });
        if self.sources.is_empty() {
            self.rest.missing = Some(rule!("asset.deleted-source"));
        }
    }

    /// Changes its fields; `exact` says that it is one of the reference.
    pub(super) fn change(&mut self, exact: bool, change: impl FnOnce(&mut Fields)) {
        let mut fields = self.fields.take();
        change(&mut fields);
        self.fields = Kept::Open(fields);
        if exact {
            self.fields.close();
        }
    }
}

impl Store {
    /// An empty store: the reference's, which has no doubts and looks things up by what they are, or an observer's.
    pub(super) fn new(reference: Option<&Choices>) -> Self {
        let mut store = Self::default();
        if let Some(choices) = reference {
            for index in [&mut store.keys, &mut store.assets, &mut store.cases] {
                *index = Index::Exact(Register::new(choices));
            }
        }
        store
    }

    /// Whether it is the reference's.
    fn is_exact(&self) -> bool {
        matches!(self.keys, Index::Exact(_))
    }

    /// A number nothing has had yet.
    pub(super) fn fresh(&mut self) -> No {
        self.next += 1;
        self.next
    }

    /// How many numbers were given out.
    pub(super) fn given_out(&self) -> No {
        self.next
    }

    /// The id of a profile by its text.
    pub(super) fn id(&self, text: &str) -> Id {
        let own = Digest::read(text).filter(|_| self.is_exact());
        own.map_or_else(|| Id::Seen(text.into()), Id::Own)
    }

    /// The profile of that id.
    pub(super) fn profile_no(&self, id: &str) -> Option<No> {
        match Digest::read(id).filter(|_| self.is_exact()) {
            Some(own) => self.own.find(own, |no| own_id(&self.profiles, no)),
            None => self.by_id.get(id).copied(),
        }
    }

    /// Whether a profile exists whose id is not known.
    pub(super) fn has_nameless(&self) -> bool {
        !self.is_exact() && self.by_id.len() < self.profiles.len()
    }

    /// Adds a profile.
    pub(super) fn add_profile(&mut self, mut profile: Profile) -> No {
        let no = self.fresh();
        let keys = field_keys(&profile.fields.read());
        if self.is_exact() {
            profile.fields.close();
        }
        let id = profile.id.clone();
        self.profiles.insert(no, profile);
        match id {
            Some(Id::Seen(id)) => {
                self.by_id.insert(id, no);
            }
            Some(Id::Own(id)) => self.own.add(id, no, |no| own_id(&self.profiles, no)),
            None => {}
        }
        self.index_keys(no, keys);
        no
    }

    /// Learns the id of a profile.
    pub(super) fn name_profile(&mut self, no: No, id: &str) {
        if let Some(profile) = self.profiles.get_mut(&no)
            && profile.id.is_none()
        {
            let id: Arc<str> = id.into();
            profile.id = Some(Id::Seen(Arc::clone(&id)));
            self.by_id.insert(id, no);
        }
    }

    /// Remembers which profile another one is merged into, and whatever went into that one before.
    pub(super) fn bequeath(&mut self, no: No, main: No) {
        for (_, heir) in self.heirs.iter_mut().filter(|(_, heir)| *heir == no) {
            *heir = main;
        }
        let id = self.profiles.get(&no).and_then(|it| it.id.as_ref());
        self.heirs.extend(id.map(|id| (id.text(), main)));
    }

    /// The fields of a profile.
    pub(super) fn fields_of(&self, no: No) -> Cow<'_, [(Path, Held)]> {
        match self.profiles.get(&no).map(|profile| &profile.fields) {
            Some(Kept::Made(by)) => {
                let object = self.objects.get(by);
                Cow::Owned(object.map_or_else(Fields::new, |object| recall::fields(*by, object)))
            }
            Some(kept) => kept.read(),
            None => Cow::Borrowed(&[]),
        }
    }

    /// Whether a key may lead to a profile because nobody knows what it holds.
    pub(super) fn strays(&self, no: No, key: &str) -> bool {
        let any = self.profiles.get(&no).map(|it| &it.rest.any);
        if any.is_some_and(|any| any.iter().any(|known| **known == *key)) {
            return true;
        }
        let follows = |path: Option<&str>| {
            let by_name = key == "_fullName" && path.is_none_or(|path| NAMES.contains(&path));
            let mut keyed = KEYED.iter().filter(|(_, known, ..)| *known == key);
            by_name || keyed.any(|(member, ..)| path.is_none_or(|path| path == *member))
        };
        let vague = self.profiles.get(&no).is_some_and(|it| it.vague);
        let free = |(path, held): &(Path, Held)| held.free && follows(Some(path));
        follows(None) && (vague || self.fields_of(no).iter().any(free))
    }

    /// Changes the fields of a profile, and the keys that follow them.
    ///
    /// `fate` is that of entries for old values.
    pub(super) fn change_profile(
        &mut self,
        no: No,
        fate: Fate,
        change: impl FnOnce(&mut Profile, &mut Fields),
    ) {
        let exact = self.is_exact();
        let mut fields = match self
            .profiles
            .get_mut(&no)
            .map(|profile| &mut profile.fields)
        {
            Some(Kept::Open(fields)) => std::mem::take(fields),
            Some(_) => self.fields_of(no).into_owned(),
            None => return,
        };
        let let_go = self.let_go(no, &fields);
        self.unindex_fields(no, &fields, fate);
        if let Some(profile) = self.profiles.get_mut(&no) {
            change(profile, &mut fields);
        }
        self.index_keys(no, field_keys(&fields));
        for (name, parts) in let_go {
            let rule = rule!("profile.key.delete.standard");
            self.keys.revise_at(name, &parts, |entry| {
                if is_followed(entry, no, &parts) {
                    entry.standing = Standing::Open(rule);
                }
                true
            });
        }
        if let Some(profile) = self.profiles.get_mut(&no) {
            // A server holds many, and few of them grow.
            fields.shrink_to_fit();
            profile.fields = Kept::Open(fields);
            if exact {
                profile.fields.close();
            }
        }
    }

    /// The values of fields that a profile was asked to be found by no more: nobody knows whether it is, until they change.
    fn let_go(&self, no: No, fields: &[(Path, Held)]) -> Vec<(&'static str, Parts)> {
        let rule = rule!("profile.key.delete.standard");
        let history = self.profiles.get(&no).map(|it| &it.rest.history);
        if !history.is_some_and(|history| history.contains(&rule)) {
            return Vec::new();
        }
        let was_asked = |(name, parts, _): &(&'static str, Parts, Standing)| {
            let mut entries = self.keys.at(name, parts).iter();
            entries.any(|entry| {
                is_followed(entry, no, parts) && entry.standing == Standing::Open(rule)
            })
        };
        let followed = field_keys(fields).into_iter().filter(was_asked);
        followed.map(|(name, parts, _)| (name, parts)).collect()
    }

    /// Forgets the fields of a profile if they are what one of its objects says and nothing else.
    pub(super) fn condense(&mut self, no: No, object: No) {
        if self.profiles.len() <= FEW {
            return;
        }
        let made = self.objects.get(&object).is_some_and(|it| {
            it.profile == no && recall::fields(object, it) == *self.fields_of(no)
        });
        if let Some(profile) = self.profiles.get_mut(&no).filter(|_| made) {
            profile.fields = Kept::Made(object);
        }
    }

    /// Keeps the fields of the profile that an object has made, as the object is about to change or to go.
    fn settle(&mut self, object: No) {
        let Some(profile) = self.objects.get(&object).map(|object| object.profile) else {
            return;
        };
        let made = |it: &Profile| it.fields == Kept::Made(object);
        if self.profiles.get(&profile).is_some_and(made) {
            let fields = self.fields_of(profile).into_owned();
            if let Some(profile) = self.profiles.get_mut(&profile) {
                profile.fields = Kept::Open(fields);
                profile.fields.close();
            }
        }
    }

    /// How an object is read that arrives now.
    pub(super) fn reader(
        &mut self,
        type_name: &Arc<str>,
        plan: &Arc<Plan>,
        choices: Option<&Choices>,
        outcomes: Option<&Outcomes>,
    ) -> Arc<Reader> {
        let known = self.readers.get(type_name);
        if let Some(known) = known.filter(|known| known.reads(plan, choices)) {
            return Arc::clone(known);
        }
        let reader = Arc::new(Reader {
            type_name: Arc::clone(type_name),
            plan: Arc::clone(plan),
            choices: choices.cloned(),
            outcomes: outcomes.cloned().unwrap_or_default(),
        });
        if choices.is_some() {
            self.readers
                .insert(Arc::clone(type_name), Arc::clone(&reader));
        }
        reader
    }

    /// Removes a profile with all that belongs to it; `never` says which rule keeps its keys from being found again.
    pub(super) fn remove_profile(&mut self, no: No, never: Option<RuleId>) {
        let fields = self.fields_of(no).into_owned();
        let Some(profile) = self.profiles.remove(&no) else {
            return;
        };
        match &profile.id {
            Some(Id::Seen(id)) => {
                self.by_id.remove(id);
            }
            Some(Id::Own(id)) => self.own.remove(*id, no),
            None => {}
        }
        let objects: Vec<No> = self.objects_on(no).map(|(object, _)| object).collect();
        for object in objects {
            self.remove_object(object, never.map_or(Fate::Goes, Fate::Open));
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
        if never.is_some() && !self.is_exact() {
            self.keys.revise(|_, entry| drop(entry));
        } else {
            self.unindex_profile(no, &fields, &profile.rest.added);
        }
    }

    /// Removes what leads to a profile that is gone, without looking at the entries of others.
    fn unindex_profile(&mut self, no: No, fields: &[(Path, Held)], added: &[(Arc<str>, Parts)]) {
        let followed = field_keys(fields);
        let followed = followed.iter().map(|(name, parts, _)| (*name, parts));
        let added = added.iter().map(|(name, parts)| (&**name, parts));
        for (name, parts) in followed.chain(added) {
            self.keys.forget(name, parts, no);
        }
    }

    /// Adds an object.
    pub(super) fn add_object(&mut self, no: No, object: Object) {
        self.bytes += object.text.len();
        self.placed.insert(self.seat(no, &object));
        let digest = object.digest;
        self.objects.insert(no, object);
        if self.is_exact() {
            self.by_digest
                .add(digest, no, |no| digest_of(&self.objects, no));
        }
    }

    /// Replaces the text of an object.
    pub(super) fn rewrite(&mut self, no: No, text: Arc<str>) {
        self.settle(no);
        if let Some(object) = self.objects.get_mut(&no) {
            self.bytes = self.bytes - object.text.len() + text.len();
            object.text = text;
        }
    }

    /// The size of all objects, in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }

    /// The object of that digest.
    pub(super) fn object_of(&self, digest: Digest) -> Option<No> {
        self.by_digest
            .find(digest, |no| digest_of(&self.objects, no))
    }

    /// Moves an object to another profile.
    pub(super) fn place(&mut self, no: No, profile: No) {
        let stays = |object: &Object| object.profile == profile;
        if self.objects.get(&no).is_some_and(stays) {
            return;
        }
        self.settle(no);
        let Some(before) = self.objects.get(&no).map(|object| self.seat(no, object)) else {
            return;
        };
        self.placed.remove(&before);
        self.placed.insert((profile, before.1, no));
        self.leave(no);
        if let Some(object) = self.objects.get_mut(&no) {
            object.profile = profile;
        }
    }

    /// Remembers that an object is about to leave its profile.
    fn leave(&mut self, no: No) {
        let Some(object) = self.objects.get(&no).filter(|_| !self.is_exact()) else {
            return;
        };
        let left = (Arc::clone(object.type_name()), object.profile);
        if !self.former.contains(&left) {
            self.former.push(left);
        }
    }

    /// The profiles that had an object of a type once.
    pub(super) fn former_owners(&self, type_name: &str) -> Vec<No> {
        let of_type = self
            .former
            .iter()
            .filter(|(known, _)| known.as_ref() == type_name);
        let owners = of_type.map(|(_, profile)| *profile);
        owners.filter(|no| self.profiles.contains_key(no)).collect()
    }

    /// Removes an object, and with it perhaps its entries.
    pub(super) fn remove_object(&mut self, no: No, fate: Fate) -> Option<Object> {
        self.settle(no);
        self.leave(no);
        let object = self.objects.remove(&no)?;
        self.bytes -= object.text.len();
        self.by_digest.remove(object.digest, no);
        self.placed.remove(&self.seat(no, &object));
        self.release(no, object.profile, &object.wrote(), fate);
        Some(object)
    }

    /// Lets go of entries an object wrote.
    pub(super) fn release(&mut self, no: No, profile: No, wrote: &[(Arc<str>, Parts)], fate: Fate) {
        if fate == Fate::Stays {
            return;
        }
        for (name, parts) in wrote {
            if let Index::Exact(register) = &mut self.keys {
                register.remove(name, parts, profile, true);
                continue;
            }
            self.keys.revise_at(name, parts, |entry| {
                if entry.origin != Origin::Object(no)
                    || entry.parts != *parts
                    || matches!(entry.standing, Standing::Never(_))
                {
                    return true;
                }
                fate.befalls(entry)
            });
        }
    }

    /// The objects of a profile.
    pub(super) fn objects_on(&self, profile: No) -> impl Iterator<Item = (No, &Object)> {
        self.placed
            .range((profile, 0, 0)..=(profile, u32::MAX, No::MAX))
            .filter_map(|(_, _, no)| Some((*no, self.objects.get(no)?)))
    }

    /// Where an object is among the others.
    fn seat(&self, no: No, object: &Object) -> (No, u32, No) {
        let rank = match self.is_exact() {
            true => object.digest.rank(),
            // What an observer asks about objects depends on the order in which they came.
            false => 0,
        };
        (object.profile, rank, no)
    }

    /// Up to `most` objects of one type on a profile, in the order of their keys, of those that come after a key. For the
    /// reference only.
    pub(super) fn page_of(
        &self,
        profile: No,
        type_name: &str,
        after: Option<Digest>,
        most: usize,
    ) -> Vec<(No, &Object)> {
        let first = after.map_or(0, Digest::rank);
        let seats = self
            .placed
            .range((profile, first, 0)..=(profile, u32::MAX, No::MAX));
        let objects = seats
            .filter_map(|(_, _, no)| Some((*no, self.objects.get(no)?)))
            .filter(|(_, object)| after.is_none_or(|after| object.digest > after))
            .filter(|(_, object)| object.type_name().as_ref() == type_name);
        let mut page: Vec<(No, &Object)> = Vec::new();
        for (no, object) in objects {
            // Those of one rank are not in order yet.
            let last = page.last().map(|(_, last)| last.digest.rank());
            if page.len() >= most && last != Some(object.digest.rank()) {
                break;
            }
            page.push((no, object));
        }
        page.sort_by_key(|(_, object)| object.digest);
        page.truncate(most);
        page
    }

    /// The objects of one type on a profile.
    pub(super) fn objects_of<'s>(
        &'s self,
        profile: No,
        type_name: &'s str,
    ) -> impl Iterator<Item = (No, &'s Object)> {
        self.objects_on(profile)
            .filter(move |(_, object)| object.type_name().as_ref() == type_name)
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
            index.forget(name, parts, no);
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

    fn index_keys(&mut self, no: No, keys: Vec<(&'static str, Parts, Standing)>) {
        for (name, parts, standing) in keys {
            let entry = Entry {
                subject: no,
                origin: Origin::Field,
                standing,
                parts,
            };
            self.keys.add(name, entry);
        }
    }

    fn unindex_fields(&mut self, no: No, fields: &[(Path, Held)], fate: Fate) {
        if fate == Fate::Stays {
            return;
        }
        for (name, parts, standing) in field_keys(fields) {
            if let Index::Exact(register) = &mut self.keys {
                if let Some(sure) = standing.found() {
                    register.remove(name, &parts, no, sure);
                }
                continue;
            }
            self.keys.revise_at(name, &parts, |entry| {
                !is_followed(entry, no, &parts) || fate.befalls(entry)
            });
        }
    }
}

/// Whether an entry follows from a field of that profile with that value.
fn is_followed(entry: &Entry, no: No, parts: &Parts) -> bool {
    entry.subject == no && entry.origin == Origin::Field && entry.parts == *parts
}

/// What becomes of the entries of something that changed or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They go.
    Goes,
    /// They stay as they are.
    Stays,
    /// Either: a rule leaves it open.
    Open(RuleId),
}

impl Fate {
    /// Changes an entry, and says whether it stays.
    fn befalls(self, entry: &mut Entry) -> bool {
        if let Self::Open(rule) = self {
            entry.standing = Standing::Open(rule);
        }
        self != Self::Goes
    }
}

fn own_id(profiles: &Slots<Profile>, no: No) -> Option<Digest> {
    match profiles.get(&no)?.id {
        Some(Id::Own(id)) => Some(id),
        _ => None,
    }
}

fn digest_of(objects: &Slots<Object>, no: No) -> Option<Digest> {
    Some(objects.get(&no)?.digest)
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

/// The members of a profile that make up its full name.
const NAMES: [&str; 3] = ["FirstName", "MiddleName", "LastName"];

/// The entries of predefined keys that follow from the fields of a profile (contract 3.16).
pub(super) fn field_keys(fields: &[(Path, Held)]) -> Vec<(&'static str, Parts, Standing)> {
    if fields.is_empty() {
        return Vec::new();
    }
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
            Filled::Perhaps => Standing::Open(rule!("std.inferred.indexed")),
            _ if several => Standing::Open(rule!("std.keys.follow-update")),
            _ => promised,
        };
        let texts = held.options.iter().flatten();
        for value in texts.filter(|text| !text.is_empty()) {
            let part = Part {
                text: Arc::clone(value),
                content,
            };
            keys.push((key, Arc::from([part]), standing));
        }
    }
    let names = NAMES.map(held);
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
    keys.extend(full.map(|text| ("_fullName", one(text, ContentType::Name), standing)));
    keys
}

/// A value of one part.
pub(super) fn one(text: &str, content: ContentType) -> Parts {
    Arc::from([Part {
        text: text.into(),
        content,
    }])
}

/// So many profiles are no burden: their fields are kept, and no object is read again for them.
const FEW: usize = 16;

/// The rule lists that fields of profiles set by requests are held to.
pub(super) const CREATED: Rules = rules!["profile.create.fields", "search.profile-content"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_holds_many_of_is_small() {
        // Beside the text of an object: what is kept of it, of a profile, of a standard asset.
        assert!(size_of::<Object>() <= 64, "{}", size_of::<Object>());
        assert!(size_of::<Profile>() <= 64, "{}", size_of::<Profile>());
        assert!(size_of::<Standard>() <= 112, "{}", size_of::<Standard>());
    }

    #[test]
    fn an_id_of_the_reference_is_read_as_it_is_written() {
        let text = "00f3c0de00000000fedcba9876543210";
        let id = Digest::read(text).expect("32 hexadecimal digits");
        assert_eq!(id.to_string(), text);
        let other = "00f3c0dfffffffff0000000000000000";
        let ids = [Some(id), Digest::read(other)];
        assert!(ids.is_sorted(), "digests are sorted as their texts are");
        for foreign in [
            "",
            "00F3C0DE00000000FEDCBA9876543210",
            &text[1..],
            "+0f3c0de00000000fedcba9876543210",
        ] {
            assert_eq!(Digest::read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn what_a_field_holds_is_told_by_its_values_and_where_they_come_from() {
        let held = Held::value("a", Source::Request, &[]);
        let mut two = held.clone();
        two.admit(None);
        two.admit(None);
        assert_eq!(two.options.len(), 2);
        let others = [
            two,
            Held::value("b", Source::Request, &[]),
            Held::value("a", Source::Object(1), &[]),
            Held::nothing(Source::Request, &[]),
            Held {
                filled: Filled::Indexed,
                ..held.clone()
            },
            Held {
                free: true,
                ..held.clone()
            },
        ];
        assert_eq!(held, held.clone());
        for other in &others {
            assert_ne!(&held, other);
        }
        let decided: Vec<bool> = others.iter().map(|held| held.decided().is_some()).collect();
        assert_eq!(decided, [false, true, true, false, true, false]);
        let unset: Vec<bool> = others.iter().map(Held::is_unset).collect();
        assert_eq!(unset, [false, false, false, true, false, false]);
    }
}
