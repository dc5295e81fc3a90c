"""What the engine needs to go on after a restart: the change behind each open step.

A memo holds the redacted image that the write left, and the one before it only where no other
memo has it. Decisions are not stored: the engine makes them again from the changes.
"""

import msgspec

from eventstream.explain.writes import Write
from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.images import Image
from eventstream.objects.observations import Change, ChangeType
from eventstream.objects.resource import Resource

_reader = Decoder(b"")  # Images are redacted already, which decoding leaves as it is.


class _Memo(msgspec.Struct, array_like=True):
    resource: Resource
    type: ChangeType
    at: float
    relisted: bool
    order: int
    after: msgspec.Raw
    before: msgspec.Raw
    before_version: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Memo)
_NOTHING = msgspec.Raw(b"null")


class Memo:
    """The memo of one write; encoded only where somebody stores it."""

    __slots__ = ("_chained", "_change", "_order")

    def __init__(self, write: Write) -> None:
        earlier = write.log.at(write.order)
        self._change = write.change
        self._order = write.order
        # Memos of one trace are forgotten together; another trace may settle before this one.
        self._chained = (
            earlier is not None
            and not earlier.base
            and earlier.trace == write.trace
            and earlier.image is write.change.before
        )

    def __bytes__(self) -> bytes:
        """The memo as bytes that only `read_memos` understands."""
        change = self._change
        before = change.before
        return _encoder.encode(
            _Memo(
                change.resource,
                change.type,
                change.at,
                change.relisted,
                self._order,
                msgspec.Raw(encode(change.after)),
                _NOTHING if before is None or self._chained else msgspec.Raw(encode(before)),
                before.version if before is not None else "",
            )
        )


def read_memos(memos: list[bytes]) -> list[Change]:
    """The changes of these memos, in the order of their writes; raises msgspec.DecodeError.

    A change whose version before it was in a memo that is not here gets none: it then reads as
    a first sight of the object.
    """
    read = sorted((_decoder.decode(memo) for memo in memos), key=lambda memo: memo.order)
    images: dict[tuple[str, str], Image] = {}
    changes: list[Change] = []
    for memo in read:
        after = _reader.image(memo.resource, memo.after)
        before = images.get((after.uid, memo.before_version)) if memo.before_version else None
        if before is None and bytes(memo.before) != b"null":
            before = _reader.image(memo.resource, memo.before)
        images[after.uid, after.version] = after
        changes.append(Change(memo.resource, memo.type, after, memo.at, before, memo.relisted))
    return changes
