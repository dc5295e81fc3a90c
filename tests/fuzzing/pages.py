"""Looks at every page that names something which history holds, and at every link on it."""

import html
import re
from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dashboard.asked import SHOWS
from eventstream.models import ImageRow, ObjectRow, StepRow, TraceRow

PLAIN = (
    "/",
    "/changes",
    "/changes.csv",
    "/writers",
    "/writers.csv",
    "/cluster",
    "/cluster/pods.json",
    "/coverage",
    "/coverage.json",
    "/api/v1/traces?background=true&limit=500",
    "/api/v1/changes?limit=500",
    "/api/v1/objects?limit=500",
    "/api/v1/coverage",
    "/learn",
    "/window",
    "/window?from=1795000000&to=1795000300",
    "/window?from=1795000000&to=1795000300&at=1795000002",
)
_LINK = re.compile(r'(?:href|hx-get|data-href)="(/[^"#?]*)')


def addresses() -> Iterator[str]:
    """Every address that names an object, a trace, a step or a moment of what is stored."""
    yield from PLAIN
    uids = {*ObjectRow.objects.values_list("uid", flat=True)}
    uids |= {*ImageRow.objects.values_list("uid", flat=True)}
    for uid in sorted(uids - {""}):
        yield reverse("object", args=[uid])
    for trace in TraceRow.objects.values_list("id", flat=True):
        yield from (f"/traces/{trace}?show={show}" for show in SHOWS)
        yield f"/traces/{trace}?at=1795000002"
        yield f"/traces/{trace}/then?at=1795000002"
    for step, trace in StepRow.objects.values_list("id", "trace__id"):
        yield f"/traces/{trace}/steps/{step}"
    for kind, name in {*StepRow.objects.values_list("place__kind", "object__name")}:
        yield f"/changes?kind={quote(kind)}&text={quote(name)}"
        yield f"/search?text={quote(name)}"
        yield f"/?kind={quote(kind)}&text={quote(name)}"


def looked_at(client: Client) -> dict[str, int]:
    """Ask for every page and every link on it once; returns each address with its status."""
    seen: dict[str, int] = {}
    waiting = list(addresses())
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith("/static/"):
            continue
        answer = client.get(address)
        seen[address] = answer.status_code
        waiting += links(answer)  # type: ignore[arg-type]  # It is one, with more on it.
    return seen


def links(answer: HttpResponse) -> list[str]:
    """The addresses that a page leads to, without what they ask of the page there."""
    if not answer.headers["Content-Type"].startswith("text/html"):
        return []
    return [html.unescape(found) for found in _LINK.findall(answer.content.decode())]
