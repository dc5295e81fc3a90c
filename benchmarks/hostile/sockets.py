"""Attacks by sockets: pages that close while a query hangs, floods, silence, pages that don't read.

Baton is a process of its own with a history of 200 traces. Raw connections speak to it, so that the
attacker costs little of the machine that both share. Meanwhile a page and a probe are asked for.
"""

import asyncio
import fcntl
import json
import os
import struct
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from benchmarks.hostile.report import row
from benchmarks.programs import Stored

SOCKETS = 500
ROUNDS = 3
SENDERS, SUBS = 20, 10_000
PAGES = 256
FLOOD_SECONDS = 15.0
PATIENCE_SECONDS = 20.0
OPEN_SECONDS = 2.0
PACE_SECONDS = 0.02
LONGER_THAN_DAPHNE_WAITS = 5.0

HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
HELLO = {"type": "hello", "epoch": "e", "since": 0, "view": "now"}
Writer = asyncio.StreamWriter


def fill() -> None:
    """Store the traces; called in the server before it serves."""
    from benchmarks import large

    large.fill(traces=200, pods=200, nodes=2)
    queries_hang_while_locked()


def lock_in(data: Path) -> Path:
    """The file whose lock holds up queries of the server with its history in `data`."""
    return data / "held"


def queries_hang_while_locked() -> None:
    """Let the query by which a socket begins wait for as long as somebody locks that file."""
    from dashboard import consumers

    lock, query = lock_in(Path(os.environ["BATON_DATA"])), consumers._open
    lock.touch()

    def hanging(asked: Any) -> Any:
        with lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            return query(asked)

    consumers._open = hanging  # type: ignore[assignment]


def frame(message: object, opcode: int = 1) -> bytes:
    """A browser's frame, with a mask of zeros."""
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    length = len(payload)
    head = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack("!H", length)
    return bytes([0x80 | opcode]) + head + bytes(4) + payload


def says(type_: str, **more: object) -> bytes:
    """The frame of a hello or sub."""
    return frame(HELLO | {"type": type_} | more)


class Attacked:
    """The server, what it costs, and how it answers others meanwhile."""

    def __init__(self, server: Stored, lock: Path) -> None:
        self.url = server.url
        self.pid: int = server._server._process.pid
        self._lock = lock
        self._lags: list[float] = []
        self._pages: list[float] = []
        self._failed = 0

    async def socket(self, *frames: bytes) -> tuple[asyncio.StreamReader, Writer]:
        """Open a socket and send the frames."""
        where = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(HANDSHAKE.format(where.netloc).encode())
        # It may be refused, or have to wait.
        with suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            async with asyncio.timeout(OPEN_SECONDS):
                await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(frames))
        return reader, writer

    async def sockets(
        self, count: int, *frames: bytes
    ) -> list[tuple[asyncio.StreamReader, Writer]]:
        """Open so many at once."""
        return await asyncio.gather(*(self.socket(*frames) for _ in range(count)))

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Every query of sockets hangs within this block."""
        with self._lock.open() as held:
            await asyncio.to_thread(fcntl.flock, held, fcntl.LOCK_EX)
            yield

    async def welcomes(self) -> bool:
        """Whether a new page is followed within PATIENCE_SECONDS."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as session:
                live = await session.ws_connect(f"{self.url}/live", origin=self.url)
                await live.send_json(HELLO)
                answer = await live.receive_json()
                return bool(answer["type"] == "welcome")
        return False

    def memory(self) -> float:
        """Megabytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000

    def worked(self) -> float:
        """Seconds of a processor so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def load(self) -> float:
        """Percent of a processor that it takes when left alone."""
        before = self.worked()
        await asyncio.sleep(2.0)
        return (self.worked() - before) / 2.0 * 100

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Within this block a probe and a page are asked for all the time."""
        self._lags, self._pages, self._failed = [], [], 0
        asking = [
            asyncio.create_task(self._ask("/healthz", self._lags)),
            asyncio.create_task(self._ask("/", self._pages)),
        ]
        await asyncio.sleep(0.2)
        yield
        await asyncio.sleep(0.2)
        for task in asking:
            task.cancel()

    async def _ask(self, path: str, took: list[float]) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                began = time.monotonic()
                try:
                    await (await session.get(self.url + path)).read()
                except aiohttp.ClientError:
                    self._failed += 1
                finally:  # Also what is still waited for at the end.
                    took.append((time.monotonic() - began) * 1000)
                await asyncio.sleep(PACE_SECONDS)

    def told(self, attack: str, note: str, dropped: str = "-") -> None:
        """Print what it did; the longest hold is told by the slowest probe."""
        page = max(self._pages, default=0.0)
        row(
            attack,
            memory_mb=self.memory(),
            longest_hold_ms=max(self._lags, default=0.0),
            lag_ms=page,
            dropped=dropped,
            failed=self._failed,
            note=note,
        )


async def closing_while_locked(server: Attacked) -> None:
    """500 pages come and close within one locked query, three times."""
    async with server.watched():
        for _ in range(ROUNDS):
            async with server.locked():
                opened = await server.sockets(SOCKETS, says("hello"))
                await asyncio.sleep(1.0)
                for _, writer in opened:
                    writer.close()
                await asyncio.sleep(LONGER_THAN_DAPHNE_WAITS)
    new = await server.welcomes()
    note = f"new page followed: {new}, load afterwards {await server.load():.0f} %"
    server.told(f"{ROUNDS} x {SOCKETS} pages close in a locked query", note)


async def flooding(server: Attacked, name: str, one: bytes, count: int) -> None:
    """20 sockets send as fast as they can."""
    opened = await server.sockets(SENDERS, says("hello"))
    await asyncio.sleep(1.0)
    began, before = time.monotonic(), server.worked()
    async with server.watched():
        ended = await asyncio.gather(*(_flood(*each, one, count) for each in opened))
    took, worked = time.monotonic() - began, server.worked() - before
    server.told(name, f"{took:.1f} s, {worked:.1f} s of processor", f"{sum(ended)} sockets")
    for _, writer in opened:
        writer.close()


async def _flood(reader: asyncio.StreamReader, writer: Writer, one: bytes, count: int) -> bool:
    """Send until the server ends the socket or FLOOD_SECONDS are over; returns whether it did."""
    try:
        async with asyncio.timeout(FLOOD_SECONDS):
            for _ in range(0, count, 100):
                writer.write(one * 100)
                await writer.drain()
            while await reader.read(65536):
                pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


async def silent(server: Attacked) -> None:
    """500 sockets never say hello."""
    async with server.watched():
        opened = await server.sockets(SOCKETS)
        new = await server.welcomes()
    server.told(f"{SOCKETS} sockets that never say hello", f"new page followed: {new}")
    for _, writer in opened:
        writer.close()


async def unread(server: Attacked) -> None:
    """A page asks for all again and again, and never reads."""
    connection = await server.socket(says("hello"))
    asks = says("sub", epoch=await _epoch(server), since=0)
    before = server.memory()
    async with server.watched():
        for _ in range(100):
            connection[1].write(asks)
            await asyncio.sleep(0.06)
    server.told("a page that asks 16 times a second, never reads", f"{before:.0f} MB before")
    connection[1].close()


async def _epoch(server: Attacked) -> str:
    async with aiohttp.ClientSession() as session:
        page = await (await session.get(server.url)).text()
    return page.split('data-epoch="')[1].split('"')[0]


async def _all(server: Attacked) -> None:
    async with server.watched():
        await asyncio.sleep(1.0)
    server.told("nothing", f"load {await server.load():.0f} %")
    subs = f"{SENDERS} senders of {SUBS:,} sub"
    await flooding(server, subs, says("sub", view="coverage"), SUBS)
    await flooding(server, f"{SENDERS} senders of 100,000 pings", frame(b"x", 9), 100_000)
    await silent(server)
    await unread(server)
    await closing_while_locked(server)


def main() -> None:
    """Run each attack against one server, and print what it did."""
    with tempfile.TemporaryDirectory() as directory:
        server = Stored(Path(directory), "benchmarks.hostile.sockets:fill")
        try:
            asyncio.run(_all(Attacked(server, lock_in(Path(directory) / "data"))))
        finally:
            server.end()


if __name__ == "__main__":
    main()
