"""Text of a cluster as PostgreSQL can keep it: any character, and none too long for an index.

A cluster that is up to something may send what PostgreSQL has no place for: a NUL, or a name longer
than a row of an index may be. History must be stored all the same, and a name found again.
"""

from hashlib import blake2b

from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown

LONGEST = 800
"""Bytes of a text that is kept whole: three of them fit in a row of an index, which has 2,704."""

_BEGINNING = 160
"""Characters that are kept of a longer one; what tells it from others is its hash."""

_ESCAPE = "\ue000"
"""A character for private use, which stands before what is written otherwise."""


def kept(text: str) -> str:
    """The text as it is stored: the same for the same text, and another one for another."""
    if _ESCAPE in text or "\0" in text:
        text = text.replace(_ESCAPE, _ESCAPE + "1").replace("\0", _ESCAPE + "0")
    if len(text) * 4 > LONGEST and len(whole := text.encode("utf-8", "replace")) > LONGEST:
        return f"{text[:_BEGINNING]}…{blake2b(whole, digest_size=16).hexdigest()}"
    return text


def told(text: str) -> str:
    """The text that is stored so; of a long one its beginning."""
    if _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE + "0", "\0").replace(_ESCAPE + "1", _ESCAPE)


class TextDumper(StrDumperUnknown):
    """Writes text into a statement."""

    def dump(self, obj: str) -> bytes:
        """The text as it is kept."""
        return kept(obj).encode("utf-8", "replace")


class BinaryTextDumper(StrBinaryDumper):
    """The same for statements that are sent in binary."""

    def dump(self, obj: str) -> bytes:
        """The text as it is kept."""
        return kept(obj).encode("utf-8", "replace")


class TextLoader(Loader):
    """Reads text out of an answer."""

    def load(self, data: bytes | bytearray | memoryview) -> str:
        """The text that was kept so."""
        return told(bytes(data).decode())


class BinaryTextLoader(TextLoader):
    """The same for answers in binary."""

    format = Format.BINARY
