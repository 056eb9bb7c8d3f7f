"""Servers that are wrong in one way each: every defect replaces something of the faithful one.

Difficulty: 1 a wrong limit or status, 3 a state of two steps, 5 a sequence of particular values.
"""

import mapping
import shapes
import state
from service import Service
from shapes import Fault
from state import Domain

DEFECTS = {}


def defect(difficulty, *rules):
    def keep(apply):
        DEFECTS[apply.__name__.replace("_", "-")] = (difficulty, rules, apply)
        return apply
    return keep


def replace(owner, name, make):
    setattr(owner, name, make(getattr(owner, name)))


@defect(1, "put-type.tags.max", "tag.add.constraints")
def forty_nine_tags():
    shapes.TAGS.most = 49


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


@defect(2, "std.keys.account")
def account_numbers_not_indexed():
    replace(state.Profile, "keys", lambda faithful: lambda self: (k for k in faithful(self) if k[0] != "_account"))


@defect(2, "key.phone.documented")
def eleven_digits_kept():
    def make(faithful):
        return lambda kind, value: value if kind == "PHONE_NUMBER" and value.startswith("+1") else faithful(kind, value)
    replace(mapping, "normal", make)


@defect(2, "domain.recreate-clean")
def domains_come_back_with_their_tags():
    old = {}

    def make(faithful):
        def delete(self, call):
            old[call.labels["DomainName"]] = self.domain(call).tags
            return faithful(self, call)
        return delete

    def make_create(faithful):
        def create(self, call):
            shown = faithful(self, call)
            self.domain(call).tags.update(old.get(call.labels["DomainName"], {}))
            return shown
        return create
    replace(Service, "DeleteDomain", make)
    replace(Service, "CreateDomain", make_create)


@defect(3, "assign.primary.several", "assign.secondary.after-ambiguous")
def of_several_the_least_id_wins():
    def make(faithful):
        def index(self, key, value):
            found = faithful(self, key, value)
            return {min(found)} if len(found) > 1 and len(value[0]) == 2 and self.assigning else found
        return index

    def make_assign(faithful):
        def assign(self, *arguments):
            self.assigning = True
            try:
                return faithful(self, *arguments)
            finally:
                self.assigning = False
        return assign
    Domain.assigning = False
    replace(Domain, "index", make)
    replace(Domain, "assign", make_assign)


@defect(3, "profile.key.delete")
def deleting_a_key_of_one_takes_it_from_all():
    def make(faithful):
        def delete_key(self, id_, key, values):
            for other in list(self.profiles):
                faithful(self, other, key, values)
        return delete_key
    replace(Domain, "delete_key", make)


@defect(3, "filter.other-profile", "list-objects.scope")
def filters_look_at_all_profiles():
    def make(faithful):
        def list_objects(self, call):
            domain, name = self.domain(call), call.body["ObjectTypeName"]
            if not call.body.get("ObjectFilter") or name not in ("_asset", "_case"):
                return faithful(self, call)
            return self.page(call, [
                (s.number, {"ObjectTypeName": name, "ProfileObjectUniqueKey": s.id, "Object": s.text()})
                for s in domain.standards if s.kind == name and self.filtered(s, call.body["ObjectFilter"])])
        return list_objects
    replace(Service, "ListProfileObjects", make)


@defect(3, "delete-type.scrub")
def types_leave_their_fields():
    replace(state.Record, "forget", lambda faithful: lambda self, name: None)


@defect(4, "merge.effect")
def merging_forgets_assets():
    def make(faithful):
        def merge(self, main, others, sources):
            faithful(self, main, others, sources)
            self.standards = [s for s in self.standards if s.profile != main]
        return merge
    replace(Domain, "merge", make)


@defect(4, "persist.new-only.existing")
def new_only_kept_from_the_second_object():
    replace(state, "stored", lambda faithful: lambda d, value, fresh, stayed, before: (
        faithful(d, value, fresh, stayed, before) or "NEW_ONLY" in d.identifiers and "LOOKUP_ONLY" not in d.identifiers))


@defect(5, "list-objects.complete", "page.complete")
def the_fourth_page_of_two_is_short():
    def make(faithful):
        def page(self, call, items):
            answer = faithful(self, call, items)
            seen = getattr(self, "pages", {}).get(call.token, 0) + 1
            if answer.get("NextToken"):
                self.pages = getattr(self, "pages", {}) | {answer["NextToken"]: seen}
            if seen == 4 and call.size == 2:
                answer["Items"] = answer["Items"][:1]
            return answer
        return page
    replace(Service, "page", make)
