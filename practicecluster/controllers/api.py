"""What a controller asks of the API server, whichever it is; and how it is told no."""

from collections.abc import Callable, Generator
from typing import Any, Literal, NamedTuple, Protocol, Self

from practicecluster.controllers.clock import Clock
from practicecluster.controllers.who import Who

Json = dict[str, Any]
Change = Callable[[Json], None]
WatchType = Literal["ADDED", "MODIFIED", "DELETED"]


class Refused(Exception):  # noqa: N818 - A refusal is an answer, the controller goes on.
    """The API server's error: its code, its reason and what it says."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class Written(NamedTuple):
    """One write as watchers get it; who truly did it is known in tests only."""

    at: float
    type: WatchType
    kind: str
    thing: Json
    who: Who


Tell = Callable[[Written], None]


class Api(Protocol):
    """An API server. Objects that it gives are frozen: copy them before you change anything."""

    clock: Clock

    def seen_by(self, who: Who) -> Self:
        """Return the same server for one client, whose reads and watches are its own."""

    def watch(self, tell: Tell, kinds: tuple[str, ...], node: str = "") -> None:
        """Call `tell` for each write of these kinds from now on, and for what exists.

        Of Pods those of other nodes may be left out where a `node` is named.
        """

    def find(self, kind: str, space: str, name: str) -> Json | None:
        """Return an object as it is stored."""

    def every(self, kind: str) -> list[Json]:
        """Return all objects of a kind."""

    def create(self, who: Who, thing: Json) -> Json:
        """Store a new object and return it."""

    def update(self, who: Who, thing: Json, sub: str = "") -> Json:
        """Replace an object, or a part of it by a subresource; Refused (409) if it moved on."""

    def patch(self, who: Who, thing: Json, change: Change, sub: str = "") -> Json:
        """Change an object as it is now, whatever version the asker had seen."""

    def apply(self, who: Who, thing: Json) -> Json:
        """Server-side apply, forced."""

    def bind(self, who: Who, pod: Json, node: str) -> Json:
        """Put a Pod on a node."""

    def evict(self, who: Who, pod: Json) -> None:
        """Delete a Pod where its budgets allow."""

    def delete(
        self, who: Who, thing: Json, policy: str = "Background", grace: int | None = None
    ) -> None:
        """Delete an object, or mark it: `grace` is in seconds."""

    def delete_all(self, who: Who, kind: str, space: str) -> Generator[float, None, int]:
        """Delete all of a kind in a namespace, which takes time; return how many there were."""

    def finalize(self, who: Who, name: str) -> None:
        """Let a namespace go."""
