"""Hands changes to the sink so that an object counts as seen only when the sink has taken it.

The inventory must know an object to say what changed, and must not know it if the change was
never taken: a store that refuses a write, or the end of the process, would lose it for good.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Literal, TypeVar

import msgspec

from eventstream.kubeapi.holdings import Holdings, Share
from eventstream.kubeapi.turns import ITEMS, Turns
from eventstream.objects.images import Image
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Change, Observation
from eventstream.objects.resource import Resource

Sink = Callable[[Observation], Awaitable[None]]
"""Takes one observation; when it returns, the observation is safe."""


_T = TypeVar("_T")


class Saved(msgspec.Struct, frozen=True):
    """Where an earlier run left off: the position it committed, the objects known there.

    `at` is the unix time of that commit, 0 where it was not kept. `relist` says why no watch can
    go on from the position, where that is so: then all is listed and compared.
    """

    position: str
    images: Sequence[Image]
    at: float = 0.0
    relist: str = ""


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

    @property
    def images(self) -> list[Image]:
        """The objects that exist, as far as the sink was told."""
        return list(self._inventory)

    def held_image(self, uid: str) -> Image | None:
        """The object with this uid as the sink knows it, None where it knows none."""
        return self._inventory.get(uid)

    async def change(
        self, kind: Literal["ADDED", "MODIFIED", "DELETED"], image: Image, at: float, size: int = 0
    ) -> None:
        """Send what a WatchEvent of `size` bytes changed; raises NoRoomError if it is too much."""
        before = self._inventory.get(image.uid)
        more = self.share.growth(before, None if kind == "DELETED" else image)
        change = self._inventory.apply(kind, image, at, size)
        try:
            await self.send(change)
        except BaseException:
            self._undo(change)
            raise
        self.share.grown(more)

    async def replace(
        self, images: Iterable[Image], at: float, *, first: bool, rewound: bool = False
    ) -> None:
        """Send what a complete list shows to have changed; `rewound` as in the inventory.

        Each change counts once it is taken: what raises leaves the rest to the next list.
        """
        listed: dict[str, Image] = {}
        async for image in self._in_turns(images):
            listed[image.uid] = image
        async for change in self._in_turns(self._inventory.missing(listed, at)):
            await self._send_listed("DELETED", change)
        async for image in self._in_turns(listed.values()):
            found = self._inventory.difference(image, at, first=first, rewound=rewound)
            if found is not None:
                await self._send_listed("MODIFIED", found)
        self._inventory.become(listed)
        self.share.listed()

    async def _in_turns(self, many: Iterable[_T]) -> AsyncIterator[_T]:
        for number, each in enumerate(many):
            if number % ITEMS == 0:
                await self._turns.next()
            yield each

    async def _send_listed(self, kind: Literal["MODIFIED", "DELETED"], change: Change) -> None:
        await self.send(change)
        self.taken += 1
        self._inventory.apply(kind, change.after, change.at)

    def _undo(self, change: Change) -> None:
        if change.before is not None:
            self._inventory.apply("MODIFIED", change.before, change.at)
        elif change.type != "DELETED":
            self._inventory.apply("DELETED", change.after, change.at)
