"""The lines of an excerpt: what history told of a window of time, to hand on and to open again.

An object of JSON a line: the head, then traces, steps and gaps as they are stored, and an end. It
is no recording: history keeps what changed, not each version, so nothing can be explained anew.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from eventstream.explain.vocabulary.records import (
    ObjectRef,
    Step,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
)
from eventstream.expressions import expression
from eventstream.objects import uids
from eventstream.objects.envelopes import UNREADABLE
from eventstream.objects.numbers import is_time
from eventstream.objects.observations import Gap
from eventstream.tapelines import BadLine, Reading

FORMAT = 1
_BEGINS = b'{"line":"excerpt"'
_ID = expression(r"[A-Za-z0-9_.:-]{1,200}")


class Head(msgspec.Struct, frozen=True, tag_field="line", tag="excerpt"):
    """What it is of: times in unix seconds, of which `made` is as of when history told it.

    `whole` says that nothing was withheld; `more` that the window was made to end early, as one
    file holds no more.
    """

    format: Annotated[int, msgspec.Meta(ge=FORMAT, le=FORMAT)]
    baton: str
    cluster: str
    since: float
    until: float
    made: float
    namespace: str | None
    whole: bool
    more: bool


class TraceLine(msgspec.Struct, frozen=True, tag_field="line", tag="trace"):
    """A trace, with the number of its steps in the file."""

    trace: Trace


class StepLine(msgspec.Struct, frozen=True, tag_field="line", tag="step"):
    """A step."""

    step: Step


class GapLine(msgspec.Struct, frozen=True, tag_field="line", tag="gap"):
    """A stretch that nobody saw."""

    gap: Gap


class End(msgspec.Struct, frozen=True, tag_field="line", tag="end"):
    """The last line: a file without one was cut short."""

    steps: int


Line = Head | TraceLine | StepLine | GapLine | End
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def written(line: Line) -> bytes:
    """The line as it stands in the file."""
    return _encode(line) + b"\n"


def is_one(path: Path) -> bool:
    """Whether the file begins as an excerpt does; False where it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False


def read(reading: Reading, path: Path) -> Iterator[tuple[int, Line | BadLine]]:
    """Yield each line with its number, or why it can't be used; raises TapeError as a tape does.

    What somebody else wrote is believed as little as a recording: ids, uids, times and numbers
    are those that history could hold.
    """
    for number, line in reading.read(path):
        yield number, line if isinstance(line, BadLine) else _read(number, line)


def told(line: Line) -> tuple[Gap | None, list[Upsert]]:
    """What a line brings into a history: a gap, a step or a trace, or nothing."""
    match line:
        case TraceLine(trace):
            return None, [TraceUpsert(trace)]
        case StepLine(step):
            return None, [StepUpsert(step)]
        case GapLine(gap):
            return gap, []
    return None, []


def _read(number: int, line: bytes) -> Line | BadLine:
    try:
        read_: Line = _decode(line)
        _check(read_)
        msgspec.msgpack.encode(read_)  # As it will be stored: a number may have no end in JSON.
    except (*UNREADABLE, msgspec.EncodeError, ValueError, OverflowError) as error:
        return BadLine.told(number, f"no line of an excerpt: {error}")
    return read_


def _check(line: Line) -> None:
    """Raise ValueError for what no history holds."""
    match line:
        case Head():
            _times(line.since, line.until, line.made)
        case StepLine(step):
            _names(step.object, step.id, step.trace, *step.causes, *filter(None, [step.cause]))
            _times(step.at, *(piece.at for piece in step.evidence))
        case TraceLine(trace):
            _names(trace.root, trace.id, *filter(None, [trace.root_step]))
            _times(trace.started, trace.ended, trace.updated, trace.waiting_since)
            _times(*(piece.at for piece in trace.diagnosis_evidence))
            if trace.revision is not None:
                _names(trace.revision.kept_in)
                _times(trace.revision.since, trace.revision.until)
        case GapLine(gap):
            _times(gap.since, gap.at)


def _names(object_: ObjectRef, *ids: str) -> None:
    if object_.uid and not uids.is_sound(object_.uid):
        raise ValueError(f"a uid of {len(object_.uid)} characters")
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise ValueError(f"{id_[:40]!r} is no id")


def _times(*times: float | None) -> None:
    for at in times:
        if at is not None and not is_time(at):
            raise ValueError(f"{at:.15g} is no time in unix seconds, between 1970 and 2200")
