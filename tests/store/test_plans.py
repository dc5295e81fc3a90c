"""What pages ask goes by an index, in its order: however much history holds, little is read."""

import sys
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstream import history
from eventstream.history import EVERYTHING, Filter, LedgerFilter, Rights
from tests.store.samples import change, gap, put_step, put_trace, store, trace

VIEWER = Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})
SORTED = "USE TEMP B-TREE FOR ORDER BY"
"""What is found is sorted as a whole; the right part of an order is sorted among equals only."""


def plans(ask: Callable[[], object]) -> list[str]:
    """How SQLite goes about each statement that `ask` leads to."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    found = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            found.append("; ".join(row[3] for row in cursor.fetchall()))
    return [plan for plan in found if plan]


def cursor_of(id_: str) -> str:
    found = history.step(id_)
    assert found is not None
    return found.cursor


ASKED: dict[str, Callable[[], object]] = {
    "feed": history.traces,
    "feed, on": lambda: history.traces(before="2/100.0/ab"),
    "trace": lambda: history.trace("t1"),
    "steps": lambda: history.steps("t1"),
    "steps, on": lambda: history.steps("t1", after=cursor_of("s1")),
    "steps before": lambda: history.steps_up_to("t1", cursor_of("s1")),
    "step": lambda: history.step("s1"),
    "object": lambda: history.steps_about("uid-1"),
    "changes": history.ledger,
    "changes, on": lambda: history.ledger(before="100000000/ab"),
    "changes of a namespace": lambda: history.ledger(LedgerFilter(namespace="shop")),
    "changes of a kind": lambda: history.ledger(LedgerFilter(kind="Pod")),
    "changes by an actor": lambda: history.ledger(LedgerFilter(actor="client")),
    "window": lambda: history.between(1.0, 200.0),
    "what is new": lambda: history.changes_since(1),
    "rates": lambda: history.rates(200.0),
    "the trace before": lambda: history.trace_before(trace()),
    "the trace that tells": lambda: history.trace_telling(trace().root),
    "the last steps": lambda: history.last_steps("t1", 3),
}


FEW = {"the trace before", "the trace that tells"}
"""What sorts the traces of one root."""


@pytest.fixture(autouse=True)
def some() -> None:
    store(put_trace(), put_trace("t2", started=50.0), put_step(), seen=change())
    store(put_step("s2", version="11"), seen=gap())


@pytest.mark.parametrize("rights", [EVERYTHING, VIEWER], ids=["everything", "viewer"])
@pytest.mark.parametrize("asked", ASKED)
def test_nothing_is_sorted_or_gone_through_as_a_whole(asked: str, rights: Rights) -> None:
    with history.seeing(rights):
        found = plans(ASKED[asked])
    assert found
    for plan in found:
        if asked not in FEW:  # Few traces have one root.
            assert SORTED not in plan, plan
        for table in ("steprow", "tracerow", "objectrow", "imagerow"):
            whole = f"SCAN eventstream_{table}"
            in_order = plan.startswith((f"{whole} USING INDEX trace_in_order", f"{whole};"))
            # By its number, which is the seq, a table is gone through as far as is asked.
            assert whole not in plan or (in_order and asked in ("feed", "feed, on", "rates")), plan


def test_a_plan_that_sorts_is_noticed() -> None:
    with history.seeing(EVERYTHING):
        assert any(SORTED in plan for plan in plans(lambda: history.traces_about("uid-1")))


def test_changes_of_many_places_are_laid_together_in_order() -> None:
    kinds = ("Pod", "Job", "Service")
    for number in range(60):
        ref = trace().root.__class__("v1", kinds[number % 3], f"n{number % 7}", "a", f"u{number}")
        store(put_step(f"m{number}", "t1", str(100 + number), object=ref, at=float(number // 4)))
    for most in (0, 12):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["eventstream.history.ledger"], "PLACES_MOST", most)
            for wanted in (LedgerFilter(), LedgerFilter(namespace="n3"), LedgerFilter(kind="Job")):
                whole = [each.id for each in history.ledger(wanted, limit=200).rows]
                paged, before = [], None
                while True:
                    page = history.ledger(wanted, limit=7, before=before)
                    paged += [each.id for each in page.rows]
                    if (before := page.next) is None:
                        break
                assert paged == whole
                times = [(s.record.at, s.id) for s in history.ledger(wanted).rows]
                assert times == sorted(times, reverse=True)
            assert len(history.ledger(LedgerFilter(kind="Job")).rows) == 20


def test_the_first_pages_of_a_filter_are_filters_of_the_feed() -> None:
    assert [row.id for row in history.traces(Filter(actor="client")).rows] == ["t1"]
