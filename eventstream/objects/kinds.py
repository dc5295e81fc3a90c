"""Which structs hold the spec and status of which kind: the table that decoding goes by."""

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
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (c.DefinitionSpec, c.DefinitionStatus),
}
"""(group, kind) to the structs of spec and status; kinds not here are read as custom resources."""
