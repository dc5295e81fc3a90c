"""Rows to records: the one place that knows how history's tables are read."""

from collections.abc import Iterable

import msgspec
from django.db.models import Count

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Gone, Row, Stored
from eventstream.history.rights import Rights, seen
from eventstream.history.withholding import step_for, trace_for
from eventstream.models import GapRow, StepRow, TombstoneRow, TraceRow
from eventstream.objects.observations import Gap

_step = msgspec.json.Decoder(Step)
_trace = msgspec.json.Decoder(Trace)
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


def step_place(cursor: str) -> tuple[str, str]:
    """The sort key and id that a step's cursor names; raises BadCursorError."""
    key, dash, id_ = cursor.partition("-")
    if not dash:
        raise BadCursorError(f"{cursor!r} is no place in a trace's steps.")
    return key, id_


def stored_step(row: StepRow) -> Stored[Step]:
    """A step as stored, as far as whoever asks may see what it draws on."""
    cursor = f"{row.sort_key}-{row.id}"  # "-" sorts before all that a longer key goes on with.
    step = step_for(_step.decode(bytes(row.body)), seen())
    return Stored(row.id, row.revision, row.seq, step, cursor)


def stored_traces(rows: Iterable[TraceRow]) -> list[Stored[Trace]]:
    """Traces as stored, as far as whoever asks may see what they draw on."""
    found, rights = list(rows), seen()
    counted = {} if rights.everything else _counted([row.id for row in found])
    return [_stored_trace(row, rights, counted.get(row.id, 0)) for row in found]


def stored_trace(row: TraceRow) -> Stored[Trace]:
    """One of them."""
    return stored_traces([row])[0]


def _stored_trace(row: TraceRow, rights: Rights, steps: int) -> Stored[Trace]:
    cursor = str(TracePlace(row.rank, row.updated, row.id))
    trace = _trace.decode(bytes(row.body))
    if not rights.everything:
        trace = trace_for(trace, rights, steps)
    return Stored(row.id, row.revision, row.seq, trace, cursor)


def _counted(traces: list[str]) -> dict[str, int]:
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
