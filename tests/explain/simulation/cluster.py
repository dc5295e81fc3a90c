"""A whole simulated cluster, and what a client that watches it gets to see."""

import json
from random import Random

from eventstream.kinds import taught
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.decoding import Decoder
from eventstream.objects.inventory import Inventory
from eventstream.objects.observations import Gap, Observation, Position
from eventstream.objects.resource import Resource
from practicecluster.controllers.actors import Actor
from practicecluster.controllers.api import Json, Written
from practicecluster.controllers.clock import VirtualClock
from practicecluster.controllers.deployments import Deployments
from practicecluster.controllers.garbage import Garbage
from practicecluster.controllers.images import NamedFares
from practicecluster.controllers.jobs import Jobs
from practicecluster.controllers.kinds import KINDS
from practicecluster.controllers.kubelet import Kubelet
from practicecluster.controllers.namespaces import Namespaces
from practicecluster.controllers.replicasets import ReplicaSets
from practicecluster.controllers.scheduler import Scheduler
from practicecluster.controllers.who import API_SERVER, kubelet
from tests.explain.simulation.people import People
from tests.explain.simulation.server import Server
from tests.explain.simulation.sites import Sites, definition

Streams = dict[str, list[Observation]]


class Cluster:
    """Some nodes, all actors, and people; everything from `begin` on is recorded."""

    plain = False
    """Whether Websites have no endpoint for their status."""

    def __init__(self, seed: int, nodes: int = 2, cpus: int = 4) -> None:
        self.clock = VirtualClock(seed)
        self.random = self.clock.random
        self.server = Server(self.clock)
        self.people = People(self.server, self.clock)
        names = [f"node-{number}" for number in range(1, nodes + 1)]
        self.actors = self.staff(seed, names)
        for space in ("default", "shop"):
            spec = {"finalizers": ["kubernetes"]}
            made = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": space}}
            self.server.create(API_SERVER, made | {"spec": spec, "status": {"phase": "Active"}})
        for name in names:
            self.server.create(kubelet(name), _node(name, cpus))
        self.server.create(API_SERVER, definition(plain=self.plain))
        self.wait(5)
        self.begun = len(self.server.log)
        self.asked = len(self.server.requests.lines)

    def staff(self, seed: int, nodes: list[str]) -> list[Actor]:
        """Who acts in this cluster, besides people."""
        return [
            Deployments(self.server),
            ReplicaSets(self.server),
            Scheduler(self.server),
            Garbage(self.server),
            Jobs(self.server),
            Namespaces(self.server),
            Sites(self.server, ("site-operator", "OpenAPI-Generator")[seed % 2]),
            *(
                Kubelet(self.server, name, fares=NamedFares(), beats=False, prompt=seed % 2 == 0)
                for name in nodes
            ),
        ]

    def wait(self, seconds: float) -> None:
        """Let the cluster go on for a while."""
        self.clock.run(self.clock.now + seconds)

    @property
    def written(self) -> list[Written]:
        """Every recorded write, in the API server's order."""
        return self.server.log[self.begun :]

    def truth(self) -> dict[tuple[str, str], Written]:
        """Who truly did each write, by uid and resourceVersion; Events are evidence, no steps."""
        return {
            (w.thing["metadata"]["uid"], w.thing["metadata"]["resourceVersion"]): w
            for w in self.written
            if w.kind != "Event" and KINDS[w.kind].watched
        }


def _node(name: str, cpus: int) -> Json:
    status: Json = {"allocatable": {"cpu": str(cpus), "pods": "110"}}
    status |= {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]}
    made = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": name, "labels": {}}}
    return made | {"spec": {}, "status": status}


def resource(kind: str) -> Resource:
    """What a watch calls a kind."""
    known = KINDS[kind]
    group, _, version = known.api_version.rpartition("/")
    return Resource(group, version, known.plural, kind, known.namespaced)


def streams(cluster: Cluster, late: Random, relist: str = "") -> Streams:
    """What one watch of each kind delivers: a list, then each write, a little late.

    Of a kind named by `relist` the middle third is missed, and listed anew.
    """
    decoder, found = Decoder(b"simulation", judge=taught.judge()), Streams()
    for kind, known in KINDS.items():
        if not known.watched:
            continue
        inventory = Inventory(resource(kind))
        before = [w for w in cluster.server.log[: cluster.begun] if w.kind == kind]
        listed = {w.thing["metadata"]["uid"]: w for w in before}
        stored = [w for w in listed.values() if w.type != "DELETED"]
        images = [decoder.image(inventory.resource, encoded(w)) for w in stored]
        begun = cluster.server.log[cluster.begun - 1].at
        shown: list[Observation] = list(inventory.replace(images, begun, first=True))
        version = cluster.server.log[cluster.begun - 1].thing["metadata"]["resourceVersion"]
        shown.append(Position(inventory.resource, version, begun, listed=True))
        after = [w for w in cluster.written if w.kind == kind]
        missed = range(len(after) // 3, 2 * len(after) // 3) if kind == relist else range(0)
        shown += _watched(decoder, inventory, after, missed, late)
        found[kind] = shown
    return found


def _watched(
    decoder: Decoder, inventory: Inventory, writes: list[Written], missed: range, late: Random
) -> list[Observation]:
    shown: list[Observation] = []
    known: dict[str, Written] = {}
    last = 0.0
    for number, written in enumerate(writes):
        uid = written.thing["metadata"]["uid"]
        last = max(last, written.at + late.uniform(0.001, 0.02))
        known[uid] = written
        if number in missed:
            if number == missed[-1]:
                shown += _relisted(decoder, inventory, known, written, last)
            continue
        image = decoder.image(inventory.resource, encoded(written))
        shown.append(inventory.apply(written.type, image, last))
    return shown


def _relisted(
    decoder: Decoder, inventory: Inventory, known: dict[str, Written], upto: Written, at: float
) -> list[Observation]:
    images = {image.uid: image for image in inventory}
    for uid, written in known.items():
        images.pop(uid, None)
        if written.type != "DELETED":
            images[uid] = decoder.image(inventory.resource, encoded(written))
    version = upto.thing["metadata"]["resourceVersion"]
    gap = Gap(inventory.resource, "1", version, at - 5, at, "The watch was lost.")
    position = Position(inventory.resource, version, at, listed=True)
    return [gap, *inventory.replace(images.values(), at, first=False), position]


def encoded(written: Written) -> bytes:
    """An object as the API server sends it."""
    return json.dumps(written.thing).encode()


def audit(cluster: Cluster) -> list[Observation]:
    """The audit log of the recorded time."""
    decoder = AuditDecoder(b"simulation")
    lines = cluster.server.requests.lines[cluster.asked :]
    found = (decoder.record(line) for _, line in lines)
    return [record for record in found if record is not None]


def without(found: Streams, hidden: tuple[str, ...]) -> Streams:
    """The streams of a reader who may not see some kinds."""
    return {kind: shown for kind, shown in found.items() if kind not in hidden}


def merged(found: Streams) -> list[Observation]:
    """All streams in the order of arrival."""
    return sorted((o for shown in found.values() for o in shown), key=lambda o: o.at)


def shuffled(found: Streams, random: Random) -> list[Observation]:
    """All streams in any order that keeps each stream's own, some things coming twice."""
    left = {kind: list(reversed(shown)) for kind, shown in found.items() if shown}
    order: list[Observation] = []
    while left:
        kind = random.choice(sorted(left))
        for _ in range(random.choice((1, 1, 3, 20, 300))):
            order.extend([left[kind].pop()] * random.choice((1, 1, 1, 1, 2)))
            if not left[kind]:
                del left[kind]
                break
    return order
