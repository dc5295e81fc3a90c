"""A practice cluster on a free port, and a bare client that shows exactly what it answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from practicecluster.cluster import PracticeCluster

SOON = 120.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.json["items"]]


class OpenWatch:
    """The lines of a running watch, one at a time."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def line(self) -> dict[str, Any]:
        """Return the next line; fails when none comes soon."""
        text = await asyncio.wait_for(self.response.content.readline(), SOON)
        assert text, "the watch ended"
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    async def seen(self, count: int) -> list[tuple[str, str]]:
        """Return the next lines as (type, name)."""
        lines = [await self.line() for _ in range(count)]
        return [(line["type"], line["object"]["metadata"].get("name", "")) for line in lines]

    async def end(self) -> bytes:
        """Return what still comes until the watch ends by itself."""
        return await asyncio.wait_for(self.response.content.read(), SOON)

    async def is_silent(self) -> bool:
        """Return whether nothing comes for a moment."""
        try:
            await asyncio.wait_for(self.response.content.readline(), 0.1)
        except TimeoutError:
            return True
        return False


class Api:
    """A client without any cleverness."""

    def __init__(self, cluster: PracticeCluster, session: aiohttp.ClientSession) -> None:
        self._cluster = cluster
        self._session = session

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        url = self._cluster.url + path
        async with self._session.request(method, url, headers=headers, data=body) as response:
            return Answer(response.status, dict(response.headers), await response.text())

    @asynccontextmanager
    async def watch(
        self, path: str, headers: dict[str, str] | None = None
    ) -> AsyncIterator[OpenWatch]:
        async with self._session.get(self._cluster.url + path, headers=headers) as response:
            assert response.status == 200, await response.text()
            yield OpenWatch(response)


@pytest.fixture
async def cluster() -> AsyncIterator[PracticeCluster]:
    async with PracticeCluster() as running:
        yield running


@pytest.fixture
async def api(cluster: PracticeCluster) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(cluster, session)
