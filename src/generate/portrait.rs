//! What a standard profile can be given: its members with values that fit them, and where the fields of a type are written to.

use serde_json::{Map, Value};

use super::draw::Draw;
use super::types::Values;
use crate::contract::template::{addresses, profile_members};

/// Names of attributes: equal but for case, and such as objects of some languages have already.
pub(super) const ATTRIBUTES: [&str; 8] = [
    "tier",
    "count",
    "Tier",
    "tierName",
    "UPPER",
    "Mixed-Case_9",
    "__proto__",
    "toString",
];

/// The members that most profiles are told apart by.
const USUAL: [&str; 7] = [
    "FirstName",
    "LastName",
    "EmailAddress",
    "PhoneNumber",
    "AccountNumber",
    "BusinessName",
    "AdditionalInformation",
];

/// What the values of a member are like; nothing for members with a few values of their own.
fn values_of(member: &str) -> Option<Values> {
    Some(match member {
        "PartyType" | "Gender" => return None,
        _ if member.ends_with("PhoneNumber") => Values::Phone,
        _ if member.ends_with("EmailAddress") => Values::Mail,
        "FirstName" | "MiddleName" | "LastName" => Values::Name,
        _ => Values::Text,
    })
}

/// A member that is a text, and what its values are like.
pub(super) fn member(draw: &mut Draw<'_>) -> (&'static str, Values) {
    let members = match draw.once_in(3) {
        true => profile_members(),
        false => &USUAL,
    };
    let member = draw.one_of(members);
    values_of(member).map_or(("AccountNumber", Values::Text), |values| (member, values))
}

/// Attributes, one or two.
pub(super) fn attributes(draw: &mut Draw<'_>) -> Value {
    let mut attributes = Map::new();
    for _ in 0..draw.between(1, 2) {
        let value = Values::Text.value(draw);
        attributes.insert(draw.text(&ATTRIBUTES).to_owned(), value.into());
    }
    attributes.into()
}

/// One of the addresses, with one to three of its members.
pub(super) fn address(draw: &mut Draw<'_>) -> (&'static str, Value) {
    let (names, members) = addresses();
    let name = draw.one_of(names);
    let mut address = Map::new();
    for _ in 0..draw.between(1, 3) {
        let value = Values::Text.value(draw);
        let member = draw.one_of(members);
        address.insert(member.to_owned(), value.into());
    }
    (name, address.into())
}

/// Where values like these may be written to: mostly where they usually are, else to any member that takes them.
pub(super) fn target(draw: &mut Draw<'_>, values: Values) -> String {
    if !draw.once_in(3) {
        let usual: &[&str] = match values {
            Values::Mail => &["EmailAddress", "PersonalEmailAddress"],
            Values::Phone => &["PhoneNumber", "MobilePhoneNumber"],
            Values::Name => &["FirstName", "LastName"],
            Values::Number => &["AccountNumber", "Attributes.count"],
            Values::Text | Values::Owner => &[
                "Attributes.tier",
                "AccountNumber",
                "BusinessName",
                "Address.City",
                "AdditionalInformation",
            ],
        };
        return format!("_profile.{}", draw.one_of(usual));
    }
    let fits = |member: &&&str| values_of(member) == Some(values);
    let fitting: Vec<&str> = profile_members().iter().filter(fits).copied().collect();
    match (draw.pick(&fitting), draw.below(3)) {
        (Some(member), 0) => format!("_profile.{member}"),
        (_, 1) => {
            let (names, members) = addresses();
            let (name, member) = (draw.one_of(names), draw.one_of(members));
            format!("_profile.{name}.{member}")
        }
        _ => format!("_profile.Attributes.{}", draw.one_of(&ATTRIBUTES)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::template::{self, Target};
    use crate::generate::draw::noise;

    #[test]
    fn every_address_and_attributes_of_either_case_are_written_to() {
        let mut targets = BTreeSet::new();
        for number in 0..4_000 {
            let bytes = noise(number);
            let mut draw = Draw::new(&bytes);
            for values in [
                Values::Text,
                Values::Mail,
                Values::Phone,
                Values::Name,
                Values::Number,
            ] {
                let target = target(&mut draw, values);
                let known = matches!(
                    template::target(&target),
                    Target::Profile | Target::ProfileAttribute
                );
                assert!(known, "{target}");
                targets.insert(target);
            }
        }
        let (names, members) = addresses();
        for name in names {
            let of_name = |target: &&String| target.starts_with(&format!("_profile.{name}."));
            let reached = targets.iter().filter(of_name).count();
            assert_eq!(reached, members.len(), "{name}");
        }
        for attribute in ATTRIBUTES {
            assert!(
                targets.contains(&format!("_profile.Attributes.{attribute}")),
                "{attribute}"
            );
        }
        for member in profile_members() {
            let reached = targets.contains(&format!("_profile.{member}"));
            assert_eq!(reached, values_of(member).is_some(), "{member}");
        }
    }
}
