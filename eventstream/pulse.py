"""Notices when the event loop is held, says where, and whether it still turns at all.

Pages, sockets and watches share one loop: whatever works there for a second delays all of them,
and nothing tells. So the loop raises a counter, and a thread beside it looks whether it rises.
Whether the loop is stuck is judged by the looks that found nothing, not by a clock: a machine that
stood still, or was suspended, does not make it look stuck.
"""

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from eventstream.metrics import Buckets, Distribution

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""Between two looks; the loop beats twice in each, and the thread looks once."""
BEAT_SECONDS = LOOK_SECONDS / 2
HELD_SECONDS = 1.0
"""So long without a beat is a hold: it is counted, and logged with the place when it ends."""
STUCK_SECONDS = 60.0
"""So long without a beat and `/healthz` fails: by then only a restart helps."""
DELAYS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Bounds, in seconds, by which it is counted how much later than meant the loop beats."""
FRAMES_MOST = 25
"""Innermost frames of the loop's thread that are logged of one hold."""

_UNSEEN = (
    "  (unknown, as no other thread ran meanwhile: one call held the interpreter, or the machine "
    "or the container stood still.)"
)
_SCHEDULED = Path("/proc/thread-self/schedstat")
_STUCK_LOOKS = round(STUCK_SECONDS / LOOK_SECONDS)


class Holds(msgspec.Struct, frozen=True):
    """How often the loop was held for over a second since Baton started; seconds of the longest."""

    count: int = 0
    longest: float = 0.0


_watched: list["Pulse"] = []
"""The pulse of this process's loop, once it runs."""


class Pulse:
    """What the loop's thread raises and another thread watches.

    `place` returns where the watched thread is at this moment, as text; `clock` gives seconds;
    `starved` those that the calling thread waited for a processor, which is no hold: on a machine
    that is busy with other things there is no place to blame.
    """

    def __init__(
        self,
        place: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        starved: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.holds = Holds()
        self.delays = Buckets(DELAYS)
        self._place = place
        self._clock = clock
        self._starved = starved
        self._starved_before = starved()
        self._beats = self._seen = self._missed = 0
        self._beat_at = clock()
        self._gap = 0.0
        self._where = ""

    def beat(self) -> None:
        """Say, on the loop, that it turns."""
        now, starved = self._clock(), self._starved()
        without = max(0.0, starved - self._starved_before)
        gap = now - self._beat_at - without
        self._gap = max(self._gap, gap)
        self.delays.take(max(0.0, gap - BEAT_SECONDS))
        self._beat_at, self._starved_before = now, starved
        self._beats += 1

    def look(self) -> None:
        """See, from beside the loop, whether it beat since the last look; one each LOOK_SECONDS."""
        if self._beats == self._seen:
            self._miss()
            return
        self._seen, self._missed = self._beats, 0
        gap, self._gap = self._gap, 0.0
        if gap >= HELD_SECONDS:
            self._end(gap)

    @property
    def stuck(self) -> str:
        """Why only a restart helps, "" while the loop turns or may yet go on."""
        if self._missed < _STUCK_LOOKS:
            return ""
        return (
            f"The event loop is held for {self._missed * LOOK_SECONDS:.0f} s: no page is answered "
            "and nothing is watched. The log says where. A restart goes on from what is stored."
        )

    def _miss(self) -> None:
        self._missed += 1
        if not self._where and self._clock() - self._beat_at >= HELD_SECONDS:
            self._where = self._place()
        if self._missed == _STUCK_LOOKS:
            logger.critical("%s It is now at:\n%s", self.stuck, self._place())

    def _end(self, held: float) -> None:
        where, self._where = self._where or _UNSEEN, ""
        self.holds = Holds(self.holds.count + 1, max(self.holds.longest, held))
        logger.warning(
            "The event loop was held for %.1f s, and pages waited as long. It was at:\n%s",
            held,
            where,
        )


def holds() -> Holds:
    """Return how often and long the loop of this process was held; never where none is watched."""
    return _watched[-1].holds if _watched else Holds()


def delays() -> Distribution | None:
    """Return how much later than meant this process's loop did its work; None without a loop."""
    return _watched[-1].delays.so_far() if _watched else None


def place_of(thread: int) -> str:
    """Return where the thread with this identifier is, innermost call last; "" once it ended."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)[-FRAMES_MOST:]).rstrip() if frame else ""


def starved() -> float:
    """Return the seconds that this thread waited for a processor so far, 0 where Linux hides it."""
    try:
        # https://docs.kernel.org/scheduler/sched-stats.html: ran, waited (both ns), times.
        return int(_SCHEDULED.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def watched(loop: asyncio.AbstractEventLoop) -> Pulse:
    """Return the pulse of `loop`, which runs in this thread, and watch it from another for good."""
    here = threading.get_ident()
    pulse = Pulse(lambda: place_of(here), starved=starved)

    def beat() -> None:
        pulse.beat()
        loop.call_later(BEAT_SECONDS, beat)

    def look() -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_SECONDS):
            pulse.look()

    _watched.append(pulse)
    loop.call_soon(beat)
    threading.Thread(target=look, name="pulse", daemon=True).start()
    return pulse
