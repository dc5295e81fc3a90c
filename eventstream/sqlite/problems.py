"""What is wrong with a file of SQLite, by what SQLite says of it."""

_CAUSES = (
    (
        "database has vanished",
        "Its file was deleted, moved or replaced while Baton ran.",
        "Nothing: a new history is begun. Stop Baton before you touch its files.",
    ),
    (
        "held by a reader",
        "Another program reads the database in one transaction that does not end.",
        "End that program, such as a shell of sqlite3 or a backup; nothing is lost meanwhile.",
    ),
    (
        "database or disk is full",
        "The disk that holds the database is full.",
        "Free space on it; nothing is lost.",
    ),
    (
        "locked",
        "Another program is writing to the database.",
        "End that program, or wait for it; nothing is lost meanwhile.",
    ),
    (
        "readonly database",
        "The disk is read-only, or this user may not write the database or its directory.",
        "Mount the disk for writing, and let this user write the directory and all files in it.",
    ),
    (
        "unable to open database file",
        "The file was deleted, Baton never ran here, or this user may not open it.",
        "Run python manage.py observe, which makes it; else see who may open it and its directory.",
    ),
    (
        "no such",
        "The database was made by another version, or by none.",
        "Run python manage.py observe, which prepares it.",
    ),
    (
        "disk I/O error",
        "The disk that holds the database fails, or is full.",
        "Free space on it, and look at what the kernel says of it (dmesg).",
    ),
    (
        "malformed",
        "The database file is damaged.",
        "Stop Baton, move the file away and start again: what exists is read afresh.",
    ),
    (
        "not a database",
        "The file is no database of SQLite, or is damaged.",
        "Stop Baton, move the file away and start again: what exists is read afresh.",
    ),
)


def cause_of(error: BaseException) -> tuple[str, str] | None:
    """The likely cause of what the database said, and what to do; None where it is not known."""
    said = str(error)
    for mark, cause, action in _CAUSES:
        if mark in said:
            return cause, action
    return None
