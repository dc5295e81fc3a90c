"""Bytes of the API to narrow, redacted images. (Signatures first; the body follows.)"""

from typing import Literal

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.resource import Resource


class DecodeError(ValueError):
    """A line or page that is not what the API documents; the message says where and how."""


class WatchEvent(msgspec.Struct, frozen=True):
    """One line of a watch. `image` for ADDED, MODIFIED and DELETED; `version` also for BOOKMARK.

    For ERROR, `code`, `reason` and `message` are the Status's. `initial_events_end` marks the
    bookmark that ends a WatchList's initial state.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    version: str = ""
    image: Image | None = None
    code: int = 0
    reason: str = ""
    message: str = ""
    initial_events_end: bool = False


class ListPage(msgspec.Struct, frozen=True):
    """One page of a list: its resourceVersion, the token of the next page ("" on the last)."""

    version: str
    continue_token: str
    images: tuple[Image, ...]


class Decoder:
    """Decodes for one installation; `key` keys the digests of what is withheld."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def event(self, resource: Resource, line: bytes) -> WatchEvent:
        """Decode one line of a watch; raises DecodeError when it is no WatchEvent at all.

        An object that does not fit its kind's struct is decoded loosely and flagged.
        """
        raise NotImplementedError

    def page(self, resource: Resource, body: bytes) -> ListPage:
        """Decode one list answer; raises DecodeError when it is no list (a Table, HTML, …)."""
        raise NotImplementedError
