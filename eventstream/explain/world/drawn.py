"""What a decision or a judgement draws on, by type and namespace: only who may see that is told.

A source is named `Deployment.apps@shop`, or `Node@` where it is in no namespace. What draws on an
audit log draws on `*@`: no type governs it. Looking and finding nothing is no source: nor is a
namespace that lives, or a node in order, of which rules only ask whether it is otherwise.
"""

from collections.abc import Iterable, Iterator

from eventstream.explain.vocabulary.records import (
    AUDIT,
    Evidence,
    ObjectRef,
    source_name,
    source_of,
)
from eventstream.explain.world.pods import condition
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Verdict, Write
from eventstream.objects.images import Image, OwnerReference

_EVENT = "Event"
_OFTEN_ASKED = frozenset({"Namespace", "Node"})


def name(ref: ObjectRef) -> str:
    """The source that an object is."""
    return source_of(ref.api_version, ref.kind, ref.namespace)


def by_view(view: View, verdict: Verdict) -> tuple[str, ...]:
    """What a decision drew on beside the object itself: what it found where it looked."""
    order, owners = view.order, view.write.image.metadata.owner_references
    found: set[str] = set()
    for log in view.looked:
        source = by_log(log, order, owners)
        if source is not None:
            found.add(source)
    for family in view.below:
        found.update(kind for kind, since in family.kinds.items() if since < order)
    for note in view.noted:
        found.add(source_name(_EVENT, note.after.metadata.namespace))
    own = view.write.log
    for cause in verdict.causes:
        if cause.log is not own:
            found.add(name(cause.log.ref))
    if not found:
        return ()
    found.discard(name(own.ref))
    return tuple(sorted(found))


def by_write(write: Write) -> tuple[str, ...]:
    """What the decision on a write drew on beside the object itself, audit log included."""
    decision = write.decision
    known = decision.drawn
    return known if decision.audit is None else tuple(sorted({*known, AUDIT}))


def by_log(log: ObjectLog, upto: float, owners: tuple[OwnerReference, ...] = ()) -> str | None:
    """The object of a log as it was below `upto`, if it was seen and there was anything to find.

    Of one of the `owners` it is enough that it exists.
    """
    write = log.at(upto) if log.seen else None
    if write is None:
        return None
    found = write.gone or not _in_order(write.image)
    return name(log.ref) if found or any(owner.uid == log.uid for owner in owners) else None


def _in_order(image: Image) -> bool:
    """Whether of a namespace or node there is nothing to tell; of all else there is."""
    if image.kind not in _OFTEN_ASKED or image.metadata.deletion_timestamp:
        return False
    if image.kind == "Namespace":
        return True
    ready = condition(image, "Ready")
    spec = image.spec
    idle = getattr(spec, "unschedulable", False) or getattr(spec, "taints", ())
    return ready is not None and ready.status == "True" and not idle


def by_notes(log: ObjectLog, reasons: Iterable[str]) -> Iterator[str]:
    """The Events of these reasons that are kept about an object."""
    known = log.notes or {}
    for reason in reasons:
        for note in tuple(known.get(reason, {}).values()):
            yield source_name(_EVENT, note.after.metadata.namespace)


def by_proof(log: ObjectLog, evidence: Iterable[Evidence]) -> set[str]:
    """What evidence about an object draws on: its Events, where one is among it, or a log."""
    found = {each.source for each in evidence}
    sources = set(by_notes(log, tuple(log.notes or ()))) if "event" in found else set()
    return sources | ({AUDIT} if "audit" in found else set())


def by_writes(writes: Iterable["Write | None"]) -> set[str]:
    """What the decisions on these writes drew on, and the objects that they were to."""
    found: set[str] = set()
    for write in writes:
        if write is None:
            continue
        found.add(name(write.log.ref))
        found.update(by_write(write))
    return found
