"""Prints what the engine says for a person to review: each trace, and what each of its steps says.

Ids, uids and times are left out, so that a change of wording is all that a diff shows.
"""

from eventstream.explain.vocabulary.records import Step, Trace
from tests.explain.tapes import Result


def readable(result: Result) -> str:
    """All traces, oldest first, each with its steps in the order of their versions."""
    steps = sorted(result.steps.values(), key=_order)
    first = {step.trace: _order(step) for step in reversed(steps)}
    traces = sorted(result.traces.values(), key=lambda t: (first.get(t.id, (0, "")), t.title))
    parts = [_told(trace, steps, result) for trace in traces]
    return "\n".join(part for part in parts if part)


def _order(step: Step) -> tuple[int, str]:
    return int(step.resource_version or 0), step.object.uid


def _told(trace: Trace, steps: list[Step], result: Result) -> str:
    own = [step for step in steps if step.trace == trace.id]
    if not own:
        return ""  # An object that was there, and stayed as it was.
    holder = f", held by {trace.holder} {trace.holder_name}".rstrip() if trace.holder else ""
    diagnosis = f", {trace.diagnosis}" if trace.diagnosis else ""
    head = [
        f"=== {trace.title}: {trace.cause}",
        f"    {trace.state}{holder}{diagnosis}: {trace.summary}",
    ]
    return "\n".join([*head, "", *(_step(step, result) for step in own)])


def _step(step: Step, result: Result) -> str:
    part = f"/{step.subresource}" if step.subresource else ""
    name = f" ({step.actor_name})" if step.actor_name else ""
    causes = [
        result.steps[cause].resource_version for cause in step.causes if cause in result.steps
    ]
    after = f", after {' '.join(causes)}" if causes else ""
    grades = f"who {step.grades.who}, why {step.grades.why}"
    about, loop = f"{step.object.kind} {step.object.name}", step.loop
    lines = [
        f"{step.resource_version} {step.actor}{name}: {step.verb}{part} {about}{after}",
        f"    {step.what}",
        f"    {step.why} [{grades}]",
    ]
    if loop is not None:
        lines.append(f"    observe: {loop.observe}; compare: {loop.compare}; act: {loop.act}")
    return "\n".join(lines) + "\n"
