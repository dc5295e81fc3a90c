"""Says which requests may bring a body, by their heads: the server asks before a body comes.

Nothing but a recording is large. A page of another site can make its visitor's browser send a form
of any size here, so Host, method, Origin and cookie are asked first; Django checks them again, and
the form's token, when it has the body.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings
from django.http import parse_cookie

from dashboard import prefix
from dashboard.access import header, host_is_allowed, same_origin, unknown_host
from dashboard.health import PROBES
from dashboard.opened import BYTES_MOST, free_bytes
from dashboard.signin.forwarded import BadPrefixError, as_asked

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


def admit(
    method: str, path: str, headers: Mapping[bytes, bytes], length: int | None, peer: str = ""
) -> Ruling:
    """Rule on a request from `peer` that has a body; `length` is None when it comes in chunks."""
    try:
        asked = as_asked({"path": path, "headers": list(headers.items()), "client": (peer, 0)})
    except BadPrefixError as error:
        return Ruling(status=400, text=str(error))
    host, place = header(asked, b"host"), prefix.below(asked)
    if place not in PROBES and not host_is_allowed(host):
        return Ruling(status=400, text=unknown_host(host))
    if method in {"GET", "HEAD"}:
        return _SMALL
    if method != "POST" or place not in FORMS:
        allow = f"{READS}, POST" if place in FORMS else READS
        return Ruling(status=405, text=f"{path[:200]!r} takes no {method[:20]!r}.", allow=allow)
    foreign = _foreign(asked, host)
    if foreign:
        return Ruling(status=403, text=foreign)
    form = header(asked, b"content-type").startswith("multipart/form-data")
    return _recording(length or 0) if place == UPLOAD and form else _SMALL


def _foreign(asked: dict[str, Any], host: str) -> str:
    """Why neither browser nor program can have the form from us, "" where they can.

    Old browsers send no Origin.
    """
    origin, scheme = header(asked, b"origin"), asked.get("scheme", "http")
    if origin and not same_origin(origin.encode("latin-1"), scheme, host):
        return (
            f"This form was sent from a page of {origin[:200]!r}, but Baton is asked for as "
            f"{f'{scheme}://{host}'[:200]!r}. Open the page anew there. Where a proxy is in front "
            "of Baton, it has to pass on X-Forwarded-Proto, and X-Forwarded-Host with the port; "
            "and BATON_PROXY_ADDRESSES has to name its address."
        )
    if not parse_cookie(header(asked, b"cookie")).get(settings.CSRF_COOKIE_NAME):
        return (
            "This form was not sent from a page of this Baton: the cookie "
            f"{settings.CSRF_COOKIE_NAME} is missing. Open the page anew at this address, and send "
            "the form from there."
        )
    return ""


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
