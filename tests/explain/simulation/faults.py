"""What is truly wrong in a simulated cluster, noted by those who let it go wrong, when it does.

A fault is of one object. It may be told while it lasts, and has to be within a stated time. While
something tries again, as a container that was just started anew, it may be told and need not.
"""

import math
from collections.abc import Iterator

import msgspec

from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Clock

SOON = 5.0
"""Seconds within which what an object plainly shows has to be told."""


class Fault(msgspec.Struct):
    """One thing that is wrong: the codes that say so, and who can end it; unix seconds.

    `due` are the times from which, and up to which, it has to be told.
    """

    uid: str
    codes: frozenset[str]
    holders: frozenset[str]
    begun: float
    ended: float = math.inf
    due: list[tuple[float, float]] = msgspec.field(default_factory=list)

    def is_so(self, at: float, slack: float) -> bool:
        """Whether it may be told; `slack` seconds after its end it may still be."""
        return self.begun <= at <= self.ended + slack

    def is_due(self, at: float) -> bool:
        """Whether it has to be told."""
        return any(since <= at <= until for since, until in self.due)


class Faults:
    """All faults of a cluster's life, in the order in which they began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.every: list[Fault] = []

    def begin(
        self, thing: Json, codes: str, holders: str = "kubelet", within: float = SOON
    ) -> Fault:
        """Something went wrong with an object; it has to be told `within` seconds."""
        now = self._clock.now
        fault = Fault(
            thing["metadata"]["uid"], frozenset(codes.split()), frozenset(holders.split()), now
        )
        fault.due.append((now + within, math.inf))
        self.every.append(fault)
        return fault

    def lull(self, fault: Fault | None) -> None:
        """What went wrong is tried again: it may be told, and need not."""
        if fault is not None and fault.due and fault.due[-1][1] == math.inf:
            since, _ = fault.due.pop()
            if since < self._clock.now:
                fault.due.append((since, self._clock.now))

    def end(self, fault: Fault | None) -> None:
        """It is well again."""
        if fault is not None:
            self.lull(fault)
            fault.ended = min(fault.ended, self._clock.now)

    def of(self, thing: Json) -> Iterator[Fault]:
        """The faults of an object that have not ended."""
        uid = thing["metadata"]["uid"]
        return (fault for fault in self.every if fault.uid == uid and fault.ended == math.inf)
