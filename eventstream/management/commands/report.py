"""`manage.py report TRACE`: a trace as one HTML file, for a post-mortem, that works offline."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from eventstream.management.history_file import HistoryError, name_of, reading_file
from eventstream.management.options import of_a_trace, write_file
from eventstream.management.printing import PlainCommand


class Command(PlainCommand):
    """Write the file that the page of a trace has as well, with all that history holds of it."""

    help = "Write a trace as one HTML file that needs neither Baton nor a network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which trace, of which history, into which file."""
        of_a_trace(parser)

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
                f"{name_of(database)} holds no trace {options['trace']}. It may be older than what "
                "is kept; `manage.py explain --from-history` prints all that there are."
            )
        if options["output"] is None:
            self.stdout.write(report.html)
            return
        write_file(options["output"], report.html.encode())
