"""What went wrong, and what is said of it: the fields of a status that hold one or the other."""

from typing import Any

import msgspec

from eventstream.objects.health.records import Health
from eventstream.objects.health.words import parts

Entry = dict[str, Any]

_ERRORS = (
    "error", "errors", "errorMessage", "failureMessage", "failureReason", "problems",
    "reconcileError",
)  # fmt: skip
_NO_ERROR = frozenset(
    ("-", "0", "false", "n/a", "nil", "no", "no error", "no errors", "none", "null", "ok")
)
"""What stands in a field for an error where there is none."""
_MESSAGES = (
    "message", "reason", "error", "errorMessage", "failureMessage", "lastError", "statusMessage",
    "description", "details",
)  # fmt: skip


def error_in(status: Entry) -> Health | None:
    """A field that holds what went wrong, and nothing where nothing did."""
    for name in _ERRORS:
        item = status.get(name)
        if isinstance(item, list) and item:
            item = item[0]
        text = item if isinstance(item, str) else message_in(item) if item else ""
        if text and text.strip("<> .").lower() not in _NO_ERROR:
            return Health("failed", f"status.{name} is set", "", text)
    return None


def message_in(status: Any) -> str:
    """The first field of a status that holds a message; empty where none does."""
    if not isinstance(status, dict):
        return ""
    texts = (text(status, name) for name in (*_MESSAGES, *(n for n in status if _is_said(n))))
    return next((text for text in texts if text), "")


def _is_said(name: str) -> bool:
    """Whether a field is called as one that says what went wrong: `lastSyncError`."""
    return parts(name)[-1:] in (("error",), ("message",))


def text(entry: Entry, name: str) -> str:
    """A field that holds a text; empty where it holds none."""
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def spoken(said: str) -> str:
    """What a text says that is an object of JSON with a message, as some write an error whole."""
    if not said.startswith("{"):
        return said
    try:
        return message_in(_decode(said)) or said
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return said


_decode = msgspec.json.Decoder(dict[str, Any]).decode
