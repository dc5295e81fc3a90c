"""How the default database is opened, so that pages read while the one writer commits.

Kept apart from the models because settings import it. The meaning of each pragma:
https://www.sqlite.org/pragma.html
"""

from typing import Any

_PRAGMAS = (
    # Lets retention give pages back to the disk. Works only before the first table is made, and
    # before WAL writes the file's header: so it comes first.
    "PRAGMA auto_vacuum = INCREMENTAL",
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
"""`DATABASES["default"]["OPTIONS"]` for Django's SQLite backend."""
