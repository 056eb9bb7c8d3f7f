"""Domains and object types."""

import shapes
import state
from defects import defect, replace
from service import Service


@defect(1, "put-type.tags.max", "tag.add.constraints")
def forty_nine_tags():
    shapes.TAGS.most = 49


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


@defect(3, "delete-type.scrub")
def types_leave_their_fields():
    replace(state.Record, "forget", lambda faithful: lambda self, name: None)


@defect(3, "delete-type.objects", "delete-type.inferred-profile")
def types_leave_their_objects():
    replace(state.Domain, "delete_type_data", lambda faithful: lambda self, name: [
        record.forget(name) for record in self.profiles.values()])
