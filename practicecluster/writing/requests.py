"""The HTTP side of writes: from a request's method, path, query and body to an answer.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import yaml

from practicecluster.autoscaler_versions import KEPT, OLDER, STORAGE, to_kept, to_older
from practicecluster.event_versions import EVENTS_STORAGE, to_core_version
from practicecluster.paths import Target
from practicecluster.protobuf import ProtobufError
from practicecluster.selection import Selection
from practicecluster.statuses import (
    ApiError,
    bad_request,
    method_not_allowed,
    not_found,
    unsupported_media_type,
)
from practicecluster.stored import JsonObject
from practicecluster.writing import deletion, patches, subresources, wire
from practicecluster.writing.openshift import requests as openshift
from practicecluster.writing.writer import Asked, Writer

APPLY = "application/apply-patch+yaml"
_PATCHES = {
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
}
_VALIDATIONS = ("Strict", "Warn", "Ignore")
_MANAGER_MOST = 128
BODY_MOST = 3 * 2**20
"""As long a body a real server takes.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/server/config.go
"""
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Sent(NamedTuple):
    """A request to write."""

    method: str
    query: Mapping[str, str]
    content_type: str
    agent: str
    body: bytes


class Taken(NamedTuple):
    """The answer to a write: an object or another document, its code, and warnings."""

    document: JsonObject
    code: int
    warnings: list[str]
    is_object: bool = True


def verb_of(method: str, target: Target) -> str:
    """Return the verb that a request needs the right to."""
    verb = VERBS.get(method, "")
    return "deletecollection" if verb == "delete" and not target.name else verb


def take(writer: Writer, target: Target, sent: Sent, selection: Selection | None) -> Taken:
    """Carry a write out; raises ApiError for what a real server refuses."""
    asked = _asked(target, sent)
    if _older(target):
        kept = writer.store.types.find(f"{KEPT}/{target.served.plural}")
        asked.served = kept or asked.served
    if sent.method == "POST":
        return _create(writer, target, asked, sent)
    if sent.method == "DELETE":
        if target.subresource:
            raise method_not_allowed()
        return _delete(writer, target, asked, sent, selection)
    if not target.name:
        raise method_not_allowed()
    if sent.method == "PUT":
        return _update(writer, target, asked, sent)
    return _patch(writer, target, asked, sent)


def _asked(target: Target, sent: Sent) -> Asked:
    manager = sent.query.get("fieldManager") or sent.agent.partition("/")[0] or "unknown"
    validation = sent.query.get("fieldValidation") or "Warn"
    if validation not in _VALIDATIONS:
        raise bad_request(f'invalid fieldValidation: "{validation}"')
    dry_run = sent.query.get("dryRun", "")
    if dry_run not in {"", "All"}:
        raise bad_request(f'invalid dryRun: Unsupported value: "{dry_run}"')
    return Asked(
        target.served,
        target.namespace,
        target.name,
        target.subresource,
        manager=manager[:_MANAGER_MOST],
        validation=validation,
        dry_run=bool(dry_run),
        force=sent.query.get("force", "").lower() == "true",
    )


def _read(sent: Sent) -> Any:
    """Return the body as it was meant: JSON, or YAML for an apply and by its content type."""
    kind = sent.content_type.partition(";")[0].strip()
    try:
        if kind == "application/vnd.kubernetes.protobuf":
            return wire.read(sent.body)
        if kind == APPLY or "yaml" in kind:
            return yaml.safe_load(sent.body)
        return msgspec.json.decode(sent.body)
    except ProtobufError as error:
        raise unsupported_media_type(str(error)) from error
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"the body of the request can't be read: {error}") from error


def _body(target: Target, sent: Sent) -> Any:
    """Return the object in a body; Events of the newer version as they are stored."""
    body = _read(sent)
    if _older(target) and isinstance(body, dict):
        return to_kept(body)
    if target.served.storage == EVENTS_STORAGE and target.served.group and isinstance(body, dict):
        return {**to_core_version(body), "apiVersion": target.served.api_version}
    return body


def _create(writer: Writer, target: Target, asked: Asked, sent: Sent) -> Taken:
    if target.subresource == "binding":
        subresources.bind(writer, asked, _read(sent))
        return Taken(_success(), 201, asked.warnings, is_object=False)
    if target.subresource == "eviction":
        subresources.evict(writer, asked, _read(sent))
        return Taken(_success(), 201, asked.warnings, is_object=False)
    if target.subresource == "instantiate":
        done = openshift.instantiate(writer, asked, _read(sent))
        return Taken(done, 201, asked.warnings, is_object=done["kind"] != "Status")
    if target.subresource == "rollback":
        return Taken(openshift.rollback(writer, asked, _read(sent)), 201, asked.warnings)
    if target.subresource or target.name:
        raise method_not_allowed()
    if target.served.namespaced and target.namespace is None:
        raise bad_request("an empty namespace may not be set during creation")
    return Taken(writer.create(asked, _body(target, sent)), 201, asked.warnings)


def _update(writer: Writer, target: Target, asked: Asked, sent: Sent) -> Taken:
    body = _body(target, sent)
    if target.subresource == "scale":
        return _scale(subresources.rescale(writer, asked, body), asked)
    if target.subresource == "finalize":
        return Taken(subresources.finalize(writer, asked, body), 200, asked.warnings)
    if target.subresource in {"binding", "eviction", "instantiate", "log", "rollback"}:
        raise method_not_allowed()
    return Taken(writer.update(asked, body), 200, asked.warnings)


def _patch(writer: Writer, target: Target, asked: Asked, sent: Sent) -> Taken:
    kind = sent.content_type.partition(";")[0].strip()
    if kind not in _PATCHES or (kind.startswith("application/strategic") and target.served.custom):
        known = ", ".join(sorted(_PATCHES))
        raise ApiError(
            415,
            "UnsupportedMediaType",
            f"the body of the request was in an unknown format - accepted media types include: "
            f"{known}",
            details={},
        )
    patch = _read(sent)
    if kind == APPLY:
        return _apply(writer, target, asked, sent, patch)
    if target.subresource == "scale":
        scale = subresources.scale_of(target.served, writer.current(asked))
        changed = _changed(writer, asked, kind, scale, patch)
        scale["metadata"].pop("resourceVersion")
        return _scale(subresources.rescale(writer, asked, changed), asked)

    def after(now: Any) -> Any:
        if not _older(target):
            return _changed(writer, asked, kind, now, patch)
        return to_kept(_changed(writer, asked, kind, to_older(now), patch)) | {
            "status": now.get("status") or {}
        }

    return Taken(writer.patch(asked, after), 200, asked.warnings)


def _older(target: Target) -> bool:
    """Return whether a request is of a version in which its objects are not kept."""
    return (target.served.storage, target.served.api_version) == (STORAGE, OLDER)


def _apply(writer: Writer, target: Target, asked: Asked, sent: Sent, patch: Any) -> Taken:
    if not sent.query.get("fieldManager"):
        raise bad_request(
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: '
            "is required for apply patch"
        )
    if target.subresource == "scale":
        return _scale(subresources.rescale(writer, asked, patch), asked)
    done, created = writer.apply(asked, patch)
    return Taken(done, 201 if created else 200, asked.warnings)


def _changed(writer: Writer, asked: Asked, kind: str, now: Any, patch: Any) -> Any:
    """Return an object after a patch of a media type; raises ApiError."""
    try:
        if kind == "application/json-patch+json":
            return patches.json_patch(now, patch)
        if kind == "application/merge-patch+json":
            return patches.json_merge(now, patch)
        return patches.strategic_merge(writer.schema(asked.served), now, patch)
    except patches.PatchError as error:
        reasons = {400: "BadRequest", 413: "RequestEntityTooLarge", 422: "Invalid"}
        raise ApiError(error.code, reasons[error.code], str(error), details={}) from error


def _scale(scale: JsonObject, asked: Asked) -> Taken:
    return Taken(scale, 200, asked.warnings, is_object=False)


def _delete(
    writer: Writer, target: Target, asked: Asked, sent: Sent, selection: Selection | None
) -> Taken:
    body = _read(sent) if sent.body else {}
    options = deletion.parse_options(body if isinstance(body, dict) else {}, sent.query)
    if target.name:
        last, gone = writer.delete(asked, options)
        if gone and target.served.group_resource != "pods":
            return Taken(_success(target, last), 200, asked.warnings, is_object=False)
        return Taken(last, 200, asked.warnings)
    chosen = [
        stored
        for stored in list(writer.store.cache(target.served.storage).objects.values())
        if selection is None or selection.matches(stored)
    ]
    for stored in chosen:
        one = Asked(target.served, stored.namespace, stored.name, dry_run=asked.dry_run)
        try:
            writer.delete(one, options)
        except ApiError as error:
            if error.code != not_found(target.served, stored.name).code:
                raise
    return Taken(_success(), 200, asked.warnings, is_object=False)


def _success(target: Target | None = None, last: JsonObject | None = None) -> JsonObject:
    status: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if target is not None and last is not None:
        details = {
            "name": target.name,
            "group": target.served.group,
            "kind": target.served.plural,
            "uid": last["metadata"]["uid"],
        }
        status["details"] = {key: text for key, text in details.items() if text}
    return status
