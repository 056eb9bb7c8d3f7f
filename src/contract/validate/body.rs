//! The body: from bytes to JSON, and along the shapes.

use std::collections::HashSet;

use smallvec::SmallVec;

use super::rules::{self, Fault};
use super::{BAD, MISSED, ROUTED, Reading, Strength};
use crate::contract::shape::{Bounds, Member, Place, Shape, StringShape};
use crate::contract::{Options, RuleId, pattern};
use crate::wire::Request;
use crate::wire::json::{Json, JsonError, JsonErrorKind, Number};
use crate::{choice, rule};

/// Where the expirations of the model go beyond those of the quota page.
const PUBLISHED_DAYS: i64 = 1096;

/// A body of this many bytes is more than the `Object` in it may have characters.
const LARGE_BODY: usize = 256_000;

/// Identifiers of later revisions (contract 6).
const LATER_IDENTIFIERS: [&str; 13] = [
    "ORDER",
    "COMMUNICATION_RECORD",
    "DEVICE",
    "WEB_ANALYTICS",
    "AIR_PREFERENCE",
    "HOTEL_PREFERENCE",
    "AIR_BOOKING",
    "AIR_SEGMENT",
    "HOTEL_RESERVATION",
    "HOTEL_STAY_REVENUE",
    "LOYALTY",
    "LOYALTY_TRANSACTION",
    "LOYALTY_PROMOTION",
];

/// A place in the body: a step, and the place it was taken from.
#[derive(Clone, Copy)]
struct At<'a> {
    up: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// To a member of a structure.
    Member(&'static str),
    /// To the value of a map under a name.
    Value(&'a str),
    /// To that name itself.
    Name(&'a str),
    /// To an element of a list.
    Element(usize),
}

impl<'a> At<'a> {
    fn to(&'a self, step: Step<'a>) -> Self {
        Self {
            up: Some(self),
            step,
        }
    }

    /// The place as [`rules`] knows it.
    fn path(&self) -> SmallVec<[&'static str; 8]> {
        let up = std::iter::successors(Some(self), |at| at.up);
        let mut path: SmallVec<[&'static str; 8]> = SmallVec::new();
        for at in up {
            path.push(match at.step {
                Step::Member(name) => name,
                Step::Value(_) => "*",
                Step::Name(_) => "name",
                Step::Element(_) => "[]",
            });
        }
        path.reverse();
        path
    }

    /// The place for people.
    fn place(&self) -> String {
        let before = self.up.map(At::place);
        match (before, self.step) {
            (None, Step::Member(name)) => name.to_owned(),
            (Some(before), Step::Member(name)) => format!("{before}.{name}"),
            (before, Step::Value(name) | Step::Name(name)) => {
                format!("{}.{}", before.unwrap_or_default(), excerpt(name))
            }
            (before, Step::Element(index)) => format!("{}[{index}]", before.unwrap_or_default()),
        }
    }

    /// The member of the request it lies in.
    fn member(&self) -> &str {
        match (self.up, self.step) {
            (Some(up), _) => up.member(),
            (None, Step::Member(name)) => name,
            (None, _) => "",
        }
    }
}

/// Where a body has several members of one name.
#[derive(Default)]
struct Repeated {
    /// The places of such members.
    members: Vec<String>,
    /// The places of the objects they are in.
    objects: Vec<String>,
}

impl Repeated {
    fn collect(&mut self, value: &Json, place: String) {
        match value {
            Json::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.collect(item, format!("{place}[{at}]"));
                }
            }
            Json::Object(members) => {
                let mut seen = HashSet::with_capacity(members.len());
                let mut repeated = false;
                for (name, value) in members {
                    let below = match place.as_str() {
                        "" => excerpt(name),
                        place => format!("{place}.{}", excerpt(name)),
                    };
                    if !seen.insert(name) {
                        self.members.push(below.clone());
                        repeated = true;
                    }
                    self.collect(value, below);
                }
                if repeated {
                    self.objects.push(place);
                }
            }
            _ => {}
        }
    }

    /// Whether what is wrong at a place may be right to others.
    fn hold(&self, place: &str) -> bool {
        self.objects.iter().any(|object| object == place)
            || self.members.iter().any(|member| is_below(place, member))
    }

    /// Whether there are some in or below a member of the request.
    fn touch(&self, name: &str) -> bool {
        self.members.iter().any(|member| is_below(member, name))
    }
}

/// Whether a place is another one, or lies in it.
fn is_below(place: &str, other: &str) -> bool {
    place
        .strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl Reading {
    /// Reads the body of a request.
    pub(super) fn body(&mut self, request: &Request) {
        let bytes = request.body.as_deref().unwrap_or_default();
        let mut members = self
            .operation
            .input
            .iter()
            .filter(|member| member.place == Place::Body)
            .peekable();
        if members.peek().is_none() {
            if !bytes.is_empty() {
                self.may(
                    rule!("proto.body-on-get"),
                    BAD,
                    "body",
                    "a body where none is expected",
                );
            }
            return;
        }
        let required = members.any(|member| member.required);
        if bytes.is_empty() {
            match required {
                true => self.must(rule!("proto.body-missing"), BAD, "body", "no body"),
                false => self.promise(rule!("proto.body-empty-optional")),
            }
            return;
        }
        self.content_type(request);
        let parsed = match Json::parse(bytes) {
            Err(JsonError {
                kind: JsonErrorKind::NotUtf8,
                ..
            }) => {
                let problem = "not UTF-8";
                self.flaw(
                    rule!("proto.invalid-utf8"),
                    Strength::Should,
                    BAD,
                    "body",
                    problem,
                )
                .obscures();
                // Whoever replaces the bytes goes on to judge the rest.
                Json::parse(String::from_utf8_lossy(bytes).as_bytes())
            }
            parsed => parsed,
        };
        match parsed {
            Ok(Json::Object(found)) => {
                if !required && found.is_empty() {
                    self.promise(rule!("proto.body-empty-optional"));
                }
                if bytes.len() > LARGE_BODY && self.is("PutProfileObject") {
                    self.promise(rule!("proto.large-body"));
                }
                self.structure(self.operation.input, &found, None);
                let body = Json::Object(found);
                if body.has_duplicate_members() {
                    let problem = "a member name more than once";
                    self.may(rule!("proto.body-duplicate-member"), BAD, "body", problem)
                        .obscures();
                    self.doubt(&body);
                }
                self.input.body = body;
            }
            Ok(other) => {
                let problem = format!("{} instead of an object", other.kind_name());
                self.must(rule!("proto.body-not-object"), BAD, "body", problem);
            }
            Err(error) => self.unreadable(bytes, error, required),
        }
    }

    /// Whoever takes another one of several members of a name finds other faults below it.
    fn doubt(&mut self, body: &Json) {
        let mut places = Repeated::default();
        places.collect(body, String::new());
        for flaw in &mut self.input.flaws {
            if flaw.strength == Strength::Must && places.hold(&flaw.place) {
                flaw.strength = Strength::May;
                flaw.obscures = true;
            }
        }
        for member in self.operation.input {
            if member.place == Place::Body && places.touch(member.wire) {
                self.input.repeated.push(member.wire);
            }
        }
    }

    /// A body that our reader refuses; where others are known to be more lenient, so are we.
    fn unreadable(&mut self, bytes: &[u8], error: JsonError, required: bool) {
        let problem = error.to_string();
        let there = &bytes[error.offset.min(bytes.len())..];
        let number = there.strip_prefix(b"-").unwrap_or(there);
        let blank = bytes.trim_ascii().is_empty();
        let lenient = match error.kind {
            JsonErrorKind::LoneSurrogate => Some(rule!("proto.control-chars")),
            JsonErrorKind::TooDeep => Some(rule!("ingest.object.depth")),
            _ if blank && required => {
                return self.must(
                    rule!("proto.body-missing"),
                    BAD,
                    "body",
                    "nothing but blanks",
                );
            }
            _ if blank => Some(rule!("proto.body-empty-optional")),
            _ if there.first().is_some_and(|byte| *byte < b' ') => {
                Some(rule!("proto.control-chars"))
            }
            // A byte order mark, UTF-16 and UTF-32, the numbers that JSON lacks.
            _ if bytes.starts_with(b"\xef\xbb\xbf") || bytes.contains(&0) => {
                Some(rule!("proto.body-invalid-json"))
            }
            _ if number.starts_with(b"NaN") || number.starts_with(b"Infinity") => {
                Some(rule!("proto.body-invalid-json"))
            }
            _ => None,
        };
        match lenient {
            Some(rule) => {
                self.input.unread = true;
                self.may(rule, BAD, "body", problem).obscures();
            }
            None => self.must(rule!("proto.body-invalid-json"), BAD, "body", problem),
        }
    }

    fn content_type(&mut self, request: &Request) {
        let rule = rule!("proto.content-type");
        let (served, refused) = (Options::only(0), Options::only(1));
        let mut found = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let (first, again) = (found.next(), found.next().is_some());
        let Some((_, text)) = first.filter(|(_, text)| !text.trim().is_empty()) else {
            self.may(rule, ROUTED, "content-type", "none").tells(
                choice!("proto.content-type/none"),
                served,
                refused,
            );
            return;
        };
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let (essence, parameters) = (essence.trim(), parameters.trim());
        if again || !essence.eq_ignore_ascii_case("application/json") {
            // Some take whatever says it is JSON.
            let telling = !again && !essence.to_ascii_lowercase().contains("json");
            let flaw = self.may(rule, ROUTED, "content-type", text);
            if telling {
                flaw.tells(choice!("cap.content-type-check"), served, refused);
            }
        } else if parameters.eq_ignore_ascii_case("charset=utf-8") {
            self.promise(rule!("proto.content-type-params"));
        } else if !parameters.is_empty() {
            self.may(
                rule!("proto.content-type-params"),
                ROUTED,
                "content-type",
                text,
            );
        }
    }

    /// The members of a structure, or of the request itself.
    fn structure(
        &mut self,
        members: &'static [Member],
        found: &[(String, Json)],
        up: Option<&At<'_>>,
    ) {
        let known = || members.iter().filter(|member| member.place == Place::Body);
        for member in known() {
            let step = Step::Member(member.wire);
            let at = At { up, step };
            match found.iter().rfind(|(name, _)| name == member.wire) {
                None if member.required => self.missing(member, found, &at),
                None => {}
                Some((_, Json::Null)) if member.required => self.fault(&at, Fault::Null, "null"),
                Some((_, Json::Null)) => self.touch(rule!("proto.body-null-optional")),
                Some((_, value)) => self.value(member.shape, value, &at),
            }
        }
        for (name, _) in found {
            if known().any(|member| member.wire == name) {
                continue;
            }
            let place = match up {
                Some(up) => format!("{}.{}", up.place(), excerpt(name)),
                None => excerpt(name),
            };
            if known().any(|member| member.wire.eq_ignore_ascii_case(name)) {
                let problem = "a known name in another case is an unknown member";
                self.may(rule!("proto.member-case"), BAD, place, problem)
                    .obscures();
            } else if up.is_none() && matches!(name.as_str(), "MaxResults" | "NextToken") {
                self.may(
                    rule!("proto.query-names"),
                    BAD,
                    place,
                    "pages are asked for in the query",
                );
            } else {
                self.may(unknown_member(up), BAD, place, "an unknown member");
            }
        }
    }

    /// A required member that is not there, unless it is in another case.
    fn missing(&mut self, member: &Member, found: &[(String, Json)], at: &At<'_>) {
        match found.iter().find(|(name, value)| {
            member.wire.eq_ignore_ascii_case(name) && !matches!(value, Json::Null)
        }) {
            Some((name, _)) => {
                let problem = format!("missing: {name} is another name");
                self.flaw(
                    rule!("proto.member-case"),
                    Strength::Should,
                    BAD,
                    at.place(),
                    problem,
                )
                .obscures();
            }
            None => self.fault(at, Fault::Missing, "missing"),
        }
    }

    fn value(&mut self, shape: &'static Shape, value: &Json, at: &At<'_>) {
        match (shape, value) {
            (Shape::String(shape), Json::String(text)) => self.text(shape, text, at),
            (Shape::Integer { min, max, .. }, Json::Number(number)) => {
                self.integer(*min, *max, number, at)
            }
            (Shape::Boolean, Json::Bool(_)) => self.well(at, Fault::Type),
            (Shape::Boolean, value) if means_boolean(value) => {
                let problem = format!("{value} for a boolean");
                self.may(rule!("proto.body-bool-string"), BAD, at.place(), problem)
                    .obscures();
            }
            (Shape::Timestamp, Json::Number(_)) => {}
            (Shape::List { entries, item, .. }, Json::Array(items)) => {
                self.count(*entries, items.len(), at);
                for (index, value) in items.iter().enumerate() {
                    self.element(item, value, &at.to(Step::Element(index)));
                }
            }
            (
                Shape::Map {
                    entries,
                    key,
                    value: shape,
                    ..
                },
                Json::Object(members),
            ) => {
                self.count(*entries, members.len(), at);
                for (name, value) in members {
                    self.name_in_map(key, name, &at.to(Step::Name(name)));
                    self.element(shape, value, &at.to(Step::Value(name)));
                }
            }
            (Shape::Structure { members, .. }, Json::Object(found)) => {
                self.structure(members, found, Some(at))
            }
            (_, value) => self.fault(
                at,
                Fault::Type,
                format!("{} is of the wrong type", value.kind_name()),
            ),
        }
    }

    /// An element of a list, or a value of a map.
    fn element(&mut self, shape: &'static Shape, value: &Json, at: &At<'_>) {
        match value {
            Json::Null => self
                .may(
                    rule!("proto.body-null-element"),
                    BAD,
                    at.place(),
                    "null as an element",
                )
                .obscures(),
            value => self.value(shape, value, at),
        }
    }

    fn name_in_map(&mut self, shape: &'static StringShape, name: &str, at: &At<'_>) {
        // A dot in a field name: this revision forbids it, its own guide uses it.
        let dotted = at.member() == "Fields" && name.contains('.');
        if dotted
            && name.len() <= 64
            && name
                .bytes()
                .all(|byte| byte == b'.' || pattern::is_name(byte))
        {
            let flaw = self.may(
                rule!("put-type.fields.name-dot"),
                BAD,
                at.place(),
                "a dot in the name",
            );
            flaw.tells(
                choice!("cap.field-name-dots"),
                Options::only(0),
                Options::only(1),
            );
            if name.len() == 64 {
                self.well(at, Fault::Long);
            }
            return;
        }
        self.text(shape, name, at);
    }

    fn text(&mut self, shape: &'static StringShape, text: &str, at: &At<'_>) {
        if !text.is_ascii() {
            self.touch(rule!("proto.unicode-roundtrip"));
        }
        if has_control(text) {
            self.may(
                rule!("proto.control-chars"),
                BAD,
                at.place(),
                "control characters",
            )
            .obscures();
        } else if has_break(text) && !self.promises_breaks(shape, at) {
            let problem = "tabs or ends of lines";
            self.may(rule!("proto.control-chars"), BAD, at.place(), problem);
        }
        if at.up.is_none() && at.member() == "Description" && any_content(text) {
            self.promise(rule!("put-type.description.content"));
        }
        if text.is_empty() && shape.length.min.is_some_and(|min| min > 0) {
            return self.fault(at, Fault::Short, "empty");
        }
        self.length(shape, text, at);
        if !shape.values.is_empty() {
            self.enumerated(shape, text, at);
        } else if shape.name == "TagKey" && text.starts_with("aws:") {
            self.reserved_tag(text, at);
        } else if let Some(pattern) = shape.pattern {
            if (pattern.matches)(text) {
                self.matching(shape, text, at);
            } else if text.strip_suffix('\n').is_some_and(pattern.matches) {
                let problem = "a line feed at the end";
                self.may(rule!("proto.pattern-newline"), BAD, at.place(), problem)
                    .obscures();
            } else {
                let problem = format!("{:?} does not match {:?}", excerpt(text), pattern.text);
                self.fault(at, Fault::Pattern, problem);
            }
        }
    }

    /// Whether a rule promises that a text may hold whatever it likes, or has its own say on its characters.
    fn promises_breaks(&self, shape: &StringShape, at: &At<'_>) -> bool {
        let constrained = shape.pattern.is_some() || !shape.values.is_empty();
        let tag = shape.name == "TagValue"
            && !matches!(self.operation.name, "CreateDomain" | "UpdateDomain");
        let description = at.up.is_none() && at.member() == "Description";
        constrained || tag || description || shape.name == "stringifiedJson"
    }

    fn length(&mut self, shape: &'static StringShape, text: &str, at: &At<'_>) {
        // The longest of the three ways of counting.
        let bytes = text.len() as u32;
        let Some(most) = shape.length.max else { return };
        if bytes > most {
            let scalars = text.chars().count() as u32;
            if scalars > most {
                let problem = format!("{scalars} characters, at most {most}");
                self.fault(at, Fault::Long, problem);
            } else if shape.name == "stringifiedJson" {
                self.may(
                    rule!("ingest.object.bytes"),
                    BAD,
                    at.place(),
                    format!("{scalars} characters in {bytes} bytes"),
                );
            } else {
                self.length_unit(at.place(), text, most, BAD);
            }
        } else if bytes == most {
            self.well(at, Fault::Long);
        } else if shape.length.min.unwrap_or(0) == bytes {
            // Of no minimum at all, nothing is the shortest.
            self.well(
                at,
                if shape.length.min.is_some() {
                    Fault::Short
                } else {
                    Fault::Long
                },
            );
        }
    }

    fn enumerated(&mut self, shape: &'static StringShape, text: &str, at: &At<'_>) {
        if shape.values.contains(&text) {
            self.well(at, Fault::Enum);
        } else if shape.name == "StandardIdentifier" && LATER_IDENTIFIERS.contains(&text) {
            let problem = format!("{text} belongs to a later revision");
            self.may(
                rule!("put-type.keys.identifier-later"),
                BAD,
                at.place(),
                problem,
            );
        } else {
            let problem = format!("{:?} is none of {}", excerpt(text), shape.values.join(", "));
            self.fault(at, Fault::Enum, problem);
        }
    }

    /// A text that matches its pattern; some of those are doubtful all the same.
    fn matching(&mut self, shape: &'static StringShape, text: &str, at: &At<'_>) {
        if text.bytes().any(|byte| !byte.is_ascii_alphabetic()) {
            self.well(at, Fault::Pattern);
        }
        if shape.name == "uuid" && text.len() != pattern::ID_DIGITS {
            // Not found or nothing is what "find" makes of it, and so might be a refusal.
            let flaw = self.may(
                rule!("proto.pattern-find"),
                MISSED,
                at.place(),
                "32 hex digits and more",
            );
            flaw.tells(
                choice!("cap.pattern-find"),
                Options::only(1),
                Options::only(0).or(Options::only(1)),
            );
        }
        if shape.name == "TagKey" {
            if text
                .get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
            {
                let problem = "aws: in another case";
                let flaw = self.may(
                    rule!("put-type.tags.key-aws-case"),
                    BAD,
                    at.place(),
                    problem,
                );
                flaw.tells(
                    choice!("put-type.tags.key-aws-case"),
                    Options::only(0),
                    Options::only(1),
                );
            } else if self.is("PutProfileObjectType") && text.contains("aws") {
                self.touch(rule!("put-type.tags.key-aws"));
            }
        }
    }

    /// A tag key in the name space of the provider.
    fn reserved_tag(&mut self, key: &str, at: &At<'_>) {
        let says = match self.operation.name {
            "PutProfileObjectType" => rules::Says {
                rule: rule!("put-type.tags.key-aws"),
                strength: Strength::Must,
            },
            _ => rules::about(self.operation.name, &at.path(), Fault::Pattern),
        };
        let problem = format!("{:?} begins with aws:", excerpt(key));
        self.flaw(says.rule, says.strength, BAD, at.place(), problem);
    }

    fn integer(&mut self, min: Option<i64>, max: Option<i64>, number: &Number, at: &At<'_>) {
        let value = number.as_f64();
        if number.is_integer_literal() {
            self.well(at, Fault::Type);
        } else {
            let problem = format!("{} for an integer", excerpt(number.text()));
            if value.fract() != 0.0 {
                self.flaw(
                    rule!("proto.body-int-fraction"),
                    Strength::Should,
                    BAD,
                    at.place(),
                    problem.as_str(),
                )
                .obscures();
                if let Some(rule) = rules::own(self.operation.name, &at.path(), Fault::Type) {
                    self.must(rule, BAD, at.place(), problem);
                }
                return;
            }
            self.may(rule!("proto.body-int-fraction"), BAD, at.place(), problem);
        }
        if min.is_some_and(|min| value < min as f64) {
            self.fault(
                at,
                Fault::Low,
                format!("{} is too small", excerpt(number.text())),
            );
        } else if max.is_some_and(|max| value > max as f64) {
            self.fault(
                at,
                Fault::High,
                format!("{} is too large", excerpt(number.text())),
            );
        } else if min.is_some_and(|min| value == min as f64) {
            self.well(at, Fault::Low);
        } else if max.is_some_and(|max| max > PUBLISHED_DAYS) {
            self.expiration(value, at);
        } else if max.is_some_and(|max| value == max as f64) {
            self.well(at, Fault::High);
        }
    }

    /// Days within the range of the model; the quota page has a smaller one.
    fn expiration(&mut self, days: f64, at: &At<'_>) {
        if days == PUBLISHED_DAYS as f64 {
            return self.well(at, Fault::High);
        }
        if days > PUBLISHED_DAYS as f64 {
            let (rule, choice) = match self.operation.name {
                "PutProfileObjectType" => (
                    rule!("put-type.expiration.quota"),
                    choice!("put-type.expiration.quota"),
                ),
                _ => (
                    rule!("domain.create.expiration-quota"),
                    choice!("domain.create.expiration-quota"),
                ),
            };
            let problem = format!("{days} days, the published quota is {PUBLISHED_DAYS}");
            self.may(rule, BAD, at.place(), problem).tells(
                choice,
                Options::only(0),
                Options::only(1),
            );
        }
    }

    fn count(&mut self, entries: Bounds, count: usize, at: &At<'_>) {
        let count = count as u32;
        if let Some(least) = entries.min.filter(|least| count < *least) {
            self.fault(at, Fault::Few, format!("{count} entries, at least {least}"));
        } else if let Some(most) = entries.max.filter(|most| count > *most) {
            self.fault(at, Fault::Many, format!("{count} entries, at most {most}"));
        } else if entries.max == Some(count) {
            self.well(at, Fault::Many);
        } else if entries.min == Some(count) {
            self.well(at, Fault::Few);
        }
    }

    /// Notes that a value is right, just inside of what the fault would be.
    fn well(&mut self, at: &At<'_>, fault: Fault) {
        if let Some(rule) = rules::own(self.operation.name, &at.path(), fault) {
            self.touch(rule);
        }
    }

    /// Adds the flaws of a fault: by the rule about this very member, and by the rule that holds anywhere.
    fn fault(&mut self, at: &At<'_>, fault: Fault, problem: impl Into<String>) {
        let says = rules::about(self.operation.name, &at.path(), fault);
        let (place, problem) = (at.place(), problem.into());
        if let Some(rule) = rules::general(fault).filter(|rule| *rule != says.rule) {
            self.must(says.rule, BAD, place.as_str(), problem.as_str());
            return self.must(rule, BAD, place, problem);
        }
        let flaw = self.flaw(says.rule, says.strength, BAD, place, problem);
        // What becomes of a fault that nobody speaks of, nobody can say.
        flaw.obscures = says.strength == Strength::May && says.rule != rule!("put-type.tags.min");
    }
}

/// The rule about unknown members at a place.
fn unknown_member(up: Option<&At<'_>>) -> RuleId {
    match up.map(At::member) {
        Some("Fields") => rule!("put-type.fields.extra-member"),
        Some("ObjectFilter") => rule!("filter.unknown-member"),
        _ => rule!("proto.body-unknown-member"),
    }
}

/// Values other than booleans whose meaning as one is obvious.
fn means_boolean(value: &Json) -> bool {
    match value {
        Json::String(text) => {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }
        Json::Number(number) => matches!(number.text(), "0" | "1"),
        _ => false,
    }
}

/// Whether a description shows that any content will do: line feeds, or nothing but blanks.
fn any_content(text: &str) -> bool {
    text.contains('\n') || (!text.is_empty() && text.trim().is_empty())
}

/// The beginning of a text that may be long.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a text has white space that is a control character.
fn has_break(text: &str) -> bool {
    memchr::memchr3(b'\t', b'\n', b'\r', text.as_bytes()).is_some()
}

/// Whether a text has a control character other than white space, U+007F to U+009F among them.
pub(crate) fn has_control(text: &str) -> bool {
    // Beyond ASCII they begin with this byte.
    let may_be = |byte: u8| byte < b' ' || byte == 0x7f || byte == 0xc2;
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    // The whole text at once: that is faster than stopping at the first.
    text.bytes().fold(false, |any, byte| any | may_be(byte)) && text.chars().any(control)
}
