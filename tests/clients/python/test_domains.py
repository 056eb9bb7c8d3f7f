"""Domains through boto3."""

import datetime

from conversation import UNICODE, Conversation, pages, unused


class Domains(Conversation):
    def test_create_and_get_agree(self):
        name = unused()
        members = {
            "DefaultExpirationDays": 1096,
            "DefaultEncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1234abcd",
            "DeadLetterQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/letters",
            "Matching": {"Enabled": False},
            "Tags": {"purpose": UNICODE},
        }
        created = self.client.create_domain(DomainName=name, **members)
        self.addCleanup(self.delete_domain, name)
        got = self.client.get_domain(DomainName=name)
        for member, value in members.items():
            self.assertEqual(got[member], value, member)
        for answer in (created, got):
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 200)
            self.assertEqual(answer["DomainName"], name)
            self.assertIs(type(answer["DefaultExpirationDays"]), int)
            self.assertIs(type(answer["Matching"]["Enabled"]), bool)
            self.assertIsInstance(answer["CreatedAt"], datetime.datetime)
            self.assertLessEqual(answer["CreatedAt"], answer["LastUpdatedAt"])
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(now - got["CreatedAt"]), datetime.timedelta(minutes=5))

    def test_names_at_their_limits(self):
        for name in ("x" + unused()[:63].ljust(63, "_"), "0-_" + unused()):
            self.client.create_domain(DomainName=name, DefaultExpirationDays=1)
            self.addCleanup(self.delete_domain, name)
            self.assertEqual(self.client.get_domain(DomainName=name)["DomainName"], name)

    def test_update_changes_what_it_names(self):
        name = self.create_domain(DefaultEncryptionKey="key", DeadLetterQueueUrl="url", Tags={"a": "b"})
        before = self.client.get_domain(DomainName=name)
        updated = self.client.update_domain(DomainName=name, DefaultExpirationDays=7)
        self.assertEqual(updated["DefaultExpirationDays"], 7)
        after = self.client.get_domain(DomainName=name)
        self.assertEqual(after["DefaultExpirationDays"], 7)
        for member in ("DefaultEncryptionKey", "DeadLetterQueueUrl", "Tags", "CreatedAt"):
            self.assertEqual(after[member], before[member], member)
        self.assertGreaterEqual(after["LastUpdatedAt"], before["LastUpdatedAt"])

    def test_update_with_empty_text_clears(self):
        name = self.create_domain(DefaultEncryptionKey="key", DeadLetterQueueUrl="url")
        self.client.update_domain(DomainName=name, DefaultEncryptionKey="", DeadLetterQueueUrl="")
        got = self.client.get_domain(DomainName=name)
        self.assertFalse(got.get("DefaultEncryptionKey"))
        self.assertFalse(got.get("DeadLetterQueueUrl"))

    def test_update_of_nothing(self):
        self.client.update_domain(DomainName=self.domain)
        self.assertEqual(self.client.get_domain(DomainName=self.domain)["DefaultExpirationDays"], 30)

    def test_delete_takes_everything_along(self):
        self.put("Orders", Tags={"a": "b"})
        deleted = self.client.delete_domain(DomainName=self.domain)
        self.assertIsInstance(deleted["Message"], str)
        with self.assertRaises(self.errors.ResourceNotFoundException):
            self.client.get_domain(DomainName=self.domain)
        with self.assertRaises(self.errors.ResourceNotFoundException):
            self.get("Orders")
        self.client.create_domain(DomainName=self.domain, DefaultExpirationDays=1)
        self.assertEqual(pages(self.client.list_profile_object_types, DomainName=self.domain)[0], [])

    def test_domains_know_nothing_of_each_other(self):
        self.put("Orders", Description="mine")
        other = self.create_domain()
        with self.assertRaises(self.errors.ResourceNotFoundException):
            self.client.get_profile_object_type(DomainName=other, ObjectTypeName="Orders")

    def test_list_pages(self):
        mine = {self.create_domain(Tags={"n": str(number)}): str(number) for number in range(7)}
        for size in (1, 3, 100):
            items, sizes = pages(self.client.list_domains, MaxResults=size)
            self.assertLessEqual(max(sizes), size)
            listed = [item for item in items if item["DomainName"] in mine]
            self.assertEqual(len(listed), len(mine), f"each once, {size} a page")
            for item in listed:
                self.assertEqual(item["Tags"], {"n": mine[item["DomainName"]]})
                self.assertIsInstance(item["CreatedAt"], datetime.datetime)
                self.assertIsInstance(item["LastUpdatedAt"], datetime.datetime)
