"""What a Pod waits for, and what is known to be wrong with it.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (states and reasons);
pkg/kubelet/images/types.go (the image reasons); pkg/kubelet/container/sync_result.go.
"""

import re

from eventstream.explain.outlook.holding import Holding
from eventstream.explain.pods import (
    condition,
    containers,
    is_ready,
    is_running,
    node_of,
    phase,
    waiting_reasons,
)
from eventstream.explain.text import listing
from eventstream.explain.times import when
from eventstream.explain.writes import Write

_IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
)
_CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError"})
_DENIED = re.compile(r"denied|unauthorized|authentication|forbidden|401|403", re.IGNORECASE)

SCHEDULE, START, READY, STOP = 3, 4, 5, 6
"""Ranks of a Pod's stages among those of a rollout."""


def holding(write: Write, started: float | None = None) -> Holding | None:
    """What this Pod waits for, or None if it is ready (or has ended as it should)."""
    image = write.image
    name = image.metadata.name
    node = node_of(image)
    if image.metadata.deletion_timestamp:
        actor = "kubelet" if node else "client"
        return Holding(STOP, actor, node, when(write), f"Pod {name} to stop")
    if is_ready(image) or phase(image) in ("Succeeded", "Failed"):
        return None
    since = _since(write)
    if not node:
        return _unscheduled(write, name, since)
    wrong = _wrong(write, name)
    if wrong is not None:
        code, detail = wrong
        return Holding(START, "kubelet", node, since, f"Pod {name} to start", code, detail)
    if not is_running(image):
        return Holding(START, "kubelet", node, since, f"Pod {name} to start")
    return Holding(READY, "kubelet", node, since, f"Pod {name} to become ready")


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
    if found is not None and found.status == "False" and found.reason == "Unschedulable":
        detail = f"No node takes Pod {name}: {found.message or found.reason}"
        return Holding(
            SCHEDULE, "scheduler", scheduler, since, waiting_for, "unschedulable", detail
        )
    return Holding(SCHEDULE, "scheduler", scheduler, since, waiting_for)


def _wrong(write: Write, name: str) -> tuple[str, str] | None:
    """A diagnosis code and a sentence, for what a Pod's containers say."""
    for container, reason, message in waiting_reasons(write.image):
        if reason in _IMAGE_REASONS:
            return _image(write, name, container, reason, message)
        if reason in _CONFIG_REASONS:
            return (
                "config-missing",
                f"Container {container} of Pod {name} cannot be made: {message}",
            )
        if reason == "CrashLoopBackOff":
            return _crash(write, name, container)
    for status in containers(write.image):
        ended = status.state.terminated
        if ended is not None and ended.exit_code and status.restart_count:
            return _crash(write, name, status.name)
    return None


def _image(write: Write, name: str, container: str, reason: str, message: str) -> tuple[str, str]:
    code = "image-pull-denied" if _DENIED.search(message) else "image-not-found"
    if reason == "InvalidImageName":
        code = "image-not-found"
    images = [c.image for c in getattr(write.image.spec, "containers", ()) if c.name == container]
    return code, f"Pod {name} cannot get image {listing(images) or 'of ' + container} ({reason})."


def _crash(write: Write, name: str, container: str) -> tuple[str, str]:
    for status in containers(write.image):
        if status.name != container:
            continue
        last = status.last_state.terminated if status.last_state else None
        ended = status.state.terminated or last
        if ended is None:
            break
        killed = ended.reason == "OOMKilled"
        how = (
            "was killed for using too much memory"
            if killed
            else f"exits with code {ended.exit_code}"
        )
        times = f"{status.restart_count} restart{'' if status.restart_count == 1 else 's'} so far"
        detail = f"Container {container} of Pod {name} {how}; {times}."
        return ("oom-killed" if killed else "crash-loop"), detail
    return "crash-loop", f"Container {container} of Pod {name} keeps ending."
