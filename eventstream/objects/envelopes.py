"""What stands around an object on the wire: the lines of a watch, the pages of a list."""

from typing import Any, Literal, TypeVar

import msgspec

from eventstream.expressions import expression
from eventstream.objects.health.records import Health
from eventstream.objects.images import Metadata
from eventstream.objects.loosely import REPAIRED, repaired
from eventstream.objects.numbers import Int64
from eventstream.objects.parts import NOTHING

T = TypeVar("T")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that it cannot read."""

_MARKUP = expression(rb"\s*<(?:!doctype html|html|head|body|\?xml)", ignore_case=True)


class DecodeError(ValueError):
    """A line or page that is not what the API documents; the message says where and how."""


class Object(msgspec.Struct, gc=False):
    """An object whose spec and status are not read yet."""

    metadata: Metadata
    api_version: str = msgspec.field(name="apiVersion", default="")
    kind: str = ""
    spec: msgspec.Raw = NOTHING
    status: msgspec.Raw = NOTHING
    flags: tuple[str, ...] = msgspec.field(name="x-baton-flags", default=())
    health: Health | None = msgspec.field(name="x-baton-health", default=None)


class OddObject(msgspec.Struct):
    """An object of which nothing is taken for granted but that it is one."""

    metadata: Any = None
    api_version: Any = msgspec.field(name="apiVersion", default="")
    kind: Any = ""
    spec: msgspec.Raw = NOTHING
    status: msgspec.Raw = NOTHING


class UsualLine(msgspec.Struct, gc=False):
    """A line of a watch that tells of an object, read in one go."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Object


class Line(msgspec.Struct):
    """Any line of a watch."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: msgspec.Raw


class StatusDetails(msgspec.Struct, rename="camel"):
    """The part of an ERROR that says when to come back."""

    retry_after_seconds: Int64 = 0


class Status(msgspec.Struct):
    """What an ERROR holds."""

    code: Int64 = 0
    reason: str = ""
    message: str = ""
    details: StatusDetails | None = None


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct):
    """One answer to a list."""

    metadata: _ListMetadata
    kind: str = ""
    items: list[msgspec.Raw] | None = None


def read_envelope(
    decoder: msgspec.json.Decoder[T], text: msgspec.Raw | bytes, what: str
) -> tuple[T, tuple[str, ...]]:
    """`text` as the decoder's type, and a flag where it had to be repaired first.

    Raises DecodeError, whose message never quotes what may be an object's content.
    """
    try:
        return decoder.decode(text), ()
    except UNREADABLE as error:
        sound = None if isinstance(error, msgspec.ValidationError) else repaired(bytes(text))
        if sound is None:
            raise DecodeError(f"{what} ({why(error)}): {_shape(bytes(text))}") from error
    try:
        return decoder.decode(sound), (REPAIRED,)
    except UNREADABLE as error:
        raise DecodeError(f"{what} ({why(error)}): {_shape(sound)}") from error


def why(error: BaseException) -> str:
    """What was wrong with the bytes, in msgspec's words, which quote no content."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]


def _shape(text: bytes) -> str:
    markup = _MARKUP.match(text)
    start = f" beginning with {markup[0].strip().decode()}" if markup else ""
    return f"{len(text)} bytes{start}"
