"""What a first look at a running cluster says of what it finds, from the objects' own times."""

from datetime import UTC, datetime

import pytest

from eventstream.explain.engine import asides
from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import Trace
from eventstream.explain.world.known import MAKERS
from eventstream.objects.observations import Coverage, CoverageState, Observation, Position
from eventstream.objects.resource import Resource
from tests.explain.first_contact import contact, listed_at
from tests.explain.stories import START, Json, Story, stamp
from tests.explain.tapes import NAMES, Result, observations
from tests.explain.things import condition, daemonset, pod, statefulset, thing, website


def clock(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S") if at is not None else ""


def found(name: str, seconds: float, title: str, wait: float = 5.0) -> Trace:
    traces = contact(name, seconds, wait).traces.values()
    [trace] = [trace for trace in traces if trace.title == title]
    return trace


STUCK = [
    ("bad_image", 20, "deployment/api", "kubelet", "image-not-found", "00:09:42"),
    ("crash_loop", 17, "deployment/flaky", "kubelet", "crash-loop", "00:10:46"),
    ("quota", 5, "deployment/capped", "replicaset-controller", "quota-exceeded", "00:11:45"),
    ("unschedulable", 5, "deployment/big", "scheduler", "unschedulable", "00:11:17"),
]


@pytest.mark.parametrize(("name", "at", "title", "holder", "diagnosis", "since"), STUCK)
def test_a_rollout_that_is_stuck_has_its_holder_since_then(
    name: str, at: float, title: str, holder: str, diagnosis: str, since: str
) -> None:
    trace = found(name, at, title)
    assert (trace.state, trace.holder, trace.diagnosis) == ("stalled", holder, diagnosis)
    assert clock(trace.waiting_since) == since
    assert trace.existing
    assert not trace.background
    assert trace.started < observations(name)[0].at + at


UNDER_WAY = [
    ("rolling_update", 8, "deployment/web", "kubelet", "00:08:39"),
    ("bad_image", 26, "deployment/api", "kubelet", "00:10:06"),
    ("workloads", 2, "statefulset/db", "kubelet", "00:13:18"),
]


@pytest.mark.parametrize(("name", "at", "title", "holder", "since"), UNDER_WAY)
def test_a_rollout_under_way_goes_on_from_there(
    name: str, at: float, title: str, holder: str, since: str
) -> None:
    trace = found(name, at, title)
    assert (trace.state, trace.holder, trace.diagnosis) == ("running", holder, None)
    assert clock(trace.waiting_since) == since


def test_a_pod_that_stops_waits_since_it_was_asked_to_and_not_for_its_grace() -> None:
    trace = found("rolling_update", 2, "deployment/web")
    assert " to go (its containers have ended" in trace.waiting_for
    assert trace.waiting_since is not None
    assert trace.waiting_since <= observations("rolling_update")[0].at + 2


@pytest.mark.parametrize("name", ["create", "scale", "rolling_update", "self_heal"])
def test_what_is_whole_stays_in_the_background(name: str) -> None:
    traces = [trace for trace in contact(name, 5.0).traces.values() if trace.revision is None]
    assert traces
    assert all(trace.background for trace in traces)
    for trace in traces:
        assert trace.cause.startswith("existing since 2026-11-23T00:")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_there_is_told_as_new(name: str) -> None:
    existing, _ = listed_at(name, 10.0)
    assert existing
    assert contact(name, 10.0).steps.keys() == set()


def test_a_statefulset_and_a_custom_resource_that_hang_are_found_so() -> None:
    story = Story()
    db = statefulset(replicas=1)
    db["metadata"]["creationTimestamp"] = "2027-01-15T07:00:00Z"
    db["status"] = {"replicas": 1}
    stuck = pod(story.exists(db), "db-0", "")
    full = condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")
    full["lastTransitionTime"] = "2027-01-15T07:30:00Z"
    stuck["status"] = {"phase": "Pending", "conditions": [full]}
    story.exists(stuck)
    trace = story.trace(db)
    assert (trace.holder, trace.diagnosis) == ("scheduler", "unschedulable")
    assert clock(trace.waiting_since) == "07:30:00"
    assert clock(trace.started) == "07:00:00"

    site = website(metadata={"creationTimestamp": "2027-01-15T07:10:00Z"})
    waits = condition("Ready", "False", "Waiting", "2 of 3 shards are up")
    waits["lastTransitionTime"] = "2027-01-15T07:20:00Z"
    story.exists(site | {"status": {"conditions": [waits]}})
    trace = story.trace(site)
    assert (trace.state, trace.holder) == ("stalled", "custom-controller")
    assert (trace.diagnosis, clock(trace.waiting_since)) == ("not-ready", "07:20:00")
    assert trace.started < START


def test_a_custom_resource_that_says_nothing_is_not_called_stuck() -> None:
    story = Story()
    settings = story.exists(website(metadata={"creationTimestamp": "2027-01-15T07:10:00Z"}))
    assert story.trace(settings).background


def lists(*kinds: str) -> list[Observation]:
    """The ends of the first lists of these kinds, which hold nothing more."""
    groups = {"Pod": "", "ReplicationController": "", "Job": "batch"}
    return [
        Position(Resource(groups.get(kind, "apps"), "v1", f"{kind.lower()}s", kind), "9", START,
                 listed=True)
        for kind in kinds
    ]  # fmt: skip


def test_that_nothing_is_behind_a_service_is_told_only_once_all_of_that_is_listed() -> None:
    story, result, engine = Story(), Result(), Engine("cluster")
    old = {"creationTimestamp": stamp(START - 3600)}
    story.exists(thing("Service", "web", spec={"selector": {"app": "web"}}, metadata=old))
    for shown in story.shown:
        result.take(engine.apply(shown))
    result.take(engine.tick(START + 30))
    for shown in lists("Pod", *MAKERS[:-1]):
        result.take(engine.apply(shown))
    result.take(engine.tick(START + 31))
    assert result.traces == {}
    for shown in lists(MAKERS[-1]):
        result.take(engine.apply(shown))
    result.take(engine.tick(START + 32))
    [trace] = result.traces.values()
    assert (trace.state, trace.holder) == ("stalled", "client")
    assert "no Pod has app=web" in trace.summary


def test_whether_pods_are_behind_a_service_is_unknown_where_none_may_be_seen() -> None:
    story = Story()
    story.exists(thing("Namespace", "shop"))
    web = story.create(thing("Service", "web", spec={"selector": {"app": "web"}}), "kubectl")
    story.wait(600)
    trace = story.trace(web)
    assert (trace.state, trace.diagnosis) == ("unknown", None)
    assert "Baton has not seen any Pod" in trace.summary


def test_a_service_has_no_endpoints_on_purpose_where_its_workload_is_to_have_no_pods() -> None:
    story = Story()
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}
    spec = {"replicas": 0, "template": template}
    story.exists(thing("ReplicationController", "web-1", spec=spec))
    story.exists(pod(website(), "other-1", "node-1"))
    web = story.create(thing("Service", "web", spec={"selector": {"app": "web"}}), "kubectl")
    story.wait(600)
    trace = story.trace(web)
    assert trace.state == "complete"
    assert "has no endpoints now" in trace.summary


@pytest.mark.parametrize("name", NAMES)
def test_what_is_met_a_few_at_a_time_is_told_as_what_is_met_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[dict[str, Trace], list[int]]:
        existing, _ = listed_at(name, 8.0)
        engine, result = Engine("cluster"), Result()
        for observation in existing:
            result.take(engine.apply(observation))
        begun = []
        for number in range(100):
            before = len(result.traces)
            result.take(engine.tick(existing[0].at + 5.0 + number / 10))
            begun.append(len(result.traces) - before)
        return result.traces, begun

    at_once, first = told()
    monkeypatch.setattr(asides, "_AT_ONCE", 1)
    one_by_one, begun = told()
    assert one_by_one == at_once
    if name == "workloads":
        assert begun[0] < first[0], "nothing was put off"


DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


def begun(state: CoverageState) -> tuple[set[str], set[str]]:
    """The kinds of the traces that begin before Deployments are listed, and once they may be."""
    existing, _ = listed_at("create", 10.0)
    at = existing[0].at
    engine, result = Engine("cluster"), Result()
    result.take(engine.apply(Coverage(DEPLOYMENTS, "listing", at)))
    late = [each for each in existing if each.resource == DEPLOYMENTS]
    for observation in [each for each in existing if each not in late]:
        result.take(engine.apply(observation))
    result.take(engine.tick(at + 8))
    before = {trace.root.kind for trace in result.traces.values()}
    result.take(engine.apply(Coverage(DEPLOYMENTS, state, at + 8)))
    for observation in late if state == "watching" else ():
        result.take(engine.apply(observation))
    result.take(engine.tick(at + 9))
    return before, {trace.root.kind for trace in result.traces.values()}


def test_what_an_owner_owns_is_not_told_apart_while_the_list_of_owners_is_to_come() -> None:
    assert begun("watching") == (set(), {"Deployment"})


def test_what_may_not_be_listed_is_not_waited_for() -> None:
    assert begun("forbidden") == (set(), {"ReplicaSet"})


def with_a_failed_pod(story: Story, reason: str) -> tuple[Json, Json]:
    """A DaemonSet that is older than watching, and its Pod that has failed."""
    agent = daemonset()
    agent["metadata"]["creationTimestamp"] = stamp(START - 600)
    failed = pod(story.exists(agent), "agent-1")
    failed["status"] = {"phase": "Failed", "reason": reason, "message": "why"}
    return agent, story.exists(failed)


def test_a_daemonset_whose_controller_pauses_is_found_so_as_it_deletes_the_next_failed_pod() -> (
    None
):
    story = Story()
    agent, failed = with_a_failed_pod(story, "OutOfpods")
    story.tell(agent, "FailedDaemonPod", "Found failed daemon pod", "daemonset-controller", 5)
    story.delete(failed)
    story.tell(agent, "SuccessfulDelete", "Deleted pod: agent-1", "daemonset-controller")
    trace = story.trace(agent)
    assert (trace.state, trace.diagnosis, trace.holder) == ("stalled", "pod-failed", "kubelet")


def test_a_daemonsets_controller_that_has_just_deleted_a_pod_is_not_silent() -> None:
    story = Story()
    agent, failed = with_a_failed_pod(story, "Evicted")
    story.delete(failed)
    trace = story.trace(agent)
    assert (trace.state, trace.holder) == ("running", "daemonset-controller")
