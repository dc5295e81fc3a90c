"""Whose an object is, and what its controller counts: its children, and when each came and went.

And who must be told of a late write. Of writes they need to know little: see `Ordered`.
"""

from bisect import bisect_left, bisect_right, insort
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.objects.images import Image

by_order = attrgetter("order")


class Ordered(Protocol):
    """A write, as far as it matters here."""

    @property
    def order(self) -> int:
        """Its place among all writes."""

    @property
    def base(self) -> bool:
        """Whether it is settled, or was there when watching began."""

    @property
    def before(self) -> Image | None:
        """The version before it, if there was one."""

    @property
    def image(self) -> Image:
        """The version that it made."""

    @property
    def gone(self) -> bool:
        """Whether it is the object's end."""


L = TypeVar("L")
W = TypeVar("W", bound=Ordered)

HIGHEST = 16
"""Owners above an object that are looked at, and levels below: the deepest trees have five or six.

What lies further off is told apart, in a trace that says so.
"""


def owner_of(image: Image) -> str:
    """The uid of the object's controller; without one, of its first owner; else empty.

    A Node owns the mirrors of its static Pods that they may be collected with it: it makes none,
    and each Pod stands by itself.
    Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
    """
    metadata = image.metadata
    references = metadata.owner_references
    if not references:
        return ""
    owner = references[0] if len(references) == 1 else metadata.controller or references[0]
    return "" if owner.kind == "Node" and image.kind == "Pod" else owner.uid


def is_controlled(image: Image) -> bool:
    """Whether its owner counts it among its own: references without `controller` do not.

    A deployer's Pod is none of the replicas of the ReplicationController that it works for.
    Source: pkg/controller/controller_ref_manager.go, ClaimObject.
    """
    return image.metadata.controller is not None


def changed_hands(write: Ordered) -> bool:
    """Whether the object was adopted or released: it has another controller than before."""
    before = write.before
    if before is None or write.gone:
        return False
    old, new = before.metadata.owner_references, write.image.metadata.owner_references
    if old is new:  # As nearly always: equal references of many objects are one.
        return False
    return old != new and owner_of(before) != owner_of(write.image)


def reference(image: Image) -> ObjectRef:
    """The contract's naming of an object."""
    metadata = image.metadata
    return ObjectRef(
        image.api_version, image.kind, metadata.namespace or None, metadata.name, image.uid
    )


_PART = 8
"""The part of a family's lists that may be of what is settled, or gone."""

_BEFORE = (0, "")
"""The birth of any Pod that was active when watching began: which one it is nobody asks."""
_NONE: Any = ()
_NOBODY: set[str] = set()
"""Stand for what is empty, as most families lose nobody and have no news; never added to."""


class Family(Generic[L, W]):
    """The objects that one object controls.

    `births` and `losses` are orders at which its Pods began and ceased to be active, with their
    uids, so that "how many existed then" is two bisections; `news` are the writes that can move
    its counts. `kinds` are the types of all that it ever controlled, as sources, each with the
    lowest order of one. `spec` remembers one of the owner's own writes and the one that had last
    set its desired state by then: each new child asks for that.
    """

    __slots__ = ("_gone", "_settled", "births", "children", "kinds", "losses", "news", "spec")

    def __init__(self) -> None:
        self.children: dict[str, L] = {}
        self.kinds: dict[str, int] = {}
        self.births: list[tuple[int, str]] = _NONE
        self.losses: list[tuple[int, str]] = _NONE
        self.news: list[W] = _NONE
        self.spec: tuple[W, W | None] | None = None
        self._gone = _NOBODY
        self._settled = 0

    def know(self, kind: str, order: int) -> None:
        """Take note that it controls something of this type, known at this order."""
        if order < self.kinds.get(kind, order + 1):
            self.kinds[kind] = order

    def count_active(self, order: int) -> int:
        """How many Pods were active just before `order`."""
        return bisect_left(self.births, (order, "")) - bisect_left(self.losses, (order, ""))

    def born_between(self, floor: int, order: int) -> int:
        """How many Pods became active above `floor` and below `order`."""
        first = bisect_right(self.births, (floor, "\uffff"))
        return bisect_left(self.births, (order, "")) - first

    def last_birth(self, order: float) -> tuple[int, str] | None:
        """(order, uid) of the last Pod that became active below `order`; (0, "") for a base."""
        return self._last(self.births, order)

    def last_loss(self, order: float) -> tuple[int, str] | None:
        """(order, uid) of the last Pod that ceased to be active below `order`."""
        return self._last(self.losses, order)

    def _last(self, entries: list[tuple[int, str]], order: float) -> tuple[int, str] | None:
        index = bisect_left(entries, (order, ""))
        while index and entries[index - 1][1] in self._gone:
            index -= 1
        return entries[index - 1] if index else None

    def news_between(self, floor: int, order: int) -> list[W]:
        """Writes of children above `floor` and below `order` that can move the counts."""
        first = bisect_right(self.news, floor, key=by_order)
        found = self.news[first : bisect_left(self.news, order, key=by_order)]
        return [write for write in found if not write.base]

    def tell(self, write: W) -> None:
        """Take in a child's write that can move the counts."""
        if not self.news:
            self.news = [write]
        elif write.order >= self.news[-1].order:
            self.news.append(write)  # As nearly always.
        else:
            insort(self.news, write, key=by_order)

    def born(self, uid: str, order: int) -> None:
        """Remember that a Pod became active; at 0 it was so when watching began."""
        self.births = self.births or []
        insort(self.births, (order, uid) if order else _BEFORE)

    def lost(self, uid: str, order: int) -> None:
        """Remember that a Pod ceased to be active."""
        self.losses = self.losses or []
        insort(self.losses, (order, uid))

    def forget(self, gone: set[str], settled: int) -> None:
        """Let go of children that are gone, and of news, of which so many more are settled.

        The lists are gone through when a part of them has to go: a settled trace of one child out
        of a hundred thousand must not cost as many looks.
        """
        own = [child for child in gone if self.children.pop(child, None) is not None]
        if own:
            self._gone = self._gone or set()
            self._gone.update(own)
        self._settled += settled
        if self._settled * _PART > len(self.news):
            self.news = [write for write in self.news if not write.base]
            self._settled = 0
        if len(self._gone) * _PART > len(self.births):
            self._let_go()

    def _let_go(self) -> None:
        """Take out the births and losses of those that are gone: each has as many of both."""
        births, losses = self.births, self.losses
        self.births = [entry for entry in births if entry[1] not in self._gone]
        self.losses = [entry for entry in losses if entry[1] not in self._gone]
        lost, born = len(losses) - len(self.losses), len(births) - len(self.births)
        before = bisect_right(self.births, _BEFORE)
        del self.births[: min(max(lost - born, 0), before)]
        self._gone = _NOBODY


NO_FAMILY: Family[Any, Any] = Family()
"""Shared by all objects that control nothing; never added to."""


_FEW = 32


class Askers(dict[int, W]):
    """The writes whose decision looked at one object: whom a late write must be told to.

    By identity, and in order: of a hundred thousand, those above an order are few.

    Add with `add` alone, which expects one that is not here yet.
    """

    __slots__ = ("_ordered",)

    def __init__(self) -> None:
        super().__init__()
        self._ordered: list[W] = []

    def add(self, write: W) -> None:
        """Remember a write; mostly it is the newest."""
        self[id(write)] = write
        ordered = self._ordered
        if not ordered or write.order >= ordered[-1].order:
            ordered.append(write)
        else:
            insort(ordered, write, key=by_order)

    def discard(self, write: W) -> None:
        """Forget a write; its place goes once half of the places are empty."""
        self.pop(id(write), None)
        if len(self._ordered) > 2 * len(self) + _FEW:
            self._ordered = [each for each in self._ordered if id(each) in self]

    def take_below(self, order: float) -> list[W]:
        """Forget those below `order`, and return them in their order."""
        last = bisect_left(self._ordered, order, key=by_order)
        below, self._ordered = self._ordered[:last], self._ordered[last:]
        return [each for each in below if self.pop(id(each), None) is not None]

    def above(self, order: float) -> list[W]:
        """Those above `order`, in their order."""
        ordered = self._ordered
        if not ordered or ordered[-1].order <= order:
            return []  # As nearly always.
        first = bisect_right(ordered, order, key=by_order)
        return [each for each in ordered[first:] if id(each) in self]
