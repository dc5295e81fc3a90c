"""A Pod's row: its Status column is the hardest that kubectl prints, so it has a module of its own.

After printPod in
https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

from collections.abc import Sequence
from typing import Any

from practicecluster.durations import age
from practicecluster.printing import Column, JsonObject, Printer

_POD_COLUMNS = (
    Column("Name", format="name"),
    Column("Ready"),
    Column("Status"),
    Column("Restarts"),
    Column("Age"),
    Column("IP", priority=1),
    Column("Node", priority=1),
    Column("Nominated Node", priority=1),
    Column("Readiness Gates", priority=1),
)


def _pod(content: JsonObject, now: float) -> list[Any]:
    metadata, spec, status = content["metadata"], content["spec"], content.get("status") or {}
    containers: list[JsonObject] = status.get("containerStatuses") or []
    inits = spec.get("initContainers") or []
    beside = {one["name"] for one in inits if one.get("restartPolicy") == "Always"}
    counted = containers + [
        one for one in status.get("initContainerStatuses") or [] if one["name"] in beside
    ]
    ready = sum(1 for one in counted if one.get("ready") and "running" in one["state"])
    return [
        metadata["name"],
        f"{ready}/{len(spec.get('containers') or []) + len(beside)}",
        _status(content, containers),
        _restarts(containers, now),
        age(metadata.get("creationTimestamp"), now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        _readiness_gates(spec, status),
    ]


def _status(content: JsonObject, containers: Sequence[JsonObject]) -> str:
    """Return the one word for how the Pod is."""
    status = content.get("status") or {}
    reason = str(status.get("reason") or status.get("phase") or "")
    if any(
        one["type"] == "PodScheduled" and one.get("reason") == "SchedulingGated"
        for one in status.get("conditions") or []
    ):
        reason = "SchedulingGated"
    waiting_for = _init_reason(content)
    if waiting_for:
        reason = waiting_for
    else:
        for container in reversed(containers):
            reason = _container_reason(container["state"]) or reason
        reason = _running_again(reason, status, containers)
    if content["metadata"].get("deletionTimestamp"):
        reason = "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return reason


def _container_reason(state: JsonObject) -> str:
    """Return why a container does not run, empty for one that does."""
    if (waiting := state.get("waiting")) and waiting.get("reason"):
        return str(waiting["reason"])
    if ended := state.get("terminated"):
        if ended.get("reason"):
            return str(ended["reason"])
        signal, code = ended.get("signal", 0), ended.get("exitCode", 0)
        return f"Signal:{signal}" if signal else f"ExitCode:{code}"
    return ""


def _init_reason(content: JsonObject) -> str:
    """Return what the Pod's init containers keep it at, empty when all have done their work."""
    specs = content["spec"].get("initContainers") or []
    always = {one["name"] for one in specs if one.get("restartPolicy") == "Always"}
    statuses = (content.get("status") or {}).get("initContainerStatuses") or []
    for index, container in enumerate(statuses):
        state = container["state"]
        if container["name"] in always and container.get("started"):
            continue
        if (ended := state.get("terminated")) is not None and ended.get("exitCode", 0) == 0:
            continue
        reason = _container_reason(state)
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{index}/{len(specs)}"
    return ""


def _running_again(reason: str, status: JsonObject, containers: Sequence[JsonObject]) -> str:
    """Return `reason`, unless one container is done while another still runs."""
    runs = any(one.get("ready") and "running" in one["state"] for one in containers)
    if reason != "Completed" or not runs:
        return reason
    conditions = status.get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return "Running" if ready else "NotReady"


def _restarts(containers: Sequence[JsonObject], now: float) -> str:
    count = sum(one.get("restartCount", 0) for one in containers)
    ends = [(one.get("lastState") or {}).get("terminated") or {} for one in containers]
    latest = max((end["finishedAt"] for end in ends if end.get("finishedAt")), default=None)
    return f"{count} ({age(latest, now)} ago)" if count and latest else str(count)


def _readiness_gates(spec: JsonObject, status: JsonObject) -> str:
    gates = spec.get("readinessGates") or []
    if not gates:
        return "<none>"
    conditions = {one["type"]: one["status"] for one in status.get("conditions") or []}
    true = sum(1 for gate in gates if conditions.get(gate["conditionType"]) == "True")
    return f"{true}/{len(gates)}"


POD_PRINTER = Printer(_POD_COLUMNS, _pod)
