"""Keeps managedFields as the API server does, since they are what the engine reads most.

How they are kept is the practice cluster's; here is what the simulated server asks of it.
"""

import functools

from practicecluster.builtin_types import builtin_types
from practicecluster.controllers.api import Json
from practicecluster.writing import ownership
from practicecluster.writing.ownership import Apply, Managed, Manager
from practicecluster.writing.schemas import ANY, Schema, builtin
from practicecluster.writing.times import stamp


@functools.cache
def _schema(api_version: str, kind: str) -> Schema:
    """Return what is known of a kind's fields; of a custom one nothing is."""
    for served in builtin_types():
        if (served.api_version, served.kind) == (api_version, kind):
            return builtin(served) or ANY
    return ANY


def _of(thing: Json) -> Schema:
    return _schema(thing["apiVersion"], thing["kind"])


def updated(managed: Managed, by: Manager, before: Json, after: Json, at: float) -> Managed:
    """The entries after an update: what it changed is its own, and no one else's."""
    return ownership.updated(managed, by, _of(after), before, after, at=stamp(at))


def applied(
    managed: Managed, by: Manager, before: Json, after: Json, lists: Json, at: float
) -> Managed:
    """The entries after a forced server-side apply of `lists`, which it owns from now on."""
    apply = Apply(_of(after), before, lists, after)
    return ownership.applied(managed, by, apply, at=stamp(at), force=True)[0]
