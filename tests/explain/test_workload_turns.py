"""Whose turn it is, by the numbers of an update: who deletes an old Pod, and what is waited for."""

import pytest

from eventstream.explain.vocabulary.records import Step
from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    node,
    pod,
    replicaset,
    revision,
    statefulset,
)

HASH = "controller-revision-hash"
READY: Json = {
    "phase": "Running",
    "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}],
}


def ready(at: float, status: str = "True") -> Json:
    return READY | {"conditions": [condition("Ready", status) | {"lastTransitionTime": stamp(at)}]}


def of(owner: Json, name: str, hash_: str, node: str = "node-1", *, well: bool = True) -> Json:
    """A Pod of that revision."""
    found = pod(owner, name, node, labels={HASH: hash_})
    if not well:
        found["status"] = ready(1_800_000_000.0, "False")
    return found


def daemons(rolling: Json, *pods: tuple[str, str, bool]) -> Step:
    """Who deleted the old Pod of node-1, where node-2 and others have these: (node, hash, well)."""
    story = Story()
    agent = daemonset()
    agent["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    agent["status"]["desiredNumberScheduled"] = 4
    story.exists(agent)
    story.exists(revision(agent, "agent-1", 1, "old"))
    story.exists(revision(agent, "agent-2", 2, "new"))
    for number, (host, hash_, well) in enumerate(pods):
        story.exists(of(agent, f"agent-{number}", hash_, host, well=well))
    mine = story.exists(of(agent, "agent-mine", "old"))
    story.wait(60)
    story.mark(mine, 30)
    return story.last(mine)


OLD, NEW, BROKEN = ("node-2", "old", True), ("node-2", "new", True), ("node-2", "new", False)


@pytest.mark.parametrize(
    ("rolling", "pods", "actor"),
    [
        ({"maxUnavailable": 1}, [OLD], "daemonset-controller"),
        ({"maxUnavailable": 1}, [NEW], "daemonset-controller"),
        ({"maxUnavailable": 1}, [BROKEN], "unknown"),
        ({}, [BROKEN], "unknown"),
        ({"maxUnavailable": 0}, [OLD], "daemonset-controller"),
        ({"maxUnavailable": 2}, [BROKEN], "daemonset-controller"),
        ({"maxUnavailable": "26%"}, [BROKEN], "daemonset-controller"),
        ({"maxUnavailable": "25%"}, [BROKEN], "unknown"),
        ({"maxUnavailable": "100%"}, [BROKEN], "daemonset-controller"),
        ({"maxUnavailable": 1}, [("node-2", "old", False)], "daemonset-controller"),
        ({"maxUnavailable": 0, "maxSurge": 1}, [("node-1", "new", True)], "daemonset-controller"),
        ({"maxUnavailable": 0, "maxSurge": 1}, [("node-1", "new", False)], "unknown"),
        ({"maxUnavailable": 0, "maxSurge": 1}, [NEW], "unknown"),
    ],
)
def test_a_daemonsets_old_pod_goes_by_its_controller_only_where_the_update_has_room(
    rolling: Json, pods: list[tuple[str, str, bool]], actor: str
) -> None:
    assert daemons(rolling, *pods).actor == actor


@pytest.mark.parametrize(
    ("exists", "again", "actor"),
    [
        (True, False, "unknown"),
        (True, True, "daemonset-controller"),
        (False, False, "daemonset-controller"),
    ],
)
def test_a_node_whose_pod_is_gone_and_not_made_anew_counts_as_without_one(
    exists: bool, again: bool, actor: str
) -> None:
    story = Story()
    agent = daemonset()
    agent["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {}}
    agent["status"]["desiredNumberScheduled"] = 4
    story.exists(agent)
    story.exists(revision(agent, "agent-1", 1, "old"))
    story.exists(revision(agent, "agent-2", 2, "new"))
    if exists:
        story.exists(node("node-2"))
    other, mine = (
        story.exists(of(agent, f"agent-{number}", "old", f"node-{number}")) for number in (2, 1)
    )
    story.delete(other)
    if again:
        story.create(of(agent, "agent-3", "new", "node-2"), KCM)
    story.mark(mine, 30)
    assert story.last(mine).actor == actor


def stateful(spec: Json, above: list[bool], mine: int) -> str:
    """Who deleted the old db-`mine`, with three Pods of which those `above` are new, well or not.

    Numbers begin where `spec` says.
    """
    story = Story()
    db = statefulset(replicas=3)
    db["spec"] |= spec
    first = spec.get("ordinals", {}).get("start", 0)
    story.exists(db)
    story.exists(revision(db, "db-old", 1))
    story.exists(revision(db, "db-new", 2))
    old, pods = 3 - len(above), []
    for number in range(3):
        well = number < old or above[number - old]
        hash_ = "db-old" if number < old else "db-new"
        pods.append(story.exists(of(db, f"db-{first + number}", hash_, well=well)))
    gone = pods[mine]
    story.wait(60)
    story.mark(gone, 30)
    return story.last(gone).actor


def rolls(**rolling: object) -> Json:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}


PARALLEL = {"podManagementPolicy": "Parallel"}


@pytest.mark.parametrize(
    ("spec", "above", "mine", "actor"),
    [
        (rolls(), [True, True], 0, "statefulset-controller"),
        (rolls(maxUnavailable=1), [True, True], 0, "statefulset-controller"),
        (rolls(maxUnavailable=1), [False], 1, "client"),
        (rolls(maxUnavailable="34%"), [False], 1, "client"),
        (rolls(maxUnavailable=2), [False], 1, "unknown"),
        (PARALLEL | rolls(maxUnavailable=2), [False], 1, "statefulset-controller"),
        (PARALLEL | rolls(maxUnavailable=2), [False, False], 0, "unknown"),
        ({"ordinals": {"start": 5}} | rolls(partition=2), [True], 1, "client"),
        ({"ordinals": {"start": 5}} | rolls(partition=1), [True], 1, "statefulset-controller"),
        ({"minReadySeconds": 1} | rolls(), [True], 1, "statefulset-controller"),
        ({"minReadySeconds": 3600} | rolls(), [True], 1, "client"),
    ],
)
def test_a_statefulsets_old_pod_goes_by_its_controller_only_where_the_update_has_room(
    spec: Json, above: list[bool], mine: int, actor: str
) -> None:
    assert stateful(spec, above, mine) == actor


@pytest.mark.parametrize(("ready_for", "actor"), [(10, "client"), (40, "statefulset-controller")])
def test_whether_a_pod_had_been_ready_long_enough_goes_by_the_clusters_clock(
    ready_for: int, actor: str
) -> None:
    story = Story()
    db = statefulset(replicas=2)
    db["spec"] |= rolls() | {"minReadySeconds": 30}
    story.exists(db)
    story.exists(revision(db, "db-old", 1))
    story.exists(revision(db, "db-new", 2))
    gone = story.exists(of(db, "db-0", "db-old"))
    above = of(db, "db-1", "db-new")
    above["status"] = ready(story.at)
    story.exists(above)
    times = {
        "deletionTimestamp": stamp(story.at + ready_for + 5),
        "deletionGracePeriodSeconds": 5,
    }
    story.wait(600)  # The watch brings it late.
    story.change(gone, {"metadata": times})
    assert story.last(gone).actor == actor


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("OrderedReady", "its Pods stop one after the other, the highest first"),
        ("Parallel", "compared 1 desired Pod with 2 that exist: 1 too many"),
    ],
)
def test_only_pods_that_keep_their_order_stop_for_the_end_of_the_one_above(
    policy: str, why: str
) -> None:
    story = Story()
    db = statefulset(replicas=3)
    db["spec"]["podManagementPolicy"] = policy
    story.exists(db)
    pods = [story.exists(pod(db, f"db-{number}")) for number in range(3)]
    story.change(db, {"spec": {"replicas": 1}}, "kubectl-scale", sub="scale")
    story.delete(pods[2])
    story.mark(pods[1], 30)
    assert why in story.last(pods[1]).why


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({}, ", which is ready: its Pods start in their order."),
        (
            {"minReadySeconds": 5},
            (
                ", and waited until that had been ready for 5 seconds (minReadySeconds): its Pods "
                "start in their order."
            ),
        ),
        (PARALLEL, ": it makes the Pod of that name again."),
    ],
)
def test_a_pod_that_comes_again_waits_for_the_one_below_that_came_again_before(
    spec: Json, why: str
) -> None:
    story = Story()
    db = statefulset()
    db["spec"] |= spec
    story.exists(db)
    for number in range(2):
        story.delete(story.exists(pod(db, f"db-{number}")))
    lower = pod(db, "db-0", "")
    lower["metadata"]["uid"] = "again"
    story.create(lower, KCM)
    story.change(lower, {"spec": {"nodeName": "node-1"}})
    story.change(lower, {"status": ready(story.at)}, "kubelet", sub="status")
    story.wait(5)
    upper = pod(db, "db-1", "")
    upper["metadata"]["uid"] = "again-1"
    story.create(upper, KCM)
    assert story.last(upper).why.endswith(why)


@pytest.mark.parametrize(
    ("spec", "holder"),
    [
        (rolls(), "client"),
        (rolls(partition=1), "kubelet"),
        ({"updateStrategy": {"type": "OnDelete"}}, "kubelet"),
    ],
)
def test_a_broken_old_pod_is_for_a_person_only_where_an_update_waits_for_it(
    spec: Json, holder: str
) -> None:
    story = Story()
    db = statefulset(replicas=1)
    db["spec"] |= spec
    db["status"] |= {"updateRevision": "db-new", "observedGeneration": 1, "readyReplicas": 0}
    story.create(db, "kubectl-create")
    broken = pod(db, "db-0", labels={HASH: "db-old"})
    waits = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
    broken["status"] = ready(story.at, "False") | {
        "containerStatuses": [{"name": "c", "ready": False, "restartCount": 9, "state": waits}]
    }
    story.create(broken, KCM)
    trace = story.trace(db)
    assert (trace.state, trace.holder) == ("stalled", holder)


def test_what_a_statefulset_has_yet_to_replace_is_waited_for_and_no_status() -> None:
    story = Story()
    db = statefulset()
    db["spec"] |= rolls()
    db["status"] |= {"updateRevision": "db-new", "observedGeneration": 1, "readyReplicas": 2}
    story.create(db, "kubectl-create")
    for number in range(2):
        story.create(of(db, f"db-{number}", "db-old"), KCM)
    trace = story.trace(db)
    assert (trace.state, trace.holder) == ("running", "statefulset-controller")
    assert trace.waiting_for == "2 Pods of StatefulSet db to be replaced"
    story.change(db, {"status": {"updatedReplicas": 2}}, KCM, sub="status")
    assert story.trace(db).waiting_for == "the status of StatefulSet db to follow"


def meant_for(owner: Json, name: str, node: str) -> Json:
    """A DaemonSet's Pod that has yet to be bound to its node."""
    asked = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [asked]}]}
    found = pod(owner, name, "")
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    found["spec"] = found["spec"] | {"affinity": {"nodeAffinity": affinity}}
    return found


@pytest.mark.parametrize(
    ("lost", "due", "why"),
    [
        ("node-1", "node-1", "(1004): that Pod no longer counts, so it is replaced."),
        ("node-1", "node-2", "It received the MODIFIED event of DaemonSet agent (1003)."),
    ],
)
def test_a_daemonsets_pod_is_not_made_for_the_end_of_one_on_another_node(
    lost: str, due: str, why: str
) -> None:
    story = Story()
    agent = story.exists(daemonset())
    gone = story.exists(pod(agent, "agent-a", lost))
    story.change(agent, {"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}}, "helm")
    story.delete(gone)
    step = story.last(story.create(meant_for(agent, "agent-b", due), KCM))
    assert step.why.endswith(why)


@pytest.mark.parametrize(
    ("strategy", "old", "new", "waits"),
    [
        (
            "RollingUpdate",
            1,
            2,
            "the ReplicaSets of Deployment web to be scaled to what it asks for",
        ),
        (
            "RollingUpdate",
            0,
            1,
            "the ReplicaSets of Deployment web to be scaled to what it asks for",
        ),
        (
            "Recreate",
            0,
            0,
            "a ReplicaSet for the newest Pod template of Deployment web, or its scaling",
        ),
        ("RollingUpdate", 0, 2, "the status of Deployment web to follow"),
    ],
)
def test_a_deployment_that_has_replicasets_to_scale_does_not_wait_for_its_status(
    strategy: str, old: int, new: int, waits: str
) -> None:
    story = Story("Pod", "ReplicaSet")
    web = deployment(replicas=2, strategy={"type": strategy})
    web["status"] = {"observedGeneration": 1}
    story.create(web, "kubectl-create")
    for number, replicas in ((1, old), (2, new)):
        owned = replicaset(web, f"web-{number}", replicas)
        owned["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
        story.create(owned, KCM)
        for each in range(replicas):
            story.create(pod(owned, f"web-{number}-{each}"), KCM)
    trace = story.trace(web)
    assert (trace.holder, trace.waiting_for) == ("deployment-controller", waits)


@pytest.mark.parametrize("late", [0, 600])
@pytest.mark.parametrize(
    ("told", "first", "second"),
    [
        ("b", "unknown", "replicaset-controller"),
        ("a", "replicaset-controller", "client"),
        ("", "replicaset-controller", "client"),
    ],
)
def test_of_two_pods_of_which_one_was_too_many_the_controllers_is_the_one_that_it_tells_of(
    told: str, first: str, second: str, late: float
) -> None:
    story = Story()
    web = story.exists(replicaset(None, "web-1", 3))
    one, two, _ = [story.exists(pod(web, f"web-1-{name}")) for name in "abc"]
    story.tell(web, "SuccessfulCreate", "Created pod: web-1-a", "replicaset-controller")
    story.change(web, {"spec": {"replicas": 2}}, "kubectl", sub="scale")
    asked = story.at
    story.wait(late)
    for each in (one, two):
        times = {"deletionTimestamp": stamp(asked + 30), "deletionGracePeriodSeconds": 30}
        story.change(each, {"metadata": times})
    if told:
        said, at = f"Deleted pod: web-1-{told}", stamp(asked)
        story.tell(web, "SuccessfulDelete", said, "replicaset-controller", lastTimestamp=at)
    assert [story.last(each).actor for each in (one, two)] == [first, second]


@pytest.mark.parametrize("aside", ["a", "b", "c"])
def test_whichever_of_several_pods_a_client_takes_its_end_is_not_laid_to_the_controller(
    aside: str,
) -> None:
    story = Story()
    web = story.exists(replicaset(None, "web-1", 3))
    pods = {name: story.exists(pod(web, f"web-1-{name}")) for name in "abc"}
    story.tell(web, "SuccessfulCreate", "Created pod: web-1-a", "replicaset-controller")
    story.change(web, {"spec": {"replicas": 1}}, "kubectl", sub="scale")
    taken = pods.pop(aside)
    story.mark(taken, 30)
    for name, one in pods.items():
        story.mark(one, 30)
        said = f"Deleted pod: web-1-{name}"
        story.tell(web, "SuccessfulDelete", said, "replicaset-controller")
    actors = [story.last(one).actor for one in (taken, *pods.values())]
    assert actors == ["unknown", "replicaset-controller", "replicaset-controller"]
