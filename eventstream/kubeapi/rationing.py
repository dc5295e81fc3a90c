"""Decides which types get one of the watches that there are, and which of the others are named.

Each watch takes an open file and memory, here and on the API server, and a cluster may define
more types than any process can watch. Types that come with Kubernetes go first, in the order in
which explanations need them. Then come custom ones: those that are watched already stay, so that
a new definition takes nothing away, and the others follow by group and plural.
"""

import heapq
from collections.abc import Callable, Collection, Set

import msgspec

from eventstream import descriptors
from eventstream.kubeapi.problems import of_many, too_many_types
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource


class Places(msgspec.Struct, frozen=True):
    """So many types are watched at most; `limit` is that of open files, None if not met first."""

    count: int
    limit: int | None = None

    def problem(self, resource: Resource) -> Problem:
        """Return why `resource` is not watched."""
        return too_many_types(resource, self.count, self.limit)


def places(most: int) -> Places:
    """Return how many types can be watched: at most `most`, and as many as files may be open."""
    files = descriptors.for_watches()
    return Places(most) if most <= files else Places(files, descriptors.limit())


def chosen(wanted: Set[Resource], watched: Set[Resource], count: int) -> set[Resource]:
    """Return which `count` of the custom types that are wanted are watched."""
    kept = wanted & watched
    return set(kept) | set(_first(wanted - kept, max(count - len(kept), 0)))


def named(
    resources: Collection[Resource], most: int, problem: Callable[[Resource], Problem]
) -> dict[Resource, Problem]:
    """Return the `problem` of the first `most` resources, which tells how many others have it."""
    shown = {each: problem(each) for each in _first(resources, most)}
    if len(resources) <= most:
        return shown
    return {each: of_many(found, len(resources), most) for each, found in shown.items()}


def _first(resources: Collection[Resource], count: int) -> list[Resource]:
    return heapq.nsmallest(count, resources, key=lambda each: (each.group, each.plural))
