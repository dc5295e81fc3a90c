"""The small row that tells every page which cluster it shows, and how far behind it is.

Written with a commit where one is due anyway, and at most once a second, so that watching a
quiet cluster costs next to nothing and a dead observer shows within seconds.
"""

from typing import Protocol

import msgspec

from eventstream.models import ClusterRow
from eventstream.recorder.batch import Batch
from eventstream.recorder.rows import replace_rows

INTERVAL = 1.0
"""Seconds between two writes of the row."""


class ClusterIdentity(Protocol):
    """Which cluster is watched: the uid that never changes, and what people call it."""

    @property
    def uid(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def server(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102


class Status(msgspec.Struct, frozen=True):
    """The cluster watched and how watching it goes; times in unix seconds.

    What is shown is of `lag` seconds ago: it was stored so late, or nothing came for so long.
    """

    uid: str
    name: str
    server: str
    version: str
    heartbeat: float
    observed: float | None = None
    lag: float = 0.0


class StatusKeeper:
    """Knows when the status is to be written next, and what it says."""

    def __init__(self, cluster: ClusterIdentity) -> None:
        self._cluster = cluster
        self._observed: float | None = None
        self._written: float | None = None
        self.unheard = 0.0
        """Seconds for which nothing came from the cluster, where that is no rest of its own."""

    def due(self, now: float) -> bool:
        """Whether the last one written is a second old, or of a later time: clocks go back too."""
        return self._written is None or not 0 <= now - self._written < INTERVAL

    def written(self, now: float) -> None:
        """Note that one of time `now` was written."""
        self._written = now

    def status(self, batch: Batch, now: float) -> Status:
        """What to say when `batch` is being committed at `now`."""
        if batch.until is not None:
            self._observed = max(batch.until, self._observed or 0.0)
        return Status(
            uid=self._cluster.uid,
            name=self._cluster.name,
            server=self._cluster.server,
            version=self._cluster.version,
            heartbeat=now,
            observed=self._observed,
            lag=max(self.unheard, batch.lag(now)),
        )


def save_status(status: Status) -> None:
    """Replace the cluster's row."""
    replace_rows(ClusterRow, [ClusterRow(**msgspec.structs.asdict(status))])
