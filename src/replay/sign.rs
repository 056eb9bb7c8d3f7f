//! Signatures: `${sigv4}` as the value of an `authorization` header becomes one.
//!
//! AWS Signature Version 4 for the service `profile`. The signature is made when a request is sent and never kept: a
//! transcript shows the placeholder.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

use crate::wire::{Headers, Request};

/// The value of an `authorization` header that asks for a signature.
const PLACEHOLDER: &str = "${sigv4}";

/// The signing name of the service (contract 1.1).
const SERVICE: &str = "profile";

/// Signs requests for one account and region.
#[derive(Debug, Clone)]
pub struct Signer {
    credentials: Credentials,
    region: String,
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
        let credentials = Credentials::new(access_key, secret_key, token, None, "profile-contract");
        Self {
            credentials,
            region: region.to_owned(),
        }
    }

    /// The request with the signature it asks for, and the same request if it asks for none.
    ///
    /// `host` is what the `host` header says on the wire.
    ///
    /// # Errors
    ///
    /// What the signer says about a target or a field it cannot make canonical.
    pub(super) fn signed(
        &self,
        request: Request,
        host: &str,
        at: SystemTime,
    ) -> Result<Request, String> {
        if !asks(&request) {
            return Ok(request);
        }
        let mut headers: Headers = request
            .headers
            .iter()
            .filter(|field| !is_placeholder(field))
            .collect();
        let host = headers.get("host").unwrap_or(host).to_owned();
        let identity = self.credentials.clone().into();
        // The defaults are those of every service but S3: the path is normalised, and encoded once more.
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let url = format!("http://{host}{}", request.target);
        let body = SignableBody::Bytes(request.body.as_deref().unwrap_or_default());
        let fields = headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
            .chain([("host", &*host)]);
        let signed = SignableRequest::new(&request.method, url, fields, body)
            .and_then(|signable| sign(signable, &params.into()))
            .map_err(|error| error_chain(&error))?;
        for (name, value) in signed.output().headers() {
            headers.push(name, value);
        }
        Ok(Request { headers, ..request })
    }
}

/// The credentials of AWS's own examples, for targets that look at the form of a signature at most.
impl Default for Signer {
    fn default() -> Self {
        Self::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            "us-east-1",
        )
    }
}

fn asks(request: &Request) -> bool {
    request.headers.iter().any(|field| is_placeholder(&field))
}

fn is_placeholder(&(name, value): &(&str, &str)) -> bool {
    value == PLACEHOLDER && name.eq_ignore_ascii_case("authorization")
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

    fn signed(
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
            .unwrap()
            .headers
    }

    // The signatures expected here were computed with botocore 1.44.5 for the same requests.

    #[test]
    fn escapes_in_the_path_are_encoded_once_more() {
        let target = "/tags/arn%3Aaws%3Aprofile%3Aus-east-1%3A123456789012%3Adomains%2Fd?tagKeys=b&tagKeys=a%20c";
        let headers = signed(&Signer::default(), "DELETE", target, &[], None);
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

    #[test]
    fn body_content_type_and_session_token_are_signed() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let signer = Signer::new("ASIAEXAMPLE", secret, Some("TOKEN"), "us-east-1");
        let fields = [("content-type", "application/json")];
        let headers = signed(
            &signer,
            "PUT",
            "/domains/d/object-types/T",
            &fields,
            Some(r#"{"Description":"ä"}"#),
        );
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

    #[test]
    fn only_what_asks_for_a_signature_gets_one() {
        let headers = Headers::from_iter([("authorization", "Bearer x"), ("x-other", "${sigv4}")]);
        let request = Request {
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers,
            body: None,
        };
        assert_eq!(
            Signer::default().signed(request.clone(), "h", UNIX_EPOCH),
            Ok(request)
        );
    }
}
