"""A trace's body, which is the whole of it by its fields' names, and an object's image."""

import msgspec

from eventstream.explain.vocabulary.records import ObjectRef, Trace
from eventstream.packing import frames

trace_content = msgspec.msgpack.Encoder().encode
"""What the body holds of a trace."""
_decode = msgspec.msgpack.Decoder(Trace).decode


def pack_trace(trace: Trace) -> bytes:
    """The body of a trace; the same for the same trace."""
    return pack_content(trace_content(trace))


def pack_content(content: bytes) -> bytes:
    """The body with the content of a trace."""
    return frames.pack(content, frames.EXPLAINED)


def unpack_trace(body: bytes) -> Trace:
    """The trace of a row; raises msgspec.DecodeError."""
    return _decode(frames.unpack(body))


class Texts(msgspec.Struct, frozen=True, gc=False):
    """What a trace says in words, which is read for less than all of it."""

    root: ObjectRef
    title: str
    cause: str
    state: str
    summary: str
    diagnosis: str | None


texts_of = msgspec.msgpack.Decoder(Texts).decode
"""The same of what a body holds."""


def unpack_texts(body: bytes) -> Texts:
    """What the trace of a row says in words; raises msgspec.DecodeError."""
    return texts_of(frames.unpack(body))


def pack_image(image: bytes) -> bytes:
    """The body of an object's row, or of a memo, of its JSON."""
    return frames.pack(image, frames.IMAGES)


def unpack_image(body: bytes) -> bytes:
    """The JSON of an object's row, or of a memo; raises msgspec.DecodeError."""
    return frames.unpack(body)
