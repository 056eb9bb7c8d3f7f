//! Values that tend to be treated wrongly, by what they are: texts, integers, names of members, and other ways to write a path.

use super::draw::Draw;

/// Texts that tend to be treated wrongly.
pub(super) const TEXTS: &[&str] = &[
    "a",
    "A",
    "b",
    "",
    " ",
    "a ",
    "é",
    "e\u{301}",
    "İ",
    "ß",
    "\u{1f600}",
    "0",
    "1",
    "00",
    "-1",
    "1e3",
    "null",
    "true",
    "_profileId",
    "_email",
    "_phone",
    "_account",
    "_fullName",
    "_source.a",
    "_profile.EmailAddress",
    "_profile.Attributes.a",
    "_profile.Attributes.Mixed-Case_9",
    "_profile.ShippingAddress.City",
    "_asset.Name",
    "{{a.b}}",
    "{{#if a}}b{{/if}}",
    "{{_source.id}} {{_source.id}}",
    "{{{_source.id}}}",
    "Ann@Example.com",
    "ann@example.com",
    "+15550100",
    "UNIQUE",
    "PROFILE",
    "NEW_ONLY",
    "LOOKUP_ONLY",
    "SECONDARY",
    "ASSET",
    "CASE",
    "STRING",
    "NUMBER",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "NAME",
    "%2F",
    "%2561",
    "a+b",
    "a/../b",
    "O'Neil & <b>",
    "__proto__",
    "2147483648",
    "9007199254740993",
];

/// Integers as they stand in a body: at the edges of 31, 32, 53, 63 and 64 bits, behind them (where what is cut off leaves a small
/// number), with an exponent and with a fraction of nothing.
pub(super) const INTEGERS: &[&str] = &[
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "4294967326",
    "65566",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551646",
    "1000000000000000000000000000000",
    "3e1",
    "1E2",
    "1e400",
    "-0",
    "30.0",
    "30.5",
];

/// Sizes of a page that are none, or written in a way of their own. None has a `+`: who signs a query and who reads it need not agree whether
/// that is a blank.
const SIZES: &[&str] = &[
    "0", "101", "1", "100", "-1", "x", "1.5", "", "01", "001", "%2B1", "%31", "%201", "1%20",
    "1%00", "1,0", "0x10", "%D9%A1",
];

/// Queries of a listing that ask for something else, or for nothing.
const QUERIES: &[&str] = &[
    "next-token=",
    "next-token=garbage",
    "next-token=%00",
    "next-token=${repeat 1024 a}",
    "next-token=${repeat 1025 a}",
    "max-results",
    "max-results=2&max-results=2",
    "max-results=1&x=%2F%20y",
    "max%2Dresults=1",
    "MaxResults=0",
    "maxResults=0&NextToken=x",
];

/// The query of a listing: mostly with a size of a page, half of them such as nobody has.
pub(super) fn query(draw: &mut Draw<'_>) -> String {
    let size = match draw.below(5) {
        0 | 1 => draw.one_of(SIZES),
        2 | 3 => draw.one_of(INTEGERS),
        _ => return draw.one_of(QUERIES).to_owned(),
    };
    format!("max-results={size}")
}

/// Names that members of a JSON object seldom have, and that some readers or stores take for something else. The last are almost
/// those of fields.
pub(super) const MEMBERS: &[&str] = &[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "prototype",
    "",
    " ",
    "a.b",
    "a/b",
    "a~1b",
    "$ref",
    "$",
    "@type",
    "__type",
    "_source",
    "_id",
    "length",
    "0",
    "null",
    "\u{e9}",
    "e\u{301}",
    "\u{1f600}",
    "\"\\\n",
    "{{id}}",
    "ID",
    "iD",
    "id ",
    "Mail",
    "DEEP",
];

/// How a slash may be written; the last ones walk into something and out of it again.
const SLASHES: [&str; 9] = [
    "%2F",
    "%2f",
    "//",
    "/./",
    "/%2E/",
    "%5C",
    "%252F",
    "/profiles/../",
    "/profiles/%2E%2E/",
];

/// What may stand behind a label.
const ENDS: [&str; 25] = [
    "%20",
    "+",
    "%2B",
    ".",
    "%2E",
    "..",
    "/..",
    "/%2E%2E",
    "%2F..",
    "/.",
    "/",
    "%2F",
    "%252F",
    "%25",
    "%2525",
    "%",
    "%0A",
    "%00",
    ";v=1",
    "%3Bv",
    "%3F",
    "%23",
    "%C3%A9",
    "%F0%9F%98%80",
    "%FF",
];

/// A target whose path is written otherwise: a slash, a character of the last label, or its end.
///
/// However a server reads it, it leads to nothing outside what the target leads to.
pub(super) fn respelt(draw: &mut Draw<'_>, target: &str) -> Option<String> {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let path = match draw.below(3) {
        0 => with_slash(draw, path)?,
        1 => with_character(draw, path)?,
        _ => format!("{path}{}", draw.one_of(&ENDS)),
    };
    Some(format!("{path}{query}"))
}

/// The path with another slash, behind its first segment.
fn with_slash(draw: &mut Draw<'_>, path: &str) -> Option<String> {
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).skip(1).collect();
    let which = draw.below(slashes.len());
    let at = *slashes.get(which)?;
    // What is walked into stands below the domain.
    let ways = if which == 0 { &SLASHES[..7] } else { &SLASHES };
    let way = draw.one_of(ways);
    Some(format!("{}{way}{}", &path[..at], &path[at + 1..]))
}

/// The path with a character of its last label encoded, once or twice; a placeholder is encoded as a whole.
pub(super) fn with_character(draw: &mut Draw<'_>, path: &str) -> Option<String> {
    let start = label(path)?;
    let label = &path[start..];
    let twice = draw.once_in(2);
    if let Some(name) = label
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
    {
        let filters = if twice { "percent|uri" } else { "percent" };
        return Some(format!("{}${{{name}|{filters}}}", &path[..start]));
    }
    let letters: Vec<usize> = letters(label).collect();
    let at = start + *draw.pick(&letters)?;
    let percent = if twice { "%25" } else { "%" };
    let byte = path.as_bytes()[at];
    let lower = draw.once_in(2);
    let digits = if lower {
        format!("{byte:02x}")
    } else {
        format!("{byte:02X}")
    };
    Some(format!(
        "{}{percent}{digits}{}",
        &path[..at],
        &path[at + 1..]
    ))
}

/// Where the last segment of a path begins, if it is a label.
fn label(path: &str) -> Option<usize> {
    let (before, _) = path.rsplit_once('/')?;
    let mut segments = before.rsplit('/');
    let collection = segments.next()?;
    let collections = ["domains", "object-types", "templates", "tags"];
    collections
        .contains(&collection)
        .then_some(before.len() + 1)
}

/// Where the letters and digits of a label are, those of escapes and placeholders aside.
fn letters(label: &str) -> impl Iterator<Item = usize> {
    let mut escape = 0_usize;
    let mut inside = false;
    label.bytes().enumerate().filter_map(move |(at, byte)| {
        inside |= byte == b'$';
        let plain = escape == 0 && !inside && byte.is_ascii_alphanumeric();
        escape = if byte == b'%' {
            2
        } else {
            escape.saturating_sub(1)
        };
        inside &= byte != b'}';
        plain.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::draw::noise;
    use crate::wire::percent;

    fn all_of(target: &str) -> Vec<String> {
        let spelt = (0..300).filter_map(|number| respelt(&mut Draw::new(&noise(number)), target));
        spelt.collect()
    }

    #[test]
    fn a_path_is_written_otherwise_and_nothing_else_of_it() {
        let target = "/domains/${domain}/object-types/Ticket?max-results=2";
        let spelt = all_of(target);
        assert!(spelt.len() > 200, "{}", spelt.len());
        for other in &spelt {
            assert_ne!(other, target);
            assert!(other.starts_with("/domains"), "{other}");
            assert!(other.contains("${domain}"), "{other}");
            assert!(other.ends_with("?max-results=2"), "{other}");
        }
        for part in [
            "%2Fobject-types",
            "object-types%2f",
            "/profiles/../",
            "%2554icket",
            "Ticket%2F..",
            "%FF",
        ] {
            assert!(
                spelt.iter().any(|other| other.contains(part)),
                "{part}: {spelt:#?}"
            );
        }
    }

    #[test]
    fn a_character_encoded_once_is_the_same_and_twice_is_not() {
        let path = "/domains/${domain}/object-types/a-B_9";
        let (mut once, mut twice) = (0, 0);
        for number in 0..256 {
            let other = with_character(&mut Draw::new(&noise(number)), path).expect("a label");
            let decoded = percent::decode(&other).expect("escapes");
            let same = usize::from(decoded == path);
            once += same;
            twice += usize::from(percent::decode(&decoded).as_deref() == Some(path)) - same;
        }
        assert_eq!(once + twice, 256);
        assert!(once > 50 && twice > 50, "{once}, {twice}");
    }

    #[test]
    fn only_labels_and_what_is_written_out_in_them_is_encoded() {
        let nothing = &mut Draw::new(&[]);
        assert_eq!(
            with_character(nothing, "/domains/${domain}/profiles/search"),
            None
        );
        let encoded = with_character(nothing, "/domains/${domain}");
        assert_eq!(encoded.as_deref(), Some("/domains/${domain|percent}"));
        let arn = "${arn|uri}%3Adomains%2F${domain|uri}";
        let letters: String = letters(arn)
            .map(|at| char::from(arn.as_bytes()[at]))
            .collect();
        assert_eq!(letters, "domains");
    }
}
