"""What one commit stores, and which numbers it gives."""

import pytest
from django.db import DatabaseError

from eventstream import history
from eventstream.explain.vocabulary.records import StepRemoved
from eventstream.models import (
    CoverageRow,
    GapRow,
    ImageRow,
    MemoRow,
    PositionRow,
    StepRow,
    TombstoneRow,
    TraceKeyRow,
    TraceRow,
)
from eventstream.objects.observations import Coverage, Observation, Removed
from eventstream.packing.traces import unpack_image
from eventstream.recorder import commit as commit_module
from eventstream.recorder.commit import empty_journal
from tests.store.conftest import both
from tests.store.samples import (
    DEPLOYMENTS,
    PODS,
    change,
    gap,
    position,
    put_step,
    put_trace,
    store,
    trace,
)

pytestmark = both


def numbers(id_: str = "s1") -> tuple[int, int]:
    """Revision and seq of a step."""
    row = StepRow.objects.get(id=id_)
    return row.revision, row.seq


def memos() -> dict[str, bytes]:
    """What is kept for a restart, by step."""
    empty_journal()
    return {
        step: unpack_image(bytes(body))
        for step, body in MemoRow.objects.values_list("step", "body")
    }


def position_of_pods() -> str:
    return bytes(PositionRow.objects.get(resource=PODS.key).body).decode()


def test_a_new_row_has_revision_1_and_each_row_a_seq_of_its_own() -> None:
    assert store(put_trace(), put_step("s1"), put_step("s2", version="11"), seen=gap()) == 4
    assert numbers("s1") == (1, 2)
    assert numbers("s2") == (1, 3)
    assert TraceRow.objects.get().seq == 1
    assert GapRow.objects.get().seq == 4


def test_putting_the_same_again_raises_neither_revision_nor_seq() -> None:
    head = store(put_trace(), put_step(), seen=gap())
    assert store(put_trace(), put_step(), seen=gap()) == head
    assert numbers() == (1, 2)


def test_an_upgrade_raises_the_revision_and_takes_a_new_seq() -> None:
    store(put_trace(), put_step())
    assert store(put_step(why="The audit log says so.")) == 3
    assert numbers() == (2, 3)
    assert history.step("s1").record.why == "The audit log says so."  # type: ignore[union-attr]


def test_a_new_memo_alone_is_stored_and_told_to_nobody() -> None:
    head = store(put_trace(), put_step(memo=b"one"))
    assert store(put_step(memo=b"two")) == head
    assert (numbers(), memos()) == ((1, 2), {"s1": b"two"})


def test_a_settled_trace_needs_no_memos_any_more() -> None:
    store(put_trace(), put_step(), put_step("other", "t2"))
    store(put_step(why="An audit record came late."), put_trace(settled=True))
    assert memos() == {"other": b"memo"}


def test_a_step_that_begins_a_settled_trace_again_is_remembered_before_the_trace_is_told() -> None:
    store(put_trace(settled=True))
    store(put_step("s1", memo=b"one"))
    assert memos() == {"s1": b"one"}
    store(put_step("s2", version="11"), put_trace(settled=True), put_step("s3", version="12"))
    assert memos() == {"s3": b"memo"}
    store(put_trace(), put_step("s4", version="13"))
    assert memos() == {"s3": b"memo", "s4": b"memo"}


def test_a_memo_goes_with_its_step_to_another_trace_and_with_it_for_good() -> None:
    store(put_trace(), put_step(memo=b"one"), put_step("s2", version="11"))
    store(put_trace("t2"), put_step("s1", "t2", memo=b"two"), StepRemoved("s2", "step"))
    assert memos() == {"s1": b"two"}
    store(put_trace("t2", settled=True))
    assert memos() == {}


def test_a_removed_step_leaves_a_tombstone_in_its_trace() -> None:
    store(put_trace(), put_step())
    assert store(StepRemoved("s1", "step")) == 3
    assert not StepRow.objects.exists()
    assert TombstoneRow.objects.values_list("row", "kind", "trace", "seq").get() == (
        "s1", "step", "t1", 3,
    )  # fmt: skip


def test_removing_what_was_never_stored_leaves_nothing() -> None:
    assert store(StepRemoved("s1", "step"), StepRemoved("t1", "trace")) == 0
    assert not TombstoneRow.objects.exists()
    assert not TraceKeyRow.objects.exists()


def test_a_step_that_moved_to_another_trace_leaves_the_one_it_was_in() -> None:
    store(put_step("s1", "t1"))
    store(put_step("s1", "t2"))
    store(put_step("s1", "t1"))
    left = history.changes_since(0, trace="t2").rows
    kept = history.changes_since(0, trace="t1").rows
    assert [kind for kind, _ in left] == ["removed"]
    assert [kind for kind, _ in kept] == ["removed", "step"]


def test_images_follow_their_objects() -> None:
    store(seen=change("EXISTING", "a"))
    store(seen=change("ADDED", "b"))
    store(seen=change("MODIFIED", "b", "11"))
    store(seen=change("DELETED", "a", "12"))
    assert list(ImageRow.objects.values_list("uid", "resource__name")) == [("b", "v1/pods")]
    assert b'"resourceVersion":"11"' in unpack_image(bytes(ImageRow.objects.get().body))


@pytest.mark.parametrize(
    ("seen", "version"),
    [
        (change("ADDED", version="11"), "11"),
        (change("DELETED", version="12"), "12"),
        (position("13"), "13"),
        (change("EXISTING", version="14"), "10"),
        (change("MODIFIED", version="15", relisted=True), ""),
    ],
)
def test_the_position_is_where_a_watch_may_resume(seen: Observation, version: str) -> None:
    store(seen=position("10"))
    store(seen=seen)
    assert f'"resource_version":"{version}"' in position_of_pods()


def test_a_resource_that_left_takes_its_images_position_and_coverage_along() -> None:
    for resource in (PODS, DEPLOYMENTS):
        store(seen=position(resource=resource))
        store(seen=Coverage(resource, "watching", 100.0))
    store(seen=change())
    store(seen=Removed(PODS, 100.0, "its CRD was deleted"))
    assert not ImageRow.objects.exists()
    assert [row.resource for row in PositionRow.objects.all()] == [DEPLOYMENTS.key]
    assert [row.resource for row in CoverageRow.objects.all()] == [DEPLOYMENTS.key]


def test_a_commit_that_fails_halfway_stores_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    store(put_trace(), put_step(), seen=change(version="10"))

    def fail(*_: object) -> None:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(commit_module, "_store_bodies", fail)
    with pytest.raises(DatabaseError, match="disk I/O"):
        store(put_trace(state="complete"), put_step("s2"), seen=change(uid="u2", version="11"))

    assert [row.id for row in StepRow.objects.all()] == ["s1"]
    assert history.trace("t1").record == trace()  # type: ignore[union-attr]
    assert ImageRow.objects.count() == 1
    assert history.head() == 2
    assert '"resource_version":"10"' in position_of_pods()
