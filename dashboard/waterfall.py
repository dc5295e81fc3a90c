"""Lays a trace out over time: one line for each object, its spans to scale, Pods alike as one.

Pure: from steps to shares of the width. What the lines are compared with (how long it usually
takes, and how long it took the last time) comes from outside, as seconds by name of span.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

import msgspec

from dashboard.moments import ahead
from dashboard.spans import Span, pod_spans
from eventstream.explain.vocabulary.records import ObjectRef, Step

LINES_MOST = 200
"""More lines than this are not drawn; a note says which."""

ALIKE_FROM = 5
"""So many Pods that went the same way are one line."""

TICKS_MOST = 40
SLOWER = 1.5
NOTICED_SECONDS = 0.1
"""Slower than before is worth a mark from this factor and this difference on."""


class Line(msgspec.Struct, frozen=True):
    """One object: its spans (Pods) or the times of its writes (others), in order.

    `members` are the lines that are folded into this one, the slowest first.
    """

    object: ObjectRef
    step: str
    begin: float
    end: float
    spans: tuple[Span, ...] = ()
    writes: tuple[float, ...] = ()
    members: tuple["Line", ...] = ()
    unfinished: bool = False

    @property
    def seconds(self) -> float:
        """From its first moment to its last."""
        return self.end - self.begin

    @property
    def longest(self) -> Span | None:
        """The span that took longest, of those that ended; a program's own run is no delay."""
        ended = [span for span in self.spans if span.seconds is not None and span.name != "run"]
        return max(ended, key=lambda span: span.seconds or 0.0, default=None)


class Waterfall(msgspec.Struct, frozen=True):
    """The lines in order, the stretch of time that they share, and what is not drawn.

    `skews` are the nodes whose clock is known to differ, with the seconds that were taken off.
    """

    begin: float
    end: float
    lines: tuple[Line, ...]
    left_out: int = 0
    skews: tuple[tuple[str, float], ...] = ()

    def share(self, at: float) -> float:
        """Where a moment lies, in percent of the width."""
        return round(min(max((at - self.begin) / self.length, 0.0), 1.0) * 100, 3)

    @property
    def length(self) -> float:
        """Seconds across the width, never none."""
        return max(self.end - self.begin, 0.001)

    @property
    def slowest(self) -> tuple[Line, Span] | None:
        """The longest span of all, and whose."""
        found = [(line, line.longest) for line in self.all_lines()]
        spans = [(line, span) for line, span in found if span is not None]
        return max(spans, key=lambda each: each[1].seconds or 0.0, default=None)

    def all_lines(self) -> Iterable[Line]:
        """Every line, those that are folded in included."""
        for line in self.lines:
            yield line
            yield from line.members


def waterfall(steps: Sequence[Step], *, over: bool, until: float = 0.0) -> Waterfall:
    """The waterfall of a trace's steps in order; `over` says that it is done and nothing lasts.

    What lasts is drawn to the end: a round time after the last step, so that the scale rests, and
    after `until` (unix seconds), up to when it is known to have lasted.
    """
    own = [step for step in steps if step.verb != "renew"]
    by_object: dict[str, list[Step]] = {}
    for step in own:
        by_object.setdefault(step.object.uid, []).append(step)
    skews = _skews(by_object.values())
    lines = [_line(each, skews, over=over) for each in by_object.values()]
    folded = _folded(sorted(lines, key=lambda line: line.begin), by_object)
    shown = _ranked(folded)
    begin = min((line.begin for line in lines), default=0.0)
    lasted = until if any(line.unfinished for line in lines) else 0.0
    return Waterfall(
        begin,
        begin + _rounded(max([lasted, *(line.end for line in lines)]) - begin if lines else 0.0),
        shown,
        len(folded) - len(shown),
        tuple(sorted((node, off) for node, off in skews.items() if off)),
    )


def typical(fall: Waterfall) -> dict[str, float]:
    """The median seconds of each kind of span, over all Pods."""
    taken: dict[str, list[float]] = {}
    for line in fall.all_lines():
        for span in line.spans:
            if span.seconds is not None:
                taken.setdefault(span.name, []).append(span.seconds)
    return {name: median(seconds) for name, seconds in taken.items()}


def slower(span: Span, before: Mapping[str, float]) -> float | None:
    """How many times longer than `before` a span took, where that is worth a mark; else None."""
    took, usual = span.seconds, before.get(span.name)
    if took is None or not usual or took - usual < NOTICED_SECONDS or took < SLOWER * usual:
        return None
    return took / usual


def ticks(length: float) -> list[float]:
    """Round seconds for the axis, from 0, at most eight."""
    step = _tick(length)
    return [round(index * step, 6) for index in range(int(length / step + 1e-9) + 1)]


def _tick(length: float) -> float:
    return next(size for size in _rising() if length <= 6 * size)


def _rounded(length: float) -> float:
    """A length that half a tick divides, so that not each new step moves the scale."""
    half = _tick(length) / 2
    return half * math.ceil(length / half + 0.2)


def _rising() -> Iterable[float]:
    """1, 2, 5, 10 ms, … to a second, then what reads well in minutes, hours and days."""
    for size in (0.001, 0.01, 0.1):
        yield from (size, 2 * size, 5 * size)
    yield from (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 43200)
    days = 1
    while True:
        yield days * 86_400
        days *= 2


def _skews(objects: Iterable[Sequence[Step]]) -> dict[str, float]:
    """For each node, by how much its clock is known to be ahead of ours."""
    by_node: dict[str, list[Sequence[Step]]] = {}
    for steps in objects:
        node = _node(steps)
        if node:
            by_node.setdefault(node, []).append(steps)
    return {node: ahead(pods) for node, pods in by_node.items()}


def _node(steps: Sequence[Step]) -> str:
    return next((step.node for step in steps if step.node), "")


def _line(steps: Sequence[Step], skews: Mapping[str, float], *, over: bool) -> Line:
    obj, times = steps[0].object, [step.at for step in steps]
    spans: tuple[Span, ...] = ()
    if obj.kind == "Pod":
        spans = pod_spans(steps, ahead=skews.get(_node(steps), 0.0), over=over)
    ends = [(span.end or span.begin).at for span in spans] or times
    return Line(
        obj,
        steps[0].id,
        min([span.begin.at for span in spans] or times),
        max(ends),
        spans,
        () if spans else tuple(times[:TICKS_MOST]),
        unfinished=any(span.end is None for span in spans),
    )


def _folded(lines: list[Line], steps: Mapping[str, Sequence[Step]]) -> list[Line]:
    """Put Pods of one owner that went the same way into one line, that of the slowest."""
    groups: dict[object, list[Line]] = {}
    for line in lines:
        groups.setdefault(_likeness(line, steps[line.object.uid]), []).append(line)
    found: list[Line] = []
    for group in groups.values():
        if len(group) < ALIKE_FROM:
            found.extend(group)
            continue
        first, *others = sorted(group, key=lambda line: -line.seconds)
        found.append(msgspec.structs.replace(first, members=tuple(others)))
    return sorted(found, key=lambda line: line.begin)


def _likeness(line: Line, steps: Sequence[Step]) -> object:
    """What Pods share that are shown as one; anything else is like nothing."""
    if line.object.kind != "Pod":
        return line.object.uid
    made = [e.ref for e in steps[0].evidence if e.source == "ownerReference"]
    names = tuple(span.name for span in line.spans)
    return (line.object.namespace, tuple(made), line.unfinished, names)


def _ranked(lines: list[Line]) -> tuple[Line, ...]:
    """At most LINES_MOST lines, in order of time: what lasts and what took long comes first."""
    if len(lines) <= LINES_MOST:
        return tuple(lines)
    ranked = sorted(lines, key=lambda line: (not line.unfinished, -line.seconds))
    return tuple(sorted(ranked[:LINES_MOST], key=lambda line: line.begin))
