"""Reads who an audited identity is: Kubernetes' own components by user, others by their agent.

Each controller of the controller manager has a service account of its own, and names itself at
the end of its user agent. Source:
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
"""

from eventstream.objects.observations import AuditRecord

ACCOUNTS = "system:serviceaccount:"
_OWN_ACCOUNTS = "system:serviceaccount:kube-system:"
_NODES = "system:node:"
_CONTROLLERS: dict[str, tuple[str, ...]] = {
    "attachdetach-controller": ("attach-detach-controller",),
    "cronjob-controller": ("cronjob-controller",),
    "daemon-set-controller": ("daemonset-controller",),
    "deployment-controller": ("deployment-controller",),
    "disruption-controller": ("disruption-controller",),
    "endpoint-controller": ("endpoints-controller",),
    "endpointslice-controller": ("endpointslice-controller",),
    "endpointslicemirroring-controller": ("endpointslicemirroring-controller",),
    "ephemeral-volume-controller": ("ephemeral-volume-controller",),
    "generic-garbage-collector": ("garbage-collector",),
    "horizontal-pod-autoscaler": ("horizontal-pod-autoscaler",),
    "job-controller": ("job-controller",),
    "namespace-controller": ("namespace-controller",),
    "node-controller": (
        "node-lifecycle-controller",
        "taint-eviction-controller",
        "node-ipam-controller",
    ),
    "persistent-volume-binder": ("persistentvolume-controller",),
    "pod-garbage-collector": ("pod-garbage-collector",),
    "pvc-protection-controller": ("pvc-protection-controller",),
    "replicaset-controller": ("replicaset-controller",),
    "replication-controller": ("replication-controller",),
    "resourcequota-controller": ("resourcequota-controller",),
    "root-ca-cert-publisher": ("root-ca-cert-publisher",),
    "service-account-controller": ("serviceaccount-controller",),
    "statefulset-controller": ("statefulset-controller",),
    "ttl-after-finished-controller": ("ttl-after-finished-controller",),
    "ttl-controller": ("ttl-controller",),
}
"""Service account of the controller manager to the actors that use it; three share one."""

_USERS = {
    "system:kube-scheduler": ("scheduler",),
    "system:apiserver": ("api-server",),
    "system:kube-apiserver": ("api-server",),
}


def components(record: AuditRecord) -> tuple[str, ...]:
    """The actors of Kubernetes' own that this identity is, one of several; empty for others."""
    user = record.user
    if user.startswith(_NODES):
        return ("kubelet",)
    if user.startswith(_OWN_ACCOUNTS):
        return _CONTROLLERS.get(user.removeprefix(_OWN_ACCOUNTS), ())
    if user == "system:kube-controller-manager":
        named = record.agent.rpartition("/")[2].removeprefix(_OWN_ACCOUNTS)
        return _CONTROLLERS.get(named, ())
    return _USERS.get(user, ())


def is_controller_manager(record: AuditRecord) -> bool:
    """Whether it is one of the controller manager's loops, be it one that Baton has no name for."""
    own = record.user.startswith((_OWN_ACCOUNTS, "system:kube-controller-manager"))
    return own and program(record) == "kube-controller-manager"


def program(record: AuditRecord) -> str:
    """The program that the user agent begins with; empty where it names none."""
    return record.program


def node(record: AuditRecord) -> str:
    """The node of a kubelet's identity; empty for others."""
    return record.user.removeprefix(_NODES) if record.user.startswith(_NODES) else ""


def is_by_hand(record: AuditRecord) -> bool:
    """Whether the agent is a command line that a person or a script uses."""
    return program(record) in ("kubectl", "oc") or program(record).startswith("kubectl-")


def identity(record: AuditRecord) -> tuple[str, ...]:
    """What tells one asker and kind of request from another."""
    return record.user, record.impersonator, record.agent, record.verb, record.subresource
