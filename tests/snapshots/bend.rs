//! Answers that are wrong in one place.

use profile_contract::model::{Fit, Model};
use profile_contract::wire::{Answer, Exchange, Headers, Json, Response};

/// Members whose own members users name.
const NAMED_BY_USERS: [&str; 5] = ["Fields", "Keys", "Tags", "tags", "Attributes"];

/// What a model makes of an answer that is bent in one place, a line for each of them.
pub(crate) fn bent(operation: &str, model: &Model, exchange: &Exchange) -> Vec<String> {
    let Answer::Response(right) = &exchange.answer else {
        return Vec::new();
    };
    let served = right.status == 200;
    let refused = |status, error: &str| Response {
        status,
        headers: Headers::from_iter([("x-amzn-errortype", error)]),
        body: "{}".into(),
    };
    let mut wrong = vec![
        ("400".to_owned(), refused(400, "BadRequestException")),
        ("404".to_owned(), refused(404, "ResourceNotFoundException")),
    ];
    let body = Json::parse(&right.body).unwrap_or(Json::Null);
    if served {
        for (place, body) in bends(&body, false) {
            let body = body.to_text().into();
            wrong.push((
                place,
                Response {
                    body,
                    ..right.clone()
                },
            ));
        }
    } else {
        let headers = Headers::from_iter([("content-type", "application/json")]);
        let (status, body) = (200, "{}".into());
        let response = Response {
            status,
            headers,
            body,
        };
        wrong.push(("200".to_owned(), response));
    }
    let refused = if served { "" } else { ", refused" };
    let weigh = |(place, response): (String, Response)| {
        let answer = Answer::Response(response);
        let exchange = Exchange {
            answer,
            ..exchange.clone()
        };
        let (fit, differences) = match model.clone().observe(&exchange).fit {
            Fit::Allowed { warnings } if warnings.is_empty() => return None,
            Fit::Unclear(_) => return None,
            Fit::Allowed { warnings } => ("warns", warnings),
            Fit::Forbidden(differences) => ("broken", differences),
        };
        let rules = differences.first().map(|first| &first.rules);
        let rules = rules.into_iter().flatten().take(4);
        let rules: Vec<_> = rules.map(|rule| rule.id()).collect();
        Some(format!(
            "{operation}{refused} {place}: {fit} {}",
            rules.join(", ")
        ))
    };
    wrong.into_iter().filter_map(weigh).collect()
}

/// A body with one change, for every change, and what that is: `-` for a member or an item that is gone, `+` for one too
/// many, `2` for an item that is there twice, `!` for another value. Of a list the first items are enough; `data` says that
/// the names of members are data.
fn bends(value: &Json, data: bool) -> Vec<(String, Json)> {
    let within = |place: &str, inner: &Json| {
        let bent = bends(inner, NAMED_BY_USERS.contains(&place)).into_iter();
        let place = place.to_owned();
        bent.map(move |(rest, inner)| (format!("/{place}{rest}"), inner))
            .collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    match value {
        Json::Null => {}
        Json::Bool(value) => all.push(("!".to_owned(), Json::from(!value))),
        Json::Number(number) => {
            let other = number.as_i64().unwrap_or_default().wrapping_add(1_000);
            all.push(("!".to_owned(), Json::from(other)));
        }
        Json::String(text) => {
            all.push(("!".to_owned(), Json::from(format!("{text}x"))));
            if let Ok(inner @ Json::Object(_)) = Json::parse(text.as_bytes()) {
                for (place, inner) in within("\"\"", &inner) {
                    all.push((place, Json::from(inner.to_text())));
                }
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate().take(3) {
                let with = |instead: Vec<Json>| {
                    let rest = items[at + 1..].iter().cloned();
                    let first = items[..at].iter().cloned();
                    Json::Array(first.chain(instead).chain(rest).collect())
                };
                all.push(("/*-".to_owned(), with(Vec::new())));
                all.push(("/*2".to_owned(), with(vec![item.clone(), item.clone()])));
                for (place, item) in within("*", item) {
                    all.push((place, with(vec![item])));
                }
            }
        }
        Json::Object(members) => {
            let mut more = members.clone();
            more.push(("Zz".to_owned(), Json::from("z")));
            all.push(("+".to_owned(), Json::Object(more)));
            for (at, (name, value)) in members.iter().enumerate() {
                let mut fewer = members.clone();
                fewer.remove(at);
                let place = if data { "*" } else { name };
                all.push((format!("/{place}-"), Json::Object(fewer)));
                for (place, value) in within(place, value) {
                    let mut other = members.clone();
                    other[at].1 = value;
                    all.push((place, Json::Object(other)));
                }
            }
        }
    }
    all
}
