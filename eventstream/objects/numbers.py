"""Which numbers and times are believed: those that the API can mean, and no others.

JSON sets no bound, and arithmetic on a number of four thousand digits, or on a moment in the year
285428751, fails or takes for ever. What is out of bounds is flagged, or is no number at all.
"""

from typing import Annotated

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number of the API, which has none that is larger."""

EARLIEST, LATEST = 0.0, 7_258_118_400.0
"""1970 and 2200, as unix seconds: what lies outside is no time of a cluster's."""

_DIGITS_MOST = 18


def whole(text: str) -> int | None:
    """The number that `text` writes in decimal digits; None for what is none, or is too large."""
    sound = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MOST
    return int(text) if sound else None


def is_time(at: float) -> bool:
    """Whether `at` (unix seconds) can be a time of a cluster's; never for NaN and infinities."""
    return EARLIEST <= at <= LATEST
