"""Says what a trace began with, what overtook it, and with what other changes it is held up.

A later change replaces an earlier one only in what it asks itself: a template replaces a template,
a scale a scale. Source:
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
#rollover-aka-multiple-updates-in-flight
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.explain.controllers.deciding import assess
from eventstream.explain.controllers.shared import revisions, workloads
from eventstream.explain.controllers.shared.podcounts import PodCounts, missing_pods
from eventstream.explain.deletions.deciding import marks_deletion
from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.outlook.holding import Holding, Outlook
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a, pods_maker, title
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.known import AUTOSCALER, name_key
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.text import asker, listing, named, when
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_VERBS = {"create": "created", "delete": "deleted", "evict": "evicted"}


def cause_of(trace: TraceLog, world: World) -> str:
    """What began the trace, as `image of c nginx 1.26 → 1.27 by kubectl-set (…)`."""
    began = trace.began
    if began is None and trace.aside:
        return trace.aside.cause
    if began is None or began.decision.verdict is None:
        latest = trace.root.latest
        since = latest.image.metadata.creation_timestamp if latest else None
        existing = f"existing since {since or 'before Baton watched'}"
        if trace.found:
            return f"{existing}, {trace.found}"
        first = trace.root.writes[0] if trace.root.writes else None
        came = first is not None and first.change.type == "ADDED" and not first.change.existed
        return existing if came else f"{existing}; its cause was not seen"
    if began.decision.verdict.rule == "node-lost":
        return "its kubelet stopped reporting"
    if began.decision.verdict.rule == "node-registered":
        return "registered by its kubelet"
    return told(began, world)


def told(write: Write, world: World) -> str:
    """What a write that was decided did, and who wrote."""
    verdict = write.decision.verdict
    verb = verdict.verb if verdict is not None else ""
    what = _VERBS.get(verb) or _changed(write, world) or "changed"
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
    if verdict.actor == "unknown":
        return verdict.actor_name or "somebody whom the object does not name"
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


def healed(began: Write, above: Write, snapshot: Snapshot) -> tuple[bool, list[Holding]] | None:
    """Whether the owner has, since the deletion, reported that all its Pods are ready again.

    A Pod that fails again and again is ready in between, and no more whole for that. None where
    what was deleted had no Pods, or where the owner counts none of which one could say that.
    """
    desired = getattr(above.image.spec, "replicas", None)
    if is_a(above.image, kinds.DEPLOYMENT) or is_a(above.image, kinds.DAEMONSET):
        if getattr(began.image.spec, "replicas", 1) == 0:
            return None
        outlook = assess(snapshot, above, None)
        # Pods that a ReplicaSet leaves behind may be taken over without a report of its Deployment.
        reported = above.order > began.order or is_a(above.image, kinds.DEPLOYMENT)
        return reported and outlook.state == "complete", list(outlook.holdings)
    if not isinstance(desired, int):
        return None
    counts = PodCounts(snapshot, above)
    # Who makes Pods of any name counts none that had ended, and has nothing to report of its end.
    counted = is_a(above.image, kinds.STATEFULSET) or not has_ended(began.before or began.image)
    reported = (above.order > began.order or not counted) and workloads.reached(above.image)
    if reported and counts.ready == desired and not counts.unproven():
        return True, []
    holdings = [h for h in counts.holdings() if not h.stops]
    maker = pods_maker(above.image)
    actor = maker.actor if maker else "unknown"
    missing = missing_pods(snapshot, above, actor, desired, counts)
    if missing is not None:
        holdings.append(missing)
    if not holdings:
        since, waiting_for = (
            max(when(above), counts.moved),
            f"the status of {named(above.image)} to follow",
        )
        report = Holding(7, actor, "", since, waiting_for, wait="report-status", about=above)
        holdings.append(report)
    return False, holdings


def overtakes(write: Write, trace: TraceLog) -> bool:
    """Whether a later write of another trace asked anew what this trace asked, or ended it."""
    verdict = write.decision.verdict
    if verdict is None or not (verdict.begins or write.decision.trace not in ("", trace.id)):
        return False
    if marks_deletion(write) or _is_lost(write):
        return True
    if not write.spec_changed:
        return False
    of_end = trace.began is not None and ends(trace.began)
    return of_end or _replaces(write, trace.began)


def overtaken_by(over: Write, began: Write | None, *, before: bool) -> str:
    """By what a trace was overtaken, in a sentence; `before` it was done, or nobody knows when."""
    verdict = over.decision.verdict
    by = verdict.actor_name if verdict is not None else ""
    if by and verdict is not None and verdict.actor != "client" and _undoes(over, began):
        return f"Undone by {by}: {named(over.image)} asks for what it asked for before."
    text = f"Overtaken{' before it was done' if before else ''} by a newer change of "
    return f"{text}{named(over.image)}{f' ({by})' if by else ''}."


def _undoes(over: Write, began: Write | None) -> bool:
    """Whether a write sets the desired state back to what it was before another one."""
    if began is None or began.before is None or over.log is not began.log or over.gone:
        return False
    return bool(over.image.spec == began.before.spec)


def _is_lost(write: Write) -> bool:
    return write.decision.rule == "node-lost"


def ends(began: Write) -> bool:
    """Whether a trace is about the end of its object: a deletion, or an eviction announced."""
    evicts = began.decision.verdict is not None and began.decision.verdict.verb == "evict"
    return marks_deletion(began) or evicts


def recreated(began: Write, latest: Write) -> bool:
    """Whether an object whose end began is there again, or still, and is not to go."""
    if latest is began:
        return False
    return not latest.gone and not latest.image.metadata.deletion_timestamp


def brings_stall(trace: TraceLog) -> tuple[bool, float]:
    """What decides with which of several traces a stall stays: the highest.

    What began with another object asked nothing of this one.
    """
    latest = trace.root.latest
    image = latest.image if latest is not None else None
    brings = image is not None and trace.aside is None and _brings_pods(trace.began, image)
    order = trace.began.order if trace.began is not None else trace.floor
    return brings, order if brings else -order


def waiting_for(trace: TraceLog, owner: TraceLog, outlook: Outlook, cause: str) -> Outlook:
    """The same outlook, for a change that waits for what another one is stuck on."""
    holdings = tuple(
        msgspec.structs.replace(held, diagnosis=None, patient=True) for held in outlook.holdings
    )
    began = "what was there before"
    if owner.began is not None:
        mine = trace.began.order if trace.began is not None else trace.lowest
        later = trace.aside is None and mine < owner.began.order
        began = f"{'a later' if later else 'an earlier'} change ({cause})"
    if owner.aside is not None and owner.aside.follows:
        began = f"what came from elsewhere ({cause})"
    summary = f"Waiting for {began}, which is held up: {outlook.summary}"
    return Outlook("running", summary, holdings, outlook.stages)


_TEMPLATE, _ALL = "template", "*"
_REVISION = "deployment.kubernetes.io/revision"
_SWITCHES = {
    "paused": ("paused", "resumed"),
    "suspend": ("suspended", "resumed"),
    "unschedulable": ("cordoned", "uncordoned"),
}
_SHOWN = 3
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` keeps what it was given: of no meaning to others."""


def _replaces(later: Write, began: Write | None) -> bool:
    """Whether what a trace that began with a write asked is all asked anew by a later one.

    A trace without a beginning is about what its object asks in the whole, but for a Node: nothing
    that is asked of one silences its kubelet. What was reported asked for nothing.
    """
    if began is None and later.image.kind == "Node":
        return False
    changes = began.changes if began is not None else ()
    if changes and all(change.path.startswith("status") for change in changes):
        return False
    earlier, now = _parts(began, later.image), _parts(later, later.image)
    if _ALL in earlier or _ALL in now:
        return True
    if _TEMPLATE in earlier:
        return _TEMPLATE in now
    return earlier <= now


def _brings_pods(began: Write | None, image: Image) -> bool:
    """Whether what a trace began with decided what the Pods of its object are made from."""
    if image.kind == "Node":  # Nothing that is asked of one silences or fills it.
        return False
    if began is not None and ends(began):
        return True
    asked = _parts(began, image)
    if _template(image) is None:  # Of other kinds nobody says what they make Pods from.
        return bool(asked - {"replicas", *_SWITCHES})
    return not asked.isdisjoint({_TEMPLATE, _ALL})


def _parts(write: Write | None, image: Image) -> frozenset[str]:
    """The parts of an object's spec that a write asked anew; `*` where that cannot be told apart.

    What creates an object asks its Pod template above all, and so does what was there before. A
    label or an annotation asks nothing of it.
    """
    if write is None or write.before is None or write.change.type == "ADDED":
        return frozenset({_TEMPLATE if _template(image) is not None else _ALL})
    if write.changes and all(change.path.startswith("metadata") for change in write.changes):
        return frozenset()
    paths = [change.path for change in write.changes if change.path.startswith("spec")]
    return frozenset(_part(path) for path in paths) or frozenset({_ALL})


def _part(path: str) -> str:
    _, _, rest = path.partition("spec.")
    return rest.partition(".")[0].partition("[")[0] or _ALL


def _changed(write: Write, world: World) -> str:
    """What a write changed of its object, as `image of c nginx 1.26 → 1.27`; empty if unsaid."""
    before, image = write.before, write.image
    if before is None or write.gone:
        return ""
    found = [*_of_template(write, world), *_of_spec(write)]
    if found:
        return listing(found, _SHOWN)
    kept = [name for change in write.changes for name in _marks(change.path)]
    if kept and image.kind:
        return f"{listing(kept, _SHOWN)} changed"
    hidden = any(change.hidden and change.path == "spec" for change in write.changes)
    return revisions.NOT_KEPT if hidden and _template(image) is not None else ""


def _marks(path: str) -> Iterator[str]:
    """The label or annotation whose path it is, by its key, which may have dots."""
    for word in ("label", "annotation"):
        of = f"metadata.{word}s"
        if path.startswith(of):
            key = path.removeprefix(of).strip(".[]")
            if key != _APPLIED:
                yield f"{word} {key}" if key else f"{word}s"


def _of_template(write: Write, world: World) -> list[str]:
    """What it changed of a Pod template: rolled back, restarted, other images, or what else."""
    old, new = _template(write.before), _template(write.image)
    if old is None or new is None or old == new:
        return []
    revision = _earlier_revision(write, world)
    if revision:
        images = revisions.images(old, new)
        also = f" ({listing(images, _SHOWN)})" if images else ""
        return [f"rolled back to revision {revision}{also}"]
    return revisions.between(old, new) or ["Pod template changed"]


def _template(image: Image | None) -> Any:
    return getattr(image.spec, "template", None) if image is not None else None


def _earlier_revision(write: Write, world: World) -> str:
    """The revision of the ReplicaSet that the new template is that of, if it was an older one."""
    if not is_a(write.image, kinds.DEPLOYMENT):
        return ""
    wanted = revisions.plain(_template(write.image))
    for child in write.log.family.children.values():
        found = child.at(write.order)
        if found is None or found.gone or owner_of(found.image) != write.log.uid:
            continue
        if found.image.kind == "ReplicaSet" and revisions.plain(_template(found.image)) == wanted:
            return (found.image.metadata.annotations or {}).get(_REVISION, "")
    return ""


def _of_spec(write: Write) -> list[str]:
    """What it changed beside a template: the scale, a switch, or which other fields."""
    before, image = write.before, write.image
    old, new = getattr(before, "spec", None), image.spec
    found: list[str] = []
    for part in sorted(_parts(write, image) - {_TEMPLATE, _ALL}):
        if part == "replicas":
            found.append(f"scaled {_number(old, part)} → {_number(new, part)}")
        elif part in _SWITCHES:
            found.append(_SWITCHES[part][0 if _value(new, part) else 1])
        else:
            found.append(f"{part} changed")
    return found if any(c.path.startswith("spec.") for c in write.changes) else []


def _number(spec: Any, name: str) -> str:
    value = _value(spec, name)
    return "unset" if value is None else str(value)


def _value(spec: Any, name: str) -> Any:
    return spec.get(name) if isinstance(spec, dict) else getattr(spec, name, None)
