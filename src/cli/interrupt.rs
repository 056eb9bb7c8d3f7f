//! Ctrl-C, and being asked to end.

use std::{io, process};

use crate::check::Stopper;

use super::{Exit, Trouble, output};

/// Interrupts (Ctrl-C), and requests to end as service managers and `kill` make them.
pub(super) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    /// Listens from now on: none that comes later is missed, however late `next` is called.
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Listens for interrupts.
    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for one.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // None can arrive.
            std::future::pending().await
        }
    }
}

/// On the first interrupt from now on no further case is started, on the second everything ends.
pub(super) fn stop_on_interrupt(stopper: Stopper) -> Result<(), Trouble> {
    let mut interrupts = Interrupts::listen().map_err(Trouble::Start)?;
    tokio::spawn(async move {
        interrupts.next().await;
        stopper.stop();
        output::remark(
            "interrupted: finishing the cases under way and deleting their domains; once more ends at once",
        );
        interrupts.next().await;
        output::remark("ended at once: `profile-contract clean` deletes what was left behind");
        process::exit(Exit::Trouble as i32);
    });
    Ok(())
}
