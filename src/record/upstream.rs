//! The side of the proxy that speaks to the target.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use crate::replay::Endpoint;
use crate::wire::{NoAnswer, NoAnswerKind};

/// How long a connection that nobody uses is kept. Servers close idle ones after some seconds, and a request that
/// crosses with that is lost, so we are earlier than the common ones.
const IDLE: Duration = Duration::from_millis(1500);

/// A connection to the target, opened anew whenever it is gone. Each connection of a client has one of its own.
pub(super) struct Upstream {
    endpoint: Arc<Endpoint>,
    open: Option<(SendRequest<Full<Bytes>>, Instant)>,
    /// Bytes of a body at most.
    limit: usize,
}

/// A request as it goes out.
type Outgoing = http::Request<Full<Bytes>>;

impl Upstream {
    pub(super) fn new(endpoint: Arc<Endpoint>, limit: usize) -> Self {
        Self {
            endpoint,
            open: None,
            limit,
        }
    }

    /// Sends a request and reads its answer to the end.
    pub(super) async fn send(
        &mut self,
        request: Outgoing,
    ) -> Result<http::Response<Bytes>, NoAnswer> {
        let harmless = request.method().is_safe();
        let (head, body) = request.clone().into_parts();
        let again = http::Request::from_parts(head, body);
        let (mut sender, reused) = self.connection().await?;
        let response = match sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => {
                // A connection that was closed while nobody used it says so only now. What was never sent can be sent again,
                // and what changes nothing can be as well.
                let unsent = error.take_message();
                let retry = match unsent {
                    Some(unsent) if reused => unsent,
                    None if reused && harmless => again,
                    _ => return Err(failure(error.error())),
                };
                (sender, _) = self.connection().await?;
                sender
                    .send_request(retry)
                    .await
                    .map_err(|error| failure(&error))?
            }
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.limit)
            .collect()
            .await
            .map_err(|error| match error.downcast::<hyper::Error>() {
                Ok(error) => failure(&error),
                Err(_) => no_answer(
                    NoAnswerKind::Malformed,
                    format!("a body of more than {} bytes", self.limit),
                ),
            })?;
        self.open = Some((sender, Instant::now()));
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }

    /// The open connection, or a fresh one; whether it was used before.
    async fn connection(&mut self) -> Result<(SendRequest<Full<Bytes>>, bool), NoAnswer> {
        if let Some((mut sender, since)) = self.open.take()
            && since.elapsed() < IDLE
            && sender.ready().await.is_ok()
        {
            return Ok((sender, true));
        }
        let stream = self.endpoint.connect().await?;
        let (sender, connection) = http1::Builder::new()
            .preserve_header_case(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure(&error))?;
        // Ends with the connection.
        tokio::spawn(connection);
        Ok((sender, false))
    }
}

fn no_answer(kind: NoAnswerKind, detail: String) -> NoAnswer {
    NoAnswer { kind, detail }
}

fn failure(error: &hyper::Error) -> NoAnswer {
    let kind = if error.is_parse() || error.is_parse_too_large() {
        NoAnswerKind::Malformed
    } else if error.is_timeout() {
        NoAnswerKind::Timeout
    } else {
        NoAnswerKind::Closed
    };
    no_answer(kind, crate::replay::error_chain(error))
}
