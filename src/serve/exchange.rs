//! One request in hyper's words, its answer in ours.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::Respond;
use super::limits::Limits;
use super::manners::{Manners, Pieces};
use super::progress::Progress;
use crate::wire::{Headers, Request, Response};

/// The header field that names each answer.
pub(super) const REQUEST_ID: &str = "x-amzn-requestid";

/// Where the connections of a server meet: its model, its limits and the numbering of its answers.
pub(super) struct Exchanges<R> {
    model: Mutex<R>,
    pub(super) limits: Limits,
    pub(super) manners: Manners,
    ids: AtomicU64,
    run: u64,
}

impl<R: Respond> Exchanges<R> {
    pub(super) fn new(model: R, limits: Limits) -> Self {
        // The one source of randomness in std; answers of two runs should not share their ids.
        let random = || RandomState::new().build_hasher().finish();
        Self {
            model: Mutex::new(model),
            limits,
            manners: Manners::default(),
            ids: AtomicU64::new(random()),
            run: random(),
        }
    }

    /// Reads a request to its end and answers it.
    ///
    /// # Errors
    ///
    /// If the model's answer cannot be written as HTTP; the connection is then closed without one.
    pub(super) async fn answer(
        &self,
        request: http::Request<Incoming>,
        progress: &Progress,
    ) -> Result<http::Response<Pieces>, http::Error> {
        progress.handling();
        let (head, incoming) = request.into_parts();
        let (answer, complete) = match self.body(&head.headers, incoming).await {
            Ok(body) => {
                let request = Request {
                    method: head.method.as_str().to_owned(),
                    target: target(&head.uri),
                    headers: headers(&head.headers),
                    body,
                };
                // A model that panicked has cost its client the connection; the others still want their answers.
                let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
                (model.respond(&request, now_ms()), true)
            }
            Err(refused) => {
                progress.leave_unread();
                (refusal(refused, &self.limits), false)
            }
        };
        if !self.manners.first_byte.is_zero() {
            tokio::time::sleep(self.manners.first_byte).await;
        }
        progress.answering();
        let mut answer = self.sealed(answer)?;
        if !complete || self.manners.closes {
            answer
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(answer)
    }

    /// The answer to what never became a request, as bytes; the connection closes after it.
    pub(super) fn refusal_bytes(&self, status: u16) -> Vec<u8> {
        let Response {
            status,
            headers,
            body,
        } = refusal(status, &self.limits);
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("");
        let mut head = format!(
            "HTTP/1.1 {status} {reason}\r\n{REQUEST_ID}: {}\r\n",
            self.next_id()
        );
        for (name, value) in headers.iter() {
            // Writing to a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&jiff::Timestamp::now())
            .unwrap_or_default();
        let _ = write!(
            head,
            "content-length: {}\r\nconnection: close\r\ndate: {date}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), &body].concat()
    }

    /// The whole body, `None` where the head announced none; otherwise the status of the refusal.
    async fn body(&self, headers: &HeaderMap, incoming: Incoming) -> Result<Option<Bytes>, u16> {
        let declared = headers.get(CONTENT_LENGTH);
        if declared.is_none() && !headers.contains_key(TRANSFER_ENCODING) {
            return Ok(None);
        }
        // Told by its head alone, a body is refused before `100 Continue` invites it.
        let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > self.limits.body as u64) {
            return Err(413);
        }
        let collected = Limited::new(incoming, self.limits.body).collect();
        match tokio::time::timeout(self.limits.body_time, collected).await {
            Ok(Ok(body)) => Ok(Some(body.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(413),
            Ok(Err(_)) => Err(400),
            Err(_) => Err(408),
        }
    }

    /// The answer with its request id first; length, date and connection are hyper's to add.
    fn sealed(&self, answer: Response) -> Result<http::Response<Pieces>, http::Error> {
        let mut sealed = http::Response::new(Pieces::of(answer.body, self.manners.chunked));
        *sealed.status_mut() = StatusCode::from_u16(answer.status)?;
        let fields = sealed.headers_mut();
        fields.insert(
            HeaderName::from_static(REQUEST_ID),
            HeaderValue::from_str(&self.next_id())?,
        );
        for (name, value) in answer.headers.iter() {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
                fields.append(name, HeaderValue::from_str(value)?);
            }
        }
        Ok(sealed)
    }

    /// A UUID that no other answer of this server has: a counter, spread by the mixing step of SplitMix64, which maps
    /// no two numbers to one.
    fn next_id(&self) -> String {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        let mut mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let run = self.run;
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            mixed >> 32,
            mixed >> 16 & 0xffff,
            run & 0xfff,
            run >> 12 & 0xfff,
            (mixed & 0xffff) << 32 | run >> 24 & 0xffff_ffff,
        )
    }
}

/// The target as it was sent.
///
/// A server may also be sent the absolute form, whose path is then the target (RFC 9112, 3.2.2). `Uri` takes a target
/// without a leading slash for an authority: it stays what it is, and will match no route.
fn target(uri: &Uri) -> String {
    match uri.path_and_query() {
        Some(path) => path.as_str().to_owned(),
        None => uri.to_string(),
    }
}

fn headers(fields: &HeaderMap) -> Headers {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect()
}

/// What is said to a client that broke HTTP or a limit rather than the contract: a framework error (contract 1.8).
fn refusal(status: u16, limits: &Limits) -> Response {
    let (status, kind, message) = match status {
        408 => (
            408,
            "RequestTimeoutException",
            "the request did not arrive in time".to_owned(),
        ),
        413 => (
            413,
            "RequestEntityTooLargeException",
            format!("the body is larger than {} bytes", limits.body),
        ),
        414 => (
            414,
            "RequestUriTooLongException",
            "the target is longer than 65,534 bytes".to_owned(),
        ),
        431 => (
            431,
            "RequestHeaderFieldsTooLargeException",
            format!(
                "the head is larger than {} bytes or has more than 100 fields",
                limits.head
            ),
        ),
        _ => (
            400,
            "MalformedHttpRequestException",
            "the request is not well-formed HTTP/1.1".to_owned(),
        ),
    };
    Response {
        status,
        headers: [
            ("content-type", "application/json"),
            ("x-amzn-errortype", kind),
        ]
        .into_iter()
        .collect(),
        body: format!("{{\"Message\":\"{message}\"}}").into(),
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
