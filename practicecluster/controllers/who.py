"""Who asks the API server: each controller by its own user, agent and field manager."""

from typing import NamedTuple

_BUILD = "v1.36.2 (linux/amd64) kubernetes/8e16b12"
_ACCOUNTS = "system:serviceaccount:kube-system:"


class Who(NamedTuple):
    """A writer: the true actor, and what it calls itself in each place."""

    actor: str
    manager: str
    user: str
    agent: str
    applies: bool = False


def kcm(actor: str, account: str = "") -> Who:
    """One of the controller manager's loops, by its actor and its service account."""
    account = account or actor
    agent = f"kube-controller-manager/{_BUILD}/{_ACCOUNTS}{account}"
    return Who(actor, "kube-controller-manager", _ACCOUNTS + account, agent)


def kubelet(node: str) -> Who:
    """A node's kubelet."""
    return Who("kubelet", "kubelet", f"system:node:{node}", f"kubelet/{_BUILD}")


def client(manager: str, *, applies: bool = False) -> Who:
    """A person with kubectl, under the field manager of the command in use."""
    return Who("client", manager, "kubernetes-admin", f"kubectl/{_BUILD}", applies)


SCHEDULER = Who(
    "scheduler", "kube-scheduler", "system:kube-scheduler", f"kube-scheduler/{_BUILD}/scheduler"
)
API_SERVER = Who("api-server", "kube-apiserver", "system:apiserver", f"kube-apiserver/{_BUILD}")
