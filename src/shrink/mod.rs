//! The smallest case that still shows a finding.
//!
//! A [`Shrinker`] proposes smaller cases, and is told which of them still show it. It sends nothing and judges nothing, so
//! it serves a run over HTTP, a fuzzer in process and a recording alike:
//!
//! ```
//! use profile_contract::case::text;
//! use profile_contract::shrink::Shrinker;
//!
//! let case = text::parse("> GET /a\n\n> GET /b\n\n> GET /c\n", "three.case")?;
//! // Whatever speaks of `/b` shows it.
//! let shows = |case: &_| text::print(case).contains("/b");
//! let mut shrinker = Shrinker::new(case, 1);
//! while let Some(smaller) = shrinker.next() {
//!     if shows(&smaller) {
//!         shrinker.keep(smaller.steps.len() - 1);
//!     }
//! }
//! assert_eq!(text::print(shrinker.best()), "> GET /b\n");
//! assert!(shrinker.is_minimal());
//! # Ok::<(), profile_contract::case::Problem>(())
//! ```
//!
//! First come cases in which the last request would still be served, or refused, as before: what the reference makes of a
//! case costs the target nothing. The others follow, so that what is left at the end is minimal: no step, header, member
//! or entry can go, and no text can be shortened by its half or by its last character.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::{Discriminant, discriminant};
use std::ops::Range;

use serde_json::Value;

use crate::case::bind::{DEFAULT_ARN, Values, fresh_names, learn, message};
use crate::case::{Body, Case, Manner, Say, text};
use crate::model::{Model, Outcome};
use crate::wire::{Json, Message};

/// The clock of the reference during a rehearsal.
const NOW_MS: i64 = 1_700_000_000_000;

/// Proposes ever smaller cases.
#[derive(Debug)]
pub struct Shrinker {
    best: Case,
    edits: Vec<Edit>,
    next: usize,
    proposed: Option<Case>,
    /// Whether something became smaller since the first of the edits.
    changed: bool,
    /// Whether cases come too that the reference would answer otherwise.
    thorough: bool,
    /// How the reference answers the last step.
    answered: Option<Discriminant<Outcome>>,
    /// Figures of the cases proposed so far.
    tried: HashSet<u64>,
    minimal: bool,
}

/// Something that makes a case smaller.
#[derive(Debug, Clone)]
enum Edit {
    /// Without these steps, and without those that need their names.
    Steps(Range<usize>),
    Manner(usize),
    Query(usize),
    Header(usize, usize),
    NoBody(usize),
    /// Without these pieces of raw bytes.
    Pieces(usize, Range<usize>),
    /// Without these bytes of a body that is no JSON.
    Bytes(usize, Range<usize>),
    /// Without these children of a value in a body.
    Children(usize, Path, Range<usize>),
    /// With another value in its place.
    Value(usize, Path, Value),
}

type Path = Vec<Segment>;

#[derive(Debug, Clone)]
enum Segment {
    Child(usize),
    /// The JSON that a text holds.
    Inside,
}

impl Shrinker {
    /// Begins with a case that shows something at that step (from 0).
    pub fn new(mut case: Case, step: usize) -> Self {
        case.steps.truncate(step + 1);
        let mut shrinker = Self {
            answered: rehearse(&case),
            best: Case::default(),
            edits: Vec::new(),
            next: 0,
            proposed: None,
            changed: false,
            thorough: false,
            tried: HashSet::new(),
            minimal: false,
        };
        shrinker.adopt(case);
        shrinker
    }

    /// The smallest case so far.
    pub fn best(&self) -> &Case {
        &self.best
    }

    /// Whether nothing smaller is left to propose.
    pub fn is_minimal(&self) -> bool {
        self.minimal
    }

    /// The next case to try; none if the best is minimal.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on what is kept"
    )]
    pub fn next(&mut self) -> Option<Case> {
        loop {
            while let Some(edit) = self.edits.get(self.next) {
                self.next += 1;
                let Some(case) = edit.apply(&self.best) else {
                    continue;
                };
                let fits = self.thorough || rehearse(&case) == self.answered;
                if fits && self.tried.insert(figure(&case)) {
                    self.proposed = Some(case.clone());
                    return Some(case);
                }
            }
            self.next = 0;
            match (std::mem::take(&mut self.changed), self.thorough) {
                (true, _) => {}
                (false, false) => self.thorough = true,
                (false, true) => {
                    self.minimal = true;
                    return None;
                }
            }
        }
    }

    /// The case proposed last still shows it, at that step (from 0).
    pub fn keep(&mut self, step: usize) {
        if let Some(mut case) = self.proposed.take() {
            case.steps.truncate(step + 1);
            self.adopt(case);
            self.changed = true;
        }
    }

    fn adopt(&mut self, mut case: Case) {
        // What is not sent shows nothing.
        case.about.clear();
        for at in 0..case.steps.len() {
            let rest: String = case.steps[at + 1..]
                .iter()
                .map(|step| format!("{:?}", step.say))
                .collect();
            let step = &mut case.steps[at];
            step.about.clear();
            step.claim = None;
            step.bindings
                .retain(|binding| mentions(&rest, &binding.name));
        }
        self.edits = edits(&case);
        self.next = self.next.min(self.edits.len());
        self.best = case;
    }
}

fn figure(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    text::print(case).hash(&mut hasher);
    hasher.finish()
}

/// Whether a text has a placeholder of that name.
fn mentions(text: &str, name: &str) -> bool {
    [format!("${{{name}}}"), format!("${{{name}|")]
        .iter()
        .any(|placeholder| text.contains(placeholder.as_str()))
}

/// How the reference would answer the last step; nothing if it could not be sent.
fn rehearse(case: &Case) -> Option<Discriminant<Outcome>> {
    let mut reference = Model::reference();
    let mut values: Values = fresh_names(case)
        .into_iter()
        .map(|name| match name.as_str() {
            "arn" => (name, DEFAULT_ARN.to_owned()),
            other => (other.to_owned(), format!("pc-{other}")),
        })
        .collect();
    let last = case.steps.len().checked_sub(1)?;
    for (at, step) in case.steps.iter().enumerate() {
        let message = message(step, &values).ok()?;
        if at == last {
            let expectation = reference.expect(&message);
            return Some(discriminant(&expectation.allowed.first()?.outcome));
        }
        if let Message::Request(request) = &message {
            let response = reference.respond(request, NOW_MS);
            let _ = learn(step, &response, &mut values);
        }
    }
    None
}

/// Everything that makes a case smaller, in big pieces first.
fn edits(case: &Case) -> Vec<Edit> {
    let steps = case.steps.len();
    let mut edits: Vec<Edit> = pieces(steps).map(Edit::Steps).collect();
    for (at, step) in case.steps.iter().enumerate().rev() {
        if step.manner != Manner::default() {
            edits.push(Edit::Manner(at));
        }
        match &step.say {
            Say::Raw(parts) => {
                edits.extend(pieces(parts.len()).map(|range| Edit::Pieces(at, range)));
            }
            Say::Request {
                target,
                headers,
                body,
                ..
            } => {
                if target.contains('?') {
                    edits.push(Edit::Query(at));
                }
                edits.extend((0..headers.len()).map(|header| Edit::Header(at, header)));
                if *body != Body::None {
                    edits.push(Edit::NoBody(at));
                }
                match read(body) {
                    Some(value) => {
                        removals(at, &value, &mut Vec::new(), &mut edits);
                        simplifications(at, &value, &mut Vec::new(), &mut edits);
                    }
                    None => {
                        let length = match body {
                            Body::None => 0,
                            Body::Text(text) => text.len(),
                            Body::Bytes(bytes) => bytes.len(),
                        };
                        edits.extend(pieces(length).map(|range| Edit::Bytes(at, range)));
                    }
                }
            }
        }
    }
    edits
}

/// Pieces of so many things: halves, quarters and so on down to each alone, the last first.
fn pieces(count: usize) -> impl Iterator<Item = Range<usize>> {
    let sizes = std::iter::successors(Some(count.div_ceil(2)), |size| {
        (*size > 1).then(|| size.div_ceil(2))
    });
    sizes.filter(|size| *size > 0).flat_map(move |size| {
        let starts = (0..count).step_by(size).rev();
        starts.map(move |start| start..count.min(start + size))
    })
}

/// The value of a body, if it is JSON that survives being written again.
fn read(body: &Body) -> Option<Value> {
    let Body::Text(text) = body else { return None };
    let duplicates = Json::parse(text.as_bytes()).ok()?.has_duplicate_members();
    (!duplicates).then(|| serde_json::from_str(text).ok())?
}

fn removals(at: usize, value: &Value, path: &mut Path, edits: &mut Vec<Edit>) {
    let count = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    edits.extend(pieces(count).map(|range| Edit::Children(at, path.clone(), range)));
    each_child(value, path, &mut |child, path| {
        removals(at, child, path, edits);
    });
}

fn simplifications(at: usize, value: &Value, path: &mut Path, edits: &mut Vec<Edit>) {
    let mut replace = |value: Value| edits.push(Edit::Value(at, path.clone(), value));
    match value {
        Value::String(text) if !text.contains("${") => {
            let count = text.chars().count();
            let mut kept: Vec<usize> = vec![0, 1, count / 2, count.saturating_sub(1)];
            kept.dedup();
            for kept in kept.into_iter().filter(|kept| *kept < count) {
                replace(text.chars().take(kept).collect::<String>().into());
            }
        }
        Value::Number(number) if number.as_i64() != Some(0) => {
            replace(0.into());
            if number.as_i64() != Some(1) {
                replace(1.into());
            }
        }
        _ => {}
    }
    each_child(value, path, &mut |child, path| {
        simplifications(at, child, path, edits);
    });
}

fn each_child(value: &Value, path: &mut Path, visit: &mut dyn FnMut(&Value, &mut Path)) {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        Value::String(text) => {
            if let Some(inside) = inside(text) {
                path.push(Segment::Inside);
                visit(&inside, path);
                path.pop();
            }
            return;
        }
        _ => return,
    };
    for (at, child) in children.into_iter().enumerate() {
        path.push(Segment::Child(at));
        visit(child, path);
        path.pop();
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
        (Segment::Child(at), Value::Array(items)) => change(items.get_mut(*at)?, rest, edit),
        (Segment::Child(at), Value::Object(members)) => {
            change(members.values_mut().nth(*at)?, rest, edit)
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

impl Edit {
    /// The smaller case, if there is one.
    fn apply(&self, case: &Case) -> Option<Case> {
        let mut case = case.clone();
        if let Self::Steps(range) = self {
            return without_steps(case, range);
        }
        let (Self::Manner(at)
        | Self::Query(at)
        | Self::Header(at, _)
        | Self::NoBody(at)
        | Self::Pieces(at, _)
        | Self::Bytes(at, _)
        | Self::Children(at, ..)
        | Self::Value(at, ..)) = self
        else {
            return None;
        };
        let step = case.steps.get_mut(*at)?;
        match (self, &mut step.say) {
            (Self::Manner(_), _) => step.manner = Manner::default(),
            (Self::Pieces(_, range), Say::Raw(pieces)) => {
                pieces.drain(range.clone());
            }
            (
                edit,
                Say::Request {
                    target,
                    headers,
                    body,
                    ..
                },
            ) => match edit {
                Self::Query(_) => target.truncate(target.find('?')?),
                Self::Header(_, header) => {
                    headers.remove(*header);
                }
                Self::NoBody(_) => *body = Body::None,
                Self::Bytes(_, range) => *body = without_bytes(body, range)?,
                Self::Children(_, path, range) => rewrite(body, path, &mut |value| match value {
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
                Self::Value(_, path, other) => rewrite(body, path, &mut |value| {
                    *value = other.clone();
                })?,
                _ => return None,
            },
            _ => return None,
        }
        Some(case)
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
fn without_steps(case: Case, range: &Range<usize>) -> Option<Case> {
    let last = case.steps.len() - 1;
    let mut lost: Vec<String> = Vec::new();
    let mut steps = Vec::with_capacity(case.steps.len());
    for (at, step) in case.steps.into_iter().enumerate() {
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
            steps.push(step);
        }
    }
    Some(Case { steps, ..case })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrinks as long as the text shows it; the smallest, and how many were tried.
    fn shrink(case: &str, shows: impl Fn(&str) -> bool) -> (String, usize) {
        let case = text::parse(case, "test.case").expect("a case");
        let last = case.steps.len() - 1;
        let mut shrinker = Shrinker::new(case, last);
        let mut tried = 0;
        while let Some(smaller) = shrinker.next() {
            tried += 1;
            if shows(&text::print(&smaller)) {
                shrinker.keep(smaller.steps.len() - 1);
            }
        }
        assert!(shrinker.is_minimal());
        (text::print(shrinker.best()), tried)
    }

    const CASE: &str = "# About.\n\n> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n\n\
        > PUT /domains/${domain}/object-types/T\n| {\"Description\": \"long text\", \"Fields\": {\"a\": {\"Source\": \"_source.a\"}, \
        \"b\": {}}}\nexpect 200\n\n> PUT /domains/${domain}/profiles/objects\n\
        | {\"ObjectTypeName\": \"T\", \"Object\": \"{\\\"a\\\": [1, 2], \\\"b\\\": 3}\"}\n@ k = /Key\n\n> GET /x/${k}\n\n\
        > GET /domains/${domain}\n> x-y: z\n";

    #[test]
    fn what_does_not_matter_goes() {
        let (small, tried) = shrink(CASE, |text| text.contains("GET /domains"));
        assert_eq!(small, "> GET /domains/${domain}\n");
        assert!(tried < 10, "{tried}");
        let (small, _) = shrink(CASE, |text| {
            text.contains(r#"b\":"#) && text.contains(r#"}"}"#) && text.contains("> GET /domains")
        });
        assert_eq!(
            small,
            "> PUT /domains/${domain}/profiles/objects\n| {\"Object\":\"{\\\"b\\\":0}\"}\n\n> GET /domains/${domain}\n"
        );
    }

    #[test]
    fn what_a_step_needs_goes_with_it() {
        let needs = "> GET /a\n@ k = /K\n\n> GET /b/${k}\n\n> GET /c\n";
        let (small, _) = shrink(needs, |text| text.contains("/c"));
        assert_eq!(small, "> GET /c\n");
        let (small, _) = shrink(needs, |text| text.contains("/b"));
        assert_eq!(small, "> GET /a\n@ k = /K\n\n> GET /b/${k}\n\n> GET /c\n");
    }

    #[test]
    fn texts_become_short_and_damage_small() {
        let (small, _) = shrink("> PUT /\n| {\"a\": \"xxxxxxxxxx\", \"n\": 77}\n", |text| {
            text.matches('x').count() >= 4 && text.contains("n")
        });
        assert_eq!(small, "> PUT /\n| {\"a\":\"xxxx\",\"n\":0}\n");
        let (small, _) = shrink("> PUT /\n| {\"a\": broken, and more}\n", |text| {
            text.contains("ken")
        });
        assert_eq!(small, "> PUT /\n| ken\n");
    }
}
