//! A small service of one's own, checked against the contract in its own `cargo test`.
//!
//! It keeps domains and their tags, and says of everything else that it does not know it. `cargo run --example axum-service`
//! serves it; the test at the end needs no socket at all: any `tower` service over `http` types is a target.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many tags a domain may have.
const MOST_TAGS: usize = 50;

/// Tags by their keys.
type Tags = BTreeMap<String, String>;

/// All domains, by name.
#[derive(Clone, Default)]
struct Domains(Arc<Mutex<BTreeMap<String, Domain>>>);

impl Domains {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Domain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Domain {
    domain_name: String,
    #[serde(flatten)]
    settings: Settings,
    created_at: f64,
    last_updated_at: f64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    default_expiration_days: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_encryption_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_queue_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matching: Option<Matching>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Tags>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Matching {
    enabled: bool,
}

#[derive(Deserialize)]
struct TagRequest {
    tags: Tags,
}

/// What is answered instead of a result.
enum Problem {
    Bad(&'static str),
    NotFound(&'static str),
    Unknown,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, kind, message) = match self {
            Self::Bad(message) => (StatusCode::BAD_REQUEST, "BadRequestException", message),
            Self::NotFound(message) => {
                (StatusCode::NOT_FOUND, "ResourceNotFoundException", message)
            }
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "UnknownOperationException",
                "no such operation",
            ),
        };
        let body = Json(json!({ "Message": message }));
        (status, [("x-amzn-errortype", kind)], body).into_response()
    }
}

/// The name of a domain in a path.
struct Name(String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(name) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::Bad("the name of the domain cannot be decoded"))?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        match (1..=64).contains(&name.len()) && name.chars().all(fits) {
            true => Ok(Self(name)),
            false => Err(Problem::Bad(
                "a domain name has 1 to 64 letters, digits, `_` and `-`",
            )),
        }
    }
}

/// The domain that an ARN in a path stands for.
struct Tagged(String);

impl<S: Send + Sync> FromRequestParts<S> for Tagged {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(arn) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::Bad("the ARN cannot be decoded"))?;
        let mut sections = arn.splitn(6, ':');
        let mut section = || sections.next().unwrap_or_default();
        let is_partition = |text: &str| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            (1..=10).contains(&text.len()) && text.bytes().all(fits)
        };
        if arn.len() > 256
            || section() != "arn"
            || !is_partition(section())
            || !section().starts_with("profile")
        {
            return Err(Problem::Bad("not the ARN of a resource of this service"));
        }
        let (_region, _account, resource) = (section(), section(), section());
        match resource.strip_prefix("domains/") {
            Some(name) => Ok(Self(name.to_owned())),
            None => Err(Problem::NotFound("no such resource")),
        }
    }
}

/// What a request says.
struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::Bad("the content type is not application/json"))
            }
            Err(_) => Err(Problem::Bad("the body is not what the operation takes")),
        }
    }
}

fn service() -> Router {
    let domain = post(create).get(read).delete(remove);
    let tags = get(list_tags).post(add_tags).delete(remove_tags);
    Router::new()
        .route("/domains/{name}", domain)
        .route("/tags/{arn}", tags)
        .fallback(async || Problem::Unknown)
        .method_not_allowed_fallback(async || Problem::Unknown)
        .with_state(Domains::default())
}

async fn create(
    State(domains): State<Domains>,
    Name(name): Name,
    Body(settings): Body<Settings>,
) -> Result<Json<Domain>, Problem> {
    let short =
        |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= 255);
    if !(1..=1098).contains(&settings.default_expiration_days) {
        return Err(Problem::Bad("DefaultExpirationDays is between 1 and 1098"));
    }
    if !short(&settings.default_encryption_key) || !short(&settings.dead_letter_queue_url) {
        return Err(Problem::Bad("keys and queues have at most 255 characters"));
    }
    hold_tags(settings.tags.iter().flatten())?;
    let mut domains = domains.lock();
    if domains.contains_key(&name) {
        return Err(Problem::Bad("there is a domain of that name"));
    }
    let now = now();
    let domain = Domain {
        domain_name: name.clone(),
        settings,
        created_at: now,
        last_updated_at: now,
    };
    domains.insert(name, domain.clone());
    Ok(Json(domain))
}

async fn read(State(domains): State<Domains>, Name(name): Name) -> Result<Json<Domain>, Problem> {
    let domains = domains.lock();
    let domain = domains
        .get(&name)
        .ok_or(Problem::NotFound("no such domain"))?;
    Ok(Json(domain.clone()))
}

async fn remove(State(domains): State<Domains>, Name(name): Name) -> Result<Json<Value>, Problem> {
    let gone = domains.lock().remove(&name);
    gone.ok_or(Problem::NotFound("no such domain"))?;
    Ok(Json(json!({ "Message": "deleted" })))
}

async fn list_tags(
    State(domains): State<Domains>,
    Tagged(name): Tagged,
) -> Result<Json<Value>, Problem> {
    let domains = domains.lock();
    let domain = domains
        .get(&name)
        .ok_or(Problem::NotFound("no such domain"))?;
    Ok(Json(
        json!({ "tags": domain.settings.tags.clone().unwrap_or_default() }),
    ))
}

async fn add_tags(
    State(domains): State<Domains>,
    Tagged(name): Tagged,
    Body(TagRequest { tags }): Body<TagRequest>,
) -> Result<Json<Value>, Problem> {
    if tags.is_empty() {
        return Err(Problem::Bad("there is at least one tag"));
    }
    let mut domains = domains.lock();
    let domain = domains
        .get_mut(&name)
        .ok_or(Problem::NotFound("no such domain"))?;
    let mut all = domain.settings.tags.clone().unwrap_or_default();
    all.extend(tags);
    hold_tags(&all)?;
    domain.settings.tags = Some(all);
    Ok(Json(json!({})))
}

async fn remove_tags(
    State(domains): State<Domains>,
    Tagged(name): Tagged,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = query.unwrap_or_default();
    let keys: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("tagKeys="))
        .map(|key| percent_decode_str(key).decode_utf8_lossy())
        .collect();
    if !(1..=MOST_TAGS).contains(&keys.len()) || !keys.iter().all(|key| is_key(key)) {
        return Err(Problem::Bad(
            "there are 1 to 50 `tagKeys`, each a possible key",
        ));
    }
    let mut domains = domains.lock();
    let domain = domains
        .get_mut(&name)
        .ok_or(Problem::NotFound("no such domain"))?;
    if let Some(tags) = &mut domain.settings.tags {
        tags.retain(|key, _| !keys.iter().any(|gone| gone == key));
    }
    Ok(Json(json!({})))
}

fn hold_tags<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<(), Problem> {
    let mut count = 0;
    for (key, value) in tags {
        count += 1;
        if count > MOST_TAGS || !is_key(key) || value.chars().count() > 256 {
            return Err(Problem::Bad(
                "at most 50 tags, with sound keys and values of at most 256 characters",
            ));
        }
    }
    Ok(())
}

fn is_key(key: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'+'..=b'=' | b'_');
    (1..=128).contains(&key.len()) && key.bytes().all(fits) && !key.starts_with("aws:")
}

/// Seconds since the epoch.
fn now() -> f64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_millis() as f64 / 1000.0
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 4000)).await?;
    axum::serve(listener, service()).await
}

#[cfg(test)]
mod tests {
    use profile_contract::check::{Check, Options};
    use profile_contract::replay::InProcess;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_service_keeps_the_contract() {
        let check = Check::new(InProcess::new(service()), Options::default()).unwrap();
        let report = check.run().await.unwrap().report;
        assert_eq!(report.counts().violates, 0, "{report}");
        // What it does not implement is not held against it, but nothing comes of nothing either.
        assert!(report.counts().conforms > 150, "{report}");
    }
}
