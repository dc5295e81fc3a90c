"""What the simulated API server knows of each kind: how to name it, and what it numbers."""

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A kind's endpoint; `numbered` says that a change of its spec raises metadata.generation.

    What is not `watched` exists, and Baton gets to see none of it.
    """

    api_version: str
    plural: str
    namespaced: bool = True
    numbered: bool = True
    watched: bool = True


KINDS: dict[str, Kind] = {
    "Namespace": Kind("v1", "namespaces", namespaced=False, numbered=False),
    "Node": Kind("v1", "nodes", namespaced=False, numbered=False),
    "Pod": Kind("v1", "pods"),
    "Event": Kind("v1", "events", numbered=False),
    "Service": Kind("v1", "services", numbered=False),
    "Endpoints": Kind("v1", "endpoints", numbered=False),
    "ServiceAccount": Kind("v1", "serviceaccounts", numbered=False),
    "Secret": Kind("v1", "secrets", numbered=False, watched=False),
    "ConfigMap": Kind("v1", "configmaps", numbered=False),
    "LimitRange": Kind("v1", "limitranges", numbered=False, watched=False),
    "PodTemplate": Kind("v1", "podtemplates", numbered=False, watched=False),
    "ReplicationController": Kind("v1", "replicationcontrollers", watched=False),
    "Role": Kind("rbac.authorization.k8s.io/v1", "roles", numbered=False, watched=False),
    "RoleBinding": Kind(
        "rbac.authorization.k8s.io/v1", "rolebindings", numbered=False, watched=False
    ),
    "Ingress": Kind("networking.k8s.io/v1", "ingresses", watched=False),
    "NetworkPolicy": Kind("networking.k8s.io/v1", "networkpolicies", watched=False),
    "ResourceQuota": Kind("v1", "resourcequotas", numbered=False),
    "PersistentVolumeClaim": Kind("v1", "persistentvolumeclaims", numbered=False),
    "Lease": Kind("coordination.k8s.io/v1", "leases", numbered=False, watched=False),
    "EndpointSlice": Kind("discovery.k8s.io/v1", "endpointslices"),
    "Deployment": Kind("apps/v1", "deployments"),
    "DeploymentConfig": Kind("apps.openshift.io/v1", "deploymentconfigs"),
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "StatefulSet": Kind("apps/v1", "statefulsets"),
    "DaemonSet": Kind("apps/v1", "daemonsets"),
    "ControllerRevision": Kind("apps/v1", "controllerrevisions", numbered=False),
    "Job": Kind("batch/v1", "jobs"),
    "CronJob": Kind("batch/v1", "cronjobs"),
    "HorizontalPodAutoscaler": Kind("autoscaling/v2", "horizontalpodautoscalers", numbered=False),
    "PodDisruptionBudget": Kind("policy/v1", "poddisruptionbudgets"),
    "CustomResourceDefinition": Kind(
        "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False
    ),
    "Website": Kind("example.com/v1", "websites"),
    "Certificate": Kind("cert-manager.io/v1", "certificates"),
    "CertificateRequest": Kind("cert-manager.io/v1", "certificaterequests"),
    "Order": Kind("acme.cert-manager.io/v1", "orders"),
    "Challenge": Kind("acme.cert-manager.io/v1", "challenges"),
    "Kustomization": Kind("kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
    "Rollout": Kind("argoproj.io/v1alpha1", "rollouts"),
    "Configuration": Kind("serving.knative.dev/v1", "configurations"),
    "Revision": Kind("serving.knative.dev/v1", "revisions"),
    "Kafka": Kind("kafka.strimzi.io/v1beta2", "kafkas"),
    "StrimziPodSet": Kind("core.strimzi.io/v1beta2", "strimzipodsets"),
}


LEARNT: dict[str, Kind] = {}
"""Kinds that definitions brought, by `named`; controllers that look at everything learn them."""


def named(api_version: str, kind: str) -> str:
    """Return what a kind is called here: a learnt one with its group, as two may have one name."""
    known = KINDS.get(kind)
    if known is not None and _group(known.api_version) == _group(api_version):
        return kind
    return f"{kind}.{_group(api_version)}"


def kind_of(name: str) -> Kind | None:
    """Return a kind by what it is called here, None for one that nobody has heard of."""
    return KINDS.get(name) or LEARNT.get(name)


def name_of(thing: dict[str, Any]) -> str:
    """Return what an object's kind is called here."""
    return named(thing.get("apiVersion", ""), thing["kind"])


def learn(definition: dict[str, Any]) -> str:
    """Take in a kind by its CustomResourceDefinition, and return what it is called here."""
    spec = definition["spec"]
    name = named(f"{spec['group']}/", spec["names"]["kind"])
    if name not in KINDS:
        served = [each["name"] for each in spec["versions"] if each.get("served")]
        version = (served or [spec["versions"][0]["name"]])[
            0
        ]  # Of one that is not served: none is.
        namespaced = spec["scope"] == "Namespaced"
        LEARNT[name] = Kind(f"{spec['group']}/{version}", spec["names"]["plural"], namespaced)
    return name


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
