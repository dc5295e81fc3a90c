"""What a Pod waits for: a node, its start, its readiness, its end.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.
"""

from eventstream.explain.outlook import turns
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.troubles import trouble, unproven
from eventstream.explain.pods import condition, is_ready, is_running, node_of, phase
from eventstream.explain.text import listing, sentence
from eventstream.explain.times import when
from eventstream.explain.waits import starting
from eventstream.explain.writes import Write

SCHEDULE, START, READY, STOP = 3, 4, 5, 6
"""Ranks of a Pod's stages among those of a rollout."""

_UNBOUND = "unbound immediate PersistentVolumeClaims"


def holding(snapshot: Snapshot, write: Write) -> Holding | None:
    """What this Pod waits for, or None if it is ready (or has ended as it should)."""
    image = write.image
    name = image.metadata.name
    node = node_of(image)
    if image.metadata.deletion_timestamp:
        return _stopping(snapshot, write, name, node)
    if phase(image) in ("Succeeded", "Failed"):
        return None
    shaky = unproven(snapshot, write)
    if shaky is not None:
        return Holding(
            READY, "kubelet", node, when(write), f"Pod {name} to stay ready", *shaky, wait="ready"
        )
    if is_ready(image):
        return None
    since = _since(write)
    if not node:
        return _unscheduled(write, name, since)
    started = is_running(image)
    waiting_for = f"Pod {name} to become ready" if started else f"Pod {name} to start"
    rank = READY if started else START
    wait = "ready" if started else starting(write)
    wrong = trouble(snapshot, write)
    if wrong is not None:
        rank = min(rank, START)
        return Holding(rank, "kubelet", node, since, waiting_for, *wrong, wait=wait)
    late = "not-ready" if started else ""
    since = turns.unready(write) if started else since
    return Holding(rank, "kubelet", node, since, waiting_for, late=late, wait=wait)


def _stopping(snapshot: Snapshot, write: Write, name: str, node: str) -> Holding:
    waiting_for = f"Pod {name} to stop"
    held = write.image.metadata.finalizers
    if write.image.metadata.deletion_grace_period_seconds == 0 and held:
        job = held == ("batch.kubernetes.io/job-tracking",)
        actor = "job-controller" if job else "client"
        waiting_for = f"Pod {name} to be let go by {listing(list(held))}"
        since = when(write)
        return Holding(STOP, actor, "", since, waiting_for, late="finalizer-stuck", wait="let-go")
    if not node:
        return Holding(STOP, "client", "", when(write), waiting_for)
    wrong = trouble(snapshot, write)
    since, granted = when(write), float(write.image.metadata.deletion_grace_period_seconds or 0)
    if wrong is not None and wrong[0] == "node-lost":
        return Holding(STOP, "kubelet", node, since, waiting_for, *wrong, wait="stop")
    return Holding(
        STOP,
        "kubelet",
        node,
        since,
        waiting_for,
        late="terminating-slow",
        wait="stop",
        granted=granted,
    )


def _since(write: Write) -> float:
    """When the baton came to whoever holds it: the binding, else the Pod's creation."""
    for earlier in reversed(write.log.writes):
        rule = earlier.verdict.rule if earlier.verdict else ""
        if earlier.order <= write.order and rule in ("bound", "made-for-owner", "client-created"):
            return when(earlier)
    return when(write)


def _unscheduled(write: Write, name: str, since: float) -> Holding:
    found = condition(write.image, "PodScheduled")
    waiting_for = f"a node for Pod {name}"
    scheduler = getattr(write.image.spec, "scheduler_name", "") or "default-scheduler"
    gates = [gate.name for gate in getattr(write.image.spec, "scheduling_gates", ())]
    if gates:
        detail = f"Pod {name} is not to be scheduled while it has {listing(gates)} as a gate."
        waiting_for = f"Pod {name} to lose its scheduling gates"
        return Holding(SCHEDULE, "client", "", since, waiting_for, "scheduling-gated", detail)
    message = found.message or found.reason or "" if found and found.status == "False" else ""
    if not message:
        since = turns.ungated(write, since)
        return Holding(SCHEDULE, "scheduler", scheduler, since, waiting_for, wait="bind")
    if _UNBOUND in message:
        detail = f"Pod {name} waits for its volume claims, which are not bound yet."
        actor = "persistentvolume-controller"
        code = "volume-pending"
        return Holding(SCHEDULE, actor, "", since, waiting_for, code, detail, wait="bind-volume")
    nominated = getattr(write.image.status, "nominated_node_name", None)
    if nominated:
        waiting_for = f"room on {nominated} for Pod {name}, where others have to stop first"
        return Holding(SCHEDULE, "scheduler", scheduler, since, waiting_for, wait="bind")
    detail = sentence(f"No node takes Pod {name}: {_first(message)}")
    code = "unschedulable"
    return Holding(SCHEDULE, "scheduler", scheduler, since, waiting_for, code, detail, wait="bind")


def _first(message: str) -> str:
    """The scheduler's first sentence: what each node lacks; preemption is told after it."""
    return message.partition(". ")[0]
