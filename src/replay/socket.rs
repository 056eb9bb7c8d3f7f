//! Our own connection, for what client libraries repair or refuse to send.
//!
//! One connection a message: whatever state a damaged message leaves the connection in, the next one does not see it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::wire::http1::{Limits, ResponseReader, parse_request};
use crate::wire::{Answer, NoAnswer, NoAnswerKind};

/// How long a peer may keep silent about bytes that are no complete request, before we say that there is no more.
///
/// Long enough for servers that answer from the head alone; without an end to it, every truncated message would last
/// until its deadline.
const PATIENCE: Duration = Duration::from_millis(500);

/// A connection, whatever it goes through.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// Connects anew for every message.
#[derive(Debug)]
pub(super) struct Socket {
    /// A host name or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The name the certificate must have, and how it is checked; `None` without TLS.
    pub(super) tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
    pub(super) limits: Limits,
}

impl Socket {
    /// Writes the bytes as they are and reads one response. `method` is that of the request, if there is one in them.
    pub(super) async fn send(&self, bytes: &[u8], method: &str) -> Answer {
        match self.connect().await {
            Ok(stream) => self.converse(stream, bytes, method).await,
            Err(silence) => Answer::None(silence),
        }
    }

    /// A fresh connection, with TLS where there is any.
    pub(super) async fn connect(&self) -> Result<Box<dyn Duplex>, NoAnswer> {
        let unreachable =
            |doing: &str, error: &io::Error| failure(NoAnswerKind::Unreachable, doing, error);
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| unreachable("connecting", &error))?;
        // A request in two writes must not wait for the acknowledgement of the first. That this can fail does not matter.
        let _ = stream.set_nodelay(true);
        let Some((name, config)) = &self.tls else {
            return Ok(Box::new(stream));
        };
        match TlsConnector::from(config.clone())
            .connect(name.clone(), stream)
            .await
        {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(unreachable("setting up TLS", &error)),
        }
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite,
        bytes: &[u8],
        method: &str,
    ) -> Answer {
        let (mut from, mut to) = tokio::io::split(stream);
        let write = async {
            // A peer that has read enough may answer and close; its answer says more than our failure to write.
            if to.write_all(bytes).await.is_err() || to.flush().await.is_err() {
                return;
            }
            if parse_request(bytes).is_err() {
                tokio::time::sleep(PATIENCE).await;
                let _ = to.shutdown().await;
            }
        };
        let read = read(&mut from, ResponseReader::new(method, self.limits));
        tokio::pin!(read);
        tokio::select! {
            answer = &mut read => answer,
            () = write => read.await,
        }
    }
}

/// Reads one response, or why there is none.
pub(super) async fn read(
    from: &mut (impl AsyncRead + Unpin),
    mut reader: ResponseReader,
) -> Answer {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) => return reader.end().map_or_else(Answer::None, Answer::Response),
            Ok(count) => match reader.feed(&buffer[..count]) {
                Ok(None) => {}
                Ok(Some(response)) => return Answer::Response(response),
                Err(no_answer) => return Answer::None(no_answer),
            },
            Err(error) => {
                return Answer::None(failure(NoAnswerKind::Closed, "reading the answer", &error));
            }
        }
    }
}

/// What an I/O error says, or `otherwise` where it says nothing in particular.
pub(super) fn io_kind(error: &io::Error) -> Option<NoAnswerKind> {
    use io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => Some(NoAnswerKind::Refused),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::AddrNotAvailable => {
            Some(NoAnswerKind::Unreachable)
        }
        Io::TimedOut => Some(NoAnswerKind::Timeout),
        Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::BrokenPipe
        | Io::UnexpectedEof
        | Io::NotConnected => Some(NoAnswerKind::Closed),
        Io::InvalidData | Io::InvalidInput => Some(NoAnswerKind::Malformed),
        _ => None,
    }
}

fn failure(stage: NoAnswerKind, doing: &str, error: &io::Error) -> NoAnswer {
    let kind = match (stage, io_kind(error)) {
        // Before anything was sent, only a refusal and a timeout are told apart from other hindrances.
        (
            NoAnswerKind::Unreachable,
            Some(kind @ (NoAnswerKind::Refused | NoAnswerKind::Timeout)),
        ) => kind,
        (NoAnswerKind::Unreachable, _) => NoAnswerKind::Unreachable,
        (stage, kind) => kind.unwrap_or(stage),
    };
    NoAnswer {
        kind,
        detail: format!("{doing}: {error}"),
    }
}
