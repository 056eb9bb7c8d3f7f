//! Credentials of a task or pod: an address in the environment hands them out.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;
use url::{Host, Url};

use super::{Environment, Handed, NoCredentials};
use crate::replay::sign::error_chain;
use crate::replay::tls::{Trust, client_config};

/// A path at the address that Amazon ECS serves.
pub(super) const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

/// A whole address.
pub(super) const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// Where a path belongs.
const ECS: &str = "http://169.254.170.2";

/// The addresses beside loopback that may be asked without TLS: those of Amazon ECS and EKS.
const PLAIN: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(5);

/// An address that hands out credentials.
#[derive(Debug)]
pub(super) struct Container {
    address: Url,
    /// What to show there.
    token: Token,
}

#[derive(Debug)]
enum Token {
    None,
    /// As a variable has it.
    Given(Hidden),
    /// Read anew each time: it changes.
    In(PathBuf),
}

/// A text that no one gets to see.
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Container {
    /// The address that the environment names, if it names one.
    pub(super) fn of(environment: &Environment) -> Result<Option<Self>, NoCredentials> {
        let (variable, address) = match (environment.get(RELATIVE), environment.get(FULL)) {
            (Some(path), _) => (RELATIVE, format!("{ECS}{path}")),
            (None, Some(address)) => (FULL, address),
            (None, None) => return Ok(None),
        };
        let refused = |problem: &str| NoCredentials::Refused {
            who: format!("{variable}={address}"),
            problem: problem.to_owned(),
        };
        let url = Url::parse(&address).map_err(|error| refused(&error.to_string()))?;
        let may_be_plain = match url.host() {
            Some(Host::Ipv4(host)) => is_near(host.into()),
            Some(Host::Ipv6(host)) => is_near(host.into()),
            Some(Host::Domain(host)) => host == "localhost",
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && may_be_plain) {
            return Err(refused(
                "only https, or http to this machine and to the addresses of ECS and EKS, is asked for credentials",
            ));
        }
        let token = match (
            environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        ) {
            (Some(file), _) => Token::In(file.into()),
            (None, Some(token)) => Token::Given(Hidden(token)),
            (None, None) => Token::None,
        };
        Ok(Some(Self {
            address: url,
            token,
        }))
    }

    /// What the address hands out.
    pub(super) async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        let refused = |problem| NoCredentials::Refused {
            who: format!("credentials from {}", self.address),
            problem,
        };
        let token = match &self.token {
            Token::None => None,
            Token::Given(Hidden(token)) => Some(token.clone()),
            Token::In(file) => {
                let text =
                    std::fs::read_to_string(file).map_err(|error| NoCredentials::Unreadable {
                        file: file.clone(),
                        problem: error.to_string(),
                    })?;
                Some(text.trim_end().to_owned())
            }
        };
        let tls = client_config(&Trust::Platform).map_err(|error| refused(error.to_string()))?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(LONGEST)
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| refused(error_chain(&error)))?;
        let mut request = client.get(self.address.clone());
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let chain = |error: reqwest::Error| refused(error_chain(&error));
        let answer = request.send().await.map_err(chain)?;
        if !answer.status().is_success() {
            return Err(refused(format!("status {}", answer.status().as_u16())));
        }
        let body = answer.bytes().await.map_err(chain)?;
        let handed =
            Handed::read(&body).map_err(|problem| refused(format!("the answer is {problem}")))?;
        handed.credentials().map_err(refused)
    }
}

fn is_near(host: IpAddr) -> bool {
    host.is_loopback() || PLAIN.iter().any(|plain| plain.parse() == Ok(host))
}
