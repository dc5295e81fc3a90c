"""Shows an opened recording by the same pages as the live cluster, under an address of its own.

Below `/tapes/TOKEN/` every page reads the history of that recording, and links stay below it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from dashboard import prefix
from dashboard.opened import OpenedTape, tapes
from dashboard.pages.tape import closed, reading
from dashboard.signin.present import present
from eventstream import history

PREFIX = "/tapes/"
WAITING = "tape-reading"
"""The element of the page that waits for a recording, and asks for itself again."""


class TapeView:
    """Middleware that reads the recording which an address names instead of the live history."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer an address of a recording from its history, all others as ever."""
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        token, slash, rest = request.path_info.removeprefix(PREFIX).partition("/")
        viewer = present(request)
        opened = tapes.get(token, viewer.key) if viewer is not None else None
        if opened is None:
            return closed(request)
        if not slash or opened.state != "open":
            return reading(request, opened)
        if request.headers.get("HX-Target") == WAITING:
            return HttpResponse(headers={"HX-Refresh": "true"})  # It was waited for: it is read.
        return self._within(request, opened, f"/{rest}")

    def _within(self, request: HttpRequest, opened: OpenedTape, path: str) -> HttpResponse:
        before = get_script_prefix()
        set_script_prefix(prefix.at(f"{PREFIX}{opened.token}/"))
        request.path_info = path
        request.tape = opened  # type: ignore[attr-defined]  # For the templates.
        try:
            # What a session brought itself, it may see whole.
            with history.reading(opened.alias), history.seeing(history.EVERYTHING):
                return self._get_response(request)
        finally:
            set_script_prefix(before)
