//! The named shapes of the API: what any value of a member looks like, wherever the member occurs.
//!
//! Source: the service model 2020-08-15, revision of 2021-08-13; `tests/service_model.py` holds this file against it.

use super::pattern;
use super::shape::{Bounds, Member, Shape, StringShape};

const ANY: Bounds = Bounds {
    min: None,
    max: None,
};

const fn at_most(max: u32) -> Bounds {
    Bounds {
        max: Some(max),
        ..ANY
    }
}

const fn between(min: u32, max: u32) -> Bounds {
    Bounds {
        min: Some(min),
        max: Some(max),
    }
}

const fn string(name: &'static str, length: Bounds) -> StringShape {
    StringShape {
        name,
        length,
        pattern: None,
        values: &[],
    }
}

const fn integer(name: &'static str, min: Option<i64>, max: Option<i64>) -> Shape {
    Shape::Integer { name, min, max }
}

const fn list(name: &'static str, entries: Bounds, item: &'static Shape) -> Shape {
    Shape::List {
        name,
        entries,
        item,
    }
}

const fn map(
    name: &'static str,
    entries: Bounds,
    key: &'static StringShape,
    value: &'static Shape,
) -> Shape {
    Shape::Map {
        name,
        entries,
        key,
        value,
    }
}

const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member::body(name, shape).required()
}

const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member::body(name, shape)
}

pub(super) static BOOLEAN: Shape = Shape::Boolean;
pub(super) static TIMESTAMP: Shape = Shape::Timestamp;
pub(super) static LONG: Shape = Shape::Long;

// Scalars.

pub(super) static UUID: Shape = Shape::String(string("uuid", ANY).matching(&pattern::UUID));

const NAME_STRING: StringShape = string("name", between(1, 64)).matching(&pattern::NAME);
pub(super) static NAME: Shape = Shape::String(NAME_STRING);

const STRING1_TO255_STRING: StringShape = string("string1To255", between(1, 255));
pub(super) static STRING1_TO255: Shape = Shape::String(STRING1_TO255_STRING);

pub(super) static EXPIRATION_DAYS_INTEGER: Shape =
    integer("expirationDaysInteger", Some(1), Some(1098));

pub(super) static ENCRYPTION_KEY: Shape = Shape::String(string("encryptionKey", between(0, 255)));

pub(super) static SQS_QUEUE_URL: Shape = Shape::String(string("sqsQueueUrl", between(0, 255)));

const TAG_KEY_STRING: StringShape = string("TagKey", between(1, 128)).matching(&pattern::TAG_KEY);
pub(super) static TAG_KEY: Shape = Shape::String(TAG_KEY_STRING);

pub(super) static TAG_VALUE: Shape = Shape::String(string("TagValue", at_most(256)));

pub(super) static STRING1_TO1000: Shape = Shape::String(string("string1To1000", between(1, 1000)));

pub(super) static PARTY_TYPE: Shape =
    Shape::String(string("PartyType", ANY).one_of(&["INDIVIDUAL", "BUSINESS", "OTHER"]));

pub(super) static GENDER: Shape =
    Shape::String(string("Gender", ANY).one_of(&["MALE", "FEMALE", "UNSPECIFIED"]));

pub(super) static MESSAGE: Shape = Shape::String(string("message", ANY));

pub(super) static TYPE_NAME: Shape =
    Shape::String(string("typeName", between(1, 255)).matching(&pattern::TYPE_NAME));

pub(super) static TOKEN: Shape = Shape::String(string("token", between(1, 1024)));

pub(super) static MAX_SIZE100: Shape = integer("maxSize100", Some(1), Some(100));

pub(super) static MATCHES_NUMBER: Shape = integer("matchesNumber", Some(0), None);

pub(super) static TEXT: Shape = Shape::String(string("text", between(1, 1000)));

pub(super) static FIELD_CONTENT_TYPE: Shape =
    Shape::String(string("FieldContentType", ANY).one_of(&[
        "STRING",
        "NUMBER",
        "PHONE_NUMBER",
        "EMAIL_ADDRESS",
        "NAME",
    ]));

pub(super) static STANDARD_IDENTIFIER: Shape =
    Shape::String(string("StandardIdentifier", ANY).one_of(&[
        "PROFILE",
        "ASSET",
        "CASE",
        "UNIQUE",
        "SECONDARY",
        "LOOKUP_ONLY",
        "NEW_ONLY",
    ]));

pub(super) static STRINGIFIED_JSON: Shape =
    Shape::String(string("stringifiedJson", between(1, 256000)));

pub(super) static TAG_ARN: Shape =
    Shape::String(string("TagArn", at_most(256)).matching(&pattern::TAG_ARN));

pub(super) static STRING0_TO1000: Shape = Shape::String(string("string0To1000", between(0, 1000)));

pub(super) static STRING0_TO255: Shape = Shape::String(string("string0To255", between(0, 255)));

// Lists and maps.

pub(super) static REQUEST_VALUE_LIST: Shape = list("requestValueList", ANY, &STRING1_TO255);

pub(super) static TAG_MAP: Shape = map("TagMap", between(1, 50), &TAG_KEY_STRING, &TAG_VALUE);

pub(super) static ATTRIBUTES: Shape = map("Attributes", ANY, &STRING1_TO255_STRING, &STRING1_TO255);

pub(super) static PROFILE_ID_LIST: Shape = list("ProfileIdList", ANY, &UUID);

pub(super) static MATCHES_LIST: Shape = list("MatchesList", ANY, &MATCH_ITEM);

pub(super) static FIELD_MAP: Shape = map("FieldMap", ANY, &NAME_STRING, &OBJECT_TYPE_FIELD);

pub(super) static STANDARD_IDENTIFIER_LIST: Shape =
    list("StandardIdentifierList", ANY, &STANDARD_IDENTIFIER);

pub(super) static FIELD_NAME_LIST: Shape = list("FieldNameList", ANY, &NAME);

pub(super) static OBJECT_TYPE_KEY_LIST: Shape = list("ObjectTypeKeyList", ANY, &OBJECT_TYPE_KEY);

pub(super) static KEY_MAP: Shape = map("KeyMap", ANY, &NAME_STRING, &OBJECT_TYPE_KEY_LIST);

pub(super) static INTEGRATION_LIST: Shape = list("IntegrationList", ANY, &LIST_INTEGRATION_ITEM);

pub(super) static DOMAIN_LIST: Shape = list("DomainList", ANY, &LIST_DOMAIN_ITEM);

pub(super) static PROFILE_OBJECT_TYPE_TEMPLATE_LIST: Shape = list(
    "ProfileObjectTypeTemplateList",
    ANY,
    &LIST_PROFILE_OBJECT_TYPE_TEMPLATE_ITEM,
);

pub(super) static PROFILE_OBJECT_TYPE_LIST: Shape =
    list("ProfileObjectTypeList", ANY, &LIST_PROFILE_OBJECT_TYPE_ITEM);

pub(super) static PROFILE_OBJECT_LIST: Shape =
    list("ProfileObjectList", ANY, &LIST_PROFILE_OBJECTS_ITEM);

pub(super) static PROFILE_ID_TO_BE_MERGED_LIST: Shape =
    list("ProfileIdToBeMergedList", between(1, 20), &UUID);

pub(super) static ATTRIBUTE_SOURCE_ID_MAP: Shape =
    map("AttributeSourceIdMap", ANY, &STRING1_TO255_STRING, &UUID);

pub(super) static PROFILE_LIST: Shape = list("ProfileList", ANY, &PROFILE);

pub(super) static TAG_KEY_LIST: Shape = list("TagKeyList", between(1, 50), &TAG_KEY);

pub(super) static UPDATE_ATTRIBUTES: Shape = map(
    "UpdateAttributes",
    ANY,
    &STRING1_TO255_STRING,
    &STRING0_TO255,
);

// Structures.

pub(super) static MATCHING_REQUEST: Shape = Shape::Structure {
    name: "MatchingRequest",
    members: &[required("Enabled", &BOOLEAN)],
};

pub(super) static MATCHING_RESPONSE: Shape = Shape::Structure {
    name: "MatchingResponse",
    members: &[optional("Enabled", &BOOLEAN)],
};

pub(super) static ADDRESS: Shape = Shape::Structure {
    name: "Address",
    members: &[
        optional("Address1", &STRING1_TO255),
        optional("Address2", &STRING1_TO255),
        optional("Address3", &STRING1_TO255),
        optional("Address4", &STRING1_TO255),
        optional("City", &STRING1_TO255),
        optional("County", &STRING1_TO255),
        optional("State", &STRING1_TO255),
        optional("Province", &STRING1_TO255),
        optional("Country", &STRING1_TO255),
        optional("PostalCode", &STRING1_TO255),
    ],
};

pub(super) static DOMAIN_STATS: Shape = Shape::Structure {
    name: "DomainStats",
    members: &[
        optional("ProfileCount", &LONG),
        optional("MeteringProfileCount", &LONG),
        optional("ObjectCount", &LONG),
        optional("TotalSize", &LONG),
    ],
};

pub(super) static MATCH_ITEM: Shape = Shape::Structure {
    name: "MatchItem",
    members: &[
        optional("MatchId", &STRING1_TO255),
        optional("ProfileIds", &PROFILE_ID_LIST),
    ],
};

pub(super) static OBJECT_TYPE_FIELD: Shape = Shape::Structure {
    name: "ObjectTypeField",
    members: &[
        optional("Source", &TEXT),
        optional("Target", &TEXT),
        optional("ContentType", &FIELD_CONTENT_TYPE),
    ],
};

pub(super) static OBJECT_TYPE_KEY: Shape = Shape::Structure {
    name: "ObjectTypeKey",
    members: &[
        optional("StandardIdentifiers", &STANDARD_IDENTIFIER_LIST),
        optional("FieldNames", &FIELD_NAME_LIST),
    ],
};

pub(super) static LIST_INTEGRATION_ITEM: Shape = Shape::Structure {
    name: "ListIntegrationItem",
    members: &[
        required("DomainName", &NAME),
        required("Uri", &STRING1_TO255),
        required("ObjectTypeName", &TYPE_NAME),
        required("CreatedAt", &TIMESTAMP),
        required("LastUpdatedAt", &TIMESTAMP),
        optional("Tags", &TAG_MAP),
    ],
};

pub(super) static LIST_DOMAIN_ITEM: Shape = Shape::Structure {
    name: "ListDomainItem",
    members: &[
        required("DomainName", &NAME),
        required("CreatedAt", &TIMESTAMP),
        required("LastUpdatedAt", &TIMESTAMP),
        optional("Tags", &TAG_MAP),
    ],
};

pub(super) static LIST_PROFILE_OBJECT_TYPE_TEMPLATE_ITEM: Shape = Shape::Structure {
    name: "ListProfileObjectTypeTemplateItem",
    members: &[
        optional("TemplateId", &NAME),
        optional("SourceName", &NAME),
        optional("SourceObject", &NAME),
    ],
};

pub(super) static LIST_PROFILE_OBJECT_TYPE_ITEM: Shape = Shape::Structure {
    name: "ListProfileObjectTypeItem",
    members: &[
        required("ObjectTypeName", &TYPE_NAME),
        required("Description", &TEXT),
        optional("CreatedAt", &TIMESTAMP),
        optional("LastUpdatedAt", &TIMESTAMP),
        optional("Tags", &TAG_MAP),
    ],
};

pub(super) static OBJECT_FILTER: Shape = Shape::Structure {
    name: "ObjectFilter",
    members: &[
        required("KeyName", &NAME),
        required("Values", &REQUEST_VALUE_LIST),
    ],
};

pub(super) static LIST_PROFILE_OBJECTS_ITEM: Shape = Shape::Structure {
    name: "ListProfileObjectsItem",
    members: &[
        optional("ObjectTypeName", &TYPE_NAME),
        optional("ProfileObjectUniqueKey", &STRING1_TO255),
        optional("Object", &STRINGIFIED_JSON),
    ],
};

pub(super) static FIELD_SOURCE_PROFILE_IDS: Shape = Shape::Structure {
    name: "FieldSourceProfileIds",
    members: &[
        optional("AccountNumber", &UUID),
        optional("AdditionalInformation", &UUID),
        optional("PartyType", &UUID),
        optional("BusinessName", &UUID),
        optional("FirstName", &UUID),
        optional("MiddleName", &UUID),
        optional("LastName", &UUID),
        optional("BirthDate", &UUID),
        optional("Gender", &UUID),
        optional("PhoneNumber", &UUID),
        optional("MobilePhoneNumber", &UUID),
        optional("HomePhoneNumber", &UUID),
        optional("BusinessPhoneNumber", &UUID),
        optional("EmailAddress", &UUID),
        optional("PersonalEmailAddress", &UUID),
        optional("BusinessEmailAddress", &UUID),
        optional("Address", &UUID),
        optional("ShippingAddress", &UUID),
        optional("MailingAddress", &UUID),
        optional("BillingAddress", &UUID),
        optional("Attributes", &ATTRIBUTE_SOURCE_ID_MAP),
    ],
};

pub(super) static PROFILE: Shape = Shape::Structure {
    name: "Profile",
    members: &[
        optional("ProfileId", &UUID),
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
};

pub(super) static UPDATE_ADDRESS: Shape = Shape::Structure {
    name: "UpdateAddress",
    members: &[
        optional("Address1", &STRING0_TO255),
        optional("Address2", &STRING0_TO255),
        optional("Address3", &STRING0_TO255),
        optional("Address4", &STRING0_TO255),
        optional("City", &STRING0_TO255),
        optional("County", &STRING0_TO255),
        optional("State", &STRING0_TO255),
        optional("Province", &STRING0_TO255),
        optional("Country", &STRING0_TO255),
        optional("PostalCode", &STRING0_TO255),
    ],
};

// Integrations: what Amazon AppFlow needs to know.

pub(super) static FLOW_DESCRIPTION: Shape =
    Shape::String(string("FlowDescription", at_most(2048)).matching(&pattern::FLOW_DESCRIPTION));

pub(super) static FLOW_NAME: Shape =
    Shape::String(string("FlowName", at_most(256)).matching(&pattern::FLOW_NAME));

pub(super) static KMS_ARN: Shape =
    Shape::String(string("KmsArn", between(20, 2048)).matching(&pattern::KMS_ARN));

pub(super) static CONNECTOR_PROFILE_NAME: Shape = Shape::String(
    string("ConnectorProfileName", at_most(256)).matching(&pattern::CONNECTOR_PROFILE),
);

pub(super) static SOURCE_CONNECTOR_TYPE: Shape =
    Shape::String(string("SourceConnectorType", ANY).one_of(&[
        "Salesforce",
        "Marketo",
        "Zendesk",
        "Servicenow",
        "S3",
    ]));

pub(super) static DATETIME_TYPE_FIELD_NAME: Shape =
    Shape::String(string("DatetimeTypeFieldName", at_most(256)).matching(&pattern::ANYTHING));

pub(super) static INCREMENTAL_PULL_CONFIG: Shape = Shape::Structure {
    name: "IncrementalPullConfig",
    members: &[optional("DatetimeTypeFieldName", &DATETIME_TYPE_FIELD_NAME)],
};

pub(super) static OBJECT: Shape =
    Shape::String(string("Object", at_most(512)).matching(&pattern::NO_BLANK));

pub(super) static MARKETO_SOURCE_PROPERTIES: Shape = Shape::Structure {
    name: "MarketoSourceProperties",
    members: &[required("Object", &OBJECT)],
};

pub(super) static BUCKET_NAME: Shape =
    Shape::String(string("BucketName", between(3, 63)).matching(&pattern::NO_BLANK));

pub(super) static BUCKET_PREFIX: Shape =
    Shape::String(string("BucketPrefix", at_most(512)).matching(&pattern::ANYTHING));

pub(super) static S3_SOURCE_PROPERTIES: Shape = Shape::Structure {
    name: "S3SourceProperties",
    members: &[
        required("BucketName", &BUCKET_NAME),
        optional("BucketPrefix", &BUCKET_PREFIX),
    ],
};

pub(super) static SALESFORCE_SOURCE_PROPERTIES: Shape = Shape::Structure {
    name: "SalesforceSourceProperties",
    members: &[
        required("Object", &OBJECT),
        optional("EnableDynamicFieldUpdate", &BOOLEAN),
        optional("IncludeDeletedRecords", &BOOLEAN),
    ],
};

pub(super) static SERVICE_NOW_SOURCE_PROPERTIES: Shape = Shape::Structure {
    name: "ServiceNowSourceProperties",
    members: &[required("Object", &OBJECT)],
};

pub(super) static ZENDESK_SOURCE_PROPERTIES: Shape = Shape::Structure {
    name: "ZendeskSourceProperties",
    members: &[required("Object", &OBJECT)],
};

pub(super) static SOURCE_CONNECTOR_PROPERTIES: Shape = Shape::Structure {
    name: "SourceConnectorProperties",
    members: &[
        optional("Marketo", &MARKETO_SOURCE_PROPERTIES),
        optional("S3", &S3_SOURCE_PROPERTIES),
        optional("Salesforce", &SALESFORCE_SOURCE_PROPERTIES),
        optional("ServiceNow", &SERVICE_NOW_SOURCE_PROPERTIES),
        optional("Zendesk", &ZENDESK_SOURCE_PROPERTIES),
    ],
};

pub(super) static SOURCE_FLOW_CONFIG: Shape = Shape::Structure {
    name: "SourceFlowConfig",
    members: &[
        optional("ConnectorProfileName", &CONNECTOR_PROFILE_NAME),
        required("ConnectorType", &SOURCE_CONNECTOR_TYPE),
        optional("IncrementalPullConfig", &INCREMENTAL_PULL_CONFIG),
        required("SourceConnectorProperties", &SOURCE_CONNECTOR_PROPERTIES),
    ],
};

pub(super) static MARKETO_CONNECTOR_OPERATOR: Shape =
    Shape::String(string("MarketoConnectorOperator", ANY).one_of(&[
        "PROJECTION",
        "LESS_THAN",
        "GREATER_THAN",
        "BETWEEN",
        "ADDITION",
        "MULTIPLICATION",
        "DIVISION",
        "SUBTRACTION",
        "MASK_ALL",
        "MASK_FIRST_N",
        "MASK_LAST_N",
        "VALIDATE_NON_NULL",
        "VALIDATE_NON_ZERO",
        "VALIDATE_NON_NEGATIVE",
        "VALIDATE_NUMERIC",
        "NO_OP",
    ]));

pub(super) static S3_CONNECTOR_OPERATOR: Shape =
    Shape::String(string("S3ConnectorOperator", ANY).one_of(&[
        "PROJECTION",
        "LESS_THAN",
        "GREATER_THAN",
        "BETWEEN",
        "LESS_THAN_OR_EQUAL_TO",
        "GREATER_THAN_OR_EQUAL_TO",
        "EQUAL_TO",
        "NOT_EQUAL_TO",
        "ADDITION",
        "MULTIPLICATION",
        "DIVISION",
        "SUBTRACTION",
        "MASK_ALL",
        "MASK_FIRST_N",
        "MASK_LAST_N",
        "VALIDATE_NON_NULL",
        "VALIDATE_NON_ZERO",
        "VALIDATE_NON_NEGATIVE",
        "VALIDATE_NUMERIC",
        "NO_OP",
    ]));

pub(super) static SALESFORCE_CONNECTOR_OPERATOR: Shape =
    Shape::String(string("SalesforceConnectorOperator", ANY).one_of(&[
        "PROJECTION",
        "LESS_THAN",
        "CONTAINS",
        "GREATER_THAN",
        "BETWEEN",
        "LESS_THAN_OR_EQUAL_TO",
        "GREATER_THAN_OR_EQUAL_TO",
        "EQUAL_TO",
        "NOT_EQUAL_TO",
        "ADDITION",
        "MULTIPLICATION",
        "DIVISION",
        "SUBTRACTION",
        "MASK_ALL",
        "MASK_FIRST_N",
        "MASK_LAST_N",
        "VALIDATE_NON_NULL",
        "VALIDATE_NON_ZERO",
        "VALIDATE_NON_NEGATIVE",
        "VALIDATE_NUMERIC",
        "NO_OP",
    ]));

pub(super) static SERVICE_NOW_CONNECTOR_OPERATOR: Shape =
    Shape::String(string("ServiceNowConnectorOperator", ANY).one_of(&[
        "PROJECTION",
        "CONTAINS",
        "LESS_THAN",
        "GREATER_THAN",
        "BETWEEN",
        "LESS_THAN_OR_EQUAL_TO",
        "GREATER_THAN_OR_EQUAL_TO",
        "EQUAL_TO",
        "NOT_EQUAL_TO",
        "ADDITION",
        "MULTIPLICATION",
        "DIVISION",
        "SUBTRACTION",
        "MASK_ALL",
        "MASK_FIRST_N",
        "MASK_LAST_N",
        "VALIDATE_NON_NULL",
        "VALIDATE_NON_ZERO",
        "VALIDATE_NON_NEGATIVE",
        "VALIDATE_NUMERIC",
        "NO_OP",
    ]));

pub(super) static ZENDESK_CONNECTOR_OPERATOR: Shape =
    Shape::String(string("ZendeskConnectorOperator", ANY).one_of(&[
        "PROJECTION",
        "GREATER_THAN",
        "ADDITION",
        "MULTIPLICATION",
        "DIVISION",
        "SUBTRACTION",
        "MASK_ALL",
        "MASK_FIRST_N",
        "MASK_LAST_N",
        "VALIDATE_NON_NULL",
        "VALIDATE_NON_ZERO",
        "VALIDATE_NON_NEGATIVE",
        "VALIDATE_NUMERIC",
        "NO_OP",
    ]));

pub(super) static CONNECTOR_OPERATOR: Shape = Shape::Structure {
    name: "ConnectorOperator",
    members: &[
        optional("Marketo", &MARKETO_CONNECTOR_OPERATOR),
        optional("S3", &S3_CONNECTOR_OPERATOR),
        optional("Salesforce", &SALESFORCE_CONNECTOR_OPERATOR),
        optional("ServiceNow", &SERVICE_NOW_CONNECTOR_OPERATOR),
        optional("Zendesk", &ZENDESK_CONNECTOR_OPERATOR),
    ],
};

pub(super) static DESTINATION_FIELD: Shape =
    Shape::String(string("DestinationField", at_most(256)).matching(&pattern::ANYTHING));

pub(super) static STRING_TO2048: Shape =
    Shape::String(string("stringTo2048", at_most(2048)).matching(&pattern::ANYTHING));

pub(super) static SOURCE_FIELDS: Shape = list("SourceFields", ANY, &STRING_TO2048);

const OPERATOR_PROPERTIES_KEYS_STRING: StringShape =
    string("OperatorPropertiesKeys", ANY).one_of(&[
        "VALUE",
        "VALUES",
        "DATA_TYPE",
        "UPPER_BOUND",
        "LOWER_BOUND",
        "SOURCE_DATA_TYPE",
        "DESTINATION_DATA_TYPE",
        "VALIDATION_ACTION",
        "MASK_VALUE",
        "MASK_LENGTH",
        "TRUNCATE_LENGTH",
        "MATH_OPERATION_FIELDS_ORDER",
        "CONCAT_FORMAT",
        "SUBFIELD_CATEGORY_MAP",
    ]);

pub(super) static PROPERTY: Shape =
    Shape::String(string("Property", at_most(2048)).matching(&pattern::SOMETHING));

pub(super) static TASK_PROPERTIES_MAP: Shape = map(
    "TaskPropertiesMap",
    ANY,
    &OPERATOR_PROPERTIES_KEYS_STRING,
    &PROPERTY,
);

pub(super) static TASK_TYPE: Shape = Shape::String(string("TaskType", ANY).one_of(&[
    "Arithmetic",
    "Filter",
    "Map",
    "Mask",
    "Merge",
    "Truncate",
    "Validate",
]));

pub(super) static TASK: Shape = Shape::Structure {
    name: "Task",
    members: &[
        optional("ConnectorOperator", &CONNECTOR_OPERATOR),
        optional("DestinationField", &DESTINATION_FIELD),
        required("SourceFields", &SOURCE_FIELDS),
        optional("TaskProperties", &TASK_PROPERTIES_MAP),
        required("TaskType", &TASK_TYPE),
    ],
};

pub(super) static TASKS: Shape = list("Tasks", ANY, &TASK);

pub(super) static TRIGGER_TYPE: Shape =
    Shape::String(string("TriggerType", ANY).one_of(&["Scheduled", "Event", "OnDemand"]));

pub(super) static SCHEDULE_EXPRESSION: Shape =
    Shape::String(string("ScheduleExpression", at_most(256)).matching(&pattern::ANYTHING));

pub(super) static DATA_PULL_MODE: Shape =
    Shape::String(string("DataPullMode", ANY).one_of(&["Incremental", "Complete"]));

pub(super) static TIMEZONE: Shape =
    Shape::String(string("Timezone", at_most(256)).matching(&pattern::ANYTHING));

pub(super) static SCHEDULE_OFFSET: Shape = integer("ScheduleOffset", Some(0), Some(36000));

pub(super) static SCHEDULED_TRIGGER_PROPERTIES: Shape = Shape::Structure {
    name: "ScheduledTriggerProperties",
    members: &[
        required("ScheduleExpression", &SCHEDULE_EXPRESSION),
        optional("DataPullMode", &DATA_PULL_MODE),
        optional("ScheduleStartTime", &TIMESTAMP),
        optional("ScheduleEndTime", &TIMESTAMP),
        optional("Timezone", &TIMEZONE),
        optional("ScheduleOffset", &SCHEDULE_OFFSET),
        optional("FirstExecutionFrom", &TIMESTAMP),
    ],
};

pub(super) static TRIGGER_PROPERTIES: Shape = Shape::Structure {
    name: "TriggerProperties",
    members: &[optional("Scheduled", &SCHEDULED_TRIGGER_PROPERTIES)],
};

pub(super) static TRIGGER_CONFIG: Shape = Shape::Structure {
    name: "TriggerConfig",
    members: &[
        required("TriggerType", &TRIGGER_TYPE),
        optional("TriggerProperties", &TRIGGER_PROPERTIES),
    ],
};

pub(super) static FLOW_DEFINITION: Shape = Shape::Structure {
    name: "FlowDefinition",
    members: &[
        optional("Description", &FLOW_DESCRIPTION),
        required("FlowName", &FLOW_NAME),
        required("KmsArn", &KMS_ARN),
        required("SourceFlowConfig", &SOURCE_FLOW_CONFIG),
        required("Tasks", &TASKS),
        required("TriggerConfig", &TRIGGER_CONFIG),
    ],
};
