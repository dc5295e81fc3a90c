"""What keeps a container from being made or started: its configuration, or the runtime.

Sources: pkg/kubelet/kubelet_pods.go (environment), pkg/kubelet/kuberuntime/kuberuntime_container.go
(reasons).
"""

from eventstream.explain.controllers.pod.containers import called
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.text import count, parse, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import ContainerStatus

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

KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
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


def starting(write: Write, status: ContainerStatus) -> Trouble:
    """Why a container that waits for one of `START_REASONS` does not start."""
    waiting = status.state.waiting
    reason, message = (waiting.reason, waiting.message or "") if waiting else ("", "")
    who, evidence = called(write, status.name), (proofs.reports(write, status),)
    command = commands.describe(write)
    if reason != CONFIG_ERROR:
        detail = sentence(f"{who} cannot be started: {said_by(message, reason)}")
        return Trouble("start-failed", detail, evidence, command)
    missing, no_key = MISSING.search(message), _NO_KEY.search(message)
    if missing is not None:
        what = f"{KINDS[missing[1].lower()]} {missing[2]}"
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
