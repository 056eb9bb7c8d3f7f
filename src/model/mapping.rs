//! The mapping of an object type: what a put says about fields and keys, and what speaks against it.
//!
//! Shapes and limits have been checked before; here is what takes more than one member to see (contract 3.3 to 3.5):
//! keys that refer to fields, identifiers that exclude each other, targets that do not exist.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::contract::validate::Input;
use crate::contract::{ChoiceId, Options, Refusals, RuleId, template};
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
pub(super) struct Request {
    pub(super) description: String,
    pub(super) template: Option<String>,
    fields: Vec<Field>,
    keys: Vec<(String, Vec<Key>)>,
    /// `AllowProfileCreation`, if given.
    allow_creation: Option<bool>,
    /// Whether `Fields` or `Keys` are given, empty or not.
    mentions_mapping: bool,
    /// What is to be said of fields and keys whatever the state of the target.
    remarks: Remarks,
    mapping: OnceCell<Arc<OwnMapping>>,
}

/// An entry of `Fields`.
struct Field {
    name: String,
    source: Option<String>,
    target: Option<String>,
    content_type: Option<String>,
}

/// A definition of a key.
struct Key {
    identifiers: Vec<String>,
    field_names: Vec<String>,
}

impl Key {
    fn is(&self, identifier: &str) -> bool {
        self.identifiers.iter().any(|known| known == identifier)
    }
}

/// Something to be said of a put, for a gate to weigh.
#[derive(Clone)]
enum Remark {
    Touch(RuleId),
    Ground(Ground),
    /// A ground that is of one class of several that a rule names: the choice was seen in another.
    Apart(Ground),
    Grudge(RuleId, Refusals),
}

/// What is to be said of a put, in order.
#[derive(Default)]
struct Remarks(Vec<Remark>);

impl Remarks {
    fn touch(&mut self, rule: RuleId) {
        let is_same = |known: &Remark| matches!(known, Remark::Touch(known) if *known == rule);
        if !self.0.iter().any(is_same) {
            self.0.push(Remark::Touch(rule));
        }
    }

    fn ground(&mut self, ground: Ground) {
        self.0.push(Remark::Ground(ground));
    }

    /// A ground whose choice is asked about in one class of requests; others may be treated in another way.
    fn classed(&mut self, ground: Ground, asked: bool) {
        self.0.push(match asked {
            true => Remark::Ground(ground),
            false => Remark::Apart(ground),
        });
    }

    fn grudge(&mut self, rule: RuleId, refusals: Refusals) {
        self.0.push(Remark::Grudge(rule, refusals));
    }

    fn tell(&self, gate: &mut Gate<'_>) {
        for remark in &self.0 {
            match remark {
                Remark::Touch(rule) => gate.touch(*rule),
                Remark::Ground(ground) => gate.ground(ground.clone()),
                Remark::Apart(ground) => gate.apart(ground.clone()),
                Remark::Grudge(rule, refusals) => gate.grudge(*rule, *refusals),
            }
        }
    }
}

impl Request {
    /// Reads the members of a request whose shapes are right.
    pub(super) fn read(input: &Input) -> Self {
        let text = |name| input.member(name).and_then(Json::as_str).map(str::to_owned);
        let mut request = Self {
            description: text("Description").unwrap_or_default(),
            template: text("TemplateId"),
            fields: fields(input.member("Fields")),
            keys: keys(input.member("Keys")),
            allow_creation: input.member("AllowProfileCreation").and_then(Json::as_bool),
            mentions_mapping: input.member("Fields").is_some() || input.member("Keys").is_some(),
            remarks: Remarks::default(),
            mapping: OnceCell::new(),
        };
        let mut remarks = Remarks::default();
        for field in &request.fields {
            weigh_field(field, &mut remarks);
        }
        weigh_fields(&request.fields, &mut remarks);
        weigh_identifiers(&request, &mut remarks);
        weigh_keys(&request, &mut remarks);
        request.remarks = remarks;
        request
    }

    /// Whether it has fields or keys of its own.
    pub(super) fn has_mapping(&self) -> bool {
        !self.fields.is_empty() || !self.keys.is_empty()
    }

    /// Fields and keys as they are expected back; `input` is what the request was read from.
    pub(super) fn own_mapping(&self, input: &Input) -> Arc<OwnMapping> {
        let read = || Arc::new(self.read_mapping(input));
        Arc::clone(self.mapping.get_or_init(read))
    }

    fn read_mapping(&self, input: &Input) -> OwnMapping {
        let fields = self
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.pattern()))
            .collect();
        let (empty, defined): (Vec<_>, Vec<_>) =
            self.keys.iter().partition(|(_, list)| list.is_empty());
        let keys = defined
            .iter()
            .map(|(name, list)| {
                (
                    name.clone(),
                    Pattern::List(list.iter().map(Key::pattern).collect()),
                )
            })
            .collect();
        let contents = self
            .keys
            .iter()
            .flat_map(|(name, list)| list.iter().map(|key| (name.clone(), self.contents(key))))
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
                tolerated: empty.iter().map(|(name, _)| name.clone()).collect(),
                rules: rules!["put-type.echo.keys", "put-type.upsert"],
                extra: rules!["put-type.replace.fields-keys", "put-type.echo.keys"],
            }))),
            field_count: self.fields.len(),
            key_count: defined.len(),
            bare_keys: !empty.is_empty(),
            contents,
            plan: Arc::new(Plan::read(input.member("Fields"), input.member("Keys"))),
        }
    }

    /// The content types of a key's fields, in order.
    fn contents(&self, key: &Key) -> Vec<String> {
        let content_type = |name: &String| {
            let field = self.fields.iter().find(|field| field.name == *name);
            field
                .and_then(|field| field.content_type.as_deref())
                .unwrap_or("STRING")
                .to_owned()
        };
        key.field_names.iter().map(content_type).collect()
    }

    fn definitions(&self) -> impl Iterator<Item = (&str, &Key)> {
        self.keys
            .iter()
            .flat_map(|(name, list)| list.iter().map(move |key| (name.as_str(), key)))
    }
}

/// The entries of `Fields`.
fn fields(value: Option<&Json>) -> Vec<Field> {
    last_members(value)
        .into_iter()
        .map(|(name, field)| Field::read(name, field))
        .collect()
}

/// The entries of `Keys`.
fn keys(value: Option<&Json>) -> Vec<(String, Vec<Key>)> {
    last_members(value)
        .into_iter()
        .map(|(name, list)| {
            let list = list.items().unwrap_or_default().iter();
            (name.to_owned(), list.map(Key::read).collect())
        })
        .collect()
}

/// `Fields` or `Keys` as an answer showed them, to be recognised when they are shown again; `rules` are broken if not.
pub(super) fn as_shown(member: &str, value: &Json, rules: Rules) -> Pattern {
    let entries = match member {
        "Fields" => fields(Some(value))
            .into_iter()
            .map(|field| {
                let pattern = field.pattern();
                (field.name, pattern)
            })
            .collect(),
        _ => keys(Some(value))
            .into_iter()
            .map(|(name, list)| {
                let list = list.iter().map(Key::pattern).collect();
                (name, Pattern::List(list))
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

impl Key {
    fn read(value: &Json) -> Self {
        let texts = |name| {
            let items = value.get(name).and_then(Json::items).unwrap_or_default();
            let texts = items.iter().filter_map(Json::as_str);
            texts.map(str::to_owned).collect()
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
                value: Pattern::Set(self.identifiers.clone()),
                rules: echo,
            },
            Slot {
                name: "FieldNames",
                presence: presence(self.field_names.is_empty()),
                value: Pattern::List(
                    self.field_names
                        .iter()
                        .map(|text| Pattern::Exactly(Json::from(text.as_str())))
                        .collect(),
                ),
                rules: echo,
            },
        ]))
    }
}

impl Field {
    fn read(name: &str, value: &Json) -> Self {
        let text = |name| value.get(name).and_then(Json::as_str).map(str::to_owned);
        Self {
            name: name.to_owned(),
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
        let content_type = match self.content_type.as_deref() {
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
            given => text("ContentType", given),
        };
        Pattern::Object(Object::of(vec![
            text("Source", self.source.as_deref()),
            text("Target", self.target.as_deref()),
            content_type,
        ]))
    }
}

/// Adds what speaks against a put to the gate.
pub(super) fn weigh(
    world: &World,
    domain: Option<&Domain>,
    name: &str,
    request: &Request,
    existing: Option<&ObjectType>,
    gate: &mut Gate<'_>,
) {
    if let Some(template) = &request.template {
        weigh_template(world, template, request, gate);
    }
    weigh_presence(world, name, request, existing, gate);
    request.remarks.tell(gate);
    weigh_durability(request, existing, gate);
    if let Some(domain) = domain {
        weigh_contents(domain, name, request, gate);
    }
}

fn weigh_template(world: &World, id: &str, request: &Request, gate: &mut Gate<'_>) {
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
    if let Some(allowed) = request.allow_creation {
        let ground = Ground::choice(
            rule!("put-type.template.with-allow-creation"),
            choice!("put-type.template.with-allow-creation"),
            SECOND,
            FIRST,
            BAD,
            "a template together with AllowProfileCreation",
        );
        match allowed {
            true => gate.ground(ground),
            false => gate.apart(ground),
        }
    }
}

/// What is there at all: fields, keys, both or neither.
fn weigh_presence(
    world: &World,
    name: &str,
    request: &Request,
    existing: Option<&ObjectType>,
    gate: &mut Gate<'_>,
) {
    if request.template.is_some() {
        return;
    }
    let mapping = choice!("cap.mapping-required");
    let lenient = world.choices.get(mapping).has(1);
    match (request.fields.is_empty(), request.keys.is_empty()) {
        (true, true) if world.offers(name) => {
            gate.ground(Ground::choice(
                rule!("put-type.mapping.none-implicit"),
                choice!("put-type.mapping.none-implicit"),
                SECOND,
                FIRST,
                BAD,
                "no mapping, and the name of a template",
            ));
        }
        // Nobody knows whether there is such a template.
        (true, true) if world.may_offer(name) => gate.ground(Ground::may(
            rule!("put-type.mapping.none-implicit"),
            BAD,
            "no mapping, and perhaps the name of a template",
        )),
        // The template of the put before may be retained, with its mapping.
        (true, true) if !world.reference && existing.is_some_and(ObjectType::may_have_template) => {
            gate.ground(Ground::may(
                rule!("put-type.mapping.none"),
                BAD,
                "no mapping but that of the template before",
            ));
        }
        (true, true) => {
            let ground = Ground::choice(
                rule!("put-type.mapping.none"),
                mapping,
                SECOND,
                FIRST,
                BAD,
                "no template, no fields, no keys",
            );
            // Empty ones may be another matter than none.
            match request.mentions_mapping {
                true => gate.apart(ground),
                false => gate.ground(ground),
            }
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

fn weigh_field(field: &Field, remarks: &mut Remarks) {
    let name = field.name.as_str();
    let first = name.chars().next().unwrap_or('a');
    if !first.is_ascii_alphabetic() {
        let rule = rule!("put-type.fields.name-first");
        remarks.classed(
            own_choice(
                rule,
                choice!("put-type.fields.name-first"),
                format!("field {name:?}"),
            ),
            first.is_ascii_digit(),
        );
    }
    if matches!(name, "Tags" | "tags") {
        let rule = rule!("put-type.fields.name-tags");
        remarks.classed(
            own_choice(
                rule,
                choice!("put-type.fields.name-tags"),
                format!("a field called {name}"),
            ),
            name == "Tags",
        );
    }
    match &field.source {
        None => {
            let rule = rule!("put-type.fields.source-missing");
            remarks.ground(own_choice(
                rule,
                choice!("put-type.fields.source-missing"),
                format!("field {name:?} has no Source"),
            ));
        }
        Some(source) => weigh_source(source, remarks),
    }
    match &field.target {
        None => remarks.touch(rule!("put-type.fields.target-optional")),
        Some(target) => weigh_target(target, remarks),
    }
    if field.content_type.is_none() {
        remarks.touch(rule!("put-type.fields.content-type.default"));
    }
}

/// A rule with a choice of its own: served first, refused second.
fn own_choice(rule: RuleId, choice: ChoiceId, why: impl Into<String>) -> Ground {
    let all = choice.choice().options;
    let refused = all
        .iter()
        .position(|option| option.starts_with("reject"))
        .unwrap_or(1) as u8;
    let served = Options(choice.options().0 & !Options::only(refused).0);
    Ground::choice(rule, choice, served, Options::only(refused), BAD, why)
}

fn weigh_source(source: &str, remarks: &mut Remarks) {
    let braces = |pair: &[u8]| pair == b"{{" || pair == b"}}";
    if source.as_bytes().windows(2).any(braces) {
        match plain_template(source) {
            Some(true) => {}
            Some(false) => {
                // Blocks and helpers: which ones there are at this revision is not known.
                remarks.ground(Ground::may(
                    rule!("extract.handlebars.blocks"),
                    BAD,
                    format!("template {source:?}"),
                ));
            }
            None => remarks.ground(Ground::choice(
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
        remarks.ground(match source.starts_with("_source") {
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

fn weigh_target(target: &str, remarks: &mut Remarks) {
    if target.chars().count() > 200 {
        // Longer than an attribute name can be (put-type.fields.target-max).
        remarks.ground(Ground::may(
            rule!("put-type.fields.target-max"),
            BAD,
            "a target longer than any attribute name",
        ));
        return;
    }
    let why = || format!("target {target:?}");
    match template::target(target) {
        template::Target::Profile => remarks.touch(rule!("put-type.fields.target-root-profile")),
        template::Target::ProfileAttribute => {
            remarks.touch(rule!("put-type.fields.target-attributes"))
        }
        template::Target::Standard => remarks.ground(standard_target(why())),
        template::Target::SystemId => {
            remarks.ground(Ground::may(
                rule!("put-type.fields.target-system-id"),
                BAD,
                why(),
            ));
            if !target.starts_with("_profile") {
                remarks.ground(standard_target(why()));
            }
        }
        template::Target::UnknownField => {
            let ground = own_choice(
                rule!("put-type.fields.target-unknown-field"),
                choice!("cap.unknown-target"),
                why(),
            );
            let member = target.strip_prefix("_profile.");
            let simple = |name: &str| {
                !name.contains('.') && name != "Attributes" && !template::is_address(name)
            };
            remarks.classed(ground, member.is_some_and(simple));
            if !target.starts_with("_profile") {
                remarks.ground(standard_target(why()));
            }
        }
        template::Target::OtherRoot => {
            let ground = own_choice(
                rule!("put-type.fields.target-root-other"),
                choice!("put-type.fields.target-root-other"),
                why(),
            );
            let (root, _) = target.split_once('.').unwrap_or(("", target));
            let other = root.starts_with('_') && !matches!(root, "_source" | "_order");
            remarks.classed(ground, other);
        }
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

fn weigh_fields(fields: &[Field], remarks: &mut Remarks) {
    if fields.len() > FIELDS_PER_TYPE {
        let rule = rule!("put-type.fields.count");
        remarks.ground(own_choice(
            rule,
            choice!("put-type.fields.count"),
            format!("{} fields", fields.len()),
        ));
    }
    let mut targets: Vec<&str> = fields
        .iter()
        .filter_map(|field| field.target.as_deref())
        .collect();
    targets.sort_unstable();
    if targets.windows(2).any(|pair| pair[0] == pair[1]) {
        let rule = rule!("put-type.fields.target-shared");
        remarks.ground(own_choice(
            rule,
            choice!("put-type.fields.target-shared"),
            "two fields with one target",
        ));
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    names.sort_unstable_by(|a, b| folded(a).cmp(folded(b)));
    if names
        .windows(2)
        .any(|pair| pair[0].eq_ignore_ascii_case(pair[1]))
    {
        remarks.grudge(rule!("put-type.fields.name-case"), BAD);
    }
}

fn weigh_identifiers(request: &Request, remarks: &mut Remarks) {
    if request.keys.is_empty() {
        return;
    }
    let by_name = |list: &Vec<Key>| list.iter().filter(|key| key.is("UNIQUE")).count();
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
        [] => remarks.ground(at_put(
            rule!("put-type.keys.exactly-one-unique"),
            "no definition is UNIQUE",
        )),
        [1] => remarks.touch(rule!("put-type.keys.exactly-one-unique")),
        [_] => remarks.ground(own_choice(
            rule!("put-type.keys.unique-twice-same-name"),
            choice!("put-type.keys.unique-twice-same-name"),
            "two UNIQUE definitions under one name",
        )),
        _ => remarks.ground(at_put(
            rule!("put-type.keys.no-second-unique"),
            "two UNIQUE keys",
        )),
    }
    if !request.definitions().any(|(_, key)| key.is("PROFILE")) {
        remarks.ground(Ground::choice(
            rule!("put-type.keys.profile-required"),
            choice!("cap.profile-key-required"),
            SECOND,
            FIRST,
            BAD,
            "no definition is PROFILE",
        ));
    }
    for (name, key) in request.definitions() {
        weigh_combination(name, key, remarks);
    }
    for (kind, root) in [("ASSET", "_asset."), ("CASE", "_case.")] {
        let keyed = request.definitions().any(|(_, key)| key.is(kind));
        let targeted = request.fields.iter().any(|field| {
            field
                .target
                .as_ref()
                .is_some_and(|target| target.starts_with(root))
        });
        if keyed {
            remarks.touch(rule!("put-type.keys.asset-case"));
            if !targeted {
                remarks.grudge(rule!("put-type.keys.asset-without-target"), BAD);
            }
        } else if targeted {
            remarks.ground(own_choice(
                rule!("put-type.keys.target-needs-identifier"),
                choice!("put-type.keys.target-needs-identifier"),
                format!("{root} targets without a key marked {kind}"),
            ));
        }
    }
}

/// Identifiers on one definition that exclude each other, or may.
fn weigh_combination(name: &str, key: &Key, remarks: &mut Remarks) {
    if key.identifiers.is_empty() {
        remarks.touch(rule!("put-type.keys.identifier-empty"));
    }
    if key.is("UNIQUE") && key.is("LOOKUP_ONLY") {
        let why = format!("key {name:?} is UNIQUE and LOOKUP_ONLY");
        remarks.ground(Ground::must(
            rules!["put-type.keys.unique-lookup-only"],
            BAD,
            why,
        ));
    }
    if key.is("UNIQUE") && key.is("PROFILE") {
        remarks.touch(rule!("put-type.keys.profile-unique"));
    }
    if key.is("UNIQUE") && key.is("NEW_ONLY") {
        remarks.ground(Ground::choice(
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
        remarks.ground(own_choice(
            rule,
            choice!("put-type.keys.lookup-new"),
            format!("key {name:?} is LOOKUP_ONLY and NEW_ONLY"),
        ));
    }
    if key.is("SECONDARY") && !key.is("PROFILE") {
        let rule = rule!("put-type.keys.secondary-alone");
        remarks.ground(own_choice(
            rule,
            choice!("put-type.keys.secondary-alone"),
            format!("key {name:?} is SECONDARY only"),
        ));
    }
    if matches!(name, "_profileId" | "_assetId" | "_caseId") && !key.is("LOOKUP_ONLY") {
        let rule = rule!("put-type.keys.reserved-lookup-only");
        remarks.classed(
            own_choice(
                rule,
                choice!("put-type.keys.reserved-lookup-only"),
                format!("key {name} is not LOOKUP_ONLY"),
            ),
            name == "_profileId",
        );
    }
    let mut identifiers: Vec<&String> = key.identifiers.iter().collect();
    identifiers.sort_unstable();
    if identifiers.windows(2).any(|pair| pair[0] == pair[1]) {
        let rule = rule!("put-type.keys.identifier-duplicate");
        remarks.ground(own_choice(
            rule,
            choice!("put-type.keys.identifier-duplicate"),
            format!("key {name:?} repeats an identifier"),
        ));
    }
}

fn weigh_keys(request: &Request, remarks: &mut Remarks) {
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
            remarks.touch(rule!("quota.over"));
            remarks.ground(ground);
            break;
        }
    }
    for (name, list) in &request.keys {
        if matches!(name.as_str(), "Tags" | "tags") {
            let rule = rule!("put-type.keys.name-tags");
            remarks.classed(
                own_choice(
                    rule,
                    choice!("put-type.keys.name-tags"),
                    format!("a key called {name}"),
                ),
                name == "Tags",
            );
        }
        if name.starts_with('_') {
            if template::is_predefined_key(name) {
                remarks.touch(rule!("put-type.keys.name-predefined"));
            } else {
                let rule = rule!("put-type.keys.name-underscore");
                remarks.ground(own_choice(
                    rule,
                    choice!("cap.underscore-keys"),
                    format!("key {name:?}"),
                ));
            }
        }
        match list.len() {
            0 => {
                let rule = rule!("put-type.keys.empty-list");
                remarks.ground(own_choice(
                    rule,
                    choice!("put-type.keys.empty-list"),
                    format!("key {name:?} has no definition"),
                ));
            }
            1 => {}
            _ => remarks.touch(rule!("put-type.keys.multi-entry")),
        }
    }
    let named = |wanted| request.keys.iter().any(|(name, _)| name == wanted);
    if named("_account") && named("_fullName") {
        remarks.touch(rule!("put-type.keys.guide-example"));
    }
    let mut names: Vec<String> = request
        .keys
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        remarks.grudge(rule!("put-type.keys.name-case"), BAD);
    }
    for (name, key) in request.definitions() {
        if key.field_names.is_empty() {
            let rule = rule!("put-type.keys.fieldnames-required");
            remarks.ground(Ground::may(
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
                remarks.ground(Ground::must(
                    rules!["put-type.keys.fieldnames-defined"],
                    BAD,
                    why,
                ));
            }
            Some(_) => remarks.ground(Ground::may(
                rule!("put-type.keys.fieldnames-defined"),
                BAD,
                "a field of the template",
            )),
            None => remarks.touch(rule!("put-type.keys.fieldnames-defined")),
        }
        let mut fields: Vec<&String> = key.field_names.iter().collect();
        fields.sort_unstable();
        if fields.windows(2).any(|pair| pair[0] == pair[1]) {
            let rule = rule!("put-type.keys.fieldnames-duplicate");
            remarks.ground(own_choice(
                rule,
                choice!("put-type.keys.fieldnames-duplicate"),
                format!("key {name:?} repeats a field"),
            ));
        }
    }
}

/// LOOKUP_ONLY and NEW_ONLY keys may need another PROFILE key that stays (cap.durable-profile-key).
fn weigh_durability(request: &Request, existing: Option<&ObjectType>, gate: &mut Gate<'_>) {
    let fleeting = |key: &Key| key.is("LOOKUP_ONLY") || key.is("NEW_ONLY");
    let needy: Vec<(&str, &Key)> = request
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
fn weigh_contents(domain: &Domain, type_name: &str, request: &Request, gate: &mut Gate<'_>) {
    let others = || {
        let types = domain.types.values();
        types.filter(|other| other.name != type_name)
    };
    if others().next().is_none() {
        return;
    }
    for (name, key) in request.definitions() {
        let contents = request.contents(key);
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
