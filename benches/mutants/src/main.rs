//! Which mutants of `src/model` and `src/judge` our own tests catch: `docs/mutants.md` says what came out.
//!
//! ```text
//! cargo run --release --manifest-path benches/mutants/Cargo.toml -- [--sample N] [--seed N] [--jobs N] [--again FILE] [--tests A,B]
//! ```
//!
//! A copy of the tree is built once with all mutants in it, and a variable of the environment switches one on. So a mutant costs
//! what the tests cost, not a build. Everything is kept below `target/mutants`; `results.tsv` there has a line a mutant.
//! `--again` takes the mutants of such a file that were not caught. `--tests` runs other test binaries than the usual ones.

mod rewrite;
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::{env, io, thread};

use rewrite::{Mutant, Rewritten, rewrite};
use serde_json::Value;
use tests::{Binary, Outcome};

type Failure = Box<dyn Error + Send + Sync>;

/// What is mutated.
const FOLDERS: [&str; 2] = ["src/model", "src/judge"];
/// The test binaries, the cheapest first: a mutant that one catches is not shown to the next. `lib` is the unit tests.
const TESTS: &str = "lib,verdicts,snapshots,corpus,generated,defects,variations";

/// Fast enough to run, quick to build, and with the checks that `cargo test` has.
const PROFILE: &str = "
[profile.dev.package.profile-contract]
opt-level = 1
debug = false
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut options = BTreeMap::new();
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let known = ["--sample", "--seed", "--jobs", "--again", "--tests"].contains(&name.as_str());
        match arguments.next().filter(|_| known) {
            Some(value) => options.insert(name, value),
            None => return Err(format!("{name}: not an option with a value").into()),
        };
    }
    let number = |name, usual| match options.get(name) {
        Some(value) => value.parse::<usize>(),
        None => Ok(usual),
    };
    let (seed, jobs) = (number("--seed", 1)?, number("--jobs", 2)?);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let place = root.join("target/mutants");
    let names = options.get("--tests").map_or(TESTS, String::as_str);

    copy(&root, &place.join("tree"))?;
    let (mutants, mut binaries) = build(&place, &names.split(',').collect::<Vec<_>>())?;
    for binary in &mut binaries {
        binary.record(&place.join("reached"))?;
    }
    let chosen = match options.get("--again") {
        None => sample(&mutants, number("--sample", mutants.len())?, seed),
        Some(file) => {
            let file = fs::read_to_string(file)?;
            let missed = file.lines().filter(|line| !line.starts_with("caught\t"));
            let names: BTreeSet<_> = missed.filter_map(|line| line.split('\t').nth(1)).collect();
            let again = |mutant: &&Mutant| names.contains(mutant.name.as_str());
            mutants.iter().filter(again).collect()
        }
    };
    let reached: BTreeSet<_> = binaries.iter().flat_map(|binary| &binary.reached).collect();
    let (all, reached, tried) = (mutants.len(), reached.len(), chosen.len());
    println!("{all} mutants, {reached} reached by the tests, {tried} tried");

    let results = place.join("results.tsv");
    let file = Mutex::new(File::create(&results)?);
    let queue = Mutex::new(chosen.iter());
    let work = || -> Result<usize, Failure> {
        let mut caught = 0;
        loop {
            let Some(mutant) = queue.lock().expect("not poisoned").next() else {
                return Ok(caught);
            };
            let (outcome, by) = tests::catch(&binaries, mutant.number)?;
            caught += usize::from(outcome == Outcome::Caught);
            let line = format!("{outcome}\t{}\t{by}\n", mutant.name);
            file.lock()
                .expect("not poisoned")
                .write_all(line.as_bytes())?;
        }
    };
    let caught = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let workers = workers.into_iter();
        workers
            .map(|worker| worker.join().expect("no panic"))
            .sum::<Result<usize, _>>()
    })?;
    let (low, high) = interval(caught, tried);
    let share = 100.0 * caught as f64 / tried as f64;
    println!("{caught} of {tried} caught: {share:.1} % (95 % interval {low:.1} to {high:.1} %)");
    println!("{}", results.display());
    Ok(())
}

/// Copies what git knows, and what it would take in, where it differs; so what is unchanged is not built again.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let list = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let list = Command::new("git").args(list).current_dir(from).output()?;
    let list = String::from_utf8(list.stdout)?;
    let names: BTreeSet<&str> = list.split('\0').collect();
    let made = to.join("src/mutant.rs");
    for old in sources(to).unwrap_or_default() {
        let name = old.strip_prefix(to)?.to_string_lossy();
        if old != made && !(names.contains(&*name) && from.join(&*name).is_file()) {
            fs::remove_file(&old)?;
        }
    }
    for name in names {
        let path = from.join(name);
        if name.starts_with("benches/mutants/") || !path.is_file() {
            continue;
        }
        let content = fs::read(&path)?;
        let is_mutated = FOLDERS.iter().any(|folder| name.starts_with(folder));
        match name {
            "Cargo.toml" => write(&to.join(name), &[&content, PROFILE.as_bytes()].concat())?,
            "src/lib.rs" => {
                let whole = [b"#![allow(warnings)] ", &content[..], b"\nmod mutant;\n"].concat();
                write(&to.join(name), &whole)?;
            }
            // Those are rewritten by `build`.
            _ if is_mutated => write(&to.with_file_name("original").join(name), &content)?,
            _ => write(&to.join(name), &content)?,
        }
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
    fs::write(path, content)
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(sources(&path)?),
            false => found.push(path),
        }
    }
    found.sort();
    Ok(found)
}

/// Builds the tree with every mutant that compiles, leaving out more until it does.
fn build(place: &Path, names: &[&str]) -> Result<(Vec<Mutant>, Vec<Binary>), Failure> {
    let (tree, original, list) = (
        place.join("tree"),
        place.join("original"),
        place.join("unviable"),
    );
    let known = fs::read_to_string(&list).unwrap_or_default();
    let mut unviable: BTreeSet<String> = known.lines().map(str::to_owned).collect();
    loop {
        let (mut mutants, mut files, mut next) = (Vec::new(), BTreeMap::new(), 1);
        for folder in FOLDERS {
            for file in sources(&original.join(folder))? {
                let name = file.strip_prefix(&original)?.to_string_lossy().into_owned();
                let mut rewritten = rewrite(&name, &fs::read_to_string(&file)?, next, &unviable)?;
                write(&tree.join(&name), rewritten.text.as_bytes())?;
                next = rewritten.next;
                mutants.append(&mut rewritten.mutants);
                files.insert(name, rewritten);
            }
        }
        let switch = include_str!("switch.rs")
            .replace("COUNT: usize = 0", &format!("COUNT: usize = {next}"));
        write(&tree.join("src/mutant.rs"), switch.as_bytes())?;
        let selected = names.iter().flat_map(|name| match *name {
            "lib" => vec!["--lib"],
            name => vec!["--test", name],
        });
        let mut cargo = Command::new("cargo");
        cargo
            .args(["test", "--no-run", "--locked", "--message-format=json"])
            .args(selected);
        cargo
            .arg("--target-dir")
            .arg(place.join("build"))
            .current_dir(&tree);
        let output = cargo.stderr(Stdio::inherit()).output()?;
        let lines = output.stdout.split(|byte| *byte == b'\n');
        let messages: Vec<Value> = lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        println!("{} mutants do not compile", unviable.len());
        if output.status.success() {
            let binaries = names
                .iter()
                .map(|name| Ok(Binary::new(name, &tree, executable(&messages, name)?)));
            return Ok((mutants, binaries.collect::<Result<_, Failure>>()?));
        }
        let to_blame = messages
            .iter()
            .filter_map(|message| blame(&message["message"], &files));
        let to_blame: BTreeSet<u32> = to_blame.flatten().collect();
        if to_blame.is_empty() {
            return Err("the tree does not compile, and no mutant is to blame".into());
        }
        let blamed = mutants
            .into_iter()
            .filter(|mutant| to_blame.contains(&mutant.number));
        unviable.extend(blamed.map(|mutant| mutant.code));
        fs::write(
            &list,
            unviable
                .iter()
                .map(|code| format!("{code}\n"))
                .collect::<String>(),
        )?;
    }
}

/// The mutants in the smallest rewritten piece of code around an error.
fn blame(message: &Value, files: &BTreeMap<String, Rewritten>) -> Option<Vec<u32>> {
    if message["level"] != "error" {
        return None;
    }
    let spans = message["spans"].as_array()?;
    let primary = spans.iter().filter(|span| span["is_primary"] == true);
    let around = |span: &Value| {
        let [start, end] = ["byte_start", "byte_end"].map(|name| span[name].as_u64());
        let (start, end) = (start? as usize, end? as usize);
        let regions = &files.get(span["file_name"].as_str()?)?.regions;
        let around = regions
            .iter()
            .filter(|(range, _)| range.start <= start && end <= range.end);
        let smallest = around.min_by_key(|(range, numbers)| (range.len(), numbers.len()));
        smallest.map(|(_, numbers)| numbers.clone())
    };
    // Some errors point to a type outside: the other places are within.
    primary.chain(spans).find_map(around)
}

fn executable(messages: &[Value], name: &str) -> Result<PathBuf, Failure> {
    let is_it = |message: &&Value| {
        let target = &message["target"];
        let is_it = target["name"] == *name || name == "lib" && target["kind"][0] == "lib";
        is_it && message["executable"].is_string()
    };
    let built = messages
        .iter()
        .find(is_it)
        .and_then(|message| message["executable"].as_str());
    Ok(built.ok_or_else(|| format!("{name} was not built"))?.into())
}

/// Takes the same share of every file: whole steps through the sorted list, where within a file chance decides. The order is
/// one of chance, so that what a run that is cut short has tried is a sample, too.
fn sample(mutants: &[Mutant], wanted: usize, seed: usize) -> Vec<&Mutant> {
    let chance = |mutant: &Mutant| {
        let mut hasher = DefaultHasher::new();
        (seed, &mutant.name).hash(&mut hasher);
        hasher.finish()
    };
    let mut sorted: Vec<&Mutant> = mutants.iter().collect();
    sorted.sort_by_key(|mutant| (mutant.name.split(':').next(), chance(mutant)));
    let wanted = wanted.min(sorted.len());
    let mut chosen: Vec<_> = (0..wanted)
        .map(|at| sorted[at * sorted.len() / wanted])
        .collect();
    chosen.sort_by_key(|mutant| chance(mutant));
    chosen
}

/// Wilson's interval for a share, in percent.
fn interval(caught: usize, all: usize) -> (f64, f64) {
    let (n, z) = (all as f64, 1.96_f64);
    let share = caught as f64 / n;
    let middle = share + z * z / (2.0 * n);
    let width = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let bound = |value: f64| 100.0 * value / (1.0 + z * z / n);
    (bound(middle - width), bound(middle + width))
}
