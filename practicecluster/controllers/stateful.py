"""The StatefulSet controller: Pods with a number and a claim, one after the other.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/statefulset/stateful_set_control.go
"""

from practicecluster.controllers.actors import (
    Actor,
    controller_of,
    is_ready,
    leaving,
    owned_by,
    referred,
)
from practicecluster.controllers.api import Api, Json, Refused
from practicecluster.controllers.clock import Work
from practicecluster.controllers.replicasets import pod_of
from practicecluster.controllers.revisions import newest, truncated
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied

HASH = "controller-revision-hash"
NAME = "statefulset.kubernetes.io/pod-name"


class StatefulSets(Actor):
    """A revision, then the Pods in their order, then the status, then the history."""

    watches = ("StatefulSet", "Pod", "ControllerRevision", "PersistentVolumeClaim")
    component = "statefulset-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("statefulset-controller"))
        self._dropped: set[str] = set()

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A StatefulSet, or one of its Pods."""
        if kind == "StatefulSet":
            self.enqueue(thing["metadata"]["uid"])
        elif kind == "Pod":
            for owner in self.owners("StatefulSet", thing):
                self.enqueue(owner)

    def reconcile(self, key: str) -> Work:
        """One look at one StatefulSet."""
        db = self.known("StatefulSet", key)
        if db is None:
            return
        yield from self.claim(db, "Pod")
        pods = {p["metadata"]["name"]: p for p in self.cached("Pod") if controller_of(p) == key}
        found: list[str] = []
        known = list(pods.values())
        self._dropped.clear()
        yield from newest(self, db, found)
        if not leaving(db):
            yield from self._act(db, found[0], pods)
        # By the Pods from before: those of this look count once they are heard of.
        yield from self._report(db, found[0], known)
        status = db.get("status", {})
        used = {p["metadata"]["labels"].get(HASH, "") for p in pods.values()}
        used |= {found[0], status.get("currentRevision", "")}
        yield from truncated(self, db, used)

    def _act(self, db: Json, update: str, pods: dict[str, Json]) -> Work:
        ordered = db["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        name, wanted = db["metadata"]["name"], db["spec"]["replicas"]
        for number in range(wanted):
            done: list[bool] = []
            yield from self._one(db, f"{name}-{number}", update, pods, done)
            if ordered and not done:
                return
        extra = sorted(
            (p for p in pods.values() if _number(p) >= wanted), key=_number, reverse=True
        )
        for pod in extra:
            if leaving(pod):
                if ordered:
                    return
                continue
            yield from self._delete(db, pod)
            if ordered:
                return
        if extra:
            return
        yield from self._update(db, update, pods)

    def _one(
        self, db: Json, name: str, update: str, pods: dict[str, Json], done: list[bool]
    ) -> Work:
        """Bring one number to life; `done` is filled where the next one may follow."""
        pod = pods.get(name)
        if pod is None:
            yield from self._make(db, name, update, pods)
        elif pod["status"].get("phase") in ("Failed", "Succeeded") and not leaving(pod):
            text = f"StatefulSet {db['metadata']['namespace']}/{name} is recreating failed Pod"
            self.events.tell(db, "RecreatingFailedPod", text, "Warning")
            yield from self._delete(db, pod)
        elif not leaving(pod) and is_ready(pod):
            yield from self._keep(db, pod)
            done.append(True)

    def _make(self, db: Json, name: str, update: str, pods: dict[str, Json]) -> Work:
        space = db["metadata"]["namespace"]
        for asked in db["spec"].get("volumeClaimTemplates", ()):
            claim = copied(asked)
            claim["metadata"] = {"name": f"{asked['metadata']['name']}-{name}", "namespace": space}
            claim["metadata"]["labels"] = db["spec"]["selector"]["matchLabels"]
            claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
            if not self.server.find("PersistentVolumeClaim", space, claim["metadata"]["name"]):
                yield self.clock.between(0.001, 0.006)
                made = self.server.create(self.who, claim)
                text = f"Create Claim {made['metadata']['name']} Pod {name} in StatefulSet success"
                self.events.tell(db, "SuccessfulCreate", text)
        yield self.clock.between(0.001, 0.006)
        labels = {HASH: update, NAME: name, "apps.kubernetes.io/pod-index": name.rpartition("-")[2]}
        failed = f"create Pod {name} in StatefulSet {db['metadata']['name']} failed error: "
        pod = pod_of(db, name, **labels)
        pod["metadata"]["generateName"] = f"{db['metadata']['name']}-"
        pod["spec"] |= {"hostname": name, "subdomain": db["spec"].get("serviceName") or ""}
        _mount_claims(db, pod)
        pods[name] = self.made(db, pod, failed)
        whose = f"StatefulSet {db['metadata']['name']} successful"
        self.events.tell(db, "SuccessfulCreate", f"Create Pod {name} in {whose}")

    def _delete(self, db: Json, pod: Json) -> Work:
        yield self.clock.between(0.001, 0.006)
        self.server.delete(self.who, pod)
        self._dropped.add(pod["metadata"]["uid"])  # What this look deletes counts no more.
        whose = f"StatefulSet {db['metadata']['name']} successful"
        self.events.tell(db, "SuccessfulDelete", f"Delete Pod {pod['metadata']['name']} in {whose}")

    def _keep(self, db: Json, pod: Json) -> Work:
        """With whenDeleted: Delete, the claims of each Pod belong to the StatefulSet."""
        policy = db["spec"].get("persistentVolumeClaimRetentionPolicy", {})
        if policy.get("whenDeleted") != "Delete":
            return
        for asked in db["spec"].get("volumeClaimTemplates", ()):
            name = f"{asked['metadata']['name']}-{pod['metadata']['name']}"
            claim = self.server.find("PersistentVolumeClaim", pod["metadata"]["namespace"], name)
            if claim is not None and not claim["metadata"].get("ownerReferences"):
                after = copied(claim)
                after["metadata"]["ownerReferences"] = owned_by(db)
                yield self.clock.between(0.001, 0.006)
                self.server.update(self.who, after)

    def _update(self, db: Json, update: str, pods: dict[str, Json]) -> Work:
        strategy = db["spec"].get("updateStrategy", {})
        if strategy.get("type") == "OnDelete":
            return
        partition = strategy.get("rollingUpdate", {}).get("partition", 0)
        for pod in sorted(pods.values(), key=_number, reverse=True):
            if _number(pod) < partition:
                return
            if pod["metadata"]["labels"].get(HASH) != update and not leaving(pod):
                yield from self._delete(db, pod)
                return
            if leaving(pod) or not is_ready(pod):
                return

    def _report(self, db: Json, update: str, pods: list[Json]) -> Work:
        gone = self._dropped
        alive = [p for p in pods if not leaving(p) and p["metadata"]["uid"] not in gone]
        ready = sum(is_ready(p) for p in pods)  # Also those that are to go, while they last.
        fresh = [p for p in alive if p["metadata"]["labels"].get(HASH) == update]
        before = db.get("status", {})
        current = before.get("currentRevision") or update
        if len(fresh) == db["spec"]["replicas"] == ready:
            current = update
        status: Json = {"observedGeneration": db["metadata"]["generation"], "replicas": len(pods)}
        old = [p for p in alive if p["metadata"]["labels"].get(HASH) == current]
        counts = {"readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": len(fresh)}
        counts["currentReplicas"] = len(old)
        status |= {name: count for name, count in counts.items() if count}
        status["availableReplicas"] = ready
        status |= {"currentRevision": current, "updateRevision": update, "collisionCount": 0}
        if status == before:
            return
        yield self.clock.between(0.001, 0.006)
        live = self.server.find("StatefulSet", db["metadata"]["namespace"], db["metadata"]["name"])
        if live is None or live["metadata"]["uid"] != db["metadata"]["uid"]:
            raise Refused(404, "NotFound", f"{referred(db)} is gone")
        self.server.update(self.who, copied(live) | {"status": status}, "status")


def _mount_claims(db: Json, pod: Json) -> None:
    """Give a Pod the volumes of its claims, before all others and in place of what they name.

    Source: updateStorage in pkg/controller/statefulset/stateful_set_utils.go
    """
    names = [asked["metadata"]["name"] for asked in db["spec"].get("volumeClaimTemplates", ())]
    if names:
        claims = {each: f"{each}-{pod['metadata']['name']}" for each in names}
        own = [
            {"name": each, "persistentVolumeClaim": {"claimName": claim}}
            for each, claim in claims.items()
        ]
        rest = [each for each in pod["spec"].get("volumes", ()) if each["name"] not in claims]
        pod["spec"]["volumes"] = own + rest


def _number(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])
