"""Bounds the memory of all objects that are known to exist, whatever a cluster has of them.

A list is taken in only as long as there is room, and a watch goes no further than that. How much
room there is follows from the memory that this process was given.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from eventstream.objects.images import Image

PART = 0.6
"""Of the memory of this process, for objects: with it goes what explanations hold of them."""
_CONTROL_GROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says what a container may take, of both versions."""

_LEAST = 1_500
_LARGE = 16_384
_LARGE_FACTOR = 16
_LOOSE_FACTOR = 8
"""Measured, a Pod takes about as many bytes as its image as JSON, and some for being there. Values
of a custom resource are objects of their own; of a large object most of the bytes are small
fields, as nothing else is in it."""

_encoder = msgspec.json.Encoder()


class NoRoomError(Exception):
    """One more object would take more memory than is set aside."""


class Holdings:
    """The room that all resources share, `most` bytes as `weight` counts them."""

    def __init__(self, most: int | None = None) -> None:
        self.most = int(memory() * PART) if most is None else most
        self.taken = 0


class Share:
    """What the objects of one resource take of it: those that exist, and those being listed."""

    def __init__(self, holdings: Holdings, images: Iterable[Image] = ()) -> None:
        self._holdings = holdings
        self._held = sum(map(weight, images))
        self._read = self._again = 0
        holdings.taken += self._held

    def read(self, image: Image, held: Image | None) -> Image:
        """Return an object of a list, to be held together with all that is held: one alike if any.

        Raises NoRoomError.
        """
        if held is not None and held == image:
            self._again += weight(held)
            return held
        more = weight(image)
        self._check(more)
        self._read += more
        self._holdings.taken += more
        return image

    def drop(self) -> None:
        """Forget what was read of a list: it is not held any more."""
        self._holdings.taken -= self._read
        self._read = self._again = 0

    def listed(self) -> None:
        """Take note that the list that was read took the place of what was held."""
        self._holdings.taken += self._again - self._held
        self._held = self._read + self._again
        self._read = self._again = 0

    def growth(self, before: Image | None, after: Image | None) -> int:
        """Return how much more `after` takes than `before`, None for nothing; raises NoRoomError.

        An object that shrinks or goes never lacks room.
        """
        more = _weight_of(after) - _weight_of(before)
        self._check(more)
        return more

    def grown(self, more: int) -> None:
        """Take note that what is held takes so much more."""
        self._held += more
        self._holdings.taken += more

    def close(self) -> None:
        """Give back all of it."""
        self.drop()
        self.grown(-self._held)

    def _check(self, more: int) -> None:
        if more > 0 and self._holdings.taken + more > self._holdings.most:
            raise NoRoomError


def weight(image: Image) -> int:
    """Return about how many bytes of memory an image takes, rather too many than too few."""
    size = len(_encoder.encode(image))
    loose = isinstance(image.spec, dict) or image.other is not None
    beyond = max(size - _LARGE, 0) * _LARGE_FACTOR
    return _LEAST + min(size, _LARGE) * (_LOOSE_FACTOR if loose else 1) + beyond


def memory() -> int:
    """Return how many bytes of memory this process may take: the container's, or the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *filter(None, map(_limit, _CONTROL_GROUPS))])


def _limit(path: Path) -> int | None:
    try:
        said = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None  # Not Linux, or the other version of control groups.
    return int(said) if said.isdigit() else None


def _weight_of(image: Image | None) -> int:
    return 0 if image is None else weight(image)
