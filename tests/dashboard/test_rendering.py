"""A fragment is drawn once a revision, shared, and the cache has a bound."""

from django.utils.safestring import SafeString

from dashboard.rendering import FragmentCache, shared_trace_row
from dashboard.sequence_rows import sequence
from eventstream.history import Stored
from tests.dashboard import scenes


def test_the_cache_keeps_what_was_used_last() -> None:
    drawn: list[str] = []

    def get(key: str) -> SafeString:
        def draw() -> SafeString:
            drawn.append(key)
            return SafeString(key)

        return cache.get(key, draw)

    cache = FragmentCache(2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert get(key) == key
    assert drawn == ["a", "b", "c", "b"]


def test_a_revision_of_a_row_is_drawn_once_for_all_pages() -> None:
    trace, _ = scenes.stuck(100.0, "once")
    stored = Stored("once", 1, 7, trace)
    first = shared_trace_row(stored, 101.0)
    assert shared_trace_row(stored, 999.0) is first
    assert shared_trace_row(Stored("once", 2, 8, trace), 101.0) is not first


def test_a_new_step_changes_only_rows_that_look_different() -> None:
    trace, steps = scenes.nginx(100.0, "wide")
    stored = [Stored(step.id, 1, n, step, f"{n:03d}") for n, step in enumerate(steps)]
    # The last report of the last Pod folds into a row; all before it look the same.
    before, after = sequence(trace, stored[:-1]), sequence(trace, stored)
    changed = {new.id for new in after.rows} - {
        old.id for old in before.rows if old.signature in {new.signature for new in after.rows}
    }
    assert len(changed) == 1
    assert before.head == after.head
