//! Labels and query: what a request is about, and which page of it.

use super::{BAD, MISSED, ROUTED, Reading, Refusals, Strength};
use crate::contract::pattern;
use crate::contract::shape::{Member, Shape, StringShape};
use crate::contract::{Options, RuleId};
use crate::wire::percent;
use crate::{choice, rule};

/// Most keys that one UntagResource removes.
const MOST_TAG_KEYS: usize = 50;

impl Reading {
    /// Reads a label: decoded once, held against its shape, kept as it was sent where it cannot be decoded.
    pub(super) fn label(&mut self, member: &'static Member, raw: &str) {
        let place = member.name;
        let (charset, strength) = self.label_charset(place);
        let Some(value) = percent::decode(raw) else {
            self.flaw(
                charset,
                strength,
                MISSED,
                place,
                format!("{raw:?} has a malformed escape or is not UTF-8"),
            );
            self.input.labels.push((place, raw.to_owned()));
            return;
        };
        if raw.contains('%') {
            self.escapes(place, raw, &value);
        }
        match member.shape {
            _ if matches!(value.as_str(), "." | "..") => {
                self.must(
                    rule!("proto.label-dots"),
                    MISSED,
                    place,
                    format!("{value:?} as a label"),
                );
            }
            Shape::String(shape) if place == "resourceArn" => self.arn(shape, &value),
            Shape::String(shape) => self.name(place, shape, &value),
            _ => {}
        }
        self.input.labels.push((place, value));
    }

    /// What the escapes of a label stand for.
    fn escapes(&mut self, place: &str, raw: &str, value: &str) {
        if place != "resourceArn" {
            if value.contains('/') {
                self.must(
                    rule!("proto.label-slash"),
                    MISSED,
                    place,
                    "a slash inside the label",
                );
            }
            if value.contains('%') {
                self.must(
                    rule!("proto.label-decode-once"),
                    MISSED,
                    place,
                    "a percent sign, decoded once",
                );
            }
        }
        let unreserved = raw.split('%').skip(1).any(|rest| {
            let digits = rest
                .get(..2)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            digits.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        });
        if unreserved {
            self.touch(rule!("proto.label-encoding"));
        }
    }

    /// The rule about the characters of a label.
    fn label_charset(&self, place: &str) -> (RuleId, Strength) {
        match place {
            "ObjectTypeName" if self.is("PutProfileObjectType") => {
                (rule!("put-type.name.charset"), Strength::Must)
            }
            "ObjectTypeName" if self.is("GetProfileObjectType") => {
                (rule!("get-type.bad-name"), Strength::Must)
            }
            // To delete what cannot exist may be answered like deleting what does not.
            "ObjectTypeName" => (rule!("get-type.bad-name"), Strength::May),
            "TemplateId" => (rule!("template.get.pattern"), Strength::Must),
            "resourceArn" => (rule!("tag.arn.pattern"), Strength::Must),
            _ => (rule!("domain.name.charset"), Strength::Must),
        }
    }

    /// A label that is a name: of a domain, an object type, a template.
    fn name(&mut self, place: &'static str, shape: &'static StringShape, value: &str) {
        let puts_type = place == "ObjectTypeName" && self.is("PutProfileObjectType");
        let creates_domain = self.is("CreateDomain");
        let (charset, strength) = self.label_charset(place);
        let length_rule = match place {
            "DomainName" => rule!("domain.name.too-long"),
            _ if puts_type => rule!("put-type.name.length"),
            _ => charset,
        };
        let refusals = if puts_type || creates_domain {
            ROUTED
        } else {
            MISSED
        };
        let length = value.chars().count() as u32;
        if let Some(most) = shape.length.max.filter(|most| length > *most) {
            self.flaw(
                length_rule,
                strength,
                refusals,
                place,
                format!("{length} characters, at most {most}"),
            );
        } else if length == 1 || shape.length.max == Some(length) {
            if place == "DomainName" {
                self.touch(rule!("domain.name.min-max"));
            }
            if length > 1 || puts_type {
                self.touch(length_rule);
            }
        }
        let fits = |text: &str| shape.pattern.is_none_or(|pattern| (pattern.matches)(text));
        if fits(value) {
            let first = value.as_bytes().first().copied().unwrap_or(b'a');
            if puts_type && (first == b'_' || first.is_ascii_uppercase()) {
                self.touch(rule!("put-type.name.first-char"));
            }
            if !first.is_ascii_alphabetic() || value.bytes().any(|byte| !byte.is_ascii_alphabetic())
            {
                self.touch(charset);
            }
        } else if value.strip_suffix('\n').is_some_and(fits) {
            let problem = "a line feed at the end";
            self.may(rule!("proto.pattern-newline"), MISSED, place, problem)
                .obscures();
        } else {
            let first = value.bytes().next().is_some_and(pattern::is_type_first);
            let rest = value.bytes().skip(1).all(pattern::is_name);
            let problem = format!(
                "{value:?} does not match {:?}",
                shape.pattern.map_or("", |pattern| pattern.text)
            );
            if puts_type && !first {
                self.must(
                    rule!("put-type.name.first-char"),
                    refusals,
                    place,
                    problem.as_str(),
                );
            }
            if !puts_type || !rest {
                self.flaw(charset, strength, refusals, place, problem);
            }
        }
    }

    /// The label of the tag operations.
    fn arn(&mut self, shape: &'static StringShape, value: &str) {
        let place = "resourceArn";
        let length = value.chars().count() as u32;
        match shape.length.max {
            Some(most) if length > most => {
                let problem = format!("{length} characters, at most {most}");
                self.must(rule!("tag.arn.length"), MISSED, place, problem);
            }
            Some(most) if value.len() as u32 > most => {
                self.length_unit(place.to_owned(), value, most, MISSED)
            }
            // How long an ARN can be made depends on region and account, so just inside is not one length.
            Some(most) if length > most - most / 4 => self.touch(rule!("tag.arn.length")),
            _ => {}
        }
        if shape.pattern.is_none_or(|pattern| (pattern.matches)(value)) {
            self.touch(rule!("tag.arn.pattern"));
        } else if pattern::partition(value).is_some_and(|partition| partition.contains('-')) {
            let problem = "a partition with a dash";
            self.may(
                rule!("tag.arn.partition-dash"),
                MISSED.or(Refusals::DENIED),
                place,
                problem,
            )
            .obscures();
        } else {
            let problem = format!(
                "{value:?} does not match {:?}",
                shape.pattern.map_or("", |pattern| pattern.text)
            );
            self.must(rule!("tag.arn.pattern"), ROUTED, place, problem);
        }
    }

    /// Reads the query; a value that cannot be decoded counts as one that means nothing.
    pub(super) fn query(&mut self, query: &str) {
        let takes = |wire: &str| {
            self.operation
                .input
                .iter()
                .any(|member| member.wire == wire)
        };
        let (pages, tags) = (takes("max-results"), takes("tagKeys"));
        if query.is_empty() && !tags {
            return;
        }
        let (mut sizes, mut tokens, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in percent::query_pairs(query) {
            let value = value.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string());
            match name.as_deref() {
                Some("max-results") if pages => sizes.push(value),
                Some("next-token") if pages => tokens.push(value),
                Some("tagKeys") if tags => keys.push(value),
                Some(name @ ("MaxResults" | "NextToken")) => {
                    self.may(
                        rule!("proto.query-names"),
                        BAD,
                        name,
                        "a name that does not paginate",
                    );
                }
                name => {
                    let name = name.unwrap_or("a name that cannot be decoded");
                    self.may(
                        rule!("proto.query-unknown"),
                        BAD,
                        name,
                        "an unknown parameter",
                    );
                }
            }
        }
        match sizes.as_slice() {
            [] => {}
            [size] => self.max_results(size, has_bare_plus(query, "max-results")),
            _ => {
                self.may(
                    rule!("proto.query-repeat"),
                    BAD,
                    "max-results",
                    "given more than once",
                );
            }
        }
        let doubt = "a bare `+`, which may be read as a blank";
        if pages && has_bare_plus(query, "next-token") {
            self.may(rule!("page.token-garbage"), BAD, "next-token", doubt);
        }
        if tags && has_bare_plus(query, "tagKeys") {
            self.may(rule!("tag.remove.absent-key"), BAD, "tagKeys", doubt)
                .obscures();
        }
        match tokens.as_slice() {
            [] => {}
            [token] => self.next_token(token),
            _ => {
                self.may(
                    rule!("proto.query-repeat"),
                    BAD,
                    "next-token",
                    "given more than once",
                );
                // Which of them counts is open; together they are a token that nobody handed out.
                self.input.next_token = Some(tokens.join("&"));
            }
        }
        if tags {
            self.tag_keys(keys);
        }
    }

    /// `max-results`; where a `+` in it is not escaped it may be read as a blank.
    fn max_results(&mut self, text: &str, bare_plus: bool) {
        let (place, format) = ("max-results", rule!("proto.query-int-format"));
        if text.is_empty() {
            self.may(format, BAD, place, "empty");
            return;
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let problem = format!("{text:?} is no integer");
            if nearly_integer(text) || bare_plus && nearly_integer(&text.replace('+', " ")) {
                self.may(format, BAD, place, problem);
            } else {
                self.must(format, BAD, place, problem);
            }
            return;
        }
        self.touch(format);
        match text.parse::<i32>() {
            Ok(value) if (1..=100).contains(&value) => {
                if matches!(value, 1 | 100) {
                    self.touch(rule!("page.max.bounds"));
                }
                if digits.len() > 1 && digits.starts_with('0') {
                    self.may(format, BAD, place, format!("{text} has a leading zero"));
                }
                self.touch(rule!("page.max.respected"));
                self.input.max_results = Some(i64::from(value));
            }
            Ok(value) => {
                self.must(
                    rule!("page.max.bounds"),
                    BAD,
                    place,
                    format!("{value} is not within 1 to 100"),
                );
                self.input.max_results = Some(i64::from(value));
            }
            Err(_) => self.must(
                rule!("proto.query-int-overflow"),
                BAD,
                place,
                format!("{text} exceeds 32 bits"),
            ),
        }
    }

    fn next_token(&mut self, token: &str) {
        let place = "next-token";
        let length = token.chars().count();
        if token.is_empty() {
            let (refused, served) = (Options::only(0), Options::only(1));
            self.may(rule!("page.token-empty"), BAD, place, "empty")
                .tells(choice!("page.token-empty"), served, refused);
        } else if length > 1024 {
            let problem = format!("{length} characters, at most 1024");
            self.flaw(
                rule!("page.token-input-length"),
                Strength::Should,
                BAD,
                place,
                problem,
            );
        } else if token.len() > 1024 {
            self.length_unit(place.to_owned(), token, 1024, BAD);
        }
        self.input.next_token = Some(token.to_owned());
    }

    /// `tagKeys`: how many there are is a rule; that each is a legal key is not, since no resource can have such a tag.
    fn tag_keys(&mut self, keys: Vec<String>) {
        let place = "tagKeys";
        let mut different: Vec<&str> = keys.iter().map(String::as_str).collect();
        different.sort_unstable();
        different.dedup();
        if keys.is_empty() || different.len() > MOST_TAG_KEYS {
            let problem = format!(
                "{} keys, at least 1 and at most {MOST_TAG_KEYS}",
                keys.len()
            );
            self.must(rule!("tag.remove.count"), BAD, place, problem);
        } else if keys.len() > MOST_TAG_KEYS {
            let problem = format!("{} keys, {} of them different", keys.len(), different.len());
            self.may(rule!("tag.remove.count"), BAD, place, problem);
        } else if matches!(keys.len(), 1 | MOST_TAG_KEYS) {
            self.touch(rule!("tag.remove.count"));
        }
        for key in &keys {
            let fits = (pattern::TAG_KEY.matches)(key) && key.len() <= 128;
            if !fits {
                self.may(
                    rule!("tag.remove.absent-key"),
                    BAD,
                    place,
                    format!("{key:?} is no tag key"),
                );
            }
        }
        self.input.tag_keys = keys;
    }

    /// A text whose length is within a limit by one way of counting and beyond it by another.
    ///
    /// Only descriptions tell how the target counts: servers that check one member by its bytes often leave the length of
    /// another to something that counts otherwise.
    pub(super) fn length_unit(&mut self, place: String, text: &str, most: u32, refusals: Refusals) {
        let counts = [
            text.chars().count(),
            text.encode_utf16().count(),
            text.len(),
        ];
        let (mut served, mut refused) = (Options::NONE, Options::NONE);
        for (unit, count) in counts.into_iter().enumerate() {
            let option = Options::only(unit as u8);
            if count as u32 <= most {
                served = served.or(option)
            } else {
                refused = refused.or(option)
            }
        }
        let [scalars, utf16, bytes] = counts;
        let problem =
            format!("{scalars} scalar values, {utf16} UTF-16 units, {bytes} bytes, at most {most}");
        let telling = place == "Description";
        let flaw = self.may(rule!("proto.length-unit"), refusals, place, problem);
        if telling {
            flaw.tells(choice!("cap.length-unit"), served, refused);
        }
    }
}

/// Whether a value of a parameter holds a `+` that is not escaped: itself to RFC 3986, a blank to who reads queries as forms.
fn has_bare_plus(query: &str, name: &str) -> bool {
    query.contains('+')
        && query.split('&').any(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            value.contains('+') && percent::decode(key).as_deref() == Some(name)
        })
}

/// Whether some readers of integers take it: blanks around it, a plus sign, underscores, digits of other scripts.
fn nearly_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.contains(char::is_numeric) && digits.chars().all(|c| c == '_' || c.is_numeric())
}
