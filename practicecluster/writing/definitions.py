"""CustomResourceDefinitions: taken up when they are written, and the schemas that they define.

A real server's own controllers accept the names and establish the type a moment later, by the
status; here the write itself does, since nothing else could refuse.
Source: https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/controller/status/naming_controller.go
"""

import functools

import msgspec

from practicecluster.crds import CRD_STORAGE
from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.stored import JsonObject
from practicecluster.writing.schemas import ANY, Schema, builtin, custom


def schema_of(store: Store, served: ResourceType) -> Schema:
    """Return what is known of a type's fields; ANY where nothing is."""
    if not served.custom:
        return builtin(served) or ANY
    stored = store.cache(CRD_STORAGE).objects.get(served.group_resource)
    return _defined(stored.body, served.version) if stored is not None else ANY


@functools.lru_cache(maxsize=64)
def _defined(definition: bytes, name: str) -> Schema:
    """Return the schema of a version by its definition's JSON; each write asks for it."""
    for version in msgspec.json.decode(definition)["spec"]["versions"]:
        if version["name"] == name:
            structural = (version.get("schema") or {}).get("openAPIV3Schema")
            return custom(structural) if structural else ANY
    return ANY


def accept(definition: JsonObject, at: str) -> None:
    """Set the status of a definition: its names accepted, its type established."""
    names = definition["spec"]["names"]
    status = definition.setdefault("status", {})
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    for kind, reason, message in (
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ):
        conditions.setdefault(
            kind,
            {
                "lastTransitionTime": at,
                "message": message,
                "reason": reason,
                "status": "True",
                "type": kind,
            },
        )
    status["conditions"] = list(conditions.values())
    status["acceptedNames"] = names
    stored = [each["name"] for each in definition["spec"]["versions"] if each.get("storage")]
    known = status.get("storedVersions") or []
    status["storedVersions"] = known + [name for name in stored if name not in known]
