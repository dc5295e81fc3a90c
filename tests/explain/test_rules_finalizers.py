"""Who took a finalizer away: a client, or the custom controller that was just seen at work."""

import pytest

from tests.explain.stories import KCM, Json, Story, stamp
from tests.explain.test_rules_deletions import actors
from tests.explain.things import (
    deployment,
    owned_by,
    pod,
    replicaset,
    thing,
    website,
)


def test_a_finalizer_that_a_client_set_and_took_away_is_a_clients() -> None:
    story = Story()
    web = deployment()
    web["metadata"]["finalizers"] = ["example.com/hold"]
    story.create(web, "kubectl-create")
    story.mark(web, finalizers=["example.com/hold"])
    story.wait(20)
    story.delete(web)
    assert actors(story, web) == ["client"]


def test_a_finalizer_of_a_custom_controller_is_its_own_if_it_goes_at_once() -> None:
    for wait, actor in ((0.0, "custom-controller"), (4.0, "unknown")):
        story = Story()
        site = story.create(website(), "kubectl-create")
        story.change(site, {"metadata": {"finalizers": ["example.com/site"]}}, "site-operator")
        story.mark(site, finalizers=["example.com/site"])
        story.wait(wait)
        story.delete(site)
        assert actors(story, site) == [actor]
        assert story.step(site, 2).actor == "client"


def test_a_custom_controller_that_waits_for_what_it_made_takes_its_finalizer_late() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.change(site, {"metadata": {"finalizers": ["example.com/site"]}}, "site-operator")
    child = story.create(pod(site, "shopfront-a"), "site-operator")
    story.mark(site, finalizers=["example.com/site"])
    story.mark(child, 30)
    story.wait(20)
    story.stop(child)
    story.delete(site)
    assert actors(story, site) == ["custom-controller"]
    assert story.step(child, 1).actor == "custom-controller"


def test_a_finalizer_that_stood_before_watching_began_may_be_anybodys_to_take() -> None:
    story = Story()
    site = website(metadata={"finalizers": ["example.com/site"]})
    story.change(site, {"metadata": {"finalizers": ["example.com/site", "x"]}}, "site-operator")
    story = Story()
    site["metadata"]["deletionTimestamp"] = stamp(story.at - 600)
    story.exists(site)
    story.delete(site)
    assert actors(story, site) == ["unknown"]


def test_a_custom_controller_that_lets_go_of_what_stays_may_be_a_client() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    story.change(site, {"metadata": {"finalizers": ["example.com/site"]}}, "site-operator")
    story.change(site, {"metadata": {"finalizers": []}})
    assert actors(story, site) == ["unknown"]


def test_what_still_owns_something_was_not_let_go_by_the_collector_but_deleted_again() -> None:
    for namespace_goes, actor in ((False, "client"), (True, "unknown")):
        story = Story()
        space = story.create(thing("Namespace", "shop", spec={"finalizers": ["k"]}), "kubectl")
        rs = story.create(replicaset(None, replicas=1), "kubectl-create")
        web_pod = story.create(pod(rs), KCM)
        story.mark(rs, finalizers=["foregroundDeletion"])
        if namespace_goes:
            story.mark(space)
        story.delete(rs)
        story.mark(web_pod, 30)
        assert actors(story, rs) == [actor]


def test_a_deletion_asked_for_again_in_another_mode_is_a_clients() -> None:
    story = Story()
    rs = story.create(replicaset(None, replicas=1), "kubectl-create")
    story.create(pod(rs), KCM)
    story.mark(rs, finalizers=["foregroundDeletion"])
    story.change(rs, {"metadata": {"finalizers": ["orphan"]}})
    assert actors(story, rs) == ["client"]


def test_a_foreground_deletion_of_what_leaves_already_is_a_clients_and_no_controllers() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    held = {"metadata": {"finalizers": ["example.com/site"]}}
    story.change(site, held, "site-operator")
    story.change(site, {"status": {"phase": "Ready"}}, "site-operator", sub="status")
    story.mark(site, finalizers=["example.com/site"])
    both = ["example.com/site", "foregroundDeletion"]
    story.change(site, {"metadata": {"finalizers": both}})
    assert actors(story, site) == ["client"]


def test_what_an_operator_made_may_be_deleted_again_by_it() -> None:
    story = Story()
    site = story.create(website(), "kubectl-create")
    web = story.create(deployment() | {"metadata": owned(site)}, "site-operator")
    rs = story.create(replicaset(web), KCM)
    story.mark(site, finalizers=["foregroundDeletion"])
    story.mark(web, finalizers=["foregroundDeletion"])
    story.delete(web)
    story.delete(rs)
    assert actors(story, web) == ["unknown"]


def owned(site: Json) -> Json:
    metadata: Json = deployment()["metadata"] | {"ownerReferences": [owned_by(site)]}
    return metadata


def test_in_the_foreground_an_operator_that_is_waited_for_may_delete_what_it_made_too() -> None:
    both = ["example.com/site", "foregroundDeletion"]
    for finalizers, actor in ((both, "unknown"), (both[1:], "garbage-collector")):
        story = Story()
        site = story.create(website(), "kubectl-create")
        story.change(site, {"metadata": {"finalizers": finalizers[:-1]}}, "site-operator")
        web = story.create(deployment() | {"metadata": owned(site)}, "site-operator")
        story.mark(site, finalizers=finalizers)
        story.delete(web)
        assert actors(story, web) == [actor]


PROTECTED = [
    ("PersistentVolume", "v1", "kubernetes.io/pv-controller", "persistentvolume-controller"),
    ("PodGroup", "scheduling.k8s.io/v1alpha2", "scheduling.k8s.io/podgroup-protection",
     "podgroup-protection-controller"),
    ("VolumeAttributesClass", "storage.k8s.io/v1", "kubernetes.io/vac-protection",
     "volumeattributesclass-protection-controller"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "api", "finalizer", "actor"), PROTECTED)
def test_a_finalizer_of_kubernetes_own_is_of_the_controller_that_it_is_named_for(
    kind: str, api: str, finalizer: str, actor: str
) -> None:
    story = Story()
    held = story.exists(thing(kind, "held", api))
    story.mark(held, finalizers=[finalizer])
    assert story.trace(held).holder == actor
    story.delete(held)
    assert story.last(held).actor == actor


@pytest.mark.parametrize(
    ("left", "manager", "goes", "rule"),
    [
        (["kubernetes"], "openshift-controller-manager", True, "client-changed"),
        (["openshift.io/origin"], KCM, True, "namespace-finalized"),
        (["openshift.io/origin"], KCM, False, "undocumented"),
        (["openshift.io/origin"], "kubectl-replace", True, "client-changed"),
    ],
)
def test_a_namespace_is_finalized_by_who_takes_the_finalizer_of_its_controller(
    left: list[str], manager: str, goes: bool, rule: str
) -> None:
    story = Story()
    held = {"finalizers": ["openshift.io/origin", "kubernetes"]}
    shop = story.exists(thing("Namespace", "shop", spec=held))
    if goes:
        story.mark(shop)
    entry: Json = {"manager": manager, "operation": "Update", "apiVersion": "v1"}
    entry |= {"fieldsType": "FieldsV1", "time": stamp(story.at), "subresource": "finalize"}
    entry["fieldsV1"] = {"f:spec": {"f:finalizers": {}}}  # It is an atomic list.
    shop["metadata"]["managedFields"] = [entry]
    shop["spec"]["finalizers"] = left
    story.change(shop, {})
    assert story.last(shop).rule == rule
