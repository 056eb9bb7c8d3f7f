//! Templates and standard objects (section 4), as data.
//!
//! What real templates hold is published in part: which source fields become which members of a standard object, and
//! which keys index them. Source paths within an envelope, field names, content types and the identifiers of keys are
//! not; what stands here for those is ours, and only the built-in server is held to it.

use crate::wire::Json;

/// A predefined object type.
#[derive(Debug)]
pub struct Template {
    /// Its id; source name and source object are the parts around the first `-`.
    pub id: &'static str,
    /// The standard object its fields are written to: `_profile`, `_asset` or `_case`.
    object: &'static str,
    /// Source path and target member of each field.
    fields: &'static [(&'static str, &'static str)],
    /// Keys: name, identifiers, source path of the field.
    keys: &'static [(&'static str, &'static [&'static str], &'static str)],
}

impl Template {
    /// What an object of it is made of: the source paths that its keys read, with the names of the keys, and all others.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
        let key = |path| self.keys.iter().find(move |(_, _, source)| *source == path);
        let fields = self.fields.iter();
        fields.map(move |(source, _)| (*source, key(*source).map(|(name, ..)| *name)))
    }

    /// The body with which GetProfileObjectTypeTemplate shows it.
    pub fn to_json(&self) -> Json {
        let text = |text: &str| Json::from(text);
        let (source_name, source_object) = self.id.split_once('-').unwrap_or((self.id, self.id));
        let mut fields: Vec<(String, Json)> = Vec::with_capacity(self.fields.len());
        for (source, target) in self.fields {
            let mut members = vec![("Source".to_owned(), text(&format!("_source.{source}")))];
            if !target.is_empty() {
                members.push((
                    "Target".to_owned(),
                    text(&format!("{}.{target}", self.object)),
                ));
            }
            members.push(("ContentType".to_owned(), text(content_type(source, target))));
            fields.push((field_name(source, target), Json::Object(members)));
        }
        let keys = self.keys.iter().map(|(name, identifiers, source)| {
            let target = self
                .fields
                .iter()
                .find(|(known, _)| known == source)
                .map_or("", |(_, target)| target);
            let definition = Json::Object(vec![
                (
                    "StandardIdentifiers".to_owned(),
                    Json::Array(identifiers.iter().map(|name| text(name)).collect()),
                ),
                (
                    "FieldNames".to_owned(),
                    Json::Array(vec![Json::from(field_name(source, target))]),
                ),
            ]);
            ((*name).to_owned(), Json::Array(vec![definition]))
        });
        Json::Object(vec![
            ("TemplateId".to_owned(), text(self.id)),
            ("SourceName".to_owned(), text(source_name)),
            ("SourceObject".to_owned(), text(source_object)),
            (
                "AllowProfileCreation".to_owned(),
                Json::Bool(self.object == "_profile"),
            ),
            ("Keys".to_owned(), Json::Object(keys.collect())),
            ("Fields".to_owned(), Json::Object(fields)),
        ])
    }
}

/// A name for a field: the source path without dots, told apart where one source has two targets.
fn field_name(source: &str, target: &str) -> String {
    let name = source.replace('.', "_");
    match target {
        "CreatedBy" => format!("{name}_CreatedBy"),
        _ => name,
    }
}

fn content_type(source: &str, target: &str) -> &'static str {
    if target.ends_with("PhoneNumber") || source == "CustomerEndpoint.Address" {
        "PHONE_NUMBER"
    } else if target.ends_with("EmailAddress") {
        "EMAIL_ADDRESS"
    } else if matches!(target, "FirstName" | "MiddleName" | "LastName") {
        "NAME"
    } else {
        "STRING"
    }
}

/// The template of that id.
pub fn find(id: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.id == id)
}

/// Templates that were published after this revision, which a target may have as well.
const LATER: [&str; 10] = [
    "Connect-case",
    "CTR-AutoAssociateOnly",
    "Marketo-Multi-Lead-Account-Link",
    "Salesforce-Multi-Asset-Account-Link",
    "Salesforce-Multi-Contact-Account-Link",
    "Segment-Customer",
    "Segment-Identify",
    "Shopify-Customer",
    "Shopify-DraftOrder",
    "Shopify-Order",
];

/// Whether a template of that id was published after this revision.
pub fn is_later(id: &str) -> bool {
    LATER.contains(&id)
}

/// Where a `Target` points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A field of the standard profile.
    Profile,
    /// An attribute of the standard profile.
    ProfileAttribute,
    /// A field or an attribute of the standard asset or case.
    Standard,
    /// An id the system assigns.
    SystemId,
    /// A standard object, but no field of it.
    UnknownField,
    /// Something else.
    OtherRoot,
}

/// Reads a `Target`.
pub fn target(text: &str) -> Target {
    match text.split_once('.') {
        Some((root, path)) => target_within(root, path),
        None => Target::OtherRoot,
    }
}

/// What a path is within a root (`_profile`, `_asset`, `_case`).
pub fn target_within(root: &str, path: &str) -> Target {
    let (members, id): (&[&str], &str) = match root {
        "_profile" => (&PROFILE, "ProfileId"),
        "_asset" => (&ASSET, "AssetId"),
        "_case" => (&CASE, "CaseId"),
        _ => return Target::OtherRoot,
    };
    let known = match path.split_once('.') {
        None if path == id => return Target::SystemId,
        None => members.contains(&path),
        Some(("Attributes", "")) => false,
        Some(("Attributes", _)) if root == "_profile" => return Target::ProfileAttribute,
        Some(("Attributes", _)) => true,
        Some((address, member)) => {
            root == "_profile" && ADDRESSES.contains(&address) && ADDRESS.contains(&member)
        }
    };
    match (known, root) {
        (true, "_profile") => Target::Profile,
        (true, _) => Target::Standard,
        (false, _) => Target::UnknownField,
    }
}

/// The members of the standard profile that are texts.
pub fn profile_members() -> &'static [&'static str] {
    &PROFILE
}

/// The members of the standard profile that are addresses, and the members of each.
pub(crate) fn addresses() -> (&'static [&'static str], &'static [&'static str]) {
    (&ADDRESSES, &ADDRESS)
}

/// Whether a member of the standard profile is an address.
pub fn is_address(name: &str) -> bool {
    ADDRESSES.contains(&name)
}

/// Whether a name is that of a member of an address.
pub fn is_address_member(name: &str) -> bool {
    ADDRESS.contains(&name)
}

/// Whether SearchProfiles names the key among the predefined ones at this revision (section 2.9).
pub fn is_search_key(name: &str) -> bool {
    const LATER: [&str; 8] = [
        "_assetId",
        "_assetName",
        "_serialNumber",
        "_caseId",
        "_salesforceAssetId",
        "_zendeskTicketId",
        "_serviceNowTaskId",
        "_serviceNowIncidentId",
    ];
    is_predefined_key(name) && !LATER.contains(&name)
}

/// Whether a key name is predefined (section 4.2).
pub fn is_predefined_key(name: &str) -> bool {
    PREDEFINED_KEYS.contains(&name)
}

const PREDEFINED_KEYS: [&str; 20] = [
    "_profileId",
    "_account",
    "_phone",
    "_email",
    "_fullName",
    "_assetId",
    "_assetName",
    "_serialNumber",
    "_caseId",
    "_ctrContactId",
    "_salesforceAccountId",
    "_salesforceContactId",
    "_salesforceAssetId",
    "_zendeskUserId",
    "_zendeskExternalId",
    "_zendeskTicketId",
    "_marketoLeadId",
    "_serviceNowSystemId",
    "_serviceNowTaskId",
    "_serviceNowIncidentId",
];

static PROFILE: [&str; 16] = [
    "AccountNumber",
    "AdditionalInformation",
    "PartyType",
    "BusinessName",
    "FirstName",
    "MiddleName",
    "LastName",
    "BirthDate",
    "Gender",
    "PhoneNumber",
    "MobilePhoneNumber",
    "HomePhoneNumber",
    "BusinessPhoneNumber",
    "EmailAddress",
    "PersonalEmailAddress",
    "BusinessEmailAddress",
];

const ADDRESSES: [&str; 4] = [
    "Address",
    "ShippingAddress",
    "MailingAddress",
    "BillingAddress",
];

const ADDRESS: [&str; 10] = [
    "Address1",
    "Address2",
    "Address3",
    "Address4",
    "City",
    "County",
    "State",
    "Province",
    "Country",
    "PostalCode",
];

const ASSET: [&str; 13] = [
    "AssetName",
    "SerialNumber",
    "ModelNumber",
    "ModelName",
    "ProductSKU",
    "PurchaseDate",
    "UsageEndDate",
    "Status",
    "Price",
    "Quantity",
    "Description",
    "AdditionalInformation",
    "DataSource",
];

const CASE: [&str; 10] = [
    "Title",
    "Summary",
    "Status",
    "Reason",
    "CreatedBy",
    "CreatedDate",
    "UpdatedDate",
    "ClosedDate",
    "AdditionalInformation",
    "DataSource",
];

const OWN: &[&str] = &["UNIQUE", "PROFILE"];
const PROFILE_KEY: &[&str] = &["PROFILE"];

/// The templates of this revision, by id.
pub static TEMPLATES: &[Template] = &[
    Template {
        id: "CTR",
        object: "_profile",
        fields: &[("ContactId", "")],
        keys: &[("_ctrContactId", OWN, "ContactId")],
    },
    Template {
        id: "CTR-NoInferred",
        object: "_profile",
        fields: &[("ContactId", ""), ("CustomerEndpoint.Address", "")],
        keys: &[
            ("_ctrContactId", OWN, "ContactId"),
            ("_phone", PROFILE_KEY, "CustomerEndpoint.Address"),
        ],
    },
    Template {
        id: "Marketo-leads",
        object: "_profile",
        fields: &[
            ("id", "Attributes.MarketoLeadId"),
            ("sfdcAccountId", "Attributes.sfdcAccountId"),
            ("sfdcContactId", "Attributes.sfdcContactId"),
            ("firstName", "FirstName"),
            ("lastName", "LastName"),
            ("middleName", "MiddleName"),
            ("email", "EmailAddress"),
            ("phone", "PhoneNumber"),
            ("mobilePhone", "MobilePhoneNumber"),
            ("gender", "Gender"),
            ("dataOfBirth", "BirthDate"),
            ("billingStreet", "BillingAddress.Address1"),
            ("billingCity", "BillingAddress.City"),
            ("billingState", "BillingAddress.State"),
            ("billingCountry", "BillingAddress.Country"),
            ("billingPostalCode", "BillingAddress.PostalCode"),
            ("address", "Address.Address1"),
            ("city", "Address.City"),
            ("state", "Address.State"),
            ("country", "Address.Country"),
            ("postalcode", "Address.PostalCode"),
        ],
        keys: &[
            ("_marketoLeadId", OWN, "id"),
            ("_salesforceAccountId", PROFILE_KEY, "sfdcAccountId"),
            ("_salesforceContactId", PROFILE_KEY, "sfdcContactId"),
        ],
    },
    Template {
        id: "Salesforce-Account",
        object: "_profile",
        fields: &[
            ("Id", "Attributes.sfdcAccountId"),
            ("Name", "BusinessName"),
            ("Phone", "PhoneNumber"),
            ("AccountNumber", "AccountNumber"),
            ("BillingStreet", "BillingAddress.Address1"),
            ("BillingCity", "BillingAddress.City"),
            ("BillingState", "BillingAddress.State"),
            ("BillingCountry", "BillingAddress.Country"),
            ("BillingPostalCode", "BillingAddress.PostalCode"),
            ("ShippingStreet", "ShippingAddress.Address1"),
            ("ShippingCity", "ShippingAddress.City"),
            ("ShippingState", "ShippingAddress.State"),
            ("ShippingCountry", "ShippingAddress.Country"),
            ("ShippingPostalCode", "ShippingAddress.PostalCode"),
            ("IsPersonAccount", "PartyType"),
            ("PersonMobilePhone", "MobilePhoneNumber"),
            ("PersonHomePhone", "HomePhoneNumber"),
            ("PersonEmail", "PersonalEmailAddress"),
            ("PersonBirthDate", "BirthDate"),
            ("PersonMailingAddress.Street", "MailingAddress.Address1"),
            ("PersonMailingAddress.City", "MailingAddress.City"),
            ("PersonMailingAddress.State", "MailingAddress.State"),
            ("PersonMailingAddress.Country", "MailingAddress.Country"),
            (
                "PersonMailingAddress.PostalCode",
                "MailingAddress.PostalCode",
            ),
            ("PersonOtherStreet", "Address.Address1"),
            ("PersonOtherCity", "Address.City"),
            ("PersonOtherState", "Address.State"),
            ("PersonOtherCountry", "Address.Country"),
            ("PersonOtherPostalCode", "Address.PostalCode"),
            ("FirstName", "FirstName"),
            ("MiddleName", "MiddleName"),
            ("LastName", "LastName"),
        ],
        keys: &[("_salesforceAccountId", OWN, "Id")],
    },
    Template {
        id: "Salesforce-Asset",
        object: "_asset",
        fields: &[
            ("Id", "Attributes.sfdcAssetId"),
            ("ContactId", "Attributes.sfdcContactId"),
            ("AccountId", "Attributes.sfdcAccountId"),
            ("SerialNumber", "SerialNumber"),
            ("StockKeepingUnit", "ProductSKU"),
            ("UsageEndDate", "UsageEndDate"),
            ("Status", "Status"),
            ("Price", "Price"),
            ("Quantity", "Quantity"),
            ("Description", "Description"),
        ],
        keys: &[
            ("_salesforceAssetId", &["UNIQUE", "ASSET"], "Id"),
            ("_salesforceContactId", PROFILE_KEY, "ContactId"),
            ("_salesforceAccountId", PROFILE_KEY, "AccountId"),
        ],
    },
    Template {
        id: "Salesforce-Contact",
        object: "_profile",
        fields: &[
            ("Id", "Attributes.sfdcContactId"),
            ("AccountId", "Attributes.sfdcAccountId"),
            ("FirstName", "FirstName"),
            ("MiddleName", "MiddleName"),
            ("LastName", "LastName"),
            ("OtherStreet", "Address.Address1"),
            ("OtherCity", "Address.City"),
            ("OtherState", "Address.State"),
            ("OtherCountry", "Address.Country"),
            ("OtherPostalCode", "Address.PostalCode"),
            ("MailingStreet", "MailingAddress.Address1"),
            ("MailingCity", "MailingAddress.City"),
            ("MailingState", "MailingAddress.State"),
            ("MailingCountry", "MailingAddress.Country"),
            ("MailingPostalCode", "MailingAddress.PostalCode"),
            ("Phone", "PhoneNumber"),
            ("HomePhone", "HomePhoneNumber"),
            ("MobilePhone", "MobilePhoneNumber"),
            ("Email", "EmailAddress"),
            ("Birthdate", "BirthDate"),
        ],
        keys: &[
            ("_salesforceContactId", OWN, "Id"),
            ("_salesforceAccountId", PROFILE_KEY, "AccountId"),
        ],
    },
    Template {
        id: "Servicenow-incident",
        object: "_case",
        fields: &[
            ("sys_id", "Attributes.ServiceNowIncidentId"),
            ("caller_id.link", "Attributes.ServiceNowSystemUserId"),
            ("caller_id.link", "CreatedBy"),
            ("incident_status", "Status"),
            ("resolved_at", "ClosedDate"),
            ("category", "Reason"),
        ],
        keys: &[
            ("_serviceNowIncidentId", &["UNIQUE", "CASE"], "sys_id"),
            ("_serviceNowSystemId", PROFILE_KEY, "caller_id.link"),
        ],
    },
    Template {
        id: "Servicenow-sys_user",
        object: "_profile",
        fields: &[
            ("sys_id", "Attributes.ServiceNowSystemId"),
            ("first_name", "FirstName"),
            ("last_name", "LastName"),
            ("middle_name", "MiddleName"),
            ("gender", "Gender"),
            ("email", "EmailAddress"),
            ("phone", "PhoneNumber"),
            ("home_phone", "HomePhoneNumber"),
            ("mobile_phone", "MobilePhoneNumber"),
            ("street", "Address.Address1"),
            ("city", "Address.City"),
            ("state", "Address.State"),
            ("country", "Address.Country"),
            ("zip", "Address.PostalCode"),
        ],
        keys: &[("_serviceNowSystemId", OWN, "sys_id")],
    },
    Template {
        id: "Servicenow-task",
        object: "_case",
        fields: &[
            ("sys_id", "Attributes.ServiceNowTaskId"),
            ("opened_by.link", "Attributes.ServiceNowSystemUserId"),
            ("short_description", "Title"),
            ("description", "Summary"),
            ("status", "Status"),
            ("sys_created_by", "CreatedBy"),
            ("sys_created_on", "CreatedDate"),
            ("sys_updated_on", "UpdatedDate"),
        ],
        keys: &[
            ("_serviceNowTaskId", &["UNIQUE", "CASE"], "sys_id"),
            ("_serviceNowSystemId", PROFILE_KEY, "opened_by.link"),
        ],
    },
    Template {
        id: "Zendesk-tickets",
        object: "_case",
        fields: &[
            ("requester_id", "Attributes.ZendeskUserId"),
            ("requester_id", "CreatedBy"),
            ("id", "Attributes.ZendeskTicketId"),
            ("subject", "Title"),
            ("description", "Summary"),
            ("status", "Status"),
            ("created_at", "CreatedDate"),
            ("updated_at", "UpdatedDate"),
        ],
        keys: &[
            ("_zendeskUserId", PROFILE_KEY, "requester_id"),
            ("_zendeskTicketId", &["UNIQUE", "CASE"], "id"),
        ],
    },
    Template {
        id: "Zendesk-users",
        object: "_profile",
        fields: &[
            ("id", "Attributes.ZendeskUserId"),
            ("external_id", "Attributes.ZendeskExternalId"),
            ("email", "EmailAddress"),
            ("phone", "PhoneNumber"),
        ],
        keys: &[
            ("_zendeskUserId", OWN, "id"),
            ("_zendeskExternalId", PROFILE_KEY, "external_id"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What template.get.well-formed asks of others.
    #[test]
    fn templates_are_well_formed() {
        for template in TEMPLATES {
            let (id, body) = (template.id, template.to_json());
            assert!(!body.has_duplicate_members(), "{id}: a name is given twice");
            let fields = body.get("Fields").and_then(Json::members).expect("fields");
            for (name, field) in fields {
                assert!((super::super::pattern::NAME.matches)(name), "{id}: {name}");
                let known = field
                    .get("Target")
                    .and_then(Json::as_str)
                    .is_none_or(|text| {
                        matches!(
                            target(text),
                            Target::Profile | Target::ProfileAttribute | Target::Standard
                        )
                    });
                assert!(known, "{id}: {field}");
            }
            let (mut unique, mut profile) = (0, 0);
            for (name, list) in body.get("Keys").and_then(Json::members).expect("keys") {
                assert!(is_predefined_key(name), "{id}: {name}");
                let identifiers = list
                    .pointer("/0/StandardIdentifiers")
                    .and_then(Json::items)
                    .expect("identifiers");
                let is = |wanted: &str| {
                    identifiers
                        .iter()
                        .any(|identifier| identifier.as_str() == Some(wanted))
                };
                unique += usize::from(is("UNIQUE"));
                profile += usize::from(is("PROFILE"));
                let field = list
                    .pointer("/0/FieldNames/0")
                    .and_then(Json::as_str)
                    .expect("a field");
                assert!(
                    fields.iter().any(|(known, _)| known == field),
                    "{id}: {name} is made of {field}"
                );
            }
            assert!(
                unique == 1 && profile > 0,
                "{id}: {unique} UNIQUE, {profile} PROFILE"
            );
        }
        assert_eq!(TEMPLATES.len(), 11);
    }

    #[test]
    fn targets_are_told_apart() {
        for (text, expected) in [
            ("_profile.FirstName", Target::Profile),
            ("_profile.BillingAddress.PostalCode", Target::Profile),
            ("_profile.Attributes.a.b", Target::ProfileAttribute),
            ("_profile.Attributes.", Target::UnknownField),
            ("_profile.Attributes", Target::UnknownField),
            ("_profile.Address", Target::UnknownField),
            ("_profile.Address.Street", Target::UnknownField),
            ("_profile.firstName", Target::UnknownField),
            ("_profile.ProfileId", Target::SystemId),
            ("_asset.AssetId", Target::SystemId),
            ("_asset.SerialNumber", Target::Standard),
            ("_case.Attributes.x", Target::Standard),
            ("_case.SerialNumber", Target::UnknownField),
            ("_profile", Target::OtherRoot),
            ("_profileX.FirstName", Target::OtherRoot),
            ("_order.Name", Target::OtherRoot),
            ("", Target::OtherRoot),
        ] {
            assert_eq!(target(text), expected, "{text}");
        }
    }
}
