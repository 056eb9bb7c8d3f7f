//! What to test: an endpoint, or the built-in reference.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::check::{Arns, COMMON_ACCOUNTS};
use crate::judge::answer_line;
use crate::model::Model;
use crate::replay::credentials::Wallet;
use crate::replay::local::Local;
use crate::replay::{
    Endpoint, EndpointSettings, Environment, Lookup, Rate, Signer, Target, Trust, ask, own_request,
};
use crate::wire::{Answer, Message, NoAnswerKind, Response};

use super::{Trouble, output};

/// Options that say what to test and how to reach it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Target")]
pub(super) struct TargetOptions {
    /// Address of the implementation to test, with a path if it does not live at the root.
    ///
    /// Names of domains are made up for each run (`pc-…`), and every domain a case creates is deleted after it.
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,

    /// Test the real service, in the account of your AWS credentials: this costs money. See --plan, and docs/real-service.md.
    ///
    /// Signs every request, at most 10 a second unless --rate says otherwise, and implies --fenced. Credentials, region
    /// and account come from the usual environment variables and profiles.
    #[arg(long, conflicts_with_all = ["endpoint", "cacert", "insecure"])]
    pub(super) aws: bool,

    /// Sign every request with your AWS credentials, unless a case is about its signature.
    ///
    /// Without it, only requests of cases about signatures are signed: with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN, or if those are not set with the keys of AWS's own examples.
    #[arg(long)]
    sign: bool,

    /// The profile of your AWS configuration to sign with [default: AWS_PROFILE, or `default`].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Send nothing that may change a domain of somebody else, whatever a case says, and leave out cases that name what may be
    /// somebody's: a domain of one character, an encryption key, a queue.
    #[arg(long)]
    fenced: bool,

    /// Send at most so many requests a second, over all cases that run at a time.
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,

    /// How long to wait for each answer, for example 500ms, 10s or 2m; a later one is worth a warning.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) timeout: Duration,

    /// How long an effect may take to show before its absence counts.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    pub(super) settle: Duration,

    /// Region in the ARNs of the target and in signatures [default: us-east-1; with --aws or --sign that of your AWS
    /// configuration].
    #[arg(long, value_name = "NAME", value_parser = region)]
    region: Option<String>,

    /// Account in the ARNs of the target. Tags are addressed by ARN and no answer shows one; unless it is given, a few
    /// accounts that local servers commonly use are tried.
    #[arg(long, value_name = "DIGITS")]
    account: Option<String>,

    /// Partition in the ARNs of the target [default: aws; with --aws that of the region].
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,

    /// PEM file with certificates to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Accept any certificate.
    #[arg(long, conflicts_with = "cacert")]
    insecure: bool,
}

impl TargetOptions {
    /// What follows from the options and the AWS configuration together.
    pub(super) fn route(&self) -> Result<Route<'_>, Trouble> {
        let lookup = (self.aws || self.sign)
            .then(|| Lookup::new(Environment::of_process(), self.profile.as_deref()))
            .transpose()?;
        if lookup.is_none() && self.profile.is_some() {
            return Err(Trouble::Usage(
                "--profile says what to sign with, and nothing is signed; add --sign or --aws"
                    .to_owned(),
            ));
        }
        let configured = lookup.as_ref().and_then(Lookup::region);
        let region = match (self.region.clone().or(configured), &lookup) {
            (Some(region), _) => self::region(&region).map_err(|problem| {
                Trouble::Usage(format!(
                    "region `{region}` of the AWS configuration: {problem}"
                ))
            })?,
            (None, Some(lookup)) if self.aws => {
                return Err(Trouble::Usage(format!(
                    "no region: --region is not given, nor is there one in {}",
                    lookup.region_places()
                )));
            }
            (None, _) => DEFAULT_REGION.to_owned(),
        };
        let partition = match &self.partition {
            Some(partition) => partition.clone(),
            None if self.aws => partition_of(&region).to_owned(),
            None => DEFAULT_PARTITION.to_owned(),
        };
        Ok(Route {
            options: self,
            lookup,
            region,
            partition,
        })
    }

    /// Whether nothing is sent that may change a domain of somebody else.
    pub(super) fn fenced(&self) -> bool {
        self.fenced || self.aws
    }

    /// How many requests a second may be sent.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate.or(self.aws.then_some(AWS_RATE))
    }

    /// These options as one would type them to reach the same target again.
    pub(super) fn again(&self) -> String {
        let mut words = Vec::new();
        let mut option = |name: &str, value: Option<&str>| {
            words.extend(value.map(|value| format!(" --{name} {}", quoted(value))));
        };
        option("endpoint", self.endpoint.as_deref());
        option("profile", self.profile.as_deref());
        option("rate", self.rate.map(|rate| rate.to_string()).as_deref());
        option(
            "timeout",
            (self.timeout != DEFAULT_TIMEOUT)
                .then(|| format!("{}ms", self.timeout.as_millis()))
                .as_deref(),
        );
        option(
            "region",
            self.region
                .as_deref()
                .filter(|region| self.aws || self.sign || *region != DEFAULT_REGION),
        );
        option("account", self.account.as_deref());
        option(
            "partition",
            self.partition
                .as_deref()
                .filter(|partition| self.aws || *partition != DEFAULT_PARTITION),
        );
        option(
            "cacert",
            self.cacert.as_deref().and_then(|file| file.to_str()),
        );
        for (given, word) in [
            (self.aws, " --aws"),
            (self.sign, " --sign"),
            (self.fenced, " --fenced"),
            (self.insecure, " --insecure"),
        ] {
            words.extend(given.then(|| word.to_owned()));
        }
        words.concat()
    }
}

/// How a target is reached, with everything the options leave to the AWS configuration.
#[derive(Debug)]
pub(super) struct Route<'a> {
    options: &'a TargetOptions,
    /// Where credentials are looked for, if every request is signed.
    lookup: Option<Lookup>,
    region: String,
    partition: String,
}

impl Route<'_> {
    /// The address of the target, if one was asked for.
    pub(super) fn address(&self) -> Option<String> {
        let real = || {
            let domain = match self.partition.as_str() {
                "aws-cn" => "amazonaws.com.cn",
                _ => "amazonaws.com",
            };
            format!("https://profile.{}.{domain}", self.region)
        };
        self.options
            .endpoint
            .clone()
            .or_else(|| self.options.aws.then(real))
    }

    /// The endpoint at that address, and how the ARNs of the target begin.
    pub(super) async fn connect(&self, address: &str) -> Result<(Destination, Arns), Trouble> {
        let wallet = self.wallet().await?;
        let arns = self.arns(wallet.as_ref()).await?;
        Ok((self.destination(address, wallet)?, arns))
    }

    /// The endpoint at that address, for requests without an ARN.
    pub(super) async fn connect_without_arns(&self, address: &str) -> Result<Destination, Trouble> {
        self.destination(address, self.wallet().await?)
    }

    async fn wallet(&self) -> Result<Option<Wallet>, Trouble> {
        Ok(match &self.lookup {
            Some(lookup) => Some(lookup.wallet().await?),
            None => None,
        })
    }

    fn destination(&self, address: &str, wallet: Option<Wallet>) -> Result<Destination, Trouble> {
        let options = self.options;
        let trust = match (&options.cacert, options.insecure) {
            (Some(file), _) => Trust::Authority(file.clone()),
            (None, true) => Trust::Anyone,
            (None, false) => Trust::Platform,
        };
        let signs = wallet.is_some();
        let settings = EndpointSettings {
            trust,
            signer: match wallet {
                Some(wallet) => Signer::with_wallet(wallet, &self.region),
                None => self.signer_for_those_that_ask(),
            },
            signs,
            rate: options.rate().and_then(Rate::per_second),
            ..EndpointSettings::default()
        };
        let endpoint = Endpoint::new(address, settings)?;
        Ok(Destination::Endpoint(Box::new(endpoint)))
    }

    /// How the ARNs of the reference begin.
    pub(super) fn local_arns(&self) -> Arns {
        let arns = COMMON_ACCOUNTS.map(|account| self.arn(account));
        match &self.options.account {
            Some(account) => Arns::Given(self.arn(account)),
            None => Arns::Among(arns.to_vec()),
        }
    }

    /// How the ARNs of the target begin, as far as anybody says.
    async fn arns(&self, wallet: Option<&Wallet>) -> Result<Arns, Trouble> {
        let mut account = self.options.account.clone();
        if self.options.aws && account.is_none() {
            account = self.lookup.as_ref().and_then(Lookup::account);
            if let (None, Some(wallet)) = (&account, wallet) {
                account = wallet.account().await;
            }
            if account.is_none() {
                return Err(Trouble::Usage(
                    "no account: tags are addressed by ARN, and no answer of the service shows one; give --account, or \
                     AWS_ACCOUNT_ID\n  aws sts get-caller-identity --query Account --output text\nprints it"
                        .to_owned(),
                ));
            }
        }
        Ok(match account {
            Some(account) => Arns::Given(self.arn(&account)),
            None => self.local_arns(),
        })
    }

    fn arn(&self, account: &str) -> String {
        format!("arn:{}:profile:{}:{account}", self.partition, self.region)
    }

    /// Signs with the keys in the environment, if there are any.
    fn signer_for_those_that_ask(&self) -> Signer {
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
            _ => Signer::example(&self.region),
        }
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

    /// Finds out whether anybody is there, and whether they accept our signatures.
    pub(super) async fn reach(&self, deadline: Duration) -> Result<(), Trouble> {
        let list = own_request(self, "GET", "/domains?max-results=1", None);
        let silence = match ask(self, &list, deadline).await {
            Answer::None(silence) => silence,
            Answer::Response(response) if !turns_away(&response) => return Ok(()),
            Answer::Response(response) if self.signs() => {
                return Err(Trouble::NotWelcome {
                    endpoint: self.describe(),
                    answer: answer_line(&Answer::Response(response)),
                });
            }
            Answer::Response(_) => {
                output::remark(
                    "note: the target refuses requests that are not signed; --sign signs them with your AWS credentials",
                );
                return Ok(());
            }
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

    async fn ready(&self) {
        match self {
            Self::Endpoint(endpoint) => endpoint.ready().await,
            Self::Local(local) => local.ready().await,
        }
    }

    fn signs(&self) -> bool {
        match self {
            Self::Endpoint(endpoint) => endpoint.signs(),
            Self::Local(local) => local.signs(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Endpoint(endpoint) => endpoint.describe(),
            Self::Local(local) => local.describe(),
        }
    }
}

/// Whether an answer to whoever lists domains says that they may not.
fn turns_away(response: &Response) -> bool {
    matches!(response.status, 401 | 403)
        || (response.status == 400
            && response
                .headers
                .get("x-amzn-errortype")
                .is_some_and(|kind| {
                    ["Signature", "Token", "Client"]
                        .iter()
                        .any(|about| kind.contains(about))
                }))
}

/// The partition of a region.
fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Reads the name of a region, which becomes part of an address.
fn region(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !text.is_empty() && text.len() <= 63 && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected something like us-east-1".to_owned()),
    }
}

/// Reads a number of requests a second.
fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| Rate::per_second(*rate).is_some())
        .ok_or_else(|| "expected a number above 0, such as 20 or 0.5".to_owned())
}

/// Reads `500ms`, `10s`, `2m`, `1h`, or a number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected something like 500ms, 10s, 2m or 1h".to_owned()),
    };
    digits
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * seconds).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "expected something like 500ms, 10s, 2m or 1h".to_owned())
}

/// How many requests a second the real service is sent unless the user says otherwise.
const AWS_RATE: f64 = 10.0;
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
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in ["", "s", "0s", "-1s", "10d", "1e400s", "ten", "NaN", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_real_service_is_found_by_its_region() {
        for (region, address, arn) in [
            (
                "eu-west-1",
                "https://profile.eu-west-1.amazonaws.com",
                "arn:aws:profile:eu-west-1:1",
            ),
            (
                "cn-north-1",
                "https://profile.cn-north-1.amazonaws.com.cn",
                "arn:aws-cn:profile:cn-north-1:1",
            ),
            (
                "us-gov-west-1",
                "https://profile.us-gov-west-1.amazonaws.com",
                "arn:aws-us-gov:profile:us-gov-west-1:1",
            ),
        ] {
            let options = parsed(&["--aws", "--region", region]);
            let route = options.route().unwrap();
            assert_eq!(route.address().as_deref(), Some(address));
            assert_eq!(route.arn("1"), arn);
            assert!(options.fenced() && options.rate() == Some(AWS_RATE));
        }
        let plain = parsed(&["--endpoint", "http://127.0.0.1:1"]);
        assert!(!plain.fenced() && plain.rate().is_none());
        assert_eq!(parsed(&[]).route().unwrap().address(), None);
        for region in ["", "a/b", "evil.example.com", "EU", "a b"] {
            assert!(super::region(region).is_err(), "{region}");
        }
    }

    #[test]
    fn what_reaches_a_target_is_repeated() {
        let given =
            " --endpoint http://h:1 --profile p --rate 2.5 --region us-east-1 --sign --fenced";
        let words: Vec<&str> = given.split_whitespace().collect();
        assert_eq!(parsed(&words).again(), given);
        assert_eq!(parsed(&["--region", "us-east-1"]).again(), "");
        assert_eq!(parsed(&["--aws"]).again(), " --aws");
    }

    fn parsed(words: &[&str]) -> TargetOptions {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: TargetOptions,
        }
        let words = ["test"].iter().chain(words);
        <Line as clap::Parser>::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{error}"))
            .options
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
