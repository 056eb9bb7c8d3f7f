//! The thirty operations, one entry each.
//!
//! Source: the service model 2020-08-15, revision of 2021-08-13; `tests/service_model.py` holds this file against it.

use super::operation::Operation;
use super::shape::{Member, Shape};
use super::shapes::*;

const BAD_REQUEST: (&str, u16) = ("BadRequestException", 400);
const ACCESS_DENIED: (&str, u16) = ("AccessDeniedException", 403);
const NOT_FOUND: (&str, u16) = ("ResourceNotFoundException", 404);
const THROTTLING: (&str, u16) = ("ThrottlingException", 429);
const INTERNAL: (&str, u16) = ("InternalServerException", 500);

/// What all operations declare but those below.
const MOST: &[(&str, u16)] = &[BAD_REQUEST, ACCESS_DENIED, NOT_FOUND, THROTTLING, INTERNAL];
/// MergeProfiles declares no denial.
const WITHOUT_DENIAL: &[(&str, u16)] = &[BAD_REQUEST, NOT_FOUND, THROTTLING, INTERNAL];
/// The tag operations declare neither denial nor throttling.
const TAGGING: &[(&str, u16)] = &[BAD_REQUEST, NOT_FOUND, INTERNAL];

const fn label(name: &'static str, shape: &'static Shape) -> Member {
    Member::label(name, shape)
}

const fn query(name: &'static str, wire: &'static str, shape: &'static Shape) -> Member {
    Member::query(name, wire, shape)
}

const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member::body(name, shape).required()
}

const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member::body(name, shape)
}

/// All operations of the API, by name.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "AddProfileKey",
        method: "POST",
        path: "/domains/{DomainName}/profiles/keys",
        input: &[
            label("DomainName", &NAME),
            required("ProfileId", &UUID),
            required("KeyName", &NAME),
            required("Values", &REQUEST_VALUE_LIST),
        ],
        output: &[
            optional("KeyName", &NAME),
            optional("Values", &REQUEST_VALUE_LIST),
        ],
        errors: MOST,
    },
    Operation {
        name: "CreateDomain",
        method: "POST",
        path: "/domains/{DomainName}",
        input: &[
            label("DomainName", &NAME),
            required("DefaultExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("DefaultEncryptionKey", &ENCRYPTION_KEY),
            optional("DeadLetterQueueUrl", &SQS_QUEUE_URL),
            optional("Matching", &MATCHING_REQUEST),
            optional("Tags", &TAG_MAP),
        ],
        output: &[
            required("DomainName", &NAME),
            required("DefaultExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("DefaultEncryptionKey", &ENCRYPTION_KEY),
            optional("DeadLetterQueueUrl", &SQS_QUEUE_URL),
            optional("Matching", &MATCHING_RESPONSE),
            required("CreatedAt", &TIMESTAMP),
            required("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "CreateProfile",
        method: "POST",
        path: "/domains/{DomainName}/profiles",
        input: &[
            label("DomainName", &NAME),
            optional("AccountNumber", &STRING1_TO255),
            optional("AdditionalInformation", &STRING1_TO1000),
            optional("PartyType", &PARTY_TYPE),
            optional("BusinessName", &STRING1_TO255),
            optional("FirstName", &STRING1_TO255),
            optional("MiddleName", &STRING1_TO255),
            optional("LastName", &STRING1_TO255),
            optional("BirthDate", &STRING1_TO255),
            optional("Gender", &GENDER),
            optional("PhoneNumber", &STRING1_TO255),
            optional("MobilePhoneNumber", &STRING1_TO255),
            optional("HomePhoneNumber", &STRING1_TO255),
            optional("BusinessPhoneNumber", &STRING1_TO255),
            optional("EmailAddress", &STRING1_TO255),
            optional("PersonalEmailAddress", &STRING1_TO255),
            optional("BusinessEmailAddress", &STRING1_TO255),
            optional("Address", &ADDRESS),
            optional("ShippingAddress", &ADDRESS),
            optional("MailingAddress", &ADDRESS),
            optional("BillingAddress", &ADDRESS),
            optional("Attributes", &ATTRIBUTES),
        ],
        output: &[required("ProfileId", &UUID)],
        errors: MOST,
    },
    Operation {
        name: "DeleteDomain",
        method: "DELETE",
        path: "/domains/{DomainName}",
        input: &[label("DomainName", &NAME)],
        output: &[required("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "DeleteIntegration",
        method: "POST",
        path: "/domains/{DomainName}/integrations/delete",
        input: &[label("DomainName", &NAME), required("Uri", &STRING1_TO255)],
        output: &[required("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "DeleteProfile",
        method: "POST",
        path: "/domains/{DomainName}/profiles/delete",
        input: &[label("DomainName", &NAME), required("ProfileId", &UUID)],
        output: &[optional("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "DeleteProfileKey",
        method: "POST",
        path: "/domains/{DomainName}/profiles/keys/delete",
        input: &[
            label("DomainName", &NAME),
            required("ProfileId", &UUID),
            required("KeyName", &NAME),
            required("Values", &REQUEST_VALUE_LIST),
        ],
        output: &[optional("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "DeleteProfileObject",
        method: "POST",
        path: "/domains/{DomainName}/profiles/objects/delete",
        input: &[
            label("DomainName", &NAME),
            required("ProfileId", &UUID),
            required("ProfileObjectUniqueKey", &STRING1_TO255),
            required("ObjectTypeName", &TYPE_NAME),
        ],
        output: &[optional("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "DeleteProfileObjectType",
        method: "DELETE",
        path: "/domains/{DomainName}/object-types/{ObjectTypeName}",
        input: &[
            label("DomainName", &NAME),
            label("ObjectTypeName", &TYPE_NAME),
        ],
        output: &[required("Message", &MESSAGE)],
        errors: MOST,
    },
    Operation {
        name: "GetDomain",
        method: "GET",
        path: "/domains/{DomainName}",
        input: &[label("DomainName", &NAME)],
        output: &[
            required("DomainName", &NAME),
            optional("DefaultExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("DefaultEncryptionKey", &ENCRYPTION_KEY),
            optional("DeadLetterQueueUrl", &SQS_QUEUE_URL),
            optional("Stats", &DOMAIN_STATS),
            optional("Matching", &MATCHING_RESPONSE),
            required("CreatedAt", &TIMESTAMP),
            required("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "GetIntegration",
        method: "POST",
        path: "/domains/{DomainName}/integrations",
        input: &[label("DomainName", &NAME), required("Uri", &STRING1_TO255)],
        output: &[
            required("DomainName", &NAME),
            required("Uri", &STRING1_TO255),
            required("ObjectTypeName", &TYPE_NAME),
            required("CreatedAt", &TIMESTAMP),
            required("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "GetMatches",
        method: "GET",
        path: "/domains/{DomainName}/matches",
        input: &[
            label("DomainName", &NAME),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("NextToken", &TOKEN),
            optional("MatchGenerationDate", &TIMESTAMP),
            optional("PotentialMatches", &MATCHES_NUMBER),
            optional("Matches", &MATCHES_LIST),
        ],
        errors: MOST,
    },
    Operation {
        name: "GetProfileObjectType",
        method: "GET",
        path: "/domains/{DomainName}/object-types/{ObjectTypeName}",
        input: &[
            label("DomainName", &NAME),
            label("ObjectTypeName", &TYPE_NAME),
        ],
        output: &[
            required("ObjectTypeName", &TYPE_NAME),
            required("Description", &TEXT),
            optional("TemplateId", &NAME),
            optional("ExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("EncryptionKey", &ENCRYPTION_KEY),
            optional("AllowProfileCreation", &BOOLEAN),
            optional("Fields", &FIELD_MAP),
            optional("Keys", &KEY_MAP),
            optional("CreatedAt", &TIMESTAMP),
            optional("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "GetProfileObjectTypeTemplate",
        method: "GET",
        path: "/templates/{TemplateId}",
        input: &[label("TemplateId", &NAME)],
        output: &[
            optional("TemplateId", &NAME),
            optional("SourceName", &NAME),
            optional("SourceObject", &NAME),
            optional("AllowProfileCreation", &BOOLEAN),
            optional("Fields", &FIELD_MAP),
            optional("Keys", &KEY_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListAccountIntegrations",
        method: "POST",
        path: "/integrations",
        input: &[
            required("Uri", &STRING1_TO255),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("Items", &INTEGRATION_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListDomains",
        method: "GET",
        path: "/domains",
        input: &[
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("Items", &DOMAIN_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListIntegrations",
        method: "GET",
        path: "/domains/{DomainName}/integrations",
        input: &[
            label("DomainName", &NAME),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("Items", &INTEGRATION_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListProfileObjectTypeTemplates",
        method: "GET",
        path: "/templates",
        input: &[
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("Items", &PROFILE_OBJECT_TYPE_TEMPLATE_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListProfileObjectTypes",
        method: "GET",
        path: "/domains/{DomainName}/object-types",
        input: &[
            label("DomainName", &NAME),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
        ],
        output: &[
            optional("Items", &PROFILE_OBJECT_TYPE_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListProfileObjects",
        method: "POST",
        path: "/domains/{DomainName}/profiles/objects",
        input: &[
            label("DomainName", &NAME),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
            required("ObjectTypeName", &TYPE_NAME),
            required("ProfileId", &UUID),
            optional("ObjectFilter", &OBJECT_FILTER),
        ],
        output: &[
            optional("Items", &PROFILE_OBJECT_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "ListTagsForResource",
        method: "GET",
        path: "/tags/{resourceArn}",
        input: &[label("resourceArn", &TAG_ARN)],
        output: &[optional("tags", &TAG_MAP)],
        errors: TAGGING,
    },
    Operation {
        name: "MergeProfiles",
        method: "POST",
        path: "/domains/{DomainName}/profiles/objects/merge",
        input: &[
            label("DomainName", &NAME),
            required("MainProfileId", &UUID),
            required("ProfileIdsToBeMerged", &PROFILE_ID_TO_BE_MERGED_LIST),
            optional("FieldSourceProfileIds", &FIELD_SOURCE_PROFILE_IDS),
        ],
        output: &[optional("Message", &MESSAGE)],
        errors: WITHOUT_DENIAL,
    },
    Operation {
        name: "PutIntegration",
        method: "PUT",
        path: "/domains/{DomainName}/integrations",
        input: &[
            label("DomainName", &NAME),
            optional("Uri", &STRING1_TO255),
            required("ObjectTypeName", &TYPE_NAME),
            optional("Tags", &TAG_MAP),
            optional("FlowDefinition", &FLOW_DEFINITION),
        ],
        output: &[
            required("DomainName", &NAME),
            required("Uri", &STRING1_TO255),
            required("ObjectTypeName", &TYPE_NAME),
            required("CreatedAt", &TIMESTAMP),
            required("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "PutProfileObject",
        method: "PUT",
        path: "/domains/{DomainName}/profiles/objects",
        input: &[
            label("DomainName", &NAME),
            required("ObjectTypeName", &TYPE_NAME),
            required("Object", &STRINGIFIED_JSON),
        ],
        output: &[optional("ProfileObjectUniqueKey", &STRING1_TO255)],
        errors: MOST,
    },
    Operation {
        name: "PutProfileObjectType",
        method: "PUT",
        path: "/domains/{DomainName}/object-types/{ObjectTypeName}",
        input: &[
            label("DomainName", &NAME),
            label("ObjectTypeName", &TYPE_NAME),
            required("Description", &TEXT),
            optional("TemplateId", &NAME),
            optional("ExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("EncryptionKey", &ENCRYPTION_KEY),
            optional("AllowProfileCreation", &BOOLEAN),
            optional("Fields", &FIELD_MAP),
            optional("Keys", &KEY_MAP),
            optional("Tags", &TAG_MAP),
        ],
        output: &[
            required("ObjectTypeName", &TYPE_NAME),
            required("Description", &TEXT),
            optional("TemplateId", &NAME),
            optional("ExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("EncryptionKey", &ENCRYPTION_KEY),
            optional("AllowProfileCreation", &BOOLEAN),
            optional("Fields", &FIELD_MAP),
            optional("Keys", &KEY_MAP),
            optional("CreatedAt", &TIMESTAMP),
            optional("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "SearchProfiles",
        method: "POST",
        path: "/domains/{DomainName}/profiles/search",
        input: &[
            label("DomainName", &NAME),
            query("NextToken", "next-token", &TOKEN),
            query("MaxResults", "max-results", &MAX_SIZE100),
            required("KeyName", &NAME),
            required("Values", &REQUEST_VALUE_LIST),
        ],
        output: &[
            optional("Items", &PROFILE_LIST),
            optional("NextToken", &TOKEN),
        ],
        errors: MOST,
    },
    Operation {
        name: "TagResource",
        method: "POST",
        path: "/tags/{resourceArn}",
        input: &[label("resourceArn", &TAG_ARN), required("tags", &TAG_MAP)],
        output: &[],
        errors: TAGGING,
    },
    Operation {
        name: "UntagResource",
        method: "DELETE",
        path: "/tags/{resourceArn}",
        input: &[
            label("resourceArn", &TAG_ARN),
            query("tagKeys", "tagKeys", &TAG_KEY_LIST).required(),
        ],
        output: &[],
        errors: TAGGING,
    },
    Operation {
        name: "UpdateDomain",
        method: "PUT",
        path: "/domains/{DomainName}",
        input: &[
            label("DomainName", &NAME),
            optional("DefaultExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("DefaultEncryptionKey", &ENCRYPTION_KEY),
            optional("DeadLetterQueueUrl", &SQS_QUEUE_URL),
            optional("Matching", &MATCHING_REQUEST),
            optional("Tags", &TAG_MAP),
        ],
        output: &[
            required("DomainName", &NAME),
            optional("DefaultExpirationDays", &EXPIRATION_DAYS_INTEGER),
            optional("DefaultEncryptionKey", &ENCRYPTION_KEY),
            optional("DeadLetterQueueUrl", &SQS_QUEUE_URL),
            optional("Matching", &MATCHING_RESPONSE),
            required("CreatedAt", &TIMESTAMP),
            required("LastUpdatedAt", &TIMESTAMP),
            optional("Tags", &TAG_MAP),
        ],
        errors: MOST,
    },
    Operation {
        name: "UpdateProfile",
        method: "PUT",
        path: "/domains/{DomainName}/profiles",
        input: &[
            label("DomainName", &NAME),
            required("ProfileId", &UUID),
            optional("AdditionalInformation", &STRING0_TO1000),
            optional("AccountNumber", &STRING0_TO255),
            optional("PartyType", &PARTY_TYPE),
            optional("BusinessName", &STRING0_TO255),
            optional("FirstName", &STRING0_TO255),
            optional("MiddleName", &STRING0_TO255),
            optional("LastName", &STRING0_TO255),
            optional("BirthDate", &STRING0_TO255),
            optional("Gender", &GENDER),
            optional("PhoneNumber", &STRING0_TO255),
            optional("MobilePhoneNumber", &STRING0_TO255),
            optional("HomePhoneNumber", &STRING0_TO255),
            optional("BusinessPhoneNumber", &STRING0_TO255),
            optional("EmailAddress", &STRING0_TO255),
            optional("PersonalEmailAddress", &STRING0_TO255),
            optional("BusinessEmailAddress", &STRING0_TO255),
            optional("Address", &UPDATE_ADDRESS),
            optional("ShippingAddress", &UPDATE_ADDRESS),
            optional("MailingAddress", &UPDATE_ADDRESS),
            optional("BillingAddress", &UPDATE_ADDRESS),
            optional("Attributes", &UPDATE_ATTRIBUTES),
        ],
        output: &[required("ProfileId", &UUID)],
        errors: MOST,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::shape::{Bounds, Place, StringShape};
    use super::*;

    /// What the public service model says, one fact a line: see `tests/service_model.py`.
    const MODEL: &str = include_str!("../../tests/data/service-model.txt");

    #[test]
    fn operations_and_shapes_are_those_of_the_service_model() {
        let ours = digest();
        let theirs: Vec<_> = MODEL
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(ours, theirs, "line {}", at + 2);
        }
        assert_eq!(ours.len(), theirs.len());
    }

    /// All that this module says, in the words of the file.
    fn digest() -> Vec<String> {
        let (mut lines, mut shapes) = (Vec::new(), BTreeMap::new());
        for operation in OPERATIONS {
            lines.push(format!(
                "operation {} {} {}",
                operation.name, operation.method, operation.path
            ));
            members("  in", operation.input, &mut lines, &mut shapes);
            members("  out", operation.output, &mut lines, &mut shapes);
            let mut errors = operation.errors.to_vec();
            errors.sort_unstable();
            lines.extend(
                errors
                    .iter()
                    .map(|(name, status)| format!("  error {name} {status}")),
            );
        }
        lines.extend(shapes.into_values().flatten());
        lines
    }

    type Shapes = BTreeMap<&'static str, Vec<String>>;

    fn members(start: &str, members: &[Member], lines: &mut Vec<String>, shapes: &mut Shapes) {
        let mut members: Vec<_> = members.iter().collect();
        members.sort_by_key(|member| member.name);
        for Member {
            name,
            place,
            wire,
            shape,
            required,
        } in members
        {
            let place = match place {
                Place::Label => "label",
                Place::Query => "query",
                Place::Body => "body",
            };
            let required = if *required { " required" } else { "" };
            lines.push(format!(
                "{start} {place} {name} {wire} {}{required}",
                described(shape, shapes)
            ));
        }
    }

    /// The name of a shape, which is described on the way.
    fn described(shape: &Shape, shapes: &mut Shapes) -> &'static str {
        match shape {
            Shape::Boolean => "boolean",
            Shape::Timestamp => "timestamp",
            Shape::Long => "long",
            Shape::String(shape) => text(shape, shapes),
            Shape::Integer { name, min, max } => {
                shapes.insert(
                    name,
                    vec![format!("shape {name} integer{}", range(*min, *max))],
                );
                name
            }
            Shape::List {
                name,
                entries,
                item,
            } => {
                let item = described(item, shapes);
                shapes.insert(
                    name,
                    vec![format!("shape {name} list{} of {item}", count(*entries))],
                );
                name
            }
            Shape::Map {
                name,
                entries,
                key,
                value,
            } => {
                let (key, value) = (text(key, shapes), described(value, shapes));
                shapes.insert(
                    name,
                    vec![format!(
                        "shape {name} map{} of {key} to {value}",
                        count(*entries)
                    )],
                );
                name
            }
            Shape::Structure { name, members: own } => {
                let mut lines = vec![format!("shape {name} structure")];
                members("  member", own, &mut lines, shapes);
                shapes.insert(name, lines);
                name
            }
        }
    }

    fn text(shape: &StringShape, shapes: &mut Shapes) -> &'static str {
        let mut line = format!("shape {} string{}", shape.name, count(shape.length));
        if !shape.values.is_empty() {
            line += &format!(" in {}", shape.values.join(" "));
        }
        if let Some(pattern) = shape.pattern {
            line += &format!(" like {}", pattern.text);
        }
        shapes.insert(shape.name, vec![line]);
        shape.name
    }

    fn count(Bounds { min, max }: Bounds) -> String {
        range(min.map(i64::from), max.map(i64::from))
    }

    fn range(min: Option<i64>, max: Option<i64>) -> String {
        let text = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        if min.or(max).is_none() {
            String::new()
        } else {
            format!(" {}..{}", text(min), text(max))
        }
    }
}
