//! How errors are told: where their type stands, how it is called and dressed, what else there is (contract 1.8).

use super::{Act, Memory, Written};
use crate::bend::{Call, Said, member, set};
use crate::contract::RuleId;
use crate::model::Refusing;
use crate::rule;
use crate::wire::{Headers, Json};

const CARRIERS: &[RuleId] = &[rule!("proto.error-type-present")];
const SANITISED: &[RuleId] = &[rule!("proto.error-type-sanitise")];
const KNOWN: &[RuleId] = &[rule!("proto.error-known")];
const MESSAGE: &[RuleId] = &[rule!("proto.error-message")];
const NO_HEADER: &[RuleId] = &[rule!("proto.error-type-header")];
const ROUTES: &[RuleId] = &[rule!("proto.route-unknown"), rule!("proto.label-empty")];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "error-type-in-header",
        rules: CARRIERS,
        departs: &[],
        about: "names errors in the header alone",
        act: Act::Answer(|_, said, _| carry(said, Some(plain), None, None)),
    },
    Written {
        id: "error-type-in-type",
        rules: CARRIERS,
        departs: NO_HEADER,
        about: "names errors in the member `__type` alone",
        act: Act::Answer(|_, said, _| carry(said, None, Some(plain), None)),
    },
    Written {
        id: "error-type-in-code",
        rules: CARRIERS,
        departs: NO_HEADER,
        about: "names errors in the member `code` alone",
        act: Act::Answer(|_, said, _| carry(said, None, None, Some(plain))),
    },
    Written {
        id: "error-type-everywhere",
        rules: &[rule!("proto.error-type-agree")],
        departs: &[],
        about: "names errors in the header, in `__type` and in `code`, each in another form",
        act: Act::Answer(|_, said, _| {
            carry(said, Some(with_url), Some(with_namespace), Some(plain))
        }),
    },
    Written {
        id: "error-type-with-url",
        rules: SANITISED,
        departs: &[],
        about: "puts a URL behind the name of an error",
        act: Act::Answer(|_, said, _| carry(said, Some(with_url), None, None)),
    },
    Written {
        id: "error-type-with-namespace",
        rules: SANITISED,
        departs: &[],
        about: "puts a namespace before the name of an error",
        act: Act::Answer(|_, said, _| {
            carry(said, Some(with_namespace), Some(with_namespace), None)
        }),
    },
    Written {
        id: "error-type-with-both",
        rules: SANITISED,
        departs: NO_HEADER,
        about: "names errors with a namespace and a URL, in `code` alone",
        act: Act::Answer(|_, said, _| carry(said, None, None, Some(with_both))),
    },
    Written {
        id: "error-without-body",
        rules: CARRIERS,
        departs: &[],
        about: "answers errors with a header and no body",
        act: Act::Answer(|_, said, _| {
            carry(said, Some(plain), None, None);
            if said.status >= 400 && name_of(said).is_some() {
                said.body = Json::Null;
            }
        }),
    },
    Written {
        id: "validation-exception",
        rules: KNOWN,
        departs: &[],
        about: "says ValidationException for BadRequestException",
        act: Act::Answer(|_, said, _| call_bad(said, "ValidationException")),
    },
    Written {
        id: "serialization-exception",
        rules: KNOWN,
        departs: &[],
        about: "says SerializationException where a body is no JSON object, ValidationException for what else is wrong",
        act: Act::Answer(|call, said, _| match call.body {
            Json::Object(_) => call_bad(said, "ValidationException"),
            _ => call_bad(said, "SerializationException"),
        }),
    },
    Written {
        id: "invalid-request-exception",
        rules: KNOWN,
        departs: &[],
        about: "says InvalidRequestException for BadRequestException",
        act: Act::Answer(|_, said, _| call_bad(said, "InvalidRequestException")),
    },
    Written {
        id: "changing-framework-errors",
        rules: KNOWN,
        departs: &[],
        about: "says another name for BadRequestException each time",
        act: Act::Answer(|_, said, memory| {
            let names = [
                "BadRequestException",
                "ValidationException",
                "SerializationException",
                "MalformedHttpRequestException",
                "InvalidRequestException",
                "MissingParameter",
                "MissingParameterValue",
                "MissingParameterException",
            ];
            if let Some(name) = memory.random.one_of(&names) {
                call_bad(said, name);
            }
        }),
    },
    Written {
        id: "message-in-lower-case",
        rules: MESSAGE,
        departs: &[],
        about: "calls the member of errors `message`",
        act: Act::Answer(|_, said, _| tell(said, &["message"], "no")),
    },
    Written {
        id: "message-twice",
        rules: MESSAGE,
        departs: &[],
        about: "tells the text of errors in `Message` and in `message`, differently",
        act: Act::Answer(|_, said, _| {
            tell(said, &["Message", "message"], "no");
            if said.status >= 400 && matches!(said.body, Json::Object(_)) {
                set(&mut said.body, "message", Json::from("non"));
            }
        }),
    },
    Written {
        id: "no-message",
        rules: MESSAGE,
        departs: &[],
        about: "says nothing about errors but their type",
        act: Act::Answer(|_, said, _| tell(said, &[], "")),
    },
    Written {
        id: "long-message",
        rules: MESSAGE,
        departs: &[],
        about: "tells errors in 20,000 characters, most of them outside ASCII",
        act: Act::Answer(|_, said, _| tell(said, &["Message"], &"Fehler ✗ 🚫 ".repeat(2_000))),
    },
    Written {
        id: "more-members-in-errors",
        rules: &[rule!("proto.output-unknown")],
        departs: &[],
        about: "adds members to errors",
        act: Act::Answer(|_, said, _| {
            if said.status >= 400 {
                set(&mut said.body, "requestId", Json::from("0"));
                set(
                    &mut said.body,
                    "Fault",
                    Json::Object(vec![("Code".into(), Json::Null)]),
                );
                set(&mut said.body, "Items", Json::Array(Vec::new()));
            }
        }),
    },
    Written {
        id: "error-content-type",
        rules: &[rule!("proto.error-status")],
        departs: &[],
        about: "sends errors as application/x-amz-json-1.1",
        act: Act::Answer(|_, said, _| {
            if said.status >= 400 {
                with_header(said, "content-type", Some("application/x-amz-json-1.1"));
            }
        }),
    },
    Written {
        id: "upper-case-error-header",
        rules: CARRIERS,
        departs: &[],
        about: "writes the header of errors in capitals",
        act: Act::Answer(|_, said, _| {
            if let Some(value) = said.headers.get("x-amzn-errortype").map(str::to_owned) {
                with_header(said, "x-amzn-errortype", None);
                said.headers.push("X-AMZN-ERRORTYPE", value);
            }
        }),
    },
    Written {
        id: "not-found-where-that-will-do",
        rules: &[rule!("proto.precedence")],
        departs: &[rule!("page.token-foreign")],
        about: "answers 404 wherever that will do",
        act: Act::Refuse(Refusing::NotFound),
    },
    Written {
        id: "denied-where-that-will-do",
        rules: &[rule!("proto.precedence")],
        departs: &[],
        about: "answers 403 wherever that will do",
        act: Act::Refuse(Refusing::Denied),
    },
    Written {
        id: "bad-where-that-will-do",
        rules: &[rule!("proto.precedence")],
        departs: &[],
        about: "answers 400 wherever that will do",
        act: Act::Refuse(Refusing::Bad),
    },
    Written {
        id: "route-405",
        rules: ROUTES,
        departs: &[],
        about: "answers 405 to what is for no operation",
        act: Act::Refuse(Refusing::Routed(405)),
    },
    Written {
        id: "route-403",
        rules: ROUTES,
        departs: &[],
        about: "answers 403 to what is for no operation",
        act: Act::Refuse(Refusing::Routed(403)),
    },
    Written {
        id: "route-415",
        rules: ROUTES,
        departs: &[],
        about: "answers 415 to what is for no operation",
        act: Act::Refuse(Refusing::Routed(415)),
    },
    Written {
        id: "route-400",
        rules: ROUTES,
        departs: &[],
        about: "answers 400 to what is for no operation",
        act: Act::Refuse(Refusing::Routed(400)),
    },
    Written {
        id: "route-without-type",
        rules: ROUTES,
        departs: &[],
        about: "answers with a bare 404 in HTML to what is for no operation",
        act: Act::Answer(bare_404),
    },
];

/// The name of an error, wherever it stands.
fn name_of(said: &Said) -> Option<String> {
    let text = |name| said.body.get(name).and_then(Json::as_str);
    let carried = said.headers.get("x-amzn-errortype");
    let carried = carried
        .or_else(|| text("__type"))
        .or_else(|| text("code"))?;
    let cut = carried.split(':').next().unwrap_or_default();
    Some(cut.rsplit('#').next().unwrap_or_default().to_owned())
}

type Form = fn(&str) -> String;

fn plain(name: &str) -> String {
    name.to_owned()
}

fn with_url(name: &str) -> String {
    format!("{name}:http://internal.example.com/coral/com.example.profile/")
}

fn with_namespace(name: &str) -> String {
    format!("com.example.profile#{name}")
}

fn with_both(name: &str) -> String {
    with_url(&with_namespace(name))
}

/// Names an error in some places, each in a form, and in no other.
fn carry(said: &mut Said, header: Option<Form>, kind: Option<Form>, code: Option<Form>) {
    let Some(name) = name_of(said).filter(|_| said.status >= 400) else {
        return;
    };
    with_header(
        said,
        "x-amzn-errortype",
        header.map(|form| form(&name)).as_deref(),
    );
    if (kind.is_some() || code.is_some()) && said.body.members().is_none() {
        said.body = Json::Object(Vec::new());
    }
    for (place, form) in [("__type", kind), ("code", code)] {
        if let Json::Object(members) = &mut said.body {
            members.retain(|(known, _)| known != place);
        }
        if let Some(form) = form {
            set(&mut said.body, place, Json::from(form(&name)));
        }
    }
}

/// Gives an error that says BadRequestException another name, wherever it stands.
fn call_bad(said: &mut Said, name: &str) {
    let known = name_of(said);
    if said.status != 400 || known.as_deref() != Some("BadRequestException") {
        return;
    }
    if said.headers.get("x-amzn-errortype").is_some() {
        with_header(said, "x-amzn-errortype", Some(name));
    }
    for place in ["__type", "code"] {
        if let Some(carrier) = member(&mut said.body, place) {
            *carrier = Json::from(name);
        }
    }
}

/// Tells the text of an error in these members.
fn tell(said: &mut Said, places: &[&str], text: &str) {
    if said.status < 400 || said.body.members().is_none() {
        return;
    }
    if let Json::Object(members) = &mut said.body {
        members.retain(|(name, _)| !name.eq_ignore_ascii_case("message"));
    }
    for place in places {
        set(&mut said.body, place, Json::from(text));
    }
}

/// Sets a header, or takes it away.
pub(super) fn with_header(said: &mut Said, name: &str, value: Option<&str>) {
    let others = said.headers.iter();
    let others = others.filter(|(known, _)| !known.eq_ignore_ascii_case(name));
    let mut headers: Headers = others.collect();
    if let Some(value) = value {
        headers.push(name, value);
    }
    said.headers = headers;
}

fn bare_404(call: &Call, said: &mut Said, _: &mut Memory) {
    let unknown = matches!(
        crate::contract::operation::route(&call.sent().method, call.sent().path()),
        crate::contract::Route::Unknown | crate::contract::Route::WrongMethod
    );
    if unknown && said.status == 404 {
        said.headers = Headers::from_iter([("content-type", "text/html")]);
        said.body = Json::Null;
    }
}
