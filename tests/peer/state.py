"""Domains, profiles, objects and their indexes (contract 3.14 to 3.19)."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field

from mapping import KINDS, Mapping, parts, same, target
from shapes import ADDRESSES, PLAIN

PREDEFINED = {"_account": "STRING", "_profileId": "STRING", "_fullName": "NAME", "_phone": "PHONE_NUMBER",
              "_email": "EMAIL_ADDRESS"}
EMAILS = ("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress")
PHONES = ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber")


class Record:
    """The fields of a standard object, each with what wrote it: the last one shows."""

    def __init__(self):
        self.written = {}

    def write(self, path, value, source):
        self.written[path] = [w for w in self.written.get(path, []) if w[0] != source] + [(source, value)]

    def set(self, path, value):
        """By hand: whatever was there is forgotten."""
        self.written.pop(path, None)
        if value:
            self.written[path] = [(None, value)]

    def get(self, path):
        return self.written[path][-1][1] if path in self.written else None

    def forget(self, type_name):
        """What objects of a type wrote."""
        for path in list(self.written):
            self.written[path] = [w for w in self.written[path] if w[0] is None or w[0][0] != type_name]
            if not self.written[path]:
                del self.written[path]

    def show(self):
        shown = {}
        for path in self.written:
            head, _, rest = path.partition(".")
            if rest:
                shown.setdefault(head, {})[rest] = self.get(path)
            else:
                shown[head] = self.get(path)
        return shown


class Profile(Record):
    def __init__(self, id_, number):
        super().__init__()
        self.id, self.number = id_, number

    def keys(self):
        """What the standard fields put into the predefined keys."""
        yield "_profileId", self.id
        for key, paths in (("_account", ("AccountNumber",)), ("_email", EMAILS), ("_phone", PHONES)):
            for path in paths:
                if self.get(path):
                    yield key, self.get(path)
        name = " ".join(filter(None, map(self.get, ("FirstName", "MiddleName", "LastName"))))
        if name:
            yield "_fullName", name


class Standard(Record):
    """A standard asset or case."""

    def __init__(self, kind, profile, number):
        super().__init__()
        self.kind, self.profile, self.number = kind, profile, number
        self.id, self.entries, self.objects = new_id(), [], set()

    def keys(self):
        if self.kind == "_case":
            yield "_caseId", self.id
            return
        yield "_assetId", self.id
        for key, path in (("_assetName", "AssetName"), ("_serialNumber", "SerialNumber")):
            if self.get(path):
                yield key, self.get(path)

    def has(self, key, value):
        if key in ("_assetId", "_assetName", "_serialNumber", "_caseId"):
            return (key, value) in list(self.keys())
        return any(k == key and same(p, ((value, "STRING"),)) for k, p in self.entries)

    def text(self):
        return json.dumps(self.show() | {"CaseId" if self.kind == "_case" else "AssetId": self.id})


@dataclass
class Object:
    type: str
    key: str
    text: str
    profile: str
    number: int


@dataclass
class Entry:
    """A value of a key that a profile has because of an object, or because it was added."""

    key: str
    parts: tuple
    profile: str
    source: tuple


ADDED = ("", "added")


@dataclass
class Type:
    name: str
    description: str
    mapping: Mapping
    options: dict
    created: float
    updated: float
    tags: dict = field(default_factory=dict)


def new_id():
    return secrets.token_hex(16)


def now():
    return round(time.time(), 3)


class Domain:
    def __init__(self, name):
        self.name = name
        self.options, self.tags = {}, {}
        self.created = self.updated = now()
        self.types, self.profiles, self.objects = {}, {}, {}
        self.entries, self.standards, self.integrations = [], [], {}
        self.counter = 0

    def number(self):
        self.counter += 1
        return self.counter

    # Indexes

    def content_types(self, key):
        """The content types under which values of a key are compared that no object brought."""
        found = {PREDEFINED[key]} if key in PREDEFINED else set()
        for t in self.types.values():
            found |= {t.mapping.content_type(d.fields[0]) for d in t.mapping.definitions
                      if d.key == key and len(d.fields) == 1}
        return found or {"STRING"}

    def matches(self, entry, value):
        if entry.source != ADDED:
            return same(entry.parts, value)
        text = entry.parts[0][0]
        return any(same(((text, kind),), value) for kind in self.content_types(entry.key))

    def index(self, key, value):
        """The profiles that have a value, a tuple of (text, content type), under a key."""
        found = {e.profile for e in self.entries if e.key == key and self.matches(e, value)}
        if key in PREDEFINED:
            found |= {p.id for p in self.profiles.values()
                      if any(k == key and same(((v, PREDEFINED[key]),), value) for k, v in p.keys())}
        return found

    def search(self, key, value):
        """As `index`, and by the standard objects of a profile."""
        return self.index(key, ((value, "STRING"),)) | {s.profile for s in self.standards if s.has(key, value)}

    # Profiles

    def create_profile(self):
        profile = Profile(new_id(), self.number())
        self.profiles[profile.id] = profile
        return profile

    def delete_profile(self, id_):
        self.profiles.pop(id_, None)
        self.entries = [e for e in self.entries if e.profile != id_]
        self.standards = [s for s in self.standards if s.profile != id_]
        self.objects = {k: o for k, o in self.objects.items() if o.profile != id_}

    def add_key(self, id_, key, values):
        for value in values:
            entry = Entry(key, ((value, "STRING"),), id_, ADDED)
            if entry not in self.entries:
                self.entries.append(entry)

    def delete_key(self, id_, key, values):
        for value in values:
            self.entries = [e for e in self.entries if not (
                e.source == ADDED and e.profile == id_ and e.key == key and self.matches(e, ((value, "STRING"),)))]

    def merge(self, main, others, sources):
        """Takes `others` into `main`; `sources` says whose value of a field wins."""
        family = [self.profiles[i] for i in [main] + others]
        merged = {}
        for slot in {slot_of(p) for one in family for p in one.written}:
            giver = giver_of(family, slot, sources)
            if giver:
                merged.update({p: w for p, w in giver.written.items() if slot_of(p) == slot})
        self.profiles[main].written = merged
        for thing in self.entries + self.standards + list(self.objects.values()):
            if thing.profile in others:
                thing.profile = main
        for other in others:
            self.profiles.pop(other)

    # Ingestion

    def assign(self, mapping, values):
        """The profile a new object belongs to; None if it is to have a new one, "" if it is to have none."""
        for secondary in (False, True):
            for d in mapping.definitions:
                if "PROFILE" not in d.identifiers or ("SECONDARY" in d.identifiers) != secondary:
                    continue
                value = parts(mapping, d, values)
                hits = self.index(d.key, value) if value else set()
                if len(hits) == 1:
                    return hits.pop()
        return None if mapping.creates else ""

    def ingest(self, type_name, mapping, values, key, text):
        id_ = self.assign(mapping, values)
        if id_ == "":
            return
        fresh = id_ is None
        profile = self.create_profile() if fresh else self.profiles[id_]
        source = (type_name, key)
        old = self.objects.get(source)
        stayed = old is not None and old.profile == profile.id
        if old and not stayed:
            self.leave(source)
        number = old.number if old else self.number()
        self.objects[source] = Object(type_name, key, text, profile.id, number)
        self.persist(source, mapping, values, profile.id, fresh, stayed)
        self.write_profile(source, mapping, values, profile, fresh)
        for identifier, kind in KINDS.items():
            self.write_standard(source, mapping, values, profile.id, identifier, kind)

    def persist(self, source, mapping, values, id_, fresh, stayed):
        before = [e for e in self.entries if e.source == source]
        self.entries = [e for e in self.entries if e.source != source]
        for d in mapping.definitions:
            value = parts(mapping, d, values)
            if value is not None and stored(d, value, fresh, stayed, before):
                entry = Entry(d.key, value, id_, source)
                if entry not in self.entries:
                    self.entries.append(entry)

    def write_profile(self, source, mapping, values, profile, fresh):
        for path, value in aimed(mapping, values, "_profile").items():
            if fits(path, value):
                profile.write(path, value, source)
        if fresh and not mapping.has_targets():
            for kind, path in (("EMAIL_ADDRESS", "EmailAddress"), ("PHONE_NUMBER", "PhoneNumber")):
                found = [v for n, v in values.items() if mapping.content_type(n) == kind]
                if found and fits(path, found[0]):
                    profile.write(path, found[0], source)

    def write_standard(self, source, mapping, values, id_, identifier, kind):
        keyed = [(d, parts(mapping, d, values)) for d in mapping.definitions if identifier in d.identifiers]
        keyed = [(d, v) for d, v in keyed if v is not None]
        aims = aimed(mapping, values, kind)
        if not keyed and not aims:
            return
        thing = self.standard_of(source, keyed, id_, kind)
        fresh = thing is None
        if fresh:
            thing = Standard(kind, id_, self.number())
            self.standards.append(thing)
        self.tie(thing, source)
        for path, value in aims.items():
            thing.write(path, value, source)
        for d, value in keyed:
            if "LOOKUP_ONLY" not in d.identifiers and ("NEW_ONLY" not in d.identifiers or fresh):
                if (d.key, value) not in thing.entries:
                    thing.entries.append((d.key, value))

    def standard_of(self, source, keyed, id_, kind):
        """The standard object of the profile that a key finds, else the one the object was tied to before."""
        mine = [s for s in self.standards if s.kind == kind and s.profile == id_]
        for d, value in keyed:
            hits = [s for s in mine if any(k == d.key and same(p, value) for k, p in s.entries)
                    or (len(value) == 1 and (d.key, value[0][0]) in list(s.keys()))]
            if len(hits) == 1:
                return hits[0]
        return next((s for s in mine if source in s.objects), None)

    def tie(self, thing, source):
        for other in self.standards:
            if other is not thing and other.kind == thing.kind:
                other.objects.discard(source)
        thing.objects.add(source)
        self.standards = [s for s in self.standards if s.objects]

    # Deletion

    def leave(self, source):
        """An object goes from where it was: its keys and what stands on it alone go with it."""
        self.objects.pop(source, None)
        self.entries = [e for e in self.entries if e.source != source]
        for s in self.standards:
            s.objects.discard(source)
        self.standards = [s for s in self.standards if s.objects]

    def delete_type_data(self, name):
        for source in [s for s in self.objects if s[0] == name]:
            self.leave(source)
        for record in list(self.profiles.values()) + self.standards:
            record.forget(name)


def slot_of(path):
    """What is merged as one: an address, an attribute, any other field."""
    head = path.partition(".")[0]
    return head if head in ADDRESSES else path


def giver_of(family, slot, sources):
    """Whose value of a field a merged profile has; the main profile comes first."""
    head, _, rest = slot.partition(".")
    chosen = sources.get("Attributes", {}).get(rest) if head == "Attributes" else sources.get(slot)
    if chosen:
        return next((p for p in family if p.id == chosen), None)
    return next((p for p in family if any(slot_of(path) == slot for path in p.written)), None)


def stored(d, value, fresh, stayed, before):
    """Whether a value is kept: one of NEW_ONLY is, if it is what the object brought when it made the profile."""
    if "LOOKUP_ONLY" in d.identifiers:
        return False
    if "NEW_ONLY" in d.identifiers and not fresh:
        return stayed and any(e.key == d.key and e.parts == value for e in before)
    return True


def aimed(mapping, values, root):
    """Path to value, of the fields with a target in a standard object."""
    found = {}
    for name, value in values.items():
        aim = target(mapping.fields[name].get("Target", ""))
        if aim and aim[0] == root:
            found[aim[1]] = value
    return found


def fits(path, value):
    """Whether a standard profile can hold a value."""
    if path == "PartyType":
        return value in ("INDIVIDUAL", "BUSINESS", "OTHER")
    if path == "Gender":
        return value in ("MALE", "FEMALE", "UNSPECIFIED")
    most = 1000 if path == "AdditionalInformation" else 255
    return len(value) <= most and len(path) <= 255 + len("Attributes.")


def set_fields(profile, fields):
    """Sets what CreateProfile or UpdateProfile brings."""
    for name in PLAIN + ("PartyType", "Gender"):
        if name in fields:
            profile.set(name, fields[name])
    for name in ADDRESSES + ("Attributes",):
        for member, value in fields.get(name, {}).items():
            profile.set(f"{name}.{member}", value)


def object_key(type_name, value):
    """The ProfileObjectUniqueKey of a value of the UNIQUE key."""
    return hashlib.sha256(json.dumps([type_name, value]).encode()).hexdigest()[:40]
