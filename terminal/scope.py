"""What has to be read to say how one object stands: its own place, and what that rests on.

Of a namespaced object all of its namespace, with nodes and volumes. Of any other what is of its
kind, and what it is known to depend on.
"""

from eventstream.kubeapi.crds import CRDS
from eventstream.kubeapi.custom_types import NOT_FOLLOWED
from eventstream.kubeapi.discovery import EVENTS, LEASES, NODE_LEASES, plan
from eventstream.kubeapi.served import Served
from eventstream.objects.kinds import WATCHED, is_built_in
from eventstream.objects.resource import Resource

CUSTOM_MOST = 300
"""So many types of custom resources are read beside one of theirs."""

Places = dict[Resource, str | None]
"""What is read, each with the one namespace that it is read in, None for all."""

_ELSEWHERE: Places = {
    each.resources[0]: None for each in WATCHED if each.kind in {"Node", "PersistentVolume"}
} | {LEASES: NODE_LEASES}
"""What the objects of a namespace rest on outside of it."""

_BESIDE = {
    "Node": ("Pod", "PodDisruptionBudget"),
    "PersistentVolume": ("PersistentVolumeClaim",),
    "APIService": ("Service",),
}
"""Kinds on whose objects one of the whole cluster depends."""


def around(target: Resource, namespace: str | None, name: str, served: Served | None) -> Places:
    """Return what to read to say how one object of a type stands."""
    is_namespace = (target.group, target.plural) == ("", "namespaces")
    within = name if is_namespace else namespace
    if within is not None:
        found = dict(plan(served, within).watched) | _known(_ELSEWHERE, served)
    else:
        found = _of_cluster(target, served)
    if is_namespace or not is_built_in(target.api_version):
        found |= _custom(within, served)
    if not target.namespaced:
        found[target] = None
    return found


def _of_cluster(target: Resource, served: Served | None) -> Places:
    if not is_built_in(target.api_version):
        return {each: at for each, at in plan(served, None).watched.items() if each != CRDS}
    kinds = {target.kind, *_BESIDE.get(target.kind, ())}
    wanted = plan(served, None).watched
    found = {each: at for each, at in wanted.items() if each.kind in kinds or each == EVENTS}
    return found | (_known({LEASES: NODE_LEASES}, served) if target.kind == "Node" else {})


def _known(places: Places, served: Served | None) -> Places:
    """Those that the server has."""
    return {each: at for each, at in places.items() if served is None or each.key in served}


def _custom(within: str | None, served: Served | None) -> Places:
    """The custom resources that may belong together, of each type the version that is preferred."""
    found: dict[tuple[str, str], Resource] = {}
    for each in (served or {}).values():
        resource = each.resource
        if is_built_in(resource.api_version) or resource.group in NOT_FOLLOWED:
            continue
        if "list" in each.verbs and resource.namespaced == (within is not None):
            found.setdefault((resource.group, resource.plural), resource)
    return dict.fromkeys(list(found.values())[:CUSTOM_MOST], within)
