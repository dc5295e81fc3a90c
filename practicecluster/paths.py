"""Request paths: which type, namespace and object a path of the Kubernetes API names.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from dataclasses import dataclass

from practicecluster.resources import ResourceType, TypeRegistry
from practicecluster.statuses import UnknownTypeError


@dataclass(frozen=True)
class Target:
    """What a path names. Without `name` it is the collection; `namespace` None is all of them."""

    served: ResourceType
    namespace: str | None
    name: str = ""
    subresource: str = ""


def parse_path(path: str, types: TypeRegistry) -> Target:
    """Return what a path below /api or /apis names; raises UnknownTypeError where nothing does."""
    prefix, *parts = path.strip("/").split("/")
    version_parts = {"api": 1, "apis": 2}.get(prefix)
    if version_parts is None or len(parts) <= version_parts:
        raise UnknownTypeError(path)
    api_version = "/".join(parts[:version_parts])
    rest = parts[version_parts:]
    namespace = None
    # /namespaces/shop/pods is in a namespace, /namespaces/shop and its status are the object.
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        namespace, rest = rest[1], rest[2:]
    served = types.find(f"{api_version}/{rest[0]}")
    if served is None or (namespace is not None and not served.namespaced):
        raise UnknownTypeError(path)
    name, *below = rest[1:] or [""]
    known = (*served.subresources, *(["status"] if served.has_status else []))
    if len(below) > 1 or not set(below) <= set(known):
        raise UnknownTypeError(path)
    return Target(served, namespace, name, below[0] if below else "")


def path_of(target: Target) -> str:
    """Return the path that names this."""
    served = target.served
    parts = ["/apis" if served.group else "/api", served.api_version]
    if target.namespace is not None:
        parts += ["namespaces", target.namespace]
    parts += [served.plural, target.name, target.subresource]
    return "/".join(part for part in parts if part)
