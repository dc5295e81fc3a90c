"""Objects that come without managedFields, as kubectl shows them: what was written tells by whom.

Only where nobody but one controller writes that; else it stays open.
"""

import pytest

from tests.explain.stories import Json, Story
from tests.explain.things import (
    deployment,
    node,
    owned_by,
    pod,
    replicaset,
    statefulset,
    thing,
)

NOTES = "deployment.kubernetes.io/"
NODES = "node.kubernetes.io/"
CLAIM = {"resources": {"requests": {"storage": "1Gi"}}}


def who(story: Story, what: Json) -> tuple[str, str]:
    """Who wrote the object's newest version, and how that is known."""
    step = story.last(what)
    return step.actor, step.grades.who


def test_a_replicaset_is_scaled_by_who_notes_there_how_many_are_asked_for() -> None:
    story = Story()
    web = story.create(deployment())
    old = story.create(replicaset(web))
    story.change(
        old,
        {"spec": {"replicas": 5}, "metadata": {"annotations": {f"{NOTES}desired-replicas": "5"}}},
    )
    assert who(story, old) == ("deployment-controller", "inferred")
    story.change(old, {"spec": {"replicas": 1}})
    assert who(story, old)[0] == "unknown"


def test_a_revision_is_noted_with_the_status() -> None:
    story = Story()
    web = story.create(deployment())
    noted = {"metadata": {"annotations": {f"{NOTES}revision": "1"}}, "status": {"replicas": 2}}
    story.change(web, noted)
    assert (who(story, web), story.last(web).verb) == (
        ("deployment-controller", "inferred"),
        "report",
    )


@pytest.mark.parametrize("owner", [replicaset(), statefulset()])
def test_a_pod_is_adopted_by_the_controller_of_its_new_owner(owner: Json) -> None:
    story = Story()
    story.create(owner)
    lone = story.create(pod(None, "lone"))
    story.change(lone, {"metadata": {"ownerReferences": [owned_by(owner)]}})
    step = story.last(lone)
    assert step.rule == "adopted"
    assert step.grades.who == "inferred"


@pytest.mark.parametrize(
    ("key", "actor"),
    [("unreachable", "node-lifecycle-controller"), ("out-of-service", "unknown")],
)
def test_a_taint_of_kubernetes_is_its_controllers_but_for_one_that_people_put(
    key: str, actor: str
) -> None:
    story = Story()
    host = story.create(node())
    story.change(host, {"spec": {"taints": [{"key": f"{NODES}{key}", "effect": "NoExecute"}]}})
    assert who(story, host)[0] == actor


def test_a_claim_is_bound_by_who_notes_that() -> None:
    story = Story()
    data = story.create(thing("PersistentVolumeClaim", "data", spec=CLAIM))
    noted = {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}
    story.change(data, {"spec": {"volumeName": "pv-1"}, "metadata": noted})
    assert who(story, data)[0] == "persistentvolume-controller"
    other = story.create(thing("PersistentVolumeClaim", "other", spec=CLAIM))
    story.change(other, {"spec": {"volumeName": "pv-2"}})
    assert who(story, other)[0] == "unknown"


def test_new_slices_are_of_whom_their_label_names_and_later_changes_anyones() -> None:
    story = Story()
    label = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}
    web = thing("EndpointSlice", "web-1", "discovery.k8s.io/v1", metadata={"labels": label})
    story.create(web | {"endpoints": []})
    assert who(story, web) == ("endpointslice-controller", "inferred")
    story.change(web, {"endpoints": [{"addresses": ["10.0.0.1"]}]})
    assert who(story, web)[0] == "unknown"
