"""Django's SQLite backend, opened so that pages read whatever holds the right to write.

`base` is the engine that settings name, `readers` keeps the connections that pages read by,
`files` looks at the files themselves. Kept apart from the models because settings import it. The
meaning of each pragma: https://www.sqlite.org/pragma.html
"""

from pathlib import Path
from typing import Any

ENGINE = "eventstream.sqlite"
"""`DATABASES["default"]["ENGINE"]`."""

_PRAGMAS = (
    # Needs no lock where the file says WAL already.
    "PRAGMA journal_mode = WAL",
    # With WAL this can lose the last commits in a power cut, never break the file; positions are
    # committed with the rows, so a restart reads again what was lost.
    "PRAGMA synchronous = NORMAL",
    # A WAL that a long reader made grow is cut back once it is done.
    "PRAGMA journal_size_limit = 16777216",
)

OPTIONS: dict[str, Any] = {
    "timeout": 5.0,  # busy_timeout in seconds: wait for another writer's lock, then say so.
    "transaction_mode": "IMMEDIATE",  # A writer that began by reading could not wait for the lock.
    "init_command": ";".join(_PRAGMAS),
}
"""`DATABASES["default"]["OPTIONS"]`; `init_command` is for those who write."""


def database(path: Path) -> dict[str, Any]:
    """What Django's settings say of a database that is the file at `path`."""
    return {"ENGINE": ENGINE, "NAME": path, "OPTIONS": OPTIONS}
