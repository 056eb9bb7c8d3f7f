//! Listings: one page of them, and the tokens that lead from page to page.
//!
//! The contract fixes little: a page has at most as many items as asked for, tokens end some time, and the pages
//! together show everything once. Order, page size and tokens are free. A token is therefore known by having been seen:
//! the world remembers what had been listed when it was handed out.

use std::fmt;
use std::sync::Arc;

use crate::contract::validate::Input;
use crate::contract::{Refusals, RuleId, Strength};
use crate::rule;
use crate::wire::Json;

use super::gate::{Branch, Gate, Ground, Served};
use super::pattern::{Difference, Filling, Pattern, Rules, excerpt, rules};
use super::world::{Effect, World};

/// How many pages beyond one for each item a listing may take before it counts as endless.
const SPARE_PAGES: u32 = 20;

/// The largest page, and what the reference answers when no size is asked for.
const LARGEST_PAGE: usize = 100;

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// The member that names an item.
    pub(super) key: &'static str,
    /// Every item that belongs into the listing, in the order in which the reference lists them.
    pub(super) items: Vec<(String, Pattern)>,
    /// Names that had been listed by the pages before.
    pub(super) seen: Arc<Vec<String>>,
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
    pub(super) known: Vec<(String, Rules)>,
    /// Rules broken by any other name.
    pub(super) rules: Rules,
}

/// What had been listed when a token was handed out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    scope: String,
    seen: Arc<Vec<String>>,
    pages: u32,
    writes: u64,
    used: bool,
}

/// A listing that an operation answers.
pub(super) struct Listing {
    pub(super) key: &'static str,
    /// What is listed: operation and domain.
    pub(super) scope: String,
    pub(super) items: Vec<(String, Pattern)>,
    pub(super) strangers: Strangers,
    pub(super) missing: Rules,
    /// Rules to name when a legal request is refused.
    pub(super) blame: Rules,
}

impl Listing {
    /// The answers to a request for a page of this listing. `adopt` sees the body of a page that was served.
    pub(super) fn branches(
        self,
        world: &World,
        input: &Input,
        mut gate: Gate<'_>,
        adopt: Option<Effect>,
    ) -> Vec<Branch> {
        let cursor = self.cursor(world, input, &mut gate);
        if !gate.may_be_served() {
            return gate.finish(Vec::new());
        }
        let most = input
            .max_results
            .and_then(|most| usize::try_from(most).ok());
        let whole = cursor
            .as_ref()
            .is_some_and(|cursor| !cursor.used && cursor.writes == world.writes);
        let seen = cursor
            .as_ref()
            .map_or_else(Arc::default, |cursor| Arc::clone(&cursor.seen));
        let number = cursor.as_ref().map_or(0, |cursor| cursor.pages) + 1;
        let page = Page {
            key: self.key,
            items: self.items,
            seen,
            number,
            most,
            whole,
            strangers: self.strangers,
            scope: self.scope,
            missing: self.missing,
        };
        let effect = remember(&page, input.next_token.clone(), world);
        let effect = match adopt {
            None => effect,
            Some(adopt) => Effect::both(effect, adopt),
        };
        gate.finish(vec![Served::new(
            Pattern::Page(Box::new(page)),
            effect,
            self.blame,
        )])
    }

    /// Where the request's token points; a token nobody handed out is a ground for refusal.
    fn cursor(&self, world: &World, input: &Input, gate: &mut Gate<'_>) -> Option<Cursor> {
        let start = Cursor {
            scope: self.scope.clone(),
            seen: Arc::default(),
            pages: 0,
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
        let found = world.cursor(token, || self.issued(token));
        match found {
            Some(cursor) if cursor.scope == self.scope => {
                if cursor.used {
                    gate.ground(Ground::may(
                        rule!("page.token-reuse"),
                        Refusals::BAD,
                        "a token used before",
                    ));
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
    fn issued(&self, token: &str) -> Option<Cursor> {
        let (check, rest) = token.split_once('.')?;
        let (pages, last) = rest.split_once('.')?;
        let last = String::from_utf8(unhex(last)?).ok()?;
        let scope = if check == seal(&self.scope, rest) {
            self.scope.clone()
        } else {
            return None;
        };
        let seen = self
            .items
            .iter()
            .map(|(name, _)| name)
            .filter(|name| **name <= last)
            .cloned()
            .collect();
        Some(Cursor {
            scope,
            seen: Arc::new(seen),
            pages: pages.parse().ok()?,
            writes: 0,
            used: false,
        })
    }
}

/// Remembers the token of a page together with what has been listed by then.
fn remember(page: &Page, sent: Option<String>, world: &World) -> Effect {
    if world.reference {
        return Effect::none();
    }
    let (key, scope, seen, number) = (
        page.key,
        page.scope.clone(),
        Arc::clone(&page.seen),
        page.number,
    );
    let first_writes = if page.whole || sent.is_none() {
        None
    } else {
        Some(u64::MAX)
    };
    // Where names that differ by case may be the same, an item counts under the name it is known by.
    let known: Vec<String> = match page.strangers.folded {
        true => page.items.iter().map(|(name, _)| name.clone()).collect(),
        false => Vec::new(),
    };
    let canonical = move |name: &str| {
        let exact = known.iter().find(|known| *known == name);
        let folded = || known.iter().find(|known| known.eq_ignore_ascii_case(name));
        exact
            .or_else(folded)
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    };
    Effect::new(move |world, body| {
        if let Some(sent) = &sent {
            world.use_cursor(sent);
        }
        let Some(token) = body.and_then(|body| token(body)) else {
            return;
        };
        let mut all = seen.as_ref().clone();
        all.extend(
            body.into_iter()
                .flat_map(|body| names(body, key))
                .map(&canonical),
        );
        let writes = first_writes.unwrap_or(world.writes);
        let cursor = Cursor {
            scope: scope.clone(),
            seen: Arc::new(all),
            pages: number,
            writes,
            used: false,
        };
        world.hand_out(token.to_owned(), cursor);
    })
}

impl Cursor {
    pub(super) fn spent(&self) -> Self {
        Self {
            used: true,
            ..self.clone()
        }
    }
}

impl Page {
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
        let mut listed: Vec<&str> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let mut place = format!("{place}/Items/{at}");
            let Some(name) = item.get(self.key).and_then(Json::as_str) else {
                continue;
            };
            let exact = self.items.iter().find(|(known, _)| known == name);
            let expected = exact.or_else(|| {
                let mut items = self.items.iter().filter(|_| self.strangers.folded);
                items.find(|(known, _)| known.eq_ignore_ascii_case(name))
            });
            let name = expected.map_or(name, |(known, _)| known.as_str());
            let foreign = expected.is_none() && self.strangers.foreign;
            let again =
                listed.contains(&name) || (self.whole && self.seen.iter().any(|seen| seen == name));
            if again && !foreign {
                found.push(Difference::new(
                    rules!["page.no-duplicates"],
                    place.clone(),
                    "each item once",
                    excerpt(item),
                ));
            }
            listed.push(name);
            match expected {
                Some((_, pattern)) => pattern.compare(item, self.missing, &mut place, found),
                None => {
                    let known = self.strangers.known.iter().find(|(known, _)| known == name);
                    if known.is_some() || !(self.strangers.legal)(name) {
                        let rules = known.map_or(self.strangers.rules, |(_, rules)| rules);
                        found.push(Difference::new(rules, place, "no such item", excerpt(item)));
                    }
                }
            }
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
                let limit = self.items.len() as u32 + SPARE_PAGES;
                if self.whole && self.number > limit && !self.strangers.foreign {
                    let actual = format!("a token on page {}", self.number);
                    let expected =
                        format!("an end within {limit} pages for {} items", self.items.len());
                    found.push(Difference::new(
                        rules!["page.end"],
                        format!("{place}/NextToken"),
                        expected,
                        actual,
                    ));
                }
            }
            None if self.whole => {
                for (name, pattern) in &self.items {
                    if !listed.contains(&name.as_str()) && !self.seen.contains(name) {
                        let expected = format!("{pattern} by the last page");
                        found.push(Difference::new(
                            self.missing,
                            format!("{place}/Items"),
                            expected,
                            "nothing",
                        ));
                    }
                }
            }
            None => {}
        }
    }

    /// Calls `cite` for every rule that a page shows by fitting.
    pub(super) fn cites(&self, actual: &Json, cite: &mut impl FnMut(RuleId)) {
        let mut all = |rules: Rules| rules.iter().for_each(|rule| cite(*rule));
        all(self.missing);
        all(rules!["page.no-duplicates", "page.max.default"]);
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
        for item in items {
            let name = item.get(self.key).and_then(Json::as_str);
            if let Some((_, pattern)) = self
                .items
                .iter()
                .find(|(known, _)| Some(known.as_str()) == name)
            {
                pattern.cites(item, cite);
            }
        }
    }

    pub(super) fn render(&self, filling: Filling) -> Json {
        let most = self.most.unwrap_or(LARGEST_PAGE);
        let left: Vec<_> = self
            .items
            .iter()
            .filter(|(name, _)| !self.seen.contains(name))
            .collect();
        let shown = &left[..left.len().min(most)];
        let items = shown
            .iter()
            .filter_map(|(_, pattern)| pattern.render(filling))
            .collect();
        let mut members = vec![("Items".to_owned(), Json::Array(items))];
        if let Some((last, _)) = shown.last().filter(|_| left.len() > shown.len()) {
            let rest = format!("{}.{}", self.number, hex(last.as_bytes()));
            members.push((
                "NextToken".to_owned(),
                Json::from(format!("{}.{rest}", seal(&self.scope, &rest))),
            ));
        }
        Json::Object(members)
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{\"Items\"?: ")?;
        if let Some(most) = self.most {
            write!(f, "at most {most} ")?;
        }
        f.write_str("of [")?;
        for (at, (_, item)) in self
            .items
            .iter()
            .filter(|(name, _)| !self.seen.contains(name))
            .enumerate()
        {
            write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str("]")?;
        if self.strangers.foreign {
            f.write_str(" and others")?;
        }
        f.write_str(", \"NextToken\"?: <token>}")
    }
}

/// The token of a page, if there is a next one.
fn token(body: &Json) -> Option<&str> {
    body.get("NextToken")
        .and_then(Json::as_str)
        .filter(|token| !token.is_empty())
}

/// The names of the items of a page.
fn names<'a>(body: &'a Json, key: &'static str) -> impl Iterator<Item = &'a str> {
    let items = body.get("Items").and_then(Json::items).unwrap_or_default();
    items.iter().filter_map(move |item| item.get(key)?.as_str())
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
