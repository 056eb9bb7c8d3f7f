//! Defects of profile objects, from their arrival to their deletion.

use super::call::{Said, each, json, member};
use super::{Act, Call, Defect, Inner};
use crate::rule;
use crate::wire::Json;

const PUT: &str = "PutProfileObject";
const LIST: &str = "ListProfileObjects";
const DELETE: &str = "DeleteProfileObject";

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "object-not-json",
        rules: &[rule!("ingest.object.not-json")],
        degree: 2,
        about: "acknowledges objects that are no JSON",
        act: Act::Else(|call, inner| {
            let broken = call
                .text("Object")
                .is_some_and(|text| !text.is_empty() && Json::parse(text.as_bytes()).is_err());
            let said = inner.ask(call);
            if call.is(PUT) && broken && said.status == 400 {
                return Said::served(r#"{"ProfileObjectUniqueKey":"none"}"#);
            }
            said
        }),
    },
    Defect {
        id: "object-raw",
        rules: &[rule!("ingest.object.raw"), rule!("proto.body-wrong-type")],
        degree: 2,
        about: "takes an object that is not a text",
        act: Act::Else(|call, inner| {
            if call.is(PUT)
                && let Some(object @ Json::Object(_)) = call.body.get("Object")
            {
                let text = object.to_string();
                call.set("Object", Json::from(text));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "another-unique-key",
        rules: &[
            rule!("ingest.response.key-matches-list"),
            rule!("object.delete.ok"),
            rule!("list-objects.scope"),
            rule!("time.settle"),
        ],
        degree: 3,
        about: "answers a put with another key than it lists",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(PUT)
                && let Some(Json::String(key)) = member(&mut said.body, "ProfileObjectUniqueKey")
            {
                *key = key.chars().rev().collect();
            }
            said
        }),
    },
    Defect {
        id: "nested-objects-dropped",
        rules: &[
            rule!("list-objects.item.object"),
            rule!("ingest.object.any-structure"),
        ],
        degree: 3,
        about: "lists objects without their nested objects",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(LIST) && said.is_served() {
                each_object(&mut said, |object| {
                    if let Json::Object(members) = object {
                        members.retain(|(_, value)| !matches!(value, Json::Object(_)));
                    }
                });
            }
            said
        }),
    },
    Defect {
        id: "proto-dropped",
        rules: &[
            rule!("list-objects.item.object"),
            rule!("ingest.object.any-structure"),
        ],
        degree: 5,
        about: "drops members called `__proto__`",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(LIST) && said.is_served() {
                each_object(&mut said, |object| {
                    if let Json::Object(members) = object {
                        members.retain(|(name, _)| name != "__proto__");
                    }
                });
            }
            said
        }),
    },
    Defect {
        id: "first-object-stays",
        rules: &[rule!("object.overwrite"), rule!("list-objects.item.object")],
        degree: 3,
        about: "acknowledges an object under a known UNIQUE value without replacing the one it has",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && inner.ask_in_passing(call).is_served() {
                let passing = inner.ask_in_passing(call);
                let key = format!("{}/{}", call.label(0), passing.body);
                if inner.count(&key) > 1 {
                    return passing;
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "equal-objects-of-two-types",
        rules: &[
            rule!("object.overwrite.per-type"),
            rule!("list-objects.complete"),
            rule!("list-objects.scope"),
            rule!("assign.cross-type"),
        ],
        degree: 4,
        about: "takes an object for known that equals one of another type",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && inner.ask_in_passing(call).is_served() {
                let text = call.text("Object").unwrap_or_default();
                let key = format!("{}/{text}", call.label(0));
                let kind = Json::from(call.text("ObjectTypeName").unwrap_or_default());
                match inner.noted(&key) {
                    Some(known) if !known.same(&kind) => return inner.ask_in_passing(call),
                    _ => inner.note(key, kind),
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "seventh-object-lost",
        rules: &[
            rule!("list-objects.complete"),
            rule!("object.overwrite"),
            rule!("assign.none.create"),
            rule!("search.by-key"),
        ],
        degree: 5,
        about: "acknowledges every seventh object and loses it",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && inner.count("objects") % 7 == 0 {
                return inner.ask_in_passing(call);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "deleted-object-stays",
        rules: &[rule!("object.delete.ok")],
        degree: 2,
        about: "acknowledges DeleteProfileObject without carrying it out",
        act: Act::Else(|call, inner| match call.is(DELETE) {
            true => inner.ask_in_passing(call),
            false => inner.ask(call),
        }),
    },
    Defect {
        id: "deleting-takes-the-type",
        rules: &[
            rule!("object.delete.ok"),
            rule!("list-objects.complete"),
            rule!("assign.primary.one"),
        ],
        degree: 4,
        about: "deletes all objects of the type with one of them",
        act: Act::Else(|call, inner| {
            if call.is(DELETE) && inner.ask_in_passing(call).is_served() {
                let (domain, profile, kind) = (
                    call.label(0).to_owned(),
                    call.text("ProfileId").unwrap_or_default().to_owned(),
                    call.text("ObjectTypeName").unwrap_or_default().to_owned(),
                );
                for key in listed(call, inner, &domain, &profile, &kind) {
                    let mut body = call.body.clone();
                    super::call::set(&mut body, "ProfileObjectUniqueKey", Json::from(key));
                    let target = format!("/domains/{domain}/profiles/objects/delete");
                    inner.ask(&call.own("POST", target, Some(body)));
                }
                return Said::served(r#"{"Message":"deleted"}"#);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "deleting-takes-the-profile",
        rules: &[
            rule!("object.delete.profile-stays"),
            rule!("object.delete.ok"),
        ],
        degree: 3,
        about: "deletes the profile with its object",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if call.is(DELETE)
                && said.is_served()
                && let Some(profile) = call.body.get("ProfileId").cloned()
            {
                let target = format!("/domains/{}/profiles/delete", call.label(0));
                let body = Json::Object(vec![("ProfileId".to_owned(), profile)]);
                inner.ask(&call.own("POST", target, Some(body)));
            }
            said
        }),
    },
    Defect {
        id: "deleted-object-never-back",
        rules: &[
            rule!("object.delete.reput"),
            rule!("object.delete.ok"),
            rule!("ingest.object.any-structure"),
        ],
        degree: 4,
        about: "refuses an object under a UNIQUE value whose object was deleted",
        act: Act::Else(|call, inner| {
            let key = |key: &str| format!("gone/{}/{key}", call.label(0));
            if call.is(DELETE)
                && let Some(unique) = call.text("ProfileObjectUniqueKey")
            {
                inner.note(key(unique), Json::Null);
            }
            if call.is(PUT) {
                let passing = inner.ask_in_passing(call);
                let unique = passing.body.get("ProfileObjectUniqueKey");
                if let Some(unique) = unique.and_then(Json::as_str)
                    && inner.noted(&key(unique)).is_some()
                {
                    return Said::bad("deleted");
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "type-of-object-optional",
        rules: &[rule!("ingest.type.required")],
        degree: 1,
        about: "takes an object without ObjectTypeName and forgets it",
        act: Act::Else(|call, inner| {
            if call.is(PUT) && call.lacks("ObjectTypeName") && call.text("Object").is_some() {
                let domain = call.own("GET", format!("/domains/{}", call.label(0)), None);
                if inner.ask_in_passing(&domain).is_served() {
                    return Said::served(r#"{"ProfileObjectUniqueKey":"none"}"#);
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "unknown-type-acknowledged",
        rules: &[rule!("ingest.type.unknown"), rule!("delete-type.gone")],
        degree: 2,
        about: "acknowledges objects of types that do not exist",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            let domain = call.own("GET", format!("/domains/{}", call.label(0)), None);
            let refused = matches!(said.status, 400 | 404);
            let odd = call.text("ObjectTypeName") == Some("Missing")
                || call.text("ObjectTypeName") == Some("NoSuchType")
                || refused && said.status == 404;
            if call.is(PUT) && odd && inner.ask_in_passing(&domain).is_served() {
                return Said::served(r#"{"ProfileObjectUniqueKey":"none"}"#);
            }
            said
        }),
    },
    Defect {
        id: "delete-type-keeps-objects",
        rules: &[rule!("delete-type.objects"), rule!("delete-type.reput")],
        degree: 4,
        about: "shows the objects of a deleted type again when its name is put again",
        act: Act::Else(|call, inner| {
            let key = format!("objects/{}/{}/", call.label(0), {
                match call.operation {
                    PUT => call.text("ObjectTypeName").unwrap_or_default(),
                    _ => call.label(1),
                }
            });
            let again =
                call.is("PutProfileObjectType") && inner.noted(&format!("deleted/{key}")).is_some();
            let said = inner.ask(call);
            if !said.is_served() {
                return said;
            }
            if call.is(PUT) {
                inner.note(format!("{key}{}", call.body), call.body.clone());
            } else if call.is("DeleteProfileObjectType") {
                inner.note(format!("deleted/{key}"), Json::Null);
            } else if again {
                let bodies: Vec<Json> = inner
                    .noted_under(&key)
                    .map(|(_, body)| body.clone())
                    .collect();
                for body in bodies {
                    let target = format!("/domains/{}/profiles/objects", call.label(0));
                    inner.ask(&call.own("PUT", target, Some(body)));
                }
            }
            said
        }),
    },
];

/// The keys of the listed objects of a profile and type.
fn listed(call: &Call, inner: &Inner, domain: &str, profile: &str, kind: &str) -> Vec<String> {
    let body = Json::Object(vec![
        ("ProfileId".to_owned(), Json::from(profile)),
        ("ObjectTypeName".to_owned(), Json::from(kind)),
    ]);
    let target = format!("/domains/{domain}/profiles/objects?max-results=100");
    let mut said = inner.ask_in_passing(&call.own("POST", target, Some(body)));
    let items = said.items().map(std::mem::take).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some(item.get("ProfileObjectUniqueKey")?.as_str()?.to_owned()))
        .collect()
}

/// Bends the objects in a listing.
fn each_object(said: &mut Said, mut go: impl FnMut(&mut Json)) {
    each(&mut said.body, &["Items", "*", "Object"], &mut |text| {
        if let Json::String(text) = text {
            let mut object = json(text);
            go(&mut object);
            *text = object.to_string();
        }
    });
}
