"""The ledger of changes: each field that was written, when, by whom and how we know; or as CSV."""

import csv
import io
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.connection import ConnectionDoesNotExist
from django.views.decorators.http import require_safe

from dashboard import actors, clock, filters, status, wording
from dashboard.errors import explanation
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.streaming import attachment, streamed
from eventstream import history
from eventstream.explain.vocabulary.records import Step

logger = logging.getLogger(__name__)

ROWS = 100
CSV_PAGE = 1000
CSV_WRITES = 10_000
"""So many writes or a page more go into one file; its last line says where the next one goes on."""

_FIELDS = ("namespace", "kind", "actor", "text")
_HEADER = (
    "time",
    "kind",
    "namespace",
    "name",
    "verb",
    "field",
    "before",
    "after",
    "actor",
    "manager",
    "grade",
    "resourceVersion",
)


class Entry(msgspec.Struct, frozen=True):
    """One field that one write changed; a new or deleted object is one entry as a whole."""

    step: Step
    field: str
    before: str
    after: str


class Written(msgspec.Struct, frozen=True):
    """One write of the ledger with all that it changed."""

    step: Step
    entries: tuple[Entry, ...]


@require_safe
def changes(request: HttpRequest, page: Page) -> HttpResponse:
    """The newest changes that match; `before` pages on."""
    wanted = _wanted(request.GET)
    try:
        found = history.ledger(wanted, limit=ROWS, before=request.GET.get("before"))
    except history.BadCursorError as error:
        return lost(request, 400, "This page of changes can't be found", str(error))
    asked = _query(wanted)
    context = status.context(clock.now()) | {
        "writes": [
            Written(stored.record, changed)
            for stored in found.rows
            if (changed := tuple(entries(stored.record)))
        ],
        "selects": filters.selects(_as_filter(wanted), history.choices())[:3],
        "wanted": wanted,
        "narrowed": bool(asked),
        "csv": urlencode(asked),
        "older": urlencode(asked | {"before": found.next}) if found.next else "",
        # Without a fraction of a second that was not looked at.
        "since": found.since and math.ceil(found.since),
        "on": bool(request.GET.get("before")),
    }
    return page.drawn(request, context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file, CSV_WRITES writes at most; its last line then names the next part."""
    wanted, before = _wanted(request.GET), request.GET.get("before")
    try:
        first = history.ledger(wanted, limit=ROWS, before=before)
    except history.BadCursorError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    answer = streamed(request, _pieces(wanted, first), "text/csv; charset=utf-8")
    answer["Content-Disposition"] = attachment("changes")
    return answer


def _pieces(wanted: history.LedgerFilter, page: history.LedgerPage) -> Iterator[str]:
    """The lines of the file from its first page on, a page at a time.

    They are asked for when the view is over, and so is what it was to read from, and by whom.
    """
    return _from(wanted, page, history.current(), history.seen())


def _from(
    wanted: history.LedgerFilter, page: history.LedgerPage, read_from: str, rights: history.Rights
) -> Iterator[str]:
    yield _csv([_HEADER])
    written = ROWS
    while True:
        yield _csv(_cells(each) for stored in page.rows for each in entries(stored.record))
        if page.next is None:
            return
        if written >= CSV_WRITES:
            query = urlencode(_query(wanted) | {"before": page.next})
            yield _csv([(f"More in the next part: changes.csv?{query}",)])
            return
        try:
            with history.reading(read_from), history.seeing(rights):
                page = history.ledger(wanted, limit=CSV_PAGE, before=page.next)
        except (DatabaseError, ConnectionDoesNotExist) as error:
            logger.exception("changes.csv ends early.")
            yield _csv([(f"This file ends early. {explanation(error)}",)])
            return
        written += CSV_PAGE


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def entries(step: Step) -> Iterator[Entry]:
    """What one write changed, field by field."""
    whole = {
        "ADDED": ("", "created"),
        "DELETED": ("existed", "deleted"),
        "VANISHED": ("existed", "gone"),
    }
    if step.change_type in whole:
        before, after = whole[step.change_type]
        yield Entry(step, "the object", before, after)
        return
    for change in step.changes:
        before = "" if change.hidden else wording.field_value(change.before, hidden=False)
        after = wording.field_value(change.after, hidden=False)
        after = wording.change_words(change) if change.hidden else after
        yield Entry(step, change.path, before, after)


def _cells(entry: Entry) -> list[str]:
    step = entry.step
    cells = (
        wording.machine_time(step.at),
        step.object.kind,
        step.object.namespace or "",
        step.object.name,
        step.verb,
        entry.field,
        entry.before,
        entry.after,
        actors.label(step.actor),
        step.actor_name,
        step.grades.who,
        step.resource_version,
    )
    return [harmless(wording.visible(cell)) for cell in cells]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _wanted(query: Mapping[str, str]) -> history.LedgerFilter:
    asked = {name: query.get(name, "").strip()[: filters.TEXT_MOST] or None for name in _FIELDS}
    return history.LedgerFilter(**asked)


def _query(wanted: history.LedgerFilter) -> dict[str, str]:
    return {name: value for name in _FIELDS if (value := getattr(wanted, name))}


def _as_filter(wanted: history.LedgerFilter) -> history.Filter:
    return history.Filter(wanted.namespace, wanted.kind, wanted.actor)
