"""A Pod's containers: as declared, as its kubelet reports them, and why one does not start.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/;
pkg/kubelet/kubelet_pods.go (environment), pkg/kubelet/kuberuntime/kuberuntime_container.go
(reasons).
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.known import CUSTOM, name_key
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.pods import condition, is_ready, is_true, phase
from eventstream.explain.world.text import count, listing, named, one_line, parse, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in
from eventstream.objects.observations import Change
from eventstream.objects.pods import Container, ContainerStatus, PodSpec, PodStatus, Terminated

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
        return f"ran out of memory (OOMKilled, exit code {end.exit_code})"
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


def policy_of(write: Write, name: str) -> str:
    """The restart policy that holds for a container: its own, or else the Pod's."""
    found = declared(write, name)
    own = found.restart_policy if found is not None else None
    return own or getattr(write.image.spec, "restart_policy", "") or "Always"


def starts_again(write: Write, name: str, ended: Terminated) -> bool:
    """Whether its restart policy has a container started again that ended so.

    An init container that succeeded is done, whatever the Pod's policy.
    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
    """
    policy = policy_of(write, name)
    always = policy == "Always" and not is_init(write, name)
    return policy != "Never" and (always or bool(ended.exit_code))


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


CONFIG_ERROR = "CreateContainerConfigError"
START_REASONS = frozenset(
    {
        CONFIG_ERROR,
        "CreateContainerError",
        "RunContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
    }
)
"""Reasons of a waiting container that could not be created or started."""

_HOOK_FAILED = "FailedPostStartHook"

KINDS = {"configmap": "ConfigMap", "secret": "Secret"}  # a kind  # nosec B105
MISSING = expression(r'(configmap|secret) "([^"]+)" not found', ignore_case=True)
_NO_KEY = expression(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]*/(\S+)")


def hooked(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble | None:
    """Whether the container's last run was ended by its kubelet, as its postStart hook failed.

    Source: pkg/kubelet/kuberuntime/kuberuntime_container.go, startContainer (Event
    FailedPostStartHook, and the container is killed).
    """
    last = status.last_state.terminated if status.last_state else None
    ended = status.state.terminated or last
    began = parse(ended.started_at) if ended is not None else None
    found = [note for note in snapshot.notes(write.log, _HOOK_FAILED) if _tells(note, status)]
    newest = max(found, key=told_at, default=None)
    if newest is None or began is None or told_at(newest) < began - 1:
        return None
    who, times = called(write, status.name), count(status.restart_count, "restart")
    detail = f"{who} is stopped after each start, as its postStart hook fails; {times} so far."
    evidence = (*proofs.events([newest]), proofs.reports(write, status))
    return Trouble("start-failed", detail, evidence, commands.describe(write))


def _tells(note: Change, status: ContainerStatus) -> bool:
    """Whether an Event is about this container; one that names none may be about any."""
    path: str = note.after.spec.involved_object.field_path
    return path.endswith(f"{{{status.name}}}") or not path


def starting(snapshot: Snapshot, write: Write, status: ContainerStatus) -> Trouble:
    """Why a container that waits for one of `START_REASONS` does not start."""
    waiting = status.state.waiting
    reason, message = (waiting.reason, waiting.message or "") if waiting else ("", "")
    who, command = called(write, status.name), commands.describe(write)
    evidence: tuple[Evidence, ...] = (proofs.reports(write, status),)
    if reason != CONFIG_ERROR:
        detail = sentence(f"{who} cannot be started: {said_by(message, reason)}")
        return Trouble("start-failed", detail, evidence, command)
    missing, no_key = MISSING.search(message), _NO_KEY.search(message)
    if missing is not None:
        what = f"{KINDS[missing[1].lower()]} {missing[2]}"
        more, shown = namesakes(snapshot, write, (missing[2],))
        evidence = (*evidence, *shown)
        detail = sentence(f"{who} takes its environment from {what}, which does not exist{more}")
    elif no_key is not None:
        what = f"{no_key[2]} {no_key[3].rstrip('.')}"
        detail = (
            f"{who} takes its environment from key {no_key[1]} of {what}, which has no such key."
        )
    else:
        detail = sentence(f"{who} cannot be made: {said_by(message, reason)}")
        return Trouble("start-failed", detail, evidence, command)
    return Trouble("config-missing", detail, evidence, command)


_APPLIERS = frozenset({"argoproj.io", "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"})
"""Groups whose resources are called as all that they bring, and may wait for the Pod itself."""

_MOST = 2
"""Resources that are told of: a name can be that of many."""


def namesakes(
    snapshot: Snapshot, pod: Write, names: Iterable[str]
) -> tuple[str, tuple[Evidence, ...]]:
    """What custom resources of these names that are not done say, as clauses, and what shows it.

    What such resources make is often called as they are: an ExternalSecret's Secret, unless its
    target has a name of its own; a SealedSecret's always; a Certificate's, as most are written. So
    this is no claim that it would make the missing one: the name is all that ties them.
    Sources: https://external-secrets.io/latest/api/externalsecret/ (spec.target.name);
    https://github.com/bitnami-labs/sealed-secrets#usage.
    """
    told: list[str] = []
    shown: list[Evidence] = []
    for name in names:
        key = name_key(CUSTOM, pod.image.metadata.namespace, name)
        logs = sorted(snapshot.world.names.get(key, {}).values(), key=lambda log: log.uid)
        for write in (snapshot.alive(log) for log in logs):
            health = write.image.health if write is not None else None
            if write is None or health is None or health.state not in ("failed", "progressing"):
                continue
            if write.change.resource.group in _APPLIERS or _runs(write):
                continue
            why = one_line(said_by(health.message, health.reason)).rstrip(".") or health.by
            if why and len(told) < _MOST:
                told.append(f"; {named(write.image)} of the same name says: {why}")
                shown.append(proofs.status(write, f"{named(write.image)} says: {why}"))
    return "".join(told), tuple(shown)


def _runs(write: Write) -> bool:
    """Whether it runs Pods, or what makes them: then it may be the Pod's own, and wait for that."""
    return any(is_built_in(log.ref.api_version) for log in write.log.family.children.values())
