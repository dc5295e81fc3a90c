"""Folds a recording into a history, as far as its budget goes, and tells how far that is."""

import contextlib
import os
import time
from pathlib import Path

import msgspec
from django.conf import settings

from eventstream import excerpts, history
from eventstream.budget import Bound, Budget, every
from eventstream.excerpts import End, Head
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Upsert
from eventstream.kinds import taught
from eventstream.models import StepRow
from eventstream.objects.observations import Gap
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status
from eventstream.replaying import Moment, PassedOver, replay
from eventstream.tapelines import BadLine, Reading

KINDS_MOST = 1000
"""So many kinds are read; the lines of further ones are passed over and counted."""

LINE_BYTES = 64 << 20
"""The longest line that is read: a list of some ten thousand Pods."""

ROWS = 2000
"""So many rows are committed together."""

LOOKED = 64
"""After so many lines it is looked whether a bound is met."""

USELESS_MOST = 10_000
"""A file that begins with so many lines which are none of a recording is none."""

REASONS_MOST = 20
"""So many of the lines that could not be used are told; the others are counted."""

TOLD_SECONDS = 0.5
_STDOUT = 1


class NoRecordingError(ValueError):
    """The file holds nothing to show; the message says why, and what to do."""


class Progress(msgspec.Struct, omit_defaults=True):
    """How far reading is: `bytes` of `size`, and how many lines these are.

    `passed_over` lines were not used, `reasons` says why of the first of them, `other_kinds` how
    many of them were of one kind too many. `stored` says that there is something to look at, of
    `steps` steps, `until` the recorded time reached (unix seconds), `seconds` what CPU time it
    took, `cut` which bound ended it. Of an excerpt of history, `excerpt` is its head.
    """

    size: int = 0
    bytes: int = 0
    lines: int = 0
    passed_over: int = 0
    other_kinds: int = 0
    reasons: list[str] = []
    steps: int = 0
    until: float = 0.0
    seconds: float = 0.0
    stored: bool = False
    cut: Bound | None = None
    done: bool = False
    excerpt: Head | None = None


class Storing:
    """One recording's way into the history of the default database, called `name` there."""

    def __init__(self, name: str, budget: Budget, reading: Reading) -> None:
        self.progress = Progress(reasons=[])
        self._name = name
        self._budget = budget
        self._reading = reading
        self._batch = Batch()
        self._used = 0

    def read(self, tape: Path, audit: Path | None) -> None:
        """Read until the end or a bound; raises NoRecordingError, TapeError, DatabaseError."""
        self.progress.size = sum(path.stat().st_size for path in (tape, audit) if path is not None)
        try:
            with every(TOLD_SECONDS, self._tell):
                try:
                    self._fold(tape, audit)
                except MemoryError:  # What comes of the next line is not known before it is read.
                    self.progress.cut = "memory"
                self._end(tape)
        finally:
            self._tell()

    def _fold(self, tape: Path, audit: Path | None) -> None:
        if excerpts.is_one(tape):
            if audit is not None:
                raise NoRecordingError(
                    "The file is an excerpt of history, which is shown as it was told, and an "
                    "audit log beside it can tell nothing more: open it without one."
                )
            self._copy(tape)
            return
        engine, progress = Engine("tape", audited=audit is not None), self.progress
        key = history.installation_key()
        judge = taught.judge(settings.BATON_KINDS, settings.BATON_HEALTH)
        messages = settings.BATON_MESSAGES
        shown_all = replay(engine, tape, key, audit, self._reading, messages=messages, judge=judge)
        for looked, shown in enumerate(shown_all):
            if isinstance(shown, PassedOver):
                self._pass_over(shown)
                if not self._used and progress.passed_over >= USELESS_MOST:
                    return
            else:
                self._take(shown)
            if looked % LOOKED == 0 and (met := self._budget.met()) is not None:
                progress.cut = met
                self._batch.add(None, engine.tick(progress.until, whole=True))
                return

    def _copy(self, excerpt: Path) -> None:
        """Store what an excerpt tells, as it was told."""
        last: excerpts.Line | BadLine | None = None
        for looked, (_, line) in enumerate(excerpts.read(self._reading, excerpt)):
            if last is None:
                self._begin(line)
            elif isinstance(line, BadLine):
                self._pass_over(PassedOver(excerpt, line))
            else:
                self._add(*excerpts.told(line))
            last = line
            if looked % LOOKED == 0 and (met := self._budget.met()) is not None:
                self.progress.cut = met
                return
        if not isinstance(last, End):
            short = BadLine(self._reading.lines, "the file was cut short here")
            self._pass_over(PassedOver(excerpt, short))

    def _begin(self, line: "excerpts.Line | BadLine") -> None:
        """Take in the first line of an excerpt; raises NoRecordingError where it is no head."""
        if not isinstance(line, Head):
            raise NoRecordingError(
                "The file is an excerpt of history of another version of Baton, or its first "
                "line is damaged. Cut it anew with this version, or open it with that one."
            )
        self.progress.excerpt, self.progress.until = line, line.made

    def _add(self, gap: Gap | None, upserts: list[Upsert]) -> None:
        self._batch.add(gap, upserts)
        self._used += 1  # Also of an end: an excerpt of a quiet window is one.
        if len(self._batch) >= ROWS:
            self._commit()

    def _take(self, shown: Moment) -> None:
        self._batch.add(shown.observation, shown.upserts)
        self.progress.until = max(self.progress.until, shown.at)
        self._used += shown.observation is not None
        if len(self._batch) >= ROWS:
            self._commit()

    def _pass_over(self, shown: PassedOver) -> None:
        self.progress.passed_over += 1
        if len(self.progress.reasons) < REASONS_MOST:
            self.progress.reasons.append(f"line {shown.line.number}: {shown.line.reason}")

    def _end(self, tape: Path) -> None:
        """Commit what is left, and say that this is all."""
        if not self._used:
            raise NoRecordingError(nothing(self.progress, tape))
        self._commit()
        self.progress.done = True

    def _commit(self) -> None:
        batch, self._batch = self._batch, Batch()
        at = self.progress.until
        commit(batch, at, Status("tape", self._name, "", "", heartbeat=at, observed=at))
        self.progress.stored = True
        self.progress.steps = StepRow.objects.count()
        self._tell()

    def _tell(self) -> None:
        """Write a line that says how far it is, at once and whole: this may interrupt anything."""
        progress, reading = self.progress, self._reading
        progress.bytes, progress.lines = reading.bytes, reading.lines
        progress.other_kinds, progress.seconds = reading.other_kinds, time.process_time()
        with contextlib.suppress(BrokenPipeError):  # Nobody wants to know any more.
            os.write(_STDOUT, msgspec.json.encode(progress) + b"\n")


_FORMS = {
    b"\x1f\x8b": "It is compressed with gzip: unpack it (`gunzip`), and open what comes of it.",
    b"PK\x03\x04": "It is a zip archive: unpack it, and open the recording that is in it.",
    b"\xff\xfe": "It is text in UTF-16: save it as UTF-8.",
    b"\xfe\xff": "It is text in UTF-16: save it as UTF-8.",
}
"""How files begin that hold a recording in another form, and what to do about each."""


def nothing(progress: Progress, tape: Path) -> str:
    """Why there is nothing to show of a file."""
    if progress.cut is not None:
        return f"The bound of {progress.cut} was met before anything of it could be read."
    with tape.open("rb") as file:
        begins = file.read(4)
    for mark, advice in _FORMS.items():
        if begins.startswith(mark):
            return f"The file is no recording as it is. {advice}"
    if not progress.passed_over:
        return "The file holds no line; perhaps nothing was recorded, or saving it was cut short."
    among = "" if progress.bytes >= progress.size else f"among its first {progress.passed_over} "
    return (
        f"The file holds no line of a recording {among}({progress.reasons[0]}). "
        "A recording has one JSON object a line, with t, resource, type and object, as "
        "`observe --record FILE` writes it."
    )
