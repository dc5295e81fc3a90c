"""An hour in which all goes well, though slowly: nothing of it may be called wrong at any second.

Images of gigabytes are pulled, migrations run, applications take their time to start, and to stop;
autoscalers scale, schedules run, nodes are drained and rebooted. Each hour is made from its seed.
"""

from collections.abc import Callable

from practicecluster.controllers.actors import Actor, leaving
from practicecluster.controllers.api import Json
from practicecluster.controllers.fares import Fare
from practicecluster.controllers.scaling import Autoscalers
from tests.explain.simulation.ailing import AilingCluster
from tests.explain.simulation.operators import Course
from tests.explain.simulation.people import claimed, deployment, job, template, thing

HOUR = 3600.0
_REBOOT = (35.0, 140.0)
"""Seconds for which a node is silent while it is rebooted."""


class HealthyCluster(AilingCluster):
    """The same with autoscalers, and with three nodes of which one can be missed."""

    def staff(self, seed: int, nodes: list[str]) -> list[Actor]:
        """Who acts in this cluster, besides people."""
        return [*super().staff(seed, nodes), Autoscalers(self.server, 0.04)]

    def __init__(self, seed: int) -> None:
        super().__init__(seed, nodes=3, cpus=64)


class Duties:
    """What the people of a healthy cluster do; each takes a while, and the rest goes on."""

    def __init__(self, cluster: HealthyCluster) -> None:
        self.cluster, self.random, self.people = cluster, cluster.random, cluster.people
        self.fares, self._count = cluster.fares, 0
        self.every: list[Callable[[], None]] = [
            self.web, self.web, self.update, self.update, self.update, self.restart, self.scale,
            self.large_image, self.long_init, self.migration, self.migration, self.database,
            self.agent, self.schedule, self.autoscaled, self.reboot, self.reboot, self.drain,
            self.slow_start, self.slow_stop, self.volume, self.certificate, self.kafka,
            self.rollout, self.stumbles, self.delete, self.job_retries,
        ]  # fmt: skip

    def _named(self, what: str) -> str:
        self._count += 1
        return f"{what}-{self._count}"

    def _between(self, least: float, most: float) -> float:
        return self.random.uniform(least, most)

    def _probed(self, image: str, **probes: Json) -> Json:
        pod = template("", image)
        ask: Json = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 10}
        pod["spec"]["containers"][0] |= {f"{name}Probe": ask | p for name, p in probes.items()}
        pod["spec"]["terminationGracePeriodSeconds"] = self.random.choice((30, 30, 60, 120))
        return pod

    def _create(self, name: str, pod: Json, replicas: int = 0, **more: object) -> None:
        pod["metadata"] = {"labels": {"app": name}}
        size = replicas or self.random.randint(1, 4)
        self.people.create(deployment(name, size, pod, progressDeadlineSeconds=599, **more))

    def _webs(self) -> list[str]:
        return [d["metadata"]["name"] for d in self.cluster.server.every("Deployment")]

    def web(self) -> None:
        """A Deployment whose Pods take their time to be ready."""
        name = self._named("web")
        for version in (1, 2, 3):
            image = f"{name}:{version}"
            self.fares.images[image] = Fare(pull=self._between(1, 90), ready=self._between(0, 45))
        pod = self._probed(f"{name}:1", readiness={}, liveness={})
        self._create(name, pod, minReadySeconds=self.random.choice((0, 0, 10, 60)))

    def update(self) -> None:
        """Another image, perhaps before the last one has rolled out."""
        webs = [name for name in self._webs() if name.startswith("web-")]
        if webs:
            name = self.random.choice(webs)
            self.people.set_image("Deployment", name, f"{name}:{self.random.randint(1, 3)}")

    def restart(self) -> None:
        """`kubectl rollout restart`."""
        if webs := self._webs():
            self.people.restart("Deployment", self.random.choice(webs))

    def scale(self) -> None:
        """`kubectl scale`, also to none."""
        if webs := self._webs():
            self.people.scale("Deployment", self.random.choice(webs), self.random.randint(0, 5))

    def delete(self) -> None:
        """Something is deleted, in whatever way."""
        if webs := self._webs():
            name, policy = (
                self.random.choice(webs),
                self.random.choice(("Background", "Foreground")),
            )
            self.people.delete("HorizontalPodAutoscaler", name)
            self.people.delete("Deployment", name, policy)

    def large_image(self) -> None:
        """An image of gigabytes."""
        name = self._named("model")
        self.fares.images[f"{name}:1"] = Fare(pull=self._between(300, 1500))
        self._create(name, template("", f"{name}:1"))

    def long_init(self) -> None:
        """An init container that copies, migrates or waits for long."""
        name, pod = self._named("shop"), template("", "shop/web:1")
        self.fares.images[f"{name}-init:1"] = Fare(ends=self._between(60, 1500), exits=0)
        pod["spec"]["initContainers"] = [{"name": "migrate", "image": f"{name}-init:1"}]
        self._create(name, pod)

    def _job(self, name: str, completions: int) -> Json:
        """A Job whose Pods go on after a reboot."""
        made = job(name, f"{name}:1", completions, "OnFailure")
        made["spec"]["backoffLimit"] = 20
        return made

    def migration(self) -> None:
        """A Job that runs for long."""
        name = self._named("migrate")
        self.fares.images[f"{name}:1"] = Fare(ends=self._between(20, 1800), exits=0)
        self.people.create(self._job(name, self.random.randint(1, 3)))

    def job_retries(self) -> None:
        """A Job whose container fails once, and then does its work."""
        name = self._named("retry")
        self.fares.images[f"{name}:1"] = Fare(ends=3.0, falls=True)
        self.people.create(self._job(name, 1))

    def database(self) -> None:
        """A StatefulSet, whose Pods come one after the other; or its next image."""
        found = [t["metadata"]["name"] for t in self.cluster.server.every("StatefulSet")]
        if found and self.random.random() < 0.5:
            name = self.random.choice(found)
            self.people.set_image("StatefulSet", name, self.random.choice(("db:1", "db:2")))
            return
        name = self._named("db")
        for image in ("db:1", "db:2"):
            self.fares.images[image] = Fare(pull=20.0, ready=40.0, stops=self._between(0, 25))
        pod = self._probed("db:1", readiness={})
        pod["metadata"] = {"labels": {"app": name}}
        spec: Json = {"replicas": self.random.randint(1, 3), "template": pod}
        spec |= {"selector": {"matchLabels": {"app": name}}, "revisionHistoryLimit": 10}
        spec["podManagementPolicy"] = self.random.choice(("OrderedReady", "Parallel"))
        spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
        self.people.create(thing("StatefulSet", "apps/v1", name, spec))

    def agent(self) -> None:
        """A DaemonSet, or its next image."""
        found = [t["metadata"]["name"] for t in self.cluster.server.every("DaemonSet")]
        if found:
            image = self.random.choice(("agent:1", "agent:2"))
            self.people.set_image("DaemonSet", self.random.choice(found), image)
            return
        name, pod = self._named("agent"), template("", "agent:1")
        pod["metadata"] = {"labels": {"app": name}}
        spec: Json = {"template": pod, "revisionHistoryLimit": 10}
        spec |= {"selector": {"matchLabels": {"app": name}}}
        rolling = {"maxUnavailable": 1, "maxSurge": 0}
        spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
        self.people.create(thing("DaemonSet", "apps/v1", name, spec))

    def schedule(self) -> None:
        """A CronJob of each minute, some of whose Jobs last longer than that."""
        name = self._named("tick")
        self.fares.images[f"{name}:1"] = Fare(ends=self._between(3, 150), exits=0)
        made = self._job(name, 1)
        policy = self.random.choice(("Allow", "Forbid", "Replace"))
        spec: Json = {"schedule": "* * * * *", "jobTemplate": {"spec": made["spec"]}}
        spec |= {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
        spec |= {"concurrencyPolicy": policy, "suspend": False}
        self.people.create(thing("CronJob", "batch/v1", name, spec))

    def autoscaled(self) -> None:
        """A HorizontalPodAutoscaler for a Deployment."""
        if webs := self._webs():
            name = self.random.choice(webs)
            target = {"kind": "Deployment", "name": name, "apiVersion": "apps/v1"}
            spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 6}
            made = thing("HorizontalPodAutoscaler", "autoscaling/v2", name, spec)
            self.people.create(made, "kubectl-autoscale")

    def _boot(self, name: str) -> None:
        self.cluster.silent[name] = self.cluster.clock.now
        self.cluster.wait(self._between(*_REBOOT))
        del self.cluster.silent[name]
        self.cluster.kubelets[name].back(booted=True)
        self.cluster.wait(self._between(60, 120))

    def reboot(self) -> None:
        """A node goes down without a word, and is back soon."""
        self._boot(self.random.choice(sorted(self.cluster.kubelets)))

    def drain(self) -> None:
        """A node is drained, rebooted, and opened again."""
        name = self.random.choice(sorted(self.cluster.kubelets))
        self.people.cordon(name, closed=True)
        for pod in self.cluster.server.every("Pod"):
            owner = pod["metadata"].get("ownerReferences", [{}])[0].get("kind")
            if pod["spec"].get("nodeName") == name and not leaving(pod) and owner != "DaemonSet":
                self.cluster.wait(0.05)
                self.people.evict(pod)
        self.cluster.wait(self._between(30, 150))
        self._boot(name)
        self.people.cordon(name, closed=False)

    def slow_start(self) -> None:
        """An application that its startup probe gives five minutes."""
        name = self._named("java")
        self.fares.images[f"{name}:1"] = Fare(pull=30.0, starts=self._between(60, 280))
        probe: Json = {"failureThreshold": 30}
        pod = self._probed(f"{name}:1", startup=probe, readiness={}, liveness={})
        self._create(name, pod)

    def slow_stop(self) -> None:
        """An application that takes its time to stop, and is stopped."""
        name = self._named("queue")
        self.fares.images[f"{name}:1"] = Fare(stops=self._between(20, 110))
        pod = self._probed(f"{name}:1")
        pod["spec"]["terminationGracePeriodSeconds"] = 120
        self._create(name, pod)
        self.cluster.wait(60)
        self.people.scale("Deployment", name, 0)

    def volume(self) -> None:
        """A claim whose volume takes some time to be attached."""
        name, pod = self._named("files"), template("", "shop/web:1")
        self.fares.attaching = self._between(2, 90)
        self.people.create(claimed(f"{name}-data"))
        claim = {"persistentVolumeClaim": {"claimName": f"{name}-data"}}
        pod["spec"]["volumes"] = [{"name": "data"} | claim]
        self._create(name, pod, 1, strategy={"type": "Recreate"})

    def certificate(self) -> None:
        """A certificate authority that asks back for some seconds."""
        name = self._named("cert")
        why = "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'"
        until = self.cluster.clock.now + self._between(0, 25)
        self.cluster.courses[name] = Course(why, until)
        self.people.create(thing("Certificate", "cert-manager.io/v1", name, {"secretName": name}))

    def kafka(self) -> None:
        """A Kafka whose Pods start slowly."""
        name = self._named("kafka")
        self.fares.images[f"{name}:1"] = Fare(pull=self._between(1, 300), ready=30.0)
        spec = {"replicas": 3, "pod": self._probed(f"{name}:1", readiness={})["spec"]}
        self.people.create(thing("Kafka", "kafka.strimzi.io/v1beta2", name, spec))

    def rollout(self) -> None:
        """An Argo Rollout with a large image."""
        name = self._named("canary")
        self.fares.images[f"{name}:1"] = Fare(pull=self._between(1, 400))
        pod = template("", f"{name}:1")
        pod["metadata"] = {"labels": {"app": name}}
        spec = {"replicas": 2, "template": pod, "selector": {"matchLabels": {"app": name}}}
        self.people.create(thing("Rollout", "argoproj.io/v1alpha1", name, spec))

    def stumbles(self) -> None:
        """An application that ends once, as its database is not there yet, and then runs."""
        name = self._named("late")
        self.fares.images[f"{name}:1"] = Fare(ends=self._between(1, 20), falls=True)
        self._create(name, template("", f"{name}:1"))


def lived_well(seed: int, seconds: float = HOUR) -> HealthyCluster:
    """A cluster after an hour in which nothing went wrong."""
    cluster = HealthyCluster(seed)
    duties = Duties(cluster)
    ends = cluster.clock.now + seconds
    while cluster.clock.now < ends:
        cluster.random.choice(duties.every)()
        cluster.wait(cluster.random.choice((1.0, 20.0, 60.0, 120.0)))
    return cluster
