"""Reads who an audited identity is: Kubernetes' own components by user, others by their agent.

Each controller of the controller manager has a service account of its own, and names itself at
the end of its user agent. Source:
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
"""

from eventstream.explain.vocabulary.registry import CONTROLLER_MANAGER, accounts, users
from eventstream.objects.observations import AuditRecord

ACCOUNTS = "system:serviceaccount:"
_OWN_ACCOUNTS = "system:serviceaccount:kube-system:"
_NODES = "system:node:"
_MANAGER = f"system:{CONTROLLER_MANAGER}"
_ACCOUNTS, _USERS = accounts(), users()


def components(record: AuditRecord) -> tuple[str, ...]:
    """The actors of Kubernetes' own that this identity is, one of several; empty for others."""
    user = record.user
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
    own = record.user.startswith((_OWN_ACCOUNTS, _MANAGER))
    return own and program(record) == CONTROLLER_MANAGER


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
