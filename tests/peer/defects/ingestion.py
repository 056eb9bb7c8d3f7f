"""What is read from objects, how key values compare, which profile an object goes to, and what stays of it."""

import json
import re

import mapping
import service
import state
from defects import answers, defect, during, replace
from state import ADDED, Domain


# Reading

def members(make):
    """Replaces what reads one member of an object."""
    replace(mapping, "member", make)


@defect(1, "extract.accessor")
def only_the_outer_member_is_read():
    members(lambda faithful: lambda obj, path: faithful(obj, path[:1]) if len(path) > 2 else faithful(obj, path))


@defect(2, "extract.missing", "persist.absent")
def a_missing_member_is_its_path():
    members(lambda faithful: lambda obj, path: faithful(obj, path) or (
        "_source." + ".".join(path) if len(path) == 1 and path[0] not in obj else None))


@defect(2, "extract.integer")
def integers_pass_through_a_double():
    members(lambda faithful: lambda obj, path: re.sub(
        r"\A\d{10,}\Z", lambda m: "%.9e" % float(m[0]) if isinstance(obj.get(path[0]), mapping.Number) else m[0],
        faithful(obj, path) or "") or None)


@defect(2, "extract.null", "persist.absent")
def null_is_the_text_null():
    members(lambda faithful: lambda obj, path: "null" if path[0] in obj and obj[path[0]] is None
            else faithful(obj, path))


@defect(2, "extract.handlebars.concat", "extract.handlebars.constant")
def templates_lose_their_last_literal():
    def make(faithful):
        def extract(source, obj):
            return faithful(source[:source.rindex("}}") + 2] if "{{" in source else source, obj)
        return extract
    replace(mapping, "extract", make)


@defect(3, "extract.accessor", "std.profile.attributes")
def members_called_constructor_are_missing():
    members(lambda faithful: lambda obj, path: None if {"constructor", "__proto__"} & set(path) else faithful(obj, path))


# Comparing

def normalises(kind, change):
    replace(mapping, "normal", lambda faithful: lambda k, value: change(value) if k == kind else faithful(k, value))


@defect(2, "key.phone.documented", "key.phone.formats", "search.normalised")
def eleven_digits_kept():
    def make(faithful):
        return lambda kind, value: value if kind == "PHONE_NUMBER" and value.startswith("+1") else faithful(kind, value)
    replace(mapping, "normal", make)


@defect(2, "key.string.differs", "search.by-key", "search.none")
def strings_compare_without_case():
    normalises("STRING", str.lower)


@defect(2, "key.string.exact", "search.by-key", "search.none", "key.string.differs")
def strings_compare_by_their_first_thirty_characters():
    normalises("STRING", lambda value: value[:30])


@defect(3, "key.phone.documented", "key.phone.formats", "search.by-key")
def phones_compare_by_their_last_seven_digits():
    normalises("PHONE_NUMBER", lambda value: re.sub(r"\D", "", value)[-7:])


@defect(4, "key.compound-no-collision")
def parts_of_a_key_are_joined():
    def make(faithful):
        return lambda a, b: "".join(t for t, _ in a) == "".join(t for t, _ in b) if len(a) > 1 else faithful(a, b)
    replace(state, "same", make)


@defect(3, "key.compound-differs")
def only_two_parts_of_a_key_count():
    replace(state, "same", lambda faithful: lambda a, b: faithful(a[:2], b[:2]))


@defect(3, "key.global-namespace", "search.by-key", "search.none")
def key_names_do_not_matter():
    def make(faithful):
        def index(self, key, value):
            return faithful(self, key, value) | {e.profile for e in self.entries if self.matches(e, value)}
        return index
    replace(Domain, "index", make)


# Assigning

@defect(3, "assign.cross-type", "key.global-namespace")
def each_type_has_its_own_keys():
    def own(self, entries, mapping_, values):
        names = {n for n, t in self.types.items() if t.mapping is mapping_}
        return [e for e in entries if e.source[0] in names | {""}]
    during(Domain, "assign", "entries", own)


@defect(3, "assign.primary.several", "assign.secondary.after-ambiguous", "assign.primary.discard-continue")
def of_several_the_least_id_wins():
    def make(faithful):
        def index(self, key, value):
            found = faithful(self, key, value)
            return {min(found)} if len(found) > 1 and len(value[0]) == 2 and self.assigning else found
        return index
    Domain.assigning = False
    replace(Domain, "index", make)
    during(Domain, "assign", "assigning", lambda *_: True)


def assigns(choose):
    """Replaces the loop over the definitions: `choose` gets the domain, the mapping and each definition with what it finds."""
    def make(_):
        def assign(self, mapping_, values):
            found = []
            for d in mapping_.definitions:
                value = mapping.parts(mapping_, d, values)
                found.append((d, self.index(d.key, value) if value else set()))
            id_ = choose(self, found)
            return id_ if id_ is not None else None if mapping_.creates else ""
        return assign
    replace(Domain, "assign", make)


def single(found, wanted):
    return next((min(hits) for d, hits in found if wanted(d) and len(hits) == 1), None)


def primary(d):
    return "PROFILE" in d.identifiers and "SECONDARY" not in d.identifiers


def secondary(d):
    return {"PROFILE", "SECONDARY"} <= d.identifiers


@defect(3, "assign.primary.discard-continue")
def one_ambiguous_key_discards_all():
    assigns(lambda self, found: None if any(primary(d) and len(hits) > 1 for d, hits in found)
            else single(found, primary) or single(found, secondary))


@defect(3, "assign.secondary.after-ambiguous")
def no_second_look_after_an_ambiguous_first():
    assigns(lambda self, found: single(found, primary) or (
        None if any(primary(d) and hits for d, hits in found) else single(found, secondary)))


@defect(2, "assign.secondary.fallback")
def secondary_keys_never_match():
    assigns(lambda self, found: single(found, primary))


@defect(3, "assign.secondary.not-override")
def secondary_keys_first():
    assigns(lambda self, found: single(found, secondary) or single(found, primary))


@defect(3, "assign.lookup-only.matches")
def lookup_only_keys_never_match():
    assigns(lambda self, found: single(found, lambda d: primary(d) and "LOOKUP_ONLY" not in d.identifiers)
            or single(found, secondary))


@defect(3, "assign.new-only.matches")
def new_only_keys_never_match():
    assigns(lambda self, found: single(found, lambda d: primary(d) and "NEW_ONLY" not in d.identifiers)
            or single(found, secondary))


@defect(3, "assign.search-only.ignored")
def search_only_keys_match():
    assigns(lambda self, found: single(found, primary) or single(found, secondary)
            or single(found, lambda d: not d.identifiers))


@defect(3, "assign.search-only.is-target", "assign.cross-type")
def search_only_values_are_no_targets():
    def others(self, entries, *_):
        only = {(n, d.key) for n, t in self.types.items() for d in t.mapping.definitions if not d.identifiers}
        return [e for e in entries if (e.source[0], e.key) not in only]
    during(Domain, "assign", "entries", others)


@defect(3, "assign.createprofile-target")
def created_profiles_are_no_targets():
    during(Domain, "assign", "profiles", lambda *_: {})


@defect(3, "assign.addkey-target")
def added_keys_are_no_targets():
    during(Domain, "assign", "entries", lambda self, entries, *_: [e for e in entries if e.source != ADDED])


@defect(2, "assign.none.no-create")
def all_types_create_profiles():
    def make(faithful):
        return lambda self, *arguments: faithful(self, *arguments) or None
    replace(Domain, "assign", make)


@defect(3, "assign.allow-false.match")
def types_that_create_nothing_attach_nothing():
    def make(faithful):
        return lambda self, mapping_, values: faithful(self, mapping_, values) if mapping_.creates else ""
    replace(Domain, "assign", make)


@defect(4, "object.overwrite.same-profile", "assign.self-consistent", "object.overwrite", "asset.reput-same-object")
def a_fourth_put_starts_anew():
    def make(faithful):
        def ingest(self, type_name, mapping_, values, key, text):
            self.puts = getattr(self, "puts", {})
            self.puts[type_name, key] = self.puts.get((type_name, key), 0) + 1
            if self.puts[type_name, key] == 4:
                self.leave((type_name, key))
            return faithful(self, type_name, mapping_, values, key, text)
        return ingest
    replace(Domain, "ingest", make)


# Storing

def stores(make):
    replace(state, "stored", make)


@defect(3, "persist.lookup-only")
def lookup_only_is_stored():
    stores(lambda faithful: lambda d, value, *rest: "LOOKUP_ONLY" in d.identifiers or faithful(d, value, *rest))


@defect(3, "persist.new-only.created")
def new_only_is_never_stored():
    stores(lambda faithful: lambda d, value, *rest: "NEW_ONLY" not in d.identifiers and faithful(d, value, *rest))


@defect(4, "persist.new-only.existing")
def new_only_kept_from_the_second_object():
    stores(lambda faithful: lambda d, value, fresh, stayed, before: (
        faithful(d, value, fresh, stayed, before) or "NEW_ONLY" in d.identifiers and "LOOKUP_ONLY" not in d.identifiers))


@defect(2, "persist.secondary")
def secondary_is_not_stored():
    stores(lambda faithful: lambda d, value, *rest: "SECONDARY" not in d.identifiers and faithful(d, value, *rest))


@defect(2, "persist.search-only", "persist.plain")
def keys_without_identifiers_are_not_stored():
    stores(lambda faithful: lambda d, value, *rest: bool(d.identifiers) and faithful(d, value, *rest))


@defect(2, "persist.plain", "persist.accumulate")
def a_match_stores_nothing():
    stores(lambda faithful: lambda d, value, fresh, stayed, before: (fresh or stayed) and faithful(
        d, value, fresh, stayed, before))


@defect(3, "persist.accumulate", "persist.plain", "search.by-key")
def a_new_value_takes_the_place_of_all_before():
    def make(faithful):
        def persist(self, source, mapping_, values, id_, fresh, stayed):
            for d in mapping_.definitions:
                if not d.identifiers & {"UNIQUE"} and mapping.parts(mapping_, d, values):
                    self.entries = [e for e in self.entries if (e.profile, e.key) != (id_, d.key) or e.source == ADDED]
            return faithful(self, source, mapping_, values, id_, fresh, stayed)
        return persist
    replace(Domain, "persist", make)


# Objects

@defect(2, "object.overwrite.per-type", "list-objects.complete")
def equal_unique_values_are_one_object():
    replace(Domain, "ingest", lambda faithful: lambda self, type_name, mapping_, values, key, text: (
        [self.leave(s) for s in list(self.objects) if s[1] == key and s[0] != type_name],
        faithful(self, type_name, mapping_, values, key, text)))
    replace(service, "object_key", lambda faithful: lambda name, value: faithful("", value))


@defect(2, "object.overwrite")
def members_of_the_old_version_stay():
    def make(faithful):
        def ingest(self, type_name, mapping_, values, key, text):
            old = self.objects.get((type_name, key))
            try:
                both = json.loads(old.text) | json.loads(text) if old else None
            except ValueError:
                both = None
            return faithful(self, type_name, mapping_, values, key, json.dumps(both) if both else text)
        return ingest
    replace(Domain, "ingest", make)


@defect(3, "object.delete.reput")
def what_was_deleted_stays_away():
    def change(self, call, shown):
        domain, body = self.domain(call), call.body
        gone = {(body["ObjectTypeName"], body["ProfileObjectUniqueKey"])}
        domain.gone = getattr(domain, "gone", set()) | gone
        return shown

    def make(faithful):
        def ingest(self, type_name, mapping_, values, key, text):
            if (type_name, key) not in getattr(self, "gone", ()):
                faithful(self, type_name, mapping_, values, key, text)
        return ingest
    answers("DeleteProfileObject", change)
    replace(Domain, "ingest", make)


@defect(3, "object.delete.ok", "list-objects.complete")
def deleting_takes_a_prefix_of_the_key():
    def make(faithful):
        def leave(self, source):
            for other in [s for s in self.objects if s[1][:1] == source[1][:1] and s[0] == source[0]]:
                faithful(self, other)
        return leave
    replace(Domain, "leave", make)


@defect(3, "object.delete.profile-stays")
def the_last_object_takes_the_profile_along():
    def change(self, call, shown):
        domain, id_ = self.domain(call), call.body["ProfileId"]
        if not any(o.profile == id_ for o in domain.objects.values()):
            domain.delete_profile(id_)
        return shown
    answers("DeleteProfileObject", change)


@defect(3, "put-type.replace.existing-data")
def objects_follow_their_mapping():
    def change(self, call, shown):
        domain, name = self.domain(call), call.labels["ObjectTypeName"]
        mapping_ = domain.types[name].mapping
        for source, found in [item for item in domain.objects.items() if item[0][0] == name]:
            values = mapping.values_of(mapping_, self.read_object(found.text))
            profile = domain.profiles[found.profile]
            for record in [profile, *domain.standards]:
                for path, written in list(record.written.items()):
                    record.written[path] = [w for w in written if w[0] != source]
                    if not record.written[path]:
                        del record.written[path]
            domain.persist(source, mapping_, values, profile.id, True, True)
            domain.write_profile(source, mapping_, values, profile, True)
            for standard in domain.standards:
                standard.objects.discard(source)
            for identifier, kind in mapping.KINDS.items():
                domain.write_standard(source, mapping_, values, profile.id, identifier, kind)
            domain.standards = [standard for standard in domain.standards if standard.objects]
        return shown
    answers("PutProfileObjectType", change)
