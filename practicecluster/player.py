"""Plays a tape into the store, at the pace at which it was recorded."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from practicecluster.base_namespaces import BASE_NAMESPACES, NAMESPACES
from practicecluster.resources import ResourceType
from practicecluster.rewriting import Rewriter, TimeShift
from practicecluster.store import Store
from practicecluster.tape import Tape, TapeWrite, foreign_type

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Player:
    """Plays one tape once.

    `speed` 4 is four times as fast as recorded, infinity without any waiting. `clock` gives unix
    seconds. Call `prepare`, then `play`; between the two clients find the tape's beginning.
    """

    def __init__(
        self,
        store: Store,
        tape: Tape,
        *,
        speed: float = 1.0,
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._tape = tape
        self._clock = clock
        self._sleep = sleep
        self._times = TimeShift(began=tape.began, speed=speed)
        self._rewriter = Rewriter(first_revision=0, times=self._times, uids={})

    def prepare(self) -> None:
        """Drop the objects of the tape before, and put in what existed when this one began."""
        base = [("namespaces", name) for name in BASE_NAMESPACES]
        floor = self._store.reset(keep=base, own_counters=self._tape.own_counters)
        self._times.prepare(self._clock())
        uids = self._kept_uids(self._tape.initial)
        self._rewriter = Rewriter(first_revision=floor, times=self._times, uids=uids)
        for served in self._tape.types:
            self._store.types.add(served)
        for write in self._tape.initial:
            if not _is_base_namespace(write):
                self._commit(write)

    async def play(self) -> None:
        """Make the tape's writes, each at its time."""
        self._times.start(self._clock())
        for write in self._tape.writes:
            await self._sleep(max(0.0, self._times.due(write.at) - self._clock()))
            self._commit(write)

    def _kept_uids(self, initial: Iterable[TapeWrite]) -> dict[str, str]:
        """Return the server's own uids for the tape's base namespaces."""
        kept = self._store.cache("namespaces").objects
        return {
            write.content["metadata"].get("uid", ""): kept[write.key[1]].content()["metadata"][
                "uid"
            ]
            for write in initial
            if _is_base_namespace(write) and write.key[1] in kept
        }

    def _commit(self, write: TapeWrite) -> None:
        content = self._rewriter.rewritten(write.content)
        served = self._type_of(write)
        revision = self._rewriter.revision(write.revision)
        if write.type == "DELETED":
            self._store.delete(served, content, at_least=revision)
        else:
            self._store.put(served, content, at_least=revision)

    def _type_of(self, write: TapeWrite) -> ResourceType:
        """Return the type of a write, served from now on if it was not: the tape proves it."""
        served = self._store.types.find(write.resource)
        if served is None:
            namespaced = "namespace" in write.content["metadata"]
            served = foreign_type(write.resource, write.content["kind"], namespaced=namespaced)
            self._store.types.add(served)
        return served


def _is_base_namespace(write: TapeWrite) -> bool:
    return write.resource == NAMESPACES and write.key[1] in BASE_NAMESPACES
