//! JSON as it is on the wire.
//!
//! `serde_json` is the reader of files we write ourselves. What a target says, and what a case makes us say to it, is
//! read here instead, because the contract speaks of things a convenient reader hides: which of two equal member names
//! came last, whether an integer was written `5` or `5.0`, whether `9007199254740993` is still that number.

use std::fmt;

/// How deeply arrays and objects may be nested in each other.
pub const MAX_DEPTH: usize = 128;

/// Up to this many members, comparing each name with each costs less than sorting them.
const FEW: usize = 8;

/// A JSON value that keeps member order, duplicate members and the spelling of numbers.
#[derive(Debug, Clone)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(Number),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// Members in order of appearance, duplicates included.
    Object(Vec<(String, Self)>),
}

/// A JSON number, kept as the text it was written as.
#[derive(Debug, Clone)]
pub struct Number(Box<str>);

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}: expected {wanted}")]
pub struct JsonError {
    /// Where reading stopped, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub kind: JsonErrorKind,
    /// What would have been accepted there.
    pub wanted: &'static str,
}

/// The ways in which a text fails to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// Outside the grammar of RFC 8259; a byte order mark is, too.
    #[error("not JSON")]
    Syntax,
    /// A byte sequence that is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A `\u` escape of half a surrogate pair: grammatical, but not a string of Unicode scalar values.
    #[error("half a surrogate pair")]
    LoneSurrogate,
    /// Nested more than [`MAX_DEPTH`] deep: grammatical so far, but nothing we read further.
    #[error("nested too deeply")]
    TooDeep,
    /// A complete value, and more behind it.
    #[error("text behind the value")]
    TrailingText,
}

impl Json {
    /// Reads exactly one value, with white space around it, strictly by RFC 8259.
    ///
    /// # Errors
    ///
    /// The first thing wrong with the text, except that bytes which are not UTF-8 come before everything else.
    ///
    /// ```
    /// use profile_contract::wire::Json;
    ///
    /// let json = Json::parse(br#"{"a": [1.0, {"a": 1, "a": 2}]}"#)?;
    /// assert!(json.pointer("/a/1/a").is_some_and(|value| value.same(&Json::from(2i64))));
    /// assert_eq!(json.to_string(), r#"{"a":[1.0,{"a":1,"a":2}]}"#);
    /// # Ok::<(), profile_contract::wire::json::JsonError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|error| JsonError {
            offset: error.valid_up_to(),
            kind: JsonErrorKind::NotUtf8,
            wanted: "UTF-8 throughout",
        })?;
        let mut reader = Reader { text, at: 0 };
        reader.skip_space();
        let value = reader.value(0)?;
        reader.skip_space();
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err(reader.error(JsonErrorKind::TrailingText, "the end")),
        }
    }

    /// Compact JSON, as [`Display`](fmt::Display) writes it, but faster.
    pub fn to_text(&self) -> String {
        // Enough for most.
        let mut text = String::with_capacity(512);
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    /// Compact JSON: no white space, and no escape that is not needed.
    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(true) => out.write_str("true"),
            Self::Bool(false) => out.write_str("false"),
            Self::Number(number) => out.write_str(&number.0),
            Self::String(text) => write_string(out, text),
            Self::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    out.write_str(if index == 0 { "[" } else { "," })?;
                    item.write(out)?;
                }
                out.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    out.write_str(if index == 0 { "{" } else { "," })?;
                    write_string(out, name)?;
                    out.write_str(":")?;
                    value.write(out)?;
                }
                out.write_str(if members.is_empty() { "{}" } else { "}" })
            }
        }
    }

    /// A timestamp as the protocol writes it: seconds since the epoch, here with three decimals.
    pub fn seconds(ms: i64) -> Self {
        let mut text = match ms {
            1000.. => ms.to_string(),
            0.. => format!("{ms:04}"),
            _ => format!("{ms:05}"),
        };
        text.insert(text.len() - 3, '.');
        Self::Number(Number(text.into()))
    }

    /// The member of that name, the last one if there are several. `None` for all but objects.
    pub fn get(&self, name: &str) -> Option<&Self> {
        last(self.members()?, name)
    }

    /// The members of an object, duplicates included.
    pub fn members(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value an RFC 6901 pointer leads to. `None` also for a pointer that is malformed.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |value, token| match value {
                Self::Object(_) if token.contains('~') => value.get(&unescape_token(token)?),
                Self::Object(_) => value.get(token),
                Self::Array(items) if token == "0" || !token.starts_with(['0', '+']) => {
                    items.get(token.parse::<usize>().ok()?)
                }
                _ => None,
            })
    }

    /// What kind of value this is, with its article, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Whether any object in this value has two members of one name.
    pub fn has_duplicate_members(&self) -> bool {
        match self {
            Self::Array(items) => items.iter().any(Self::has_duplicate_members),
            Self::Object(members) => {
                has_equal_names(members)
                    || members
                        .iter()
                        .any(|(_, value)| value.has_duplicate_members())
            }
            _ => false,
        }
    }

    /// Whether both are the same value, however they are spelt.
    ///
    /// The order of members does not count, of two members of one name the last does, and numbers are compared exactly
    /// as decimals: `1`, `1.0` and `10e-1` are one number, `9007199254740993` and `9007199254740992` are two.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left.same(right),
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Array(left), Self::Array(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| left.same(right))
            }
            (Self::Object(left), Self::Object(right)) => same_members(left, right),
            _ => false,
        }
    }
}

impl Number {
    /// The number as it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it was written without fraction and exponent.
    pub fn is_integer_literal(&self) -> bool {
        !self.0.contains(['.', 'e', 'E'])
    }

    /// The value, if it was written as a plain integer and is one of 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        // `parse` accepts no fraction and no exponent either; a leading `+` never gets this far.
        self.0.parse().ok()
    }

    /// The nearest double; infinite where there is none.
    pub fn as_f64(&self) -> f64 {
        // The grammar of JSON numbers is part of that of Rust's doubles.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Whether both are the same decimal number, however they are spelt.
    ///
    /// An exponent of more than 36 digits is the same only as itself.
    pub fn same(&self, other: &Self) -> bool {
        if self.0 == other.0 {
            return true;
        }
        if self.is_integer_literal() && other.is_integer_literal() {
            // JSON has one spelling for each integer but zero.
            return self.is_zero() && other.is_zero();
        }
        match (self.decimal(), other.decimal()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        }
    }

    fn is_zero(&self) -> bool {
        matches!(&*self.0, "0" | "-0")
    }

    /// Sign, digits without zeros at either end, and the power of ten of the last of them.
    fn decimal(&self) -> Option<(bool, String, i128)> {
        let (negative, rest) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, &*self.0),
        };
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let significant = digits.trim_end_matches('0');
        let dropped = digits.len() - significant.len();
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some((false, String::new(), 0));
        }
        let size = exponent
            .trim_start_matches(['+', '-'])
            .trim_start_matches('0');
        let size: i128 = match size.len() {
            0 => 0,
            1..=36 => size.parse().ok()?,
            _ => return None,
        };
        let exponent = if exponent.starts_with('-') {
            -size
        } else {
            size
        };
        let shift = i128::try_from(dropped).ok()? - i128::try_from(fraction.len()).ok()?;
        Some((negative, significant.to_owned(), exponent + shift))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(Number(value.to_string().into()))
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

fn write_string(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    let mut rest = text;
    while let Some(at) = special(rest) {
        out.write_str(&rest[..at])?;
        match rest.as_bytes()[at] {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x08 => out.write_str("\\b")?,
            0x0c => out.write_str("\\f")?,
            byte => write!(out, "\\u{byte:04x}")?,
        }
        rest = &rest[at + 1..];
    }
    out.write_str(rest)?;
    out.write_str("\"")
}

/// The first byte that does not stand for itself in a string: a quote, a backslash or a control character.
fn special(text: &str) -> Option<usize> {
    /// The byte, eight times.
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // Eight bytes at a time. The highest bit of a byte is set where the byte is below the limit; a borrow may set it in
    // bytes behind such a one as well, but only the first counts.
    let below = |word: u64, limit: u8| word.wrapping_sub(all(limit)) & !word & all(0x80);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = below(word, b' ') | below(word ^ all(b'"'), 1) | below(word ^ all(b'\\'), 1);
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    let at = rest.iter().position(special)?;
    Some(words.len() * 8 + at)
}

fn last<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    members
        .iter()
        .rfind(|(found, _)| found == name)
        .map(|(_, value)| value)
}

/// `~1` is a slash and `~0` a tilde in a token of a pointer; any other tilde is an error.
fn unescape_token(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (escaped, rest) = part
            .strip_prefix('0')
            .map(|rest| ('~', rest))
            .or_else(|| part.strip_prefix('1').map(|rest| ('/', rest)))?;
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

fn has_equal_names(members: &[(String, Json)]) -> bool {
    if members.len() <= FEW {
        let mut rest = members;
        while let [(name, _), later @ ..] = rest {
            if last(later, name).is_some() {
                return true;
            }
            rest = later;
        }
        return false;
    }
    effective(members).len() < members.len()
}

/// The members that count, ordered by name. Sorted, so that an object of a million members is not a million squared.
fn effective(members: &[(String, Json)]) -> Vec<(&str, &Json)> {
    let mut sorted: Vec<_> = members
        .iter()
        .rev()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    // Stable, and from the back: of equal names the last one written stays.
    sorted.sort_by_key(|(name, _)| *name);
    sorted.dedup_by_key(|(name, _)| *name);
    sorted
}

fn same_members(left: &[(String, Json)], right: &[(String, Json)]) -> bool {
    if left.len() <= FEW && right.len() <= FEW {
        return right.iter().all(|(name, _)| last(left, name).is_some())
            && left.iter().enumerate().all(|(index, (name, value))| {
                left[index + 1..].iter().any(|(later, _)| later == name)
                    || last(right, name).is_some_and(|other| value.same(other))
            });
    }
    let (left, right) = (effective(left), effective(right));
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|((name, value), (other_name, other))| *name == other_name && value.same(other))
}

/// A position in a text that is known to be UTF-8.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, kind: JsonErrorKind, wanted: &'static str) -> JsonError {
        JsonError {
            offset: self.at,
            kind,
            wanted,
        }
    }

    fn syntax(&self, wanted: &'static str) -> JsonError {
        self.error(JsonErrorKind::Syntax, wanted)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Takes the byte if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.syntax("a value")),
        }
    }

    fn word(&mut self, word: &'static str, value: Json) -> Result<Json, JsonError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax(word));
        }
        self.at += word.len();
        Ok(value)
    }

    fn open(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error(JsonErrorKind::TooDeep, "at most 128 levels"));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.open(depth)?;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Json::Array(items));
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `]`"));
            }
            self.skip_space();
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.open(depth)?;
        let mut members = Vec::new();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.syntax("a member name in quotes"));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.syntax("`:`"));
            }
            self.skip_space();
            members.push((name, self.value(depth)?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return Err(self.syntax("`,` or `}`"));
            }
            self.skip_space();
        }
    }

    /// Copies whole stretches between escapes; most strings have none and are copied at once.
    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = self.stretch().to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.syntax("an escape in place of the control character")),
                None => return Err(self.syntax("`\"` at the end of the string")),
            }
            text.push_str(self.stretch());
        }
    }

    /// Takes what stands for itself.
    fn stretch(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let plain = &rest[..special(rest).unwrap_or(rest.len())];
        self.at += plain.len();
        plain
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode(start);
            }
            _ => return Err(self.syntax("one of `\"\\/bfnrtu`")),
        };
        self.at += 1;
        Ok(character)
    }

    /// The character of `\uXXXX`, or of two of them that make a surrogate pair.
    fn unicode(&mut self, start: usize) -> Result<char, JsonError> {
        let unit = self.hex4()?;
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        let lone = JsonError {
            offset: start,
            kind: JsonErrorKind::LoneSurrogate,
            wanted: "a high and a low surrogate in a row",
        };
        if unit >= 0xdc00 || !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            return Err(lone);
        }
        self.at += 2;
        let low = self.hex4()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone);
        }
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(lone)
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or(self.syntax("four hex digits"))?;
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _signed = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(Number(self.text[start..self.at].into()))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if start == self.at {
            Err(self.syntax("a digit"))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn error(text: impl AsRef<[u8]>) -> (usize, JsonErrorKind) {
        let error = Json::parse(text.as_ref()).unwrap_err();
        (error.offset, error.kind)
    }

    #[track_caller]
    fn assert_same(left: &str, right: &str, same: bool) {
        assert_eq!(json(left).same(&json(right)), same, "{left} {right}");
        assert_eq!(json(right).same(&json(left)), same, "{right} {left}");
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        let twice = json(r#"{"a":1,"b":[{"c":null,"c":true}],"a":2}"#);
        assert_eq!(
            twice
                .get("a")
                .and_then(Json::as_number)
                .and_then(Number::as_i64),
            Some(2)
        );
        assert_eq!(twice.pointer("/b/0/c").and_then(Json::as_bool), Some(true));
        assert!(twice.has_duplicate_members());
        assert!(json(r#"[{"x":{"c":1,"c":1}}]"#).has_duplicate_members());
        assert!(!json(r#"{"a":{"a":1},"A":[{"a":1},{"a":1}]}"#).has_duplicate_members());
        assert_same(r#"{"a":1,"a":2}"#, r#"{"a":3,"a":2}"#, true);
        assert_same(r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#, false);
        assert_same(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true);
        assert_same(r#"{"a":1,"b":2}"#, r#"{"a":1}"#, false);
        assert_same(r#"{"a":1,"b":2}"#, r#"{"a":1,"c":2}"#, false);
    }

    #[test]
    fn many_members_are_compared_like_few() {
        let object = |names: &mut dyn Iterator<Item = usize>| {
            Json::Object(
                names
                    .map(|n| (format!("m{}", n % 100_000), Json::from(n as u64)))
                    .collect(),
            )
        };
        let upwards = object(&mut (0..100_000));
        assert!(upwards.same(&object(&mut (0..100_000).rev())));
        assert!(!upwards.same(&object(&mut (1..100_001))));
        assert!(!upwards.same(&object(&mut (0..99_999))));
        let doubled = object(&mut (100_000..200_000).chain(0..100_000));
        assert!(
            upwards.same(&doubled)
                && doubled.has_duplicate_members()
                && !upwards.has_duplicate_members()
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_told_apart() {
        assert_eq!(json(r#""\ud83d\ude00\uFFFF""#).as_str(), Some("😀\u{ffff}"));
        for half in [
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\ud83d""#,
            r#""\ude00\ud83d""#,
        ] {
            assert_eq!(error(half), (1, JsonErrorKind::LoneSurrogate), "{half}");
        }
        assert_eq!(error(r#""\ud83d\u12""#).1, JsonErrorKind::Syntax);
        assert_eq!(error(r#""\u+123""#), (3, JsonErrorKind::Syntax));
    }

    #[test]
    fn text_that_is_nearly_json_is_refused_where_it_goes_wrong() {
        use JsonErrorKind::{NotUtf8, Syntax, TrailingText};
        assert_eq!(error(""), (0, Syntax));
        assert_eq!(error(" \n"), (2, Syntax));
        assert_eq!(error("\u{feff}{}"), (0, Syntax));
        assert_eq!(error("{} {}"), (3, TrailingText));
        assert_eq!(error("{}\0"), (2, TrailingText));
        assert_eq!(error("[1,]"), (3, Syntax));
        assert_eq!(error(r#"{"a":1,}"#), (7, Syntax));
        assert_eq!(error(r#"{"a" 1}"#), (5, Syntax));
        assert_eq!(error("{a:1}"), (1, Syntax));
        assert_eq!(error("[1 2]"), (3, Syntax));
        assert_eq!(error("\"a\nb\""), (2, Syntax));
        assert_eq!(error("\"a\0b\""), (2, Syntax));
        assert_eq!(error("\"a"), (2, Syntax));
        assert_eq!(error(r#""\x""#), (2, Syntax));
        assert_eq!(error("\u{a0}1"), (0, Syntax));
        assert_eq!(error("\u{b}1"), (0, Syntax));
        assert_eq!(error("True"), (0, Syntax));
        assert_eq!(error("nul"), (0, Syntax));
        assert_eq!(error("NaN"), (0, Syntax));
        assert_eq!(error(b"{\"a\":\"\xff\"}"), (6, NotUtf8));
        // A surrogate written straight into the bytes is not UTF-8.
        assert_eq!(error(b"\"\xed\xa0\xbd\""), (1, NotUtf8));
        for number in [
            "01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "-01", "0x1", "1_0",
        ] {
            assert!(matches!(error(number).1, Syntax | TrailingText), "{number}");
        }
    }

    #[test]
    fn depth_has_a_limit_and_not_one_less() {
        let nest = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(json(&nest(128)).to_string(), nest(128));
        assert_eq!(error(nest(129)), (128, JsonErrorKind::TooDeep));
        assert_eq!(error("[".repeat(10_000_000)).1, JsonErrorKind::TooDeep);
        assert_eq!(error(r#"{"a":"#.repeat(129)).1, JsonErrorKind::TooDeep);
    }

    #[test]
    fn null_characters_survive() {
        let text = r#"{"a\u0000b":"\u0000"}"#;
        assert_eq!(json(text).get("a\0b").and_then(Json::as_str), Some("\0"));
        assert_eq!(json(text).to_string(), text);
    }

    #[test]
    fn numbers_are_compared_exactly() {
        for (left, right) in [
            ("1", "1.0"),
            ("1", "1e0"),
            ("1", "10e-1"),
            ("1", "0.1E+1"),
            ("100", "1e2"),
            ("1200", "1.2e3"),
            ("-0", "0"),
            ("0", "0e999999999999999999999999999999999999999999"),
            ("0.0", "-0"),
            ("1e400", "10e399"),
            ("-1e-400", "-0.1e-399"),
            ("1e007", "1e7"),
            ("0.00120", "12e-4"),
            (
                "1e170141183460469231731687303715884105727",
                "1e170141183460469231731687303715884105727",
            ),
            ("10e99999999999999999999", "1e100000000000000000000"),
        ] {
            assert_same(left, right, true);
        }
        for (left, right) in [
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("0.1", "0.10000000000000001"),
            ("1", "1e1"),
            ("12", "21"),
            ("1e400", "1e-400"),
            ("0", "1e-400"),
            ("1.0", "-1.0"),
        ] {
            assert_same(left, right, false);
        }
        assert_same("1", "\"1\"", false);
        assert_same("null", "false", false);
    }

    #[test]
    fn numbers_keep_their_spelling() {
        for text in ["-0", "1e400", "9007199254740993", "1.50", "1E+2"] {
            assert_eq!(json(text).to_string(), text);
        }
        let number = |text: &str| json(text).as_number().cloned().unwrap();
        assert_eq!(number("-0").as_i64(), Some(0));
        assert_eq!(number("5.0").as_i64(), None);
        assert_eq!(number("5e0").as_i64(), None);
        assert_eq!(number("9223372036854775807").as_i64(), Some(i64::MAX));
        assert_eq!(number("9223372036854775808").as_i64(), None);
        assert!(
            number("9223372036854775808").is_integer_literal()
                && !number("5e0").is_integer_literal()
        );
        assert_eq!(number("1e400").as_f64(), f64::INFINITY);
    }

    #[test]
    fn seconds_are_decimal() {
        let text = |ms| Json::seconds(ms).to_string();
        assert_eq!(text(1_700_000_000_123), "1700000000.123");
        assert_eq!(text(1_700_000_000_020), "1700000000.020");
        assert_eq!(text(0), "0.000");
        assert_eq!(text(-1), "-0.001");
        assert_eq!(text(i64::MIN), "-9223372036854775.808");
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        let value = json(r#"{"":0,"a/b":1,"m~n":2,"~1":3,"list":[10,11],"01":4}"#);
        let at = |pointer| value.pointer(pointer).map(ToString::to_string);
        assert_eq!(at("").map(|text| text.len()), Some(value.to_string().len()));
        assert_eq!(at("/").as_deref(), Some("0"));
        assert_eq!(at("/a~1b").as_deref(), Some("1"));
        assert_eq!(at("/m~0n").as_deref(), Some("2"));
        assert_eq!(at("/~01").as_deref(), Some("3"));
        assert_eq!(at("/list/1").as_deref(), Some("11"));
        assert_eq!(at("/01").as_deref(), Some("4"));
        for nothing in [
            "a",
            "/list/01",
            "/list/+1",
            "/list/-",
            "/list/2",
            "/list/1/0",
            "/m~n",
            "/m~2n",
            "/a/b",
            "/list/",
        ] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{20}\"\\\\/a]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..12)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Text that is JSON or nearly so.
    fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"",
            "\\u0041",
            "\\ud800",
            "\\udc00",
            "\\",
            "null",
            "true",
            "-",
            "0",
            "1",
            ".",
            "e",
            "E+",
            "9007199254740993",
            " ",
            "\n",
            "\u{feff}",
            "é",
            "\u{7f}",
            "\u{1f}",
            "\"a\":",
        ]);
        let tokens =
            prop::collection::vec(token, 0..14).prop_map(|tokens| tokens.concat().into_bytes());
        let broken = (any_json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(value, at, byte)| {
                let mut bytes = value.to_string().into_bytes();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                bytes
            },
        );
        prop_oneof![tokens, broken]
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in any_json()) {
            let compact = value.to_string();
            let ours = json(&compact);
            prop_assert_eq!(ours.to_string(), compact);
            prop_assert!(ours.same(&json(&serde_json::to_string_pretty(&value).unwrap())));
            prop_assert!(!ours.has_duplicate_members());
        }

        #[test]
        fn accepts_what_serde_json_accepts(bytes in nearly_json()) {
            match (Json::parse(&bytes), serde_json::from_slice::<serde_json::Value>(&bytes)) {
                (Ok(ours), Ok(theirs)) => {
                    let again: serde_json::Value = serde_json::from_str(&ours.to_string()).unwrap();
                    prop_assert_eq!(again, theirs);
                }
                (Err(_), Err(_)) => {}
                // Doubles end at 1.8e308, JSON does not.
                (Ok(_), Err(error)) if error.to_string().contains("out of range") => {}
                (ours, theirs) => prop_assert!(false, "ours {ours:?}, theirs {theirs:?}"),
            }
        }

        #[test]
        fn same_holds_whatever_the_order(value in any_json(), other in any_json()) {
            fn turned(json: Json) -> Json {
                match json {
                    Json::Array(items) => Json::Array(items.into_iter().map(turned).collect()),
                    Json::Object(members) => Json::Object(members.into_iter().rev().map(|(name, value)| (name, turned(value))).collect()),
                    leaf => leaf,
                }
            }
            let ours = json(&value.to_string());
            prop_assert!(ours.same(&turned(ours.clone())));
            // serde_json compares the spelling of zero, and integers with doubles never; so only one direction holds.
            if value == other {
                prop_assert!(ours.same(&json(&other.to_string())));
            }
            if ours.same(&json(&other.to_string())) {
                prop_assert_eq!(kinds(&value), kinds(&other));
            }
        }

        #[test]
        fn same_agrees_with_arithmetic(left in -2000i64..2000, shift in 0u32..6, other in -2000i64..2000) {
            let power = 10i64.pow(shift);
            let spelt = format!("{}e-{shift}", left * power);
            prop_assert!(json(&spelt).same(&Json::from(left)));
            let pointed = format!("{left}.{}", "0".repeat(shift as usize + 1));
            prop_assert!(json(&pointed).same(&json(&spelt)));
            prop_assert_eq!(json(&spelt).same(&Json::from(other)), left == other);
        }
    }

    /// A number for the shape of a value that `same` must preserve.
    fn kinds(value: &serde_json::Value) -> Vec<&'static str> {
        match value {
            serde_json::Value::Array(items) => {
                items.iter().flat_map(kinds).chain(["end"]).collect()
            }
            serde_json::Value::Object(members) => {
                let mut names: Vec<_> = members
                    .iter()
                    .map(|(name, value)| (name, kinds(value)))
                    .collect();
                names.sort();
                names
                    .into_iter()
                    .flat_map(|(_, kinds)| kinds)
                    .chain(["end"])
                    .collect()
            }
            serde_json::Value::Null => vec!["null"],
            serde_json::Value::Bool(_) => vec!["bool"],
            serde_json::Value::Number(_) => vec!["number"],
            serde_json::Value::String(_) => vec!["string"],
        }
    }
}
