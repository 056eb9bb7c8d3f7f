//! The smallest case that still shows a finding.
//!
//! A [`Shrinker`] proposes smaller cases, and is told which of them still show it. It sends nothing and judges nothing, so
//! it serves a run over HTTP, a fuzzer in process and a recording alike:
//!
//! ```
//! use profile_contract::case::{Case, text};
//! use profile_contract::shrink::Shrinker;
//!
//! let case = text::parse("> GET /templates/a\n\n> GET /templates/b\n\n> GET /templates/c\n", "three.case")?;
//! // Whatever speaks of `/b` shows it.
//! let shows = |case: &_| text::print(case).contains("/b");
//! let mut shrinker = Shrinker::new(case, 1);
//! while let Some(smaller) = shrinker.next() {
//!     let steps = &smaller.steps;
//!     let at = (0..steps.len()).find(|at| shows(&Case { steps: steps[..=*at].to_vec(), ..Case::default() }));
//!     if let Some(at) = at && shrinker.keep(at) {
//!         assert_eq!(shrinker.best().steps.len(), at + 1);
//!     }
//! }
//! assert_eq!(text::print(shrinker.best()), "> GET /templates/b\n");
//! assert!(shrinker.is_minimal());
//! # Ok::<(), profile_contract::case::Problem>(())
//! ```
//!
//! Requests to the target are dear, and the reference costs it nothing. So the case is made smaller beside the reference first,
//! one edit after the other, as long as the last request would still be answered for the same reasons: that is a [`Chain`]. Its
//! end is proposed at once. Where that shows the finding no longer, ever shorter beginnings of the chain lead to the edit to
//! blame, which is not made again, and the rest is planned anew. How far to go at a time follows from how edits of a sort have
//! fared; a text that stands in several places, as what matches does, is made shorter in all of them at once. What the target
//! answered tells as much: a case to which that answer would be right is none to propose. Then every single thing is taken out on
//! its own, unless it was to blame before or the rule has nothing to do with what is left; of the characters of a text that stands
//! elsewhere as well, and of a word of the API, the first and the last stand for all. Where the last request is one that should
//! change nothing, a read or a bad one, its variants follow one another in one conversation; which of them shows the finding is
//! then held alone. What is left at the end is minimal: no step, header, member, entry or character can go on its own.

mod edit;
mod rehearsal;

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) use self::edit::needs_any;
use self::edit::{Draft, Edit, Kind, Size, edits, letters, representatives};
use self::rehearsal::{Rehearsal, Stage};
use crate::case::transcript::Transcript;
use crate::case::{Case, text};
use crate::contract::RuleId;

/// The most steps that are rehearsed for one plan: a bound on time, beyond what any but the longest cases need.
const MOST_REHEARSED: usize = 40_000;

/// The most variants of a last step that are put into one conversation.
const MOST_TOGETHER: usize = 40;

/// What is planned for, one after the other: what leaves everything as it is for the reference, what leaves it close, and
/// steps that others can do without.
const PASSES: [(Size, Likeness); 4] = [
    (Size::Single, Likeness::Same),
    (Size::Single, Likeness::Close),
    (Size::Range, Likeness::Close),
    (Size::Single, Likeness::Loose),
];

/// How often a text may be to blame before no shorter one is planned for.
const MOST_BLAMED: usize = 2;

/// How many things of a crowd may be to blame, and none ever go, before the others are taken to be needed, too: where there have to be
/// so many, each of them is.
const MOST_BLAMED_OF_A_CROWD: usize = 3;

/// Proposes ever smaller cases.
#[derive(Debug)]
pub struct Shrinker {
    best: Draft,
    /// The first case beside the reference.
    stage: Stage,
    plan: Plan,
    /// What was proposed last.
    proposed: Option<Proposal>,
    /// What was to blame once: things that were taken out, and ranges of them.
    needed: HashSet<u64>,
    /// How often a text was to blame.
    blamed: HashMap<u64, usize>,
    /// How edits of each sort have fared.
    fared: HashMap<Sort, Fared>,
    /// How those have that take something from a crowd.
    crowds: HashMap<u64, Fared>,
    /// Figures of the cases that do not show it.
    tried: HashSet<u64>,
    /// How cases compare with the first, by figure, so that none is rehearsed for nothing twice.
    compared: HashMap<u64, Option<Likeness>>,
    /// Whether it shows in requests that the reference takes in another way: the target goes wrong before it gets to what they
    /// are about.
    early: bool,
    /// Whether it was seen where the wrong answer would have been right: what the target answers follows the case.
    surprised: bool,
    /// Whether what was to blame once is tried again, and whatever was not foreseen to show it.
    thorough: bool,
    /// Whether the case is too long for everything that can be made of it to be looked at.
    is_cut: bool,
    minimal: bool,
}

#[derive(Debug)]
enum Plan {
    /// Still to be made.
    Open,
    /// Ever smaller cases that are most likely to show it: every step is served or refused as before, and the last answer
    /// is as long.
    Chain(Chain),
    /// Cases with a single thing less. Most of what is no closer shows the finding no more, so each is held on its own; those
    /// with an edit that was once to blame are among them, because what stood in its way may have gone.
    Apart(VecDeque<Single>),
}

/// Cases each one edit away from the one before.
#[derive(Debug, Default)]
struct Chain {
    links: Vec<Link>,
    /// So many of them show the finding.
    shown: usize,
    /// This one, and so all that follow, were seen not to.
    failed: usize,
}

#[derive(Debug)]
struct Link {
    draft: Draft,
    /// What the edit took out.
    atoms: Vec<u64>,
    /// The text it makes shorter.
    place: Option<u64>,
    /// The crowd that it takes something from.
    crowd: Option<u64>,
    sort: Sort,
}

/// Edits that are expected to fare alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sort {
    kind: Kind,
    likeness: Likeness,
    /// Whether nothing but the last step differs.
    of_last: bool,
}

/// How the reference takes a smaller case, in comparison with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Likeness {
    /// The last request is served or refused for the reasons it was.
    Loose,
    /// And every step is served or refused as before, and the last answer is as long.
    Close,
    /// And everything is so for the same reasons.
    Same,
}

/// How edits of a sort have fared.
#[derive(Debug, Default)]
struct Fared {
    well: usize,
    ill: usize,
}

/// The best case with one thing less.
#[derive(Debug)]
struct Single {
    draft: Draft,
    edit: u64,
    /// The crowd that it takes something from.
    crowd: Option<u64>,
    fit: Fit,
}

/// How a case fits the first, beside the reference; the more likely to show it before the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The last request is served or refused for the reasons it was.
    Alike,
    /// So it is, and nothing differs but the last request, of which the contract promises that it changes nothing: others
    /// may follow it in the same conversation.
    Harmless,
    /// The last request is taken in another way. What fails too early to notice needs less than the reference does.
    Unlike,
    /// The wrong answer would be right.
    Excused,
}

#[derive(Debug, Clone, Copy)]
enum Proposal {
    /// This one of the chain.
    Linked(usize),
    /// So many of the cases apart, from the first on: the one, with the last steps of the others behind it.
    Together(usize),
}

impl Shrinker {
    /// Begins with a case that shows something at that step (from 0).
    pub fn new(mut case: Case, step: usize) -> Self {
        case.steps.truncate(step + 1);
        let best = Draft::of(case);
        Self {
            stage: Stage::of(&best),
            best,
            plan: Plan::Open,
            proposed: None,
            needed: HashSet::new(),
            blamed: HashMap::new(),
            fared: HashMap::new(),
            crowds: HashMap::new(),
            tried: HashSet::new(),
            compared: HashMap::new(),
            early: false,
            surprised: false,
            thorough: false,
            is_cut: false,
            minimal: false,
        }
    }

    /// What it shows is told by that rule: no case is proposed in which the last request has nothing to do with it.
    #[must_use]
    pub fn telling(mut self, rule: RuleId) -> Self {
        self.stage.expect(rule);
        self.compared.clear();
        self
    }

    /// Tries what was to blame once again, at the end, because what stood in its way may have gone; one of a hundred times it has. And
    /// every case to which the wrong answer would be right, instead of one that stands for all. For those with requests to spare.
    #[must_use]
    pub fn thoroughly(mut self) -> Self {
        self.thorough = true;
        self
    }

    /// The smallest case so far.
    pub fn best(&self) -> &Case {
        &self.best.case
    }

    /// Whether nothing smaller is left to propose.
    pub fn is_minimal(&self) -> bool {
        self.minimal
    }

    /// The next case to try; none if the best is minimal.
    ///
    /// Where the contract promises that the last step changes nothing, several variants of it may follow one another.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on what is kept"
    )]
    pub fn next(&mut self) -> Option<Case> {
        self.reject(usize::MAX);
        loop {
            match &mut self.plan {
                Plan::Open => self.plan = Plan::Chain(self.chain()),
                Plan::Chain(chain) => {
                    while let Some(at) = chain.next(&self.fared) {
                        let case = &chain.links[at].draft.case;
                        if !self.tried.contains(&figure(case)) {
                            self.proposed = Some(Proposal::Linked(at));
                            return Some(case.clone());
                        }
                        // It was rejected before, on another way.
                        chain.failed = at;
                    }
                    self.plan = match chain.links.get(chain.failed) {
                        Some(link) => {
                            self.needed.insert(key(&link.atoms));
                            self.fared.entry(link.sort).or_default().ill += 1;
                            if let Some(crowd) = link.crowd {
                                self.crowds.entry(crowd).or_default().ill += 1;
                            }
                            if let Some(place) = link.place {
                                *self.blamed.entry(place).or_default() += 1;
                            }
                            Plan::Open
                        }
                        None => Plan::Apart(self.apart()),
                    };
                }
                Plan::Apart(singles) => {
                    let Some(first) = singles.front() else {
                        self.minimal = !self.is_cut;
                        return None;
                    };
                    let harmless = singles.iter().take(MOST_TOGETHER);
                    let harmless = harmless.take_while(|single| single.fit == Fit::Harmless);
                    let together = harmless.count().max(1);
                    self.proposed = Some(Proposal::Together(together));
                    let mut case = first.draft.case.clone();
                    if together > 1 {
                        // A variant may need a name that the first one does not.
                        case.steps.clone_from(&self.best.case.steps);
                        case.steps.pop();
                        let variants = singles.iter().take(together);
                        case.steps.extend(
                            variants.filter_map(|single| single.draft.case.steps.last().cloned()),
                        );
                    }
                    return Some(case);
                }
            }
        }
    }

    /// The case proposed last still shows it, at that step (from 0); whether it is the best case now, up to that step. If not,
    /// a part of it is proposed next.
    #[must_use]
    pub fn keep(&mut self, step: usize) -> bool {
        match (self.proposed.take(), &mut self.plan) {
            (Some(Proposal::Linked(at)), Plan::Chain(chain)) => {
                for link in &chain.links[chain.shown..=at] {
                    self.fared.entry(link.sort).or_default().well += 1;
                    if let Some(crowd) = link.crowd {
                        self.crowds.entry(crowd).or_default().well += 1;
                    }
                }
                chain.shown = at + 1;
                self.best = chain.links[at].draft.clone();
                if step + 1 < self.best.case.steps.len() {
                    self.begin_again(step);
                }
                true
            }
            (Some(Proposal::Together(_)), Plan::Apart(singles)) => {
                let last = self.best.case.steps.len() - 1;
                for passed in singles.drain(..step.saturating_sub(last)) {
                    self.needed.insert(passed.edit);
                    self.tried.insert(figure(&passed.draft.case));
                }
                if step > last {
                    // Others came before it. It has to show it alone.
                    if let Some(single) = singles.front_mut() {
                        single.fit = Fit::Alike;
                    }
                    return false;
                }
                if let Some(single) = singles.pop_front() {
                    let Single {
                        draft, fit, crowd, ..
                    } = single;
                    if let Some(crowd) = crowd {
                        self.crowds.entry(crowd).or_default().well += 1;
                    }
                    self.best = draft;
                    self.early |= fit == Fit::Unlike;
                    self.surprised |= fit == Fit::Excused;
                    let is_unforeseen = matches!(fit, Fit::Unlike | Fit::Excused);
                    if is_unforeseen || step + 1 < self.best.case.steps.len() {
                        self.begin_again(step);
                    } else {
                        // What one edit has made possible is planned for as a whole again.
                        self.plan = Plan::Open;
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// What was said and answered where it shows: a case to which the wrong answer would be right is hardly one to propose.
    ///
    /// The first time before anything is proposed, then whenever a case was kept.
    pub fn hear(&mut self, told: &Transcript) {
        if !self.surprised {
            self.stage.hear(told);
        }
    }

    /// The case proposed last does not show it. It was answered for so many steps; what comes behind them may show it yet.
    ///
    /// To ask for the next case says so, too, of a case that was answered to its end.
    pub fn reject(&mut self, answered: usize) {
        match (self.proposed.take(), &mut self.plan) {
            (Some(Proposal::Linked(at)), Plan::Chain(chain)) => {
                self.tried.insert(figure(&chain.links[at].draft.case));
                chain.failed = at;
            }
            (Some(Proposal::Together(together)), Plan::Apart(singles)) => {
                let last = self.best.case.steps.len() - 1;
                let held = answered.saturating_sub(last).clamp(1, together);
                for single in singles.drain(..held) {
                    self.needed.insert(single.edit);
                    self.tried.insert(figure(&single.draft.case));
                    if let Some(crowd) = single.crowd {
                        self.crowds.entry(crowd).or_default().ill += 1;
                    }
                }
                if !self.thorough {
                    singles.retain(|single| !is_needed_whole(&self.crowds, single.crowd));
                }
            }
            _ => {}
        }
    }

    /// Takes the best case up to that step for the first one.
    fn begin_again(&mut self, step: usize) {
        self.best.truncate(step + 1);
        self.stage = self.stage.again(&self.best);
        self.compared.clear();
        self.plan = Plan::Open;
    }

    /// Makes the best case smaller beside the reference for as long as that goes: first what leaves everything as it is there,
    /// then what leaves it close.
    fn chain(&mut self) -> Chain {
        let mut links = Vec::new();
        let mut draft = self.best.clone();
        let Some(mut known) = self.stage.rehearse(&draft.case, None) else {
            return Chain::of(links);
        };
        let mut left = MOST_REHEARSED;
        loop {
            let before = links.len();
            for pass in PASSES {
                self.lengthen(&mut links, &mut draft, &mut known, pass, &mut left);
            }
            if links.len() == before || left == 0 {
                return Chain::of(links);
            }
        }
    }

    /// Adds to a chain all that goes by edits of that size.
    fn lengthen(
        &mut self,
        links: &mut Vec<Link>,
        draft: &mut Draft,
        known: &mut Rehearsal,
        (size, least): (Size, Likeness),
        left: &mut usize,
    ) {
        let mut edits = edit::edits(draft, size);
        let mut at = 0;
        while let Some(edit) = edits.get(at)
            && *left > 0
        {
            at += 1;
            if least == Likeness::Loose && !edit.is_of_steps() {
                continue;
            }
            if edit.parts_equals(draft) {
                continue;
            }
            let atoms = edit.atoms(draft);
            let place = edit.place(draft);
            let is_needed = self.needed.contains(&key(&atoms))
                || atoms.iter().any(|atom| self.needed.contains(atom));
            let blamed = place.and_then(|place| self.blamed.get(&place));
            if is_needed || blamed.is_some_and(|blamed| *blamed >= MOST_BLAMED) {
                continue;
            }
            let crowd = edit.crowd(draft);
            if is_needed_whole(&self.crowds, crowd) {
                continue;
            }
            let Some(smaller) = edit.apply(draft) else {
                continue;
            };
            let figure = figure(&smaller.case);
            let before = self.compared.get(&figure);
            if before.is_some_and(|likeness| *likeness < Some(least)) {
                continue;
            }
            *left = left.saturating_sub(smaller.case.steps.len());
            let rehearsal = self.stage.rehearse(&smaller.case, Some(known));
            let likeness = rehearsal
                .as_ref()
                .and_then(|rehearsal| self.likeness(&smaller, rehearsal));
            self.compared.insert(figure, likeness);
            let (Some(rehearsal), Some(likeness)) =
                (rehearsal, likeness.filter(|likeness| *likeness >= least))
            else {
                continue;
            };
            links.push(Link {
                draft: smaller.clone(),
                atoms,
                place,
                crowd,
                sort: Sort {
                    kind: edit.kind(draft),
                    likeness,
                    of_last: edit.is_of_last(draft),
                },
            });
            *draft = smaller;
            *known = rehearsal;
            edits = edit::edits(draft, size);
            // Where an edit was made, the one behind it has moved into its place.
            at -= 1;
        }
    }

    fn likeness(&self, draft: &Draft, rehearsal: &Rehearsal) -> Option<Likeness> {
        if !self.stage.is_alike(rehearsal) || self.stage.is_excused(rehearsal) {
            return None;
        }
        if !self.stage.is_close(&draft.ids, rehearsal) {
            return Some(Likeness::Loose);
        }
        match self.stage.is_same(&draft.ids, rehearsal) {
            true => Some(Likeness::Same),
            false => Some(Likeness::Close),
        }
    }

    /// Everything that can be made of the best case by a single edit and was not tried.
    fn apart(&mut self) -> VecDeque<Single> {
        let mut singles = Vec::new();
        let mut seen = self.tried.clone();
        let Some(known) = self.stage.rehearse(&self.best.case, None) else {
            return singles.into();
        };
        let mut all = edits(&self.best, Size::Single);
        all.retain(Edit::is_single);
        let last = self.best.case.steps.len() - 1;
        if last > 1 {
            all.push(Edit::Steps(0..last));
        }
        all.extend(letters(&self.best));
        let all = representatives(all, &self.best);
        let most = MOST_REHEARSED / self.best.case.steps.len().max(1);
        self.is_cut = all.len() > most;
        for edit in all.iter().take(most) {
            let Some(draft) = edit.apply(&self.best) else {
                continue;
            };
            let atoms = key(&edit.atoms(&self.best));
            let crowd = edit.crowd(&self.best);
            let is_needed = self.needed.contains(&atoms) || is_needed_whole(&self.crowds, crowd);
            if !self.thorough && is_needed || !seen.insert(figure(&draft.case)) {
                continue;
            }
            let Some(rehearsal) = self.stage.rehearse(&draft.case, Some(&known)) else {
                continue;
            };
            if !self.stage.may_show(&rehearsal) {
                continue;
            }
            let of_last = edit.is_of_last(&self.best);
            let alike = self.stage.is_alike(&rehearsal);
            let early = self.early || self.stage.is_of_failure();
            // A step that has to be refused is as good as gone.
            let is_idle = |step| rehearsal.is_out_of_action(step, &known);
            let fit = if self.stage.is_excused(&rehearsal) {
                if rehearsal.lists_nothing() && !self.thorough {
                    continue;
                }
                Fit::Excused
            } else if of_last && rehearsal.is_harmless() && (alike || early) {
                Fit::Harmless
            } else if alike && !edit.step().is_some_and(is_idle) {
                Fit::Alike
            } else if early || !alike && edit.is_of_steps() {
                Fit::Unlike
            } else {
                continue;
            };
            singles.push(Single {
                edit: atoms,
                crowd,
                draft,
                fit,
            });
        }
        singles.sort_by_key(|single| {
            let is_needed = self.needed.contains(&single.edit);
            (is_needed, single.fit, single.draft.case.steps.len())
        });
        if !self.thorough {
            // One that is excused stands for all.
            let excused = singles.iter().position(|one| one.fit == Fit::Excused);
            singles.truncate(excused.map_or(usize::MAX, |first| first + 1));
        }
        singles.into()
    }
}

impl Chain {
    fn of(links: Vec<Link>) -> Self {
        Self {
            failed: links.len(),
            links,
            shown: 0,
        }
    }

    /// Which case to propose: the last unless that is hopeless or known to fail; then the one that is as likely to show it
    /// as not.
    fn next(&self, fared: &HashMap<Sort, Fared>) -> Option<usize> {
        let unknown = self.failed - self.shown;
        if unknown == 0 {
            return None;
        }
        let open = self.failed == self.links.len();
        let end = if open { self.failed } else { self.failed + 1 };
        let blamed: usize = fared.values().map(|fared| fared.ill).sum();
        let blamed = blamed + usize::from(!open);
        let mut places: HashSet<u64> = self.links[..self.shown]
            .iter()
            .filter_map(|link| link.place)
            .collect();
        let risks: Vec<f64> = self.links[self.shown..end]
            .iter()
            .map(|link| {
                let risk = risk(link.sort, blamed, fared.get(&link.sort));
                let known = link.place.is_some_and(|place| !places.insert(place));
                if known { risk * SAME_PLACE } else { risk }
            })
            .collect();
        let all: f64 = risks.iter().sum();
        let hopeless = if blamed == 0 {
            HOPELESS_AT_FIRST
        } else {
            HOPELESS
        };
        if open && all < hopeless {
            return Some(self.failed - 1);
        }
        let even = match open {
            true => std::f64::consts::LN_2,
            false => -f64::ln(f64::midpoint(1.0, f64::exp(-all))),
        };
        let mut sum = 0.0;
        let within = risks.iter().take_while(|risk| {
            sum += **risk;
            sum <= even
        });
        Some(self.shown + within.count().clamp(1, unknown) - 1)
    }
}

/// The rate at which edits of a sort are to blame, where so many others were.
///
/// Most of what shows a finding shows it whatever goes beside it. Where one edit was to blame others are, and which is not the
/// same for all sorts: members and steps then matter nearly every second time, single characters hardly ever.
fn risk(sort: Sort, blamed: usize, fared: Option<&Fared>) -> f64 {
    let (well, ill) = fared.map_or((0, 0), |fared| (fared.well, fared.ill));
    let at_first: f64 = match (sort.kind, sort.likeness) {
        (Kind::Bytes, _) | (_, Likeness::Loose) => 0.35,
        (Kind::Reads | Kind::Words, Likeness::Same) => 0.01,
        (Kind::Steps, _) => 0.15,
        (_, Likeness::Same) => 0.02,
        (_, Likeness::Close) => 0.08,
    };
    let at_last: f64 = match (sort.kind, sort.likeness) {
        (Kind::Steps | Kind::Keys, Likeness::Close) => 0.7,
        (Kind::Emptied, _) => 0.65,
        (Kind::Steps, _) | (_, Likeness::Loose) | (Kind::Ranges, _) => 0.5,
        (Kind::Keys, Likeness::Same) | (Kind::Data, Likeness::Close) | (Kind::Bytes, _) => 0.4,
        (Kind::Texts, Likeness::Same) => 0.2,
        (Kind::Children, _) => 0.15,
        (Kind::Data | Kind::Words, Likeness::Same) => 0.1,
        (Kind::Texts, _) => 0.06,
        (Kind::Reads | Kind::Words | Kind::Values | Kind::Heads, _) => 0.03,
    };
    let prior = match blamed {
        0 => at_first,
        1 => (at_first * at_last).sqrt(),
        _ => at_last,
    };
    let weight = 5.0;
    -f64::ln_1p(-(ill as f64 + prior * weight) / ((well + ill) as f64 + weight))
}

/// What is left of a rate where the same text has become shorter before: mostly it matters as a whole or not at all.
const SAME_PLACE: f64 = 0.25;

/// The rate from which on it is not worth trying everything at once: it shows in one of three cases.
const HOPELESS: f64 = 1.0;

/// The same as long as nothing was to blame: what shows a finding whatever goes beside it is known after a single replay.
const HOPELESS_AT_FIRST: f64 = 2.0;

/// Whether nothing of a crowd can go, as far as is known of it.
fn is_needed_whole(crowds: &HashMap<u64, Fared>, crowd: Option<u64>) -> bool {
    crowd
        .and_then(|crowd| crowds.get(&crowd))
        .is_some_and(|fared| fared.well == 0 && fared.ill >= MOST_BLAMED_OF_A_CROWD)
}

/// What tells an edit from others by what it takes out.
fn key(atoms: &[u64]) -> u64 {
    match atoms {
        [atom] => *atom,
        atoms => {
            let mut hasher = DefaultHasher::new();
            atoms.hash(&mut hasher);
            hasher.finish()
        }
    }
}

fn figure(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    text::print(case).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::case::bind::Values;
    use crate::wire::{Answer, Exchange, Headers, Message, Response};

    /// Shrinks as long as the text shows it; the smallest, and how many were tried.
    fn shrink(case: &str, shows: impl Fn(&str) -> bool) -> (String, usize) {
        shrink_hearing(case, None, shows, |_| ())
    }

    /// The same where the last request was answered with that body; tells `seen` of all that is tried.
    fn shrink_hearing(
        case: &str,
        wrong: Option<&'static str>,
        shows: impl Fn(&str) -> bool,
        mut seen: impl FnMut(&str),
    ) -> (String, usize) {
        let case = text::parse(case, "test.case").expect("a case");
        let last = case.steps.len() - 1;
        let mut shrinker = Shrinker::new(case.clone(), last);
        if let Some(body) = wrong {
            shrinker.hear(&answered(case, body));
        }
        let mut tried = 0;
        while let Some(smaller) = shrinker.next() {
            tried += 1;
            seen(&text::print(&smaller));
            let upto = |at: usize| Case {
                steps: smaller.steps[..=at].to_vec(),
                ..Case::default()
            };
            let at = (0..smaller.steps.len()).find(|at| shows(&text::print(&upto(*at))));
            if let Some(at) = at
                && shrinker.keep(at)
            {
                assert_eq!(shrinker.best().steps.len(), at + 1);
            }
        }
        assert!(shrinker.is_minimal());
        (text::print(shrinker.best()), tried)
    }

    const CASE: &str = "# About.\n\n> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n\n\
        > PUT /domains/${domain}/object-types/T\n| {\"Description\": \"long text\", \"Fields\": {\"a\": {\"Source\": \"_source.a\"}, \
        \"b\": {}}}\nexpect 200\n\n> PUT /domains/${domain}/profiles/objects\n\
        | {\"ObjectTypeName\": \"T\", \"Object\": \"{\\\"a\\\": [1, 2], \\\"b\\\": 3}\"}\n@ k = /Key\n\n> GET /x/${k}\n\n\
        > GET /domains/${domain}\n> x-y: z\n";

    #[test]
    fn what_does_not_matter_goes() {
        let (small, tried) = shrink(CASE, |text| text.contains("GET /domains"));
        assert_eq!(
            small,
            "> POST /domains/${domain}\n| {\"DefaultExpirationDays\":1}\n\n> GET /domains/${domain}\n"
        );
        assert!(tried < 5, "{tried}");
        let (small, _) = shrink(CASE, |text| {
            text.contains(r#"b\":"#) && text.contains(r#"}"}"#) && text.contains("> GET /domains")
        });
        assert_eq!(
            small,
            "> POST /domains/${domain}\n| {\"DefaultExpirationDays\":1}\n\n\
             > PUT /domains/${domain}/profiles/objects\n| {\"Object\":\"{\\\"b\\\":0}\"}\n\n> GET /domains/${domain}\n"
        );
    }

    #[test]
    fn what_a_step_needs_goes_with_it() {
        let needs = "> GET /a\n@ k = /K\n\n> GET /b/${k}\n\n> GET /c\n";
        let (small, _) = shrink(needs, |text| text.contains("/c"));
        assert_eq!(small, "> GET /c\n");
        let (small, _) = shrink(needs, |text| text.contains("/b"));
        assert_eq!(small, "> GET /\n@ k = /K\n\n> GET /b${k}\n");
    }

    #[test]
    fn texts_become_short_and_damage_small() {
        let (small, _) = shrink("> PUT /\n| {\"a\": \"xxxxxxxxxx\", \"n\": 77}\n", |text| {
            text.matches('x').count() >= 4 && text.contains("n")
        });
        assert_eq!(small, "> PUT /\n| {\"a\":\"xxxx\",\"n\":0}\n");
        let (small, _) = shrink("> PUT /\n| {\"a\": \"1x2x3x4x5\"}\n", |text| {
            text.matches('x').count() >= 3
        });
        assert_eq!(small, "> PUT /\n| {\"a\":\"xxx\"}\n");
        let (small, _) = shrink("> PUT /\n| {\"a\": broken, and more}\n", |text| {
            text.contains("ken")
        });
        assert_eq!(small, "> PUT /\n| ken\n");
    }

    /// The last request of a case answered with 200 and that body.
    fn answered(case: Case, body: &'static str) -> Transcript {
        let steps = case.steps.len();
        let mut answers = vec![Vec::new(); steps];
        answers[steps - 1].push(Exchange {
            message: Message::Raw(Bytes::new()),
            answer: Answer::Response(Response {
                status: 200,
                headers: Headers::default(),
                body: body.into(),
            }),
            at_ms: 0,
            took_us: 0,
        });
        Transcript {
            name: String::new(),
            case,
            given: Vec::new(),
            with: Values::new(),
            overheard: None,
            answers,
        }
    }

    const SEARCH: &str = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n\n\
        > POST /domains/${domain}/profiles\n| {\"AccountNumber\": \"A-1\", \"FirstName\": \"Ann\"}\n\n\
        > POST /domains/${domain}/profiles/search\n| {\"KeyName\": \"_account\", \"Values\": [\"A-1\"]}\n";

    #[test]
    fn what_the_wrong_answer_would_be_right_for_is_not_tried() {
        // A server that finds nothing: with nothing to be found it would be right.
        let shows = |text: &str| text.contains("_account") && text.matches("A-1").count() == 2;
        let finds_nothing = Some(r#"{"Items":[]}"#);
        let mut pointless = 0;
        let (small, tried) = shrink_hearing(SEARCH, finds_nothing, shows, |text| {
            pointless += usize::from(!text.contains("AccountNumber"));
        });
        assert_eq!(pointless, 0);
        let (unheard, tried_unheard) = shrink(SEARCH, shows);
        assert_eq!(small, unheard);
        assert!(tried < tried_unheard, "{tried} of {tried_unheard}");
    }

    #[test]
    fn a_wrong_answer_that_follows_the_case_deceives_for_one_case_only() {
        // A server that leaves one of the profiles out, however many there are: one is right where there is one.
        let profile = "> POST /domains/${domain}/profiles\n| {\"AccountNumber\": \"A-1\"}\n\n";
        let (begin, end) = SEARCH.split_at(
            SEARCH
                .find("> POST /domains/${domain}/profiles\n")
                .expect("a step"),
        );
        let case = format!("{begin}{profile}{end}");
        let lacks_one = Some(
            r#"{"Items":[{"ProfileId":"00000000000000000000000000000007","AccountNumber":"A-1"}]}"#,
        );
        let shows = |text: &str| text.contains("_account") && text.contains("AccountNumber");
        let (small, _) = shrink_hearing(&case, lacks_one, shows, |_| ());
        assert_eq!(small.matches("/profiles\n").count(), 1, "{small}");
    }

    #[test]
    fn of_a_crowd_that_has_to_be_so_large_a_few_are_tried() {
        let members: Vec<String> = (0..40).map(|at| format!("\"m{at}\": \"\"")).collect();
        let case = format!("> PUT /\n| {{{}}}\n", members.join(", "));
        let shows = |text: &str| text.matches("\":\"\"").count() >= 40;
        let (small, tried) = shrink(&case, shows);
        assert!(shows(&small), "{small}");
        assert!(tried < 15, "{tried}");
    }

    #[test]
    fn one_needed_thing_among_many_costs_few_proposals() {
        let members: Vec<String> = (0..64).map(|at| format!("\"m{at}\": {at}")).collect();
        let case = format!("> PUT /\n| {{{}}}\n", members.join(", "));
        let (small, tried) = shrink(&case, |text| text.contains("\"m41\""));
        assert_eq!(small, "> PUT /\n| {\"m41\":0}\n");
        assert!(tried < 40, "{tried}");
    }
}
