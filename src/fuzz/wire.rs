//! Raw bytes against the server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::model::Model;
use crate::serve::{Limits, Server};
use crate::wire::http1::{self, ResponseReader};

/// How long an answer may take before the server counts as stuck.
const STUCK: Duration = Duration::from_secs(20);

/// The reference behind a socket of this machine, for bytes of any kind.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    /// Serves as long as it is there.
    _runtime: Runtime,
}

impl Wire {
    /// Serves the reference on a free port.
    ///
    /// # Panics
    ///
    /// If nothing can be served on this machine at all.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let loopback = (Ipv4Addr::LOCALHOST, 0).into();
        let server = runtime
            .block_on(Server::bind(
                loopback,
                Limits::default(),
                Model::reference(),
            ))
            .expect("a free port");
        let address = server.address();
        runtime.spawn(server.run(std::future::pending()));
        Self {
            address,
            _runtime: runtime,
        }
    }

    /// Writes the bytes to a connection of their own and reads what comes back.
    ///
    /// # Panics
    ///
    /// If the server fails: an answer of 500 or more but for 501 and 505, which HTTP asks for, or none in good time.
    pub fn run(&self, data: &[u8]) {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(STUCK)).expect("a timeout");
        // Whoever has read enough may close; what was answered until then counts.
        let _ = stream.write_all(data);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answered = Vec::new();
        if let Err(error) = stream.read_to_end(&mut answered) {
            let stuck = matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            );
            assert!(!stuck, "no end of the answer within {STUCK:?}");
        }
        let mut reader = ResponseReader::new("GET", http1::Limits::default());
        if let Ok(Some(response)) = reader.feed(&answered) {
            let fails = response.status >= 500 && !matches!(response.status, 501 | 505);
            assert!(!fails, "status {}: {:?}", response.status, response.body);
        }
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}
