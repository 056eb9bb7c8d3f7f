//! How the ARNs of a target begin: tags are addressed by ARN, and no answer shows one.

use std::time::Duration;

use crate::case::bind::DEFAULT_ARN;
use crate::model::absence::says_absent;
use crate::replay::{Run, Target, ask, own_request};
use crate::wire::{Answer, percent};

/// Accounts that local servers answer for: the one of the documentation's examples, and those of common emulators.
pub const COMMON_ACCOUNTS: [&str; 3] = ["123456789012", "000000000000", "111122223333"];

/// What is known of the beginning of a target's ARNs, `arn:aws:profile:us-east-1:123456789012`.
#[derive(Debug, Clone)]
pub enum Arns {
    /// It is this.
    Given(String),
    /// It may be any of these, the likeliest first: the target is asked.
    Among(Vec<String>),
}

impl Default for Arns {
    fn default() -> Self {
        Self::Among(
            COMMON_ACCOUNTS
                .map(|account| format!("arn:aws:profile:us-east-1:{account}"))
                .to_vec(),
        )
    }
}

/// How the ARNs of a target begin.
#[derive(Debug, Clone)]
pub(crate) struct ArnForm {
    /// The beginning.
    pub(crate) arn: String,
    /// Whether the target answered to it, or the user gave it.
    pub(crate) known: bool,
    /// Whether the domain that helped to find out may be left behind.
    pub(crate) left: bool,
}

impl Arns {
    /// Finds the beginning that the target knows its resources by.
    ///
    /// Looks for the tags of a scratch domain, which exists meanwhile.
    pub(crate) async fn find(
        &self,
        target: &impl Target,
        run: &Run,
        deadline: Duration,
    ) -> ArnForm {
        let candidates = match self {
            Self::Given(arn) => {
                return ArnForm {
                    arn: arn.clone(),
                    known: true,
                    left: false,
                };
            }
            Self::Among(candidates) => candidates,
        };
        let scratch = run.domain("domain-arn");
        let domain = format!("/domains/{scratch}");
        let settings = Some(br#"{"DefaultExpirationDays":30}"#.as_slice());
        let create = own_request(target, "POST", &domain, settings);
        let created = ask(target, &create, deadline).await;
        let mut found = None;
        for arn in candidates {
            let resource = percent::encode(&format!("{arn}:domains/{scratch}"));
            let list = own_request(target, "GET", format!("/tags/{resource}"), None);
            match ask(target, &list, deadline).await {
                Answer::Response(response) if matches!(response.status, 403 | 404) => {}
                // Anything else is for the cases to judge.
                _ => {
                    found = Some(arn.clone());
                    break;
                }
            }
        }
        let delete = own_request(target, "DELETE", domain, None);
        let left = match (&created, ask(target, &delete, deadline).await) {
            (Answer::Response(refused), _) if matches!(refused.status, 400..429) => false,
            (Answer::Response(_), Answer::Response(response)) => {
                !matches!(response.status, 200..300 | 404) && !says_absent(&response)
            }
            // It may come to be only now, or still be there.
            (Answer::None(_), _) | (_, Answer::None(_)) => true,
        };
        match found {
            Some(arn) => ArnForm {
                arn,
                known: true,
                left,
            },
            None => ArnForm {
                arn: candidates
                    .first()
                    .cloned()
                    .unwrap_or_else(|| DEFAULT_ARN.to_owned()),
                known: false,
                left,
            },
        }
    }
}
