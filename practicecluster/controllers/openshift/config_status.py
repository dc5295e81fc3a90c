"""What a DeploymentConfig's status says of its rollouts.

Source: https://github.com/openshift/openshift-controller-manager/blob/master/pkg/apps/deploymentconfig/deploymentconfig_controller.go
"""

from practicecluster.controllers.actors import condition
from practicecluster.controllers.api import Json
from practicecluster.controllers.openshift import rollouts
from practicecluster.copying import copied

_ENOUGH = "Deployment config has minimum availability."
_TOO_FEW = "Deployment config does not have minimum availability."


def status_of(
    config: Json, found: list[Json], at: str, *, observed: bool, said: Json | None = None
) -> Json:
    """Return the status; only an `observed` generation is reported as such."""
    is_latest, newest = rollouts.latest(config, found)
    newest = newest if is_latest else None
    before = config["status"]
    available, total = _sum(found, "availableReplicas"), sum(rc["spec"]["replicas"] for rc in found)
    status: Json = copied(before)
    if observed:
        status["observedGeneration"] = config["metadata"]["generation"]
    status |= {
        "replicas": _sum(found, "replicas"),
        "updatedReplicas": _sum([newest] if newest else [], "replicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total - available),
    }
    status.pop("readyReplicas", None)
    if ready := _sum(found, "readyReplicas"):
        status["readyReplicas"] = ready
    _say_available(status, config, at)
    if newest is not None:
        _say_progress(status, before, newest, at)
    if said is not None:
        put(status, said, at)
    return status


def _sum(found: list[Json], name: str) -> int:
    return sum(each["status"].get(name, 0) for each in found)


def _say_available(status: Json, config: Json, at: str) -> None:
    wanted, absent = config["spec"]["replicas"], 0
    if config["spec"]["strategy"]["type"] == "Rolling":
        absent = rollouts.bounds(config, wanted)[1]
    available = status["availableReplicas"]
    enough = available > 0 and available >= wanted - absent
    told = {"type": "Available", "status": "True" if enough else "False"}
    put(status, told | {"message": _ENOUGH if enough else _TOO_FEW}, at)


def _say_progress(status: Json, before: Json, newest: Json, at: str) -> None:
    name = newest["metadata"]["name"]
    what = f'replication controller "{name}"'
    match rollouts.phase(newest):
        case rollouts.PENDING:
            waits = f'is waiting for pod "{rollouts.deployer_name(newest)}" to run'
            put(status, _progressing("Unknown", "", f"{what} {waits}"), at)
        case rollouts.RUNNING if _moved(before, status):
            old = [c for c in status.get("conditions", ()) if c["type"] != "Progressing"]
            status["conditions"] = old  # So that its time is that of the last progress.
            told = _progressing("True", "ReplicationControllerUpdated", f"{what} is progressing")
            put(status, told, at)
        case rollouts.FAILED if rollouts.cancelled(newest):
            text = f"rollout of {what} was cancelled"
            put(status, _progressing("False", "RolloutCancelled", text), at)
        case rollouts.FAILED:
            text = f"{what} has failed progressing"
            put(status, _progressing("False", "ProgressDeadlineExceeded", text), at)
        case rollouts.COMPLETE:
            text = f"{what} successfully rolled out"
            put(status, _progressing("True", "NewReplicationControllerAvailable", text), at)


def _progressing(value: str, reason: str, text: str) -> Json:
    told = {"type": "Progressing", "status": value, "reason": reason, "message": text}
    return {name: each for name, each in told.items() if each}


def _moved(before: Json, now: Json) -> bool:
    """Whether more is of the newest version, or less of the others."""
    old = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    left = now["replicas"] - now["updatedReplicas"]
    return bool(now["updatedReplicas"] > before.get("updatedReplicas", 0) or left < old)


def put(status: Json, said: Json, at: str) -> None:
    """Set a condition; one that has the same status and reason stays as it is."""
    old = condition({"status": status}, said["type"])
    same = old is not None and old["status"] == said["status"]
    if old is not None and same and old.get("reason", "") == said.get("reason", ""):
        return
    moved = old["lastTransitionTime"] if old is not None and same else at
    others = [c for c in status.get("conditions", ()) if c["type"] != said["type"]]
    times = {"lastUpdateTime": at, "lastTransitionTime": moved}
    status["conditions"] = [*others, said | times]
