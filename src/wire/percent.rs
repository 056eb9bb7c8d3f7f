//! Percent-encoding as AWS restJson1 asks for it: everything outside the unreserved set of RFC 3986 is encoded, and a
//! label or a query value is decoded exactly once.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved set of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Encodes a value for a label or for either side of a query pair.
///
/// ```
/// use profile_contract::wire::percent;
///
/// assert_eq!(percent::encode("arn:aws:profile/ä b"), "arn%3Aaws%3Aprofile%2F%C3%A4%20b");
/// ```
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// Decodes once; a `+` stays a `+`.
///
/// `None` if an escape is not two hex digits, or if what comes out is not UTF-8: such a value has no meaning as a string,
/// and which one a server guesses is its own affair.
pub fn decode(value: &str) -> Option<String> {
    if !value.contains('%') {
        return Some(value.to_owned());
    }
    let mut rest = value.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return None,
        }
    }
    percent_decode_str(value)
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

/// The pairs of a query in order, each side decoded by itself, `None` where it cannot be.
///
/// A pair without `=` has an empty value; nothing between two `&` is no pair.
pub fn query_pairs(query: &str) -> Vec<(Option<String>, Option<String>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_all_but_the_unreserved_set() {
        let ascii: String = (0u8..128).map(char::from).collect();
        let kept: String = encode(&ascii)
            .split('%')
            .skip(1)
            .filter_map(|part| part.get(2..))
            .collect();
        assert_eq!(
            kept,
            "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
        );
    }

    #[test]
    fn decodes_exactly_once() {
        assert_eq!(decode("%2541").as_deref(), Some("%41"));
        assert_eq!(decode("a+b%2Bc").as_deref(), Some("a+b+c"));
        assert_eq!(decode("%c3%A4").as_deref(), Some("ä"));
        assert_eq!(decode("%00").as_deref(), Some("\0"));
    }

    #[test]
    fn refuses_what_has_no_meaning() {
        for broken in ["%", "%4", "%4g", "a%", "%%41", "%ff", "%c3", "%+1", "%ä"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn splits_a_query_before_decoding_it() {
        let pair = |name: &str, value: &str| (Some(name.to_owned()), Some(value.to_owned()));
        assert_eq!(query_pairs(""), []);
        assert_eq!(
            query_pairs("a=1&a=%26%3D&&b&=c&d=e=f"),
            [
                pair("a", "1"),
                pair("a", "&="),
                pair("b", ""),
                pair("", "c"),
                pair("d", "e=f"),
            ]
        );
        assert_eq!(
            query_pairs("a=%zz&%=1"),
            [(Some("a".to_owned()), None), (None, Some("1".to_owned()))]
        );
    }

    proptest! {
        #[test]
        fn comes_back(value in any::<String>()) {
            let encoded = encode(&value);
            prop_assert!(encoded.is_ascii() && !encoded.contains(['/', ':', '?', '&', '=', '+', ' ', '#']));
            prop_assert_eq!(decode(&encoded), Some(value));
        }
    }
}
