"""Object types: what a mapping may be, and what it reads from an object (contract 3.4, 3.5, 3.12, 3.13)."""

import re
from dataclasses import dataclass, field

from shapes import ADDRESS_MEMBERS, ADDRESSES, PLAIN, Number, bad

TARGETS = {
    "_profile": set(PLAIN) | {"PartyType", "Gender"} | {f"{a}.{m}" for a in ADDRESSES for m in ADDRESS_MEMBERS},
    "_asset": {"AssetName", "SerialNumber", "ModelNumber", "ModelName", "ProductSKU", "PurchaseDate", "UsageEndDate",
               "Status", "Price", "Quantity", "Description", "AdditionalInformation", "DataSource"},
    "_case": {"Title", "Summary", "Status", "Reason", "CreatedBy", "CreatedDate", "UpdatedDate", "ClosedDate",
              "AdditionalInformation", "DataSource"},
}
KINDS = {"ASSET": "_asset", "CASE": "_case"}


@dataclass
class Definition:
    """One entry of a list in `Keys`."""

    key: str
    identifiers: frozenset
    fields: tuple


@dataclass
class Mapping:
    """What an object type or a template says about its objects."""

    fields: dict
    keys: dict
    creates: bool = False
    definitions: list = field(default_factory=list)

    def __post_init__(self):
        self.definitions = [
            Definition(key, frozenset(d.get("StandardIdentifiers", ())), tuple(d.get("FieldNames", ())))
            for key, entries in self.keys.items() for d in entries]

    def unique(self):
        return next(d for d in self.definitions if "UNIQUE" in d.identifiers)

    def content_type(self, name):
        return self.fields[name].get("ContentType", "STRING")

    def has_targets(self):
        return any("Target" in f for f in self.fields.values())


def target(text):
    """Root and path of a Target; None if there is no such member."""
    root, _, path = text.partition(".")
    if root not in TARGETS:
        return None
    if path.startswith("Attributes.") and len(path) > len("Attributes."):
        return root, path
    return (root, path) if path in TARGETS[root] else None


PLACEHOLDER = re.compile(r"\{\{\s*(_source(?:\.[^\s{}.]+)+)\s*\}\}")


def check_source(text):
    if "{{" in text or "}}" in text:
        rest = PLACEHOLDER.sub("", text)
        if "{{" in rest or "}}" in rest:
            raise bad("Source is no template")
    elif not text.startswith("_source") and not re.search(r"\s", text):
        raise bad("Source must begin with _source")


def check(mapping):
    """Refuses a mapping that breaks a rule of 3.4 or 3.5."""
    for name, entry in mapping.fields.items():
        if "Source" in entry:
            check_source(entry["Source"])
        if "Target" in entry and target(entry["Target"]) is None:
            raise bad(f"Target of {name} is no member of a standard object")
    for key, entries in mapping.keys.items():
        if not entries:
            raise bad(f"{key} has no definition")
    for d in mapping.definitions:
        check_definition(mapping, d)
    check_together(mapping)


def check_definition(mapping, d):
    if not d.fields:
        raise bad(f"{d.key} has no fields")
    for name in d.fields:
        if name not in mapping.fields:
            raise bad(f"{d.key} names {name}, which is no field")
    if "UNIQUE" in d.identifiers and d.identifiers & {"LOOKUP_ONLY", "NEW_ONLY"}:
        raise bad(f"{d.key}: UNIQUE is to be stored")
    if d.key in ("_profileId", "_assetId", "_caseId") and "LOOKUP_ONLY" not in d.identifiers:
        raise bad(f"{d.key} can only be looked up")


def check_together(mapping):
    if sum("UNIQUE" in d.identifiers for d in mapping.definitions) != 1:
        raise bad("exactly one key must be UNIQUE")
    profile = [d for d in mapping.definitions if "PROFILE" in d.identifiers and d.key != "_profileId"]
    passing = [d for d in profile if d.identifiers & {"LOOKUP_ONLY", "NEW_ONLY"}]
    if mapping.creates and passing and len(passing) == len(profile):
        raise bad("a PROFILE key must be stored")


def member(obj, path):
    """The text of a member of an object; None if it has no value."""
    for step in path:
        if not isinstance(obj, dict) or step not in obj:
            return None
        obj = obj[step]
    if obj is True or obj is False:
        return "true" if obj else "false"
    if isinstance(obj, (str, Number)):
        return str(obj) or None
    return None


def extract(source, obj):
    """The value a Source reads from an object; None if there is none."""
    if "{{" in source:
        values = {p: member(obj, p.split(".")[1:]) for p in PLACEHOLDER.findall(source)}
        if all(v is None for v in values.values()):
            return None
        return PLACEHOLDER.sub(lambda m: values[m.group(1)] or "", source) or None
    if source.startswith("_source"):
        return member(obj, source.split(".")[1:])
    return source


def values_of(mapping, obj):
    """Field name to value, of the fields that have one."""
    found = {name: extract(entry["Source"], obj) for name, entry in mapping.fields.items() if "Source" in entry}
    return {name: value for name, value in found.items() if value is not None}


def normal(content_type, value):
    """The form in which values of a content type are compared."""
    if content_type == "PHONE_NUMBER":
        digits = re.sub(r"[^0-9]", "", value)
        if not digits or re.search(r"[A-Za-z]", value):
            return value
        return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if content_type == "EMAIL_ADDRESS":
        return value.lower()
    if content_type == "NAME":
        return " ".join(value.lower().split())
    return value


def parts(mapping, definition, values):
    """The value of a key: (text, content type) of each of its fields; None unless all have a value."""
    if not all(name in values for name in definition.fields):
        return None
    return tuple((values[name], mapping.content_type(name)) for name in definition.fields)


def same(a, b):
    """Whether two values of one key are equal, identical texts in any case."""
    return len(a) == len(b) and all(
        x == y or normal(kind, x) == normal(kind, y) for (x, kind), (y, _) in zip(a, b))
