"""What is known to be wrong with a Pod that has a node, told by its status and its Events.

Each trouble is a stable code and one sentence with the names and numbers of the case.
Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (states and reasons);
pkg/kubelet/images/types.go (the image reasons); pkg/kubelet/events/event.go (the Events).
"""

import re

from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.pods import condition, containers, node_of, waiting_reasons
from eventstream.explain.text import count, listing, sentence
from eventstream.explain.times import when
from eventstream.explain.writes import Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus

Trouble = tuple[str, str]
"""A diagnosis code, and a sentence."""

_IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
)
_MISSING = re.compile(
    r"not found|does not exist|manifest unknown|NotFound|no such image", re.IGNORECASE
)
_DENIED = re.compile(r"denied|unauthorized|authentication|forbidden|\b40[13]\b", re.IGNORECASE)
_BACK_OFF = re.compile(r"back-off (\S+) restarting")
_GAP_SECONDS = 10.0
_PROBE_FAILURES = 3
"""Failures of one probe that are called trouble: the default failureThreshold."""


def trouble(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What keeps a bound Pod from being ready, if it is known to be wrong."""
    return (
        _node_lost(snapshot, write)
        or _waiting(snapshot, write)
        or _mounting(snapshot, write)
        or _probing(snapshot, write)
        or _ending(write)
    )


def _node_lost(snapshot: Snapshot, write: Write) -> Trouble | None:
    """Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (Ready is Unknown)."""
    node = node_of(write.image)
    host = snapshot.by_name("Node", None, node)
    if host is None:
        return None
    if host.change.type == "VANISHED" and snapshot.now - host.change.at < _GAP_SECONDS:
        return None  # The Pod may have gone in the same gap: its own list is still to come.
    if host.gone:
        return "node-lost", f"Node {node}, to which Pod {_name(write)} is bound, no longer exists."
    ready = condition(host.image, "Ready")
    if ready is None or ready.status != "Unknown":
        return None
    since = f" since {ready.last_transition_time}" if ready.last_transition_time else ""
    return (
        "node-lost",
        f"The kubelet on {node} has not reported{since}; Pod {_name(write)} is there.",
    )


def _waiting(snapshot: Snapshot, write: Write) -> Trouble | None:
    for container, reason, message in waiting_reasons(write.image):
        if reason in _IMAGE_REASONS:
            return _image(snapshot, write, container, reason, message)
        if reason == "CreateContainerConfigError":
            text = f"Container {container} of Pod {_name(write)} cannot be made"
            return "config-missing", sentence(f"{text}: {message}")
        if reason == "CrashLoopBackOff":
            return _probing(snapshot, write) or _crash(write, container)
        if reason in ("CreateContainerError", "RunContainerError"):
            text = f"Container {container} of Pod {_name(write)} cannot be started"
            return "start-failed", sentence(f"{text}: {message or reason}")
    return None


def _image(snapshot: Snapshot, write: Write, container: str, reason: str, message: str) -> Trouble:
    spec = write.image.spec
    every = (*getattr(spec, "init_containers", ()), *getattr(spec, "containers", ()))
    image = listing([c.image for c in every if c.name == container]) or f"of {container}"
    said = [message, *(_message(note) for note in snapshot.notes(write.log, "Failed"))]
    if reason == "InvalidImageName":
        return "image-not-found", f"Pod {_name(write)} asks for {image}, which is no image name."
    if reason == "ErrImageNeverPull":
        where = f"node {node_of(write.image)} has it not, and may not pull it"
        return "image-not-found", f"Pod {_name(write)} needs image {image}: {where}."
    text = f"Pod {_name(write)} cannot get image {image}"
    if any(_DENIED.search(piece) for piece in said):
        doubt = " (or it does not exist)" if any(_MISSING.search(piece) for piece in said) else ""
        return "image-pull-denied", f"{text}: the registry denies it{doubt} ({reason})."
    if any(_MISSING.search(piece) for piece in said):
        return "image-not-found", f"{text}: the registry has no such image ({reason})."
    return "image-pull-failed", f"{text} ({reason})."


def _mounting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """Source: pkg/kubelet/volumemanager/volume_manager.go (Events FailedMount, …)."""
    if any(status.state.running or status.restart_count for status in containers(write.image)):
        return None
    for note in snapshot.notes(write.log, "FailedMount", "FailedAttachVolume"):
        message = _message(note)
        missing = re.search(r'(configmap|secret) "([^"]+)" not found', message)
        if missing is not None:
            kind = {"configmap": "ConfigMap", "secret": "Secret"}[missing[1]]
            text = f"Pod {_name(write)} mounts {kind} {missing[2]}, which does not exist."
            return "config-missing", text
        return "volume-pending", sentence(f"Pod {_name(write)} waits for a volume: {message}")
    for note in snapshot.notes(write.log, "FailedCreatePodSandBox"):
        text = f"The sandbox of Pod {_name(write)} cannot be made"
        return "sandbox-failed", sentence(f"{text}: {_message(note)}")
    return None


def _probing(snapshot: Snapshot, write: Write) -> Trouble | None:
    """Source: pkg/kubelet/prober/prober.go, the messages of Event Unhealthy."""
    for note in snapshot.notes(write.log, "Unhealthy"):
        kind, found, _ = _message(note).partition(" probe ")
        times = note.after.spec.times
        if not found or times < _PROBE_FAILURES:
            continue
        restarts = sum(status.restart_count for status in containers(write.image))
        also = f" Its kubelet has restarted it {count(restarts, 'time')}." if restarts else ""
        text = f"The {kind.lower()} probe of Pod {_name(write)} has failed {count(times, 'time')}"
        return "probe-failing", sentence(f"{text}: {_after_colon(_message(note))}") + also
    return None


def _ending(write: Write) -> Trouble | None:
    for status in containers(write.image):
        ended = status.state.terminated
        if ended is not None and ended.exit_code and status.restart_count:
            return _crash(write, status.name)
    return None


def unproven(snapshot: Snapshot, write: Write) -> Trouble | None:
    """A container that ended in failure and has only just been started again: ready, for now."""
    if snapshot.now - when(write) >= PROVEN:
        return None
    for status in containers(write.image):
        last = status.last_state.terminated if status.last_state else None
        if status.state.running and last is not None and last.exit_code:
            return _crash(write, status.name)
    return None


PROVEN = 30.0
"""Seconds that a restarted container has to run before the failure is called past."""


def _crash(write: Write, container: str) -> Trouble:
    status = next(found for found in containers(write.image) if found.name == container)
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    text = f"Container {container} of Pod {_name(write)}"
    if ended is None:
        return "crash-loop", f"{text} keeps ending."
    times = f"{count(status.restart_count, 'restart')} so far{_next_attempt(status)}"
    if ended.reason == "OOMKilled":
        return "oom-killed", f"{text} was killed for using too much memory; {times}."
    return "crash-loop", f"{text} exits with code {ended.exit_code}; {times}."


def _next_attempt(status: ContainerStatus) -> str:
    waiting = status.state.waiting
    found = _BACK_OFF.search(waiting.message or "") if waiting else None
    return f", and {found[1]} between attempts" if found else ""


def _message(note: Change) -> str:
    return note.after.spec.message or ""


def _after_colon(message: str) -> str:
    return message.partition(": ")[2] or message


def _name(write: Write) -> str:
    return write.image.metadata.name
