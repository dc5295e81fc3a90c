"""What a kubelet does: it starts a Pod's containers and reports their state, again and again."""

from eventstream.explain import sources
from eventstream.explain.attribution import Writer
from eventstream.explain.documented.rule import RuleName
from eventstream.explain.pods import (
    containers,
    is_ready,
    is_running,
    is_true,
    node_of,
    phase,
    waiting_reasons,
)
from eventstream.explain.records import Evidence, Loop
from eventstream.explain.rules import evidence
from eventstream.explain.text import count, listing, named
from eventstream.explain.verdict import Verdict
from eventstream.explain.world import View
from eventstream.explain.writes import Write
from eventstream.objects.managed_fields import paths

_SANDBOX = "PodReadyToStartContainers"
_START_REASONS = ("Pulling", "Pulled", "Created", "Started", "AddedInterface")
_TROUBLE_REASONS = ("Failed", "BackOff", "Unhealthy", "FailedMount", "FailedCreatePodSandBox")


def reported(view: View, who: Writer) -> Verdict | None:
    """Steps 12 to 16: the kubelet of the Pod's node wrote the Pod's status.

    Reports before the first running container belong to step 12, the first with one to 13 and
    14, later ones to 15 and 16.
    """
    write = view.write
    if write.image.kind != "Pod" or who.subresource != "status" or not is_kubelet(who):
        return None
    node = node_of(write.image)
    stage = _stage(write)
    cause = _instruction(view)
    told = _told(view, write, stage)
    return Verdict(
        rule=_NAMES[stage],
        actor="kubelet",
        actor_name=node or "kubelet",
        verb="report",
        subresource="status",
        what=f"The kubelet on {node or 'its node'} reported {named(write.image)}: {state(write)}.",
        why=_why(write, cause, stage, [piece.text for piece in told]),
        who_grade="reported",
        why_grade="reported" if told else "inferred",
        causes=(cause,) if cause else (),
        evidence=(evidence.saw(write), *evidence.managed(who), *told),
        source_url=sources.KUBELET_STATUS,
        loop=_loop(write, node),
        documented=_NUMBERS[stage][0],
        documented_store=_NUMBERS[stage][1],
        node=node or None,
    )


def is_kubelet(who: Writer) -> bool:
    """Whether a writer of a Pod's status is a kubelet: by name, or by what only kubelets report.

    A kubelet may call itself otherwise, as those of simulated nodes do.
    """
    if who.manager == "kubelet":
        return True
    if not who.known or who.built_in or who.manager.startswith("kubectl"):
        return False
    return not paths(who.fields).isdisjoint(_ONLY_KUBELETS)


_ONLY_KUBELETS = frozenset({"status.hostIP", "status.startTime", "status.containerStatuses"})


def mirrored(view: View, who: Writer) -> Verdict | None:
    """The kubelet shows a Pod that it runs from a file of its own: a mirror Pod.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
    """
    write = view.write
    if write.change.type != "ADDED" or _MIRROR not in (write.image.metadata.annotations or {}):
        return None
    node = node_of(write.image)
    return Verdict(
        rule="mirrored",
        actor="kubelet",
        actor_name=node,
        verb="create",
        what=f"The kubelet on {node} created {named(write.image)} to show a Pod that it runs.",
        why="A Pod that a kubelet runs from a file is not the API's; its mirror makes it visible.",
        who_grade="reported" if who.known else "inferred",
        why_grade="inferred",
        evidence=(evidence.saw(write), *evidence.managed(who), *evidence.owned(write)),
        source_url=sources.MIRROR_PODS,
        loop=Loop("its own file", "1 mirror Pod desired, 0 exist", f"created {named(write.image)}"),
        node=node,
    )


_MIRROR = "kubernetes.io/config.mirror"
_NAMES: dict[str, RuleName] = {
    "starting": "kubelet-starting",
    "running": "kubelet-running",
    "reporting": "kubelet-reporting",
    "stopping": "kubelet-stopping",
}
_NUMBERS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "starting": ((12,), ()),
    "running": ((13,), (14,)),
    "reporting": ((15,), (16,)),
    "stopping": ((15,), (16,)),
}


def _stage(write: Write) -> str:
    if write.image.metadata.deletion_timestamp:
        return "stopping"
    if not is_running(write.image):
        return "starting"
    return "reporting" if is_running(write.before) else "running"


def _instruction(view: View) -> Write | None:
    """What the kubelet answers: the binding, or the deletion; not its own earlier reports."""
    latest: Write | None = None
    for write in view.backwards(view.write.log.uid):
        latest = latest or write
        rule = write.verdict.rule if write.verdict else ""
        if write.base or not rule.startswith("kubelet-"):
            return write
    return latest


def _told(view: View, write: Write, stage: str) -> list[Evidence]:
    """The kubelet's Events that tell of this stage."""
    uid = write.log.uid
    if stage == "stopping":
        return evidence.all_told(view.notes(uid, "Killing"))
    found: list[Evidence] = []
    if stage in ("starting", "running"):
        found.extend(evidence.all_told(view.notes(uid, *_START_REASONS)))
    if waiting_reasons(write.image) or not is_ready(write.image):
        found.extend(evidence.all_told(view.notes(uid, *_TROUBLE_REASONS)))
    return found


def state(write: Write) -> str:
    """A Pod's state in words: its containers first, then its readiness."""
    image = write.image
    parts = [_container(status) for status in containers(image)]
    if is_true(image, _SANDBOX) and not is_true(write.before, _SANDBOX):
        address = getattr(image.status, "pod_ip", None)
        parts.insert(
            0, "its sandbox and network are ready" + (f" (IP {address})" if address else "")
        )
    if not parts:
        parts = [f"phase {phase(image) or 'unknown'}"]
    if is_ready(image):
        parts.append("the Pod is ready")
    elif is_ready(write.before):
        parts.append("the Pod is no longer ready")
    return listing(parts, 5)


def _container(status: object) -> str:
    name, current = getattr(status, "name", ""), getattr(status, "state", None)
    waiting, terminated = getattr(current, "waiting", None), getattr(current, "terminated", None)
    if getattr(current, "running", None):
        restarts = getattr(status, "restart_count", 0)
        again = f" again, after {count(restarts, 'restart')}" if restarts else ""
        return f"container {name} is running{again}"
    if terminated:
        reason = f" ({terminated.reason})" if terminated.reason else ""
        return f"container {name} ended with exit code {terminated.exit_code}{reason}"
    reason = getattr(waiting, "reason", "") or "it does not say for what"
    return f"container {name} {_WAITS.get(reason, f'waits: {reason}')}"


_WAITS = {
    "ContainerCreating": "is being created",
    "PodInitializing": "waits for the init containers",
}
_DONE = {
    "AddedInterface": "had its network attached",
    "Pulled": "had its image at hand",
    "Created": "created the container",
    "Started": "started it",
}


def _why(write: Write, cause: Write | None, stage: str, told: list[str]) -> str:
    if stage == "stopping":
        return "The Pod is being deleted, so the kubelet stops its containers and reports that."
    if stage == "reporting":
        return "The kubelet reports again whenever the state of a container changes."
    if stage == "running" and told:
        done = [
            text for reason, text in _DONE.items() if any(f"Event {reason} " in t for t in told)
        ]
        where = f" ({cause.image.version})" if cause and cause.verdict else ""
        return (
            f"The Pod was bound to {node_of(write.image)}{where}; "
            f"the kubelet's Events say that it {listing(done)}."
        )
    if cause is None:
        return "The kubelet looks after every Pod that is bound to its node."
    node = node_of(write.image)
    if cause.verdict and cause.verdict.rule == "bound":
        return f"The Pod was bound to {node} ({cause.image.version}), so its kubelet starts it."
    return f"The Pod is bound to {node}, so its kubelet starts it."


def _loop(write: Write, node: str) -> Loop:
    desired = len(getattr(write.image.spec, "containers", ()))
    status = getattr(write.image.status, "container_statuses", ())
    current = sum(1 for container in status if container.state.running)
    if write.image.metadata.deletion_timestamp:
        desired = 0
    return Loop(
        f"{named(write.image)}, bound to {node}",
        f"{count(desired, 'container')} desired, {current} running",
        "reported the state of its containers",
        desired,
        current,
    )
