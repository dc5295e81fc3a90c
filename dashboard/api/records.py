"""Traces and steps as JSON documents hold them: of the API, and of `why -o json`.

The names are those of `manage.py explain`. A time is RFC 3339 in UTC with milliseconds, null where
there is none. What the viewer may not see is left out as on the pages, which `withheld` says; where
it is, is not told: the sentences name what they may.
"""

import msgspec

from dashboard import wording
from eventstream.explain.vocabulary import records
from eventstream.explain.vocabulary.records import (
    FieldChange,
    Grade,
    Grades,
    Loop,
    Stage,
    TraceState,
    Usual,
    Verb,
)


class Object(msgspec.Struct, frozen=True, rename="camel"):
    """Which object: `namespace` is null for cluster-scoped ones."""

    api_version: str
    kind: str
    namespace: str | None
    name: str
    uid: str


class Evidence(msgspec.Struct, frozen=True):
    """One reason to believe a claim (what, who or why).

    `ref` is a resourceVersion or an Event's name, to look it up by; `reason` is an Event's, and
    `at` when that was first so, by its reporter's clock.
    """

    grade: Grade
    source: str
    claim: str
    text: str
    ref: str
    reason: str
    at: str | None


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One cause and all that followed from it, and how that stands.

    `holder` is the actor whose move is next, null when nothing is due, and `holder_name` which one;
    `holders` counts all of them. `existing` says that no write was seen to the object itself that
    began it: nobody saw the cause, or another object's trace brought it about, whose id `follows`
    is. `diagnosis` is a stable code, `diagnosis_evidence` what it rests on; `command` shows it,
    `mend` would take it away.
    `withheld` says that the trace draws on what the viewer may not list and watch.
    """

    id: str
    root: Object
    title: str
    cause: str
    state: TraceState
    holder: str | None
    holder_name: str
    holders: dict[str, int]
    waiting_since: str | None
    waiting_for: str
    diagnosis: str | None
    diagnosis_evidence: list[Evidence]
    summary: str
    command: str | None
    mend: str | None
    stages: tuple[Stage, ...]
    usual: Usual | None
    started: str | None
    ended: str | None
    updated: str | None
    steps: int
    root_step: str | None
    existing: bool
    follows: str | None = None
    background: bool
    settled: bool
    withheld: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One write to one object: who did what and why, with a grade for each of these claims.

    `documented` are numbers of the documented sequence that the request itself is,
    `documented_store` and `documented_broadcast` those of the API server's part. `count` is how
    many writes a row stands for. `withheld` is as a trace's.
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
    object: Object
    resource_version: str
    change_type: str
    at: str | None
    clock: str
    precision_ms: int
    what: str
    why: str
    grades: Grades
    evidence: list[Evidence]
    source_url: str
    rule: str
    changes: tuple[FieldChange, ...]
    loop: Loop | None
    count: int
    node: str | None
    withheld: bool


def object_of(ref: records.ObjectRef) -> Object:
    """Return an object's names."""
    return Object(ref.api_version, ref.kind, ref.namespace, ref.name, ref.uid)


def trace_of(trace: records.Trace) -> Trace:
    """Return a trace."""
    return Trace(
        id=trace.id,
        root=object_of(trace.root),
        title=trace.title,
        cause=trace.cause,
        state=trace.state,
        holder=trace.holder,
        holder_name=trace.holder_name,
        holders=trace.holders,
        waiting_since=wording.json_time(trace.waiting_since),
        waiting_for=trace.waiting_for,
        diagnosis=trace.diagnosis,
        diagnosis_evidence=[evidence_of(piece) for piece in trace.diagnosis_evidence],
        summary=trace.summary,
        command=trace.command or None,
        mend=trace.mend or None,
        stages=trace.stages,
        usual=trace.usual,
        started=wording.json_time(trace.started),
        ended=wording.json_time(trace.ended),
        updated=wording.json_time(trace.updated),
        steps=trace.steps,
        root_step=trace.root_step,
        existing=trace.existing,
        follows=trace.follows or None,
        background=trace.background,
        settled=trace.settled,
        withheld=bool(trace.withheld),
    )


def step_of(step: records.Step, seen: frozenset[str] | None = None) -> Step:
    """Return a step, with those of its causes that are `seen`; None says that all are."""
    causes = step.causes if seen is None else tuple(each for each in step.causes if each in seen)
    return Step(
        id=step.id,
        trace=step.trace,
        cause=step.cause if seen is None or step.cause in seen else None,
        causes=causes,
        documented=step.documented,
        documented_store=step.documented_store,
        documented_broadcast=step.documented_broadcast,
        actor=step.actor,
        actor_name=step.actor_name,
        verb=step.verb,
        subresource=step.subresource,
        object=object_of(step.object),
        resource_version=step.resource_version,
        change_type=step.change_type,
        at=wording.json_time(step.at),
        clock=step.clock,
        precision_ms=step.precision_ms,
        what=step.what,
        why=step.why,
        grades=step.grades,
        evidence=[evidence_of(piece) for piece in step.evidence],
        source_url=step.source_url,
        rule=step.rule,
        changes=step.changes,
        loop=step.loop,
        count=step.count,
        node=step.node,
        withheld=bool(step.withheld),
    )


def evidence_of(piece: records.Evidence) -> Evidence:
    """Return a piece of evidence."""
    return Evidence(
        piece.grade,
        piece.source,
        piece.claim,
        piece.text,
        piece.ref,
        piece.reason,
        wording.json_time(piece.at),
    )
