"""Object types and templates through boto3."""

import datetime

from conversation import FIELDS, KEYS, MAPPING, ODD_KEY, UNICODE, Conversation, pages

SCALARS = {"ExpirationDays": 365, "EncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/k", "AllowProfileCreation": True}


def comparable(keys):
    """Keys without what the contract leaves free: the order of identifiers, and whether none are said to be none."""
    return {
        name: [(definition["FieldNames"], sorted(definition.get("StandardIdentifiers", []))) for definition in definitions]
        for name, definitions in keys.items()
    }


class ObjectTypes(Conversation):
    def assert_mapping(self, answer, fields=FIELDS, keys=KEYS):
        defaulted = {name: {"ContentType": "STRING", **field} for name, field in answer["Fields"].items()}
        self.assertEqual(defaulted, {name: {"ContentType": "STRING", **field} for name, field in fields.items()})
        self.assertEqual(comparable(answer["Keys"]), comparable(keys))

    def test_put_and_get_agree(self):
        put = self.put("Orders", Description=UNICODE, Tags={ODD_KEY: UNICODE, "empty": ""}, **SCALARS)
        got = self.get("Orders")
        for answer in (put, got):
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 200)
            self.assertEqual(answer["ObjectTypeName"], "Orders")
            self.assertEqual(answer["Description"], UNICODE)
        self.assert_mapping(got)
        for member, value in SCALARS.items():
            self.assertEqual(got[member], value, member)
            self.assertIs(type(got[member]), type(value), member)
        self.assertEqual(got["Tags"], {ODD_KEY: UNICODE, "empty": ""})
        self.assertIsInstance(got["CreatedAt"], datetime.datetime)
        self.assertLessEqual(got["CreatedAt"], got["LastUpdatedAt"])
        for member in put.keys() - {"ResponseMetadata"}:
            self.assertEqual(put[member], got[member], member)

    def test_creation_is_off_unless_asked_for(self):
        self.put("Orders")
        self.assertIs(self.get("Orders").get("AllowProfileCreation", False), False)
        self.put("Tickets", AllowProfileCreation=False)
        self.assertIs(self.get("Tickets").get("AllowProfileCreation", False), False)

    def test_limits_are_inside(self):
        long = {"Description": "d" * 1000, "ExpirationDays": 1, "Tags": {f"k{number}": "v" * 256 for number in range(50)}}
        self.put("T" * 255, **long)
        got = self.get("T" * 255)
        for member, value in long.items():
            self.assertEqual(got[member], value, member)

    def test_put_replaces_the_mapping(self):
        self.put("Orders")
        fields = {"id": {"Source": "_source.id"}}
        keys = {"orderKey": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["id"]}]}
        self.put("Orders", Description="new", Fields=fields, Keys=keys)
        got = self.get("Orders")
        self.assertEqual(got["Description"], "new")
        self.assert_mapping(got, fields, keys)

    def test_put_without_tags_keeps_them(self):
        self.put("Orders", Tags={"a": "b"})
        self.put("Orders", Description="again")
        self.assertEqual(self.get("Orders")["Tags"], {"a": "b"})

    def test_a_refused_put_changes_nothing(self):
        self.put("Orders", Description="before")
        with self.assertRaises(self.errors.BadRequestException):
            self.put("Orders", Description="after", ExpirationDays=1099)
        self.assertEqual(self.get("Orders")["Description"], "before")

    def test_delete(self):
        self.put("Orders", Tags={"a": "b"})
        self.put("Tickets")
        deleted = self.client.delete_profile_object_type(DomainName=self.domain, ObjectTypeName="Orders")
        self.assertIsInstance(deleted["Message"], str)
        with self.assertRaises(self.errors.ResourceNotFoundException):
            self.get("Orders")
        self.assertEqual(self.get("Tickets")["ObjectTypeName"], "Tickets")
        self.put("Orders")
        self.assertFalse(self.get("Orders").get("Tags"), "the tags of a deleted type are gone")

    def test_list_pages(self):
        described = {f"Type{number}": f"number {number}" for number in range(23)}
        for name, description in described.items():
            self.put(name, Description=description)
        for size in (1, 10, 23, 100, None):
            limit = {"MaxResults": size} if size else {}
            items, sizes = pages(self.client.list_profile_object_types, DomainName=self.domain, **limit)
            self.assertLessEqual(max(sizes), size or 100)
            listed = [(item["ObjectTypeName"], item["Description"]) for item in items]
            self.assertCountEqual(listed, described.items())
            for item in items:
                self.assertNotIn("Fields", item)

    def test_list_of_nothing(self):
        self.assertEqual(pages(self.client.list_profile_object_types, DomainName=self.domain)[0], [])


class Templates(Conversation):
    def test_every_listed_template_can_be_had(self):
        for size in (1, 7, 100):
            items, sizes = pages(self.client.list_profile_object_type_templates, MaxResults=size)
            self.assertLessEqual(max(sizes), size)
            self.assertEqual(len({item["TemplateId"] for item in items}), len(items))
        self.assertIn("CTR", [item["TemplateId"] for item in items])
        for item in items:
            got = self.client.get_profile_object_type_template(TemplateId=item["TemplateId"])
            for member in ("TemplateId", "SourceName", "SourceObject"):
                self.assertEqual(got.get(member), item.get(member))
            self.assertIs(type(got.get("AllowProfileCreation", False)), bool)
            used = {field for keys in got["Keys"].values() for key in keys for field in key["FieldNames"]}
            self.assertLessEqual(used, got["Fields"].keys())

    def test_a_type_from_a_template(self):
        template = self.client.get_profile_object_type_template(TemplateId="CTR-NoInferred")
        self.client.put_profile_object_type(
            DomainName=self.domain, ObjectTypeName="CTR", Description="records", TemplateId="CTR-NoInferred"
        )
        got = self.get("CTR")
        self.assertEqual(got["TemplateId"], "CTR-NoInferred")
        self.assertEqual(got.get("Fields", template["Fields"]), template["Fields"])
        self.put("CTR", **MAPPING)
        self.assertEqual(self.get("CTR")["Fields"].keys(), FIELDS.keys())
