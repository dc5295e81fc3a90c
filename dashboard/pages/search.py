"""The search of every page's header: objects, traces and steps that have the words, in groups.

The same answer comes in two lengths: a few of each below the box while somebody types, and a page
with more of each, which has an address of its own and leads on within each group.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboard import clock, rendering, status, wording
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from eventstream import history

FEW = 5
"""So many of each group show below the box,"""
SOME = 10
"""so many on the page of all groups,"""
MANY = 50
"""and so many on a page of one group."""

BELOW_BOX = "found"
"""The element below the box, which asks for few."""
ON_PAGE = "results"
"""The element of the page, which asks anew while somebody types on."""

_WIDE = "Too much begins like this to look through it all. Give more letters, or another word."


class Group(msgspec.Struct, frozen=True):
    """One group of what was found: `rows` to show, and where more is, "" for nowhere.

    `trouble` says why it could not be looked for.
    """

    name: str
    rows: tuple[Any, ...] = ()
    more: str = ""
    trouble: str = ""


@require_safe
def search(request: HttpRequest, page: Page) -> HttpResponse:
    """What has the words of `text`; with `in` of one group alone, where `before` pages on."""
    text = request.GET.get("text", "").strip()[: history.TEXT_MOST + 1]
    terms, only = history.Terms.of(text), request.GET.get("in", "")
    target = request.headers.get("HX-Target") if request.headers.get("HX-Request") else None
    if only not in _SEARCHES:
        only = ""
    most = MANY if only else FEW if target == BELOW_BOX else SOME
    try:
        groups = _groups(terms, only, most, request.GET.get("before") if only else None)
    except history.BadCursorError as error:
        return lost(request, 400, "This page of what was found can't be found", str(error))
    context = {
        "text": wording.visible(text[: history.TEXT_MOST]),
        "terms": terms,
        "only": only,
        "on": bool(request.GET.get("before")) and bool(only),
        "groups": groups,
        "any": any(group.rows or group.trouble or group.more for group in groups),
        "whole": urlencode({"text": text}),
        "unsearched": history.unsearched(),
        "letters_least": history.LETTERS_LEAST,
        "words_most": history.WORDS_MOST,
        "few": target == BELOW_BOX,
    }
    if target in (BELOW_BOX, ON_PAGE):
        answer = render(request, "parts/search_results.html", context)
        if target == ON_PAGE:
            answer.headers["HX-Replace-Url"] = request.get_full_path()
        return answer
    return page.drawn(request, status.context(clock.now()) | context)


def _groups(terms: history.Terms, only: str, most: int, before: str | None) -> tuple[Group, ...]:
    if not terms.long_enough:
        return ()
    names = (only,) if only else tuple(_SEARCHES)
    return tuple(_group(name, terms, most, before) for name in names)


def _group(name: str, terms: history.Terms, most: int, before: str | None) -> Group:
    find, draw = _SEARCHES[name]
    try:
        found = find(terms, limit=most, before=before)
    except history.TooWideError:
        return Group(name, trouble=_WIDE)
    asked = {"text": " ".join(terms.words), "in": name}
    # From a few on, the group's own page begins anew, with all of them.
    more = asked | {"before": found.next} if before or most == MANY else asked
    return Group(name, draw(found.rows, terms), urlencode(more) if found.next else "")


def _objects(rows: tuple[history.FoundObject, ...], terms: history.Terms) -> tuple[Any, ...]:
    return tuple(
        {"found": row, "name": marked(wording.reference(row.ref), terms, begin=False)}
        for row in rows
    )


def _traces(rows: tuple[Any, ...], _: history.Terms) -> tuple[Any, ...]:
    at = clock.now()
    return tuple({"stored": row, "html": rendering.trace_row(row, at)} for row in rows)


def _steps(rows: tuple[Any, ...], terms: history.Terms) -> tuple[Any, ...]:
    return tuple(
        {
            "step": row.record,
            "what": marked(row.record.what, terms),
            "why": marked(row.record.why, terms),
        }
        for row in rows
    )


_SEARCHES: dict[str, tuple[Callable[..., Any], Callable[..., tuple[Any, ...]]]] = {
    "objects": (history.search_objects, _objects),
    "traces": (history.search_traces, _traces),
    "steps": (history.search_steps, _steps),
}


def marked(text: str, terms: history.Terms, *, begin: bool = True) -> SafeString:
    """Return a text as HTML in which the words that were looked for stand out."""
    shown = wording.visible(text)
    pieces, at = [], 0
    for since, until in terms.spans(shown, begin=begin):
        pieces += [("", shown[at:since]), ("mark", shown[since:until])]
        at = until
    pieces.append(("", shown[at:]))
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", said) if tag else said,) for tag, said in pieces)
    )
