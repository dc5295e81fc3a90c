"""Faults that a test can put between the server and its clients; none unless asked for.

What the cluster itself can suffer, such as compaction or a restored backup, is the store's, and
a server that is down is `PracticeCluster.down`. The order of events is never touched: no server
changes it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Asked = Literal["list", "watch", "stream"]
"""What a request asks for; a stream is a watch that begins with all that exists."""


@dataclass
class Reply:
    """An answer in place of the true one, `times` times; a Status unless it has a `body`.

    `only` limits it to requests of one kind.
    """

    status: int
    times: int = 1
    reason: str = ""
    message: str = "a fault that a test asked for"
    retry_after: int | None = None
    body: bytes | None = None
    content_type: str = "text/html"
    only: Asked | None = None


@dataclass
class Disturbance:
    """What happens to the bytes of one watch.

    It breaks off after `cut_after` bytes, begins with `garbage` in place of its first line, comes
    `drop_size` bytes at a time, or ends when a client lets more than `slow_limit` bytes wait.
    """

    cut_after: int | None = None
    garbage: bytes | None = None
    drop_size: int | None = None
    slow_limit: int | None = None
    ends_at_once: bool = False


@dataclass(eq=False)
class OpenWatch:
    """A watch that is being served: how to write into it, and how to end it."""

    path: str
    send: Callable[[bytes], None]
    end: Callable[[], None]
    abort: Callable[[], None]


@dataclass
class Faults:
    """What goes wrong, and when. Paths are matched by their beginning, without the query."""

    _replies: list[tuple[str, Reply]] = field(default_factory=list)
    _next_watches: list[tuple[str, Disturbance]] = field(default_factory=list)
    _all_watches: dict[str, Disturbance] = field(default_factory=dict)
    _delays: dict[str, float] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    """The apiVersions whose own server, behind an APIService, does not answer."""
    _watches: set[OpenWatch] = field(default_factory=set)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin without any fault."""
        self._flowing.set()

    def answer(self, prefix: str, status: int, times: int = 1) -> None:
        """Answer the next `times` requests below `prefix` with an HTTP status and a Status."""
        self.reply(prefix, Reply(status, times))

    def reply(self, prefix: str, reply: Reply) -> None:
        """Answer the next requests below `prefix` with this."""
        self._replies.append((prefix, reply))

    def delay(self, prefix: str, seconds: float) -> None:
        """Let every answer below `prefix`, and each write to a watch, come so much later."""
        self._delays[prefix] = seconds

    def cut(self, prefix: str, after: int) -> None:
        """Break the connection of the next watch below `prefix` after `after` bytes of its body."""
        self._next_watches.append((prefix, Disturbance(cut_after=after)))

    def end_at_once(self, prefix: str, times: int = 1) -> None:
        """Let the next `times` watches below `prefix` end, empty and with status 200."""
        self._next_watches += [(prefix, Disturbance(ends_at_once=True)) for _ in range(times)]

    def corrupt(self, prefix: str, garbage: bytes = b'{"type":"ADD\n') -> None:
        """Give the next watch below `prefix` these bytes in place of its first line."""
        self._next_watches.append((prefix, Disturbance(garbage=garbage)))

    def trickle(self, prefix: str, size: int) -> None:
        """Send what watches below `prefix` bring `size` bytes at a time, from the next one on."""
        self._all_watches[prefix] = Disturbance(drop_size=size)

    def end_slow(self, prefix: str, limit: int) -> None:
        """End each watch below `prefix` whose client lets more than `limit` bytes wait.

        So does a real API server with a slow reader, without a word.
        """
        self._all_watches[prefix] = Disturbance(slow_limit=limit)

    def end(self, prefix: str) -> int:
        """End every open watch below `prefix` cleanly, and return how many there were."""
        found = self._below(prefix)
        for watch in found:
            watch.end()
        return len(found)

    def drop(self, prefix: str) -> int:
        """Break the connection of every open watch below `prefix`; return how many there were."""
        found = self._below(prefix)
        for watch in found:
            watch.abort()
        return len(found)

    def send_raw(self, prefix: str, line: bytes) -> int:
        """Write bytes into every open watch below `prefix`, and return how many there are."""
        found = self._below(prefix)
        for watch in found:
            watch.send(line)
        return len(found)

    def freeze(self) -> None:
        """Let requests and watches hang: connections stay open and nothing is sent."""
        self._flowing.clear()

    def thaw(self) -> None:
        """End a freeze; what was held back is sent."""
        self._flowing.set()

    def heal(self) -> None:
        """End every fault that was asked for."""
        self._replies.clear()
        self._next_watches.clear()
        self._all_watches.clear()
        self._delays.clear()
        self.away.clear()
        self.thaw()

    def is_away(self, path: str) -> bool:
        """Return whether what would answer at `path` is away."""
        return any(f"{path}/".startswith(f"/apis/{each}/") for each in self.away)

    async def flowing(self) -> None:
        """Wait while the server is frozen."""
        await self._flowing.wait()

    async def wait(self, path: str) -> None:
        """Wait as long as answers at `path` are to be late."""
        seconds = max((s for p, s in self._delays.items() if path.startswith(p)), default=0.0)
        if seconds:
            await asyncio.sleep(seconds)

    def take_reply(self, path: str, query: Mapping[str, str]) -> Reply | None:
        """Return what this request is answered with, None for the true answer."""
        for planned in self._replies:
            prefix, reply = planned
            if path.startswith(prefix) and reply.only in (None, asked(query)):
                reply.times -= 1
                if reply.times <= 0:
                    self._replies.remove(planned)
                return reply
        return None

    def take_disturbance(self, path: str) -> Disturbance:
        """Return what happens to this watch."""
        for planned in self._next_watches:
            if path.startswith(planned[0]):
                self._next_watches.remove(planned)
                return planned[1]
        found = (each for prefix, each in self._all_watches.items() if path.startswith(prefix))
        return next(found, Disturbance())

    def opened(self, watch: OpenWatch) -> None:
        """Note an open watch."""
        self._watches.add(watch)

    def closed(self, watch: OpenWatch) -> None:
        """Forget a watch that ended."""
        self._watches.discard(watch)

    def _below(self, prefix: str) -> list[OpenWatch]:
        return [watch for watch in self._watches if watch.path.startswith(prefix)]


def asked(query: Mapping[str, str]) -> Asked:
    """Return what a request with this query asks for; a get counts as a list."""
    if not query.get("watch"):
        return "list"
    return "stream" if query.get("sendInitialEvents") else "watch"
