"""`manage.py explain TAPE`: what the live dashboard would have said of a recording.

The same engine, the same decoding, the recorded time. Standard output holds nothing but the
contract's JSON lines; what is wrong with the tape goes to standard error, and the rest goes on.
With `--from-history` the same lines are those of a database of history, as they were stored; of an
excerpt of one (`manage.py cut`) they are those that were cut.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError

from eventstream import excerpts
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
)
from eventstream.management.history_file import (
    HistoryError,
    excerpt_records,
    history_records,
)
from eventstream.management.options import given, no_messages, taught_by, teaching
from eventstream.management.output import (
    order_key,
    outlook_record,
    step_records,
    told_why,
    trace_record,
)
from eventstream.management.printing import PlainCommand
from eventstream.replaying import PassedOver, replay
from eventstream.tapelines import BadLine, TapeError

_KEY = b"explain: one run, and nothing of it is kept"


class Explained:
    """The final revisions of what the engine said, and each change of a trace's outlook."""

    def __init__(self, wanted: str | None = None) -> None:
        self.wanted = wanted
        self.why: list[str] = []
        self.steps: dict[str, Step] = {}
        self.traces: dict[str, Trace] = {}
        self.outlooks: list[dict[str, Any]] = []

    def take(self, upserts: list[Upsert], at: float, engine: Engine) -> None:
        """Keep the latest revision of each record; `at` is the recorded time in unix seconds."""
        for upsert in upserts:
            if isinstance(upsert, StepUpsert):
                self.steps[upsert.id] = upsert.step
                if upsert.id == self.wanted:
                    self.why = told_why(engine, upsert)
            elif isinstance(upsert, StepRemoved):
                (self.steps if upsert.kind == "step" else self.traces).pop(upsert.id, None)
            elif isinstance(upsert, TraceUpsert):
                self._trace(upsert.trace, at)

    def _trace(self, trace: Trace, at: float) -> None:
        before = self.traces.get(trace.id)
        self.traces[trace.id] = trace
        now = (trace.state, trace.holder, trace.diagnosis)
        if before is None or now != (before.state, before.holder, before.diagnosis):
            self.outlooks.append(outlook_record(trace, at))


class Command(PlainCommand):
    """Explain a recording as JSON lines: each step, then each trace."""

    help = "Explain a recording: prints JSON lines, first each step, then each trace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The contract's arguments."""
        parser.add_argument(
            "tape", type=Path, nargs="?", help="a recording, one JSON object a line"
        )
        parser.add_argument(
            "--from-history",
            type=Path,
            metavar="DATABASE",
            help="instead of a recording, what a database of history holds; it is only read",
        )
        parser.add_argument(
            "--audit",
            type=Path,
            metavar="FILE",
            help="the API server's audit log of the same minutes, one audit.k8s.io/v1 Event a line",
        )
        parser.add_argument(
            "--why",
            metavar="STEP",
            help="print instead which rules were asked about this step, and what they said",
        )
        parser.add_argument(
            "--outlook", action="store_true", help="also each change of a trace's outlook, in time"
        )
        no_messages(parser)
        teaching(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Read the tape and print; a missing file is an error, a bad line a warning."""
        if (options["tape"] is None) == (options["from_history"] is None):
            raise CommandError("Name either a recording, or a database by --from-history.")
        if options["from_history"] is not None:
            self._print_history(options)
            return
        if excerpts.is_one(options["tape"]):
            self._print_excerpt(options)
            return
        explained = Explained(options["why"])
        try:
            bad = self._read(options, explained)
        except TapeError as error:
            raise CommandError(str(error)) from error
        if options["why"]:
            self._tell_why(options["why"], explained)
            return
        records: list[dict[str, Any]] = []
        for step in sorted(explained.steps.values(), key=order_key):
            records.extend(step_records(step))
        traces = sorted(explained.traces.values(), key=lambda trace: (trace.started, trace.id))
        records.extend(trace_record(trace) for trace in traces)
        if options["outlook"]:
            records.extend(explained.outlooks)
        for record in records:
            self.stdout.write(msgspec.json.encode(record).decode())
        if bad:
            self.stderr.write(f"{bad} lines could not be used; see above.")

    def _print_history(self, options: dict[str, Any]) -> None:
        self._refuse_useless(options)
        try:
            for record in history_records(options["from_history"]):
                self.stdout.write(msgspec.json.encode(record).decode())
        except HistoryError as error:
            raise CommandError(str(error)) from error

    def _print_excerpt(self, options: dict[str, Any]) -> None:
        self._refuse_useless(options)
        path = options["tape"]
        for record in excerpt_records(path):
            if isinstance(record, BadLine):
                self.stderr.write(str(PassedOver(path, record)))
            else:
                self.stdout.write(msgspec.json.encode(record).decode())

    def _refuse_useless(self, options: dict[str, Any]) -> None:
        names = ("audit", "why", "outlook", "no_messages", "kinds", "health")
        if useless := given(options, *names):
            raise CommandError(f"{useless}: a history holds what was told when it was stored.")

    def _tell_why(self, wanted: str, explained: Explained) -> None:
        step = explained.steps.get(wanted)
        if step is None:
            raise CommandError(
                f"No step of this recording has the id {wanted}. Ids are in the lines that the "
                "command prints without --why, and on each step's page."
            )
        self.stdout.write(f"{step.what}\n{step.why}\n")
        for line in explained.why or ["It stands for no write, so no rule was asked about it."]:
            self.stdout.write(line)

    def _read(self, options: dict[str, Any], explained: Explained) -> int:
        """Fold the tape into `explained`; returns how many lines could not be used."""
        path, audit = options["tape"], options["audit"]
        engine = Engine("tape", audited=audit is not None)
        judge, messages = taught_by(options), not options["no_messages"]
        bad = 0
        for shown in replay(engine, path, _KEY, audit, messages=messages, judge=judge):
            if isinstance(shown, PassedOver):
                bad += 1
                self.stderr.write(str(shown))
            else:
                explained.take(shown.upserts, shown.at, engine)
        return bad
