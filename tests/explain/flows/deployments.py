"""Deployments: pkg/controller/deployment/{sync,rolling,recreate,progress}.go."""

from tests.explain.flow import Flow
from tests.explain.flows.parts import (
    belongs,
    counted,
    image,
    made,
    numbered,
    running,
    start,
    stop,
)
from tests.explain.stories import Json
from tests.explain.things import condition, deployment


def rolled(flow: Flow, web: Json, old: Json, gone: list[Json], new: Json) -> None:
    """One more Pod of the new ReplicaSet, and one fewer of the old, until all are replaced."""
    controller, counter = flow.hand("deployment-controller"), flow.hand("replicaset-controller")
    for number, leaving in enumerate(gone, 1):
        if number > 1:
            controller.scale(new, number)
        fresh = made(flow, "replicaset-controller", new, f"{new['metadata']['name']}-{number}")
        counter.report(new, replicas=number, observedGeneration=number)
        start(flow, fresh)
        counter.report(new, **counted(number))
        left = len(gone) - number
        controller.scale(old, left)
        counter_of_old = flow.hand("replicaset-controller", "")
        counter_of_old.mark(leaving, 30)
        flow.tell(
            old,
            "SuccessfulDelete",
            f"Deleted pod: {leaving['metadata']['name']}",
            "replicaset-controller",
        )
        counter.report(old, **counted(left))
        stop(flow, leaving)
    flow.hand("deployment-controller").report(
        web,
        **counted(len(gone)),
        updatedReplicas=len(gone),
        observedGeneration=web["metadata"]["generation"],
        conditions=[condition("Progressing", "True", "NewReplicaSetAvailable")],
    )


def rolling_update(flow: Flow) -> None:
    web, old, pods = running(flow)
    flow.hand("client", "kubectl-set").change(web, image("nginx:2"))
    new = flow.hand("deployment-controller").create(numbered(web, "web-2", 1, 2, "nginx:2"))
    flow.tell(
        web, "ScalingReplicaSet", "Scaled up replica set web-2 from 0 to 1", "deployment-controller"
    )
    rolled(flow, web, old, pods, new)


def pause_and_resume(flow: Flow) -> None:
    """`rollout resume` removes spec.paused, which leaves no entry of who did."""
    web, _, _ = running(flow)
    kubectl, controller = flow.hand("client", "kubectl-rollout"), flow.hand("deployment-controller")
    kubectl.change(web, {"spec": {"paused": True}})
    paused = condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    controller.report(web, conditions=[paused])
    controller.report(web, observedGeneration=2)
    flow.hand("client", "kubectl-set").change(web, image("nginx:2"))
    controller.report(web, observedGeneration=3, updatedReplicas=0)
    kubectl.change(web, {"spec": {"paused": None}})
    resumed = condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
    controller.report(web, conditions=[resumed])
    new = controller.create(numbered(web, "web-2", 1, 2, "nginx:2"))
    made(flow, "replicaset-controller", new, "web-2-1")


def restart_and_undo(flow: Flow) -> None:
    """A restart sets an annotation of the template; its undo takes that away, and nothing else."""
    web, old, pods = running(flow, 1)
    kubectl = flow.hand("client", "kubectl-rollout")
    controller = flow.hand("deployment-controller")
    at = {"kubectl.kubernetes.io/restartedAt": "2027-01-15T08:00:00Z"}
    kubectl.change(web, {"spec": {"template": {"metadata": {"annotations": at}}}})
    new = controller.create(numbered(web, "web-2", 1, 2))
    new["spec"]["template"]["metadata"] = {"annotations": at}
    fresh = made(flow, "replicaset-controller", new, "web-2-1")
    start(flow, fresh)
    flow.hand("replicaset-controller").report(new, **counted(1))
    controller.scale(old, 0)
    flow.hand("replicaset-controller").mark(pods[0], 30)
    stop(flow, pods[0])
    kubectl.change(web, {"spec": {"template": {"metadata": None}}})
    revision = {"deployment.kubernetes.io/revision": "3"}
    controller.change(old, {"metadata": {"annotations": revision}})
    controller.change(web, {"metadata": {"annotations": revision}}, sub="status")
    controller.scale(old, 1)
    made(flow, "replicaset-controller", old, "web-1-x")


def progress_deadline(flow: Flow) -> None:
    """Nothing happens for progressDeadlineSeconds; then the controller says so by itself."""
    web = deployment(replicas=1, progressDeadlineSeconds=10)
    flow.hand("client", "kubectl-create").create(web)
    controller = flow.hand("deployment-controller")
    rs = controller.create(numbered(web, "web-1", 1, 1))
    controller.report(web, conditions=[condition("Progressing", "True", "NewReplicaSetCreated")])
    made(flow, "replicaset-controller", rs, "web-1-a")
    flow.hand("replicaset-controller").report(rs, replicas=1)
    controller.report(web, replicas=1, unavailableReplicas=1, observedGeneration=1)
    flow.wait(11)
    said = 'ReplicaSet "web-1" has timed out progressing.'
    late = condition("Progressing", "False", "ProgressDeadlineExceeded", said)
    controller.report(web, conditions=[late])


def two_changes(flow: Flow) -> None:
    """The second change comes while the first is still rolling out."""
    web, old, pods = running(flow, 1)
    kubectl, controller = flow.hand("client", "kubectl-set"), flow.hand("deployment-controller")
    kubectl.change(web, image("nginx:2"))
    second = controller.create(numbered(web, "web-2", 1, 2, "nginx:2"))
    made(flow, "replicaset-controller", second, "web-2-a")
    kubectl.change(web, image("nginx:3"))
    controller.scale(second, 0)
    third = controller.create(numbered(web, "web-3", 1, 3, "nginx:3"))
    fresh = made(flow, "replicaset-controller", third, "web-3-a")
    start(flow, fresh)
    flow.hand("replicaset-controller").report(third, **counted(1))
    controller.scale(old, 0)
    flow.hand("replicaset-controller").mark(pods[0], 30)
    stop(flow, pods[0])


def recreate(flow: Flow) -> None:
    """All old Pods go before the new ReplicaSet is made, at once with all of its replicas."""
    web, old, [leaving] = running(flow, 1, strategy={"type": "Recreate"})
    flow.hand("client", "kubectl-set").change(web, image("nginx:2"))
    controller, counter = flow.hand("deployment-controller"), flow.hand("replicaset-controller")
    controller.scale(old, 0)
    counter.mark(leaving, 30)
    counter.report(old, **counted(0))
    controller.report(web, **counted(0), observedGeneration=2)
    stop(flow, leaving)
    new = controller.create(numbered(web, "web-2", 1, 2, "nginx:2"))
    made(flow, "replicaset-controller", new, "web-2-a")


def history_limit(flow: Flow) -> None:
    """A rollout is complete, and one ReplicaSet more than the limit is left."""
    web, current, _ = running(flow, 1, revisionHistoryLimit=1)
    current["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    flow.exists(current)
    first = flow.exists(numbered(web, "web-x", 0, 1))
    second = flow.exists(numbered(web, "web-y", 0, 2))
    flow.hand("deployment-controller").delete(first)
    flow.hand("client").delete(second)


def scaled_and_annotated(flow: Flow) -> None:
    """Writes of one client in one second, which move no time; a label that is taken away."""
    web, rs, _ = running(flow)
    kubectl, label = flow.hand("client", "kubectl-set"), flow.hand("client", "kubectl-label")
    kubectl.change(web, image("nginx:2"))
    kubectl.change(web, image("nginx:3"))
    label.change(web, {"metadata": {"labels": {"team": "a"}}})
    label.change(web, {"metadata": {"labels": {"team": None}}})
    flow.hand("client", "kubectl").change(web, {"spec": {"replicas": 4}}, sub="scale")
    flow.hand("client", "kubectl").change(web, {"spec": {"replicas": 5}}, sub="scale")
    flow.hand("deployment-controller").scale(rs, 5)


def hands_over(flow: Flow) -> None:
    """A ReplicaSet is deleted with its Pods orphaned; another one adopts them, and drops one."""
    controller, collector = flow.hand("replicaset-controller"), flow.hand("garbage-collector")
    web, rs, pods = running(flow, 2)
    flow.hand("client").mark(rs, None, "orphan")
    for orphan in pods:
        collector.change(orphan, {"metadata": {"ownerReferences": []}})
    collector.delete(rs)
    fresh = numbered(web, "web-1", 2, 1)
    fresh["metadata"]["uid"] = "uid-ReplicaSet-new"
    fresh = flow.hand("deployment-controller").create(fresh)
    for orphan in pods:
        owners = belongs({"metadata": {}}, fresh)["metadata"]
        controller.change(orphan, {"metadata": owners})
    controller.report(fresh, **counted(2), observedGeneration=1)
    flow.hand("client", "kubectl-label").change(pods[0], {"metadata": {"labels": {"app": "apart"}}})
    flow.hand("kubelet", "kubelet").report(pods[0], conditions=[condition("Ready", "False")])
    controller.change(pods[0], {"metadata": {"ownerReferences": []}})
    made(flow, "replicaset-controller", fresh, "web-1-n")


def scaled_aside(flow: Flow) -> None:
    """Somebody scales the ReplicaSet itself, which its Deployment puts right."""
    _, rs, _ = running(flow, 2)
    flow.hand("client", "kubectl").change(rs, {"spec": {"replicas": 3}}, sub="scale")
    flow.hand("deployment-controller").scale(rs, 2)


def let_loose(flow: Flow) -> None:
    """A ReplicaSet is relabelled: its Deployment lets it go, and makes another."""
    web, rs, _ = running(flow, 1)
    relabelled = {"metadata": {"labels": {"app": "other"}}}
    flow.hand("client", "kubectl-label").change(rs, relabelled)
    controller = flow.hand("deployment-controller")
    controller.change(rs, {"metadata": {"ownerReferences": []}})
    controller.report(web, collisionCount=1)
    controller.create(numbered(web, "web-2", 1, 2))


FLOWS = (
    scaled_aside,
    let_loose,
    rolling_update,
    pause_and_resume,
    restart_and_undo,
    progress_deadline,
    two_changes,
    recreate,
    history_limit,
    scaled_and_annotated,
    hands_over,
)
