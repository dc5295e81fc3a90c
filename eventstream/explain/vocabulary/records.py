"""What the engine hands on: steps and traces, as structs that history stores and screens show.

A step is a claim with evidence: who did what to which object and why, each with one grade. One
`Step` is one write; what the API server does with it (store, broadcast) is derived on output, so
that nothing is stored three times. Steps and traces are named so that a write has the same id in
every run and after a restart.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, Protocol

import msgspec

from eventstream.objects.changes import FieldChange
from eventstream.objects.decoding import encode
from eventstream.objects.images import Image

Grade = Literal["observed", "reported", "audited", "inferred", "unknown"]
Verb = Literal[
    "create", "update", "patch", "delete", "bind", "evict", "report", "renew", "store", "broadcast"
]
TraceState = Literal["running", "complete", "stalled", "superseded", "unknown"]
"""How a trace stands; `unknown` where no rule and no stated convention says when it is done."""

FINISHED: frozenset[TraceState] = frozenset({"complete", "superseded", "unknown"})
"""States in which nothing more is expected, so that the trace settles once it is quiet."""

StageState = Literal["done", "current", "stalled", "pending"]


@lru_cache(maxsize=4096)
def _type_of(api_version: str, kind: str) -> str:
    return type_name(api_version.rpartition("/")[0], kind)


def type_name(group: str, kind: str) -> str:
    """What a type is called, whatever version it is read in: `Deployment.apps`, `Pod`."""
    return f"{kind}.{group}" if group else kind


@lru_cache(maxsize=4096)
def source_of(api_version: str, kind: str, namespace: str | None) -> str:
    """The source that an object of this type in this namespace is, see `source_name`."""
    return source_name(_type_of(api_version, kind), namespace)


@lru_cache(maxsize=4096)
def source_name(type_: str, namespace: str | None) -> str:
    """What a type in a namespace is called where something draws on it: `Pod@shop`, `Node@`."""
    return f"{type_}@{namespace or ''}"


AUDIT = source_name("*", None)
"""The source of what an audit log says, which no type governs."""

UNKNOWN = source_name("?", None)
"""Stands for sources that are not known (any more)."""


class ObjectRef(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Which object: `namespace` is None for cluster-scoped ones."""

    api_version: str
    kind: str
    namespace: str | None
    name: str
    uid: str

    @property
    def type(self) -> str:
        """Its kind and group, see `type_name`."""
        return _type_of(self.api_version, self.kind)


class Grades(msgspec.Struct, frozen=True, gc=False):
    """One grade for each of a step's three claims."""

    what: Grade
    who: Grade
    why: Grade


class Evidence(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One reason to believe a claim.

    `source`: watch, list (after a gap), managedFields, event, condition, status (what its reporter
    wrote there), ownerReference, sequence (the documented one) or audit. `claim` says which claim
    it supports: what, who or why. `ref` is a resourceVersion or an Event's name, to look it up by.
    An Event also has its `reason`, and `at`, when it was first so by its reporter's own clock: unix
    seconds, good to `precision_ms`.
    """

    grade: Grade
    source: str
    text: str
    claim: str = "what"
    ref: str = ""
    at: float | None = None
    precision_ms: int = 0
    reason: str = ""


class Loop(msgspec.Struct, frozen=True, gc=False):
    """A controller's three moves in this step, each a short clause, with its two numbers.

    `desired` and `current` are what was compared, where the comparison is one of numbers.
    """

    observe: str
    compare: str
    act: str
    desired: int | None = None
    current: int | None = None


class Step(msgspec.Struct, frozen=True, gc=False):
    """One write to one object, attributed, caused and explained.

    `documented` are numbers of the documented sequence that the request itself is;
    `documented_store` and `documented_broadcast` those of the API server's part. `at` is unix
    seconds on `clock` (arrival, event, object), good to `precision_ms`. `count` is how many
    writes a heartbeat row stands for. `rule` names the rule that decided, "undocumented" where
    none did. `sources` are what its claims draw on beside the object itself, see `source_name`;
    None where that is not known. `withheld` are those of them that a reader may not see, in which
    case the claims are left out: history says so when it is asked, and never stores it.
    """

    id: str
    trace: str
    cause: str | None
    causes: tuple[str, ...]
    documented: tuple[int, ...]
    documented_store: tuple[int, ...]
    documented_broadcast: tuple[int, ...]
    actor: str
    actor_name: str
    verb: Verb
    subresource: str | None
    object: ObjectRef
    resource_version: str
    change_type: str
    at: float
    clock: str
    precision_ms: int
    what: str
    why: str
    grades: Grades
    evidence: tuple[Evidence, ...]
    source_url: str
    rule: str
    changes: tuple[FieldChange, ...] = ()
    loop: Loop | None = None
    count: int = 1
    node: str | None = None
    sources: tuple[str, ...] | None = None
    withheld: tuple[str, ...] = ()


class Stage(msgspec.Struct, frozen=True, gc=False):
    """One stage on the way to a trace's end: a dot on the Now page. `name` is one or two words."""

    name: str
    state: StageState
    done: int = 0
    total: int = 0


class Usual(msgspec.Struct, frozen=True, gc=False):
    """What is usual for one kind of wait in this cluster, and when one is called overdue.

    `key` is stable: the actor, a slash and what it does; `words` say that as a clause. `seen`
    waits of the kind were measured in all; `median` and `p95` are of the newest of them, None
    before the first. `limit` is how long one may last before it is called overdue; `stated` says
    that too few were seen for that to be learned, so that it is a stated default. All in seconds.
    """

    key: str
    actor: str
    words: str
    seen: int
    median: float | None
    p95: float | None
    limit: float
    stated: bool


class WaitsSeen(msgspec.Struct, frozen=True, gc=False):
    """The newest waits of one kind, oldest first, in seconds; `seen` is how many there ever were.

    `at` is when the newest ended (unix seconds). None seen: the kind was let go of.
    """

    key: str
    seen: int
    samples: tuple[float, ...]
    at: float = 0.0


class EarlierRevision(msgspec.Struct, frozen=True, gc=False):
    """A revision that a workload had before watching began, as the object tells that keeps it.

    It came into effect between `since` and `until` (unix seconds), known to the second where these
    are equal; None where nothing is known of it.
    """

    number: int
    kept_in: ObjectRef
    since: float | None
    until: float | None
    what: str
    evidence: tuple[Evidence, ...]

    @property
    def exact(self) -> bool:
        """Whether it is known when it came into effect."""
        return self.since is not None and self.since == self.until


class Trace(msgspec.Struct, frozen=True, gc=False):
    """One cause and all that followed from it.

    `root` is the object whose change began it; `cause` the sentence that says who began it and
    how. `holder` is the actor whose move is next (None when nothing is due), `holder_name` which
    one, `holders` all of them with counts. Times are unix seconds. `existing` says that the cause
    was not seen: the objects were there when watching began, and `started` is their own time.
    `settled` says that nothing but an audit record can change it any more. `usual` is what is usual
    for the wait that `waiting_for` tells of, None where nothing is due that has a usual time;
    `measured` up to which arrival the trace's own waits are counted in that. Where there is a
    `diagnosis`, `diagnosis_evidence` is what it rests on, `command` shows that to a person, and
    `mend` is a command that would take the cause away, where one is obvious. `sources` and
    `withheld` are as a step's. `follows` is the id of another object's trace that brought this one
    about without a write to its own, "" for none. Where there is a `revision`, nobody watched
    anything of it: the trace is what an object tells of it.
    """

    id: str
    root: ObjectRef
    title: str
    cause: str
    state: TraceState
    holder: str | None
    holder_name: str
    holders: dict[str, int]
    waiting_since: float | None
    waiting_for: str
    diagnosis: str | None
    summary: str
    started: float
    ended: float | None
    steps: int
    stages: tuple[Stage, ...] = ()
    existing: bool = False
    settled: bool = False
    background: bool = False
    root_step: str | None = None
    updated: float = 0.0
    usual: Usual | None = None
    measured: float = 0.0
    diagnosis_evidence: tuple[Evidence, ...] = ()
    command: str = ""
    mend: str = ""
    sources: tuple[str, ...] | None = None
    withheld: tuple[str, ...] = ()
    revision: EarlierRevision | None = None
    follows: str = ""


def tells(trace: Trace) -> tuple[bool, bool, bool]:
    """How much a trace says of how its root stands; of those that say as much, the latest counts.

    What was seen to begin, be it by another object's trouble, says more than what was there; and
    what stands still more than what waits for it, or was done beside it.
    """
    begun = not trace.existing or bool(trace.follows)
    return trace.state != "superseded", begun, trace.state == "stalled"


class StepDraft(Protocol):
    """All that a step is made of, which does not change any more."""

    @property
    def id(self) -> str:
        """The step's id."""

    @property
    def trace(self) -> str:
        """The id of its trace."""

    def step(self) -> Step:
        """The step itself."""


Encode = Callable[[Image], bytes]
"""Gives the JSON of an image, see `objects.decoding.encode`.

Who stores memos stores images too, of which the newest are in both: so it can be made once.
"""


class MemoSource(Protocol):
    """All that a memo is made of: what the engine needs of one write to go on after a restart."""

    def encoded(self, encode: Encode) -> bytes:
        """The memo, with its images as `encode` gives them."""


class StepUpsert(msgspec.Struct, frozen=True, gc=False):
    """A step that is new or changed, and the source of the memo that a restart needs.

    Both are made when asked for, so ask once: of a burst of revisions the last is stored. One that
    is `fresh` this engine has not told before; an earlier one may have.
    """

    draft: Step | StepDraft
    source: MemoSource | bytes = b""
    fresh: bool = False

    @property
    def id(self) -> str:
        """The step's id."""
        return self.draft.id

    @property
    def trace(self) -> str:
        """The id of the step's trace."""
        return self.draft.trace

    @property
    def step(self) -> Step:
        """The step."""
        return self.draft if isinstance(self.draft, Step) else self.draft.step()

    @property
    def memo(self) -> bytes:
        """What the engine needs to go on after a restart."""
        return self.memo_by(encode)

    def memo_by(self, encode: Encode) -> bytes:
        """The same, for those who need the JSON of its images too, and make it once for both."""
        return self.source if isinstance(self.source, bytes) else self.source.encoded(encode)


class TraceUpsert(msgspec.Struct, frozen=True, gc=False):
    """A trace that is new or changed; once `trace.settled`, its steps' memos may be forgotten."""

    trace: Trace


class StepRemoved(msgspec.Struct, frozen=True, gc=False):
    """A step or trace whose id no longer exists; history keeps a tombstone in its place."""

    id: str
    kind: Literal["step", "trace"]


class WaitsUpsert(msgspec.Struct, frozen=True, gc=False):
    """What is usual for one kind of wait has changed."""

    waits: WaitsSeen


Upsert = StepUpsert | TraceUpsert | StepRemoved | WaitsUpsert

__all__ = ["FieldChange"]
"""Passed on to those who may not look into `objects`; all else here is of this file."""


_SIZE = 10


def step_id(cluster: str, uid: str, version: str, part: str = "request") -> str:
    """The id of one part (request, store or broadcast) of the write that made this version."""
    return _hash(f"{cluster}\0{uid}\0{version}\0{part}")


def trace_id(cluster: str, root_step: str) -> str:
    """The id of the trace that this step began."""
    return _hash(f"{cluster}\0trace\0{root_step}")


def existing_trace_id(cluster: str, uid: str) -> str:
    """The id of the trace for what happens to an object without a cause that was seen."""
    return _hash(f"{cluster}\0{uid}\0existing")


def revision_trace_id(cluster: str, uid: str, number: int) -> str:
    """The id of the trace of a revision from before watching began, kept in the object `uid`."""
    return _hash(f"{cluster}\0{uid}\0revision\0{number}")


def _hash(parts: str) -> str:
    return blake2b(parts.encode("utf-8", "replace"), digest_size=_SIZE).hexdigest()


def part_id(request: str, part: str) -> str:
    """The id of the store or broadcast part of the write whose request has this id."""
    return _hash(f"{request}\0{part}")
