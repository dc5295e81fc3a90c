"""How everything but a Deployment stands: other workloads, custom resources, deletions.

Sources: the status fields that each controller documents; kstatus' rules
(https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus) say the same of them.
"""

from typing import Any

from eventstream.explain.outlook import deployments, pods
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.replicasets import PodCounts, creation
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.pods import condition, is_ready, is_true, phase
from eventstream.explain.rules.makers import MAKERS
from eventstream.explain.text import count, named
from eventstream.explain.times import when
from eventstream.explain.writes import ObjectLog, Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in

_WORKLOADS = frozenset({"ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job"})


def assess(snapshot: Snapshot, write: Write, began: Write | None, now: float) -> Outlook:
    """The outlook of an object that exists; `write` is its newest version."""
    kind = write.image.kind
    if kind == "Deployment":
        return deployments.assess(snapshot, write, began, now)
    if write.image.metadata.deletion_timestamp:
        return leaving(snapshot, write, now)
    if kind in _WORKLOADS:
        return _workload(snapshot, write, began, now)
    if kind == "Pod":
        return _pod(write, now)
    if kind == "CustomResourceDefinition":
        return _definition(write, now)
    if not is_built_in(write.image.api_version):
        return _custom(snapshot, write, began, now)
    return Outlook("complete", f"{named(write.image)} is stored.", ended=when(write))


def reached(image: Image) -> bool:
    """Whether a workload's status says that its desired state is reached."""
    spec, status = image.spec, image.status
    generation = image.metadata.generation or 0
    kind = image.kind
    if kind == "Job":
        return is_true(image, "Complete") or is_true(image, "Failed")
    if getattr(status, "observed_generation", 0) < generation:
        return False
    if kind == "DaemonSet":
        desired = status.desired_number_scheduled
        return bool(status.updated_number_scheduled == desired == status.number_available)
    replicas = getattr(spec, "replicas", 0)
    ready = bool(status.replicas == replicas == status.ready_replicas)
    if kind == "StatefulSet" and status.update_revision:
        return ready and status.current_revision == status.update_revision
    return ready


def _workload(snapshot: Snapshot, write: Write, began: Write | None, now: float) -> Outlook:
    image = write.image
    if began is not None and began.log is write.log:
        done = snapshot.settled_at(write.log, began, lambda w: _fits(w) and reached(w.image))
    else:
        done = write if _fits(write) and reached(write.image) else None
    if done is not None:
        return Outlook("complete", _reached_summary(done.image), (), _done(done.image), when(done))
    if not _fits(write):
        return Outlook("running", f"{named(image)} is not as the API documents it; see its flags.")
    maker = MAKERS.get(("Pod", image.kind))
    actor = maker.actor if maker else "unknown"
    counts = PodCounts(snapshot, write)
    found = counts.holdings()
    desired = _desired(image, len(counts.active))
    missing = creation(write, actor, desired, len(counts.active)) if _counted(image) else None
    if missing is not None:
        found.append(missing)
    if not found:
        latest = max(when(write), counts.moved)
        found.append(Holding(7, actor, "", latest, f"the status of {named(image)} to follow"))
    stages = staged(
        [
            ("stored", 1, 1),
            ("Pods", min(len(counts.active), desired), desired),
            ("scheduled", min(counts.scheduled, desired), desired),
            ("started", min(counts.started, desired), desired),
            ("ready", min(counts.ready, desired), desired),
            ("reported", 0, 1),
        ]
    )
    return pending(found, stages, now, f"Waiting for {named(image)}.")


def _fits(write: Write) -> bool:
    return not write.image.flags and not isinstance(write.image.status, dict)


def _counted(image: Image) -> bool:
    return image.kind not in ("DaemonSet", "Job")


def _desired(image: Image, existing: int) -> int:
    if image.kind == "Job":
        return max(existing, 1)
    if image.kind == "DaemonSet":
        return int(image.status.desired_number_scheduled) or existing
    return int(image.spec.replicas)


def _done(image: Image) -> Any:
    return staged([(name, 1, 1) for name in ("stored", "Pods", "ready", "reported")])


def _reached_summary(image: Image) -> str:
    if image.kind == "Job":
        failed = condition(image, "Failed")
        if failed is not None and failed.status == "True":
            return f"{named(image)} failed: {failed.message or failed.reason}."
        return f"{named(image)} completed: {image.status.succeeded} succeeded."
    desired = _desired(image, 0)
    return f"{count(desired, 'Pod')} of {named(image)} ready."


def _pod(write: Write, now: float) -> Outlook:
    image = write.image
    if is_ready(image) or phase(image) in ("Succeeded", "Failed"):
        summary = (
            f"{named(image)} is ready." if is_ready(image) else f"{named(image)} {phase(image)}."
        )
        return Outlook("complete", summary, ended=when(write))
    holding = pods.holding(write)
    return pending([holding] if holding else [], (), now, f"Waiting for {named(image)}.")


def _definition(write: Write, now: float) -> Outlook:
    if is_true(write.image, "Established"):
        summary = f"The type {write.image.spec.names.kind} is served."
        stages = staged([("stored", 1, 1), ("names accepted", 1, 1), ("established", 1, 1)])
        return Outlook("complete", summary, (), stages, when(write))
    accepted = int(is_true(write.image, "NamesAccepted"))
    stages = staged([("stored", 1, 1), ("names accepted", accepted, 1), ("established", 0, 1)])
    waiting_for = f"the type {write.image.metadata.name} to be established"
    return pending([Holding(1, "api-server", "", when(write), waiting_for)], stages, now, "")


def _custom(snapshot: Snapshot, write: Write, began: Write | None, now: float) -> Outlook:
    """A custom resource: acted on, its children as asked for, and its own word if it gives one."""
    image = write.image
    asked = began if began is not None and began.log is write.log else write
    acted = _acted(snapshot, write, asked)
    found: list[Holding] = []
    if not acted:
        waiting_for = f"a custom controller to act on {named(image)}"
        found.append(Holding(1, "custom-controller", "", when(asked), waiting_for))
    done, total = 0, 0
    for child in snapshot.children(write.log):
        total += 1
        outlook = assess(snapshot, child, None, now)
        done += outlook.state == "complete"
        found.extend(outlook.holdings)
    ready = condition(image, "Ready") or condition(image, "Available")
    stages = staged([("stored", 1, 1), ("acted on", int(acted), 1), ("children", done, total)])
    if found:
        return pending(found, stages, now, "")
    says = f" Its condition {ready.type} is {ready.status}." if ready is not None else ""
    owns = f", and its {count(total, 'object')} as asked for" if total else ""
    summary = f"{named(image)} was acted on{owns}.{says}"
    return Outlook("complete", summary, (), stages, when(write))


def _acted(snapshot: Snapshot, write: Write, asked: Write) -> bool:
    if asked.base:
        return True
    writes = [*snapshot.since(write.log, asked.order)]
    for child in write.log.family.children.values():
        writes.extend(snapshot.since(child, asked.order))
    return any(_acts(later) for later in writes)


def _acts(write: Write) -> bool:
    """Whether a custom controller did something: a finalizer alone only announces that it will."""
    if write.verdict is None or write.verdict.actor != "custom-controller":
        return False
    return not write.changes or any(c.path != "metadata.finalizers" for c in write.changes)


def leaving(snapshot: Snapshot, write: Write, now: float) -> Outlook:
    """The outlook of something being deleted, with all that it owns."""
    remaining = list(_remaining(snapshot, write.log))
    if not remaining:
        return Outlook("complete", f"{named(write.image)} is gone.", ended=when(write))
    stages = staged([("asked", 1, 1), ("gone", 0, len(remaining))])
    return pending([_leaving(left) for left in remaining], stages, now, "")


def _remaining(snapshot: Snapshot, log: ObjectLog) -> list[Write]:
    found: list[Write] = []
    own = snapshot.alive(log)
    if own is not None:
        found.append(own)
    for child in log.family.children.values():
        found.extend(_remaining(snapshot, child))
    return found


def _leaving(write: Write) -> Holding:
    image = write.image
    since = when(write)
    waiting_for = f"{named(image)} to be removed"
    if image.kind == "Pod" and image.metadata.deletion_timestamp:
        stopping = pods.holding(write)
        if stopping is not None:
            return stopping
    held = [
        name for name in image.metadata.finalizers if name not in ("foregroundDeletion", "orphan")
    ]
    if image.metadata.deletion_timestamp and held:
        if image.kind == "CustomResourceDefinition":
            return Holding(1, "api-server", "", since, waiting_for)
        return Holding(
            1, "custom-controller", "", since, f"{waiting_for}: held by {', '.join(held)}"
        )
    return Holding(2, "garbage-collector", "", since, waiting_for)
