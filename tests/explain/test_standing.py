"""How one object stands when somebody asks, whether or not a trace of it is open."""

import msgspec

from eventstream.explain.engine.engine import Engine
from eventstream.objects.observations import Change
from tests.explain.stories import KCM, START, Story
from tests.explain.test_outlook_diagnoses import report, rollout, waiting
from tests.explain.things import condition, deployment, pod, replicaset, thing


def told(story: Story, at: float) -> Engine:
    engine = Engine("cluster")
    for shown in story.shown:
        engine.apply(shown)
    engine.tick(at, whole=True)
    return engine


def test_a_pod_is_judged_for_itself_though_its_owner_has_the_trace() -> None:
    story = Story()
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}
    spec = {"replicas": 2, "template": template}
    owner = story.exists(thing("ReplicationController", "web", spec=spec))
    stuck, well = pod(owner, "web-1", ""), pod(owner, "web-2", "node-1")
    full = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")
    stuck["status"] = {"phase": "Pending", "conditions": [full]}
    well["status"] = {
        "phase": "Running",
        "conditions": [condition("Ready", "True")],
        "containerStatuses": [{"name": "c", "ready": True, "state": {"running": {}}}],
    }
    for each in (stuck, well):
        story.exists(each)
    engine = told(story, START + 60)
    states = {}
    for each in (owner, stuck, well):
        trace = engine.standing(each["metadata"]["uid"], START + 60)
        assert trace is not None
        assert trace.root.uid == each["metadata"]["uid"]
        states[trace.root.name] = (trace.state, trace.diagnosis)
    assert states == {
        "web": ("stalled", "unschedulable"),
        "web-1": ("stalled", "unschedulable"),
        "web-2": ("complete", None),
    }


def test_to_ask_begins_no_trace_and_one_never_seen_stands_nowhere() -> None:
    story = Story()
    alone = story.exists(pod(thing("Job", "x"), "x-1", "node-1"))
    engine = told(story, START + 60)
    before = engine.open_traces
    assert engine.standing(alone["metadata"]["uid"], START + 60) is not None
    assert engine.standing("no-such-uid", START + 60) is None
    assert engine.standing("no-such-uid", START + 60) is None
    assert engine.open_traces == before
    assert engine.tick(START + 61) == []


def test_of_several_changes_the_one_that_came_last_is_told() -> None:
    story = Story()
    web = story.create(thing("Service", "web", spec={"selector": {"app": "web"}}), "kubectl-create")
    story.wait(5)
    story.change(web, {"spec": {"selector": {"app": "shop"}}}, "kubectl-edit")
    engine = told(story, story.at + 1)
    trace = engine.standing(web["metadata"]["uid"], story.at + 1)
    assert trace is not None
    assert "kubectl-edit" in trace.cause


def test_what_stands_still_tells_more_than_what_waits_for_it() -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting("ImagePullBackOff", "manifest unknown"))
    story.wait(5)
    story.change(web, {"spec": {"replicas": 2}}, "kubectl-scale", sub="scale")
    engine = told(story, story.at + 1)
    trace = engine.standing(web["metadata"]["uid"], story.at + 1)
    assert trace is not None
    assert (trace.state, trace.diagnosis) == ("stalled", "image-not-found")


def test_what_its_controller_changed_since_did_not_overtake_how_an_object_stands() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    only = story.create(pod(rs, "web-1-a", "node-1"), KCM)
    story.change(rs, {"spec": {"replicas": 0}}, KCM)
    engine = told(story, story.at + 1)
    for each in (rs, only):
        trace = engine.standing(each["metadata"]["uid"], story.at + 1)
        assert trace is not None
        assert trace.state == ("running" if each is rs else "complete")


def test_a_change_that_only_a_list_showed_is_how_an_object_stands_and_not_what_it_overtook() -> (
    None
):
    story = Story()
    web = story.create(deployment(replicas=0), "kubectl-create")
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "web:2"
    web["metadata"]["generation"] = 2
    web["status"] = {"observedGeneration": 2}
    story.change(web, {})
    last = story.shown[-1]
    assert isinstance(last, Change)
    story.shown[-1] = msgspec.structs.replace(last, relisted=True)
    engine = told(story, story.at + 1)
    trace = engine.standing(web["metadata"]["uid"], story.at + 1)
    assert trace is not None
    assert trace.state == "complete"
