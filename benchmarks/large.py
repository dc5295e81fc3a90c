"""Fills a history with a large cluster, for measuring and looking at pages at scale.

What it stores is made up and says so in its names; no test of what Baton explains rests on it.
"""

import random
import time
from collections.abc import Iterator

from msgspec.structs import replace

from eventstream.explain.vocabulary.records import (
    Evidence,
    FieldChange,
    Grades,
    ObjectRef,
    Stage,
    StageState,
    Step,
    StepUpsert,
    Trace,
    TraceUpsert,
)
from eventstream.objects.cluster_kinds import NodeSpec, NodeStatus
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change
from eventstream.objects.pods import (
    Condition,
    ContainerState,
    ContainerStatus,
    PodSpec,
    PodStatus,
    Running,
    Waiting,
)
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status

PODS = Resource("", "v1", "pods", "Pod")
NODES = Resource("", "v1", "nodes", "Node")
STAGES = ("stored", "ReplicaSet", "Pods", "scheduled", "started", "ready", "available")
ACTORS = ("client", "deployment-controller", "replicaset-controller", "scheduler", "kubelet")
NAMESPACES = 40


def fill(traces: int = 10_000, pods: int = 10_000, nodes: int = 100, seed: int = 1) -> None:
    """Store so many traces, of five steps each, and so many Pods."""
    chance = random.Random(seed)  # noqa: S311  Made up, and the same each time.
    now = time.time()
    _store([Change(NODES, "ADDED", _node(number), now) for number in range(nodes)])
    _store([Change(PODS, "ADDED", _pod(chance, number, nodes), now) for number in range(pods)])
    for start in range(0, traces, 500):
        batch = Batch()
        for number in range(start, min(traces, start + 500)):
            batch.add(None, _upserts(chance, number, now - (traces - number) * 2))
        commit(batch, now)
    status = Status("large", "a made-up cluster", "", "", heartbeat=now, observed=now)
    commit(Batch(), now, status)


def _store(changes: list[Change]) -> None:
    batch = Batch()
    for change in changes:
        batch.add(change, ())
    commit(batch, time.time())


def _node(number: int) -> Image:
    status = NodeStatus(conditions=(Condition("Ready", "Unknown" if number % 50 == 7 else "True"),))
    metadata = Metadata(name=f"node-{number:03d}", uid=f"large-node-{number}")
    return Image("v1", "Node", metadata, NodeSpec(), status)


def _pod(chance: random.Random, number: int, nodes: int) -> Image:
    fate = chance.random()
    node = f"node-{chance.randrange(nodes):03d}" if fate > 0.004 else ""
    ready = fate > 0.03
    state = ContainerState(running=Running()) if fate > 0.02 else _stuck()
    status = PodStatus(
        phase="Running" if node else "Pending",
        conditions=(Condition("Ready", str(ready)),),
        container_statuses=(ContainerStatus("app", ready=ready, state=state),) if node else (),
    )
    namespace = f"team-{number % NAMESPACES:02d}"
    metadata = Metadata(name=f"app-{number:05d}", namespace=namespace, uid=f"large-pod-{number}")
    return Image("v1", "Pod", metadata, PodSpec(node_name=node), status)


def _stuck() -> ContainerState:
    return ContainerState(waiting=Waiting("CrashLoopBackOff"))


def _upserts(chance: random.Random, number: int, at: float) -> Iterator[StepUpsert | TraceUpsert]:
    root = _root(number)
    id_ = f"large-{number:06d}"
    fate = chance.random()
    state = "stalled" if fate < 0.002 else "running" if fate < 0.004 else "complete"
    for place, actor in enumerate(ACTORS):
        yield StepUpsert(_step(id_, root, place, actor, at))
    done = len(STAGES) if state == "complete" else 4
    yield TraceUpsert(_trace(id_, root, state, done, at))


def _root(number: int) -> ObjectRef:
    namespace, name = f"team-{number % NAMESPACES:02d}", f"app-{number:05d}"
    return ObjectRef("apps/v1", "Deployment", namespace, name, f"u{number}")


def _step(id_: str, root: ObjectRef, place: int, actor: str, at: float) -> Step:
    return Step(
        id=f"{id_}-{place}",
        trace=id_,
        cause=f"{id_}-{place - 1}" if place else None,
        causes=(),
        documented=(),
        documented_store=(),
        documented_broadcast=(),
        actor=actor,
        actor_name="kube-controller-manager",
        verb="update",
        subresource=None,
        object=root,
        resource_version=str(1000 + place),
        change_type="MODIFIED",
        at=at + place * 0.01,
        clock="arrival",
        precision_ms=1,
        what=f"The {actor} changed Deployment {root.name}.",
        why="This history is made up, to see how large ones do.",
        grades=Grades("observed", "reported", "inferred"),
        evidence=(Evidence("observed", "watch", "the watch delivered MODIFIED"),),
        source_url="",
        rule="made-up",
        changes=(FieldChange("spec.replicas", str(place), str(place + 1)),),
    )


def _trace(id_: str, root: ObjectRef, state: str, done: int, at: float) -> Trace:
    stalled = state == "stalled"
    return Trace(
        id=id_,
        root=root,
        title=f"deployment/{root.name}",
        cause="changed by kubectl (a name the client chose)",
        state=state,  # type: ignore[arg-type]  # One of its three words.
        holder=None if state == "complete" else "kubelet",
        holder_name="" if state == "complete" else "node-007",
        holders={},
        waiting_since=None if state == "complete" else at + 1,
        waiting_for="" if state == "complete" else f"Pod {root.name} to start",
        diagnosis="crash-loop" if stalled else None,
        summary="3 of 3 Pods available after 812 ms." if state == "complete" else "",
        started=at,
        ended=at + 0.8 if state == "complete" else None,
        steps=len(ACTORS),
        stages=tuple(
            Stage(name, _stage(index, done, stalled=stalled)) for index, name in enumerate(STAGES)
        ),
        settled=state == "complete",
        updated=at + 0.8,
    )


def _stage(index: int, done: int, *, stalled: bool) -> StageState:
    if index < done:
        return "done"
    if index > done:
        return "pending"
    return "stalled" if stalled else "current"


def hundred(tick: int) -> None:
    """Store that a hundred of the 1,500 newest traces changed, and one more came.

    All have a row on a full page, beside the older ones that are stuck: they change in place.
    """
    now, batch = time.time(), Batch()
    for place in range(100):
        number = 8_500 + (tick * 100 + place) % 1_500
        root = _root(number)
        changed = _trace(f"large-{number:06d}", root, "complete", len(STAGES), now - 60)
        batch.add(None, [TraceUpsert(replace(changed, summary=f"Changed at tick {tick}."))])
    batch.add(None, list(_upserts(random.Random(tick), 10_000 + tick, now)))  # noqa: S311
    commit(batch, now)
