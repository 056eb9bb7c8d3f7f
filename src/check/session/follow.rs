//! Following what cases show: whether it is news, whether it shows again, and the smallest case that shows it.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::case::transcript::Transcript;
use crate::case::{Case, text};
use crate::contract::Choices;
use crate::judge::{Finding, Severity};
use crate::replay::{Lateness, Target};
use crate::report::{Seen, Shrunk, alike, still_shows};
use crate::shrink::Shrinker;

use super::{DISTURBED, Kept, News, SHRINKING, Session, Watched, judged};
use crate::check::plan::Task;
use crate::check::record::Record;

/// How long making one finding smaller may take: where effects show late, every replay waits, and whoever watches the run does too.
const SHRINKING_TIME: Duration = Duration::from_secs(10);

/// So many smaller cases are held before a violation that none of them shows is looked for in the case itself.
const GLANCES: usize = 2;

/// A case that showed a violation and is yet to be concluded.
pub(super) struct Held {
    task: Task,
    known: Choices,
    watched: Watched,
    took: Duration,
    /// Whether it was told of.
    told: bool,
    /// How the target was known to be late.
    late: Lateness,
}

impl<T: Target + 'static> Session<T> {
    /// Puts a case of the corpus that shows something new aside: a smaller one may show it, too.
    pub(super) fn hold(&self, task: &Task, known: &Choices, watched: Watched, took: Duration) {
        let is_told = watched.verdict.violation().is_some_and(|this| {
            let held = self.held();
            let mut others = held
                .iter()
                .filter_map(|one| one.watched.verdict.violation());
            others.any(|other| alike(other, this))
        });
        if !is_told {
            self.tell_at_once(task, &watched, took);
        }
        let held = Held {
            task: task.clone(),
            known: known.clone(),
            watched,
            took,
            told: !is_told,
            late: self.settings.lag.lateness(),
        };
        self.held().push(held);
    }

    /// Concludes what the corpus showed, the smallest cases first: what others show is then known already. What was found
    /// before the target turned out to be late is forgotten, and the case replayed instead.
    pub(crate) async fn conclude_held(&self) {
        let mut held = std::mem::take(&mut *self.held());
        held.sort_by_cached_key(|one| {
            let upto = one.watched.verdict.violation().map(|found| found.step);
            let mut case = one.task.case.clone();
            case.steps
                .truncate(upto.map_or(usize::MAX, |step| step + 1));
            (case.steps.len(), text::print(&case).len())
        });
        for one in held {
            let Held {
                task,
                known,
                mut watched,
                mut took,
                told,
                late,
            } = one;
            let hasty = late != self.settings.lag.lateness();
            if told && (hasty || !self.is_news(&task, &watched)) {
                self.withdraw(&watched);
            }
            if hasty {
                let (mut again, took_again) = self.watch(&task, &known).await;
                std::mem::swap(&mut watched, &mut again);
                watched.spend(again);
                took = took_again;
            }
            self.conclude(&task, &known, watched, took).await;
        }
    }

    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows what a case showed, if that is news, and adds it to the report.
    pub(super) async fn conclude(
        &self,
        task: &Task,
        known: &Choices,
        mut watched: Watched,
        took: Duration,
    ) -> Option<Choices> {
        let mut seen = None;
        if task.reported && watched.verdict.violation().is_none() {
            // What an earlier run saw and this one does not was there all the same.
            let earlier = self.collected().unfinished.remove(&task.name);
            if let Some(Record { judged, mut kept }) = earlier
                && let Some(kept) = kept.pop()
            {
                watched.verdict = judged.verdict;
                watched.transcript = kept.transcript;
                seen = Some(Seen {
                    times: 1,
                    replays: 2,
                    shrunk: None,
                });
                self.collect(task, watched, took, seen);
                return None;
            }
        }
        // One at a time, so that a cause that shows in many cases at once is followed only in the first.
        let mut following = None;
        if task.reported && self.is_news(task, &watched) {
            following = Some(self.settings.turns.lock(&self.following).await);
        }
        if following.is_some()
            && self.is_news(task, &watched)
            && let Some(violation) = watched.verdict.violation().cloned()
        {
            self.tell_at_once(task, &watched, took);
            let mut smaller = Smaller::than(task, &violation, &watched, self.shrinking);
            // What shows in a smaller case, too, was seen again.
            let most = self.shrinking.saturating_sub(task.case.steps.len());
            let mut glances = if watched.disturbed { 0 } else { GLANCES };
            while !smaller.shown
                && glances > 0
                && self.attempt(&mut smaller, known, &mut watched, most).await
            {
                glances -= 1;
            }
            let mut lost = false;
            if !smaller.shown {
                let again = self.replay(task, known).await;
                let unclear = again.verdict.unclear.as_ref();
                lost = unclear.is_some_and(|unclear| unclear.lost);
                let found = again.verdict.violation();
                smaller.shown = found.is_some_and(|found| alike(found, &violation));
                smaller.spent += again.verdict.requests;
                watched.spend(again);
            }
            if watched.disturbed && !smaller.shown {
                self.withdraw(&watched);
                watched.verdict.forgive(DISTURBED);
            }
            if smaller.shown {
                // What comes after the violation shows nothing, whatever else may go.
                if let Some(found) = watched.verdict.violation() {
                    watched.transcript = upto(&watched.transcript, found.step);
                }
                self.shrink(&mut smaller, known, &mut watched).await;
            }
            seen = (!lost && watched.verdict.violation().is_some()).then(|| Seen {
                times: 1 + u32::from(smaller.shown),
                replays: 2,
                shrunk: (smaller.shown && self.shrinking > 0).then(|| smaller.shrunk()),
            });
        }
        let choices = watched
            .verdict
            .violation()
            .is_none()
            .then(|| watched.verdict.choices.clone());
        self.collect(task, watched, took, seen);
        drop(following);
        choices
    }

    /// Whether a case violates the contract in a way that was neither seen before nor known beforehand.
    pub(super) fn is_news(&self, task: &Task, watched: &Watched) -> bool {
        watched.verdict.violation().is_some_and(|finding| {
            let report = &self.collected().report;
            !report.knows(finding) && !report.expects(finding.rule, &task.name)
        })
    }

    /// Tells of a violation before it is looked at again, so that nothing can make it be forgotten.
    fn tell_at_once(&self, task: &Task, watched: &Watched, took: Duration) {
        let Some(kept) = kept(watched) else {
            return;
        };
        if let Some(journal) = &self.journal {
            let judged = judged(task, watched.verdict.clone(), took, None);
            journal.seen(&judged, std::slice::from_ref(&kept));
        }
        (self.found)(&kept, News::First);
    }

    /// Takes back what was told of a case.
    fn withdraw(&self, watched: &Watched) {
        if let Some(kept) = kept(watched) {
            (self.found)(&kept, News::Withdrawn);
        }
    }

    /// Looks for the smallest case that shows a violation, and puts its transcript and finding in the place of those that
    /// were watched.
    pub(crate) async fn shrink(
        &self,
        smaller: &mut Smaller<'_>,
        known: &Choices,
        watched: &mut Watched,
    ) {
        let most = smaller.most;
        while self.attempt(smaller, known, watched, most).await {}
    }

    /// Holds the next smaller case; whether there was one, and time and requests left for it.
    async fn attempt(
        &self,
        smaller: &mut Smaller<'_>,
        known: &Choices,
        watched: &mut Watched,
        most: usize,
    ) -> bool {
        if !smaller.has_time() || self.is_stopping() {
            return false;
        }
        let Some(case) = smaller.put_off.take().or_else(|| smaller.shrinker.next()) else {
            return false;
        };
        if smaller.spent + case.steps.len() > most {
            smaller.put_off = Some(case);
            return false;
        }
        let task = Task {
            case,
            // Nothing behind the violation is of interest.
            reported: false,
            ..smaller.task.clone()
        };
        let left = most - smaller.spent;
        let mut again = self.replay_within(&task, known, left).await;
        smaller.spent += again.verdict.requests;
        watched.verdict.requests += again.verdict.requests;
        watched.leftovers.append(&mut again.leftovers);
        watched.verdict.retries += again.verdict.retries;
        watched.verdict.tally.merge(&again.verdict.tally);
        let found = again.verdict.violation();
        let Some(found) = found.filter(|found| still_shows(found, smaller.violation)) else {
            smaller.shrinker.reject(again.transcript.answers.len());
            return true;
        };
        smaller.shown = true;
        if smaller.shrinker.keep(found.step) {
            watched.transcript = upto(&again.transcript, found.step);
            smaller.shrinker.hear(&watched.transcript);
            for finding in &mut watched.verdict.findings {
                if finding.severity == Severity::Violates {
                    *finding = found.clone();
                }
            }
        }
        true
    }
}

/// A case that shows a violation on its way to the smallest.
pub(crate) struct Smaller<'a> {
    task: &'a Task,
    violation: &'a Finding,
    shrinker: Shrinker,
    /// What was proposed and would have taken too many requests.
    put_off: Option<Case>,
    began: Instant,
    /// How many requests may be spent, and were.
    most: usize,
    spent: usize,
    /// Whether it was seen since.
    shown: bool,
}

impl<'a> Smaller<'a> {
    /// Begins with what was watched, for at most so many requests.
    pub(crate) fn than(
        task: &'a Task,
        violation: &'a Finding,
        watched: &Watched,
        most: usize,
    ) -> Self {
        let mut shrinker = Shrinker::new(task.case.clone(), violation.step).telling(violation.rule);
        if most > SHRINKING {
            shrinker = shrinker.thoroughly();
        }
        shrinker.hear(&upto(&watched.transcript, violation.step));
        Self {
            task,
            violation,
            shrinker,
            put_off: None,
            began: Instant::now(),
            most,
            spent: 0,
            shown: false,
        }
    }

    /// What it took.
    pub(crate) fn shrunk(&self) -> Shrunk {
        Shrunk {
            requests: self.spent.min(self.most),
            minimal: self.shrinker.is_minimal(),
        }
    }

    /// Whoever asks for more requests than usual has the time as well.
    fn has_time(&self) -> bool {
        self.most > SHRINKING || self.began.elapsed() < SHRINKING_TIME
    }
}

/// A conversation without what follows that step (from 0).
fn upto(told: &Transcript, step: usize) -> Transcript {
    let mut told = told.clone();
    told.case.steps.truncate(step + 1);
    told.answers.truncate(step + 1);
    told
}

/// What shows the violation of a case.
fn kept(watched: &Watched) -> Option<Kept> {
    let violation = watched.verdict.violation()?;
    Some(Kept {
        rule: violation.rule,
        transcript: watched.transcript.clone(),
    })
}
