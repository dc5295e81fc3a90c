"""Kubelets: each starts the containers of its Pods and reports their state, and here is why.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.podstates import Reported, how_ended, state
from eventstream.explain.controllers.pod.podstates import reported as containers
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.words import RuleName
from eventstream.explain.vocabulary.records import Loop
from eventstream.explain.world.claims import Said, Telling, Writer
from eventstream.explain.world.pods import is_ready, is_running, node_of, phase
from eventstream.explain.world.text import count, listing, named, said_by, sentence
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import Verdict, Write
from eventstream.objects.managed_fields import paths
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
        evidence=(proofs.saw(write), *proofs.managed(who), *proofs.owned(write)),
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
