//! Asking for an operation in the plainest way, to find out whether the target has it at all.
//!
//! Only what is [served](Served) is known to be there. Most operations show that by themselves; one is asked for like this
//! when an answer looks as if it was not.

use crate::case::bind::Values;
use crate::case::{Case, text};
use crate::contract::Operation;
use crate::judge::{Absent, addressed, answer_line, request_line};
use crate::model::absence::{Served, says_absent};
use crate::replay::{self, Leftover, Next, Settings, Target};
use crate::wire::{Answer, Exchange};

/// What has to be there first, and the request.
fn steps(operation: &str) -> Option<(&'static [&'static str], &'static str)> {
    Some(match operation {
        "CreateDomain" => (&[], DOMAIN),
        "GetDomain" => (&[DOMAIN], "> GET /domains/${domain}"),
        "ListDomains" => (&[], "> GET /domains"),
        "UpdateDomain" => (
            &[DOMAIN],
            "> PUT /domains/${domain}\n| {\"DefaultExpirationDays\": 31}",
        ),
        "DeleteDomain" => (&[DOMAIN], "> DELETE /domains/${domain}"),
        "PutProfileObjectType" => (&[DOMAIN], TYPE),
        "GetProfileObjectType" => (&[DOMAIN, TYPE], "> GET /domains/${domain}/object-types/T"),
        "ListProfileObjectTypes" => (&[DOMAIN], "> GET /domains/${domain}/object-types"),
        "DeleteProfileObjectType" => (
            &[DOMAIN, TYPE],
            "> DELETE /domains/${domain}/object-types/T",
        ),
        "ListProfileObjectTypeTemplates" => (&[], "> GET /templates"),
        "GetProfileObjectTypeTemplate" => (&[], "> GET /templates/Zendesk-users"),
        "TagResource" => (
            &[DOMAIN],
            "> POST /tags/${arn|uri}%3Adomains%2F${domain}\n| {\"tags\": {\"a\": \"b\"}}",
        ),
        "UntagResource" => (
            &[DOMAIN],
            "> DELETE /tags/${arn|uri}%3Adomains%2F${domain}?tagKeys=a",
        ),
        "ListTagsForResource" => (&[DOMAIN], "> GET /tags/${arn|uri}%3Adomains%2F${domain}"),
        "PutProfileObject" => (&[DOMAIN, TYPE], OBJECT),
        "ListProfileObjects" => (
            &[DOMAIN, TYPE, PROFILE],
            "> POST /domains/${domain}/profiles/objects\n| {\"ObjectTypeName\": \"T\", \"ProfileId\": \"${one}\"}",
        ),
        "DeleteProfileObject" => (
            &[DOMAIN, TYPE, OBJECT, FOUND],
            "> POST /domains/${domain}/profiles/objects/delete\n\
             | {\"ObjectTypeName\": \"T\", \"ProfileId\": \"${one}\", \"ProfileObjectUniqueKey\": \"${key}\"}",
        ),
        "CreateProfile" => (&[DOMAIN], PROFILE),
        "UpdateProfile" => (
            &[DOMAIN, PROFILE],
            "> PUT /domains/${domain}/profiles\n| {\"ProfileId\": \"${one}\", \"FirstName\": \"B\"}",
        ),
        "DeleteProfile" => (
            &[DOMAIN, PROFILE],
            "> POST /domains/${domain}/profiles/delete\n| {\"ProfileId\": \"${one}\"}",
        ),
        "AddProfileKey" => (
            &[DOMAIN, PROFILE],
            "> POST /domains/${domain}/profiles/keys\n| {\"ProfileId\": \"${one}\", \"KeyName\": \"_email\", \"Values\": [\"a@b.c\"]}",
        ),
        "DeleteProfileKey" => (
            &[DOMAIN, PROFILE],
            "> POST /domains/${domain}/profiles/keys/delete\n| {\"ProfileId\": \"${one}\", \"KeyName\": \"_email\", \"Values\": [\"a@b.c\"]}",
        ),
        "SearchProfiles" => (
            &[DOMAIN],
            "> POST /domains/${domain}/profiles/search\n| {\"KeyName\": \"_email\", \"Values\": [\"a@b.c\"]}",
        ),
        "MergeProfiles" => (
            &[DOMAIN, PROFILE, OTHER],
            "> POST /domains/${domain}/profiles/objects/merge\n| {\"MainProfileId\": \"${one}\", \"ProfileIdsToBeMerged\": [\"${other}\"]}",
        ),
        _ => return None,
    })
}

const DOMAIN: &str = "> POST /domains/${domain}\n| {\"DefaultExpirationDays\": 30}";
const TYPE: &str = "> PUT /domains/${domain}/object-types/T\n\
    | {\"Description\": \"t\", \"AllowProfileCreation\": true,\n\
    |  \"Fields\": {\"id\": {\"Source\": \"_source.id\"}},\n\
    |  \"Keys\": {\"k\": [{\"StandardIdentifiers\": [\"PROFILE\", \"UNIQUE\"], \"FieldNames\": [\"id\"]}]}}";
const OBJECT: &str = "> PUT /domains/${domain}/profiles/objects\n\
    | {\"ObjectTypeName\": \"T\", \"Object\": \"{\\\"id\\\": \\\"1\\\"}\"}\n\
    @ key = /ProfileObjectUniqueKey";
const FOUND: &str = "> POST /domains/${domain}/profiles/search\n\
    | {\"KeyName\": \"k\", \"Values\": [\"1\"]}\n\
    @ one = /Items/0/ProfileId";
const PROFILE: &str =
    "> POST /domains/${domain}/profiles\n| {\"FirstName\": \"A\"}\n@ one = /ProfileId";
const OTHER: &str =
    "> POST /domains/${domain}/profiles\n| {\"FirstName\": \"B\"}\n@ other = /ProfileId";

/// The conversations that ask for an operation, if it has rules: the second is for a target that lacks what the first needs.
fn cases(operation: &Operation) -> Option<[(Case, Values); 2]> {
    let (first, last) = steps(operation.name)?;
    let case = |steps: &[&str]| text::parse(&format!("{}\n", steps.join("\n\n")), "survey").ok();
    let all: Vec<_> = first.iter().copied().chain([last]).collect();
    // Ids and keys of the right form.
    let made_up = ["one", "other", "key"].map(|name| (name, "0123456789abcdef0123456789abcdef"));
    Some([
        (case(&all)?, Values::new()),
        (case(&[last])?, Values::from_iter(made_up)),
    ])
}

/// What asking showed.
#[derive(Debug, Default)]
pub(super) struct Surveyed {
    /// The operations that were served meanwhile.
    pub(super) served: Served,
    /// What was answered as if the operation was not there.
    pub(super) absent: Option<Absent>,
    /// Domains that could not be deleted.
    pub(super) leftovers: Vec<Leftover>,
    /// How many messages were sent.
    pub(super) requests: usize,
}

/// Asks for an operation, with whatever has to be there first.
pub(super) async fn ask(
    operation: &'static Operation,
    target: &impl Target,
    settings: &Settings,
) -> Surveyed {
    let mut surveyed = Surveyed::default();
    for (case, values) in cases(operation).into_iter().flatten() {
        let mut asked = false;
        let Surveyed {
            served,
            absent,
            requests,
            ..
        } = &mut surveyed;
        let mut watch = |_, exchange: &Exchange| {
            *requests += 1;
            asked |= addressed(&exchange.message) == Some(operation);
            if let (Some(asked), Answer::Response(response)) =
                (addressed(&exchange.message), &exchange.answer)
            {
                served.note(asked, response);
                if asked == operation && says_absent(response) {
                    *absent = Some(Absent {
                        operation,
                        request: request_line(&exchange.message),
                        answer: answer_line(&exchange.answer),
                    });
                }
            }
            if exchange.answer.is_lost() {
                Next::Retry
            } else {
                Next::Go
            }
        };
        let replayed = replay::replay("survey", &case, target, values, settings, &mut watch).await;
        surveyed.leftovers.extend(replayed.leftovers);
        if asked {
            break;
        }
    }
    surveyed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::operation::OPERATIONS;
    use crate::model::Model;
    use crate::model::absence::has_rules;
    use crate::replay::Local;

    #[tokio::test]
    async fn a_faithful_target_serves_every_operation_asked_for() {
        let target = Local::new(Model::reference());
        for operation in OPERATIONS.iter().filter(|operation| has_rules(operation)) {
            let surveyed = ask(operation, &target, &Settings::default()).await;
            assert!(
                surveyed.served.contains(operation),
                "{} was not served",
                operation.name
            );
            assert_eq!(surveyed.leftovers, []);
        }
    }
}
