"""What several flows have in common: Pods that start and stop, and usual objects."""

from typing import Any

from tests.explain.flow import Flow
from tests.explain.stories import Json
from tests.explain.things import condition, deployment, owned_by, pod, replicaset, template

READY = {
    "phase": "Running",
    "conditions": [condition("Ready", "True")],
    "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}],
}
STOPPED = {
    "phase": "Succeeded",
    "conditions": [condition("Ready", "False")],
    "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 0}}}],
}
FAILED = {
    "phase": "Failed",
    "conditions": [condition("Ready", "False")],
    "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 1}}}],
}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def made(flow: Flow, actor: str, owner: Json, name: str, **metadata: Any) -> Json:
    """A controller creates a Pod for its owner."""
    return flow.hand(actor).create(pod(owner, name, "", **metadata))


def start(flow: Flow, started: Json) -> Json:
    """A Pod is bound, and its kubelet reports it ready."""
    flow.hand("scheduler", "").bind(started)
    flow.hand("kubelet", "kubelet").report(started, **READY)
    return started


def stop(flow: Flow, stopped: Json) -> None:
    """A marked Pod stops, and its kubelet lets it go."""
    kubelet = flow.hand("kubelet", "kubelet")
    kubelet.report(stopped, **STOPPED)
    kubelet.end(stopped)
    kubelet.delete(stopped)


def image(name: str) -> Json:
    """The patch that sets a Pod template's image."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": name}]}}}}


def numbered(owner: Json, name: str, replicas: int, number: int, tag: str = "nginx:1") -> Json:
    """A ReplicaSet of a Deployment with its revision."""
    made_ = replicaset(owner, name, replicas)
    made_["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
    made_["spec"]["template"] = template()
    made_["spec"]["template"]["spec"]["containers"][0]["image"] = tag
    made_["status"] = {"replicas": 0, "readyReplicas": 0, "availableReplicas": 0}
    return made_


def entry(manager: str, *fields: str) -> Json:
    """A managedFields entry for some fields of a spec."""
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": "2027-01-15T07:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {f"f:{field}": {} for field in fields}},
    }


def counted(number: int) -> Json:
    """The counts of a status in which all Pods are available."""
    return {"replicas": number, "readyReplicas": number, "availableReplicas": number}


def running(flow: Flow, replicas: int = 2, **spec: Any) -> tuple[Json, Json, list[Json]]:
    """A Deployment that was there, whole, with its ReplicaSet and Pods."""
    web = deployment(replicas=replicas, **({"strategy": ROLLING} | spec))
    web["status"] = counted(replicas) | {"updatedReplicas": replicas, "observedGeneration": 1}
    web["metadata"]["managedFields"] = [entry("kubectl-create", "replicas")]
    web["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "1"}
    flow.exists(web)
    rs = numbered(web, "web-1", replicas, 1)
    rs["status"] = counted(replicas) | {"observedGeneration": 1}
    flow.exists(rs)
    pods = [flow.exists(pod(rs, f"web-1-{letter}")) for letter in "abcdefgh"[:replicas]]
    return web, rs, pods


def belongs(thing: Json, owner: Json, **how: bool) -> Json:
    """The thing with an ownerReference."""
    thing["metadata"]["ownerReferences"] = [owned_by(owner, **how)]
    return thing
