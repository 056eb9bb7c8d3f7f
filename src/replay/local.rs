//! The reference model as a target: no socket, no waiting.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::target::Target;
use crate::model::Model;
use crate::wire::http1::{RequestFlaw, parse_request};
use crate::wire::{Answer, Headers, Message, NoAnswerKind, Request, Respond, Response};

/// Whatever answers requests in process, the reference model first of all. Cases may share it, as they share a server.
#[derive(Debug)]
pub struct Local<R = Model>(Mutex<R>);

impl<R: Respond> Local<R> {
    /// A target that answers so.
    pub fn new(respond: R) -> Self {
        Self(Mutex::new(respond))
    }

    fn respond(&self, request: &Request) -> Response {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        // A model that panicked while answering is as good as a server that did: the next request shows what is left.
        let mut model = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut response = model.respond(request, now_ms);
        if request.method == "HEAD" {
            response.body = Bytes::new();
        }
        response
    }
}

impl<R: Respond> Target for Local<R> {
    async fn send(&self, message: &Message, _deadline: Duration) -> Answer {
        let request = match message {
            Message::Request(request) => Cow::Borrowed(request),
            Message::Raw(bytes) => match first_request(bytes) {
                Ok(request) => Cow::Owned(request),
                // What a server that waits in vain, and one that does not understand, do over a socket.
                Err(RequestFlaw::Incomplete(_)) => {
                    return Answer::none(NoAnswerKind::Closed, "closed without an answer");
                }
                Err(_) => {
                    let headers =
                        Headers::from_iter([("connection", "close"), ("content-length", "0")]);
                    return Answer::Response(Response {
                        status: 400,
                        headers,
                        body: Bytes::new(),
                    });
                }
            },
        };
        Answer::Response(self.respond(&request))
    }

    fn describe(&self) -> String {
        "the reference model".to_owned()
    }
}

/// The request in front of whatever else the bytes hold.
fn first_request(bytes: &[u8]) -> Result<Request, RequestFlaw> {
    match parse_request(bytes) {
        Err(RequestFlaw::Trailing(behind)) => parse_request(&bytes[..bytes.len() - behind]),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::bind::Values;
    use crate::case::text;
    use crate::replay::{Next, Replayed, Settings, replay};

    async fn run(case: &str, target: &Local) -> Replayed {
        let case = text::parse(case, "test.case").unwrap();
        replay(
            "test",
            &case,
            target,
            Values::new(),
            &Settings::default(),
            &mut |_, _| Next::Go,
        )
        .await
    }

    #[tokio::test]
    async fn the_model_is_a_target() {
        let local = Local::new(Model::reference());
        let case = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}\n\n> HEAD /domains/${domain}\n\n\
                    >!\n| GET /domains/${domain} HTTP/1.1\n| host: h\n|\n\n>!\n| GET /\n";
        let replayed = run(case, &local).await;
        let answers: Vec<&Answer> = replayed
            .transcript
            .answers
            .iter()
            .flatten()
            .map(|exchange| &exchange.answer)
            .collect();
        let [
            Answer::Response(created),
            Answer::Response(head),
            Answer::Response(read),
            Answer::None(cut),
        ] = answers[..]
        else {
            panic!("{answers:?}");
        };
        assert_eq!(
            (created.status, read.status, head.body.len(), cut.kind),
            (200, 200, 0, NoAnswerKind::Closed)
        );
        assert_eq!(replayed.leftovers, []);
        let domain = replayed.transcript.with.get("domain").unwrap();
        let gone = run(&format!("> GET /domains/{domain}\n"), &local).await;
        assert!(
            matches!(&gone.transcript.answers[0][0].answer, Answer::Response(response) if response.status == 404)
        );
    }
}
