"""What the engine holds of one open trace: its writes, and when it was judged.

Each write of a watch joins one, so joining costs no look at the writes that are there.
"""

import math

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.explain.world.families import by_order
from eventstream.explain.world.writes import ObjectLog, Write

_JUDGING_SHARE = 4e-4
_MOST_PATIENCE = 1.0
"""Seconds between two judgements for each step of a trace or Pod of its object, and at most:
judging looks at all of them, so a trace of thousands is judged every second or so, and any other
with each tick."""


class TraceLog:
    """One trace that is still open. `root` is the object's log, `began` the write that began it.

    `began` is None for what happened to an object without a cause that was seen; `contact` says
    that the object was there when watching began, so that the trace stands without any step.
    `floor` is the order below which what was asked of the object is another trace's affair;
    `first` and `last` are the times of its steps, and `lowest` is the order of its first write;
    `looked` is how many Pods the last judgement looked at, and `aside` why it began, where that is
    another trace's affair.
    """

    __slots__ = (
        "aside",
        "began",
        "contact",
        "dropped",
        "due",
        "first",
        "floor",
        "id",
        "judged",
        "last",
        "looked",
        "lowest",
        "measured",
        "members",
        "record",
        "refused",
        "rests_on",
        "root",
    )

    def __init__(
        self, id_: str, root: ObjectLog, began: Write | None, *, contact: bool = False
    ) -> None:
        self.id = id_
        self.root = root
        self.began = began
        self.contact = contact
        self.floor = began.order if began is not None else -1
        self.due: float | None = None
        self.judged = -math.inf
        self.looked = 0
        self.aside = ""
        self.measured = 0.0
        self.rests_on: tuple[str, ...] = ()
        self.members: dict[int, Write] = {}
        self.refused: set[str] = set()
        self.dropped = 0
        self.first = math.inf
        self.last = -math.inf
        self.lowest = -1
        self.record: Trace | None = None

    @property
    def patience(self) -> float:
        """Seconds for which it is not judged again."""
        size = max(len(self.members) + self.dropped, self.looked)
        return min(size * _JUDGING_SHARE, _MOST_PATIENCE)

    def join(self, write: Write) -> None:
        """Count a write as a member."""
        at, order = write.change.at, write.order
        if order < self.lowest or not self.members:
            self.lowest = order
        self.members[id(write)] = write
        self.first, self.last = min(self.first, at), max(self.last, at)

    def leave(self, write: Write) -> None:
        """Count a write out, as a late cause put it into another trace."""
        self.members.pop(id(write), None)
        times = [member.change.at for member in self.members.values()]
        self.first = min(times, default=math.inf)
        self.last = max(times, default=-math.inf)
        self._find_lowest()

    def count_refused(self, step: Step) -> None:
        """Count in a refused request, which is a step but no write."""
        self.refused.add(step.id)
        self.first = min(self.first, step.at)
        self.last = max(self.last, step.at)

    def settle_refused(self, step: Step) -> None:
        """Keep but the number of a refused request, as it can belong nowhere else any more."""
        if step.id in self.refused:
            self.refused.discard(step.id)
            self.dropped += 1

    def trim(self, kept: int) -> list[Write]:
        """Count out all but the newest writes, and the first one; returns those counted out."""
        oldest = sorted(self.members.values(), key=by_order)[:-kept]
        for write in oldest:
            if write is not self.began:
                del self.members[id(write)]
                self.dropped += 1
        self._find_lowest()
        return [write for write in oldest if write is not self.began]

    def _find_lowest(self) -> None:
        self.lowest = min(map(by_order, self.members.values()), default=-1)
