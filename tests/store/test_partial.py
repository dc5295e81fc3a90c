"""What is rare is looked for a piece at a time: each page says so, and the next goes on from there.

However it is found, it is the same; and no page has more looked through than it may.
"""

import re
import sys
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.history import EVERYTHING, Filter, LedgerFilter, LedgerPage, Page, Rights
from tests.store import test_plans, test_postgresql_plans
from tests.store.conftest import both
from tests.store.samples import put_step, put_trace, store

pytestmark = both

LEDGER, FEED = (sys.modules[f"eventstream.history.{name}"] for name in ("ledger", "feed"))
WRITES = 120
KINDS = (("v1", "Pod"), ("batch/v1", "Job"), ("v1", "Service"))
ACTORS = ("kubelet", "client", "scheduler")
FILTERS = (
    *(LedgerFilter(kind="Job"), LedgerFilter(actor="kubelet"), LedgerFilter("n2", actor="client")),
    *(LedgerFilter("n1", text="web-2"), LedgerFilter(kind="Pod", text="eb n2")),
    *(LedgerFilter(text="n1", actor="client"), LedgerFilter(text="rare")),
    LedgerFilter("n3", "Pod", "scheduler", "web"),
)
VIEWERS = (
    EVERYTHING,
    Rights(within={"n1": frozenset({"Pod", "Job.batch"}), "n2": frozenset({"Pod"})}),
    Rights(everywhere=frozenset({"Job.batch"})),
)
WAYS: tuple[dict[str, int], ...] = (
    {},
    {"OBJECTS_MOST": 0, "MET_FIRST": 5, "LOOKED_MOST": 60},
    {"NAMED_MOST": 0, "APART_MOST": 0, "MET_FIRST": 9, "LOOKED_MOST": 40},
    {"NAMED_MOST": 0, "PLACES_MOST": 0, "MET_FIRST": 9, "LOOKED_MOST": 60},
)


def pages(wanted: LedgerFilter, limit: int = 30) -> Iterator[LedgerPage]:
    page = history.ledger(wanted, limit=limit)
    yield page
    while page.next is not None:
        page = history.ledger(wanted, limit=limit, before=page.next)
        yield page


def matches(wanted: LedgerFilter, rights: Rights, ref: ObjectRef, actor: str) -> bool:
    group, _, _ = ref.api_version.rpartition("/")
    names = f"{ref.name}\0{ref.namespace}"
    return (
        rights.reach(f"{ref.kind}.{group}" if group else ref.kind, ref.namespace)
        and wanted.namespace in {None, ref.namespace}
        and wanted.kind in {None, ref.kind}
        and wanted.actor in {None, actor}
        and all(word in names for word in (wanted.text or "").split())
    )


def test_changes_are_the_same_whichever_way_they_are_found() -> None:
    chance, written = Random(2), []
    for number in range(WRITES):
        version, kind = chance.choice(KINDS)
        name = "rare" if number < 4 else f"web-{chance.randrange(4)}"
        ref = ObjectRef(version, kind, f"n{chance.randrange(5)}", name, f"u{chance.randrange(50)}")
        written.append((float(chance.randrange(60)), f"s{number:03}", ref, chance.choice(ACTORS)))
    store(
        *(
            put_step(id_, "t1", str(100 + number), object=ref, at=at, actor=actor)
            for number, (at, id_, ref, actor) in enumerate(written)
        )
    )
    written.sort(key=lambda each: each[:2], reverse=True)
    met = 0
    for rights, wanted, way in product(VIEWERS, FILTERS, WAYS):
        with pytest.MonkeyPatch.context() as patch, history.seeing(rights):
            for name, most in way.items():
                patch.setattr(LEDGER, name, most)
            found = [row.id for page in pages(wanted) for row in page.rows]
        there = [id_ for _, id_, ref, who in written if matches(wanted, rights, ref, who)]
        assert found == there, (rights, wanted, way)
        met += len(found)
    assert met > 400


@pytest.mark.parametrize("places", [0, 200])
def test_changes_of_long_ago_are_met_after_as_many_pages_as_that_is(
    places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("OBJECTS_MOST", 0), ("MET_FIRST", 4), ("LOOKED_MOST", 20)):
        monkeypatch.setattr(LEDGER, name, most)
    monkeypatch.setattr(LEDGER, "APART_MOST", places)
    seen = ObjectRef("v1", "Pod", "shop", "db-1", "u1")
    other = ObjectRef("v1", "Pod", "shop", "web", "u2")
    store(
        *(
            put_step(f"s{n:02}", "t1", str(n), object=seen if n < 3 else other, at=float(n))
            for n in range(10, 60)
        ),
        *(put_step(f"r{n}", "t1", str(n), object=seen, at=float(n)) for n in range(3)),
    )
    found = list(pages(LedgerFilter(kind="Pod", text="db-1")))
    # For each page some more than 20 of these 53 writes are looked through.
    assert [[row.id for row in page.rows] for page in found] == [[], [], ["r2", "r1", "r0"]]
    assert [page.since for page in found] == [38.0, 16.0, None]


def test_a_page_that_is_full_goes_on_behind_its_last_row_and_says_nothing() -> None:
    ref = ObjectRef("v1", "Pod", "shop", "db-1", "u1")
    store(*(put_step(f"s{n:02}", "t1", str(n), object=ref, at=float(n)) for n in range(30)))
    with pytest.MonkeyPatch.context() as patch:
        for name, most in (("OBJECTS_MOST", 0), ("MET_FIRST", 4), ("LOOKED_MOST", 20)):
            patch.setattr(LEDGER, name, most)
        first = next(pages(LedgerFilter(text="db-1"), limit=13))
    assert [row.id for row in first.rows] == [f"s{n}" for n in range(29, 16, -1)]
    assert (first.next, first.since) == ("17000000/s17", None)


def feed(wanted: Filter, limit: int = 5) -> Iterator[Page]:
    page = history.traces(wanted, limit=limit)
    yield page
    while page.next is not None:
        page = history.traces(wanted, limit=limit, before=page.next)
        yield page


@pytest.mark.parametrize("wanted", [Filter(text="db-1"), Filter("shop", text="db-1")])
def test_traces_that_are_rare_are_met_after_as_many_pages_as_they_are_behind(
    wanted: Filter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("FEW", 0), ("LOOKED_MOST", 10)):
        monkeypatch.setattr(FEED, name, most)
    for number in range(30):
        name = "db-1" if number < 3 else "web"
        ref = ObjectRef("v1", "Pod", "shop", name, f"u{number}")
        told = {"root": ref, "title": f"pod/{name}", "state": "running"}
        store(put_trace(f"t{number:02}", updated=1.0 + number, **told))
    found = list(feed(wanted))
    assert [[row.id for row in page.rows] for page in found] == [[], [], ["t02", "t01", "t00"]]
    assert [page.partial for page in found] == [True, True, False]


def test_traces_of_a_higher_rank_come_before_the_rest_is_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, most in (("FEW", 0), ("LOOKED_MOST", 8)):
        monkeypatch.setattr(FEED, name, most)
    for number in range(36):
        state = ("stalled", "running", "complete")[number % 3]
        name = "db-1" if number % 2 else "web"
        store(put_trace(f"t{number:02}", title=name, state=state, updated=1.0 + number))
    found = list(feed(Filter(text="db-1"), limit=50))
    ids = [row.id for page in found for row in page.rows]
    assert ids == sorted(ids, key=lambda id_: (int(id_[1:]) % 3, -int(id_[1:])))
    assert len(ids) == 18
    assert (len(found[0].rows), found[0].partial) == (5, True)


@pytest.mark.parametrize("places", [0, 200])
def test_what_is_looked_through_is_read_in_the_order_of_an_index(
    engine: str, places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("OBJECTS_MOST", 0), ("NAMED_MOST", 0), ("APART_MOST", places)):
        monkeypatch.setattr(LEDGER, name, most)
    for module, name, most in (
        (LEDGER, "MET_FIRST", 1),
        (FEED, "FEW", 0),
        (FEED, "LOOKED_MOST", 1),
    ):
        monkeypatch.setattr(module, name, most)
    for number in range(4):
        store(
            put_trace(f"t{number}", updated=1.0 + number),
            put_step(f"s{number}", f"t{number}", str(number), at=float(number)),
        )

    def ask() -> None:
        history.ledger(LedgerFilter(kind="Deployment", text="nginx"))
        history.ledger(LedgerFilter(namespace="shop", actor="client"))
        history.traces(Filter(text="nginx"))
        history.traces(Filter("shop", text="nginx"))

    if engine == "sqlite":
        found = test_plans.plans(ask)
        whole = [
            plan for plan in found if re.search(r"SCAN eventstream_(step|trace|object)row", plan)
        ]
        assert all("USING COVERING INDEX step_in_time" in plan for plan in whole), whole
        # Of few places, the writes that are looked through are those there, whoever wrote them.
        assert any("step_at_place" in plan for plan in found) == (places > 0)
    else:
        found = test_postgresql_plans.plans(ask)
        whole = [line for plan in found for line in test_postgresql_plans.whole(plan)]
        assert [line for line in whole if line.startswith("Seq")] == []
    assert len(found) > 8
