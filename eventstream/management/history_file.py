"""A database of history, or an excerpt of one, as the records that `manage.py explain` prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS as LIVE
from django.db import DatabaseError

from eventstream import excerpts, history
from eventstream.dialects import dialect
from eventstream.excerpts import StepLine, TraceLine
from eventstream.explain.vocabulary.records import Trace
from eventstream.management.output import step_records, trace_record
from eventstream.tapelines import BadLine, Reading

_NAME = "history-file"


class HistoryError(Exception):
    """The file can't be read as a history; the message says why, and what to do."""


def history_records(path: Path) -> Iterator[dict[str, Any]]:
    """Each step in order, then each trace; raises HistoryError. Nothing is written to the file."""
    with reading_file(path):
        for step in history.all_steps():
            yield from step_records(step)
        for trace in history.all_traces():
            yield trace_record(trace)


def excerpt_records(path: Path) -> Iterator[dict[str, Any] | BadLine]:
    """The same of an excerpt of history, and each line of it that can't be used; raises TapeError.

    It is told as it was cut, by when its steps were, and traces after them.
    """
    traces: list[Trace] = []
    for _, line in excerpts.read(Reading(), path):
        match line:
            case BadLine():
                yield line
            case StepLine(step):
                yield from step_records(step)
            case TraceLine(trace):
                traces.append(trace)
    for trace in sorted(traces, key=lambda trace: (trace.started, trace.id)):
        yield trace_record(trace)


def name_of(path: Path | None) -> str:
    """What messages call a history, see `reading_file`."""
    return str(path) if path is not None else dialect().named


@contextmanager
def reading_file(path: Path | None) -> Iterator[None]:
    """Within this block, history is that in the file at `path`, which is only read.

    None is the live one on a server. Raises HistoryError where it can't be read.
    """
    if path is not None and not path.is_file():
        raise HistoryError(f"{path}: there is no such file.")
    if path is not None:
        history.add(_NAME, path)
    try:
        with history.only_reading(), history.reading(_NAME if path is not None else LIVE):
            yield
    except (DatabaseError, msgspec.DecodeError) as error:
        cause, action = history.cause_of(error) or ("It is damaged, or a newer Baton's.", "")
        said = " ".join((f"{name_of(path)}: {error}.", cause, action)).strip()
        raise HistoryError(said) from error
    finally:
        history.remove(_NAME)
