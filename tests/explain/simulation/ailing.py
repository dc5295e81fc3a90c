"""Clusters in which one thing after the other goes wrong, and mostly is mended again.

Each life is made from its seed alone: what goes wrong, with what kind of workload, as it begins or
long after, and how it ends.
"""

from collections.abc import Callable

from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Json
from practicecluster.controllers.claims import Binder, Protection
from practicecluster.controllers.crons import CronJobs
from practicecluster.controllers.daemons import DaemonSets
from practicecluster.controllers.deployments import Deployments
from practicecluster.controllers.fares import NEVER, Fare, Fares, Refusal, refusals
from practicecluster.controllers.garbage import Garbage
from practicecluster.controllers.jobs import Jobs
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.lifecycle import Evictor, NodeLifecycle, PodCollector
from practicecluster.controllers.namespaces import Namespaces
from practicecluster.controllers.preemption import PreemptingScheduler
from practicecluster.controllers.quotas import Quotas
from practicecluster.controllers.replicasets import ReplicaSets
from practicecluster.controllers.stateful import StatefulSets
from tests.explain.simulation.attaching import Attaching
from tests.explain.simulation.cluster import Cluster
from tests.explain.simulation.faults import Faults
from tests.explain.simulation.operators import OPERATORS, Course
from tests.explain.simulation.people import SPACE, claimed, deployment, template, thing

GRACE, TOLERATED = 50.0, 300.0
"""Kubernetes' own: after which silence a node is given up, and how long its Pods stay then."""


class AilingCluster(Cluster):
    """All controllers, and kubelets that do all their work."""

    def staff(self, seed: int, nodes: list[str]) -> list[Actor]:
        """Who acts in this cluster, besides people."""
        server = self.server
        self.silent: dict[str, float] = {}
        self.fares, self.faults = Fares(), Faults(self.clock)
        self.courses: dict[str, Course] = {}
        attaching = Attaching(server, self.fares, self.faults)
        self.kubelets = {
            name: Kubelet(
                server, name, silent=self.silent, fares=self.fares, faults=self.faults,
                beats=False, prompt=seed % 2 == 0,
            )
            for name in nodes
        }  # fmt: skip
        for kubelet in self.kubelets.values():
            kubelet.attached = attaching.attached
        return [
            Deployments(server), ReplicaSets(server), PreemptingScheduler(server),
            Garbage(server), Jobs(server), Namespaces(server), StatefulSets(server),
            DaemonSets(server), CronJobs(server), Quotas(server), attaching,
            NodeLifecycle(server, self.silent, GRACE), Evictor(server, TOLERATED),
            PodCollector(server), Binder(server), Protection(server), *self.kubelets.values(),
            *(operator(server, self.faults, self.courses) for operator in OPERATORS),
        ]  # fmt: skip

    def __init__(self, seed: int, nodes: int = 2, cpus: int = 16) -> None:
        super().__init__(seed, nodes, cpus)
        for kubelet in self.kubelets.values():
            kubelet.report_node()
        self.wait(5)
        self.begun = len(self.server.log)
        self.asked = len(self.server.requests.lines)

    def refuse(self, image: str, kind: str, lasts: float = NEVER) -> None:
        """From now on, and for some seconds, a registry refuses an image."""
        code, message = refusals(image)[kind]
        refusal = Refusal(code, message, self.clock.now + lasts)
        self.fares.images[image] = Fare(pull=2.0, refusal=refusal)

    def pods(self, app: str) -> list[Json]:
        """The Pods of a workload."""
        every = self.server.every("Pod")
        return [pod for pod in every if pod["metadata"].get("labels", {}).get("app") == app]


class Ailments:
    """The ways in which things go wrong; each takes some minutes."""

    def __init__(self, cluster: AilingCluster) -> None:
        self.cluster, self.random, self.people = cluster, cluster.random, cluster.people
        self.fares, self._count = cluster.fares, 0
        self.every: list[Callable[[], None]] = [
            self.refused_image, self.refused_image, self.refused_image, self.refused_image,
            self.out_of_memory, self.out_of_memory, self.crashing, self.cannot_start, self.startup,
            self.readiness, self.liveness, self.settings, self.mounted_settings, self.attaching,
            self.mounting, self.sandbox, self.init_fails, self.sidecar, self.eviction, self.loses,
            self.certificate, self.kustomization, self.rollout, self.configuration, self.kafka,
        ]  # fmt: skip

    def _named(self) -> str:
        self._count += 1
        return f"shop-{self._count}"

    def _workload(self, name: str, pod: Json, **more: object) -> str:
        """A workload of some kind with these Pods; returns its kind."""
        kind = self.random.choice(("Deployment", "Deployment", "StatefulSet", "DaemonSet"))
        replicas = self.random.choice((1, 1, 2, 3))
        if kind == "Deployment":
            made = deployment(name, replicas, pod, progressDeadlineSeconds=599, **more)
        else:
            spec: Json = {"template": pod, "selector": {"matchLabels": {"app": name}}}
            spec["revisionHistoryLimit"] = 10
            rolling: Json = {"partition": 0}
            if kind == "DaemonSet":
                rolling = {"maxUnavailable": 1, "maxSurge": 0}
            else:
                spec |= {"replicas": replicas, "podManagementPolicy": "OrderedReady"}
            spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
            made = thing(kind, "apps/v1", name, spec)
        self.people.create(made)
        return kind

    def _rolled(self, pod: Json, bad: str, good: str) -> tuple[str, str]:
        """A workload that begins with the bad image, or is updated to it; returns kind and name."""
        name = self._named()
        pod = pod | {"metadata": {"labels": {"app": name}}}
        if self.random.random() < 0.5:
            pod["spec"]["containers"][0]["image"] = bad
            return self._workload(name, pod), name
        pod["spec"]["containers"][0]["image"] = good
        kind = self._workload(name, pod)
        self.cluster.wait(self.random.uniform(70, 130))
        self.people.set_image(kind, name, bad)
        return kind, name

    def _mended(self, kind: str, name: str, good: str, least: float = 60.0) -> None:
        """After a while somebody sets the good image, or deletes all of it."""
        self.cluster.wait(self.random.uniform(least, 3 * least))
        if self.random.random() < 0.6:
            self.people.set_image(kind, name, good)
            if kind == "StatefulSet":  # It waits for its broken Pods: somebody deletes them.
                for pod in self.cluster.pods(name):
                    self.cluster.wait(2)  # Its controller may be about to do the same.
                    self.people.delete("Pod", pod["metadata"]["name"])
            self.cluster.wait(self.random.uniform(60, 90))
        else:
            self.people.delete(kind, name)
            self.cluster.wait(30)

    def refused_image(self) -> None:
        """The registry refuses, for good or for a while."""
        image = f"shop/web:{self._count}"
        kinds = sorted(refusals(image))
        lasts = self.random.choice((NEVER, self.random.uniform(40, 200)))
        self.cluster.refuse(image, self.random.choice(kinds), lasts)
        kind, name = self._rolled(template("", image), image, "shop/web:good")
        self._mended(kind, name, "shop/web:good")

    def out_of_memory(self) -> None:
        """Each run is killed, soon after its start or after minutes."""
        lasts = self.random.choice((2.0, 20.0, 45.0, 100.0))
        self.fares.images["shop/fat:1"] = Fare(ends=lasts, exits=137, reason="OOMKilled")
        kind, name = self._rolled(template("", ""), "shop/fat:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good", 90)

    def crashing(self) -> None:
        """Each run exits with an error, or with none though it should go on."""
        lasts, code = self.random.choice((0.5, 3.0, 12.0, 50.0)), self.random.choice((0, 1, 2, 139))
        fare = Fare(ends=lasts, exits=code, reason="Error" if code else "Completed")
        self.fares.images["shop/bad:1"] = fare
        kind, name = self._rolled(template("", ""), "shop/bad:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good", 90)

    def cannot_start(self) -> None:
        """The runtime cannot run what the image names."""
        self.fares.images["shop/odd:1"] = Fare(exits=128, reason="StartError")
        kind, name = self._rolled(template("", ""), "shop/odd:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good")

    def _probed(self, **probes: Json) -> Json:
        pod = template("", "")
        pod["spec"]["containers"][0] |= {
            name: {"httpGet": {"path": "/", "port": 80}} | probe for name, probe in probes.items()
        }
        return pod

    def startup(self) -> None:
        """The startup probe never succeeds, or only after some restarts' time."""
        period = self.random.choice((5, 10))
        self.fares.images["shop/slow:1"] = Fare(starts=NEVER)
        pod = self._probed(startupProbe={"periodSeconds": period, "failureThreshold": 3})
        kind, name = self._rolled(pod, "shop/slow:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good", 100)

    def readiness(self) -> None:
        """It runs and does not become ready, or only late."""
        ready = self.random.choice((NEVER, 90.0, 150.0))
        self.fares.images["shop/unready:1"] = Fare(ready=ready)
        pod = self._probed(readinessProbe={"periodSeconds": 10, "failureThreshold": 3})
        kind, name = self._rolled(pod, "shop/unready:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good", 100)

    def liveness(self) -> None:
        """It stops answering after a while, again and again."""
        self.fares.images["shop/hangs:1"] = Fare(dies=self.random.choice((5.0, 60.0)))
        pod = self._probed(livenessProbe={"periodSeconds": 10, "failureThreshold": 3})
        kind, name = self._rolled(pod, "shop/hangs:1", "shop/web:good")
        self._mended(kind, name, "shop/web:good", 120)

    def _found(self, kind: str, name: str) -> None:
        """Somebody creates what was missing."""
        metadata = {"name": name, "namespace": SPACE}
        self.people.create({"kind": kind, "apiVersion": "v1", "metadata": metadata, "data": {}})

    def settings(self) -> None:
        """The environment comes from what does not exist yet."""
        name, pod = self._named(), template("", "shop/web:good")
        key, kind = self.random.choice((("configMapRef", "ConfigMap"), ("secretRef", "Secret")))
        pod["spec"]["containers"][0]["envFrom"] = [{key: {"name": f"{name}-env"}}]
        pod["metadata"] = {"labels": {"app": name}}
        self._workload(name, pod)
        self.cluster.wait(self.random.uniform(30, 200))
        self._found(kind, f"{name}-env")
        self.cluster.wait(60)

    def mounted_settings(self) -> None:
        """A volume is made of what does not exist yet."""
        name, pod = self._named(), template("", "shop/web:good")
        source, key, kind = self.random.choice(
            (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret"))
        )
        pod["spec"]["volumes"] = [{"name": "files", source: {key: f"{name}-files"}}]
        pod["metadata"] = {"labels": {"app": name}}
        self._workload(name, pod)
        self.cluster.wait(self.random.uniform(30, 300))
        self._found(kind, f"{name}-files")
        self.cluster.wait(200)

    def _claiming(self, name: str) -> None:
        """A Deployment of one Pod that mounts a claim."""
        self.people.create(claimed(f"{name}-data"))
        pod = template(name, "shop/web:good")
        claim = {"persistentVolumeClaim": {"claimName": f"{name}-data"}}
        pod["spec"]["volumes"] = [{"name": "data"} | claim]
        self.people.create(deployment(name, 1, pod, progressDeadlineSeconds=599))

    def attaching(self) -> None:
        """The volume cannot be attached to the node, at first or for good."""
        name, lasts = self._named(), self.random.choice((NEVER, 60.0, 150.0))
        why = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
        self.fares.attachments[f"{name}-data"] = why, self.cluster.clock.now + lasts
        self._claiming(name)
        self.cluster.wait(self.random.uniform(200, 400))

    def mounting(self) -> None:
        """The volume is attached, and cannot be mounted."""
        name, lasts = self._named(), self.random.choice((NEVER, 60.0, 150.0))
        why = "rpc error: code = Internal desc = mount failed: exit status 32"
        self.fares.mounts[f"{name}-data"] = why, self.cluster.clock.now + lasts
        self._claiming(name)
        self.cluster.wait(self.random.uniform(200, 400))

    def sandbox(self) -> None:
        """The network plugin cannot connect the Pod."""
        name, lasts = self._named(), self.random.choice((NEVER, 30.0, 100.0))
        why = "rpc error: code = Unknown desc = failed to setup network for sandbox: no IP left"
        self.fares.sandboxes[name] = why, self.cluster.clock.now + lasts
        self._workload(name, template(name, "shop/web:good"))
        self.cluster.wait(self.random.uniform(60, 200))

    def init_fails(self) -> None:
        """An init container fails again and again, or runs out of memory."""
        name, pod = self._named(), template("", "shop/web:good")
        oom = self.random.random() < 0.3
        lasts = self.random.choice((1.0, 8.0))
        reason = "OOMKilled" if oom else "Error"
        self.fares.images["shop/init:1"] = Fare(ends=lasts, exits=137 if oom else 1, reason=reason)
        pod["spec"]["initContainers"] = [{"name": "prepare", "image": "shop/init:1"}]
        pod["metadata"] = {"labels": {"app": name}}
        self._workload(name, pod)
        self.cluster.wait(self.random.uniform(60, 200))

    def sidecar(self) -> None:
        """A sidecar keeps ending, or its image is refused."""
        name, pod = self._named(), template("", "shop/web:good")
        if self.random.random() < 0.5:
            self.fares.images["shop/side:1"] = Fare(ends=2.0, exits=1)
        else:
            self.cluster.refuse("shop/side:1", "absent")
        side = {"name": "side", "image": "shop/side:1", "restartPolicy": "Always"}
        pod["spec"]["initContainers"] = [side]
        pod["metadata"] = {"labels": {"app": name}}
        self._workload(name, pod)
        self.cluster.wait(self.random.uniform(60, 200))

    def eviction(self) -> None:
        """A node runs out of memory, evicts some Pods, and recovers after some minutes."""
        name = self._named()
        self.people.create(deployment(name, 3, template(name, "shop/web:good")))
        self.cluster.wait(60)
        kubelet = self.random.choice(list(self.cluster.kubelets.values()))
        node = self.cluster.server.find("Node", "", kubelet.node)
        assert node is not None
        fault = self.cluster.faults.begin(node, "not-ready")
        kubelet.press("MemoryPressure", pressed=True)
        for pod in self.cluster.pods(name):
            if pod["spec"].get("nodeName") == kubelet.node:
                self.cluster.wait(self.random.uniform(1, 15))
                kubelet.evict(pod, "memory")
        self.cluster.wait(self.random.uniform(60, 300))
        kubelet.press("MemoryPressure", pressed=False)
        self.cluster.faults.end(fault)
        self.cluster.wait(60)

    def loses(self) -> None:
        """A node falls silent for longer than a reboot takes, and comes back."""
        name = self._named()
        self.people.create(deployment(name, 2, template(name, "shop/web:good")))
        self.cluster.wait(60)
        kubelet = self.random.choice(list(self.cluster.kubelets.values()))
        node = self.cluster.server.find("Node", "", kubelet.node)
        assert node is not None
        self.cluster.silent[kubelet.node] = self.cluster.clock.now
        self.cluster.wait(GRACE + 100)
        fault = self.cluster.faults.begin(node, "node-lost", "kubelet client", 10.0)
        every = self.cluster.server.every("Pod")
        own = [pod for pod in every if pod["spec"].get("nodeName") == kubelet.node]
        faults = [fault, *(self.cluster.faults.begin(p, "node-lost", within=NEVER) for p in own)]
        self.cluster.wait(self.random.uniform(30, 600))
        del self.cluster.silent[kubelet.node]
        kubelet.back(booted=True)
        for each in faults:
            self.cluster.faults.end(each)
        self.cluster.wait(90)

    def _course(self, name: str, says: str, *, for_good: bool = False) -> None:
        """From now on the resource of that name fails, for good or for a while."""
        lasts = self.random.choice((NEVER, self.random.uniform(30, 200), 0.0))
        until = NEVER if for_good else self.cluster.clock.now + lasts
        self.cluster.courses[name] = Course(says, until, for_good)

    def certificate(self) -> None:
        """A certificate authority does not get its answer."""
        name, final = self._named(), self.random.random() < 0.3
        why = "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'"
        self._course(name, "403 unauthorized" if final else why, for_good=final)
        self.people.create(thing("Certificate", "cert-manager.io/v1", name, {"secretName": name}))
        self.cluster.wait(self.random.uniform(120, 300))

    def kustomization(self) -> None:
        """What is to be applied cannot be built."""
        name = self._named()
        self._course(name, "kustomize build failed: no such file or directory")
        made = thing("Kustomization", "kustomize.toolkit.fluxcd.io/v1", name, {"interval": "10m"})
        self.people.create(made)
        self.cluster.wait(self.random.uniform(60, 300))

    def rollout(self) -> None:
        """An Argo Rollout whose image is refused, or that somebody pauses for a while."""
        name, pod = self._named(), template("", "shop/web:good")
        pod["metadata"] = {"labels": {"app": name}}
        if self.random.random() < 0.6:
            image = f"shop/rolled:{self._count}"
            self.cluster.refuse(image, self.random.choice(sorted(refusals(image))))
            pod["spec"]["containers"][0]["image"] = image
        spec: Json = {"replicas": self.random.randint(1, 3), "template": pod}
        spec["selector"] = {"matchLabels": {"app": name}}
        self.people.create(thing("Rollout", "argoproj.io/v1alpha1", name, spec))
        self.cluster.wait(self.random.uniform(60, 200))

    def configuration(self) -> None:
        """A Knative Configuration whose container keeps ending."""
        name, pod = self._named(), template("", "shop/web:good")
        if self.random.random() < 0.6:
            self.fares.images["shop/served:1"] = Fare(ends=2.0, exits=1)
            pod["spec"]["containers"][0]["image"] = "shop/served:1"
        pod["metadata"] = {"labels": {"app": name}}
        spec = {"template": {"deployment": deployment(name, 1, pod)["spec"]}}
        self.people.create(thing("Configuration", "serving.knative.dev/v1", name, spec))
        self.cluster.wait(self.random.uniform(60, 200))

    def kafka(self) -> None:
        """A Kafka that is not valid, or one of whose Pods does not start."""
        name, pod = self._named(), template("", "shop/kafka:good")
        if self.random.random() < 0.5:
            self._course(name, "version 9.9 is not supported")
        elif self.random.random() < 0.5:
            self.cluster.refuse("shop/kafka:gone", "absent")
            pod["spec"]["containers"][0]["image"] = "shop/kafka:gone"
        spec = {"replicas": 3, "pod": pod["spec"]}
        self.people.create(thing("Kafka", "kafka.strimzi.io/v1beta2", name, spec))
        self.cluster.wait(self.random.uniform(90, 200))


def ailed(seed: int, moves: int = 2) -> AilingCluster:
    """A cluster in which some things went wrong."""
    cluster = AilingCluster(seed)
    ailments = Ailments(cluster)
    for _ in range(moves):
        cluster.random.choice(ailments.every)()
    cluster.wait(20)
    return cluster
