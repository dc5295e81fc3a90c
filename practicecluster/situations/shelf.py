"""The recordings, packed into one file: a line for each, with its name and its tape's lines.

`scripts/pack_situations.py` makes it of the recordings that the engine is tested with.
"""

import lzma
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from practicecluster.tape import Tape, parse_tape

PACKED = Path(__file__).parent / "situations.jsonl.xz"


class Packed(msgspec.Struct, frozen=True):
    """A recording: `lines` are those of its tape."""

    name: str
    lines: list[msgspec.Raw]


def packed(path: Path = PACKED) -> Iterator[Packed]:
    """Yield all recordings in their order; raises OSError where they can't be read."""
    decoder = msgspec.json.Decoder(Packed)
    with lzma.open(path) as lines:
        yield from map(decoder.decode, lines)


@cache
def tapes(path: Path = PACKED) -> tuple[Tape, ...]:
    """Return all recordings in their order; raises OSError where they can't be read."""
    return tuple(parse_tape(each.name, map(bytes, each.lines)) for each in packed(path))
