//! Object types that are sound, and objects that fit them.

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::printed;
use crate::contract::template::TEMPLATES;

/// An object type as it was put.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) keys: Vec<Key>,
    pub(super) creates: bool,
}

/// A field of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) values: Values,
    /// Where its value stands in the object: at the top, or below `deep`.
    deep: bool,
    target: Option<&'static str>,
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
}

/// Names of types: two of them equal but for case, one with every kind of character.
const NAMES: [&str; 6] = ["Ticket", "Order", "Visit", "ticket", "a-B_9", "constructor"];

const FIELDS: [(&str, Values); 9] = [
    ("id", Values::Text),
    ("mail", Values::Mail),
    ("phone", Values::Phone),
    ("name", Values::Name),
    ("count", Values::Number),
    ("ref", Values::Text),
    ("tier", Values::Text),
    ("toString", Values::Text),
    ("Id", Values::Text),
];

/// Names of keys.
const KEYS: [&str; 7] = [
    "idKey", "otherKey", "pairKey", "_email", "_phone", "thirdKey", "findKey",
];

impl Values {
    fn content_type(self) -> &'static str {
        match self {
            Self::Text => "STRING",
            Self::Mail => "EMAIL_ADDRESS",
            Self::Phone => "PHONE_NUMBER",
            Self::Name => "NAME",
            Self::Number => "NUMBER",
        }
    }

    fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "_profile.Attributes.tier",
                "_profile.AccountNumber",
                "_profile.BusinessName",
                "_profile.Address.City",
                "_profile.AdditionalInformation",
            ],
            Self::Mail => &["_profile.EmailAddress", "_profile.PersonalEmailAddress"],
            Self::Phone => &["_profile.PhoneNumber", "_profile.MobilePhoneNumber"],
            Self::Name => &["_profile.FirstName", "_profile.LastName"],
            Self::Number => &["_profile.AccountNumber", "_profile.Attributes.count"],
        }
    }

    /// A value, from few: so that objects meet. The traps come behind the plain ones.
    pub(super) fn value(self, draw: &mut Draw<'_>) -> &'static str {
        draw.text(match self {
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
                "x|y",
                "a%2Fb",
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
            Self::Number => &["1", "2", "42", "1.0", "01", "1e1", "-7"],
        })
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
            let at = draw.between(1, FIELDS.len() - 1);
            if !fields.iter().any(|field| field.name == FIELDS[at].0) {
                fields.push(Field::new(draw, at));
            }
        }
        let mut targets = Vec::new();
        for field in &mut fields {
            // Whether two fields may have one target is the implementation's choice.
            field.target = field.target.filter(|target| !targets.contains(target));
            targets.extend(field.target);
        }
        let creates = !draw.once_in(4);
        let keys = keys(draw, &fields, standard);
        if let Some((root, _)) = standard {
            let names: &[&str] = match root {
                "_asset" => &["_asset.SerialNumber", "_asset.AssetName", "_asset.Status"],
                _ => &["_case.Title", "_case.Summary", "_case.Status"],
            };
            for (field, target) in fields.iter_mut().rev().zip(names) {
                field.target = Some(target);
            }
        }
        Self {
            name,
            fields,
            keys,
            creates,
        }
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
        let key = |(name, definitions): (&String, &Value)| {
            let parts = definitions[0]["FieldNames"].as_array()?.iter();
            let field = |part: &Value| Some(fields.iter().find(|field| part == field.name)?.name);
            Some(Key {
                name: KEYS.into_iter().find(|known| known == name)?,
                identifiers: Vec::new(),
                fields: parts.map(field).collect::<Option<_>>()?,
            })
        };
        let keys = body["Keys"].as_object()?.iter().filter_map(key).collect();
        Some(Self {
            name,
            creates: body["AllowProfileCreation"] == true,
            fields,
            keys,
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
        let fields = fields.map(|field| (field.name.to_owned(), field.json()));
        body.insert("Fields".into(), Value::Object(fields.collect()));
        let keys = self.keys.iter().map(|key| {
            let mut definition = Map::new();
            if !key.identifiers.is_empty() {
                definition.insert("StandardIdentifiers".into(), json!(key.identifiers));
            }
            definition.insert("FieldNames".into(), json!(key.fields));
            (key.name.to_owned(), json!([definition]))
        });
        body.insert("Keys".into(), Value::Object(keys.collect()));
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
            .collect();
        draw.pick(&keys).copied()
    }

    /// A key that leads to an object, and the object's value under it.
    pub(super) fn value_of(&self, object: &str) -> Option<(&'static str, String)> {
        let object: Value = serde_json::from_str(object).ok()?;
        self.keys.iter().find_map(|key| {
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
        let (mut top, mut deep) = (Map::new(), Map::new());
        for (at, field) in self.fields.iter().enumerate() {
            let place = if field.deep { &mut deep } else { &mut top };
            let text = field.values.value(draw);
            let needed = at == 0 || self.keys.iter().any(|key| key.fields.contains(&field.name));
            let value = match draw.weighed(&[if needed { 24 } else { 8 }, 1, 1, 1]) {
                1 => continue,
                2 if !needed => Value::Null,
                3 => match text.parse::<u64>() {
                    // The text is that of the number.
                    Ok(number) if number.to_string() == text => number.into(),
                    _ => text.into(),
                },
                _ => text.into(),
            };
            place.insert(field.name.to_owned(), value);
        }
        if !deep.is_empty() {
            top.insert("deep".into(), Value::Object(deep));
        }
        if draw.once_in(4) {
            let extras = [
                json!([1, "two", null]),
                json!({}),
                json!(0.5),
                json!({"a": {"b": []}}),
                json!(9_007_199_254_740_993_u64),
                json!("\u{0}\u{7f}\u{2028}"),
            ];
            let extra = extras[draw.below(extras.len())].clone();
            top.insert("extra".into(), extra);
        }
        printed(&top)
    }
}

impl Field {
    fn new(draw: &mut Draw<'_>, at: usize) -> Self {
        let (name, values) = FIELDS[at.min(FIELDS.len() - 1)];
        let targets = values.targets();
        Self {
            name,
            values,
            deep: draw.once_in(6),
            target: match draw.once_in(2) {
                true => draw.pick(targets).copied(),
                false => None,
            },
            typed: values != Values::Text || draw.once_in(4),
        }
    }

    fn json(&self) -> Value {
        let mut field = Map::new();
        let path = if self.deep { "deep." } else { "" };
        let source = format!("_source.{path}{}", self.name);
        field.insert("Source".into(), source.into());
        if let Some(target) = self.target {
            field.insert("Target".into(), target.into());
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
    let other = fields[fields.len() - 1].name;
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
    let mut free = fields.iter().filter(|field| !used.contains(&field.name));
    if let Some(field) = free.next() {
        let name = match field.values {
            Values::Mail if draw.once_in(2) => "_email",
            Values::Phone if draw.once_in(2) => "_phone",
            _ => "thirdKey",
        };
        let identifiers: &[&str] = match draw.weighed(&[3, 2, 2, 1, 2]) {
            0 => &["PROFILE"],
            1 => &["PROFILE", "LOOKUP_ONLY"],
            2 => &["PROFILE", "NEW_ONLY"],
            3 => &["PROFILE", "SECONDARY"],
            _ => &[],
        };
        keys.push(key(name, identifiers, &[field.name]));
    }
    if let Some(field) = free.next() {
        keys.push(key("findKey", &[], &[field.name]));
    }
    keys
}

/// The id of a template.
pub(super) fn template(draw: &mut Draw<'_>) -> &'static str {
    let ids: Vec<&str> = TEMPLATES.iter().map(|template| template.id).collect();
    draw.pick(&ids).copied().unwrap_or("CTR-NoInferred")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_from_what_was_put() {
        for seed in 0..200_u8 {
            let bytes: Vec<u8> = (0..255_u8).map(|at| at.wrapping_mul(seed ^ 0x5b)).collect();
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
                let same = |other: &&Key| other.name == key.name && other.fields == key.fields;
                assert!(read.keys.iter().find(same).is_some(), "{}", key.name);
            }
        }
        assert!(Type::read("Elsewhere", &json!({"Fields": {}, "Keys": {}})).is_none());
    }
}
