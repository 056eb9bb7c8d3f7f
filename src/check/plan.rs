//! What to run, and in which order.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::case::bind::needs_short_name;
use crate::case::corpus::{Content, Entry};
use crate::case::select::{Glob, nearest};
use crate::case::transcript::Transcript;
use crate::case::{Body, Case, Piece, Say, Step};
use crate::contract::RuleId;
use crate::report::human::{self, plural};

/// A case to run.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Its name in reports.
    pub(crate) name: String,
    /// The case.
    pub(crate) case: Case,
    /// The command that runs it again.
    pub(crate) again: String,
    /// Whether its verdict belongs in the report; a probe that nobody asked for only teaches.
    pub(crate) reported: bool,
    /// Whether it was generated: nobody saw to it that it can be judged to its end.
    pub(crate) generated: bool,
}

impl Task {
    /// Whether it is a case of the corpus that was asked for.
    pub(crate) fn is_written(&self) -> bool {
        self.reported && !self.generated
    }
}

/// The case that shows how late a target shows its effects (cap.settle-ms).
pub(crate) const LAG_PROBE: &str = "capabilities/settle-ms";

/// What to run, and in which order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Cases that find out about capabilities; all of them, because the others build on them.
    pub(super) probes: Vec<Task>,
    /// Cases that bring up much with few requests.
    pub(super) scouts: Vec<Task>,
    /// Cases that do not mind each other.
    pub(super) together: Vec<Task>,
    /// Cases that look at what all domains share.
    pub(super) alone: Vec<Task>,
    /// Recordings.
    pub(super) recordings: Vec<Transcript>,
    /// How many cases were selected.
    pub(super) reported: usize,
    /// The names of all cases of the corpus.
    pub(super) all: Vec<String>,
    /// Names of cases that were selected and are left out, because they name what may be somebody's.
    pub(super) left_out: Vec<String>,
}

impl Plan {
    /// The cases that one of the patterns selects, all if there is none; `again` ends the command that runs a case again.
    ///
    /// # Errors
    ///
    /// If a pattern selects nothing, or all that is selected is left out; the text says so, with what may have been meant.
    pub(super) fn of(
        entries: Vec<Entry>,
        only: &[String],
        fenced: bool,
        again: &dyn Fn(&Entry) -> String,
    ) -> Result<Self, String> {
        let globs: Vec<_> = only
            .iter()
            .map(|pattern| (Glob::new(pattern), pattern))
            .collect();
        for (glob, pattern) in &globs {
            if !entries.iter().any(|entry| is_selected(entry, glob)) {
                return Err(nothing_selected(pattern, &entries));
            }
        }
        let mut plan = Self::default();
        for entry in entries {
            let selected =
                globs.is_empty() || globs.iter().any(|(glob, _)| is_selected(&entry, glob));
            let is_probe = is_probe(&entry.name);
            let again = again(&entry);
            let case = match entry.content {
                Content::Case(case) => case,
                // What some client said, to be said to this target too.
                Content::Transcript(heard) if heard.overheard.is_some() => heard.case,
                Content::Transcript(recording) => {
                    plan.recordings.extend(selected.then_some(recording));
                    continue;
                }
            };
            plan.all.push(entry.name.clone());
            if !selected && !is_probe {
                continue;
            }
            if fenced && names_somebodys(&case) {
                plan.left_out.push(entry.name);
                continue;
            }
            plan.reported += usize::from(selected);
            let alone = case.alone;
            let task = Task {
                name: entry.name,
                case,
                again,
                reported: selected,
                generated: false,
            };
            match (is_probe, alone) {
                (true, _) => plan.probes.push(task),
                (false, false) if is_scout(&task.name) => plan.scouts.push(task),
                (false, false) => plan.together.push(task),
                (false, true) => plan.alone.push(task),
            }
        }
        if plan.reported == 0 && !plan.left_out.is_empty() {
            return Err(format!(
                "nothing is left to run inside the fence: {}",
                human::left_out(&plan.left_out)
            ));
        }
        Ok(plan)
    }
}

impl Plan {
    /// Leaves cases out that were judged before; probes still have to be run, because the others build on them.
    pub(super) fn leave_out(&mut self, done: &BTreeSet<String>) {
        for probe in &mut self.probes {
            probe.reported &= !done.contains(&probe.name);
        }
        for tasks in [&mut self.scouts, &mut self.together, &mut self.alone] {
            tasks.retain(|task| !done.contains(&task.name));
        }
    }
}

/// Whether a case finds out about a capability.
pub(crate) fn is_probe(name: &str) -> bool {
    name.starts_with("capabilities/")
}

/// Whether a case brings up much with few requests, and therefore goes first.
fn is_scout(name: &str) -> bool {
    name.starts_with("scouts/")
}

/// Members whose values are resources of somebody: encryption keys and queues.
const RESOURCES: [&str; 2] = ["EncryptionKey\"", "DeadLetterQueueUrl\""];

/// Whether a case names what may be somebody's: a domain of one character, an encryption key or a queue. A service may refuse
/// the latter two because they do not exist, or else use them.
pub(super) fn names_somebodys(case: &Case) -> bool {
    let names_resource = |text: &str| {
        RESOURCES.iter().any(|member| {
            text.match_indices(member).any(|(at, _)| {
                let value = text[at + member.len()..].trim_start();
                let value = value.strip_prefix(':').unwrap_or(value).trim_start();
                value.starts_with('"') && !value.starts_with("\"\"")
            })
        })
    };
    let names_one = |step: &Step| match &step.say {
        Say::Request { body, .. } => match body {
            Body::None => false,
            Body::Text(text) => names_resource(text),
            Body::Bytes(bytes) => names_resource(&String::from_utf8_lossy(bytes)),
        },
        Say::Raw(pieces) => {
            let text: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Line(line) => Cow::Borrowed(line.as_str()),
                    Piece::Bytes(bytes) => String::from_utf8_lossy(bytes),
                })
                .collect();
            names_resource(&text)
        }
    };
    needs_short_name(case) || case.steps.iter().any(names_one)
}

/// Whether a pattern selects a case: by its name, by a folder it lies in, or by a rule it was written for.
fn is_selected(entry: &Entry, glob: &Glob) -> bool {
    let folders = entry
        .name
        .match_indices('/')
        .map(|(at, _)| &entry.name[..at]);
    glob.matches(&entry.name)
        || folders.into_iter().any(|folder| glob.matches(folder))
        || entry
            .content
            .case()
            .aims
            .iter()
            .any(|rule| glob.matches(rule.id()))
}

fn nothing_selected(pattern: &str, entries: &[Entry]) -> String {
    let folders: BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| Some(entry.name.split_once('/')?.0))
        .collect();
    let mut known: Vec<&str> = entries
        .iter()
        .map(|entry| entry.name.as_str())
        .chain(folders.iter().copied())
        .collect();
    for rule in RuleId::all() {
        known.push(rule.id());
    }
    let slip = match nearest(pattern, known) {
        Some(same) if same == pattern => "; no case was written for that rule".to_owned(),
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    let folders: Vec<_> = folders.into_iter().collect();
    format!(
        "no case has a name or a rule that matches `{pattern}`{slip}\n  there are {} in {}",
        plural(entries.len(), "case"),
        folders.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::text;

    #[test]
    fn what_may_be_somebodys_is_recognised() {
        for (case, is) in [
            (
                "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n",
                false,
            ),
            ("> GET /domains/${short}\n", true),
            ("> PUT /x\n| {\"DefaultEncryptionKey\": \"arn:k\"}\n", true),
            (
                "> PUT /x\n| {\"EncryptionKey\" : \"${repeat 3 k}\"}\n",
                true,
            ),
            (
                "> PUT /x\n| {\"EncryptionKey\": \"\", \"DeadLetterQueueUrl\": null}\n",
                false,
            ),
            (
                "> PUT /x\n| {\"DeadLetterQueueUrl\":\"\", \"DeadLetterQueueUrl\":\"q\"}\n",
                true,
            ),
            (
                "> PUT /x\n| {\"Source\": \"_source.EncryptionKey\"}\n",
                false,
            ),
            (
                ">!\n| PUT /x HTTP/1.1\n|\n| {\"EncryptionKey\": \"k\"}\n",
                true,
            ),
        ] {
            let parsed = text::parse(case, "test.case").unwrap();
            assert_eq!(names_somebodys(&parsed), is, "{case}");
        }
    }
}
