"""Longer times in clusters that have everything: all controllers, nodes that are lost, operators.

Each is made from its seed alone, as the days of `scenarios` are.
"""

from collections.abc import Callable

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.claims import Binder, Protection
from practicecluster.controllers.crons import CronJobs
from practicecluster.controllers.daemons import DaemonSets
from practicecluster.controllers.deployments import Deployments
from practicecluster.controllers.garbage import Garbage
from practicecluster.controllers.heartbeats import HOLLOW
from practicecluster.controllers.images import NamedFares
from practicecluster.controllers.jobs import Jobs
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.lifecycle import Evictor, NodeLifecycle, PodCollector
from practicecluster.controllers.ordered_namespaces import OrderedNamespaces
from practicecluster.controllers.preemption import PreemptingScheduler
from practicecluster.controllers.quotas import Quotas
from practicecluster.controllers.replicasets import ReplicaSets
from practicecluster.controllers.scaling import Autoscalers
from practicecluster.controllers.stateful import StatefulSets
from tests.explain.simulation.cluster import Cluster
from tests.explain.simulation.people import CLAIM, SPACE, deployment, job, template, thing
from tests.explain.simulation.plain_operator import Habits, PlainOperator
from tests.explain.simulation.scenarios import Days
from tests.explain.simulation.sites import Sites

HELD = "example.com/held"
GRACE, TOLERATED = 12.0, 20.0
"""Shorter than in a real cluster, in seconds, so that a day has more in it."""
_PAUSES = (0.05, 0.3, 1.0, 4.0, 15.0, 30.0)
_NAMES = ("OpenAPI-Generator", "python-requests", "manager", "main", "site-operator")


class WholeCluster(Cluster):
    """All controllers; by its seed some nodes are simulated ones, and the operator is plain."""

    def staff(self, seed: int, nodes: list[str]) -> list[Actor]:
        """Who acts in this cluster, besides people."""
        server = self.server
        self.silent: dict[str, float] = {}
        hollow = HOLLOW if seed % 3 == 1 else None
        self.kubelets = {
            name: Kubelet(
                server, name, hollow, silent=self.silent, fares=NamedFares(), beats=False,
                prompt=seed % 2 == 0,
            )
            for name in nodes
        }  # fmt: skip
        habits = Habits(_NAMES[seed % 5], seed % 2 == 0, seed % 4 < 2, seed % 8 < 6, seed % 3 == 0)
        if not habits.subresource:
            self.plain = True
        operator = PlainOperator(server, habits) if seed % 7 else Sites(server, "site-operator")
        return [
            Deployments(server), ReplicaSets(server), PreemptingScheduler(server),
            Garbage(server), Jobs(server), OrderedNamespaces(server), StatefulSets(server),
            DaemonSets(server), CronJobs(server), Autoscalers(server, 0.4), Quotas(server),
            NodeLifecycle(server, self.silent, GRACE), Evictor(server, TOLERATED),
            PodCollector(server),
            Binder(server), Protection(server), operator, *self.kubelets.values(),
        ]  # fmt: skip

    def __init__(self, seed: int, nodes: int = 3, cpus: int = 4) -> None:
        super().__init__(seed, nodes, cpus)
        for kubelet in self.kubelets.values():
            kubelet.report_node()
        self.wait(5)
        self.begun = len(self.server.log)
        self.asked = len(self.server.requests.lines)


class Weeks(Days):
    """The moves of days, and what people do with everything else."""

    def __init__(self, cluster: WholeCluster) -> None:
        super().__init__(cluster)
        self.whole = cluster
        more: list[Callable[[], None]] = [
            self.stateful, self.stateful, self.scale_stateful, self.restart_stateful,
            self.delete_stateful, self.daemon, self.daemon, self.delete_daemon, self.cron,
            self.delete_cron, self.autoscale, self.quota, self.drop_quota, self.lose_node,
            self.lose_node, self.find_node, self.delete_node, self.urgent, self.urgent,
            self.site, self.site, self.delete_site, self.delete_claim, self.taint,
            self.hold, self.hold, self.free, self.hasty,
        ]  # fmt: skip
        self.moves += more

    def hasty(self) -> None:
        """A Deployment whose rollouts are soon said to be late."""
        name = f"hasty-{self.random.randint(1, 2)}"
        pod = template(name, self.random.choice(("bad/web:1", "crash/web:1", "web:1")))
        made = deployment(name, self.random.randint(1, 3), pod, progressDeadlineSeconds=8)
        self.people.create(made)

    def stateful(self) -> None:
        name = f"db-{self.random.randint(1, 2)}"
        if self.cluster.server.find("StatefulSet", SPACE, name):
            self.people.set_image("StatefulSet", name, self.random.choice(("web:1", "web:2")))
            return
        pod = template(name, self.random.choice(("web:1", "web:2", "crash/web:1")))
        spec: Json = {"replicas": self.random.randint(1, 3), "template": pod}
        spec |= {"selector": {"matchLabels": {"app": name}}, "revisionHistoryLimit": 1}
        spec["podManagementPolicy"] = self.random.choice(("OrderedReady", "Parallel"))
        if self.random.random() < 0.5:
            claim: Json = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "spec": dict(CLAIM)}
            claim |= {"metadata": {"name": "data"}, "status": {"phase": "Pending"}}
            spec["volumeClaimTemplates"] = [claim]
            kept = self.random.choice(("Retain", "Delete"))
            spec["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": kept}
        rolling = {"partition": self.random.choice((0, 0, 1))}
        spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
        self.people.create(thing("StatefulSet", "apps/v1", name, spec))

    def scale_stateful(self) -> None:
        name = f"db-{self.random.randint(1, 2)}"
        self.people.scale("StatefulSet", name, self.random.randint(0, 4))

    def restart_stateful(self) -> None:
        self.people.restart("StatefulSet", f"db-{self.random.randint(1, 2)}")

    def delete_stateful(self) -> None:
        policy = self.random.choice(("Background", "Foreground", "Orphan"))
        self.people.delete("StatefulSet", f"db-{self.random.randint(1, 2)}", policy)

    def daemon(self) -> None:
        name = f"agent-{self.random.randint(1, 2)}"
        if self.cluster.server.find("DaemonSet", SPACE, name):
            self.people.set_image("DaemonSet", name, self.random.choice(("web:1", "web:2")))
            return
        spec: Json = {"template": template(name, "web:1"), "revisionHistoryLimit": 1}
        spec |= {"selector": {"matchLabels": {"app": name}}}
        spec["updateStrategy"] = {"type": self.random.choice(("RollingUpdate", "OnDelete"))}
        if spec["updateStrategy"]["type"] == "RollingUpdate":
            spec["updateStrategy"]["rollingUpdate"] = {"maxUnavailable": 1, "maxSurge": 0}
        self.people.create(thing("DaemonSet", "apps/v1", name, spec))

    def delete_daemon(self) -> None:
        self.people.delete("DaemonSet", f"agent-{self.random.randint(1, 2)}")

    def cron(self) -> None:
        name = f"tick-{self.random.randint(1, 2)}"
        image = self.random.choice(("done/job:1", "done/job:1", "crash/job:1", "web:1"))
        made = job(name, image, 1, "Never")
        policy = self.random.choice(("Allow", "Forbid", "Replace"))
        spec: Json = {"schedule": "* * * * *", "jobTemplate": {"spec": made["spec"]}}
        spec |= {"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1}
        spec |= {"concurrencyPolicy": policy, "suspend": False}
        self.people.create(thing("CronJob", "batch/v1", name, spec))

    def delete_cron(self) -> None:
        self.people.delete("CronJob", f"tick-{self.random.randint(1, 2)}")

    def autoscale(self) -> None:
        name = self._name()
        target = {"kind": "Deployment", "name": name, "apiVersion": "apps/v1"}
        spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
        made = thing("HorizontalPodAutoscaler", "autoscaling/v2", name, spec)
        self.people.create(made, "kubectl-autoscale")

    def quota(self) -> None:
        hard = {"pods": str(self.random.randint(2, 12))}
        self.people.create(thing("ResourceQuota", "v1", "pods", {"hard": hard}))

    def drop_quota(self) -> None:
        self.people.delete("ResourceQuota", "pods")

    def _node(self) -> str:
        return str(self.random.choice(sorted(self.whole.kubelets)))

    def lose_node(self) -> None:
        if not self.whole.silent:
            self.whole.silent[self._node()] = self.cluster.clock.now
            self.cluster.wait(self.random.choice((5, 25, 60)))

    def find_node(self) -> None:
        for name in list(self.whole.silent):
            del self.whole.silent[name]
            self.whole.kubelets[name].back()

    def delete_node(self) -> None:
        for name in self.whole.silent:
            self.people.delete("Node", name)
            self.cluster.wait(60)

    def urgent(self) -> None:
        name = f"urgent-{self.random.randint(1, 9)}"
        pod = template(name, "web:1", "3500m")
        pod["spec"]["priority"] = 1000
        made = thing("Pod", "v1", name, pod["spec"])
        made["status"] = {"phase": "Pending"}
        self.people.create(made, "kubectl-run")

    def hold(self) -> None:
        """A client's own finalizer; what has it may be deleted at once, or later."""
        kind = self.random.choice(("Deployment", "Pod", "ReplicaSet", "StatefulSet", "Job"))
        found = [t for t in self.cluster.server.every(kind) if not leaving(t)]
        if found:
            name = self.random.choice(found)["metadata"]["name"]
            self.people.hold(kind, name, HELD)
            if self.random.random() < 0.5:
                self.cluster.wait(self.random.choice((0.3, 2.0)))
                policy = self.random.choice(("Background", "Foreground"))
                self.people.delete(kind, name, "Background" if kind == "Pod" else policy)

    def free(self) -> None:
        """Take all such finalizers away by hand."""
        for kind in ("Deployment", "Pod", "ReplicaSet", "StatefulSet", "Job"):
            for thing_ in self.cluster.server.every(kind):
                if HELD in thing_["metadata"].get("finalizers", ()):
                    self.people.free(kind, thing_["metadata"]["name"], HELD)
                    self.cluster.wait(0.2)

    def delete_claim(self) -> None:
        claims = self.cluster.server.every("PersistentVolumeClaim")
        if claims:
            name = self.random.choice(claims)["metadata"]["name"]
            self.people.delete("PersistentVolumeClaim", name)

    def taint(self) -> None:
        node = self._node()
        effect = self.random.choice(("NoSchedule", "NoExecute"))

        def change(now: Json) -> None:
            others = [t for t in now["spec"].get("taints", []) if t["key"] != "dedicated"]
            if len(others) == len(now["spec"].get("taints", [])):
                others.append({"key": "dedicated", "effect": effect})
            now["spec"]["taints"] = others
            if not others:
                del now["spec"]["taints"]

        self.people.change_node(node, "kubectl-taint", change)


def lived_whole(seed: int, moves: int = 12) -> WholeCluster:
    """A whole cluster after some random moves, and then two quiet minutes."""
    cluster = WholeCluster(seed)
    weeks = Weeks(cluster)
    weeks.create()
    cluster.wait(cluster.random.choice(_PAUSES))
    for _ in range(moves):
        cluster.random.choice(weeks.moves)()
        cluster.wait(cluster.random.choice(_PAUSES))
    if seed % 6 == 5:
        cluster.people.delete("Namespace", SPACE)
    cluster.wait(120)
    return cluster
