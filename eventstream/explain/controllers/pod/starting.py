"""What keeps a container from being made: configuration, volumes, the sandbox, the runtime.

Sources: pkg/kubelet/kubelet_pods.go (environment), pkg/volume/configmap, pkg/volume/secret and
pkg/kubelet/volumemanager (mounts), pkg/kubelet/kuberuntime/kuberuntime_container.go (reasons).
"""

from eventstream.explain.controllers.pod.containers import called
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.world.pods import containers, is_true
from eventstream.explain.world.text import listing, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus
from eventstream.objects.versions import order_of

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

_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
_MISSING = expression(r'(configmap|secret) "([^"]+)" not found', ignore_case=True)
_NO_KEY = expression(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]*/(\S+)")
_NO_KEY_MOUNTED = expression(r"references non-existent (config|secret) key: (\S+)")
_VOLUME = expression(r'for volume "([^"]+)"')
_PASSING = "failed to sync"
"""A kubelet that has only just heard of the Pod: it has the ConfigMap a moment later."""

_LATER = ("Pulling", "Pulled", "Created", "Started")


def starting(write: Write, status: ContainerStatus) -> Trouble:
    """Why a container that waits for one of `START_REASONS` does not start."""
    waiting = status.state.waiting
    reason, message = (waiting.reason, waiting.message or "") if waiting else ("", "")
    who, evidence = called(write, status.name), (proofs.reports(write, status),)
    command = commands.describe(write)
    if reason != CONFIG_ERROR:
        detail = sentence(f"{who} cannot be started: {said_by(message, reason)}")
        return Trouble("start-failed", detail, evidence, command)
    missing, no_key = _MISSING.search(message), _NO_KEY.search(message)
    if missing is not None:
        what = f"{_KINDS[missing[1].lower()]} {missing[2]}"
        detail = f"{who} takes its environment from {what}, which does not exist."
    elif no_key is not None:
        what = f"{no_key[2]} {no_key[3].rstrip('.')}"
        detail = (
            f"{who} takes its environment from key {no_key[1]} of {what}, which has no such key."
        )
    else:
        detail = sentence(f"{who} cannot be made: {said_by(message, reason)}")
        return Trouble("start-failed", detail, evidence, command)
    return Trouble("config-missing", detail, evidence, command)


def mounting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What keeps a Pod's volumes or its sandbox from being there, as its kubelet's Events tell."""
    if not write.log.notes or is_true(write.image, "PodReadyToStartContainers"):
        return None
    if any(status.state.running or status.restart_count for status in containers(write.image)):
        return None
    past = max((_order(note) for note in snapshot.notes(write.log, *_LATER)), default=-1)
    for note in snapshot.notes(write.log, "FailedMount", "FailedAttachVolume"):
        if _order(note) > past and _PASSING not in _message(note):
            return _unmounted(write, note)
    for note in snapshot.notes(write.log, "FailedCreatePodSandBox"):
        if _order(note) > past:
            text = f"The sandbox of Pod {write.image.metadata.name} cannot be made"
            detail = sentence(f"{text}: {_message(note)}")
            evidence = proofs.events([note])
            return Trouble("sandbox-failed", detail, evidence, commands.describe(write))
    return None


def _unmounted(write: Write, note: Change) -> Trouble:
    message, pod = _message(note), f"Pod {write.image.metadata.name}"
    evidence, command = proofs.events([note]), commands.describe(write)
    volume = _VOLUME.search(message)
    where = f" as volume {volume[1]}" if volume is not None else ""
    missing = [f"{_KINDS[kind.lower()]} {name}" for kind, name in _MISSING.findall(message)]
    no_key = _NO_KEY_MOUNTED.search(message)
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        text = f"{pod} mounts {listing(missing)}{where}, which {verb} not exist."
        return Trouble("config-missing", text, evidence, command)
    if no_key is not None:
        kind = "ConfigMap" if no_key[1] == "config" else "Secret"
        text = f"{pod} mounts key {no_key[2]} of a {kind}{where}, which has no such key."
        return Trouble("config-missing", text, evidence, command)
    text = sentence(f"{pod} waits for a volume: {message}")
    return Trouble("volume-pending", text, evidence, command)


def _message(note: Change) -> str:
    return said_by(note.after.spec.message, note.after.spec.reason)


def _order(note: Change) -> int:
    """Events share a domain, so that their versions tell which of two came later."""
    return order_of(note.after.version) or 0
