"""What an ended or overtaken trace leaves behind is told by another one, never by none."""

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result
from tests.explain.test_outlook_disruptions import refuse, report, running, stands
from tests.explain.test_outlook_progress import later
from tests.explain.things import condition, node, owned_by, pod

UNREADY = condition("Ready", "False", "ContainersNotReady")


def turn(
    story: Story, pod: Json, state: Json, *, ready: bool = False, last: Json | None = None
) -> None:
    told = {"name": "c", "ready": ready, "restartCount": 2, "state": state}
    told |= {"lastState": last or {}}
    conditions = [condition("Ready", "True") if ready else UNREADY]
    status = {"conditions": conditions, "containerStatuses": [told]}
    story.change(pod, {"status": status}, "kubelet", sub="status")


CRASHED = {"terminated": {"exitCode": 1, "reason": "Error"}}
WAITS = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting"}}


def test_a_pod_that_crashes_after_a_scale_is_told_once_by_what_brought_it() -> None:
    story = Story()
    web, rs, (first, _) = running(story, pods=2)
    web = story.change(web, {"spec": {"replicas": 1}}, "kubectl-scale")
    story.change(rs, {"spec": {"replicas": 1}}, KCM)
    report(story, web, rs, 1, 1)
    story.change(web, {"status": {"observedGeneration": 2}}, KCM, sub="status")
    assert story.trace(web).state == "complete"
    turn(story, first, CRASHED)
    report(story, web, rs, 1, 0)
    story.change(web, {"status": {"observedGeneration": 2}}, KCM, sub="status")
    turn(story, first, WAITS, last=CRASHED)
    uid = web["metadata"]["uid"]
    own = [trace for trace in story.told().traces.values() if trace.root.uid == uid]
    brought, scaled = sorted(own, key=lambda trace: trace.started)
    assert scaled.cause == "scaled 2 → 1 by kubectl-scale (a name the client chose)"
    assert (scaled.state, scaled.diagnosis) == ("running", None)
    assert scaled.summary.startswith(f"Waiting for an earlier change ({brought.cause}), which is")
    stall = (brought.state, brought.diagnosis, brought.holder)
    assert stall == ("stalled", "crash-loop", "kubelet")
    assert brought.summary.endswith(f" Since then: {scaled.cause}.")


def test_what_a_deletion_orphans_has_a_trace_of_its_own() -> None:
    story = Story()
    web, rs, (only,) = running(story)
    turn(story, only, {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}})
    report(story, web, rs, 1, 0)
    story.mark(web, finalizers=["orphan"])
    rs = story.change(rs, {"metadata": {"ownerReferences": None}}, KCM)
    story.delete(web)
    left = stands(story, rs, existing=True)
    assert left.cause == "let go by what owned it"
    assert (left.state, left.diagnosis) == ("stalled", "image-not-found")
    assert only["metadata"]["name"] in left.summary


def test_what_is_adopted_again_has_none() -> None:
    story = Story()
    web, rs, _ = running(story)
    story.mark(web, finalizers=["orphan"])
    rs = story.change(rs, {"metadata": {"ownerReferences": None}}, KCM)
    other = story.create(
        web | {"metadata": {"name": "web", "namespace": "shop", "uid": "w2"}}, "kubectl"
    )
    story.change(rs, {"metadata": {"ownerReferences": [owned_by(other)]}}, KCM)
    uid = rs["metadata"]["uid"]
    assert [t for t in story.told().traces.values() if t.root.uid == uid] == []


def test_whose_pod_was_taken_from_it_has_a_trace_that_tells_of_the_next_one() -> None:
    story = Story()
    web, rs, (taken,) = running(story)
    story.wait(60)
    story.change(taken, {"metadata": {"labels": {"app": "debugged"}}}, "kubectl-label")
    story.change(taken, {"metadata": {"ownerReferences": None}}, KCM)
    following = story.create(pod(rs, "web-1-next", "", labels={"app": "web"}), KCM)
    report(story, web, rs, 1, 0)
    refuse(story, following, "0/1 nodes are available: 1 Insufficient cpu.")
    story.exists(node())
    trace = stands(story, web, existing=True)
    assert trace.cause == "something that it owned was taken from it"
    assert (trace.state, trace.diagnosis) == ("stalled", "unschedulable")


def meanwhile(story: Story) -> list[Trace]:
    """The traces as they stand where time passes as it did, and what is quiet settles."""
    engine, result = Engine("cluster"), Result()
    for observation in story.shown:
        result.take([*engine.apply(observation), *engine.tick(observation.at)])
    return list(result.traces.values())


def test_a_pod_that_does_not_go_is_told_once_what_it_had_to_go_for_is_done() -> None:
    story = Story()
    web, rs, (one,) = running(story)
    for _ in range(6):
        later(story, 10)
    story.change(web, {"spec": {"replicas": 0}}, "kubectl-scale")
    story.change(rs, {"spec": {"replicas": 0}}, KCM)
    story.mark(one, 30)
    report(story, web, rs, 0, 0)
    story.change(web, {"status": {"observedGeneration": 2}}, KCM, sub="status")
    for _ in range(20):
        later(story, 10)
    (told,) = (trace for trace in meanwhile(story) if trace.state != "complete")
    assert (told.state, told.diagnosis) == ("stalled", "terminating-slow")
    assert told.cause == "a Pod of it was not seen to go in time"
    assert "is the newest that was seen of it" in told.diagnosis_evidence[0].text
    story.stop(one)
    later(story, 10)
    assert {trace.state for trace in meanwhile(story)} == {"complete"}


def test_a_label_on_what_is_stuck_is_not_what_is_stuck() -> None:
    story = Story()
    web, rs, (only,) = running(story)
    turn(story, only, {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}})
    report(story, web, rs, 1, 0)
    story.change(web, {"metadata": {"labels": {"team": "a"}}}, "kubectl-label")
    uid = web["metadata"]["uid"]
    own = [trace for trace in story.told().traces.values() if trace.root.uid == uid]
    brought, marked = sorted(own, key=lambda trace: trace.started)
    assert (brought.state, brought.diagnosis) == ("stalled", "image-not-found")
    assert marked.summary.startswith("Waiting for ")
    assert "later" not in marked.summary


def test_what_ended_is_counted_no_more_so_that_nothing_is_reported_when_it_goes() -> None:
    story = Story()
    web, rs, (ended, _) = running(story, pods=2)
    story.change(
        ended, {"status": {"phase": "Failed", "reason": "Evicted"}}, "kubelet", sub="status"
    )
    new = story.create(pod(rs, "web-1-new", "node-1", labels={"app": "web"}), KCM)
    turn(story, new, {"running": {"startedAt": "2027-01-15T08:00:00Z"}}, ready=True)
    report(story, web, rs, 2, 2)
    story.delete(ended)
    story.wait(60)
    assert story.trace(ended).summary.endswith("is gone, and ReplicaSet web-1 is whole again.")
