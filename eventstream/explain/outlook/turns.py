"""Since when it is whose turn: a wait begins with what hands the baton over, not with old news.

An object that nobody touched for a year says nothing of how long its controller has been asked:
that began when a Pod was lost, an owner went, or a container started.
"""

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import condition, containers, is_ready, is_running
from eventstream.explain.world.times import parse, when
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import ContainerState


def asked(snapshot: Snapshot, owner: Write) -> float:
    """When a controller last had a reason to create: its object changed, or a Pod was lost.

    One that just created a Pod has acted, and is asked for the next one since then.
    """
    since = max(when(owner), made(snapshot, owner))
    loss = owner.log.family.last_loss(snapshot.upto)
    if loss is None:
        return since
    order, uid = loss
    log = snapshot.world.logs.get(uid)
    lost = log.at(order + 1) if log is not None else None
    return max(since, when(lost)) if lost is not None else since


def made(snapshot: Snapshot, owner: Write) -> float:
    """When the newest Pod of a controller was created; 0 where none is known."""
    birth = owner.log.family.last_birth(snapshot.upto)
    if birth is None:
        return 0.0
    order, uid = birth
    log = snapshot.world.logs.get(uid)
    first = log.at(order + 1) if log is not None and order else None
    if first is not None:
        return when(first)
    pods = snapshot.children(owner.log, "Pod")
    return max((parse(p.image.metadata.creation_timestamp) or 0.0 for p in pods), default=0.0)


def collectable(snapshot: Snapshot, write: Write) -> float:
    """When the garbage collector could first act: with the object's own change, or its owner's."""
    owner = _owner(snapshot, write)
    return max(when(write), when(owner)) if owner is not None and _ends(owner) else when(write)


def unready(write: Write) -> float:
    """Since when a Pod has been running without being ready."""
    log, since = write.log, when(write)
    for index in range(log.position(write.order) - 1, -1, -1):
        earlier = log.writes[index]
        if is_ready(earlier.image) or not is_running(earlier.image):
            break
        since = when(earlier)
    return since


def since_waiting(write: Write) -> float:
    """Since when a Pod's containers have been as they are: the first report that tells it."""
    log, since = write.log, when(write)
    states = _states(write)
    for index in range(log.position(write.order) - 1, -1, -1):
        earlier = log.writes[index]
        if _states(earlier) != states:
            break
        since = when(earlier)
    return since


def _states(write: Write) -> tuple[tuple[ContainerState, bool], ...]:
    return tuple((status.state, status.ready) for status in containers(write.image))


def returned(snapshot: Snapshot, node: str) -> float:
    """Since when a node is ready, by its own clock: before, its kubelet heard nothing; else 0."""
    host = snapshot.by_name("Node", None, node)
    ready = condition(host.image, "Ready") if host is not None else None
    if ready is None or ready.status != "True":
        return 0.0
    return parse(ready.last_transition_time) or 0.0


def ungated(write: Write, since: float) -> float:
    """Since when a Pod without a node is the scheduler's: from its last gate's removal on."""
    log = write.log
    for index in range(log.position(write.order) - 1, -1, -1):
        if getattr(log.writes[index].image.spec, "scheduling_gates", ()):
            return max(since, when(log.writes[index + 1]))
    return since


def due(snapshot: Snapshot, remaining: list[Write]) -> list[Write]:
    """Of what is still to go, what somebody can act on now.

    In background mode the garbage collector deletes what an owner left once that is gone; in
    foreground mode the owner goes last.
    Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
    """
    owners = {left.log.owner for left in remaining}
    return [
        left
        for left in remaining
        if not (left.log.uid in owners and _goes_last(left)) and _is_due(snapshot, left)
    ]


def _is_due(snapshot: Snapshot, left: Write) -> bool:
    owner = _owner(snapshot, left)
    marked = left.image.metadata.deletion_timestamp is not None
    return marked or owner is None or owner.gone or _in_foreground(owner)


def _goes_last(write: Write) -> bool:
    return _in_foreground(write) and write.image.metadata.finalizers == ("foregroundDeletion",)


def _in_foreground(write: Write) -> bool:
    metadata = write.image.metadata
    return bool(metadata.deletion_timestamp) and "foregroundDeletion" in metadata.finalizers


def _ends(write: Write) -> bool:
    return write.gone or bool(write.image.metadata.deletion_timestamp)


def _owner(snapshot: Snapshot, write: Write) -> Write | None:
    log = snapshot.world.logs.get(write.log.owner) if write.log.owner else None
    return snapshot.latest(log) if log is not None else None
