"""Bearer tokens as people paste them: what can be one, and until when it says that it holds."""

import base64
import binascii
import string

import msgspec

from eventstream.reviewing import Token

LENGTH_MOST = 16 * 1024
_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._~+/=:-")


class _Claims(msgspec.Struct):
    exp: float | None = None


def plain(text: str) -> Token | None:
    """Return the token in what was pasted, None where that is none."""
    text = text.strip()
    if text[:7].lower() == "bearer ":
        text = text[7:].strip()
    return Token(text) if 0 < len(text) <= LENGTH_MOST and _CHARACTERS.issuperset(text) else None


def ends(token: Token) -> float:
    """Return when a token ends by what it says itself (unix seconds); infinity if it does not.

    It is not proved here: whether it holds, the API server says.
    """
    parts = token.value.split(".")
    if len(parts) != 3:
        return float("inf")
    try:
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(body, type=_Claims)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return float("inf")
    return float("inf") if claims.exp is None else claims.exp
