//! A model behind a socket.
//!
//! [`Server`] speaks HTTP/1.1 and answers with whatever implements [`Respond`]: the reference model, or a closure where a
//! test wants answers of its own. What is no HTTP, too large or too slow never reaches the model: it is refused here,
//! with a 4xx that names its type as restJson1 wants it. Nothing a client sends is answered with a 5xx.
//!
//! There is no authentication and no TLS. A server belongs on loopback.
//!
//! ```
//! use profile_contract::serve::{Limits, Server};
//! use profile_contract::wire::{Headers, Request, Response};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let teapot = |_: &Request, _now_ms: i64| Response { status: 418, headers: Headers::default(), body: "{}".into() };
//! let server = Server::bind(([127, 0, 0, 1], 0).into(), Limits::default(), teapot).await?;
//! println!("listening on http://{}", server.address());
//! server.run(async { /* until this ends */ }).await;
//! # Ok::<(), profile_contract::serve::BindError>(())
//! # }).unwrap();
//! ```

mod connection;
mod exchange;
mod limits;
mod manners;
mod progress;
mod socket;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use limits::Limits;
pub use manners::Manners;

pub use crate::wire::Respond;

use exchange::Exchanges;

/// A listening server.
pub struct Server<R> {
    listener: TcpListener,
    address: SocketAddr,
    exchanges: Arc<Exchanges<R>>,
}

impl<R: Respond> Server<R> {
    /// Listens at `address`; port 0 picks a free one. Connections queue up until [`Server::run`] takes them.
    ///
    /// # Errors
    ///
    /// If nobody can listen there: the port is taken, or the address is not one of this machine.
    pub async fn bind(address: SocketAddr, limits: Limits, model: R) -> Result<Self, BindError> {
        let failed = |error| BindError { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            exchanges: Arc::new(Exchanges::new(model, limits)),
        })
    }

    /// The same server with other manners.
    #[must_use]
    pub fn with_manners(mut self, manners: Manners) -> Self {
        // Nobody else holds them before the server runs.
        if let Some(exchanges) = Arc::get_mut(&mut self.exchanges) {
            exchanges.manners = manners;
        }
        self
    }

    /// Where it listens, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `until` is ready, then lets requests in flight finish for as long as the limits say.
    pub async fn run(self, until: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let limits = &self.exchanges.limits;
        let mut connections = JoinSet::new();
        let mut until = pin!(until);
        loop {
            tokio::select! {
                () = until.as_mut() => break,
                // A connection that panicked is gone, and that is all its end can tell.
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < limits.connections => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection::serve(stream, Arc::clone(&self.exchanges), stopped.clone()));
                    }
                    Err(error) => wait_out(&error).await,
                },
            }
        }
        drop(self.listener);
        stop.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        // What is left after that is aborted by dropping the set.
        let _ = timeout(limits.stop_time, finished).await;
    }
}

/// Nobody can listen at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}: {error}; port 0 picks a free port")]
pub struct BindError {
    address: SocketAddr,
    #[source]
    error: io::Error,
}

/// Some clients leave before they are accepted, which costs nothing. Everything else, running out of file descriptors
/// above all, passes when other connections end.
async fn wait_out(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
