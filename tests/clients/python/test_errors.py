"""Every modelled error that a client can provoke, as the class boto3 makes of it.

AccessDeniedException, ThrottlingException and InternalServerException are not among them: the reference has no
authentication, no quota on calls and no failures of its own.
"""

from conversation import ARN, MAPPING, Conversation, unused

LONG_NAME = "n" * 65
MISSING = f"{ARN}:domains/never-created"


class Errors(Conversation):
    def provoke(self, error, status, call, **arguments):
        with self.subTest(f"{call} {str(arguments)[:100]}"):
            with self.assertRaises(getattr(self.errors, error)) as raised:
                getattr(self.client, call)(**arguments)
            answer = raised.exception.response
            self.assertEqual(answer["Error"]["Code"], error)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)
            self.assertTrue(answer["ResponseMetadata"]["RequestId"])
            # The modelled member, with its capital letter (contract 1.8).
            self.assertIsInstance(answer["Message"], str)

    def test_what_is_missing_is_not_found(self):
        missing, mine = {"DomainName": unused()}, {"DomainName": self.domain}
        put = {"Description": "d", **MAPPING}
        for call, arguments in [
            ("get_domain", missing),
            ("update_domain", missing),
            ("delete_domain", missing),
            ("put_profile_object_type", {**missing, "ObjectTypeName": "T", **put}),
            ("get_profile_object_type", {**missing, "ObjectTypeName": "T"}),
            ("get_profile_object_type", {**mine, "ObjectTypeName": "T"}),
            ("delete_profile_object_type", {**missing, "ObjectTypeName": "T"}),
            ("delete_profile_object_type", {**mine, "ObjectTypeName": "T"}),
            ("list_profile_object_types", missing),
            ("get_profile_object_type_template", {"TemplateId": "no-such-template"}),
            ("list_tags_for_resource", {"resourceArn": MISSING}),
            ("list_tags_for_resource", {"resourceArn": self.type_arn("T")}),
            ("tag_resource", {"resourceArn": MISSING, "tags": {"a": "b"}}),
            ("untag_resource", {"resourceArn": MISSING, "tagKeys": ["a"]}),
        ]:
            self.provoke("ResourceNotFoundException", 404, call, **arguments)

    def test_what_breaks_a_constraint_is_a_bad_request(self):
        """boto3 lets pass what is too long, too large or misspelt, so the server has to refuse it."""
        mine, arn = {"DomainName": self.domain}, self.domain_arn()
        for call, arguments in [
            ("create_domain", {"DomainName": LONG_NAME, "DefaultExpirationDays": 1}),
            ("create_domain", {"DomainName": "a b/\u00e4%", "DefaultExpirationDays": 1}),
            ("create_domain", {"DomainName": unused(), "DefaultExpirationDays": 1099}),
            ("create_domain", {"DomainName": unused(), "DefaultExpirationDays": 1, "DeadLetterQueueUrl": "u" * 256}),
            ("create_domain", {"DomainName": unused(), "DefaultExpirationDays": 1, "Tags": {"aws:a": "b"}}),
            ("get_domain", {"DomainName": "a b"}),
            ("update_domain", {**mine, "DefaultExpirationDays": 1099}),
            ("delete_domain", {"DomainName": "a b"}),
            ("list_domains", {"MaxResults": 101}),
            ("list_domains", {"NextToken": "t" * 1025}),
            ("get_profile_object_type", {**mine, "ObjectTypeName": "0"}),
            ("delete_profile_object_type", {**mine, "ObjectTypeName": "0"}),
            ("list_profile_object_types", {**mine, "MaxResults": 101}),
            ("get_profile_object_type_template", {"TemplateId": "a b"}),
            ("list_profile_object_type_templates", {"MaxResults": 101}),
            ("list_tags_for_resource", {"resourceArn": "arn:aws:sqs:us-east-1:123456789012:queue"}),
            ("tag_resource", {"resourceArn": arn, "tags": {"a b": "c"}}),
            ("tag_resource", {"resourceArn": arn, "tags": {"a": "v" * 257}}),
            ("tag_resource", {"resourceArn": arn, "tags": {f"k{number}": "v" for number in range(51)}}),
            ("untag_resource", {"resourceArn": arn, "tagKeys": [f"k{number}" for number in range(51)]}),
        ]:
            self.provoke("BadRequestException", 400, call, **arguments)

    def test_a_bad_object_type_is_a_bad_request(self):
        field, unique = {"Source": "_source.id"}, {"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["id"]}
        for change in [
            {"ObjectTypeName": "0digit"},
            {"ObjectTypeName": "T" * 256},
            {"Description": "d" * 1001},
            {"ExpirationDays": 1099},
            {"EncryptionKey": "k" * 256},
            {"TemplateId": "a b"},
            {"Tags": {f"k{number}": "v" for number in range(51)}},
            {"Tags": {"a@b": "v"}},
            {"Fields": {"id": field, "f" * 65: field}},
            {"Fields": {"id": field, "a b": field}},
            {"Fields": {"id": {"Source": "_source." + "s" * 993}}},
            {"Fields": {"id": {**field, "ContentType": "POSTCODE"}}},
            {"Keys": {"k" * 65: [unique]}},
            {"Keys": {"k": [{**unique, "StandardIdentifiers": ["UNIQUE", "PROFILE", "BEST"]}]}},
            {"Keys": {"k": [{**unique, "FieldNames": ["undefined"]}]}},
        ]:
            arguments = {"ObjectTypeName": "T", "Description": "d", "Fields": {"id": field}, "Keys": {"k": [unique]}}
            self.provoke(
                "BadRequestException", 400, "put_profile_object_type", DomainName=self.domain, **{**arguments, **change}
            )
        self.assertEqual(self.client.list_profile_object_types(DomainName=self.domain)["Items"], [], "nothing was stored")

    def test_the_client_itself_refuses_what_is_too_short(self):
        """These never reach a server; if one day they do, the lists above should have them."""
        from botocore.exceptions import ParamValidationError

        for arguments in [{"DomainName": ""}, {"DomainName": "d", "DefaultExpirationDays": 0}, {"DomainName": 1}]:
            with self.assertRaises(ParamValidationError):
                self.client.update_domain(**arguments)
