//! One connection from its acceptance to its end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};

use super::Respond;
use super::exchange::Exchanges;
use super::progress::{Phase, Progress};
use super::socket::Socket;

/// Answers what comes in on `stream` until the client leaves, misses a deadline or breaks HTTP, or `stop` turns true.
pub(super) async fn serve<R: Respond>(
    stream: TcpStream,
    exchanges: Arc<Exchanges<R>>,
    mut stop: watch::Receiver<bool>,
) {
    // An answer is written in one go, so waiting to fill a segment would only delay it.
    let _ = stream.set_nodelay(true);
    let limits = &exchanges.limits;
    let progress = Arc::new(Progress::new());
    let service = service_fn(|request| Box::pin(exchanges.answer(request, &progress)));
    let mut connection = http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .max_buf_size(limits.head.max(SMALLEST_HEAD))
        // One buffer for head and body, so that `Socket` sees whole heads.
        .writev(false)
        .title_case_headers(exchanges.manners.title_case)
        .serve_connection(
            TokioIo::new(Socket::new(stream, Arc::clone(&progress))),
            service,
        );

    let mut stopping = false;
    let mut look = pin!(sleep_until(
        (Instant::now() + limits.shortest_wait()).into()
    ));
    let end = loop {
        tokio::select! {
            biased;
            end = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break End::of(end),
            () = look.as_mut() => {
                // Phases change far more often than deadlines pass, so nobody resets the timer when they do. A phase
                // that begins after this look cannot be over before the shortest wait.
                let now = Instant::now();
                let deadline = progress.deadline(limits);
                if deadline.is_some_and(|deadline| deadline <= now) {
                    break if progress.phase() == Phase::Head { End::Refused(408) } else { End::Done };
                }
                let next = now + limits.shortest_wait();
                look.as_mut().reset(deadline.map_or(next, |deadline| deadline.min(next)).into());
            }
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };

    let (mut stream, held_back) = connection.into_parts().io.into_inner().into_parts();
    if let End::Refused(status) = end {
        let refusal = exchanges.refusal_bytes(held_back.unwrap_or(status));
        let _ = timeout(limits.answer_time, stream.write_all(&refusal)).await;
        linger(&mut stream).await;
    } else if progress.left_unread() {
        linger(&mut stream).await;
    }
}

enum End {
    /// There is nothing more to say.
    Done,
    /// What arrived is no request and is owed an answer with this status.
    Refused(u16),
}

impl End {
    fn of(end: hyper::Result<()>) -> Self {
        match end {
            Err(error) if error.is_parse() || error.is_incomplete_message() => Self::Refused(400),
            Ok(()) | Err(_) => Self::Done,
        }
    }
}

/// Lets the client read the answer: a socket that is closed with bytes still to be read resets the connection, and a
/// reset destroys what is on its way.
async fn linger(stream: &mut TcpStream) {
    let drained = async {
        stream.shutdown().await?;
        let mut rest = vec![0; 16 << 10];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(LINGER, drained).await;
}

/// hyper refuses to work with less.
const SMALLEST_HEAD: usize = 8192;
const LINGER: Duration = Duration::from_secs(2);
