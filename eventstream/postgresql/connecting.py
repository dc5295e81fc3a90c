"""Opens connections to PostgreSQL: that wait so long and no longer, and tell no password.

`Django` waits for an answer for as long as the socket is open. A server that is stopped, or gone
without a word, would hold the thread that commits, and those of pages, for ever.
"""

from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict

from eventstream.postgresql import texts

PATIENCE_SECONDS = 20.0
"""So long the writer waits for an answer; a migration, however long it takes."""
READING_SECONDS = 10.0
"""So long a page waits for one."""
READING = (
    "-c default_transaction_read_only=on -c statement_timeout=9s -c lock_timeout=1s "
    # A page is made by one process of the server, not by some more beside it.
    "-c max_parallel_workers_per_gather=0"
)
"""Further options of a session that only reads. The server gives up first, so that it is known why
and the connection is of use further."""

_HIDDEN = "…"
_RV = TypeVar("_RV")


class Bounded(psycopg.Connection[Any]):
    """A connection that gives up, and is closed, when no answer comes within `patience` seconds."""

    patience: float | None = PATIENCE_SECONDS

    def wait(self, gen: PQGen[_RV], interval: float = 0.1, timeout: float | None = None) -> _RV:
        """As psycopg waits, but not for ever."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except errors._WaitTimeout:
            self.close()
            raise errors.OperationalError(
                f"the server did not answer within {timeout or self.patience:.0f} s"
            ) from None


def connected(params: dict[str, Any], *, reading: bool = False) -> Bounded:
    """Open a connection; raises psycopg's OperationalError, which tells no password."""
    params = {**params, "context": _adapters(params.get("context"))}
    if reading:
        params["options"] = f"{params.get('options', '')} {READING}".strip()
    try:
        opened = Bounded.connect(**params)
    except psycopg.Error as error:
        raise type(error)(hidden(str(error), params)) from None
    if reading:
        opened.patience = READING_SECONDS
    return opened


def hidden(said: str, params: dict[str, Any]) -> str:
    """What libpq said, on one line and without who connects, and by which password."""
    for name in ("password", "passfile", "sslpassword"):
        secret = str(params.get(name) or "")
        if secret:
            said = said.replace(secret, _HIDDEN)
    if params.get("user"):  # As libpq has it; without quotes a short one is part of any word.
        said = said.replace(f'"{params["user"]}"', _HIDDEN)
    return "; ".join(line.strip() for line in said.splitlines() if line.strip())


@lru_cache(maxsize=4)
def _adapters(template: AdaptersMap | None) -> AdaptersMap:
    """The adapters of Django, with those of our texts."""
    adapters = AdaptersMap(template or psycopg.adapters)
    adapters.register_dumper(str, texts.BinaryTextDumper)
    adapters.register_dumper(str, texts.TextDumper)
    adapters.register_loader("text", texts.TextLoader)
    adapters.register_loader("text", texts.BinaryTextLoader)
    return adapters


def place(params: dict[str, Any]) -> str:
    """Where the database is, for messages: no user, and no password."""
    named = conninfo_to_dict("", **{k: v for k, v in params.items() if k in {"host", "port"}})
    host, port = str(named.get("host") or "the local server"), named.get("port")
    at = f"{host}:{port}" if port else host
    return f"database {params.get('dbname') or '-'} of PostgreSQL at {at}"
