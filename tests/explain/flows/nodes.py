"""Flows in which a node, or the room on it, decides: each as Kubernetes 1.36 makes it.

Sources: pkg/controller/{nodelifecycle,tainteviction,podgc,disruption}; pkg/registry/core/pod/
storage/eviction.go; pkg/scheduler/framework/preemption; pkg/kubelet/kubelet_node_status.go.
"""

from tests.explain.flow import Flow
from tests.explain.flows.kubelets import (
    RUNNING,
    container,
    end,
    let_go,
    pending,
    replaced,
    report,
    start,
    there,
    workload,
)
from tests.explain.flows.parts import belongs
from tests.explain.stories import Json
from tests.explain.things import condition, daemonset, node, pod, thing

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
UNREACHABLE = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}
NO_EXECUTE = UNREACHABLE | {"effect": "NoExecute"}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
LIFECYCLE, EVICTOR = "node-lifecycle-controller", "taint-eviction-controller"
MIRROR = {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.source": "file"}


def disrupt(
    flow: Flow, about: Json, actor: str, manager: str, reason: str, message: str, **status: str
) -> None:
    """Condition DisruptionTarget is added to those that the Pod has."""
    others = [kept for kept in about["status"]["conditions"] if kept["type"] != "DisruptionTarget"]
    said = condition("DisruptionTarget", "True", reason, message)
    patch = {"status": {"conditions": [*others, said]} | status}
    flow.hand(actor, manager).change(about, patch, **({"sub": "status"} if manager else {}))


def evict(flow: Flow, about: Json) -> None:
    """The eviction API: a condition and a deletion, both the API server's for the client."""
    disrupt(flow, about, "client", "", "EvictionByEvictionAPI", "Eviction API: evicting")
    flow.hand("client").mark(about, 30)


def drain(flow: Flow) -> None:
    """`kubectl drain`: a cordon, an eviction that a budget allows, a replacement; uncordoned."""
    rs = workload(flow)
    flow.exists(node("node-2"))
    host = flow.exists(node("node-3"))
    old = there(flow, rs, host="node-3")
    status = {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1}
    budget = thing(
        "PodDisruptionBudget", "web", "policy/v1", spec={"minAvailable": 1}, status=status
    )
    flow.exists(budget)
    flow.hand("client", "kubectl").change(host, {"spec": {"unschedulable": True}})
    flow.hand(LIFECYCLE).change(host, {"spec": {"taints": [UNSCHEDULABLE]}})
    flow.hand("api-server", "kube-apiserver").report(budget, disruptionsAllowed=0)
    evict(flow, old)
    start(flow, replaced(flow, rs, "web-1-b"), "node-2")
    end(flow, old)
    flow.hand("disruption-controller").report(budget, disruptionsAllowed=1)
    flow.hand("client", "").change(host, {"spec": {"unschedulable": None}})
    flow.hand(LIFECYCLE, "").change(host, {"spec": {"taints": None}})


def silent(flow: Flow, host: Json, about: Json) -> None:
    """The kubelet of a node is silent for too long."""
    flow.wait(50)
    unknown = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting status.")
    flow.hand(LIFECYCLE).report(host, conditions=[unknown])
    flow.tell(host, "NodeNotReady", "Node node-2 status is now: NodeNotReady", "node-controller")
    others = [kept for kept in about["status"]["conditions"] if kept["type"] != "Ready"]
    flow.hand(LIFECYCLE).report(about, conditions=[*others, condition("Ready", "False")])
    flow.hand(LIFECYCLE).change(host, {"spec": {"taints": [UNREACHABLE]}})
    flow.hand(LIFECYCLE).change(host, {"spec": {"taints": [UNREACHABLE, NO_EXECUTE]}})


def tainted_away(flow: Flow, about: Json) -> None:
    """The Pod tolerated the taint for a while; now it has to go."""
    message = "Taint manager: deleting due to NoExecute taint"
    disrupt(flow, about, EVICTOR, "kube-controller-manager", "DeletionByTaintManager", message)
    flow.hand(EVICTOR).mark(about, 30)
    marking = f"Marking for deletion Pod shop/{about['metadata']['name']}"
    flow.tell(about, "TaintManagerEviction", marking, EVICTOR)


def node_loss(flow: Flow) -> None:
    """A kubelet falls silent; its Pod is given up, replaced, and collected with the node."""
    rs = workload(flow)
    host = flow.hand("kubelet", "kubelet").create(node("node-2"))
    lost = there(flow, rs, host="node-2")
    silent(flow, host, lost)
    flow.wait(300)
    tainted_away(flow, lost)
    start(flow, replaced(flow, rs, "web-1-b"))
    flow.wait(60)
    flow.hand("client").delete(host)
    flow.wait(40)
    collector, manager = "pod-garbage-collector", "kube-controller-manager"
    gone = "PodGC: node no longer exists"
    disrupt(flow, lost, collector, manager, "DeletionByPodGC", gone, phase="Failed")
    let_go(flow, lost, collector)


def node_comes_back(flow: Flow) -> None:
    """A kubelet was silent for a while: the node loses its taints, its Pod is ready again."""
    rs = workload(flow)
    host = flow.hand("kubelet", "kubelet").create(node("node-2"))
    kept = there(flow, rs, host="node-2")
    silent(flow, host, kept)
    flow.wait(20)
    back = condition("Ready", "True", "KubeletReady") | {
        "lastHeartbeatTime": "2027-01-15T08:02:00Z"
    }
    flow.hand("kubelet", "kubelet").report(host, conditions=[back])
    report(flow, kept, container(RUNNING))
    flow.hand(LIFECYCLE).change(host, {"spec": {"taints": [NO_EXECUTE]}})
    flow.hand(LIFECYCLE, "").change(host, {"spec": {"taints": None}})


def forced_from_a_lost_node(flow: Flow) -> None:
    """A client does not wait for the node: it forces the Pod away, which is replaced."""
    rs = workload(flow)
    host = flow.exists(node("node-2"))
    lost = there(flow, rs, host="node-2")
    silent(flow, host, lost)
    tainted_away(flow, lost)
    start(flow, replaced(flow, rs, "web-1-b"))
    let_go(flow, lost, "client")


def preemption(flow: Flow) -> None:
    """A Pod of high priority finds no room, so the scheduler takes another one away for it."""
    rs = workload(flow)
    victim = there(flow, rs)
    urgent = pending(None, "urgent")
    urgent["spec"]["priority"] = 1000
    flow.hand("client", "kubectl-create").create(urgent)
    full = "0/1 nodes are available: 1 Insufficient cpu."
    refused = [condition("PodScheduled", "False", "Unschedulable", full)]
    scheduler = flow.hand("scheduler", "kube-scheduler")
    scheduler.report(urgent, conditions=refused, nominatedNodeName="node-1")
    flow.tell(urgent, "FailedScheduling", full, "default-scheduler")
    by = f"Preempted by pod {urgent['metadata']['uid']} on node node-1"
    message = "default-scheduler: preempting to accommodate a higher priority pod"
    disrupt(flow, victim, "scheduler", "kube-scheduler", "PreemptionByScheduler", message)
    scheduler.mark(victim, 30)
    flow.tell(victim, "Preempted", by, "default-scheduler")
    new = replaced(flow, rs, "web-1-b")
    flow.hand("scheduler", "kube-scheduler").report(new, conditions=refused)
    flow.tell(new, "FailedScheduling", full, "default-scheduler")
    end(flow, victim)
    start(flow, urgent)


def node_joins(flow: Flow) -> None:
    """A kubelet registers its node; controllers serve it; a DaemonSet's Pod is made for it."""
    agent = daemonset()
    agent["status"] |= {"currentNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1}
    flow.exists(agent)
    host = node("node-2", taints=[NOT_READY])
    host["status"]["conditions"] = [condition("Ready", "False", "KubeletNotReady")]
    kubelet = flow.hand("kubelet", "kubelet")
    kubelet.create(host)
    ttl = {"metadata": {"annotations": {"node.alpha.kubernetes.io/ttl": "0"}}}
    flow.hand("ttl-controller").change(host, ttl)
    flow.hand("node-ipam-controller").change(host, {"spec": {"podCIDR": "10.200.1.0/24"}})
    attach = {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    flow.hand("kubelet", "kubelet").change(host, {"metadata": {"annotations": attach}})
    made = pending(agent, "agent-a")
    made["spec"]["affinity"] = only_on("node-2")
    flow.hand("daemonset-controller").create(made)
    flow.tell(agent, "SuccessfulCreate", "Created pod: agent-a", "daemonset-controller")
    flow.hand("daemonset-controller").report(
        agent, desiredNumberScheduled=2, currentNumberScheduled=2, updatedNumberScheduled=2
    )
    start(flow, made, "node-2")
    flow.hand("daemonset-controller").report(agent, numberReady=2, numberAvailable=2)
    ready = [condition("Ready", "True", "KubeletReady")]
    flow.hand("kubelet", "kubelet").report(host, conditions=ready)
    flow.hand(LIFECYCLE, "").change(host, {"spec": {"taints": None}})
    labelled = {"metadata": {"labels": {"disk": "ssd"}}}
    flow.hand("client", "kubectl-label").change(host, labelled)
    flow.hand("client", "").change(host, {"metadata": {"labels": {"disk": None}}})


def only_on(host: str) -> Json:
    """The affinity by which the DaemonSet controller sends a Pod to one node."""
    fields = [{"key": "metadata.name", "operator": "In", "values": [host]}]
    terms = {"nodeSelectorTerms": [{"matchFields": fields}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def static_pod(flow: Flow) -> None:
    """A kubelet shows a Pod of its own; a client deletes what it shows, and it shows it anew."""
    host = flow.exists(node())
    for number, uid in enumerate(("uid-Pod-first", "uid-Pod-second")):
        mirror = pod(None, "etcd-node-1", annotations=dict(MIRROR), uid=uid)
        belongs(mirror, host)
        mirror["spec"]["terminationGracePeriodSeconds"] = 30
        mirror["status"] = {"phase": "Pending"}
        flow.hand("kubelet", "kubelet").create(mirror)
        report(flow, mirror, container(RUNNING))
        if not number:
            flow.hand("client").mark(mirror, 30)
            let_go(flow, mirror, "kubelet")


FLOWS = (
    drain,
    node_loss,
    node_comes_back,
    forced_from_a_lost_node,
    preemption,
    node_joins,
    static_pod,
)
