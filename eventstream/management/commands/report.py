"""`manage.py report TRACE`: a trace as one HTML file, for a post-mortem, that works offline."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from eventstream import private
from eventstream.management.history_file import HistoryError, reading_file
from eventstream.management.printing import PlainCommand


class Command(PlainCommand):
    """Write the file that the page of a trace has as well, with all that history holds of it."""

    help = "Write a trace as one HTML file that needs neither Baton nor a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which trace, of which history, into which file."""
        parser.add_argument("trace", help="its id, which the address of its page ends with")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="the file to write (standard output)"
        )
        parser.add_argument(
            "--from-history",
            type=Path,
            metavar="DATABASE",
            default=Path(str(settings.DATABASES["default"]["NAME"])),
            help="a database of history, which is only read (the one in BATON_DATA)",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Write it; what can't be read or written ends it with a message."""
        made, database = import_string(settings.BATON_REPORT), options["from_history"]
        try:
            with reading_file(database):
                report = made(options["trace"])
        except HistoryError as error:
            raise CommandError(str(error)) from error
        if report is None:
            raise CommandError(
                f"{database} holds no trace {options['trace']}. It may be older than what is kept; "
                "`manage.py explain --from-history` prints all that there are."
            )
        if options["output"] is None:
            self.stdout.write(report.html)
            return
        try:
            private.write_file(options["output"], report.html.encode())
        except OSError as error:
            raise CommandError(
                f"Cannot write {options['output']}: {error.strerror or error}. Choose another file."
            ) from error
