"""Draws stored rows as HTML, once a revision, and shares the result over all clients.

A hundred browsers that watch one cluster all need the same fragment; rendering is the dear part
of a push, so it is done once and kept in a bounded cache. Everything else about a page is cheap
and drawn anew.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import msgspec
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString

from dashboard import wording
from dashboard.kinds import Kind
from eventstream import history
from eventstream.explain.vocabulary.documented import words
from eventstream.explain.vocabulary.documented.rules import DOCUMENTED_RULES
from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import Stored

RANKS = {"stalled": 0, "running": 1}
"""Stalled traces stand before running ones, and both before all others."""

GRADES = tuple((grade.name, grade.meaning) for grade in words.GRADES)


class FragmentCache:
    """The fragments drawn last, at most `size` of them; pages and sockets share it over threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._drawn: OrderedDict[Hashable, SafeString] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, draw: Callable[[], SafeString]) -> SafeString:
        """Return the fragment for `key`, calling `draw` only if it is not kept."""
        key = history.current(), history.seen().digest, get_script_prefix(), key
        with self._lock:
            found = self._drawn.pop(key, None)
            if found is not None:
                self._drawn[key] = found
                return found
        found = draw()
        with self._lock:
            self._drawn[key] = found
            if len(self._drawn) > self._size:
                self._drawn.popitem(last=False)
        return found


_fragments = FragmentCache(4096)


class Drawn(msgspec.Struct, frozen=True):
    """One fragment of a page: the row's id, its HTML, and what tells it from another drawing."""

    id: str
    html: SafeString
    signature: int


class DrawnRows(msgspec.Struct, frozen=True):
    """A trace as fragments: what heads its rows (lanes, or an axis), then the rows in order."""

    head: Drawn
    rows: tuple[Drawn, ...]


def draw(template: str, **context: Any) -> SafeString:
    """Return one of the fragments under `templates/parts/`."""
    return render_to_string(f"parts/{template}.html", context)


def trace_context(stored: Stored[Trace], now: float) -> dict[str, Any]:
    """Return what the templates of a trace need beside its record."""
    trace = stored.record
    active = [stage for stage in trace.stages if stage.state in {"current", "stalled"}]
    return {
        "trace": trace,
        "revision": stored.revision,
        "cursor": stored.cursor,
        "rank": RANKS.get(trace.state, 2),
        "now": now,
        "stages_done": sum(stage.state == "done" for stage in trace.stages),
        "stages_total": len(trace.stages),
        "stage_now": active[0] if active else None,
        "others": sorted(trace.holders.items()) if len(trace.holders) > 1 else (),
    }


def head_context(stored: Stored[Trace], now: float) -> dict[str, Any]:
    """Return the same for the head of its page, which leads to what brought it, if that is kept."""
    follows = stored.record.follows
    led = follows if follows and history.trace(follows) is not None else ""
    return trace_context(stored, now) | {"follows": led}


def trace_row(stored: Stored[Trace], now: float) -> SafeString:
    """Return a trace as a row of the feed; its clock reads `now` (unix seconds)."""
    return draw("trace_row", **trace_context(stored, now))


def shared_trace_row(stored: Stored[Trace], now: float) -> SafeString:
    """Return a trace as a row, drawn once a revision: the page's script sets its clock."""
    return _fragments.get(("row", stored.id, stored.seq), lambda: trace_row(stored, now))


def kind_row(kind: Kind, now: float) -> SafeString:
    """Return a row of the table of coverage; its clocks read `now` (unix seconds)."""
    return draw("coverage_row", kind=kind, covered=kind.coverage, now=now)


def shared_kind_row(kind: Kind, now: float) -> SafeString:
    """Return such a row, drawn once for all pages: the page's script sets its clocks."""
    return _fragments.get(("kind", kind), lambda: kind_row(kind, now))


def trace_head(stored: Stored[Trace], now: float) -> SafeString:
    """Return the head of a trace's page: what, by whom, how far, and who is to move."""
    return draw("trace_head", **head_context(stored, now))


def offset(step: Step, trace: Trace) -> str:
    """Return how long after the start of `trace` a step was, no more exact than its clock."""
    return wording.offset(step.at - trace.started, step.precision_ms)


def shared(key: Hashable, make: Callable[[], SafeString]) -> SafeString:
    """Return the fragment for `key`, drawn once for all pages."""
    return _fragments.get(key, make)


def documented(steps: Iterable[Step]) -> list[int]:
    """Return the numbers of the documented sequence that `steps` stand for, rising."""
    return sorted({number for step in steps for number in numbers(step)})


def numbers(step: Step) -> set[int]:
    """Return the documented numbers of one write: request, storing and broadcast."""
    return {*step.documented, *step.documented_store, *step.documented_broadcast}


def drawer(
    trace: Trace, stored: Stored[Step], cause: Step | None, selected_lane_hue: str
) -> dict[str, Any]:
    """Return what the drawer's template needs to explain one step."""
    step = stored.record
    return {
        "trace": trace,
        "step": step,
        "revision": stored.revision,
        "cause": cause,
        "lane_hue": selected_lane_hue,
        "offset": offset(step, trace),
        "cause_offset": wording.offset(step.at - cause.at, step.precision_ms) if cause else "",
        "documented": sorted(numbers(step)),
        "documented_rule": DOCUMENTED_RULES.get(step.rule),
        "source": step.source_url if step.source_url.startswith("https://") else "",
    }
