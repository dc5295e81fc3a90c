"""History stays within its age and size, and says when it forgot something."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from eventstream import history
from eventstream.believed import BelievedTime
from eventstream.explain.vocabulary.records import StepRemoved
from eventstream.models import GapRow, MemoRow, StepRow, TombstoneRow, TraceKeyRow, TraceRow
from eventstream.recorder import Recorder
from eventstream.recorder.commit import empty_journal
from eventstream.retention import DAY, MEBIBYTE, Limits, Retention
from eventstream.sqlite import files
from tests.store.conftest import both
from tests.store.samples import Cluster, gap, noise, put_step, put_trace, store

NOW = 100 * DAY
WEEK = Limits(7 * DAY, 512 * MEBIBYTE)


def traces() -> set[str]:
    return set(TraceRow.objects.values_list("id", flat=True))


def fill(count: int, **changed: Any) -> None:
    """Store traces of ten steps, about 20 KiB each, the first the oldest."""
    for at in range(count):
        steps = (put_step(f"{at}-{n}", f"t{at}", why=noise((at, n)), at=1.0) for n in range(10))
        store(put_trace(f"t{at}", updated=1.0 + at, **changed), *steps)


def retention(limits: Limits, at: float = NOW) -> Retention:
    """What deletes as if it had run until `at`, and so believed that time."""
    keeper = Retention(limits, clock=lambda: at, uptime=lambda: at)
    keeper._time = BelievedTime(None, at, at)
    return keeper


def stored_at(at: float) -> None:
    """Note that all that is stored now was so at that time."""
    retention(WEEK, at).sweep()


def sweep_all(limits: Limits) -> int:
    keeper, rounds = retention(limits), 1
    while keeper.sweep():
        rounds += 1
    return rounds


@both
def test_old_settled_traces_go_with_their_steps() -> None:
    store(put_trace("old", settled=True), put_step("a", "old"))
    store(put_trace("open", settled=False), put_step("c", "open"))
    stored_at(NOW - 8 * DAY)
    store(put_trace("new", settled=True), put_step("b", "new"))
    stored_at(NOW - 6 * DAY)
    sweep_all(WEEK)
    assert traces() == {"new", "open"}
    assert set(StepRow.objects.values_list("id", flat=True)) == {"b", "c"}


@both
def test_old_steps_of_background_traces_go_though_these_never_settle() -> None:
    store(put_trace("node", background=True), put_step("old", "node"))
    stored_at(NOW - 8 * DAY)
    store(put_trace("node", background=True, steps=2), put_step("new", "node"))
    sweep_all(WEEK)
    assert (traces(), [row.id for row in StepRow.objects.all()]) == ({"node"}, ["new"])


@both
def test_what_a_restart_needs_of_a_step_goes_with_the_step() -> None:
    store(put_trace("node", background=True), put_step("old", "node"))
    stored_at(NOW - 8 * DAY)
    store(put_trace("node", background=True, steps=2), put_step("new", "node"))
    sweep_all(WEEK)
    empty_journal()
    assert [row.step for row in MemoRow.objects.all()] == ["new"]


@both
@pytest.mark.parametrize("written", [1e15, -5.0, 0.0])
def test_the_times_in_the_rows_count_for_nothing(written: float) -> None:
    store(put_trace("old", settled=True, updated=written), put_step("a", "old", at=written))
    stored_at(NOW - 8 * DAY)
    store(put_trace("new", settled=True, updated=written), put_step("b", "new", at=written))
    sweep_all(WEEK)
    assert traces() == {"new"}


@both
def test_old_tombstones_and_gaps_go() -> None:
    store(put_trace(), put_step(), seen=gap(at=1.0))
    store(StepRemoved("s1", "step"))
    stored_at(NOW - 8 * DAY)
    store(seen=gap(at=2.0))
    sweep_all(WEEK)
    assert not TombstoneRow.objects.exists()
    assert [row.at for row in GapRow.objects.all()] == [2.0]


@both
def test_steps_that_a_removed_trace_left_behind_go_with_its_tombstone() -> None:
    store(put_trace("gone"), put_step("s1", "gone"), put_trace("here"), put_step("s2", "here"))
    store(StepRemoved("gone", "trace"))
    stored_at(NOW - 8 * DAY)
    sweep_all(WEEK)
    assert [row.id for row in StepRow.objects.all()] == ["s2"]


@both
def test_the_keys_of_traces_go_whose_steps_moved_away() -> None:
    store(put_trace("gone"), put_step("s1", "gone"), put_step("s2", "never"))
    store(put_trace("here"), put_step("s1", "here"), put_step("s2", "here"))
    store(StepRemoved("gone", "trace"))
    stored_at(NOW - 8 * DAY)
    sweep_all(WEEK)
    assert [row.id for row in TraceKeyRow.objects.all()] == ["here"]


@both
def test_the_floor_says_from_where_changes_can_be_asked() -> None:
    store(put_trace("old", settled=True), put_step("a", "old"))
    stored_at(NOW - 8 * DAY)
    head = store(put_trace("new"))
    assert history.floor() == 0
    sweep_all(WEEK)
    assert history.floor() == head - 1
    assert [row[1].id for row in history.changes_since(history.floor()).rows] == ["new"]


@both
def test_deleting_is_done_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstream.retention.TRACES_AT_ONCE", 5)
    monkeypatch.setattr("eventstream.retention.ROWS_AT_ONCE", 10)
    steps = [put_step(f"s{at}", "t0") for at in range(25)]
    store(*steps, *(put_trace(f"t{at}", settled=True) for at in range(12)))
    stored_at(NOW - 8 * DAY)
    left, keeper = [], retention(WEEK)
    while keeper.sweep():
        left.append((StepRow.objects.count(), TraceRow.objects.count()))
    assert left == [(15, 12), (5, 12), (0, 12), (0, 7), (0, 2), (0, 0)]


def make_room(size: int) -> Retention:
    keeper = retention(Limits(1000 * DAY, size))
    for _ in range(100):
        keeper.make_room()
    return keeper


def test_above_its_size_history_forgets_the_oldest_settled_traces(database: Path) -> None:
    fill(120, settled=True)
    store(put_trace("open", updated=0.5), put_step("s1", "open"))
    size = 2 * MEBIBYTE
    assert database.stat().st_size > size
    make_room(size)
    assert files.all_bytes() <= size, "the disk has its space back"
    assert "open" in traces()
    assert "t119" in traces()
    assert "t0" not in traces()
    assert history.floor() > 0


def test_unsettled_traces_go_only_where_nothing_else_helps(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventstream.retention.ROWS_AT_ONCE", 20)
    fill(60)
    make_room(MEBIBYTE)
    assert caplog.text.count("unsettled") == 1
    kept = set(StepRow.objects.values_list("trace__id", flat=True))
    assert "t59" in kept
    assert "t0" not in kept


def test_old_steps_of_a_background_trace_go_before_newer_traces() -> None:
    steps = [put_step(f"old{at}", "node", why=noise(at)) for at in range(2000)]
    store(put_trace("node", background=True), *steps)
    fill(20, settled=True)
    make_room(4 * MEBIBYTE)
    assert StepRow.objects.filter(trace__id="node").count() < 1000
    assert len(traces()) == 21


def test_a_size_that_cannot_be_met_is_told_once_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    fill(2)
    make_room(1)
    assert (StepRow.objects.count(), traces()) == (0, set())
    assert caplog.text.count("what exists in the cluster now alone") == 1


def test_within_its_limits_history_keeps_everything() -> None:
    fill(3, settled=True)
    make_room(512 * MEBIBYTE)
    assert sweep_all(Limits(1000 * DAY, 512 * MEBIBYTE)) == 1
    assert len(traces()) == 3


def test_the_limit_of_size_holds_for_all_files_after_each_commit_of_a_flood() -> None:
    limits = Limits(1000 * DAY, 8 * MEBIBYTE)

    async def flood() -> int:
        recorder = Recorder(Cluster(), retention=retention(limits), batch_interval=3600.0)
        task, largest = asyncio.create_task(recorder.run()), 0
        for turn in range(60):
            steps = [put_step(f"{turn}-{n}", f"t{turn}", why=noise((turn, n))) for n in range(200)]
            recorder.put(None, [put_trace(f"t{turn}", settled=turn % 2 == 0), *steps])
            assert await recorder.flush()
            largest = max(largest, files.all_bytes())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return largest

    assert asyncio.run(flood()) <= limits.size
    kept = set(StepRow.objects.values_list("trace__id", flat=True))
    assert "t59" in kept
    assert "t0" not in kept


def test_a_reader_that_holds_the_wal_makes_the_writer_wait_within_the_limit(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHECKPOINT_WAIT", 0)
    limits = Limits(1000 * DAY, 8 * MEBIBYTE)
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from eventstream_steprow").fetchall()

    async def flood() -> None:
        recorder = Recorder(Cluster(), retention=retention(limits), batch_interval=3600.0)
        task, turn = asyncio.create_task(recorder.run()), 0
        while recorder.problem is None:
            turn += 1
            recorder.put(None, [put_step(f"{turn}-{n}", why=noise((turn, n))) for n in range(100)])
            await recorder.flush()
            assert files.all_bytes() <= limits.size
        assert "does not end" in recorder.problem.cause
        held = recorder.pending
        reader.close()
        assert held == 100
        assert await recorder.flush()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(flood())
    assert files.all_bytes() <= limits.size


def test_limits_come_from_the_settings(settings: Any) -> None:
    assert Limits.from_settings() == Limits(7 * DAY, 512 * MEBIBYTE)
    settings.BATON_RETENTION_DAYS, settings.BATON_RETENTION_MB = 0.5, 64
    assert Limits.from_settings() == Limits(0.5 * DAY, 64 * MEBIBYTE)
    settings.BATON_RETENTION_DAYS = 0
    with pytest.raises(ImproperlyConfigured, match="BATON_RETENTION_DAYS"):
        Limits.from_settings()


@both
def test_the_recorder_forgets_between_commits() -> None:
    store(*(put_trace(f"t{at}", settled=True) for at in range(120)))
    stored_at(NOW - 8 * DAY)

    class Watched(Retention):
        swept: asyncio.Event

        def sweep(self) -> bool:
            more = super().sweep()
            if not more:
                loop.call_soon_threadsafe(self.swept.set)
            return more

    async def record() -> None:
        keeper.swept = asyncio.Event()
        recorder = Recorder(Cluster(), retention=keeper, batch_interval=0.0)
        task = asyncio.create_task(recorder.run())
        await keeper.swept.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    keeper = Watched(WEEK, clock=lambda: NOW, uptime=lambda: NOW)
    keeper._time = BelievedTime(None, NOW, NOW)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        runner.run(record())
    assert not traces()
