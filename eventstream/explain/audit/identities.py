"""Says who an audited identity is, and which object a refused request was about.

Kubernetes' own components are known by their user, others by their agent. Each controller of the
controller manager has a service account of its own, and names itself at the end of its user agent.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
"""

from collections.abc import Iterable, Iterator

from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.declared.tools import COMMANDS, is_tool
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.explain.vocabulary.registry import (
    CONTROLLER_MANAGER,
    MAKERS,
    accounts,
    group_kind,
    users,
)
from eventstream.explain.world.writes import ObjectLog
from eventstream.objects.observations import AuditRecord

ACCOUNTS = "system:serviceaccount:"
_OWN_ACCOUNTS = "system:serviceaccount:kube-system:"
_NODES = "system:node:"
_MANAGER = f"system:{CONTROLLER_MANAGER}"
_ACCOUNTS, _USERS = accounts(), users()


def components(record: AuditRecord) -> tuple[str, ...]:
    """The actors of Kubernetes' own that this identity is, one of several; empty for others.

    Who takes another's identity on, or one's token to a command line, is no component.
    """
    user = record.user
    if record.impersonator or is_by_hand(record):
        return ()
    if user.startswith(_NODES):
        return ("kubelet",)
    if user.startswith(_OWN_ACCOUNTS):
        return _ACCOUNTS.get(user.removeprefix(_OWN_ACCOUNTS), ())
    if user == _MANAGER:
        named = record.agent.rpartition("/")[2].removeprefix(_OWN_ACCOUNTS)
        return _ACCOUNTS.get(named, ())
    return _USERS.get(user, ())


def is_controller_manager(record: AuditRecord) -> bool:
    """Whether it is one of the controller manager's loops, be it one that Baton has no name for."""
    own = record.user.startswith((_OWN_ACCOUNTS, _MANAGER)) and not record.impersonator
    return own and program(record) == CONTROLLER_MANAGER


def program(record: AuditRecord) -> str:
    """The program that the user agent begins with; empty where it names none."""
    return record.program


def node(record: AuditRecord) -> str:
    """The node of a kubelet's identity; empty for others."""
    return record.user.removeprefix(_NODES) if record.user.startswith(_NODES) else ""


def is_by_hand(record: AuditRecord) -> bool:
    """Whether the agent is a tool that a person or a script uses."""
    return is_tool(program(record)) or program(record) in COMMANDS


def identity(record: AuditRecord) -> tuple[str, ...]:
    """What tells one asker and kind of request from another."""
    return record.user, record.impersonator, record.agent, record.verb, record.subresource


def find(logs: Iterable[ObjectLog], records: list[AuditRecord]) -> dict[str, ObjectLog]:
    """By audit id the object, else its owner-to-be, in one pass; without what was never seen."""
    named: dict[tuple[str | None, str], list[ObjectLog]] = {}
    for record in records:
        for name in (record.name, _owner_name(record)):
            named.setdefault((record.namespace, name), [])
    for log in logs:
        known = named.get((log.ref.namespace, log.ref.name))
        if known is not None and log.seen:
            known.append(log)
    subjects: dict[str, ObjectLog] = {}
    for record in records:
        found = [*_same(named[record.namespace, record.name], record)]
        found = found or [*_owners(named[record.namespace, _owner_name(record)], record)]
        if found:
            subjects[record.audit_id] = max(found, key=_newest)
    return subjects


def unseen(record: AuditRecord) -> ObjectLog:
    """A log that holds nothing, of an object that was never seen."""
    resource = record.resource
    where = f"{resource.key}/{record.namespace or ''}/{record.name or record.generate_name}"
    log = ObjectLog(f"refused:{where}")
    log.ref = reference(record)
    return log


def reference(record: AuditRecord) -> ObjectRef:
    """The object as the request named it, which is without a uid where it did not exist."""
    resource = record.resource
    name = record.name or record.generate_name
    kind = _KINDS.get(resource.plural, resource.plural)
    return ObjectRef(resource.api_version, kind, record.namespace, name, record.uid)


_KINDS = {
    "apiservices": "APIService",
    "clusterrolebindings": "ClusterRoleBinding",
    "clusterroles": "ClusterRole",
    "configmaps": "ConfigMap",
    "controllerrevisions": "ControllerRevision",
    "cronjobs": "CronJob",
    "customresourcedefinitions": "CustomResourceDefinition",
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "ingresses": "Ingress",
    "jobs": "Job",
    "namespaces": "Namespace",
    "nodes": "Node",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "pods": "Pod",
    "replicasets": "ReplicaSet",
    "replicationcontrollers": "ReplicationController",
    "resourcequotas": "ResourceQuota",
    "rolebindings": "RoleBinding",
    "roles": "Role",
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "services": "Service",
    "statefulsets": "StatefulSet",
}
"""What the objects of an endpoint are called: a request does not tell, and they may be unseen."""


def _owner_name(record: AuditRecord) -> str:
    """The name of the object that a controller makes others for: theirs, without the last part."""
    return (record.name or record.generate_name).rpartition("-")[0]


def _same(logs: list[ObjectLog], record: AuditRecord) -> Iterator[ObjectLog]:
    resource = record.resource
    for log in logs:
        group, _, plural = log.resource_key.rpartition("/")
        same = plural == resource.plural and group.rpartition("/")[0] == resource.group
        if same and record.uid in ("", log.uid):
            yield log


def _owners(logs: list[ObjectLog], record: AuditRecord) -> Iterator[ObjectLog]:
    """Those for which this controller makes objects of this kind."""
    kind = GroupKind(record.resource.group, _KINDS.get(record.resource.plural, ""))
    actors = components(record)
    for log in logs:
        maker = MAKERS.get((kind, group_kind(log.ref.api_version, log.ref.kind)))
        if record.verb == "create" and maker is not None and maker.actor in actors:
            yield log


def _newest(log: ObjectLog) -> int:
    return log.latest.order if log.latest is not None else -1
