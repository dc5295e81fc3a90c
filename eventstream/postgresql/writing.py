"""The connection of the thread that writes, which is looked at each time before it writes."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from eventstream.dialects import VanishedError
from eventstream.postgresql.claim import COMMIT_LOCK, Claim, Open
from eventstream.statements import INSTALLATION


class OpenedDatabase:
    """The default database as it was when writing began, for the thread that writes."""

    def __init__(self, claim: Claim, open_: Open, named: str) -> None:
        self._claim = claim
        self._open = open_
        self._named = named
        self._connection: Any = None

    def check(self) -> None:
        """Return if there is a database to write to, and this process may.

        Raises VanishedError where its tables are gone, OvertakenError where another Baton writes.
        """
        wrapper = connections[DEFAULT_DB_ALIAS]
        if wrapper.connection is not None and wrapper.connection.closed:
            wrapper.close()
        wrapper.ensure_connection()
        with wrapper.wrap_database_errors:
            self._claim.keep(self._open, self._named)
            if wrapper.connection is not self._connection:
                wrapper.connection.execute(COMMIT_LOCK)
                self._connection = wrapper.connection
            found = wrapper.connection.execute(f"SELECT to_regclass('{INSTALLATION.name}')::text")  # nosec B608
            if found.fetchone()[0] is None:
                raise VanishedError(
                    f"The {self._named} has no tables of Baton's any more: the "
                    "database has vanished."
                )

    def leave(self) -> None:
        """Close what is left of it."""
        connections.close_all()

    def close(self) -> None:
        """Close this thread's connections: all that was committed is with the server."""
        connections.close_all()
