"""Several clusters below one address: what each is called, and how the process of each one does.

A process in front takes connections and hands each to the process of the cluster that its path
names (`eventstream.front`). Pages learn of both from here; nothing here knows of a process.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from eventstream import clusternames
from eventstream.expressions import expression

SEGMENT = "clusters"
"""`/clusters/NAME/` is where the pages of a cluster begin."""

MOST = 32
"""Clusters below one address: each has a process of its own."""

NAME_MOST = 40
"""Characters of a name: it stands in addresses, and in the name of a schema of PostgreSQL."""

_NAME = expression(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ODD = expression(r"[^a-z0-9]+")


class Named(msgspec.Struct, frozen=True):
    """A cluster: its name in addresses, and what people call it."""

    name: str
    title: str

    @property
    def path(self) -> str:
        """Where its pages begin, below the prefix of all, without a `/` at the end."""
        return f"/{SEGMENT}/{self.name}"


class Asked(msgspec.Struct, frozen=True):
    """A cluster that somebody asks for, and its context; "" is what a process finds by itself."""

    cluster: Named
    context: str


class Fronted(msgspec.Struct, frozen=True):
    """What the process of one cluster is told by the one in front of it.

    `channel` is the descriptor by which connections come, `url` where the front page is found.
    """

    name: str
    clusters: tuple[Named, ...]
    channel: int
    url: str

    @property
    def path(self) -> str:
        """Where the pages of this cluster begin, below the prefix of all."""
        return Named(self.name, "").path


class Standing(msgspec.Struct, frozen=True):
    """How the process of a cluster does, since when (unix seconds).

    `state` is starting, up or down; `why` it is down, and when it is tried `again`.
    """

    state: str
    since: float
    why: str = ""
    again: float | None = None


STATES = ("starting", "up", "down")


class Restarts(msgspec.Struct):
    """How often a process was started again."""

    count: int = 0


restarts = Restarts()
board: dict[Named, Standing] = {}
"""In the process in front: how each cluster does, in the order in which they were asked for."""


def name(text: str) -> str:
    """Return a name as it was given; raises ValueError, which says what is wrong with it."""
    if len(text) > NAME_MOST or not _NAME.fullmatch(text):
        raise ValueError(
            f"{text[:NAME_MOST]!r} is no name of a cluster: {NAME_MOST} small letters, digits and "
            "dashes at most, with no dash at either end, as it stands in addresses"
        )
    return text


def listed(text: str) -> list[str]:
    """Return what stands in a list with commas or spaces between."""
    return text.replace(",", " ").split()


def asked(given: Sequence[str], contexts: Sequence[str] = ()) -> tuple[Asked, ...]:
    """Return the clusters of texts `NAME[=CONTEXT]`, and those of contexts that were named alone.

    Without a context it is that of the cluster's name; with an empty one, what a process finds by
    itself: its Pod's service account. Raises ValueError.
    """
    found = [*map(_given, given), *map(_of_context, contexts)]
    names = [each.cluster.name for each in found]
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise ValueError(
            f"two clusters are called {twice}: give each a name of its own, as NAME=CONTEXT"
        )
    if len(found) > MOST:
        raise ValueError(f"{len(found)} clusters are named, and one Baton shows {MOST} at most")
    return tuple(found)


def path_prefix(fronted: Fronted | None) -> str:
    """Return what addresses of a process begin with below the prefix of all."""
    return fronted.path if fronted is not None else ""


def named_in(path: bytes, names: Iterable[str]) -> str:
    """Return the first of the clusters that a request's path names, "" where it names none."""
    segments = path.partition(b"?")[0].split(b"/")
    known = {each.encode(): each for each in names}
    pairs = pairwise(segments)
    return next((known[b] for a, b in pairs if a == SEGMENT.encode() and b in known), "")


def _given(text: str) -> Asked:
    called, equals, context = text.partition("=")
    called = name(called.strip())
    return Asked(Named(called, called), context.strip() if equals else called)


def _of_context(context: str) -> Asked:
    """A cluster called after its context; letters of an address are small."""
    short = _ODD.sub("-", context[: clusternames.LONGEST].lower())[:NAME_MOST].strip("-")
    try:
        return Asked(Named(name(short), clusternames.checked(context)), context)
    except ValueError as error:
        raise ValueError(f"context {context[:100]!r}: {error}; use NAME=CONTEXT") from error
