//! Verdicts as JSON, as a journal keeps them.

use std::time::Duration;

use serde_json::{Value, json};

use super::session::Kept;
use crate::case::transcript;
use crate::contract::operation::operation;
use crate::contract::{ChoiceId, Choices, Operation, Options, RuleId};
use crate::judge::{Absent, Exercised, Fate, Finding, Severity, Tally, Unclear, Verdict};
use crate::report::{Judged, Seen, Shrunk};

/// A verdict, with the transcripts of what it showed for the first time.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) judged: Judged,
    pub(crate) kept: Vec<Kept>,
}

/// A verdict as JSON.
pub(super) fn write(judged: &Judged, kept: &[Kept]) -> Value {
    let verdict = &judged.verdict;
    let choices: serde_json::Map<_, _> = ChoiceId::all()
        .filter(|id| verdict.choices.get(*id) != id.options())
        .map(|id| (id.choice().id.to_owned(), json!(verdict.choices.get(id).0)))
        .collect();
    let kept: Vec<_> = kept
        .iter()
        .map(|kept| {
            json!({
                "rule": kept.rule.id(),
                "name": kept.transcript.name,
                "transcript": transcript::print(&kept.transcript),
            })
        })
        .collect();
    json!({
        "name": judged.name,
        "again": judged.again,
        "generated": judged.generated,
        "aims": judged.aims.iter().map(|rule| rule.id()).collect::<Vec<_>>(),
        "took_us": judged.took.as_micros() as u64,
        "seen": judged.seen.map(|seen| {
            json!([seen.times, seen.replays, seen.shrunk.map(|shrunk| json!([shrunk.requests, shrunk.minimal]))])
        }),
        "findings": verdict.findings.iter().map(write_finding).collect::<Vec<_>>(),
        "unclear": verdict.unclear.as_ref().map(|unclear| {
            json!({ "step": unclear.step, "request": unclear.request, "why": unclear.why, "lost": unclear.lost })
        }),
        "absent": verdict.absent.iter().map(|absent| {
            json!([absent.operation.name, absent.request, absent.answer])
        }).collect::<Vec<_>>(),
        "unsent": verdict.unsent,
        "exercised": verdict.exercised.words(),
        "choices": choices,
        "requests": verdict.requests,
        "retries": verdict.retries,
        "slow": verdict.slow,
        "tally": verdict.tally.rows().map(|(operation, counts)| {
            json!([operation.map(|operation| operation.name), counts])
        }).collect::<Vec<_>>(),
        "kept": kept,
    })
}

/// A verdict from JSON.
///
/// # Errors
///
/// If something is missing or means nothing.
pub(super) fn read(value: &Value) -> Result<Record, String> {
    let mut choices = Choices::open();
    for (name, options) in value["choices"].as_object().into_iter().flatten() {
        let id = ChoiceId::find(name).ok_or_else(|| format!("unknown choice `{name}`"))?;
        choices.narrow(id, Options(number(options, "choices")?));
    }
    let mut tally = Tally::default();
    for row in list(value, "tally")? {
        let operation = match row[0].as_str() {
            Some(name) => Some(find_operation(name)?),
            None => None,
        };
        for ((fate, _), count) in Fate::ALL.into_iter().zip(list(row, 1)?) {
            tally.add(operation, fate, number(count, "tally")?);
        }
    }
    let name = text(value, "name")?;
    let findings = list(value, "findings")?
        .iter()
        .map(read_finding)
        .collect::<Result<_, _>>()?;
    let absent = list(value, "absent")?.iter().map(|absent| {
        Ok::<_, String>(Absent {
            operation: find_operation(&text(absent, 0)?)?,
            request: text(absent, 1)?,
            answer: text(absent, 2)?,
        })
    });
    let unclear = match &value["unclear"] {
        Value::Null => None,
        unclear => Some(Unclear {
            step: number(&unclear["step"], "step")?,
            request: text(unclear, "request")?,
            why: text(unclear, "why")?,
            lost: unclear["lost"].as_bool().unwrap_or_default(),
        }),
    };
    let words = list(value, "exercised")?
        .iter()
        .map(|word| number(word, "exercised"))
        .collect::<Result<_, _>>()?;
    let verdict = Verdict {
        findings,
        unclear,
        absent: absent.collect::<Result<_, _>>()?,
        unsent: value["unsent"].as_str().map(str::to_owned),
        exercised: Exercised::from_words(words),
        choices,
        requests: number(&value["requests"], "requests")?,
        retries: number(&value["retries"], "retries")?,
        slow: number(&value["slow"], "slow")?,
        tally,
    };
    let kept = list(value, "kept")?.iter().map(|kept| {
        let (name, told) = (text(kept, "name")?, text(kept, "transcript")?);
        let mut transcript =
            transcript::parse(&told, &name).map_err(|problem| problem.to_string())?;
        transcript.name = name;
        Ok::<_, String>(Kept {
            rule: find_rule(&text(kept, "rule")?)?,
            transcript,
        })
    });
    let seen = match &value["seen"] {
        Value::Null => None,
        seen => Some(Seen {
            times: number(&seen[0], "seen")?,
            replays: number(&seen[1], "seen")?,
            shrunk: match &seen[2] {
                Value::Null => None,
                shrunk => Some(Shrunk {
                    requests: number(&shrunk[0], "seen")?,
                    minimal: shrunk[1].as_bool().unwrap_or_default(),
                }),
            },
        }),
    };
    let aims = list(value, "aims")?
        .iter()
        .map(|rule| find_rule(rule.as_str().unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    Ok(Record {
        kept: kept.collect::<Result<_, _>>()?,
        judged: Judged {
            name,
            again: text(value, "again")?,
            verdict,
            took: Duration::from_micros(number(&value["took_us"], "took_us")?),
            seen,
            aims,
            generated: value["generated"].as_bool().unwrap_or_default(),
        },
    })
}

fn write_finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id(),
        "violates": finding.severity == Severity::Violates,
        "step": finding.step,
        "steps": finding.steps,
        "operation": finding.operation.map(|operation| operation.name),
        "request": finding.request,
        "answer": finding.answer,
        "status": finding.status,
        "allowed": finding.allowed,
        "place": finding.place,
        "expected": finding.expected,
        "actual": finding.actual,
    })
}

fn read_finding(value: &Value) -> Result<Finding, String> {
    let allowed = list(value, "allowed")?
        .iter()
        .map(|allowed| allowed.as_str().unwrap_or_default().to_owned());
    Ok(Finding {
        rule: find_rule(&text(value, "rule")?)?,
        severity: match value["violates"].as_bool() {
            Some(true) => Severity::Violates,
            _ => Severity::Warns,
        },
        step: number(&value["step"], "step")?,
        steps: number(&value["steps"], "steps")?,
        operation: match value["operation"].as_str() {
            Some(name) => Some(find_operation(name)?),
            None => None,
        },
        request: text(value, "request")?,
        answer: text(value, "answer")?,
        status: match &value["status"] {
            Value::Null => None,
            status => Some(number(status, "status")?),
        },
        allowed: allowed.collect(),
        place: text(value, "place")?,
        expected: text(value, "expected")?,
        actual: text(value, "actual")?,
    })
}

fn find_rule(id: &str) -> Result<RuleId, String> {
    RuleId::find(id).ok_or_else(|| format!("unknown rule `{id}`"))
}

fn find_operation(name: &str) -> Result<&'static Operation, String> {
    operation(name).ok_or_else(|| format!("unknown operation `{name}`"))
}

fn list<I: serde_json::value::Index + std::fmt::Debug>(
    value: &Value,
    at: I,
) -> Result<&[Value], String> {
    match value.get(&at) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(format!("no list {at:?}")),
    }
}

fn text<I: serde_json::value::Index + std::fmt::Debug>(
    value: &Value,
    at: I,
) -> Result<String, String> {
    match value.get(&at) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(format!("no text {at:?}")),
    }
}

fn number<T: TryFrom<u64>>(value: &Value, name: &str) -> Result<T, String> {
    value
        .as_u64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("`{name}` is no number that fits"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::transcript::Transcript;
    use crate::contract::Side;
    use crate::rule;

    #[test]
    fn a_verdict_comes_back_whole() {
        let get = operation("GetDomain").expect("an operation");
        let told = "> GET /domains/d\n< 200 at 1700000000.123 took 0.004512\n| {}\n";
        let transcript = Transcript {
            name: "a/b".to_owned(),
            ..transcript::parse(told, "a/b").expect("a transcript")
        };
        let mut choices = Choices::open();
        let choice = ChoiceId::all().next().expect("a choice");
        choices.narrow(choice, Options::only(0));
        let mut tally = Tally::default();
        tally.add(Some(get), Fate::Served, 3);
        tally.add(None, Fate::Unanswered, 1);
        let finding = Finding {
            rule: rule!("domain.get.echo"),
            severity: Severity::Violates,
            step: 1,
            steps: 2,
            operation: Some(get),
            request: "GET /domains/d".to_owned(),
            answer: "200 {}".to_owned(),
            status: Some(200),
            allowed: vec!["200 …".to_owned()],
            place: "/DomainName".to_owned(),
            expected: "\"d\"".to_owned(),
            actual: "nothing".to_owned(),
        };
        let verdict = Verdict {
            findings: vec![finding],
            unclear: Some(Unclear {
                step: 2,
                request: "GET /".to_owned(),
                why: "no answer: closed".to_owned(),
                lost: true,
            }),
            absent: vec![Absent {
                operation: get,
                request: "GET /domains/d".to_owned(),
                answer: "404".to_owned(),
            }],
            unsent: Some("step 3".to_owned()),
            exercised: [(rule!("time.clock"), Side::Outside)].into_iter().collect(),
            choices,
            requests: 4,
            retries: 1,
            slow: 2,
            tally,
        };
        let judged = Judged {
            name: "a/b".to_owned(),
            again: "replay a/b".to_owned(),
            verdict,
            took: Duration::from_micros(1234),
            seen: Some(Seen {
                times: 1,
                replays: 2,
                shrunk: Some(Shrunk {
                    requests: 12,
                    minimal: true,
                }),
            }),
            aims: vec![rule!("time.clock")],
            generated: true,
        };
        let kept = vec![Kept {
            rule: rule!("domain.get.echo"),
            transcript,
        }];
        let written = write(&judged, &kept);
        let read = read(&written).expect("a verdict");
        assert_eq!(format!("{:?}", read.judged), format!("{judged:?}"));
        assert_eq!(read.kept[0].transcript, kept[0].transcript);
        assert_eq!(write(&read.judged, &read.kept), written);
        let mut damaged = written;
        damaged["findings"][0]["rule"] = json!("no.such.rule");
        assert!(
            super::read(&damaged)
                .expect_err("damage")
                .contains("no.such.rule")
        );
    }
}
