"""The feed: traces that match, stuck ones first, then the latest change first, a page at a time.

What is asked for decides how they are found, so that a page costs the same however many there are:
few that are called so or in which somebody acted are sorted, those of some namespaces and types are
laid together from the runs of each, and of all others the first ones are met soon in order. Where
they are not, so many are looked through for one page, and the next goes on from there.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from django.db import connections
from django.db.models import F, Q, QuerySet

from eventstream.history import permitted, runs
from eventstream.history.answers import Filter, Page
from eventstream.history.databases import current, given
from eventstream.history.listing import matching, shows_background
from eventstream.history.reading import TracePlace, stored_traces
from eventstream.history.rights import seen
from eventstream.models import RANKS, NameRow, TraceRow
from eventstream.searching.errors import TooWideError
from eventstream.searching.index import text_index
from eventstream.searching.terms import LETTERS_LEAST

FEW = 5000
"""So many traces that are called so, or in which somebody acted, are sorted; of more, the first
ones are met soon in order."""

STEPS_MOST = 20_000
"""So many steps of an actor are looked through for the traces that they are in."""

PLACES_MOST = 1000
"""The traces of so many places are laid together; of more, as above."""

LOOKED_MOST = 4000
"""So many traces of a rank are looked through for one page, for those that are called so or in
which somebody acted."""

_HIGHEST = 1e18
_ANY_NAMESPACE, _ANY_TYPE = "\0namespace", "\0type"
"""Stand for these in a statement that is asked for one run after the other."""

_Places = dict[bool, list[runs.Place]]
"""Where to look for traces in the background, or for others."""


class _Key(NamedTuple):
    """Where a trace stands among those of its rank, the first the lowest, and its number."""

    age: float
    id: bytes
    number: int


def traces(
    filter: Filter | None = None,  # noqa: A002
    *,
    limit: int = 100,
    before: str | None = None,
) -> Page:
    """Traces that match, at most `limit`: stalled, running, others; the latest change first.

    `before` is the `next` of the page above. A trace that changes while paging moves up to where
    `changes_since` tells of it; all others are met exactly once. Raises BadCursorError.
    """
    wanted = filter or Filter()
    place = TracePlace.parse(before) if before is not None else None
    rows, further = _rows(wanted, place, limit + 1)
    shown = tuple(stored_traces(rows[:limit]))
    if len(rows) > limit:
        return Page(shown, shown[-1].cursor)
    return Page(shown, str(further) if further else None, further is not None)


def _rows(
    wanted: Filter, place: TracePlace | None, most: int
) -> tuple[list[TraceRow], TracePlace | None]:
    """The first rows, and from where on to look for more of them where not all was looked at."""
    rows, few = matching(wanted), _few(wanted)
    if few is not None:
        return _sorted(rows.filter(number__in=given(few)), place, most), None
    places, found = _places(wanted), list[TraceRow]()
    for rank, states in RANKS.items():
        asked = [state for state in states if wanted.state in {None, "", state}]
        left = most - len(found)
        if not left or not asked or (place and rank < place.rank):
            continue
        behind = place if place and place.rank == rank else None
        since = _back(rank, places, asked, behind) if wanted.text or wanted.actor else None
        here = rows if since is None else rows.filter(updated__gte=since)
        if places is None:
            found += _in_order(here.filter(rank=rank), behind, left)
        else:
            found += _together(here, places, asked, behind, left)
        if since is not None:
            # No id comes before "".
            return found, TracePlace(rank, math.nextafter(since, -math.inf), "")
    return found, None


def _back(
    rank: int, places: _Places | None, states: Sequence[str], behind: TracePlace | None
) -> float | None:
    """Since when there are LOOKED_MOST traces of a rank, of each run as many; None for fewer."""
    if places is None:
        rows = _in_order(permitted.traces_to_look_in().filter(rank=rank), behind, LOOKED_MOST + 1)
        return rows.values_list("updated", flat=True)[LOOKED_MOST:].first()
    until = behind.updated if behind else _HIGHEST
    runs_met = len(states) * sum(map(len, places.values()))
    most = max(1, LOOKED_MOST // max(1, runs_met))
    last = [runs.newest(there, each, states, until, most) for each, there in places.items()]
    return max((each.updated for found in last for each in found), default=None)


def _sorted(rows: QuerySet[TraceRow], place: TracePlace | None, most: int) -> list[TraceRow]:
    if place is not None:
        there = Q(rank=place.rank, updated=place.updated, id__gt=place.id)
        older = Q(rank=place.rank, updated__lt=place.updated)
        rows = rows.filter(Q(rank__gt=place.rank) | older | there)
    # By a sum, which no index is of: else all traces would be gone through in order.
    return list(rows.alias(by=F("rank") + 0).order_by("by", "-updated", "id")[:most])


def _in_order(
    rows: QuerySet[TraceRow], behind: TracePlace | None, most: int
) -> "QuerySet[TraceRow]":
    """The first of rows of one rank, behind that place."""
    if behind is not None:
        # The first condition alone lets the index find the place.
        rows = rows.filter(
            Q(updated__lte=behind.updated), Q(updated__lt=behind.updated) | Q(id__gt=behind.id)
        )
    return rows.order_by("-updated", "id")[:most]


def _places(wanted: Filter) -> _Places | None:
    """Where to look; None for everywhere, or too many places."""
    alone = wanted.state in {None, ""} or any(
        states == (wanted.state,) for states in RANKS.values()
    )
    if seen().everything and alone and not (wanted.namespace or wanted.kind):
        return None  # Those of a rank are all that is asked for.
    backgrounds = (False, True) if shows_background(wanted) else (False,)
    found: _Places = {}
    for background in backgrounds:
        places = runs.places(background, wanted.namespace, wanted.kind)
        if places is None or len(places) > PLACES_MOST:
            return None
        found[background] = places
    return found


def _together(
    rows: QuerySet[TraceRow],
    places: _Places,
    states: Sequence[str],
    behind: TracePlace | None,
    most: int,
) -> list[TraceRow]:
    """The first of several runs: only those are read whose newest is among them."""
    found: list[_Key] = []
    until = behind.updated if behind else _HIGHEST
    for background, there in places.items():
        fetches: dict[tuple[str, bool], Callable[[runs.Place], list[_Key]]] = {}
        for newest in runs.newest(there, background, states, until):
            if len(found) == most and -newest.updated > found[-1].age:
                break
            asked = newest.state, newest.place.namespace is None
            if asked not in fetches:
                # Else SQLite is asked for NOT background, by which it finds nothing in an index.
                run = rows.filter(background__in=[background], state=newest.state)
                run = run if asked[1] else run.filter(namespace=_ANY_NAMESPACE)
                fetches[asked] = _fetching(run.filter(type=_ANY_TYPE), behind, most)
            found = sorted([*found, *fetches[asked](newest.place)])[:most]
    numbers = [key.number for key in found]
    told = {row.number: row for row in rows.filter(number__in=given(numbers))}
    return [told[number] for number in numbers if number in told]


def _fetching(
    run: QuerySet[TraceRow], behind: TracePlace | None, most: int
) -> Callable[[runs.Place], list[_Key]]:
    """Returns what reads the first of one run: a page may ask it of many."""
    asked = _in_order(run, behind, most).values_list("updated", "id", "number")
    statement, cells = asked.query.get_compiler(using=current()).as_sql()

    def fetch(place: runs.Place) -> list[_Key]:
        meant = {_ANY_NAMESPACE: place.namespace, _ANY_TYPE: place.type}
        told = [meant.get(each, each) if isinstance(each, str) else each for each in cells]
        with connections[current()].cursor() as cursor:
            cursor.execute(statement, told)
            return [_Key(-at, bytes(id_), number) for at, id_, number in cursor.fetchall()]

    return fetch


def _few(wanted: Filter) -> list[int] | None:
    """The numbers of the traces that may be called so, or in which the actor may have acted.

    None for too many: then most are near.
    """
    found = [*_called(wanted.text or "")]
    if wanted.actor and (acted := _acted(wanted.actor)) is not None:
        found.append(acted)
    return min(found, key=len, default=None)


def _called(text: str) -> list[list[int]]:
    index, found = text_index(connections[current()]), list[list[int]]()
    for word in text.lower().split():
        if len(word) >= LETTERS_LEAST:
            with suppress(TooWideError):
                found.append(index.named_traces(word, FEW + 1))
    return [numbers for numbers in found if len(numbers) <= FEW]


def _acted(actor: str) -> list[int] | None:
    known = list(NameRow.objects.filter(name=actor).values_list("id", flat=True))
    did = permitted.steps_to_look_in().filter(actor__in=known).order_by()
    steps = list(did.values_list("trace", flat=True)[: STEPS_MOST + 1])
    # The second condition lets an index of those alone that somebody holds be gone through.
    held = permitted.traces().filter(holder=actor, holder__gt="").order_by()
    numbers = {*steps, *held.values_list("number", flat=True)[: FEW + 1]}
    return sorted(numbers) if len(steps) <= STEPS_MOST and len(numbers) <= FEW else None
