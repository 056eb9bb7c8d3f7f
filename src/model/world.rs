//! A world: one state the target may be in.
//!
//! Worlds are cheap to copy: what they share is behind [`Arc`]. Most of the time there is one; a second appears where an
//! answer leaves open what the target did, and disappears as soon as a later answer tells.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use smallvec::{SmallVec, smallvec};

use crate::contract::{Choices, RuleId, template};
use crate::rule;
use crate::wire::Json;

use super::assign::note;
use super::domain::pairs;
use super::gate::{Branch, Outcome};
use super::manner::{Manner, Outcomes, Refusing};
use super::page::Cursor;
use super::pattern::{
    Known, Moment, Object, Pattern, Presence, RuleList, Rules, Slot, required, rules, seconds,
};
use super::plan::Plan;
use super::store::Store;

/// One state the target may be in.
///
/// It is `Eq` down to what is shared, so that what two states have in common is compared by its address alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    /// What the target may still have decided.
    pub(super) choices: Choices,
    /// The domains that exist, by name.
    pub(super) domains: BTreeMap<String, Arc<Domain>>,
    /// Domains that were deleted, as they were.
    pub(super) gone: BTreeMap<String, Arc<Domain>>,
    /// What has been seen of templates, by id.
    pub(super) templates: Arc<BTreeMap<String, Template>>,
    /// Whether templates not in the map do not exist.
    pub(super) templates_closed: bool,
    /// The ids of templates that a whole listing showed.
    pub(super) templates_listed: Option<Arc<Vec<String>>>,
    /// Tokens the target handed out.
    cursors: HashMap<String, SmallVec<[Arc<Cursor>; 1]>>,
    /// Rules about odd requests (methods, labels, headers) that were answered so far and must not have had an effect.
    pub(super) suspects: SmallVec<[RuleId; 4]>,
    /// The SHOULDs that the target does not keep if this is its state, as long as nobody was told.
    pub(super) owes: RuleList,
    /// How many requests may have changed something.
    pub(super) writes: u64,
    /// Whether this is the state of the built-in server, which keeps no memory of what is gone.
    pub(super) reference: bool,
    /// What a reference does where rules list several outcomes.
    pub(super) outcomes: Outcomes,
    /// How a reference refuses.
    pub(super) refusing: Refusing,
    /// Whether the target is known to accept the signatures of this run.
    pub(super) trusted: bool,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) name: String,
    /// Profiles, objects and keys: before all else, for in these two states differ most often.
    pub(super) store: Arc<Store>,
    pub(super) expiration: Scalar,
    pub(super) encryption_key: Scalar,
    pub(super) queue: Scalar,
    pub(super) matching: Scalar,
    pub(super) tags: Tags,
    pub(super) times: Stamps,
    pub(super) types: BTreeMap<String, Arc<ObjectType>>,
    /// Whether it was updated.
    pub(super) updated: bool,
    /// Whether it was created with nothing but what has to be given.
    pub(super) plain: bool,
    /// Whether it was created once more while it existed.
    pub(super) again: bool,
    /// Types that are not there, and the rules broken if they are.
    pub(super) absent: BTreeMap<String, Rules>,
    /// What was seen of the descriptions of standard types, by their names.
    pub(super) standards: BTreeMap<&'static str, Standard>,
    /// Whether a request with unspecified meaning was served: nothing about the data is certain any more.
    pub(super) obscured: bool,
    /// Whether such a request may have changed settings, types and tags: nothing about those is certain either.
    pub(super) undefined: bool,
    /// Whether a type was put again with other keys.
    pub(super) retyped: bool,
    /// Whether objects are read by the mapping their type has now, not by the one it had when they came.
    pub(super) rereads: bool,
    /// What the ids are made from that the reference gives; `None` where ids are learnt from answers.
    pub(super) seed: Option<u64>,
}

/// The descriptions of a type that nobody can put.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standard {
    /// Those it was shown with.
    pub(super) shown: Vec<Arc<str>>,
    /// Those that puts gave it which were served, and which it was not shown with before.
    pub(super) put: Vec<Arc<str>>,
}

/// An object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectType {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) template: Scalar,
    pub(super) expiration: Scalar,
    pub(super) encryption_key: Scalar,
    pub(super) allow_creation: Scalar,
    pub(super) mapping: Mapping,
    pub(super) tags: Tags,
    pub(super) times: Stamps,
    /// Whether it was put more than once.
    pub(super) replaced: bool,
    /// Whether the last put repeated the one before.
    pub(super) again: bool,
    /// Whether a type of that name had been deleted before.
    pub(super) anew: bool,
    /// Whether a put was refused since the last one that was served.
    pub(super) after_refusal: bool,
}

impl ObjectType {
    /// Whether it may be the type of a template.
    pub(super) fn may_have_template(&self) -> bool {
        self.template.values().any(|id| id.is_some())
    }
}

/// Fields and keys of a type.
#[derive(Debug, Clone)]
pub(super) enum Mapping {
    /// As put.
    Own(Arc<OwnMapping>),
    /// Those of a template, by id.
    Template(String),
    /// Unknown.
    Unknown,
}

/// A mapping as put, ready to be compared.
#[derive(Debug)]
pub(super) struct OwnMapping {
    pub(super) fields: Arc<Pattern>,
    pub(super) keys: Arc<Pattern>,
    pub(super) field_count: usize,
    pub(super) key_count: usize,
    /// Whether there are names of keys without a definition besides.
    pub(super) bare_keys: bool,
    /// For each key definition, its name and the content types of its fields.
    pub(super) contents: Vec<(String, Vec<String>)>,
    /// Fields and keys, ready to be applied to objects.
    pub(super) plan: Arc<Plan>,
}

impl OwnMapping {
    /// Whether two mappings are shown alike.
    fn same(&self, other: &Self) -> bool {
        (self.field_count, self.key_count) == (other.field_count, other.key_count)
            && self.fields.is_like(&other.fields)
            && self.keys.is_like(&other.keys)
    }
}

impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Own(a), Self::Own(b)) => Arc::ptr_eq(a, b) || a.same(b),
            (Self::Template(a), Self::Template(b)) => a == b,
            (Self::Unknown, Self::Unknown) => true,
            _ => false,
        }
    }
}

impl Eq for Mapping {}

/// A member with the values it may have; `None` stands for its absence. The first is what the reference has.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    options: SmallVec<[Option<Json>; 2]>,
    rules: Rules,
    /// Whether it may be a default that changes with the domain.
    inherits: bool,
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.inherits == other.inherits
            && self.options.len() == other.options.len()
            && self
                .options
                .iter()
                .zip(&other.options)
                .all(|pair| match pair {
                    (Some(a), Some(b)) => a.same(b),
                    (None, None) => true,
                    _ => false,
                })
    }
}

impl Eq for Scalar {}

impl Scalar {
    /// A member that has this value.
    pub(super) fn is(value: Json, rules: Rules) -> Self {
        Self {
            options: smallvec![Some(value)],
            rules,
            inherits: false,
        }
    }

    /// A member that is absent.
    pub(super) fn nothing(rules: Rules) -> Self {
        Self {
            options: smallvec![None],
            rules,
            inherits: false,
        }
    }

    /// A member that has one of these values.
    pub(super) fn one_of(options: impl IntoIterator<Item = Option<Json>>, rules: Rules) -> Self {
        let mut scalar = Self {
            options: SmallVec::new(),
            rules,
            inherits: false,
        };
        for option in options {
            scalar.admit(option);
        }
        scalar
    }

    /// The same, where it may be a default that changes with the domain.
    pub(super) fn inherited(mut self) -> Self {
        self.inherits = true;
        self
    }

    fn admit(&mut self, option: Option<Json>) {
        if !self.admits(option.as_ref()) {
            self.options.push(option);
        }
    }

    /// Whether this is one of the values it may have.
    pub(super) fn admits(&self, value: Option<&Json>) -> bool {
        self.values().any(|known| match (known, value) {
            (Some(known), Some(value)) => known.same(value),
            (None, None) => true,
            _ => false,
        })
    }

    /// The same values, or those of `other`.
    pub(super) fn or(mut self, other: &Self, rules: Rules) -> Self {
        for option in &other.options {
            self.admit(option.clone());
        }
        self.rules = rules;
        self.inherits |= other.inherits;
        self
    }

    /// The same values for another reason.
    pub(super) fn because(&self, rules: Rules) -> Self {
        Self {
            options: self.options.clone(),
            rules,
            inherits: self.inherits,
        }
    }

    /// The same where it is there, or where it is not.
    pub(super) fn where_present(&self, present: bool, rules: Rules) -> Self {
        let mut scalar = self.because(rules);
        scalar.options.retain(|option| option.is_some() == present);
        scalar
    }

    /// The values it may have; `None` stands for its absence.
    pub(super) fn values(&self) -> impl Iterator<Item = Option<&Json>> {
        self.options.iter().map(Option::as_ref)
    }

    /// The rules broken by any other value.
    pub(super) fn rules(&self) -> Rules {
        self.rules
    }

    /// Whether it may have come from this default.
    pub(super) fn is_default_of(&self, default: &Self) -> bool {
        self.admits(None) || self.inherits && default.values().any(|value| self.admits(value))
    }

    /// The member in an answer.
    pub(super) fn slot(&self, name: &'static str) -> Slot {
        let mut values = self
            .options
            .iter()
            .flatten()
            .map(|value| shown_as(value, self.rules));
        let value = match (values.next(), values.next()) {
            (Some(only), None) => only,
            (one, other) => Pattern::OneOf(one.into_iter().chain(other).chain(values).collect()),
        };
        let presence = match (self.options.first(), self.options.contains_nothing()) {
            (Some(None), _) if self.options.iter().all(Option::is_none) => Presence::Absent,
            (Some(None), _) => Presence::Omitted,
            (_, true) => Presence::Optional,
            (_, false) => Presence::Required,
        };
        Slot {
            name,
            presence,
            value,
            rules: self.rules,
        }
    }

    /// Keeps the values an answer agrees with.
    pub(super) fn adopt(&mut self, seen: Option<&Json>) {
        let seen = seen.filter(|seen| !super::pattern::is_empty(seen));
        let fits = |option: &Option<Json>| match (option, seen) {
            (Some(Json::Object(members)), Some(seen)) => members
                .iter()
                .all(|(name, value)| seen.get(name).is_some_and(|seen| value.same(seen))),
            (Some(option), Some(seen)) => option.same(seen),
            (None, None) => true,
            _ => false,
        };
        if self.options.iter().any(fits) {
            self.options.retain(|option| fits(option));
        }
    }
}

/// How a value shows: `Matching` may have members that nobody knows (proto.output-unknown).
fn shown_as(value: &Json, rules: Rules) -> Pattern {
    match value.get("Enabled") {
        Some(enabled) => Pattern::Object(Object::of(vec![required(
            "Enabled",
            Pattern::Exactly(enabled.clone()),
            rules,
        )])),
        None => Pattern::Exactly(value.clone()),
    }
}

trait ContainsNothing {
    fn contains_nothing(&self) -> bool;
}

impl ContainsNothing for SmallVec<[Option<Json>; 2]> {
    fn contains_nothing(&self) -> bool {
        self.iter().any(Option::is_none)
    }
}

/// The tags of a resource.
#[derive(Debug, Clone)]
pub(super) struct Tags {
    /// The tags, sorted by key; `None` if nobody can say.
    pub(super) known: Option<Vec<(String, String)>>,
    /// What other operations than ListTagsForResource show: the same, but for who keeps them apart.
    pub(super) shown: Option<Vec<(String, String)>>,
    /// What they show where they do not look at what tag operations wrote since.
    pub(super) before: Option<Vec<(String, String)>>,
    /// Rules broken if ListTagsForResource shows others.
    pub(super) rules: Rules,
    /// Rules broken if other operations show others.
    pub(super) elsewhere: Rules,
}

impl PartialEq for Tags {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known && self.shown == other.shown && self.before == other.before
    }
}

impl Eq for Tags {}

impl Tags {
    /// These tags.
    pub(super) fn of(tags: Vec<(String, String)>, rules: Rules, elsewhere: Rules) -> Self {
        let tags = by_key(tags);
        Self {
            shown: Some(tags.clone()),
            known: Some(tags),
            before: None,
            rules,
            elsewhere,
        }
    }

    /// Tags nobody can tell.
    pub(super) fn unknown() -> Self {
        Self {
            known: None,
            shown: None,
            before: None,
            rules: rules!["tag.list.empty"],
            elsewhere: rules!["tag.consistency"],
        }
    }

    /// The tags after a change, wherever they are kept.
    pub(super) fn changed(
        &self,
        change: impl Fn(Vec<(String, String)>) -> Vec<(String, String)>,
        rules: Rules,
        elsewhere: Rules,
    ) -> Self {
        let change = |tags: &Option<Vec<_>>| tags.clone().map(|tags| by_key(change(tags)));
        Self {
            known: change(&self.known),
            shown: change(&self.shown),
            before: change(&self.before),
            rules,
            elsewhere,
        }
    }

    /// Whether there are more of them than so many.
    pub(super) fn is_over(&self, most: usize) -> bool {
        let kept = [&self.known, &self.shown, &self.before];
        kept.into_iter().flatten().any(|tags| tags.len() > most)
    }

    /// What a Get may show of them, and the rule for which that deserves a warning.
    pub(super) fn looks(&self) -> Vec<(Self, Option<RuleId>)> {
        let consistency = rule!("tag.consistency");
        let with = |shown| Self {
            shown: Some(shown),
            before: None,
            ..self.clone()
        };
        let mut looks = vec![(self.clone(), None)];
        if let (Some(known), Some(shown)) = (&self.known, &self.shown)
            && known != shown
        {
            looks.push((with(known.clone()), None));
        }
        if let Some(before) = &self.before
            && self.elsewhere.first() != Some(&consistency)
            && looks
                .iter()
                .all(|(look, _)| look.shown.as_ref() != Some(before))
        {
            looks.push((with(before.clone()), Some(consistency)));
        }
        looks
    }

    /// The tags as a map, for ListTagsForResource or for other operations.
    pub(super) fn pattern(&self, listed: bool) -> Pattern {
        let rules = if listed { self.rules } else { self.elsewhere };
        match self.seen_by(listed) {
            None => Pattern::Any,
            Some(tags) => Pattern::Map(Box::new(super::pattern::Map {
                entries: tags
                    .iter()
                    .map(|(key, value)| (key.clone(), Pattern::Exactly(Json::from(value.as_str()))))
                    .collect(),
                tolerated: Vec::new(),
                rules,
                extra: rules,
            })),
        }
    }

    /// The member in an answer.
    pub(super) fn slot(&self, name: &'static str, listed: bool) -> Slot {
        let presence = match self.seen_by(listed) {
            None => Presence::Omitted,
            Some(tags) if tags.is_empty() => Presence::Absent,
            Some(_) => Presence::Required,
        };
        Slot {
            name,
            presence,
            value: self.pattern(listed),
            rules: if listed { self.rules } else { self.elsewhere },
        }
    }

    /// What ListTagsForResource shows, or others; `None` if nobody can say.
    fn seen_by(&self, listed: bool) -> Option<&Vec<(String, String)>> {
        let tags = if listed { &self.known } else { &self.shown };
        tags.as_ref()
    }

    /// Takes over what ListTagsForResource shows, if nothing was known.
    pub(super) fn adopt_listed(&mut self, seen: Option<&Json>) {
        if self.known.is_none() {
            self.known = self.read(seen).known;
        }
    }

    /// Takes over what another operation shows.
    pub(super) fn adopt_shown(&mut self, seen: Option<&Json>) {
        // Where it is not what was expected, that has been said; what comes next is held against what was shown last.
        self.shown = self.read(seen).shown;
        self.before = None;
    }

    /// Tags as an answer shows them.
    fn read(&self, seen: Option<&Json>) -> Self {
        Self::of(
            seen.map(pairs).unwrap_or_default(),
            self.rules,
            self.elsewhere,
        )
    }
}

/// Tags in the order of their keys. Of equal keys the last one wins, as in any JSON object.
fn by_key(mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
    tags.reverse();
    tags.sort_by(|a, b| a.0.cmp(&b.0));
    tags.dedup_by(|a, b| a.0 == b.0);
    tags
}

/// What has been seen of the timestamps of a resource.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stamps {
    created: Option<f64>,
    updated: Option<f64>,
    /// The number of writes when they were last seen, and whether by reading them.
    seen: Option<(u64, bool)>,
}

impl PartialEq for Stamps {
    /// Two worlds do not differ by what was seen in both.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Stamps {}

impl Stamps {
    /// What `CreatedAt` is compared with.
    pub(super) fn created(&self, rules: Rules) -> Moment {
        Moment {
            known: self.created.map_or(Known::Nothing, Known::Exactly),
            rules,
        }
    }

    /// Whether they were last seen by reading, and nothing was written since.
    pub(super) fn read_at(&self, writes: u64) -> bool {
        self.seen == Some((writes, true))
    }

    /// What `LastUpdatedAt` is compared with: the same value while nothing was written since it was seen.
    pub(super) fn updated(&self, writes: u64, unchanged: Rules, later: Rules) -> Moment {
        match (self.updated, self.seen) {
            (None, _) => Moment {
                known: Known::Nothing,
                rules: later,
            },
            (Some(seconds), Some((at, true))) if at == writes => Moment {
                known: Known::Exactly(seconds),
                rules: unchanged,
            },
            (Some(seconds), Some((at, false))) if at == writes => Moment {
                known: Known::Exactly(seconds),
                rules: later,
            },
            (Some(seconds), _) => Moment {
                known: Known::AtLeast(seconds),
                rules: later,
            },
        }
    }

    /// Takes over what an answer shows.
    pub(super) fn adopt(&mut self, body: &Json, writes: u64, read: bool) {
        if let Some(created) = seconds(body, "CreatedAt") {
            // Where it moved, that has been said; what comes next is held against what was shown last.
            self.created = Some(created);
        }
        if let Some(updated) = seconds(body, "LastUpdatedAt") {
            self.updated = Some(updated);
            self.seen = Some((writes, read));
        }
    }
}

/// What has been seen of a template.
#[derive(Debug, Clone)]
pub(super) enum Template {
    /// It was listed like this.
    Listed(Arc<Json>),
    /// It was shown.
    Shown(Arc<Json>),
    /// The target said it does not have it.
    Missing,
}

impl Template {
    /// Whether the target showed or listed it.
    pub(super) fn exists(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shown(a), Self::Shown(b)) => a.same(b),
            (Self::Listed(_), Self::Listed(_)) | (Self::Missing, Self::Missing) => true,
            _ => false,
        }
    }
}

impl Eq for Template {}

/// What an answer does to a world; it sees the body where there is one.
#[derive(Default)]
pub(super) struct Effect(Option<Change>);

type Change = Box<dyn FnOnce(&mut World, Option<&Json>)>;

impl Effect {
    /// No effect.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// An effect.
    pub(super) fn new(effect: impl FnOnce(&mut World, Option<&Json>) + 'static) -> Self {
        Self(Some(Box::new(effect)))
    }

    /// If this is what the target did, it did not keep these SHOULDs.
    pub(super) fn owing(owes: RuleList) -> Self {
        if owes.is_empty() {
            return Self::none();
        }
        Self::new(move |world, _| owes.iter().for_each(|rule| note(&mut world.owes, *rule)))
    }

    /// One after the other.
    pub(super) fn both(first: Self, second: Self) -> Self {
        match (first.0, second.0) {
            (Some(first), Some(second)) => Self::new(move |world, body| {
                first(world, body);
                second(world, body);
            }),
            (one, other) => Self(one.or(other)),
        }
    }

    /// Changes the world.
    pub(super) fn apply(self, world: &mut World, body: Option<&Json>) {
        if let Some(effect) = self.0 {
            effect(world, body);
        }
    }
}

impl World {
    /// The state of a target nobody has talked to.
    pub(super) fn fresh(choices: Choices) -> Self {
        Self {
            choices,
            domains: BTreeMap::new(),
            gone: BTreeMap::new(),
            templates: Arc::default(),
            templates_closed: false,
            templates_listed: None,
            cursors: HashMap::new(),
            suspects: SmallVec::new(),
            owes: RuleList::new(),
            writes: 0,
            reference: false,
            outcomes: Outcomes::default(),
            refusing: Refusing::default(),
            trusted: false,
        }
    }

    /// The state of the built-in server at its start.
    pub(super) fn reference(manner: &Manner) -> Self {
        /// The published templates, the same for every server.
        static PUBLISHED: LazyLock<Arc<BTreeMap<String, Template>>> = LazyLock::new(|| {
            let shown = template::TEMPLATES.iter().map(|template| {
                let shown = Template::Shown(Arc::new(template.to_json()));
                (template.id.to_owned(), shown)
            });
            Arc::new(shown.collect())
        });
        Self {
            templates: Arc::clone(&PUBLISHED),
            templates_closed: true,
            reference: true,
            outcomes: manner.outcomes.clone(),
            refusing: manner.refusing,
            ..Self::fresh(manner.choices.clone())
        }
    }

    /// How a reference decides what no choice is about; `None` for an observer.
    pub(super) fn decides(&self) -> Option<&Outcomes> {
        self.reference.then_some(&self.outcomes)
    }

    /// Remembers what an odd request must not have done.
    pub(super) fn suspect(&mut self, branch: &Branch) {
        let odd = branch.allowed.outcome != Outcome::Served;
        for rule in branch
            .allowed
            .rules
            .iter()
            .filter(|rule| odd && rule.id().starts_with("proto."))
        {
            if !self.suspects.contains(rule) {
                self.suspects.push(*rule);
            }
        }
    }

    /// The domain of exactly this name.
    pub(super) fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.get(name).map(Arc::as_ref)
    }

    /// The domain of exactly this name, to be changed.
    pub(super) fn domain_mut(&mut self, name: &str) -> Option<&mut Domain> {
        self.domains.get_mut(name).map(Arc::make_mut)
    }

    /// The object type, to be changed.
    pub(super) fn type_mut(&mut self, domain: &str, name: &str) -> Option<&mut ObjectType> {
        self.domain_mut(domain)?
            .types
            .get_mut(name)
            .map(Arc::make_mut)
    }

    /// Where a token leads in a listing of pages of some size: as remembered, or as the reference reads its own.
    pub(super) fn cursor(
        &self,
        token: &str,
        listing: (&str, Option<usize>),
        own: impl FnOnce() -> Option<Cursor>,
    ) -> Option<Cursor> {
        if self.reference {
            return own();
        }
        let handed = self.cursors.get(token)?.iter();
        let nearest = handed.max_by_key(|cursor| cursor.nearness(listing))?;
        Some(nearest.as_ref().clone())
    }

    /// Remembers a token.
    pub(super) fn hand_out(&mut self, token: String, cursor: Cursor) {
        let handed = self.cursors.entry(token).or_default();
        handed.retain(|known| !known.is_like(&cursor));
        handed.push(Arc::new(cursor));
    }

    /// Notes that a token was used.
    pub(super) fn use_cursor(&mut self, token: &str, listing: (&str, Option<usize>)) {
        let handed = self.cursors.get_mut(token).into_iter().flatten();
        if let Some(cursor) = handed.max_by_key(|cursor| cursor.nearness(listing)) {
            *cursor = Arc::new(cursor.spent());
        }
    }

    /// What is known of a template; `None` if nothing is.
    pub(super) fn template(&self, id: &str) -> Option<&Template> {
        match self.templates.get(id) {
            None if self.templates_closed => Some(&Template::Missing),
            found => found,
        }
    }

    /// Whether a template of that id is published, or the target showed that it has one.
    pub(super) fn offers(&self, id: &str) -> bool {
        let shown = self.template(id).is_some_and(Template::exists);
        shown || template::find(id).is_some()
    }

    /// Whether the target may have a template of that id, of a later revision as well.
    pub(super) fn may_offer(&self, id: &str) -> bool {
        self.offers(id) || !self.reference && template::is_later(id)
    }

    /// What the target showed of a template, or what the published ones are.
    pub(super) fn template_shown(&self, id: &str) -> Option<Arc<Json>> {
        match self.templates.get(id) {
            Some(Template::Shown(shown)) => Some(Arc::clone(shown)),
            _ => None,
        }
    }

    /// Remembers what was seen of a template.
    pub(super) fn saw_template(&mut self, id: &str, seen: Template) {
        if !self.reference {
            Arc::make_mut(&mut self.templates).insert(id.to_owned(), seen);
        }
    }
}
