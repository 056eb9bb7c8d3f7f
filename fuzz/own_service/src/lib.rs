//! A small service that stands for yours: the four operations of a single domain, in axum.
//!
//! It is careful about what a request may hold, and still has a mistake: an update takes the place of what was there, though
//! members that it omits should keep their values (`domain.update.partial`). It takes two requests to see that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

type Domains = Arc<Mutex<BTreeMap<String, Value>>>;

/// The service, without any domain yet.
pub fn router() -> Router {
    Router::new()
        .route(
            "/domains/{name}",
            get(show).post(create).put(update).delete(delete),
        )
        .fallback(|| async { error(StatusCode::NOT_FOUND, "UnknownOperationException") })
        .with_state(Domains::default())
}

async fn create(domains: State<Domains>, Path(name): Path<String>, body: Bytes) -> Response {
    let Some(given) = members(&name, &body) else {
        return bad();
    };
    if !given.contains_key("DefaultExpirationDays") {
        return bad();
    }
    let mut domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
    if domains.contains_key(&name) {
        return bad();
    }
    let now = now();
    let domain = domain(&name, given, now, now);
    domains.insert(name, domain.clone());
    served(&domain)
}

async fn show(domains: State<Domains>, Path(name): Path<String>) -> Response {
    let domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
    domains.get(&name).map_or_else(missing, served)
}

async fn update(domains: State<Domains>, Path(name): Path<String>, body: Bytes) -> Response {
    let body = if body.is_empty() {
        b"{}".as_slice().into()
    } else {
        body
    };
    let Some(mut given) = members(&name, &body) else {
        return bad();
    };
    let mut domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(known) = domains.get_mut(&name) else {
        return missing();
    };
    // The mistake: only one of the members is looked after.
    let days = known["DefaultExpirationDays"].clone();
    given.entry("DefaultExpirationDays").or_insert(days);
    let created = known["CreatedAt"].as_f64().unwrap_or_default();
    *known = domain(&name, given, created, now());
    served(known)
}

async fn delete(domains: State<Domains>, Path(name): Path<String>) -> Response {
    let mut domains = domains.lock().unwrap_or_else(PoisonError::into_inner);
    let gone = domains.remove(&name);
    gone.map_or_else(missing, |_| served(&json!({"Message": "OK"})))
}

/// The members of a request, if all of them are what they should be. Those without a value are as good as omitted.
fn members(name: &str, body: &[u8]) -> Option<Map<String, Value>> {
    let is_name = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (1..=64).contains(&text.len()) && text.chars().all(fits)
    };
    let Value::Object(mut members) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    members.retain(|_, value| !value.is_null());
    let fits = members.iter().all(|(member, value)| match member.as_str() {
        "DefaultExpirationDays" => value
            .as_i64()
            .is_some_and(|days| (1..=1098).contains(&days)),
        "DefaultEncryptionKey" | "DeadLetterQueueUrl" => is_text(value, 0, 255),
        "Matching" => value["Enabled"].is_boolean(),
        "Tags" => value.as_object().is_some_and(|tags| {
            let mut tags = tags.iter();
            tags.all(|(key, value)| {
                (1..=128).contains(&key.chars().count()) && is_text(value, 0, 256)
            })
        }),
        _ => true,
    });
    (is_name(name) && fits).then_some(members)
}

fn is_text(value: &Value, least: usize, most: usize) -> bool {
    value
        .as_str()
        .is_some_and(|text| (least..=most).contains(&text.chars().count()))
}

fn domain(name: &str, given: Map<String, Value>, created: f64, updated: f64) -> Value {
    let mut domain = json!({"DomainName": name, "CreatedAt": created, "LastUpdatedAt": updated});
    let known = [
        "DefaultExpirationDays",
        "DefaultEncryptionKey",
        "DeadLetterQueueUrl",
        "Matching",
        "Tags",
    ];
    for (member, value) in given {
        if known.contains(&member.as_str()) {
            domain[member] = value;
        }
    }
    domain
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_millis() as f64 / 1000.0
}

fn served(body: &Value) -> Response {
    ([("content-type", "application/json")], body.to_string()).into_response()
}

fn bad() -> Response {
    error(StatusCode::BAD_REQUEST, "BadRequestException")
}

fn missing() -> Response {
    error(StatusCode::NOT_FOUND, "ResourceNotFoundException")
}

fn error(status: StatusCode, kind: &'static str) -> Response {
    let fields = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", kind),
    ];
    (status, fields, json!({"Message": kind}).to_string()).into_response()
}
