"""What `kubectl logs` shows: what a container would have written, by its command and its state.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/strategy.go
Source: pkg/kubelet/kubelet_pods.go, validateContainerLogStatus
"""

from typing import Any

from practicecluster.controllers.images import printed
from practicecluster.statuses import bad_request
from practicecluster.stored import JsonObject
from practicecluster.writing.writer import Asked

_KINDS = ("containers", "initContainers", "ephemeralContainers")


def logs(asked: Asked, pod: JsonObject, container: str, *, previous: bool) -> str:
    """Return a container's log, of its `previous` run if asked; what is made up says so.

    Raises ApiError 400 where it is not said which of several, there is none of that name, or it has
    not started.
    """
    specs = {each["name"]: each for kind in _KINDS for each in pod["spec"].get(kind) or ()}
    main = [each["name"] for each in pod["spec"]["containers"]]
    if not container and len(main) > 1:
        raise bad_request(
            f"a container name must be specified for pod {asked.name}, choose one of: "
            f"[{' '.join(specs)}]"
        )
    name = container or main[0]
    if name not in specs:
        raise bad_request(f"container {name} is not valid for pod {asked.name}")
    status = _status(pod, name)
    state, last = status.get("state") or {}, status.get("lastState") or {}
    if previous:
        state = last
        if "terminated" not in state:
            raise bad_request(
                f'previous terminated container "{name}" in pod "{asked.name}" not found'
            )
    elif "waiting" in state and "terminated" in last:
        state = last
    if "running" not in state and "terminated" not in state:
        waits = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
        why = f"is waiting to start: {waits}"
        raise bad_request(f'container "{name}" in pod "{asked.name}" {why}')
    return _written(specs[name], name, state)


def _status(pod: JsonObject, name: str) -> dict[str, Any]:
    told = pod.get("status") or {}
    every = [*(told.get("containerStatuses") or ()), *(told.get("initContainerStatuses") or ())]
    return next((each for each in every if each["name"] == name), {})


def _written(spec: JsonObject, name: str, state: dict[str, Any]) -> str:
    words = [*(spec.get("command") or ()), *(spec.get("args") or ())]
    text = "".join(f"{line}\n" for line in printed(words))
    note = f"(simulated: container {name} of image {spec['image']} does not run"
    ended = state.get("terminated")
    if ended is not None and ended.get("message"):
        return str(ended["message"])  # The end of a log that was kept.
    if ended is not None:
        return f"{text}{note}; it ended with exit code {ended['exitCode']}, {ended['reason']})\n"
    return f"{text}{note}, and is taken for a server that goes on)\n"
