"""The writer: off the loop, batched, patient with failures, and it loses nothing."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError, connection, connections

from eventstream import history
from eventstream.models import PositionRow, StepRow
from eventstream.recorder import Recorder, channel_layer_notifier, writing
from eventstream.recorder.commit import commit
from tests.store.conftest import both
from tests.store.samples import Cluster, change, noise, position, put_step, put_trace


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[Recorder]:
    """Run the recorder meanwhile; it must end by being cancelled and by nothing else."""
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    try:
        yield recorder
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)


def slow(**options: Any) -> Recorder:
    """A recorder that commits only when it is told to, or at its end."""
    return Recorder(Cluster(), batch_interval=3600.0, **options)


def ids() -> list[str]:
    return list(StepRow.objects.order_by("seq").values_list("id", flat=True))


def fail_first(
    monkeypatch: pytest.MonkeyPatch, errors: Iterable[Exception], threads: list[str] | None = None
) -> None:
    """Let the first commits fail with `errors`, and note the thread of each."""
    left = list(errors)

    def failing(*args: Any) -> int:
        if threads is not None:
            threads.append(threading.current_thread().name)
        if left:
            raise left.pop(0)
        return commit(*args)

    monkeypatch.setattr(writing, "commit", failing)


@both
async def test_what_is_put_is_committed_and_told_of() -> None:
    told: asyncio.Queue[int] = asyncio.Queue()
    async with running(Recorder(Cluster(), notify=told.put, batch_interval=0.0)) as recorder:
        recorder.put(position(), [put_trace(), put_step()])
        assert await told.get() == 2
        recorder.put(position("11"), [put_trace(), put_step()])
        await recorder.flush()
        recorder.put(None, [put_step("s2")])
        assert await told.get() == 3, "a commit that changes nothing to be seen wakes nobody"
    assert told.empty()


@both
def test_cancelling_commits_what_is_left() -> None:
    async def cancelled_at_once() -> None:
        async with running(slow()) as recorder:
            recorder.put(position("42"), [put_trace(), put_step()])

    asyncio.run(cancelled_at_once())
    assert ids() == ["s1"]
    assert b'"42"' in bytes(PositionRow.objects.get().body)


@both
async def test_commits_run_in_one_thread_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    fail_first(monkeypatch, [], threads)
    async with running(slow()) as recorder:
        for at in range(5):
            recorder.put(position(str(at)))
            await recorder.flush()
    assert len(threads) >= 5
    assert set(threads) == {"recorder_0"}


@both
async def test_reading_waits_while_too_much_is_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_first(monkeypatch, [OperationalError("database is locked")])
    async with running(slow(limit=2)) as recorder:
        await recorder.room()
        recorder.put(position(), [put_step("s1"), put_step("s2")])
        waiting = asyncio.create_task(recorder.room())
        assert not await recorder.flush()
        assert not waiting.done()
        assert recorder.pending == 2
        assert await recorder.flush()
        await waiting
        assert recorder.pending == 0


@both
async def test_reading_waits_while_what_is_pending_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_first(monkeypatch, [OperationalError("database is locked")])
    async with running(slow()) as recorder:
        recorder.put(change(size=writing.PENDING_BYTES - 1))
        await recorder.room()
        recorder.put(change(uid="uid-2", size=1))
        waiting = asyncio.create_task(recorder.room())
        assert not await recorder.flush()
        assert not waiting.done()
        assert await recorder.flush()
        await waiting


@both
def test_a_failed_commit_is_told_of_and_tried_again_in_order(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_first(monkeypatch, [OperationalError("database is locked")] * 2)

    async def record() -> None:
        async with running(slow()) as recorder:
            recorder.put(position("1"), [put_step("s1")])
            assert not await recorder.flush()
            assert recorder.problem is not None
            assert recorder.problem.code == "store-failed"
            assert "1 rows" in recorder.problem.message
            assert "Another program" in recorder.problem.cause
            recorder.put(position("2"), [put_step("s2", version="11")])
            assert not await recorder.flush()
            assert await asyncio.to_thread(told_problem) == recorder.problem
            assert await recorder.flush()
            assert recorder.problem is None

    asyncio.run(record())
    assert ids() == ["s1", "s2"]
    assert caplog.text.count("OperationalError: database is locked") == 1, "told once"


def told_problem() -> history.Problem | None:
    try:
        status = history.cluster()
        return status.problem if status else None
    finally:
        connections.close_all()


@both
async def test_run_tries_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_first(monkeypatch, [OperationalError("disk I/O error"), OSError("input/output error")])
    told: asyncio.Queue[int] = asyncio.Queue()
    async with running(Recorder(Cluster(), notify=told.put, batch_interval=0.001)) as recorder:
        recorder.put(position(), [put_step()])
        assert await told.get() == 1


def test_a_full_disk_loses_nothing() -> None:
    """A real SQLITE_FULL: the file may not grow, until somebody made room."""
    options = connections.settings["default"]["OPTIONS"]
    init = options["init_command"]
    with connection.cursor() as cursor:
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()

    async def record() -> None:
        async with running(slow()) as recorder:
            options["init_command"] = f"{init};PRAGMA max_page_count={pages + 2}"
            recorder.put(position(), [put_step(f"s{at}", why=noise(at)) for at in range(100)])
            assert not await recorder.flush()
            assert recorder.problem is not None
            assert "full" in recorder.problem.cause
            assert await asyncio.to_thread(steps_then_close) == 0
            options["init_command"] = init
            await recorder._in_thread(connections.close_all)
            assert await recorder.flush()

    try:
        asyncio.run(record())
    finally:
        options["init_command"] = init
    assert ids() == [f"s{at}" for at in range(100)]


def steps_then_close() -> int:
    try:
        return StepRow.objects.count()
    finally:
        connections.close_all()


@both
def test_rows_that_could_never_be_stored_are_named_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_first(monkeypatch, [OperationalError("database or disk is full")] * 99)

    async def record() -> None:
        async with running(slow()) as recorder:
            recorder.put(position(), [put_step()])

    asyncio.run(record())
    assert "1 rows were not stored" in caplog.text


@both
async def test_pages_that_cannot_be_told_stop_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_seq: int) -> None:
        raise ConnectionError("the channel layer is away")

    async with running(slow(notify=broken)) as recorder:
        recorder.put(position(), [put_step()])
        assert await recorder.flush()
    assert "could not be told of seq 1" in caplog.text


@both
def test_the_status_tells_who_is_watched_and_how_far_behind() -> None:
    clock = Clock()

    async def record() -> None:
        async with running(slow(clock=clock)) as recorder:
            clock.now = 100.25
            recorder.put(position())  # arrived at 100.0
            await recorder.flush()
            clock.now = 100.5
            recorder.put(position("11"))
            await recorder.flush()  # within the same second: not written

    asyncio.run(record())
    assert history.cluster() == history.ClusterStatus(
        "cluster-1", "practice", "http://127.0.0.1:8001", "v1.36.2", 100.25, 100.0, 0.25, None
    )


@both
def test_a_quiet_cluster_still_has_a_heartbeat() -> None:
    clock = Clock()

    async def record() -> None:
        async with running(slow(clock=clock)) as recorder:
            await recorder.flush()
            clock.now += 1.0
            await recorder.flush()

    asyncio.run(record())
    status = history.cluster()
    assert status is not None
    assert (status.heartbeat, status.last_observation_at, status.lag) == (1001.0, None, 0.0)


@both
def test_pages_are_behind_while_nothing_is_heard_though_storing_keeps_up() -> None:
    recorder = slow(clock=Clock())

    async def record() -> None:
        async with running(recorder):
            recorder.unheard(31.0)
            await recorder.flush()

    asyncio.run(record())
    status = history.cluster()
    assert status is not None
    assert (status.lag, recorder.commits.lag) == (31.0, 0.0)


@both
async def test_the_notifier_wakes_the_group_history() -> None:
    layer = get_channel_layer()
    await layer.group_add("history", "a-page")
    await channel_layer_notifier()(7)
    assert await layer.receive("a-page") == {"type": "history.changed", "seq": 7}
    await layer.group_discard("history", "a-page")


@both
def test_pages_read_whole_batches_while_the_writer_commits() -> None:
    """Each batch moves ten steps at once; a reader never sees some of them moved."""

    async def record() -> None:
        async with running(slow()) as recorder:
            for why in range(30):
                recorder.put(position(), [put_step(f"s{at}", why=str(why)) for at in range(10)])
                await recorder.flush()

    seen: list[set[str]] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not (done.is_set() and seen):
                seen.append({row.record.why for row in history.steps("t1")})
        finally:
            connections.close_all()

    reader = threading.Thread(target=read)
    reader.start()
    asyncio.run(record())
    done.set()
    reader.join()
    assert {len(whys) for whys in seen} <= {0, 1}
    assert {row.record.why for row in history.steps("t1")} == {"29"}
