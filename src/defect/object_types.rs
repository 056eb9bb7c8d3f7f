//! Defects of object types: what a put takes, and what is shown of it.

use super::call::{Said, each, json, member, remove, set, texts};
use super::{Act, Defect};
use crate::rule;
use crate::wire::Json;

const PUT: &str = "PutProfileObjectType";
const GET: &str = "GetProfileObjectType";

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "type-name-256",
        rules: &[rule!("put-type.name.length")],
        degree: 1,
        about: "takes names of object types of 256 characters",
        act: Act::Else(|call, inner| match call.label(1) {
            name if call.is(PUT) && name.len() == 256 => {
                let shorter = name[..255].to_owned();
                inner.ask(&call.with_label(1, &shorter))
            }
            _ => inner.ask(call),
        }),
    },
    Defect {
        id: "type-name-254",
        rules: &[rule!("put-type.name.length")],
        degree: 1,
        about: "refuses names of object types of 255 characters",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.label(1).len() == 255 {
                return Said::bad("too long");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "type-name-digit",
        rules: &[rule!("put-type.name.first-char")],
        degree: 1,
        about: "takes a digit at the beginning of the name of an object type",
        act: Act::Else(|call, inner| {
            let name = call.label(1).to_owned();
            if call.is(PUT) && name.starts_with(|c: char| c.is_ascii_digit()) {
                return inner.ask(&call.with_label(1, &format!("n{}", &name[1..])));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "description-1001",
        rules: &[rule!("put-type.description.length")],
        degree: 1,
        about: "takes a Description of 1001 characters",
        act: Act::Longer(PUT, &["Description"], 1000),
    },
    Defect {
        id: "description-999",
        rules: &[rule!("put-type.description.length")],
        degree: 1,
        about: "refuses a Description of 1000 characters",
        act: Act::Shorter(PUT, &["Description"], 1000),
    },
    Defect {
        id: "description-optional",
        rules: &[
            rule!("put-type.description.required"),
            rule!("proto.body-null-required"),
            rule!("proto.body-missing"),
        ],
        degree: 1,
        about: "takes an object type without Description",
        act: Act::Lacking(PUT, "Description", r#""none""#),
    },
    Defect {
        id: "encryption-key-256",
        rules: &[rule!("put-type.encryption-key.length")],
        degree: 1,
        about: "takes an EncryptionKey of 256 characters",
        act: Act::Longer(PUT, &["EncryptionKey"], 255),
    },
    Defect {
        id: "template-id-65",
        rules: &[rule!("put-type.template.pattern")],
        degree: 1,
        about: "takes a TemplateId of 65 characters",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.text("TemplateId").is_some_and(|id| id.len() == 65) {
                call.change(|body| remove(body, &["TemplateId"]));
                let fields = json(r#"{"f":{"Source":"_source.f"}}"#);
                let keys = json(
                    r#"{"k":[{"StandardIdentifiers":["UNIQUE","PROFILE"],"FieldNames":["f"]}]}"#,
                );
                call.set("Fields", fields);
                call.set("Keys", keys);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "field-name-65",
        rules: &[rule!("put-type.fields.name-length")],
        degree: 1,
        about: "takes names of fields of 65 characters",
        act: Act::Longer(PUT, &["Fields", "@"], 64),
    },
    Defect {
        id: "field-name-63",
        rules: &[rule!("put-type.fields.name-length")],
        degree: 1,
        about: "refuses names of fields of 64 characters",
        act: Act::Shorter(PUT, &["Fields", "@"], 64),
    },
    Defect {
        id: "key-name-65",
        rules: &[rule!("put-type.keys.name-length")],
        degree: 1,
        about: "takes names of keys of 65 characters",
        act: Act::Longer(PUT, &["Keys", "@"], 64),
    },
    Defect {
        id: "key-name-63",
        rules: &[rule!("put-type.keys.name-length")],
        degree: 1,
        about: "refuses names of keys of 64 characters",
        act: Act::Shorter(PUT, &["Keys", "@"], 64),
    },
    Defect {
        id: "source-1001",
        rules: &[rule!("put-type.fields.source-length")],
        degree: 1,
        about: "takes a Source of 1001 characters",
        act: Act::Longer(PUT, &["Fields", "*", "Source"], 1000),
    },
    Defect {
        id: "target-1001",
        rules: &[rule!("put-type.fields.target-length")],
        degree: 1,
        about: "takes a Target of 1001 characters",
        act: Act::Longer(PUT, &["Fields", "*", "Target"], 1000),
    },
    Defect {
        id: "tag-key-129",
        rules: &[rule!("put-type.tags.key-length")],
        degree: 1,
        about: "takes keys of tags of 129 characters",
        act: Act::Longer(PUT, &["Tags", "@"], 128),
    },
    Defect {
        id: "tag-value-257",
        rules: &[rule!("put-type.tags.value")],
        degree: 1,
        about: "takes values of tags of 257 characters",
        act: Act::Longer(PUT, &["Tags", "*"], 256),
    },
    Defect {
        id: "tag-value-not-empty",
        rules: &[rule!("put-type.tags.value")],
        degree: 2,
        about: "refuses empty values of tags",
        act: Act::Shorter(PUT, &["Tags", "*"], 0),
    },
    Defect {
        id: "expiration-0",
        rules: &[rule!("put-type.expiration.range")],
        degree: 1,
        about: "takes ExpirationDays of 0",
        act: Act::Else(|call, inner| {
            let days = call.body.get("ExpirationDays").and_then(Json::as_number);
            if call.is(PUT) && days.is_some_and(|days| days.text() == "0") {
                call.set("ExpirationDays", json("1"));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "expiration-as-text",
        rules: &[
            rule!("put-type.expiration.type"),
            rule!("proto.body-wrong-type"),
        ],
        degree: 2,
        about: "takes ExpirationDays in quotes",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.text("ExpirationDays").is_some() {
                call.set("ExpirationDays", json("30"));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "creation-as-number",
        rules: &[
            rule!("put-type.allow-creation.type"),
            rule!("proto.body-wrong-type"),
        ],
        degree: 2,
        about: "takes any number but 0 and 1 for AllowProfileCreation as true",
        act: Act::Else(|call, inner| {
            let allow = call
                .body
                .get("AllowProfileCreation")
                .and_then(Json::as_number);
            if call.is(PUT) && allow.is_some_and(|allow| !matches!(allow.text(), "0" | "1")) {
                call.set("AllowProfileCreation", Json::Bool(true));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "creation-by-default",
        rules: &[
            rule!("put-type.allow-creation.default"),
            rule!("put-type.echo.scalars"),
            rule!("put-type.response.equals-get"),
            rule!("put-type.keys.lookup-needs-durable"),
            rule!("put-type.replace.optional-scalars"),
            rule!("search.by-key"),
        ],
        degree: 2,
        about: "allows profiles to be created unless a put says otherwise",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.lacks("AllowProfileCreation") && call.lacks("TemplateId") {
                call.set("AllowProfileCreation", Json::Bool(true));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "template-not-shown",
        rules: &[rule!("put-type.template.echo")],
        degree: 2,
        about: "leaves TemplateId out of GetProfileObjectType",
        act: Act::Silent(GET, &["TemplateId"]),
    },
    Defect {
        id: "content-type-any-case",
        rules: &[rule!("put-type.fields.content-type.enum")],
        degree: 2,
        about: "takes ContentType in any case",
        act: Act::Else(|call, inner| {
            if call.is(PUT) {
                let path = ["Fields", "*", "ContentType"];
                call.change(|body| texts(body, &path, &mut |text| *text = text.to_uppercase()));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "identifier-unknown",
        rules: &[rule!("put-type.keys.identifier-enum")],
        degree: 2,
        about: "ignores standard identifiers it does not know",
        act: Act::Else(|call, inner| {
            if call.is(PUT) {
                call.change(|body| {
                    each(
                        body,
                        &["Keys", "*", "*", "StandardIdentifiers"],
                        &mut |list| {
                            if let Json::Array(identifiers) = list {
                                identifiers.retain(|one| {
                                    one.as_str().is_none_or(|one| KNOWN.contains(&one))
                                });
                            }
                        },
                    );
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "case-unknown",
        rules: &[
            rule!("put-type.keys.asset-case"),
            rule!("put-type.keys.identifier-enum"),
            rule!("put-type.fields.target-root-standard"),
            rule!("put-type.keys.fieldnames-defined"),
        ],
        degree: 2,
        about: "does not know the identifier CASE",
        act: Act::Else(|call, inner| {
            let mut met = false;
            let path = ["Keys", "*", "*", "StandardIdentifiers", "*"];
            texts(&mut call.body.clone(), &path, &mut |one| {
                met |= one == "CASE"
            });
            if call.is(PUT) && met {
                return Said::bad("CASE");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "two-unique-keys",
        rules: &[rule!("put-type.keys.no-second-unique")],
        degree: 3,
        about: "takes two UNIQUE keys, and uses the first",
        act: Act::Else(|call, inner| {
            if call.is(PUT) {
                let mut seen = false;
                call.change(|body| {
                    each(
                        body,
                        &["Keys", "*", "*", "StandardIdentifiers"],
                        &mut |list| {
                            if let Json::Array(identifiers) = list {
                                let unique = |one: &Json| one.as_str() == Some("UNIQUE");
                                let here = identifiers.iter().any(unique);
                                if here && seen {
                                    identifiers.retain(|one| !unique(one));
                                }
                                seen |= here;
                            }
                        },
                    );
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "unique-lookup-only",
        rules: &[rule!("put-type.keys.unique-lookup-only")],
        degree: 2,
        about: "takes a key that is UNIQUE and LOOKUP_ONLY",
        act: Act::Else(|call, inner| {
            if call.is(PUT) {
                call.change(|body| {
                    each(
                        body,
                        &["Keys", "*", "*", "StandardIdentifiers"],
                        &mut |list| {
                            if let Json::Array(identifiers) = list
                                && identifiers.iter().any(|one| one.as_str() == Some("UNIQUE"))
                            {
                                identifiers.retain(|one| one.as_str() != Some("LOOKUP_ONLY"));
                            }
                        },
                    );
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "field-of-key-undefined",
        rules: &[rule!("put-type.keys.fieldnames-defined")],
        degree: 2,
        about: "takes keys of fields that are not defined",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.lacks("TemplateId") {
                let fields: Vec<String> = call
                    .body
                    .get("Fields")
                    .and_then(Json::members)
                    .map(|fields| fields.iter().map(|(name, _)| name.clone()).collect())
                    .unwrap_or_default();
                if let Some(first) = fields.first().cloned() {
                    let path = ["Keys", "*", "*", "FieldNames", "*"];
                    call.change(|body| {
                        texts(body, &path, &mut |name| {
                            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
                            if plain && !name.is_empty() && !fields.contains(name) {
                                first.clone_into(name);
                            }
                        });
                    });
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "fields-of-key-sorted",
        rules: &[rule!("put-type.echo.keys")],
        degree: 3,
        about: "shows the fields of a key in alphabetical order",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(GET) && said.is_served() {
                each(
                    &mut said.body,
                    &["Keys", "*", "*", "FieldNames"],
                    &mut |list| {
                        if let Json::Array(names) = list {
                            names.sort_by_key(|name| name.as_str().unwrap_or_default().to_owned());
                        }
                    },
                );
            }
            said
        }),
    },
    Defect {
        id: "put-adds-fields",
        rules: &[
            rule!("put-type.replace.fields-keys"),
            rule!("put-type.echo.fields"),
            rule!("put-type.keys.fieldnames-defined"),
            rule!("delete-type.others-untouched"),
        ],
        degree: 3,
        about: "keeps the fields of the definition before where a put lacks them",
        act: Act::Else(|call, inner| {
            let key = format!("fields/{}/{}", call.label(0), call.label(1));
            if call.is("DeleteProfileObjectType") || call.is("DeleteDomain") {
                inner.forget(&key);
            }
            let served = call.is(PUT) && inner.ask_in_passing(call).is_served();
            if served && let Some(Json::Object(known)) = inner.noted(&key).cloned() {
                call.change(|body| {
                    if let Some(fields @ Json::Object(_)) = member(body, "Fields") {
                        for (name, field) in known {
                            if fields.get(&name).is_none() {
                                set(fields, &name, field);
                            }
                        }
                    }
                });
            }
            if served && let Some(fields) = call.body.get("Fields").cloned() {
                inner.note(key, fields);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "tags-lost-on-put",
        rules: &[
            rule!("put-type.replace.tags-absent"),
            rule!("tag.consistency"),
            rule!("put-type.idempotent"),
        ],
        degree: 3,
        about: "shows no tags of an object type after a second put without them",
        act: Act::Else(|call, inner| {
            let key = format!("bare/{}/{}", call.label(0), call.label(1));
            let again = call.is(PUT)
                && call.lacks("Tags")
                && inner
                    .ask_in_passing(&call.own("GET", call.sent().target.clone(), None))
                    .is_served();
            let mut said = inner.ask(call);
            if again && said.is_served() {
                inner.note(key.clone(), Json::Null);
            }
            if inner.noted(&key).is_some() {
                remove(&mut said.body, &["Tags"]);
            }
            said
        }),
    },
    Defect {
        id: "refused-put-shows",
        rules: &[
            rule!("put-type.rejected-no-effect"),
            rule!("put-type.echo.scalars"),
            rule!("get-type.after-put"),
        ],
        degree: 4,
        about: "shows the Description of a put that was refused",
        act: Act::Else(|call, inner| {
            let key = format!("refused/{}/{}", call.label(0), call.label(1));
            let mut said = inner.ask(call);
            match call.operation {
                PUT if said.is_served() => {
                    inner.forget(&key);
                }
                PUT => {
                    if let Some(text) = call.text("Description") {
                        inner.note(key, Json::from(text));
                    }
                }
                GET if said.is_served() => {
                    if let Some(text) = inner.noted(&key) {
                        set(&mut said.body, "Description", text.clone());
                    }
                }
                _ => {}
            }
            said
        }),
    },
    Defect {
        id: "deleted-type-shown",
        rules: &[rule!("delete-type.gone")],
        degree: 2,
        about: "goes on showing an object type that was deleted",
        act: Act::Else(|call, inner| {
            let key = format!("ghost/{}/{}", call.label(0), call.label(1));
            if call.is("DeleteProfileObjectType") {
                let shown =
                    inner.ask_in_passing(&call.own("GET", call.sent().target.clone(), None));
                if shown.is_served() {
                    inner.note(key.clone(), shown.body);
                }
            }
            let said = inner.ask(call);
            match inner.noted(&key) {
                Some(ghost) if call.is(GET) && said.status == 404 => {
                    Said::served(&ghost.to_string())
                }
                _ => said,
            }
        }),
    },
    Defect {
        id: "deleting-takes-namesakes",
        rules: &[
            rule!("delete-type.others-untouched"),
            rule!("list-types.complete"),
            rule!("list-types.after-delete"),
        ],
        degree: 4,
        about: "deletes all object types whose names begin with that of the deleted one",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if call.is("DeleteProfileObjectType") && said.is_served() {
                let domain = call.label(0).to_owned();
                let mut listed = inner.ask_in_passing(&call.own(
                    "GET",
                    format!("/domains/{domain}/object-types?max-results=100"),
                    None,
                ));
                let names: Vec<String> = listed
                    .items()
                    .into_iter()
                    .flatten()
                    .filter_map(|item| Some(item.get("ObjectTypeName")?.as_str()?.to_owned()))
                    .filter(|name| name.starts_with(call.label(1)))
                    .collect();
                for name in names {
                    let target = format!("/domains/{domain}/object-types/{name}");
                    inner.ask(&call.own("DELETE", target, None));
                }
            }
            said
        }),
    },
    Defect {
        id: "list-shows-first-description",
        rules: &[rule!("list-types.item"), rule!("list-types.complete")],
        degree: 4,
        about: "lists object types with the Description of their first put",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            let prefix = format!("first/{}/", call.label(0));
            if call.is(PUT) && said.is_served() {
                let key = format!("{prefix}{}", call.label(1));
                if inner.noted(&key).is_none()
                    && let Some(text) = call.body.get("Description").cloned()
                {
                    inner.note(key, text);
                }
            }
            if call.is("DeleteProfileObjectType") || call.is("DeleteDomain") {
                inner.forget(&format!("{prefix}{}", call.label(1)));
            }
            if call.is("ListProfileObjectTypes") && said.is_served() {
                each(&mut said.body, &["Items", "*"], &mut |item| {
                    let name = item.get("ObjectTypeName").and_then(Json::as_str);
                    let first = inner.noted(&format!("{prefix}{}", name.unwrap_or_default()));
                    if let Some(first) = first {
                        set(item, "Description", first.clone());
                    }
                });
            }
            said
        }),
    },
    Defect {
        id: "third-put-forgets",
        rules: &[
            rule!("put-type.echo.scalars"),
            rule!("put-type.idempotent"),
            rule!("put-type.response.equals-get"),
            rule!("put-type.upsert"),
        ],
        degree: 5,
        about: "forgets ExpirationDays at the third put of an object type",
        act: Act::Else(|call, inner| {
            let key = format!("puts/{}/{}", call.label(0), call.label(1));
            let mut said = inner.ask(call);
            if call.is(PUT) && said.is_served() {
                inner.count(&key);
            }
            let puts = inner.noted(&key).and_then(Json::as_number);
            if puts.is_some_and(|puts| puts.text() == "3") {
                remove(&mut said.body, &["ExpirationDays"]);
            }
            said
        }),
    },
];

/// The standard identifiers of the revision.
const KNOWN: [&str; 7] = [
    "PROFILE",
    "ASSET",
    "CASE",
    "UNIQUE",
    "SECONDARY",
    "LOOKUP_ONLY",
    "NEW_ONLY",
];
