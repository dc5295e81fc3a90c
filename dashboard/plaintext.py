"""Answers of one plain text body, for the layers that stand before Django."""

import json
from collections.abc import Iterable
from html import escape

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

Headers = Iterable[tuple[bytes, bytes]]


async def respond(
    send: ASGISendCallable, status: int, text: str, headers: Headers = (), type_: str = "plain"
) -> None:
    """Answer an HTTP request with `status` and `text`, never cached."""
    await respond_as(send, status, text.encode(), f"text/{type_}; charset=utf-8", headers)


async def respond_as(
    send: ASGISendCallable, status: int, body: bytes, type_: str, headers: Headers = ()
) -> None:
    """Answer an HTTP request with `status` and a body of that Content-Type, never cached."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", type_.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                *headers,
            ],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def redirect(send: ASGISendCallable, address: str, *, by_page: bool = False) -> None:
    """Send a browser to an address of ours: at once, or by a page, whose own wish it then is.

    A browser takes what it asks for after another site's link or answer as that site's wish, and
    brings no cookie that is kept for ours.
    """
    quoted = address.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
    if not by_page:
        await respond(send, 303, "", [(b"location", quoted)])
        return
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Baton</title>'
        f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
        f'<p><a href="{escape(address)}">Go on to Baton</a></p></html>'
    )
    policy = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    await respond(send, 200, page, [(b"content-security-policy", policy)], "html")


async def close(
    receive: ASGIReceiveCallable, send: ASGISendCallable, code: int, reason: str
) -> None:
    """Take a WebSocket and close it with `code`, which its page can read; the reason goes ahead."""
    await receive()  # That it wants to be opened.
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    said = json.dumps({"type": "refused", "code": code, "reason": reason})
    await send({"type": "websocket.send", "bytes": None, "text": said})
    await send({"type": "websocket.close", "code": code, "reason": None})


async def refuse(send: ASGISendCallable) -> None:
    """Refuse a WebSocket before it opens; the client sees HTTP status 403."""
    await send({"type": "websocket.close", "code": 4403, "reason": None})


async def no_such_socket(_: Scope, __: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application at addresses where no socket is."""
    await refuse(send)


async def no_pages(scope: Scope, _: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application of a process that watches and leaves pages to others."""
    if scope["type"] == "http":
        await respond(send, 404, "This Baton watches; pages are served by others.\n")
    else:
        await refuse(send)
