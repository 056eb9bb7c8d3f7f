//! What the reference reads again from the text of an object, instead of keeping it: the keys the object wrote and the
//! fields of the profile it made.
//!
//! Both follow from the text, from the mapping of the type when it was put, and from the choices of the server. A server holds
//! many objects and looks at few, and a text is read in a microsecond or two.

use std::sync::Arc;

use crate::contract::Choices;
use crate::wire::Json;

use super::index::{No, Parts};
use super::ingest::{self, Putting, Value};
use super::manner::Outcomes;
use super::plan::Plan;
use super::store::{Fields, Object};
use super::ways::Ways;

/// How an object was read: the same for all objects of a type, until the type changes.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) type_name: Arc<str>,
    pub(super) plan: Arc<Plan>,
    /// What the reference has chosen; an observer reads nothing again.
    pub(super) choices: Option<Choices>,
    /// What it does where rules list several outcomes.
    pub(super) outcomes: Outcomes,
}

/// Objects differ by what they are, not by how that was found out.
impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        self.type_name == other.type_name
    }
}

impl Eq for Reader {}

impl Reader {
    /// Whether objects are read so by that mapping and these choices.
    pub(super) fn reads(&self, plan: &Arc<Plan>, choices: Option<&Choices>) -> bool {
        self.choices.as_ref() == choices && (Arc::ptr_eq(&self.plan, plan) || self.plan == *plan)
    }

    fn read(&self, text: &str) -> Option<(Vec<Value>, Ways)> {
        let mut ways = Ways::reference(self.choices.as_ref()?, &self.outcomes);
        let object = Json::parse(text.as_bytes()).ok()?;
        let values = ingest::read(&self.plan, &object, &mut ways);
        Some((values, ways))
    }
}

/// The most definitions of keys of which an object remembers in [`Object::mask`] which ones it wrote.
pub(super) const MOST_KEYS: usize = u32::BITS as usize;

/// The keys an object wrote: those of its mask.
pub(super) fn keys(object: &Object) -> Vec<(Arc<str>, Parts)> {
    let read = (object.mask != 0).then(|| object.reader.read(&object.text));
    let Some((values, _)) = read.flatten() else {
        return Vec::new();
    };
    let plan = &object.reader.plan;
    let definitions = plan.keys.iter().take(MOST_KEYS).enumerate();
    definitions
        .filter(|(at, _)| object.mask & (1 << at) != 0)
        .filter_map(|(_, key)| Some((Arc::clone(&key.name), ingest::parts(plan, key, &values)?)))
        .collect()
}

/// The fields of a profile that an object has just made.
pub(super) fn fields(no: No, object: &Object) -> Fields {
    let Some((values, mut ways)) = object.reader.read(&object.text) else {
        return Fields::new();
    };
    let plan = &object.reader.plan;
    let putting = Putting {
        no,
        created: true,
        again: false,
        object: None,
        former: &[],
    };
    let (writes, _) = ingest::writes(plan, &values, &putting, &[], &mut ways);
    let mut fields = Fields::new();
    for (path, held) in writes {
        ingest::set(&mut fields, path, held);
    }
    fields
}
