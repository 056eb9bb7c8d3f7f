//! Corpora: cases in folders, and the corpus that comes with the binary.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use super::transcript::Transcript;
use super::{Case, Problem, text, transcript};

/// A file of a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path below the folder, with `/` between its parts and without `.case`: what selects the case.
    pub name: String,
    /// The file; for an entry of the corpus that comes with the binary, its path in the source tree.
    pub path: PathBuf,
    /// What it holds.
    pub content: Content,
}

/// What a file of a corpus holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A case to hold against a target.
    Case(Case),
    /// A recording: the file holds answers.
    Transcript(Transcript),
}

impl Content {
    /// The case, whether it has been answered or not.
    pub fn case(&self) -> &Case {
        match self {
            Self::Case(case) => case,
            Self::Transcript(transcript) => &transcript.case,
        }
    }
}

/// Reads every `.case` file below a folder, in the order of the names. A folder without any is a problem.
pub fn load(folder: &Path) -> Result<Vec<Entry>, Problem> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    if files.is_empty() {
        return Err(Problem::whole(
            display(folder),
            "no case in the folder",
            "files that end in `.case`",
        ));
    }
    let mut entries = files
        .into_iter()
        .map(|(name, path)| read_named(name, path))
        .collect::<Result<Vec<_>, Problem>>()?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Reads one file. Its name is the path as given, without `.case`.
pub fn read(path: &Path) -> Result<Entry, Problem> {
    let shown = display(path);
    let name = shown.strip_suffix(".case").unwrap_or(&shown).to_owned();
    read_named(name, path.to_owned())
}

/// Path and text of every file of the corpus that comes with the binary.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// The corpus that comes with the binary, in the order of the names.
pub fn built_in() -> Result<Vec<Entry>, Problem> {
    let mut entries = Vec::with_capacity(BUILT_IN.len());
    for (path, text) in BUILT_IN {
        let name = path
            .strip_prefix("corpus/")
            .and_then(|path| path.strip_suffix(".case"))
            .unwrap_or(path);
        let content = interpret(text, path, name)?;
        entries.push(Entry {
            name: name.to_owned(),
            path: PathBuf::from(path),
            content,
        });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Writes a case below a folder and says where.
///
/// A file that is there stays: if it holds the same, it is the answer, otherwise the new one is numbered (`name-2`).
pub fn write(folder: &Path, name: &str, case: &Case) -> Result<PathBuf, Problem> {
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !inside {
        return Err(Problem::whole(
            display(folder),
            format!("`{name}` is no name for a case in it"),
            "a relative path",
        ));
    }
    let printed = text::print(case);
    for number in 1u32.. {
        let file = if number == 1 {
            format!("{name}.case")
        } else {
            format!("{name}-{number}.case")
        };
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| unusable(parent, &error))?;
        }
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(printed.as_bytes())
                    .map_err(|error| unusable(&path, &error))?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if fs::read(&path).is_ok_and(|bytes| bytes == printed.as_bytes()) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(unusable(&path, &error)),
        }
    }
    Err(Problem::whole(
        display(folder),
        format!("every number behind `{name}` is taken"),
        "another folder",
    ))
}

/// Finds the files below a folder; `prefix` is its own path with a slash behind it.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Problem> {
    for entry in fs::read_dir(folder).map_err(|error| unusable(folder, &error))? {
        let path = entry.map_err(|error| unusable(folder, &error))?.path();
        let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(Problem::whole(
                display(&path),
                "the name of the file is not UTF-8",
                "one that can be typed",
            ));
        };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{file_name}/"), files)?;
        } else if let Some(stem) = file_name.strip_suffix(".case") {
            files.push((format!("{prefix}{stem}"), path));
        }
    }
    Ok(())
}

fn read_named(name: String, path: PathBuf) -> Result<Entry, Problem> {
    let bytes = fs::read(&path).map_err(|error| unusable(&path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Problem {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            ..Problem::whole(
                display(&path),
                "the line is not UTF-8",
                "UTF-8; bytes that are not are written as `x` lines",
            )
        }
    })?;
    let content = interpret(&text, &display(&path), &name)?;
    Ok(Entry {
        name,
        path,
        content,
    })
}

/// Reads a text that may be a case or a recording. One without a step would say nothing, and is a mistake in a file.
fn interpret(text: &str, file: &str, name: &str) -> Result<Content, Problem> {
    // No other line can begin so: those of a body have a sigil too.
    let is_recording = text
        .lines()
        .any(|line| line.starts_with("< ") || line.starts_with("! "));
    let content = if is_recording {
        Content::Transcript(Transcript {
            name: name.to_owned(),
            ..transcript::parse(text, file)?
        })
    } else {
        Content::Case(text::parse(text, file)?)
    };
    if content.case().steps.is_empty() {
        return Err(Problem::whole(
            file,
            "no step in the case",
            "at least one `> METHOD TARGET`",
        ));
    }
    Ok(content)
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::whole(display(path), format!("cannot be used: {error}"), "")
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::bind::{Values, fresh_names, message};
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        folder
    }

    fn problem(files: &[(&str, &[u8])]) -> String {
        let folder = folder(files);
        let problem = load(folder.path()).expect_err("a problem").to_string();
        problem.replace(&display(folder.path()), "DIR")
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_the_names() {
        let folder = folder(&[
            ("b.case", b"> GET /b\n"),
            ("a/z.case", b"> GET /z\n\n"),
            ("a/b/c.case", b"> GET /c\n< 200 at 0.000 took 0.000000\n"),
            ("a/notes.md", b"\xff"),
        ]);
        let entries = load(folder.path()).expect("three cases");
        assert_eq!(
            entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect::<Vec<_>>(),
            ["a/b/c", "a/z", "b"]
        );
        let Content::Transcript(recording) = &entries[0].content else {
            panic!("answers make a recording")
        };
        assert_eq!(recording.name, "a/b/c");
        assert!(matches!(entries[1].content, Content::Case(_)));
        assert_eq!(
            read(&entries[2].path).expect("a case").content,
            entries[2].content
        );
    }

    #[test]
    fn what_cannot_be_used_is_a_problem_with_its_place() {
        assert_eq!(
            problem(&[]),
            "DIR: no case in the folder\n   | expected files that end in `.case`"
        );
        assert_eq!(
            problem(&[("a/b.case", b"> GET /\n> GET /b\n")]),
            "DIR/a/b.case:2: header has no colon\n  2 | > GET /b\n    | expected `> name: value`"
        );
        assert!(
            problem(&[("a.case", b"\n> GET /\n| \xff\n")])
                .starts_with("DIR/a.case:3: the line is not UTF-8")
        );
        assert!(
            problem(&[("a.case", b"# nothing\n")]).starts_with("DIR/a.case: no step in the case")
        );
        assert!(
            load(Path::new("/nowhere"))
                .expect_err("a problem")
                .to_string()
                .starts_with("/nowhere: cannot be used")
        );
    }

    #[test]
    fn the_corpus_is_in_canonical_form() {
        for (path, text) in BUILT_IN {
            let content = interpret(text, path, path).unwrap_or_else(|problem| panic!("{problem}"));
            let printed = match &content {
                Content::Case(case) => text::print(case),
                Content::Transcript(transcript) => transcript::print(transcript),
            };
            let differs = text
                .lines()
                .zip(printed.lines())
                .position(|(is, canonical)| is != canonical);
            let line = differs.unwrap_or(text.lines().count().min(printed.lines().count()));
            assert!(
                printed == *text,
                "{path}:{}: not canonical, which is {:?}",
                line + 1,
                printed.lines().nth(line).unwrap_or_default()
            );
        }
    }

    #[test]
    fn every_placeholder_of_the_corpus_can_have_a_value() {
        for entry in built_in().unwrap_or_else(|problem| panic!("{problem}")) {
            let case = entry.content.case();
            let mut values: Values = fresh_names(case)
                .into_iter()
                .map(|name| (name, "1"))
                .collect();
            for step in &case.steps {
                message(step, &values)
                    .unwrap_or_else(|unbound| panic!("{}: {unbound}", entry.path.display()));
                for binding in &step.bindings {
                    values.set(binding.name.as_str(), "1");
                }
            }
        }
    }

    #[test]
    fn writing_overwrites_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = text::parse("> GET /1\n", "").expect("a case");
        let two = text::parse("> GET /2\n", "").expect("a case");
        let written = |case: &Case| {
            let path = write(folder.path(), "found/here", case).expect("a place");
            path.strip_prefix(folder.path())
                .expect("below the folder")
                .to_owned()
        };
        assert_eq!(written(&one), Path::new("found/here.case"));
        assert_eq!(written(&two), Path::new("found/here-2.case"));
        assert_eq!(written(&one), Path::new("found/here.case"));
        assert_eq!(written(&two), Path::new("found/here-2.case"));
        assert_eq!(load(folder.path()).expect("two cases").len(), 2);
        for name in ["", "../up", "/root", "a/../../b"] {
            assert!(write(folder.path(), name, &one).is_err(), "{name}");
        }
    }
}
