"""A database of history that lies anywhere, as the records that `manage.py explain` prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from django.db import DatabaseError

from eventstream import history
from eventstream.explain.engine.output import step_records, trace_record

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


@contextmanager
def reading_file(path: Path) -> Iterator[None]:
    """Within this block, history is that in the file at `path`, which is only read.

    Raises HistoryError where it can't be.
    """
    if not path.is_file():
        raise HistoryError(f"{path}: there is no such file.")
    history.add(_NAME, path)
    try:
        with history.only_reading(), history.reading(_NAME):
            yield
    except (DatabaseError, msgspec.DecodeError) as error:
        cause, action = history.cause_of(error) or ("It is damaged, or a newer Baton's.", "")
        raise HistoryError(" ".join((f"{path}: {error}.", cause, action)).strip()) from error
    finally:
        history.remove(_NAME)
