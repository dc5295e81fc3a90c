"""Hands changes to the sink so that an object counts as seen only when the sink has taken it.

The inventory must know an object to say what changed, and must not know it if the change was
never taken: a store that refuses a write, or the end of the process, would lose it for good.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal

import msgspec

from eventstream.kubeapi.holdings import Holdings, Share
from eventstream.kubeapi.turns import ITEMS, Turns
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
    """The objects of one resource that the sink knows; `share` is the memory that they take."""

    def __init__(
        self,
        resource: Resource,
        sink: Sink,
        images: Iterable[Image] = (),
        *,
        holdings: Holdings | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.send = sink
        self.share = Share(holdings or Holdings(), images)
        self._turns = turns or Turns()
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
        """Send what one WatchEvent changed; raises NoRoomError where it is too much to hold."""
        before = self._inventory.get(image.uid)
        more = self.share.growth(before, None if kind == "DELETED" else image)
        change = self._inventory.apply(kind, image, at)
        try:
            await self.send(change)
        except BaseException:
            self._undo(change)
            raise
        self.share.grown(more)

    async def replace(
        self, images: Iterable[Image], at: float, *, first: bool, rewound: bool = False
    ) -> None:
        """Send what a complete list shows to have changed; `rewound` as in the inventory."""
        changes = self._inventory.replace(images, at, first=first, rewound=rewound)
        taken = 0
        try:
            for number, change in enumerate(changes):
                if number % ITEMS == 0:
                    await self._turns.next()
                await self.send(change)
                taken += 1
                self.taken += 1
        except BaseException:
            for change in reversed(changes[taken:]):
                self._undo(change)
            raise
        self.share.listed()

    def _undo(self, change: Change) -> None:
        if change.before is not None:
            self._inventory.apply("MODIFIED", change.before, change.at)
        elif change.type != "DELETED":
            self._inventory.apply("DELETED", change.after, change.at)
