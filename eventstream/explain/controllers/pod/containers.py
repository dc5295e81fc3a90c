"""A Pod's containers as its spec declares them, beside what the kubelet reports of each."""

from collections.abc import Iterator

from eventstream.explain.world.writes import Write
from eventstream.objects.pods import Container, PodSpec, PodStatus


def declared(write: Write, name: str) -> Container | None:
    """The container of that name in the Pod's spec."""
    return next((found for found in every(write) if found.name == name), None)


def every(write: Write) -> Iterator[Container]:
    """All containers of the spec, init containers first."""
    spec = write.image.spec
    if isinstance(spec, PodSpec):
        yield from spec.init_containers
        yield from spec.containers


def called(write: Write, name: str) -> str:
    """`Container c of Pod web`; an init container and a sidecar are called so.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
    """
    return f"{_role(write, name)} {name} of Pod {write.image.metadata.name}"


def _role(write: Write, name: str) -> str:
    spec = write.image.spec
    inits = spec.init_containers if isinstance(spec, PodSpec) else ()
    found = next((init for init in inits if init.name == name), None)
    if found is None:
        return "Container"
    return "Sidecar container" if found.restart_policy == "Always" else "Init container"


def initializing(write: Write) -> str:
    """Which init container the Pod is at: `init container a (1 of 2)`; empty after them all."""
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, PodSpec) or not isinstance(status, PodStatus):
        return ""
    reported = {found.name: found for found in status.init_container_statuses}
    for number, init in enumerate(spec.init_containers, 1):
        found = reported.get(init.name)
        sidecar = init.restart_policy == "Always"
        ended = found.state.terminated if found is not None else None
        done = found is not None and (
            found.started if sidecar else ended is not None and not ended.exit_code
        )
        if found is not None and not done:
            role = "sidecar container" if sidecar else "init container"
            return f"{role} {init.name} ({number} of {len(spec.init_containers)})"
    return ""
