"""StatefulSets and DaemonSets: stateful_set_control.go, stateful_pod_control.go, update.go."""

from typing import Any

from tests.explain.flow import Flow
from tests.explain.flows.parts import FAILED, belongs, entry, image, start, stop
from tests.explain.stories import Json
from tests.explain.things import daemonset, node, pod, revision, statefulset, template, thing

HASH = "controller-revision-hash"
SETS, DAEMONS = "statefulset-controller", "daemonset-controller"


def database(flow: Flow, replicas: int = 3, **spec: Any) -> tuple[Json, list[Json]]:
    """A StatefulSet that was there, whole."""
    db = statefulset("db", replicas)
    db["spec"] |= spec
    db["metadata"]["managedFields"] = [entry("kubectl-create", "replicas")]
    db["status"] |= {"readyReplicas": replicas, "availableReplicas": replicas}
    db["status"]["observedGeneration"] = 1
    flow.exists(db)
    flow.exists(revision(db, "db-old", 1))
    labels = {HASH: "db-old"}
    return db, [flow.exists(pod(db, f"db-{n}", labels=labels)) for n in range(replicas)]


def replaced(flow: Flow, db: Json, old: Json, tag: str) -> Json:
    """A StatefulSet's Pod is deleted, stops, and comes again under its name."""
    flow.hand(SETS).mark(old, 30)
    name = old["metadata"]["name"]
    flow.tell(db, "SuccessfulDelete", f"delete Pod {name} in StatefulSet db successful", SETS)
    stop(flow, old)
    fresh = pod(db, name, "", labels={HASH: tag})
    fresh["metadata"]["uid"] = f"uid-Pod-{name}-{tag}"
    return start(flow, flow.hand(SETS).create(fresh))


def ordered_start(flow: Flow) -> None:
    """OrderedReady: each Pod waits for the one before it; its claim is made first."""
    db = statefulset("db", 2)
    db["spec"]["podManagementPolicy"] = "OrderedReady"
    db["status"] = {"replicas": 0}
    flow.hand("client", "kubectl-client-side-apply").create(db)
    sets = flow.hand(SETS)
    sets.create(revision(db, "db-old", 1))
    for number in range(2):
        claim = sets.create(thing("PersistentVolumeClaim", f"data-db-{number}", spec={}))
        work = sets.create(pod(db, f"db-{number}", "", labels={HASH: "db-old"}))
        flow.hand("persistentvolume-controller").report(claim, phase="Bound")
        start(flow, work)
        sets.report(db, replicas=number + 1, readyReplicas=number + 1, observedGeneration=1)


def parallel_start(flow: Flow) -> None:
    """Parallel: all Pods at once."""
    db = statefulset("db", 3)
    db["spec"]["podManagementPolicy"] = "Parallel"
    db["status"] = {"replicas": 0}
    flow.hand("client", "kubectl-create").create(db)
    sets = flow.hand(SETS)
    sets.create(revision(db, "db-old", 1))
    for number in range(3):
        sets.create(pod(db, f"db-{number}", "", labels={HASH: "db-old"}))
    sets.report(db, replicas=3, observedGeneration=1)


def partitioned_update(flow: Flow) -> None:
    """From the highest ordinal down to the partition; below it a client deletes one."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    db, pods = database(flow, updateStrategy=rolling)
    flow.hand("client", "kubectl-set").change(db, image("nginx:2"))
    flow.hand(SETS).create(revision(db, "db-new", 2))
    for number, old in enumerate((pods[2], pods[1]), 1):
        replaced(flow, db, old, "db-new")
        flow.hand(SETS).report(db, updateRevision="db-new", updatedReplicas=number)
    flow.hand("client").mark(pods[0], 30)
    stop(flow, pods[0])


def scaled_set(flow: Flow) -> None:
    """Down from the highest ordinal, one after the other; whenScaled lets the claims go too."""
    db, pods = database(flow)
    claim = thing("PersistentVolumeClaim", "data-db-2")
    claim["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    flow.exists(claim)
    flow.hand("client", "kubectl").change(db, {"spec": {"replicas": 1}}, sub="scale")
    sets = flow.hand(SETS)
    owners = belongs({"metadata": {}}, pods[2])["metadata"]
    sets.change(claim, {"metadata": owners})
    for number in (2, 1):
        sets.mark(pods[number], 30)
        sets.report(db, replicas=number, observedGeneration=2)
        stop(flow, pods[number])
        if number == 2:
            flow.hand("garbage-collector").mark(claim, None, "kubernetes.io/pvc-protection")
            flow.hand("pvc-protection-controller").delete(claim)
    flow.hand("client").mark(pods[0], 30)


def kept_claims(flow: Flow) -> None:
    """whenDeleted: Delete makes the StatefulSet the owner of its claims."""
    db, pods = database(flow, 1)
    claim = flow.exists(thing("PersistentVolumeClaim", "data-db-0"))
    flow.hand("client", "kubectl-patch").change(
        db, {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}}
    )
    owners = belongs({"metadata": {}}, db)["metadata"]
    flow.hand(SETS).change(claim, {"metadata": owners})
    flow.hand("client").delete(db)
    flow.hand("garbage-collector").mark(pods[0], 30)
    flow.hand("garbage-collector").delete(claim)
    stop(flow, pods[0])


def failed_pod_of_a_set(flow: Flow) -> None:
    """A failed Pod is deleted and made again under its name."""
    db, pods = database(flow, 1)
    flow.hand("kubelet", "kubelet").report(pods[0], **FAILED)
    flow.hand(SETS).mark(pods[0], 30)
    flow.tell(db, "RecreatingFailedPod", "StatefulSet shop/db is recreating failed Pod db-0", SETS)
    said = "delete Pod db-0 in StatefulSet db successful"
    flow.tell(db, "SuccessfulDelete", said, SETS)
    kubelet = flow.hand("kubelet", "kubelet")
    kubelet.end(pods[0])
    kubelet.delete(pods[0])


def old_revisions(flow: Flow) -> None:
    """Revisions beyond revisionHistoryLimit go, the oldest first."""
    db, _ = database(flow, 1, revisionHistoryLimit=1)
    db["status"]["updateRevision"] = db["status"]["currentRevision"] = "db-4"
    flow.exists(db)
    kept = [flow.exists(revision(db, f"db-{n}", n)) for n in (2, 3, 4)]
    flow.hand(SETS).delete(kept[0])
    flow.hand("client").delete(kept[1])


def daemons(flow: Flow) -> tuple[Json, Json]:
    flow.exists(node())
    agent = flow.exists(daemonset())
    flow.exists(revision(agent, "agent-1", 1, "old"))
    return agent, flow.exists(pod(agent, "agent-a", labels={HASH: "old"}))


def daemons_rolled(flow: Flow) -> None:
    """The old Pod goes, then the new one comes."""
    agent, old = daemons(flow)
    flow.hand("client", "kubectl-set").change(agent, image("nginx:2"))
    controller = flow.hand(DAEMONS)
    controller.create(revision(agent, "agent-2", 2, "new"))
    controller.mark(old, 30)
    flow.tell(agent, "SuccessfulDelete", "Deleted pod: agent-a", DAEMONS)
    controller.report(agent, observedGeneration=2, updatedNumberScheduled=0)
    stop(flow, old)
    start(flow, controller.create(pod(agent, "agent-b", "", labels={HASH: "new"})))
    controller.report(agent, updatedNumberScheduled=1)


def daemons_surging(flow: Flow) -> None:
    """maxSurge: the new Pod comes first, and the old one goes once it is available."""
    agent, old = daemons(flow)
    flow.hand("client", "kubectl-set").change(agent, image("nginx:2"))
    controller = flow.hand(DAEMONS)
    controller.create(revision(agent, "agent-2", 2, "new"))
    start(flow, controller.create(pod(agent, "agent-b", "", labels={HASH: "new"})))
    controller.report(agent, observedGeneration=2, updatedNumberScheduled=1)
    controller.mark(old, 30)
    stop(flow, old)


def daemons_off_a_node(flow: Flow) -> None:
    """A node no longer matches: the Pod there goes, and nothing but an Event says who did it."""
    agent, mine = daemons(flow)
    flow.hand("client", "kubectl-patch").change(
        agent, {"spec": {"template": template() | {"metadata": {"labels": {"a": "b"}}}}}
    )
    flow.hand(DAEMONS).report(agent, observedGeneration=2)
    flow.hand(DAEMONS).mark(mine, 30)
    flow.tell(agent, "SuccessfulDelete", "Deleted pod: agent-a", DAEMONS)


def failed_daemon(flow: Flow) -> None:
    agent, mine = daemons(flow)
    flow.hand("kubelet", "kubelet").report(mine, **FAILED)
    flow.hand(DAEMONS).mark(mine, 30)
    said = "Found failed daemon pod shop/agent-a on node node-1, will try to kill it"
    flow.tell(agent, "FailedDaemonPod", said, DAEMONS)
    flow.tell(agent, "SuccessfulDelete", "Deleted pod: agent-a", DAEMONS)


FLOWS = (
    ordered_start,
    parallel_start,
    partitioned_update,
    scaled_set,
    kept_claims,
    failed_pod_of_a_set,
    old_revisions,
    daemons_rolled,
    daemons_surging,
    daemons_off_a_node,
    failed_daemon,
)
