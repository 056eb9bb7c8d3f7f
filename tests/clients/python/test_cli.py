"""The AWS CLI: few calls, as each is a process of its own."""

import json
import os
import subprocess
import sys
import unittest

from conversation import ARN, ENDPOINT, MAPPING, REGION, UNICODE, unused

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ENDPOINT_URL_CUSTOMER_PROFILES": ENDPOINT,
    # Nothing of the machine it runs on: no profile, no instance role, no second attempt, no pager.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_PAGER": "",
    "PYTHONUTF8": "1",
}


def aws(*arguments):
    command = [os.path.join(os.path.dirname(sys.executable), "aws"), "customer-profiles", *arguments, "--output", "json"]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", timeout=60)


class CommandLine(unittest.TestCase):
    def aws(self, *arguments):
        done = aws(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return json.loads(done.stdout) if done.stdout else {}

    def test_a_day_with_the_command_line(self):
        domain = ("--domain-name", unused())
        orders = (*domain, "--object-type-name", "Orders")
        arn = ("--resource-arn", f"{ARN}:domains/{domain[1]}/object-types/Orders")

        created = self.aws("create-domain", *domain, "--default-expiration-days", "30", "--tags", "a=b")
        self.addCleanup(aws, "delete-domain", *domain)
        self.assertEqual((created["DefaultExpirationDays"], created["Tags"]), (30, {"a": "b"}))

        put = self.aws(
            "put-profile-object-type", *orders, "--description", UNICODE, "--allow-profile-creation",
            "--fields", json.dumps(MAPPING["Fields"]), "--keys", json.dumps(MAPPING["Keys"]),
        )  # fmt: skip
        self.assertEqual((put["Description"], put["AllowProfileCreation"]), (UNICODE, True))
        listed = self.aws("list-profile-object-types", *domain, "--max-results", "1")
        self.assertEqual([item["ObjectTypeName"] for item in listed["Items"]], ["Orders"])

        self.assertEqual(self.aws("tag-resource", *arn, "--tags", json.dumps({"a:b/c": "d e", "f+g": ""})), {})
        self.assertEqual(self.aws("list-tags-for-resource", *arn), {"tags": {"a:b/c": "d e", "f+g": ""}})
        self.assertEqual(self.aws("untag-resource", *arn, "--tag-keys", "a:b/c", "f+g"), {})
        got = self.aws("get-profile-object-type", *orders)
        self.assertEqual((got["Fields"].keys(), got.get("Tags", {})), (MAPPING["Fields"].keys(), {}))

        self.assertIn("Message", self.aws("delete-profile-object-type", *orders))

    def test_errors_are_named(self):
        domain = ("--domain-name", unused())
        for arguments, error in [
            (("get-domain", *domain), "ResourceNotFoundException"),
            (("list-domains", "--max-results", "101"), "BadRequestException"),
        ]:
            done = aws(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"An error occurred ({error})", done.stderr)
