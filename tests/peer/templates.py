"""The templates of the revision (contract 4.3, 4.4)."""

import re

from mapping import Mapping

ADDRESS = {"Street": "Address1", "City": "City", "State": "State", "Country": "Country", "PostalCode": "PostalCode"}


def address(prefix, to):
    return " ".join(f"{prefix}{a}>{to}.{b}" for a, b in ADDRESS.items())


# id: (source name, source object, standard object, creates profiles, key:source:identifiers, source>target:content type)
TABLE = {
    "CTR": ("Connect", "CTR", "_profile", True, "_ctrContactId:ContactId:UNIQUE+PROFILE", "ContactId>"),
    "CTR-NoInferred": (
        "Connect", "CTR-NoInferred", "_profile", True,
        "_ctrContactId:ContactId:UNIQUE+PROFILE _phone:CustomerEndpoint.Address:PROFILE",
        "ContactId> CustomerEndpoint.Address>:PHONE_NUMBER"),
    "Salesforce-Account": (
        "Salesforce", "Account", "_profile", True, "_salesforceAccountId:Id:UNIQUE+PROFILE",
        "Id>Attributes.sfdcAccountId Name>BusinessName Phone>PhoneNumber AccountNumber>AccountNumber "
        + address("Billing", "BillingAddress") + " " + address("Shipping", "ShippingAddress")
        + " IsPersonAccount>PartyType PersonMobilePhone>MobilePhoneNumber PersonHomePhone>HomePhoneNumber "
        "PersonEmail>PersonalEmailAddress PersonBirthDate>BirthDate "
        + address("PersonMailingAddress.", "MailingAddress") + " " + address("PersonOther", "Address")
        + " FirstName>FirstName MiddleName>MiddleName LastName>LastName"),
    "Salesforce-Contact": (
        "Salesforce", "Contact", "_profile", True,
        "_salesforceContactId:Id:UNIQUE+PROFILE _salesforceAccountId:AccountId:PROFILE",
        "Id>Attributes.sfdcContactId AccountId>Attributes.sfdcAccountId FirstName>FirstName MiddleName>MiddleName "
        "LastName>LastName " + address("Other", "Address") + " " + address("Mailing", "MailingAddress")
        + " Phone>PhoneNumber HomePhone>HomePhoneNumber MobilePhone>MobilePhoneNumber Email>EmailAddress "
        "Birthdate>BirthDate"),
    "Salesforce-Asset": (
        "Salesforce", "Asset", "_asset", False,
        "_salesforceAssetId:Id:UNIQUE+ASSET _salesforceContactId:ContactId:PROFILE "
        "_salesforceAccountId:AccountId:PROFILE",
        "Id>Attributes.sfdcAssetId ContactId>Attributes.sfdcContactId AccountId>Attributes.sfdcAccountId "
        "SerialNumber>SerialNumber StockKeepingUnit>ProductSKU UsageEndDate>UsageEndDate Status>Status Price>Price "
        "Quantity>Quantity Description>Description"),
    "Zendesk-users": (
        "Zendesk", "users", "_profile", True,
        "_zendeskUserId:id:UNIQUE+PROFILE _zendeskExternalId:external_id:PROFILE",
        "id>Attributes.ZendeskUserId external_id>Attributes.ZendeskExternalId email>EmailAddress phone>PhoneNumber"),
    "Zendesk-tickets": (
        "Zendesk", "tickets", "_case", False, "_zendeskUserId:requester_id:PROFILE _zendeskTicketId:id:UNIQUE+CASE",
        "requester_id>Attributes.ZendeskUserId requester_id>CreatedBy id>Attributes.ZendeskTicketId subject>Title "
        "description>Summary status>Status created_at>CreatedDate updated_at>UpdatedDate"),
    "Marketo-leads": (
        "Marketo", "leads", "_profile", True,
        "_marketoLeadId:id:UNIQUE+PROFILE _salesforceAccountId:sfdcAccountId:PROFILE "
        "_salesforceContactId:sfdcContactId:PROFILE",
        "id>Attributes.MarketoLeadId sfdcAccountId>Attributes.sfdcAccountId sfdcContactId>Attributes.sfdcContactId "
        "firstName>FirstName lastName>LastName middleName>MiddleName email>EmailAddress phone>PhoneNumber "
        "mobilePhone>MobilePhoneNumber gender>Gender dataOfBirth>BirthDate " + address("billing", "BillingAddress")
        + " address>Address.Address1 city>Address.City state>Address.State country>Address.Country "
        "postalcode>Address.PostalCode"),
    "Servicenow-sys_user": (
        "Servicenow", "sys_user", "_profile", True, "_serviceNowSystemId:sys_id:UNIQUE+PROFILE",
        "sys_id>Attributes.ServiceNowSystemId first_name>FirstName last_name>LastName middle_name>MiddleName "
        "gender>Gender email>EmailAddress phone>PhoneNumber home_phone>HomePhoneNumber "
        "mobile_phone>MobilePhoneNumber street>Address.Address1 city>Address.City state>Address.State "
        "country>Address.Country zip>Address.PostalCode"),
    "Servicenow-task": (
        "Servicenow", "task", "_case", False,
        "_serviceNowTaskId:sys_id:UNIQUE+CASE _serviceNowSystemId:opened_by.link:PROFILE",
        "sys_id>Attributes.ServiceNowTaskId opened_by.link>Attributes.ServiceNowSystemUserId "
        "short_description>Title description>Summary status>Status sys_created_by>CreatedBy "
        "sys_created_on>CreatedDate sys_updated_on>UpdatedDate"),
    "Servicenow-incident": (
        "Servicenow", "incident", "_case", False,
        "_serviceNowIncidentId:sys_id:UNIQUE+CASE _serviceNowSystemId:caller_id.link:PROFILE",
        "sys_id>Attributes.ServiceNowIncidentId caller_id.link>Attributes.ServiceNowSystemUserId "
        "caller_id.link>CreatedBy incident_status>Status resolved_at>ClosedDate category>Reason"),
}


def content_type(to):
    if to.endswith("EmailAddress"):
        return "EMAIL_ADDRESS"
    return "PHONE_NUMBER" if to.endswith("PhoneNumber") else "STRING"


def build(root, creates, keys, pairs):
    fields, by_source = {}, {}
    for pair in pairs.split():
        source, _, to = pair.partition(">")
        to, _, kind = to.partition(":")
        name = re.sub(r"[^a-zA-Z0-9_-]", "_", source)
        while name in fields:
            name += "_2"
        fields[name] = {"Source": f"_source.{source}", "ContentType": kind or content_type(to)}
        if to:
            fields[name]["Target"] = f"{root}.{to}"
        by_source.setdefault(source, name)
    definitions = {}
    for key in keys.split():
        name, source, identifiers = key.split(":")
        definitions[name] = [{"StandardIdentifiers": identifiers.split("+"), "FieldNames": [by_source[source]]}]
    return Mapping(fields, definitions, creates)


TEMPLATES = {
    id_: {"SourceName": source, "SourceObject": obj, "mapping": build(root, creates, keys, pairs)}
    for id_, (source, obj, root, creates, keys, pairs) in TABLE.items()}
