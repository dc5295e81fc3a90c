"""What a trace's line in every list says: what was asked, and by whom."""

from eventstream.explain.engine import desired
from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.lookups import AUTOSCALER, name_key
from eventstream.explain.world.text import asker, named
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write

_VERBS = {"create": "created", "delete": "deleted", "evict": "evicted"}


def cause_of(trace: TraceLog, world: World) -> str:
    """What began the trace, as `image of c nginx 1.26 → 1.27 by kubectl-set (…)`."""
    began = trace.began
    if began is None and trace.aside:
        return trace.aside
    if began is None or began.decision.verdict is None:
        latest = trace.root.latest
        since = latest.image.metadata.creation_timestamp if latest else None
        return f"existing since {since or 'before Baton watched'}; its cause was not seen"
    if began.decision.verdict.rule == "node-lost":
        return "its kubelet stopped reporting"
    if began.decision.verdict.rule == "node-registered":
        return "registered by its kubelet"
    return told(began, world)


def told(write: Write, world: World) -> str:
    """What a write that was decided did, and who wrote."""
    verdict = write.decision.verdict
    verb = verdict.verb if verdict is not None else ""
    what = _VERBS.get(verb) or desired.told(write, world) or "changed"
    return f"{what} by {_who(write, world)}"


def _who(write: Write, world: World) -> str:
    verdict = write.decision.verdict
    if verdict is None:
        return "an unknown actor"
    if verdict.actor == "client":
        if write.decision.audit is not None:
            return asker(write.decision.audit.record).rstrip(",")
        name = verdict.actor_name
        return f"{name} (a name the client chose)" if name else "a client"
    if verdict.rule == "autoscaled":
        return _autoscaler(write, world)
    if verdict.actor == "custom-controller" and verdict.actor_name:
        return verdict.actor_name
    return f"the {title(verdict.actor)}"


def _autoscaler(write: Write, world: World) -> str:
    """The HorizontalPodAutoscaler of this object by its name, where that was seen."""
    ref = write.log.ref
    known = world.names.get(name_key(AUTOSCALER, ref.namespace, f"{ref.kind} {ref.name}"), {})
    found = [log.at(write.order) or log.latest for log in known.values()]
    names = sorted(named(scaler.image) for scaler in found if scaler is not None)
    return names[0] if len(names) == 1 else f"the {title('horizontal-pod-autoscaler')}"
