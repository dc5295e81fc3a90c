"""The right to write a history, as PostgreSQL's advisory locks have it: they end with a session.

Two of them. Who may write holds the first in a session of its own, for as long as it runs; whoever
waits for that takes over when the session ends, however it ends. The second is held by the session
that commits: a process that lost the first one and does not know it yet is so kept apart from the
next one, whose commits wait until its session is gone.

Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

import threading
from collections.abc import Callable

import psycopg

from eventstream.dialects import InUseError, OvertakenError, UnusableError
from eventstream.postgresql.connecting import Bounded

_CLASS = 0x6261746F
"""The first half of both locks' numbers; the second is that of the schema."""

_TRY = f"SELECT pg_try_advisory_lock({_CLASS}, hashtext(current_schema()))"
COMMIT_LOCK = f"SELECT pg_advisory_lock({_CLASS + 1}, hashtext(current_schema()))"
"""What the session that commits takes; raises an error where another one holds it for long."""

Open = Callable[[], Bounded]


class Claim:
    """Holds the first lock in a session that does nothing else; used by all threads."""

    def __init__(self) -> None:
        self._session: Bounded | None = None
        self._claimed = False
        self._lock = threading.Lock()

    def take(self, open_: Open, named: str) -> None:
        """Hold the right to write, unless that is so already.

        Raises InUseError, UnusableError and psycopg.Error.
        """
        with self._lock:
            if self._is_held():
                return
            session = open_()
            try:
                if not _asked(session, _TRY):
                    raise InUseError(
                        f"Another Baton is writing its history to the {named}. End that one, or "
                        "name another database in DATABASE_URL for this one."
                    )
                encoding = _asked(session, "SELECT current_setting('server_encoding')")
                if encoding != "UTF8":
                    raise UnusableError(
                        f"The {named} is in {encoding}, which has no place for every name. Name "
                        "one in DATABASE_URL that was made with ENCODING 'UTF8'."
                    )
            except BaseException:
                session.close()
                raise
            self._session, self._claimed = session, True

    def keep(self, open_: Open, named: str) -> None:
        """Hold it still, or again; raises OvertakenError where another Baton was faster.

        Nothing is asked for that was never held.
        """
        if not self._claimed:
            return
        try:
            self.take(open_, named)
        except InUseError as error:
            raise OvertakenError(f"Another Baton has taken over: {error}") from error

    def give_up(self) -> None:
        """Let others have it."""
        with self._lock:
            session, self._session, self._claimed = self._session, None, False
        if session is not None:
            session.close()

    def _is_held(self) -> bool:
        if self._session is None:
            return False
        try:
            return bool(_asked(self._session, "SELECT true"))
        except psycopg.Error:
            self._session.close()
            self._session = None
            return False


def _asked(session: Bounded, question: str) -> object:
    row = session.execute(question.encode()).fetchone()
    return row[0] if row is not None else None
