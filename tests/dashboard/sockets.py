"""A browser's end of the socket, as the tests of what is pushed speak through it."""

from collections.abc import Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from dashboard.asgi import application
from eventstream import history

HEADERS = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]


class Page:
    """A browser's end of the socket."""

    def __init__(self) -> None:
        self.socket = WebsocketCommunicator(application, "/live", headers=HEADERS)

    async def hello(self, since: int | None = None, **more: Any) -> dict[str, Any]:
        assert await self.socket.connect() == (True, None)
        return await self.ask("hello", since, **more)

    async def ask(self, type_: str, since: int | None = None, **more: Any) -> dict[str, Any]:
        epoch, head = await reading(lambda: (history.epoch(), history.head()))
        message = {"type": type_, "epoch": epoch, "since": head if since is None else since}
        await self.socket.send_json_to(message | {"view": "now"} | more)
        return await self.next("welcome")

    async def next(self, type_: str) -> dict[str, Any]:
        """The next message of this type; others are passed over."""
        while True:
            message: dict[str, Any] = await self.socket.receive_json_from(timeout=5)
            if message["type"] == type_:
                return message

    async def ops(self) -> dict[str, list[Any]]:
        """The ops of the next batch by id, acknowledged."""
        batch = await self.next("batch")
        await self.socket.send_json_to({"type": "ack", "seq": batch["seq"]})
        return {op[0]: op for op in batch["ops"]}


def reading(call: Callable[[], Any]) -> Any:
    return database_sync_to_async(call)()
