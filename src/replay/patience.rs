//! Sending a message until an answer says something.
//!
//! A throttled message is sent again whatever it is: the call was not made, or whoever judges takes both for possible. One
//! that got no answer is sent again only where making a call twice is the same as making it once, and a few times at most.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::{Settings, Target, fresh};
use crate::contract::operation::addressed;
use crate::model::absence::has_rules;
use crate::wire::{Answer, Exchange, Message, NoAnswerKind, Response};

/// The longest wait before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The wait after the first try; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(25);

/// How often a message is sent whose connection was closed, or whose answer was none of HTTP.
const TRIES_CLOSED: u32 = 3;

/// How often a message is sent whose answer did not come in time.
const TRIES_LATE: u32 = 2;

/// How long to wait before connecting again to a target that refuses connections.
const PAUSE_AWAY: Duration = Duration::from_millis(250);

/// Sends a message once.
pub(super) async fn send(target: &impl Target, message: Message, settings: &Settings) -> Exchange {
    settings.run.announce(&message);
    target.ready().await;
    settings.pace.turn().await;
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let began = Instant::now();
    let answer = target.send(&message, settings.deadline).await;
    let took = began.elapsed();
    settings.pace.note(is_throttled(&answer));
    settings.outage.note(&answer, began + took);
    Exchange {
        message,
        answer,
        at_ms: i64::try_from(at.as_millis()).unwrap_or(i64::MAX),
        took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    }
}

/// Sends a message, again where it is certain that the call was not made, and takes the time of the last try.
pub(super) async fn insist(
    target: &impl Target,
    message: Message,
    settings: &Settings,
) -> Exchange {
    let mut exchange = send(target, message, settings).await;
    let mut tried = 1;
    while is_not_made(&exchange)
        && let Some(pause) = before_retry(&exchange, tried, settings)
    {
        rest(&exchange, pause, settings).await;
        exchange = send(target, exchange.message, settings).await;
        tried += 1;
    }
    if matches!(&exchange.answer, Answer::None(_)) {
        settings.outage.note_lapse();
    }
    ended(&exchange, tried, settings);
    exchange
}

/// Sends a message that may be repeated until it is answered, and takes the time of the last try.
pub(super) async fn persist(
    target: &impl Target,
    message: Message,
    settings: &Settings,
) -> Exchange {
    let mut exchange = send(target, message, settings).await;
    let mut tried = 1;
    while let Some(pause) = before_retry(&exchange, tried, settings) {
        rest(&exchange, pause, settings).await;
        exchange = send(target, exchange.message, settings).await;
        tried += 1;
    }
    ended(&exchange, tried, settings);
    exchange
}

/// Waits before a message is sent again. Another case has the turn meanwhile, unless it would meet nobody either.
pub(super) async fn rest(exchange: &Exchange, pause: Duration, settings: &Settings) {
    if is_away(&exchange.answer) {
        tokio::time::sleep(pause).await;
    } else {
        settings.turns.lend(tokio::time::sleep(pause)).await;
    }
}

/// How long to wait before a message is sent again that has been sent so often; `None` if it is not.
pub(super) fn before_retry(
    exchange: &Exchange,
    tried: u32,
    settings: &Settings,
) -> Option<Duration> {
    match &exchange.answer {
        Answer::Response(response) if is_throttled(&exchange.answer) => {
            (tried < settings.pace.tries()).then(|| back_off(response, tried))
        }
        Answer::Response(_) => None,
        Answer::None(why) => match why.kind {
            // It was never sent, so nothing speaks against sending it.
            NoAnswerKind::Refused | NoAnswerKind::Unreachable => {
                (!settings.outage.is_gone()).then_some(PAUSE_AWAY)
            }
            NoAnswerKind::Timeout => {
                (tried < TRIES_LATE && may_be_repeated(&exchange.message)).then_some(FIRST_WAIT)
            }
            NoAnswerKind::Closed | NoAnswerKind::Malformed => {
                settings.outage.note_lapse();
                let again = tried < TRIES_CLOSED && may_be_repeated(&exchange.message);
                again.then(|| FIRST_WAIT * (1 << (2 * tried)))
            }
        },
    }
}

/// Notes how the tries of a message ended.
pub(super) fn ended(exchange: &Exchange, tried: u32, settings: &Settings) {
    if tried > 1 || exchange.answer.is_lost() {
        settings.pace.ended(!is_throttled(&exchange.answer));
    }
}

fn is_throttled(answer: &Answer) -> bool {
    matches!(answer, Answer::Response(response) if matches!(response.status, 429 | 503))
}

/// Whether it is certain that a call was not made.
fn is_not_made(exchange: &Exchange) -> bool {
    match &exchange.answer {
        Answer::Response(response) => response.status == 429 && may_be_repeated(&exchange.message),
        Answer::None(_) => is_away(&exchange.answer),
    }
}

/// Whether a message was never sent, because there was nobody to send it to.
fn is_away(answer: &Answer) -> bool {
    let away = [NoAnswerKind::Refused, NoAnswerKind::Unreachable];
    matches!(answer, Answer::None(why) if away.contains(&why.kind))
}

/// Whether making the call twice is the same as making it once, for a target that keeps the contract.
fn may_be_repeated(message: &Message) -> bool {
    addressed(message).is_some_and(|operation| {
        has_rules(operation) && !matches!(operation.name, "CreateProfile" | "MergeProfiles")
    })
}

/// How long to wait before the next try: what the answer asks for within reason, else longer each time, and never the
/// same for all who wait.
pub(super) fn back_off(answer: &Response, tried: u32) -> Duration {
    let asked = answer.headers.get("retry-after").and_then(|text| {
        let text = text.trim();
        text.parse().map(Duration::from_secs).ok().or_else(|| {
            // RFC 9110, 10.2.3: seconds, or a date.
            let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            let left = date.duration_since(Timestamp::now());
            Some(Duration::try_from(left).unwrap_or_default())
        })
    });
    let wait = asked
        .unwrap_or(FIRST_WAIT * (1 << (tried - 1).min(16)))
        .min(LONGEST_WAIT);
    wait + wait.mul_f64((fresh::random() % 256) as f64 / 512.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Headers, Request};

    fn wait(retry_after: Option<&str>, tried: u32) -> u128 {
        let headers = retry_after
            .map(|seconds| ("retry-after", seconds))
            .into_iter()
            .collect();
        let answer = Response {
            status: 503,
            headers,
            body: "not even JSON".into(),
        };
        back_off(&answer, tried).as_millis()
    }

    #[test]
    fn waiting_is_bounded_and_longer_each_time() {
        for _ in 0..100 {
            assert!((25..38).contains(&wait(None, 1)) && (50..76).contains(&wait(None, 2)));
            assert!((2000..3001).contains(&wait(None, 60)));
            assert!((1000..1501).contains(&wait(Some("1"), 1)) && wait(Some(" 0 "), 2) == 0);
            assert!((2000..3001).contains(&wait(Some("18446744073709551615"), 1)));
            assert!((25..38).contains(&wait(Some("soon"), 1)));
        }
    }

    #[test]
    fn a_date_to_wait_for_is_understood() {
        assert_eq!(wait(Some("Fri, 31 Dec 1999 23:59:59 GMT"), 5), 0);
        assert!((2000..3001).contains(&wait(Some("Tue, 01 Jan 2999 00:00:00 GMT"), 1)));
    }

    fn lost(method: &str, target: &str, answer: Answer) -> Exchange {
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Headers::default(),
            body: None,
        };
        Exchange {
            message: Message::Request(request),
            answer,
            at_ms: 0,
            took_us: 0,
        }
    }

    /// How often a message is sent that is never answered otherwise.
    fn tries(exchange: &Exchange) -> u32 {
        let settings = Settings::default();
        (1..100)
            .find(|tried| before_retry(exchange, *tried, &settings).is_none())
            .unwrap_or(100)
    }

    #[test]
    fn only_what_does_no_harm_is_repeated() {
        let throttled = || {
            Answer::Response(Response {
                status: 429,
                headers: Headers::default(),
                body: "".into(),
            })
        };
        let none = |kind| Answer::none(kind, "");
        let (list, create, merge) = (
            ("GET", "/domains"),
            ("POST", "/domains/d/profiles"),
            ("POST", "/domains/d/profiles/objects/merge"),
        );
        for ((method, target), closed, late) in [
            (list, 3, 2),
            (create, 1, 1),
            (merge, 1, 1),
            (("BREW", "/"), 1, 1),
        ] {
            let tries = |answer| tries(&lost(method, target, answer));
            assert_eq!(
                tries(none(NoAnswerKind::Closed)),
                closed,
                "{method} {target}"
            );
            assert_eq!(
                tries(none(NoAnswerKind::Malformed)),
                closed,
                "{method} {target}"
            );
            assert_eq!(
                tries(none(NoAnswerKind::Timeout)),
                late,
                "{method} {target}"
            );
            assert_eq!(tries(throttled()), 9, "{method} {target}");
            assert_eq!(tries(none(NoAnswerKind::Refused)), 100, "until it is gone");
        }
    }

    #[test]
    fn side_by_side_only_what_was_not_done_is_repeated() {
        let throttled = Answer::Response(Response {
            status: 429,
            headers: Headers::default(),
            body: "".into(),
        });
        assert!(is_not_made(&lost(
            "PUT",
            "/domains/d/profiles/objects",
            throttled.clone()
        )));
        assert!(!is_not_made(&lost(
            "POST",
            "/domains/d/profiles",
            throttled
        )));
        assert!(!is_not_made(&lost(
            "PUT",
            "/domains/d/profiles/objects",
            Answer::none(NoAnswerKind::Closed, "")
        )));
        assert!(is_not_made(&lost(
            "POST",
            "/domains/d/profiles",
            Answer::none(NoAnswerKind::Refused, "")
        )));
    }
}
