"""Answers of one plain text body, for the layers that stand before Django."""

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope


async def respond(send: ASGISendCallable, status: int, text: str) -> None:
    """Answer an HTTP request with `status` and `text`, never cached."""
    body = text.encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
            ],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def refuse(send: ASGISendCallable) -> None:
    """Refuse a WebSocket before it opens; the client sees HTTP status 403."""
    await send({"type": "websocket.close", "code": 4403, "reason": None})


async def no_such_socket(_: Scope, __: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI application at addresses where no socket is."""
    await refuse(send)
