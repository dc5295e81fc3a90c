"""CustomResourceDefinitions: taken up when they are written, and the schemas that they define."""

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


def accept(definition: JsonObject) -> None:
    """Note in a definition's status its names, once they are accepted, and what was stored."""
    status = definition.setdefault("status", {})
    if status.get("conditions"):
        status["acceptedNames"] = definition["spec"]["names"]
    stored = [each["name"] for each in definition["spec"]["versions"] if each.get("storage")]
    known = status.get("storedVersions") or []
    status["storedVersions"] = known + [name for name in stored if name not in known]
