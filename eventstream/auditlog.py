"""Reads an API server's audit log beside a recording of the same minutes, in order of time.

The engine needs no order between the two; keeping time only spares it from holding more than a
moment of either. What was asked before the recording begins, or after it ends, is left out.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from eventstream.objects.audit import AuditDecoder
from eventstream.objects.envelopes import DecodeError
from eventstream.objects.observations import AuditRecord, Observation
from eventstream.tapelines import BadLine, Reading

_AROUND = 1.0
"""Seconds before and after the recording that still count: clocks differ a little."""

Shown = list[Observation] | BadLine
Line = tuple[Path, int, Shown]
"""A line of a file: where it stands, and what it shows or why it cannot be used."""


def read_audit(
    path: Path, decoder: AuditDecoder, reading: Reading | None = None
) -> Iterator[tuple[int, AuditRecord | BadLine]]:
    """Yield each write request with its line's number, and each line that is no audit record.

    Raises TapeError where there is no such file.
    """
    for number, line in (reading or Reading()).read(path):
        try:
            found = line if isinstance(line, BadLine) else decoder.record(line)
        except DecodeError as error:
            yield number, BadLine.told(number, str(error))
        else:
            if found is not None:
                yield number, found


def beside(
    tape: Iterable[Line], path: Path, decoder: AuditDecoder, reading: Reading
) -> Iterator[Line]:
    """The lines of a recording, with those of the audit log at `path` put in between by time."""
    log = read_audit(path, decoder, reading)
    ahead = next(log, None)
    began, now = None, 0.0
    for line in tape:
        shown = line[2]
        if not isinstance(shown, BadLine) and shown:
            now = max(now, shown[0].at)
            began = now if began is None else began
        while ahead is not None and (began is not None) and _is_due(ahead[1], now):
            yield from _placed(path, ahead, began - _AROUND)
            ahead = next(log, None)
        yield line
    while ahead is not None:
        if isinstance(ahead[1], BadLine) or ahead[1].received <= now + _AROUND:
            yield from _placed(path, ahead, (began or now) - _AROUND)
        ahead = next(log, None)


def _is_due(found: AuditRecord | BadLine, now: float) -> bool:
    return isinstance(found, BadLine) or found.at <= now


def _placed(path: Path, entry: tuple[int, AuditRecord | BadLine], since: float) -> Iterator[Line]:
    number, found = entry
    if isinstance(found, BadLine):
        yield path, number, found
    elif found.at >= since:
        yield path, number, [found]
