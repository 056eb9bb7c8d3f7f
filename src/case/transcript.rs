//! Transcripts: a case with what was answered.
//!
//! The requests are not stored. They follow from the case, the values the run provided and the answers, by the same
//! functions of [`bind`](super::bind) that made them in the first place.

use std::fmt::Write as _;

use bytes::Bytes;

use super::bind::{answered, follow_up, learn, message, told};
use super::line::{Line, Lines, Place, Problem, is_unclean, write_hex, write_text};
use super::text::parse::{
    end_block, read_bytes, read_head, read_header, read_number, read_step, read_text,
};
use super::text::print::{begin_block, print_head, print_header, print_step, print_text};
use super::{Case, bind::Values};
use crate::contract::{ChoiceId, Options};
use crate::wire::{Answer, Exchange, Headers, Message, NoAnswer, NoAnswerKind, Response};

/// A case with what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The name of the case, which is that of its file; not part of the text.
    pub name: String,
    /// What was to be said.
    pub case: Case,
    /// Whether somebody else held the conversation, and it was only listened to.
    pub overheard: Option<Overheard>,
    /// What was known of the target beforehand: the options still possible.
    pub given: Vec<(ChoiceId, Options)>,
    /// The values the run provided.
    pub with: Values,
    /// What was said and answered: one entry for each step that was sent, in order, with one exchange each, or one for
    /// each page; before each of these, one for every try that got no answer or one that says nothing (429, 503).
    ///
    /// A signature that was asked for is not kept: the messages hold `${sigv4}` in its place.
    pub answers: Vec<Vec<Exchange>>,
}

/// How much of a conversation was heard that somebody else held.
///
/// Whoever held it did not wait for effects to show, so an answer may have come too early to be held against the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overheard {
    /// All that its domain ever heard.
    Whole,
    /// It begins in the middle: the target may hold what nobody saw made.
    Midway,
}

/// Reads a transcript; a case is one without answers. `file` is what problems call the text, and without `.case` the
/// name of the transcript.
pub fn parse(text: &str, file: &str) -> Result<Transcript, Problem> {
    let mut lines = Lines::new(text, file)?;
    let (mut case, mut about) = read_head(&mut lines)?;
    let mut overheard = None;
    let mut given = Vec::new();
    let mut with = Values::new();
    if about.is_none() {
        if let Some(line) = lines.take("overheard") {
            overheard = Some(match line.text {
                "" => Overheard::Whole,
                "midway" => Overheard::Midway,
                other => {
                    let expected = "`overheard` alone, or `overheard midway`";
                    return Err(line.problem(format!("`{other}` behind `overheard`"), expected));
                }
            });
        }
        while let Some(line) = lines.take("given") {
            given.push(read_given(&line)?);
        }
        while let Some(line) = lines.take("with") {
            let (name, value) = read_assignment(&line, "`with NAME = VALUE`")?;
            with.set(line.read(name)?, line.read(value)?);
        }
        end_block(&mut lines)?;
    }
    let mut answers: Vec<Vec<Exchange>> = Vec::new();
    let mut known = with.clone();
    while lines.peek().is_some() {
        let step = read_step(&mut lines, about.take())?;
        let mut exchanges: Vec<Exchange> = Vec::new();
        while matches!(
            lines.peek().and_then(|line| line.bytes().next()),
            Some(b'<' | b'!')
        ) {
            if answers.len() < case.steps.len() {
                return Err(lines.problem(
                    "an answer to a step behind one that was not sent",
                    "answers to the first steps only: what follows an unsent step is not sent",
                ));
            }
            let sent = match exchanges.last() {
                None => message(&step, &known).map_err(|unbound| {
                    lines.problem(format!("an answer to a step that cannot have been sent: {unbound}"), "")
                })?,
                Some(last) => follow_up(&step, answered(&exchanges), last).ok_or_else(|| {
                    let expected = "more answers only where `~ pages` allows them and a `NextToken` asks for them";
                    lines.problem("an answer to a page that was not asked for", expected)
                })?,
            };
            exchanges.push(read_exchange(&mut lines, sent)?);
        }
        if let Some(response) = told(&exchanges) {
            // A value that is missing shows at the step that needs it.
            let _ = learn(&step, response, &mut known);
        }
        if !exchanges.is_empty() {
            answers.push(exchanges);
        }
        case.steps.push(step);
        end_block(&mut lines)?;
    }
    let name = file.strip_suffix(".case").unwrap_or(file).to_owned();
    Ok(Transcript {
        name,
        case,
        overheard,
        given,
        with,
        answers,
    })
}

/// Writes a transcript, all but its name.
///
/// What is read back is equal if the messages are those that the case, the values and the answers lead to.
pub fn print(transcript: &Transcript) -> String {
    let Transcript {
        name: _,
        case,
        overheard,
        given,
        with,
        answers: _,
    } = transcript;
    let mut out = String::with_capacity(512 * (1 + case.steps.len()));
    print_head(&mut out, case);
    match overheard {
        None => {}
        Some(Overheard::Whole) => out.push_str("overheard\n"),
        Some(Overheard::Midway) => out.push_str("overheard midway\n"),
    }
    for (choice, options) in given {
        let _ = write!(out, "given {} =", choice.choice().id);
        for option in options.iter() {
            if let Some(name) = choice.choice().options.get(usize::from(option)) {
                let _ = write!(out, " {name}");
            }
        }
        out.push('\n');
    }
    for (name, value) in with.iter() {
        out.push_str("with ");
        write_text(&mut out, name, Place::Word);
        out.push_str(" =");
        if !value.is_empty() {
            out.push(' ');
        }
        write_text(&mut out, value, Place::Tail);
        out.push('\n');
    }
    print_steps(transcript, 0, &mut out);
    out
}

/// Appends the steps from one on (from 0), as they stand behind what was written before.
pub fn print_steps(transcript: &Transcript, from: usize, out: &mut String) {
    let answers = transcript.answers.iter().skip(from).map(Vec::as_slice);
    let steps = transcript.case.steps.iter().skip(from);
    for (step, exchanges) in steps.zip(answers.chain(std::iter::repeat(&[][..]))) {
        if from > 0 && out.is_empty() {
            out.push('\n');
        } else {
            begin_block(out);
        }
        print_step(out, step);
        for exchange in exchanges {
            print_exchange(out, exchange);
        }
    }
}

fn read_given(line: &Line<'_>) -> Result<(ChoiceId, Options), Problem> {
    let (name, options) = read_assignment(line, "`given CHOICE = OPTION [OPTION …]`")?;
    let Some(id) = ChoiceId::find(name) else {
        return Err(line.problem(
            format!("unknown choice `{name}`"),
            "a choice of this version of the contract",
        ));
    };
    let mut possible = Options::NONE;
    for option in options.split(' ').filter(|option| !option.is_empty()) {
        let Some(at) = id
            .choice()
            .options
            .iter()
            .position(|known| *known == option)
        else {
            let expected = format!("`{}`", id.choice().options.join("`, `"));
            return Err(line.problem(format!("`{name}` has no option `{option}`"), expected));
        };
        possible = possible.or(Options::only(at as u8));
    }
    Ok((id, possible))
}

/// Splits `NAME = VALUE`.
fn read_assignment<'a>(line: &Line<'a>, expected: &str) -> Result<(&'a str, &'a str), Problem> {
    let (name, value) = line.text.split_once(' ').unwrap_or((line.text, ""));
    match value.strip_prefix('=') {
        Some(value) => Ok((name, value.strip_prefix(' ').unwrap_or(value))),
        None => Err(line.problem("no `=` behind the name", expected)),
    }
}

fn read_exchange(lines: &mut Lines<'_>, message: Message) -> Result<Exchange, Problem> {
    if let Some(line) = lines.take("!") {
        let (what, at_ms, took_us) = read_times(&line)?;
        let (name, detail) = what.split_once(": ").unwrap_or((what, ""));
        let Some((kind, _)) = NoAnswerKind::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
        else {
            let names = NoAnswerKind::ALL.map(|(_, name)| name).join("`, `");
            return Err(line.problem(
                format!("`{name}` is no reason for the lack of an answer"),
                format!("`{names}`"),
            ));
        };
        let answer = Answer::None(NoAnswer {
            kind,
            detail: line.read(detail)?,
        });
        return Ok(Exchange {
            message,
            answer,
            at_ms,
            took_us,
        });
    }
    let Some(line) = lines.take("<") else {
        return Err(lines.problem(
            "no blank behind the sigil",
            "`< STATUS at SECONDS took SECONDS`",
        ));
    };
    let (status, at_ms, took_us) = read_times(&line)?;
    let Some(status) = read_number(status) else {
        return Err(line.problem(
            format!("`{status}` is no status"),
            "`< STATUS at SECONDS took SECONDS`",
        ));
    };
    let mut headers = Headers::default();
    while lines.peek().is_some_and(|line| !is_status_line(line))
        && let Some(line) = lines.take("<")
    {
        let (name, value) = read_header(&line, "<")?;
        headers.push(name, value);
    }
    let body = match read_text(lines)? {
        Some(text) => Bytes::from(text),
        None => read_bytes(lines)?.unwrap_or_default(),
    };
    Ok(Exchange {
        message,
        answer: Answer::Response(Response {
            status,
            headers,
            body,
        }),
        at_ms,
        took_us,
    })
}

/// Whether a line begins an answer. A header line does not look so: its name holds no blank.
fn is_status_line(line: &str) -> bool {
    line.strip_prefix("< ").is_some_and(|line| {
        line.trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with(" at ")
    })
}

/// Splits `WHAT at SECONDS took SECONDS` from its end: what is in front may be any text.
fn read_times<'a>(line: &Line<'a>) -> Result<(&'a str, i64, u64), Problem> {
    let split = || {
        let (front, took) = line.text.rsplit_once(" took ")?;
        let (what, at) = front.rsplit_once(" at ")?;
        let (negative, at) = at.strip_prefix('-').map_or((false, at), |at| (true, at));
        let (at, took) = (read_decimal(at, 3)?, read_decimal(took, 6)?);
        let at = if negative {
            0i64.checked_sub_unsigned(at)?
        } else {
            i64::try_from(at).ok()?
        };
        Some((what, at, took))
    };
    split().ok_or_else(|| {
        let expected = "`at SECONDS took SECONDS` at the end, with 3 and 6 decimals, as in `at 1700000000.123 took 0.004512`";
        line.problem("no times", expected)
    })
}

/// A number with exactly so many decimals, in units of the last one.
fn read_decimal(text: &str, decimals: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.')?;
    if whole.is_empty() || fraction.len() != decimals {
        return None;
    }
    let scale = 10u64.pow(decimals as u32);
    read_number::<u64>(whole)?
        .checked_mul(scale)?
        .checked_add(read_number(fraction)?)
}

fn print_exchange(out: &mut String, exchange: &Exchange) {
    match &exchange.answer {
        Answer::Response(response) => {
            // Writing to a String cannot fail, here and below.
            let _ = write!(out, "< {}", response.status);
            print_times(out, exchange);
            for (name, value) in response.headers.iter() {
                print_header(out, "<", name, value);
            }
            match std::str::from_utf8(&response.body) {
                Ok("") => {}
                Ok(text) if is_legible(text) => print_text(out, text),
                _ => write_hex(out, &response.body),
            }
        }
        Answer::None(NoAnswer { kind, detail }) => {
            let _ = write!(out, "! {}", kind.name());
            if !detail.is_empty() {
                out.push_str(": ");
                write_text(out, detail, Place::Tail);
            }
            print_times(out, exchange);
        }
    }
}

/// Whether a body is worth showing as text.
fn is_legible(text: &str) -> bool {
    !text
        .chars()
        .any(|c| is_unclean(c) && c != '\n' && c != '\r')
}

fn print_times(out: &mut String, exchange: &Exchange) {
    let sign = if exchange.at_ms < 0 { "-" } else { "" };
    let at = exchange.at_ms.unsigned_abs();
    let took = exchange.took_us;
    let _ = writeln!(
        out,
        " at {sign}{}.{:03} took {}.{:06}",
        at / 1000,
        at % 1000,
        took / 1_000_000,
        took % 1_000_000
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::text::tests::{any_bytes, any_case, any_text};
    use super::super::{Binding, Say, text};
    use super::*;

    fn any_answer() -> impl Strategy<Value = (Answer, i64, u64)> {
        let body = prop_oneof![
            any_bytes(),
            any_text().prop_map(Bytes::from),
            (any_text(), any_text()).prop_map(|(token, id)| {
                let body = crate::wire::Json::Object(vec![
                    ("NextToken".into(), token.as_str().into()),
                    ("Id".into(), id.as_str().into()),
                ]);
                Bytes::from(body.to_string())
            }),
        ];
        let headers = prop::collection::vec((any_text(), any_text()), 0..3);
        let response = (prop_oneof![Just(200u16), any::<u16>()], headers, body).prop_map(
            |(status, headers, body)| {
                Answer::Response(Response {
                    status,
                    headers: headers.into_iter().collect(),
                    body,
                })
            },
        );
        let none = (prop::sample::select(NoAnswerKind::ALL.to_vec()), any_text())
            .prop_map(|((kind, _), detail)| Answer::None(NoAnswer { kind, detail }));
        (
            prop_oneof![4 => response, 1 => none],
            any::<i64>(),
            any::<u64>(),
        )
    }

    /// Plays a case against prepared answers, as a replay would.
    fn play(case: Case, with: Values, answers: Vec<(Answer, i64, u64)>) -> Transcript {
        let mut known = with.clone();
        let mut answers = answers.into_iter();
        let mut all = Vec::new();
        'steps: for step in &case.steps {
            let mut exchanges: Vec<Exchange> = Vec::new();
            let mut next = message(step, &known).ok();
            while let Some(message) = next {
                let Some((answer, at_ms, took_us)) = answers.next() else {
                    break;
                };
                exchanges.push(Exchange {
                    message,
                    answer,
                    at_ms,
                    took_us,
                });
                next = exchanges
                    .last()
                    .and_then(|last| follow_up(step, answered(&exchanges), last));
            }
            if exchanges.is_empty() {
                break 'steps;
            }
            if let Some(response) = told(&exchanges) {
                let _ = learn(step, response, &mut known);
            }
            all.push(exchanges);
        }
        Transcript {
            name: "a/b".into(),
            case,
            overheard: None,
            given: Vec::new(),
            with,
            answers: all,
        }
    }

    fn any_transcript() -> impl Strategy<Value = Transcript> {
        let with = prop::collection::vec((any_text(), any_text()), 0..3);
        let choices: Vec<ChoiceId> = ChoiceId::all().collect();
        let given = prop::collection::vec((prop::sample::select(choices), any::<u8>()), 0..3);
        let overheard =
            prop::sample::select(vec![None, Some(Overheard::Whole), Some(Overheard::Midway)]);
        (
            any_case(),
            overheard,
            with,
            given,
            prop::collection::vec(any_answer(), 0..8),
        )
            .prop_map(|(mut case, overheard, with, given, answers)| {
                for step in &mut case.steps {
                    step.bindings.push(Binding {
                        name: "id".into(),
                        pointer: "/Id".into(),
                    });
                    if let Say::Request { target, .. } = &mut step.say
                        && target.len() % 2 == 0
                    {
                        *target = "/a/${id|uri}".into();
                    }
                }
                let with = with.into_iter().chain([
                    ("domain".to_owned(), "d".to_owned()),
                    ("id".to_owned(), "1".to_owned()),
                ]);
                let given = given
                    .into_iter()
                    .map(|(id, options)| (id, Options(options).and(id.options())))
                    .collect();
                Transcript {
                    overheard,
                    given,
                    ..play(case, with.collect(), answers)
                }
            })
    }

    proptest! {
        #[test]
        fn every_transcript_survives_the_text(transcript in any_transcript()) {
            let printed = print(&transcript);
            let parsed = parse(&printed, "a/b.case").map_err(|problem| TestCaseError::fail(problem.to_string()))?;
            prop_assert_eq!(&parsed, &transcript, "{}", printed);
            prop_assert_eq!(print(&parsed), printed);
        }

        #[test]
        fn a_case_is_a_transcript_without_answers(case in any_case()) {
            let transcript = parse(&text::print(&case), "a.case").map_err(|problem| TestCaseError::fail(problem.to_string()))?;
            prop_assert_eq!(transcript.case, case);
            prop_assert!(transcript.answers.is_empty());
        }
    }

    const RECORDED: &str = "\
# Two pages, and a silence.
given cap.duplicate-domain = reject accept-identical
with domain = d-1

> GET /domains/${domain}/object-types?max-results=1
> authorization: ${sigv4}
~ pages 3
@ name = /Items/0/ObjectTypeName
< 200 at 1700000000.123 took 0.004512
< content-type: application/json
| {\"Items\":[{\"ObjectTypeName\":\"T/1\"}],\"NextToken\":\"a=\"}
< 200 at 1700000000.130 took 0.001000
x ff fe

> GET /domains/${domain}/object-types/${name|uri}
! timeout: nothing within 10 s at 1700000001.000 took 10.000000

> GET /domains/${domain}
";

    #[test]
    fn requests_follow_from_case_values_and_answers() {
        let transcript = parse(RECORDED, "corpus/a.case").expect("a transcript");
        assert_eq!(print(&transcript), RECORDED);
        assert_eq!(transcript.name, "corpus/a");
        let targets = transcript
            .answers
            .iter()
            .flatten()
            .map(|exchange| match &exchange.message {
                Message::Request(request) => request.target.as_str(),
                Message::Raw(_) => "raw",
            });
        assert_eq!(
            targets.collect::<Vec<_>>(),
            [
                "/domains/d-1/object-types?max-results=1",
                "/domains/d-1/object-types?max-results=1&next-token=a%3D",
                "/domains/d-1/object-types/T%2F1",
            ]
        );
        let first = &transcript.answers[0][0];
        assert_eq!((first.at_ms, first.took_us), (1_700_000_000_123, 4_512));
        assert_eq!(
            first.message,
            match &first.message {
                Message::Request(request) => Message::Request(crate::wire::Request {
                    headers: [("authorization", "${sigv4}")].into_iter().collect(),
                    ..request.clone()
                }),
                Message::Raw(_) => panic!("raw"),
            }
        );
    }

    #[test]
    fn problems_of_recordings_have_a_place_too() {
        let answer = "< 200 at 0.000 took 0.000000\n";
        for (text, line, found) in [
            (
                "given cap.nonsense = yes\n",
                1,
                "unknown choice `cap.nonsense`",
            ),
            (
                "given cap.auth = maybe\n",
                1,
                "`cap.auth` has no option `maybe`",
            ),
            ("with domain d\n", 1, "no `=` behind the name"),
            ("> GET /\n< 200\n", 2, "no times"),
            ("> GET /\n< 200 at 0.00 took 0.000000\n", 2, "no times"),
            (
                "> GET /\n< OK at 0.000 took 0.000000\n",
                2,
                "`OK` is no status",
            ),
            (
                "> GET /\n! bored at 0.000 took 0.000000\n",
                2,
                "`bored` is no reason for the lack of an answer",
            ),
            (
                &format!("> GET /\n{answer}{answer}"),
                3,
                "an answer to a page that was not asked for",
            ),
            (
                &format!("> GET /\n\n> GET /\n{answer}"),
                4,
                "an answer to a step behind one that was not sent",
            ),
            (
                &format!("> GET /\n{answer}expect 200\n"),
                3,
                "`expect` out of place",
            ),
        ] {
            let problem = parse(text, "a.case").expect_err(text);
            assert_eq!(
                (problem.line, problem.found.as_str()),
                (line, found),
                "{text}"
            );
        }
        let problem = parse(&format!("> GET /${{id}}\n{answer}"), "a.case").expect_err("unbound");
        assert!(
            problem
                .found
                .starts_with("an answer to a step that cannot have been sent: placeholder `${id}`"),
            "{problem}"
        );
    }

    #[test]
    fn bodies_that_are_not_legible_are_hex() {
        for (body, printed) in [
            (&b"{}\r\n"[..], "| \\{}\\r\n|\n"),
            (b"\x1b[31m", "x 1b 5b 33 31 6d\n"),
            (b"\xc3\x28", "x c3 28\n"),
            (b"", ""),
            (b"a ", "| \\a\\u{20}\n"),
        ] {
            let case = text::parse("> GET /\n", "").expect("a case");
            let response = Response {
                status: 200,
                headers: Headers::default(),
                body: Bytes::from_static(body),
            };
            let transcript = play(
                case,
                Values::new(),
                vec![(Answer::Response(response), -1, 0)],
            );
            assert_eq!(
                print(&transcript),
                format!("> GET /\n< 200 at -0.001 took 0.000000\n{printed}")
            );
        }
    }
}
