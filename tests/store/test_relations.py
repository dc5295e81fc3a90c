"""What stands beside a trace or a step, and which gaps lie between two moments."""

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, Trace
from eventstream.history import Stored
from tests.store.conftest import both
from tests.store.samples import gap, put_step, put_trace, store

pytestmark = both


def beside(id_: str) -> tuple[str | None, str | None]:
    def named(found: Stored[Trace] | None) -> str | None:
        return None if found is None else found.id

    stored = history.trace(id_)
    assert stored is not None
    trace = stored.record
    return named(history.trace_before(trace)), named(history.trace_after(trace))


def test_traces_of_the_same_object_stand_before_and_after() -> None:
    again = ObjectRef("apps/v1", "Deployment", "shop", "nginx", "made anew")
    store(
        put_trace("first", started=1.0),
        put_trace("second", started=2.0),
        put_trace("hidden", started=2.5, background=True),
        put_trace("third", started=3.0),
        put_trace("another", started=2.2, root=again),
    )
    assert beside("first") == (None, "second")
    assert beside("second") == ("first", "third")
    assert beside("third") == ("second", None)
    assert beside("another") == (None, None)


def test_steps_stand_beside_in_their_trace_s_order() -> None:
    store(
        put_step("a", "t", "9"), put_step("b", "t", "10"), put_step("c", "t", "100"),
        put_step("x", "other", "11"),
    )  # fmt: skip
    found = history.step("b")
    assert found is not None
    before, after = history.steps_beside(found)
    assert (before and before.id, after and after.id) == ("a", "c")
    assert before is not None
    assert history.steps_beside(before)[0] is None


def test_gaps_are_found_where_they_overlap() -> None:
    store(seen=gap(95.0))
    store(seen=gap(120.0))
    assert [row.record.at for row in history.gaps_between(100.0, 110.0)] == [120.0]
    assert [row.record.at for row in history.gaps_between(93.0, 94.0)] == [95.0, 120.0]
    assert history.gaps_between(80.0, 85.0) == []
    assert history.gaps_between(121.0, 130.0) == []
    assert len(history.gaps_between(0.0, 200.0, limit=1)) == 1
