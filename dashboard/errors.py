"""Answers a page whose history can't be read with what failed and what to do about it.

The database is missing before `observe` first ran, and may be gone or damaged later: that is no
fault of the address that was asked for, and a bare error page would not help.
"""

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboard.liveness import Liveness
from eventstream import history

logger = logging.getLogger(__name__)


_UNKNOWN = ("Why is not known.", "See the log, and whether its disk can be read.")


def explanation(error: Exception) -> str:
    """What failed, the likely cause, and what to do, for a page, a probe or a program."""
    trouble = history.storing.trouble()
    if trouble is not None:  # Whoever writes knows more of what is wrong.
        cause, action = trouble.problem.cause, trouble.problem.action
    else:
        cause, action = history.cause_of(error) or _UNKNOWN
    return f"The database says: {error}. {cause} {action} This page can be reloaded then."


class UnreadableHistory:
    """Middleware that turns a DatabaseError into a page with status 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as ever."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a DatabaseError; leave every other exception to Django."""
        if not isinstance(error, DatabaseError):
            return None
        logger.error("History can't be read for %s: %s", request.path, error)
        explained = explanation(error)
        if request.path.endswith(".json"):
            return JsonResponse({"error": explained}, status=503)
        live = Liveness("down", "No history", str(error), "no cluster")
        context = {
            "live": live,
            "watched": 0,
            "now": time.time(),
            "headline": "History can't be read",
            "explanation": explained,
        }
        return render(request, "lost.html", context, status=503)
