"""What a form of a credential is: an expression, and a judgement of what it matched."""

from collections.abc import Callable

import msgspec

from eventstream.expressions import Match

Span = tuple[int, int]
"""Where something begins and ends, in bytes."""

Spans = tuple[Span, ...]
Judge = Callable[[bytes, int, int], Spans]
"""Told the text and where a value stands in it, says which part of that is a credential."""


def whole(_: bytes, start: int, end: int) -> Spans:
    """All of it."""
    return ((start, end),)


class Form(msgspec.Struct, frozen=True):
    """One form. The value is the first of the pattern's groups that took part, else the match.

    A value within quotes is a credential as it is; `judge` is asked about one without, whose end
    and nature have to be guessed. `quoted` is how many of the first groups are within quotes.
    """

    pattern: str
    judge: Judge = whole
    quoted: int = 0

    def judged(self, text: bytes, match: Match[bytes]) -> tuple[Span, Spans]:
        """The value of one match, and the credentials in it."""
        for number, group in enumerate(match.groups(), 1):
            if group is not None:
                value = match.span(number)
                judge = whole if number <= self.quoted else self.judge
                return value, judge(text, *value)
        return match.span(), self.judge(text, *match.span())
