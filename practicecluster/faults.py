"""Faults that a test can put between the server and its clients; none unless asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class _Answer:
    prefix: str
    status: int
    times: int


@dataclass
class Faults:
    """What goes wrong, and when. Paths are matched by their beginning, without the query."""

    _answers: list[_Answer] = field(default_factory=list)
    _cuts: dict[str, int] = field(default_factory=dict)
    _watches: dict[Callable[[bytes], None], str] = field(default_factory=dict)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin without any fault."""
        self._flowing.set()

    def answer(self, prefix: str, status: int, times: int = 1) -> None:
        """Answer the next `times` requests below `prefix` with an HTTP status and a Status."""
        self._answers.append(_Answer(prefix, status, times))

    def cut(self, prefix: str, after: int) -> None:
        """Break the connection of the next watch below `prefix` after `after` bytes of its body."""
        self._cuts[prefix] = after

    def send_raw(self, prefix: str, line: bytes) -> int:
        """Write bytes into every open watch below `prefix`, and return how many there are."""
        senders = [send for send, path in self._watches.items() if path.startswith(prefix)]
        for send in senders:
            send(line)
        return len(senders)

    def freeze(self) -> None:
        """Let requests and watches hang: connections stay open and nothing is sent."""
        self._flowing.clear()

    def thaw(self) -> None:
        """End a freeze; what was held back is sent."""
        self._flowing.set()

    async def flowing(self) -> None:
        """Wait while the server is frozen."""
        await self._flowing.wait()

    def take_answer(self, path: str) -> int | None:
        """Return the HTTP status that this request is to get, None for the true answer."""
        for planned in self._answers:
            if path.startswith(planned.prefix):
                planned.times -= 1
                if planned.times <= 0:
                    self._answers.remove(planned)
                return planned.status
        return None

    def take_cut(self, path: str) -> int | None:
        """Return after how many bytes this watch is to break off, None for never."""
        for prefix in self._cuts:
            if path.startswith(prefix):
                return self._cuts.pop(prefix)
        return None

    def opened(self, path: str, send: Callable[[bytes], None]) -> None:
        """Note an open watch, into which `send` writes."""
        self._watches[send] = path

    def closed(self, send: Callable[[bytes], None]) -> None:
        """Forget a watch that ended."""
        self._watches.pop(send, None)
