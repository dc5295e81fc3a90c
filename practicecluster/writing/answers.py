"""How writes are refused, in the words of a real kube-apiserver."""

import json

from practicecluster.resources import ResourceType
from practicecluster.statuses import ApiError, JsonObject
from practicecluster.writing.fieldpaths import Path
from practicecluster.writing.ownership import Manager


def _details(served: ResourceType, name: str) -> JsonObject:
    shown = {"name": name, "group": served.group, "kind": served.plural}
    return {key: text for key, text in shown.items() if text}


def already_exists(served: ResourceType, name: str) -> ApiError:
    """Return the answer to the creation of what is there."""
    message = f'{served.group_resource} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details=_details(served, name))


def conflict(served: ResourceType, name: str, why: str = "") -> ApiError:
    """Return the answer to a write that is based on an older version."""
    modified = "the object has been modified; please apply your changes to the latest version"
    why = why or f"{modified} and try again"
    message = f'Operation cannot be fulfilled on {served.group_resource} "{name}": {why}'
    return ApiError(409, "Conflict", message, details=_details(served, name))


def precondition(served: ResourceType, name: str, what: str, asked: str, has: str) -> ApiError:
    """Return the answer to a request about another object of that name, or another version."""
    return conflict(
        served,
        name,
        f"Precondition failed: {what} in precondition: {asked}, {what} in object meta: {has}",
    )


def denied(served: ResourceType, name: str, why: str) -> ApiError:
    """Return admission's refusal."""
    message = f'{served.group_resource} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, details=_details(served, name))


def terminating(served: ResourceType, name: str, namespace: str) -> ApiError:
    """Return the answer to a creation in a namespace that goes."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    error = denied(served, name, why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    error.details = {**(error.details or {}), "causes": [cause]}
    return error


def no_namespace(name: str) -> ApiError:
    """Return the answer to a creation in a namespace that is not there."""
    details = {"name": name, "kind": "namespaces"}
    return ApiError(404, "NotFound", f'namespaces "{name}" not found', details=details)


def too_many_requests(message: str, causes: list[JsonObject]) -> ApiError:
    """Return the answer to an eviction that its budget does not allow now."""
    details: JsonObject = {"causes": causes}
    return ApiError(429, "TooManyRequests", message, details=details)


def owned_by_others(served: ResourceType, found: dict[Manager, frozenset[Path]]) -> ApiError:
    """Return the answer to an apply that would take fields from their managers."""
    causes, said = [], []
    for manager, paths in sorted(found.items()):
        using = f" using {manager.api_version}" if manager.api_version else ""
        sub = f' with subresource "{manager.subresource}"' if manager.subresource else ""
        who = f'conflict with "{manager.name}"{sub}{using}'
        fields = [shown(path) for path in sorted(paths)]
        causes += [
            {"reason": "FieldManagerConflict", "message": who, "field": field} for field in fields
        ]
        said.append((who, fields))
    count = len(causes)
    plural = "s" if count != 1 else ""
    if len(said) == 1 and count == 1:
        text = f"{said[0][0]}: {said[0][1][0]}"
    else:
        text = "conflicts with " + "".join(
            f"{who.removeprefix('conflict with ')}:\n" + "".join(f"- {field}\n" for field in fields)
            for who, fields in said
        )
    message = f"Apply failed with {count} conflict{plural}: {text.rstrip()}"
    return ApiError(409, "Conflict", message, details={"causes": causes})


def shown(path: Path) -> str:
    """Return a path as conflicts tell it, such as `.spec.containers[name="web"].image`."""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            keys = ",".join(
                f"{name}={json.dumps(value)}" for name, value in json.loads(rest).items()
            )
            text += f"[{keys}]"
        else:
            text += f"[={rest}]"
    return text
