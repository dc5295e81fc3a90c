"""A trace as one HTML file, for a post-mortem: it holds all that it shows, and asks for nothing.

It has neither script nor address, so it can be read without Baton and without a network. What
whoever keeps it may not see is left out as on the pages, and the file says so, but not who that is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings

from dashboard import bars, clock, rendering, wording
from dashboard.picture import ShownSteps, shown_steps, unseen
from dashboard.waterfall import LINES_MOST, Line, Waterfall, ticks, waterfall
from eventstream import clusternames, history
from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.version import VERSION

DETAIL_BYTES = 8 << 20
"""Once the steps take so much, the others are told without their evidence and fields."""

REASONS_MOST = 8
"""So many of the reasons why something is withheld are told."""


class Report(msgspec.Struct, frozen=True):
    """A file: its name, and the text of it."""

    name: str
    html: str


def report(trace_id: str) -> Report | None:
    """Return the file of a trace as history has it; None where there is none.

    It holds what whoever asks may see, and at most as many steps as a page.
    """
    stored = history.trace(trace_id)
    if stored is None:
        return None
    cluster = history.cluster()
    made = clock.now() if cluster is None else cluster.heartbeat
    trace, shown = stored.record, shown_steps(trace_id)
    rows, brief = _rows(trace, shown.records)
    context = rendering.trace_context(stored, made) | {
        "made": made,
        "version": VERSION,
        "cluster": (cluster.name or cluster.server) if cluster is not None else "",
        "recorded": cluster is not None and cluster.uid == "tape",
        "steps": rows,
        "brief": brief,
        "cut": bool(shown.after),
        "gaps": [gap.record for gap in unseen(shown)],
        "grades": rendering.GRADES,
        "messages": settings.BATON_MESSAGES,
    }
    context |= _withheld(trace, shown.records) | _picture(trace, shown)
    return Report(_name(trace), str(rendering.draw("report", **context)))


def _name(trace: Trace) -> str:
    """What the file is called: `trace-deployment-web-20261129T084336.html`."""
    said = clusternames.in_file_name(f"{trace.root.kind.lower()}-{trace.root.name}") or "unnamed"
    stamp = wording.machine_time(trace.started)[:19].replace("-", "").replace(":", "")
    return f"trace-{said}-{clusternames.in_file_name(stamp)}.html"


def _rows(trace: Trace, steps: Sequence[Step]) -> tuple[list[str], int]:
    """Each step drawn, and how many of them, the last ones, are told in brief for want of room."""
    numbers = {step.id: number for number, step in enumerate(steps, 1)}
    rows: list[str] = []
    room, brief = DETAIL_BYTES, 0
    for step in steps:
        brief += room <= 0
        rows.append(rendering.draw("report_step", **_row(trace, step, numbers), whole=room > 0))
        room -= len(rows[-1])
    return rows, brief


def _row(trace: Trace, step: Step, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "step": step,
        "number": numbers[step.id],
        "offset": rendering.offset(step, trace),
        "cause": numbers.get(step.cause or "", 0),
        "elsewhere": bool(step.cause) and step.cause not in numbers,
    }


def _withheld(trace: Trace, steps: Sequence[Step]) -> dict[str, Any]:
    """What is not told, and why, for the part of the file that says so."""
    less = [step for step in steps if step.withheld]
    words = dict.fromkeys(step.why for step in less)
    if trace.withheld:
        words = dict.fromkeys([trace.summary, *words])
    return {
        "everything": history.seen().everything,
        "less": len(less),
        "reasons": list(words)[:REASONS_MOST],
        "more_reasons": len(words) > REASONS_MOST,
        "hidden": sum(change.hidden for step in steps for change in step.changes),
    }


def _picture(trace: Trace, shown: ShownSteps) -> dict[str, Any]:
    """Where the time went, as lines of bars; without a line where nothing takes time."""
    until = trace.updated if trace.ended is None else trace.ended
    fall = waterfall(shown.records, over=trace.state == "complete", until=until)
    return {
        "lines": list(_lines(fall)),
        "ticks": [(fall.share(fall.begin + at), wording.offset(at)) for at in ticks(fall.length)],
        "phases": bars.phases(fall),
        "left_out": fall.left_out,
        "most": LINES_MOST,
        "skews": [(node, wording.offset(off)) for node, off in fall.skews],
    }


class _Span(msgspec.Struct, frozen=True):
    """A span as drawn: `x` and `width` in percent."""

    name: str
    actor: str
    took: str
    x: float
    width: float


def _lines(fall: Waterfall) -> Iterator[dict[str, Any]]:
    for line in fall.lines:
        yield {
            "object": line.object,
            "spans": list(_spans(fall, line)),
            "writes": [fall.share(at) for at in line.writes],
            "took": wording.duration(line.seconds),
            "unfinished": line.unfinished,
            "alike": wording.more(len(line.members), line.object.kind),
        }


def _spans(fall: Waterfall, line: Line) -> Iterator[_Span]:
    for span in line.spans:
        x, end = fall.share(span.begin.at), span.end
        took = "not over" if span.seconds is None else wording.duration(span.seconds)
        to = 100.0 if end is None else fall.share(end.at)
        yield _Span(span.name, span.actor, took, x, round(max(to - x, 0.15), 3))
