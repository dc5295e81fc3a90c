"""Reads from a bearer token when it ends, so that an expired one is told from a wrong one.

A service account's token, and most that sign-in services give, is a JWT, whose claims anybody may
read: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
"""

import base64
import binascii
import datetime as dt

import msgspec


class _Claims(msgspec.Struct):
    exp: float = 0.0


def expired_at(authorization: str, now: float) -> str:
    """Return when the token of an Authorization header ended, as RFC 3339; "" if it did not.

    "" also where it is no JWT, or does not say. `now` is in unix seconds.
    """
    claims = authorization.removeprefix("Bearer ").split(".")[1:2]
    if not claims:
        return ""
    try:
        text = base64.urlsafe_b64decode(claims[0] + "=" * (-len(claims[0]) % 4))
        expiry = msgspec.json.decode(text, type=_Claims).exp
        if not 0 < expiry <= now:
            return ""
        return dt.datetime.fromtimestamp(expiry, dt.UTC).isoformat(timespec="seconds")
    except (binascii.Error, msgspec.DecodeError, ValueError, OverflowError):
        return ""
