"""Which tapes are played, one after the other, and what is said about them."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from practicecluster.cluster import PracticeCluster
from practicecluster.player import Player
from practicecluster.tape import TAPES, Tape, read_tape

# The one that shows the documented sequence first; the rest from the plain to the special.
SHIPPED = (
    "create",
    "scale",
    "rolling_update",
    "self_heal",
    "bad_image",
    "crash_loop",
    "unschedulable",
    "quota",
    "operator",
    "workloads",
    "events_apart",
)


def find_tape(name: str) -> Path:
    """Return the file of a tape, given by path or by the name of a shipped one.

    Raises FileNotFoundError, which names the shipped ones, when there is none.
    """
    for path in (Path(name), TAPES / f"{name}.jsonl"):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"no tape {name!r}: neither a file nor one of the shipped tapes, which are "
        f"{', '.join(SHIPPED)}"
    )


def load_tapes(names: Sequence[str], complain: Callable[[str], None]) -> list[Tape]:
    """Return the tapes of these names; each line that can't be played is complained about.

    Raises OSError when a tape is missing or can't be read.
    """
    tapes = [read_tape(path) for path in [find_tape(name) for name in names]]
    for problem in (problem for tape in tapes for problem in tape.problems):
        complain(str(problem))
    return tapes


class Playlist:
    """Plays tapes into a cluster. `pause` is how many seconds clients get to list each beginning.

    The first tape waits until a client watches, at most `patience` seconds, so that whoever
    starts together with the server misses nothing.
    """

    def __init__(
        self,
        cluster: PracticeCluster,
        tapes: Sequence[Tape],
        *,
        speed: float,
        pause: float,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._tapes = tapes
        self._speed = speed
        self._pause = pause
        self._patience = patience
        self._say = say

    async def play(self, *, forever: bool) -> None:
        """Play all tapes, once or until cancelled."""
        await self._play_all(patience=self._patience)
        while forever and self._tapes:
            await self._play_all(patience=0.0)

    async def _play_all(self, *, patience: float) -> None:
        for number, tape in enumerate(self._tapes, start=1):
            player = Player(self._cluster.store, tape, speed=self._speed)
            player.prepare()
            if number == 1 and patience:
                await self._someone_watches(patience)
            await asyncio.sleep(self._pause)
            self._say(
                f"Playing {tape.name} ({number} of {len(self._tapes)}): {len(tape.writes)} writes "
                f"in {tape.seconds / self._speed:.0f} s."
            )
            await player.play()

    async def _someone_watches(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._cluster.watched()
        except TimeoutError:
            return
