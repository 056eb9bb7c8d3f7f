//! What a field of an object is: accessors and Handlebars sources (contract 3.12).
//!
//! For the reference there is one value, for an observer every value the contract allows. Sources that only join members
//! and text are understood here; blocks and helpers are rendered by the `handlebars` crate, for the reference alone,
//! because the contract says little about what they give.

use std::io::{self, Write};
use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, Renderable, StringOutput,
};
use smallvec::{SmallVec, smallvec};

use crate::contract::{ChoiceId, Choices, Options, RuleId};
use crate::wire::Json;
use crate::{choice, rule};

use super::manner::Outcomes;

/// The largest text a template may produce, in bytes: as large as an object.
const LARGEST_TEXT: usize = 256_000;

/// The largest integer that every reader holds exactly: 2^53.
const EXACT: u64 = 1 << 53;

/// Where a field reads its value.
#[derive(Debug, PartialEq)]
pub(super) enum Source {
    /// A member, by the names on the way to it.
    Accessor(Vec<String>),
    /// Text with members in it.
    Template(Vec<Piece>),
    /// Text that is the value.
    Constant(String),
    /// A template with blocks, or with braces of which the contract does not say what they mean, ready to be rendered.
    Blocks(Blocks),
    /// Anything else.
    Opaque,
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Member(Vec<String>),
}

/// A compiled template.
#[derive(Clone)]
pub(super) struct Blocks {
    text: Arc<str>,
    engine: Arc<Handlebars<'static>>,
}

/// Templates that are written alike are alike.
impl PartialEq for Blocks {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blocks")
    }
}

/// The values a field may have, the reference's first.
pub(super) struct Extracted {
    pub(super) options: SmallVec<[Extraction; 1]>,
    /// Whether values not listed are possible too.
    pub(super) open: bool,
}

/// A value a field may have; `None` for no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extraction {
    pub(super) value: Option<String>,
    /// What having it says about the implementation.
    pub(super) tells: Option<(ChoiceId, Options)>,
}

impl Source {
    /// Reads a `Source`.
    pub(super) fn parse(text: &str) -> Self {
        if text.contains("{{") {
            return match pieces(text) {
                Some(pieces) => Self::Template(pieces),
                None => Blocks::compile(text).map_or(Self::Opaque, Self::Blocks),
            };
        }
        match path(text) {
            Some(path) => Self::Accessor(path),
            None if text.starts_with("_source") || !text.contains(' ') => Self::Opaque,
            None => Self::Constant(text.to_owned()),
        }
    }
}

/// Reads `_source.a.b`.
fn path(text: &str) -> Option<Vec<String>> {
    let path: Vec<String> = text
        .strip_prefix("_source.")?
        .split('.')
        .map(str::to_owned)
        .collect();
    let plain = |name: &String| {
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "[]{}'\"`".contains(c))
    };
    path.iter().all(plain).then_some(path)
}

/// Reads a template that only joins members and text.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        // A backslash before a tag escapes it, in some dialects.
        if rest[..at].ends_with('\\') {
            return None;
        }
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_owned()));
        }
        let inner = &rest[at + 2..];
        // What three braces or an ampersand mean the contract does not say.
        let (member, after) = inner.split_once("}}")?;
        pieces.push(Piece::Member(path(member.trim())?));
        rest = after;
    }
    if rest.contains("}}") {
        return None;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Some(pieces)
}

/// The values a field may have.
pub(super) fn extract(
    source: &Source,
    object: &Json,
    choices: &Choices,
    reference: Option<&Outcomes>,
) -> Extracted {
    match source {
        Source::Accessor(path) => {
            let found = look_up(path, object);
            let mut extracted = member(found, reference);
            extracted.open |= reference.is_none() && found.is_none() && strays(path, object);
            extracted
        }
        Source::Template(pieces) => joined(pieces, object, choices, reference),
        Source::Constant(text) => trimmed(text.clone(), reference),
        Source::Blocks(blocks) => Extracted {
            options: one(blocks
                .render(object)
                .filter(|_| {
                    // Whoever has no blocks finds no value.
                    let rule = rule!("extract.handlebars.blocks");
                    reference.is_some_and(|outcomes| outcomes.of(rule) != 2)
                })
                .filter(|text| !text.trim().is_empty())),
            open: true,
        },
        Source::Opaque => Extracted {
            options: one(None),
            open: true,
        },
    }
}

/// Steps from member to member; of equal names the last counts.
pub(super) fn look_up<'j>(path: &[String], object: &'j Json) -> Option<&'j Json> {
    path.iter().try_fold(object, |at, name| at.get(name))
}

/// Whether a path that leads nowhere meets an array, or a member whose name is what is left of the path, dots and all:
/// what that means is not specified (extract.composite).
pub(super) fn strays(path: &[String], object: &Json) -> bool {
    let Some((name, rest)) = path.split_first() else {
        return false;
    };
    if object.items().is_some() {
        return true;
    }
    let left = path.join(".");
    let dotted = |known: &String| {
        let further = left.strip_prefix(known.as_str());
        known.contains('.') && further.is_some_and(|it| it.is_empty() || it.starts_with('.'))
    };
    let members = object.members().unwrap_or_default();
    members.iter().any(|(known, _)| dotted(known))
        || object.get(name).is_some_and(|inner| strays(rest, inner))
}

/// Where a path leads for whoever does not tell upper from lower case.
fn in_other_case<'j>(path: &[String], object: &'j Json) -> Option<&'j Json> {
    let Some((name, rest)) = path.split_first() else {
        return Some(object);
    };
    let members = object.members().unwrap_or_default();
    let mut alike = members
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name));
    alike.find_map(|(_, value)| in_other_case(rest, value))
}

/// The SHOULD that a value rests on, if one does: it may be anything for whoever does not keep it.
pub(super) fn rests_on(source: &Source, object: &Json) -> Option<RuleId> {
    otherwise(source, object).first().map(|(_, rule)| *rule)
}

/// The values that a field may have for whoever does not keep a SHOULD, each with that.
pub(super) fn otherwise(source: &Source, object: &Json) -> SmallVec<[(Option<String>, RuleId); 2]> {
    let mut values = SmallVec::new();
    match source {
        Source::Constant(_) => values.push((None, rule!("extract.handlebars.constant"))),
        Source::Accessor(path) => {
            if let Some((text, rule)) = odd(path, object) {
                values.push((Some(text), rule));
                if rule == rule!("extract.boolean") {
                    values.push((None, rule));
                }
            }
        }
        Source::Template(pieces) => {
            let mut broken = None;
            let mut joined = String::new();
            for piece in pieces {
                let Piece::Member(path) = piece else {
                    if let Piece::Text(text) = piece {
                        joined.push_str(text);
                    }
                    continue;
                };
                match odd(path, object) {
                    Some((text, rule)) => {
                        broken = broken.or(Some(rule));
                        joined.push_str(&text);
                    }
                    None => joined.push_str(&plainly(look_up(path, object)).unwrap_or_default()),
                }
            }
            values.extend(broken.map(|rule| (Some(joined), rule)));
        }
        Source::Blocks(_) | Source::Opaque => {}
    }
    values
}

/// What a member is where a SHOULD is not kept, and which.
fn odd(path: &[String], object: &Json) -> Option<(String, RuleId)> {
    match look_up(path, object) {
        Some(Json::Bool(true)) => Some(("True".to_owned(), rule!("extract.boolean"))),
        Some(Json::Bool(false)) => Some(("False".to_owned(), rule!("extract.boolean"))),
        Some(Json::Null) => Some(("null".to_owned(), rule!("extract.null"))),
        Some(_) => None,
        None => {
            let text = plainly(in_other_case(path, object))?;
            Some((text, rule!("extract.case")))
        }
    }
}

/// What the reference reads there.
fn plainly(found: Option<&Json>) -> Option<String> {
    let read = member(found, Some(&Outcomes::default()));
    read.options.into_iter().next()?.value
}

fn one(value: Option<String>) -> SmallVec<[Extraction; 1]> {
    smallvec![Extraction { value, tells: None }]
}

/// The values a member may give.
fn member(found: Option<&Json>, reference: Option<&Outcomes>) -> Extracted {
    match found {
        None | Some(Json::Null) => Extracted {
            options: one(None),
            open: false,
        },
        Some(Json::String(text)) => trimmed(text.clone(), reference),
        Some(Json::Bool(value)) => Extracted {
            options: one(Some(value.to_string())),
            open: false,
        },
        Some(Json::Number(number)) => {
            let exact = number
                .as_i64()
                .is_some_and(|number| number.unsigned_abs() <= EXACT);
            Extracted {
                options: one(Some(number.text().to_owned())),
                // How other numbers are written is not specified (extract.number-other).
                open: !exact || number.text().starts_with("-0"),
            }
        }
        Some(Json::Array(_) | Json::Object(_)) => Extracted {
            options: one(None),
            open: true,
        },
    }
}

/// A text, with and without the blanks at its ends (extract.trim). Nothing but blanks may be no value.
fn trimmed(text: String, reference: Option<&Outcomes>) -> Extracted {
    if !text.is_empty() && text.trim().len() == text.len() {
        return Extracted {
            options: one(Some(text)),
            open: false,
        };
    }
    let mut options: SmallVec<[Extraction; 1]> = SmallVec::new();
    let mut admit = |value: Option<&str>| {
        let value = value.map(str::to_owned);
        if !options
            .iter()
            .any(|known: &Extraction| known.value == value)
        {
            options.push(Extraction { value, tells: None });
        }
    };
    let inner = text.trim();
    if inner.is_empty() {
        admit(None);
        admit(Some(""));
    }
    if !text.is_empty() {
        admit(Some(&text));
    }
    if !inner.is_empty() {
        admit(Some(inner));
        // Blanks need not be ASCII for everybody.
        admit(Some(text.trim_matches(' ')));
    }
    if let Some(outcomes) = reference {
        if !inner.is_empty() && outcomes.of(rule!("extract.trim")) == 1 {
            options.truncate(2);
            options.reverse();
        }
        options.truncate(1);
    }
    Extracted {
        options,
        open: false,
    }
}

/// The values a template may give that joins members and text.
fn joined(
    pieces: &[Piece],
    object: &Json,
    choices: &Choices,
    reference: Option<&Outcomes>,
) -> Extracted {
    let takes = |rule| reference.map_or(0, |outcomes| outcomes.of(rule));
    let mut parts: Vec<Option<String>> = Vec::with_capacity(pieces.len());
    let mut open = false;
    let (mut members, mut missing) = (0, 0);
    for piece in pieces {
        match piece {
            Piece::Text(text) => parts.push(Some(text.clone())),
            Piece::Member(path) => {
                members += 1;
                let as_is = Outcomes::default();
                let found = member(look_up(path, object), Some(&as_is));
                open |= found.open;
                open |=
                    reference.is_none() && look_up(path, object).is_none() && strays(path, object);
                let value = found
                    .options
                    .into_iter()
                    .next()
                    .and_then(|first| first.value);
                let blank = match look_up(path, object) {
                    Some(Json::String(text)) => text.trim().len() != text.len() || text.is_empty(),
                    _ => false,
                };
                // Blanks within a value may be trimmed before or after it is joined.
                open |= blank && reference.is_none();
                missing += usize::from(value.is_none());
                parts.push(value);
            }
        }
    }
    let plain: String = parts.iter().flatten().map(String::as_str).collect();
    if missing == members && members > 0 {
        // No value, or only the text around.
        let mut options = one(None);
        for text in [plain.as_str(), plain.trim()] {
            let value = Some(text.to_owned()).filter(|text| !text.is_empty());
            if !options.iter().any(|known| known.value == value) {
                options.push(Extraction { value, tells: None });
            }
        }
        if reference.is_some() {
            if takes(rule!("extract.handlebars.all-missing")) == 1 {
                options.truncate(2);
                options.reverse();
            }
            options.truncate(1);
        }
        return Extracted { options, open };
    }
    let escaped: String = pieces
        .iter()
        .zip(&parts)
        .filter_map(|(piece, part)| match (piece, part) {
            (Piece::Text(text), _) => Some(text.clone()),
            (Piece::Member(_), part) => part.as_deref().map(escape),
        })
        .collect();
    if reference.is_some() {
        let escapes = !choices.get(choice!("cap.handlebars-escape")).has(0);
        let mut text = if escapes { escaped } else { plain };
        if missing > 0 && takes(rule!("extract.handlebars.missing-part")) == 1 {
            text = text.trim().to_owned();
        }
        let value = Some(text).filter(|text| !text.trim().is_empty());
        return Extracted {
            options: one(value),
            open: false,
        };
    }
    let mut options: SmallVec<[Extraction; 1]> = SmallVec::new();
    // How a dialect escapes differs in the less common characters.
    let markup = parts.iter().zip(pieces).any(|(part, piece)| {
        matches!(piece, Piece::Member(_))
            && part
                .as_deref()
                .is_some_and(|text| text.contains(['\'', '`', '=', '"', '/']))
    });
    let escape = choice!("cap.handlebars-escape");
    if escaped == plain && !markup {
        options.push(Extraction {
            value: Some(plain.clone()),
            tells: None,
        });
    } else {
        if choices.get(escape).has(0) {
            options.push(Extraction {
                value: Some(plain.clone()),
                tells: Some((escape, Options::only(0))),
            });
        }
        if choices.get(escape).has(1) {
            options.push(Extraction {
                value: Some(escaped),
                tells: Some((escape, Options::only(1))),
            });
            open |= markup;
        }
    }
    if missing > 0 || plain.trim() != plain {
        for Extraction { value, tells } in options.clone() {
            let whole = value.unwrap_or_default();
            let spaced: Vec<&str> = whole.split_whitespace().collect();
            for text in [whole.trim().to_owned(), spaced.join(" ")] {
                let value = Some(text);
                if !options.iter().any(|known| known.value == value) {
                    options.push(Extraction { value, tells });
                }
            }
        }
    }
    Extracted { options, open }
}

/// Escapes as the original Handlebars does.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            '`' => escaped.push_str("&#x60;"),
            '=' => escaped.push_str("&#x3D;"),
            c => escaped.push(c),
        }
    }
    escaped
}

impl Blocks {
    /// Compiles a template, if it uses nothing but members and the blocks the guide names.
    ///
    /// Partials could call themselves without end, and loops within loops could run for hours.
    fn compile(text: &str) -> Option<Self> {
        const WORDS: [&str; 7] = [
            "if",
            "unless",
            "each",
            "with",
            "else",
            "this",
            "removeExtraSpace",
        ];
        let mut loops = 0;
        for tag in text.split("{{").skip(1) {
            let inner = tag.split("}}").next().unwrap_or_default();
            let word = inner.trim_start_matches(['{', '~', '#', '/', '^', '&', ' ']);
            let word = word.split([' ', '.', '~', '}']).next().unwrap_or_default();
            let known = word.is_empty()
                || word == "_source"
                || word.starts_with('@')
                || WORDS.contains(&word)
                || word.chars().all(|c| c.is_alphanumeric() || c == '_');
            if !known || inner.contains(['(', '>', '*']) {
                return None;
            }
            loops += usize::from(word == "each" && inner.contains('#'));
        }
        if loops > 1 {
            return None;
        }
        let mut engine = Handlebars::new();
        engine.register_escape_fn(handlebars::no_escape);
        engine.register_helper("removeExtraSpace", Box::new(remove_extra_space));
        engine.register_template_string("source", text).ok()?;
        Some(Self {
            text: text.into(),
            engine: Arc::new(engine),
        })
    }

    fn render(&self, object: &Json) -> Option<String> {
        let data: serde_json::Value = serde_json::from_str(&object.to_string()).ok()?;
        let mut bounded = Bounded(Vec::new());
        self.engine
            .render_to_write(
                "source",
                &serde_json::json!({"_source": data}),
                &mut bounded,
            )
            .ok()?;
        String::from_utf8(bounded.0).ok()
    }
}

/// Collapses runs of blanks in what its block gives.
fn remove_extra_space<'reg, 'rc>(
    helper: &Helper<'rc>,
    engine: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let mut inner = StringOutput::new();
    if let Some(template) = helper.template() {
        template.render(engine, context, state, &mut inner)?;
    }
    let text = inner.into_string()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    out.write(&words.join(" "))?;
    Ok(())
}

/// A buffer that takes no more than an object may hold.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST_TEXT {
            return Err(io::Error::other("the text is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Json {
        let text =
            br#"{"a": "Ann", "b": {"c": 7, "d": null, "e": true}, "s": " x ", "m": "O'Neil & Co",
            "n": 9007199254740993, "l": [1, 2], "__proto__": "p", "empty": ""}"#;
        Json::parse(text).expect("JSON")
    }

    fn values(source: &str) -> (Vec<Option<String>>, bool) {
        let found = extract(&Source::parse(source), &object(), &Choices::open(), None);
        let values = found.options.into_iter().map(|option| option.value);
        (values.collect(), found.open)
    }

    fn reference(source: &str) -> Option<String> {
        let choices = Choices::reference();
        let found = extract(
            &Source::parse(source),
            &object(),
            &choices,
            Some(&Outcomes::default()),
        );
        assert_eq!(found.options.len(), 1, "the reference decides");
        found.options.into_iter().next().and_then(|it| it.value)
    }

    fn only(value: Option<&str>) -> (Vec<Option<String>>, bool) {
        (vec![value.map(str::to_owned)], false)
    }

    #[test]
    fn accessors_read_own_members_and_nothing_else() {
        assert_eq!(values("_source.a"), only(Some("Ann")));
        assert_eq!(values("_source.b.c"), only(Some("7")));
        assert_eq!(values("_source.b.d"), only(None));
        assert_eq!(values("_source.b.e"), only(Some("true")));
        assert_eq!(values("_source.missing"), only(None));
        assert_eq!(values("_source.a.b"), only(None));
        assert_eq!(values("_source.A"), only(None));
        assert_eq!(values("_source.__proto__"), only(Some("p")));
        assert_eq!(values("_source.constructor"), only(None));
    }

    #[test]
    fn what_is_not_specified_is_open() {
        for source in [
            "_source.n",
            "_source.l",
            "_source.b",
            "_source.l[0]",
            "_source",
        ] {
            assert!(values(source).1, "{source}");
        }
    }

    #[test]
    fn what_a_path_meets_on_its_way_may_be_read_or_not() {
        let object = r#"{"l":["x",{"n":"y"}],"a.b":"z","b":{"c.d":{"e":"v"}}}"#;
        let object = Json::parse(object.as_bytes()).expect("an object");
        for (source, open) in [
            ("_source.l.0", true),
            ("_source.l.n", true),
            ("{{_source.l.0}}", true),
            ("_source.a.b", true),
            ("_source.b.c.d.e", true),
            ("_source.b.c.x", false),
            ("_source.a.bc", false),
            ("_source.a", false),
            ("_source.x.l", false),
        ] {
            let source_read = Source::parse(source);
            let found = extract(&source_read, &object, &Choices::open(), None);
            assert_eq!(found.open, open, "{source}");
        }
    }

    #[test]
    fn blanks_at_the_ends_may_go() {
        let (values, open) = values("_source.s");
        assert_eq!(values, [Some(" x ".to_owned()), Some("x".to_owned())]);
        assert!(!open);
        assert_eq!(reference("_source.empty"), None);
    }

    #[test]
    fn templates_join() {
        assert_eq!(values("{{_source.a}}-{{_source.b.c}}"), only(Some("Ann-7")));
        let (parts, _) = values("{{_source.a}} {{_source.missing}}");
        assert_eq!(parts, [Some("Ann ".to_owned()), Some("Ann".to_owned())]);
        let (none, _) = values("x {{_source.missing}}");
        assert!(none.contains(&None) && none.contains(&Some("x ".to_owned())));
        assert_eq!(values("a constant"), only(Some("a constant")));
    }

    #[test]
    fn markup_is_escaped_or_not_and_that_tells() {
        let source = Source::parse("{{_source.m}}");
        let found = extract(&source, &object(), &Choices::open(), None);
        let values: Vec<_> = found
            .options
            .iter()
            .filter_map(|it| it.value.clone())
            .collect();
        assert_eq!(values, ["O'Neil & Co", "O&#x27;Neil &amp; Co"]);
        assert!(found.options.iter().all(|option| option.tells.is_some()));
    }

    #[test]
    fn the_reference_renders_blocks_but_nothing_that_could_run_away() {
        assert_eq!(
            reference("{{#if _source.a}}yes{{else}}no{{/if}}").as_deref(),
            Some("yes")
        );
        assert_eq!(
            reference("{{#each _source.l}}<{{this}}>{{/each}}").as_deref(),
            Some("<1><2>")
        );
        assert_eq!(
            reference("{{#removeExtraSpace}} {{_source.a}}   b {{/removeExtraSpace}}").as_deref(),
            Some("Ann b")
        );
        let looped = "{{#each _source.l}}{{#each _source.l}}x{{/each}}{{/each}}";
        for runaway in [
            looped,
            "{{> self}}",
            "{{#*inline \"x\"}}{{> x}}{{/inline}}{{> x}}",
        ] {
            assert_eq!(reference(runaway), None, "{runaway}");
        }
    }
}
