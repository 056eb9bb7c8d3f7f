//! Ctrl-C, and being asked to end.

use std::process;

use crate::check::Stopper;

use super::{Exit, output};

/// On the first interrupt no further case is started, on the second everything ends.
pub(super) fn stop_on_interrupt(stopper: Stopper) {
    tokio::spawn(async move {
        if interrupted().await {
            stopper.stop();
            output::remark(
                "interrupted: finishing the cases under way and deleting their domains; once more ends at once",
            );
        }
        if interrupted().await {
            output::remark("ended at once: `profile-contract clean` deletes what was left behind");
            process::exit(Exit::Trouble as i32);
        }
    });
}

/// Waits for an interrupt, or a request to end as service managers and `kill` make it. False if none can arrive.
async fn interrupted() -> bool {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut end) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        return tokio::select! {
            interrupted = interrupt => interrupted.is_ok(),
            ended = end.recv() => ended.is_some(),
        };
    }
    interrupt.await.is_ok()
}
