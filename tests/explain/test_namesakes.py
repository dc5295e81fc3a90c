"""A missing Secret is told with what a custom resource of its name says, and with nothing else."""

from collections.abc import Callable

import pytest

from tests.explain.stories import Json, Story
from tests.explain.things import condition, pod, thing

FAILED = condition("Ready", "False", "SecretSyncedError", "could not get secret data")
MISSING = 'secret "db" not found'
SAYS = "ExternalSecret db of the same name says: could not get secret data."


def secret(name: str, *conditions: Json, namespace: str = "shop") -> Json:
    made = thing("ExternalSecret", name, "external-secrets.io/v1", spec={})
    made["metadata"]["namespace"] = namespace
    return made | {"status": {"conditions": list(conditions)}}


def lacks_environment(story: Story) -> Json:
    one = story.create(pod(name="api"), "kubectl-create")
    waits = {"waiting": {"reason": "CreateContainerConfigError", "message": MISSING}}
    status = {
        "phase": "Pending",
        "conditions": [condition("Ready", "False")],
        "containerStatuses": [{"name": "c", "ready": False, "state": waits}],
    }
    return story.change(one, {"status": status}, "kubelet")


def lacks_volume(story: Story) -> Json:
    one = story.create(pod(name="api"), "kubectl-create")
    waits = {"waiting": {"reason": "ContainerCreating"}}
    status = {
        "phase": "Pending",
        "conditions": [condition("Ready", "False")],
        "containerStatuses": [{"name": "c", "ready": False, "state": waits}],
    }
    story.change(one, {"status": status}, "kubelet")
    message = f'MountVolume.SetUp failed for volume "tls" : {MISSING}'
    story.tell(one, "FailedMount", message, "kubelet")
    return one


@pytest.mark.parametrize("lacks", [lacks_environment, lacks_volume])
def test_what_a_resource_of_the_name_says_is_told_with_the_pod(
    lacks: Callable[[Story], Json],
) -> None:
    story = Story()
    story.exists(secret("db", FAILED))
    trace = story.trace(lacks(story))
    assert trace.diagnosis == "config-missing"
    assert trace.summary.endswith(f"does not exist; {SAYS}")
    assert "ExternalSecret.external-secrets.io@shop" in (trace.sources or ())


@pytest.mark.parametrize(
    "other",
    [
        secret("db", condition("Ready", "True", "SecretSynced", "done")),
        secret("db", FAILED, namespace="other"),
        secret("db2", FAILED),
        secret("db"),
    ],
)
def test_others_are_not_named(other: Json) -> None:
    story = Story()
    story.exists(other)
    assert story.trace(lacks_environment(story)).summary.endswith("which does not exist.")


def test_what_runs_the_pod_is_not_named_for_what_the_pod_lacks() -> None:
    """It is called as the Secret is, and waits for the Pod."""
    story = Story()
    site = story.create(secret("db", FAILED), "kubectl-create")
    one = pod(site, "api")
    waits = {"waiting": {"reason": "CreateContainerConfigError", "message": MISSING}}
    one["status"] = {
        "phase": "Pending",
        "conditions": [condition("Ready", "False")],
        "containerStatuses": [{"name": "c", "ready": False, "state": waits}],
    }
    story.create(one, "operator")
    trace = story.trace(site)
    assert trace.diagnosis == "config-missing"
    assert "of the same name" not in trace.summary


def test_what_applies_manifests_is_not_named() -> None:
    story = Story()
    other = thing("Application", "db", "argoproj.io/v1alpha1", spec={})
    story.exists(other | {"status": {"conditions": [FAILED]}})
    assert story.trace(lacks_environment(story)).summary.endswith("which does not exist.")
