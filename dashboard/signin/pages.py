"""The page of sign-in, and logging out."""

import logging
import math
import time

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.opened import tapes
from dashboard.signin.limits import attempts
from dashboard.signin.present import present
from dashboard.signin.returning import own_address
from dashboard.signin.sessions import COOKIE, sessions
from dashboard.signin.tokens import ends, plain
from eventstream import reviewing
from eventstream.reviewing import Token, UnansweredError, UnrecognisedError

logger = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for a token, and sign in with it."""
    onward = own_address(request.GET.get("next", ""))
    if settings.BATON_SIGN_IN.mode != "token":
        return HttpResponseRedirect("/")
    if request.method != "POST":
        known = present(request)
        if known is not None and known.signed_in:
            return HttpResponseRedirect(onward)
        return _form(request)
    wait = attempts.spend(_address(request))
    if wait:
        said = f"Too many attempts to sign in. Try again in {math.ceil(wait)} s."
        answer = _form(request, said, 429)
        answer["Retry-After"] = str(math.ceil(wait))
        return answer
    return _signed_in(request, onward)


def _signed_in(request: HttpRequest, onward: str) -> HttpResponse:
    text = request.POST.get("token", "")
    token = plain(text)
    if token is None:
        return _form(
            request, "This is no bearer token: one is a line of letters, digits and signs."
        )
    until = ends(token)
    if until <= time.time():
        return _form(request, "This token has expired. Make a new one.")
    try:
        identity = async_to_sync(reviewing.reviewer().who)(token)
    except UnrecognisedError:
        return _form(
            request, "The cluster does not know this token: it is of another cluster, or over."
        )
    except UnansweredError as error:
        return _form(request, f"The cluster could not be asked whose token this is. {error}", 503)
    return begin(identity, token, until, HttpResponseRedirect(onward))


def begin(
    identity: reviewing.Identity, token: Token, until: float, answer: HttpResponse
) -> HttpResponse:
    """Sign somebody in, and have the browser hold the session's number by that answer."""
    number, viewer = sessions.begin(identity, token, until)
    logger.info("%s signed in.", viewer.name.encode("unicode_escape").decode()[:200])
    answer.set_cookie(COOKIE, number, secure=True, httponly=True, samesite="Strict", path="/")
    return answer


def _form(request: HttpRequest, wrong: str = "", code: int = 0) -> HttpResponse:
    context = {"wrong": wrong, "secure": request.is_secure() or _is_here(request)}
    return render(request, "login.html", context, status=code or (403 if wrong else 200))


def _is_here(request: HttpRequest) -> bool:
    """Whether the page is asked for by a name of this machine, which browsers take for safe."""
    return request.get_host().rpartition(":")[0] in {"localhost", "127.0.0.1", "[::1]"}


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@never_cache
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session: its token is forgotten, and its open pages are closed."""
    viewer = present(request)
    if viewer is not None and viewer.signed_in:
        sessions.end(viewer, "You logged out.")
        tapes.close_of(viewer.key)
    answer = HttpResponseRedirect("/login")
    answer.delete_cookie(COOKIE, path="/", samesite="Strict")
    answer["Clear-Site-Data"] = '"cache"'
    return answer
