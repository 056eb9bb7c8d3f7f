//! Running cases against a target: probes first, many at a time, the violating ones twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::case::bind::Values;
use crate::case::transcript::Transcript;
use crate::case::{Case, Say};
use crate::contract::operation::addressed;
use crate::contract::{ChoiceId, Choices, Operation, RuleId};
use crate::judge::{Finding, Heard, Judge, Severity, Unclear, Verdict};
use crate::replay::{self, Lag, Next, Settings, Target};
use crate::report::{Judged, Report, Seen, Shrunk, alike, still_shows};
use crate::shrink::Shrinker;
use crate::wire::Answer;

use super::arn::ArnForm;
use super::plan::Task;

/// How long to wait before asking again for an effect that may still be on its way.
const PAUSE: Duration = Duration::from_millis(50);

/// How often the lag is measured before anything else.
const ROUNDS: usize = 8;

/// How many cases run side by side on a target that shows its effects late: nearly all of them are waiting.
const WAITING: usize = 192;

/// How many requests are spent on making one finding smaller.
pub const SHRINKING: usize = 200;

/// A transcript that shows a distinct cause for the first time.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The rule of the finding.
    pub rule: RuleId,
    /// What was said and answered.
    pub transcript: Transcript,
}

/// Everything that cases of one run share.
pub(crate) struct Session<T> {
    target: T,
    settings: Settings,
    arn_known: bool,
    /// Told of every case that is done.
    progress: Progress,
    /// Hears what the cases of the corpus were answered.
    listener: Option<Listener>,
    stopping: Arc<AtomicBool>,
    /// How long an effect may take to show.
    settle: Duration,
    /// Whether an effect was waited for that never showed.
    impatient: AtomicBool,
    /// Held while a finding is looked for again and made smaller.
    following: tokio::sync::Mutex<()>,
    collected: Mutex<Collected>,
}

/// What the cases of a run have shown so far.
#[derive(Debug)]
pub(crate) struct Collected {
    /// The verdicts.
    pub(crate) report: Report,
    /// What shows each distinct cause.
    pub(crate) kept: Vec<Kept>,
    /// What went wrong outside the cases.
    pub(crate) notes: Vec<String>,
    /// What is known of the target: where cases to come begin.
    known: Choices,
}

/// Told whenever a case is done.
pub(crate) type Progress = Arc<dyn Fn() + Send + Sync>;

/// Hears what a case of the corpus was answered; says whether it wants to hear the case once more.
pub(crate) type Listener = Arc<dyn Fn(&Transcript) -> bool + Send + Sync>;

impl<T: Target + 'static> Session<T> {
    /// A session with a target, whose ARNs begin like that.
    pub(crate) fn new(
        target: T,
        settings: Settings,
        arn: &ArnForm,
        report: Report,
        settle: Duration,
    ) -> Self {
        Self {
            target,
            settings: Settings {
                arn: arn.arn.clone(),
                ..settings
            },
            arn_known: arn.known,
            progress: Arc::new(|| {}),
            listener: None,
            stopping: Arc::default(),
            settle,
            impatient: AtomicBool::new(false),
            following: tokio::sync::Mutex::new(()),
            collected: Mutex::new(Collected {
                report,
                kept: Vec::new(),
                notes: Vec::new(),
                known: Choices::open(),
            }),
        }
    }

    /// Tells `progress` of every case that is done, and starts none once `stopping` is set.
    pub(crate) fn watched(mut self, progress: Progress, stopping: Arc<AtomicBool>) -> Self {
        self.progress = progress;
        self.stopping = stopping;
        self
    }

    /// Lets `listener` hear every case of the corpus to its end, whatever the judge thinks of the answers.
    pub(crate) fn heard_by(mut self, listener: Option<Listener>) -> Self {
        self.listener = listener;
        self
    }

    /// Whether no further case is started.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Finds out whether the target shows its effects late, by a case that waits for one; several at a time, because a
    /// delay may be short by chance.
    pub(crate) async fn measure_lag(self: &Arc<Self>, case: &Task) {
        let rounds = vec![
            Task {
                reported: false,
                ..case.clone()
            };
            ROUNDS
        ];
        self.run_all(rounds, ROUNDS).await;
        self.impatient.store(false, Ordering::Relaxed);
    }

    /// How late the target shows its effects.
    pub(crate) fn lag(&self) -> &Lag {
        &self.settings.lag
    }

    /// Runs probes: what they show of the target is where all later cases begin.
    pub(crate) async fn probe(self: &Arc<Self>, probes: Vec<Task>, jobs: usize) {
        let learned = self.run_all(probes, jobs).await;
        let mut collected = self.collected();
        for choices in learned {
            for id in ChoiceId::all() {
                let left = choices.get(id).and(collected.known.get(id));
                // Probes that contradict each other are a finding of the report.
                if !left.is_empty() {
                    collected.known.narrow(id, left);
                }
            }
        }
    }

    /// Runs cases, so many at a time, and returns what each showed of the target.
    pub(crate) async fn run_all(self: &Arc<Self>, tasks: Vec<Task>, jobs: usize) -> Vec<Choices> {
        let tasks = Arc::new(move |at: usize| tasks.get(at).cloned());
        self.run_each(tasks, jobs).await
    }

    /// Runs the cases a function gives, so many at a time, until it gives none.
    pub(crate) async fn run_each(
        self: &Arc<Self>,
        tasks: Arc<dyn Fn(usize) -> Option<Task> + Send + Sync>,
        jobs: usize,
    ) -> Vec<Choices> {
        let known = Arc::new(self.collected().known.clone());
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        // Whether a target is late may show only when the run is under way: the workers for that case wait meanwhile.
        let most = if jobs == 1 { 1 } else { jobs.max(WAITING) };
        let at_once = if self.settings.lag.is_none() {
            jobs
        } else {
            most
        };
        let turns = Arc::new(Semaphore::new(at_once));
        let more = Arc::new(AtomicUsize::new(most - at_once));
        for _ in 0..most {
            let (session, tasks, next, known, turns, more) = (
                Arc::clone(self),
                Arc::clone(&tasks),
                Arc::clone(&next),
                Arc::clone(&known),
                Arc::clone(&turns),
                Arc::clone(&more),
            );
            workers.spawn(async move {
                let mut learned = Vec::new();
                // The semaphore is never closed.
                while let Ok(turn) = turns.acquire().await
                    && !session.is_stopping()
                    && let Some(task) = tasks(next.fetch_add(1, Ordering::Relaxed))
                {
                    learned.extend(session.run(&task, &known).await);
                    (session.progress)();
                    drop(turn);
                    if !session.settings.lag.is_none() {
                        turns.add_permits(more.swap(0, Ordering::Relaxed));
                    }
                }
                learned
            });
        }
        // A worker that panicked has said so on stderr, and its case is missing from the counts.
        workers.join_all().await.into_iter().flatten().collect()
    }

    /// What has been collected so far.
    pub(crate) fn collected(&self) -> MutexGuard<'_, Collected> {
        self.collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a case, again if it violates in a way not seen before, and adds it to the report.
    ///
    /// Returns what it showed of the target, if it can be relied upon.
    async fn run(&self, task: &Task, known: &Choices) -> Option<Choices> {
        let began = Instant::now();
        let mut watched = self.replay(task, known).await;
        let took = began.elapsed();
        self.tell(task, known, &mut watched).await;
        let unseen = |finding: &&Finding| !self.collected().report.knows(finding);
        let mut seen = None;
        // One at a time, so that a cause that shows in many cases at once is followed only in the first.
        let mut following = None;
        if task.reported && watched.verdict.violation().filter(unseen).is_some() {
            following = Some(self.following.lock().await);
        }
        if following.is_some()
            && let Some(violation) = watched.verdict.violation().filter(unseen).cloned()
        {
            let again = self.replay(task, known).await;
            let shown = again
                .verdict
                .violation()
                .is_some_and(|found| alike(found, &violation));
            watched.verdict.requests += again.verdict.requests;
            watched.notes.extend(again.notes);
            let mut shrunk = None;
            if shown {
                shrunk = Some(
                    self.shrink(task, &violation, known, &mut watched, SHRINKING)
                        .await,
                );
            }
            seen = Some(Seen {
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

    /// Lets the listener hear a case, as often as it wants to.
    async fn tell(&self, task: &Task, known: &Choices, watched: &mut Watched) {
        let Some(listener) = self.listener.as_ref().filter(|_| task.is_written()) else {
            return;
        };
        let mut more = listener(&watched.transcript);
        while more {
            let again = self.replay(task, known).await;
            watched.verdict.requests += again.verdict.requests;
            watched.notes.extend(again.notes);
            more = listener(&again.transcript);
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
        let mut shrinker = Shrinker::new(task.case.clone(), violation.step).telling(violation.rule);
        // What came after the violation shows nothing, whatever else may go.
        watched.transcript.case.steps.truncate(violation.step + 1);
        watched.transcript.answers.truncate(violation.step + 1);
        let mut spent = 0;
        while spent < most
            && !self.is_stopping()
            && let Some(case) = shrinker.next()
        {
            let smaller = Task {
                case,
                // Nothing behind the violation is of interest.
                reported: false,
                ..task.clone()
            };
            let mut again = self.replay(&smaller, known).await;
            spent += again.verdict.requests;
            watched.notes.append(&mut again.notes);
            let found = again.verdict.violation();
            if let Some(found) = found.filter(|found| still_shows(found, violation)) {
                shrinker.keep(found.step);
                again.transcript.case.steps.truncate(found.step + 1);
                again.transcript.answers.truncate(found.step + 1);
                watched.transcript = again.transcript;
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

    /// Replays a case once and judges it.
    pub(crate) async fn replay(&self, task: &Task, known: &Choices) -> Watched {
        let lag = &self.settings.lag;
        // Whoever was late once and never came is not waited for again, unless the target is known to be late.
        let impatient = self.impatient.load(Ordering::Relaxed) && lag.is_none();
        let mut judge = Judge::new(&task.case, known)
            .with_limit(self.settings.deadline)
            .with_patience(if impatient { PAUSE } else { self.settle })
            .of_late_effects(!lag.is_none());
        let mut written = Instant::now();
        let mut waiting = false;
        let heard_out = self.listener.is_some() && task.is_written();
        let replayed = replay::replay(
            &task.name,
            &task.case,
            &self.target,
            Values::new(),
            &self.settings,
            &mut |step, exchange| {
                let heard = judge.see(step, exchange);
                if heard == Heard::Next && std::mem::take(&mut waiting) {
                    lag.note(written.elapsed());
                }
                if !addressed(&exchange.message).is_some_and(Operation::reads) {
                    written = Instant::now();
                }
                match heard {
                    Heard::Next => Next::Go,
                    Heard::Again => {
                        waiting = true;
                        Next::Again(PAUSE)
                    }
                    Heard::End if heard_out && is_settled(&exchange.answer) => Next::Go,
                    Heard::End => Next::Stop,
                }
            },
        )
        .await;
        if judge.waited_in_vain() {
            self.impatient.store(true, Ordering::Relaxed);
        }
        let lost = judge.is_lost();
        let mut verdict = judge.finish();
        if task.generated && lost {
            verdict.end_at_bound(task.case.steps.len());
        }
        if let Some(unsent) = &replayed.unsent {
            verdict.leave_unsent(unsent.step, task.case.steps.len(), &unsent.reason);
        }
        if !self.arn_known {
            excuse_unknown_arn(&task.case, &self.settings.arn, &mut verdict);
        }
        let mut transcript = replayed.transcript;
        transcript.given = ChoiceId::all()
            .filter(|id| known.get(*id) != id.options())
            .map(|id| (id, known.get(id)))
            .collect();
        Watched {
            transcript,
            verdict,
            notes: replayed.notes,
        }
    }

    fn collect(&self, task: &Task, watched: Watched, took: Duration, seen: Option<Seen>) {
        let Watched {
            transcript,
            verdict,
            notes,
        } = watched;
        let mut collected = self.collected();
        collected.notes.extend(notes);
        if !task.reported {
            return;
        }
        for finding in &verdict.findings {
            if !collected.report.knows(finding) {
                collected.kept.push(Kept {
                    rule: finding.rule,
                    transcript: transcript.clone(),
                });
            }
        }
        let (name, again) = (task.name.clone(), task.again.clone());
        collected.report.add(Judged {
            name,
            again,
            verdict,
            took,
            seen,
        });
    }
}

impl Collected {
    /// What is known of the target.
    pub(crate) fn known(&self) -> &Choices {
        &self.known
    }
}

/// A case replayed and judged.
#[derive(Debug)]
pub(crate) struct Watched {
    /// What was said and answered.
    pub(crate) transcript: Transcript,
    /// What it showed.
    pub(crate) verdict: Verdict,
    /// What went wrong outside the case.
    pub(crate) notes: Vec<String>,
}

/// Whether an answer is one that the target stays with: to whom asked too often, or is not answered, nothing is said.
fn is_settled(answer: &Answer) -> bool {
    matches!(answer, Answer::Response(response) if !matches!(response.status, 429 | 503))
}

/// A target that answers 404 for every ARN we made up may well know its resources by others: that accuses nobody.
fn excuse_unknown_arn(case: &Case, arn: &str, verdict: &mut Verdict) {
    let accused = verdict
        .violation()
        .and_then(|finding| Some((finding, case.steps.get(finding.step)?)));
    let Some((finding, step)) = accused else {
        return;
    };
    let by_arn = matches!(&step.say, Say::Request { target, .. } if target.contains("${arn"));
    if by_arn && matches!(finding.status, Some(403 | 404)) {
        let (step, request) = (finding.step, finding.request.clone());
        let why = format!(
            "the target knows no ARN that begins with {arn}; pass --account, and --region if it is another"
        );
        verdict
            .findings
            .retain(|finding| finding.severity != Severity::Violates);
        verdict.unclear = Some(Unclear { step, request, why });
    }
}
