//! Signatures: `${sigv4}` as the value of an `authorization` header becomes one.
//!
//! AWS Signature Version 4 for the service `profile`. The signature is made when a request is sent and never kept: a
//! transcript shows the placeholder.

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use bytes::Bytes;

use super::credentials::{PROVIDER, Wallet};
use crate::wire::http1::parse_request;
use crate::wire::{Answer, Headers, Request, Response, SIGNATURE, percent};

/// The signing name of the service (contract 1.1).
const SERVICE: &str = "profile";

/// Fields that are not signed as they stand: those that are for the next hop alone, or that proxies add to. `host` is added
/// where a request has none.
const UNSIGNED: [&str; 6] = [
    "host",
    "connection",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// How many characters a secret has at least: those of AWS have 40 and more. `test`, as people give to local servers, is none,
/// and may be in any answer.
const SECRET: usize = 16;

/// What an answer shows in the place of something secret.
const REDACTED: &str = "[redacted]";

/// Signs requests for one account and region.
#[derive(Debug, Clone)]
pub struct Signer {
    keys: Keys,
    region: String,
}

#[derive(Debug, Clone)]
enum Keys {
    /// Those of AWS's own examples, which are no secret.
    Example(Credentials),
    /// Somebody's.
    Fixed(Credentials),
    /// Somebody's, which may have to be got anew.
    Kept(Arc<Wallet>),
}

impl Signer {
    /// A signer with credentials that mean something to the target.
    pub fn new(
        access_key: &str,
        secret_key: &str,
        session_token: Option<&str>,
        region: &str,
    ) -> Self {
        let token = session_token.map(str::to_owned);
        Self {
            keys: Keys::Fixed(Credentials::new(
                access_key, secret_key, token, None, PROVIDER,
            )),
            region: region.to_owned(),
        }
    }

    /// A signer with credentials that are replaced when they expire.
    pub fn with_wallet(wallet: Wallet, region: &str) -> Self {
        Self {
            keys: Keys::Kept(Arc::new(wallet)),
            region: region.to_owned(),
        }
    }

    /// A signer with the credentials of AWS's own examples, for targets that look at the form of a signature at most.
    pub fn example(region: &str) -> Self {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Self {
            keys: Keys::Example(Credentials::new(
                "AKIDEXAMPLE",
                secret,
                None,
                None,
                PROVIDER,
            )),
            region: region.to_owned(),
        }
    }

    /// The request with the signature it asks for, and the same request if it asks for none. What cannot be made canonical
    /// has no signature, and goes out without one.
    ///
    /// `host` is what the `host` header says on the wire.
    ///
    /// # Errors
    ///
    /// Why there are no credentials any more.
    pub(super) async fn signed(
        &self,
        mut request: Request,
        host: &str,
        at: SystemTime,
    ) -> Result<Request, String> {
        if !request.headers.ask_for_signature() {
            return Ok(request);
        }
        let signature = self
            .signature(&request, host, at)
            .await?
            .unwrap_or_default();
        let fields = request
            .headers
            .iter()
            .filter(|field| !is_placeholder(field));
        let mut headers: Headers = fields.collect();
        for (name, value) in signature {
            headers.push(name, value);
        }
        request.headers = headers;
        Ok(request)
    }

    /// The same for bytes: those that are no request, or ask for no signature, stay as they are.
    pub(super) async fn signed_bytes(
        &self,
        bytes: &Bytes,
        at: SystemTime,
    ) -> Result<Bytes, String> {
        let Some(line) = placeholder_line(bytes) else {
            return Ok(bytes.clone());
        };
        let Ok(request) = parse_request(bytes) else {
            return Ok(bytes.clone());
        };
        // A request has exactly one such field.
        let host = request.headers.get("host").unwrap_or_default().to_owned();
        let mut signed = bytes[..line.start].to_vec();
        let signature = self.signature(&request, &host, at).await?;
        for (name, value) in signature.unwrap_or_default() {
            signed.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        signed.extend_from_slice(&bytes[line.end..]);
        Ok(signed.into())
    }

    /// The fields that make up the signature of a request; `None` if it cannot be made canonical, which no server can
    /// either.
    async fn signature(
        &self,
        request: &Request,
        host: &str,
        at: SystemTime,
    ) -> Result<Option<Vec<(String, String)>>, String> {
        let credentials = match &self.keys {
            Keys::Example(credentials) | Keys::Fixed(credentials) => credentials.clone(),
            Keys::Kept(wallet) => wallet
                .credentials()
                .await
                .map_err(|problem| problem.to_string())?,
        };
        let host = request.headers.get("host").unwrap_or(host);
        let identity = credentials.into();
        // The defaults are those of every service but S3: the path is normalised, and encoded once more.
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        // Methods are told apart by case, and AWS's signers write them in upper case all the same.
        let method = request.method.to_ascii_uppercase();
        let url = format!("http://{host}{}", without_dots(&request.target));
        let is_signed = |name: &str| {
            let mut others = UNSIGNED.iter();
            !others.any(|other| name.eq_ignore_ascii_case(other))
        };
        let body = SignableBody::Bytes(request.body.as_deref().unwrap_or_default());
        let fields = request
            .headers
            .iter()
            .filter(|field| !is_placeholder(field) && is_signed(field.0))
            .chain([("host", host)]);
        let signed = SignableRequest::new(&method, url, fields, body)
            .and_then(|signable| sign(signable, &params.into()));
        let Ok(signed) = signed else {
            return Ok(None);
        };
        let fields = signed.output().headers();
        let owned = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Some(owned.collect()))
    }

    /// The answer without anything secret: a service that refuses a signature may show what it was made of, and one that
    /// is made for tests may show all it was sent.
    pub(super) async fn redacted(&self, answer: Answer) -> Answer {
        let credentials = match &self.keys {
            Keys::Example(_) => return answer,
            Keys::Fixed(credentials) => Some(credentials.clone()),
            Keys::Kept(wallet) => wallet.credentials().await.ok(),
        };
        let (Answer::Response(response), Some(credentials)) = (&answer, credentials) else {
            return answer;
        };
        let secrets: Vec<String> = [
            credentials.session_token(),
            Some(credentials.secret_access_key()),
        ]
        .into_iter()
        .flatten()
        .filter(|secret| secret.len() >= SECRET)
        .flat_map(|secret| {
            // As it is, and as JSON and addresses may spell it.
            [
                secret.to_owned(),
                secret.replace('/', r"\/"),
                percent::encode(secret),
            ]
        })
        .collect();
        let shows = |bytes: &[u8]| {
            secrets.iter().any(|secret| {
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            })
        };
        let hide = |text: &str| {
            secrets.iter().fold(text.to_owned(), |text, secret| {
                text.replace(secret, REDACTED)
            })
        };
        let in_headers = response
            .headers
            .iter()
            .any(|(_, value)| shows(value.as_bytes()));
        let in_body = shows(&response.body);
        if !in_headers && !in_body {
            return answer;
        }
        let headers = response
            .headers
            .iter()
            .map(|(name, value)| (name, hide(value)));
        Answer::Response(Response {
            status: response.status,
            headers: headers.collect(),
            body: match in_body {
                true => hide(&String::from_utf8_lossy(&response.body)).into(),
                false => response.body.clone(),
            },
        })
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::example("us-east-1")
    }
}

fn is_placeholder(&(name, value): &(&str, &str)) -> bool {
    value == SIGNATURE && name.eq_ignore_ascii_case("authorization")
}

/// A target whose path has neither empty nor dot segments. The signer would remove them as well, but leaves a slash where the
/// last one was, which AWS's other signers do not.
fn without_dots(target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let mut out = format!("/{}", kept.join("/"));
    if path.ends_with('/') && !kept.is_empty() {
        out.push('/');
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

/// Where in bytes the line is that asks for a signature, its end included.
fn placeholder_line(bytes: &[u8]) -> Option<Range<usize>> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut start = 0;
    while start < head {
        let length = bytes[start..]
            .windows(2)
            .position(|window| window == b"\r\n")?;
        let line = start..start + length + 2;
        if let Ok(text) = std::str::from_utf8(&bytes[start..start + length])
            && let Some((name, value)) = text.split_once(':')
            && is_placeholder(&(name, value.trim()))
        {
            return Some(line);
        }
        start = line.end;
    }
    None
}

/// An error with its causes: the outermost one alone rarely says what happened.
pub(crate) fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |error| error.source()) {
        let cause = cause.to_string();
        // Many wrappers repeat what they wrap.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use bytes::Bytes;

    use super::*;

    /// 2021-08-13T12:34:56Z
    const AT: Duration = Duration::from_secs(1_628_858_096);

    async fn signed(
        signer: &Signer,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: Option<&str>,
    ) -> Headers {
        let headers = fields
            .iter()
            .copied()
            .chain([("authorization", "${sigv4}")])
            .collect();
        let body = body.map(|body| Bytes::copy_from_slice(body.as_bytes()));
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers,
            body,
        };
        signer
            .signed(request, "127.0.0.1:4000", UNIX_EPOCH + AT)
            .await
            .unwrap()
            .headers
    }

    // The signatures expected here were computed with botocore 1.44.5 for the same requests.

    #[tokio::test]
    async fn escapes_in_the_path_are_encoded_once_more() {
        let target = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd?tagKeys=b&tagKeys=a%20c";
        let headers = signed(&Signer::default(), "DELETE", target, &[], None).await;
        assert_eq!(headers.get("x-amz-date"), Some("20210813T123456Z"));
        assert_eq!(
            headers.get("authorization"),
            Some(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20210813/us-east-1/profile/aws4_request, \
                 SignedHeaders=host;x-amz-date, \
                 Signature=94ca9051bb2763c51a640585bccded95a0e918eb993c8e878dad8c69ca55aadc"
            )
        );
    }

    #[tokio::test]
    async fn body_content_type_and_session_token_are_signed() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let signer = Signer::new("ASIAEXAMPLE", secret, Some("TOKEN"), "us-east-1");
        let fields = [("content-type", "application/json")];
        let headers = signed(
            &signer,
            "PUT",
            "/domains/d/object-types/T",
            &fields,
            Some(r#"{"Description":"ä"}"#),
        )
        .await;
        assert_eq!(headers.get("x-amz-security-token"), Some("TOKEN"));
        assert_eq!(
            headers.get("authorization"),
            Some(
                "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20210813/us-east-1/profile/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
                 Signature=aeb41657896b9eaa5b0992f45b88c95bbef06d7550f0d520ea0dc52c8d484cf3"
            )
        );
    }

    #[tokio::test]
    async fn only_what_asks_for_a_signature_gets_one() {
        let headers = Headers::from_iter([("authorization", "Bearer x"), ("x-other", "${sigv4}")]);
        let request = Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers,
            body: None,
        };
        assert_eq!(
            Signer::default()
                .signed(request.clone(), "h", UNIX_EPOCH)
                .await,
            Ok(request)
        );
    }

    #[test]
    fn dots_and_empty_segments_are_not_signed() {
        for (target, signed) in [
            ("/a/b?c=/../d", "/a/b?c=/../d"),
            ("/a//b/", "/a/b/"),
            ("/a/b/..", "/a"),
            ("/a/./b/.", "/a/b"),
            ("/../..", "/"),
            ("//", "/"),
            ("/a%2F..%2f/", "/a%2F..%2f/"),
        ] {
            assert_eq!(without_dots(target), signed);
        }
    }

    #[tokio::test]
    async fn bytes_that_are_a_request_are_signed_in_place() {
        let signer = Signer::default();
        let sign = async |bytes: &str| {
            let bytes = Bytes::copy_from_slice(bytes.as_bytes());
            let signed = signer.signed_bytes(&bytes, UNIX_EPOCH + AT).await.unwrap();
            String::from_utf8(signed.to_vec()).unwrap()
        };
        let signed =
            sign("GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: ${sigv4}\r\nx: y\r\n\r\n").await;
        let asked = [("host", "h"), ("x", "y")];
        let expected = self::signed(&signer, "GET", "/a", &asked, None).await;
        let lines: Vec<&str> = signed.split("\r\n").collect();
        assert_eq!(lines[..2], ["GET /a HTTP/1.1", "Host: h"]);
        assert_eq!(lines[4..], ["x: y", "", ""]);
        let mut made = lines[2..4].to_vec();
        made.sort_unstable();
        for (line, name) in made.into_iter().zip(["authorization", "x-amz-date"]) {
            assert_eq!(line, format!("{name}: {}", expected.get(name).unwrap()));
        }
        // Not asked, in the body, and no request.
        for same in [
            "GET /a HTTP/1.1\r\nhost: h\r\nx: ${sigv4}\r\n\r\n",
            "PUT /a HTTP/1.1\r\nhost: h\r\ncontent-length: 25\r\n\r\n\r\nauthorization: ${sigv4}\r\n",
            "GET /a HTTP/1.1\r\nauthorization: ${sigv4}\r\n\r\n",
            "GET",
        ] {
            assert_eq!(sign(same).await, same);
        }
    }

    #[tokio::test]
    async fn what_a_target_repeats_of_secrets_is_not_passed_on() {
        let signer = Signer::new(
            "ASIAEXAMPLE",
            "SE/CRETSE/CRETSE",
            Some("TO+KENTO+KENTOKEN"),
            "us-east-1",
        );
        let response = |header: &str, body: &str| {
            Answer::Response(Response {
                status: 403,
                headers: Headers::from_iter([("x", header)]),
                body: Bytes::copy_from_slice(body.as_bytes()),
            })
        };
        for (said, passed_on) in [
            (
                response("TO+KENTO+KENTOKEN", ""),
                response("[redacted]", ""),
            ),
            (
                response("", r"a TO+KENTO+KENTOKEN SE\/CRETSE\/CRETSE"),
                response("", "a [redacted] [redacted]"),
            ),
            (
                response("", "TO%2BKENTO%2BKENTOKEN ASIAEXAMPLE"),
                response("", "[redacted] ASIAEXAMPLE"),
            ),
            (response("x", "y"), response("x", "y")),
        ] {
            assert_eq!(signer.redacted(said).await, passed_on);
        }
        let local = Signer::new("test", "test", Some("token"), "us-east-1");
        let said = response("token", "a test");
        assert_eq!(local.redacted(said.clone()).await, said);
        let shown = format!("{signer:?}");
        assert!(
            !shown.contains("SE/CRETSE/CRETSE") && !shown.contains("TO+KENTO+KENTOKEN"),
            "{shown}"
        );
    }
}
