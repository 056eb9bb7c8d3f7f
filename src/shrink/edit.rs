//! Everything that makes a case smaller.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value;

use crate::case::{Body, Case, Manner, Say, Step};
use crate::contract::Route;
use crate::contract::operation::{OPERATIONS, route};
use crate::contract::shape::{Member, Shape};
use crate::wire::Json;

/// Texts longer than this become shorter by their halves only, not by single characters.
const LONG: usize = 300;

/// Of more than so many things whole ranges are taken out before each alone.
const MANY: usize = 16;

/// So many things of one form are a crowd: one of them is hardly there for its own sake.
const CROWD: usize = 8;

/// Texts no longer than this become nothing, a character, or a character shorter.
const SHORT: usize = 8;

/// A case on its way to become smaller.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) case: Case,
    /// The places the steps had at first.
    pub(super) ids: Vec<usize>,
}

/// Something that makes a case smaller.
#[derive(Debug, Clone, Hash)]
pub(super) enum Edit {
    /// Without these steps, and without those that need their names.
    Steps(Range<usize>),
    /// A word replaced by a shorter one wherever it stands.
    Rename(String, String),
    /// In a step, as the others.
    Step(usize, Part),
}

/// Something that makes a step smaller.
#[derive(Debug, Clone, Hash)]
pub(super) enum Part {
    Manner,
    Target(String),
    Header(usize),
    NoBody,
    /// Without these pieces of raw bytes.
    Pieces(Range<usize>),
    /// Without these bytes of a body that is no JSON.
    Bytes(Range<usize>),
    /// Without these entries or members of a value in a body; what tells each from others.
    Children(Path, Range<usize>, Vec<u64>),
    /// With another value in its place, and whether that is the same text without a character.
    Value(Path, String, bool),
}

type Path = Vec<Segment>;

#[derive(Debug, Clone, Hash)]
pub(super) enum Segment {
    Member(String),
    Item(usize),
    /// The JSON that a text holds.
    Inside,
}

impl Draft {
    /// What is not sent shows nothing, and goes at once.
    pub(super) fn of(case: Case) -> Self {
        let mut draft = Self {
            ids: (0..case.steps.len()).collect(),
            case,
        };
        draft.tidy();
        draft
    }

    pub(super) fn truncate(&mut self, steps: usize) {
        self.case.steps.truncate(steps);
        self.ids.truncate(steps);
        self.tidy();
    }

    fn tidy(&mut self) {
        self.case.about.clear();
        let steps = &mut self.case.steps;
        for at in 0..steps.len() {
            let rest: String = steps[at + 1..]
                .iter()
                .map(|step| format!("{:?}", step.say))
                .collect();
            let step = &mut steps[at];
            step.about.clear();
            step.claim = None;
            step.bindings
                .retain(|binding| mentions(&rest, &binding.name));
        }
    }
}

/// Whether a step mentions one of these names.
pub(crate) fn needs_any(step: &Step, names: &[String]) -> bool {
    let says = format!("{:?}", step.say);
    names.iter().any(|name| mentions(&says, name))
}

/// Whether a text has a placeholder of that name.
fn mentions(text: &str, name: &str) -> bool {
    [format!("${{{name}}}"), format!("${{{name}|")]
        .iter()
        .any(|placeholder| text.contains(placeholder.as_str()))
}

/// Everything that makes a case smaller: single things, the steps first, or whole ranges of them, in big pieces first.
pub(super) fn edits(draft: &Draft, size: Size) -> Vec<Edit> {
    let case = &draft.case;
    let pieces = |count| pieces(count, size);
    let mut edits: Vec<Edit> = pieces(case.steps.len()).map(Edit::Steps).collect();
    let mut parts = Vec::new();
    for (at, step) in case.steps.iter().enumerate().rev() {
        let mut add = |part| parts.push(Edit::Step(at, part));
        if size == Size::Single && step.manner != Manner::default() {
            add(Part::Manner);
        }
        match &step.say {
            Say::Raw(raw) => pieces(raw.len()).for_each(|range| add(Part::Pieces(range))),
            Say::Request {
                method,
                target,
                headers,
                body,
            } => {
                if size == Size::Single {
                    shorter_targets(method, target, false)
                        .for_each(|target| add(Part::Target(target)));
                    (0..headers.len()).for_each(|header| add(Part::Header(header)));
                    if *body != Body::None {
                        add(Part::NoBody);
                    }
                }
                match read(body) {
                    Some(value) => {
                        removals(&value, &mut Vec::new(), size, &mut add);
                        if size == Size::Single {
                            simplifications(&value, &mut Vec::new(), &mut add);
                        }
                    }
                    None => bytes(body, size, &mut add),
                }
            }
        }
    }
    edits.append(&mut parts);
    // Renaming comes last: of what has gone by then nothing need be renamed.
    if size == Size::Single {
        edits.extend(renames(case));
    }
    edits
}

/// What an edit takes out, or makes smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Steps that read.
    Reads,
    /// Steps that may have an effect.
    Steps,
    Words,
    Bytes,
    /// Keys, what they consist of, and what fields lead to: what brings objects and profiles together.
    Keys,
    /// Members of an object within a text.
    Data,
    /// Other members and entries.
    Children,
    /// Many members or entries at a time.
    Ranges,
    /// A text that becomes nothing.
    Emptied,
    /// A text that becomes far shorter.
    Texts,
    /// A text without a character, or another number.
    Values,
    Heads,
}

/// How much an edit takes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// A single thing, or, where there are many, also a range of them.
    Single,
    /// Several things that stand side by side.
    Range,
}

/// Without pieces of a body that is no JSON.
fn bytes(body: &Body, size: Size, add: &mut impl FnMut(Part)) {
    let length = body_length(body);
    let least = length / LONG;
    let held = match body {
        Body::Text(text) => literals(text).map(|(at, _)| at).collect(),
        _ => (0..length).collect::<BTreeSet<_>>(),
    };
    pieces(length, size)
        .filter(|range| range.len() > least && range.clone().all(|at| held.contains(&at)))
        .for_each(|range| add(Part::Bytes(range)));
}

/// Each step with a letter less in a word of the API. Such a case is harder to read: no other smaller one may be left.
pub(super) fn letters(draft: &Draft) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, step) in draft.case.steps.iter().enumerate().rev() {
        let Say::Request {
            method,
            target,
            body,
            ..
        } = &step.say
        else {
            continue;
        };
        edits.extend(
            shorter_targets(method, target, true)
                .map(|target| Edit::Step(at, Part::Target(target))),
        );
        if let Some(value) = read(body) {
            texts(&value, &mut Vec::new(), &mut |text, path| {
                if !is_given(text) {
                    return;
                }
                let shorter = without_a_run(text, true).into_iter();
                let shorter = shorter.map(|text| Value::from(text).to_string());
                edits.extend(
                    shorter.map(|text| Edit::Step(at, Part::Value(path.clone(), text, true))),
                );
            });
        }
    }
    edits
}

fn texts(value: &Value, path: &mut Path, visit: &mut impl FnMut(&str, &Path)) {
    if let Value::String(text) = value
        && inside(text).is_none()
    {
        visit(text, path);
    }
    each_child(value, path, &mut |child, path| texts(child, path, visit));
}

/// Pieces of so many things: halves, quarters and so on, or each alone, the last first.
fn pieces(count: usize, size: Size) -> impl Iterator<Item = Range<usize>> {
    let sizes = std::iter::successors(Some(count.div_ceil(2)), |size| {
        (*size > 1).then(|| size.div_ceil(2))
    });
    let wanted = move |length: &usize| match size {
        Size::Single => *length == 1 || *length > 0 && count > MANY,
        Size::Range => *length > 1 && count <= MANY,
    };
    sizes.filter(wanted).flat_map(move |size| {
        let starts = (0..count).step_by(size).rev();
        starts.map(move |start| start..count.min(start + size))
    })
}

/// The target without its query, without a parameter, or with a shorter text somewhere; still that of its operation.
fn shorter_targets(method: &str, target: &str, given: bool) -> impl Iterator<Item = String> {
    let mut shorter = Vec::new();
    if let Some((path, query)) = target.split_once('?') {
        shorter.push(path.to_owned());
        let parameters: Vec<&str> = query.split('&').collect();
        for at in 0..parameters.len() {
            let mut fewer = parameters.clone();
            fewer.remove(at);
            if !fewer.is_empty() {
                shorter.push(format!("{path}?{}", fewer.join("&")));
            }
        }
    }
    shorter.extend(without_a_run(target, given));
    let asked = |target: &str| {
        let path = target.split('?').next().unwrap_or_default();
        match route(method, path) {
            Route::To { operation, .. } => Some(operation.name),
            _ => None,
        }
    };
    let wanted = asked(target);
    shorter
        .into_iter()
        .filter(move |shorter| shorter.starts_with('/') && asked(shorter) == wanted)
}

/// The beginnings of a text. Placeholders and words of the API stay whole.
fn beginnings(text: &str) -> Vec<String> {
    if text.contains("${") {
        return Vec::new();
    }
    let count = text.chars().count();
    let mut kept = vec![0];
    if !is_given(text) {
        kept.push(1);
        if count > SHORT {
            kept.extend([count / 2, count - 1]);
        }
    }
    kept.retain(|kept| *kept < count);
    let begin = |kept| text.chars().take(kept).collect();
    kept.into_iter().map(begin).collect()
}

/// The text without a character, once for each run of equal ones. Placeholders and escapes stay whole, and words of the
/// API unless `given`.
fn without_a_run(text: &str, given: bool) -> Vec<String> {
    let given: Vec<Range<usize>> = words(text)
        .filter(|(_, word)| !given && is_given(word))
        .map(|(at, word)| at..at + word.len())
        .collect();
    let mut shorter = Vec::new();
    let mut previous = None;
    for (at, character) in literals(text) {
        if given.iter().any(|word| word.contains(&at)) {
            continue;
        }
        if previous != Some(character) {
            shorter.push(format!(
                "{}{}",
                &text[..at],
                &text[at + character.len_utf8()..]
            ));
        }
        previous = Some(character);
    }
    shorter
}

/// The characters of a text that are neither in a placeholder nor part of a percent-encoded byte.
fn literals(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut held = 0;
    text.char_indices().filter(move |(at, character)| {
        if *at >= held {
            if text[*at..].starts_with("${") {
                held = text[*at..].find('}').map_or(text.len(), |end| at + end + 1);
            } else if *character == '%' {
                held = at + 3;
            }
        }
        *at >= held
    })
}

/// The value of a body, if it is JSON that survives being written again.
fn read(body: &Body) -> Option<Value> {
    let Body::Text(text) = body else { return None };
    let duplicates = Json::parse(text.as_bytes()).ok()?.has_duplicate_members();
    (!duplicates).then(|| serde_json::from_str(text).ok())?
}

fn removals(value: &Value, path: &mut Path, size: Size, add: &mut impl FnMut(Part)) {
    let children: Vec<u64> = match value {
        Value::Array(items) => items.iter().map(|item| hash(item.to_string())).collect(),
        Value::Object(members) => members.keys().map(hash).collect(),
        _ => Vec::new(),
    };
    pieces(children.len(), size).for_each(|range| {
        let gone = children[range.clone()].to_vec();
        add(Part::Children(path.clone(), range, gone));
    });
    each_child(value, path, &mut |child, path| {
        removals(child, path, size, add);
    });
}

fn simplifications(value: &Value, path: &mut Path, add: &mut impl FnMut(Part)) {
    let mut replace = |value: Value, by_one| {
        add(Part::Value(path.clone(), value.to_string(), by_one));
    };
    match value {
        Value::String(text) if inside(text).is_none() => {
            for beginning in beginnings(text) {
                replace(beginning.into(), false);
            }
            if text.chars().nth(LONG).is_none() {
                for shorter in without_a_run(text, false) {
                    replace(shorter.into(), true);
                }
            }
        }
        Value::Number(number) if number.as_i64() != Some(0) => {
            replace(0.into(), false);
            if number.as_i64() != Some(1) {
                replace(1.into(), false);
            }
        }
        _ => {}
    }
    each_child(value, path, &mut |child, path| {
        simplifications(child, path, add);
    });
}

fn each_child(value: &Value, path: &mut Path, visit: &mut impl FnMut(&Value, &mut Path)) {
    let mut step = |segment, child: &Value| {
        path.push(segment);
        visit(child, path);
        path.pop();
    };
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                step(Segment::Item(at), item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                step(Segment::Member(name.clone()), member);
            }
        }
        Value::String(text) => {
            if let Some(inside) = inside(text) {
                step(Segment::Inside, &inside);
            }
        }
        _ => {}
    }
}

/// The JSON that a text holds, if that is an object or a list.
fn inside(text: &str) -> Option<Value> {
    let holds = text.starts_with('{') || text.starts_with('[');
    holds.then(|| serde_json::from_str(text).ok())?
}

/// Changes the value at the end of a path.
fn change(value: &mut Value, path: &[Segment], edit: &mut dyn FnMut(&mut Value)) -> Option<()> {
    let Some((first, rest)) = path.split_first() else {
        edit(value);
        return Some(());
    };
    match (first, value) {
        (Segment::Item(at), Value::Array(items)) => change(items.get_mut(*at)?, rest, edit),
        (Segment::Member(name), Value::Object(members)) => {
            change(members.get_mut(name)?, rest, edit)
        }
        (Segment::Inside, Value::String(text)) => {
            let mut held = inside(text)?;
            change(&mut held, rest, edit)?;
            *text = held.to_string();
            Some(())
        }
        _ => None,
    }
}

/// Shorter words for those that a user of the API makes up: names of types, fields and keys, values, also those of several
/// words.
fn renames(case: &Case) -> Vec<Edit> {
    let mut found = BTreeSet::new();
    for step in &case.steps {
        each_text(&step.say, &mut |text| {
            found.extend(words(text).map(|(_, word)| word.to_owned()));
        });
    }
    let texts = texts_of(case);
    for text in &texts {
        let again = texts.iter().filter(|other| *other == text).nth(1);
        if again.is_some() && !text.contains("${") && words(text).nth(1).is_some() {
            found.insert(text.clone());
        }
    }
    let free = |of: &str| {
        let digits = of.bytes().all(|byte| byte.is_ascii_digit());
        let mut letters = if digits { '1'..='9' } else { 'a'..='z' };
        letters.find(|letter| !found.contains(letter.encode_utf8(&mut [0; 4]) as &str))
    };
    let (whole, words): (Vec<_>, Vec<_>) =
        found.iter().partition(|word| words(word).nth(1).is_some());
    whole
        .into_iter()
        .chain(words)
        .filter(|word| word.len() > 1 && !is_given(word))
        .filter_map(|word| Some(Edit::Rename(word.clone(), free(word)?.to_string())))
        .collect()
}

/// Whether a word is one of the API's, not of its user: a part of it means nothing.
fn is_given(word: &str) -> bool {
    word.starts_with('_') || VOCABULARY.contains(word)
}

/// The words of the API itself.
static VOCABULARY: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let mut words = BTreeSet::new();
    for operation in OPERATIONS {
        words.extend(operation.path.split(['/', '-', '{', '}']));
        members(operation.input, &mut words);
        members(operation.output, &mut words);
    }
    words
});

fn members(all: &'static [Member], words: &mut BTreeSet<&'static str>) {
    for member in all {
        words.insert(member.wire);
        shape(member.shape, words);
    }
}

fn shape(shape_: &'static Shape, words: &mut BTreeSet<&'static str>) {
    match shape_ {
        Shape::String(text) => words.extend(text.values),
        Shape::List { item, .. } => shape(item, words),
        Shape::Map { value, .. } => shape(value, words),
        Shape::Structure { members: all, .. } => members(all, words),
        _ => {}
    }
}

/// The words of a text and where they begin: letters, digits and `_`, outside placeholders and escapes.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (at, character) in literals(text) {
        if !(character.is_ascii_alphanumeric() || character == '_') {
            continue;
        }
        match spans.last_mut() {
            Some(span) if span.end == at => span.end += 1,
            _ => spans.push(at..at + 1),
        }
    }
    spans.into_iter().map(|span| (span.start, &text[span]))
}

/// The texts in bodies that are values, as often as they stand there.
fn texts_of(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for step in &case.steps {
        if let Say::Request { body, .. } = &step.say
            && let Some(value) = read(body)
        {
            texts(&value, &mut Vec::new(), &mut |text, _| {
                found.push(text.to_owned())
            });
        }
    }
    found
}

/// What texts have in common that may be taken for the same value: letters of either case, and digits.
fn folded(text: &str) -> String {
    let letters = text.chars().filter(|character| character.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The text with a word replaced wherever it stands, or as a whole.
fn renamed(text: &str, from: &str, to: &str) -> String {
    if text == from {
        return to.to_owned();
    }
    let mut new = String::with_capacity(text.len());
    let mut end = 0;
    for (start, word) in words(text).filter(|(_, word)| *word == from) {
        new.push_str(&text[end..start]);
        new.push_str(to);
        end = start + word.len();
    }
    new.push_str(&text[end..]);
    new
}

/// Shows every text of a request that words may stand in: its target, and the names and texts in its body.
fn each_text(say: &Say, show: &mut dyn FnMut(&str)) {
    fn within(value: &Value, show: &mut dyn FnMut(&str)) {
        match value {
            Value::String(text) => match inside(text) {
                Some(inside) => within(&inside, show),
                None => show(text),
            },
            Value::Array(items) => items.iter().for_each(|item| within(item, show)),
            Value::Object(members) => {
                for (name, member) in members {
                    show(name);
                    within(member, show);
                }
            }
            _ => {}
        }
    }
    if let Say::Request { target, body, .. } = say {
        show(target);
        if let Some(value) = read(body) {
            within(&value, show);
        }
    }
}

fn rename_within(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => match inside(text) {
            Some(mut held) => {
                rename_within(&mut held, from, to);
                *text = held.to_string();
            }
            None => *text = renamed(text, from, to),
        },
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rename_within(item, from, to)),
        Value::Object(members) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(name, mut member)| {
                    rename_within(&mut member, from, to);
                    (renamed(&name, from, to), member)
                })
                .collect();
        }
        _ => {}
    }
}

/// The edits without those that take a character from the middle of a text that most likely has to equal another, or of a word of
/// the API: its first and its last stand for them all.
pub(super) fn representatives(edits: Vec<Edit>, draft: &Draft) -> Vec<Edit> {
    let of_one_text = |one: &Edit, other: &Edit| {
        let place = one.place(draft);
        place.is_some() && place == other.place(draft) && one.is_single() && other.is_single()
    };
    let mut kept = Vec::with_capacity(edits.len());
    for same in edits.chunk_by(of_one_text) {
        match same {
            [first, _, .., last] if first.parts_equals(draft) || first.parts_given(draft) => {
                kept.extend([first.clone(), last.clone()]);
            }
            same => kept.extend_from_slice(same),
        }
    }
    kept
}

impl Edit {
    /// Whether it takes a single thing out: where none of these can be made, a case is minimal.
    pub(super) fn is_single(&self) -> bool {
        match self {
            Self::Steps(range) => range.len() == 1,
            Self::Rename(..) => false,
            Self::Step(_, part) => match part {
                Part::Pieces(range) | Part::Bytes(range) | Part::Children(_, range, _) => {
                    range.len() == 1
                }
                Part::Value(_, _, by_one) => *by_one,
                Part::Manner | Part::Target(_) | Part::Header(_) | Part::NoBody => true,
            },
        }
    }

    /// Whether it takes out steps, and those that need their names.
    pub(super) fn is_of_steps(&self) -> bool {
        matches!(self, Self::Steps(_))
    }

    /// What kind of edit it is; those of one kind fare alike.
    pub(super) fn kind(&self, draft: &Draft) -> Kind {
        match self {
            Self::Steps(range) if range.clone().all(|at| reads(&draft.case.steps[at].say)) => {
                Kind::Reads
            }
            Self::Steps(_) => Kind::Steps,
            Self::Rename(..) => Kind::Words,
            Self::Step(_, part) => match part {
                Part::Pieces(_) | Part::Bytes(_) => Kind::Bytes,
                Part::Children(_, range, _) if range.len() > 1 => Kind::Ranges,
                Part::Children(path, _, gone) if is_of_key(path, gone) => Kind::Keys,
                Part::Children(path, ..) if path.iter().any(|at| matches!(at, Segment::Inside)) => {
                    Kind::Data
                }
                Part::Children(..) => Kind::Children,
                Part::Value(_, text, false) if text == "\"\"" => Kind::Emptied,
                Part::Value(_, text, false) if text.starts_with('"') => Kind::Texts,
                Part::Value(..) => Kind::Values,
                Part::Manner | Part::Target(_) | Part::Header(_) | Part::NoBody => Kind::Heads,
            },
        }
    }

    /// The step that it changes.
    pub(super) fn step(&self) -> Option<usize> {
        match self {
            Self::Step(at, _) => Some(*at),
            Self::Steps(_) | Self::Rename(..) => None,
        }
    }

    /// Whether nothing but the last step differs.
    pub(super) fn is_of_last(&self, draft: &Draft) -> bool {
        matches!(self, Self::Step(at, _) if at + 1 == draft.case.steps.len())
    }

    /// What tells each thing it takes out, or changes, from others, however much has gone since.
    pub(super) fn atoms(&self, draft: &Draft) -> Vec<u64> {
        match self {
            Self::Steps(range) => draft.ids[range.clone()].iter().map(hash).collect(),
            Self::Rename(..) => vec![hash(self)],
            Self::Step(at, part) => {
                let id = draft.ids[*at];
                match part {
                    Part::Children(path, _, gone) => {
                        gone.iter().map(|child| hash((id, path, child))).collect()
                    }
                    // From the end, because those behind are tried first.
                    Part::Bytes(range) | Part::Pieces(range) => {
                        let length = length(&draft.case.steps[*at].say);
                        range.clone().map(|at| hash((id, length - at))).collect()
                    }
                    Part::Value(path, text, _) => vec![hash((id, path, text))],
                    part => vec![hash((id, part))],
                }
            }
        }
    }

    /// The text or number it makes simpler.
    pub(super) fn place(&self, draft: &Draft) -> Option<u64> {
        match self {
            Self::Step(at, Part::Value(path, ..)) => Some(hash((draft.ids[*at], path))),
            Self::Step(at, Part::Target(_)) => Some(hash(draft.ids[*at])),
            _ => None,
        }
    }

    /// The crowd that it takes something from, where there are very many things of one form: what a few of them tell, all do.
    pub(super) fn crowd(&self, draft: &Draft) -> Option<u64> {
        let of = |forms: Vec<u64>, range: &Range<usize>, place: u64| {
            let form = *forms.get(range.start)?;
            let alike = forms.iter().filter(|other| **other == form).count();
            (alike >= CROWD).then(|| hash((place, form, range.len() > 1)))
        };
        match self {
            Self::Steps(range) if draft.case.steps.len() >= CROWD => {
                let forms = draft.case.steps.iter().map(form_of_step).collect();
                of(forms, range, 0)
            }
            Self::Step(at, Part::Children(path, range, _)) => {
                let Say::Request { body, .. } = &draft.case.steps.get(*at)?.say else {
                    return None;
                };
                let mut forms = Vec::new();
                change(&mut read(body)?, path, &mut |value| match value {
                    Value::Array(items) if items.len() >= CROWD => {
                        forms = items.iter().map(form).collect();
                    }
                    Value::Object(members) if members.len() >= CROWD => {
                        forms = members.values().map(form).collect();
                    }
                    _ => {}
                })?;
                of(forms, range, hash((draft.ids[*at], path)))
            }
            _ => None,
        }
    }

    /// Whether it makes a text of several characters shorter that stands elsewhere as well, perhaps in another form: most likely
    /// the two have to be the same, and to rename both is better.
    pub(super) fn parts_equals(&self, draft: &Draft) -> bool {
        let text = self.text(draft).map(|text| folded(&text));
        text.filter(|text| text.chars().nth(1).is_some())
            .is_some_and(|text| {
                let texts = texts_of(&draft.case);
                texts
                    .iter()
                    .filter(|other| folded(other) == text)
                    .nth(1)
                    .is_some()
            })
    }

    /// Whether it makes a word of the API shorter, which most likely means nothing without any of its letters.
    fn parts_given(&self, draft: &Draft) -> bool {
        self.text(draft).is_some_and(|text| is_given(&text))
    }

    /// The text of a body that it makes shorter.
    fn text(&self, draft: &Draft) -> Option<String> {
        let Self::Step(at, Part::Value(path, ..)) = self else {
            return None;
        };
        let Say::Request { body, .. } = &draft.case.steps[*at].say else {
            return None;
        };
        let mut text = None;
        let mut take = |value: &mut Value| text = value.as_str().map(str::to_owned);
        change(&mut read(body)?, path, &mut take)?;
        text
    }

    /// The smaller case, if there is one.
    pub(super) fn apply(&self, draft: &Draft) -> Option<Draft> {
        let mut smaller = match self {
            Self::Steps(range) => without_steps(draft, range)?,
            Self::Rename(from, to) => {
                let mut draft = draft.clone();
                for step in &mut draft.case.steps {
                    rename(&mut step.say, from, to);
                }
                draft
            }
            Self::Step(at, part) => {
                let mut draft = draft.clone();
                let step = draft.case.steps.get_mut(*at)?;
                if let Part::Manner = part {
                    step.manner = Manner::default();
                } else {
                    part.apply(&mut step.say)?;
                }
                draft
            }
        };
        smaller.tidy();
        Some(smaller)
    }
}

fn rename(say: &mut Say, from: &str, to: &str) {
    if let Say::Request { target, body, .. } = say {
        *target = renamed(target, from, to);
        if let Some(mut value) = read(body) {
            let before = value.clone();
            rename_within(&mut value, from, to);
            if value != before {
                *body = Body::Text(value.to_string());
            }
        }
    }
}

impl Part {
    fn apply(&self, say: &mut Say) -> Option<()> {
        match (self, say) {
            (Self::Pieces(range), Say::Raw(pieces)) => {
                pieces.drain(range.clone());
            }
            (
                part,
                Say::Request {
                    target,
                    headers,
                    body,
                    ..
                },
            ) => match part {
                Self::Target(shorter) => target.clone_from(shorter),
                Self::Header(header) => {
                    headers.remove(*header);
                }
                Self::NoBody => *body = Body::None,
                Self::Bytes(range) => *body = without_bytes(body, range)?,
                Self::Children(path, range, _) => rewrite(body, path, &mut |value| match value {
                    Value::Array(items) => {
                        items.drain(range.clone());
                    }
                    Value::Object(members) => {
                        let mut at = 0;
                        members.retain(|_, _| {
                            at += 1;
                            !range.contains(&(at - 1))
                        });
                    }
                    _ => {}
                })?,
                Self::Value(path, other, _) => {
                    let other: Value = serde_json::from_str(other).ok()?;
                    rewrite(body, path, &mut |value| value.clone_from(&other))?;
                }
                Self::Manner | Self::Pieces(_) => return None,
            },
            _ => return None,
        }
        Some(())
    }
}

fn rewrite(body: &mut Body, path: &[Segment], edit: &mut dyn FnMut(&mut Value)) -> Option<()> {
    let mut value = read(body)?;
    change(&mut value, path, edit)?;
    *body = Body::Text(value.to_string());
    Some(())
}

fn without_bytes(body: &Body, range: &Range<usize>) -> Option<Body> {
    match body {
        Body::None => None,
        Body::Text(text) => {
            let (head, tail) = (text.get(..range.start)?, text.get(range.end..)?);
            Some(Body::Text(format!("{head}{tail}")))
        }
        Body::Bytes(bytes) => {
            let mut bytes = bytes.to_vec();
            bytes.drain(range.clone());
            Some(Body::Bytes(bytes.into()))
        }
    }
}

/// The case without these steps and without those that need their names; the last one has to stay.
fn without_steps(draft: &Draft, range: &Range<usize>) -> Option<Draft> {
    let last = draft.case.steps.len() - 1;
    let mut lost: Vec<String> = Vec::new();
    let mut kept = Vec::with_capacity(draft.case.steps.len());
    for (at, step) in draft.case.steps.iter().enumerate() {
        let says = format!("{:?}", step.say);
        let gone = range.contains(&at) || lost.iter().any(|name| mentions(&says, name));
        if gone && at == last {
            return None;
        }
        let names = step.bindings.iter().map(|binding| binding.name.clone());
        if gone {
            lost.extend(names);
        } else {
            lost.retain(|name| !names.clone().any(|bound| bound == *name));
            kept.push(at);
        }
    }
    Some(Draft {
        ids: kept.iter().map(|at| draft.ids[*at]).collect(),
        case: Case {
            steps: kept
                .iter()
                .map(|at| draft.case.steps[*at].clone())
                .collect(),
            ..draft.case.clone()
        },
    })
}

/// Members that say what belongs together: keys and their parts, and what a field is mapped to.
const OF_KEYS: [&str; 4] = ["Keys", "StandardIdentifiers", "FieldNames", "Target"];

/// Whether what goes is such a member, or within one.
fn is_of_key(path: &Path, gone: &[u64]) -> bool {
    static GONE: LazyLock<[u64; 4]> = LazyLock::new(|| OF_KEYS.map(|name| hash(name.to_owned())));
    let within =
        |at: &Segment| matches!(at, Segment::Member(name) if OF_KEYS.contains(&name.as_str()));
    path.iter().any(within) || gone.iter().any(|gone| GONE.contains(gone))
}

/// What a value has in common with others that differ in texts and numbers only.
fn form(value: &Value) -> u64 {
    match value {
        Value::Array(items) => hash(items.iter().map(form).collect::<Vec<_>>()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name, form(member)));
            hash(members.collect::<Vec<_>>())
        }
        value => hash(discriminant(value)),
    }
}

/// What a step has in common with others that differ in texts and numbers only.
fn form_of_step(step: &Step) -> u64 {
    match &step.say {
        Say::Raw(pieces) => hash(pieces.len()),
        Say::Request {
            method,
            target,
            body,
            ..
        } => hash((method, target, read(body).as_ref().map(form))),
    }
}

/// Whether a step does nothing but read.
fn reads(say: &Say) -> bool {
    let Say::Request { method, target, .. } = say else {
        return false;
    };
    let path = target.split('?').next().unwrap_or_default();
    match route(method, path) {
        Route::To { operation, .. } => operation.reads(),
        _ => true,
    }
}

/// A figure of something.
fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Of how many pieces, or bytes, it consists.
fn length(say: &Say) -> usize {
    match say {
        Say::Raw(pieces) => pieces.len(),
        Say::Request { body, .. } => body_length(body),
    }
}

fn body_length(body: &Body) -> usize {
    match body {
        Body::None => 0,
        Body::Text(text) => text.len(),
        Body::Bytes(bytes) => bytes.len(),
    }
}
