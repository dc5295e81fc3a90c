"""Says in words what a kubelet reports of a Pod: each container first, then the Pod as a whole.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from typing import Literal

import msgspec

from eventstream.explain.world.pods import condition, is_ready, is_true, phase
from eventstream.explain.world.text import listing
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.pods import ContainerStatus, PodStatus, Terminated

SANDBOX = "PodReadyToStartContainers"
_USUAL = frozenset(
    {SANDBOX, "Initialized", "Ready", "ContainersReady", "PodScheduled", "DisruptionTarget"}
)


Role = Literal["container", "init container", "sidecar", "ephemeral container"]
"""Which of a Pod's containers it is; as people say it."""


class Reported(msgspec.Struct, frozen=True, gc=False):
    """One container as it was reported: what people call it, its state, and the one before."""

    label: str
    now: ContainerStatus
    was: ContainerStatus | None
    role: Role

    @property
    def restarted(self) -> bool:
        """Whether this report is the first of another start."""
        return self.was is not None and self.now.restart_count > self.was.restart_count


def reported(write: Write) -> tuple[Reported, ...]:
    """The containers of a Pod's status: init containers, its own, and those added to look at it."""
    status, before = write.image.status, getattr(write.before, "status", None)
    if not isinstance(status, PodStatus):
        return ()
    old = before if isinstance(before, PodStatus) else _NOTHING
    found: list[Reported] = []
    if status.init_container_statuses:
        sidecars = {
            container.name
            for container in getattr(write.image.spec, "init_containers", ())
            if container.restart_policy == "Always"
        }
        for now in status.init_container_statuses:
            noun: Role = "sidecar" if now.name in sidecars else "init container"
            found.append(_reported(noun, now, old.init_container_statuses))
    own = old.container_statuses
    found += [_reported("container", now, own) for now in status.container_statuses]
    if status.ephemeral_container_statuses:
        added, looking = status.ephemeral_container_statuses, old.ephemeral_container_statuses
        found += [_reported("ephemeral container", now, looking) for now in added]
    return tuple(found)


_NOTHING = PodStatus()


def _reported(noun: Role, now: ContainerStatus, before: tuple[ContainerStatus, ...]) -> Reported:
    was = None
    for status in before:
        if status.name == now.name:
            was = status
            break
    return Reported(f"{noun} {now.name}", now, was, noun)


def state(write: Write, shown: tuple[Reported, ...]) -> str:
    """A Pod's state in words: `container c is running and the Pod is ready`."""
    image, before = write.image, write.before
    parts = _sandbox(image, before)
    leaving = image.metadata.deletion_timestamp is not None
    parts += [f"{found.label} {_container(found, leaving)}" for found in shown]
    parts += _conditions(write)
    now = phase(image)
    if now in ("Failed", "Succeeded") and now != phase(before):
        reason = getattr(image.status, "reason", None)
        parts.append(f"the Pod has {now.lower()}" + (f" ({reason})" if reason else ""))
    elif is_ready(image):
        parts.append("the Pod is ready")
    elif is_ready(before):
        parts.append("the Pod is no longer ready")
    return listing(parts or [f"phase {now or 'unknown'}"], 6)


def _sandbox(image: Image, before: Image | None) -> list[str]:
    now, was = is_true(image, SANDBOX), is_true(before, SANDBOX)
    if now and not was:
        address = getattr(image.status, "pod_ip", None)
        return ["its sandbox and network are ready" + (f" (IP {address})" if address else "")]
    return ["its sandbox and network are gone"] if was and not now else []


def _conditions(write: Write) -> list[str]:
    """Conditions beyond those that each Pod has, as far as this report turned them."""
    told = []
    for now in getattr(write.image.status, "conditions", ()):
        if now.type in _USUAL and now.reason != "TerminationByKubelet":
            continue
        was = condition(write.before, now.type)
        if was is None or (was.status, was.reason) != (now.status, now.reason):
            reason = f" ({now.reason})" if now.reason else ""
            told.append(f"condition {now.type} is {now.status}{reason}")
    return told


def _container(found: Reported, leaving: bool) -> str:
    current = found.now.state
    if current.running:
        return _running(found)
    if current.terminated:
        return how_ended(current.terminated)
    reason = current.waiting.reason if current.waiting else ""
    if leaving and reason in ("ContainerCreating", "PodInitializing"):
        return "does not run"
    if reason == "PodInitializing" and found.role in ("init container", "sidecar"):
        return "waits for its turn"
    wait = _WAITS.get(reason)
    if wait is None:
        return f"waits: {reason}" if reason else "waits"
    return f"{wait} ({reason})" if reason not in _PLAIN else wait


def _running(found: Reported) -> str:
    restarts = found.now.restart_count
    notes = [f"restart {restarts}"] if restarts else []
    if found.now.started is False:
        notes.append("its startup probe has not succeeded yet")
    elif not found.now.ready and found.role in ("container", "sidecar"):
        notes.append(
            "no longer ready" if found.was is not None and found.was.ready else "not ready"
        )
    again = " again" if restarts else ""
    return f"is running{again}" + (f" ({'; '.join(notes)})" if notes else "")


def how_ended(end: Terminated) -> str:
    """How a container's process ended: `ended with exit code 1 (Error)`."""
    if end.reason == "OOMKilled":
        return (
            f"was killed for using more memory than it may (OOMKilled, exit code {end.exit_code})"
        )
    if end.reason == "ContainerStatusUnknown":
        return "could not be found any more (ContainerStatusUnknown)"
    reason = f" ({end.reason})" if end.reason else ""
    return f"ended with exit code {end.exit_code}{reason}"


_PLAIN = frozenset({"ContainerCreating", "PodInitializing"})
_WAITS = {
    "ContainerCreating": "is being created",
    "PodInitializing": "waits for the init containers",
    "ErrImagePull": "could not get its image",
    "ImagePullBackOff": "waits before its image is pulled again",
    "CrashLoopBackOff": "waits before it is started again",
    "CreateContainerConfigError": "cannot be made as it is configured",
}
"""Reasons for which a container waits, to what that means."""
