"""The pages: each reads history, draws it whole, and works without script as well.

A page carries the epoch and seq that it was drawn at; the socket continues from exactly there.
"""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec.structs import replace

from dashboard import clock, feeds, filters, rendering, status
from dashboard.coverage import overview
from dashboard.coverage_json import document
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history

PAGE_ROWS = 100


def now(request: HttpRequest, page: Page) -> HttpResponse:
    """Traces as they come, stuck and running ones first; `before` pages on."""
    wanted, before = filters.from_query(request.GET), request.GET.get("before")
    try:
        context = _feed(wanted, before, clock.now())
    except history.BadCursorError as error:
        return lost(request, 400, "This page of older traces can't be found", str(error))
    if request.headers.get("HX-Request"):
        part = "rows" if request.GET.get("part") == "rows" else "feed"
        answer = render(request, f"parts/{part}.html", context)
        if _goes_on_typing(request, wanted):
            answer.headers["HX-Replace-Url"] = request.get_full_path()
        return answer
    return page.drawn(request, context | {"follow": page.follow()})


def _goes_on_typing(request: HttpRequest, wanted: history.Filter) -> bool:
    """Whether only the text differs from what the page shows: the way back skips its beginnings."""
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).query
    before = filters.from_query(QueryDict(shown).dict())
    return bool(before.text and wanted.text) and wanted == replace(before, text=wanted.text)


def _feed(wanted: history.Filter, before: str | None, at: float) -> dict[str, Any]:
    """Return what the feed shows; head is read first, so that nothing falls in between."""
    epoch, seq = history.epoch(), history.head()
    page = history.traces(wanted, limit=PAGE_ROWS, before=before)
    older = filters.to_query(wanted, before=page.next) if page.next else ""
    header = status.context(at)
    return header | {
        "epoch": epoch,
        "seq": seq,
        "rows": [rendering.trace_row(stored, at) for stored in page.rows],
        "older": f"?{older}" if older else "",
        "partial": page.partial,
        "wanted": wanted,
        "subscription": feeds.subscription(wanted),
        "selects": filters.selects(wanted, history.choices()),
        "empty": feeds.empty_state(header, wanted),
    }


def coverage(request: HttpRequest, page: Page) -> HttpResponse:
    """Every kind, watched or not: what needs a person first, and the gaps of them all."""
    at = clock.now()
    seen = overview(at)
    rows = [rendering.kind_row(kind, at) for kind in seen.kinds]
    shown = {"coverage": seen, "rows": rows, "follow": page.follow()}
    return page.drawn(request, status.context(at) | shown)


@require_safe
def coverage_as_json(_request: HttpRequest) -> HttpResponse:
    """The same as JSON, as `dashboard.coverage_json` describes it; never cached."""
    at = clock.now()
    return HttpResponse(
        document(overview(at), at),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
