"""Lets equal values of many objects be one: ten thousand Pods say "Ready" in the same words."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_KEPT = 16_384
_set = msgspec.structs.force_setattr


def _as_it_is(_: object) -> None:
    """Nothing to prepare."""


class Shared(dict[T, T]):
    """`shared[value]` is the one kept value that equals `value`; at most 16,384 are kept.

    A value that is new is first given to `prepare`, which may change it in place.
    """

    def __init__(self, prepare: Callable[[T], None] = _as_it_is) -> None:
        super().__init__()
        self._prepare = prepare

    def __missing__(self, value: T) -> T:
        self._prepare(value)
        if len(self) >= _KEPT:
            self.clear()  # Live objects hold on to theirs; all that is lost is some sharing.
        return self.setdefault(value, value)


class Words(Shared[str]):
    """Strings that many objects hold: names of nodes, reasons, managers."""

    def share(self, struct: Any, fields: tuple[str, ...]) -> None:
        """Let the struct's own strings in these fields be the ones that all others hold."""
        for name in fields:
            text = getattr(struct, name)
            if text:
                _set(struct, name, self[text])
