"""Decides which resources to watch: the built-in ones wanted, as far as the server serves them."""

import logging
from collections.abc import Collection, Mapping, Sequence

import msgspec

from eventstream.kubeapi.connection import Connection
from eventstream.kubeapi.problems import ApiProblem, not_served, not_watchable, out_of_scope
from eventstream.kubeapi.served import Discovery, Served, discover
from eventstream.objects.kinds import WATCHED
from eventstream.objects.observations import Problem
from eventstream.objects.resource import Resource

logger = logging.getLogger(__name__)

EVENTS = Resource("", "v1", "events", "Event")
NEW_EVENTS = Resource("events.k8s.io", "v1", "events", "Event")
"""The same objects under another name: watched only where the first is forbidden."""
API_SERVICES = Resource(
    "apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False
)
"""Each says which server serves an apiVersion: where one changes, other types may be served."""
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
NODE_LEASES = "kube-node-lease"
"""The one namespace whose Leases are heartbeats of nodes."""

WANTED: Sequence[Sequence[Resource]] = [each.resources for each in WATCHED]
"""Each type with the versions that it is read in, best first."""
FOLLOWED = frozenset({"list", "watch"})
"""The verbs without which a type cannot be followed."""


class Plan(msgspec.Struct, frozen=True):
    """What to watch, each with the one namespace it is watched in, and what not, and why."""

    watched: Mapping[Resource, str | None]
    left_out: Mapping[Resource, Problem]


async def read_all(connection: Connection) -> Discovery | None:
    """Return what is served, None where the server does not tell, which the log then says."""
    try:
        return await discover(connection)
    except ApiProblem as unknown:
        logger.warning("The server does not tell what it serves. %s", unknown)
        return None


def plan(
    served: Served | None, namespace: str | None, unknown: Collection[str] = frozenset()
) -> Plan:
    """Match the built-in types that are wanted with what is served.

    What is not known (the apiVersions in `unknown`, or all where `served` is None) is taken to be
    served: the reflectors then find out one by one, and each tells its own problem. `namespace`
    limits it to what lives there.
    """
    watched: dict[Resource, str | None] = {}
    left_out: dict[Resource, Problem] = {}
    for versions in WANTED:
        best = versions[0]
        if served is not None:
            best = next((each for each in versions if each.key in served), best)
        scope = NODE_LEASES if best == LEASES else namespace
        if namespace and (not best.namespaced or scope != namespace):
            left_out[best] = out_of_scope(best, namespace)
        elif served is None or (best.key not in served and best.api_version in unknown):
            watched[best] = scope
        elif best.key not in served:
            left_out[best] = not_served(best)
        elif not served[best.key].verbs >= FOLLOWED:
            left_out[best] = not_watchable(best)
        else:
            watched[best] = scope
    return Plan(watched, left_out)
