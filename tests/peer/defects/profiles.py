"""Profiles, their keys, and merging."""

import service
import state
from defects import defect, replace
from service import Service
from shapes import Fault
from state import ADDED, Domain, Record


@defect(1, "profile.update.unknown")
def update_of_nobody_is_forbidden():
    def make(faithful):
        def update(self, call):
            try:
                return faithful(self, call)
            except Fault as fault:
                raise Fault(403, "AccessDeniedException") if fault.status == 404 else fault
        return update
    replace(Service, "UpdateProfile", make)


@defect(1, "profile.update.partial")
def an_update_replaces_everything():
    def make(faithful):
        def update(self, call):
            self.profile(self.domain(call), call.body["ProfileId"]).written = {}
            return faithful(self, call)
        return update
    replace(Service, "UpdateProfile", make)


@defect(2, "profile.update.clear", "profile.update.clear-enum")
def empty_texts_clear_nothing():
    replace(Record, "set", lambda faithful: lambda self, path, value: value and faithful(self, path, value))


@defect(3, "profile.create.no-dedup", "profile.create.id", "profile.create.account-not-unique")
def equal_accounts_are_one_profile():
    def make(faithful):
        def create(self, call):
            account = call.body.get("AccountNumber")
            for p in self.domain(call).profiles.values():
                if account and p.get("AccountNumber") == account:
                    return {"ProfileId": p.id}
            return faithful(self, call)
        return create
    replace(Service, "CreateProfile", make)


@defect(3, "profile.delete.effect", "profile.delete.keys-released", "search.by-key")
def deleted_profiles_leave_their_keys():
    def make(faithful):
        def delete(self, id_):
            kept = [e for e in self.entries if e.profile == id_]
            faithful(self, id_)
            heirs = list(self.profiles)
            for e in kept if len(heirs) == 1 else []:
                e.profile = heirs[0]
                self.entries.append(e)
        return delete
    replace(Domain, "delete_profile", make)


@defect(3, "profile.delete.effect", "list-objects.profile-unknown")
def deleted_profiles_still_list_their_objects():
    def make_delete(faithful):
        def delete(self, id_):
            kept = {k: o for k, o in self.objects.items() if o.profile == id_}
            faithful(self, id_)
            self.objects |= kept
            self.former = getattr(self, "former", set()) | {id_}
        return delete

    def make_profile(faithful):
        def profile(self, domain, id_):
            return None if id_ in getattr(domain, "former", ()) else faithful(self, domain, id_)
        return profile
    replace(Domain, "delete_profile", make_delete)
    replace(Service, "profile", make_profile)


@defect(2, "profile.key.add.search", "profile.key.shared", "search.by-key")
def an_added_key_moves_to_the_last():
    def make(faithful):
        def add(self, id_, key, values):
            self.entries = [e for e in self.entries if not (
                e.source == ADDED and e.key == key and e.parts[0][0] in values)]
            faithful(self, id_, key, values)
        return add
    replace(Domain, "add_key", make)


@defect(2, "profile.key.add.search")
def only_the_first_added_value_counts():
    replace(Domain, "add_key", lambda faithful: lambda self, id_, key, values: faithful(self, id_, key, values[:1]))


@defect(3, "profile.key.delete", "search.by-key")
def deleting_a_key_of_one_takes_it_from_all():
    def make(faithful):
        def delete_key(self, id_, key, values):
            for other in list(self.profiles):
                faithful(self, other, key, values)
        return delete_key
    replace(Domain, "delete_key", make)


@defect(3, "profile.key.delete", "search.by-key")
def deleting_a_value_deletes_the_key():
    def make(faithful):
        def delete_key(self, id_, key, values):
            every = [e.parts[0][0] for e in self.entries if e.source == ADDED and e.profile == id_ and e.key == key]
            faithful(self, id_, key, every)
        return delete_key
    replace(Domain, "delete_key", make)


# Merging

@defect(1, "merge.count")
def nineteen_are_enough():
    def make(faithful):
        def merge(self, call):
            if len(call.body["ProfileIdsToBeMerged"]) > 19:
                raise service.bad("too many")
            return faithful(self, call)
        return merge
    replace(Service, "MergeProfiles", make)


def merges(make):
    replace(Domain, "merge", make)


@defect(2, "merge.effect")
def merged_profiles_stay():
    def make(faithful):
        def merge(self, main, others, sources):
            kept = {i: self.profiles[i] for i in others}
            faithful(self, main, others, sources)
            self.profiles |= kept
        return merge
    merges(make)


@defect(3, "merge.effect")
def merging_forgets_objects():
    def make(faithful):
        def merge(self, main, others, sources):
            self.objects = {k: o for k, o in self.objects.items() if o.profile not in others}
            faithful(self, main, others, sources)
        return merge
    merges(make)


@defect(3, "merge.effect")
def merging_forgets_added_keys():
    def make(faithful):
        def merge(self, main, others, sources):
            self.entries = [e for e in self.entries if e.profile not in others or e.source != ADDED]
            faithful(self, main, others, sources)
        return merge
    merges(make)


@defect(4, "merge.effect", "asset.create")
def merging_forgets_assets():
    def make(faithful):
        def merge(self, main, others, sources):
            faithful(self, main, others, sources)
            self.standards = [s for s in self.standards if s.profile != main]
        return merge
    merges(make)


@defect(4, "merge.effect")
def only_the_first_is_merged():
    merges(lambda faithful: lambda self, main, others, sources: faithful(self, main, others[:1], sources))


@defect(3, "merge.fields-conflict")
def the_merged_profile_wins():
    def make(faithful):
        def giver(family, slot, sources):
            return faithful(family[:0:-1] + family[:1], slot, sources)
        return giver
    replace(state, "giver_of", make)


@defect(3, "merge.fields-union")
def only_fields_of_the_main_profile_stay():
    replace(state, "giver_of", lambda faithful: lambda family, slot, sources: faithful(family[:1], slot, sources))


@defect(3, "merge.fields-source")
def sources_of_fields_are_ignored():
    replace(state, "giver_of", lambda faithful: lambda family, slot, sources: faithful(family, slot, {}))
