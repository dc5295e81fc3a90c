"""Reads the reviews that kubectl sends in protobuf; nothing else reaches this server in that form.

https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding and, for the numbers,
https://github.com/kubernetes/api/blob/master/authorization/v1/generated.proto
"""

from practicecluster.stored import JsonObject

MAGIC = b"k8s\x00"
_RESOURCE = ("namespace", "verb", "group", "version", "resource", "subresource", "name")
_PATH = ("path", "verb")
_VARINT, _BYTES = 0, 2


def decode_review(body: bytes) -> JsonObject:
    """Return what a review asks, as its JSON form would; raises ValueError for anything else."""
    if not body.startswith(MAGIC):
        raise ValueError("it does not begin as Kubernetes' protobuf does")
    envelope = _fields(body[len(MAGIC) :])
    spec = _fields(_fields(envelope.get(2, b"")).get(2, b""))
    shown: JsonObject = {}
    if 1 in spec:
        shown["resourceAttributes"] = _texts(spec[1], _RESOURCE)
    if 2 in spec:
        shown["nonResourceAttributes"] = _texts(spec[2], _PATH)
    return {"spec": shown}


def _texts(message: bytes, names: tuple[str, ...]) -> dict[str, str]:
    """Return the non-empty strings of a message, whose fields are numbered from 1."""
    found = _fields(message)
    texts = {name: found.get(number, b"").decode() for number, name in enumerate(names, start=1)}
    return {name: text for name, text in texts.items() if text}


def _fields(message: bytes) -> dict[int, bytes]:
    """Return the strings and messages in a message by number; raises ValueError when cut short."""
    found: dict[int, bytes] = {}
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        length, position = _varint(message, position)
        if tag & 7 == _VARINT:
            continue
        if tag & 7 != _BYTES or position + length > len(message):
            raise ValueError(f"not protobuf at byte {position}")
        found[tag >> 3] = message[position : position + length]
        position += length
    return found


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it."""
    number = shift = 0
    while position < len(message):
        byte = message[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
    raise ValueError("protobuf that ends within a number")
