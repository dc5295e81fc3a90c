"""What a viewer finds by words is the same whichever way it is looked for."""

from collections.abc import Callable
from itertools import product
from random import Random
from typing import Any

import pytest
from django.db import connection

from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.history import EVERYTHING, Rights, Terms
from eventstream.history.withholding import step_for, trace_for
from eventstream.searching.index import text_index
from eventstream.searching.texts import step_text, trace_text
from tests.store.conftest import both
from tests.store.samples import put_step, put_trace, store

KINDS = (("v1", "Pod", "Pod"), ("apps/v1", "Deployment", "Deployment.apps"), ("v1", "Node", "Node"))
TOLD = ("kubelet started it", "scheduler bound it", "kubelet killed 2 containers", "nobody knows")
TEXTS = (
    "kubelet",
    "scheduler bound",
    "kubele killed",
    "kubelet scheduler",
    "web-3",
    "n2 kill",
    "zebra",
)
VIEWERS = (
    EVERYTHING,
    Rights(within={"n2": frozenset({"Pod", "Deployment.apps"})}),
    Rights(everywhere=frozenset({"Node"}), within={"n1": frozenset({"Pod"})}),
    Rights(),
)
WAYS: tuple[dict[str, int], ...] = (
    {},
    {"history.search.LOOKED_MOST": 9, "history.search.AT_ONCE": 4},
    {"postgresql.words.NEWEST": 4, "postgresql.words.SAMPLE": 100, "postgresql.words.COMMON": 0},
    {"postgresql.words.NEWEST": 0, "postgresql.words.SAMPLE": 1, "postgresql.words.COMMON": 999},
    {"postgresql.words.NEWEST": 0, "postgresql.words.SAMPLE": 99, "postgresql.words.COMMON": 30},
    {
        "history.search.PLACES_MOST": 0,
        "history.search.OWN_TRACES": 0,
        "postgresql.words.NEWEST": 2,
        "postgresql.words.COMMON": 0,
    },
)

Search = Callable[..., history.Found[Any]]


def ids(search: Search, text: str) -> list[str]:
    """What all pages have."""
    found, before = list[str](), None
    while True:
        page = search(Terms.of(text), limit=5, before=before)
        found += [each.id for each in page.rows]
        if (before := page.next) is None:
            return found


@both
def test_a_viewer_finds_the_same_whichever_way_it_is_looked_for() -> None:
    chance, told = Random(3), []
    for number in range(90):
        version, kind, type_ = chance.choice(KINDS)
        space = None if kind == "Node" else f"n{chance.randrange(4)}"
        ref = ObjectRef(version, kind, space, f"web-{chance.randrange(5)}", f"uid-{number}")
        sources = chance.choice(((), (), ("Secret@n2",), ("Node@",)))
        text = chance.choice(TOLD)
        id_ = f"{number:02}"
        step = put_step(f"s{id_}", f"t{id_}", "9", object=ref, what=text, sources=sources)
        trace = put_trace(
            *(f"t{id_}",), root=ref, title=f"pod/{ref.name}", summary=text, state="stalled",
            sources=sources,
        )  # fmt: skip
        told.append((type_, space, step.step, trace.trace))
        store(trace, step)
    met = 0
    for rights, text, way in product(VIEWERS, TEXTS, WAYS):
        seen = [each for each in reversed(told) if rights.reach(each[0], each[1])]
        terms = Terms.of(text)
        steps = [s.id for *_, s, _ in seen if terms.found_in(step_text(step_for(s, rights)))]
        traces = [t.id for *_, t in seen if terms.found_in(trace_text(trace_for(t, rights, 1)))]
        with pytest.MonkeyPatch.context() as patch, history.seeing(rights):
            for name, most in way.items():
                patch.setattr(f"eventstream.{name}", most)
            assert ids(history.search_steps, text) == steps, (rights, text, way)
            assert ids(history.search_traces, text) == traces, (rights, text, way)
        met += len(steps) + len(traces)
    assert met > 1000


@both
def test_the_index_finds_only_what_has_all_words_however_common_each_is() -> None:
    told = ("kubelet killed it", "kubelet started it", "kubelet started it", "nobody knows")
    seqs = {n: store(put_step(f"s{n}", "t1", str(n), what=told[n % 4])) for n in range(40)}
    index = text_index(connection)
    for way in WAYS:
        with pytest.MonkeyPatch.context() as patch:
            for name, most in {**way, "postgresql.words.COMMON": 15}.items():
                patch.setattr(f"eventstream.{name}", most)
            found = index.steps(Terms.of("kubele kill"), seqs[39] + 1, 7)
            assert found == [seqs[n] for n in range(36, 8, -4)]
            assert index.steps(Terms.of("kubele knows"), seqs[39] + 1, 7) == []
