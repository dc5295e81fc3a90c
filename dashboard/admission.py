"""Says which requests may bring a body, by their heads: the server asks before a body comes.

Nothing but a recording is large. A page of another site can make its visitor's browser send a form
of any size here, so Host, method, Origin and cookie are asked first; Django checks them again, and
the form's token, when it has the body.
"""

from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.http import parse_cookie

from dashboard.access import host_is_allowed, same_origin, unknown_host
from dashboard.health import PROBES
from dashboard.opened import BYTES_MOST, free_bytes

FORM_BYTES = 64 * 1024
"""So much may come with any request; the forms are far smaller."""

SPARE_BYTES = 128 * 1024 * 1024
"""So much of the disk an upload leaves free for the live history."""

UPLOAD = "/tape"
FORMS = frozenset({UPLOAD, "/tape/close", "/login", "/logout"})
"""Where something is sent to; all else is only read."""

READS = "GET, HEAD"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to one head, see `eventstream.web.ruling`."""

    status: int = 0
    text: str
    allow: str = ""
    most: int = FORM_BYTES
    streamed: bool = False


_SMALL = Ruling(
    text=f"A request may bring {FORM_BYTES >> 10} KiB at most; only a recording may be larger."
)
_RECORDING = Ruling(
    text=f"A recording may have {BYTES_MOST >> 20} MB at most, with its audit log; this is larger. "
    "Explain it with `manage.py explain`, or cut it.",
    most=BYTES_MOST + FORM_BYTES,
    streamed=True,
)


def admit(method: str, path: str, headers: Mapping[bytes, bytes], length: int | None) -> Ruling:
    """Rule on a request that has a body; `length` is None when it comes in chunks."""
    hosts = _hosts(headers)
    if path not in PROBES and not any(map(host_is_allowed, hosts)):
        return Ruling(status=400, text=unknown_host(hosts[0]))
    if method in {"GET", "HEAD"}:
        return _SMALL
    if method != "POST" or path not in FORMS:
        allow = f"{READS}, POST" if path in FORMS else READS
        return Ruling(status=405, text=f"{path[:200]!r} takes no {method[:20]!r}.", allow=allow)
    if not any(_is_own_form(headers, host) for host in hosts):
        return Ruling(status=403, text=_FOREIGN)
    if path != UPLOAD or not _header(headers, b"content-type").startswith("multipart/form-data"):
        return _SMALL
    return _recording(length or 0)


_FOREIGN = (
    "This form was not sent from a page of this Baton: its Origin is another, or the cookie "
    "csrftoken is missing. Open the page anew at this address, and send the form from there."
)


def _hosts(headers: Mapping[bytes, bytes]) -> list[str]:
    """The Host, and what a proxy, if there may be one, says that the browser asked for."""
    hosts = [_header(headers, b"host")]
    forwarded = _header(headers, b"x-forwarded-host")
    return [*hosts, forwarded] if forwarded and settings.BATON_SIGN_IN.proxies else hosts


def _is_own_form(headers: Mapping[bytes, bytes], host: str) -> bool:
    """Whether browser or program could have got the form from us. Old browsers send no Origin."""
    origin = headers.get(b"origin")
    cookies = parse_cookie(_header(headers, b"cookie"))
    # Whether a proxy is believed that says https is decided by who it is, when the body is there.
    schemes = ("http", "https") if settings.BATON_SIGN_IN.proxies else ("http",)
    own = origin is None or any(same_origin(origin, scheme, host) for scheme in schemes)
    return own and bool(cookies.get(settings.CSRF_COOKIE_NAME))


def _recording(length: int) -> Ruling:
    if length > _RECORDING.most:
        return _RECORDING
    free = free_bytes()
    if length + SPARE_BYTES <= free:
        return _RECORDING
    return Ruling(
        status=507,
        text=f"The recording does not fit: Baton's disk has {free >> 20} MB left, and keeps "
        f"{SPARE_BYTES >> 20} MB of that for the live history. Close a recording, or make room.",
    )


def _header(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")
