"""What is usual for a wait: measured from steps, learned once, and what is called overdue by it."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.explain.outlook import usual, waits
from eventstream.explain.outlook.usual import KEPT, KINDS, UsualWaits
from eventstream.explain.outlook.waits import ENOUGH, stated_limit, usual_of
from eventstream.explain.vocabulary.records import StepUpsert, Trace, Usual, WaitsSeen
from eventstream.objects.observations import Coverage, CoverageState
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import NAMES, Result, observations
from tests.explain.test_outlook_diagnoses import complete, report, rollout, waiting
from tests.explain.things import condition, deployment, pod, replicaset, thing, website

LATER = 1000.0


def learned(story: Story) -> dict[str, tuple[float, ...]]:
    """The waits that were counted once all that the story tells has settled."""
    engine, result = Engine("cluster"), Result()
    for observation in story.shown:
        result.take(engine.apply(observation))
    result.take(engine.tick(story.at))
    result.take(engine.tick(story.at + LATER))
    return {key: seen.samples for key, seen in result.waits.items()}


def test_each_step_of_a_rollout_is_measured_from_what_it_answers() -> None:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    story.wait(1)
    rs = story.create(replicaset(web, replicas=1), KCM)
    story.wait(2)
    made = story.create(pod(rs, node_name=""), KCM)
    story.wait(3)
    story.change(made, {"spec": {"nodeName": "node-1"}})
    story.wait(4)
    report(story, made, {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}})
    report(story, made, {"name": "c", "state": {"running": {}}}, phase="Running")
    story.wait(5)
    complete(story, web, rs, made)
    found = learned(story)
    assert found == {
        "deployment-controller/create-replicaset": (2.0,),
        "replicaset-controller/create-pods": (3.0,),
        "scheduler/bind": (4.0,),
        "kubelet/report": (5.0,),
        "kubelet/start": (6.0,),
        "kubelet/ready": (6.0,),
        "replicaset-controller/report-status": (1.0,),
        "deployment-controller/report-status": (1.0,),
    }


def test_a_pull_and_init_containers_are_other_waits_than_a_mere_start() -> None:
    story = Story()
    web, rs, made = rollout(story, "")
    story.change(made, {"spec": {"nodeName": "node-1"}})
    story.tell(made, "Pulling", "Pulling image", "kubelet")
    complete(story, web, rs, made)
    assert learned(story)["kubelet/pull-and-start"] == (2.0,)
    story = Story()
    web, rs, made = rollout(story, "")
    first = {"initContainers": [{"name": "first", "image": "x"}]}
    story.change(made, {"spec": {"nodeName": "node-1"} | first})
    complete(story, web, rs, made)
    assert learned(story)["kubelet/start-after-init"] == (1.0,)


def test_a_wait_that_something_wrong_prolonged_does_not_count() -> None:
    story = Story()
    web, rs, made = rollout(story)
    report(story, made, waiting("ImagePullBackOff", "manifest unknown"))
    story.wait(600)
    complete(story, web, rs, made)
    assert not {key for key in learned(story) if key.startswith("kubelet/start")}
    story = Story()
    web, rs, made = rollout(story, "")
    found = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    story.change(made, {"status": {"conditions": [found]}}, "kube-scheduler", sub="status")
    story.wait(600)
    complete(story, web, rs, made)
    assert "scheduler/bind" not in learned(story)


def test_what_was_there_or_fell_into_a_gap_begins_no_wait() -> None:
    story = Story()
    web = story.exists(deployment(replicas=1))
    rs = story.create(replicaset(web, replicas=1), KCM)
    complete(story, web, rs, story.create(pod(rs), KCM))
    assert "deployment-controller/create-replicaset" not in learned(story)
    assert learned(story)["replicaset-controller/create-pods"] == (1.0,)


def test_what_arrives_with_the_backlog_of_a_broken_watch_measures_nothing() -> None:
    story = Story()
    web, rs, made = rollout(story, "")
    pods = story.shown[-1].resource
    story.change(made, {"spec": {"nodeName": "node-1"}})
    complete(story, web, rs, made)
    assert "scheduler/bind" in learned(story)
    shown, at = story.shown, story.at - 5

    def watched(*states: CoverageState) -> set[str]:
        story.shown = [*(Coverage(pods, state, at) for state in states), *shown]
        return {key.partition("/")[0] for key in learned(story)}

    assert watched("listing", "watching", "watching") >= {"scheduler", "kubelet"}
    assert watched("watching") == {"deployment-controller"}
    assert watched("listing", "watching", "backing-off", "watching") == {"deployment-controller"}


def test_a_custom_controllers_answer_counts_once_for_each_change() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.wait(2)
    for shards in range(3):
        story.change(site, {"status": {"shards": shards}}, "site-operator", sub="status")
    story.change(site, {"spec": {"replicas": 3}}, "kubectl-patch")
    story.change(site, {"status": {"shards": 9}}, "site-operator", sub="status")
    assert learned(story)["custom-controller/act/Website.stable.example.com"] == (3.0, 1.0)


@pytest.mark.parametrize("type_", ["Ready", "Available"])
def test_how_long_a_custom_resource_takes_to_be_ready_is_measured(type_: str) -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    for status in ("False", "False", "True", "True"):
        said = {"conditions": [condition(type_, status), condition("Synced", "True")]}
        story.change(site, {"status": said | {"at": story.at}}, "site-operator", sub="status")
    assert learned(story)["custom-controller/become-ready/Website.stable.example.com"] == (3.0,)


@pytest.mark.parametrize("name", NAMES)
def test_every_wait_that_is_counted_has_words_and_a_known_actor(name: str) -> None:
    engine, result = Engine("cluster"), Result()
    for observation in observations(name):
        result.take(engine.apply(observation))
    result.take(engine.tick(observations(name)[-1].at))
    result.take(engine.tick(observations(name)[-1].at + LATER))
    assert result.waits or any(not trace.settled for trace in result.traces.values())
    for key, seen in result.waits.items():
        assert waits.split(key)[1] in waits.WORDS
        assert len(seen.samples) == seen.seen > 0
        assert all(0 <= seconds < 60 for seconds in seen.samples)


def rows(*samples: float, key: str = "scheduler/bind") -> list[WaitsSeen]:
    return [WaitsSeen(key, len(samples), samples)]


@pytest.mark.parametrize(
    ("samples", "limit", "stated"),
    [
        ((), 30.0, True),
        ((0.1,) * (ENOUGH - 1), 30.0, True),
        ((0.1,) * ENOUGH, 15.0, False),
        ((20.0,) * ENOUGH, 60.0, False),
        ((2000.0,) * ENOUGH, 300.0, False),
        ((0.1,) * 95 + (500.0,) * 5, 15.0, False),
    ],
)
def test_a_learned_limit_is_neither_nervous_nor_blind(
    samples: tuple[float, ...], limit: float, *, stated: bool
) -> None:
    found = usual_of("scheduler/bind", len(samples), samples)
    assert (found.limit, found.stated) == (limit, stated)


def test_the_back_off_between_a_jobs_attempts_teaches_nothing_of_the_next() -> None:
    found = usual_of("job-controller/next-attempt", 50, (10.0,) * 50)
    assert (found.median, found.limit) == (10.0, 630.0)


durations = st.floats(min_value=0, max_value=1e6)


@given(st.lists(durations, min_size=1, max_size=300))
def test_quantiles_are_samples_and_split_them_as_they_say(samples: list[float]) -> None:
    found = usual_of("kubelet/start", len(samples), tuple(samples))
    for value, share in ((found.median, 0.5), (found.p95, 0.95)):
        assert value in samples
        assert sum(s <= value for s in samples) >= math.ceil(share * len(samples) - 1e-9)
        assert sum(s < value for s in samples) < share * len(samples)
    stated = stated_limit("kubelet/start")
    assert stated / 2 <= found.limit <= stated * 10


@given(st.lists(st.tuples(st.integers(0, 400), durations), max_size=900))
def test_what_is_kept_has_a_bound_and_the_newest_is_kept(told: list[tuple[int, float]]) -> None:
    kept, expected = UsualWaits(), dict[str, list[float]]()
    for number, (kind, seconds) in enumerate(told):
        key = f"custom-controller/act/K{kind}.example.com"
        kept._learned.append((number, key, seconds, float(number)))
        kept.news()
        expected[key] = [*expected.pop(key, []), seconds]
        if len(expected) > KINDS:
            del expected[next(iter(expected))]
    assert {key: list(found) for key, found in kept._samples.items()} == {
        key: found[-KEPT:] for key, found in expected.items()
    }


def test_a_restart_goes_on_counting_and_counts_nothing_twice() -> None:
    first = UsualWaits()
    first._learned.extend((n, "scheduler/bind", float(n), float(n)) for n in range(KEPT + 5))
    [upsert] = first.news()
    again = UsualWaits()
    again.restore([upsert.waits])
    assert again.of("scheduler/bind") == first.of("scheduler/bind")
    assert (again.of("scheduler/bind").seen, len(upsert.waits.samples)) == (KEPT + 5, KEPT)
    assert again.news() == []


def crashing() -> Story:
    """A Pod that is never ready for long: its trace does not settle."""
    story = Story()
    _, _, made = rollout(story, "")
    story.change(made, {"spec": {"nodeName": "node-1"}})
    for attempt in range(400):
        ended = {"terminated": {"exitCode": 1}}
        state = {"name": "c", "restartCount": attempt, "lastState": ended, "state": {"running": {}}}
        report(story, made, state, phase="Running")
    return story


@pytest.mark.parametrize("every", [1000, 37])
def test_a_trace_that_does_not_settle_is_measured_all_the_same_and_once(every: int) -> None:
    story, result, memos = crashing(), Result(), dict[str, bytes]()
    engine = Engine("cluster")
    for number, observation in enumerate(story.shown):
        if number % every == every - 1:
            engine = Engine("cluster")
            traces = list(result.traces.values())
            engine.restore([], memos.values(), traces, observation.at, waits=result.waits.values())
        for upsert in (*engine.apply(observation), *engine.tick(observation.at)):
            result.take([upsert])
            if isinstance(upsert, StepUpsert):
                memos[upsert.step.id] = upsert.memo
    assert [trace.settled for trace in result.traces.values()] == [False]
    assert {key: seen.samples for key, seen in result.waits.items()} == {
        "deployment-controller/create-replicaset": (1.0,),
        "replicaset-controller/create-pods": (1.0,),
        "scheduler/bind": (1.0,),
        "kubelet/report": (1.0,),
        "kubelet/start": (1.0,),
    }


def judged(story: Story, known: Iterable[WaitsSeen], after: float) -> Trace:
    """How the story's Deployment stands so long after its last write, with what was learned."""
    engine, result = Engine("cluster"), Result()
    engine.restore([], [], [], story.at, waits=known)
    for observation in story.shown:
        result.take(engine.apply(observation))
    last = story.shown[-1].at
    for seconds in range(math.ceil(after)):
        result.take(engine.tick(last + seconds))
    result.take(engine.tick(last + after))
    [trace] = [t for t in result.traces.values() if t.root.kind == "Deployment"]
    return trace


@pytest.mark.parametrize(
    ("known", "after", "diagnosis"),
    [
        ([], 29.0, None),
        ([], 31.0, "controller-silent"),
        (rows(*[0.2] * 50), 14.0, None),
        (rows(*[0.2] * 50), 16.0, "controller-silent"),
        (rows(*[30.0] * 50), 89.0, None),
        (rows(*[30.0] * 50), 91.0, "controller-silent"),
    ],
)
def test_what_was_learned_moves_when_a_wait_is_called_overdue(
    known: list[WaitsSeen], after: float, diagnosis: str | None
) -> None:
    story = Story()
    rollout(story, "")
    assert judged(story, known, after).diagnosis == diagnosis


def test_a_default_is_said_to_be_one() -> None:
    story = Story()
    rollout(story, "")
    trace = judged(story, [], 40)
    assert trace.summary == (
        "The scheduler was not seen to act for longer than 30 s (taken to be usual: no wait like "
        "this was seen yet): waiting for a node for Pod web-1-a."
    )
    assert trace.usual == Usual(
        "scheduler/bind", "scheduler", "binds a new Pod to a node", 0, None, None, 30.0, stated=True
    )
    assert "30 s (taken to be usual until 20 waits like this were seen)" in (
        judged(story, rows(0.1, 0.3), 40).summary
    )
    trace = judged(story, rows(*[0.2] * 50), 40)
    assert "longer than 15 s (95 % of such waits ended within 200 ms)" in trace.summary


def test_an_odd_object_defeats_its_own_measuring_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defeated(_: object) -> None:
        raise TypeError("unhashable type: 'list'")

    monkeypatch.setitem(usual._RULES, "bound", defeated)
    story = Story()
    web, rs, made = rollout(story, "")
    story.change(made, {"spec": {"nodeName": "node-1"}})
    complete(story, web, rs, made)
    assert "kubelet/start" in learned(story)
    assert "How long Pod web-1-a" in caplog.text


def test_people_and_work_of_any_length_have_no_usual_time() -> None:
    story = Story()
    web = story.create(deployment(paused=True), "kubectl-create")
    assert story.trace(web).usual is None
    story.create(thing("Namespace", "tick"), "kubectl-create")
    made: Json = story.create(deployment("other"), "kubectl-create")
    found = story.trace(made).usual
    assert found is not None
    assert found.key == "deployment-controller/create-replicaset"
