"""`manage.py otlp TRACE`: one trace as OpenTelemetry has it, as a file or to a collector."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError

from eventstream import history
from eventstream.management.history_file import HistoryError, name_of, reading_file
from eventstream.management.options import of_a_trace, write_file
from eventstream.management.printing import PlainCommand
from eventstream.otlp.exporter import is_asked_for, spans_of, told
from eventstream.otlp.sending import Sender, as_json, as_protobuf


class Command(PlainCommand):
    """Print a trace as OTLP's JSON, write it as a file, or send it."""

    help = "Give a trace as spans of OpenTelemetry (OTLP): printed, as a file, or to a collector."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which trace, of which history, in which form, and where to."""
        of_a_trace(parser)
        parser.add_argument(
            "--format", choices=("json", "protobuf"), default="json", help="of the file (json)"
        )
        parser.add_argument(
            "--send", action="store_true", help="to the collector that OTEL_EXPORTER_OTLP_* name"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Give it; what can't be done ends it with a message."""
        output, form = options["output"], options["format"]
        if form == "protobuf" and output is None:
            raise CommandError("protobuf is no text: name a file by --output.")
        spans = self._spans(options["trace"], options["from_history"])
        if options["send"]:
            self._send(spans)
            return
        made = as_protobuf(spans) if form == "protobuf" else msgspec.json.encode(as_json(spans))
        if output is None:
            self.stdout.write(made.decode())
            return
        write_file(output, made)

    def _spans(self, trace: str, database: Path | None) -> list[Any]:
        try:
            with reading_file(database):
                found, cluster = told(trace), history.cluster()
        except HistoryError as error:
            raise CommandError(str(error)) from error
        if found is None:
            raise CommandError(
                f"{name_of(database)} holds no trace {trace}; it may be older than is kept."
            )
        return spans_of(*found, cluster.name if cluster is not None else "")

    def _send(self, spans: list[Any]) -> None:
        if not is_asked_for():
            raise CommandError("Name the collector: set OTEL_EXPORTER_OTLP_ENDPOINT to its URL.")
        if not Sender().send(spans):
            raise CommandError("The collector did not take it; see above.")
        self.stdout.write(f"The collector took {len(spans)} spans.")
