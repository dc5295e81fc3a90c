"""Makes hostile text for an expression out of its own parts: what would make it go back and back.

Of each repetition in the expression it writes what leads there, then the repeated part over and
over, and never what would have to follow; and the whole again and again, whole and broken off.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

# Whether types of them are known depends on the other packages that are there.
kinds: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_UNBOUNDED = 16
"""A part that may be repeated so often is one that hostile text repeats."""


def hostile(pattern: str | bytes, size: int) -> Iterator[str]:
    """Texts of about `size` characters that were made to keep the expression busy."""
    text = pattern.decode() if isinstance(pattern, bytes) else pattern
    tree = parser.parse(text)
    for lead, body in _repetitions(tree, ""):
        yield (lead + body * (size // max(len(body), 1)))[:size]
        yield ((lead + body * 3) * (size // (len(lead + body * 3) or 1)))[:size]
        if lead:
            yield (lead * (size // len(lead)))[:size]
    sample = _sample(tree) or "x"
    yield (sample * (size // len(sample)))[:size]
    yield ((sample + " ") * (size // (len(sample) + 1)))[:size]
    half = sample[: len(sample) // 2 + 1]
    yield (half * (size // len(half)))[:size]


def _repetitions(tree: Any, lead: str) -> Iterator[tuple[str, str]]:
    """What leads to each repetition of an expression, and a sample of what is repeated."""
    for kind, argument in tree:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
            _, most, below = argument
            if most > _UNBOUNDED:
                yield lead, _sample(below) or "x"
            yield from _repetitions(below, lead)
        for below in _below(kind, argument):
            yield from _repetitions(below, lead)
        lead += _sample([(kind, argument)])


def _below(kind: Any, argument: Any) -> list[Any]:
    if kind is kinds.SUBPATTERN:
        return [argument[-1]]
    return list(argument[1]) if kind is kinds.BRANCH else []


def _sample(tree: Any) -> str:
    """A short text that an expression matches."""
    return "".join(_of(kind, argument) for kind, argument in tree)


def _of(kind: Any, argument: Any) -> str:
    if kind is kinds.LITERAL:
        return chr(argument)
    if kind is kinds.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if kind is kinds.ANY:
        return "a"
    if kind is kinds.IN:
        return _member(argument)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        least, _, below = argument
        return _sample(below) * int(least)
    if kind is kinds.SUBPATTERN:
        return _sample(argument[-1])
    if kind is kinds.BRANCH:
        return _sample(argument[1][0])
    return ""


_CANDIDATES = "aA0-_. =:/\"'@%\\,;{}[]()<>+~&|!?#$\n\té"
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
}


def _member(items: Any) -> str:
    """A character of a class."""
    negated = items[0][0] is kinds.NEGATE
    for character in _CANDIDATES:
        if any(_holds(item, character) for item in items) is not negated:
            return character
    kind, argument = items[-1]
    return chr(argument[0]) if kind is kinds.RANGE else chr(argument)


def _holds(item: Any, character: str) -> bool:
    kind, argument = item
    if kind is kinds.LITERAL:
        return ord(character) == int(argument)
    if kind is kinds.RANGE:
        return int(argument[0]) <= ord(character) <= int(argument[1])
    if kind is kinds.CATEGORY:
        name = str(argument)
        found = _CATEGORIES[name.replace("NOT_", "")](character)
        return not found if "NOT_" in name else found
    return False
