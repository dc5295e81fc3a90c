"""Draws a trace's steps as rows: of the sequence with its arrows, or of the plain list.

Both have the same rows in the same order; the list says in words what the arrows show.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import msgspec
from django.utils.safestring import SafeString

from dashboard import wording
from dashboard.actors import lane_of
from dashboard.asked import Asked
from dashboard.folding import ALIKE_FROM, Fold, fold
from dashboard.rendering import Drawn, DrawnRows, documented, draw, offset, shared
from dashboard.sequence import Layout, Row, rows
from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import Gap, Stored

ARROW_HEIGHTS = {"request": 13, "store": 28, "broadcast": 43}
"""Pixels from a row's top at which its arrows run; one broadcast may reach several lanes."""

MEMBERS_MOST = 12
"""More members than this are drawn only when the reader unfolds the row."""


class _Placed(msgspec.Struct, frozen=True):
    """A row of `trace` with the text that sorts it among its like."""

    row: Row
    trace: Trace
    order: str


def sequence(
    trace: Trace,
    steps: Sequence[Stored[Step]],
    asked: Asked = Asked(),  # noqa: B008  # it is frozen
    gaps: Sequence[Stored[Gap]] = (),
    first: int = 1,
) -> DrawnRows:
    """Return the steps of `trace` as rows, repeated ones folded, with the gaps between them.

    `first` is the number that the first of these steps has in its trace.
    """
    records = [stored.record for stored in steps]
    places = {stored.id: (stored.seq, stored.cursor) for stored in steps}
    layout = Layout(records)
    drawn = []
    for row in rows(fold(records, lambda step: layout.x(lane_of(step)), first), layout):
        signature = hash((_identity(row, places), trace.started, asked.show, asked.after))
        order = places[row.fold.id][1]
        html = _row_html(_Placed(row, trace, order), signature, asked)
        drawn.append((order, Drawn(row.fold.id, html, signature)))
    drawn.extend(_breaks(gaps, steps, asked))
    drawn.sort(key=lambda each: each[0])
    lanes = draw("lanes", lanes=layout.lanes, show=asked.shown)
    head = Drawn("lanes", lanes, hash(layout.lanes))
    return DrawnRows(head, tuple(each for _, each in drawn))


def _identity(row: Row, places: dict[str, tuple[int, str]]) -> Hashable:
    """Return all that a row's drawing depends on, without hashing its texts."""
    members = tuple((each.number, each.step.id, places[each.step.id]) for each in row.fold.members)
    return members, row.arrows, row.lifelines


def _row_html(placed: _Placed, signature: int, asked: Asked) -> SafeString:
    each = placed.row.fold
    special = {asked.step, asked.unfold} & {step.id for step in each.steps}
    if special or (asked.at is not None and each.last.at > asked.at):
        return _draw_row(placed, asked)
    plain = Asked(show=asked.show, after=asked.after)
    return shared(("step", each.id, signature), lambda: _draw_row(placed, plain))


def _draw_row(placed: _Placed, asked: Asked) -> SafeString:
    row, trace = placed.row, placed.trace
    ids = {step.id for step in row.fold.steps}
    whole = len(ids) <= MEMBERS_MOST or bool({asked.unfold, asked.step} & ids)
    return draw(
        "list_row" if asked.show == "list" else "step_row",
        row=row,
        order=placed.order,
        arrows=[(arrow, ARROW_HEIGHTS[arrow.kind]) for arrow in row.arrows],
        way=_way(row),
        offset=offset(row.fold.first, trace),
        last_offset=offset(row.fold.last, trace),
        documented=documented(row.fold.steps),
        folded=_folded(row.fold),
        members=_members(row.fold, trace) if whole else (),
        whole=whole,
        open=asked.unfold in ids,
        selected=asked.step,
        then=asked.at,
        query=asked.prefix,
        unfold=asked.query(unfold=row.fold.id, step=None),
    )


def _folded(each: Fold) -> str:
    """Return what a row stands for besides its first step, in words."""
    first, objects = each.first, each.others + 1
    if objects >= ALIKE_FROM:
        return f"{wording.more(each.others, first.object.kind)} did the same, {each.writes} writes"
    sort = {"renew": "heartbeats", "report": "reports"}.get(first.verb, "writes alike")
    on = f" on {objects} {wording.visible(wording.plural(first.object.kind))}"
    return f"{each.writes} {sort}{on if objects > 1 else ''}"


def _members(each: Fold, trace: Trace) -> list[dict[str, Any]]:
    """Return what unfolds below a row: the steps behind its first."""
    return [
        {"step": member.step, "number": member.number, "offset": offset(member.step, trace)}
        for member in each.members[1:]
    ]


def _way(row: Row) -> list[tuple[str, str]]:
    """Return what the arrows of a row show, in words, each with its grade."""
    said = []
    for arrow in row.arrows:
        if arrow.kind == "request":
            said.append(("its request reached the API server", arrow.grade))
        elif arrow.kind == "store":
            version = row.fold.first.resource_version
            said.append((f"stored in etcd as resourceVersion {version}", arrow.grade))
    if row.watchers:
        names = ", ".join(
            wording.visible(f"{lane.label} {lane.name}".strip()) for lane in row.watchers
        )
        said.append((f"received by: {names}", "inferred"))
    return said


def _breaks(
    gaps: Sequence[Stored[Gap]], steps: Sequence[Stored[Step]], asked: Asked
) -> Iterator[tuple[str, Drawn]]:
    """Yield for each gap a row that stands behind the last step before it."""
    for gap in gaps:
        before = [stored.cursor for stored in steps if stored.record.at <= gap.record.since]
        order = f"{max(before)}~" if before else ""  # "~" sorts behind all that a cursor has.
        later = asked.at is not None and gap.record.since > asked.at
        html = draw("gap_row", gap=gap.record, id=gap.id, order=order, later=later)
        yield order, Drawn(f"gap-{gap.id}", html, hash((gap.id, order, later)))
