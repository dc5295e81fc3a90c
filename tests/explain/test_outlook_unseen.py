"""What is said of a workload or a claim whose Pods, ReplicaSets or Events Baton is not shown."""

import pytest

from eventstream.explain.engine.engine import Engine
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result
from tests.explain.things import (
    condition,
    daemonset,
    deployment,
    job,
    owned_by,
    pod,
    replicaset,
    statefulset,
    thing,
)

DEADLINE = condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out")


def told(story: Story, what: Json) -> tuple[str, str | None, str | None]:
    trace = story.trace(what)
    return trace.state, trace.holder, trace.diagnosis


def report(ready: int, *conditions: Json) -> Json:
    status: Json = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2}
    return {"status": status | {"availableReplicas": ready, "conditions": [*conditions]}}


@pytest.mark.parametrize("hidden", ["ReplicaSet", "Pod"])
def test_no_controller_is_called_silent_for_what_is_not_shown(hidden: str) -> None:
    story = Story("Event")
    web = story.create(deployment(), "kubectl-create")
    if hidden == "Pod":
        own = story.create(replicaset(web), KCM)
        story.change(own, {"status": {"observedGeneration": 1}}, KCM, sub="status")
    story.change(web, report(1), KCM, sub="status")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, web) == ("running", "unknown", None)
    assert story.trace(web).summary == (
        "Waiting for 2 Pods of Deployment web, of which its status has 1 well: "
        "Baton is not shown what these wait for."
    )
    story.change(web, report(2), KCM, sub="status")
    assert told(story, web) == ("complete", None, None)


def test_what_the_status_says_is_wrong_is_told_all_the_same() -> None:
    story = Story("Event", "Pod")
    web = story.create(deployment(), "kubectl-create")
    story.change(web, report(0, DEADLINE), KCM, sub="status")
    assert told(story, web) == ("stalled", "unknown", "deadline-exceeded")
    refused = 'pods "web-1-" is forbidden: exceeded quota: team'
    failure = condition("ReplicaFailure", "True", "FailedCreate", refused)
    story.change(web, report(0, failure), KCM, sub="status")
    assert told(story, web) == ("stalled", "replicaset-controller", "quota-exceeded")


@pytest.mark.parametrize("hidden", ["ReplicaSet", "Pod"])
def test_a_change_that_was_not_seen_yet_is_the_controllers_still(hidden: str) -> None:
    story = Story(*({"Pod", "ReplicaSet"} - {hidden}))
    web = story.create(deployment(), "kubectl-create")
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    assert told(story, web) == ("stalled", "deployment-controller", "controller-silent")


def test_pods_that_the_status_does_not_tell_of_are_still_to_be_created() -> None:
    story = Story()
    db = statefulset()
    db["status"] = {"replicas": 0, "observedGeneration": 1}
    story.create(db, "kubectl-create")
    why = 'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: no'
    story.tell(db, "FailedCreate", why, "statefulset-controller")
    assert told(story, db) == ("stalled", "statefulset-controller", "admission-denied")


def test_the_controller_that_a_job_asks_for_is_named() -> None:
    story = Story("Pod")
    own = story.create(job(managedBy="example.com/super-job"), "kubectl-create")
    trace = story.trace(own)
    assert (trace.holder, trace.holder_name) == ("custom-controller", "example.com/super-job")


def claim(**annotations: str) -> Json:
    named = {f"volume.kubernetes.io/{key.replace('_', '-')}": of for key, of in annotations.items()}
    spec = {"storageClassName": "fast"}
    metadata = {"annotations": named}
    return thing("PersistentVolumeClaim", "data", metadata=metadata, spec=spec, status={})


def test_a_claim_of_which_no_event_tells_is_the_binders() -> None:
    story = Story("Event")
    data = story.create(claim(), "kubectl-create")
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    assert told(story, data) == ("stalled", "persistentvolume-controller", "volume-pending")


def test_without_events_nobody_knows_whether_a_claim_waits_for_a_pod() -> None:
    story = Story()
    data = story.create(claim(), "kubectl-create")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, data) == ("running", "unknown", None)


def test_a_claim_tells_by_itself_that_a_provisioner_is_to_make_its_volume() -> None:
    story = Story()
    data = story.create(claim(storage_provisioner="csi.example.com"), "kubectl-create")
    assert told(story, data) == ("running", "custom-controller", None)
    story.wait(90)
    story.exists(thing("Namespace", "other"))
    assert told(story, data) == ("stalled", "custom-controller", "volume-pending")


def test_the_scheduler_is_not_called_silent_while_a_volume_is_made() -> None:
    story = Story()
    made = claim(storage_provisioner="csi.example.com", selected_node="node-1")
    story.create(made, "kubectl-create")
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    own = story.create(thing("Pod", "web", spec={"volumes": volumes}), "kubectl-create")
    story.wait(90)
    story.exists(thing("Namespace", "other"))
    assert told(story, own) == ("stalled", "custom-controller", "volume-pending")


@pytest.mark.parametrize(
    ("listed", "diagnosis"), [(("Pod", "Event"), "controller-silent"), (("Pod",), "not-ready")]
)
def test_what_only_events_would_tell_is_no_silence(listed: tuple[str, ...], diagnosis: str) -> None:
    story = Story(*listed)
    db = statefulset()
    db["status"] = {"replicas": 0, "observedGeneration": 1}
    story.create(db, "kubectl-create")
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    trace = story.trace(db)
    assert told(story, db) == ("stalled", "statefulset-controller", diagnosis)
    assert ("Events would tell" in trace.summary) is ("Event" not in listed)


def failed_pod(story: Story, owner: Json, name: str = "agent-x") -> Json:
    own = story.create(pod(owner, name), KCM)
    status = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on disk."}
    gone = {"conditions": None, "containerStatuses": None}
    return story.change(own, {"status": status | gone}, "kubelet", sub="status")


def test_a_daemon_that_failed_and_is_left_for_now_is_no_silence_of_its_controller() -> None:
    story = Story("Pod")
    agent = story.create(daemonset(), "kubectl-create")
    left = failed_pod(story, agent)
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    assert told(story, agent) == ("stalled", "kubelet", "pod-failed")
    assert story.trace(agent).summary == (
        "Pod agent-x of DaemonSet agent failed on node-1, and its controller makes another after "
        "a pause, which grows with each failure: The node was low on disk."
    )
    story.mark(left)
    story.delete(left)
    own = story.create(pod(agent, "agent-y"), KCM)
    reported = {"status": {"numberAvailable": 1, "numberReady": 1, "currentNumberScheduled": 1}}
    story.change(agent, reported, KCM, sub="status")
    assert own["status"]["phase"] == "Running"
    assert told(story, agent) == ("complete", None, None)


def test_a_failed_daemon_that_is_never_taken_away_is_its_controllers_affair() -> None:
    story = Story("Pod")
    agent = story.create(daemonset(), "kubectl-create")
    failed_pod(story, agent)
    story.wait(1000)
    story.exists(thing("Namespace", "other"))
    assert told(story, agent)[1] == "daemonset-controller"


def test_whether_a_cronjob_is_late_only_events_would_tell() -> None:
    story = Story()
    tick = thing("CronJob", "tick", "batch/v1", spec={"schedule": "0 * * * *"})
    story.create(tick, "kubectl-create")
    assert told(story, tick) == ("unknown", None, None)
    own = job("tick-1") | {"status": {"active": 1}}
    own["metadata"]["ownerReferences"] = [owned_by(tick)]
    story.create(own, KCM)
    assert story.trace(tick).state != "unknown"


@pytest.mark.parametrize("replicas", [0, 3])
def test_a_count_that_is_not_as_desired_is_no_silence_where_pods_are_hidden(replicas: int) -> None:
    story = Story("Event")
    web = story.create(deployment(), "kubectl-create")
    own = replicaset(web)
    own["status"] = {"replicas": replicas, "observedGeneration": 1}
    story.create(own, KCM)
    story.change(web, report(1), KCM, sub="status")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, web) == ("running", "unknown", None)


def test_the_scheduler_is_not_called_silent_where_the_claims_are_not_shown() -> None:
    story = Story("Pod", "Event")
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    own = story.create(thing("Pod", "web", spec={"volumes": volumes}), "kubectl-create")
    story.wait(3600)
    story.exists(thing("Namespace", "other"))
    assert told(story, own) == ("running", "scheduler", None)


def test_what_was_there_and_is_listed_last_changes_what_is_told() -> None:
    """The list of Pods may come seconds after those of what owns them."""
    story = Story("Event")
    web = deployment(replicas=1)
    status: Json = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}
    web["status"] = status | {"conditions": [DEADLINE]}
    own = story.exists(replicaset(story.exists(web), replicas=1))
    engine, seen = Engine("cluster"), Result()
    for observation in story.shown:
        seen.take(engine.apply(observation))
    seen.take(engine.tick(story.at))
    assert [trace.holder for trace in seen.traces.values()] == ["unknown"]
    first = len(story.shown)
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    one = pod(own)
    one["status"] = {"phase": "Running", "containerStatuses": [{"name": "c", "state": waiting}]}
    story.exists(one)
    for observation in story.shown[first:]:
        seen.take(engine.apply(observation))
    seen.take(engine.tick(story.at + 5))
    assert [trace.diagnosis for trace in seen.traces.values()] == ["crash-loop"]


@pytest.mark.parametrize(("listed", "state"), [(("Pod",), "stalled"), ((), "running")])
def test_the_collector_may_wait_for_pods_that_are_not_shown(
    listed: tuple[str, ...], state: str
) -> None:
    story = Story(*listed)
    own = story.exists(replicaset())
    story.mark(own, finalizers=["foregroundDeletion"])
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    trace = story.trace(own)
    assert (trace.state, trace.holder) == (state, "garbage-collector")


def test_pods_that_a_status_counts_are_there_though_they_were_not_shown() -> None:
    story = Story("Pod", "Event")
    web = story.create(deployment(replicas=1), "kubectl-create")
    own = story.create(replicaset(web, replicas=1), KCM)
    counted = {"status": {"replicas": 1, "observedGeneration": 1}}
    story.change(own, counted, KCM, sub="status")
    story.wait(60)
    story.exists(thing("Namespace", "other"))
    assert told(story, web) == ("running", "unknown", None)
    seen = story.create(pod(own, "web-1-a", ""), KCM)
    story.delete(seen)  # What went since the status was written it does not count.
    story.wait(60)
    story.exists(thing("Namespace", "later"))
    assert told(story, web) == ("stalled", "replicaset-controller", "controller-silent")


def test_whether_a_load_balancer_is_refused_only_events_would_tell() -> None:
    story = Story("Pod")
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}}
    web = story.create(thing("Service", "web", spec=spec, status={}), "kubectl-create")
    story.create(pod(None, "web", labels={"app": "web"}), "kubectl-create")
    story.wait(400)
    story.exists(thing("Namespace", "other"))
    assert told(story, web) == ("stalled", "custom-controller", "not-ready")
    assert "Events would tell" in story.trace(web).summary


@pytest.mark.parametrize(
    ("listed", "sandbox", "stands"),
    [
        (("Pod",), "True", ("running", "kubelet", None)),
        (("Pod",), "False", ("stalled", "kubelet", "kubelet-slow")),
        (("Pod", "Event"), "True", ("stalled", "kubelet", "kubelet-slow")),
    ],
)
def test_whether_an_image_is_being_pulled_only_events_would_tell(
    listed: tuple[str, ...], sandbox: str, stands: tuple[str, str | None, str | None]
) -> None:
    story = Story(*listed)
    own = story.create(pod(None, "web", ""), "kubectl-create")
    story.change(own, {"spec": {"nodeName": "node-1"}})
    waiting = [{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    there = [condition("PodReadyToStartContainers", sandbox), condition("PodScheduled", "True")]
    status = {"containerStatuses": waiting, "conditions": there}
    story.change(own, {"status": status}, "kubelet", sub="status")
    story.wait(600)
    story.exists(thing("Namespace", "other"))
    assert told(story, own) == stands
