"""The page of all clusters, and what is answered in the place of one whose process does not run.

Whoever reaches Baton is told what the clusters are called and whether each is up. How one does the
browser asks that cluster itself, as whoever is signed in there.
"""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import clock, prefix
from dashboard.api.problems import BELOW, ROOT, problem
from eventstream.clusters import SEGMENT, Named, Standing, board

AGAIN_SECONDS = 5
"""After so long it is worth asking again for a cluster that is not up."""

_UNTOLD = "It ended by itself; Baton's log says why."


class Entry(msgspec.Struct, frozen=True):
    """A cluster as the page has it; `summary` is where it tells its own viewers how it does.

    `entry` asks who is nobody there to sign in, and sends everybody else on.
    """

    name: str
    title: str
    address: str
    summary: str
    entry: str
    standing: Standing
    why: str
    asked: bool


@require_safe
def clusters(request: HttpRequest) -> HttpResponse:
    """All clusters, and how each of their processes does."""
    return _page(request, 200)


@require_safe
def down(request: HttpRequest, asked: str) -> HttpResponse:
    """What is asked for of a cluster that is not up."""
    found = standing(f"/{SEGMENT}/{asked}")
    if found is None:
        return not_found(request)
    cluster, state = found
    said = f"The process of {cluster.name} is {state.state}. Ask later."
    if asked.partition("/")[2].startswith(BELOW.strip("/")):
        return _unlogged(problem(503, said, retry_after=AGAIN_SECONDS))
    if "text/html" not in request.headers.get("Accept", ""):
        answer = _unlogged(HttpResponse(f"{said}\n", "text/plain", status=503))
    else:
        answer = _page(request, 503, cluster)
    answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def not_found(request: HttpRequest, exception: object = None) -> HttpResponse:
    """Answer an address that leads nowhere: with the clusters that there are."""
    if request.path_info.startswith(BELOW):
        places = ", ".join(prefix.at(each.path) for each in list(board))
        return problem(404, f"Several clusters are shown here. Ask one of them, below {places}.")
    return _page(request, 404)


def standing(path: str) -> tuple[Named, Standing] | None:
    """Return the cluster that a path is below, and how it does; None where it is none's."""
    _, segment, name = [*path.split("/", 3), "", ""][:3]
    found = ((cluster, each) for cluster, each in list(board.items()) if cluster.name == name)
    return next(found, None) if segment == SEGMENT else None


def _page(request: HttpRequest, status: int, asked: Named | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "entries": [_entry(each, how, asked) for each, how in list(board.items())],
        "asked": asked,
        "lost": status == 404,
        "viewer": None,  # Nobody is known here, in whatever mode.
        "now": clock.now(),
    }
    answer = render(request, "clusters.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return _unlogged(answer)


def _unlogged(answer: HttpResponse) -> HttpResponse:
    """Return an answer that Django tells nobody of: that a cluster is down the log says already."""
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _entry(cluster: Named, how: Standing, asked: Named | None) -> Entry:
    address = prefix.at(cluster.path)
    whole = settings.BATON_SIGN_IN.mode == "local"
    return Entry(
        cluster.name,
        cluster.title,
        f"{address}/",
        f"{address}/{ROOT.strip('/')}/summary",
        f"{address}/login",
        how,
        (how.why if whole else _UNTOLD) if how.why else "",
        cluster == asked,
    )
