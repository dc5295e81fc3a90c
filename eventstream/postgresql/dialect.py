"""What Baton asks of PostgreSQL beyond what Django does: the live history on a server."""

import hmac
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from eventstream import private
from eventstream.dialects import UnusableError
from eventstream.postgresql import parts, problems, room, schema, words
from eventstream.postgresql.claim import Claim
from eventstream.postgresql.connecting import Bounded, connected, place
from eventstream.postgresql.statements import PostgresStatements
from eventstream.postgresql.writing import OpenedDatabase


class PostgreSQL:
    """The dialect of a history on a server."""

    number = "bigint"
    instead = "name another database in DATABASE_URL"
    file = None

    def __init__(self) -> None:
        self._claim = Claim()

    @property
    def named(self) -> str:
        """Its name, where the server is, and the schema where that is one of several."""
        whole = place(connections[DEFAULT_DB_ALIAS].get_connection_params())
        own = schema(settings.BATON_CLUSTER)
        return f"{whole}, schema {own}" if own else whole

    @property
    def key_file(self) -> Path:
        """Where the key of the installation's digests lies: with what else is this one's alone."""
        return Path(settings.DATA_DIR) / "baton.key"

    def given_key(self) -> bytes | None:
        """The key that comes of BATON_SECRET_KEY, where that is set.

        A Pod has no file that the next one finds, and a key made anew would make all that is
        withheld look changed. Each cluster has its own.
        """
        secret, cluster = os.environ.get("BATON_SECRET_KEY", ""), settings.BATON_CLUSTER
        of = f"digests of withheld values{cluster and f' of {cluster}'}"
        return hmac.digest(secret.encode(), of.encode(), "sha256") if secret else None

    def statements(self) -> PostgresStatements:
        """Statements for this thread."""
        return PostgresStatements(connections[DEFAULT_DB_ALIAS])

    def given(self, numbers: Sequence[int]) -> tuple[str, list[int]]:
        """As an array."""
        return "SELECT unnest(%s::bigint[])", list(numbers)

    def texts(self, rows: Sequence[Sequence[str]]) -> tuple[str, list[Any]]:
        """As an array of each of their places."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        return f"SELECT * FROM unnest({', '.join(['%s::text[]'] * len(columns))})", columns  # noqa: S608  # nosec B608

    def text_index(self, wrapper: Any) -> words.PostgresIndex:
        """Tables of tsvectors."""
        return words.PostgresIndex(wrapper)

    def index_made(self) -> tuple[str, ...]:
        """What makes these tables."""
        return words.TABLES

    def index_gone(self) -> tuple[str, ...]:
        """What takes them away."""
        return words.GONE

    def index_more_made(self) -> tuple[str, ...]:
        """What makes the tables of names."""
        return parts.TABLES

    def index_more_gone(self) -> tuple[str, ...]:
        """What takes them away."""
        return parts.GONE

    def writing(self) -> OpenedDatabase:
        """The database as it is when it is looked at first."""
        return OpenedDatabase(self._claim, _session, self.named)

    def room(self, most: int) -> room.TableRoom:
        """How much of so many bytes its rows take."""
        return room.TableRoom(most)

    def stored_bytes(self) -> int:
        """What its tables take."""
        return room.stored_bytes()

    def claim(self, stack: ExitStack) -> None:
        """Be the only one to write it; raises UnusableError and InUseError."""
        try:
            private.make_directory(Path(settings.DATA_DIR))
            if own := schema(settings.BATON_CLUSTER):
                _make_schema(own, self.named)
            self._claim.take(_session, self.named)
        except (OSError, psycopg.Error) as error:
            raise UnusableError(self.unopened(error)) from error
        stack.callback(self._claim.give_up)

    def unopened(self, error: Exception) -> str:
        """What to say where it can't be opened."""
        known = problems.cause_of(error)
        why = " ".join(known) if known else f"Set that right, or {self.instead}."
        return f"The {self.named} cannot be opened: {error}. {why}"


def _make_schema(name: str, named: str) -> None:
    """Make a schema unless it is there; raises UnusableError and psycopg.Error."""
    with _session() as session:
        # Asked first, as who may not make one may use what somebody else has made.
        found = session.execute("SELECT to_regnamespace(%s) IS NOT NULL", [name]).fetchone()
        if found is not None and found[0]:
            return
        try:
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {name}".encode())
        except psycopg.errors.InsufficientPrivilege as error:
            raise UnusableError(
                f"The {named} is not there, and the user of DATABASE_URL may not make it. Make it "
                f"for that user: CREATE SCHEMA {name} AUTHORIZATION …"
            ) from error


def _session() -> Bounded:
    """A session of its own, in which each statement stands for itself."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    return connected({**wrapper.get_connection_params(), "autocommit": True})
