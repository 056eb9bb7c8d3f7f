"""Input shapes of the service model, and the reading of request bodies by them (contract 1.5, 1.6, 1.9, 2)."""

import json
import re


class Fault(Exception):
    """An error answer."""

    def __init__(self, status, kind, message=""):
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


def bad(message):
    return Fault(400, "BadRequestException", message)


def missing(message):
    return Fault(404, "ResourceNotFoundException", message)


class Number(str):
    """A JSON number as it was spelt."""


def _constant(text):
    raise ValueError(text)


def read_json(text):
    """A JSON value with numbers as `Number`; raises ValueError."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_constant)
    except RecursionError as e:
        raise ValueError("too deep") from e


class Text:
    def __init__(self, least=0, most=None, pattern=None):
        self.least, self.most = least, most
        self.pattern = re.compile(pattern) if pattern else None

    def read(self, value, where):
        if not isinstance(value, str) or isinstance(value, Number):
            raise bad(f"{where}: a string is wanted")
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise bad(f"{where}: length must be {self.least} to {self.most}")
        if self.pattern and not self.pattern.search(value):
            raise bad(f"{where}: does not satisfy the pattern")
        return value


class Enum:
    def __init__(self, *values):
        self.values = set(values)

    def read(self, value, where):
        if not isinstance(value, str) or isinstance(value, Number) or value not in self.values:
            raise bad(f"{where}: one of {sorted(self.values)} is wanted")
        return value


class Integer:
    def __init__(self, least, most):
        self.least, self.most = least, most

    def read(self, value, where):
        if not isinstance(value, Number) or not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise bad(f"{where}: an integer is wanted")
        if not self.least <= int(value) <= self.most:
            raise bad(f"{where}: must be {self.least} to {self.most}")
        return int(value)


class Boolean:
    def read(self, value, where):
        if not isinstance(value, bool):
            raise bad(f"{where}: a boolean is wanted")
        return value


class List:
    def __init__(self, element, least=0, most=None):
        self.element, self.least, self.most = element, least, most

    def read(self, value, where):
        if not isinstance(value, list):
            raise bad(f"{where}: a list is wanted")
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise bad(f"{where}: {self.least} to {self.most} entries are wanted")
        return [self.element.read(v, f"{where}[{i}]") for i, v in enumerate(value)]


class Map:
    def __init__(self, key, value, least=0, most=None):
        self.key, self.value, self.least, self.most = key, value, least, most

    def read(self, value, where):
        if not isinstance(value, dict):
            raise bad(f"{where}: a map is wanted")
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            raise bad(f"{where}: {self.least} to {self.most} entries are wanted")
        return {self.key.read(k, f"{where} key"): self.value.read(v, f"{where}.{k}") for k, v in value.items()}


class Structure:
    def __init__(self, required=(), **members):
        self.members, self.required = members, set(required)

    def read(self, value, where=""):
        if not isinstance(value, dict):
            raise bad(f"{where or 'body'}: a structure is wanted")
        found = {}
        for name, shape in self.members.items():
            member = value.get(name)
            if member is not None:
                found[name] = shape.read(member, f"{where}.{name}" if where else name)
            elif name in self.required:
                raise bad(f"{name} is missing")
        return found


NAME = Text(1, 64, r"\A[a-zA-Z0-9_-]+\Z")
TYPE_NAME = Text(1, 255, r"\A[a-zA-Z_][a-zA-Z_0-9-]*\Z")
ID = Text(0, None, r"\A[a-f0-9]{32}\Z")
TOKEN = Text(1, 1024)
EXPIRATION = Integer(1, 1098)
PAGE_SIZE = Integer(1, 100)
TAG_KEY = Text(1, 128, r"\A(?!aws:)[a-zA-Z+-=._:/]+\Z")
TAGS = Map(TAG_KEY, Text(0, 256), 1, 50)
TAG_KEYS = List(TAG_KEY, 1, 50)
ARN = Text(0, 256, r"\Aarn:[a-z0-9]{1,10}:profile")
VALUES = List(Text(1, 255), 1)

FIELD = Structure(Source=Text(1, 1000), Target=Text(1, 1000),
                  ContentType=Enum("STRING", "NUMBER", "PHONE_NUMBER", "EMAIL_ADDRESS", "NAME"))
IDENTIFIER = Enum("PROFILE", "ASSET", "CASE", "UNIQUE", "SECONDARY", "LOOKUP_ONLY", "NEW_ONLY")
KEY = Structure(StandardIdentifiers=List(IDENTIFIER), FieldNames=List(NAME))

PLAIN = ("AccountNumber", "BusinessName", "FirstName", "MiddleName", "LastName", "BirthDate", "PhoneNumber",
         "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber", "EmailAddress", "PersonalEmailAddress",
         "BusinessEmailAddress", "AdditionalInformation")
ADDRESSES = ("Address", "ShippingAddress", "MailingAddress", "BillingAddress")
ADDRESS_MEMBERS = ("Address1", "Address2", "Address3", "Address4", "City", "County", "State", "Province", "Country",
                   "PostalCode")


def profile_members(least):
    members = {name: Text(least, 1000 if name == "AdditionalInformation" else 255) for name in PLAIN}
    members["PartyType"] = Enum("INDIVIDUAL", "BUSINESS", "OTHER")
    members["Gender"] = Enum("MALE", "FEMALE", "UNSPECIFIED")
    for name in ADDRESSES:
        members[name] = Structure(**{m: Text(least, 255) for m in ADDRESS_MEMBERS})
    members["Attributes"] = Map(Text(1, 255), Text(least, 255))
    return members


MATCHING = Structure(required=["Enabled"], Enabled=Boolean())
FILTER = Structure(required=["KeyName", "Values"], KeyName=NAME, Values=VALUES)
FIELD_SOURCES = Structure(Attributes=Map(Text(1, 255), ID),
                          **{name: ID for name in PLAIN + ADDRESSES + ("PartyType", "Gender")})
URI = Structure(["Uri"], Uri=Text(1, 255))
PROFILE_KEY = Structure(["ProfileId", "KeyName", "Values"], ProfileId=ID, KeyName=NAME, Values=VALUES)

BODIES = {
    "AddProfileKey": PROFILE_KEY,
    "CreateDomain": Structure(["DefaultExpirationDays"], DefaultExpirationDays=EXPIRATION,
                              DefaultEncryptionKey=Text(0, 255), DeadLetterQueueUrl=Text(0, 255), Matching=MATCHING,
                              Tags=TAGS),
    "CreateProfile": Structure(**profile_members(1)),
    "DeleteIntegration": URI,
    "DeleteProfile": Structure(["ProfileId"], ProfileId=ID),
    "DeleteProfileKey": PROFILE_KEY,
    "DeleteProfileObject": Structure(["ProfileId", "ProfileObjectUniqueKey", "ObjectTypeName"], ProfileId=ID,
                                     ProfileObjectUniqueKey=Text(1, 255), ObjectTypeName=TYPE_NAME),
    "GetIntegration": URI,
    "ListAccountIntegrations": URI,
    "ListProfileObjects": Structure(["ObjectTypeName", "ProfileId"], ObjectTypeName=TYPE_NAME, ProfileId=ID,
                                    ObjectFilter=FILTER),
    "MergeProfiles": Structure(["MainProfileId", "ProfileIdsToBeMerged"], MainProfileId=ID,
                               ProfileIdsToBeMerged=List(ID, 1, 20), FieldSourceProfileIds=FIELD_SOURCES),
    "PutIntegration": Structure(["ObjectTypeName"], Uri=Text(1, 255), ObjectTypeName=TYPE_NAME, Tags=TAGS),
    "PutProfileObject": Structure(["ObjectTypeName", "Object"], ObjectTypeName=TYPE_NAME, Object=Text(1, 256000)),
    "PutProfileObjectType": Structure(["Description"], Description=Text(1, 1000), TemplateId=NAME,
                                      ExpirationDays=EXPIRATION, EncryptionKey=Text(0, 255),
                                      AllowProfileCreation=Boolean(), Fields=Map(NAME, FIELD),
                                      Keys=Map(NAME, List(KEY)), Tags=TAGS),
    "SearchProfiles": Structure(["KeyName", "Values"], KeyName=NAME, Values=VALUES),
    "TagResource": Structure(["tags"], tags=TAGS),
    "UpdateDomain": Structure(DefaultExpirationDays=EXPIRATION, DefaultEncryptionKey=Text(0, 255),
                              DeadLetterQueueUrl=Text(0, 255), Matching=MATCHING, Tags=TAGS),
    "UpdateProfile": Structure(["ProfileId"], ProfileId=ID, **profile_members(0)),
}

LABELS = {"DomainName": NAME, "ObjectTypeName": TYPE_NAME, "TemplateId": NAME, "resourceArn": ARN}

ROUTES = {
    "AddProfileKey": "POST /domains/{DomainName}/profiles/keys",
    "CreateDomain": "POST /domains/{DomainName}",
    "CreateProfile": "POST /domains/{DomainName}/profiles",
    "DeleteDomain": "DELETE /domains/{DomainName}",
    "DeleteIntegration": "POST /domains/{DomainName}/integrations/delete",
    "DeleteProfile": "POST /domains/{DomainName}/profiles/delete",
    "DeleteProfileKey": "POST /domains/{DomainName}/profiles/keys/delete",
    "DeleteProfileObject": "POST /domains/{DomainName}/profiles/objects/delete",
    "DeleteProfileObjectType": "DELETE /domains/{DomainName}/object-types/{ObjectTypeName}",
    "GetDomain": "GET /domains/{DomainName}",
    "GetIntegration": "POST /domains/{DomainName}/integrations",
    "GetMatches": "GET /domains/{DomainName}/matches",
    "GetProfileObjectType": "GET /domains/{DomainName}/object-types/{ObjectTypeName}",
    "GetProfileObjectTypeTemplate": "GET /templates/{TemplateId}",
    "ListAccountIntegrations": "POST /integrations",
    "ListDomains": "GET /domains",
    "ListIntegrations": "GET /domains/{DomainName}/integrations",
    "ListProfileObjectTypeTemplates": "GET /templates",
    "ListProfileObjectTypes": "GET /domains/{DomainName}/object-types",
    "ListProfileObjects": "POST /domains/{DomainName}/profiles/objects",
    "ListTagsForResource": "GET /tags/{resourceArn}",
    "MergeProfiles": "POST /domains/{DomainName}/profiles/objects/merge",
    "PutIntegration": "PUT /domains/{DomainName}/integrations",
    "PutProfileObject": "PUT /domains/{DomainName}/profiles/objects",
    "PutProfileObjectType": "PUT /domains/{DomainName}/object-types/{ObjectTypeName}",
    "SearchProfiles": "POST /domains/{DomainName}/profiles/search",
    "TagResource": "POST /tags/{resourceArn}",
    "UntagResource": "DELETE /tags/{resourceArn}",
    "UpdateDomain": "PUT /domains/{DomainName}",
    "UpdateProfile": "PUT /domains/{DomainName}/profiles",
}
PAGED = {"ListDomains", "ListProfileObjectTypes", "ListProfileObjectTypeTemplates", "ListProfileObjects",
         "SearchProfiles", "ListIntegrations", "ListAccountIntegrations", "GetMatches"}
