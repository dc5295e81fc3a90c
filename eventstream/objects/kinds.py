"""Which structs hold the spec and status of which kind: the table that decoding goes by."""

from functools import lru_cache

from eventstream.objects import cluster_kinds as c
from eventstream.objects import workloads as w
from eventstream.objects.pods import Part, PodSpec, PodStatus

Kinds = tuple[type[Part], type[Part]]

BUILT_IN: dict[tuple[str, str], Kinds] = {
    ("", "Pod"): (PodSpec, PodStatus),
    ("", "Namespace"): (c.NamespaceSpec, c.PhaseStatus),
    ("", "Node"): (c.NodeSpec, c.NodeStatus),
    ("", "PersistentVolumeClaim"): (c.ClaimSpec, c.PhaseStatus),
    ("", "ResourceQuota"): (c.QuotaSpec, c.QuotaStatus),
    ("", "ReplicationController"): (w.ReplicationControllerSpec, w.ReplicaSetStatus),
    ("apps", "Deployment"): (w.DeploymentSpec, w.DeploymentStatus),
    ("apps", "ReplicaSet"): (w.ReplicaSetSpec, w.ReplicaSetStatus),
    ("apps", "StatefulSet"): (w.StatefulSetSpec, w.StatefulSetStatus),
    ("apps", "DaemonSet"): (w.DaemonSetSpec, w.DaemonSetStatus),
    ("batch", "Job"): (w.JobSpec, w.JobStatus),
    ("batch", "CronJob"): (w.CronJobSpec, w.CronJobStatus),
    ("autoscaling", "HorizontalPodAutoscaler"): (w.AutoscalerSpec, w.AutoscalerStatus),
    ("policy", "PodDisruptionBudget"): (c.BudgetSpec, c.BudgetStatus),
    ("coordination.k8s.io", "Lease"): (c.LeaseSpec, Part),
    ("apiregistration.k8s.io", "APIService"): (c.ApiServiceSpec, c.ConditionsStatus),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (c.DefinitionSpec, c.DefinitionStatus),
}
"""(group, kind) to the structs of spec and status; kinds not here are read as custom resources."""

BUILT_IN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""API groups that come with Kubernetes itself; all others are of CRDs or aggregated servers.

Source: https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/api
"""


@lru_cache(maxsize=1000)
def is_built_in(api_version: str) -> bool:
    """Whether a type of this apiVersion comes with Kubernetes itself."""
    group, slash, _ = api_version.rpartition("/")
    return not slash or group in BUILT_IN_GROUPS
