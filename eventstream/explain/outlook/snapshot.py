"""The objects as they were below one resourceVersion, for judging a trace that another ended."""

import math
from collections.abc import Callable, Iterator

from eventstream.explain.outlook.usual import UsualWaits
from eventstream.explain.world import drawn
from eventstream.explain.world.lookups import name_key
from eventstream.explain.world.world import World, owner_of
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change


class Snapshot:
    """The world below `upto` (exclusive; infinity for the present), judged at `now`.

    `usual` is what waits usually take in this cluster; `looked` counts the Pods looked at;
    `overtaken` are the ids of the traces that the judged one overtook, `level` is how deep in what
    the object owns the judging is.
    """

    __slots__ = (
        "_events",
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
        self._logs: set[ObjectLog] = set()
        self._kinds: set[str] = set()
        self._events: set[str] = set()

    @property
    def sources(self) -> set[str]:
        """What was looked at and found, see `world.drawn`."""
        found = {each for log in self._logs for each in drawn.by_log(log, self.upto)}
        return found | self._kinds | self._events

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

    def by_name(self, kind: str, namespace: str | None, name: str) -> Write | None:
        """The newest write of the object of that name, if it was seen."""
        logs = self.world.names.get(name_key(kind, namespace, name))
        if not logs:
            return None
        found = [write for log in logs.values() if (write := self.latest(log)) is not None]
        return max(found, key=lambda write: (not write.gone, write.order), default=None)

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
