"""A window of time over the whole cluster: which traces went on in it, and every step, to replay.

A rollout that went wrong is seldom alone; this shows what else was written around it, in order.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.connection import ConnectionDoesNotExist
from django.views.decorators.http import require_safe

from dashboard import asked, clock, rendering, status, wording
from dashboard.filters import TEXT_MOST
from dashboard.minimap import minimap
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.pages.trace import SPEEDS
from dashboard.streaming import attachment, streamed
from eventstream import history

logger = logging.getLogger(__name__)

STEPS_MOST = 1000
"""So many steps of a window are listed; a note leads on to the rest."""

FILE_STEPS = 20_000
"""So many steps go into one file; its head says until when it goes then."""

LINES_AT_ONCE = 200
GAPS_MOST = 500
"""So many gaps of a window are shaded and counted; the first of them are listed."""

TRACES_MOST = 20
LENGTHS = (60, 300, 900, 3600)
"""Seconds of the windows that are offered."""


class Window(msgspec.Struct, frozen=True):
    """From when to when (unix seconds), in which namespace, and as it was at which moment."""

    since: float
    until: float
    namespace: str = ""
    at: float | None = None

    @property
    def whole_until(self) -> float:
        """Its end in whole seconds, as a form can say it, with nothing of it cut off."""
        return float(math.ceil(self.until))

    def query(self, **changed: float | str | None) -> str:
        """The query that asks for the same but for what is `changed`; None leaves a thing out."""
        own: dict[str, float | str | None] = {
            "from": self.since,
            "to": self.until,
            "namespace": self.namespace,
            "at": self.at,
        }
        named = {name: value for name, value in (own | changed).items() if value not in (None, "")}
        return "?" + urlencode({k: _text(v) for k, v in named.items()})


@require_safe
def window(request: HttpRequest, page: Page) -> HttpResponse:
    """The window that the address asks for; by default the last five minutes."""
    now = clock.now()
    try:
        wanted = from_query(request.GET, now)
    except ValueError as error:
        return lost(request, 400, "No such window", str(error))
    found = history.between(
        wanted.since, wanted.until, wanted.namespace or None, limit=STEPS_MOST + 1
    )
    steps = [stored.record for stored in found[:STEPS_MOST]]
    missed = history.gaps_between(wanted.since, wanted.until, GAPS_MOST + 1)
    gaps = [stored.record for stored in missed[:GAPS_MOST]]
    map_ = minimap(steps, gaps)
    traces = history.traces_of([step.trace for step in steps], TRACES_MOST)
    context = status.context(now) | {
        "window": wanted,
        "window_file": wanted.query(at=None),
        "rows": [
            {"step": step, "number": number, "clock": wording.moment(step.at)[11:23]}
            for number, step in enumerate(steps, 1)
        ],
        "traces": [rendering.trace_row(stored, now) for stored in traces],
        "minimap": rendering.draw(
            "minimap", map=map_, then=map_.share(wanted.at) if map_ and wanted.at else None
        ),
        "gaps": gaps,
        "gaps_more": len(missed) > GAPS_MOST,
        "asked": wanted,
        "replay": asked.replay(
            (step.at for step in steps), wanted.at, lambda at: wanted.query(at=at)
        ),
        "speeds": SPEEDS,
        "more": _after(wanted, steps[-1].at) if len(found) > STEPS_MOST else "",
        "moves": _moves(wanted, now),
        "namespaces": history.choices().namespaces,
    }
    return page.drawn(request, context)


@require_safe
def as_file(request: HttpRequest) -> HttpResponseBase:
    """The same window as an excerpt, which the page Tape opens again."""
    now = clock.now()
    try:
        wanted = from_query(request.GET, now)
    except ValueError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    cut = history.Cut(wanted.since, wanted.until, wanted.namespace or None)
    lines = history.excerpt(cut, now, FILE_STEPS)
    pieces = _pieces(lines, history.current(), history.seen())
    answer = streamed(request, pieces, "application/x-ndjson")
    answer["Content-Disposition"] = attachment("excerpt", "jsonl")
    return answer


def _pieces(lines: Iterator[bytes], read_from: str, rights: history.Rights) -> Iterator[str]:
    """The lines, some at a time; without the last one where history can't be read to its end."""
    while True:
        try:
            with history.reading(read_from), history.seeing(rights):
                piece = b"".join(islice(lines, LINES_AT_ONCE))
        except (DatabaseError, ConnectionDoesNotExist):
            logger.exception("An excerpt ends early.")
            return
        if not piece:
            return
        yield piece.decode()


def from_query(query: Mapping[str, str], now: float) -> Window:
    """Return the window that a query asks for; raises ValueError, in words, for what is none."""
    until = _moment(query.get("to", ""), "to")
    until = now if until is None else until
    since = _moment(query.get("from", ""), "from")
    since = until - 300 if since is None else since
    if since >= until:
        raise ValueError("A window begins before it ends: `from` has to be earlier than `to`.")
    namespace = query.get("namespace", "").strip()[:TEXT_MOST]
    return Window(since, until, namespace, _moment(query.get("at", ""), "at"))


def _moment(text: str, name: str) -> float | None:
    """A moment as unix seconds, or as the text of a date and time, which is UTC without a zone."""
    text = text.strip()
    if not text:
        return None
    try:
        at = float(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"`{name}` is {text[:40]!r}; give unix seconds, or a time such as "
                "2026-11-23T00:07:01 (UTC)."
            ) from None
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if not (math.isfinite(at) and 0 < at < 32_503_680_000):
        raise ValueError(f"`{name}` is {text[:40]!r}, which is no moment that history can hold.")
    return at


def _text(value: float | str | None) -> str:
    return asked.moment(value) if isinstance(value, float) else str(value)


def _after(wanted: Window, last: float) -> str:
    return wanted.query(**{"from": last, "at": None})


def _moves(wanted: Window, now: float) -> dict[str, Any]:
    """The windows before and after this one, and those that end now."""
    length = wanted.until - wanted.since
    later = wanted.query(**{"from": wanted.until, "to": wanted.until + length, "at": None})
    return {
        "earlier": wanted.query(**{"from": wanted.since - length, "to": wanted.since, "at": None}),
        "later": later if wanted.until < now else "",
        "lengths": [
            (
                wording.duration(seconds),
                wanted.query(**{"from": now - seconds, "to": now, "at": None}),
                math.isclose(length, seconds, abs_tol=0.5) and now - wanted.until < 5,
            )
            for seconds in LENGTHS
        ],
    }
