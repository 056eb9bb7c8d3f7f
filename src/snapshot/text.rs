//! Snapshots as text: steps in the grammar of cases, answers in that of transcripts, without times.

use std::fmt::Write as _;

use super::{Answer, Body, Heard, Snapshot, Step, Tree, placeholder::VARIES};
use crate::case::Problem;
use crate::wire::{Json, NoAnswerKind};

/// How the first line of every snapshot begins: what does not begin so is no snapshot, and nobody overwrites it.
pub const HEADER: &str = "# Snapshot of ";

/// How that line ends.
const KEPT_BY: &str = ", kept by `profile-contract check --snapshots`.";

/// What stands for a body of which nothing is kept.
const OPAQUE: &str = "<not JSON>";

/// What an answer line may be.
const EXPECTED: &str = "`< STATUS [ERROR]`, `< <varies>` or `! KIND`";

/// Writes a snapshot: of equal ones, the same text.
pub fn print(snapshot: &Snapshot) -> String {
    let mut out = format!("{HEADER}{}{KEPT_BY}\n", snapshot.name.escape_debug());
    for Step { said, heard } in &snapshot.steps {
        out.push('\n');
        out.push_str(said);
        match heard {
            Heard::Unsent => {}
            Heard::Varies => {
                let _ = writeln!(out, "< {VARIES}");
            }
            Heard::Silence(kind) => {
                let _ = writeln!(out, "! {}", kind.name());
            }
            Heard::Answer(answer) => print_answer(answer, &mut out),
        }
    }
    out
}

fn print_answer(answer: &Answer, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, "< {}", answer.status);
    if let Some(error) = &answer.error {
        let _ = write!(out, " {error}");
    }
    out.push('\n');
    if let Some(content_type) = &answer.content_type {
        let _ = writeln!(out, "< content-type: {content_type}");
    }
    match &answer.body {
        Body::Nothing => {}
        Body::Opaque => {
            let _ = writeln!(out, "| {OPAQUE}");
        }
        Body::Json(tree) => tree.write("| ", out),
    }
}

/// Reads a snapshot; `file` is what problems call it.
///
/// # Errors
///
/// The first line that is none of a snapshot.
pub fn parse(text: &str, file: &str) -> Result<Snapshot, Problem> {
    let problem = |line: usize, quoted: &str, found: &str, expected: &str| Problem {
        file: file.to_owned(),
        line,
        quoted: quoted.to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
    };
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .peekable();
    let name = lines
        .next()
        .and_then(|(_, line)| line.strip_prefix(HEADER)?.strip_suffix(KEPT_BY));
    let Some(name) = name else {
        let first = text.lines().next().unwrap_or_default();
        return Err(problem(
            1,
            first,
            "not a snapshot",
            "a file that `check --snapshots DIR --update` wrote",
        ));
    };
    let mut steps = Vec::new();
    while let Some((number, line)) = lines.next() {
        if !line.is_empty() {
            return Err(problem(number, line, "no empty line before a step", ""));
        }
        let mut said = String::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| begins_step(line)) {
            said.push_str(line);
            said.push('\n');
        }
        let mut heard = Heard::Unsent;
        if let Some((number, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
            heard = read_heard(line).ok_or_else(|| problem(number, line, "no answer", EXPECTED))?;
            if let Heard::Answer(answer) = &mut heard {
                if let Some((_, line)) =
                    lines.next_if(|(_, line)| line.starts_with("< content-type: "))
                {
                    answer.content_type = Some(line["< content-type: ".len()..].to_owned());
                }
                let begin = number + 1;
                let mut body = String::new();
                while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with("| ")) {
                    body.push_str(&line[2..]);
                    body.push('\n');
                }
                answer.body = match body.trim_end() {
                    "" => Body::Nothing,
                    OPAQUE => Body::Opaque,
                    text => match Json::parse(text.as_bytes()) {
                        Ok(json) => Body::Json(Tree::of(&json)),
                        Err(error) => {
                            return Err(problem(begin, "", &format!("the body is {error}"), ""));
                        }
                    },
                };
            }
        }
        steps.push(Step { said, heard });
    }
    Ok(Snapshot {
        name: name.to_owned(),
        steps,
    })
}

/// Whether a line belongs to what is said.
fn begins_step(line: &str) -> bool {
    [">", "|", "x", "~", "@"]
        .iter()
        .any(|sigil| line.starts_with(sigil))
}

fn read_heard(line: &str) -> Option<Heard> {
    if let Some(kind) = line.strip_prefix("! ") {
        return NoAnswerKind::ALL
            .iter()
            .find(|(_, name)| *name == kind)
            .map(|(kind, _)| Heard::Silence(*kind));
    }
    let text = line.strip_prefix("< ")?;
    if text == VARIES {
        return Some(Heard::Varies);
    }
    let (status, error) = text
        .split_once(' ')
        .map_or((text, None), |(status, error)| (status, Some(error)));
    Some(Heard::Answer(Answer {
        status: status.parse().ok()?,
        error: error.map(str::to_owned),
        content_type: None,
        body: Body::Nothing,
    }))
}
