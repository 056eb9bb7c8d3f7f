//! A live address as a target.
//!
//! Well-formed requests go through reqwest, which keeps connections open. Whatever reqwest would repair, reorder or
//! refuse goes through our own [`Socket`], so that what a case says is what the target gets.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::pki_types::ServerName;
use url::{Host, Position, Url};

use super::rate::Rate;
use super::sign::{Signer, error_chain};
use super::socket::{Duplex, Socket, io_kind};
use super::target::Target;
use super::tls::{Trust, client_config};
use crate::wire::http1::{Limits, is_token, request_bytes};
use crate::wire::{Answer, Message, NoAnswer, NoAnswerKind, Request, Response};

/// How long a connection that nobody uses is kept. Servers close idle ones after some seconds, and a request that
/// crosses with that is lost, so we are earlier than the common ones.
const IDLE: Duration = Duration::from_millis(1500);

/// How an endpoint is spoken to.
#[derive(Debug, Clone, Default)]
pub struct EndpointSettings {
    /// Which certificates are accepted.
    pub trust: Trust,
    /// What is put up with in a response.
    pub limits: Limits,
    /// Who signs, where a request asks for a signature.
    pub signer: Signer,
    /// Whether every request is to ask for one, unless a case is about its signature.
    pub signs: bool,
    /// How fast requests may follow each other; `None` for as fast as they are answered.
    pub rate: Option<Rate>,
}

/// An address that speaks HTTP/1.1, with or without TLS.
#[derive(Debug)]
pub struct Endpoint {
    /// Scheme, host and port; its path is `/`.
    origin: Url,
    /// What goes in front of every path: empty, or a path without a slash at its end.
    prefix: String,
    /// What the `host` header says.
    host: String,
    client: reqwest::Client,
    socket: Socket,
    signer: Signer,
    signs: bool,
    rate: Option<Rate>,
}

/// Why an address cannot be a target.
#[derive(Debug, thiserror::Error)]
pub enum BadEndpoint {
    /// Not an address of the form `http://host:port/prefix`.
    #[error(
        "endpoint `{address}`: {problem}; expected something like `http://127.0.0.1:4000` or `https://host/prefix`"
    )]
    Address {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of further certificates is of no use.
    #[error("certificates of {}: {problem}; expected a PEM file", file.display())]
    Authority {
        /// The file as given.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// TLS cannot be set up at all.
    #[error("TLS: {0}")]
    Tls(String),
}

impl Endpoint {
    /// An endpoint at `http://host:port/prefix` or `https://…`; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// If the address is not of that form, or the settings for TLS are of no use.
    pub fn new(address: &str, settings: EndpointSettings) -> Result<Self, BadEndpoint> {
        let EndpointSettings {
            trust,
            limits,
            signer,
            signs,
            rate,
        } = settings;
        let bad = |problem: &str| BadEndpoint::Address {
            address: address.to_owned(),
            problem: problem.to_owned(),
        };
        let url = Url::parse(address).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a user name or password in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("something behind its path"));
        }
        let host = url
            .host()
            .map(|host| host.to_owned())
            .ok_or_else(|| bad("no host"))?;
        let port = url.port_or_known_default().ok_or_else(|| bad("no port"))?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .http1_max_headers(limits.fields)
            .pool_idle_timeout(IDLE);
        let mut tls = None;
        if url.scheme() == "https" {
            let config = client_config(&trust)?;
            let name =
                ServerName::try_from(plain(&host)).map_err(|error| bad(&error.to_string()))?;
            tls = Some((name, Arc::new(config.clone())));
            builder = builder.tls_backend_preconfigured(config);
        } else {
            // Nothing to verify, so the certificates of the system need not be read either.
            builder = builder.tls_backend_preconfigured(client_config(&Trust::Anyone)?);
        }
        let client = builder
            .build()
            .map_err(|error| BadEndpoint::Tls(error_chain(&error)))?;
        Ok(Self {
            prefix: url.path().trim_end_matches('/').to_owned(),
            host: url[Position::BeforeHost..Position::AfterPort].to_owned(),
            client,
            socket: Socket {
                host: plain(&host),
                port,
                tls,
                limits,
            },
            signer,
            signs,
            rate,
            origin: url.join("/").map_err(|error| bad(&error.to_string()))?,
        })
    }

    /// A fresh connection there, for whoever speaks HTTP on it by himself.
    pub(crate) async fn connect(&self) -> Result<Box<dyn Duplex>, NoAnswer> {
        self.socket.connect().await
    }

    /// What the `host` header says.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What goes in front of every path.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    async fn answer(&self, message: &Message) -> Answer {
        let unsigned = |problem: String| {
            Answer::none(
                NoAnswerKind::Unreachable,
                format!("cannot be signed: {problem}"),
            )
        };
        let now = SystemTime::now();
        let request = match message {
            Message::Raw(bytes) => {
                return match self.signer.signed_bytes(bytes, now).await {
                    Ok(bytes) => self.socket.send(&bytes, first_word(&bytes)).await,
                    Err(problem) => unsigned(problem),
                };
            }
            Message::Request(request) => request,
        };
        let placed = Request {
            target: format!("{}{}", self.prefix, request.target),
            ..request.clone()
        };
        let request = match self.signer.signed(placed, &self.host, now).await {
            Ok(request) => request,
            Err(problem) => return unsigned(problem),
        };
        match self.polite(&request) {
            Some(polite) => self.execute(polite).await,
            None => {
                self.socket
                    .send(&request_bytes(&request, &self.host), &request.method)
                    .await
            }
        }
    }

    /// The request for reqwest, if that sends it exactly as it is.
    fn polite(&self, request: &Request) -> Option<reqwest::Request> {
        // CONNECT has a target of its own kind, and reqwest treats it so.
        if request.method == "CONNECT" || !request.target.starts_with('/') {
            return None;
        }
        let method = http::Method::from_bytes(request.method.as_bytes()).ok()?;
        let url = format!("{}{}", &self.origin[..Position::BeforePath], request.target);
        let parsed = Url::parse(&url).ok()?;
        // What follows a `#` is not sent; everything else that the URL standard changes shows as a difference.
        if parsed.as_str() != url || parsed.fragment().is_some() {
            return None;
        }
        let uri = http::Uri::try_from(&url).ok()?;
        if uri
            .path_and_query()
            .is_none_or(|target| target.as_str() != request.target)
        {
            return None;
        }
        let mut polite = reqwest::Request::new(method, parsed);
        *polite.headers_mut() = polite_headers(request)?;
        if let Some(body) = &request.body {
            if body.is_empty() {
                // An empty body counts as none below.
                polite
                    .headers_mut()
                    .insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            *polite.body_mut() = Some(body.clone().into());
        }
        Some(polite)
    }

    async fn execute(&self, request: reqwest::Request) -> Answer {
        let to_head = request.method() == http::Method::HEAD;
        let limit = self.socket.limits.body;
        let too_large = || {
            Answer::none(
                NoAnswerKind::Malformed,
                format!("a body of more than {limit} bytes"),
            )
        };
        let mut response = match self.client.execute(request).await {
            Ok(response) => response,
            Err(error) => return failure(&error),
        };
        let length = response
            .content_length()
            .and_then(|length| usize::try_from(length).ok());
        if !to_head && length.is_some_and(|length| length > limit) {
            return too_large();
        }
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let mut body = bytes::BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(None) => {
                    return Answer::Response(Response {
                        status,
                        headers,
                        body: body.freeze(),
                    });
                }
                Ok(Some(chunk)) if chunk.len() > limit - body.len() => return too_large(),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return failure(&error),
            }
        }
    }
}

impl Target for Endpoint {
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        match tokio::time::timeout(deadline, self.answer(message)).await {
            Ok(answer) => self.signer.redacted(answer).await,
            Err(_) => Answer::none(
                NoAnswerKind::Timeout,
                format!("no complete answer within {deadline:?}"),
            ),
        }
    }

    async fn ready(&self) {
        if let Some(rate) = &self.rate {
            rate.turn().await;
        }
    }

    fn signs(&self) -> bool {
        self.signs
    }

    fn describe(&self) -> String {
        format!("{}{}", &self.origin[..Position::BeforePath], self.prefix)
    }
}

/// The host as the operating system and TLS take it: addresses of IPv6 without brackets.
fn plain(host: &Host) -> String {
    match host {
        Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    }
}

/// The method of raw bytes, which decides whether the answer has a body.
pub(super) fn first_word(bytes: &[u8]) -> &str {
    let end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_uppercase())
        .unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).unwrap_or_default()
}

/// The fields for reqwest, if it sends them as they are: it writes names in lower case and adds its own framing.
pub(super) fn polite_headers(request: &Request) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
    for (name, value) in request.headers.iter() {
        let is_ours = matches!(
            name,
            "host" | "content-length" | "transfer-encoding" | "connection" | "upgrade"
        );
        if is_ours || !is_token(name) || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(headers)
}

/// Which kind of failure this is, read from the causes of the error: reqwest itself tells only some of them apart.
fn failure(error: &reqwest::Error) -> Answer {
    let (mut io, mut hyper) = (None, None);
    let mut cause = Some(error as &(dyn Error + 'static));
    while let Some(error) = cause {
        io = io.or_else(|| error.downcast_ref::<std::io::Error>().and_then(io_kind));
        hyper = hyper.or_else(|| error.downcast_ref::<hyper::Error>());
        cause = error.source();
    }
    let kind = match (io, hyper) {
        (Some(kind @ (NoAnswerKind::Refused | NoAnswerKind::Timeout)), _) => kind,
        _ if error.is_timeout() => NoAnswerKind::Timeout,
        _ if error.is_connect() || error.is_builder() => NoAnswerKind::Unreachable,
        (_, Some(hyper))
            if hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed() =>
        {
            NoAnswerKind::Closed
        }
        (_, Some(hyper)) if hyper.is_parse() || hyper.is_parse_too_large() => {
            NoAnswerKind::Malformed
        }
        (Some(kind), _) => kind,
        _ => NoAnswerKind::Closed,
    };
    // The outermost message repeats the URL, which the reader knows.
    let detail = error
        .source()
        .map_or_else(|| error.to_string(), error_chain);
    Answer::none(kind, detail)
}
