//! The smallest case that still shows a finding.
//!
//! A [`Shrinker`] proposes smaller cases, and is told which of them still show it. It sends nothing and judges nothing, so
//! it serves a run over HTTP, a fuzzer in process and a recording alike:
//!
//! ```
//! use profile_contract::case::text;
//! use profile_contract::shrink::Shrinker;
//!
//! let case = text::parse("> GET /templates/a\n\n> GET /templates/b\n\n> GET /templates/c\n", "three.case")?;
//! // Whatever speaks of `/b` shows it.
//! let shows = |case: &_| text::print(case).contains("/b");
//! let mut shrinker = Shrinker::new(case, 1);
//! while let Some(smaller) = shrinker.next() {
//!     if shows(&smaller) {
//!         shrinker.keep(smaller.steps.len() - 1);
//!     }
//! }
//! assert_eq!(text::print(shrinker.best()), "> GET /templates/b\n");
//! assert!(shrinker.is_minimal());
//! # Ok::<(), profile_contract::case::Problem>(())
//! ```
//!
//! Requests to the target are dear, and the reference costs it nothing. So the case is made smaller beside the reference
//! first, one edit after the other, as long as the last request would still be answered for the same reasons: that is a
//! [`Plan`]. Its end is proposed at once. Where that shows the finding no longer, halving the plan leads to the edit to
//! blame, which is not made again, and the rest is planned anew. What is left at the end is minimal: no step, header,
//! member, entry or character can go on its own.

mod edit;
mod rehearsal;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) use self::edit::needs_any;
use self::edit::{Draft, edits};
use self::rehearsal::{Rehearsal, Stage};
use crate::case::{Case, text};
use crate::contract::RuleId;

/// The most cases that are rehearsed for one plan: a bound on time, far beyond what cases by hand or by chance need.
const MOST_REHEARSED: usize = 4000;

/// Proposes ever smaller cases.
#[derive(Debug)]
pub struct Shrinker {
    best: Draft,
    /// The first case beside the reference.
    stage: Stage,
    likeness: Likeness,
    plan: Plan,
    /// The edits that are not made again, by figure.
    needed: HashSet<u64>,
    /// Figures of the cases proposed so far.
    tried: HashSet<u64>,
    minimal: bool,
}

/// How much a smaller case has to be like the first, beside the reference, to be worth proposing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// Every step is served or refused as before, and the last answer is as long.
    Close,
    /// The last request is served or refused for the reasons it was. Most of what is no closer shows the finding no more, so
    /// each edit is proposed by itself, those that were to blame once among them: what stood in their way may have gone.
    Loose,
}

/// Ever smaller cases, each one edit away from the one before.
#[derive(Debug, Default)]
struct Plan {
    drafts: Vec<(Draft, u64)>,
    /// So many of them show the finding.
    shown: usize,
    /// This one, and so all that follow, were seen not to.
    failed: usize,
    /// The one proposed last.
    proposed: Option<usize>,
}

impl Shrinker {
    /// Begins with a case that shows something at that step (from 0).
    pub fn new(mut case: Case, step: usize) -> Self {
        case.steps.truncate(step + 1);
        let best = Draft::of(case);
        let mut shrinker = Self {
            stage: Stage::of(&best.case),
            best,
            likeness: Likeness::Close,
            plan: Plan::default(),
            needed: HashSet::new(),
            tried: HashSet::new(),
            minimal: false,
        };
        shrinker.plan = shrinker.planned();
        shrinker
    }

    /// What it shows is told by that rule: no case is proposed in which the last request has nothing to do with it.
    #[must_use]
    pub fn telling(mut self, rule: RuleId) -> Self {
        self.stage.expect(rule);
        self.plan = self.planned();
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
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on what is kept"
    )]
    pub fn next(&mut self) -> Option<Case> {
        if let Some(at) = self.plan.proposed.take() {
            self.plan.failed = at;
        }
        loop {
            while let Some(at) = self.plan.next() {
                let case = &self.plan.drafts[at].0.case;
                self.plan.proposed = Some(at);
                if self.tried.insert(figure(case)) {
                    return Some(case.clone());
                }
                // It was rejected before, on another way.
                self.plan.proposed = None;
                self.plan.failed = at;
            }
            if let Some((_, blamed)) = self.plan.drafts.get(self.plan.failed) {
                self.needed.insert(*blamed);
                self.plan = self.planned();
                continue;
            }
            if self.likeness == Likeness::Loose && self.plan.drafts.is_empty() {
                self.minimal = true;
                return None;
            }
            // What one edit has made possible is planned for as a whole again.
            self.likeness = match self.likeness {
                Likeness::Close => Likeness::Loose,
                Likeness::Loose => Likeness::Close,
            };
            self.plan = self.planned();
        }
    }

    /// The case proposed last still shows it, at that step (from 0).
    pub fn keep(&mut self, step: usize) {
        let Some(at) = self.plan.proposed.take() else {
            return;
        };
        self.best = self.plan.drafts[at].0.clone();
        if step + 1 < self.best.case.steps.len() {
            self.best.truncate(step + 1);
            self.stage = self.stage.again(&self.best.case);
            self.plan = self.planned();
        } else {
            self.plan.shown = at + 1;
        }
    }

    /// Makes the best case smaller beside the reference for as long as that goes.
    fn planned(&self) -> Plan {
        let mut drafts: Vec<(Draft, u64)> = Vec::new();
        let mut draft = self.best.clone();
        let Some(mut known) = self.stage.rehearse(&draft.case, None) else {
            return Plan::of(drafts);
        };
        let mut rehearsed = 0;
        loop {
            let before = drafts.len();
            let mut edits = edits(&draft);
            let mut at = 0;
            while let Some(edit) = edits.get(at)
                && rehearsed < MOST_REHEARSED
            {
                at += 1;
                let key = edit.figure(&draft);
                if self.likeness == Likeness::Close && self.needed.contains(&key) {
                    continue;
                }
                let Some(smaller) = edit.apply(&draft) else {
                    continue;
                };
                rehearsed += 1;
                let Some(rehearsal) = self.fits(&smaller, &known) else {
                    continue;
                };
                if self.likeness == Likeness::Loose {
                    // Each by itself; what follows is planned once it is known to do.
                    if !self.tried.contains(&figure(&smaller.case)) {
                        return Plan::of(vec![(smaller, key)]);
                    }
                    continue;
                }
                drafts.push((smaller.clone(), key));
                draft = smaller;
                known = rehearsal;
                edits = edit::edits(&draft);
                // Where an edit was made, the one behind it has moved into its place.
                at -= 1;
            }
            if drafts.len() == before || rehearsed >= MOST_REHEARSED {
                return Plan::of(drafts);
            }
        }
    }

    /// How the reference takes a case, if that is enough like the first one.
    fn fits(&self, draft: &Draft, before: &Rehearsal) -> Option<Rehearsal> {
        let rehearsal = self.stage.rehearse(&draft.case, Some(before))?;
        let fits = self.stage.is_alike(&rehearsal)
            && (self.likeness != Likeness::Close || self.stage.is_close(&draft.ids, &rehearsal));
        fits.then_some(rehearsal)
    }
}

impl Plan {
    fn of(drafts: Vec<(Draft, u64)>) -> Self {
        Self {
            failed: drafts.len(),
            drafts,
            shown: 0,
            proposed: None,
        }
    }

    /// Which case to propose: the last as long as nothing is known, then the one in the middle of what is not known.
    fn next(&self) -> Option<usize> {
        (self.shown < self.failed).then(|| {
            if self.failed == self.drafts.len() {
                self.failed - 1
            } else {
                self.shown.midpoint(self.failed)
            }
        })
    }
}

fn figure(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    text::print(case).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks as long as the text shows it; the smallest, and how many were tried.
    fn shrink(case: &str, shows: impl Fn(&str) -> bool) -> (String, usize) {
        let case = text::parse(case, "test.case").expect("a case");
        let last = case.steps.len() - 1;
        let mut shrinker = Shrinker::new(case, last);
        let mut tried = 0;
        while let Some(smaller) = shrinker.next() {
            tried += 1;
            if shows(&text::print(&smaller)) {
                shrinker.keep(smaller.steps.len() - 1);
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
        assert_eq!(small, "> GET /\n@ k = /K\n\n> GET /b${k}\n\n> GET /\n");
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

    #[test]
    fn one_needed_thing_among_many_costs_few_proposals() {
        let members: Vec<String> = (0..64).map(|at| format!("\"m{at}\": {at}")).collect();
        let case = format!("> PUT /\n| {{{}}}\n", members.join(", "));
        let (small, tried) = shrink(&case, |text| text.contains("\"m41\""));
        assert_eq!(small, "> PUT /\n| {\"m41\":0}\n");
        assert!(tried < 40, "{tried}");
    }
}
