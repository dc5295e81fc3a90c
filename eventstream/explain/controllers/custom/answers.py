"""Whether somebody acted on a custom resource, and what shows that its controller is there.

Sources: https://kubernetes.io/docs/concepts/extend-kubernetes/operator/;
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
#status-subresource (with it changes of the status leave metadata.generation as it is);
https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/.
"""

import msgspec

from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot, written
from eventstream.explain.outlook.waits import acting
from eventstream.explain.vocabulary.declared.tools import tells_beside
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.text import named, parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.health.records import Health
from eventstream.objects.observations import Change

ACTOR = "custom-controller"
_KUBERNETES = frozenset(("foregroundDeletion", "orphan"))
"""Finalizers that the API server sets for the garbage collector."""


def unseen(snapshot: Snapshot, write: Write, asked: Write, since: float) -> Holding:
    """The wait for a controller to act; where it is seen to be there, for it to report."""
    name, wait = named(write.image), acting(write.image)
    finalizer, told = _announced(write, asked), reporter(snapshot, write, asked, since)
    resource, space = write.change.resource, write.image.metadata.namespace
    known = snapshot.world.known
    own = [later.order for later in snapshot.since(write.log, asked.order) if reports(later)]
    last = max(own, default=asked.order)  # That became another by whoever did not act on it.
    acts = known.reported_since(resource.group, resource.kind, space, last)
    told = told or known.server_since(write.log.uid, asked.order)
    late = "not-ready" if finalizer or told or acts else "no-controller"
    waiting_for = f"a custom controller to act on {name}"
    if finalizer:
        waiting_for = (
            f"a custom controller to report on {name}, which has its finalizer {finalizer}"
        )
    elif told:
        waiting_for = f"{told} to report on {name}"
    elif acts:  # It may take one after the other.
        waiting_for = f"{waiting_for}, as it did on another {write.image.kind} since"
    return Holding(1, ACTOR, told, since, waiting_for, late=late, wait=wait, about=write)


def _announced(write: Write, asked: Write) -> str:
    """A finalizer that came since it was asked: its controller has seen it; empty without one.

    One that a client asked for along with the rest is not such.
    """
    verdict = asked.decision.verdict
    by_client = verdict is not None and verdict.actor == "client"
    since = asked.image if by_client else asked.before or asked.image
    known = () if asked.base else since.metadata.finalizers
    found = [one for one in write.image.metadata.finalizers if one not in (*_KUBERNETES, *known)]
    return found[0] if found else ""


def reporter(snapshot: Snapshot, write: Write, asked: Write, since: float) -> str:
    """Who told an Event about it since then; empty for nobody.

    An Event says when by its reporter's clock, an object's managedFields by the API server's.
    """
    note = _told(snapshot, write, asked, since)
    return note.after.spec.component if note is not None else ""


def _told(snapshot: Snapshot, write: Write, asked: Write, since: float) -> Change | None:
    group, found = write.change.resource.group, write.log.notes or ()
    notes = [
        note
        for note in snapshot.latest_notes(write.log, *found)
        if not tells_beside(note.after.spec.component, group)
    ]
    at = since if asked.base else written(asked)
    if at:
        return next((note for note in notes if told_at(note) >= at), None)
    return next((note for note in notes if note.at >= since), None)


def _told_well(snapshot: Snapshot, write: Write, asked: Write, since: float) -> bool:
    """Whether an Event answers a change: what says that all is well need not say so once more.

    A status of which no generation is a part stays as it is then, and is not written.
    """
    if write.image.health is None or write.image.health.state != "complete":
        return False
    note = _told(snapshot, write, asked, since)
    return note is not None and note.after.spec.type == "Normal"


def reports(write: Write) -> bool:
    """Whether it says something new of how the object stands."""
    return any(change.path.startswith("status") for change in write.changes)


def asks_nothing_new(asked: Write) -> bool:
    """Whether what an object says of what it asks for stands as it did before this write."""
    return _only_marks(asked) or _is_undone(asked)


def _only_marks(asked: Write) -> bool:
    """Whether only metadata changed of what says how it stands: labels, annotations."""
    before, now = asked.before, asked.image
    if before is None or now.health is None or not now.metadata.generation:
        return False
    return before.metadata.generation == now.metadata.generation


_LOOKED = 32
"""Versions before a change in which is looked for what its controller last reported on."""


def _is_undone(asked: Write) -> bool:
    """Whether it asks again for what its controller had last reported on: nothing is new to it.

    It need not have seen what was asked in between, and a status that names no generation stays.
    What was there when watching began counts as reported on; what was asked since does not by that
    its trace is settled.
    """
    log, now = asked.log, asked.image
    newest = log.position(asked.order) - 1
    for index in range(newest, max(newest - _LOOKED, -1), -1):
        before = log.writes[index]
        if (before.base and before.change.existed) or is_answer(before):
            same = now.spec == before.image.spec and now.other == before.image.other
            return index < newest and bool(same)
    return False


def counts_reports(snapshot: Snapshot, write: Write) -> Health | None:
    """How it says that it stands; unknown where each report of it counts as a generation."""
    health = write.image.health
    if health is None or not health.stale or _room(snapshot, write) is not False:
        return health
    by = "status.observedGeneration is older than each report, as its type has no status apart"
    return msgspec.structs.replace(health, state="unknown", by=by, stale=False)


def unanswered(snapshot: Snapshot, write: Write, asked: Write) -> float | None:
    """Since when nobody has acted on it though somebody has to; None where that is not so."""
    if _rests(write) or _is_done_when_stored(write):
        return None  # Of what is to rest, or is only read, nobody need say anything.
    if asked.base:
        # Many custom resources need no controller, or it had its time to act.
        return _alone(snapshot, write) if _says_nothing(write) else None
    if asked.change.type == "ADDED" and not _says_nothing(asked):
        return None  # It came with a status, as one that is restored does.
    if asks_nothing_new(asked):
        return None
    if asked.image.health is None and _has_no_status(snapshot, write):
        return None  # Who acts on one need not write anything that shows.
    resource, known = write.change.resource, snapshot.world.known
    if known.looks_after(resource.group) and not known.looks_after(resource.group, resource.kind):
        return None  # Who looks after the others of its group reports on none of these.
    writes = [*snapshot.since(write.log, asked.order)]
    for child in write.log.family.children.values():
        writes.extend(snapshot.since(child, asked.order))
    if any(is_answer(later) for later in writes):
        return None
    since = _awake(write, asked)
    return None if _told_well(snapshot, write, asked, since) else since


def _rests(write: Write) -> bool:
    return write.image.health is not None and write.image.health.asks


def _awake(write: Write, asked: Write) -> float:
    """Since when somebody has to act on it: since it was asked, or asks to rest no more."""
    log = write.log
    since = write
    for index in range(log.position(write.order), log.position(asked.order) - 1, -1):
        if _rests(log.writes[index]):
            return when(since)
        since = log.writes[index]
    return when(asked)


def _says_nothing(write: Write) -> bool:
    """Whether it has no status, and is not done without one."""
    health = write.image.health
    return health is None or (health.bare and health.state != "complete")


def _is_done_when_stored(write: Write) -> bool:
    """Whether by its kind's file nothing of its status makes one complete: others only read it."""
    health = write.image.health
    if health is None or (health.state, health.basis) != ("complete", "declared"):
        return False
    return health.bare or not (health.by or health.rule)


def _alone(snapshot: Snapshot, write: Write) -> float | None:
    """Since when it lacks the status that its type has room for, where nobody serves its group."""
    resource, metadata = write.change.resource, write.image.metadata
    if snapshot.world.known.looks_after(resource.group) or write.log.family.children:
        return None
    if write.image.health is not None or _room(snapshot, write):
        return parse(metadata.creation_timestamp)
    return None


def _room(snapshot: Snapshot, write: Write) -> bool | None:
    """Whether its type has room for a status apart; None where its definition is not known."""
    resource = write.change.resource
    name = f"{resource.plural}.{resource.group}"
    definition = snapshot.by_name("CustomResourceDefinition", None, name)
    versions = getattr(definition.image.spec, "versions", ()) if definition is not None else ()
    if not versions:
        return None
    return any(one.subresources and one.subresources.status is not None for one in versions)


def _has_no_status(snapshot: Snapshot, write: Write) -> bool:
    """Whether its type has no room for a status, and no object of it was seen to have one."""
    resource = write.change.resource
    known = snapshot.world.known.looks_after(resource.group, resource.kind)
    return not known and _room(snapshot, write) is False


def is_answer(write: Write) -> bool:
    """Whether a custom controller did something: a finalizer alone only announces that it will.

    A status that became another is its work, too, where managedFields do not tell whose it is, or
    where that is not kept as the write's own trace is over.
    """
    actor = write.decision.verdict.actor if write.decision.verdict is not None else "unknown"
    if actor == "unknown":
        return any(change.path.startswith("status.") for change in write.changes)
    if actor != ACTOR:
        return False
    return not write.changes or any(c.path != "metadata.finalizers" for c in write.changes)
