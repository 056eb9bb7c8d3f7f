//! Objects that meet: by several keys at once, and through the mappings of templates.

use serde_json::{Map, Value, json};

use super::{Asked, Story, escaped};
use crate::contract::template::TEMPLATES;
use crate::generate::types::Values as Kind;

impl Story<'_, '_> {
    /// Puts two objects that have nothing in common, and one whose keys lead to either: whose it is shows in what both profiles hold.
    pub(super) fn put_objects_that_meet(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.put_type(at);
        };
        let [one, other, between] = kind.objects_that_meet(self.draw);
        let mut found = Vec::new();
        for object in [one, other] {
            self.put(at, kind.name, &object);
            if let Some((key, value)) = kind.value_of(&object) {
                found.extend(self.search_for(at, key, &value));
            }
        }
        self.put(at, kind.name, &between);
        for profile in found {
            self.list_of(at, &profile, kind.name);
            self.look_up(at, &profile);
        }
    }

    /// Puts an object of a type that nobody has put: the template of that name is its mapping.
    pub(super) fn put_object_of_template(&mut self, at: usize) {
        let Some(template) = self.draw.pick(TEMPLATES) else {
            return;
        };
        let mut object = Map::new();
        let mut wanted = None;
        for (source, key) in template.sources() {
            if key.is_none() && !self.draw.once_in(3) {
                continue;
            }
            let kind = match source.to_lowercase() {
                name if name.contains("mail") => Kind::Mail,
                name if name.contains("phone") || name.ends_with("endpoint.address") => Kind::Phone,
                _ => Kind::Text,
            };
            let value = kind.value(self.draw);
            wanted = wanted.or(key.map(|key| (key, value)));
            insert(&mut object, source, value);
        }
        let body =
            json!({"ObjectTypeName": template.id, "Object": escaped(&super::printed(&object))});
        let target = self.path(at, "/profiles/objects");
        self.say(Asked::new("PutProfileObject", target, Some(body)));
        let Some((key, value)) = wanted else {
            return;
        };
        if let Some(profile) = self.search_for(at, key, value) {
            self.list_of(at, &profile, template.id);
        }
    }
}

/// Puts a value where a path leads to.
fn insert(object: &mut Map<String, Value>, path: &str, value: &str) {
    match path.split_once('.') {
        Some((name, rest)) => {
            let inner = object.entry(name).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
        None => {
            object.insert(path.to_owned(), value.into());
        }
    }
}
