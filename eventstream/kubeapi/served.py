"""Reads what a server serves: by aggregated discovery where it is offered, else group by group.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

from eventstream.expressions import expression
from eventstream.kubeapi.connection import JSON, Connection
from eventstream.kubeapi.identity import decoded
from eventstream.kubeapi.problems import ApiProblem
from eventstream.objects.resource import Resource

logger = logging.getLogger(__name__)


class ServedType(NamedTuple):
    """A resource that is served, the verbs that it knows, and what else people call it.

    `names` are its singular and its short names, as far as the server told them.
    """

    resource: Resource
    verbs: frozenset[str]
    names: frozenset[str] = frozenset()


Served = Mapping[str, ServedType]
"""What is served, by `Resource.key`; of several versions of a type the preferred one is first."""


class Discovery(NamedTuple):
    """What discovery told; `unknown` are the apiVersions whose own server could not be asked.

    Of these anything may be served, and what is named of them is as it was when that last went.
    """

    types: Served
    unknown: frozenset[str] = frozenset()


_AGGREGATED = ",".join(
    f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_ABSENT = frozenset({"forbidden", "not-served", "server-error", "throttled"})
_BROKEN = frozenset({"oversized", "malformed", "not-kubernetes"})
_AT_ONCE = 500
_SHORT_MOST = 16
"""So many short names of one type are taken in."""
_NAME = expression(r"[\w.*:~-]{1,253}")
"""What a name in a path may be made of; narrower than that they are only by convention."""


class _Name(msgspec.Struct):
    name: str = ""


class _Kind(msgspec.Struct):
    kind: str = ""


class _Type(msgspec.Struct, rename="camel"):
    resource: str
    verbs: list[str] = []
    scope: str = ""
    response_kind: _Kind | None = None
    singular_resource: str = ""
    short_names: list[str] | None = None


class _Version(msgspec.Struct):
    version: str
    resources: list[_Type] = []
    freshness: str = ""


class _Group(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)
    versions: list[_Version] = []


class _Aggregated(msgspec.Struct):
    kind: str = ""
    items: list[_Group] | None = None


class _PlainType(msgspec.Struct, rename="camel"):
    name: str
    kind: str = ""
    namespaced: bool = True
    verbs: list[str] = []
    singular_name: str = ""
    short_names: list[str] | None = None


class _Plain(msgspec.Struct):
    resources: list[_PlainType] | None = None


class _PlainVersion(msgspec.Struct, rename="camel"):
    group_version: str


class _PlainGroup(msgspec.Struct):
    name: str = ""
    versions: list[_PlainVersion] = []


class _PlainGroups(msgspec.Struct):
    groups: list[_PlainGroup] | None = None


async def discover(connection: Connection) -> Discovery:
    """Return what is served; raises ApiProblem where the server answers no kind of discovery.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/other-resources/api-group-discovery-v2/
    """
    found = _Found(connection)
    for root in ("/api", "/apis"):
        body = await connection.get(
            root, accept=f"{_AGGREGATED},{JSON}", most=connection.bounds.discovery_bytes
        )
        answer = decoded(f"GET {root}", body, _Aggregated)
        if answer.kind != "APIGroupDiscoveryList":
            return await _read_plain(connection)
        for group in answer.items or ():
            await found.add(_types(group))
            found.unknown.update(_stale(group))
    return found.told()


def is_well_named(resource: Resource) -> bool:
    """Return whether its names can stand in a path, a log and a page as they are."""
    names = (resource.group or "core", resource.version, resource.plural, resource.kind or "None")
    return all(map(_NAME.fullmatch, names))


class _Found:
    """The types that were told of so far, at most so many; subresources are no types."""

    def __init__(self, connection: Connection) -> None:
        self._most = connection.bounds.types
        self._turns = connection.turns
        self._served: dict[str, ServedType] = {}
        self._beyond = self._unnamed = 0
        self.unknown: set[str] = set()

    async def add(self, types: Iterable[ServedType]) -> None:
        for number, each in enumerate(types):
            if number % _AT_ONCE == 0:
                await self._turns.next()
            if "/" in each.resource.plural or each.resource.key in self._served:
                continue
            if not is_well_named(each.resource):
                self._unnamed += 1
            elif len(self._served) >= self._most:
                self._beyond += 1
            else:
                self._served[each.resource.key] = each

    def told(self) -> Discovery:
        """Return them; what is not among them is said in the log."""
        if self._beyond:
            logger.warning(
                "The server says that it serves %s types; the last %s are left out.",
                self._most + self._beyond,
                self._beyond,
            )
        if self._unnamed:
            logger.warning(
                "%s types have names that the API does not allow; they are left out.", self._unnamed
            )
        return Discovery(self._served, frozenset(self.unknown))


def _stale(group: _Group) -> Iterator[str]:
    """The apiVersions whose server does not answer: what is named of them may be nothing."""
    for version in group.versions:
        if version.freshness == "Stale":
            yield f"{group.metadata.name}/{version.version}"


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
                _names(each.singular_resource, each.short_names),
            )


async def _read_plain(connection: Connection) -> Discovery:
    bounds = connection.bounds
    found = _Found(connection)
    body = await connection.get("/apis", most=bounds.discovery_bytes)
    answer = decoded("GET /apis", body, _PlainGroups)
    versions = [each.group_version for group in answer.groups or () for each in group.versions]
    if len(versions) > bounds.versions:
        logger.warning(
            "The server says that it serves %s group versions; only the first %s are looked at.",
            len(versions),
            bounds.versions,
        )
    for group_version in ("v1", *islice(versions, bounds.versions)):
        path = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
        if all(map(_NAME.fullmatch, group_version.split("/"))):
            types = await _read_version(connection, path, group_version)
            if types is None:
                found.unknown.add(group_version)
            else:
                await found.add(types)
    return found.told()


async def _read_version(
    connection: Connection, path: str, group_version: str
) -> Iterator[ServedType] | None:
    """Return the types of one group version, None where its own server can't tell."""
    try:
        body = await connection.get(path, most=connection.bounds.discovery_bytes)
        found = decoded(f"GET {path}", body, _Plain)
    except ApiProblem as absent:
        if absent.problem.code in _BROKEN:
            logger.warning("The types of %s are not known. %s", group_version, absent)
        elif absent.problem.code not in _ABSENT:
            raise
        return iter(()) if absent.problem.code == "not-served" else None
    return (_plain_type(group_version, each) for each in found.resources or ())


def _plain_type(group_version: str, each: _PlainType) -> ServedType:
    """A type, or a subresource such as `pods/status`."""
    group, _, version = group_version.rpartition("/")
    resource = Resource(group, version, each.name, each.kind, namespaced=each.namespaced)
    return ServedType(resource, frozenset(each.verbs), _names(each.singular_name, each.short_names))


def _names(singular: str, short: list[str] | None) -> frozenset[str]:
    return frozenset(filter(_NAME.fullmatch, (singular, *(short or ())[:_SHORT_MOST])))
