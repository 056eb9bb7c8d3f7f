"""Standard profiles, assets and cases."""

import state
from defects import defect, during, replace
from state import Domain, Profile, Record, Standard


@defect(2, "std.keys.account")
def account_numbers_not_indexed():
    replace(Profile, "keys", lambda faithful: lambda self: (k for k in faithful(self) if k[0] != "_account"))


@defect(2, "std.keys.phone-others")
def only_the_first_phone_is_indexed():
    replace(state, "PHONES", lambda faithful: faithful[:1])


@defect(2, "std.keys.email-others")
def business_mail_is_not_indexed():
    replace(state, "EMAILS", lambda faithful: faithful[:2])


@defect(3, "std.keys.full-name")
def full_names_without_the_middle_name():
    def make(faithful):
        def keys(self):
            yield from (k for k in faithful(self) if k[0] != "_fullName")
            yield "_fullName", " ".join(filter(None, (self.get("FirstName"), self.get("LastName"))))
        return keys
    replace(Profile, "keys", make)


def profiles_written(make):
    replace(Domain, "write_profile", make)


@defect(2, "std.profile.nested")
def nested_targets_are_dropped():
    replace(state, "fits", lambda faithful: lambda path, value: (
        "Address." not in path and faithful(path, value)))


@defect(2, "std.profile.attributes", "std.profile.match-fills")
def attributes_are_dropped_on_a_match():
    def make(faithful):
        def write(self, source, mapping, values, profile, fresh):
            before = {p: w for p, w in profile.written.items() if p.startswith("Attributes.")}
            faithful(self, source, mapping, values, profile, fresh)
            if not fresh:
                profile.written = {p: w for p, w in profile.written.items() if not p.startswith("Attributes.")} | before
        return write
    profiles_written(make)


@defect(3, "std.profile.attributes")
def one_object_replaces_all_attributes():
    def make(faithful):
        def write(self, source, mapping, values, profile, fresh):
            if any(p.startswith("Attributes.") for p in state.aimed(mapping, values, "_profile")):
                profile.written = {p: w for p, w in profile.written.items() if not p.startswith("Attributes.")}
            faithful(self, source, mapping, values, profile, fresh)
        return write
    profiles_written(make)


@defect(3, "std.profile.match-fills")
def a_match_fills_nothing():
    def make(faithful):
        return lambda self, source, mapping, values, profile, fresh: fresh and faithful(
            self, source, mapping, values, profile, fresh)
    profiles_written(make)


@defect(2, "std.profile.untargeted")
def fields_are_taken_by_their_names():
    def make(faithful):
        def write(self, source, mapping, values, profile, fresh):
            faithful(self, source, mapping, values, profile, fresh)
            for name in ("FirstName", "LastName", "AccountNumber"):
                if name in values and not mapping.fields[name].get("Target"):
                    profile.write(name, values[name], source)
        return write
    profiles_written(make)


@defect(3, "std.inferred.not-on-match", "std.inferred.first-object")
def every_object_fills_by_content_type():
    def make(faithful):
        return lambda self, source, mapping, values, profile, fresh: faithful(self, source, mapping, values, profile, True)
    profiles_written(make)


@defect(2, "std.inferred.phone")
def phones_are_not_inferred():
    def make(faithful):
        def write(self, source, mapping, values, profile, fresh):
            faithful(self, source, mapping, values, profile, fresh)
            if fresh and not mapping.has_targets():
                profile.written.pop("PhoneNumber", None)
        return write
    profiles_written(make)


@defect(3, "std.profile.same-object-update", "object.overwrite")
def a_second_version_changes_no_field():
    def make(faithful):
        return lambda self, source, mapping, values, profile, fresh: None if any(
            source == w[0] for written in profile.written.values() for w in written) else faithful(
            self, source, mapping, values, profile, fresh)
    profiles_written(make)


# Assets and cases

@defect(2, "asset.id")
def asset_ids_are_counted_by_profile():
    during(Standard, "text", "id", lambda self, _: f"{self.kind}-1")


@defect(3, "asset.reput-same-object", "asset.match-one")
def every_put_makes_an_asset():
    replace(Domain, "standard_of", lambda faithful: lambda self, *arguments: None)
    replace(Domain, "tie", lambda faithful: lambda self, thing, source: thing.objects.add(source))


@defect(3, "asset.match-one")
def assets_are_found_by_their_object_only():
    replace(Domain, "standard_of", lambda faithful: lambda self, source, keyed, id_, kind: faithful(
        self, source, [], id_, kind))


@defect(3, "asset.match-none", "asset.create")
def a_profile_has_one_asset():
    replace(Domain, "standard_of", lambda faithful: lambda self, source, keyed, id_, kind: faithful(
        self, source, keyed, id_, kind) or next((s for s in self.standards if (s.kind, s.profile) == (kind, id_)), None))


@defect(3, "asset.populated")
def serial_numbers_are_left_out():
    replace(Record, "show", lambda faithful: lambda self: {
        k: v for k, v in faithful(self).items() if k != "SerialNumber"})


@defect(4, "asset.accumulate", "asset.populated")
def the_last_type_writes_the_whole_asset():
    def make(faithful):
        def write(self, source, mapping, values, id_, identifier, kind):
            for s in self.standards:
                if s.kind == kind and s.profile == id_ and source not in s.objects and any(
                        o[0] != source[0] for o in s.objects):
                    s.written = {}
            return faithful(self, source, mapping, values, id_, identifier, kind)
        return write
    replace(Domain, "write_standard", make)


@defect(3, "asset.source-object-kept")
def objects_become_their_assets():
    def make(faithful):
        def ingest(self, type_name, mapping, values, key, text):
            faithful(self, type_name, mapping, values, key, text)
            if any((type_name, key) in s.objects for s in self.standards):
                self.objects.pop((type_name, key), None)
        return ingest
    replace(Domain, "ingest", make)
