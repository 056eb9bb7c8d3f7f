//! Whether a request is served: the grounds for refusing it, and the answers that follow.
//!
//! A request may have several flaws, some certain and some a matter of the implementation's choice. The gate collects
//! them and turns them into branches: the answers allowed, each with what it tells about the implementation and what it
//! does to the world. Two flaws at once allow either refusal (proto.precedence).

use smallvec::{SmallVec, smallvec};

use crate::contract::validate::Flaw;
use crate::contract::{ChoiceId, Choices, Level, Options, Refusals, RuleId, Side, Strength, Tells};
use crate::rule;

use super::pattern::{Pattern, RuleList, Rules};
use super::world::{Effect, World};

/// An answer that is allowed, and what follows from it.
pub(super) struct Branch {
    pub(super) allowed: Allowed,
    pub(super) learns: Learns,
    pub(super) effect: Effect,
}

impl Branch {
    pub(super) fn refuses(&self) -> bool {
        matches!(self.allowed.outcome, Outcome::Refused(_))
    }
}

/// What an answer tells: only these options remain.
pub(super) type Learns = SmallVec<[(ChoiceId, Options); 2]>;

/// A kind of answer that is allowed.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// The kind.
    pub outcome: Outcome,
    /// The body, where the request is served.
    pub body: Pattern,
    /// The rules to name when something else comes: what forbids serving the request, or promises that it is served.
    pub rules: RuleList,
    /// Rules this answer shows, with the side the request is on.
    pub cites: SmallVec<[(RuleId, Side); 8]>,
    /// Rules that any difference in the answer may break as well, because of what happened before.
    pub also: RuleList,
    /// The rule for which this answer deserves a warning.
    pub warns: Option<RuleId>,
    /// Why the request is refused, for people.
    pub why: String,
    /// Whether another answer that fits as well explains it better.
    pub far_fetched: bool,
}

/// The kinds of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Success, with a body as the pattern says.
    Served,
    /// A refusal of one of these kinds.
    Refused(Refusals),
    /// An answer without a body: the statuses that fit.
    Bodiless(&'static [u16]),
    /// Anything below 500.
    Free,
    /// Anything below 500, or a closed connection: what was sent is no HTTP request.
    FreeOrClosed,
    /// Any status from 400 to 499, or a closed connection: not every server takes the request in this form.
    RefusedOrClosed,
}

impl Outcome {
    /// Whether it says next to nothing about the answer.
    pub(super) fn is_free(self) -> bool {
        matches!(self, Self::Free | Self::FreeOrClosed)
    }
}

/// A ground for refusing a request.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// The rules that speak of it, the most specific first.
    pub(super) rules: RuleList,
    pub(super) strength: Strength,
    pub(super) refusals: Refusals,
    pub(super) tells: Option<Tells>,
    pub(super) obscures: bool,
    pub(super) why: String,
}

impl Ground {
    /// A flaw that must lead to a refusal.
    pub(super) fn must(rules: Rules, refusals: Refusals, why: impl Into<String>) -> Self {
        Self {
            rules: rules.into(),
            strength: Strength::Must,
            refusals,
            tells: None,
            obscures: false,
            why: why.into(),
        }
    }

    /// The same flaw, by another rule.
    fn speaking(mut self, rule: RuleId) -> Self {
        self.rules = smallvec![rule];
        self
    }

    /// A flaw that may lead to a refusal.
    pub(super) fn may(rule: RuleId, refusals: Refusals, why: impl Into<String>) -> Self {
        Self {
            rules: smallvec![rule],
            strength: Strength::May,
            refusals,
            tells: None,
            obscures: false,
            why: why.into(),
        }
    }

    /// A flaw that should lead to a refusal: serving the request is worth a warning.
    pub(super) fn should(rule: RuleId, refusals: Refusals, why: impl Into<String>) -> Self {
        Self {
            strength: Strength::Should,
            ..Self::may(rule, refusals, why)
        }
    }

    /// A flaw that is refused or not by the implementation's choice.
    pub(super) fn choice(
        rule: RuleId,
        choice: ChoiceId,
        served: Options,
        refused: Options,
        refusals: Refusals,
        why: impl Into<String>,
    ) -> Self {
        Self {
            tells: Some(Tells {
                choice,
                served,
                refused,
            }),
            ..Self::may(rule, refusals, why)
        }
    }
}

impl From<&Flaw> for Ground {
    fn from(flaw: &Flaw) -> Self {
        Self {
            rules: smallvec![flaw.rule],
            strength: flaw.strength,
            refusals: flaw.refusals,
            tells: flaw.tells,
            obscures: flaw.obscures,
            why: format!("{}: {}", flaw.place, flaw.problem),
        }
    }
}

/// The grounds of a choice whose first option is to serve a request, and whose others say how it is refused.
pub(super) fn refused_somehow(
    rule: RuleId,
    choice: ChoiceId,
    how: [Refusals; 2],
    why: &str,
) -> [Ground; 2] {
    [(1, how[0]), (2, how[1])].map(|(option, refusals)| {
        Ground::choice(
            rule,
            choice,
            Options::only(0),
            Options::only(option),
            refusals,
            why,
        )
    })
}

/// Of the branches for a target that takes one side of a choice those that serve the request.
pub(super) fn served_by(
    side: (ChoiceId, Options),
    branches: Vec<Branch>,
) -> impl Iterator<Item = Branch> {
    let serves = |branch: &Branch| branch.allowed.outcome == Outcome::Served;
    branches.into_iter().filter(serves).map(move |mut branch| {
        branch.learns.push(side);
        branch
    })
}

/// Of the same branches those that refuse it.
pub(super) fn refused_by(
    side: (ChoiceId, Options),
    branches: &[Branch],
) -> impl Iterator<Item = Branch> {
    let refusals = branches.iter().filter(|branch| branch.refuses());
    refusals.map(move |branch| {
        let mut learns = branch.learns.clone();
        learns.push(side);
        Branch {
            allowed: Allowed {
                // Who takes the other side need not have another reason.
                far_fetched: false,
                ..branch.allowed.clone()
            },
            learns,
            effect: Effect::none(),
        }
    })
}

/// How a request is served.
pub(super) struct Served {
    pub(super) body: Pattern,
    pub(super) effect: Effect,
    pub(super) learns: Learns,
    /// Rules to name when the request is refused.
    pub(super) blame: Rules,
    /// The rule for which serving it this way deserves a warning.
    pub(super) warns: Option<RuleId>,
    /// Whether another answer that fits as well explains it better.
    pub(super) far_fetched: bool,
}

impl Served {
    pub(super) fn new(body: Pattern, effect: Effect, blame: Rules) -> Self {
        Self {
            body,
            effect,
            learns: SmallVec::new(),
            blame,
            warns: None,
            far_fetched: false,
        }
    }
}

/// Collects what is wrong with a request, in one world.
#[derive(Clone)]
pub(super) struct Gate<'w> {
    world: &'w World,
    must: Vec<Ground>,
    should: Vec<Ground>,
    may: Vec<Ground>,
    grudges: Vec<(RuleId, Refusals)>,
    touches: SmallVec<[RuleId; 8]>,
    also: RuleList,
    /// Rules whose choice is known to be in favour of the request.
    decided: RuleList,
    obscures: bool,
    /// Whether what is found from here on only adds to how the request may be refused.
    closed: bool,
}

impl<'w> Gate<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            must: Vec::new(),
            should: Vec::new(),
            may: Vec::new(),
            grudges: Vec::new(),
            touches: SmallVec::new(),
            also: RuleList::new(),
            decided: RuleList::new(),
            obscures: false,
            closed: false,
        }
    }

    /// What happened before makes this rule a candidate for any difference in the answer.
    pub(super) fn also(&mut self, rule: RuleId) {
        self.also.push(rule);
    }

    /// The request shows this rule from the inside.
    pub(super) fn touch(&mut self, rule: RuleId) {
        if !self.touches.contains(&rule) {
            self.touches.push(rule);
        }
    }

    /// What is found from here on is a reason for a refusal and no more: where it need not be so to everyone, and where the
    /// request is refused anyway, be that for whatever is wrong with it (proto.precedence).
    pub(super) fn doubt(&mut self, doubtful: bool) {
        self.closed = !self.world.reference && (doubtful || !self.may_be_served());
    }

    /// Refusing the request, which is otherwise fine, is allowed but worth a warning.
    pub(super) fn grudge(&mut self, rule: RuleId, refusals: Refusals) {
        self.touch(rule);
        if self.world.outcomes.of(rule) == 1 {
            self.must
                .push(Ground::must(&[], refusals, "refusing it is tolerated").speaking(rule));
        }
        self.grudges.push((rule, refusals));
    }

    /// Adds a ground, weighed by what is known of the implementation's choices.
    pub(super) fn ground(&mut self, mut ground: Ground) {
        if let Some(tells) = ground.tells {
            let left = self.world.choices.get(tells.choice);
            if left.and(tells.refused).is_empty() {
                if !left.and(tells.served).is_empty() {
                    // Refusing it now would contradict what was seen before.
                    self.decided
                        .extend(RuleId::find(tells.choice.choice().rule));
                    self.obscures |= ground.obscures;
                }
                // Else it is refused, but in the way that another option says.
                return;
            }
            if left.and(tells.served).is_empty() {
                ground.strength = Strength::Must;
            }
        } else if self.world.reference
            && ground.strength != Strength::Must
            && ground
                .rules
                .iter()
                .any(|rule| self.world.outcomes.of(*rule) == 1)
        {
            // This reference does the opposite of what it usually does.
            let refuses = match ground.strength {
                Strength::May => ground.obscures || prefers_refusal(ground.rules[0]),
                _ => true,
            };
            if refuses {
                return;
            }
            ground.strength = Strength::Must;
        } else if self.world.reference
            && ground.strength == Strength::May
            && (ground.obscures || prefers_refusal(ground.rules[0]))
        {
            // The reference refuses what has no specified meaning.
            ground.strength = Strength::Must;
        }
        if self.closed {
            ground.strength = Strength::May;
            ground.tells = None;
        }
        match ground.strength {
            Strength::Must => self.must.push(ground),
            Strength::Should => {
                self.obscures |= ground.obscures;
                self.should.push(ground);
            }
            Strength::May => {
                self.obscures |= ground.obscures;
                self.may.push(ground);
            }
        }
    }

    /// Adds a ground of which no choice tells anything, but for the reference.
    pub(super) fn apart(&mut self, mut ground: Ground) {
        ground.tells = ground.tells.filter(|_| self.world.reference);
        self.ground(ground);
    }

    /// What is known of the implementation.
    pub(super) fn choices(&self) -> &'w Choices {
        &self.world.choices
    }

    /// Whether a member may be there for some readers only, under its name in another case.
    pub(super) fn is_respelled(&self) -> bool {
        let mut grounds = self.should.iter().chain(&self.may);
        grounds.any(|ground| ground.rules.contains(&rule!("proto.member-case")))
    }

    /// Whether the request is refused whatever else is true.
    pub(super) fn may_be_served(&self) -> bool {
        self.must.is_empty()
    }

    /// How many grounds there are for refusing the request.
    pub(super) fn grounds(&self) -> usize {
        self.must.len() + self.should.len() + self.may.len()
    }

    /// How many flaws it has met, be they no ground for this implementation.
    pub(super) fn flaws(&self) -> usize {
        self.grounds() + self.decided.len()
    }

    /// Whether, if the request is served, nobody can say what was stored.
    pub(super) fn obscures(&self) -> bool {
        self.obscures && !self.world.reference
    }

    /// The branches where a member that the request is about is there for some readers only: they may find or miss
    /// anything, and nobody knows what they do.
    pub(super) fn misread(mut self, effect: Option<Effect>) -> Vec<Branch> {
        let effect = effect.filter(|_| self.may_be_served() && !self.world.reference);
        for ground in self.should.iter_mut().chain(&mut self.may) {
            if ground.obscures && effect.is_some() {
                ground.refusals = ground.refusals.or(Refusals::NOT_FOUND);
            }
        }
        let warns = self.should.first().map(|ground| ground.rules[0]);
        let mut branches = self.finish(Vec::new());
        if let (Some(effect), Some(refused)) = (effect, branches.first()) {
            let allowed = Allowed {
                outcome: Outcome::Served,
                warns,
                ..refused.allowed.clone()
            };
            branches.push(Branch {
                allowed,
                learns: Learns::new(),
                effect,
            });
        }
        branches
    }

    /// The branches where each of these flaws alone may end the matter, by a refusal or by nothing that is found
    /// (proto.precedence): this gate has met all of them, and each of the others one.
    pub(super) fn any_of(
        self,
        others: Vec<Self>,
        answers: impl Fn(Self) -> Vec<Branch>,
    ) -> Vec<Branch> {
        if others.len() < 2 || self.world.reference {
            return answers(self);
        }
        let serves = |branch: &Branch| branch.allowed.outcome == Outcome::Served;
        let closed = !self.may_be_served();
        let mut branches = answers(self);
        branches.retain(|branch| !serves(branch));
        let at = if closed { branches.len() } else { 0 };
        branches.splice(at..at, others.into_iter().flat_map(answers).filter(serves));
        branches
    }

    /// The branches: `served` says how the request is served where it is.
    pub(super) fn finish(self, served: Vec<Served>) -> Vec<Branch> {
        let mut branches = Vec::with_capacity(served.len() + 1);
        let refused = self.refused();
        let apart = self.told_apart();
        if self.must.is_empty() {
            let warns = self.should.first().map(|ground| ground.rules[0]);
            let mut learns = Learns::new();
            for tells in self.may.iter().filter_map(|ground| ground.tells) {
                learns.push((tells.choice, tells.served));
            }
            for way in served {
                let (rules, cites) = self.shown(way.blame);
                let mut learns = learns.clone();
                learns.extend(way.learns);
                branches.push(Branch {
                    allowed: Allowed {
                        outcome: Outcome::Served,
                        body: way.body,
                        rules,
                        cites,
                        also: self.also.clone(),
                        warns: warns.or(way.warns),
                        why: String::new(),
                        far_fetched: way.far_fetched,
                    },
                    learns,
                    effect: way.effect,
                });
            }
        }
        // What ought to be refused comes first, so that the reference refuses it.
        match refused {
            Some(refused) if !self.should.is_empty() || branches.is_empty() => {
                branches.insert(0, refused)
            }
            Some(refused) => branches.push(refused),
            None => {}
        }
        branches.extend(apart);
        // Whoever refuses it for that need not look any further (proto.precedence).
        for (rule, refusals) in self.grudges {
            branches.push(Branch {
                allowed: Allowed {
                    outcome: Outcome::Refused(refusals),
                    body: Pattern::Any,
                    rules: smallvec![rule],
                    cites: smallvec![(rule, Side::Inside)],
                    also: RuleList::new(),
                    warns: Some(rule),
                    why: "refusing it is tolerated".to_owned(),
                    far_fetched: false,
                },
                learns: Learns::new(),
                effect: Effect::none(),
            });
        }
        branches
    }

    /// The rules that promise that a request is served, and all that serving it shows.
    fn shown(&self, blame: Rules) -> (RuleList, SmallVec<[(RuleId, Side); 8]>) {
        if self.world.reference {
            // It is never asked why.
            return (RuleList::new(), SmallVec::new());
        }
        let promising = [&self.decided, blame, &self.also, &self.touches];
        let rules: RuleList = promising.into_iter().flatten().copied().collect();
        let doubts = self.may.iter().map(|ground| ground.rules[0]);
        let cites = rules.iter().copied().chain(doubts);
        let cites = cites.map(|rule| (rule, Side::Inside)).collect();
        (rules, cites)
    }

    /// Whether a refusal of one of these kinds may be for something that is only tolerated as a reason.
    fn is_grudged(&self, refusals: Refusals) -> bool {
        let mut grudges = self.grudges.iter();
        grudges.any(|(_, tolerated)| tolerated.overlaps(refusals))
    }

    /// Refusals that only one of several grounds can be the reason of, and which therefore tell something.
    fn told_apart(&self) -> Vec<Branch> {
        if !self.must.is_empty() || !self.should.is_empty() || self.may.len() < 2 {
            return Vec::new();
        }
        let alone = |at: usize, ground: &Ground| {
            let others = self
                .may
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at);
            let mut others = others.map(|(_, other)| other.refusals);
            !others.any(|other| other.overlaps(ground.refusals))
                && !self.is_grudged(ground.refusals)
        };
        self.may
            .iter()
            .enumerate()
            .filter(|(at, ground)| ground.tells.is_some() && alone(*at, ground))
            .map(|(_, ground)| Branch {
                allowed: Allowed {
                    outcome: Outcome::Refused(ground.refusals),
                    body: Pattern::Any,
                    rules: ground.rules.clone(),
                    cites: ground
                        .rules
                        .iter()
                        .map(|rule| (*rule, Side::Outside))
                        .collect(),
                    also: RuleList::new(),
                    warns: None,
                    why: ground.why.clone(),
                    far_fetched: false,
                },
                learns: ground
                    .tells
                    .iter()
                    .map(|tells| (tells.choice, tells.refused))
                    .collect(),
                effect: Effect::none(),
            })
            .collect()
    }

    fn refused(&self) -> Option<Branch> {
        let certain = if self.must.is_empty() {
            &self.should
        } else {
            &self.must
        };
        let all = self.must.iter().chain(&self.should).chain(&self.may);
        let refusals = all
            .clone()
            .fold(Refusals::NONE, |sum, ground| sum.or(ground.refusals));
        let grounds = if certain.is_empty() {
            &self.may
        } else {
            certain
        };
        let first = grounds.first()?;
        let mut rules = RuleList::new();
        for rule in grounds.iter().flat_map(|ground| &ground.rules) {
            if !rules.contains(rule) {
                rules.push(*rule);
            }
        }
        // A refusal tells something only if there is a single ground for it.
        let mut learns = Learns::new();
        if certain.is_empty()
            && self.may.len() == 1
            && !self.is_grudged(refusals)
            && let Some(tells) = first.tells
        {
            learns.push((tells.choice, tells.refused));
        }
        let mut cites: SmallVec<[(RuleId, Side); 8]> = self
            .must
            .iter()
            .chain(&self.should)
            .chain(self.may.iter().filter(|_| certain.is_empty()))
            .flat_map(|ground| &ground.rules)
            .map(|rule| (*rule, Side::Outside))
            .collect();
        if grounds.len() > 1 {
            cites.push((rule!("proto.precedence"), Side::Inside));
        }
        let why = grounds
            .iter()
            .map(|ground| ground.why.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        Some(Branch {
            allowed: Allowed {
                outcome: Outcome::Refused(refusals),
                body: Pattern::Any,
                rules,
                cites,
                also: RuleList::new(),
                warns: None,
                why,
                // Where only one ground explains the answer, that one does.
                far_fetched: certain.is_empty() && self.may.len() > 1,
            },
            learns,
            effect: Effect::none(),
        })
    }
}

/// Whether the reference refuses what a rule leaves open: where the rule lists a refusal first, and where a MUST is the
/// nearest rule to a constraint that has none of its own.
fn prefers_refusal(rule: RuleId) -> bool {
    let outcomes = ["BAD", "NF", "ROUTE", "DENY"];
    rule.level() == Level::Must
        || outcomes
            .iter()
            .any(|outcome| rule.rule().expected.starts_with(outcome))
}
