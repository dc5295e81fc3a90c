"""What people do to the cluster with kubectl, each command under its own field manager.

Source: https://github.com/kubernetes/kubectl/tree/master/pkg/cmd
"""

import copy
from collections.abc import Callable

from practicecluster.controllers.api import Json, Refused
from practicecluster.controllers.clock import Clock
from practicecluster.controllers.deployments import PREFIX, REVISION
from practicecluster.controllers.who import client
from practicecluster.writing.times import stamp
from tests.explain.simulation.server import Server

SPACE = "shop"
Changing = Callable[[Json], None]
Asking = Callable[[], object]


def template(name: str, image: str, cpu: str = "", *, probed: bool = False) -> Json:
    """A Pod template of one container."""
    container: Json = {"name": "c", "image": image, "imagePullPolicy": "Always"}
    container["resources"] = {"requests": {"cpu": cpu}} if cpu else {}
    if probed:
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
    spec: Json = {
        "containers": [container],
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
    }
    spec |= {
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
    }
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def deployment(name: str, replicas: int, pod: Json, **more: object) -> Json:
    """A Deployment with the API server's defaults."""
    rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
    spec: Json = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod}
    spec |= {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
    spec |= {"revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
    return thing("Deployment", "apps/v1", name, spec | more)


def thing(kind: str, version: str, name: str, spec: Json, **labels: str) -> Json:
    """Any object of the simulated namespace."""
    metadata: Json = {"name": name, "namespace": SPACE, "labels": {"app": name} | labels}
    return {"kind": kind, "apiVersion": version, "metadata": metadata, "spec": spec, "status": {}}


CLAIM: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
"""What a claim asks for."""


def claimed(name: str) -> Json:
    """A claim of a volume."""
    return thing("PersistentVolumeClaim", "v1", name, dict(CLAIM))


def job(name: str, image: str, completions: int, policy: str) -> Json:
    """A Job that runs some Pods to their end."""
    pod = template(name, image)
    pod["spec"]["restartPolicy"] = policy
    spec = {"parallelism": 2, "completions": completions, "backoffLimit": 2, "template": pod}
    return thing("Job", "batch/v1", name, spec)


class People:
    """The commands; a refusal is what a person would read, and changes nothing."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self.server, self.clock = server, clock
        self.refused: list[str] = []

    def create(self, made: Json, by: str = "kubectl-create") -> None:
        """`kubectl create`, or `apply` of what is not there yet."""
        self._try(lambda: self.server.create(client(by), made))

    def apply_server_side(self, wanted: Json) -> None:
        """`kubectl apply --server-side --force-conflicts`."""
        stripped = {k: v for k, v in wanted.items() if k != "status"}
        self._try(lambda: self.server.apply(client("kubectl", applies=True), stripped))

    def scale(self, kind: str, name: str, replicas: int) -> None:
        """`kubectl scale`."""

        def change(now: Json) -> None:
            now["spec"]["replicas"] = replicas

        self._patch(kind, name, "kubectl", change, "scale")

    def set_image(self, kind: str, name: str, image: str) -> None:
        """`kubectl set image`."""

        def change(now: Json) -> None:
            now["spec"]["template"]["spec"]["containers"][0]["image"] = image

        self._patch(kind, name, "kubectl-set", change)

    def ask_less(self, kind: str, name: str, cpu: str) -> None:
        """`kubectl set resources`."""

        def change(now: Json) -> None:
            container = now["spec"]["template"]["spec"]["containers"][0]
            container["resources"] = {"requests": {"cpu": cpu}}

        self._patch(kind, name, "kubectl-set", change)

    def restart(self, kind: str, name: str) -> None:
        """`kubectl rollout restart`."""
        at = stamp(self.clock.now)

        def change(now: Json) -> None:
            metadata = now["spec"]["template"]["metadata"]
            metadata.setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = at

        self._patch(kind, name, "kubectl-rollout", change)

    def pause(self, name: str, paused: bool) -> None:
        """`kubectl rollout pause` and `resume`."""

        def change(now: Json) -> None:
            now["spec"].pop("paused", None)
            if paused:
                now["spec"]["paused"] = True

        self._patch("Deployment", name, "kubectl-rollout", change)

    def undo(self, name: str) -> None:
        """`kubectl rollout undo`: the template of the revision before this one."""
        web = self.server.find("Deployment", SPACE, name)
        if web is None or web["spec"].get("paused"):
            return
        uid = web["metadata"]["uid"]
        sets = [
            rs
            for rs in self.server.every("ReplicaSet")
            if any(o["uid"] == uid for o in rs["metadata"].get("ownerReferences", ()))
        ]
        sets.sort(key=lambda rs: int(rs["metadata"]["annotations"][REVISION]))
        if len(sets) < 2:
            return
        before = copy.deepcopy(sets[-2]["spec"]["template"])
        del before["metadata"]["labels"]["pod-template-hash"]

        def change(now: Json) -> None:
            now["spec"]["template"] = before

        self._patch("Deployment", name, "kubectl-rollout", change)

    def label(self, kind: str, name: str, key: str, value: str) -> None:
        """`kubectl label --overwrite`."""

        def change(now: Json) -> None:
            now["metadata"].setdefault("labels", {})[key] = value

        self._patch(kind, name, "kubectl-label", change)

    def annotate(self, kind: str, name: str, key: str, value: str) -> None:
        """`kubectl annotate --overwrite`."""
        assert not key.startswith(PREFIX)

        def change(now: Json) -> None:
            now["metadata"].setdefault("annotations", {})[key] = value

        self._patch(kind, name, "kubectl-annotate", change)

    def cordon(self, node: str, closed: bool) -> None:
        """`kubectl cordon` and `uncordon`."""

        def change(now: Json) -> None:
            now["spec"].pop("unschedulable", None)
            if closed:
                now["spec"]["unschedulable"] = True

        self._patch("Node", node, "kubectl-cordon" if closed else "kubectl-uncordon", change)

    def change_node(self, node: str, by: str, change: Changing) -> None:
        """`kubectl taint` and its like."""
        self._patch("Node", node, by, change)

    def delete(
        self, kind: str, name: str, policy: str = "Background", grace: int | None = None
    ) -> None:
        """`kubectl delete`."""
        found = self.server.find(kind, SPACE, name)
        if found is not None:
            named = {"kind": kind, "metadata": {"name": name, "namespace": SPACE}}
            who = client("kubectl-delete")
            self._try(lambda: self.server.delete(who, named, policy, grace))

    def hold(self, kind: str, name: str, finalizer: str) -> None:
        """`kubectl patch` that adds a finalizer."""

        def change(now: Json) -> None:
            now["metadata"]["finalizers"] = [*now["metadata"].get("finalizers", ()), finalizer]

        self._patch(kind, name, "kubectl-patch", change)

    def free(self, kind: str, name: str, finalizer: str) -> None:
        """`kubectl patch` that takes a finalizer away."""

        def change(now: Json) -> None:
            held = [kept for kept in now["metadata"].get("finalizers", ()) if kept != finalizer]
            now["metadata"]["finalizers"] = held
            if not held:
                del now["metadata"]["finalizers"]

        self._patch(kind, name, "kubectl-patch", change)

    def resize(self, kind: str, name: str, replicas: int) -> None:
        """`kubectl patch` of an object that has no scale."""

        def change(now: Json) -> None:
            now["spec"]["replicas"] = replicas

        self._patch(kind, name, "kubectl-patch", change)

    def evict(self, pod: Json) -> None:
        """One eviction of `kubectl drain`."""
        self._try(lambda: self.server.evict(client("kubectl-drain"), pod))

    def _patch(self, kind: str, name: str, by: str, change: Changing, sub: str = "") -> None:
        found = self.server.find(kind, SPACE, name)
        if found is not None:
            named = {"kind": kind, "metadata": {"name": name, "namespace": SPACE}}
            self._try(lambda: self.server.patch(client(by), named, change, sub))

    def _try(self, ask: Asking) -> None:
        try:
            ask()
        except Refused as refusal:
            self.refused.append(str(refusal))
