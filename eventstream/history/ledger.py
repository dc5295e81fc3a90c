"""All writes in order of time, whatever trace they belong to: what changed, where and by whom."""

import msgspec
from django.db.models import Q

from eventstream.explain.vocabulary.records import Step
from eventstream.history import permitted
from eventstream.history.answers import BadCursorError, Stored
from eventstream.history.reading import stored_steps
from eventstream.packing.steps import microseconds


class LedgerFilter(msgspec.Struct, frozen=True):
    """Which writes to list; what is None is not asked for. `text` matches names of objects."""

    namespace: str | None = None
    kind: str | None = None
    actor: str | None = None
    text: str | None = None


class LedgerPage(msgspec.Struct, frozen=True):
    """Writes, the newest first, and where the next page begins (None: there is none)."""

    rows: tuple[Stored[Step], ...]
    next: str | None


def ledger(
    wanted: LedgerFilter | None = None, *, limit: int = 200, before: str | None = None
) -> LedgerPage:
    """Writes that match, at most `limit`, the newest first; heartbeats are left out.

    `before` is the `next` of the page above. Raises BadCursorError.
    """
    wanted = wanted or LedgerFilter()
    rows = permitted.steps().exclude(place__kind="Lease")
    for column, asked in (
        ("place__namespace", wanted.namespace),
        ("place__kind", wanted.kind),
        ("actor__name", wanted.actor),
    ):
        if asked:
            rows = rows.filter(**{column: asked})
    for word in (wanted.text or "").split():
        rows = rows.filter(Q(object__name__icontains=word) | Q(place__namespace__icontains=word))
    if before is not None:
        at, id_ = _place(before)
        # The first condition alone lets the index find the place.
        rows = rows.filter(Q(at__lte=at), Q(at__lt=at) | Q(id__lt=id_))
    found = stored_steps(rows.order_by("-at", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return LedgerPage(
        tuple(stored for stored in found[:limit] if stored.record.verb != "renew"),
        None if last is None else f"{microseconds(last.record.at)}/{last.id}",
    )


def _place(cursor: str) -> tuple[int, str]:
    at, slash, id_ = cursor.partition("/")
    try:
        if slash:
            return int(at), id_
    except ValueError:
        pass  # Said below, as for a cursor without a slash.
    raise BadCursorError(f"{cursor!r} is no place in the list of changes.")
