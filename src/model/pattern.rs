//! Patterns: what a body may look like, with holes where the contract leaves a value free.
//!
//! A pattern does three things with one description: it tells where an actual body differs and which rules that breaks,
//! it renders the first body it allows (which is how the built-in server answers), and it prints itself for people.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::contract::{Level, RuleId};
use crate::rule;
use crate::wire::Json;

use super::page::Page;
use super::portrait::Portrait;

/// Rules, the most specific first. A difference names them as candidates.
pub type Rules = &'static [RuleId];

/// A static list of rules, checked by the compiler.
macro_rules! rules {
    ($($id:literal),* $(,)?) => {
        const { &[$($crate::contract::RuleId::named($id)),*] as $crate::model::pattern::Rules }
    };
}
pub(super) use rules;

/// What a value may be.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Anything of the modelled type.
    Any,
    /// Text that nobody compares, with what the reference says.
    Text(&'static str),
    /// This value: member order is free, numbers are compared by value.
    Exactly(Json),
    /// This name in any spelling of its letters.
    Spelled(String),
    /// One of these, the preferred one first.
    OneOf(Vec<Self>),
    /// An array with these items in this order.
    List(Vec<Self>),
    /// An array of these strings in any order, each at least once.
    Set(Vec<String>),
    /// An object whose member names are data.
    Map(Box<Map>),
    /// An object whose members are modelled; members not listed are free.
    Object(Object),
    /// A page of a listing.
    Page(Arc<Page>),
    /// Any text but these.
    Other(Vec<Arc<str>>),
    /// An id the system assigns: 32 hex digits, lower case, and none of these.
    FreshId(Vec<Arc<str>>),
    /// A text that is this JSON document, and rules that any difference may break as well.
    Document(Arc<str>, RuleList),
    /// A text that is JSON, and what it says.
    Quoted(Box<Self>),
    /// A standard profile, asset or case.
    Portrait(Box<Portrait>),
    /// The same pattern, shared.
    Shared(Arc<Self>),
    /// The same pattern, shared, where differences break these rules instead of its own.
    SharedFor(Rules, Arc<Self>),
}

/// An object whose member names are data: exactly these entries.
#[derive(Debug, Clone)]
pub struct Map {
    /// The entries.
    pub entries: Vec<(String, Pattern)>,
    /// Entries that may also be there.
    pub tolerated: Vec<String>,
    /// Rules broken by an entry that is missing or has another value.
    pub rules: Rules,
    /// Rules broken by an entry too many.
    pub extra: Rules,
}

/// An object whose members are modelled.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// The members that are compared.
    pub slots: Vec<Slot>,
    /// What is expected of `CreatedAt` and `LastUpdatedAt`.
    pub times: Option<Box<Times>>,
    /// What no pattern of single members can express.
    pub check: Option<Check>,
}

/// A check of a whole object.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Finds what is wrong.
    pub run: fn(&Json) -> Vec<Difference>,
    /// The rules it holds the object to.
    pub rules: Rules,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its name.
    pub name: &'static str,
    /// Whether it has to be there.
    pub presence: Presence,
    /// What it may be where it is there.
    pub value: Pattern,
    /// The rules broken by another value, or by absence.
    pub rules: Rules,
}

/// Whether a member has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has to be there.
    Required,
    /// It may be missing, `null` or an empty collection; the reference sends it.
    Optional,
    /// It may be there; the reference leaves it out.
    Omitted,
    /// It must be missing, `null` or an empty collection.
    Absent,
}

/// Expectations about the two timestamps of a resource.
#[derive(Debug, Clone)]
pub struct Times {
    /// `CreatedAt`.
    pub created: Moment,
    /// `LastUpdatedAt`.
    pub updated: Moment,
    /// Rules broken if `CreatedAt` is later than `LastUpdatedAt`.
    pub order: Rules,
    /// Whether this answer renews `LastUpdatedAt`.
    pub renewed: bool,
}

/// What is known of a timestamp, in seconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// What it is compared with.
    pub known: Known,
    /// Rules broken by another value.
    pub rules: Rules,
}

/// What a timestamp is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Known {
    /// Not seen yet.
    Nothing,
    /// Seen before, and must not have changed.
    Exactly(f64),
    /// Must not be earlier.
    AtLeast(f64),
}

/// A place where an answer is not what the contract allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rules it may break, the most specific first.
    pub rules: RuleList,
    /// Where: `status`, `header x-amzn-errortype`, or a JSON pointer into the body.
    pub place: String,
    /// What would have been fine.
    pub expected: String,
    /// What was found.
    pub actual: String,
}

/// A short list of rules: as many as fit where a pointer to more would be.
pub type RuleList = smallvec::SmallVec<[RuleId; 8]>;

impl Difference {
    /// A difference at a place.
    pub fn new(
        rules: Rules,
        place: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            rules: rules.into(),
            place: place.into(),
            expected: expected.into(),
            actual: actual.into(),
        }
    }

    /// Names only rules that are broken, where there are any, instead of those that deserve a warning.
    ///
    /// For an answer that is forbidden by any reading; which candidate is the right one is then the judge's to say.
    pub(super) fn prefer_violations(&mut self) {
        let broken = |rule: &RuleId| matches!(rule.level(), Level::Must | Level::Probe);
        if self.rules.iter().any(broken) {
            self.rules.retain(|rule| broken(rule));
        }
    }

    /// Adds candidates from what happened before.
    ///
    /// Other requests may have spoilt what a resource holds, but not a detail of how one answer shows it.
    pub(super) fn also(&mut self, rules: &[RuleId]) {
        const SUBSTANCE: [&str; 9] = [
            "/DomainName",
            "/ObjectTypeName",
            "/Description",
            "/Fields",
            "/Keys",
            "/Tags",
            "/tags",
            "/DefaultExpirationDays",
            "/Matching",
        ];
        // How what is not there is told, and values of later revisions, are nobody's doing.
        let detail = [rule!("proto.output-null"), rule!("proto.output-enums")];
        if self.rules.first().is_some_and(|rule| detail.contains(rule)) {
            return;
        }
        if SUBSTANCE.iter().any(|place| self.place.starts_with(place)) {
            self.rules.extend(rules.iter().copied());
        }
    }

    /// Whether it breaks a rule, rather than deserving a warning.
    pub fn violates(&self) -> bool {
        self.rules
            .first()
            .is_none_or(|rule| matches!(rule.level(), Level::Must | Level::Probe))
    }
}

/// A slot that has to be there.
pub(super) fn required(name: &'static str, value: Pattern, rules: Rules) -> Slot {
    Slot {
        name,
        presence: Presence::Required,
        value,
        rules,
    }
}

/// A slot that may be missing.
pub(super) fn optional(name: &'static str, value: Pattern, rules: Rules) -> Slot {
    Slot {
        name,
        presence: Presence::Optional,
        value,
        rules,
    }
}

/// A slot that must be missing or empty.
pub(super) fn absent(name: &'static str, rules: Rules) -> Slot {
    Slot {
        name,
        presence: Presence::Absent,
        value: Pattern::Any,
        rules,
    }
}

/// What the reference fills holes with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling {
    /// The clock, in milliseconds since the epoch.
    pub(super) now_ms: i64,
}

impl Pattern {
    /// Where a value differs, appended to `found`. `rules` are those of the place that holds the value.
    pub(super) fn compare(
        &self,
        actual: &Json,
        rules: Rules,
        place: &mut String,
        found: &mut Vec<Difference>,
    ) {
        match self {
            Self::Any | Self::Text(_) => {}
            Self::Exactly(expected) => {
                if !expected.same(actual) {
                    found.push(Difference::new(
                        rules,
                        place.clone(),
                        self.to_string(),
                        excerpt(actual),
                    ));
                }
            }
            Self::Spelled(name) => {
                if !actual
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case(name))
                {
                    found.push(Difference::new(
                        rules,
                        place.clone(),
                        self.to_string(),
                        excerpt(actual),
                    ));
                }
            }
            Self::OneOf(options) => {
                let fits = options.iter().any(|option| {
                    let mut misses = Vec::new();
                    option.compare(actual, rules, place, &mut misses);
                    misses.is_empty()
                });
                if !fits {
                    found.push(Difference::new(
                        rules,
                        place.clone(),
                        self.to_string(),
                        excerpt(actual),
                    ));
                }
            }
            Self::List(items) => match actual.items() {
                Some(actuals) if actuals.len() == items.len() => {
                    for (at, (item, actual)) in items.iter().zip(actuals).enumerate() {
                        within(place, &at.to_string(), |place| {
                            item.compare(actual, rules, place, found)
                        });
                    }
                }
                _ => found.push(Difference::new(
                    rules,
                    place.clone(),
                    self.to_string(),
                    excerpt(actual),
                )),
            },
            Self::Set(names) => {
                let fits = actual.items().is_some_and(|items| {
                    items.iter().all(|item| {
                        item.as_str()
                            .is_some_and(|text| names.iter().any(|name| name == text))
                    }) && names
                        .iter()
                        .all(|name| items.iter().any(|item| item.as_str() == Some(name)))
                }) || (names.is_empty() && is_empty(actual));
                if !fits {
                    found.push(Difference::new(
                        rules,
                        place.clone(),
                        self.to_string(),
                        excerpt(actual),
                    ));
                }
            }
            Self::Map(map) => map.compare(actual, place, found),
            Self::Object(object) => object.compare(actual, rules, place, found),
            Self::Page(page) => page.compare(actual, place, found),
            Self::Other(taken) | Self::FreshId(taken) => {
                let is_fresh = matches!(self, Self::FreshId(_));
                let fits = actual.as_str().is_some_and(|text| {
                    taken.iter().all(|known| known.as_ref() != text) && (!is_fresh || is_id(text))
                });
                if !fits {
                    found.push(Difference::new(
                        rules,
                        place.clone(),
                        self.to_string(),
                        excerpt(actual),
                    ));
                }
            }
            Self::Document(text, also) => compare_document(text, actual, also, place, found),
            Self::Quoted(pattern) => {
                match actual
                    .as_str()
                    .and_then(|text| Json::parse(text.as_bytes()).ok())
                {
                    Some(document) => pattern.compare(&document, rules, place, found),
                    None => found.push(Difference::new(
                        rules,
                        place.clone(),
                        format!("a text that is JSON: {pattern}"),
                        excerpt(actual),
                    )),
                }
            }
            Self::Portrait(portrait) => portrait.compare(actual, place, found),
            Self::Shared(pattern) => pattern.compare(actual, rules, place, found),
            Self::SharedFor(instead, pattern) => {
                let before = found.len();
                pattern.compare(actual, rules, place, found);
                for difference in &mut found[before..] {
                    difference.rules = (*instead).into();
                }
            }
        }
    }

    /// The first value that fits; `None` where the reference says nothing.
    pub(super) fn render(&self, filling: Filling) -> Option<Json> {
        Some(match self {
            Self::Any => return None,
            Self::Text(text) => Json::from(*text),
            Self::Exactly(value) => value.clone(),
            Self::Spelled(name) => Json::from(name.as_str()),
            Self::OneOf(options) => return options.first()?.render(filling),
            Self::List(items) => Json::Array(
                items
                    .iter()
                    .filter_map(|item| item.render(filling))
                    .collect(),
            ),
            Self::Set(names) => {
                Json::Array(names.iter().map(|name| Json::from(name.as_str())).collect())
            }
            Self::Map(map) => Json::Object(
                map.entries
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), value.render(filling)?)))
                    .collect(),
            ),
            Self::Object(object) => object.render(filling),
            Self::Page(page) => page.render(filling),
            Self::Other(_) | Self::FreshId(_) => return None,
            Self::Document(text, _) => Json::from(text.as_ref()),
            Self::Quoted(pattern) => Json::from(pattern.render(filling)?.to_string()),
            Self::Portrait(portrait) => portrait.render(),
            Self::Shared(pattern) | Self::SharedFor(_, pattern) => return pattern.render(filling),
        })
    }
}

impl Pattern {
    /// Whether two patterns of fields or keys, as a put makes them, are the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::Exactly(a), Self::Exactly(b)) => a.same(b),
            (Self::Set(a), Self::Set(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                let alike =
                    |(a, b): (&(String, Self), &(String, Self))| a.0 == b.0 && a.1.is_like(&b.1);
                a.entries.len() == b.entries.len()
                    && a.tolerated == b.tolerated
                    && a.entries.iter().zip(&b.entries).all(alike)
            }
            (Self::Object(a), Self::Object(b)) => {
                let alike = |(a, b): (&Slot, &Slot)| {
                    (a.name, a.presence) == (b.name, b.presence) && a.value.is_like(&b.value)
                };
                a.slots.len() == b.slots.len() && a.slots.iter().zip(&b.slots).all(alike)
            }
            _ => false,
        }
    }

    /// Calls `cite` for every rule that a body shows by fitting.
    pub(super) fn cites(&self, actual: &Json, cite: &mut impl FnMut(RuleId)) {
        let mut all = |rules: Rules| rules.iter().for_each(|rule| cite(*rule));
        match self {
            Self::Map(map) => {
                all(map.rules);
                all(map.extra);
            }
            Self::Object(object) => {
                object.slots.iter().for_each(|slot| all(slot.rules));
                if let Some(check) = object.check {
                    all(check.rules);
                }
                if let Some(times) = &object.times {
                    all(times.created.rules);
                    all(times.updated.rules);
                    all(times.order);
                }
                for slot in &object.slots {
                    let value = actual.get(slot.name).unwrap_or(&Json::Null);
                    slot.value.cites(value, cite);
                }
            }
            Self::List(patterns) => {
                let items = actual.items().unwrap_or_default();
                for (pattern, item) in patterns.iter().zip(items) {
                    pattern.cites(item, cite);
                }
            }
            Self::Page(page) => page.cites(actual, cite),
            Self::Shared(pattern) => pattern.cites(actual, cite),
            Self::SharedFor(rules, _) => all(rules),
            Self::Document(_, also) => {
                all(rules![
                    "list-objects.item.object",
                    "list-objects.item.number-precision"
                ]);
                also.iter().for_each(|rule| cite(*rule));
            }
            Self::Quoted(pattern) => pattern.cites(&Json::Null, cite),
            Self::Portrait(portrait) => portrait.cites(cite),
            Self::Other(_) => {}
            Self::FreshId(_) => all(rules!["std.id.assigned"]),
            Self::Any
            | Self::Text(_)
            | Self::Exactly(_)
            | Self::Spelled(_)
            | Self::OneOf(_)
            | Self::Set(_) => {}
        }
    }
}

impl Map {
    fn compare(&self, actual: &Json, place: &mut String, found: &mut Vec<Difference>) {
        let empty = Vec::new();
        let members = match actual {
            Json::Object(members) => members,
            Json::Null => &empty,
            other => {
                found.push(Difference::new(
                    self.rules,
                    place.clone(),
                    "an object",
                    excerpt(other),
                ));
                return;
            }
        };
        for (name, expected) in &self.entries {
            within(place, &escape(name), |place| {
                match members.iter().rev().find(|(found, _)| found == name) {
                    Some((_, value)) => expected.compare(value, self.rules, place, found),
                    None => found.push(Difference::new(
                        self.rules,
                        place.clone(),
                        expected.to_string(),
                        "nothing",
                    )),
                }
            });
        }
        for (name, value) in members {
            let known = self.entries.iter().any(|(entry, _)| entry == name);
            if !known && !self.tolerated.contains(name) {
                within(place, &escape(name), |place| {
                    found.push(Difference::new(
                        self.extra,
                        place.clone(),
                        "nothing",
                        excerpt(value),
                    ));
                });
            }
        }
    }
}

impl Object {
    /// An object of these members.
    pub fn of(slots: Vec<Slot>) -> Self {
        Self {
            slots,
            times: None,
            check: None,
        }
    }

    /// The same, with no member required but these.
    pub(super) fn requiring(mut self, names: &[&str]) -> Self {
        for slot in &mut self.slots {
            if slot.presence == Presence::Required && !names.contains(&slot.name) {
                slot.presence = Presence::Optional;
            }
        }
        self
    }

    fn compare(
        &self,
        actual: &Json,
        rules: Rules,
        place: &mut String,
        found: &mut Vec<Difference>,
    ) {
        if actual.members().is_none() {
            found.push(Difference::new(
                rules,
                place.clone(),
                "an object",
                excerpt(actual),
            ));
            return;
        }
        for slot in &self.slots {
            let value = actual
                .get(slot.name)
                .filter(|value| !matches!(value, Json::Null));
            if value.is_none() && slot.presence != Presence::Required {
                continue;
            }
            within(place, slot.name, |place| match (slot.presence, value) {
                (Presence::Absent, Some(value)) if !is_empty(value) => {
                    found.push(Difference::new(
                        slot.rules,
                        place.clone(),
                        "nothing",
                        excerpt(value),
                    ));
                }
                (Presence::Required, None) if !slot.value.allows_nothing() => {
                    found.push(Difference::new(
                        slot.rules,
                        place.clone(),
                        slot.value.to_string(),
                        "nothing",
                    ));
                }
                (Presence::Optional | Presence::Omitted, Some(value))
                    if is_empty(value) || slot.value.sees_nothing_in(value) => {}
                (Presence::Required | Presence::Optional | Presence::Omitted, Some(value)) => {
                    slot.value.compare(value, slot.rules, place, found);
                }
                _ => {}
            });
        }
        if let Some(times) = &self.times {
            times.compare(actual, place, found);
        }
        if let Some(check) = self.check {
            found.extend((check.run)(actual).into_iter().map(|mut difference| {
                difference.place.insert_str(0, place);
                difference
            }));
        }
    }

    fn render(&self, filling: Filling) -> Json {
        let mut members: Vec<(String, Json)> = Vec::with_capacity(self.slots.len() + 2);
        for slot in &self.slots {
            if matches!(slot.presence, Presence::Required | Presence::Optional)
                && let Some(value) = slot.value.render(filling)
            {
                members.push((slot.name.to_owned(), value));
            }
        }
        if let Some(times) = &self.times {
            members.push(("CreatedAt".to_owned(), times.created.render(filling, false)));
            members.push((
                "LastUpdatedAt".to_owned(),
                times.updated.render(filling, times.renewed),
            ));
        }
        Json::Object(members)
    }
}

impl Times {
    fn compare(&self, actual: &Json, place: &str, found: &mut Vec<Difference>) {
        let created = seconds(actual, "CreatedAt");
        let updated = seconds(actual, "LastUpdatedAt");
        for (name, moment, value) in [
            ("CreatedAt", self.created, created),
            ("LastUpdatedAt", self.updated, updated),
        ] {
            let Some(value) = value else { continue };
            let expected = match moment.known {
                Known::Exactly(known) if !same_moment(known, value) => {
                    format!("{known}, as seen before")
                }
                Known::AtLeast(known) if before(value, known) => {
                    format!("{known} as seen before, or later")
                }
                Known::Nothing | Known::Exactly(_) | Known::AtLeast(_) => continue,
            };
            found.push(Difference::new(
                moment.rules,
                format!("{place}/{name}"),
                expected,
                value.to_string(),
            ));
        }
        if let (Some(created), Some(updated)) = (created, updated)
            && before(updated, created)
        {
            found.push(Difference::new(
                self.order,
                format!("{place}/CreatedAt"),
                format!("not after LastUpdatedAt, {updated}"),
                created.to_string(),
            ));
        }
    }
}

impl Moment {
    fn render(self, filling: Filling, renewed: bool) -> Json {
        let known = match self.known {
            Known::Nothing => return Json::seconds(filling.now_ms),
            Known::Exactly(seconds) | Known::AtLeast(seconds) => (seconds * 1000.0).round() as i64,
        };
        // The machine's clock may have been set back since.
        Json::seconds(if renewed {
            known.max(filling.now_ms)
        } else {
            known
        })
    }
}

impl Pattern {
    /// Whether a required member may be missing after all, because an empty one would do.
    fn allows_nothing(&self) -> bool {
        match self {
            Self::Map(map) => map.entries.is_empty(),
            Self::Set(names) => names.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Shared(pattern) | Self::SharedFor(_, pattern) => pattern.allows_nothing(),
            _ => false,
        }
    }

    /// Whether a value is a structure without any of the members it may have: what others are in it nobody looks at, and
    /// without them it is empty.
    fn sees_nothing_in(&self, value: &Json) -> bool {
        match self {
            Self::Object(object) => {
                let is_missing = |slot: &Slot| value.get(slot.name).is_none_or(is_empty);
                value.members().is_some() && object.slots.iter().all(is_missing)
            }
            Self::OneOf(patterns) => {
                !patterns.is_empty() && patterns.iter().all(|one| one.sees_nothing_in(value))
            }
            Self::Shared(pattern) | Self::SharedFor(_, pattern) => pattern.sees_nothing_in(value),
            _ => false,
        }
    }
}

/// A timestamp member, in seconds.
pub(super) fn seconds(body: &Json, name: &str) -> Option<f64> {
    match body.get(name)? {
        Json::Number(number) => Some(number.as_f64()),
        _ => None,
    }
}

/// Whether two readings of a clock may be the same moment.
///
/// A server may keep fractions in memory and whole seconds in its database, or round to milliseconds on the way.
fn same_moment(a: f64, b: f64) -> bool {
    let whole = a.fract() == 0.0 || b.fract() == 0.0;
    (a - b).abs() < if whole { 1.0 } else { 0.002 }
}

/// Whether one moment is earlier than another by more than the clocks of a server's machines may be apart, or one clock
/// be set back.
fn before(a: f64, b: f64) -> bool {
    const APART: f64 = 0.1;
    b - a > APART && !same_moment(a, b)
}

fn within<T>(place: &mut String, segment: &str, then: impl FnOnce(&mut String) -> T) -> T {
    let length = place.len();
    place.push('/');
    place.push_str(segment);
    let result = then(place);
    place.truncate(length);
    result
}

/// Escapes a member name for a JSON pointer.
fn escape(name: &str) -> Cow<'_, str> {
    match name.contains(['~', '/']) {
        true => Cow::Owned(name.replace('~', "~0").replace('/', "~1")),
        false => Cow::Borrowed(name),
    }
}

/// Whether a text looks like an id the system assigns.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Holds the text of an object against what was put: equal as JSON, numbers beyond 2^53 as doubles.
fn compare_document(
    expected: &str,
    actual: &Json,
    also: &[RuleId],
    place: &str,
    found: &mut Vec<Difference>,
) {
    let parsed = actual
        .as_str()
        .and_then(|text| Json::parse(text.as_bytes()).ok());
    let Ok(document) = Json::parse(expected.as_bytes()) else {
        return;
    };
    let alike = parsed.as_ref().map(|actual| alike(&document, actual));
    let rules: Rules = match alike {
        Some(Alike::Same) => return,
        Some(Alike::Imprecise) => rules!["list-objects.item.number-precision"],
        _ => rules!["list-objects.item.object"],
    };
    let expected = format!("{} as text", shorten(expected, 240));
    let mut difference = Difference::new(rules, place, expected, excerpt(actual));
    difference.rules.extend(also.iter().copied());
    found.push(difference);
}

/// How two documents compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Alike {
    Same,
    /// They differ in numbers that a double does not hold exactly.
    Imprecise,
    Different,
}

fn alike(a: &Json, b: &Json) -> Alike {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => {
            let (p, q) = (x.as_f64(), y.as_f64());
            if a.same(b) || p == q {
                Alike::Same
            } else if p.abs() > 9_007_199_254_740_992.0 || !p.is_finite() {
                Alike::Imprecise
            } else {
                Alike::Different
            }
        }
        (Json::Array(x), Json::Array(y)) if x.len() == y.len() => x
            .iter()
            .zip(y)
            .map(|(x, y)| alike(x, y))
            .max()
            .unwrap_or(Alike::Same),
        (Json::Object(x), Json::Object(y)) => {
            let here = |name: &String| b.get(name);
            let there = y.iter().all(|(name, _)| a.get(name).is_some());
            let worst = x
                .iter()
                .map(|(name, _)| match (a.get(name), here(name)) {
                    (Some(x), Some(y)) => alike(x, y),
                    _ => Alike::Different,
                })
                .max();
            if there {
                worst.unwrap_or(Alike::Same)
            } else {
                Alike::Different
            }
        }
        _ if a.same(b) => Alike::Same,
        _ => Alike::Different,
    }
}

/// Whether a reader treats the value as absent: `null`, `{}` and `[]`, and a structure without anything but `null`.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.iter().all(|(_, value)| matches!(value, Json::Null)),
        _ => false,
    }
}

/// A value as compact JSON, cut to a length that fits a report.
pub(super) fn excerpt(value: &Json) -> String {
    shorten(&value.to_string(), 240)
}

/// The beginning of a text, with the number of characters left out.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!(
            "{}… ({} characters in all)",
            &text[..at],
            text.chars().count()
        ),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("<any>"),
            Self::Text(_) => f.write_str("<text>"),
            Self::Exactly(value) => f.write_str(&excerpt(value)),
            Self::Spelled(name) => write!(f, "\"{name}\" in any case"),
            Self::OneOf(options) => separated(f, options, " or "),
            Self::List(items) => {
                f.write_str("[")?;
                separated(f, items, ", ")?;
                f.write_str("]")
            }
            Self::Set(names) => {
                f.write_str("[")?;
                for (at, name) in names.iter().enumerate() {
                    write!(f, "{}\"{name}\"", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("] in any order")
            }
            Self::Map(map) => {
                f.write_str("{")?;
                for (at, (name, value)) in map.entries.iter().enumerate() {
                    write!(
                        f,
                        "{}{}: {value}",
                        if at == 0 { "" } else { ", " },
                        Json::from(name.as_str())
                    )?;
                }
                f.write_str("}")
            }
            Self::Object(object) => object.fmt(f),
            Self::Page(page) => page.fmt(f),
            Self::Other(taken) if taken.is_empty() => f.write_str("<text>"),
            Self::Other(_) => f.write_str("<text not seen before>"),
            Self::FreshId(_) => f.write_str("<new id of 32 hex digits>"),
            Self::Document(text, _) => {
                let text = shorten(text, 240);
                write!(f, "<{text} as text>")
            }
            Self::Quoted(pattern) => write!(f, "<{pattern} as text>"),
            Self::Portrait(portrait) => portrait.fmt(f),
            Self::Shared(pattern) | Self::SharedFor(_, pattern) => pattern.fmt(f),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let mut first = true;
        for slot in &self.slots {
            let mark = match slot.presence {
                Presence::Required => "",
                Presence::Optional | Presence::Omitted => "?",
                Presence::Absent => continue,
            };
            write!(
                f,
                "{}\"{}\"{mark}: {}",
                if first { "" } else { ", " },
                slot.name,
                slot.value
            )?;
            first = false;
        }
        for slot in self
            .slots
            .iter()
            .filter(|slot| slot.presence == Presence::Absent)
        {
            write!(f, "{}no \"{}\"", if first { "" } else { ", " }, slot.name)?;
            first = false;
        }
        if let Some(times) = &self.times {
            for (name, moment) in [
                ("CreatedAt", times.created),
                ("LastUpdatedAt", times.updated),
            ] {
                let value = match moment.known {
                    Known::Nothing => "<time>",
                    Known::Exactly(_) => "<the same time>",
                    Known::AtLeast(_) => "<the same time or later>",
                };
                write!(f, "{}\"{name}\": {value}", if first { "" } else { ", " })?;
                first = false;
            }
        }
        f.write_str("}")
    }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[Pattern], separator: &str) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = rules!["put-type.response.echo"];
    const OTHER: Rules = rules!["put-type.echo.keys"];

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).expect("JSON")
    }

    fn differences(pattern: &Pattern, actual: &str) -> Vec<Difference> {
        let mut found = Vec::new();
        pattern.compare(&json(actual), RULES, &mut "/x".to_owned(), &mut found);
        found
    }

    /// Where a value differs, and the first rule that it breaks there.
    fn places(pattern: &Pattern, actual: &str) -> Vec<(String, RuleId)> {
        let found = differences(pattern, actual).into_iter();
        found
            .map(|difference| (difference.place, difference.rules[0]))
            .collect()
    }

    /// Which of some values a pattern allows.
    fn fitting<'a>(pattern: &Pattern, values: &[&'a str]) -> Vec<&'a str> {
        let fits = |value: &&&str| differences(pattern, value).is_empty();
        values.iter().filter(fits).copied().collect()
    }

    fn exactly(text: &str) -> Pattern {
        Pattern::Exactly(json(text))
    }

    fn text(pattern: &Pattern) -> Option<String> {
        pattern
            .render(Filling { now_ms: 1_500 })
            .map(|body| body.to_string())
    }

    #[test]
    fn a_value_fits_by_what_it_means() {
        let all = ["1", "1.0", "2", "\"a\"", "\"A\"", "\"b\"", "null", "[]"];
        assert_eq!(fitting(&Pattern::Any, &all), all);
        assert_eq!(fitting(&Pattern::Text("a"), &all), all);
        assert_eq!(fitting(&exactly("1"), &all), ["1", "1.0"]);
        assert_eq!(
            fitting(&Pattern::Spelled("a".to_owned()), &all),
            ["\"a\"", "\"A\""]
        );
        let either = Pattern::OneOf(vec![exactly("2"), exactly("\"b\"")]);
        assert_eq!(fitting(&either, &all), ["2", "\"b\""]);
        let other = Pattern::Other(vec!["a".into(), "b".into()]);
        assert_eq!(fitting(&other, &all), ["\"A\""]);
        assert_eq!(places(&exactly("1"), "2"), [("/x".to_owned(), RULES[0])]);
    }

    #[test]
    fn an_id_is_new_and_of_32_hex_digits() {
        let (id, taken) = ("0123456789abcdef".repeat(2), "a".repeat(32));
        let fresh = Pattern::FreshId(vec![taken.as_str().into()]);
        let (short, long) = (&id[1..], format!("{id}0"));
        let (upper, wrong) = (id.to_uppercase(), id.replace('0', "g"));
        let quoted = |id: &str| format!("\"{id}\"");
        assert!(differences(&fresh, &quoted(&id)).is_empty());
        for odd in [short, &long, &upper, &wrong, &taken] {
            assert_eq!(differences(&fresh, &quoted(odd)).len(), 1, "{odd}");
        }
        assert_eq!(differences(&fresh, "1").len(), 1);
    }

    #[test]
    fn lists_keep_their_order_and_sets_do_not() {
        let list = Pattern::List(vec![exactly("1"), exactly("2")]);
        assert_eq!(
            fitting(&list, &["[1,2]", "[2,1]", "[1]", "[1,2,3]", "{}"]),
            ["[1,2]"]
        );
        assert_eq!(places(&list, "[1,3]"), [("/x/1".to_owned(), RULES[0])]);
        let set = Pattern::Set(vec!["A".to_owned(), "B".to_owned()]);
        let sets = [
            r#"["A","B"]"#,
            r#"["B","A","B"]"#,
            r#"["A"]"#,
            r#"["A","B","C"]"#,
            r#"["A","B",1]"#,
            "null",
        ];
        assert_eq!(fitting(&set, &sets), sets[..2]);
        let nothing = Pattern::Set(Vec::new());
        assert_eq!(
            fitting(&nothing, &["[]", "null", r#"["A"]"#]),
            ["[]", "null"]
        );
    }

    #[test]
    fn a_map_has_its_entries_and_no_others() {
        let map = Pattern::Map(Box::new(Map {
            entries: vec![("a/b~".to_owned(), exactly("1"))],
            tolerated: vec!["t".to_owned()],
            rules: RULES,
            extra: OTHER,
        }));
        assert_eq!(places(&map, r#"{"a/b~":1}"#), []);
        assert_eq!(places(&map, r#"{"a/b~":1,"t":2}"#), []);
        let there = "/x/a~1b~0".to_owned();
        assert_eq!(places(&map, r#"{"a/b~":2}"#), [(there.clone(), RULES[0])]);
        assert_eq!(places(&map, "null"), [(there, RULES[0])]);
        assert_eq!(
            places(&map, r#"{"a/b~":1,"u":2}"#),
            [("/x/u".to_owned(), OTHER[0])]
        );
        assert_eq!(places(&map, "[]"), [("/x".to_owned(), RULES[0])]);
        // Of a member that is there twice, the last counts.
        assert_eq!(places(&map, r#"{"a/b~":2,"a/b~":1}"#), []);
        assert_eq!(text(&map).as_deref(), Some(r#"{"a/b~":1}"#));
        assert_eq!(map.to_string(), r#"{"a/b~": 1}"#);
    }

    /// An object with a member of each presence.
    fn four() -> Object {
        let omitted = Slot {
            presence: Presence::Omitted,
            ..optional("m", exactly("3"), RULES)
        };
        Object::of(vec![
            required("r", exactly("1"), RULES),
            optional("o", exactly("2"), RULES),
            omitted,
            absent("a", OTHER),
        ])
    }

    #[test]
    fn a_member_is_there_as_it_has_to_be() {
        let object = Pattern::Object(four());
        let fine = [
            r#"{"r":1}"#,
            r#"{"r":1,"o":2,"m":3,"z":9}"#,
            r#"{"r":1,"o":null,"m":{},"a":[]}"#,
        ];
        assert_eq!(fitting(&object, &fine), fine);
        for (actual, place, rule) in [
            ("{}", "/x/r", RULES[0]),
            (r#"{"r":null}"#, "/x/r", RULES[0]),
            (r#"{"r":2}"#, "/x/r", RULES[0]),
            (r#"{"r":1,"o":3}"#, "/x/o", RULES[0]),
            (r#"{"r":1,"m":4}"#, "/x/m", RULES[0]),
            (r#"{"r":1,"a":1}"#, "/x/a", OTHER[0]),
            ("1", "/x", RULES[0]),
        ] {
            assert_eq!(places(&object, actual), [(place.to_owned(), rule)]);
        }
        assert_eq!(text(&object).as_deref(), Some(r#"{"r":1,"o":2}"#));
        assert_eq!(object.to_string(), r#"{"r": 1, "o"?: 2, "m"?: 3, no "a"}"#);
        let lenient = Pattern::Object(four().requiring(&["o"]));
        assert_eq!(fitting(&lenient, &["{}", r#"{"r":2}"#]), ["{}"]);
        let strict = Pattern::Object(four().requiring(&["r"]));
        assert_eq!(fitting(&strict, &["{}"]), [""; 0]);
    }

    #[test]
    fn a_required_collection_without_anything_in_it_may_be_missing() {
        let nothing = || {
            Pattern::Map(Box::new(Map {
                entries: Vec::new(),
                tolerated: Vec::new(),
                rules: RULES,
                extra: RULES,
            }))
        };
        for value in [
            nothing(),
            Pattern::Set(Vec::new()),
            Pattern::List(Vec::new()),
            Pattern::Shared(Arc::new(nothing())),
            Pattern::SharedFor(OTHER, Arc::new(nothing())),
        ] {
            let object = Pattern::Object(Object::of(vec![required("r", value, RULES)]));
            assert_eq!(differences(&object, "{}"), [], "{object}");
        }
        for value in [
            Pattern::Any,
            Pattern::Set(vec!["A".to_owned()]),
            Pattern::List(vec![Pattern::Any]),
        ] {
            let object = Pattern::Object(Object::of(vec![required("r", value, RULES)]));
            assert_eq!(differences(&object, "{}").len(), 1, "{object}");
        }
    }

    fn times(created: Known, updated: Known, renewed: bool) -> Pattern {
        let moment = |known, rules| Moment { known, rules };
        Pattern::Object(Object {
            times: Some(Box::new(Times {
                created: moment(created, RULES),
                updated: moment(updated, OTHER),
                order: rules!["domain.update.timestamps"],
                renewed,
            })),
            ..Object::default()
        })
    }

    #[test]
    fn timestamps_stay_or_move_on() {
        let at = |created: &str, updated: &str| {
            format!(r#"{{"CreatedAt":{created},"LastUpdatedAt":{updated}}}"#)
        };
        let known = times(Known::Exactly(10.0), Known::AtLeast(20.0), false);
        // Whole seconds may have been rounded, but not by a whole one.
        for (created, updated) in [
            ("10", "20"),
            ("10.9", "20"),
            ("10", "19.1"),
            ("10", "99"),
            ("10", "\"\""),
        ] {
            assert_eq!(places(&known, &at(created, updated)), [], "{created}");
        }
        let (first, second) = ("/x/CreatedAt".to_owned(), "/x/LastUpdatedAt".to_owned());
        for created in ["9", "11"] {
            let found = places(&known, &at(created, "20"));
            assert_eq!(found, [(first.clone(), RULES[0])]);
        }
        assert_eq!(
            places(&known, &at("10", "19")),
            [(second.clone(), OTHER[0])]
        );
        let fine = times(Known::Exactly(10.5), Known::Nothing, false);
        assert_eq!(places(&fine, &at("10.501", "12.5")), []);
        assert_eq!(places(&fine, &at("10.503", "12.5")).len(), 1);
        let order = rules!["domain.update.timestamps"][0];
        let unknown = times(Known::Nothing, Known::Nothing, false);
        assert_eq!(places(&unknown, &at("30.25", "30.25")), []);
        assert_eq!(places(&unknown, &at("30.25", "30.5")), []);
        assert_eq!(places(&unknown, &at("30.5", "30.25")), [(first, order)]);
        // Machines whose clocks differ, or one that was set back by a little.
        assert_eq!(places(&unknown, &at("30.5", "30.45")), []);
        let known = times(Known::Nothing, Known::AtLeast(20.5), false);
        assert_eq!(places(&known, &at("10", "20.45")), []);
        assert_eq!(places(&known, &at("10", "20.35")), [(second, OTHER[0])]);
    }

    #[test]
    fn the_reference_shows_the_times_it_knows_and_else_its_clock() {
        for (created, updated, renewed, shown) in [
            (
                Known::Exactly(1.0),
                Known::AtLeast(1.25),
                false,
                (1.0, 1.25),
            ),
            (Known::Exactly(1.0), Known::AtLeast(1.25), true, (1.0, 1.5)),
            // A clock that was set back.
            (Known::Exactly(1.0), Known::AtLeast(1.75), true, (1.0, 1.75)),
            (Known::Nothing, Known::Nothing, false, (1.5, 1.5)),
        ] {
            let body = json(&text(&times(created, updated, renewed)).expect("a body"));
            let seconds = |name| seconds(&body, name).expect("a number");
            assert_eq!((seconds("CreatedAt"), seconds("LastUpdatedAt")), shown);
        }
        let printed = times(Known::Exactly(1.0), Known::AtLeast(1.0), false).to_string();
        assert_eq!(
            printed,
            r#"{"CreatedAt": <the same time>, "LastUpdatedAt": <the same time or later>}"#
        );
        let printed = times(Known::Nothing, Known::Nothing, false).to_string();
        assert_eq!(printed, r#"{"CreatedAt": <time>, "LastUpdatedAt": <time>}"#);
    }

    #[test]
    fn a_check_of_the_whole_object_names_its_place() {
        fn run(_: &Json) -> Vec<Difference> {
            vec![Difference::new(OTHER, "/deep", "", "")]
        }
        let check = Some(Check { run, rules: OTHER });
        let object = Pattern::Object(Object {
            check,
            ..Object::default()
        });
        assert_eq!(places(&object, "{}"), [("/x/deep".to_owned(), OTHER[0])]);
    }

    #[test]
    fn documents_are_compared_as_json_and_large_numbers_as_doubles() {
        const OBJECT: &str = "list-objects.item.object";
        const PRECISION: &str = "list-objects.item.number-precision";
        let also = RuleList::from_slice(OTHER);
        let found = |expected: &str, actual: &str| {
            let pattern = Pattern::Document(expected.into(), also.clone());
            let quoted = Json::from(actual).to_string();
            let found = differences(&pattern, &quoted).pop();
            found.map(|difference| {
                let (rules, also) = difference.rules.split_at(1);
                assert_eq!(also, OTHER);
                rules[0].id()
            })
        };
        for (expected, actual, rule) in [
            (
                r#"{"a":1,"b":[2,{}]}"#,
                r#"{ "b": [2.0, {}], "a": 1e0 }"#,
                None,
            ),
            (r#"{"a":1}"#, r#"{"a":2}"#, Some(OBJECT)),
            (r#"{"a":1}"#, "{}", Some(OBJECT)),
            ("{}", r#"{"a":1}"#, Some(OBJECT)),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, Some(OBJECT)),
            (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, Some(OBJECT)),
            (r#"{"a":[]}"#, r#"{"a":{}}"#, Some(OBJECT)),
            (r#"{"a":null}"#, r#"{"a":null}"#, None),
            ("{}", "no JSON", Some(OBJECT)),
            // Twice the same number as a double; twice another one.
            (
                r#"{"a":9007199254740993}"#,
                r#"{"a":9007199254740992}"#,
                None,
            ),
            (
                r#"{"a":9007199254740995}"#,
                r#"{"a":9007199254740990}"#,
                Some(PRECISION),
            ),
            (r#"{"a":-9007199254740995}"#, r#"{"a":1}"#, Some(PRECISION)),
            (
                r#"{"a":9007199254740992}"#,
                r#"{"a":9007199254740990}"#,
                Some(OBJECT),
            ),
            (r#"{"a":1e400}"#, r#"{"a":5}"#, Some(PRECISION)),
            (
                r#"{"a":9007199254740995,"b":1}"#,
                r#"{"a":1,"b":2}"#,
                Some(OBJECT),
            ),
        ] {
            assert_eq!(found(expected, actual), rule, "{expected} and {actual}");
        }
        // What we cannot read ourselves is not compared.
        assert_eq!(found("{", "{}"), None);
    }

    #[test]
    fn what_is_quoted_or_shared_is_compared_within() {
        let quoted = Pattern::Quoted(Box::new(Pattern::Object(four())));
        assert_eq!(places(&quoted, r#""{\"r\":1}""#), []);
        assert_eq!(places(&quoted, r#""{}""#), [("/x/r".to_owned(), RULES[0])]);
        assert_eq!(places(&quoted, r#""{""#), [("/x".to_owned(), RULES[0])]);
        assert_eq!(text(&quoted).as_deref(), Some(r#""{\"r\":1,\"o\":2}""#));
        let shared = Pattern::Shared(Arc::new(exactly("1")));
        assert_eq!(places(&shared, "2"), [("/x".to_owned(), RULES[0])]);
        let instead = Pattern::SharedFor(OTHER, Arc::new(exactly("1")));
        assert_eq!(places(&instead, "2"), [("/x".to_owned(), OTHER[0])]);
        assert_eq!(places(&instead, "1"), []);
        assert_eq!(text(&instead).as_deref(), Some("1"));
        // What was found before keeps its rules.
        let both = Pattern::List(vec![exactly("1"), instead]);
        let found = places(&both, "[2,2]");
        assert_eq!(
            found.iter().map(|(_, rule)| *rule).collect::<Vec<_>>(),
            [RULES[0], OTHER[0]]
        );
    }

    #[test]
    fn a_fitting_body_shows_the_rules_of_its_pattern() {
        let cited = |pattern: &Pattern, actual: &str| {
            let mut cited = Vec::new();
            pattern.cites(&json(actual), &mut |rule| cited.push(rule.id()));
            cited
        };
        let map = |rules, extra| {
            Pattern::Map(Box::new(Map {
                entries: Vec::new(),
                tolerated: Vec::new(),
                rules,
                extra,
            }))
        };
        let check = Some(Check {
            run: |_| Vec::new(),
            rules: rules!["time.clock"],
        });
        let inner = map(rules!["tag.add.merge"], rules!["tag.remove"]);
        let mut object = Object::of(vec![required("m", inner, rules!["tag.consistency"])]);
        object.check = check;
        let Pattern::Object(Object { times, .. }) = times(Known::Nothing, Known::Nothing, false)
        else {
            unreachable!("an object")
        };
        object.times = times;
        let object = Pattern::Object(object);
        let all = [
            "tag.consistency",
            "time.clock",
            RULES[0].id(),
            OTHER[0].id(),
            "domain.update.timestamps",
            "tag.add.merge",
            "tag.remove",
        ];
        assert_eq!(cited(&object, "{}"), all);
        let shared = Pattern::Shared(Arc::new(object));
        assert_eq!(cited(&shared, "{}"), all);
        assert_eq!(cited(&Pattern::Quoted(Box::new(shared.clone())), "{}"), all);
        let list = Pattern::List(vec![shared.clone(), shared.clone()]);
        assert_eq!(cited(&list, "[{},{}]"), [all, all].concat());
        let instead = Pattern::SharedFor(RULES, Arc::new(shared));
        assert_eq!(cited(&instead, "{}"), [RULES[0].id()]);
        let fresh = Pattern::FreshId(Vec::new());
        assert_eq!(cited(&fresh, "null"), ["std.id.assigned"]);
        let document = Pattern::Document("{}".into(), RuleList::from_slice(OTHER));
        let shown = [
            "list-objects.item.object",
            "list-objects.item.number-precision",
            OTHER[0].id(),
        ];
        assert_eq!(cited(&document, "null"), shown);
    }

    #[test]
    fn patterns_print_as_people_read_them() {
        let some = || vec![exactly("1"), exactly("2")];
        for (pattern, printed) in [
            (Pattern::Any, "<any>"),
            (Pattern::Text("t"), "<text>"),
            (Pattern::Spelled("n".to_owned()), "\"n\" in any case"),
            (Pattern::OneOf(some()), "1 or 2"),
            (Pattern::List(some()), "[1, 2]"),
            (
                Pattern::Set(vec!["A".to_owned(), "B".to_owned()]),
                r#"["A", "B"] in any order"#,
            ),
            (Pattern::Other(Vec::new()), "<text>"),
            (Pattern::Other(vec!["a".into()]), "<text not seen before>"),
            (Pattern::FreshId(Vec::new()), "<new id of 32 hex digits>"),
            (
                Pattern::Document("{}".into(), RuleList::new()),
                "<{} as text>",
            ),
            (Pattern::Quoted(Box::new(exactly("1"))), "<1 as text>"),
            (Pattern::Shared(Arc::new(exactly("1"))), "1"),
        ] {
            assert_eq!(pattern.to_string(), printed);
        }
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 2), "äö… (4 characters in all)");
    }

    #[test]
    fn the_reference_takes_the_first_value_that_fits() {
        let (one, two) = (exactly("1"), exactly("2"));
        let some = || vec![one.clone(), two.clone(), Pattern::Any];
        for (pattern, rendered) in [
            (Pattern::Any, None),
            (Pattern::Text("t"), Some("\"t\"")),
            (Pattern::Spelled("n".to_owned()), Some("\"n\"")),
            (Pattern::OneOf(some()), Some("1")),
            (Pattern::List(some()), Some("[1,2]")),
            (Pattern::Set(vec!["A".to_owned()]), Some(r#"["A"]"#)),
            (Pattern::Other(Vec::new()), None),
            (Pattern::FreshId(Vec::new()), None),
            (
                Pattern::Document("{}".into(), RuleList::new()),
                Some("\"{}\""),
            ),
        ] {
            assert_eq!(text(&pattern).as_deref(), rendered, "{pattern}");
        }
    }

    #[test]
    fn what_happened_before_explains_substance_and_no_detail() {
        let also = |place: &str, rules| {
            let mut difference = Difference::new(rules, place, "", "");
            difference.also(OTHER);
            difference.rules.len() > 1
        };
        assert!(also("/Fields/id", RULES));
        assert!(also("/DefaultExpirationDays", RULES));
        assert!(!also("/CreatedAt", RULES));
        assert!(!also("status", RULES));
        assert!(!also("/Fields/id", rules!["proto.output-null"]));
        assert!(!also("/Keys/k", rules!["proto.output-enums"]));
    }

    #[test]
    fn broken_rules_come_before_those_that_deserve_a_warning() {
        let (must, should) = (rules!["proto.no-5xx"][0], rules!["time.clock"][0]);
        assert_eq!((must.level(), should.level()), (Level::Must, Level::Should));
        let of = |rules: &[RuleId]| Difference {
            rules: rules.iter().copied().collect(),
            ..Difference::new(&[], "", "", "")
        };
        let mut both = of(&[should, must]);
        assert!(!both.violates());
        both.prefer_violations();
        assert_eq!(both.rules.as_slice(), [must]);
        assert!(both.violates());
        let mut mild = of(&[should]);
        mild.prefer_violations();
        assert_eq!(mild.rules.as_slice(), [should]);
        assert!(of(&[]).violates());
    }
}
