"""Who last wrote to what exists, read from its managedFields: a page, and the same as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dashboard import clock, filters, status, wording
from dashboard.filters import Choice
from dashboard.pages.changes import harmless
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.streaming import attachment, streamed
from eventstream import history

ROWS = 100
CSV_ENTRIES = 10_000
"""So many entries go into one file; its last line says where the next one goes on."""

FIELDS_SHOWN = 4
"""So many fields of an entry stand open on the page; the others unfold."""

AGES = {"1h": 3600.0, "1d": 86_400.0, "7d": 604_800.0, "30d": 2_592_000.0}
"""Seconds for which to look back, by their names in an address."""

_WORDS = {"1h": "last hour", "1d": "last day", "7d": "last week", "30d": "last 30 days"}
SORTS = {
    "component": "component of Kubernetes",
    "controller": "writes a status",
    "other": "no known controller",
}
_FIELDS = ("namespace", "kind", "manager", "text")
_HEADER = (
    "time",
    "kind",
    "namespace",
    "name",
    "manager",
    "known as",
    "operation",
    "subresource",
    "fields",
    "more fields",
    "grade",
)


@require_safe
def writers(request: HttpRequest, page: Page) -> HttpResponse:
    """The newest entries that match; `before` pages on."""
    now = clock.now()
    asked = _asked(request.GET)
    wanted = _wanted(asked, now)
    try:
        found = history.last_writers(wanted, limit=ROWS, before=request.GET.get("before"))
    except history.BadCursorError as error:
        return lost(request, 400, "This page of last writers can't be found", str(error))
    context = status.context(now) | {
        "entries": [
            (entry, SORTS[entry.sort], max(len(entry.fields) + entry.more - FIELDS_SHOWN, 0))
            for entry in found.rows
        ],
        "shown": f":{FIELDS_SHOWN}",
        "rest": f"{FIELDS_SHOWN}:",
        "selects": _selects(asked),
        "asked": asked,
        "csv": urlencode(asked),
        "people": urlencode({"people": "1", "age": "7d"}),
        "older": urlencode(asked | {"before": found.next}) if found.next else "",
        "cut": history.OBJECTS_MOST if found.cut else 0,
    }
    return page.drawn(request, context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a file, CSV_ENTRIES entries at most; its last line then names the next part."""
    asked = _asked(request.GET)
    wanted = _wanted(asked, clock.now())
    try:
        found = history.last_writers(wanted, limit=CSV_ENTRIES, before=request.GET.get("before"))
    except history.BadCursorError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    answer = streamed(request, _lines(asked, found), "text/csv; charset=utf-8")
    answer["Content-Disposition"] = attachment("writers")
    return answer


def _lines(asked: dict[str, str], found: history.WritersPage) -> Iterator[str]:
    yield _csv([_HEADER])
    for start in range(0, len(found.rows), 500):
        yield _csv(map(_cells, found.rows[start : start + 500]))
    if found.cut:
        yield _csv([(f"There are more objects than the {history.OBJECTS_MOST} looked at.",)])
    if found.next is not None:
        query = urlencode(asked | {"before": found.next})
        yield _csv([(f"More in the next part: writers.csv?{query}",)])


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(entry: history.LastWriter) -> list[str]:
    cells = (
        wording.machine_time(entry.at) if entry.at is not None else "",
        entry.object.kind,
        entry.object.namespace or "",
        entry.object.name,
        entry.manager,
        SORTS[entry.sort],
        entry.operation,
        entry.subresource,
        " ".join(entry.fields),
        str(entry.more or ""),
        entry.grade,
    )
    return [harmless(wording.visible(cell)) for cell in cells]


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    """What an address asks for, as it says it; what it does not know is left out."""
    asked = {name: query.get(name, "").strip()[: filters.TEXT_MOST] for name in _FIELDS}
    if query.get("age", "") in AGES:
        asked["age"] = query["age"]
    if query.get("people") == "1":
        asked["people"] = "1"
    return {name: value for name, value in asked.items() if value}


def _wanted(asked: dict[str, str], now: float) -> history.WritersFilter:
    age = AGES.get(asked.get("age", ""))
    texts = {name: asked.get(name) for name in _FIELDS}
    return history.WritersFilter(
        **texts, since=None if age is None else now - age, people="people" in asked
    )


def _selects(asked: dict[str, str]) -> list[Choice]:
    """The selections of the filter bar, each offering also what is chosen already."""
    chosen = history.Filter(asked.get("namespace"), asked.get("kind"))
    manager = asked.get("manager", "")
    names = history.managers()
    listed = names if not manager or manager in names else (manager, *names)
    return [
        *filters.selects(chosen, history.choices())[:2],
        Choice("manager", "manager", tuple((name, name) for name in listed), manager),
        Choice("age", "age", tuple(_WORDS.items()), asked.get("age", "")),
    ]
