//! What is undone and done again, and what lies close to something else: turns that a change of a case may take, and that fresh
//! stories do without.

use serde_json::json;

use super::{Asked, Speak, Story, escaped, variable};

impl<'d, 'b> Story<'d, 'b> {
    /// The turns, all as likely.
    const REDO: [Speak<'d, 'b>; 6] = [
        Self::reopen_domain,
        Self::put_deleted_type,
        Self::delete_beside_namesake,
        Self::put_under_two_types,
        Self::add_several_values,
        Self::tag_alike,
    ];

    /// One of them.
    pub(super) fn redo(&mut self) {
        let at = self.draw.below(self.domains.len());
        let turn = self.draw.below(Self::REDO.len());
        Self::REDO[turn](self, at);
    }

    /// Deletes a domain and creates it again: nothing is left in it.
    fn reopen_domain(&mut self, at: usize) {
        let target = self.path(at, "");
        if !self.say(Asked::new("DeleteDomain", target, None)) {
            return;
        }
        let before = self.domains.remove(at);
        self.open_domain(before.name);
        let at = self.domains.len() - 1;
        self.list_types(at);
        self.put_type(at);
        self.search(at);
    }

    /// Deletes an object type and puts it again: no object has it.
    fn put_deleted_type(&mut self, at: usize) {
        let (Some(kind), Some(profile)) = (self.some_type(at), self.some_profile(at)) else {
            return self.put_object(at);
        };
        let target = self.path(at, &format!("/object-types/{}", kind.name));
        let body = kind.body(self.draw).into();
        self.say(Asked::new("DeleteProfileObjectType", target.clone(), None));
        self.say(Asked::new("PutProfileObjectType", target, Some(body)));
        self.list_of(at, &profile, kind.name);
    }

    /// Deletes an object type whose name is how that of another begins.
    fn delete_beside_namesake(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.put_type(at);
        };
        let target = self.path(at, &format!("/object-types/{}", kind.name));
        let longer = format!("{target}2");
        let body = kind.body(self.draw).into();
        self.say(Asked::new("PutProfileObjectType", longer, Some(body)));
        if self.say(Asked::new("DeleteProfileObjectType", target, None)) {
            let types = &mut self.domains[at].types;
            types.retain(|known| known.name != kind.name);
        }
        self.list_types(at);
    }

    /// Puts the same object with two types that are alike.
    fn put_under_two_types(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.put_type(at);
        };
        let other = kind.renamed(self.draw);
        let target = self.path(at, &format!("/object-types/{}", other.name));
        let body = other.body(self.draw).into();
        if !self.say(Asked::new("PutProfileObjectType", target, Some(body))) {
            return;
        }
        let object = escaped(&kind.object(self.draw));
        for name in [kind.name, other.name] {
            let body = json!({"ObjectTypeName": name, "Object": object});
            let target = self.path(at, "/profiles/objects");
            self.say(Asked::new("PutProfileObject", target, Some(body)));
        }
        self.domains[at]
            .types
            .retain(|known| known.name != other.name);
        self.domains[at].types.push(other.clone());
        let Some(profile) = self.some_profile(at) else {
            return self.search(at);
        };
        self.list_of(at, &profile, kind.name);
        self.list_of(at, &profile, other.name);
    }

    /// Gives a profile several values of a key at once, and looks for the last.
    fn add_several_values(&mut self, at: usize) {
        let Some(profile) = self.some_profile(at) else {
            return self.create_profile(at);
        };
        let (key, first) = self.wanted(at);
        let values = [first, "second".to_owned(), "third".to_owned()].map(|value| escaped(&value));
        let body = json!({"ProfileId": variable(&profile), "KeyName": key, "Values": values});
        let target = self.path(at, "/profiles/keys");
        self.say(Asked::new("AddProfileKey", target, Some(body)));
        self.search_for(at, key, "third");
    }

    /// Tags with keys that are nearly alike, and removes some of them.
    fn tag_alike(&mut self, at: usize) {
        let name = self.domains[at].name;
        let target = format!("/tags/${{arn|uri}}%3Adomains%2F${{{name}|uri}}");
        let tags = json!({"tags": {"stage": "1", "Stage": "2", "stages": "3"}});
        self.say(Asked::new("TagResource", target.clone(), Some(tags)));
        let removed = ["tagKeys=stage", "tagKeys=stage&tagKeys=Stage"][self.draw.below(2)];
        let untag = Asked::new("UntagResource", format!("{target}?{removed}"), None);
        self.say(untag);
        self.say(Asked::new("ListTagsForResource", target, None));
    }
}
