"""Rows to records: the one place that knows how history's tables are read."""

import msgspec

from eventstream.explain.vocabulary.records import Step, Trace
from eventstream.history.answers import BadCursorError, Gone, Row, Stored
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
    """A step as stored."""
    cursor = f"{row.sort_key}-{row.id}"  # "-" sorts before all that a longer key goes on with.
    return Stored(row.id, row.revision, row.seq, _step.decode(bytes(row.body)), cursor)


def stored_trace(row: TraceRow) -> Stored[Trace]:
    """A trace as stored."""
    cursor = str(TracePlace(row.rank, row.updated, row.id))
    return Stored(row.id, row.revision, row.seq, _trace.decode(bytes(row.body)), cursor)


def stored_gap(row: GapRow) -> Stored[Gap]:
    """A gap as stored; gaps never change."""
    return Stored(row.id, 1, row.seq, _gap.decode(bytes(row.body)))


def removed(row: TombstoneRow) -> Row:
    """That a step left the trace, or that a trace is no more."""
    gone = Gone(row.row, "step" if row.kind == "step" else "trace")
    return "removed", Stored(row.row, 0, row.seq, gone)
