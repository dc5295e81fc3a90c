"""What a commit notes for a restart alone, in one row: memos, and images that have no row yet."""

from typing import Any

import msgspec

from eventstream.packing import frames

Memos = list[tuple[bytes, bytes]]
"""Of one trace: the id of a step, and its memo."""


class KeptImage(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An object's image, as JSON: its row has it later."""

    uid: str
    resource: str
    kind: str
    body: bytes


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one commit did, in this order: whoever reads all of them in theirs has what there was.

    Memos went with their steps (`gone`: trace and step) or with their traces (`settled`), and
    others came (`memos`: by trace; once read, see `memos_of`). Of images that had only been noted
    some are not needed any more, as their rows are newer (`written`: uids), and others were noted.
    """

    gone: tuple[tuple[int, bytes], ...] = ()
    settled: tuple[int, ...] = ()
    memos: dict[int, Any] = {}
    written: tuple[str, ...] = ()
    images: tuple[KeptImage, ...] = ()


class _Read(Entry, array_like=True, frozen=True, gc=False):
    """The same, in which memos that nobody needs any more are never looked at."""

    memos: dict[int, msgspec.Raw] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Read).decode
_memos = msgspec.msgpack.Decoder(Memos).decode


def pack_entry(entry: Entry) -> bytes:
    """The body of a row with this entry."""
    return frames.pack_quickly(_encode(entry), frames.IMAGES)


def unpack_entry(body: bytes) -> Entry:
    """The entry of a row; raises msgspec.DecodeError."""
    return _decode(frames.unpack(body))


def memos_of(entry: Entry, trace: int) -> Memos:
    """The memos of one trace in an entry that was read; raises msgspec.DecodeError."""
    return _memos(entry.memos[trace])
