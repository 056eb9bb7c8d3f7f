"""What the conversations with boto3 have in common: a client, names nobody has used, a mapping, pages."""

import os
import unittest
import uuid

import boto3
from botocore.config import Config

ENDPOINT = os.environ["PROFILE_CONTRACT_ENDPOINT"]
REGION = "us-east-1"

# The service never says the ARNs of its resources; this is the account an implementation under test is taken to serve.
ARN = f"arn:aws:profile:{REGION}:123456789012"

# Precomposed and combining letters, an astral character, a right-to-left mark, JSON's and HTML's own characters.
UNICODE = "\u00fc e\u0301 \U0001f986 \u200f\u05d0 \" \\ / <b>&amp;</b>\ttab\nline \u2028 end"

# Every character a tag key may have beside letters and digits (contract 1.9).
ODD_KEY = "a+b,c-d.e/f:g;h<i=j_k0"

FIELDS = {
    "memberNo": {"Source": "_source.member", "Target": "_profile.AccountNumber", "ContentType": "NUMBER"},
    "town": {"Source": "_source.home.town", "Target": "_profile.ShippingAddress.City", "ContentType": "STRING"},
    "mail": {"Source": "_source.mail", "Target": "_profile.EmailAddress", "ContentType": "EMAIL_ADDRESS"},
    "wholeName": {"Source": "{{_source.given}} {{_source.family}}", "ContentType": "NAME"},
}
KEYS = {
    "_account": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["memberNo"]}],
    "_email": [{"StandardIdentifiers": ["PROFILE", "LOOKUP_ONLY"], "FieldNames": ["mail"]}],
    "nameAndTown": [{"FieldNames": ["wholeName", "town"]}],
}
MAPPING = {"Fields": FIELDS, "Keys": KEYS}


def customer_profiles():
    return boto3.client(
        "customer-profiles",
        endpoint_url=ENDPOINT,
        region_name=REGION,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        # An answer that only came at the second attempt would go unnoticed otherwise.
        config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True),
    )


def unused():
    return f"boto3-{uuid.uuid4().hex}"


def pages(call, **arguments):
    """All items of a list operation, and the sizes of the pages they came in."""
    items, sizes, token = [], [], {}
    while True:
        page = call(**arguments, **token)
        items += page["Items"]
        sizes.append(len(page["Items"]))
        if not page.get("NextToken"):
            return items, sizes
        if len(sizes) > 1000:
            raise AssertionError("the pages do not end")
        token = {"NextToken": page["NextToken"]}


class Conversation(unittest.TestCase):
    """A test with a client and a domain of its own."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.client = customer_profiles()
        cls.errors = cls.client.exceptions

    def setUp(self):
        self.domain = self.create_domain()

    def create_domain(self, **members):
        name = unused()
        self.client.create_domain(DomainName=name, **{"DefaultExpirationDays": 30, **members})
        self.addCleanup(self.delete_domain, name)
        return name

    def delete_domain(self, name):
        try:
            self.client.delete_domain(DomainName=name)
        except self.errors.ResourceNotFoundException:
            pass

    def put(self, name, **members):
        members = {"Description": "a type", **MAPPING, **members}
        return self.client.put_profile_object_type(DomainName=self.domain, ObjectTypeName=name, **members)

    def get(self, name):
        return self.client.get_profile_object_type(DomainName=self.domain, ObjectTypeName=name)

    def domain_arn(self):
        return f"{ARN}:domains/{self.domain}"

    def type_arn(self, name):
        return f"{ARN}:domains/{self.domain}/object-types/{name}"
