"""Leaves out of a step or trace what draws on something that a viewer may not see, and says so.

What is left is what the object's own versions show: which object, when, which fields, how it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from eventstream.explain.vocabulary.records import AUDIT, UNKNOWN, Grades, Step, Trace
from eventstream.history.rights import Rights

NAMED_MOST = 4
"""So many of what is not seen are named."""

_CHANGES = {
    "ADDED": "was created",
    "DELETED": "was deleted",
    "VANISHED": "is gone",
    "EXISTING": "was there when watching began",
}


def step_for(step: Step, rights: Rights) -> Step:
    """Return a step as far as `rights` reach what it draws on."""
    lacking = _lacking(step.sources, rights)
    if not lacking:
        return step
    object_ = f"{step.object.kind} {step.object.name}"
    what = f"{object_} {_CHANGES.get(step.change_type, 'was changed')}."
    if step.verb == "renew":
        what = f"The node of {object_} sent heartbeats."
    what = f"{what} More of this step is withheld."
    return replace(
        step,
        what=what,
        why=_words(lacking, rights),
        actor_name="",
        node=None,
        evidence=(),
        loop=None,
        rule="withheld",
        source_url="",
        grades=Grades(step.grades.what, step.grades.who, "unknown"),
        withheld=lacking,
    )


def trace_for(trace: Trace, rights: Rights, steps: int) -> Trace:
    """Return a trace as far as `rights` reach what it draws on; `steps` of it may be seen."""
    lacking = _lacking(trace.sources, rights)
    if not lacking:
        return trace if trace.steps == steps else replace(trace, steps=steps)
    return replace(
        trace,
        cause="its cause is withheld",
        summary=_words(lacking, rights),
        steps=steps,
        holder_name="",
        holders={},
        waiting_for="",
        diagnosis=None,
        diagnosis_evidence=(),
        stages=(),
        usual=None,
        command="",
        mend="",
        withheld=lacking,
        revision=None,
        follows="",
    )


def _lacking(sources: Iterable[str] | None, rights: Rights) -> tuple[str, ...]:
    """The sources that `rights` do not reach."""
    if rights.everything:
        return ()
    return tuple(
        each for each in ((UNKNOWN,) if sources is None else sources) if not _reach(rights, each)
    )


def _reach(rights: Rights, source: str) -> bool:
    type_, _, namespace = source.rpartition("@")
    return rights.reach(type_, namespace)


def _words(lacking: Sequence[str], rights: Rights) -> str:
    """Say what is not told, and why; no namespace is named that is not seen."""
    reasons = []
    kinds: dict[str, set[str]] = defaultdict(set)
    for source in lacking:
        type_, _, namespace = source.rpartition("@")
        if source not in {AUDIT, UNKNOWN}:
            kinds[_place(namespace, rights)].add(type_.partition(".")[0])
    if kinds:
        named = [f"{_listed(sorted(those))} {place}" for place, those in sorted(kinds.items())]
        told = " and of ".join(named)
        reasons.append(f"it draws on objects that you may not list and watch: of kind {told}")
    if AUDIT in lacking:
        reasons.append("it draws on an audit log, which is told to those who may see everything")
    if UNKNOWN in lacking:
        reasons.append("what it draws on was not kept")
    return f"Withheld: {'; '.join(reasons)}."


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(kinds[:NAMED_MOST]) + (" and more" if kinds[NAMED_MOST:] else "")


def _place(namespace: str, rights: Rights) -> str:
    if not namespace:
        return "in no namespace"
    return f"in namespace {namespace}" if namespace in rights.within else "in another namespace"
