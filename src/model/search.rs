//! SearchProfiles (contract 3.21).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::contract::validate::Input;
use crate::contract::{Level, Options, Refusals, RuleId};
use crate::wire::Json;
use crate::{choice, rule};

use super::assign::note;
use super::domain::scope;
use super::gate::{Branch, Gate, Ground, Outcome, Served, refused_somehow, served_by};
use super::index::{Grade, Hit, Hits, No, Origin, Wanted};
use super::page::{self, Adopt, Item, Listing, Naming, Need, Strangers};
use super::pattern::{Pattern, RuleList, Rules, is_id, rules};
use super::profile;
use super::standard;
use super::store::{Id, Kind, Store};
use super::value::ContentType;
use super::ways::{Ways, explore};
use super::world::{Domain, Effect, Mapping, World};

const BAD: Refusals = Refusals::BAD;
const NOT_FOUND: Refusals = Refusals::NOT_FOUND;

pub(super) fn search(world: &World, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
    let domain = scope(world, input, &mut gate, rules!["domain.scope-unknown"]);
    let key = input.member("KeyName").and_then(Json::as_str);
    let values = input.member("Values").and_then(Json::items);
    if domain.is_some() && values.is_none() && !world.reference {
        let why = "perhaps nothing is found";
        gate.ground(Ground::may(rule!("search.none"), NOT_FOUND, why));
    }
    if !gate.may_be_served() {
        page::doubt_token(world, input, &mut gate);
    }
    let (Some(domain), Some(key), Some(values)) = (domain, key, values) else {
        return gate.misread(domain.map(|_| Effect::none()));
    };
    let sound = gate.clone();
    let values: Vec<&str> = values.iter().filter_map(Json::as_str).collect();
    if values.is_empty() {
        gate.ground(Ground::choice(
            rule!("search.values-empty"),
            choice!("search.values-empty"),
            Options::only(1),
            Options::only(0),
            BAD,
            "no values",
        ));
    }
    if key == "_profileId" && values.iter().any(|value| !is_id(value)) {
        gate.ground(Ground::choice(
            rule!("search.profile-id-malformed"),
            choice!("search.profile-id-malformed"),
            Options::only(0),
            Options::only(1),
            BAD,
            "no id",
        ));
    }
    let search = Search {
        world,
        domain,
        key,
        values,
    };
    let flawed = !gate.may_be_served() || gate.obscures();
    if !world.reference && flawed && search.may_find_nothing() {
        // Whoever looks before checking everything says so.
        let why = "perhaps nothing is found";
        gate.ground(Ground::may(rule!("search.none"), NOT_FOUND, why));
    }
    if !gate.may_be_served() && (world.reference || !sound.may_be_served()) {
        return gate.finish(Vec::new());
    }
    if domain.obscured && gate.may_be_served() {
        return vec![super::free(Outcome::Free, rule!("proto.no-5xx"))];
    }
    if gate.obscures() {
        return search.anything(input, gate);
    }
    // No values may be the end of it, and so may a key that nobody knows.
    let mut flawed = Vec::new();
    if search.values.is_empty() {
        flawed.push(gate.clone());
        let mut unknown = sound.clone();
        unknown_key(domain, key, &mut unknown);
        flawed.extend((unknown.flaws() > sound.flaws()).then_some(unknown));
    }
    unknown_key(domain, key, &mut gate);
    let spoilt = gate.flaws() > sound.flaws();
    let mut branches = gate.any_of(flawed, |gate| search.answers(input, gate));
    let (several, other) = (choice!("cap.multi-values"), Options::only(1));
    if spoilt && search.is_several() && !world.reference && world.choices.get(several).has(1) {
        // Several values may mean nobody, whatever the key and each of them are.
        let mut world = world.clone();
        world.choices.narrow(several, other);
        let search = Search {
            world: &world,
            ..search
        };
        branches.extend(served_by((several, other), search.answers(input, sound)));
    }
    branches
}

/// The rule that lets a search find nobody at the price of a warning, if none of what it has to find is promised by more.
fn only_should<'a>(needed: impl Iterator<Item = &'a Item>) -> Option<RuleId> {
    let mut only = None;
    for item in needed {
        let rule = *item.missing.first()?;
        if rule.rule().level != Level::Should {
            return None;
        }
        only.get_or_insert(rule);
    }
    only
}

/// Adds the profile of that id to what stands under it as a value of `_profileId`.
pub(super) fn by_id(store: &Store, id: &str, hits: &mut Hits) {
    for hit in &mut hits.hits {
        hit.grade = Grade::Open(rule!("profile.key.add.system-id"));
    }
    let named = store.profile_no(id).map(|no| (no, Grade::Sure));
    // An id nobody has seen may be that of a profile without a known one.
    let may_be = named.is_none() && store.has_nameless() && is_id(id);
    let nameless = store
        .profiles
        .iter()
        .take_while(|_| may_be)
        .filter(|(_, profile)| profile.id.is_none())
        .map(|(no, _)| (no, Grade::Open(rule!("std.id.assigned"))));
    // One that went into another may still be asked for, and lead there.
    let heirs = store.heirs.iter().filter(|(known, _)| **known == *id);
    let heirs = heirs.map(|(_, no)| (*no, Grade::Open(rule!("merge.effect"))));
    for (subject, grade) in named.into_iter().chain(nameless).chain(heirs) {
        hits.admit(Hit {
            subject,
            grade,
            origin: Origin::Field,
            content: None,
        });
    }
}

/// A key that no type defines may be found to have no values, or be refused.
fn unknown_key(domain: &Domain, key: &str, gate: &mut Gate<'_>) {
    if profile::is_defined(domain, key) {
        return;
    }
    let why = format!("no type defines a key {key:?}");
    let refusals = BAD.or(NOT_FOUND);
    if profile::may_be_defined(domain, key) || !domain.absent.is_empty() || domain.retyped {
        // It is defined by another revision, was defined once, or was added to a profile.
        gate.ground(Ground::may(rule!("search.unknown-key"), refusals, why));
    } else {
        let (rule, choice) = (
            rule!("search.unknown-key"),
            choice!("cap.search-unknown-key"),
        );
        for ground in refused_somehow(rule, choice, [BAD, NOT_FOUND], &why) {
            gate.ground(ground);
        }
    }
}

/// What a search finds.
enum Found {
    /// Whatever has one of the values.
    Alternatives(Hits),
    /// Any profiles: the values mean something else together.
    Otherwise(Hits),
}

/// A search that was asked for.
struct Search<'a> {
    world: &'a World,
    domain: &'a Domain,
    key: &'a str,
    values: Vec<&'a str>,
}

impl Search<'_> {
    /// The answers where nobody can say what is found.
    fn anything(&self, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
        page::doubt_token(self.world, input, &mut gate);
        let blame = rules!["search.by-key"];
        gate.finish(vec![Served::new(Pattern::Any, Effect::none(), blame)])
    }

    /// The answers that show what is found, or refuse to.
    fn answers(&self, input: &Input, mut gate: Gate<'_>) -> Vec<Branch> {
        if !gate.may_be_served() {
            page::doubt_token(self.world, input, &mut gate);
            return gate.finish(Vec::new());
        }
        let Some(ways) = explore(&self.world.choices, self.world.decides(), |ways| {
            self.hits(ways)
        }) else {
            return self.anything(input, gate);
        };
        let wanted = input.member("Values").map_or(String::new(), Json::to_text);
        let scope = ["profiles ", &self.domain.name, " ", self.key, " ", &wanted].concat();
        let mut cursor = None;
        let mut served: Vec<Served> = Vec::with_capacity(ways.len());
        let mut empty = false;
        let mut should: SmallVec<[RuleId; 1]> = SmallVec::new();
        if self.is_several() {
            gate.touch(rule!("search.multi-values"));
            // What else they may mean may be nothing at all.
            gate.ground(Ground::choice(
                rule!("search.multi-values"),
                choice!("cap.multi-values"),
                choice!("cap.multi-values").options(),
                Options::only(1),
                BAD,
                "several values",
            ));
        }
        for (at, (hits, ways)) in ways.into_iter().enumerate() {
            // Several values may mean anything but their union.
            let otherwise = matches!(hits, Found::Otherwise(_));
            let (Found::Alternatives(hits) | Found::Otherwise(hits)) = hits;
            let listing = self.listing(&hits, scope.clone());
            let needed = listing.items.iter().filter(|item| item.need == Need::Must);
            empty |= needed.clone().next().is_none();
            if let Some(rule) = only_should(needed) {
                should.push(rule);
            }
            if at == 0 {
                cursor = listing.cursor(self.world, input, &mut gate);
            }
            for mut way in listing.served(self.world, input, cursor.as_ref()) {
                way.learns.extend(ways.learns().iter().copied());
                way.far_fetched |= otherwise && self.is_telling();
                served.push(way);
            }
        }
        if empty && !self.world.reference {
            gate.ground(Ground::may(
                rule!("search.none"),
                NOT_FOUND,
                "nobody has such a value",
            ));
        }
        // Finding nobody may be told so.
        if !self.world.reference {
            should
                .into_iter()
                .for_each(|rule| gate.grudge(rule, NOT_FOUND));
        }
        gate.finish(served)
    }

    /// Whether it has several values, and not one of them several times.
    fn is_several(&self) -> bool {
        self.values.iter().any(|value| *value != self.values[0])
    }

    /// Whether there need not be a profile that has one of the values.
    fn may_find_nothing(&self) -> bool {
        let found = |hits: &Hits| {
            let listing = self.listing(hits, String::new());
            listing.items.iter().any(|item| item.need == Need::Must)
        };
        let ways = explore(&self.world.choices, None, |ways| self.hits(ways));
        self.domain.obscured
            || ways.is_none_or(|ways| {
                let mut hits = ways.iter().map(|(hits, _)| hits);
                hits.any(|hits| match hits {
                    Found::Alternatives(hits) => !found(hits),
                    Found::Otherwise(_) => true,
                })
            })
    }

    /// The profiles that the values lead to.
    fn hits(&self, ways: &mut Ways) -> Found {
        if self.is_several() && ways.choose(choice!("cap.multi-values")) != 0 {
            let any = self.domain.store.profiles.iter().map(|(no, _)| Hit {
                subject: no,
                grade: Grade::Open(rule!("search.multi-values")),
                origin: Origin::Field,
                content: None,
            });
            return Found::Otherwise(Hits {
                hits: any.collect(),
                ..Hits::default()
            });
        }
        let store = &self.domain.store;
        let (contents, _) = profile::contents(self.domain, self.key);
        let mut all = Hits::default();
        for value in &self.values {
            let wanted = Wanted::Text(value, &contents);
            let mut hits = store.keys.find(self.key, wanted, ways);
            if !self.world.reference {
                standard::lead(store, self.key, wanted, &mut hits, ways);
            }
            if self.key == "_profileId" {
                by_id(store, value, &mut hits);
            }
            all.or(hits);
        }
        all.hits
            .retain(|hit| store.profiles.contains_key(&hit.subject));
        if !self.world.reference && profile::may_be_dropped(self.domain, self.key) {
            for hit in &mut all.hits {
                hit.grade = Grade::Open(rule!("search.unknown-key"));
            }
        }
        if self.world.reference {
            all.hits.sort_by(|a, b| {
                let id = |hit: &Hit| {
                    store
                        .profiles
                        .get(&hit.subject)
                        .and_then(|it| it.id.as_ref().map(Id::text))
                };
                id(a).cmp(&id(b))
            });
            return Found::Alternatives(all);
        }
        let leads = standard::leads_to_owner(self.key) || self.is_of_assets();
        for (no, profile) in store.profiles.iter() {
            let strays = leads && profile.rest.vague_kinds.contains(&Kind::Asset);
            let grade = if strays {
                Grade::Open(rule!("asset.search-by-key"))
            } else if profile.vague && self.key != "_profileId" || store.strays(no, self.key) {
                Grade::Open(rule!("search.by-key"))
            } else {
                continue;
            };
            let likely = |hit: &Hit| hit.subject == no && matches!(hit.grade, Grade::Likely(_));
            if strays && let Some(hit) = all.hits.iter_mut().find(|hit| likely(hit)) {
                // The asset that led here may have gone to another profile.
                hit.grade = grade;
            }
            all.admit(Hit {
                subject: no,
                grade,
                origin: Origin::Field,
                content: None,
            });
        }
        Found::Alternatives(all)
    }

    /// Whether a type defines the key for assets, whose owners it should find (asset.search-by-key).
    fn is_of_assets(&self) -> bool {
        self.domain
            .types
            .values()
            .any(|found| match &found.mapping {
                Mapping::Own(own) => {
                    let mut keys = own.plan.keys.iter();
                    keys.any(|key| key.name.as_ref() == self.key && key.identifies(Kind::Asset))
                }
                _ => false,
            })
    }

    /// Whether each value finds less than all of them together, so that finding all means that they are alternatives.
    fn is_telling(&self) -> bool {
        let keys = &self.domain.store.keys;
        let found: Vec<Vec<No>> = self
            .values
            .iter()
            .map(|value| {
                let mut ways = Ways::reference(&self.world.choices, &self.world.outcomes);
                let hits = keys.find(self.key, Wanted::Text(value, &[]), &mut ways);
                hits.sure().map(|hit| hit.subject).collect()
            })
            .collect();
        let all: Vec<No> = found.iter().flatten().copied().collect();
        found
            .iter()
            .all(|one| all.iter().any(|subject| !one.contains(subject)))
    }

    fn listing(&self, hits: &Hits, scope: String) -> Listing {
        let store = &self.domain.store;
        let items: Vec<Item> = hits
            .hits
            .iter()
            .filter_map(|hit| {
                let profile = store.profiles.get(&hit.subject)?;
                let fields = store.fields_of(hit.subject).into_owned();
                let mut missing = RuleList::new();
                let mut need = Need::Must;
                match hit.grade {
                    // The reference is never asked why.
                    Grade::Sure if self.world.reference => {}
                    Grade::Sure => missing.extend(self.promises(hit)),
                    Grade::Likely(rule) => missing.push(rule),
                    Grade::Open(rule) => {
                        missing.push(rule);
                        need = Need::May;
                    }
                    Grade::Unlikely(rule) => need = Need::ShouldNot(rule),
                }
                if profile.doubt.is_some() {
                    need = Need::May;
                }
                for should in [rule!("merge.effect"), rule!("delete-type.profile-remains")] {
                    if profile.rest.history.contains(&should) {
                        missing.insert(0, should);
                    }
                }
                for rule in &profile.rest.history {
                    note(&mut missing, *rule);
                }
                Some(Item {
                    name: profile.id.as_ref().map(|id| id.text().to_string()),
                    pattern: Pattern::Portrait(Box::new(profile.portrait(fields))),
                    need,
                    missing,
                    handle: hit.subject,
                })
            })
            .collect();
        let name = self.domain.name.clone();
        let adopt: Adopt = Arc::new(move |world: &mut World, handle, id, item| {
            if let Some(domain) = world.domain_mut(&name).filter(|_| handle != 0) {
                profile::adopt(Arc::make_mut(&mut domain.store), handle, id, item);
            }
        });
        Listing {
            key: Naming::Member("ProfileId"),
            scope,
            strangers: Strangers {
                foreign: false,
                folded: false,
                legal: |_| false,
                known: self.strangers(hits),
                rules: match self.key {
                    "_profileId" => rules!["std.keys.profile-id", "search.by-key"],
                    _ => rules![
                        "search.by-key",
                        "search.none",
                        "ingest.rejected-no-effect",
                        "assign.none.no-create",
                        "object.overwrite.same-profile"
                    ],
                },
            },
            items,
            missing: rules!["search.by-key", "page.complete"],
            blame: rules!["search.by-key"],
            adopt: (!self.world.reference).then_some(adopt),
        }
    }

    /// The rules that promise a profile is found by this key.
    fn promises(&self, hit: &Hit) -> RuleList {
        let rules: Rules = match (self.key, hit.origin) {
            ("_profileId", _) => rules!["std.keys.profile-id", "time.profile-id"],
            (_, Origin::Added) => rules!["profile.key.add.search", "profile.key.add.idempotent"],
            ("_phone", Origin::Field) => rules![
                "std.keys.phone",
                "key.phone.identity",
                "key.phone.documented"
            ],
            ("_email", Origin::Field) => rules!["std.keys.email", "key.email.identity"],
            ("_account", Origin::Field) => rules!["std.keys.account"],
            (_, Origin::Object(object)) => {
                let why = self.domain.store.objects.get(&object);
                let mut rules: RuleList = why
                    .map(|object| object.seen.why.clone())
                    .unwrap_or_default();
                for rule in [
                    rule!("persist.plain"),
                    rule!("persist.search-only"),
                    rule!("persist.secondary"),
                    rule!("persist.new-only.created"),
                    rule!("search.normalised"),
                    rule!("key.content-mixed.identical"),
                ] {
                    note(&mut rules, rule);
                }
                let compared: Rules = match hit.content {
                    Some(ContentType::String) => rules!["key.string.exact"],
                    Some(ContentType::Number) => rules!["key.number.identity", "key.number.equal"],
                    Some(ContentType::Phone) => {
                        rules!["key.phone.identity", "key.phone.documented"]
                    }
                    Some(ContentType::Email) => rules!["key.email.identity", "key.email.case"],
                    Some(ContentType::Name) => rules!["key.name.identity", "key.name.fold"],
                    None => &[],
                };
                compared.iter().for_each(|rule| note(&mut rules, *rule));
                return rules;
            }
            _ => rules!["search.by-key"],
        };
        rules.into()
    }

    /// Profiles that must not be found.
    fn strangers(&self, hits: &Hits) -> Vec<(String, RuleList)> {
        let mut known: Vec<(String, RuleList)> = Vec::new();
        if self.world.reference {
            return known;
        }
        let store = &self.domain.store;
        let expected = |no: No| hits.hits.iter().any(|hit| hit.subject == no);
        for (no, profile) in store.profiles.iter().filter(|(no, _)| !expected(*no)) {
            let Some(id) = &profile.id else { continue };
            let mut rules: RuleList = hits
                .never
                .iter()
                .filter(|(never, _)| *never == no)
                .map(|(_, rule)| *rule)
                .collect();
            note(&mut rules, rule!("search.by-key"));
            for (_, object) in store.objects_on(no) {
                object
                    .seen
                    .why
                    .iter()
                    .for_each(|rule| note(&mut rules, *rule));
            }
            for rule in DIFFERENT {
                note(&mut rules, *rule);
            }
            known.push((id.text().to_string(), rules));
        }
        for (id, rule) in &store.gone {
            known.push((id.to_string(), [*rule].into_iter().collect()));
        }
        let others = self.world.domains.values().chain(self.world.gone.values());
        for other in others.filter(|other| !std::ptr::eq(other.as_ref(), self.domain)) {
            for profile in other.store.profiles.values() {
                if let Some(id) = profile.id.as_ref() {
                    let rules = rules!["search.scope", "domain.isolation", "domain.delete.effect"];
                    known.push((id.text().to_string(), rules.into()));
                }
            }
        }
        known
    }
}

/// Rules that tell values apart: candidates where a profile is found that has another value.
const DIFFERENT: &[RuleId] = &[
    rule!("key.compound-differs"),
    rule!("key.compound-no-collision"),
    rule!("key.global-namespace"),
    rule!("persist.absent"),
    rule!("extract.missing"),
];
