//! A service in this process as a target: no socket, no port, and a debugger or a fuzzer sees right through.

use std::any::Any;
use std::cell::Cell;
use std::error::Error;
use std::fmt::{self, Display};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tower_service::Service;

use super::endpoint::{first_word, polite_headers};
use super::sign::Signer;
use super::socket::read;
use super::target::Target;
use crate::wire::http1::{Limits, ResponseReader, request_bytes};
use crate::wire::{Answer, Headers, Message, NoAnswerKind, Request, Response};

/// What the `host` field says: a name that belongs to nobody (RFC 2606).
const HOST_NAME: &str = "profile-contract.test";

thread_local! {
    /// Whether a service is being called, whose panics are answers.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, at this moment, is an answer of a service: for hooks that end the process otherwise.
pub(crate) fn is_answer() -> bool {
    CAUGHT.get()
}

/// How many bytes wait between the ends of a connection in memory.
const PIPE: usize = 64 * 1024;

/// Any `tower` service over `http` types, called in this process.
///
/// Well-formed requests are handed over as they are. What is no request, or none that the `http` types can hold, goes
/// through hyper's server on a connection in memory, as it would where the service is deployed. Every request gets a clone
/// of the service, as in a server. A service that panics, or returns an error, answers with status 500.
///
/// ```
/// use axum::Router;
/// use profile_contract::check::{Check, Options};
/// use profile_contract::replay::InProcess;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let service = Router::<()>::new();
/// let options = Options { only: vec!["domain".to_owned()], ..Options::default() };
/// let checked = Check::new(InProcess::new(service), options)?.run().await?;
/// assert!(!checked.report.conforms(), "an empty router finds nothing");
/// # Ok::<(), profile_contract::check::CheckError>(())
/// # }).unwrap();
/// ```
pub struct InProcess<S> {
    service: Mutex<S>,
    signer: Signer,
    limits: Limits,
}

impl<S> InProcess<S> {
    /// That service as a target.
    pub fn new(service: S) -> Self {
        Self {
            service: Mutex::new(service),
            signer: Signer::default(),
            limits: Limits::default(),
        }
    }
}

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl<S, B> Target for InProcess<S>
where
    S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send,
    S::Future: Send,
    S::Error: Display,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
{
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        // A clone that panicked is gone; what is cloned here never is.
        let service = self
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match tokio::time::timeout(deadline, self.answer(service, message)).await {
            Ok(answer) => answer,
            Err(_) => Answer::none(
                NoAnswerKind::Timeout,
                format!("no complete answer within {deadline:?}"),
            ),
        }
    }

    fn describe(&self) -> String {
        "a service in this process".to_owned()
    }
}

impl<S> InProcess<S> {
    async fn answer<B>(&self, service: S, message: &Message) -> Answer
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send,
        S::Future: Send,
        S::Error: Display,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let request = match message {
            Message::Raw(bytes) => return self.converse(service, bytes, first_word(bytes)).await,
            Message::Request(request) => request,
        };
        let request = match self
            .signer
            .signed(request.clone(), HOST_NAME, SystemTime::now())
            .await
        {
            Ok(request) => request,
            Err(problem) => {
                return Answer::none(
                    NoAnswerKind::Unreachable,
                    format!("cannot be signed: {problem}"),
                );
            }
        };
        let Some(typed) = typed(&request) else {
            let bytes = request_bytes(&request, HOST_NAME);
            return self.converse(service, &bytes, &request.method).await;
        };
        match self.call(service, typed).await {
            Ok(mut response) => {
                if request.method == "HEAD" {
                    response.body = Bytes::new();
                }
                Answer::Response(response)
            }
            Err(answer) => answer,
        }
    }

    /// What the service answers, or why there is no complete answer.
    async fn call<B>(
        &self,
        mut service: S,
        request: http::Request<Full<Bytes>>,
    ) -> Result<Response, Answer>
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Send,
        S::Future: Send,
        S::Error: Display,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let answered = async move {
            poll_fn(|context| service.poll_ready(context)).await?;
            let (head, body) = service.call(request).await?.into_parts();
            Ok((head, Limited::new(body, self.limits.body).collect().await))
        };
        let (head, body) = match without_panic(answered).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => {
                let error: S::Error = error;
                return Ok(broken(&format!("the service returned an error: {error}")));
            }
            Err(panic) => return Ok(broken(&format!("the service panicked: {panic}"))),
        };
        let body = body.map_err(|error| {
            let cut = error.is::<LengthLimitError>();
            let (kind, why) = match cut {
                true => (
                    NoAnswerKind::Malformed,
                    format!("a body of more than {} bytes", self.limits.body),
                ),
                false => (NoAnswerKind::Closed, format!("the body ended: {error}")),
            };
            Answer::none(kind, why)
        })?;
        let fields = head.headers.iter();
        Ok(Response {
            status: head.status.as_u16(),
            headers: fields
                .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
                .collect(),
            body: body.to_bytes(),
        })
    }

    /// Writes the bytes to a connection of their own, on which hyper serves, and reads one response.
    async fn converse<B>(&self, service: S, bytes: &[u8], method: &str) -> Answer
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send,
        S::Future: Send,
        S::Error: Display,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send,
    {
        let (near, far) = tokio::io::duplex(PIPE);
        let served = service_fn(move |request: http::Request<Incoming>| {
            let service = service.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(|error| error.to_string())?;
                let request = http::Request::from_parts(head, Full::new(body.to_bytes()));
                let response = self.call(service, request).await;
                response
                    .map(hyper_response)
                    .map_err(|silent| format!("{silent:?}"))
            }
        });
        // Whoever has said all and listens is still there.
        let serve = http1::Builder::new()
            .half_close(true)
            .serve_connection(TokioIo::new(far), served);
        let (mut from, mut to) = tokio::io::split(near);
        let write = async {
            // A peer that has read enough may answer and close; its answer says more than our failure to write.
            if to.write_all(bytes).await.is_ok() {
                let _ = to.shutdown().await;
            }
        };
        let reader = ResponseReader::new(method, self.limits);
        // A connection that hyper gives up ends for the reader too.
        let (answer, (), _) = tokio::join!(read(&mut from, reader), write, serve);
        answer
    }
}

/// The request in the types of the `http` crate, if they hold it exactly as it is.
fn typed(request: &Request) -> Option<http::Request<Full<Bytes>>> {
    let mut headers = polite_headers(request)?;
    headers.insert(HOST, HeaderValue::from_static(HOST_NAME));
    if let Some(body) = &request.body {
        headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let uri: http::Uri = request.target.parse().ok()?;
    if uri.path_and_query()?.as_str() != request.target {
        return None;
    }
    let mut typed = http::Request::new(Full::new(request.body.clone().unwrap_or_default()));
    *typed.method_mut() = http::Method::from_bytes(request.method.as_bytes()).ok()?;
    *typed.uri_mut() = uri;
    *typed.headers_mut() = headers;
    Some(typed)
}

fn hyper_response(response: Response) -> http::Response<Full<Bytes>> {
    let mut typed = http::Response::new(Full::new(response.body));
    // Both come from the `http` types.
    if let Ok(status) = http::StatusCode::from_u16(response.status) {
        *typed.status_mut() = status;
    }
    for (name, value) in response.headers.iter() {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            typed.headers_mut().append(name, value);
        }
    }
    typed
}

/// What a server makes of a service that is at its wit's end.
fn broken(why: &str) -> Response {
    Response {
        status: 500,
        headers: Headers::from_iter([("content-type", "text/plain; charset=utf-8")]),
        body: Bytes::copy_from_slice(why.as_bytes()),
    }
}

/// What a future results in, or what it panicked with.
async fn without_panic<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let before = CAUGHT.replace(true);
        // A future that panicked is never polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        CAUGHT.set(before);
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(message(&*panic))),
        }
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "with something that is no text".to_owned())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Bytes as Body;
    use axum::http::{HeaderMap, Method, Uri};
    use axum::routing::any;

    use super::*;
    use crate::wire::Headers;

    fn request(method: &str, target: &str, body: Option<&str>) -> Request {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Headers::default(),
            body: body.map(|body| Bytes::copy_from_slice(body.as_bytes())),
        }
    }

    /// Says what it was asked.
    fn echo() -> InProcess<Router> {
        InProcess::new(
            Router::new()
                .route(
                    "/panic",
                    any(|| async {
                        if true {
                            panic!("out of {}", "luck");
                        }
                    }),
                )
                .fallback(
                    |method: Method, uri: Uri, headers: HeaderMap, body: Body| async move {
                        format!("{method} {uri} {headers:?} {body:?}")
                    },
                ),
        )
    }

    async fn ask(target: &impl Target, message: Message) -> (u16, String) {
        match target.send(&message, Duration::from_secs(5)).await {
            Answer::Response(response) => (
                response.status,
                String::from_utf8_lossy(&response.body).into_owned(),
            ),
            Answer::None(silence) => (0, silence.to_string()),
        }
    }

    #[tokio::test]
    async fn requests_arrive_as_they_are() {
        let asked = request("PUT", "/a%2Fb/?c=%20", Some("{}"));
        let (status, said) = ask(&echo(), Message::Request(asked)).await;
        assert_eq!(status, 200);
        assert_eq!(
            said,
            r#"PUT /a%2Fb/?c=%20 {"host": "profile-contract.test", "content-length": "2"} b"{}""#
        );
        let head = Message::Request(request("HEAD", "/", None));
        assert_eq!(ask(&echo(), head).await, (200, String::new()));
    }

    #[tokio::test]
    async fn what_the_types_cannot_hold_goes_through_a_server() {
        // A space in the target, two lengths, and half a request.
        let spaced = Message::Request(request("GET", "/a b", None));
        assert_eq!(ask(&echo(), spaced).await.0, 400);
        let mut twice = request("PUT", "/", Some("{}"));
        twice.headers.push("content-length", "2");
        twice.headers.push("content-length", "3");
        assert_eq!(ask(&echo(), Message::Request(twice)).await.0, 400);
        let raw = |text: &str| Message::Raw(Bytes::copy_from_slice(text.as_bytes()));
        let (status, said) = ask(&echo(), raw("GET /x HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        assert!(status == 200 && said.starts_with("GET /x"), "{said}");
        let cut = ask(
            &echo(),
            raw("POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nabc"),
        )
        .await;
        assert!(matches!(cut.0, 0 | 400), "{cut:?}");
        assert_eq!(ask(&echo(), raw("GET")).await.0, 0);
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let asked = Message::Request(request("GET", "/panic", None));
        let answer = (500, "the service panicked: out of luck".to_owned());
        assert_eq!(ask(&echo(), asked).await, answer);
        let raw = b"GET /panic HTTP/1.1\r\nhost: h\r\n\r\n".as_slice();
        assert_eq!(ask(&echo(), Message::Raw(raw.into())).await, answer);
    }
}
