"""`python -m benchmarks.feeding RATE EVENTS PODS` is an API server with a busy watch of Pods.

It prints its address as JSON, and when it sent the first line. EVENTS lines follow at RATE a
second, or all at once where RATE is 0; PODS of 0 is a list of none, else one that is there before.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice

from benchmarks.broken_server import PODS, Attack, Send, Server, _empty, _head
from benchmarks.stream import pod_lines, pods_at_rest

PIECE = 500
PAUSE = 0.02
EVENTS_A_POD = 8
"""About as many as a recorded Pod has."""


class Busy(Server):
    """Serves `pods` that are there, in pages, and then `events` lines at `rate` a second."""

    def __init__(self, rate: float, events: int, pods: int) -> None:
        super().__init__(Attack("none", "", _empty))
        self._rate, self._events = rate, events
        self._there = [_item(line) for line in pods_at_rest(pods)]
        self._sent = 0

    async def _answer(self, send: Send, path: str, query: dict[str, str]) -> None:
        if path != PODS:
            await super()._answer(send, path, query)
        elif "sendInitialEvents" in query:
            await _head(send, 422)
        elif "watch" in query:
            await _head(send)
            await self._tell(send)
        else:
            await _head(send)
            await send(self._page(int(query.get("continue", 0)), int(query.get("limit", 500))))

    def _page(self, first: int, size: int) -> bytes:
        metadata = {"resourceVersion": str(first_version(len(self._there)))}
        if first + size < len(self._there):
            metadata["continue"] = str(first + size)
        head = {"kind": "PodList", "apiVersion": "v1", "metadata": metadata}
        items = b",".join(self._there[first : first + size])
        return json.dumps(head).encode()[:-1] + b',"items":[' + items + b"]}"

    async def _tell(self, send: Send) -> None:
        """Send what is due, later where the watcher does not take it in; once and never again."""
        if self._sent or not self._events:
            return
        lines = self._lines()
        first = next(lines)
        print(json.dumps({"began": (began := time.time())}), flush=True)
        while self._sent < self._events:
            due = int((time.time() - began) * self._rate) if self._rate else self._events
            piece = list(islice(lines, min(max(due - self._sent, 0), PIECE)))
            await send(first + b"".join(piece))
            first, self._sent = b"", self._sent + len(piece)
            if len(piece) < PIECE:
                await asyncio.sleep(PAUSE)

    def _lines(self) -> Iterator[bytes]:
        lines = pod_lines(self._events // EVENTS_A_POD, self._events + 1)
        if self._rate:
            return lines
        return iter(list(lines))  # All of a burst is made before.


def first_version(pods: int) -> int:
    """The resourceVersion of the list, after which the watch goes on."""
    return max(pods, 1)


def _item(line: bytes) -> bytes:
    return line.partition(b'"object":')[2].rstrip()[:-1]


async def _serve(rate: float, events: int, pods: int) -> None:
    busy = Busy(rate, events, pods)
    server = await asyncio.start_server(busy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
