"""Says whether one request can have made one version of an object: each check can only rule out.

What the request must have left behind: the kind of change, its field manager, the version that it
replaced, and the server's timestamps (see `windows`). Only the last two differ among requests of
one kind, so all else is decided once for them all.
"""

from eventstream.explain.audit.requests import Kind, Request
from eventstream.explain.audit.units import Unit
from eventstream.explain.audit.windows import PROMPT
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.vocabulary.registry import maker_of
from eventstream.explain.world.pods import condition
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import AuditRecord


def fits(unit: Unit, request: Request) -> bool:
    """Whether nothing speaks against this request having made this version."""
    record, window = request.record, unit.window
    return (
        record.at >= window.low
        and record.received <= window.high
        and request.version in ("", unit.version)
        and allows(unit, request.kind)
    )


def allows(unit: Unit, kind: Kind) -> bool:
    """Whether a request of this kind can have made it, at the right time and version."""
    return (
        kind.uid in ("", unit.first.log.uid)
        and unit.seen
        and _signs(unit, kind)
        and _does(unit, kind)
        and _may_make(unit, kind)
    )


def is_prompt(unit: Unit, record: AuditRecord) -> bool:
    """Whether the version arrived as soon as it does where nothing is slow."""
    return record.received <= unit.first.change.at <= record.at + PROMPT


def is_eviction(write: Write) -> bool:
    """Whether the version tells that the eviction API was used: it adds a condition first.

    Source: pkg/registry/core/pod/storage/eviction.go, addConditionAndDeletePod.
    """
    found, before = (
        condition(write.image, "DisruptionTarget"),
        condition(write.before, "DisruptionTarget"),
    )
    return found is not None and before is None and found.reason == "EvictionByEvictionAPI"


def _does(unit: Unit, kind: Kind) -> bool:
    """Whether such a request makes such a change."""
    write = unit.first
    if kind.sort != "change" or unit.sort != "change":
        return kind.sort == unit.sort
    if kind.verb.startswith("delete"):
        return unit.deletes and not _was_held(write, beyond=PROPAGATION)
    if kind.subresource == "eviction":
        return unit.deletes and not _was_held(write)
    if write.gone:
        return _was_held(write)
    if kind.verb == "create":
        return not unit.deletes and _is_new_generation(write)
    return not unit.deletes and _changes(write, kind)


def _changes(write: Write, kind: Kind) -> bool:
    """Whether the subresource allows what was changed."""
    if kind.subresource == "status":
        return not _is_new_generation(write) and not _only_ties(write)
    if kind.subresource == "scale":
        return _is_new_generation(write)
    only_status = bool(write.changes) and all(
        change.path.startswith("status") for change in write.changes
    )
    return bool(kind.subresource) or not (only_status and is_built_in(write.image.api_version))


def _is_new_generation(write: Write) -> bool:
    """Whether the desired state was set, be it of an object that is being deleted."""
    before = write.before
    return before is None or before.metadata.generation != write.image.metadata.generation


def _only_ties(write: Write) -> bool:
    """Whether just finalizers or owners changed, which nobody does by way of the status.

    The request that reported one then found nothing to change. Most versions leave both alone.
    """
    if write.before is None:
        return False
    now, before = write.image.metadata, write.before.metadata
    if now.finalizers == before.finalizers and now.owner_references == before.owner_references:
        return False
    return bool(write.changes) and all(change.path.startswith(_TIES) for change in write.changes)


_TIES = ("metadata.finalizers", "metadata.ownerReferences")


def _was_held(write: Write, beyond: frozenset[str] = frozenset()) -> bool:
    """Whether finalizers held the object, so that no deletion but their removal can end it.

    Those for the treatment of dependents each deletion sets anew, so it can take them away too.
    """
    before = write.before
    if not write.gone or before is None:
        return False
    held = set(before.metadata.finalizers) - beyond
    return bool(held or getattr(before.spec, "finalizers", ()))


def _signs(unit: Unit, kind: Kind) -> bool:
    """Whether its field manager is the one that the version must have been written by."""
    who = unit.signer
    return who is None or (who.manager == kind.manager and who.subresource == kind.subresource)


def _may_make(unit: Unit, kind: Kind) -> bool:
    """Whether name and owner of what was created allow it, where the request named no object."""
    metadata = unit.first.image.metadata
    if kind.generate_name not in ("", metadata.generate_name):
        return False
    if not kind.actors:
        return True
    maker = maker_of(unit.first.image, metadata.controller)
    return maker is None or maker.actor in kind.actors
