//! Defects of what a mapping means: the reference is handed another one than was put, and the one that was put is shown.

use super::call::{each, set, texts};
use super::{Act, Defect};
use crate::contract::RuleId;
use crate::rule;
use crate::wire::Json;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "secondary-is-primary",
        rules: &[
            rule!("assign.secondary.fallback"),
            rule!("assign.secondary.not-override"),
            rule!("assign.secondary.after-ambiguous"),
        ],
        degree: 4,
        about: "takes SECONDARY keys for primary ones",
        act: Act::Mapping(|body| drop_identifier(body, "SECONDARY")),
    },
    Defect {
        id: "secondary-ignored",
        rules: SECONDARY,
        degree: 4,
        about: "does not match by SECONDARY keys",
        act: Act::Mapping(|body| {
            each_definition(body, |identifiers| {
                if identifiers
                    .iter()
                    .any(|one| one.as_str() == Some("SECONDARY"))
                {
                    identifiers
                        .retain(|one| !matches!(one.as_str(), Some("SECONDARY" | "PROFILE")));
                }
            });
        }),
    },
    Defect {
        id: "lookup-only-stored",
        rules: &[
            rule!("persist.lookup-only"),
            rule!("search.by-key"),
            rule!("assign.lookup-only.matches"),
            rule!("assign.primary.several"),
        ],
        degree: 4,
        about: "stores values of LOOKUP_ONLY keys",
        act: Act::Mapping(|body| drop_identifier(body, "LOOKUP_ONLY")),
    },
    Defect {
        id: "new-only-stored",
        rules: &[
            rule!("persist.new-only.existing"),
            rule!("search.by-key"),
            rule!("assign.primary.several"),
        ],
        degree: 4,
        about: "stores values of NEW_ONLY keys on profiles that were there before",
        act: Act::Mapping(|body| drop_identifier(body, "NEW_ONLY")),
    },
    Defect {
        id: "search-only-matches",
        rules: &[
            rule!("assign.search-only.ignored"),
            rule!("assign.none.no-create"),
            rule!("search.by-key"),
        ],
        degree: 4,
        about: "matches by keys that are for searching only",
        act: Act::Mapping(|body| {
            each_definition(body, |identifiers| {
                if identifiers.is_empty() {
                    identifiers.push(Json::from("PROFILE"));
                }
            });
        }),
    },
    Defect {
        id: "compound-key-half",
        rules: &[
            rule!("key.compound-differs"),
            rule!("key.compound-no-collision"),
            rule!("key.compound-equal"),
            rule!("object.overwrite"),
        ],
        degree: 4,
        about: "uses only the first field of a compound key",
        act: Act::Mapping(|body| {
            each(body, &["Keys", "*", "*", "FieldNames"], &mut |names| {
                if let Json::Array(names) = names {
                    names.truncate(1);
                }
            });
        }),
    },
    Defect {
        id: "phone-is-text",
        rules: &[
            rule!("key.phone.documented"),
            rule!("key.phone.formats"),
            rule!("std.inferred.phone"),
        ],
        degree: 3,
        about: "does not normalise phone numbers",
        act: Act::Mapping(|body| content_type(body, "PHONE_NUMBER")),
    },
    Defect {
        id: "keys-of-their-type",
        rules: &[
            rule!("key.global-namespace"),
            rule!("assign.cross-type"),
            rule!("assign.search-only.is-target"),
            rule!("search.by-key"),
            rule!("assign.addkey-target"),
            rule!("assign.primary.discard-continue"),
            rule!("assign.none.create"),
            rule!("asset.create"),
        ],
        degree: 4,
        about: "keeps the values of keys apart by object type",
        act: Act::Mapping(|body| {
            let of_type = body
                .get("Description")
                .and_then(Json::as_str)
                .map_or(0, str::len);
            texts(body, &["Keys", "@"], &mut |name| {
                if !name.starts_with('_') && name.len() < 60 {
                    name.push_str(&format!("-{of_type}"));
                }
            });
        }),
    },
    Defect {
        id: "targets-ignored",
        rules: TARGETS,
        degree: 3,
        about: "fills nothing but names and addresses of the standard profile",
        act: Act::Mapping(|body| {
            each(body, &["Fields", "*"], &mut |field| {
                if let Json::Object(members) = field {
                    members.retain(|(name, value)| {
                        name != "Target"
                            || value.as_str().is_some_and(|target| {
                                target.contains("Name") || target.contains("Address")
                            })
                            || !value
                                .as_str()
                                .is_some_and(|target| target.starts_with("_profile."))
                    });
                }
            });
        }),
    },
    Defect {
        id: "shipping-is-billing",
        rules: &[rule!("std.profile.nested"), rule!("std.profile.targets")],
        degree: 3,
        about: "fills ShippingAddress into BillingAddress",
        act: Act::Mapping(|body| {
            texts(body, &["Fields", "*", "Target"], &mut |target| {
                *target = target.replace("ShippingAddress", "BillingAddress");
            });
        }),
    },
    Defect {
        id: "attributes-lower-case",
        rules: &[
            rule!("std.profile.attributes"),
            rule!("std.profile.targets"),
            rule!("search.profile-content"),
        ],
        degree: 4,
        about: "fills attributes under their names in lower case",
        act: Act::Mapping(|body| {
            texts(body, &["Fields", "*", "Target"], &mut |target| {
                if let Some(name) = target.strip_prefix("_profile.Attributes.") {
                    *target = format!("_profile.Attributes.{}", name.to_lowercase());
                }
            });
        }),
    },
    Defect {
        id: "accessor-first-step",
        rules: &[
            rule!("extract.accessor"),
            rule!("extract.missing"),
            rule!("ingest.object.any-structure"),
            rule!("std.profile.nested"),
        ],
        degree: 3,
        about: "reads only the first member of a path",
        act: Act::Mapping(|body| {
            texts(body, &["Fields", "*", "Source"], &mut |source| {
                let parts: Vec<_> = source.split('.').collect();
                if !source.contains("{{") && parts.len() > 2 {
                    *source = parts[..2].join(".");
                }
            });
        }),
    },
    Defect {
        id: "creates-always",
        rules: &[
            rule!("assign.none.no-create"),
            rule!("asset.no-profile"),
            rule!("assign.allow-false.match"),
            rule!("put-type.allow-creation.default"),
        ],
        degree: 3,
        about: "creates profiles for object types that do not allow it",
        act: Act::Mapping(|body| set(body, "AllowProfileCreation", Json::Bool(true))),
    },
    Defect {
        id: "first-definition-only",
        rules: &[rule!("put-type.keys.multi-entry"), rule!("search.by-key")],
        degree: 4,
        about: "uses only the first of several definitions of a key",
        act: Act::Mapping(|body| {
            each(body, &["Keys", "*"], &mut |definitions| {
                if let Json::Array(definitions) = definitions {
                    let unique = |definition: &Json| definition.to_string().contains("UNIQUE");
                    let mut first = true;
                    definitions
                        .retain(|definition| std::mem::take(&mut first) || unique(definition));
                }
            });
        }),
    },
    Defect {
        id: "handlebars-without-blanks",
        rules: &[
            rule!("extract.handlebars.concat"),
            rule!("extract.handlebars.escape"),
        ],
        degree: 4,
        about: "drops the blanks between two expressions of a Handlebars source",
        act: Act::Mapping(|body| {
            texts(body, &["Fields", "*", "Source"], &mut |source| {
                *source = source.replace("}} {{", "}}{{");
            });
        }),
    },
];

const SECONDARY: &[RuleId] = &[
    rule!("assign.secondary.fallback"),
    rule!("assign.secondary.after-ambiguous"),
    rule!("assign.secondary.not-override"),
    rule!("persist.secondary"),
    rule!("assign.none.create"),
    rule!("search.by-key"),
];

const TARGETS: &[RuleId] = &[
    rule!("std.profile.targets"),
    rule!("std.profile.attributes"),
    rule!("std.profile.match-fills"),
    rule!("search.by-key"),
    rule!("search.profile-content"),
    rule!("std.keys.phone"),
    rule!("std.keys.email"),
    rule!("std.keys.account"),
];

fn drop_identifier(body: &mut Json, identifier: &str) {
    each_definition(body, |identifiers| {
        identifiers.retain(|one| one.as_str() != Some(identifier));
    });
}

fn each_definition(body: &mut Json, mut go: impl FnMut(&mut Vec<Json>)) {
    each(body, &["Keys", "*", "*"], &mut |definition| {
        if definition.get("StandardIdentifiers").is_none() {
            set(definition, "StandardIdentifiers", Json::Array(Vec::new()));
        }
        each(definition, &["StandardIdentifiers"], &mut |list| {
            if let Json::Array(identifiers) = list {
                go(identifiers);
            }
        });
    });
}

fn content_type(body: &mut Json, text: &str) {
    texts(body, &["Fields", "*", "ContentType"], &mut |kind| {
        if kind == text {
            "STRING".clone_into(kind);
        }
    });
}
