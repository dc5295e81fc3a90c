"""The objects of a trace as they were below one resourceVersion, and since when somebody is to act.

A wait begins with what hands the baton over, not with old news: an object that nobody touched for a
year says nothing of how long its controller has been asked. That began when a Pod was lost, an
owner went, or a container started.
"""

import math
from collections.abc import Callable, Iterable, Iterator

from eventstream.explain.outlook.usual import UsualWaits
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.registry import group_kind
from eventstream.explain.world import drawn
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.known import CUSTOM, name_key
from eventstream.explain.world.notes import told_at, warned
from eventstream.explain.world.pods import condition, containers, is_ready, is_running
from eventstream.explain.world.text import parse, when
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerState


class Snapshot:
    """The world below `upto` (exclusive; infinity for the present), judged at `now`.

    `usual` is what waits usually take in this cluster; `looked` counts the Pods looked at;
    `overtaken` are the ids of the traces that the judged one overtook, `level` is how deep in what
    the object owns the judging is.
    """

    __slots__ = (
        "_events",
        "_followed",
        "_kinds",
        "_logs",
        "level",
        "looked",
        "now",
        "overtaken",
        "upto",
        "usual",
        "world",
    )

    def __init__(
        self,
        world: World,
        upto: float,
        now: float,
        usual: UsualWaits,
        overtaken: frozenset[str] = frozenset(),
    ) -> None:
        self.world = world
        self.upto = upto
        self.now = now
        self.usual = usual
        self.looked = 0
        self.level = 0
        self.overtaken = overtaken
        self._followed: set[str] = set()
        self._logs: set[ObjectLog] = set()
        self._kinds: set[str] = set()
        self._events: set[str] = set()

    @property
    def sources(self) -> set[str]:
        """What was looked at and found, see `world.drawn`."""
        seen = (drawn.by_log(log, self.upto) for log in self._logs)
        found = {each for each in seen if each is not None}
        return found | self._kinds | self._events

    def hides(self, kind: str) -> bool:
        """Whether no object of this kind of Kubernetes' own was shown, nor that there is none.

        Whoever may not list a kind sees nothing of it, which is no sign that nothing was made.
        Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ (list and watch are
        granted by resource).
        """
        return not self.world.places.knows(kind)

    def has_met(self, kind: str) -> bool:
        """Whether all of this kind were met (others than Kubernetes' own are called `Kind.group`).

        Then what is not known is not there. While a long first list comes, some of a kind are
        known, and others are not yet.
        """
        return self.world.places.are_met((kind,))

    def latest(self, log: ObjectLog) -> Write | None:
        """The object's newest write, which may be its end."""
        self._logs.add(log)
        return log.at(self.upto)

    def alive(self, log: ObjectLog) -> Write | None:
        """The object's newest write if it exists, else None."""
        self._logs.add(log)
        write = log.at(self.upto)
        return write if write is not None and not write.gone else None

    def children(self, log: ObjectLog, kind: str = "") -> Iterator[Write]:
        """The newest write of each existing object that this one controls."""
        uid, upto = log.uid, self.upto
        self._kinds.update(log.family.kinds)
        for child in log.family.children.values():
            write = child.at(upto)
            if write is None or write.gone or (kind and write.image.kind != kind):
                continue
            if owner_of(write.image) == uid:
                yield write

    def pods(self, log: ObjectLog) -> list[Write]:
        """The newest write of each Pod that this object ever controlled, be it the Pod's end."""
        pods = [child for child in log.family.children.values() if child.ref.kind == "Pod"]
        self.looked += len(pods)
        self._kinds.update(log.family.kinds)
        if self.upto == math.inf:
            return [pod.writes[-1] for pod in pods if pod.writes]
        return [write for pod in pods if (write := pod.at(self.upto)) is not None]

    def belongs(self, child: ObjectLog, owner: ObjectLog) -> bool:
        """Whether the owner still controls the object, or did when it ended: none released it."""
        write = self.latest(child)
        return write is not None and owner_of(write.image) == owner.uid

    def notes(self, log: ObjectLog, *reasons: str) -> list[Change]:
        """Events about an object with these reasons, the latest first."""
        known = log.notes
        if not known:
            return []
        self._events.update(drawn.by_notes(log, reasons))
        found = [note for reason in reasons for note in known.get(reason, {}).values()]
        return sorted(found, key=lambda note: (note.at, note.after.metadata.name), reverse=True)

    def latest_notes(self, log: ObjectLog, *reasons: str) -> list[Change]:
        """The same, that first which was last so by the clock of who told it.

        What is listed arrives all at once, and a reporter repeats an Event under its old name, so
        that the order of arrival says little of which one holds now.
        """
        return sorted(self.notes(log, *reasons), key=told_at, reverse=True)

    def warned(self, log: ObjectLog, since: float) -> Change | None:
        """The Event of type Warning about an object that was last told from `since` on, or None."""
        note = warned(log, since)
        if note is not None:
            self._events.update(drawn.by_notes(log, (note.after.spec.reason or "",)))
        return note

    def by_name(self, kind: str, namespace: str | None, name: str) -> Write | None:
        """The newest write of the object of that name, if it was seen."""
        logs = self.world.names.get(name_key(kind, namespace, name))
        return self._newest(logs.values()) if logs else None

    def _newest(self, logs: Iterable[ObjectLog]) -> Write | None:
        """The newest write of these objects; that of one which exists goes before."""
        found = [write for log in logs if (write := self.latest(log)) is not None]
        return max(found, key=lambda write: (not write.gone, write.order), default=None)

    def follow(self, name: str, waiting: Write) -> Write | None:
        """The existing object that another waits for, once for each snapshot.

        `name` is as `Health.waits_for` has it. Once, so that two that wait for each other end.
        """
        namespace = waiting.image.metadata.namespace
        self._followed.add(waiting.log.uid)
        type_, _, rest = name.partition("/")
        kind, _, group = type_.partition(".")
        place, _, own = rest.rpartition("/")
        found = self.of_type(GroupKind(group, kind), place or namespace, own)
        if found is None and not place:
            found = self.of_type(GroupKind(group, kind), None, own)
        if found is None or found.gone or found.log.uid in self._followed:
            return None
        self._followed.add(found.log.uid)
        return found

    def of_type(self, type_: GroupKind, namespace: str | None, name: str) -> Write | None:
        """The newest write of the object of this group, kind and name, if it was seen."""
        kind = type_.kind if type_ in kinds.REFERRED_TO_BY_NAME else CUSTOM
        logs = self.world.names.get(name_key(kind, namespace, name), {}).values()
        fits = (log for log in logs if group_kind(log.ref.api_version, log.ref.kind) == type_)
        return self._newest(fits)

    def since(self, log: ObjectLog, order: float) -> Iterator[Write]:
        """The writes of one object from `order` on, oldest first."""
        for write in log.writes[log.position(order) :]:
            if write.order >= self.upto:
                return
            yield write

    def settled_at(
        self, log: ObjectLog, began: Write, fits: Callable[[Write], bool]
    ) -> Write | None:
        """The write with which the object came, and stayed, as `fits` asks, or None.

        Writes that belong to the trace of `began` decide: what another trace does to the object
        later does not undo this one, but for one that this overtook, as what comes of its Pods is
        told by none but this. The newest version decides too, whoever brought it about.
        """
        window = list(self.since(log, began.order))
        counted = {began.decision.trace} | self.overtaken
        own = [write for write in window if write.decision.trace in counted]
        for writes in (own, window):
            if writes and fits(writes[-1]):
                first = writes[-1]
                for write in reversed(writes):
                    if not fits(write):
                        break
                    first = write
                return first
        return None


def asked(snapshot: Snapshot, owner: Write) -> float:
    """When a controller last had a reason to create: its object changed, or a Pod was lost.

    One that just created a Pod has acted, and is asked for the next one since then. Of what was
    there before, its managedFields tell when it was last written, a status apart. A DaemonSet's
    controller makes another Pod only after it has deleted one that failed.
    Source: pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode.
    """
    since = max(when(owner), made(snapshot, owner), written(owner) if owner.base else 0.0)
    if owner.image.kind == "DaemonSet":
        since = max([since, *(when(pod) for pod in snapshot.pods(owner.log) if pod.gone)])
    loss = owner.log.family.last_loss(snapshot.upto)
    if loss is None:
        return since
    order, uid = loss
    log = snapshot.world.logs.get(uid)
    lost = log.at(order + 1) if log is not None else None
    return max(since, when(lost)) if lost is not None else since


def written(write: Write) -> float:
    """When an object itself was last written, as its managedFields tell; 0 where none do.

    What its controller reports in its status asks nobody for anything.
    """
    entries = write.image.metadata.managed_fields
    told = (parse(each.time) for each in entries if each.time and not each.subresource)
    return max((at for at in told if at), default=0.0)


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


def last_end(snapshot: Snapshot, owner: Write) -> float:
    """When a container of a Job's failed Pods last ended, from which its back-off counts; else 0.

    Source: pkg/controller/job/backoff_utils.go, getFinishTimeFromContainers.
    """
    if owner.image.kind != "Job" or not owner.image.status.failed:
        return 0.0
    ended = [
        status.state.terminated.finished_at
        for pod in snapshot.children(owner.log, "Pod")
        for status in containers(pod.image)
        if status.state.terminated is not None
    ]
    return max((parse(at) or 0.0 for at in ended if at), default=0.0)


def asked_or_heard(snapshot: Snapshot, owner: Write, told: int, existing: int) -> float:
    """Since when a controller that is to create Pods may be silent: it was asked, or acted last.

    Of what was there before, its report shows that it acted then. A Pod that it counts (`told`) and
    that does not exist went since: when, nobody tells, so that only the list dates it.
    """
    since = max(asked(snapshot, owner), last_end(snapshot, owner))
    if not owner.base:
        return since
    if told > existing:
        return max(since, owner.change.at)
    entries = owner.image.metadata.managed_fields
    reports = (parse(each.time) for each in entries if each.subresource == "status")
    return max([since, *(at for at in reports if at)])


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
