//! Object types that are sound, and objects that fit them.

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::{portrait, printed, traps};
use crate::contract::template::TEMPLATES;

/// An object type as it was put.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) keys: Vec<Key>,
    pub(super) creates: bool,
    /// Source and target of a field that puts others together.
    label: Option<(String, String)>,
}

/// A field of a type.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) values: Values,
    /// Where its value stands in the object: at the top, or below `deep`.
    deep: bool,
    target: Option<String>,
    /// Whether the content type is named, or left to be STRING.
    typed: bool,
}

/// A key of a type.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: &'static str,
    identifiers: Vec<&'static str>,
    pub(super) fields: Vec<&'static str>,
}

/// What the values of a field are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    Text,
    Mail,
    Phone,
    Name,
    Number,
    /// The id of a profile.
    Owner,
}

/// What stands in an object for the id of a profile, until there is one.
pub(super) const OWNER: &str = "${owner}";

/// Names of types: two of them equal but for case, one with every kind of character.
const NAMES: [&str; 6] = ["Ticket", "Order", "Visit", "ticket", "a-B_9", "constructor"];

/// Fields: the first is what objects are told apart by, the last leads to a profile.
const FIELDS: [(&str, Values); 14] = [
    ("id", Values::Text),
    ("mail", Values::Mail),
    ("phone", Values::Phone),
    ("name", Values::Name),
    ("count", Values::Number),
    ("ref", Values::Text),
    ("tier", Values::Text),
    ("toString", Values::Text),
    ("Id", Values::Text),
    ("mobile", Values::Phone),
    ("alias", Values::Mail),
    ("constructor", Values::Text),
    ("hasOwnProperty", Values::Text),
    ("owner", Values::Owner),
];

/// Sources that put members and text together; `A` and `B` stand for members.
const FORMS: [&str; 12] = [
    "{{A}} {{B}}",
    "{{A}}-{{B}}",
    "{{{A}}} {{{B}}}",
    "{{A}}{{B}}",
    "No. {{A}}, {{B}}!",
    "{{ A }}  {{ B }}",
    "{{&A}} & {{B}}",
    "{{A}} ({{_source.nowhere}})",
    " {{A}} ",
    "\u{e9}: {{A}} {{A}} {{B}}",
    "a constant",
    "{{#if A}}{{A}} {{B}}{{/if}}",
];

/// Which part a key has in matching, and how often.
const ROLES: [(usize, &[&str]); 7] = [
    (3, &["PROFILE"]),
    (2, &["PROFILE", "LOOKUP_ONLY"]),
    (2, &["PROFILE", "NEW_ONLY"]),
    (3, &["PROFILE", "SECONDARY"]),
    (2, &[]),
    (1, &["PROFILE", "SECONDARY", "NEW_ONLY"]),
    (1, &["PROFILE", "SECONDARY", "LOOKUP_ONLY"]),
];

/// Names of keys.
const KEYS: [&str; 9] = [
    "idKey",
    "otherKey",
    "pairKey",
    "_email",
    "_phone",
    "_account",
    "_profileId",
    "thirdKey",
    "findKey",
];

impl Values {
    fn content_type(self) -> &'static str {
        match self {
            Self::Text | Self::Owner => "STRING",
            Self::Mail => "EMAIL_ADDRESS",
            Self::Phone => "PHONE_NUMBER",
            Self::Name => "NAME",
            Self::Number => "NUMBER",
        }
    }

    /// A value, from few: so that objects meet. The traps come behind the plain ones.
    pub(super) fn value(self, draw: &mut Draw<'_>) -> &'static str {
        draw.text(self.values())
    }

    fn values(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "1",
                "2",
                "3",
                "a",
                "A",
                "01",
                "a b",
                "ab",
                "\u{e9}",
                "e\u{301}",
                "\u{fb01}x",
                "\u{1f600}",
                "9007199254740993",
                "9007199254740992",
                "__proto__",
                "null",
                "true",
                "x|y",
                "a%2Fb",
                "a+b",
                " a ",
                "O'Neil & <b>",
                "{{_source.id}}",
                "_source.id",
                "constructor",
                "\u{130}",
            ],
            Self::Mail => &[
                "ann@example.org",
                "bob@example.org",
                "cy@example.org",
                "Ann@Example.org",
                "ann+x@example.org",
                "no-mail",
            ],
            Self::Phone => &[
                "+12065550100",
                "+12065550101",
                "+442071234567",
                "+1 206 555 0100",
                "+1-206-555-0101",
                "12345",
            ],
            Self::Name => &["Ann", "Bob", "Cy", "ann", "Ann Lee", "\u{d8}yvind"],
            Self::Number => &[
                "1",
                "2",
                "42",
                "1.0",
                "01",
                "1e1",
                "-7",
                "-0",
                "0.1",
                "2147483648",
                "9007199254740992",
                "9223372036854775808",
                "18446744073709551616",
            ],
            Self::Owner => &[OWNER],
        }
    }
}

impl Type {
    /// A type the contract accepts; `usual` is a name that is taken, for redefinitions.
    pub(super) fn draw(draw: &mut Draw<'_>, taken: Option<&'static str>) -> Self {
        let name = taken.unwrap_or_else(|| draw.text(&NAMES));
        let standard = match draw.weighed(&[8, 1, 1]) {
            1 => Some(("_asset", "ASSET")),
            2 => Some(("_case", "CASE")),
            _ => None,
        };
        let mut fields = vec![Field::new(draw, 0)];
        let count = draw.between(1, 5);
        for _ in 0..count {
            let at = draw.between(1, FIELDS.len() - 2);
            if !fields.iter().any(|field| field.name == FIELDS[at].0) {
                fields.push(Field::new(draw, at));
            }
        }
        if draw.once_in(12) {
            fields.push(Field::new(draw, FIELDS.len() - 1));
        }
        let mut targets = Vec::new();
        for field in &mut fields {
            // Whether two fields may have one target is the implementation's choice.
            field.target = field
                .target
                .take()
                .filter(|target| !targets.contains(target));
            targets.extend(field.target.clone());
        }
        let creates = !draw.once_in(4);
        let keys = keys(draw, &fields, standard);
        if let Some((root, _)) = standard {
            let names: [&str; 6] = match root {
                "_asset" => [
                    "SerialNumber",
                    "AssetName",
                    "Status",
                    "Price",
                    "Attributes.Color",
                    "ProductSKU",
                ],
                _ => [
                    "Title",
                    "Summary",
                    "Status",
                    "Reason",
                    "Attributes.Queue",
                    "CreatedBy",
                ],
            };
            let first = match draw.once_in(3) {
                true => draw.below(names.len()),
                false => 0,
            };
            let names = names.iter().cycle().skip(first).take(3);
            for (field, name) in fields.iter_mut().rev().zip(names) {
                field.target = Some(format!("{root}.{name}"));
            }
        }
        let label = draw.once_in(6).then(|| label(draw, &fields));
        Self {
            name,
            label: label.filter(|(_, target)| !targets.contains(target)),
            fields,
            keys,
            creates,
        }
    }

    /// The standard object that its objects are written to as well: `_asset` or `_case`.
    pub(super) fn standard(&self) -> Option<&'static str> {
        let targets = |root: &str| {
            let mut targets = self.fields.iter().flat_map(|field| &field.target);
            targets.any(|target| target.starts_with(root))
        };
        ["_asset", "_case"].into_iter().find(|root| targets(root))
    }

    /// The same type under another name.
    pub(super) fn renamed(&self, draw: &mut Draw<'_>) -> Self {
        let others = NAMES.map(|name| (name != self.name).then_some(name));
        let others: Vec<&str> = others.into_iter().flatten().collect();
        Self {
            name: draw.text(&others),
            ..self.clone()
        }
    }

    /// What the body of a put says, as far as it is one that could have been drawn.
    pub(super) fn read(name: &str, body: &Value) -> Option<Self> {
        let name = NAMES.into_iter().find(|known| *known == name)?;
        let fields: Vec<Field> = body["Fields"]
            .as_object()?
            .iter()
            .filter_map(|(name, field)| {
                let (name, values) = FIELDS.into_iter().find(|(known, _)| known == name)?;
                let source = field["Source"].as_str().unwrap_or_default();
                Some(Field {
                    name,
                    values,
                    deep: source.starts_with("_source.deep."),
                    target: None,
                    typed: field.get("ContentType").is_some(),
                })
            })
            .collect();
        let key = |name: &str, definition: &Value| {
            let parts = definition["FieldNames"].as_array()?.iter();
            let field = |part: &Value| Some(fields.iter().find(|field| part == field.name)?.name);
            let identifiers = ROLES.iter().flat_map(|(_, role)| *role);
            let is = |identifier: &&&str| {
                let identifiers = definition["StandardIdentifiers"].as_array();
                identifiers.is_some_and(|all| all.iter().any(|known| known == **identifier))
            };
            let mut identifiers: Vec<&str> = identifiers.filter(is).copied().collect();
            identifiers.sort_unstable();
            identifiers.dedup();
            Some(Key {
                name: KEYS.into_iter().find(|known| *known == name)?,
                identifiers,
                fields: parts.map(field).collect::<Option<_>>()?,
            })
        };
        let mut keys = Vec::new();
        for (name, definitions) in body["Keys"].as_object()? {
            let definitions = definitions.as_array().into_iter().flatten();
            keys.extend(definitions.filter_map(|definition| key(name, definition)));
        }
        Some(Self {
            name,
            creates: body["AllowProfileCreation"] == true,
            fields,
            keys,
            label: None,
        })
    }

    /// The body of the put.
    pub(super) fn body(&self, draw: &mut Draw<'_>) -> Map<String, Value> {
        let mut body = Map::new();
        let description = ["a type", "b", "\u{fc}", " ", "line\nline", "\u{1f600}"];
        body.insert("Description".into(), draw.text(&description).into());
        if draw.once_in(5) {
            let days = [30, 1, 1096][draw.below(3)];
            body.insert("ExpirationDays".into(), days.into());
        }
        if self.creates || draw.once_in(2) {
            body.insert("AllowProfileCreation".into(), self.creates.into());
        }
        let fields = self.fields.iter();
        let mut fields: Map<String, Value> = fields
            .map(|field| (field.name.to_owned(), field.json()))
            .collect();
        if let Some((source, target)) = &self.label {
            let label = json!({"Source": source, "Target": target});
            fields.insert("label".into(), label);
        }
        body.insert("Fields".into(), Value::Object(fields));
        let mut keys = Map::new();
        for key in &self.keys {
            let mut definition = Map::new();
            if !key.identifiers.is_empty() {
                definition.insert("StandardIdentifiers".into(), json!(key.identifiers));
            }
            definition.insert("FieldNames".into(), json!(key.fields));
            let definitions = keys.entry(key.name).or_insert_with(|| json!([]));
            if let Value::Array(definitions) = definitions {
                definitions.push(definition.into());
            }
        }
        body.insert("Keys".into(), Value::Object(keys));
        if draw.once_in(8) {
            body.insert("Tags".into(), json!({"stage": "test", "a/b:c": ""}));
        }
        body
    }

    /// A key that can be searched for by one value: its name and what its values are like.
    pub(super) fn searchable(&self, draw: &mut Draw<'_>) -> Option<(&'static str, Values)> {
        let keys: Vec<_> = self
            .keys
            .iter()
            .filter_map(|key| match key.fields.as_slice() {
                [field] => Some((key.name, self.field(field)?.values)),
                _ => None,
            })
            .filter(|(_, values)| *values != Values::Owner)
            .collect();
        draw.pick(&keys).copied()
    }

    /// A key that leads to an object, and the object's value under it.
    pub(super) fn value_of(&self, object: &str) -> Option<(&'static str, String)> {
        let object: Value = serde_json::from_str(object).ok()?;
        let mut stored = self
            .keys
            .iter()
            .filter(|key| !key.identifiers.contains(&"LOOKUP_ONLY"));
        stored.find_map(|key| {
            let [field] = key.fields.as_slice() else {
                return None;
            };
            let object = match self.field(field)?.deep {
                true => object.get("deep")?,
                false => &object,
            };
            Some((key.name, object.get(*field)?.as_str()?.to_owned()))
        })
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// An object of this type, as its JSON text.
    pub(super) fn object(&self, draw: &mut Draw<'_>) -> String {
        let mut values = Vec::with_capacity(self.fields.len());
        for (at, field) in self.fields.iter().enumerate() {
            let text = field.values.value(draw);
            let needed = at == 0 || self.keys.iter().any(|key| key.fields.contains(&field.name));
            values.push(
                match draw.weighed(&[if needed { 24 } else { 8 }, 1, 1, 1]) {
                    1 => None,
                    2 if !needed => Some(Value::Null),
                    3 => match text.parse::<u64>() {
                        // The text is that of the number.
                        Ok(number) if number.to_string() == text => Some(number.into()),
                        _ => Some(text.into()),
                    },
                    _ => Some(text.into()),
                },
            );
        }
        let mut object = self.with(values);
        if draw.once_in(4) {
            let extras = [
                json!([1, "two", null]),
                json!({}),
                json!(0.5),
                json!({"a": {"b": []}}),
                json!(9_007_199_254_740_993_u64),
                json!("\u{0}\u{7f}\u{2028}"),
                json!(""),
                json!(false),
                json!({"__proto__": {"a": 1}, "": [[], {}]}),
                json!(u64::MAX),
                json!(i64::MIN),
            ];
            for _ in 0..draw.between(1, 2) {
                let extra = extras[draw.below(extras.len())].clone();
                let name = match draw.below(3) {
                    0 => "extra",
                    1 => draw.text(traps::MEMBERS),
                    _ => draw.one_of(traps::MEMBERS),
                };
                object.entry(name).or_insert(extra);
            }
        }
        printed(&object)
    }

    /// Two objects that have nothing in common, and a third that has each of its values but the first from one of the two.
    pub(super) fn objects_that_meet(&self, draw: &mut Draw<'_>) -> [String; 3] {
        let shift = draw.below(2);
        let drawn: Vec<usize> = self.fields.iter().map(|_| draw.below(2)).collect();
        [0, 1, 2].map(|number| {
            let fields = self.fields.iter().enumerate();
            let values = fields.map(|(at, field)| {
                let of = match number {
                    2 if at > 0 => drawn[at],
                    _ => number,
                };
                let values = field.values.values();
                let text = values.get(of + shift).or(values.first())?;
                Some(Value::from(*text))
            });
            printed(&self.with(values.collect()))
        })
    }

    /// The object with these values of the fields.
    fn with(&self, values: Vec<Option<Value>>) -> Map<String, Value> {
        let (mut top, mut deep) = (Map::new(), Map::new());
        for (field, value) in self.fields.iter().zip(values) {
            let place = if field.deep { &mut deep } else { &mut top };
            if let Some(value) = value {
                place.insert(field.name.to_owned(), value);
            }
        }
        if !deep.is_empty() {
            top.insert("deep".into(), Value::Object(deep));
        }
        top
    }
}

impl Field {
    fn new(draw: &mut Draw<'_>, at: usize) -> Self {
        let (name, values) = FIELDS[at.min(FIELDS.len() - 1)];
        Self {
            name,
            values,
            deep: draw.once_in(6),
            target: match draw.once_in(2) {
                true => Some(portrait::target(draw, values)),
                false => None,
            },
            typed: !matches!(values, Values::Text | Values::Owner) || draw.once_in(4),
        }
    }

    /// The member it reads.
    fn source(&self) -> String {
        let path = if self.deep { "deep." } else { "" };
        format!("_source.{path}{}", self.name)
    }

    fn json(&self) -> Value {
        let mut field = Map::new();
        field.insert("Source".into(), self.source().into());
        if let Some(target) = &self.target {
            field.insert("Target".into(), target.as_str().into());
        }
        if self.typed {
            let content_type = self.values.content_type();
            field.insert("ContentType".into(), content_type.into());
        }
        Value::Object(field)
    }
}

/// Keys in a sound combination: one is UNIQUE, one plainly PROFILE, and others may follow.
fn keys(
    draw: &mut Draw<'_>,
    fields: &[Field],
    standard: Option<(&'static str, &'static str)>,
) -> Vec<Key> {
    let key = |name, identifiers: &[&'static str], fields: &[&'static str]| Key {
        name,
        identifiers: identifiers.to_vec(),
        fields: fields.to_vec(),
    };
    let id = fields[0].name;
    let mut last = fields.iter().rev();
    let other = last.find(|field| field.values != Values::Owner);
    let other = other.map_or(id, |field| field.name);
    let mut keys = match (standard, draw.weighed(&[4, 3, 2])) {
        (Some((_, identifier)), _) => vec![
            key("idKey", &[identifier, "UNIQUE"], &[id]),
            key("otherKey", &["PROFILE"], &[other]),
        ],
        (None, 1) => vec![
            key("idKey", &["UNIQUE"], &[id]),
            key("otherKey", &["PROFILE"], &[other]),
        ],
        (None, 2) if fields.len() > 1 => vec![key("pairKey", &["PROFILE", "UNIQUE"], &[id, other])],
        _ => vec![key("idKey", &["PROFILE", "UNIQUE"], &[id])],
    };
    let used = [id, other];
    let owner = |field: &&Field| field.values == Values::Owner;
    let mut free = fields
        .iter()
        .filter(|field| !used.contains(&field.name) && !owner(field));
    for name in ["thirdKey", "findKey"] {
        let Some(field) = free.next() else {
            break;
        };
        let role: &[&'static str] = match name == "findKey" && !draw.once_in(3) {
            true => &[],
            false => ROLES[draw.weighed(&ROLES.map(|(weight, _)| weight))].1,
        };
        let name = match field.values {
            Values::Mail if draw.once_in(2) => "_email",
            Values::Phone if draw.once_in(2) => "_phone",
            Values::Text | Values::Number if draw.once_in(8) => "_account",
            // A key may have several definitions.
            _ if name == "findKey" && draw.once_in(4) => "thirdKey",
            _ => name,
        };
        keys.push(key(name, role, &[field.name]));
    }
    if let Some(field) = fields.iter().find(owner) {
        keys.push(key(
            "_profileId",
            &["PROFILE", "LOOKUP_ONLY"],
            &[field.name],
        ));
    }
    // In which order keys are written says nothing.
    if draw.once_in(2) {
        let end = draw.below(keys.len());
        keys.rotate_right(end);
    }
    keys
}

/// Source and target of a field that puts others together.
fn label(draw: &mut Draw<'_>, fields: &[Field]) -> (String, String) {
    let form = draw.text(&FORMS);
    let mut member = || fields[draw.below(fields.len())].source();
    let source = form.replace('A', &member()).replace('B', &member());
    (source, portrait::target(draw, Values::Text))
}

/// The id of a template.
pub(super) fn template(draw: &mut Draw<'_>) -> &'static str {
    let ids: Vec<&str> = TEMPLATES.iter().map(|template| template.id).collect();
    draw.pick(&ids).copied().unwrap_or("CTR-NoInferred")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::generate::draw::noise;

    #[test]
    fn a_type_is_read_from_what_was_put() {
        for seed in 0..200 {
            let bytes = noise(seed);
            let mut draw = Draw::new(&bytes);
            let put = Type::draw(&mut draw, None);
            let body = Value::Object(put.body(&mut draw));
            let read = Type::read(put.name, &body).expect("a type");
            assert_eq!((read.name, read.creates), (put.name, put.creates));
            let field = |field: &Field| (field.name, field.values, field.deep, field.typed);
            let mut fields: Vec<_> = put.fields.iter().map(field).collect();
            fields.sort_by_key(|field| read.fields.iter().position(|other| other.name == field.0));
            assert_eq!(read.fields.iter().map(field).collect::<Vec<_>>(), fields);
            for key in &put.keys {
                let lookup = |key: &Key| key.identifiers.contains(&"LOOKUP_ONLY");
                let same = |other: &&Key| {
                    other.name == key.name
                        && other.fields == key.fields
                        && lookup(other) == lookup(key)
                };
                assert!(read.keys.iter().find(same).is_some(), "{}", key.name);
            }
        }
        assert!(Type::read("Elsewhere", &json!({"Fields": {}, "Keys": {}})).is_none());
    }

    /// Whatever the tables hold comes up.
    #[test]
    fn types_differ_in_all_that_a_mapping_can_say() {
        let (mut forms, mut roles) = (BTreeSet::new(), BTreeSet::new());
        let (mut several, mut secondary_first) = (0, 0);
        for seed in 0..3_000 {
            let bytes = noise(seed);
            let mut draw = Draw::new(&bytes);
            let put = Type::draw(&mut draw, None);
            let body = Value::Object(put.body(&mut draw));
            if let Some(source) = body["Fields"]["label"]["Source"].as_str() {
                assert!(body["Fields"]["label"]["Target"].is_string());
                let without = source.split("_source.").map(|rest| {
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c));
                    &rest[end.unwrap_or(rest.len())..]
                });
                forms.insert(without.collect::<String>());
            }
            roles.extend(put.keys.iter().map(|key| key.identifiers.clone()));
            let definitions = body["Keys"].as_object().expect("keys").values();
            several += usize::from(definitions.clone().any(|all| all[1].is_object()));
            let first = definitions.flat_map(|all| all.as_array().cloned().unwrap_or_default());
            let mut first = first.map(|definition| definition["StandardIdentifiers"].to_string());
            secondary_first +=
                usize::from(first.next().is_some_and(|all| all.contains("SECONDARY")));
        }
        assert_eq!(forms.len(), FORMS.len(), "{forms:#?}");
        for (_, role) in ROLES {
            assert!(roles.contains(role), "{role:?}");
        }
        assert!(
            several > 30 && secondary_first > 30,
            "{several}, {secondary_first}"
        );
    }

    #[test]
    fn the_third_of_objects_that_meet_is_between_the_others() {
        for seed in 0..100 {
            let bytes = noise(seed);
            let mut draw = Draw::new(&bytes);
            let kind = Type::draw(&mut draw, None);
            let objects = kind.objects_that_meet(&mut draw);
            let objects: [Value; 3] =
                objects.map(|text| serde_json::from_str(&text).expect("JSON"));
            for field in &kind.fields {
                let pointer = match field.deep {
                    true => format!("/deep/{}", field.name),
                    false => format!("/{}", field.name),
                };
                let [one, other, between] = [0, 1, 2].map(|at| objects[at].pointer(&pointer));
                if field.values == Values::Owner {
                    continue;
                }
                assert_ne!(one, other, "{pointer}");
                match field.name {
                    "id" => assert!(between != one && between != other),
                    _ => assert!(between == one || between == other, "{pointer}"),
                }
            }
        }
    }
}
