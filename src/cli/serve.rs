//! `profile-contract serve`: the reference model as an HTTP server.

use std::net::{SocketAddr, ToSocketAddrs};

use clap::Args;
use tokio::runtime::Runtime;

use crate::case::select::nearest;
use crate::defect::{self, Defect, Flawed};
use crate::model::Model;
use crate::serve::{Limits, Manners, Respond, Server};
use crate::variation::{self, Variation, Varied};

use super::interrupt::Interrupts;
use super::{Exit, Trouble, output};

/// Serve the built-in reference implementation
///
/// A local stand-in for the service that boto3, the AWS CLI and the other SDKs can be pointed at. It keeps everything in
/// memory and has no authentication: any signature will do, or none. The first line on stdout is
/// `listening on http://ADDRESS:PORT`. SIGINT and SIGTERM let requests in flight finish and stop it.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4570", value_parser = address)]
    listen: SocketAddr,

    /// Listen where other machines can connect, although there is no authentication
    #[arg(long)]
    allow_remote: bool,

    /// Be wrong in one way, to see what `check` makes of it; `list` shows the ways there are
    #[arg(long, value_name = "ID", value_parser = wrong)]
    defect: Option<Wrong>,

    /// Be right in other ways than usual, to see that `check` does not mind; `list` shows the ways there are
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = other, conflicts_with = "defect")]
    variation: Vec<Other>,
}

/// What `--defect` asks for.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    List,
    One(&'static Defect),
}

/// The defect of that name.
fn wrong(id: &str) -> Result<Wrong, String> {
    if id == "list" {
        return Ok(Wrong::List);
    }
    defect::named(id).map(Wrong::One).ok_or_else(|| {
        let near = nearest(id, defect::all().map(|defect| defect.id));
        let slip = near
            .map(|id| format!("did you mean `{id}`? "))
            .unwrap_or_default();
        format!("no such defect; {slip}`--defect list` shows all")
    })
}

/// What `--variation` asks for.
#[derive(Debug, Clone, Copy)]
enum Other {
    List,
    One(&'static Variation),
}

/// The variation of that name.
fn other(id: &str) -> Result<Other, String> {
    if id == "list" {
        return Ok(Other::List);
    }
    variation::named(id).map(Other::One).ok_or_else(|| {
        let near = nearest(id, variation::all().map(|variation| variation.id.as_ref()));
        let slip = near
            .map(|id| format!("did you mean `{id}`? "))
            .unwrap_or_default();
        format!("no such variation; {slip}`--variation list` shows all")
    })
}

/// All variations, one a line.
fn variations() -> String {
    let width = variation::all()
        .map(|variation| variation.id.len())
        .max()
        .unwrap_or(0);
    variation::all()
        .map(|variation| format!("{:width$}  {}\n", variation.id, variation.about))
        .collect()
}

/// All defects, one a line.
fn list() -> String {
    let width = defect::all()
        .map(|defect| defect.id.len())
        .max()
        .unwrap_or(0);
    defect::all()
        .map(|defect| {
            format!(
                "{:width$}  {}  {}\n",
                defect.id, defect.degree, defect.about
            )
        })
        .collect()
}

/// The reference, one that is wrong, or one that is right in other ways; and how its answers travel.
fn server(wrong: Option<Wrong>, others: &[&'static Variation]) -> (Box<dyn Respond>, Manners) {
    if let Some(Wrong::One(defect)) = wrong {
        return (Box::new(Flawed::new(defect)), Manners::default());
    }
    if others.is_empty() {
        return (Box::new(Model::reference()), Manners::default());
    }
    let server = Varied::new(others, 0);
    let manners = server.manners();
    (Box::new(server), manners)
}

/// The variations asked for, unless two of them decide the same thing.
fn together(others: &[Other]) -> Result<Vec<&'static Variation>, Trouble> {
    let mut taken: Vec<&'static Variation> = Vec::new();
    for other in others {
        let Other::One(one) = other else { continue };
        if let Some(known) = taken.iter().find(|known| known.excludes(one)) {
            return Err(Trouble::Usage(format!(
                "{} and {} decide the same thing in two ways\n  leave out one of them",
                known.id, one.id
            )));
        }
        taken.push(one);
    }
    Ok(taken)
}

impl Serve {
    /// Serves until a signal comes.
    pub(super) fn run(self) -> Result<Exit, Trouble> {
        self.refuse_remote()?;
        if let Some(Wrong::List) = self.defect {
            output::print(&list())?;
            return Ok(Exit::Conforms);
        }
        if self.variation.iter().any(|one| matches!(one, Other::List)) {
            output::print(&variations())?;
            return Ok(Exit::Conforms);
        }
        let others = together(&self.variation)?;
        Runtime::new().map_err(Trouble::Start)?.block_on(async {
            // Before anybody is told the address, so that who knows it may stop the server.
            let mut interrupts = Interrupts::listen().map_err(Trouble::Start)?;
            let (respond, manners) = server(self.defect, &others);
            let server = Server::bind(self.listen, Limits::default(), respond).await?;
            let server = server.with_manners(manners);
            output::print(&format!("listening on http://{}\n", server.address()))?;
            if self.allow_remote && !server.address().ip().is_loopback() {
                output::remark("warning: there is no authentication; whoever reaches this address may do anything");
            }
            server.run(async move { interrupts.next().await }).await;
            Ok(Exit::Conforms)
        })
    }

    fn refuse_remote(&self) -> Result<(), Trouble> {
        if self.allow_remote || self.listen.ip().is_loopback() {
            return Ok(());
        }
        Err(Trouble::Usage(format!(
            "{} can be reached from other machines, and the server has no authentication\n  listen on 127.0.0.1, or add --allow-remote if that is wanted",
            self.listen
        )))
    }
}

/// An address, or a name that stands for one.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text
        .to_socket_addrs()
        .map_err(|error| format!("{error}; expected something like 127.0.0.1:4570"))?;
    // A name often stands for addresses of both kinds, and clients are quicker to try IPv4.
    found
        .min_by_key(SocketAddr::is_ipv6)
        .ok_or_else(|| "no address of that name".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        serve: Serve,
    }

    fn parsed(arguments: &[&str]) -> Serve {
        Arguments::try_parse_from([&["serve"], arguments].concat())
            .expect("arguments")
            .serve
    }

    #[test]
    fn only_loopback_unless_told_otherwise() {
        for listen in ["127.0.0.1:0", "127.9.9.9:1", "[::1]:0", "localhost:0"] {
            assert!(
                parsed(&["--listen", listen]).refuse_remote().is_ok(),
                "{listen}"
            );
        }
        for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:4570"] {
            let refused = parsed(&["--listen", listen])
                .refuse_remote()
                .expect_err(listen)
                .to_string();
            assert!(
                refused.contains("no authentication") && refused.contains("--allow-remote"),
                "{refused}"
            );
            assert!(
                parsed(&["--listen", listen, "--allow-remote"])
                    .refuse_remote()
                    .is_ok(),
                "{listen}"
            );
        }
        assert!(parsed(&[]).refuse_remote().is_ok(), "the default");
    }

    #[test]
    fn variations_go_together_unless_they_decide_the_same() {
        let asked = |ids: &str| together(&parsed(&["--variation", ids]).variation);
        let three = asked("pretty,cap.email-fold=no,pages-of-2").expect("three that go together");
        assert_eq!(three.len(), 3);
        let two = asked("cap.list-unknown-type=bad,cap.list-unknown-type=not-found");
        let refused = two.expect_err("two options of one choice").to_string();
        assert!(refused.contains("cap.list-unknown-type=bad"), "{refused}");
        let slip = Arguments::try_parse_from(["serve", "--variation", "pretti"]);
        let slip = slip.expect_err("no such variation").to_string();
        assert!(slip.contains("did you mean `pretty`?"), "{slip}");
    }

    #[test]
    fn an_address_needs_a_port() {
        for listen in ["127.0.0.1", "", "localhost", ":0x", "127.0.0.1:65536"] {
            assert!(
                Arguments::try_parse_from(["serve", "--listen", listen]).is_err(),
                "{listen:?}"
            );
        }
    }
}
