"""The kinds that declarations speak of, each with its API group."""

from eventstream.explain.vocabulary.declared.declaration import GroupKind

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

REFERRED_TO_BY_NAME = frozenset(
    {DEFINITION, AUTOSCALER, NAMESPACE, NODE, CLAIM, QUOTA, SERVICE, STATEFULSET}
)
"""Kinds that others refer to by name, so that rules look them up by it."""
