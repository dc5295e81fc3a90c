"""OpenAPI v3: what fields the types have, as far as `kubectl apply`, `explain` and `diff` ask.

Descriptions are left out: Kubernetes' own are not ours to copy.
https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
"""

import hashlib
from collections.abc import Iterable

import msgspec

from practicecluster.crds import CRD_STORAGE
from practicecluster.protobuf import message, text
from practicecluster.resources import ResourceType
from practicecluster.store import Store
from practicecluster.stored import JsonObject
from practicecluster.writing.schemas import Schema, builtin, object_meta

_PREFIX = "#/components/schemas/"
_QUERY = ("dryRun", "fieldManager", "fieldValidation", "force")
_FORMATS = {"integer": {"type": "integer", "format": "int32"}, "number": {"type": "number"}}


def index(store: Store) -> JsonObject:
    """Return the answer to /openapi/v3: where each group and version has its document."""
    paths = {}
    for place in sorted({_place(served) for served in store.types}):
        body = msgspec.json.encode(document(store, place))
        digest = hashlib.sha256(body).hexdigest()[:32].upper()
        paths[place] = {"serverRelativeURL": f"/openapi/v3/{place}?hash={digest}"}
    return {"paths": paths}


def document(store: Store, place: str) -> JsonObject | None:
    """Return the document of a place such as `apis/apps/v1`, None where nothing is served."""
    types = [served for served in store.types if _place(served) == place]
    if not types:
        return None
    schemas: JsonObject = {}
    paths: JsonObject = {}
    for served in types:
        name = _add(store, served, schemas)
        paths |= _paths(place, served, name)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _place(served: ResourceType) -> str:
    return f"apis/{served.api_version}" if served.group else f"api/{served.version}"


def _kind(served: ResourceType) -> JsonObject:
    return {"group": served.group, "version": served.version, "kind": served.kind}


def _paths(place: str, served: ResourceType, name: str) -> JsonObject:
    """Return a type's two paths, with the parameters of its writes."""
    scope = "/namespaces/{namespace}" if served.namespaced else ""
    one = f"/{place}{scope}/{served.plural}/{{name}}"
    taken = {"content": {"application/json": {"schema": {"$ref": _PREFIX + name}}}}
    query = [
        {"name": each, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for each in _QUERY
    ]
    operation = {
        "parameters": query,
        "responses": {"200": {"description": "OK", **taken}},
        "x-kubernetes-group-version-kind": _kind(served),
    }
    writes = {"post": "create"}, {"put": "update", "patch": "patch", "get": "get"}
    found = {}
    for path, verbs in zip((one.removesuffix("/{name}"), one), writes, strict=True):
        known = {method: verb for method, verb in verbs.items() if verb in served.verbs}
        if known:
            found[path] = {
                method: {**operation, "x-kubernetes-action": verb} for method, verb in known.items()
            }
    return found


def _add(store: Store, served: ResourceType, schemas: JsonObject) -> str:
    """Put a type's schema among the others, and return its name."""
    group = served.group or "core"
    name = f"{group}.{served.version}.{served.kind}"
    if name in schemas:
        return name
    if served.custom:
        shown = _of_definition(store, served, schemas)
    else:
        schema = builtin(served)
        shown = _struct(schema, schemas) if schema is not None else {"type": "object"}
    schemas[name] = {**shown, "x-kubernetes-group-version-kind": [_kind(served)]}
    return name


def _of_definition(store: Store, served: ResourceType, schemas: JsonObject) -> JsonObject:
    stored = store.cache(CRD_STORAGE).objects.get(served.group_resource)
    versions: Iterable[JsonObject] = stored.content()["spec"]["versions"] if stored else ()
    for version in versions:
        if version["name"] == served.version:
            shown = dict((version.get("schema") or {}).get("openAPIV3Schema") or {})
            shown["properties"] = {
                **(shown.get("properties") or {}),
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": _shown(object_meta(), schemas),
            }
            return shown
    return {"type": "object"}


def _shown(schema: Schema, schemas: JsonObject) -> JsonObject:
    """Return a place's schema; a struct's is put among the others, and pointed to."""
    if schema.form == "scalar":
        if schema.kind == "int-or-string":
            return {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
        return _FORMATS.get(schema.kind, {"type": schema.kind})
    if schema.form == "struct":
        name = f"types.{schema.kind}"
        if name not in schemas:
            schemas[name] = {}  # It may contain itself.
            schemas[name] = _struct(schema, schemas)
        return {"allOf": [{"$ref": _PREFIX + name}], "default": {}}
    if schema.form == "map":
        item = _shown(schema.item, schemas) if schema.item else {}
        return {"type": "object", "additionalProperties": item}
    if schema.form == "list":
        shown: JsonObject = {
            "type": "array",
            "items": _shown(schema.item, schemas) if schema.item else {},
            "x-kubernetes-list-type": "map" if schema.keys else "set" if schema.each else "atomic",
        }
        if schema.keys:
            shown["x-kubernetes-list-map-keys"] = list(schema.keys)
        if schema.merges:
            shown["x-kubernetes-patch-strategy"] = "merge"
        if schema.merge_key:
            shown["x-kubernetes-patch-merge-key"] = schema.merge_key
        return shown
    return {"type": "object"}


def _struct(schema: Schema, schemas: JsonObject) -> JsonObject:
    shown: JsonObject = {
        "type": "object",
        "properties": {name: _shown(below, schemas) for name, below in schema.fields.items()},
    }
    if schema.required:
        shown["required"] = sorted(schema.required)
    return shown


V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def older(store: Store) -> bytes:
    """Return the answer to /openapi/v2, in protobuf: which types validate fields by themselves.

    kubectl asks for that where it applies a List. The fields' numbers are those of
    https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
    """
    paths = b"".join(_older_path(served) for served in store.types if "patch" in served.verbs)
    return text(1, "2.0") + message(2, text(1, "Kubernetes") + text(2, "v1")) + message(8, paths)


def _older_path(served: ResourceType) -> bytes:
    kind = "".join(f'{name}: "{value}"\n' for name, value in _kind(served).items())
    query = text(2, "query") + text(4, "fieldValidation")
    parameter = message(1, message(2, message(3, query)))
    extension = text(1, "x-kubernetes-group-version-kind") + message(2, text(2, kind))
    patch = message(8, parameter) + message(13, extension)
    path = f"/{_place(served)}/{served.plural}/{{name}}"
    return message(2, text(1, path) + message(2, message(8, patch)))
