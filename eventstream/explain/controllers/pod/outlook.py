"""Says how a Pod stands, and what it waits for: a node, its start, who opens its gates, its end.

A Pod that runs may be asked for other resources in place, or for a container to look at it; that it
is ready does not mean that it has done either.
Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate;
https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ (the
conditions PodResizePending and PodResizeInProgress); pkg/kubelet/allocation/allocation_manager.go;
https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.placing import unplaced
from eventstream.explain.controllers.pod.podstates import how_ended
from eventstream.explain.controllers.pod.probing import replaced
from eventstream.explain.controllers.pod.progress import progress
from eventstream.explain.controllers.pod.troubles import (
    PROVEN,
    crash,
    ending,
    lasted,
    of_container,
    trouble,
    unproven,
)
from eventstream.explain.controllers.shared import nodes
from eventstream.explain.deletions.removals import stopped
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, troubled
from eventstream.explain.outlook.snapshot import Snapshot, returned
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.registry import FINALIZERS
from eventstream.explain.world.pods import (
    condition,
    containers,
    has_ended,
    is_ready,
    is_running,
    node_of,
    phase,
    telling,
)
from eventstream.explain.world.text import count, listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import covers
from eventstream.objects.pods import NEVER_RAN, Condition, PodSpec, PodStatus, Terminated


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
    if wrong is None and (host := nodes.node_unready(snapshot, write)) is not None:
        return msgspec.structs.replace(host, rank=rank, about=write)
    return troubled(_bound(snapshot, write, node, rank, since), wrong)


def doubtful(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What makes it doubtful that a Pod stays ready, though its controller may count it so.

    A container that ended again before it was believed counts too: that takes its controller a
    moment to hear of.
    """
    doubt = unproven(snapshot, write)
    if doubt is not None or write.pod is None or write.pod.steady:
        return doubt
    for status in telling(write.image):
        ended = status.state.terminated
        if ended is None or not status.restart_count or lasted(ended) >= PROVEN:
            continue
        if ending(write, status) and not replaced(snapshot, write, status):
            return crash(write, status)
    return None


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
    if stopped(write.image):
        waiting_for = f"Pod {name} to go ({_LEFT})"
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
    wrong = nodes.node_lost(snapshot, write)
    host = nodes.node_unready(snapshot, write)
    if wrong is None and host is not None and host.patient:
        return msgspec.structs.replace(host, rank=STOP, about=write, stops=True)
    return troubled(plain, wrong)


_LEFT = "its containers have ended, and its volumes have to be unmounted first"
"""What is left to do (pkg/kubelet/kubelet.go: `SyncTerminatedPod` waits for the unmounting)."""


def _since(write: Write) -> float:
    """When the baton came to whoever holds it: the binding, else the Pod's creation."""
    for earlier in reversed(write.log.writes):
        rule = earlier.decision.rule
        if earlier.order <= write.order and rule in ("bound", "made-for-owner", "client-created"):
            return when(earlier)
    return when(write)


_ASKED = 6
"""Rank of what is asked of a Pod that runs."""

_PENDING, _RUNNING = "PodResizePending", "PodResizeInProgress"
_INFEASIBLE = " and cannot be on its node as that is"


def asked(snapshot: Snapshot, write: Write, began: Write | None) -> Holding | None:
    """What was asked of a running Pod and is not done yet; None where all of it is."""
    return _resizing(write, began) or _looking(snapshot, write)


def _resizing(write: Write, began: Write | None) -> Holding | None:
    """A resize that waits, goes on, failed, or that the kubelet has not answered yet."""
    name, node = write.image.metadata.name, node_of(write.image)
    pending, running = condition(write.image, _PENDING), condition(write.image, _RUNNING)
    plain = Holding(
        _ASKED,
        "kubelet",
        node,
        when(write),
        f"the resize of Pod {name}",
        late="not-ready",
        wait="resize",
        about=write,
    )
    if pending is not None and pending.status == "True":
        return troubled(plain, _refused(write, pending))
    if running is not None and running.status == "True":
        failed = running.reason == "Error"
        return troubled(plain, _failed(write, running) if failed else None)
    word = getattr(write.image.status, "resize", None)
    if word:  # As kubelets before 1.33 say it, which had no conditions for it.
        return troubled(plain, _refused_of_old(write, word))
    answered = began is None or began.log is not write.log or not _is_resize(began)
    return None if answered or _reported_since(write, began) else plain


def _refused_of_old(write: Write, word: str) -> Trouble | None:
    """What is wrong by the one word that kubelets before 1.33 say of a resize, if anything is."""
    if word not in ("Infeasible", "Deferred"):
        return None
    pod = f"Pod {write.image.metadata.name}"
    never = _INFEASIBLE if word == "Infeasible" else " yet"
    evidence = (proofs.status(write, f"status.resize of {pod} is {word}"),)
    text = f"The resize of {pod} is not done{never}: its node says {word}."
    return Trouble("unschedulable", text, evidence, commands.describe(write))


def _refused(write: Write, found: Condition) -> Trouble:
    """The node cannot give what is asked for: as it is, or not while others use it."""
    pod = f"Pod {write.image.metadata.name}"
    why = said_by(found.message, found.reason) or "it does not say why"
    never = _INFEASIBLE if found.reason == "Infeasible" else ""
    told = f" ({found.reason})" if found.reason else ""
    text = sentence(f"The resize of {pod} is not done{never}{told}: {why}")
    return Trouble("unschedulable", text, (proofs.says(write, found),), commands.describe(write))


def _failed(write: Write, found: Condition) -> Trouble:
    why = found.message or "it does not say why"
    text = sentence(f"The resize of Pod {write.image.metadata.name} fails: {why}")
    return Trouble("start-failed", text, (proofs.says(write, found),), commands.describe(write))


def _is_resize(write: Write) -> bool:
    """Whether a write asked a Pod that runs for other resources."""
    before = write.before
    return before is not None and _resources(before) != _resources(write.image)


def _resources(image: Image) -> list[object]:
    spec = image.spec
    if not isinstance(spec, PodSpec):
        return []
    every = (*spec.init_containers, *spec.containers)
    return [spec.resources, *(container.resources for container in every)]


def _reported_since(write: Write, began: Write | None) -> bool:
    """Whether the kubelet has reported on the Pod since it was asked, for this very spec."""
    seen = getattr(write.image.status, "observed_generation", None)
    generation = write.image.metadata.generation
    if seen is not None and generation is not None:
        return bool(seen >= generation)
    return began is not None and any(
        _reports(later) for later in write.log.after(began.order) if later.order <= write.order
    )


def _reports(write: Write) -> bool:
    """Whether a kubelet wrote it, or changed its status where managedFields name nobody."""
    actor = write.decision.verdict.actor if write.decision.verdict is not None else ""
    told = actor == "unknown" and any(c.path.startswith("status.") for c in write.changes)
    return told or actor == "kubelet"


def _looking(snapshot: Snapshot, write: Write) -> Holding | None:
    """An ephemeral container that has not begun to run."""
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, PodSpec) or not isinstance(status, PodStatus):
        return None
    reported = {found.name: found for found in status.ephemeral_container_statuses}
    for container in spec.ephemeral_containers:
        found = reported.get(container.name)
        if found is not None and (found.state.running or found.state.terminated):
            continue
        what = f"ephemeral container {container.name} of Pod {write.image.metadata.name} to run"
        plain = Holding(
            _ASKED,
            "kubelet",
            node_of(write.image),
            when(write),
            what,
            late="kubelet-slow",
            wait="pull-and-start",
            about=write,
        )
        return troubled(plain, of_container(snapshot, write, found) if found else None)
    return None


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Pod that exists: ready, ended, or what it waits for."""
    image = write.image
    if phase(image) == "Failed":  # Whoever else gives it up may leave it called ready.
        return _failed_pod(snapshot, write)
    if is_ready(image) and not unproven(snapshot, write):
        more = asked(snapshot, write, began)
        if more is not None:
            return pending([more], (), snapshot, "")
        where = f" on {node_of(image)}" if node_of(image) else ""
        return Outlook("complete", f"{named(image)} is ready{where}.", ended=when(write))
    if phase(image) == "Succeeded":
        return Outlook("complete", f"{named(image)} has ended as it should.", ended=when(write))
    held = holding(snapshot, write)
    return pending([held] if held else [], (), snapshot, f"Waiting for {named(image)}.")


def _failed_pod(snapshot: Snapshot, write: Write) -> Outlook:
    """A Pod without a controller stays failed: nobody replaces it."""
    image = write.image
    why = said_by(image.status.message, image.status.reason)
    ended = [
        found
        for found in containers(image)
        if found.state.terminated and found.state.terminated.exit_code
    ]
    codes = [
        f"container {found.name} {_how(found.state.terminated)}"
        for found in ended
        if found.state.terminated
    ]
    seconds = image.spec.active_deadline_seconds
    code = "pod-failed"
    if image.status.reason == "DeadlineExceeded":
        code = "deadline-exceeded"
        why = f"it ran longer than its deadline of {count(seconds or 0, 'second')}"
    detail = sentence(f"{named(image)} failed: {why or listing(codes) or 'it gave no reason'}")
    waiting_for = f"somebody to look after the failed {named(image)}"
    told = f"phase of {named(image)} is Failed ({image.status.reason or 'no reason given'})"
    evidence = (
        proofs.status(write, told),
        *(proofs.reports(write, found) for found in ended),
    )
    wrong = Trouble(code, detail, evidence, commands.describe(write))
    plain = Holding(1, "client", "", when(write), waiting_for, about=write)
    return pending([troubled(plain, wrong)], (), snapshot, "")


def _how(ended: Terminated) -> str:
    """How it ended, with the runtime's reason where its process never ran."""
    if ended.reason in NEVER_RAN and ended.message:
        return f"could not be started: {ended.message.rstrip('.')}"
    return how_ended(ended)
