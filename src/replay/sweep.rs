//! Deleting what earlier runs left behind.
//!
//! A run that was killed could not clean up after itself. Its domains are known by their names alone: nothing was written
//! down that could be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fresh::origin;
use super::patience::back_off;
use super::target::{Target, own_request};
use crate::case::bind::{next_page, token_of};
use crate::wire::{Answer, Json, Message, NoAnswerKind, Response, percent};

/// How often a request is sent that is throttled or not answered.
const TRIES: u32 = 6;

/// How many times everything is listed again after domains were deleted.
const ROUNDS: usize = 12;

/// How many pages a listing may have.
const PAGES: usize = 20_000;

/// Which domains are deleted: those that a run made, and of those only these.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Those of the run with that id.
    pub run: Option<String>,
    /// Those that have existed for at least this long.
    pub older_than: Duration,
}

/// What became of the domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Those that are gone now, or would be if this was only asked for.
    pub deleted: BTreeSet<String>,
    /// Those that are still there, and why.
    pub left: BTreeMap<String, String>,
    /// How many of other runs, or too young, were left alone.
    pub spared: usize,
    /// How many were not made by a run.
    pub foreign: usize,
}

/// Domains cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot list the domains of {target}: {problem}")]
pub struct CannotList {
    /// The target.
    pub target: String,
    /// What it answered, or that it did not.
    pub problem: String,
}

/// Deletes domains that runs left behind, until a listing shows none.
///
/// A target may show late what was created or deleted: after a listing that shows nothing to delete, `settle` passes before
/// the one that counts. With `dry`, nothing is deleted.
///
/// # Errors
///
/// If the domains cannot be listed before anything was deleted.
pub async fn sweep(
    target: &impl Target,
    which: &Which,
    deadline: Duration,
    settle: Duration,
    dry: bool,
) -> Result<Swept, CannotList> {
    let mut swept = Swept::default();
    let mut was_clean = false;
    for round in 0..ROUNDS {
        let listed = match list(target, which, deadline).await {
            Ok(listed) => listed,
            Err(problem) if round == 0 => {
                let target = target.describe();
                return Err(CannotList { target, problem });
            }
            Err(problem) => {
                // Whether they are gone is not known.
                for name in std::mem::take(&mut swept.deleted) {
                    let why = format!("deleted, but listing the domains again failed: {problem}");
                    swept.left.insert(name, why);
                }
                return Ok(swept);
            }
        };
        (swept.spared, swept.foreign) = (listed.spared, listed.foreign);
        if dry {
            swept.deleted = listed.wanted;
            return Ok(swept);
        }
        if listed.wanted.is_empty() {
            swept.left.clear();
            if was_clean || settle.is_zero() {
                return Ok(swept);
            }
            was_clean = true;
            tokio::time::sleep(settle).await;
            continue;
        }
        was_clean = false;
        swept.left.clear();
        for name in listed.wanted {
            match delete(target, &name, deadline).await {
                Ok(()) => {
                    swept.deleted.insert(name);
                }
                Err(why) => {
                    swept.deleted.remove(&name);
                    swept.left.insert(name, why);
                }
            }
        }
        if round > 0 {
            // It shows late what was deleted, or does not delete at all.
            tokio::time::sleep(settle).await;
        }
    }
    // Whatever the last rounds still listed: told for deleted, and there all the same.
    if let Ok(listed) = list(target, which, deadline).await {
        for name in listed.wanted {
            swept.deleted.remove(&name);
            let why = "deleting it was answered, and it is still listed";
            swept.left.entry(name).or_insert_with(|| why.to_owned());
        }
    }
    Ok(swept)
}

struct Listed {
    wanted: BTreeSet<String>,
    spared: usize,
    foreign: usize,
}

/// Sorts the domains there are.
async fn list(target: &impl Target, which: &Which, deadline: Duration) -> Result<Listed, String> {
    let mut listed = Listed {
        wanted: BTreeSet::new(),
        spared: 0,
        foreign: 0,
    };
    let now = SystemTime::now();
    let mut message = own_request(target, "GET", "/domains?max-results=100", None);
    let mut tokens = BTreeSet::new();
    for _ in 0..PAGES {
        let answer = patiently(target, &message, deadline).await?;
        if answer.status != 200 {
            return Err(told(&answer));
        }
        let body = Json::parse(&answer.body)
            .map_err(|error| format!("the answer is not JSON: {error}"))?;
        for item in body.get("Items").and_then(Json::items).unwrap_or_default() {
            let Some(name) = item.get("DomainName").and_then(Json::as_str) else {
                continue;
            };
            let Some(origin) = origin(name, which.run.as_deref(), now) else {
                match origin(name, None, now) {
                    Some(_) => listed.spared += 1,
                    None => listed.foreign += 1,
                }
                continue;
            };
            let created = item
                .get("CreatedAt")
                .and_then(Json::as_number)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds.as_f64()).ok())
                .and_then(|since| UNIX_EPOCH.checked_add(since));
            let age = created
                .or(origin.began)
                .and_then(|then| now.duration_since(then).ok())
                .unwrap_or_default();
            if age >= which.older_than {
                listed.wanted.insert(name.to_owned());
            } else {
                listed.spared += 1;
            }
        }
        let Some(token) = token_of(&answer) else {
            return Ok(listed);
        };
        message = next_page(&message, &token);
        if !tokens.insert(token) {
            return Err("its pages do not end: a token came twice".to_owned());
        }
    }
    Err(format!("it has more than {PAGES} pages"))
}

async fn delete(target: &impl Target, name: &str, deadline: Duration) -> Result<(), String> {
    let path = format!("/domains/{}", percent::encode(name));
    let message = own_request(target, "DELETE", path, None);
    match patiently(target, &message, deadline).await? {
        answer if matches!(answer.status, 200..300 | 404) => Ok(()),
        answer => Err(told(&answer)),
    }
}

/// What is answered in the end. Listing and deleting may be repeated without harm.
async fn patiently(
    target: &impl Target,
    message: &Message,
    deadline: Duration,
) -> Result<Response, String> {
    let mut tried = 0;
    loop {
        let answer = super::ask(target, message, deadline).await;
        tried += 1;
        let wait = match &answer {
            Answer::Response(response) if response.status == 429 || response.status >= 500 => {
                back_off(response, tried)
            }
            Answer::Response(response) => return Ok(response.clone()),
            // Nobody is there, which will not change soon.
            Answer::None(why) if why.kind == NoAnswerKind::Refused => return Err(why.to_string()),
            Answer::None(_) => Duration::from_millis(100 << tried),
        };
        if tried == TRIES {
            return match answer {
                Answer::Response(response) => Ok(response),
                Answer::None(why) => Err(why.to_string()),
            };
        }
        tokio::time::sleep(wait).await;
    }
}

fn told(answer: &Response) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let body: String = body.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("status {} {body}", answer.status)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use crate::replay::{Local, Run};
    use crate::wire::{Headers, Request};
    use std::sync::Mutex;

    /// A reference with some domains, bent by a function that sees the line of a request and how often it came.
    struct Bent<F>(Local, F, Mutex<BTreeMap<String, usize>>);

    impl<F: Fn(&str, usize) -> Option<Answer> + Send + Sync> Bent<F> {
        async fn with(names: &[&str], bend: F) -> Self {
            let local = Local::new(Model::reference());
            for name in names {
                let create = own_request(
                    &local,
                    "POST",
                    format!("/domains/{name}"),
                    Some(br#"{"DefaultExpirationDays":1}"#),
                );
                let answer = local.send(&create, Duration::ZERO).await;
                assert!(matches!(answer, Answer::Response(response) if response.status == 200));
            }
            Self(local, bend, Mutex::default())
        }

        async fn names(&self) -> Vec<String> {
            let message = own_request(&self.0, "GET", "/domains?max-results=100", None);
            let Answer::Response(response) = self.0.send(&message, Duration::ZERO).await else {
                return Vec::new();
            };
            let body = Json::parse(&response.body).unwrap();
            let items = body.get("Items").and_then(Json::items).unwrap_or_default();
            items
                .iter()
                .filter_map(|item| item.get("DomainName")?.as_str().map(str::to_owned))
                .collect()
        }
    }

    impl<F: Fn(&str, usize) -> Option<Answer> + Send + Sync> Target for Bent<F> {
        async fn send(&self, message: &Message, deadline: Duration) -> Answer {
            let Message::Request(Request { method, target, .. }) = message else {
                panic!("{message:?}");
            };
            let line = format!("{method} {target}");
            let times = {
                let mut seen = self.2.lock().unwrap();
                let times = seen.entry(line.clone()).or_default();
                *times += 1;
                *times
            };
            match (self.1)(&line, times) {
                Some(answer) => answer,
                None => self.0.send(message, deadline).await,
            }
        }

        fn describe(&self) -> String {
            "bent".to_owned()
        }
    }

    fn status(status: u16) -> Option<Answer> {
        let headers = Headers::from_iter([("retry-after", "0")]);
        Some(Answer::Response(Response {
            status,
            headers,
            body: bytes::Bytes::new(),
        }))
    }

    async fn clean(target: &impl Target, which: &Which) -> Result<Swept, CannotList> {
        sweep(
            target,
            which,
            Duration::from_secs(1),
            Duration::from_millis(1),
            false,
        )
        .await
    }

    #[tokio::test]
    async fn what_a_run_made_goes_and_nothing_else() {
        let (one, other) = (Run::new(), Run::new());
        let made = [
            one.domain("domain"),
            one.domain("domain2-x").to_uppercase(),
            other.domain("domain"),
        ];
        let theirs = [
            "shop",
            "pc-",
            "pc-shop",
            "pc-shop-1",
            "pc-abcdefghijkl-1",
            "pc-zzzzzzzzzzzz-1",
            "xpc-r1-1",
        ];
        let mut all: Vec<&str> = made.iter().map(String::as_str).collect();
        all.extend(theirs);
        let target = Bent::with(&all, |_, _| None).await;

        let of_one = Which {
            run: Some(one.id().to_owned()),
            ..Which::default()
        };
        let swept = clean(&target, &of_one).await.unwrap();
        assert_eq!(
            swept.deleted,
            BTreeSet::from([made[0].clone(), made[1].clone()])
        );
        assert_eq!(
            (swept.spared, swept.foreign, swept.left.len()),
            (1, theirs.len(), 0)
        );

        let old = Which {
            older_than: Duration::from_secs(3600),
            ..Which::default()
        };
        assert_eq!(clean(&target, &old).await.unwrap().deleted, BTreeSet::new());
        let dry = sweep(
            &target,
            &Which::default(),
            Duration::ZERO,
            Duration::ZERO,
            true,
        )
        .await
        .unwrap();
        assert_eq!(dry.deleted, BTreeSet::from([made[2].clone()]));
        assert_eq!(target.names().await.len(), 1 + theirs.len());

        assert_eq!(
            clean(&target, &Which::default()).await.unwrap().deleted,
            dry.deleted
        );
        let mut left = target.names().await;
        left.sort();
        let mut theirs = theirs.map(str::to_owned);
        theirs.sort();
        assert_eq!(left, theirs);
    }

    #[tokio::test]
    async fn throttling_and_silence_are_waited_out() {
        let run = Run::new();
        let name = run.domain("domain");
        let target = Bent::with(&[&name], |_, times| match times {
            1 => status(429),
            2 => Some(Answer::none(NoAnswerKind::Closed, "")),
            3 => status(500),
            _ => None,
        })
        .await;
        let swept = clean(&target, &Which::default()).await.unwrap();
        assert_eq!((swept.deleted.len(), swept.left.len()), (1, 0));
        assert_eq!(target.names().await, [""; 0]);
    }

    #[tokio::test]
    async fn what_shows_late_is_found_and_what_stays_is_told() {
        let run = Run::new();
        let name = run.domain("domain");
        let empty = || {
            let body = br#"{"Items":[]}"#.as_slice().into();
            Some(Answer::Response(Response {
                status: 200,
                headers: Headers::default(),
                body,
            }))
        };
        let late = Bent::with(&[&name], |line, times| {
            (line.starts_with("GET") && times == 1)
                .then(empty)
                .flatten()
        })
        .await;
        assert_eq!(
            clean(&late, &Which::default()).await.unwrap().deleted.len(),
            1
        );

        let stubborn = Bent::with(&[&name], |line, _| {
            line.starts_with("DELETE").then(|| status(403)).flatten()
        })
        .await;
        let swept = clean(&stubborn, &Which::default()).await.unwrap();
        assert_eq!(
            swept.left,
            BTreeMap::from([(name.clone(), "status 403".to_owned())])
        );
        let lying = Bent::with(&[&name], |line, _| {
            line.starts_with("DELETE").then(|| status(200)).flatten()
        })
        .await;
        let swept = clean(&lying, &Which::default()).await.unwrap();
        assert!(
            swept.deleted.is_empty() && swept.left[&name].contains("still listed"),
            "{swept:?}"
        );
    }

    #[tokio::test]
    async fn a_listing_that_fails_or_does_not_end_is_an_error() {
        let refused = Bent::with(&[], |_, _| status(403)).await;
        let error = clean(&refused, &Which::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot list the domains of bent: status 403"
        );
        let endless = Bent::with(&[], |_, _| {
            let body = br#"{"Items":[],"NextToken":"again"}"#.as_slice().into();
            Some(Answer::Response(Response {
                status: 200,
                headers: Headers::default(),
                body,
            }))
        })
        .await;
        let error = clean(&endless, &Which::default()).await.unwrap_err();
        assert!(error.problem.contains("a token came twice"), "{error}");
    }
}
