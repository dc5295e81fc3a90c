"""Sets a file aside that lies where the database is to be and is none: kept, under another name.

Whatever it is, somebody may want it. Without it Baton begins a new history and says so; with it
Baton could neither begin nor watch.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from eventstream.sqlite.files import beside

_ENDS = ("", "-wal", "-shm")


def set_aside(path: Path) -> Path | None:
    """Rename what lies at `path` and is no database, with its WAL; returns the name it has then.

    None where there is nothing, or a database; one that is merely locked, of a newer Baton or not
    ours to read stays where it is. Raises OSError where it can't be renamed. For whoever alone may
    write there.
    """
    if _is_database(path):
        return None
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    kept = path.with_name(f"{path.name}.no-database-{stamp}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.no-database-{stamp}-{number}")
    for end in _ENDS:
        each = beside(path, end)
        if each.exists():
            each.rename(beside(kept, end))
    return kept


def _is_database(path: Path) -> bool:
    """Whether SQLite makes sense of the file's header and schema, or can't be asked just now."""
    if not path.exists() or not path.stat().st_size:
        return True
    try:
        uri = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
    return True
