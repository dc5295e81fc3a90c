"""Turns resourceVersions into bytes that a database sorts as numbers.

They are decimal numbers of any length, so neither an integer column nor text will do: "10" must
follow "9", and 2^64 is no limit. A number's key is how many bytes it has, and these bytes.
"""

_NOTHING = b"\0"
_LONG = 250
"""From so many bytes on their number takes four bytes, behind this one."""
_DIGITS_MOST = 4000
"""A longer text is read as no number; the largest that a server gives out has 20 digits."""
_MICRO = 1_000_000
_FARTHEST = 2**64 - 1


def version_key(resource_version: str) -> bytes:
    """Bytes that sort like the number, or none for what is no decimal number."""
    if not (resource_version.isascii() and resource_version.isdigit()):
        return b""
    if len(resource_version) > _DIGITS_MOST:
        return b""
    number = int(resource_version)
    size = (number.bit_length() + 7) // 8
    head = bytes((size,)) if size < _LONG else bytes((_LONG,)) + size.to_bytes(4)
    return head + number.to_bytes(size)


def version_of(key: bytes) -> str:
    """The number that a key begins with, as text."""
    return str(int.from_bytes(key[_head(key) : _end(key)]))


def key_after(key: bytes, at: float) -> bytes:
    """The place of something without a resourceVersion: behind `key`, by its time.

    `key` is empty when nothing is known to be older; of a key of this kind its number counts. No
    number's key sorts between that and this.
    """
    number = key[: _end(key)] if key else _NOTHING
    return number + min(max(int(at * _MICRO), 0), _FARTHEST).to_bytes(8)


def _head(key: bytes) -> int:
    return 5 if key[0] == _LONG else 1


def _end(key: bytes) -> int:
    return 5 + int.from_bytes(key[1:5]) if key[0] == _LONG else 1 + key[0]
