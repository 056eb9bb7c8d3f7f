//! Canonical JSON: sorted members, numbers by value, and places that match anything.

use std::collections::BTreeMap;

use super::placeholder::{JSON, PAGE, VARIES};
use crate::wire::Json;
use crate::wire::json::Number;

/// A canonical JSON value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// A string, a number, `null`, `true` or `false`, as its JSON text.
    Leaf(String),
    /// An array. One without an order is sorted by its content.
    List(Vec<Self>),
    /// An object.
    Object(BTreeMap<String, Self>),
}

impl Tree {
    /// A string.
    pub(super) fn string(text: &str) -> Self {
        Self::Leaf(Json::from(text).to_string())
    }

    /// Whether it stands for anything at all.
    pub(super) fn is_wild(&self) -> bool {
        matches!(self, Self::Leaf(text) if [VARIES, PAGE].iter().any(|wild| is_quoted(text, wild)))
    }

    /// Whether something in it stands for anything.
    fn holds_wild(&self) -> bool {
        self.is_wild()
            || match self {
                Self::Leaf(_) => false,
                Self::List(items) => items.iter().any(Self::holds_wild),
                Self::Object(members) => members.values().any(Self::holds_wild),
            }
    }

    /// What both agree on: `<varies>` wherever they do not, at the innermost place.
    pub(super) fn merged(&self, other: &Self) -> Self {
        match (self, other) {
            _ if self == other => self.clone(),
            _ if self.is_wild() => self.clone(),
            _ if other.is_wild() => other.clone(),
            (Self::List(left), Self::List(right)) if left.len() == right.len() => Self::List(
                left.iter()
                    .zip(right)
                    .map(|(left, right)| left.merged(right))
                    .collect(),
            ),
            (Self::Object(left), Self::Object(right)) => {
                let names = left.keys().chain(right.keys());
                let member = |name: &String| match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => left.merged(right),
                    _ => Self::string(VARIES),
                };
                Self::Object(names.map(|name| (name.clone(), member(name))).collect())
            }
            _ => Self::string(VARIES),
        }
    }

    /// This value with the wild places of another, and its items in the order of those that they fit.
    ///
    /// If the other is then given the wild places of the result, what is left between the two is what they differ in.
    /// A member that stands for anything stands for nothing as well.
    pub(super) fn blurred(&self, by: &Self) -> Self {
        match (self, by) {
            (_, by) if by.is_wild() => by.clone(),
            (Self::List(items), Self::List(others)) => Self::List(blurred_items(items, others)),
            (Self::Object(members), Self::Object(others)) => {
                let mut blurred: BTreeMap<_, _> = members
                    .iter()
                    .map(|(name, value)| {
                        let by = others.get(name);
                        (
                            name.clone(),
                            by.map_or_else(|| value.clone(), |by| value.blurred(by)),
                        )
                    })
                    .collect();
                for (name, value) in others.iter().filter(|(_, value)| value.is_wild()) {
                    blurred.entry(name.clone()).or_insert_with(|| value.clone());
                }
                Self::Object(blurred)
            }
            _ => self.clone(),
        }
    }

    /// A JSON value as it is written in a snapshot.
    pub(super) fn of(json: &Json) -> Self {
        match json {
            Json::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Json::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.clone(), Self::of(value)));
                Self::Object(members.collect())
            }
            leaf => Self::Leaf(leaf.to_string()),
        }
    }

    /// The lines of the value, each with its line feed behind it and `margin` in front.
    pub(super) fn write(&self, margin: &str, out: &mut String) {
        out.push_str(margin);
        self.write_at(margin, 0, out);
        out.push('\n');
    }

    fn write_at(&self, margin: &str, depth: usize, out: &mut String) {
        let begin = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(margin);
            out.extend(std::iter::repeat_n("  ", depth));
        };
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Object(members) if members.is_empty() => out.push_str("{}"),
            // What fits on a line of its own is easier to read there.
            Self::List(items)
                if items.len() <= 8
                    && items
                        .iter()
                        .all(|item| matches!(item, Self::Leaf(text) if text.len() <= 40)) =>
            {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    item.write_at(margin, depth, out);
                }
                out.push(']');
            }
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    begin(out, depth + 1);
                    item.write_at(margin, depth + 1, out);
                }
                begin(out, depth);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    begin(out, depth + 1);
                    out.push_str(&Json::from(name.as_str()).to_string());
                    out.push_str(": ");
                    value.write_at(margin, depth + 1, out);
                }
                begin(out, depth);
                out.push('}');
            }
        }
    }
}

/// The items with the wild places of others, each beside the one it fits; where some fit none, in the order they stand in.
fn blurred_items(items: &[Tree], others: &[Tree]) -> Vec<Tree> {
    let in_order = || {
        let by = others.iter().map(Some).chain(std::iter::repeat(None));
        items
            .iter()
            .zip(by)
            .map(|(item, by)| by.map_or_else(|| item.clone(), |by| item.blurred(by)))
            .collect()
    };
    let wild = others.iter().any(Tree::holds_wild) || items.iter().any(Tree::holds_wild);
    let fit = |item: &Tree, by: &Tree| item.blurred(by) == by.blurred(item);
    let side_by_side = || items.iter().zip(others).all(|(item, by)| fit(item, by));
    if !wild || items.len() != others.len() || side_by_side() {
        return in_order();
    }
    // A wild place may have been sorted elsewhere. Each item takes the first free partner, and drives it from its owner
    // where that has another choice.
    let fits: Vec<Vec<usize>> = items
        .iter()
        .map(|item| {
            let fitting = others.iter().enumerate().filter(|(_, by)| fit(item, by));
            fitting.map(|(at, _)| at).collect()
        })
        .collect();
    let mut owner = vec![None; others.len()];
    for item in 0..items.len() {
        if !settle(item, &fits, &mut owner, &mut vec![false; others.len()]) {
            return in_order();
        }
    }
    let paired = owner.iter().zip(others);
    paired
        .filter_map(|(item, by)| Some(items.get((*item)?)?.blurred(by)))
        .collect()
}

/// Finds a partner for an item, moving others to theirs where need be.
fn settle(
    item: usize,
    fits: &[Vec<usize>],
    owner: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for &partner in &fits[item] {
        if std::mem::replace(&mut tried[partner], true) {
            continue;
        }
        let moved = match owner[partner] {
            None => true,
            Some(other) => settle(other, fits, owner, tried),
        };
        if moved {
            owner[partner] = Some(item);
            return true;
        }
    }
    false
}

/// Whether a leaf is that string, which holds nothing to escape.
fn is_quoted(leaf: &str, text: &str) -> bool {
    leaf.strip_prefix('"')
        .and_then(|leaf| leaf.strip_suffix('"'))
        == Some(text)
}

/// The one spelling of a number: the shortest that has the same value as a double, if that is the number, else its own.
pub(super) fn number_text(number: &Number) -> String {
    let value = number.as_f64();
    let shortest = if value == 0.0 {
        "0".to_owned()
    } else {
        value.to_string()
    };
    match Json::parse(shortest.as_bytes()) {
        Ok(Json::Number(spelt)) if spelt.same(number) && shortest.len() <= 32 => shortest,
        _ => number.text().to_owned(),
    }
}

/// What stands for JSON within a text.
pub(super) fn within_text(inner: Tree) -> Tree {
    Tree::Object([(JSON.to_owned(), inner)].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::of(&Json::parse(text.as_bytes()).expect(text))
    }

    #[test]
    fn what_two_runs_disagree_about_varies_at_the_innermost_place() {
        for (one, other, agreed) in [
            (
                r#"{"a":1,"b":{"c":2}}"#,
                r#"{"b":{"c":3},"a":1}"#,
                r#"{"a":1,"b":{"c":"<varies>"}}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"{"b":1}"#,
                r#"{"a":"<varies>","b":"<varies>"}"#,
            ),
            ("[1,2]", "[1]", r#""<varies>""#),
            (r#"["<page>"]"#, "[1]", r#"["<page>"]"#),
        ] {
            assert_eq!(
                tree(one).merged(&tree(other)),
                tree(agreed),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_wild_place_takes_anything_there_and_nothing_elsewhere() {
        for (stored, seen, same) in [
            (r#"{"a":"<varies>","b":1}"#, r#"{"a":[],"b":1}"#, true),
            (r#"{"a":"<varies>","b":1}"#, r#"{"b":1}"#, true),
            (r#"{"a":"<varies>","b":1}"#, r#"{"a":2,"b":2}"#, false),
            (r#"{"b":1}"#, r#"{"a":2,"b":1}"#, false),
            // Sorted elsewhere because of the wild place: still the same items.
            (
                r#"[{"a":"<varies>","b":1},{"a":3,"b":2}]"#,
                r#"[{"a":3,"b":2},{"a":9,"b":1}]"#,
                true,
            ),
            (
                r#"[{"a":"<varies>","b":1},{"a":"<varies>","b":1}]"#,
                r#"[{"a":3,"b":1},{"a":9,"b":2}]"#,
                false,
            ),
            (
                r#"[{"a":"<varies>"},{"a":1}]"#,
                r#"[{"a":1},{"a":2}]"#,
                true,
            ),
        ] {
            let (stored, seen) = (tree(stored), tree(seen));
            let seen = seen.blurred(&stored);
            assert_eq!(seen == stored.blurred(&seen), same, "{stored:?} {seen:?}");
        }
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (spelt, text) in [
            ("30", "30"),
            ("30.0", "30"),
            ("3e1", "30"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("9007199254740993", "9007199254740993"),
            ("1e400", "1e400"),
            ("0.1", "0.1"),
        ] {
            let Ok(Json::Number(number)) = Json::parse(spelt.as_bytes()) else {
                panic!("{spelt} is a number")
            };
            assert_eq!(number_text(&number), text);
        }
    }
}
