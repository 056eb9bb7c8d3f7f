"""Tags through boto3: ARNs with colons and slashes in one label, keys with reserved characters in the query."""

from conversation import ODD_KEY, UNICODE, Conversation


class Tags(Conversation):
    def tags(self, arn):
        return self.client.list_tags_for_resource(resourceArn=arn).get("tags", {})

    def test_untagged(self):
        self.put("Orders")
        self.assertEqual(self.tags(self.domain_arn()), {})
        self.assertEqual(self.tags(self.type_arn("Orders")), {})

    def test_tags_are_merged_and_removed(self):
        self.put("Orders", Tags={"kept": "1", "changed": "2"})
        arn = self.type_arn("Orders")
        answer = self.client.tag_resource(resourceArn=arn, tags={"changed": UNICODE, ODD_KEY: "", "k" * 128: "v" * 256})
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 200)
        expected = {"kept": "1", "changed": UNICODE, ODD_KEY: "", "k" * 128: "v" * 256}
        self.assertEqual(self.tags(arn), expected)
        self.assertEqual(self.get("Orders")["Tags"], expected)
        self.client.untag_resource(resourceArn=arn, tagKeys=[ODD_KEY, "k" * 128, "never-set"])
        self.assertEqual(self.tags(arn), {"kept": "1", "changed": UNICODE})

    def test_every_odd_character_by_itself(self):
        arn = self.domain_arn()
        for character in "+,-./:;<=_0Zz":
            key = f"a{character}b"
            self.client.tag_resource(resourceArn=arn, tags={key: character, "other": "stays"})
            self.assertEqual(self.tags(arn), {key: character, "other": "stays"})
            self.client.untag_resource(resourceArn=arn, tagKeys=[key])
            self.assertEqual(self.tags(arn), {"other": "stays"}, character)

    def test_a_domain_and_its_types_are_tagged_apart(self):
        self.put("Orders")
        self.put("Tickets")
        for arn, owner in [(self.domain_arn(), "domain"), (self.type_arn("Orders"), "Orders")]:
            self.client.tag_resource(resourceArn=arn, tags={"owner": owner})
        self.assertEqual(self.tags(self.domain_arn()), {"owner": "domain"})
        self.assertEqual(self.tags(self.type_arn("Orders")), {"owner": "Orders"})
        self.assertEqual(self.tags(self.type_arn("Tickets")), {})
        self.assertEqual(self.client.get_domain(DomainName=self.domain)["Tags"], {"owner": "domain"})

    def test_fifty_at_a_time(self):
        arn = self.domain_arn()
        fifty = {f"key-{number}": str(number) for number in range(50)}
        self.client.tag_resource(resourceArn=arn, tags=fifty)
        self.assertEqual(self.tags(arn), fifty)
        self.client.untag_resource(resourceArn=arn, tagKeys=list(fifty))
        self.assertEqual(self.tags(arn), {})
