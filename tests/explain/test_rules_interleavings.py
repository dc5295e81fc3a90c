"""Look-ups by name, adoption and Events must not make a verdict depend on the order of arrival."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstream.objects.observations import Observation
from tests.explain.flow import Flow
from tests.explain.flows import nodes, pods
from tests.explain.stories import KCM, Story
from tests.explain.tapes import fold
from tests.explain.test_interleavings import assert_same
from tests.explain.things import (
    condition,
    definition,
    deployment,
    node,
    pod,
    replicaset,
    revision,
    statefulset,
    thing,
    website,
)


def emptied_namespace() -> Story:
    story = Story()
    space = story.create(thing("Namespace", "shop", spec={"finalizers": ["k"]}), "kubectl-create")
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    web_pod = story.create(pod(rs), KCM)
    story.mark(space)
    story.mark(web_pod, 30)
    story.stop(web_pod)
    story.delete(web)
    story.delete(rs)
    story.delete(space)
    return story


def lost_node() -> Story:
    story = Story()
    host = story.create(node(), "kubelet")
    rs = story.create(replicaset(None, replicas=1), "kubectl-create")
    web_pod = story.create(pod(rs), KCM)
    unknown = condition("Ready", "Unknown")
    story.change(host, {"status": {"conditions": [unknown]}}, KCM, sub="status")
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    story.change(host, {"spec": {"taints": [taint]}}, KCM)
    said = condition("DisruptionTarget", "True", "DeletionByTaintManager")
    story.change(web_pod, {"status": {"conditions": [said]}}, KCM, sub="status")
    story.mark(web_pod, 30)
    story.create(pod(rs, "web-1-b", ""), KCM)
    story.delete(host)
    web_pod["metadata"]["deletionGracePeriodSeconds"] = 0
    story.change(web_pod, {})
    story.delete(web_pod)
    return story


def orphaned_and_adopted() -> Story:
    story = Story()
    web = story.create(deployment(replicas=1), "kubectl-create")
    rs = story.create(replicaset(web, replicas=1), KCM)
    story.create(pod(rs), KCM)
    story.mark(web, finalizers=["orphan"])
    story.change(rs, {"metadata": {"ownerReferences": []}})
    story.delete(web)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "new"}
    new = deployment()
    new["metadata"]["uid"] = "new"
    story.create(new, "kubectl-create")
    story.change(rs, {"metadata": {"ownerReferences": [reference | {"controller": True}]}}, KCM)
    story.change(rs, {"spec": {"replicas": 2}}, KCM)
    story.create(pod(rs, "web-1-b", ""), KCM)
    return story


def leaving_type_and_rolling_set() -> Story:
    story = Story()
    crd = story.create(definition(), "kubectl-create")
    site = story.create(website(), "kubectl-create")
    db = story.create(statefulset(replicas=1), "kubectl-create")
    story.create(revision(db, "db-old", 1), KCM)
    claim = thing("PersistentVolumeClaim", "data-db-0", spec={"accessModes": []})
    story.create(claim, KCM)
    old = story.create(pod(db, "db-0", labels={"controller-revision-hash": "db-old"}), KCM)
    story.change(db, {"spec": {"replicas": 1, "minReadySeconds": 1}}, "kubectl-edit")
    story.create(revision(db, "db-new", 2), KCM)
    story.mark(old, 30)
    story.tell(db, "SuccessfulDelete", "delete Pod db-0 in StatefulSet db successful", "sts")
    story.mark(crd, finalizers=["customresourcecleanup.apiextensions.k8s.io"])
    story.delete(site)
    story.delete(crd)
    return story


def flow(tell: Callable[[Flow], None]) -> Callable[[], Story]:
    def story() -> Story:
        told = Flow()
        tell(told)
        return told

    return story


STORIES = [
    emptied_namespace,
    lost_node,
    orphaned_and_adopted,
    leaving_type_and_rolling_set,
    *(flow(tell) for tell in (nodes.drain, nodes.node_loss, nodes.preemption, nodes.node_joins)),
    *(flow(tell) for tell in (pods.probes, pods.gates, pods.volume_on_demand)),
]


def interleaved(shown: list[Observation], random: Random) -> list[Observation]:
    streams: dict[str, list[Observation]] = {}
    for observation in shown:
        streams.setdefault(observation.resource.key, []).append(observation)
    left = {key: list(reversed(stream)) for key, stream in streams.items()}
    merged: list[Observation] = []
    while left:
        key = random.choice(sorted(left))
        merged.append(left[key].pop())
        if not left[key]:
            del left[key]
    return merged


@pytest.mark.parametrize("tell", STORIES)
@settings(max_examples=60, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_any_interleaving_tells_the_same_story(tell: Callable[[], Story], random: Random) -> None:
    shown = tell().shown
    assert_same(fold(interleaved(shown, random)), fold(shown))


def test_what_is_told_late_of_a_pod_that_was_let_go_leaves_it_in_its_owners_trace() -> None:
    """It belonged to its owner when it was made, whatever became of it since."""
    story = Story()
    web = story.exists(deployment(replicas=1))
    rs = story.exists(replicaset(web, replicas=1))
    made = story.create(pod(rs, labels={"app": "web"}), KCM)
    story.change(made, {"metadata": {"labels": {"app": "apart"}}}, "kubectl-label")
    story.change(made, {"metadata": {"ownerReferences": []}}, KCM)
    before = story.step(made, 0)
    story.tell(rs, "SuccessfulCreate", "Created pod: web-1-a", "replicaset-controller")
    after = story.step(made, 0)
    assert len(after.evidence) > len(before.evidence)
    assert after.trace == before.trace != story.step(made, 2).trace
