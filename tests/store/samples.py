"""Records to store, as short as a test can say them."""

from random import Random
from typing import Any

import msgspec

from eventstream.explain.vocabulary.records import (
    Grades,
    ObjectRef,
    Step,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
)
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change, ChangeType, Gap, Observation, Position
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit

PODS = Resource("", "v1", "pods", "Pod")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
KEY = bytes(32)


class Cluster(msgspec.Struct, frozen=True):
    """A cluster to record."""

    uid: str = "cluster-1"
    name: str = "practice"
    server: str = "http://127.0.0.1:8001"
    version: str = "v1.36.2"


def step(id_: str = "s1", trace: str = "t1", version: str = "10", **changed: Any) -> Step:
    plain = Step(
        id=id_,
        trace=trace,
        cause=None,
        causes=(),
        documented=(1,),
        documented_store=(2,),
        documented_broadcast=(3,),
        actor="client",
        actor_name="kubectl-create",
        verb="create",
        subresource=None,
        object=ObjectRef("apps/v1", "Deployment", "shop", "nginx", "uid-1"),
        resource_version=version,
        change_type="ADDED",
        at=100.0,
        clock="arrival",
        precision_ms=1,
        what="The client created it.",
        why="Nobody says.",
        grades=Grades("observed", "reported", "unknown"),
        evidence=(),
        source_url="",
        rule="create",
    )
    return msgspec.structs.replace(plain, **changed)


def trace(id_: str = "t1", **changed: Any) -> Trace:
    plain = Trace(
        id=id_,
        root=ObjectRef("apps/v1", "Deployment", "shop", "nginx", "uid-1"),
        title="deployment/nginx",
        cause="created by kubectl-create",
        state="running",
        holder="scheduler",
        holder_name="default-scheduler",
        holders={"scheduler": 1},
        waiting_since=None,
        waiting_for="",
        diagnosis=None,
        summary="",
        started=100.0,
        ended=None,
        steps=1,
        updated=100.0,
    )
    return msgspec.structs.replace(plain, **changed)


def put_step(*args: Any, memo: bytes = b"memo", **changed: Any) -> StepUpsert:
    return StepUpsert(step(*args, **changed), memo)


def noise(seed: object, size: int = 4000) -> str:
    """Text of so many letters that no compression makes much smaller, the same for each seed."""
    return Random(str(seed)).randbytes(size // 2).hex()


def put_trace(*args: Any, **changed: Any) -> TraceUpsert:
    return TraceUpsert(trace(*args, **changed))


def image(uid: str = "uid-1", version: str = "10") -> Image:
    return Image(
        "v1",
        "Pod",
        Metadata(name=f"pod-{uid}", namespace="shop", uid=uid, resource_version=version),
    )


def change(
    type_: ChangeType = "ADDED", uid: str = "uid-1", version: str = "10", **more: Any
) -> Change:
    return Change(PODS, type_, image(uid, version), 100.0, **more)


def position(version: str = "10", resource: Resource = PODS) -> Position:
    return Position(resource, version, 100.0)


def gap(at: float = 100.0) -> Gap:
    return Gap(PODS, "5", "9", 90.0, at, "the server compacted its history")


def store(*upserts: Upsert, seen: Observation | None = None, now: float = 100.0) -> int:
    """Commit `upserts` as one batch; returns the latest seq."""
    batch = Batch()
    batch.add(seen, upserts)
    return commit(batch, now)
