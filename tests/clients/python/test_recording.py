"""boto3 through the recording proxy: what it says becomes a case that replays and conforms."""

import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import boto3
from botocore.config import Config

from conversation import ENDPOINT, MAPPING, REGION, UNICODE, pages, unused

BINARY = os.environ.get("PROFILE_CONTRACT_BINARY")


@unittest.skipUnless(BINARY, "PROFILE_CONTRACT_BINARY names no binary")
class Recording(unittest.TestCase):
    def record(self, talk):
        """Lets `talk` speak to the server through the proxy; the recordings by their names."""
        with tempfile.TemporaryDirectory() as folder:
            command = [BINARY, "record", "--endpoint", ENDPOINT, "--output", folder]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
                address = proxy.stdout.readline().removeprefix("listening on ").strip()
                client = boto3.client(
                    "customer-profiles",
                    endpoint_url=address,
                    region_name=REGION,
                    aws_access_key_id="AKIDEXAMPLE",
                    aws_secret_access_key="verysecret",
                    aws_session_token="TOKENEXAMPLE",
                    config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True),
                )
                try:
                    talk(client)
                finally:
                    proxy.send_signal(signal.SIGINT)
                    proxy.stdout.read()
            self.assertEqual(proxy.returncode, 0)
            files = sorted(pathlib.Path(folder).glob("*.case"))
            for file in files:
                for how in (["--recorded"], ["--endpoint", ENDPOINT], []):
                    done = subprocess.run([BINARY, "replay", file, *how], capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return {file.stem: file.read_text() for file in files}

    def test_a_conversation_replays(self):
        domain = unused()

        def talk(client):
            client.create_domain(DomainName=domain, DefaultExpirationDays=30, Tags={"a": UNICODE})
            client.put_profile_object_type(
                DomainName=domain, ObjectTypeName="Order", Description=UNICODE, AllowProfileCreation=True, **MAPPING
            )
            profile = client.create_profile(DomainName=domain, FirstName=UNICODE)["ProfileId"]
            for number in range(3):
                member = f'{{"member": "{number}", "mail": "a@example.org"}}'
                client.put_profile_object(DomainName=domain, ObjectTypeName="Order", Object=member)
            client.update_profile(DomainName=domain, ProfileId=profile, LastName="B")
            client.search_profiles(DomainName=domain, KeyName="_profileId", Values=[profile])
            pages(client.search_profiles, DomainName=domain, KeyName="_account", Values=["1"], MaxResults=1)
            pages(client.list_profile_object_types, DomainName=domain, MaxResults=1)
            client.delete_profile(DomainName=domain, ProfileId=profile)
            with self.assertRaises(client.exceptions.ResourceNotFoundException):
                client.get_profile_object_type(DomainName=domain, ObjectTypeName="Other")
            client.list_domains(MaxResults=1)
            client.delete_domain(DomainName=domain)

        recordings = self.record(talk)
        self.assertEqual(sorted(recordings), sorted([domain, "no-domain"]))
        text = recordings[domain]
        self.assertIn("@ profile-id = /ProfileId\n", text)
        self.assertIn('"ProfileId": "${profile-id}"', text)
        self.assertIn("overheard\n", text)
        for secret in ("AKIDEXAMPLE", "TOKENEXAMPLE", "Signature", "Boto3"):
            self.assertNotIn(secret, "".join(recordings.values()))


if __name__ == "__main__":
    unittest.main()
