//! Servers for the tests of faults.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;

use profile_contract::contract::Route;
use profile_contract::contract::operation::route;
use profile_contract::serve::{Limits, Respond, Server};
use profile_contract::wire::{Headers, Request, Response};

/// How a server says that it does not have an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    Html,
    Empty404,
    Message404,
    Unknown404,
    Unknown400,
    Status405,
    Status501,
    Gateway403,
}

impl Absent {
    pub(crate) const ALL: [Self; 8] = [
        Self::Html,
        Self::Empty404,
        Self::Message404,
        Self::Unknown404,
        Self::Unknown400,
        Self::Status405,
        Self::Status501,
        Self::Gateway403,
    ];

    fn response(self) -> Response {
        let (status, headers, body): (_, &[(&str, &str)], _) = match self {
            Self::Html => (
                404,
                &[("content-type", "text/html")],
                "<!doctype html><title>404 Not Found</title>",
            ),
            Self::Empty404 => (404, &[], ""),
            Self::Message404 => (404, &[], r#"{"message":"Not Found"}"#),
            Self::Unknown404 => (
                404,
                &[("x-amzn-errortype", "UnknownOperationException")],
                "{}",
            ),
            Self::Unknown400 => (
                400,
                &[],
                r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#,
            ),
            Self::Status405 => (405, &[("allow", "GET")], ""),
            Self::Status501 => (501, &[], "not yet implemented"),
            Self::Gateway403 => (
                403,
                &[("x-amzn-errortype", "MissingAuthenticationTokenException")],
                r#"{"message":"Missing Authentication Token"}"#,
            ),
        };
        Response {
            status,
            headers: headers.iter().copied().collect::<Headers>(),
            body: body.into(),
        }
    }

    /// A service that has only these operations of another: everything else, paths that do not exist included, is answered
    /// like this.
    pub(crate) fn beside(
        self,
        has: &'static [&'static str],
        mut inner: impl Respond,
    ) -> impl Respond {
        move |request: &Request, now_ms: i64| {
            let asked = match route(&request.method, request.path()) {
                Route::To { operation, .. } | Route::Slashes { operation, .. } => operation.name,
                _ => "",
            };
            if has.contains(&asked) {
                inner.respond(request, now_ms)
            } else {
                self.response()
            }
        }
    }
}

/// A server on a free port; it serves until the process ends.
pub(crate) fn server_that(respond: impl Respond) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let free: SocketAddr = ([127, 0, 0, 1], 0).into();
            let server = Server::bind(free, Limits::default(), respond)
                .await
                .expect("a port");
            sender
                .send(format!("http://{}", server.address()))
                .expect("a test that waits");
            server.run(std::future::pending()).await;
        });
    });
    receiver.recv().expect("an address")
}
