//! Following what cases show: whether it is news, whether it shows again, and the smallest case that shows it.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::case::text;
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
            let again = self.replay(task, known).await;
            let lost = again
                .verdict
                .unclear
                .as_ref()
                .is_some_and(|unclear| unclear.lost);
            let shown = again
                .verdict
                .violation()
                .is_some_and(|found| alike(found, &violation));
            let confirming = again.verdict.requests;
            watched.spend(again);
            if watched.disturbed && !shown {
                self.withdraw(&watched);
                watched.verdict.forgive(DISTURBED);
            }
            let mut shrunk = None;
            if shown && self.shrinking > 0 {
                // To see it again is the first thing it takes.
                let most = self.shrinking.saturating_sub(confirming);
                let spent = self
                    .shrink(task, &violation, known, &mut watched, most)
                    .await;
                shrunk = Some(Shrunk {
                    requests: spent.requests + confirming.min(self.shrinking),
                    ..spent
                });
            }
            seen = (!lost && watched.verdict.violation().is_some()).then(|| Seen {
                times: 1 + u32::from(shown),
                replays: 2,
                shrunk,
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
        task: &Task,
        violation: &Finding,
        known: &Choices,
        watched: &mut Watched,
        most: usize,
    ) -> Shrunk {
        // Whoever asks for more requests than usual has the time as well.
        let is_patient = most > SHRINKING;
        let mut shrinker = Shrinker::new(task.case.clone(), violation.step).telling(violation.rule);
        if is_patient {
            shrinker = shrinker.thoroughly();
        }
        // What came after the violation shows nothing, whatever else may go.
        watched.transcript.case.steps.truncate(violation.step + 1);
        watched.transcript.answers.truncate(violation.step + 1);
        shrinker.hear(&watched.transcript);
        let mut spent = 0;
        let began = Instant::now();
        let in_time = || is_patient || began.elapsed() < SHRINKING_TIME;
        while in_time()
            && !self.is_stopping()
            && let Some(case) = shrinker.next()
            && spent + case.steps.len() <= most
        {
            let smaller = Task {
                case,
                // Nothing behind the violation is of interest.
                reported: false,
                ..task.clone()
            };
            let mut again = self.replay_within(&smaller, known, most - spent).await;
            spent += again.verdict.requests;
            watched.leftovers.append(&mut again.leftovers);
            watched.verdict.retries += again.verdict.retries;
            watched.verdict.tally.merge(&again.verdict.tally);
            let found = again.verdict.violation();
            let Some(found) = found.filter(|found| still_shows(found, violation)) else {
                shrinker.reject(again.transcript.answers.len());
                continue;
            };
            if shrinker.keep(found.step) {
                again.transcript.case.steps.truncate(found.step + 1);
                again.transcript.answers.truncate(found.step + 1);
                watched.transcript = again.transcript;
                shrinker.hear(&watched.transcript);
                for finding in &mut watched.verdict.findings {
                    if finding.severity == Severity::Violates {
                        *finding = found.clone();
                    }
                }
            }
        }
        watched.verdict.requests += spent;
        Shrunk {
            requests: spent,
            minimal: shrinker.is_minimal(),
        }
    }
}

/// What shows the violation of a case.
fn kept(watched: &Watched) -> Option<Kept> {
    let violation = watched.verdict.violation()?;
    Some(Kept {
        rule: violation.rule,
        transcript: watched.transcript.clone(),
    })
}
