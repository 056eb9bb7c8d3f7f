//! Pages: their sizes, their order, their tokens and their end (contract 3.10).

use super::{Act, Below, Written};
use crate::bend::{Call, Said, each, remove, set};
use crate::contract::RuleId;
use crate::rule;
use crate::wire::Json;

pub(super) const SHORT: &[RuleId] = &[
    rule!("page.short-pages"),
    rule!("page.complete"),
    rule!("filter.pagination"),
];
const SIZE: &[RuleId] = &[rule!("page.max.default"), rule!("page.complete")];
pub(super) const ONCE: &[RuleId] = &[rule!("page.token-reuse"), rule!("page.token-expiry")];
const END: &[RuleId] = &[rule!("page.end"), rule!("page.complete")];
pub(super) const TOKEN: &[RuleId] = &[
    rule!("page.token-length"),
    rule!("page.complete"),
    rule!("page.token-garbage"),
];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "items-in-another-order",
        rules: &[rule!("page.order")],
        departs: &[],
        about: "lists the items of a page in another order each time",
        act: Act::Answer(|call, said, memory| {
            if pages(call)
                && let Some(items) = said.items()
            {
                memory.random.shuffle(items);
            }
        }),
    },
    Written {
        id: "pages-of-20",
        rules: SIZE,
        departs: &[],
        about: "sends at most 20 items where nobody says how many",
        act: Act::Around(|call, below| of_size(call, below, 20)),
    },
    Written {
        id: "pages-of-2",
        rules: SIZE,
        departs: &[],
        about: "sends at most 2 objects, profiles or types where nobody says how many",
        act: Act::Around(|call, below| match call.operation {
            // There may be hundreds of domains.
            "ListDomains" => of_size(call, below, 50),
            _ => of_size(call, below, 2),
        }),
    },
    Written {
        id: "shorter-pages",
        rules: SHORT,
        departs: &[],
        about: "sends fewer items than it was asked for, another number each time",
        act: Act::Around(|call, below| {
            let most = call
                .parameter("max-results")
                .and_then(|most| most.parse::<usize>().ok());
            match most.filter(|most| pages(call) && (2..=100).contains(most)) {
                Some(most) => {
                    let fewer = 1 + below.memory.random.below(most);
                    let asked = with(call, &[("max-results", Some(fewer.to_string()))]);
                    below.ask(&asked)
                }
                None => below.ask(call),
            }
        }),
    },
    Written {
        id: "empty-first-page",
        rules: SHORT,
        departs: &[],
        about: "begins every list with an empty page",
        act: Act::Around(|call, below| {
            let token = call.parameter("next-token");
            match token.as_deref() {
                None if pages(call) => {
                    let mut said = below.ask(call);
                    if said.is_served() {
                        set(&mut said.body, "Items", Json::Array(Vec::new()));
                        set(&mut said.body, "NextToken", Json::from("begin"));
                    }
                    said
                }
                Some("begin") if pages(call) => below.ask(&with(call, &[("next-token", None)])),
                _ => below.ask(call),
            }
        }),
    },
    Written {
        id: "empty-page-now-and-then",
        rules: SHORT,
        departs: &[],
        about: "sends an empty page in front of every other page",
        act: Act::Around(|call, below| {
            let token = call.parameter("next-token");
            match token
                .as_deref()
                .map(|token| (token, token.strip_prefix("again.")))
            {
                Some((_, Some(inner))) if pages(call) => {
                    below.ask(&with(call, &[("next-token", Some(inner.to_owned()))]))
                }
                // The longest token that there may be has no room for more.
                Some((token, None))
                    if pages(call)
                        && token.chars().count() + "again.".len() <= 1024
                        && below.memory.random.below(2) == 0 =>
                {
                    let mut said = below.ask(call);
                    if said.is_served() {
                        set(&mut said.body, "Items", Json::Array(Vec::new()));
                        set(
                            &mut said.body,
                            "NextToken",
                            Json::from(format!("again.{token}")),
                        );
                    }
                    said
                }
                _ => below.ask(call),
            }
        }),
    },
    Written {
        id: "token-on-the-last-page",
        rules: END,
        departs: &[],
        about: "hands out a token with the last items, and an empty page for it",
        act: Act::Around(|call, below| {
            if pages(call) && call.parameter("next-token").as_deref() == Some("end") {
                let mut said = below.ask(&with(call, &[("next-token", None)]));
                if said.is_served() {
                    remove(&mut said.body, &["Items"]);
                    remove(&mut said.body, &["NextToken"]);
                }
                return said;
            }
            let mut said = below.ask(call);
            let has_items = said.items().is_some_and(|items| !items.is_empty());
            if pages(call) && said.is_served() && has_items && said.body.get("NextToken").is_none()
            {
                set(&mut said.body, "NextToken", Json::from("end"));
            }
            said
        }),
    },
    Written {
        id: "empty-token-at-the-end",
        rules: END,
        departs: &[],
        about: "ends lists with an empty token",
        act: Act::Answer(|call, said, _| {
            if pages(call) && said.is_served() && said.body.get("NextToken").is_none() {
                set(&mut said.body, "NextToken", Json::from(""));
            }
        }),
    },
    Written {
        id: "null-token-at-the-end",
        rules: END,
        departs: &[rule!("proto.output-null")],
        about: "ends lists with null for a token, and sends null for no items",
        act: Act::Answer(|call, said, _| {
            if pages(call) && said.is_served() {
                if said.body.get("NextToken").is_none() {
                    set(&mut said.body, "NextToken", Json::Null);
                }
                if said.items().is_none_or(|items| items.is_empty()) {
                    set(&mut said.body, "Items", Json::Null);
                }
            }
        }),
    },
    Written {
        id: "tokens-of-1024",
        rules: TOKEN,
        departs: &[],
        about: "hands out tokens of 1024 characters",
        act: Act::Around(|call, below| {
            dressed(
                call,
                below,
                |_, inner| {
                    let padding = 1024usize.checked_sub(inner.chars().count() + 1)?;
                    Some(format!("{}.{inner}", "x".repeat(padding)))
                },
                |token| token.split_once('.').map(|(_, inner)| inner.to_owned()),
            )
        }),
    },
    Written {
        id: "tokens-to-be-encoded",
        rules: TOKEN,
        departs: &[],
        about: "hands out tokens with characters that have to be encoded in a query",
        act: Act::Around(|call, below| {
            dressed(
                call,
                below,
                |_, inner| Some(format!("{inner}{ENCODED}")),
                |token| token.strip_suffix(ENCODED).map(str::to_owned),
            )
        }),
    },
    Written {
        id: "another-token-each-time",
        rules: TOKEN,
        departs: &[],
        about: "hands out another token for the same page each time",
        act: Act::Around(|call, below| {
            dressed(
                call,
                below,
                |count, inner| Some(format!("{count}~{inner}")),
                |token| token.split_once('~').map(|(_, inner)| inner.to_owned()),
            )
        }),
    },
    Written {
        id: "tokens-of-one-use",
        rules: ONCE,
        departs: &[],
        about: "takes each token once",
        act: Act::Around(once),
    },
    Written {
        id: "unknown-tokens-from-the-start",
        rules: &[rule!("page.token-garbage"), rule!("page.token-foreign")],
        departs: &[],
        about: "begins from the start for a token it does not know",
        act: Act::Around(|call, below| {
            let said = below.ask(call);
            let token = call.parameter("next-token").unwrap_or_default();
            // One too long is wrong in itself.
            if pages(call) && said.status == 400 && (1..=1024).contains(&token.chars().count()) {
                return below.ask(&with(call, &[("next-token", None)]));
            }
            said
        }),
    },
    Written {
        id: "unknown-tokens-not-found",
        rules: &[rule!("page.token-garbage")],
        departs: &[],
        about: "answers 404 to a token it never handed out",
        act: Act::Around(|call, below| {
            let said = below.ask(call);
            let token = call.parameter("next-token").unwrap_or_default();
            let is_garbage = !token.contains('.');
            if pages(call)
                && said.status == 400
                && is_garbage
                && (1..=1024).contains(&token.chars().count())
                && below.ask(&with(call, &[("next-token", None)])).is_served()
            {
                return Said::not_found();
            }
            said
        }),
    },
    Written {
        id: "lists-without-items",
        rules: &[rule!("search.none"), rule!("tag.list.empty")],
        departs: &[],
        about: "leaves Items out of empty lists",
        act: Act::Answer(|call, said, _| {
            if pages(call) && said.items().is_some_and(|items| items.is_empty()) {
                remove(&mut said.body, &["Items"]);
            }
        }),
    },
    Written {
        id: "nothing-found-is-404",
        rules: &[rule!("search.none"), rule!("search.unknown-key")],
        departs: &[],
        about: "answers 404 where a search finds nobody",
        act: Act::Around(|call, below| {
            let mut said = below.ask(call);
            let first = call
                .parameter("next-token")
                .is_none_or(|token| token.is_empty());
            let none = said.items().is_none_or(|items| items.is_empty());
            if call.is("SearchProfiles")
                && said.is_served()
                && first
                && none
                && said.body.get("NextToken").is_none()
            {
                return Said::not_found();
            }
            said
        }),
    },
    Written {
        id: "least-items",
        rules: &[rule!("list-types.item"), rule!("template.list.complete")],
        departs: &[],
        about: "lists types and templates with what is required and names alone",
        act: Act::Answer(|call, said, _| {
            let keep: &[&str] = match call.operation {
                "ListProfileObjectTypes" => &["ObjectTypeName", "Description"],
                "ListProfileObjectTypeTemplates" => &["TemplateId"],
                _ => return,
            };
            each(&mut said.body, &["Items", "*"], &mut |item| {
                if let Json::Object(members) = item {
                    members.retain(|(name, _)| keep.contains(&name.as_str()));
                }
            });
        }),
    },
];

/// What tokens end with that have to be encoded.
const ENCODED: &str = "+/=&?#% é\"\\🗝;";

/// Whether it answers with pages.
fn pages(call: &Call) -> bool {
    matches!(
        call.operation,
        "ListDomains"
            | "ListProfileObjectTypes"
            | "ListProfileObjectTypeTemplates"
            | "ListProfileObjects"
            | "SearchProfiles"
    )
}

/// The same request with parameters of the query set, or taken away.
fn with(call: &Call, parameters: &[(&str, Option<String>)]) -> Call {
    let mut changed = call.clone();
    for (name, value) in parameters {
        changed = changed.setting_parameter(name, value.as_deref());
    }
    changed
}

/// Asks for pages of that size where nobody says how many.
fn of_size(call: &Call, below: &mut Below<'_>, most: usize) -> Said {
    match pages(call) && call.parameter("max-results").is_none() {
        true => below.ask(&with(call, &[("max-results", Some(most.to_string()))])),
        false => below.ask(call),
    }
}

/// Hands out tokens in another form, and takes them back in it.
fn dressed(
    call: &Call,
    below: &mut Below<'_>,
    dress: fn(usize, &str) -> Option<String>,
    undress: fn(&str) -> Option<String>,
) -> Said {
    if !pages(call) {
        return below.ask(call);
    }
    let asked = match call
        .parameter("next-token")
        .filter(|token| !token.is_empty())
    {
        Some(token) if token.chars().count() <= 1024 => {
            let inner = undress(&token).unwrap_or_else(|| "?".to_owned());
            with(call, &[("next-token", Some(inner))])
        }
        _ => call.clone(),
    };
    let mut said = below.ask(&asked);
    let count = below.memory.random.below(1 << 20);
    let inner = said.body.get("NextToken").and_then(Json::as_str);
    let inner = inner.filter(|inner| !inner.is_empty());
    if said.is_served()
        && let Some(token) = inner.and_then(|inner| dress(count, inner))
        && token.chars().count() <= 1024
    {
        set(&mut said.body, "NextToken", Json::from(token));
    }
    said
}

/// Takes each token once; no two of them are alike.
fn once(call: &Call, below: &mut Below<'_>) -> Said {
    let token = call.parameter("next-token").unwrap_or_default();
    let given = token.split_once('^');
    if pages(call) && given.is_some() && below.memory.notes.contains_key(&token) {
        return Said::bad("a token used before");
    }
    let asked = match given {
        Some((_, inner)) if pages(call) => with(call, &[("next-token", Some(inner.to_owned()))]),
        _ => call.clone(),
    };
    let mut said = below.ask(&asked);
    if pages(call) && said.is_served() {
        if given.is_some() {
            below.memory.notes.insert(token, Json::Null);
        }
        let next = said.body.get("NextToken").and_then(Json::as_str);
        if let Some(next) = next.filter(|next| !next.is_empty()) {
            let count = below.memory.random.below(usize::MAX);
            let next = format!("{count}^{next}");
            if next.chars().count() <= 1024 {
                set(&mut said.body, "NextToken", Json::from(next));
            }
        }
    }
    said
}
