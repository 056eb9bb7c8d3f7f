//! What to run, and in which order.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::corpus::{Content, Entry};
use crate::case::select::{Glob, nearest};
use crate::case::transcript::Transcript;
use crate::contract::RuleId;
use crate::report::human::plural;

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
}

impl Plan {
    /// The cases that one of the patterns selects, all if there is none; `again` ends the command that runs a case again.
    ///
    /// # Errors
    ///
    /// If a pattern selects nothing; the text says so, with what may have been meant.
    pub(super) fn of(
        entries: Vec<Entry>,
        only: &[String],
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
                (false, false) => plan.together.push(task),
                (false, true) => plan.alone.push(task),
            }
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
        self.together.retain(|task| !done.contains(&task.name));
        self.alone.retain(|task| !done.contains(&task.name));
    }
}

/// Whether a case finds out about a capability.
pub(crate) fn is_probe(name: &str) -> bool {
    name.starts_with("capabilities/")
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
