//! Reading: the lines of a case, kind by kind, in the order in which they may stand.

use bytes::Bytes;

use crate::case::bind::{is_name, is_provided};
use crate::case::line::{HEX_LINE, Line, Lines, Problem, read_hex};
use crate::case::select::nearest;
use crate::case::{Binding, Body, Case, Claim, Manner, Piece, Say, Step};
use crate::contract::RuleId;

/// Reads a case. `file` is what problems call the text.
///
/// A recording is no case: [`transcript::parse`](super::transcript::parse) reads those, and cases as well.
pub fn parse(text: &str, file: &str) -> Result<Case, Problem> {
    let mut lines = Lines::new(text, file)?;
    let (mut case, mut about) = read_head(&mut lines)?;
    if about.is_none() {
        end_block(&mut lines)?;
    }
    while lines.peek().is_some() {
        case.steps.push(read_step(&mut lines, about.take())?);
        end_block(&mut lines)?;
    }
    Ok(case)
}

/// Reads the lines before the first step. Comments that turn out to be those of the first step come second.
pub(in crate::case) fn read_head(
    lines: &mut Lines<'_>,
) -> Result<(Case, Option<Vec<String>>), Problem> {
    lines.skip_empty();
    let about = read_comments(lines)?;
    if lines.peek().is_some_and(|line| line.starts_with('>')) {
        return Ok((Case::default(), Some(about)));
    }
    let mut case = Case {
        about,
        ..Case::default()
    };
    if let Some(line) = lines.take("aims") {
        for id in line.text.split(' ').filter(|id| !id.is_empty()) {
            case.aims
                .push(RuleId::find(id).ok_or_else(|| unknown_rule(&line, id))?);
        }
        if case.aims.is_empty() {
            return Err(line.problem("`aims` names no rule", "`aims RULE [RULE …]`"));
        }
    }
    if let Some(line) = lines.take("from") {
        case.from = Some(line.read(line.text)?);
    }
    if let Some(line) = lines.take("alone") {
        if !line.text.is_empty() {
            return Err(line.problem(
                "`alone` says more than that",
                "`alone` and nothing behind it",
            ));
        }
        case.alone = true;
    }
    Ok((case, None))
}

/// Reads a step up to its bindings; its comments come along where they have been read already.
pub(in crate::case) fn read_step(
    lines: &mut Lines<'_>,
    about: Option<Vec<String>>,
) -> Result<Step, Problem> {
    let about = match about {
        Some(about) => about,
        None => read_comments(lines)?,
    };
    let say = if let Some(line) = lines.take(">!") {
        if !line.text.is_empty() {
            return Err(line.problem(
                "text behind `>!`",
                "`>!` alone, and what is sent in `|` and `x` lines below it",
            ));
        }
        Say::Raw(read_pieces(lines)?)
    } else if let Some(line) = lines.take(">") {
        let (method, target) = read_request_line(&line)?;
        Say::Request {
            method,
            target,
            headers: read_headers(lines)?,
            body: read_body(lines)?,
        }
    } else {
        return Err(lines.problem(
            describe_stray(lines),
            "a step, which begins with `> METHOD TARGET` or `>!`",
        ));
    };
    let manner = Manner {
        pages: read_manner(lines, "~ pages")?,
        pause_ms: read_manner(lines, "~ pause")?.unwrap_or(0),
        beside: match lines.take("~ beside") {
            None => false,
            Some(line) if line.text.is_empty() => true,
            Some(line) => {
                let found = "`~ beside` says more than that";
                return Err(line.problem(found, "`~ beside` and nothing behind it"));
            }
        },
    };
    let claim = lines
        .take("expect")
        .map(|line| read_claim(&line))
        .transpose()?;
    let mut bindings = Vec::new();
    while let Some(line) = lines.take("@") {
        bindings.push(read_binding(&line)?);
    }
    Ok(Step {
        about,
        say,
        manner,
        claim,
        bindings,
    })
}

/// Passes over the empty lines behind a head or a step.
pub(in crate::case) fn end_block(lines: &mut Lines<'_>) -> Result<(), Problem> {
    if lines.at_break() {
        lines.skip_empty();
        return Ok(());
    }
    let expected = match lines.peek().and_then(|line| line.bytes().next()) {
        Some(b'<' | b'!') => "answers in recordings only, behind all other lines of their step",
        _ => {
            "an empty line between steps, and within one this order: `#`, `>`, `|` or `x`, `~ pages`, `~ pause`, `~ beside`, \
             `expect`, `@`; in the head: `#`, `aims`, `from`, `alone`, and in recordings `given`, `with`"
        }
    };
    Err(lines.problem(describe_stray(lines), expected))
}

/// What stands in the current line, which is not what could stand there.
fn describe_stray(lines: &Lines<'_>) -> String {
    const KINDS: [&str; 17] = [
        "#", "aims", "from", "alone", "given", "with", ">!", ">", "|", "x", "~ pages", "~ pause",
        "~ beside", "expect", "@", "<", "!",
    ];
    let line = match lines.peek() {
        None | Some("") => return "no request behind the comment".to_owned(),
        Some(line) => line,
    };
    match KINDS
        .iter()
        .find_map(|kind| Some((kind, line.strip_prefix(kind)?)))
    {
        Some((kind, "")) => format!("`{kind}` out of place"),
        Some((kind, behind)) if behind.starts_with(' ') => format!("`{kind}` out of place"),
        Some((kind, _)) if kind.len() == 1 && *kind != "x" => format!("no blank behind `{kind}`"),
        _ => "a line of no known kind".to_owned(),
    }
}

fn unknown_rule(line: &Line<'_>, id: &str) -> Problem {
    match nearest(id, RuleId::all().map(RuleId::id)) {
        Some(near) => line.problem(
            format!("unknown rule `{id}` in `aims`; did you mean `{near}`?"),
            "",
        ),
        None => line.problem(
            format!("unknown rule `{id}` in `aims`"),
            "an id that `profile-contract rules` lists",
        ),
    }
}

fn read_comments(lines: &mut Lines<'_>) -> Result<Vec<String>, Problem> {
    let mut about = Vec::new();
    while let Some(line) = lines.take("#") {
        about.push(line.read(line.text)?);
    }
    Ok(about)
}

fn read_request_line(line: &Line<'_>) -> Result<(String, String), Problem> {
    match line.text.split_once(' ') {
        Some((method, target)) if !method.is_empty() && !target.is_empty() => {
            Ok((line.read(method)?, line.read(target)?))
        }
        _ => Err(line.problem("request line has no target", "`> METHOD TARGET`")),
    }
}

fn read_headers(lines: &mut Lines<'_>) -> Result<Vec<(String, String)>, Problem> {
    let mut headers = Vec::new();
    while let Some(line) = lines.take(">") {
        headers.push(read_header(&line, ">")?);
    }
    Ok(headers)
}

/// Reads a header field; `sigil` tells those of a request from those of an answer.
pub(in crate::case) fn read_header(
    line: &Line<'_>,
    sigil: &str,
) -> Result<(String, String), Problem> {
    let expected = || format!("`{sigil} name: value`");
    let Some((name, value)) = line.text.split_once(':') else {
        return Err(line.problem("header has no colon", expected()));
    };
    if name.is_empty() {
        return Err(line.problem("header has no name", expected()));
    }
    if name.contains(' ') {
        return Err(line.problem("blank in the name of a header", expected()));
    }
    Ok((
        line.read(name)?,
        line.read(value.strip_prefix(' ').unwrap_or(value))?,
    ))
}

fn read_body(lines: &mut Lines<'_>) -> Result<Body, Problem> {
    let body = if let Some(text) = read_text(lines)? {
        Body::Text(text)
    } else if let Some(bytes) = read_bytes(lines)? {
        Body::Bytes(bytes)
    } else {
        return Ok(Body::None);
    };
    match lines.peek().and_then(|line| line.bytes().next()) {
        Some(b'|' | b'x') => {
            Err(lines.problem("text and hex in one body", "either `|` lines or `x` lines"))
        }
        _ => Ok(body),
    }
}

/// Reads `|` lines as one text, if there are any.
pub(in crate::case) fn read_text(lines: &mut Lines<'_>) -> Result<Option<String>, Problem> {
    let Some(first) = lines.take("|") else {
        return Ok(None);
    };
    let mut text = first.read(first.text)?;
    while let Some(line) = lines.take("|") {
        text.push('\n');
        text.push_str(&line.read(line.text)?);
    }
    Ok(Some(text))
}

/// Reads `x` lines, if there are any.
pub(in crate::case) fn read_bytes(lines: &mut Lines<'_>) -> Result<Option<Bytes>, Problem> {
    let mut bytes = Vec::new();
    let mut any = false;
    while let Some(line) = lines.take("x") {
        read_hex(&line, &mut bytes)?;
        any = true;
    }
    Ok(any.then(|| bytes.into()))
}

fn read_pieces(lines: &mut Lines<'_>) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::new();
    loop {
        if let Some(line) = lines.take("|") {
            pieces.push(Piece::Line(line.read(line.text)?));
            continue;
        }
        let Some(mut line) = lines.take("x") else {
            return Ok(pieces);
        };
        // A full line goes on in the next one, a shorter one ends the piece.
        let mut bytes = Vec::new();
        while read_hex(&line, &mut bytes)? >= HEX_LINE {
            match lines.take("x") {
                Some(next) => line = next,
                None => break,
            }
        }
        pieces.push(Piece::Bytes(bytes.into()));
    }
}

fn read_manner(lines: &mut Lines<'_>, sigil: &str) -> Result<Option<u32>, Problem> {
    let Some(line) = lines.take(sigil) else {
        return Ok(None);
    };
    match read_number(line.text) {
        Some(number) => Ok(Some(number)),
        None => Err(line.problem(
            format!("`{}` is no number", line.text),
            format!("`{sigil} N`, N up to {}", u32::MAX),
        )),
    }
}

/// A number in plain decimal.
pub(in crate::case) fn read_number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn read_claim(line: &Line<'_>) -> Result<Claim, Problem> {
    let (status, error) = match line.text.split_once(' ') {
        Some((status, error)) => (status, Some(error)),
        None => (line.text, None),
    };
    let expected = "`expect STATUS [ERROR]`, as in `expect 400 BadRequestException`";
    let Some(status) = read_number(status) else {
        return Err(line.problem(format!("`{status}` is no status"), expected));
    };
    if error.is_some_and(|error| error.is_empty() || error.contains(' ')) {
        return Err(line.problem("the error type is not one word", expected));
    }
    Ok(Claim {
        status,
        error: error.map(|error| line.read(error)).transpose()?,
    })
}

fn read_binding(line: &Line<'_>) -> Result<Binding, Problem> {
    let expected = "`@ name = /pointer`";
    let (name, pointer) = line.text.split_once(' ').unwrap_or((line.text, ""));
    let Some(pointer) = pointer.strip_prefix('=') else {
        return Err(line.problem("no `=` behind the name", expected));
    };
    let pointer = pointer.strip_prefix(' ').unwrap_or(pointer);
    if !name.starts_with('\\') {
        if !is_name(name) {
            let expected = "letters, digits, `-` and `_`, beginning with a letter";
            return Err(line.problem(format!("`{name}` is no name"), expected));
        }
        if is_provided(name) {
            let found = format!("`{name}` is provided by the run");
            return Err(line.problem(
                found,
                "a name that is not `short`, `arn`, `sigv4` and does not begin with `domain`",
            ));
        }
    }
    if !is_pointer(pointer) && !pointer.starts_with('\\') {
        return Err(line.problem(format!("`{pointer}` is no JSON pointer"), expected));
    }
    Ok(Binding {
        name: line.read(name)?,
        pointer: line.read(pointer)?,
    })
}

pub(super) fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}
