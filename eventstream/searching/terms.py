"""What somebody looks for: words, each of which has to begin like that in what is found.

There is no language of queries. Quotes, operators and brackets around a word are left out, so that
whatever is pasted into the box is looked for as it stands.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from eventstream.searching.texts import WORD_MOST, words

LETTERS_LEAST = 3
"""So many letters of a word find all words that begin so; a shorter one is looked for whole."""

TEXT_MOST = 200
"""Characters of what somebody looks for; the rest is not looked at."""

WORDS_MOST = 10
"""So many words are looked for at once, the first ones."""


class Terms(msgspec.Struct, frozen=True):
    """The words to look for, in lower case; `cut` says that there were more."""

    words: tuple[str, ...] = ()
    cut: bool = False

    @classmethod
    def of(cls, text: str) -> "Terms":
        """Return the words of a text, each once."""
        plain = "".join(each if each.isprintable() else " " for each in text[:TEXT_MOST]).lower()
        found = tuple(dict.fromkeys(filter(None, map(_bare, plain.split()))))
        return cls(found[:WORDS_MOST], len(found) > WORDS_MOST or len(text) > TEXT_MOST)

    @property
    def long_enough(self) -> bool:
        """Whether one of the words is long enough to look for."""
        return any(len(piece) >= LETTERS_LEAST for piece, _ in self.pieces())

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The letters and digits between all else, and whether a word may go on behind them."""
        for word in self.words:
            *whole, last = words(word)
            yield from ((piece[:WORD_MOST], False) for piece in whole)
            yield last[:WORD_MOST], len(last) >= LETTERS_LEAST

    def spans(self, text: str, *, begin: bool = True) -> list[tuple[int, int]]:
        """From where to where the words stand in a text, in order, none within another.

        Without `begin` they may stand anywhere in a word.
        """
        lower = text.lower()
        if len(lower) != len(text):
            return []  # Of a few letters the small one has two signs, so that places don't agree.
        find = _begun if begin else _places
        found = sorted((at, at + len(word)) for word in self.words for at in find(word, lower))
        spans: list[tuple[int, int]] = []
        for since, until in found:
            if not spans or since >= spans[-1][1]:
                spans.append((since, until))
        return spans

    def found_in(self, text: str) -> bool:
        """Whether each of the words is in a text, as it stands, where a word begins."""
        lower = text.lower()
        return all(_begins(word, lower) for word in self.words)


def _bare(word: str) -> str:
    """The word without what is neither letter nor digit at its ends."""
    inner = [place for place, each in enumerate(word) if each.isalnum()]
    return word[inner[0] : inner[-1] + 1] if inner else ""


def _begins(word: str, text: str) -> bool:
    return next(_begun(word, text), -1) >= 0


@lru_cache(maxsize=1024)
def _may_go_on(word: str) -> bool:
    """Whether a word that begins so is one; asked anew for each text that is looked at."""
    return len(words(word)[-1]) >= LETTERS_LEAST


def _begun(word: str, text: str) -> Iterator[int]:
    """Where a word stands in a text, both in lower case, as one that begins there."""
    may_go_on = _may_go_on(word)
    for at in _places(word, text):
        behind = at + len(word)
        ends = behind == len(text) or not text[behind].isalnum()
        if (at == 0 or not text[at - 1].isalnum()) and (may_go_on or ends):
            yield at


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
