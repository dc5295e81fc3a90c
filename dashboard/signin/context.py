"""What Django is told of the viewer, and the last look at whom an address is for."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard.signin.addresses import decision_of
from dashboard.signin.decisions import Decision
from dashboard.signin.present import present
from dashboard.signin.viewers import Viewer
from eventstream import history
from eventstream.history import Rights


def viewer(request: HttpRequest) -> dict[str, Viewer | str | None]:
    """Return for templates the `viewer`, None for nobody that is known, and what is seen."""
    sign_in = settings.BATON_SIGN_IN
    return {
        "viewer": present(request),
        "sight": sight(history.seen()),
        "sign_out": sign_in.sign_out if sign_in.mode == "proxy" else "",
    }


def sight(rights: Rights) -> str:
    """Say in a sentence how much of the cluster rights reach, "" where that is everything."""
    if rights.everything:
        return ""
    parts = []
    if rights.everywhere:
        parts.append(f"{len(rights.everywhere)} kind{'s' * (len(rights.everywhere) != 1)}")
    if len(rights.within) == 1:
        parts.append(f"namespace {next(iter(rights.within))}")
    elif rights.within:
        parts.append(f"{len(rights.within)} namespaces")
    said = f"Sees {' and '.join(parts) or 'nothing here'}."
    return f"{said} Not all was asked for." if rights.cut else said


class Decided:
    """Middleware that lets no view answer whom its address is not for.

    `dashboard.signin.layer` has turned them away before; a way past it must lead to nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as ever; what a viewer saw is kept by no browser once the viewer is gone."""
        answer = self._get_response(request)
        viewer = present(request)
        if viewer is not None and viewer.signed_in:
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Refuse a view that nothing decides on, and one that is not for who asks."""
        match = request.resolver_match
        decision = decision_of(match.url_name if match else None)
        if decision is Decision.ANYONE:
            return None
        if decision is Decision.NOBODY:
            return HttpResponse("This address is for nobody.\n", "text/plain", status=403)
        if present(request) is None:
            return HttpResponse("Sign in to see this.\n", "text/plain", status=401)
        return None
