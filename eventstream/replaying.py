"""Folds a recording through the engine in its own recorded time, as it would have been live.

One place, because the command `explain` and a recording that is opened in the page must say the
same of it.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from eventstream.auditlog import Line, beside
from eventstream.breaks import Breaks
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Upsert
from eventstream.kinds import taught
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.judging import Judge
from eventstream.objects.observations import Observation
from eventstream.tapelines import BadLine, Reading
from eventstream.tapes import TapeReader

_PAUSE = 0.05
"""Seconds without an observation after which a burst has ended and is judged."""

_SILENCE = 600.0
"""Seconds without an observation after which nothing is expected to become due any more."""


class Moment(msgspec.Struct, frozen=True):
    """What came of one observation, or, where that is None, of time alone; `at` is unix seconds."""

    at: float
    observation: Observation | None
    upserts: list[Upsert]


class PassedOver(msgspec.Struct, frozen=True):
    """A line that could not be used: of which file, and why."""

    path: Path
    line: BadLine

    def __str__(self) -> str:
        return f"{self.path}:{self.line.number}: passed over: {self.line.reason}"


def replay(
    engine: Engine,
    tape: Path,
    key: bytes,
    audit: Path | None = None,
    reading: Reading | None = None,
    *,
    messages: bool = True,
    judge: Judge | None = None,
) -> Iterator[Moment | PassedOver]:
    """Yield what `engine` makes of a recording, and each line of it that could not be used.

    Within a hole of the recording nothing is judged, as nothing could be seen then.

    `key` keys the digests of what is withheld; without `messages` none is kept. `judge` says how
    custom resources stand; else what comes with Baton does. `reading` bounds and counts what is
    read. Raises TapeError where a file cannot be read.
    """
    now = 0.0
    decoder = Decoder(key, messages=messages, judge=judge or taught.judge())
    audits = AuditDecoder(key, messages=messages)
    lines = _lines(TapeReader(decoder, reading or Reading()), tape, audit, audits)
    breaks = Breaks()
    for path, number, shown in lines:
        if isinstance(shown, BadLine):
            yield PassedOver(path, BadLine.told(number, shown.reason))
            continue
        for observation in shown:
            if breaks.within(now, observation.at):
                for gap in breaks.gaps(now, observation.at):
                    yield Moment(observation.at, gap, engine.apply(gap))
            else:
                for moment in _moments(now, observation.at):
                    yield Moment(moment, None, engine.tick(moment))
            breaks.hear(observation)
            now = max(now, observation.at)
            yield Moment(now, observation, engine.apply(observation))
    yield Moment(now, None, engine.tick(now, whole=True))


def _lines(
    reader: TapeReader, tape: Path, audit: Path | None, audits: AuditDecoder
) -> Iterator[Line]:
    """The tape's lines, and in between those of the audit log where there is one."""
    lines = ((tape, number, shown) for number, shown in reader.read(tape))
    return lines if audit is None else beside(lines, audit, audits, reader.reading)


def _moments(last: float, following: float) -> Iterator[float]:
    """When to judge between two observations: once a burst has ended, then every second.

    In a long silence more and more seldom, so that a year of it is judged some 600 times.
    """
    if not last or following - last < _PAUSE:
        return
    pause = 1.0
    began = last
    while last < following:
        yield last
        last += pause
        if last - began > _SILENCE:
            pause *= 2
