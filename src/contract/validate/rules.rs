//! Which rule speaks of a fault, by operation and place.
//!
//! Every fault that the contract has a rule for is named by that rule. For the others the nearest rule is named, and
//! nobody is held to it ([`Strength::May`]).

use super::Strength::{self, May, Must};
use crate::contract::RuleId;
use crate::rule;

use Fault::{Enum, Few, High, Long, Low, Many, Missing, Null, Pattern, Short, Type};

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A required member is not there.
    Missing,
    /// A required member is `null`.
    Null,
    /// Another JSON type.
    Type,
    /// Fewer characters than allowed.
    Short,
    /// More characters than allowed.
    Long,
    /// A text outside the pattern.
    Pattern,
    /// A text outside the enumeration.
    Enum,
    /// Fewer entries than allowed.
    Few,
    /// More entries than allowed.
    Many,
    /// A number below the range.
    Low,
    /// A number above the range.
    High,
}

/// What the contract says of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says {
    pub(super) rule: RuleId,
    pub(super) strength: Strength,
}

/// What the contract says of a fault of the member at `path`: names of members, with `*` for a value of a map, `name` for
/// a name in a map, and `[]` for an element of a list.
pub(super) fn about(operation: &str, path: &[&str], fault: Fault) -> Says {
    match own(operation, path, fault).or_else(|| general(fault)) {
        // The one rule here that tolerates its breach.
        Some(rule) if rule == rule!("put-type.tags.min") => Says {
            rule,
            strength: May,
        },
        Some(rule) => Says {
            rule,
            strength: Must,
        },
        None => nearest(path, fault),
    }
}

/// The rule that speaks of this fault of this very member.
pub(super) fn own(operation: &str, path: &[&str], fault: Fault) -> Option<RuleId> {
    match operation {
        "CreateDomain" => domain(path, fault, true),
        "UpdateDomain" => domain(path, fault, false),
        "PutProfileObjectType" => object_type(path, fault),
        "TagResource" => tagging(fault),
        "CreateProfile" | "UpdateProfile" | "AddProfileKey" | "DeleteProfileKey"
        | "MergeProfiles" => profile(operation, path, fault),
        _ => object(operation, path, fault),
    }
}

/// What holds wherever the fault occurs.
pub(super) fn general(fault: Fault) -> Option<RuleId> {
    match fault {
        Null => Some(rule!("proto.body-null-required")),
        Type => Some(rule!("proto.body-wrong-type")),
        _ => None,
    }
}

fn domain(path: &[&str], fault: Fault, create: bool) -> Option<RuleId> {
    Some(match (path, fault) {
        (["DefaultExpirationDays"], Missing | Null) => rule!("domain.create.expiration-required"),
        (["DefaultExpirationDays"], Low | High) if create => {
            rule!("domain.create.expiration-range")
        }
        (["DefaultExpirationDays"], Low | High) => rule!("domain.update.expiration-range"),
        (["DefaultEncryptionKey" | "DeadLetterQueueUrl"], Long) if create => {
            rule!("domain.create.key-url-length")
        }
        (["DefaultEncryptionKey" | "DeadLetterQueueUrl"], Long) => {
            rule!("domain.update.key-url-length")
        }
        (["Matching", "Enabled"], Missing | Null) if create => {
            rule!("domain.matching-enabled-required")
        }
        (["Matching", "Enabled"], Missing | Null) => {
            rule!("domain.update.matching-enabled-required")
        }
        _ => return None,
    })
}

fn object_type(path: &[&str], fault: Fault) -> Option<RuleId> {
    Some(match (path, fault) {
        (["Description"], Missing | Null) => rule!("put-type.description.required"),
        (["Description"], Short | Long) => rule!("put-type.description.length"),
        (["ExpirationDays"], Low | High) => rule!("put-type.expiration.range"),
        (["ExpirationDays"], Type) => rule!("put-type.expiration.type"),
        (["EncryptionKey"], Long) => rule!("put-type.encryption-key.length"),
        (["AllowProfileCreation"], Type) => rule!("put-type.allow-creation.type"),
        (["TemplateId"], Short | Long | Pattern) => rule!("put-type.template.pattern"),
        (["Fields", "name"], Short | Long) => rule!("put-type.fields.name-length"),
        (["Fields", "name"], Pattern) => rule!("put-type.fields.name-charset"),
        (["Fields", "*", "Source"], Short | Long) => rule!("put-type.fields.source-length"),
        (["Fields", "*", "Target"], Short | Long) => rule!("put-type.fields.target-length"),
        (["Fields", "*", "ContentType"], Enum) => rule!("put-type.fields.content-type.enum"),
        (["Keys", "name"], Short | Long) => rule!("put-type.keys.name-length"),
        (["Keys", "name"], Pattern) => rule!("put-type.keys.name-charset"),
        (["Keys", "*", "[]", "StandardIdentifiers", "[]"], Enum) => {
            rule!("put-type.keys.identifier-enum")
        }
        (["Keys", "*", "[]", "FieldNames", "[]"], Short | Long | Pattern) => {
            rule!("put-type.keys.fieldnames-shape")
        }
        (["Tags", ..], _) => return tags(path, fault),
        _ => return None,
    })
}

/// The rules about a map of tags given with a resource.
fn tags(path: &[&str], fault: Fault) -> Option<RuleId> {
    Some(match (path, fault) {
        ([_], Few) => rule!("put-type.tags.min"),
        ([_], Many) => rule!("put-type.tags.max"),
        ([_, "name"], Short | Long) => rule!("put-type.tags.key-length"),
        ([_, "name"], Pattern) => rule!("put-type.tags.key-charset"),
        ([_, "*"], Long) => rule!("put-type.tags.value"),
        _ => return None,
    })
}

fn tagging(fault: Fault) -> Option<RuleId> {
    match fault {
        Null | Type => None,
        _ => Some(rule!("tag.add.constraints")),
    }
}

fn profile(operation: &str, path: &[&str], fault: Fault) -> Option<RuleId> {
    let (absent, text) = (
        matches!(fault, Missing | Null),
        matches!(fault, Short | Long | Pattern),
    );
    Some(match (operation, path) {
        ("CreateProfile", ["Attributes", _]) if text => rule!("profile.create.attributes"),
        ("CreateProfile", [_, _]) if text => rule!("profile.create.address-length"),
        ("CreateProfile", [_]) if text => rule!("profile.create.length"),
        ("CreateProfile", ["PartyType" | "Gender"]) if fault == Enum => {
            rule!("profile.create.enums")
        }
        ("UpdateProfile", ["PartyType" | "Gender"]) if fault == Enum => {
            rule!("profile.update.clear-enum")
        }
        ("UpdateProfile", ["ProfileId"]) if absent || text => rule!("profile.update.id-format"),
        ("AddProfileKey" | "DeleteProfileKey", ["Values", ..]) if absent || text => {
            rule!("profile.key.values")
        }
        ("MergeProfiles", ["ProfileIdsToBeMerged"]) if absent || matches!(fault, Few | Many) => {
            rule!("merge.count")
        }
        _ => return None,
    })
}

fn object(operation: &str, path: &[&str], fault: Fault) -> Option<RuleId> {
    let (absent, text) = (
        matches!(fault, Missing | Null),
        matches!(fault, Short | Long | Pattern),
    );
    Some(match (operation, path) {
        ("PutProfileObject", [_]) if absent => rule!("ingest.type.required"),
        ("PutProfileObject", ["ObjectTypeName"]) if text => rule!("ingest.type.pattern"),
        ("PutProfileObject", ["Object"]) => match fault {
            Short => rule!("ingest.object.empty"),
            Long => rule!("ingest.object.length"),
            Type => rule!("ingest.object.raw"),
            _ => return None,
        },
        ("DeleteProfileObject", [_]) if absent => rule!("object.delete.required"),
        ("ListProfileObjects", ["ObjectTypeName" | "ProfileId"]) if absent => {
            rule!("list-objects.required")
        }
        ("ListProfileObjects", ["ProfileId"]) if text => rule!("list-objects.profile-id-format"),
        ("ListProfileObjects", ["ObjectTypeName"]) if text => rule!("list-objects.type-pattern"),
        ("ListProfileObjects", ["ObjectFilter", _]) if absent => rule!("filter.required-members"),
        ("ListProfileObjects", ["ObjectFilter", "KeyName"]) if text => {
            rule!("filter.keyname-pattern")
        }
        ("ListProfileObjects", ["ObjectFilter", "Values", ..]) if text => {
            rule!("filter.value-length")
        }
        ("ListProfileObjects", ["ObjectFilter", "Values", ..]) if fault == Type => {
            rule!("filter.values-type")
        }
        ("SearchProfiles", ["KeyName" | "Values"]) if absent => rule!("search.required"),
        ("SearchProfiles", ["KeyName"]) if text => rule!("search.keyname-pattern"),
        ("SearchProfiles", ["Values", ..]) if text => rule!("search.value-length"),
        _ => return None,
    })
}

/// The rule that comes nearest to a fault of which the contract says nothing.
fn nearest(path: &[&str], fault: Fault) -> Says {
    let rule = match (path, fault) {
        (["Tags", ..], _) => tags(path, fault),
        (_, Missing) => Some(rule!("proto.body-missing")),
        (["PartyType" | "Gender"], _) => Some(rule!("profile.create.enums")),
        (
            [
                "ProfileId" | "MainProfileId" | "ProfileIdsToBeMerged" | "FieldSourceProfileIds",
                ..,
            ],
            _,
        ) => Some(rule!("profile.update.id-format")),
        (["ObjectTypeName"], _) => Some(rule!("ingest.type.pattern")),
        (["KeyName"], _) => Some(rule!("search.keyname-pattern")),
        _ => None,
    };
    Says {
        rule: rule.unwrap_or(rule!("proto.body-wrong-type")),
        strength: May,
    }
}
