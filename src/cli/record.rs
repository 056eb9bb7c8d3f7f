//! `record`: a reverse proxy that turns the traffic of any client into cases.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::record::{Proxy, ProxySettings, Recorder, Recording};
use crate::replay::{Endpoint, EndpointSettings, Target, Trust};
use crate::report::human::plural;

use super::interrupt::Interrupts;
use super::output;
use super::serve::address;
use super::target::{duration, quoted};
use super::{Exit, Trouble};

/// Record what a client and an endpoint say to each other
///
/// A reverse proxy: point the client at it instead of at the endpoint. Every request is passed on as it is, and what is said
/// about each domain becomes a case in a file of its own, with the answers, ready to `replay`, judge and `shrink`. The first
/// line on stdout is `listening on http://ADDRESS:PORT`. An interrupt (Ctrl-C) ends it, or the time given by --idle.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Record {
    /// Address of the implementation that answers, with a path if it does not live at the root.
    #[arg(long, value_name = "URL")]
    endpoint: String,

    /// Folder for the recordings; files that are there stay.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// Where to listen; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,

    /// Listen where other machines can connect, although whoever does may do anything at the endpoint.
    #[arg(long)]
    allow_remote: bool,

    /// End when nothing has come for this long, for example 30s.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    idle: Option<Duration>,

    /// How long to wait for each answer of the endpoint before the client is told that there is none.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,

    /// Name the endpoint's own host to it instead of the one the client named.
    ///
    /// A server that tells its sites apart by their names needs that; signatures are not valid any more.
    #[arg(long)]
    own_host: bool,

    /// PEM file with certificates to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate.
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,
}

impl Record {
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        if !self.allow_remote && !self.listen.ip().is_loopback() {
            return Err(Trouble::Usage(format!(
                "{} can be reached from other machines, and whoever does may do anything at the endpoint\n  listen on 127.0.0.1, or add --allow-remote if that is wanted",
                self.listen
            )));
        }
        let trust = match (&self.cacert, self.insecure) {
            (Some(file), _) => Trust::Authority(file.clone()),
            (None, true) => Trust::Anyone,
            (None, false) => Trust::Platform,
        };
        let settings = EndpointSettings {
            trust,
            ..EndpointSettings::default()
        };
        let endpoint = Endpoint::new(&self.endpoint, settings)?;
        let unwritable = |error| Trouble::Write {
            file: self.output.clone(),
            error,
        };
        let from = format!("a client that spoke to {}", endpoint.describe());
        let recorder = Arc::new(Recorder::new(&self.output, &from).map_err(unwritable)?);
        let settings = ProxySettings {
            deadline: self.timeout,
            own_host: self.own_host,
            ..ProxySettings::default()
        };
        let runtime = Runtime::new().map_err(Trouble::Start)?;
        let (recordings, written) = runtime.block_on(async {
            // Before anybody is told the address, so that who knows it may stop the proxy.
            let mut interrupts = Interrupts::listen().map_err(Trouble::Start)?;
            let stop = async move { interrupts.next().await };
            let proxy = Proxy::bind(self.listen, endpoint, Arc::clone(&recorder), settings).await;
            let proxy = proxy.map_err(|error| {
                Trouble::Usage(format!(
                    "cannot listen at {}: {error}; port 0 picks a free port",
                    self.listen
                ))
            })?;
            output::print(&format!("listening on http://{}\n", proxy.address()))?;
            let written = proxy.run(stop, self.idle).await;
            Ok::<_, Trouble>((recorder.recordings().await, written))
        })?;
        output::print(&told(&recordings))?;
        written.map_err(unwritable)?;
        Ok(Exit::Conforms)
    }
}

/// The recordings, one a line, and what to do with them.
fn told(recordings: &[Recording]) -> String {
    let mut text = String::new();
    for Recording {
        file,
        steps,
        midway,
    } in recordings
    {
        // Writing to a String cannot fail.
        let midway = if *midway {
            ", begins in the middle"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{}  {}{midway}",
            file.display(),
            plural(*steps, "step")
        );
    }
    match recordings {
        [] => text.push_str("nothing was said\n"),
        [first, ..] => {
            let file = quoted(&first.file.to_string_lossy());
            let _ = writeln!(
                text,
                "judge what was answered:  profile-contract replay --recorded {file}"
            );
            let _ = writeln!(
                text,
                "say it to another server: profile-contract replay {file} --endpoint URL"
            );
        }
    }
    text
}

const EXAMPLES: &str = "\
Examples:
  profile-contract record --endpoint http://127.0.0.1:4000 --listen 127.0.0.1:4001 --output recordings
      records what clients that speak to port 4001 say to the server on port 4000
  profile-contract replay --recorded recordings/shop.case
      judges what was answered to them about the domain `shop`
  profile-contract replay recordings/shop.case --endpoint http://127.0.0.1:5000
      says the same to another server, in a fresh domain

Of the header fields of requests only the content type is kept: no credential gets into a file. What clients store does.";
