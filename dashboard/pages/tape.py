"""Opens a recording from the reader's own disk, in a view of its own beside the live cluster."""

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import clock, prefix, status
from dashboard.opened import BYTES_MOST, IDLE_SECONDS, OPEN_MOST, OPEN_OF_ONE, OpenedTape, tapes
from dashboard.pages.lost import lost
from dashboard.pages.page import Page
from dashboard.signin.present import present
from dashboard.signin.whose import name_of
from dashboard.tapereader import CPU_SECONDS, MEGABYTES
from dashboard.uploads import Receiving

NAME_MOST = 100
COOKIE = "baton-tapes"
"""Tokens of the recordings that a browser session opened: it alone is shown where they are."""


@csrf_exempt  # Only until it is said where files go: `_open` is protected.
@require_http_methods(["GET", "HEAD", "POST"])
def tape(request: HttpRequest, page: Page) -> HttpResponse:
    """Ask for a recording, and, when there is one, begin to read it."""
    if request.method != "POST":
        return _form(request, page)
    try:
        with Receiving(request) as receiving:
            request.upload_handlers = [receiving]
            request.FILES  # noqa: B018  Takes the body in; Django would take its end for a forgery.
            return _open(request, page, receiving)
    except UnreadablePostError as error:
        return _form(request, page, f"The file did not come whole: {error}. Send it again.")
    except OSError as error:
        reason = error.strerror or str(error)
        wrong = f"The file could not be kept: {reason}. Make room on Baton's disk."
        return _form(request, page, wrong, 507)


@csrf_protect
def _open(request: HttpRequest, page: Page, receiving: Receiving) -> HttpResponse:
    """Begin to read what was received."""
    recording = receiving.path("tape")
    if recording is None:
        return _form(request, page, "Choose a file that is not empty.")
    name, audit = receiving.name[:NAME_MOST], receiving.path("audit")
    opened = tapes.add(name, recording, audit, _session(request), name_of(present(request)))
    answer = redirect(prefix.at(f"/tapes/{opened.token}/"))
    tokens = [opened.token, *(each.token for each in _own(request) if each is not opened)]
    answer.set_cookie(
        COOKIE,
        ".".join(tokens),
        path=prefix.root() or "/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return answer


def _own(request: HttpRequest) -> list[OpenedTape]:
    """The recordings that this browser session opened and that are open still, the newest first."""
    tokens = request.COOKIES.get(COOKIE, "").split(".")[:OPEN_MOST]
    return tapes.among(tokens, _session(request))


def _session(request: HttpRequest) -> str:
    """The session to which recordings belong: in mode `local` all share one."""
    viewer = present(request)
    return viewer.key if viewer is not None else ""


def _form(
    request: HttpRequest, page: Page, wrong: str = "", code: int | None = None
) -> HttpResponse:
    context = status.context(clock.now()) | {
        "wrong": wrong,
        "own": _own(request),
        "megabytes": BYTES_MOST >> 20,
        "seconds_most": CPU_SECONDS,
        "reader_megabytes": MEGABYTES,
        "newer": _newer(request),
        "minutes": int(IDLE_SECONDS / 60),
    }
    return page.drawn(request, context, code or (400 if wrong else 200))


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Close a recording, and delete all that was made of it."""
    tapes.close(request.POST.get("token", ""), _session(request))
    return redirect(prefix.at("/tape"))


def _newer(request: HttpRequest) -> str:
    """How many newer recordings take the place of one."""
    if name_of(present(request)):
        return f"{OPEN_OF_ONE} newer ones of yours are open, or {OPEN_MOST} of all viewers"
    return f"{OPEN_MOST} newer ones are open"


def closed(request: HttpRequest) -> HttpResponse:
    """Answer an address of a recording that is not open."""
    explanation = (
        f"A recording is closed {IDLE_SECONDS / 60:.0f} minutes after the last look at it, when "
        f"{_newer(request)}, and when Baton is started again. Open its file again."
    )
    return lost(request, 404, "This recording is not open", explanation)


def reading(request: HttpRequest, opened: OpenedTape) -> HttpResponse:
    """Say how far reading is, or why it failed; once it is open, bring the reader there."""
    state = opened.state
    address = prefix.at(f"/tapes/{opened.token}/")
    if state == "open":
        return redirect(address)
    context = status.context(clock.now()) | {
        "opened": opened,
        "state": state,
        "seconds_most": CPU_SECONDS,
        "progress": opened.progress,
        "complaint": opened.reader.complaint() if state == "failed" else "",
    }
    polled = request.headers.get("HX-Request") == "true"
    return render(request, "parts/tape_reading.html" if polled else "tape_reading.html", context)
