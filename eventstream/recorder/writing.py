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

from django.db import DatabaseError

from eventstream.dialects import OvertakenError, VanishedError, dialect
from eventstream.explain.vocabulary.records import Upsert
from eventstream.history.problems import storing
from eventstream.metrics import Commits
from eventstream.objects.observations import AuditLog, Gap, Observation, Position, Problem
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.journal import IMAGES_SECONDS
from eventstream.recorder.leaving import positions_after
from eventstream.recorder.problems import commit_problem
from eventstream.recorder.status import ClusterIdentity, Status, StatusKeeper
from eventstream.recorder.tenure import Tenure
from eventstream.retention import Retention
from eventstream.searching import keeping

logger = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")

Notify = Callable[[int], Awaitable[None]]

LONGEST_RETRY = 5.0
"""Seconds that a failing commit is put off at most."""
PENDING_MOST = 5000
"""So many rows are pending at most, or as many as a commit may write under the limit of size."""
PENDING_BYTES = 64 * 1024 * 1024
"""So many bytes of what came in are pending at most, and what came last."""

_VANISHED = (
    "The database of history was deleted, moved or replaced while Baton ran. What was stored in it "
    "is lost to this one, which begins with what existed then."
)


class Recorder:
    """Stores what was observed of `cluster`, and what the engine made of it.

    `notify(seq)` is awaited after a commit that changed what screens show. `clock` gives unix
    seconds. `problem` says why the last commit failed, None once one succeeded; `limit` is how many
    rows may wait. Use on one event loop: `put` as things arrive, `room` before reading more, `run`
    as a task of its own.
    """

    def __init__(
        self,
        cluster: ClusterIdentity,
        *,
        notify: Notify | None = None,
        clock: Callable[[], float] = time.time,
        batch_interval: float = 0.1,
        limit: int | None = None,
        retention: Retention | None = None,
    ) -> None:
        self.problem: Problem | None = None
        self.commits = Commits()
        self._status = StatusKeeper(cluster)
        self._notify = notify
        self._clock = clock
        self._interval = batch_interval
        self._retention = retention or Retention(clock=clock)
        self.limit = limit or min(PENDING_MOST, self._retention.room.rows)
        self._writing = dialect().writing()
        self._tenure: Tenure | None = None
        self._overtaken = False
        self._batch = Batch()
        self._committing = Batch()
        self._space = asyncio.Event()
        self._space.set()
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._seq = 0
        self._reached: dict[str, Position] = {}
        self._stored_at = 0.0
        self._unindexed = True

    @property
    def pending(self) -> int:
        """How many rows were put and are not committed."""
        return len(self._batch) + len(self._committing)

    def resume(self, positions: Iterable[Position], tenure: Tenure | None = None) -> None:
        """Note how far each resource had come when history was stored last, and write as `tenure`.

        Without one, whatever the database holds is written to.
        """
        self._tenure = tenure
        self._reached = {position.resource.key: position for position in positions}

    def unheard(self, seconds: float) -> None:
        """Note for how long nothing came from the cluster, where that is no rest of its own."""
        self._status.unheard = seconds

    def lost(self, now: float) -> tuple[Gap, ...]:
        """The gap of each resource between the last commit and `now`, of a vanished database.

        None where the database is there, and is to be read again.
        """
        if self._overtaken:
            return ()
        since = self._stored_at or now
        return tuple(
            Gap(at.resource, at.resource_version, "", since, now, _VANISHED)
            for at in self._reached.values()
        )

    def put(
        self, observation: Observation | AuditLog | None, upserts: Iterable[Upsert] = ()
    ) -> None:
        """Take in an observation (None for a tick of the engine) with its upserts; never blocks."""
        self._batch.add(observation, upserts)
        if self._full():
            self._space.clear()

    def _full(self) -> bool:
        held = self._batch.size + self._committing.size
        return self.pending >= self.limit or held >= PENDING_BYTES

    async def room(self) -> None:
        """Return when less than `limit` rows and PENDING_BYTES are pending."""
        while self._full():
            await self._space.wait()

    async def run(self) -> None:
        """Commit every `batch_interval`, until cancelled; then commit what is left and return.

        After a failed commit the same rows are tried again, later each time. Between commits
        retention runs, and what an earlier Baton stored is made searchable. Raises VanishedError
        when the database is no longer there, OvertakenError when another Baton writes it: what is
        pending then is of no use, as what was before is not.
        """
        failures = 0
        try:
            while True:
                await asyncio.sleep(min(LONGEST_RETRY, self._interval * 2 ** min(failures, 16)))
                failures = 0 if await self.flush() else failures + 1
                await self._retain()
                await self._index()
        except (VanishedError, OvertakenError) as error:
            self._committing, self._batch = Batch(), Batch()
            self._overtaken = isinstance(error, OvertakenError)
            raise
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
            except Exception as error:  # noqa: BLE001  Told, and tried again.
                await self._failed(error)
                return False
            self._committing = Batch()
            self._stored()
        await self._wake(seq)
        return True

    async def _commit(self, batch: Batch) -> int:
        now = self._clock()
        due = self._status.due(now)
        status = self._status.status(batch, now)
        began = time.perf_counter()
        seq = await self._in_thread(self._write, batch, now, status if due else None)
        self.commits.done += 1
        self.commits.spent += time.perf_counter() - began
        self.commits.lag = batch.lag(now)
        if due:
            self._status.written(now)
        for removed in batch.over:
            self._reached = positions_after(removed, self._reached)
        self._reached.update(batch.positions)
        self._stored_at = now
        return seq

    def _write(self, batch: Batch, now: float, status: Status | None) -> int:
        self._writing.check()
        self._retention.make_room()
        seq = commit(batch, now, status, self._tenure, IMAGES_SECONDS)
        if self._tenure is not None:
            self._tenure.reached(seq)
        return seq

    async def _failed(self, error: Exception) -> None:
        """Tell why nothing was stored, once; raises one that nothing can be stored after."""
        self.commits.failed += 1
        self.problem = problem = commit_problem(error, len(self._committing))
        if storing.failed(problem):
            known = isinstance(error, DatabaseError | OSError)
            told = " ".join((problem.message, problem.cause, problem.action))
            logger.error("%s", told, exc_info=None if known else error)
        if isinstance(error, VanishedError):
            await self._in_thread(self._writing.leave)
        if isinstance(error, (VanishedError, OvertakenError)):
            raise error

    def _stored(self) -> None:
        self.problem = None
        over = storing.well()
        if over is not None:
            logger.info("History is stored again after %.0f s.", time.time() - over.since)
        if not self._full():
            self._space.set()

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
        if self.problem is not None or not self._retention.due():
            return
        try:
            await self._in_thread(self._retention.sweep)
        except DatabaseError:
            logger.exception("What is too old could not be deleted; that is tried again.")

    async def _index(self) -> None:
        """Take in some of what no search finds yet, unless there is more to do than that."""
        if not self._unindexed or self.problem is not None or self.pending > self.limit // 2:
            return
        try:
            self._unindexed = await self._in_thread(keeping.index_older)
        except DatabaseError:
            logger.exception("Older history could not be made searchable; that is tried again.")

    async def _finish(self) -> None:
        try:
            while (self._committing or self._batch) and await self.flush():
                pass
        finally:
            if self.pending:
                logger.error(
                    "%d rows were not stored; a restart reads them again from the cluster, as far "
                    "as it still has them.",
                    self.pending,
                )
            storing.well()
            await self._in_thread(self._writing.close)
            self._thread.shutdown(wait=False)

    async def _in_thread(
        self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        job = self._thread.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(job)
