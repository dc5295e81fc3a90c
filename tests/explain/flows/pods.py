"""What happens within one Pod's life: each as kubelets, schedulers and clients of 1.36 send it.

Sources: pkg/kubelet/kubelet_pods.go (statuses); pkg/kubelet/prober; pkg/registry/core/pod.
"""

from typing import Any

from tests.explain.flow import Flow
from tests.explain.flows.kubelets import (
    NOT_STARTED,
    RUNNING,
    bind,
    container,
    end,
    ended,
    let_go,
    pending,
    report,
    said,
    start,
    there,
    waiting,
    workload,
)
from tests.explain.stories import Json
from tests.explain.things import condition, node, thing


def asked(flow: Flow, name: str = "bare", **spec: Any) -> Json:
    """A client creates a Pod of its own."""
    flow.exists(node())
    found = pending(None, name)
    found["spec"] |= spec
    return flow.hand("client", "kubectl-create").create(found)


def init_and_sidecar(flow: Flow) -> None:
    """Init containers run one after the other; a sidecar starts among them and stays."""
    init = [{"name": "fetch"}, {"name": "proxy", "restartPolicy": "Always"}, {"name": "migrate"}]
    about = asked(flow, initContainers=init)
    bind(flow, about)
    turn, later = waiting("PodInitializing"), container(waiting("PodInitializing"))

    def told(fetch: Json, proxy: Json, migrate: Json, own: Json = later, **more: Any) -> None:
        named = {"fetch": fetch, "proxy": proxy, "migrate": migrate}
        states = [container(state, name) for name, state in named.items()]
        report(flow, about, own, initContainerStatuses=states, **({"phase": "Pending"} | more))

    told(RUNNING, turn, turn)
    told(ended(), turn, turn)
    told(ended(), RUNNING, turn)
    told(ended(), RUNNING, RUNNING)
    told(ended(), RUNNING, ended())
    told(ended(), RUNNING, ended(), container(RUNNING), phase="Running")


def probes(flow: Flow) -> None:
    """A startup probe, a readiness probe that fails for a while, a liveness probe that kills."""
    probed: Json = {"startupProbe": {}, "readinessProbe": {}, "livenessProbe": {}}
    about = asked(flow, containers=[{"name": "c", "image": "nginx:1"} | probed])
    bind(flow, about)
    report(flow, about, container(NOT_STARTED), phase="Pending")
    report(flow, about, container(RUNNING, ready=False, started=False))
    report(flow, about, container(RUNNING, ready=False, started=True))
    report(flow, about, container(RUNNING, started=True))
    unhealthy = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    said(flow, about, Unhealthy=unhealthy)
    report(flow, about, container(RUNNING, ready=False, started=True))
    report(flow, about, container(RUNNING, started=True))
    killing = "Container c failed liveness probe, will be restarted"
    said(flow, about, Killing=killing)
    last: Json = {"lastState": ended(137, "Error"), "restartCount": 1}
    report(flow, about, container(RUNNING, ready=False, started=False, **last))
    report(flow, about, container(RUNNING, started=True, **last))


def out_of_memory(flow: Flow) -> None:
    """A container uses more memory than its limit, and is started again after a while."""
    about = asked(flow)
    start(flow, about)
    killed = ended(137, "OOMKilled")
    report(flow, about, container(killed))
    back_off = waiting("CrashLoopBackOff", "back-off 10s restarting failed container=c pod=bare")
    report(flow, about, container(back_off, lastState=killed, restartCount=0))
    report(flow, about, container(RUNNING, lastState=killed, restartCount=1))


def missing_config(flow: Flow) -> None:
    """A ConfigMap is missing, and then created."""
    about = asked(flow)
    bind(flow, about)
    missing = 'configmap "settings" not found'
    said(flow, about, Failed=f"Error: {missing}")
    report(flow, about, container(waiting("CreateContainerConfigError", missing)), phase="Pending")
    flow.wait(15)
    said(flow, about, Created="Container created", Started="Container started")
    report(flow, about, container(RUNNING))


def slow_pull(flow: Flow) -> None:
    """An image that is pulled, at the second try."""
    about = asked(flow)
    bind(flow, about)
    report(flow, about, container(NOT_STARTED), phase="Pending")
    said(flow, about, Pulling='Pulling image "nginx:1"')
    refused = "failed to pull and unpack image: unexpected status: 503 Service Unavailable"
    report(flow, about, container(waiting("ErrImagePull", refused)), phase="Pending")
    backing = waiting("ImagePullBackOff", f'Back-off pulling image "nginx:1": {refused}')
    report(flow, about, container(backing), phase="Pending")
    said(flow, about, Pulled="Successfully pulled image", Started="Container started")
    report(flow, about, container(RUNNING))


def held_pod(flow: Flow) -> None:
    """A Pod with a client's finalizer stays after it has stopped, until the client lets go."""
    flow.exists(node())
    about = pending(None, "bare", finalizers=["example.com/hold"])
    flow.hand("client", "kubectl-create").create(about)
    start(flow, about)
    flow.hand("client").mark(about, 30, "example.com/hold")
    said(flow, about, Killing="Stopping container c")
    report(flow, about, container(ended()), phase="Succeeded")
    flow.hand("kubelet", "").end(about)
    flow.wait(20)
    flow.hand("client").delete(about)


def looked_into(flow: Flow) -> None:
    """`kubectl debug`: an ephemeral container is added to a Pod that runs."""
    about = asked(flow)
    start(flow, about)
    added = [{"name": "debugger", "image": "busybox:1"}]
    client = flow.hand("client", "kubectl-debug")
    client.change(about, {"spec": {"ephemeralContainers": added}}, sub="ephemeralcontainers")
    debugger = container(RUNNING, "debugger", ready=False)
    report(flow, about, container(RUNNING), ephemeralContainerStatuses=[debugger])


def resized(flow: Flow) -> None:
    """A Pod gets more while it runs: the kubelet makes it so, and says when."""
    about = asked(flow)
    start(flow, about)
    more = [{"name": "c", "image": "nginx:1", "resources": {"requests": {"cpu": "2"}}}]
    flow.hand("client", "kubectl-patch").change(about, {"spec": {"containers": more}}, sub="resize")
    going = condition("PodResizeInProgress", "True")
    conditions = [*about["status"]["conditions"], going]
    flow.hand("kubelet", "kubelet").report(about, conditions=conditions)
    flow.hand("kubelet", "kubelet").report(about, conditions=conditions[:-1])


def gates(flow: Flow) -> None:
    """A scheduling gate that a client takes away, and a readiness gate that another opens."""
    gate = {"conditionType": "example.com/balanced"}
    gated = [{"name": "example.com/quota"}]
    flow.exists(node())
    about = pending(None, "gated")
    about["spec"] |= {"schedulingGates": gated, "readinessGates": [gate]}
    waits = condition("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked")
    about["status"]["conditions"] = [waits]
    flow.hand("client", "kubectl-create").create(about)
    flow.hand("client", "").change(about, {"spec": {"schedulingGates": None}})
    bind(flow, about)
    report(flow, about, container(NOT_STARTED), phase="Pending")
    report(flow, about, container(RUNNING), ready=False)
    opened = [*about["status"]["conditions"], condition("example.com/balanced", "True")]
    flow.hand("custom-controller", "balancer").report(about, conditions=opened)
    report(flow, about, container(RUNNING))


def forced(flow: Flow) -> None:
    """A client does not wait: at once, and after it had asked for a graceful deletion."""
    rs = workload(flow, 2)
    at_once, later = (there(flow, rs, name) for name in ("web-1-a", "web-1-b"))
    client = flow.hand("client")
    client.mark(at_once, 0)
    client.delete(at_once)
    client.mark(later, 30)
    let_go(flow, later, "client")


def relabelled(flow: Flow) -> None:
    """A label goes that the ReplicaSet selects by: it releases the Pod, and makes another."""
    rs = workload(flow)
    about = pending(rs, "web-1-a", labels={"app": "web"})
    start(flow, flow.hand("replicaset-controller").create(about))
    flow.hand("client", "").change(about, {"metadata": {"labels": {"app": None}}})
    flow.hand("replicaset-controller", "").change(about, {"metadata": {"ownerReferences": []}})
    start(flow, flow.hand("replicaset-controller").create(pending(rs, "web-1-b")))
    flow.hand("client").mark(about, 30)
    end(flow, about)


def node_pressure(flow: Flow) -> None:
    """A kubelet ends a Pod itself, since its node is short of memory; it is replaced."""
    rs = workload(flow)
    about = there(flow, rs)
    message = "The node was low on resource: memory."
    said(flow, about, Evicted=message)
    target = condition("DisruptionTarget", "True", "TerminationByKubelet", message)
    about["status"]["conditions"].append(target)
    told: Json = {"phase": "Failed", "reason": "Evicted", "message": message}
    report(flow, about, container(ended(137)), **told)
    start(flow, flow.hand("replicaset-controller").create(pending(rs, "web-1-b")))


def volume_on_demand(flow: Flow) -> None:
    """A claim that waits for its first consumer: a node is chosen, a volume made and bound."""
    flow.exists(node())
    claim = thing("PersistentVolumeClaim", "data", spec={"accessModes": ["ReadWriteOnce"]})
    claim["status"] = {"phase": "Pending"}
    claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    flow.hand("client", "kubectl-create").create(claim)
    about = pending(None, "db")
    flow.hand("client", "kubectl-create").create(about)
    chosen = {"volume.kubernetes.io/selected-node": "node-1"}
    flow.hand("scheduler", "kube-scheduler").report(about, nominatedNodeName="node-1")
    flow.hand("scheduler", "kube-scheduler").change(claim, {"metadata": {"annotations": chosen}})
    binder = flow.hand("persistentvolume-controller")
    made_by = {"volume.kubernetes.io/storage-provisioner": "csi.example.com"}
    binder.change(claim, {"metadata": {"annotations": made_by}})
    bound = {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
    }
    binder.change(claim, {"metadata": {"annotations": bound}, "spec": {"volumeName": "pv-1"}})
    binder.report(claim, phase="Bound", capacity={"storage": "1Gi"})
    start(flow, about)


FLOWS = (
    init_and_sidecar,
    probes,
    out_of_memory,
    missing_config,
    slow_pull,
    held_pod,
    looked_into,
    resized,
    gates,
    forced,
    relabelled,
    node_pressure,
    volume_on_demand,
)
