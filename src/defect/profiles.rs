//! Defects of profiles and their keys.

use super::call::{Said, each, json, texts};
use super::{Act, Defect};
use crate::rule;
use crate::wire::Json;

const CREATE: &str = "CreateProfile";
const UPDATE: &str = "UpdateProfile";
const ADD_KEY: &str = "AddProfileKey";

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "equal-profiles-are-one",
        rules: &[
            rule!("profile.create.no-dedup"),
            rule!("profile.create.id"),
            rule!("search.by-key"),
            rule!("std.id.assigned"),
        ],
        degree: 3,
        about: "answers a CreateProfile that equals an earlier one with the profile that is there",
        act: Act::Else(|call, inner| {
            let key = format!("profile/{}/{}", call.label(0), call.body);
            if call.is(CREATE)
                && call
                    .body
                    .members()
                    .is_some_and(|members| !members.is_empty())
                && let Some(known) = inner.noted(&key)
            {
                return Said::served(&known.to_string());
            }
            let said = inner.ask(call);
            if call.is(CREATE) && said.is_served() {
                inner.note(key, said.body.clone());
            }
            said
        }),
    },
    Defect {
        id: "profile-id-dashes",
        rules: &[rule!("profile.create.id"), rule!("std.id.assigned")],
        degree: 1,
        about: "answers CreateProfile with an id in upper case",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(CREATE) {
                texts(&mut said.body, &["ProfileId"], &mut |id| {
                    *id = id.to_uppercase()
                });
            }
            said
        }),
    },
    Defect {
        id: "update-clears-last-name",
        rules: &[
            rule!("profile.update.partial"),
            rule!("search.profile-content"),
        ],
        degree: 3,
        about: "clears LastName when an UpdateProfile omits it",
        act: Act::Else(|call, inner| {
            if call.is(UPDATE) && call.body.get("LastName").is_none() {
                call.set("LastName", Json::from(""));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "empty-text-ignored",
        rules: &[
            rule!("profile.update.clear"),
            rule!("search.profile-content"),
        ],
        degree: 3,
        about: "ignores empty texts in UpdateProfile",
        act: Act::Else(|call, inner| {
            if call.is(UPDATE) {
                call.change(|body| {
                    if let Json::Object(members) = body {
                        members.retain(|(name, value)| {
                            value.as_str() != Some("")
                                || matches!(name.as_str(), "ProfileId" | "PartyType" | "Gender")
                        });
                    }
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "unknown-profile-updated",
        rules: &[
            rule!("profile.update.unknown"),
            rule!("profile.delete.effect"),
        ],
        degree: 2,
        about: "acknowledges UpdateProfile of a profile that does not exist",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            let domain = call.own("GET", format!("/domains/{}", call.label(0)), None);
            if call.is(UPDATE) && said.status == 404 && inner.ask_in_passing(&domain).is_served() {
                let id = call.body.get("ProfileId").cloned().unwrap_or(Json::Null);
                return Said::served(&format!("{{\"ProfileId\":{id}}}"));
            }
            said
        }),
    },
    Defect {
        id: "seventh-update-lost",
        rules: &[
            rule!("profile.update.partial"),
            rule!("profile.update.clear"),
            rule!("search.profile-content"),
        ],
        degree: 5,
        about: "acknowledges every seventh UpdateProfile without carrying it out",
        act: Act::Else(|call, inner| {
            if call.is(UPDATE)
                && inner.ask_in_passing(call).is_served()
                && inner.count(UPDATE) % 7 == 0
            {
                return inner.ask_in_passing(call);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "seventh-key-lost",
        rules: &[
            rule!("profile.key.add.search"),
            rule!("search.by-key"),
            rule!("assign.addkey-target"),
        ],
        degree: 5,
        about: "acknowledges every seventh AddProfileKey without carrying it out",
        act: Act::Else(|call, inner| {
            if call.is(ADD_KEY)
                && inner.ask_in_passing(call).is_served()
                && inner.count(ADD_KEY) % 7 == 0
            {
                return inner.ask_in_passing(call);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "deleted-profile-stays",
        rules: &[rule!("profile.delete.effect"), rule!("search.by-key")],
        degree: 2,
        about: "acknowledges DeleteProfile without carrying it out",
        act: Act::Else(|call, inner| match call.is("DeleteProfile") {
            true => inner.ask_in_passing(call),
            false => inner.ask(call),
        }),
    },
    Defect {
        id: "first-value-only",
        rules: &[
            rule!("profile.key.add.search"),
            rule!("profile.key.add.echo"),
        ],
        degree: 3,
        about: "adds only the first value of AddProfileKey",
        act: Act::Else(|call, inner| {
            let given = call.body.clone();
            if call.is(ADD_KEY) && inner.ask_in_passing(call).is_served() {
                call.change(|body| {
                    each(body, &["Values"], &mut |values| {
                        if let Json::Array(values) = values {
                            values.truncate(1);
                        }
                    });
                });
            }
            let mut said = inner.ask(call);
            if call.is(ADD_KEY)
                && said.is_served()
                && let Some(values) = given.get("Values")
                && said.body.get("Values").is_some()
            {
                super::call::set(&mut said.body, "Values", values.clone());
            }
            said
        }),
    },
    Defect {
        id: "key-of-unknown-profile",
        rules: &[
            rule!("profile.key.add.unknown-profile"),
            rule!("profile.delete.effect"),
        ],
        degree: 2,
        about: "acknowledges AddProfileKey for a profile that does not exist",
        act: Act::Else(|call, inner| {
            let said = inner.ask(call);
            let domain = call.own("GET", format!("/domains/{}", call.label(0)), None);
            if call.is(ADD_KEY) && said.status == 404 && inner.ask_in_passing(&domain).is_served() {
                let name = call.body.get("KeyName").cloned().unwrap_or(Json::Null);
                let values = call.body.get("Values").cloned().unwrap_or(Json::Null);
                return Said::served(&format!("{{\"KeyName\":{name},\"Values\":{values}}}"));
            }
            said
        }),
    },
    Defect {
        id: "deleted-key-stays",
        rules: &[rule!("profile.key.delete"), rule!("search.by-key")],
        degree: 2,
        about: "acknowledges DeleteProfileKey without carrying it out",
        act: Act::Else(|call, inner| match call.is("DeleteProfileKey") {
            true => inner.ask_in_passing(call),
            false => inner.ask(call),
        }),
    },
    Defect {
        id: "gender-any-case",
        rules: &[
            rule!("profile.create.enums"),
            rule!("proto.body-wrong-type"),
        ],
        degree: 2,
        about: "takes Gender and PartyType in any case",
        act: Act::Else(|call, inner| {
            if call.is(CREATE) {
                for name in ["Gender", "PartyType"] {
                    call.change(|body| {
                        texts(body, &[name], &mut |text| *text = text.to_uppercase());
                    });
                }
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "first-name-256",
        rules: &[rule!("profile.create.length")],
        degree: 1,
        about: "takes a FirstName of 256 characters",
        act: Act::Longer(CREATE, &["FirstName"], 255),
    },
    Defect {
        id: "additional-information-255",
        rules: &[rule!("profile.create.length")],
        degree: 1,
        about: "refuses AdditionalInformation of 1000 characters",
        act: Act::Shorter(CREATE, &["AdditionalInformation"], 1000),
    },
    Defect {
        id: "city-256",
        rules: &[rule!("profile.create.address-length")],
        degree: 1,
        about: "takes members of addresses of 256 characters",
        act: Act::Longer(CREATE, &["Address", "*"], 255),
    },
    Defect {
        id: "attribute-256",
        rules: &[rule!("profile.create.attributes")],
        degree: 1,
        about: "takes values of attributes of 256 characters",
        act: Act::Longer(CREATE, &["Attributes", "*"], 255),
    },
    Defect {
        id: "merge-of-21",
        rules: &[rule!("merge.count")],
        degree: 2,
        about: "merges 21 profiles at once",
        act: Act::Else(|call, inner| {
            if call.is("MergeProfiles") {
                call.change(|body| {
                    each(body, &["ProfileIdsToBeMerged"], &mut |ids| {
                        if let Json::Array(ids) = ids {
                            ids.truncate(20);
                        }
                    });
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "profile-content-stale",
        rules: &[
            rule!("search.profile-content"),
            rule!("profile.update.partial"),
            rule!("profile.update.clear"),
            rule!("std.profile.match-overwrites"),
        ],
        degree: 4,
        about: "shows profiles in searches as they were when they were first found",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            let domain = call.label(0).to_owned();
            if call.is("SearchProfiles")
                && let Some(items) = said.items()
            {
                for item in items {
                    let id = item
                        .get("ProfileId")
                        .and_then(Json::as_str)
                        .unwrap_or_default();
                    let key = format!("seen/{domain}/{id}");
                    match inner.noted(&key) {
                        Some(known) => *item = known.clone(),
                        None => inner.note(key, item.clone()),
                    }
                }
            }
            said
        }),
    },
    Defect {
        id: "leading-zeros-lost",
        rules: &[
            rule!("key.string.exact"),
            rule!("search.by-key"),
            rule!("profile.key.add.search"),
            rule!("std.keys.account"),
            rule!("assign.none.create"),
        ],
        degree: 5,
        about: "drops leading zeros of values that are searched for",
        act: Act::Else(|call, inner| {
            if call.is("SearchProfiles") {
                call.change(|body| {
                    texts(body, &["Values", "*"], &mut |value| {
                        let digits = value.trim_start_matches('0');
                        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                            *value = digits.to_owned();
                        }
                    });
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "search-in-lower-case",
        rules: &[
            rule!("key.string.exact"),
            rule!("search.by-key"),
            rule!("profile.key.add.search"),
            rule!("persist.plain"),
        ],
        degree: 3,
        about: "looks values up in lower case that were stored as they came",
        act: Act::Else(|call, inner| {
            if call.is("SearchProfiles")
                && call
                    .text("KeyName")
                    .is_some_and(|name| !name.starts_with('_'))
            {
                call.change(|body| {
                    texts(body, &["Values", "*"], &mut |value| {
                        *value = value.to_lowercase()
                    });
                });
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "search-leaks",
        rules: &[
            rule!("search.scope"),
            rule!("domain.isolation"),
            rule!("search.none"),
            rule!("ingest.rejected-no-effect"),
        ],
        degree: 4,
        about: "finds what another domain has where its own has nothing",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("CreateDomain") && said.is_served() {
                let domains = inner.noted("domains").cloned();
                let mut domains = domains.unwrap_or_else(|| json("[]"));
                if let Json::Array(names) = &mut domains {
                    names.push(Json::from(call.label(0)));
                    let oldest = names.len().saturating_sub(8);
                    names.drain(..oldest);
                }
                inner.note("domains".to_owned(), domains);
            }
            if call.is("SearchProfiles")
                && said.is_served()
                && said.items().is_some_and(|items| items.is_empty())
            {
                let domains = inner.noted("domains").cloned().unwrap_or(Json::Null);
                for domain in domains.items().unwrap_or_default() {
                    let name = domain.as_str().unwrap_or_default();
                    let target = format!("/domains/{name}/profiles/search");
                    let body = Some(call.body.clone());
                    let mut other = inner.ask_in_passing(&call.own("POST", target, body));
                    if other.is_served() && other.items().is_some_and(|items| !items.is_empty()) {
                        said = other;
                        break;
                    }
                }
            }
            said
        }),
    },
];
