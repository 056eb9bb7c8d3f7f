//! Cases as text: [`parse()`] and [`print()`], which undo each other.
//!
//! The format is line based and each kind of line is told by its first characters, so a reader needs no lookahead
//! beyond a line, and an error has a place. `docs/case-format.md` describes it by example. [`print()`] writes every
//! [`Case`](super::Case) in one way: parsing what was printed gives the same value, and printing what was parsed gives
//! the same text if the text was in that form.

pub(super) mod parse;
pub(super) mod print;

pub use parse::parse;
pub use print::print;

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::super::{Binding, Body, Case, Claim, Manner, Piece, Say, Step};
    use super::*;
    use crate::contract::RuleId;

    /// Text of every kind, leaning towards what has a meaning on a line.
    pub(in crate::case) fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                " ",
                "\t",
                "\n",
                "\r",
                "\r\n",
                "\\",
                "\\n",
                "\\u{41}",
                ":",
                ": ",
                "=",
                "#",
                ">",
                ">!",
                "|",
                "x",
                "<",
                "!",
                "@",
                "~",
                "\0",
                "\u{85}",
                "\u{2028}",
                "\u{feff}",
                "${",
                "${domain}",
                "}",
                "\"",
                "/",
                " at ",
                " took ",
                "a",
            ])
            .prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    pub(in crate::case) fn any_bytes() -> impl Strategy<Value = Bytes> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            prop::sample::select(vec![0usize, 1, 31, 32, 33, 64])
                .prop_map(|length| vec![7; length]),
        ]
        .prop_map(Bytes::from)
    }

    fn any_say() -> impl Strategy<Value = Say> {
        let body = prop_oneof![
            Just(Body::None),
            any_text().prop_map(Body::Text),
            any_bytes().prop_map(Body::Bytes),
        ];
        let piece = prop_oneof![
            any_text().prop_map(Piece::Line),
            any_bytes().prop_map(Piece::Bytes)
        ];
        prop_oneof![
            3 => (any_text(), any_text(), prop::collection::vec((any_text(), any_text()), 0..3), body)
                .prop_map(|(method, target, headers, body)| Say::Request { method, target, headers, body }),
            1 => prop::collection::vec(piece, 0..5).prop_map(Say::Raw),
        ]
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let manner = (
            any::<Option<u32>>(),
            prop_oneof![Just(0), any::<u32>()],
            any::<bool>(),
        )
            .prop_map(|(pages, pause_ms, beside)| Manner {
                pages,
                pause_ms,
                beside,
            });
        let claim = prop::option::of(
            (any::<u16>(), prop::option::of(any_text()))
                .prop_map(|(status, error)| Claim { status, error }),
        );
        let binding = (
            prop_oneof!["[a-z][a-z0-9_-]{0,3}", any_text()],
            prop_oneof!["(/[a-zA-Z0-9]{1,3}){0,2}", any_text()],
        )
            .prop_map(|(name, pointer)| Binding { name, pointer });
        let comments = prop::collection::vec(any_text(), 0..3);
        (
            comments,
            any_say(),
            manner,
            claim,
            prop::collection::vec(binding, 0..3),
        )
            .prop_map(|(about, say, manner, claim, bindings)| Step {
                about,
                say,
                manner,
                claim,
                bindings,
            })
    }

    pub(in crate::case) fn any_case() -> impl Strategy<Value = Case> {
        let rules: Vec<RuleId> = RuleId::all().collect();
        (
            prop::collection::vec(any_text(), 0..3),
            prop::collection::vec(prop::sample::select(rules), 0..3),
            prop::option::of(any_text()),
            any::<bool>(),
            prop::collection::vec(any_step(), 0..4),
        )
            .prop_map(|(about, aims, from, alone, steps)| Case {
                about,
                aims,
                from,
                alone,
                steps,
            })
    }

    proptest! {
        #[test]
        fn every_case_survives_the_text(case in any_case()) {
            let printed = print(&case);
            let parsed = parse(&printed, "a.case").map_err(|problem| TestCaseError::fail(problem.to_string()))?;
            prop_assert_eq!(&parsed, &case, "{}", printed);
            prop_assert_eq!(print(&parsed), printed);
        }

        #[test]
        fn whatever_can_be_parsed_can_be_printed(text in prop::collection::vec(
            prop_oneof![any_text(), "(> GET /[a-z]|> a: b|\\| [a-z]*|x [0-9a-f]{2}|#.*|@ a = /b|~ pages 1|expect 2)"], 0..6,
        )) {
            if let Ok(case) = parse(&text.join("\n"), "a.case") {
                prop_assert_eq!(parse(&print(&case), "a.case"), Ok(case));
            }
        }
    }

    const EVERYTHING: &str = "\
# What it shows.
#
# \\escaped\\r
aims put-type.description.length proto.no-5xx
from fuzz, minimised
alone

# A step.
> PUT /domains/${domain}/object-types/T?a=${repeat 3 b}
> content-type: application/json; charset=utf-8
> x-empty:
| {\"Description\": \"é\",
|
|   \"AllowProfileCreation\": true}
~ pages 3
~ pause 1100
expect 400 BadRequestException
@ id = /Items/0/Id
@ all =

> POST /a
x 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f
x ff

>!
| GET / HTTP/1.1
|
x 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
x
x 01
expect 400
";

    #[test]
    fn every_kind_of_line_prints_as_it_was() {
        let case = parse(EVERYTHING, "a.case").expect("a case");
        assert_eq!(print(&case), EVERYTHING);
        assert_eq!(case.about, ["What it shows.", "", "escaped\r"]);
        let Say::Request {
            body: Body::Text(text),
            ..
        } = &case.steps[0].say
        else {
            panic!("a text body")
        };
        assert_eq!(
            text,
            "{\"Description\": \"é\",\n\n  \"AllowProfileCreation\": true}"
        );
        let Say::Raw(pieces) = &case.steps[2].say else {
            panic!("raw bytes")
        };
        assert_eq!(pieces.len(), 4);
        assert_eq!(
            case.steps[2].claim,
            Some(Claim {
                status: 400,
                error: None
            })
        );
    }

    #[test]
    fn comments_belong_to_the_block_they_are_in() {
        let case = parse("# of the step\n> GET /\n", "a.case").expect("a case");
        assert_eq!((case.about.len(), case.steps[0].about.len()), (0, 1));
        let case = parse("# of the case\n\n\n> GET /\n\n", "a.case").expect("a case");
        assert_eq!((case.about.len(), case.steps[0].about.len()), (1, 0));
    }

    #[test]
    fn problems_have_a_place_and_say_what_would_have_been_right() {
        for (text, expected) in [
            (
                "# x\naims put-type.descripton.length\n\n> GET /\n",
                "a.case:2: unknown rule `put-type.descripton.length` in `aims`; did you mean `put-type.description.length`?\n  2 | aims put-type.descripton.length",
            ),
            (
                "aims nonsense\n",
                "a.case:1: unknown rule `nonsense` in `aims`\n  1 | aims nonsense\n    | expected an id that `profile-contract rules` lists",
            ),
            (
                "> GET /\n> content-type application/json\n",
                "a.case:2: header has no colon\n  2 | > content-type application/json\n    | expected `> name: value`",
            ),
            (
                "> GET\n",
                "a.case:1: request line has no target\n  1 | > GET\n    | expected `> METHOD TARGET`",
            ),
            (
                "> GET /\n| a\nx 00\n",
                "a.case:3: text and hex in one body\n  3 | x 00\n    | expected either `|` lines or `x` lines",
            ),
            (
                "> GET /\nx 0\n",
                "a.case:2: `0` is not a byte in hex\n  2 | x 0\n    | expected two hex digits a byte with blanks between, as in `x 7b 22 ff`",
            ),
            (
                "> GET /\n~ pages many\n",
                "a.case:2: `many` is no number\n  2 | ~ pages many\n    | expected `~ pages N`, N up to 4294967295",
            ),
            (
                "> GET /\nexpect BadRequest\n",
                "a.case:2: `BadRequest` is no status\n  2 | expect BadRequest\n    | expected `expect STATUS [ERROR]`, as in `expect 400 BadRequestException`",
            ),
            (
                "> GET /\n@ 1d = /Id\n",
                "a.case:2: `1d` is no name\n  2 | @ 1d = /Id\n    | expected letters, digits, `-` and `_`, beginning with a letter",
            ),
            (
                "> GET /\n@ id = Id\n",
                "a.case:2: `Id` is no JSON pointer\n  2 | @ id = Id\n    | expected `@ name = /pointer`",
            ),
            (
                "> GET /\n< 200 at 0.000 took 0.000000\n",
                "a.case:2: `<` out of place\n  2 | < 200 at 0.000 took 0.000000\n    | expected answers in recordings only, behind all other lines of their step",
            ),
            (
                "# a\n\n# b\n\n> GET /\n",
                "a.case:4: no request behind the comment\n    | expected a step, which begins with `> METHOD TARGET` or `>!`",
            ),
        ] {
            assert_eq!(parse(text, "a.case").expect_err(text).to_string(), expected);
        }
    }

    #[test]
    fn lines_out_of_place_are_named() {
        for (text, line, found) in [
            (
                "> GET /\nexpect 200\n~ pages 1\n",
                3,
                "`~ pages` out of place",
            ),
            ("> GET /\nexpect 200\n> GET /b: c\n", 3, "`>` out of place"),
            ("> GET /\n|{}\n", 2, "no blank behind `|`"),
            ("> GET /\nnonsense\n", 2, "a line of no known kind"),
            ("> GET /\nxenon\n", 2, "a line of no known kind"),
            ("alone\naims proto.no-5xx\n", 2, "`aims` out of place"),
            ("from a\n# b\n", 2, "`#` out of place"),
            (">!\n> a: b\n", 2, "`>` out of place"),
            (">! GET /\n", 1, "text behind `>!`"),
            ("alone at last\n", 1, "`alone` says more than that"),
            (
                "> GET /\n@ domain2 = /a\n",
                2,
                "`domain2` is provided by the run",
            ),
            ("> GET /\nexpect +200\n", 2, "`+200` is no status"),
            ("> GET /\n> : b\n", 2, "header has no name"),
            (
                "> GET /\n> GET /b?c: d\n",
                2,
                "blank in the name of a header",
            ),
            ("> GET /\n| \\a\\qb\n", 2, "unknown escape `\\q`"),
        ] {
            let problem = parse(text, "a.case").expect_err(text);
            assert_eq!(
                (problem.line, problem.found.as_str()),
                (line, found),
                "{text}"
            );
        }
    }
}
