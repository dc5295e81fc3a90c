"""From a request's body to an object of its type: what must fit, what is unknown, what is dropped.

https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level
"""

import base64
from typing import TYPE_CHECKING, Any

from practicecluster.statuses import bad_request
from practicecluster.stored import JsonObject
from practicecluster.writing.checking import DecodeError, decoded, pruned
from practicecluster.writing.openshift.rules import DEPLOYMENT_CONFIGS
from practicecluster.writing.schemas import ANY, Schema

if TYPE_CHECKING:
    from practicecluster.writing.writer import Asked


def decode(
    asked: "Asked", schema: Schema, body: Any, before: JsonObject | None = None
) -> JsonObject:  # fmt: skip
    """Return the object that a body holds, which is taken over; raises ApiError 400 if it is none.

    Unknown fields are refused, noted in `asked.warnings`, or passed over, as was asked. Where its
    managedFields are those of `before` they are not looked at again.
    """
    served = asked.served
    if not isinstance(body, dict):
        raise bad_request("the body of the request is not an object")
    _check_head(asked, body)
    unknown: list[str] = []
    body, managed = _without_managed(body, before)
    thing = pruned(schema, body, "", unknown)
    if unknown:
        _say_unknown(asked, unknown)
    if not served.custom and schema is not ANY:
        try:
            thing = decoded(schema, thing)
        except DecodeError as error:
            raise bad_request(
                f'{served.kind} in version "{served.version}" cannot be handled as a '
                f"{served.kind}: {error}"
            ) from error
    if not served.custom:
        thing = _kept(served.group_resource, thing)
    thing = {"apiVersion": served.api_version, "kind": served.kind, **thing}
    metadata = thing.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise bad_request("metadata is not an object")
    thing["metadata"] = {k: v for k, v in (metadata or {}).items() if v not in (None, {}, [])}
    if managed is not None:
        thing["metadata"]["managedFields"] = managed
    if served.group_resource == "secrets":
        _secret_texts(thing)
    _check_place(asked, thing["metadata"])
    return thing


def _without_managed(body: JsonObject, before: JsonObject | None) -> tuple[JsonObject, Any]:
    """Return a body without managedFields that are known already, and these; None without such."""
    metadata = body.get("metadata")
    managed = before["metadata"].get("managedFields") if before is not None else None
    if not managed or not isinstance(metadata, dict) or metadata.get("managedFields") != managed:
        return body, None
    left = {name: each for name, each in metadata.items() if name != "managedFields"}
    return {**body, "metadata": left}, managed


def _kept(resource: str, thing: JsonObject) -> JsonObject:
    """Return what is left of lists without items: nothing, or null where a type always has one.

    Go's types leave such fields out (omitempty), in the API as in etcd.
    Source: https://github.com/kubernetes/api/blob/master/rbac/v1/types.go
    """
    always = _ALWAYS.get(resource, ())

    def left(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: left(v) for k, v in value.items() if v != []}
        return [left(each) for each in value] if isinstance(value, list) else value

    told: JsonObject = left(thing)
    if resource == DEPLOYMENT_CONFIGS and (thing.get("spec") or {}).get("triggers") == []:
        told["spec"]["triggers"] = []  # None is another wish than those that are filled in.
    return {**told, **{name: None for name in always if thing.get(name) == []}}


_ALWAYS = {
    "clusterroles.rbac.authorization.k8s.io": ("rules",),
    "roles.rbac.authorization.k8s.io": ("rules",),
    "endpointslices.discovery.k8s.io": ("endpoints", "ports"),
}
"""Lists that these types have always, be it as null."""


def _check_head(asked: "Asked", body: JsonObject) -> None:
    served = asked.served
    version, kind = body.get("apiVersion", served.api_version), body.get("kind", served.kind)
    if version != served.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({served.api_version})"
        )
    if kind != served.kind:
        raise bad_request(
            f'{kind} in version "{served.version}" cannot be handled as a {served.kind}: no kind '
            f'"{kind}" is registered for version "{served.api_version}"'
        )


def _say_unknown(asked: "Asked", unknown: list[str]) -> None:
    said = [f'unknown field "{place}"' for place in unknown]
    if asked.validation == "Strict":
        served = asked.served
        raise bad_request(
            f'{served.kind} in version "{served.version}" cannot be handled as a {served.kind}: '
            f"strict decoding error: {', '.join(said)}"
        )
    if asked.validation == "Warn":
        asked.warnings += said


def _check_place(asked: "Asked", metadata: JsonObject) -> None:
    namespace, name = metadata.get("namespace"), metadata.get("name")
    if namespace and asked.served.namespaced and namespace != asked.namespace:
        raise bad_request(
            f"the namespace of the provided object does not match the namespace sent on the "
            f"request ({namespace} != {asked.namespace})"
        )
    if asked.name and name and name != asked.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({asked.name})"
        )


def _secret_texts(thing: JsonObject) -> None:
    """Take a Secret's texts into its data."""
    for name, text in (thing.pop("stringData", None) or {}).items():
        data = thing.setdefault("data", {})
        data[name] = base64.b64encode(str(text).encode()).decode()
