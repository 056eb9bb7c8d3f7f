//! What stands in answers beyond what was asked for, or is left out of them.

use super::errors::with_header;
use super::shapes::each_structure;
use super::{Act, Below, Written};
use crate::bend::{Call, Said, each, json, member, remove, set};
use crate::contract::RuleId;
use crate::contract::shape::{Member, Shape};
use crate::rule;
use crate::wire::Json;

const LENIENT: &[RuleId] = &[rule!("proto.output-lenient-min")];
const UNKNOWN: &[RuleId] = &[rule!("proto.output-unknown")];
const ECHO: &[RuleId] = &[
    rule!("put-type.echo.scalars"),
    rule!("put-type.echo.fields"),
    rule!("put-type.echo.keys"),
];
const TAGGING: &[RuleId] = &[
    rule!("proto.success-status"),
    rule!("proto.success-body"),
    rule!("tag.add.merge"),
    rule!("tag.remove"),
];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "null-for-nothing",
        rules: &[rule!("proto.output-null")],
        departs: &[rule!("proto.output-null")],
        about: "sends null for what is not there",
        act: Act::Answer(|call, said, _| {
            fill(call, said, |member| {
                (!member.required).then_some(Json::Null)
            });
        }),
    },
    Written {
        id: "empty-for-nothing",
        rules: LENIENT,
        departs: &[],
        about: "sends empty lists, maps and structures for those that are not there",
        act: Act::Answer(|call, said, _| {
            fill(call, said, |member| match member.shape {
                _ if member.required => None,
                Shape::List { .. } => Some(Json::Array(Vec::new())),
                Shape::Map { .. } | Shape::Structure { .. } => Some(Json::Object(Vec::new())),
                _ => None,
            });
        }),
    },
    Written {
        id: "empty-texts-in-profiles",
        rules: LENIENT,
        departs: &[],
        about: "sends empty texts for what a profile does not have",
        act: Act::Answer(|call, said, _| {
            if call.is("SearchProfiles") {
                fill(call, said, |member| match member.shape {
                    Shape::String(shape) if shape.values.is_empty() => {
                        (!matches!(member.wire, "NextToken" | "ProfileId")).then(|| Json::from(""))
                    }
                    _ => None,
                });
            }
        }),
    },
    Written {
        id: "nothing-for-empty",
        rules: LENIENT,
        departs: &[],
        about: "leaves out empty texts, lists and maps where they are optional",
        act: Act::Answer(|call, said, _| {
            if said.is_served() {
                each_structure(call.operation, &mut said.body, &mut |members, shape| {
                    members.retain(|(name, value)| {
                        let member = shape.iter().find(|member| member.wire == name);
                        let is_empty = match value {
                            Json::String(text) => text.is_empty(),
                            Json::Array(items) => items.is_empty(),
                            Json::Object(members) => members.is_empty(),
                            _ => false,
                        };
                        !is_empty || member.is_none_or(|member| member.required)
                    });
                });
            }
        }),
    },
    Written {
        id: "defaults-left-out",
        rules: ECHO,
        departs: &[],
        about: "leaves out AllowProfileCreation false and ContentType STRING",
        act: Act::Answer(|_, said, _| {
            let is_false = matches!(
                said.body.get("AllowProfileCreation"),
                Some(Json::Bool(false))
            );
            if is_false {
                remove(&mut said.body, &["AllowProfileCreation"]);
            }
            each(&mut said.body, &["Fields", "*"], &mut |field| {
                if let Json::Object(members) = field {
                    members.retain(|(name, value)| {
                        name != "ContentType" || value.as_str() != Some("STRING")
                    });
                }
            });
        }),
    },
    Written {
        id: "defaults-shown",
        rules: ECHO,
        departs: &[],
        about: "shows AllowProfileCreation false, ContentType STRING and empty identifiers where they were not given",
        act: Act::Answer(|call, said, _| {
            if !said.is_served()
                || !call.operation.ends_with("ProfileObjectType")
                || call.is("DeleteProfileObjectType")
            {
                return;
            }
            if said.body.get("AllowProfileCreation").is_none() {
                set(&mut said.body, "AllowProfileCreation", Json::Bool(false));
            }
            each(&mut said.body, &["Fields", "*"], &mut |field| {
                if field.get("ContentType").is_none() {
                    set(field, "ContentType", Json::from("STRING"));
                }
            });
            each(&mut said.body, &["Keys", "*", "*"], &mut |key| {
                if key.get("StandardIdentifiers").is_none() {
                    set(key, "StandardIdentifiers", Json::Array(Vec::new()));
                }
            });
        }),
    },
    Written {
        id: "identifiers-in-another-order",
        rules: &[rule!("put-type.echo.keys")],
        departs: &[],
        about: "shows standard identifiers in another order each time",
        act: Act::Answer(|_, said, memory| {
            each(
                &mut said.body,
                &["Keys", "*", "*", "StandardIdentifiers"],
                &mut |list| {
                    if let Json::Array(items) = list {
                        memory.random.shuffle(items);
                    }
                },
            );
        }),
    },
    Written {
        id: "short-put-type-answers",
        rules: &[
            rule!("put-type.response.echo"),
            rule!("put-type.response.equals-get"),
        ],
        departs: &[],
        about: "answers PutProfileObjectType with what is required and the template, nothing else",
        act: Act::Answer(|call, said, _| {
            if call.is("PutProfileObjectType") && said.is_served() {
                keep(said, &["ObjectTypeName", "Description", "TemplateId"]);
            }
        }),
    },
    Written {
        id: "short-domain-answers",
        rules: &[
            rule!("domain.create.echo"),
            rule!("domain.create.duplicate"),
            rule!("domain.update.partial"),
        ],
        departs: &[],
        about: "answers CreateDomain and UpdateDomain with what is required and nothing else",
        act: Act::Answer(|call, said, _| {
            let name = "DomainName";
            let times = ["CreatedAt", "LastUpdatedAt"];
            match call.operation {
                _ if !said.is_served() => {}
                "CreateDomain" => keep(said, &[name, "DefaultExpirationDays", times[0], times[1]]),
                "UpdateDomain" => keep(said, &[name, times[0], times[1]]),
                _ => {}
            }
        }),
    },
    Written {
        id: "short-key-answers",
        rules: &[rule!("profile.key.add.echo")],
        departs: &[],
        about: "answers AddProfileKey, DeleteProfileKey, DeleteProfile, DeleteProfileObject and MergeProfiles with `{}`",
        act: Act::Answer(|call, said, _| {
            let bare = [
                "AddProfileKey",
                "DeleteProfileKey",
                "DeleteProfile",
                "DeleteProfileObject",
                "MergeProfiles",
            ];
            if bare.contains(&call.operation) && said.is_served() {
                said.body = Json::Object(Vec::new());
            }
        }),
    },
    Written {
        id: "short-template-answers",
        rules: &[
            rule!("template.get.id-echo"),
            rule!("template.list.complete"),
        ],
        departs: &[],
        about: "leaves TemplateId, SourceName and SourceObject out of the answers of GetProfileObjectTypeTemplate",
        act: Act::Answer(|call, said, _| {
            if call.is("GetProfileObjectTypeTemplate") {
                for name in ["TemplateId", "SourceName", "SourceObject"] {
                    remove(&mut said.body, &[name]);
                }
            }
        }),
    },
    Written {
        id: "no-mapping-of-template-types",
        rules: &[rule!("put-type.template.mapping")],
        departs: &[],
        about: "leaves Fields and Keys out of the answers about types that have a template",
        act: Act::Answer(|call, said, _| {
            if call.operation.ends_with("ProfileObjectType")
                && said.body.get("TemplateId").is_some()
            {
                remove(&mut said.body, &["Fields"]);
                remove(&mut said.body, &["Keys"]);
            }
        }),
    },
    Written {
        id: "no-timestamps-of-types",
        rules: &[rule!("put-type.timestamps")],
        departs: &[],
        about: "shows no timestamps of object types",
        act: Act::Answer(|call, said, _| {
            if call.operation.contains("ProfileObjectType") {
                for path in [
                    &["CreatedAt"][..],
                    &["LastUpdatedAt"],
                    &["Items", "*", "CreatedAt"],
                    &["Items", "*", "LastUpdatedAt"],
                ] {
                    remove(&mut said.body, path);
                }
            }
        }),
    },
    Written {
        id: "timestamps-of-the-domain",
        rules: &[rule!("put-type.timestamps"), rule!("time.clock")],
        departs: &[],
        about: "shows the timestamps of the domain for those of its types",
        act: Act::Around(of_the_domain),
    },
    Written {
        id: "no-tags-elsewhere",
        rules: &[rule!("tag.consistency")],
        departs: &[],
        about: "shows tags in ListTagsForResource, GetDomain and GetProfileObjectType, not in lists and answers of writes",
        act: Act::Answer(|call, said, _| {
            let elsewhere = [
                "ListDomains",
                "ListProfileObjectTypes",
                "CreateDomain",
                "UpdateDomain",
                "PutProfileObjectType",
            ];
            if elsewhere.contains(&call.operation) {
                remove(&mut said.body, &["Tags"]);
                remove(&mut said.body, &["Items", "*", "Tags"]);
            }
        }),
    },
    Written {
        id: "expiration-of-the-domain",
        rules: &[rule!("put-type.expiration.default")],
        departs: &[],
        about: "shows the expiration of the domain for types that have none",
        act: Act::Around(domain_expiration),
    },
    Written {
        id: "statistics-of-noughts",
        rules: &[rule!("domain.get.stats")],
        departs: &[],
        about: "counts nothing in Stats",
        act: Act::Answer(|call, said, _| {
            if call.is("GetDomain") && said.is_served() {
                set(
                    &mut said.body,
                    "Stats",
                    json(
                        r#"{"ProfileCount":0,"MeteringProfileCount":0,"ObjectCount":0,"TotalSize":0}"#,
                    ),
                );
            }
        }),
    },
    Written {
        id: "no-statistics",
        rules: &[rule!("domain.get.stats")],
        departs: &[],
        about: "shows no Stats",
        act: Act::Answer(|_, said, _| remove(&mut said.body, &["Stats"])),
    },
    Written {
        id: "unknown-members",
        rules: UNKNOWN,
        departs: &[],
        about: "adds a member to every structure of every answer",
        act: Act::Answer(|call, said, _| {
            if said.is_served() {
                each_structure(call.operation, &mut said.body, &mut |members, _| {
                    members.push(("Newer".to_owned(), json(r#"{"Items":[null],"Message":7}"#)));
                });
            }
        }),
    },
    Written {
        id: "members-in-front",
        rules: UNKNOWN,
        departs: &[],
        about: "begins every structure with members whose names are almost those of others",
        act: Act::Answer(|call, said, _| {
            if said.is_served() {
                each_structure(call.operation, &mut said.body, &mut |members, shape| {
                    for member in shape.iter().take(2) {
                        members.insert(0, (member.wire.to_lowercase() + "_", Json::Bool(true)));
                    }
                });
            }
        }),
    },
    Written {
        id: "later-members",
        rules: UNKNOWN,
        departs: &[],
        about: "adds the members that later revisions have",
        act: Act::Answer(|call, said, _| later(call, said)),
    },
    Written {
        id: "empty-messages",
        rules: &[rule!("domain.delete.message"), rule!("delete-type.ok")],
        departs: &[],
        about: "sends empty texts for Message",
        act: Act::Answer(|_, said, _| {
            if said.is_served()
                && let Some(message) = member(&mut said.body, "Message")
            {
                *message = Json::from("");
            }
        }),
    },
    Written {
        id: "no-content-after-tagging",
        rules: TAGGING,
        departs: &[],
        about: "answers TagResource and UntagResource with 204",
        act: Act::Answer(|call, said, _| {
            if matches!(call.operation, "TagResource" | "UntagResource") && said.is_served() {
                said.status = 204;
                said.body = Json::Null;
                with_header(said, "content-type", None);
            }
        }),
    },
    Written {
        id: "empty-body-after-tagging",
        rules: TAGGING,
        departs: &[],
        about: "answers TagResource and UntagResource with an empty body",
        act: Act::Answer(|call, said, _| {
            if matches!(call.operation, "TagResource" | "UntagResource") && said.is_served() {
                said.body = Json::Null;
            }
        }),
    },
    Written {
        id: "more-headers",
        rules: &[rule!("proto.request-id")],
        departs: &[],
        about: "adds headers: a cookie, a cache policy, a code of an error that is none",
        act: Act::Answer(|_, said, _| {
            for (name, value) in [
                ("set-cookie", "a=b; Path=/"),
                ("set-cookie", "c=d"),
                ("cache-control", "no-store"),
                ("x-amz-apigw-id", "x"),
                ("access-control-allow-origin", "*"),
                ("vary", "origin"),
            ] {
                said.headers.push(name, value);
            }
        }),
    },
    Written {
        id: "content-type-with-charset",
        rules: &[rule!("proto.success-content-type")],
        departs: &[],
        about: "says Application/JSON; charset=UTF-8",
        act: Act::Answer(|_, said, _| {
            with_header(
                said,
                "content-type",
                Some("Application/JSON; charset=UTF-8"),
            )
        }),
    },
    Written {
        id: "ids-other-than-hexadecimal",
        rules: &[
            rule!("ingest.response.key-matches-list"),
            rule!("list-objects.item.key-unique"),
        ],
        departs: &[],
        about: "makes ProfileObjectUniqueKey of 255 characters, few of them letters",
        act: Act::Around(odd_keys),
    },
];

/// Adds members to every structure of what was served, where they are missing.
fn fill(call: &Call, said: &mut Said, value: impl Fn(&Member) -> Option<Json>) {
    if !said.is_served() {
        return;
    }
    each_structure(call.operation, &mut said.body, &mut |members, shape| {
        for member in shape {
            let missing = !members.iter().any(|(name, _)| name == member.wire);
            if let Some(value) = value(member).filter(|_| missing) {
                members.push((member.wire.to_owned(), value));
            }
        }
    });
}

/// Keeps these members only.
fn keep(said: &mut Said, names: &[&str]) {
    if let Json::Object(members) = &mut said.body {
        members.retain(|(name, _)| names.contains(&name.as_str()));
    }
}

/// What GetDomain says of the domain a request is about.
fn domain_of(call: &Call, below: &mut Below<'_>) -> Json {
    let path: Vec<&str> = call.sent().path().split('/').take(3).collect();
    below.ask(&call.own("GET", path.join("/"), None)).body
}

fn of_the_domain(call: &Call, below: &mut Below<'_>) -> Said {
    let mut said = below.ask(call);
    let about_types = [
        "PutProfileObjectType",
        "GetProfileObjectType",
        "ListProfileObjectTypes",
    ];
    if about_types.contains(&call.operation) && said.is_served() {
        let domain = domain_of(call, below);
        for name in ["CreatedAt", "LastUpdatedAt"] {
            let Some(time) = domain.get(name) else {
                continue;
            };
            for path in [&[name][..], &["Items", "*", name]] {
                each(&mut said.body, path, &mut |shown| *shown = time.clone());
            }
        }
    }
    said
}

fn domain_expiration(call: &Call, below: &mut Below<'_>) -> Said {
    let mut said = below.ask(call);
    if matches!(
        call.operation,
        "PutProfileObjectType" | "GetProfileObjectType"
    ) && said.is_served()
        && said.body.get("ExpirationDays").is_none()
        && let Some(days) = domain_of(call, below).get("DefaultExpirationDays")
    {
        set(&mut said.body, "ExpirationDays", days.clone());
    }
    said
}

/// What an answer of the newest revision has besides.
fn later(call: &Call, said: &mut Said) {
    if !said.is_served() {
        return;
    }
    let more: &[(&str, &str)] = match call.operation {
        "PutProfileObjectType" | "GetProfileObjectType" => &[
            ("SourceLastUpdatedTimestampFormat", "\"ISO_8601\""),
            ("MaxProfileObjectCount", "1000"),
            ("MaxAvailableProfileObjectCount", "1000"),
            ("SourcePriority", "1"),
        ],
        "CreateDomain" | "GetDomain" | "UpdateDomain" => &[
            ("RuleBasedMatching", r#"{"Enabled":false}"#),
            ("DataStore", r#"{"Enabled":false}"#),
        ],
        _ => &[],
    };
    for (name, value) in more {
        set(&mut said.body, name, json(value));
    }
    if call.is("SearchProfiles") {
        each(&mut said.body, &["Items", "*"], &mut |profile| {
            set(
                profile,
                "FoundByItems",
                json(r#"[{"KeyName":"x","Values":["y"]}]"#),
            );
            set(profile, "ProfileType", Json::from("PROFILE"));
            set(profile, "PartyTypeString", Json::from("person"));
        });
    }
    if call.is("ListProfileObjectTypes") {
        each(&mut said.body, &["Items", "*"], &mut |item| {
            set(item, "MaxProfileObjectCount", json("1000"));
        });
    }
}

/// Dresses up the keys of objects on their way out, and undresses them on their way in.
fn odd_keys(call: &Call, below: &mut Below<'_>) -> Said {
    let mut asked = call.clone();
    let mut unknown = false;
    asked.change(|body| {
        if let Some(Json::String(key)) = member(body, "ProfileObjectUniqueKey") {
            match key.strip_suffix(ODD.as_str()) {
                Some(inner) => *key = inner.to_owned(),
                None => unknown = !key.is_empty() && key.chars().count() <= 255,
            }
        }
    });
    if unknown {
        // Nobody has such a key; what it looks like inside must not find one either.
        asked.change(|body| set(body, "ProfileObjectUniqueKey", Json::from("nobody's")));
    }
    let mut said = below.ask(&asked);
    if said.is_served() {
        for path in [
            &["ProfileObjectUniqueKey"][..],
            &["Items", "*", "ProfileObjectUniqueKey"],
        ] {
            each(&mut said.body, path, &mut |key| {
                if let Json::String(text) = key {
                    text.push_str(&ODD);
                }
            });
        }
    }
    said
}

/// What keys end with; with the 32 digits of the reference they have 255 characters.
static ODD: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| "|é %/\"\\🗝".chars().cycle().take(255 - 32).collect());
