//! Snapshots in a folder: written by `check --snapshots DIR --update`, held against by `check --snapshots DIR`.
//!
//! One file a case, `DIR/<case name>.snap`. The first line of a file tells that it is one of ours, and no other is ever
//! written to or removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::case::select::Glob;
use crate::case::transcript::Transcript;
use crate::report::{self, human::plural};
use crate::snapshot::{self, Canonical, Comparison, Difference, Snapshot, canonical};

use super::Trouble;
use super::target::quoted;

/// How many differences are shown in full, and how many names of a kind, unless the user wants all.
const SHOWN: usize = 30;

/// The snapshots of a folder, and what a run shows about them.
#[derive(Debug)]
pub(super) struct Snapshots {
    folder: PathBuf,
    update: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What the folder held at the beginning, by the names of the cases.
    stored: BTreeMap<String, Snapshot>,
    /// All cases of the corpus.
    corpus: BTreeSet<String>,
    /// The first of two runs of a case.
    first: BTreeMap<String, First>,
    /// What became of each case.
    became: BTreeMap<String, Became>,
    /// The first file that could not be written.
    failed: Option<Trouble>,
}

/// What the first run of a case showed.
#[derive(Debug)]
enum First {
    Recorded(Snapshot),
    Differed,
}

/// What became of a case.
#[derive(Debug)]
enum Became {
    Same,
    Added,
    Changed,
    Differs(Difference),
    /// It differed once and not the second time.
    Unsteady,
    Missing,
    Outdated,
    /// It could not be recorded, or not be compared to its end.
    Broken(String),
}

/// What a run showed.
#[derive(Debug)]
pub(super) struct Held {
    /// For the report, unless snapshots were written.
    pub(super) held: Option<report::Snapshots>,
    /// For people.
    pub(super) told: String,
}

impl Snapshots {
    /// The snapshots of a folder, to be kept or to be held against.
    pub(super) fn open(folder: &Path, update: bool) -> Result<Self, Trouble> {
        if update {
            fs::create_dir_all(folder).map_err(|error| Trouble::Write {
                file: folder.to_owned(),
                error,
            })?;
        }
        let mut stored = BTreeMap::new();
        if folder.exists() {
            read_all(folder, &mut stored)?;
        }
        if stored.is_empty() && !update {
            let what = if folder.exists() {
                "holds no snapshot"
            } else {
                "is not there"
            };
            return Err(Trouble::Usage(format!(
                "the folder for --snapshots, {}, {what}\n  --update records what the target answers in it",
                folder.display()
            )));
        }
        let state = State {
            stored,
            ..State::default()
        };
        Ok(Self {
            folder: folder.to_owned(),
            update,
            state: Mutex::new(state),
        })
    }

    /// Notes which cases there are.
    pub(super) fn expect(&self, corpus: &[String]) {
        self.state().corpus = corpus.iter().cloned().collect();
    }

    /// Hears a case; says whether it has to be heard once more.
    pub(super) fn hear(&self, transcript: &Transcript) -> bool {
        let heard = canonical(transcript);
        let mut state = self.state();
        if self.update {
            self.record(&mut state, heard)
        } else {
            state.hold(heard)
        }
    }

    fn record(&self, state: &mut State, heard: Canonical) -> bool {
        let Canonical { snapshot, broken } = heard;
        let name = snapshot.name.clone();
        if let Some((step, why)) = broken {
            state.first.remove(&name);
            state
                .became
                .insert(name, Became::Broken(format!("step {}: {why}", step + 1)));
            return false;
        }
        let merged = match state.first.remove(&name) {
            Some(First::Recorded(first)) => snapshot::merged(&first, &snapshot).unwrap_or(snapshot),
            _ => {
                state.first.insert(name, First::Recorded(snapshot));
                return true;
            }
        };
        let became = match state.stored.get(&name) {
            Some(stored) if snapshot::covers(stored, &merged) => Became::Same,
            stored => {
                let became = if stored.is_some() {
                    Became::Changed
                } else {
                    Became::Added
                };
                if let Err(trouble) = write(&self.folder, &merged) {
                    state.failed.get_or_insert(trouble);
                }
                became
            }
        };
        state.became.insert(name, became);
        false
    }

    /// Removes what no case has any more, if that is wanted, and tells what a run showed.
    pub(super) fn finish(
        &self,
        only: &[String],
        interrupted: bool,
        again: &str,
        verbose: bool,
    ) -> Result<Held, Trouble> {
        let mut state = self.state();
        if let Some(trouble) = state.failed.take() {
            return Err(trouble);
        }
        let mut removed = Vec::new();
        if self.update && !interrupted {
            let globs: Vec<_> = only.iter().map(|pattern| Glob::new(pattern)).collect();
            for name in state.stored.keys() {
                let selected = globs.is_empty() || globs.iter().any(|glob| selects(glob, name));
                if selected && !state.corpus.contains(name) {
                    remove(&self.folder, name)?;
                    removed.push(name.clone());
                }
            }
        }
        let shown = if verbose { usize::MAX } else { SHOWN };
        if self.update {
            let told = self.told_of_update(&state, &removed, shown);
            return Ok(Held { held: None, told });
        }
        let held = self.held(&mut state, again);
        let told = told_of_holding(&held, shown);
        Ok(Held {
            held: Some(held),
            told,
        })
    }

    /// What became of every case that was held to its snapshot.
    fn held(&self, state: &mut State, again: &str) -> report::Snapshots {
        let mut held = report::Snapshots {
            folder: self.folder.display().to_string(),
            ..report::Snapshots::default()
        };
        for (name, became) in std::mem::take(&mut state.became) {
            match became {
                Became::Differs(snapshot::Difference { step, said, diff }) => {
                    held.differences.push(report::Difference {
                        again: format!("{again} {}", quoted(&name)),
                        case: name,
                        step,
                        said,
                        diff,
                    });
                }
                Became::Missing => held.missing.push(name),
                Became::Outdated => held.outdated.push(name),
                Became::Broken(why) => held.broken.push((name, why)),
                Became::Unsteady => held.unsteady.push(name),
                Became::Same | Became::Added | Became::Changed => held.same += 1,
            }
        }
        held
    }

    fn told_of_update(&self, state: &State, removed: &[String], shown: usize) -> String {
        let of = |wanted: fn(&Became) -> bool| -> Vec<String> {
            let found = state.became.iter().filter(|(_, became)| wanted(became));
            found.map(|(name, became)| named(name, became)).collect()
        };
        let added = of(|became| matches!(became, Became::Added));
        let changed = of(|became| matches!(became, Became::Changed));
        let broken = of(|became| matches!(became, Became::Broken(_)));
        let same = of(|became| matches!(became, Became::Same)).len();
        let mut told = format!(
            "Snapshots in {}: {} added, {} changed, {} removed, {same} as before{}\n",
            self.folder.display(),
            added.len(),
            changed.len(),
            removed.len(),
            if broken.is_empty() {
                String::new()
            } else {
                format!(", {} not recorded", broken.len())
            },
        );
        list(&mut told, "added", &added, shown);
        list(&mut told, "changed", &changed, shown);
        list(&mut told, "removed", removed, shown);
        list(&mut told, "not recorded", &broken, shown);
        told
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hold(&mut self, heard: Canonical) -> bool {
        let Canonical {
            snapshot: seen,
            broken,
        } = heard;
        let name = seen.name.clone();
        let Some(stored) = self.stored.get(&name) else {
            self.became.insert(name, Became::Missing);
            return false;
        };
        let steps = broken.as_ref().map_or(usize::MAX, |(step, _)| *step);
        let became = match (
            snapshot::compare(stored, &seen, steps),
            self.first.remove(&name),
        ) {
            (Comparison::Outdated { .. }, _) => Became::Outdated,
            (Comparison::Differs(_), None) => {
                self.first.insert(name, First::Differed);
                return true;
            }
            (Comparison::Differs(difference), Some(_)) => Became::Differs(difference),
            (Comparison::Same, first) => match (broken, first) {
                (Some((step, why)), _) => Became::Broken(format!("step {}: {why}", step + 1)),
                (None, Some(_)) => Became::Unsteady,
                (None, None) => Became::Same,
            },
        };
        self.became.insert(name, became);
        false
    }
}

/// What holding a target to snapshots showed, for people.
fn told_of_holding(held: &report::Snapshots, shown: usize) -> String {
    let mut told = String::new();
    // Writing to a String cannot fail.
    for difference in held.differences.iter().take(shown) {
        let (case, step) = (&difference.case, difference.step + 1);
        let _ = writeln!(told, " DIFFERS {case}, step {step}: {}", difference.said);
        for line in difference.diff.lines() {
            let _ = writeln!(told, "         {line}");
        }
        let _ = writeln!(told, "         again     {}", difference.again);
    }
    let rest = held.differences.iter().skip(shown);
    let rest: Vec<_> = rest.map(|difference| difference.case.clone()).collect();
    list(&mut told, "differs", &rest, shown);
    let mut summary = format!(
        "Snapshots in {}: {} as recorded, {} different",
        held.folder,
        plural(held.same, "case"),
        held.differences.len()
    );
    let broken: Vec<_> = held
        .broken
        .iter()
        .map(|(name, why)| format!("{name}, {why}"))
        .collect();
    let kinds = [
        ("without a snapshot", "no snapshot", &held.missing),
        (
            "of a case that has changed since",
            "outdated",
            &held.outdated,
        ),
        ("not compared to the end", "not compared", &broken),
        (
            "different once and not the second time",
            "unsteady",
            &held.unsteady,
        ),
    ];
    for (what, word, names) in kinds {
        if !names.is_empty() {
            let _ = write!(summary, ", {} {what}", names.len());
            list(&mut told, word, names, shown);
        }
    }
    let _ = writeln!(told, "{summary}");
    if !held.missing.is_empty() || !held.outdated.is_empty() {
        let _ = writeln!(
            told,
            "         --update against the endpoint that was recorded brings them up to date"
        );
    }
    told
}

/// The name of a case, with what there is to say about it.
fn named(name: &str, became: &Became) -> String {
    match became {
        Became::Broken(why) => format!("{name}, {why}"),
        _ => name.to_owned(),
    }
}

/// Appends names of a kind, one a line.
fn list(told: &mut String, word: &str, names: &[String], shown: usize) {
    // Writing to a String cannot fail.
    for name in names.iter().take(shown) {
        let _ = writeln!(told, "{word:>13} {name}");
    }
    if names.len() > shown {
        let _ = writeln!(told, "{word:>13} … and {} more", names.len() - shown);
    }
}

/// Whether a pattern selects a name, or a folder it lies in.
fn selects(glob: &Glob, name: &str) -> bool {
    glob.matches(name)
        || name
            .match_indices('/')
            .any(|(at, _)| glob.matches(&name[..at]))
}

/// The file of a case.
fn file(folder: &Path, name: &str) -> Result<PathBuf, Trouble> {
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !inside {
        return Err(Trouble::Usage(format!(
            "`{name}` is no name for a snapshot in {}: it leads out of the folder",
            folder.display()
        )));
    }
    Ok(folder.join(format!("{name}.snap")))
}

/// Reads every snapshot below a folder; what does not begin like one is passed over.
fn read_all(folder: &Path, stored: &mut BTreeMap<String, Snapshot>) -> Result<(), Trouble> {
    let unreadable = |file: &Path| {
        let file = file.to_owned();
        |error| Trouble::Read { file, error }
    };
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let path = entry.map_err(unreadable(&folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.is_dir() {
                let prefix = format!("{prefix}{name}/");
                folders.push((path, prefix));
            } else if let Some(name) = name.strip_suffix(".snap") {
                let bytes = fs::read(&path).map_err(unreadable(&path))?;
                if !bytes.starts_with(snapshot::HEADER.as_bytes()) {
                    continue;
                }
                let name = format!("{prefix}{name}");
                let mut snapshot = snapshot::parse(
                    &String::from_utf8_lossy(&bytes),
                    &path.display().to_string(),
                )?;
                snapshot.name.clone_from(&name);
                stored.insert(name, snapshot);
            }
        }
    }
    Ok(())
}

/// Writes a snapshot in one go; a file of that name that is no snapshot stays.
fn write(folder: &Path, snapshot: &Snapshot) -> Result<(), Trouble> {
    let path = file(folder, &snapshot.name)?;
    let unwritable = |error| Trouble::Write {
        file: path.clone(),
        error,
    };
    match fs::read(&path) {
        Ok(bytes) if !bytes.starts_with(snapshot::HEADER.as_bytes()) => {
            return Err(unwritable(io::Error::other(
                "the file there is no snapshot; move it away",
            )));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(unwritable(error)),
        _ => {}
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(unwritable)?;
    }
    // Whoever is killed meanwhile leaves the earlier file as it was.
    let fresh = path.with_extension("snap.new");
    fs::write(&fresh, snapshot::print(snapshot)).map_err(unwritable)?;
    fs::rename(&fresh, &path).map_err(unwritable)
}

/// Removes the snapshot of a case that is no more, and folders that are empty then.
fn remove(folder: &Path, name: &str) -> Result<(), Trouble> {
    let path = file(folder, name)?;
    fs::remove_file(&path).map_err(|error| Trouble::Write {
        file: path.clone(),
        error,
    })?;
    let mut parent = path.parent();
    while let Some(inner) = parent.filter(|inner| *inner != folder) {
        // A folder that holds something else stays.
        if fs::remove_dir(inner).is_err() {
            break;
        }
        parent = inner.parent();
    }
    Ok(())
}
