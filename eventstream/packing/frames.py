"""Compressed bytes of a row: a plain Zstandard frame, which names its dictionary by number.

Rows are short and much alike, so a dictionary made of recorded ones has most of what they say
(`scripts/train_dictionaries.py`). One that rows were written with is kept for good, since a frame
can't be read without it; a better one gets a number of its own.
"""

import threading
from functools import cache
from pathlib import Path

import msgspec
import zstandard

DICTIONARIES = Path(__file__).parent / "dictionaries"
"""A file `N.zdict` for each dictionary, N being its number."""

EXPLAINED, IMAGES = 1, 2
"""The dictionaries that are written with: for steps and traces, for images and memos."""

LEVEL, QUICK = 3, 1
LARGEST = 256 * 1024 * 1024
"""Bytes that a frame may say it holds; as many are taken at once. Baton writes none near that."""


class UnreadableRowError(msgspec.DecodeError):
    """Bytes of a row that no version of Baton wrote, or a newer one."""


class _Frames:
    """Packs and unpacks with one dictionary; used by all threads."""

    def __init__(self, number: int) -> None:
        path = DICTIONARIES / f"{number}.zdict"
        self._lock = threading.Lock()
        words = zstandard.ZstdCompressionDict(path.read_bytes())
        words.precompute_compress(level=LEVEL)
        self._packer = zstandard.ZstdCompressor(
            level=LEVEL, dict_data=words, write_checksum=False, write_content_size=True
        )
        quick = zstandard.ZstdCompressionDict(path.read_bytes())
        quick.precompute_compress(level=QUICK)
        self._quick = zstandard.ZstdCompressor(level=QUICK, dict_data=quick, write_checksum=False)
        self._unpacker = zstandard.ZstdDecompressor(dict_data=words)

    def pack_quickly(self, content: bytes) -> bytes:
        with self._lock:
            return self._quick.compress(content)

    def pack(self, content: bytes) -> bytes:
        with self._lock:
            return self._packer.compress(content)

    def unpack(self, frame: bytes) -> bytes:
        with self._lock:
            return self._unpacker.decompress(frame)  # As large as it says.


@cache
def _frames(number: int) -> _Frames:
    return _Frames(number)


def pack(content: bytes, dictionary: int) -> bytes:
    """Return `content` as a frame."""
    return _frames(dictionary).pack(content)


def pack_quickly(content: bytes, dictionary: int) -> bytes:
    """The same with less work, for what is long and not kept long."""
    return _frames(dictionary).pack_quickly(content)


def unpack(frame: bytes) -> bytes:
    """Return what a frame holds; raises UnreadableRowError."""
    try:
        told = zstandard.get_frame_parameters(frame)
        if told.content_size <= LARGEST:
            return _frames(told.dict_id).unpack(frame)
    except (zstandard.ZstdError, OSError) as error:
        raise UnreadableRowError(f"a row of {len(frame)} bytes: {error}") from error
    raise UnreadableRowError(f"a row of {len(frame)} bytes: it says that it holds too many")
