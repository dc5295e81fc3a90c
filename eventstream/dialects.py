"""What Baton asks of a database beyond what Django does for it: one small room for each engine.

`eventstream.sqlite` and `eventstream.postgresql` each have a `Dialect`, which their connection
brings along as `dialect`; nobody else knows which of them it is. How either commits, reads and
numbers is the same: one writer, which gives out each `seq` and commits it before the next, so that
whoever sees a `seq` sees all below it, and a reader that goes by it skips nothing.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from eventstream.searching.index import TextIndex
from eventstream.statements import Statements

Cause = tuple[str, str]
"""The likely cause of an error, and what to do about it."""


class VanishedError(OperationalError):
    """The database is not the one that was opened: deleted, moved, replaced or emptied."""


class OvertakenError(OperationalError):
    """Another Baton wrote since, or what was stored last is no longer so: begin from what is."""


class HeldError(OperationalError):
    """A reader keeps room from being given back, so that writing more would pass the limit."""


class UnusableError(Exception):
    """The database can't be used; the message says which, why, and what to do."""


class InUseError(Exception):
    """Another process writes this history, or nobody may; the message says what to do."""


class Writing(Protocol):
    """The database as it was when writing began, for the thread that writes."""

    def check(self) -> None:
        """Return if it is still that; raises VanishedError and OvertakenError."""

    def leave(self) -> None:
        """Close one that vanished, so that nothing of it harms the next."""

    def close(self) -> None:
        """Close this thread's connections, with all that is stored as safe as can be."""


class Room(Protocol):
    """How much the database takes of what it may, for the thread that writes."""

    @property
    def rows(self) -> int:
        """How many rows one commit may write."""

    def begin(self) -> None:
        """Get ready for a commit; raises HeldError."""

    def is_short(self) -> bool:
        """Whether the oldest has to go before more is written."""

    def freed(self) -> None:
        """Note that some of it went; raises HeldError."""

    def end(self) -> None:
        """Give back to the disk what can be; raises HeldError."""


class Dialect(Protocol):
    """One engine, for the live history, which is the default database."""

    number: str
    """The type of a column that is a table's key and a number."""

    @property
    def named(self) -> str:
        """What messages call the database: nothing in it is secret."""

    @property
    def instead(self) -> str:
        """What to do to have another database: "set … to another …"."""

    @property
    def key_file(self) -> Path:
        """Where the key of the installation's digests lies."""

    def given_key(self) -> bytes | None:
        """That key where the environment gives one that all who use the database share."""

    @property
    def file(self) -> Path | None:
        """The file that the database is, None where it is none."""

    def unopened(self, error: Exception) -> str:
        """What to say of an error at its start: what, why, and what to do."""

    def statements(self) -> Statements:
        """Statements for this thread."""

    def given(self, numbers: Sequence[int]) -> tuple[str, Any]:
        """A query that gives these numbers, and what it is asked with: one, however many they are.

        Each place in a statement costs some 15 µs where the driver fills them in.
        """

    def texts(self, rows: Sequence[Sequence[str]]) -> tuple[str, list[Any]]:
        """The same of rows of texts, each with as many; there is one at least."""

    def text_index(self, wrapper: Any) -> TextIndex:
        """What is searched of the history behind a connection of Django's."""

    def index_made(self) -> tuple[str, ...]:
        """Statements that make that index, with the names of what history holds already.

        Raises UnsearchableError.
        """

    def index_gone(self) -> tuple[str, ...]:
        """Statements that take it away."""

    def index_more_made(self) -> tuple[str, ...]:
        """Statements that make what was added to it later, of what history holds already."""

    def index_more_gone(self) -> tuple[str, ...]:
        """Statements that take that away."""

    def writing(self) -> Writing:
        """For whoever begins to write."""

    def room(self, most: int) -> Room:
        """For whoever keeps it within so many bytes."""

    def stored_bytes(self) -> int:
        """What it takes of its disk."""

    def claim(self, stack: ExitStack) -> None:
        """Hold the right to write until `stack` closes, and make what tables need to be made.

        To be called again for a database that vanished. Raises UnusableError, and InUseError where
        another Baton has that right.
        """


def dialect() -> Dialect:
    """The dialect of the live history."""
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    found: Dialect = wrapper.dialect
    return found
