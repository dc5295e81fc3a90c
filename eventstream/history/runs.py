"""Where traces lie in order of time: by background, type and state, and by namespace too, in runs.

Two indexes have them so (`trace_of_type`, `trace_in_place`). What a filter or a viewer's rights
narrow to some namespaces or types is laid together from their runs, so that it does not matter how
many traces there are of others.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connections

from eventstream.history.databases import current
from eventstream.history.rights import seen

_TABLE = "eventstream_tracerow"


class Place(NamedTuple):
    """The traces of a type, in a namespace, "" for none, or in whatever namespace."""

    type: str
    namespace: str | None


class Newest(NamedTuple):
    """When a trace at a place with a state was updated, the newest or another, in unix seconds."""

    updated: float
    state: str
    place: Place


_EACH = f"""
WITH RECURSIVE found(name) AS (
    SELECT min(%(column)s) FROM {_TABLE} WHERE background = %%s
    UNION ALL
    SELECT (SELECT min(%(column)s) FROM {_TABLE}
            WHERE background = %%s AND %(column)s > found.name)
    FROM found WHERE name IS NOT NULL
)
SELECT name FROM found WHERE name IS NOT NULL LIMIT %%s
"""  # noqa: S608  # nosec B608

_TYPES = f"""
WITH RECURSIVE asked(namespace) AS (%(asked)s), found(namespace, type) AS (
    SELECT namespace, (SELECT min(type) FROM {_TABLE}
                       WHERE background = %%s AND namespace = asked.namespace)
    FROM asked
    UNION ALL
    SELECT namespace, (SELECT min(type) FROM {_TABLE}
                       WHERE background = %%s AND namespace = found.namespace
                       AND type > found.type)
    FROM found WHERE type IS NOT NULL
)
SELECT type, namespace FROM found WHERE type IS NOT NULL LIMIT %%s
"""  # noqa: S608  # nosec B608

_NEWEST = f"""
WITH asked(type, namespace, state) AS (%(asked)s)
SELECT type, namespace, state, (
    SELECT updated FROM {_TABLE} WHERE background = %%s AND type = asked.type
    AND state = asked.state AND updated <= %%s %(there)s
    ORDER BY updated DESC LIMIT 1 OFFSET %%s
) FROM asked
"""  # noqa: S608  # nosec B608
_THERE = "AND namespace = asked.namespace"

LOOKS_MOST = 5000
"""So many types in namespaces are met on the way to those that are looked for."""


def namespaces(background: bool, most: int) -> list[str]:
    """The namespaces that have such traces, "" too, in order, at most so many: a look for each."""
    return _each("namespace", background, most)


def types(background: bool, most: int = LOOKS_MOST) -> list[str]:
    """The types that there are such traces of, in order, at most so many: a look for each."""
    return _each("type", background, most)


def _each(column: str, background: bool, most: int) -> list[str]:
    statement = _EACH % {"column": column}
    return [name for (name,) in _asked(statement, [background, background, most])]


def types_in(background: bool, spaces: Sequence[str]) -> list[Place]:
    """The types that these namespaces have such traces of, LOOKS_MOST at most: a look for each."""
    if not spaces:
        return []
    asked, given = _texts([(space,) for space in spaces])
    statement = _TYPES % {"asked": asked}
    return [
        Place(*each) for each in _asked(statement, [*given, background, background, LOOKS_MOST])
    ]


def places(
    background: bool, namespace: str | None = None, kind: str | None = None
) -> list[Place] | None:
    """Where such traces are that may be seen, of a kind and in a namespace; None for too many."""
    rights = seen()
    if namespace:
        there = types_in(background, [namespace])
    else:
        there = [Place(type_, None) for type_ in types(background)]
        if not rights.everything:
            there = [each for each in there if each.type in rights.everywhere]
            own = types_in(background, sorted(rights.within))
            there += [each for each in own if each.type not in rights.everywhere]
    if len(there) >= LOOKS_MOST:
        return None
    found = (each for each in there if kind in {None, "", kind_of(each.type)})
    return [each for each in found if each.namespace is None or rights.reach(*each)]


def kind_of(type_: str) -> str:
    """The kind of a type."""
    return type_.partition(".")[0]


def newest(
    found: Iterable[Place], background: bool, states: Iterable[str], until: float, behind: int = 0
) -> list[Newest]:
    """When the newest trace up to `until` of each run is, the latest first: a look for each.

    Or the one so many `behind` it, of the runs that have as many.
    """
    wanted = [(*place, state) for place in found for state in states]
    told: list[Newest] = []
    for there in ("", _THERE):
        part = [
            (type_, space or "", state)
            for type_, space, state in wanted
            if (space is None) == (not there)
        ]
        if part:
            asked, given = _texts(part)
            rows = _asked(
                _NEWEST % {"asked": asked, "there": there}, [*given, background, until, behind]
            )
            told += [
                Newest(updated, state, Place(type_, namespace if there else None))
                for type_, namespace, state, updated in rows
                if updated is not None
            ]
    return sorted(told, key=lambda each: -each.updated)


def _texts(rows: Sequence[tuple[str, ...]]) -> tuple[str, list[Any]]:
    wrapper: Any = connections[current()]
    statement, given = wrapper.dialect.texts(rows)
    return statement, given


def _asked(statement: str, given: Sequence[Any]) -> list[Any]:
    with connections[current()].cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
