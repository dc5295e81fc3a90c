"""What whoever asks history may see, and where that is kept while history is asked.

Baton's own account sees the whole cluster, and history holds what it saw. Each viewer is shown
what the viewer's own rights reach: they are said once for a request or a socket, here, and every
query of history goes by them (`eventstream.history.permitted`). Where nothing is said, nothing may
be seen, unless the whole installation is for whoever reaches it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property

import msgspec


class Rights(msgspec.Struct, frozen=True, dict=True):
    """Which types of objects may be listed and watched, and where.

    A type is named by kind and group, as `Deployment.apps` or `Pod`. `everything` needs no names:
    it stands above all types and namespaces, and alone reaches what no type governs.
    `cut` says that not all could be asked for.
    """

    everything: bool = False
    everywhere: frozenset[str] = frozenset()
    within: Mapping[str, frozenset[str]] = {}
    cut: bool = False

    def reach(self, type_: str, namespace: str | None) -> bool:
        """Whether objects of a type may be seen in a namespace; "" or None is in none."""
        if self.everything or type_ in self.everywhere:
            return True
        return bool(namespace) and type_ in self.within.get(namespace or "", frozenset())

    def reach_somewhere(self, type_: str) -> bool:
        """Whether objects of a type may be seen in any namespace."""
        if self.everything or type_ in self.everywhere:
            return True
        return any(type_ in types for types in self.within.values())

    def keep(self, before: "Rights") -> bool:
        """Whether nothing is lost of what could be seen `before`."""
        if self.everything:
            return True
        if before.everything or not before.everywhere <= self.everywhere:
            return False
        return all(
            types - self.everywhere <= self.within.get(namespace, frozenset())
            for namespace, types in before.within.items()
        )

    @cached_property
    def digest(self) -> str:
        """A name of these rights: what is drawn for one may be shown to others with the same."""
        if self.everything:
            return ""
        places = sorted((name, sorted(types)) for name, types in self.within.items())
        named = msgspec.json.encode((sorted(self.everywhere), places))
        return hashlib.sha256(named).hexdigest()


EVERYTHING = Rights(everything=True)
NOTHING = Rights()


class Seeing:
    """The rights of one request or socket, which may grow while it lasts."""

    def __init__(self, rights: Rights) -> None:
        self.rights = rights


_seeing: ContextVar[Seeing | None] = ContextVar("seeing", default=None)


class _Unsaid:
    """What is seen where nothing is said of whoever looks."""

    rights = EVERYTHING


def only_what_is_said() -> None:
    """From now on, whoever nothing is said of sees nothing."""
    _Unsaid.rights = NOTHING


def seen() -> Rights:
    """Return the rights of whoever asks now."""
    seeing = _seeing.get()
    return _Unsaid.rights if seeing is None else seeing.rights


@contextmanager
def seeing(rights: Rights) -> Iterator[Seeing]:
    """Within this block, history shows what `rights` reach; they may be changed in what is given.

    It holds in the threads and tasks too that are begun within.
    """
    said = Seeing(rights)
    before = _seeing.set(said)
    try:
        yield said
    finally:
        _seeing.reset(before)
