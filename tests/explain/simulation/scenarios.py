"""Random days in the life of a cluster, each made from its seed alone."""

from collections.abc import Callable

from practicecluster.controllers.actors import leaving
from tests.explain.simulation.cluster import Cluster
from tests.explain.simulation.people import SPACE, deployment, job, template
from tests.explain.simulation.sites import website

IMAGES = ("web:1", "web:2", "web:3", "bad/web:1", "crash/web:1")
_PAUSES = (0.05, 0.3, 1.0, 4.0, 15.0)


def lived(seed: int, moves: int = 10) -> Cluster:
    """A cluster after some random moves, and then a quiet minute."""
    cluster = Cluster(seed, nodes=2 + seed % 2)
    days = Days(cluster)
    days.create()
    cluster.wait(cluster.random.choice(_PAUSES))
    for _ in range(moves):
        cluster.random.choice(days.moves)()
        cluster.wait(cluster.random.choice(_PAUSES))
    if seed % 5 == 4:
        cluster.people.delete("Namespace", SPACE)
    cluster.wait(60)
    return cluster


class Days:
    """The moves that are open to the people of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.random, self.people = cluster, cluster.random, cluster.people
        self.moves: list[Callable[[], None]] = [
            self.create, self.scale, self.scale, self.image, self.image, self.restart, self.undo,
            self.pause, self.delete, self.delete_pod, self.delete_pod, self.delete_replicaset,
            self.decorate, self.cordon, self.apply, self.relabel_pod,
            self.job, self.delete_job, self.site, self.site, self.delete_site, self.drain,
        ]  # fmt: skip

    def _name(self) -> str:
        found = self.cluster.server.every("Deployment")
        return str(self.random.choice(found)["metadata"]["name"]) if found else "web-1"

    def create(self) -> None:
        name = f"web-{self.random.randint(1, 3)}"
        image = self.random.choice(IMAGES[:3] * 3 + IMAGES[3:])
        pod = template(
            name,
            image,
            self.random.choice(("", "100m", "1500m")),
            probed=self.random.random() < 0.3,
        )
        by = self.random.choice(
            ("kubectl-create", "kubectl-client-side-apply", "argocd-controller", "helm")
        )
        self.people.create(deployment(name, self.random.randint(0, 6), pod), by)

    def apply(self) -> None:
        name = f"gitops-{self.random.randint(1, 2)}"
        pod = template(name, self.random.choice(IMAGES[:3]))
        self.people.apply_server_side(deployment(name, self.random.randint(1, 4), pod))

    def scale(self) -> None:
        self.people.scale("Deployment", self._name(), self.random.choice((0, 1, 2, 3, 5, 12)))

    def image(self) -> None:
        self.people.set_image("Deployment", self._name(), self.random.choice(IMAGES))

    def restart(self) -> None:
        self.people.restart("Deployment", self._name())

    def undo(self) -> None:
        self.people.undo(self._name())

    def pause(self) -> None:
        name = self._name()
        self.people.pause(name, paused=self.random.random() < 0.5)
        if self.random.random() < 0.7:
            self.cluster.wait(self.random.choice(_PAUSES))
            self.people.pause(name, paused=False)

    def delete(self) -> None:
        policy = self.random.choice(("Background", "Foreground", "Orphan"))
        self.people.delete("Deployment", self._name(), policy)

    def delete_pod(self) -> None:
        # Where a controller is about to do the same, nothing would tell the two apart.
        self.cluster.wait(1.5)
        pods = [pod for pod in self.cluster.server.every("Pod") if not leaving(pod)]
        if pods:
            grace = self.random.choice((None, None, 0))
            self.people.delete("Pod", self.random.choice(pods)["metadata"]["name"], grace=grace)

    def delete_replicaset(self) -> None:
        self.cluster.wait(1.5)
        sets = self.cluster.server.every("ReplicaSet")
        if sets:
            policy = self.random.choice(("Background", "Background", "Foreground", "Orphan"))
            self.people.delete("ReplicaSet", self.random.choice(sets)["metadata"]["name"], policy)

    def decorate(self) -> None:
        kind = self.random.choice(("Deployment", "ReplicaSet", "Pod"))
        found = self.cluster.server.every(kind)
        if found:
            name = self.random.choice(found)["metadata"]["name"]
            if self.random.random() < 0.5:
                self.people.label(kind, name, "team", self.random.choice("abc"))
            else:
                self.people.annotate(kind, name, "example.com/note", self.random.choice("abc"))

    def relabel_pod(self) -> None:
        pods = self.cluster.server.every("Pod")
        if pods:
            name = self.random.choice(pods)["metadata"]["name"]
            self.people.label("Pod", name, "app", "debugged")

    def job(self) -> None:
        name = f"job-{self.random.randint(1, 3)}"
        image = self.random.choice(("done/job:1", "done/job:1", "crash/job:1", "web:1"))
        policy = self.random.choice(("Never", "OnFailure"))
        self.people.create(job(name, image, self.random.randint(1, 3), policy))

    def delete_job(self) -> None:
        policy = self.random.choice(("Background", "Foreground"))
        self.people.delete("Job", f"job-{self.random.randint(1, 3)}", policy)

    def site(self) -> None:
        name, size = f"site-{self.random.randint(1, 2)}", self.random.randint(1, 3)
        if self.cluster.server.find("Website", SPACE, name):
            self.people.resize("Website", name, size)
        else:
            self.people.create(website(name, size), "kubectl-client-side-apply")

    def delete_site(self) -> None:
        policy = self.random.choice(("Background", "Foreground"))
        self.people.delete("Website", f"site-{self.random.randint(1, 2)}", policy)

    def drain(self) -> None:
        node = self.random.choice(self.cluster.server.every("Node"))["metadata"]["name"]
        self.people.cordon(node, closed=True)
        for pod in self.cluster.server.every("Pod"):
            if pod["spec"].get("nodeName") == node and not leaving(pod):
                self.cluster.wait(0.05)
                self.people.evict(pod)

    def cordon(self) -> None:
        node = self.random.choice(self.cluster.server.every("Node"))
        self.people.cordon(node["metadata"]["name"], closed=not node["spec"].get("unschedulable"))


__all__ = ["SPACE", "Days", "lived"]
