//! Stories: conversations that go deep, written while the reference answers them.
//!
//! The writer holds the conversation with the reference model as it goes, so it knows which profiles, objects and assets
//! there are to speak of. What it writes down is the case alone; names stand for whatever only the target knows.

mod meet;
mod redo;

use serde_json::{Map, Value, json};

use super::adverse;
use super::damage;
use super::draw::Draw;
use super::types::{OWNER, Type, Values as Kind, template};
use super::{Dealing, Yield, portrait, printed, traps};
use crate::case::bind::{DEFAULT_ARN, Values, each_fresh_name, each_name, learn, message};
use crate::case::{Binding, Body, Case, Manner, Say, Step};
use crate::contract::RuleId;
use crate::contract::operation::{self, addressed};
use crate::model::{Model, Outcome};
use crate::wire::{Message, Response, percent};

/// The clock of the reference while a story is written, in milliseconds since the epoch.
const NOW_MS: i64 = 1_700_000_000_000;

/// The placeholders of the names of domains.
const DOMAINS: [&str; 2] = ["domain", "domain2"];

/// A story being written.
pub(super) struct Story<'d, 'b> {
    draw: &'d mut Draw<'b>,
    reference: Model,
    values: Values,
    case: Case,
    domains: Vec<Domain>,
    names: usize,
    /// The name of a profile that is spoken of rather than of others.
    focus: Option<String>,
    dealing: Dealing,
    yields: Yield,
}

/// Goes on with a story, in the domain of that index.
type Speak<'d, 'b> = fn(&mut Story<'d, 'b>, usize);

/// Something that a story may do next.
#[derive(Clone, Copy)]
struct Turn<'d, 'b> {
    /// How often it comes up, beside the others.
    weight: usize,
    /// What is asked for first.
    operation: &'static str,
    speak: Speak<'d, 'b>,
}

const fn turn<'d, 'b>(
    weight: usize,
    operation: &'static str,
    speak: Speak<'d, 'b>,
) -> Turn<'d, 'b> {
    Turn {
        weight,
        operation,
        speak,
    }
}

/// What a story knows of a domain.
struct Domain {
    /// The placeholder of its name.
    name: &'static str,
    types: Vec<Type>,
    /// Names that stand for the ids of profiles.
    profiles: Vec<String>,
    /// Type, and the name that stands for the key, of objects.
    objects: Vec<(&'static str, String)>,
}

impl Domain {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            types: Vec::new(),
            profiles: Vec::new(),
            objects: Vec::new(),
        }
    }
}

/// A request to be: operation by name, target and body.
pub(super) struct Asked {
    pub(super) operation: &'static str,
    pub(super) target: String,
    pub(super) body: Option<Map<String, Value>>,
    pub(super) manner: Manner,
    pub(super) bindings: Vec<Binding>,
}

impl Asked {
    fn new(operation: &'static str, target: String, body: Option<Value>) -> Self {
        Self {
            operation,
            target,
            body: match body {
                Some(Value::Object(members)) => Some(members),
                _ => None,
            },
            manner: Manner::default(),
            bindings: Vec::new(),
        }
    }

    fn binding(mut self, name: &str, pointer: &str) -> Self {
        self.bindings.push(Binding {
            name: name.to_owned(),
            pointer: pointer.to_owned(),
        });
        self
    }

    /// The step that asks.
    pub(super) fn step(&self) -> Step {
        let body = match &self.body {
            Some(members) => Body::Text(printed(members)),
            None => Body::None,
        };
        self.step_with(body)
    }

    /// The step that asks with another body.
    pub(super) fn step_with(&self, body: Body) -> Step {
        let method = operation::operation(self.operation).map_or("GET", |known| known.method);
        Step {
            about: Vec::new(),
            say: Say::Request {
                method: method.to_owned(),
                target: self.target.clone(),
                headers: Vec::new(),
                body,
            },
            manner: self.manner,
            claim: None,
            bindings: self.bindings.clone(),
        }
    }
}

impl<'d, 'b> Story<'d, 'b> {
    fn new(draw: &'d mut Draw<'b>, dealing: Dealing) -> Self {
        Self {
            draw,
            reference: Model::reference(),
            values: Values::new(),
            case: Case::default(),
            domains: Vec::new(),
            names: 0,
            focus: None,
            dealing,
            yields: Yield::default(),
        }
    }

    /// Writes a story of that kind.
    pub(super) fn write(draw: &'d mut Draw<'b>, dealing: Dealing) -> (Case, Yield) {
        let mut story = Self::new(draw, dealing);
        story.open_domain(DOMAINS[0]);
        story.put_type(0);
        let steps = story.draw.between(3, 12);
        for _ in 0..steps {
            if story.draw.is_empty() {
                break;
            }
            story.go_on();
        }
        (story.case, story.yields)
    }

    /// Steps with a few more, that speak of what those led to.
    pub(super) fn continued(draw: &'d mut Draw<'b>, steps: Vec<Step>) -> Vec<Step> {
        let mut story = Self::new(draw, Dealing::Valid);
        for step in steps {
            story.recall(step);
        }
        if story.domains.is_empty() {
            story.open_domain(DOMAINS[0]);
            story.put_type(0);
        }
        if story.draw.once_in(2) {
            // What is wrong with the fifth of something shows to whoever goes on doing the same.
            let again = story.draw.once_in(2);
            let turn = again.then(|| story.turn_as_before()).flatten();
            let (at, speak) = turn.unwrap_or_else(|| story.turn());
            for _ in 0..story.draw.between(2, 7) {
                speak(&mut story, at);
            }
        } else {
            for _ in 0..story.draw.between(1, 4) {
                match story.draw.once_in(4) {
                    true => story.redo(),
                    false => story.go_on(),
                }
            }
        }
        story.case.steps
    }

    /// Adds a step that was written before, and remembers what it led to.
    fn recall(&mut self, step: Step) {
        self.provide(&step);
        for binding in &step.bindings {
            let number = binding
                .name
                .trim_start_matches(|letter: char| !letter.is_ascii_digit());
            self.names = self.names.max(number.parse().unwrap_or(0));
        }
        if let Ok(message) = message(&step, &self.values)
            && let Some(response) = self.respond(&message)
            && response.status < 300
        {
            let _ = learn(&step, &response, &mut self.values);
            self.remember(&step, &message);
        }
        self.case.steps.push(step);
    }

    /// Notes what a step that was served has made, changed or found.
    fn remember(&mut self, step: &Step, message: &Message) {
        let (Some(operation), Say::Request { target, body, .. }) = (addressed(message), &step.say)
        else {
            return;
        };
        let within = |name: &str| target.starts_with(&format!("/domains/${{{name}}}"));
        let here = self.domains.iter().position(|domain| within(domain.name));
        let body = || -> Value {
            match body {
                Body::Text(text) => serde_json::from_str(text).unwrap_or_default(),
                _ => Value::Null,
            }
        };
        let last = target.rsplit('/').next().unwrap_or_default();
        match (operation.name, here) {
            ("CreateDomain", None) => {
                if let Some(name) = DOMAINS.into_iter().find(|name| within(name)) {
                    self.domains.push(Domain::new(name));
                }
            }
            ("DeleteDomain", Some(at)) => {
                self.domains.remove(at);
            }
            ("PutProfileObjectType", Some(at)) => {
                let types = &mut self.domains[at].types;
                types.retain(|known| known.name != last);
                types.extend(Type::read(last, &body()));
            }
            ("DeleteProfileObjectType", Some(at)) => {
                self.domains[at].types.retain(|known| known.name != last);
            }
            (_, Some(at)) => {
                for binding in &step.bindings {
                    if binding.pointer.ends_with("/ProfileId") && self.knows(&binding.name) {
                        self.domains[at].profiles.push(binding.name.clone());
                    }
                    if binding.pointer == "/ProfileObjectUniqueKey" {
                        let (domain, body) = (&mut self.domains[at], body());
                        let mut types = domain.types.iter();
                        let kind = types.find(|kind| body["ObjectTypeName"] == kind.name);
                        if let Some(kind) = kind {
                            domain.objects.push((kind.name, binding.name.clone()));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Opens a second domain; where there is one, the first has another object.
    fn open_another(&mut self, at: usize) {
        if self.domains.len() > 1 {
            return self.put_object(at);
        }
        self.open_domain(DOMAINS[1]);
        self.put_type(1);
    }

    fn open_domain(&mut self, name: &'static str) {
        let days = [30, 1, 1096][self.draw.below(3)];
        let mut body = json!({"DefaultExpirationDays": days});
        if self.draw.once_in(6) {
            let (member, value) = self.domain_member();
            body[member] = value;
        }
        self.say(Asked::new(
            "CreateDomain",
            format!("/domains/${{{name}}}"),
            Some(body),
        ));
        self.domains.push(Domain::new(name));
    }

    /// A member that a domain may have, and a value for it.
    fn domain_member(&mut self) -> (&'static str, Value) {
        match self.draw.below(4) {
            0 => ("Tags", tags(self.draw)),
            1 => ("Matching", json!({"Enabled": false})),
            2 => ("DefaultEncryptionKey", "".into()),
            _ => ("DeadLetterQueueUrl", "".into()),
        }
    }

    /// What a story may do next.
    const TURNS: [Turn<'d, 'b>; 24] = [
        turn(22, "PutProfileObject", Self::put_object),
        turn(14, "SearchProfiles", Self::search),
        turn(12, "ListProfileObjects", Self::list_objects),
        turn(6, "PutProfileObjectType", Self::put_type),
        turn(5, "CreateProfile", Self::create_profile),
        turn(4, "UpdateProfile", Self::update_profile),
        turn(4, "ListProfileObjects", Self::list_standards),
        turn(3, "GetProfileObjectType", Self::show_type),
        turn(3, "AddProfileKey", Self::add_key),
        turn(2, "DeleteProfileKey", Self::delete_key),
        turn(3, "DeleteProfileObject", Self::delete_object),
        turn(2, "DeleteProfile", Self::delete_profile),
        turn(2, "MergeProfiles", Self::merge),
        turn(2, "ListProfileObjectTypes", Self::list_types),
        turn(2, "GetDomain", Self::show_domain),
        turn(2, "UpdateDomain", Self::update_domain),
        turn(2, "DeleteProfileObjectType", Self::delete_type),
        turn(2, "TagResource", Self::tag),
        turn(1, "GetProfileObjectTypeTemplate", Self::show_template),
        turn(2, "PutProfileObject", Self::put_objects_that_meet),
        turn(1, "PutProfileObject", Self::put_object_of_template),
        turn(1, "ListDomains", Self::list_domains),
        turn(1, "ListProfileObjectTypeTemplates", Self::list_templates),
        turn(2, "CreateDomain", Self::open_another),
    ];

    /// One more step, or a few that belong together.
    fn go_on(&mut self) {
        let (at, speak) = self.turn();
        speak(self, at);
    }

    /// The domain that is next to be spoken of, and how.
    fn turn(&mut self) -> (usize, Speak<'d, 'b>) {
        let at = self.draw.below(self.domains.len());
        let turn = self.draw.weighed(&Self::TURNS.map(|turn| turn.weight));
        (at, Self::TURNS[turn].speak)
    }

    /// The same for more of what one of the steps so far does. The profile that it speaks of is spoken of rather than others, from now on.
    fn turn_as_before(&mut self) -> Option<(usize, Speak<'d, 'b>)> {
        let step = self.draw.pick(&self.case.steps)?;
        let operation = addressed(&message(step, &self.values).ok()?)?.name;
        let turn = Self::TURNS
            .iter()
            .find(|turn| turn.operation == operation)?;
        let mut names = Vec::new();
        each_name(step, &mut |name| names.push(name));
        let mut domains = self.domains.iter();
        let at = domains.position(|domain| names.contains(&domain.name))?;
        let mut named = self.domains[at].profiles.clone();
        named.retain(|profile| names.contains(&profile.as_str()));
        self.focus = self.draw.pick(&named).cloned();
        Some((at, turn.speak))
    }

    fn put_type(&mut self, at: usize) {
        let usual = self.types(at).first().map(|known| known.name);
        let again = self.draw.once_in(2);
        let kind = Type::draw(self.draw, usual.filter(|_| again));
        let target = self.path(at, &format!("/object-types/{}", kind.name));
        let body = if self.draw.once_in(12) {
            let id = template(self.draw);
            json!({"Description": "from a template", "TemplateId": id})
        } else {
            Value::Object(kind.body(self.draw))
        };
        let from_template = body.get("TemplateId").is_some();
        let served = self.say(Asked::new("PutProfileObjectType", target, Some(body)));
        let types = &mut self.domains[at].types;
        if served {
            types.retain(|known| known.name != kind.name);
            if !from_template {
                types.push(kind);
            }
        }
    }

    fn put_object(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.create_profile(at);
        };
        let object = kind.object(self.draw);
        self.put(at, kind.name, &object);
        if self.draw.once_in(3)
            && let Some((key, value)) = kind.value_of(&object)
            && let Some(profile) = self.search_for(at, key, &value)
        {
            if let Some(standard) = kind.standard() {
                self.list_standards_of(at, &profile, standard);
            } else if self.draw.once_in(3) {
                self.list_of(at, &profile, kind.name);
            }
        }
    }

    /// Puts an object, and remembers its key.
    fn put(&mut self, at: usize, kind: &'static str, object: &str) {
        let mut text = escaped(object);
        if object.contains(OWNER) {
            let owner = match self.some_profile(at) {
                Some(profile) => variable(&profile),
                None => "0".repeat(32),
            };
            text = text.replace(&escaped(OWNER), &owner);
        }
        let name = self.name("k");
        let asked = Asked::new(
            "PutProfileObject",
            self.path(at, "/profiles/objects"),
            Some(json!({"ObjectTypeName": kind, "Object": text})),
        );
        if self.say(asked.binding(&name, "/ProfileObjectUniqueKey")) && self.knows(&name) {
            self.domains[at].objects.push((kind, name));
        }
    }

    /// A key that is there, and a value that somebody has, almost has, or nobody.
    fn wanted(&mut self, at: usize) -> (&'static str, String) {
        let own = self.some_type(at);
        let own = own.and_then(|kind| kind.searchable(self.draw));
        let standard: [(&'static str, Kind); 5] = [
            ("_email", Kind::Mail),
            ("_phone", Kind::Phone),
            ("_account", Kind::Text),
            ("_fullName", Kind::Name),
            ("noSuchKey", Kind::Text),
        ];
        let (name, kind) = match own {
            Some(own) if !self.draw.once_in(4) => own,
            _ => standard[self.draw.below(standard.len())],
        };
        let value = match self.draw.weighed(&[12, 1]) {
            0 if name == "_fullName" => "Ann Bob",
            0 => kind.value(self.draw),
            _ => "nobody has this",
        };
        (name, value.to_owned())
    }

    fn search(&mut self, at: usize) {
        let (key, value) = self.wanted(at);
        let profile = self.some_profile(at).filter(|_| self.draw.once_in(5));
        let body = match profile {
            Some(profile) => json!({"KeyName": "_profileId", "Values": [variable(&profile)]}),
            None if self.draw.once_in(8) => {
                let (_, other) = self.wanted(at);
                json!({"KeyName": key, "Values": [escaped(&value), escaped(&other)]})
            }
            None => json!({"KeyName": key, "Values": [escaped(&value)]}),
        };
        let name = self.name("p");
        let mut asked = Asked::new(
            "SearchProfiles",
            self.path(at, "/profiles/search"),
            Some(body),
        );
        if self.draw.once_in(3) {
            asked.target.push_str("?max-results=1");
            asked.manner.pages = Some(9);
        }
        self.find(at, asked, name);
    }

    /// Looks for the profile that has a value, and remembers it.
    fn search_for(&mut self, at: usize, key: &str, value: &str) -> Option<String> {
        let body = json!({"KeyName": key, "Values": [escaped(value)]});
        let name = self.name("p");
        let target = self.path(at, "/profiles/search");
        let asked = Asked::new("SearchProfiles", target, Some(body));
        self.find(at, asked, name)
    }

    fn find(&mut self, at: usize, asked: Asked, name: String) -> Option<String> {
        self.say(asked.binding(&name, "/Items/0/ProfileId"));
        let found = self.knows(&name).then_some(name)?;
        self.domains[at].profiles.push(found.clone());
        Some(found)
    }

    fn list_objects(&mut self, at: usize) {
        let Some(profile) = self.some_profile(at) else {
            return self.search(at);
        };
        let Some(kind) = self.some_type(at) else {
            return;
        };
        let mut asked = Asked::new(
            "ListProfileObjects",
            self.path(at, "/profiles/objects"),
            Some(json!({"ProfileId": variable(&profile), "ObjectTypeName": kind.name})),
        );
        if self.draw.once_in(2) {
            let size = self.draw.between(1, 3);
            asked.target.push_str(&format!("?max-results={size}"));
            asked.manner.pages = Some(9);
        }
        self.say(asked);
    }

    fn list_standards(&mut self, at: usize) {
        let Some(profile) = self.some_profile(at) else {
            return self.search(at);
        };
        let standard = ["_asset", "_case"][self.draw.below(2)];
        self.list_standards_of(at, &profile, standard);
    }

    /// Lists the assets or cases of a profile: all, then the first by its id, or those with some value.
    fn list_standards_of(&mut self, at: usize, profile: &str, standard: &str) {
        let (id, key, others): (_, _, &[_]) = match standard {
            "_asset" => ("AssetId", "_assetId", &["_assetName", "_serialNumber"]),
            _ => ("CaseId", "_caseId", &[]),
        };
        let target = self.path(at, "/profiles/objects");
        let list = |filter: Option<(&str, String)>| {
            let mut body = json!({"ProfileId": variable(profile), "ObjectTypeName": standard});
            if let Some((key, value)) = filter {
                body["ObjectFilter"] = json!({"KeyName": key, "Values": [value]});
            }
            Asked::new("ListProfileObjects", target.clone(), Some(body))
        };
        if self.draw.once_in(2) {
            let keys = [&[key], others].concat();
            let key = keys[self.draw.below(keys.len())];
            let value = escaped(Kind::Text.value(self.draw));
            self.say(list(Some((key, value))));
            return;
        }
        let name = self.name("s");
        self.say(list(None).binding(&name, &format!("/Items/0/Object/{id}")));
        if self.knows(&name) && self.draw.once_in(2) {
            self.say(list(Some((key, variable(&name)))));
        }
    }

    fn create_profile(&mut self, at: usize) {
        let body = self.profile_fields();
        let name = self.name("p");
        let asked = Asked::new(
            "CreateProfile",
            self.path(at, "/profiles"),
            Some(Value::Object(body)),
        );
        if self.say(asked.binding(&name, "/ProfileId")) && self.knows(&name) {
            self.domains[at].profiles.push(name.clone());
            if self.draw.once_in(4) {
                self.look_up(at, &name);
            }
        }
    }

    fn profile_fields(&mut self) -> Map<String, Value> {
        let mut body = Map::new();
        for _ in 0..self.draw.between(1, 3) {
            let (name, kind) = portrait::member(self.draw);
            let value = kind.value(self.draw);
            body.insert(name.to_owned(), escaped(value).into());
        }
        match self.draw.below(8) {
            4 => {
                let (first, address) = portrait::address(self.draw);
                body.insert(first.into(), address);
                let (second, address) = portrait::address(self.draw);
                body.insert(second.into(), address);
            }
            5 => {
                body.insert("Attributes".into(), portrait::attributes(self.draw));
            }
            6 => {
                body.insert("Address".into(), json!({"City": "Oslo", "Country": "NO"}));
            }
            7 => {
                let (name, value) =
                    [("Gender", "UNSPECIFIED"), ("PartyType", "OTHER")][self.draw.below(2)];
                body.insert(name.into(), value.into());
            }
            _ => {}
        }
        body
    }

    fn update_profile(&mut self, at: usize) {
        let Some(profile) = self.some_profile(at) else {
            return self.create_profile(at);
        };
        let mut body = self.profile_fields();
        body.insert("ProfileId".into(), variable(&profile).into());
        let name = self
            .draw
            .text(&["FirstName", "AccountNumber", "BusinessName"]);
        if self.draw.once_in(3) {
            // An empty text takes the value away.
            body.insert(name.to_owned(), "".into());
        }
        if self.draw.once_in(8) {
            let attribute = self.draw.text(&portrait::ATTRIBUTES);
            body.insert("Attributes".into(), json!({attribute: ""}));
        }
        let target = self.path(at, "/profiles");
        self.say(Asked::new(
            "UpdateProfile",
            target,
            Some(Value::Object(body)),
        ));
        self.look_up(at, &profile);
    }

    /// Shows a profile by its id.
    fn look_up(&mut self, at: usize, profile: &str) {
        let body = json!({"KeyName": "_profileId", "Values": [variable(profile)]});
        let target = self.path(at, "/profiles/search");
        self.say(Asked::new("SearchProfiles", target, Some(body)));
    }

    fn add_key(&mut self, at: usize) {
        self.change_key(at, "AddProfileKey", "/profiles/keys");
    }

    fn delete_key(&mut self, at: usize) {
        self.change_key(at, "DeleteProfileKey", "/profiles/keys/delete");
    }

    fn change_key(&mut self, at: usize, operation: &'static str, path: &str) {
        let Some(profile) = self.some_profile(at) else {
            return self.create_profile(at);
        };
        let (key, value) = self.wanted(at);
        let values = json!([escaped(&value)]);
        let body = json!({"ProfileId": variable(&profile), "KeyName": key, "Values": values});
        let target = self.path(at, path);
        self.say(Asked::new(operation, target, Some(body)));
        let body = json!({"KeyName": key, "Values": values});
        let target = self.path(at, "/profiles/search");
        self.say(Asked::new("SearchProfiles", target, Some(body)));
    }

    fn delete_object(&mut self, at: usize) {
        let here = &self.domains[at];
        let mut pairs = Vec::new();
        for (kind, object) in here.objects.iter().rev() {
            for profile in &here.profiles {
                let members = json!({
                    "ProfileId": variable(profile), "ProfileObjectUniqueKey": variable(object), "ObjectTypeName": kind
                });
                pairs.push((*kind, profile.clone(), members));
            }
        }
        let target = self.path(at, "/profiles/objects/delete");
        // One that belongs together, if there is any: others are refused.
        let fits = |(_, _, members): &&(&str, String, Value)| {
            let asked = Asked::new("DeleteProfileObject", target.clone(), Some(members.clone()));
            message(&asked.step(), &self.values).is_ok_and(|message| self.would_serve(&message))
        };
        let Some((kind, profile, members)) = pairs.iter().find(fits).cloned() else {
            return self.put_object(at);
        };
        self.say(Asked::new("DeleteProfileObject", target, Some(members)));
        self.list_of(at, &profile, kind);
    }

    /// Lists the objects of a profile that have a type.
    fn list_of(&mut self, at: usize, profile: &str, kind: &str) {
        let body = json!({"ProfileId": variable(profile), "ObjectTypeName": kind});
        let target = self.path(at, "/profiles/objects");
        self.say(Asked::new("ListProfileObjects", target, Some(body)));
    }

    fn delete_profile(&mut self, at: usize) {
        let Some(profile) = self.some_profile(at) else {
            return self.create_profile(at);
        };
        let target = self.path(at, "/profiles/delete");
        let body = json!({"ProfileId": variable(&profile)});
        self.say(Asked::new("DeleteProfile", target, Some(body)));
        self.look_up(at, &profile);
    }

    fn merge(&mut self, at: usize) {
        let Some(main) = self.focus.clone().or_else(|| self.some_profile(at)) else {
            return self.create_profile(at);
        };
        let mut others = self.domains[at].profiles.clone();
        others.retain(|other| self.values.get(other) != self.values.get(&main));
        // One that is spoken of takes in more and more, and what was taken in is gone.
        if self.focus.is_some() || others.is_empty() {
            self.create_profile(at);
            others = self.domains[at]
                .profiles
                .last()
                .cloned()
                .into_iter()
                .collect();
        }
        let Some(other) = self.draw.pick(&others).cloned() else {
            return;
        };
        if self.values.get(&main) == self.values.get(&other) {
            return;
        }
        let mut body = json!({
            "MainProfileId": variable(&main), "ProfileIdsToBeMerged": [variable(&other)]
        });
        if self.draw.once_in(3) {
            let (member, _) = portrait::member(self.draw);
            body["FieldSourceProfileIds"] = json!({member: variable(&other)});
        }
        let target = self.path(at, "/profiles/objects/merge");
        self.say(Asked::new("MergeProfiles", target, Some(body)));
        self.look_up(at, &main);
        self.look_up(at, &other);
    }

    fn show_type(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.put_type(at);
        };
        let target = self.path(at, &format!("/object-types/{}", kind.name));
        let target = self.encoded_now_and_then(target);
        self.say(Asked::new("GetProfileObjectType", target, None));
    }

    /// The target, now and then with an escape in its label, which changes nothing, or with one that is escaped itself.
    fn encoded_now_and_then(&mut self, target: String) -> String {
        match self.draw.once_in(8) {
            true => traps::with_character(self.draw, &target).unwrap_or(target),
            false => target,
        }
    }

    fn delete_type(&mut self, at: usize) {
        let Some(kind) = self.some_type(at) else {
            return self.put_type(at);
        };
        let target = self.path(at, &format!("/object-types/{}", kind.name));
        if self.say(Asked::new("DeleteProfileObjectType", target, None)) {
            let types = &mut self.domains[at].types;
            types.retain(|known| known.name != kind.name);
        }
        self.list_types(at);
    }

    fn list_types(&mut self, at: usize) {
        let size = self.draw.below(4);
        let mut asked = Asked::new(
            "ListProfileObjectTypes",
            self.path(at, "/object-types"),
            None,
        );
        if size > 0 {
            asked.target.push_str(&format!("?max-results={size}"));
        }
        asked.manner.pages = Some(9);
        self.say(asked);
    }

    fn show_domain(&mut self, at: usize) {
        let target = self.path(at, "");
        let target = self.encoded_now_and_then(target);
        self.say(Asked::new("GetDomain", target, None));
    }

    fn list_domains(&mut self, _: usize) {
        let mut asked = Asked::new("ListDomains", "/domains?max-results=100".to_owned(), None);
        asked.manner.pages = Some(9);
        self.say(asked);
    }

    fn update_domain(&mut self, at: usize) {
        let target = self.path(at, "");
        let days = [7, 1, 1096][self.draw.below(3)];
        let mut body = json!({"DefaultExpirationDays": days});
        match self.draw.below(6) {
            3 | 4 => body["Tags"] = json!({"stage": "prod"}),
            5 => {
                // What is left out stays as it is.
                let (member, value) = self.domain_member();
                body = json!({member: value});
            }
            _ => {}
        }
        self.say(Asked::new("UpdateDomain", target, Some(body)));
        self.show_domain(at);
    }

    fn tag(&mut self, at: usize) {
        let target = self.resource(at);
        match self.draw.below(2) {
            0 => {
                let body = json!({"tags": tags(self.draw)});
                self.say(Asked::new("TagResource", target.clone(), Some(body)));
            }
            _ => {
                let keys: Vec<String> = (0..self.draw.between(1, 2))
                    .map(|_| format!("tagKeys={}", percent::encode(self.draw.text(&TAG_KEYS))))
                    .collect();
                let target = format!("{target}?{}", keys.join("&"));
                self.say(Asked::new("UntagResource", target, None));
            }
        }
        self.say(Asked::new("ListTagsForResource", target, None));
    }

    /// Where the tags of a domain, or of one of its types, are.
    fn resource(&mut self, at: usize) -> String {
        let name = self.domains[at].name;
        let domain = format!("/tags/${{arn|uri}}%3Adomains%2F${{{name}|uri}}");
        let kind = match self.draw.once_in(3) {
            true => self.some_type(at),
            false => None,
        };
        match kind {
            Some(kind) => format!("{domain}%2Fobject-types%2F{}", kind.name),
            None => domain,
        }
    }

    fn show_template(&mut self, _: usize) {
        let target = format!("/templates/{}", template(self.draw));
        self.say(Asked::new("GetProfileObjectTypeTemplate", target, None));
    }

    fn list_templates(&mut self, _: usize) {
        let size = [100, 2, 5][self.draw.below(3)];
        let target = format!("/templates?max-results={size}");
        let mut asked = Asked::new("ListProfileObjectTypeTemplates", target, None);
        asked.manner.pages = Some(9);
        self.say(asked);
    }

    /// Adds a step, as it should be or spoilt, and hears what the reference says. Returns whether it was served as it
    /// was meant to be.
    fn say(&mut self, asked: Asked) -> bool {
        let meant = self.dealing;
        if meant != Dealing::Valid && !self.case.steps.is_empty() && self.draw.once_in(3) {
            self.spoil(&asked);
            if self.draw.once_in(2) {
                return false;
            }
        }
        let step = asked.step();
        self.provide(&step);
        let Ok(message) = message(&step, &self.values) else {
            return false;
        };
        // A request that is refused leaves no trace with the reference.
        let response = self.respond(&message);
        let served = response
            .as_ref()
            .is_some_and(|response| response.status < 300);
        // What the reference refuses is seldom worth a request that breaks no rule on purpose.
        if !served && !self.draw.once_in(8) {
            return false;
        }
        self.yields.note(asked.operation, served);
        let mut step = step;
        if let Some(response) = &response
            && learn(&step, response, &mut self.values).is_err()
        {
            step.bindings.clear();
        }
        self.case.steps.push(step);
        served
    }

    /// Adds a damaged version of a request, or one that breaks a single rule.
    fn spoil(&mut self, asked: &Asked) {
        let plain = asked.step();
        self.provide(&plain);
        let Ok(proper) = message(&plain, &self.values) else {
            return;
        };
        if self.dealing == Dealing::Damaged {
            if let Some(step) = damage::step(self.draw, &plain, &proper) {
                self.push_spoilt(step);
            }
            return;
        }
        let Some(mut step) = adverse::step(self.draw, asked) else {
            return;
        };
        step.bindings.clear();
        step.manner = Manner::default();
        self.provide(&step);
        let Ok(spoilt) = message(&step, &self.values) else {
            return;
        };
        match self.broken(&spoilt) {
            Broken::None => {}
            Broken::One(rule) => {
                if !self.case.aims.contains(&rule) {
                    self.case.aims.push(rule);
                }
                self.yields.adversarial += 1;
            }
            // Of how a path is written several rules may speak at once.
            Broken::Several if target_of(&step) != asked.target => {}
            Broken::Several => return,
        }
        self.push_spoilt(step);
    }

    fn push_spoilt(&mut self, mut step: Step) {
        step.bindings.clear();
        self.provide(&step);
        if let Ok(message) = message(&step, &self.values) {
            self.respond(&message);
            self.case.steps.push(step);
        }
    }

    fn would_serve(&self, message: &Message) -> bool {
        let expectation = self.reference.expect(message);
        let first = expectation.allowed.first();
        first.is_some_and(|allowed| allowed.outcome == Outcome::Served)
    }

    /// How many rules a request breaks, for all the reference knows.
    fn broken(&self, message: &Message) -> Broken {
        let expectation = self.reference.expect(message);
        let refused = |outcome| matches!(outcome, Outcome::Refused(_));
        let Some(first) = expectation.allowed.first() else {
            return Broken::None;
        };
        if !expectation
            .allowed
            .iter()
            .all(|allowed| refused(allowed.outcome))
        {
            return Broken::None;
        }
        match first.rules.as_slice() {
            [] => Broken::None,
            [rule] => Broken::One(*rule),
            [rule, others @ ..] if others.iter().all(|other| other == rule) => Broken::One(*rule),
            _ => Broken::Several,
        }
    }

    fn respond(&mut self, message: &Message) -> Option<Response> {
        match message {
            Message::Request(request) => Some(self.reference.respond(request, NOW_MS)),
            Message::Raw(_) => None,
        }
    }

    /// Gives the names of a step that a run would provide a value.
    fn provide(&mut self, step: &Step) {
        each_fresh_name(step, &mut |name| {
            if self.values.get(name).is_none() {
                let value = match name {
                    "arn" => DEFAULT_ARN.to_owned(),
                    other => format!("pc-{other}"),
                };
                self.values.set(name, value);
            }
        });
    }

    fn path(&self, at: usize, rest: &str) -> String {
        format!("/domains/${{{}}}{rest}", self.domains[at].name)
    }

    fn types(&self, at: usize) -> &[Type] {
        &self.domains[at].types
    }

    fn some_type(&mut self, at: usize) -> Option<Type> {
        self.draw.pick(&self.domains[at].types).cloned()
    }

    /// One of the domain's profiles, seldom one of another domain.
    fn some_profile(&mut self, at: usize) -> Option<String> {
        if self.focus.is_some() && self.draw.once_in(2) {
            return self.focus.clone();
        }
        let at = match self.draw.once_in(16) {
            true => self.draw.below(self.domains.len()),
            false => at,
        };
        self.draw.pick(&self.domains[at].profiles).cloned()
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn knows(&self, name: &str) -> bool {
        self.values.get(name).is_some()
    }
}

/// The target of a request.
fn target_of(step: &Step) -> &str {
    match &step.say {
        Say::Request { target, .. } => target,
        Say::Raw(_) => "",
    }
}

/// How many rules a request breaks.
enum Broken {
    None,
    One(RuleId),
    Several,
}

/// Keys of tags, with every kind of character they may have.
const TAG_KEYS: [&str; 9] = [
    "stage", "owner", "a/b", "Stage", "a+b", "a=b", "1;a:b", "<_.-,", "stages",
];

/// One or two tags.
fn tags(draw: &mut Draw<'_>) -> Value {
    let mut tags = Map::new();
    for _ in 0..draw.between(1, 2) {
        let value = draw.text(&["x", "y", "", "X", "a b", " ", "\u{e9}\u{1f600}", "&=+%2F"]);
        tags.insert(draw.text(&TAG_KEYS).to_owned(), value.into());
    }
    tags.into()
}

/// A value that has a name.
fn variable(name: &str) -> String {
    format!("${{{name}}}")
}

/// Text that stands for itself, even where it looks like a placeholder.
fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}
