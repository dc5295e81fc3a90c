"""Kubelets: each starts the containers of its Pods and reports their state.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.podstates import Reported, state
from eventstream.explain.controllers.pod.podstates import reported as containers
from eventstream.explain.controllers.pod.reasons import reason
from eventstream.explain.deletions.removals import is_mirror
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import is_running, node_of
from eventstream.explain.world.text import count, named
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.managed_fields import paths
from eventstream.objects.observations import Change


def reported(view: View, who: Writer) -> Verdict | None:
    """Steps 12 to 16: the kubelet of the Pod's node wrote the Pod's status.

    Reports before the first running container belong to step 12, the first with one to 13 and
    14, later ones to 15 and 16.
    """
    write = view.write
    if who.subresource != "status" or not (is_kubelet(who) or _runs_it(write, who)):
        return None
    node = node_of(write.image)
    stage = _stage(write)
    cause = _instruction(view)
    shown = containers(write)
    why, says, notes = reason(view, cause, stage, shown)
    return Verdict(
        rule=_NAMES[stage],
        actor="kubelet",
        actor_name=node or "kubelet",
        verb="report",
        subresource="status",
        who_grade=who.grade,
        why_grade="reported" if says else "inferred",
        causes=(cause,) if cause else (),
        source_url=sources.KUBELET_STATUS,
        telling=_Report(write, who, node, shown, why, tuple(notes)),
        documented=_NUMBERS[stage][0],
        documented_store=_NUMBERS[stage][1],
        node=node or None,
    )


class _Report(Telling, frozen=True, gc=False):
    """What a kubelet's report tells of its Pod, and the Events that say why."""

    write: Write
    who: Writer
    node: str
    shown: tuple[Reported, ...]
    why: str
    notes: tuple[Change, ...]

    def said(self) -> Said:
        write, node = self.write, self.node
        return Said(
            what=f"The kubelet on {node or 'its node'} reported {named(write.image)}: "
            f"{state(write, self.shown)}.",
            why=self.why,
            evidence=(
                proofs.saw(write),
                *proofs.managed(self.who),
                *proofs.all_told(self.notes),
            ),
            loop=_loop(write, node),
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


def _runs_it(write: Write, who: Writer) -> bool:
    """Whether what changed is of the containers, of which only kubelets tell."""
    return who.shared and any(change.path.startswith(_OF_CONTAINERS) for change in write.changes)


_OF_CONTAINERS = (
    "status.hostIP",
    "status.podIP",
    "status.startTime",
    "status.containerStatuses",
    "status.initContainerStatuses",
    "status.ephemeralContainerStatuses",
    "status.observedGeneration",
    "status.conditions[ContainersReady]",
    "status.conditions[Initialized]",
    "status.conditions[PodReadyToStartContainers]",
)
_ONLY_KUBELETS = frozenset(
    {
        "status.hostIP",
        "status.startTime",
        "status.containerStatuses",
        "status.observedGeneration",
    }
)


def mirrored(view: View, who: Writer) -> Verdict | None:
    """The kubelet shows a Pod that it runs from a manifest of its own: a mirror Pod.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
    """
    write = view.write
    if write.change.type != "ADDED" or not is_mirror(write.image):
        return None
    node = node_of(write.image)
    return Verdict(
        rule="mirrored",
        actor="kubelet",
        actor_name=node,
        verb="create",
        what=f"The kubelet on {node} created {named(write.image)} to show a Pod that it runs.",
        why="A Pod that a kubelet runs of itself is not the API's; its mirror makes it visible.",
        who_grade="reported" if who.known else "inferred",
        why_grade="inferred",
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
        source_url=sources.MIRROR_PODS,
        loop=Loop("its own file", "1 mirror Pod desired, 0 exist", f"created {named(write.image)}"),
        node=node,
        begins=True,
    )


_NAMES: dict[str, RuleName] = {
    "starting": "kubelet-starting",
    "running": "kubelet-running",
    "reporting": "kubelet-reporting",
    "stopping": "kubelet-stopping",
}
_REPORTS = frozenset({*_NAMES.values(), "kubelet-finished", "kubelet-removed"})
_NUMBERS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "starting": ((12,), ()),
    "running": ((13,), (14,)),
    "reporting": ((15,), (16,)),
    "stopping": ((15,), (16,)),
}


def _stage(write: Write) -> str:
    if write.image.metadata.deletion_timestamp:
        return "stopping"
    if write.pod is None or not write.pod.started:
        return "starting"
    return "reporting" if is_running(write.before) else "running"


def _instruction(view: View) -> Write | None:
    """What the kubelet answers: the binding, or the deletion; not its own earlier reports."""
    latest: Write | None = None
    for write in view.backwards(view.write.log.uid):
        if write.decision.rule not in _REPORTS:
            return write
        latest = latest or write
    return latest


def _loop(write: Write, node: str) -> Loop:
    desired = len(getattr(write.image.spec, "containers", ()))
    status = getattr(write.image.status, "container_statuses", ())
    current = len([container for container in status if container.state.running])
    if write.image.metadata.deletion_timestamp:
        desired = 0
    return Loop(
        f"{named(write.image)}, bound to {node}",
        f"{count(desired, 'container')} desired, {current} running",
        "reported the state of its containers",
        desired,
        current,
    )
