"""Sockets against the real server: none keeps its place, and none holds up a page."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from benchmarks.programs import Stored
from tests.observe.holding import PLACES, held
from tests.observe.running import get

ROUNDS, EACH = 3, 8
FLOOD = 2_000
HELLO = {"type": "hello", "epoch": "e", "since": 0, "view": "now"}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    server = Stored(tmp_path, "tests.observe.holding:fill")
    yield server.url
    server.end()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def opened(browser: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    live = await browser.ws_connect(f"{url}/live", origin=url)
    await live.send_json(HELLO)
    return live


async def test_pages_that_close_while_their_query_hangs_give_their_places_back(
    url: str, tmp_path: Path, browser: aiohttp.ClientSession
) -> None:
    assert ROUNDS * EACH > PLACES
    async with held(tmp_path / "data"):
        for _ in range(ROUNDS):
            pages = [await opened(browser, url) for _ in range(EACH)]
            for page in pages:
                assert await page.close()
        assert (await get(f"{url}/reference"))[0] == 200
        last = await opened(browser, url)
    assert (await last.receive_json())["type"] == "welcome"


async def test_a_flood_ends_its_socket_and_no_other(
    url: str, browser: aiohttp.ClientSession
) -> None:
    other = await opened(browser, url)
    assert (await other.receive_json())["type"] == "welcome"
    flooding = await opened(browser, url)
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        for _ in range(FLOOD):
            await flooding.send_json(HELLO | {"type": "sub"})
    said = [json.loads(each.data)["type"] async for each in flooding]
    assert flooding.closed
    assert set(said) <= {"welcome", "status", "refused"}
    assert len(said) < FLOOD
    await other.send_json(HELLO | {"type": "sub"})
    while (await other.receive_json())["type"] != "welcome":
        pass
    assert (await get(f"{url}/healthz"))[0] == 200
    assert await other.close()
