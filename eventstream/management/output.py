"""Makes what the command `explain` prints: steps, traces, outlooks, and which rules were asked.

One row is kept for each write. What the API server did with it, stored it in etcd and broadcast it
to watchers, is derived here: the resourceVersion proves the one and our receiving it the other.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from eventstream.explain.controllers.deciding import why
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import (
    Evidence,
    Grades,
    ObjectRef,
    Step,
    StepUpsert,
    Trace,
    part_id,
)
from eventstream.explain.vocabulary.sources import API_CONCEPTS
from eventstream.explain.world.steps import Draft
from eventstream.objects.versions import order_of


def expand(step: Step) -> tuple[Step, ...]:
    """The request, its store and its broadcast; a step of the API server itself has both too.

    A vanished object was neither seen stored nor broadcast, and a refused request never was: each
    stays one step.
    """
    if step.change_type in ("VANISHED", "REFUSED"):
        return (step,)
    return step, _store(step), _broadcast(step)


def _written(step: Step) -> str:
    """What was stored: of a Pod's heartbeat its node's Lease, not the Pod that it speaks for."""
    if step.rule == "heartbeat" and step.node:
        return f"Lease {step.node}"
    return f"{step.object.kind} {step.object.name}"


def _store(step: Step) -> Step:
    named = _written(step)
    gone = step.change_type == "DELETED"
    what = (
        f"The API server removed {named} from etcd, at resourceVersion {step.resource_version}."
        if gone
        else f"The API server stored {named} in etcd as resourceVersion {step.resource_version}."
    )
    said = Evidence(
        "observed", "watch", "the resourceVersion proves the write", "what", step.resource_version
    )
    return _part(
        step, "store", step.documented_store, what, "It accepted the request.", said, step.id
    )


def _broadcast(step: Step) -> Step:
    named = _written(step)
    sent = f"{step.change_type} event of {named} ({step.resource_version})"
    what = f"The API server sent watchers the {sent}."
    why = "Every stored change is sent to all who watch the resource."
    said = Evidence(
        "observed", "watch", "Baton's own watch received it", "what", step.resource_version
    )
    cause = part_id(step.id, "store")
    return _part(step, "broadcast", step.documented_broadcast, what, why, said, cause)


def _part(
    step: Step,
    part: str,
    documented: tuple[int, ...],
    what: str,
    why: str,
    said: Evidence,
    cause: str,
) -> Step:
    return msgspec.structs.replace(
        step,
        id=part_id(step.id, part),
        cause=cause,
        causes=(cause,),
        documented=documented,
        documented_store=(),
        documented_broadcast=(),
        actor="api-server",
        actor_name="",
        verb=part,
        subresource=None,
        what=what,
        why=why,
        grades=Grades("observed", "observed", "inferred"),
        evidence=(said,),
        source_url=API_CONCEPTS,
        rule=part,
        changes=(),
        loop=None,
    )


def step_records(step: Step) -> list[dict[str, Any]]:
    """The request of a step, and the API server's store and broadcast, as records."""
    return [_step(part) for part in expand(step)]


def trace_record(trace: Trace) -> dict[str, Any]:
    """A trace as a record."""
    return {
        "record": "trace",
        "id": trace.id,
        "root": _object(trace.root),
        "title": trace.title,
        "cause": trace.cause,
        "state": trace.state,
        "holder": trace.holder,
        "holder_name": trace.holder_name,
        "holders": trace.holders,
        "waiting_since": _time(trace.waiting_since),
        "diagnosis": trace.diagnosis,
        "summary": trace.summary,
        "started": _time(trace.started),
        "ended": _time(trace.ended),
        "steps": trace.steps,
        "background": trace.background,
        "existing": trace.existing,
        "follows": trace.follows or None,
        "stages": msgspec.to_builtins(trace.stages),
        "usual": msgspec.to_builtins(trace.usual),
        **_diagnosed(trace),
    }


def outlook_record(trace: Trace, at: float) -> dict[str, Any]:
    """How a trace stood at `at` (unix seconds), as a record."""
    return {
        "record": "outlook",
        "trace": trace.id,
        "at": _time(at),
        "state": trace.state,
        "holder": trace.holder,
        "diagnosis": trace.diagnosis,
        "usual": msgspec.to_builtins(trace.usual),
        "summary": trace.summary,
        **_diagnosed(trace),
    }


def _diagnosed(trace: Trace) -> dict[str, Any]:
    """What a diagnosis rests on, and what a person would run."""
    return {
        "diagnosis_evidence": [_evidence(piece) for piece in trace.diagnosis_evidence],
        "command": trace.command or None,
        "mend": trace.mend or None,
    }


def order_key(step: Step) -> tuple[int, float, int, str]:
    """Sorts steps by resourceVersion; those without a comparable one by time, after the rest."""
    order = order_of(step.resource_version)
    if order is None:
        return (1, step.at, 0, step.id)
    return (0, 0.0, order, step.id)


def _step(step: Step) -> dict[str, Any]:
    record: dict[str, Any] = {
        "record": "step",
        "id": step.id,
        "trace": step.trace,
        "cause": step.cause,
        "causes": list(step.causes),
        "documented": list(step.documented),
        "actor": step.actor,
        "actor_name": step.actor_name,
        "verb": step.verb,
        "subresource": step.subresource,
        "object": _object(step.object),
        "resource_version": step.resource_version,
        "at": _time(step.at),
        "clock": step.clock,
        "precision_ms": step.precision_ms,
        "what": step.what,
        "why": step.why,
        "grades": msgspec.to_builtins(step.grades),
        "evidence": [_evidence(piece) for piece in step.evidence],
        "source_url": step.source_url,
        "rule": step.rule,
        "change_type": step.change_type,
        "count": step.count,
    }
    if step.loop is not None:
        record["loop"] = msgspec.to_builtins(step.loop)
    if step.changes:
        record["changes"] = msgspec.to_builtins(step.changes)
    return record


def _evidence(piece: Evidence) -> dict[str, str]:
    return {
        "grade": piece.grade,
        "source": piece.source,
        "claim": piece.claim,
        "text": piece.text,
        "ref": piece.ref,
    }


def _object(ref: ObjectRef) -> dict[str, Any]:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "uid": ref.uid,
    }


def _time(at: float | None) -> str | None:
    """RFC 3339 in UTC with milliseconds."""
    if at is None:
        return None
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def told_why(engine: Engine, upsert: StepUpsert) -> list[str]:
    """Which rules were asked about a step's write, phase by phase, and what each answered."""
    draft = upsert.draft
    if not isinstance(draft, Draft):
        return []  # It stands for no write.
    lines: list[str] = []
    phase = ""
    for asked in why(engine.below(draft.write)):
        if asked.phase != phase:
            phase = asked.phase
            lines.append(f"{phase}: {asked.before}")
        verdict = asked.verdict
        answer = "does not know it"
        if verdict is not None:
            answer = f"{verdict.rule}, by {verdict.actor}; who is {verdict.who_grade}"
        lines.append(f"  {asked.rule}: {answer}")
    if draft.verdict.rule == "audited" or draft.verdict.who_grade == "audited":
        lines.append(f"audit log: {draft.verdict.rule}, by {draft.verdict.actor}")
    return lines
