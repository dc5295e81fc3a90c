"""What each address of the API answers, as types from which its description is made."""

from typing import Any

import msgspec

from dashboard.api.records import Object, Step, Trace


class Problem(msgspec.Struct, frozen=True):
    """Why there is no answer, see RFC 9457."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


class Live(msgspec.Struct, frozen=True):
    """Whether what is told is of now: `state` is live, late or down, and `reason` why it is not."""

    state: str
    word: str
    detail: str
    reason: str


class Cluster(msgspec.Struct, frozen=True):
    """Which cluster is watched; `heartbeat` is when somebody last did."""

    name: str
    server: str
    version: str
    uid: str
    heartbeat: str | None


class Index(msgspec.Struct, frozen=True):
    """This Baton, who asks, and how far history reaches.

    `watch` is where a watch begins that tells of all that comes from now on.
    """

    version: str
    viewer: str
    sees_everything: bool
    cluster: Cluster | None
    live: Live
    watch: str


class TraceCounts(msgspec.Struct, frozen=True):
    """How many traces are in which state, those in the background left out."""

    stalled: int
    running: int
    unknown: int
    superseded: int
    complete: int


class Summary(msgspec.Struct, frozen=True):
    """How a cluster stands in numbers: what may be seen of it, and whether that is of now."""

    cluster: str
    live: Live
    traces: TraceCounts


class TraceList(msgspec.Struct, frozen=True):
    """Traces, the stalled ones first, then those that run; `next` is the cursor of what follows.

    There may be fewer than asked for, or none, before `next` is null: what is rare is looked for a
    piece at a time.
    A watch that begins at `watch` tells of each change since this was read.
    """

    items: list[Trace]
    next: str | None
    watch: str


class StepList(msgspec.Struct, frozen=True):
    """Steps in order, and the cursor of what follows, null at the end.

    There may be fewer than asked for, or none, before that: what is rare is looked for a piece at
    a time.
    """

    items: list[Step]
    next: str | None


class ObjectEntry(msgspec.Struct, frozen=True):
    """An object that exists; `state` and `node` are a Pod's, "" of others."""

    object: Object
    state: str
    node: str


class ObjectList(msgspec.Struct, frozen=True):
    """Objects that exist, and the cursor of what follows, null at the end."""

    items: list[ObjectEntry]
    next: str | None


class Condition(msgspec.Struct, frozen=True):
    """A condition as the object last had it; `since` is the API's own text."""

    type: str
    status: str
    reason: str
    message: str
    since: str


class ObjectDetail(msgspec.Struct, frozen=True):
    """An object that exists, redacted; `content` is what is kept of it.

    `owners` are what controls it, the nearest first, as far as they may be seen; `numbers` the
    counts in its spec and status, by path.
    """

    object: Object
    resource_version: str
    owners: list[Object]
    state: str
    node: str
    created: str
    deleted: str
    generation: int | None
    observed_generation: int | None
    labels: dict[str, str]
    finalizers: tuple[str, ...]
    conditions: list[Condition]
    numbers: dict[str, int]
    content: dict[str, Any]


class Outlook(msgspec.Struct, frozen=True):
    """How one object stands: by the trace that tells of it, null where none does.

    That may be another object's, of which this one is a part. `steps` are the trace's last ones.
    """

    object: Object
    at: str | None
    live: Live
    trace: Trace | None
    steps: list[Step]


class CoverageProblem(msgspec.Struct, frozen=True):
    """What failed, the likely cause, what to do, and the RBAC rule that would allow it."""

    code: str
    message: str
    cause: str
    action: str
    rule: str


class Gap(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """A stretch of one resource's history that nobody saw."""

    resource: str
    from_version: str
    to_version: str
    since: str | None
    until: str | None
    reason: str


class Resource(msgspec.Struct, frozen=True):
    """How well one type is watched."""

    resource: str
    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    state: str
    word: str
    needs_attention: bool
    objects: int
    relists: int
    resource_version: str
    last_event: str | None
    last_contact: str | None
    retry_at: str | None
    lag_seconds: float | None
    unordered: bool
    gap_count: int
    gaps: list[Gap]
    errors: int
    last_error: CoverageProblem | None
    last_error_at: str | None
    problem: CoverageProblem | None


class Holds(msgspec.Struct, frozen=True):
    """How often and how long Baton itself stood still."""

    count: int
    longest_seconds: float


class Kept(msgspec.Struct, frozen=True):
    """What history takes of its disk, and since when it is whole."""

    bytes: int
    bytes_most: float
    since: str | None


class LetGo(msgspec.Struct, frozen=True):
    """What was not followed to its end for want of room."""

    versions: int
    traces: int
    revisions: int


class Coverage(msgspec.Struct, frozen=True):
    """What is watched, what is not and why, and the gaps."""

    at: str
    cluster: Cluster | None
    holds: Holds
    history: Kept | None
    let_go: LetGo
    live: Live
    counts: dict[str, int]
    resources: list[Resource]
    gaps: list[Gap]
    audit_logs: list[dict[str, Any]]
    notifications: dict[str, Any] | None
