"""The table of built-in kinds: where the API serves each, and which structs hold its content.

What is decoded, what is watched and what the ClusterRole grants all derive from it. Secrets and
ConfigMaps are not in it and never will be: what is not asked for cannot leak.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from eventstream.objects import cluster_kinds as c
from eventstream.objects import network_kinds as n
from eventstream.objects import workloads as w
from eventstream.objects.pods import Part, PodSpec, PodStatus
from eventstream.objects.resource import Resource

Kinds = tuple[type[Part], type[Part]]
"""The structs of a spec and a status."""


class BuiltIn(NamedTuple):
    """A kind that comes with Kubernetes; of the `versions` that it is read in the best is first.

    Without `structs` its content stands at the top level, see `toplevel`.
    """

    group: str
    plural: str
    kind: str
    structs: Kinds | None
    versions: tuple[str, ...] = ("v1",)
    namespaced: bool = True

    @property
    def resources(self) -> tuple[Resource, ...]:
        """What it is watched as, in each version."""
        return tuple(
            Resource(self.group, version, self.plural, self.kind, self.namespaced)
            for version in self.versions
        )


OTHER_FORMS: Mapping[str, str] = {
    "authorization.openshift.io": "these show RBAC in another form",
    "project.openshift.io": "these are Namespaces in another form, with the same uids",
}
"""Groups whose objects are stored as those of another one, and read there.

Sources: https://github.com/openshift/api/blob/master/authorization/v1/types.go,
https://github.com/openshift/api/blob/master/project/v1/types.go.
"""

_APPS, _BATCH, _SCALING, _POLICY = "apps", "batch", "autoscaling", "policy"
_LEASES, _SERVICES, _DEFINITIONS = (
    "coordination.k8s.io",
    "apiregistration.k8s.io",
    "apiextensions.k8s.io",
)
_AUTOSCALER = "horizontalpodautoscalers", "HorizontalPodAutoscaler"
_BUDGET = "poddisruptionbudgets", "PodDisruptionBudget"
_DEFINITION = "customresourcedefinitions", "CustomResourceDefinition"
_DEFINED: Kinds = (c.DefinitionSpec, c.DefinitionStatus)
_COUNTED: Kinds = (w.ReplicationControllerSpec, w.ReplicaSetStatus)
_SERVED: Kinds = (c.ApiServiceSpec, c.ConditionsStatus)

WATCHED: tuple[BuiltIn, ...] = (
    BuiltIn(_DEFINITIONS, *_DEFINITION, _DEFINED, namespaced=False),
    BuiltIn("", "namespaces", "Namespace", (c.NamespaceSpec, c.PhaseStatus), namespaced=False),
    BuiltIn("", "nodes", "Node", (c.NodeSpec, c.NodeStatus), namespaced=False),
    BuiltIn(_APPS, "deployments", "Deployment", (w.DeploymentSpec, w.DeploymentStatus)),
    BuiltIn(_APPS, "replicasets", "ReplicaSet", (w.ReplicaSetSpec, w.ReplicaSetStatus)),
    BuiltIn("", "pods", "Pod", (PodSpec, PodStatus)),
    BuiltIn(_APPS, "statefulsets", "StatefulSet", (w.StatefulSetSpec, w.StatefulSetStatus)),
    BuiltIn(_APPS, "daemonsets", "DaemonSet", (w.DaemonSetSpec, w.DaemonSetStatus)),
    BuiltIn(_APPS, "controllerrevisions", "ControllerRevision", None),
    BuiltIn(_BATCH, "jobs", "Job", (w.JobSpec, w.JobStatus)),
    BuiltIn(_BATCH, "cronjobs", "CronJob", (w.CronJobSpec, w.CronJobStatus), ("v1", "v1beta1")),
    BuiltIn(
        _SCALING, *_AUTOSCALER, (w.AutoscalerSpec, w.AutoscalerStatus), ("v2", "v2beta2", "v1")
    ),
    BuiltIn("", "replicationcontrollers", "ReplicationController", _COUNTED),
    BuiltIn(_LEASES, "leases", "Lease", (c.LeaseSpec, Part)),
    BuiltIn("", "persistentvolumeclaims", "PersistentVolumeClaim", (c.ClaimSpec, c.PhaseStatus)),
    BuiltIn(
        "",
        "persistentvolumes",
        "PersistentVolume",
        (n.VolumeSpec, n.VolumeStatus),
        namespaced=False,
    ),
    BuiltIn("", "services", "Service", (n.ServiceSpec, n.LoadBalanced)),
    BuiltIn("networking.k8s.io", "ingresses", "Ingress", (n.IngressSpec, n.LoadBalanced)),
    BuiltIn("", "resourcequotas", "ResourceQuota", (c.QuotaSpec, c.QuotaStatus)),
    BuiltIn(_POLICY, *_BUDGET, (c.BudgetSpec, c.BudgetStatus), ("v1", "v1beta1")),
    BuiltIn(_SERVICES, "apiservices", "APIService", _SERVED, namespaced=False),
    BuiltIn("", "events", "Event", None),
)
"""In the order in which they are asked for: where watches are few, the first ones come first."""

BUILT_IN: dict[tuple[str, str], Kinds] = {
    (each.group, each.kind): each.structs for each in WATCHED if each.structs is not None
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
