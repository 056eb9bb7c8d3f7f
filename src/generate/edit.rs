//! Changes of a case that exists: what a fuzzer does to an input that led somewhere new.
//!
//! A change keeps what makes a case meaningful, its bindings and placeholders, and disturbs one thing at a time: the order
//! of the steps, a value in a body, a part of an address. Values come from elsewhere in the case as often as from a list
//! of traps, because most rules are about values that meet again.

use serde_json::{Map, Value, json};

use super::adverse;
use super::draw::Draw;
use super::printed;
use super::story::{Asked, Story};
use super::traps;
use crate::case::bind::{DEFAULT_ARN, Values, each_fresh_name, message};
use crate::case::{Body, Case, Say, Step};
use crate::contract::operation::addressed;

/// How many steps a case may grow to: enough for two dozen of something, each of which is looked for afterwards.
const MOST_STEPS: usize = 48;

/// The case with one to three changes.
///
/// The same bytes make the same changes; without bytes there is one, the plainest.
pub fn edited(mut case: Case, bytes: &[u8]) -> Case {
    let mut draw = Draw::new(bytes);
    for _ in 0..=draw.weighed(&[4, 2, 1]) {
        // Not every change fits every case.
        for _ in 0..4 {
            if change(&mut draw, &mut case).is_some() {
                break;
            }
        }
    }
    case
}

/// The beginning of one case and the end of another.
///
/// What the end needs and the beginning does not have stays unbound, and the case ends there; domains are common to all.
pub fn crossed(one: &Case, other: &Case, bytes: &[u8]) -> Case {
    let mut draw = Draw::new(bytes);
    let kept = draw.between(0, one.steps.len());
    let from = draw.between(0, other.steps.len());
    let mut steps: Vec<Step> = one.steps[..kept].to_vec();
    steps.extend_from_slice(&other.steps[from..]);
    steps.truncate(MOST_STEPS);
    Case {
        steps,
        ..Case::default()
    }
}

/// A JSON text with another value in one place; nothing, if it is none.
pub fn edited_json(text: &str, bytes: &[u8]) -> Option<String> {
    let mut draw = Draw::new(bytes);
    let mut value: Value = serde_json::from_str(text).ok()?;
    let mut others = Vec::new();
    collect_texts(&value, &mut others);
    let site = draw.below(count(&value));
    nth(&mut value, site, &mut |value| {
        *value = another(&mut draw, value, &|| others.clone());
    });
    Some(printed(&value))
}

fn change(draw: &mut Draw<'_>, case: &mut Case) -> Option<()> {
    let steps = case.steps.len();
    let at = draw.below(steps);
    match draw.weighed(&[2, 2, 2, 12, 8, 3, 4, 3, 1, 1, 5]) {
        0 if steps > 1 => {
            case.steps.remove(at);
        }
        1 if steps < MOST_STEPS => {
            let again = case.steps.get(at)?.clone();
            let to = draw.between(at, steps);
            case.steps.insert(to, again);
        }
        2 if steps > 1 => {
            let step = case.steps.remove(at);
            let to = draw.below(steps);
            case.steps.insert(to, step);
        }
        3 if steps < MOST_STEPS => {
            case.steps = Story::continued(draw, std::mem::take(&mut case.steps));
            case.steps.truncate(MOST_STEPS);
        }
        4 => return change_value(draw, case, at),
        5 => return swap_values(draw, case, at),
        6 => return fault(draw, case.steps.get_mut(at)?),
        7 => return change_target(draw, case, at),
        8 => {
            let manner = &mut case.steps.get_mut(at)?.manner;
            manner.pages = match manner.pages {
                Some(_) => None,
                None => Some(9),
            };
        }
        9 => {
            let (from, to) = (draw.below(steps), at);
            let taken = body_of(case.steps.get(from)?)?.to_owned();
            *body_of_mut(case.steps.get_mut(to)?)? = taken;
        }
        10 => return repeat(draw, case, at),
        _ => return None,
    }
    Some(())
}

/// Says a step several times over, half the time each with another value: what is wrong with the fourth of something, or with
/// the hundredth page, shows no earlier.
fn repeat(draw: &mut Draw<'_>, case: &mut Case, at: usize) -> Option<()> {
    let room = MOST_STEPS.checked_sub(case.steps.len())?;
    let times = draw.between(2, 7).min(room);
    let others = draw.once_in(2);
    let mut again = case.steps.get(at)?.clone();
    // What is bound stays what the first answer said.
    again.bindings.clear();
    for _ in 0..times {
        case.steps.insert(at + 1, again.clone());
        if others {
            change_value(draw, case, at + 1);
        }
    }
    (times > 0).then_some(())
}

/// Puts another value somewhere in a body.
fn change_value(draw: &mut Draw<'_>, case: &mut Case, at: usize) -> Option<()> {
    let mut body: Value = serde_json::from_str(body_of(case.steps.get(at)?)?).ok()?;
    let sites = count(&body);
    nth(&mut body, draw.below(sites), &mut |value| {
        *value = another(draw, value, &|| texts(case));
    });
    *body_of_mut(case.steps.get_mut(at)?)? = printed(&body);
    Some(())
}

/// Writes a value of another body, or of the same, in the place of one.
fn swap_values(draw: &mut Draw<'_>, case: &mut Case, at: usize) -> Option<()> {
    let from = draw.below(case.steps.len());
    let mut taken = None;
    let mut other: Value = serde_json::from_str(body_of(case.steps.get(from)?)?).ok()?;
    let sites = count(&other);
    nth(&mut other, draw.below(sites), &mut |value| {
        taken = Some(value.clone())
    });
    let taken = taken?;
    rewrite(case.steps.get_mut(at)?, |body| {
        let sites = count(body);
        nth(body, draw.below(sites), &mut |value| *value = taken.clone());
    })
}

/// A fault where a shape of the contract says that there can be one.
fn fault(draw: &mut Draw<'_>, step: &mut Step) -> Option<()> {
    let operation = operation_of(step)?;
    let Say::Request { target, body, .. } = &step.say else {
        return None;
    };
    let members: Option<Map<String, Value>> = match body {
        Body::Text(text) => serde_json::from_str(text).ok()?,
        Body::None => None,
        Body::Bytes(_) => return None,
    };
    let asked = Asked {
        operation,
        target: target.clone(),
        body: members,
        manner: step.manner,
        bindings: step.bindings.clone(),
    };
    *step = adverse::step(draw, &asked)?;
    Some(())
}

/// The name of the operation that a step asks for, whatever its placeholders stand for.
fn operation_of(step: &Step) -> Option<&'static str> {
    let mut values = Values::new();
    each_fresh_name(step, &mut |name| values.set(name, "x"));
    values.set("arn", DEFAULT_ARN);
    addressed(&message(step, &values).ok()?).map(|operation| operation.name)
}

/// Another page size, another name in the path or another way to write it, or the method of a neighbour.
fn change_target(draw: &mut Draw<'_>, case: &mut Case, at: usize) -> Option<()> {
    let from = draw.below(case.steps.len());
    let other = match &case.steps.get(from)?.say {
        Say::Request { method, target, .. } => (method.clone(), target.clone()),
        Say::Raw(_) => return None,
    };
    let Say::Request { method, target, .. } = &mut case.steps.get_mut(at)?.say else {
        return None;
    };
    let path = target.split('?').next()?.to_owned();
    match draw.below(5) {
        0 => {
            let query = match draw.once_in(2) {
                true => traps::query(draw),
                false => {
                    ["max-results=1", "max-results=2", "max-results=100"][draw.below(3)].to_owned()
                }
            };
            *target = format!("{path}?{query}");
        }
        1 => *target = traps::respelt(draw, target)?,
        2 => *method = other.0,
        3 => (*method, *target) = other,
        _ => {
            let mut labels: Vec<&str> = path.split('/').collect();
            let theirs: Vec<&str> = other.1.split(['/', '?']).skip(1).collect();
            let place = draw.below(labels.len());
            *labels.get_mut(place)? = theirs.get(draw.below(theirs.len()))?;
            *target = labels.join("/");
        }
    }
    Some(())
}

fn body_of(step: &Step) -> Option<&str> {
    match &step.say {
        Say::Request {
            body: Body::Text(text),
            ..
        } => Some(text),
        _ => None,
    }
}

fn body_of_mut(step: &mut Step) -> Option<&mut String> {
    match &mut step.say {
        Say::Request {
            body: Body::Text(text),
            ..
        } => Some(text),
        _ => None,
    }
}

/// Changes a body that is JSON.
fn rewrite(step: &mut Step, edit: impl FnOnce(&mut Value)) -> Option<()> {
    let text = body_of_mut(step)?;
    let mut body = serde_json::from_str(text).ok()?;
    edit(&mut body);
    *text = printed(&body);
    Some(())
}

/// Every text in the bodies of a case that is neither long nor JSON itself.
fn texts(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for step in &case.steps {
        if let Some(body) = body_of(step).and_then(|body| serde_json::from_str(body).ok()) {
            collect_texts(&body, &mut found);
        }
    }
    found
}

fn collect_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => match inside(text) {
            Some(inner) => collect_texts(&inner, found),
            None if text.len() <= 64 => found.push(text.clone()),
            None => {}
        },
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, found)),
        Value::Object(members) => members
            .values()
            .for_each(|value| collect_texts(value, found)),
        _ => {}
    }
}

/// The JSON that a text holds, as the objects do that are put.
fn inside(text: &str) -> Option<Value> {
    let looks = text.starts_with(['{', '[']) && !text.starts_with("{{");
    looks.then(|| serde_json::from_str(text).ok()).flatten()
}

/// How many values there are, those inside of texts included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => inside(text).as_ref().map_or(0, count),
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Visits the value of that number; what is left of the number if there are fewer.
fn nth(value: &mut Value, number: usize, visit: &mut dyn FnMut(&mut Value)) -> Option<usize> {
    let Some(mut left) = number.checked_sub(1) else {
        visit(value);
        return None;
    };
    match value {
        Value::String(text) => {
            if let Some(mut inner) = inside(text) {
                left = nth(&mut inner, left, visit).or_else(|| {
                    *text = printed(&inner);
                    None
                })?;
            }
        }
        Value::Array(items) => {
            for item in items {
                left = nth(item, left, visit)?;
            }
        }
        Value::Object(members) => {
            for member in members.values_mut() {
                left = nth(member, left, visit)?;
            }
        }
        _ => {}
    }
    Some(left)
}

/// A value to put in the place of one; `others` collects the texts there are, which takes a while.
fn another(draw: &mut Draw<'_>, value: &Value, others: &dyn Fn() -> Vec<String>) -> Value {
    match value {
        Value::String(text) => match draw.weighed(&[4, 3, 1, 1, 1, 1]) {
            0 => match draw.pick(&others()) {
                Some(other) => other.as_str().into(),
                None => draw.one_of(traps::TEXTS).into(),
            },
            1 => draw.one_of(traps::TEXTS).into(),
            2 => text.to_uppercase().into(),
            3 => format!("{text} ").into(),
            4 => text.chars().skip(1).collect::<String>().into(),
            _ => odd(draw),
        },
        Value::Number(number) => match (draw.weighed(&[2, 2, 1, 1, 2]), number.as_i64()) {
            (0, Some(number)) => number.wrapping_add(1).into(),
            (1, Some(number)) => number.wrapping_sub(1).into(),
            (2, _) => number.to_string().into(),
            (4, _) => {
                let edge = draw.one_of(traps::INTEGERS);
                // What no value of JSON holds as it is written is another number here.
                serde_json::from_str(edge).unwrap_or(Value::Null)
            }
            _ => odd(draw),
        },
        Value::Bool(is) => match draw.below(2) {
            0 => (!is).into(),
            _ => odd(draw),
        },
        Value::Array(items) => {
            let mut items = items.clone();
            match draw.below(4) {
                0 if !items.is_empty() => {
                    items.remove(draw.below(items.len()));
                }
                1 if !items.is_empty() => items.push(items[draw.below(items.len())].clone()),
                2 => items.reverse(),
                _ => return odd(draw),
            }
            items.into()
        }
        Value::Object(members) => {
            let mut members = members.clone();
            let names: Vec<String> = members.keys().cloned().collect();
            let name = draw.pick(&names).cloned();
            match (draw.below(5), name) {
                (0, Some(name)) => {
                    members.remove(&name);
                }
                (1, Some(name)) => {
                    let value = members.shift_remove(&name).unwrap_or_default();
                    members.insert(draw.one_of(traps::TEXTS).to_owned(), value);
                }
                (2, Some(name)) => {
                    let value = members[&name].clone();
                    members.insert(format!("{name}2"), value);
                }
                (3, _) => {
                    let name = draw.one_of(traps::MEMBERS);
                    members.insert(name.to_owned(), "x".into());
                }
                _ => return odd(draw),
            }
            members.into()
        }
        Value::Null => odd(draw),
    }
}

/// A value of a kind that may not be expected.
fn odd(draw: &mut Draw<'_>) -> Value {
    match draw.below(8) {
        0 => Value::Null,
        1 => json!(0),
        2 => json!(1.5),
        3 => json!(""),
        4 => json!([]),
        5 => json!({}),
        6 => json!(true),
        _ => "a"
            .repeat([64, 65, 255, 256, 1000, 1001][draw.below(6)])
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::text;
    use crate::generate::draw::noise;
    use crate::generate::nth as generated;

    #[test]
    fn edited_cases_are_others_and_read_as_they_are_written() {
        let mut changed = 0;
        for number in 0..500 {
            let case = generated(5, number % 20).case;
            let edited = edited(case.clone(), &noise(number));
            let printed = text::print(&edited);
            assert_eq!(
                text::parse(&printed, "edited.case").as_ref(),
                Ok(&edited),
                "{printed}"
            );
            assert!(edited.steps.len() <= MOST_STEPS.max(case.steps.len()));
            changed += usize::from(edited != case);
        }
        assert!(changed > 450, "{changed}");
    }

    #[test]
    fn what_goes_on_speaks_of_what_was_there() {
        let (mut speaks, mut added) = (0, 0);
        for number in 0..200 {
            let before = generated(8, number).case.steps;
            let bytes = noise(number);
            let after = Story::continued(&mut Draw::new(&bytes), before.clone());
            assert_eq!(after[..before.len()], before);
            let bound = |steps: &[Step]| -> Vec<String> {
                let names = steps.iter().flat_map(|step| &step.bindings);
                names
                    .map(|binding| format!("${{{}}}", binding.name))
                    .collect()
            };
            let mut names = bound(&after);
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
            let known = bound(&before);
            for step in &after[before.len()..] {
                let said = format!("{:?}", step.say);
                let object = said.contains("ObjectTypeName");
                speaks += usize::from(object || known.iter().any(|name| said.contains(name)));
                added += 1;
            }
        }
        assert!(added > 400, "{added}");
        assert!(speaks * 3 > added, "{speaks} of {added}");
    }

    #[test]
    fn every_value_is_in_reach() {
        let mut body = json!({"a": [1, "b"], "o": "{\"c\":{\"d\":2}}"});
        assert_eq!(count(&body), 8);
        for (number, seen) in ["{", "[", "1", "\"b\"", "\"{", "{\"c\"", "{\"d\"", "2"]
            .iter()
            .enumerate()
        {
            let mut found = String::new();
            let left = nth(&mut body, number, &mut |value| found = value.to_string());
            assert!(
                left.is_none() && found.starts_with(seen),
                "{number}: {found}"
            );
        }
        assert_eq!(
            nth(&mut body, 8, &mut |_| panic!("there are eight")),
            Some(0)
        );
        nth(&mut body, 7, &mut |value| *value = json!(3));
        assert_eq!(body["o"], json!("{\"c\":{\"d\":3}}"));
    }

    #[test]
    fn a_crossing_has_a_beginning_and_an_end() {
        let (one, other) = (generated(5, 1).case, generated(5, 2).case);
        let crossed = crossed(&one, &other, &noise(3));
        let kept = crossed
            .steps
            .iter()
            .zip(&one.steps)
            .take_while(|(a, b)| a == b)
            .count();
        assert!(other.steps.ends_with(&crossed.steps[kept..]));
    }
}
