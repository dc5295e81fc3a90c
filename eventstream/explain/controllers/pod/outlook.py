"""What a Pod waits for: a node, its start, its readiness, its end.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/.
"""

from eventstream.explain.controllers.pod import claims
from eventstream.explain.controllers.pod.containers import initializing
from eventstream.explain.controllers.pod.scheduling import unschedulable
from eventstream.explain.controllers.pod.troubles import node_lost, trouble, unproven
from eventstream.explain.outlook import commands, proofs, turns
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import Trouble, troubled
from eventstream.explain.outlook.waits import starting
from eventstream.explain.vocabulary.registry import FINALIZERS
from eventstream.explain.world.pods import condition, has_ended, is_ready, is_running, node_of
from eventstream.explain.world.text import listing, said_by
from eventstream.explain.world.times import when
from eventstream.explain.world.writes import Write

SCHEDULE, START, READY, STOP = 3, 4, 5, 6
"""Ranks of a Pod's stages among those of a rollout."""


def holding(snapshot: Snapshot, write: Write) -> Holding | None:
    """What this Pod waits for, or None if it is ready (or has ended as it should)."""
    image = write.image
    name = image.metadata.name
    node = node_of(image)
    if image.metadata.deletion_timestamp:
        return _stopping(snapshot, write, name, node)
    if has_ended(image):
        return None
    shaky = unproven(snapshot, write)
    if shaky is not None:
        steady = Holding(
            READY,
            "kubelet",
            node,
            when(write),
            f"Pod {name} to stay ready",
            wait="ready",
            about=write,
        )
        return troubled(steady, shaky)
    if is_ready(image):
        return None
    since = _since(write)
    if not node:
        return _unscheduled(snapshot, write, name, since)
    started = is_running(image)
    wrong = trouble(snapshot, write)
    rank = READY if started and wrong is None else START
    late = "not-ready" if started else ""
    wait = "ready" if started else starting(write)
    waiting_for = _start(write, name, started=started)
    since = max(turns.unready(write) if started else since, turns.returned(snapshot, node))
    plain = Holding(rank, "kubelet", node, since, waiting_for, late=late, wait=wait, about=write)
    return troubled(plain, wrong)


def _start(write: Write, name: str, *, started: bool) -> str:
    if started:
        return f"Pod {name} to become ready"
    at = initializing(write)
    return f"{at} of Pod {name}" if at else f"Pod {name} to start"


def _stopping(snapshot: Snapshot, write: Write, name: str, node: str) -> Holding:
    waiting_for = f"Pod {name} to stop"
    metadata, since = write.image.metadata, when(write)
    held = metadata.finalizers
    if metadata.deletion_grace_period_seconds == 0 and held:
        known = FINALIZERS.get(held[0]) if len(held) == 1 else None
        actor = known[0] if known is not None else "custom-controller"
        waiting_for = f"Pod {name} to be let go by {listing(list(held))}"
        return Holding(
            STOP, actor, "", since, waiting_for, late="finalizer-stuck", wait="let-go", about=write
        )
    if not node:
        return Holding(STOP, "client", "", since, waiting_for, about=write, stops=True)
    plain = Holding(
        STOP,
        "kubelet",
        node,
        since,
        waiting_for,
        late="terminating-slow",
        wait="stop",
        granted=float(metadata.deletion_grace_period_seconds or 0),
        about=write,
        stops=True,
    )
    return troubled(plain, node_lost(snapshot, write))


def _since(write: Write) -> float:
    """When the baton came to whoever holds it: the binding, else the Pod's creation."""
    for earlier in reversed(write.log.writes):
        rule = earlier.verdict.rule if earlier.verdict else ""
        if earlier.order <= write.order and rule in ("bound", "made-for-owner", "client-created"):
            return when(earlier)
    return when(write)


def _unscheduled(snapshot: Snapshot, write: Write, name: str, since: float) -> Holding:
    found = condition(write.image, "PodScheduled")
    scheduler = getattr(write.image.spec, "scheduler_name", "") or "default-scheduler"
    waiting_for = f"a node for Pod {name}"
    gates = [gate.name for gate in getattr(write.image.spec, "scheduling_gates", ())]
    if gates:
        return _gated(write, name, since, gates)
    message = said_by(found.message, found.reason) if found and found.status == "False" else ""
    if found is None or not message:
        return _binding(snapshot, write, scheduler, turns.ungated(write, since))
    plain = Holding(SCHEDULE, "scheduler", scheduler, since, waiting_for, wait="bind", about=write)
    if claims.concerns(message):
        actor = "persistentvolume-controller"
        waits = Holding(SCHEDULE, actor, "", since, waiting_for, wait="bind-volume", about=write)
        return troubled(waits, claims.pending_claims(snapshot, write, found))
    nominated = getattr(write.image.status, "nominated_node_name", None)
    if nominated:
        waiting_for = (
            f"room on {nominated} for Pod {name}, where Pods of lower priority have to stop first"
        )
        return Holding(
            SCHEDULE,
            "scheduler",
            scheduler,
            since,
            waiting_for,
            late="terminating-slow",
            wait="bind",
            about=write,
        )
    return troubled(plain, unschedulable(write, found))


def _binding(snapshot: Snapshot, write: Write, scheduler: str, since: float) -> Holding:
    """The scheduler has said nothing yet, perhaps as it waits for a volume to be made."""
    name = write.image.metadata.name
    claim = claims.provisioned(snapshot, write)
    if claim is None:
        waiting_for = f"a node for Pod {name}"
        return Holding(
            SCHEDULE, "scheduler", scheduler, since, waiting_for, wait="bind", about=write
        )
    waiting_for = f"a volume for PersistentVolumeClaim {claim.image.metadata.name} of Pod {name}"
    plain = Holding(
        SCHEDULE,
        "persistentvolume-controller",
        "",
        since,
        waiting_for,
        late="volume-pending",
        wait="bind-volume",
        about=claim,
    )
    wrong = claims.failed(snapshot, claim)
    return troubled(plain, claims.pending_claims(snapshot, write) if wrong else None)


def _gated(write: Write, name: str, since: float, gates: list[str]) -> Holding:
    detail = f"Pod {name} is not to be scheduled while it has {listing(gates)} as a gate."
    waiting_for = f"Pod {name} to lose its scheduling gates"
    shown = proofs.seen(write, f"spec.schedulingGates of Pod {name} holds {listing(gates)}")
    wrong = Trouble("scheduling-gated", detail, (shown,), commands.read(write))
    plain = Holding(SCHEDULE, "client", "", since, waiting_for, about=write)
    return troubled(plain, wrong)
