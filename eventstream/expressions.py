"""The one place where regular expressions are made: all run in time linear in the text.

Much of the text that they are asked about is written by whoever may write to the cluster, and an
expression that goes back over a text it has read can be made to do so for minutes. RE2 never goes
back: https://github.com/google/re2/wiki/WhyRE2. It knows no look-around and no back-reference;
`\\w`, `\\d` and `\\s` are ASCII; the end of a text is written `$`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, AnyStr, Generic, Protocol, TypeVar

import re2  # type: ignore[import-untyped]

LONGEST = 8192
"""Characters of a text that an expression is asked about, unless it is made for whole lines."""

ALL: "list[Expression[str] | Expression[bytes]]" = []
"""Every expression that was made, for whoever checks them."""


T_co = TypeVar("T_co", str, bytes, covariant=True)


class Match(Protocol[T_co]):
    """What was found, as the standard library's match tells it."""

    def __getitem__(self, group: int | str) -> T_co: ...

    def start(self, group: int = 0) -> int:
        """Where a group begins, -1 where it took no part."""

    def end(self, group: int = 0) -> int:
        """Where a group ends, -1 where it took no part."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Where a group begins and ends."""

    def groups(self) -> tuple[T_co, ...]:
        """All groups; None for those that took no part."""


class Expression(Generic[AnyStr]):
    """A pattern, asked as those of the standard library are.

    Of a text longer than LONGEST only the beginning is read; one that must match whole does not.
    With `whole`, which is for bytes whose length is bounded elsewhere, all of it is.
    """

    def __init__(self, pattern: AnyStr, options: re2.Options, *, whole: bool) -> None:
        self.pattern: AnyStr = pattern
        self._compiled = re2.compile(pattern, options)
        self._longest = None if whole else LONGEST

    def search(self, text: AnyStr, start: int = 0) -> Match[AnyStr] | None:
        """The first place from `start` on where it matches."""
        found: Match[AnyStr] | None = self._compiled.search(text, start, self._longest)
        return found

    def match(self, text: AnyStr) -> Match[AnyStr] | None:
        """The match that begins where the text does."""
        found: Match[AnyStr] | None = self._compiled.match(text, endpos=self._longest)
        return found

    def fullmatch(self, text: AnyStr) -> Match[AnyStr] | None:
        """The match that is the whole text."""
        if self._longest is not None and len(text) > self._longest:
            return None
        found: Match[AnyStr] | None = self._compiled.fullmatch(text)
        return found

    def finditer(self, text: AnyStr) -> Iterator[Match[AnyStr]]:
        """Each match, from left to right, none over another."""
        found: Iterator[Match[AnyStr]] = self._compiled.finditer(text, endpos=self._longest)
        return found

    def findall(self, text: AnyStr) -> list[Any]:
        """What each match holds: itself, its one group, or a tuple of its groups."""
        found: list[Any] = self._compiled.findall(text, endpos=self._longest)
        return found

    def sub(self, new: AnyStr | Callable[[Match[AnyStr]], AnyStr], text: AnyStr) -> AnyStr:
        """`text` with `new` in place of each match; of one that is too long, the beginning."""
        begins = text if self._longest is None else text[: self._longest]
        changed: AnyStr = self._compiled.sub(new, begins)
        return changed


def expression(
    pattern: AnyStr, *, ignore_case: bool = False, dot_all: bool = False, whole: bool = False
) -> Expression[AnyStr]:
    """The expression of `pattern`; with `dot_all` a dot is a line feed too, see `Expression`."""
    made = Expression(pattern, _options(ignore_case=ignore_case, dot_all=dot_all), whole=whole)
    ALL.append(made)
    return made


def possessive(pattern: bytes) -> re.Pattern[bytes]:
    """An expression of the standard library, none of whose repetitions gives back what it took.

    For bytes that are read bracket by bracket, where to call RE2 costs more than it reads. Linear
    for those who ask where the text has to match (`match`). Raises ValueError for any other one.
    """
    rest = _POSSESSIVE.sub(b"", _CLASS_OR_ESCAPE.sub(b"x", pattern))
    if _REPETITION.search(rest):
        raise ValueError(f"{pattern!r} has a repetition that may give back: write `*+` or `++`")
    return re.compile(pattern)


class Choice:
    """Several expressions at once: which of them match, by one reading of the text."""

    def __init__(self, patterns: list[str]) -> None:
        self._set = re2.Set.SearchSet(_options(max_mem=64 << 20))
        for pattern in patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def among(self, text: bytes) -> list[int]:
        """The numbers of the patterns, in order of adding, that match somewhere in `text`."""
        return sorted(self._set.Match(text) or ())


def _options(
    *, ignore_case: bool = False, dot_all: bool = False, max_mem: int | None = None
) -> re2.Options:
    options = re2.Options()
    options.log_errors = False  # An error is raised; absl would write to standard error as well.
    options.case_sensitive = not ignore_case
    options.dot_nl = dot_all
    if max_mem is not None:
        options.max_mem = max_mem
    return options


_CLASS_OR_ESCAPE = expression(rb"\\(?s:.)|\[\^?\]?(?:[^\]\\]|\\(?s:.))*\]")
_POSSESSIVE = expression(rb"(?:[*+]|\{[0-9,]*\})\+")
_REPETITION = expression(rb"[*+{]")
