"""The `continue` token of paged lists: opaque to clients, in the form that a real server uses."""

import base64
import binascii
from dataclasses import dataclass

import msgspec

from practicecluster.statuses import ApiError, bad_request

LATEST = -1


@dataclass(frozen=True)
class PagePosition:
    """Where the next page begins: after key `after`, in the state at `revision`.

    Revision LATEST stands for a list that goes on inconsistently, after its own version was gone.
    """

    revision: int
    after: str

    def token(self) -> str:
        """Return the token for `continue`."""
        start = f"/{self.after}\0"
        token = {"v": "meta.k8s.io/v1", "rv": self.revision, "start": start}
        return base64.urlsafe_b64encode(msgspec.json.encode(token)).rstrip(b"=").decode()


class _Token(msgspec.Struct):
    v: str
    rv: int
    start: str


def parse_token(token: str) -> PagePosition:
    """Return the position that a `continue` token stands for; raises ApiError 400 for another."""
    try:
        decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid("illegal base64 data") from None
    try:
        fields = msgspec.json.decode(decoded, type=_Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        first = decoded[:1].decode("latin-1")
        seen = first if first.isprintable() and first.isascii() else f"\\x{decoded[0]:02x}"
        raise _invalid(f"invalid character '{seen}' looking for beginning of value") from None
    return PagePosition(revision=fields.rv, after=fields.start.removeprefix("/").rstrip("\0"))


def _invalid(why: str) -> ApiError:
    return bad_request(f"invalid continue token: continue key is not valid: {why}")
