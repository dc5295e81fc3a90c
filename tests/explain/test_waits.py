"""Which kind of wait each holder's is: it is compared with its like alone."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.explain.outlook import waits
from eventstream.explain.vocabulary.records import WaitsSeen
from eventstream.objects.observations import Observation
from tests.explain.stories import KCM, Json, Story
from tests.explain.tapes import Result, observations
from tests.explain.test_interleavings import interleaved
from tests.explain.test_outlook_diagnoses import report, rollout
from tests.explain.things import condition, deployment, job, pod, replicaset, thing, website


def unmade(story: Story) -> Json:
    return story.create(deployment(replicas=1), "kubectl-create")


def podless(story: Story) -> Json:
    web = unmade(story)
    story.create(replicaset(web, replicas=1), KCM)
    return web


def too_many(story: Story) -> Json:
    web = unmade(story)
    rs = story.create(replicaset(web, replicas=0), KCM)
    story.create(pod(rs), KCM)
    return web


def unbound(story: Story) -> Json:
    return rollout(story, "")[0]


def bound(story: Story) -> Json:
    return rollout(story)[0]


def pulling(story: Story) -> Json:
    web, _, made = rollout(story)
    story.tell(made, "Pulling", "Pulling image", "kubelet")
    return web


def unready(story: Story) -> Json:
    web, _, made = rollout(story)
    report(story, made, {"name": "c", "state": {"running": {}}}, phase="Running")
    return web


def unreported(story: Story) -> Json:
    web = unmade(story)
    rs = story.create(replicaset(web, replicas=1), KCM)
    story.create(pod(rs), KCM)
    return web


def stopping(story: Story) -> Json:
    return story.mark(story.exists(pod(None, "bare")), 30)


def held(story: Story) -> Json:
    return story.mark(story.exists(website()), finalizers=["example.com/x"])


def unanswered(story: Story) -> Json:
    return story.create(website(), "kubectl-create")


def unfinished(story: Story) -> Json:
    site = unanswered(story)
    said = {"conditions": [condition("Ready", "False", "Waiting", "soon")]}
    return story.change(site, {"status": said}, "site-operator", sub="status")


def collected(story: Story) -> Json:
    web = story.exists(deployment())
    story.exists(replicaset(web))
    return story.delete(web)


def namespace(story: Story) -> Json:
    return story.mark(story.exists(thing("Namespace", "old")))


def attempt(story: Story) -> Json:
    once = story.create(job(), "kubectl-create")
    return story.change(once, {"status": {"failed": 1}}, KCM, sub="status")


@pytest.mark.parametrize(
    ("waits_for", "key"),
    [
        (unmade, "deployment-controller/create-replicaset"),
        (podless, "replicaset-controller/create-pods"),
        (too_many, "replicaset-controller/delete-pods"),
        (unbound, "scheduler/bind"),
        (bound, "kubelet/start"),
        (pulling, "kubelet/pull-and-start"),
        (unready, "kubelet/ready"),
        (unreported, "deployment-controller/report-status"),
        (stopping, "kubelet/stop"),
        (held, "custom-controller/let-go"),
        (unanswered, "custom-controller/act/Website.stable.example.com"),
        (unfinished, "custom-controller/become-ready/Website.stable.example.com"),
        (collected, "garbage-collector/collect"),
        (namespace, "namespace-controller/empty-namespace"),
        (attempt, "job-controller/next-attempt"),
    ],
)
def test_a_wait_goes_by_the_kind_of_its_step(waits_for: Callable[[Story], Json], key: str) -> None:
    story = Story("Pod")
    found = story.trace(waits_for(story)).usual
    assert found is not None
    assert found.key == key
    assert waits.split(key)[1] in waits.WORDS


def counted(shown: Sequence[Observation]) -> dict[str, WaitsSeen]:
    """The waits that are counted once all of a recording has settled."""
    engine, result = Engine("cluster"), Result()
    for observation in shown:
        result.take(engine.apply(observation))
    last = max(observation.at for observation in shown)
    result.take(engine.tick(last))
    result.take(engine.tick(last + 1000))
    return result.waits


@pytest.mark.parametrize("name", ["create", "rolling_update", "self_heal", "operator"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_what_is_counted_does_not_depend_on_how_streams_interleave(
    name: str, random: Random
) -> None:
    expected = counted(observations(name))
    assert expected
    assert counted(interleaved(name, random)) == expected
