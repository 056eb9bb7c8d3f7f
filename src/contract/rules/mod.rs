//! The catalogue: one file for each section.

use super::rule::Confidence::{Assumed, Derived, Documented, DocumentedLater, Model, Protocol};
use super::rule::Level::{Info, Must, Probe, Should};
use super::rule::Rule;
use super::rule::Sides::{Both, One};

mod assign;
mod domain;
mod extract;
mod ingest;
mod keys;
mod list_objects;
mod object_types;
mod objects;
mod paging;
mod persist;
mod profiles;
mod protocol;
mod put_type_effects;
mod put_type_fields;
mod put_type_keys;
mod put_type_scalars;
mod quotas;
mod search;
mod standard_objects;
mod standard_profile;
mod tags;
mod templates;
mod time;

/// The sections with their numbers and titles, in order.
pub(super) const SECTIONS: &[(&str, &str, &[Rule])] = &[
    ("3.1", "Protocol", protocol::RULES),
    ("3.2", "Domains", domain::RULES),
    (
        "3.3",
        "PutProfileObjectType — scalar members",
        put_type_scalars::RULES,
    ),
    (
        "3.4",
        "PutProfileObjectType — Fields",
        put_type_fields::RULES,
    ),
    ("3.5", "PutProfileObjectType — Keys", put_type_keys::RULES),
    (
        "3.6",
        "PutProfileObjectType — tags, response, overwrite",
        put_type_effects::RULES,
    ),
    (
        "3.7",
        "Get, list, delete object types; implicit types",
        object_types::RULES,
    ),
    ("3.8", "Templates", templates::RULES),
    ("3.9", "Tags", tags::RULES),
    (
        "3.10",
        "Pagination (ListDomains, ListProfileObjectTypes, ListProfileObjectTypeTemplates, ListProfileObjects, SearchProfiles; integrations only where offered)",
        paging::RULES,
    ),
    ("3.11", "Ingestion: request validation", ingest::RULES),
    ("3.12", "Ingestion: value extraction", extract::RULES),
    (
        "3.13",
        "Ingestion: content types and key values",
        keys::RULES,
    ),
    (
        "3.14",
        "Profile assignment: reference algorithm",
        assign::RULES,
    ),
    ("3.15", "Which keys are persisted", persist::RULES),
    (
        "3.16",
        "Standard profile: population and default keys",
        standard_profile::RULES,
    ),
    ("3.17", "Standard asset and case", standard_objects::RULES),
    ("3.18", "Overwriting and deleting objects", objects::RULES),
    ("3.19", "Profiles", profiles::RULES),
    ("3.20", "ListProfileObjects", list_objects::RULES),
    ("3.21", "SearchProfiles", search::RULES),
    (
        "3.22",
        "Quotas (defaults; adjustable unless noted)",
        quotas::RULES,
    ),
    ("3.23", "Time and consistency", time::RULES),
];
