"""Answers what was asked for and is not there: what it was, why that may be, how to go on."""

from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard import clock, status
from dashboard.signin.present import present
from eventstream import history

_UNSEEN = " Or it is nothing that you may list and watch: what you may not see is as if not there."


def lost(
    request: HttpRequest, code: int, headline: str, explanation: str, asked: str = ""
) -> HttpResponse:
    """Return a page with status `code` that says what was not found and how to go on."""
    unseen = "" if history.seen().everything or code != 404 else _UNSEEN
    context = status.context(clock.now()) | {
        "headline": headline,
        "explanation": explanation + unseen,
        "asked": asked,
    }
    return render(request, "lost.html", context, status=code)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that no page has; who is not known is told nothing of the cluster."""
    if present(request) is None:
        return HttpResponse("There is nothing at this address.\n", "text/plain", status=404)
    try:
        return lost(
            request, 404, "No such page", "Baton has no page at this address.", request.path
        )
    finally:
        # Django calls this in a thread that outlives the request, and closes nothing there.
        close_old_connections()
