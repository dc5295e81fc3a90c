"""Reads a Pod's state as controllers and people do: ready, running, failed, and why not."""

from functools import lru_cache
from typing import Protocol

import msgspec

from eventstream.objects.images import Image
from eventstream.objects.pods import Condition, ContainerStatus, PodSpec, PodStatus


def condition(image: Image | None, name: str) -> Condition | None:
    """The object's condition of that type, for a status with conditions; else None."""
    status = image.status if image is not None else None
    for found in getattr(status, "conditions", ()):
        if found.type == name:
            condition: Condition = found
            return condition
    return None


def is_true(image: Image | None, name: str) -> bool:
    """Whether the condition of that type is True."""
    status = image.status if image is not None else None
    for found in getattr(status, "conditions", ()):
        if found.type == name:
            return bool(found.status == "True")
    return False


def is_ready(image: Image | None) -> bool:
    """Whether a Pod's condition Ready is True."""
    return is_true(image, "Ready")


def phase(image: Image | None) -> str:
    """A Pod's phase; empty where it has none."""
    status = image.status if image is not None else None
    return status.phase if isinstance(status, PodStatus) else ""


def has_ended(image: Image | None) -> bool:
    """Whether a Pod is over: its phase is Succeeded or Failed."""
    return phase(image) in ("Succeeded", "Failed")


def node_of(image: Image | None) -> str:
    """The node that a Pod is bound to; empty before that."""
    spec = image.spec if image is not None else None
    return spec.node_name if isinstance(spec, PodSpec) else ""


def containers(image: Image | None) -> tuple[ContainerStatus, ...]:
    """The states of a Pod's containers, init containers first."""
    status = getattr(image, "status", None)
    if not isinstance(status, PodStatus):
        return ()
    if not status.init_container_statuses:
        return status.container_statuses
    return status.init_container_statuses + status.container_statuses


def telling(image: Image | None) -> tuple[ContainerStatus, ...]:
    """The states that tell how a Pod is doing: while it serves, not those of its init containers.

    Where what is left of them is removed from the node, older kubelets run them again meanwhile.
    Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, computeInitContainerActions.
    """
    status, spec = getattr(image, "status", None), getattr(image, "spec", None)
    if not isinstance(status, PodStatus) or not isinstance(spec, PodSpec):
        return ()
    ordinary = status.container_statuses
    if not ordinary or not all(found.state.running for found in ordinary):
        return containers(image)
    sidecars = {init.name for init in spec.init_containers if init.restart_policy == "Always"}
    beside = tuple(found for found in status.init_container_statuses if found.name in sidecars)
    return beside + ordinary


def claim_names(image: Image) -> list[str]:
    """The PersistentVolumeClaims that a Pod has as volumes, in its order; some are made for it.

    Source: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/
    #persistentvolumeclaim-naming
    """
    found: list[str] = []
    for volume in image.spec.volumes if isinstance(image.spec, PodSpec) else ():
        if volume.persistent_volume_claim is not None:
            found.append(volume.persistent_volume_claim.claim_name)
        elif volume.ephemeral is not None:
            found.append(f"{image.metadata.name}-{volume.name}")
    return found


def is_running(image: Image | None) -> bool:
    """Whether any of a Pod's ordinary containers runs or has run."""
    status = image.status if image is not None else None
    return isinstance(status, PodStatus) and any(map(_runs, status.container_statuses))


def waiting_reasons(image: Image | None) -> list[tuple[str, str, str]]:
    """(container, reason, message) of each container that waits for something unusual."""
    return [
        (container.name, container.state.waiting.reason, container.state.waiting.message or "")
        for container in containers(image)
        if container.state.waiting
        and container.state.waiting.reason not in ("", "ContainerCreating", "PodInitializing")
    ]


class PodState(msgspec.Struct, frozen=True, gc=False):
    """How a Pod is, and how far it has come: on a node, started, ready.

    `leaving`: it is being deleted; `disrupted`: its condition DisruptionTarget says that it has to
    go; `steady`: no container of it ended before. Its labels are those of its image: without them
    there are so few states that all Pods share theirs.
    """

    phase: str
    leaving: bool
    disrupted: bool = False
    scheduled: bool = False
    started: bool = False
    ready: bool = False
    steady: bool = True

    @property
    def ended(self) -> bool:
        """Whether the Pod is over: it has succeeded or failed."""
        return self.phase in ("Succeeded", "Failed")

    def counts_as(self, other: "PodState") -> bool:
        """Whether controllers that count Pods see no difference, where the labels are alike."""
        return self is other or (
            self.ready == other.ready
            and self.phase == other.phase
            and self.leaving == other.leaving
        )


class Version(Protocol):
    """A version of an object, as far as it matters here."""

    image: Image
    pod: PodState | None


def counts_alike(now: Version, before: Version) -> bool:
    """Whether controllers that count Pods see no difference between two versions of one."""
    if now.pod is None or before.pod is None or not now.pod.counts_as(before.pod):
        return False
    labels, had = now.image.metadata.labels, before.image.metadata.labels
    return labels is had or labels == had


def read_pod(image: Image) -> PodState:
    """The state of a Pod."""
    metadata, status, node = image.metadata, image.status, node_of(image)
    leaving = metadata.deletion_timestamp is not None
    if not isinstance(status, PodStatus):
        return PodState("", leaving, scheduled=node != "")
    ready = disrupted = started = False
    steady = True
    for found in status.conditions:
        if found.type == "Ready":
            ready = found.status == "True"
        elif found.type == "DisruptionTarget":
            disrupted = found.status == "True"
    for own in status.container_statuses:
        started = started or _runs(own)
    for each in containers(image):
        last = each.last_state
        if last is not None and last.terminated is not None:
            steady = False
    return _shared(status.phase, leaving, disrupted, node != "", started, ready, steady)


_shared = lru_cache(maxsize=1024)(PodState)


def _runs(container: ContainerStatus) -> bool:
    """Whether a container runs or has run."""
    state = container.state
    return bool(state.running or state.terminated or container.restart_count)


def pod_state(image: Image) -> str:
    """How a Pod is, in one word for tables: see POD_STATES."""
    if image.metadata.deletion_timestamp:
        return "terminating"
    ended = {"Succeeded": "done", "Failed": "failed"}.get(phase(image))
    if ended is not None:
        return ended
    if not node_of(image):
        return "pending"
    if waiting_reasons(image):
        return "failing"
    if is_ready(image):
        return "ready"
    return "not-ready" if is_running(image) else "starting"


POD_STATES = (
    "failing",
    "failed",
    "pending",
    "not-ready",
    "starting",
    "terminating",
    "ready",
    "done",
)
"""What `pod_state` can say, the most pressing first.

`failing`: a container waits for something unusual; `failed`: ended so; `pending`: without a node;
`not-ready`: its containers run; `starting`: they do not yet; `done`: ended as it should.
"""


def meant_for(image: Image) -> str:
    """The node that a DaemonSet's Pod is made for, as its affinity says; empty for other Pods."""
    affinity = getattr(getattr(image.spec, "affinity", None), "node_affinity", None)
    required = getattr(affinity, "required", None)
    names = {
        field.values[0]
        for term in getattr(required, "node_selector_terms", ())
        for field in term.match_fields
        if field.key == "metadata.name" and field.operator == "In" and len(field.values) == 1
    }
    return names.pop() if len(names) == 1 else ""
