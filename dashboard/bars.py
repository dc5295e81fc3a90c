"""Draws a waterfall: an axis, and for each object a line whose bars are to scale.

All geometry is in percent of the width and drawn by the server, so that a page without script shows
the same; script only makes the lines wider to look closer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dashboard import wording
from dashboard.asked import Asked
from dashboard.rendering import Drawn, DrawnRows, draw
from dashboard.spans import ORDER, Span
from dashboard.waterfall import LINES_MOST, Line, Waterfall, slower, ticks
from eventstream.explain.vocabulary.records import Trace
from eventstream.history import Gap, Stored

LABEL_SHARE = 0.65
"""Percent of the width that a bar needs for each letter to have its name and length above it."""


class Compared(msgspec.Struct, frozen=True):
    """Seconds that each kind of span usually takes, and took the last time; empty if unknown."""

    usual: Mapping[str, float]
    previous: Mapping[str, float]


class Bar(msgspec.Struct, frozen=True):
    """One span as drawn: `x` and `width` in percent, and what is remarkable about it."""

    span: Span
    x: float
    width: float
    took: str
    labelled: bool
    mark: str
    usual: str
    previous: str
    from_start: str
    clocks: str


def bars(
    fall: Waterfall,
    trace: Trace,
    asked: Asked,
    compared: Compared,
    gaps: Sequence[Stored[Gap]] = (),
    selected: str = "",
) -> DrawnRows:
    """Return the waterfall of `trace` as an axis and lines; folded lines unfold when asked for.

    `selected` is the uid of the object that the selected step is about.
    """
    frame = {
        "ticks": [(fall.share(fall.begin + at), wording.offset(at)) for at in ticks(fall.length)],
        "then": None if asked.at is None else fall.share(asked.at),
    }
    head = draw(
        "axis",
        fall=fall,
        summary=list(_findings(fall, trace, compared)) if asked.at is None else (),
        phases=phases(fall),
        most=LINES_MOST,
        **frame,
    )
    budget = LINES_MOST - len(fall.lines)
    drawn = []
    unseen = _unseen(fall, gaps)
    for number, line in enumerate(fall.lines):
        unfolded = bool(line.members) and _holds(line, asked, selected)
        members = line.members[:budget] if unfolded else ()
        budget -= len(members)
        context = {
            "id": line.step,
            "order": f"{number:06d}",
            "members": [_context(fall, member, trace, compared, asked) for member in members],
            "members_left": len(line.members) - len(members) if unfolded else 0,
            "folded": "" if unfolded else wording.more(len(line.members), line.object.kind),
            "range": _range(line),
            "gaps": unseen.get(line.object.kind, ()),
            "selected": selected,
            "query": asked.prefix,
            "unfold": asked.query(unfold=line.step, step=None),
        }
        context |= frame | _context(fall, line, trace, compared, asked)
        html = draw("bar_row", trace=trace, **context)
        drawn.append(Drawn(line.step, html, hash(html)))
    return DrawnRows(Drawn("lanes", head, hash(head)), tuple(drawn))


def _unseen(fall: Waterfall, gaps: Sequence[Stored[Gap]]) -> dict[str, list[tuple[float, float]]]:
    """For each kind, when it could not be seen: (x, width) in percent."""
    found: dict[str, list[tuple[float, float]]] = {}
    for gap in gaps:
        x, to = fall.share(gap.record.since), fall.share(gap.record.at)
        found.setdefault(gap.record.resource.kind, []).append((x, round(to - x, 3)))
    return found


def phases(fall: Waterfall) -> list[tuple[str, str]]:
    """Return the kinds of span that are drawn, each with its actor, in the order of a Pod's way."""
    met = {(span.name, span.actor) for line in fall.all_lines() for span in line.spans}
    return sorted(met, key=lambda each: ORDER.index(each[0]))


def _holds(line: Line, asked: Asked, selected: str) -> bool:
    """Whether the reader asked for what is folded into a line."""
    return asked.unfold == line.step or any(each.object.uid == selected for each in line.members)


def _context(
    fall: Waterfall, line: Line, trace: Trace, compared: Compared, asked: Asked
) -> dict[str, Any]:
    longest, slowest = line.longest, fall.slowest
    drawn = [_bar(fall, span, compared, trace.started) for span in line.spans]
    return {
        "line": line,
        "bars": drawn,
        "writes": [fall.share(at) for at in line.writes],
        "from": fall.share(line.begin),
        "length": round(fall.share(line.end) - fall.share(line.begin), 3),
        "total": wording.duration(line.seconds) if line.seconds or line.spans else "",
        "longest": longest,
        "slowest": slowest is not None and slowest[0] is line,
        "later": asked.at is not None and line.begin > asked.at,
        "start": _start(line, compared),
    }


def _bar(fall: Waterfall, span: Span, compared: Compared, started: float) -> Bar:
    x = fall.share(span.begin.at)
    width = round((fall.share(span.end.at) if span.end else 100.0) - x, 3)
    usual, previous = compared.usual.get(span.name), compared.previous.get(span.name)
    times = slower(span, compared.usual) or slower(span, compared.previous)
    against = "usual" if slower(span, compared.usual) else "the last time"
    length = "so far" if span.seconds is None else took(span)
    return Bar(
        span,
        x,
        width,
        length,
        width >= LABEL_SHARE * len(f"{span.name} {length}"),
        f"{times:.1f} times {against}" if times else "",
        "" if usual is None else wording.duration(usual),
        "" if previous is None else wording.duration(previous),
        wording.offset(span.begin.at - started, span.begin.precision_ms),
        _clocks(span),
    )


_CLOCKS = {
    "arrival": "arrival",
    "event": "the Event's own",
    "object": "the object's own",
    "list": "seen in a list, so before",
}


def _clocks(span: Span) -> str:
    """By which clocks a span was measured, and how exactly each was read."""
    ends = [span.begin] if span.end is None else [span.begin, span.end]
    said = [
        f"{_CLOCKS.get(end.clock, end.clock)}"
        + ("" if end.clock == "list" else f" ±{end.precision_ms} ms")
        for end in ends
    ]
    return " to ".join(dict.fromkeys(said))


def took(span: Span) -> str:
    """How long a span took, no more exact than its clocks: whole seconds are "within 1 s"."""
    return _told(span.seconds or 0.0, span.precision_ms)


def _told(seconds: float, precision_ms: int) -> str:
    if precision_ms >= 1000:
        return "within 1 s" if seconds < 1 else f"about {seconds:.0f} s"
    return wording.duration(seconds)


_STARTING = ("volumes", "network", "volumes and network", "pull", "init containers", "start")


def _start(line: Line, compared: Compared) -> tuple[str, str]:
    """How long from the binding to the running container, and how long that usually takes."""
    parts = [span for span in line.spans if span.name in _STARTING]
    if not parts or parts[-1].name != "start" or parts[-1].end is None:
        return "", ""
    usual = compared.usual.get("pulled" if any(s.name == "pull" for s in parts) else "started")
    begun, ended = parts[0].begin, parts[-1].end
    told = _told(ended.at - begun.at, max(begun.precision_ms, ended.precision_ms))
    return told, "" if usual is None else wording.duration(usual)


def _range(line: Line) -> str:
    """How long the Pods took that are folded into a line, its own included."""
    seconds = sorted([line.seconds, *(member.seconds for member in line.members)])
    middle = seconds[len(seconds) // 2]
    return f"{wording.duration(seconds[0])} to {wording.duration(seconds[-1])}, median " + (
        wording.duration(middle)
    )


def _findings(fall: Waterfall, trace: Trace, compared: Compared) -> Iterator[str]:
    """Yield what stands out: what lasts, what took longest, and against what it was slow."""
    lasting = [line for line in fall.all_lines() if line.unfinished]
    if lasting:
        name = next(span.name for span in lasting[0].spans if span.end is None)
        still = "was still at" if trace.state == "superseded" else "is still at"
        yield f"{wording.reference(lasting[0].object)} {still}: {name}" + (
            f", and {len(lasting) - 1} more not done." if len(lasting) > 1 else "."
        )
    if fall.slowest is not None:
        line, span = fall.slowest
        part = ""
        if span.seconds is not None and span.seconds < line.seconds and not line.unfinished:
            part = f", {span.seconds / line.seconds:.0%} of its time"
        yield f"Slowest: {span.name} of {wording.reference(line.object)}, {took(span)}{part}."
        times = slower(span, compared.usual) or slower(span, compared.previous)
        if times:
            against = "usual" if slower(span, compared.usual) else "in the trace before"
            yield f"That is {times:.1f} times as long as {against}."
    for node, off in fall.skews:
        named, by = wording.visible(node), wording.duration(abs(off))
        why = (
            "after what came of them was told here: its clock is ahead."
            if off > 0
            else "before what led to them came here: its clock is behind, or the watch was late."
        )
        yield f"The times that {named} tells lie {by} {why} They are moved by that."
