"""The events of a watch: what is sent, and how one is written."""

from collections.abc import Mapping

import msgspec

from dashboard import wording
from dashboard.api import documents, records
from eventstream import history
from eventstream.explain.vocabulary.records import Step


class TraceChanged(msgspec.Struct, frozen=True):
    """A trace as it is now; of one id the highest `revision` counts."""

    revision: int
    trace: records.Trace


class StepChanged(msgspec.Struct, frozen=True):
    """A step as it is told now; a later one of the same id is told in its place."""

    revision: int
    step: records.Step


class Gone(msgspec.Struct, frozen=True):
    """A step or trace to take away: removed, moved, or no longer what is asked for."""

    id: str
    kind: str


class Bookmark(msgspec.Struct, frozen=True):
    """Nothing more up to here, at `at`: a sign of life."""

    at: str | None


class Reset(msgspec.Struct, frozen=True):
    """History can't go on from where it was asked to: list anew, and watch from there."""

    reason: str


MEANINGS: Mapping[str, str] = {
    "trace": "a trace as it is now (TraceChanged)",
    "step": "a step as it is told now, of the one trace that is watched (StepChanged)",
    "gone": "a trace or step to take away (Gone)",
    "gap": "a stretch that nobody saw (Gap)",
    "bookmark": "nothing more up to this id: a sign of life, every 15 s at least (Bookmark)",
    "reset": "history does not reach back to where it was to begin: list anew (Reset)",
    "end": "the server ends the watch, and why: ask anew, or sign in (Problem)",
}
SENT = (TraceChanged, StepChanged, Gone, documents.Gap, Bookmark, Reset)


def written(name: str, data: msgspec.Struct, id_: str = "") -> bytes:
    """Return one event as it is sent: JSON has no line feeds."""
    named = f"event: {name}\n" + (f"id: {id_}\n" if id_ else "")
    return named.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


def of_rows(epoch: str, rows: tuple[history.Row, ...]) -> list[bytes]:
    """Return rows of history as events, each with the id that a watch goes on from."""
    seen = history.seen_causes(_step(row) for row in rows if row[0] == "step")
    found: list[bytes] = []
    for row in rows:
        id_ = f"{epoch}-{row[1].seq}"
        match row:
            case ("trace", stored):
                changed = TraceChanged(stored.revision, records.trace_of(stored.record))
                found.append(written("trace", changed, id_))
            case ("step", stored):
                told = records.step_of(stored.record, seen)
                found.append(written("step", StepChanged(stored.revision, told), id_))
            case ("removed", stored):
                gone = Gone(stored.record.id, stored.record.kind)
                found.append(written("gone", gone, id_))
            case ("gap", stored):
                found.append(written("gap", _gap(stored.record), id_))
    return found


def _step(row: history.Row) -> Step:
    record = row[1].record
    assert isinstance(record, Step)  # noqa: S101  # nosec B101 - for mypy
    return record


def _gap(gap: history.Gap) -> documents.Gap:
    return documents.Gap(
        gap.resource.key,
        gap.from_version,
        gap.to_version,
        wording.json_time(gap.since),
        wording.json_time(gap.at),
        gap.reason,
    )
