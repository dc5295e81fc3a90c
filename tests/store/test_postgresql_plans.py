"""On a PostgreSQL, too, what pages ask can go by an index, in its order.

The few rows of a test are best read as a whole, so the server is told that this is dear: what it
does all the same, it has no other way to do.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstream import history
from eventstream.history import EVERYTHING, Rights
from tests.store.samples import change, gap, put_step, put_trace, store
from tests.store.test_plans import ASKED, FEW, TABLES, VIEWER

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


UNORDERED = {"search of steps", "search of traces"}
"""What an index has in no order: what it finds is sorted."""


def plans(ask: Callable[[], object]) -> list[str]:
    """How the server goes about each statement that `ask` leads to."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        for query in captured.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            found.append("\n".join(row[0] for row in cursor.fetchall()))
    return found


def whole(plan: str) -> list[str]:
    """What of a plan reads a table from end to end, or sorts more than what is equal so far."""
    if not any(f"eventstream_{table}" in plan for table in TABLES):
        return []
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    read = tuple(f"Seq Scan on eventstream_{table}" for table in TABLES)
    return [line for line in lines if line.startswith(("Sort  (", *read))]


@pytest.fixture(autouse=True)
def some(database: object) -> None:
    store(put_trace(), put_trace("t2", started=50.0), put_step(), seen=change())
    store(put_step("s2", version="11"), seen=gap())


@pytest.mark.parametrize("rights", [EVERYTHING, VIEWER], ids=["everything", "viewer"])
@pytest.mark.parametrize("asked", ASKED)
def test_nothing_has_to_be_sorted_or_gone_through_as_a_whole(asked: str, rights: Rights) -> None:
    with history.seeing(rights):
        found = plans(ASKED[asked])
    assert found
    for plan in found:
        if asked in UNORDERED:
            assert not [line for line in whole(plan) if not line.startswith("Sort")], plan
        elif asked not in FEW:
            assert not whole(plan), plan


def test_a_plan_that_sorts_is_noticed() -> None:
    assert any(whole(plan) for plan in plans(lambda: history.traces_about("uid-1")))
