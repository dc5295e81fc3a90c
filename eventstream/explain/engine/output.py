"""The contract's JSON: what the command `explain` prints of steps, traces and outlooks."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from eventstream.explain.engine.expansion import expand
from eventstream.explain.vocabulary.records import Evidence, ObjectRef, Step, Trace
from eventstream.objects.versions import order_of


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
