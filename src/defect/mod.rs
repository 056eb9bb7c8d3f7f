//! Servers that are wrong in one way each: what the checks are checked with.
//!
//! A [`Flawed`] server answers as the reference does but for one [`Defect`]: it changes a request before the reference
//! hears it, or an answer before the client does. `tests/defects.rs` shows that every defect is found, by the rule it
//! breaks; `serve --defect ID` shows a newcomer what a finding looks like.
//!
//! The degree says how much it takes to meet a defect: 1, one request with a boundary value; 2, one particular request;
//! 3, a request whose effect is looked at; 4, several requests that have to do with each other; 5, particular values in a
//! longer conversation, or a defect that shows only now and then.

use crate::bend as call;
mod bounds;
mod domains;
mod lists;
mod mapping;
mod object_types;
mod objects;
mod profiles;
mod protocol;

use std::collections::BTreeMap;

use self::call::{Call, Said};
use crate::contract::RuleId;
use crate::model::Model;
use crate::wire::json::Number;
use crate::wire::{Json, Request, Respond, Response};

/// One way to be wrong.
#[derive(Debug)]
pub struct Defect {
    /// Its name, as `serve --defect` takes it.
    pub id: &'static str,
    /// The rules it breaks; a finding names one of them.
    pub rules: &'static [RuleId],
    /// How much it takes to meet it, from 1 to 5.
    pub degree: u8,
    /// What the server does, as a sentence without a subject.
    pub about: &'static str,
    act: Act,
}

/// How a server is wrong.
enum Act {
    /// Takes texts of one character more than `most`.
    Longer(&'static str, &'static [&'static str], usize),
    /// Refuses texts of `most` characters.
    Shorter(&'static str, &'static [&'static str], usize),
    /// Takes a request without a member, as if it held this JSON.
    Lacking(&'static str, &'static str, &'static str),
    /// Leaves a member out of the answers.
    Silent(&'static str, &'static [&'static str]),
    /// Understands another mapping than it was given, and shows the one it was given.
    Mapping(fn(&mut Json)),
    /// Whatever else.
    Else(fn(&mut Call, &mut Inner) -> Said),
}

impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Act")
    }
}

/// All defects, by group.
pub fn all() -> impl Iterator<Item = &'static Defect> {
    [
        protocol::DEFECTS,
        domains::DEFECTS,
        object_types::DEFECTS,
        mapping::DEFECTS,
        objects::DEFECTS,
        profiles::DEFECTS,
        lists::DEFECTS,
        bounds::DEFECTS,
    ]
    .into_iter()
    .flatten()
}

/// The defect of that name.
pub fn named(id: &str) -> Option<&'static Defect> {
    all().find(|defect| defect.id == id)
}

/// A server with one defect.
#[derive(Debug, Clone)]
pub struct Flawed {
    defect: &'static Defect,
    inner: Inner,
}

/// What a server with a defect remembers.
#[derive(Debug, Clone)]
struct Inner {
    model: Model,
    /// Whatever a defect keeps from one request to the next.
    notes: BTreeMap<String, Json>,
}

impl Flawed {
    /// A server without any state yet.
    pub fn new(defect: &'static Defect) -> Self {
        Self {
            defect,
            inner: Inner {
                model: Model::reference(),
                notes: BTreeMap::new(),
            },
        }
    }
}

impl Respond for Flawed {
    fn respond(&mut self, request: &Request, now_ms: i64) -> Response {
        let mut call = Call::of(request, now_ms);
        let inner = &mut self.inner;
        let said = match &self.defect.act {
            Act::Longer(operation, path, most) => {
                if call.is(operation) {
                    let mut cut = |text: &mut String| {
                        if text.chars().count() == most + 1 {
                            text.pop();
                        }
                    };
                    call.change(|body| call::texts(body, path, &mut cut));
                }
                inner.ask(&call)
            }
            Act::Shorter(operation, path, most) => {
                let mut met = false;
                if call.is(operation) {
                    let mut look = |text: &mut String| met |= text.chars().count() == *most;
                    call::texts(&mut call.body.clone(), path, &mut look);
                }
                if met {
                    Said::bad("too long")
                } else {
                    inner.ask(&call)
                }
            }
            Act::Lacking(operation, member, instead) => {
                if call.is(operation) && call.lacks(member) {
                    call.set(member, call::json(instead));
                }
                inner.ask(&call)
            }
            Act::Silent(operation, path) => {
                let mut said = inner.ask(&call);
                if call.is(operation) && said.is_served() {
                    call::remove(&mut said.body, path);
                }
                said
            }
            Act::Mapping(change) => inner.ask_with_other_mapping(&mut call, *change),
            Act::Else(act) => act(&mut call, inner),
        };
        said.into_response()
    }
}

impl Inner {
    /// What the reference says.
    fn ask(&mut self, call: &Call) -> Said {
        Said::of(self.model.respond(&call.request(), call.now_ms))
    }

    /// What the reference would say, without its effect.
    fn ask_in_passing(&self, call: &Call) -> Said {
        Said::of(self.model.clone().respond(&call.request(), call.now_ms))
    }

    /// How often this was asked, this time included.
    fn count(&mut self, what: &str) -> i64 {
        let count = self
            .notes
            .get(what)
            .and_then(Json::as_number)
            .and_then(Number::as_i64)
            .unwrap_or(0)
            + 1;
        self.notes
            .insert(what.to_owned(), call::json(&count.to_string()));
        count
    }

    /// Remembers something.
    fn note(&mut self, key: String, value: Json) {
        self.notes.insert(key, value);
    }

    /// What was remembered under a key.
    fn noted(&self, key: &str) -> Option<&Json> {
        self.notes.get(key)
    }

    /// Forgets something.
    fn forget(&mut self, key: &str) -> Option<Json> {
        self.notes.remove(key)
    }

    /// What was remembered under keys that begin so, with the rest of each key.
    fn noted_under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Json)> {
        self.notes
            .range(prefix.to_owned()..)
            .map_while(move |(key, value)| Some((key.strip_prefix(prefix)?, value)))
    }

    /// Hands the reference another mapping than was put, and shows the one that was.
    fn ask_with_other_mapping(&mut self, call: &mut Call, change: fn(&mut Json)) -> Said {
        let key = format!("mapping/{}/{}", call.label(0), call.label(1));
        if call.is("PutProfileObjectType") {
            let given = call.body.clone();
            // Whether the put is right is told by what was put.
            if !self.ask_in_passing(call).is_served() {
                return self.ask(call);
            }
            call.change(change);
            let mut said = self.ask(call);
            if said.is_served() {
                restore(&mut said.body, &given);
                self.note(key, given);
            }
            return said;
        }
        let mut said = self.ask(call);
        if call.is("GetProfileObjectType")
            && said.is_served()
            && let Some(given) = self.noted(&key)
        {
            restore(&mut said.body, given);
        }
        said
    }
}

/// Shows the members of a mapping as they were given.
fn restore(shown: &mut Json, given: &Json) {
    for member in ["Fields", "Keys", "AllowProfileCreation"] {
        match given.get(member) {
            Some(Json::Null) | None => {}
            Some(value) => call::set(shown, member, value.clone()),
        }
    }
    if given.get("AllowProfileCreation").is_none() && given.get("TemplateId").is_none() {
        call::set(shown, "AllowProfileCreation", Json::Bool(false));
    }
}
