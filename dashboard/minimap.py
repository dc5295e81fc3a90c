"""A trace in small: how many steps came when, and what nobody saw, over its whole time."""

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dashboard.folding import is_heartbeat
from eventstream.explain.vocabulary.records import Step
from eventstream.history import Gap

BINS = 80
HEIGHT = 32
_LEAST = 4
"""Pixels: of how high the map is, and of what a single step makes."""


class Bin(msgspec.Struct, frozen=True):
    """Steps that came close together: `x` and `width` in percent, `y` and `height` in pixels."""

    x: float
    width: float
    y: float
    height: float


class Minimap(msgspec.Struct, frozen=True):
    """The stretch from the first step to the last that is no heartbeat, in unix seconds.

    `gaps` are (x, width) in percent of the width; `times` the moments at which a step came, in
    milliseconds after `begin`.
    """

    begin: float
    end: float
    bins: tuple[Bin, ...]
    gaps: tuple[tuple[float, float], ...]
    times: str = ""

    def share(self, at: float) -> float:
        """Where a moment lies, in percent of the width."""
        return round(min(max((at - self.begin) / (self.end - self.begin), 0.0), 1.0) * 100, 2)


def minimap(steps: Sequence[Step], gaps: Iterable[Gap]) -> Minimap | None:
    """The map of a trace's steps; None for a trace that has no two moments."""
    times = [step.at for step in steps if not is_heartbeat(step)] or [step.at for step in steps]
    if not times or min(times) == max(times):
        return None
    bare = Minimap(min(times), max(times), (), ())
    counts = [0] * BINS
    for at in times:
        counts[min(int(bare.share(at) / 100 * BINS), BINS - 1)] += 1
    most, width = max(counts), 100 / BINS
    bins = tuple(
        Bin(round(index * width, 3), round(width, 3), HEIGHT - height, height)
        for index, count in enumerate(counts)
        if count
        for height in (round(_LEAST + (HEIGHT - _LEAST) * count / most, 1),)
    )
    bands = tuple(_bands((bare.share(gap.since), bare.share(gap.at)) for gap in gaps))
    return msgspec.structs.replace(bare, bins=bins, gaps=bands, times=_times(times))


def _bands(gaps: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield where something was not seen, as (x, width): gaps of many kinds at once are one."""
    begin, end = None, 0.0
    for since, until in sorted(gaps):
        if begin is None:
            begin, end = since, until
        elif since <= end:
            end = max(end, until)
        else:
            yield begin, round(end - begin, 2)
            begin, end = since, until
    if begin is not None:
        yield begin, round(end - begin, 2)


def _times(times: Sequence[float]) -> str:
    """Each moment once; rounded up, so that what came then is there at that moment."""
    begin = min(times)
    return " ".join(str(ms) for ms in sorted({math.ceil((at - begin) * 1000) for at in times}))
