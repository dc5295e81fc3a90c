"""Who deleted what where two were at work at once, or one by a view that lagged."""

from tests.explain.stories import KCM, Story
from tests.explain.test_rules_deletions import actors, namespace, owned
from tests.explain.things import pod, replicaset


def test_a_controller_that_says_it_deleted_a_pod_did_so_though_its_owner_was_gone_already() -> None:
    for says, actor in ((True, "replicaset-controller"), (False, "garbage-collector")):
        story = Story()
        rs = story.create(replicaset(None, replicas=2), "kubectl-create")
        first, second = story.create(pod(rs), KCM), story.create(pod(rs, "web-1-b"), KCM)
        story.change(rs, {"spec": {"replicas": 1}}, "kubectl", sub="scale")
        story.delete(rs)
        story.mark(first, 30)
        if says:
            text = f"Deleted pod: {first['metadata']['name']}"
            story.tell(rs, "SuccessfulDelete", text, "replicaset-controller")
        story.mark(second, 30)
        assert actors(story, first, second) == [actor, "garbage-collector"]


def test_a_controller_still_scales_down_what_was_scaled_up_again_before_it_saw_that() -> None:
    for observed, actor in ((1, "replicaset-controller"), (3, "client")):
        story = Story()
        rs = story.create(replicaset(None, replicas=1), "kubectl-create")
        web_pod = story.create(pod(rs), KCM)
        story.change(rs, {"status": {"replicas": 1, "observedGeneration": 1}}, KCM, sub="status")
        story.change(rs, {"spec": {"replicas": 0}}, "kubectl", sub="scale")
        story.change(rs, {"spec": {"replicas": 1}}, "kubectl", sub="scale")
        story.change(rs, {"status": {"observedGeneration": observed}}, KCM, sub="status")
        story.mark(web_pod, 30)
        assert actors(story, web_pod) == [actor]


def test_in_a_namespace_that_goes_a_controller_may_still_scale_down() -> None:
    for replicas, actor in ((0, "unknown"), (1, "namespace-controller")):
        story = Story()
        space = namespace(story)
        rs = story.create(replicaset(None, replicas=1), "kubectl-create")
        web_pod = story.create(pod(rs), KCM)
        story.change(rs, {"spec": {"replicas": replicas}}, "kubectl", sub="scale")
        story.mark(space)
        story.mark(web_pod, 30)
        assert actors(story, web_pod) == [actor]


def test_whoever_may_not_see_namespaces_is_not_told_that_the_collector_deleted() -> None:
    story = Story()
    web, rs, _ = owned(story)
    story.delete(web)
    story.delete(rs)
    assert actors(story, rs) == ["garbage-collector"]
    story.shown = [found for found in story.shown if found.resource.kind != "Namespace"]
    assert actors(story, rs) == ["unknown"]
