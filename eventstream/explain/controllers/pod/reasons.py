"""Says why a kubelet reports what it reports of a Pod: from its Events and from the report itself.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from eventstream.explain.controllers.pod.podstates import Reported, how_ended
from eventstream.explain.world.pods import is_ready, node_of, phase
from eventstream.explain.world.text import listing, named, said_by, sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change

STARTED = {
    "AddedInterface": "had its network attached",
    "Pulled": "had its image at hand",
    "Created": "created the container",
    "Started": "started it",
}
"""Reasons of a kubelet's Events about a start, to what they say that it did."""

_ATTACHED = "SuccessfulAttachVolume"
"""Said by the controller that attaches volumes to nodes: the kubelet waits for it, and mounts."""
_ABOUT_STARTS = (
    "Pulling",
    _ATTACHED,
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
)
_MIRROR = "kubernetes.io/config.mirror"

Shown = tuple[Reported, ...]
Reason = tuple[str, bool, list[Change]]
"""Why, in a sentence; whether the kubelet itself says so; and the Events that do."""


def reason(view: View, cause: Write | None, stage: str, shown: Shown) -> Reason:
    """Why the kubelet reports what is `shown`, in a report of this stage that answers `cause`."""
    if stage == "stopping":
        why = "The Pod is being deleted, so the kubelet stops its containers and reports that."
        told = view.notes(view.write.log.uid, "Killing")
        return why, bool(told), told
    found = _of_containers(view, shown)
    if found is not None:
        return found
    if stage == "running":
        return _started(view, cause, shown)
    if stage == "starting":
        return _starts(view, cause, shown)
    return _again(view, shown)


def _of_containers(view: View, shown: Shown) -> Reason | None:
    """What has gone wrong with a container or the Pod, if that is what the report tells."""
    image = view.write.image
    message = getattr(image.status, "message", None)
    if message and phase(image) == "Failed" != phase(view.write.before):
        said = said_by(message, getattr(image.status, "reason", None))
        return f"The kubelet says: {sentence(said)}", True, []
    for found in shown:
        waiting = found.now.state.waiting
        if waiting and waiting.message:
            told = view.notes(view.write.log.uid, "Failed", "BackOff")
            said = said_by(waiting.message, waiting.reason)
            return f"The kubelet says: {sentence(said)}", True, told
        if found.restarted:
            return _restarted(view, found)
    return None


def _restarted(view: View, found: Reported) -> Reason:
    last = found.now.last_state.terminated if found.now.last_state else None
    killing = [
        note
        for note in view.notes(view.write.log.uid, "Killing")
        if f"Container {found.now.name} failed" in (note.after.spec.message or "")
    ]
    if killing:
        message = killing[-1].after.spec.message or ""
        return f"The kubelet's Event Killing says: {sentence(message)}", True, killing
    how = f"It {how_ended(last)}" if last else "It had ended"
    policy = getattr(view.write.image.spec, "restart_policy", "") or "Always"
    sidecar = found.role == "sidecar"
    so = "as with every sidecar" if sidecar else f"as the Pod's restart policy {policy} asks"
    why = f"{how}; the kubelet started it again, {so} (restart {found.now.restart_count})."
    return why, False, []


def _started(view: View, cause: Write | None, shown: Shown) -> Reason:
    told = view.notes(view.write.log.uid, *STARTED, _ATTACHED)
    says = {note.after.spec.reason for note in told}
    if not says - {_ATTACHED}:
        return _starts(view, cause, shown)
    done = [text for name, text in STARTED.items() if name in says]
    where = f" ({cause.image.version})" if cause and cause.decision.verdict else ""
    why = (
        f"The Pod was bound to {node_of(view.write.image)}{where}; "
        f"the kubelet's Events say that it {listing(done)}."
    )
    return why, True, told


def _starts(view: View, cause: Write | None, shown: Shown) -> Reason:
    image = view.write.image
    if _MIRROR in (image.metadata.annotations or {}):
        return (
            "The kubelet runs this Pod from a file of its own, and shows here how it is.",
            False,
            [],
        )
    told = view.notes(view.write.log.uid, *_ABOUT_STARTS)
    node = node_of(image)
    if cause is None:
        return "The kubelet looks after every Pod that is bound to its node.", False, told
    bound = cause.decision.rule == "bound"
    so = f"was bound to {node} ({cause.image.version})" if bound else f"is bound to {node}"
    first = " Init containers run first, one by one." if _initializing(shown) else ""
    return f"The Pod {so}, so its kubelet starts it.{first}", False, told


def _initializing(shown: Shown) -> bool:
    """Whether some container still waits for the init containers."""
    for found in shown:
        waiting = found.now.state.waiting
        if waiting is not None and waiting.reason == "PodInitializing":
            return True
    return False


def _again(view: View, shown: Shown) -> Reason:
    """A report on a Pod that ran before: what has changed since."""
    write = view.write
    last = view.previous()
    if last is not None and last.decision.rule == "pod-unready":
        why = "The kubelet reports again; the Pod had been marked not ready because of its node."
        return why, False, []
    if is_ready(write.before) and not is_ready(write.image):
        return _unready(view, shown)
    begun = [f.label for f in shown if f.now.started and f.was and f.was.started is False]
    if begun and not is_ready(write.image):
        return f"The startup probe of {listing(begun)} succeeded; other probes follow.", False, []
    if is_ready(write.image) and not is_ready(write.before):
        return "All its containers are ready, and so are its readiness gates, if any.", False, []
    why = f"The kubelet reports again whenever what it knows of {named(write.image)} changes."
    return why, False, []


def _unready(view: View, shown: Shown) -> Reason:
    ends = [found for found in shown if found.now.state.terminated]
    news = [f for f in ends if f.was is None or f.was.state.terminated is None]
    if news:
        names = listing([found.label for found in news])
        return f"The process of {names} ended.", False, []
    told = view.notes(view.write.log.uid, "Unhealthy")
    if told:
        message = told[-1].after.spec.message or ""
        return f"The kubelet's Event Unhealthy says: {sentence(message)}", True, told
    why = "A readiness probe of its containers, or one of its readiness gates, no longer says yes."
    return why, False, []
