//! Secrets: what must not get into a file, wherever it stands.

use std::borrow::Cow;

use super::placeholder::SECRET;

/// Header fields of requests whose values are credentials, or signatures made with them.
const SIGNING: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "x-amz-date",
    "x-amz-content-sha256",
    "x-amz-security-token",
];

/// How access key ids of AWS begin, permanent and temporary ones.
const KEY_IDS: [&str; 2] = ["AKIA", "ASIA"];

/// How long such an id is.
const KEY_ID_LENGTH: usize = 20;

/// What stands in front of a credential in a text.
const MARKS: [&str; 4] = [
    "Credential=",
    "Signature=",
    "Bearer ",
    "X-Amz-Security-Token=",
];

/// Whether the value of a header field is none to keep. A signature that is only asked for is no secret.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    value != "${sigv4}" && SIGNING.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The text without anything that looks like a credential.
pub(super) fn scrubbed(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for mark in MARKS {
        out = without(out, mark, mark.len(), |c| {
            c.is_whitespace() || matches!(c, ',' | '&' | '"')
        });
    }
    for begin in KEY_IDS {
        let is_id = |tail: &str| {
            tail.len() >= KEY_ID_LENGTH
                && tail
                    .bytes()
                    .take(KEY_ID_LENGTH)
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        while let Some(at) = out
            .match_indices(begin)
            .map(|(at, _)| at)
            .find(|at| is_id(&out[*at..]))
        {
            let replaced = format!("{}{SECRET}{}", &out[..at], &out[at + KEY_ID_LENGTH..]);
            out = Cow::Owned(replaced);
        }
    }
    out
}

/// The text without what follows each mark, up to where `ends` says that it ends.
fn without<'a>(
    text: Cow<'a, str>,
    mark: &str,
    keep: usize,
    ends: impl Fn(char) -> bool,
) -> Cow<'a, str> {
    if !text.contains(mark) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(mark) {
        out.push_str(&rest[..at + keep]);
        out.push_str(SECRET);
        rest = &rest[at + keep..];
        rest = &rest[rest.find(&ends).unwrap_or(rest.len())..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential_is_not_kept() {
        for (text, kept) in [
            ("plain text, Signature", "plain text, Signature"),
            ("AKIA is short", "AKIA is short"),
            ("key ASIAIOSFODNN7EXAMPLE, and on", "key <secret>, and on"),
            (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20210813/us-east-1/profile/aws4_request, Signature=00ff",
                "AWS4-HMAC-SHA256 Credential=<secret>, Signature=<secret>",
            ),
            ("Bearer abc.def next", "Bearer <secret> next"),
        ] {
            assert_eq!(scrubbed(text), kept, "{text}");
        }
        assert!(is_secret("Authorization", "Bearer x") && !is_secret("authorization", "${sigv4}"));
        assert!(is_secret("x-amz-security-token", "t") && !is_secret("content-type", "text/plain"));
    }
}
