"""Where traces lie in order of time: by background, namespace, type and state, a run of each.

An index has them so (`trace_in_place`). What a filter or a viewer's rights narrow to some
namespaces or types is laid together from their runs, so that it does not matter how many traces
there are of others.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections

from eventstream.history.databases import current
from eventstream.history.rights import seen

Pair = tuple[str, str]
"""A namespace and a type."""

_TABLE = "eventstream_tracerow"

_NAMESPACES = f"""
WITH RECURSIVE found(namespace) AS (
    SELECT min(namespace) FROM {_TABLE} WHERE background = %s
    UNION ALL
    SELECT (SELECT min(namespace) FROM {_TABLE}
            WHERE background = %s AND namespace > found.namespace)
    FROM found WHERE namespace IS NOT NULL
)
SELECT namespace FROM found WHERE namespace IS NOT NULL LIMIT %s
"""  # noqa: S608  # nosec B608

_TYPES = f"""
WITH RECURSIVE asked(namespace) AS (VALUES %(asked)s), found(namespace, type) AS (
    SELECT namespace, (SELECT min(type) FROM {_TABLE}
                       WHERE background = %%s AND namespace = asked.namespace)
    FROM asked
    UNION ALL
    SELECT namespace, (SELECT min(type) FROM {_TABLE}
                       WHERE background = %%s AND namespace = found.namespace
                       AND type > found.type)
    FROM found WHERE type IS NOT NULL
)
SELECT namespace, type FROM found WHERE type IS NOT NULL LIMIT %%s
"""  # noqa: S608  # nosec B608

_NEWEST = f"""
WITH asked(namespace, type, state) AS (VALUES %(asked)s)
SELECT namespace, type, state, (
    SELECT updated FROM {_TABLE} WHERE background = %%s AND namespace = asked.namespace
    AND type = asked.type AND state = asked.state AND updated <= %%s
    ORDER BY updated DESC LIMIT 1
) FROM asked
"""  # noqa: S608  # nosec B608

AT_ONCE = 500
"""So many are asked for by one statement."""

LOOKS_MOST = 5000
"""So many types in namespaces are met on the way to those that are looked for."""


def namespaces(background: bool, most: int) -> list[str]:
    """The namespaces that have such traces, "" too, in order, at most so many: a look for each."""
    return [name for (name,) in _asked(_NAMESPACES, [background, background, most])]


def pairs(background: bool, within: Sequence[str], most: int) -> list[Pair]:
    """The types that these namespaces have such traces of, at most so many: a look for each."""
    found: list[Pair] = []
    for start in range(0, len(within), AT_ONCE):
        names = within[start : start + AT_ONCE]
        statement = _TYPES % {"asked": ", ".join(["(%s)"] * len(names))}
        if left := most - len(found):
            found += _asked(statement, [*names, background, background, left])
    return found


def pairs_seen(
    background: bool, namespace: str | None = None, kind: str | None = None, *, most: int
) -> list[Pair] | None:
    """Where such traces are that may be seen, of a kind and in a namespace; None for too many."""
    rights = seen()
    if namespace:
        within = [namespace]
    elif rights.everything or rights.everywhere:
        within = namespaces(background, most + 1)
    else:
        within = sorted(rights.within)
    if len(within) > most:
        return None
    there = pairs(background, within, LOOKS_MOST)
    found = [
        (space, type_)
        for space, type_ in there
        if rights.reach(type_, space) and kind in {None, "", kind_of(type_)}
    ]
    return found if len(found) <= most and len(there) < LOOKS_MOST else None


def kind_of(type_: str) -> str:
    """The kind of a type."""
    return type_.partition(".")[0]


def newest(
    found: Iterable[Pair], background: bool, states: Iterable[str], until: float
) -> list[tuple[float, str, str, str]]:
    """When the newest trace up to `until` of each run is, the latest first: a look for each."""
    wanted = [(*pair, state) for pair in found for state in states]
    runs: list[tuple[float, str, str, str]] = []
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        statement = _NEWEST % {"asked": ", ".join(["(%s, %s, %s)"] * len(part))}
        given = [cell for each in part for cell in each]
        rows = _asked(statement, [*given, background, until])
        runs += [(updated, *run) for *run, updated in rows if updated is not None]
    return sorted(runs, reverse=True)


def _asked(statement: str, given: Sequence[Any]) -> list[Any]:
    with connections[current()].cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
