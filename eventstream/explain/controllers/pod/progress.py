"""Where a bound Pod is on its way to be ready, as its kubelet's Events and reports tell.

A kubelet that pulls, mounts or runs an init container is at work, however long that takes: what is
told is the work, and how long such work usually takes, not that the kubelet is silent.
Sources: pkg/kubelet/kubelet.go, SyncPod (volumes, then the sandbox, then containers);
pkg/kubelet/images/image_manager.go (Pulling, Pulled); pkg/kubelet/prober/prober.go.
"""

import msgspec

from eventstream.explain.controllers.pod.images import image_named
from eventstream.explain.controllers.pod.podstates import (
    called,
    declared,
    every,
    initializing,
    is_sidecar,
)
from eventstream.explain.controllers.pod.probing import ripening
from eventstream.explain.outlook.snapshot import Snapshot, since_waiting, unready
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.notes import recency
from eventstream.explain.world.notes import since as happened
from eventstream.explain.world.pods import (
    claim_names,
    condition,
    containers,
    is_running,
    is_true,
    waiting_reasons,
)
from eventstream.explain.world.text import listing, parse, said_by, when
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import Container, ContainerStatus, PodSpec, PodStatus, Probe

_AFTER_PULL = ("Pulled", "Failed", "BackOff", "Created", "Started")


class Progress(msgspec.Struct, frozen=True, gc=False):
    """What happens now: in words, which wait it is, since when, and its code when it takes long.

    `granted` are the seconds that the Pod itself allows beyond what is usual. Where the kubelet
    has done its part and waits too, it `works`; what has no usual time is `patient`. `gate` is
    the condition of a readiness gate that somebody else has to set.
    """

    what: str
    wait: str
    since: float
    late: str = "kubelet-slow"
    granted: float = 0.0
    works: bool = False
    patient: bool = False
    gate: str = ""


def progress(snapshot: Snapshot, write: Write, since: float) -> Progress:
    """What a bound Pod that is not ready is at; `since` is when it was bound."""
    pulled = _pulling(snapshot, write)
    if pulled is not None:
        return pulled
    at = None if _runs(write) else initializing(write)  # They run again after a reboot.
    if at is not None and (begun := _init(write, *at)) is not None:
        return begun
    if is_running(write.image):
        return _ripening(snapshot, write)
    return _starting(snapshot, write, since)


def _runs(write: Write) -> bool:
    """Whether an ordinary container runs now."""
    status = write.image.status
    mains = status.container_statuses if isinstance(status, PodStatus) else ()
    return any(found.state.running for found in mains)


def _pulling(snapshot: Snapshot, write: Write) -> Progress | None:
    """An image that is being pulled: its Event Pulling is the newest of its container's."""
    begun = (write.log.notes or {}).get("Pulling")
    if not begun:
        return None
    reported = {status.name: status for status in containers(write.image)}
    for found in every(write):
        status = reported.get(found.name)
        if status is not None and (status.state.running or status.state.terminated):
            continue
        newest = _newest(snapshot, write, found.name, "Pulling")
        if newest is None:
            continue
        ended = _newest(snapshot, write, found.name, *_AFTER_PULL)
        if ended is not None and recency(ended) > recency(newest):
            continue
        who = called(write, found.name)
        ref = image_named(newest.after.spec.message or "", found.image)
        what = f"image {ref} of {who[0].lower()}{who[1:]} to be pulled"
        return Progress(what, "pull-and-start", happened(newest))
    return None


def _newest(snapshot: Snapshot, write: Write, container: str, *reasons: str) -> Change | None:
    """The newest Event of these about a container; one that names none may be about any."""
    end = f"{{{container}}}"
    about = [
        note
        for note in snapshot.notes(write.log, *reasons)
        if (path := note.after.spec.involved_object.field_path).endswith(end) or not path
    ]
    return max(about, key=recency, default=None)


def _init(
    write: Write, container: Container, status: ContainerStatus, label: str
) -> Progress | None:
    """An init container that runs, or a sidecar that has not started yet."""
    running = status.state.running
    ended = status.state.terminated
    name = write.image.metadata.name
    if running is not None:
        began = since_waiting(write)
        what = f"{label} of Pod {name} to {'start' if is_sidecar(container) else 'end'}"
        if is_sidecar(container) and container.startup_probe is not None:
            what = f"the startup probe of {label} of Pod {name} to succeed"
        granted = _budget(container.startup_probe)
        return Progress(what, "start-after-init", began, "not-ready", granted, works=True)
    if ended is not None or status.restart_count or _is_later(write, status):
        began = since_waiting(write)
        return Progress(f"{label} of Pod {name} to start", "start-after-init", began)
    return None


def _is_later(write: Write, status: ContainerStatus) -> bool:
    """Whether earlier init containers are done, so that it is this one's turn."""
    image = write.image.status
    inits = image.init_container_statuses if isinstance(image, PodStatus) else ()
    return bool(inits) and inits[0].name != status.name


def _starting(snapshot: Snapshot, write: Write, since: float) -> Progress:
    """Before any container runs: the kubelet has to hear of the Pod, then makes it ready to run."""
    name, status = write.image.metadata.name, write.image.status
    what = f"Pod {name} to start"
    if not containers(write.image):
        return Progress(what, "start", since, late="")
    claims = claim_names(write.image)
    inits = isinstance(status, PodStatus) and status.init_container_statuses
    wait = "start-after-init" if inits and initializing(write) is None else "start"
    begun = _begun(snapshot, write)
    if wait == "start" and snapshot.hides("Event") and _may_pull(write):
        what = f"{what}; whether its image is being pulled, Events would tell, which Baton is "
        wait, what = "pull-and-start", f"{what}not shown"
    if begun is not None:
        troubled = waiting_reasons(write.image)  # Then each attempt is part of one wait.
        return Progress(what, wait, since if troubled else max(since, begun))
    if claims:
        attached = [happened(note) for note in snapshot.notes(write.log, "SuccessfulAttachVolume")]
        since = max((since, *attached))
        which = f"PersistentVolumeClaim{'s' if len(claims) > 1 else ''} {listing(claims)}"
        return Progress(f"the volumes of Pod {name} ({which}) to be mounted", "mount", since)
    return Progress(what, wait, since)


def _may_pull(write: Write) -> bool:
    """Whether the kubelet may be at its images: it comes to them once the sandbox is there.

    Kubelets before 1.29 do not say so. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go,
    SyncPod.
    """
    sandbox = condition(write.image, "PodReadyToStartContainers")
    return sandbox is None or sandbox.status == "True"


def _begun(snapshot: Snapshot, write: Write) -> float | None:
    """When the kubelet last got further with its containers; None where it has not come to them."""
    notes = snapshot.notes(write.log, "Pulling", "Pulled", "Created", "Started")
    told = max((happened(note) for note in notes), default=None)
    sandbox = condition(write.image, "PodReadyToStartContainers")
    if sandbox is None or sandbox.status != "True":
        return told
    return max(parse(sandbox.last_transition_time) or 0.0, told or 0.0)


def _ripening(snapshot: Snapshot, write: Write) -> Progress:
    """Its containers run: a probe has to succeed, a gate to open, or they have to end."""
    name, began = write.image.metadata.name, unready(write)
    finishing = _finishing(write, began)
    if finishing is not None:
        return finishing
    gate = _closed_gate(write)
    if gate is not None:
        return gate
    for status in containers(write.image):
        found = declared(write, status.name)
        probe = found.startup_probe if found is not None else None
        if status.state.running and status.started is False and probe is not None:
            who = called(write, status.name)
            what = f"the startup probe of {who[0].lower()}{who[1:]} to succeed"
            granted = _budget(probe)
            return Progress(what, "ready", began, "not-ready", granted, works=True)
    fails = ripening(snapshot, write)
    if fails:
        what = f"Pod {name} to become ready. {fails}, since it was started"
        return Progress(what, "ready", began, "not-ready", works=True, patient=True)
    began = max(began, _began(write))
    probed = [
        (status, found.readiness_probe.initial_delay_seconds)
        for status in containers(write.image)
        if (found := declared(write, status.name)) is not None and found.readiness_probe
    ]
    delay = float(max((each for _, each in probed), default=0))
    asked = [each.name for each, _ in probed if each.state.running and not each.ready]
    by = f"probe of container {asked[0]}" if len(asked) == 1 else f"probes of {listing(asked)}"
    what = f"Pod {name} to become ready{f', by the readiness {by}' if asked else ''}"
    return Progress(what, "ready", began, "not-ready", delay)


def _began(write: Write) -> float:
    """When the last container's startup probe succeeded: only then readiness probes begin."""
    log, since = write.log, when(write)
    started = [status.started for status in containers(write.image)]
    for index in range(log.position(write.order) - 1, -1, -1):
        earlier = log.writes[index]
        if [status.started for status in containers(earlier.image)] != started:
            return since
        since = when(earlier)
    return 0.0


def _budget(probe: Probe | None) -> float:
    """Seconds that a startup probe gives its container before it is killed."""
    if probe is None:
        return 0.0
    return float(probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold)


def _finishing(write: Write, began: float) -> Progress | None:
    """A Pod that is to end and not to become ready: a Job's, or one that has begun to end.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
    """
    image, owner = write.image, write.image.metadata.controller
    spec, status = image.spec, image.status
    if not isinstance(spec, PodSpec) or not isinstance(status, PodStatus):
        return None
    ends = [found for found in status.container_statuses if found.state.terminated]
    policy = spec.restart_policy or "Always"
    done = [
        f
        for f in ends
        if f.state.terminated and (policy == "Never" or not f.state.terminated.exit_code)
    ]
    if policy == "Always" or not (done or (owner is not None and is_a(owner, kinds.JOB))):
        return None
    names = {found.name for found in done}
    rest = [found.name for found in spec.containers if found.name not in names]
    told = [
        f"{found.name} has ended with exit code {found.state.terminated.exit_code}"
        for found in done
        if found.state.terminated
    ]
    after = f", as container {listing(told)}" if told else ""
    which = f"container{'s' if len(rest) > 1 else ''} {listing(rest)} of " if done and rest else ""
    what = f"{which}Pod {image.metadata.name} to end{after}"
    return Progress(what, "", began, works=True, patient=True)


def _closed_gate(write: Write) -> Progress | None:
    """A readiness gate whose condition is not True, where all else is ready.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
    """
    spec = write.image.spec
    gates = spec.readiness_gates if isinstance(spec, PodSpec) else ()
    if not gates or not is_true(write.image, "ContainersReady"):
        return None
    for gate in gates:
        found = condition(write.image, gate.condition_type)
        if found is not None and found.status == "True":
            continue
        how = "nobody has set it yet"
        if found is not None:
            why = said_by(found.message, found.reason)
            how = f"it is {found.status}{f': {why}' if why else ''}"
        what = (
            f"readiness gate {gate.condition_type} of Pod {write.image.metadata.name} "
            f"to be True ({how.rstrip('.')})"
        )
        return Progress(
            what,
            "open-gate",
            since_waiting(write),
            "not-ready",
            works=True,
            gate=gate.condition_type,
        )
    return None
