"""The page of one trace, the drawer of one of its steps, and its head at an earlier moment."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import actors, asked, clock, commands, past, rendering, status, streaming, wording
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.picture import ShownSteps, picture, shown_steps
from dashboard.report import report
from eventstream import history
from eventstream.explain.vocabulary.records import Step, Trace

SPEEDS = ("0.25", "0.5", "1", "2", "4", "8")


def trace(request: HttpRequest, page: Page, trace_id: str) -> HttpResponse:
    """One trace: its head, its steps as asked for, and the step that the address selects."""
    epoch, seq, now = history.epoch(), history.head(), clock.now()
    stored = history.trace(trace_id)
    if stored is None:
        return lost(request, 404, "No such trace", _NO_TRACE, trace_id)
    wanted = asked.from_query(request.GET)
    try:
        shown = shown_steps(trace_id, wanted.after)
    except history.BadCursorError as error:
        return lost(request, 400, "This part of the trace can't be found", str(error), trace_id)
    drawn = picture(stored, shown, wanted)
    context = (
        status.context(now)
        | rendering.head_context(stored, now)
        | {part.id: part.html for part in drawn.parts}
        | {
            "epoch": epoch,
            "follow": "" if wanted.after else page.follow(trace_id, wanted.show),
            "seq": seq,
            "lanes": drawn.rows.head.html,
            "rows": [row.html for row in drawn.rows.rows],
            "legend": rendering.GRADES,
            "asked": wanted,
            "shows": [(show, wanted.query(show=show)) for show in asked.SHOWS],
            "replay": asked.replay([step.at for step in shown.records], wanted.at, _at(wanted)),
            "speeds": SPEEDS,
        }
    )
    if wanted.at is not None:
        context["head"] = _head_then(stored.record, shown, wanted.at)
    selected = history.step(wanted.step)
    if selected is not None and selected.record.trace == trace_id:
        context |= _drawer(stored.record, selected, wanted)
    return page.drawn(request, context)


def then(request: HttpRequest, trace_id: str) -> HttpResponse:
    """The head of a trace as it was at the moment `at`, as the fragment that a replay shows."""
    stored, wanted = history.trace(trace_id), asked.from_query(request.GET)
    if stored is None or wanted.at is None:
        return lost(request, 404, "No such moment", _NO_MOMENT, trace_id)
    return HttpResponse(_head_then(stored.record, shown_steps(trace_id), wanted.at))


def step(request: HttpRequest, trace_id: str, step_id: str) -> HttpResponse:
    """One step explained, as the fragment that the drawer shows."""
    stored, within = history.step(step_id), history.trace(trace_id)
    if stored is None or within is None or stored.record.trace != trace_id:
        return lost(request, 404, "No such step", _NO_STEP, step_id)
    wanted = asked.from_query(request.GET)
    return render(request, "parts/drawer.html", _drawer(within.record, stored, wanted))


@require_safe
def as_file(request: HttpRequest, trace_id: str) -> HttpResponse:
    """The whole trace as one HTML file to keep, as far as whoever asks may see it."""
    made = report(trace_id)
    if made is None:
        return lost(request, 404, "No such trace", _NO_TRACE, trace_id)
    headers = {"Content-Disposition": streaming.as_file(made.name)}
    return HttpResponse(made.html, headers=headers)


def _at(wanted: asked.Asked) -> Callable[[float | None], str]:
    """What gives the address of the same page at a moment; None is the present."""
    return lambda at: wanted.query(at=None if at is None else asked.moment(at), step=None)


def _head_then(trace_: Trace, shown: ShownSteps, at: float) -> Any:
    was = past.as_of(trace_, shown.records, at, whole=not shown.after)
    return rendering.draw(
        "trace_then",
        trace=trace_,
        was=was,
        offset=wording.offset(at - trace_.started),
        next_offset=wording.offset(was.next.at - at) if was.next else "",
        stages_done=sum(stage.state == "done" for stage in was.stages),
    )


def _drawer(within: Trace, stored: history.Stored[Step], wanted: asked.Asked) -> dict[str, Any]:
    record = stored.record
    cause = history.step(record.cause) if record.cause else None
    hue = actors.lane_of(record).hue
    before, after = history.steps_beside(stored)
    return rendering.drawer(within, stored, cause.record if cause else None, hue) | {
        "commands": commands.for_step(record),
        "before": _to(before, wanted),
        "after": _to(after, wanted),
        "permalink": _to(stored, wanted),
        "close": wanted.query(step=None),
    }


def _to(stored: history.Stored[Step] | None, wanted: asked.Asked) -> tuple[str, str]:
    """A step's id and the query that selects it; "" where there is none."""
    return (stored.id, wanted.query(step=stored.id)) if stored else ("", "")


_NO_TRACE = (
    "History holds no trace of this id. It may be older than what is kept, or belong to another "
    "cluster or to a database that was since made anew; or the address was cut short."
)
_NO_STEP = (
    "This trace holds no step of this id. It may have moved to another trace: reload the page."
)
_NO_MOMENT = "A moment is given as ?at= with unix seconds, of a trace that history holds."
