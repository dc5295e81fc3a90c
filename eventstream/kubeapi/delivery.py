"""Hands changes to the sink so that an object counts as seen only when the sink has taken it.

The inventory must know an object to say what changed, and must not know it if the change was
never taken: a store that refuses a write, or the end of the process, would lose it for good.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change, Observation
from eventstream.objects.resource import Resource

Sink = Callable[[Observation], Awaitable[None]]
"""Takes one observation; when it returns, the observation is safe."""


class Saved(msgspec.Struct, frozen=True):
    """Where an earlier run left off: the position it committed, the objects known there.

    `at` is the unix time of that commit, 0 where it was not kept.
    """

    position: str
    images: Sequence[Image]
    at: float = 0.0


class Delivery:
    """The objects of one resource that the sink knows."""

    def __init__(self, resource: Resource, sink: Sink, images: Iterable[Image] = ()) -> None:
        self.send = sink
        self.taken = 0
        """How many of the changes that lists showed the sink has taken."""
        self._inventory = Inventory(resource, images)

    @property
    def held(self) -> int:
        """How many objects exist, as far as the sink was told."""
        return len(self._inventory)

    def held_image(self, uid: str) -> Image | None:
        """The object with this uid as the sink knows it, None where it knows none."""
        return self._inventory.get(uid)

    async def change(
        self, kind: Literal["ADDED", "MODIFIED", "DELETED"], image: Image, at: float
    ) -> None:
        """Send what one WatchEvent changed."""
        change = self._inventory.apply(kind, image, at)
        try:
            await self.send(change)
        except BaseException:
            self._undo(change)
            raise

    async def replace(
        self, images: Iterable[Image], at: float, *, first: bool, rewound: bool = False
    ) -> None:
        """Send what a complete list shows to have changed; `rewound` as in the inventory."""
        changes = self._inventory.replace(images, at, first=first, rewound=rewound)
        taken = 0
        try:
            for change in changes:
                await self.send(change)
                taken += 1
                self.taken += 1
        except BaseException:
            for change in reversed(changes[taken:]):
                self._undo(change)
            raise

    def _undo(self, change: Change) -> None:
        if change.before is not None:
            self._inventory.apply("MODIFIED", change.before, change.at)
        elif change.type != "DELETED":
            self._inventory.apply("DELETED", change.after, change.at)
