"""What keeps a container from being made or started: its configuration, or the runtime.

Sources: pkg/kubelet/kubelet_pods.go (environment), pkg/kubelet/kuberuntime/kuberuntime_container.go
(reasons).
"""

from eventstream.explain.controllers.pod.containers import called
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.trouble import Trouble
from eventstream.explain.world.text import said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
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

KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
MISSING = expression(r'(configmap|secret) "([^"]+)" not found', ignore_case=True)
_NO_KEY = expression(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]*/(\S+)")


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
