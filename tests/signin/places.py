"""A cluster with two namespaces: `shop`, and `vault`, of which nothing may be told to its viewers.

Each thing in `vault`, and each node, has `hush` in its name or words: where it is found, it leaked.
"""

import time
from typing import Any

from channels.db import database_sync_to_async

from eventstream.explain.vocabulary.records import (
    Evidence,
    FieldChange,
    Stage,
    Step,
    StepUpsert,
    Trace,
    TraceUpsert,
    source_name,
)
from eventstream.objects.images import Image, Metadata
from eventstream.objects.observations import Change, Coverage, Gap
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status
from tests.dashboard import scenes

HUSH = "hush"
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)
EVENTS = Resource("", "v1", "events", "Event")
WATCHED = (scenes.DEPLOYMENTS, scenes.PODS, EVENTS, NODES)
EVENTS_OF_SHOP = source_name("Event", "shop")
PODS_OF_VAULT = source_name("Pod", "vault")
A_NODE = source_name("Node", None)


def told(number: int, *sources: str, word: str = HUSH) -> dict[str, Any]:
    """What a step tells of where it draws on these."""
    text = f"the {word} reason"
    return {
        "why": f"Because of {text}.",
        "what": f"It was done for {text}.",
        "actor_name": f"{word}-actor",
        "node": f"{word}-node",
        "evidence": (Evidence("reported", "event", text, "why"),),
        "sources": sources,
        "changes": (FieldChange("spec.replicas", "1", f'"changed{number}"'),),
    }


def plain(namespace: str) -> dict[str, Any]:
    """What a step tells that draws on nothing else."""
    word = HUSH if namespace == "vault" else "known"
    return {"what": f"A {word} thing was done.", "why": f"The {word} why.", "sources": ()}


def trace_in(namespace: str, id_: str, **more: Any) -> tuple[Trace, list[Step]]:
    """A Deployment's trace with a Pod in it, which all draw on what is theirs."""
    word = HUSH if namespace == "vault" else "known"
    root = scenes.ref("Deployment", f"{word}-{id_}", namespace)
    pod = scenes.ref("Pod", f"{word}-{id_}-pod", namespace)
    at = time.time() - 20
    steps = [
        scenes.step(id_, 1, root, "client", at=at, **plain(namespace)),
        scenes.step(id_, 2, pod, "scheduler", at=at + 1, verb="bind", **plain(namespace)),
    ]
    fields: dict[str, Any] = {
        "cause": f"by {word}",
        "summary": f"The {word} summary.",
        "steps": 2,
        "sources": (source_name("Pod", namespace),),
        "root_step": steps[0].id,
    }
    return scenes.trace(id_, root, at, **(fields | more)), steps


def fill() -> int:
    """Store both namespaces, and what of `shop` draws on what its viewers may not see."""
    shop, vault = trace_in("shop", "mine"), trace_in("vault", "theirs")
    stuck = trace_in(
        "shop",
        "stuck",
        state="stalled",
        sources=(A_NODE,),
        cause=f"by {HUSH}",
        summary=f"The {HUSH} node is full.",
        waiting_for=f"room on {HUSH}",
        holder="scheduler",
        holder_name=f"{HUSH}-holder",
        diagnosis="unschedulable",
        diagnosis_evidence=(Evidence("reported", "event", f"on {HUSH}", "why"),),
        command=f"kubectl describe node {HUSH}",
        stages=(Stage(f"{HUSH}-stage", "stalled"),),
    )
    deployment, pod = stuck[1][0].object, stuck[1][1].object
    drawing = [
        scenes.step(
            "stuck",
            3,
            pod,
            "kubelet",
            change_type="MODIFIED",
            **told(3, EVENTS_OF_SHOP, word="evented"),
        ),
        scenes.step("stuck", 4, pod, "kubelet", change_type="MODIFIED", **told(4, A_NODE)),
        scenes.step(
            "stuck", 5, deployment, "client", change_type="MODIFIED", **told(5, PODS_OF_VAULT)
        ),
        scenes.step("stuck", 6, pod, "client", change_type="MODIFIED", **told(6, "*@")),
        scenes.step(
            "stuck", 7, pod, "client", change_type="MODIFIED", **(told(7) | {"sources": None})
        ),
        scenes.step("stuck", 8, scenes.ref("Pod", f"{HUSH}-far", "vault"), "client", **told(8)),
        scenes.step("stuck", 9, pod, "client", change_type="REFUSED", **told(9, "*@")),
    ]
    batch = Batch()
    for trace, steps in (shop, vault, stuck):
        more = drawing if trace.id == "stuck" else []
        batch.add(None, [*(StepUpsert(each) for each in (*steps, *more)), TraceUpsert(trace)])
    for name, namespace, resource in (
        ("known-mine-pod", "shop", scenes.PODS),
        (f"{HUSH}-theirs-pod", "vault", scenes.PODS),
        ("known-mine", "shop", scenes.DEPLOYMENTS),
        (f"{HUSH}-theirs", "vault", scenes.DEPLOYMENTS),
    ):
        batch.add(live(name, namespace, resource), ())
    batch.add(live(f"{HUSH}-node", "", NODES), ())
    now = time.time()
    for resource in WATCHED:
        batch.add(Coverage(resource, "watching", now, objects=432104321043), ())
    batch.add(Gap(NODES, "7", f"{HUSH}8", now - 9, now, "expired"), ())
    status = Status("uid-cluster", "practice", "https://127.0.0.1:6443", "v1.36.2", now, now, 0.0)
    return commit(batch, now, status)


def live(name: str, namespace: str, resource: Resource) -> Change:
    """An object that exists."""
    uid = f"uid-{resource.kind}-{name}".lower()
    metadata = Metadata(name=name, namespace=namespace or None, uid=uid, resource_version="10")
    return Change(resource, "ADDED", Image(resource.api_version, resource.kind, metadata), 100.0)


async def filled() -> int:
    return int(await database_sync_to_async(fill)())
