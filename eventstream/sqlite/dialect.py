"""What Baton asks of SQLite beyond what Django does: the live history as a file of its own."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS, connections

from eventstream import private
from eventstream.dialects import UnusableError
from eventstream.sqlite import files, terms, words
from eventstream.sqlite.aside import set_aside
from eventstream.sqlite.lock import lock_of, sole_writer
from eventstream.sqlite.room import FileRoom
from eventstream.sqlite.statements import SqliteStatements

logger = logging.getLogger(__name__)


class Sqlite:
    """The dialect of a history that is a file."""

    number = "integer"
    instead = "set BATON_DATA to another directory"

    def __init__(self) -> None:
        self._held: set[Path] = set()

    @property
    def named(self) -> str:
        """Its path."""
        return str(files.database_path())

    @property
    def file(self) -> Path:
        """The same, as a path."""
        return files.database_path()

    @property
    def key_file(self) -> Path:
        """Where the key of the installation's digests lies: beside the file."""
        return files.database_path().with_suffix(".key")

    def given_key(self) -> None:
        """There is none: who uses the file has what lies beside it."""

    def statements(self) -> SqliteStatements:
        """Statements for this thread."""
        return SqliteStatements(connections[DEFAULT_DB_ALIAS])

    def given(self, numbers: Sequence[int]) -> tuple[str, str]:
        """As JSON, which SQLite reads."""
        return "SELECT value FROM json_each(%s)", msgspec.json.encode(list(numbers)).decode()

    def texts(self, rows: Sequence[Sequence[str]]) -> tuple[str, list[Any]]:
        """The same of rows of texts."""
        cells = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(rows[0])))
        return f"SELECT {cells} FROM json_each(%s)", [msgspec.json.encode(rows).decode()]  # noqa: S608  # nosec B608

    def text_index(self, wrapper: Any) -> words.SqliteIndex:
        """FTS5's tables."""
        return words.SqliteIndex(wrapper)

    def index_made(self) -> tuple[str, ...]:
        """What makes these."""
        words.check()
        return words.TABLES

    def index_gone(self) -> tuple[str, ...]:
        """What takes them away."""
        return words.GONE

    def index_more_made(self) -> tuple[str, ...]:
        """What makes the tables of its words."""
        return terms.TABLES

    def index_more_gone(self) -> tuple[str, ...]:
        """What takes them away."""
        return terms.GONE

    def writing(self) -> files.OpenedFile:
        """The file as it is when it is looked at first."""
        return files.OpenedFile()

    def room(self, most: int) -> FileRoom:
        """How much of so many bytes its files take."""
        return FileRoom(most)

    def stored_bytes(self) -> int:
        """What all its files take."""
        return files.all_bytes()

    def claim(self, stack: ExitStack) -> None:
        """Make the file for its owner alone, and be the only one to write it.

        What lies there and is no database is kept under another name. Raises UnusableError and
        InUseError.
        """
        path = files.database_path()
        try:
            private.make_database(path)
            if path not in self._held or not lock_of(path).exists():
                stack.enter_context(sole_writer(path))
                self._held.add(path)
                stack.callback(self._held.discard, path)
            kept = set_aside(path)
            if kept is not None:
                logger.warning(
                    "%s is no database of SQLite, or its beginning is damaged. It is kept as %s, "
                    "and a new history is begun with what exists now. Move it back if it is to be "
                    "repaired.",
                    *(path, kept),
                )
                private.make_database(path)
        except OSError as error:
            raise UnusableError(self.unopened(error)) from error

    def unopened(self, error: Exception) -> str:
        """What to say where the file can't be opened."""
        return (
            f"The history in {self.named} cannot be opened: {error}. Make the file and its "
            f"directory writable and room on its disk, or {self.instead}."
        )
