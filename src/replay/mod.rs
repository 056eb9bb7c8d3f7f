//! A case meets a target.
//!
//! [`replay`] says what a [`Case`] says, step by step, to a [`Target`] and writes down what is answered. It gives the case
//! domains of its own, shows every exchange to whoever watches, and deletes afterwards what was created. It judges
//! nothing.

mod cleanup;
pub mod credentials;
pub mod endpoint;
mod fence;
pub mod fresh;
#[cfg(test)]
mod hostile;
pub mod in_process;
mod lag;
pub mod local;
mod outage;
mod pace;
mod patience;
mod rate;
mod sentinel;
mod sign;
mod socket;
pub mod sweep;
pub mod target;
mod tls;

use std::time::{Duration, Instant};

use self::cleanup::Created;
pub use self::cleanup::Leftover;
pub use self::credentials::{Environment, Lookup, NoCredentials};
pub use self::endpoint::{BadEndpoint, Endpoint, EndpointSettings};
pub use self::fresh::Run;
pub use self::in_process::InProcess;
pub use self::lag::{Lag, Lateness};
pub use self::local::Local;
pub use self::outage::{GRACE, Outage};
pub use self::pace::{Pace, Turns};
pub use self::rate::Rate;
pub(crate) use self::sentinel::Sentinel;
pub use self::sign::Signer;
pub(crate) use self::sign::error_chain;
pub use self::target::Target;
pub(crate) use self::target::{ask, own_request};
pub use self::tls::Trust;
use crate::case::Case;
use crate::case::bind::{
    DEFAULT_ARN, Values, answered, follow_up, fresh_names, learn, message, told,
};
use crate::case::transcript::Transcript;
use crate::contract::Operation;
use crate::contract::operation::addressed;
use crate::wire::{Exchange, Message};

/// How cases are replayed.
#[derive(Debug)]
pub struct Settings {
    /// How long to wait for each complete answer.
    pub deadline: Duration,
    /// What `${arn}` stands for: the beginning of every ARN of the target.
    pub arn: String,
    /// Gives out fresh names; shared by all cases of a run.
    pub run: Run,
    /// How late the target shows its effects; whoever watches notes it.
    pub lag: Lag,
    /// How fast the target is asked.
    pub pace: Pace,
    /// Whether the target is still there.
    pub outage: Outage,
    /// Turns of cases that run side by side: who waits for a throttling target gives up its own.
    pub turns: Turns,
    /// Whether whatever a case creates is deleted after it; else only domains whose names the case made up are, so that they are
    /// free when it is replayed again. A target that nobody uses after that needs no more.
    pub tidy: bool,
    /// Whether nothing is sent that may change a domain of somebody else, whoever wrote the case.
    pub fenced: bool,
}

impl Settings {
    /// The usual settings for the cases of a run.
    pub fn of(run: Run) -> Self {
        Self {
            deadline: Duration::from_secs(10),
            arn: DEFAULT_ARN.to_owned(),
            run,
            lag: Lag::default(),
            pace: Pace::default(),
            outage: Outage::default(),
            turns: Turns::default(),
            tidy: true,
            fenced: false,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(Run::new())
    }
}

/// What whoever watches wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next step.
    Go,
    /// The same message once more after this time; the answer so far does not count.
    Again(Duration),
    /// The answer is missing or says nothing: the same message once more after a while, if that can do no harm and has not
    /// been tried often enough, else the end of the case.
    Retry,
    /// The end of the case.
    Stop,
}

/// What became of a case.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The case with its answers; what was known beforehand is for the caller to add.
    pub transcript: Transcript,
    /// Why not all steps were sent, unless whoever watched stopped.
    pub unsent: Option<Unsent>,
    /// Domains that could not be deleted.
    pub leftovers: Vec<Leftover>,
    /// Whether a domain may come to be that nobody deletes: asked for without an answer, and not there when it was to be
    /// deleted.
    pub doubtful: bool,
}

/// A step that could not be sent, and so nothing behind it either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its index.
    pub step: usize,
    /// What was missing.
    pub reason: String,
}

/// Replays a case.
///
/// `with` holds values for placeholders that the run would otherwise provide; usually none. Every exchange, each page of a
/// paged step included, is shown to `watch` with the index of its step before the next message goes out.
///
/// A missing answer does not end the case: whether to go on is for `watch` to say. Of steps sent at the same time only the
/// last answers are shown, after throttled ones were sent again.
pub async fn replay(
    name: &str,
    case: &Case,
    target: &impl Target,
    with: Values,
    settings: &Settings,
    watch: &mut (impl FnMut(usize, &Exchange) -> Next + Send),
) -> Replayed {
    let transcript = Transcript {
        name: name.to_owned(),
        case: case.clone(),
        overheard: None,
        given: Vec::new(),
        with,
        answers: Vec::with_capacity(case.steps.len()),
    };
    let mut replayed = Replayed {
        transcript,
        unsent: None,
        leftovers: Vec::new(),
        doubtful: false,
    };
    let Transcript { with, answers, .. } = &mut replayed.transcript;
    if target.signs() {
        with.sign_every_request();
    }

    // Reserved until the case has been cleaned up.
    let mut reserved = None;
    for name in fresh_names(case) {
        if with.get(&name).is_some() {
            continue;
        }
        let value = match name.as_str() {
            "arn" => settings.arn.clone(),
            "short" => match settings.run.short(target, settings).await {
                Ok(short) => reserved.insert(short).name.to_string(),
                Err(reason) => {
                    replayed.unsent = Some(Unsent { step: 0, reason });
                    return replayed;
                }
            },
            domain => settings.run.domain(domain),
        };
        with.set(name, value);
    }

    let mut known = with.clone();
    let mut created = Created::default();
    let mut written: Option<Instant> = None;
    let mut set_up: Option<Instant> = None;
    // The answer to a step that was sent at the same time as the one before it.
    let mut ahead: Option<Exchange> = None;
    for (index, step) in case.steps.iter().enumerate() {
        let mut early = ahead.take();
        let first = match &mut early {
            Some(exchange) => Ok(exchange.message.clone()),
            None => message(step, &known),
        };
        let first = first.map_err(|unbound| unbound.to_string());
        let mut next_message = match first.and_then(|message| inside_fence(message, settings)) {
            Ok(message) => Some(message),
            Err(reason) => {
                replayed.unsent = Some(Unsent {
                    step: index,
                    reason,
                });
                break;
            }
        };
        if step.manner.pause_ms > 0 {
            tokio::time::sleep(Duration::from_millis(step.manner.pause_ms.into())).await;
        }
        let mut exchanges = Vec::with_capacity(1);
        let mut next = Next::Go;
        while let Some(message) = next_message.take() {
            let operation = addressed(&message);
            if !operation.is_some_and(Operation::stands_alone)
                && let Some(written) = written.take()
            {
                settings.lag.wait(written).await;
            }
            if operation.is_some_and(Operation::shows_setup)
                && settings.lag.lateness() == Lateness::OfSetup
                && let Some(set_up) = set_up.take()
            {
                settings.lag.wait(set_up).await;
            }
            let beside = case.steps.get(index + 1).filter(|_| {
                exchanges.is_empty() && early.is_none() && case.sent_together(index + 1)
            });
            let beside = beside.map(|step| {
                let message = self::message(step, &known).map_err(|unbound| unbound.to_string());
                message.and_then(|message| inside_fence(message, settings))
            });
            let mut exchange = match (early.take(), beside) {
                (Some(early), _) => early,
                (None, Some(Ok(other))) => {
                    let (one, other) = tokio::join!(
                        patience::insist(target, message, settings),
                        patience::insist(target, other, settings)
                    );
                    created.note(&other, with);
                    ahead = Some(other);
                    one
                }
                (None, _) => patience::send(target, message, settings).await,
            };
            if operation.is_some_and(Operation::settles) {
                written = Some(Instant::now());
            }
            if operation.is_some_and(Operation::sets_up) {
                set_up = Some(Instant::now());
            }
            created.note(&exchange, with);
            next = watch(index, &exchange);
            let mut tried = 1;
            loop {
                match next {
                    Next::Again(pause) => tokio::time::sleep(pause).await,
                    Next::Retry => {
                        let Some(pause) = patience::before_retry(&exchange, tried, settings) else {
                            next = Next::Stop;
                            break;
                        };
                        tried += 1;
                        exchanges.push(exchange.clone());
                        patience::rest(&exchange, pause, settings).await;
                    }
                    Next::Go | Next::Stop => break,
                }
                exchange = patience::send(target, exchange.message, settings).await;
                created.note(&exchange, with);
                next = watch(index, &exchange);
            }
            patience::ended(&exchange, tried, settings);
            if next == Next::Go && !exchange.answer.is_lost() {
                next_message = follow_up(step, answered(&exchanges) + 1, &exchange);
            }
            exchanges.push(exchange);
        }
        if let Some(first) = told(&exchanges) {
            // A value that is missing shows at the step that needs it.
            let _ = learn(step, first, &mut known);
        }
        answers.push(exchanges);
        if next == Next::Stop {
            break;
        }
    }
    if !settings.tidy {
        created.keep_own(&settings.run);
    }
    (replayed.leftovers, replayed.doubtful) = created.delete(target, settings).await;
    drop(reserved);
    replayed
}

/// The message, if it may be sent.
///
/// # Errors
///
/// Why not: within a fence, whatever may change a domain of somebody else stays.
fn inside_fence(message: Message, settings: &Settings) -> Result<Message, String> {
    let foreign = settings
        .fenced
        .then(|| fence::foreign(&message, &settings.run))
        .flatten();
    match foreign {
        None => Ok(message),
        Some(name) => Err(format!(
            "it may change the domain `{name}`, which is not of this run"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;

    use super::*;
    use crate::case::{text, transcript};
    use crate::wire::{Answer, Headers, Message, NoAnswerKind, Response};

    /// Answers as a function says, and remembers what it was asked.
    struct Script<F>(F, Mutex<Vec<String>>);

    impl<F: Fn(&str) -> Answer + Send + Sync> Script<F> {
        fn new(answer: F) -> Self {
            Self(answer, Mutex::default())
        }

        /// The request lines so far, with what stands for fresh names.
        fn seen(&self) -> Vec<String> {
            self.1
                .lock()
                .unwrap()
                .iter()
                .map(|line| line.replace("pc-test-", "#"))
                .collect()
        }
    }

    impl<F: Fn(&str) -> Answer + Send + Sync> Target for Script<F> {
        async fn send(&self, message: &Message, _deadline: Duration) -> Answer {
            let line = match message {
                Message::Request(request) => format!("{} {}", request.method, request.target),
                Message::Raw(bytes) => {
                    format!("raw {}", String::from_utf8_lossy(bytes).escape_debug())
                }
            };
            let answer = (self.0)(&line);
            self.1.lock().unwrap().push(line);
            answer
        }

        fn describe(&self) -> String {
            "a script".to_owned()
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer::Response(Response {
            status,
            headers: Headers::default(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    fn settings() -> Settings {
        Settings {
            run: Run::named("test"),
            ..Settings::default()
        }
    }

    async fn run(case: &str, target: &impl Target, settings: &Settings) -> Replayed {
        let case = text::parse(case, "test.case").unwrap();
        replay(
            "test",
            &case,
            target,
            Values::new(),
            settings,
            &mut |_, _| Next::Go,
        )
        .await
    }

    /// The same by somebody who wants every message answered.
    async fn run_patiently(case: &str, target: &impl Target, settings: &Settings) -> Replayed {
        let case = text::parse(case, "test.case").unwrap();
        let mut watch = |_, exchange: &Exchange| match exchange.answer.is_lost() {
            true => Next::Retry,
            false => Next::Go,
        };
        replay("test", &case, target, Values::new(), settings, &mut watch).await
    }

    #[tokio::test]
    async fn what_a_case_creates_is_deleted_after_it() {
        let script = Script::new(|line| match line {
            "POST /domains/lost" | "POST /domains/pc-test-1" => {
                Answer::none(NoAnswerKind::Timeout, "")
            }
            "POST /domains/refused" => answer(400, "{}"),
            _ => answer(200, "{}"),
        });
        let case = "> POST /domains/${domain}\n\n> POST /domains/${domain2}\n\n> POST /domains/lost\n\n> POST /domains/refused\n\n\
                    > POST /domains/%61%2fb\n\n> POST /domains/gone\n\n> DELETE /domains/gone\n\n> POST /domains/x/profiles\n";
        let replayed = run(case, &script, &settings()).await;
        assert_eq!(replayed.leftovers, []);
        // Somebody else's `lost` may have been there before.
        assert_eq!(
            script.seen()[8..],
            [
                "DELETE /domains/%61%2fb",
                "DELETE /domains/#1",
                "DELETE /domains/#2-2"
            ]
        );
    }

    #[tokio::test]
    async fn damaged_messages_are_cleaned_up_after_too() {
        let script = Script::new(|line| {
            if line.starts_with("DELETE") {
                answer(500, "")
            } else {
                answer(400, "")
            }
        });
        let case =
            ">!\n| POST /domains/${domain} HTTP/1.1\n| nonsense\n\n>!\n| GET /domains/${domain2}\n";
        assert!(
            run(case, &script, &settings()).await.leftovers.is_empty(),
            "all was refused"
        );

        let script = Script::new(|line| match line {
            line if line.starts_with("DELETE") => answer(500, ""),
            _ => Answer::none(NoAnswerKind::Closed, ""),
        });
        let replayed = run(case, &script, &settings()).await;
        let leftovers = ["1", "2-2"].map(|name| Leftover {
            domain: format!("pc-test-{name}"),
            why: "status 500".to_owned(),
            absent: false,
        });
        assert_eq!(replayed.leftovers, leftovers);
    }

    #[tokio::test]
    async fn whoever_watches_can_stop_and_what_exists_is_still_deleted() {
        let script = Script::new(|_| answer(200, "{}"));
        let case = text::parse(
            "> POST /domains/${domain}\n\n> GET /a\n\n> GET /b\n",
            "test.case",
        )
        .unwrap();
        let mut watched = Vec::new();
        let mut watch = |step: usize, exchange: &Exchange| {
            watched.push((step, exchange.answer == answer(200, "{}")));
            if step == 1 { Next::Stop } else { Next::Go }
        };
        let replayed = replay(
            "test",
            &case,
            &script,
            Values::new(),
            &settings(),
            &mut watch,
        )
        .await;
        assert_eq!(
            script.seen(),
            ["POST /domains/#1", "GET /a", "DELETE /domains/#1"]
        );
        assert_eq!(
            (watched, replayed.transcript.answers.len()),
            (vec![(0, true), (1, true)], 2)
        );
        assert_eq!(replayed.unsent, None);
    }

    #[tokio::test]
    async fn pages_are_followed_and_bindings_remembered() {
        let script = Script::new(|line| match line {
            "GET /domains?max-results=1" => answer(200, r#"{"NextToken":"a b/","Id":"first"}"#),
            "GET /domains?max-results=1&next-token=a%20b%2F" => {
                answer(200, r#"{"NextToken":"c","Id":"second"}"#)
            }
            _ => answer(200, r#"{"NextToken":""}"#),
        });
        let paged = |pages| {
            format!(
                "> GET /domains?max-results=1\n~ pages {pages}\n@ id = /Id\n\n> GET /${{id}}\n\n> GET /${{none}}\n"
            )
        };
        let replayed = run(&paged(9), &script, &settings()).await;
        let [first, second] = [
            "GET /domains?max-results=1",
            "GET /domains?max-results=1&next-token=a%20b%2F",
        ];
        let third = "GET /domains?max-results=1&next-token=c";
        assert_eq!(script.seen(), [first, second, third, "GET /first"]);
        let unsent = replayed.unsent.unwrap();
        assert!(
            unsent.step == 2 && unsent.reason.contains("none"),
            "{unsent:?}"
        );
        // What was sent follows from the transcript alone.
        let printed = transcript::print(&replayed.transcript);
        assert_eq!(
            transcript::parse(&printed, "test.case").unwrap(),
            replayed.transcript
        );

        let script = Script::new(script.0);
        run(&paged(2), &script, &settings()).await;
        assert_eq!(script.seen(), [first, second, "GET /first"]);
    }

    #[tokio::test]
    async fn steps_beside_each_other_are_under_way_at_the_same_time() {
        /// Answers nothing under `/both` until two ask for it.
        struct Both(tokio::sync::Barrier, Mutex<Vec<String>>);
        impl Target for Both {
            async fn send(&self, message: &Message, _deadline: Duration) -> Answer {
                let Message::Request(request) = message else {
                    return Answer::none(NoAnswerKind::Closed, "");
                };
                self.1.lock().unwrap().push(request.target.clone());
                if ["/both1", "/both2"].contains(&request.target.as_str()) {
                    self.0.wait().await;
                }
                answer(200, &format!(r#"{{"Id":"{}"}}"#, &request.target[1..]))
            }

            fn describe(&self) -> String {
                "waits for two".to_owned()
            }
        }
        let target = Both(tokio::sync::Barrier::new(2), Mutex::default());
        let case = "> GET /both1\n@ one = /Id\n\n> GET /both2\n~ beside\n@ two = /Id\n\n> GET /${one}-${two}\n~ beside\n";
        let replayed = run(case, &target, &settings()).await;
        assert_eq!(
            *target.1.lock().unwrap(),
            ["/both1", "/both2", "/both1-both2"]
        );
        assert_eq!(replayed.unsent, None);
        let printed = transcript::print(&replayed.transcript);
        let read = transcript::parse(&printed, "test.case").unwrap();
        assert_eq!(read, replayed.transcript);
    }

    #[tokio::test]
    async fn throttled_messages_are_sent_again() {
        let times = Mutex::new(0);
        let script = Script::new(|line| {
            let mut times = times.lock().unwrap();
            *times += 1;
            let status = if line == "GET /never" {
                503
            } else {
                [429, 503, 200][*times % 3]
            };
            let headers = Headers::from_iter([("retry-after", "0")]);
            Answer::Response(Response {
                status,
                headers,
                body: Bytes::new(),
            })
        });
        let case = "> GET /soon\n\n> GET /never\n\n> GET /unsent\n";
        let replayed = run_patiently(case, &script, &settings()).await;
        assert_eq!(
            script.seen(),
            [["GET /soon"; 2].as_slice(), &["GET /never"; 9]].concat()
        );
        let statuses = replayed
            .transcript
            .answers
            .iter()
            .flatten()
            .map(|exchange| match &exchange.answer {
                Answer::Response(response) => response.status,
                Answer::None(_) => 0,
            });
        assert_eq!(
            statuses.collect::<Vec<_>>(),
            [[503, 200].as_slice(), &[503; 9]].concat()
        );
        let printed = transcript::print(&replayed.transcript);
        let read = transcript::parse(&printed, "test.case").unwrap();
        assert_eq!(read, replayed.transcript);
    }

    #[tokio::test]
    async fn a_name_of_one_character_is_free_and_not_shared() {
        let free = || answer(404, r#"{"__type":"ResourceNotFoundException"}"#);
        let script = Script::new(|line| match line.strip_prefix("GET /domains/") {
            Some("y" | "z") => free(),
            Some(_) => answer(200, "{}"),
            None => answer(200, "{}"),
        });
        let settings = settings();
        let taken = settings.run.short(&script, &settings).await.unwrap();
        let case = "> POST /domains/${short}\n";
        let replayed = run(case, &script, &settings).await;
        let other = replayed.transcript.with.get("short").unwrap().to_owned();
        assert!(other != taken.name.to_string() && ["y", "z"].contains(&other.as_str()));
        assert_eq!(
            script.seen().last(),
            Some(&format!("DELETE /domains/{other}"))
        );
        // Free again after the case.
        assert_eq!(
            run(case, &script, &settings)
                .await
                .transcript
                .with
                .get("short"),
            Some(other.as_str())
        );

        let full = Script::new(|_| answer(200, "{}"));
        let unsent = run(case, &full, &settings).await.unsent.unwrap();
        assert!(
            full.seen().len() == 61 && unsent.reason.contains("answered 200"),
            "{unsent:?}"
        );
        let dead = Script::new(|_| Answer::none(NoAnswerKind::Closed, ""));
        let unsent = run(case, &dead, &settings).await.unsent.unwrap();
        assert!(unsent.reason.contains("closed"), "{unsent:?}");
        // Something that knows no domains at all says nothing about one.
        let gateway = Script::new(|_| answer(404, r#"{"message":"Not Found"}"#));
        let unsent = run(case, &gateway, &settings).await.unsent.unwrap();
        assert!(
            gateway.seen().len() == 1 && unsent.reason.contains("answered 404"),
            "{unsent:?}"
        );
    }

    #[tokio::test]
    async fn what_is_somebodys_is_not_sent_within_a_fence() {
        let script = Script::new(|_| answer(200, "{}"));
        let fenced = Settings {
            fenced: true,
            ..settings()
        };
        let case = "> GET /domains/theirs\n\n> PUT /domains/${domain}\n\n> DELETE /domains/theirs\n~ beside\n\n> GET /x\n";
        let replayed = run(case, &script, &fenced).await;
        assert_eq!(script.seen(), ["GET /domains/theirs", "PUT /domains/#1"]);
        let unsent = replayed.unsent.unwrap();
        assert_eq!(unsent.step, 2);
        assert_eq!(
            unsent.reason,
            "it may change the domain `theirs`, which is not of this run"
        );
        run(case, &script, &settings()).await;
        assert_eq!(script.seen().len(), 6);
    }

    #[tokio::test]
    async fn values_given_are_kept_and_others_provided() {
        let script = Script::new(|_| answer(200, "{}"));
        let case = text::parse("> GET /${domain}/${domain-b}/${arn|uri}\n", "test.case").unwrap();
        let with = Values::from_iter([("domain", "mine")]);
        let replayed = replay("test", &case, &script, with, &settings(), &mut |_, _| {
            Next::Go
        })
        .await;
        assert_eq!(
            script.seen(),
            ["GET /mine/#1-b/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012"]
        );
        assert_eq!(
            replayed.transcript.with.get("domain-b"),
            Some("pc-test-1-b")
        );
    }
}
