//! What to test: an endpoint, or the built-in reference.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::check::{Arns, COMMON_ACCOUNTS};
use crate::model::Model;
use crate::replay::local::Local;
use crate::replay::{Endpoint, EndpointSettings, Signer, Target, Trust};
use crate::wire::{Answer, Headers, Message, NoAnswerKind, Request};

use super::Trouble;

/// Options that say what to test and how to reach it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetOptions {
    /// Address of the implementation to test, with a path if it does not live at the root.
    ///
    /// Names of domains are made up for each run (`pc-…`), and every domain a case creates is deleted after it.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,

    /// How long to wait for each answer, for example 500ms, 10s or 2m; a later one is worth a warning.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) timeout: Duration,

    /// How long an effect may take to show before its absence counts.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub(super) settle: Duration,

    /// Region in the ARNs of the target and in signatures.
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    region: String,

    /// Account in the ARNs of the target. Tags are addressed by ARN and no answer shows one; unless it is given, a few
    /// accounts that local servers commonly use are tried.
    #[arg(long, value_name = "DIGITS")]
    account: Option<String>,

    /// Partition in the ARNs of the target.
    #[arg(long, value_name = "NAME", default_value = "aws")]
    partition: String,

    /// PEM file with certificates to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate.
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,
}

impl TargetOptions {
    /// The endpoint at that address.
    pub(super) fn endpoint(&self, address: &str) -> Result<Endpoint, Trouble> {
        let trust = match (&self.cacert, self.insecure) {
            (Some(file), _) => Trust::Authority(file.clone()),
            (None, true) => Trust::Anyone,
            (None, false) => Trust::Platform,
        };
        let settings = EndpointSettings {
            trust,
            signer: self.signer(),
            ..EndpointSettings::default()
        };
        Ok(Endpoint::new(address, settings)?)
    }

    /// Signs with the credentials in the environment, if there are any.
    fn signer(&self) -> Signer {
        match (
            env::var("AWS_ACCESS_KEY_ID"),
            env::var("AWS_SECRET_ACCESS_KEY"),
        ) {
            (Ok(key), Ok(secret)) => Signer::new(
                &key,
                &secret,
                env::var("AWS_SESSION_TOKEN").ok().as_deref(),
                &self.region,
            ),
            _ => Signer::default(),
        }
    }

    /// How the ARNs of the target begin, as far as the options say.
    pub(super) fn arns(&self) -> Arns {
        let arn =
            |account: &str| format!("arn:{}:profile:{}:{account}", self.partition, self.region);
        match &self.account {
            Some(account) => Arns::Given(arn(account)),
            None => Arns::Among(COMMON_ACCOUNTS.map(arn).to_vec()),
        }
    }

    /// These options as one would type them to reach the same target again.
    pub(super) fn again(&self) -> String {
        let mut words = Vec::new();
        let mut option = |name: &str, value: Option<&str>| {
            words.extend(value.map(|value| format!(" --{name} {}", quoted(value))));
        };
        option("endpoint", self.endpoint.as_deref());
        option(
            "timeout",
            (self.timeout != DEFAULT_TIMEOUT)
                .then(|| format!("{}ms", self.timeout.as_millis()))
                .as_deref(),
        );
        option(
            "region",
            (self.region != DEFAULT_REGION).then_some(&self.region),
        );
        option("account", self.account.as_deref());
        option(
            "partition",
            (self.partition != DEFAULT_PARTITION).then_some(&self.partition),
        );
        option(
            "cacert",
            self.cacert.as_deref().and_then(|file| file.to_str()),
        );
        if self.insecure {
            words.push(" --insecure".to_owned());
        }
        words.concat()
    }
}

/// A word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Where messages go.
#[derive(Debug)]
pub(super) enum Destination {
    /// To an address.
    Endpoint(Box<Endpoint>),
    /// To the reference model in this process.
    Local(Local),
}

impl Destination {
    /// The reference model in this process.
    pub(super) fn local() -> Self {
        Self::Local(Local::new(Model::reference()))
    }

    /// Finds out whether anybody is there.
    pub(super) async fn reach(&self, deadline: Duration) -> Result<(), Trouble> {
        let Answer::None(silence) = self
            .send(&get("/domains?max-results=1".to_owned()), deadline)
            .await
        else {
            return Ok(());
        };
        let advice = match silence.kind {
            NoAnswerKind::Refused => {
                "nobody listens there: start the server first, and compare the port"
            }
            NoAnswerKind::Unreachable => {
                "the address cannot be reached: compare the host, and for https the certificate (--cacert, --insecure)"
            }
            NoAnswerKind::Timeout => {
                "something listens and stays silent: compare the port, or raise --timeout"
            }
            NoAnswerKind::Closed | NoAnswerKind::Malformed => {
                "something listens that does not speak HTTP: compare the port, and whether it wants http or https"
            }
        };
        Err(Trouble::Unreachable {
            endpoint: self.describe(),
            why: silence.to_string(),
            advice,
        })
    }
}

impl Target for Destination {
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        match self {
            Self::Endpoint(endpoint) => endpoint.send(message, deadline).await,
            Self::Local(local) => local.send(message, deadline).await,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Endpoint(endpoint) => endpoint.describe(),
            Self::Local(local) => local.describe(),
        }
    }
}

fn get(target: String) -> Message {
    Message::Request(Request {
        method: "GET".to_owned(),
        target,
        headers: Headers::default(),
        body: None,
    })
}

/// Reads `500ms`, `10s`, `2m`, or a number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        _ => return Err("expected something like 500ms, 10s or 2m".to_owned()),
    };
    digits
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "expected something like 500ms, 10s or 2m".to_owned())
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_REGION: &str = "us-east-1";
const DEFAULT_PARTITION: &str = "aws";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("3", 3_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in ["", "s", "0s", "-1s", "10h", "1e400s", "ten", "NaN", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn words_survive_a_shell() {
        for (word, typed) in [
            ("http://[::1]:4000/x", "http://[::1]:4000/x"),
            ("my case.case", "'my case.case'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), typed);
        }
    }
}
