"""The pages: each reads history, draws it whole, and works without script as well.

A page carries the epoch and seq that it was drawn at; the socket continues from exactly there.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import actors, clock, feeds, filters, rendering, status
from dashboard.coverage import overview
from dashboard.coverage_json import document
from dashboard.pages.lost import lost
from eventstream import history
from eventstream.explain.records import Step, Trace

PAGE_ROWS = 100


def now(request: HttpRequest) -> HttpResponse:
    """Traces as they come, stuck and running ones first; `before` pages on."""
    wanted, before = filters.from_query(request.GET), request.GET.get("before")
    try:
        context = _feed(wanted, before, clock.now())
    except history.BadCursorError as error:
        return lost(request, 400, "This page of older traces can't be found", str(error))
    if request.headers.get("HX-Request"):
        part = "rows" if request.GET.get("part") == "rows" else "feed"
        return render(request, f"parts/{part}.html", context)
    return render(request, "now.html", context)


def _feed(wanted: history.Filter, before: str | None, at: float) -> dict[str, Any]:
    """Return what the feed shows; head is read first, so that nothing falls in between."""
    epoch, seq = history.epoch(), history.head()
    page = history.traces(wanted, limit=PAGE_ROWS, before=before)
    older = filters.to_query(wanted, before=page.next) if page.next else ""
    header = status.context(at)
    return header | {
        "epoch": epoch,
        "seq": seq,
        "rows": [rendering.trace_row(stored, at) for stored in page.rows],
        "older": f"?{older}" if older else "",
        "wanted": wanted,
        "subscription": feeds.subscription(wanted),
        "selects": filters.selects(wanted, history.choices()),
        "empty": feeds.empty_state(header, wanted),
    }


def trace(request: HttpRequest, trace_id: str) -> HttpResponse:
    """One trace: its head, its sequence, and the step that the address selects."""
    epoch, seq, at = history.epoch(), history.head(), clock.now()
    stored = history.trace(trace_id)
    if stored is None:
        return lost(request, 404, "No such trace", _NO_TRACE, trace_id)
    try:
        shown = feeds.shown_steps(trace_id, request.GET.get("after"))
    except history.BadCursorError as error:
        return lost(request, 400, "This part of the trace can't be found", str(error), trace_id)
    selected = history.step(request.GET.get("step", ""))
    if selected is not None and selected.record.trace != trace_id:
        selected = None
    drawn = rendering.sequence(stored.record, shown.steps, selected.id if selected else None)
    context = (
        status.context(at)
        | rendering.trace_context(stored, at)
        | {
            "epoch": epoch,
            "seq": seq,
            "lanes": drawn.lanes.html,
            "rows": [row.html for row in drawn.rows],
            "legend": rendering.GRADES,
            "shown": shown,
            "part_of_trace": "after" in request.GET,
        }
    )
    if selected is not None:
        context |= _drawer(stored.record, selected)
    return render(request, "trace.html", context)


def step(request: HttpRequest, trace_id: str, step_id: str) -> HttpResponse:
    """One step explained, as the fragment that the drawer shows."""
    stored, within = history.step(step_id), history.trace(trace_id)
    if stored is None or within is None or stored.record.trace != trace_id:
        return lost(request, 404, "No such step", _NO_STEP, step_id)
    return render(request, "parts/drawer.html", _drawer(within.record, stored))


def _drawer(within: Trace, stored: history.Stored[Step]) -> dict[str, Any]:
    cause = history.step(stored.record.cause) if stored.record.cause else None
    hue = actors.lane_of(stored.record).hue
    return rendering.drawer(within, stored, cause.record if cause else None, hue)


def coverage(request: HttpRequest) -> HttpResponse:
    """Every kind, watched or not: what needs a person first, and the gaps of them all."""
    at = clock.now()
    seen = overview(at)
    rows = [rendering.kind_row(kind, at) for kind in seen.kinds]
    return render(request, "coverage.html", status.context(at) | {"coverage": seen, "rows": rows})


@require_safe
def coverage_as_json(_request: HttpRequest) -> HttpResponse:
    """The same as JSON, as `dashboard.coverage_json` describes it; never cached."""
    at = clock.now()
    return HttpResponse(
        document(overview(at), at),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


_NO_TRACE = (
    "History holds no trace of this id. It may be older than what is kept, or belong to another "
    "cluster or to a database that was since made anew; or the address was cut short."
)
_NO_STEP = (
    "This trace holds no step of this id. It may have moved to another trace: reload the page."
)
