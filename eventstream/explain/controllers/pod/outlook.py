"""Says what a Pod waits for: a node, its start, its readiness and who opens its gates, its end.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
"""

import msgspec

from eventstream.explain.controllers.pod import podstatus
from eventstream.explain.controllers.pod.placing import unplaced
from eventstream.explain.controllers.pod.progress import progress
from eventstream.explain.controllers.pod.troubles import trouble, unproven
from eventstream.explain.outlook.holding import Holding, troubled
from eventstream.explain.outlook.snapshot import Snapshot, returned
from eventstream.explain.vocabulary.registry import FINALIZERS
from eventstream.explain.world.pods import has_ended, is_ready, is_running, node_of
from eventstream.explain.world.text import listing, when
from eventstream.explain.world.writes import Write
from eventstream.objects.managed_fields import covers


def setter(write: Write, gate: str) -> tuple[str, str]:
    """(actor, name) of who last wrote the gate's condition; unknown while nobody has."""
    path = f"status.conditions[{gate}].status"
    for entry in write.image.metadata.managed_fields:
        if covers(entry.fields, path):
            return "custom-controller", entry.manager
    return "unknown", ""


START, READY, STOP = 4, 5, 6
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
        return unplaced(snapshot, write, since)
    wrong = trouble(snapshot, write)
    started = is_running(image)
    rank = READY if started and wrong is None else START
    if wrong is None and (host := podstatus.unready(snapshot, write)) is not None:
        return msgspec.structs.replace(host, rank=rank, about=write)
    return troubled(_bound(snapshot, write, node, rank, since), wrong)


def _bound(snapshot: Snapshot, write: Write, node: str, rank: int, since: float) -> Holding:
    """What a bound Pod is at, in which nothing is known to be wrong."""
    at = progress(snapshot, write, since)
    actor, name = ("kubelet", node) if not at.gate else (setter(write, at.gate))
    return Holding(
        rank,
        actor,
        name,
        max(at.since, returned(snapshot, node)),
        at.what,
        late=at.late,
        patient=at.patient,
        wait=at.wait,
        granted=at.granted,
        about=write,
        works=at.works,
    )


def _stopping(snapshot: Snapshot, write: Write, name: str, node: str) -> Holding:
    waiting_for = f"Pod {name} to stop"
    metadata, since = write.image.metadata, when(write)
    held = metadata.finalizers
    if held and (metadata.deletion_grace_period_seconds == 0 or has_ended(write.image)):
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
        max(since, returned(snapshot, node)),
        waiting_for,
        late="terminating-slow",
        wait="stop",
        granted=float(metadata.deletion_grace_period_seconds or 0),
        about=write,
        stops=True,
    )
    wrong = podstatus.node_lost(snapshot, write)
    host = podstatus.unready(snapshot, write)
    if wrong is None and host is not None and host.patient:
        return msgspec.structs.replace(host, rank=STOP, about=write, stops=True)
    return troubled(plain, wrong)


def _since(write: Write) -> float:
    """When the baton came to whoever holds it: the binding, else the Pod's creation."""
    for earlier in reversed(write.log.writes):
        rule = earlier.decision.rule
        if earlier.order <= write.order and rule in ("bound", "made-for-owner", "client-created"):
            return when(earlier)
    return when(write)
