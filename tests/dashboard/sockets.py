"""A browser's end of the socket, as the tests of what is pushed speak through it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from dashboard.asgi import application
from eventstream import history

PATIENCE = 60.0
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

    async def say(self, type_: str = "hello", **more: Any) -> None:
        """Say something that asks nothing of history here, as `ask` does."""
        message = {"type": type_, "epoch": "e", "since": 0, "view": "now"}
        await self.socket.send_json_to(message | more)

    async def cut_off(self) -> None:
        """End as Daphne does where the application takes too long: by cancelling it."""
        self.socket.future.cancel()
        await asyncio.wait([self.socket.future])

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


class Held:
    """A query that stays in its thread until it is let go; counts those that came and that wait."""

    def __init__(self, query: Callable[..., Any]) -> None:
        self.came = self.waiting = self.most = 0
        self._query = query
        self._counting = threading.Lock()
        self._free = threading.Event()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._counting:
            self.came += 1
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self._free.wait(PATIENCE), "nobody let it go"
        with self._counting:
            self.waiting -= 1
        return self._query(*args, **kwargs)

    def let_go(self) -> None:
        self._free.set()
