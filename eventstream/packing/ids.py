"""Ids and uids in the bytes that they stand for: half of what they take as text, in row and index.

The text comes back as it was: what is not of the usual form is kept as text, and the length tells
which it is.
"""

from functools import lru_cache
from uuid import UUID

from eventstream.expressions import expression

_ID_BYTES = 10
_UID, _UID_BYTES = expression(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), 16
_FILLER = b"\xff"  # A byte that no text has in UTF-8.


def id_bytes(id_: str) -> bytes:
    """An id of a step or trace, see `vocabulary.records.step_id`, in bytes."""
    if len(id_) == 2 * _ID_BYTES:
        try:
            kept = bytes.fromhex(id_)
        except ValueError:
            pass  # Of another form, then.
        else:
            if kept.hex() == id_:
                return kept
    return _text(id_, _ID_BYTES)


def id_text(kept: bytes) -> str:
    """The id that `id_bytes` made these bytes of."""
    return kept.hex() if len(kept) == _ID_BYTES else _told(kept)


@lru_cache(maxsize=4096)
def uid_bytes(uid: str) -> bytes:
    """The uid of an object in bytes."""
    return bytes.fromhex(uid.replace("-", "")) if _UID.fullmatch(uid) else _text(uid, _UID_BYTES)


def uid_text(kept: bytes) -> str:
    """The uid that `uid_bytes` made these bytes of."""
    return str(UUID(bytes=kept)) if len(kept) == _UID_BYTES else _told(kept)


def _text(text: str, other: int) -> bytes:
    kept = text.encode("utf-8", "surrogatepass")
    return kept + _FILLER if len(kept) == other else kept


def _told(kept: bytes) -> str:
    return kept.removesuffix(_FILLER).decode("utf-8", "surrogatepass")
