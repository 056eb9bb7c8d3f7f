"""Listing, filtering, searching, paging."""

import json

from defects import answers, defect, during, replace
from service import Service
from state import Domain, Standard


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


def filters(make):
    replace(Service, "filtered", make)


@defect(1, "filter.no-match", "filter.asset-name", "filter.serial-number")
def filters_are_ignored():
    filters(lambda faithful: lambda self, thing, filter_: True)


@defect(2, "filter.no-match", "filter.asset-name")
def filters_match_beginnings():
    def make(faithful):
        return lambda self, thing, filter_: faithful(self, thing, filter_) or any(
            k == filter_["KeyName"] and v.startswith(value) for value in filter_["Values"] for k, v in thing.keys())
    filters(make)


@defect(2, "filter.case-id")
def cases_are_not_filtered_by_their_id():
    replace(Standard, "has", lambda faithful: lambda self, key, value: key != "_caseId" and faithful(self, key, value))


@defect(2, "filter.serial-number", "filter.asset-name")
def filters_look_at_every_member():
    def make(faithful):
        return lambda self, thing, filter_: faithful(self, thing, filter_) or any(
            v in filter_["Values"] for _, v in thing.keys())
    filters(make)


@defect(4, "filter.pagination", "filter.subset", "filter.no-match", "list-objects.scope")
def the_second_page_forgets_the_filter():
    during(Service, "ListProfileObjects", "filtered", lambda self, filtered, call: (
        (lambda *_: True) if call.token else filtered))


@defect(2, "list-objects.scope")
def objects_of_all_types_are_listed():
    def make(faithful):
        def list_objects(self, call):
            domain, body = self.domain(call), call.body
            if body["ObjectTypeName"].startswith("_"):
                return faithful(self, call)
            self.profile(domain, body["ProfileId"])
            return self.page(call, [
                (o.number, {"ObjectTypeName": body["ObjectTypeName"], "ProfileObjectUniqueKey": o.key, "Object": o.text})
                for o in domain.objects.values() if o.profile == body["ProfileId"]])
        return list_objects
    replace(Service, "ListProfileObjects", make)


@defect(2, "list-objects.item.type")
def items_carry_the_first_type():
    def change(self, call, answer):
        first = next(iter(self.domain(call).types), None)
        return answer | {"Items": [i | {"ObjectTypeName": first or i["ObjectTypeName"]} for i in answer["Items"]]}
    answers("ListProfileObjects", change)


@defect(2, "list-objects.item.object")
def blanks_at_the_ends_of_texts_are_lost():
    def change(self, call, answer):
        for item in answer["Items"]:
            obj = json.loads(item["Object"])
            if any(isinstance(v, str) and v != v.strip() for v in obj.values()):
                item["Object"] = json.dumps({k: v.strip() if isinstance(v, str) else v for k, v in obj.items()})
        return answer
    answers("ListProfileObjects", change)


@defect(3, "list-objects.read-only", "list-objects.complete", "search.by-key")
def listing_nothing_removes_the_profile():
    def change(self, call, answer):
        domain, id_ = self.domain(call), call.body["ProfileId"]
        if not answer["Items"] and not call.token and not any(o.profile == id_ for o in domain.objects.values()):
            domain.delete_profile(id_)
        return answer
    answers("ListProfileObjects", change)


# Pages

def pages(make):
    replace(Service, "page", make)


@defect(2, "page.no-duplicates", "list-objects.complete", "page.complete")
def a_page_begins_with_the_last_of_the_one_before():
    def make(faithful):
        def last(self, call):
            number = faithful(self, call)
            return number - 1 if isinstance(number, int) else number
        return last
    replace(Service, "last_of", make)


@defect(3, "page.complete", "list-objects.complete")
def an_item_between_pages_is_lost():
    def make(faithful):
        def page(self, call, items):
            if call.token and len(items) > 3 and call.size == 1:
                items = sorted(items, key=lambda i: i[0])[:-1]
            return faithful(self, call, items)
        return page
    pages(make)


@defect(3, "page.end", "page.complete", "page.no-duplicates")
def a_full_last_page_names_another():
    def make(faithful):
        def page(self, call, items):
            answer = faithful(self, call, items)
            if items and len(answer["Items"]) == call.size and "NextToken" not in answer:
                answer["NextToken"] = self.token_for(call, min(i[0] for i in items))
            return answer
        return page
    pages(make)


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
    pages(make)


# Searching

def searches(make):
    replace(Domain, "search", make)


@defect(1, "search.by-key", "search.none")
def searches_find_beginnings():
    def make(faithful):
        return lambda self, key, value: faithful(self, key, value) | {
            e.profile for e in self.entries if e.key == key and e.parts[0][0].startswith(value)}
    searches(make)


@defect(2, "search.by-key", "profile.key.shared")
def searches_find_one_profile():
    searches(lambda faithful: lambda self, key, value: set(sorted(faithful(self, key, value))[:1]))


@defect(3, "search.scope", "search.by-key", "search.none", "domain.isolation")
def searches_find_profiles_of_all_domains():
    def change(self, call, answer):
        for other in self.domains.values():
            for value in call.body["Values"] if other is not self.domain(call) else []:
                answer["Items"] += [{"ProfileId": i} | other.profiles[i].show()
                                    for i in other.search(call.body["KeyName"], value)]
        return answer
    answers("SearchProfiles", change)


@defect(2, "asset.search-by-key")
def searches_do_not_look_at_assets():
    searches(lambda faithful: lambda self, key, value: self.index(key, ((value, "STRING"),)))


@defect(2, "search.profile-content", "profile.create.fields")
def found_profiles_lack_their_attributes():
    def change(self, call, answer):
        for item in answer["Items"]:
            item.pop("Attributes", None)
        return answer
    answers("SearchProfiles", change)
