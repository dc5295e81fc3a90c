"""History stays within its age and size, and says when it forgot something."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from eventstream import history, retention
from eventstream.explain.vocabulary.records import StepRemoved
from eventstream.models import GapRow, StepRow, TombstoneRow, TraceRow
from eventstream.recorder import Recorder
from eventstream.retention import DAY, MEBIBYTE, Limits
from tests.store.samples import Cluster, gap, put_step, put_trace, store

NOW = 100 * DAY
WEEK = Limits(7 * DAY, 512 * MEBIBYTE)


def traces() -> set[str]:
    return set(TraceRow.objects.values_list("id", flat=True))


def fill(count: int, **changed: Any) -> None:
    """Store traces of ten steps, about 20 KiB each, the first the oldest."""
    for at in range(count):
        steps = (put_step(f"{at}-{n}", f"t{at}", why="x" * 2000, at=1.0) for n in range(10))
        store(put_trace(f"t{at}", updated=1.0 + at, **changed), *steps)


def sweep_all(limits: Limits) -> int:
    rounds = 1
    while retention.sweep(NOW, limits):
        rounds += 1
    return rounds


def test_old_settled_traces_go_with_their_steps() -> None:
    old, new = NOW - 8 * DAY, NOW - 6 * DAY
    store(put_trace("old", settled=True, updated=old), put_step("a", "old"))
    store(put_trace("new", settled=True, updated=new), put_step("b", "new"))
    store(put_trace("open", settled=False, updated=old), put_step("c", "open"))
    sweep_all(WEEK)
    assert traces() == {"new", "open"}
    assert set(StepRow.objects.values_list("id", flat=True)) == {"b", "c"}


def test_old_steps_of_background_traces_go_though_these_never_settle() -> None:
    store(
        put_trace("node", background=True, updated=NOW),
        put_step("old", "node", at=NOW - 8 * DAY),
        put_step("new", "node", at=NOW),
    )
    sweep_all(WEEK)
    assert (traces(), [row.id for row in StepRow.objects.all()]) == ({"node"}, ["new"])


def test_old_tombstones_and_gaps_go() -> None:
    store(put_trace(), put_step(), seen=gap(at=NOW))
    store(StepRemoved("s1", "step"), seen=gap(at=NOW - 8 * DAY), now=NOW - 8 * DAY)
    sweep_all(WEEK)
    assert not TombstoneRow.objects.exists()
    assert [row.at for row in GapRow.objects.all()] == [NOW]


def test_steps_that_a_removed_trace_left_behind_go_with_its_tombstone() -> None:
    store(put_trace("gone"), put_step("s1", "gone"), put_trace("here"), put_step("s2", "here"))
    store(StepRemoved("gone", "trace"), now=1.0)
    sweep_all(WEEK)
    assert [row.id for row in StepRow.objects.all()] == ["s2"]


def test_the_floor_says_from_where_changes_can_be_asked() -> None:
    store(put_trace("old", settled=True, updated=1.0), put_step("a", "old"))
    head = store(put_trace("new", updated=NOW))
    assert history.floor() == 0
    sweep_all(WEEK)
    assert history.floor() == head - 1
    assert [row[1].id for row in history.changes_since(history.floor()).rows] == ["new"]


def test_deleting_is_done_in_small_batches() -> None:
    store(*(put_trace(f"t{at}", settled=True, updated=1.0) for at in range(120)))
    assert retention.sweep(NOW, WEEK)
    assert TraceRow.objects.count() == 120 - retention.TRACES_AT_ONCE
    assert sweep_all(WEEK) == 3
    assert not traces()


def test_above_its_size_history_forgets_the_oldest_settled_traces(database: Path) -> None:
    fill(120, settled=True)
    store(put_trace("open", updated=0.5), put_step("s1", "open"))
    size = 2 * MEBIBYTE
    assert database.stat().st_size > size
    sweep_all(Limits(1000 * DAY, size))
    wal = database.with_name(database.name + "-wal")
    assert database.stat().st_size + wal.stat().st_size <= size, "the disk has its space back"
    assert "open" in traces()
    assert "t119" in traces()
    assert "t0" not in traces()
    assert history.floor() > 0


def test_unsettled_traces_go_only_where_nothing_else_helps(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fill(60)
    assert retention.sweep(NOW, Limits(1000 * DAY, MEBIBYTE))
    assert "unsettled" in caplog.text
    assert "t59" in traces()
    assert "t0" not in traces()


def test_a_size_that_cannot_be_met_is_told_and_ends() -> None:
    assert sweep_all(Limits(1000 * DAY, 1)) == 1


def test_within_its_limits_history_keeps_everything() -> None:
    fill(3, settled=True)
    assert sweep_all(Limits(1000 * DAY, 512 * MEBIBYTE)) == 1
    assert len(traces()) == 3


def test_limits_come_from_the_settings(settings: Any) -> None:
    assert Limits.from_settings() == Limits(7 * DAY, 512 * MEBIBYTE)
    settings.BATON_RETENTION_DAYS, settings.BATON_RETENTION_MB = 0.5, 64
    assert Limits.from_settings() == Limits(0.5 * DAY, 64 * MEBIBYTE)
    settings.BATON_RETENTION_DAYS = 0
    with pytest.raises(ImproperlyConfigured, match="BATON_RETENTION_DAYS"):
        Limits.from_settings()


def test_the_recorder_forgets_between_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    store(*(put_trace(f"t{at}", settled=True, updated=1.0) for at in range(120)))

    async def record() -> None:
        swept, loop = asyncio.Event(), asyncio.get_running_loop()

        def sweep(now: float) -> bool:
            more = retention_sweep(now)
            if not more:
                loop.call_soon_threadsafe(swept.set)
            return more

        retention_sweep = retention.sweep
        monkeypatch.setattr(retention, "sweep", sweep)
        recorder = Recorder(Cluster(), clock=lambda: NOW, batch_interval=0.0)
        task = asyncio.create_task(recorder.run())
        await swept.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(record())
    assert not traces()
