"""Puts the page of a trace together from history: what it shows, and what tells its parts apart.

A page that is requested and one that is pushed to show the same, because both are made here.
"""

from functools import lru_cache
from typing import Any

import msgspec

from dashboard import rendering
from dashboard.asked import Asked
from dashboard.bars import Compared, bars
from dashboard.minimap import minimap
from dashboard.rendering import Drawn, DrawnRows
from dashboard.sequence_rows import sequence
from dashboard.waterfall import typical, waterfall
from eventstream import history
from eventstream.explain.vocabulary.records import Step, Trace

STEPS_MOST = 2000
"""So many steps of one trace are drawn; a note leads on to the rest."""

GAPS_MOST = 200
"""So many gaps in watching the kinds of a trace stand between its steps."""

_USUAL = {
    "scheduling": "scheduler/bind",
    "pulled": "kubelet/pull-and-start",
    "started": "kubelet/start",
    "ready": "kubelet/ready",
    "stop": "kubelet/stop",
}
"""Which kind of wait each span is. Those from the binding to the start are one wait together."""

_MOVERS = {
    "ReplicaSet": "deployment-controller",
    "scheduled": "scheduler",
    "started": "kubelet",
    "ready": "kubelet",
    "available": "deployment-controller",
}
"""Whose move each stage is, where that is always the same actor."""


class ShownSteps(msgspec.Struct, frozen=True):
    """The steps that a page draws, how many come before them, and where to go on from there."""

    steps: tuple[history.Stored[Step], ...]
    after: str = ""
    before: int = 0

    @property
    def records(self) -> list[Step]:
        """The steps themselves."""
        return [stored.record for stored in self.steps]


class Picture(msgspec.Struct, frozen=True):
    """The rows of a trace's page, and the `parts` around them that change as steps arrive."""

    rows: DrawnRows
    parts: tuple[Drawn, ...]

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """Everything, each with its signature."""
        return (self.rows.head, *self.parts, *self.rows.rows)


def shown_steps(trace_id: str, after: str | None = None) -> ShownSteps:
    """Return the first steps of a trace, or those behind the cursor `after`."""
    found = history.steps(trace_id, after=after or None, limit=STEPS_MOST + 1)
    shown = tuple(found[:STEPS_MOST])
    before = history.steps_up_to(trace_id, after) if after else 0
    return ShownSteps(shown, shown[-1].cursor if len(found) > STEPS_MOST else "", before)


def picture(stored: history.Stored[Trace], shown: ShownSteps, asked: Asked) -> Picture:
    """Draw a trace as the reader asked for it."""
    trace = stored.record
    gaps = unseen(shown)
    map_ = minimap(shown.records, [gap.record for gap in gaps])
    parts = (
        _part("minimap", map=map_, then=map_.share(asked.at) if map_ and asked.at else None),
        _part(
            "cut",
            shown=shown,
            more=asked.query(after=shown.after, at=None),
            first=asked.query(after=None, at=None),
        ),
        _part("next", trace=trace, ahead=_ahead(trace)),
        _part("beside", **beside(trace)),
    )
    if asked.shown != "waterfall":
        return Picture(sequence(trace, shown.steps, asked, gaps, shown.before + 1), parts)
    until = trace.updated if trace.ended is None else trace.ended
    fall = waterfall(shown.records, over=trace.state == "complete", until=until)
    about = next((step.object.uid for step in shown.records if step.id == asked.step), "")
    return Picture(bars(fall, trace, asked, _compared(trace), gaps, about), parts)


def _part(id_: str, **context: Any) -> Drawn:
    html = rendering.draw(id_, **context)
    return Drawn(id_, html, hash(html))


def unseen(shown: ShownSteps) -> list[history.Stored[history.Gap]]:
    """Return what nobody saw between the steps that are shown, of the kinds they are about."""
    if not shown.steps:
        return []
    times, types = [step.at for step in shown.records], {s.object.type for s in shown.records}
    return history.gaps_between(min(times), max(times), GAPS_MOST, types)


def _ahead(trace: Trace) -> list[tuple[str, str]]:
    """The stages that are still to come, and whose move each is; "" where that differs."""
    return [(s.name, _MOVERS.get(s.name, "")) for s in trace.stages if s.state == "pending"]


def beside(trace: Trace) -> dict[str, Any]:
    """Return what came before and after `trace` to the same object.

    Of a revision from before watching began that is another such revision, or not told.
    """
    if trace.revision is not None:
        before, after = history.revisions_beside(trace)
    else:
        before, after = history.trace_before(trace), history.trace_after(trace)
    return {
        "trace": trace,
        "before": before.record if before else None,
        "after": after.record if after else None,
    }


def _compared(trace: Trace) -> Compared:
    usual = {each.key: each.median for each in history.usual() if each.median is not None}
    before = history.trace_before(trace)
    return Compared(
        {name: usual[key] for name, key in _USUAL.items() if key in usual},
        _typical_of(history.current(), history.seen().digest, before.id, before.seq)
        if before is not None
        else {},
    )


@lru_cache(maxsize=64)  # Each push of a trace asks for the one before it, which rarely changes.
def _typical_of(_database: str, _rights: str, trace_id: str, _seq: int) -> dict[str, float]:
    return typical(waterfall(shown_steps(trace_id).records, over=True))
