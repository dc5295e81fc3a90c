"""What pages ask goes by an index, in its order: however much history holds, little is read."""

import re
import sys
from collections.abc import Callable
from itertools import product
from random import Random
from typing import get_args

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef, TraceState
from eventstream.history import EVERYTHING, Cut, Filter, LedgerFilter, Rights, Terms
from eventstream.models import RANKS
from eventstream.packing.ids import id_bytes
from tests.store.conftest import both
from tests.store.samples import change, gap, put_step, put_trace, store, trace

VIEWER = Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})
IN_ORDER = {
    "feed": "tracerow USING INDEX trace_in_order",
    "changes": "steprow USING INDEX step_in_time",
    "search of objects": "imagerow USING INDEX image_by_name",
}
"""What is gone through in the order that is asked for, as far as is asked."""
FEW = {
    *("the trace before", "the trace that tells", "the traces of an object's own"),
    *("changes by a name", "feed by a name", "search of objects"),
    *("feed of an actor", "excerpt of a namespace"),
}
"""What sorts the few rows of one name, of one root, of one actor, or of one window."""
TABLES = ("steprow", "tracerow", "objectrow", "imagerow")
"""What grows with history; all others have few rows."""
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
    "feed of a namespace": lambda: history.traces(Filter("shop")),
    "feed of a namespace, on": lambda: history.traces(Filter("shop"), before="2/100.0/ab"),
    "feed of a kind": lambda: history.traces(Filter(kind="Deployment")),
    "feed of a state": lambda: history.traces(Filter(state="running")),
    "feed of an actor": lambda: history.traces(Filter(actor="client")),
    "what to filter by": history.choices,
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
    "changes by a name": lambda: history.ledger(LedgerFilter(text="nginx")),
    "changes by a name, on": lambda: history.ledger(
        LedgerFilter(text="nginx"), before="100000000/ab"
    ),
    "feed by a name": lambda: history.traces(Filter(text="nginx")),
    "search of steps": lambda: history.search_steps(Terms.of("client nginx")),
    "search of traces": lambda: history.search_traces(Terms.of("nginx")),
    "search of objects": lambda: history.search_objects(Terms.of("nginx")),
    "search of objects, on": lambda: history.search_objects(Terms.of("pod"), before="live/6162/a"),
    "window": lambda: history.between(1.0, 200.0),
    "excerpt": lambda: list(history.excerpt(Cut(1.0, 200.0), 300.0, 1)),
    "excerpt of a namespace": lambda: list(history.excerpt(Cut(1.0, 200.0, "shop"), 300.0)),
    "what is new": lambda: history.changes_since(1),
    "rates": lambda: history.rates(200.0),
    "the trace before": lambda: history.trace_before(trace()),
    "the traces of an object's own": lambda: history.own_traces(trace().root),
    "the trace that tells": lambda: history.trace_telling(trace().root),
    "the last steps": lambda: history.last_steps("t1", 3),
}


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
    name = asked.removesuffix(", on")
    for plan in found:
        large = any(f"eventstream_{table}" in plan for table in TABLES)
        assert SORTED not in plan or name in FEW or not large, plan
        for table in TABLES:
            whole = f"SCAN eventstream_{table}"
            # What an index has of each row itself, SQLite reads there alone.
            plain = plan.replace("COVERING ", "")
            in_order = plain.startswith(f"SCAN eventstream_{IN_ORDER.get(name, '-')}")
            # By its number, which is the seq, a table is gone through as far as is asked.
            by_number = name in ("feed", "rates") and plan.startswith(f"{whole};")
            assert whole not in plan or in_order or by_number, plan


def test_the_index_of_words_is_asked_in_its_own_order() -> None:
    for table in ("stepwords", "tracewords", "objectnames", "tracenames"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"EXPLAIN QUERY PLAN SELECT rowid FROM eventstream_{table} "  # noqa: S608
                f"WHERE eventstream_{table} MATCH 'abc' AND rowid < 9 ORDER BY rowid DESC LIMIT 5"
            )
            (plan,) = [row[3] for row in cursor.fetchall()]
        assert re.search(r"VIRTUAL TABLE INDEX \d+:.*[Mm]", plan), plan


def test_a_plan_that_sorts_is_noticed() -> None:
    with history.seeing(EVERYTHING):
        assert any(SORTED in plan for plan in plans(lambda: history.traces_about("uid-1")))


@both
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


@both
@pytest.mark.parametrize("most", [0, 1000])
def test_changes_by_a_name_are_the_same_whichever_way_they_are_found(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        name, space = f"web-{number % 4}", f"n{number % 5}"
        ref = trace().root.__class__("v1", "Pod", space, name, f"u-{name}-{space}")
        store(put_step(f"m{number}", "t1", str(100 + number), object=ref, at=float(number // 3)))
    monkeypatch.setattr(sys.modules["eventstream.history.ledger"], "OBJECTS_MOST", most)
    monkeypatch.setattr(sys.modules["eventstream.history.ledger"], "MET_FIRST", 2)
    counts = {"web-2": 10, "EB-2 n3": 2, "n3": 8, "we": 40, "web-9": 0, "web\0-2": 0}
    for text, count in counts.items():
        wanted, found, before = LedgerFilter(text=text, kind="Pod"), list[str](), None
        while True:
            page = history.ledger(wanted, limit=3, before=before)
            found += [each.id for each in page.rows]
            if (before := page.next) is None:
                break
        assert len(found) == len(set(found)) == count, text
        assert history.ledger(LedgerFilter(text="web", actor="nobody")).rows == ()
    with history.seeing(Rights(within={"n3": frozenset({"Pod"})})):
        assert len(history.ledger(LedgerFilter(text="web")).rows) == 8


@both
@pytest.mark.parametrize("most", [0, 5000])
def test_traces_by_a_name_are_the_same_whichever_way_they_are_found(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        state = ("running", "stalled", "complete")[number % 3]
        store(put_trace(f"w{number}", title=f"pod/web-{number % 4}", state=state, updated=number))
    monkeypatch.setattr(sys.modules["eventstream.history.feed"], "FEW", most)
    for text, count in (
        ("WEB-2", 7),
        ("eb-2 shop", 7),
        ("web\0", 0),
        ("web", 30),
        ("zebra", 0),
        ("sh nginx", 32),
    ):
        found, before = list[str](), None
        while True:
            page = history.traces(Filter(text=text), limit=4, before=before)
            found += [each.id for each in page.rows]
            if (before := page.next) is None:
                break
        assert len(found) == len(set(found)) == count, text
    ranks = [each.record.state for each in history.traces(Filter(text="web")).rows]
    assert ranks == ["stalled"] * 10 + ["running"] * 10 + ["complete"] * 10


KINDS = (("v1", "Pod"), ("apps/v1", "Deployment"), ("batch/v1", "Job"), ("eg/v1", "Job"))
STATES = ("running", "stalled", "complete", "superseded", "unknown")
FILTERS = (
    *(Filter(), Filter(background=True), Filter("n1"), Filter("n1", background=True)),
    *(Filter(kind="Job"), Filter("n2", "Job"), Filter("n2", state="complete"), Filter("none")),
    *(Filter(state="unknown"), Filter("n0", text="web-1"), Filter(kind="Pod", text="eb")),
    *(Filter(actor="kubelet"), Filter("n1", actor="kubelet"), Filter(actor="scheduler")),
    *(Filter(actor="kubelet", kind="Job"), Filter(actor="nobody")),
)
VIEWERS = (
    *(EVERYTHING, Rights(within={"n1": frozenset({"Job.eg", "Pod"})})),
    Rights(everywhere=frozenset({"Pod"}), within={"n0": frozenset({"Deployment.apps"})}),
    Rights(within={f"n{number}": frozenset({"Job.batch", "Pod"}) for number in range(3)}),
    *(Rights(everywhere=frozenset({"Node"})), Rights(), Rights(within={"n9": frozenset({"Pod"})})),
)


@both
def test_the_feed_is_the_same_whichever_way_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(1)
    for number in range(150):
        version, kind = chance.choice(KINDS)
        name, space = f"web-{number % 3}", f"n{chance.randrange(3)}"
        ref = ObjectRef(version, kind, space, name, f"uid-{number}")
        told = {"state": chance.choice(STATES), "updated": float(chance.randrange(40))}
        held = chance.choice(("scheduler", None))
        background = chance.random() < 0.3
        store(put_trace(f"t{number}", root=ref, holder=held, background=background, **told))
        if number % 7 == 0:
            store(put_step(f"s{number}", f"t{number}", "9", object=ref, actor="kubelet"))
    ways: tuple[dict[str, int], ...] = (
        {},
        {"PLACES_MOST": 0},
        {"STEPS_MOST": 0, "FEW": 0, "LOOKED_MOST": 20},
        {"FEW": 0, "PLACES_MOST": 0, "LOOKED_MOST": 20},
    )
    met = 0
    for rights, wanted in product(VIEWERS, FILTERS):
        found = []
        for way in ways:
            with monkeypatch.context() as patch, history.seeing(rights):
                for name, most in way.items():
                    patch.setattr(sys.modules["eventstream.history.feed"], name, most)
                found.append(paged(wanted))
        assert found == [found[0]] * len(ways), (rights, wanted)
        ranks = [rank for rank, _, _ in found[0]]
        assert found[0] == sorted(found[0])
        assert len({id_ for _, _, id_ in found[0]}) == len(ranks)
        met += len(ranks)
    assert met > 1000


def paged(wanted: Filter) -> list[tuple[int, float, bytes]]:
    """Rank, age and id of each trace of the feed, a few to a page."""
    found, before = list[tuple[int, float, bytes]](), None
    while True:
        page = history.traces(wanted, limit=17, before=before)
        for each in page.rows:
            rank, updated, id_ = each.cursor.split("/")
            found.append((int(rank), -float(updated), id_bytes(id_)))
        if (before := page.next) is None:
            return found


def test_each_state_has_its_rank() -> None:
    ranked = [state for states in RANKS.values() for state in states]
    assert sorted(ranked) == sorted(get_args(TraceState))


def test_the_first_pages_of_a_filter_are_filters_of_the_feed() -> None:
    assert [row.id for row in history.traces(Filter(actor="client")).rows] == ["t1"]
