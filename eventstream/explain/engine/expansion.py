"""Derives the API server's own part of a write: stored in etcd, and broadcast to watchers.

One row is kept for each write; the resourceVersion proves that it was stored and our receiving
it that it was broadcast, so nothing need be stored three times.
"""

import msgspec

from eventstream.explain.vocabulary.identity import part_id
from eventstream.explain.vocabulary.records import Evidence, Grades, Step
from eventstream.explain.vocabulary.sources import API_CONCEPTS


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
