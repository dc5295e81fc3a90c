"""Why a kubelet reports what it does: its Events say so, or what containers and the Pod have.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/;
pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions.
"""

from eventstream.explain.controllers.pod.podstates import (
    Reported,
    declared,
    how_ended,
    policy_of,
    starts_again,
)
from eventstream.explain.deletions.removals import is_mirror
from eventstream.explain.world.notes import first_told, told_at
from eventstream.explain.world.pods import condition, has_ended, is_ready, node_of
from eventstream.explain.world.text import listing, named, parse, said_by, sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.images import Image
from eventstream.objects.observations import Change
from eventstream.objects.pods import NEVER_RAN, Terminated

STARTED = {
    "AddedInterface": "had its network attached",
    "Pulled": "had its image at hand",
    "Created": "created the container",
    "Started": "started it",
}
"""Reasons of Events about a start, to what they say that the kubelet did; multus tells the first.
"""

_ATTACHED = "SuccessfulAttachVolume"
"""Said by the controller that attaches volumes to nodes: the kubelet waits for it, and mounts."""
_ABOUT_STARTS = (
    "Pulling",
    _ATTACHED,
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
)

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
    if message and has_ended(image) and not has_ended(view.write.before):
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
        ended = found.now.state.terminated
        was = found.was.state.terminated if found.was is not None else None
        if ended is not None and ended.exit_code and was is None:
            ends = f"The process of {found.label} ended."
            if ended.reason in NEVER_RAN:
                ends = f"The process of {found.label} could not be started."
            elif ended.reason == _LOST:
                ends = f"The kubelet did not find {found.label} on its node, so its end is unknown."
            if ended.message:
                return f"The kubelet says: {sentence(ended.message)}", True, []
            return _killed(view, found, ended) or (ends, False, [])
    return None


_LOST = "ContainerStatusUnknown"


def _killed(view: View, found: Reported, last: Terminated | None) -> Reason | None:
    told = _killing(view, found, last)
    if told is None:
        return None
    note, sure = told
    says = f"The kubelet's Event Killing says: {sentence(note.after.spec.message or '')}"
    return says, sure, [note]


def _restarted(view: View, found: Reported) -> Reason:
    last = found.now.last_state.terminated if found.now.last_state else None
    if (told := _killed(view, found, last)) is not None:
        return told
    how = f"It {how_ended(last)}" if last else "It had ended"
    again = f"{how}; the kubelet started it again"
    number = f"(restart {found.now.restart_count})"
    if found.role == "sidecar":
        return f"{again}, as with every sidecar {number}.", False, []
    write, name = view.write, found.now.name
    own = getattr(declared(write, name), "restart_policy", None)
    whose = "its own" if own else "the Pod's"
    policy = f"{whose} restart policy {policy_of(write, name)}"
    if last is None or starts_again(write, name, last):
        return f"{again}, as {policy} asks {number}.", False, []
    return f"{again} {number}. {_OTHERWISE.format(policy[0].upper() + policy[1:])}", False, []


_OTHERWISE = (
    "{} alone does not ask for that: a rule of the container may, or it was changed or resized, or "
    "the Pod's sandbox was made anew."
)
"""Why else a kubelet starts a container again.

Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions.
"""


def _killing(view: View, found: Reported, last: Terminated | None) -> tuple[Change, bool] | None:
    """The Event that says why the kubelet ended the last run; whether it surely tells of that run.

    Of an Event that came several times only the first and the last time are known.
    """
    began = parse(last.started_at) if last is not None else None
    ended = parse(last.finished_at) if last is not None else None
    doubtful: Change | None = None
    for note in reversed(view.notes(view.write.log.uid, "Killing")):
        which = _OF_ONE.match(note.after.spec.message or "")
        if which is None or which[1] != found.now.name:
            continue
        since, until = _times(note)
        if began is None or ended is None:
            return note, True
        if any(began - 1 <= at <= ended + 1 for at in (since, until)):
            return note, True
        if since < began and ended < until and note.after.spec.times > _ENDS and last is not None:
            doubtful = note if last.exit_code else doubtful
    return (doubtful, False) if doubtful is not None else None


def _times(note: Change) -> tuple[float, float]:
    """When an Event happened first and last, as its reporter says."""
    last = told_at(note)
    first = first_told(note.after.metadata.name, note.after.spec)
    return (first[0] if first is not None else last), last


_OF_ONE = expression(r"(?:Container|Init container) (\S+) ")
"""How the Event Killing begins that says why one container is ended, and not its whole Pod.

Sources: pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions;
pkg/kubelet/kuberuntime/kuberuntime_container.go, computeInitContainerActions.
"""

_ENDS = 2
"""Times of an Event that its first and its last timestamp tell of."""


def _started(view: View, cause: Write | None, shown: Shown) -> Reason:
    told = view.notes(view.write.log.uid, *STARTED, _ATTACHED)
    says = {note.after.spec.reason for note in told}
    if not says - {_ATTACHED}:
        return _starts(view, cause, shown)
    done = [text for name, text in STARTED.items() if name in says]
    told_by = "the kubelet's Events say that it"
    if "AddedInterface" in says:
        told_by = "Events say that the kubelet"
    return f"{_bound(view.write.image, cause)}; {told_by} {listing(done)}.", True, told


def _bound(image: Image, cause: Write | None) -> str:
    """Why its kubelet runs this Pod; one that it runs of itself was bound by nobody."""
    if is_mirror(image):
        return "The kubelet runs this Pod from a manifest of its own"
    if cause is not None and cause.decision.rule == "bound":
        return f"The Pod was bound to {node_of(image)} ({cause.image.version})"
    return f"The Pod is bound to {node_of(image)}"


def _starts(view: View, cause: Write | None, shown: Shown) -> Reason:
    image = view.write.image
    if is_mirror(image):
        return f"{_bound(image, cause)}, and shows here how it is.", False, []
    told = view.notes(view.write.log.uid, *_ABOUT_STARTS)
    if cause is None:
        return "The kubelet looks after every Pod that is bound to its node.", False, told
    first = " Init containers run first, one by one." if _initializing(shown) else ""
    return f"{_bound(image, cause)}, so its kubelet starts it.{first}", False, told


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
    begun = [f.label for f in shown if _has_started(write, f)]
    if begun and not is_ready(write.image):
        return f"The startup probe of {listing(begun)} succeeded; other probes follow.", False, []
    if is_ready(write.image) and not is_ready(write.before):
        return "All its containers are ready, and so are its readiness gates, if any.", False, []
    why = f"The kubelet reports again whenever what it knows of {named(write.image)} changes."
    return why, False, []


def _has_started(write: Write, found: Reported) -> bool:
    """Whether its startup probe has just succeeded; without one, to run is to have started.

    Source: pkg/kubelet/prober/prober_manager.go, UpdatePodStatus.
    """
    if not found.now.started or found.was is None or found.was.started is not False:
        return False
    return getattr(declared(write, found.now.name), "startup_probe", None) is not None


def _unready(view: View, shown: Shown) -> Reason:
    ends = [found for found in shown if found.now.state.terminated]
    news = [f for f in ends if f.was is None or f.was.state.terminated is None]
    if news:
        names = listing([found.label for found in news])
        return f"The process of {names} ended.", False, []
    ready = condition(view.write.image, "Ready")
    since = parse(ready.last_transition_time) if ready is not None else None
    at = since if since is not None else view.write.change.at
    told = [
        note
        for note in view.notes(view.write.log.uid, "Unhealthy")
        if (note.after.spec.message or "").startswith("Readiness")
        and _times(note)[0] - _NEAR <= at <= _times(note)[1] + _NEAR
    ]
    if told:
        message = told[-1].after.spec.message or ""
        return f"The kubelet's Event Unhealthy says: {sentence(message)}", True, told
    return _NOT_READY, False, []


_NEAR = 60.0
"""Seconds by which an Event and the report that answers it may be apart, by the kubelet's clock."""

_NOT_READY = (
    "A readiness probe of its containers, or one of its readiness gates, no longer says yes; or "
    "its kubelet was restarted and has not asked yet."
)
"""Why a Pod stops being ready though all its containers run.

Source: pkg/kubelet/status/generate.go, GeneratePodReadyCondition;
pkg/kubelet/prober/prober_manager.go, UpdatePodStatus.
"""
