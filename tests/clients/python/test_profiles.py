"""Profiles, objects and standard assets through boto3: what the client sends and reads is what the server means."""

import json

from botocore.exceptions import ClientError
from conversation import UNICODE, Conversation

FIELDS = {
    "id": {"Source": "_source.id"},
    "mail": {"Source": "_source.mail", "Target": "_profile.EmailAddress", "ContentType": "EMAIL_ADDRESS"},
    "city": {"Source": "_source.home.city", "Target": "_profile.Address.City"},
    "tier": {"Source": "_source.tier", "Target": "_profile.Attributes.tier"},
}
KEYS = {
    "cardId": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["id"]}],
    "_email": [{"StandardIdentifiers": ["PROFILE"], "FieldNames": ["mail"]}],
}


class Profiles(Conversation):
    def setUp(self):
        super().setUp()
        self.client.put_profile_object_type(
            DomainName=self.domain,
            ObjectTypeName="Card",
            Description="a card",
            AllowProfileCreation=True,
            Fields=FIELDS,
            Keys=KEYS,
        )

    def ingest(self, **members):
        answer = self.client.put_profile_object(
            DomainName=self.domain, ObjectTypeName="Card", Object=json.dumps(members)
        )
        return answer["ProfileObjectUniqueKey"]

    def search(self, key, *values):
        answer = self.client.search_profiles(DomainName=self.domain, KeyName=key, Values=list(values))
        return answer.get("Items", [])

    def objects(self, profile, type_name="Card", **more):
        answer = self.client.list_profile_objects(
            DomainName=self.domain, ProfileId=profile, ObjectTypeName=type_name, **more
        )
        return answer.get("Items", [])

    def test_an_object_builds_a_profile(self):
        key = self.ingest(id=1, mail="a@example.org", home={"city": UNICODE}, tier="gold", extra=[1, None])
        [profile] = self.search("cardId", "1")
        self.assertEqual(profile["EmailAddress"], "a@example.org")
        self.assertEqual(profile["Address"], {"City": UNICODE})
        self.assertEqual(profile["Attributes"], {"tier": "gold"})
        [item] = self.objects(profile["ProfileId"])
        self.assertEqual(item["ProfileObjectUniqueKey"], key)
        self.assertEqual(json.loads(item["Object"])["extra"], [1, None])

        self.client.delete_profile_object(
            DomainName=self.domain,
            ProfileId=profile["ProfileId"],
            ProfileObjectUniqueKey=key,
            ObjectTypeName="Card",
        )
        self.assertEqual(self.objects(profile["ProfileId"]), [])

    def test_objects_meet_on_the_profile_their_keys_find(self):
        profile = self.client.create_profile(DomainName=self.domain, EmailAddress="b@example.org", FirstName="Bea")
        for number in range(5):
            self.ingest(id=number, mail="b@example.org")
        self.assertEqual(len(self.objects(profile["ProfileId"])), 5)
        self.assertEqual([item["ProfileId"] for item in self.search("_email", "B@example.org")], [profile["ProfileId"]])

        pages, token = [], {}
        while True:
            answer = self.client.list_profile_objects(
                DomainName=self.domain, ProfileId=profile["ProfileId"], ObjectTypeName="Card", MaxResults=2, **token
            )
            pages.append(len(answer.get("Items", [])))
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        self.assertEqual(pages, [2, 2, 1])

    def test_profiles_are_updated_keyed_merged_and_deleted(self):
        names = [{"FirstName": "Ann", "Attributes": {"x": "1"}}, {"LastName": "Lee", "Attributes": {"y": "2"}}]
        one, two = [self.client.create_profile(DomainName=self.domain, **name)["ProfileId"] for name in names]
        self.client.add_profile_key(DomainName=self.domain, ProfileId=two, KeyName="_phone", Values=["+15551234567"])
        [found] = self.search("_phone", "(555)-123-4567")
        self.assertEqual(found["ProfileId"], two)
        self.client.merge_profiles(DomainName=self.domain, MainProfileId=one, ProfileIdsToBeMerged=[two])
        [merged] = self.search("_phone", "+15551234567")
        self.assertEqual((merged["ProfileId"], merged["FirstName"], merged["LastName"]), (one, "Ann", "Lee"))
        self.assertEqual(merged["Attributes"], {"x": "1", "y": "2"})
        self.client.update_profile(DomainName=self.domain, ProfileId=one, FirstName="", Attributes={"x": ""})
        [updated] = self.search("_profileId", one)
        self.assertNotIn("FirstName", updated)
        self.assertEqual(updated["Attributes"], {"y": "2"})
        self.client.delete_profile_key(DomainName=self.domain, ProfileId=one, KeyName="_phone", Values=["+15551234567"])
        self.assertEqual(self.search("_phone", "+15551234567"), [])
        self.client.delete_profile(DomainName=self.domain, ProfileId=one)
        self.assertEqual(self.search("_profileId", one), [])
        with self.assertRaises(self.client.exceptions.ResourceNotFoundException):
            self.client.update_profile(DomainName=self.domain, ProfileId=one, FirstName="A")

    def test_assets_are_listed_and_filtered(self):
        self.client.put_profile_object_type(
            DomainName=self.domain,
            ObjectTypeName="Device",
            Description="a device",
            AllowProfileCreation=True,
            Fields={
                "mail": FIELDS["mail"],
                "serial": {"Source": "_source.serial", "Target": "_asset.SerialNumber"},
                "label": {"Source": "_source.label", "Target": "_asset.AssetName"},
            },
            Keys={
                "_email": KEYS["_email"],
                "serial": [{"StandardIdentifiers": ["ASSET", "UNIQUE"], "FieldNames": ["serial"]}],
            },
        )
        for serial in ["Z-1", "Z-2"]:
            thing = json.dumps({"mail": "c@example.org", "serial": serial, "label": "Pump"})
            self.client.put_profile_object(DomainName=self.domain, ObjectTypeName="Device", Object=thing)
        [profile] = self.search("_email", "c@example.org")

        def serials(**more):
            items = self.objects(profile["ProfileId"], "_asset", **more)
            return sorted(json.loads(item["Object"])["SerialNumber"] for item in items)

        self.assertEqual(serials(), ["Z-1", "Z-2"])
        for key, value, expected in [
            ("_assetName", "Pump", ["Z-1", "Z-2"]),
            ("_serialNumber", "Z-2", ["Z-2"]),
            ("_serialNumber", "nope", []),
        ]:
            self.assertEqual(serials(ObjectFilter={"KeyName": key, "Values": [value]}), expected)

    def test_what_is_no_object_is_refused(self):
        for text in ["{", "[]", "7", '{"mail": "d@example.org"}']:
            with self.assertRaises(ClientError, msg=text) as refused:
                self.client.put_profile_object(DomainName=self.domain, ObjectTypeName="Card", Object=text)
            self.assertEqual(refused.exception.response["Error"]["Code"], "BadRequestException", text)
        self.assertEqual(self.search("_email", "d@example.org"), [])
