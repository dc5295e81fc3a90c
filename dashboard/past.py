"""How a trace stood at an earlier moment, as far as its steps alone can tell.

History keeps the latest revision of a trace, not each that there was. But a stage is done by steps,
and steps are kept: taking back those that came later gives the stages as they were. What can't be
had that way (what was called stalled, who was waited for) is left out and said to be.
"""

from collections.abc import Callable, Sequence

import msgspec

from dashboard.moments import condition_true
from eventstream.explain.vocabulary.records import Stage, Step, Trace


class Then(msgspec.Struct, frozen=True):
    """A trace at a moment: the steps until then, its stages, the last step and what came next.

    `stages` are empty where they can't be derived. `ended` says that it was over by then.
    """

    at: float
    done: int
    total: int
    last: Step | None
    next: Step | None
    stages: tuple[Stage, ...]
    ended: bool


def as_of(trace: Trace, steps: Sequence[Step], at: float, *, whole: bool = True) -> Then:
    """How `trace` stood at `at` (unix seconds), from its steps in order.

    Unless `steps` are the `whole` of them the stages are not derived.
    """
    ended = trace.ended is not None and at >= trace.ended
    past = [step for step in steps if step.at <= at]
    later = sorted((step for step in steps if step.at > at), key=lambda step: step.at)
    stages = trace.stages if ended or not later else _stages(trace, steps, later)
    return Then(
        at=at,
        done=len(past),
        total=len(steps),
        last=max(past, key=lambda step: step.at, default=None),
        next=later[0] if later else None,
        stages=stages if whole else (),
        ended=ended,
    )


def _stages(trace: Trace, steps: Sequence[Step], later: Sequence[Step]) -> tuple[Stage, ...]:
    """The stages with what came later taken back; none if one of them is of an unknown sort."""
    if not all(stage.name in _DONE_BY for stage in trace.stages):
        return ()
    gone = {step.object.uid for step in steps if step.change_type in ("DELETED", "VANISHED")}
    counts = []
    for stage in trace.stages:
        does = _DONE_BY[stage.name]
        undone = {step.object.uid for step in later if does(step)} - gone
        done = 0 if stage.name in _LAST else max(stage.done - len(undone), 0)
        counts.append((stage.name, done, stage.total))
    return _staged(counts)


def _staged(counts: Sequence[tuple[str, int, int]]) -> tuple[Stage, ...]:
    """Stages in order: those before the first unfinished one are done, that one is current."""
    stages: list[Stage] = []
    reached = True
    for name, done, total in counts:
        if reached and done >= total:
            stages.append(Stage(name, "done", done, total))
        else:
            stages.append(Stage(name, "current" if reached else "pending", done, total))
            reached = False
    return tuple(stages)


def _created(kind: str) -> Callable[[Step], bool]:
    return lambda step: step.change_type == "ADDED" and step.object.kind == kind


def _never(_step: Step) -> bool:
    return False


_DONE_BY: dict[str, Callable[[Step], bool]] = {
    "stored": _never,
    "ReplicaSet": _created("ReplicaSet"),
    "Pods": _created("Pod"),
    "scheduled": lambda step: step.verb == "bind",
    "started": lambda step: step.rule == "kubelet-running",
    "ready": lambda step: step.object.kind == "Pod" and condition_true([step], "Ready") is not None,
    "available": _never,
    "reported": _never,
}
"""For each stage the writes that do it; the first is done by the write that began the trace."""

_LAST = frozenset({"available", "reported"})
"""Stages that are done when the trace ends, and not before."""
