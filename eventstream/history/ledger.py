"""All writes in order of time, whatever trace they belong to: what changed, where and by whom.

What is looked for decides which index is gone through, each of which has the rows of a place, of an
object, of an actor or of all in order: only the rows that are shown are read as a whole. Where none
has just what is looked for, so many rows are looked through for one page, and the next goes on from
there: what a page costs does not grow with history.
"""

import heapq
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
from django.db import connections
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from eventstream.explain.vocabulary.records import Step
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Stored
from eventstream.history.databases import current, given
from eventstream.history.reading import stored_steps
from eventstream.history.rights import seen
from eventstream.models import NameRow, ObjectRow, PlaceRow, StepRow
from eventstream.packing.ids import id_bytes, id_text
from eventstream.searching.errors import TooWideError
from eventstream.searching.index import text_index
from eventstream.searching.terms import LETTERS_LEAST

PLACES_MOST = 5000
"""Of so many places at most the newest writes of each are laid together; where there are more, all
writes are gone through by time, among which theirs are then many."""

OBJECTS_MOST = 1000
"""So many objects at most that are called so are asked for their writes; where there are more, all
writes are gone through by time, as above."""

NAMED_MOST = 10_000
"""The same of the writes to these objects."""

MET_FIRST = 2000
"""So many of the newest writes are looked through at first where most of them match."""

LOOKED_MOST = 8000
"""So many writes are looked through for one page, where no index has those that match together."""

APART_MOST = 200
"""They are those of so many places at most; where there are more, those of all."""

_HIGHEST = 2**63 - 1
_ANY_PLACE = -(2**62)
"""Stands for a place in a statement that is asked for one after the other."""

_Key = tuple[int, bytes]
"""Where a write stands: by its time and its id."""


class LedgerFilter(msgspec.Struct, frozen=True):
    """Which writes to list; what is None is not asked for. `text` matches names of objects."""

    namespace: str | None = None
    kind: str | None = None
    actor: str | None = None
    text: str | None = None


class LedgerPage(msgspec.Struct, frozen=True):
    """Writes, the newest first, and where the next page begins (None: there is none).

    `since` is how far back (unix seconds) was looked for a page that may not be full, with no
    write at all perhaps, as enough was looked through: the next page goes on from there.
    """

    rows: tuple[Stored[Step], ...]
    next: str | None
    since: float | None = None


class _Looked(NamedTuple):
    """Where the newest writes stand that match: all of these back to `since`, None for all."""

    keys: list[_Key]
    since: int | None = None


def ledger(
    wanted: LedgerFilter | None = None, *, limit: int = 200, before: str | None = None
) -> LedgerPage:
    """Writes that match, at most `limit`, the newest first; heartbeats are left out.

    `before` is the `next` of the page above. Raises BadCursorError.
    """
    keys, since = _newest(wanted or LedgerFilter(), limit + 1, before)
    rows = permitted.steps().filter(id__in=[id_ for _, id_ in keys[:limit]])
    stored = {id_bytes(each.id): each for each in stored_steps(rows)}
    found = (stored[id_] for _, id_ in keys[:limit] if id_ in stored)
    shown = tuple(each for each in found if each.record.verb != "renew")
    if len(keys) > limit:
        at, last = keys[limit - 1]
        return LedgerPage(shown, f"{at}/{id_text(last)}")
    if since is None:
        return LedgerPage(shown, None)
    return LedgerPage(shown, f"{since}/", since / 1e6)  # No id comes before "".


def _newest(wanted: LedgerFilter, limit: int, before: str | None) -> _Looked:
    """Where the newest writes stand that match."""
    places, rows = _places(wanted), permitted.steps_of_places_seen()
    if before is not None:
        rows = _before(rows, *_place(before))
    narrowed = wanted.namespace or wanted.kind or not seen().everything
    few = _few(places) if narrowed else None
    timely = picked = rows
    if wanted.actor:
        actors = list(NameRow.objects.filter(name=wanted.actor).values_list("id", flat=True))
        timely = rows.filter(actor__in=actors)
        # By a sum, which no index is of: these are found by what else is asked of them.
        picked = rows.alias(acted=F("actor_id") + 0).filter(acted__in=actors)
    asked = timely
    if words := (wanted.text or "").split():
        spaces = [_few(places.filter(namespace__icontains=word)) for word in words]
        asked, picked = (_with_words(each, words, spaces) for each in (timely, picked))
        called, whole = _called(words, spaces), rows if not wanted.actor else None
        keys = called and _named(whole, picked, places, words, called, limit)
        if keys is not None:
            return _Looked(keys)
    elif few is not None and not wanted.actor:
        return _Looked(_of_places(rows, few, limit))
    if few == []:
        return _Looked([])
    if few is not None and len(few) <= APART_MOST and (not wanted.actor or _are_many(timely)):
        return _met(rows, picked.filter(place__in=given(few)), limit, few)
    return _met(timely, permitted.at_places(asked, places), limit)


def _named(
    rows: QuerySet[StepRow] | None,
    named: QuerySet[StepRow],
    places: QuerySet[PlaceRow],
    words: Sequence[str],
    called: tuple[list[int], list[int]],
    limit: int,
) -> list[_Key] | None:
    """The newest of the `named` ones, whose names have all words; None where these are many.

    `rows` are all, where nothing but their names is asked of them, and so they lie together by
    their places.
    """
    objects, there = called
    spaces = PlaceRow.objects.filter(id__in=given(there)).values_list("id", "namespace")
    # Where the namespace has all words, no row need be asked for them.
    whole = [
        id_
        for id_, space in spaces
        if rows is not None and all(word.lower() in space.lower() for word in words)
    ]
    part = sorted({*there}.difference(whole))
    every = permitted.steps_to_look_in()
    if _are_many(every.filter(object__in=given(objects))) or _are_many(
        every.filter(place__in=given(part))
    ):
        return None
    found = {*_keys(permitted.at_places(named.filter(object__in=given(objects)), places), limit)}
    if rows is not None:
        found.update(_of_places(rows, whole, limit))
    if part:
        found.update(_keys(named.filter(place__in=given(part)), limit))
    return heapq.nlargest(limit, found)


def _are_many(rows: QuerySet[StepRow]) -> bool:
    """Whether there are more than NAMED_MOST: as many are counted in an index, and no more."""
    return rows.order_by()[: NAMED_MOST + 1].count() > NAMED_MOST


def _with_words(
    rows: QuerySet[StepRow], words: Sequence[str], spaces: Sequence[list[int] | None]
) -> QuerySet[StepRow]:
    """Those of the rows whose names have all words; `spaces` are the places whose namespaces do.

    The names are looked up for each row: of a join a server may begin with all names.
    """
    named = ObjectRow.objects.filter(id=OuterRef("object")).values("name")[:1]
    space = PlaceRow.objects.filter(id=OuterRef("place")).values("namespace")[:1]
    rows = rows.alias(named=Subquery(named))
    for word, there in zip(words, spaces, strict=True):
        has = Q(named__icontains=word)
        if there is None:
            rows, has = rows.alias(space=Subquery(space)), has | Q(space__icontains=word)
        elif there:
            has |= Q(place__in=given(there))
        rows = rows.filter(has)
    return rows


def _before(rows: QuerySet[StepRow], at: int, id_: str) -> QuerySet[StepRow]:
    # The first condition alone lets the index find the place.
    return rows.filter(Q(at__lte=at), Q(at__lt=at) | Q(id__lt=id_))


def _places(wanted: LedgerFilter) -> QuerySet[PlaceRow]:
    """The places where what is looked for may be."""
    places = permitted.places().exclude(kind="Lease")
    for column, asked in (("namespace", wanted.namespace), ("kind", wanted.kind)):
        if asked:
            places = places.filter(**{column: asked})
    return places


def _few(places: QuerySet[PlaceRow]) -> list[int] | None:
    """The numbers of places, None where there are more than PLACES_MOST."""
    few = list(places.values_list("id", flat=True)[: PLACES_MOST + 1])
    return few if len(few) <= PLACES_MOST else None


def _called(
    words: Sequence[str], spaces: Sequence[list[int] | None]
) -> tuple[list[int], list[int]] | None:
    """The objects and the places of which one of the words has to be a name; None for too many.

    One word decides where to look, the one with the fewest; what is found there has to have all.
    """
    found = []
    for word, there in zip(words, spaces, strict=True):
        if len(word) >= LETTERS_LEAST and there is not None:
            index = text_index(connections[current()])
            with suppress(TooWideError):
                objects = index.objects([word.lower()], _HIGHEST, OBJECTS_MOST + 1)
                if len(objects) <= OBJECTS_MOST:
                    found.append((objects, there))
    return min(found, key=lambda each: (len(each[1]), len(each[0])), default=None)


def _of_places(rows: QuerySet[StepRow], places: Sequence[int], limit: int) -> list[_Key]:
    """The newest at these places: only those are read whose newest row is among them."""
    best: list[_Key] = []
    newest = sorted(_newest_of(rows, places), reverse=True)
    if not newest:
        return best
    fetch = _fetching(rows, limit)
    for at, place in newest:
        if len(best) == limit and at < best[-1][0]:
            break
        best = sorted([*best, *fetch(place)], reverse=True)[:limit]
    return best


def _newest_of(rows: QuerySet[StepRow], places: Sequence[int]) -> list[tuple[int, int]]:
    """When the newest of rows is at each place, by one look into the index for each."""
    newest = rows.filter(place=OuterRef("id")).order_by("-at").values("at")[:1]
    found = PlaceRow.objects.filter(id__in=given(places)).annotate(newest=Subquery(newest))
    return [(at, place) for place, at in found.values_list("id", "newest") if at is not None]


def _fetching(rows: QuerySet[StepRow], limit: int) -> Callable[[int], list[_Key]]:
    """Returns what reads the newest of rows at one place: it is asked a hundred times a page."""
    asked = rows.filter(place=_ANY_PLACE).order_by("-at", "-id").values_list("at", "id")[:limit]
    statement, cells = asked.query.get_compiler(using=current()).as_sql()

    def fetch(place: int) -> list[_Key]:
        with connections[current()].cursor() as cursor:
            cursor.execute(statement, [place if each == _ANY_PLACE else each for each in cells])
            return [(at, bytes(id_)) for at, id_ in cursor.fetchall()]

    return fetch


def _met(
    rows: QuerySet[StepRow], asked: QuerySet[StepRow], limit: int, places: Sequence[int] = ()
) -> _Looked:
    """The newest of those of the rows that are `asked` for, all of them at `places` if these are.

    They are looked for among the newest rows, as a rule many are near, then among more that come
    before: a server that takes them for few would else read and sort all there are.
    """
    found: list[_Key] = []
    since = None
    for most in (MET_FIRST, LOOKED_MOST - MET_FIRST):
        since = _back(rows, most, places)
        here = asked if since is None else asked.filter(at__gte=since)
        found += _keys(here, limit - len(found))
        if since is None or len(found) == limit:
            return _Looked(found)
        rows, asked = rows.filter(at__lt=since), asked.filter(at__lt=since)
    return _Looked(found, since)


def _back(rows: QuerySet[StepRow], most: int, places: Sequence[int]) -> int | None:
    """Since when there are about `most` of the rows, of each place as many; None for fewer."""
    newest = rows.order_by("-at")
    if not places:
        return newest.values_list("at", flat=True)[most : most + 1].first()
    most = max(1, most // len(places))
    last = newest.filter(place=OuterRef("id")).values("at")[most : most + 1]
    there = PlaceRow.objects.filter(id__in=given(places)).annotate(last=Subquery(last))
    return there.aggregate(since=Max("last"))["since"]  # type: ignore[no-any-return]


def _keys(rows: QuerySet[StepRow], limit: int) -> list[_Key]:
    found = rows.order_by("-at", "-id").values_list("at", "id")[:limit]
    return [(at, id_bytes(id_)) for at, id_ in found]


def _place(cursor: str) -> tuple[int, str]:
    at, slash, id_ = cursor.partition("/")
    try:
        if slash:
            return int(at), id_
    except ValueError:
        pass  # Said below, as for a cursor without a slash.
    raise BadCursorError(f"{cursor!r} is no place in the list of changes.")
