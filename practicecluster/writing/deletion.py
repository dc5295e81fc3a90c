"""What it takes for an object to go: grace periods, finalizers, propagation, preconditions.

Source: https://github.com/kubernetes/apiserver/blob/master/pkg/registry/rest/delete.go
Source: https://github.com/kubernetes/apiserver/blob/master/pkg/registry/generic/registry/store.go
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practicecluster.copying import copied
from practicecluster.resources import ResourceType
from practicecluster.statuses import bad_request
from practicecluster.stored import JsonObject
from practicecluster.writing.answers import precondition
from practicecluster.writing.times import stamp

_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}
_POLICIES = frozenset({"Background", *_FINALIZERS})
_ORPHANING = frozenset({"jobs.batch", "replicationcontrollers"})
"""Types whose dependents stay when nobody says otherwise."""
_GRACE = 30


@dataclass(frozen=True)
class DeleteOptions:
    """How to delete. `grace` is in seconds, None where the object's own counts."""

    grace: int | None = None
    policy: str = ""
    uid: str = ""
    version: str = ""
    dry_run: bool = False


def parse_options(body: JsonObject, query: Mapping[str, str]) -> DeleteOptions:
    """Return what a request asks, in its body or its query; raises ApiError 400."""
    asked: dict[str, Any] = {**query, **{k: v for k, v in body.items() if v is not None}}
    grace = asked.get("gracePeriodSeconds")
    policy = asked.get("propagationPolicy") or ""
    orphans = asked.get("orphanDependents")
    if not policy and orphans is not None:
        policy = "Orphan" if str(orphans).lower() == "true" else "Background"
    if policy and policy not in _POLICIES:
        raise bad_request(f'invalid DeleteOptions: propagationPolicy: "{policy}"')
    required = asked.get("preconditions") or {}
    try:
        seconds = int(grace) if grace is not None else None
    except ValueError as error:
        raise bad_request(f"gracePeriodSeconds: {grace} is no number") from error
    return DeleteOptions(
        grace=max(seconds, 1) if seconds is not None and seconds < 0 else seconds,
        policy=policy,
        uid=required.get("uid") or "",
        version=required.get("resourceVersion") or "",
        dry_run=bool(asked.get("dryRun")),
    )


def check(served: ResourceType, thing: JsonObject, options: DeleteOptions) -> None:
    """Raise ApiError 409 where the object is not the one that was meant."""
    metadata = thing["metadata"]
    name = metadata["name"]
    if options.uid and options.uid != metadata["uid"]:
        raise precondition(served, name, "UID", options.uid, metadata["uid"])
    if options.version and options.version != metadata["resourceVersion"]:
        has = metadata["resourceVersion"]
        raise precondition(served, name, "ResourceVersion", options.version, has)


@dataclass(frozen=True)
class Leaving:
    """What a deletion makes of an object: it is `gone` at once, or marked as in `after`."""

    after: JsonObject
    gone: bool


def leave(
    served: ResourceType, before: JsonObject, options: DeleteOptions, *, now: float
) -> Leaving:
    """Return what becomes of an object that somebody deletes."""
    after = copied(before)
    metadata = after["metadata"]
    if served.group_resource == "namespaces":
        return _namespace(after, now)
    gone = _graceful(after, options.grace, now) if served.group_resource == "pods" else True
    policy = options.policy or ("Orphan" if served.group_resource in _ORPHANING else "")
    finalizers = list(metadata.get("finalizers") or ())
    if policy:
        finalizers = [each for each in finalizers if each not in _FINALIZERS.values()]
        if policy in _FINALIZERS:
            finalizers.append(_FINALIZERS[policy])
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
        gone = False
        if "deletionTimestamp" not in metadata:
            _mark(metadata, 0, now)
    return Leaving(after, gone)


def _namespace(after: JsonObject, now: float) -> Leaving:
    held = (after.get("spec") or {}).get("finalizers") or after["metadata"].get("finalizers")
    if "deletionTimestamp" not in after["metadata"]:
        _mark(after["metadata"], None, now)
        after["status"] = {**(after.get("status") or {}), "phase": "Terminating"}
    return Leaving(after, not held)


def _graceful(pod: JsonObject, grace: int | None, now: float) -> bool:
    """Mark a Pod with its grace period; return whether nothing has to stop first."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    if "deletionTimestamp" in metadata:
        left = metadata.get("deletionGracePeriodSeconds") or 0
        if grace is None or grace >= left:
            return left == 0
        metadata["deletionTimestamp"] = stamp(now + grace)
        metadata["deletionGracePeriodSeconds"] = grace
        return grace == 0
    if grace is None:
        grace = int(spec.get("terminationGracePeriodSeconds", _GRACE))
    if not spec.get("nodeName") or status.get("phase") in {"Failed", "Succeeded"}:
        grace = 0
    _mark(metadata, grace, now)
    return grace == 0


def _mark(metadata: JsonObject, grace: int | None, now: float) -> None:
    metadata["deletionTimestamp"] = stamp(now + (grace or 0))
    if grace is not None:
        metadata["deletionGracePeriodSeconds"] = grace
    if "generation" in metadata:
        metadata["generation"] += 1


def released(before: JsonObject, after: JsonObject) -> bool:
    """Return whether an update took what last held an object that is to go."""
    metadata = after["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if metadata.get("deletionGracePeriodSeconds"):
        return False
    namespaced = (before.get("spec") or {}).get("finalizers")
    if before.get("status", {}).get("phase") == "Terminating" and namespaced is not None:
        return not (after.get("spec") or {}).get("finalizers")
    return bool(before["metadata"].get("finalizers"))
