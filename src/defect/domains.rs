//! Defects of domains and tags.

use super::call::{Said, json, remove, set};
use super::{Act, Defect};
use crate::rule;
use crate::wire::{Json, percent};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "domain-name-65",
        rules: &[rule!("domain.name.too-long")],
        degree: 1,
        about: "takes names of domains of 65 characters",
        act: Act::Else(|call, inner| match call.label(0) {
            name if call.is("CreateDomain") && name.len() == 65 => {
                let shorter = name[..64].to_owned();
                inner.ask(&call.with_label(0, &shorter))
            }
            _ => inner.ask(call),
        }),
    },
    Defect {
        id: "domain-name-63",
        rules: &[rule!("domain.name.min-max")],
        degree: 1,
        about: "refuses names of domains of 64 characters",
        act: Act::Else(|call, inner| {
            if call.is("CreateDomain") && call.label(0).len() == 64 {
                return Said::bad("too long");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "domain-name-dot",
        rules: &[rule!("domain.name.charset")],
        degree: 1,
        about: "takes a dot in names of domains",
        act: Act::Else(|call, inner| {
            let name = call.label(0).to_owned();
            if call.is("CreateDomain") && name.len() > 2 && name.contains('.') {
                return inner.ask(&call.with_label(0, &name.replace('.', "-")));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "domain-expiration-1099",
        rules: &[rule!("domain.create.expiration-range")],
        degree: 1,
        about: "takes DefaultExpirationDays of 1099 or more for 1096",
        act: Act::Else(|call, inner| {
            let days = call.body.get("DefaultExpirationDays");
            let days = days
                .and_then(Json::as_number)
                .and_then(|days| days.as_i64());
            if call.is("CreateDomain") && days.is_some_and(|days| days > 1098) {
                call.set("DefaultExpirationDays", json("1096"));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "domain-expiration-1",
        rules: &[
            rule!("domain.create.expiration-range"),
            rule!("domain.update.expiration-range"),
        ],
        degree: 1,
        about: "refuses DefaultExpirationDays of 1",
        act: Act::Else(|call, inner| {
            let days = call.body.get("DefaultExpirationDays");
            if days
                .and_then(Json::as_number)
                .is_some_and(|days| days.text() == "1")
            {
                return Said::bad("too few");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "domain-expiration-optional",
        rules: &[
            rule!("domain.create.expiration-required"),
            rule!("proto.body-null-required"),
            rule!("proto.body-missing"),
        ],
        degree: 1,
        about: "creates domains without DefaultExpirationDays",
        act: Act::Lacking("CreateDomain", "DefaultExpirationDays", "366"),
    },
    Defect {
        id: "domain-key-256",
        rules: &[rule!("domain.create.key-url-length")],
        degree: 1,
        about: "takes a DefaultEncryptionKey of 256 characters",
        act: Act::Longer("CreateDomain", &["DefaultEncryptionKey"], 255),
    },
    Defect {
        id: "unknown-domain-400",
        rules: &[
            rule!("domain.get.unknown"),
            rule!("domain.delete.effect"),
            rule!("proto.error-status"),
        ],
        degree: 1,
        about: "answers GetDomain of a domain that does not exist with 400",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if call.is("GetDomain") && said.status == 404 {
                return Said::bad("no such domain");
            }
            said
        }),
    },
    Defect {
        id: "second-update-ignored",
        rules: &[
            rule!("domain.get.echo"),
            rule!("domain.update.partial"),
            rule!("domain.update.clear"),
        ],
        degree: 3,
        about: "acknowledges the second UpdateDomain of a domain without carrying it out",
        act: Act::Else(|call, inner| {
            if call.is("UpdateDomain") && inner.ask_in_passing(call).is_served() {
                let count = inner.count(&format!("updates/{}", call.label(0)));
                if count == 2 {
                    return inner.ask_in_passing(call);
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "update-forgets-key",
        rules: &[rule!("domain.update.partial"), rule!("domain.get.echo")],
        degree: 2,
        about: "forgets DefaultEncryptionKey when an UpdateDomain omits it",
        act: Act::Else(|call, inner| {
            if call.is("UpdateDomain") && call.lacks("DefaultEncryptionKey") {
                inner.note(format!("no-key/{}", call.label(0)), Json::Null);
            } else if call.is("UpdateDomain") {
                inner.forget(&format!("no-key/{}", call.label(0)));
            }
            let mut said = inner.ask(call);
            if inner.noted(&format!("no-key/{}", call.label(0))).is_some() {
                remove(&mut said.body, &["DefaultEncryptionKey"]);
            }
            said
        }),
    },
    Defect {
        id: "update-moves-creation",
        rules: &[rule!("domain.update.timestamps")],
        degree: 2,
        about: "sets CreatedAt anew at every UpdateDomain",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("UpdateDomain") && said.is_served() {
                inner.note(
                    format!("born/{}", call.label(0)),
                    Json::seconds(call.now_ms + 1000),
                );
            }
            if matches!(call.operation, "UpdateDomain" | "GetDomain")
                && said.is_served()
                && let Some(born) = inner.noted(&format!("born/{}", call.label(0)))
            {
                set(&mut said.body, "CreatedAt", born.clone());
                set(&mut said.body, "LastUpdatedAt", born.clone());
            }
            said
        }),
    },
    Defect {
        id: "deleted-domain-listed",
        rules: &[rule!("domain.delete.effect"), rule!("domain.list.contains")],
        degree: 2,
        about: "goes on listing domains that were deleted",
        act: Act::Else(|call, inner| {
            let before = call.is("DeleteDomain").then(|| {
                inner.ask_in_passing(&call.own("GET", format!("/domains/{}", call.label(0)), None))
            });
            let mut said = inner.ask(call);
            if let Some(before) = before.filter(|_| said.is_served()) {
                inner.note("ghost".to_owned(), before.body);
            }
            if call.is("ListDomains")
                && let Some(ghost) = inner.noted("ghost").cloned()
                && let Some(items) = said.items()
            {
                let mut item = ghost;
                for member in ["Stats", "DefaultExpirationDays", "DefaultEncryptionKey"] {
                    remove(&mut item, &[member]);
                }
                items.push(item);
            }
            said
        }),
    },
    Defect {
        id: "delete-domain-silent",
        rules: &[
            rule!("domain.delete.message"),
            rule!("proto.output-required"),
        ],
        degree: 1,
        about: "answers DeleteDomain without a Message",
        act: Act::Silent("DeleteDomain", &["Message"]),
    },
    Defect {
        id: "types-survive-their-domain",
        rules: &[
            rule!("domain.recreate-clean"),
            rule!("domain.delete.effect"),
        ],
        degree: 4,
        about: "finds the object types of a deleted domain in one created again under its name",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if !said.is_served() {
                return said;
            }
            let domain = call.label(0);
            match call.operation {
                "PutProfileObjectType" => {
                    let key = format!("type/{domain}/{}", call.label(1));
                    inner.note(key, call.body.clone());
                }
                "CreateDomain" => {
                    let prefix = format!("type/{domain}/");
                    let types: Vec<_> = inner
                        .noted_under(&prefix)
                        .map(|(name, body)| (name.to_owned(), body.clone()))
                        .collect();
                    for (name, body) in types {
                        let target = format!("/domains/{domain}/object-types/{name}");
                        inner.ask(&call.own("PUT", target, Some(body)));
                    }
                }
                _ => {}
            }
            said
        }),
    },
    Defect {
        id: "types-leak-between-domains",
        rules: &[rule!("domain.isolation"), rule!("get-type.unknown")],
        degree: 4,
        about: "finds an object type of another domain where its own domain has none",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("PutProfileObjectType") && said.is_served() {
                inner.note(format!("type/{}", call.label(1)), said.body.clone());
            }
            let known =
                inner.ask_in_passing(&call.own("GET", format!("/domains/{}", call.label(0)), None));
            if call.is("GetProfileObjectType")
                && said.status == 404
                && known.is_served()
                && let Some(body) = inner.noted(&format!("type/{}", call.label(1)))
            {
                said = Said::served(&body.to_string());
            }
            said
        }),
    },
    Defect {
        id: "unknown-domain-is-empty",
        rules: &[rule!("domain.scope-unknown"), rule!("domain.delete.effect")],
        degree: 2,
        about: "lists no object types of a domain that does not exist",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if call.is("ListProfileObjectTypes") && said.status == 404 {
                return Said::served(r#"{"Items":[]}"#);
            }
            said
        }),
    },
    Defect {
        id: "tags-replaced",
        rules: &[rule!("tag.add.merge"), rule!("tag.consistency")],
        degree: 3,
        about: "replaces all tags of a resource when some are added",
        act: Act::Else(|call, inner| {
            if call.is("TagResource")
                && inner.ask_in_passing(call).is_served()
                && let Some((arn, keys)) = tags_of(call, inner)
            {
                let query: Vec<_> = keys
                    .iter()
                    .map(|key| format!("tagKeys={}", percent::encode(key)))
                    .collect();
                if !query.is_empty() {
                    let target = format!("/tags/{}?{}", percent::encode(&arn), query.join("&"));
                    inner.ask(&call.own("DELETE", target, None));
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "untag-only-one",
        rules: &[rule!("tag.remove")],
        degree: 3,
        about: "removes only the first of several tags",
        act: Act::Else(|call, inner| {
            let query = call.sent().query();
            if call.is("UntagResource")
                && inner.ask_in_passing(call).is_served()
                && let Some((first, _)) = query.split_once('&')
            {
                let target = format!("{}?{first}", call.sent().path());
                return inner.ask(&call.at(target));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "untag-by-prefix",
        rules: &[rule!("tag.remove")],
        degree: 5,
        about: "removes all tags whose keys begin with the key to be removed",
        act: Act::Else(|call, inner| {
            if call.is("UntagResource")
                && inner.ask_in_passing(call).is_served()
                && let Some((_, keys)) = tags_of(call, inner)
            {
                let given: Vec<_> = percent::query_pairs(call.sent().query())
                    .into_iter()
                    .filter_map(|(_, value)| value)
                    .collect();
                let more: String = keys
                    .iter()
                    .filter(|key| given.iter().any(|start| key.starts_with(start.as_str())))
                    .filter(|key| !given.contains(key))
                    .map(|key| format!("&tagKeys={}", percent::encode(key)))
                    .collect();
                let target = format!("{}{more}", call.sent().target);
                return inner.ask(&call.at(target));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "tag-keys-folded",
        rules: &[
            rule!("tag.add.merge"),
            rule!("tag.consistency"),
            rule!("put-type.tags.stored"),
        ],
        degree: 3,
        about: "stores the keys of tags in lower case",
        act: Act::Else(|call, inner| {
            if call.is("TagResource") {
                call.change(|body| {
                    super::call::texts(body, &["tags", "@"], &mut |key| {
                        *key = key.to_lowercase();
                    });
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "unknown-arn-has-no-tags",
        rules: &[rule!("tag.arn.unknown")],
        degree: 2,
        about: "lists no tags for the ARN of nothing",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            if call.is("ListTagsForResource") && said.status == 404 {
                return Said::served(r#"{"tags":{}}"#);
            }
            said
        }),
    },
];

/// The ARN of a resource and the keys of its tags.
fn tags_of(call: &super::Call, inner: &super::Inner) -> Option<(String, Vec<String>)> {
    let arn = call.label(0).to_owned();
    let listed =
        inner.ask_in_passing(&call.own("GET", format!("/tags/{}", percent::encode(&arn)), None));
    let tags = listed.body.get("tags")?.members()?;
    Some((arn, tags.iter().map(|(key, _)| key.clone()).collect()))
}
