"""What another object's trouble brings upon one: whose stall it is, and how it is told."""

import copy

import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import KCM, START, Json, Story, stamp
from tests.explain.tapes import Result
from tests.explain.test_outlook_disruptions import report, running, stands
from tests.explain.test_restore import Stopped
from tests.explain.things import condition, deployment, node, pod, replicaset, thing

LOST = condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")
NO_IMAGE: Json = {"waiting": {"reason": "ErrImagePull", "message": "bad:2: not found"}}


def broken_on_a_lost_node(story: Story) -> tuple[Json, Json, Json, Trace]:
    """A rollout to an image that nobody has, beside an old Pod, whose node is lost then."""
    host = story.exists(node())
    web, rs, (old,) = running(story)
    story.wait(40)
    template = {"spec": {"containers": [{"name": "c", "image": "bad:2"}]}}
    story.change(web, {"spec": {"template": template}}, "kubectl-set")
    newer = replicaset(web, "web-2", replicas=1)
    newer["spec"]["template"] = copy.deepcopy(web["spec"]["template"])
    newer["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    story.create(newer, KCM)
    counted(story, web, 1)
    new = story.create(pod(newer, "web-2-a", "", labels={"app": "web"}), KCM)
    story.change(new, {"spec": {"nodeName": "node-1"}})
    waits = {"containerStatuses": [{"name": "c", "ready": False, "state": NO_IMAGE}]}
    story.change(new, {"status": {"phase": "Pending"} | waits}, "kubelet", sub="status")
    began = story.trace(web)
    story.wait(40)
    story.change(host, {"status": {"conditions": [LOST]}}, KCM, sub="status")
    story.change(old, {"status": {"conditions": [condition("Ready", "False")]}}, KCM, sub="status")
    story.change(rs, {"status": {"readyReplicas": 0, "availableReplicas": 0}}, KCM, sub="status")
    counted(story, web, 0)
    return host, web, new, began


def counted(story: Story, web: Json, ready: int) -> None:
    """The Deployment's report amid its rollout: an old Pod, which is `ready` or not, and a new."""
    counts = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": ready}
    counts |= {"availableReplicas": ready, "observedGeneration": web["metadata"]["generation"]}
    story.change(web, {"status": counts}, KCM, sub="status")


def standing_after(story: Story, seconds: int, id_: str) -> Trace:
    """How a trace stands so long after the last that was shown, with nothing new meanwhile."""
    engine, kept = Engine("cluster"), Result()
    for observation in story.shown:
        kept.take(engine.apply(observation))
    for second in range(seconds):
        kept.take(engine.tick(story.shown[-1].at + 1 + second))
    return kept.traces[id_]


def test_what_its_own_change_broke_stays_with_that_change_when_its_node_is_lost_too() -> None:
    story = Story()
    host, web, _, began = broken_on_a_lost_node(story)
    assert (began.state, began.diagnosis) == ("stalled", "image-not-found")
    own = story.told().traces[began.id]
    assert (own.state, own.diagnosis, own.follows) == ("stalled", "node-lost", "")
    beside = stands(story, web, existing=True)
    assert (beside.state, beside.diagnosis) == ("running", None)
    assert beside.cause == "disrupted by node/node-1: a Pod of it is not ready any more"
    assert beside.follows == story.trace(host).id
    assert beside.started > own.started
    assert beside.summary.startswith(f"Waiting for an earlier change ({own.cause}), which is held")
    assert "Node@" in (beside.sources or ())


def test_that_its_node_was_lost_is_noticed_though_nothing_of_it_is_written() -> None:
    story = Story()
    *_, began = broken_on_a_lost_node(story)
    assert standing_after(story, 200, began.id).diagnosis == "node-lost"


def test_what_began_elsewhere_is_told_alike_after_a_restart() -> None:
    story = Story()
    *_, began = broken_on_a_lost_node(story)
    engine, stopped = Engine("cluster"), Stopped()
    for observation in story.shown:
        stopped.take(observation, engine.apply(observation))
    at = story.shown[-1].at
    stopped.note(engine.tick(at + 1))
    before = {t.id: t for t in stopped.result.traces.values() if t.root.name == "web"}
    after = stopped.engine(at + 2)
    stopped.note(after.tick(at + 3))
    assert len(before) == 3
    for id_, was in before.items():
        now = stopped.result.traces[id_]
        for field in ("state", "cause", "started", "summary", "follows", "sources", "diagnosis"):
            assert getattr(now, field) == getattr(was, field), (id_, field)
    assert stopped.result.traces[began.id].state == "stalled"


def test_a_pod_that_cannot_end_on_a_lost_node_is_told_though_the_rollout_is_complete() -> None:
    story = Story()
    host = story.exists(node())
    web, rs, (old, _) = running(story, pods=2)
    story.change(web, {"spec": {"replicas": 1}}, "kubectl-scale")
    story.change(rs, {"spec": {"replicas": 1}}, KCM)
    story.mark(old, 30)
    report(story, web, rs, 1, 1)
    seen = {"observedGeneration": web["metadata"]["generation"]}
    story.change(web, {"status": seen}, KCM, sub="status")
    assert story.trace(web).state == "complete"
    story.wait(160)
    story.change(host, {"status": {"conditions": [LOST]}}, KCM, sub="status")
    story.change(old, {"status": {"conditions": [condition("Ready", "False")]}}, KCM, sub="status")
    stuck = stands(story, web, existing=True)
    assert (stuck.state, stuck.diagnosis) == ("stalled", "node-lost")
    assert stuck.waiting_for == "Pod web-1-a to stop"
    assert stuck.cause == "disrupted by node/node-1: a Pod of it is not ready any more"


def test_what_the_objects_tell_of_a_cause_is_told_after_a_restart_of_what_went_on_since() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    rs: Json = {}
    for number in (1, 2):
        rs = replicaset(web, f"web-{number}", replicas=number - 1)
        rs["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
        rs["metadata"]["creationTimestamp"] = stamp(START - 60 / number)
        story.exists(rs)
    only = story.exists(pod(rs, "web-2-a"))
    engine, stopped = Engine("cluster"), Stopped()
    for observation in story.shown:
        stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(story.at + 10))
    seen = len(story.shown)
    story.wait(20)
    waits = {"containerStatuses": [{"name": "c", "ready": False, "state": NO_IMAGE}]}
    story.change(only, {"status": {"phase": "Pending"} | waits}, "kubelet", sub="status")
    for observation in story.shown[seen:]:
        stopped.take(observation, engine.apply(observation))
    stopped.note(engine.tick(story.at + 1))
    own = (t for t in stopped.result.traces.values() if t.root.name == "web")
    (before,) = (t for t in own if t.revision is None)
    assert before.steps == 1
    assert "at revision 2" in before.cause
    stopped.note(stopped.engine(story.at + 2).tick(story.at + 3))
    assert stopped.result.traces[before.id].cause == before.cause


def test_a_write_before_the_lists_does_not_hide_what_the_objects_tell_of_the_cause() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    story.change(web, {"status": {"observedGeneration": 1}}, KCM, sub="status")
    for number in (1, 2):
        rs = replicaset(web, f"web-{number}", replicas=number - 1)
        rs["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
        rs["metadata"]["creationTimestamp"] = stamp(START - 60 / number)
        story.exists(rs)
    own = [t for t in story.told().traces.values() if t.root.name == "web" and not t.revision]
    assert ["at revision 2" in t.cause for t in own] == [True]


@pytest.mark.parametrize("kind", ["Pod", "Service"])
def test_how_what_was_listed_stands_has_begun_when_it_was_created(kind: str) -> None:
    story = Story()
    one = pod(None, "a") if kind == "Pod" else thing("Service", "web")
    one["metadata"]["creationTimestamp"] = stamp(START - 3600)
    story.exists(one)
    engine = Engine("cluster")
    for observation in story.shown:
        engine.apply(observation)
    trace = engine.standing(one["metadata"]["uid"], story.at + 60)
    assert trace is not None
    assert trace.started == START - 3600
