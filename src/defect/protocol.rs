//! Defects of the protocol, whatever the operation.

use super::call::{Said, json};
use super::{Act, Defect};
use crate::contract::operation::{Route, route};
use crate::rule;
use crate::wire::{Headers, Json};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "error-without-type",
        rules: &[rule!("proto.error-type-present")],
        degree: 1,
        about: "answers errors without a type",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if said.status >= 400 {
                said.headers = Headers::from_iter([("content-type", "application/json")]);
                said.body = json(r#"{"Message":"no"}"#);
            }
            said
        }),
    },
    Defect {
        id: "created-201",
        rules: &[rule!("proto.success-status")],
        degree: 1,
        about: "answers CreateDomain with 201",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("CreateDomain") && said.is_served() {
                said.status = 201;
            }
            said
        }),
    },
    Defect {
        id: "timestamps-in-milliseconds",
        rules: &[rule!("proto.timestamp"), rule!("time.clock")],
        degree: 1,
        about: "shows LastUpdatedAt of domains in milliseconds",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("GetDomain") && said.is_served() {
                let now = call.now_ms.to_string();
                super::call::set(&mut said.body, "LastUpdatedAt", json(&now));
            }
            said
        }),
    },
    Defect {
        id: "label-not-decoded",
        rules: &[rule!("proto.label-encoding")],
        degree: 2,
        about: "takes `%61` in a path for three characters",
        act: Act::Else(|call, inner| {
            let path = call.sent().path().to_ascii_lowercase();
            if path.contains("%6") || path.contains("%7") {
                return Said::not_found();
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "label-decoded-twice",
        rules: &[rule!("proto.label-decode-once")],
        degree: 3,
        about: "decodes labels twice",
        act: Act::Else(|call, inner| {
            let target = call.sent().target.replace("%25", "%");
            inner.ask(&call.at(target))
        }),
    },
    Defect {
        id: "label-slash-routes",
        rules: &[rule!("proto.label-slash")],
        degree: 3,
        about: "decodes `%2F` before it looks for the route",
        act: Act::Else(|call, inner| {
            let target = &call.sent().target;
            if target.starts_with("/tags/") {
                return inner.ask(call);
            }
            let target = target.replace("%2F", "/").replace("%2f", "/");
            inner.ask(&call.at(target))
        }),
    },
    Defect {
        id: "null-is-not-absent",
        rules: &[rule!("proto.body-null-optional")],
        degree: 2,
        about: "refuses null for optional members of object types",
        act: Act::Else(|call, inner| {
            let null = |name| matches!(call.body.get(name), Some(Json::Null));
            if call.is("PutProfileObjectType")
                && [
                    "TemplateId",
                    "ExpirationDays",
                    "EncryptionKey",
                    "Fields",
                    "Keys",
                    "Tags",
                ]
                .into_iter()
                .any(null)
            {
                return Said::bad("null");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "number-as-text",
        rules: &[
            rule!("proto.body-wrong-type"),
            rule!("domain.create.expiration-range"),
        ],
        degree: 2,
        about: "takes a number in quotes for DefaultExpirationDays",
        act: Act::Else(|call, inner| {
            if let Some(days) = call.text("DefaultExpirationDays").map(json)
                && matches!(days, Json::Number(_))
            {
                call.set("DefaultExpirationDays", days);
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "trailing-comma",
        rules: &[rule!("proto.body-invalid-json")],
        degree: 2,
        about: "reads JSON with a trailing comma",
        act: Act::Else(|call, inner| {
            let mut request = call.sent().clone();
            if let Some(body) = &request.body
                && let Ok(text) = std::str::from_utf8(body)
                && Json::parse(body).is_err()
                && let Some(at) = text.rfind(',')
                && text[at + 1..].trim() == "}"
            {
                request.body = Some(format!("{}}}", &text[..at]).into());
            }
            inner.ask(&super::Call::of(&request, call.now_ms))
        }),
    },
    Defect {
        id: "list-of-one-body",
        rules: &[rule!("proto.body-not-object")],
        degree: 2,
        about: "takes the first element where the body is an array, and nothing for an empty one",
        act: Act::Else(|call, inner| {
            let body = match &call.body {
                Json::Array(items) => items.first().cloned().unwrap_or_else(|| json("{}")),
                _ => return inner.ask(call),
            };
            let mut request = call.sent().clone();
            let body = match call.operation {
                "CreateDomain" => json(r#"{"DefaultExpirationDays":30}"#),
                "PutProfileObjectType" => json(r#"{"Description":"d"}"#),
                _ => body,
            };
            request.body = Some(body.to_string().into());
            inner.ask(&super::Call::of(&request, call.now_ms))
        }),
    },
    Defect {
        id: "astral-characters-lost",
        rules: &[
            rule!("proto.unicode-roundtrip"),
            rule!("put-type.response.echo"),
        ],
        degree: 3,
        about: "replaces characters beyond the basic plane in descriptions",
        act: Act::Else(|call, inner| {
            if call.is("PutProfileObjectType")
                && let Some(text) = call.text("Description")
            {
                let kept = text.replace(|c: char| c as u32 > 0xffff, "?");
                call.set("Description", Json::from(kept));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "crash-on-large-integer",
        rules: &[rule!("proto.no-5xx")],
        degree: 3,
        about: "fails when max-results does not fit in 32 bits",
        act: Act::Else(|call, inner| {
            let most = call.parameter("max-results").unwrap_or_default();
            if most.len() > 9 && most.bytes().all(|byte| byte.is_ascii_digit()) {
                return Said::refused(500, "InternalServerException", "overflow");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "hexadecimal-page-size",
        rules: &[rule!("proto.query-int-format")],
        degree: 2,
        about: "takes max-results in hexadecimal",
        act: Act::Else(|call, inner| {
            let most = call.parameter("max-results").unwrap_or_default();
            match most
                .strip_prefix("0x")
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            {
                Some(most) => inner.ask(&call.with_parameter("max-results", &most.to_string())),
                None => inner.ask(call),
            }
        }),
    },
    Defect {
        id: "page-size-wraps",
        rules: &[rule!("proto.query-int-overflow")],
        degree: 2,
        about: "keeps the lower 32 bits of max-results",
        act: Act::Else(|call, inner| {
            let most = call.parameter("max-results").unwrap_or_default();
            match most.parse::<u128>() {
                Ok(number) if number > 0xffff_ffff => {
                    let low = (number & 0xffff_ffff).clamp(1, 100).to_string();
                    inner.ask(&call.with_parameter("max-results", &low))
                }
                _ => inner.ask(call),
            }
        }),
    },
    Defect {
        id: "any-method-reads",
        rules: &[rule!("proto.route-unknown")],
        degree: 2,
        about: "takes PATCH for PUT",
        act: Act::Else(|call, inner| {
            let mut request = call.sent().clone();
            if request.method == "PATCH" {
                request.method = "PUT".to_owned();
            }
            if matches!(route(&request.method, request.path()), Route::To { .. }) {
                return inner.ask(&super::Call::of(&request, call.now_ms));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "deep-nesting-crashes",
        rules: &[rule!("proto.no-5xx")],
        degree: 3,
        about: "fails on JSON nested more than 64 deep",
        act: Act::Else(|call, inner| {
            let body = call.sent().body.clone().unwrap_or_default();
            let mut depth = 0_i32;
            let mut deepest = 0;
            for byte in body {
                depth += match byte {
                    b'[' | b'{' => 1,
                    b']' | b'}' => -1,
                    _ => 0,
                };
                deepest = deepest.max(depth);
            }
            if deepest > 64 {
                return Said::refused(500, "InternalServerException", "stack");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "now-and-then-500",
        rules: &[rule!("proto.no-5xx")],
        degree: 5,
        about: "fails at every seventh SearchProfiles",
        act: Act::Else(|call, inner| {
            if call.is("SearchProfiles") && inner.count("searches") % 7 == 0 {
                return Said::refused(500, "InternalServerException", "bad luck");
            }
            inner.ask(call)
        }),
    },
];
