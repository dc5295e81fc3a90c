"""Groups the versions that one request makes: a Pod's last two come of one deletion.

A deletion without grace sets the grace period to 0 and then removes the object.
Source: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete.
"""

from typing import TYPE_CHECKING

from eventstream.explain.attribution.writers import writer
from eventstream.explain.audit.requests import Sort
from eventstream.explain.audit.windows import window
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.world.claims import Match, Writer
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

if TYPE_CHECKING:
    from eventstream.explain.audit.pairing import Part

_NAMED = ("created", "appeared", "moved")


class Unit:
    """The versions of one object that one request made, in their order.

    All that a request is compared with is that of the `first`, which shows what was asked for,
    and is worked out once:

    - whether it `deletes`, as a part of a deletion, and of what `sort` it is;
    - its `signer`: who wrote, where managedFields must tell that; None says nothing against anyone;
    - the `window` in which the request must have been under way, from `start` to `end`;
    - the `version` before it, empty where that was not seen, and its own `order` among versions;
    - whether it was `seen` as it was written: when what a list showed was, nobody knows.

    `match` is the request, where that is certain by the last join, if it was `joined` at all.
    """

    __slots__ = (
        "deletes",
        "end",
        "first",
        "joined",
        "match",
        "order",
        "part",
        "seen",
        "signer",
        "sort",
        "start",
        "version",
        "window",
        "writes",
    )

    def __init__(self, writes: tuple[Write, ...]) -> None:
        self.writes = writes
        self.first = write = writes[0]
        self.match: Match | None = None
        self.joined = False
        self.part: Part | None = None
        self.order = write.order
        self.version = write.before.version if write.before is not None else ""
        self.seen = not write.change.relisted and write.change.type != "VANISHED"
        self.deletes = marks_deletion(write)
        self.sort = _sort(write, deletes=self.deletes)
        unsigned = self.deletes or self.sort == "binding"
        self.signer = None if unsigned else _signer(write)
        self.window = window(write, self.signer, deletes=self.deletes)
        self.start, self.end = min(self.window), max(self.window)


def _sort(write: Write, *, deletes: bool) -> Sort:
    if deletes:
        return "change"
    if write.change.type == "ADDED":
        return "creation"
    binds = write.image.kind == "Pod" and node_of(write.image) and not node_of(write.before)
    return "binding" if binds else "change"


def _signer(write: Write) -> Writer | None:
    who = write.decision.who or writer(write)
    return who if who.known and who.basis in _NAMED else None


def units(writes: list[Write]) -> list[Unit]:
    """The writes, which are in order of resourceVersion, by request."""
    found: list[Unit] = []
    for write in writes:
        if found and goes_on(found[-1], write):
            found[-1].writes += (write,)
        else:
            found.append(Unit((write,)))
    return found


def goes_on(unit: Unit, write: Write) -> bool:
    """Whether the request that made this unit made the next version of the same name, too."""
    before = unit.writes[-1]
    return (
        write.gone
        and write.log is before.log
        and not before.gone
        and is_ending(before.image)
        and (write.before is None or write.before.metadata.resource_version == before.image.version)
    )


def is_ending(image: Image) -> bool:
    """Whether the request that left this version is about to remove the object as well."""
    metadata = image.metadata
    return (
        metadata.deletion_grace_period_seconds == 0
        and bool(metadata.deletion_timestamp)
        and not metadata.finalizers
    )
