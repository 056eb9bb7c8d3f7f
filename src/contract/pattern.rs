//! The patterns of the service model, as functions.
//!
//! Patterns are not anchored unless they say so (contract 1.9): a value matches if any part of it does. `$` here is the
//! end of the value only; that some engines let it stand before a final newline is `proto.pattern-newline`.

use super::shape::Pattern;

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident $text:literal $matches:expr;)*) => {
        $($(#[$doc])* pub(super) static $name: Pattern = Pattern { text: $text, matches: $matches };)*
    };
}

patterns! {
    NAME "^[a-zA-Z0-9_-]+$" |value| all(value, is_name);
    TYPE_NAME "^[a-zA-Z_][a-zA-Z_0-9-]*$" |value| {
        value.bytes().next().is_some_and(is_type_first) && all(value, is_name)
    };
    UUID "[a-f0-9]{32}" |value| longest_run(value, is_id) >= ID_DIGITS;
    TAG_KEY "^(?!aws:)[a-zA-Z+-=._:/]+$" |value| !value.starts_with("aws:") && all(value, is_tag_key);
    TAG_ARN "^arn:[a-z0-9]{1,10}:profile" |value| partition(value).is_some_and(|partition| {
        (1..=10).contains(&partition.len()) && !partition.contains('-')
    });
    KMS_ARN "arn:aws:kms:.*:[0-9]+:.*" |value| value.find("arn:aws:kms:").is_some_and(|at| {
        let parts = value[at + "arn:aws:kms:".len()..].split(':');
        // Between two colons, or the first one after a region.
        let count = parts.clone().count();
        parts.enumerate().any(|(at, part)| {
            at > 0 && at + 1 < count && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    FLOW_NAME "[a-zA-Z0-9][\\w!@#.-]+" |value| value.as_bytes().windows(2).any(|pair| {
        pair[0].is_ascii_alphanumeric() && (is_word(pair[1]) || b"!@#.-".contains(&pair[1]))
    });
    CONNECTOR_PROFILE "[\\w/!@#+=.-]+" |value| value.bytes().any(|byte| is_word(byte) || b"/!@#+=.-".contains(&byte));
    NO_BLANK "\\S+" |value| value.chars().any(|char| !char.is_whitespace());
    SOMETHING ".+" |value| value.chars().any(|char| char != '\n');
    FLOW_DESCRIPTION "[\\w!@#\\-.?,\\s]*" |_| true;
    ANYTHING ".*" |_| true;
}

/// How many digits an id has.
pub(super) const ID_DIGITS: usize = 32;

fn all(value: &str, allowed: fn(u8) -> bool) -> bool {
    !value.is_empty() && value.bytes().all(allowed)
}

/// Characters of `name`, and of `typeName` but for its first.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// First characters of `typeName`.
pub(super) fn is_type_first(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Characters of `TagKey`: `+-=` is a range, from `+` over digits and `;` to `=`.
pub(super) fn is_tag_key(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || (b'+'..=b'=').contains(&byte) || byte == b'_'
}

fn is_id(byte: u8) -> bool {
    matches!(byte, b'a'..=b'f' | b'0'..=b'9')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn longest_run(value: &str, wanted: fn(u8) -> bool) -> usize {
    value
        .as_bytes()
        .split(|byte| !wanted(*byte))
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// The partition of an ARN of this service, letters, digits and dashes: the pattern proper knows no dash.
pub(super) fn partition(arn: &str) -> Option<&str> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (rest.starts_with("profile") && all(partition, plain)).then_some(partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_the_model_says() {
        let id = "0123456789abcdef0123456789abcdef";
        let table: &[(&Pattern, &[&str], &[&str])] = &[
            (
                &NAME,
                &["a", "-", "_9", "A-b_3"],
                &["", "a.b", "a b", "ä", "a\n"],
            ),
            (
                &TYPE_NAME,
                &["a", "_a", "A-_9"],
                &["", "9a", "-a", "a.b", "a\n"],
            ),
            (
                &UUID,
                &[id, "x0123456789abcdef0123456789abcdefx"],
                &["", &id[1..], "0123456789ABCDEF0123456789abcdef"],
            ),
            (
                &TAG_KEY,
                &["a", "AWS:x", "+,-./09:;<=", "_", "xaws:"],
                &["", "aws:", "aws:x", "a b", "a@b", ">", "é"],
            ),
            (
                &TAG_ARN,
                &["arn:aws:profile", "arn:a1:profiles:x"],
                &[
                    "",
                    "arn::profile",
                    "arn:aws-cn:profile",
                    "arn:abcdefghijk:profile",
                    "ARN:aws:profile",
                    "arn:aws:s3",
                    "xarn:aws:profile",
                ],
            ),
            (
                &KMS_ARN,
                &["arn:aws:kms:eu-west-1:123:key/x", "xarn:aws:kms::1:"],
                &["arn:aws:kms:123:", "arn:aws:kms:eu:x:y", "arn:aws:s3::1:"],
            ),
            (&FLOW_NAME, &["ab", " a! "], &["", "a", "a b"]),
            (&SOMETHING, &["a"], &["", "\n"]),
            (&NO_BLANK, &[" a "], &["", " \t"]),
            (&ANYTHING, &["", "\n"], &[]),
        ];
        for (pattern, good, bad) in table {
            for value in *good {
                assert!(
                    (pattern.matches)(value),
                    "{pattern:?} should match {value:?}"
                );
            }
            for value in *bad {
                assert!(
                    !(pattern.matches)(value),
                    "{pattern:?} should not match {value:?}"
                );
            }
        }
    }

    #[test]
    fn tag_keys_take_the_whole_range_between_plus_and_equals() {
        let allowed: String = (0..128u8)
            .filter(|byte| is_tag_key(*byte))
            .map(char::from)
            .collect();
        assert_eq!(
            allowed,
            "+,-./0123456789:;<=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
        );
    }
}
