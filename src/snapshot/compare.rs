//! Two snapshots of one case: what they agree about, and where they differ.

use similar::TextDiff;

use super::{Answer, Body, Heard, Snapshot, Step, text};

/// How many lines of a difference are shown.
const SHOWN: usize = 60;

/// What became of holding a run to a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Every answer is the one of the snapshot.
    Same,
    /// One is not.
    Differs(Difference),
    /// The case says something else than it did when the snapshot was taken: there is nothing to compare.
    Outdated {
        /// The first step (from 0) that is another.
        step: usize,
    },
}

/// Where a run differs from its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The first step (from 0) whose answer is another.
    pub step: usize,
    /// The request line of that step.
    pub said: String,
    /// From the snapshot to what was seen, as a unified diff of the canonical texts.
    pub diff: String,
}

/// What two runs of a case agree about; the rest varies.
///
/// `None` if they are not runs of one case.
pub fn merged(one: &Snapshot, other: &Snapshot) -> Option<Snapshot> {
    let said = |snapshot: &Snapshot| {
        snapshot
            .steps
            .iter()
            .map(|step| step.said.clone())
            .collect::<Vec<_>>()
    };
    (said(one) == said(other)).then(|| Snapshot {
        name: one.name.clone(),
        steps: one
            .steps
            .iter()
            .zip(&other.steps)
            .map(|(one, other)| Step {
                said: one.said.clone(),
                heard: merged_answers(&one.heard, &other.heard),
            })
            .collect(),
    })
}

/// Holds what was seen to what is stored.
///
/// `steps` is how many steps count: what follows an answer that never came cannot be compared.
pub fn compare(stored: &Snapshot, seen: &Snapshot, steps: usize) -> Comparison {
    let longest = stored.steps.len().max(seen.steps.len());
    let other = |step: &usize| {
        let said = |snapshot: &Snapshot| snapshot.steps.get(*step).map(|step| step.said.clone());
        said(stored) != said(seen)
    };
    if let Some(step) = (0..longest).find(other) {
        return Comparison::Outdated { step };
    }
    let (mut expected, mut actual) = (stored.clone(), seen.clone());
    for snapshot in [&mut expected, &mut actual] {
        snapshot.steps.truncate(steps);
    }
    for (stored, seen) in expected.steps.iter_mut().zip(&mut actual.steps) {
        seen.heard = blurred(&seen.heard, &stored.heard);
        stored.heard = blurred(&stored.heard, &seen.heard);
    }
    let mut pairs = expected.steps.iter().zip(&actual.steps);
    let Some(step) = pairs.position(|(stored, seen)| stored.heard != seen.heard) else {
        return Comparison::Same;
    };
    let said = seen.steps[step].said.lines().next().unwrap_or_default();
    Comparison::Differs(Difference {
        step,
        said: said.trim_start_matches("> ").to_owned(),
        diff: unified(&text::print(&expected), &text::print(&actual)),
    })
}

/// Whether a stored snapshot already says all that a new one does: it is the same, or vaguer.
pub fn covers(stored: &Snapshot, new: &Snapshot) -> bool {
    let same = |(stored, new): (&Step, &Step)| {
        stored.said == new.said && stored.heard == blurred(&new.heard, &stored.heard)
    };
    stored.steps.len() == new.steps.len() && stored.steps.iter().zip(&new.steps).all(same)
}

fn unified(expected: &str, actual: &str) -> String {
    let diff = TextDiff::from_lines(expected, actual);
    let unified = diff.unified_diff().context_radius(4).to_string();
    let lines = unified.lines().count();
    let mut shown: String = unified
        .lines()
        .take(SHOWN)
        .flat_map(|line| [line, "\n"])
        .collect();
    if lines > SHOWN {
        shown.push_str(&format!("… and {} more lines\n", lines - SHOWN));
    }
    shown
}

fn merged_answers(one: &Heard, other: &Heard) -> Heard {
    match (one, other) {
        _ if one == other => one.clone(),
        (Heard::Answer(one), Heard::Answer(other))
            if (one.status, &one.error) == (other.status, &other.error) =>
        {
            match (&one.body, &other.body) {
                (Body::Json(left), Body::Json(right)) if one.content_type == other.content_type => {
                    Heard::Answer(Answer {
                        body: Body::Json(left.merged(right)),
                        ..one.clone()
                    })
                }
                _ => Heard::Varies,
            }
        }
        _ => Heard::Varies,
    }
}

/// An answer with the wild places of another.
fn blurred(heard: &Heard, by: &Heard) -> Heard {
    match (heard, by) {
        (_, Heard::Varies) => Heard::Varies,
        (Heard::Answer(answer), Heard::Answer(by)) => match (&answer.body, &by.body) {
            (Body::Json(body), Body::Json(by)) => Heard::Answer(Answer {
                body: Body::Json(body.blurred(by)),
                ..answer.clone()
            }),
            _ => heard.clone(),
        },
        _ => heard.clone(),
    }
}
