"""What search finds, of what whoever asks may see: steps, traces and objects, a page at a time.

The index only says where to look. Each row is then read as it is told to whoever asks, and shown
only where that has the words: nothing is found by a sentence that is withheld.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from eventstream.explain.vocabulary.records import ObjectRef, Step, Trace
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Stored
from eventstream.history.databases import current, given
from eventstream.history.reading import stored_steps, stored_traces
from eventstream.history.rights import seen
from eventstream.models import InstallationRow, ObjectRow, PlaceRow
from eventstream.packing.ids import uid_bytes, uid_text
from eventstream.searching.index import Only, TextIndex, text_index
from eventstream.searching.terms import LETTERS_LEAST, Terms
from eventstream.searching.texts import WORD_MOST, step_text, trace_text, words

LOOKED_MOST = 200
"""So many rows that have the words are looked at for one page; the next goes on from there."""

AT_ONCE = 100
"""So many of them are read together at most; at first as many as are to be shown."""

PLACES_MOST = 200
"""The index is asked by place for whoever sees so many at most; whoever sees more finds enough."""

WORDS_MOST = 50
"""The index is asked by the names of so many namespaces and kinds."""

NAMED_FIRST = 500
"""So many objects that are called so are looked at before it is asked what may be seen at all."""

OWN_MOST = 50_000
"""So many steps that may be seen tell which objects may be; of more, the first are near."""

OWN_TRACES = 5000
"""The index is asked by the numbers of so many traces; who sees more finds enough."""

_HIGHEST = 2**63 - 1
_PLACE = ("place__kind", "place__namespace")
_LIVE = ("uid", "name", *_PLACE, "resource__name")
_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class FoundObject(msgspec.Struct, frozen=True):
    """An object that is found by its name; `exists` says whether it does as far as is known."""

    ref: ObjectRef
    exists: bool


class Found(msgspec.Struct, Generic[_T_co], frozen=True):
    """What was found, and where to look further: None where all was looked at."""

    rows: tuple[_T_co, ...]
    next: str | None = None


def search_steps(
    terms: Terms, *, limit: int = 20, before: str | None = None
) -> Found[Stored[Step]]:
    """The steps with these words, at most `limit`, what was stored last first.

    `before` is the `next` of the page above. Raises BadCursorError and TooWideError.
    """
    only = _only(permitted.steps(), "seq")
    if only:
        places = list(permitted.places().values_list("id", flat=True)[: PLACES_MOST + 1])
        if not places:
            return Found(())
        only = only._replace(places=places if len(places) <= PLACES_MOST else ())
    return _page(
        lambda below, most: _index().steps(terms, below, most, only),
        lambda seqs: _steps(terms, seqs),
        limit,
        _number(before),
        LOOKED_MOST if only else 0,
    )


def search_traces(
    terms: Terms, *, limit: int = 20, before: str | None = None
) -> Found[Stored[Trace]]:
    """The traces with these words, at most `limit`, the one that was met last first.

    `before` and errors are those of `search_steps`.
    """
    only = _only(permitted.traces(), "number")
    if only and (own := _own_traces()) is not None:
        wrapper: Any = connections[current()]
        statement, cells = wrapper.dialect.given(own)
        # By a sum, which no index is of: the words are looked for first.
        only = Only(f"found.number + 0 IN ({statement})", [cells], only.words, (), own)
    return _page(
        lambda below, most: _index().traces(terms, below, most, only),
        lambda numbers: _traces(terms, numbers),
        limit,
        _number(before),
        LOOKED_MOST if only else 0,
    )


def _own_traces() -> list[int] | None:
    """The numbers of all traces that may be seen, None where these are many."""
    # By an index of which `background` is the first.
    rows = permitted.traces().filter(background__in=[False, True]).order_by()
    own = list(rows.values_list("number", flat=True)[: OWN_TRACES + 1])
    return own if len(own) <= OWN_TRACES else None


def search_objects(
    terms: Terms, *, limit: int = 20, before: str | None = None
) -> Found[FoundObject]:
    """The objects with these words in name, kind or namespace, at most `limit`.

    First those that exist, by name; then those that are no more and have one of the words in their
    names, the newest first. `before` and errors are those of `search_steps`.
    """
    where, _, at = (before or "live/").partition("/")
    if where == "gone":
        return _gone_page(terms, limit, _number(at))
    if where != "live":
        raise BadCursorError(f"{before!r} is no place in what was found.")
    live = _live(terms, at, limit)
    if live.next:
        return live
    gone = _gone_page(terms, limit - len(live.rows), _HIGHEST)
    return Found(live.rows + gone.rows, gone.next)


def _gone_page(terms: Terms, limit: int, below: int) -> Found[FoundObject]:
    parts = [word for word in terms.words if len(word) >= LETTERS_LEAST]
    found = _page(
        lambda below, most: _named(parts, below, most),
        lambda numbers: _gone(terms, numbers),
        limit,
        below,
    )
    return Found(found.rows, f"gone/{found.next}" if found.next else None)


def _named(parts: Sequence[str], below: int, most: int) -> list[int]:
    """The objects below one, of those that may be seen, with one of the parts in their names."""
    if seen().everything:
        return _index().objects(parts, below, most)
    steps = permitted.steps()
    # Whoever sees most things finds enough among the first of all.
    first = _index().objects(parts, below, NAMED_FIRST)
    there = set(steps.filter(object__in=given(first)).order_by().values_list("object", flat=True))
    found = [number for number in first if number in there]
    if len(found) >= most or len(first) < NAMED_FIRST:
        return found[:most]
    own = permitted.steps_by_place().order_by()
    if own[: OWN_MOST + 1].count() > OWN_MOST:
        return _index().objects(parts, below, most, _only(steps, "object"))
    called = reduce(or_, (Q(name__icontains=part) for part in parts))
    rows = ObjectRow.objects.filter(called, id__in=own.values("object"), id__lt=below)
    return list(rows.order_by("-id").values_list("id", flat=True)[:most])


def unsearched() -> float | None:
    """Up to when (unix seconds) history is not searched yet, None where all of it is."""
    mark = InstallationRow.objects.filter(id=1).values_list("unsearched", flat=True).first()
    newest = permitted.steps().filter(seq__lte=mark or 0).order_by("-seq").values_list("at")
    row = newest.first() if mark else None
    return None if row is None else row[0] / 1_000_000


def _index() -> TextIndex:
    return text_index(connections[current()])


def _only(rows: QuerySet[Any], column: str) -> Only | None:
    """That there is one of these rows, where whoever asks may not see all of them."""
    if seen().everything:
        return None
    one = rows.filter(**{column: RawSQL("found.number", ())}).order_by().values("pk")
    try:
        statement, cells = one.query.get_compiler(using=current()).as_sql()
    except EmptyResultSet:
        return Only("1 = 0", ())
    return Only(f"EXISTS ({statement})", cells, _words())


def _words() -> list[list[str]]:
    """Words of all that may be seen, as an index has them: of its kind, or of its namespace."""
    rights = seen()
    names = {*rights.within, *(type_.partition(".")[0] for type_ in rights.everywhere)}
    if len(names) > WORDS_MOST:
        return []
    return [[word[:WORD_MOST] for word in words(name.lower())] for name in sorted(names)]


def _number(cursor: str | None) -> int:
    if not cursor:
        return _HIGHEST
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
        raise BadCursorError(f"{cursor!r} is no place in what was found.")
    return int(cursor)


def _page(
    find: Callable[[int, int], list[int]],
    read: Callable[[Sequence[int]], Iterable[tuple[int, _T]]],
    limit: int,
    below: int,
    ahead: int = 0,
) -> Found[_T]:
    """Read what the index finds until the page is full, or enough was looked at.

    The index is asked for so many `ahead`, where it costs much to ask and many of them may not be
    shown.
    """
    shown: list[_T] = []
    looked, most = 0, max(ahead, limit + 1)
    while looked < LOOKED_MOST:
        numbers = find(below, most)
        for piece in _pieces(numbers, limit + 1):
            for number, row in read(piece):
                if len(shown) == limit:
                    return Found(tuple(shown), str(below))
                shown.append(row)
                below = number
            below = piece[-1]
        looked += len(numbers)
        if len(numbers) < most:
            return Found(tuple(shown))
        most = AT_ONCE
    return Found(tuple(shown), str(below))


def _pieces(numbers: Sequence[int], first: int) -> Iterator[Sequence[int]]:
    """So many of them first, then AT_ONCE each time."""
    if numbers:
        yield numbers[:first]
    for start in range(first, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _steps(terms: Terms, seqs: Sequence[int]) -> Iterable[tuple[int, Stored[Step]]]:
    rows = permitted.steps().filter(seq__in=given(seqs)).order_by("-seq")
    for stored in stored_steps(rows):
        if terms.found_in(step_text(stored.record)):
            yield stored.seq, stored


def _traces(terms: Terms, numbers: Sequence[int]) -> Iterable[tuple[int, Stored[Trace]]]:
    rows = list(permitted.traces().filter(number__in=given(numbers)).order_by("-number"))
    for row, stored in zip(rows, stored_traces(rows), strict=True):
        if terms.found_in(trace_text(stored.record)):
            yield row.number, stored


def _live(terms: Terms, cursor: str, limit: int) -> Found[FoundObject]:
    # An Event is told of as evidence of what it is about, which is found.
    events = PlaceRow.objects.filter(kind="Event").values("id")
    rows = permitted.images().exclude(place__in=events)
    for word in terms.words:
        there = PlaceRow.objects.filter(Q(kind__icontains=word) | Q(namespace__icontains=word))
        rows = rows.filter(Q(name__icontains=word) | Q(place__in=there.values("id")))
    if cursor:
        uid, name = _object_place(cursor)
        # The first condition alone lets the index find the place.
        rows = rows.filter(Q(name__gte=name), Q(name__gt=name) | Q(uid__gt=uid))
    found = list(rows.order_by("name", "uid").values_list(*_LIVE)[: limit + 1])
    shown = tuple(
        FoundObject(ObjectRef(_version(resource), kind, namespace or None, name, uid), exists=True)
        for uid, name, kind, namespace, resource in found[:limit]
    )
    last = shown[-1].ref if len(found) > limit else None
    return Found(shown, f"live/{uid_bytes(last.uid).hex()}/{last.name}" if last else None)


def _object_place(cursor: str) -> tuple[str, str]:
    uid, slash, name = cursor.partition("/")
    try:
        if slash:
            return uid_text(bytes.fromhex(uid)), name
    except ValueError:
        pass  # Said below, as for a cursor without a slash.
    raise BadCursorError(f"{cursor!r} is no place in what was found.")


def _version(resource: str) -> str:
    return resource.rpartition("/")[0]


def _gone(terms: Terms, numbers: Sequence[int]) -> Iterable[tuple[int, FoundObject]]:
    """Those of these objects that are no more, once each, with the places of their steps."""
    objects = ObjectRow.objects.filter(id__in=given(numbers)).exclude(uid="")
    rows = {
        number: told for number, *told in objects.values_list("id", "uid", "api_version", "name")
    }
    uids = {uid for uid, _, _ in rows.values()}
    live = set(permitted.images().filter(uid__in=uids).values_list("uid", flat=True))
    gone = [number for number, (uid, _, _) in rows.items() if uid not in live]
    steps = permitted.steps().filter(object__in=given(gone)).exclude(place__type="*").order_by()
    places = {number: place for number, *place in steps.values_list("object", *_PLACE).distinct()}
    for number in sorted(places, reverse=True):
        (uid, version, name), (kind, namespace) = rows[number], places[number]
        told = f"{name} {kind} {namespace}".lower()
        if all(word in told for word in terms.words):
            yield number, FoundObject(ObjectRef(version, kind, namespace or None, name, uid), False)
