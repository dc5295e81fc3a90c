"""Whoever of them is killed, and begun anew later: all that was asked for comes about.

Each is killed in the midst of its work: when a request of its was sent and not answered, or was
about to be sent. What it had in memory is gone; nobody else notices but by what it leaves undone.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.api import Json, Tell, Written
from practicecluster.controllers.clock import PROMPT, Clock, VirtualClock
from practicecluster.controllers.memory_api import MemoryApi
from practicecluster.controllers.running import register, staff
from practicecluster.controllers.who import client

NODES = ("node-1", "node-2")
ALL = list(staff(NODES))
AWAY, LONG = 20.0, 400.0
WRITES = frozenset({"create", "update", "patch", "apply", "bind", "evict", "delete", "finalize"})
PERSON = client("kubectl-create")


class Killed(BaseException):
    """It does nothing more: no handler of its own may go on."""


class Life:
    """Whether it lives, and how many of its writes it has left."""

    def __init__(self, writes: int, *, sent: bool) -> None:
        self.writes, self.sent, self.ended = writes, sent, False

    def spend(self, write: Callable[[], Any]) -> Any:
        """Write, unless it dies before; or die before the answer comes."""
        self.writes -= 1
        if self.writes:
            return write()
        self.ended = True
        if self.sent:
            write()
        raise Killed

    def during(self, call: Callable[[], object]) -> None:
        """Call, if it still lives."""
        if not self.ended:
            try:
                call()
            except Killed:
                assert self.ended


class MortalClock(Clock):
    """A clock by which nothing happens any more to who was killed."""

    def __init__(self, clock: VirtualClock, life: Life) -> None:
        self._clock, self._life = clock, life
        self.random, self.lag = clock.random, clock.lag

    @property
    def now(self) -> float:  # type: ignore[override] # It moves by itself.
        return self._clock.now

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self._clock.after(seconds, lambda: self._life.during(call))

    def at(self, due: float, call: Callable[[], None]) -> None:
        self._clock.at(due, lambda: self._life.during(call))


class Mortal:
    """An API server for one who is killed."""

    def __init__(self, api: MemoryApi, clock: VirtualClock, life: Life) -> None:
        self._api, self._life, self.clock = api, life, MortalClock(clock, life)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._api, name)
        if name not in WRITES:
            return found
        return lambda *given, **named: self._life.spend(lambda: found(*given, **named))

    def seen_by(self, who: object) -> "Mortal":
        del who
        return self

    def watch(self, tell: Tell, kinds: tuple[str, ...], node: str = "") -> None:
        def told(written: Written) -> None:
            self._life.during(lambda: tell(written))

        self._api.watch(told, kinds, node)


def asked() -> Iterator[Json]:
    """What a person asks for."""
    template: Json = {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    picked = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
    finite = template["spec"] | {
        "restartPolicy": "Never",
        "containers": [{"name": "c", "image": "done"}],
    }
    yield made("apps/v1", "Deployment", "web", picked | {"replicas": 3})
    yield made("apps/v1", "StatefulSet", "db", picked | {"replicas": 2, "serviceName": "db"})
    yield made("apps/v1", "DaemonSet", "agent", picked)
    yield made("batch/v1", "Job", "once", {"completions": 2, "template": {"spec": finite}})
    yield made("v1", "Service", "web", {"selector": {"app": "x"}, "ports": [{"port": 80}]})
    yield made("v1", "ResourceQuota", "pods", {"hard": {"pods": "50"}})
    yield made(
        "policy/v1",
        "PodDisruptionBudget",
        "web",
        {"minAvailable": 1, "selector": picked["selector"]},
    )


def made(version: str, kind: str, name: str, spec: Json) -> Json:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def became(killed: int | None, writes: int = 1, *, sent: bool = False) -> tuple[Json, bool]:
    """What is there at the end, and whether the one to be killed was, if any was to be."""
    clock = VirtualClock(7, PROMPT)
    api = MemoryApi(PracticeCluster(writable=True, now=lambda: clock.now).writer, clock)
    register(api, NODES)
    life = Life(writes, sent=sent)
    servers: list[Any] = [Mortal(api, clock, life) if n == killed else api for n in range(len(ALL))]
    for hired, server in zip(ALL, servers, strict=True):
        life.during(partial(hired, server))
    clock.run(clock.now + 1.0)
    things = [api.create(PERSON, thing) for thing in asked()]
    clock.run(clock.now + AWAY)
    went, life.ended = life.ended, True  # Who wrote too little to die so is killed by now.
    api.patch(PERSON, things[0], lambda now: now["spec"].update(replicas=4))
    clock.run(clock.now + AWAY)
    if killed is not None:
        ALL[killed](api)
    clock.run(clock.now + 1.0)
    api.delete(PERSON, things[2])
    clock.run(clock.now + LONG)
    return standing(api), went


def standing(api: MemoryApi) -> Json:
    """How everything stands that was asked for, and how many Pods of each there are."""
    pods = Counter(
        (pod["metadata"]["ownerReferences"][0]["kind"], pod["status"]["phase"])
        for pod in api.every("Pod")
    )
    told: Json = {"pods": pods}
    for kind, shown in SHOWN.items():
        told[kind] = {
            thing["metadata"]["name"]: {key: thing["status"].get(key) for key in shown}
            for thing in api.every(kind)
        }
    told["slices"] = sorted(len(s["endpoints"] or ()) for s in api.every("EndpointSlice"))
    return told


SHOWN = {
    "Deployment": ("readyReplicas", "availableReplicas", "observedGeneration"),
    "StatefulSet": ("readyReplicas", "updatedReplicas"),
    "DaemonSet": (),
    "Job": ("succeeded", "failed"),
    "ResourceQuota": ("used",),
    "PodDisruptionBudget": ("currentHealthy", "disruptionsAllowed"),
}


@pytest.fixture(scope="module")
def undisturbed() -> Json:
    found, _ = became(None)
    assert found["pods"] == {
        ("ReplicaSet", "Running"): 4,
        ("StatefulSet", "Running"): 2,
        ("Job", "Succeeded"): 2,
    }
    assert found["DaemonSet"] == {}
    return found


@pytest.mark.parametrize("number", range(len(ALL)))
def test_whoever_was_killed_goes_on_where_things_stand(number: int, undisturbed: Json) -> None:
    found, _ = became(number, 1 + number % 3, sent=bool(number % 2))
    assert found == undisturbed


def test_those_who_make_pods_and_start_them_are_killed_in_the_midst_of_it() -> None:
    died = [became(number, 2, sent=True)[1] for number in range(len(ALL))]
    assert sum(died) >= 8
