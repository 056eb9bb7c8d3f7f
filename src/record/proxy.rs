//! The side of the proxy that clients speak to.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use http::{StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::group::Recorder;
use super::upstream::Upstream;
use crate::replay::{Endpoint, Target};
use crate::wire::{Answer, Exchange, Json, Message, NoAnswer, NoAnswerKind, Request, Response};

/// Fields that belong to one connection and not to what is sent over it (RFC 9110, 7.6.1); `expect` is met by the time a
/// request goes on.
const OF_THE_CONNECTION: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

/// How long connections may take to finish what is under way when the proxy ends.
const STOPPING: Duration = Duration::from_secs(5);

/// How long a client may take to send a head, or to send the next one.
const HEAD: Duration = Duration::from_secs(60);

/// How traffic passes.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// How long to wait for each complete answer of the target.
    pub deadline: Duration,
    /// Bytes of a body at most, on either side.
    pub body: usize,
    /// Open connections of clients at most; further ones wait.
    pub connections: usize,
    /// Whether the target gets its own host in place of the one the client named. That breaks signatures, and is what a
    /// server needs that tells its sites apart by their names.
    pub own_host: bool,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            body: 64 << 20,
            connections: 1024,
            own_host: false,
        }
    }
}

/// A listening reverse proxy that records.
#[derive(Debug)]
pub struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    passage: Arc<Passage>,
}

/// What all connections share.
#[derive(Debug)]
struct Passage {
    endpoint: Arc<Endpoint>,
    recorder: Arc<Recorder>,
    settings: ProxySettings,
    began: Instant,
    /// When the last answer was given, in milliseconds since the beginning.
    last: AtomicU64,
    under_way: AtomicUsize,
    /// The first file that could not be written.
    trouble: Mutex<Option<io::Error>>,
}

impl Proxy {
    /// Listens at `address`; port 0 picks a free one.
    ///
    /// # Errors
    ///
    /// If nobody can listen there.
    pub async fn bind(
        address: SocketAddr,
        endpoint: Endpoint,
        recorder: Arc<Recorder>,
        settings: ProxySettings,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            passage: Arc::new(Passage {
                endpoint: Arc::new(endpoint),
                recorder,
                settings,
                began: Instant::now(),
                last: AtomicU64::new(0),
                under_way: AtomicUsize::new(0),
                trouble: Mutex::default(),
            }),
        })
    }

    /// Where it listens, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes traffic on until `until` is ready, or nothing has come for as long as `idle` says.
    ///
    /// # Errors
    ///
    /// The first recording that could not be written; traffic passed nevertheless.
    pub async fn run(
        self,
        until: impl Future<Output = ()>,
        idle: Option<Duration>,
    ) -> io::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut until = pin!(until);
        let passage = &self.passage;
        let mut bored = pin!(passage.idle_for(idle));
        loop {
            tokio::select! {
                () = until.as_mut() => break,
                () = bored.as_mut() => break,
                // A connection that panicked is gone, and that is all its end can tell.
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < passage.settings.connections => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, Arc::clone(passage), stopped.clone()));
                    }
                    // Running out of file descriptors passes when other connections end.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
            }
        }
        stop.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        // What is left after that is aborted by dropping the set.
        let _ = tokio::time::timeout(STOPPING, finished).await;
        let trouble = passage
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        trouble.map_or(Ok(()), Err)
    }
}

/// Passes on what comes in on one connection.
async fn serve(stream: TcpStream, passage: Arc<Passage>, mut stop: watch::Receiver<bool>) {
    // An answer is written in one go, so waiting to fill a segment would only delay it.
    let _ = stream.set_nodelay(true);
    let upstream = Upstream::new(Arc::clone(&passage.endpoint), passage.settings.body);
    let upstream = Arc::new(tokio::sync::Mutex::new(upstream));
    let service = service_fn(|request| {
        let (passage, upstream) = (Arc::clone(&passage), Arc::clone(&upstream));
        async move {
            // In a task of its own: a client that leaves before its answer must not make the recording forget what was done.
            let passed = tokio::spawn(async move { passage.pass(request, &upstream).await });
            Ok::<_, Infallible>(
                passed
                    .await
                    .unwrap_or_else(|_| refusal(500, "the proxy failed")),
            )
        }
    });
    let connection = http1::Builder::new()
        .half_close(true)
        .preserve_header_case(true)
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // Whatever ends a connection early has been said to the client, or cannot be.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Passage {
    async fn pass(
        &self,
        request: http::Request<Incoming>,
        upstream: &tokio::sync::Mutex<Upstream>,
    ) -> http::Response<Full<Bytes>> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let answer = self.forward(request, upstream).await;
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now, Ordering::Relaxed);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    async fn forward(
        &self,
        request: http::Request<Incoming>,
        upstream: &tokio::sync::Mutex<Upstream>,
    ) -> http::Response<Full<Bytes>> {
        let (mut head, incoming) = request.into_parts();
        let has_body = head.headers.contains_key(CONTENT_LENGTH)
            || head.headers.contains_key(TRANSFER_ENCODING);
        let body = match Limited::new(incoming, self.settings.body).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<hyper::Error>() => {
                return refusal(400, "the request ended in the middle");
            }
            Err(_) => {
                return refusal(
                    413,
                    &format!("the body is larger than {} bytes", self.settings.body),
                );
            }
        };
        let target = head
            .uri
            .path_and_query()
            .map_or_else(|| head.uri.to_string(), |path| path.as_str().to_owned());
        let heard = Request {
            method: head.method.as_str().to_owned(),
            target: target.clone(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
                .collect(),
            body: has_body.then(|| body.clone()),
        };
        let Ok(uri) = Uri::try_from(format!("{}{target}", self.endpoint.prefix())) else {
            return refusal(
                400,
                "the target of the request is none that can be passed on",
            );
        };
        head.uri = uri;
        head.version = http::Version::HTTP_11;
        strip(&mut head.headers);
        if has_body {
            head.headers
                .insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        if (self.settings.own_host || !head.headers.contains_key(HOST))
            && let Ok(host) = HeaderValue::from_str(self.endpoint.host())
        {
            head.headers.insert(HOST, host);
        }
        let outgoing = http::Request::from_parts(head, Full::new(body));

        // From here to the end of the recording nothing else is said about this domain.
        let group = self.recorder.group(&heard);
        let mut group = group.lock().await;
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let began = Instant::now();
        let deadline = self.settings.deadline;
        let answered = tokio::time::timeout(deadline, async {
            upstream.lock().await.send(outgoing).await
        })
        .await;
        let took = began.elapsed();
        let answered = answered.unwrap_or_else(|_| {
            Err(NoAnswer {
                kind: NoAnswerKind::Timeout,
                detail: format!("no complete answer within {deadline:?}"),
            })
        });
        let (answer, passed) = match answered {
            Ok(response) => {
                let (mut head, body) = response.into_parts();
                let answer = Answer::Response(Response {
                    status: head.status.as_u16(),
                    headers: head
                        .headers
                        .iter()
                        .map(|(name, value)| {
                            (name.as_str(), String::from_utf8_lossy(value.as_bytes()))
                        })
                        .collect(),
                    body: body.clone(),
                });
                strip(&mut head.headers);
                (answer, http::Response::from_parts(head, Full::new(body)))
            }
            Err(silence) => {
                let text = format!("no answer from {}: {silence}", self.endpoint.describe());
                (Answer::None(silence), refusal(502, &text))
            }
        };
        let exchange = Exchange {
            message: Message::Request(heard),
            answer,
            at_ms: i64::try_from(at.as_millis()).unwrap_or(i64::MAX),
            took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        };
        if let Err(error) = group.hear(&exchange) {
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            trouble.get_or_insert(error);
        }
        passed
    }

    /// Ready once nothing has come for so long; never without a time.
    async fn idle_for(&self, idle: Option<Duration>) {
        let Some(idle) = idle else {
            return std::future::pending().await;
        };
        loop {
            let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
            let quiet = self.began.elapsed().saturating_sub(last);
            let busy = self.under_way.load(Ordering::Relaxed) > 0;
            if quiet >= idle && !busy {
                return;
            }
            tokio::time::sleep(if busy { idle } else { idle - quiet }).await;
        }
    }
}

/// Takes out what belongs to the connection it came in on.
fn strip(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in listed {
        headers.remove(name);
    }
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers.remove(TRANSFER_ENCODING);
}

/// An answer of the proxy itself. SDKs show its message.
fn refusal(status: u16, text: &str) -> http::Response<Full<Bytes>> {
    let message = Json::from(format!("profile-contract record: {text}"));
    let mut response =
        http::Response::new(Full::new(Bytes::from(format!("{{\"Message\":{message}}}"))));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
