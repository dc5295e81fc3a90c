"""What a server fills in where a request left it out, kind by kind.

Sources: https://github.com/kubernetes/kubernetes/tree/master/pkg/apis, the files `v1/defaults.go`
of `core`, `apps`, `batch`, `networking`, `rbac`, and `v2/defaults.go` of `autoscaling`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from practicecluster.copying import copied
from practicecluster.stored import JsonObject
from practicecluster.writing.openshift import rules as openshift
from practicecluster.writing.pod_defaults import pod_spec, pod_template

Fill = Callable[[JsonObject], None]


def _deployment(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _rolling(spec.setdefault("strategy", {}), {"maxUnavailable": "25%", "maxSurge": "25%"})
    pod_template(spec)


def _rolling(strategy: JsonObject, numbers: JsonObject) -> None:
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = {**numbers, **rolling}


def _replicaset(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("replicas", 1)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not thing["metadata"].get("labels"):
        thing["metadata"]["labels"] = dict(labels)
    pod_template(spec)


def _replication_controller(thing: JsonObject) -> None:
    spec = thing["spec"]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    _replicaset(thing)


def _daemonset(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("revisionHistoryLimit", 10)
    _rolling(spec.setdefault("updateStrategy", {}), {"maxUnavailable": 1, "maxSurge": 0})
    pod_template(spec)


def _statefulset(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("serviceName", "")
    spec.setdefault("podManagementPolicy", "OrderedReady")
    _rolling(spec.setdefault("updateStrategy", {}), {"partition": 0})
    kept = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    kept.setdefault("whenDeleted", "Retain")
    kept.setdefault("whenScaled", "Retain")
    pod_template(spec)
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("status", {"phase": "Pending"})
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _job_spec(spec: JsonObject) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec |= {"completions": 1, "parallelism": 1}
    spec.setdefault("parallelism", 1)
    if spec.get("backoffLimitPerIndex") is None:
        spec.setdefault("backoffLimit", 6)
    else:
        spec.setdefault("backoffLimit", 2**31 - 1)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    failed = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    spec.setdefault("podReplacementPolicy", failed)
    pod_template(spec)


def _job(thing: JsonObject) -> None:
    _job_spec(thing["spec"])


def _cronjob(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    template = spec.get("jobTemplate")
    if isinstance(template, dict) and isinstance(template.get("spec"), dict):
        below = template["spec"]
        if "template" in below:
            pod_template(below)


def _service(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("sessionAffinity", "None")
    kind = spec.setdefault("type", "ClusterIP")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    else:
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port")
    if kind in {"NodePort", "LoadBalancer"}:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")


def _claim(thing: JsonObject) -> None:
    thing["spec"].setdefault("volumeMode", "Filesystem")
    thing.setdefault("status", {}).setdefault("phase", "Pending")


def _volume(thing: JsonObject) -> None:
    thing["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
    thing["spec"].setdefault("volumeMode", "Filesystem")
    thing.setdefault("status", {}).setdefault("phase", "Pending")


def _namespace(thing: JsonObject) -> None:
    name = thing["metadata"].get("name")
    if name:
        labels = thing["metadata"].get("labels") or {}
        thing["metadata"]["labels"] = {**labels, "kubernetes.io/metadata.name": name}


def _secret(thing: JsonObject) -> None:
    thing.setdefault("type", "Opaque")


def _autoscaler(thing: JsonObject) -> None:
    spec = thing["spec"]
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _network_policy(thing: JsonObject) -> None:
    spec = thing["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _ingress(thing: JsonObject) -> None:
    for rule in thing["spec"].get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            path.setdefault("pathType", "ImplementationSpecific")


def _binding(thing: JsonObject) -> None:
    thing.setdefault("roleRef", {}).setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in thing.get("subjects") or ():
        if subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _limit_range(thing: JsonObject) -> None:
    for limit in thing["spec"].get("limits") or ():
        if limit.get("type") == "Container":
            limit.setdefault("default", {})
            limit["default"] = {**(limit.get("max") or {}), **limit["default"]}
            requests = limit.get("defaultRequest") or {}
            limit["defaultRequest"] = {**(limit.get("min") or {}), **limit["default"], **requests}


def _definition(thing: JsonObject) -> None:
    spec = thing["spec"]
    names = spec.get("names") or {}
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})


def _storage_class(thing: JsonObject) -> None:
    thing.setdefault("reclaimPolicy", "Delete")
    thing.setdefault("volumeBindingMode", "Immediate")


def _priority_class(thing: JsonObject) -> None:
    thing.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _pod(thing: JsonObject) -> None:
    spec = thing["spec"]
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.setdefault("resources", {})
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}


_FILLS: dict[str, Fill] = {
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "cronjobs.batch": _cronjob,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
    "daemonsets.apps": _daemonset,
    "deployments.apps": _deployment,
    openshift.DEPLOYMENT_CONFIGS: openshift.fill,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "ingresses.networking.k8s.io": _ingress,
    "jobs.batch": _job,
    "limitranges": _limit_range,
    "namespaces": _namespace,
    "networkpolicies.networking.k8s.io": _network_policy,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "pods": _pod,
    "priorityclasses.scheduling.k8s.io": _priority_class,
    "replicasets.apps": _replicaset,
    "replicationcontrollers": _replication_controller,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "secrets": _secret,
    "services": _service,
    "statefulsets.apps": _statefulset,
    "storageclasses.storage.k8s.io": _storage_class,
}


def fill(group_resource: str, thing: JsonObject) -> None:
    """Fill in what a request left out of an object of a type such as `deployments.apps`."""
    found = _FILLS.get(group_resource)
    if found is None:
        return
    if group_resource in _WITH_SPEC:
        thing["spec"] = thing.get("spec") or {}
    found(thing)


_WITH_SPEC = frozenset(_FILLS) - {
    "clusterrolebindings.rbac.authorization.k8s.io",
    "namespaces",
    "priorityclasses.scheduling.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "secrets",
    "storageclasses.storage.k8s.io",
}


def fill_declared(declared: Any, value: Any) -> Iterator[None]:
    """Fill in the defaults of a structural schema, in place; yields once for each.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
    """
    if not isinstance(declared, dict):
        return
    if isinstance(value, dict):
        known = declared.get("properties") or {}
        for name, below in known.items():
            if name not in value and "default" in below:
                value[name] = copied(below["default"])
                yield
        for name, each in value.items():
            yield from fill_declared(known.get(name) or declared.get("additionalProperties"), each)
    elif isinstance(value, list):
        for each in value:
            yield from fill_declared(declared.get("items"), each)
