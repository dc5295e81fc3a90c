"""How an open page catches up: complete, in order, and told what to take away."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream import history
from eventstream.explain.vocabulary.records import StepRemoved
from eventstream.history import Filter, Row
from tests.store.conftest import both
from tests.store.samples import gap, put_step, put_trace, store

pytestmark = both


def told(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    return [(kind, stored.id) for kind, stored in rows]


def test_the_feed_gets_traces_removals_and_gaps_but_no_steps() -> None:
    store(put_trace("t1"), put_step("s1"), put_trace("t2"))
    store(StepRemoved("t1", "trace"), StepRemoved("s1", "step"), seen=gap())
    changes = history.changes_since(0)
    assert told(changes.rows)[:2] == [("trace", "t2"), ("removed", "t1")]
    assert [kind for kind, _ in changes.rows] == ["trace", "removed", "gap"]
    assert (changes.seq, changes.more) == (history.head(), False)


def test_a_trace_gets_its_own_row_its_steps_and_what_left_it() -> None:
    store(put_trace("t1"), put_trace("t2"), put_step("s1"), put_step("s2"), put_step("x", "t2"))
    store(StepRemoved("s2", "step"), StepRemoved("x", "step"))
    changes = history.changes_since(0, trace="t1")
    assert told(changes.rows) == [("trace", "t1"), ("step", "s1"), ("removed", "s2")]


def test_only_what_is_newer_is_told_and_an_upgrade_is_newer() -> None:
    head = store(put_trace("t1"), put_step("s1"), put_step("s2"))
    store(put_step("s1", why="An audit record came."))
    rows = history.changes_since(head, trace="t1").rows
    assert told(rows) == [("step", "s1")]
    assert rows[0][1].revision == 2
    assert history.changes_since(history.head()).rows == ()


def test_a_trace_that_no_longer_matches_is_taken_away() -> None:
    running = Filter(state="running")
    head = store(put_trace("t1"), put_trace("t2"))
    store(put_trace("t1", state="complete"))
    assert told(history.changes_since(head, filter=running).rows) == [("removed", "t1")]
    assert told(history.changes_since(head).rows) == [("trace", "t1")]


def test_traces_that_a_filter_can_never_show_are_not_told_of() -> None:
    store(put_trace("t1"), put_trace("node", background=True))
    assert told(history.changes_since(0).rows) == [("trace", "t1")]
    assert told(history.changes_since(0, filter=Filter(namespace="other")).rows) == []


def test_a_long_absence_is_caught_up_in_bounded_parts() -> None:
    store(*(put_trace(f"t{at}") for at in range(5)), seen=gap())
    seq, met = 0, []
    while True:
        changes = history.changes_since(seq, limit=2)
        assert len(changes.rows) <= 2
        met += told(changes.rows)
        seq = changes.seq
        if not changes.more:
            break
    assert [id_ for _, id_ in met[:5]] == ["t0", "t1", "t2", "t3", "t4"]
    assert (len(met), seq) == (6, history.head())


edits = st.lists(
    st.one_of(
        st.builds(
            lambda id_, trace, why: put_step(id_, trace, why=str(why)),
            st.sampled_from("abc"),
            st.sampled_from(["t1", "t2"]),
            st.integers(0, 3),
        ),
        st.builds(StepRemoved, st.sampled_from("abc"), st.just("step")),
    ),
    max_size=15,
)


@given(edits, st.integers(1, 4))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_page_that_follows_the_changes_shows_what_is_stored(
    every: list[object], limit: int
) -> None:
    """Steps move and go in any order; a client that applies each row has what history has."""
    page: dict[str, str] = {}
    seq = history.head()
    store(*(StepRemoved(id_, "step") for id_ in "abc"))
    for edit in every:
        store(edit)  # type: ignore[arg-type]
        if len(page) % 2:
            continue  # Sometimes the page is away for a while.
        changes = history.changes_since(seq, limit=limit, trace="t1")
        seq = changes.seq
        apply(page, changes.rows)
    while True:
        changes = history.changes_since(seq, limit=limit, trace="t1")
        seq = changes.seq
        apply(page, changes.rows)
        if not changes.more:
            break
    assert page == {row.id: row.record.why for row in history.steps("t1")}


def apply(page: dict[str, str], rows: tuple[Row, ...]) -> None:
    for row in rows:
        if row[0] == "step":
            page[row[1].id] = row[1].record.why
        elif row[0] == "removed":
            page.pop(row[1].id, None)
