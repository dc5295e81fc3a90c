"""What is wrong with a database of PostgreSQL, by the codes of its errors.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

Cause = tuple[str, str]

_GONE = (
    "PostgreSQL does not answer: it is down, starts just now, or the network is in between.",
    "See that it runs and can be reached; nothing is lost meanwhile.",
)
_HELD = (
    "Another session of the database holds a lock on Baton's tables.",
    "End that session, or wait for it; nothing is lost meanwhile.",
)
_REFUSED = (
    "PostgreSQL refuses who DATABASE_URL says that Baton is.",
    "Set its user and password right, and what pg_hba.conf lets in.",
)
_MISSING = (
    "The database was made by another version, or by none.",
    "Run python manage.py observe, which prepares it.",
)
_NO_DATABASE = (
    "There is no database of that name.",
    "Make one (CREATE DATABASE … ENCODING 'UTF8'), or name another one in DATABASE_URL.",
)

_CODES = {
    "08": _GONE,
    "57P": _GONE,
    "55P03": _HELD,
    "40P01": _HELD,
    "57014": (
        "PostgreSQL took too long over it.",
        "See what else it does, and whether its disk is slow.",
    ),
    "53100": ("The disk of PostgreSQL is full.", "Free space on it; nothing is lost meanwhile."),
    "53300": (
        "PostgreSQL has as many connections as it lets in.",
        "Raise max_connections, or end what has the others; nothing is lost meanwhile.",
    ),
    "25006": (
        "This PostgreSQL only reads: it is a standby.",
        "Name the one in DATABASE_URL that may be written to; nothing is lost meanwhile.",
    ),
    "42501": (
        "The user of DATABASE_URL may not use these tables.",
        "Let it own the database, or its schema.",
    ),
    "28": _REFUSED,
    "3D000": _NO_DATABASE,
    "42P01": _MISSING,
    "42703": _MISSING,
}

_SAID = (
    ("has vanished", (
        "The tables of Baton's were dropped, or another database is in their place.",
        "Nothing: a new history is begun. Stop Baton before you touch its tables.",
    )),
    ("was set back", (
        "The database was brought back from a backup, or another server took over with less.",
        "Nothing: Baton goes on from what is stored.",
    )),
    ("Another Baton has", (
        "Another Baton writes to this database now.",
        "Nothing: this one goes on when it may write again.",
    )),
    ("authentication failed", _REFUSED),
    ("no pg_hba.conf entry", _REFUSED),
    ("does not exist", _NO_DATABASE),
    ("too many clients", _CODES["53300"]),
)  # fmt: skip
"""What an error without a code has in its words: that of a connection that was not opened."""


def cause_of(error: BaseException) -> Cause | None:
    """The likely cause of an error of psycopg's, and what to do; None of any other."""
    for each in (error, error.__cause__):
        if hasattr(each, "sqlstate"):
            code = str(getattr(each, "sqlstate", None) or "")
            known = (_CODES[begins] for begins in (code, code[:3], code[:2]) if begins in _CODES)
            return next(known, None) if code else _by_words(str(each)) or _GONE
    return None


def by_words(error: BaseException) -> Cause | None:
    """The same of an error of Baton's own about such a database."""
    return _by_words(str(error))


def _by_words(said: str) -> Cause | None:
    return next((cause for mark, cause in _SAID if mark in said), None)
