"""A Deployment's status, and what it says of its own progress.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/progress.go
"""

from datetime import datetime

from practicecluster.controllers.actors import condition
from practicecluster.controllers.api import Json
from practicecluster.copying import copied


def status_of(web: Json, sets: list[Json], new: Json | None, at: str) -> Json:
    """The status that the controller computes from what it knows."""
    ready = _sum(sets, "readyReplicas")
    available = _sum(sets, "availableReplicas")
    counts = {
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": ready,
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(rs["spec"]["replicas"] for rs in sets) - available),
    }
    status: Json = {"observedGeneration": web["metadata"]["generation"]}
    status |= {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = _sum(sets, "terminatingReplicas")
    before = web.get("status", {})
    status["conditions"] = copied(before.get("conditions", []))
    _say_available(status, web, available, at)
    if new is not None and not web["spec"].get("paused"):
        _say_progress(status, web, new, counts, at)
    _say_failure(status, sets, at)
    return status


def _say_available(status: Json, web: Json, available: int, at: str) -> None:
    wanted = web["spec"]["replicas"]
    rolling = web["spec"].get("strategy", {}).get("rollingUpdate", {})
    absent = rolling.get("maxUnavailable", 0)
    if isinstance(absent, str):
        absent = int(absent.rstrip("%")) * wanted // 100
    enough = available >= wanted - absent
    if enough:
        said = "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    else:
        said = (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    _put(status, "Available", *said, at)


def _say_progress(status: Json, web: Json, new: Json, counts: Json, at: str) -> None:
    before = web.get("status", {})
    progressing = condition(web, "Progressing")
    done = progressing is not None and progressing["reason"] == "NewReplicaSetAvailable"
    if before.get("replicas", 0) == before.get("updatedReplicas", 0) and done:
        return
    name, wanted = new["metadata"]["name"], web["spec"]["replicas"]
    if counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted:
        text = f'ReplicaSet "{name}" has successfully progressed.'
        _put(status, "Progressing", "True", "NewReplicaSetAvailable", text, at)
    elif _moved(before, counts):
        text = f'ReplicaSet "{name}" is progressing.'
        _put(status, "Progressing", "True", "ReplicaSetUpdated", text, at, renew=True)
    elif progressing is not None and _too_long(web, progressing, at):
        text = f'ReplicaSet "{name}" has timed out progressing.'
        _put(status, "Progressing", "False", "ProgressDeadlineExceeded", text, at)


def _too_long(web: Json, progressing: Json, at: str) -> bool:
    """Whether nothing went on for progressDeadlineSeconds."""
    if progressing["reason"] in ("NewReplicaSetAvailable", "DeploymentPaused"):
        return False
    since = datetime.fromisoformat(progressing["lastUpdateTime"])
    seconds: int = web["spec"]["progressDeadlineSeconds"]
    return (datetime.fromisoformat(at) - since).total_seconds() > seconds


def _moved(before: dict[str, int], counts: dict[str, int]) -> bool:
    """Whether more is done than was: more updated, ready or available ones, or fewer old ones."""
    old = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return (
        counts["updatedReplicas"] > before.get("updatedReplicas", 0)
        or counts["replicas"] - counts["updatedReplicas"] < old
        or counts["readyReplicas"] > before.get("readyReplicas", 0)
        or counts["availableReplicas"] > before.get("availableReplicas", 0)
    )


def _say_failure(status: Json, sets: list[Json], at: str) -> None:
    failed = next((f for rs in sets if (f := condition(rs, "ReplicaFailure"))), None)
    status["conditions"] = [
        c for c in status["conditions"] if failed or c["type"] != "ReplicaFailure"
    ]
    if failed:
        _put(status, "ReplicaFailure", "True", failed["reason"], failed["message"], at)


def _put(
    status: Json, type_: str, value: str, reason: str, text: str, at: str, *, renew: bool = False
) -> None:
    old = next((c for c in status["conditions"] if c["type"] == type_), None)
    if old and (old["status"], old["reason"]) == (value, reason) and not renew:
        return
    moved = old["lastTransitionTime"] if old and old["status"] == value else at
    said = {"type": type_, "status": value, "reason": reason, "message": text}
    said |= {"lastUpdateTime": at, "lastTransitionTime": moved}
    status["conditions"] = [c for c in status["conditions"] if c["type"] != type_] + [said]


def _sum(sets: list[Json], name: str) -> int:
    return sum(rs.get("status", {}).get(name, 0) for rs in sets)
