"""The observer of this process, as far as its counts go: what there is to tell of it."""

from typing import Protocol

import msgspec

from eventstream.metrics.counting import Counting


class Commits(msgspec.Struct):
    """How storing goes since the recorder began; times in seconds.

    `lag` is how long ago what the last commit stored had arrived; `spent` what commits took.
    """

    done: int = 0
    failed: int = 0
    lag: float = 0.0
    spent: float = 0.0


class Queue(Protocol):
    """What stores: how much waits for it, and how storing goes."""

    commits: Commits

    @property
    def pending(self) -> int:
        """How many rows wait."""

    @property
    def limit(self) -> int:
        """How many may wait before watching does."""


class Running(msgspec.Struct, frozen=True):
    """What one observer counts, and what stores for it."""

    counting: Counting
    queue: Queue


_places: list[Running] = []


def observing(queue: Queue) -> Counting:
    """Begin to count for an observer that stores by `queue`.

    One follows another in the same process where a database has vanished; the counts go on.
    """
    counting = _places[-1].counting if _places else Counting()
    counting.traces.begin_anew()
    _places[:] = [Running(counting, queue)]
    return counting


def running() -> Running | None:
    """Return what is counted of the observer of this process, None where there is none."""
    return _places[-1] if _places else None
