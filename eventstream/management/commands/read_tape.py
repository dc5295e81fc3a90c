"""`manage.py read_tape FILE`: put a recording into a history of its own, and say how it goes.

The dashboard runs this as a process of its own for a recording that somebody opens in the page:
whatever the file holds can then use up neither the time nor the memory of the live observing,
and never meets its history. Standard output tells how far it is, a JSON object a line. What was
read until a bound was met stays, and can be looked at.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError

from eventstream import history, private
from eventstream.budget import Budget
from eventstream.dialects import dialect
from eventstream.management.printing import PlainCommand
from eventstream.storing import KINDS_MOST, LINE_BYTES, NoRecordingError, Storing
from eventstream.tapelines import Reading, TapeError


class Command(PlainCommand):
    """Read a recording into the history of BATON_DATA, which must hold nothing else."""

    help = "Put a recording into a history of its own (BATON_DATA), telling how far it is."
    requires_system_checks = ()
    """Whoever runs this made them, and they would load all pages, of which it has none."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The recording, and what reading it may cost."""
        parser.add_argument("tape", type=Path, help="a recording, one JSON object a line")
        parser.add_argument("--audit", type=Path, metavar="FILE", help="the audit log beside it")
        parser.add_argument("--name", default="", help="what to call it")
        parser.add_argument("--seconds", type=int, help="CPU time that reading may take")
        parser.add_argument("--megabytes", type=int, help="memory that reading may take")
        parser.add_argument("--room", type=int, help="megabytes that its history may have")

    def handle(self, *_: Any, **options: Any) -> None:
        """Read it until its end or a bound; what can't be read ends it with a message."""
        database = _database()
        budget = Budget(options["seconds"], options["megabytes"], options["room"], database)
        budget.enforce()
        tape: Path = options["tape"]
        storing = Storing(options["name"] or tape.name, budget, Reading(LINE_BYTES, KINDS_MOST))
        try:
            _make_private()
            call_command("migrate", verbosity=0, interactive=False)
            if history.cluster() is not None:
                raise CommandError("BATON_DATA holds a history already; set it to a new directory.")
            storing.read(tape, options["audit"])
        except MemoryError as error:
            raise CommandError(
                f"{tape.name} takes more than {options['megabytes']} MB of memory. Cut it into "
                "parts, or read it with `manage.py explain`, which has no such bound."
            ) from error
        except (TapeError, NoRecordingError, DatabaseError, history.DigestKeyError) as error:
            raise CommandError(str(error)) from error


def _database() -> Path:
    """The file to read into; raises CommandError where history is not to be a file."""
    database = dialect().file
    if database is None:
        raise CommandError("DATABASE_URL is set, and a recording is read into a file: unset it.")
    return database


def _make_private() -> None:
    private.umask()
    database = _database()
    try:
        private.make_database(database)
    except OSError as error:
        raise CommandError(f"{database} cannot be made: {error.strerror or error}.") from error
