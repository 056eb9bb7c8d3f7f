//! Listings: one page of them, and the tokens that lead from page to page.
//!
//! The contract fixes little: a page has at most as many items as asked for, tokens end some time, and the pages
//! together show everything once. Order, page size and tokens are free. A token is therefore known by having been seen:
//! the world remembers what had been listed when it was handed out.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::contract::validate::Input;
use crate::contract::{Refusals, RuleId, Strength};
use crate::rule;
use crate::wire::Json;

use super::gate::{Branch, Gate, Ground, Served};
use super::index::No;
use super::pattern::{Difference, Filling, Pattern, RuleList, Rules, excerpt, rules};
use super::template;
use super::world::{Effect, World};

/// How many pages beyond one for each item a listing may take before it counts as endless.
const SPARE_PAGES: u32 = 20;

/// The largest page, and what the reference answers when no size is asked for.
pub(super) const LARGEST_PAGE: usize = 100;

/// The most items without a known name that are told apart.
const MOST_NAMELESS: usize = 4;

/// An item of a listing.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The name it is known by; `None` until an answer shows it.
    pub(super) name: Option<String>,
    pub(super) pattern: Pattern,
    /// Whether it has to be listed.
    pub(super) need: Need,
    /// Rules broken if it is missing, before those of the listing.
    pub(super) missing: RuleList,
    /// What the model knows it by.
    pub(super) handle: No,
}

/// Whether an item has to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It has to.
    Must,
    /// It may be.
    May,
    /// It ought not to be; listing it breaks this SHOULD.
    ShouldNot(RuleId),
}

impl Item {
    /// An item that has to be listed under a name.
    pub(super) fn named(name: String, pattern: Pattern) -> Self {
        Self {
            name: Some(name),
            pattern,
            need: Need::Must,
            missing: RuleList::new(),
            handle: 0,
        }
    }

    /// Whether it was listed before.
    fn is_among(&self, seen: &[String]) -> bool {
        if seen.is_empty() {
            return false;
        }
        let by_name = self.name.as_ref().is_some_and(|name| seen.contains(name));
        by_name || (self.handle != 0 && seen.contains(&mark(self.handle)))
    }
}

/// How alike an item is to what is shown.
#[derive(Debug, Clone, Copy)]
enum Likeness {
    /// It is shown as it should be.
    Whole,
    /// No rule is broken that has to be kept.
    Lawful,
}

/// What is wrong if several standard objects of a listing have one ProfileObjectUniqueKey.
fn same_keys(items: &[Json], place: &str) -> Option<Difference> {
    let key = |item: &Json| {
        let key = item.get("ProfileObjectUniqueKey")?.as_str()?;
        Some(key.to_owned()).filter(|key| !key.is_empty())
    };
    let keys: Vec<Option<String>> = items.iter().map(key).collect();
    let again = |(at, key): &(usize, &Option<String>)| key.is_some() && keys[..*at].contains(key);
    let (at, _) = keys.iter().enumerate().find(again)?;
    // An item that is listed twice breaks another rule.
    let twice = items[..at].iter().any(|item| item.same(&items[at]));
    (!twice).then(|| {
        Difference::new(
            rules!["list-objects.item.key-unique"],
            format!("{place}/Items/{at}/ProfileObjectUniqueKey"),
            "a key that no other item has",
            excerpt(&items[at]),
        )
    })
}

/// How an item is remembered that may have no name.
fn mark(handle: No) -> String {
    format!("#{handle}")
}

/// Where an item says its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// In this member.
    Member(&'static str),
    /// In this member of the JSON text in the member `Object`.
    Within(&'static str),
}

impl Naming {
    fn of(self, item: &Json) -> Option<Cow<'_, str>> {
        match self {
            Self::Member(key) => item.get(key).and_then(Json::as_str).map(Cow::Borrowed),
            Self::Within(key) => {
                let text = item.get("Object").and_then(Json::as_str)?;
                let object = Json::parse(text.as_bytes()).ok()?;
                Some(Cow::Owned(object.get(key)?.as_str()?.to_owned()))
            }
        }
    }
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where an item says its name.
    pub(super) key: Naming,
    /// Every item that belongs into the listing, in the order in which the reference lists them.
    pub(super) items: Vec<Item>,
    /// Items without a known name of which there are too many to tell them apart.
    hidden: Vec<Item>,
    /// Whether nothing but those may be listed under an unknown name.
    closed: bool,
    /// Names that had been listed by the pages before.
    pub(super) seen: Arc<Vec<String>>,
    /// How many items that nobody knew had been listed by the pages before.
    others: usize,
    /// The page's number, from 1.
    pub(super) number: u32,
    /// How many items were asked for at most.
    pub(super) most: Option<usize>,
    /// Whether the pages so far and this one belong to one listing without changes in between.
    pub(super) whole: bool,
    /// What is known of items that do not belong.
    pub(super) strangers: Strangers,
    /// The listing, for tokens of the reference.
    pub(super) scope: String,
    /// Rules broken by an item that is missing at the end.
    pub(super) missing: Rules,
}

/// What is known of items that do not belong into a listing.
#[derive(Debug, Clone)]
pub(super) struct Strangers {
    /// Whether others may add and remove items meanwhile, so that nothing is judged of unknown ones.
    pub(super) foreign: bool,
    /// Whether names that differ only by case may be the same.
    pub(super) folded: bool,
    /// Whether an unknown name is legal.
    pub(super) legal: fn(&str) -> bool,
    /// Names that must not be there, and the rules broken if they are.
    pub(super) known: Vec<(String, RuleList)>,
    /// Rules broken by any other name.
    pub(super) rules: Rules,
}

/// What had been listed when a token was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    scope: String,
    seen: Arc<Vec<String>>,
    /// How many items that nobody knew.
    others: usize,
    pages: u32,
    /// The size that was asked for of the page before.
    most: Option<usize>,
    writes: u64,
    used: bool,
}

/// A listing that an operation answers.
pub(super) struct Listing {
    pub(super) key: Naming,
    /// What is listed: operation and domain.
    pub(super) scope: String,
    pub(super) items: Vec<Item>,
    pub(super) strangers: Strangers,
    pub(super) missing: Rules,
    /// Rules to name when a legal request is refused.
    pub(super) blame: Rules,
    /// What an item that was listed shows of the thing behind it.
    pub(super) adopt: Option<Adopt>,
}

/// Takes over what an item shows: the model's number of it (0 for none), its name and the item.
pub(super) type Adopt = Arc<dyn Fn(&mut World, No, Option<&str>, &Json) + Send + Sync>;

impl Listing {
    /// The answers to a request for a page of this listing.
    pub(super) fn branches(self, world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
        let cursor = self.cursor(world, input, &mut gate);
        if !gate.may_be_served() {
            return gate.finish(Vec::new());
        }
        let served = self.served(world, input, cursor.as_ref());
        gate.finish(served)
    }

    /// The ways a page is served, from where the request's token points.
    pub(super) fn served(
        self,
        world: &World,
        input: &Input,
        cursor: Option<&Cursor>,
    ) -> Vec<Served> {
        let most = asked_for(input);
        let whole = cursor.is_some_and(|cursor| {
            !cursor.used && cursor.writes == world.writes && cursor.most == most
        });
        let seen = cursor.map_or_else(Arc::default, |cursor| Arc::clone(&cursor.seen));
        let number = cursor.map_or(0, |cursor| cursor.pages) + 1;
        let page = Page {
            key: self.key,
            items: self.items,
            hidden: Vec::new(),
            closed: false,
            seen,
            others: cursor.map_or(0, |cursor| cursor.others),
            number,
            most,
            whole,
            strangers: self.strangers,
            scope: self.scope,
            missing: self.missing,
        };
        let sent = input.next_token.clone();
        let mut served = Vec::new();
        for page in page.arrangements() {
            let page = Arc::new(page);
            let effect = remember(&page, sent.clone(), world, self.adopt.clone());
            let pattern = Pattern::Page(page);
            served.push(Served::new(pattern, effect, self.blame));
        }
        served
    }

    /// Where the request's token points; a token nobody handed out is a ground for refusal.
    pub(super) fn cursor(
        &self,
        world: &World,
        input: &Input,
        gate: &mut Gate<'_>,
    ) -> Option<Cursor> {
        let most = asked_for(input);
        let start = Cursor {
            scope: self.scope.clone(),
            seen: Arc::default(),
            others: 0,
            pages: 0,
            most,
            writes: world.writes,
            used: false,
        };
        let Some(token) = input
            .next_token
            .as_deref()
            .filter(|token| !token.is_empty())
        else {
            return Some(start);
        };
        let found = world.cursor(token, (&self.scope, most), || self.issued(token, most));
        match found {
            Some(cursor) if cursor.scope == self.scope => {
                let doubt = if cursor.used {
                    Some((rule!("page.token-reuse"), "a token used before"))
                } else if world.reference {
                    None
                } else if cursor.most != most {
                    let why = "a token of pages of another size";
                    Some((rule!("page.token-reuse"), why))
                } else if cursor.writes != world.writes {
                    Some((rule!("page.token-expiry"), "a token from before a change"))
                } else {
                    None
                };
                if let Some((rule, why)) = doubt {
                    // What a target makes of such a token nobody says, nor how it refuses it.
                    let refusals = match world.reference {
                        true => Refusals::BAD,
                        false => Refusals::BAD.or(Refusals::NOT_FOUND),
                    };
                    gate.ground(Ground::may(rule, refusals, why));
                }
                gate.touch(rule!("page.complete"));
                Some(cursor)
            }
            Some(_) => {
                gate.ground(Ground::may(
                    rule!("page.token-foreign"),
                    Refusals::BAD,
                    "a token of another listing",
                ));
                // Whoever does not tell it from one that nobody handed out may have any refusal of those for it.
                gate.grudge(rule!("page.token-foreign"), Refusals::NOT_FOUND);
                None
            }
            None => {
                gate.ground(Ground {
                    strength: if world.reference {
                        Strength::Must
                    } else {
                        Strength::May
                    },
                    ..Ground::may(
                        rule!("page.token-garbage"),
                        Refusals::BAD.or(Refusals::NOT_FOUND),
                        "a token nobody handed out",
                    )
                });
                None
            }
        }
    }

    /// Reads a token of the reference.
    fn issued(&self, token: &str, most: Option<usize>) -> Option<Cursor> {
        let (last, pages) = resumes(&self.scope, token)?;
        let seen = self
            .items
            .iter()
            .filter_map(|item| item.name.as_ref())
            .filter(|name| **name <= last)
            .cloned()
            .collect();
        Some(Cursor {
            scope: self.scope.clone(),
            seen: Arc::new(seen),
            others: 0,
            pages,
            most,
            writes: 0,
            used: false,
        })
    }
}

/// The size of page a request asks for.
fn asked_for(input: &Input) -> Option<usize> {
    input
        .max_results
        .and_then(|most| usize::try_from(most).ok())
}

/// Where nobody can say what is listed, nobody can say either that a token leads on in it.
pub(super) fn doubt_token(world: &World, input: &Input, gate: &mut Gate<'_>) {
    let has_token = input
        .next_token
        .as_deref()
        .is_some_and(|token| !token.is_empty());
    if has_token && !world.reference {
        let (refusals, why) = (
            Refusals::BAD.or(Refusals::NOT_FOUND),
            "a token that may lead nowhere",
        );
        gate.ground(Ground::may(rule!("page.token-garbage"), refusals, why));
    }
}

/// Remembers the token of a page together with what has been listed by then, and what its items show.
fn remember(page: &Arc<Page>, sent: Option<String>, world: &World, adopt: Option<Adopt>) -> Effect {
    if world.reference {
        return Effect::none();
    }
    let page = Arc::clone(page);
    let first_writes = if page.whole || sent.is_none() {
        None
    } else {
        Some(u64::MAX)
    };
    Effect::new(move |world, body| {
        if let Some(sent) = &sent {
            world.use_cursor(sent, (&page.scope, page.most));
        }
        let Some(body) = body else { return };
        let items = body.get("Items").and_then(Json::items).unwrap_or_default();
        let matched = page.matched(items);
        let mut all = page.seen.as_ref().clone();
        let others = page.others + page.others_among(items, &matched);
        for (item, at) in items.iter().zip(&matched) {
            let name = page.key.of(item);
            let expected = at.and_then(|at| page.items.get(at));
            // Where names that differ by case may be the same, an item counts under the name it is known by.
            let known = expected.and_then(|expected| expected.name.as_deref());
            all.extend(known.or(name.as_deref()).map(str::to_owned));
            let handle = expected.map_or(0, |expected| expected.handle);
            if handle != 0 {
                all.push(mark(handle));
            }
            if let Some(adopt) = adopt.as_ref().filter(|_| page.tells(expected, items, body)) {
                adopt(world, handle, name.as_deref(), item);
            }
        }
        let Some(token) = token(body) else {
            if page.whole && page.key == template::NAMING {
                world.templates_listed = Some(Arc::new(all));
            }
            return;
        };
        let writes = first_writes.unwrap_or(world.writes);
        let cursor = Cursor {
            scope: page.scope.clone(),
            seen: Arc::new(all),
            others,
            pages: page.number,
            most: page.most,
            writes,
            used: false,
        };
        world.hand_out(token.to_owned(), cursor);
    })
}

impl Cursor {
    /// How well it fits a listing and a size of page: servers that count pages hand out one token in many listings.
    pub(super) fn nearness(&self, (scope, most): (&str, Option<usize>)) -> u8 {
        match self.scope == scope {
            true => 1 + u8::from(self.most == most),
            false => 0,
        }
    }

    /// Whether both were handed out in the same listing, for pages of one size.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        other.nearness((&self.scope, self.most)) > 1
    }

    pub(super) fn spent(&self) -> Self {
        Self {
            used: true,
            ..self.clone()
        }
    }
}

impl Page {
    /// The page with its items without a known name in every order, because only that tells which is which.
    fn arrangements(self) -> Vec<Self> {
        let nameless: Vec<usize> = self
            .items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.name.is_none())
            .map(|(at, _)| at)
            .collect();
        if nameless.len() < 2 {
            return vec![self];
        }
        if nameless.len() > MOST_NAMELESS {
            // Too many to be told apart: they are not looked at one by one, but counted.
            let mut page = self;
            page.closed = !(page.strangers.legal)("");
            page.strangers.legal = |_| true;
            if page.shares_names() {
                let placed = rule!("assign.one-profile-per-object");
                let known = &mut page.strangers.known;
                known.retain(|(_, rules)| rules.contains(&placed));
            }
            let items = std::mem::take(&mut page.items);
            (page.items, page.hidden) = items.into_iter().partition(|item| item.name.is_some());
            return vec![page];
        }
        let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in &nameless {
            orders = orders
                .iter()
                .flat_map(|order| {
                    let rest = nameless.iter().filter(move |at| !order.contains(at));
                    rest.map(move |at| {
                        let mut longer = order.clone();
                        longer.push(*at);
                        longer
                    })
                })
                .collect();
        }
        orders
            .into_iter()
            .map(|order| {
                let mut page = self.clone();
                for (place, from) in nameless.iter().zip(order) {
                    page.items[*place] = self.items[from].clone();
                }
                page
            })
            .collect()
    }

    /// Whether others may have the same names. Ids are given once. Keys of objects are not: another type or domain may have the same.
    fn shares_names(&self) -> bool {
        self.key == Naming::Member("ProfileObjectUniqueKey")
    }

    /// How many items of a page are none that anybody knows.
    fn others_among(&self, items: &[Json], matched: &[Option<usize>]) -> usize {
        let lacks_names = self.lacks_names();
        items
            .iter()
            .zip(matched)
            .filter(|(item, at)| at.is_none() && (lacks_names || self.key.of(item).is_some()))
            .count()
    }

    /// Which item of the listing each item of a page is.
    fn matched(&self, items: &[Json]) -> Vec<Option<usize>> {
        let names: Vec<Option<Cow<'_, str>>> = items.iter().map(|item| self.key.of(item)).collect();
        let mut matched: Vec<Option<usize>> = names
            .iter()
            .map(|name| {
                let name = name.as_deref()?;
                let known = |item: &Item| item.name.as_deref() == Some(name);
                let folded = |item: &Item| {
                    let known = item.name.as_deref();
                    self.strangers.folded && known.is_some_and(|it| it.eq_ignore_ascii_case(name))
                };
                let exact = self.items.iter().position(known);
                exact.or_else(|| self.items.iter().position(folded))
            })
            .collect();
        let is_named = self.items.iter().all(|item| item.name.is_some());
        if self.key == template::NAMING || is_named && names.iter().all(Option::is_some) {
            return matched;
        }
        // An item without a known name is the first that is shown as it should be, or else the first that looks like it; if none
        // does, the first that is left, so that the difference says what is wrong with it. Where others that nobody knows may be
        // listed, it is rather one of them than one that need not be there and is not shown as it should be.
        let crowded = (self.strangers.legal)("");
        for likeness in [Some(Likeness::Whole), Some(Likeness::Lawful), None] {
            for at in 0..items.len() {
                let shared = self.shares_names();
                let unlisted =
                    |name: &str| shared || self.strangers.known.iter().all(|(it, _)| it != name);
                if matched[at].is_some() || !names[at].as_deref().is_none_or(unlisted) {
                    continue;
                }
                let found = (0..self.items.len()).find(|one| {
                    let item = &self.items[*one];
                    let open = item.name.is_none() || names[at].is_none();
                    let free = open && !matched.contains(&Some(*one));
                    let fits = match likeness {
                        Some(Likeness::Lawful) if crowded && item.need != Need::Must => false,
                        Some(likeness) => item.looks_like(&items[at], likeness),
                        None => item.need == Need::Must,
                    };
                    free && !item.is_among(&self.seen) && fits
                });
                matched[at] = found;
            }
        }
        matched
    }

    /// Whether an answer with these items tells which of them is the one expected: where others that nobody knows may be listed, one
    /// without a known name may look like them.
    fn tells(&self, expected: Option<&Item>, items: &[Json], body: &Json) -> bool {
        let Some(nameless) = expected.filter(|expected| expected.name.is_none()) else {
            return true;
        };
        let alike = items
            .iter()
            .filter(|item| nameless.looks_like(item, Likeness::Lawful));
        !(self.strangers.legal)("")
            || (self.seen.is_empty() && token(body).is_none() && alike.count() == 1)
    }

    pub(super) fn compare(&self, actual: &Json, place: &mut String, found: &mut Vec<Difference>) {
        let empty = Vec::new();
        let items = match actual.get("Items") {
            Some(Json::Array(items)) => items,
            _ => &empty,
        };
        let (limit, limit_rules) = match self.most {
            Some(most) => (most, rules!["page.max.respected"]),
            None => (
                LARGEST_PAGE,
                rules!["page.max.default", "page.max.respected"],
            ),
        };
        if items.len() > limit {
            let count = format!("{} items", items.len());
            found.push(Difference::new(
                limit_rules,
                format!("{place}/Items"),
                format!("at most {limit} items"),
                count,
            ));
        }
        let matched = self.matched(items);
        let mut listed: Vec<Cow<'_, str>> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let mut place = format!("{place}/Items/{at}");
            let expected = matched[at].and_then(|at| self.items.get(at));
            let shown = self.key.of(item);
            if shown.is_none() && expected.is_none() && !self.lacks_names() {
                continue;
            }
            let known = expected.and_then(|expected| expected.name.as_deref().map(Cow::Borrowed));
            let name = known.or(shown).unwrap_or_default();
            let foreign = expected.is_none() && self.strangers.foreign;
            let again = !name.is_empty()
                && (listed.contains(&name)
                    || (self.whole && self.seen.iter().any(|seen| *seen == name)));
            if again && !foreign {
                let other =
                    |one: &Json| self.key.of(one).as_ref() == Some(&name) && !one.same(item);
                let rules: Rules = match self.key {
                    Naming::Within(_) if items.iter().any(other) => {
                        rules!["asset.id", "page.no-duplicates"]
                    }
                    _ => rules!["page.no-duplicates"],
                };
                found.push(Difference::new(
                    rules,
                    place.clone(),
                    "each item once",
                    excerpt(item),
                ));
            }
            if let Naming::Within(member) = self.key
                && !name.is_empty()
                && !(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
            {
                // That an id looks like one is a SHOULD within a MUST (asset.id).
                found.push(Difference::new(
                    rules!["asset.populated"],
                    format!("{place}/Object/{member}"),
                    "32 hex digits",
                    format!("{name:?}"),
                ));
            }
            match expected {
                Some(expected) => {
                    expected
                        .pattern
                        .compare(item, self.missing, &mut place, found);
                    if let Need::ShouldNot(rule) = expected.need {
                        let mut difference = Difference::new(
                            self.strangers.rules,
                            place,
                            "no such item",
                            excerpt(item),
                        );
                        difference.rules.insert(0, rule);
                        found.push(difference);
                    }
                }
                None => {
                    let known = self
                        .strangers
                        .known
                        .iter()
                        .find(|(known, _)| *known == name);
                    if known.is_some() || !(self.strangers.legal)(&name) {
                        let mut difference = Difference::new(
                            self.strangers.rules,
                            place,
                            "no such item",
                            excerpt(item),
                        );
                        if let Some((_, rules)) = known {
                            difference.rules = rules.clone();
                        }
                        found.push(difference);
                    }
                }
            }
            listed.push(name);
        }
        if let Naming::Within(_) = self.key {
            found.extend(same_keys(items, place));
        }
        match token(actual) {
            Some(token) => {
                if token.chars().count() > 1024 {
                    let length = format!("{} characters", token.chars().count());
                    found.push(Difference::new(
                        rules!["page.token-length"],
                        format!("{place}/NextToken"),
                        "at most 1024 characters",
                        length,
                    ));
                }
                let others = self.others + self.others_among(items, &matched);
                let count = self.items.len() + others.max(self.hidden.len());
                let limit = u32::try_from(count).unwrap_or(u32::MAX);
                let limit = limit.saturating_add(SPARE_PAGES);
                if self.whole && self.number > limit && !self.strangers.foreign {
                    let actual = format!("a token on page {}", self.number);
                    let expected = format!("an end within {limit} pages for {count} items");
                    found.push(Difference::new(
                        rules!["page.end"],
                        format!("{place}/NextToken"),
                        expected,
                        actual,
                    ));
                }
            }
            None if self.whole => {
                for (at, item) in self.items.iter().enumerate() {
                    let here = matched.contains(&Some(at));
                    if item.need == Need::Must && !here && !item.is_among(&self.seen) {
                        found.push(self.without(item, place));
                    }
                }
                let others = self.others + self.others_among(items, &matched);
                found.extend(self.lacking(others, place));
                if self.closed && self.number == 1 && others > self.hidden.len() {
                    let expected = format!("at most {} without a known name", self.hidden.len());
                    let place = format!("{place}/Items");
                    let count = format!("{others} of them");
                    found.push(Difference::new(
                        self.strangers.rules,
                        place,
                        expected,
                        count,
                    ));
                }
            }
            None => {}
        }
    }

    /// What is wrong if a whole listing does not show an item.
    fn without(&self, item: &Item, place: &str) -> Difference {
        let expected = format!("{} by the last page", item.pattern);
        let place = format!("{place}/Items");
        let mut difference = Difference::new(self.missing, place, expected, "nothing");
        difference.rules = item.missing.clone();
        difference.rules.extend(self.missing.iter().copied());
        difference
    }

    /// What is wrong if a whole listing shows so few items that nobody knows that some without a known name are not among them.
    fn lacking(&self, others: usize, place: &str) -> Option<Difference> {
        let musts = self.hidden.iter().filter(|item| item.need == Need::Must);
        let mut missing: Vec<Difference> = musts.map(|item| self.without(item, place)).collect();
        // Those that only ought to be there are taken for the ones that are not.
        missing.sort_by_key(Difference::violates);
        let lacking = missing.len().checked_sub(others + 1)?;
        Some(missing.swap_remove(lacking))
    }

    /// Whether an item without a name may be one of its own, or nothing but a stranger.
    fn lacks_names(&self) -> bool {
        self.items.is_empty()
            || self.items.iter().any(|item| item.handle != 0)
            || matches!(self.key, Naming::Within(_) | template::NAMING)
    }

    /// Calls `cite` for every rule that a page shows by fitting.
    pub(super) fn cites(&self, actual: &Json, cite: &mut impl FnMut(RuleId)) {
        let mut shown: Vec<RuleId> = Vec::new();
        let mut all = |rules: &[RuleId]| shown.extend(rules);
        all(self.missing);
        all(rules![
            "page.no-duplicates",
            "page.max.default",
            "quota.page"
        ]);
        let items = actual
            .get("Items")
            .and_then(Json::items)
            .unwrap_or_default();
        match token(actual) {
            Some(_) => {
                all(rules!["page.token-length"]);
                if self.most.is_some_and(|most| items.len() < most) {
                    all(rules!["page.short-pages"]);
                }
            }
            None => all(rules!["page.end"]),
        }
        for (_, rules) in &self.strangers.known {
            all(rules);
        }
        shown.into_iter().for_each(&mut *cite);
        let matched = self.matched(items);
        // What may be listed and is not shows its rule as well.
        for (at, item) in self.items.iter().enumerate() {
            if item.need != Need::Must && !matched.contains(&Some(at)) {
                item.missing.iter().for_each(|rule| cite(*rule));
            }
        }
        for (item, at) in items.iter().zip(matched) {
            if let Some(expected) = at.and_then(|at| self.items.get(at)) {
                expected.missing.iter().for_each(|rule| cite(*rule));
                expected.pattern.cites(item, cite);
            }
        }
    }

    pub(super) fn render(&self, filling: Filling) -> Json {
        let most = self.most.unwrap_or(LARGEST_PAGE);
        let left: Vec<_> = self
            .items
            .iter()
            .filter(|item| item.need == Need::Must && !item.is_among(&self.seen))
            .collect();
        let shown = &left[..left.len().min(most)];
        let items = shown
            .iter()
            .filter_map(|item| item.pattern.render(filling))
            .collect();
        let mut members = vec![("Items".to_owned(), Json::Array(items))];
        let last = shown.last().and_then(|item| item.name.as_ref());
        if let Some(last) = last.filter(|_| left.len() > shown.len()) {
            let rest = format!("{}.{}", self.number, hex(last.as_bytes()));
            members.push((
                "NextToken".to_owned(),
                Json::from(format!("{}.{rest}", seal(&self.scope, &rest))),
            ));
        }
        Json::Object(members)
    }
}

impl Item {
    /// Whether something in an answer may be this item.
    fn looks_like(&self, actual: &Json, likeness: Likeness) -> bool {
        let mut found = Vec::new();
        self.pattern
            .compare(actual, &[], &mut String::new(), &mut found);
        match likeness {
            Likeness::Whole => found.is_empty(),
            Likeness::Lawful => !found.iter().any(Difference::violates),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{\"Items\"?: ")?;
        if let Some(most) = self.most {
            write!(f, "at most {most} ")?;
        }
        f.write_str("of [")?;
        let left = self.items.iter().filter(|item| !item.is_among(&self.seen));
        for (at, item) in left.enumerate() {
            let (comma, mark) = (
                if at == 0 { "" } else { ", " },
                if item.need == Need::Must { "" } else { "?" },
            );
            write!(f, "{comma}{}{mark}", item.pattern)?;
        }
        f.write_str("]")?;
        if !self.hidden.is_empty() {
            write!(f, " and {} without a known name", self.hidden.len())?;
        }
        if self.strangers.foreign {
            f.write_str(" and others")?;
        }
        f.write_str(", \"NextToken\"?: <token>}")
    }
}

/// The token of a page, if there is a next one.
/// Whether a page says that another follows.
pub(super) fn goes_on(body: &Json) -> bool {
    token(body).is_some()
}

fn token(body: &Json) -> Option<&str> {
    body.get("NextToken")
        .and_then(Json::as_str)
        .filter(|token| !token.is_empty())
}

/// What a token of the reference says: the name after which a listing goes on, and how many pages were before.
pub(super) fn resumes(scope: &str, token: &str) -> Option<(String, u32)> {
    let (check, rest) = token.split_once('.')?;
    let (pages, last) = rest.split_once('.')?;
    let last = String::from_utf8(unhex(last)?).ok()?;
    (check == seal(scope, rest)).then_some((last, pages.parse().ok()?))
}

/// What makes a token of the reference belong to one listing: FNV-1a over both.
fn seal(scope: &str, rest: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in scope.bytes().chain([0]).chain(rest.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: Rules = rules!["list-types.complete"];
    const STRANGER: Rules = rules!["domain.isolation"];

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).expect("JSON")
    }

    /// An item `{"N": name, "V": name}`.
    fn item(name: &str) -> Item {
        let value = Json::Object(vec![
            ("N".to_owned(), Json::from(name)),
            ("V".to_owned(), Json::from(name)),
        ]);
        Item::named(name.to_owned(), Pattern::Exactly(value))
    }

    fn nameless(handle: No, value: &str) -> Item {
        let value = json(value);
        let slot = super::super::pattern::required("V", Pattern::Exactly(value), LISTING);
        let object = super::super::pattern::Object::of(vec![slot]);
        Item {
            name: None,
            handle,
            ..Item::named(String::new(), Pattern::Object(object))
        }
    }

    /// The first page of a listing of these.
    fn page(items: Vec<Item>) -> Page {
        Page {
            key: Naming::Member("N"),
            items,
            hidden: Vec::new(),
            closed: false,
            seen: Arc::default(),
            others: 0,
            number: 1,
            most: None,
            whole: true,
            strangers: Strangers {
                foreign: false,
                folded: false,
                legal: |name| name.starts_with("legal"),
                known: vec![("gone".to_owned(), RuleList::from_slice(STRANGER))],
                rules: rules!["list-types.after-delete"],
            },
            scope: "types/d".to_owned(),
            missing: LISTING,
        }
    }

    fn two() -> Page {
        page(vec![item("a"), item("b")])
    }

    /// A body of items, which are `name` or `name=value`, and more members.
    fn body(items: &[&str], more: &str) -> Json {
        let items: Vec<String> = items
            .iter()
            .map(|item| {
                let (name, value) = item.split_once('=').unwrap_or((item, item));
                format!(r#"{{"N":"{name}","V":"{value}"}}"#)
            })
            .collect();
        json(&format!(r#"{{"Items":[{}]{more}}}"#, items.join(",")))
    }

    fn differences(page: &Page, body: &Json) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        page.compare(body, &mut String::new(), &mut found);
        found
            .into_iter()
            .map(|difference| (difference.place, difference.rules[0].id()))
            .collect()
    }

    fn at(place: &str, rule: &'static str) -> Vec<(String, &'static str)> {
        vec![(place.to_owned(), rule)]
    }

    const TOKEN: &str = r#","NextToken":"t""#;

    #[test]
    fn the_last_page_completes_the_listing() {
        assert_eq!(differences(&two(), &body(&["b", "a"], "")), []);
        assert_eq!(differences(&two(), &body(&["b"], TOKEN)), []);
        let missing = at("/Items", "list-types.complete");
        assert_eq!(differences(&two(), &body(&["b"], "")), missing);
        assert_eq!(
            differences(&two(), &body(&["b"], r#","NextToken":"""#)),
            missing
        );
        assert_eq!(differences(&two(), &json("{}")).len(), 2);
        let mut rest = two();
        rest.seen = Arc::new(vec!["a".to_owned()]);
        assert_eq!(differences(&rest, &body(&["b"], "")), []);
        // Something changed on the way: nothing has to be there.
        rest.whole = false;
        assert_eq!(differences(&rest, &body(&[], "")), []);
        let mut free = two();
        free.items[0].need = Need::May;
        assert_eq!(differences(&free, &body(&["b"], "")), []);
        let mut told = two();
        told.items[0].missing = RuleList::from_slice(STRANGER);
        assert_eq!(
            differences(&told, &body(&["b"], "")),
            at("/Items", "domain.isolation")
        );
    }

    #[test]
    fn an_item_is_listed_once_and_as_it_is() {
        let twice = at("/Items/2", "page.no-duplicates");
        assert_eq!(differences(&two(), &body(&["a", "b", "a"], "")), twice);
        let wrong = at("/Items/0", "list-types.complete");
        assert_eq!(differences(&two(), &body(&["a=x", "b"], "")), wrong);
        let mut second = two();
        second.seen = Arc::new(vec!["a".to_owned()]);
        let again = at("/Items/0", "page.no-duplicates");
        assert_eq!(differences(&second, &body(&["a", "b"], "")), again);
        second.whole = false;
        assert_eq!(differences(&second, &body(&["a", "b"], "")), []);
        let mut unwelcome = two();
        unwelcome.items[0].need = Need::ShouldNot(STRANGER[0]);
        let listed = at("/Items/0", "domain.isolation");
        assert_eq!(differences(&unwelcome, &body(&["a", "b"], "")), listed);
        assert_eq!(differences(&unwelcome, &body(&["b"], "")), []);
    }

    #[test]
    fn strangers_are_told_by_their_names() {
        let seen = |page: &Page, name| differences(page, &body(&["a", "b", name], ""));
        assert_eq!(seen(&two(), "legal"), []);
        assert_eq!(seen(&two(), "x"), at("/Items/2", "list-types.after-delete"));
        assert_eq!(seen(&two(), "gone"), at("/Items/2", "domain.isolation"));
        // Names in another case may be the same, or other ones.
        assert_eq!(seen(&two(), "A").len(), 1);
        let mut folded = two();
        folded.strangers.folded = true;
        folded.items[0].pattern = Pattern::Any;
        assert_eq!(differences(&folded, &body(&["A", "b"], "")), []);
        assert_eq!(
            differences(&folded, &body(&["A", "b", "a"], "")),
            at("/Items/2", "page.no-duplicates")
        );
        // Where others add and remove, what they have may come twice.
        let mut shared = two();
        let twice = body(&["a", "b", "legal", "legal"], "");
        assert_eq!(differences(&shared, &twice).len(), 1);
        shared.strangers.foreign = true;
        assert_eq!(differences(&shared, &twice), []);
    }

    #[test]
    fn a_page_is_no_larger_than_asked_for() {
        let mut small = two();
        small.most = Some(2);
        assert_eq!(differences(&small, &body(&["a", "b"], "")), []);
        small.most = Some(1);
        let large = at("/Items", "page.max.respected");
        assert_eq!(differences(&small, &body(&["a", "b"], "")), large);
        let names: Vec<String> = (0..101).map(|at| format!("legal{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let empty = page(Vec::new());
        assert_eq!(differences(&empty, &body(&names[..100], "")), []);
        let large = at("/Items", "page.max.default");
        assert_eq!(differences(&empty, &body(&names, "")), large);
    }

    #[test]
    fn tokens_are_short_and_end_some_time() {
        let token = |length| format!(r#","NextToken":"{}""#, "t".repeat(length));
        assert_eq!(differences(&two(), &body(&[], &token(1024))), []);
        let long = at("/NextToken", "page.token-length");
        assert_eq!(differences(&two(), &body(&[], &token(1025))), long);
        let mut late = two();
        late.number = 22;
        assert_eq!(differences(&late, &body(&[], TOKEN)), []);
        late.number = 23;
        assert_eq!(
            differences(&late, &body(&[], TOKEN)),
            at("/NextToken", "page.end")
        );
        late.others = 1;
        assert_eq!(differences(&late, &body(&[], TOKEN)), []);
        late.others = 0;
        late.strangers.foreign = true;
        assert_eq!(differences(&late, &body(&[], TOKEN)), []);
        late.strangers.foreign = false;
        late.whole = false;
        assert_eq!(differences(&late, &body(&[], TOKEN)), []);
    }

    #[test]
    fn an_item_without_a_known_name_is_known_by_what_it_looks_like() {
        let page = page(vec![nameless(1, "\"x\""), nameless(2, "\"y\""), item("a")]);
        let matched = |items: &[&str]| {
            let body = body(items, "");
            page.matched(body.get("Items").and_then(Json::items).expect("items"))
        };
        assert_eq!(matched(&["p=y", "a", "q=x"]), [Some(1), Some(2), Some(0)]);
        // What looks like none of them is one that is left, so that it can be said what is wrong with it.
        assert_eq!(matched(&["p=z", "q=x"]), [Some(1), Some(0)]);
        assert_eq!(matched(&["p=x", "q=x", "r=x"]), [Some(0), Some(1), None]);
        // What is known not to belong is none of them.
        assert_eq!(matched(&["gone=x"]), [None]);
        assert_eq!(
            differences(&page, &body(&["p=z", "q=x", "a"], "")),
            at("/Items/0/V", "list-types.complete")
        );
        let mut rest = page.clone();
        rest.seen = Arc::new(vec!["#1".to_owned(), "a".to_owned()]);
        assert_eq!(differences(&rest, &body(&["p=y"], "")), []);
    }

    #[test]
    fn what_has_no_name_may_come_in_any_order() {
        let orders = |count: usize| {
            let all = (1..=count).map(|at| nameless(at as No, "1"));
            let pages = page(all.chain([item("a")]).collect()).arrangements();
            let handles = |page: Page| page.items.iter().map(|item| item.handle).collect();
            pages.into_iter().map(handles).collect::<Vec<Vec<No>>>()
        };
        assert_eq!(orders(0), [[0]]);
        assert_eq!(orders(1), [[1, 0]]);
        assert_eq!(orders(2), [[1, 2, 0], [2, 1, 0]]);
        assert_eq!(orders(4).len(), 24);
        // More cannot be told apart, and are not looked at.
        assert_eq!(orders(5), [[0]]);
        let many = page((1..=5).map(|at| nameless(at, "1")).collect()).arrangements();
        let all = ["v", "w", "x", "y", "z"];
        assert_eq!(differences(&many[0], &body(&all, "")), []);
        let missing = at("/Items", "list-types.complete");
        assert_eq!(differences(&many[0], &body(&all[..4], "")), missing);
        assert_eq!(differences(&many[0], &body(&["x"], TOKEN)), []);
        let mut rest = many[0].clone();
        rest.others = 3;
        assert_eq!(differences(&rest, &body(&all[..2], "")), []);
        assert_eq!(differences(&rest, &body(&all[..1], "")), missing);
        // Some of them need not be there, or only ought to be.
        rest.hidden[0].need = Need::May;
        assert_eq!(differences(&rest, &body(&all[..1], "")), []);
        rest.hidden[1].missing = RuleList::from_slice(rules!["std.keys.full-name"]);
        let likely = at("/Items", "std.keys.full-name");
        assert_eq!(differences(&rest, &body(&[], "")), likely);
        rest.others = 2;
        assert_eq!(differences(&rest, &body(&[], "")), missing);
    }

    #[test]
    fn the_reference_lists_page_by_page() {
        let filling = Filling { now_ms: 0 };
        let mut listing = page(vec![item("a"), item("b"), item("c"), item("d")]);
        listing.items[1].need = Need::May;
        listing.most = Some(2);
        let first = listing.render(filling);
        let token = token(&first).expect("a token").to_owned();
        let items = body(&["a", "c"], "");
        let shown = |body: &Json| body.get("Items").expect("items").to_text();
        assert_eq!(shown(&first), shown(&items));
        assert_eq!(resumes("types/d", &token), Some(("c".to_owned(), 1)));
        assert_eq!(resumes("types/e", &token), None);
        assert_eq!(resumes("types/d", &token.replace(".1.", ".2.")), None);
        assert_eq!(resumes("types/d", "t"), None);
        listing.seen = Arc::new(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        assert!(listing.render(filling).same(&body(&["d"], "")));
        listing.seen = Arc::default();
        listing.most = Some(3);
        assert!(listing.render(filling).same(&body(&["a", "c", "d"], "")));
        let shown = listing.to_string();
        assert!(
            shown.starts_with(r#"{"Items"?: at most 3 of [{"N":"a""#),
            "{shown}"
        );
        assert!(shown.contains(r#"{"N":"b","V":"b"}?, "#), "{shown}");
        assert!(shown.ends_with(r#"], "NextToken"?: <token>}"#), "{shown}");
        listing.strangers.foreign = true;
        assert!(listing.to_string().contains("] and others, "));
    }

    #[test]
    fn names_survive_in_tokens() {
        for name in ["", "a", "\u{e4}.b", "0"] {
            assert_eq!(
                unhex(&hex(name.as_bytes())).as_deref(),
                Some(name.as_bytes())
            );
        }
        assert_eq!(hex(&[0x0f, 0xa0]), "0fa0");
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("\u{e4}"), None);
        // The constants of FNV-1a: a token of another version of the reference is still its own.
        assert_eq!(seal("", ""), "af63bd4c8601b7df");
    }

    #[test]
    fn a_page_shows_the_rules_of_what_is_on_it_and_of_what_may_be_missing() {
        let cited = |page: &Page, body: &Json| {
            let mut cited = Vec::new();
            page.cites(body, &mut |rule| cited.push(rule.id()));
            cited.sort_unstable();
            cited
        };
        let common = [
            "domain.isolation",
            "list-types.complete",
            "page.max.default",
            "page.no-duplicates",
            "quota.page",
        ];
        let with = |more: &[&'static str]| {
            let mut all = [&common, more].concat();
            all.sort_unstable();
            all
        };
        let mut page = two();
        page.items[1].need = Need::May;
        page.items[0].missing = RuleList::from_slice(rules!["time.clock"]);
        page.items[1].missing = RuleList::from_slice(rules!["time.negative"]);
        let none = body(&[], "");
        assert_eq!(cited(&page, &none), with(&["page.end", "time.negative"]));
        let both = body(&["a", "b"], "");
        assert_eq!(
            cited(&page, &both),
            with(&["page.end", "time.clock", "time.negative"])
        );
        let more = body(&["b"], TOKEN);
        assert_eq!(
            cited(&page, &more),
            with(&["page.token-length", "time.negative"])
        );
        page.most = Some(2);
        assert_eq!(
            cited(&page, &more),
            with(&["page.short-pages", "page.token-length", "time.negative"])
        );
        page.most = Some(1);
        assert_eq!(
            cited(&page, &more),
            with(&["page.token-length", "time.negative"])
        );
    }
}
