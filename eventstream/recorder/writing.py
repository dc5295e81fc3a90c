"""The one writer of history: collects cheaply on the event loop, commits in one thread.

Watching must never wait for a disk, and history must never hold half of a batch. What was put
stays here until a commit took it; where the disk is slower than the cluster, `room` slows the
watching down instead of letting memory grow.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connections

from eventstream import retention
from eventstream.explain.vocabulary.records import Upsert
from eventstream.objects.observations import AuditLog, Observation, Problem
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.problems import commit_problem
from eventstream.recorder.status import ClusterIdentity, StatusKeeper, save_status

logger = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")

Notify = Callable[[int], Awaitable[None]]

RETENTION_INTERVAL = 60.0
"""Seconds between two looks at what is too old or too much."""
LONGEST_RETRY = 30.0
"""Seconds that a failing commit is put off at most."""


class Recorder:
    """Stores what was observed of `cluster`, and what the engine made of it.

    `notify(seq)` is awaited after a commit that changed what screens show. `clock` gives unix
    seconds. `problem` says why the last commit failed, None once one succeeded. Use on one event
    loop: `put` as things arrive, `room` before reading more, `run` as a task of its own.
    """

    def __init__(
        self,
        cluster: ClusterIdentity,
        *,
        notify: Notify | None = None,
        clock: Callable[[], float] = time.time,
        batch_interval: float = 0.1,
        limit: int = 5000,
    ) -> None:
        self.problem: Problem | None = None
        self._status = StatusKeeper(cluster)
        self._notify = notify
        self._clock = clock
        self._interval = batch_interval
        self._limit = limit
        self._batch = Batch()
        self._committing = Batch()
        self._space = asyncio.Event()
        self._space.set()
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._seq = 0
        self._retention_due = 0.0

    @property
    def pending(self) -> int:
        """How many rows were put and are not committed."""
        return len(self._batch) + len(self._committing)

    def put(
        self, observation: Observation | AuditLog | None, upserts: Iterable[Upsert] = ()
    ) -> None:
        """Take in an observation (None for a tick of the engine) with its upserts; never blocks."""
        self._batch.add(observation, upserts)
        if self.pending >= self._limit:
            self._space.clear()

    async def room(self) -> None:
        """Return when less than `limit` rows are pending."""
        while self.pending >= self._limit:
            await self._space.wait()

    async def run(self) -> None:
        """Commit every `batch_interval`, until cancelled; then commit what is left and return.

        After a failed commit the same rows are tried again, later each time. Retention runs
        between commits.
        """
        failures = 0
        try:
            while True:
                await asyncio.sleep(min(LONGEST_RETRY, self._interval * 2 ** min(failures, 16)))
                failures = 0 if await self.flush() else failures + 1
                await self._retain()
        finally:
            await self._finish()

    async def flush(self) -> bool:
        """Commit what is pending; False when that failed, and all of it is kept."""
        async with self._one_at_a_time:
            if not self._committing:
                self._committing, self._batch = self._batch, Batch()
            if not self._committing and not self._status.due(self._clock()):
                return True
            try:
                seq = await self._commit(self._committing)
            except Exception as error:
                self.problem = commit_problem(error, len(self._committing))
                logger.exception("%s %s", self.problem.cause, self.problem.action)
                await self._report(self.problem)
                return False
            self._committing = Batch()
            self.problem = None
            if self.pending < self._limit:
                self._space.set()
        await self._wake(seq)
        return True

    async def _commit(self, batch: Batch) -> int:
        now = self._clock()
        status = self._status.status(batch, now)
        if not self._status.due(now):
            return await self._in_thread(commit, batch, now, None)
        seq = await self._in_thread(commit, batch, now, status)
        self._status.written(now)
        return seq

    async def _report(self, problem: Problem) -> None:
        status = self._status.status(self._committing, self._clock(), problem)
        try:
            await self._in_thread(save_status, status)
        except DatabaseError:
            logger.exception("This could not be stored either, so pages see no heartbeat.")
            await self._in_thread(connections.close_all)

    async def _wake(self, seq: int) -> None:
        changed = seq > self._seq
        self._seq = seq
        if not changed or self._notify is None:
            return
        try:
            await self._notify(seq)
        except Exception:
            # Only a wake-up: whoever missed it asks again, and the rows are committed.
            logger.exception("Pages could not be told of seq %d; they will see it later.", seq)

    async def _retain(self) -> None:
        now = self._clock()
        if now < self._retention_due:
            return
        more = False
        try:
            more = await self._in_thread(retention.sweep, now)
        except DatabaseError:
            logger.exception("Retention failed and is tried again in %d s.", RETENTION_INTERVAL)
        if not more:
            self._retention_due = now + RETENTION_INTERVAL

    async def _finish(self) -> None:
        while self._committing or self._batch:
            if not await self.flush():
                logger.error(
                    "%d rows were not stored; a restart reads them again from the cluster, as far "
                    "as it still has them.",
                    self.pending,
                )
                break
        await self._in_thread(connections.close_all)
        self._thread.shutdown(wait=False)

    async def _in_thread(
        self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        job = self._thread.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(job)
