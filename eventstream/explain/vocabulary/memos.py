"""What a memo is made of: all that the engine needs of one write to go on after a restart.

Who stores memos stores images too, of which the newest are in both: the JSON of an image is made
by whoever is given, so that it can be made once.
"""

from collections.abc import Callable
from typing import Protocol

from eventstream.objects.images import Image

Encode = Callable[[Image], bytes]
"""Gives the JSON of an image, see `objects.decoding.encode`."""


class MemoSource(Protocol):
    """All that a memo is made of, which does not change any more."""

    def encoded(self, encode: Encode) -> bytes:
        """The memo, with its images as `encode` gives them."""
