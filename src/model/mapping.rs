//! The mapping of an object type: what a put says about fields and keys, and what speaks against it.
//!
//! Shapes and limits have been checked before; here is what takes more than one member to see (contract 3.3 to 3.5):
//! keys that refer to fields, identifiers that exclude each other, targets that do not exist.

use std::collections::HashMap;
use std::sync::Arc;

use crate::contract::validate::Input;
use crate::contract::{Options, Refusals, template};
use crate::wire::Json;
use crate::{choice, rule};

use super::gate::{Gate, Ground};
use super::pattern::{Map, Object, Pattern, Presence, Rules, Slot, required, rules};
use super::plan::Plan;
use super::world::{Domain, Mapping, ObjectType, OwnMapping, Template, World};

/// Keys per object type that must work (quota.keys-per-type).
const KEYS_PER_TYPE: usize = 10;

/// Fields per object type that must work (quota.fields-per-type).
const FIELDS_PER_TYPE: usize = 250;

/// Up to this many members, comparing each name with each costs less than hashing them.
const FEW: usize = 16;

const BAD: Refusals = Refusals::BAD;
const FIRST: Options = Options::only(0);
const SECOND: Options = Options::only(1);

/// The members of a put that make up a mapping.
pub(super) struct Request<'a> {
    pub(super) description: &'a str,
    pub(super) template: Option<&'a str>,
    fields: Vec<Field<'a>>,
    keys: Vec<(&'a str, Vec<Key<'a>>)>,
    /// `AllowProfileCreation`, if given.
    allow_creation: Option<bool>,
    /// Whether `Fields` or `Keys` are given, empty or not.
    mentions_mapping: bool,
    /// `Fields` and `Keys` as given.
    given: (Option<&'a Json>, Option<&'a Json>),
}

/// An entry of `Fields`.
struct Field<'a> {
    name: &'a str,
    source: Option<&'a str>,
    target: Option<&'a str>,
    content_type: Option<&'a str>,
}

/// A definition of a key.
struct Key<'a> {
    identifiers: Vec<&'a str>,
    field_names: Vec<&'a str>,
}

impl Key<'_> {
    fn is(&self, identifier: &str) -> bool {
        self.identifiers.contains(&identifier)
    }
}

impl<'a> Request<'a> {
    /// Reads the members of a request whose shapes are right.
    pub(super) fn read(input: &'a Input) -> Self {
        Self {
            description: input
                .member("Description")
                .and_then(Json::as_str)
                .unwrap_or_default(),
            template: input.member("TemplateId").and_then(Json::as_str),
            fields: fields(input.member("Fields")),
            keys: keys(input.member("Keys")),
            allow_creation: input.member("AllowProfileCreation").and_then(Json::as_bool),
            mentions_mapping: input.member("Fields").is_some() || input.member("Keys").is_some(),
            given: (input.member("Fields"), input.member("Keys")),
        }
    }

    /// Whether it has fields or keys of its own.
    pub(super) fn has_mapping(&self) -> bool {
        !self.fields.is_empty() || !self.keys.is_empty()
    }

    /// Fields and keys as they are expected back.
    pub(super) fn own_mapping(&self) -> OwnMapping {
        let fields = self
            .fields
            .iter()
            .map(|field| (field.name.to_owned(), field.pattern()))
            .collect();
        let (empty, defined): (Vec<_>, Vec<_>) =
            self.keys.iter().partition(|(_, list)| list.is_empty());
        let keys = defined
            .iter()
            .map(|(name, list)| {
                (
                    (*name).to_owned(),
                    Pattern::List(list.iter().map(Key::pattern).collect()),
                )
            })
            .collect();
        let contents = self
            .keys
            .iter()
            .flat_map(|(name, list)| {
                list.iter()
                    .map(|key| ((*name).to_owned(), self.contents(key)))
            })
            .collect();
        OwnMapping {
            fields: Arc::new(Pattern::Map(Box::new(Map {
                entries: fields,
                tolerated: Vec::new(),
                rules: rules!["put-type.echo.fields", "put-type.upsert"],
                extra: rules!["put-type.replace.fields-keys", "put-type.echo.fields"],
            }))),
            keys: Arc::new(Pattern::Map(Box::new(Map {
                entries: keys,
                // A key without definitions is kept or dropped (put-type.keys.empty-list).
                tolerated: empty.iter().map(|(name, _)| (*name).to_owned()).collect(),
                rules: rules!["put-type.echo.keys", "put-type.upsert"],
                extra: rules!["put-type.replace.fields-keys", "put-type.echo.keys"],
            }))),
            field_count: self.fields.len(),
            key_count: defined.len(),
            contents,
            plan: Arc::new(Plan::read(self.given.0, self.given.1)),
        }
    }

    /// The content types of a key's fields, in order.
    fn contents(&self, key: &Key<'_>) -> Vec<String> {
        let content_type = |name: &&str| {
            let field = self.fields.iter().find(|field| field.name == *name);
            field
                .and_then(|field| field.content_type)
                .unwrap_or("STRING")
                .to_owned()
        };
        key.field_names.iter().map(content_type).collect()
    }

    fn definitions(&self) -> impl Iterator<Item = (&'a str, &Key<'a>)> {
        self.keys
            .iter()
            .flat_map(|(name, list)| list.iter().map(move |key| (*name, key)))
    }
}

/// The entries of `Fields`.
fn fields(value: Option<&Json>) -> Vec<Field<'_>> {
    last_members(value)
        .into_iter()
        .map(|(name, field)| Field::read(name, field))
        .collect()
}

/// The entries of `Keys`.
fn keys(value: Option<&Json>) -> Vec<(&str, Vec<Key<'_>>)> {
    last_members(value)
        .into_iter()
        .map(|(name, list)| {
            let list = list.items().unwrap_or_default().iter();
            (name, list.map(Key::read).collect())
        })
        .collect()
}

/// `Fields` or `Keys` as an answer showed them, to be recognised when they are shown again; `rules` are broken if not.
pub(super) fn as_shown(member: &str, value: &Json, rules: Rules) -> Pattern {
    let entries = match member {
        "Fields" => fields(Some(value))
            .iter()
            .map(|field| (field.name.to_owned(), field.pattern()))
            .collect(),
        _ => keys(Some(value))
            .iter()
            .map(|(name, list)| {
                let list = list.iter().map(Key::pattern).collect();
                ((*name).to_owned(), Pattern::List(list))
            })
            .collect(),
    };
    let map = Pattern::Map(Box::new(Map {
        entries,
        tolerated: Vec::new(),
        rules,
        extra: rules,
    }));
    Pattern::SharedFor(rules, Arc::new(map))
}

/// Members of an object without `null`s; of equal names the last counts.
fn last_members(value: Option<&Json>) -> Vec<(&str, &Json)> {
    let members = value.and_then(Json::members).unwrap_or_default();
    let mut last: Vec<(&str, &Json)> = Vec::with_capacity(members.len());
    // Only many members are worth an index.
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (name, value) in members
        .iter()
        .filter(|(_, value)| !matches!(value, Json::Null))
    {
        let name = name.as_str();
        let place = match members.len() {
            0..=FEW => last.iter().position(|(known, _)| *known == name),
            _ => places.get(name).copied(),
        };
        match place {
            Some(at) => last[at] = (name, value),
            None => {
                if members.len() > FEW {
                    places.insert(name, last.len());
                }
                last.push((name, value));
            }
        }
    }
    last
}

impl<'a> Key<'a> {
    fn read(value: &'a Json) -> Self {
        let texts = |name| {
            let items = value.get(name).and_then(Json::items).unwrap_or_default();
            items.iter().filter_map(Json::as_str).collect()
        };
        Self {
            identifiers: texts("StandardIdentifiers"),
            field_names: texts("FieldNames"),
        }
    }

    fn pattern(&self) -> Pattern {
        let echo = rules!["put-type.echo.keys"];
        let presence = |empty| {
            if empty {
                Presence::Absent
            } else {
                Presence::Required
            }
        };
        Pattern::Object(Object::of(vec![
            Slot {
                name: "StandardIdentifiers",
                presence: presence(self.identifiers.is_empty()),
                value: Pattern::Set(
                    self.identifiers
                        .iter()
                        .map(|text| (*text).to_owned())
                        .collect(),
                ),
                rules: echo,
            },
            Slot {
                name: "FieldNames",
                presence: presence(self.field_names.is_empty()),
                value: Pattern::List(
                    self.field_names
                        .iter()
                        .map(|text| Pattern::Exactly(Json::from(*text)))
                        .collect(),
                ),
                rules: echo,
            },
        ]))
    }
}

impl<'a> Field<'a> {
    fn read(name: &'a str, value: &'a Json) -> Self {
        let text = |name| value.get(name).and_then(Json::as_str);
        Self {
            name,
            source: text("Source"),
            target: text("Target"),
            content_type: text("ContentType"),
        }
    }

    fn pattern(&self) -> Pattern {
        let echo = rules!["put-type.echo.fields"];
        let text = |name, value: Option<&str>| match value {
            Some(value) => required(name, Pattern::Exactly(Json::from(value)), echo),
            None => Slot {
                name,
                presence: Presence::Absent,
                value: Pattern::Any,
                rules: echo,
            },
        };
        let content_type = match self.content_type {
            // The default may be added or left out (put-type.fields.content-type.default).
            None | Some("STRING") => Slot {
                name: "ContentType",
                presence: if self.content_type.is_some() {
                    Presence::Optional
                } else {
                    Presence::Omitted
                },
                value: Pattern::Exactly(Json::from("STRING")),
                rules: rules![
                    "put-type.fields.content-type.default",
                    "put-type.echo.fields"
                ],
            },
            Some(_) => text("ContentType", self.content_type),
        };
        Pattern::Object(Object::of(vec![
            text("Source", self.source),
            text("Target", self.target),
            content_type,
        ]))
    }
}

/// Adds what speaks against a put to the gate.
pub(super) fn weigh(
    world: &World,
    domain: Option<&Domain>,
    name: &str,
    request: &Request<'_>,
    existing: Option<&ObjectType>,
    gate: &mut Gate<'_>,
) {
    if let Some(template) = request.template {
        weigh_template(world, template, request, gate);
    }
    weigh_presence(world, name, request, gate);
    for field in &request.fields {
        weigh_field(field, gate);
    }
    weigh_fields(&request.fields, gate);
    weigh_identifiers(request, gate);
    weigh_keys(request, gate);
    weigh_durability(request, existing, gate);
    if let Some(domain) = domain {
        weigh_contents(domain, name, request, gate);
    }
}

fn weigh_template(world: &World, id: &str, request: &Request<'_>, gate: &mut Gate<'_>) {
    let refusals = BAD.or(Refusals::NOT_FOUND);
    match world.template(id) {
        Some(Template::Missing) => {
            let why = format!("no template {id:?}");
            gate.ground(Ground::must(
                rules!["put-type.template.unknown"],
                refusals,
                why,
            ));
        }
        Some(_) => gate.touch(rule!("put-type.template.other-name")),
        None => gate.ground(Ground::may(
            rule!("put-type.template.unknown"),
            refusals,
            "the target may lack the template",
        )),
    }
    if request.has_mapping() {
        let served = Options(0b110);
        gate.ground(Ground::choice(
            rule!("put-type.template.with-fields-keys"),
            choice!("cap.template-overrides"),
            served,
            FIRST,
            BAD,
            "a template together with Fields or Keys",
        ));
        // Where those of the request win, they have to make a mapping.
        if request.fields.is_empty() || request.keys.is_empty() {
            gate.ground(Ground::may(
                rule!("put-type.template.with-fields-keys"),
                BAD,
                "a template together with half a mapping",
            ));
        }
    } else if request.mentions_mapping {
        let rule = rule!("put-type.template.with-fields-keys");
        gate.ground(Ground::may(
            rule,
            BAD,
            "a template together with empty Fields or Keys",
        ));
    }
    if request.allow_creation.is_some() {
        gate.ground(Ground::choice(
            rule!("put-type.template.with-allow-creation"),
            choice!("put-type.template.with-allow-creation"),
            SECOND,
            FIRST,
            BAD,
            "a template together with AllowProfileCreation",
        ));
    }
}

/// What is there at all: fields, keys, both or neither.
fn weigh_presence(world: &World, name: &str, request: &Request<'_>, gate: &mut Gate<'_>) {
    if request.template.is_some() {
        return;
    }
    let mapping = choice!("cap.mapping-required");
    let lenient = world.choices.get(mapping).has(1);
    match (request.fields.is_empty(), request.keys.is_empty()) {
        (true, true) if template::find(name).is_some() => {
            gate.ground(Ground::choice(
                rule!("put-type.mapping.none-implicit"),
                choice!("put-type.mapping.none-implicit"),
                SECOND,
                FIRST,
                BAD,
                "no mapping, and the name of a template",
            ));
        }
        (true, true) => {
            gate.ground(Ground::choice(
                rule!("put-type.mapping.none"),
                mapping,
                SECOND,
                FIRST,
                BAD,
                "no template, no fields, no keys",
            ));
        }
        (false, true) => {
            for rule in [
                rule!("put-type.mapping.fields-only"),
                rule!("put-type.keys.at-least-one"),
            ] {
                let why = "fields without keys";
                gate.ground(if lenient {
                    Ground::may(rule, BAD, why)
                } else {
                    Ground::should(rule, BAD, why)
                });
            }
        }
        (true, false) => {
            gate.ground(Ground::should(
                rule!("put-type.mapping.keys-only"),
                BAD,
                "keys without fields",
            ));
        }
        (false, false) => gate.touch(rule!("put-type.keys.at-least-one")),
    }
}

fn weigh_field(field: &Field<'_>, gate: &mut Gate<'_>) {
    let name = field.name;
    let first = name.chars().next().unwrap_or('a');
    if !first.is_ascii_alphabetic() {
        let rule = rule!("put-type.fields.name-first");
        gate.ground(own_choice(
            rule,
            choice!("put-type.fields.name-first"),
            format!("field {name:?}"),
        ));
    }
    if matches!(name, "Tags" | "tags") {
        let rule = rule!("put-type.fields.name-tags");
        gate.ground(own_choice(
            rule,
            choice!("put-type.fields.name-tags"),
            format!("a field called {name}"),
        ));
    }
    match field.source {
        None => {
            let rule = rule!("put-type.fields.source-missing");
            gate.ground(own_choice(
                rule,
                choice!("put-type.fields.source-missing"),
                format!("field {name:?} has no Source"),
            ));
        }
        Some(source) => weigh_source(source, gate),
    }
    match field.target {
        None => gate.touch(rule!("put-type.fields.target-optional")),
        Some(target) => weigh_target(target, gate),
    }
    if field.content_type.is_none() {
        gate.touch(rule!("put-type.fields.content-type.default"));
    }
}

/// A rule with a choice of its own: served first, refused second.
fn own_choice(
    rule: crate::contract::RuleId,
    choice: crate::contract::ChoiceId,
    why: impl Into<String>,
) -> Ground {
    let all = choice.choice().options;
    let refused = all
        .iter()
        .position(|option| option.starts_with("reject"))
        .unwrap_or(1) as u8;
    let served = Options(choice.options().0 & !Options::only(refused).0);
    Ground::choice(rule, choice, served, Options::only(refused), BAD, why)
}

fn weigh_source(source: &str, gate: &mut Gate<'_>) {
    let braces = |pair: &[u8]| pair == b"{{" || pair == b"}}";
    if source.as_bytes().windows(2).any(braces) {
        match plain_template(source) {
            Some(true) => {}
            Some(false) => {
                // Blocks and helpers: which ones there are at this revision is not known.
                gate.ground(Ground::may(
                    rule!("extract.handlebars.blocks"),
                    BAD,
                    format!("template {source:?}"),
                ));
            }
            None => gate.ground(Ground::choice(
                rule!("put-type.fields.source-handlebars-invalid"),
                choice!("cap.handlebars-validation"),
                SECOND,
                FIRST,
                BAD,
                format!("malformed template {source:?}"),
            )),
        }
    } else if is_accessor(source) {
    } else if source.contains(char::is_whitespace) && !source.trim_start().starts_with("_source") {
        // A constant.
    } else {
        let rule = rule!("put-type.fields.source-root");
        let why = format!("source {source:?} is not rooted in _source");
        gate.ground(match source.starts_with("_source") {
            true => Ground::may(rule, BAD, why),
            false => own_choice(rule, choice!("put-type.fields.source-root"), why),
        });
    }
}

/// Whether a source is `_source.a.b` with names nobody disputes.
fn is_accessor(source: &str) -> bool {
    source.strip_prefix("_source.").is_some_and(|path| {
        path.split('.').all(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
        })
    })
}

/// Whether a template holds nothing but plain placeholders; `None` if it is malformed.
fn plain_template(source: &str) -> Option<bool> {
    let (mut rest, mut plain) = (source, true);
    while let Some((before, after)) = rest.split_once("{{") {
        if before.contains("}}") {
            return None;
        }
        let (inside, after) = after.split_once("}}")?;
        if inside.trim().is_empty() || inside.contains("{{") {
            return None;
        }
        plain &= is_accessor(inside.trim()) && !inside.starts_with('{') && !after.starts_with('}');
        rest = after;
    }
    if rest.contains("}}") {
        None
    } else {
        Some(plain)
    }
}

fn weigh_target(target: &str, gate: &mut Gate<'_>) {
    if target.chars().count() > 200 {
        // Longer than an attribute name can be (put-type.fields.target-max).
        gate.ground(Ground::may(
            rule!("put-type.fields.target-max"),
            BAD,
            "a target longer than any attribute name",
        ));
        return;
    }
    let why = || format!("target {target:?}");
    match template::target(target) {
        template::Target::Profile => gate.touch(rule!("put-type.fields.target-root-profile")),
        template::Target::ProfileAttribute => {
            gate.touch(rule!("put-type.fields.target-attributes"))
        }
        template::Target::Standard => gate.ground(standard_target(why())),
        template::Target::SystemId => {
            gate.ground(Ground::may(
                rule!("put-type.fields.target-system-id"),
                BAD,
                why(),
            ));
            if !target.starts_with("_profile") {
                gate.ground(standard_target(why()));
            }
        }
        template::Target::UnknownField => {
            gate.ground(own_choice(
                rule!("put-type.fields.target-unknown-field"),
                choice!("cap.unknown-target"),
                why(),
            ));
            if !target.starts_with("_profile") {
                gate.ground(standard_target(why()));
            }
        }
        template::Target::OtherRoot => gate.ground(own_choice(
            rule!("put-type.fields.target-root-other"),
            choice!("put-type.fields.target-root-other"),
            why(),
        )),
    }
}

fn standard_target(why: String) -> Ground {
    let rule = rule!("put-type.fields.target-root-standard");
    Ground::choice(
        rule,
        choice!("cap.standard-targets"),
        FIRST,
        SECOND,
        BAD,
        why,
    )
}

/// The bytes of a name without regard to case.
fn folded(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|byte| byte.to_ascii_lowercase())
}

fn weigh_fields(fields: &[Field<'_>], gate: &mut Gate<'_>) {
    if fields.len() > FIELDS_PER_TYPE {
        let rule = rule!("put-type.fields.count");
        gate.ground(own_choice(
            rule,
            choice!("put-type.fields.count"),
            format!("{} fields", fields.len()),
        ));
    }
    let mut targets: Vec<&str> = fields.iter().filter_map(|field| field.target).collect();
    targets.sort_unstable();
    if targets.windows(2).any(|pair| pair[0] == pair[1]) {
        let rule = rule!("put-type.fields.target-shared");
        gate.ground(own_choice(
            rule,
            choice!("put-type.fields.target-shared"),
            "two fields with one target",
        ));
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    names.sort_unstable_by(|a, b| folded(a).cmp(folded(b)));
    if names
        .windows(2)
        .any(|pair| pair[0].eq_ignore_ascii_case(pair[1]))
    {
        gate.grudge(rule!("put-type.fields.name-case"), BAD);
    }
}

fn weigh_identifiers(request: &Request<'_>, gate: &mut Gate<'_>) {
    if request.keys.is_empty() {
        return;
    }
    let by_name = |list: &Vec<Key<'_>>| list.iter().filter(|key| key.is("UNIQUE")).count();
    let counts: Vec<usize> = request
        .keys
        .iter()
        .map(|(_, list)| by_name(list))
        .filter(|count| *count > 0)
        .collect();
    let at_put = |rule, why: &str| {
        Ground::choice(rule, choice!("cap.unique-check"), SECOND, FIRST, BAD, why)
    };
    match counts.as_slice() {
        [] => gate.ground(at_put(
            rule!("put-type.keys.exactly-one-unique"),
            "no definition is UNIQUE",
        )),
        [1] => gate.touch(rule!("put-type.keys.exactly-one-unique")),
        [_] => gate.ground(own_choice(
            rule!("put-type.keys.unique-twice-same-name"),
            choice!("put-type.keys.unique-twice-same-name"),
            "two UNIQUE definitions under one name",
        )),
        _ => gate.ground(at_put(
            rule!("put-type.keys.no-second-unique"),
            "two UNIQUE keys",
        )),
    }
    if !request.definitions().any(|(_, key)| key.is("PROFILE")) {
        gate.ground(Ground::choice(
            rule!("put-type.keys.profile-required"),
            choice!("cap.profile-key-required"),
            SECOND,
            FIRST,
            BAD,
            "no definition is PROFILE",
        ));
    }
    for (name, key) in request.definitions() {
        weigh_combination(name, key, gate);
    }
    for (kind, root) in [("ASSET", "_asset."), ("CASE", "_case.")] {
        let keyed = request.definitions().any(|(_, key)| key.is(kind));
        let targeted = request
            .fields
            .iter()
            .any(|field| field.target.is_some_and(|target| target.starts_with(root)));
        if keyed {
            gate.touch(rule!("put-type.keys.asset-case"));
            if !targeted {
                gate.grudge(rule!("put-type.keys.asset-without-target"), BAD);
            }
        } else if targeted {
            gate.ground(own_choice(
                rule!("put-type.keys.target-needs-identifier"),
                choice!("put-type.keys.target-needs-identifier"),
                format!("{root} targets without a key marked {kind}"),
            ));
        }
    }
}

/// Identifiers on one definition that exclude each other, or may.
fn weigh_combination(name: &str, key: &Key<'_>, gate: &mut Gate<'_>) {
    if key.identifiers.is_empty() {
        gate.touch(rule!("put-type.keys.identifier-empty"));
    }
    if key.is("UNIQUE") && key.is("LOOKUP_ONLY") {
        let why = format!("key {name:?} is UNIQUE and LOOKUP_ONLY");
        gate.ground(Ground::must(
            rules!["put-type.keys.unique-lookup-only"],
            BAD,
            why,
        ));
    }
    if key.is("UNIQUE") && key.is("PROFILE") {
        gate.touch(rule!("put-type.keys.profile-unique"));
    }
    if key.is("UNIQUE") && key.is("NEW_ONLY") {
        gate.ground(Ground::choice(
            rule!("put-type.keys.unique-new-only"),
            choice!("cap.unique-new-only"),
            SECOND,
            FIRST,
            BAD,
            format!("key {name:?} is UNIQUE and NEW_ONLY"),
        ));
    }
    if key.is("LOOKUP_ONLY") && key.is("NEW_ONLY") {
        let rule = rule!("put-type.keys.lookup-new");
        gate.ground(own_choice(
            rule,
            choice!("put-type.keys.lookup-new"),
            format!("key {name:?} is LOOKUP_ONLY and NEW_ONLY"),
        ));
    }
    if key.is("SECONDARY") && !key.is("PROFILE") {
        let rule = rule!("put-type.keys.secondary-alone");
        gate.ground(own_choice(
            rule,
            choice!("put-type.keys.secondary-alone"),
            format!("key {name:?} is SECONDARY only"),
        ));
    }
    if matches!(name, "_profileId" | "_assetId" | "_caseId") && !key.is("LOOKUP_ONLY") {
        let rule = rule!("put-type.keys.reserved-lookup-only");
        gate.ground(own_choice(
            rule,
            choice!("put-type.keys.reserved-lookup-only"),
            format!("key {name} is not LOOKUP_ONLY"),
        ));
    }
    let mut identifiers = key.identifiers.clone();
    identifiers.sort_unstable();
    if identifiers.windows(2).any(|pair| pair[0] == pair[1]) {
        let rule = rule!("put-type.keys.identifier-duplicate");
        gate.ground(own_choice(
            rule,
            choice!("put-type.keys.identifier-duplicate"),
            format!("key {name:?} repeats an identifier"),
        ));
    }
}

fn weigh_keys(request: &Request<'_>, gate: &mut Gate<'_>) {
    let definitions = request.definitions().count();
    let counts = [
        (
            request.keys.len(),
            choice!("put-type.keys.quota/keys"),
            "keys",
        ),
        (
            definitions,
            choice!("put-type.keys.quota/definitions"),
            "definitions",
        ),
    ];
    for (count, choice, what) in counts {
        // Eleven keys are eleven definitions as well: only the first of the two tells.
        if count > KEYS_PER_TYPE {
            let mut ground = own_choice(
                rule!("put-type.keys.quota"),
                choice,
                format!("{count} {what}"),
            );
            ground.rules.push(rule!("quota.keys-per-type"));
            gate.touch(rule!("quota.over"));
            gate.ground(ground);
            break;
        }
    }
    for (name, list) in &request.keys {
        if matches!(*name, "Tags" | "tags") {
            let rule = rule!("put-type.keys.name-tags");
            gate.ground(own_choice(
                rule,
                choice!("put-type.keys.name-tags"),
                format!("a key called {name}"),
            ));
        }
        if name.starts_with('_') {
            if template::is_predefined_key(name) {
                gate.touch(rule!("put-type.keys.name-predefined"));
            } else {
                let rule = rule!("put-type.keys.name-underscore");
                gate.ground(own_choice(
                    rule,
                    choice!("cap.underscore-keys"),
                    format!("key {name:?}"),
                ));
            }
        }
        match list.len() {
            0 => {
                let rule = rule!("put-type.keys.empty-list");
                gate.ground(own_choice(
                    rule,
                    choice!("put-type.keys.empty-list"),
                    format!("key {name:?} has no definition"),
                ));
            }
            1 => {}
            _ => gate.touch(rule!("put-type.keys.multi-entry")),
        }
    }
    let named = |wanted| request.keys.iter().any(|(name, _)| *name == wanted);
    if named("_account") && named("_fullName") {
        gate.touch(rule!("put-type.keys.guide-example"));
    }
    let mut names: Vec<String> = request
        .keys
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        gate.grudge(rule!("put-type.keys.name-case"), BAD);
    }
    for (name, key) in request.definitions() {
        if key.field_names.is_empty() {
            let rule = rule!("put-type.keys.fieldnames-required");
            gate.ground(Ground::may(
                rule,
                BAD,
                format!("key {name:?} names no field"),
            ));
        }
        let dangling = key
            .field_names
            .iter()
            .find(|wanted| !request.fields.iter().any(|field| field.name == **wanted));
        match dangling {
            Some(wanted) if request.template.is_none() => {
                let why = format!("key {name:?} names the field {wanted:?}, which is not defined");
                gate.ground(Ground::must(
                    rules!["put-type.keys.fieldnames-defined"],
                    BAD,
                    why,
                ));
            }
            Some(_) => gate.ground(Ground::may(
                rule!("put-type.keys.fieldnames-defined"),
                BAD,
                "a field of the template",
            )),
            None => gate.touch(rule!("put-type.keys.fieldnames-defined")),
        }
        let mut fields = key.field_names.clone();
        fields.sort_unstable();
        if fields.windows(2).any(|pair| pair[0] == pair[1]) {
            let rule = rule!("put-type.keys.fieldnames-duplicate");
            gate.ground(own_choice(
                rule,
                choice!("put-type.keys.fieldnames-duplicate"),
                format!("key {name:?} repeats a field"),
            ));
        }
    }
}

/// LOOKUP_ONLY and NEW_ONLY keys may need another PROFILE key that stays (cap.durable-profile-key).
fn weigh_durability(request: &Request<'_>, existing: Option<&ObjectType>, gate: &mut Gate<'_>) {
    let fleeting = |key: &Key<'_>| key.is("LOOKUP_ONLY") || key.is("NEW_ONLY");
    let needy: Vec<(&str, &Key<'_>)> = request
        .definitions()
        .filter(|(_, key)| key.is("PROFILE") && fleeting(key))
        .collect();
    if needy.is_empty() {
        return;
    }
    if request
        .definitions()
        .any(|(_, key)| key.is("PROFILE") && !fleeting(key))
    {
        gate.touch(rule!("put-type.keys.lookup-with-durable"));
        return;
    }
    if needy
        .iter()
        .all(|(name, key)| *name == "_profileId" && key.is("LOOKUP_ONLY"))
    {
        gate.grudge(rule!("put-type.keys.profileid-lookup"), BAD);
        return;
    }
    let choice = choice!("cap.durable-profile-key");
    let (with_creation, enforced, waived) = (Options::only(0), Options::only(1), Options::only(2));
    let lookup = needy
        .iter()
        .any(|(name, key)| key.is("LOOKUP_ONLY") && *name != "_profileId");
    let rule = if lookup {
        rule!("put-type.keys.lookup-needs-durable")
    } else {
        rule!("put-type.keys.new-only-needs-durable")
    };
    let why = "no PROFILE key that is neither LOOKUP_ONLY nor NEW_ONLY";
    let retained = existing.is_some_and(|existing| {
        existing
            .allow_creation
            .values()
            .any(|allow| allow.and_then(Json::as_bool) == Some(true))
    });
    gate.ground(match request.allow_creation {
        Some(true) => Ground::choice(rule, choice, waived, with_creation.or(enforced), BAD, why),
        None if retained || request.template.is_some() => Ground::may(rule, BAD, why),
        Some(false) | None => {
            let rule = rule!("put-type.keys.durable-waived");
            Ground::choice(rule, choice, with_creation.or(waived), enforced, BAD, why)
        }
    });
}

/// A key name may have one content type in a whole domain (cap.key-type-consistency).
fn weigh_contents(domain: &Domain, type_name: &str, request: &Request<'_>, gate: &mut Gate<'_>) {
    for (name, key) in request.definitions() {
        let contents = request.contents(key);
        let others = || {
            domain
                .types
                .values()
                .filter(|other| other.name != type_name)
        };
        let differs = others().any(|other| match &other.mapping {
            Mapping::Own(own) => own
                .contents
                .iter()
                .any(|(known, others)| known == name && *others != contents),
            Mapping::Template(_) | Mapping::Unknown => false,
        });
        if differs {
            gate.ground(Ground::choice(
                rule!("put-type.keys.content-type-consistency"),
                choice!("cap.key-type-consistency"),
                FIRST,
                SECOND,
                BAD,
                format!("key {name:?} has another content type in another type"),
            ));
            return;
        }
        // What a template holds is not known for certain, nor what its keys count as.
        let obscure = others().any(|other| !matches!(other.mapping, Mapping::Own(_)));
        if obscure && template::is_predefined_key(name) {
            let why = format!("key {name:?} may have another content type in another type");
            gate.ground(Ground::may(
                rule!("put-type.keys.content-type-consistency"),
                BAD,
                why,
            ));
        }
    }
}
