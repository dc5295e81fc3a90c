"""What kubelets and schedulers send for a Pod, piece by piece, as flows of Pods and Nodes need it.

Sources: pkg/kubelet/status/status_manager.go (syncPod), pkg/scheduler/schedule_one.go.
"""

from typing import Any

from tests.explain.flow import Flow
from tests.explain.stories import Json
from tests.explain.things import condition, deployment, node, pod, replicaset

NOT_STARTED = {"waiting": {"reason": "ContainerCreating"}}
RUNNING = {"running": {"startedAt": "2027-01-15T08:00:09Z"}}
_KUBELETS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")


def container(state: Json, name: str = "c", ready: bool | None = None, **more: Any) -> Json:
    """What a kubelet reports of one container; it is ready when it runs, unless said otherwise."""
    up = "running" in state
    return {"name": name, "state": state, "ready": up if ready is None else ready} | more


def ended(code: int = 0, reason: str = "") -> Json:
    """The state of a container that has ended."""
    return {
        "terminated": {"exitCode": code, "reason": reason or ("Error" if code else "Completed")}
    }


def waiting(reason: str, message: str = "") -> Json:
    """The state of a container that waits."""
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


def pending(owner: Json | None = None, name: str = "web-1-a", **metadata: Any) -> Json:
    """A new Pod as the API server stores it, with its grace period and without a node."""
    found = pod(owner, name, "", **metadata)
    found["spec"] |= {"schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30}
    return found


def there(flow: Flow, owner: Json | None, name: str = "web-1-a", host: str = "node-1") -> Json:
    """A Pod that ran before."""
    found = pod(owner, name, host)
    found["spec"] |= {"terminationGracePeriodSeconds": 30}
    found["status"]["conditions"].append(condition("PodReadyToStartContainers", "True"))
    return flow.exists(found)


def bind(flow: Flow, about: Json, host: str = "node-1") -> None:
    """The scheduler binds the Pod, and says so."""
    flow.actor = "scheduler"
    kept = [c for c in about["status"].get("conditions", ()) if c["type"] != "PodScheduled"]
    status: Json = {"conditions": [*kept, condition("PodScheduled", "True")]}
    if "nominatedNodeName" in about["status"]:
        status["nominatedNodeName"] = None
    flow.change(about, {"spec": {"nodeName": host}, "status": status})
    text = f"Successfully assigned shop/{about['metadata']['name']} to {host}"
    flow.tell(about, "Scheduled", text, "default-scheduler")


def report(
    flow: Flow, about: Json, *containers: Json, ready: bool | None = None, **status: Any
) -> None:
    """The kubelet reports the Pod's containers; the Pod is ready when all of them are."""
    up = all(found["ready"] for found in containers) if ready is None else ready
    sandbox = status.get("phase") not in ("Succeeded", "Failed")
    truth = {True: "True", False: "False"}
    conditions = [
        *(kept for kept in about["status"].get("conditions", ()) if kept["type"] not in _KUBELETS),
        condition("PodReadyToStartContainers", truth[sandbox]),
        condition("Ready", truth[up]),
        condition("ContainersReady", truth[up]),
    ]
    told = {
        "phase": "Running",
        "hostIP": "192.0.2.1",
        "startTime": "2027-01-15T08:00:03Z",
        "conditions": conditions,
        "containerStatuses": list(containers),
    }
    flow.hand("kubelet", "kubelet").report(about, **(told | status))


def said(flow: Flow, about: Json, **events: str) -> None:
    """Events of the kubelet: reason and message."""
    for reason, message in events.items():
        flow.tell(about, reason, message, "kubelet")


def start(flow: Flow, about: Json, host: str = "node-1") -> Json:
    """The Pod is bound, and its one container started."""
    bind(flow, about, host)
    report(flow, about, container(NOT_STARTED), phase="Pending")
    said(
        flow,
        about,
        Pulled='Container image "nginx:1" already present on machine',
        Created="Container created",
        Started="Container started",
    )
    report(flow, about, container(RUNNING), podIP="10.0.0.7")
    return about


def end(flow: Flow, about: Json, code: int = 0) -> None:
    """The kubelet stops the Pod that is being deleted, reports its end and lets it go."""
    said(flow, about, Killing="Stopping container c")
    phase = "Failed" if code else "Succeeded"
    report(flow, about, container(ended(code)), ready=False, phase=phase)
    let_go(flow, about, "kubelet")


def let_go(flow: Flow, about: Json, actor: str) -> None:
    """A deletion without grace: the grace period becomes 0, and the Pod is gone."""
    hand = flow.hand(actor, "")
    hand.end(about)
    hand.delete(about)


def workload(flow: Flow, replicas: int = 1) -> Json:
    """A ReplicaSet of a Deployment, on a node that answers; its Pods are the caller's."""
    flow.exists(node())
    web = flow.exists(deployment(replicas=replicas))
    return flow.exists(replicaset(web, replicas=replicas))


def replaced(flow: Flow, rs: Json, name: str) -> Json:
    """The ReplicaSet controller creates a Pod, and says so."""
    new = flow.hand("replicaset-controller").create(pending(rs, name))
    flow.tell(rs, "SuccessfulCreate", f"Created pod: {name}", "replicaset-controller")
    return new
