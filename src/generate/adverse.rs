//! Requests with one fault, on either side of every boundary.
//!
//! The shapes of the contract say where a request can be wrong. A site is chosen, and a value put there that lies just
//! inside or just outside what its shape allows. Whether that breaks a rule, and which, is for the model to say.

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::printed;
use super::story::Asked;
use super::traps;
use crate::case::{Body, Say, Step};
use crate::contract::operation;
use crate::contract::shape::{Member, Place, Shape, StringShape};

/// A way to a place in a body.
type Path = Vec<Segment>;

#[derive(Debug, Clone)]
enum Segment {
    Member(String),
    Item(usize),
}

/// A place where a request can be wrong.
struct Site {
    path: Path,
    shape: &'static Shape,
    required: bool,
}

/// The same request with a fault, or with a value on the edge of being one.
pub(super) fn step(draw: &mut Draw<'_>, asked: &Asked) -> Option<Step> {
    let known = operation::operation(asked.operation)?;
    let Some(body) = &asked.body else {
        return address(draw, asked, known.input);
    };
    if draw.once_in(5) {
        return address(draw, asked, known.input);
    }
    let mut body = Value::Object(body.clone());
    if draw.once_in(3) && asked.operation == "PutProfileObjectType" {
        mapping(draw, &mut body);
        return Some(asked.step_with(Body::Text(printed(&body))));
    }
    let mut sites = Vec::new();
    collect(known.input, &body, &mut Vec::new(), &mut sites);
    let site = draw.pick(&sites)?;
    let text = match draw.below(12) {
        8 => {
            remove(&mut body, &site.path);
            printed(&body)
        }
        9 => {
            rename(draw, &mut body, &site.path);
            printed(&body)
        }
        10 => {
            let name = match draw.once_in(2) {
                true => draw.one_of(traps::MEMBERS),
                false => "Unheard",
            };
            at(&mut body, &parent(&site.path))?
                .as_object_mut()?
                .insert(name.into(), json!({"of": [1]}));
            printed(&body)
        }
        11 => return Some(asked.step_with(Body::Text(duplicated(&body, site)?))),
        _ if matches!(site.shape, Shape::Integer { .. }) && draw.once_in(2) => {
            let integer = draw.one_of(traps::INTEGERS);
            written(&mut body, &site.path, integer)?
        }
        _ => {
            *at(&mut body, &site.path)? = faulty(draw, site);
            printed(&body)
        }
    };
    Some(asked.step_with(Body::Text(text)))
}

/// Every place in a body that a shape speaks of.
fn collect(members: &'static [Member], body: &Value, path: &mut Path, sites: &mut Vec<Site>) {
    for member in members.iter().filter(|member| member.place == Place::Body) {
        let Some(value) = body.get(member.wire) else {
            continue;
        };
        path.push(Segment::Member(member.wire.to_owned()));
        collect_value(member.shape, member.required, value, path, sites);
        path.pop();
    }
}

fn collect_value(
    shape: &'static Shape,
    required: bool,
    value: &Value,
    path: &mut Path,
    sites: &mut Vec<Site>,
) {
    sites.push(Site {
        path: path.clone(),
        shape,
        required,
    });
    match (shape, value) {
        (Shape::Structure { members, .. }, Value::Object(_)) => {
            collect(members, value, path, sites);
        }
        (Shape::Map { value: shape, .. }, Value::Object(entries)) => {
            for (name, value) in entries {
                path.push(Segment::Member(name.clone()));
                collect_value(shape, false, value, path, sites);
                path.pop();
            }
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                path.push(Segment::Item(index));
                collect_value(item, false, value, path, sites);
                path.pop();
            }
        }
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, path: &[Segment]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        Segment::Member(name) => value.get_mut(name),
        Segment::Item(index) => value.get_mut(index),
    })
}

fn parent(path: &[Segment]) -> Path {
    path[..path.len().saturating_sub(1)].to_vec()
}

fn remove(body: &mut Value, path: &Path) {
    let Some(parent) = at(body, &parent(path)) else {
        return;
    };
    match (parent, path.last()) {
        (Value::Object(members), Some(Segment::Member(name))) => {
            members.shift_remove(name);
        }
        (Value::Array(items), Some(Segment::Item(index))) if *index < items.len() => {
            items.remove(*index);
        }
        _ => {}
    }
}

/// The text of the body with an integer in a place, as it is: values of JSON hold none of more than 64 bits.
fn written(body: &mut Value, path: &Path, integer: &str) -> Option<String> {
    const PLACE: &str = "here goes an integer";
    *at(body, path)? = PLACE.into();
    Some(printed(body).replacen(&printed(&PLACE), integer, 1))
}

/// Writes the name of a member in another case, or with a character that names seldom have.
fn rename(draw: &mut Draw<'_>, body: &mut Value, path: &Path) {
    let Some(Segment::Member(name)) = path.last() else {
        return remove(body, path);
    };
    let other = match draw.below(6) {
        0 => name.to_lowercase(),
        1 => format!("{name} "),
        2 => format!("{name}."),
        3 => "x".repeat(65),
        4 => name.to_uppercase(),
        _ => draw.one_of(traps::MEMBERS).to_owned(),
    };
    if let Some(Value::Object(members)) = at(body, &parent(path))
        && let Some(value) = members.shift_remove(name)
    {
        members.insert(other, value);
    }
}

/// The text of the body with a member of the top written twice.
fn duplicated(body: &Value, site: &Site) -> Option<String> {
    let Segment::Member(name) = site.path.first()? else {
        return None;
    };
    let twice = format!("{{{}:{},", json!(name), body.get(name)?);
    Some(format!("{twice}{}", printed(body).strip_prefix('{')?))
}

/// A value for a place: of another kind, or on either side of a boundary of its own.
fn faulty(draw: &mut Draw<'_>, site: &Site) -> Value {
    let other = [
        Value::Null,
        json!(1),
        json!("text"),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!(1e300),
    ];
    if draw.once_in(if site.required { 3 } else { 4 }) {
        return other[draw.below(other.len())].clone();
    }
    match site.shape {
        Shape::String(shape) => string(draw, shape),
        Shape::Integer { min, max, .. } => {
            let (min, max) = (min.unwrap_or(0), max.unwrap_or(i64::from(i32::MAX)));
            let edges = [
                json!(min - 1),
                json!(max + 1),
                json!(min),
                json!(max),
                json!(1.5),
                json!("30"),
                json!(-1),
                json!(4_294_967_297_i64),
            ];
            edges[draw.below(edges.len())].clone()
        }
        Shape::List { entries, .. } => {
            let most = entries.max.map_or(3, |max| max as usize);
            let counts = [0, most + 1, most, 1];
            let count = counts[draw.below(counts.len())];
            Value::Array((0..count).map(|at| format!("value{at}").into()).collect())
        }
        Shape::Map { .. } | Shape::Structure { .. } => {
            let odd = [json!({}), json!([{}]), json!({"": ""}), json!({"a": null})];
            odd[draw.below(odd.len())].clone()
        }
        _ => other[draw.below(other.len())].clone(),
    }
}

fn string(draw: &mut Draw<'_>, shape: &'static StringShape) -> Value {
    if let Some(value) = draw.pick(shape.values) {
        let near = [
            value.to_lowercase(),
            String::new(),
            format!("{value} "),
            format!("{value}S"),
            (*value).to_owned(),
        ];
        return near[draw.below(near.len())].as_str().into();
    }
    let most = shape.length.max.unwrap_or(255) as usize;
    let least = shape.length.min.unwrap_or(0) as usize;
    let text = match draw.below(12) {
        0 => "a".repeat(most + 1),
        1 => "a".repeat(least.saturating_sub(1)),
        2 => "a".repeat(most),
        3 => "a".repeat(least),
        4 => "a b".to_owned(),
        5 => "a.b".to_owned(),
        6 => "\u{e9}".repeat(most.min(64)),
        7 => "\u{1f600}".repeat(most.min(255)),
        8 => "a/b\u{0}".to_owned(),
        9 => " ".to_owned(),
        10 => "0".repeat(32),
        _ => "G".repeat(32),
    };
    text.into()
}

/// A mapping that is wrong as a whole, though each of its parts is right.
fn mapping(draw: &mut Draw<'_>, body: &mut Value) {
    let names: Vec<String> = match &body["Keys"] {
        Value::Object(keys) => keys.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let Some(name) = draw.pick(&names).cloned() else {
        return;
    };
    let definition = body["Keys"][&name].get_mut(0);
    let Some(definition) = definition.filter(|definition| definition.is_object()) else {
        return;
    };
    let identifiers = match &definition["StandardIdentifiers"] {
        Value::Array(identifiers) => identifiers.clone(),
        _ => Vec::new(),
    };
    let with = |identifier: &str| {
        let mut all = identifiers.clone();
        if !all.contains(&json!(identifier)) {
            all.push(identifier.into());
        }
        Value::Array(all)
    };
    let without = |identifier: &str| {
        let rest = identifiers.iter().filter(|known| *known != identifier);
        Value::Array(rest.cloned().collect())
    };
    let change = draw.below(10);
    match change {
        0 => definition["StandardIdentifiers"] = without("UNIQUE"),
        1 => definition["StandardIdentifiers"] = with("UNIQUE"),
        2 => definition["StandardIdentifiers"] = with("LOOKUP_ONLY"),
        3 => definition["StandardIdentifiers"] = with("NEW_ONLY"),
        4 => definition["StandardIdentifiers"] = without("PROFILE"),
        5 => definition["FieldNames"] = json!(["nowhere"]),
        6 => definition["FieldNames"] = json!([]),
        7 => definition["StandardIdentifiers"] = with("ORDER"),
        8 => {
            body["Fields"] = Value::Object(Map::new());
        }
        _ => {
            body["Keys"] = Value::Object(Map::new());
        }
    }
}

/// Labels and query with a fault.
fn address(draw: &mut Draw<'_>, asked: &Asked, members: &'static [Member]) -> Option<Step> {
    let mut step = asked.step();
    let Say::Request { target, .. } = &mut step.say else {
        return None;
    };
    let pages = members.iter().any(|member| member.wire == "max-results");
    if pages && draw.once_in(2) {
        let path = target.split('?').next().unwrap_or_default();
        *target = format!("{path}?{}", traps::query(draw));
        return Some(step);
    }
    if draw.once_in(2) {
        *target = traps::respelt(draw, target)?;
        return Some(step);
    }
    let segments: Vec<&str> = target.split('/').collect();
    let last = segments.len().checked_sub(1)?;
    if last < 2 {
        return None;
    }
    let names = [
        "a%20b",
        "%C3%A9",
        "a.b",
        "nobody-has-this",
        "0a",
        "a%2Fb",
        "%252F",
        "${repeat 256 a}",
        "${repeat 65 a}",
        "-a",
        "a%00",
        "%F0%9F%98%80",
        "..",
        "%2E%2e",
        "a+b",
        "__proto__",
    ];
    let name = draw.one_of(&names);
    let place = match segments.get(3) {
        Some(&"object-types") if last == 4 && draw.once_in(2) => 4,
        _ => 2,
    };
    let label = match (place, segments.get(1)) {
        (2, Some(&"domains")) => of_domain(segments[2], name)?,
        _ => name.to_owned(),
    };
    let changed = segments.iter().enumerate();
    let changed = changed.map(|(at, segment)| if at == place { &label } else { *segment });
    *target = changed.collect::<Vec<_>>().join("/");
    Some(step)
}

/// The name of the case's own domain with the fault of another label. Nothing outside the domains of the case is touched, or
/// can be relied on, whatever a server makes of a faulty name: none for a label without a fault.
fn of_domain(domain: &str, label: &str) -> Option<String> {
    let padded = |length| Some(format!("{}|pad {length}}}", domain.strip_suffix('}')?));
    match label {
        label if DOMAINS.contains(&label) => None,
        "${repeat 256 a}" => padded(256),
        "${repeat 65 a}" => padded(65),
        label => Some(format!("{domain}{label}")),
    }
}

/// Those of the labels above that a domain can have.
const DOMAINS: [&str; 4] = ["nobody-has-this", "0a", "-a", "__proto__"];
