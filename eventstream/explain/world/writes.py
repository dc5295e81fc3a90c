"""One write to one object, what was decided of it, and the log of the writes to that object."""

from bisect import bisect_left, bisect_right
from typing import Literal, NoReturn

import msgspec

from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Evidence, Grade, Loop, ObjectRef, StepDraft, Verb
from eventstream.explain.world.claims import Match, Said, Telling, Writer
from eventstream.explain.world.families import NO_FAMILY, Askers, Family, by_order
from eventstream.explain.world.pods import read_pod
from eventstream.objects.changes import FieldChange, diff
from eventstream.objects.observations import Change

_TYPICAL, _MOST = 8192, 256 * 1024
"""Bytes that a version of unknown size came in, and that count of the largest: more is not kept."""

_WRITE, _TEXT = 2048, 256
"""Bytes that a decided write takes beside its object, and a label or an annotation."""

_PART = 4
"""Of a built-in kind about a quarter of what came is kept; another's values take four times it."""


class Burst(msgspec.Struct, gc=False, eq=False):
    """The place of a write among like ones that follow each other closely; see `bursts`.

    `number` counts them from 1 on; `head` is the write whose step stands for this one too, None
    for one that has its own. That step stands for `count` writes, the last of which came at
    `until` (unix seconds). `restored` says that an earlier run counted them.
    """

    count: int = 1
    until: float = 0.0
    restored: bool = False
    number: int = 1
    head: "Write | None" = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who wrote, what, and why. `causes` are the writes that this one answers, primary first.

    `begins` says that this write begins a trace of its own (a client acted); without it and
    without causes the step goes to the background trace of its object. A rule gives either the
    words or a `telling` that makes them. `stranger` is how the words call a client that is not
    known by name, where that is not just "A client". The garbage collector need not look inside:
    `forgetting` takes verdicts apart.
    """

    rule: RuleName
    actor: str
    verb: Verb
    what: str = ""
    why: str = ""
    who_grade: Grade
    why_grade: Grade
    actor_name: str = ""
    subresource: str | None = None
    causes: "tuple[Write, ...]" = ()
    begins: bool = False
    evidence: tuple[Evidence, ...] = ()
    source_url: str = ""
    loop: Loop | None = None
    telling: Telling | None = None
    documented: tuple[int, ...] = ()
    documented_store: tuple[int, ...] = ()
    documented_broadcast: tuple[int, ...] = ()
    node: str | None = None
    stranger: str = ""

    @property
    def said(self) -> Said:
        """Its words; those of a telling are made anew each time."""
        if self.telling is not None:
            return self.telling.said()
        return Said(self.what, self.why, self.evidence, self.loop)

    def told(self) -> "Verdict":
        """The same verdict in words."""
        said = msgspec.structs.asdict(self.said)
        return msgspec.structs.replace(self, telling=None, **said)

    def differs_for_others(self, other: "Verdict") -> bool:
        """Whether what later writes may rest on differs: the rule, or who acted."""
        return (self.rule, self.begins, self.actor, self.actor_name) != (
            other.rule,
            other.begins,
            other.actor,
            other.actor_name,
        )


class Decision(msgspec.Struct, gc=False, eq=False):
    """What was decided of one write: its entry in the ledger, which alone changes.

    `verdict` is who wrote, what and why; `draft` its step, as it was last told, and `trace` the id
    of the trace that this is in. `who` is whom managedFields tell, once asked for, `audit` the
    request that made it, where that is known, and `burst` its place among like writes, where there
    are. `asked` are the logs that the verdict rests on, `drawn` what it tells of. A `settled` one
    is not made again. As for a verdict, the garbage collector need not look inside.
    """

    settled: bool = False
    verdict: Verdict | None = None
    who: Writer | None = None
    draft: StepDraft | None = None
    trace: str = ""
    asked: "list[ObjectLog]" = []
    drawn: tuple[str, ...] = ()
    audit: Match | None = None
    burst: Burst | None = None

    @property
    def rule(self) -> RuleName | Literal[""]:
        """The rule that decided it; empty where none has, or any more."""
        return self.verdict.rule if self.verdict is not None else ""

    @property
    def begins(self) -> bool:
        """Whether it is known to begin a trace of its own."""
        return self.verdict is not None and self.verdict.begins

    def settle(self) -> None:
        """Keep only in which trace it was, and which request made it."""
        self.settled = True
        self.verdict = self.draft = self.who = None
        self.asked.clear()


class _Undecided(Decision):
    """The entry of all that was there when watching began, of which nothing is decided, ever."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"nothing is decided of a base: {name}")

    def settle(self) -> NoReturn:
        raise AttributeError("nothing is decided of a base")


_UNDECIDED = _Undecided(settled=True)


class Write:
    """One version of an object in the order of its domain, which does not change.

    `image` is the object as this write left it (or last was, if it is `gone`), `before` as it was
    before, where that was seen. `order` is the resourceVersion as a number (for a version that is
    not comparable, its place of arrival), `pod` the state of a Pod. A `base` was there when
    watching began, or is settled: it explains others but is no step, and `told_at` is when it came
    about by its own times, once asked for. What was decided of it is told by its `decision`, which
    it shares with no other.
    """

    __slots__ = (
        "_changes",
        "before",
        "change",
        "decision",
        "gone",
        "image",
        "log",
        "order",
        "pod",
        "told_at",
    )

    existed_until = -1

    def __init__(self, change: Change, order: int, log: "ObjectLog", *, base: bool) -> None:
        self.change = change
        self.before = change.before
        self.image = image = change.after
        self.gone = change.type in ("DELETED", "VANISHED")
        self.order = order
        self.told_at: float | None = None
        self.log = log
        self._changes: tuple[FieldChange, ...] | None = None
        self.pod = read_pod(image) if image.kind == "Pod" else None
        self.decision = _UNDECIDED if base else Decision()

    @property
    def base(self) -> bool:
        """Whether nothing is to be decided of it any more, or ever was."""
        return self.decision.settled

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
    def active(self) -> bool:
        """For a Pod: whether controllers count it, as `IsPodActive` does.

        Source: pkg/controller/controller_utils.go, IsPodActive.
        """
        pod = self.pod
        return pod is not None and not (self.gone or pod.leaving or pod.ended)

    @property
    def spec_changed(self) -> bool:
        """Whether this write set the desired state: a creation, or a new generation.

        Of a custom resource whose type has no status apart, what is reported raises that, too:
        https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
        Of claims, Services and others without a generation it is what begins a trace.
        """
        if self.change.type == "ADDED" or self.before is None:
            return not self.gone
        now, was = self.image.metadata, self.before.metadata
        if now.generation == was.generation or now.deletion_timestamp:
            asks = not (now.generation or now.deletion_timestamp) and self.decision.begins
            return asks and any(c.path.startswith("spec") for c in self.changes)
        return not self.changes or not all(c.path.startswith("status") for c in self.changes)


class Vanished(Write):
    """The end of an object that was not seen, which is known to have `existed_until` an order."""

    __slots__ = ("existed_until",)

    def __init__(self, change: Change, order: int, log: "ObjectLog", existed_until: int) -> None:
        super().__init__(change, order, log, base=False)
        self.existed_until: int = existed_until


def row_of(write: Write) -> Write:
    """The write whose step stands for this one: mostly itself."""
    burst = write.decision.burst
    return write if burst is None or burst.head is None else burst.head


class ObjectLog:
    """The writes to one object that open traces still need, and who asked about it.

    `ref` has only a uid until the object was `seen`: an owner is named before. `writes` are in
    order; of most objects there is one, for which a tuple is smaller. `askers` are the
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
        self.resource_key = self.owner = ""
        self.writes: list[Write] | tuple[Write, ...] = ()
        self.family: Family[ObjectLog, Write] = NO_FAMILY
        self.askers: Askers[Write] | None = None
        self.notes: dict[str, dict[str, Change]] | None = None
        self.note_askers: dict[tuple[str, ...], dict[int, Write]] | None = None

    def ask(self, write: Write) -> None:
        """Remember that the decision on a write looked at this object."""
        if self.askers is None:
            self.askers = Askers()
        if id(write) not in self.askers:
            self.askers.add(write)
            write.decision.asked.append(self)

    def ask_for_notes(self, write: Write, reasons: tuple[str, ...]) -> None:
        """Remember that it asked for Events about this object with these reasons."""
        known = self.note_askers = {} if self.note_askers is None else self.note_askers
        askers = known.setdefault(reasons, {})
        if id(write) not in askers:
            askers[id(write)] = write
            write.decision.asked.append(self)

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
        writes = self.writes
        if not writes:
            self.writes = (write,)
            return True
        if isinstance(writes, tuple):
            self.writes = writes = list(writes)
        if write.order > writes[-1].order:
            writes.append(write)
            return True
        self.family.spec = None
        index = bisect_right(writes, write.order, key=by_order)
        if any(
            known.change.type == write.change.type or known.base or write.base
            for known in writes[max(index - 2, 0) : index]
            if known.order == write.order
        ):
            return False
        writes.insert(index, write)
        return True

    def as_owner(self) -> "Family[ObjectLog, Write]":
        """Its family, begun with the first child that names it as its controller."""
        if self.family is NO_FAMILY:
            self.family = Family()
        return self.family

    def after(self, order: int) -> list[Write]:
        """The writes above `order`."""
        writes = self.writes
        if not writes or order >= writes[-1].order:
            return []
        return list(writes[bisect_right(writes, order, key=by_order) :])


def _same_spec(write: Write | None, later: Write) -> bool:
    """Whether nothing set another desired state between these, as their generations tell."""
    generation = later.image.metadata.generation
    return write is not None and generation == write.image.metadata.generation is not None


class Logs(dict[str, ObjectLog]):
    """Object logs by uid: `logs[uid]` begins one for what was not seen yet."""

    def __missing__(self, uid: str) -> ObjectLog:
        log = self[uid] = ObjectLog(uid)
        return log
