"""Says whether one request can have made one version of an object: each check can only rule out.

What the request must have left behind: the kind of change, its field manager and the server's
own timestamps (whole seconds), the version that it replaced. Arrival only bounds it.
"""

import math

from eventstream.explain.audit.identities import components
from eventstream.explain.audit.units import Unit
from eventstream.explain.deletions.finalizers import PROPAGATION
from eventstream.explain.vocabulary.registry import maker_of
from eventstream.explain.world.claims import Writer
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.times import parse
from eventstream.explain.world.writes import Write
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import AuditRecord

EARLY = 1.0
"""Seconds by which our clock may be behind the API server's."""

LATE = 5.0
"""Seconds after the answer within which a version is taken to arrive."""

_PROMPT = 0.25
_NAMED = ("created", "appeared", "moved")


def fits(unit: Unit, record: AuditRecord) -> bool:
    """Whether nothing speaks against this request having made this version."""
    write = unit.first
    return (
        record.received - EARLY <= write.change.at <= record.at + LATE
        and record.uid in ("", write.log.uid)
        and not write.change.relisted
        and write.change.type != "VANISHED"
        and _does(unit, record)
        and _replaces(write, record)
        and _signed(unit, record)
    )


def is_exact(record: AuditRecord) -> bool:
    """Whether the request names the one version that it replaced: to fit is all but proof."""
    return record.verb == "update" and bool(record.resource_version)


def is_prompt(unit: Unit, record: AuditRecord) -> bool:
    """Whether the version arrived as soon as it does where nothing is slow."""
    return record.received <= unit.first.change.at <= record.at + _PROMPT


def fits_nameless(unit: Unit, record: AuditRecord) -> bool:
    """The same for a creation whose record names no object: name and owner must allow it too."""
    if not fits(unit, record):
        return False
    metadata = unit.first.image.metadata
    owner = metadata.controller
    maker = maker_of(unit.first.image, owner)
    asked = components(record)
    return record.generate_name in ("", metadata.generate_name) and not (
        maker and asked and maker.actor not in asked
    )


def is_eviction(write: Write) -> bool:
    """Whether the version tells that the eviction API was used: it adds a condition first.

    Source: pkg/registry/core/pod/storage/eviction.go, addConditionAndDeletePod.
    """
    found, before = (
        condition(write.image, "DisruptionTarget"),
        condition(write.before, "DisruptionTarget"),
    )
    return found is not None and before is None and found.reason == "EvictionByEvictionAPI"


def _does(unit: Unit, record: AuditRecord) -> bool:
    """Whether such a request makes such a change."""
    write = unit.first
    kind = write.change.type
    if record.verb == "create":
        if record.subresource == "binding":
            return kind == "MODIFIED" and _binds(write)
        if record.subresource == "eviction":
            return unit.deletes and not _was_held(write)
        return kind == "ADDED"
    if record.verb.startswith("delete"):
        return unit.deletes and not _was_held(write, beyond=PROPAGATION)
    if kind == "ADDED" or record.code == 201:  # An apply may create, and then says so.
        return kind == "ADDED" and record.code == 201
    if write.gone:
        return _was_held(write)
    return not unit.deletes and not _binds(write) and _changes(write, record)


def _changes(write: Write, record: AuditRecord) -> bool:
    """Whether the subresource allows what was changed."""
    if record.subresource == "status":
        ties = [change.path.startswith(_TIES) for change in write.changes]
        return not _is_new_generation(write) and not (ties and all(ties))
    if record.subresource == "scale":
        return _is_new_generation(write)
    only_status = bool(write.changes) and all(
        change.path.startswith("status") for change in write.changes
    )
    return bool(record.subresource) or not (only_status and is_built_in(write.image.api_version))


def _is_new_generation(write: Write) -> bool:
    """Whether the desired state was set, be it of an object that is being deleted."""
    before = write.before
    return before is None or before.metadata.generation != write.image.metadata.generation


_TIES = ("metadata.finalizers", "metadata.ownerReferences")
"""What nobody changes by way of the status and leaves the status alone: the request that did so
found nothing to change."""


def _binds(write: Write) -> bool:
    return write.image.kind == "Pod" and bool(node_of(write.image)) and not node_of(write.before)


def _was_held(write: Write, beyond: frozenset[str] = frozenset()) -> bool:
    """Whether finalizers held the object, so that no deletion but their removal can end it.

    Those for the treatment of dependents each deletion sets anew, so it can take them away too.
    """
    before = write.before
    if not write.gone or before is None:
        return False
    held = set(before.metadata.finalizers) - beyond
    return bool(held or getattr(before.spec, "finalizers", ()))


def _replaces(write: Write, record: AuditRecord) -> bool:
    """Whether the version before is the one that the request wanted to replace, if it says."""
    if not is_exact(record):
        return True
    return write.before is not None and write.before.version == record.resource_version


def _signed(unit: Unit, record: AuditRecord) -> bool:
    """Whether field manager and timestamps are those that the request must have left."""
    write = unit.first
    metadata = write.image.metadata
    if unit.deletes:
        before = write.before
        if write.gone or (before is not None and before.metadata.deletion_timestamp):
            return True
        asked = parse(metadata.deletion_timestamp)
        grace = metadata.deletion_grace_period_seconds or 0
        return asked is None or _within(asked - grace, record)
    if record.verb == "create" and record.subresource:
        return True  # A binding leaves no entry.
    if write.change.type == "ADDED":
        created = parse(metadata.creation_timestamp)
        if created is not None and not _within(created, record):
            return False
    who = unit.who
    if not who.known or who.basis not in _NAMED:
        return True
    if who.manager != record.field_manager or who.subresource != record.subresource:
        return False
    time = parse(who.time)
    return time is None or _within(time, record) or _had_time(write, who)


def _had_time(write: Write, who: Writer) -> bool:
    """Whether the entry only kept its time: a write may move an entry's fields and leave that."""
    before = write.before.metadata.managed_fields if write.before else ()
    return any(entry.manager == who.manager and entry.time == who.time for entry in before)


def _within(second: float, record: AuditRecord) -> bool:
    """Whether a whole second of the server's clock lies within the request."""
    return math.floor(record.received) <= second <= record.at
