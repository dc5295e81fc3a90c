"""Reads traces and steps back from the API's JSON, as the engine's own records."""

from datetime import datetime

from dashboard.api import records as told
from eventstream.explain.vocabulary.records import Evidence, ObjectRef, Step, Trace


def object_of(each: told.Object) -> ObjectRef:
    """Return an object's names."""
    return ObjectRef(each.api_version, each.kind, each.namespace, each.name, each.uid)


def trace_of(each: told.Trace) -> Trace:
    """Return a trace; raises ValueError where a time is none."""
    return Trace(
        id=each.id,
        root=object_of(each.root),
        title=each.title,
        cause=each.cause,
        state=each.state,
        holder=each.holder,
        holder_name=each.holder_name,
        holders=each.holders,
        waiting_since=moment(each.waiting_since),
        waiting_for=each.waiting_for,
        diagnosis=each.diagnosis,
        summary=each.summary,
        started=moment(each.started) or 0.0,
        ended=moment(each.ended),
        steps=each.steps,
        stages=each.stages,
        existing=each.existing,
        settled=each.settled,
        background=each.background,
        root_step=each.root_step,
        updated=moment(each.updated) or 0.0,
        usual=each.usual,
        diagnosis_evidence=tuple(map(_evidence, each.diagnosis_evidence)),
        command=each.command or "",
        mend=each.mend or "",
        withheld=("",) if each.withheld else (),
    )


def step_of(each: told.Step) -> Step:
    """Return a step; raises ValueError where a time is none."""
    return Step(
        id=each.id,
        trace=each.trace,
        cause=each.cause,
        causes=each.causes,
        documented=each.documented,
        documented_store=each.documented_store,
        documented_broadcast=each.documented_broadcast,
        actor=each.actor,
        actor_name=each.actor_name,
        verb=each.verb,
        subresource=each.subresource,
        object=object_of(each.object),
        resource_version=each.resource_version,
        change_type=each.change_type,
        at=moment(each.at) or 0.0,
        clock=each.clock,
        precision_ms=each.precision_ms,
        what=each.what,
        why=each.why,
        grades=each.grades,
        evidence=tuple(map(_evidence, each.evidence)),
        source_url=each.source_url,
        rule=each.rule,
        changes=each.changes,
        loop=each.loop,
        count=each.count,
        node=each.node,
        withheld=("",) if each.withheld else (),
    )


def moment(text: str | None) -> float | None:
    """Return a time of the API in unix seconds; raises ValueError."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _evidence(each: told.Evidence) -> Evidence:
    at = moment(each.at)
    return Evidence(each.grade, each.source, each.text, each.claim, each.ref, at, 0, each.reason)
