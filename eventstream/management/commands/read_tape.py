"""`manage.py read_tape FILE`: put a recording into a history of its own, and say how it goes.

The dashboard runs this as a process of its own for a recording that somebody opens in the page:
whatever the file holds can then use up neither the time nor the memory of the live observing,
and never meets its history. Standard output tells how far it is, a JSON object a line.
"""

import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from eventstream import history
from eventstream.explain.engine.engine import Engine
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status
from eventstream.replaying import Moment, PassedOver, replay
from eventstream.tapes import TapeError

ROWS = 2000
"""So many rows are committed together."""

TOLD = 20
"""So many of the lines that could not be used are told; the others are counted."""


class Progress(msgspec.Struct, omit_defaults=True):
    """How far reading is: `lines` used, `passed_over` not used and why the first of them were not.

    `until` is the recorded time reached, in unix seconds.
    """

    lines: int = 0
    passed_over: int = 0
    reasons: list[str] = []
    until: float = 0.0
    done: bool = False


class Command(BaseCommand):
    """Read a recording into the history of BATON_DATA, which must hold nothing else."""

    help = "Put a recording into a history of its own (BATON_DATA), telling how far it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The recording, and what reading it may cost."""
        parser.add_argument("tape", type=Path, help="a recording, one JSON object a line")
        parser.add_argument("--audit", type=Path, metavar="FILE", help="the audit log beside it")
        parser.add_argument("--name", default="", help="what to call it")
        parser.add_argument("--seconds", type=int, help="CPU time that reading may take")
        parser.add_argument("--megabytes", type=int, help="memory that reading may take")

    def handle(self, *_: Any, **options: Any) -> None:
        """Read it whole; what can't be read ends it with a message."""
        _limit(options["seconds"], options["megabytes"])
        tape: Path = options["tape"]
        try:
            call_command("migrate", verbosity=0, interactive=False)
            if history.cluster() is not None:
                raise CommandError("BATON_DATA holds a history already; set it to a new directory.")
            self._read(tape, options["audit"], options["name"] or tape.name)
        except MemoryError as error:
            raise CommandError(
                f"{tape.name} takes more than {options['megabytes']} MB of memory. Cut it into "
                "parts, or read it with `manage.py explain`, which has no such bound."
            ) from error
        except (TapeError, DatabaseError) as error:
            raise CommandError(str(error)) from error

    def _read(self, tape: Path, audit: Path | None, name: str) -> None:
        engine = Engine("tape", audited=audit is not None)
        batch, progress = Batch(), Progress()
        for shown in replay(engine, tape, history.installation_key(), audit):
            if isinstance(shown, PassedOver):
                _count(progress, shown)
                continue
            _take(batch, progress, shown)
            if len(batch) >= ROWS:
                self._commit(batch, progress, name)
                batch = Batch()
        if not progress.lines:
            raise CommandError(_nothing(progress, tape))
        progress.done = True
        self._commit(batch, progress, name)

    def _commit(self, batch: Batch, progress: Progress, name: str) -> None:
        at = progress.until
        commit(batch, at, Status("tape", name, "", "", heartbeat=at, observed=at))
        self.stdout.write(msgspec.json.encode(progress).decode())
        self.stdout.flush()


_FORMS = {
    b"\x1f\x8b": "It is compressed with gzip: unpack it (`gunzip`), and open what comes of it.",
    b"PK\x03\x04": "It is a zip archive: unpack it, and open the recording that is in it.",
    b"\xff\xfe": "It is text in UTF-16: save it as UTF-8.",
    b"\xfe\xff": "It is text in UTF-16: save it as UTF-8.",
}
"""How files begin that hold a recording in another form, and what to do about each."""


def _nothing(progress: Progress, tape: Path) -> str:
    """Why there is nothing to show of a file."""
    with tape.open("rb") as file:
        begins = file.read(4)
    for mark, advice in _FORMS.items():
        if begins.startswith(mark):
            return f"The file is no recording as it is. {advice}"
    if not progress.passed_over:
        return "The file holds no line; perhaps nothing was recorded, or saving it was cut short."
    return (
        f"The file holds no line of a recording ({progress.reasons[0]}). "
        "A recording has one JSON object a line, with t, resource, type and object, as "
        "`observe --record FILE` writes it."
    )


def _limit(seconds: int | None, megabytes: int | None) -> None:
    """Bound what this process may use from here on; the kernel ends it past its time."""
    if seconds is not None:
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, used + seconds + 5))
    if megabytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _take(batch: Batch, progress: Progress, shown: Moment) -> None:
    batch.add(shown.observation, shown.upserts)
    progress.until = max(progress.until, shown.at)
    progress.lines += shown.observation is not None


def _count(progress: Progress, shown: PassedOver) -> None:
    progress.passed_over += 1
    if len(progress.reasons) < TOLD:
        progress.reasons.append(f"line {shown.line.number}: {shown.line.reason}")
