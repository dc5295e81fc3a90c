"""Ids and uids in the bytes that they stand for: half of what they take as text, in row and index.

The text comes back as it was: what is not of the usual form is kept as text, and the length tells
which it is.
"""

from functools import lru_cache

_ID_BYTES = 10
_UID_BYTES, _UID_LETTERS = 16, 36
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
    if len(uid) == _UID_LETTERS:
        try:
            kept = bytes.fromhex(uid.replace("-", ""))
        except ValueError:
            pass  # Of another form, then.
        else:
            if len(kept) == _UID_BYTES and _told_uid(kept) == uid:
                return kept
    return _text(uid, _UID_BYTES)


def uid_text(kept: bytes) -> str:
    """The uid that `uid_bytes` made these bytes of."""
    return _told_uid(kept) if len(kept) == _UID_BYTES else _told(kept)


def _told_uid(kept: bytes) -> str:
    told = kept.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def _text(text: str, other: int) -> bytes:
    kept = text.encode("utf-8", "surrogatepass")
    return kept + _FILLER if len(kept) == other else kept


def _told(kept: bytes) -> str:
    return kept.removesuffix(_FILLER).decode("utf-8", "surrogatepass")
