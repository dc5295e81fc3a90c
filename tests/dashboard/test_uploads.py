"""A request that is cancelled leaves no open file behind, wherever it stands."""

import asyncio
import gc
import warnings
from typing import Any

import pytest
from django.core.exceptions import RequestAborted

from dashboard.uploads import StreamingHandler

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}


class Reader:
    """Who asks: these messages come, and then nothing more."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages = list(messages)
        self.waited_for = asyncio.Event()

    async def receive(self) -> Any:
        if self._messages:
            return {"type": "http.request"} | self._messages.pop(0)
        self.waited_for.set()
        return await asyncio.Event().wait()

    async def send(self, _: object) -> None:
        raise AssertionError("nothing is answered here")


async def cancelled(reader: Reader, when: asyncio.Event, handler: StreamingHandler) -> None:
    """Ask, and end all that goes on once `when` is set, as a server that ends does."""
    mine = asyncio.all_tasks()
    asyncio.create_task(handler(SCOPE, reader.receive, reader.send))  # noqa: RUF006
    await when.wait()
    left = asyncio.all_tasks() - mine
    for task in left:
        task.cancel()
    await asyncio.wait(left)


def unclosed(told: list[warnings.WarningMessage]) -> list[str]:
    gc.collect()
    return [str(each.message) for each in told if each.category is ResourceWarning]


async def test_one_whose_page_is_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    handler, making = StreamingHandler(), asyncio.Event()

    async def make(_: object) -> None:
        making.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(handler, "run_get_response", make)
    with warnings.catch_warnings(record=True, action="always") as told:
        await cancelled(Reader({"body": b""}), making, handler)
        assert unclosed(told) == []


async def test_one_whose_body_is_still_to_come() -> None:
    reader = Reader({"body": b"some", "more_body": True})
    with warnings.catch_warnings(record=True, action="always") as told:
        await cancelled(reader, reader.waited_for, StreamingHandler())
        assert unclosed(told) == []


async def test_a_body_is_read_to_its_end_and_from_its_beginning() -> None:
    reader = Reader({"body": b"a=", "more_body": True}, {"more_body": True}, {"body": b"b"})
    assert (await StreamingHandler().read_body(reader.receive)).read() == b"a=b"


async def test_who_goes_away_before_it_is_whole_is_not_answered() -> None:
    reader = Reader({"body": b"a=", "more_body": True}, {"type": "http.disconnect"})
    with pytest.raises(RequestAborted):
        await StreamingHandler().read_body(reader.receive)
