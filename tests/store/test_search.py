"""Search finds what has the words, all of it and nothing else, for whoever may see it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from msgspec.structs import replace

from eventstream import history, names
from eventstream.explain.vocabulary.records import ObjectRef, StepRemoved
from eventstream.history import NOTHING, BadCursorError, Rights, Terms
from eventstream.models import InstallationRow
from eventstream.objects.observations import Change
from eventstream.retention import DAY
from eventstream.searching import errors, keeping
from eventstream.searching.index import text_index
from eventstream.searching.texts import step_text
from eventstream.sqlite import words
from tests.store.conftest import both, opened
from tests.store.samples import PODS, image, put_step, put_trace, store
from tests.store.test_migrations import kept
from tests.store.test_retention import WEEK, stored_at, sweep_all

POD = ObjectRef("v1", "Pod", "shop", "nginx-754449dc84-x2x9p", "uid-2")
LIVE = "nginx-live"
SHOP = Rights(within={"shop": frozenset({"Pod", "Deployment.apps"})})


def steps(text: str, **more: Any) -> list[str]:
    return [each.id for each in history.search_steps(Terms.of(text), **more).rows]


def traces(text: str) -> list[str]:
    return [each.id for each in history.search_traces(Terms.of(text)).rows]


def objects(text: str, **more: Any) -> list[tuple[str, bool]]:
    found = history.search_objects(Terms.of(text), **more).rows
    return [(each.ref.name, each.exists) for each in found]


@pytest.fixture(autouse=True)
def some() -> None:
    store(
        put_trace(summary="3 of 3 Pods available.", state="complete"),
        put_step(what="kubectl created Deployment nginx.", why="A quota was exceeded: café."),
    )
    store(
        put_step(
            "s2", version="11", object=POD, what="The kubelet ended Pod nginx-754449dc84-x2x9p."
        )
    )


@both
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nginx", ["s2", "s1"]),
        ("NGINX kubelet", ["s2"]),
        ("exceed", ["s1"]),  # A word may go on,
        ("xceeded", []),  # and begins so.
        ("x2x9p", ["s2"]),
        ("nginx-7544", ["s2"]),
        ("nginx-x2x9p", []),  # What is between its letters counts too.
        ("shop pod", ["s2"]),
        ("café", ["s1"]),
        ("CAFÉ", ["s1"]),
        ("a quota", ["s1"]),
        ("k quota", []),  # A short word stands alone.
        ('"quota" OR (nginx*)', []),  # or is no word of these
        ('"quota" (nginx*) -exceeded', ["s1"]),
        ("quota\0exceeded", ["s1"]),
        ("words:quota", []),
        ("nowhere", []),
        ("quota " + "-".join(96 * ["\N{CJK UNIFIED IDEOGRAPH-20000}"]), []),
    ],
)
def test_a_step_is_found_by_the_words_of_its_names_and_sentences(
    text: str, found: list[str]
) -> None:
    assert steps(text) == found


@both
def test_a_trace_is_found_by_what_it_says_now() -> None:
    assert traces("nginx available") == ["t1"]
    store(put_trace(summary="Pods are ready.", state="complete"))
    assert (traces("nginx available"), traces("deployment/nginx ready")) == ([], ["t1"])
    store(StepRemoved("t1", "trace"))
    assert traces("nginx") == []


@both
@pytest.mark.parametrize("remembered", [True, False])
def test_a_step_that_changed_is_found_by_its_new_words_alone(remembered: bool) -> None:
    store(put_step(what="The autoscaler scaled Deployment nginx."))
    if not remembered:
        names.forget()
    store(put_step(what="Somebody scaled Deployment nginx."))
    assert (steps("autoscaler"), raw("autoscaler")) == ([], [])
    assert (steps("created"), steps("scaled")) == ([], ["s1"])
    store(StepRemoved("s1", "step"))
    assert steps("scaled") == []
    assert raw("scaled") == []


def live(name: str, uid: str) -> Change:
    metadata = replace(image().metadata, name=name, uid=uid)
    return Change(PODS, "ADDED", replace(image(), metadata=metadata), 100.0)


@both
def test_objects_are_found_by_any_part_of_a_name_whether_they_exist_or_not() -> None:
    store(seen=live("nginx-live", "uid-3"))
    assert objects("ginx") == [(LIVE, True), (POD.name, False), ("nginx", False)]
    assert objects("ginx deployment") == [("nginx", False)]
    assert objects("shop nginx-l") == [(LIVE, True)]
    assert objects("elsewhere nginx") == []


@both
def test_pages_lay_beside_each_other_all_that_was_found() -> None:
    for number in range(30):
        id_, pod = f"p{number}", replace(POD, name=f"page-{number:02}", uid=f"uid-page-{number}")
        store(
            put_trace(id_, root=pod, title=f"pod/{pod.name}"),
            put_step(id_, id_, object=pod, what="Paged."),
            seen=live(f"page-{number % 3}", f"uid-live-{number}"),
        )
    for search in (history.search_steps, history.search_traces, history.search_objects):
        whole, before = search(Terms.of("page"), limit=100), None
        assert whole.next is None
        paged: list[object] = []
        while True:
            page = search(Terms.of("page"), limit=7, before=before)
            paged += page.rows
            assert len(page.rows) == 7 or page.next is None
            if (before := page.next) is None:
                break
        assert [*whole.rows] == paged
        assert len(paged) == (60 if search is history.search_objects else 30)


@pytest.mark.parametrize("cursor", ["x", "-1", "live/zz/a", "live/ab", "gone/x", "9" * 30])
def test_a_cursor_that_is_none_is_said_to_be_none(cursor: str) -> None:
    with pytest.raises(BadCursorError, match="no place"):
        history.search_objects(Terms.of("nginx"), before=cursor)


@both
def test_nobody_finds_what_they_may_not_see() -> None:
    node = ObjectRef("v1", "Node", None, "nginx-node", "uid-node")
    other = replace(POD, namespace="bank", uid="uid-bank")
    store(
        put_step("n1", "t2", object=node, what="The node nginx is ready."),
        put_step("b1", "t3", object=other, what="The kubelet ended Pod nginx."),
        put_trace("t3", root=other, title="pod/nginx"),
    )
    with history.seeing(SHOP):
        assert (steps("nginx"), traces("nginx")) == (["s2", "s1"], ["t1"])
        assert objects("nginx") == [("nginx-754449dc84-x2x9p", False), ("nginx", False)]
    with history.seeing(NOTHING):
        assert (steps("nginx"), traces("nginx"), objects("nginx")) == ([], [], [])


@both
def test_nothing_is_found_by_a_sentence_that_is_withheld() -> None:
    told = put_step(
        *("s3", "t1", "12"),
        object=POD,
        what="Pod nginx evicted by alpha.",
        why="Node alpha ran out of memory.",
        sources=("Node@",),
    )
    store(
        told,
        put_trace("t1", summary="alpha is lost", state="stalled", sources=("Node@",)),
    )
    assert (steps("alpha"), traces("alpha")) == (["s3"], ["t1"])
    with history.seeing(SHOP):
        assert (steps("alpha"), steps("evicted"), traces("alpha")) == ([], [], [])
        assert (steps("nginx"), traces("nginx")) == (["s3", "s2", "s1"], ["t1"])


@both
def test_whoever_sees_many_places_is_not_asked_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventstream.history.search.PLACES_MOST", 1)
    monkeypatch.setattr("eventstream.history.search.AT_ONCE", 1)
    with history.seeing(Rights(everywhere=frozenset({"Deployment.apps"}))):
        assert steps("nginx") == ["s1"]
    with history.seeing(SHOP):
        assert steps("nginx", limit=1) == ["s2"]


@both
@pytest.mark.parametrize("alike", [0, 100])
def test_words_that_begin_alike_are_found_in_one_order(
    alike: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "ALIKE_MOST", alike)
    told = ("pod", "pods", "podium", "po", "POD", "apod", "pöd", "pod's")
    for number in range(40):
        id_, pod = f"a{number}", replace(POD, name=f"x{number}", uid=f"uid-x{number}", kind="X")
        store(put_step(id_, f"a{number}", "9", object=pod, what=f"A {told[number % 8]}, seen."))
    wanted = [f"a{number}" for number in reversed(range(40)) if number % 8 in {0, 1, 2, 4, 7}]
    found, before = list[str](), None
    while True:
        page = history.search_steps(Terms.of("pod seen"), limit=3, before=before)
        found += [each.id for each in page.rows]
        if (before := page.next) is None:
            break
    assert found == wanted
    assert steps("podi seen") == [f"a{number}" for number in (34, 26, 18, 10, 2)]
    assert steps("podix seen") == []


@both
@pytest.mark.parametrize(
    ("places", "own"), [(200, 50_000), (0, 50_000), (0, 0)], ids=["places", "rows", "all"]
)
def test_what_may_not_be_seen_is_not_counted_among_what_is_looked_at(
    places: int, own: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in {"PLACES_MOST": places, "OWN_MOST": own, "NAMED_FIRST": 2}.items():
        monkeypatch.setattr(f"eventstream.history.search.{name}", most)
    monkeypatch.setattr("eventstream.history.search.LOOKED_MOST", 3)
    monkeypatch.setattr("eventstream.history.search.AT_ONCE", 1)
    for number in range(12):
        other = replace(POD, namespace="bank", name=f"nginx-{number}", uid=f"uid-bank{number}")
        store(
            put_trace(f"b{number}", root=other, title=f"pod/{other.name}"),
            put_step(f"b{number}", f"b{number}", object=other, what="Pod nginx ended."),
        )
    searches = (history.search_steps, history.search_objects, history.search_traces)
    with history.seeing(SHOP):
        assert [lengths(search) for search in searches] == [[1, 1], [1, 1], [1]]
    with history.seeing(Rights(everywhere=frozenset({"Deployment.apps"}))):
        assert [lengths(search) for search in searches] == [[1], [1], [1]]
    with history.seeing(NOTHING):
        assert [lengths(search) for search in searches] == [[0], [0], [0]]


def lengths(search: Callable[..., history.Found[Any]]) -> list[int]:
    """How many rows each page of one row has."""
    found, before = list[int](), None
    while True:
        page = search(Terms.of("nginx"), limit=1, before=before)
        found.append(len(page.rows))
        if (before := page.next) is None:
            return found


def raw(text: str) -> list[int]:
    """What the index itself finds, whatever rows there are."""
    return text_index(connection).steps(Terms.of(text), 2**62, 100)


def test_what_retention_deletes_is_in_the_index_no_more() -> None:
    store(put_trace("t1", settled=True))
    stored_at(100 * DAY - 8 * DAY)
    sweep_all(WEEK)
    assert (raw("nginx"), traces("nginx"), objects("nginx")) == ([], [], [])
    index = text_index(connection)
    assert index.objects(["nginx"], 2**62, 9) == index.named_traces("nginx", 9) == []


def test_room_of_what_was_deleted_is_given_back() -> None:
    def size() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%words%'")
            return int(cursor.fetchone()[0])

    empty = size()
    for number in range(20):
        words = (f"word{number}x{each}" for each in range(200))
        store(*(put_step(f"{number}-{n}", f"o{number}", what=w) for n, w in enumerate(words)))
        store(put_trace(f"o{number}", settled=True))
    full = size()
    stored_at(100 * DAY - 8 * DAY)
    sweep_all(WEEK)
    while keeping.tidy():
        pass
    assert size() < empty + (full - empty) / 4


def test_history_of_an_earlier_baton_becomes_searchable_from_its_newest_on(
    tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "earlier.sqlite3"
    path.write_bytes(kept("history-0008.sqlite3"))
    monkeypatch.setattr(keeping, "SEQS_AT_ONCE", 50)
    with opened(path):
        call_command("migrate", verbosity=0)
        rows = {each.id for each in history.all_steps()}
        assert history.unsearched() is not None
        assert len(history.search_objects(Terms.of("nginx"), limit=500).rows) > 0
        store(put_step("new", version="5", what="Something nginx new."))
        assert steps("nginx", limit=500) == ["new"]
        found = [1]
        while keeping.index_older():
            found.append(len(steps("kubelet", limit=500)))
            assert found[-1] >= found[-2] or found[-2] == 1
        assert history.unsearched() is None
        assert InstallationRow.objects.get().unsearched == 0
        words = Terms.of("kubelet")
        told = {
            each.id
            for each in history.all_steps()
            if each.verb != "renew" and words.found_in(step_text(each))
        }
        assert len(rows) > 50
        assert set(steps("kubelet", limit=500)) == told
        assert len(traces("nginx")) > 0


def test_what_is_deleted_before_it_is_searchable_is_not_taken_out_of_the_index() -> None:
    InstallationRow.objects.update(unsearched=history.head())
    store(put_step("s4", version="13", what="Unlike all others."))
    store(StepRemoved("s2", "step"), put_trace(summary="changed", state="complete"))
    assert steps("unlike") == ["s4"]
    # Here they are in the index nevertheless, and so are still found by it alone.
    assert len(raw("x2x9p")) == len(text_index(connection).traces(Terms.of("3"), 2**62, 9)) == 1
    with connection.cursor() as cursor:
        for table in ("eventstream_stepwords", "eventstream_tracewords"):
            cursor.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")  # noqa: S608


def test_a_search_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    store(*(put_step(f"w{n}", version=str(100 + n), what=f"wide{n}") for n in range(3000)))
    monkeypatch.setattr(words, "SECONDS_MOST", -1.0)
    monkeypatch.setattr(words, "_LOOKED", 10)
    with pytest.raises(history.TooWideError, match="Too much begins"):
        steps("wide")
    monkeypatch.undo()
    assert len(steps("wide", limit=5)) == 5


def test_a_filter_by_a_name_that_takes_too_long_to_look_for_goes_without_the_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wide(*_: object) -> list[int]:
        raise history.TooWideError

    monkeypatch.setattr(words.SqliteIndex, "_found", wide)
    assert [each.id for each in history.traces(history.Filter(text="nginx")).rows] == ["t1"]
    found = history.ledger(history.LedgerFilter(text="x2x9p")).rows
    assert [each.id for each in found] == ["s2"]


def test_a_sqlite_without_full_text_search_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    words.check()
    monkeypatch.setattr(words, "_NAMES", "words, tokenize='no such'")
    with pytest.raises(errors.UnsearchableError, match=r"no full-text search: .*FTS5"):
        words.check()
