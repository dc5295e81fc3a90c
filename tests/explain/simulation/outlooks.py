"""Scores what the engine says is wrong, second by second, against what is wrong in the cluster.

What can be wrong with an object is told by what it is in the simulation: its image, its node, its
quota; never by what the engine makes of that.
"""

from collections import defaultdict
from collections.abc import Iterator

from eventstream.explain.engine.engine import Engine
from eventstream.objects.observations import Observation
from practicecluster.controllers.actors import condition, controller_of, leaving
from practicecluster.controllers.api import Json
from tests.explain.simulation.cluster import Cluster
from tests.explain.tapes import Result

_SOON = 5.0
"""Seconds after which what is wrong has to be told, and within which it may still be."""

_REVISION = "deployment.kubernetes.io/revision"
_WITH_PODS = ("ReplicaSet", "StatefulSet", "Job", "DaemonSet")
Codes = dict[str, set[str]]
"""By the uid of an object, codes of diagnoses."""


class World:
    """The objects of a cluster as they are at one time after the other."""

    def __init__(self, cluster: Cluster) -> None:
        self._log = iter([w for w in cluster.server.log if w.kind != "Event"])
        self._next = next(self._log, None)
        self.things: dict[str, Json] = {}
        self._owners: dict[str, str] = {}

    def go(self, now: float) -> None:
        """Take in all that was written by then."""
        while self._next is not None and self._next.at <= now:
            thing = self._next.thing
            uid = thing["metadata"]["uid"]
            references = thing["metadata"].get("ownerReferences", ())
            # What let an object go may be what its former owner now suffers from.
            known = self._owners.get(uid, "")
            self._owners[uid] = references[0]["uid"] if references else known
            self.things[uid] = thing
            if self._next.type == "DELETED":
                del self.things[uid]
            self._next = next(self._log, None)

    def above(self, uid: str) -> list[str]:
        """An object and its owners, also those that are gone, nearest first."""
        found: list[str] = []
        while uid and uid not in found:
            found.append(uid)
            uid = self._owners.get(uid, "")
        return found

    def possible(self) -> Codes:
        """What may be called wrong, with each object and with what owns it."""
        found: Codes = defaultdict(set)
        for uid, thing in self.things.items():
            own = self._wrong(thing) | ({"spec-invalid"} if self._lacks_target(thing) else set())
            for above in self.above(uid) if own else ():
                found[above] |= own
        return found

    def _wrong(self, thing: Json) -> set[str]:
        kind, spec = thing["kind"], thing.get("spec") or {}
        found: set[str] = set()
        if leaving(thing):
            found |= {"finalizer-stuck", "terminating-slow"}
        if spec.get("paused") or spec.get("suspend"):
            found.add("paused")
        if "progressDeadlineSeconds" in spec:
            found.add("deadline-exceeded")
        if kind == "Job" and (condition(thing, "Failed") or condition(thing, "FailureTarget")):
            found.add("job-failed")
        if _says_unready(thing):
            found.add("not-ready")
        if kind == "Node" and _lost(thing):
            found.add("node-lost")
        if kind == "StatefulSet" and self._is_taken(thing["metadata"]):
            found |= {"controller-silent", "create-failed"}  # Of a name that another's Pod has.
        if kind in _WITH_PODS and self._every("ResourceQuota"):
            found.add("quota-exceeded")
        if kind in _WITH_PODS and any(map(leaving, self._every("Namespace"))):
            found.add("admission-denied")
        return found | self._wrong_by_pods(thing)

    def _lacks_target(self, scaler: Json) -> bool:
        """Whether what an autoscaler is to scale was deleted, or never there."""
        if scaler["kind"] != "HorizontalPodAutoscaler":
            return False
        target, namespace = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["namespace"]
        there = [each["metadata"] for each in self._every(target["kind"])]
        return (namespace, target["name"]) not in {(m["namespace"], m["name"]) for m in there}

    def _wrong_by_pods(self, thing: Json) -> set[str]:
        """What may be wrong with a Pod, and with a namespace by those that go with it."""
        if thing["kind"] == "Pod":
            return self._wrong_pod(thing)
        if thing["kind"] != "Namespace" or not leaving(thing):
            return set()
        name = thing["metadata"]["name"]
        own = [pod for pod in self._every("Pod") if pod["metadata"]["namespace"] == name]
        return {code for pod in own if leaving(pod) for code in self._wrong_pod(pod)}

    def _is_taken(self, metadata: Json) -> bool:
        foreign = [pod["metadata"] for pod in self._every("Pod") if not controller_of(pod)]
        names = {other["name"].rpartition("-")[0] for other in foreign}
        return metadata["name"] in names

    def _wrong_pod(self, pod: Json) -> set[str]:
        image = pod["spec"]["containers"][0]["image"]
        node = pod["spec"].get("nodeName")
        nodes = {each["metadata"]["name"]: each for each in self._every("Node")}
        found = {"image-not-found"} if image.startswith("bad/") else set()
        if image.startswith("crash/"):
            found |= {"crash-loop", "pod-failed"}
        if not node:
            found |= {"unschedulable", "preempted"}
        elif node not in nodes or _lost(nodes[node]):
            found.add("node-lost")
        return found

    def plain(self) -> dict[str, str]:
        """What is plainly wrong: by the uid of the topmost owner, a code that its Pods show."""
        found: dict[str, str] = {}
        for uid, thing in self.things.items():
            code = _shown(thing) if thing["kind"] == "Pod" else ""
            tops = self.above(uid)
            if code and self.counts(tops):
                found[tops[-1]] = code
        return found

    def counts(self, tops: list[str]) -> bool:
        """Whether a Pod is of the newest revision, and all above it is there and not to go."""
        if any(top not in self.things for top in tops):
            return False
        chain = [self.things[uid] for uid in tops]
        if any(map(leaving, chain)):
            return False
        if len(chain) < 3 or chain[-1]["kind"] != "Deployment":
            return True
        web = chain[-1]
        if web["status"].get("observedGeneration") != web["metadata"]["generation"]:
            return False  # Its controller has not looked at the newest template yet.
        others = [t for t in self._every("ReplicaSet") if self.above(t["metadata"]["uid"])[1:2]]
        same = [t for t in others if self.above(t["metadata"]["uid"])[1] == tops[-1]]
        return _revision(chain[1]) == max(map(_revision, same))

    def _every(self, kind: str) -> list[Json]:
        return [thing for thing in self.things.values() if thing["kind"] == kind]


def misjudged(cluster: Cluster, shown: list[Observation]) -> Iterator[str]:
    """Each diagnosis that nothing accounts for, and each plain fault that none told in time."""
    engine, told, world = Engine("cluster", audited=False), Result(), World(cluster)
    recent: list[tuple[float, Codes]] = []
    since: dict[str, float] = {}
    said: set[tuple[str, str]] = set()
    left = iter(shown)
    observation = next(left, None)
    now = shown[0].at
    while now < shown[-1].at + _SOON:
        while observation is not None and observation.at <= now:
            told.take(engine.apply(observation))
            observation = next(left, None)
        told.take(engine.tick(now))
        world.go(now)
        recent = [each for each in recent if now - each[0] <= _SOON] + [(now, world.possible())]
        for place, text in [*_strange(world, told, recent), *_untold(world, told, since, now)]:
            if place not in said:
                said.add(place)
                yield f"{now - 1_800_000_000:.0f} {text}"
        now += 1.0


Found = Iterator[tuple[tuple[str, str], str]]


def _strange(world: World, told: Result, recent: list[tuple[float, Codes]]) -> Found:
    for trace in told.traces.values():
        if trace.settled or not trace.diagnosis or trace.root.uid not in world.things:
            continue
        tree = world.above(trace.root.uid)
        if not any(trace.diagnosis in codes.get(uid, ()) for _, codes in recent for uid in tree):
            yield (trace.id, trace.diagnosis), f"{trace.title}: {trace.diagnosis}: {trace.summary}"


def _untold(world: World, told: Result, since: dict[str, float], now: float) -> Found:
    plain = world.plain()
    for uid in [uid for uid in since if uid not in plain]:
        del since[uid]
    for uid, code in plain.items():
        own = [t for t in told.traces.values() if uid in world.above(t.root.uid)]
        began = max((trace.started for trace in own), default=0.0)
        told_it = any(trace.diagnosis and not trace.settled for trace in own)
        if now - max(since.setdefault(uid, now), began) > _SOON and not told_it:
            thing = world.things[uid]
            yield (
                (uid, code),
                f"{thing['kind']} {thing['metadata']['name']}: nobody tells of {code}",
            )


def _shown(pod: Json) -> str:
    """What a Pod's own status plainly says."""
    states = [c["state"] for c in pod["status"].get("containerStatuses", ())]
    reasons = {state.get("waiting", {}).get("reason") for state in states}
    if leaving(pod):
        return ""
    if reasons & {"ErrImagePull", "ImagePullBackOff"}:
        return "image-not-found"
    if "CrashLoopBackOff" in reasons:
        return "crash-loop"
    scheduled = condition(pod, "PodScheduled")
    return "unschedulable" if scheduled is not None and scheduled["status"] == "False" else ""


def _says_unready(thing: Json) -> bool:
    """Whether an object's own status says so: what it is to scale, or to serve, is not there."""
    if thing["kind"] == "Website":
        return bool((thing.get("status") or {}).get("phase") == "Pending")
    scales = condition(thing, "AbleToScale") if thing["kind"] == "HorizontalPodAutoscaler" else None
    return scales is not None and bool(scales["status"] == "False")


def _lost(node: Json) -> bool:
    ready = condition(node, "Ready")
    return ready is not None and ready["status"] == "Unknown"


def _revision(replicaset: Json) -> int:
    return int(replicaset["metadata"].get("annotations", {}).get(_REVISION, "0"))
