"""Protobuf's own form, as far as Kubernetes' clients use it: fields of a message, read and written.

https://protobuf.dev/programming-guides/encoding/ and, for the envelope,
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

from collections.abc import Iterator

MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_BITS_MOST = 70
"""Of a number: ten bytes of seven bits."""


class ProtobufError(ValueError):
    """Bytes that are no such message."""


def envelope(body: bytes) -> dict[int, int | bytes]:
    """Return the fields of the envelope that Kubernetes puts around a message.

    Raises ProtobufError.
    """
    if not body.startswith(MAGIC):
        raise ProtobufError("it does not begin as Kubernetes' protobuf does")
    return dict(fields(body[len(MAGIC) :]))


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message in their order, by number; raises ProtobufError."""
    position = 0
    while position < len(data):
        tag, position = number_at(data, position)
        kind = tag & 7
        if kind == _VARINT:
            value, position = number_at(data, position)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, position = number_at(data, position)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}.get(kind, -1)
        if length < 0 or position + length > len(data):
            raise ProtobufError(f"it is not protobuf at byte {position}")
        part = data[position : position + length]
        yield tag >> 3, part if kind == _BYTES else int.from_bytes(part, "little")
        position += length


def number_at(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it; raises ProtobufError."""
    number = shift = 0
    while position < len(data) and shift < _BITS_MOST:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
    raise ProtobufError("it ends within a number")


def as_bytes(value: int | bytes) -> bytes:
    """Return the text, bytes or message that a field holds; raises ProtobufError for a number."""
    if isinstance(value, int):
        raise ProtobufError("a field is a number that should be a text or a message")
    return value


def as_number(value: int | bytes) -> int:
    """Return the number that a field holds; raises ProtobufError for anything else."""
    if isinstance(value, bytes):
        raise ProtobufError("a field is a text or a message that should be a number")
    return value


def text(number: int, value: str) -> bytes:
    """Return a field with a text."""
    return message(number, value.encode())


def message(number: int, body: bytes) -> bytes:
    """Return a field with a message, or with bytes."""
    return _written(number << 3 | _BYTES) + _written(len(body)) + body


def _written(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
