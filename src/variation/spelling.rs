//! The same JSON in other words: order, white space, escapes, how numbers are written.

use super::random::Random;
use super::{Act, Written};
use crate::bend::{each, json};
use crate::contract::RuleId;
use crate::rule;
use crate::wire::{Headers, Json, Response};

const BODY: &[RuleId] = &[rule!("proto.success-body")];
const TIMES: &[RuleId] = &[
    rule!("proto.timestamp"),
    rule!("domain.update.timestamps"),
    rule!("put-type.timestamps"),
];

pub(super) const VARIATIONS: &[Written] = &[
    Written {
        id: "members-in-another-order",
        rules: BODY,
        departs: &[],
        about: "sends members in another order each time",
        act: Act::Answer(|_, said, memory| shuffle(&mut said.body, &mut memory.random)),
    },
    Written {
        id: "pretty",
        rules: BODY,
        departs: &[],
        about: "sends JSON over many lines, with blanks before and after",
        act: Act::Print(|response, _| {
            respell(response, |body| format!("\r\n\t {}\n \n", pretty(body)));
        }),
    },
    Written {
        id: "escaped",
        rules: &[rule!("proto.unicode-roundtrip")],
        departs: &[],
        about: "escapes every other character, slashes and everything outside ASCII",
        act: Act::Print(|response, _| respell(response, |body| escaped(&body.to_string()))),
    },
    Written {
        id: "objects-respelt",
        rules: &[rule!("list-objects.item.object")],
        departs: &[],
        about: "lists objects with their members in another order, with blanks, and numbers written otherwise",
        act: Act::Answer(|call, said, memory| {
            if call.is("ListProfileObjects") {
                each(&mut said.body, &["Items", "*", "Object"], &mut |object| {
                    if let Json::String(text) = object
                        && let Ok(mut value) = Json::parse(text.as_bytes())
                        && !value.has_duplicate_members()
                    {
                        shuffle(&mut value, &mut memory.random);
                        numbers(&mut value);
                        *text = format!(" {} ", pretty(&value));
                    }
                });
            }
        }),
    },
    Written {
        id: "whole-seconds",
        rules: TIMES,
        departs: &[],
        about: "shows times in whole seconds",
        act: Act::Answer(|_, said, _| times(&mut said.body, |ms| (ms / 1000).to_string())),
    },
    Written {
        id: "seconds-with-exponent",
        rules: TIMES,
        departs: &[],
        about: "shows times with an exponent: 1.628851957748E9",
        act: Act::Answer(|_, said, _| {
            times(&mut said.body, |ms| {
                let digits = ms.to_string();
                let (first, rest) = digits.split_at(1);
                format!("{first}.{rest}E{}", digits.len() - 4)
            });
        }),
    },
    Written {
        id: "seconds-with-many-digits",
        rules: TIMES,
        departs: &[],
        about: "shows times with nine decimals",
        act: Act::Answer(|_, said, _| {
            times(&mut said.body, |ms| {
                format!("{}.{:03}000000", ms / 1000, ms % 1000)
            });
        }),
    },
];

/// Puts the members of every object in another order; what has two of one name keeps its order.
fn shuffle(value: &mut Json, random: &mut Random) {
    match value {
        Json::Object(members) => {
            members
                .iter_mut()
                .for_each(|(_, value)| shuffle(value, random));
            let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            if names.windows(2).all(|pair| pair[0] != pair[1]) {
                random.shuffle(members);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|value| shuffle(value, random)),
        _ => {}
    }
}

/// Writes small integers as fractions and with exponents.
fn numbers(value: &mut Json) {
    match value {
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| numbers(value)),
        Json::Array(items) => items.iter_mut().for_each(numbers),
        Json::Number(number) => {
            if let Some(small) = number.as_i64().filter(|number| number.abs() < 1 << 40) {
                *value = json(&match small % 2 {
                    0 => format!("{small}.0"),
                    _ => format!("{small}0E-1"),
                });
            }
        }
        _ => {}
    }
}

/// Writes all times of an answer anew, from their milliseconds.
fn times(body: &mut Json, write: impl Fn(i64) -> String) {
    for name in ["CreatedAt", "LastUpdatedAt"] {
        for path in [&[name][..], &["Items", "*", name]] {
            each(body, path, &mut |time| {
                if let Json::Number(seconds) = time {
                    // Milliseconds of our time are far below 2^53.
                    let ms = (seconds.as_f64() * 1000.0).round() as i64;
                    *time = json(&write(ms));
                }
            });
        }
    }
}

fn respell(response: &mut Response, write: impl Fn(&Json) -> String) {
    if let Ok(body) = Json::parse(&response.body) {
        response.body = write(&body).into();
        let others = response.headers.iter();
        let others = others.filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        response.headers = others.collect::<Headers>();
    }
}

/// JSON with white space wherever it may be.
fn pretty(value: &Json) -> String {
    let list = |parts: Vec<String>, open: char, close: char| match parts.is_empty() {
        true => format!("{open} {close}"),
        false => format!("{open}\n\t{}\r\n{close}", parts.join(" ,\n\t")),
    };
    match value {
        Json::Array(items) => list(items.iter().map(pretty).collect(), '[', ']'),
        Json::Object(members) => {
            let member = |(name, value): &(String, Json)| {
                format!("{} : {}", Json::from(name.as_str()), pretty(value))
            };
            list(members.iter().map(member).collect(), '{', '}')
        }
        other => other.to_string(),
    }
}

/// The text of some JSON with more escapes than it needs.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    let mut units = [0; 2];
    let mut in_string = false;
    let mut chars = text.chars().enumerate();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' => {
                // An escape stays as it is, the digits of a `\u` included.
                out.push(c);
                let next = chars.next().map(|(_, next)| next);
                out.extend(next);
                if next == Some('u') {
                    out.extend(chars.by_ref().take(4).map(|(_, digit)| digit));
                }
            }
            '/' if in_string => out.push_str("\\/"),
            c if in_string && (!c.is_ascii() || at % 2 == 0) => {
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_respelt_is_the_same() {
        let text = r#"{"a\"\\/":[1,-2.50,{"ü🗝":"\u0001 \\u0041"}],"b":{},"c":[]}"#;
        let value = Json::parse(text.as_bytes()).expect("JSON");
        for respelt in [pretty(&value), escaped(&value.to_string())] {
            let read = Json::parse(respelt.as_bytes()).expect("still JSON");
            assert!(read.same(&value), "{respelt}");
        }
        let mut other = value.clone();
        shuffle(&mut other, &mut Random::new(3));
        numbers(&mut other);
        assert!(other.same(&value), "{other}");
    }
}
