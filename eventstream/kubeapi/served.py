"""Reads what a server serves: by aggregated discovery where it is offered, else type by type.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from collections.abc import Iterable, Mapping

import msgspec

from eventstream.kubeapi.connection import JSON, Connection, decoded
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.resource import Resource

Served = Mapping[str, frozenset[str]]
"""A resource's key to the verbs that it serves."""

_AGGREGATED = ",".join(
    f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_ABSENT = frozenset({"forbidden", "not-served", "server-error"})


class _Name(msgspec.Struct):
    name: str = ""


class _Type(msgspec.Struct):
    resource: str
    verbs: list[str] = []


class _Version(msgspec.Struct):
    version: str
    resources: list[_Type] = []


class _Group(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] = []


class _Aggregated(msgspec.Struct):
    kind: str = ""
    items: list[_Group] | None = None


class _PlainType(msgspec.Struct):
    name: str
    verbs: list[str] = []


class _Plain(msgspec.Struct):
    resources: list[_PlainType] | None = None


async def read_served(connection: Connection, wanted: Iterable[Resource]) -> Served:
    """Return what is served; plain discovery asks only for the group versions of `wanted`.

    Raises ApiProblem where the server answers neither kind of discovery.
    """
    served: dict[str, frozenset[str]] = {}
    for root in ("/api", "/apis"):
        body = await connection.get(root, accept=f"{_AGGREGATED},{JSON}")
        answer = decoded(f"GET {root}", body, _Aggregated)
        if answer.kind != "APIGroupDiscoveryList":
            return await _read_plain(connection, wanted)
        for group in answer.items or ():
            _add_group(served, group)
    return served


def _add_group(served: dict[str, frozenset[str]], group: _Group) -> None:
    for version in group.versions:
        for each in version.resources:
            found = Resource(group.metadata.name, version.version, each.resource, "")
            served[found.key] = frozenset(each.verbs)


async def _read_plain(connection: Connection, wanted: Iterable[Resource]) -> Served:
    served: dict[str, frozenset[str]] = {}
    for path, api_version in sorted({(_root(each), each.api_version) for each in wanted}):
        try:
            answer = decoded(f"GET {path}", await connection.get(path), _Plain)
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            continue
        for each in answer.resources or ():
            served[f"{api_version}/{each.name}"] = frozenset(each.verbs)
    return served


def _root(resource: Resource) -> str:
    return resource.path.rpartition("/")[0]
