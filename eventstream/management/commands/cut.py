"""`manage.py cut`: a window of a recording, or of history, as a file to hand to somebody.

Of a recording it makes a recording, which is explained anew wherever it is opened. History keeps
what changed and what was told of it, not each version, so of history it makes an excerpt.
"""

import contextlib
import os
import secrets
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from eventstream import history
from eventstream.cutting import CutTape, cut_tape
from eventstream.management.history_file import HistoryError, reading_file
from eventstream.management.options import given, moment, no_messages, taught_by, teaching
from eventstream.management.printing import PlainCommand
from eventstream.objects.decoding import Decoder
from eventstream.tapelines import TapeError


class Command(PlainCommand):
    """Cut a window out of a recording or a history; what it is cut of is only read."""

    help = "Cut a window out of a recording, or out of a history, as a file that Tape opens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is cut, from when to when, and into which file."""
        parser.add_argument("tape", type=Path, nargs="?", help="a recording")
        parser.add_argument(
            "--from-history", type=Path, metavar="DATABASE", help="instead, a database of history"
        )
        window = "unix seconds, or a time such as 2026-11-23T00:07:01 (UTC)"
        parser.add_argument("--since", type=moment, required=True, metavar="TIME", help=window)
        parser.add_argument("--until", type=moment, required=True, metavar="TIME", help=window)
        parser.add_argument("--namespace", help="of history, this namespace alone")
        parser.add_argument(
            "--output", type=Path, required=True, metavar="FILE", help="the file to write"
        )
        no_messages(parser)
        teaching(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the file, whole or not at all; what can't be done ends it with a message."""
        tape, database = options["tape"], options["from_history"]
        if (tape is None) == (database is None):
            raise CommandError("Name either a recording, or a database by --from-history.")
        if options["since"] >= options["until"]:
            raise CommandError("A window begins before it ends: --since has to be before --until.")
        try:
            with _made(options["output"]) as file:
                if tape is None:
                    self._cut_history(database, options, file)
                else:
                    self._cut_tape(tape, options, file)
        except (TapeError, HistoryError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"Cannot write {options['output']}: {error.strerror or error}. Choose another file."
            ) from error

    def _cut_history(self, database: Path, options: dict[str, Any], file: BinaryIO) -> None:
        if useless := given(options, "no_messages", "kinds", "health"):
            raise CommandError(f"{useless}: a history holds what was told when it was stored.")
        wanted = history.Cut(options["since"], options["until"], options["namespace"])
        with reading_file(database):
            file.writelines(history.excerpt(wanted, time.time()))

    def _cut_tape(self, tape: Path, options: dict[str, Any], file: BinaryIO) -> None:
        if options["namespace"]:
            raise CommandError(
                "--namespace: of a recording all that is in the window is cut, since what is told "
                "of one namespace rests on nodes and others. Of history one can be cut alone."
            )
        messages, judge = not options["no_messages"], taught_by(options)
        # Digests by a key that nobody keeps: whoever has the file can't try values against them.
        decoder = Decoder(secrets.token_bytes(32), messages=messages, judge=judge)
        told = cut_tape(tape, options["since"], options["until"], decoder, file)
        for line in told.passed_over:
            self.stderr.write(f"{tape}:{line.number}: passed over: {line.reason}")
        if not told.taken:
            raise CommandError(_empty(tape, told))


def _empty(tape: Path, told: CutTape) -> str:
    if told.first is None or told.last is None:
        return f"{tape} holds no line of a recording."
    return (
        f"{tape} shows nothing between these times: as far as it was read, it goes from "
        f"{told.first:.3f} to {told.last:.3f} (unix seconds)."
    )


@contextlib.contextmanager
def _made(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` for its owner only, which takes its place once all is written."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
