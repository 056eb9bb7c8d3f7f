//! Lines: what every kind of line in a case has in common.
//!
//! A [`Lines`] walks over a file and knows where it is, so that every error is a [`Problem`] with its place. A piece of
//! text on a line is written as it is wherever that is possible, and behind a backslash with escapes where it is not,
//! so that every value has exactly one way to be written.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use memchr::memchr;

/// What is wrong with a file of cases, where, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The file or folder, as it was given.
    pub file: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The line itself; empty where the file as a whole is meant, or where it ended too early.
    pub quoted: String,
    /// What was found, for example `header has no colon`.
    pub found: String,
    /// What would have been right; empty where there is nothing to say.
    pub expected: String,
}

impl Problem {
    /// A problem with a file or a folder as a whole.
    pub fn whole(
        file: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            line: 0,
            quoted: String::new(),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.found)?;
        let number = if self.line > 0 {
            self.line.to_string()
        } else {
            String::new()
        };
        if !self.quoted.is_empty() {
            write!(f, "\n  {number} | {}", excerpt(&self.quoted))?;
        }
        if !self.expected.is_empty() {
            write!(
                f,
                "\n  {:width$} | expected {}",
                "",
                self.expected,
                width = number.len()
            )?;
        }
        Ok(())
    }
}

/// The beginning of a line, fit for a terminal.
fn excerpt(line: &str) -> String {
    const SHOWN: usize = 120;
    let mut shown: String = line
        .chars()
        .take(SHOWN)
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if line.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// The lines of a file, with the place reached.
pub(super) struct Lines<'a> {
    file: &'a str,
    /// What follows the current line; `None` after the last one.
    rest: Option<&'a str>,
    current: Option<&'a str>,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `text`; `file` is named in problems.
    pub(super) fn new(text: &'a str, file: &'a str) -> Result<Self, Problem> {
        let mut lines = Self {
            file,
            rest: Some(text),
            current: None,
            number: 0,
        };
        lines.advance();
        if let Some(at) = position_of_control(text) {
            while text.len() - lines.rest.map_or(0, str::len) <= at && lines.rest.is_some() {
                lines.advance();
            }
            let found = text[at..].chars().next().unwrap_or_default();
            return Err(lines.problem(
                format!(
                    "a control character (U+{:04X}) in the line",
                    u32::from(found)
                ),
                format!(
                    "it escaped, as `{}`, in a text that begins with `\\`; lines end in LF alone",
                    Escape(found)
                ),
            ));
        }
        Ok(lines)
    }

    /// The current line; `None` at the end of the file.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.current
    }

    /// Goes to the next line.
    pub(super) fn advance(&mut self) {
        self.number += 1;
        self.current = match self.rest {
            // The line feed ends the last line; nothing begins behind it.
            None | Some("") => {
                self.rest = None;
                None
            }
            Some(rest) => match memchr(b'\n', rest.as_bytes()) {
                Some(at) => {
                    self.rest = Some(&rest[at + 1..]);
                    Some(&rest[..at])
                }
                None => {
                    self.rest = None;
                    Some(rest)
                }
            },
        };
    }

    /// What follows `sigil` in the current line, if it begins with it; goes to the next line if so.
    // Most lines do not begin with a given sigil: with the sigil known, that takes no call.
    #[inline(always)]
    pub(super) fn take(&mut self, sigil: &str) -> Option<Line<'a>> {
        let line = self.current?;
        self.taken(line, line.strip_prefix(sigil)?)
    }

    fn taken(&mut self, line: &'a str, text: &'a str) -> Option<Line<'a>> {
        // A sigil is a word of its own: `alone` is no prefix of `aloneness`.
        let text = match text.as_bytes().first() {
            None => text,
            Some(b' ') => &text[1..],
            Some(_) => return None,
        };
        let taken = Line {
            file: self.file,
            number: self.number,
            line,
            text,
        };
        self.advance();
        Some(taken)
    }

    /// Whether the current line is empty, or there is none.
    pub(super) fn at_break(&self) -> bool {
        self.current.is_none_or(str::is_empty)
    }

    /// Passes over empty lines.
    pub(super) fn skip_empty(&mut self) {
        while self.current == Some("") {
            self.advance();
        }
    }

    /// A problem with the current line.
    pub(super) fn problem(&self, found: impl Into<String>, expected: impl Into<String>) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line: self.number,
            quoted: self.current.unwrap_or_default().to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

/// A line whose kind is known.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    file: &'a str,
    number: usize,
    line: &'a str,
    /// What follows the sigil and one blank.
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// The text up to the end of the line, as it was meant.
    pub(super) fn read(&self, written: &str) -> Result<String, Problem> {
        unescape(written).map(Cow::into_owned).map_err(|escape| {
            self.problem(
                format!("unknown escape `{escape}`"),
                r"`\\`, `\n`, `\r`, `\t` or `\u{…}` in a text that begins with a backslash",
            )
        })
    }

    /// A problem with this line.
    pub(super) fn problem(&self, found: impl Into<String>, expected: impl Into<String>) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line: self.number,
            quoted: self.line.to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }
}

/// How many bytes are looked through at a time.
const STRETCH: usize = 64;

/// The first control character but LF and TAB.
fn position_of_control(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // 0xC2 leads the two bytes of U+0080 to U+009F, and of harmless characters.
    let suspicious = |byte: &u8| {
        (*byte < b' ' && *byte != b'\n' && *byte != b'\t') | (*byte == 0x7f) | (*byte == 0xc2)
    };
    // Most texts hold none; a whole stretch is looked through faster than byte by byte.
    let any = |stretch: &[u8]| {
        stretch
            .iter()
            .fold(false, |any, byte| any | suspicious(byte))
    };
    let stretch = STRETCH * bytes.chunks(STRETCH).position(any)?;
    let first = stretch + bytes[stretch..].iter().position(suspicious)?;
    text[first..]
        .char_indices()
        .find(|(_, c)| is_unclean(*c) && *c != '\n')
        .map(|(at, _)| first + at)
}

/// Whether a character cannot stand in a line as it is.
pub(super) fn is_unclean(c: char) -> bool {
    c.is_control() && c != '\t'
}

/// Where a text stands in its line, which decides what may end it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Up to the end of the line; nothing is written for an empty one.
    Tail,
    /// Up to the next blank.
    Word,
    /// Up to a colon.
    Name,
}

/// Appends a text in the one way in which it can be read back.
pub(super) fn write_text(out: &mut String, text: &str, place: Place) {
    let clean = match place {
        // Most of a case are lines of bodies, which are looked through in stretches.
        Place::Tail => !text.contains('\n') && position_of_control(text).is_none(),
        Place::Word | Place::Name => {
            !text.is_empty() && !text.chars().any(|c| is_unclean(c) || ends(c, place))
        }
    };
    let plain = clean && !text.starts_with('\\') && !text.ends_with([' ', '\t']);
    if plain {
        out.push_str(text);
    } else if place != Place::Tail || !text.is_empty() {
        write_escaped(out, text, place);
    }
}

/// Appends a text with escapes, whether it needs them or not.
pub(super) fn write_escaped(out: &mut String, text: &str, place: Place) {
    out.push('\\');
    for (at, c) in text.char_indices() {
        let last = at + c.len_utf8() == text.len();
        if c == '\\' || c == '\t' || is_unclean(c) || ends(c, place) || (last && c == ' ') {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", Escape(c));
        } else {
            out.push(c);
        }
    }
}

/// Whether the character would end a text at that place.
fn ends(c: char, place: Place) -> bool {
    match place {
        Place::Tail => false,
        Place::Word => c == ' ',
        Place::Name => c == ' ' || c == ':',
    }
}

struct Escape(char);

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            '\\' => f.write_str(r"\\"),
            '\n' => f.write_str(r"\n"),
            '\r' => f.write_str(r"\r"),
            '\t' => f.write_str(r"\t"),
            other => write!(f, r"\u{{{:x}}}", u32::from(other)),
        }
    }
}

/// Undoes [`write_text`]; the error is the escape that means nothing.
fn unescape(written: &str) -> Result<Cow<'_, str>, String> {
    let Some(mut rest) = written.strip_prefix('\\') else {
        return Ok(Cow::Borrowed(written));
    };
    let mut text = String::with_capacity(rest.len());
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (c, behind) = unescape_one(escape).ok_or_else(|| {
            let shown = if escape.starts_with('u') { 10 } else { 1 };
            format!("\\{}", escape.chars().take(shown).collect::<String>())
        })?;
        text.push(c);
        rest = behind;
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

/// The character an escape stands for, and what follows it.
fn unescape_one(escape: &str) -> Option<(char, &str)> {
    let behind = escape.get(1..);
    match escape.as_bytes().first()? {
        b'\\' => Some(('\\', behind?)),
        b'n' => Some(('\n', behind?)),
        b'r' => Some(('\r', behind?)),
        b't' => Some(('\t', behind?)),
        b'u' => {
            let (digits, behind) = behind?.strip_prefix('{')?.split_once('}')?;
            let value = u32::from_str_radix(digits, 16)
                .ok()
                .filter(|_| !digits.starts_with('+'))?;
            Some((char::from_u32(value)?, behind))
        }
        _ => None,
    }
}

/// The most bytes in a line of hex; fewer end a piece.
pub(super) const HEX_LINE: usize = 32;

/// Appends bytes as `x` lines, one at least.
pub(super) fn write_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if bytes.is_empty() {
        out.push_str("x\n");
    }
    for line in bytes.chunks(HEX_LINE) {
        let mut written = [b' '; 3 * HEX_LINE];
        for (byte, place) in line.iter().zip(written.chunks_exact_mut(3)) {
            place[1] = DIGITS[usize::from(byte >> 4)];
            place[2] = DIGITS[usize::from(byte & 15)];
        }
        out.push('x');
        // Blanks and digits are text.
        out.push_str(str::from_utf8(&written[..3 * line.len()]).unwrap_or_default());
        out.push('\n');
    }
}

/// Appends the bytes of one `x` line, and says how many there were.
pub(super) fn read_hex(line: &Line<'_>, bytes: &mut Vec<u8>) -> Result<usize, Problem> {
    let before = bytes.len();
    // Byte by byte: pairs are too short for a search.
    let pairs = line.text.as_bytes().split(|byte| *byte == b' ');
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let byte = match *pair {
            [high, low] => digit(high).zip(digit(low)),
            _ => None,
        };
        match byte {
            Some((high, low)) => bytes.push((high << 4 | low) as u8),
            None => {
                return Err(line.problem(
                    format!(
                        "`{}` is not a byte in hex",
                        excerpt(&String::from_utf8_lossy(pair))
                    ),
                    "two hex digits a byte with blanks between, as in `x 7b 22 ff`",
                ));
            }
        }
    }
    Ok(bytes.len() - before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, place: Place) -> String {
        let mut out = String::new();
        write_text(&mut out, text, place);
        out
    }

    #[test]
    fn text_is_escaped_only_where_it_would_be_lost() {
        for (text, place, expected) in [
            (r#"{"a": "\n"}"#, Place::Tail, r#"{"a": "\n"}"#),
            ("\ttabs\tinside", Place::Tail, "\ttabs\tinside"),
            ("ünïcödé 🦀", Place::Tail, "ünïcödé 🦀"),
            ("", Place::Tail, ""),
            ("", Place::Word, r"\"),
            ("ends in CR\r", Place::Tail, r"\ends in CR\r"),
            ("ends in a blank ", Place::Tail, r"\ends in a blank\u{20}"),
            (r"\begins so", Place::Tail, r"\\\begins so"),
            ("two words", Place::Word, r"\two\u{20}words"),
            ("a:b", Place::Name, r"\a\u{3a}b"),
            ("a:b", Place::Word, "a:b"),
            ("\u{85}\0", Place::Tail, r"\\u{85}\u{0}"),
        ] {
            assert_eq!(written(text, place), expected, "{text:?}");
            assert_eq!(unescape(expected).as_deref(), Ok(text));
        }
    }

    #[test]
    fn unknown_escapes_are_refused() {
        for bad in [
            r"\a\q",
            r"\a\",
            r"\\u{",
            r"\\u{110000}",
            r"\\u{d800}",
            r"\\u{+41}",
            r"\\u41",
            r"\\ü",
        ] {
            assert!(unescape(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_control_character_is_reported_where_it_is() {
        let problem = Lines::new("> GET /é\n| ok\n| no\r\n| more\n", "a.case")
            .err()
            .expect("a problem");
        assert_eq!(
            problem.to_string(),
            "a.case:3: a control character (U+000D) in the line\n  3 | | no\u{fffd}\n    | expected it escaped, as \
             `\\r`, in a text that begins with `\\`; lines end in LF alone"
        );
    }

    #[test]
    fn long_lines_are_quoted_in_part() {
        assert_eq!(excerpt(&"é".repeat(121)).chars().count(), 121);
        assert_eq!(excerpt(&"é".repeat(120)).chars().count(), 120);
    }
}
