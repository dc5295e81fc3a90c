"""When a trace is to be looked at again, though nothing of it was written: time passes too."""

import msgspec

from eventstream.explain.vocabulary.records import FINISHED, Trace

QUIET = 30.0
"""Seconds without a new step after which a finished trace is settled."""

_PASSING = frozenset(
    {
        "crash-loop",
        "eviction-blocked",
        "node-lost",
        "oom-killed",
        "preempted",
        "probe-failing",
        "quota-exceeded",
        "volume-pending",
    }
)
"""Diagnoses that pass without a write to the trace's own objects: with time, or elsewhere."""

_GLANCE = 2.0
"""Seconds after which what such a diagnosis rests on is looked at again."""


def at_rest(record: Trace) -> bool:
    """Whether a trace is finished, and only a change of what is its own can turn that."""
    return record.state in FINISHED and not _rests_on_others(record)


def _rests_on_others(record: Trace) -> bool:
    """Whether it rests on Pods of a node, which the node does not own."""
    return record.root.kind == "Node" and record.root_step is not None


def settled(record: Trace, now: float) -> bool:
    """Whether a trace's quiet time is over and nothing is due any more."""
    return record.state in FINISHED and now - record.updated >= QUIET


def next_look(record: Trace, now: float) -> float | None:
    """When time alone may change the judgement (unix seconds): it settles, or a wait is overdue."""
    glance = now + _GLANCE
    elsewhere = _rests_on_others(record)
    if record.state in FINISHED:
        quiet = record.updated + QUIET
        return min(glance, quiet) if elsewhere else quiet
    if elsewhere:
        return glance
    if record.state == "running" and record.usual and record.waiting_since is not None:
        return max(record.waiting_since + record.usual.limit + 0.001, now)
    if record.diagnosis in _PASSING or (record.state == "running" and record.holder):
        return glance
    return None


def as_settled(record: Trace) -> Trace:
    """The same record, marked settled."""
    return msgspec.structs.replace(record, settled=True)
