"""All controllers and the kubelets of some nodes, over HTTP and by the real clock.

Each has a thread, a connection and a clock of its own, so that one that waits holds up no other.
Those of one program share their watches.
"""

import threading
from collections.abc import Callable, Iterator

from practicecluster.controllers.accounts import Accounts
from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.claims import Binder, Protection
from practicecluster.controllers.clock import RealClock
from practicecluster.controllers.crons import CronJobs
from practicecluster.controllers.daemons import DaemonSets
from practicecluster.controllers.deployments import Deployments
from practicecluster.controllers.disruption import Disruption
from practicecluster.controllers.endpoints import Endpoints, EndpointSlices
from practicecluster.controllers.garbage import Garbage
from practicecluster.controllers.http_api import Address, HttpApi
from practicecluster.controllers.images import NamedFares
from practicecluster.controllers.informers import Informers
from practicecluster.controllers.jobs import Jobs
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.lifecycle import Evictor, NodeLifecycle, PodCollector
from practicecluster.controllers.openshift.accounts import DeployerAccounts
from practicecluster.controllers.openshift.configs import DeploymentConfigs
from practicecluster.controllers.openshift.deployers import Deployers
from practicecluster.controllers.ordered_namespaces import OrderedNamespaces
from practicecluster.controllers.preemption import PreemptingScheduler
from practicecluster.controllers.quotas import Quotas
from practicecluster.controllers.replicasets import ReplicaSets
from practicecluster.controllers.replicationcontrollers import ReplicationControllers
from practicecluster.controllers.scaling import Autoscalers
from practicecluster.controllers.stateful import StatefulSets
from practicecluster.controllers.who import API_SERVER, kubelet
from practicecluster.writing.times import stamp

NODES = ("node-1", "node-2", "node-3")
_CPUS, _MEMORY, _PODS = "4", "8Gi", "110"
_END_SECONDS = 5.0
Hired = Callable[[Api], Actor]


def staff(nodes: tuple[str, ...]) -> Iterator[Hired]:
    """Yield what makes each who acts in a cluster of these nodes, given the API."""
    yield from (
        Accounts,
        Autoscalers,
        Binder,
        CronJobs,
        DaemonSets,
        Deployments,
        Disruption,
        Endpoints,
        EndpointSlices,
        Evictor,
        Garbage,
        Jobs,
        OrderedNamespaces,
        PodCollector,
        PreemptingScheduler,
        Protection,
        Quotas,
        ReplicaSets,
        StatefulSets,
        NodeLifecycle,
        ReplicationControllers,
        DeployerAccounts,
        DeploymentConfigs,
        Deployers,
    )
    for name in nodes:
        yield lambda api, name=name: Kubelet(api, name, fares=NamedFares())  # type: ignore[misc]


def register(server: Api, nodes: tuple[str, ...]) -> None:
    """Have each node's kubelet register it, where it is not known; Refused where nobody answers."""
    for name in nodes:
        kept = server.seen_by(kubelet(name))
        try:
            made = kept.create(kubelet(name), node(name, kept.clock.now))
        except Refused as refusal:
            if refusal.reason != "AlreadyExists":
                raise
            continue
        made["status"] = node(name, kept.clock.now)["status"]
        kept.update(kubelet(name), made, "status")


class Staff:
    """Everybody who acts in a practice cluster, besides people, between `start` and `end`."""

    def __init__(self, address: Address, nodes: tuple[str, ...] = NODES) -> None:
        self._address, self._nodes = address, nodes
        self._informers = Informers()
        self._clocks: list[RealClock] = []
        self._servers: list[HttpApi] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Register the nodes and start everybody; Refused where nobody answers."""
        server = HttpApi(self._address, RealClock(0), API_SERVER)
        register(server, self._nodes)
        server.end()
        for seed, hired in enumerate(staff(self._nodes)):
            clock = RealClock(seed)
            asked = HttpApi(self._address, clock, API_SERVER, self._informers)
            self._servers.append(asked)
            actor = hired(asked)
            thread = threading.Thread(target=clock.run, name=actor.who.actor, daemon=True)
            self._clocks.append(clock)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """Let everybody stop."""
        for clock in self._clocks:
            clock.end()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._informers.end()
        for server in self._servers:
            server.end()


def node(name: str, at: float) -> Json:
    """Return a node as its kubelet registers it at a time in unix seconds.

    Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_node_status.go
    """
    room = {"cpu": _CPUS, "memory": _MEMORY, "pods": _PODS}
    now = stamp(at)
    conditions = [
        {
            "type": type_,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        for type_, status, reason, message in (
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has enough memory"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has enough processes"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        )
    ]
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": conditions,
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": {"kubeletVersion": "v1.36.2", "osImage": "practice"},
        },
    }
