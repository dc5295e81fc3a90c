"""A trace and its steps as spans: pure, from what history tells.

A step's span begins with the write that it answers, where that is of the same trace, and ends with
its own; a step that answers nothing seen is a moment. Its actor is the service. One more span
stands for the trace as a whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode
from opentelemetry.util.types import AttributeValue

from eventstream.explain.vocabulary.records import Evidence, ObjectRef, Step, Trace
from eventstream.otlp.ids import span_number, trace_number
from eventstream.plain import plain
from eventstream.version import VERSION

TEXT_MOST = 1000
LISTED_MOST = 64
"""So many pieces of evidence, and so many fields, are attributes of one span."""

_SCOPE = InstrumentationScope("baton", VERSION)
_NANO = 1_000_000_000
Attributes = dict[str, AttributeValue]


def spans(trace: Trace, steps: Sequence[Step], cluster: str) -> Iterator[ReadableSpan]:
    """Yield the span of a trace, then one for each of its steps; `cluster` is its name or ""."""
    yield _whole(trace, steps, cluster)
    by_id = {step.id: step for step in steps}
    for step in steps:
        yield _span(trace, step, by_id, cluster)


def _whole(trace: Trace, steps: Sequence[Step], cluster: str) -> ReadableSpan:
    last = max((step.at for step in steps), default=trace.started)
    ended = trace.ended if trace.ended is not None else max(trace.updated, last)
    first = min((step.at for step in steps), default=trace.started)
    # What was there before has its own time, which may be years ago.
    begun = first if trace.existing else trace.started
    attributes: Attributes = _about(trace.root) | {
        "baton.trace.id": trace.id,
        "baton.cause": _text(trace.cause),
        "baton.state": trace.state,
        "baton.summary": _text(trace.summary),
        "baton.steps": len(steps),
    }
    if trace.diagnosis:
        attributes["baton.diagnosis"] = trace.diagnosis
        attributes["baton.evidence"] = _evidence(trace.diagnosis_evidence)
    return ReadableSpan(
        name=_text(trace.title),
        context=_context(trace.id, trace.id),
        resource=_resource("kubernetes", cluster),
        attributes=attributes,
        kind=SpanKind.INTERNAL,
        status=_status(trace),
        start_time=_nanoseconds(begun),
        end_time=_nanoseconds(max(ended, begun)),
        instrumentation_scope=_SCOPE,
    )


def _span(trace: Trace, step: Step, by_id: Mapping[str, Step], cluster: str) -> ReadableSpan:
    causes = _causes(step)
    within = [cause for cause in causes if cause in by_id and cause != step.id]
    parent = within[0] if within else trace.id
    begun = min(by_id[parent].at, step.at) if within else step.at
    name = f"{step.verb} {step.object.kind.lower()}/{step.object.name}"
    return ReadableSpan(
        name=_text(name),
        context=_context(trace.id, step.id),
        parent=_context(trace.id, parent),
        resource=_resource(step.actor, cluster, step.actor_name),
        attributes=_attributes(step),
        links=[Link(_context(trace.id, cause)) for cause in within],
        kind=SpanKind.INTERNAL,
        start_time=_nanoseconds(begun),
        end_time=_nanoseconds(step.at),
        instrumentation_scope=_SCOPE,
    )


def _attributes(step: Step) -> Attributes:
    found: Attributes = _about(step.object) | {
        "baton.step.id": step.id,
        "baton.what": _text(step.what),
        "baton.why": _text(step.why),
        "baton.verb": step.verb,
        "baton.resource_version": step.resource_version,
        "baton.rule": step.rule,
        "baton.grade.what": step.grades.what,
        "baton.grade.who": step.grades.who,
        "baton.grade.why": step.grades.why,
        "baton.clock": step.clock,
        "baton.precision_ms": step.precision_ms,
        "baton.count": step.count,
        "baton.evidence": _evidence(step.evidence),
        # Fields by their path: values stay where they are.
        "baton.fields": _listed(change.path for change in step.changes),
    }
    if step.subresource:
        found["baton.subresource"] = step.subresource
    if step.node:
        found["k8s.node.name"] = plain(step.node)
    other = [cause for cause in _causes(step) if cause != step.id]
    if other:
        found["baton.causes"] = _listed(other)
    return found


def _about(object_: ObjectRef) -> Attributes:
    found: Attributes = {
        "baton.object.kind": object_.kind,
        "baton.object.api_version": object_.api_version,
        "baton.object.name": plain(object_.name),
        "baton.object.uid": object_.uid,
    }
    if object_.namespace:
        found["k8s.namespace.name"] = plain(object_.namespace)
    return found


def _causes(step: Step) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (step.cause, *step.causes))))


def _evidence(pieces: Iterable[Evidence]) -> list[str]:
    return _listed(f"{each.claim} {each.grade} by {each.source}: {each.text}" for each in pieces)


def _listed(texts: Iterable[str]) -> list[str]:
    found = [_text(text) for text in texts]
    left = len(found) - LISTED_MOST
    return [*found[:LISTED_MOST], f"and {left} more"] if left > 0 else found


def _text(text: str) -> str:
    text = plain(text)
    return text if len(text) <= TEXT_MOST else f"{text[: TEXT_MOST - 1]}…"


def _resource(actor: str, cluster: str, name: str = "") -> Resource:
    found: Attributes = {"service.name": actor}
    if cluster:
        found["k8s.cluster.name"] = cluster
    if name:
        found["service.instance.id"] = plain(name)
    return Resource(found)


def _status(trace: Trace) -> Status:
    if trace.state == "stalled":
        return Status(StatusCode.ERROR, _text(trace.summary or trace.diagnosis or "stalled"))
    return Status(StatusCode.OK if trace.state == "complete" else StatusCode.UNSET)


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(
        trace_number(trace_id),
        span_number(span_id),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _nanoseconds(at: float) -> int:
    return max(round(at * 1_000_000), 0) * (_NANO // 1_000_000)
