//! A night: what has been held and found, by one process after the other and by several side by side.
//!
//! A folder for findings is all they share. Files appear in it whole or not at all, so that a process may be killed at any
//! moment, and only under a lock, so that two that find the same write it once:
//!
//! | file | holds |
//! |---|---|
//! | `RULE--HASH.case` | a finding: the smallest case that shows it, with the answers that do |
//! | `night.txt` | the sums, the findings and the rules that nothing exercised, for people |
//! | `night.json` | the sums of all processes, for those that go on |
//! | `.lock` | nothing; it is locked by whoever writes |

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::case::corpus::{self, Content};
use crate::case::transcript::{self, Transcript};
use crate::case::{Case, Problem, text};
use crate::contract::{RuleId, Side};
use crate::judge::{self, Exercised, Finding};
use crate::report::human::plural;
use crate::report::{Coverage, akin};
use crate::wire::Answer;

/// How often a process tells on stderr what it did.
const SUMMARY: Duration = Duration::from_secs(60);

/// How often it adds that to the sums in the folder.
const ADDING: Duration = Duration::from_secs(10);

/// What this process has held and what it knows to be found.
#[derive(Debug)]
pub(super) struct Night {
    folder: Option<Folder>,
    began: Instant,
    summed_up: Instant,
    added: Instant,
    /// All that this process did.
    sums: Sums,
    /// What of that is not in the folder yet.
    more: Sums,
    /// Findings not to be told again: those of the folder, and what they looked like before they were made smaller.
    known: Vec<Finding>,
    /// How many of them this process told first.
    told: usize,
}

/// Figures that add up over processes.
#[derive(Debug, Clone, Default)]
struct Sums {
    cases: u64,
    requests: u64,
    served: u64,
    /// The time that processes spent, each for itself.
    spent: Duration,
    exercised: Exercised,
}

/// The folder that findings are written to.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// The files whose findings are known.
    read: BTreeSet<OsString>,
}

impl Drop for Night {
    fn drop(&mut self) {
        self.add();
    }
}

/// Holds a case that has no answers yet against the target.
pub(super) type Hold<'a> = &'a dyn Fn(Case) -> Option<Finding>;

impl Night {
    /// A night whose findings go to a folder, or nowhere.
    ///
    /// # Errors
    ///
    /// If the folder cannot be used.
    pub(super) fn new(folder: Option<PathBuf>) -> io::Result<Self> {
        let folder = folder.map(Folder::open).transpose()?;
        let now = Instant::now();
        Ok(Self {
            folder,
            began: now,
            summed_up: now,
            added: now,
            sums: Sums::default(),
            more: Sums::default(),
            known: Vec::new(),
            told: 0,
        })
    }

    /// Whether there is a folder, so that findings end nothing.
    pub(super) fn goes_on(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether a finding has the cause of one that was told already.
    pub(super) fn knows(&self, found: &Finding) -> bool {
        self.known.iter().any(|known| akin(known, found))
    }

    /// Learns what others have written to the folder since.
    pub(super) fn refresh(&mut self, hold: Hold<'_>) {
        let Some(folder) = &mut self.folder else {
            return;
        };
        for (name, content) in folder.unread() {
            let found = match content {
                Ok(Content::Transcript(told)) => judge::judge(&told).violation().cloned(),
                Ok(Content::Case(case)) => hold(case),
                Err(problem) => {
                    say(&format!("{problem}\nit stays, and is not looked at"));
                    None
                }
            };
            self.known.extend(found);
            folder.read.insert(name);
        }
    }

    /// Knows a finding from now on.
    pub(super) fn learn(&mut self, found: Finding) {
        if !self.knows(&found) {
            self.known.push(found);
        }
    }

    /// Writes a finding down unless somebody else did, and returns its file.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written to.
    pub(super) fn write(
        &mut self,
        found: &Finding,
        told: &Transcript,
        hold: Hold<'_>,
    ) -> io::Result<Option<PathBuf>> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let _locked = folder.lock()?;
        self.refresh(hold);
        if self.knows(found) {
            return Ok(None);
        }
        let Some(folder) = &mut self.folder else {
            return Ok(None);
        };
        let name = name(found, told);
        let path = folder.path.join(&name);
        // The folder holds a case of that name that does not show the finding any more: it would be no use to keep both.
        folder.put(&name, &transcript::print(told))?;
        folder.read.insert(name.into());
        self.known.push(found.clone());
        self.told += 1;
        Ok(Some(path))
    }

    /// Counts a conversation.
    pub(super) fn count(&mut self, told: &Transcript, exercised: &Exercised) {
        for sums in [&mut self.sums, &mut self.more] {
            sums.cases += 1;
            sums.exercised.merge(exercised);
            for exchange in told.answers.iter().flatten() {
                sums.requests += 1;
                sums.served += u64::from(matches!(
                    &exchange.answer,
                    Answer::Response(response) if response.status < 300
                ));
            }
        }
        let now = Instant::now();
        if now.duration_since(self.added) >= ADDING {
            self.add();
        }
        if now.duration_since(self.summed_up) >= SUMMARY {
            self.summed_up = now;
            say(&self.summary());
        }
    }

    /// What this process did, in a line.
    pub(super) fn summary(&mut self) -> String {
        self.sums.spent = self.began.elapsed();
        let new = plural(self.told, "new finding");
        format!("profile-contract: {}; {new}", self.sums.line())
    }

    /// Adds what this process did since the last time to the sums in the folder.
    fn add(&mut self) {
        let Some(folder) = &self.folder else {
            return;
        };
        self.more.spent += self.added.elapsed();
        self.added = Instant::now();
        // The sums are of no use to anybody without the findings: what cannot be written now is added the next time.
        match folder.add(&self.more) {
            Ok(()) => self.more = Sums::default(),
            Err(error) => say(&format!("{}: {error}", folder.path.display())),
        }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.requests += other.requests;
        self.served += other.served;
        self.spent += other.spent;
        self.exercised.merge(&other.exercised);
    }

    /// The sums in a line.
    fn line(&self) -> String {
        let coverage = Coverage::of(&self.exercised);
        format!(
            "{} in {}, {:.0}/s; {}, {}% served; {} of {} exercised",
            plural(self.cases, "case"),
            duration(self.spent),
            self.cases as f64 / self.spent.as_secs_f64().max(0.001),
            plural(self.requests, "request"),
            100 * self.served / self.requests.max(1),
            coverage.exercised(),
            plural(coverage.of, "rule"),
        )
    }

    fn to_json(&self) -> Value {
        let exercised = self.exercised.iter();
        let exercised: Vec<_> = exercised
            .map(|(rule, side)| json!([rule.id(), side == Side::Inside]))
            .collect();
        json!({
            "cases": self.cases,
            "requests": self.requests,
            "served": self.served,
            "spent_ms": u64::try_from(self.spent.as_millis()).unwrap_or(u64::MAX),
            "exercised": exercised,
        })
    }

    /// What is there of the sums; a rule that is no longer in the catalogue is left out.
    fn of_json(value: &Value) -> Self {
        let number = |name: &str| value[name].as_u64().unwrap_or(0);
        let exercised = value["exercised"].as_array().into_iter().flatten();
        Self {
            cases: number("cases"),
            requests: number("requests"),
            served: number("served"),
            spent: Duration::from_millis(number("spent_ms")),
            exercised: exercised
                .filter_map(|pair| {
                    let side = match pair[1].as_bool()? {
                        true => Side::Inside,
                        false => Side::Outside,
                    };
                    Some((RuleId::find(pair[0].as_str()?)?, side))
                })
                .collect(),
        }
    }
}

impl Folder {
    fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        // Found out before the night instead of in the middle of it.
        File::create(path.join(".lock"))?;
        Ok(Self {
            path,
            read: BTreeSet::new(),
        })
    }

    /// What the cases in the folder hold that were not read yet.
    fn unread(&self) -> Vec<(OsString, Result<Content, Problem>)> {
        let files = match fs::read_dir(&self.path) {
            Ok(files) => files,
            Err(error) => {
                say(&format!("{}: {error}", self.path.display()));
                return Vec::new();
            }
        };
        files
            .flatten()
            .filter(|file| file.path().extension().is_some_and(|is| is == "case"))
            .filter(|file| !self.read.contains(&file.file_name()))
            .map(|file| {
                let content = corpus::read(&file.path()).map(|entry| entry.content);
                (file.file_name(), content)
            })
            .collect()
    }

    /// Keeps others from writing until the result is dropped.
    fn lock(&self) -> io::Result<File> {
        let file = File::create(self.path.join(".lock"))?;
        match file.lock() {
            // A file system without locks: then two may write one cause at the same moment, and nothing is lost.
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            _ => Ok(file),
        }
    }

    /// Writes a file as a whole.
    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        let draft = self.path.join(format!(".{name}.{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, self.path.join(name))
    }

    /// Adds to the sums.
    fn add(&self, more: &Sums) -> io::Result<()> {
        let _locked = self.lock()?;
        let file = self.path.join("night.json");
        let mut sums = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_or_else(
                |error| {
                    let shown = file.display();
                    say(&format!("{shown}: {error}: the sums begin anew"));
                    Sums::default()
                },
                |value| Sums::of_json(&value),
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => Sums::default(),
            Err(error) => return Err(error),
        };
        sums.add(more);
        self.put("night.json", &format!("{}\n", sums.to_json()))?;
        self.put("night.txt", &self.for_people(&sums)?)
    }

    fn for_people(&self, sums: &Sums) -> io::Result<String> {
        let mut names: Vec<String> = fs::read_dir(&self.path)?
            .flatten()
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".case"))
            .collect();
        names.sort();
        let mut out = format!("{}; {}\n", sums.line(), plural(names.len(), "finding"));
        if !names.is_empty() {
            out.push_str("\nfindings\n");
        }
        for name in &names {
            let rule = name.split("--").next().and_then(RuleId::find);
            let sentence = rule.map_or("", |rule| rule.rule().sentence);
            let _ = writeln!(out, "  {name}  {sentence}");
        }
        let missing = Coverage::of(&sums.exercised).missing;
        if !missing.is_empty() {
            out.push_str("\nnot exercised\n");
        }
        for (rule, side) in missing {
            let side = match side {
                Side::Inside => "kept to",
                Side::Outside => "broken",
            };
            let _ = writeln!(out, "  {rule}, {side}");
        }
        Ok(out)
    }
}

/// What the file of a finding is called: the same for the same case.
fn name(found: &Finding, told: &Transcript) -> String {
    let mut hasher = DefaultHasher::new();
    text::print(&told.case).hash(&mut hasher);
    format!("{}--{:08x}.case", found.rule, hasher.finish() as u32)
}

fn duration(spent: Duration) -> String {
    let seconds = spent.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!("{:.1} s", spent.as_secs_f64()),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// Tells whoever watches the fuzzer.
pub(super) fn say(text: &str) {
    // There is nowhere left to say that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
