"""A situation, played whole in no time, and what Baton makes of it."""

from collections.abc import Collection
from datetime import UTC, datetime

from practicecluster.base_namespaces import base_namespace, create_base_namespaces
from practicecluster.situations.shelf import tapes
from practicecluster.situations.staging import Staged
from practicecluster.store import Store
from practicecluster.tape import Tape
from tests.practicecluster.folding import Folded

_Object = tuple[str, str | None, str]

BEGAN = 1_795_400_000.25


class Played:
    """A store with time of its own, into which situations are played."""

    def __init__(self) -> None:
        self.store = Store(history=100_000)
        create_base_namespaces(self.store)
        self.now = BEGAN
        self.marked: set[tuple[str, str]] = set()
        self.folded = Folded(self.store)
        self._states: list[tuple[float, dict[_Object, str]]] = []
        self._look()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass, with a look at what was written now, and then each second."""
        end = self.now + seconds
        self._look()
        while self.now + 1.0 < end:
            self.now += 1.0
            self._look()
        self.now = end

    def _look(self) -> None:
        self.folded.look(self.now)
        now: dict[_Object, str] = {}
        for trace in self.folded.traces.values():
            about = trace.root.kind, trace.root.namespace, trace.root.name
            most = self.folded.of(*about)
            now[about] = most.state if most is not None else ""
        self._states.append((self.now, now))

    def decided(self, about: _Object, states: Collection[str]) -> float:
        """Return how many seconds it took until an object stood in one of these states."""
        return min(at for at, now in self._states if now.get(about) in states) - BEGAN

    def stage(self, tape: Tape, space: str) -> Staged:
        """Return a situation that is not played yet, its namespace there."""
        served = self.store.types.find("v1/namespaces")
        assert served is not None
        self.store.put(served, base_namespace(space, datetime.fromtimestamp(self.now, UTC)))
        return Staged(self.store, tape, space, self.marked, self.clock)

    async def play(self, tape: Tape, space: str) -> Staged:
        """Play a situation to its end, and a little on."""
        staged = self.stage(tape, space)
        assert staged.taken() == ""
        await staged.play(self.sleep)
        await self.sleep(2.0)
        return staged


def numbered() -> list[tuple[int, Tape]]:
    return list(enumerate(tapes(), 1))
