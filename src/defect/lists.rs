//! Defects of listings, their pages and filters, and of searches.

use super::call::{Said, json, remove, set};
use super::{Act, Defect};
use crate::rule;
use crate::wire::Json;

const LIST: &str = "ListProfileObjects";
const SEARCH: &str = "SearchProfiles";

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        id: "page-size-100-refused",
        rules: &[rule!("page.max.bounds")],
        degree: 1,
        about: "refuses max-results of 100",
        act: Act::Else(|call, inner| {
            if call.parameter("max-results").as_deref() == Some("100") {
                return Said::bad("too many");
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "page-size-101",
        rules: &[rule!("page.max.bounds")],
        degree: 1,
        about: "takes max-results of 101",
        act: Act::Else(|call, inner| {
            if call.parameter("max-results").as_deref() == Some("101") {
                return inner.ask(&call.with_parameter("max-results", "100"));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "page-size-0",
        rules: &[rule!("page.max.bounds")],
        degree: 1,
        about: "takes max-results of 0",
        act: Act::Else(|call, inner| {
            if call.parameter("max-results").as_deref() == Some("0") {
                return inner.ask(&call.with_parameter("max-results", "1"));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "page-one-too-long",
        rules: &[rule!("page.max.respected")],
        degree: 2,
        about: "puts one item too many on a page",
        act: Act::Else(|call, inner| {
            let most = call
                .parameter("max-results")
                .and_then(|most| most.parse::<u32>().ok());
            match most {
                Some(most) if most < 100 && call.parameter("next-token").is_none() => {
                    inner.ask(&call.with_parameter("max-results", &(most + 1).to_string()))
                }
                _ => inner.ask(call),
            }
        }),
    },
    Defect {
        id: "page-drops-first",
        rules: PAGES,
        degree: 3,
        about: "leaves the first item out of every page but the first",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.parameter("next-token").is_some()
                && let Some(items) = said.items()
                && !items.is_empty()
            {
                items.remove(0);
            }
            said
        }),
    },
    Defect {
        id: "page-repeats-last",
        rules: &[
            rule!("page.no-duplicates"),
            rule!("page.max.respected"),
            rule!("list-objects.complete"),
            rule!("list-types.complete"),
            rule!("domain.list.contains"),
            rule!("filter.pagination"),
            rule!("template.list.pagination"),
            rule!("template.list.complete"),
        ],
        degree: 3,
        about: "begins a page with the last item of the page before",
        act: Act::Else(|call, inner| {
            let key = format!("page/{}", call.operation);
            let mut said = inner.ask(call);
            let last = inner.noted(&key).cloned();
            if let Some(items) = said.items() {
                let own = items.last().cloned();
                if call.parameter("next-token").is_some()
                    && let Some(last) = last
                    && let Some(first) = items.first_mut()
                {
                    *first = last;
                }
                if let Some(own) = own {
                    inner.note(key, own);
                }
            }
            said
        }),
    },
    Defect {
        id: "last-page-has-a-token",
        rules: &[rule!("page.end"), rule!("page.no-duplicates")],
        degree: 3,
        about: "gives out a token for the first page with the last one",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is("ListProfileObjectTypes") && said.is_served() {
                let key = format!("begin/{}", call.label(0));
                match said.body.get("NextToken").cloned() {
                    Some(token @ Json::String(_)) => {
                        if call.parameter("next-token").is_none() {
                            inner.note(key, token);
                        }
                    }
                    _ => {
                        if let Some(token) = inner.noted(&key)
                            && call.parameter("next-token").is_some()
                        {
                            set(&mut said.body, "NextToken", token.clone());
                        }
                    }
                }
            }
            said
        }),
    },
    Defect {
        id: "filter-ignored",
        rules: FILTERS,
        degree: 2,
        about: "ignores ObjectFilter",
        act: Act::Else(|call, inner| {
            if call.is(LIST) && inner.ask_in_passing(call).is_served() {
                call.change(|body| remove(body, &["ObjectFilter"]));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "filter-by-asset-id-finds-nothing",
        rules: &[rule!("filter.asset-id")],
        degree: 3,
        about: "finds nothing by `_assetId`",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            let name = call
                .body
                .get("ObjectFilter")
                .and_then(|filter| filter.get("KeyName"));
            if call.is(LIST)
                && name.and_then(Json::as_str) == Some("_assetId")
                && let Some(items) = said.items()
            {
                items.clear();
            }
            said
        }),
    },
    Defect {
        id: "empty-filter-taken",
        rules: &[rule!("filter.required-members")],
        degree: 2,
        about: "takes an ObjectFilter without members for none",
        act: Act::Else(|call, inner| {
            let empty = |filter: &Json| filter.members().is_some_and(<[_]>::is_empty);
            if call.is(LIST) && call.body.get("ObjectFilter").is_some_and(empty) {
                call.change(|body| remove(body, &["ObjectFilter"]));
            }
            inner.ask(call)
        }),
    },
    Defect {
        id: "filter-value-256",
        rules: &[rule!("filter.value-length")],
        degree: 1,
        about: "takes values of filters of 256 characters",
        act: Act::Longer(LIST, &["ObjectFilter", "Values", "*"], 255),
    },
    Defect {
        id: "search-value-256",
        rules: &[rule!("search.value-length")],
        degree: 1,
        about: "takes values to search for of 256 characters",
        act: Act::Longer(SEARCH, &["Values", "*"], 255),
    },
    Defect {
        id: "search-without-key",
        rules: &[rule!("search.required"), rule!("proto.body-null-required")],
        degree: 1,
        about: "searches by `_profileId` where KeyName is missing",
        act: Act::Lacking(SEARCH, "KeyName", r#""_profileId""#),
    },
    Defect {
        id: "search-finds-one",
        rules: &[
            rule!("search.by-key"),
            rule!("page.complete"),
            rule!("profile.create.no-dedup"),
            rule!("search.multi-values"),
        ],
        degree: 3,
        about: "finds at most one profile",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(SEARCH) {
                if let Some(items) = said.items() {
                    items.truncate(1);
                }
                remove(&mut said.body, &["NextToken"]);
            }
            said
        }),
    },
    Defect {
        id: "list-of-any-type",
        rules: &[
            rule!("list-objects.scope"),
            rule!("object.delete.ok"),
            rule!("list-objects.complete"),
        ],
        degree: 4,
        about: "lists objects of another type where there are none of the one asked for",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            let key = format!("types/{}", call.label(0));
            if call.is("PutProfileObject") && said.is_served() {
                let kind = call.text("ObjectTypeName").unwrap_or_default();
                inner.note(format!("{key}/{kind}"), Json::Null);
            }
            let odd = call
                .text("ObjectTypeName")
                .is_some_and(|kind| kind.starts_with('_'));
            if call.is(LIST) && !odd && said.items().is_some_and(|items| items.is_empty()) {
                let kinds: Vec<String> = inner
                    .noted_under(&format!("{key}/"))
                    .map(|(kind, _)| kind.to_owned())
                    .collect();
                for kind in kinds {
                    let mut other = call.clone();
                    other.set("ObjectTypeName", Json::from(kind));
                    let mut other = inner.ask_in_passing(&other);
                    if other.items().is_some_and(|items| !items.is_empty()) {
                        return other;
                    }
                }
            }
            said
        }),
    },
    Defect {
        id: "fourth-object-not-listed",
        rules: &[
            rule!("list-objects.complete"),
            rule!("page.complete"),
            rule!("page.end"),
            rule!("key.compound-equal"),
        ],
        degree: 4,
        about: "lists at most three objects of a profile and type",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(LIST) {
                if let Some(items) = said.items() {
                    items.truncate(3);
                }
                if call.parameter("max-results").is_none() {
                    remove(&mut said.body, &["NextToken"]);
                }
            }
            said
        }),
    },
    Defect {
        id: "item-without-key",
        rules: &[
            rule!("proto.output-required"),
            rule!("list-objects.item.key-unique"),
            rule!("ingest.response.key-matches-list"),
            rule!("list-objects.scope"),
            rule!("time.settle"),
        ],
        degree: 3,
        about: "lists all objects under one key",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(LIST) {
                super::call::each(
                    &mut said.body,
                    &["Items", "*", "ProfileObjectUniqueKey"],
                    &mut |key| *key = json(r#""same""#),
                );
            }
            said
        }),
    },
    Defect {
        id: "listing-consumes",
        rules: &[
            rule!("list-objects.read-only"),
            rule!("time.stable"),
            rule!("list-objects.complete"),
            rule!("page.complete"),
            rule!("asset.create"),
        ],
        degree: 5,
        about: "lists an object for the third time, and never again",
        act: Act::Else(|call, inner| {
            let mut said = inner.ask(call);
            if call.is(LIST) && said.is_served() {
                let key = format!("listed/{}/{}", call.label(0), call.body);
                if inner.count(&key) > 2
                    && call.parameter("next-token").is_none()
                    && let Some(items) = said.items()
                {
                    items.clear();
                    remove(&mut said.body, &["NextToken"]);
                }
            }
            said
        }),
    },
];

const PAGES: &[crate::contract::RuleId] = &[
    rule!("page.complete"),
    rule!("list-objects.complete"),
    rule!("list-types.complete"),
    rule!("domain.list.contains"),
    rule!("template.list.complete"),
    rule!("template.list.pagination"),
    rule!("filter.pagination"),
];

const FILTERS: &[crate::contract::RuleId] = &[
    rule!("filter.no-match"),
    rule!("filter.asset-name"),
    rule!("filter.asset-id"),
    rule!("filter.serial-number"),
    rule!("filter.case-id"),
    rule!("filter.other-profile"),
    rule!("filter.pagination"),
];
