"""What the simulated API server knows of each kind: how to name it, and what it numbers."""

from typing import NamedTuple


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
    "ResourceQuota": Kind("v1", "resourcequotas", numbered=False),
    "PersistentVolumeClaim": Kind("v1", "persistentvolumeclaims", numbered=False),
    "Lease": Kind("coordination.k8s.io/v1", "leases", numbered=False, watched=False),
    "EndpointSlice": Kind("discovery.k8s.io/v1", "endpointslices"),
    "Deployment": Kind("apps/v1", "deployments"),
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
