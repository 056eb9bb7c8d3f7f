//! Standard profiles, assets and cases as answers show them.
//!
//! Members are texts, some of them within addresses and attributes; an answer may leave out what has no value, or show it
//! as `null` or as an empty text. A [`Portrait`] lists what is known of each, and a free member is not compared.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use smallvec::smallvec;

use crate::contract::RuleId;
use crate::contract::template;
use crate::rule;
use crate::wire::Json;

use super::pattern::{Difference, RuleList, Rules, excerpt, is_id, rules};
use super::store::{Fields, Held, Kind};
use super::value;

/// A standard object as it is expected in an answer.
#[derive(Debug, Clone)]
pub struct Portrait {
    pub(super) kind: Kind,
    pub(super) id: Option<Arc<str>>,
    pub(super) fields: Fields,
    /// Whether any member may hold anything.
    pub(super) vague: bool,
    /// Rules that any difference may break as well.
    pub(super) history: RuleList,
    /// Rules broken by a value where none is expected.
    pub(super) extra: Rules,
    /// The rule, with no more than a SHOULD, on which all of it rests.
    pub(super) rests_on: Option<RuleId>,
}

impl Portrait {
    /// The member that holds the id.
    pub(super) fn id_member(kind: Kind) -> &'static str {
        match kind {
            Kind::Profile => "ProfileId",
            Kind::Asset => "AssetId",
            Kind::Case => "CaseId",
        }
    }

    pub(super) fn compare(&self, actual: &Json, place: &str, found: &mut Vec<Difference>) {
        let before = found.len();
        self.compare_members(actual, place, found);
        for difference in &mut found[before..] {
            if let Some(rule) = self.rests_on {
                difference.rules.insert(0, rule);
            }
            for rule in &self.history {
                if !difference.rules.contains(rule) {
                    difference.rules.push(*rule);
                }
            }
        }
    }

    fn compare_members(&self, actual: &Json, place: &str, found: &mut Vec<Difference>) {
        if actual.members().is_none() {
            let expected = "an object";
            found.push(Difference::new(
                self.extra,
                place,
                expected,
                excerpt(actual),
            ));
            return;
        }
        let shown = flatten(self.kind, actual);
        if let (Some(id), Some(shown)) = (&self.id, actual.get(Self::id_member(self.kind)))
            && shown.as_str() != Some(id)
        {
            let rules: Rules = match self.kind {
                Kind::Profile => rules!["std.id.assigned", "search.profile-content"],
                _ => rules!["asset.id", "asset.match-one", "case.as-asset"],
            };
            let place = format!("{place}/{}", Self::id_member(self.kind));
            found.push(Difference::new(
                rules,
                place,
                format!("{id:?}"),
                excerpt(shown),
            ));
        }
        let place_of_id = || format!("{place}/{}", Self::id_member(self.kind));
        let id = actual
            .get(Self::id_member(self.kind))
            .and_then(Json::as_str)
            .filter(|id| !id.is_empty());
        match (id, self.kind) {
            (None, _) => {
                let rules: Rules = match self.kind {
                    Kind::Profile => rules!["search.profile-shape"],
                    _ => rules!["asset.id"],
                };
                found.push(Difference::new(rules, place_of_id(), "an id", "nothing"));
            }
            (Some(id), Kind::Profile) if self.id.is_none() && !is_id(id) => {
                let (rules, expected) = (rules!["std.id.assigned"], "an id of 32 hex digits");
                found.push(Difference::new(
                    rules,
                    place_of_id(),
                    expected,
                    format!("{id:?}"),
                ));
            }
            _ => {}
        }
        if self.vague {
            return;
        }
        for (path, held) in &self.fields {
            let value = shown
                .iter()
                .find(|(known, _)| known == path)
                .map(|(_, value)| *value);
            if !held.allows(value) {
                let actual = value.map_or("nothing".to_owned(), |value| format!("{value:?}"));
                let place = format!("{place}/{}", path.replace('.', "/"));
                let mut lost = Difference::new(held.rules, place, held.to_string(), actual);
                if held.before.as_ref().is_some_and(|it| !it.allows(value)) {
                    // Who does not update a value has the one before.
                    let update = rule!("std.profile.same-object-update");
                    lost.rules.retain(|rule| *rule != update);
                }
                let scrub = rule!("delete-type.scrub");
                if value.is_none() && held.rules.contains(&scrub) {
                    // That the deletion of a type leaves what others wrote is a SHOULD.
                    lost.rules.retain(|rule| *rule != scrub);
                    lost.rules.insert(0, scrub);
                }
                if value.is_none() && path.starts_with("Attributes.") {
                    lost.rules.push(rule!("std.profile.attributes"));
                }
                found.push(lost);
            }
        }
        for (path, value) in &shown {
            // Where DataSource comes from is not specified (asset.data-source).
            if path != "DataSource" && !self.fields.iter().any(|(known, _)| known == path) {
                let place = format!("{place}/{}", path.replace('.', "/"));
                let actual = format!("{value:?}");
                let rules = match self.is_default(path, value) {
                    true => rules!["std.inferred.only-these", "search.profile-content"],
                    false => self.extra,
                };
                found.push(Difference::new(rules, place, "nothing", actual));
            }
        }
    }

    /// Whether a value is one that somebody may give a profile that was made by an object, without reading it there.
    fn is_default(&self, path: &str, value: &str) -> bool {
        self.extra.contains(&rule!("std.inferred.only-these"))
            && matches!(
                (path, value),
                ("PartyType", "INDIVIDUAL") | ("Gender", "UNSPECIFIED")
            )
    }

    /// How the reference shows it.
    pub(super) fn render(&self) -> Json {
        let mut members: Vec<(String, Json)> = Vec::with_capacity(self.fields.len() + 1);
        if let Some(id) = &self.id {
            let member = Self::id_member(self.kind).to_owned();
            members.push((member, Json::from(id.as_ref())));
        }
        for (path, held) in &self.fields {
            let Some(Some(value)) = held.options.first() else {
                continue;
            };
            let value = Json::from(value.as_ref());
            match path.split_once('.') {
                None => members.push((path.to_string(), value)),
                Some((outer, inner)) => {
                    let inner = (inner.to_owned(), value);
                    let known = members.iter_mut().find(|(name, _)| name == outer);
                    match known {
                        Some((_, Json::Object(nested))) => nested.push(inner),
                        _ => members.push((outer.to_owned(), Json::Object(vec![inner]))),
                    }
                }
            }
        }
        Json::Object(members)
    }

    /// Calls `cite` for every rule that an answer shows by fitting.
    pub(super) fn cites(&self, cite: &mut impl FnMut(RuleId)) {
        cite(match self.kind {
            Kind::Profile => rule!("search.profile-shape"),
            _ => rule!("asset.id"),
        });
        for (_, held) in &self.fields {
            held.rules.iter().for_each(|rule| cite(*rule));
        }
        self.extra.iter().for_each(|rule| cite(*rule));
        self.history.iter().for_each(|rule| cite(*rule));
        self.rests_on.iter().for_each(|rule| cite(*rule));
    }
}

impl Held {
    /// Whether it may have that value.
    pub(super) fn allows(&self, value: Option<&str>) -> bool {
        if self.free || self.options.iter().any(|known| shows_as(known, value)) {
            return true;
        }
        let mut known = self.options.iter().flatten();
        value.is_some_and(|shown| self.reformed && known.any(|known| value::reforms(known, shown)))
    }

    /// Keeps the values an answer agrees with. What it shows for a warning is one more that it may have: what was tolerated
    /// once is no violation later.
    pub(super) fn adopt(&mut self, value: Option<&str>) {
        if !self.allows(value) {
            self.admit(value.map(Arc::from));
        } else if self.options.iter().any(|known| shows_as(known, value)) {
            self.options.retain(|known| shows_as(known, value));
        } else if self.reformed {
            self.options = smallvec![value.map(Arc::from)];
        }
        self.reformed = false;
    }
}

/// Whether a value is shown so: an empty text may be left out.
fn shows_as(known: &Option<Arc<str>>, value: Option<&str>) -> bool {
    known.as_deref().filter(|text| !text.is_empty()) == value
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.free {
            return f.write_str("<any>");
        }
        for (at, option) in self.options.iter().enumerate() {
            let or = if at == 0 { "" } else { " or " };
            match option {
                Some(value) => write!(f, "{or}{value:?}")?,
                None => write!(f, "{or}nothing")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = Self::id_member(self.kind);
        match &self.id {
            Some(id) => write!(f, "{{\"{member}\": \"{id}\"")?,
            None => write!(f, "{{\"{member}\": <new id>")?,
        }
        if self.vague {
            return f.write_str(", <any>}");
        }
        for (path, held) in &self.fields {
            if !held.is_unset() {
                write!(f, ", \"{path}\": {held}")?;
            }
        }
        f.write_str("}")
    }
}

/// The members of a standard object that have a value, by path. Members nobody modelled are left out.
pub(super) fn flatten(kind: Kind, actual: &Json) -> Vec<(Cow<'_, str>, &str)> {
    let root = match kind {
        Kind::Profile => "_profile",
        Kind::Asset => "_asset",
        Kind::Case => "_case",
    };
    let mut flat: Vec<(Cow<'_, str>, &str)> = Vec::new();
    for (name, value) in actual.members().unwrap_or_default() {
        match value {
            Json::String(text) if !text.is_empty() => {
                let known = matches!(
                    template::target_within(root, name),
                    template::Target::Profile | template::Target::Standard
                );
                if known {
                    flat.push((Cow::Borrowed(name), text));
                }
            }
            Json::Object(members) => {
                let addresses = kind == Kind::Profile && template::is_address(name);
                if name == "Attributes" || addresses {
                    let texts = members
                        .iter()
                        .filter_map(|(inner, value)| Some((inner, value.as_str()?)))
                        .filter(|(inner, text)| {
                            !text.is_empty() && (!addresses || template::is_address_member(inner))
                        });
                    flat.extend(
                        texts.map(|(inner, text)| (Cow::Owned(format!("{name}.{inner}")), text)),
                    );
                }
            }
            _ => {}
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::super::store::{Path, Source};
    use super::*;

    const RULES: Rules = rules!["search.profile-content"];
    const EXTRA: Rules = rules!["std.profile.untargeted"];
    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).expect("JSON")
    }

    fn value(text: &str) -> Held {
        Held::value(text, Source::Request, RULES)
    }

    fn portrait(fields: Vec<(&'static str, Held)>) -> Portrait {
        let fields = fields.into_iter();
        Portrait {
            kind: Kind::Profile,
            id: Some(ID.into()),
            fields: fields
                .map(|(path, held)| (Path::Borrowed(path), held))
                .collect(),
            vague: false,
            history: RuleList::new(),
            extra: EXTRA,
            rests_on: None,
        }
    }

    /// Ann of Ulm, whose last name is Ng or none.
    fn ann() -> Portrait {
        let mut open = value("Ng");
        open.admit(None);
        portrait(vec![
            ("FirstName", value("Ann")),
            ("LastName", open),
            ("Address.City", value("Ulm")),
            ("Attributes.k", value("v")),
            ("MiddleName", Held::nothing(Source::Request, RULES)),
        ])
    }

    /// What the members differ in beside an id that fits.
    fn differences(portrait: &Portrait, members: &str) -> Vec<(String, Vec<&'static str>)> {
        let comma = if members.is_empty() { "" } else { "," };
        in_all(
            portrait,
            &format!(r#"{{"ProfileId":"{ID}"{comma}{members}}}"#),
        )
    }

    fn in_all(portrait: &Portrait, actual: &str) -> Vec<(String, Vec<&'static str>)> {
        let mut found = Vec::new();
        portrait.compare(&json(actual), "/x", &mut found);
        found
            .into_iter()
            .map(|found| {
                let rules = found.rules.iter().map(|rule| rule.id()).collect();
                (found.place, rules)
            })
            .collect()
    }

    const REST: &str = r#""Address":{"City":"Ulm"},"Attributes":{"k":"v"}"#;

    #[test]
    fn a_profile_shows_what_it_holds_and_nothing_else() {
        let with = |more: &str| differences(&ann(), &format!("{REST},{more}"));
        for fine in [
            r#""FirstName":"Ann""#,
            r#""FirstName":"Ann","LastName":"Ng","MiddleName":"""#,
            r#""FirstName":"Ann","MiddleName":null,"MailingAddress":{},"Unheard":"x""#,
            r#""FirstName":"Ann","MailingAddress":{"Unheard":"x"},"DataSource":"y""#,
        ] {
            assert_eq!(with(fine), [], "{fine}");
        }
        let [content, untargeted] = [RULES, EXTRA].map(|rules| vec![rules[0].id()]);
        for (members, place, rules) in [
            (r#""FirstName":"Bea""#, "/x/FirstName", &content),
            (r#""LastName":"Ng""#, "/x/FirstName", &content),
            (
                r#""FirstName":"Ann","LastName":"No""#,
                "/x/LastName",
                &content,
            ),
            (
                r#""FirstName":"Ann","MiddleName":"M""#,
                "/x/MiddleName",
                &content,
            ),
            (
                r#""FirstName":"Ann","BirthDate":"M""#,
                "/x/BirthDate",
                &untargeted,
            ),
            (
                r#""FirstName":"Ann","MailingAddress":{"City":"Bonn"}"#,
                "/x/MailingAddress/City",
                &untargeted,
            ),
        ] {
            assert_eq!(with(members), [(place.to_owned(), rules.clone())]);
        }
        let places: Vec<String> = differences(&ann(), r#""FirstName":"Ann","Address":{"City":""}"#)
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        assert_eq!(places, ["/x/Address/City", "/x/Attributes/k"]);
    }

    #[test]
    fn a_standard_object_has_its_id() {
        let profile = portrait(Vec::new());
        let wrong = vec!["std.id.assigned", "search.profile-content"];
        let place = "/x/ProfileId".to_owned();
        assert_eq!(
            in_all(&profile, r#"{"ProfileId":"b"}"#),
            [(place.clone(), wrong)]
        );
        let shape = vec!["search.profile-shape"];
        assert_eq!(in_all(&profile, "{}"), [(place, shape)]);
        assert_eq!(in_all(&profile, r#"{"ProfileId":""}"#).len(), 2);
        assert_eq!(
            in_all(&profile, "[]"),
            [("/x".to_owned(), vec![EXTRA[0].id()])]
        );
        let nameless = Portrait {
            id: None,
            ..portrait(Vec::new())
        };
        assert_eq!(
            in_all(&nameless, r#"{"ProfileId":"b"}"#),
            [("/x/ProfileId".to_owned(), vec!["std.id.assigned"])]
        );
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(in_all(&nameless, &format!(r#"{{"ProfileId":"{id}"}}"#)), []);
        for (kind, member) in [(Kind::Asset, "AssetId"), (Kind::Case, "CaseId")] {
            let object = Portrait {
                kind,
                ..portrait(Vec::new())
            };
            assert_eq!(in_all(&object, &format!(r#"{{"{member}":"{ID}"}}"#)), []);
            let place = format!("/x/{member}");
            let rules = vec!["asset.id", "asset.match-one", "case.as-asset"];
            assert_eq!(
                in_all(&object, &format!(r#"{{"{member}":"b"}}"#)),
                [(place.clone(), rules)]
            );
            assert_eq!(in_all(&object, "{}"), [(place, vec!["asset.id"])]);
        }
    }

    #[test]
    fn of_a_vague_profile_only_the_id_is_known() {
        let vague = Portrait {
            vague: true,
            ..ann()
        };
        assert_eq!(differences(&vague, r#""FirstName":"Bea""#), []);
        assert_eq!(in_all(&vague, "{}").len(), 1);
        assert_eq!(
            vague.to_string(),
            format!(r#"{{"ProfileId": "{ID}", <any>}}"#)
        );
    }

    #[test]
    fn what_happened_before_explains_a_difference_as_well() {
        let [merge, update] = [rule!("merge.effect"), rule!("profile.update.partial")];
        let portrait = Portrait {
            history: [update, RULES[0]].into_iter().collect(),
            rests_on: Some(merge),
            ..ann()
        };
        let found = differences(&portrait, &format!(r#"{REST},"FirstName":"Bea""#));
        let rules = [merge, RULES[0], update].map(RuleId::id).to_vec();
        assert_eq!(found, [("/x/FirstName".to_owned(), rules)]);
        let mut cited = Vec::new();
        portrait.cites(&mut |rule| cited.push(rule.id()));
        cited.sort_unstable();
        cited.dedup();
        let shown = [
            "merge.effect",
            "profile.update.partial",
            "search.profile-content",
            "search.profile-shape",
            "std.profile.untargeted",
        ];
        assert_eq!(cited, shown);
    }

    #[test]
    fn a_profile_is_rendered_with_its_addresses_and_attributes() {
        let portrait = portrait(vec![
            ("FirstName", value("Ann")),
            ("Address.City", value("Ulm")),
            ("Attributes.k", value("v")),
            ("MiddleName", Held::nothing(Source::Request, RULES)),
            ("Address.State", value("BW")),
        ]);
        let shown =
            r#""FirstName":"Ann","Address":{"City":"Ulm","State":"BW"},"Attributes":{"k":"v"}"#;
        assert_eq!(
            portrait.render().to_text(),
            format!(r#"{{"ProfileId":"{ID}",{shown}}}"#)
        );
        let printed = r#""FirstName": "Ann", "LastName": "Ng" or nothing, "Address.City": "Ulm", "Attributes.k": "v""#;
        assert_eq!(
            ann().to_string(),
            format!(r#"{{"ProfileId": "{ID}", {printed}}}"#)
        );
        let nameless = Portrait {
            id: None,
            ..self::portrait(vec![(
                "FirstName",
                Held {
                    free: true,
                    ..value("Ann")
                },
            )])
        };
        assert_eq!(
            nameless.to_string(),
            r#"{"ProfileId": <new id>, "FirstName": <any>}"#
        );
    }

    #[test]
    fn a_number_that_was_filled_in_may_be_normalised() {
        let mut filled = Held {
            reformed: true,
            ..value("+1 206 555 0100")
        };
        assert!(filled.allows(Some("+12065550100")));
        assert!(!filled.allows(Some("+12065550101")));
        assert!(!filled.allows(None));
        assert!(!value("+1 206 555 0100").allows(Some("+12065550100")));
        filled.adopt(Some("+12065550100"));
        assert_eq!(filled, value("+12065550100"));
        let free = Held {
            free: true,
            ..value("a")
        };
        assert!(free.allows(Some("b")) && free.allows(None));
    }

    #[test]
    fn an_answer_decides_between_values() {
        let mut two = value("a");
        two.admit(Some("b".into()));
        two.admit(None);
        for shown in [Some("a"), Some("b"), None] {
            let mut held = two.clone();
            held.adopt(shown);
            assert_eq!(held.options.len(), 1);
            assert_eq!(held.options[0].as_deref(), shown);
        }
        let mut held = two.clone();
        held.adopt(Some("c"));
        two.admit(Some("c".into()));
        assert_eq!(held, two);
        let mut held = Held {
            free: true,
            ..two.clone()
        };
        held.adopt(Some("d"));
        assert_eq!(held.options, two.options);
    }
}
