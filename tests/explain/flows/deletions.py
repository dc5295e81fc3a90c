"""Cascading deletions: garbagecollector.go, namespaced_resources_deleter.go, crd_finalizer.go."""

from tests.explain.flow import Flow
from tests.explain.flows.parts import counted, made, numbered, running, start, stop
from tests.explain.stories import Json
from tests.explain.things import condition, definition, deployment, owned_by, pod, thing, website


def background(flow: Flow) -> None:
    """`kubectl delete deployment`: the owner goes at once, and the collector follows."""
    web, rs, pods = running(flow)
    flow.hand("client").delete(web)
    collector = flow.hand("garbage-collector")
    collector.delete(rs)
    for leaving in pods:
        collector.mark(leaving, 30)
    for leaving in pods:
        stop(flow, leaving)


def foreground(flow: Flow) -> None:
    """--cascade=foreground: each owner waits for what it owns."""
    web, rs, pods = running(flow)
    flow.hand("client").mark(web, None, "foregroundDeletion")
    collector = flow.hand("garbage-collector")
    collector.mark(rs, None, "foregroundDeletion")
    flow.hand("deployment-controller").report(web, observedGeneration=2)
    for leaving in pods:
        collector.mark(leaving, 30)
    flow.hand("replicaset-controller").report(rs, **counted(0))
    flow.hand("deployment-controller").report(web, **counted(0))
    for leaving in pods:
        stop(flow, leaving)
    collector.delete(rs)
    collector.delete(web)


def orphan(flow: Flow) -> None:
    """--cascade=orphan: what was owned stays."""
    web, rs, _ = running(flow)
    flow.hand("client").mark(web, None, "orphan")
    collector = flow.hand("garbage-collector")
    collector.change(rs, {"metadata": {"ownerReferences": []}})
    collector.delete(web)


def held_deployment(flow: Flow) -> None:
    """A client's own finalizer holds a Deployment, with and without foreground deletion."""
    web, rs, _ = running(flow, 0)
    kubectl = flow.hand("client", "kubectl-patch")
    kubectl.change(web, {"metadata": {"finalizers": ["example.com/hold"]}})
    flow.hand("client").mark(web, None, "example.com/hold", "foregroundDeletion")
    collector = flow.hand("garbage-collector")
    collector.delete(rs)
    collector.free(web, "example.com/hold")
    flow.wait(30)
    kubectl.delete(web)


def namespace_deletion(flow: Flow) -> None:
    """Pods go first, then everything else in no fixed order, then the namespace is finalized."""
    space = thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]})
    space["status"] = {"phase": "Active"}
    flow.exists(space)
    web, rs, pods = running(flow)
    claim = thing("PersistentVolumeClaim", "data")
    claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    flow.exists(claim)
    site = flow.exists(website())
    emptier = flow.hand("namespace-controller")
    space["status"]["phase"] = "Terminating"
    flow.hand("client").mark(space)
    for leaving in pods:
        emptier.mark(leaving, 30)
    remaining = condition("NamespaceContentRemaining", "True", "SomeResourcesRemain")
    emptier.report(space, conditions=[remaining])
    flow.hand("replicaset-controller").report(rs, **counted(0))
    for leaving in pods:
        stop(flow, leaving)
    emptier.delete(rs)
    emptier.delete(web)
    emptier.delete(site)
    emptier.mark(claim, None, "kubernetes.io/pvc-protection")
    flow.hand("pvc-protection-controller").delete(claim)
    emptier.report(space, conditions=[remaining | {"status": "False"}])
    emptier.delete(space)


def type_deletion(flow: Flow) -> None:
    """A type is deleted with its objects; one is held by its operator's finalizer."""
    crd = flow.exists(definition())
    operator = flow.hand("custom-controller", "site-operator")
    plain = flow.hand("client", "kubectl-create").create(website("plain"))
    held = flow.hand("client", "kubectl-create").create(website("held"))
    operator.change(held, {"metadata": {"finalizers": ["example.com/site"]}})
    server = flow.hand("api-server", "kube-apiserver")
    flow.hand("client").mark(crd, None, "customresourcecleanup.apiextensions.k8s.io")
    going = condition("Terminating", "True", "InstanceDeletionInProgress")
    server.report(crd, conditions=[condition("Established", "True"), going])
    server.delete(plain)
    server.mark(held, None, "example.com/site")
    operator.delete(held)
    done = condition("Terminating", "False", "InstanceDeletionCompleted")
    server.report(crd, conditions=[condition("Established", "True"), done])
    server.delete(crd)


def shared_by_two(flow: Flow) -> None:
    """One of two owners goes: only the reference to it is taken away."""
    first, second = flow.exists(website("one")), flow.exists(website("two"))
    shared: Json = pod(None, "shared")
    shared["metadata"]["ownerReferences"] = [
        owned_by(first, controller=False),
        owned_by(second, controller=False),
    ]
    flow.exists(shared)
    flow.hand("client").delete(first)
    kept = [owned_by(second, controller=False)]
    flow.hand("garbage-collector").change(shared, {"metadata": {"ownerReferences": kept}})
    flow.hand("client").delete(second)
    flow.hand("garbage-collector").mark(shared, 30)
    stop(flow, shared)


def a_single_pod(flow: Flow) -> None:
    """A Pod of a ReplicaSet is deleted by hand, and replaced."""
    _, rs, pods = running(flow)
    flow.hand("client").mark(pods[0], 30)
    fresh = made(flow, "replicaset-controller", rs, "web-1-z")
    flow.tell(rs, "SuccessfulCreate", "Created pod: web-1-z", "replicaset-controller")
    stop(flow, pods[0])
    start(flow, fresh)


def deployment_again(flow: Flow) -> None:
    """Deleted, and created again under the same name while the old Pods still stop."""
    web, rs, pods = running(flow, 1)
    flow.hand("client").delete(web)
    again = deployment(replicas=1)
    again["metadata"]["uid"] = "uid-Deployment-again"
    again = flow.hand("client", "kubectl-create").create(again)
    flow.hand("garbage-collector").delete(rs)
    fresh = numbered(again, "web-1", 1, 1)
    fresh["metadata"]["uid"] = "uid-ReplicaSet-again"
    fresh = flow.hand("deployment-controller").create(fresh)
    flow.hand("garbage-collector").mark(pods[0], 30)
    made(flow, "replicaset-controller", fresh, "web-1-n")
    stop(flow, pods[0])


FLOWS = (
    background,
    foreground,
    orphan,
    held_deployment,
    namespace_deletion,
    type_deletion,
    shared_by_two,
    a_single_pod,
    deployment_again,
)
