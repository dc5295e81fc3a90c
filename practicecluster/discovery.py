"""Discovery: which groups, versions and types the server has, in its plain and aggregated forms.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from collections.abc import Collection, Iterable

from practicecluster.resources import ResourceType, TypeRegistry
from practicecluster.stored import JsonObject

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "8e16b12fda5b1dccc41a6de48b3e356cc7d5048b",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.27.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_STATUS_VERBS = ["get", "patch", "update"]
_SUBRESOURCES: dict[str, tuple[tuple[str, str, str] | None, list[str]]] = {
    "binding": (("", "v1", "Binding"), ["create"]),
    "eviction": (("policy", "v1", "Eviction"), ["create"]),
    "finalize": (None, ["update"]),
    "log": (None, ["get"]),
    "scale": (("autoscaling", "v1", "Scale"), _STATUS_VERBS),
}
"""What a subresource takes and gives where that is not the object itself, and its verbs."""
_OPENSHIFT = "apps.openshift.io", "v1"
_OF_TYPE: dict[tuple[str, str], tuple[tuple[str, str, str], list[str]]] = {
    ("deploymentconfigs", "instantiate"): ((*_OPENSHIFT, "DeploymentRequest"), ["create"]),
    ("deploymentconfigs", "log"): ((*_OPENSHIFT, "DeploymentLog"), ["get"]),
    ("deploymentconfigs", "rollback"): ((*_OPENSHIFT, "DeploymentConfigRollback"), ["create"]),
    ("deploymentconfigs", "scale"): (("extensions", "v1beta1", "Scale"), _STATUS_VERBS),
}
"""The same where that is so for one type only."""


def wants_aggregated(accept: str) -> bool:
    """Return whether a client prefers all types in one answer."""
    first = accept.partition(",")[0].replace(" ", "")
    return set(AGGREGATED.split(";")) == set(first.split(";"))


def api_versions(server_address: str) -> JsonObject:
    """Return the answer to /api."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [
            {"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}
        ],
    }


def group_list(types: TypeRegistry) -> JsonObject:
    """Return the answer to /apis."""
    groups = [_group(name, versions) for name, versions in _by_group(types).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(types: TypeRegistry, name: str) -> JsonObject | None:
    """Return the answer to /apis/GROUP, None for a group without types."""
    versions = _by_group(types).get(name)
    if not name or versions is None:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}


def resource_list(types: TypeRegistry, api_version: str) -> JsonObject | None:
    """Return the answer to /api/v1 or /apis/GROUP/VERSION, None for a version without types."""
    entries = [
        entry
        for served in sorted(types, key=lambda served: served.plural)
        if served.api_version == api_version
        for entry in _entries(served)
    ]
    if not entries:
        return None
    head = {"kind": "APIResourceList"}
    if "/" in api_version:  # The core group's answer, the oldest, leaves it out.
        head["apiVersion"] = "v1"
    return head | {"groupVersion": api_version, "resources": entries}


def aggregated(types: TypeRegistry, away: Collection[str], *, core: bool) -> JsonObject:
    """Return the aggregated answer to /api (`core`) or /apis; nothing is told of what is `away`."""
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [
                _aggregated_version(version, members, away=f"{name}/{version}" in away)
                for version, members in versions.items()
            ],
        }
        for name, versions in _by_group(types).items()
        if core == (name == "")
    ]
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2"}
    return head | {"metadata": {}, "items": items}


def _aggregated_version(version: str, members: list[ResourceType], *, away: bool) -> JsonObject:
    resources = [] if away else [_aggregated_entry(served) for served in members]
    return {
        "version": version,
        "resources": resources,
        "freshness": "Stale" if away else "Current",
    }


def _by_group(types: TypeRegistry) -> dict[str, dict[str, list[ResourceType]]]:
    """Return the types by group, then by version, both in the order of registration."""
    groups: dict[str, dict[str, list[ResourceType]]] = {}
    for served in types:
        groups.setdefault(served.group, {}).setdefault(served.version, []).append(served)
    return groups


def _group(name: str, versions: Iterable[str]) -> JsonObject:
    shown = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": shown, "preferredVersion": shown[0]}


def _entries(served: ResourceType) -> list[JsonObject]:
    """Return a type's entry in an APIResourceList, and its subresource's."""
    entry: JsonObject = {
        "name": served.plural,
        "singularName": served.singular,
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": list(served.verbs),
        **_optional(served),
    }
    if "list" in served.verbs and "create" in served.verbs:
        entry["storageVersionHash"] = served.storage_version_hash
    return [entry, *(_below(served, name) for name in _names(served))]


def _taken(served: ResourceType, name: str) -> tuple[tuple[str, str, str] | None, list[str]]:
    """Return what a subresource takes and gives, None for the object itself, and its verbs."""
    own = _OF_TYPE.get((served.plural, name)) if served.group == _OPENSHIFT[0] else None
    return own or _SUBRESOURCES.get(name, (None, _STATUS_VERBS))


def _names(served: ResourceType) -> list[str]:
    """Return the subresources of a type, in the order of their names."""
    return sorted([*served.subresources, *(["status"] if served.has_status else [])])


def _below(served: ResourceType, name: str) -> JsonObject:
    """Return a subresource's entry in an APIResourceList."""
    kind, verbs = _taken(served, name)
    entry: JsonObject = {
        "name": f"{served.plural}/{name}",
        "singularName": "",
        "namespaced": served.namespaced,
        "kind": kind[2] if kind else served.kind,
        "verbs": verbs,
    }
    if kind and (kind[0] or kind[2] == "Binding") and kind[:2] != (served.group, served.version):
        entry |= {"group": kind[0], "version": kind[1]}
    return entry


def _aggregated_entry(served: ResourceType) -> JsonObject:
    # Built-in types leave group and version empty, which stands for the type's own.
    own = (served.group, served.version) if served.custom else ("", "")
    kind = {"group": own[0], "version": own[1], "kind": served.kind}
    entry: JsonObject = {
        "resource": served.plural,
        "responseKind": kind,
        "scope": "Namespaced" if served.namespaced else "Cluster",
        "singularResource": served.singular,
        "verbs": list(served.verbs),
        **_optional(served),
    }
    below = [_aggregated_below(served, name, kind) for name in _names(served)]
    return entry | {"subresources": below} if below else entry


def _aggregated_below(served: ResourceType, name: str, own: JsonObject) -> JsonObject:
    """Return a subresource's entry in the aggregated answer."""
    kind, verbs = _taken(served, name)
    shown = dict(zip(("group", "version", "kind"), kind, strict=True)) if kind else own
    return {"subresource": name, "responseKind": shown, "verbs": verbs}


def _optional(served: ResourceType) -> JsonObject:
    lists = {"shortNames": served.short_names, "categories": served.categories}
    return {key: list(names) for key, names in lists.items() if names}
