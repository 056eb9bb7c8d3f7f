//! How requests are read, where the protocol leaves that open (contract 3.1).

use super::{Act, Below, Written};
use crate::bend::{Call, Said, each, json};
use crate::contract::RuleId;
use crate::rule;
use crate::wire::{Headers, Json, percent};

const HEAD: &[RuleId] = &[rule!("proto.method-head")];
const LARGE: &[RuleId] = &[rule!("proto.no-5xx")];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "slashes-folded",
        rules: &[rule!("proto.route-trailing")],
        departs: &[],
        about: "overlooks superfluous slashes",
        act: Act::Take(&[(rule!("proto.route-trailing"), 1)]),
    },
    Written {
        id: "head-as-get",
        rules: HEAD,
        departs: &[],
        about: "answers HEAD as GET, without the body",
        act: Act::Around(|call, below| head(call, below, None)),
    },
    Written {
        id: "head-405",
        rules: HEAD,
        departs: &[],
        about: "answers HEAD with 405",
        act: Act::Around(|call, below| head(call, below, Some(405))),
    },
    Written {
        id: "options-204",
        rules: &[rule!("proto.method-options")],
        departs: &[],
        about: "answers OPTIONS with 204 and what is allowed",
        act: Act::Around(|call, below| {
            if call.sent().method != "OPTIONS" {
                return below.ask(call);
            }
            Said {
                status: 204,
                headers: Headers::from_iter([
                    ("allow", "GET, HEAD, OPTIONS, POST, PUT, DELETE"),
                    ("access-control-allow-methods", "*"),
                ]),
                body: Json::Null,
            }
        }),
    },
    Written {
        id: "overriding-headers-refused",
        rules: &[rule!("proto.method-override")],
        departs: &[],
        about: "refuses requests with a header that overrides the method",
        act: Act::Take(&[(rule!("proto.method-override"), 1)]),
    },
    Written {
        id: "unknown-parameters-refused",
        rules: &[rule!("proto.query-unknown"), rule!("proto.query-names")],
        departs: &[],
        about: "refuses parameters of the query that it does not know",
        act: Act::Take(&[
            (rule!("proto.query-unknown"), 1),
            (rule!("proto.query-names"), 1),
        ]),
    },
    Written {
        id: "repeated-parameters-refused",
        rules: &[rule!("proto.query-repeat")],
        departs: &[],
        about: "refuses a parameter that is there twice",
        act: Act::Take(&[(rule!("proto.query-repeat"), 1)]),
    },
    Written {
        id: "empty-page-size-overlooked",
        rules: &[rule!("proto.query-int-format")],
        departs: &[],
        about: "takes an empty max-results for none",
        act: Act::Around(
            |call, below| match call.parameter("max-results").as_deref() {
                Some("") => below.ask(&call.setting_parameter("max-results", None)),
                _ => below.ask(call),
            },
        ),
    },
    Written {
        id: "unknown-members-refused",
        rules: &[
            rule!("proto.body-unknown-member"),
            rule!("put-type.fields.extra-member"),
            rule!("filter.unknown-member"),
            rule!("proto.member-case"),
            rule!("proto.query-names"),
        ],
        departs: &[],
        about: "refuses members that it does not know",
        act: Act::Take(&[
            (rule!("proto.body-unknown-member"), 1),
            (rule!("put-type.fields.extra-member"), 1),
            (rule!("filter.unknown-member"), 1),
            (rule!("proto.query-names"), 1),
        ]),
    },
    Written {
        id: "members-twice-refused",
        rules: &[rule!("proto.body-duplicate-member")],
        departs: &[],
        about: "refuses bodies with two members of one name",
        act: Act::Take(&[(rule!("proto.body-duplicate-member"), 1)]),
    },
    Written {
        id: "null-elements-dropped",
        rules: &[rule!("proto.body-null-element")],
        departs: &[],
        about: "overlooks null in lists and maps",
        act: Act::Around(|call, below| {
            let mut asked = call.clone();
            asked.change(|body| {
                for path in [
                    &["Values"][..],
                    &["ProfileIdsToBeMerged"],
                    &["Fields"],
                    &["Keys"],
                    &["Keys", "*"],
                    &["Keys", "*", "*", "FieldNames"],
                    &["Keys", "*", "*", "StandardIdentifiers"],
                    &["Tags"],
                    &["tags"],
                    &["Attributes"],
                    &["ObjectFilter", "Values"],
                ] {
                    each(body, path, &mut drop_nulls);
                }
            });
            below.ask(&asked)
        }),
    },
    Written {
        id: "booleans-in-other-words",
        rules: &[rule!("proto.body-bool-string")],
        departs: &[],
        about: "takes \"true\", \"FALSE\", 0 and 1 for what they mean",
        act: Act::Around(|call, below| {
            let mut asked = call.clone();
            asked.change(|body| {
                for path in [&["AllowProfileCreation"][..], &["Matching", "Enabled"]] {
                    each(body, path, &mut |value| {
                        let meant = |text: &str, other: &str| match &*value {
                            Json::String(given) => given.eq_ignore_ascii_case(text),
                            Json::Number(given) => given.text() == other,
                            _ => false,
                        };
                        if meant("true", "1") {
                            *value = Json::Bool(true);
                        } else if meant("false", "0") {
                            *value = Json::Bool(false);
                        }
                    });
                }
            });
            below.ask(&asked)
        }),
    },
    Written {
        id: "integers-with-noughts",
        rules: &[rule!("proto.body-int-fraction")],
        departs: &[],
        about: "takes 30.0 for 30",
        act: Act::Around(|call, below| whole(call, below, |number| number.fract() == 0.0)),
    },
    Written {
        id: "fractions-cut-off",
        rules: &[rule!("proto.body-int-fraction")],
        departs: &[rule!("proto.body-int-fraction")],
        about: "takes 30.5 for 30 as the expiration of a domain",
        act: Act::Around(|call, below| match call.operation {
            // put-type.expiration.type is stricter than the rule about integers in general.
            "PutProfileObjectType" => below.ask(call),
            _ => whole(call, below, |_| true),
        }),
    },
    Written {
        id: "body-always-wanted",
        rules: &[rule!("proto.body-empty-optional")],
        departs: &[rule!("proto.body-empty-optional")],
        about: "refuses an empty body where no member is required",
        act: Act::Take(&[(rule!("proto.body-empty-optional"), 1)]),
    },
    Written {
        id: "bodies-of-gets-refused",
        rules: &[rule!("proto.body-on-get")],
        departs: &[],
        about: "refuses bodies of GET and DELETE",
        act: Act::Take(&[(rule!("proto.body-on-get"), 1)]),
    },
    Written {
        id: "control-characters-refused",
        rules: &[rule!("proto.control-chars")],
        departs: &[],
        about: "refuses control characters in texts",
        act: Act::Around(|call, below| match controls(&call.body) {
            true if !call.operation.is_empty() => Said::bad("a control character"),
            _ => below.ask(call),
        }),
    },
    Written {
        id: "wrong-bytes-replaced",
        rules: &[rule!("proto.invalid-utf8")],
        departs: &[rule!("proto.invalid-utf8")],
        about: "reads bytes that are not UTF-8 as replacement characters",
        act: Act::Around(|call, below| {
            let mut request = call.sent().clone();
            match request.body.as_deref().map(std::str::from_utf8) {
                Some(Err(_)) if call.body.members().is_none() => {
                    let body = request.body.unwrap_or_default();
                    request.body = Some(String::from_utf8_lossy(&body).into_owned().into());
                    below.ask(&Call::of(&request, call.now_ms))
                }
                _ => below.ask(call),
            }
        }),
    },
    Written {
        id: "names-with-a-newline",
        rules: &[rule!("proto.pattern-newline")],
        departs: &[],
        about: "holds a name with a newline at its end for a name",
        act: Act::Take(&[(rule!("proto.pattern-newline"), 1)]),
    },
    Written {
        id: "long-targets-414",
        rules: LARGE,
        departs: &[],
        about: "answers 414 to targets of more than 4096 bytes",
        act: Act::Around(|call, below| match call.sent().target.len() > 4096 {
            true => Said::refused(414, "InvalidRequestException", "too long"),
            false => below.ask(call),
        }),
    },
    Written {
        id: "long-heads-431",
        rules: LARGE,
        departs: &[],
        about: "answers 431 to headers of more than 8192 bytes",
        act: Act::Around(|call, below| {
            let headers = call.sent().headers.iter();
            let length: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
            match length > 8192 {
                true => Said::refused(431, "InvalidRequestException", "too large"),
                false => below.ask(call),
            }
        }),
    },
    Written {
        id: "domains-in-deletion",
        rules: &[rule!("domain.recreate-clean")],
        departs: &[],
        about: "refuses to create a domain again for a while after it was deleted",
        act: Act::Around(|call, below| {
            let key = call.label(0).to_owned();
            let deleted = below.memory.notes.get(&key).and_then(Json::as_number);
            let deleted = deleted.and_then(crate::wire::json::Number::as_i64);
            if call.is("CreateDomain") && deleted.is_some_and(|at| call.now_ms - at < 60_000) {
                // Whatever else is wrong comes first. It shows by another name of the same length.
                let rest = key.strip_prefix(|first: char| first.is_ascii_alphanumeric());
                let other = rest.map_or_else(|| key.clone(), |rest| format!("-{rest}"));
                let said = below.ask(&call.with_label(0, &other));
                if said.status != 200 {
                    return said;
                }
                let path = format!("/domains/{}", percent::encode(&other));
                below.ask(&call.own("DELETE", path, None));
                return Said::bad("the domain is being deleted");
            }
            if !call.is("DeleteDomain") {
                return below.ask(call);
            }
            // Of one that was not there nothing is left to delete.
            let path = format!("/domains/{}", percent::encode(&key));
            let was_there = below.ask(&call.own("GET", path, None)).is_served();
            let said = below.ask(call);
            if was_there && said.is_served() {
                below.memory.notes.insert(key, Json::from(call.now_ms));
            }
            said
        }),
    },
];

/// Whether a text or a name has a control character other than those of white space.
fn controls(value: &Json) -> bool {
    let control = |text: &str| {
        text.chars()
            .any(|c| c.is_ascii_control() && !"\t\n\r".contains(c))
    };
    match value {
        Json::String(text) => control(text),
        Json::Array(items) => items.iter().any(controls),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| control(name) || controls(value)),
        _ => false,
    }
}

fn drop_nulls(value: &mut Json) {
    match value {
        Json::Array(items) => items.retain(|item| !matches!(item, Json::Null)),
        Json::Object(members) => members.retain(|(_, value)| !matches!(value, Json::Null)),
        _ => {}
    }
}

/// Takes numbers of days with a fraction for the integers in them.
fn whole(call: &Call, below: &mut Below<'_>, takes: fn(f64) -> bool) -> Said {
    let mut asked = call.clone();
    asked.change(|body| {
        for name in ["ExpirationDays", "DefaultExpirationDays"] {
            each(body, &[name], &mut |days| {
                if let Json::Number(number) = &*days
                    && !number.is_integer_literal()
                    && takes(number.as_f64())
                    && number.as_f64().abs() < 1e6
                {
                    *days = json(&format!("{:.0}", number.as_f64().trunc()));
                }
            });
        }
    });
    below.ask(&asked)
}

/// Answers HEAD without a body: as GET, or with this status.
fn head(call: &Call, below: &mut Below<'_>, status: Option<u16>) -> Said {
    if call.sent().method != "HEAD" {
        return below.ask(call);
    }
    let mut said = match status {
        None => {
            let mut get = call.sent().clone();
            get.method = "GET".to_owned();
            below.ask(&Call::of(&get, call.now_ms))
        }
        Some(_) => below.ask(call),
    };
    said.status = status.unwrap_or(said.status);
    said.body = Json::Null;
    said
}
