"""The page of sign-in, and logging out."""

import logging
import math
import secrets
import time
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import prefix
from dashboard.metrics.tallies import signed_in
from dashboard.opened import tapes
from dashboard.signin import standing
from dashboard.signin.begun import ProviderError
from dashboard.signin.limits import attempts
from dashboard.signin.present import present
from dashboard.signin.returning import own_address
from dashboard.signin.sessions import cookie_name
from dashboard.signin.tokens import ends, plain
from eventstream import reviewing
from eventstream.metrics import refused
from eventstream.reviewing import Token, UnansweredError, UnrecognisedError

if TYPE_CHECKING:
    from dashboard.signin.oidc import Provider

logger = logging.getLogger(__name__)

CALLBACK = "/oidc/callback"

SameSite = Literal["Lax", "Strict"]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Ask for a token, and sign in with it; or lead to the provider that signs people in."""
    onward = own_address(request.GET.get("next", ""))
    mode = settings.BATON_SIGN_IN.mode
    if mode not in {"token", "oidc"}:
        return HttpResponseRedirect(prefix.at("/"))
    if request.method != "POST":
        known = present(request)
        if known is not None and known.signed_in:
            return HttpResponseRedirect(onward)
        return _form(request)
    if mode == "oidc":
        return HttpResponseRedirect(prefix.at("/login"))
    wait = attempts.spend(_address(request))
    return _slow(request, wait) if wait else _signed_in(request, onward)


def _slow(request: HttpRequest, wait: float) -> HttpResponse:
    refused.count("sign-in")
    said = f"Too many attempts to sign in. Try again in {math.ceil(wait)} s."
    answer = _form(request, said, 429)
    answer["Retry-After"] = str(math.ceil(wait))
    return answer


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
            request, "The cluster does not know this token: it is of another cluster, or has ended."
        )
    except UnansweredError as error:
        return _form(request, f"The cluster could not be asked whose token this is. {error}", 503)
    return begin(identity, token, until, HttpResponseRedirect(onward))


@never_cache
@require_safe
def oidc_begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; it holds a number of this sign-in meanwhile."""
    if settings.BATON_SIGN_IN.mode != "oidc":
        return HttpResponseRedirect(prefix.at("/"))
    onward = own_address(request.GET.get("next", ""))
    try:
        address, begun = _provider().begin(request.build_absolute_uri(prefix.at(CALLBACK)), onward)
    except ProviderError as error:
        return _form(request, str(error), 503)
    number = async_to_sync(standing.send_away)(begun)
    answer = HttpResponseRedirect(address)
    # Lax, as it has to come along when the provider sends the browser back.
    _hold(answer, _begun(), number, "Lax", seconds=600)
    return answer


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take what the provider sent along, and sign in with what it stands for."""
    if settings.BATON_SIGN_IN.mode != "oidc":
        return HttpResponseRedirect(prefix.at("/"))
    wait = attempts.spend(_address(request))
    if wait:
        return _slow(request, wait)
    begun = async_to_sync(standing.come_back)(request.COOKIES.get(_begun(), ""))
    state = request.GET.get("state", "")
    if begun is None or not secrets.compare_digest(state.encode(), begun.state.encode()):
        return _form(request, "This sign-in was not begun in this browser, or too long ago.")
    if "error" in request.GET:
        told = request.GET.get("error_description") or request.GET["error"]
        return _form(request, f"{_provider().host} did not sign you in: {told[:300]}")
    try:
        text, until = _provider().finish(begun, request.GET.get("code", ""))
        identity = async_to_sync(reviewing.reviewer().who)(Token(text))
    except ProviderError as error:
        return _form(request, str(error))
    except UnrecognisedError:
        return _form(request, _UNKNOWN_TO_CLUSTER)
    except UnansweredError as error:
        return _form(request, f"The cluster could not be asked who you are there. {error}", 503)
    # By a page, for the session's cookie is not sent along with what the provider asks for.
    answer = begin(
        identity, Token(text), until, render(request, "onward.html", {"to": begun.onward})
    )
    _forget(answer, _begun(), "Lax")
    return answer


_UNKNOWN_TO_CLUSTER = (
    "You are signed in with the provider, but the cluster does not accept its tokens. Its API "
    "server has to know the same issuer and client; where it can't, see mode proxy with names."
)


def begin(
    identity: reviewing.Identity, token: Token, until: float, answer: HttpResponse
) -> HttpResponse:
    """Sign somebody in, and have the browser hold the session's number by that answer."""
    number, viewer = async_to_sync(standing.begin)(identity, token, until)
    signed_in.count("signed-in")
    logger.info("%s signed in.", viewer.name.encode("unicode_escape").decode()[:200])
    _hold(answer, cookie_name(), number, "Strict")
    return answer


_OUTCOMES = {429: "slowed", 503: "unanswered"}


def _begun() -> str:
    """Return what the cookie of a sign-in that waits for the provider is called."""
    return f"{cookie_name()}-begun"


def _hold(
    answer: HttpResponse, name: str, value: str, same_site: SameSite, seconds: int | None = None
) -> None:
    path = prefix.root() or "/"
    answer.set_cookie(
        name, value, seconds, path=path, secure=True, httponly=True, samesite=same_site
    )


def _forget(answer: HttpResponse, name: str, same_site: SameSite) -> None:
    answer.delete_cookie(name, path=prefix.root() or "/", samesite=same_site)


def _provider() -> "Provider":
    from dashboard.signin.oidc import provider  # noqa: PLC0415  # Only where it signs people in.

    return provider()


def _form(request: HttpRequest, wrong: str = "", code: int = 0) -> HttpResponse:
    if wrong:
        signed_in.count(_OUTCOMES.get(code, "failed"))
    host = _provider().host if settings.BATON_SIGN_IN.mode == "oidc" else ""
    secure = request.is_secure() or _is_here(request)
    onward = urlencode({"next": own_address(request.GET.get("next", ""))})
    context = {
        "wrong": wrong,
        "secure": secure,
        "provider": host,
        "begin": prefix.at(f"/oidc/begin?{onward}"),
    }
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
        async_to_sync(standing.end)(viewer, "You logged out.")
        tapes.close_of(viewer.key)
    answer = HttpResponseRedirect(prefix.at("/login"))
    _forget(answer, cookie_name(), "Strict")
    answer["Clear-Site-Data"] = '"cache"'
    return answer
