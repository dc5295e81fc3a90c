"""Rows to records: the one place that knows how history's tables are read."""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db.models import Count, QuerySet
from msgspec.structs import replace

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Gone, Row, Stored
from eventstream.history.rights import Rights, seen
from eventstream.history.withholding import step_for, trace_for
from eventstream.models import GapRow, StepRow, TombstoneRow, TraceRow
from eventstream.objects.observations import Gap
from eventstream.packing.steps import StepColumns, unpack_step
from eventstream.packing.traces import unpack_trace

_gap = msgspec.json.Decoder(Gap)


class TracePlace(msgspec.Struct, frozen=True):
    """Where a trace stands in the feed: by rank, latest first, then by id."""

    rank: int
    updated: float
    id: str

    def __str__(self) -> str:
        return f"{self.rank}/{self.updated!r}/{self.id}"

    @classmethod
    def parse(cls, cursor: str) -> "TracePlace":
        """The place that a cursor names; raises BadCursorError."""
        try:
            rank, updated, id_ = cursor.split("/", 2)
            return cls(int(rank), float(updated), id_)
        except ValueError as error:
            raise BadCursorError(f"{cursor!r} is no place in the list of traces.") from error


STEP_COLUMNS = (
    *("seq", "id", "revision", "sort", "at", "trace__id", "actor__name", "place__namespace"),
    *("place__kind", "object__uid", "object__api_version", "object__name", "body"),
)
"""What is read of a step's row, and of those that it means."""


def step_place(cursor: str) -> tuple[bytes, str]:
    """The sort key and id that a step's cursor names; raises BadCursorError."""
    key, dash, id_ = cursor.partition("-")
    try:
        if dash:
            return bytes.fromhex(key), id_
    except ValueError:
        pass  # Said below, as for a cursor without a dash.
    raise BadCursorError(f"{cursor!r} is no place in a trace's steps.")


def read_step(row: tuple[Any, ...]) -> Stored[Step]:
    """A step as stored, of what STEP_COLUMNS names."""
    seq, id_, revision, sort, at, trace, actor, namespace, kind, uid, version, name, body = row
    ref = ObjectRef(version, kind, namespace or None, name, uid)
    sort = bytes(sort)
    step = unpack_step(bytes(body), StepColumns(id_, trace, sort, at, actor, ref))
    # "-" sorts before all that a longer key goes on with.
    return Stored(id_, revision, seq, step, f"{sort.hex()}-{id_}")


def stored_steps(rows: QuerySet[StepRow]) -> list[Stored[Step]]:
    """Steps as stored, as far as whoever asks may see what they draw on."""
    rights = seen()
    found = map(read_step, rows.values_list(*STEP_COLUMNS))
    if rights.everything:
        return list(found)
    return [replace(each, record=step_for(each.record, rights)) for each in found]


def first_step(rows: QuerySet[StepRow]) -> Stored[Step] | None:
    """The first of them, None where there is none."""
    return next(iter(stored_steps(rows[:1])), None)


def stored_traces(rows: Iterable[TraceRow]) -> list[Stored[Trace]]:
    """Traces as stored, as far as whoever asks may see what they draw on."""
    found, rights = list(rows), seen()
    counted = {} if rights.everything else _counted([row.number for row in found])
    return [_stored_trace(row, rights, counted.get(row.number, 0)) for row in found]


def stored_trace(row: TraceRow) -> Stored[Trace]:
    """One of them."""
    return stored_traces([row])[0]


def _stored_trace(row: TraceRow, rights: Rights, steps: int) -> Stored[Trace]:
    cursor = str(TracePlace(row.rank, row.updated, row.id))
    trace = unpack_trace(bytes(row.body))
    if not rights.everything:
        trace = trace_for(trace, rights, steps)
    return Stored(row.id, row.revision, row.seq, trace, cursor)


def _counted(traces: list[int]) -> dict[int, int]:
    """How many steps of each of these traces may be seen."""
    rows = permitted.steps().filter(trace__in=traces).order_by()
    return dict(rows.values_list("trace").annotate(count=Count("*")))


def stored_gap(row: GapRow) -> Stored[Gap]:
    """A gap as stored; gaps never change."""
    return Stored(row.id, 1, row.seq, _gap.decode(bytes(row.body)))


def removed(row: TombstoneRow) -> Row:
    """That a step left the trace, or that a trace is no more."""
    gone = Gone(row.row, "step" if row.kind == "step" else "trace")
    return "removed", Stored(row.row, 0, row.seq, gone)
