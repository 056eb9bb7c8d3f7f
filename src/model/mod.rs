//! The reference implementation, and the judge's memory.
//!
//! A [`Model`] is a set of worlds: every state the target may be in, given what it has answered. Each world says which
//! answers a message may get and what each would do to it; that one description has three uses. [`Model::expect`] lists
//! the answers of all worlds. [`Model::observe`] drops the worlds an answer rules out and adopts what the target chose.
//! [`Model::respond`] takes the first allowed answer, and is the built-in server.

pub mod absence;
mod answer;
mod assign;
mod domain;
mod expect;
mod extent;
mod extract;
mod fields;
mod filter;
mod gate;
mod heard;
mod index;
mod ingest;
mod manner;
mod mapping;
mod merge;
mod object;
mod object_type;
mod page;
mod pattern;
mod plan;
mod portrait;
mod profile;
mod recall;
mod register;
mod reread;
mod search;
mod slots;
mod standard;
mod store;
mod tag;
mod template;
mod value;
mod ways;
mod world;

use std::rc::Rc;

use smallvec::SmallVec;

use crate::contract::validate::Input;
use crate::contract::{ChoiceId, Choices, Operation, Options, Refusals, Route, RuleId, Side};
use crate::wire::{
    Answer, Exchange, Headers, Json, Message, NoAnswerKind, Request, Respond, Response, body,
};
use crate::{choice, rule};

pub use expect::Expectation;
pub use extent::Extent;
pub use gate::{Allowed, Outcome};
pub use manner::{Manner, Refusing};
pub use pattern::{Check, Difference, Pattern, RuleList, Rules};

use answer::Reply;
use gate::{Branch, Gate, Ground};
use heard::Heard;
use pattern::{Filling, rules};
use world::{Effect, World};

/// The most worlds carried at once. Beyond them nothing more is judged: better no verdict than a wrong one.
const MOST_WORLDS: usize = 64;

/// Request lines and heads beyond this many bytes may be more than the HTTP server in front of the target takes.
const LONG_TARGET: usize = 4096;
const LONG_HEAD: usize = 8192;

/// A set of states the target may be in.
#[derive(Debug, Clone)]
pub struct Model {
    worlds: Vec<World>,
    /// Why nothing is known any more.
    lost: Option<String>,
    /// Whether states were left out in which the target does not keep every SHOULD.
    forgets: bool,
}

/// What an exchange shows.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Whether the answer is allowed.
    pub fit: Fit,
    /// The rules this exchange brought up, with the side the request was on.
    pub cites: SmallVec<[(RuleId, Side); 16]>,
    /// The answers that would have been allowed.
    pub expectation: Expectation,
    /// Whether it is allowed only if the target did not keep a SHOULD before.
    pub conceded: bool,
}

/// Whether an answer is allowed.
#[derive(Debug, Clone)]
pub enum Fit {
    /// It is, perhaps with things worth a warning.
    Allowed {
        /// What deserves a warning.
        warnings: Vec<Difference>,
    },
    /// It is not; where it differs from the answer it comes closest to.
    Forbidden(Vec<Difference>),
    /// Nobody can say, and why.
    Unclear(String),
}

impl Model {
    /// The reference: the built-in server at its start.
    pub fn reference() -> Self {
        Self::reference_with(&Manner::default())
    }

    /// A reference that decides some of what the contract leaves open in another way.
    pub fn reference_with(manner: &Manner) -> Self {
        Self {
            worlds: vec![World::reference(manner)],
            lost: None,
            forgets: false,
        }
    }

    /// Makes a reference change its mind about a choice, which no implementation may do.
    pub(crate) fn turn(&mut self, choice: ChoiceId, option: u8) {
        for world in &mut self.worlds {
            world.choices.settle(choice, Options::only(option));
        }
    }

    /// The memory of a judge that talks to a target with these choices left, starting from names nobody has used.
    pub fn observer(choices: &Choices) -> Self {
        Self {
            worlds: vec![World::fresh(choices.clone())],
            lost: None,
            forgets: false,
        }
    }

    /// The same with a target that accepts the signatures of this run: it is not free to refuse a signed request for its
    /// signature, and if it does so all the same, something is wrong with the credentials and nothing is clear.
    #[must_use]
    pub fn trusting_signatures(mut self) -> Self {
        for world in &mut self.worlds {
            world.trusted = true;
        }
        self
    }

    /// The answers the message may get. A reference, which nobody asks why, gives no rules for what it serves.
    pub fn expect(&self, message: &Message) -> Expectation {
        let heard = Heard::of(message);
        let mut expectation = Expectation::default();
        for world in &self.worlds {
            for branch in branches(world, &heard) {
                expectation.admit(branch.allowed);
            }
        }
        expectation
    }

    /// The options of every choice that are possible in some world.
    pub fn choices(&self) -> Choices {
        let mut worlds = self.worlds.iter();
        let Some(first) = worlds.next() else {
            return Choices::open();
        };
        let mut choices = first.choices.clone();
        for world in worlds {
            choices.widen(&world.choices);
        }
        choices
    }

    /// How much the target holds.
    pub fn extent(&self) -> Extent {
        self.worlds.first().map(Extent::of).unwrap_or_default()
    }

    /// Whether so many states became possible that nothing is judged any more.
    pub fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether the target is in one of the known states only if it did not keep a SHOULD, and nobody was told.
    pub fn owes(&self) -> bool {
        self.worlds.iter().any(|world| !world.owes.is_empty())
    }

    /// Whether a target that does not keep every SHOULD may be in a state that is not among those known.
    pub fn forgets(&self) -> bool {
        self.forgets
    }

    /// Holds an answer against what is allowed, and adopts what it shows.
    ///
    /// After a forbidden answer the model is as before; what the target did is unknown then, and judging on is guessing.
    pub fn observe(&mut self, exchange: &Exchange) -> Observed {
        let heard = Heard::of(&exchange.message);
        let response = match &exchange.answer {
            Answer::None(silence) => {
                return self.unanswered(&heard, silence.kind, silence.to_string());
            }
            Answer::Response(response) => response,
        };
        let reply = Reply::read(
            response,
            heard.presumed(),
            exchange.at_ms,
            heard.is_beyond_http(),
        );
        let mut observed = Observed {
            fit: Fit::Allowed {
                warnings: Vec::new(),
            },
            cites: SmallVec::new(),
            expectation: Expectation::default(),
            conceded: false,
        };
        reply.cites(&mut observed.cites);
        if let Some(why) = reply.inconclusive() {
            if may_have_had_effect(heard.operation(), response.status) {
                let _ = self.unanswered(&heard, NoAnswerKind::Closed, String::new());
            }
            observed.fit = Fit::Unclear(why);
            return observed;
        }
        if let Some(why) = &self.lost {
            observed.fit = Fit::Unclear(why.clone());
            return observed;
        }

        let mut fitting: Vec<(usize, Branch, Vec<Difference>)> = Vec::new();
        // What does not fit is described only where nothing does.
        let mut unlike: Option<(RuleList, usize)> = None;
        let mut closest: Option<(usize, Vec<Difference>)> = None;
        let mut rejected: Vec<Allowed> = Vec::new();
        for (at, world) in self.worlds.iter().enumerate() {
            for branch in branches(world, &heard) {
                let mut differences = Vec::new();
                if let Err(rules) = reply.compare(&branch.allowed, &mut differences) {
                    unlike.get_or_insert((rules, rejected.len()));
                    rejected.push(branch.allowed);
                    continue;
                }
                if let Some(rule) = branch.allowed.warns {
                    differences.push(Difference {
                        rules: [rule].into_iter().collect(),
                        place: "status".to_owned(),
                        expected: rule.rule().expected.to_owned(),
                        actual: reply.describe(),
                    });
                }
                for difference in &mut differences {
                    difference.also(&branch.allowed.also);
                }
                let contradiction = contradicts(&branch, world);
                if let Some(difference) = contradiction {
                    differences.insert(0, difference);
                }
                if differences.iter().any(Difference::violates) {
                    let count = differences
                        .iter()
                        .filter(|difference| difference.violates())
                        .count();
                    if closest.as_ref().is_none_or(|(known, _)| count < *known) {
                        closest = Some((count, differences));
                    }
                    rejected.push(branch.allowed);
                } else {
                    fitting.push((at, branch, differences));
                }
            }
        }
        if fitting.is_empty() {
            let unlike = unlike.map(|(rules, at)| reply.status_difference(rules, &rejected[at]));
            for allowed in rejected {
                observed.expectation.admit(allowed);
            }
            if heard.is_addressed_well() && reply.not_implemented() {
                observed.fit = Fit::Unclear(format!("not implemented: {}", reply.describe()));
                return observed;
            }
            if self.is_signed(&heard) && reply.refuses_credentials() {
                observed.fit = Fit::Unclear(format!(
                    "the credentials of the run may not do this: {}",
                    reply.describe()
                ));
                return observed;
            }
            let mut differences = match closest {
                Some((_, differences)) => differences,
                None => unlike.into_iter().collect(),
            };
            for difference in &mut differences {
                difference.prefer_violations();
            }
            differences.sort_by_key(|difference| !difference.violates());
            observed.fit = Fit::Forbidden(differences);
            return observed;
        }
        // A world in which the answer deserves no warning explains it better than one in which it does, unless the target
        // deserves one there for what it did before. Where any answer will do, that explains nothing, and rules nothing out
        // either.
        let says = |branch: &Branch| !branch.allowed.outcome.is_free();
        let warns = fitting.iter().any(|(_, _, warnings)| !warnings.is_empty());
        let echoes = warns && may_echo(&heard, &reply);
        let owed = |at: usize| self.worlds.get(at).map_or(0, |world| world.owes.len());
        let counts = fitting
            .iter()
            .filter(|(_, branch, _)| says(branch))
            .map(|(at, _, warnings)| telling(warnings, echoes) + owed(*at));
        let fewest = counts.min().unwrap_or(0);
        fitting
            .retain(|(_, branch, warnings)| !says(branch) || telling(warnings, echoes) <= fewest);
        let explained: SmallVec<[usize; 4]> = fitting
            .iter()
            .filter(|(_, branch, _)| !branch.allowed.far_fetched)
            .map(|(at, ..)| *at)
            .collect();
        // A page that others follow may not show yet which it is.
        let goes_on = reply.body.as_deref().is_some_and(page::goes_on);
        fitting.retain(|(at, branch, _)| {
            !branch.allowed.far_fetched || goes_on || !explained.contains(at)
        });
        fitting.sort_by_key(|(at, branch, warnings)| (!says(branch), owed(*at) + warnings.len()));
        self.adopt(&mut fitting, &reply, &heard);
        let (_, branch, mut warnings) = fitting.swap_remove(0);
        let called_in = self.call_in();
        observed.conceded = called_in.is_some();
        warnings.extend(called_in);
        observed.cites.extend(branch.allowed.cites.iter().copied());
        if let (Outcome::Served, Some(body)) = (branch.allowed.outcome, &reply.body) {
            branch
                .allowed
                .body
                .cites(body, &mut |rule| observed.cites.push((rule, Side::Inside)));
        }
        observed.expectation = Expectation {
            allowed: vec![branch.allowed],
        };
        observed.fit = Fit::Allowed { warnings };
        observed
    }

    /// Holds the answers to messages sent at the same time against what is allowed if the last took effect after the
    /// others, or before them. What fits either way is known either way from then on.
    pub fn observe_together(&mut self, exchanges: &[&Exchange]) -> Vec<Observed> {
        let fits = |observed: &[Observed]| {
            observed
                .iter()
                .all(|observed| matches!(observed.fit, Fit::Allowed { .. }))
        };
        let mut turned = self.clone();
        let observed: Vec<_> = exchanges.iter().map(|one| self.observe(one)).collect();
        let mut order: Vec<usize> = (0..exchanges.len()).collect();
        order.rotate_right(1);
        let mut others: Vec<_> = order
            .iter()
            .map(|at| turned.observe(exchanges[*at]))
            .collect();
        others.rotate_left(1);
        match (fits(&observed), fits(&others)) {
            (false, true) => {
                *self = turned;
                return others;
            }
            (true, true) => {
                self.lost = self.lost.take().or(turned.lost);
                self.forgets |= turned.forgets;
                let mut worlds = std::mem::take(&mut self.worlds);
                for world in turned.worlds {
                    if !worlds.contains(&world) {
                        worlds.push(world);
                    }
                }
                self.replace(worlds);
            }
            (_, false) => {}
        }
        observed
    }

    /// Answers a request as the reference does; `now_ms` is the clock in milliseconds since the epoch.
    pub fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        let heard = Heard::request(request);
        let Some(world) = self.worlds.first_mut() else {
            return refusal("BadRequestException", 400, "no state");
        };
        let Some(branch) = branches(world, &heard).into_iter().next() else {
            return refusal("BadRequestException", 400, "nothing is allowed here");
        };
        let body = branch.allowed.body.render(Filling { now_ms });
        let body = Rc::new(body.unwrap_or_else(|| Json::Object(Vec::new())));
        let (response, served) = match branch.allowed.outcome {
            Outcome::Served => (json(200, Rc::clone(&body)), true),
            Outcome::Refused(refusals) => {
                // Where a rule lists several refusals, its first.
                let first = branch.allowed.rules.first();
                let not_found = first.is_some_and(|rule| rule.rule().expected.starts_with("NF"));
                let (refusals, status) = world.refusing.pick(refusals, not_found);
                let mut refusal = refuse(refusals, &branch.allowed.why);
                refusal.status = status.unwrap_or(refusal.status);
                (refusal, false)
            }
            Outcome::Bodiless(_)
            | Outcome::Free
            | Outcome::FreeOrClosed
            | Outcome::RefusedOrClosed => (refuse(Refusals::ROUTE, &branch.allowed.why), false),
        };
        if served {
            for (choice, options) in &branch.learns {
                world.choices.narrow(*choice, *options);
            }
            if heard.writes() {
                world.writes += 1;
            }
            branch.effect.apply(world, Some(&body));
        }
        response
    }

    /// Keeps the worlds an answer fits, changed by it.
    fn adopt(
        &mut self,
        fitting: &mut [(usize, Branch, Vec<Difference>)],
        reply: &Reply<'_>,
        heard: &Heard,
    ) {
        let served = reply.status() < 300;
        let change = |world: &mut World, branch: &mut Branch| {
            for (choice, options) in &branch.learns {
                world.choices.narrow(*choice, *options);
            }
            if served && heard.writes() {
                world.writes += 1;
            }
            if !served {
                refused_effect(world, heard, reply.status());
            }
            world.suspect(branch);
            // Of what is not modelled any answer will do, but what is refused changes nothing.
            if served || !heard.operation().is_some_and(writes_unmodelled) {
                std::mem::take(&mut branch.effect).apply(world, reply.body.as_deref());
            }
        };
        if let [(_, branch, _)] = fitting
            && let [world] = self.worlds.as_mut_slice()
        {
            change(world, branch);
            return;
        }
        let mut next: Vec<World> = Vec::with_capacity(fitting.len());
        for (at, branch, _) in fitting {
            let mut world = self.worlds[*at].clone();
            change(&mut world, branch);
            if !next.contains(&world) {
                next.push(world);
            }
        }
        self.replace(next);
    }

    /// The warning that the target deserves by now, whatever its state is.
    fn call_in(&mut self) -> Option<Difference> {
        if self.worlds.iter().any(|world| world.owes.is_empty()) {
            return None;
        }
        let rules = self.worlds.first()?.owes.clone();
        for world in &mut self.worlds {
            world.owes.clear();
        }
        let expected = rules.first()?.rule().expected;
        Some(Difference {
            rules,
            place: "effect of an earlier request".to_owned(),
            expected: expected.to_owned(),
            actual: "something else".to_owned(),
        })
    }

    /// Carries on after a message without a complete answer: it may or may not have had its effect.
    fn unanswered(&mut self, heard: &Heard, kind: NoAnswerKind, why: String) -> Observed {
        let mut observed = Observed {
            fit: Fit::Unclear(format!("no answer: {why}")),
            cites: SmallVec::new(),
            expectation: Expectation::default(),
            conceded: false,
        };
        if self.lost.is_some() || matches!(kind, NoAnswerKind::Refused | NoAnswerKind::Unreachable)
        {
            return observed;
        }
        let mut next = self.worlds.clone();
        for world in &self.worlds {
            for branch in branches(world, heard) {
                if matches!(
                    branch.allowed.outcome,
                    Outcome::FreeOrClosed | Outcome::RefusedOrClosed
                ) {
                    observed.fit = Fit::Allowed {
                        warnings: Vec::new(),
                    };
                    observed.cites.extend(branch.allowed.cites);
                    if branch.allowed.outcome == Outcome::FreeOrClosed {
                        // Who puts up with what need not be understood answers it.
                        break;
                    }
                    continue;
                }
                if !branch.refuses() && heard.writes() {
                    let mut changed = world.clone();
                    changed.writes += 1;
                    branch.effect.apply(&mut changed, None);
                    if !next.contains(&changed) {
                        next.push(changed);
                    }
                }
            }
        }
        self.replace(next);
        observed
    }

    fn replace(&mut self, mut worlds: Vec<World>) {
        let mut most = worlds.iter().map(|world| world.owes.len()).max();
        while let Some(owed) = most.filter(|owed| *owed > 0 && worlds.len() > MOST_WORLDS) {
            // Where there are too many, the target is taken to keep what it should.
            worlds.retain(|world| world.owes.len() < owed);
            self.forgets = true;
            most = Some(owed - 1);
        }
        if worlds.len() > MOST_WORLDS {
            self.lost = Some(format!(
                "more than {MOST_WORLDS} states of the target are possible"
            ));
        } else {
            self.worlds = worlds;
        }
    }

    /// Whether the message carries a signature that the target is known to accept.
    fn is_signed(&self, heard: &Heard) -> bool {
        let asks = |request: &Request| request.headers.ask_for_signature();
        heard.content().is_some_and(asks) && self.worlds.iter().any(|world| world.trusted)
    }
}

impl Respond for Model {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        Self::respond(self, request, now_ms)
    }
}

/// The answers a message may get in a world.
fn branches(world: &World, heard: &Heard) -> Vec<Branch> {
    let Some(request) = heard.content() else {
        return put_up_with(world, heard);
    };
    if !world.reference && is_beyond(request) {
        return put_up_with(world, heard);
    }
    let mut branches = request_branches(world, heard, request);
    if heard.is_raw() && !world.reference && request.headers.get("transfer-encoding").is_some() {
        // Some servers wait in vain for a content length, or ask for one.
        branches.push(free(Outcome::RefusedOrClosed, rule!("proto.no-5xx")));
    }
    branches
}

/// Whether a request is more than every server takes, or its target not in the grammar of targets (RFC 9112, 3.2).
fn is_beyond(request: &Request) -> bool {
    let fields = request.headers.iter();
    let head: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
    request.target.len() > LONG_TARGET || head > LONG_HEAD || request.target.contains('#')
}

/// To what nobody has to understand any answer will do, or none. Who takes it for a request does what that asks for.
fn put_up_with(world: &World, heard: &Heard) -> Vec<Branch> {
    let mut branches = vec![free(Outcome::FreeOrClosed, rule!("proto.no-5xx"))];
    let guess = heard.guess();
    if let Some((guess, request)) = guess.as_ref().and_then(|it| Some((it, it.content()?))) {
        let mut served = request_branches(world, guess, request);
        served.retain(|branch| branch.allowed.outcome == Outcome::Served);
        branches.append(&mut served);
    }
    branches
}

fn request_branches(world: &World, heard: &Heard, request: &Request) -> Vec<Branch> {
    match request.method.as_str() {
        "HEAD" => return vec![head(world, request)],
        "OPTIONS" => return vec![free(Outcome::Free, rule!("proto.method-options"))],
        _ => {}
    }
    let mut gate = Gate::new(world);
    let overridden = request.headers.iter().any(|(name, _)| {
        [
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
        ]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    });
    if overridden {
        gate.also(rule!("proto.method-override"));
        gate.ground(Ground::may(
            rule!("proto.method-override"),
            Refusals::ROUTE,
            "a method-override header",
        ));
    }
    match heard.route() {
        Route::To { operation, .. } => operation_branches(world, operation, heard, request, gate),
        Route::Slashes { operation, .. } => {
            // Servers fold some superfluous slashes and not others, so one answer tells nothing about the next.
            let rule = rule!("proto.route-trailing");
            gate.ground(Ground::may(rule, Refusals::ROUTE, "superfluous slashes"));
            operation_branches(world, operation, heard, request, gate)
        }
        Route::EmptyLabel => {
            let refusals = Refusals::ROUTE.or(Refusals::BAD);
            gate.ground(Ground::must(
                rules!["proto.label-empty"],
                refusals,
                "an empty label",
            ));
            gate.finish(Vec::new())
        }
        Route::WrongMethod => {
            let why = format!("no operation takes {} there", request.method);
            gate.ground(Ground::must(
                rules!["proto.route-unknown"],
                Refusals::ROUTE,
                why,
            ));
            gate.finish(Vec::new())
        }
        Route::Unknown => {
            let Some(spread) = heard.spread_arn() else {
                gate.ground(Ground::must(
                    rules!["proto.route-unknown"],
                    Refusals::ROUTE,
                    "no such path",
                ));
                return gate.finish(Vec::new());
            };
            gate.ground(Ground::choice(
                rule!("tag.arn.raw-slash"),
                choice!("tag.arn.raw-slash"),
                Options::only(1),
                Options::only(0),
                Refusals::ROUTE,
                "an ARN in several path segments",
            ));
            match spread {
                Route::To { operation, .. } => {
                    operation_branches(world, operation, heard, request, gate)
                }
                _ => gate.finish(Vec::new()),
            }
        }
    }
}

fn operation_branches(
    world: &World,
    operation: &'static Operation,
    heard: &Heard,
    request: &Request,
    mut gate: Gate<'_>,
) -> Vec<Branch> {
    let Some(input) = heard.input() else {
        return gate.finish(Vec::new());
    };
    for rule in &input.touches {
        // A name says something about names where it is given, not wherever it is used again.
        if operation.name == "CreateDomain" || !rule.id().starts_with("domain.name.") {
            gate.touch(*rule);
        }
    }
    for flaw in &input.flaws {
        gate.ground(flaw.into());
    }
    for rule in &world.suspects {
        gate.also(*rule);
    }
    for rule in &input.promises {
        let refusals = match rule.id() {
            "proto.large-body" => Refusals::TOO_LARGE,
            "proto.body-empty-optional" | "proto.content-type-params" => Refusals::MEDIA_TYPE,
            _ => Refusals::NONE,
        };
        gate.grudge(*rule, Refusals::BAD.or(refusals));
    }
    authenticate(world, request, &mut gate);
    match operation.name {
        "CreateDomain" => domain::create(world, input, gate),
        "GetDomain" => domain::get(world, input, gate),
        "UpdateDomain" => domain::update(world, input, gate),
        "DeleteDomain" => domain::delete(world, input, gate),
        "ListDomains" => domain::list(world, input, gate),
        "PutProfileObjectType" => object_type::put(world, heard, input, gate),
        "GetProfileObjectType" => object_type::get(world, input, gate),
        "ListProfileObjectTypes" => object_type::list(world, input, gate),
        "DeleteProfileObjectType" => object_type::delete(world, input, gate),
        "GetProfileObjectTypeTemplate" => template::get(world, input, gate),
        "ListProfileObjectTypeTemplates" => template::list(world, input, gate),
        "TagResource" => tag::add(world, input, gate),
        "UntagResource" => tag::remove(world, input, gate),
        "ListTagsForResource" => tag::list(world, input, gate),
        "PutProfileObject" => object::put(world, input, gate),
        "DeleteProfileObject" => object::delete(world, input, gate),
        "ListProfileObjects" => object::list(world, input, gate),
        "CreateProfile" => profile::create(world, input, gate),
        "UpdateProfile" => profile::update(world, input, gate),
        "DeleteProfile" => profile::delete(world, input, gate),
        "AddProfileKey" => profile::add_key(world, input, gate),
        "DeleteProfileKey" => profile::delete_key(world, input, gate),
        "MergeProfiles" => merge::merge(world, input, gate),
        "SearchProfiles" => search::search(world, input, gate),
        _ => vec![unmodelled(world, operation, input)],
    }
}

/// Signatures: unsigned requests are served, or all of them are not (`cap.auth`).
fn authenticate(world: &World, request: &Request, gate: &mut Gate<'_>) {
    let refusals = Refusals::DENIED.or(Refusals::BAD);
    if world.trusted && request.headers.ask_for_signature() {
        gate.touch(rule!("proto.sigv4-scope"));
    } else if request.headers.get("authorization").is_some() {
        // Whether the credentials of the run are known to the target is not ours to say.
        gate.touch(rule!("proto.sigv4-scope"));
        gate.ground(Ground::choice(
            rule!("proto.auth"),
            choice!("cap.auth"),
            Options::only(0).or(Options::only(1)),
            Options::only(1),
            refusals,
            "a signature of credentials the target need not know",
        ));
    } else if gate.choices().get(choice!("cap.auth")) != Options::only(0) {
        gate.ground(Ground::choice(
            rule!("proto.auth"),
            choice!("cap.auth"),
            Options::only(0),
            Options::only(1),
            refusals,
            "not signed",
        ));
    }
}

/// Whether an operation outside the contract's rules writes.
fn writes_unmodelled(operation: &Operation) -> bool {
    matches!(operation.name, "PutIntegration" | "DeleteIntegration")
}

/// An operation outside the contract's rules (integrations, identity resolution): any answer of the protocol will do.
///
/// What comes of those that write nobody knows.
fn unmodelled(world: &World, operation: &Operation, input: &Input) -> Branch {
    let mut branch = free(Outcome::Free, rule!("proto.no-5xx"));
    let writes = writes_unmodelled(operation);
    let domain = input.label("DomainName").filter(|_| writes);
    if world.reference {
        branch.allowed.outcome = Outcome::Refused(Refusals::ROUTE);
    } else if let Some(domain) = domain {
        branch.effect = object::undefine(domain);
    }
    branch
}

/// HEAD: any way to say no, or the status of a GET, and no body.
fn head(world: &World, request: &Request) -> Branch {
    let get = Request {
        method: "GET".to_owned(),
        ..request.clone()
    };
    let served = request_branches(world, &Heard::request(&get), &get)
        .iter()
        .any(|branch| matches!(branch.allowed.outcome, Outcome::Served | Outcome::Free));
    let statuses: &[u16] = if served {
        &[405, 200, 400, 403, 404, 415]
    } else {
        &[405, 400, 403, 404, 415]
    };
    free(Outcome::Bodiless(statuses), rule!("proto.method-head"))
}

fn free(outcome: Outcome, rule: RuleId) -> Branch {
    Branch {
        allowed: Allowed {
            outcome,
            body: Pattern::Any,
            rules: [rule].into_iter().collect(),
            cites: [(rule, Side::Inside)].into_iter().collect(),
            also: RuleList::new(),
            warns: None,
            why: String::new(),
            far_fetched: false,
        },
        learns: SmallVec::new(),
        effect: Effect::none(),
    }
}

/// Whether taking this branch leaves no option of a choice, which means that the target contradicts itself.
fn contradicts(branch: &Branch, world: &World) -> Option<Difference> {
    branch
        .learns
        .iter()
        .find(|(choice, options)| world.choices.get(*choice).and(*options).is_empty())
        .map(|(choice, options)| {
            let name = |options: Options| {
                let all = choice.choice().options;
                options
                    .iter()
                    .filter_map(|at| all.get(usize::from(at)).copied())
                    .collect::<Vec<_>>()
                    .join(" or ")
            };
            Difference {
                rules: RuleId::find(choice.choice().rule).into_iter().collect(),
                place: format!("choice {}", choice.choice().id),
                expected: format!("{}, as seen before", name(world.choices.get(*choice))),
                actual: name(*options),
            }
        })
}

/// Whether an answer may be no more than an echo: of what was asked for it shows nothing otherwise.
fn may_echo(heard: &Heard, reply: &Reply<'_>) -> bool {
    let (Some(input), Some(body)) = (heard.input(), &reply.body) else {
        return false;
    };
    ["Tags", "Fields", "Keys"]
        .into_iter()
        .all(|name| match (input.member(name), body.get(name)) {
            (Some(asked), Some(shown)) => shown.same(asked),
            _ => true,
        })
}

/// How many warnings tell one world from another. The answer of a put is not promised to show what a Get will show: where it
/// may be an echo, what it shows decides nothing.
fn telling(warnings: &[Difference], may_echo: bool) -> usize {
    let equals_get = rule!("put-type.response.equals-get");
    let tells = |warning: &&Difference| !may_echo || warning.rules.first() != Some(&equals_get);
    warnings.iter().filter(tells).count()
}

/// Remembers a refusal that tells something: a put that must not have had an effect, a template that is not there.
fn refused_effect(world: &mut World, heard: &Heard, status: u16) {
    if !heard.is_addressed_well() {
        return;
    }
    if let Route::To { operation, labels } = heard.route() {
        match (operation.name, labels.as_slice()) {
            ("PutProfileObjectType", [domain, name]) => object_type::refused(world, domain, name),
            ("GetProfileObjectTypeTemplate", [id]) if status == 404 => template::missed(world, id),
            _ => {}
        }
    }
}

/// Whether a call that was throttled, or met a service that was not available, may have been made all the same.
///
/// A throttled call counts as not made, unless making it twice is another thing than making it once (proto.throttle). A 503
/// may come from a gateway that lost the answer.
fn may_have_had_effect(operation: Option<&'static Operation>, status: u16) -> bool {
    status == 503 || operation.is_some_and(|operation| operation.name == "CreateProfile")
}

/// A refusal of the first of these kinds.
fn refuse(refusals: Refusals, why: &str) -> Response {
    if refusals.has(Refusals::BAD) {
        refusal("BadRequestException", 400, why)
    } else if refusals.has(Refusals::NOT_FOUND) {
        refusal("ResourceNotFoundException", 404, why)
    } else if refusals.has(Refusals::DENIED) {
        refusal("AccessDeniedException", 403, why)
    } else {
        refusal("UnknownOperationException", 404, why)
    }
}

fn refusal(error: &str, status: u16, why: &str) -> Response {
    let body = Json::Object(vec![
        ("__type".to_owned(), Json::from(error)),
        ("Message".to_owned(), Json::from(why)),
    ]);
    let mut response = json(status, Rc::new(body));
    response.headers.push("x-amzn-errortype", error);
    response
}

fn json(status: u16, body: Rc<Json>) -> Response {
    let headers = Headers::from_iter([("content-type", "application/json")]);
    Response {
        status,
        headers,
        body: body::write(body),
    }
}
