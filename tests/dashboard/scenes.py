"""Scenes as history would hold them: a rollout that works, one that is stuck, hostile names."""

import time
from typing import Any

from eventstream.explain.vocabulary.records import (
    Evidence,
    FieldChange,
    Grades,
    Loop,
    ObjectRef,
    Stage,
    Step,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
)
from eventstream.objects.observations import AuditLog, Coverage, Observation, Problem
from eventstream.objects.resource import Resource
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.recorder.status import Status

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
PODS = Resource("", "v1", "pods", "Pod")
SECRETIVE = Resource("batch", "v1", "cronjobs", "CronJob")
Scene = tuple[Trace, list[Step]]
STAGES = ("accepted", "ReplicaSet", "Pods", "scheduled", "started", "reported", "available")


def ref(kind: str, name: str, namespace: str = "web") -> ObjectRef:
    api_version = "v1" if kind in {"Pod", "Node", "Event"} else "apps/v1"
    return ObjectRef(api_version, kind, namespace, name, f"uid-{kind}-{name}".lower())


def step(trace: str, number: int, obj: ObjectRef, actor: str, **more: Any) -> Step:
    """One step of `trace`, `number` on in its order."""
    fields: dict[str, Any] = {
        "id": f"{trace}-{number:03d}",
        "trace": trace,
        "cause": None,
        "causes": (),
        "documented": (),
        "documented_store": (),
        "documented_broadcast": (),
        "actor": actor,
        "actor_name": "",
        "verb": "create",
        "subresource": None,
        "object": obj,
        "resource_version": str(16000 + number),
        "change_type": "ADDED",
        "at": time.time(),
        "clock": "arrival",
        "precision_ms": 1,
        "what": f"The {actor} wrote {obj.kind.lower()}/{obj.name}.",
        "why": "",
        "grades": Grades("observed", "reported", "inferred"),
        "evidence": (
            Evidence(
                "observed", "watch", f"{obj.kind} {obj.name} was ADDED", ref=f"{16000 + number}"
            ),
            Evidence("reported", "managedFields", "manager kube-controller-manager", "who"),
            Evidence("inferred", "sequence", "the documented sequence has this step here", "why"),
        ),
        "source_url": "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",
        "rule": f"{actor}.{number}",
        "changes": (
            FieldChange("spec.replicas", None, "3"),
            FieldChange("spec.template.spec.containers[nginx].env", None, None, hidden=True),
        ),
    }
    return Step(**(fields | more))


def trace(id_: str, root: ObjectRef, started: float, **more: Any) -> Trace:
    fields: dict[str, Any] = {
        "id": id_,
        "root": root,
        "title": f"{root.kind.lower()}/{root.name}",
        "cause": "Created by a client that calls itself kubectl-create.",
        "state": "running",
        "holder": None,
        "holder_name": "",
        "holders": {},
        "waiting_since": None,
        "waiting_for": "",
        "diagnosis": None,
        "summary": "",
        "started": started,
        "ended": None,
        "steps": 0,
        "stages": stages(len(STAGES)),
        "updated": started,
    }
    return Trace(**(fields | more))


def stages(done: int, stuck: str = "current") -> tuple[Stage, ...]:
    """Seven stages, the first `done` of them done and the next one `stuck`."""
    states = ["done"] * done + [stuck] + ["pending"] * len(STAGES)
    counts = {"Pods": 3, "scheduled": 3, "started": 3, "reported": 3}
    return tuple(
        Stage(name, state, counts.get(name, 1) * (state == "done"), counts.get(name, 1))  # type: ignore[arg-type]
        for name, state in zip(STAGES, states, strict=False)
    )


def nginx(started: float, id_: str = "nginx", pods: int = 3) -> Scene:
    """A Deployment of three Pods through the sixteen documented steps."""
    deployment, replicaset = ref("Deployment", "nginx"), ref("ReplicaSet", "nginx-754449dc84")
    steps = [
        step(
            id_, 1, deployment, "client", actor_name="kubectl-create", at=started,
            documented=(1,), documented_store=(2,), documented_broadcast=(3,),
            what="A client, kubectl-create by its own name, created Deployment nginx.",
            why="A client asked for it; nothing in the cluster caused it.",
            grades=Grades("observed", "reported", "unknown"),
        ),
        step(
            id_, 2, replicaset, "deployment-controller", at=started + 0.007, cause=f"{id_}-001",
            documented=(4,), documented_store=(5,), documented_broadcast=(6,),
            what="The Deployment controller created ReplicaSet nginx-754449dc84 for 3 replicas.",
            why="Deployment nginx had no ReplicaSet for its Pod template.",
            loop=Loop("Deployment nginx was ADDED", "no ReplicaSet has its template", "create one"),
        ),
    ]  # fmt: skip
    for index in range(pods):
        pod = ref("Pod", f"nginx-754449dc84-{('4fgkq', 'z8x2v', 'mm7tn')[index % 3]}{index // 3}")
        node, number = f"node-{index % 3 + 1}", 10 + index
        steps += _pod_steps(id_, number, pod, node, started + 0.014 + index * 0.004)
    done = trace(
        id_, deployment, started, state="complete", ended=started + 0.812, steps=len(steps),
        summary="All 3 desired Pods are available.", updated=started + 0.812, settled=True,
    )  # fmt: skip
    return done, sorted(steps, key=lambda each: int(each.resource_version))


def _pod_steps(id_: str, number: int, pod: ObjectRef, node: str, at: float) -> list[Step]:
    created, bound = f"{id_}-{number:03d}", f"{id_}-{number + 30:03d}"
    return [
        step(
            id_, number, pod, "replicaset-controller", at=at, cause=f"{id_}-002",
            documented=(7,), documented_store=(8,), documented_broadcast=(8,),
            what=f"The ReplicaSet controller compared 3 desired Pods with {number - 10} that exist "
            f"and created Pod {pod.name}.",
            why="ReplicaSet nginx-754449dc84 wants 3 Pods.",
            loop=Loop("ReplicaSet nginx-754449dc84 was ADDED (16002)",
                      f"3 desired Pods, {number - 10} exist", "create 3", 3, number - 10),
        ),
        step(
            id_, number + 30, pod, "scheduler", actor_name="default-scheduler", verb="bind",
            at=at + 0.006, cause=created, change_type="MODIFIED",
            documented=(9,), documented_store=(10,), documented_broadcast=(11,),
            what=f"The scheduler chose {node} for Pod {pod.name}.", why="The Pod had no node.",
            changes=(FieldChange("spec.nodeName", None, f'"{node}"'),),
        ),
        *(
            step(
                id_, number + 60 + 10 * turn, pod, "kubelet", actor_name=node, node=node,
                verb="report", subresource="status", at=at + 0.3 + 0.2 * turn, cause=bound,
                change_type="MODIFIED", documented=documented, documented_store=documented_store,
                rule="kubelet.report", what=what,
                why="It runs the Pods that are bound to its node.",
                changes=(FieldChange("status.phase", '"Pending"', '"Running"'),),
            )
            for turn, (documented, documented_store, what) in enumerate(
                (
                    ((12,), (), f"The kubelet on {node} began to start Pod {pod.name}."),
                    ((13,), (14,), f"The kubelet on {node} reported {pod.name} as running."),
                    ((15,), (16,), f"The kubelet on {node} kept Pod {pod.name}'s status current."),
                    ((15,), (16,), f"The kubelet on {node} kept Pod {pod.name}'s status current."),
                )
            )
        ),
    ]  # fmt: skip


def stuck(started: float, id_: str = "bad") -> Scene:
    """A Deployment whose image does not exist."""
    deployment = ref("Deployment", "bad", "dev")
    stalled = trace(
        id_, deployment, started, state="stalled", holder="kubelet", holder_name="node-3",
        holders={"kubelet": 2, "scheduler": 1}, waiting_since=started + 2.0, steps=1,
        waiting_for="image bitnami/nginx:nope, which its registry does not have",
        diagnosis="image-not-found", summary="0 of 3 Pods run.", stages=stages(5, "stalled"),
        updated=started + 3.0, command="kubectl describe pod bad-1 -n dev",
        mend="kubectl rollout undo deployment bad -n dev",
        diagnosis_evidence=(
            Evidence("reported", "event", "Event Failed from kubelet: not found", "why", "bad-1.1"),
            Evidence("observed", "watch", "Pod bad-1 is bound to node-3", "why", "16009"),
        ),
    )  # fmt: skip
    first = step(id_, 1, deployment, "client", actor_name="kubectl-create", at=started)
    return stalled, [first]


def ruled(rule: str, id_: str = "ruled") -> Scene:
    """A trace of one step that `rule` decided."""
    pod = ref("Pod", "web-1")
    return trace(id_, pod, 100.0), [step(id_, 1, pod, "scheduler", rule=rule)]


def hostile(started: float, id_: str = "hostile") -> Scene:
    """Names and messages that try to be markup, script, other names, or endless."""
    evil = ref("Deployment", '<img src=x onerror="alert(1)">\u202etxt', "__proto__")
    bad = trace(
        id_, evil, started, title=f"deployment/{evil.name}", cause="<script>alert(2)</script>",
        holder="custom-controller", holder_name="'\"><svg onload=alert(3)>", holders={"unknown": 1},
        summary="x" * 10_000, waiting_for="{{ 7|add:7 }} {% now %}", diagnosis="</a><b>",
        diagnosis_evidence=(Evidence("reported", "<i>event", "<script>alert(5)</script>"),),
        command="kubectl get pod '<b>'", mend="<script>alert(6)</script>",
        stages=(Stage("<i>", "current", 0, 1),),
    )  # fmt: skip
    first = step(
        id_, 1, evil, "<b>actor</b>", source_url="javascript:alert(4)", rule="undocumented",
        what="<img src=x onerror=alert(5)>", why="constructor", actor_name="</span><script>",
        changes=(FieldChange("spec.<u>", '"<s>before</s>"', '"\u2066after"'),),
        evidence=(Evidence("unknown", "event", "<iframe src=javascript:alert(6)>"),),
    )  # fmt: skip
    return bad, [first]


def forbidden() -> Coverage:
    """A kind that may not be watched, with the rule that would allow it."""
    rule = "- apiGroups: [batch]\n  resources: [cronjobs]\n  verbs: [get, list, watch]\n"
    problem = Problem(
        "forbidden",
        "The API server refuses to list cronjobs in group batch.",
        "The service account baton has no rule for it.",
        "Add this rule to its ClusterRole.",
        rule,
    )
    return Coverage(SECRETIVE, "forbidden", time.time(), problem=problem)


def store(*scenes: Scene, seen: tuple[Observation | AuditLog, ...] = ()) -> int:
    """Commit scenes and observations as one batch; returns the latest seq."""
    batch = Batch()
    for trace_, steps in scenes:
        batch.add(None, [*(StepUpsert(each, b"") for each in steps), TraceUpsert(trace_)])
    for observation in seen:
        batch.add(observation, ())
    return commit(batch, time.time())


def remove(step_id: str) -> int:
    """Take a step out of its trace; returns the latest seq."""
    batch = Batch()
    batch.add(None, [StepRemoved(step_id, "step")])
    return commit(batch, time.time())


def connected(*more: Coverage, name: str = "practice", lag: float = 0.2) -> int:
    """Store that a cluster is being watched right now."""
    batch, now = Batch(), time.time()
    for each in (
        Coverage(DEPLOYMENTS, "watching", now, 4),
        Coverage(PODS, "watching", now, 9),
        *more,
    ):
        batch.add(each, ())
    status = Status("uid-cluster", name, "https://127.0.0.1:6443", "v1.36.2", now, now, lag)
    return commit(batch, now, status)
