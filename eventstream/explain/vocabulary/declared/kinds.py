"""The kinds that declarations speak of, with API groups and short names, and what a controller is.

That is data alone, from which all tables derive.
"""

from typing import Literal, NamedTuple

import msgspec

Hue = Literal["client", "server", "custom", "owner", "maker", "scheduler", "kubelet", "unknown", ""]
"""Which colour of the style sheets an actor has; empty for that of all others."""


class GroupKind(NamedTuple):
    """A kind by its API group: Knative's Service is not the Service of the core group."""

    group: str
    kind: str


class Making(msgspec.Struct, frozen=True, gc=False):
    """What a controller alone makes for an owner, and where it does so.

    `counted` says that it works towards the owner's spec.replicas.
    """

    child: GroupKind
    owner: GroupKind
    source_url: str
    counted: bool = False


class Controller(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One actor: how it is called, and what it alone does in a cluster.

    `id` is its stable name in the contract, `title` what sentences call it, `lane` its place among
    the lanes and `hue` its colour. `looks_after` is a sentence without its subject, and `kinds` the
    kinds whose state it brings about. `managers` are the field managers that it alone writes as;
    the loops of the controller manager share one. `account` is the service account in kube-system
    by which an audit log names it, or `users` what it is called there. `reports` are the kinds
    whose status it alone writes, with where it does so; `finalizers` those that it alone removes.
    """

    id: str
    title: str
    lane: int
    source_url: str
    looks_after: str
    hue: Hue = ""
    kinds: tuple[GroupKind, ...] = ()
    managers: tuple[str, ...] = ()
    account: str = ""
    users: tuple[str, ...] = ()
    makes: tuple[Making, ...] = ()
    reports: tuple[tuple[GroupKind, str], ...] = ()
    finalizers: tuple[tuple[str, str], ...] = ()


API_SERVICE = GroupKind("apiregistration.k8s.io", "APIService")
AUTOSCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")
BUDGET = GroupKind("policy", "PodDisruptionBudget")
CLAIM = GroupKind("", "PersistentVolumeClaim")
CONFIG_MAP = GroupKind("", "ConfigMap")
CRONJOB = GroupKind("batch", "CronJob")
DAEMONSET = GroupKind("apps", "DaemonSet")
DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
DEPLOYMENT = GroupKind("apps", "Deployment")
ENDPOINTS = GroupKind("", "Endpoints")
ENDPOINT_SLICE = GroupKind("discovery.k8s.io", "EndpointSlice")
INGRESS = GroupKind("networking.k8s.io", "Ingress")
JOB = GroupKind("batch", "Job")
NAMESPACE = GroupKind("", "Namespace")
NODE = GroupKind("", "Node")
POD = GroupKind("", "Pod")
QUOTA = GroupKind("", "ResourceQuota")
REPLICASET = GroupKind("apps", "ReplicaSet")
REPLICATION_CONTROLLER = GroupKind("", "ReplicationController")
REVISION = GroupKind("apps", "ControllerRevision")
SERVICE = GroupKind("", "Service")
SERVICE_ACCOUNT = GroupKind("", "ServiceAccount")
STATEFULSET = GroupKind("apps", "StatefulSet")
VOLUME = GroupKind("", "PersistentVolume")

REFERRED_TO_BY_NAME = frozenset(
    {
        DEFINITION, AUTOSCALER, NAMESPACE, NODE, CLAIM, QUOTA, SERVICE, STATEFULSET,
        DEPLOYMENT, DAEMONSET, JOB, VOLUME,
    }
)  # fmt: skip
"""Kinds that others refer to by name, so that rules look them up by it.

What applies manifests refers to the workloads among them so.
"""

SHORT_NAMES = {
    "deploy": "deployments",
    "rs": "replicasets",
    "sts": "statefulsets",
    "ds": "daemonsets",
    "cj": "cronjobs",
    "po": "pods",
    "rc": "replicationcontrollers",
    "hpa": "horizontalpodautoscalers",
    "pvc": "persistentvolumeclaims",
    "pv": "persistentvolumes",
    "svc": "services",
    "ing": "ingresses",
    "quota": "resourcequotas",
    "pdb": "poddisruptionbudgets",
    "ns": "namespaces",
    "no": "nodes",
    "crd": "customresourcedefinitions",
    "crds": "customresourcedefinitions",
}
"""What kubectl calls the types that come with Kubernetes for short, to their plurals.

For where no server tells them.

Source: https://kubernetes.io/docs/reference/kubectl/#resource-types
"""
