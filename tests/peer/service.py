"""The operations (contract 2), one method each, named as they are."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass

from mapping import Mapping, check, normal, values_of
from shapes import bad, missing, read_json
from state import Domain, Type, now, object_key, set_fields
from templates import TEMPLATES

ACCOUNT, REGION = "123456789012", "us-east-1"


@dataclass
class Call:
    """A request that was read: labels, query and body have the modelled form."""

    operation: str
    labels: dict
    size: int | None
    token: str | None
    body: dict
    tag_keys: list


class Service:
    new_domain = Domain

    def __init__(self):
        self.domains = {}
        self.secret = secrets.token_bytes(16)

    def call(self, call):
        return getattr(self, call.operation)(call)

    def domain(self, call):
        name = call.labels["DomainName"]
        if name not in self.domains:
            raise missing(f"no domain {name}")
        return self.domains[name]

    # Pages

    def scope(self, call):
        said = json.dumps([call.operation, call.labels, call.body], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def sign(self, said):
        return hmac.new(self.secret, said.encode(), "sha256").hexdigest()[:16]

    def token_for(self, call, last):
        said = json.dumps([self.scope(call), last])
        return base64.urlsafe_b64encode((self.sign(said) + said).encode()).decode().rstrip("=")

    def last_of(self, call):
        try:
            said = base64.urlsafe_b64decode(call.token + "=" * (-len(call.token) % 4)).decode()
        except ValueError as e:
            raise bad("this is no token") from e
        if not hmac.compare_digest(said[:16].encode(), self.sign(said[16:]).encode()):
            raise bad("this is no token")
        scope, last = json.loads(said[16:])
        if scope != self.scope(call):
            raise bad("this token is for another list")
        return last

    def page(self, call, items):
        """A page of (sort key, item), and the token for the next."""
        items = sorted(items, key=lambda i: i[0])
        if call.token:
            last = self.last_of(call)
            items = [i for i in items if i[0] > last]
        size = call.size or 100
        answer = {"Items": [item for _, item in items[:size]]}
        if len(items) > size:
            answer["NextToken"] = self.token_for(call, items[size - 1][0])
        return answer

    # Domains

    def show_domain(self, domain):
        shown = {"DomainName": domain.name, "CreatedAt": domain.created, "LastUpdatedAt": domain.updated}
        shown.update({k: v for k, v in domain.options.items() if v != ""})
        if domain.tags:
            shown["Tags"] = dict(domain.tags)
        return shown

    def CreateDomain(self, call):
        name = call.labels["DomainName"]
        if name in self.domains:
            raise bad(f"{name} exists")
        domain = self.domains[name] = self.new_domain(name)
        domain.tags = dict(call.body.get("Tags", {}))
        domain.options = {k: v for k, v in call.body.items() if k != "Tags"}
        return self.show_domain(domain)

    def GetDomain(self, call):
        domain = self.domain(call)
        return self.show_domain(domain) | {"Stats": {
            "ProfileCount": len(domain.profiles), "MeteringProfileCount": len(domain.profiles),
            "ObjectCount": len(domain.objects), "TotalSize": sum(len(o.text) for o in domain.objects.values())}}

    def UpdateDomain(self, call):
        domain = self.domain(call)
        domain.options.update({k: v for k, v in call.body.items() if k != "Tags"})
        domain.updated = now()
        return self.show_domain(domain)

    def DeleteDomain(self, call):
        self.domain(call)
        del self.domains[call.labels["DomainName"]]
        return {"Message": "deleted"}

    def ListDomains(self, call):
        shown = ("DomainName", "CreatedAt", "LastUpdatedAt", "Tags")
        return self.page(call, [(n, {k: v for k, v in self.show_domain(d).items() if k in shown})
                                for n, d in self.domains.items()])

    # Object types

    def PutProfileObjectType(self, call):
        domain, name, body = self.domain(call), call.labels["ObjectTypeName"], call.body
        if name.startswith("_"):
            raise bad("names with an underscore are reserved")
        old = domain.types.get(name)
        mapping, options = self.read_type(body)
        type_ = Type(name, body["Description"], mapping, options, old.created if old else now(), now())
        type_.tags = old.tags if old else dict(body.get("Tags", {}))
        domain.types[name] = type_
        return self.show_type(type_)

    def read_type(self, body):
        options = {k: body[k] for k in ("TemplateId", "ExpirationDays", "EncryptionKey", "AllowProfileCreation")
                   if k in body}
        if "TemplateId" in body:
            if body.get("Fields") or body.get("Keys") or "AllowProfileCreation" in body:
                raise bad("a template brings its own mapping")
            if body["TemplateId"] not in TEMPLATES:
                raise bad("no such template")
            mapping = TEMPLATES[body["TemplateId"]]["mapping"]
            return mapping, options | {"AllowProfileCreation": mapping.creates}
        if not body.get("Fields") or not body.get("Keys"):
            raise bad("fields and keys are wanted")
        mapping = Mapping(body["Fields"], body["Keys"], body.get("AllowProfileCreation", False))
        check(mapping)
        return mapping, options

    def show_type(self, type_):
        shown = {"ObjectTypeName": type_.name, "Description": type_.description, "AllowProfileCreation": False,
                 "Fields": type_.mapping.fields, "Keys": type_.mapping.keys, "CreatedAt": type_.created,
                 "LastUpdatedAt": type_.updated} | type_.options
        if type_.tags:
            shown["Tags"] = dict(type_.tags)
        return shown

    def GetProfileObjectType(self, call):
        domain, name = self.domain(call), call.labels["ObjectTypeName"]
        if name not in domain.types:
            raise missing(f"no object type {name}")
        return self.show_type(domain.types[name])

    def ListProfileObjectTypes(self, call):
        shown = ("ObjectTypeName", "Description", "CreatedAt", "LastUpdatedAt", "Tags")
        return self.page(call, [(n, {k: v for k, v in self.show_type(t).items() if k in shown})
                                for n, t in self.domain(call).types.items()])

    def DeleteProfileObjectType(self, call):
        domain, name = self.domain(call), call.labels["ObjectTypeName"]
        if name.startswith("_"):
            raise bad("standard object types stay")
        implicit = name in TEMPLATES and any(o.type == name for o in domain.objects.values())
        if name not in domain.types and not implicit:
            raise missing(f"no object type {name}")
        domain.types.pop(name, None)
        domain.integrations = {u: i for u, i in domain.integrations.items() if i["ObjectTypeName"] != name}
        domain.delete_type_data(name)
        return {"Message": "deleted"}

    # Templates

    def show_template(self, id_):
        return {"TemplateId": id_} | {k: TEMPLATES[id_][k] for k in ("SourceName", "SourceObject")}

    def GetProfileObjectTypeTemplate(self, call):
        id_ = call.labels["TemplateId"]
        if id_ not in TEMPLATES:
            raise missing("no such template")
        mapping = TEMPLATES[id_]["mapping"]
        return self.show_template(id_) | {"AllowProfileCreation": mapping.creates, "Fields": mapping.fields,
                                          "Keys": mapping.keys}

    def ListProfileObjectTypeTemplates(self, call):
        return self.page(call, [(id_, self.show_template(id_)) for id_ in TEMPLATES])

    # Objects

    def PutProfileObject(self, call):
        domain, name, text = self.domain(call), call.body["ObjectTypeName"], call.body["Object"]
        mapping = self.mapping_for(domain, name)
        values = values_of(mapping, self.read_object(text))
        key = object_key(name, self.unique_value(mapping, values))
        domain.ingest(name, mapping, values, key, text)
        return {"ProfileObjectUniqueKey": key}

    def mapping_for(self, domain, name):
        if name in domain.types:
            return domain.types[name].mapping
        if name in TEMPLATES:
            return TEMPLATES[name]["mapping"]
        raise missing(f"no object type {name}")

    def read_object(self, text):
        try:
            obj = read_json(text)
        except ValueError as e:
            raise bad("Object is not JSON") from e
        if not isinstance(obj, dict):
            raise bad("Object is no JSON object")
        return obj

    def unique_value(self, mapping, values):
        fields = mapping.unique().fields
        if not all(f in values for f in fields):
            raise bad("the unique key has no value")
        return [normal(mapping.content_type(f), values[f]) for f in fields]

    def DeleteProfileObject(self, call):
        domain, body = self.domain(call), call.body
        source = (body["ObjectTypeName"], body["ProfileObjectUniqueKey"])
        if source not in domain.objects or domain.objects[source].profile != body["ProfileId"]:
            raise missing("no such object")
        domain.leave(source)
        return {"Message": "deleted"}

    def ListProfileObjects(self, call):
        domain, body = self.domain(call), call.body
        name, id_, filter_ = body["ObjectTypeName"], body["ProfileId"], body.get("ObjectFilter")
        if filter_ and name not in ("_asset", "_case"):
            raise bad("only standard assets and cases can be filtered")
        self.profile(domain, id_)
        if name in ("_asset", "_case"):
            return self.page(call, [
                (s.number, {"ObjectTypeName": name, "ProfileObjectUniqueKey": s.id, "Object": s.text()})
                for s in domain.standards if s.kind == name and s.profile == id_ and self.filtered(s, filter_)])
        return self.page(call, [
            (o.number, {"ObjectTypeName": o.type, "ProfileObjectUniqueKey": o.key, "Object": o.text})
            for o in domain.objects.values() if o.type == name and o.profile == id_])

    def filtered(self, thing, filter_):
        return filter_ is None or any(thing.has(filter_["KeyName"], value) for value in filter_["Values"])

    # Profiles

    def profile(self, domain, id_):
        if id_ not in domain.profiles:
            raise missing("no such profile")
        return domain.profiles[id_]

    def CreateProfile(self, call):
        profile = self.domain(call).create_profile()
        set_fields(profile, call.body)
        return {"ProfileId": profile.id}

    def UpdateProfile(self, call):
        id_ = call.body["ProfileId"]
        set_fields(self.profile(self.domain(call), id_), call.body)
        return {"ProfileId": id_}

    def DeleteProfile(self, call):
        domain, id_ = self.domain(call), call.body["ProfileId"]
        self.profile(domain, id_)
        domain.delete_profile(id_)
        return {"Message": "deleted"}

    def SearchProfiles(self, call):
        domain, found = self.domain(call), set()
        for value in call.body["Values"]:
            found |= domain.search(call.body["KeyName"], value)
        profiles = [domain.profiles[id_] for id_ in found]
        return self.page(call, [(p.number, {"ProfileId": p.id} | p.show()) for p in profiles])

    def AddProfileKey(self, call):
        domain, body = self.domain(call), call.body
        self.profile(domain, body["ProfileId"])
        if body["KeyName"] in ("_profileId", "_assetId", "_caseId"):
            raise bad("system ids cannot be added")
        domain.add_key(body["ProfileId"], body["KeyName"], body["Values"])
        return {"KeyName": body["KeyName"], "Values": body["Values"]}

    def DeleteProfileKey(self, call):
        domain, body = self.domain(call), call.body
        self.profile(domain, body["ProfileId"])
        domain.delete_key(body["ProfileId"], body["KeyName"], body["Values"])
        return {"Message": "deleted"}

    def MergeProfiles(self, call):
        domain, body = self.domain(call), call.body
        main, others = body["MainProfileId"], list(dict.fromkeys(body["ProfileIdsToBeMerged"]))
        for id_ in [main] + others:
            self.profile(domain, id_)
        if main in others:
            raise bad("a profile cannot be merged with itself")
        domain.merge(main, others, body.get("FieldSourceProfileIds", {}))
        return {"Message": "merging"}

    # Tags

    def tagged(self, call):
        """The tags of the resource that an ARN names."""
        found = re.fullmatch(
            r"arn:aws:profile:([^:]*):([^:]*):domains/([^/]+)(?:/(object-types|integrations)/(.+))?",
            call.labels["resourceArn"])
        if not found or found[1] != REGION or found[2] != ACCOUNT or found[3] not in self.domains:
            raise missing("no such resource")
        domain = self.domains[found[3]]
        if not found[4]:
            return domain.tags
        if found[4] == "object-types" and found[5] in domain.types:
            return domain.types[found[5]].tags
        if found[4] == "integrations" and found[5] in domain.integrations:
            return domain.integrations[found[5]]["Tags"]
        raise missing("no such resource")

    def TagResource(self, call):
        tags = self.tagged(call)
        if len(tags | call.body["tags"]) > 50:
            raise bad("too many tags")
        tags.update(call.body["tags"])
        return {}

    def UntagResource(self, call):
        tags = self.tagged(call)
        for key in call.tag_keys:
            tags.pop(key, None)
        return {}

    def ListTagsForResource(self, call):
        return {"tags": dict(self.tagged(call))}

    # Integrations and matches

    def PutIntegration(self, call):
        domain, body = self.domain(call), call.body
        uri = body.get("Uri") or f"arn:aws:appflow:{REGION}:{ACCOUNT}:flow/{body['ObjectTypeName']}"
        if any(uri in d.integrations for d in self.domains.values() if d is not domain):
            raise bad("this integration belongs to another domain")
        old = domain.integrations.get(uri, {})
        domain.integrations[uri] = {
            "DomainName": domain.name, "Uri": uri, "ObjectTypeName": body["ObjectTypeName"],
            "CreatedAt": old.get("CreatedAt", now()), "LastUpdatedAt": now(),
            "Tags": old.get("Tags") or dict(body.get("Tags", {}))}
        return domain.integrations[uri]

    def integration(self, call):
        domain, uri = self.domain(call), call.body["Uri"]
        if uri not in domain.integrations:
            raise missing("no such integration")
        return domain, uri

    def GetIntegration(self, call):
        domain, uri = self.integration(call)
        return domain.integrations[uri]

    def DeleteIntegration(self, call):
        domain, uri = self.integration(call)
        del domain.integrations[uri]
        return {"Message": "deleted"}

    def ListIntegrations(self, call):
        return self.page(call, list(self.domain(call).integrations.items()))

    def ListAccountIntegrations(self, call):
        return self.page(call, [(d.name, d.integrations[call.body["Uri"]]) for d in self.domains.values()
                                if call.body["Uri"] in d.integrations])

    def GetMatches(self, call):
        self.domain(call)
        return {"MatchGenerationDate": now(), "PotentialMatches": 0, "Matches": []}
