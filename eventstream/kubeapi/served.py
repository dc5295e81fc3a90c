"""Reads what a server serves: by aggregated discovery where it is offered, else group by group.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from eventstream.kubeapi.connection import JSON, Connection, decoded
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.resource import Resource


class ServedType(NamedTuple):
    """A resource that is served, and the verbs that it knows."""

    resource: Resource
    verbs: frozenset[str]


Served = Mapping[str, ServedType]
"""What is served, by `Resource.key`; of several versions of a type the preferred one is first."""

_AGGREGATED = ",".join(
    f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_ABSENT = frozenset({"forbidden", "not-served", "server-error", "throttled"})


class _Name(msgspec.Struct):
    name: str = ""


class _Kind(msgspec.Struct):
    kind: str = ""


class _Type(msgspec.Struct, rename="camel"):
    resource: str
    verbs: list[str] = []
    scope: str = ""
    response_kind: _Kind | None = None


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
    kind: str = ""
    namespaced: bool = True
    verbs: list[str] = []


class _Plain(msgspec.Struct):
    resources: list[_PlainType] | None = None


class _PlainVersion(msgspec.Struct, rename="camel"):
    group_version: str


class _PlainGroup(msgspec.Struct):
    name: str = ""
    versions: list[_PlainVersion] = []


class _PlainGroups(msgspec.Struct):
    groups: list[_PlainGroup] | None = None


async def read_served(connection: Connection) -> Served:
    """Return what is served; raises ApiProblem where the server answers no kind of discovery.

    A group whose own server is down is missing from the answer.
    """
    served: dict[str, ServedType] = {}
    for root in ("/api", "/apis"):
        body = await connection.get(root, accept=f"{_AGGREGATED},{JSON}")
        answer = decoded(f"GET {root}", body, _Aggregated)
        if answer.kind != "APIGroupDiscoveryList":
            return await _read_plain(connection)
        for group in answer.items or ():
            _add(served, _types(group))
    return served


def _types(group: _Group) -> Iterator[ServedType]:
    for version in group.versions:
        for each in version.resources:
            kind = each.response_kind.kind if each.response_kind else ""
            yield ServedType(
                Resource(
                    group.metadata.name,
                    version.version,
                    each.resource,
                    kind,
                    namespaced=each.scope != "Cluster",
                ),
                frozenset(each.verbs),
            )


def _add(served: dict[str, ServedType], types: Iterable[ServedType]) -> None:
    for each in types:
        served.setdefault(each.resource.key, each)


async def _read_plain(connection: Connection) -> Served:
    served: dict[str, ServedType] = {}
    answer = decoded("GET /apis", await connection.get("/apis"), _PlainGroups)
    versions = [each.group_version for group in answer.groups or () for each in group.versions]
    for group_version in ("v1", *versions):
        path = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
        try:
            found = decoded(f"GET {path}", await connection.get(path), _Plain)
        except ApiProblem as absent:
            if absent.problem.code not in _ABSENT:
                raise
            continue
        _add(served, (_plain_type(group_version, each) for each in found.resources or ()))
    return served


def _plain_type(group_version: str, each: _PlainType) -> ServedType:
    """A type, or a subresource such as `pods/status`, which has another key than any type."""
    group, _, version = group_version.rpartition("/")
    resource = Resource(group, version, each.name, each.kind, namespaced=each.namespaced)
    return ServedType(resource, frozenset(each.verbs))
