"""What else writes around workloads: autoscaler, quota, namespaces, Services, budgets."""

from tests.explain.flow import Flow
from tests.explain.flows.parts import counted, made, numbered, running
from tests.explain.things import condition, deployment, pod, thing


def autoscaler(flow: Flow) -> None:
    """Created with a minimum above what runs; later it measures more load."""
    web, rs, _ = running(flow, 1)
    target = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    scaler = thing("HorizontalPodAutoscaler", "web", "autoscaling/v2", spec=spec)
    flow.hand("client", "kubectl-autoscale").create(scaler)
    own, controller = flow.hand("horizontal-pod-autoscaler"), flow.hand("deployment-controller")
    own.change(web, {"spec": {"replicas": 2}}, sub="scale")
    said = "New size: 2; reason: Current number of replicas below Spec.MinReplicas"
    flow.tell(scaler, "SuccessfulRescale", said, "horizontal-pod-autoscaler")
    controller.scale(rs, 2)
    made(flow, "replicaset-controller", rs, "web-1-m")
    able = condition("AbleToScale", "True", "SucceededRescale")
    own.report(scaler, currentReplicas=1, desiredReplicas=2, conditions=[able])
    flow.wait(60)
    own.change(web, {"spec": {"replicas": 4}}, sub="scale")
    said = "New size: 4; reason: cpu resource utilization above target"
    flow.tell(scaler, "SuccessfulRescale", said, "horizontal-pod-autoscaler")
    own.report(scaler, currentReplicas=2, desiredReplicas=4)
    controller.scale(rs, 4)


def quota_refusal(flow: Flow) -> None:
    """A ReplicaSet's Pods are refused, until the quota goes."""
    quota = flow.exists(thing("ResourceQuota", "pods", spec={"hard": {"pods": "0"}}))
    flow.hand("resourcequota-controller").report(quota, hard={"pods": "0"}, used={"pods": "0"})
    web = flow.hand("client", "kubectl-create").create(deployment("web", 1))
    rs = flow.hand("deployment-controller").create(numbered(web, "web-1", 1, 1))
    said = 'Error creating: pods "web-1-a" is forbidden: exceeded quota: pods, requested: pods=1'
    flow.tell(rs, "FailedCreate", said, "replicaset-controller")
    failing = condition("ReplicaFailure", "True", "FailedCreate", said)
    flow.hand("replicaset-controller").report(rs, observedGeneration=1, conditions=[failing])
    flow.hand("deployment-controller").report(web, observedGeneration=1, conditions=[failing])
    flow.hand("client").delete(quota)
    flow.wait(5)
    made(flow, "replicaset-controller", rs, "web-1-b")
    flow.hand("replicaset-controller").report(rs, replicas=1, conditions=[])


def new_namespace(flow: Flow) -> None:
    """What controllers put into each new namespace, and keep there."""
    space = thing("Namespace", "shop", spec={"finalizers": ["kubernetes"]})
    flow.hand("client", "kubectl-create").create(space)
    flow.hand("root-ca-cert-publisher").create(
        thing("ConfigMap", "kube-root-ca.crt", metadata={"annotations": {"kubernetes.io/d": "x"}})
    )
    account = flow.hand("serviceaccount-controller").create(thing("ServiceAccount", "default"))
    flow.hand("client").delete(account)
    again = thing("ServiceAccount", "default", metadata={"uid": "uid-ServiceAccount-again"})
    flow.hand("serviceaccount-controller").create(again)


def service(flow: Flow) -> None:
    """Endpoints and EndpointSlices follow the Pods that a Service selects."""
    web = flow.hand("client", "kubectl-expose").create(thing("Service", "web", spec={}))
    label = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    parts = {"metadata": {"labels": label}}
    slice_ = thing("EndpointSlice", "web-x", "discovery.k8s.io/v1", web, **parts)
    flow.hand("endpointslice-controller").create(slice_)
    ends = flow.hand("endpoints-controller").create(
        thing("Endpoints", "web", metadata={"labels": {"app": "web"}})
    )
    noted = {"metadata": {"annotations": {"endpoints.kubernetes.io/last-change": "now"}}}
    flow.hand("endpointslice-controller").change(slice_, noted)
    flow.hand("endpoints-controller").change(ends, noted)
    flow.hand("client").delete(web)
    flow.hand("endpoints-controller").delete(ends)
    flow.hand("garbage-collector").delete(slice_)


def replication_controller(flow: Flow) -> None:
    """The older kind, on its own, and a ReplicaSet without a Deployment that adopts a Pod."""
    rc = thing("ReplicationController", "old", spec={"replicas": 1}, status={"replicas": 0})
    flow.hand("client", "kubectl-create").create(rc)
    only = made(flow, "replication-controller", rc, "old-a")
    flow.hand("replication-controller").report(rc, **counted(1))
    flow.hand("client", "kubectl").change(rc, {"spec": {"replicas": 0}}, sub="scale")
    flow.hand("replication-controller").delete(only)
    lone = flow.hand("client", "kubectl-run").create(pod(None, "lone", ""))
    rs = numbered(deployment(), "set", 0, 1)
    rs["metadata"].pop("ownerReferences", None)
    flow.hand("client", "kubectl-create").create(rs)
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "set"}
    owner |= {"uid": rs["metadata"]["uid"]}
    keeper = flow.hand("replicaset-controller")
    adopted = {"metadata": {"ownerReferences": [owner | {"controller": True}]}}
    keeper.change(lone, adopted)
    keeper.delete(lone)


def undocumented_kinds(flow: Flow) -> None:
    """Built-in kinds of which nothing is documented, written from within and by clients."""
    flow.hand("client", "kubectl-create").create(thing("LimitRange", "limits", spec={}))
    account = flow.exists(thing("ServiceAccount", "builder"))
    flow.hand("unknown").change(account, {"metadata": {"labels": {"a": "b"}}})
    web, _, _ = running(flow, 1)
    flow.hand("unknown").create(thing("ConfigMap", "made", owner=web))


FLOWS = (
    autoscaler,
    quota_refusal,
    new_namespace,
    service,
    replication_controller,
    undocumented_kinds,
)
