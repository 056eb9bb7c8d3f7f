//! Whose signatures: credentials from where AWS's own tools keep them.
//!
//! Read here are the environment, the two files with profiles (keys, session tokens, `credential_process`) and the
//! endpoint for containers. Roles and single sign-on are the AWS CLI's business: it hands their credentials over as a
//! `credential_process`. The metadata service of an instance is never asked.

mod container;
mod process;
mod profiles;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde::Deserialize;
use tokio::sync::Mutex;

use self::profiles::{Kind, Profile, Profiles};

/// How long before they expire credentials are replaced: AWS's SDKs do so within this time, too.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// What a profile has whose credentials somebody else must get, and what it is called.
const ELSEWHERE: [(&str, &str); 6] = [
    ("role_arn", "assumes a role"),
    ("sso_session", "signs in with single sign-on"),
    ("sso_start_url", "signs in with single sign-on"),
    ("login_session", "signs in with a browser"),
    ("web_identity_token_file", "assumes a role"),
    ("credential_source", "assumes a role"),
];

/// The value of a variable.
type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Variables of an environment; an empty one counts as not set.
pub struct Environment(Box<Variable>);

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// One with these variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = std::collections::BTreeMap::from(variables);
        Self(Box::new(move |name| variables.get(name).cloned()))
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A file that a variable names, or one in the folder `.aws` of the user.
    fn file(&self, variable: &str, usual: &str) -> PathBuf {
        let home = self.first(&["HOME", "USERPROFILE"]).unwrap_or_default();
        match self.get(variable) {
            None => PathBuf::from(home).join(".aws").join(usual),
            Some(file) => match file.strip_prefix("~/") {
                Some(within) => PathBuf::from(home).join(within),
                None => PathBuf::from(file),
            },
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(..)")
    }
}

/// Why there are no credentials. Nothing secret is in any of these texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCredentials {
    /// Nowhere.
    #[error(
        "no AWS credentials found; looked for\n  {}\nThe metadata service of an instance is not asked. What the AWS CLI can \
         get, it hands over: eval \"$(aws configure export-credentials --format env)\"",
        .0.join("\n  ")
    )]
    Nowhere(Vec<String>),
    /// One of two that belong together.
    #[error("{set} is set and {missing} is not; both are needed")]
    Half {
        /// What is there.
        set: String,
        /// What is not.
        missing: String,
    },
    /// There is no profile of that name.
    #[error("no profile `{name}` in {files}{known}")]
    NoProfile {
        /// As asked for.
        name: String,
        /// Where it was looked for.
        files: String,
        /// The profiles there are, as the end of a sentence.
        known: String,
    },
    /// A profile whose credentials somebody else must get.
    #[error(
        "profile `{name}` {how} (`{key}`), which is left to the AWS CLI: either\n  \
         eval \"$(aws configure export-credentials --profile {name} --format env)\"\nor, refreshed when they expire, a profile with\n  \
         credential_process = aws configure export-credentials --profile {name}"
    )]
    Elsewhere {
        /// The profile.
        name: String,
        /// What gives it away.
        key: &'static str,
        /// What it does.
        how: &'static str,
    },
    /// A file that cannot be read.
    #[error("cannot read {}: {problem}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: String,
    },
    /// Whoever should hand them out does not.
    #[error("{who}: {problem}")]
    Refused {
        /// The process or address.
        who: String,
        /// What it did instead.
        problem: String,
    },
}

/// Where to look for credentials, region and account: the environment and one profile.
#[derive(Debug)]
pub struct Lookup {
    environment: Environment,
    /// The profile that was asked for by name, in an option: it wins over keys in the environment.
    asked: Option<String>,
    profiles: Profiles,
}

impl Lookup {
    /// Reads the files with profiles.
    ///
    /// # Errors
    ///
    /// If one is there and cannot be read, or neither has the profile that was asked for.
    pub fn new(environment: Environment, profile: Option<&str>) -> Result<Self, NoCredentials> {
        let credentials = environment.file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = environment.file("AWS_CONFIG_FILE", "config");
        let mut profiles = Profiles::default();
        profiles.read(config, Kind::Config)?;
        profiles.read(credentials, Kind::Credentials)?;
        let lookup = Self {
            environment,
            asked: profile.map(str::to_owned),
            profiles,
        };
        let by_variable = lookup.environment.get("AWS_PROFILE").is_some();
        if (lookup.asked.is_some() || by_variable) && lookup.profile().is_none() {
            return Err(NoCredentials::NoProfile {
                name: lookup.profile_name(),
                files: lookup.profiles.files(),
                known: lookup.profiles.known(),
            });
        }
        Ok(lookup)
    }

    /// The region that the environment or the profile names.
    pub fn region(&self) -> Option<String> {
        self.environment
            .first(&["AWS_REGION", "AWS_DEFAULT_REGION"])
            .or_else(|| self.profile()?.get("region").map(str::to_owned))
    }

    /// The account that the environment or the profile names.
    pub fn account(&self) -> Option<String> {
        let named = |profile: &Profile| profile.get("aws_account_id").map(str::to_owned);
        match self.asked {
            Some(_) => self.profile().and_then(named),
            None => self
                .environment
                .get("AWS_ACCOUNT_ID")
                .or_else(|| self.profile().and_then(named)),
        }
    }

    /// Where a region was looked for, as the end of a sentence.
    pub fn region_places(&self) -> String {
        format!(
            "AWS_REGION, AWS_DEFAULT_REGION and `region` of profile `{}` in {}",
            self.profile_name(),
            self.profiles.files()
        )
    }

    /// The first credentials there are.
    ///
    /// # Errors
    ///
    /// If there are none, or whoever should hand them out does not.
    pub async fn wallet(&self) -> Result<Wallet, NoCredentials> {
        let wallet = Wallet {
            source: self.source()?,
            held: Mutex::default(),
        };
        wallet.credentials().await?;
        Ok(wallet)
    }

    fn profile_name(&self) -> String {
        self.asked
            .clone()
            .or_else(|| {
                self.environment
                    .first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
            })
            .unwrap_or_else(|| "default".to_owned())
    }

    fn profile(&self) -> Option<&Profile> {
        self.profiles.get(&self.profile_name())
    }

    fn source(&self) -> Result<Source, NoCredentials> {
        if self.asked.is_none()
            && let Some(keys) = keys(
                |name| self.environment.get(name),
                [
                    "AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_SESSION_TOKEN",
                ],
                "the environment",
            )?
        {
            return Ok(keys);
        }
        let name = self.profile_name();
        if let Some(profile) = self.profile() {
            for (key, how) in ELSEWHERE {
                if profile.get(key).is_some() {
                    return Err(NoCredentials::Elsewhere { name, key, how });
                }
            }
            let names = [
                "aws_access_key_id",
                "aws_secret_access_key",
                "aws_session_token",
            ];
            let place = format!("profile `{name}`");
            let value = |key: &str| profile.get(key).map(str::to_owned);
            if let Some(keys) = keys(value, names, &place)? {
                return Ok(keys);
            }
            if let Some(command) = value("credential_process") {
                return Ok(Source::Process {
                    command,
                    profile: name,
                });
            }
        }
        if self.asked.is_none()
            && let Some(container) = container::Container::of(&self.environment)?
        {
            return Ok(Source::Container(container));
        }
        let mut places = Vec::new();
        if self.asked.is_none() {
            places.push(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment: not set"
                    .to_owned(),
            );
        }
        places.extend(self.profiles.told(&name));
        if self.asked.is_none() {
            places.push(format!(
                "{} and {}: not set",
                container::RELATIVE,
                container::FULL
            ));
        }
        Err(NoCredentials::Nowhere(places))
    }
}

/// The keys that these names stand for, if there are any.
fn keys(
    value: impl Fn(&str) -> Option<String>,
    [id, secret, token]: [&str; 3],
    place: &str,
) -> Result<Option<Source>, NoCredentials> {
    let half = |set: &str, missing: &str| NoCredentials::Half {
        set: format!("{set} of {place}"),
        missing: missing.to_owned(),
    };
    match (value(id), value(secret)) {
        (Some(key), Some(secret)) => Ok(Some(Source::Fixed(Credentials::new(
            key,
            secret,
            value(token),
            None,
            PROVIDER,
        )))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(id, secret)),
        (None, Some(_)) => Err(half(secret, id)),
    }
}

/// Credentials that are kept until they are about to expire, and then got anew.
#[derive(Debug)]
pub struct Wallet {
    source: Source,
    held: Mutex<Option<Credentials>>,
}

#[derive(Debug)]
enum Source {
    Fixed(Credentials),
    Process { command: String, profile: String },
    Container(container::Container),
}

impl Wallet {
    /// Credentials that will be good for a while.
    ///
    /// # Errors
    ///
    /// If those at hand have expired, and there are no others.
    pub async fn credentials(&self) -> Result<Credentials, NoCredentials> {
        if let Source::Fixed(credentials) = &self.source {
            return Ok(credentials.clone());
        }
        let mut held = self.held.lock().await;
        let lasts = |credentials: &Credentials, time: Duration| {
            credentials
                .expiry()
                .is_none_or(|expiry| expiry > SystemTime::now() + time)
        };
        if let Some(credentials) = held.as_ref().filter(|held| lasts(held, EARLY)) {
            return Ok(credentials.clone());
        }
        match self.fetched().await {
            Ok(credentials) => Ok(held.insert(credentials).clone()),
            // Those at hand will do as long as they last.
            Err(problem) => held
                .clone()
                .filter(|held| lasts(held, Duration::ZERO))
                .ok_or(problem),
        }
    }

    /// The account of the credentials, where whoever hands them out says it.
    pub async fn account(&self) -> Option<String> {
        let credentials = self.credentials().await.ok()?;
        Some(credentials.account_id()?.as_str().to_owned())
    }

    async fn fetched(&self) -> Result<Credentials, NoCredentials> {
        match &self.source {
            Source::Fixed(credentials) => Ok(credentials.clone()),
            Source::Process { command, profile } => process::credentials(command, profile).await,
            Source::Container(container) => container.credentials().await,
        }
    }
}

/// Credentials as processes and endpoints write them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Handed {
    version: Option<u64>,
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "Token")]
    session_token: Option<String>,
    expiration: Option<String>,
    account_id: Option<String>,
}

impl Handed {
    /// Reads what was handed out. The problem never repeats it.
    fn read(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    "no JSON object with the texts `AccessKeyId` and `SecretAccessKey`"
                }
                _ => "no JSON",
            };
            format!("{what} (line {}, column {})", error.line(), error.column())
        })
    }

    fn credentials(self) -> Result<Credentials, String> {
        let expiry = match &self.expiration {
            None => None,
            Some(text) => {
                let time = text.parse::<jiff::Timestamp>().ok();
                let time = time.and_then(|time| SystemTime::try_from(time).ok());
                let problem = "`Expiration` is no time of the form 2021-08-13T12:00:00Z";
                Some(time.ok_or(problem)?)
            }
        };
        let mut builder = Credentials::builder()
            .access_key_id(self.access_key_id)
            .secret_access_key(self.secret_access_key)
            .provider_name(PROVIDER);
        builder.set_session_token(self.session_token);
        builder.set_expiry(expiry);
        builder.set_account_id(self.account_id.map(Into::into));
        Ok(builder.build())
    }
}

/// What the library that signs calls us.
pub(super) const PROVIDER: &str = "profile-contract";

#[cfg(test)]
mod tests;
