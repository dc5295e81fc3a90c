"""Django's PostgreSQL backend, as history uses it; which server it is, `DATABASE_URL` says.

`base` is the engine that settings name, `connecting` opens connections, `dialect` is what Baton
asks beyond Django. Kept apart from the models because settings import it.
"""

from typing import Any

ENGINE = "eventstream.postgresql"
"""`DATABASES["default"]["ENGINE"]`."""

VACUUMED = "(autovacuum_vacuum_scale_factor = 0.05)"
"""What is set of each table: room of rows that went is used again early, as history goes all the
time once it is full."""

_SESSION = {
    "timezone": "UTC",
    # Compiling a query takes longer than any of ours does.
    "jit": "off",
    # As SQLite's busy_timeout: wait for another's lock, then say so.
    "lock_timeout": "5s",
    # What a client that is no more held, such as the right to write, is let go of within seconds.
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
}

_CLIENT: dict[str, Any] = {
    "application_name": "baton",
    "connect_timeout": 5,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_PARTS = {
    "dbname": "NAME",
    "user": "USER",
    "password": "PASSWORD",
    "host": "HOST",
    "port": "PORT",
}  # their names  # nosec B105


def schema(cluster: str) -> str:
    """The schema that a cluster's history is in, "" for that which the database gives."""
    return f"baton_{cluster.replace('-', '_')}" if cluster else ""


def database(url: str, cluster: str = "") -> dict[str, Any]:
    """What Django's settings say of the database of this URL, as libpq reads it.

    A `cluster` has its history in a schema of its own, and sees no other. Raises ValueError, whose
    message has nothing of the URL: it may hold a password.
    """
    from psycopg import Error  # noqa: PLC0415 - is not asked for where nobody names a URL
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("it does not begin with postgresql://")
    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url))
    except (Error, ValueError):
        raise ValueError("PostgreSQL's library can't read it") from None
    # As they come of a password with a "/" in it, of which messages would then tell.
    path = url.partition("://")[2].partition("?")[0].partition("/")[2]
    if "@" in path or not str(parts.get("port") or "0").replace(",", "").isdecimal():
        raise ValueError("what is behind the host is neither a port nor a name")
    named = {setting: str(parts.pop(name, "")) for name, setting in _PARTS.items()}
    if not named["NAME"] and "service" not in parts:
        raise ValueError("it names no database")
    said = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    own = f"-c search_path={schema(cluster)}" if cluster else ""
    told = " ".join(filter(None, (said, str(parts.get("options", "")), own)))
    options = {**_CLIENT, **parts, "options": told}
    return {"ENGINE": ENGINE, **named, "OPTIONS": options}
