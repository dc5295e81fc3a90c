"""A Pod's containers as its spec declares them, beside what the kubelet reports of each."""

from collections.abc import Iterator

from eventstream.explain.world.writes import Write
from eventstream.objects.pods import Container, ContainerStatus, PodSpec, PodStatus


def declared(write: Write, name: str) -> Container | None:
    """The container of that name in the Pod's spec."""
    return next((found for found in every(write) if found.name == name), None)


def every(write: Write) -> Iterator[Container]:
    """All containers of the spec, init containers first, those added to look at it last."""
    spec = write.image.spec
    if isinstance(spec, PodSpec):
        yield from spec.init_containers
        yield from spec.containers
        yield from spec.ephemeral_containers


def called(write: Write, name: str) -> str:
    """`Container c of Pod web`; an init container, a sidecar and an ephemeral one are called so.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
    """
    return f"{role_of(write, name)} {name} of Pod {write.image.metadata.name}"


def role_of(write: Write, name: str) -> str:
    """What a container is called by what it is for: `Container`, `Init container`, …"""
    spec = write.image.spec
    if not isinstance(spec, PodSpec):
        return "Container"
    if any(found.name == name for found in spec.ephemeral_containers):
        return "Ephemeral container"
    found = next((init for init in spec.init_containers if init.name == name), None)
    if found is None:
        return "Container"
    return "Sidecar container" if is_sidecar(found) else "Init container"


def is_init(write: Write, name: str) -> bool:
    """Whether a container has to end before the Pod's ordinary ones begin."""
    return role_of(write, name) == "Init container"


def is_sidecar(container: Container) -> bool:
    """Whether an init container goes on beside the others."""
    return container.restart_policy == "Always"


def goes_on(write: Write, name: str) -> bool:
    """Whether a container is started again however it ends, so that it ought not to end at all.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
    """
    spec = write.image.spec
    if not isinstance(spec, PodSpec):
        return False
    found = declared(write, name)
    if found is not None and found.restart_policy is not None:
        return found.restart_policy == "Always"
    ordinary = any(container.name == name for container in spec.containers)
    return ordinary and (spec.restart_policy or "Always") == "Always"


def initializing(write: Write) -> tuple[Container, ContainerStatus, str] | None:
    """The init container that the Pod is at, with what people call it: `init container a (1 of 2)`.

    None before the kubelet has reported them, and after them all.
    """
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, PodSpec) or not isinstance(status, PodStatus):
        return None
    reported = {found.name: found for found in status.init_container_statuses}
    for number, init in enumerate(spec.init_containers, 1):
        found = reported.get(init.name)
        if found is None:
            continue
        ended = found.state.terminated
        done = found.started if is_sidecar(init) else ended is not None and not ended.exit_code
        if not done:
            role = "sidecar container" if is_sidecar(init) else "init container"
            return init, found, f"{role} {init.name} ({number} of {len(spec.init_containers)})"
    return None
