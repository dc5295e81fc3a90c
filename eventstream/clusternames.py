"""What people call a cluster: what may be said, and how a file's name has it."""

from eventstream.expressions import expression
from eventstream.plain import plain

LONGEST = 100
"""Characters: it stands in the header of each page."""

_ODD = expression(r"[^A-Za-z0-9.]+")


def checked(name: str) -> str:
    """Return a name without space around it; raises ValueError, which says what is wrong."""
    name = name.strip()
    if len(name) > LONGEST:
        raise ValueError(f"a cluster's name has {LONGEST} characters at most, not {len(name)}")
    if plain(name) != name or not name.isprintable():
        raise ValueError(f"a cluster's name is plain text on one line, not {name!r}")
    return name


def in_file_name(name: str) -> str:
    """Return the name as a part of a file's name, "" where nothing of it can be: `prod-eu.1`."""
    return _ODD.sub("-", name[:LONGEST]).strip("-.")
