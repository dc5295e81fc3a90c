"""One write to one object, and the log of the writes to that object, as the engine holds them."""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.explain.world.askers import Askers
from eventstream.explain.world.families import NO_FAMILY, Family, by_order
from eventstream.explain.world.pods import Standing, pod_facts, standing
from eventstream.explain.world.steps import Draft
from eventstream.explain.world.verdict import Verdict
from eventstream.objects.changes import FieldChange, diff
from eventstream.objects.observations import Change

if TYPE_CHECKING:
    from eventstream.explain.world.claims import Match, Writer


_TYPICAL, _MOST = 8192, 256 * 1024
"""Bytes that a version of unknown size came in, and that count of the largest: more is not kept."""

_WRITE, _TEXT = 2048, 256
"""Bytes that a decided write takes beside its object, and a label or an annotation."""

_PART = 4
"""Of a built-in kind about a quarter of what came is kept; another's values take four times it."""


class Burst:
    """The place of a write among like ones that follow each other closely; see `bursts`.

    `number` counts them from 1 on; `head` is the write whose step stands for this one too, None
    for one that has its own. That step stands for `count` writes, the last of which came at
    `until` (unix seconds). `restored` says that an earlier run counted them.
    """

    __slots__ = ("count", "head", "number", "restored", "until")

    def __init__(self, count: int = 1, until: float = 0.0, *, restored: bool = False) -> None:
        self.number = 1
        self.head: Write | None = None
        self.count = count
        self.until = until
        self.restored = restored


class Write:
    """One version of an object in the order of its domain, and what was decided about it.

    `image` is the object as this write left it (or last was, if it is `gone`), `before` as it was
    before, where that was seen; one that vanished is known to have `existed_until` that order.
    `order` is the resourceVersion as a number (for a version that is not comparable, its place
    of arrival), `facts` what controllers count of a Pod. A `base` was there when watching began:
    it explains others but is no step, and `told_at` is when it came about by its own times, once
    asked for. `audit` is the request that made it, where that is known, and `who` is whom
    managedFields tell, once asked for; `burst` is its place among like writes, where there are.
    """

    __slots__ = (
        "_changes",
        "_standing",
        "asked",
        "audit",
        "base",
        "before",
        "burst",
        "change",
        "draft",
        "existed_until",
        "facts",
        "gone",
        "image",
        "log",
        "order",
        "told_at",
        "trace",
        "verdict",
        "who",
    )

    def __init__(self, change: Change, order: int, log: "ObjectLog", *, base: bool) -> None:
        self.change = change
        self.before = change.before
        self.image = image = change.after
        self.gone = change.type in ("DELETED", "VANISHED")
        self.order = order
        self.existed_until = -1
        self.told_at: float | None = None
        self.log = log
        self.base = base
        self._changes: tuple[FieldChange, ...] | None = None
        self._standing: Standing | None = None
        self.facts = pod_facts(image) if image.kind == "Pod" else None
        self.verdict: Verdict | None = None
        self.who: Writer | None = None
        self.draft: Draft | None = None
        self.trace = ""
        self.asked: list[ObjectLog] = []
        self.audit: Match | None = None
        self.burst: Burst | None = None

    @property
    def size(self) -> int:
        """About how many bytes the version takes, without what it shares with the one before."""
        image, before = self.image, self.before
        came = min(self.change.size or _TYPICAL, _MOST)
        size = _WRITE + (came * _PART if type(image.status) is dict else came // _PART)
        now, was = image.metadata, before.metadata if before is not None else None
        if now.labels and (was is None or now.labels is not was.labels):
            size += _TEXT * len(now.labels)
        if now.annotations and (was is None or now.annotations is not was.annotations):
            size += _TEXT * len(now.annotations)
        return size

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """Which fields it changed; found out when first asked, as few rules go by that."""
        if self._changes is None:
            before = None if self.gone else self.before
            self._changes = diff(before, self.image) if before is not None else ()
        return self._changes

    @property
    def standing(self) -> Standing:
        """For a Pod: how far it has come; found out once, as large rollouts ask again and again."""
        if self._standing is None:
            self._standing = standing(self.image)
        return self._standing

    @property
    def active(self) -> bool:
        """For a Pod: whether controllers count it, as `IsPodActive` does.

        Source: pkg/controller/controller_utils.go, IsPodActive.
        """
        facts = self.facts
        if facts is None or self.gone or facts[2]:
            return False
        return facts[0] not in ("Succeeded", "Failed")

    @property
    def spec_changed(self) -> bool:
        """Whether this write set the desired state: a creation, or a new generation."""
        if self.change.type == "ADDED" or self.before is None:
            return not self.gone
        return self.image.metadata.generation != self.before.metadata.generation and not (
            self.image.metadata.deletion_timestamp
        )


def row_of(write: Write) -> Write:
    """The write whose step stands for this one: mostly itself."""
    burst = write.burst
    return write if burst is None or burst.head is None else burst.head


class ObjectLog:
    """The writes to one object that open traces still need, and who asked about it.

    `ref` has only a uid until the object was `seen`: an owner is named before. `askers` are the
    writes whose decision looked at this object or at what it controls; `notes` are the Events
    about it, by reason.
    """

    __slots__ = (
        "askers",
        "family",
        "note_askers",
        "notes",
        "owner",
        "ref",
        "resource_key",
        "seen",
        "uid",
        "writes",
    )

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.ref = ObjectRef("", "", None, "", uid)
        self.seen = False
        self.resource_key = ""
        self.owner: str = ""
        self.writes: list[Write] = []
        self.family: Family = NO_FAMILY
        self.askers: Askers | None = None
        self.notes: dict[str, dict[str, Change]] | None = None
        self.note_askers: dict[tuple[str, ...], dict[int, Write]] | None = None

    @property
    def latest(self) -> Write | None:
        """The newest write that is known."""
        return self.writes[-1] if self.writes else None

    @property
    def exists(self) -> bool:
        """Whether the object is known and not gone."""
        return bool(self.writes) and not self.writes[-1].gone

    def at(self, order: float) -> Write | None:
        """The newest write below `order`; mostly that is the last one, or the one before it."""
        writes = self.writes
        if not writes or writes[-1].order < order:
            return writes[-1] if writes else None
        if len(writes) > 1 and writes[-2].order < order:
            return writes[-2]
        index = bisect_left(writes, order, key=by_order)
        return writes[index - 1] if index else None

    def position(self, order: float) -> int:
        """How many writes lie below `order`."""
        return bisect_left(self.writes, order, key=by_order)

    def last_spec_change(self, order: int) -> Write | None:
        """The newest write below `order` that set the desired state, or is a base."""
        writes, family = self.writes, self.family
        last = self.at(order)
        known, answer = family.spec or (None, None)
        if last is known or last is None:
            return answer if last is not None else None
        found: Write | None = None
        ground: Write | None = None
        for index in range(self.position(order) - 1, -1, -1):
            write = writes[index]
            if write is known:
                found = answer
                break
            if write.base and ground is None:
                ground = write
            if write.spec_changed:
                found = write
                break
        if ground is not None and not _same_spec(found, ground):
            found = ground  # What lay between these two is let go of.
        if family is not NO_FAMILY:
            family.spec = last, found
        return found

    def before(self, write: Write) -> int:
        """The order of the write below this one; -1 where none is known."""
        index = self.position(write.order)
        return self.writes[index - 1].order if index else -1

    def insert(self, write: Write) -> bool:
        """Put the write in its place; False if that version is known already."""
        if not self.writes or write.order > self.writes[-1].order:
            self.writes.append(write)
            return True
        self.family.spec = None
        index = bisect_right(self.writes, write.order, key=by_order)
        if any(
            known.change.type == write.change.type or known.base or write.base
            for known in self.writes[max(index - 2, 0) : index]
            if known.order == write.order
        ):
            return False
        self.writes.insert(index, write)
        return True

    def as_owner(self) -> Family:
        """Its family, begun with the first child that names it as its controller."""
        if self.family is NO_FAMILY:
            self.family = Family()
        return self.family

    def after(self, order: int) -> list[Write]:
        """The writes above `order`."""
        writes = self.writes
        if not writes or order >= writes[-1].order:
            return []
        return writes[bisect_right(writes, order, key=by_order) :]


def _same_spec(write: Write | None, later: Write) -> bool:
    """Whether nothing set another desired state between these, as their generations tell."""
    generation = later.image.metadata.generation
    return write is not None and generation == write.image.metadata.generation is not None


class Logs(dict[str, ObjectLog]):
    """Object logs by uid: `logs[uid]` begins one for what was not seen yet."""

    def __missing__(self, uid: str) -> ObjectLog:
        log = self[uid] = ObjectLog(uid)
        return log
