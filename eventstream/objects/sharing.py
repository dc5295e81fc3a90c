"""Lets equal values of many objects be one: ten thousand Pods say "Ready" in the same words.

What is remembered is bounded in number and in bytes, and let go as a whole when it is too much:
live objects hold on to theirs, and all that is lost is some sharing.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from eventstream.objects.bounds import LONGEST, shortened

K = TypeVar("K")
T = TypeVar("T")
_KEPT = 16_384
_ROOM = 4 * 1024 * 1024
_LARGEST_SHARE = 64
"""What takes more than this part of a table's room is not kept in it."""
_encode = msgspec.json.Encoder().encode


class Kept(dict[K, T]):
    """Remembers `most` values that take `room` bytes together, and is emptied when full."""

    def __init__(self, most: int, room: int = _ROOM) -> None:
        super().__init__()
        self.most = most
        self.room = self.left = room

    def keep(self, key: K, value: T, size: int) -> T:
        """Remember a value of so many bytes, if that is not too many.

        Returns it, or the value that is remembered under an equal key already.
        """
        if size * _LARGEST_SHARE > self.room:
            return value
        if len(self) >= self.most or size > self.left:
            self.clear()
            self.left = self.room
        self.left -= size
        return self.setdefault(key, value)


def _as_it_is(value: T) -> T:
    """Nothing to settle."""
    return value


def _json_size(value: object) -> int:
    return len(_encode(value))


class Shared(Kept[T, T]):
    """`shared[value]` is the one kept value that equals `value`; at most 16,384 are kept.

    What is kept of a value that is new is what `settle` makes of it; `size` tells about how many
    bytes that takes.
    """

    def __init__(
        self,
        settle: Callable[[T], T] = _as_it_is,
        size: Callable[[T], int] = _json_size,
    ) -> None:
        super().__init__(_KEPT)
        self._settle = settle
        self._size = size

    def __missing__(self, value: T) -> T:
        settled = self._settle(value)
        return self.keep(settled, settled, self._size(settled))


class Words(Shared[str]):
    """Strings that many objects hold: names of nodes, reasons, managers; none is ever long.

    What is shared is `clean(word)`; a word that this changes is not kept.
    """

    def __init__(self, clean: Callable[[str], str] | None = None) -> None:
        super().__init__(size=len)
        self._clean = clean

    def __missing__(self, text: str) -> str:
        if self._clean is not None:
            cleaned = self._clean(text)
            if cleaned != text:
                return cleaned
        size = len(text)
        if size > LONGEST:
            return shortened(text)
        if len(self) >= self.most or size > self.left:
            self.clear()
            self.left = self.room
        self.left -= size
        self[text] = text
        return text

    def of(self, struct: msgspec.Struct, fields: tuple[str, ...]) -> dict[str, object]:
        """The struct's own strings in these fields, as the ones that all others hold.

        What is longer than any name of the API is cut.
        """
        found: dict[str, object] = {}
        for name in fields:
            text = getattr(struct, name)
            if text:
                found[name] = self[text]
        return found
