"""Who deletes in a namespace that is being deleted: its controller, unless others have reasons."""

from tests.explain.stories import KCM, Story
from tests.explain.test_rules_deletions import actors
from tests.explain.test_rules_finalizers import owned
from tests.explain.things import (
    condition,
    deployment,
    job,
    owned_by,
    pod,
    replicaset,
    thing,
    website,
)


def test_in_a_namespace_that_goes_an_operator_may_clean_up_what_it_made() -> None:
    for held, actor in ((True, "unknown"), (False, "namespace-controller")):
        story = Story()
        space = story.create(thing("Namespace", "shop", spec={"finalizers": ["k"]}), "kubectl")
        site = story.create(website(), "kubectl-create")
        finalizers = ["example.com/site"] if held else []
        story.change(site, {"metadata": {"finalizers": finalizers}}, "site-operator")
        web = story.create(deployment() | {"metadata": owned(site)}, "site-operator")
        story.mark(space)
        story.wait(9)
        story.mark(site, finalizers=finalizers)
        story.wait(9)
        story.delete(web)
        assert actors(story, web) == [actor]


def test_in_a_namespace_that_goes_a_cronjob_may_still_delete_its_old_jobs() -> None:
    for limit, actor in ((0, "unknown"), (3, "namespace-controller")):
        story = Story()
        space = story.create(thing("Namespace", "shop", spec={"finalizers": ["k"]}), "kubectl")
        tick = thing("CronJob", "tick", "batch/v1", spec={"successfulJobsHistoryLimit": limit})
        story.create(tick, "kubectl-create")
        done = job("tick-1")
        done["metadata"]["ownerReferences"] = [owned_by(tick)]
        story.create(done, KCM)
        ended = {"conditions": [condition("Complete", "True")]}
        story.change(done, {"status": ended}, KCM, sub="status")
        story.mark(space)
        story.delete(done)
        assert actors(story, done) == [actor]


def test_in_a_namespace_that_goes_a_controller_may_still_answer_a_smaller_number() -> None:
    """What it deletes it chose before the others were gone, so that a count shows nothing."""
    for observed, actor in ((1, "unknown"), (2, "namespace-controller")):
        story = Story()
        space = story.create(thing("Namespace", "shop", spec={"finalizers": ["k"]}), "kubectl")
        rs = replicaset(None, replicas=2)
        rs["status"]["observedGeneration"] = 1
        story.create(rs, "kubectl-create")
        first, second = (story.create(pod(rs, name), KCM) for name in ("web-1-a", "web-1-b"))
        story.mark(space)
        story.change(rs, {"spec": {"replicas": 1}}, "kubectl-patch")
        story.change(rs, {"status": {"observedGeneration": observed}}, KCM, sub="status")
        story.mark(first, 30)
        story.mark(second, 30)
        assert actors(story, second) == [actor]
