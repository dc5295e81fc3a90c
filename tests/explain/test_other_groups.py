"""A kind of another group that has the name of one of Kubernetes' own is not taken for it."""

import pytest

from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.registry import is_a
from tests.explain.stories import Json, Story
from tests.explain.things import thing

GROUP = "example.com/v1"
OPERATOR = "example-operator"


def named_alike(story: Story, kind: str, **parts: Json) -> Json:
    """An object of another group, whose controller reports on it."""
    made = story.create(thing(kind, "one", GROUP, **parts), "kubectl-create")
    made["metadata"]["namespace"] = "shop"
    return story.change(made, {"status": {"phase": "Ready"}}, OPERATOR, sub="status")


@pytest.mark.parametrize(
    ("api_version", "kind", "same"),
    [("v1", kinds.NAMESPACE, True), ("apps/v1", kinds.DEPLOYMENT, True), (GROUP, kinds.POD, False)],
)
def test_a_kind_is_told_by_its_group(api_version: str, kind: GroupKind, same: bool) -> None:
    ref = thing(kind.kind, "one", api_version)
    story = Story()
    story.create(ref, "kubectl-create")
    assert is_a(story.last(ref).object, kind) == same


def test_its_end_is_not_the_namespace_controllers() -> None:
    story = Story()
    one = named_alike(story, "Namespace")
    story.mark(one, finalizers=["example.com/cleanup"])
    trace = story.trace(one)
    assert trace.holder == "custom-controller"
    one["metadata"]["finalizers"] = []
    story.change(one, {"metadata": {"labels": {"a": "b"}}}, OPERATOR)
    assert story.trace(one).holder != "namespace-controller"


def test_its_creation_is_no_step_of_the_documented_sequence_of_a_deployment() -> None:
    story = Story()
    made = named_alike(story, "Deployment", spec={"replicas": 1})
    assert story.step(made, 0).documented == ()
    own = story.create(thing("Deployment", "two", "apps/v1", spec={"replicas": 1}), "kubectl")
    assert 1 in story.step(own, 0).documented


def test_a_service_is_not_led_to_by_it() -> None:
    story = Story()
    labels = {"labels": {"app": "web"}}
    story.create(thing("Job", "one", GROUP, metadata=labels), "kubectl-create")
    story.create(thing("Pod", "two", metadata={"labels": {"app": "other"}}, spec={}), "kubectl")
    web = thing("Service", "web", spec={"type": "ClusterIP", "selector": {"app": "web"}})
    story.create(web, "kubectl-create")
    story.wait(60.0)
    story.create(thing("Node", "clock"))
    assert story.trace(web).summary == (
        "Service web has no endpoints: no Pod has app=web, and no workload of Kubernetes' own "
        "makes such Pods."
    )
